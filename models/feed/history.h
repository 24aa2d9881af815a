/* History: the latest updates that a server of a feed has received, so that it can tell what a
 * client that comes back has missed, and how many bytes that is. */
#ifndef BRINK_MODELS_FEED_HISTORY_H
#define BRINK_MODELS_FEED_HISTORY_H

#include "sim.h"

struct feed_update {
    uint64_t number;
    int64_t bytes_before; /* of all updates received before it */
};

struct feed_history {
    struct feed_update *ring; /* the i-th received, from 0, is at i % size */
    uint64_t size, count;
    int64_t bytes; /* of all received */
};

/* At SIM_IN_START. */
static inline void feed_history_start(struct sim_node *self, struct feed_history *history,
                                      uint64_t size)
{
    history->ring = sim_alloc(self, size * sizeof *history->ring);
    history->size = size;
}

static inline uint64_t feed_history_newest(const struct feed_history *history)
{
    return history->count == 0 ? 0 : history->ring[(history->count - 1) % history->size].number;
}

/* `number` is greater than all before. */
static inline void feed_history_add(struct feed_history *history, uint64_t number, int64_t bytes)
{
    history->ring[history->count++ % history->size] =
        (struct feed_update){.number = number, .bytes_before = history->bytes};
    history->bytes += bytes;
}

/* Bytes of the updates that somebody who has all up to `number` has missed; of what has been
 * forgotten, none. */
static inline int64_t feed_history_missed(const struct feed_history *history, uint64_t number)
{
    uint64_t low = history->count > history->size ? history->count - history->size : 0;
    uint64_t high = history->count;
    while (low < high) { /* the first that is greater */
        uint64_t middle = low + (high - low) / 2;
        if (history->ring[middle % history->size].number > number) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low == history->count ? 0
                                 : history->bytes - history->ring[low % history->size].bytes_before;
}

#endif

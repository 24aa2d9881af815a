/* Sorting a few events by counting: the place of each is the number of those that come before it.
 * All pairs are compared, four at a time, without a branch. Keys are narrow for that. */
#ifndef BRINK_ENGINE_QUEUE_PLACES_H
#define BRINK_ENGINE_QUEUE_PLACES_H

#include <stdint.h>

#include "engine/queue.h"

#define QUEUE_LANES 4u
#define QUEUE_KEY_BITS 31u

typedef int32_t queue_lanes __attribute__((vector_size(QUEUE_LANES * sizeof(int32_t))));

/* The highest bits of the time of an event in which events of its bucket can differ: those below
 * `level`, or as many of them as a key has. */
static inline int32_t queue_key_of(const struct sim_event *event, uint32_t level)
{
    uint64_t low = (uint64_t)event->time & ((UINT64_C(1) << level) - 1);
    return (int32_t)(low >> (level > QUEUE_KEY_BITS ? level - QUEUE_KEY_BITS : 0));
}

/* The places of the keys of group `own`: how many are less, or equal and in front of them. */
static inline queue_lanes queue_places_of(const queue_lanes *keys, uint32_t own, uint32_t groups)
{
    queue_lanes mine = keys[own];
    int32_t earlier = (int32_t)(QUEUE_LANES * own);
    queue_lanes places = {earlier, earlier, earlier, earlier};
    for (uint32_t g = 0; g < own; g++) { /* equal ones count: all but the greater */
        queue_lanes these = keys[g];
        places += mine < __builtin_shufflevector(these, these, 0, 0, 0, 0);
        places += mine < __builtin_shufflevector(these, these, 1, 1, 1, 1);
        places += mine < __builtin_shufflevector(these, these, 2, 2, 2, 2);
        places += mine < __builtin_shufflevector(these, these, 3, 3, 3, 3);
    }
    queue_lanes first = __builtin_shufflevector(mine, mine, 0, 0, 0, 0);
    queue_lanes second = __builtin_shufflevector(mine, mine, 1, 1, 1, 1);
    queue_lanes third = __builtin_shufflevector(mine, mine, 2, 2, 2, 2);
    queue_lanes fourth = __builtin_shufflevector(mine, mine, 3, 3, 3, 3);
    places -= (first < mine) | ((first == mine) & (queue_lanes){0, -1, -1, -1});
    places -= (second < mine) | ((second == mine) & (queue_lanes){0, 0, -1, -1});
    places -= (third < mine) | ((third == mine) & (queue_lanes){0, 0, 0, -1});
    places -= fourth < mine;
    for (uint32_t g = own + 1; g < groups; g++) {
        queue_lanes these = keys[g];
        places -= __builtin_shufflevector(these, these, 0, 0, 0, 0) < mine;
        places -= __builtin_shufflevector(these, these, 1, 1, 1, 1) < mine;
        places -= __builtin_shufflevector(these, these, 2, 2, 2, 2) < mine;
        places -= __builtin_shufflevector(these, these, 3, 3, 3, 3) < mine;
    }
    return places;
}

#endif

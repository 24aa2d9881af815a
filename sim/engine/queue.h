/* The queue of events: a radix heap whose near end is a small sorted array.
 *
 * Order is (time, sequence). No sequence number is stored; every part keeps the order of insertion
 * among equal times, and equal times are never spread over parts in a way that loses it.
 *
 *   present   ring, first in first out: events whose time is the present one
 *   front     sorted array: every other event whose time is <= `horizon`
 *   buckets   every event later than `horizon`, by the highest digit in which its time differs from
 *             `horizon`, and by the value of that digit
 *
 * When present and front are empty, the lowest bucket is sorted into the front and the horizon
 * moves up to its latest time; a bucket too large for that is first spread over lower ones, by a
 * digit as wide as makes them small enough to sort. When the front overflows, its later half goes
 * back and the horizon moves down. An event thus moves two or three times in all.
 *
 * The radix heap is that of Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest
 * path problem", J. ACM 37(2), 1990; digits that fit the number of events, and the sorted near end,
 * are the idea of the ladder queue (Tang, Goh, Thng, ACM TOMACS 15(3), 2005). Here the near end may
 * reach beyond the present without harm: what is posted before the horizon is inserted there.
 * queue.c holds the proof of order.
 */
#ifndef BRINK_ENGINE_QUEUE_H
#define BRINK_ENGINE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

typedef uint32_t sim_node_id;

struct sim_event {
    sim_time time;
    uint64_t payload;
    sim_node_id node;
    uint32_t incarnation;
    uint32_t timer; /* slot in the timer table, 0 = cannot be cancelled */
    uint16_t kind;
    uint16_t spare;
};

#define SIM_QUEUE_DIGIT_BITS 6u /* of the widest digit */
#define SIM_QUEUE_RADIX (1u << SIM_QUEUE_DIGIT_BITS)
#define SIM_QUEUE_LEVEL_COUNT 64u
#define SIM_QUEUE_BUCKET_COUNT (SIM_QUEUE_LEVEL_COUNT * SIM_QUEUE_RADIX)

#define SIM_QUEUE_FRONT_MAX 128u /* events in the front before its later half is sent back */
#define SIM_QUEUE_FILL_MAX 64u   /* events sorted into an empty front at once */
#define SIM_QUEUE_FRONT_ROOM (2 * SIM_QUEUE_FRONT_MAX)
#define SIM_QUEUE_FRONT_START (SIM_QUEUE_FRONT_ROOM / 2 + SIM_QUEUE_FILL_MAX / 2)
#define SIM_QUEUE_CHUNK_EVENTS 63u /* 2 KiB: spreading reads and writes in long runs */

/* Events in order of insertion. */
struct sim_queue_chunk {
    struct sim_queue_chunk *next;
    uint64_t count; /* set when a later chunk is linked behind it */
    uint64_t spare[2];
    struct sim_event events[SIM_QUEUE_CHUNK_EVENTS];
};

/* A list of chunks; the last one is filled up to `cursor` and ends at `end`. All NULL when empty.
 */
struct sim_queue_bucket {
    struct sim_event *cursor;
    struct sim_event *end;
    struct sim_queue_chunk *first;
};

struct sim_queue {
    uint64_t horizon;
    uint32_t front_low;  /* the front is front[low .. high), latest first */
    uint32_t front_high; /* so that the next event is front[high - 1] */
    uint32_t present_head;
    uint32_t present_count;
    uint32_t present_mask; /* room of the ring - 1 */
    struct sim_event *present;
    uint64_t far_count;  /* events in the buckets */
    uint64_t level_mask; /* bit l: some bucket of level l is in use */
    sim_time floor;      /* no event in the buckets is earlier */
    /* A level is named after the lowest bit of its digit; this says whose digit a bit is in. It may
     * change for the bits below a level while all lower buckets are empty. */
    uint8_t level_of_bit[64];
    struct sim_queue_chunk *free_chunks;
    struct sim_queue_chunk **slabs;
    size_t slab_count;
    size_t slab_fresh; /* chunks of the newest slab that were never used */
    _Alignas(64) struct sim_event front[SIM_QUEUE_FRONT_ROOM];
    uint64_t digit_mask[SIM_QUEUE_LEVEL_COUNT]; /* bit d: bucket of digit d is in use */
    struct sim_queue_bucket buckets[SIM_QUEUE_BUCKET_COUNT];
};

void sim_queue_init(struct sim_queue *queue);
void sim_queue_clear(struct sim_queue *queue);

/* Makes a place for an event of this time and returns it, to be written before the next call.
 * `now` is the time of the event popped last, or later if nothing is queued up to there; `time` is
 * not before it. (Writing in place spares the processor a copy of what it has just written in
 * other widths, which stalls it.) */
struct sim_event *sim_queue_push(struct sim_queue *queue, sim_time now, sim_time time);

/* The same where it takes no more than a few instructions; NULL, and nothing done, elsewhere. */
static inline struct sim_event *sim_queue_try_push(struct sim_queue *queue, sim_time now,
                                                   sim_time time);

/* The first event in (time, sequence) order, NULL when there is none up to `until` (or when it is
 * later: look at its time). It stays queued until sim_queue_drop_first; nothing may be pushed in
 * between. `until` is not before the time of the last event taken. */
static inline const struct sim_event *sim_queue_first(struct sim_queue *queue, sim_time until);

/* The same where it takes no more than a few instructions; NULL elsewhere. */
static inline const struct sim_event *sim_queue_try_first(const struct sim_queue *queue);

/* Takes the first event out. It may be read until the next push. */
static inline void sim_queue_drop_first(struct sim_queue *queue, const struct sim_event *first);

/* Drops every event that `keep` refuses; the order of the others stays. */
void sim_queue_filter(struct sim_queue *queue,
                      bool (*keep)(const struct sim_event *event, void *data), void *data);

/* For the functions below only. */
bool sim_queue_refill(struct sim_queue *queue, sim_time until);

/* The bucket of a time later than the horizon. A digit narrower than the widest takes bits from
 * above along; they are those of the horizon, the same for all of its level. */
static inline uint32_t sim_queue_bucket_of(const struct sim_queue *queue, uint64_t time)
{
    uint32_t bit = 63u - (uint32_t)__builtin_clzll(time ^ queue->horizon);
    uint32_t level = queue->level_of_bit[bit];
    return level * SIM_QUEUE_RADIX + (uint32_t)(time >> level & (SIM_QUEUE_RADIX - 1));
}

static inline struct sim_event *sim_queue_try_push(struct sim_queue *queue, sim_time now,
                                                   sim_time time)
{
    if (time == now) {
        if (__builtin_expect(queue->present_count > queue->present_mask, 0)) {
            return NULL;
        }
        uint32_t slot = (queue->present_head + queue->present_count) & queue->present_mask;
        queue->present_count++;
        return &queue->present[slot];
    }
    struct sim_event *front = queue->front;
    uint32_t low = queue->front_low;
    uint32_t high = queue->front_high;
    if ((uint64_t)time > queue->horizon) {
        if (queue->level_mask == 0 && high - low < SIM_QUEUE_FILL_MAX) {
            if (__builtin_expect(low == 0, 0)) {
                return NULL;
            }
            queue->horizon = (uint64_t)time; /* nothing is later: the front may reach further */
            queue->front_low = low - 1;
            return &front[low - 1];
        }
        struct sim_queue_bucket *bucket =
            &queue->buckets[sim_queue_bucket_of(queue, (uint64_t)time)];
        if (__builtin_expect(bucket->cursor == bucket->end, 0)) {
            return NULL;
        }
        queue->floor = time < queue->floor ? time : queue->floor;
        queue->far_count++;
        return bucket->cursor++;
    }
    if (__builtin_expect(high - low - 1 >= SIM_QUEUE_FRONT_MAX - 1 ||
                             high == SIM_QUEUE_FRONT_ROOM || front[low].time <= time,
                         0)) {
        return NULL;
    }
    uint32_t slot = high;
    while (front[slot - 1].time <= time) { /* stops at `low`, which is later */
        front[slot] = front[slot - 1];
        slot--;
    }
    queue->front_high = high + 1;
    return &front[slot];
}

static inline const struct sim_event *sim_queue_try_first(const struct sim_queue *queue)
{
    const struct sim_event *front =
        queue->front_low == queue->front_high ? NULL : &queue->front[queue->front_high - 1];
    if (queue->present_count != 0) {
        const struct sim_event *present = &queue->present[queue->present_head];
        return front == NULL || front->time > present->time ? present : front;
    }
    return front;
}

static inline const struct sim_event *sim_queue_first(struct sim_queue *queue, sim_time until)
{
    const struct sim_event *first = sim_queue_try_first(queue);
    if (first == NULL && sim_queue_refill(queue, until)) {
        first = sim_queue_try_first(queue);
    }
    return first;
}

static inline void sim_queue_drop_first(struct sim_queue *queue, const struct sim_event *first)
{
    if (queue->present_count != 0 && first == &queue->present[queue->present_head]) {
        queue->present_head = (queue->present_head + 1) & queue->present_mask;
        queue->present_count--;
    } else {
        queue->front_high--;
    }
}

#endif

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

#define SIM_QUEUE_FRONT_MAX 64u /* events in the front before its later half is sent back */
#define SIM_QUEUE_FILL_MAX 32u  /* events sorted into an empty front at once */
#define SIM_QUEUE_FRONT_ROOM (2 * SIM_QUEUE_FRONT_MAX)
#define SIM_QUEUE_FRONT_START (SIM_QUEUE_FRONT_ROOM / 2 + SIM_QUEUE_FILL_MAX / 2)
#define SIM_QUEUE_CHUNK_EVENTS 15u

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
    uint64_t level_mask; /* bit l: some bucket of level l is in use */
    sim_time floor;      /* no event in the buckets is earlier */
    /* A level is named after the lowest bit of its digit; this says whose digit a bit is in. It may
     * change for the bits below a level while all lower buckets are empty. */
    uint8_t level_of_bit[64];
    struct sim_queue_chunk *free_chunks;
    struct sim_queue_chunk **slabs;
    size_t slab_count;
    _Alignas(64) struct sim_event front[SIM_QUEUE_FRONT_ROOM];
    uint64_t digit_mask[SIM_QUEUE_LEVEL_COUNT]; /* bit d: bucket of digit d is in use */
    struct sim_queue_bucket buckets[SIM_QUEUE_BUCKET_COUNT];
};

void sim_queue_init(struct sim_queue *queue);
void sim_queue_clear(struct sim_queue *queue);

/* Makes a place for an event of this time and returns it, to be written before the next call.
 * `now` is the time of the event popped last, or later if nothing is queued up to there; `time` is
 * not before it. (Writing in place spares the processor a copy of what it has just written in
 * other widths, which stalls it for longer than all the rest takes.) */
static inline struct sim_event *sim_queue_push(struct sim_queue *queue, sim_time now,
                                               sim_time time);

/* Takes the first event in (time, sequence) order if its time is <= until; until is not before
 * the time of the last event popped. */
static inline bool sim_queue_pop(struct sim_queue *queue, sim_time until,
                                 struct sim_event *ret_event);

/* Drops every event that `keep` refuses; the order of the others stays. */
void sim_queue_filter(struct sim_queue *queue,
                      bool (*keep)(const struct sim_event *event, void *data), void *data);

/* The rare ways; for the functions below only. */
void sim_queue_grow_present(struct sim_queue *queue);
void sim_queue_grow_bucket(struct sim_queue *queue, uint32_t bucket);
void sim_queue_make_room(struct sim_queue *queue, sim_time now);
bool sim_queue_refill(struct sim_queue *queue, sim_time until);

static inline struct sim_event *sim_queue_push_present(struct sim_queue *queue)
{
    if (__builtin_expect(queue->present_count > queue->present_mask, 0)) {
        sim_queue_grow_present(queue);
    }
    uint32_t slot = (queue->present_head + queue->present_count) & queue->present_mask;
    queue->present_count++;
    return &queue->present[slot];
}

/* The bucket of a time later than the horizon. A digit narrower than the widest takes bits from
 * above along; they are those of the horizon, the same for all of its level. */
static inline uint32_t sim_queue_bucket_of(const struct sim_queue *queue, uint64_t time)
{
    uint32_t bit = 63u - (uint32_t)__builtin_clzll(time ^ queue->horizon);
    uint32_t level = queue->level_of_bit[bit];
    return level * SIM_QUEUE_RADIX + (uint32_t)(time >> level & (SIM_QUEUE_RADIX - 1));
}

static inline struct sim_event *sim_queue_push_bucket(struct sim_queue *queue, sim_time time)
{
    uint32_t index = sim_queue_bucket_of(queue, (uint64_t)time);
    struct sim_queue_bucket *bucket = &queue->buckets[index];
    if (__builtin_expect(bucket->cursor == bucket->end, 0)) {
        sim_queue_grow_bucket(queue, index);
    }
    queue->floor = time < queue->floor ? time : queue->floor;
    return bucket->cursor++;
}

/* The place behind all events that are not later; the front has room on both sides. */
static inline struct sim_event *sim_queue_push_front(struct sim_queue *queue, sim_time time)
{
    struct sim_event *front = queue->front;
    uint32_t low = queue->front_low;
    uint32_t slot = queue->front_high;
    if (low == slot || time >= front[low].time) {
        queue->front_low = low - 1;
        return &front[low - 1];
    }
    queue->front_high = slot + 1;
    while (front[slot - 1].time <= time) { /* stops at `low`, which is later */
        front[slot] = front[slot - 1];
        slot--;
    }
    return &front[slot];
}

static inline bool sim_queue_front_is_full(const struct sim_queue *queue)
{
    return queue->front_high - queue->front_low >= SIM_QUEUE_FRONT_MAX || queue->front_low == 0 ||
           queue->front_high == SIM_QUEUE_FRONT_ROOM;
}

static inline struct sim_event *sim_queue_push(struct sim_queue *queue, sim_time now, sim_time time)
{
    if (time == now) {
        return sim_queue_push_present(queue);
    }
    if ((uint64_t)time > queue->horizon) {
        if (queue->level_mask != 0 || queue->front_high - queue->front_low >= SIM_QUEUE_FILL_MAX) {
            return sim_queue_push_bucket(queue, time);
        }
        queue->horizon = (uint64_t)time; /* nothing is later: the front may reach further */
    }
    if (__builtin_expect(sim_queue_front_is_full(queue), 0)) {
        sim_queue_make_room(queue, now);
        if ((uint64_t)time > queue->horizon) {
            return sim_queue_push_bucket(queue, time);
        }
    }
    return sim_queue_push_front(queue, time);
}

static inline bool sim_queue_pop(struct sim_queue *queue, sim_time until,
                                 struct sim_event *ret_event)
{
    if (queue->present_count == 0 && queue->front_low == queue->front_high &&
        !sim_queue_refill(queue, until)) {
        return false;
    }
    bool has_front = queue->front_low != queue->front_high;
    if (__builtin_expect(queue->present_count != 0, 0)) {
        const struct sim_event *present = &queue->present[queue->present_head];
        if (!has_front || queue->front[queue->front_high - 1].time > present->time) {
            *ret_event = *present;
            queue->present_head = (queue->present_head + 1) & queue->present_mask;
            queue->present_count--;
            return true;
        }
    }
    const struct sim_event *first = &queue->front[queue->front_high - 1];
    if (first->time > until) {
        return false;
    }
    *ret_event = *first;
    queue->front_high--;
    return true;
}

#endif

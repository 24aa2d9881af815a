/* The queue of events: a radix heap whose near end is a small sorted array.
 *
 * Order is (time, sequence). No sequence number is stored; every part keeps the order of insertion
 * among equal times, and equal times are never spread over parts in a way that loses it.
 *
 *   present   ring, first in first out: events whose time is the present one
 *   front     sorted array: every other event whose time is <= `horizon`
 *   buckets   every event later than `horizon`, by the highest digit (of SIM_QUEUE_DIGIT_BITS bits)
 *             in which its time differs from `horizon`, and by the value of that digit
 *
 * When present and front are empty, the lowest buckets are sorted into the front and the horizon
 * moves up to the latest time among them; a bucket too large for that is first spread over lower
 * ones. When the front overflows, its later half goes back and the horizon moves down. So each
 * event moves at most once per digit of its time, and in practice two or three times. The radix
 * heap is that of Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path
 * problem", J. ACM 37(2), 1990; the sorted near end is that of the ladder queue (Tang, Goh, Thng,
 * ACM TOMACS 15(3), 2005), but here it may reach beyond the present without any harm: what is
 * posted before the horizon is simply inserted. queue.c holds the proof of order.
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

#ifndef SIM_QUEUE_DIGIT_BITS
#define SIM_QUEUE_DIGIT_BITS 4u
#endif
#define SIM_QUEUE_RADIX (1u << SIM_QUEUE_DIGIT_BITS)
#define SIM_QUEUE_LEVEL_COUNT ((63u + SIM_QUEUE_DIGIT_BITS - 1) / SIM_QUEUE_DIGIT_BITS)
#define SIM_QUEUE_BUCKET_COUNT (SIM_QUEUE_LEVEL_COUNT * SIM_QUEUE_RADIX)

#ifndef SIM_QUEUE_FRONT_MAX
#define SIM_QUEUE_FRONT_MAX 32u /* events in the front before its later half is sent back */
#endif
#ifndef SIM_QUEUE_FILL_MAX
#define SIM_QUEUE_FILL_MAX 16u /* events sorted into an empty front at once */
#endif
#define SIM_QUEUE_FRONT_ROOM (2 * SIM_QUEUE_FRONT_MAX)
#define SIM_QUEUE_FRONT_START (SIM_QUEUE_FRONT_ROOM / 2 + SIM_QUEUE_FILL_MAX / 2)

#ifndef SIM_QUEUE_CHUNK_EVENTS
#define SIM_QUEUE_CHUNK_EVENTS 15u
#endif

/* Events in order of insertion. */
struct sim_queue_chunk {
    struct sim_queue_chunk *next;
    uint64_t count; /* set when a later chunk is linked behind it */
    uint64_t spare[2];
    struct sim_event events[SIM_QUEUE_CHUNK_EVENTS];
};

/* A list of chunks; the last one is filled up to `cursor` and ends at `end`. All NULL when empty. */
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
    uint32_t level_mask;   /* bit l: some bucket of level l is in use */
    struct sim_event *present;
    sim_time floor; /* no event in the buckets is earlier */
    struct sim_queue_chunk *free_chunks;
    void **slabs;
    size_t slab_count;
    uint64_t digit_mask[SIM_QUEUE_LEVEL_COUNT]; /* bit d: bucket of digit d is in use */
    struct sim_queue_bucket buckets[SIM_QUEUE_BUCKET_COUNT];
    _Alignas(64) struct sim_event front[SIM_QUEUE_FRONT_ROOM];
};

void sim_queue_init(struct sim_queue *queue);
void sim_queue_clear(struct sim_queue *queue);

/* Queues an event. `now` is the time of the event popped last, or later if nothing is queued up to
 * there; event.time is not before it. */
static inline void sim_queue_push(struct sim_queue *queue, sim_time now, struct sim_event event);

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

static inline void sim_queue_push_present(struct sim_queue *queue, struct sim_event event)
{
    if (__builtin_expect(queue->present_count > queue->present_mask, 0)) {
        sim_queue_grow_present(queue);
    }
    uint32_t slot = (queue->present_head + queue->present_count) & queue->present_mask;
    queue->present[slot] = event;
    queue->present_count++;
}

/* The bucket of a time later than the horizon. */
static inline uint32_t sim_queue_bucket_of(const struct sim_queue *queue, sim_time time)
{
    uint64_t differing = (uint64_t)time ^ queue->horizon;
    uint32_t level = (63u - (uint32_t)__builtin_clzll(differing)) / SIM_QUEUE_DIGIT_BITS;
    uint64_t digit = (uint64_t)time >> (level * SIM_QUEUE_DIGIT_BITS) & (SIM_QUEUE_RADIX - 1);
    return level * SIM_QUEUE_RADIX + (uint32_t)digit;
}

static inline void sim_queue_push_bucket(struct sim_queue *queue, struct sim_event event)
{
    uint32_t index = sim_queue_bucket_of(queue, event.time);
    struct sim_queue_bucket *bucket = &queue->buckets[index];
    if (__builtin_expect(bucket->cursor == bucket->end, 0)) {
        sim_queue_grow_bucket(queue, index);
    }
    *bucket->cursor++ = event;
    queue->floor = event.time < queue->floor ? event.time : queue->floor;
}

/* Inserts behind all events that are not later; the front has room on both sides. */
static inline void sim_queue_push_front(struct sim_queue *queue, struct sim_event event)
{
    struct sim_event *front = queue->front;
    uint32_t low = queue->front_low;
    uint32_t slot = queue->front_high;
    if (low == slot || event.time >= front[low].time) {
        queue->front_low = low - 1;
        front[low - 1] = event;
        return;
    }
    while (front[slot - 1].time <= event.time) { /* stops at `low`, which is later */
        front[slot] = front[slot - 1];
        slot--;
    }
    front[slot] = event;
    queue->front_high++;
}

static inline bool sim_queue_front_is_full(const struct sim_queue *queue)
{
    return queue->front_high - queue->front_low >= SIM_QUEUE_FRONT_MAX || queue->front_low == 0 ||
           queue->front_high == SIM_QUEUE_FRONT_ROOM;
}

static inline void sim_queue_push(struct sim_queue *queue, sim_time now, struct sim_event event)
{
    if (event.time == now) {
        sim_queue_push_present(queue, event);
        return;
    }
    if ((uint64_t)event.time > queue->horizon) {
        if (queue->level_mask != 0 ||
            queue->front_high - queue->front_low >= SIM_QUEUE_FILL_MAX) {
            sim_queue_push_bucket(queue, event);
            return;
        }
        queue->horizon = (uint64_t)event.time; /* nothing is later: the front may reach further */
    }
    if (__builtin_expect(sim_queue_front_is_full(queue), 0)) {
        sim_queue_make_room(queue, now);
        if ((uint64_t)event.time > queue->horizon) {
            sim_queue_push_bucket(queue, event);
            return;
        }
    }
    sim_queue_push_front(queue, event);
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

/* The slow ways of the queue, and why its order is right.
 *
 * Let "far" be the events in buckets. What holds between calls:
 *   1. present events have the time of the event popped last (the present), in order of posting;
 *   2. front times are in (.., horizon], sorted, equal times in order of posting;
 *   3. far times are > horizon, each in the bucket that the horizon gives it, so that equal times
 *      share a bucket; a bucket keeps the order of posting.
 *
 * Equal times therefore never meet in two parts, but for the present and the front. There the
 * front's are earlier in sequence: an event posted at the present time goes to the ring, so one in
 * the front was posted before that time was reached. Pop takes the front's first while it is not
 * later than the ring's.
 *
 * Buckets are ordered: with level l the highest digit in which a time t differs from the horizon h,
 * all t of a lower level are smaller than all t of a higher one (they agree with h in a digit in
 * which the others exceed it), and within a level the digit decides. So the lowest bucket holds the
 * least times, and taking it whole, in order, with a stable sort, keeps 2. The new horizon, its
 * latest time, agrees with the old one in all digits above l and the rest of level l has larger
 * digits, so 3 holds without moving anything else. The same for a bucket that is spread: its least
 * time becomes the horizon, the events of that time become present (they are popped before anything
 * can be posted), the others go to lower, empty buckets in order.
 *
 * Lowering the horizon from h to h' < h that first differs at level l: buckets of a level above l,
 * and of level l, stay right (their digit exceeds h's and so that of h'). Those below agree with h
 * at level l and so belong to one bucket, (l, digit of h), empty until now. Their lists are linked
 * one behind another; equal times were in one list, so 3 holds.
 *
 * Cost: an event moves to a lower level at most once per level, except after the horizon was
 * lowered past it, which takes an overflow of the front and is undone once time has passed that
 * digit: at most 2 * SIM_QUEUE_LEVEL_COUNT moves in all.
 */
#include "engine/queue.h"

#include <string.h>

#include <glib.h>

#define SLAB_CHUNKS 128u

static struct sim_queue_chunk *chunk_take(struct sim_queue *queue);
static void chunk_give(struct sim_queue *queue, struct sim_queue_chunk *chunk);
static uint64_t chunk_count(const struct sim_queue_bucket *bucket,
                            const struct sim_queue_chunk *chunk);
static struct sim_queue_bucket bucket_detach(struct sim_queue *queue, uint32_t index);
static uint32_t bucket_lowest(const struct sim_queue *queue);
static uint32_t bucket_count_up_to(const struct sim_queue_bucket *bucket, uint32_t count_max);
static void bucket_sort_into_front(struct sim_queue *queue, uint32_t index, uint32_t count);
static sim_time bucket_least_time(const struct sim_queue_bucket *bucket);
static void bucket_spread(struct sim_queue *queue, uint32_t index, sim_time least);
static void horizon_lower(struct sim_queue *queue, uint64_t horizon);
static void front_move_to_present(struct sim_queue *queue, sim_time now);
static void front_send_back(struct sim_queue *queue);

void sim_queue_init(struct sim_queue *queue)
{
    memset(queue, 0, sizeof *queue);
    queue->present_mask = 63;
    queue->present = g_aligned_alloc(queue->present_mask + 1, sizeof *queue->present, 64);
    queue->front_low = queue->front_high = SIM_QUEUE_FRONT_START;
    queue->floor = SIM_NEVER;
}

void sim_queue_clear(struct sim_queue *queue)
{
    for (size_t i = 0; i < queue->slab_count; i++) {
        g_aligned_free(queue->slabs[i]);
    }
    g_free(queue->slabs);
    g_aligned_free(queue->present);
    memset(queue, 0, sizeof *queue);
}

void sim_queue_grow_present(struct sim_queue *queue)
{
    uint32_t room = queue->present_mask + 1;
    g_assert(room < UINT32_MAX / 2);
    struct sim_event *grown = g_aligned_alloc(2 * (size_t)room, sizeof *grown, 64);
    for (uint32_t i = 0; i < queue->present_count; i++) {
        grown[i] = queue->present[(queue->present_head + i) & queue->present_mask];
    }
    g_aligned_free(queue->present);
    queue->present = grown;
    queue->present_head = 0;
    queue->present_mask = 2 * room - 1;
}

void sim_queue_grow_bucket(struct sim_queue *queue, uint32_t index)
{
    struct sim_queue_bucket *bucket = &queue->buckets[index];
    struct sim_queue_chunk *chunk = chunk_take(queue);
    if (bucket->first == NULL) {
        bucket->first = chunk;
        queue->digit_mask[index / SIM_QUEUE_RADIX] |= UINT64_C(1) << index % SIM_QUEUE_RADIX;
        queue->level_mask |= UINT32_C(1) << index / SIM_QUEUE_RADIX;
    } else {
        struct sim_queue_chunk *last = (struct sim_queue_chunk *)(void *)bucket->end - 1;
        last->count = SIM_QUEUE_CHUNK_EVENTS;
        last->next = chunk;
    }
    bucket->cursor = chunk->events;
    bucket->end = chunk->events + SIM_QUEUE_CHUNK_EVENTS;
}

/* Both present and front are empty. Fills one of them, unless nothing is due up to `until`. (The
 * front may be filled with later events all the same; pop looks at their time.) */
bool sim_queue_refill(struct sim_queue *queue, sim_time until)
{
    if (queue->level_mask == 0 || queue->floor > until) {
        return false;
    }
    queue->front_low = queue->front_high = SIM_QUEUE_FRONT_START;
    uint32_t room = SIM_QUEUE_FILL_MAX;
    do {
        uint32_t index = bucket_lowest(queue);
        struct sim_queue_bucket *bucket = &queue->buckets[index];
        uint32_t count = bucket_count_up_to(bucket, SIM_QUEUE_FILL_MAX + 1);
        if (count > room) {
            if (room < SIM_QUEUE_FILL_MAX) {
                break;
            }
            sim_time least = bucket_least_time(bucket);
            queue->floor = least;
            if (least > until) {
                return false;
            }
            bucket_spread(queue, index, least);
            return true;
        }
        bucket_sort_into_front(queue, index, count);
        room -= count;
    } while (queue->level_mask != 0);
    queue->horizon = (uint64_t)queue->front[queue->front_low].time;
    queue->floor = queue->level_mask == 0 ? SIM_NEVER : (sim_time)queue->horizon + 1;
    return true;
}

/* The front is full, or has come to an end of its array. Its events of the present time are the
 * first of that time, so they may go before all others in the ring; what is left is later. */
void sim_queue_make_room(struct sim_queue *queue, sim_time now)
{
    front_move_to_present(queue, now);
    if (queue->front_high - queue->front_low >= SIM_QUEUE_FRONT_MAX) {
        front_send_back(queue);
    }
    uint32_t count = queue->front_high - queue->front_low;
    uint32_t low = (SIM_QUEUE_FRONT_ROOM - count) / 2;
    memmove(queue->front + low, queue->front + queue->front_low, count * sizeof *queue->front);
    queue->front_low = low;
    queue->front_high = low + count;
}

void sim_queue_filter(struct sim_queue *queue,
                      bool (*keep)(const struct sim_event *event, void *data), void *data)
{
    uint32_t count = queue->present_count;
    queue->present_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sim_event event = queue->present[(queue->present_head + i) & queue->present_mask];
        if (keep(&event, data)) {
            sim_queue_push_present(queue, event);
        }
    }
    uint32_t kept = queue->front_low;
    for (uint32_t i = queue->front_low; i < queue->front_high; i++) {
        if (keep(&queue->front[i], data)) {
            queue->front[kept++] = queue->front[i];
        }
    }
    queue->front_high = kept;
    for (uint32_t index = 0; index < SIM_QUEUE_BUCKET_COUNT; index++) {
        struct sim_queue_bucket bucket = bucket_detach(queue, index);
        while (bucket.first != NULL) {
            struct sim_queue_chunk *chunk = bucket.first;
            uint64_t chunk_events = chunk_count(&bucket, chunk);
            for (uint64_t i = 0; i < chunk_events; i++) {
                if (keep(&chunk->events[i], data)) {
                    sim_queue_push_bucket(queue, chunk->events[i]);
                }
            }
            bucket.first = chunk->next;
            chunk_give(queue, chunk);
        }
    }
}

static struct sim_queue_chunk *chunk_take(struct sim_queue *queue)
{
    if (queue->free_chunks == NULL) {
        struct sim_queue_chunk *slab = g_aligned_alloc(SLAB_CHUNKS, sizeof *slab, 64);
        queue->slabs = g_renew(void *, queue->slabs, queue->slab_count + 1);
        queue->slabs[queue->slab_count++] = slab;
        for (uint32_t i = SLAB_CHUNKS; i > 0; i--) {
            chunk_give(queue, &slab[i - 1]);
        }
    }
    struct sim_queue_chunk *chunk = queue->free_chunks;
    queue->free_chunks = chunk->next;
    chunk->next = NULL;
    return chunk;
}

static void chunk_give(struct sim_queue *queue, struct sim_queue_chunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

/* Events in a chunk of a bucket (also of a detached one): the last one is counted by the cursor. */
static uint64_t chunk_count(const struct sim_queue_bucket *bucket,
                            const struct sim_queue_chunk *chunk)
{
    return chunk->next == NULL ? (uint64_t)(bucket->cursor - chunk->events) : chunk->count;
}

/* Empties a bucket and hands over what it held. */
static struct sim_queue_bucket bucket_detach(struct sim_queue *queue, uint32_t index)
{
    struct sim_queue_bucket bucket = queue->buckets[index];
    uint32_t level = index / SIM_QUEUE_RADIX;
    queue->buckets[index] = (struct sim_queue_bucket){0};
    queue->digit_mask[level] &= ~(UINT64_C(1) << index % SIM_QUEUE_RADIX);
    if (queue->digit_mask[level] == 0) {
        queue->level_mask &= ~(UINT32_C(1) << level);
    }
    return bucket;
}

static uint32_t bucket_lowest(const struct sim_queue *queue)
{
    uint32_t level = (uint32_t)__builtin_ctzll(queue->level_mask);
    return level * SIM_QUEUE_RADIX + (uint32_t)__builtin_ctzll(queue->digit_mask[level]);
}

static uint32_t bucket_count_up_to(const struct sim_queue_bucket *bucket, uint32_t count_max)
{
    uint64_t count = 0;
    for (const struct sim_queue_chunk *chunk = bucket->first; chunk != NULL && count < count_max;
         chunk = chunk->next) {
        count += chunk_count(bucket, chunk);
    }
    return count < count_max ? (uint32_t)count : count_max;
}

/* Puts the `count` events of a bucket, all later than the front's, below them: each goes to the
 * place that the number of events before it gives. Comparing all pairs costs no branch. */
static void bucket_sort_into_front(struct sim_queue *queue, uint32_t index, uint32_t count)
{
    struct sim_queue_bucket bucket = bucket_detach(queue, index);
    const struct sim_event *events[SIM_QUEUE_FILL_MAX];
    sim_time times[SIM_QUEUE_FILL_MAX];
    uint32_t before[SIM_QUEUE_FILL_MAX] = {0};
    uint32_t n = 0;
    for (struct sim_queue_chunk *chunk = bucket.first; chunk != NULL; chunk = chunk->next) {
        uint64_t chunk_events = chunk_count(&bucket, chunk);
        for (uint64_t i = 0; i < chunk_events; i++) {
            events[n] = &chunk->events[i];
            times[n] = chunk->events[i].time;
            n++;
        }
    }
    for (uint32_t i = 1; i < count; i++) {
        sim_time time = times[i];
        uint32_t earlier = 0;
        for (uint32_t j = 0; j < i; j++) {
            uint32_t is_before = times[j] <= time;
            earlier += is_before;
            before[j] += 1 - is_before;
        }
        before[i] = earlier;
    }
    struct sim_event *next = &queue->front[queue->front_low - 1];
    for (uint32_t i = 0; i < count; i++) {
        *(next - before[i]) = *events[i];
    }
    queue->front_low -= count;
    while (bucket.first != NULL) {
        struct sim_queue_chunk *chunk = bucket.first;
        bucket.first = chunk->next;
        chunk_give(queue, chunk);
    }
}

static sim_time bucket_least_time(const struct sim_queue_bucket *bucket)
{
    sim_time least = SIM_NEVER;
    for (const struct sim_queue_chunk *chunk = bucket->first; chunk != NULL; chunk = chunk->next) {
        uint64_t count = chunk_count(bucket, chunk);
        for (uint64_t i = 0; i < count; i++) {
            least = chunk->events[i].time < least ? chunk->events[i].time : least;
        }
    }
    return least;
}

/* Moves the horizon to the least time of the lowest bucket: events of that time become present,
 * the others go to lower buckets. */
static void bucket_spread(struct sim_queue *queue, uint32_t index, sim_time least)
{
    struct sim_queue_bucket bucket = bucket_detach(queue, index);
    queue->horizon = (uint64_t)least;
    while (bucket.first != NULL) {
        struct sim_queue_chunk *chunk = bucket.first;
        uint64_t count = chunk_count(&bucket, chunk);
        for (uint64_t i = 0; i < count; i++) {
            if (chunk->events[i].time == least) {
                sim_queue_push_present(queue, chunk->events[i]);
            } else {
                sim_queue_push_bucket(queue, chunk->events[i]);
            }
        }
        bucket.first = chunk->next;
        chunk_give(queue, chunk);
    }
}

static void horizon_lower(struct sim_queue *queue, uint64_t horizon)
{
    uint32_t level =
        (63u - (uint32_t)__builtin_clzll(queue->horizon ^ horizon)) / SIM_QUEUE_DIGIT_BITS;
    uint64_t digit = queue->horizon >> (level * SIM_QUEUE_DIGIT_BITS) & (SIM_QUEUE_RADIX - 1);
    struct sim_queue_bucket merged = {0};
    while ((queue->level_mask & ((UINT32_C(1) << level) - 1)) != 0) {
        struct sim_queue_bucket bucket = bucket_detach(queue, bucket_lowest(queue));
        struct sim_queue_chunk *last = (struct sim_queue_chunk *)(void *)bucket.end - 1;
        last->next = merged.first;
        last->count = (uint64_t)(bucket.cursor - last->events);
        if (merged.first == NULL) {
            merged.cursor = bucket.cursor;
            merged.end = bucket.end;
        }
        merged.first = bucket.first;
    }
    if (merged.first != NULL) {
        queue->buckets[level * SIM_QUEUE_RADIX + digit] = merged;
        queue->digit_mask[level] |= UINT64_C(1) << digit;
        queue->level_mask |= UINT32_C(1) << level;
    }
    queue->horizon = horizon;
}

static void front_move_to_present(struct sim_queue *queue, sim_time now)
{
    uint32_t cut = queue->front_high;
    while (cut > queue->front_low && queue->front[cut - 1].time == now) {
        cut--;
    }
    uint32_t count = queue->front_high - cut;
    while (queue->present_mask + 1 - queue->present_count < count) {
        sim_queue_grow_present(queue);
    }
    for (uint32_t i = cut; i < queue->front_high; i++) {
        queue->present_head = (queue->present_head - 1) & queue->present_mask;
        queue->present[queue->present_head] = queue->front[i];
    }
    queue->present_count += count;
    queue->front_high = cut;
}

/* Sends the later half of the front, cut between two different times, back to the buckets. */
static void front_send_back(struct sim_queue *queue)
{
    struct sim_event *front = queue->front;
    uint32_t low = queue->front_low;
    uint32_t cut = low + (queue->front_high - low) / 2;
    sim_time cut_time = front[cut].time;
    while (cut < queue->front_high && front[cut].time == cut_time) {
        cut++;
    }
    horizon_lower(queue, (uint64_t)cut_time - 1);
    for (uint32_t i = cut; i > low; i--) {
        sim_queue_push_bucket(queue, front[i - 1]);
    }
    queue->front_low = cut;
}

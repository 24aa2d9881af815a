/* The slow ways of the queue, and why its order is right.
 *
 * Let "far" be the events in buckets. What holds between calls:
 *   1. present events have the time of the event popped last (the present), in order of posting;
 *   2. front times are <= horizon, sorted, equal times in order of posting;
 *   3. far times are > horizon, each in the bucket that the horizon gives it, so that equal times
 *      share a bucket; a bucket keeps the order of posting.
 *
 * Equal times therefore never meet in two parts, but for the present and the front. There the
 * front's are earlier in sequence: an event posted at the present time goes to the ring, so one in
 * the front was posted before that time was reached. Pop takes the front's first while it is not
 * later than the ring's.
 *
 * Buckets are ordered: with level l the digit that holds the highest bit in which a time t differs
 * from the horizon h, all t of a lower level are smaller than all t of a higher one (they agree
 * with h in a digit in which the others exceed it), and within a level the digit decides. So the
 * lowest bucket holds the least times, and taking it whole, with a stable sort, keeps 2. The new
 * horizon, its latest time, agrees with the old one above level l, and what is left of level l has
 * larger digits, so 3 holds without moving anything else. The same for a bucket that is spread: its
 * least time becomes the horizon, the events of that time become present (they are popped before
 * anything can be posted), the others go to lower, empty buckets in order. As these are empty, the
 * bits below may be divided into digits anew, in any way that cuts no digit of more than
 * SIM_QUEUE_DIGIT_BITS bits; an old digit that a new one cuts off from above just becomes narrower.
 *
 * Lowering the horizon from h to h' < h that first differs at level l: buckets of levels above l
 * and of level l stay right (their digit exceeds h's and so that of h'). Those below agree with h
 * at level l and so belong to one bucket, (l, digit of h), empty until now. Their lists are linked
 * one behind another; equal times were in one list, so 3 holds.
 *
 * Cost: a spread moves an event to a lower level, and only an overflow of the front moves it up,
 * past a digit that time crosses once; so moves are at most proportional to the bits of a time.
 */
#include "engine/queue.h"

#include <string.h>

#include <glib.h>

#include "base/assert.h"
#include "engine/queue_chunks.h"
#include "engine/queue_places.h"

/* A bucket of up to FILL events is sorted into the front, and a larger one is spread so that its
 * parts hold about AIM. A long front spares spreading; where few events are pending at all, many of
 * those that are posted would have to be inserted into it, and a short one is better. */
#define AIM_MANY 24u
#define FEW 256u
#define FILL_FEW 32u
#define AIM_FEW 4u

struct bucket_summary {
    uint64_t count;
    uint64_t differing; /* bits in which some times differ */
    sim_time least;
};

static struct sim_event *present_push(struct sim_queue *queue);
static void present_grow(struct sim_queue *queue);
static struct sim_event *front_push(struct sim_queue *queue, sim_time time);
static void front_make_room(struct sim_queue *queue, sim_time now);
static void front_move_to_present(struct sim_queue *queue, sim_time now);
static void front_send_back(struct sim_queue *queue);
static void front_settle(struct sim_queue *queue);
static void horizon_lower(struct sim_queue *queue, uint64_t horizon);
static struct sim_event *bucket_push(struct sim_queue *queue, sim_time time);
static void bucket_grow(struct sim_queue *queue, uint32_t index);
static uint32_t bucket_lowest(const struct sim_queue *queue);
static struct sim_queue_bucket bucket_detach(struct sim_queue *queue, uint32_t index);
static bool bucket_has_at_most(const struct sim_queue_bucket *bucket, uint64_t count_max);
static struct bucket_summary bucket_summarise(const struct sim_queue_bucket *bucket);
static void bucket_sort_into_front(struct sim_queue *queue, uint32_t index);
static void bucket_spread(struct sim_queue *queue, uint32_t index,
                          const struct bucket_summary *summary);
static void bucket_filter(struct sim_queue *queue, uint32_t index,
                          bool (*keep)(const struct sim_event *event, void *data), void *data);
static void levels_divide(struct sim_queue *queue, uint32_t low, uint32_t high);

void sim_queue_init(struct sim_queue *queue)
{
    memset(queue, 0, sizeof *queue);
    queue->present_mask = 63;
    queue->present = g_aligned_alloc(queue->present_mask + 1, sizeof *queue->present, 64);
    queue->front_low = queue->front_high = SIM_QUEUE_FRONT_START;
    queue->floor = SIM_NEVER;
    levels_divide(queue, 0, 64);
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

void sim_queue_filter(struct sim_queue *queue,
                      bool (*keep)(const struct sim_event *event, void *data), void *data)
{
    uint32_t count = queue->present_count;
    queue->present_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sim_event event = queue->present[(queue->present_head + i) & queue->present_mask];
        if (keep(&event, data)) {
            *present_push(queue) = event;
        }
    }
    uint32_t kept = queue->front_low;
    for (uint32_t i = queue->front_low; i < queue->front_high; i++) {
        if (keep(&queue->front[i], data)) {
            queue->front[kept++] = queue->front[i];
        }
    }
    queue->front_high = kept;
    for (uint64_t levels = queue->level_mask; levels != 0; levels &= levels - 1) {
        uint32_t level = (uint32_t)__builtin_ctzll(levels);
        for (uint64_t digits = queue->digit_mask[level]; digits != 0; digits &= digits - 1) {
            uint32_t digit = (uint32_t)__builtin_ctzll(digits);
            bucket_filter(queue, level * SIM_QUEUE_RADIX + digit, keep, data);
        }
    }
}

struct sim_event *sim_queue_push(struct sim_queue *queue, sim_time now, sim_time time)
{
    if (time == now) {
        return present_push(queue);
    }
    bool is_far = (uint64_t)time > queue->horizon;
    uint32_t front_count = queue->front_high - queue->front_low;
    if (is_far && queue->level_mask == 0 && front_count < SIM_QUEUE_FILL_MAX) {
        queue->horizon = (uint64_t)time;
    } else if (is_far) {
        return bucket_push(queue, time);
    }
    if (front_count >= SIM_QUEUE_FRONT_MAX || queue->front_low == 0 ||
        queue->front_high == SIM_QUEUE_FRONT_ROOM) {
        front_make_room(queue, now);
        if ((uint64_t)time > queue->horizon) {
            return bucket_push(queue, time);
        }
    }
    return front_push(queue, time);
}

/* Both present and front are empty. Fills one of them, unless nothing is due up to `until`. (The
 * front may be filled with later events all the same; pop looks at their time.) */
bool sim_queue_refill(struct sim_queue *queue, sim_time until)
{
    sim_assert((queue->level_mask == 0) == (queue->far_count == 0));
    if (queue->level_mask == 0 || queue->floor > until) {
        return false;
    }
    uint32_t index = bucket_lowest(queue);
    uint32_t fill = queue->far_count > FEW ? SIM_QUEUE_FILL_MAX : FILL_FEW;
    if (bucket_has_at_most(&queue->buckets[index], fill)) {
        bucket_sort_into_front(queue, index);
        return true;
    }
    struct bucket_summary summary = bucket_summarise(&queue->buckets[index]);
    queue->floor = summary.least;
    if (summary.least > until) {
        return false;
    }
    bucket_spread(queue, index, &summary);
    return true;
}

static struct sim_event *present_push(struct sim_queue *queue)
{
    if (queue->present_count > queue->present_mask) {
        present_grow(queue);
    }
    uint32_t slot = (queue->present_head + queue->present_count) & queue->present_mask;
    queue->present_count++;
    return &queue->present[slot];
}

static void present_grow(struct sim_queue *queue)
{
    uint32_t room = queue->present_mask + 1;
    sim_assert(room <= UINT32_MAX / 2);
    struct sim_event *grown = g_aligned_alloc(2 * (size_t)room, sizeof *grown, 64);
    for (uint32_t i = 0; i < queue->present_count; i++) {
        grown[i] = queue->present[(queue->present_head + i) & queue->present_mask];
    }
    g_aligned_free(queue->present);
    queue->present = grown;
    queue->present_head = 0;
    queue->present_mask = 2 * room - 1;
}

/* The place behind all events that are not later; the front has room on both sides. */
static struct sim_event *front_push(struct sim_queue *queue, sim_time time)
{
    struct sim_event *front = queue->front;
    uint32_t slot = queue->front_high;
    if (queue->front_low == slot || time >= front[queue->front_low].time) {
        return &front[--queue->front_low];
    }
    queue->front_high++;
    while (front[slot - 1].time <= time) { /* stops at the last, which is later */
        front[slot] = front[slot - 1];
        slot--;
    }
    return &front[slot];
}

/* The front is full, or has come to an end of its array. Its events of the present time are the
 * first of that time, so they may go before all others in the ring; what is left is later. */
static void front_make_room(struct sim_queue *queue, sim_time now)
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

static void front_move_to_present(struct sim_queue *queue, sim_time now)
{
    uint32_t cut = queue->front_high;
    while (cut > queue->front_low && queue->front[cut - 1].time == now) {
        cut--;
    }
    uint32_t count = queue->front_high - cut;
    while (queue->present_mask + 1 - queue->present_count < count) {
        present_grow(queue);
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
        *bucket_push(queue, front[i - 1].time) = front[i - 1];
    }
    queue->front_low = cut;
}

static void horizon_lower(struct sim_queue *queue, uint64_t horizon)
{
    uint32_t index = sim_queue_bucket_of(queue, horizon);
    uint32_t level = index / SIM_QUEUE_RADIX;
    uint32_t digit = (uint32_t)(queue->horizon >> level & (SIM_QUEUE_RADIX - 1));
    struct sim_queue_bucket merged = {0};
    while ((queue->level_mask & ((UINT64_C(1) << level) - 1)) != 0) {
        struct sim_queue_bucket bucket = bucket_detach(queue, bucket_lowest(queue));
        struct sim_queue_chunk *last = chunk_of_end(bucket.end);
        if (merged.first == NULL) {
            merged = bucket;
        } else {
            last->count = (uint64_t)(bucket.cursor - last->events);
            last->next = merged.first;
            merged.first = bucket.first;
        }
    }
    if (merged.first != NULL) {
        queue->buckets[level * SIM_QUEUE_RADIX + digit] = merged;
        queue->digit_mask[level] |= UINT64_C(1) << digit;
        queue->level_mask |= UINT64_C(1) << level;
    }
    queue->horizon = horizon;
}

static struct sim_event *bucket_push(struct sim_queue *queue, sim_time time)
{
    uint32_t index = sim_queue_bucket_of(queue, (uint64_t)time);
    struct sim_queue_bucket *bucket = &queue->buckets[index];
    if (bucket->cursor == bucket->end) {
        bucket_grow(queue, index);
    }
    queue->floor = time < queue->floor ? time : queue->floor;
    queue->far_count++;
    return bucket->cursor++;
}

/* A bucket has no room for one more event, or is empty. */
static void bucket_grow(struct sim_queue *queue, uint32_t index)
{
    struct sim_queue_bucket *bucket = &queue->buckets[index];
    struct sim_queue_chunk *chunk = chunk_take(queue);
    if (bucket->first == NULL) {
        uint32_t level = index / SIM_QUEUE_RADIX;
        bucket->first = chunk;
        queue->digit_mask[level] |= UINT64_C(1) << index % SIM_QUEUE_RADIX;
        queue->level_mask |= UINT64_C(1) << level;
    } else {
        struct sim_queue_chunk *last = chunk_of_end(bucket->end);
        last->count = SIM_QUEUE_CHUNK_EVENTS;
        last->next = chunk;
    }
    bucket->cursor = chunk->events;
    bucket->end = chunk->events + SIM_QUEUE_CHUNK_EVENTS;
}

static uint32_t bucket_lowest(const struct sim_queue *queue)
{
    uint32_t level = (uint32_t)__builtin_ctzll(queue->level_mask);
    return level * SIM_QUEUE_RADIX + (uint32_t)__builtin_ctzll(queue->digit_mask[level]);
}

/* Empties a bucket and hands over what it held. */
static struct sim_queue_bucket bucket_detach(struct sim_queue *queue, uint32_t index)
{
    struct sim_queue_bucket bucket = queue->buckets[index];
    uint32_t level = index / SIM_QUEUE_RADIX;
    queue->buckets[index] = (struct sim_queue_bucket){0};
    queue->digit_mask[level] &= ~(UINT64_C(1) << index % SIM_QUEUE_RADIX);
    if (queue->digit_mask[level] == 0) {
        queue->level_mask &= ~(UINT64_C(1) << level);
    }
    return bucket;
}

static bool bucket_has_at_most(const struct sim_queue_bucket *bucket, uint64_t count_max)
{
    uint64_t count = 0;
    const struct sim_queue_chunk *chunk = bucket->first;
    while (chunk != NULL && count <= count_max) {
        count += chunk_count(bucket, chunk);
        chunk = chunk->next;
    }
    return count <= count_max;
}

static struct bucket_summary bucket_summarise(const struct sim_queue_bucket *bucket)
{
    struct bucket_summary summary = {.least = SIM_NEVER};
    uint64_t some_time = (uint64_t)bucket->first->events[0].time;
    for (const struct sim_queue_chunk *chunk = bucket->first; chunk != NULL; chunk = chunk->next) {
        uint64_t count = chunk_count(bucket, chunk);
        for (uint64_t i = 0; i < count; i++) {
            sim_time time = chunk->events[i].time;
            summary.least = time < summary.least ? time : summary.least;
            summary.differing |= (uint64_t)time ^ some_time;
        }
        summary.count += count;
    }
    return summary;
}

/* Puts the lowest bucket into the empty front. An event's place is the number of those before it:
 * counting them for all pairs, four at a time, costs no branch that could be mispredicted, and is
 * stable as equal keys take their places in order. All times of a bucket agree from its level up;
 * where what is below is too wide for a key, its low bits are put in order afterwards. */
static void bucket_sort_into_front(struct sim_queue *queue, uint32_t index)
{
    static const struct sim_event never = {.time = SIM_NEVER}; /* has the largest key there is */
    struct sim_queue_bucket bucket = bucket_detach(queue, index);
    uint32_t level = index / SIM_QUEUE_RADIX;
    const struct sim_event *events[SIM_QUEUE_FILL_MAX + QUEUE_LANES];
    uint32_t count = 0;
    for (struct sim_queue_chunk *chunk = bucket.first; chunk != NULL; chunk = chunk->next) {
        uint64_t chunk_events = chunk_count(&bucket, chunk);
        for (uint64_t i = 0; i < chunk_events; i++) {
            events[count++] = &chunk->events[i];
        }
    }
    for (uint32_t i = 0; i < QUEUE_LANES; i++) {
        events[count + i] = &never;
    }
    uint32_t groups = (count + QUEUE_LANES - 1) / QUEUE_LANES;
    queue_lanes keys[SIM_QUEUE_FILL_MAX / QUEUE_LANES];
    for (uint32_t g = 0; g < groups; g++) {
        const struct sim_event **four = &events[(size_t)QUEUE_LANES * g];
        keys[g] = (queue_lanes){queue_key_of(four[0], level), queue_key_of(four[1], level),
                                queue_key_of(four[2], level), queue_key_of(four[3], level)};
    }
    struct sim_event *first = &queue->front[SIM_QUEUE_FRONT_START - 1];
    for (uint32_t g = 0; g < groups; g++) {
        queue_lanes places = queue_places_of(keys, g, groups);
        const struct sim_event **four = &events[(size_t)QUEUE_LANES * g];
        first[-places[0]] = *four[0];
        first[-places[1]] = *four[1];
        first[-places[2]] = *four[2];
        first[-places[3]] = *four[3];
    }
    queue->front_high = SIM_QUEUE_FRONT_START;
    queue->front_low = SIM_QUEUE_FRONT_START - count;
    queue->far_count -= count;
    if (level > QUEUE_KEY_BITS) {
        front_settle(queue);
    }
    queue->horizon = (uint64_t)queue->front[queue->front_low].time;
    chunks_give(queue, bucket.first);
}

/* Orders a front whose events are out of place among those of equal keys at most. */
static void front_settle(struct sim_queue *queue)
{
    struct sim_event *front = queue->front;
    for (uint32_t i = queue->front_high - 1; i-- > queue->front_low;) {
        struct sim_event event = front[i];
        uint32_t slot = i;
        while (slot + 1 < queue->front_high && front[slot + 1].time > event.time) {
            front[slot] = front[slot + 1];
            slot++;
        }
        front[slot] = event;
    }
}

/* Moves the horizon to the least time of the lowest bucket: events of that time become present,
 * the others go to lower buckets. */
static void bucket_spread(struct sim_queue *queue, uint32_t index,
                          const struct bucket_summary *summary)
{
    struct sim_queue_bucket bucket = bucket_detach(queue, index);
    queue->horizon = (uint64_t)summary->least;
    if (summary->differing != 0) {
        uint32_t high = 64u - (uint32_t)__builtin_clzll(summary->differing);
        uint32_t aim = queue->far_count > FEW ? AIM_MANY : AIM_FEW;
        uint32_t width = 1;
        while (width < high && width < SIM_QUEUE_DIGIT_BITS && summary->count >> width > aim) {
            width++;
        }
        levels_divide(queue, high, index / SIM_QUEUE_RADIX);
        levels_divide(queue, high - width, high);
    }
    queue->far_count -= summary->count; /* they come back one by one */
    while (bucket.first != NULL) {
        struct sim_queue_chunk *chunk = bucket.first;
        uint64_t count = chunk_count(&bucket, chunk);
        for (uint64_t i = 0; i < count; i++) {
            struct sim_event *place = chunk->events[i].time == summary->least
                                          ? present_push(queue)
                                          : bucket_push(queue, chunk->events[i].time);
            *place = chunk->events[i];
        }
        bucket.first = chunk->next;
        chunk_give(queue, chunk); /* at once: it is in the cache, and the next to be filled */
    }
}

static void bucket_filter(struct sim_queue *queue, uint32_t index,
                          bool (*keep)(const struct sim_event *event, void *data), void *data)
{
    struct sim_queue_bucket bucket = bucket_detach(queue, index);
    for (struct sim_queue_chunk *chunk = bucket.first; chunk != NULL; chunk = chunk->next) {
        uint64_t count = chunk_count(&bucket, chunk);
        queue->far_count -= count;
        for (uint64_t i = 0; i < count; i++) {
            if (keep(&chunk->events[i], data)) {
                *bucket_push(queue, chunk->events[i].time) = chunk->events[i];
            }
        }
    }
    chunks_give(queue, bucket.first);
}

/* Divides the bits low .. high - 1 into digits, the lowest perhaps narrower than the others. */
static void levels_divide(struct sim_queue *queue, uint32_t low, uint32_t high)
{
    while (high > low) {
        uint32_t level = high - low > SIM_QUEUE_DIGIT_BITS ? high - SIM_QUEUE_DIGIT_BITS : low;
        for (uint32_t bit = level; bit < high; bit++) {
            queue->level_of_bit[bit] = (uint8_t)level;
        }
        high = level;
    }
}

/* The eviction policies on the plain array of cache_twin.h. Of a policy in queues, part 0 is listed
 * first, then 1 and 2; parts from TWIN_GHOSTS on are ghosts.
 */
#ifndef BRINK_TESTS_CACHE_TWIN_RULES_H
#define BRINK_TESTS_CACHE_TWIN_RULES_H

#include "cache_twin.h"

/* ---- one queue ---- */

static void evict_first(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    twin_evict(twin, 0);
}

static void hit_renews(struct twin *twin, uint32_t i)
{
    twin_move(twin, i, 0);
}

static void hit_counts(struct twin *twin, uint32_t i)
{
    twin->objects[i].accesses++;
}

static void random_evict_any(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    twin_evict(twin, (uint32_t)sim_random_below(&twin->random, twin->count));
}

static void clock_evict_unused(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    while (twin->objects[0].accesses > 0) {
        twin->objects[0].accesses = 0;
        twin_move(twin, 0, 0);
    }
    twin_evict(twin, 0);
}

static void sieve_evict_at_hand(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    while (twin->objects[twin->hand].accesses > 0) {
        twin->objects[twin->hand].accesses = 0;
        twin->hand = (twin->hand + 1) % twin->count;
    }
    twin_evict(twin, twin->hand); /* the next one stands there now */
}

/* The array is in the order of the last access, so the first of the fewest is the right one. */
static void lfu_hit_counts(struct twin *twin, uint32_t i)
{
    twin->objects[i].accesses++;
    twin_move(twin, i, 0);
}

static void lfu_evict_fewest(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    uint32_t fewest = 0;
    for (uint32_t i = 1; i < twin->count; i++) {
        if (twin->objects[i].accesses < twin->objects[fewest].accesses) {
            fewest = i;
        }
    }
    twin_evict(twin, fewest);
}

/* ---- S3-FIFO ---- */

enum { S3_SMALL, S3_MAIN, S3_GHOSTS = TWIN_GHOSTS };

static uint64_t s3_small_max(const struct twin *twin)
{
    return twin->capacity / 10;
}

static bool s3_arrive(struct twin *twin, struct twin_object *incoming, uint64_t size)
{
    (void)twin;
    (void)size;
    incoming->part = incoming->part == S3_GHOSTS ? S3_MAIN : S3_SMALL;
    incoming->accesses = 0;
    return true;
}

static bool s3_enter(struct twin *twin, struct twin_object *incoming)
{
    return incoming->part == S3_MAIN || twin_weight(twin, incoming->size) != s3_small_max(twin);
}

static void s3_evict_main(struct twin *twin)
{
    uint32_t i;
    while (twin->objects[i = twin_oldest(twin, S3_MAIN)].accesses > 0) {
        twin->objects[i].accesses = MIN(twin->objects[i].accesses, 3) - 1;
        twin_move(twin, i, S3_MAIN);
    }
    twin_evict(twin, i);
}

static void s3_evict_small(struct twin *twin)
{
    uint32_t i;
    while ((i = twin_oldest(twin, S3_SMALL)) < twin->count) {
        if (twin->objects[i].accesses < 2) {
            twin_make_ghost(twin, i, S3_GHOSTS);
            while (twin_part_weight(twin, S3_GHOSTS) > twin->capacity * 9 / 10) {
                twin_take(twin, twin_oldest(twin, S3_GHOSTS));
            }
            return;
        }
        twin->objects[i].accesses = 0;
        twin_move(twin, i, S3_MAIN);
    }
}

static void s3_evict(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    bool is_main_over = twin_part_weight(twin, S3_MAIN) > twin->capacity - s3_small_max(twin);
    if (is_main_over || twin_oldest(twin, S3_SMALL) == twin->count) {
        s3_evict_main(twin);
    } else {
        s3_evict_small(twin);
    }
}

/* ---- ARC, in the letters of the paper ---- */

enum { ARC_T1, ARC_T2, ARC_B1 = TWIN_GHOSTS, ARC_B2 };

static void arc_hit_moves(struct twin *twin, uint32_t i)
{
    twin_move(twin, i, ARC_T2);
}

/* An incoming object says in `accesses` which ghosts it was among, 0 for none. */
static bool arc_adapt(struct twin *twin, struct twin_object *incoming, uint64_t size)
{
    double b1 = (double)twin_part_weight(twin, ARC_B1);
    double b2 = (double)twin_part_weight(twin, ARC_B2);
    double c = (double)twin->capacity;
    (void)size;
    incoming->accesses = incoming->part;
    if (incoming->part == ARC_B1) {
        twin->target = MIN(twin->target + MAX(b2 / b1, 1), c);
    } else if (incoming->part == ARC_B2) {
        twin->target = MAX(twin->target - MAX(b1 / b2, 1), 0);
    }
    incoming->part = incoming->accesses == 0 ? ARC_T1 : ARC_T2;
    return true;
}

static bool arc_enter(struct twin *twin, struct twin_object *incoming)
{
    (void)twin;
    incoming->accesses = 0;
    return true;
}

static void arc_replace(struct twin *twin, const struct twin_object *incoming)
{
    double t1 = (double)twin_part_weight(twin, ARC_T1);
    bool is_equal = !(t1 < twin->target) && !(t1 > twin->target);
    bool takes_t1 = t1 > 0 && (t1 > twin->target || (incoming->accesses == ARC_B2 && is_equal));
    if (takes_t1 || twin_oldest(twin, ARC_T2) == twin->count) {
        twin_make_ghost(twin, twin_oldest(twin, ARC_T1), ARC_B1);
    } else {
        twin_make_ghost(twin, twin_oldest(twin, ARC_T2), ARC_B2);
    }
}

static void arc_evict_case(struct twin *twin, const struct twin_object *incoming)
{
    uint64_t l1 = twin_part_weight(twin, ARC_T1) + twin_part_weight(twin, ARC_B1);
    uint64_t l2 = twin_part_weight(twin, ARC_T2) + twin_part_weight(twin, ARC_B2);
    uint32_t b1 = twin_oldest(twin, ARC_B1);
    uint32_t b2 = twin_oldest(twin, ARC_B2);
    if (incoming->accesses == 0 && l1 + twin_weight(twin, incoming->size) > twin->capacity) {
        if (b1 == twin->count) {
            twin_evict(twin, twin_oldest(twin, ARC_T1));
            return;
        }
        twin_take(twin, b1);
    } else if (incoming->accesses == 0 && l1 + l2 >= 2 * twin->capacity && b2 < twin->count) {
        twin_take(twin, b2);
    }
    arc_replace(twin, incoming);
}

/* ---- W-TinyLFU, whose sketch has a test of its own ---- */

enum { W_PROBATION, W_PROTECTED, W_WINDOW };

static uint64_t w_window_max(const struct twin *twin)
{
    return MAX(twin->capacity / 100, 1);
}

static uint32_t w_seen(const struct twin *twin, const struct twin_object *object)
{
    return sim_frequency_sketch_estimate(&twin->sketch, object->key);
}

/* Position of the object that goes when no newcomer is compared with it. */
static uint32_t w_next(const struct twin *twin)
{
    uint32_t part = W_PROBATION;
    while (twin_oldest(twin, part) == twin->count) {
        part++;
    }
    return twin_oldest(twin, part);
}

static void w_hit(struct twin *twin, uint32_t i)
{
    sim_frequency_sketch_add(&twin->sketch, twin->objects[i].key);
    if (twin->objects[i].part != W_PROBATION) {
        twin_move(twin, i, twin->objects[i].part);
        return;
    }
    twin_move(twin, i, W_PROTECTED);
    while (twin_part_weight(twin, W_PROTECTED) * 5 > (twin->capacity - w_window_max(twin)) * 4) {
        twin_move(twin, twin_oldest(twin, W_PROTECTED), W_PROBATION);
    }
}

/* Plays the evictions on a copy to see whom the object would have to beat. */
static bool w_arrive(struct twin *twin, struct twin_object *incoming, uint64_t size)
{
    sim_frequency_sketch_add(&twin->sketch, incoming->key);
    uint64_t weight = twin_weight(twin, size);
    if (weight <= w_window_max(twin)) {
        return true;
    }
    struct twin *copy = g_new(struct twin, 1);
    *copy = *twin;
    bool is_wanted = true;
    while (is_wanted && twin_used(copy) + weight > twin->capacity) {
        is_wanted = w_seen(twin, incoming) > w_seen(twin, &copy->objects[w_next(copy)]);
        twin_evict(copy, w_next(copy));
    }
    g_free(copy);
    return is_wanted;
}

static void w_evict(struct twin *twin, const struct twin_object *incoming)
{
    uint64_t weight = twin_weight(twin, incoming->size);
    uint32_t victim = w_next(twin);
    uint32_t newcomer = twin_oldest(twin, W_WINDOW);
    bool is_window_full = weight <= w_window_max(twin) &&
                          twin_part_weight(twin, W_WINDOW) + weight > w_window_max(twin);
    if (is_window_full &&
        w_seen(twin, &twin->objects[newcomer]) <= w_seen(twin, &twin->objects[victim])) {
        victim = newcomer;
    }
    twin_evict(twin, victim);
}

static bool w_enter(struct twin *twin, struct twin_object *incoming)
{
    uint64_t weight = twin_weight(twin, incoming->size);
    incoming->part = weight > w_window_max(twin) ? W_PROBATION : W_WINDOW;
    while (incoming->part == W_WINDOW &&
           twin_part_weight(twin, W_WINDOW) + weight > w_window_max(twin)) {
        twin_move(twin, twin_oldest(twin, W_WINDOW), W_PROBATION);
    }
    sim_frequency_sketch_fit(&twin->sketch, twin->count + 1);
    return true;
}

/* ---- 2Q, which is not in the table ---- */

enum { TWOQ_FIFO, TWOQ_MAIN, TWOQ_GHOSTS = TWIN_GHOSTS };

static void twoq_hit_renews_main(struct twin *twin, uint32_t i)
{
    if (twin->objects[i].part == TWOQ_MAIN) {
        twin_move(twin, i, TWOQ_MAIN);
    }
}

static bool twoq_arrive_known(struct twin *twin, struct twin_object *incoming, uint64_t size)
{
    (void)twin;
    (void)size;
    incoming->part = incoming->part == TWOQ_GHOSTS ? TWOQ_MAIN : TWOQ_FIFO;
    return true;
}

static void twoq_evict_share(struct twin *twin, const struct twin_object *incoming)
{
    (void)incoming;
    bool is_fifo_over = twin_part_weight(twin, TWOQ_FIFO) > twin->capacity / 4;
    if (!is_fifo_over && twin_oldest(twin, TWOQ_MAIN) < twin->count) {
        twin_evict(twin, twin_oldest(twin, TWOQ_MAIN));
        return;
    }
    twin_make_ghost(twin, twin_oldest(twin, TWOQ_FIFO), TWOQ_GHOSTS);
    while (twin_part_weight(twin, TWOQ_GHOSTS) > twin->capacity / 2) {
        twin_take(twin, twin_oldest(twin, TWOQ_GHOSTS));
    }
}

/* ---- all of them ---- */

static const struct twin_rules twin_rules[] = {
    {.policy = &sim_eviction_fifo, .evict = evict_first},
    {.policy = &sim_eviction_lru, .hit = hit_renews, .evict = evict_first},
    {.policy = &sim_eviction_lfu, .hit = lfu_hit_counts, .evict = lfu_evict_fewest},
    {.policy = &sim_eviction_random, .fills_gaps = true, .evict = random_evict_any},
    {.policy = &sim_eviction_clock, .hit = hit_counts, .evict = clock_evict_unused},
    {.policy = &sim_eviction_sieve, .hit = hit_counts, .evict = sieve_evict_at_hand},
    {.policy = &sim_eviction_s3fifo,
     .size_max = s3_small_max,
     .hit = hit_counts,
     .arrive = s3_arrive,
     .evict = s3_evict,
     .enter = s3_enter},
    {.policy = &sim_eviction_arc,
     .hit = arc_hit_moves,
     .arrive = arc_adapt,
     .evict = arc_evict_case,
     .enter = arc_enter},
    {.policy = &sim_eviction_wtinylfu,
     .hit = w_hit,
     .arrive = w_arrive,
     .evict = w_evict,
     .enter = w_enter},
    {.policy = &sim_eviction_twoq,
     .hit = twoq_hit_renews_main,
     .arrive = twoq_arrive_known,
     .evict = twoq_evict_share},
};

#endif

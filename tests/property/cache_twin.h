/* A cache written for the eye: one array of all objects, searched from the front, in which the
 * order of a queue is the order of the array and an object says in which queue it is. Ghosts stand
 * in it as well. Every operation is O(n) or worse. Policies by these means are in
 * cache_twin_rules.h.
 */
#ifndef BRINK_TESTS_CACHE_TWIN_H
#define BRINK_TESTS_CACHE_TWIN_H

#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "cache/eviction.h"
#include "cache/frequency_sketch.h"

enum { TWIN_MAX = 512, TWIN_CACHED_PARTS = 3, TWIN_GHOSTS = 3 /* and all parts after it */ };

struct twin_object {
    uint64_t key;
    uint64_t size;
    uint32_t part;     /* the queue that it is in */
    uint32_t accesses; /* or bits, or hits: what the policy counts */
};

struct twin {
    const struct twin_rules *rules;
    bool is_by_count;
    uint64_t capacity;
    uint32_t count;
    uint64_t evicted_count;
    uint64_t refused_count;
    struct twin_object objects[TWIN_MAX];
    /* What policies keep beside the objects. */
    struct sim_random random;
    struct sim_frequency_sketch sketch;
    uint32_t hand;
    double target;
};

/* The naive form of a policy; NULL = does nothing. */
struct twin_rules {
    const struct sim_eviction_policy *policy;
    bool fills_gaps; /* the last takes the place of one that leaves */
    uint64_t (*size_max)(const struct twin *twin);
    void (*hit)(struct twin *twin, uint32_t i);
    /* `incoming` is a new object or the copy of a ghost, which still stands in the array. */
    bool (*arrive)(struct twin *twin, struct twin_object *incoming, uint64_t size);
    void (*evict)(struct twin *twin, const struct twin_object *incoming);
    /* False refuses; the object is appended after this. */
    bool (*enter)(struct twin *twin, struct twin_object *incoming);
};

static inline uint64_t twin_weight(const struct twin *twin, uint64_t size)
{
    return twin->is_by_count ? 1 : size;
}

static inline bool twin_is_cached(const struct twin *twin, uint32_t i)
{
    return i < twin->count && twin->objects[i].part < TWIN_GHOSTS;
}

/* What the objects of a part weigh together. */
static inline uint64_t twin_part_weight(const struct twin *twin, uint32_t part)
{
    uint64_t weight = 0;
    for (uint32_t i = 0; i < twin->count; i++) {
        weight += twin->objects[i].part == part ? twin_weight(twin, twin->objects[i].size) : 0;
    }
    return weight;
}

static inline uint64_t twin_used(const struct twin *twin)
{
    uint64_t used = 0;
    for (uint32_t part = 0; part < TWIN_CACHED_PARTS; part++) {
        used += twin_part_weight(twin, part);
    }
    return used;
}

/* Position of the key, or count. */
static inline uint32_t twin_find(const struct twin *twin, uint64_t key)
{
    uint32_t i = 0;
    while (i < twin->count && twin->objects[i].key != key) {
        i++;
    }
    return i;
}

/* Position of the oldest object of a part, or count. */
static inline uint32_t twin_oldest(const struct twin *twin, uint32_t part)
{
    uint32_t i = 0;
    while (i < twin->count && twin->objects[i].part != part) {
        i++;
    }
    return i;
}

static inline struct twin_object twin_take(struct twin *twin, uint32_t i)
{
    g_assert_cmpuint(i, <, twin->count);
    struct twin_object object = twin->objects[i];
    twin->count--;
    if (twin->rules->fills_gaps) {
        twin->objects[i] = twin->objects[twin->count];
    } else {
        memmove(twin->objects + i, twin->objects + i + 1,
                (twin->count - i) * sizeof *twin->objects);
    }
    if (i < twin->hand) {
        twin->hand--;
    }
    if (twin->hand == twin->count) {
        twin->hand = 0;
    }
    return object;
}

static inline void twin_append(struct twin *twin, struct twin_object object)
{
    g_assert_cmpuint(twin->count, <, TWIN_MAX);
    twin->objects[twin->count] = object;
    twin->count++;
}

/* Makes an object the youngest of a part. */
static inline void twin_move(struct twin *twin, uint32_t i, uint32_t part)
{
    struct twin_object object = twin_take(twin, i);
    object.part = part;
    twin_append(twin, object);
}

static inline void twin_evict(struct twin *twin, uint32_t i)
{
    twin_take(twin, i);
    twin->evicted_count++;
}

static inline void twin_make_ghost(struct twin *twin, uint32_t i, uint32_t part)
{
    twin_move(twin, i, part);
    twin->evicted_count++;
}

static inline bool twin_lookup(struct twin *twin, uint64_t key)
{
    uint32_t i = twin_find(twin, key);
    if (!twin_is_cached(twin, i)) {
        return false;
    }
    if (twin->rules->hit != NULL) {
        twin->rules->hit(twin, i);
    }
    return true;
}

static inline bool twin_remove(struct twin *twin, uint64_t key)
{
    uint32_t i = twin_find(twin, key);
    if (!twin_is_cached(twin, i)) {
        return false;
    }
    twin_take(twin, i);
    return true;
}

/* Whether the object entered. */
static inline bool twin_admit(struct twin *twin, uint64_t key, uint64_t size)
{
    const struct twin_rules *rules = twin->rules;
    uint64_t size_max = rules->size_max == NULL ? twin->capacity : rules->size_max(twin);
    bool is_wanted = twin_weight(twin, size) <= size_max;
    uint32_t ghost = twin_find(twin, key);
    struct twin_object incoming = {.key = key};
    if (ghost < twin->count) {
        incoming = twin->objects[ghost];
    }
    if ((is_wanted || ghost < twin->count) && rules->arrive != NULL &&
        !rules->arrive(twin, &incoming, size)) {
        is_wanted = false;
    }
    if (ghost < twin->count) {
        twin_take(twin, ghost);
    }
    if (!is_wanted) {
        return false;
    }
    incoming.size = size;
    while (twin_used(twin) + twin_weight(twin, size) > twin->capacity) {
        rules->evict(twin, &incoming);
    }
    if (rules->enter != NULL && !rules->enter(twin, &incoming)) {
        return false;
    }
    twin_append(twin, incoming);
    return true;
}

static inline bool twin_insert(struct twin *twin, uint64_t key, uint64_t size)
{
    twin_remove(twin, key);
    bool is_taken = twin_admit(twin, key, size);
    twin->refused_count += !is_taken;
    return is_taken;
}

/* `seed` is that of the cache; a cleared cache starts anew with it. */
static inline void twin_start(struct twin *twin, uint64_t seed)
{
    twin->count = 0;
    twin->hand = 0;
    twin->target = 0;
    sim_random_init(&twin->random, seed, "eviction", "random");
    sim_frequency_sketch_clear(&twin->sketch);
    sim_frequency_sketch_init(&twin->sketch, NULL);
}

#endif

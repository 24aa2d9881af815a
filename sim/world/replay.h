/* Bounded caches through which a recorded trace is replayed, without a world.
 *
 * `brink cache` sees no model, and the eviction policies are the cache model's: this table is what
 * the models offer to it, as struct sim_model is what they offer to a scenario. A cache is a
 * look-up that inserts on a miss; the caller keeps the handle and knows nothing else of it.
 */
#ifndef BRINK_WORLD_REPLAY_H
#define BRINK_WORLD_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_replay_setup {
    const char *policy; /* one of the table's */
    bool is_by_bytes;   /* the capacity counts bytes; else every object takes 1 */
    uint64_t capacity;  /* at most SIM_REPLAY_OBJECTS_MAX, or INT64_MAX bytes */
    uint64_t seed;      /* of policies that draw random numbers */
};

#define SIM_REPLAY_OBJECTS_MAX UINT64_C(100000000)

/* What has happened since a cache was opened. Sizes are 1 where none are given. */
struct sim_replay_tally {
    uint64_t requests, misses;
    uint64_t request_bytes, miss_bytes;
    uint64_t evictions;
    uint64_t refusals; /* misses that the policy would not keep */
};

struct sim_replay_cache;

struct sim_replay_caches {
    const char *const *policies; /* names, NULL at the end */
    struct sim_replay_cache *(*open)(const struct sim_replay_setup *setup);
    /* Plays `count` requests. `sizes` NULL: every object has size 1. Different caches may be played
     * in different threads. */
    void (*play)(struct sim_replay_cache *cache, const uint64_t *keys, const uint64_t *sizes,
                 size_t count);
    struct sim_replay_tally (*tally)(const struct sim_replay_cache *cache);
    size_t (*memory_bytes)(const struct sim_replay_cache *cache); /* taken from the system */
    void (*close)(struct sim_replay_cache *cache);
};

#endif

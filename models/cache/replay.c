/* The eviction policies as `brink cache` replays a trace through them; see world/replay.h. */
#include <stdlib.h>

#include "cache/eviction.h"
#include "models.h"

struct sim_replay_cache {
    struct sim_eviction *store;
    struct sim_eviction_tally tally;
};

static struct sim_replay_cache *replay_open(const struct sim_replay_setup *setup)
{
    struct sim_eviction_setup eviction = {
        .policy = sim_eviction_policy_find(setup->policy),
        .unit = setup->is_by_bytes ? SIM_EVICTION_BYTES : SIM_EVICTION_OBJECTS,
        .capacity = setup->capacity,
        .seed = setup->seed,
    };
    sim_assert(eviction.policy != NULL);
    struct sim_replay_cache *cache = calloc(1, sizeof *cache);
    sim_assert(cache != NULL); /* out of memory ends the process */
    cache->store = sim_eviction_new(&eviction);
    return cache;
}

static void replay_play(struct sim_replay_cache *cache, const uint64_t *keys, const uint64_t *sizes,
                        size_t count)
{
    sim_eviction_replay(cache->store, keys, sizes, count, &cache->tally);
}

static struct sim_replay_tally replay_tally(const struct sim_replay_cache *cache)
{
    return (struct sim_replay_tally){
        .requests = cache->tally.requests,
        .misses = cache->tally.misses,
        .request_bytes = cache->tally.request_bytes,
        .miss_bytes = cache->tally.miss_bytes,
        .evictions = cache->store->evicted_count,
        .refusals = cache->store->refused_count,
    };
}

static size_t replay_memory_bytes(const struct sim_replay_cache *cache)
{
    return sim_eviction_memory_bytes(cache->store);
}

static void replay_close(struct sim_replay_cache *cache)
{
    sim_eviction_free(cache->store);
    free(cache);
}

const struct sim_replay_caches sim_replay_policies = {
    .policies = sim_eviction_names,
    .open = replay_open,
    .play = replay_play,
    .tally = replay_tally,
    .memory_bytes = replay_memory_bytes,
    .close = replay_close,
};

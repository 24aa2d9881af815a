/* What holds for every eviction policy of the table, whatever it evicts: a replay is the same as
 * single calls, clearing leaves nothing behind, memory may come from an arena, chance follows the
 * seed. The policies' own rules are tested in test_cache_twin and test_cache_reference.
 */
#include <glib.h>

#include "cache/copies.h"
#include "models.h"

static struct sim_eviction *new_cache(const struct sim_eviction_policy *policy,
                                      enum sim_eviction_unit unit, uint64_t capacity)
{
    struct sim_eviction_setup setup = {.policy = policy, .unit = unit, .capacity = capacity};
    return sim_eviction_new(&setup);
}

/* Requests with frequent keys, rare ones and a loop, of sizes that differ. */
enum { REQUESTS = 20000 };

static void make_requests(uint64_t keys[REQUESTS], uint64_t sizes[REQUESTS])
{
    for (uint64_t i = 0; i < REQUESTS; i++) {
        keys[i] = i * i * 7919 % 1013 * (i % 3);
        sizes[i] = 1 + keys[i] % 60;
    }
}

/* Two caches that were used alike hold the same, in the same order. */
static void assert_alike(const struct sim_eviction *a, const struct sim_eviction *b)
{
    g_assert_cmpuint(a->count, ==, b->count);
    g_assert_cmpuint(a->bytes, ==, b->bytes);
    g_assert_cmpuint(a->used, ==, b->used);
    g_assert_cmpuint(a->evicted_count, ==, b->evicted_count);
    const struct sim_object *of_a = sim_eviction_next(a, NULL);
    const struct sim_object *of_b = sim_eviction_next(b, NULL);
    for (; of_a != NULL && of_b != NULL;
         of_a = sim_eviction_next(a, of_a), of_b = sim_eviction_next(b, of_b)) {
        g_assert_cmpuint(of_a->key, ==, of_b->key);
    }
    g_assert_true(of_a == NULL && of_b == NULL);
}

/* A replay is the same as single calls. */
static void check_replay(const struct sim_eviction_policy *policy)
{
    uint64_t keys[REQUESTS];
    uint64_t sizes[REQUESTS];
    make_requests(keys, sizes);
    struct sim_eviction *batch = new_cache(policy, SIM_EVICTION_BYTES, 5000);
    struct sim_eviction *single = new_cache(policy, SIM_EVICTION_BYTES, 5000);
    struct sim_eviction_tally tally = {0};
    sim_eviction_replay(batch, keys, sizes, 5, &tally);
    sim_eviction_replay(batch, keys + 5, sizes + 5, REQUESTS - 5, &tally);
    uint64_t misses = 0;
    uint64_t miss_bytes = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        if (sim_eviction_lookup(single, keys[i]) == NULL) {
            misses++;
            miss_bytes += sizes[i];
            sim_eviction_insert(single, keys[i], sizes[i]);
        }
    }
    g_assert_cmpuint(tally.requests, ==, REQUESTS);
    g_assert_cmpuint(tally.misses, ==, misses);
    g_assert_cmpuint(tally.miss_bytes, ==, miss_bytes);
    assert_alike(batch, single);
    sim_eviction_free(batch);
    sim_eviction_free(single);
}

static void test_replay_is_single_calls(void)
{
    for (size_t p = 0; sim_eviction_policies[p] != NULL; p++) {
        check_replay(sim_eviction_policies[p]);
    }
}

/* After a clearing nothing is left that could change what follows, and an arena may own the memory
 * of any policy: three caches, one cleared, one in an arena, end alike. */
static void check_fresh(const struct sim_eviction_policy *policy, struct sim_arena *arena)
{
    uint64_t keys[REQUESTS];
    uint64_t sizes[REQUESTS];
    make_requests(keys, sizes);
    struct sim_eviction_setup setup = {.policy = policy, .capacity = 300, .seed = 7};
    struct sim_eviction *fresh = sim_eviction_new(&setup);
    struct sim_eviction *cleared = sim_eviction_new(&setup);
    setup.arena = arena;
    struct sim_eviction *in_arena = sim_eviction_new(&setup);
    struct sim_eviction_tally tally = {0};
    sim_eviction_replay(cleared, keys + 1234, sizes, 5000, &tally);
    sim_eviction_clear(cleared);
    g_assert_null(sim_eviction_next(cleared, NULL));
    g_assert_cmpuint(cleared->objects.live_count, ==, 0);
    cleared->evicted_count = 0;
    sim_eviction_replay(fresh, keys, sizes, REQUESTS, &tally);
    sim_eviction_replay(cleared, keys, sizes, REQUESTS, &tally);
    sim_eviction_replay(in_arena, keys, sizes, REQUESTS, &tally);
    assert_alike(fresh, cleared);
    assert_alike(fresh, in_arena);
    sim_eviction_free(fresh);
    sim_eviction_free(cleared);
    sim_eviction_free(in_arena);
}

static void test_fresh(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    for (size_t p = 0; sim_eviction_policies[p] != NULL; p++) {
        check_fresh(sim_eviction_policies[p], &arena);
    }
    sim_arena_clear(&arena);
}

/* The memory of a store is that of its table and of what the policy keeps for itself: an array of
 * 4 bytes an object for random, counters for W-TinyLFU, groups for LFU, nothing for the others. */
static void test_memory(void)
{
    uint64_t keys[REQUESTS];
    uint64_t sizes[REQUESTS];
    make_requests(keys, sizes);
    for (size_t p = 0; sim_eviction_policies[p] != NULL; p++) {
        const struct sim_eviction_policy *policy = sim_eviction_policies[p];
        struct sim_eviction *cache = new_cache(policy, SIM_EVICTION_OBJECTS, 300);
        struct sim_eviction_tally tally = {0};
        sim_eviction_replay(cache, keys, sizes, REQUESTS, &tally);
        size_t own = sim_eviction_memory_bytes(cache) - sim_object_table_bytes(&cache->objects) -
                     policy->state_size;
        if (policy == &sim_eviction_random) {
            g_assert_cmpuint(own, ==, 512 * sizeof(uint32_t));
        } else if (policy == &sim_eviction_wtinylfu) {
            g_assert_cmpuint(own, >=, 300 * 4 * 4 / 2); /* four rows of four counters of 4 bits */
        } else {
            g_assert_true((own > 0) == (policy == &sim_eviction_lfu));
        }
        sim_eviction_free(cache);
    }
}

/* Random eviction follows its seed. */
static void test_random_seed(void)
{
    struct sim_eviction_setup setup = {.policy = &sim_eviction_random, .capacity = 50, .seed = 1};
    struct sim_eviction *one = sim_eviction_new(&setup);
    setup.seed = 2;
    struct sim_eviction *two = sim_eviction_new(&setup);
    for (uint64_t key = 0; key < 200; key++) {
        sim_eviction_insert(one, key, 1);
        sim_eviction_insert(two, key, 1);
    }
    uint32_t in_both = 0;
    for (uint64_t key = 0; key < 200; key++) {
        in_both += sim_eviction_peek(one, key) != NULL && sim_eviction_peek(two, key) != NULL;
    }
    g_assert_cmpuint(in_both, >, 0);
    g_assert_cmpuint(in_both, <, 50);
    sim_eviction_free(one);
    sim_eviction_free(two);
}

/* What a policy says about the room that it needs is so, and a scenario with less is refused. */
static void test_count_min(void)
{
    for (size_t p = 0; sim_eviction_policies[p] != NULL; p++) {
        const struct sim_eviction_policy *policy = sim_eviction_policies[p];
        uint32_t enough = policy->count_min == 0 ? 1 : policy->count_min;
        struct sim_eviction *large = new_cache(policy, SIM_EVICTION_OBJECTS, enough);
        struct sim_eviction *small = new_cache(policy, SIM_EVICTION_OBJECTS, enough - 1);
        g_assert_nonnull(sim_eviction_insert(large, 1, 1));
        g_assert_null(sim_eviction_insert(small, 1, 1));
        sim_eviction_free(large);
        sim_eviction_free(small);
        struct cache_params params = {.policy = (int32_t)p, .capacity = enough};
        g_assert_null(sim_model_cache.validate(&params));
        params.capacity = enough - 1;
        g_assert_nonnull(sim_model_cache.validate(&params));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/policies/replay-is-single-calls", test_replay_is_single_calls);
    g_test_add_func("/cache/policies/fresh", test_fresh);
    g_test_add_func("/cache/policies/random-seed", test_random_seed);
    g_test_add_func("/cache/policies/memory", test_memory);
    g_test_add_func("/cache/policies/count-min", test_count_min);
    return g_test_run();
}

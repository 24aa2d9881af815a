/* Every eviction policy beside an O(n) twin that keeps its objects in a plain array, over random
 * look-ups, insertions, removals and clearings. After every few steps both hold the same objects in
 * the same order with the same books; if not, the queues or the table of the fast one are wrong, or
 * it evicts another object than its rules say. A policy without a twin fails.
 */
#include "cache_twin.h"
#include "cache_twin_rules.h"

enum { STEPS = 6000, COMPARE_EVERY = 16, SEEDS = 6, KEYS_MAX = 3 * TWIN_MAX / 4 };
enum { SIZE_MAX_DRAWN = 40 };

/* LFU lists its objects by count, the others by queue; within that by the order of the array. */
static uint32_t rank_of(const struct twin *twin, uint32_t i)
{
    return twin->rules->policy == &sim_eviction_lfu ? twin->objects[i].accesses
                                                    : twin->objects[i].part;
}

/* Positions of the cached objects in the order in which the policy lists them; how many. */
static uint32_t twin_order(const struct twin *twin, uint32_t order[TWIN_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < twin->count; i++) {
        if (twin_is_cached(twin, i)) {
            uint32_t at = count++;
            for (; at > 0 && rank_of(twin, order[at - 1]) > rank_of(twin, i); at--) {
                order[at] = order[at - 1];
            }
            order[at] = i;
        }
    }
    return count;
}

static void assert_same(const struct twin *twin, const struct sim_eviction *cache)
{
    uint32_t order[TWIN_MAX];
    uint32_t count = twin_order(twin, order);
    uint64_t bytes = 0;
    const struct sim_object *object = NULL;
    g_assert_cmpuint(cache->count, ==, count);
    for (uint32_t i = 0; i < count; i++) {
        object = sim_eviction_next(cache, object);
        g_assert_nonnull(object);
        g_assert_cmpuint(object->key, ==, twin->objects[order[i]].key);
        g_assert_cmpuint(object->size, ==, twin->objects[order[i]].size);
        bytes += object->size;
    }
    g_assert_null(sim_eviction_next(cache, object));
    g_assert_cmpuint(cache->bytes, ==, bytes);
    g_assert_cmpuint(cache->used, ==, twin_used(twin));
    g_assert_cmpuint(cache->objects.live_count, ==, twin->count); /* with the ghosts */
    g_assert_cmpuint(cache->evicted_count, ==, twin->evicted_count);
    g_assert_cmpuint(cache->refused_count, ==, twin->refused_count);
}

/* How many keys there are: many, or a few times what fits, so that ghosts come back often. */
static uint64_t key_count(const struct twin *twin, uint64_t seed)
{
    uint64_t fits = twin->is_by_count ? twin->capacity : twin->capacity * 2 / SIZE_MAX_DRAWN;
    return seed % 3 == 1 ? KEYS_MAX : MIN((seed % 3 + 2) * fits / 2 + 2, KEYS_MAX);
}

/* One random step on both. Small keys are more frequent, so that there are hits at every size. */
static void step(struct twin *twin, struct sim_eviction *cache, struct sim_random *random)
{
    uint64_t range = 1 + sim_random_below(random, key_count(twin, cache->setup.seed));
    uint64_t key = sim_random_below(random, range) * UINT64_C(0x100000001);
    uint64_t size = 1 + sim_random_below(random, SIZE_MAX_DRAWN);
    uint64_t what = sim_random_below(random, 1000);
    if (what < 920) {
        bool is_hit = sim_eviction_lookup(cache, key) != NULL;
        g_assert_true(is_hit == twin_lookup(twin, key));
        if (!is_hit) {
            bool is_taken = sim_eviction_insert(cache, key, size) != NULL;
            g_assert_true(is_taken == twin_insert(twin, key, size));
        }
    } else if (what < 950) {
        bool is_taken = sim_eviction_insert(cache, key, size) != NULL;
        g_assert_true(is_taken == twin_insert(twin, key, size));
    } else if (what < 999) {
        g_assert_true(sim_eviction_remove(cache, key) == twin_remove(twin, key));
    } else {
        sim_eviction_clear(cache);
        twin_start(twin, cache->setup.seed);
    }
}

static void play(const struct twin_rules *rules, enum sim_eviction_unit unit, uint64_t capacity,
                 uint64_t seed)
{
    struct sim_random random;
    sim_random_init(&random, seed, rules->policy->name, "twin");
    struct sim_eviction_setup setup = {
        .policy = rules->policy, .unit = unit, .capacity = capacity, .seed = seed};
    struct sim_eviction *cache = sim_eviction_new(&setup);
    struct twin *twin = g_new0(struct twin, 1);
    twin->rules = rules;
    twin->is_by_count = unit == SIM_EVICTION_OBJECTS;
    twin->capacity = capacity;
    twin_start(twin, seed);
    for (int i = 0; i < STEPS; i++) {
        step(twin, cache, &random);
        if (i % COMPARE_EVERY == 0) {
            assert_same(twin, cache);
        }
    }
    assert_same(twin, cache);
    sim_frequency_sketch_clear(&twin->sketch);
    g_free(twin);
    sim_eviction_free(cache);
}

static void test_twin(gconstpointer data)
{
    static const uint64_t counts[] = {1, 2, 3, 10, 50, 200};
    static const uint64_t bytes[] = {1, 20, 45, 200, 1000, 5000};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
            play(data, SIM_EVICTION_OBJECTS, counts[i], seed);
            play(data, SIM_EVICTION_BYTES, bytes[i], seed);
        }
    }
}

static void test_all_have_twins(void)
{
    for (size_t i = 0; sim_eviction_policies[i] != NULL; i++) {
        g_assert_cmpuint(i, <, G_N_ELEMENTS(twin_rules));
        g_assert_true(twin_rules[i].policy == sim_eviction_policies[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/twin/all", test_all_have_twins);
    for (size_t i = 0; i < G_N_ELEMENTS(twin_rules); i++) {
        g_autofree char *path = g_strdup_printf("/cache/twin/%s", twin_rules[i].policy->name);
        g_test_add_data_func(path, &twin_rules[i], test_twin);
    }
    return g_test_run();
}

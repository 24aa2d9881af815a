/* LRU and FIFO beside O(n) twins that keep their objects in a plain array, oldest first, over
 * random look-ups, insertions, removals and clearings. After every step both hold the same objects
 * in the same order with the same books; if not, the linked lists or the table of the fast one are
 * wrong. */
#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "cache/eviction.h"

enum { TWIN_MAX = 512, STEPS = 6000, COMPARE_EVERY = 16 };

struct twin {
    bool is_lru;
    bool is_by_count;
    uint64_t capacity;
    uint32_t count;
    uint64_t evicted_count;
    uint64_t keys[TWIN_MAX];
    uint64_t sizes[TWIN_MAX];
};

static uint64_t twin_weight(const struct twin *twin, uint64_t size)
{
    return twin->is_by_count ? 1 : size;
}

static uint64_t twin_bytes(const struct twin *twin)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < twin->count; i++) {
        bytes += twin->sizes[i];
    }
    return bytes;
}

static uint64_t twin_used(const struct twin *twin)
{
    return twin->is_by_count ? twin->count : twin_bytes(twin);
}

/* Position of the key, or count. */
static uint32_t twin_find(const struct twin *twin, uint64_t key)
{
    uint32_t i = 0;
    while (i < twin->count && twin->keys[i] != key) {
        i++;
    }
    return i;
}

static void twin_take(struct twin *twin, uint32_t i)
{
    twin->count--;
    memmove(twin->keys + i, twin->keys + i + 1, (twin->count - i) * sizeof *twin->keys);
    memmove(twin->sizes + i, twin->sizes + i + 1, (twin->count - i) * sizeof *twin->sizes);
}

static void twin_append(struct twin *twin, uint64_t key, uint64_t size)
{
    g_assert_cmpuint(twin->count, <, TWIN_MAX);
    twin->keys[twin->count] = key;
    twin->sizes[twin->count] = size;
    twin->count++;
}

static bool twin_lookup(struct twin *twin, uint64_t key)
{
    uint32_t i = twin_find(twin, key);
    if (i == twin->count) {
        return false;
    }
    if (twin->is_lru) {
        uint64_t size = twin->sizes[i];
        twin_take(twin, i);
        twin_append(twin, key, size);
    }
    return true;
}

static bool twin_remove(struct twin *twin, uint64_t key)
{
    uint32_t i = twin_find(twin, key);
    if (i == twin->count) {
        return false;
    }
    twin_take(twin, i);
    return true;
}

static bool twin_insert(struct twin *twin, uint64_t key, uint64_t size)
{
    twin_remove(twin, key);
    if (twin_weight(twin, size) > twin->capacity) {
        return false;
    }
    while (twin_used(twin) + twin_weight(twin, size) > twin->capacity) {
        twin_take(twin, 0);
        twin->evicted_count++;
    }
    twin_append(twin, key, size);
    return true;
}

static void assert_same(const struct twin *twin, const struct sim_eviction *cache)
{
    g_assert_cmpuint(cache->count, ==, twin->count);
    g_assert_cmpuint(cache->bytes, ==, twin_bytes(twin));
    g_assert_cmpuint(cache->used, ==, twin_used(twin));
    g_assert_cmpuint(cache->evicted_count, ==, twin->evicted_count);
    const struct sim_object *object = NULL;
    for (uint32_t i = 0; i < twin->count; i++) {
        object = sim_eviction_next(cache, object);
        g_assert_nonnull(object);
        g_assert_cmpuint(object->key, ==, twin->keys[i]);
        g_assert_cmpuint(object->size, ==, twin->sizes[i]);
    }
    g_assert_null(sim_eviction_next(cache, object));
}

/* One random step on both. Small keys are more frequent, so that there are hits at every size. */
static void step(struct twin *twin, struct sim_eviction *cache, struct sim_random *random)
{
    uint64_t range = 1 + sim_random_below(random, 3 * TWIN_MAX / 4);
    uint64_t key = sim_random_below(random, range) * UINT64_C(0x100000001);
    uint64_t size = 1 + sim_random_below(random, 40);
    uint64_t what = sim_random_below(random, 1000);
    if (what < 900) {
        bool is_hit = sim_eviction_lookup(cache, key) != NULL;
        g_assert_true(is_hit == twin_lookup(twin, key));
        if (!is_hit) {
            bool is_taken = sim_eviction_insert(cache, key, size) != NULL;
            g_assert_true(is_taken == twin_insert(twin, key, size));
        }
    } else if (what < 940) {
        bool is_taken = sim_eviction_insert(cache, key, size) != NULL;
        g_assert_true(is_taken == twin_insert(twin, key, size));
    } else if (what < 999) {
        g_assert_true(sim_eviction_remove(cache, key) == twin_remove(twin, key));
    } else {
        sim_eviction_clear(cache);
        twin->count = 0;
    }
}

static void play(const struct sim_eviction_policy *policy, enum sim_eviction_unit unit,
                 uint64_t capacity, uint64_t seed)
{
    struct sim_random random;
    sim_random_init(&random, seed, policy->name, "twin");
    struct sim_eviction_setup setup = {.policy = policy, .unit = unit, .capacity = capacity};
    struct sim_eviction *cache = sim_eviction_new(&setup);
    struct twin twin = {.is_lru = policy == &sim_eviction_lru,
                        .is_by_count = unit == SIM_EVICTION_OBJECTS,
                        .capacity = capacity};
    for (int i = 0; i < STEPS; i++) {
        step(&twin, cache, &random);
        if (i % COMPARE_EVERY == 0) {
            assert_same(&twin, cache);
        }
    }
    assert_same(&twin, cache);
    sim_eviction_free(cache);
}

static void test_twin(gconstpointer data)
{
    static const uint64_t counts[] = {1, 2, 3, 10, 50, 200};
    static const uint64_t bytes[] = {1, 20, 45, 200, 1000, 5000};
    const struct sim_eviction_policy *policy = data;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
            play(policy, SIM_EVICTION_OBJECTS, counts[i], seed);
            play(policy, SIM_EVICTION_BYTES, bytes[i], seed);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/cache/twin/lru", &sim_eviction_lru, test_twin);
    g_test_add_data_func("/cache/twin/fifo", &sim_eviction_fifo, test_twin);
    return g_test_run();
}

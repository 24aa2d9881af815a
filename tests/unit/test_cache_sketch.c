/* The frequency sketch behind W-TinyLFU: never below the true count, seldom above it, forgetting by
 * halves, and growing without forgetting. If these failed, the admission would prefer wrong keys.
 */
#include <glib.h>

#include "base/random.h"
#include "cache/frequency_sketch.h"

static struct sim_frequency_sketch new_sketch(uint64_t object_count)
{
    struct sim_frequency_sketch sketch;
    sim_frequency_sketch_init(&sketch, NULL);
    sim_frequency_sketch_fit(&sketch, object_count);
    return sketch;
}

static void see(struct sim_frequency_sketch *sketch, uint64_t key, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        sim_frequency_sketch_add(sketch, key);
    }
}

/* One key alone is counted exactly, up to 15. */
static void test_one_key(void)
{
    struct sim_frequency_sketch sketch = new_sketch(1000);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 7), ==, 0);
    for (uint32_t seen = 1; seen <= 40; seen++) {
        sim_frequency_sketch_add(&sketch, 7);
        g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 7), ==, MIN(seen, 15));
        g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 8), ==, 0);
    }
    sim_frequency_sketch_clear(&sketch);
}

/* 4,000 keys in a sketch for 2,000: no estimate is too low, few are too high, and as many with the
 * same seed for ever. One more, and all are half of what they were. */
static void test_many_keys(void)
{
    enum { KEYS = 4000, OBJECTS = 2000 };
    static uint32_t seen[KEYS];
    struct sim_frequency_sketch sketch = new_sketch(OBJECTS);
    struct sim_random random;
    sim_random_init(&random, 1, "sketch", "keys");
    for (int i = 0; i < 10 * OBJECTS - 1; i++) {
        uint64_t key = sim_random_below(&random, sim_random_below(&random, KEYS) + 1);
        seen[key]++;
        sim_frequency_sketch_add(&sketch, key);
    }
    uint32_t wrong = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t estimate = sim_frequency_sketch_estimate(&sketch, key);
        g_assert_cmpuint(estimate, >=, MIN(seen[key], 15));
        wrong += estimate > seen[key];
    }
    g_assert_cmpuint(wrong, ==, 36);
    for (uint64_t key = 0; key < KEYS; key++) {
        seen[key] = sim_frequency_sketch_estimate(&sketch, key);
    }
    sim_frequency_sketch_add(&sketch, KEYS); /* shares a counter with some */
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t estimate = sim_frequency_sketch_estimate(&sketch, key);
        g_assert_true(estimate == seen[key] / 2 || estimate == (seen[key] + 1) / 2);
    }
    sim_frequency_sketch_clear(&sketch);
}

/* The thousandth key seen by a sketch for a hundred objects halves all counts. */
static void test_halving(void)
{
    struct sim_frequency_sketch sketch = new_sketch(100);
    see(&sketch, 1, 13);
    see(&sketch, 2, 6);
    see(&sketch, 3, 1);
    see(&sketch, 4, 979);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 1), ==, 13);
    see(&sketch, 4, 1);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 1), ==, 6);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 2), ==, 3);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 3), ==, 0);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 4), ==, 7);
    see(&sketch, 5, 499); /* half of the thousand counts as seen already */
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 1), ==, 6);
    see(&sketch, 5, 1);
    g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, 1), ==, 3);
    sim_frequency_sketch_clear(&sketch);
}

/* Keys have the counts that they had, wherever they are looked for afterwards. */
static void test_growth(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_frequency_sketch sketch;
    sim_frequency_sketch_init(&sketch, &arena);
    sim_frequency_sketch_fit(&sketch, 60);
    uint32_t before[300];
    for (uint64_t key = 0; key < 300; key++) {
        see(&sketch, key, (uint32_t)key % 4);
    }
    for (uint64_t key = 0; key < 300; key++) {
        before[key] = sim_frequency_sketch_estimate(&sketch, key);
    }
    sim_frequency_sketch_fit(&sketch, 10000);
    for (uint64_t key = 0; key < 300; key++) {
        g_assert_cmpuint(sim_frequency_sketch_estimate(&sketch, key), ==, before[key]);
    }
    sim_frequency_sketch_fit(&sketch, 10); /* shrinks nothing */
    g_assert_cmpuint(sketch.object_count, ==, 10000);
    sim_frequency_sketch_clear(&sketch);
    sim_arena_clear(&arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/sketch/one-key", test_one_key);
    g_test_add_func("/cache/sketch/many-keys", test_many_keys);
    g_test_add_func("/cache/sketch/halving", test_halving);
    g_test_add_func("/cache/sketch/growth", test_growth);
    return g_test_run();
}

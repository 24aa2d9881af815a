/* The table behind every cache: look-ups stay short whatever the pattern of the keys, and keys
 * whose hashes collide entirely are told apart. */
#include <glib.h>

#include "base/sort.h"
#include "object_table.h"

/* Pairs of neighbours among the sorted hashes of `count` keys that are equal. */
static uint32_t count_equal_hashes(uint32_t count, uint64_t key_step)
{
    g_autofree uint64_t *hashes = g_new(uint64_t, count);
    for (uint64_t i = 0; i < count; i++) {
        hashes[i] = sim_object_hash(i * key_step);
    }
    sim_sort_u64(hashes, count);
    uint32_t equal = 0;
    for (uint32_t i = 1; i < count; i++) {
        equal += hashes[i] == hashes[i - 1];
    }
    return equal;
}

/* Keys whose whole hashes are equal (ten pairs or so of these) are still told apart. */
static void test_equal_hashes(void)
{
    enum { COUNT = 300000 };
    struct sim_object_table table;
    sim_object_table_init(&table, NULL, 0, 0);
    g_assert_cmpuint(count_equal_hashes(COUNT, UINT64_C(0x2545f4914f6cdd1d)), >, 0);
    for (uint64_t i = 0; i < COUNT; i++) {
        sim_object_table_add(&table, i * UINT64_C(0x2545f4914f6cdd1d));
    }
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t key = i * UINT64_C(0x2545f4914f6cdd1d);
        uint32_t index = sim_object_table_find(&table, key, sim_object_hash(key));
        g_assert_cmpuint(sim_object_at(&table, index)->key, ==, key);
    }
    sim_object_table_clear(&table);
}

/* The table is fast only while keys of any regular pattern spread: the mean number of slots read by
 * a look-up of a present key at 1/8 load is 1.07 for a perfect hash. */
static void test_hash_spreads(void)
{
    enum { COUNT = 1 << 15 };
    static const uint64_t steps[] = {1,
                                     2,
                                     3,
                                     512,
                                     4096,
                                     UINT64_C(1) << 32,
                                     UINT64_C(1) << 48,
                                     UINT64_C(1000003),
                                     UINT64_C(0x9e3779b97f4a7c15)};
    for (size_t s = 0; s < G_N_ELEMENTS(steps); s++) {
        struct sim_object_table table;
        sim_object_table_init(&table, NULL, 0, COUNT);
        uint64_t probes = 0;
        for (uint64_t i = 0; i < COUNT; i++) {
            sim_object_table_add(&table, i * steps[s]);
        }
        uint32_t mask = (1u << table.slot_bits) - 1;
        for (uint64_t i = 0; i < COUNT; i++) {
            uint32_t hash = sim_object_hash(i * steps[s]);
            uint32_t index = sim_object_table_find(&table, i * steps[s], hash);
            uint32_t at = sim_object_home(&table, hash);
            for (probes++; sim_object_slot_index(&table, table.slots[at]) != index; probes++) {
                at = (at + 1) & mask;
            }
        }
        g_assert_cmpuint(count_equal_hashes(COUNT, steps[s]), <=, 3);
        double mean = (double)probes / COUNT;
        g_test_message("step %" G_GUINT64_FORMAT ": %.3f slots a look-up", steps[s], mean);
        g_assert_cmpfloat(mean, <, 1.25);
        sim_object_table_clear(&table);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/table/hash-spreads", test_hash_spreads);
    g_test_add_func("/cache/table/equal-hashes", test_equal_hashes);
    return g_test_run();
}

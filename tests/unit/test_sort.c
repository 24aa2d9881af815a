/* Sorting beside its naive twin. If this failed, ties would fall differently and runs would differ.
 */
#include <string.h>

#include <glib.h>

#include "base/random.h"
#include "base/sort.h"

struct record {
    uint32_t key;
    uint32_t place; /* in the input */
    uint32_t more;  /* a size that is no power of two */
};

static int compare_keys(const void *a, const void *b, void *data)
{
    const struct record *x = a;
    const struct record *y = b;
    if (data != NULL) {
        ++*(uint64_t *)data;
    }
    return (x->key > y->key) - (x->key < y->key);
}

static void insert_sort(struct record *records, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && records[j - 1].key > records[j].key; j--) {
            struct record swapped = records[j];
            records[j] = records[j - 1];
            records[j - 1] = swapped;
        }
    }
}

static void test_stable(void)
{
    enum { COUNT_MAX = 300 };
    struct sim_random random;
    sim_random_init(&random, 1, "sort", "stable");
    struct record ours[COUNT_MAX], theirs[COUNT_MAX];
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        uint64_t keys = 1 + sim_random_below(&random, count + 5);
        for (uint32_t i = 0; i < count; i++) {
            ours[i] = (struct record){(uint32_t)sim_random_below(&random, keys), i, i * i};
        }
        memcpy(theirs, ours, sizeof(ours));
        sim_sort(ours, count, sizeof(ours[0]), compare_keys, NULL);
        insert_sort(theirs, count);
        for (size_t i = 0; i < count; i++) {
            g_assert_cmpuint(ours[i].key, ==, theirs[i].key);
            g_assert_cmpuint(ours[i].place, ==, theirs[i].place);
            g_assert_cmpuint(ours[i].more, ==, theirs[i].more);
        }
    }
}

/* n log n comparisons, whatever the order of the input. */
static void test_comparisons(void)
{
    enum { COUNT = 1 << 14 };
    static struct record records[COUNT];
    for (int shape = 0; shape < 4; shape++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t key = shape == 0   ? i
                           : shape == 1 ? COUNT - i
                           : shape == 2 ? i % 2 * COUNT + i / 2
                                        : 0;
            records[i] = (struct record){key, i, 0};
        }
        uint64_t comparisons = 0;
        sim_sort(records, COUNT, sizeof(records[0]), compare_keys, &comparisons);
        g_assert_cmpuint(comparisons, <, (uint64_t)COUNT * 16);
        for (size_t i = 1; i < COUNT; i++) {
            g_assert_cmpuint(records[i - 1].key, <=, records[i].key);
        }
    }
}

static void test_u64(void)
{
    enum { COUNT_MAX = 3000 };
    struct sim_random random;
    sim_random_init(&random, 1, "sort", "u64");
    static uint64_t ours[COUNT_MAX], theirs[COUNT_MAX];
    static const uint64_t masks[] = {UINT64_MAX, 0xff,  UINT64_C(0xff00ff0000000000),
                                     0,          0x1ff, UINT64_C(0xffffffff)};
    for (int trial = 0; trial < 120; trial++) {
        size_t count = trial < 70 ? (size_t)trial : (size_t)sim_random_below(&random, COUNT_MAX);
        uint64_t mask = masks[(size_t)trial % G_N_ELEMENTS(masks)];
        for (size_t i = 0; i < count; i++) {
            ours[i] = theirs[i] = (sim_random_u64(&random) & mask) | (~mask & 0x1234);
        }
        sim_sort_u64(ours, count);
        for (size_t i = 1; i < count; i++) {
            for (size_t j = i; j > 0 && theirs[j - 1] > theirs[j]; j--) {
                uint64_t swapped = theirs[j];
                theirs[j] = theirs[j - 1];
                theirs[j - 1] = swapped;
            }
        }
        g_assert_cmpint(memcmp(ours, theirs, count * sizeof(ours[0])), ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sort/stable", test_stable);
    g_test_add_func("/sort/comparisons", test_comparisons);
    g_test_add_func("/sort/u64", test_u64);
    return g_test_run();
}

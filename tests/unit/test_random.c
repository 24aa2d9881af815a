/* Random streams: if this failed, every result would change, or streams would hang together. */
#include <math.h>

#include <glib.h>

#include "base/random.h"

/* Published first outputs: xoshiro256++ from the state 1, 2, 3, 4; splitmix64 from 0. */
static void test_known_answers(void)
{
    static const uint64_t expected[] = {41943041, 58720359, UINT64_C(3588806011781223),
                                        UINT64_C(3591011842654386), UINT64_C(9228616714210784205)};
    struct sim_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_cmpuint(sim_random_u64(&random), ==, expected[i]);
    }
    uint64_t state = 0;
    g_assert_cmphex(sim_splitmix64(&state), ==, UINT64_C(0xe220a8397b1dcdaf));
    g_assert_cmphex(sim_splitmix64(&state), ==, UINT64_C(0x6e789e6aa1b965f4));
}

/* A stream is its seed and names and nothing else; this value may never change. */
static void test_pinned_stream(void)
{
    struct sim_random random;
    sim_random_init(&random, 42, "replica[2]", "service");
    g_assert_cmphex(sim_random_u64(&random), ==, UINT64_C(0x70f41b2e5e5144c5));
}

static void test_streams_differ(void)
{
    static const struct {
        uint64_t seed;
        const char *name, *purpose;
    } names[] = {{1, "a", "b"}, {2, "a", "b"}, {1, "b", "a"}, {1, "a", "c"}, {1, "ab", ""},
                 {1, "", "ab"}, {0, "", ""},   {1, "", ""},   {0, "a", "b"}};
    uint64_t first[G_N_ELEMENTS(names)];
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct sim_random random;
        sim_random_init(&random, names[i].seed, names[i].name, names[i].purpose);
        first[i] = sim_random_u64(&random);
        for (size_t j = 0; j < i; j++) {
            g_assert_cmphex(first[i], !=, first[j]);
        }
    }
}

/* Streams of neighbouring seeds and names are uncorrelated, bit by bit. */
static void test_streams_independent(void)
{
    enum { STREAMS = 200, DRAWS = 200 };
    int agree[64] = {0};
    for (int i = 0; i < STREAMS; i++) {
        char name[16];
        g_snprintf(name, sizeof(name), "node[%d]", i);
        struct sim_random a, b;
        sim_random_init(&a, 7, name, "x");
        sim_random_init(&b, i % 2 == 0 ? 8 : 7, name, i % 2 == 0 ? "x" : "y");
        for (int j = 0; j < DRAWS; j++) {
            uint64_t same = ~(sim_random_u64(&a) ^ sim_random_u64(&b));
            for (int bit = 0; bit < 64; bit++) {
                agree[bit] += (int)(same >> bit & 1);
            }
        }
    }
    double trials = (double)STREAMS * DRAWS;
    for (int bit = 0; bit < 64; bit++) {
        g_assert_cmpfloat(fabs(agree[bit] - trials / 2), <, 4.5 * sqrt(trials) / 2);
    }
}

static void test_unit(void)
{
    struct sim_random random;
    sim_random_init(&random, 3, "unit", "");
    double sum = 0.0, square = 0.0;
    enum { DRAWS = 1000000 };
    for (int i = 0; i < DRAWS; i++) {
        double u = sim_random_unit(&random);
        g_assert_true(u > 0.0 && u < 1.0);
        sum += u;
        square += u * u;
    }
    g_assert_cmpfloat(fabs(sum / DRAWS - 0.5), <, 5 * sqrt(1.0 / 12 / DRAWS));
    g_assert_cmpfloat(fabs(square / DRAWS - 1.0 / 3), <, 5 * sqrt(4.0 / 45 / DRAWS));
}

static double chi_square(const int *counts, int cells, double expected)
{
    double sum = 0.0;
    for (int i = 0; i < cells; i++) {
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return sum;
}

/* Where 2^64 is no multiple of n, plain scaling would favour some values: with n = 3 * 2^62 the
 * values that are a multiple of 3 would come up twice as often as the others. */
static void test_below_unbiased(void)
{
    enum { DRAWS = 300000 };
    struct sim_random random;
    sim_random_init(&random, 4, "below", "");
    int by_rest[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = sim_random_below(&random, UINT64_C(3) << 62);
        g_assert_cmpuint(x, <, UINT64_C(3) << 62);
        by_rest[x % 3]++;
    }
    g_assert_cmpfloat(chi_square(by_rest, 3, DRAWS / 3.0), <, 18.4); /* 1 in 10,000, 2 degrees */
    int by_value[10] = {0};
    for (int i = 0; i < DRAWS; i++) {
        by_value[sim_random_below(&random, 10)]++;
    }
    g_assert_cmpfloat(chi_square(by_value, 10, DRAWS / 10.0), <, 33.7); /* 9 degrees */
    g_assert_cmpuint(sim_random_below(&random, 1), ==, 0);
}

static void test_chance(void)
{
    struct sim_random random, twin;
    sim_random_init(&random, 5, "chance", "");
    twin = random;
    for (int i = 0; i < 1000; i++) {
        g_assert_false(sim_random_chance(&random, 0.0));
        g_assert_true(sim_random_chance(&random, 1.0));
        sim_random_u64(&twin);
        sim_random_u64(&twin);
    }
    g_assert_cmphex(sim_random_u64(&random), ==, sim_random_u64(&twin)); /* one number a chance */
}

/* One changed letter moves about half of the bits of a hash. */
static void test_hash_avalanche(void)
{
    int moved = 0;
    for (int i = 0; i < 1000; i++) {
        char text[16];
        g_snprintf(text, sizeof(text), "client[%d]", i);
        uint64_t before = sim_hash_text(text);
        text[0] ^= 1;
        moved += __builtin_popcountll(before ^ sim_hash_text(text));
        g_assert_cmphex(sim_hash_pair(before, 1), !=, sim_hash_pair(1, before));
    }
    g_assert_cmpint(moved, >, 31000);
    g_assert_cmpint(moved, <, 33000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random/known-answers", test_known_answers);
    g_test_add_func("/random/pinned-stream", test_pinned_stream);
    g_test_add_func("/random/streams-differ", test_streams_differ);
    g_test_add_func("/random/streams-independent", test_streams_independent);
    g_test_add_func("/random/unit", test_unit);
    g_test_add_func("/random/below-unbiased", test_below_unbiased);
    g_test_add_func("/random/chance", test_chance);
    g_test_add_func("/random/hash-avalanche", test_hash_avalanche);
    return g_test_run();
}

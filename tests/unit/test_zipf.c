/* Zipf draws against the exact law. If this failed, hit ratios and hot keys would be wrong. */
#include <math.h>

#include <glib.h>

#include "base/dist.h"

#define CELLS_MAX 200

struct cells {
    uint64_t end[CELLS_MAX]; /* first rank after the cell */
    double expected[CELLS_MAX];
    int count;
};

/* Cuts the ranks into cells of at least 20 expected draws: single ranks first, then ranges that
 * grow, their probability added up rank by rank or, in the far tail, by the trapezium rule. */
static void cut(struct cells *cells, const struct sim_zipf *zipf, uint64_t n, double draws)
{
    cells->count = 0;
    uint64_t start = 0;
    double sum = 0.0;
    while (start < n) {
        uint64_t width = 1 + start / 8;
        uint64_t end = n - start < width ? n : start + width;
        if (end - start <= 4096) {
            for (uint64_t k = start; k < end; k++) {
                sum += sim_zipf_probability(zipf, k);
            }
        } else { /* Simpson over ranks start .. end - 1, each a unit wide */
            double middle = 0.5 * ((double)start + (double)end - 1.0);
            double a = sim_zipf_probability(zipf, start);
            double b = sim_zipf_probability(zipf, end - 1);
            double m = sim_zipf_probability(zipf, (uint64_t)middle);
            double length = (double)(end - start);
            sum += length * (a + 4.0 * m + b) / 6.0;
        }
        start = end;
        if (sum * draws >= 20.0 && cells->count < CELLS_MAX) {
            cells->end[cells->count] = end;
            cells->expected[cells->count] = sum * draws;
            cells->count++;
            sum = 0.0;
        }
    }
    g_assert_cmpint(cells->count, >, 0);
    cells->end[cells->count - 1] = n; /* what is left over joins the last cell */
    cells->expected[cells->count - 1] += sum * draws;
}

static void check(uint64_t n, double exponent)
{
    enum { DRAWS = 300000 };
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    const struct sim_zipf *zipf = sim_zipf_new(&arena, n, exponent, &error);
    g_assert_nonnull(zipf);
    static struct cells cells;
    cut(&cells, zipf, n, DRAWS);
    static int seen[CELLS_MAX];
    for (int i = 0; i < cells.count; i++) {
        seen[i] = 0;
    }
    struct sim_random random;
    sim_random_init(&random, 11, "zipf", "draw");
    for (int i = 0; i < DRAWS; i++) {
        uint64_t rank = sim_zipf_draw(zipf, &random);
        g_assert_cmpuint(rank, <, n);
        int cell = 0;
        while (rank >= cells.end[cell]) {
            cell++;
        }
        seen[cell]++;
    }
    double chi_square = 0.0;
    double expected = 0.0;
    for (int i = 0; i < cells.count; i++) {
        double off = seen[i] - cells.expected[i];
        chi_square += off * off / cells.expected[i];
        expected += cells.expected[i];
    }
    g_assert_cmpfloat(fabs(expected / DRAWS - 1.0), <, 1e-3);
    int freedom = cells.count - 1;
    double limit = freedom + 4.5 * sqrt(2.0 * freedom) + 8.0; /* beyond 1 in 100,000 */
    if (chi_square > limit) {
        g_error("n %.0f, exponent %g: chi-square %g with %d degrees of freedom", (double)n,
                exponent, chi_square, freedom);
    }
    sim_arena_clear(&arena);
}

static void test_law(void)
{
    static const uint64_t counts[] = {1, 2, 3, 10, 100, 1000000, UINT64_C(1) << 40};
    static const double exponents[] = {0.0, 1e-9, 0.5, 0.99, 1.0, 1.000001, 1.5, 3.0, 20.0};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(exponents); j++) {
            check(counts[i], exponents[j]);
        }
    }
}

/* The first ranks one by one: a bias of the rejection step would show there. */
static void test_first_ranks(void)
{
    enum { DRAWS = 2000000, RANKS = 8 };
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    const struct sim_zipf *zipf = sim_zipf_new(&arena, 1000, 0.99, &error);
    struct sim_random random;
    sim_random_init(&random, 12, "zipf", "first");
    int seen[RANKS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t rank = sim_zipf_draw(zipf, &random);
        if (rank < RANKS) {
            seen[rank]++;
        }
    }
    for (uint64_t k = 0; k < RANKS; k++) {
        double p = sim_zipf_probability(zipf, k);
        g_assert_cmpfloat(fabs(seen[k] - DRAWS * p), <, 4.5 * sqrt(DRAWS * p * (1.0 - p)));
    }
    sim_arena_clear(&arena);
}

/* The probabilities add up to one, and have the law's ratios. */
static void test_probability(void)
{
    static const uint64_t counts[] = {1, 2, 999, 1000, 1001, 200000};
    static const double exponents[] = {0.0, 0.7, 1.0, 1.3, 2.0};
    struct sim_arena arena;
    sim_arena_init(&arena);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(exponents); j++) {
            const char *error = NULL;
            const struct sim_zipf *zipf = sim_zipf_new(&arena, counts[i], exponents[j], &error);
            long double sum = 0.0L;
            for (uint64_t k = counts[i]; k > 0; k--) {
                sum += sim_zipf_probability(zipf, k - 1);
            }
            g_assert_cmpfloat(fabs((double)(sum - 1.0L)), <, 1e-12);
            g_assert_cmpfloat(sim_zipf_probability(zipf, counts[i]), ==, 0.0);
            double ratio =
                sim_zipf_probability(zipf, counts[i] - 1) / sim_zipf_probability(zipf, 0);
            g_assert_cmpfloat(fabs(ratio * pow((double)counts[i], exponents[j]) - 1.0), <, 1e-12);
        }
    }
    sim_arena_clear(&arena);
}

/* One number of the caller's stream a draw, also where a draw is rejected. */
static void test_one_number(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    const struct sim_zipf *zipf = sim_zipf_new(&arena, 50, 0.8, &error);
    struct sim_random random, twin;
    sim_random_init(&random, 13, "zipf", "step");
    twin = random;
    uint64_t hash = 0;
    for (int i = 0; i < 10000; i++) {
        hash = sim_hash_pair(hash, sim_zipf_draw(zipf, &random));
        sim_random_u64(&twin);
    }
    g_assert_cmphex(sim_random_u64(&random), ==, sim_random_u64(&twin));
    g_assert_cmphex(hash, ==, UINT64_C(0x5820b5eed0c4d5f2)); /* the same ranks on every machine */
    sim_arena_clear(&arena);
}

static void test_errors(void)
{
    static const struct {
        uint64_t n;
        double exponent;
        const char *error;
    } bad[] = {
        {0, 1.0, "*ranks*"},     {UINT64_MAX, 1.0, "*ranks*"}, {10, -0.1, "*exponent*"},
        {10, NAN, "*exponent*"}, {10, INFINITY, "*exponent*"},
    };
    struct sim_arena arena;
    sim_arena_init(&arena);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *error = NULL;
        g_assert_null(sim_zipf_new(&arena, bad[i].n, bad[i].exponent, &error));
        g_assert_true(g_pattern_match_simple(bad[i].error, error));
    }
    sim_arena_clear(&arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zipf/law", test_law);
    g_test_add_func("/zipf/first-ranks", test_first_ranks);
    g_test_add_func("/zipf/probability", test_probability);
    g_test_add_func("/zipf/one-number", test_one_number);
    g_test_add_func("/zipf/errors", test_errors);
    return g_test_run();
}

/* The histogram beside its naive twin, a sorted array: if this failed, percentiles, means and the
 * fractions under a limit would be wrong in every report. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/sort.h"
#include "metrics/histogram.h"

static const double PROBABILITIES[] = {0.0, 0.001, 0.01, 0.1,   0.25,   0.5, 0.75,
                                       0.9, 0.95,  0.99, 0.999, 0.9999, 1.0};

/* ceil(p n) in whole numbers: probabilities in ten-thousandths are exact there. */
static size_t naive_rank(double p, size_t n)
{
    uint64_t p_10000 = (uint64_t)(p * 10000.0 + 0.5);
    size_t rank = (size_t)((p_10000 * n + 9999) / 10000);
    return rank < 1 ? 1 : rank;
}

static uint64_t draw_value(struct sim_random *random, int law)
{
    switch (law) {
    case 0:
        return sim_random_below(random, 2000);
    case 1:
        return 5000000 + sim_random_below(random, 1000000);
    case 2: /* every size of number alike */
        return sim_random_u64(random) >> (1 + sim_random_below(random, 63));
    default:
        return UINT64_C(7) << (sim_random_below(random, 4) * 10);
    }
}

static void check_twin(int law, size_t n, size_t infinite)
{
    struct sim_random random;
    sim_random_init(&random, (uint64_t)law * 1000 + n, "histogram", "twin");
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    g_autofree uint64_t *values = g_new(uint64_t, n);
    sim_wide sum = 0;
    for (size_t i = 0; i < n; i++) {
        values[i] = draw_value(&random, law);
        sum += (sim_wide)values[i];
        sim_histogram_add(&histogram, (int64_t)values[i]);
    }
    for (size_t i = 0; i < infinite; i++) {
        sim_histogram_add(&histogram, SIM_NEVER);
    }
    sim_sort_u64(values, n);
    g_assert_cmpuint(histogram.count, ==, n);
    g_assert_cmpuint(histogram.infinite, ==, infinite);
    g_assert_true(histogram.sum == sum);
    g_assert_cmpint(histogram.min, ==, (int64_t)values[0]);
    g_assert_cmpint(histogram.max, ==, (int64_t)values[n - 1]);
    for (size_t i = 0; i < G_N_ELEMENTS(PROBABILITIES); i++) {
        double answer = sim_histogram_quantile(&histogram, PROBABILITIES[i]);
        size_t rank = naive_rank(PROBABILITIES[i], n + infinite);
        if (rank > n) {
            g_assert_true(isinf(answer) && answer > 0);
            continue;
        }
        double truth = (double)values[rank - 1];
        double band = truth < 2048 || law == 3 ? 0.0 : truth / 1024;
        g_assert_cmpfloat_with_epsilon(answer, truth, band + truth * 1e-15 + 1e-9);
    }
    for (size_t i = 0; i < n; i += n / 7 + 1) { /* the fraction is within one bucket's mass */
        double fraction = sim_histogram_fraction(&histogram, (int64_t)values[i]);
        size_t below = 0, to = 0;
        for (size_t k = 0; k < n; k++) {
            below += (double)values[k] <= (double)values[i] * (1 - 1.0 / 1024);
            to += (double)values[k] <= (double)values[i] * (1 + 1.0 / 1024);
        }
        g_assert_cmpfloat(fraction * (double)(n + infinite), >=, (double)below - 1e-6);
        g_assert_cmpfloat(fraction * (double)(n + infinite), <=, (double)to + 1e-6);
    }
    sim_histogram_clear(&histogram);
}

static void test_twins(void)
{
    static const size_t COUNTS[] = {1, 2, 3, 10, 100, 999, 1000, 10000};
    for (int law = 0; law < 4; law++) {
        for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
            check_twin(law, COUNTS[i], 0);
            check_twin(law, COUNTS[i], COUNTS[i] / 10);
        }
    }
}

struct cover {
    int64_t next;
    uint64_t count;
};

static void cover_visit(int64_t low, int64_t high, uint64_t count, void *data)
{
    struct cover *cover = data;
    g_assert_cmpint(low, >=, cover->next);
    g_assert_cmpint(high, >=, low);
    cover->next = high == INT64_MAX ? high : high + 1;
    cover->count += count;
}

/* Every bucket boundary: 2^k - 1, 2^k, 2^k + 1 land in the bucket that says it takes them. */
static void test_places(void)
{
    for (int precision = 1; precision <= 16; precision++) {
        struct sim_histogram histogram;
        sim_histogram_init(&histogram, precision);
        uint64_t added = 0;
        for (int k = 0; k < 63; k++) {
            for (int64_t step = -1; step <= 1; step++) {
                sim_histogram_add(&histogram, (INT64_C(1) << k) + step);
                added++;
            }
        }
        sim_histogram_add(&histogram, INT64_MAX - 1);
        added++;
        struct cover cover = {0, 0};
        sim_histogram_each(&histogram, cover_visit, &cover);
        g_assert_cmpuint(cover.count, ==, added);
        g_assert_cmpfloat(sim_histogram_quantile(&histogram, 1.0), ==, (double)(INT64_MAX - 1));
        g_assert_cmpfloat(sim_histogram_quantile(&histogram, 0.0), ==, 0.0);
        sim_histogram_clear(&histogram);
    }
}

static void place_visit(int64_t low, int64_t high, uint64_t count, void *data)
{
    const int64_t *value = data;
    g_assert_cmpint(low, <=, *value);
    g_assert_cmpint(high, >=, *value);
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpfloat((double)(high - low), <=, (double)*value / 1024);
}

static void test_place_of_one(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "histogram", "place");
    for (int i = 0; i < 5000; i++) {
        int64_t value = (int64_t)draw_value(&random, 2);
        struct sim_histogram histogram;
        sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
        sim_histogram_add(&histogram, value);
        sim_histogram_each(&histogram, place_visit, &value);
        g_assert_cmpfloat(sim_histogram_fraction(&histogram, value), ==, 1.0);
        g_assert_cmpfloat(sim_histogram_fraction(&histogram, value - 1), ==, 0.0);
        sim_histogram_clear(&histogram);
    }
}

/* A constant law answers exactly, also with many values and between others of its octave. */
static void test_exact_where_equal(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    for (int i = 0; i < 1000; i++) {
        sim_histogram_add(&histogram, 1);
        sim_histogram_add(&histogram, INT64_C(123456789123));
        sim_histogram_add(&histogram, INT64_C(999999999999));
    }
    g_assert_cmpfloat(sim_histogram_quantile(&histogram, 0.5), ==, 123456789123.0);
    g_assert_cmpfloat(sim_histogram_fraction(&histogram, INT64_C(123456789122)), ==, 1.0 / 3);
    g_assert_cmpfloat(sim_histogram_fraction(&histogram, INT64_C(123456789123)), ==, 2.0 / 3);
    sim_histogram_clear(&histogram);
}

/* 0.07 x 100 is 7.000000000000001 in doubles, and 0.29 x 100 is 28.999999999999996: neither may
 * move the order statistic. */
static void test_rank_rounding(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    for (int64_t i = 1; i <= 100; i++) {
        sim_histogram_add(&histogram, i);
    }
    for (int percent = 1; percent <= 100; percent++) {
        g_assert_cmpfloat(sim_histogram_quantile(&histogram, percent / 100.0), ==, percent);
        g_assert_cmpfloat(sim_histogram_quantile(&histogram, percent * 0.01), ==, percent);
    }
    g_assert_cmpfloat(sim_histogram_quantile(&histogram, 0.071), ==, 8.0);
    sim_histogram_clear(&histogram);
}

static void test_infinite(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    g_assert_true(isnan(sim_histogram_quantile(&histogram, 0.5)));
    g_assert_true(isnan(sim_histogram_mean(&histogram)));
    g_assert_true(isnan(sim_histogram_mean_finite(&histogram)));
    g_assert_true(isnan(sim_histogram_deviation(&histogram)));
    g_assert_true(isnan(sim_histogram_fraction(&histogram, 5)));
    sim_histogram_add(&histogram, SIM_NEVER);
    g_assert_true(isinf(sim_histogram_quantile(&histogram, 0.0)));
    g_assert_true(isnan(sim_histogram_mean_finite(&histogram)));
    g_assert_cmpfloat(sim_histogram_fraction(&histogram, INT64_MAX - 1), ==, 0.0);
    g_assert_cmpfloat(sim_histogram_fraction(&histogram, SIM_NEVER), ==, 1.0);
    for (int i = 0; i < 99; i++) {
        sim_histogram_add(&histogram, 10);
    }
    g_assert_cmpfloat(sim_histogram_quantile(&histogram, 0.99), ==, 10.0);
    g_assert_true(isinf(sim_histogram_quantile(&histogram, 0.991)));
    g_assert_true(isinf(sim_histogram_mean(&histogram)));
    g_assert_cmpfloat(sim_histogram_mean_finite(&histogram), ==, 10.0);
    g_assert_cmpfloat(sim_histogram_deviation(&histogram), ==, 0.0);
    g_assert_cmpfloat(sim_histogram_fraction(&histogram, 10), ==, 0.99);
    sim_histogram_clear(&histogram);
}

static void test_deviation(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    for (int64_t i = 0; i < 1000; i++) {
        sim_histogram_add(&histogram, i);
    }
    g_assert_cmpfloat_with_epsilon(sim_histogram_deviation(&histogram),
                                   sqrt((1000.0 * 1000.0 - 1) / 12), 1e-9);
    sim_histogram_clear(&histogram);
}

/* Values of months in nanoseconds, a million in one bucket: offsets are about 2^43 each, and 64
 * bits of unscaled sum would be passed. */
static void test_no_overflow(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    int64_t value = (INT64_C(1) << 62) + (INT64_C(1) << 52) - 1; /* greatest offset there is */
    for (int i = 0; i < 1000000; i++) {
        sim_histogram_add(&histogram, value);
    }
    sim_histogram_add(&histogram, 1);
    sim_histogram_add(&histogram, INT64_MAX - 1); /* so that no clamp to the extremes helps */
    double answer = sim_histogram_quantile(&histogram, 0.5);
    g_assert_cmpfloat_with_epsilon(answer / (double)value, 1.0, 1e-12);
    sim_histogram_clear(&histogram);
}

/* Where offsets are kept in coarse units, an answer still never leaves the range of the values. */
static void test_clamp(void)
{
    struct sim_histogram histogram;
    sim_histogram_init(&histogram, SIM_HISTOGRAM_FINE);
    int64_t value = (INT64_C(1) << 60) + 123456;
    for (int i = 0; i < 3; i++) {
        sim_histogram_add(&histogram, value);
    }
    g_assert_cmpfloat(sim_histogram_quantile(&histogram, 0.5), ==, (double)value);
    sim_histogram_clear(&histogram);
}

static void test_merge(void)
{
    struct sim_random random;
    sim_random_init(&random, 3, "histogram", "merge");
    struct sim_histogram whole, parts[3];
    sim_histogram_init(&whole, SIM_HISTOGRAM_FINE);
    for (int i = 0; i < 3; i++) {
        sim_histogram_init(&parts[i], SIM_HISTOGRAM_FINE);
    }
    for (int i = 0; i < 30000; i++) {
        int64_t value = i % 100 == 0 ? SIM_NEVER : (int64_t)draw_value(&random, i % 3);
        sim_histogram_add(&whole, value);
        sim_histogram_add(&parts[1 + i % 2], value);
    }
    sim_histogram_merge(&parts[0], &parts[1]); /* into an empty one */
    sim_histogram_merge(&parts[0], &parts[2]);
    g_assert_cmpuint(parts[0].count, ==, whole.count);
    g_assert_cmpuint(parts[0].infinite, ==, whole.infinite);
    g_assert_true(parts[0].sum == whole.sum);
    g_assert_cmpint(parts[0].min, ==, whole.min);
    g_assert_cmpint(parts[0].max, ==, whole.max);
    for (int i = 0; i <= 100; i++) {
        double a = sim_histogram_quantile(&parts[0], i / 100.0);
        double b = sim_histogram_quantile(&whole, i / 100.0);
        g_assert_true(a == b);
    }
    g_assert_cmpfloat(sim_histogram_deviation(&parts[0]), ==, sim_histogram_deviation(&whole));
    sim_histogram_clear(&whole);
    for (int i = 0; i < 3; i++) {
        sim_histogram_clear(&parts[i]);
    }
}

static void check_equal(const struct sim_histogram *a, const struct sim_histogram *b)
{
    g_assert_cmpuint(a->count, ==, b->count);
    g_assert_true(a->sum == b->sum);
    g_assert_cmpint(a->min, ==, b->min);
    g_assert_cmpint(a->max, ==, b->max);
    for (uint32_t octave = 0; octave < G_N_ELEMENTS(a->octaves); octave++) {
        g_assert_true((a->octaves[octave] == NULL) == (b->octaves[octave] == NULL));
        for (uint32_t i = 0; a->octaves[octave] && i < 1u << a->precision; i++) {
            g_assert_cmpuint(a->octaves[octave][i].count, ==, b->octaves[octave][i].count);
            g_assert_cmpuint(a->octaves[octave][i].offset_sum, ==,
                             b->octaves[octave][i].offset_sum);
        }
    }
}

/* Batches into a fine and a coarse one, beside one value after another. */
static void check_add_to_both(bool is_mixed)
{
    struct sim_histogram together[2], alone[2];
    for (int i = 0; i < 2; i++) {
        int precision = i == 0 ? SIM_HISTOGRAM_FINE : SIM_HISTOGRAM_COARSE;
        sim_histogram_init(&together[i], precision);
        sim_histogram_init(&alone[i], precision);
    }
    struct sim_random random;
    sim_random_init(&random, 1, "histogram", "both");
    for (uint32_t batch = 0; batch < 3000; batch++) {
        int64_t values[SIM_HISTOGRAM_BATCH];
        uint32_t count = batch % (SIM_HISTOGRAM_BATCH + 1);
        for (uint32_t i = 0; i < count; i++) {
            values[i] = (int64_t)draw_value(&random, is_mixed ? (int)(i % 4) : 1);
            if (is_mixed && i % 8 == 7) { /* beside a power of two */
                values[i] = (INT64_C(1) << (batch + i) % 62) + (int64_t)(i % 3) - 1;
            }
            sim_histogram_add(&alone[0], values[i]);
            sim_histogram_add(&alone[1], values[i]);
        }
        sim_histogram_add_to_both(&together[0], &together[1], values, count);
    }
    for (int i = 0; i < 2; i++) {
        check_equal(&together[i], &alone[i]);
        sim_histogram_clear(&together[i]);
        sim_histogram_clear(&alone[i]);
    }
}

static void test_add_to_both(void)
{
    check_add_to_both(false); /* milliseconds, as nearly always */
    /* All sizes of number, and where buckets get wider and offsets are scaled. */
    check_add_to_both(true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/histogram/twins", test_twins);
    g_test_add_func("/histogram/places", test_places);
    g_test_add_func("/histogram/place-of-one", test_place_of_one);
    g_test_add_func("/histogram/exact-where-equal", test_exact_where_equal);
    g_test_add_func("/histogram/rank-rounding", test_rank_rounding);
    g_test_add_func("/histogram/infinite", test_infinite);
    g_test_add_func("/histogram/deviation", test_deviation);
    g_test_add_func("/histogram/no-overflow", test_no_overflow);
    g_test_add_func("/histogram/clamp", test_clamp);
    g_test_add_func("/histogram/merge", test_merge);
    g_test_add_func("/histogram/add-to-both", test_add_to_both);
    return g_test_run();
}

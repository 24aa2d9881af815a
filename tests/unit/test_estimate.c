/* Estimates and verdicts in cases that can be worked by hand. If this failed, a dead service could
 * pass a latency limit, or a proved one be called unsure. */
#include <glib.h>
#include <math.h>

#include "stats/estimate.h"

#define NEAR(a, b) g_assert_cmpfloat_with_epsilon((a), (b), 1e-9 * (1.0 + fabs(b)))

static void test_student(void)
{
    NEAR(sim_student(0.95, 1), 12.706204736174694); /* tan(0.475 pi) */
    NEAR(sim_student(0.95, 4), 2.7764451051977987);
    NEAR(sim_student(0.99, 19), 2.860934606464979);
    NEAR(sim_student(0.95, INFINITY), 1.959963984540054);
}

static void test_replications(void)
{
    double values[] = {1, 2, 3, 4, NAN, 5};
    struct sim_estimate estimate = sim_estimate_of(values, 6, 0.95);
    g_assert_cmpuint(estimate.count, ==, 5); /* NaN: nothing was observed */
    NEAR(estimate.value, 3.0);
    NEAR(estimate.high, 3.0 + 2.7764451051977987 * sqrt(2.5 / 5));
    NEAR(estimate.low, 3.0 - 2.7764451051977987 * sqrt(2.5 / 5));
    NEAR(sim_estimate_precision(&estimate), 2.7764451051977987 * sqrt(2.5 / 5) / 3.0);
}

static void test_too_few(void)
{
    double value = 7;
    struct sim_estimate estimate = sim_estimate_of(&value, 1, 0.95);
    g_assert_cmpfloat(estimate.value, ==, 7);
    g_assert_false(estimate.has_interval);
    g_assert_true(isnan(estimate.low) && isnan(estimate.high));
    g_assert_true(isinf(sim_estimate_precision(&estimate)));
    bool is_bare = false;
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 8, &is_bare), ==, SIM_PASS);
    g_assert_true(is_bare);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 7, NULL), ==, SIM_FAIL);
    estimate = sim_estimate_of(NULL, 0, 0.95);
    g_assert_true(isnan(estimate.value));
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 8, NULL), ==, SIM_INCONCLUSIVE);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_GREATER, 8, NULL), ==, SIM_INCONCLUSIVE);
}

static void test_all_equal(void)
{
    double values[20];
    for (int i = 0; i < 20; i++) {
        values[i] = 0.1; /* twenty times 0.1 is not 2 in doubles */
    }
    struct sim_estimate estimate = sim_estimate_of(values, 20, 0.95);
    g_assert_cmpfloat(estimate.value, ==, 0.1);
    g_assert_cmpfloat(estimate.low, ==, 0.1);
    g_assert_cmpfloat(estimate.high, ==, 0.1);
    g_assert_cmpfloat(sim_estimate_precision(&estimate), ==, 0.0);
    estimate = sim_estimate_batches(0.1, values, 20, 0.95);
    g_assert_cmpfloat(estimate.low, ==, 0.1);
    g_assert_cmpfloat(estimate.high, ==, 0.1);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_EQUAL, 0.1, NULL), ==, SIM_PASS);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_EQUAL, 0.2, NULL), ==, SIM_FAIL);
}

/* Of `count` runs `dead` have an infinite percentile, the others lie between 10 and 11. */
static struct sim_estimate partly_dead(int count, int dead)
{
    double values[64];
    for (int i = 0; i < count; i++) {
        values[(i * 7) % count] = i < dead ? INFINITY : 10.0 + (double)i / count;
    }
    return sim_estimate_of(values, (size_t)count, 0.95);
}

static void test_infinite(void)
{
    for (int count = 2; count <= 20; count += 1) {
        if (count % 7 == 0) {
            continue;
        }
        for (int dead = 1; dead <= count; dead++) {
            struct sim_estimate estimate = partly_dead(count, dead);
            g_assert_true(isinf(estimate.value) && isinf(estimate.high));
            g_assert_true(isinf(sim_estimate_precision(&estimate)));
            g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 1e9, NULL), !=, SIM_PASS);
        }
    }
    struct sim_estimate one = partly_dead(20, 1);
    g_assert_cmpint(sim_verdict_of(&one, SIM_LESS, 50, NULL), ==, SIM_INCONCLUSIVE);
    g_assert_cmpint(sim_verdict_of(&one, SIM_LESS, 9, NULL), ==, SIM_FAIL);
    /* P(Bin(20, 1/2) <= 5) = 0.0207, P(<= 6) = 0.0577: the bound is the sixth of twenty. */
    struct sim_estimate fourteen = partly_dead(20, 14);
    g_assert_cmpint(sim_verdict_of(&fourteen, SIM_LESS, 50, NULL), ==, SIM_INCONCLUSIVE);
    struct sim_estimate fifteen = partly_dead(20, 15);
    g_assert_cmpint(sim_verdict_of(&fifteen, SIM_LESS, 50, NULL), ==, SIM_FAIL);
    struct sim_estimate single = partly_dead(1, 1);
    g_assert_cmpint(sim_verdict_of(&single, SIM_LESS, 50, NULL), ==, SIM_FAIL);
}

/* One batch in which nothing came back: the whole run's percentile may still be finite. */
static void test_infinite_batch(void)
{
    double batches[20];
    for (int i = 0; i < 20; i++) {
        batches[i] = i == 3 ? INFINITY : 10.0 + i % 3;
    }
    struct sim_estimate estimate = sim_estimate_batches(12.0, batches, 20, 0.95);
    g_assert_cmpfloat(estimate.value, ==, 12.0);
    g_assert_true(isinf(estimate.high));
    g_assert_cmpfloat(estimate.low, <=, 12.0);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 50, NULL), ==, SIM_INCONCLUSIVE);
}

/* A slow wave: batches are merged, and the interval is wider than that of a shuffled series. */
static void test_batches_merge(void)
{
    double wave[40], shuffled[40];
    for (int i = 0; i < 40; i++) {
        wave[i] = 10.0 + sin(i * 0.5);
        shuffled[(i * 17) % 40] = wave[i];
    }
    struct sim_estimate slow = sim_estimate_batches(10.0, wave, 40, 0.95);
    struct sim_estimate fast = sim_estimate_batches(10.0, shuffled, 40, 0.95);
    g_assert_cmpuint(slow.count, <, 40);
    g_assert_cmpuint(slow.count, >=, 10);
    g_assert_cmpuint(fast.count, ==, 40);
    g_assert_cmpfloat(slow.high - slow.low, >, fast.high - fast.low);
    g_assert_cmpfloat(slow.high + slow.low, ==, 20.0); /* centred on the whole run's figure */
}

/* Of an odd number of batches that must be merged the oldest is left out, not the youngest. */
static void test_batches_merge_odd(void)
{
    double ramp[21];
    for (int i = 0; i < 21; i++) {
        ramp[i] = i * i;
    }
    struct sim_estimate odd = sim_estimate_batches(100.0, ramp, 21, 0.95);
    struct sim_estimate even = sim_estimate_batches(100.0, ramp + 1, 20, 0.95);
    g_assert_cmpuint(odd.count, ==, 10);
    g_assert_cmpfloat(odd.low, ==, even.low);
    g_assert_cmpfloat(odd.high, ==, even.high);
}

static void test_ratio_of_all(void)
{
    double successes[20], totals[20], none[20];
    for (int i = 0; i < 20; i++) {
        successes[i] = totals[i] = 50;
        none[i] = 0;
    }
    struct sim_estimate estimate = sim_estimate_ratio(successes, totals, 20, false, 0.95);
    g_assert_cmpfloat(estimate.value, ==, 1.0);
    g_assert_cmpfloat(estimate.high, ==, 1.0);
    NEAR(estimate.low, pow(0.025, 1.0 / 1000));
    estimate = sim_estimate_ratio(none, totals, 20, false, 0.95);
    g_assert_cmpfloat(estimate.low, ==, 0.0);
    NEAR(estimate.high, 1.0 - pow(0.025, 1.0 / 1000));
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 0.01, NULL), ==, SIM_PASS);
    g_assert_cmpint(sim_verdict_of(&estimate, SIM_LESS, 0.001, NULL), ==, SIM_INCONCLUSIVE);
}

/* Clopper and Pearson's 1 of 100 is [0.025 %, 5.446 %] (their charts; R's binom.test(1, 100)). */
static void test_ratio_rare(void)
{
    double failures[] = {1, 0, 0, 0}, totals[] = {25, 25, 25, 25};
    struct sim_estimate estimate = sim_estimate_ratio(failures, totals, 4, false, 0.95);
    g_assert_cmpfloat(estimate.low, ==, 0.0); /* Student's end, kept inside */
    g_assert_cmpfloat_with_epsilon(estimate.high, 0.05446, 5e-6);
}

static void test_quotient(void)
{
    double numerators[] = {10, 30, 5, 0}, denominators[] = {10, 20, 5, 0};
    struct sim_estimate estimate = sim_estimate_quotient(numerators, denominators, 4, false, 0.95);
    double ratio = 45.0 / 35.0; /* the pair without operations is left out */
    g_assert_cmpuint(estimate.count, ==, 3);
    NEAR(estimate.value, ratio);
    double squares = pow(10 - ratio * 10, 2) + pow(30 - ratio * 20, 2) + pow(5 - ratio * 5, 2);
    double error = sqrt(squares / 2 / 3) / (35.0 / 3);
    NEAR(estimate.high, ratio + 4.302652729749464 * error);
}

static void test_verdicts(void)
{
    struct sim_estimate e = {.value = 10, .low = 9, .high = 11, .count = 20, .has_interval = true};
    static const struct {
        enum sim_comparison comparison;
        double bound;
        enum sim_verdict verdict;
    } CASES[] = {
        {SIM_LESS, 11.1, SIM_PASS},          {SIM_LESS, 11, SIM_INCONCLUSIVE},
        {SIM_LESS, 9.1, SIM_INCONCLUSIVE},   {SIM_LESS, 9, SIM_FAIL},
        {SIM_LESS_EQUAL, 11, SIM_PASS},      {SIM_LESS_EQUAL, 9, SIM_INCONCLUSIVE},
        {SIM_LESS_EQUAL, 8.9, SIM_FAIL},     {SIM_GREATER, 8.9, SIM_PASS},
        {SIM_GREATER, 9, SIM_INCONCLUSIVE},  {SIM_GREATER, 11, SIM_FAIL},
        {SIM_GREATER_EQUAL, 9, SIM_PASS},    {SIM_GREATER_EQUAL, 11, SIM_INCONCLUSIVE},
        {SIM_GREATER_EQUAL, 11.1, SIM_FAIL}, {SIM_EQUAL, 10, SIM_INCONCLUSIVE},
        {SIM_EQUAL, 11.1, SIM_FAIL},         {SIM_EQUAL, 8.9, SIM_FAIL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        bool is_bare = true;
        g_assert_cmpint(sim_verdict_of(&e, CASES[i].comparison, CASES[i].bound, &is_bare), ==,
                        CASES[i].verdict);
        g_assert_false(is_bare);
    }
}

static void test_printable(void)
{
    g_assert_true(sim_quantile_is_printable(0.99, 1000));
    g_assert_false(sim_quantile_is_printable(0.99, 999));
    g_assert_true(sim_quantile_is_printable(0.9, 100)); /* 1 - 0.9 is less than 0.1 in doubles */
    g_assert_true(sim_quantile_is_printable(0.999, 10000));
    g_assert_false(sim_quantile_is_printable(0.01, 999));
    g_assert_true(sim_quantile_is_printable(0.5, 20));
    g_assert_false(sim_quantile_is_printable(1.0, 1e9));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/estimate/student", test_student);
    g_test_add_func("/estimate/replications", test_replications);
    g_test_add_func("/estimate/too-few", test_too_few);
    g_test_add_func("/estimate/all-equal", test_all_equal);
    g_test_add_func("/estimate/infinite", test_infinite);
    g_test_add_func("/estimate/infinite-batch", test_infinite_batch);
    g_test_add_func("/estimate/batches-merge", test_batches_merge);
    g_test_add_func("/estimate/batches-merge-odd", test_batches_merge_odd);
    g_test_add_func("/estimate/ratio-of-all", test_ratio_of_all);
    g_test_add_func("/estimate/ratio-rare", test_ratio_rare);
    g_test_add_func("/estimate/quotient", test_quotient);
    g_test_add_func("/estimate/verdicts", test_verdicts);
    g_test_add_func("/estimate/printable", test_printable);
    return g_test_run();
}

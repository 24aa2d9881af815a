/* Paired comparison and families in cases worked by hand. If this failed, a change that made things
 * worse could be called noise, or noise a change. */
#include <glib.h>
#include <math.h>

#include "base/random.h"
#include "stats/paired.h"

#define NEAR(a, b) g_assert_cmpfloat_with_epsilon((a), (b), 1e-9 * (1.0 + fabs(b)))

/* Student's own data (1908): extra sleep of ten patients under two drugs; t = 4.0621, p = 0.00283.
 */
static void test_student_sleep(void)
{
    double first[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    double second[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    struct sim_paired paired = sim_paired_of(first, second, 10, 0.95);
    NEAR(paired.difference.value, 1.58);
    g_assert_cmpfloat_with_epsilon(paired.difference.low, 0.7001142, 1e-7);
    g_assert_cmpfloat_with_epsilon(paired.difference.high, 2.4598858, 1e-7);
    g_assert_cmpfloat_with_epsilon(paired.p_value, 0.00283289, 1e-8);
    g_assert_false(paired.relative.has_interval); /* sleep lost is no base for a ratio */
}

static void test_relative(void)
{
    double before[] = {100, 200, 300}, after[] = {110, 220, 330};
    struct sim_paired paired = sim_paired_of(before, after, 3, 0.95);
    NEAR(paired.relative.value, 1.1);
    NEAR(paired.relative.low, 1.1); /* the same factor in all runs: no doubt about it */
    NEAR(paired.relative.high, 1.1);
    g_assert_cmpfloat(paired.difference.low, <, 0.0);
}

static void test_equal(void)
{
    double before[] = {1, 2, 3, 4}, after[] = {2, 3, 4, 5};
    struct sim_paired same = sim_paired_of(before, before, 4, 0.95);
    g_assert_cmpfloat(same.p_value, ==, 1.0);
    g_assert_cmpfloat(same.difference.high, ==, 0.0);
    struct sim_paired shifted = sim_paired_of(before, after, 4, 0.95);
    g_assert_cmpfloat(shifted.p_value, ==, 0.0);
    g_assert_cmpfloat(shifted.difference.low, ==, 1.0);
    struct sim_paired single = sim_paired_of(before, after, 1, 0.95);
    g_assert_true(isnan(single.p_value));
}

static void test_infinite(void)
{
    double before[12], after[12];
    for (int i = 0; i < 12; i++) {
        before[i] = i == 0 ? (double)INFINITY : 10.0 + i;
        after[i] = INFINITY;
    }
    struct sim_paired paired = sim_paired_of(before, after, 12, 0.95);
    g_assert_cmpuint(paired.both_infinite, ==, 1);
    g_assert_cmpuint(paired.difference.count, ==, 11);
    g_assert_true(isinf(paired.difference.low)); /* all of the rest became infinite */
    NEAR(paired.p_value, 2.0 / 2048);
    after[3] = 1;
    paired = sim_paired_of(before, after, 12, 0.95);
    NEAR(paired.p_value, 2.0 * 12 / 2048);
    g_assert_false(paired.relative.has_interval);
    struct sim_paired back = sim_paired_of(after, before, 12, 0.95);
    g_assert_true(isinf(back.difference.value) && back.difference.value < 0);
    g_assert_true(isinf(back.difference.low) && back.difference.low < 0);
}

static void test_holm(void)
{
    double p[] = {0.01, NAN, 0.04, 0.03, 0.005, 0.6};
    double adjusted[6];
    sim_holm(p, 6, adjusted);
    NEAR(adjusted[4], 0.025);
    NEAR(adjusted[0], 0.04);
    NEAR(adjusted[3], 0.09);
    NEAR(adjusted[2], 0.09); /* 0.08 by itself, but never below one before it */
    NEAR(adjusted[5], 0.6);
    g_assert_true(isnan(adjusted[1]));
    sim_holm(p, 6, p); /* in place */
    NEAR(p[3], 0.09);
    double big[] = {0.9, 0.8};
    sim_holm(big, 2, big);
    NEAR(big[0], 1.0);
    NEAR(big[1], 1.0);
    NEAR(sim_family_confidence(0.95, 10), 0.995);
    NEAR(sim_family_confidence(0.95, 1), 0.95);
}

/* Twenty true null hypotheses at a time: any rejection at all in 5 % of the families. */
static void test_holm_family(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "holm", "family");
    int families = 20000, alarms = 0;
    for (int f = 0; f < families; f++) {
        double p[20];
        for (int i = 0; i < 20; i++) {
            p[i] = sim_random_unit(&random);
        }
        sim_holm(p, 20, p);
        bool is_alarm = false;
        for (int i = 0; i < 20; i++) {
            is_alarm = is_alarm || p[i] <= 0.05;
        }
        alarms += is_alarm;
    }
    double rate = (double)alarms / families;
    g_assert_cmpfloat(rate, <=, 0.05 + 4 * sqrt(0.05 * 0.95 / families));
    g_assert_cmpfloat(rate, >=, 0.0488 - 4 * sqrt(0.05 * 0.95 / families)); /* 1 - 0.9975^20 */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/paired/student-sleep", test_student_sleep);
    g_test_add_func("/paired/relative", test_relative);
    g_test_add_func("/paired/equal", test_equal);
    g_test_add_func("/paired/infinite", test_infinite);
    g_test_add_func("/paired/holm", test_holm);
    g_test_add_func("/paired/holm-family", test_holm_family);
    return g_test_run();
}

/* Retry policies: pauses, jitter, budget, and what is worth a retry. If these failed, a retry storm
 * would be of our own making.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "world/retry.h"

struct policy {
    struct sim_arena arena;
    struct sim_shape shape;
    struct sim_retry retry;
    struct sim_random random;
};

static void policy_init(struct policy *policy, const char *text)
{
    sim_arena_init(&policy->arena);
    policy->shape = (struct sim_shape){NULL, NULL};
    if (text != NULL) {
        policy->shape = parameters_shape(&policy->arena, &sim_retry_family, text);
    }
    sim_random_init(&policy->random, 5, "retry", "");
    sim_retry_init(&policy->retry, &policy->shape);
}

/* The pause before retry `attempt`, -1 when there is none. */
static sim_time pause_before(struct policy *policy, uint32_t attempt, enum sim_status status,
                             sim_time *previous)
{
    sim_time pause;
    bool may = sim_retry_next(&policy->retry, attempt, status, previous, &policy->random, &pause);
    return may ? pause : -1;
}

static void test_none(void)
{
    struct policy policy;
    policy_init(&policy, NULL);
    sim_time previous = 0;
    sim_retry_first(&policy.retry);
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous), ==, -1);
    sim_arena_clear(&policy.arena);
}

static void test_immediate(void)
{
    struct policy policy;
    policy_init(&policy, "retry(2)");
    struct sim_random untouched = policy.random;
    sim_time previous = 0;
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous), ==, 0);
    g_assert_cmpint(pause_before(&policy, 2, SIM_STATUS_TIMEOUT, &previous), ==, 0);
    g_assert_cmpint(pause_before(&policy, 3, SIM_STATUS_TIMEOUT, &previous), ==, -1);
    g_assert_true(memcmp(&policy.random, &untouched, sizeof untouched) == 0);
    sim_arena_clear(&policy.arena);
}

static void test_exponential(void)
{
    struct policy policy;
    policy_init(&policy, "retry { max = 100, backoff = ms(5), cap = ms(300), jitter = \"none\" }");
    sim_time previous = 0;
    static const int expected[] = {5, 10, 20, 40, 80, 160, 300, 300, 300};
    for (uint32_t k = 1; k <= G_N_ELEMENTS(expected); k++) {
        g_assert_cmpint(pause_before(&policy, k, SIM_STATUS_ERROR, &previous), ==,
                        ms(expected[k - 1]));
    }
    g_assert_cmpint(pause_before(&policy, 99, SIM_STATUS_ERROR, &previous), ==, ms(300));
    sim_arena_clear(&policy.arena);

    policy_init(&policy, "retry { backoff = ms(7), growth = 1, cap = none, jitter = \"none\" }");
    g_assert_cmpint(pause_before(&policy, 3, SIM_STATUS_ERROR, &previous), ==, ms(7));
    sim_arena_clear(&policy.arena);

    policy_init(&policy, "retry { max = 1e6, backoff = s(1), cap = none, jitter = \"none\" }");
    g_assert_cmpint(pause_before(&policy, 1000, SIM_STATUS_ERROR, &previous), ==, SIM_NEVER);
    sim_arena_clear(&policy.arena);
}

/* Bounds and mean of the pause before the third retry: expo is 20 ms. */
static void check_jitter(const char *jitter, double low, double high)
{
    struct policy policy;
    char text[128];
    g_snprintf(text, sizeof text, "retry { backoff = ms(5), jitter = \"%s\" }", jitter);
    policy_init(&policy, text);
    const int n = 100000;
    double sum = 0, least = 1, most = 0;
    for (int i = 0; i < n; i++) {
        sim_time previous = ms(10);
        double pause = sim_time_seconds(pause_before(&policy, 3, SIM_STATUS_REFUSED, &previous));
        g_assert_cmpint(previous, ==, s(pause));
        sum += pause;
        least = fmin(least, pause);
        most = fmax(most, pause);
    }
    double width = high - low;
    g_assert_cmpfloat(least, >=, low);
    g_assert_cmpfloat(most, <=, high);
    g_assert_cmpfloat(least, <, low + width / 1000);
    g_assert_cmpfloat(most, >, high - width / 1000);
    g_assert_cmpfloat(fabs(sum / n - (low + high) / 2), <, 4 * width / sqrt(12.0 * n));
    sim_arena_clear(&policy.arena);
}

static void test_jitter(void)
{
    check_jitter("full", 0, 0.020);
    check_jitter("equal", 0.010, 0.020);
    check_jitter("decorrelated", 0.005, 0.030); /* three times the pause before */
}

static void test_decorrelated_start(void)
{
    struct policy policy;
    policy_init(&policy,
                "retry { max = 1000, backoff = ms(5), cap = ms(40), jitter = \"decorrelated\" }");
    sim_time previous = 0;
    sim_time first = pause_before(&policy, 1, SIM_STATUS_ERROR, &previous);
    g_assert_cmpint(first, >=, ms(5));
    g_assert_cmpint(first, <=, ms(15));
    int capped = 0;
    for (uint32_t k = 2; k < 1000; k++) {
        sim_time pause = pause_before(&policy, k, SIM_STATUS_ERROR, &previous);
        g_assert_cmpint(pause, <=, ms(40));
        capped += pause == ms(40);
    }
    g_assert_cmpint(capped, >, 300);
    sim_arena_clear(&policy.arena);
}

/* Ten in the bucket to begin with, then one for every four first attempts. */
static void test_budget(void)
{
    struct policy policy;
    policy_init(&policy, "retry { max = 5, budget = percent(25) }");
    int granted = 0;
    for (int i = 0; i < 1000; i++) {
        sim_time previous = 0;
        sim_retry_first(&policy.retry);
        granted += pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous) >= 0;
    }
    g_assert_cmpint(granted, ==, 9 + 250); /* the first of all found the bucket full */
    for (int i = 0; i < 1000; i++) {
        sim_retry_first(&policy.retry);
    }
    for (int i = 0; i < 20; i++) { /* quiet times do not save up more than a burst */
        sim_time previous = 0;
        g_assert_true((pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous) >= 0) == (i < 10));
    }
    sim_arena_clear(&policy.arena);
}

/* What cannot be retried takes nothing from the budget. */
static void test_budget_is_not_wasted(void)
{
    struct policy policy;
    policy_init(&policy, "retry { max = 1, budget = percent(1), burst = 1 }");
    sim_time previous = 0;
    g_assert_cmpint(pause_before(&policy, 2, SIM_STATUS_TIMEOUT, &previous), ==, -1);
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_EXPIRED, &previous), ==, -1);
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous), ==, 0);
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous), ==, -1);
    sim_arena_clear(&policy.arena);
}

static void test_statuses(void)
{
    static const bool expected[SIM_STATUS_COUNT][SIM_RETRY_ON_COUNT] = {
        [SIM_STATUS_REJECTED] = {true, true, false},
        [SIM_STATUS_ERROR] = {true, false, false},
        [SIM_STATUS_UNAVAILABLE] = {true, true, false},
        [SIM_STATUS_REFUSED] = {true, true, true},
        [SIM_STATUS_TIMEOUT] = {true, false, false},
        [SIM_STATUS_REDIRECT] = {true, false, false},
    };
    for (int status = 0; status < SIM_STATUS_COUNT; status++) {
        for (int on = 0; on < SIM_RETRY_ON_COUNT; on++) {
            g_assert_true(sim_retry_is_on((enum sim_retry_on)on, (enum sim_status)status) ==
                          expected[status][on]);
        }
    }
    struct policy policy;
    policy_init(&policy, "retry { on = \"unserved\" }");
    sim_time previous = 0;
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_TIMEOUT, &previous), ==, -1);
    g_assert_cmpint(pause_before(&policy, 1, SIM_STATUS_REJECTED, &previous), ==, 0);
    sim_arena_clear(&policy.arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry/none", test_none);
    g_test_add_func("/retry/immediate", test_immediate);
    g_test_add_func("/retry/exponential", test_exponential);
    g_test_add_func("/retry/jitter", test_jitter);
    g_test_add_func("/retry/decorrelated-start", test_decorrelated_start);
    g_test_add_func("/retry/budget", test_budget);
    g_test_add_func("/retry/budget-is-not-wasted", test_budget_is_not_wasted);
    g_test_add_func("/retry/statuses", test_statuses);
    return g_test_run();
}

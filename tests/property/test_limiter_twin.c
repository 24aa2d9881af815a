/* Limiting policies beside naive twins, which keep the time of everything that was let through and
 * look at all of it each time; and against the bound of each policy in every stretch of time. If
 * these failed, a limiter would let through what it should not, or send callers away for longer or
 * shorter than it must.
 */
#include <glib.h>

#include "limiter/policy.h"

#define ARRIVALS 400
#define ROUNDS 400

struct twin {
    struct limiter_rule rule;
    sim_time admitted[ARRIVALS];
    sim_wide departed[ARRIVALS]; /* times limit */
    int count;
};

/* Would one at `now` pass, if nothing came in between? */
typedef bool (*twin_may)(const struct twin *twin, sim_time now);

static int64_t count_between(const struct twin *twin, sim_time from, sim_time to)
{
    int64_t count = 0;
    for (int i = 0; i < twin->count; i++) {
        count += twin->admitted[i] >= from && twin->admitted[i] < to;
    }
    return count;
}

static sim_time window_start(const struct twin *twin, sim_time now)
{
    return now - now % twin->rule.window;
}

static bool may_fixed(const struct twin *twin, sim_time now)
{
    sim_time from = window_start(twin, now);
    return count_between(twin, from, from + twin->rule.window) < twin->rule.limit;
}

static bool may_log(const struct twin *twin, sim_time now)
{
    return count_between(twin, now - twin->rule.window + 1, now + 1) < twin->rule.limit;
}

static bool may_counter(const struct twin *twin, sim_time now)
{
    sim_time window = twin->rule.window;
    sim_time from = window_start(twin, now);
    sim_wide previous = count_between(twin, from - window, from);
    sim_wide current = count_between(twin, from, from + window);
    return previous * (from + window - now) + (current + 1) * window <=
           (sim_wide)twin->rule.limit * window;
}

/* In no stretch that ends now more than burst + rate x length. */
static bool may_bucket(const struct twin *twin, sim_time now)
{
    const struct limiter_rule *rule = &twin->rule;
    for (int i = 0; i < twin->count; i++) {
        sim_wide most = (sim_wide)rule->burst * rule->window +
                        (sim_wide)(now - twin->admitted[i]) * rule->limit;
        if ((sim_wide)(twin->count - i + 1) * rule->window > most) {
            return false;
        }
    }
    return true;
}

/* When one at `now` would leave the queue, times limit. */
static sim_wide departure(const struct twin *twin, sim_time now)
{
    sim_wide at_once = (sim_wide)now * twin->rule.limit;
    if (twin->count == 0) {
        return at_once;
    }
    sim_wide after_last = twin->departed[twin->count - 1] + twin->rule.window;
    return after_last > at_once ? after_last : at_once;
}

static bool may_queue(const struct twin *twin, sim_time now)
{
    sim_wide backlog = departure(twin, now) - (sim_wide)now * twin->rule.limit;
    return backlog <= (sim_wide)(twin->rule.burst - 1) * twin->rule.window;
}

struct twin_row {
    const struct limiter_policy *policy;
    twin_may may;
};

static const struct twin_row rows[] = {
    {&limiter_fixed_window, may_fixed},      {&limiter_sliding_log, may_log},
    {&limiter_sliding_counter, may_counter}, {&limiter_token_bucket, may_bucket},
    {&limiter_leaky_bucket, may_bucket},     {&limiter_leaky_queue, may_queue},
};

static void admit(struct twin *twin, sim_time now)
{
    twin->departed[twin->count] = departure(twin, now);
    twin->admitted[twin->count++] = now;
}

static sim_time ceiling(sim_wide numerator, int64_t denominator)
{
    return (sim_time)((numerator + denominator - 1) / denominator);
}

static void step(struct twin *twin, const struct twin_row *row, union limiter_counter *counter,
                 sim_time now)
{
    bool may = row->may(twin, now);
    struct limiter_verdict verdict = limiter_decide(row->policy, counter, &twin->rule, now, now);
    g_assert_cmpint(verdict.is_admitted, ==, may);
    if (!may) {
        g_assert_cmpint(verdict.retry_after, >, 0);
        g_assert_true(row->may(twin, now + verdict.retry_after));
        g_assert_false(row->may(twin, now + verdict.retry_after - 1));
        return;
    }
    admit(twin, now);
    sim_time leaves = ceiling(twin->departed[twin->count - 1], twin->rule.limit);
    g_assert_cmpint(now + verdict.wait, ==, row->policy == &limiter_leaky_queue ? leaves : now);
}

/* A rush, a trickle, or silence. */
static sim_time gap(struct sim_random *random, const struct limiter_rule *rule)
{
    switch (sim_random_below(random, 10)) {
    case 0:
        return (sim_time)sim_random_below(random, (uint64_t)(3 * rule->window));
    case 1:
    case 2:
    case 3:
        return (sim_time)sim_random_below(random, (uint64_t)(2 * rule->window / rule->limit + 1));
    default:
        return (sim_time)sim_random_below(random, 3);
    }
}

static struct limiter_rule draw_rule(struct sim_random *random)
{
    return (struct limiter_rule){
        .limit = 1 + (int64_t)sim_random_below(random, 20),
        .window = 1 + (sim_time)sim_random_below(random, 300),
        .burst = 1 + (int64_t)sim_random_below(random, 30),
    };
}

/* The most that `policy` may let through in [from, to], times window. */
static sim_wide bound(const struct limiter_policy *policy, const struct limiter_rule *rule,
                      sim_time from, sim_time to)
{
    sim_wide length = to - from;
    sim_wide limit = rule->limit, window = rule->window;
    if (policy == &limiter_fixed_window) {
        return (to / rule->window - from / rule->window + 1) * limit * window;
    }
    if (policy == &limiter_sliding_log) {
        return (length / window + 1) * limit * window;
    }
    if (policy == &limiter_sliding_counter) {
        return (length / window + 1) * limit * window + limit * (length % window);
    }
    return rule->burst * window + limit * length;
}

static void check_bounds(const struct twin *twin, const struct limiter_policy *policy)
{
    for (int i = 0; i < twin->count; i++) {
        for (int j = i; j < twin->count; j++) {
            sim_wide passed = (sim_wide)(j - i + 1) * twin->rule.window;
            g_assert_true(passed <=
                          bound(policy, &twin->rule, twin->admitted[i], twin->admitted[j]));
        }
    }
}

/* n requests take at least n - 1 times window / limit to leave. */
static void check_spacing(const struct twin *twin)
{
    for (int i = 1; i < twin->count; i++) {
        sim_time before = ceiling(twin->departed[i - 1], twin->rule.limit);
        sim_time leaves = ceiling(twin->departed[i], twin->rule.limit);
        g_assert_cmpint(leaves - before, >=, twin->rule.window / twin->rule.limit);
    }
}

static void test_twin(gconstpointer data)
{
    const struct twin_row *row = data;
    struct sim_random random;
    sim_random_init(&random, 1, row->policy->name, "twin");
    for (int round = 0; round < ROUNDS; round++) {
        struct twin twin = {.rule = draw_rule(&random)};
        union limiter_counter counter = {{0}};
        sim_time now = 0;
        for (int i = 0; i < ARRIVALS; i++) {
            now += gap(&random, &twin.rule);
            step(&twin, row, &counter, now);
        }
        check_bounds(&twin, row->policy);
        if (row->policy == &limiter_leaky_queue) {
            check_spacing(&twin);
        }
        if (row->policy->forget != NULL) {
            row->policy->forget(&counter);
        }
    }
}

static void test_all_have_twins(void)
{
    for (size_t i = 0; limiter_policies[i] != NULL; i++) {
        g_assert_cmpuint(i, <, G_N_ELEMENTS(rows));
        g_assert_true(rows[i].policy == limiter_policies[i]);
        g_assert_cmpstr(limiter_policy_names[i], ==, limiter_policies[i]->name);
    }
}

/* How many of a burst of `count` at `now` pass. */
static int64_t burst(const struct limiter_policy *policy, union limiter_counter *counter,
                     const struct limiter_rule *rule, sim_time now, int64_t count)
{
    int64_t passed = 0;
    for (int64_t i = 0; i < count; i++) {
        passed += limiter_decide(policy, counter, rule, now, now).is_admitted;
    }
    return passed;
}

/* 100 a minute: a burst at the end of one minute, one at the start of the next, and one when the
 * first is half out of sight. What each lets through is its bound, to the request. */
static void test_adversary(void)
{
    static const struct {
        const struct limiter_policy *policy;
        int64_t before, after, later;
    } expected[] = {
        {&limiter_fixed_window, 100, 100, 0},   {&limiter_sliding_log, 100, 0, 0},
        {&limiter_sliding_counter, 100, 0, 50}, {&limiter_token_bucket, 100, 0, 50},
        {&limiter_leaky_bucket, 100, 0, 50},
    };
    const struct limiter_rule rule = {.limit = 100, .window = SIM_MINUTE, .burst = 100};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        union limiter_counter counter = {{0}};
        const struct limiter_policy *policy = expected[i].policy;
        int64_t before = burst(policy, &counter, &rule, SIM_MINUTE - 1, 300);
        int64_t after = burst(policy, &counter, &rule, SIM_MINUTE, 300);
        int64_t later = burst(policy, &counter, &rule, SIM_MINUTE * 3 / 2, 300);
        g_assert_cmpint(before, ==, expected[i].before);
        g_assert_cmpint(after, ==, expected[i].after);
        g_assert_cmpint(later, ==, expected[i].later);
        if (policy->forget != NULL) {
            policy->forget(&counter);
        }
    }
}

/* Numbers as large as parameters may be do not overflow. */
static void test_extremes(void)
{
    const struct limiter_rule rule = {
        .limit = 1000000000, .window = INT64_C(100000000) * SIM_SECOND, .burst = 1000000000};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        union limiter_counter counter = {{0}};
        sim_time last = 290LL * 365 * SIM_DAY;
        g_assert_cmpint(burst(rows[i].policy, &counter, &rule, 0, 1000), ==, 1000);
        g_assert_cmpint(burst(rows[i].policy, &counter, &rule, last, 1000), ==, 1000);
        if (rows[i].policy->forget != NULL) {
            rows[i].policy->forget(&counter);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limiter/twin/all", test_all_have_twins);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/limiter/twin/%s", rows[i].policy->name);
        g_test_add_data_func(path, &rows[i], test_twin);
    }
    g_test_add_func("/limiter/adversary", test_adversary);
    g_test_add_func("/limiter/extremes", test_extremes);
    return g_test_run();
}

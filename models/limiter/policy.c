/* The table of limiting policies, a row in each array in the same order; and what several of them
 * are made of: aligned windows, and a bucket that leaks.
 */
#include "limiter/policy.h"

const struct limiter_policy *const limiter_policies[] = {
    &limiter_fixed_window,
    &limiter_sliding_log,
    &limiter_sliding_counter,
    &limiter_token_bucket,
    &limiter_leaky_bucket,
    &limiter_leaky_queue,
    NULL,
};

const char *const limiter_policy_names[] = {
    "fixed_window", "sliding_log", "sliding_counter", "token_bucket", "leaky_bucket",
    "leaky_queue",  NULL,
};

int64_t limiter_window_index(const struct limiter_rule *rule, sim_time clock)
{
    int64_t index = clock / rule->window;
    return clock % rule->window < 0 ? index - 1 : index;
}

/* Moves to the window `index`. What lies further back than the window before is forgotten, and so
 * is everything when the clock was set back. */
static void windows_move(struct limiter_windows *windows, int64_t index)
{
    if (index != windows->index) {
        windows->previous = index == windows->index + 1 ? windows->current : 0;
        windows->current = 0;
        windows->index = index;
    }
}

struct limiter_verdict limiter_decide(const struct limiter_policy *policy,
                                      union limiter_counter *counter,
                                      const struct limiter_rule *rule, sim_time now, sim_time clock)
{
    if (policy->ask != NULL) {
        return policy->ask(counter, rule, now);
    }
    struct limiter_windows *windows = &counter->windows;
    windows_move(windows, limiter_window_index(rule, clock));
    struct limiter_counts counts = {
        .current = windows->current,
        .previous = windows->previous,
        .elapsed = clock - windows->index * rule->window,
    };
    struct limiter_verdict verdict = policy->judge(&counts, rule);
    windows->current += verdict.is_admitted ? 1 : 0;
    return verdict;
}

bool limiter_bucket_pour(struct limiter_bucket *bucket, const struct limiter_rule *rule,
                         sim_time now, sim_time *ret_wait)
{
    bucket->level -= (sim_wide)(now - bucket->since) * rule->limit;
    bucket->level = bucket->level > 0 ? bucket->level : 0;
    bucket->since = now;
    sim_wide excess = bucket->level + (sim_wide)rule->window - (sim_wide)rule->burst * rule->window;
    bool fits = excess <= 0;
    sim_wide before = fits ? bucket->level : excess;
    *ret_wait = (sim_time)((before + rule->limit - 1) / rule->limit);
    bucket->level += fits ? rule->window : 0;
    return fits;
}

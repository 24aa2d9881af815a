/* Sliding counter: the count of the last window's length, estimated from two windows of the clock
 * (Desgats, "How we built rate limiting capable of scaling to millions of domains", Cloudflare
 * 2017): previous x (share of the previous window that is still in sight) + current.
 *
 * Two numbers a key. The estimate takes what came in the previous window to have come evenly. When
 * it all came at its end, then in any stretch of length d up to a window at most
 * limit x (1 + d / window) pass, and an adversary can have that many.
 */
#include "limiter/policy.h"

/* After which part of a window `count` of the one before have gone out of sight but for `rest`. */
static sim_time time_until(const struct limiter_rule *rule, int64_t count, int64_t rest)
{
    return (sim_time)(((sim_wide)rule->window * (count - rest) + count - 1) / count);
}

static struct limiter_verdict judge(const struct limiter_counts *counts,
                                    const struct limiter_rule *rule)
{
    int64_t room = rule->limit - 1 - counts->current;
    sim_wide in_sight = (sim_wide)counts->previous * (rule->window - counts->elapsed);
    if (in_sight <= (sim_wide)room * rule->window) {
        return (struct limiter_verdict){.is_admitted = true};
    }
    if (room >= 0) {
        return (struct limiter_verdict){.retry_after = time_until(rule, counts->previous, room) -
                                                       counts->elapsed};
    }
    /* In the next window, where those of this one are the previous ones. */
    sim_time next = rule->window - counts->elapsed;
    return (struct limiter_verdict){.retry_after =
                                        next + time_until(rule, counts->current, rule->limit - 1)};
}

const struct limiter_policy limiter_sliding_counter = {
    .name = "sliding_counter",
    .help = "the last window's length, estimated from two windows of the clock",
    .judge = judge,
    .needs_previous = true,
};

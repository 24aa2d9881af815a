/* Sliding log: the times of all that were let through in the last window's length; at most `limit`
 * in any such stretch, exactly. (As a sorted set in Redis.)
 *
 * It costs `limit` numbers a key, which is why the others exist.
 */
#include "limiter/policy.h"

static struct limiter_verdict ask(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now)
{
    struct limiter_verdict verdict = {0};
    verdict.is_admitted =
        time_log_add(&counter->log, rule->limit, rule->window, now, &verdict.retry_after);
    return verdict;
}

static void forget(union limiter_counter *counter)
{
    time_log_clear(&counter->log);
}

const struct limiter_policy limiter_sliding_log = {
    .name = "sliding_log",
    .help = "so many in any stretch of a window's length, exactly",
    .ask = ask,
    .forget = forget,
};

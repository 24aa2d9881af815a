/* Fixed window: `limit` in each window of the clock, as in an INCR of a key that carries the
 * minute (the usual recipe for Redis).
 *
 * One number a key. Around a boundary it lets 2 x limit through in no time at all: the whole of one
 * window at its end, the whole of the next at its beginning.
 */
#include "limiter/policy.h"

static struct limiter_verdict judge(const struct limiter_counts *counts,
                                    const struct limiter_rule *rule)
{
    if (counts->current < rule->limit) {
        return (struct limiter_verdict){.is_admitted = true};
    }
    return (struct limiter_verdict){.retry_after = rule->window - counts->elapsed};
}

const struct limiter_policy limiter_fixed_window = {
    .name = "fixed_window",
    .help = "so many in each window of the clock",
    .judge = judge,
};

/* Leaky queue: the leaky bucket as a shaper. Requests leave window / limit apart, whatever the gaps
 * between their arrivals; the bucket holds `burst` of them, the one that leaves included, and what
 * would overflow is turned away (nginx: limit_req with a burst).
 *
 * Where window / limit is no whole number of nanoseconds, each leaves at the next one.
 */
#include "limiter/policy.h"

static struct limiter_verdict ask(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now)
{
    sim_time wait;
    if (limiter_bucket_pour(&counter->bucket, rule, now, &wait)) {
        return (struct limiter_verdict){.is_admitted = true, .wait = wait};
    }
    return (struct limiter_verdict){.retry_after = wait};
}

const struct limiter_policy limiter_leaky_queue = {
    .name = "leaky_queue",
    .help = "a queue of `burst` places that requests leave evenly spaced",
    .is_burst_limit = true,
    .ask = ask,
};

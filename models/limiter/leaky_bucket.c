/* Leaky bucket: each request pours one into a bucket that leaks `limit` in a window; what would
 * overflow `burst` is turned away.
 *
 * As a meter what fits passes at once: the mirror of the token bucket, request for request (ITU-T
 * I.371, the generic cell rate algorithm). With the default burst of 1 whatever comes sooner than
 * window / limit after the one before is turned away, as with nginx's limit_req without a burst.
 */
#include "limiter/policy.h"

static struct limiter_verdict ask(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now)
{
    sim_time wait;
    bool fits = limiter_bucket_pour(&counter->bucket, rule, now, &wait);
    return (struct limiter_verdict){.is_admitted = fits, .retry_after = fits ? 0 : wait};
}

const struct limiter_policy limiter_leaky_bucket = {
    .name = "leaky_bucket",
    .help = "a bucket that leaks `limit` in a window and overflows above `burst`; as a meter",
    .ask = ask,
};

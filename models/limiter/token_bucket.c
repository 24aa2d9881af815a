/* Token bucket: it holds up to `burst` tokens, starts full and gains `limit` tokens in a window; a
 * request takes one or is turned away (Turner 1986; the limiter of most public interfaces). In any
 * stretch of length t at most burst + t x limit / window pass.
 *
 * What is kept is how much was taken and has not come back, so that a new key is a full bucket.
 */
#include "limiter/policy.h"

static struct limiter_verdict ask(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now)
{
    sim_time wait;
    bool has_token = limiter_bucket_pour(&counter->bucket, rule, now, &wait);
    return (struct limiter_verdict){.is_admitted = has_token, .retry_after = has_token ? 0 : wait};
}

const struct limiter_policy limiter_token_bucket = {
    .name = "token_bucket",
    .help = "a bucket of `burst` tokens that gains `limit` in a window",
    .is_burst_limit = true,
    .ask = ask,
};

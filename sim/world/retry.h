/* Retry policies: how often a failed call is tried again, and after which pause.
 *
 * Backoff and jitter follow Brooker, "Exponential backoff and jitter" (2015). Before the k-th retry
 * expo(k) = min(cap, backoff x growth^(k-1)); the pause is expo (none), U(0, expo) (full), expo/2 +
 * U(0, expo/2) (equal), or min(cap, U(backoff, 3 x previous pause)) (decorrelated, the first
 * previous pause being backoff). The budget is a token bucket, as in gRPC and Finagle: every first
 * attempt puts `budget` tokens in, up to `burst`, every retry takes one out, and there is no retry
 * without a token. It starts full.
 */
#ifndef BRINK_WORLD_RETRY_H
#define BRINK_WORLD_RETRY_H

#include "world/node.h"

/* retry { max, backoff, growth, cap, jitter, budget, burst, on } */
extern const struct sim_family sim_retry_family;

/* Which failures are worth another attempt. EXPIRED never is: the deadline has passed. */
enum sim_retry_on {
    SIM_RETRY_FAILURES, /* all others */
    SIM_RETRY_UNSERVED, /* REJECTED, UNAVAILABLE, REFUSED: no effect, as far as the status tells */
    SIM_RETRY_REFUSED,  /* REFUSED alone: nobody listened */
    SIM_RETRY_ON_COUNT
};
extern const char *const sim_retry_on_names[SIM_RETRY_ON_COUNT + 1];

bool sim_retry_is_on(enum sim_retry_on on, enum sim_status status);

/* The policy of one node, shared by all its operations. */
struct sim_retry {
    const struct sim_shape *shape;
    double tokens;
};

/* `shape` is kept; `none` (no constructor) never retries. */
void sim_retry_init(struct sim_retry *retry, const struct sim_shape *shape);
/* A first attempt was made. */
void sim_retry_first(struct sim_retry *retry);
/* May attempt number `attempt` (1 = first retry) be made after `status`? If so, *ret_pause says how
 * long to wait and *previous, which starts at 0 with each operation, is updated. Draws a random
 * number only where there is jitter on a pause. */
bool sim_retry_next(struct sim_retry *retry, uint32_t attempt, enum sim_status status,
                    sim_time *previous, struct sim_random *random, sim_time *ret_pause);

#endif

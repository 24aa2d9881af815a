/* Hedging: a further attempt is made while the ones before it are still awaited, and the first
 * answer wins (Dean and Barroso, "The tail at scale", CACM 56(2), 2013; gRPC: hedgingPolicy).
 *
 * Sent when the first attempt has taken longer than nearly all do, it costs few requests and cuts
 * the tail off. The budget is a token bucket as that of retries: every first attempt puts `budget`
 * tokens in, up to `burst`, every hedge takes one out, and there is none without a token. It starts
 * full.
 *
 * With `cancel`, whoever still has an attempt when another one is answered is told by a message,
 * and drops it if its work has not begun. Left out: servers that tell each other when they begin
 * (the tied requests of the same paper).
 */
#ifndef BRINK_WORLD_HEDGE_H
#define BRINK_WORLD_HEDGE_H

#include "world/node.h"

/* hedge { after, max, budget, burst, cancel } */
extern const struct sim_family sim_hedge_family;

#define SIM_HEDGES_MAX 3

/* The policy of one node, shared by all its operations. */
struct sim_hedge {
    const struct sim_shape *shape;
    double tokens;
};

/* `shape` is kept; `none` (no constructor) never hedges. */
void sim_hedge_init(struct sim_hedge *hedge, const struct sim_shape *shape);
static inline bool sim_hedge_is_on(const struct sim_hedge *hedge)
{
    return hedge->shape->constructor != NULL;
}
/* A first attempt was made. */
void sim_hedge_first(struct sim_hedge *hedge);
/* How long after attempt number `sent` (1 = only the first was sent) the next one is due;
 * SIM_NEVER when none is. */
sim_time sim_hedge_after(const struct sim_hedge *hedge, uint32_t sent);
/* Whether those whose answers are not wanted any more are told so. */
bool sim_hedge_cancels(const struct sim_hedge *hedge);
/* It is due: false when the budget has no token for it. */
bool sim_hedge_take(struct sim_hedge *hedge);

#endif

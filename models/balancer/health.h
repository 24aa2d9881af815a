/* Health: how a balancer comes to know that a member is ill, and that it is well again.
 *
 * Active checks are requests over the network like any other, at the same port: a member that is
 * overloaded can fail them. One is sent to each existing member every `interval`, the first spread
 * evenly over the first interval in the order of the target; it passes when it is answered within
 * `timeout`. After `fall` failures in a row the member is out, after `rise` passes in a row it is
 * back [HAProxy: check inter 2s fall 3 rise 2].
 *
 * Passive: `eject_after` failures in a row of requests that were passed on take a member out for
 * `eject_time`, unless more than the share `eject_max` of the members (and at least one) would be
 * out so [Envoy outlier detection: 5, 30 s, 10 %]. When it is back the count begins anew. Left out:
 * times that grow with each ejection, success rates, slow start.
 */
#ifndef BRINK_MODELS_BALANCER_HEALTH_H
#define BRINK_MODELS_BALANCER_HEALTH_H

#include "balancer/pool.h"

struct health_params {
    sim_time interval; /* SIM_NEVER = no active checks */
    sim_time timeout;  /* SIM_NEVER = the interval */
    int64_t fall, rise;
    int64_t eject_after; /* 0 = no passive checks */
    sim_time eject_time;
    double eject_max; /* share of the existing members */
};

/* Of one member. */
struct health_member {
    uint32_t streak;   /* checks in a row that say otherwise than what is believed */
    uint32_t failures; /* requests in a row that failed */
};

struct health {
    const struct health_params *params;
    struct pool *pool;
    struct health_member *members; /* by index */
    uint32_t ejected_count;
    int check_timer, return_timer; /* of the model, with a member's index as tag */
};

/* At SIM_IN_START. `params` and `pool` are kept. */
void health_start(struct sim_node *self, struct health *health, const struct health_params *params,
                  struct pool *pool, int check_timer, int return_timer);
/* The check timer of a member: arms the next one. True when a check is due; the caller sends it. */
bool health_is_due(struct sim_node *self, struct health *health, uint32_t index);
/* The request that is a check. */
void health_send(struct sim_node *self, const struct health *health, uint32_t index, uint64_t tag);
/* How a check ended. True when it changed what is believed of the member. */
bool health_checked(struct health *health, uint32_t index, enum sim_status status);
/* How a request that was passed on ended. True when the member was ejected for it. */
bool health_observed(struct sim_node *self, struct health *health, uint32_t index,
                     enum sim_status status);
/* The return timer of a member. */
void health_return(struct health *health, uint32_t index);

#endif

/* What the balancer is told: its parameters, and what must fit together in them. */
#ifndef BRINK_MODELS_BALANCER_BALANCER_H
#define BRINK_MODELS_BALANCER_BALANCER_H

#include "balancer/discovery.h"
#include "balancer/health.h"
#include "balancer/policy.h"

enum balancer_layer { LAYER_7, LAYER_4 };

struct balancer_params {
    struct sim_target to;
    int32_t policy;
    struct balancer_options options;
    const struct sim_dist *cost; /* NULL = none */
    int64_t servers;
    int64_t queue_limit;
    sim_time timeout;
    int64_t retries;
    int32_t retry_on; /* enum sim_retry_on */
    int64_t outstanding_max;
    int32_t layer; /* enum balancer_layer */
    int64_t connection_requests;
    sim_time connection_idle;
    bool sticky;
    sim_time sticky_idle;
    int64_t affinity_max;
    struct health_params health;
    double panic;
    struct discovery_params discovery;
};

extern const struct sim_param balancer_params[];
/* A text for the user, or NULL. */
const char *balancer_validate(const void *fields);

#endif

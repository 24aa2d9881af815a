/* The table of balancing policies: a row in each array, in the same order. */
#include "balancer/policy.h"

const struct balancer_policy *const balancer_policies[] = {
    &balancer_round_robin,
    &balancer_random,
    &balancer_least_connections,
    &balancer_two_choices,
    NULL,
};

const char *const balancer_policy_names[] = {
    "round_robin", "random", "least_connections", "two_choices", NULL,
};

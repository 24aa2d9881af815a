/* Balancing policies: one file and one row each.
 *
 * A policy picks one of the members that are up. It keeps what it must remember in a state of its
 * own, and may ask the balancer's node how many of its calls are open to a member.
 */
#ifndef BRINK_MODELS_BALANCER_POLICY_H
#define BRINK_MODELS_BALANCER_POLICY_H

#include "sim.h"

/* Who can be picked: in target order, without a member that this request has just failed at, where
 * there is another one. */
struct balancer_view {
    const sim_node_id *ids;
    uint32_t count; /* at least 1 */
    bool is_retry;  /* of a request that failed elsewhere */
    struct sim_random *random;
};

struct balancer_policy {
    const char *name;
    const char *help;
    size_t state_size; /* zeroed at the start of each life */
    /* The id of the member that the next attempt goes to. */
    sim_node_id (*pick)(struct sim_node *self, void *state, const struct balancer_view *view);
};

extern const struct balancer_policy balancer_round_robin;
extern const struct balancer_policy balancer_random;
extern const struct balancer_policy balancer_least_connections;
extern const struct balancer_policy balancer_two_choices;

/* All of them, and their names in the same order; NULL at the end. */
extern const struct balancer_policy *const balancer_policies[];
extern const char *const balancer_policy_names[];

#endif

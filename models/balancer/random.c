/* Random: each request to a member drawn evenly. Poisson arrivals stay Poisson at each member. */
#include "balancer/policy.h"

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    (void)self;
    (void)state;
    return &view->members[sim_random_below(view->random, view->count)];
}

const struct balancer_policy balancer_random = {
    .name = "random",
    .help = "a member drawn evenly",
    .pick = pick,
};

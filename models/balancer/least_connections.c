/* Least connections: the member to which the fewest calls of this balancer are open, for its weight
 * (nginx: least_conn); among several such members, the first at or after a turning start, so that
 * idle members share the work.
 *
 * With several balancers each sees its own calls only, as real ones do. Takes a look at every
 * member, n steps a request.
 */
#include "balancer/policy.h"

struct least_connections {
    uint32_t start;
};

static double load_of(struct sim_node *self, const struct balancer_member *member)
{
    return sim_open_calls(self, member->id) / member->weight;
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    struct least_connections *own = state;
    uint32_t first = own->start < view->count ? own->start : 0;
    uint32_t best = first;
    double least = load_of(self, &view->members[first]);
    for (uint32_t step = 1; step < view->count && least > 0; step++) {
        uint32_t index = first + step < view->count ? first + step : first + step - view->count;
        double load = load_of(self, &view->members[index]);
        if (load < least) {
            least = load;
            best = index;
        }
    }
    own->start = best + 1;
    return &view->members[best];
}

const struct balancer_policy balancer_least_connections = {
    .name = "least_connections",
    .help = "the member with the fewest of this balancer's calls open, for its weight",
    .takes_weights = true,
    .state_size = sizeof(struct least_connections),
    .pick = pick,
};

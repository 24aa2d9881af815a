/* Lowest latency: members in the place that is nearest by round trip, in turn among the nearest.
 *
 * Amazon Route 53's latency-based routing, and global balancers that go by measured round trips:
 * the tables that they measure over weeks are the means of the network's laws, both ways together.
 * What is slow today, by a fault or by load, they do not see, and nor does this. The place is the
 * balancer's, or with near = "caller" that of whoever issued the operation.
 */
#include "balancer/policy.h"

struct lowest_latency {
    enum balancer_near near;
    uint64_t turn;
};

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    (void)self;
    struct lowest_latency *own = state;
    own->near = (enum balancer_near)setup->options->near;
}

static double round_trip(struct sim_node *self, uint32_t place, const struct balancer_member *to)
{
    uint32_t there = sim_zone_of(self, to->id);
    return sim_latency_mean(self, place, there) + sim_latency_mean(self, there, place);
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    struct lowest_latency *own = state;
    uint32_t place = own->near == NEAR_CALLER ? view->request->origin_zone : sim_zone(self);
    double least = round_trip(self, place, &view->members[0]);
    uint32_t near = 0; /* members that are so far away */
    for (uint32_t i = 0; i < view->count; i++) {
        double way = round_trip(self, place, &view->members[i]);
        near = way < least ? 1 : near + (way <= least);
        least = way < least ? way : least;
    }
    sim_assert(near > 0);
    uint64_t skip = own->turn % near;
    own->turn += view->avoid != 0 ? 0 : 1;
    uint32_t at = 0;
    while (round_trip(self, place, &view->members[at]) > least || skip-- > 0) {
        at++;
    }
    return &view->members[at];
}

const struct balancer_policy balancer_lowest_latency = {
    .name = "lowest_latency",
    .help = "members of the place with the least mean round trip, in turn [Route 53 latency]",
    .state_size = sizeof(struct lowest_latency),
    .start = start,
    .pick = pick,
};

/* Nearest: members in the own place first, in turn; those in other places only when none is there.
 *
 * The place is the balancer's (Envoy's zone-aware routing, Kubernetes' topology hints), or with
 * near = "caller" that of whoever issued the operation, as a global balancer or geographic DNS sees
 * it. All or nothing: Envoy's spill-over when a place has too few members for its own load is left
 * out, and so is which of the other places is the nearest.
 */
#include "balancer/policy.h"

struct nearest {
    enum balancer_near near;
    uint64_t turn;
};

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    (void)self;
    struct nearest *own = state;
    own->near = (enum balancer_near)setup->options->near;
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    struct nearest *own = state;
    uint32_t place = own->near == NEAR_CALLER ? view->request->origin_zone : sim_zone(self);
    uint32_t near = 0;
    sim_assert(view->count > 0);
    for (uint32_t i = 0; i < view->count; i++) {
        near += sim_zone_of(self, view->members[i].id) == place;
    }
    uint64_t turn = own->turn;
    own->turn += view->avoid != 0 ? 0 : 1;
    if (near == 0) {
        return &view->members[turn % view->count];
    }
    uint64_t skip = turn % near;
    uint32_t at = 0;
    while (sim_zone_of(self, view->members[at].id) != place || skip-- > 0) {
        at++;
    }
    return &view->members[at];
}

const struct balancer_policy balancer_nearest = {
    .name = "nearest",
    .help = "members of the same place in turn, others when there is none [Envoy zone-aware]",
    .state_size = sizeof(struct nearest),
    .start = start,
    .pick = pick,
};

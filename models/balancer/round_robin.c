/* Round robin: members in turn. With n members, Poisson arrivals and exponential service each
 * member is exactly an E_n/M/1 queue. A member that comes or goes moves the turn of the others; a
 * retry does not, or every request would begin with the dead one of two members.
 */
#include "balancer/policy.h"

struct round_robin {
    uint64_t turn;
};

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    (void)self;
    struct round_robin *own = state;
    const struct balancer_member *member = &view->members[own->turn % view->count];
    own->turn += view->avoid != 0 ? 0 : 1;
    return member;
}

const struct balancer_policy balancer_round_robin = {
    .name = "round_robin",
    .help = "members in turn",
    .state_size = sizeof(struct round_robin),
    .pick = pick,
};

/* Active-passive: the first member of the target that is there; the others stand by.
 *
 * HAProxy's and nginx's `backup` servers, and a virtual address that VRRP gives to the router of
 * the highest priority that is alive (RFC 5798, with preemption: the first takes it back when it
 * returns). When another one takes over is when the first is known to be gone: by checks, by
 * failures, or by a change of members; without any of these only retries reach the others.
 */
#include "balancer/policy.h"

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    (void)self;
    (void)state;
    return &view->members[0];
}

const struct balancer_policy balancer_active_passive = {
    .name = "active_passive",
    .help = "the first member that is there; the others stand by [HAProxy backup; VRRP]",
    .pick = pick,
};

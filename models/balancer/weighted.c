/* Weighted: members in turn, each as often as its weight says, spread as evenly as that allows.
 *
 * nginx's smooth weighted round robin (ngx_http_upstream_round_robin.c, since 1.3.1): every pick
 * adds to each member's credit its weight, takes the one with the most credit, the first of equals,
 * and takes the sum of the weights off it. Weights 5, 1, 1 give a a b a c a a and not a a a a a b
 * c. Weights are the shares of the target. A retry is given to the one with the most credit and
 * changes none. A member that comes begins without credit.
 */
#include "balancer/policy.h"

/* What sums of real weights may differ by where whole ones would be equal. */
#define NEARLY_EQUAL 1e-9

struct weighted {
    double *credit; /* by index */
};

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    struct weighted *own = state;
    own->credit = sim_alloc(self, setup->count * sizeof *own->credit);
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    (void)self;
    struct weighted *own = state;
    bool is_retry = view->avoid != 0;
    double sum = 0;
    double most = -1e300;
    const struct balancer_member *best = &view->members[0];
    for (uint32_t i = 0; i < view->count; i++) {
        const struct balancer_member *member = &view->members[i];
        double credit = own->credit[member->index] + member->weight;
        sum += member->weight;
        if (!is_retry) {
            own->credit[member->index] = credit;
        }
        if (credit > most + NEARLY_EQUAL) {
            best = member;
            most = credit;
        }
    }
    if (!is_retry) {
        own->credit[best->index] -= sum;
    }
    return best;
}

const struct balancer_policy balancer_weighted = {
    .name = "weighted",
    .help = "members in turn, as often as the target's shares say [nginx smooth weighted]",
    .takes_weights = true,
    .state_size = sizeof(struct weighted),
    .start = start,
    .pick = pick,
};

/* Two choices: of d different members drawn evenly (`choices`, 2 by default), the one with the
 * fewest open calls of this balancer; of equals the first drawn.
 *
 * Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001:
 * for many members with Poisson arrivals and exponential service, the part of them with at least i
 * present is load^((d^i - 1) / (d - 1)). One choice is `random`; as many as there are members is
 * `least_connections` but for ties.
 */
#include "balancer/policy.h"

#define CHOICES_MAX 64 /* the parameter's table says so too */

struct choices {
    uint32_t count; /* d */
};

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    (void)self;
    struct choices *own = state;
    sim_assert(setup->options->choices >= 1 && setup->options->choices <= CHOICES_MAX);
    own->count = (uint32_t)setup->options->choices;
}

/* Adds one of the `count` members that is not among the `drawn` so far, which are kept sorted. */
static uint32_t draw_another(uint32_t *sorted, uint32_t drawn, uint32_t count,
                             struct sim_random *random)
{
    uint32_t index = (uint32_t)sim_random_below(random, count - drawn);
    uint32_t place = 0;
    while (place < drawn && sorted[place] <= index) {
        index++;
        place++;
    }
    for (uint32_t i = drawn; i > place; i--) {
        sorted[i] = sorted[i - 1];
    }
    sorted[place] = index;
    return index;
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    const struct choices *own = state;
    uint32_t sorted[CHOICES_MAX];
    uint32_t count = own->count < view->count ? own->count : view->count;
    uint32_t best = draw_another(sorted, 0, view->count, view->random);
    uint32_t least = count == 1 ? 0 : sim_open_calls(self, view->members[best].id);
    for (uint32_t drawn = 1; drawn < count; drawn++) {
        uint32_t index = draw_another(sorted, drawn, view->count, view->random);
        uint32_t open = sim_open_calls(self, view->members[index].id);
        if (open < least) {
            least = open;
            best = index;
        }
    }
    return &view->members[best];
}

const struct balancer_policy balancer_two_choices = {
    .name = "two_choices",
    .help = "of `choices` members drawn evenly, the one with the fewest calls open",
    .state_size = sizeof(struct choices),
    .start = start,
    .pick = pick,
};

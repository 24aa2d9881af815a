/* Two choices: of two different members drawn evenly, the one with fewer open calls of this
 * balancer; of equals the first drawn. (Mitzenmacher, "The power of two choices in randomized load
 * balancing", IEEE TPDS 12(10), 2001.)
 */
#include "balancer/policy.h"

static sim_node_id pick(struct sim_node *self, void *state, const struct balancer_view *view)
{
    (void)state;
    uint32_t first = (uint32_t)sim_random_below(view->random, view->count);
    if (view->count == 1) {
        return view->ids[0];
    }
    uint32_t second = (uint32_t)sim_random_below(view->random, view->count - 1);
    second += second >= first ? 1 : 0;
    bool is_second_better =
        sim_open_calls(self, view->ids[second]) < sim_open_calls(self, view->ids[first]);
    return view->ids[is_second_better ? second : first];
}

const struct balancer_policy balancer_two_choices = {
    .name = "two_choices",
    .help = "of two members drawn evenly, the one with fewer calls open",
    .pick = pick,
};

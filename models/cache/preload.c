/* What the cache fetches when a life begins: content that is pushed to it, or a warm-up. See
 * visits.h.
 *
 * The keys below `preload`, in their order, so many at a time: real fetches, which load what is
 * behind, take their time and can fail. One that fails is left out. Keys are taken to be numbered
 * by popularity, as the laws of keys number them.
 */
#include "cache/visits.h"

#define AT_ONCE 10

void preload_next(struct sim_node *self)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    bool is_sent = false;
    members_look(self, &state->members);
    if (state->members.count == 0) {
        return; /* nobody is there to ask, nor will anybody be asked again */
    }
    while (!is_sent && state->preload_next < (uint64_t)params->preload) {
        struct sim_request cause = {.key = state->preload_next++};
        is_sent = !visits_is_private(self, cause.key) && visits_fetch(self, &cause, VISIT_PRELOAD);
    }
}

void preload_start(struct sim_node *self)
{
    for (int i = 0; i < AT_ONCE; i++) {
        preload_next(self);
    }
}

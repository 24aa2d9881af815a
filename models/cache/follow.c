/* Following a store: a stream of the keys that change there. See visits.h.
 *
 * Each change drops the copy, or fetches another one in its place (`on_change`), whoever wrote the
 * key and whether or not it went through this cache. It acts `change_delay` after it is told, drawn
 * for each change: what a purge takes that goes through somebody's control plane. While the stream
 * is broken changes are missed: all copies go when it breaks, and it is opened again a second
 * later.
 */
#include "cache/visits.h"

#define CREDIT (UINT64_C(1) << 20) /* changes that may be on their way */
#define OPEN_AGAIN SIM_SECOND

void follow_start(struct sim_node *self)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    if (params->follow.count == 0) {
        return;
    }
    members_start(self, &state->followed, &params->follow);
    members_look(self, &state->followed);
    for (uint32_t i = 0; i < state->followed.count; i++) {
        sim_stream_open(self, state->followed.ids[i], state->followed.ids[i], CREDIT);
    }
}

void follow_again(struct sim_node *self, sim_node_id store)
{
    sim_stream_open(self, store, store, CREDIT);
}

void follow_change(struct sim_node *self, const struct sim_input *in)
{
    const struct cache_params *params = sim_params(self);
    sim_stream_grant(self, in->stream, 1);
    if (params->change_delay == NULL) {
        visits_changed(self, in->item);
    } else {
        sim_after(self, sim_draw(self, DRAW_CHANGE, params->change_delay), TIMER_CHANGE, in->item);
    }
}

void follow_broken(struct sim_node *self, const struct sim_input *in)
{
    struct cache_state *state = sim_state(self);
    copies_forget(self, &state->copies);
    sim_after(self, OPEN_AGAIN, TIMER_FOLLOW, in->tag);
}

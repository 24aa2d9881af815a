/* Following a store: a stream of what changes there, each a key and the version that it has now.
 * See visits.h.
 *
 * Each change drops the copy, or fetches another one in its place (`on_change`), whoever wrote the
 * key and whether or not it went through this cache; unless the copy is of that version already, or
 * of a newer one. What is being fetched meanwhile is not kept when it comes with an older version
 * ("Cache made consistent", Engineering at Meta, 2022: invalidations carry the version, and a fill
 * by an older one loses). It acts `change_delay` after it is told, drawn for
 * each change: what a purge takes that goes through somebody's control plane. While the stream is
 * broken changes are missed: all copies go when it breaks, unless `on_break` keeps them, as a
 * delivery network does whose origin is away; and it is opened again a second later.
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
        visits_changed(self, &in->item);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct visit *visit = sim_frame_at(self, frame);
    *visit = (struct visit){.kind = VISIT_CHANGE, .key = in->item.key};
    visit->reply.version = in->item.version;
    sim_after(self, sim_draw(self, DRAW_CHANGE, params->change_delay), TIMER_CHANGE, frame);
}

void follow_act(struct sim_node *self, sim_frame frame)
{
    const struct visit *visit = sim_frame_at(self, frame);
    struct sim_item item = {.key = visit->key, .version = visit->reply.version};
    sim_frame_end(self, frame);
    visits_changed(self, &item);
}

void follow_broken(struct sim_node *self, const struct sim_input *in)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    if (params->on_break == BREAK_FORGET) {
        copies_forget(self, &state->copies);
    }
    sim_after(self, OPEN_AGAIN, TIMER_FOLLOW, in->tag);
}

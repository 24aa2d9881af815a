/* Circuits that members of a breaker share through a store of numbers; see breaker.c. */
#include "breaker/breaker.h"

static void ask_store(struct sim_node *self, enum passage_kind kind, uint32_t index, uint64_t value)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    sim_node_id to = members_next(self, &state->store);
    if (to == 0) {
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->kind = kind;
    passage->circuit = index;
    passage->value = value;
    struct sim_request request = {
        .key = state->circuits[index].key,
        .value = value,
        .deadline = SIM_NEVER,
        .bytes = params->store_bytes,
        .operation = kind == KIND_POLL ? SIM_OP_READ : SIM_OP_WRITE,
        .origin_zone = (uint16_t)sim_zone(self),
    };
    sim_send_request(self, to, &request, params->store_timeout, frame);
}

void shared_start(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    members_start(self, &state->store, &params->shared);
    if (params->shared.count > 0) {
        /* Members do not all ask at the same instant. */
        double share = sim_random_unit(sim_random_of(self, DRAW_POLL));
        sim_after(self, (sim_time)(share * (double)params->poll), TIMER_POLL, 0);
    }
}

void shared_tell(struct sim_node *self, uint32_t index, uint64_t until)
{
    const struct breaker_params *params = sim_params(self);
    if (params->shared.count > 0) {
        ask_store(self, KIND_TELL, index, until);
    }
}

void shared_poll(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    const struct breaker_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->circuit_count; i++) {
        ask_store(self, KIND_POLL, i, 0);
    }
    sim_after(self, params->poll, TIMER_POLL, 0);
}

/* What the store says has changed since this member looked last. */
static void hear(struct sim_node *self, uint32_t index, uint64_t until)
{
    struct breaker_state *state = sim_state(self);
    struct circuit *circuit = &state->circuits[index];
    if (until == circuit->cached) {
        return;
    }
    circuit->cached = until;
    sim_time left = (sim_time)until - sim_local_clock(self);
    if (until == 0 && circuit->position != CLOSED) {
        circuit_close(self, index);
    } else if (until != 0 && left > 0) {
        circuit_open(self, index, sim_time_add(sim_now(self), left));
    }
}

void shared_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct breaker_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    if (sim_status_is_answer(reply->status)) {
        if (passage->kind == KIND_POLL) {
            hear(self, passage->circuit, reply->value);
        } else {
            state->circuits[passage->circuit].cached = passage->value;
        }
    }
    sim_frame_end(self, frame);
}

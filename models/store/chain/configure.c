/* Who is in the chain, and how a member knows.
 *
 * The master numbers each configuration of the chain: its epoch. Members tell each other the epoch
 * with every update and acknowledgement and ignore those of another one.
 *
 * That alone would not stop a tail that was paused, or cut off, from answering reads as before. The
 * paper's servers are fail-stop (van Renesse, Schneider, OSDI 2004, section 3), and real ones are
 * made so by leases: every heartbeat that the master answers lets a member act for `lease` from
 * when it sent it, by its own clock, and the master reconfigures only when the lease of whom it
 * leaves out has certainly run out (Gray, Cheriton, SOSP 1989; of clocks: "Fault-tolerance").
 *
 * In a new epoch each member tells its predecessor up to which update it has all, and is sent what
 * it lacks (van Renesse, Schneider, section 3.2, figure 3). Who is the tail now commits all that it
 * has.
 */
#include "store/chain/chain.h"

bool chain_has_lease(const struct sim_node *self, const struct chain_state *state)
{
    return chain_is_in(state) && (!state->is_fenced || sim_local_clock(self) < state->lease_end);
}

uint32_t chain_member_of(const struct chain_state *state, sim_node_id id)
{
    uint32_t member = 0;
    while (member < state->member_count && state->members[member] != id) {
        member++;
    }
    return member;
}

bool chain_from_predecessor(const struct chain_state *state, const struct sim_input *in)
{
    return chain_is_in(state) && state->position > 0 &&
           state->members[state->order[state->position - 1]] == in->from;
}

bool chain_from_successor(const struct chain_state *state, const struct sim_input *in)
{
    return chain_is_in(state) && state->position + 1 < state->length &&
           state->members[state->order[state->position + 1]] == in->from;
}

/* ---- the master ---- */

void chain_heartbeat(struct sim_node *self)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    const struct chain_transfer *transfer = &state->transfer;
    bool is_caught_up = transfer->id != 0 && transfer->is_caught_up;
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->life,
                                               state->epoch,
                                               state->is_whole ? 1 : 0,
                                               (uint64_t)sim_local_clock(self),
                                               is_caught_up ? transfer->to + 1 : 0,
                                               is_caught_up ? transfer->life : 0};
    sim_send_message(self, params->master.ids[0], CHAIN_HEARTBEAT, words, CHAIN_HEADER_BYTES);
}

static void say_hello(struct sim_node *self)
{
    const struct chain_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch};
    if (chain_is_in(state) && state->position + 1 < state->length) {
        sim_send_message(self, state->members[state->order[state->position + 1]], CHAIN_HELLO,
                         words, CHAIN_HEADER_BYTES);
    }
}

/* A new epoch begins for this member. */
static void enter(struct sim_node *self, const struct sim_input *in)
{
    struct chain_state *state = sim_state(self);
    state->epoch = in->words[0];
    state->length = in->body_count / 2;
    state->position = state->length;
    for (uint32_t i = 0; i < state->length; i++) {
        state->order[i] = (uint32_t)in->body[(size_t)2 * i];
        if (state->order[i] == state->own && in->body[(size_t)2 * i + 1] == state->life) {
            state->position = i;
        }
    }
    state->is_linked = false;
    chain_pipe_cut(state);
    sim_count(self, CHAIN_CHANGES, 1);
    if (!chain_is_in(state)) {
        state->transfer.id = 0;
        return;
    }
    if (state->length == 1) {
        state->is_whole = true; /* nobody has more */
    }
    bool is_successor = state->position + 1 < state->length &&
                        state->order[state->position + 1] == state->transfer.to;
    bool is_wanted = chain_is_tail(state) || (is_successor && state->transfer.is_caught_up);
    if (!is_wanted || state->transfer.is_final) {
        state->transfer.id = 0;
    }
    say_hello(self);
    chain_send_state(self);
    chain_advance(self);
}

void chain_configuration(struct sim_node *self, const struct sim_input *in)
{
    struct chain_state *state = sim_state(self);
    const uint64_t *words = in->words;
    if (words[0] < state->epoch) {
        return;
    }
    if (words[0] > state->epoch) {
        enter(self, in);
    }
    state->is_fenced = words[6] != 0;
    if (words[1] == state->life && words[3] != 0) {
        sim_time from = (sim_time)words[2];
        sim_time end = from + (sim_time)words[3];
        state->lease_from = from > state->lease_from ? from : state->lease_from;
        state->lease_end = end > state->lease_end ? end : state->lease_end;
    }
    struct chain_transfer *transfer = &state->transfer;
    if (chain_is_tail(state) && words[4] == 0) {
        transfer->id = 0;
    } else if (chain_is_tail(state) &&
               (transfer->id == 0 || transfer->to != words[4] - 1 || transfer->life != words[5])) {
        chain_transfer_begin(self, (uint32_t)words[4] - 1, words[5]);
    }
}

/* ---- the neighbours ---- */

void chain_send_state(struct sim_node *self)
{
    const struct chain_state *state = sim_state(self);
    if (!chain_is_in(state) || state->position == 0) {
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch, state->pipe.logged,
                                               state->pipe.committed, state->is_whole ? 1 : 0,
                                               state->life};
    sim_send_message(self, state->members[state->order[state->position - 1]], CHAIN_STATE, words,
                     CHAIN_HEADER_BYTES);
}

/* What the successor has. */
void chain_heard_state(struct sim_node *self, const struct sim_input *in)
{
    struct chain_state *state = sim_state(self);
    const uint64_t *words = in->words;
    if (words[0] != state->epoch || !state->is_whole || !chain_from_successor(state, in) ||
        (words[3] == 0 ? state->is_linked : words[1] < state->pipe.committed)) {
        return; /* the last two: it was sent long ago, and overtaken */
    }
    uint32_t successor = state->order[state->position + 1];
    if (words[3] == 0) {
        if (state->transfer.id == 0) {
            chain_transfer_begin(self, successor, words[4]);
        }
        chain_transfer_final(self);
        return;
    }
    state->transfer.id = 0;
    if (state->is_linked && words[1] < state->pipe.sent) {
        sim_count(self, CHAIN_RESENT, state->pipe.sent - words[1]);
    }
    state->is_linked = true;
    chain_commit(self, words[2] < state->pipe.durable ? words[2] : state->pipe.durable);
    state->pipe.sent = words[1] > state->pipe.committed ? words[1] : state->pipe.committed;
    chain_advance(self);
}

/* Messages are lost where a link is cut: what got stuck is asked for, and sent, again. */
void chain_retry(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    const struct chain_pipe *pipe = &state->pipe;
    bool is_stuck = !state->is_linked ||
                    (pipe->committed < pipe->durable && state->committed_before == pipe->committed);
    if (is_stuck) {
        say_hello(self);
    }
    state->committed_before = pipe->committed;
    chain_transfer_resend(self);
}

/* Leadership transfer (3.10): a leader hands over to the member that should lead, where there is
 * one.
 *
 * At a heartbeat a leader that is not the preferred member looks whether that one answers. If so it
 * takes no more requests, brings the other's log up to its own, and tells it to stand for election
 * at once; the others vote though they have heard a leader (4.2.3). Where that has not come about
 * after an election timeout it takes requests again, and tries anew after another one. Once it has
 * told another member to stand it has no lease any more in its term (6.4.1): that one may be slow
 * to hear it, and is voted for all the same.
 */
#include "store/raft/raft.h"

static uint32_t preferred_of(const struct raft_state *state)
{
    uint32_t member = (uint32_t)state->params->preferred - 1; /* RAFT_NOBODY = none */
    bool is_fit = member < state->member_count && raft_is_voter(state, member) &&
                  (state->present >> member & 1) != 0;
    return is_fit ? member : RAFT_NOBODY;
}

void raft_transfer_tell(struct sim_node *self, struct raft_state *state, uint32_t to)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->term};
    state->has_told = true;
    sim_count(self, RAFT_TRANSFERS, 1);
    sim_send_message(self, raft_id(state, to), RAFT_TIMEOUT_NOW, words, RAFT_HEADER_BYTES);
}

/* It has all that the leader has: it may stand. */
void raft_transfer_ready(struct sim_node *self, struct raft_state *state)
{
    uint32_t to = state->transfer_to;
    if (to == RAFT_NOBODY || state->is_transfer_sent || state->peers[to].match < state->log.last) {
        return;
    }
    state->is_transfer_sent = true;
    raft_transfer_tell(self, state, to);
}

void raft_transfer_look(struct sim_node *self, struct raft_state *state)
{
    uint32_t to = preferred_of(state);
    sim_time now = sim_now(self);
    sim_time timeout = state->params->election_timeout;
    if (to == RAFT_NOBODY || to == state->own) {
        state->transfer_to = RAFT_NOBODY; /* it may have been removed meanwhile */
        return;
    }
    if (now < state->transfer_until) {
        return;
    }
    bool is_answering =
        now - state->peers[to].heard < timeout && state->commit >= state->begin_index;
    bool is_over = state->transfer_to != RAFT_NOBODY;
    state->transfer_to = is_answering && !is_over ? to : RAFT_NOBODY;
    state->is_transfer_sent = false;
    state->transfer_until = now + timeout;
    raft_transfer_ready(self, state);
}

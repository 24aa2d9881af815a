/* Reads that need no entry in the log, and see all that was committed before them all the same
 * (6.4).
 *
 *     index   the leader notes how far the log is committed, sends a round of heartbeats, and
 *             answers when a majority has acknowledged it and all that was noted is applied. Reads
 *             that come meanwhile share the next round
 *     lease   a round that a majority acknowledged makes a lease: for the least election timeout
 *             from its beginning, less what clocks may drift, nobody else can be elected, and reads
 *             are answered at once (6.4.1). Needs check_quorum, and clocks that keep the bound
 *     log     a read is an entry like any other (machine.c)
 *
 * A leader does not know what is committed until it has committed an entry of its own term: until
 * then reads wait for its first one (6.4, step 1).
 */
#include "store/raft/raft.h"

static bool has_lease(struct sim_node *self, const struct raft_state *state)
{
    uint64_t round = state->round_confirmed;
    if (round == 0 || state->round_latest - round >= RAFT_ROUNDS_KEPT || state->has_told) {
        return false;
    }
    double length = (double)state->params->election_timeout / (1 + state->params->clock_drift);
    sim_time passed = sim_local_clock(self) - state->round_began[round % RAFT_ROUNDS_KEPT];
    return passed >= 0 && (double)passed < length;
}

/* Nothing that was confirmed before it came proves anything for a read. */
void raft_read(struct sim_node *self, struct raft_state *state, sim_ticket ticket)
{
    uint64_t index = state->commit > state->begin_index ? state->commit : state->begin_index;
    if (state->params->read == RAFT_READ_LEASE && state->applied >= index &&
        has_lease(self, state)) {
        sim_count(self, RAFT_LEASE_READS, 1);
        raft_answer_read(self, state, ticket);
        return;
    }
    raft_queue_add(self, &state->reads, ticket, index, state->round_latest + 1);
    if (state->round_asked <= state->round_confirmed) {
        raft_round(self, state);
    } else {
        state->is_round_wanted = true;
    }
}

void raft_reads_serve(struct sim_node *self, struct raft_state *state)
{
    while (state->reads.first != 0) {
        const struct raft_pending *first = raft_pending_at(self, state->reads.first);
        if (first->round > state->round_confirmed || first->index > state->applied) {
            return;
        }
        struct raft_pending pending = raft_queue_take(self, &state->reads);
        const struct sim_request *request = sim_request_of(self, pending.ticket);
        sim_spend(self, request->span, SIM_CAUSE_NETWORK, sim_now(self) - pending.since);
        raft_answer_read(self, state, pending.ticket);
    }
}

void raft_reads_confirmed(struct sim_node *self, struct raft_state *state)
{
    raft_reads_serve(self, state);
    if (state->is_round_wanted && state->round_asked <= state->round_confirmed) {
        raft_round(self, state);
    }
}

/* Another member may lead: they were not served, and do no harm. */
void raft_reads_fail(struct sim_node *self, struct raft_state *state)
{
    while (state->reads.first != 0) {
        sim_ticket ticket = raft_queue_take(self, &state->reads).ticket;
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    }
}

/* The follower: what a leader sends is appended, and acknowledged when it is on disk (3.5).
 *
 * An append says what its entries stand on: index and term of the entry before them. Where a
 * follower has another one there, or none, it refuses and says where its log begins to differ, as
 * far as it can tell, so that a leader need not go back one by one (3.5, after figure 3.6: by
 * term). Entries that conflict with those of the leader are dropped with all that follow them.
 *
 * An acknowledgement names the last entry that is as the leader has it, and on disk. A heartbeat is
 * acknowledged at once, unless the term itself is not on disk yet.
 */
#include "store/raft/raft.h"

#define TERM_MASK ((UINT64_C(1) << RAFT_TERM_BITS) - 1)
#define APPENDED_REFUSED (UINT64_C(1) << RAFT_TERM_BITS)

/* ---- answers ---- */

void raft_acknowledge(struct sim_node *self, struct raft_state *state, sim_time waited)
{
    uint64_t durable = state->log.durable;
    uint64_t match = state->matched < durable ? state->matched : durable;
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->term, match, state->round, (uint64_t)waited};
    state->acked = match;
    sim_send_message(self, raft_id(state, state->leader), RAFT_APPENDED, words, RAFT_HEADER_BYTES);
}

void raft_follower_durable(struct sim_node *self, struct raft_state *state)
{
    if (state->role != RAFT_FOLLOWER || state->leader == RAFT_NOBODY ||
        state->ack_since == SIM_NEVER || state->log.state_at > state->log.synced) {
        return;
    }
    raft_acknowledge(self, state, sim_now(self) - state->ack_since);
    /* More may have come meanwhile, and the disk is at it. */
    state->ack_since = state->matched > state->acked ? sim_now(self) : SIM_NEVER;
}

void raft_refuse(struct sim_node *self, const struct raft_state *state, uint32_t to,
                 uint64_t before, uint64_t hint)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->term | APPENDED_REFUSED,
                                               before | hint << RAFT_INDEX_BITS, state->round};
    sim_send_message(self, raft_id(state, to), RAFT_APPENDED, words, RAFT_HEADER_BYTES);
}

/* ---- what does not fit ---- */

/* Where the leader should try next: behind the end, or at the first entry of the term that
 * conflicts. */
static uint64_t try_at(const struct raft_log *log, uint64_t before, uint64_t commit)
{
    if (before > log->last) {
        return log->last + 1;
    }
    uint64_t term = raft_log_term(log, before);
    uint64_t at = before;
    while (at > log->first && at > commit + 1 && raft_log_term(log, at - 1) == term) {
        at--;
    }
    return at;
}

void raft_writes_drop(struct sim_node *self, struct raft_state *state, uint64_t index)
{
    struct raft_queue kept = {0};
    while (state->writes.first != 0) {
        struct raft_pending pending = raft_queue_take(self, &state->writes);
        if (pending.index >= index) {
            sim_answer_status(self, pending.ticket, SIM_STATUS_TIMEOUT);
        } else {
            sim_frame frame = raft_queue_add(self, &kept, pending.ticket, pending.index, 0);
            raft_pending_at(self, frame)->since = pending.since;
        }
    }
    state->writes = kept;
}

static void take_entry(struct sim_node *self, struct raft_state *state, const uint64_t *words)
{
    struct raft_log *log = &state->log;
    struct raft_entry entry = {.word = words[0],
                               .key = words[1],
                               .value = words[2],
                               .expected = words[3],
                               .bytes = (int64_t)words[4]};
    uint64_t index = raft_word_index(entry.word);
    if (index <= state->commit) {
        return; /* committed, thus the same */
    }
    if (index <= log->last) {
        if (raft_log_term(log, index) == raft_word_term(entry.word)) {
            return;
        }
        raft_writes_drop(self, state, index);
        uint64_t voters = state->voters;
        raft_log_truncate(state, index);
        sim_count(self, RAFT_UNDONE, state->voters != voters);
    }
    raft_log_append(self, state, &entry);
}

/* ---- appends ---- */

/* Appends what came; the last entry that is as the leader has it. */
static uint64_t take(struct sim_node *self, struct raft_state *state, const struct sim_input *in,
                     uint64_t before)
{
    if (in->words[3] == 0) {
        return before;
    }
    uint64_t end = state->log.last;
    take_entry(self, state, in->words + 3);
    for (uint32_t i = 0; i + RAFT_ENTRY_WORDS <= in->body_count; i += RAFT_ENTRY_WORDS) {
        take_entry(self, state, in->body + i);
    }
    if (state->log.last != end || state->log.durable < state->log.last) {
        raft_log_sync(self, state);
    }
    return before + 1 + in->body_count / RAFT_ENTRY_WORDS;
}

static bool fits(const struct raft_state *state, uint64_t before, uint64_t before_term)
{
    const struct raft_log *log = &state->log;
    return before <= state->commit || /* thus the same, as long as nobody forgets a promise */
           (before <= log->last && raft_log_term(log, before) == before_term);
}

void raft_leader_heard(struct sim_node *self, struct raft_state *state, uint32_t leader,
                       uint64_t round)
{
    if (state->role != RAFT_FOLLOWER) {
        raft_step_down(self, state, state->term);
    }
    raft_leader_known(self, state, leader);
    state->heard = sim_now(self);
    raft_timer_reset(self, state, false);
    state->round = round > state->round ? round : state->round;
}

void raft_append(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    const uint64_t *words = in->words;
    uint32_t from = in->from - state->first_id;
    uint64_t before = raft_word_index(words[1]);
    uint64_t commit = words[1] >> RAFT_INDEX_BITS;
    if (!raft_term_seen(self, state, words[0] & TERM_MASK)) {
        raft_refuse(self, state, from, before, 0); /* its term is over */
        return;
    }
    raft_leader_heard(self, state, from, words[2]);
    if (!fits(state, before, words[0] >> RAFT_TERM_BITS)) {
        raft_refuse(self, state, from, before, try_at(&state->log, before, state->commit));
        return;
    }
    uint64_t matched = take(self, state, in, before);
    state->matched = matched > state->matched ? matched : state->matched;
    bool is_waiting = words[3] != 0 && matched > state->log.durable;
    if (is_waiting || state->log.state_at > state->log.synced) {
        state->ack_since = state->ack_since == SIM_NEVER ? sim_now(self) : state->ack_since;
    } else {
        raft_acknowledge(self, state, 0);
    }
    commit = commit < state->matched ? commit : state->matched;
    if (commit > state->commit) {
        raft_commit_to(self, state, commit);
    }
}

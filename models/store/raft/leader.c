/* The leader: from a proposal to its commit (3.5, 3.6), and how it knows that it still leads.
 *
 * An entry is appended to the leader's log and sent at once, while the leader's own disk is at work
 * (10.2.1). What has been sent and not acknowledged may grow to `pipeline` messages of `batch`
 * entries for each follower (10.2.2: pipelining and batching); an acknowledgement says how far the
 * follower's log is on disk. An entry of this term that a majority has on disk is committed, and
 * with it all that stand before it; one of an earlier term is never committed by counting (3.6.2).
 * Followers hear of the commit with what is sent to them next, a heartbeat at the latest.
 *
 * Heartbeats are numbered rounds. A round that a majority has acknowledged shows that this member
 * led when it began: reads need that (reads.c), and with check_quorum a leader that gets no such
 * answers for an election timeout steps down (6.2).
 *
 * A follower that does not know what the entries stand on is probed: it says how far back to go,
 * and gets one message until it agrees (3.5, and the way of etcd). What is lost is found missing at
 * the next heartbeat.
 */
#include "store/raft/raft.h"

/* ---- sending ---- */

/* The words of an append from `next` on; see follower.c for what is in them. */
static void send_append(struct sim_node *self, struct raft_state *state, uint32_t to,
                        uint64_t count)
{
    const struct raft_log *log = &state->log;
    struct raft_peer *peer = &state->peers[to];
    uint64_t before = peer->next - 1;
    uint64_t words[SIM_MESSAGE_WORDS] = {
        state->term | raft_log_term(log, before) << RAFT_TERM_BITS,
        before | state->commit << RAFT_INDEX_BITS,
        state->round_latest,
    };
    int64_t bytes = RAFT_HEADER_BYTES;
    sim_count(self, RAFT_APPENDS, 1);
    if (count > 0) {
        const struct raft_entry *entry = raft_entry_at(log, peer->next);
        words[3] = entry->word;
        words[4] = entry->key;
        words[5] = entry->value;
        words[6] = entry->expected;
        words[7] = (uint64_t)entry->bytes;
        bytes += entry->bytes;
    }
    if (count <= 1) {
        sim_send_message(self, raft_id(state, to), RAFT_APPEND, words, bytes);
        return;
    }
    uint64_t body[SIM_BODY_WORDS_MAX];
    uint32_t length = 0;
    for (uint64_t i = 1; i < count; i++) {
        const struct raft_entry *entry = raft_entry_at(log, peer->next + i);
        body[length++] = entry->word;
        body[length++] = entry->key;
        body[length++] = entry->value;
        body[length++] = entry->expected;
        body[length++] = (uint64_t)entry->bytes;
        bytes += RAFT_HEADER_BYTES / 2 + entry->bytes;
    }
    sim_send_message_with(self, raft_id(state, to), RAFT_APPEND, words, body, length, bytes);
}

/* One message with what there is, whatever is on its way. */
static void send_once(struct sim_node *self, struct raft_state *state, uint32_t to)
{
    struct raft_peer *peer = &state->peers[to];
    if (peer->next < state->log.first) {
        raft_snapshot_send(self, state, to);
        return;
    }
    uint64_t count = state->log.last + 1 - peer->next;
    uint64_t most = (uint64_t)state->params->batch;
    count = count < most ? count : most;
    send_append(self, state, to, count);
    if (!peer->is_probing) {
        peer->next += count;
    }
}

void raft_send_entries(struct sim_node *self, struct raft_state *state, uint32_t to)
{
    struct raft_peer *peer = &state->peers[to];
    uint64_t window = (uint64_t)(state->params->batch * state->params->pipeline);
    if (peer->next < state->log.first) {
        if (!peer->is_snapshot) {
            raft_snapshot_send(self, state, to); /* unless one is being written */
        }
        return;
    }
    while (!peer->is_probing && !peer->is_snapshot && peer->next <= state->log.last &&
           peer->next - 1 - peer->match < window) {
        send_once(self, state, to);
    }
}

static void send_all(struct sim_node *self, struct raft_state *state)
{
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && raft_is_reached(state, i)) {
            raft_send_entries(self, state, i);
        }
    }
}

/* ---- committing ---- */

static void sort_down(uint64_t *values, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        uint32_t at = i;
        for (; at > 0 && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

/* What a majority has: of matches, or of rounds. */
static uint64_t majority_of(const struct raft_state *state, bool is_round)
{
    uint64_t values[RAFT_MEMBERS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (!raft_is_voter(state, i)) {
            continue;
        }
        if (i == state->own) {
            values[count++] = is_round ? state->round_latest : state->log.durable;
        } else {
            values[count++] = is_round ? state->peers[i].round : state->peers[i].match;
        }
    }
    sort_down(values, count);
    return values[raft_majority(state) - 1];
}

/* 3.6.2: only entries of the leader's own term are committed by counting. */
static void advance(struct sim_node *self, struct raft_state *state)
{
    uint64_t index = majority_of(state, false);
    if (index <= state->commit || raft_log_term(&state->log, index) != state->term) {
        return;
    }
    raft_commit_to(self, state, index);
    raft_reads_serve(self, state);
    if (state->change_index != 0 && state->change_index <= index) {
        raft_membership_committed(self, state);
    }
}

void raft_leader_durable(struct sim_node *self, struct raft_state *state)
{
    if (state->role == RAFT_LEADER && state->log.durable > state->commit) {
        state->fsync_of_commit = 0;
        advance(self, state);
    }
}

uint64_t raft_propose(struct sim_node *self, struct raft_state *state, struct raft_entry *entry)
{
    uint64_t index = state->log.last + 1;
    sim_assert(index < UINT64_C(1) << RAFT_INDEX_BITS);
    entry->word = raft_entry_word(index, state->term, (unsigned)entry->word);
    raft_log_append(self, state, entry);
    raft_log_sync(self, state);
    send_all(self, state);
    if (state->params->fsync == NULL) {
        raft_leader_durable(self, state);
    }
    return index;
}

/* ---- rounds ---- */

static void heartbeat_all(struct sim_node *self, struct raft_state *state)
{
    state->round_latest++;
    state->round_began[state->round_latest % RAFT_ROUNDS_KEPT] = sim_local_clock(self);
    state->is_round_wanted = false;
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && raft_is_reached(state, i)) {
            if (state->peers[i].next < state->log.first || state->peers[i].is_snapshot) {
                raft_snapshot_send(self, state, i);
            } else {
                send_append(self, state, i, 0);
            }
        }
    }
    if (state->voters == UINT64_C(1) << state->own) {
        state->round_confirmed = state->round_latest;
        raft_reads_confirmed(self, state);
    }
}

void raft_round(struct sim_node *self, struct raft_state *state)
{
    sim_count(self, RAFT_ROUNDS, 1);
    state->round_asked = state->round_latest + 1;
    heartbeat_all(self, state);
}

void raft_peer_heard(struct sim_node *self, struct raft_state *state, uint32_t member,
                     uint64_t round)
{
    struct raft_peer *peer = &state->peers[member];
    peer->heard = sim_now(self);
    if (round <= peer->round) {
        return;
    }
    peer->round = round;
    uint64_t confirmed = majority_of(state, true);
    if (confirmed > state->round_confirmed) {
        state->round_confirmed = confirmed;
        raft_reads_confirmed(self, state);
    }
}

/* 6.2 */
static bool has_quorum(struct sim_node *self, const struct raft_state *state)
{
    uint32_t heard = raft_is_voter(state, state->own);
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && raft_is_voter(state, i)) {
            heard += sim_now(self) - state->peers[i].heard <= state->params->election_timeout;
        }
    }
    return heard >= raft_majority(state);
}

static sim_time period(const struct raft_params *params)
{
    return params->heartbeat == SIM_NEVER ? params->election_timeout / 2 : params->heartbeat;
}

void raft_heartbeat(struct sim_node *self, struct raft_state *state, uint64_t term)
{
    if (state->role != RAFT_LEADER || state->term != term) {
        return;
    }
    if (state->params->check_quorum && !has_quorum(self, state)) {
        sim_count(self, RAFT_STEPS_DOWN, 1);
        raft_step_down(self, state, state->term);
        return;
    }
    for (uint32_t i = 0; i < state->member_count; i++) {
        struct raft_peer *peer = &state->peers[i];
        if (sim_now(self) - peer->heard > state->params->election_timeout) {
            peer->is_snapshot = false; /* it may have gone; or it says again what it needs */
        }
    }
    raft_membership_look(self, state);
    raft_transfer_look(self, state);
    heartbeat_all(self, state);
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && raft_is_reached(state, i)) {
            raft_send_entries(self, state, i);
        }
    }
    sim_after(self, period(state->params), RAFT_TIMER_HEARTBEAT, term);
}

/* ---- acknowledgements ---- */

static void refused(struct sim_node *self, struct raft_state *state, uint32_t from,
                    const uint64_t *words)
{
    struct raft_peer *peer = &state->peers[from];
    uint64_t before = raft_word_index(words[1]);
    uint64_t hint = words[1] >> RAFT_INDEX_BITS;
    sim_count(self, RAFT_REJECTS, 1);
    if (peer->is_snapshot || before <= peer->match ||
        (peer->is_probing && before != peer->next - 1)) {
        return; /* of a message that has been overtaken */
    }
    peer->is_probing = true;
    hint = hint <= state->log.last ? hint : state->log.last + 1;
    peer->next = hint > peer->match ? hint : peer->match + 1;
    send_once(self, state, from);
}

void raft_appended(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    const uint64_t *words = in->words;
    uint32_t from = in->from - state->first_id;
    if (!raft_term_seen(self, state, words[0] & ((UINT64_C(1) << RAFT_TERM_BITS) - 1)) ||
        state->role != RAFT_LEADER) {
        return;
    }
    struct raft_peer *peer = &state->peers[from];
    raft_peer_heard(self, state, from, words[2]);
    if (state->role != RAFT_LEADER) {
        return;
    }
    if (words[0] >> RAFT_TERM_BITS != 0) {
        refused(self, state, from, words);
        return;
    }
    uint64_t match = words[1] < state->log.last ? words[1] : state->log.last;
    if (match > peer->match) {
        peer->match = match;
        peer->next = peer->next > match ? peer->next : match + 1;
        if (match > state->commit) {
            state->fsync_of_commit = (sim_time)words[3];
            advance(self, state);
        }
    }
    if (peer->is_snapshot && match >= state->snapshot.index) {
        peer->is_snapshot = false; /* it begins from there */
        peer->next = match + 1;
    }
    if (peer->is_probing && !peer->is_snapshot && match + 1 >= peer->next) {
        peer->is_probing = false;
    }
    if (state->role == RAFT_LEADER) {
        if (from == state->learner.member) {
            raft_membership_caught_up(self, state);
        }
        raft_send_entries(self, state, from);
        raft_transfer_ready(self, state);
    }
}

/* ---- the beginning ---- */

/* 3.4 and 6.4: the first thing that it does is to commit an entry of its own term. */
void raft_lead(struct sim_node *self, struct raft_state *state)
{
    for (uint32_t i = 0; i < state->member_count; i++) {
        state->peers[i] = (struct raft_peer){.next = state->log.last + 1, .heard = sim_now(self)};
    }
    state->begin_index = state->log.last + 1;
    state->round_latest = state->round_confirmed = state->round_asked = 0;
    state->is_round_wanted = false;
    state->transfer_to = RAFT_NOBODY;
    state->transfer_until = 0;
    state->has_told = false;
    state->change_index = raft_is_voter(state, state->own) ? 0 : state->begin_index;
    state->learner = (struct raft_learner){.member = RAFT_NOBODY};
    struct raft_entry entry = {.word = RAFT_OP_CONFIG, .value = state->voters};
    raft_propose(self, state, &entry);
    heartbeat_all(self, state);
    sim_after(self, period(state->params), RAFT_TIMER_HEARTBEAT, state->term);
}

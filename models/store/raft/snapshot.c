/* Snapshots: the keys as they are, in place of the log that made them (chapter 5).
 *
 * When `snapshot` entries have been applied since the last one a member writes all its keys to
 * disk; when they are there its log keeps `snapshot_keep` entries before the snapshot, for
 * followers that are not far behind (5.1). A follower that needs older ones is sent what is on the
 * leader's disk, in chunks, each of which it acknowledges (5.1, figure 5.3); meanwhile the leader
 * makes no new one. The follower writes it to its own disk and then begins from there; what its log
 * had beyond it stays if it is the same history.
 *
 * Left out: that writing one takes processor time and memory (5.1.1), and reading it back after a
 * crash takes time.
 */
#include "store/raft/raft.h"

#define SNAPSHOT_LOG 1
#define CELL_WORDS 4u
#define CELL_DELETED 1u
#define CELL_TOKEN 2u

/* ---- to disk ---- */

static int64_t cell_bytes(const struct raft_state *state, bool is_deleted)
{
    return RAFT_HEADER_BYTES / 2 + (is_deleted ? 0 : state->params->value_bytes);
}

static void append_cells(struct sim_node *self, const struct raft_state *state,
                         const struct cells *cells, uint64_t flags)
{
    for (uint32_t i = 0; i < cells->count; i++) {
        const struct cell *cell = cells_at(cells, i);
        struct sim_log_record record = {.words = {cell->key, cell->value, cell->version,
                                                  flags | (cell->is_deleted ? CELL_DELETED : 0)},
                                        .bytes = cell_bytes(state, cell->is_deleted || flags != 0)};
        sim_log_append(self, SNAPSHOT_LOG, &record);
    }
}

static void take_cell(const uint64_t words[CELL_WORDS], struct cells *cells, struct cells *tokens)
{
    bool is_token = (words[3] & CELL_TOKEN) != 0;
    *cells_put(is_token ? tokens : cells, words[0]) =
        (struct cell){words[0], words[1], words[2], (words[3] & CELL_DELETED) != 0};
}

/* The keys take the place of the snapshot on disk, all at once when the sync completes. */
static void write_cells(struct sim_node *self, struct raft_state *state, const struct cells *cells,
                        const struct cells *tokens)
{
    const struct raft_snapshot *snapshot = &state->snapshot;
    uint64_t begin = sim_log_end(self, SNAPSHOT_LOG);
    struct sim_log_record record = {.words = {snapshot->writing_index, snapshot->writing_term,
                                              snapshot->writing_voters,
                                              (uint64_t)cells->count + tokens->count},
                                    .bytes = RAFT_HEADER_BYTES};
    sim_log_append(self, SNAPSHOT_LOG, &record);
    append_cells(self, state, cells, 0);
    append_cells(self, state, tokens, CELL_TOKEN);
    sim_log_forget(self, SNAPSHOT_LOG, begin);
    sim_count(self, RAFT_SNAPSHOTS, 1);
    sim_log_sync(self, SNAPSHOT_LOG, state->params->fsync, 0, RAFT_SNAPSHOT_TAG);
}

static bool is_sending(const struct raft_state *state)
{
    for (uint32_t i = 0; state->role == RAFT_LEADER && i < state->member_count; i++) {
        if (state->peers[i].is_snapshot) {
            return true;
        }
    }
    return false;
}

/* What it guards is yet to be carried out. */
static bool is_at_token(const struct raft_state *state)
{
    const struct raft_entry *entry = raft_entry_at(&state->log, state->applied);
    return raft_word_operation(entry->word) == RAFT_OP_TOKEN;
}

void raft_snapshot_due(struct sim_node *self, struct raft_state *state)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    uint64_t period = (uint64_t)state->params->snapshot;
    if (period == 0 || state->applied - snapshot->index < period || snapshot->writing_index != 0 ||
        state->voters_index > state->applied || is_sending(state) || is_at_token(state)) {
        return;
    }
    snapshot->writing_index = state->applied;
    snapshot->writing_term = raft_log_term(&state->log, state->applied);
    snapshot->writing_voters = state->voters;
    write_cells(self, state, &state->cells, &state->tokens);
}

static void begin_from(struct sim_node *self, struct raft_state *state);

void raft_snapshot_synced(struct sim_node *self, struct raft_state *state)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    snapshot->index = snapshot->writing_index;
    snapshot->term = snapshot->writing_term;
    snapshot->voters = snapshot->writing_voters;
    snapshot->writing_index = 0;
    if (snapshot->has_taken) {
        begin_from(self, state);
    }
    uint64_t keep = (uint64_t)state->params->snapshot_keep;
    if (snapshot->index > keep) {
        raft_log_compact(self, state, snapshot->index - keep + 1);
    }
}

void raft_snapshot_recover(struct sim_node *self, struct raft_state *state)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    uint64_t begin = sim_log_begin(self, SNAPSHOT_LOG);
    uint64_t end = sim_log_end(self, SNAPSHOT_LOG);
    if (begin < end && sim_log_at(self, SNAPSHOT_LOG, end - 1)->is_torn) {
        sim_log_truncate(self, SNAPSHOT_LOG, --end);
    }
    if (begin == end) {
        return;
    }
    const struct sim_log_record *head = sim_log_at(self, SNAPSHOT_LOG, begin);
    snapshot->index = head->words[0];
    snapshot->term = head->words[1];
    snapshot->voters = head->words[2];
    state->voters = snapshot->voters;
    for (uint64_t i = begin + 1; i <= begin + head->words[3]; i++) {
        take_cell(sim_log_at(self, SNAPSHOT_LOG, i)->words, &state->cells, &state->tokens);
    }
    state->commit = state->applied = snapshot->index;
}

/* ---- to a follower ---- */

static void send_chunk(struct sim_node *self, struct raft_state *state, uint32_t to)
{
    struct raft_peer *peer = &state->peers[to];
    uint64_t begin = sim_log_begin(self, SNAPSHOT_LOG);
    uint64_t total = sim_log_at(self, SNAPSHOT_LOG, begin)->words[3];
    uint64_t left = total - peer->snapshot_offset;
    uint64_t most = (uint64_t)state->params->snapshot_chunk;
    uint32_t count = (uint32_t)(left < most ? left : most);
    uint64_t body[SIM_BODY_WORDS_MAX];
    int64_t bytes = RAFT_HEADER_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_log_record *record =
            sim_log_at(self, SNAPSHOT_LOG, begin + 1 + peer->snapshot_offset + i);
        for (uint32_t word = 0; word < CELL_WORDS; word++) {
            body[CELL_WORDS * i + word] = record->words[word];
        }
        bytes += record->bytes;
    }
    const struct raft_snapshot *snapshot = &state->snapshot;
    const uint64_t words[SIM_MESSAGE_WORDS] = {
        state->term, snapshot->index,       snapshot->term,     snapshot->voters,
        total,       peer->snapshot_offset, state->round_latest};
    sim_count(self, RAFT_SNAPSHOT_BYTES, (uint64_t)bytes);
    if (count == 0) {
        sim_send_message(self, raft_id(state, to), RAFT_SNAPSHOT, words, bytes);
    } else {
        sim_send_message_with(self, raft_id(state, to), RAFT_SNAPSHOT, words, body,
                              CELL_WORDS * count, bytes);
    }
}

void raft_snapshot_send(struct sim_node *self, struct raft_state *state, uint32_t to)
{
    struct raft_peer *peer = &state->peers[to];
    if (!peer->is_snapshot) {
        if (state->snapshot.writing_index != 0) {
            return; /* the next heartbeat tries again */
        }
        peer->is_snapshot = true;
        peer->is_probing = true;
        peer->snapshot_offset = 0;
        sim_count(self, RAFT_SNAPSHOTS_SENT, 1);
    }
    send_chunk(self, state, to);
}

void raft_snapshot_taken(struct sim_node *self, struct raft_state *state,
                         const struct sim_input *in)
{
    uint32_t from = in->from - state->first_id;
    if (!raft_term_seen(self, state, in->words[0]) || state->role != RAFT_LEADER) {
        return;
    }
    struct raft_peer *peer = &state->peers[from];
    raft_peer_heard(self, state, from, in->words[3]);
    bool is_news = peer->is_snapshot && in->words[1] == state->snapshot.index &&
                   in->words[2] != peer->snapshot_offset;
    if (is_news && state->role == RAFT_LEADER) {
        peer->snapshot_offset = (uint32_t)in->words[2];
        send_chunk(self, state, from);
    }
}

/* ---- at a follower ---- */

/* Begins from the snapshot that is on disk now. */
static void begin_from(struct sim_node *self, struct raft_state *state)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    snapshot->has_taken = false;
    uint64_t index = snapshot->index;
    if (index > state->commit) {
        bool is_same = index >= state->log.first && index <= state->log.last &&
                       raft_log_term(&state->log, index) == snapshot->term;
        raft_writes_drop(self, state, 0);
        cells_clear(&state->cells);
        cells_clear(&state->tokens);
        state->cells = snapshot->taking;
        state->tokens = snapshot->taking_tokens;
        snapshot->taking = snapshot->taking_tokens = (struct cells){0};
        state->commit = state->applied = index;
        if (!is_same) {
            raft_log_reset(self, state, index, snapshot->term);
        }
        raft_voters_recall(state);
    }
    state->matched = index > state->matched ? index : state->matched;
    if (state->role == RAFT_FOLLOWER && state->leader != RAFT_NOBODY) {
        raft_acknowledge(self, state, 0);
    }
}

/* All of it came. */
static void complete(struct sim_node *self, struct raft_state *state)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    if (snapshot->writing_index != 0) {
        return; /* one at a time; the leader asks again */
    }
    snapshot->writing_index = snapshot->taking_index;
    snapshot->writing_term = snapshot->taking_term;
    snapshot->writing_voters = snapshot->taking_voters;
    snapshot->has_taken = true;
    write_cells(self, state, &snapshot->taking, &snapshot->taking_tokens);
}

static uint64_t taken(const struct raft_snapshot *snapshot)
{
    return (uint64_t)snapshot->taking.count + snapshot->taking_tokens.count;
}

static void take_chunk(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    uint64_t offset = in->words[5];
    if (snapshot->taking_index != in->words[1] || offset == 0) {
        cells_clear(&snapshot->taking);
        cells_clear(&snapshot->taking_tokens);
        cells_init(&snapshot->taking);
        cells_init(&snapshot->taking_tokens);
        snapshot->taking_index = in->words[1];
        snapshot->taking_term = in->words[2];
        snapshot->taking_voters = in->words[3];
    }
    for (uint32_t i = 0; offset == taken(snapshot) && i < in->body_count;) {
        take_cell(in->body + i, &snapshot->taking, &snapshot->taking_tokens);
        i += CELL_WORDS;
        offset += 1;
    }
    if (taken(snapshot) == in->words[4]) {
        complete(self, state);
    }
}

void raft_snapshot_message(struct sim_node *self, struct raft_state *state,
                           const struct sim_input *in)
{
    struct raft_snapshot *snapshot = &state->snapshot;
    if (!raft_term_seen(self, state, in->words[0])) {
        raft_refuse(self, state, in->from - state->first_id, 0, 0);
        return;
    }
    raft_leader_heard(self, state, in->from - state->first_id, in->words[6]);
    if (in->words[1] <= state->commit) {
        state->matched = state->commit > state->matched ? state->commit : state->matched;
        raft_acknowledge(self, state, 0);
        return;
    }
    if (!snapshot->has_taken) {
        take_chunk(self, state, in);
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->term, snapshot->taking_index, taken(snapshot),
                                               state->round};
    sim_send_message(self, in->from, RAFT_TAKEN, words, RAFT_HEADER_BYTES);
}

void raft_snapshot_clear(struct raft_snapshot *snapshot)
{
    cells_clear(&snapshot->taking);
    cells_clear(&snapshot->taking_tokens);
}

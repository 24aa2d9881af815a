/* Snapshots: the keys as they are and the greatest fencing token of each, in place of the slots
 * that made them (Chandra, Griesemer, Redstone, "Paxos made live", PODC 2007, section 5.5; "Paxos
 * made moderately complex", section 4.2).
 *
 * Every member makes its own, when `snapshot` slots have been executed since the last one. When it
 * is on disk, slots are forgotten but for the `snapshot_keep` before it, which members that are not
 * far behind are sent. Who needs older ones, to learn or to lead, is sent what is on disk, in
 * chunks, for each of which it asks; meanwhile no new one is made. When it has all of it, it goes
 * on from there, and writes it to its own disk.
 *
 * Promises stay on disk, and what was accepted in the slots after the snapshot (acceptor.c).
 *
 * Left out: the time to read it back after a crash; members that take turns in making one, so as
 * not to be slow at once.
 */
#include "store/paxos/paxos.h"

#define SNAPSHOT_LOG 1
#define CELL_WORDS 4u
#define CELL_DELETED 1u
#define CELL_TOKEN 2u

static int64_t cell_bytes(const struct paxos_params *params, bool is_deleted)
{
    return PAXOS_HEADER_BYTES / 2 + (is_deleted ? 0 : params->value_bytes);
}

/* ---- to disk ---- */

static void append_cells(struct sim_node *self, const struct cells *cells, uint64_t flags)
{
    const struct paxos_params *params = sim_params(self);
    for (uint32_t i = 0; i < cells->count; i++) {
        const struct cell *cell = cells_at(cells, i);
        struct sim_log_record record = {.words = {cell->key, cell->value, cell->version,
                                                  flags | (cell->is_deleted ? CELL_DELETED : 0)},
                                        .bytes =
                                            cell_bytes(params, cell->is_deleted || flags != 0)};
        sim_log_append(self, SNAPSHOT_LOG, &record);
    }
}

static void take_cell(const uint64_t words[CELL_WORDS], struct cells *cells, struct cells *tokens)
{
    bool is_token = (words[3] & CELL_TOKEN) != 0;
    *cells_put(is_token ? tokens : cells, words[0]) =
        (struct cell){words[0], words[1], words[2], (words[3] & CELL_DELETED) != 0};
}

/* All at once, when the sync completes. */
static void write_cells(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t begin = sim_log_end(self, SNAPSHOT_LOG);
    struct sim_log_record record = {
        .words = {state->executed, (uint64_t)state->cells.count + state->tokens.count},
        .bytes = PAXOS_HEADER_BYTES};
    sim_log_append(self, SNAPSHOT_LOG, &record);
    append_cells(self, &state->cells, 0);
    append_cells(self, &state->tokens, CELL_TOKEN);
    sim_log_forget(self, SNAPSHOT_LOG, begin);
    state->snapshot.writing = state->executed;
    sim_count(self, PAXOS_SNAPSHOTS, 1);
    if (params->fsync == NULL) {
        paxos_snapshot_synced(self);
    } else {
        sim_log_sync(self, SNAPSHOT_LOG, params->fsync, 0, PAXOS_SNAPSHOT_TAG);
    }
}

void paxos_snapshot_due(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    const struct paxos_snapshot *snapshot = &state->snapshot;
    uint64_t period = (uint64_t)params->snapshot;
    bool is_sending =
        snapshot->index != 0 && sim_now(self) - snapshot->asked < params->election_timeout;
    if (period != 0 && state->executed - snapshot->index >= period && snapshot->writing == 0 &&
        !is_sending) {
        write_cells(self);
    }
}

void paxos_snapshot_synced(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t keep = (uint64_t)params->snapshot_keep;
    state->snapshot.index = state->snapshot.writing;
    state->snapshot.writing = 0;
    if (state->snapshot.index > keep) {
        paxos_forget(self, state->snapshot.index - keep + 1);
    }
}

void paxos_snapshot_recover(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    uint64_t begin = sim_log_begin(self, SNAPSHOT_LOG);
    uint64_t end = sim_log_end(self, SNAPSHOT_LOG);
    if (begin < end && sim_log_at(self, SNAPSHOT_LOG, end - 1)->is_torn) {
        sim_log_truncate(self, SNAPSHOT_LOG, --end);
    }
    if (begin == end) {
        return;
    }
    const struct sim_log_record *head = sim_log_at(self, SNAPSHOT_LOG, begin);
    state->executed = state->snapshot.index = head->words[0];
    for (uint64_t i = begin + 1; i <= begin + head->words[1]; i++) {
        take_cell(sim_log_at(self, SNAPSHOT_LOG, i)->words, &state->cells, &state->tokens);
    }
    paxos_slots_init(&state->slots, state->executed + 1);
}

/* ---- to a member that is behind ---- */

void paxos_snapshot_send(struct sim_node *self, sim_node_id to, uint64_t taking, uint64_t offset)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    struct paxos_snapshot *snapshot = &state->snapshot;
    if (snapshot->writing != 0) {
        return; /* it asks again */
    }
    uint64_t begin = sim_log_begin(self, SNAPSHOT_LOG);
    uint64_t total = sim_log_at(self, SNAPSHOT_LOG, begin)->words[1];
    offset = taking == snapshot->index && offset < total ? offset : 0;
    uint64_t most = (uint64_t)params->snapshot_chunk, left = total - offset;
    uint32_t count = (uint32_t)(left < most ? left : most);
    uint64_t body[SIM_BODY_WORDS_MAX];
    int64_t bytes = PAXOS_HEADER_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_log_record *record =
            sim_log_at(self, SNAPSHOT_LOG, begin + 1 + offset + i);
        for (uint32_t word = 0; word < CELL_WORDS; word++) {
            body[CELL_WORDS * i + word] = record->words[word];
        }
        bytes += record->bytes;
    }
    snapshot->asked = sim_now(self);
    sim_count(self, PAXOS_SNAPSHOTS_SENT, offset == 0);
    sim_count(self, PAXOS_SNAPSHOT_BYTES, (uint64_t)bytes);
    const uint64_t words[SIM_MESSAGE_WORDS] = {snapshot->index, total, offset};
    if (count == 0) {
        sim_send_message(self, to, PAXOS_SNAPSHOT, words, bytes);
    } else {
        sim_send_message_with(self, to, PAXOS_SNAPSHOT, words, body, CELL_WORDS * count, bytes);
    }
}

uint64_t paxos_snapshot_taken(const struct paxos_snapshot *snapshot)
{
    return (uint64_t)snapshot->cells.count + snapshot->tokens.count;
}

/* All of it is there: goes on from it. */
static void install(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    cells_clear(&state->cells);
    cells_clear(&state->tokens);
    state->cells = state->snapshot.cells;
    state->tokens = state->snapshot.tokens;
    state->snapshot.cells = state->snapshot.tokens = (struct cells){0};
    state->executed = state->snapshot.taking;
    state->snapshot.taking = 0;
    paxos_slots_forget(&state->slots, state->executed + 1);
    write_cells(self);
    paxos_execute(self);
}

void paxos_snapshot_take(struct sim_node *self, const struct sim_input *in)
{
    struct paxos_state *state = sim_state(self);
    struct paxos_snapshot *snapshot = &state->snapshot;
    uint64_t index = in->words[0], total = in->words[1], offset = in->words[2];
    /* Who leads has all that it needs from those who have promised. */
    if (index <= state->executed || snapshot->writing != 0 || state->role == PAXOS_LEADER) {
        return;
    }
    if (snapshot->taking != index) {
        cells_clear(&snapshot->cells);
        cells_clear(&snapshot->tokens);
        cells_init(&snapshot->cells);
        cells_init(&snapshot->tokens);
        snapshot->taking = index;
    }
    if (offset != paxos_snapshot_taken(snapshot)) {
        return; /* it was there already */
    }
    for (uint32_t i = 0; i < in->body_count; i += CELL_WORDS) {
        take_cell(&in->body[i], &snapshot->cells, &snapshot->tokens);
    }
    if (paxos_snapshot_taken(snapshot) == total) {
        install(self);
    }
    paxos_ask(self, in->from);
}

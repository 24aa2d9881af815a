/* The log of a member: what was written, in one order, on disk and in memory.
 *
 * A record is durable when an fsync has covered it; one at a time, each covers all that was
 * appended before it began (group commit; see store.single). Without `fsync` nobody waits, the log
 * is synced every `sync_period`, and a crash takes what came since (MySQL: sync_binlog = 1 and 0).
 *
 * Two logs that agree on the epoch of a record agree on all before it, since an epoch has one
 * writer (Kafka KIP-101, "leader epoch"; the log matching property of Raft, Ongaro and Ousterhout,
 * USENIX ATC 2014, section 5.3; PostgreSQL: timelines).
 *
 * Left out: the log is never shortened, and reading it after a crash takes no time (store.single
 * has that).
 */
#include "store/effect.h"
#include "store/leader/leader.h"

uint64_t leader_end(const struct sim_node *self)
{
    return sim_log_end(self, LEADER_LOG);
}

uint64_t leader_stable(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    return state->params->fsync != NULL ? sim_log_durable(self, LEADER_LOG) : leader_end(self);
}

struct leader_record leader_record_of(const uint64_t words[SIM_LOG_WORDS])
{
    return (struct leader_record){.cell = {.key = words[0],
                                           .value = words[1],
                                           .version = words[2],
                                           .is_deleted = (words[3] & LEADER_DELETED) != 0},
                                  .acknowledged = words[3] >> LEADER_FLAG_BITS,
                                  .is_nothing = (words[3] & LEADER_NOTHING) != 0,
                                  .is_token = (words[3] & LEADER_TOKEN) != 0};
}

struct leader_record leader_record_at(struct sim_node *self, uint64_t index)
{
    return leader_record_of(sim_log_at(self, LEADER_LOG, index)->words);
}

void leader_carry_out(struct leader_state *state, const struct leader_record *record)
{
    const struct cell *cell = &record->cell;
    if (record->is_token) {
        effect_remember_token(&state->tokens, cell->key, cell->value, cell->version);
    } else if (!record->is_nothing) {
        *cells_put(&state->seen, cell->key) = *cell;
    }
}

uint64_t leader_last(struct sim_node *self, uint64_t end)
{
    return end == 0 ? 1 : sim_log_at(self, LEADER_LOG, end - 1)->words[2];
}

struct cell leader_cell(struct sim_node *self, const struct cells *cells, uint64_t key)
{
    const struct leader_state *state = sim_state(self);
    const struct cell *cell = cells_find(cells, key);
    bool exists = state->params->keys < 0 || key < (uint64_t)state->params->keys;
    return cell != NULL ? *cell : (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

/* ---- the disk ---- */

static void want_sync(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (state->is_syncing) {
        return;
    }
    state->is_syncing = true;
    if (state->params->fsync != NULL) {
        sim_log_sync(self, LEADER_LOG, state->params->fsync, 0, 0);
    } else {
        sim_after(self, state->params->sync_period, LEADER_TIMER_SYNC, 0);
    }
}

void leader_sync_due(struct sim_node *self)
{
    sim_log_sync(self, LEADER_LOG, NULL, 0, 0);
}

void leader_log_synced(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->is_syncing = false;
    if (sim_log_durable(self, LEADER_LOG) < leader_end(self)) {
        want_sync(self);
    }
}

void leader_append(struct sim_node *self, const struct leader_record *record)
{
    const struct leader_state *state = sim_state(self);
    struct sim_log_record entry = {
        .words = {record->cell.key, record->cell.value, record->cell.version,
                  record->acknowledged << LEADER_FLAG_BITS |
                      (record->is_nothing ? LEADER_NOTHING : 0u) |
                      (record->is_token ? LEADER_TOKEN : 0u) |
                      (record->cell.is_deleted ? LEADER_DELETED : 0u)},
        .bytes = LEADER_HEADER_BYTES +
                 (record->is_nothing || record->is_token ? 0 : state->params->value_bytes)};
    sim_log_append(self, LEADER_LOG, &entry);
    want_sync(self);
}

/* ---- cutting ---- */

uint64_t leader_end_of_epoch(struct sim_node *self, uint64_t epoch)
{
    uint64_t low = 0, high = leader_end(self); /* epochs do not fall along the log */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (leader_epoch_of(sim_log_at(self, LEADER_LOG, middle)->words[2]) <= epoch) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Of the records from `end` on: how many it wrote as a leader and had answered for. */
static uint64_t count_lost(struct sim_node *self, uint64_t end)
{
    const struct leader_state *state = sim_state(self);
    uint64_t lost = 0;
    for (uint64_t i = end; i < leader_end(self); i++) {
        uint64_t epoch = leader_epoch_of(sim_log_at(self, LEADER_LOG, i)->words[2]);
        bool is_own = epoch % state->count == state->own;
        struct leader_record record = leader_record_at(self, i);
        lost += is_own && i < state->committed && !record.is_nothing && !record.is_token;
    }
    return lost;
}

void leader_truncate(struct sim_node *self, uint64_t end)
{
    struct leader_state *state = sim_state(self);
    if (end >= leader_end(self)) {
        return;
    }
    sim_count(self, LEADER_DROPPED, leader_end(self) - end);
    sim_count(self, LEADER_LOST, count_lost(self, end));
    sim_log_truncate(self, LEADER_LOG, end);
    state->committed = state->committed < end ? state->committed : end;
    if (state->applied > end) { /* as pg_rewind does: what was carried out is undone */
        cells_clear(&state->seen);
        cells_clear(&state->tokens);
        cells_init(&state->seen);
        cells_init(&state->tokens);
        for (uint64_t i = 0; i < end; i++) {
            struct leader_record record = leader_record_at(self, i);
            leader_carry_out(state, &record);
        }
        state->applied = end;
    }
    want_sync(self);
    leader_tell_unapplied(self);
}

/* ---- lives ---- */

void leader_recover(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    uint64_t end = leader_end(self);
    if (end > 0 && sim_log_at(self, LEADER_LOG, end - 1)->is_torn) {
        sim_log_truncate(self, LEADER_LOG, --end); /* a checksum says so */
    }
    for (uint64_t i = 0; i < end; i++) {
        struct leader_record record = leader_record_at(self, i);
        leader_carry_out(state, &record);
        state->committed =
            record.acknowledged > state->committed ? record.acknowledged : state->committed;
    }
    if (state->params->mode == MODE_ASYNC) {
        state->committed = end; /* answered as soon as it was on disk */
    }
    state->applied = end;
    uint64_t promises = sim_log_end(self, LEADER_PROMISES);
    for (uint64_t i = sim_log_begin(self, LEADER_PROMISES); i < promises; i++) {
        const struct sim_log_record *record = sim_log_at(self, LEADER_PROMISES, i);
        if (!record->is_torn && record->words[0] > state->epoch) {
            state->epoch = record->words[0];
        }
    }
    uint64_t epoch = leader_epoch_of(leader_last(self, end));
    state->epoch = epoch > state->epoch ? epoch : state->epoch;
}

/* The log of store.single: what is appended, which fsync covers it, and recovery; see single.c. */
#include "store/effect.h"
#include "store/single/single.h"

/* ---- the maps ---- */

struct cell single_cell_of(struct sim_node *self, const struct cells *cells, uint64_t key)
{
    const struct single_params *params = sim_params(self);
    const struct cell *cell = cells_find(cells, key);
    bool exists = params->keys < 0 || key < (uint64_t)params->keys;
    return cell != NULL ? *cell : (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

const struct cells *single_seen_cells(struct sim_node *self)
{
    const struct single_state *state = sim_state(self);
    return single_is_waiting(sim_params(self)) ? &state->seen : &state->latest;
}

void single_become_visible(struct sim_node *self, const struct cell *cell)
{
    struct single_state *state = sim_state(self);
    if (single_is_waiting(sim_params(self))) {
        *cells_put(&state->seen, cell->key) = *cell;
    }
    state->seen_version = cell->version;
    sim_commit(self, cell->key, cell->version);
    sim_count(self, SINGLE_METRIC_COMMITS, 1);
    followers_tell(self, &state->followers,
                   (struct sim_item){.key = cell->key, .version = cell->version},
                   SINGLE_METRIC_UNSENT);
}

#define TOKEN_ALONE 0u /* the version of what is no version: the value is a fencing token */

static struct cell cell_in_log(struct sim_node *self, uint64_t index)
{
    const struct sim_log_record *record = sim_log_at(self, SINGLE_LOG_WRITES, index);
    return (struct cell){.key = record->words[0],
                         .value = record->words[1],
                         .version = record->words[2],
                         .is_deleted = (record->words[3] & 1) != 0};
}

/* ---- the log ---- */

static void want_sync(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    if (state->is_syncing) {
        return;
    }
    state->is_syncing = true;
    if (params->fsync != NULL) {
        single_sync(self);
    } else {
        sim_after(self, params->sync_period, SINGLE_TIMER_SYNC, 0);
    }
}

void single_append(struct sim_node *self, const struct cell *cell, uint64_t token)
{
    const struct single_params *params = sim_params(self);
    struct sim_log_record record = {
        .words = {cell->key, cell->value, cell->version, token << 1 | cell->is_deleted},
        .bytes = SINGLE_RECORD_BYTES + params->value_bytes};
    sim_log_append(self, SINGLE_LOG_WRITES, &record);
    want_sync(self);
}

void single_append_token(struct sim_node *self, uint64_t key, uint64_t token)
{
    struct sim_log_record record = {.words = {key, token, TOKEN_ALONE},
                                    .bytes = SINGLE_RECORD_BYTES};
    sim_log_append(self, SINGLE_LOG_WRITES, &record);
    want_sync(self);
}

void single_sync(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    sim_count(self, SINGLE_METRIC_SYNCS, 1);
    sim_count(self, SINGLE_METRIC_GROUP,
              sim_log_end(self, SINGLE_LOG_WRITES) - sim_log_durable(self, SINGLE_LOG_WRITES));
    sim_log_sync(self, SINGLE_LOG_WRITES, params->fsync, 0, sim_log_end(self, SINGLE_LOG_WRITES));
}

void single_on_synced(struct sim_node *self, uint64_t end)
{
    struct single_state *state = sim_state(self);
    if (end == 0) { /* of a checkpoint */
        return;
    }
    state->is_syncing = false;
    while (single_is_waiting(sim_params(self)) && state->seen_end < end) {
        struct cell cell = cell_in_log(self, state->seen_end++);
        if (cell.version != TOKEN_ALONE) {
            single_become_visible(self, &cell);
        }
    }
    while (state->first_waiting != 0 && single_job_at(self, state->first_waiting)->end <= end) {
        sim_frame frame = state->first_waiting;
        struct single_job *job = single_job_at(self, frame);
        const struct sim_request *request = sim_request_of(self, job->ticket);
        sim_spend(self, request->span, SIM_CAUSE_FSYNC, sim_now(self) - job->logged);
        state->first_waiting = job->next;
        sim_answer(self, job->ticket, &job->reply);
        sim_frame_end(self, frame);
    }
    if (sim_log_end(self, SINGLE_LOG_WRITES) > end) {
        want_sync(self);
    }
}

void single_checkpoint(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct sim_log_record record = {.words = {sim_log_durable(self, SINGLE_LOG_WRITES)}};
    uint64_t index = sim_log_append(self, SINGLE_LOG_CHECKPOINTS, &record);
    sim_log_forget(self, SINGLE_LOG_CHECKPOINTS, index);
    sim_log_sync(self, SINGLE_LOG_CHECKPOINTS, params->fsync, 0, 0);
    sim_after(self, params->checkpoint, SINGLE_TIMER_CHECKPOINT, 0);
}

/* ---- recovery ---- */

/* All that is in the log is what there is; what is not in the checkpoint takes time to read. */
void single_recover(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, SINGLE_LOG_WRITES);
    if (end > 0 && sim_log_at(self, SINGLE_LOG_WRITES, end - 1)->is_torn) {
        sim_log_truncate(self, SINGLE_LOG_WRITES, --end); /* a checksum says so */
    }
    for (uint64_t i = 0; i < end; i++) {
        struct cell cell = cell_in_log(self, i);
        uint64_t token = sim_log_at(self, SINGLE_LOG_WRITES, i)->words[3] >> 1;
        if (cell.version == TOKEN_ALONE) {
            effect_remember_token(&state->tokens, cell.key, cell.value, 0);
            continue;
        }
        *cells_put(&state->latest, cell.key) = cell;
        effect_remember_token(&state->tokens, cell.key, token, 0);
        if (single_is_waiting(params)) {
            *cells_put(&state->seen, cell.key) = cell;
        }
        state->version = cell.version;
    }
    state->seen_version = state->version;
    state->seen_end = end;
    uint64_t last = sim_log_end(self, SINGLE_LOG_CHECKPOINTS);
    uint64_t from = 0;
    if (last > sim_log_begin(self, SINGLE_LOG_CHECKPOINTS) &&
        !sim_log_at(self, SINGLE_LOG_CHECKPOINTS, last - 1)->is_torn) {
        from = sim_log_at(self, SINGLE_LOG_CHECKPOINTS, last - 1)->words[0];
    }
    sim_time time = 0;
    for (uint64_t i = from; i < end; i++) {
        time = sim_time_add(time, sim_draw(self, SINGLE_DRAW_REPLAY, params->replay));
    }
    sim_count(self, SINGLE_METRIC_REPLAYED, end - from);
    state->is_recovering = true;
    state->since = sim_now(self);
    sim_after(self, time, SINGLE_TIMER_REPLAYED, 0);
}

void single_replayed(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    state->is_recovering = false;
    sim_record(self, SINGLE_METRIC_RECOVERY, sim_now(self) - state->since);
    sim_after(self, params->checkpoint, SINGLE_TIMER_CHECKPOINT, 0);
}

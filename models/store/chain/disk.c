/* Log of a member of a chain: updates in order, and the cells that a transfer brought.
 *
 * One fsync at a time, and each covers all that was appended before it began (group commit). A
 * restarted member is no longer in the chain, and joins it as a new one would; only if nobody else
 * is left does what its log holds count. While a transfer comes in that is not whole, and the log
 * says so. When the log has grown to several times what is alive, that is appended and the rest
 * forgotten.
 *
 * Left out: time for reading the log after a crash, and for compaction.
 */
#include "store/chain/chain.h"

#define THE_LOG 0
#define RECORD_DELETED 1u
#define RECORD_UNCHANGED 2u /* a conflict: only its number counts */
#define RECORD_BEGIN 4u     /* what came before does not count; a transfer begins */
#define RECORD_WHOLE 8u     /* it has come, up to the number */
#define RECORD_TOKEN 16u    /* the value is a fencing token of the key */
#define COMPACT_FROM 1024u  /* records */

static uint64_t append(struct sim_node *self, const struct cell *cell, unsigned flags)
{
    const struct chain_params *params = sim_params(self);
    bool is_marker = (flags & (RECORD_BEGIN | RECORD_WHOLE | RECORD_TOKEN)) != 0;
    struct sim_log_record record = {
        .words = {cell->key, cell->value, cell->version,
                  flags | (cell->is_deleted ? RECORD_DELETED : 0)},
        .bytes = CHAIN_HEADER_BYTES + (is_marker ? 0 : params->value_bytes),
    };
    return sim_log_append(self, THE_LOG, &record);
}

void chain_log_entry(struct sim_node *self, uint64_t number, struct chain_entry *entry)
{
    struct cell cell = {.key = entry->key,
                        .value = entry->value,
                        .version = number + 1,
                        .is_deleted = entry->is_deleted};
    unsigned flags = entry->is_token ? RECORD_TOKEN : chain_changes(entry) ? 0 : RECORD_UNCHANGED;
    entry->log_index = append(self, &cell, flags);
    chain_log_sync(self);
}

void chain_log_cell(struct sim_node *self, const struct cell *cell, bool is_token)
{
    append(self, cell, is_token ? RECORD_TOKEN : 0);
}

void chain_log_begin(struct sim_node *self)
{
    uint64_t end = sim_log_end(self, THE_LOG);
    append(self, &(struct cell){0}, RECORD_BEGIN);
    sim_log_forget(self, THE_LOG, end);
}

void chain_log_whole(struct sim_node *self, uint64_t number)
{
    append(self, &(struct cell){.version = number + 1}, RECORD_WHOLE);
}

uint64_t chain_log_end(const struct sim_node *self)
{
    return sim_log_end(self, THE_LOG);
}

void chain_log_sync(struct sim_node *self)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    if (!state->is_syncing) {
        state->is_syncing = true;
        sim_log_sync(self, THE_LOG, params->fsync, 0, sim_log_end(self, THE_LOG));
    }
}

/* Nothing waits for the disk and all of it is committed when this is done. */
static void compact(struct sim_node *self)
{
    const struct chain_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, THE_LOG);
    if (!state->is_whole || state->pipe.committed < state->pipe.logged ||
        end - sim_log_begin(self, THE_LOG) <
            COMPACT_FROM + 4 * ((uint64_t)state->cells.count + state->tokens.count)) {
        return;
    }
    append(self, &(struct cell){0}, RECORD_BEGIN);
    for (uint32_t i = 0; i < state->cells.count; i++) {
        append(self, cells_at(&state->cells, i), 0);
    }
    for (uint32_t i = 0; i < state->tokens.count; i++) {
        append(self, cells_at(&state->tokens, i), RECORD_TOKEN);
    }
    chain_log_whole(self, state->pipe.committed);
    sim_log_forget(self, THE_LOG, end);
}

void chain_log_synced(struct sim_node *self, uint64_t end)
{
    struct chain_state *state = sim_state(self);
    struct chain_pipe *pipe = &state->pipe;
    state->is_syncing = false;
    while (pipe->durable < pipe->logged) {
        struct chain_entry *entry = chain_entry_at(state, pipe->durable + 1);
        if (entry->log_index >= end) {
            break;
        }
        entry->spent.fsync += sim_now(self) - entry->since;
        pipe->durable++;
    }
    chain_transfer_durable(self, end);
    chain_advance(self);
    compact(self);
    if (sim_log_end(self, THE_LOG) > end) {
        chain_log_sync(self);
    }
}

void chain_log_recover(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    uint64_t number = 0;
    state->is_whole = true;
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < sim_log_end(self, THE_LOG); i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            break; /* a checksum would say so */
        }
        uint64_t flags = record->words[3];
        struct cell cell = {.key = record->words[0],
                            .value = record->words[1],
                            .version = record->words[2],
                            .is_deleted = (flags & RECORD_DELETED) != 0};
        number = cell.version > number + 1 ? cell.version - 1 : number;
        if ((flags & RECORD_BEGIN) != 0) {
            state->is_whole = false;
            cells_clear(&state->cells);
            cells_clear(&state->tokens);
            cells_init(&state->cells);
            cells_init(&state->tokens);
            number = 0;
        } else if ((flags & RECORD_WHOLE) != 0) {
            state->is_whole = true;
        } else if ((flags & RECORD_TOKEN) != 0) {
            effect_remember_token(&state->tokens, cell.key, cell.value, cell.version);
        } else if ((flags & RECORD_UNCHANGED) == 0) {
            *cells_put(&state->cells, cell.key) = cell;
        }
    }
    for (uint32_t i = 0; i < state->cells.count; i++) {
        const struct cell *cell = cells_at(&state->cells, i);
        *cells_put(&state->latest, cell->key) = *cell;
    }
    chain_pipe_reset(state, number);
}

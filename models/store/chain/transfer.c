/* Transfer of the state of the chain to a member that joins.
 *
 * A new member is added at the tail (van Renesse, Schneider, OSDI 2004, section 3.2, "Extending
 * a chain"). The present tail sends it all that is committed, in chunks that are acknowledged one
 * after the other, while it goes on serving; then what was committed in the meantime, and so on,
 * until that fits into one chunk. Then it tells the master, who makes the new member the tail; the
 * old one stops being it as soon as it hears so, and sends the last changes. Only with these does
 * the new tail begin to serve, so that there is never more than one.
 *
 * Where the tail fails before that is done its predecessor does the same from the beginning, and
 * the chain waits.
 */
#include "store/chain/chain.h"

#define CHUNK_CELLS 256u
#define CELL_WORDS 4u

#define CELL_DELETED 1u
#define CELL_TOKEN 2u

enum { FLAG_LAST = 1 };

/* All keys, and after them the fencing tokens. */
static uint32_t total(const struct chain_state *state)
{
    return state->cells.count + state->tokens.count;
}

/* Of the cells from `cursor` on those that this round brings; fills `body`. */
static uint32_t gather(const struct chain_state *state, uint64_t *body, uint32_t *ret_cursor)
{
    uint32_t count = 0, cursor = state->transfer.cursor, keys = state->cells.count;
    for (; cursor < total(state) && count < CHUNK_CELLS; cursor++) {
        bool is_token = cursor >= keys;
        const struct cell *cell =
            is_token ? cells_at(&state->tokens, cursor - keys) : cells_at(&state->cells, cursor);
        if (cell->version > state->transfer.since + 1) {
            uint64_t *words = &body[(size_t)CELL_WORDS * count++];
            words[0] = cell->key;
            words[1] = cell->value;
            words[2] = cell->version;
            words[3] = (cell->is_deleted ? CELL_DELETED : 0u) | (is_token ? CELL_TOKEN : 0u);
        }
    }
    *ret_cursor = cursor;
    return count;
}

static void send_chunk(struct sim_node *self, bool is_again)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    struct chain_transfer *transfer = &state->transfer;
    uint64_t body[CHUNK_CELLS * CELL_WORDS];
    uint32_t count = gather(state, body, &transfer->cursor_next);
    if (!is_again) { /* what is said of a chunk stays: it may have arrived */
        transfer->is_last = transfer->is_final_round && transfer->cursor_next == total(state);
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {transfer->id, transfer->number, transfer->life,
                                               transfer->is_last ? FLAG_LAST : 0,
                                               state->pipe.committed};
    int64_t bytes = CHAIN_HEADER_BYTES + count * (CHAIN_HEADER_BYTES + params->value_bytes);
    sim_send_message_with(self, state->members[transfer->to], CHAIN_TRANSFER, words, body,
                          count * CELL_WORDS, bytes);
    sim_count(self, CHAIN_TRANSFER_BYTES, (uint64_t)bytes);
    transfer->is_waiting = true;
    transfer->was_resent = false;
}

void chain_transfer_begin(struct sim_node *self, uint32_t to, uint64_t life)
{
    struct chain_state *state = sim_state(self);
    /* Of two the later one counts, whatever order they come in: by epoch, then by number. */
    state->transfer = (struct chain_transfer){.id = state->epoch << 32 | ++state->transfer_count,
                                              .to = to,
                                              .life = life,
                                              .round = state->pipe.committed};
    sim_count(self, CHAIN_TRANSFERS, 1);
    send_chunk(self, false);
}

/* The next round: what was committed since the last one began. */
static void next_round(struct chain_state *state)
{
    struct chain_transfer *transfer = &state->transfer;
    transfer->since = transfer->round;
    transfer->round = state->pipe.committed;
    transfer->cursor = 0;
    transfer->is_final_round = transfer->is_final;
}

void chain_transfer_final(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    struct chain_transfer *transfer = &state->transfer;
    if (transfer->is_final) {
        return;
    }
    transfer->is_final = true;
    if (!transfer->is_waiting) {
        next_round(state);
        send_chunk(self, false);
    }
}

void chain_transfer_resend(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    struct chain_transfer *transfer = &state->transfer;
    if (transfer->id != 0 && transfer->is_waiting) {
        if (transfer->was_resent) {
            send_chunk(self, true);
        }
        transfer->was_resent = true; /* it had one period at least */
    }
}

/* The other one has the chunk. */
void chain_transferred(struct sim_node *self, const struct sim_input *in)
{
    struct chain_state *state = sim_state(self);
    struct chain_transfer *transfer = &state->transfer;
    if (in->words[0] != transfer->id || in->words[1] != transfer->number || !transfer->is_waiting) {
        return;
    }
    transfer->is_waiting = false;
    if (transfer->is_last) {
        return; /* it will say that it is whole */
    }
    transfer->number++;
    transfer->cursor = transfer->cursor_next;
    if (transfer->cursor < total(state)) {
        send_chunk(self, false);
        return;
    }
    uint64_t late = state->pipe.committed - transfer->round;
    if (!transfer->is_final && late < CHUNK_CELLS) {
        transfer->is_caught_up = true;
        chain_heartbeat(self);
        return;
    }
    next_round(state);
    send_chunk(self, false);
}

/* ---- at the member that joins ---- */

static void acknowledge(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->receiving, state->received - 1};
    state->is_chunk_unanswered = false;
    sim_send_message(self, state->receiving_from, CHAIN_TRANSFERRED, words, CHAIN_HEADER_BYTES);
    if (state->is_received_last && !state->is_whole) {
        state->is_whole = true;
        chain_pipe_reset(state, state->received_committed);
        chain_send_state(self);
        chain_advance(self);
    }
}

/* A transfer begins: what this member had does not count any more. */
static void begin_again(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    state->receiving = in->words[0];
    state->receiving_from = in->from;
    state->received = 0;
    state->is_received_last = false;
    state->is_whole = false;
    cells_clear(&state->cells);
    cells_clear(&state->latest);
    cells_clear(&state->tokens);
    cells_init(&state->cells);
    cells_init(&state->latest);
    cells_init(&state->tokens);
    chain_pipe_reset(state, 0);
    if (params->fsync != NULL) {
        chain_log_begin(self);
    }
}

static void take(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    for (uint32_t i = 0; i < in->body_count; i += CELL_WORDS) {
        struct cell cell = {.key = in->body[i],
                            .value = in->body[i + 1],
                            .version = in->body[i + 2],
                            .is_deleted = (in->body[i + 3] & CELL_DELETED) != 0};
        bool is_token = (in->body[i + 3] & CELL_TOKEN) != 0;
        if (is_token) {
            effect_remember_token(&state->tokens, cell.key, cell.value, cell.version);
        } else {
            *cells_put(&state->cells, cell.key) = cell;
            *cells_put(&state->latest, cell.key) = cell;
        }
        if (params->fsync != NULL) {
            chain_log_cell(self, &cell, is_token);
        }
    }
    state->received = in->words[1] + 1;
    state->received_committed = in->words[4];
    state->is_received_last = (in->words[3] & FLAG_LAST) != 0;
    if (params->fsync != NULL && state->is_received_last) {
        chain_log_whole(self, state->received_committed);
    }
}

void chain_transfer_arrived(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    uint64_t id = in->words[0], number = in->words[1];
    if (in->words[2] != state->life || id < state->receiving ||
        (chain_is_in(state) && state->is_whole && id != state->receiving)) {
        return;
    }
    if (id > state->receiving) {
        if (number != 0) {
            return;
        }
        begin_again(self, in);
    }
    if (number > state->received) {
        return;
    }
    if (number == state->received) {
        take(self, in);
        state->is_chunk_unanswered = true;
        state->received_end = params->fsync == NULL ? 0 : chain_log_end(self);
    }
    if (params->fsync == NULL || !state->is_chunk_unanswered) {
        acknowledge(self);
    } else {
        chain_log_sync(self);
    }
}

void chain_transfer_durable(struct sim_node *self, uint64_t end)
{
    const struct chain_state *state = sim_state(self);
    if (state->is_chunk_unanswered && state->received_end <= end) {
        acknowledge(self);
    }
}

/* Pipe: updates on their way from the head to the tail, and the acknowledgements on their way back.
 *
 * The head takes an update when it has worked on it: it finds the new value, gives it the next
 * number, and passes it on. Each member works on it, takes it when it has all before it (FIFO
 * links, van Renesse, Schneider, OSDI 2004, section 3), and passes it on; with fsync when it is on
 * disk. So whatever a member has its predecessors have: the update propagation invariant (section
 * 3.2). What the tail takes is committed, and answered. An acknowledgement goes back from member to
 * member, and until it comes a member keeps the update, for the case that its successor fails
 * (`Sent`, section 3.2).
 *
 * A compare-and-set that does not match is an update that changes nothing: what it found may not be
 * committed yet, and is by the time that the tail answers. A fencing token that is greater than
 * those before is an update of its own, ahead of the one that it came with: so who becomes the head
 * knows it.
 *
 * Left out: exactly-once; an update that is retried takes effect twice.
 */
#include "store/chain/chain.h"

#include <stdlib.h>

#define RING_FIRST 64u

/* Of an update on its way. */
#define UPDATE_DELETED 1u
#define UPDATE_TOKEN 2u

struct chain_entry *chain_entry_at(struct chain_state *state, uint64_t number)
{
    return &state->pipe.ring[number & state->pipe.mask];
}

void chain_pipe_start(struct chain_state *state)
{
    cells_init(&state->cells);
    cells_init(&state->latest);
    cells_init(&state->tokens);
    state->pipe.mask = RING_FIRST - 1;
    state->pipe.ring = calloc(RING_FIRST, sizeof *state->pipe.ring);
    sim_assert(state->pipe.ring != NULL); /* out of memory ends the process */
}

void chain_pipe_clear(struct chain_state *state)
{
    cells_clear(&state->cells);
    cells_clear(&state->latest);
    cells_clear(&state->tokens);
    free(state->pipe.ring);
    state->pipe.ring = NULL;
}

/* Room for the update of that number. */
static struct chain_entry *make_room(struct chain_state *state, uint64_t number)
{
    struct chain_pipe *pipe = &state->pipe;
    while (number - pipe->committed > pipe->mask) {
        uint64_t mask = 2 * pipe->mask + 1;
        struct chain_entry *ring = calloc(mask + 1, sizeof *ring);
        sim_assert(ring != NULL);
        for (uint64_t i = pipe->committed + 1; i <= pipe->committed + pipe->mask; i++) {
            ring[i & mask] = pipe->ring[i & pipe->mask];
        }
        free(pipe->ring);
        pipe->ring = ring;
        pipe->mask = mask;
    }
    return chain_entry_at(state, number);
}

void chain_pipe_cut(struct chain_state *state)
{
    struct chain_pipe *pipe = &state->pipe;
    for (uint64_t i = pipe->logged + 1; i <= pipe->committed + pipe->mask; i++) {
        chain_entry_at(state, i)->stage = CHAIN_ABSENT;
    }
    pipe->sent = pipe->committed;
}

void chain_pipe_reset(struct chain_state *state, uint64_t number)
{
    struct chain_pipe *pipe = &state->pipe;
    for (uint64_t i = 0; i <= pipe->mask; i++) {
        pipe->ring[i].stage = CHAIN_ABSENT;
    }
    pipe->committed = pipe->durable = pipe->logged = pipe->sent = number;
}

struct cell chain_cell(const struct chain_params *params, const struct cells *cells, uint64_t key)
{
    const struct cell *cell = cells_find(cells, key);
    bool exists = params->keys < 0 || key < (uint64_t)params->keys;
    return cell != NULL ? *cell : (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

/* ---- down the chain ---- */

static struct cell cell_of(const struct chain_entry *entry, uint64_t number)
{
    return (struct cell){.key = entry->key,
                         .value = entry->value,
                         .version = number + 1,
                         .is_deleted = entry->is_deleted};
}

static void send_update(struct sim_node *self, uint64_t number)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    const struct chain_entry *entry = chain_entry_at(state, number);
    const uint64_t words[SIM_MESSAGE_WORDS] = {
        state->epoch,
        number,
        entry->key,
        entry->value,
        entry->frame,
        (uint64_t)entry->asked << 32 | (uint64_t)entry->operation << 16 |
            (uint64_t)entry->status << 8 | (entry->is_deleted ? UPDATE_DELETED : 0u) |
            (entry->is_token ? UPDATE_TOKEN : 0u)};
    const uint64_t body[] = {(uint64_t)entry->spent.queue, (uint64_t)entry->spent.service,
                             (uint64_t)entry->spent.fsync};
    bool has_value = chain_changes(entry) && !entry->is_deleted;
    sim_send_message_with(self, state->members[state->order[state->position + 1]], CHAIN_UPDATE,
                          words, body, 3,
                          CHAIN_HEADER_BYTES + (has_value ? params->value_bytes : 0));
}

/* The next update, in order: it is this member's now, as soon as it is on disk. */
static void append(struct sim_node *self, struct chain_entry *entry)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    uint64_t number = ++state->pipe.logged;
    entry->stage = CHAIN_LOGGED;
    entry->since = sim_now(self);
    if (chain_changes(entry)) {
        *cells_put(&state->latest, entry->key) = cell_of(entry, number);
    } else if (entry->is_token) {
        effect_remember_token(&state->tokens, entry->key, entry->value, number + 1);
    }
    if (params->fsync == NULL) {
        state->pipe.durable = number;
    } else {
        chain_log_entry(self, number, entry);
    }
}

static void answer(struct sim_node *self, const struct chain_entry *entry, uint64_t number)
{
    struct cell cell = cell_of(entry, number);
    if (chain_changes(entry)) {
        sim_commit(self, entry->key, number + 1);
        sim_count(self, CHAIN_COMMITS, 1);
    }
    if (entry->asked != 0) {
        chain_tell(self, entry->asked, entry->frame, CHAIN_FRONT_WRITE, &cell,
                   (enum sim_status)entry->status, &entry->spent);
    }
}

void chain_commit(struct sim_node *self, uint64_t number)
{
    struct chain_state *state = sim_state(self);
    struct chain_pipe *pipe = &state->pipe;
    if (number <= pipe->committed) {
        return;
    }
    bool is_tail = chain_is_tail(state);
    while (pipe->committed < number) {
        struct chain_entry *entry = chain_entry_at(state, pipe->committed + 1);
        pipe->committed++;
        if (chain_changes(entry)) {
            *cells_put(&state->cells, entry->key) = cell_of(entry, pipe->committed);
        }
        if (is_tail) {
            answer(self, entry, pipe->committed);
        }
        entry->stage = CHAIN_ABSENT;
    }
    if (pipe->sent < pipe->committed) {
        pipe->sent = pipe->committed;
    }
    if (state->position > 0) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch, pipe->committed};
        sim_send_message(self, state->members[state->order[state->position - 1]], CHAIN_ACK, words,
                         CHAIN_HEADER_BYTES);
    }
}

void chain_advance(struct sim_node *self)
{
    struct chain_state *state = sim_state(self);
    struct chain_pipe *pipe = &state->pipe;
    if (!chain_is_in(state)) {
        return;
    }
    if (chain_is_tail(state)) {
        chain_commit(self, pipe->durable);
        return;
    }
    while (state->is_linked && pipe->sent < pipe->durable) {
        send_update(self, ++pipe->sent);
    }
}

/* ---- the head ---- */

void chain_head_take(struct sim_node *self, const struct chain_asked *asked)
{
    const struct chain_state *state = sim_state(self);
    if (!chain_is_head(state) || !chain_has_lease(self, state)) {
        chain_refuse(self, asked, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct chain_frame *job = sim_frame_at(self, frame);
    *job = (struct chain_frame){.job = CHAIN_JOB_ASKED, .asked = *asked};
    if (!chain_work(self, frame)) {
        sim_frame_end(self, frame);
        chain_refuse(self, asked, SIM_STATUS_REJECTED);
    }
}

static struct chain_entry *next_entry(struct chain_state *state, const struct chain_asked *asked)
{
    struct chain_entry *entry = make_room(state, state->pipe.logged + 1);
    *entry = (struct chain_entry){
        .key = asked->key, .operation = (uint8_t)asked->operation, .status = SIM_STATUS_OK};
    return entry;
}

/* What the update makes of the newest value. */
static void evaluate(const struct cell *newest, const struct chain_asked *asked, bool is_fenced,
                     struct chain_entry *entry)
{
    struct sim_request request = {.key = asked->key,
                                  .value = asked->value,
                                  .expected = asked->expected,
                                  .operation = asked->operation};
    struct cell new;
    uint64_t found = newest->value;
    if (!is_fenced && effect_of(&request, newest, &new, &found)) {
        entry->value = new.value;
        entry->is_deleted = new.is_deleted;
    } else {
        entry->status = SIM_STATUS_CONFLICT;
        entry->value = found;
    }
}

void chain_head_worked(struct sim_node *self, const struct chain_frame *frame)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    const struct chain_asked *asked = &frame->asked;
    if (!chain_is_head(state) || !chain_has_lease(self, state)) {
        chain_refuse(self, asked, SIM_STATUS_UNAVAILABLE);
        return;
    }
    struct cell newest = chain_cell(params, &state->latest, asked->key);
    bool is_fenced = effect_is_fenced(&state->tokens, asked->key, asked->token);
    bool is_read = effect_is_read(asked->operation);
    if (!is_read && effect_is_new_token(&state->tokens, asked->key, asked->token)) {
        struct chain_entry *token = next_entry(state, asked);
        token->is_token = true;
        token->value = asked->token;
        append(self, token);
    }
    struct chain_entry *entry = next_entry(state, asked);
    entry->asked = asked->from;
    entry->frame = asked->frame;
    entry->spent = chain_work_spent(self, frame);
    if (is_read) {
        entry->is_token = true;
        entry->value = asked->token;
    } else {
        evaluate(&newest, asked, is_fenced, entry);
    }
    append(self, entry);
    chain_advance(self);
}

/* ---- members after it ---- */

void chain_update(struct sim_node *self, const struct sim_input *in)
{
    struct chain_state *state = sim_state(self);
    const uint64_t *words = in->words;
    uint64_t number = words[1];
    if (words[0] != state->epoch || !state->is_whole || !chain_from_predecessor(state, in) ||
        number <= state->pipe.logged) {
        return;
    }
    struct chain_entry *entry = make_room(state, number);
    if (entry->stage != CHAIN_ABSENT) {
        return;
    }
    *entry = (struct chain_entry){
        .key = words[2],
        .value = words[3],
        .frame = words[4],
        .asked = (sim_node_id)(words[5] >> 32),
        .operation = (uint8_t)(words[5] >> 16 & 0xff),
        .status = (uint8_t)(words[5] >> 8 & 0xff),
        .is_deleted = (words[5] & UPDATE_DELETED) != 0,
        .is_token = (words[5] & UPDATE_TOKEN) != 0,
        .stage = CHAIN_ARRIVED,
        .spent = {(sim_time)in->body[0], (sim_time)in->body[1], (sim_time)in->body[2]}};
    sim_frame frame = sim_frame_new(self);
    struct chain_frame *job = sim_frame_at(self, frame);
    *job = (struct chain_frame){.job = CHAIN_JOB_UPDATE,
                                .asked = {.operation = entry->operation},
                                .number = number,
                                .epoch = state->epoch};
    chain_work(self, frame);
}

void chain_update_worked(struct sim_node *self, const struct chain_frame *frame)
{
    struct chain_state *state = sim_state(self);
    struct chain_pipe *pipe = &state->pipe;
    if (frame->epoch != state->epoch || frame->number <= pipe->logged) {
        return; /* it is sent again, where it is still wanted */
    }
    struct chain_entry *entry = chain_entry_at(state, frame->number);
    struct chain_spent spent = chain_work_spent(self, frame);
    entry->spent.queue += spent.queue;
    entry->spent.service += spent.service;
    entry->since = sim_now(self);
    entry->stage = CHAIN_WORKED;
    for (;;) {
        entry = make_room(state, pipe->logged + 1);
        if (entry->stage != CHAIN_WORKED) {
            break;
        }
        entry->spent.queue += sim_now(self) - entry->since;
        append(self, entry);
    }
    chain_advance(self);
}

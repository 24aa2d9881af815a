/* Spreading of store.gossip: cycles, what members tell each other, and what becomes of it. The
 * rules stand at the head of gossip.c.
 */
#include <stdlib.h>
#include <string.h>

#include "store/gossip/gossip.h"

#define HEADER_BYTES 64
#define UPDATE_WORDS 4u
#define UPDATE_BYTES 32 /* beside the value */
#define UPDATES_MAX (SIM_BODY_WORDS_MAX / UPDATE_WORDS)

/* ---- what a member has ---- */

static uint64_t hash_of(const struct cell *cell)
{
    return cell->version == 0 ? 0
                              : sim_hash_pair(sim_hash_pair(cell->key, cell->version),
                                              sim_hash_pair(cell->value, cell->is_deleted));
}

static bool is_newer(const struct cell *a, const struct cell *b)
{
    return a->version != b->version ? a->version > b->version : a->value > b->value;
}

static void set_hot(struct sim_node *self, struct gossip_rumor *rumor, bool is_hot)
{
    sim_level(self, GOSSIP_HOT, (is_hot ? 1 : 0) - (rumor->is_hot ? 1 : 0));
    rumor->is_hot = is_hot;
    rumor->known = 0;
}

/* Takes what is newer than what is there. */
bool gossip_take(struct sim_node *self, const struct cell *update)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    struct cell *cell = cells_put(&state->cells, update->key);
    if (!is_newer(update, cell)) {
        return false;
    }
    while (state->rumor_capacity < state->cells.count) {
        uint32_t capacity = state->rumor_capacity == 0 ? 16 : 2 * state->rumor_capacity;
        state->rumors = realloc(state->rumors, capacity * sizeof *state->rumors);
        sim_assert(state->rumors != NULL); /* out of memory ends the process */
        for (uint32_t i = state->rumor_capacity; i < capacity; i++) {
            state->rumors[i] = (struct gossip_rumor){0};
        }
        state->rumor_capacity = capacity;
    }
    state->checksum += hash_of(update) - hash_of(cell);
    *cell = *update;
    struct gossip_rumor *rumor = &state->rumors[cell - state->cells.cells];
    rumor->heard = sim_now(self);
    set_hot(self, rumor, params->way == GOSSIP_RUMOR);
    return true;
}

/* ---- spreading ---- */

/* A message being filled with updates for one member; sent on when it is full. */
struct letter {
    sim_node_id to;
    uint32_t count;
    /* The contact that it belongs to, whether the rest is wanted. */
    uint64_t words[SIM_MESSAGE_WORDS];
    uint64_t body[SIM_BODY_WORDS_MAX];
};

static void post(struct sim_node *self, struct letter *letter)
{
    const struct gossip_params *params = sim_params(self);
    int64_t bytes = HEADER_BYTES + letter->count * (params->value_bytes + UPDATE_BYTES);
    sim_count(self, GOSSIP_SENT, letter->count);
    sim_count(self, GOSSIP_BYTES, (uint64_t)bytes);
    if (letter->count > 0) {
        sim_send_message_with(self, letter->to, GOSSIP_UPDATES, letter->words, letter->body,
                              letter->count * UPDATE_WORDS, bytes);
    } else {
        sim_send_message(self, letter->to, GOSSIP_UPDATES, letter->words, bytes);
    }
    letter->count = 0;
}

static void add(struct sim_node *self, struct letter *letter, const struct cell *cell)
{
    if (letter->count == UPDATES_MAX) {
        post(self, letter);
    }
    uint64_t *words = &letter->body[(size_t)letter->count * UPDATE_WORDS];
    words[0] = cell->key;
    words[1] = cell->value;
    words[2] = cell->version;
    words[3] = cell->is_deleted ? 1 : 0;
    letter->count++;
}

/* All that was here when the cycle began; of rumours those that are hot. The last message says
 * whether something is wanted in return. */
static void tell(struct sim_node *self, sim_node_id to, bool wants_rest)
{
    const struct gossip_params *params = sim_params(self);
    const struct gossip_state *state = sim_state(self);
    struct letter letter;
    letter.to = to;
    letter.count = 0;
    memset(letter.words, 0, sizeof letter.words);
    letter.words[0] = sim_hash_pair(sim_self(self), (uint64_t)sim_now(self));
    for (uint32_t i = 0; i < state->cells.count; i++) {
        const struct gossip_rumor *rumor = &state->rumors[i];
        if (rumor->heard < state->began && (params->way != GOSSIP_RUMOR || rumor->is_hot)) {
            add(self, &letter, cells_at(&state->cells, i));
        }
    }
    letter.words[1] = wants_rest ? 1 : 0;
    if (letter.count > 0 || wants_rest) {
        post(self, &letter);
    }
}

/* After each contact a rumour may be given up, blindly. */
static void toss_coins(struct sim_node *self)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->cells.count; i++) {
        struct gossip_rumor *rumor = &state->rumors[i];
        if (rumor->is_hot && rumor->heard < state->began &&
            sim_random_chance(sim_random_of(self, GOSSIP_DRAW_COIN), 1.0 / (double)params->k)) {
            set_hot(self, rumor, false);
        }
    }
}

static void contact(struct sim_node *self, sim_node_id peer)
{
    const struct gossip_params *params = sim_params(self);
    const struct gossip_state *state = sim_state(self);
    if (params->way == GOSSIP_RUMOR || params->way == GOSSIP_PUSH) {
        tell(self, peer, false);
        if (params->way == GOSSIP_RUMOR && !params->feedback) {
            toss_coins(self);
        }
    } else {
        const uint64_t words[SIM_MESSAGE_WORDS] = {state->checksum};
        sim_count(self, GOSSIP_BYTES, HEADER_BYTES);
        sim_send_message(self, peer, GOSSIP_CHECKSUM, words, HEADER_BYTES);
    }
}

void gossip_cycle(struct sim_node *self)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    uint32_t count = sim_group_size(self);
    sim_after(self, params->cycle, GOSSIP_CYCLE, 0);
    state->began = sim_now(self);
    for (int64_t i = 0; count > 1 && i < params->fanout; i++) {
        uint32_t peer =
            (uint32_t)sim_random_below(sim_random_of(self, GOSSIP_DRAW_PEER), count - 1);
        peer += peer >= sim_member(self) ? 1 : 0;
        contact(self, sim_group_member(self, peer));
    }
}

/* ---- hearing ---- */

/* Whether it was not here when the cycle began. */
static bool is_news(const struct gossip_state *state, const struct cell *update)
{
    const struct cell *cell = cells_find(&state->cells, update->key);
    return cell == NULL || is_newer(update, cell) ||
           (cell->version == update->version &&
            state->rumors[cell - state->cells.cells].heard >= state->began);
}

static void hear(struct sim_node *self, const struct cell *update)
{
    struct gossip_state *state = sim_state(self);
    const struct cell *cell = cells_find(&state->cells, update->key);
    uint64_t had = cell == NULL ? 0 : cell->version;
    if (gossip_take(self, update)) {
        struct sim_delivery delivery = {
            .store = sim_self(self), .key = update->key, .after = had, .version = update->version};
        sim_count(self, GOSSIP_NEWS, 1);
        sim_delivered(self, GOSSIP_DELAY, &delivery);
    }
}

/* What the other side did not tell in this contact, of what was here when the cycle began. */
static void tell_rest(struct sim_node *self, sim_node_id to, uint64_t contact)
{
    const struct gossip_state *state = sim_state(self);
    struct letter letter;
    letter.to = to;
    letter.count = 0;
    memset(letter.words, 0, sizeof letter.words);
    for (uint32_t i = 0; i < state->cells.count; i++) {
        if (state->rumors[i].heard < state->began && state->rumors[i].told != contact) {
            add(self, &letter, cells_at(&state->cells, i));
        }
    }
    if (letter.count > 0) {
        post(self, &letter);
    }
}

static void on_updates(struct sim_node *self, const struct sim_input *in)
{
    const struct gossip_params *params = sim_params(self);
    const struct gossip_state *state = sim_state(self);
    uint64_t feedback[2 * UPDATES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < in->body_count; i += UPDATE_WORDS) {
        struct cell update = {in->body[i], in->body[i + 1], in->body[i + 2], in->body[i + 3] != 0};
        feedback[count++] = update.key;
        feedback[count++] = is_news(state, &update) ? 1 : 0;
        hear(self, &update);
        const struct cell *cell = cells_find(&state->cells, update.key);
        if (cell->version == update.version && cell->value == update.value) {
            state->rumors[cell - state->cells.cells].told = in->words[0];
        }
    }
    if (in->words[1] != 0) {
        tell_rest(self, in->from, in->words[0]);
    }
    if (params->way == GOSSIP_RUMOR && params->feedback) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {0};
        int64_t bytes = HEADER_BYTES + count / 16; /* a bit each */
        sim_count(self, GOSSIP_BYTES, (uint64_t)bytes);
        sim_send_message_with(self, in->from, GOSSIP_FEEDBACK, words, feedback, count, bytes);
    }
}

static void on_feedback(struct sim_node *self, const struct sim_input *in)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    for (uint32_t i = 0; i < in->body_count; i += 2) {
        const struct cell *cell = cells_find(&state->cells, in->body[i]);
        struct gossip_rumor *rumor =
            cell == NULL ? NULL : &state->rumors[cell - state->cells.cells];
        if (rumor == NULL || !rumor->is_hot || rumor->heard >= state->began) {
            continue; /* it has lost interest, or has a newer version */
        }
        rumor->known = in->body[i + 1] != 0 ? 0 : rumor->known + 1;
        if (rumor->known >= params->k) {
            set_hot(self, rumor, false);
        }
    }
}

void gossip_message(struct sim_node *self, const struct sim_input *in)
{
    const struct gossip_params *params = sim_params(self);
    const struct gossip_state *state = sim_state(self);
    switch ((enum gossip_message)in->message) {
    case GOSSIP_UPDATES:
        on_updates(self, in);
        break;
    case GOSSIP_FEEDBACK:
        on_feedback(self, in);
        break;
    case GOSSIP_CHECKSUM:
        if (in->words[0] != state->checksum) {
            tell(self, in->from, params->way == GOSSIP_PUSH_PULL);
        }
        break;
    }
}

void gossip_forget(struct sim_node *self)
{
    struct gossip_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->cells.count; i++) {
        set_hot(self, &state->rumors[i], false);
    }
    cells_clear(&state->cells);
    free(state->rumors);
    state->rumors = NULL;
    state->rumor_capacity = 0;
}

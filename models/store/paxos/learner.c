/* Learner: slots that are chosen, executed in order.
 *
 * A leader executes a slot when a majority has accepted its proposal there and all before it are
 * executed, and tells the member that was asked. With what it sends it says how far it has got:
 * another member executes up to there what it has accepted of that very ballot, which is what was
 * chosen. What it lacks, or has of another ballot, it asks the leader for ("Paxos made live",
 * section 4.2: catch-up from the log; section 5.5 from a snapshot: snapshot.c).
 */
#include "store/effect.h"
#include "store/paxos/paxos.h"

#define LEARNED_MAX 256u /* slots in a message */

struct cell paxos_cell(const struct sim_node *self, uint64_t key)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state_const(self);
    const struct cell *cell = cells_find(&state->cells, key);
    bool exists = params->keys < 0 || key < (uint64_t)params->keys;
    return cell != NULL ? *cell : (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

static void execute(struct sim_node *self, uint64_t number, const struct paxos_command *command)
{
    struct paxos_state *state = sim_state(self);
    if (command->operation == PAXOS_NOTHING) {
        return;
    }
    struct sim_request request = {.key = command->key,
                                  .value = command->value,
                                  .expected = command->expected,
                                  .operation = command->operation};
    struct cell old = paxos_cell(self, command->key), new;
    enum sim_status status = SIM_STATUS_OK;
    uint64_t version = number + 1, value;
    bool is_fenced = effect_is_fenced(&state->tokens, command->key, command->token);
    effect_remember_token(&state->tokens, command->key, command->token, version);
    if (effect_is_read(command->operation)) {
        status = old.is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK;
        value = old.value;
        version = old.version;
    } else if (is_fenced) {
        status = SIM_STATUS_CONFLICT;
        value = old.value;
        version = old.version;
    } else if (effect_of(&request, &old, &new, &value)) {
        new.version = version;
        *cells_put(&state->cells, command->key) = new;
        if (state->role == PAXOS_LEADER) {
            sim_commit(self, command->key, version);
            sim_count(self, PAXOS_COMMITS, 1);
        }
    } else {
        status = SIM_STATUS_CONFLICT;
        version = old.version;
    }
    if (state->role == PAXOS_LEADER && command->origin != 0) {
        paxos_tell(self, command->origin, command->frame, status, value, version);
    }
}

void paxos_execute(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    while (state->executed + 1 < state->slots.end &&
           paxos_slot(&state->slots, state->executed + 1)->is_chosen) {
        struct paxos_command command = paxos_slot(&state->slots, ++state->executed)->command;
        execute(self, state->executed, &command);
    }
    paxos_snapshot_due(self);
}

/* For what is chosen from there on, or the rest of a snapshot. */
void paxos_ask(struct sim_node *self, sim_node_id leader)
{
    const struct paxos_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->executed + 1, state->snapshot.taking,
                                               paxos_snapshot_taken(&state->snapshot)};
    sim_send_message(self, leader, PAXOS_LEARN, words, PAXOS_HEADER_BYTES);
}

void paxos_heard(struct sim_node *self, sim_node_id leader, uint64_t ballot, uint64_t chosen,
                 bool may_ask)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (ballot < state->promised) {
        return;
    }
    paxos_outdone(self, ballot);
    state->leader = leader;
    state->heard = sim_now(self);
    state->lease_until = sim_local_clock(self) + params->election_timeout;
    if (leader == sim_self(self)) {
        return;
    }
    for (uint64_t i = state->executed + 1; i <= chosen && i < state->slots.end; i++) {
        struct paxos_slot *slot = paxos_slot(&state->slots, i);
        slot->is_chosen = slot->is_chosen || slot->ballot == ballot;
    }
    paxos_execute(self);
    if (may_ask && state->executed < chosen) {
        paxos_ask(self, leader);
    }
}

void paxos_learn(struct sim_node *self, const struct sim_input *in)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t first = in->words[0];
    if (first < state->slots.begin) {
        paxos_snapshot_send(self, in->from, in->words[1], in->words[2]);
        return;
    }
    uint64_t body[PAXOS_SLOT_WORDS * LEARNED_MAX];
    uint32_t count = 0;
    for (uint64_t i = first; i <= state->executed && count < LEARNED_MAX; i++) {
        paxos_pack(&body[(size_t)PAXOS_SLOT_WORDS * count++], i, paxos_slot(&state->slots, i));
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->executed};
    sim_send_message_with(self, in->from, PAXOS_LEARNED, words, body, PAXOS_SLOT_WORDS * count,
                          PAXOS_HEADER_BYTES + count * (PAXOS_HEADER_BYTES + params->value_bytes));
}

void paxos_learned(struct sim_node *self, const struct sim_input *in)
{
    struct paxos_state *state = sim_state(self);
    for (uint32_t i = 0; i < in->body_count; i += PAXOS_SLOT_WORDS) {
        struct paxos_slot learned;
        uint64_t number = paxos_unpack(&in->body[i], &learned);
        if (number <= state->executed) {
            continue;
        }
        struct paxos_slot *slot = paxos_slot(&state->slots, number);
        if (!slot->is_chosen) {
            slot->ballot = learned.ballot > slot->ballot ? learned.ballot : slot->ballot;
            slot->command = learned.command;
            slot->is_chosen = true;
        }
    }
    paxos_execute(self);
    if (in->body_count > 0 && state->executed < in->words[0]) {
        paxos_ask(self, in->from);
    }
}

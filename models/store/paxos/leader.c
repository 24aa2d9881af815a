/* Leader: ballots.
 *
 * Who has not heard of a leader for a while asks all for a promise of a greater ballot than any
 * that it knows: phase 1, for all slots from the first that it has not executed at once (Lamport,
 * "Paxos made simple", 2001, section 3). When a majority has promised, it proposes in each slot
 * that anyone has accepted something in what was accepted with the greatest ballot, and nothing in
 * the gaps between (section 3: no-ops); then it leads, and each command takes phase 2 only, in the
 * next slot. Slots are decided side by side; while `window` of them are open, which are proposed
 * and not executed, commands wait (van Renesse, Altinbuken, "Paxos made moderately complex", ACM
 * Computing Surveys 47(3), 2015, section 2.1: WINDOW), and then go together in a message of `batch`
 * slots at most ("Paxos made live", section 4.2, puts several values into one slot instead).
 *
 * Lost messages: what was not accepted yet is proposed again with each heartbeat.
 *
 * With reads by lease a leader answers reads from what it has executed, while a majority has heard
 * a heartbeat that it sent less than a lease ago, by clocks that are wrong by `drift` at most
 * ("Paxos made live", section 5.2); and when all is executed that was open when it was elected.
 */
#include <stdlib.h>

#include "store/paxos/paxos.h"

#define RESENT_MAX 256u /* with one heartbeat */

uint32_t paxos_bits(uint64_t word)
{
    uint32_t count = 0;
    for (; word != 0; word &= word - 1) {
        count++;
    }
    return count;
}

uint32_t paxos_member_of(const struct sim_node *self, sim_node_id id)
{
    uint32_t member = 0;
    while (sim_group_member(self, member) != id) {
        member++;
    }
    return member;
}

/* What was not proposed was not done. */
static void drop_waiting(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    while (state->waiting.count > 0) {
        const struct paxos_command command = state->waiting.commands[state->waiting.first++];
        state->waiting.count--;
        paxos_tell(self, command.origin, command.frame, SIM_STATUS_UNAVAILABLE, 0, 0);
    }
}

void paxos_outdone(struct sim_node *self, uint64_t ballot)
{
    struct paxos_state *state = sim_state(self);
    if (ballot > state->greatest) {
        state->greatest = ballot;
    }
    if (ballot > state->ballot && state->role != PAXOS_FOLLOWER) {
        state->role = PAXOS_FOLLOWER;
        state->leader = 0;
        drop_waiting(self);
    }
}

/* ---- phase 1 ---- */

void paxos_campaign(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    uint64_t last = state->greatest > state->promised ? state->greatest : state->promised;
    state->ballot = state->greatest = (last / 256 + 1) * 256 + state->own;
    state->role = PAXOS_CANDIDATE;
    state->leader = 0;
    state->promises = 0;
    paxos_slots_init(&state->found, state->executed + 1);
    for (uint32_t i = 0; i < state->member_count; i++) {
        state->received[i] = 0;
        state->echoes[i] = -SIM_NEVER;
    }
    sim_count(self, PAXOS_CAMPAIGNS, 1);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->ballot, state->executed + 1};
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own) {
            sim_send_message(self, sim_group_member(self, i), PAXOS_PREPARE, words,
                             PAXOS_HEADER_BYTES);
        }
    }
    paxos_prepare(self, sim_self(self), state->ballot, state->executed + 1);
}

/* Phase 2a: `count` packed slots that follow one another, to all members but those in `acks`. */
static void propose(struct sim_node *self, const uint64_t *body, uint32_t count, uint64_t acks)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->ballot, state->executed};
    int64_t bytes = PAXOS_HEADER_BYTES + (count - 1) * (int64_t)(PAXOS_HEADER_BYTES / 2) +
                    count * params->value_bytes;
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && (acks >> i & 1) == 0) {
            sim_count(self, PAXOS_ACCEPTS, 1);
            sim_send_message_with(self, sim_group_member(self, i), PAXOS_ACCEPT, words, body,
                                  PAXOS_SLOT_WORDS * count, bytes);
        }
    }
    if ((acks >> state->own & 1) == 0) {
        paxos_accept(self, sim_self(self), state->ballot, body, PAXOS_SLOT_WORDS * count);
    }
}

/* One slot, perhaps again. */
static void propose_in(struct sim_node *self, uint64_t number, const struct paxos_command *command)
{
    struct paxos_state *state = sim_state(self);
    struct paxos_slot proposal = {.ballot = state->ballot, .command = *command};
    uint64_t body[PAXOS_SLOT_WORDS];
    paxos_pack(body, number, &proposal);
    const struct paxos_slot *slot = paxos_slot(&state->slots, number);
    propose(self, body, 1, slot->ballot == state->ballot ? slot->acks : 0);
}

static void lead(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    state->role = PAXOS_LEADER;
    state->leader = sim_self(self);
    uint64_t first = state->executed + 1;
    uint64_t end = state->found.end > first ? state->found.end : first;
    state->next = end;
    state->barrier = end - 1;
    sim_count(self, PAXOS_ELECTED, 1);
    paxos_beat(self);
    for (uint64_t i = first; i < end && state->role == PAXOS_LEADER; i++) {
        struct paxos_slot *found = paxos_slot(&state->found, i);
        if (found->ballot == 0) {
            found->command = (struct paxos_command){.operation = PAXOS_NOTHING};
            sim_count(self, PAXOS_GAPS, 1);
        }
        struct paxos_command command = found->command;
        propose_in(self, i, &command);
    }
}

void paxos_promised(struct sim_node *self, uint32_t member, uint64_t ballot, uint64_t total,
                    const uint64_t *body, uint32_t count)
{
    struct paxos_state *state = sim_state(self);
    if (state->role != PAXOS_CANDIDATE || ballot != state->ballot) {
        return;
    }
    for (uint32_t i = 0; i < count; i += PAXOS_SLOT_WORDS) {
        struct paxos_slot slot;
        uint64_t number = paxos_unpack(&body[i], &slot);
        struct paxos_slot *found = paxos_slot(&state->found, number);
        if (slot.ballot > found->ballot) {
            *found = slot;
        }
    }
    state->received[member] += count / PAXOS_SLOT_WORDS;
    if (state->received[member] == total) {
        state->promises |= UINT64_C(1) << member;
    }
    if (paxos_bits(state->promises) >= paxos_majority(state)) {
        lead(self);
    }
}

/* ---- phase 2 ---- */

/* The first of those that wait, with a ballot. */
static struct paxos_slot take_waiting(struct paxos_state *state)
{
    struct paxos_commands *waiting = &state->waiting;
    waiting->count--;
    return (struct paxos_slot){.ballot = state->ballot,
                               .command = waiting->commands[waiting->first++]};
}

static void flush(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t window = (uint64_t)params->window, batch = (uint64_t)params->batch;
    while (state->waiting.count > 0 && state->next <= state->executed + window) {
        uint64_t body[PAXOS_SLOT_WORDS * PAXOS_BATCH_MAX];
        uint32_t count = 0;
        while (state->waiting.count > 0 && count < batch) {
            struct paxos_slot proposal = take_waiting(state);
            paxos_pack(&body[(size_t)PAXOS_SLOT_WORDS * count++], state->next++, &proposal);
        }
        propose(self, body, count, 0);
    }
}

void paxos_propose(struct sim_node *self, const struct paxos_command *command)
{
    struct paxos_commands *waiting = &((struct paxos_state *)sim_state(self))->waiting;
    if (waiting->first + waiting->count == waiting->capacity) {
        for (uint32_t i = 0; i < waiting->count; i++) {
            waiting->commands[i] = waiting->commands[waiting->first + i];
        }
        waiting->first = 0;
        if (2 * waiting->count >= waiting->capacity) {
            waiting->capacity = waiting->capacity == 0 ? 64 : 2 * waiting->capacity;
            waiting->commands =
                realloc(waiting->commands, waiting->capacity * sizeof *waiting->commands);
            sim_assert(waiting->commands != NULL);
        }
    }
    waiting->commands[waiting->first + waiting->count++] = *command;
    flush(self);
}

void paxos_accepted(struct sim_node *self, uint32_t member, uint64_t ballot, uint64_t first,
                    uint64_t count)
{
    struct paxos_state *state = sim_state(self);
    if (state->role != PAXOS_LEADER || ballot != state->ballot) {
        return;
    }
    for (uint64_t number = first; number < first + count; number++) {
        if (number > state->executed) {
            struct paxos_slot *slot = paxos_slot(&state->slots, number);
            slot->acks |= UINT64_C(1) << member;
            slot->is_chosen = slot->is_chosen || paxos_bits(slot->acks) >= paxos_majority(state);
        }
    }
    paxos_execute(self);
    flush(self);
}

/* ---- heartbeats ---- */

void paxos_beat(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    if (state->role != PAXOS_LEADER) {
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->ballot, state->executed,
                                               (uint64_t)sim_local_clock(self)};
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own) {
            sim_send_message(self, sim_group_member(self, i), PAXOS_HEARTBEAT, words,
                             PAXOS_HEADER_BYTES);
        }
    }
    state->echoes[state->own] = sim_local_clock(self);
    paxos_heard(self, sim_self(self), state->ballot, state->executed, false);
    uint32_t resent = 0;
    for (uint64_t i = state->executed + 1; i < state->next && resent < RESENT_MAX; i++) {
        const struct paxos_slot *slot = paxos_slot(&state->slots, i);
        if (slot->ballot == state->ballot && !slot->is_chosen) {
            struct paxos_command command = slot->command;
            propose_in(self, i, &command);
            resent++;
        }
    }
}

bool paxos_has_lease(const struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state_const(self);
    double sure = (double)params->election_timeout * (1 - params->drift) / (1 + params->drift);
    sim_time from = sim_local_clock(self) - (sim_time)sure;
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->member_count; i++) {
        count += state->echoes[i] > from;
    }
    return state->role == PAXOS_LEADER && state->executed >= state->barrier &&
           count >= paxos_majority(state);
}

/* Acceptor: what it promised, what it accepted, and the disk that neither is forgotten on.
 *
 * It promises a ballot greater than any before, and then accepts nothing of a lesser one; what it
 * has accepted of the slots in question it says with the promise (Lamport, "Paxos made simple",
 * 2001, section 2.2; for all slots at once: section 3). It answers when promise or acceptance is on
 * disk; one fsync at a time covers all that was written before it began.
 *
 * With reads by lease it promises nothing to anybody else for a lease after it has heard the
 * leader, and after a restart, when it may have (Chandra, Griesemer, Redstone, "Paxos made live",
 * PODC 2007, section 5.2).
 */
#include "store/paxos/paxos.h"

#include <stdlib.h>

#define THE_LOG 0
#define RECORD_PROMISE 0u
#define RECORD_SLOT 1u  /* number, ballot, key; followed by */
#define RECORD_VALUE 2u /* value, expected, operation */

/* ---- slots ---- */

struct paxos_slot *paxos_slot(struct paxos_slots *slots, uint64_t number)
{
    while (number >= slots->capacity) {
        uint64_t capacity = slots->capacity == 0 ? 64 : 2 * slots->capacity;
        slots->slots = realloc(slots->slots, capacity * sizeof *slots->slots);
        sim_assert(slots->slots != NULL); /* out of memory ends the process */
        slots->capacity = capacity;
    }
    while (slots->count <= number) {
        slots->slots[slots->count++] = (struct paxos_slot){0};
    }
    return &slots->slots[number];
}

void paxos_slots_clear(struct paxos_slots *slots)
{
    free(slots->slots);
    *slots = (struct paxos_slots){0};
}

void paxos_pack(uint64_t words[PAXOS_SLOT_WORDS], uint64_t number, const struct paxos_slot *slot)
{
    const struct paxos_command *command = &slot->command;
    words[0] = number;
    words[1] = slot->ballot;
    words[2] = command->key;
    words[3] = command->value;
    words[4] = command->expected;
    words[5] = command->frame;
    words[6] = (uint64_t)command->origin << 32 | command->operation;
}

uint64_t paxos_unpack(const uint64_t words[PAXOS_SLOT_WORDS], struct paxos_slot *ret_slot)
{
    *ret_slot = (struct paxos_slot){.ballot = words[1],
                                    .command = {.key = words[2],
                                                .value = words[3],
                                                .expected = words[4],
                                                .frame = words[5],
                                                .origin = (sim_node_id)(words[6] >> 32),
                                                .operation = (uint16_t)words[6]}};
    return words[0];
}

/* ---- answers ---- */

static void send_promise(struct sim_node *self, const struct paxos_answer *answer)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t body[PAXOS_SLOT_WORDS * 512];
    uint64_t total = 0;
    for (uint64_t i = answer->first; i < state->slots.count; i++) {
        total += state->slots.slots[i].ballot != 0;
    }
    uint64_t at = answer->first;
    do {
        uint32_t count = 0;
        for (; at < state->slots.count && count < 512; at++) {
            if (state->slots.slots[at].ballot != 0) {
                paxos_pack(&body[(size_t)PAXOS_SLOT_WORDS * count++], at, &state->slots.slots[at]);
            }
        }
        if (answer->to == sim_self(self)) {
            paxos_promised(self, state->own, answer->ballot, total, body, PAXOS_SLOT_WORDS * count);
        } else {
            const uint64_t words[SIM_MESSAGE_WORDS] = {answer->ballot, total};
            sim_send_message_with(
                self, answer->to, PAXOS_PROMISE, words, body, PAXOS_SLOT_WORDS * count,
                PAXOS_HEADER_BYTES + count * (PAXOS_HEADER_BYTES + params->value_bytes));
        }
    } while (at < state->slots.count);
}

static void give_answer(struct sim_node *self, const struct paxos_answer *answer)
{
    const struct paxos_state *state = sim_state(self);
    if (answer->slot == 0) {
        if (answer->ballot == state->promised) {
            send_promise(self, answer);
        }
    } else if (answer->to == sim_self(self)) {
        paxos_accepted(self, state->own, answer->ballot, answer->slot);
    } else {
        const uint64_t words[SIM_MESSAGE_WORDS] = {answer->ballot, answer->slot};
        sim_send_message(self, answer->to, PAXOS_ACCEPTED, words, PAXOS_HEADER_BYTES);
    }
}

static void sync(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (!state->is_syncing) {
        state->is_syncing = true;
        sim_log_sync(self, THE_LOG, params->fsync, 0, sim_log_end(self, THE_LOG));
    }
}

/* When all that was logged so far is on disk. */
static void answer_later(struct sim_node *self, struct paxos_answer answer)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (params->fsync == NULL) {
        give_answer(self, &answer);
        return;
    }
    answer.end = sim_log_end(self, THE_LOG);
    if (state->answer_first + state->answer_count == state->answer_capacity) {
        for (uint32_t i = 0; i < state->answer_count; i++) {
            state->answers[i] = state->answers[state->answer_first + i];
        }
        state->answer_first = 0;
        if (2 * state->answer_count >= state->answer_capacity) {
            state->answer_capacity = state->answer_capacity == 0 ? 64 : 2 * state->answer_capacity;
            state->answers =
                realloc(state->answers, state->answer_capacity * sizeof *state->answers);
            sim_assert(state->answers != NULL);
        }
    }
    state->answers[state->answer_first + state->answer_count++] = answer;
    sync(self);
}

void paxos_synced(struct sim_node *self, uint64_t end)
{
    struct paxos_state *state = sim_state(self);
    state->is_syncing = false;
    while (state->answer_count > 0 && state->answers[state->answer_first].end <= end) {
        struct paxos_answer answer = state->answers[state->answer_first++];
        state->answer_count--;
        give_answer(self, &answer);
    }
    if (sim_log_end(self, THE_LOG) > end) {
        sync(self);
    }
}

/* ---- phases ---- */

static void refuse(struct sim_node *self, sim_node_id to)
{
    const struct paxos_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->promised};
    if (to == sim_self(self)) {
        paxos_outdone(self, state->promised);
    } else {
        sim_send_message(self, to, PAXOS_REFUSED, words, PAXOS_HEADER_BYTES);
    }
}

static void promise(struct sim_node *self, uint64_t ballot)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    state->promised = ballot;
    if (params->fsync != NULL) {
        struct sim_log_record record = {.words = {RECORD_PROMISE, ballot},
                                        .bytes = PAXOS_HEADER_BYTES};
        sim_log_append(self, THE_LOG, &record);
    }
}

void paxos_prepare(struct sim_node *self, sim_node_id from, uint64_t ballot, uint64_t first)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (params->reads == PAXOS_BY_LEASE && sim_local_clock(self) < state->lease_until) {
        return;
    }
    if (ballot <= state->promised) {
        refuse(self, from);
        return;
    }
    paxos_outdone(self, ballot);
    promise(self, ballot);
    state->heard = sim_now(self); /* it gets its time */
    answer_later(self, (struct paxos_answer){.to = from, .ballot = ballot, .first = first});
}

void paxos_accept(struct sim_node *self, sim_node_id from, uint64_t number,
                  const struct paxos_slot *proposal)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (proposal->ballot < state->promised) {
        refuse(self, from);
        return;
    }
    if (proposal->ballot > state->promised) {
        paxos_outdone(self, proposal->ballot);
        promise(self, proposal->ballot);
    }
    struct paxos_slot *slot = paxos_slot(&state->slots, number);
    if (slot->ballot < proposal->ballot) {
        bool is_chosen = slot->is_chosen;
        *slot = *proposal;
        slot->is_chosen = is_chosen;
        slot->acks = 0;
        if (params->fsync != NULL) {
            const struct paxos_command *command = &slot->command;
            struct sim_log_record record = {
                .words = {RECORD_SLOT, number, slot->ballot, command->key},
                .bytes = PAXOS_HEADER_BYTES};
            sim_log_append(self, THE_LOG, &record);
            record = (struct sim_log_record){
                .words = {RECORD_VALUE, command->value, command->expected, command->operation},
                .bytes = params->value_bytes};
            sim_log_append(self, THE_LOG, &record);
        }
    }
    answer_later(self,
                 (struct paxos_answer){.to = from, .ballot = proposal->ballot, .slot = number});
}

void paxos_recover(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, THE_LOG);
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < end; i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            break; /* a checksum would say so */
        }
        if (record->words[0] == RECORD_PROMISE) {
            state->promised = record->words[1];
        } else if (record->words[0] == RECORD_SLOT && i + 1 < end) {
            const struct sim_log_record *rest = sim_log_at(self, THE_LOG, i + 1);
            if (rest->is_torn) {
                break;
            }
            *paxos_slot(&state->slots, record->words[1]) =
                (struct paxos_slot){.ballot = record->words[2],
                                    .command = {.key = record->words[3],
                                                .value = rest->words[1],
                                                .expected = rest->words[2],
                                                .operation = (uint16_t)rest->words[3]}};
        }
    }
    state->greatest = state->promised;
}

/* Acceptor: what it promised, what it accepted, and the disk that neither is forgotten on.
 *
 * It promises a ballot greater than any before, and then accepts nothing of a lesser one; what it
 * has accepted of the slots in question it says with the promise (Lamport, "Paxos made simple",
 * 2001, section 2.2; for all slots at once: section 3). It answers when promise or acceptance is on
 * disk (section 2.5); one fsync at a time covers all that was written before it began.
 *
 * Slots that a snapshot has taken the place of are forgotten, in memory and on disk. What it had
 * accepted there it cannot say any more, so it promises nothing to who asks for them, who is
 * behind: that one is sent the snapshot ("Paxos made live", section 5.5; van Renesse, Altinbuken,
 * "Paxos made moderately complex", 2015, section 4.2). What is proposed there is what was chosen:
 * it agrees.
 *
 * With reads by lease it promises nothing to anybody else for a lease after it has heard the
 * leader, and after a restart, when it may have (Chandra, Griesemer, Redstone, "Paxos made live",
 * PODC 2007, section 5.2).
 */
#include "store/paxos/paxos.h"

#include <stdlib.h>

#define THE_LOG 0
#define RECORD_PROMISE 0u
#define RECORD_SLOT 1u /* number, ballot, key; followed by value, expected, operation, token */

/* ---- answers ---- */

/* It would have to say more than it remembers. What it has executed itself it need not be told. */
static bool has_forgotten(const struct sim_node *self, sim_node_id to, uint64_t first)
{
    const struct paxos_state *state = sim_state_const(self);
    return to != sim_self(self) && first < state->slots.begin;
}

static void send_promise(struct sim_node *self, const struct paxos_answer *answer)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    uint64_t body[PAXOS_SLOT_WORDS * 512];
    uint64_t total = 0;
    uint64_t first = answer->first > state->slots.begin ? answer->first : state->slots.begin;
    for (uint64_t i = first; i < state->slots.end; i++) {
        total += paxos_slot(&state->slots, i)->ballot != 0;
    }
    uint64_t at = first;
    do {
        uint32_t count = 0;
        for (; at < state->slots.end && count < 512; at++) {
            const struct paxos_slot *slot = paxos_slot(&state->slots, at);
            if (slot->ballot != 0) {
                paxos_pack(&body[(size_t)PAXOS_SLOT_WORDS * count++], at, slot);
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
    } while (at < state->slots.end);
}

static void give_answer(struct sim_node *self, const struct paxos_answer *answer)
{
    const struct paxos_state *state = sim_state(self);
    if (answer->slot == 0) {
        if (answer->ballot != state->promised) {
            return;
        }
        if (has_forgotten(self, answer->to, answer->first)) {
            paxos_snapshot_send(self, answer->to, 0, 0);
        } else {
            send_promise(self, answer);
        }
    } else if (answer->to == sim_self(self)) {
        paxos_accepted(self, state->own, answer->ballot, answer->slot, answer->count);
    } else {
        const uint64_t words[SIM_MESSAGE_WORDS] = {answer->ballot, answer->slot, answer->count};
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

static void log_promise(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    if (params->fsync != NULL) {
        struct sim_log_record record = {.words = {RECORD_PROMISE, state->promised},
                                        .bytes = PAXOS_HEADER_BYTES};
        sim_log_append(self, THE_LOG, &record);
    }
}

static void promise(struct sim_node *self, uint64_t ballot)
{
    struct paxos_state *state = sim_state(self);
    state->promised = ballot;
    log_promise(self);
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
    if (has_forgotten(self, from, first)) {
        paxos_snapshot_send(self, from, 0, 0);
        return;
    }
    paxos_outdone(self, ballot);
    promise(self, ballot);
    state->heard = sim_now(self); /* it gets its time */
    answer_later(self, (struct paxos_answer){.to = from, .ballot = ballot, .first = first});
}

static void log_slot(struct sim_node *self, uint64_t number, struct paxos_slot *slot)
{
    const struct paxos_params *params = sim_params(self);
    if (params->fsync == NULL) {
        return;
    }
    const struct paxos_command *command = &slot->command;
    struct sim_log_record record = {.words = {RECORD_SLOT, number, slot->ballot, command->key},
                                    .bytes = PAXOS_HEADER_BYTES};
    slot->at = sim_log_append(self, THE_LOG, &record) + 1;
    record = (struct sim_log_record){
        .words = {command->value, command->expected, command->operation, command->token},
        .bytes = params->value_bytes};
    sim_log_append(self, THE_LOG, &record);
}

static void accept_slot(struct sim_node *self, uint64_t number, const struct paxos_slot *proposal)
{
    struct paxos_state *state = sim_state(self);
    if (number < state->slots.begin) {
        return; /* it was chosen, and is in the snapshot */
    }
    struct paxos_slot *slot = paxos_slot(&state->slots, number);
    if (slot->ballot < proposal->ballot) {
        bool is_chosen = slot->is_chosen;
        *slot = *proposal;
        slot->is_chosen = is_chosen;
        log_slot(self, number, slot);
    }
}

void paxos_accept(struct sim_node *self, sim_node_id from, uint64_t ballot, const uint64_t *body,
                  uint32_t count)
{
    struct paxos_state *state = sim_state(self);
    if (ballot < state->promised) {
        refuse(self, from);
        return;
    }
    if (ballot > state->promised) {
        paxos_outdone(self, ballot);
        promise(self, ballot);
    }
    for (uint32_t i = 0; i < count; i += PAXOS_SLOT_WORDS) {
        struct paxos_slot proposal;
        uint64_t number = paxos_unpack(&body[i], &proposal);
        accept_slot(self, number, &proposal);
    }
    answer_later(self, (struct paxos_answer){.to = from,
                                             .ballot = ballot,
                                             .slot = body[0],
                                             .count = count / PAXOS_SLOT_WORDS});
}

/* ---- lives, and what is forgotten in them ---- */

void paxos_forget(struct sim_node *self, uint64_t first)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    paxos_slots_forget(&state->slots, first);
    if (params->fsync == NULL) {
        return;
    }
    uint64_t from = sim_log_end(self, THE_LOG);
    for (uint64_t i = state->slots.begin; i < state->slots.end; i++) {
        uint64_t at = paxos_slot(&state->slots, i)->at;
        from = at != 0 && at - 1 < from ? at - 1 : from;
    }
    log_promise(self); /* that of before may be forgotten now */
    sim_log_forget(self, THE_LOG, from);
    sync(self);
}

void paxos_recover(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    paxos_snapshot_recover(self);
    uint64_t end = sim_log_end(self, THE_LOG);
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < end; i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            break; /* a checksum would say so */
        }
        if (record->words[0] == RECORD_PROMISE) {
            state->promised = record->words[1];
        } else if (record->words[0] == RECORD_SLOT && i + 1 < end) {
            const struct sim_log_record *rest = sim_log_at(self, THE_LOG, ++i);
            if (rest->is_torn) {
                break;
            }
            if (record->words[1] < state->slots.begin) {
                continue;
            }
            *paxos_slot(&state->slots, record->words[1]) =
                (struct paxos_slot){.ballot = record->words[2],
                                    .at = i,
                                    .command = {.key = record->words[3],
                                                .value = rest->words[0],
                                                .expected = rest->words[1],
                                                .operation = (uint16_t)rest->words[2],
                                                .token = rest->words[3]}};
        }
    }
    state->greatest = state->promised;
}

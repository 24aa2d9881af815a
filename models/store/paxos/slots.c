/* Slots: what was accepted in each, from the first one that is kept on. */
#include <stdlib.h>
#include <string.h>

#include "store/paxos/paxos.h"

void paxos_slots_init(struct paxos_slots *slots, uint64_t begin)
{
    slots->begin = slots->end = begin;
}

struct paxos_slot *paxos_slot(struct paxos_slots *slots, uint64_t number)
{
    sim_assert(number >= slots->begin);
    uint64_t index = number - slots->begin;
    while (index >= slots->capacity) {
        uint64_t capacity = slots->capacity == 0 ? 64 : 2 * slots->capacity;
        slots->slots = realloc(slots->slots, capacity * sizeof *slots->slots);
        sim_assert(slots->slots != NULL); /* out of memory ends the process */
        slots->capacity = capacity;
    }
    for (; slots->end <= number; slots->end++) {
        slots->slots[slots->end - slots->begin] = (struct paxos_slot){0};
    }
    return &slots->slots[index];
}

void paxos_slots_forget(struct paxos_slots *slots, uint64_t begin)
{
    if (begin <= slots->begin) {
        return;
    }
    if (begin < slots->end) {
        memmove(slots->slots, &slots->slots[begin - slots->begin],
                (slots->end - begin) * sizeof *slots->slots);
    } else {
        slots->end = begin;
    }
    slots->begin = begin;
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
    words[7] = command->token;
}

uint64_t paxos_unpack(const uint64_t words[PAXOS_SLOT_WORDS], struct paxos_slot *ret_slot)
{
    *ret_slot = (struct paxos_slot){.ballot = words[1],
                                    .command = {.key = words[2],
                                                .value = words[3],
                                                .expected = words[4],
                                                .frame = words[5],
                                                .origin = (sim_node_id)(words[6] >> 32),
                                                .operation = (uint16_t)words[6],
                                                .token = words[7]}};
    return words[0];
}

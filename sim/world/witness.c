/* Witness: the operation history, as sources saw it.
 *
 * A process is a session of a source, or an operation by itself where there are none. What had no
 * end when the run ended, or when its source died, is unknown. A deletion is a write of 0.
 */
#include "world/internal.h"

#define NOT_RECORDED SIM_HISTORY_FUNCTION_COUNT

static enum sim_history_function function_of(uint16_t operation)
{
    if (operation == SIM_WITNESS_ACQUIRE || operation == SIM_WITNESS_RELEASE) {
        return operation == SIM_WITNESS_ACQUIRE ? SIM_HISTORY_ACQUIRE : SIM_HISTORY_RELEASE;
    }
    switch ((enum sim_operation)operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        return SIM_HISTORY_READ;
    case SIM_OP_WRITE:
    case SIM_OP_DELETE:
        return SIM_HISTORY_WRITE;
    case SIM_OP_COMPARE_AND_SET:
        return SIM_HISTORY_COMPARE_AND_SET;
    case SIM_OP_INCREMENT:
        return SIM_HISTORY_INCREMENT;
    case SIM_OP_APPEND:
        return SIM_HISTORY_APPEND;
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
    return NOT_RECORDED;
}

/* The number of a session among those of all sources; they fit as long as there are not 2^16 nodes
 * or sessions of one. */
static uint32_t process_of(const struct sim_node *self, uint64_t session)
{
    bool fits = session > 0 && session >> SIM_HISTORY_PROCESS_BITS == 0 &&
                self->id < SIM_HISTORY_ALONE_FROM >> SIM_HISTORY_PROCESS_BITS;
    return fits ? self->id << SIM_HISTORY_PROCESS_BITS | (uint32_t)session : SIM_HISTORY_NO_PROCESS;
}

bool sim_is_witnessed(const struct sim_node *self)
{
    return self->world->options.history != NULL;
}

uint64_t sim_witness_begin(struct sim_node *self, const struct sim_witness *witness)
{
    struct sim_world *world = self->world;
    struct sim_history *history = world->options.history;
    enum sim_history_function function = function_of(witness->operation);
    if (history == NULL || function == NOT_RECORDED) {
        return 0;
    }
    struct sim_history_entry *entry = sim_history_add(history);
    if (entry == NULL) {
        return 0;
    }
    entry->key = witness->key;
    entry->argument = witness->operation == SIM_OP_DELETE ? 0 : witness->value;
    entry->expected = witness->expected;
    entry->function = (uint8_t)function;
    entry->outcome = SIM_HISTORY_UNKNOWN;
    entry->invoked = world_now(world);
    entry->completed = SIM_NEVER;
    entry->process = process_of(self, witness->session);
    entry->group = self->group_index;
    return history->count;
}

void sim_witness_end(struct sim_node *self, uint64_t number, const struct sim_reply *reply,
                     bool may_have_happened)
{
    struct sim_history *history = self->world->options.history;
    if (number == 0 || history == NULL) { /* it was not recorded, or no longer is */
        return;
    }
    sim_assert(number <= history->count);
    struct sim_history_entry *entry = &history->entries[number - 1];
    /* A comparison that does not match may have met what an attempt before it has left. */
    bool is_conflict = reply->status == SIM_STATUS_CONFLICT;
    if (!sim_status_is_answer(reply->status) || (is_conflict && may_have_happened)) {
        entry->outcome = (uint8_t)(may_have_happened ? SIM_HISTORY_UNKNOWN : SIM_HISTORY_FAIL);
        entry->completed = may_have_happened ? SIM_NEVER : world_now(self->world);
        return;
    }
    entry->outcome = (uint8_t)(is_conflict ? SIM_HISTORY_MISMATCH : SIM_HISTORY_OK);
    entry->completed = world_now(self->world);
    entry->result = reply->status == SIM_STATUS_NOT_FOUND ? 0 : reply->value;
    entry->version = reply->version;
    entry->is_result_known = is_conflict || entry->function == SIM_HISTORY_READ ||
                             entry->function == SIM_HISTORY_INCREMENT ||
                             entry->function == SIM_HISTORY_APPEND;
}

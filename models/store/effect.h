/* Effect: what an operation of the common request makes of the value that it meets.
 *
 * The same for every store that executes one operation after the other. A key that is not there
 * counts as 0. A list is named by a hash: that of the empty one is 0, and that of one with a value
 * appended is sim_hash_pair(list, value).
 */
#ifndef BRINK_MODELS_STORE_EFFECT_H
#define BRINK_MODELS_STORE_EFFECT_H

#include "store/cells.h"

static inline bool effect_is_read(uint16_t operation)
{
    return operation == SIM_OP_READ || operation == SIM_OP_CALL || operation == SIM_OP_SCAN;
}

/* Whether it writes, given what is there; then *ret_new has value and is_deleted of what it writes.
 * *ret_value is what the answer says: the new value of an increment or a list, and of a
 * compare-and-set that does not write (CONFLICT) the value that it met. */
static inline bool effect_of(const struct sim_request *request, const struct cell *old,
                             struct cell *ret_new, uint64_t *ret_value)
{
    *ret_new = (struct cell){.key = request->key, .value = request->value};
    *ret_value = 0;
    switch ((enum sim_operation)request->operation) {
    case SIM_OP_WRITE:
        return true;
    case SIM_OP_DELETE:
        ret_new->value = 0;
        ret_new->is_deleted = true;
        return true;
    case SIM_OP_COMPARE_AND_SET:
        *ret_value = old->value == request->expected ? 0 : old->value;
        return old->value == request->expected;
    case SIM_OP_INCREMENT:
        *ret_value = ret_new->value = old->value + request->value;
        return true;
    case SIM_OP_APPEND:
        *ret_value = ret_new->value = sim_hash_pair(old->value, request->value);
        return true;
    case SIM_OP_READ:
    case SIM_OP_CALL:
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
    return false;
}

#endif

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
    return sim_operation_is_read(operation);
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

/* Fencing: an operation that comes with a token is refused where a greater one came with its key
 * before (Kleppmann, "How to do distributed locking", 2016). `tokens` has of each key the greatest,
 * as the value of a cell. A store that carries out its operations in one order puts a token that is
 * greater than those before into that order, ahead of the operation that it came with; that of a
 * read, too, so that nobody writes with an older one what the reader does not see any more. */
static inline bool effect_is_fenced(const struct cells *tokens, uint64_t key, uint64_t token)
{
    const struct cell *seen = token == 0 ? NULL : cells_find(tokens, key);
    return seen != NULL && token < seen->value;
}

static inline bool effect_is_new_token(const struct cells *tokens, uint64_t key, uint64_t token)
{
    const struct cell *seen = token == 0 ? NULL : cells_find(tokens, key);
    return token != 0 && (seen == NULL || token > seen->value);
}

/* `version`: its place in that order, where somebody asks for it. */
static inline void effect_remember_token(struct cells *tokens, uint64_t key, uint64_t token,
                                         uint64_t version)
{
    if (effect_is_new_token(tokens, key, token)) {
        *cells_put(tokens, key) = (struct cell){.key = key, .value = token, .version = version};
    }
}

#endif

/* The operations of one key, as the deciders see them. */
#ifndef BRINK_CHECK_OPERATIONS_H
#define BRINK_CHECK_OPERATIONS_H

#include "check/check.h"

/* State: there is no value. Numbers that are read are greater than INT64_MIN, and -1 is one of
 * them. */
#define CHECK_NOTHING (UINT64_C(1) << 63)
#define CHECK_NEVER UINT32_MAX

struct check_operation {
    uint32_t call, end; /* places among the events of its key; end = CHECK_NEVER: never returned */
    uint32_t slot;      /* of those that are open at once each has another one */
    uint8_t function;   /* enum sim_history_function */
    uint8_t outcome;
    bool is_pure; /* changes nothing: a read, a mismatch */
    bool knows;   /* says which value it saw or left */
    uint64_t argument, expected, result;
    uint32_t entry; /* in the history */
};

/* In order of invocation. */
struct check_part {
    struct sim_check_input *input;
    struct check_operation *operations;
    uint32_t count;
    uint32_t slot_count;
    uint64_t initial; /* state */
};

/* Events of a part in order: at one instant invocations come first. */
struct check_event {
    sim_time time;
    uint32_t operation;
    bool is_end;
};

/* Whether an entry says anything at all. */
bool check_is_telling(const struct sim_history_entry *entry);
/* Without its places among events. */
struct check_operation check_operation_of(const struct sim_history_entry *entry, uint32_t index);

/* Makes the part of some entries of the history (indices, in order of invocation); those that say
 * nothing are left out. Free with check_part_clear. */
void check_part_init(struct check_part *part, struct sim_check_input *input,
                     const uint32_t *entries, uint32_t count);
void check_part_clear(struct check_part *part);
/* Works out call, end and slot anew, after operations have been taken out or made unknown. */
void check_part_order(struct check_part *part);

/* Whether the operation is possible in `*state`; moves the state on when it is. */
bool check_step(const struct check_part *part, const struct check_operation *operation,
                uint64_t *state);

/* collections.c: the same of sets and queues; and the state of a set of numbers, in any order. */
bool check_step_collection(const struct check_part *part, const struct check_operation *operation,
                           uint64_t *state);
uint64_t check_set_state(struct sim_check_input *input, GArray *numbers);
/* The numbers (uint64_t) of a state, in order. */
GArray *check_numbers_of(const struct sim_check_input *input, uint64_t state);

/* zones.c: whether zones can decide about it, and what they say. */
bool check_zones_apply(const struct check_part *part);
enum sim_check_verdict check_zones(const struct check_part *part);

/* growing.c: the same of sets of which nothing is removed; queues.c: of queues into which nothing
 * is put twice. With no a few numbers, if wanted, such that what is done with these is wrong
 * already. */
bool check_growing_applies(const struct check_part *part);
enum sim_check_verdict check_growing(const struct check_part *part, uint32_t *ret_stuck,
                                     GArray *culprits);
bool check_queue_applies(const struct check_part *part);
enum sim_check_verdict check_queue(const struct check_part *part, GArray *culprits);

/* bounds.c: false when an operation saw what cannot have been there: *ret_stuck. */
bool check_bounds(const struct check_part *part, uint32_t *ret_stuck);

/* All of these together: the verdict about a part. *ret_stuck as of check_search, or CHECK_NEVER.
 */
enum sim_check_verdict check_decide(const struct check_part *part, size_t bytes_max,
                                    uint64_t *steps, uint32_t *ret_stuck);

/* search.c: takes what it needs from *steps. *ret_stuck: where the longest attempt ended, an
 * operation that could not be placed (only with no). */
enum sim_check_verdict check_search(const struct check_part *part, size_t bytes_max,
                                    uint64_t *steps, uint32_t *ret_stuck);

/* evidence.c: cuts a part that is wrong down to what is wrong by itself. True when nothing more
 * could be left out. */
bool check_cut(struct check_part *part, const struct sim_check_limits *limits, uint32_t stuck);

#endif

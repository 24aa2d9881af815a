/* Operation history: what processes asked of a store and were told, and when. What the checkers
 * judge, whether the world recorded it or it was read from a file.
 *
 * Times are of the caller: an operation took effect, if it did, between `invoked` and `completed`.
 */
#ifndef BRINK_METRICS_HISTORY_H
#define BRINK_METRICS_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

enum sim_history_function {
    SIM_HISTORY_READ,
    SIM_HISTORY_WRITE,
    SIM_HISTORY_COMPARE_AND_SET,
    SIM_HISTORY_INCREMENT,
    SIM_HISTORY_APPEND,
    SIM_HISTORY_DELETE,
    SIM_HISTORY_ACQUIRE, /* of a lock */
    SIM_HISTORY_RELEASE,
    SIM_HISTORY_ADD, /* to a set */
    SIM_HISTORY_REMOVE,
    SIM_HISTORY_ENQUEUE, /* to a queue, first in, first out */
    SIM_HISTORY_DEQUEUE,
    SIM_HISTORY_FUNCTION_COUNT
};
extern const char *const sim_history_function_names[SIM_HISTORY_FUNCTION_COUNT + 1];

enum sim_history_outcome {
    SIM_HISTORY_OK,
    SIM_HISTORY_MISMATCH, /* a compare-and-set that found another value than it expected */
    SIM_HISTORY_FAIL,     /* it did not happen, and says nothing else */
    SIM_HISTORY_UNKNOWN   /* it may have happened, may happen yet, or never */
};

#define SIM_HISTORY_NO_PROCESS UINT32_MAX
/* What a run records: a value that was written is the writer's node and the number of its
 * operation, a process a node and its session; the lower of so many bits. */
#define SIM_HISTORY_VALUE_BITS 40u
#define SIM_HISTORY_PROCESS_BITS 16u
/* In files of a run: from this number on each operation is a process by itself. */
#define SIM_HISTORY_ALONE_FROM 0xfff00000u

struct sim_history_entry {
    uint64_t key;
    uint64_t argument; /* written, added, appended; compare-and-set: the new value */
    uint64_t expected; /* compare-and-set */
    uint64_t result;   /* read, dequeue: what was there; increment, append: what is there now */
    uint64_t version;  /* that the store gave it; 0 = none known */
    sim_time invoked;
    sim_time completed; /* SIM_NEVER: it never returned, or nobody knows what came of it */
    uint32_t process;   /* does one thing after another; SIM_HISTORY_NO_PROCESS: all by itself */
    uint32_t group;     /* of the source, by the order of creation */
    uint8_t function;   /* enum sim_history_function */
    uint8_t outcome;    /* enum sim_history_outcome */
    bool is_missing;    /* read: nothing was there (nil); `result` is 0 */
    bool is_result_known;
};

/* Entries in the order of invocation, ties in that of recording. */
struct sim_history {
    struct sim_history_entry *entries;
    uint64_t count, capacity;
    uint64_t count_max; /* more are not kept */
    uint64_t dropped;   /* that there was no room for: no verdict can be "yes" then */
};

void sim_history_init(struct sim_history *history, uint64_t count_max);
void sim_history_clear(struct sim_history *history);
/* Room for one more, zeroed, or NULL when it is full; the pointer holds until the next. */
struct sim_history_entry *sim_history_add(struct sim_history *history);

#endif

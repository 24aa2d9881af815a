/* Checkers: whether a history could have been, by each of several levels of consistency.
 *
 * Linearizability (Herlihy and Wing 1990): every operation seems to take effect at one instant
 * between its invocation and its completion. A history is looked at key by key, since it is
 * linearizable when each key's part is (their theorem 1). Of each part:
 *
 * - Where all that was written to a register differs, by zones, in O(n log n): zones.c (Gibbons and
 *   Korach 1997).
 * - Otherwise by a search for an order: search.c (Wing and Gong 1993; Lowe 2017).
 *
 * Weaker levels look at all keys together, and at who read whose write: accesses.h, sessions.c.
 *
 * A verdict is yes, no, or unknown where the search passed its limits; never a guess. With no comes
 * the smallest piece that could be cut out, which is wrong by itself: evidence.c.
 *
 * What is known of an operation is what its caller knows. One that failed did not happen; one whose
 * outcome is unknown may take effect at any time after its invocation, or never. Operations that
 * touch at one instant count as concurrent.
 */
#ifndef BRINK_CHECK_CHECK_H
#define BRINK_CHECK_CHECK_H

#include <glib.h>

#include "metrics/history.h"

/* What an object does: which states operations lead to. */
enum sim_check_model {
    SIM_CHECK_REGISTER, /* read, write, delete, compare-and-set */
    SIM_CHECK_COUNTER,  /* read, increment, write */
    SIM_CHECK_APPEND,   /* read, write, append */
    SIM_CHECK_MUTEX,    /* acquire, release */
    SIM_CHECK_TRANSACTIONS,
    SIM_CHECK_SET,   /* add, remove, read all of it */
    SIM_CHECK_QUEUE, /* enqueue, dequeue */
    SIM_CHECK_MODEL_COUNT
};
extern const char *const sim_check_model_names[SIM_CHECK_MODEL_COUNT + 1];

/* A history, and what is needed to understand it. */
struct sim_check_input {
    struct sim_history history;
    enum sim_check_model model;
    bool has_initial; /* each key begins with `initial`; otherwise with nothing */
    uint64_t initial;
    bool has_times; /* times are nanoseconds; otherwise numbers of events */
    /* That of each number, and the number of each, where values or keys are texts. */
    GPtrArray *texts;
    GHashTable *text_numbers;
    uint64_t text_bytes, text_work; /* of all of them; those that operations have read and made */
    bool has_text_keys;
    /* An append lengthens a text. Where values are numbers it makes sim_hash_pair(list, value), the
     * list being 0 at first. */
    bool has_text_values;
    /* Sets and queues are numbers of texts too: "1 4 7", in order; the empty one is `initial`. */
    struct sim_check_transactions *transactions; /* in place of the history; or NULL */
    /* In words, values and processes are two numbers, the lower of so many bits; 0 = one. */
    uint32_t value_bits, process_bits;
};

/* The number of a text, which from now on has one. */
uint64_t sim_check_text(struct sim_check_input *input, const char *text);

enum sim_check_verdict { SIM_CHECK_YES, SIM_CHECK_NO, SIM_CHECK_UNKNOWN };
extern const char *const sim_check_verdict_names[];

/* What a history may be said to be. */
enum sim_check_level {
    SIM_CHECK_LINEARIZABLE,
    SIM_CHECK_SEQUENTIAL,
    SIM_CHECK_CAUSAL,
    SIM_CHECK_CONSISTENT_PREFIX,
    SIM_CHECK_READ_MY_WRITES,
    SIM_CHECK_MONOTONIC_READS,
    SIM_CHECK_MONOTONIC_WRITES,
    SIM_CHECK_WRITES_FOLLOW_READS,
    SIM_CHECK_VERSIONS_STALE, /* at most N versions */
    SIM_CHECK_TIME_STALE,     /* at most so long */
    SIM_CHECK_NO_LOST_UPDATES,
    SIM_CHECK_NO_LOST_WRITES,
    SIM_CHECK_NO_WRITES_LOST_FOR, /* so long */
    /* Of transactions. */
    SIM_CHECK_READ_UNCOMMITTED,
    SIM_CHECK_READ_COMMITTED,
    SIM_CHECK_REPEATABLE_READ,
    SIM_CHECK_SNAPSHOT_ISOLATION,
    SIM_CHECK_SERIALIZABLE,
    SIM_CHECK_STRICT_SERIALIZABLE,
    SIM_CHECK_LEVEL_COUNT
};

struct sim_check_claim {
    enum sim_check_level level;
    uint64_t bound; /* versions, or nanoseconds */
};

bool sim_check_claim_equals(const struct sim_check_claim *a, const struct sim_check_claim *b);
/* Reads the name of a level, as "monotonic-reads" or "monotonic reads". */
bool sim_check_claim_parse(const char *name, struct sim_check_claim *ret_claim);
/* Reads a sentence: "history is linearizable", "history has no monotonic reads". */
bool sim_check_sentence_parse(const char *text, struct sim_check_claim *ret_claim,
                              bool *ret_is_denied);
/* The name, and the sentence, as they are best written. The caller frees them. */
char *sim_check_claim_name(const struct sim_check_claim *claim);
char *sim_check_claim_sentence(const struct sim_check_claim *claim, bool is_denied);
/* All names and all sentences, to suggest one, with N for versions and T for a duration; NULL at
 * the end. The caller frees with g_strfreev.
 */
char **sim_check_claim_names(void);
char **sim_check_claim_sentences(void);

struct sim_check_limits {
    uint64_t steps_max;     /* of the search, all keys together */
    uint64_t cut_steps_max; /* of the search for the smallest piece */
    size_t bytes_max;       /* of what it remembers, at a time */
};
/* A few seconds, and half a gigabyte. */
struct sim_check_limits sim_check_limits_default(void);

struct sim_check_result {
    enum sim_check_verdict verdict;
    uint64_t operations; /* that were judged */
    uint64_t keys, keys_bad, keys_unknown;
    uint64_t steps;
    uint64_t bad_key;  /* the first, in the order of their first operation */
    GArray *piece;     /* of struct sim_history_entry: the evidence, in order of invocation */
    bool is_minimal;   /* nothing could be left out of it; otherwise the limits ended the cutting */
    bool is_shortened; /* of sets that were read the piece shows only what matters */
    bool spans_keys;   /* the piece is not of one key */
    GPtrArray *told;   /* in place of the piece: the evidence in words, of transactions */
    /* With no what is wrong with the piece: "no order explains these of key 7"; with unknown why
     * that is. */
    char *because;
};

/* Judges a claim, and linearizability. Clear the result. */
void sim_check_judge(struct sim_check_input *input, const struct sim_check_claim *claim,
                     const struct sim_check_limits *limits, struct sim_check_result *ret_result);
void sim_check_linearizable(struct sim_check_input *input, const struct sim_check_limits *limits,
                            struct sim_check_result *ret_result);
void sim_check_result_clear(struct sim_check_result *result);
void sim_check_input_clear(struct sim_check_input *input);

/* What one operation did, in words: "reads 7". Caller frees. */
char *sim_check_deed(const struct sim_check_input *input, const struct sim_history_entry *entry);
/* How many lines of evidence there are; and one in words, mostly an operation: "process 3 reads 7,
 * from 10.21 s to 10.25 s". Caller frees. */
uint32_t sim_check_evidence_count(const struct sim_check_result *result);
char *sim_check_describe(const struct sim_check_input *input, const struct sim_check_result *result,
                         uint32_t index);

#endif

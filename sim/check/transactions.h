/* Transactions: several reads and writes of several keys as one step. See dependencies.c,
 * anomalies.c. */
#ifndef BRINK_CHECK_TRANSACTIONS_H
#define BRINK_CHECK_TRANSACTIONS_H

#include "check/check.h"

enum check_deed_kind { CHECK_DEED_READ, CHECK_DEED_WRITE, CHECK_DEED_APPEND };

struct check_deed {
    enum check_deed_kind kind;
    uint64_t key, value;
    uint32_t first, count; /* of a list that was read, in the values */
    bool is_known;         /* a read that says what it found: a value, a list */
    bool is_missing;       /* it found nothing */
};

struct check_transaction {
    uint32_t first, count; /* deeds */
    uint32_t process;
    sim_time invoked, completed;
    uint8_t outcome; /* enum sim_history_outcome: OK, FAIL or UNKNOWN */
};

struct sim_check_transactions {
    GArray *all;    /* struct check_transaction */
    GArray *deeds;  /* struct check_deed */
    GArray *values; /* uint64_t, of lists */
    bool has_lists;
    bool begins_as_zero; /* registers hold 0 at first, which counts as nothing */
};

struct sim_check_transactions *check_transactions_new(void);
void check_transactions_free(struct sim_check_transactions *transactions);

static inline struct check_transaction *
check_transaction_at(const struct sim_check_transactions *transactions, uint32_t index)
{
    return &g_array_index(transactions->all, struct check_transaction, index);
}

static inline struct check_deed *check_deed_at(const struct sim_check_transactions *transactions,
                                               uint32_t index)
{
    return &g_array_index(transactions->deeds, struct check_deed, index);
}

/* Why one transaction comes before another. */
enum check_dependency_kind {
    CHECK_WW, /* it left the version before */
    CHECK_WR, /* the other read what it left */
    CHECK_RW, /* it read the version before what the other left */
    CHECK_RT  /* it had ended before the other began; over nodes that stand for instants */
};

struct check_dependency {
    uint32_t from, to;
    enum check_dependency_kind kind;
    uint64_t key;
};

/* What is wrong with one transaction, or with two, by itself; and what comes before what. */
struct check_mistake {
    const char *what;        /* "G1a: ..."; %s: this, these */
    uint32_t reader, writer; /* writer: UINT32_MAX: none */
    int level;               /* enum sim_check_level: the weakest that does not allow it */
};

struct check_dependencies {
    const struct sim_check_input *input;
    uint32_t count; /* transactions; nodes behind them stand for instants */
    uint32_t node_count;
    bool *has_happened; /* by transaction: it returned, or somebody saw what it left */
    GArray *edges;      /* struct check_dependency */
    GArray *mistakes;   /* struct check_mistake */
    bool has_registers; /* the order of some versions is not known */
    bool has_unseen;    /* of some list, where several appended what nobody saw: who came first */
    bool has_twice;     /* a value was written twice: who left it cannot be told */
    uint32_t edges_max;
    bool is_short; /* there are more edges than that, and they were left out */
};

static inline const struct check_dependency *
check_dependency_at(const struct check_dependencies *dependencies, uint32_t index)
{
    return &g_array_index(dependencies->edges, struct check_dependency, index);
}

void check_dependencies_init(struct check_dependencies *dependencies,
                             const struct sim_check_input *input, size_t bytes_max);
void check_dependencies_clear(struct check_dependencies *dependencies);

/* transactions.c: what had ended before something began. */
void check_dependencies_add_times(struct check_dependencies *dependencies);

/* tell_transactions.c: adds a line for a transaction: "T3: [read 8 nothing] [append 9 5], from
 * event 5 to event 6"; for those of a circle, given as edges, and why each comes before the next.
 */
void check_tell_transaction(GPtrArray *told, const struct sim_check_input *input, uint32_t index);
void check_tell_circle(GPtrArray *told, const struct check_dependencies *dependencies,
                       const GArray *edges);

/* transaction_search.c: whether those that count, of registers only, have an order. Takes what it
 * needs from *steps. */
enum sim_check_verdict check_transactions_search(const struct sim_check_transactions *transactions,
                                                 const bool *counts, bool keeps_time,
                                                 const struct sim_check_limits *limits,
                                                 uint64_t *steps);

/* Judges a claim of transactions. */
void check_transactions_judge(const struct sim_check_input *input,
                              const struct sim_check_claim *claim,
                              const struct sim_check_limits *limits,
                              struct sim_check_result *result);
#endif

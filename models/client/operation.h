/* Operations: what the clients share. From "the user wants this key" to the ledger: attempts under
 * the retry policy, hedges, timeout and deadline, the choice among several targets, session tokens.
 *
 * One operation is one frame of a client; its handle is the tag of its calls and of its pauses. A
 * client embeds struct operations in its state, and passes every input through operations_handle.
 */
#ifndef BRINK_MODELS_CLIENT_OPERATION_H
#define BRINK_MODELS_CLIENT_OPERATION_H

#include "attempts.h"
#include "client/homes.h"
#include "client/seen.h"
#include "members.h"
#include "sim.h"

/* Which member of the target an attempt goes to. */
enum operation_choose {
    CHOOSE_ROUND_ROBIN,
    CHOOSE_RANDOM,
    CHOOSE_SESSION, /* a session has one, and another one when that is lost */
    CHOOSE_PINNED,  /* it keeps that one though it does not answer */
    CHOOSE_NEAREST
};
extern const char *const operation_choose_names[];

/* What reads ask of a store (Terry, "Replicated data consistency explained through baseball", CACM
 * 56(12), 2013). A store sees one guarantee of sessions; which answers a session remembers says
 * whether that is of reads, of writes, or of both. */
enum operation_consistency {
    CONSISTENCY_DEFAULT,
    CONSISTENCY_STRONG,
    CONSISTENCY_BOUNDED,
    CONSISTENCY_PREFIX,
    CONSISTENCY_MONOTONIC,
    CONSISTENCY_MY_WRITES,
    CONSISTENCY_SESSION,
    CONSISTENCY_EVENTUAL
};
extern const char *const operation_consistency_names[];

struct operation_params {
    struct sim_target to;
    int32_t choose; /* enum operation_choose */
    sim_time timeout;
    sim_time deadline;
    struct sim_shape retry, hedge;
    int64_t priority;
};

/* What its reads ask of a store. */
struct guarantee_params {
    int32_t consistency; /* enum operation_consistency */
    sim_time staleness;
    int64_t staleness_versions;
};

/* What is asked for, where it is not read from a trace. */
struct workload_params {
    struct sim_mix ops;
    struct sim_shape keys;
    const struct sim_dist *bytes;
    int64_t scan_keys;
    struct guarantee_params guarantee;
};

/* Rows for the parameter table of a client whose params hold the structs above as `member`. */
/* clang-format off */
#define OPERATION_PARAMS(type, member)                                                             \
    {"to", SIM_PARAM_TARGET, offsetof(type, member.to), NULL, SIM_UNBOUNDED,                       \
     "whom it asks: one node, or several, also by shares: { a = percent(70), b = percent(30) }",   \
     NULL, NULL},                                                                                  \
    {"choose", SIM_PARAM_CHOICE, offsetof(type, member.choose), "\"round_robin\"", SIM_UNBOUNDED,  \
     "how each attempt picks among several; session = stays with one until that is lost "           \
     "[ZooKeeper client], pinned = also then [HAProxy without redispatch]", NULL,                   \
     operation_choose_names},                        \
    {"timeout", SIM_PARAM_DURATION, offsetof(type, member.timeout), "none", 1e-9, 1e300,           \
     "how long an attempt waits for its answer", NULL, NULL},                                      \
    {"deadline", SIM_PARAM_DURATION, offsetof(type, member.deadline), "none", 1e-9, 1e300,         \
     "how long the whole operation may take; travels with the request [gRPC]", NULL, NULL},        \
    {"retry", SIM_PARAM_SHAPE, offsetof(type, member.retry), "none", SIM_UNBOUNDED,                \
     "what follows a failed attempt", &sim_retry_family, NULL},                                    \
    {"hedge", SIM_PARAM_SHAPE, offsetof(type, member.hedge), "none", SIM_UNBOUNDED,                \
     "further attempts while an answer is awaited", &sim_hedge_family, NULL},                      \
    {"priority", SIM_PARAM_INTEGER, offsetof(type, member.priority), "0", 0, 65535,                \
     "class of its requests, 0 = most urgent", NULL, NULL}

#define GUARANTEE_PARAMS(type, member)                                                             \
    {"consistency", SIM_PARAM_CHOICE, offsetof(type, member.consistency), "\"default\"",           \
     SIM_UNBOUNDED, "what its reads ask of a store; default = what the store does by itself "      \
     "[Terry 2013]", NULL, operation_consistency_names},                                           \
    {"staleness", SIM_PARAM_DURATION, offsetof(type, member.staleness), "s(5)", 1e-9, 1e300,       \
     "bounded_staleness: how old an answer may be; none = any age [Cosmos DB: 5 s in one region]", \
     NULL, NULL},                                                                                  \
    {"staleness_versions", SIM_PARAM_INTEGER, offsetof(type, member.staleness_versions), "0", 0,   \
     4e9, "bounded_staleness: how many versions of its key an answer may miss; 0 = any number "    \
     "[Cosmos DB: at least 10]", NULL, NULL}

#define WORKLOAD_PARAMS(type, member)                                                              \
    {"ops", SIM_PARAM_MIX, offsetof(type, member.ops), "{ call = 1 }", SIM_UNBOUNDED,              \
     "which operations, in which shares: { read = 0.9, write = 0.1 }", NULL, NULL},                \
    {"keys", SIM_PARAM_SHAPE, offsetof(type, member.keys), "uniform_keys(1e6)", SIM_UNBOUNDED,     \
     "which keys they name", &sim_keys_family, NULL},                                              \
    {"bytes", SIM_PARAM_BYTES_LAW, offsetof(type, member.bytes), "bytes(200)", SIM_NOT_NEGATIVE,   \
     "size of a request on the wire [assumed: a call and a few headers]", NULL, NULL},                                                 \
    {"scan_keys", SIM_PARAM_INTEGER, offsetof(type, member.scan_keys), "100", 1, 1e6,              \
     "keys that a scan asks for [YCSB: up to 100]", NULL, NULL},                                   \
    GUARANTEE_PARAMS(type, member.guarantee)
/* clang-format on */

/* Timers and random streams of every client; each model's tables are these. */
enum client_timer { CLIENT_TIMER_RETRY, CLIENT_TIMER_NEXT, CLIENT_TIMER_HEDGE };
extern const char *const client_timers[];

enum client_draw {
    CLIENT_DRAW_ARRIVALS,
    CLIENT_DRAW_OPERATION,
    CLIENT_DRAW_KEY,
    CLIENT_DRAW_BYTES,
    CLIENT_DRAW_SESSION,
    CLIENT_DRAW_THINK,
    CLIENT_DRAW_MEMBER,
    CLIENT_DRAW_RETRY
};
extern const char *const client_draws[];

/* What is wanted. */
struct operation_wish {
    uint64_t key;
    uint64_t session;    /* index from 0, or OPERATION_NO_SESSION */
    int64_t bytes;       /* of the request */
    int64_t reply_bytes; /* expected of the reply; 0 = the server's default */
    uint16_t operation;  /* enum sim_operation */
};
#define OPERATION_NO_SESSION UINT64_MAX

/* The frame. */
struct operation {
    struct sim_operation_id id;
    struct operation_wish wish;
    sim_time deadline;
    sim_time pause;    /* before the latest retry */
    uint32_t attempt;  /* 0 = first */
    sim_node_id asked; /* by the latest attempt */
    uint32_t redirects;
    uint64_t expected;      /* COMPARE_AND_SET: what its session last saw of the key */
    bool may_have_happened; /* an attempt that failed may have taken effect */
    uint64_t witness;       /* its entry in the history, 0 = none */
    struct attempts attempts;
};

struct operations;
/* An operation is over; its frame still exists. It may have failed while it was being begun. */
typedef void (*operation_ended)(struct sim_node *self, struct operations *operations,
                                const struct operation *operation, enum sim_status status);

struct operations {
    const struct operation_params *params;
    struct sim_retry retry;
    struct sim_hedge hedge;
    operation_ended ended; /* NULL = nobody asks */
    struct members members;
    struct homes homes; /* where the choice goes by sessions */
    uint64_t *tokens;   /* what each session has seen; NULL without sessions */
    bool is_witnessed;
    bool is_comparing; /* some operation may be a compare-and-set: `seen` is kept */
    struct seen seen;
    const struct workload_params *workload;   /* NULL = scans are not asked for */
    const struct guarantee_params *guarantee; /* NULL = the store's own */
};

/* At SIM_IN_START. `params` is kept. */
void operations_start(struct sim_node *self, struct operations *operations,
                      const struct operation_params *params, uint64_t session_count,
                      operation_ended ended);
/* May be called on zeroed memory. */
void operations_clear(struct operations *operations);
/* After the start: what operations ask for, which is kept. */
void operations_ask_for(struct operations *operations, const struct workload_params *workload);
void operations_want(struct operations *operations, const struct guarantee_params *guarantee);
/* The wish of a new operation, of no session and otherwise zeroed, to be filled in where it stays;
 * operation_begin of *ret_frame then makes its first attempt. */
struct operation_wish *operation_new(struct sim_node *self, sim_frame *ret_frame);
void operation_begin(struct sim_node *self, struct operations *operations, sim_frame frame);
/* True when the input was about an operation: the outcome of a call, or the end of a pause. */
bool operations_handle(struct sim_node *self, struct operations *operations,
                       const struct sim_input *in);

struct workload {
    const struct workload_params *params;
    struct sim_random *key_random; /* asked for with every operation */
    struct sim_keys keys;
    struct sim_arena arena;
    int64_t bytes; /* where the law is constant, else -1 */
};

void workload_start(struct sim_node *self, struct workload *workload,
                    const struct workload_params *params);
/* May be called on zeroed memory. */
void workload_clear(struct workload *workload);
/* Complains where the guarantees of sessions or a choice by them are asked for and there are none,
 * a bound of another guarantee, or a choice that the target's shares contradict; else NULL.
 * `guarantee` may be NULL. */
const char *operation_validate(const struct operation_params *params,
                               const struct guarantee_params *guarantee, bool has_sessions);
/* Draws operation, key and size; leaves the session alone. */
void workload_next(struct sim_node *self, struct workload *workload, struct operation_wish *wish);

#endif

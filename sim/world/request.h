/* The request and its reply: how any component talks to any other.
 *
 * A value is a 64-bit id (or the handle of an immutable blob). One call has exactly one outcome.
 */
#ifndef BRINK_WORLD_REQUEST_H
#define BRINK_WORLD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "engine/engine.h"

typedef uint64_t sim_ticket; /* a request that this node has received and not yet answered */
typedef uint64_t sim_call;   /* a call that this node has made and that has no outcome yet */
typedef uint64_t sim_stream; /* an open stream, the same handle at both ends */
typedef uint64_t sim_frame;  /* what a model remembers of one operation */
typedef uint64_t sim_span;   /* where an operation's time is attributed; 0 = not sampled */

enum sim_status {
    SIM_STATUS_OK,
    SIM_STATUS_NOT_FOUND,   /* answered: there is no such key */
    SIM_STATUS_CONFLICT,    /* answered: compare-and-set or version did not match */
    SIM_STATUS_REJECTED,    /* turned away: queue full, limiter, shedding (503, 429) */
    SIM_STATUS_ERROR,       /* the component failed to serve it (500) */
    SIM_STATUS_UNAVAILABLE, /* the component cannot serve it now: no quorum, no leader, no backend
                             */
    SIM_STATUS_REFUSED,     /* nobody listens: connection refused or reset */
    SIM_STATUS_TIMEOUT,     /* the caller stopped waiting */
    SIM_STATUS_EXPIRED,     /* the deadline had passed when work would have begun */
    SIM_STATUS_REDIRECT,    /* ask `redirect` instead */
    SIM_STATUS_COUNT
};

extern const char *const sim_status_names[SIM_STATUS_COUNT + 1];

/* OK, NOT_FOUND and CONFLICT are answers; the rest are failures. */
static inline bool sim_status_is_answer(enum sim_status status)
{
    return status <= SIM_STATUS_CONFLICT;
}

enum sim_consistency {
    SIM_CONSISTENCY_DEFAULT, /* whatever the store does by itself */
    SIM_CONSISTENCY_STRONG,
    SIM_CONSISTENCY_BOUNDED,
    SIM_CONSISTENCY_PREFIX,
    SIM_CONSISTENCY_SESSION,
    SIM_CONSISTENCY_EVENTUAL
};

struct sim_request {
    uint64_t operation_id; /* one per operation of a source, kept through retries and hops */
    uint64_t key;
    uint64_t key_end;  /* SCAN: one past the last key */
    uint64_t value;    /* WRITE, APPEND, INCREMENT, COMPARE_AND_SET: new value */
    uint64_t expected; /* COMPARE_AND_SET; READ, SCAN: the version that the asker has, 0 = none:
                          the answer may be that this is the latest (If-None-Match) */
    uint64_t session;  /* 0 = none */
    uint64_t session_token; /* what the session has seen: opaque to all but the store */
    uint64_t transaction;   /* 0 = none */
    uint64_t fencing_token; /* 0 = none */
    sim_time deadline;      /* travels with the request; SIM_NEVER = none */
    sim_time staleness;     /* SIM_CONSISTENCY_BOUNDED */
    int64_t bytes;          /* of the request on the wire */
    int64_t reply_bytes;    /* expected of the reply; 0 = the server's default */
    sim_span span;          /* what is spent there after the answer is not counted */
    uint32_t attempt;       /* 0 = first */
    uint32_t behind_max;    /* SIM_CONSISTENCY_BOUNDED: committed versions of the key that the
                               answer may miss; 0 = any number */
    uint16_t operation;     /* enum sim_operation */
    uint16_t priority;      /* 0 = most urgent class */
    uint16_t consistency;   /* enum sim_consistency */
    uint16_t origin_zone;
};

/* What a stream carries one of: a key of whoever sends it has that version now. */
struct sim_item {
    uint64_t key;
    uint64_t version; /* 0 = it has none */
};

/* Whether an operation leaves what it is done to as it was. A CALL says nothing of keys. */
static inline bool sim_operation_is_read(uint16_t operation)
{
    return operation == SIM_OP_READ || operation == SIM_OP_CALL || operation == SIM_OP_SCAN;
}

/* Whether whoever was asked says so only when it has done nothing, and will not. */
static inline bool sim_status_is_undone(enum sim_status status)
{
    return status == SIM_STATUS_NOT_FOUND || status == SIM_STATUS_CONFLICT ||
           status == SIM_STATUS_REJECTED || status == SIM_STATUS_UNAVAILABLE ||
           status == SIM_STATUS_EXPIRED || status == SIM_STATUS_REDIRECT;
}

/* What a component tells its caller when a request that it has passed on ended like this: that
 * nobody listens there (any more) says nothing about who listens here. A read was not served; what
 * changes something may have been done before the connection broke, and nobody knows. */
static inline enum sim_status sim_status_passed_on(uint16_t operation, enum sim_status status)
{
    if (status != SIM_STATUS_REFUSED) {
        return status;
    }
    return sim_operation_is_read(operation) ? SIM_STATUS_UNAVAILABLE : SIM_STATUS_TIMEOUT;
}

struct sim_reply {
    enum sim_status status;
    sim_node_id served_by; /* whose answer it is: kept by those who pass a version on */
    uint64_t value;
    /* Of the value, or of there being none; 0 = unversioned. SCAN: the answer has all that was
     * committed to these keys up to that version of the store; for stores whose versions grow from
     * commit to commit, whichever keys they are of. */
    uint64_t version;
    uint64_t siblings; /* how many further values are concurrent with this one */
    uint64_t session_token;
    int64_t bytes;
    sim_time fresh_until; /* may be cached until then; 0 = not cacheable */
    sim_time retry_after; /* REJECTED: a hint; 0 = none */
    sim_node_id redirect; /* REDIRECT */
    bool is_unchanged;    /* what the request expected is the latest version: no value comes */
    /* Of an answer: whoever gives it keeps no values, and has had none changed elsewhere. */
    bool has_changed_nothing;
    /* Of what changes something, failed or CONFLICT: the status is that of the latest attempt or
     * part, and another one may have done it all the same, or may yet. */
    bool is_unknown;
};

/* Whether a call that ended like this may have changed what it was to change. */
static inline bool sim_reply_may_have_acted(const struct sim_reply *reply)
{
    return reply->is_unknown || !sim_status_is_undone(reply->status);
}

/* How a call ended. For TIMEOUT and REFUSED only status is meaningful. */
struct sim_outcome {
    struct sim_reply reply;
    sim_node_id to;  /* whom the call asked */
    sim_time called; /* when it was made */
};

#endif

/* What the files of the limiter share: limiter.c decides by what it remembers itself, shared.c by
 * what a store says.
 */
#ifndef BRINK_MODELS_LIMITER_LIMITER_H
#define BRINK_MODELS_LIMITER_LIMITER_H

#include "limiter/counters.h"
#include "members.h"
#include "sim.h"

enum limiter_by { BY_ALL, BY_KEY, BY_SESSION, BY_CALLER, BY_ORIGIN };

enum limiter_fail { FAIL_OPEN, FAIL_CLOSED };

struct limiter_params {
    struct sim_target to;
    sim_time timeout;
    int32_t policy;
    int64_t limit;
    sim_time window;
    int64_t burst; /* 0 = as the policy has it */
    int32_t by;    /* enum limiter_by */
    int64_t keys_max;
    struct sim_target shared;
    sim_time store_timeout;
    int32_t fail; /* enum limiter_fail */
    int64_t store_bytes;
};

struct limiter_state {
    const struct limiter_policy *policy;
    struct limiter_rule rule;
    struct limiter_counters counters;
    struct members members, store;
    uint64_t name_hash; /* of the group: its counts in a store are its own */
    int64_t counter_count, waiting;
};

enum passage_stage { STAGE_PREVIOUS, STAGE_COUNT, STAGE_BUCKET, STAGE_LOG, STAGE_WAIT, STAGE_CALL };

/* The frame of a request that has not been turned away. */
struct passage {
    sim_ticket ticket;
    uint64_t key;
    enum passage_stage stage;
    /* With a store, of a policy with windows: */
    int64_t window; /* index */
    struct limiter_counts counts;
    /* of one with a bucket: */
    uint64_t empty; /* when it will be empty, as the store is to say */
    sim_time wait;  /* before it passes */
    uint32_t tries;
};

enum limiter_metric {
    METRIC_LIMITED,
    METRIC_UNJUDGED,
    METRIC_COUNTERS,
    METRIC_WAITING,
    METRIC_WAIT
};

/* limiter.c: what it remembers of a key; all zero when that is new. Holds until the next call. */
union limiter_counter *limiter_find_counter(struct sim_node *self, uint64_t key);
sim_frame limiter_begin(struct sim_node *self, sim_ticket ticket, uint64_t key);
/* The verdict about a request; its frame ends when it is turned away. */
void limiter_obey(struct sim_node *self, sim_frame frame, const struct limiter_verdict *verdict);
/* The verdict is `fail`'s. */
void limiter_decide_blindly(struct sim_node *self, sim_frame frame);

/* shared.c: asks the store about a request, and hears what it says. */
void limiter_ask_store(struct sim_node *self, sim_ticket ticket, uint64_t key);
void limiter_hear_store(struct sim_node *self, sim_frame frame, const struct sim_reply *reply);

#endif

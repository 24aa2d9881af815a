/* Limiting policies: one file and one row each.
 *
 * A policy decides about one request of one key by what it remembers of that key, a counter, which
 * is all zero for a key that was never seen. Everything is counted in integers: where a rate is not
 * a whole number of nanoseconds a request, amounts are kept in nanoseconds times `limit`, of which
 * a request is exactly `window`.
 *
 * A policy that needs no more than how many were let through in windows aligned to the clock can
 * also share its counters with other limiters, through a store that adds: it has a `judge`. One
 * whose counter is a bucket can through a store that compares and sets, a log through one that
 * keeps logs.
 */
#ifndef BRINK_MODELS_LIMITER_POLICY_H
#define BRINK_MODELS_LIMITER_POLICY_H

#include "sim.h"
#include "time_log.h"

/* `limit` requests in `window`. */
struct limiter_rule {
    int64_t limit; /* at least 1 */
    sim_time window;
    int64_t burst; /* at least 1; of the buckets */
};

struct limiter_verdict {
    bool is_admitted;
    sim_time wait;        /* of an admitted one, before it is passed on */
    sim_time retry_after; /* of another one: what it should wait before it asks again */
};

/* How many were let through, in the window that `elapsed` of has passed and in the one before. */
struct limiter_counts {
    int64_t current, previous;
    sim_time elapsed;
};

struct limiter_windows {
    int64_t index; /* of the current window */
    int64_t current, previous;
};

struct limiter_bucket {
    sim_wide level; /* taken or poured in, and not yet refilled or leaked; in ns x limit */
    sim_time since;
};

union limiter_counter {
    struct limiter_windows windows;
    struct time_log log;
    struct limiter_bucket bucket;
    uint64_t
        empty; /* with a store: when the bucket will be empty, as that said last; 0 = nothing */
};

struct limiter_policy {
    const char *name;
    const char *help;
    bool is_burst_limit; /* `burst` left out is `limit`, else 1 */
    /* One request at `now`, which never goes back. */
    struct limiter_verdict (*ask)(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now);
    /* The same from counts that do not include the request; `ask` is NULL then. */
    struct limiter_verdict (*judge)(const struct limiter_counts *counts,
                                    const struct limiter_rule *rule);
    bool needs_previous;                            /* counts->previous, that is */
    void (*forget)(union limiter_counter *counter); /* frees; NULL = nothing to free */
};

extern const struct limiter_policy limiter_fixed_window;
extern const struct limiter_policy limiter_sliding_log;
extern const struct limiter_policy limiter_sliding_counter;
extern const struct limiter_policy limiter_token_bucket;
extern const struct limiter_policy limiter_leaky_bucket;
extern const struct limiter_policy limiter_leaky_queue;

/* All of them, and their names in the same order; NULL at the end. */
extern const struct limiter_policy *const limiter_policies[];
extern const char *const limiter_policy_names[];

/* The window that `clock` is in: windows begin at multiples of their length. A clock may show less
 * than nothing. */
int64_t limiter_window_index(const struct limiter_rule *rule, sim_time clock);
/* The policy's word about one request, which is counted when it is let through. `now` counts what
 * has passed; `clock` is what the wall shows, by which windows are aligned. */
struct limiter_verdict limiter_decide(const struct limiter_policy *policy,
                                      union limiter_counter *counter,
                                      const struct limiter_rule *rule, sim_time now,
                                      sim_time clock);

/* Pours a request's worth into a bucket of `burst` requests that leaks `limit` in a window. False
 * when it does not fit: *ret_wait is then how long until it does, and else how long what was in
 * the bucket before takes to leak. */
bool limiter_bucket_pour(struct limiter_bucket *bucket, const struct limiter_rule *rule,
                         sim_time now, sim_time *ret_wait);

#endif

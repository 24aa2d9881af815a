/* Counters of a limiter, one a key, at most `count_max` of them: the key that was asked about least
 * recently is forgotten first, and begins afresh when it comes again.
 */
#ifndef BRINK_MODELS_LIMITER_COUNTERS_H
#define BRINK_MODELS_LIMITER_COUNTERS_H

#include "limiter/policy.h"
#include "object_list.h"

struct limiter_counters {
    const struct limiter_policy *policy;
    struct sim_object_table table; /* payload: union limiter_counter */
    struct sim_object_list recent;
    uint32_t count_max;
};

void limiter_counters_init(struct limiter_counters *counters, const struct limiter_policy *policy,
                           uint32_t count_max);
/* May be called on zeroed memory. */
void limiter_counters_clear(struct limiter_counters *counters);
/* The counter of `key`, all zero when it is new. Holds until the next call. */
union limiter_counter *limiter_counters_find(struct limiter_counters *counters, uint64_t key);

#endif

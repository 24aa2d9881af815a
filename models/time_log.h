/* A log of times: those of the last `window`, at most `limit` of them. What a sliding log
 * remembers, in a limiter or in a store that several limiters share.
 *
 * It costs up to `limit` numbers. A time exactly one window after another one no longer counts it:
 * stretches are open at their far end.
 */
#ifndef BRINK_MODELS_TIME_LOG_H
#define BRINK_MODELS_TIME_LOG_H

#include "sim.h"

struct time_log {
    sim_time *times; /* a ring of `capacity`; grows up to the limit */
    int64_t first, count, capacity;
};

/* Forgets what is too old at `now` and takes that in, if there is room. Else false, and *ret_wait
 * is when there will be. `limit`, at least 1, is always the same for a log. */
bool time_log_add(struct time_log *log, int64_t limit, sim_time window, sim_time now,
                  sim_time *ret_wait);
/* May be called on zeroed memory. */
void time_log_clear(struct time_log *log);

#endif

/* Sliding log: the times of all that were let through in the last window's length; at most `limit`
 * in any such stretch, exactly. (As a sorted set in Redis.)
 *
 * It costs `limit` numbers a key, which is why the others exist. A request exactly one window after
 * another no longer counts it: stretches are open at their far end.
 */
#include <stdlib.h>

#include "limiter/policy.h"

#define FIRST_CAPACITY 8

static sim_time *log_at(const struct limiter_log *log, int64_t position)
{
    int64_t index = log->first + position;
    return &log->times[index < log->capacity ? index : index - log->capacity];
}

static void log_grow(struct limiter_log *log, int64_t limit)
{
    int64_t capacity = log->capacity == 0 ? FIRST_CAPACITY : 2 * log->capacity;
    capacity = capacity < limit ? capacity : limit;
    sim_time *times = malloc((size_t)capacity * sizeof *times);
    sim_assert(times != NULL); /* out of memory ends the process */
    for (int64_t i = 0; i < log->count; i++) {
        times[i] = *log_at(log, i);
    }
    free(log->times);
    log->times = times;
    log->first = 0;
    log->capacity = capacity;
}

static struct limiter_verdict ask(union limiter_counter *counter, const struct limiter_rule *rule,
                                  sim_time now)
{
    struct limiter_log *log = &counter->log;
    while (log->count > 0 && now - *log_at(log, 0) >= rule->window) {
        log->first = log->first + 1 < log->capacity ? log->first + 1 : 0;
        log->count--;
    }
    if (log->count == rule->limit) {
        return (struct limiter_verdict){.retry_after = *log_at(log, 0) + rule->window - now};
    }
    if (log->count == log->capacity) {
        log_grow(log, rule->limit);
    }
    *log_at(log, log->count++) = now;
    return (struct limiter_verdict){.is_admitted = true};
}

static void forget(union limiter_counter *counter)
{
    free(counter->log.times);
}

const struct limiter_policy limiter_sliding_log = {
    .name = "sliding_log",
    .help = "so many in any stretch of a window's length, exactly",
    .ask = ask,
    .forget = forget,
};

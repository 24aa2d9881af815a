/* A log of times in a ring; see time_log.h. */
#include "time_log.h"

#include <stdlib.h>

#define FIRST_CAPACITY 8

static sim_time *log_at(const struct time_log *log, int64_t position)
{
    int64_t index = log->first + position;
    return &log->times[index < log->capacity ? index : index - log->capacity];
}

static void log_grow(struct time_log *log, int64_t limit)
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

bool time_log_add(struct time_log *log, int64_t limit, sim_time window, sim_time now,
                  sim_time *ret_wait)
{
    while (log->count > 0 && now - *log_at(log, 0) >= window) {
        log->first = log->first + 1 < log->capacity ? log->first + 1 : 0;
        log->count--;
    }
    if (log->count == limit) {
        *ret_wait = *log_at(log, 0) + window - now;
        return false;
    }
    if (log->count == log->capacity) {
        log_grow(log, limit);
    }
    *log_at(log, log->count++) = now;
    return true;
}

void time_log_clear(struct time_log *log)
{
    free(log->times);
    *log = (struct time_log){0};
}

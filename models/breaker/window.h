/* How the calls of late ended: the last so many, or those of the last so long.
 *
 * By time the window is cut into ten parts, as in Hystrix: what it covers ends between nine tenths
 * and the whole of its length ago.
 */
#ifndef BRINK_MODELS_BREAKER_WINDOW_H
#define BRINK_MODELS_BREAKER_WINDOW_H

#include "sim.h"

#define BREAKER_WINDOW_PARTS 10

struct breaker_part {
    int64_t calls, failures;
    int64_t index; /* of its stretch of time, counted from 0 */
};

struct breaker_window {
    sim_time length;         /* by time */
    int64_t calls_max;       /* by count; 0 = by time */
    bool *was_failure;       /* by count: a ring of calls_max */
    int64_t next;            /* place in it */
    int64_t calls, failures; /* by count: in it */
    struct breaker_part parts[BREAKER_WINDOW_PARTS];
};

/* At SIM_IN_START. */
void breaker_window_init(struct sim_node *self, struct breaker_window *window, sim_time length,
                         int64_t calls_max);
void breaker_window_empty(struct breaker_window *window);
void breaker_window_add(struct breaker_window *window, sim_time now, bool is_failure);
/* Calls in the window, and how many of them failed. */
void breaker_window_count(const struct breaker_window *window, sim_time now, int64_t *ret_calls,
                          int64_t *ret_failures);

#endif

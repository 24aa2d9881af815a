/* Our own mistakes: an assertion that is always on.
 *
 * When one fails it prints the expression, then what the thread's context hook says (virtual time,
 * event, node, the command that replays the run), and aborts. User errors and simulated failures
 * are values and never come here.
 */
#ifndef BRINK_BASE_ASSERT_H
#define BRINK_BASE_ASSERT_H

#include <stdio.h>

/* Describes where the simulation stands, onto `out`. */
typedef void (*sim_assert_context)(FILE *out, const void *data);

/* Sets what a failing assertion of the calling thread prints; NULL clears it. Keeps `data`. */
void sim_assert_set_context(sim_assert_context context, const void *data);

_Noreturn void sim_assert_failed(const char *expression, const char *file, int line);

#define sim_assert(expression)                                                                     \
    (__builtin_expect(!!(expression), 1) ? (void)0                                                 \
                                         : sim_assert_failed(#expression, __FILE__, __LINE__))

#endif

/* A parallel for-loop on POSIX threads. */
#ifndef BRINK_RUN_THREADS_H
#define BRINK_RUN_THREADS_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*sim_task)(uint32_t index, void *data);

/* Calls task(i) for i = 0 .. count - 1, in that order, on at most `jobs` threads (0 = as many as
 * there are processors), and returns when all are done. Once `stop` (may be NULL) is raised no
 * further task begins. */
void sim_threads_run(uint32_t count, uint32_t jobs, const volatile bool *stop, sim_task task,
                     void *data);

#endif

/* A parallel for-loop. The caller's thread works too, so that one job needs no thread at all. */
#define _POSIX_C_SOURCE 200809L
#include "run/threads.h"

#include <glib.h>
#include <pthread.h>

struct loop {
    pthread_mutex_t mutex;
    uint32_t next, count; /* under the mutex */
    const volatile bool *stop;
    sim_task task;
    void *data;
};

/* The next index, or count when there is none. */
static uint32_t loop_take(struct loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    uint32_t index = loop->stop && *loop->stop ? loop->count : loop->next;
    if (index < loop->count) {
        loop->next++;
    }
    pthread_mutex_unlock(&loop->mutex);
    return index;
}

static void *loop_work(void *data)
{
    struct loop *loop = data;
    for (uint32_t i = loop_take(loop); i < loop->count; i = loop_take(loop)) {
        loop->task(i, loop->data);
    }
    return NULL;
}

void sim_threads_run(uint32_t count, uint32_t jobs, const volatile bool *stop, sim_task task,
                     void *data)
{
    uint32_t threads = jobs > 0 ? jobs : g_get_num_processors();
    threads = threads < count ? threads : count;
    struct loop loop = {.count = count, .stop = stop, .task = task, .data = data};
    pthread_mutex_init(&loop.mutex, NULL);
    g_autofree pthread_t *helpers = g_new(pthread_t, threads + 1);
    uint32_t started = 0;
    while (started + 1 < threads &&
           pthread_create(&helpers[started], NULL, loop_work, &loop) == 0) {
        started++; /* where the system refuses a thread, fewer do the same work */
    }
    loop_work(&loop);
    for (uint32_t i = 0; i < started; i++) {
        pthread_join(helpers[i], NULL);
    }
    pthread_mutex_destroy(&loop.mutex);
}

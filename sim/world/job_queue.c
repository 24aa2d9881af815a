/* Queues of jobs: lists for FIFO and LIFO and for those that run, a heap for every other order. */
#include "world/internal.h"

#include <glib.h>

static struct job *job_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->jobs, index);
}

/* ---- lists ---- */

void job_list_append(struct sim_world *world, struct job_list *list, uint32_t index)
{
    struct job *job = job_at(world, index);
    job->previous = list->last;
    job->next = 0;
    if (list->last != 0) {
        job_at(world, list->last)->next = index;
    } else {
        list->first = index;
    }
    list->last = index;
}

void job_list_remove(struct sim_world *world, struct job_list *list, uint32_t index)
{
    struct job *job = job_at(world, index);
    if (job->previous != 0) {
        job_at(world, job->previous)->next = job->next;
    } else {
        list->first = job->next;
    }
    if (job->next != 0) {
        job_at(world, job->next)->previous = job->previous;
    } else {
        list->last = job->previous;
    }
}

/* ---- ordered queue: a binary heap by (key, order), from [1], as long as `queued` ---- */

static bool is_before(const struct job *a, const struct job *b)
{
    return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static void order_push(struct sim_world *world, struct sim_station *station, uint32_t index)
{
    uint32_t position = (uint32_t)station->queued;
    if (position >= station->ordered_capacity) {
        station->ordered_capacity = 2 * position + 16;
        station->ordered = g_renew(uint32_t, station->ordered, station->ordered_capacity);
    }
    const struct job *job = job_at(world, index);
    while (position > 1 && is_before(job, job_at(world, station->ordered[position / 2]))) {
        station->ordered[position] = station->ordered[position / 2];
        position /= 2;
    }
    station->ordered[position] = index;
}

static uint32_t order_pop(struct sim_world *world, struct sim_station *station)
{
    uint32_t *heap = station->ordered;
    uint32_t top = heap[1];
    uint32_t count = (uint32_t)station->queued - 1; /* that will be left */
    uint32_t last = heap[count + 1];
    const struct job *job = job_at(world, last);
    uint32_t position = 1;
    for (;;) {
        uint32_t child = 2 * position;
        if (child > count) {
            break;
        }
        if (child < count &&
            is_before(job_at(world, heap[child + 1]), job_at(world, heap[child]))) {
            child++;
        }
        if (!is_before(job_at(world, heap[child]), job)) {
            break;
        }
        heap[position] = heap[child];
        position = child;
    }
    heap[position] = last;
    return top;
}

/* ---- what a station sees ---- */

static bool is_listed(const struct sim_station *station)
{
    return station->options.discipline == SIM_FIFO || station->options.discipline == SIM_LIFO;
}

/* Puts a job into the queue; sets what it is ordered by. */
void job_enqueue(struct sim_station *station, uint32_t index)
{
    struct sim_world *world = station->node->world;
    struct job *job = job_at(world, index);
    job->state = JOB_WAITING;
    station->queued++;
    if (is_listed(station)) {
        job_list_append(world, &station->waiting, index);
        return;
    }
    switch (station->options.discipline) {
    case SIM_PRIORITY:
    case SIM_PRIORITY_PREEMPTIVE:
        job->key = job->priority;
        break;
    case SIM_SHORTEST_REMAINING:
        job->key = (uint64_t)job->work;
        break;
    case SIM_RANDOM_ORDER:
        job->key = sim_random_u64(&station->node->order_draw);
        break;
    case SIM_FIFO:
    case SIM_LIFO:
    case SIM_PROCESSOR_SHARING:
    case SIM_DISCIPLINE_COUNT:
        sim_assert_failed("a discipline without an order", __FILE__, __LINE__);
    }
    order_push(world, station, index);
}

uint32_t job_dequeue(struct sim_station *station)
{
    struct sim_world *world = station->node->world;
    uint32_t index;
    if (is_listed(station)) {
        bool is_lifo = station->options.discipline == SIM_LIFO;
        index = is_lifo ? station->waiting.last : station->waiting.first;
        job_list_remove(world, &station->waiting, index);
    } else {
        index = order_pop(world, station);
    }
    station->queued--;
    return index;
}

/* Queues of jobs: lists for FIFO and LIFO and for those that run, a heap for every other order. */
#include "world/internal.h"

#include <glib.h>

/* ---- lists ---- */

void job_list_append(struct job_list *list, struct job *job)
{
    job->previous = list->last;
    job->next = NULL;
    if (list->last != NULL) {
        list->last->next = job;
    } else {
        list->first = job;
    }
    list->last = job;
}

void job_list_remove(struct job_list *list, struct job *job)
{
    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        list->first = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    } else {
        list->last = job->previous;
    }
}

/* ---- ordered queue: a binary heap by (key, order), from [1], as long as `queued` ---- */

static bool is_before(const struct job *a, const struct job *b)
{
    return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static void order_push(struct sim_station *station, struct job *job)
{
    uint32_t position = (uint32_t)station->queued;
    if (position >= station->ordered_capacity) {
        station->ordered_capacity = 2 * position + 16;
        station->ordered = g_renew(struct job *, station->ordered, station->ordered_capacity);
    }
    while (position > 1 && is_before(job, station->ordered[position / 2])) {
        station->ordered[position] = station->ordered[position / 2];
        position /= 2;
    }
    station->ordered[position] = job;
}

/* Fills the place of a job that goes with `last`, which has no place any more: down from there,
 * among the first `count`. */
static void order_sink(struct job **heap, uint32_t count, uint32_t position, struct job *last)
{
    for (;;) {
        uint32_t child = 2 * position;
        if (child > count) {
            break;
        }
        if (child < count && is_before(heap[child + 1], heap[child])) {
            child++;
        }
        if (!is_before(heap[child], last)) {
            break;
        }
        heap[position] = heap[child];
        position = child;
    }
    heap[position] = last;
}

static struct job *order_pop(struct sim_station *station)
{
    struct job **heap = station->ordered;
    struct job *top = heap[1];
    uint32_t count = (uint32_t)station->queued - 1; /* that will be left */
    order_sink(heap, count, 1, heap[count + 1]);
    return top;
}

/* One from the middle: what is put in its place may belong above it or below. */
static void order_take(struct sim_station *station, const struct job *job)
{
    struct job **heap = station->ordered;
    uint32_t count = (uint32_t)station->queued - 1; /* that will be left */
    uint32_t position = 1;
    while (heap[position] != job) {
        position++;
    }
    struct job *last = heap[count + 1];
    if (position == count + 1) {
        return;
    }
    while (position > 1 && is_before(last, heap[position / 2])) {
        heap[position] = heap[position / 2];
        position /= 2;
    }
    order_sink(heap, count, position, last);
}

/* ---- what a station sees ---- */

static bool is_listed(const struct sim_station *station)
{
    return station->options.discipline == SIM_FIFO || station->options.discipline == SIM_LIFO;
}

/* Puts a job into the queue; sets what it is ordered by. */
void job_enqueue(struct sim_station *station, struct job *job)
{
    job->state = JOB_WAITING;
    station->queued++;
    if (is_listed(station)) {
        job_list_append(&station->waiting, job);
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
    order_push(station, job);
}

struct job *job_dequeue(struct sim_station *station)
{
    struct job *job;
    if (is_listed(station)) {
        bool is_lifo = station->options.discipline == SIM_LIFO;
        job = is_lifo ? station->waiting.last : station->waiting.first;
        job_list_remove(&station->waiting, job);
    } else {
        job = order_pop(station);
    }
    station->queued--;
    return job;
}

struct job *job_waits(struct sim_station *station, sim_station_is_of is_of, sim_ticket ticket)
{
    struct sim_node *node = station->node;
    struct job *job = is_listed(station) ? station->waiting.first : NULL;
    while (job != NULL && !is_of(node, job->tag, ticket)) {
        job = job->next;
    }
    for (int64_t i = 1; job == NULL && !is_listed(station) && i <= station->queued; i++) {
        job = is_of(node, station->ordered[i]->tag, ticket) ? station->ordered[i] : NULL;
    }
    return job;
}

void job_leave_queue(struct sim_station *station, struct job *job)
{
    if (is_listed(station)) {
        job_list_remove(&station->waiting, job);
    } else {
        order_take(station, job);
    }
    station->queued--;
}

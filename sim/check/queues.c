/* Queues into which nothing was put twice: linearizability in O(n log n).
 *
 * Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs", CONCUR 2013: a history
 * of which every operation returned has an order exactly when
 *
 * - what was taken out had been put in, by somebody who had begun by then, and was taken out once;
 * - of two things of which one had been put in before the other was, the other was not taken out
 *   before somebody began to take the first;
 * - who found nothing ran at some instant at which nothing was certainly there. A thing certainly
 * is there from when it had been put in until somebody began to take it out.
 *
 * Of what never returned, a putting in whose thing somebody took out may have taken place until
 * then, and another one can be left out. A taking out may have taken anything that nobody else
 * took: what was put in first is what it helps most to be gone, and those that began first are the
 * best at that, so that one is given to the other in these orders.
 */
#include "base/sort.h"
#include "check/operations.h"

#define NEVER INT64_MAX

/* A thing: when it was put in, and taken out. */
struct thing {
    uint64_t number;
    int64_t put_call, put_end, take_call, take_end; /* NEVER: was not, or did not return */
};

struct queue {
    const struct check_part *part;
    struct thing *things; /* by number, then by what was first put in */
    uint32_t count;
    GArray *culprits; /* numbers that what is wrong is about; or NULL */
};

static bool is_put(const struct check_operation *operation)
{
    return operation->function == SIM_HISTORY_ENQUEUE;
}

static int64_t end_of(const struct check_operation *operation)
{
    return operation->end == CHECK_NEVER ? NEVER : operation->end;
}

static int by_number(const void *a, const void *b, void *data)
{
    (void)data;
    const struct thing *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* One thing an operation that puts something in, by number. Caller frees. */
static struct thing *things_of(const struct check_part *part, uint32_t *ret_count)
{
    struct thing *things = g_new(struct thing, part->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        if (is_put(operation)) {
            things[count++] = (struct thing){.number = operation->argument,
                                             .put_call = operation->call,
                                             .put_end = end_of(operation),
                                             .take_call = NEVER,
                                             .take_end = NEVER};
        }
    }
    sim_sort(things, count, sizeof *things, by_number, NULL);
    *ret_count = count;
    return things;
}

bool check_queue_applies(const struct check_part *part)
{
    bool does = part->input->model == SIM_CHECK_QUEUE;
    for (uint32_t i = 0; i < part->count && does; i++) {
        const struct check_operation *operation = &part->operations[i];
        does =
            is_put(operation) || (operation->function == SIM_HISTORY_DEQUEUE &&
                                  (operation->outcome == SIM_HISTORY_UNKNOWN || operation->knows));
    }
    uint32_t count = 0;
    g_autofree struct thing *things = does ? things_of(part, &count) : NULL;
    for (uint32_t i = 1; i < count; i++) {
        does = does && things[i].number != things[i - 1].number;
    }
    return does;
}

static void blame(struct queue *queue, uint64_t number)
{
    if (queue->culprits != NULL) {
        g_array_append_val(queue->culprits, number);
    }
}

/* ---- who took what ---- */

static struct thing *find(const struct queue *queue, uint64_t number)
{
    uint32_t low = 0, high = queue->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (queue->things[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < queue->count && queue->things[low].number == number;
    return is_found ? &queue->things[low] : NULL;
}

static bool is_known_take(const struct check_operation *operation)
{
    return !is_put(operation) && operation->outcome != SIM_HISTORY_UNKNOWN;
}

/* False where what was taken out had not been put in, or was taken out twice. */
static bool take_known(struct queue *queue)
{
    for (uint32_t i = 0; i < queue->part->count; i++) {
        const struct check_operation *operation = &queue->part->operations[i];
        if (!is_known_take(operation) || operation->result == CHECK_NOTHING) {
            continue;
        }
        struct thing *thing = find(queue, operation->result);
        bool is_possible =
            thing != NULL && thing->take_call == NEVER && end_of(operation) > thing->put_call;
        if (!is_possible) {
            blame(queue, operation->result);
            return false;
        }
        thing->take_call = operation->call;
        thing->take_end = end_of(operation);
    }
    return true;
}

static int by_put_end(const void *a, const void *b, void *data)
{
    (void)data;
    const struct thing *x = a, *y = b;
    return (x->put_end > y->put_end) - (x->put_end < y->put_end);
}

/* Gives what nobody took to those that may have taken something. Things are then by the end of
 * putting in; what was perhaps put in comes last and is nowhere certainly there. */
static void take_unknown(struct queue *queue)
{
    uint32_t next = 0;
    sim_sort(queue->things, queue->count, sizeof *queue->things, by_put_end, NULL);
    for (uint32_t i = 0; i < queue->part->count; i++) { /* in the order in which they began */
        const struct check_operation *operation = &queue->part->operations[i];
        if (is_put(operation) || operation->outcome != SIM_HISTORY_UNKNOWN) {
            continue;
        }
        while (next < queue->count && queue->things[next].take_call != NEVER) {
            next++;
        }
        if (next < queue->count) {
            queue->things[next++].take_call = operation->call;
        }
    }
}

/* ---- first in, first out ---- */

static int by_take_call(const void *a, const void *b, void *data)
{
    (void)data;
    const struct thing *x = a, *y = b;
    return (x->take_call < y->take_call) - (x->take_call > y->take_call);
}

static int by_take_end(const void *a, const void *b, void *data)
{
    (void)data;
    const struct thing *x = a, *y = b;
    return (x->take_end < y->take_end) - (x->take_end > y->take_end);
}

/* Of things that had been put in first, those that somebody began to take later than each was
 * taken: the one that had been put in before all of these. Both from the last to the first. */
static bool is_in_order(struct queue *queue)
{
    g_autofree struct thing *seconds = g_memdup2(queue->things, queue->count * sizeof *seconds);
    g_autofree struct thing *firsts = g_memdup2(queue->things, queue->count * sizeof *firsts);
    sim_sort(seconds, queue->count, sizeof *seconds, by_take_end, NULL);
    sim_sort(firsts, queue->count, sizeof *firsts, by_take_call, NULL);
    const struct thing *earliest = NULL;
    uint32_t next = 0;
    for (uint32_t i = 0; i < queue->count; i++) {
        const struct thing *second = &seconds[i];
        for (; next < queue->count && firsts[next].take_call > second->take_end; next++) {
            bool is_earlier = earliest == NULL || firsts[next].put_end < earliest->put_end;
            earliest = is_earlier ? &firsts[next] : earliest;
        }
        if (earliest != NULL && earliest->put_end < second->put_call) {
            blame(queue, earliest->number);
            blame(queue, second->number);
            return false;
        }
    }
    return true;
}

/* ---- nothing there ---- */

/* For each instant, which lies behind the event of its number: until which event something of what
 * had been put in by then is certainly there. Caller frees. */
static int64_t *reaches_of(const struct queue *queue, const struct thing **reaching)
{
    uint32_t instants = 2 * queue->part->count;
    int64_t *reaches = g_new(int64_t, instants + 1);
    uint32_t next = 0; /* things are by the end of putting in */
    const struct thing *furthest = NULL;
    for (uint32_t e = 0; e < instants; e++) {
        for (; next < queue->count && queue->things[next].put_end <= e; next++) {
            bool is_further =
                furthest == NULL || queue->things[next].take_call > furthest->take_call;
            furthest = is_further ? &queue->things[next] : furthest;
        }
        reaches[e] = furthest != NULL ? furthest->take_call : 0;
        reaching[e] = furthest;
    }
    return reaches;
}

/* False where somebody found nothing while there was always something. */
static bool is_empty_in_time(struct queue *queue)
{
    g_autofree const struct thing **reaching =
        g_new(const struct thing *, 2 * (gsize)queue->part->count + 1);
    g_autofree int64_t *reaches = reaches_of(queue, reaching);
    for (uint32_t i = 0; i < queue->part->count; i++) {
        const struct check_operation *operation = &queue->part->operations[i];
        if (!is_known_take(operation) || operation->result != CHECK_NOTHING) {
            continue;
        }
        int64_t instant = operation->call, end = end_of(operation);
        guint blamed = queue->culprits != NULL ? queue->culprits->len : 0;
        while (instant < end && reaches[instant] > instant) {
            blame(queue, reaching[instant]->number);
            instant = reaches[instant];
        }
        if (instant >= end) {
            return false;
        }
        if (queue->culprits != NULL) {
            g_array_set_size(queue->culprits, blamed);
        }
    }
    return true;
}

enum sim_check_verdict check_queue(const struct check_part *part, GArray *culprits)
{
    struct queue queue = {.part = part, .culprits = culprits};
    queue.things = things_of(part, &queue.count);
    bool is_right = take_known(&queue);
    if (is_right) {
        take_unknown(&queue);
        is_right = is_in_order(&queue) && is_empty_in_time(&queue);
    }
    g_free(queue.things);
    return is_right ? SIM_CHECK_YES : SIM_CHECK_NO;
}

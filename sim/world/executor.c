/* Executor: jobs that share servers equally (egalitarian processor sharing).
 *
 * With n jobs on c servers each is served at rate min(1, c/n) times the speed of its node. All jobs
 * advance together, so one virtual clock of attained service orders their ends: a job that enters
 * with work w leaves when the clock has moved by w (Kleinrock, Queueing Systems II, section 4.4;
 * the clock is the one of fluid fair queueing). One timer an executor stands at the earliest end.
 *
 * On a machine with cores a processor-sharing station has an executor of its own, chained to that
 * of the cores, which runs the jobs of all other stations. Cores go to jobs max-min fairly, by
 * filling (as in flow.c): a station whose own servers, or one server a job, hold its jobs at or
 * below the equal share takes that much, and the others share what is left.
 */
#include "world/internal.h"

#include <glib.h>

#include "base/math.h"

static struct job *job_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->jobs, index);
}

static uint32_t find_unused(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->executor_count; i++) {
        if (world->executors[i].servers <= 0.0) { /* released by a station that is gone */
            return i;
        }
    }
    world->executors = g_renew(struct executor, world->executors, world->executor_count + 1);
    world->executors[world->executor_count] = (struct executor){0};
    return world->executor_count++;
}

uint32_t executor_new(struct sim_world *world, double servers, uint32_t cores)
{
    uint32_t index = find_unused(world);
    struct executor *executor = &world->executors[index];
    executor->servers = servers;
    executor->root = index;
    executor->next = 0;
    if (cores != 0) {
        struct executor *root = &world->executors[cores - 1];
        executor->root = cores - 1;
        executor->next = root->next;
        root->next = index + 1;
    }
    return index;
}

void executor_release(struct sim_world *world, uint32_t index)
{
    struct executor *executor = &world->executors[index];
    sim_assert(executor->count == 0 && (executor->root != index || executor->next == 0));
    uint32_t *link = &world->executors[executor->root].next;
    while (executor->root != index && *link != index + 1) {
        link = &world->executors[*link - 1].next;
    }
    if (executor->root != index) {
        *link = executor->next;
    }
    executor->servers = 0.0;
}

void executors_clear(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->executor_count; i++) {
        g_free(world->executors[i].heap);
    }
    g_free(world->executors);
}

/* What each job gets in a stretch of time, and how long it takes to get so much. In one division,
 * so that shares that come out even in nanoseconds are exact. */
static double share_of(const struct executor *executor, double time)
{
    return executor->demand <= executor->supply ? time : time * executor->supply / executor->demand;
}

static double time_for(const struct executor *executor, double share)
{
    return executor->demand <= executor->supply ? share
                                                : share * executor->demand / executor->supply;
}

static void advance(struct sim_world *world, struct executor *executor)
{
    sim_time now = world_now(world);
    if (executor->count > 0) {
        executor->clock += share_of(executor, (double)(now - executor->since));
    } else {
        executor->clock = 0.0; /* keeps the clock short, and with it exact */
    }
    executor->since = now;
}

/* ---- heap by (finish, key) ---- */

static bool is_before(struct sim_world *world, uint32_t a, uint32_t b)
{
    const struct job *x = job_at(world, a), *y = job_at(world, b);
    return x->finish < y->finish || (x->finish <= y->finish && x->key < y->key);
}

static void put(struct sim_world *world, struct executor *executor, uint32_t position, uint32_t job)
{
    executor->heap[position] = job;
    job_at(world, job)->heap_position = position;
}

static void sift_up(struct sim_world *world, struct executor *executor, uint32_t position,
                    uint32_t job)
{
    while (position > 1 && is_before(world, job, executor->heap[position / 2])) {
        put(world, executor, position, executor->heap[position / 2]);
        position /= 2;
    }
    put(world, executor, position, job);
}

static void sift_down(struct sim_world *world, struct executor *executor, uint32_t position,
                      uint32_t job)
{
    for (;;) {
        uint32_t child = 2 * position;
        if (child > executor->count) {
            break;
        }
        if (child < executor->count &&
            is_before(world, executor->heap[child + 1], executor->heap[child])) {
            child++;
        }
        if (!is_before(world, executor->heap[child], job)) {
            break;
        }
        put(world, executor, position, executor->heap[child]);
        position = child;
    }
    put(world, executor, position, job);
}

static void heap_remove(struct sim_world *world, struct executor *executor, uint32_t position)
{
    uint32_t last = executor->heap[executor->count--];
    job_at(world, executor->heap[position])->heap_position = 0;
    if (position > executor->count) {
        return;
    }
    if (position > 1 && is_before(world, last, executor->heap[position / 2])) {
        sift_up(world, executor, position, last);
    } else {
        sift_down(world, executor, position, last);
    }
}

/* ---- the timer at the earliest end ---- */

static void rearm(struct sim_world *world, struct executor *executor)
{
    if (executor->timer != 0) {
        sim_engine_cancel(world->engine, executor->timer);
        executor->timer = 0;
    }
    if (executor->count == 0) {
        return;
    }
    /* A hair that rounding has added must not cost a nanosecond. */
    double left =
        time_for(executor, job_at(world, executor->heap[1])->finish - executor->clock) - 0x1p-10;
    double wait = left <= 0.0 ? 0.0 : sim_ceil(left);
    sim_time at = wait >= 9.0e18 ? SIM_NEVER : sim_time_add(executor->since, (sim_time)wait);
    executor->timer =
        sim_engine_arm(world->engine, at, 0, EVENT_SHARE, (uint64_t)(executor - world->executors));
}

/* ---- shares ---- */

static struct executor *next_of(struct sim_world *world, const struct executor *executor)
{
    return executor->next == 0 ? NULL : &world->executors[executor->next - 1];
}

/* Servers that its jobs can use at most. */
static double use_of(const struct executor *executor, const struct executor *root)
{
    double count = (double)executor->count;
    return executor == root || count < executor->servers ? count : executor->servers;
}

/* Takes those out of the filling whose jobs cannot use an equal share of what is left. */
static void fill(struct sim_world *world, struct executor *root, double *left, double *jobs)
{
    *left = root->servers;
    *jobs = 0.0;
    for (struct executor *one = root; one != NULL; one = next_of(world, one)) {
        one->is_held = false;
        *jobs += (double)one->count;
    }
    for (struct executor *one = root; one != NULL;) {
        double use = use_of(one, root);
        if (one->is_held || one->count == 0 || use * *jobs > *left * (double)one->count) {
            one = next_of(world, one);
            continue;
        }
        one->is_held = true;
        *left -= use;
        *jobs -= (double)one->count;
        one = root; /* there is more for the others now: look at them again */
    }
}

/* After a change of `changed`, which has been advanced: everyone in its chain gets a new share. */
static void settle(struct sim_world *world, struct executor *changed)
{
    struct executor *root = &world->executors[changed->root];
    double left, jobs;
    fill(world, root, &left, &jobs);
    for (struct executor *one = root; one != NULL; one = next_of(world, one)) {
        double supply = one->is_held ? use_of(one, root) : left;
        double demand = one->is_held ? (double)one->count : jobs;
        if (one == changed || supply != one->supply || demand != one->demand) {
            advance(world, one);
            one->supply = supply;
            one->demand = demand;
            rearm(world, one);
        }
    }
}

void executor_add(struct sim_world *world, uint32_t index, uint32_t job_index)
{
    struct executor *executor = &world->executors[index];
    struct job *job = job_at(world, job_index);
    advance(world, executor);
    job->finish = executor->clock + (double)job->work / job->rate;
    job->key = executor->order++;
    executor->count++;
    if (executor->count >= executor->capacity) {
        executor->capacity = executor->capacity == 0 ? 16 : 2 * executor->capacity;
        executor->heap = g_renew(uint32_t, executor->heap, executor->capacity);
    }
    sift_up(world, executor, executor->count, job_index);
    settle(world, executor);
}

double executor_remaining(struct sim_world *world, uint32_t index, const struct job *job)
{
    struct executor *executor = &world->executors[index];
    advance(world, executor);
    return (job->finish - executor->clock) * job->rate;
}

void executor_remove(struct sim_world *world, uint32_t index, uint32_t job_index)
{
    struct executor *executor = &world->executors[index];
    struct job *job = job_at(world, job_index);
    advance(world, executor);
    double left = (job->finish - executor->clock) * job->rate;
    job->work = left > 0.0 ? (sim_time)(left + 0.5) : 0;
    heap_remove(world, executor, job->heap_position);
    settle(world, executor);
}

void executor_set_servers(struct sim_world *world, uint32_t index, double servers)
{
    struct executor *executor = &world->executors[index];
    advance(world, executor);
    executor->servers = servers;
    settle(world, executor);
}

void executor_on_share(struct sim_world *world, const struct sim_event *event)
{
    uint32_t index = (uint32_t)event->payload;
    struct executor *executor = &world->executors[index];
    executor->timer = 0;
    advance(world, executor);
    uint32_t job_index = executor->heap[1];
    /* The timer stood at this job's end; rounding must not leave it a hair short of it. */
    if (executor->clock < job_at(world, job_index)->finish) {
        executor->clock = job_at(world, job_index)->finish;
    }
    heap_remove(world, executor, 1);
    settle(world, executor);
    station_finish(world, job_at(world, job_index));
}

/* Stations: queueing, the disciplines, and the books.
 *
 * A job waits in a list (FIFO, LIFO) or in a heap (by class, by remaining work, at random), runs on
 * a dedicated server or in an executor (see executor.c), and leaves. A dedicated job's end is one
 * event that cannot be cancelled: when the job is stretched or interrupted, its planned end moves
 * and the old event is recognised as stale.
 */
#include "world/internal.h"

#include <glib.h>

static struct job *job_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->jobs, index);
}

/* ---- books and metrics ---- */

static sim_time clip(const struct sim_world *world, sim_time time)
{
    if (time < world->measured.from) {
        return world->measured.from;
    }
    return time < world->measured.to ? time : world->measured.to;
}

/* Integrates the number present up to now; call before it changes. */
static void touch(struct sim_station *station)
{
    const struct sim_world *world = station->node->world;
    sim_time now = clip(world, world_now(world));
    station->present_integral +=
        (uint64_t)(station->queued + station->busy) * (uint64_t)(now - station->since);
    station->since = now;
}

/* After touch. */
static void count_sojourn(struct sim_station *station, sim_time arrived)
{
    const struct sim_world *world = station->node->world;
    station->left++;
    station->sojourn_sum += (uint64_t)(station->since - clip(world, arrived));
}

static void show_level(struct sim_station *station, int metric, int64_t *shown, int64_t value)
{
    if (*shown != value) {
        if (metric != SIM_STATION_NO_METRIC) {
            metric_level(station->node, SIM_STANDARD_COUNT + (uint32_t)metric,
                         world_now(station->node->world), value - *shown);
        }
        *shown = value;
    }
}

/* Busy servers, integrated over this life of the station. */
static sim_wide worked_until_now(const struct sim_station *station)
{
    sim_time passed = world_now(station->node->world) - station->worked_since;
    return station->worked + (sim_wide)station->shown_busy * passed;
}

static void show(struct sim_station *station)
{
    int64_t busy = station->busy, queued = station->queued;
    if (station->is_sharing && busy > station->servers) {
        queued = busy - station->servers; /* who gets less than a server each */
        busy = station->servers;
    }
    if (busy != station->shown_busy) {
        station->worked = worked_until_now(station);
        station->worked_since = world_now(station->node->world);
    }
    show_level(station, station->options.busy_metric, &station->shown_busy, busy);
    show_level(station, station->options.queued_metric, &station->shown_queued, queued);
}

/* Servers that count as a capacity: as many as it takes are none that could be short. */
static int64_t capacity_of(int64_t servers)
{
    return servers < INT32_MAX ? servers : 0;
}

static void count_capacity(struct sim_station *station, int64_t delta)
{
    if (station->options.busy_metric != SIM_STATION_NO_METRIC && delta != 0) {
        metric_capacity(station->node, SIM_STANDARD_COUNT + (uint32_t)station->options.busy_metric,
                        delta);
    }
}

/* ---- making ---- */

struct sim_station *sim_station_new(struct sim_node *self,
                                    const struct sim_station_options *options)
{
    sim_assert(options->servers >= 1);
    sim_assert(!options->is_slots || options->discipline != SIM_PROCESSOR_SHARING);
    struct sim_station *station = sim_alloc(self, sizeof *station);
    station->node = self;
    station->options = *options;
    station->servers = options->servers;
    station->worked_since = world_now(self->world);
    station->since = clip(self->world, station->worked_since);
    if (!options->is_slots) {
        station->is_sharing = options->discipline == SIM_PROCESSOR_SHARING;
        station->executor = self->machine->executor;
        if (station->is_sharing) {
            station->executor =
                executor_new(self->world, (double)options->servers, station->executor) + 1;
        }
    }
    station->next = self->stations;
    self->stations = station;
    count_capacity(station, capacity_of(station->servers));
    return station;
}

/* ---- service ---- */

static void run(struct sim_station *station, struct job *job)
{
    struct sim_node *node = station->node;
    struct sim_world *world = node->world;
    job->rate = node->speed;
    if (node->speed <= 0.0) {
        job->finish_at = SIM_NEVER; /* paused: runs on when the pause ends */
    } else if (station->executor != 0) {
        executor_add(world, station->executor - 1, sim_pool_index_of(job));
    } else {
        sim_time length = job->work;
        if (node->speed != 1.0) {
            length = sim_time_scale(job->work, 1.0 / node->speed);
        }
        job->finish_at = sim_time_add(world_now(world), length);
        sim_engine_post(world->engine, job->finish_at, node->id, EVENT_WORK,
                        sim_pool_handle_of(job));
    }
}

static void start(struct sim_station *station, struct job *job)
{
    struct sim_world *world = station->node->world;
    sim_time now = world_now(world);
    if (!job->has_begun) {
        job->has_begun = true;
        if (station->options.wait_metric != SIM_STATION_NO_METRIC) {
            metric_sample(station->node,
                          SIM_STANDARD_COUNT + (uint32_t)station->options.wait_metric, now,
                          now - job->arrived);
        }
    }
    if (job->span != 0) {
        span_spend(world, job->span, station->node->group_index, SIM_CAUSE_QUEUE,
                   now - job->resumed);
    }
    station->busy++;
    job->resumed = now;
    if (station->options.is_slots) {
        job->state = JOB_GRANTED;
        sim_engine_post(world->engine, now, station->node->id, EVENT_GRANTED,
                        sim_pool_handle_of(job));
        return;
    }
    job->state = JOB_RUNNING;
    job_list_append(&station->running, job);
    run(station, job);
}

/* Takes a job off its server; its remaining work is worked out. */
static void interrupt(struct sim_station *station, struct job *job)
{
    struct sim_world *world = station->node->world;
    sim_time now = world_now(world);
    if (job->heap_position != 0) {
        executor_remove(world, station->executor - 1, sim_pool_index_of(job));
    } else {
        sim_time done = sim_time_scale(now - job->resumed, job->rate);
        job->work = job->work > done ? job->work - done : 0;
    }
    if (job->span != 0) {
        span_spend(world, job->span, station->node->group_index, SIM_CAUSE_SERVICE,
                   now - job->resumed);
    }
    job->finish_at = SIM_NEVER;
    job->resumed = now;
}

static void fill_servers(struct sim_station *station)
{
    while (station->queued > 0 && station->busy < station->servers) {
        start(station, job_dequeue(station));
    }
}

/* Work still to do of a job that runs on a dedicated server or in an executor. */
static double remaining(struct sim_station *station, const struct job *job)
{
    struct sim_world *world = station->node->world;
    if (job->heap_position != 0) {
        return executor_remaining(world, station->executor - 1, job);
    }
    return (double)job->work - (double)(world_now(world) - job->resumed) * job->rate;
}

/* The running job that must give way to `candidate`, or NULL. */
static struct job *find_victim(struct sim_station *station, const struct job *candidate)
{
    bool is_by_work = station->options.discipline == SIM_SHORTEST_REMAINING;
    if (!is_by_work && station->options.discipline != SIM_PRIORITY_PREEMPTIVE) {
        return NULL;
    }
    double worst = is_by_work ? (double)candidate->work : (double)candidate->priority;
    struct job *victim = NULL;
    for (struct job *job = station->running.first; job != NULL; job = job->next) {
        double value = is_by_work ? remaining(station, job) : (double)job->priority;
        /* Among equals the first that started is spared longest. */
        if (value > worst || (victim != NULL && value >= worst)) {
            worst = value;
            victim = job;
        }
    }
    return victim;
}

static struct job *job_new(struct sim_node *self, struct sim_station *station, sim_time work,
                           uint16_t priority, sim_span span, uint64_t tag)
{
    struct sim_world *world = self->world;
    sim_assert(station->node == self);
    struct job *job = sim_pool_new(&world->jobs);
    job->station = station;
    job->tag = tag;
    job->arrived = world_now(world);
    job->resumed = job->arrived;
    job->work = work;
    job->finish_at = SIM_NEVER;
    job->order = station->order++;
    job->heap_position = 0;
    job->span = span;
    job->priority = priority;
    job->has_begun = false;
    return job;
}

static bool is_full(const struct sim_station *station)
{
    int64_t limit = station->options.queue_limit;
    if (limit < 0) {
        return false;
    }
    if (station->is_sharing) {
        return station->busy - station->servers >= limit;
    }
    return station->busy >= station->servers && station->queued >= limit;
}

bool sim_station_work(struct sim_node *self, struct sim_station *station, sim_time work,
                      uint16_t priority, sim_span span, uint64_t tag)
{
    sim_assert(!station->options.is_slots && work >= 0);
    struct job *victim = NULL;
    bool is_free = station->is_sharing || station->busy < station->servers;
    if (!is_free) {
        struct job candidate = {.work = work, .priority = priority};
        victim = find_victim(station, &candidate);
        /* Who interrupts another sends him back to the queue: a full queue is full for both. */
        if (is_full(station)) {
            return false;
        }
    } else if (is_full(station)) {
        return false;
    }
    touch(station);
    station->arrived++;
    struct job *job = job_new(self, station, work, priority, span, tag);
    if (victim != NULL) {
        interrupt(station, victim);
        job_list_remove(&station->running, victim);
        station->busy--;
        job_enqueue(station, victim);
        start(station, job);
    } else if (is_free) {
        start(station, job);
    } else {
        job_enqueue(station, job);
    }
    show(station);
    return true;
}

void station_finish(struct sim_world *world, struct job *job)
{
    struct sim_station *station = job->station;
    struct sim_node *node = station->node;
    touch(station);
    count_sojourn(station, job->arrived);
    if (job->span != 0) {
        span_spend(world, job->span, node->group_index, SIM_CAUSE_SERVICE,
                   world_now(world) - job->resumed);
    }
    job_list_remove(&station->running, job);
    struct sim_input input = {.kind = SIM_IN_DONE, .tag = job->tag};
    sim_pool_end(&world->jobs, job);
    station->busy--;
    fill_servers(station);
    show(station);
    world_input(node, &input);
}

void station_on_work(struct sim_world *world, const struct sim_event *event)
{
    struct job *job = sim_pool_find(&world->jobs, event->payload);
    if (job != NULL && job->finish_at == event->time) {
        station_finish(world, job);
    }
}

/* ---- slots ---- */

enum sim_entry sim_station_enter(struct sim_node *self, struct sim_station *station,
                                 uint16_t priority, sim_span span, uint64_t tag)
{
    struct sim_world *world = self->world;
    sim_assert(station->options.is_slots && station->node == self);
    if (station->busy >= station->servers && is_full(station)) {
        return SIM_ENTRY_REJECTED;
    }
    touch(station);
    station->arrived++;
    /* A holder is not followed: that his sojourn begins now is entered at once, its end later. */
    station->sojourn_sum -= (uint64_t)station->since;
    if (station->busy < station->servers) {
        station->busy++;
        if (station->options.wait_metric != SIM_STATION_NO_METRIC) {
            metric_sample(self, SIM_STANDARD_COUNT + (uint32_t)station->options.wait_metric,
                          world_now(world), 0);
        }
        show(station);
        return SIM_ENTRY_GRANTED;
    }
    job_enqueue(station, job_new(self, station, 0, priority, span, tag));
    show(station);
    return SIM_ENTRY_QUEUED;
}

void sim_station_leave(struct sim_node *self, struct sim_station *station)
{
    sim_assert(station->options.is_slots && station->node == self && station->busy > 0);
    touch(station);
    station->left++;
    station->sojourn_sum += (uint64_t)station->since;
    station->busy--;
    fill_servers(station);
    show(station);
}

bool sim_station_withdraw(struct sim_node *self, struct sim_station *station,
                          sim_station_is_of is_of, sim_ticket ticket, uint64_t *ret_tag)
{
    sim_assert(station->node == self);
    struct job *job = job_waits(station, is_of, ticket);
    if (job == NULL) {
        return false;
    }
    touch(station);
    job_leave_queue(station, job);
    if (station->options.is_slots) {
        station->left++; /* as if he had held one: see sim_station_enter */
        station->sojourn_sum += (uint64_t)station->since;
    } else {
        count_sojourn(station, job->arrived);
    }
    *ret_tag = job->tag;
    sim_pool_end(&self->world->jobs, job);
    show(station);
    return true;
}

void station_on_granted(struct sim_world *world, const struct sim_event *event)
{
    struct job *job = sim_pool_find(&world->jobs, event->payload);
    sim_assert(job != NULL && job->state == JOB_GRANTED);
    struct sim_node *node = job->station->node;
    struct sim_input input = {.kind = SIM_IN_GRANTED, .tag = job->tag};
    sim_pool_end(&world->jobs, job);
    world_input(node, &input);
}

/* ---- looking, resizing ---- */

int64_t sim_station_queued(const struct sim_station *station)
{
    return station->shown_queued;
}

int64_t sim_station_busy(const struct sim_station *station)
{
    return station->shown_busy;
}

double sim_station_worked(const struct sim_station *station)
{
    return (double)worked_until_now(station);
}

void sim_station_resize(struct sim_node *self, struct sim_station *station, int64_t servers)
{
    sim_assert(station->node == self && servers >= 1);
    touch(station);
    count_capacity(station, capacity_of(servers) - capacity_of(station->servers));
    station->servers = servers;
    if (station->is_sharing) {
        executor_set_servers(self->world, station->executor - 1, (double)servers);
    }
    fill_servers(station);
    show(station);
}

/* ---- what happens to the node ---- */

void stations_change_speed(struct sim_node *node)
{
    for (struct sim_station *station = node->stations; station != NULL; station = station->next) {
        for (struct job *job = station->running.first; job != NULL; job = job->next) {
            interrupt(station, job);
            run(station, job);
        }
    }
}

bool station_audit(struct sim_station *station, FILE *out)
{
    struct sim_world *world = station->node->world;
    touch(station);
    uint64_t sum = station->sojourn_sum;
    sim_time now = station->since;
    if (station->options.is_slots) {
        sum += (uint64_t)(station->queued + station->busy) * (uint64_t)now;
    } else {
        for (uint32_t index = 1; index < world->jobs.fresh; index++) {
            const struct job *job = job_at(world, index);
            if (pool_is_used(&world->jobs, index) && job->station == station) {
                sum += (uint64_t)(now - clip(world, job->arrived));
            }
        }
    }
    uint64_t present = (uint64_t)(station->queued + station->busy);
    bool is_balanced =
        sum == station->present_integral && station->arrived == station->left + present;
    if (!is_balanced && out != NULL) {
        fprintf(out,
                "%s: a station's books do not balance: %llu came, %llu left, %llu are present; "
                "sojourns sum up to %.0f ns, the number present to %.0f\n",
                station->node->name, (unsigned long long)station->arrived,
                (unsigned long long)station->left, (unsigned long long)present, (double)sum,
                (double)station->present_integral);
    }
    return is_balanced;
}

void stations_drop(struct sim_node *node)
{
    struct sim_world *world = node->world;
    for (struct sim_station *station = node->stations; station != NULL; station = station->next) {
        if (!station_audit(station, NULL)) {
            world->unbalanced_lives++;
        }
        for (uint32_t index = 1; index < world->jobs.fresh; index++) {
            const struct job *job = job_at(world, index);
            if (pool_is_used(&world->jobs, index) && job->station == station) {
                if (job->heap_position != 0) {
                    executor_remove(world, station->executor - 1, index);
                }
                sim_pool_give(&world->jobs, index);
            }
        }
        station->queued = station->busy = 0;
        show(station);
        count_capacity(station, -capacity_of(station->servers));
        g_free(station->ordered);
        if (station->is_sharing) {
            executor_release(world, station->executor - 1);
        }
    }
    node->stations = NULL;
}

/* What a model may do with itself: time, chance, memory, timers, frames, facts. */
#include "world/internal.h"

#include <glib.h>

sim_node_id sim_self(const struct sim_node *self)
{
    return self->id;
}

uint32_t sim_member(const struct sim_node *self)
{
    return self->member;
}

uint32_t sim_group_size(const struct sim_node *self)
{
    return self->group->spec->count_max;
}

uint32_t sim_group_begin(const struct sim_node *self)
{
    return self->group->spec->count;
}

sim_node_id sim_group_member(const struct sim_node *self, uint32_t index)
{
    sim_assert(index < self->group->spec->count_max);
    return self->group->spec->first_id + index;
}

const char *sim_name(const struct sim_node *self)
{
    return self->name;
}

uint32_t sim_zone(const struct sim_node *self)
{
    return self->zone;
}

const char *sim_name_of(const struct sim_node *self, sim_node_id id)
{
    sim_assert(id >= 1 && id <= self->world->node_count);
    return self->world->nodes[id].name;
}

uint32_t sim_zone_of(const struct sim_node *self, sim_node_id id)
{
    sim_assert(id >= 1 && id <= self->world->node_count);
    return self->world->nodes[id].zone;
}

double sim_latency_mean(const struct sim_node *self, uint32_t from_zone, uint32_t to_zone)
{
    const struct sim_network_spec *network = &self->world->spec->network;
    sim_assert(from_zone < network->zone_count && to_zone < network->zone_count);
    const struct sim_dist *law = network->links[from_zone * network->zone_count + to_zone].latency;
    return law == NULL ? 0 : sim_dist_mean(law);
}

sim_time sim_now(const struct sim_node *self)
{
    return world_now(self->world);
}

sim_time sim_local_clock(const struct sim_node *self)
{
    const struct machine *machine = self->machine;
    sim_time now = world_now(self->world);
    double gained = (double)(now - machine->clock_drift_since) * machine->clock_drift;
    return now + machine->spec->clock_offset + machine->clock_shift + (sim_time)gained;
}

const void *sim_params(const struct sim_node *self)
{
    return self->params;
}

void *sim_state(struct sim_node *self)
{
    return self->state;
}

const void *sim_state_const(const struct sim_node *self)
{
    return self->state;
}

void *sim_alloc(struct sim_node *self, size_t size)
{
    _Static_assert(sizeof(struct allocation) % _Alignof(max_align_t) == 0, "alignment");
    struct allocation *allocation = g_malloc0(sizeof *allocation + size);
    allocation->size = size;
    allocation->next = self->allocations;
    self->allocations = allocation;
    return allocation_memory(allocation);
}

struct sim_random *sim_random_of(struct sim_node *self, int draw)
{
    struct sim_random *random = &self->draws[draw];
    if (__builtin_expect(!self->draws_ready[draw], 0)) {
        self->draws_ready[draw] = true;
        sim_random_init(random, self->world->options.seed, self->name, self->model->draws[draw]);
    }
    return random;
}

sim_time sim_draw(struct sim_node *self, int draw, const struct sim_dist *law)
{
    return sim_dist_draw_time(law, sim_random_of(self, draw));
}

sim_timer sim_after(struct sim_node *self, sim_time delay, int timer, uint64_t tag)
{
    struct sim_world *world = self->world;
    sim_assert(delay >= 0);
    self->live_timers++;
    return sim_engine_arm(world->engine, sim_time_add(world_now(world), delay), self->id,
                          world_kind(EVENT_TIMER, timer), tag);
}

bool sim_cancel(struct sim_node *self, sim_timer timer)
{
    if (timer == 0 ||
        !(sim_engine_cancel(self->world->engine, timer) || node_forget_deferred(self, timer))) {
        return false;
    }
    self->live_timers--;
    return true;
}

struct timer_visit {
    void (*visit)(void *data, sim_node_id node, uint64_t tag);
    void *data;
};

static void visit_timer(const struct sim_event *event, void *data)
{
    const struct timer_visit *visit = data;
    if ((event->kind & 0xff) == EVENT_TIMER) {
        visit->visit(visit->data, event->node, event->payload);
    }
}

void timers_each(const struct sim_world *world,
                 void (*visit)(void *data, sim_node_id node, uint64_t tag), void *data)
{
    struct timer_visit all = {visit, data};
    sim_engine_each(world->engine, visit_timer, &all);
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_node *node = &world->nodes[id];
        for (uint32_t i = node->deferred_first; i < node->deferred_count; i++) {
            if (node->deferred[i].timer != 0) { /* nor forgotten */
                visit_timer(&node->deferred[i], &all);
            }
        }
    }
}

sim_frame sim_frame_new(struct sim_node *self)
{
    void *frame = sim_pool_new(&self->frames);
    memset(frame, 0, self->model->frame_size);
    return sim_pool_handle_of(frame);
}

void *sim_frame_at(struct sim_node *self, sim_frame frame)
{
    return sim_pool_find(&self->frames, frame);
}

void sim_frame_end(struct sim_node *self, sim_frame frame)
{
    void *record = sim_pool_find(&self->frames, frame);
    sim_assert(record != NULL);
    sim_pool_end(&self->frames, record);
}

void sim_count(struct sim_node *self, int metric, uint64_t n)
{
    metric_count(self, SIM_STANDARD_COUNT + (uint32_t)metric, world_now(self->world), n);
}

void sim_level(struct sim_node *self, int metric, int64_t delta)
{
    metric_level(self, SIM_STANDARD_COUNT + (uint32_t)metric, world_now(self->world), delta);
}

void sim_level_capacity(struct sim_node *self, int metric, int64_t delta)
{
    metric_capacity(self, SIM_STANDARD_COUNT + (uint32_t)metric, delta);
}

void sim_record(struct sim_node *self, int metric, sim_time value)
{
    metric_sample(self, SIM_STANDARD_COUNT + (uint32_t)metric, world_now(self->world), value);
}

void sim_note(struct sim_node *self, const char *text, uint64_t number)
{
    if (world_is_tracing(self->world)) {
        world_trace(self->world, SIM_TRACE_NOTE, self->id, SIM_NONE, text, 0, number);
    }
}

void sim_spend(struct sim_node *self, sim_span span, enum sim_cause cause, sim_time duration)
{
    if (span != 0) {
        span_spend(self->world, span, self->group_index, cause, duration);
    }
}

void node_clear_life(struct sim_node *node)
{
    if (node->model->release != NULL && node->state != NULL) {
        node->model->release(node);
    }
    stations_drop(node);
    node->live_timers = 0; /* the engine drops them with the life */
    while (node->allocations != NULL) {
        struct allocation *next = node->allocations->next;
        g_free(node->allocations);
        node->allocations = next;
    }
    /* One by one, so that a handle that travelled to another node and comes back is found stale. */
    for (uint32_t index = 1; index < node->frames.fresh; index++) {
        if (pool_is_used(&node->frames, index)) {
            sim_pool_give(&node->frames, index);
        }
    }
    memset(node->state, 0, node->model->state_size);
}

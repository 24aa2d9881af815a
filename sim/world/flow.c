/* Flows: bulk transfers that share bandwidth max-min fairly.
 *
 * Every flow passes up to three resources: the sender's network card, the link between the zones
 * (within one: the sender's port), the receiver's card; or one, the disk. Rates are found by
 * progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2): the resource that
 * gives its flows least fixes theirs, and is taken out, until all are fixed. A degraded link caps
 * the flows that it concerns at its bandwidth by the slowness. Rates change only when a flow begins
 * or ends, or what hinders one does (partitions, pauses, stalled disks); one event stands at the
 * earliest end. Flows and single messages see each other only in that a message on a link is slowed
 * by the number of flows there. When one end dies the other hears of it after a latency, unless it
 * is silent or cut off: then the flow stands still until its owner cancels it. Not modelled: what
 * loss does to a flow, and slow disks.
 */
#include "world/audit.h"
#include "world/transit.h"

#include <glib.h>
#include <math.h>

#define PATH_MAX_LENGTH 3

struct flow {
    uint64_t handle;
    sim_node_id owner, to; /* to = owner: a disk flow */
    uint32_t incarnation;  /* of the owner */
    uint64_t tag;
    double left;                    /* bytes, as of flows->since */
    double rate;                    /* bytes/s; infinite where nothing limits it */
    double cap;                     /* of a degraded link, else infinite */
    uint32_t path[PATH_MAX_LENGTH]; /* resources */
    uint32_t path_length;
    bool is_fixed;
    bool is_orphan; /* the receiver died and the owner has not heard of it */
};

struct resource {
    double bandwidth;
    double left;         /* not yet given away, in the present filling */
    uint32_t flow_count; /* not yet fixed, in the present filling */
};

struct ending {
    uint64_t handle; /* of the flow */
    sim_node_id owner;
    uint64_t tag;
    enum sim_status status;
};

struct flows {
    GPtrArray *list; /* struct flow, in order of beginning */
    uint64_t next_handle;
    struct resource *resources; /* cards out, cards in, disks by machine; then links */
    uint32_t resource_count;
    sim_time since;
    sim_timer timer;
    struct sim_pool endings;
};

void flows_init(struct sim_world *world)
{
    const struct sim_world_spec *spec = world->spec;
    struct flows *flows = sim_arena_new(&world->arena, struct flows);
    world->flows = flows;
    flows->list = g_ptr_array_new_with_free_func(g_free);
    flows->resource_count = 3 * spec->machine_count + world->link_count;
    flows->resources = sim_arena_array(&world->arena, struct resource, flows->resource_count);
    for (size_t m = 0; m < spec->machine_count; m++) {
        flows->resources[3 * m].bandwidth = spec->machines[m].bandwidth;
        flows->resources[3 * m + 1].bandwidth = spec->machines[m].bandwidth;
        flows->resources[3 * m + 2].bandwidth = spec->machines[m].disk.bandwidth;
    }
    for (uint32_t i = 0; i < world->link_count; i++) {
        flows->resources[3 * spec->machine_count + i].bandwidth = world->links[i].law->bandwidth;
    }
    sim_pool_init(&flows->endings, sizeof(struct ending));
}

void flows_clear(struct sim_world *world)
{
    g_ptr_array_free(world->flows->list, TRUE);
    sim_pool_clear(&world->flows->endings);
}

static struct flow *flow_at(const struct flows *flows, guint i)
{
    return g_ptr_array_index(flows->list, i);
}

/* ---- shares ---- */

static void pass(struct flows *flows, struct flow *flow, uint32_t resource)
{
    if (flows->resources[resource].bandwidth > 0.0) {
        flow->path[flow->path_length++] = resource;
    }
}

static void find_path(struct sim_world *world, struct flow *flow)
{
    struct flows *flows = world->flows;
    uint32_t from = (uint32_t)(world->nodes[flow->owner].machine - world->machines);
    uint32_t to = (uint32_t)(world->nodes[flow->to].machine - world->machines);
    if (flow->owner == flow->to) {
        pass(flows, flow, 3 * from + 2);
    } else if (from != to) {
        uint32_t link = (uint32_t)(network_link(world, flow->owner, flow->to) - world->links);
        pass(flows, flow, 3 * from);
        pass(flows, flow, 3 * to + 1);
        pass(flows, flow, 3 * world->spec->machine_count + link);
    }
}

static bool is_stalled(const struct sim_world *world, const struct flow *flow)
{
    const struct sim_node *owner = &world->nodes[flow->owner];
    if (flow->is_orphan || owner->pauses > 0 || world->nodes[flow->to].pauses > 0) {
        return true;
    }
    if (flow->to == flow->owner) {
        return owner->machine->disk->stalls > 0;
    }
    return network_is_cut(world, flow->owner, flow->to);
}

static double cap_of(struct sim_world *world, const struct flow *flow)
{
    if (flow->path_length == 0 || flow->to == flow->owner || world->troubles == NULL) {
        return INFINITY;
    }
    const struct sim_link_law *law = network_link(world, flow->owner, flow->to)->law;
    double slowness = network_conditions(world, flow->owner, flow->to, law).slowness;
    return law->bandwidth > 0.0 && slowness > 1.0 ? law->bandwidth / slowness : INFINITY;
}

static void count_users(struct sim_world *world)
{
    struct flows *flows = world->flows;
    for (uint32_t r = 0; r < flows->resource_count; r++) {
        flows->resources[r].left = flows->resources[r].bandwidth;
        flows->resources[r].flow_count = 0;
    }
    for (guint i = 0; i < flows->list->len; i++) {
        struct flow *flow = flow_at(flows, i);
        flow->is_fixed = is_stalled(world, flow);
        flow->rate = flow->is_fixed ? 0.0 : INFINITY;
        for (uint32_t p = 0; !flow->is_fixed && p < flow->path_length; p++) {
            flows->resources[flow->path[p]].flow_count++;
        }
        flow->is_fixed = flow->is_fixed || flow->path_length == 0;
        flow->cap = cap_of(world, flow);
    }
    uint32_t links = 3 * world->spec->machine_count;
    for (uint32_t i = 0; i < world->link_count; i++) {
        world->links[i].flows = flows->resources[links + i].flow_count;
    }
}

static void fix(struct flows *flows, struct flow *flow, double rate)
{
    flow->rate = rate;
    flow->is_fixed = true;
    for (uint32_t p = 0; p < flow->path_length; p++) {
        flows->resources[flow->path[p]].left -= rate;
        flows->resources[flow->path[p]].flow_count--;
    }
}

static bool passes(const struct flow *flow, uint32_t resource)
{
    for (uint32_t p = 0; p < flow->path_length; p++) {
        if (flow->path[p] == resource) {
            return true;
        }
    }
    return false;
}

/* The resource that gives each of its flows least, or resource_count when all flows are fixed. */
static uint32_t tightest(const struct flows *flows, double *ret_share)
{
    uint32_t found = flows->resource_count;
    double least = INFINITY;
    for (uint32_t r = 0; r < flows->resource_count; r++) {
        const struct resource *resource = &flows->resources[r];
        if (resource->flow_count > 0 && resource->left / resource->flow_count < least) {
            least = resource->left / resource->flow_count;
            found = r;
        }
    }
    *ret_share = least > 0.0 ? least : 0.0;
    return found;
}

/* Fixes the flow that a degraded link holds most below the share that it could have. */
static bool fix_capped(struct flows *flows, double share)
{
    struct flow *least = NULL;
    for (guint i = 0; i < flows->list->len; i++) {
        struct flow *flow = flow_at(flows, i);
        if (!flow->is_fixed && flow->cap < share && (least == NULL || flow->cap < least->cap)) {
            least = flow;
        }
    }
    if (least != NULL) {
        fix(flows, least, least->cap);
    }
    return least != NULL;
}

static void share(struct sim_world *world)
{
    struct flows *flows = world->flows;
    double rate;
    count_users(world);
    for (uint32_t r; (r = tightest(flows, &rate)) < flows->resource_count;) {
        if (fix_capped(flows, rate)) {
            continue;
        }
        for (guint i = 0; i < flows->list->len; i++) {
            struct flow *flow = flow_at(flows, i);
            if (!flow->is_fixed && passes(flow, r)) {
                fix(flows, flow, rate);
            }
        }
    }
}

/* ---- progress ---- */

static void advance(struct sim_world *world)
{
    struct flows *flows = world->flows;
    double seconds = sim_time_seconds(world_now(world) - flows->since);
    for (guint i = 0; i < flows->list->len; i++) {
        struct flow *flow = flow_at(flows, i);
        if (flow->rate == INFINITY) {
            flow->left = 0.0;
        } else {
            flow->left -= flow->rate * seconds;
        }
    }
    flows->since = world_now(world);
}

static sim_time time_left(const struct flow *flow)
{
    if (flow->rate <= 0.0) {
        return SIM_NEVER;
    }
    if (flow->rate == INFINITY || flow->left <= 0.0) {
        return 0;
    }
    sim_time time = sim_time_from_seconds(flow->left / flow->rate);
    return time == SIM_NEVER ? time : time + 1; /* not a hair too early */
}

static void rearm(struct sim_world *world)
{
    struct flows *flows = world->flows;
    sim_engine_cancel(world->engine, flows->timer);
    flows->timer = 0;
    sim_time least = SIM_NEVER;
    for (guint i = 0; i < flows->list->len; i++) {
        sim_time left = time_left(flow_at(flows, i));
        least = left < least ? left : least;
    }
    if (least != SIM_NEVER) {
        flows->timer =
            sim_engine_arm(world->engine, sim_time_add(world_now(world), least), 0, EVENT_FLOW, 0);
    }
}

void flows_update(struct sim_world *world)
{
    if (world->flows->list->len > 0) {
        advance(world);
        share(world);
        rearm(world);
    }
}

/* The owner hears of the end after `delay`, unless it has died since. */
static void announce(struct sim_world *world, const struct flow *flow, enum sim_status status,
                     sim_time delay)
{
    struct sim_node *owner = &world->nodes[flow->owner];
    if (sim_engine_incarnation(world->engine, owner->id) != flow->incarnation) {
        return;
    }
    uint32_t index = sim_pool_take(&world->flows->endings);
    *(struct ending *)sim_pool_at(&world->flows->endings, index) =
        (struct ending){flow->handle, flow->owner, flow->tag, status};
    sim_engine_post(world->engine, sim_time_add(world_now(world), delay), owner->id,
                    EVENT_FLOW_DONE, sim_pool_handle(&world->flows->endings, index));
}

void flow_on_end(struct sim_world *world, const struct sim_event *event)
{
    (void)event;
    struct flows *flows = world->flows;
    flows->timer = 0;
    advance(world);
    for (guint i = 0; i < flows->list->len;) {
        struct flow *flow = flow_at(flows, i);
        if (flow->left > 0.0 || flow->rate <= 0.0) {
            i++;
            continue;
        }
        sim_time flight =
            flow->to == flow->owner ? 0 : network_latency(world, flow->owner, flow->to);
        announce(world, flow, SIM_STATUS_OK, flight);
        g_ptr_array_remove_index(flows->list, i);
    }
    share(world);
    rearm(world);
}

void flow_on_done(struct sim_world *world, const struct sim_event *event)
{
    struct ending *ending = sim_pool_find(&world->flows->endings, event->payload);
    if (ending == NULL) {
        return; /* cancelled meanwhile */
    }
    struct sim_node *node = &world->nodes[event->node];
    struct sim_input input = {
        .kind = SIM_IN_FLOW_DONE, .tag = ending->tag, .status = ending->status};
    sim_pool_give(&world->flows->endings, sim_pool_index(event->payload));
    node->open_flows--;
    world_input(node, &input);
}

void flows_each(const struct sim_world *world, tag_visitor visit, void *data)
{
    const struct flows *flows = world->flows;
    for (guint i = 0; i < flows->list->len; i++) {
        visit(data, flow_at(flows, i)->owner, flow_at(flows, i)->tag);
    }
    for (uint32_t index = 1; index < flows->endings.fresh; index++) {
        const struct ending *ending = sim_pool_at(&flows->endings, index);
        if (pool_is_used(&flows->endings, index)) {
            visit(data, ending->owner, ending->tag);
        }
    }
}

/* Nobody is where a flow goes: true when the owner will hear so, `delay` and a latency from now,
 * and the flow is over. */
static bool orphan(struct sim_world *world, guint index, sim_time delay, bool is_silent)
{
    struct flow *flow = flow_at(world->flows, index);
    if (is_silent || network_is_cut(world, flow->to, flow->owner)) {
        flow->is_orphan = true;
        return false;
    }
    sim_time latency = network_latency(world, flow->to, flow->owner);
    announce(world, flow, SIM_STATUS_REFUSED, sim_time_add(delay, latency));
    g_ptr_array_remove_index(world->flows->list, index);
    return true;
}

/* ---- what a model does ---- */

static sim_flow flow_begin(struct sim_node *self, sim_node_id to, int64_t bytes, uint64_t tag)
{
    struct sim_world *world = self->world;
    struct flows *flows = world->flows;
    sim_assert(bytes >= 0);
    advance(world);
    struct flow *flow = g_new0(struct flow, 1);
    flow->handle = ++flows->next_handle;
    flow->owner = self->id;
    flow->to = to;
    flow->incarnation = sim_engine_incarnation(world->engine, self->id);
    flow->tag = tag;
    flow->left = (double)bytes;
    find_path(world, flow);
    g_ptr_array_add(flows->list, flow);
    self->open_flows++;
    uint64_t handle = flow->handle;
    if (!world->nodes[to].is_up) {
        orphan(world, flows->list->len - 1, network_latency(world, self->id, to),
               world->nodes[to].is_silent);
    } else {
        world->network.bytes += to == self->id ? 0 : (uint64_t)bytes;
    }
    share(world);
    rearm(world);
    return handle;
}

sim_flow sim_flow_send(struct sim_node *self, sim_node_id to, int64_t bytes, uint64_t tag)
{
    sim_assert(to != self->id);
    return flow_begin(self, to, bytes, tag);
}

sim_flow sim_flow_disk(struct sim_node *self, int64_t bytes, uint64_t tag)
{
    return flow_begin(self, self->id, bytes, tag);
}

/* The flow is over and its owner has yet to hear so: now it will not. */
static void cancel_ending(struct sim_node *self, sim_flow handle)
{
    struct sim_pool *endings = &self->world->flows->endings;
    for (uint32_t index = 1; index < endings->fresh; index++) {
        const struct ending *ending = sim_pool_at(endings, index);
        if (pool_is_used(endings, index) && ending->handle == handle) {
            sim_assert(ending->owner == self->id);
            sim_pool_give(endings, index);
            self->open_flows--;
            return;
        }
    }
}

void sim_flow_cancel(struct sim_node *self, sim_flow handle)
{
    struct flows *flows = self->world->flows;
    for (guint i = 0; i < flows->list->len; i++) {
        struct flow *flow = flow_at(flows, i);
        if (flow->handle == handle) {
            sim_assert(flow->owner == self->id);
            advance(self->world);
            g_ptr_array_remove_index(flows->list, i);
            self->open_flows--;
            share(self->world);
            rearm(self->world);
            return;
        }
    }
    cancel_ending(self, handle);
}

/* Flows of a dead node end; those towards it fail. */
void flows_drop(struct sim_node *node, bool is_silent)
{
    struct sim_world *world = node->world;
    struct flows *flows = world->flows;
    advance(world);
    for (guint i = 0; i < flows->list->len;) {
        struct flow *flow = flow_at(flows, i);
        if (flow->owner == node->id) {
            g_ptr_array_remove_index(flows->list, i);
        } else if (flow->to != node->id || flow->is_orphan || !orphan(world, i, 0, is_silent)) {
            i++;
        }
    }
    for (uint32_t index = 1; index < flows->endings.fresh; index++) {
        /* Endings that the dead node will not hear of go with the engine's events. */
        struct ending *ending = sim_pool_at(&flows->endings, index);
        if (pool_is_used(&flows->endings, index) && ending->owner == node->id) {
            sim_pool_give(&flows->endings, index);
        }
    }
    node->open_flows = 0;
    share(world);
    rearm(world);
}

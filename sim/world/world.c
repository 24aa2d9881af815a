/* The world: building it, freeing it, looking into it, and reaching in by hand.
 *
 * One run is one struct sim_world. Nothing in it is shared with another run but the immutable
 * description, so runs may follow one another or go on side by side. See play.c for what happens in
 * between, and life.c for how nodes begin and end.
 */
#include "world/transit.h"

#include <glib.h>

static const char *member_name(struct sim_world *world, const struct sim_group_spec *spec,
                               uint32_t member)
{
    if (spec->count_max == 1) {
        return spec->name;
    }
    size_t size = strlen(spec->name) + 16;
    char *name = sim_arena_alloc(&world->arena, size);
    snprintf(name, size, "%s[%u]", spec->name, member + 1);
    return name;
}

static void node_init(struct sim_world *world, uint32_t group_index, uint32_t member)
{
    struct group *group = &world->groups[group_index];
    const struct sim_group_spec *spec = group->spec;
    struct sim_node *node = &world->nodes[spec->first_id + member];
    node->world = world;
    node->id = spec->first_id + member;
    node->member = member;
    node->group = group;
    node->group_index = group_index;
    node->metrics = group->metrics;
    node->model = spec->model;
    node->params = spec->params;
    node->transport = &spec->transport;
    node->is_transport_plain = spec->transport.kind == SIM_TRANSPORT_DATAGRAM ||
                               (spec->transport.warm && !spec->transport.multiplex &&
                                spec->transport.connections_max == 0);
    node->plain_bytes_max = !node->is_transport_plain           ? -1
                            : spec->transport.window_bytes == 0 ? INT64_MAX
                                                                : spec->transport.window_bytes;
    node->name = member_name(world, spec, member);
    node->machine = &world->machines[spec->machines[member]];
    node->zone = node->machine->spec->zone;
    node->state = sim_arena_alloc(&world->arena, spec->model->state_size);
    uint32_t draw_count = 0;
    while (spec->model->draws != NULL && spec->model->draws[draw_count] != NULL) {
        draw_count++;
    }
    node->draws = sim_arena_array(&world->arena, struct sim_random, draw_count);
    node->draws_ready = sim_arena_array(&world->arena, bool, draw_count);
    sim_random_init(&node->network_draw, world->options.seed, node->name, "network");
    sim_random_init(&node->order_draw, world->options.seed, node->name, "order");
    sim_pool_init(&node->frames, spec->model->frame_size);
    sim_pool_set_apart(&node->frames, node->id);
    node->speed = 1.0;
    node->slow_factor = 1.0;
    node->load_factor = 1.0;
}

static void machines_init(struct sim_world *world)
{
    const struct sim_world_spec *spec = world->spec;
    world->machines = sim_arena_array(&world->arena, struct machine, spec->machine_count);
    for (uint32_t i = 0; i < spec->machine_count; i++) {
        struct machine *machine = &world->machines[i];
        machine->spec = &spec->machines[i];
        machine->clock_drift = machine->spec->clock_drift;
        world->has_cards = world->has_cards || machine->spec->bandwidth > 0.0;
        if (machine->spec->cores > 0) {
            machine->executor = executor_new(world, (double)machine->spec->cores, 0) + 1;
        }
    }
}

struct sim_world *sim_world_new(const struct sim_world_spec *spec,
                                const struct sim_world_options *options)
{
    struct sim_world *world = g_new0(struct sim_world, 1);
    world->spec = spec;
    world->options = *options;
    world->axis = options->axis;
    world->measured = options->axis->windows[0];
    world->node_count = spec->node_count;
    sim_arena_init(&world->arena);
    world->engine = sim_engine_new(spec->node_count + 1, spec->limits.pending_max);
    sim_pool_init(&world->packets, sizeof(struct packet));
    bodies_init(world);
    sim_pool_init(&world->calls, sizeof(struct call));
    sim_pool_init(&world->jobs, sizeof(struct job));
    world->nodes = sim_arena_array(&world->arena, struct sim_node, spec->node_count + 1);
    world->nodes[0].world = world;
    world->nodes[0].name = "world";
    world->nodes[0].is_up = true;
    machines_init(world);
    world->groups = sim_arena_array(&world->arena, struct group, spec->group_count);
    for (uint32_t g = 0; g < spec->group_count; g++) {
        sim_assert(spec->groups[g].model->abi == SIM_MODEL_ABI);
        world->groups[g].spec = &spec->groups[g];
    }
    ledger_init(world);
    for (uint32_t g = 0; g < spec->group_count; g++) {
        for (uint32_t member = 0; member < spec->groups[g].count_max; member++) {
            node_init(world, g, member);
        }
    }
    ledger_init_members(world);
    network_init(world);
    connections_init(world);
    disks_init(world);
    streams_init(world);
    flows_init(world);
    spans_init(world);
    versions_init(world);
    sessions_init(world);
    members_init(world);
    faults_init(world);
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (world == NULL) {
        return;
    }
    disks_clear(world); /* gives to the logs what belongs to them */
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        struct sim_node *node = &world->nodes[id];
        node_clear_life(node);
        logs_clear(node);
        sim_pool_clear(&node->frames);
        g_free(node->deferred);
        g_free(node->calls_to);
    }
    ledger_clear(world);
    members_clear(world);
    faults_clear(world);
    connections_clear(world);
    streams_clear(world);
    flows_clear(world);
    spans_clear(world);
    sessions_clear(world);
    versions_clear(world);
    executors_clear(world);
    troubles_clear(world);
    sim_pool_clear(&world->packets);
    bodies_clear(world);
    sim_pool_clear(&world->calls);
    sim_pool_clear(&world->jobs);
    sim_engine_free(world->engine);
    sim_arena_clear(&world->arena);
    g_free(world);
}

/* ---- by hand, and looking ---- */

void sim_world_crash(struct sim_world *world, sim_node_id node, bool is_silent)
{
    node_crash(&world->nodes[node], is_silent, false);
}

void sim_world_restart(struct sim_world *world, sim_node_id node)
{
    node_restart(&world->nodes[node]);
}

void sim_world_pause(struct sim_world *world, sim_node_id node, bool is_paused)
{
    node_set_paused(&world->nodes[node], is_paused);
}

void sim_world_cut(struct sim_world *world, sim_node_id from, sim_node_id to, bool is_cut)
{
    network_set_cut(world, from, to, is_cut);
    flows_update(world);
}

sim_time sim_world_now(const struct sim_world *world)
{
    return world_now(world);
}

uint64_t sim_world_digest(const struct sim_world *world)
{
    return sim_engine_digest(world->engine);
}

uint64_t sim_world_event_count(const struct sim_world *world)
{
    struct sim_engine_stats stats;
    sim_engine_get_stats(world->engine, &stats);
    return stats.delivered;
}

struct sim_node *sim_world_node(struct sim_world *world, sim_node_id node)
{
    sim_assert(node >= 1 && node <= world->node_count);
    return &world->nodes[node];
}

const char *sim_world_node_name(const struct sim_world *world, sim_node_id node)
{
    return node <= world->node_count ? world->nodes[node].name : "?";
}

void sim_world_network_totals(const struct sim_world *world, struct sim_network_totals *ret_totals)
{
    *ret_totals = world->network;
}

void world_trace(struct sim_world *world, enum sim_trace_kind kind, sim_node_id node,
                 sim_node_id peer, const char *label, uint64_t id, uint64_t number)
{
    struct sim_trace_event event = {kind, world_now(world), node, peer, label, id, number};
    world->options.trace(&event, world->options.trace_data);
}

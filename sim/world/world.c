/* The world: building it, freeing it, looking into it, and reaching in by hand.
 *
 * One run is one struct sim_world. Nothing in it is shared with another run but the immutable
 * description, so runs may follow one another or go on side by side. See play.c for what happens in
 * between, and life.c for how nodes begin and end.
 */
#include "world/internal.h"

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
            machine->executor = executor_new(world, (double)machine->spec->cores) + 1;
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
    sim_pool_init(&world->calls, sizeof(struct call));
    sim_pool_init(&world->timers, sizeof(struct timer_record));
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
    members_init(world);
    faults_init(world);
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (world == NULL) {
        return;
    }
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
    disks_clear(world);
    spans_clear(world);
    executors_clear(world);
    troubles_clear(world);
    sim_pool_clear(&world->packets);
    sim_pool_clear(&world->calls);
    sim_pool_clear(&world->timers);
    sim_pool_clear(&world->jobs);
    sim_engine_free(world->engine);
    sim_arena_clear(&world->arena);
    g_free(world);
}

<<<<<<< world.c
/* ---- playing ---- */

/* An event of a paused node waits, in order, until the pause ends. */
static void defer(struct sim_node *node, const struct sim_event *event)
{
    if (node->deferred_count == node->deferred_capacity) {
        node->deferred_capacity = node->deferred_capacity == 0 ? 16 : 2 * node->deferred_capacity;
        node->deferred = g_renew(struct sim_event, node->deferred, node->deferred_capacity);
    }
    node->deferred[node->deferred_count++] = *event;
}

static void on_timer(struct sim_world *world, struct sim_node *node, const struct sim_event *event)
{
    struct timer_record *record = sim_pool_find(&world->timers, event->payload);
    if (record == NULL) {
        return; /* cancelled while the node was paused */
    }
    struct sim_input input = {
        .kind = SIM_IN_TIMER, .timer = (uint16_t)(event->kind >> 8), .tag = record->tag};
    node->live_timers--;
    sim_pool_give(&world->timers, sim_pool_index(event->payload));
    world_input(node, &input);
}

static void dispatch(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->node];
    enum world_event kind = (enum world_event)(event->kind & 0xff);
    if (__builtin_expect(node->pauses > 0, 0)) {
        defer(node, event);
        return;
    }
    switch (kind) {
    case EVENT_START:
        node_start(node, event->payload != 0);
        break;
    case EVENT_TIMER:
        on_timer(world, node, event);
        break;
    case EVENT_REQUEST:
        call_on_request(world, event);
        break;
    case EVENT_REPLY:
        call_on_reply(world, event);
        break;
    case EVENT_MESSAGE:
        call_on_message(world, event);
        break;
    case EVENT_TIMEOUT:
        call_on_timeout(world, event);
        break;
    case EVENT_REFUSAL:
        call_on_refusal(world, event);
        break;
    case EVENT_TRANSMIT:
        network_on_transmit(world, event);
        break;
    case EVENT_WORK:
        station_on_work(world, event);
        break;
    case EVENT_GRANTED:
        station_on_granted(world, event);
        break;
    case EVENT_SHARE:
        executor_on_share(world, event);
        break;
    case EVENT_DISK:
        disk_on_event(world, event);
        break;
    case EVENT_DISK_DONE:
        disk_on_done(world, event);
        break;
    case EVENT_STREAM:
        stream_on_event(world, event);
        break;
    case EVENT_STREAM_RETRY:
        stream_on_retry(world, event);
        break;
    case EVENT_FLOW:
        flow_on_end(world, event);
        break;
    case EVENT_FLOW_DONE:
        flow_on_done(world, event);
        break;
    case EVENT_FAULT_BEGIN:
        fault_on_begin(world, event);
        break;
    case EVENT_FAULT_END:
        fault_on_end(world, event);
        break;
    case EVENT_MEMBERS:
        members_on_change(world, event);
        break;
    case EVENT_DRAINED:
        members_on_drained(world, event);
        break;
    case EVENT_LOAD:
        if (node->is_up) { /* else its next life begins with the factor */
            struct sim_input input = {.kind = SIM_IN_LOAD, .load_factor = node->load_factor};
            world_input(node, &input);
        }
        break;
    case WORLD_EVENT_COUNT:
        sim_assert_failed("an event of no kind", __FILE__, __LINE__);
        break;
    }
}

static bool step(struct sim_world *world, sim_time until)
{
    struct sim_event event;
    if (!sim_engine_next(world->engine, until, &event)) {
        return false;
    }
    world->running = event.node;
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_EVENT, event.node, SIM_NONE,
                    world_event_names[event.kind & 0xff], event.payload, event.kind >> 8);
    }
    dispatch(world, &event);
    return true;
}

/* How many events pass between looks at what can end a run from outside, and how many of them may
 * happen at one instant before time is held to stand still. */
#define LOOK_INTERVAL 4096u
#define EVENTS_AT_ONE_INSTANT_MAX 50000000u

static size_t memory_of(const struct sim_world *world, const struct sim_engine_stats *stats)
{
    const struct sim_pool *const pools[] = {&world->packets, &world->calls, &world->timers,
                                            &world->jobs, &world->disk_operations};
    size_t bytes = world->arena.used_bytes + stats->pending_max * sizeof(struct sim_event) +
                   streams_memory(world) + spans_memory(world);
    for (size_t i = 0; i < G_N_ELEMENTS(pools); i++) {
        bytes += (size_t)pools[i]->chunk_count * SIM_POOL_CHUNK_COUNT * pools[i]->record_size;
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_pool *frames = &world->nodes[id].frames;
        bytes += (size_t)frames->chunk_count * SIM_POOL_CHUNK_COUNT * frames->record_size;
    }
    return bytes;
}

static bool is_ended_early(struct sim_world *world, uint64_t events_at_instant)
{
    const struct sim_limits *limits = &world->spec->limits;
    struct sim_engine_stats stats;
    sim_engine_get_stats(world->engine, &stats);
    if (sim_engine_is_over_limit(world->engine)) {
        world->limit = "pending events";
    } else if (limits->events_max != 0 && stats.delivered >= limits->events_max) {
        world->limit = "events";
    } else if (limits->open_requests_max != 0 &&
               world->packets.live_count > limits->open_requests_max) {
        world->limit = "open requests";
    } else if (limits->memory_bytes_max != 0 &&
               memory_of(world, &stats) > limits->memory_bytes_max) {
        world->limit = "memory";
    } else if (events_at_instant > EVENTS_AT_ONE_INSTANT_MAX) {
        world->limit = "events at one instant: time stands still";
    }
    return world->limit != NULL || (world->options.stop != NULL && *world->options.stop);
}

/* Plays until `until`, or while measured operations are open if that is all that is waited for. */
static bool play(struct sim_world *world, sim_time until, bool is_draining)
{
    sim_time instant = world_now(world);
    uint64_t events_at_instant = 0;
    for (;;) {
        for (uint32_t i = 0; i < LOOK_INTERVAL; i++) {
            if (is_draining && world->measured_open == 0) {
                return true;
            }
            if (!step(world, until)) {
                return true;
            }
        }
        events_at_instant = world_now(world) == instant ? events_at_instant + LOOK_INTERVAL : 0;
        instant = world_now(world);
        if (is_ended_early(world, events_at_instant)) {
            return false;
        }
    }
}

enum sim_ending sim_world_run(struct sim_world *world)
{
    sim_assert_set_context(describe_failure, world);
    enum sim_ending ending = SIM_ENDING_DONE;
    /* The last instant before the duration: what is issued at the duration itself is not measured.
     */
    if ((world_now(world) < world->spec->duration &&
         !play(world, world->spec->duration - 1, false)) ||
        !play(world, sim_time_add(world->spec->duration, world->spec->drain), true)) {
        ending = world->limit != NULL ? SIM_ENDING_LIMIT : SIM_ENDING_INTERRUPTED;
    } else if (world->measured_open > 0) {
        ending = SIM_ENDING_DRAINED;
    } else if (world_now(world) < world->spec->duration) {
        sim_engine_rest(world->engine, world->spec->duration); /* no draining was needed */
    }
    sim_world_settle(world);
    sim_assert_set_context(NULL, NULL);
    return ending;
}

void sim_world_settle(struct sim_world *world)
{
    if (!world->is_settled) {
        world->is_settled = true;
        faults_settle(world);
        ledger_settle(world);
    }
}

const char *sim_world_limit(const struct sim_world *world)
{
    return world->limit;
}

void sim_world_run_until(struct sim_world *world, sim_time time)
{
    sim_assert_set_context(describe_failure, world);
    while (step(world, time)) {
    }
    sim_assert_set_context(NULL, NULL);
}

uint64_t sim_world_run_events(struct sim_world *world, uint64_t count)
{
    uint64_t done = 0;
    sim_assert_set_context(describe_failure, world);
    while (done < count && step(world, SIM_NEVER)) {
        done++;
    }
    sim_assert_set_context(NULL, NULL);
    return done;
}

bool sim_world_run_while_not(struct sim_world *world, sim_world_condition condition, void *data,
                             sim_time limit)
{
    sim_assert_set_context(describe_failure, world);
    bool is_met = condition(world, data);
    while (!is_met && step(world, limit)) {
        is_met = condition(world, data);
    }
    is_met = is_met || condition(world, data); /* the clock may have moved to the limit */
    sim_assert_set_context(NULL, NULL);
    return is_met;
}

/* ---- lives of nodes ---- */

void world_input(struct sim_node *node, const struct sim_input *input)
{
    node->model->handle(node, input);
}

void node_start(struct sim_node *node, bool is_restart)
{
    uint8_t *state = &node->group->member_state[node->member];
    if (node->is_up || node->crashes > 0 || *state == MEMBER_ABSENT || *state == MEMBER_GONE ||
        world_now(node->world) < node->boots_until) {
        return; /* a fault holds it: it starts when that ends; or it left before it had started */
    }
    node->is_up = true;
    if (*state == MEMBER_STARTING) {
        *state = MEMBER_UP;
    }
    members_look_again(node);
    struct sim_input input = {
        .kind = SIM_IN_START, .is_restart = is_restart, .load_factor = node->load_factor};
    world_input(node, &input);
}

void node_crash(struct sim_node *node, bool is_silent, bool is_torn)
{
    node->crashes++;
    node->is_silent = node->is_silent || is_silent;
    if (node->crashes > 1 || !node->is_up) {
        return; /* already down: this fault only keeps it so */
    }
    node->is_up = false;
    node->deferred_count = 0;
    disk_drop(node);
    logs_crash(node, is_torn);
    flows_drop(node, is_silent);
    streams_drop(node, is_silent);
    calls_drop(node, is_silent);
    connections_drop(node);
    ledger_drop_operations(node);
    spans_drop(node);
    node_clear_life(node);
    sim_engine_kill(node->world->engine, node->id);
    if (node->may_go) {
        members_let_go(node); /* nothing is open any more */
    }
}

void node_restart(struct sim_node *node)
{
    sim_assert(node->crashes > 0);
    node->crashes--;
    if (node->crashes == 0) {
        node->is_silent = false;
        uint8_t state = node->group->member_state[node->member];
        if (state == MEMBER_UP || state == MEMBER_DRAINING || state == MEMBER_STARTING) {
            /* As an event: a node that is paused begins its new life when the pause ends. */
            sim_engine_post(node->world->engine, world_now(node->world), node->id, EVENT_START, 1);
        }
    }
}

void node_set_paused(struct sim_node *node, bool is_paused)
{
    sim_assert(is_paused || node->pauses > 0);
    if (is_paused) {
        node->pauses++;
    } else {
        node->pauses--;
    }
    node->speed = node->pauses > 0 ? 0.0 : 1.0 / node->slow_factor;
    if (node->is_up) {
        stations_change_speed(node);
    }
    flows_update(node->world);
    if (node->pauses == 0) {
        /* What came meanwhile, the start of a new life too; a crash has left none of its own. */
        uint32_t count = node->deferred_count;
        struct sim_event *events = node->deferred;
        node->deferred = NULL;
        node->deferred_count = node->deferred_capacity = 0;
        for (uint32_t i = 0; i < count; i++) {
            dispatch(node->world, &events[i]);
        }
        g_free(events);
    }
}

void node_set_slow(struct sim_node *node, double factor)
{
    node->slow_factor = factor;
    node->speed = node->pauses > 0 ? 0.0 : 1.0 / factor;
    if (node->is_up) {
        stations_change_speed(node);
    }
}

=======
>>>>>>> /tmp/wt-new/world/world.c
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

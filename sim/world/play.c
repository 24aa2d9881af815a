/* Playing a run: events one after another, what each of them means, and what ends a run. */
#include "world/transit.h"

#include <glib.h>
#include <inttypes.h>

#include "base/text.h"

static void describe_failure(FILE *out, const void *data)
{
    const struct sim_world *world = data;
    char time[SIM_TEXT_MAX];
    fprintf(out, "  at %s (%" PRId64 " ns), event %" PRIu64 ", node %s, seed %" PRIu64 "\n",
            sim_text_duration(time, sim_time_seconds(world_now(world))), world_now(world),
            sim_world_event_count(world), sim_world_node_name(world, world->running),
            world->options.seed);
    if (world->options.replay != NULL) {
        fprintf(out, "  replay: %s\n", world->options.replay);
    }
}
static void on_timer(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->node];
    struct sim_input input = {
        .kind = SIM_IN_TIMER, .timer = (uint16_t)(event->kind >> 8), .tag = event->payload};
    node->live_timers--;
    world_input(node, &input);
}

static void on_start(struct sim_world *world, const struct sim_event *event)
{
    node_start(&world->nodes[event->node], event->payload != 0);
}

static void on_load(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->node];
    if (node->is_up) { /* else its next life begins with the factor */
        struct sim_input input = {.kind = SIM_IN_LOAD, .load_factor = world_load(node)};
        world_input(node, &input);
    }
}

/* What each kind of event is called, and what it does. */
static const struct meaning {
    const char *name;
    void (*happen)(struct sim_world *world, const struct sim_event *event);
} meanings[WORLD_EVENT_COUNT] = {
    [EVENT_START] = {"start", on_start},
    [EVENT_TIMER] = {"timer", on_timer},
    [EVENT_REQUEST] = {"request", call_on_request},
    [EVENT_REPLY] = {"reply", call_on_reply},
    [EVENT_MESSAGE] = {"message", call_on_message},
    [EVENT_TIMEOUT] = {"timeout", call_on_timeout},
    [EVENT_REFUSAL] = {"refusal", call_on_refusal},
    [EVENT_TRANSMIT] = {"transmit", network_on_transmit},
    [EVENT_WORK] = {"work", station_on_work},
    [EVENT_GRANTED] = {"granted", station_on_granted},
    [EVENT_SHARE] = {"share", executor_on_share},
    [EVENT_DISK] = {"disk", disk_on_event},
    [EVENT_DISK_DONE] = {"disk done", disk_on_done},
    [EVENT_STREAM] = {"stream", stream_on_event},
    [EVENT_STREAM_RETRY] = {"stream retry", stream_on_retry},
    [EVENT_FLOW] = {"flow", flow_on_end},
    [EVENT_FLOW_DONE] = {"flow done", flow_on_done},
    [EVENT_FAULT_BEGIN] = {"fault begins", fault_on_begin},
    [EVENT_FAULT_END] = {"fault ends", fault_on_end},
    [EVENT_MEMBERS] = {"members", members_on_change},
    [EVENT_DRAINED] = {"drained", members_on_drained},
    [EVENT_LOAD] = {"load", on_load},
    [EVENT_STREAM_LEAVE] = {"stream leaves", stream_on_leave},
};

void world_dispatch(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->node];
    if (__builtin_expect(node->pauses > 0, 0)) {
        node_defer(node, event);
    } else {
        meanings[event->kind & 0xff].happen(world, event);
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
        world_trace(world, SIM_TRACE_EVENT, event.node, SIM_NONE, meanings[event.kind & 0xff].name,
                    event.payload, event.kind >> 8);
    }
    world_dispatch(world, &event);
    return true;
}

/* How many events pass between looks at what can end a run from outside, and how many of them may
 * happen at one instant before time is held to stand still. */
#define LOOK_INTERVAL 4096u
#define EVENTS_AT_ONE_INSTANT_MAX 50000000u
/* A few events can be many sessions: a million pending events more are a reason to look, too. */
#define PENDING_BETWEEN_LOOKS (1u << 20)

static size_t memory_of(const struct sim_world *world, const struct sim_engine_stats *stats)
{
    const struct sim_pool *const pools[] = {&world->packets, &world->calls, &world->jobs,
                                            &world->disk_operations};
    size_t bytes = world->arena.used_bytes + stats->pending_max * sizeof(struct sim_event) +
                   world->engine->timer_room * sizeof(struct sim_engine_timer) +
                   streams_memory(world) + spans_memory(world);
    for (size_t i = 0; i < G_N_ELEMENTS(pools); i++) {
        bytes += (size_t)pools[i]->chunk_count * SIM_POOL_CHUNK_COUNT * pools[i]->record_size;
    }
    for (uint32_t size = 0; size < BODY_SIZES; size++) { /* large ones are seldom all touched */
        const struct sim_pool *bodies = &world->bodies[size];
        bytes += (size_t)sim_pool_live_count_max(bodies) * bodies->record_size;
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
        world->limit = "pending_max";
    } else if (limits->events_max != 0 && stats.delivered >= limits->events_max) {
        world->limit = "events_max";
    } else if (limits->open_requests_max != 0 &&
               world->packets.live_count > limits->open_requests_max) {
        world->limit = "open_requests_max";
    } else if (limits->memory_bytes_max != 0 &&
               memory_of(world, &stats) > limits->memory_bytes_max) {
        world->limit = "memory_max";
    } else if (events_at_instant > EVENTS_AT_ONE_INSTANT_MAX) {
        world->limit = "time stands still, with ever more events at one instant";
    }
    return world->limit != NULL || (world->options.stop != NULL && *world->options.stop);
}

/* Plays until `until`, or while measured operations are open if that is all that is waited for. */
static bool play(struct sim_world *world, sim_time until, bool is_draining)
{
    sim_time instant = world_now(world);
    uint64_t events_at_instant = 0;
    for (;;) {
        uint64_t pending_max = world->engine->pending + PENDING_BETWEEN_LOOKS;
        for (uint32_t i = 0; i < LOOK_INTERVAL && world->engine->pending < pending_max; i++) {
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

void sim_world_quieten(struct sim_world *world)
{
    world->is_quiet = true;
    world->options.trace = NULL;
    world->options.history = NULL;
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        if ((world->nodes[id].model->traits & SIM_MODEL_SOURCE) != 0) {
            sim_engine_post(world->engine, world_now(world), id, EVENT_LOAD, 0);
        }
    }
}

bool sim_world_play_on(struct sim_world *world, sim_time until)
{
    sim_assert_set_context(describe_failure, world);
    bool is_played = play(world, until, false);
    sim_assert_set_context(NULL, NULL);
    return is_played;
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

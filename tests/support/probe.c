/* Probe: a model that writes down whatever the world hands it; see probe.h. */
#include "probe.h"

#include <string.h>

struct probe_params {
    struct probe *probe;
};

static const struct sim_metric_spec probe_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "jobs that wait", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "arrival to first service", NULL},
    {"events", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "whatever the test counts", NULL},
    {0},
};
static const char *const probe_timers[] = {"a", "b", NULL};
static const char *const probe_messages[] = {"hello", NULL};
static const char *const probe_draws[] = {"a", "b", NULL};

static struct probe *probe_of(struct sim_node *self)
{
    return ((const struct probe_params *)sim_params(self))->probe;
}

static void write_down(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct probe_seen seen = {.time = sim_now(self),
                              .node = sim_self(self),
                              .from = in->from,
                              .kind = in->kind,
                              .status = in->status,
                              .tag = in->tag,
                              .is_restart = in->kind == SIM_IN_START && in->is_restart};
    switch (in->kind) {
    case SIM_IN_REQUEST:
        seen.handle = in->ticket;
        seen.number = in->request->key;
        seen.called = in->request->deadline;
        break;
    case SIM_IN_OUTCOME:
        seen.status = in->outcome->reply.status;
        seen.number = in->outcome->reply.version;
        seen.called = in->outcome->called;
        break;
    case SIM_IN_MESSAGE:
        seen.number = in->words[0];
        break;
    case SIM_IN_STREAM_OPENED:
    case SIM_IN_STREAM_CREDIT:
        seen.handle = in->stream;
        seen.number = in->credit;
        break;
    case SIM_IN_STREAM_ITEM:
        seen.handle = in->stream;
        seen.number = in->item.key;
        seen.version = in->item.version;
        break;
    case SIM_IN_STREAM_CLOSED:
        seen.handle = in->stream;
        break;
    case SIM_IN_TIMER:
        seen.number = in->timer;
        break;
    case SIM_IN_MEMBERS:
        seen.number = in->group;
        break;
    case SIM_IN_START:
    case SIM_IN_LOAD:
        seen.number = (uint64_t)(in->load_factor * 1000);
        break;
    case SIM_IN_WITHDRAWN:
        seen.handle = in->ticket;
        break;
    case SIM_IN_DONE:
    case SIM_IN_GRANTED:
    case SIM_IN_SYNCED:
    case SIM_IN_FLOW_DONE:
        break;
    }
    probe->now = seen;
    if (!probe->forgets) {
        g_array_append_val(probe->seen, seen);
    }
}

static void on_request(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct probe_state *state = sim_state(self);
    struct sim_reply reply = {.bytes = probe->reply_bytes};
    sim_time value = (sim_time)in->request->value;
    switch (probe->reply) {
    case PROBE_HOLD:
        break;
    case PROBE_LEAK:
        if (++probe->leak_count % 100 == 0) {
            break;
        }
        sim_answer(self, in->ticket, &reply);
        break;
    case PROBE_AT_ONCE:
        sim_answer(self, in->ticket, &reply);
        break;
    case PROBE_LATER:
        sim_after(self, value, PROBE_TIMER_B, in->ticket);
        break;
    case PROBE_WORK:
        if (!sim_station_work(self, state->station, value, in->request->priority, in->request->span,
                              in->ticket)) {
            sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        }
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct probe *probe = probe_of(self);
    struct probe_state *state = sim_state(self);
    struct sim_reply reply = {.bytes = probe->reply_bytes};
    write_down(self, in, probe);
    if (in->kind == SIM_IN_START && probe->station.servers > 0) {
        state->station = sim_station_new(self, &probe->station);
    }
    if (probe->on != NULL) {
        probe->on(self, in, probe);
    }
    if (in->kind == SIM_IN_REQUEST) {
        on_request(self, in, probe);
    } else if ((in->kind == SIM_IN_DONE && probe->reply == PROBE_WORK) ||
               (in->kind == SIM_IN_TIMER && in->timer == PROBE_TIMER_B &&
                probe->reply == PROBE_LATER)) {
        sim_answer(self, in->tag, &reply);
    }
}

const struct sim_model sim_model_probe = {
    .abi = SIM_MODEL_ABI,
    .name = "probe",
    .summary = "writes down what happens to it",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct probe_params),
    .state_size = sizeof(struct probe_state),
    .frame_size = sizeof(struct sim_operation_id),
    .handle = handle,
    .metrics = probe_metrics,
    .timers = probe_timers,
    .messages = probe_messages,
    .draws = probe_draws,
};

uint32_t probe_add(struct fixture *fixture, struct probe *probe, const char *name, uint32_t count)
{
    probe->seen = g_array_new(FALSE, FALSE, sizeof(struct probe_seen));
    uint32_t group = fixture_add_group(fixture, name, &sim_model_probe, NULL, count, count);
    struct probe_params *params = sim_arena_new(&fixture->arena, struct probe_params);
    params->probe = probe;
    fixture_set_params(fixture, name, params);
    return group;
}

void probe_clear(struct probe *probe)
{
    g_array_free(probe->seen, TRUE);
    probe->seen = NULL;
}

struct sim_node *probe_node(struct fixture *fixture, const char *name)
{
    return sim_world_node(fixture->world, fixture_id(fixture, name));
}

struct sim_station *probe_station(struct fixture *fixture, const char *name)
{
    struct probe_state *state = sim_state(probe_node(fixture, name));
    return state->station;
}

uint32_t probe_count(const struct probe *probe, enum sim_input_kind kind)
{
    uint32_t count = 0;
    for (guint i = 0; i < probe->seen->len; i++) {
        count += g_array_index(probe->seen, struct probe_seen, i).kind == kind;
    }
    return count;
}

const struct probe_seen *probe_nth(const struct probe *probe, enum sim_input_kind kind, uint32_t n)
{
    for (guint i = 0; i < probe->seen->len; i++) {
        const struct probe_seen *seen = &g_array_index(probe->seen, struct probe_seen, i);
        if (seen->kind == kind && n-- == 0) {
            return seen;
        }
    }
    g_error("probe: there were only %u inputs of kind %d", probe_count(probe, kind), (int)kind);
}

void probe_reset(struct probe *probe)
{
    g_array_set_size(probe->seen, 0);
}

static sim_call call(struct fixture *fixture, const char *from, const char *to,
                     const struct sim_request *request, sim_time timeout, uint64_t tag)
{
    return sim_send_request(probe_node(fixture, from), fixture_id(fixture, to), request, timeout,
                            tag);
}

sim_call probe_call_within(struct fixture *fixture, const char *from, const char *to,
                           sim_time value, sim_time timeout, uint64_t tag)
{
    struct sim_request request = {.deadline = SIM_NEVER, .value = (uint64_t)value, .key = tag};
    return call(fixture, from, to, &request, timeout, tag);
}

sim_call probe_call(struct fixture *fixture, const char *from, const char *to, sim_time value,
                    uint64_t tag)
{
    return probe_call_within(fixture, from, to, value, SIM_NEVER, tag);
}

sim_call probe_call_bytes(struct fixture *fixture, const char *from, const char *to, int64_t bytes,
                          uint64_t tag)
{
    struct sim_request request = {.deadline = SIM_NEVER, .bytes = bytes, .key = tag};
    return call(fixture, from, to, &request, SIM_NEVER, tag);
}

void probe_message(struct fixture *fixture, const char *from, const char *to, uint64_t word,
                   int64_t bytes)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {word};
    sim_send_message(probe_node(fixture, from), fixture_id(fixture, to), 0, words, bytes);
}

void story_begin(struct story *story, enum probe_reply reply, sim_time latency)
{
    *story = (struct story){.server.reply = reply};
    fixture_init(&story->f, s(3000));
    probe_add(&story->f, &story->client, "client", 1);
    probe_add(&story->f, &story->server, "server", 1);
    fixture_link_latency(&story->f, latency);
}

void story_start(struct story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

void story_end(struct story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->client);
    probe_clear(&story->server);
}

struct sim_transport *story_transport(struct story *story)
{
    return &fixture_group(&story->f, "client")->transport;
}

struct sim_network_totals story_totals(const struct story *story)
{
    struct sim_network_totals found;
    sim_world_network_totals(story->f.world, &found);
    return found;
}

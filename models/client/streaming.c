/* client.streaming: many clients each of whom keeps a stream open on which updates are pushed to
 * it: server-sent events, WebSocket. One that is lost is opened again, at any server that is up,
 * with what the client has got so far (Last-Event-ID), after the pauses of a retry policy.
 *
 * To be connected is an operation: it begins when a client wants a stream and ends with the first
 * item, which says that the server has accepted it, or when the policy gives up; then that client
 * stays away. The policy starts anew with every loss, whose first pause comes before the first new
 * attempt. The delay of an update is from its publication to the item that brings it; each client
 * is owed every update that was published since the clients began.
 *
 * With protocol = "mqtt" the stream is a connection to a feed.broker, which knows what its client
 * has by what that acknowledges: see client/subscriber.c.
 *
 * Left out: clients that come and go; heartbeats outside MQTT, so that a server that falls silent
 * without a word is not noticed; slow readers: credit never ends.
 */
#include "client/subscriber.h"
#include "feed.h"
#include "members.h"
#include "models.h"

struct streaming_params {
    struct sim_target to;
    int64_t count;
    int32_t choose; /* enum choose */
    sim_time ramp_up;
    sim_time timeout;
    struct sim_shape reconnect;
    int32_t protocol; /* enum protocol */
    struct mqtt_params mqtt;
};

enum choose { CHOOSE_RANDOM, CHOOSE_ROUND_ROBIN };
static const char *const protocol_names[] = {"events", "mqtt", NULL};
static const char *const choose_names[] = {"random", "round_robin", NULL};

struct client {
    sim_stream stream; /* 0 = none */
    uint64_t number;   /* of the latest update that it has */
    sim_frame wish;    /* to be connected; 0 = it is, or has not begun, or has given up */
};

struct streaming_state {
    struct members members;
    struct sim_retry reconnect;
    struct client *clients;
    struct mqtt mqtt;
    uint64_t begun_count;
    int64_t connected_count;
    sim_time began;
};

/* The frame: a client that wants to be connected. */
struct wish {
    struct sim_operation_id id;
    uint64_t client;
    sim_timer timeout; /* of the attempt; 0 = none runs */
    sim_time pause;    /* before the latest attempt */
    uint32_t attempt;  /* 0 = first */
};

enum streaming_metric {
    METRIC_DELAY,
    METRIC_DELIVERED,
    METRIC_CONNECTED,
    METRIC_OPENED,
    METRIC_BROKEN,
    METRIC_GAVE_UP,
    METRIC_DUPLICATES
};
static const struct sim_metric_spec streaming_metrics[] = {
    {"delay", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "from the publication of an update to the client that has it", NULL},
    {"delivered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that clients got", NULL},
    {"connected", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "clients whose stream is accepted", NULL},
    {"opened", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "attempts to open a stream", NULL},
    {"broken", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "accepted streams that broke", NULL},
    {"gave_up", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "clients that will not try again", NULL},
    {"duplicates", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that clients had already (MQTT)",
     NULL},
    {0},
};

enum streaming_timer { TIMER_BEGIN, TIMER_RETRY, TIMER_TIMEOUT, TIMER_PING };
static const char *const streaming_timers[] = {"begin", "retry", "timeout", "ping", NULL};

enum streaming_message { MESSAGE_PUBACK, MESSAGE_PING, MESSAGE_PONG };
static const char *const streaming_messages[] = {MQTT_PUBACK, MQTT_PING, MQTT_PONG, NULL};

enum streaming_draw { DRAW_MEMBER, DRAW_RETRY };
static const char *const streaming_draws[] = {"member", "retry", NULL};

/* Who takes such streams: others would never say a word on them. */
static const char *const feed_models[] = {"feed.server", "feed.broker", NULL};

static const struct sim_param streaming_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct streaming_params, to), NULL, SIM_UNBOUNDED,
     "servers of the feed: each stream goes to one of them", NULL, feed_models},
    {"count", SIM_PARAM_INTEGER, offsetof(struct streaming_params, count), NULL, 1, 1e7,
     "clients at each member of the group", NULL, NULL},
    {"choose", SIM_PARAM_CHOICE, offsetof(struct streaming_params, choose), "\"random\"",
     SIM_UNBOUNDED, "how each attempt picks among several", NULL, choose_names},
    {"ramp_up", SIM_PARAM_DURATION, offsetof(struct streaming_params, ramp_up), "s(0)",
     SIM_NOT_NEGATIVE, "clients begin evenly over this time", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct streaming_params, timeout), "none", 1e-9, 1e300,
     "how long an attempt waits to be accepted", NULL, NULL},
    {"reconnect", SIM_PARAM_SHAPE, offsetof(struct streaming_params, reconnect),
     "retry { max = 1e6, backoff = s(3), growth = 1, cap = s(3), jitter = \"none\" }",
     SIM_UNBOUNDED, "what follows a loss or a failed attempt [EventSource: a few seconds, always]",
     &sim_retry_family, NULL},
    {"protocol", SIM_PARAM_CHOICE, offsetof(struct streaming_params, protocol), "\"events\"",
     SIM_UNBOUNDED, "of the stream: server-sent events and the like, or MQTT to a feed.broker",
     NULL, protocol_names},
    {"qos", SIM_PARAM_INTEGER, offsetof(struct streaming_params, mqtt.qos), "0", 0, 1,
     "MQTT: quality of service of the subscription: 0 = at most once, 1 = at least once", NULL,
     NULL},
    {"clean", SIM_PARAM_BOOLEAN, offsetof(struct streaming_params, mqtt.clean), "true",
     SIM_UNBOUNDED, "MQTT: the broker forgets the session with the connection [Paho: true]", NULL,
     NULL},
    {"keep_alive", SIM_PARAM_DURATION, offsetof(struct streaming_params, mqtt.keep_alive), "s(60)",
     0, 65535, "MQTT: how often clients ping, in whole milliseconds; 0 = never [Paho: 60 s]", NULL,
     NULL},
    {0},
};

static struct client *client_at(struct sim_node *self, uint64_t index)
{
    struct streaming_state *state = sim_state(self);
    return &state->clients[index];
}

/* ---- to be connected ---- */

/* The attempt failed, or a stream that was accepted broke. */
static void fail(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    struct streaming_state *state = sim_state(self);
    struct wish *wish = sim_frame_at(self, frame);
    struct client *client = &state->clients[wish->client];
    sim_time pause;
    client->stream = 0;
    if (sim_retry_next(&state->reconnect, ++wish->attempt, status, &wish->pause,
                       sim_random_of(self, DRAW_RETRY), &pause)) {
        sim_spend(self, wish->id.span, SIM_CAUSE_RETRY, pause);
        sim_after(self, pause, TIMER_RETRY, frame);
        return;
    }
    sim_operation_end(self, &wish->id, status);
    sim_count(self, METRIC_GAVE_UP, 1);
    client->wish = 0;
    sim_frame_end(self, frame);
}

static void attempt(struct sim_node *self, sim_frame frame)
{
    const struct streaming_params *params = sim_params(self);
    struct streaming_state *state = sim_state(self);
    struct wish *wish = sim_frame_at(self, frame);
    struct members *members = &state->members;
    members_look(self, members);
    sim_node_id to = members_next(self, members);
    if (params->choose == CHOOSE_RANDOM && members->count > 1) {
        to = members->ids[sim_random_below(sim_random_of(self, DRAW_MEMBER), members->count)];
    }
    sim_count(self, METRIC_OPENED, 1);
    if (to == 0) {
        fail(self, frame, SIM_STATUS_UNAVAILABLE);
        return;
    }
    struct client *client = &state->clients[wish->client];
    uint64_t tag = feed_tag(wish->client, client->number);
    if (state->mqtt.clients != NULL) {
        state->mqtt.clients[wish->client].broker = to;
        tag = mqtt_client_tag(&state->mqtt, wish->client);
    }
    client->stream = sim_stream_open(self, to, tag, UINT64_MAX);
    if (params->timeout != SIM_NEVER) {
        wish->timeout = sim_after(self, params->timeout, TIMER_TIMEOUT, frame);
    }
}

static sim_frame wish_new(struct sim_node *self, uint64_t index)
{
    struct streaming_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    *(struct wish *)sim_frame_at(self, frame) =
        (struct wish){.id = sim_operation_begin(self), .client = index};
    state->clients[index].wish = frame;
    sim_retry_first(&state->reconnect);
    return frame;
}

static void on_timeout(struct sim_node *self, sim_frame frame)
{
    struct wish *wish = sim_frame_at(self, frame);
    wish->timeout = 0;
    sim_stream_close(self, client_at(self, wish->client)->stream, SIM_STATUS_TIMEOUT);
    fail(self, frame, SIM_STATUS_TIMEOUT);
}

/* Clients begin one after the other, so that those to come need no timer yet. */
static void begin_next(struct sim_node *self)
{
    const struct streaming_params *params = sim_params(self);
    struct streaming_state *state = sim_state(self);
    double step = (double)params->ramp_up / (double)params->count;
    while (state->begun_count < (uint64_t)params->count) {
        sim_time due = state->began + (sim_time)(step * (double)state->begun_count);
        if (due > sim_now(self)) {
            sim_after(self, due - sim_now(self), TIMER_BEGIN, 0);
            return;
        }
        attempt(self, wish_new(self, state->begun_count++));
    }
}

/* ---- connected ---- */

static void on_accepted(struct sim_node *self, uint64_t index)
{
    struct streaming_state *state = sim_state(self);
    struct client *client = &state->clients[index];
    const struct wish *wish = sim_frame_at(self, client->wish);
    sim_cancel(self, wish->timeout);
    sim_operation_end(self, &wish->id, SIM_STATUS_OK);
    sim_frame_end(self, client->wish);
    client->wish = 0;
    state->connected_count++;
    sim_level(self, METRIC_CONNECTED, 1);
    if (state->mqtt.clients != NULL) {
        mqtt_client_begin(self, &state->mqtt, index);
    }
}

/* One update alone, and perhaps not for the first time. */
static void on_publish(struct sim_node *self, const struct sim_input *in, uint64_t index)
{
    struct streaming_state *state = sim_state(self);
    struct client *client = &state->clients[index];
    if (in->item.version == 0) {
        return; /* CONNACK */
    }
    if (mqtt_client_take(self, &state->mqtt, index, in->stream, &in->item, &client->number)) {
        sim_count(self, METRIC_DELIVERED,
                  feed_delivered(self, METRIC_DELAY, in->item, in->item.version - 1, state->began));
    } else {
        sim_count(self, METRIC_DUPLICATES, 1);
    }
}

static void on_item(struct sim_node *self, const struct sim_input *in)
{
    const struct streaming_state *state = sim_state(self);
    uint64_t index = in->tag >> EVENT_BITS;
    struct client *client = client_at(self, index);
    sim_assert(client->stream == in->stream); /* of one that it closed nothing comes any more */
    if (client->wish != 0) {
        on_accepted(self, index);
    }
    if (state->mqtt.clients != NULL) {
        on_publish(self, in, index);
        return;
    }
    if (in->item.version > client->number) {
        uint64_t count = feed_delivered(self, METRIC_DELAY, in->item, client->number, state->began);
        sim_count(self, METRIC_DELIVERED, count);
        client->number = in->item.version;
    }
}

static void lose(struct sim_node *self, uint64_t index, enum sim_status status)
{
    struct streaming_state *state = sim_state(self);
    sim_count(self, METRIC_BROKEN, 1);
    state->connected_count--;
    sim_level(self, METRIC_CONNECTED, -1);
    if (state->mqtt.clients != NULL) {
        mqtt_client_end(self, &state->mqtt, index);
    }
    fail(self, wish_new(self, index), status);
}

static void on_ping_due(struct sim_node *self, uint64_t index)
{
    struct streaming_state *state = sim_state(self);
    sim_stream stream = state->clients[index].stream;
    if (!mqtt_client_ping(self, &state->mqtt, index, stream)) {
        sim_stream_close(self, stream, SIM_STATUS_TIMEOUT);
        lose(self, index, SIM_STATUS_TIMEOUT);
    }
}

/* Words: the stream, its tag. */
static void on_message(struct sim_node *self, const struct sim_input *in)
{
    struct streaming_state *state = sim_state(self);
    uint64_t index = in->words[1] >> EVENT_BITS;
    if (in->message == MESSAGE_PONG && state->mqtt.clients != NULL &&
        state->clients[index].stream == in->words[0]) {
        mqtt_client_on_pong(&state->mqtt, index);
    }
}

static void on_closed(struct sim_node *self, const struct sim_input *in)
{
    uint64_t index = in->tag >> EVENT_BITS;
    const struct client *client = client_at(self, index);
    sim_assert(client->stream == in->stream);
    if (client->wish == 0) {
        lose(self, index, in->status);
        return;
    }
    struct wish *wish = sim_frame_at(self, client->wish);
    sim_cancel(self, wish->timeout);
    wish->timeout = 0;
    fail(self, client->wish, in->status);
}

/* ---- the node ---- */

static void start(struct sim_node *self)
{
    const struct streaming_params *params = sim_params(self);
    struct streaming_state *state = sim_state(self);
    members_start(self, &state->members, &params->to);
    sim_retry_init(&state->reconnect, &params->reconnect);
    state->clients = sim_alloc(self, (size_t)params->count * sizeof *state->clients);
    if (params->protocol == PROTOCOL_MQTT) {
        state->mqtt = (struct mqtt){
            &params->mqtt, sim_alloc(self, (size_t)params->count * sizeof *state->mqtt.clients),
            TIMER_PING, MESSAGE_PUBACK, MESSAGE_PING};
    }
    state->began = sim_now(self);
    begin_next(self);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_STREAM_ITEM) {
        on_item(self, in);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        on_closed(self, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_RETRY) {
        attempt(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_TIMEOUT) {
        on_timeout(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_PING) {
        on_ping_due(self, in->tag);
    } else if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_TIMER) {
        begin_next(self);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct streaming_state *state = sim_state(self);
    sim_level(self, METRIC_CONNECTED, -state->connected_count);
    state->connected_count = 0;
}

const struct sim_model sim_model_client_streaming = {
    .abi = SIM_MODEL_ABI,
    .name = "client.streaming",
    .summary = "clients that keep a stream open and reconnect: server-sent events, WebSocket",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct streaming_params),
    .params = streaming_params,
    .state_size = sizeof(struct streaming_state),
    .frame_size = sizeof(struct wish),
    .handle = handle,
    .release = release,
    .metrics = streaming_metrics,
    .timers = streaming_timers,
    .messages = streaming_messages,
    .draws = streaming_draws,
};

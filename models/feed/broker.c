/* feed.broker: a broker of publish and subscribe, as MQTT 3.1.1 has it (OASIS Standard, 29 October
 * 2014; sections below). Publishers are feed.publisher, whose retries make its half of quality of
 * service 1; subscribers are client.streaming with protocol = "mqtt".
 *
 * Every update that comes is put at the end of a list that all sessions share, and acknowledged.
 * With quality of service 0 (section 4.3.1) a subscriber is sent what comes while it is connected.
 * With 1 (4.3.2) a session keeps what has not been acknowledged; at most `inflight` items are sent
 * ahead of their acknowledgements. A session that is not clean outlives its connection (3.1.2.4):
 * when its client is back it is sent again what was under way, and then what it missed, in the
 * order in which it came (4.4, 4.6). Nothing is sent again on a connection that holds.
 *
 * A client from which nothing has come for one and a half times its keep-alive is disconnected
 * (3.1.2.10), and so is one whose identifier connects anew (3.1.4). A connection that ends in
 * whichever way has no DISCONNECT before it here, and publishes the client's will (3.1.2.5): that
 * is counted, with the silence before it.
 *
 * New connections and items wait for the same workers, first come, first served; each session has
 * one item in that queue at a time. Of more than `queue` items that a session has not been sent the
 * oldest go; 3.1.1 leaves that to the broker.
 *
 * Left out: quality of service 2, topics (all subscribe to the updates of the
 * first publisher that it hears of), retained messages, clusters of
 * brokers, sessions on disk: a crash of the broker ends all of them.
 */
#include <stdlib.h>

#include "models.h"
#include "mqtt.h"
#include "object_table.h"
#include "queue.h"

struct broker_params {
    int64_t workers;
    const struct sim_dist *accept, *push;
    int64_t inflight, queue;
    int64_t overhead_bytes;
};

struct update {
    uint64_t number;
    int64_t bytes;
};

struct session {
    uint64_t tag;         /* of the latest connection */
    sim_stream stream;    /* 0 = not connected */
    uint64_t acked, sent; /* of the list: how many are done with, and how many were sent */
    sim_time heard;
    sim_timer silence;
    bool is_accepted; /* the connection */
    bool is_at_work;  /* an item of it waits for a worker */
};

struct broker_state {
    struct sim_station *work;
    struct update *ring; /* update i, from 0, is at i % size */
    uint64_t size, count;
    struct session *sessions; /* in the order of their first connections */
    uint32_t session_count, session_capacity;
    sim_node_id publisher;                        /* 0 = nobody yet */
    struct sim_object_table by_client, by_stream; /* payload: index into sessions */
    int64_t connected_count;
};

enum broker_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_CONNECTED,
    METRIC_ITEMS,
    METRIC_REDELIVERED,
    METRIC_DROPPED,
    METRIC_SILENT,
    METRIC_WILLS,
    METRIC_SILENCE
};
static const struct sim_metric_spec broker_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "workers at work, of all workers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "work that waits for a worker", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"connected", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "connections open", NULL},
    {"items", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates sent, also again", NULL},
    {"redelivered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "of those, under way when a connection ended, and so sent again", "items"},
    {"dropped", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that a session had no room for",
     NULL},
    {"silent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "clients disconnected for their silence", NULL},
    {"wills", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "wills published", NULL},
    {"silence", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "from the last word of a client to its will",
     NULL},
    {0},
};

enum broker_timer { TIMER_SILENCE };
static const char *const broker_timers[] = {"silence", NULL};

enum broker_message { MESSAGE_PUBACK, MESSAGE_PING, MESSAGE_PONG };
static const char *const broker_messages[] = {MQTT_PUBACK, MQTT_PING, MQTT_PONG, NULL};

enum broker_draw { DRAW_ACCEPT, DRAW_PUSH };
static const char *const broker_draws[] = {"accept", "push", NULL};

#define AT(field) offsetof(struct broker_params, field)

static const struct sim_param broker_params[] = {
    {"workers", SIM_PARAM_INTEGER, AT(workers), "1", 1, 1e9,
     "new connections and items that are worked on at once", NULL, NULL},
    {"accept", SIM_PARAM_DURATION_LAW, AT(accept), "ms(0)", SIM_NOT_NEGATIVE,
     "work of a new connection", NULL, NULL},
    {"push", SIM_PARAM_DURATION_LAW, AT(push), "ms(0)", SIM_NOT_NEGATIVE,
     "work of one item to one subscriber", NULL, NULL},
    {"inflight", SIM_PARAM_INTEGER, AT(inflight), "20", 1, 65535,
     "items sent to a session ahead of their acknowledgements [Mosquitto: 20]", NULL, NULL},
    {"queue", SIM_PARAM_INTEGER, AT(queue), "1000", 1, 1e6,
     "updates kept for a session beside those under way [Mosquitto: 1000]", NULL, NULL},
    {"overhead_bytes", SIM_PARAM_BYTES, AT(overhead_bytes), "bytes(30)", SIM_NOT_NEGATIVE,
     "size of an item without the update: header, topic, identifier [MQTT 3.1.1, 3.3]", NULL, NULL},
    {0},
};

#undef AT

/* ---- sessions ---- */

static uint32_t look_up(const struct sim_object_table *table, uint64_t key)
{
    uint32_t at = sim_object_table_find(table, key, sim_object_hash(key));
    return at == 0 ? UINT32_MAX : *(uint32_t *)sim_object_payload(sim_object_at(table, at));
}

static void remember(struct sim_object_table *table, uint64_t key, uint32_t index)
{
    uint32_t at = sim_object_table_add(table, key);
    *(uint32_t *)sim_object_payload(sim_object_at(table, at)) = index;
}

static void forget(struct sim_object_table *table, uint64_t key)
{
    sim_object_table_drop(table, sim_object_table_find(table, key, sim_object_hash(key)));
}

static uint32_t session_of(struct broker_state *state, sim_node_id node, uint64_t client)
{
    uint64_t name = (uint64_t)node << (64 - EVENT_BITS) | client;
    uint32_t index = look_up(&state->by_client, name);
    if (index != UINT32_MAX) {
        return index;
    }
    if (state->session_count == state->session_capacity) {
        state->session_capacity = state->session_capacity == 0 ? 64 : 2 * state->session_capacity;
        state->sessions =
            realloc(state->sessions, state->session_capacity * sizeof *state->sessions);
        sim_assert(state->sessions != NULL); /* out of memory ends the process */
    }
    index = state->session_count++;
    state->sessions[index] = (struct session){.acked = state->count, .sent = state->count};
    remember(&state->by_client, name, index);
    return index;
}

/* ---- items ---- */

enum job { JOB_ACCEPT, JOB_PUSH };

static void work(struct sim_node *self, enum job job, uint32_t index)
{
    const struct broker_params *params = sim_params(self);
    struct broker_state *state = sim_state(self);
    sim_time time = job == JOB_ACCEPT ? sim_draw(self, DRAW_ACCEPT, params->accept)
                                      : sim_draw(self, DRAW_PUSH, params->push);
    sim_station_work(self, state->work, time, 0, 0, (uint64_t)job << 32 | index);
}

/* What there is no room for any more is done with. */
static void make_room(struct sim_node *self, struct session *session)
{
    const struct broker_state *state = sim_state(self);
    if (state->count - session->acked > state->size) {
        uint64_t oldest = state->count - state->size;
        sim_count(self, METRIC_DROPPED, oldest - session->acked);
        session->acked = oldest;
        session->sent = session->sent > oldest ? session->sent : oldest;
    }
}

/* The next item joins the queue, if there is one and it may be sent. */
static void push_next(struct sim_node *self, uint32_t index)
{
    const struct broker_params *params = sim_params(self);
    struct broker_state *state = sim_state(self);
    struct session *session = &state->sessions[index];
    make_room(self, session);
    bool may_send = session->sent - session->acked < (uint64_t)params->inflight;
    if (session->is_accepted && !session->is_at_work && session->sent < state->count && may_send) {
        session->is_at_work = true;
        work(self, JOB_PUSH, index);
    }
}

static void on_pushed(struct sim_node *self, uint32_t index)
{
    const struct broker_params *params = sim_params(self);
    struct broker_state *state = sim_state(self);
    struct session *session = &state->sessions[index];
    session->is_at_work = false;
    make_room(self, session);
    if (session->is_accepted && session->sent < state->count) {
        const struct update *update = &state->ring[session->sent++ % state->size];
        sim_count(self, METRIC_ITEMS, 1);
        sim_stream_send(self, session->stream,
                        (struct sim_item){.key = state->publisher, .version = update->number},
                        update->bytes + params->overhead_bytes);
        if (mqtt_connect_of(session->tag).qos == 0) {
            session->acked = session->sent;
        }
    }
    push_next(self, index);
}

static void on_update(struct sim_node *self, const struct sim_input *in)
{
    struct broker_state *state = sim_state(self);
    bool is_ours = in->request->operation == SIM_OP_APPEND && in->request->key == in->from &&
                   (state->publisher == 0 || state->publisher == in->from);
    if (!is_ours) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
        return;
    }
    state->publisher = in->from;
    state->ring[state->count++ % state->size] =
        (struct update){.number = in->request->value, .bytes = in->request->bytes};
    sim_answer_status(self, in->ticket, SIM_STATUS_OK);
    for (uint32_t i = 0; i < state->session_count; i++) {
        struct session *session = &state->sessions[i];
        struct mqtt_connect connect = mqtt_connect_of(session->tag);
        if (!session->is_accepted && (connect.is_clean || connect.qos == 0)) {
            session->acked = session->sent = state->count;
        }
        push_next(self, i);
    }
}

/* ---- connections ---- */

static void end_connection(struct sim_node *self, struct session *session)
{
    struct broker_state *state = sim_state(self);
    forget(&state->by_stream, session->stream);
    session->stream = 0;
    state->connected_count--;
    sim_level(self, METRIC_CONNECTED, -1);
    sim_cancel(self, session->silence);
    if (session->is_accepted) {
        session->is_accepted = false;
        sim_count(self, METRIC_WILLS, 1);
        sim_record(self, METRIC_SILENCE, sim_now(self) - session->heard);
    }
}

static void disconnect(struct sim_node *self, struct session *session, enum sim_status status)
{
    sim_stream stream = session->stream;
    end_connection(self, session);
    sim_stream_close(self, stream, status);
}

static sim_time patience(const struct session *session)
{
    return mqtt_connect_of(session->tag).keep_alive * 3 / 2;
}

static void on_opened(struct sim_node *self, const struct sim_input *in)
{
    struct broker_state *state = sim_state(self);
    struct mqtt_connect connect = mqtt_connect_of(in->tag);
    uint32_t index = session_of(state, in->from, connect.client);
    struct session *session = &state->sessions[index];
    if (session->stream != 0) {
        disconnect(self, session, SIM_STATUS_CONFLICT);
    }
    if (connect.is_clean || connect.qos == 0) {
        session->acked = session->sent = state->count;
    }
    sim_count(self, METRIC_REDELIVERED, session->sent - session->acked);
    session->sent = session->acked;
    session->tag = in->tag;
    session->stream = in->stream;
    session->heard = sim_now(self);
    remember(&state->by_stream, in->stream, index);
    state->connected_count++;
    sim_level(self, METRIC_CONNECTED, 1);
    if (connect.keep_alive > 0) {
        session->silence = sim_after(self, patience(session), TIMER_SILENCE, index);
    }
    work(self, JOB_ACCEPT, index);
}

/* A second connection may have come while the first one waited: then both are worked on, and the
 * first of the two to be done is told. */
static void on_accepted(struct sim_node *self, uint32_t index)
{
    const struct broker_params *params = sim_params(self);
    struct broker_state *state = sim_state(self);
    struct session *session = &state->sessions[index];
    if (session->stream != 0 && !session->is_accepted) {
        session->is_accepted = true;
        sim_stream_send(self, session->stream, (struct sim_item){0}, params->overhead_bytes);
        push_next(self, index);
    }
}

static void on_silence(struct sim_node *self, uint32_t index)
{
    struct broker_state *state = sim_state(self);
    struct session *session = &state->sessions[index];
    sim_time due = session->heard + patience(session);
    if (due > sim_now(self)) {
        session->silence = sim_after(self, due - sim_now(self), TIMER_SILENCE, index);
        return;
    }
    sim_count(self, METRIC_SILENT, 1);
    disconnect(self, session, SIM_STATUS_TIMEOUT);
}

/* Acknowledgements come in the order of the items (section 4.6), so that one stands for all before
 * it. */
static void acknowledge(struct broker_state *state, struct session *session, uint64_t number)
{
    for (uint64_t i = session->acked; i < session->sent; i++) {
        if (state->ring[i % state->size].number == number) {
            session->acked = i + 1;
            return;
        }
    }
}

static void on_message(struct sim_node *self, const struct sim_input *in)
{
    struct broker_state *state = sim_state(self);
    uint32_t index = look_up(&state->by_stream, in->words[0]);
    if (index == UINT32_MAX) {
        return; /* of a connection that is over */
    }
    struct session *session = &state->sessions[index];
    session->heard = sim_now(self);
    if (in->message == MESSAGE_PUBACK) {
        acknowledge(state, session, in->words[1]);
        push_next(self, index);
    } else if (in->message == MESSAGE_PING) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {session->stream, session->tag};
        sim_send_message(self, in->from, MESSAGE_PONG, words, MQTT_PING_BYTES);
    }
}

/* ---- the node ---- */

static void on_closed(struct sim_node *self, sim_stream stream)
{
    struct broker_state *state = sim_state(self);
    uint32_t index = look_up(&state->by_stream, stream);
    if (index != UINT32_MAX) {
        end_connection(self, &state->sessions[index]);
    }
}

static void start(struct sim_node *self)
{
    const struct broker_params *params = sim_params(self);
    struct broker_state *state = sim_state(self);
    state->work = queue_start(self, params->workers, -1, METRIC_BUSY);
    state->size = (uint64_t)(params->queue + params->inflight);
    state->ring = sim_alloc(self, state->size * sizeof *state->ring);
    sim_object_table_init(&state->by_client, NULL, sizeof(uint64_t), 64);
    sim_object_table_init(&state->by_stream, NULL, sizeof(uint64_t), 64);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    uint32_t index = (uint32_t)in->tag;
    if (in->kind == SIM_IN_REQUEST) {
        on_update(self, in);
    } else if (in->kind == SIM_IN_DONE && in->tag >> 32 == JOB_ACCEPT) {
        on_accepted(self, index);
    } else if (in->kind == SIM_IN_DONE) {
        on_pushed(self, index);
    } else if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        on_opened(self, in);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        on_closed(self, in->stream);
    } else if (in->kind == SIM_IN_TIMER) {
        on_silence(self, index);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct broker_state *state = sim_state(self);
    sim_level(self, METRIC_CONNECTED, -state->connected_count);
    state->connected_count = 0;
    sim_object_table_clear(&state->by_client);
    sim_object_table_clear(&state->by_stream);
    free(state->sessions);
    state->sessions = NULL;
}

const struct sim_model sim_model_feed_broker = {
    .abi = SIM_MODEL_ABI,
    .name = "feed.broker",
    .summary = "publish and subscribe: MQTT with sessions, acknowledgements, keep-alive and wills",
    .params_size = sizeof(struct broker_params),
    .params = broker_params,
    .state_size = sizeof(struct broker_state),
    .handle = handle,
    .release = release,
    .metrics = broker_metrics,
    .timers = broker_timers,
    .messages = broker_messages,
    .draws = broker_draws,
};

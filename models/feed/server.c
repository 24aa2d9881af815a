/* feed.server: brings the updates of a publisher to clients that ask, and to those that keep a
 * stream open.
 *
 * A poll (a request to read, whose session token says what the client has) is answered with what is
 * new. With `hold` one that finds nothing new is held until there is something, or for so long at
 * most (long polling, RFC 6202). A stream (server-sent events, WebSocket) is accepted, told at once
 * what its client has missed, and sent every update from then on.
 *
 * Polls, new streams and items to be pushed wait for the same workers, in the order in which they
 * came. Of each update one item after another is pushed, in the order of the streams; the next one
 * joins the queue when the last one has been sent, so that new streams are accepted in between.
 * What a client has got stands for all updates before it: an update that comes after a newer one is
 * acknowledged and goes no further.
 *
 * Left out: heartbeats, slow readers (streams have credit without end), filters: all clients of a
 * server follow one feed, that of the first publisher that it hears of.
 */
#include "feed.h"
#include "feed/history.h"
#include "followers.h"
#include "models.h"
#include "queue.h"

struct server_params {
    int64_t workers;
    int64_t queue_limit;
    const struct sim_dist *serve, *accept, *push;
    sim_time hold;
    int64_t streams_max;
    int64_t overhead_bytes;
    int64_t history;
};

struct server_state {
    struct sim_station *work;
    struct feed_history history;
    sim_node_id publisher;
    sim_frame first_held, last_held;
    struct followers streams; /* accepted, oldest first; some may have been closed */
    uint32_t closed_count;    /* since closed ones were last taken out */
    uint32_t round_count;     /* under way */
    int64_t open_count;       /* accepted or not */
    int64_t held_count;
};

enum duty_kind { DUTY_POLL, DUTY_STREAM, DUTY_ROUND };

/* The frame: a poll, a stream to be accepted, or an update on its way to all streams. */
struct duty {
    enum duty_kind kind;
    bool is_late; /* a poll that was held for as long as it may */
    sim_ticket ticket;
    sim_timer timer;          /* while it is held */
    sim_frame next, previous; /* likewise */
    sim_stream stream;
    uint64_t number;  /* of the update */
    int64_t bytes;    /* likewise */
    uint32_t at, end; /* streams of the round */
};

enum server_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_STREAMS,
    METRIC_HELD,
    METRIC_ACCEPTED,
    METRIC_TURNED_AWAY,
    METRIC_WASTED,
    METRIC_ITEMS,
    METRIC_EMPTY,
    METRIC_SENT
};
static const struct sim_metric_spec server_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "workers at work, of all workers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "work that waits for a worker", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"streams", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "streams open, accepted or not", NULL},
    {"held", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "polls held until there is something new", NULL},
    {"accepted", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "streams accepted", NULL},
    {"turned_away", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "streams closed at once: too many wait, or are open", NULL},
    {"wasted", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "streams whose client had gone when they were accepted", NULL},
    {"items", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates pushed on streams", NULL},
    {"empty", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "polls answered with nothing new", "issued"},
    {"sent", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "bytes of answers and items", NULL},
    {0},
};

enum server_timer { TIMER_HOLD };
static const char *const server_timers[] = {"hold", NULL};

enum server_draw { DRAW_SERVE, DRAW_ACCEPT, DRAW_PUSH };
static const char *const server_draws[] = {"serve", "accept", "push", NULL};

static const struct sim_param server_params[] = {
    {"workers", SIM_PARAM_INTEGER, offsetof(struct server_params, workers), "1", 1, 1e9,
     "polls, new streams and items that are worked on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct server_params, queue_limit), "-1", -1, 1e12,
     "work that may wait before polls and new streams are turned away; -1 = any number", NULL,
     NULL},
    {"serve", SIM_PARAM_DURATION_LAW, offsetof(struct server_params, serve), "ms(0)",
     SIM_NOT_NEGATIVE, "work of a poll", NULL, NULL},
    {"accept", SIM_PARAM_DURATION_LAW, offsetof(struct server_params, accept), "ms(0)",
     SIM_NOT_NEGATIVE, "work of a new stream: handshake, who it is, what it missed", NULL, NULL},
    {"push", SIM_PARAM_DURATION_LAW, offsetof(struct server_params, push), "ms(0)",
     SIM_NOT_NEGATIVE, "work of one item to one stream", NULL, NULL},
    {"hold", SIM_PARAM_DURATION, offsetof(struct server_params, hold), "s(0)", SIM_NOT_NEGATIVE,
     "how long a poll with nothing new is held [RFC 6202: 30 s]; 0 = polls are answered at once",
     NULL, NULL},
    {"streams_max", SIM_PARAM_INTEGER, offsetof(struct server_params, streams_max), "-1", -1, 1e9,
     "streams open at once; more are turned away; -1 = any number", NULL, NULL},
    {"overhead_bytes", SIM_PARAM_BYTES, offsetof(struct server_params, overhead_bytes),
     "bytes(200)", SIM_NOT_NEGATIVE,
     "size of an answer or an item without the update [assumed: a few headers]", NULL, NULL},
    {"history", SIM_PARAM_INTEGER, offsetof(struct server_params, history), "1000", 1, 1e6,
     "updates kept for clients that come back [assumed]", NULL, NULL},
    {0},
};

static struct duty *duty_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static uint64_t newest_event(const struct server_state *state)
{
    return feed_event(state->publisher, feed_history_newest(&state->history));
}

static bool is_full(struct sim_node *self)
{
    const struct server_params *params = sim_params(self);
    const struct server_state *state = sim_state(self);
    return params->queue_limit >= 0 && sim_station_busy(state->work) >= params->workers &&
           sim_station_queued(state->work) >= params->queue_limit;
}

/* The station takes all: its queue has no limit, so that no item is lost to a full one. */
static void work(struct sim_node *self, enum server_draw draw, const struct sim_dist *law,
                 sim_span span, sim_frame frame)
{
    struct server_state *state = sim_state(self);
    bool is_taken =
        sim_station_work(self, state->work, sim_draw(self, (int)draw, law), 0, span, frame);
    sim_assert(is_taken);
}

/* ---- polls ---- */

static void answer(struct sim_node *self, sim_frame frame)
{
    const struct server_params *params = sim_params(self);
    const struct server_state *state = sim_state(self);
    sim_ticket ticket = duty_at(self, frame)->ticket;
    uint64_t token = sim_request_of(self, ticket)->session_token;
    int64_t missed = feed_history_missed(&state->history, feed_number(token));
    uint64_t newest = feed_history_newest(&state->history);
    struct sim_reply reply = {.bytes = params->overhead_bytes + missed};
    if (newest > 0) {
        reply.served_by = state->publisher;
        reply.version = newest;
    }
    if (newest > feed_number(token)) {
        reply.session_token = newest_event(state);
    } else {
        sim_count(self, METRIC_EMPTY, 1);
    }
    sim_count(self, METRIC_SENT, (uint64_t)reply.bytes);
    sim_frame_end(self, frame);
    sim_answer(self, ticket, &reply);
}

static void hold(struct sim_node *self, sim_frame frame)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    struct duty *duty = duty_at(self, frame);
    duty->previous = state->last_held;
    if (state->last_held != 0) {
        duty_at(self, state->last_held)->next = frame;
    } else {
        state->first_held = frame;
    }
    state->last_held = frame;
    state->held_count++;
    sim_level(self, METRIC_HELD, 1);
    if (params->hold != SIM_NEVER) {
        duty->timer = sim_after(self, params->hold, TIMER_HOLD, frame);
    }
}

static void let_go(struct sim_node *self, sim_frame frame)
{
    struct server_state *state = sim_state(self);
    struct duty *duty = duty_at(self, frame);
    *(duty->previous != 0 ? &duty_at(self, duty->previous)->next : &state->first_held) = duty->next;
    *(duty->next != 0 ? &duty_at(self, duty->next)->previous : &state->last_held) = duty->previous;
    duty->next = duty->previous = 0;
    state->held_count--;
    sim_level(self, METRIC_HELD, -1);
}

static void on_served(struct sim_node *self, sim_frame frame)
{
    const struct server_params *params = sim_params(self);
    const struct server_state *state = sim_state(self);
    struct duty *duty = duty_at(self, frame);
    uint64_t token = sim_request_of(self, duty->ticket)->session_token;
    bool has_news = feed_history_newest(&state->history) > feed_number(token);
    if (has_news || duty->is_late || params->hold == 0) {
        answer(self, frame);
    } else {
        hold(self, frame);
    }
}

/* Held polls are answered as items are pushed: each is work of that kind. */
static void release_held(struct sim_node *self)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    while (state->first_held != 0) {
        sim_frame frame = state->first_held;
        sim_cancel(self, duty_at(self, frame)->timer);
        let_go(self, frame);
        sim_span span = sim_request_of(self, duty_at(self, frame)->ticket)->span;
        work(self, DRAW_PUSH, params->push, span, frame);
    }
}

/* ---- streams ---- */

/* Once half of the list is closed, the rest of it is put together; not while a round counts on
 * where streams stand. */
static void take_out_closed(struct sim_node *self)
{
    struct server_state *state = sim_state(self);
    if (state->round_count > 0 || 2 * state->closed_count < state->streams.count) {
        return;
    }
    followers_drop_closed(self, &state->streams);
    state->closed_count = 0;
}

static void on_closed(struct sim_node *self)
{
    struct server_state *state = sim_state(self);
    state->open_count--;
    state->closed_count++;
    sim_level(self, METRIC_STREAMS, -1);
    take_out_closed(self);
}

static void on_opened(struct sim_node *self, sim_stream stream)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    if (is_full(self) || (params->streams_max >= 0 && state->open_count >= params->streams_max)) {
        sim_count(self, METRIC_TURNED_AWAY, 1);
        sim_stream_close(self, stream, SIM_STATUS_REJECTED);
        return;
    }
    state->open_count++;
    sim_level(self, METRIC_STREAMS, 1);
    sim_frame frame = sim_frame_new(self);
    *duty_at(self, frame) = (struct duty){.kind = DUTY_STREAM, .stream = stream};
    work(self, DRAW_ACCEPT, params->accept, 0, frame);
}

static void send(struct sim_node *self, sim_stream stream, uint64_t number, int64_t update_bytes)
{
    const struct server_params *params = sim_params(self);
    const struct server_state *state = sim_state(self);
    struct sim_item item = {.key = state->publisher, .version = number};
    int64_t bytes = params->overhead_bytes + update_bytes;
    if (sim_stream_send(self, stream, item, bytes)) {
        sim_count(self, METRIC_SENT, (uint64_t)bytes);
    }
}

/* The first item says that the stream is accepted (the head of the answer), and what was missed. */
static void on_accepted(struct sim_node *self, sim_frame frame)
{
    struct server_state *state = sim_state(self);
    sim_stream stream = duty_at(self, frame)->stream;
    sim_frame_end(self, frame);
    if (!sim_stream_is_open(self, stream)) {
        sim_count(self, METRIC_WASTED, 1);
        return;
    }
    sim_count(self, METRIC_ACCEPTED, 1);
    followers_add(&state->streams, stream);
    uint64_t number = feed_number(sim_stream_tag(self, stream));
    send(self, stream, feed_history_newest(&state->history),
         feed_history_missed(&state->history, number));
}

/* ---- updates ---- */

/* The next item of a round asks for its worker, or the round is over. */
static void next_item(struct sim_node *self, sim_frame frame)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    struct duty *round = duty_at(self, frame);
    while (round->at < round->end && !sim_stream_is_open(self, state->streams.each[round->at])) {
        round->at++;
    }
    if (round->at < round->end) {
        work(self, DRAW_PUSH, params->push, 0, frame);
        return;
    }
    sim_frame_end(self, frame);
    state->round_count--;
    take_out_closed(self);
}

static void on_pushed(struct sim_node *self, sim_frame frame)
{
    struct server_state *state = sim_state(self);
    struct duty *round = duty_at(self, frame);
    sim_stream stream = state->streams.each[round->at++];
    if (sim_stream_is_open(self, stream)) {
        sim_count(self, METRIC_ITEMS, 1);
        send(self, stream, round->number, round->bytes);
    }
    next_item(self, frame);
}

static void push_to_all(struct sim_node *self, uint64_t number, int64_t bytes)
{
    struct server_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    *duty_at(self, frame) = (struct duty){
        .kind = DUTY_ROUND, .number = number, .bytes = bytes, .end = state->streams.count};
    state->round_count++;
    next_item(self, frame);
}

static void on_update(struct sim_node *self, const struct sim_input *in)
{
    struct server_state *state = sim_state(self);
    uint64_t number = in->request->value;
    int64_t bytes = in->request->bytes;
    bool is_ours =
        in->request->key == in->from && (state->publisher == 0 || state->publisher == in->from);
    if (!is_ours) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
        return;
    }
    sim_answer_status(self, in->ticket, SIM_STATUS_OK);
    state->publisher = in->from;
    if (number > feed_history_newest(&state->history)) {
        feed_history_add(&state->history, number, bytes);
        release_held(self);
        push_to_all(self, number, bytes);
    }
}

/* ---- the node ---- */

static void on_request(struct sim_node *self, const struct sim_input *in)
{
    const struct server_params *params = sim_params(self);
    if (in->request->operation == SIM_OP_APPEND) {
        on_update(self, in);
        return;
    }
    if (is_full(self)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    *duty_at(self, frame) = (struct duty){.kind = DUTY_POLL, .ticket = in->ticket};
    work(self, DRAW_SERVE, params->serve, in->request->span, frame);
}

static void on_done(struct sim_node *self, sim_frame frame)
{
    switch (duty_at(self, frame)->kind) {
    case DUTY_POLL:
        on_served(self, frame);
        break;
    case DUTY_STREAM:
        on_accepted(self, frame);
        break;
    case DUTY_ROUND:
        on_pushed(self, frame);
        break;
    }
}

static void on_hold_over(struct sim_node *self, sim_frame frame)
{
    let_go(self, frame);
    duty_at(self, frame)->is_late = true;
    on_served(self, frame);
}

static void start(struct sim_node *self)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    state->work = queue_start(self, params->workers, -1, METRIC_BUSY);
    feed_history_start(self, &state->history, (uint64_t)params->history);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        on_request(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        on_opened(self, in->stream);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        on_closed(self);
    } else if (in->kind == SIM_IN_TIMER) {
        on_hold_over(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct server_state *state = sim_state(self);
    sim_level(self, METRIC_STREAMS, -state->open_count);
    sim_level(self, METRIC_HELD, -state->held_count);
    state->open_count = state->held_count = 0;
    followers_clear(&state->streams);
}

const struct sim_model sim_model_feed_server = {
    .abi = SIM_MODEL_ABI,
    .name = "feed.server",
    .summary = "brings updates to clients: polls, long polls, streams",
    .params_size = sizeof(struct server_params),
    .params = server_params,
    .state_size = sizeof(struct server_state),
    .frame_size = sizeof(struct duty),
    .handle = handle,
    .release = release,
    .metrics = server_metrics,
    .timers = server_timers,
    .draws = server_draws,
};

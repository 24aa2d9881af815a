/* feed.publisher: a source of updates. Each is numbered, committed (so that the world knows when it
 * was published) and sent to every node of the target, with retries of its own for each: to the
 * servers of a feed, or as a webhook to whoever has registered (the W3C's WebSub, section 7: a hub
 * tries again until the callback answers; GitHub: once, within 10 s).
 *
 * One delivery, of one update to one node, is one operation of the ledger: it succeeds with the
 * answer, and is over when retries are. Updates are not held back for one another: a later one can
 * arrive before one that is tried again.
 *
 * Left out: signatures, batches, a receiver that is dropped after too many failures.
 */
#include "feed.h"
#include "models.h"

struct publisher_params {
    struct sim_target to;
    struct sim_shape updates;
    const struct sim_dist *bytes;
    sim_time timeout;
    struct sim_shape retry;
};

struct publisher_state {
    struct sim_arrivals arrivals;
    struct sim_retry retry;
    sim_timer next;
    double factor; /* of the load */
    uint64_t number;
};

/* The frame: one update on its way to one node. */
struct delivery {
    struct sim_operation_id id;
    uint64_t number;
    int64_t bytes;
    sim_time pause; /* before the latest retry */
    sim_node_id to;
    uint32_t attempt; /* 0 = first */
};

enum publisher_metric { METRIC_UPDATES };
static const struct sim_metric_spec publisher_metrics[] = {
    {"updates", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates published", NULL},
    {0},
};

enum publisher_timer { TIMER_NEXT, TIMER_RETRY };
static const char *const publisher_timers[] = {"next", "retry", NULL};

enum publisher_draw { DRAW_UPDATES, DRAW_BYTES, DRAW_RETRY };
static const char *const publisher_draws[] = {"updates", "bytes", "retry", NULL};

static const struct sim_param publisher_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct publisher_params, to), NULL, SIM_UNBOUNDED,
     "who is sent every update: all of these", NULL, NULL},
    {"updates", SIM_PARAM_SHAPE, offsetof(struct publisher_params, updates), NULL, SIM_UNBOUNDED,
     "when updates are published", &sim_arrivals_family, NULL},
    {"bytes", SIM_PARAM_BYTES_LAW, offsetof(struct publisher_params, bytes), "KiB(1)",
     SIM_NOT_NEGATIVE, "size of an update [assumed]", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct publisher_params, timeout), "s(10)", 1e-9,
     1e300, "how long an attempt to deliver waits for its answer [GitHub webhooks: 10 s]", NULL,
     NULL},
    {"retry", SIM_PARAM_SHAPE, offsetof(struct publisher_params, retry), "none", SIM_UNBOUNDED,
     "what follows a failed attempt", &sim_retry_family, NULL},
    {0},
};

static void attempt(struct sim_node *self, sim_frame frame)
{
    const struct publisher_params *params = sim_params(self);
    const struct delivery *delivery = sim_frame_at(self, frame);
    struct sim_request request = {
        .operation_id = delivery->id.id,
        .key = sim_self(self),
        .value = delivery->number,
        .deadline = SIM_NEVER,
        .bytes = delivery->bytes,
        .attempt = delivery->attempt,
        .span = delivery->id.span,
        .operation = SIM_OP_APPEND,
        .origin_zone = (uint16_t)sim_zone(self),
    };
    sim_send_request(self, delivery->to, &request, params->timeout, frame);
}

static void deliver(struct sim_node *self, sim_node_id to, int64_t bytes)
{
    struct publisher_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    struct delivery *delivery = sim_frame_at(self, frame);
    *delivery = (struct delivery){
        .id = sim_operation_begin(self), .number = state->number, .bytes = bytes, .to = to};
    sim_retry_first(&state->retry);
    attempt(self, frame);
}

static void arm(struct sim_node *self, sim_time arrival)
{
    struct publisher_state *state = sim_state(self);
    state->next = 0;
    if (arrival != SIM_NEVER) {
        state->next = sim_after(self, arrival - sim_now(self), TIMER_NEXT, 0);
    }
}

static void publish(struct sim_node *self)
{
    const struct publisher_params *params = sim_params(self);
    struct publisher_state *state = sim_state(self);
    state->number++;
    sim_commit(self, sim_self(self), state->number);
    sim_count(self, METRIC_UPDATES, 1);
    int64_t bytes = sim_dist_draw_bytes(params->bytes, sim_random_of(self, DRAW_BYTES));
    for (uint32_t i = 0; i < params->to.count; i++) {
        deliver(self, params->to.ids[i], bytes);
    }
    arm(self, sim_arrivals_next(&state->arrivals, sim_now(self), state->factor,
                                sim_random_of(self, DRAW_UPDATES)));
}

static void on_outcome(struct sim_node *self, const struct sim_input *in)
{
    struct publisher_state *state = sim_state(self);
    sim_frame frame = in->tag;
    struct delivery *delivery = sim_frame_at(self, frame);
    const struct sim_reply *reply = &in->outcome->reply;
    sim_time pause;
    if (sim_status_is_answer(reply->status) ||
        !sim_retry_next(&state->retry, delivery->attempt + 1, reply->status, &delivery->pause,
                        sim_random_of(self, DRAW_RETRY), &pause)) {
        sim_operation_end(self, &delivery->id, reply->status);
        sim_frame_end(self, frame);
        return;
    }
    pause = pause > reply->retry_after ? pause : reply->retry_after;
    delivery->attempt++;
    sim_spend(self, delivery->id.span, SIM_CAUSE_RETRY, pause);
    sim_after(self, pause, TIMER_RETRY, frame);
}

static void start(struct sim_node *self, double factor)
{
    const struct publisher_params *params = sim_params(self);
    struct publisher_state *state = sim_state(self);
    struct sim_random *random = sim_random_of(self, DRAW_UPDATES);
    /* Numbers grow over a crash too, by the microseconds that have passed. */
    state->number = (uint64_t)(sim_now(self) / SIM_MICROSECOND);
    state->factor = factor;
    sim_retry_init(&state->retry, &params->retry);
    sim_arrivals_init(&state->arrivals, &params->updates, random);
    arm(self, sim_arrivals_next(&state->arrivals, sim_now(self), factor, random));
}

static void change_load(struct sim_node *self, double factor)
{
    struct publisher_state *state = sim_state(self);
    state->factor = factor;
    sim_cancel(self, state->next);
    arm(self, sim_arrivals_change(&state->arrivals, sim_now(self), factor));
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_START) {
        start(self, in->load_factor);
    } else if (in->kind == SIM_IN_LOAD) {
        change_load(self, in->load_factor);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_NEXT) {
        publish(self);
    } else if (in->kind == SIM_IN_TIMER) {
        attempt(self, in->tag);
    }
}

const struct sim_model sim_model_feed_publisher = {
    .abi = SIM_MODEL_ABI,
    .name = "feed.publisher",
    .summary = "publishes updates and sends each to all of its target: a feed, or webhooks",
    .traits = SIM_MODEL_SOURCE | SIM_MODEL_STORE,
    .params_size = sizeof(struct publisher_params),
    .params = publisher_params,
    .state_size = sizeof(struct publisher_state),
    .frame_size = sizeof(struct delivery),
    .handle = handle,
    .metrics = publisher_metrics,
    .timers = publisher_timers,
    .draws = publisher_draws,
};

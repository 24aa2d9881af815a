/* breaker: a circuit breaker (Nygard, "Release It!", 2007; Netflix Hystrix; resilience4j). It
 * stands before a component, and stops asking it for a while when too many calls fail.
 *
 *   closed --share of failures reached--> open --after open_for--> half open
 *      ^                                   ^                          |
 *      +----- probes went well ------------+------ probes failed -----+
 *
 * Closed, it passes everything on and keeps how the calls of late ended. Open, it turns everything
 * away at once, with a hint. Half open, it lets `probes` calls through, turns the rest away, and
 * judges by those. A call that began before the state changed says nothing about the state after.
 *
 * With `shared`, the members of the breaker tell each other through a store of numbers: who opens
 * writes until when, who closes writes 0, and all of them read it every `poll` and act on what has
 * changed. In between they go by what they read last, and also when the store is silent.
 *
 * Left out: a breaker for each member of the target, and answers to fall back on.
 */
#include "breaker/window.h"
#include "members.h"
#include "models.h"

struct breaker_params {
    struct sim_target to;
    sim_time timeout;
    double failures;
    int64_t minimum;
    sim_time window;
    int64_t window_calls;
    sim_time slower_than;
    sim_time open_for;
    int64_t probes;
    struct sim_target shared;
    sim_time poll;
    sim_time store_timeout;
    int64_t store_bytes;
};

enum breaker_position { CLOSED, OPEN, HALF_OPEN };

struct breaker_state {
    enum breaker_position position;
    uint64_t era; /* changes with every change of position */
    sim_time open_until;
    sim_timer reopening;
    struct breaker_window window; /* while closed */
    int64_t probing;              /* half open: probes sent */
    int64_t probed, probe_failures;
    struct members members, store;
    uint64_t key;    /* of the state in the store */
    uint64_t cached; /* what the store said last */
};

enum passage_kind { KIND_CALL, KIND_POLL, KIND_TELL };

/* The frame of a request that is passed on, or of a question to the store. */
struct passage {
    enum passage_kind kind;
    sim_ticket ticket; /* CALL */
    uint64_t era;      /* CALL: when it began */
    uint64_t value;    /* TELL */
};

enum breaker_metric { METRIC_SHED, METRIC_OPENED, METRIC_TRIPPED };

static const struct sim_metric_spec breaker_metrics[] = {
    {"shed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests turned away, not being closed",
     "issued"},
    {"opened", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times that a member opened", NULL},
    {"tripped", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that are open or half open", NULL},
    {0},
};

enum breaker_timer { TIMER_HALF_OPEN, TIMER_POLL };
static const char *const breaker_timers[] = {"half_open", "poll", NULL};

enum breaker_draw { DRAW_POLL };
static const char *const breaker_draws[] = {"poll", NULL};

static const struct sim_param breaker_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct breaker_params, to), NULL, SIM_UNBOUNDED,
     "what it stands before, members in turn", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct breaker_params, timeout), "s(1)", 1e-9, 1e300,
     "how long it waits for an answer [Hystrix: 1 s]", NULL, NULL},
    {"failures", SIM_PARAM_RATIO, offsetof(struct breaker_params, failures), "percent(50)", 1e-9, 1,
     "share of failed calls that opens it [Hystrix, resilience4j: 50 %]", NULL, NULL},
    {"minimum", SIM_PARAM_INTEGER, offsetof(struct breaker_params, minimum), "20", 1, 1e9,
     "fewer calls in the window do not open it [Hystrix: 20]", NULL, NULL},
    {"window", SIM_PARAM_DURATION, offsetof(struct breaker_params, window), "s(10)", 1e-6, 1e8,
     "how far back calls count [Hystrix: 10 s in ten parts]", NULL, NULL},
    {"window_calls", SIM_PARAM_INTEGER, offsetof(struct breaker_params, window_calls), "nil", 1,
     1e7, "count the last so many calls instead, however old [resilience4j: 100]", NULL, NULL},
    {"slower_than", SIM_PARAM_DURATION, offsetof(struct breaker_params, slower_than), "none", 1e-9,
     1e300, "an answer that took longer counts as a failure [resilience4j]", NULL, NULL},
    {"open_for", SIM_PARAM_DURATION, offsetof(struct breaker_params, open_for), "s(5)", 1e-9, 1e300,
     "how long it stays open before it probes [Hystrix: 5 s]", NULL, NULL},
    {"probes", SIM_PARAM_INTEGER, offsetof(struct breaker_params, probes), "1", 1, 1e6,
     "calls that it is judged by when half open [Hystrix: 1, resilience4j: 10]", NULL, NULL},
    {"shared", SIM_PARAM_TARGET, offsetof(struct breaker_params, shared), "nil", SIM_UNBOUNDED,
     "store through which members tell each other; left out = each by itself", NULL, NULL},
    {"poll", SIM_PARAM_DURATION, offsetof(struct breaker_params, poll), "s(1)", 1e-6, 1e8,
     "how often each member reads the store", NULL, NULL},
    {"store_timeout", SIM_PARAM_DURATION, offsetof(struct breaker_params, store_timeout), "ms(20)",
     1e-9, 1e300, "how long it waits for the store [Envoy: 20 ms]", NULL, NULL},
    {"store_bytes", SIM_PARAM_BYTES, offsetof(struct breaker_params, store_bytes), "bytes(100)",
     SIM_NOT_NEGATIVE, "size of a question to the store", NULL, NULL},
    {0},
};

/* ---- positions ---- */

static void move(struct sim_node *self, enum breaker_position position)
{
    struct breaker_state *state = sim_state(self);
    sim_level(self, METRIC_TRIPPED, (position != CLOSED) - (state->position != CLOSED));
    state->position = position;
    state->era++;
    sim_cancel(self, state->reopening);
    state->reopening = 0;
}

static void become_open(struct sim_node *self, sim_time until)
{
    struct breaker_state *state = sim_state(self);
    move(self, OPEN);
    sim_count(self, METRIC_OPENED, 1);
    state->open_until = until;
    if (until != SIM_NEVER) {
        state->reopening = sim_after(self, until - sim_now(self), TIMER_HALF_OPEN, 0);
    }
}

static void become_half_open(struct sim_node *self)
{
    struct breaker_state *state = sim_state(self);
    move(self, HALF_OPEN);
    state->probing = state->probed = state->probe_failures = 0;
}

static void become_closed(struct sim_node *self)
{
    struct breaker_state *state = sim_state(self);
    move(self, CLOSED);
    breaker_window_empty(&state->window);
}

/* ---- the store ---- */

static void ask_store(struct sim_node *self, enum passage_kind kind, uint64_t value)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    sim_node_id to = members_next(self, &state->store);
    if (to == 0) {
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->kind = kind;
    passage->value = value;
    struct sim_request request = {
        .key = state->key,
        .value = value,
        .deadline = SIM_NEVER,
        .bytes = params->store_bytes,
        .operation = kind == KIND_POLL ? SIM_OP_READ : SIM_OP_WRITE,
        .origin_zone = (uint16_t)sim_zone(self),
    };
    sim_send_request(self, to, &request, params->store_timeout, frame);
}

/* Tells the others until when, by the clock on the wall, to stay open; 0 = closed. */
static void tell(struct sim_node *self, uint64_t until)
{
    const struct breaker_params *params = sim_params(self);
    if (params->shared.count > 0) {
        ask_store(self, KIND_TELL, until);
    }
}

static void poll(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    ask_store(self, KIND_POLL, 0);
    sim_after(self, params->poll, TIMER_POLL, 0);
}

/* What the store says has changed since this member looked last. */
static void hear(struct sim_node *self, uint64_t until)
{
    struct breaker_state *state = sim_state(self);
    if (until == state->cached) {
        return;
    }
    state->cached = until;
    sim_time left = (sim_time)until - sim_local_clock(self);
    if (until == 0 && state->position != CLOSED) {
        become_closed(self);
    } else if (until != 0 && left > 0) {
        become_open(self, sim_time_add(sim_now(self), left));
    }
}

static void on_store(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct breaker_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    if (sim_status_is_answer(reply->status)) {
        if (passage->kind == KIND_POLL) {
            hear(self, reply->value);
        } else {
            state->cached = passage->value;
        }
    }
    sim_frame_end(self, frame);
}

/* ---- judging ---- */

static void trip(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    become_open(self, sim_time_add(sim_now(self), params->open_for));
    sim_time until = sim_time_add(sim_local_clock(self), params->open_for);
    tell(self, until > 0 ? (uint64_t)until : 1);
}

static bool is_too_many(const struct breaker_params *params, int64_t failures, int64_t calls)
{
    return (double)failures >= params->failures * (double)calls;
}

static void judge_window(struct sim_node *self, bool is_failure)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    int64_t calls, failures;
    breaker_window_add(&state->window, sim_now(self), is_failure);
    breaker_window_count(&state->window, sim_now(self), &calls, &failures);
    if (calls >= params->minimum && is_too_many(params, failures, calls)) {
        trip(self);
    }
}

static void judge_probe(struct sim_node *self, bool is_failure)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    state->probed++;
    state->probe_failures += is_failure ? 1 : 0;
    if (state->probed < params->probes) {
        return;
    }
    if (is_too_many(params, state->probe_failures, state->probed)) {
        trip(self);
    } else {
        become_closed(self);
        tell(self, 0);
    }
}

static bool is_failure(const struct breaker_params *params, const struct sim_outcome *outcome,
                       sim_time now)
{
    enum sim_status status = outcome->reply.status;
    bool is_slow = now - outcome->called > params->slower_than;
    return is_slow || (!sim_status_is_answer(status) && status != SIM_STATUS_REDIRECT);
}

/* ---- requests ---- */

static void start(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    state->key = members_group_hash(self);
    breaker_window_init(self, &state->window, params->window, params->window_calls);
    members_start(self, &state->members, &params->to);
    members_start(self, &state->store, &params->shared);
    if (params->shared.count > 0) {
        /* Members do not all ask at the same instant. */
        double share = sim_random_unit(sim_random_of(self, DRAW_POLL));
        sim_after(self, (sim_time)(share * (double)params->poll), TIMER_POLL, 0);
    }
}

static void turn_away(struct sim_node *self, sim_ticket ticket)
{
    const struct breaker_state *state = sim_state(self);
    struct sim_reply reply = {.status = SIM_STATUS_REJECTED};
    if (state->position == OPEN && state->open_until != SIM_NEVER) {
        reply.retry_after = state->open_until - sim_now(self);
    }
    sim_count(self, METRIC_SHED, 1);
    sim_answer(self, ticket, &reply);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    bool is_probe = state->position == HALF_OPEN && state->probing < params->probes;
    if (state->position != CLOSED && !is_probe) {
        turn_away(self, in->ticket);
        return;
    }
    sim_node_id to = members_next(self, &state->members);
    if (to == 0) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    state->probing += is_probe ? 1 : 0;
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->ticket = in->ticket;
    passage->era = state->era;
    struct sim_request request = *in->request;
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    struct sim_reply reply = outcome->reply;
    if (reply.status == SIM_STATUS_REFUSED) {
        reply.status = SIM_STATUS_UNAVAILABLE; /* nobody listens there, but somebody does here */
    }
    sim_answer(self, passage->ticket, &reply);
    bool counts = passage->era == state->era;
    sim_frame_end(self, frame);
    if (counts && state->position == CLOSED) {
        judge_window(self, is_failure(params, outcome, sim_now(self)));
    } else if (counts && state->position == HALF_OPEN) {
        judge_probe(self, is_failure(params, outcome, sim_now(self)));
    }
}

static void on_outcome(struct sim_node *self, const struct sim_input *in)
{
    const struct passage *passage = sim_frame_at(self, in->tag);
    if (passage->kind == KIND_CALL) {
        conclude(self, in->tag, in->outcome);
    } else {
        on_store(self, in->tag, &in->outcome->reply);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_HALF_OPEN) {
        become_half_open(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_POLL) {
        poll(self);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* A new life begins closed. */
static void release(struct sim_node *self)
{
    struct breaker_state *state = sim_state(self);
    sim_level(self, METRIC_TRIPPED, -(state->position != CLOSED));
    state->position = CLOSED;
}

static const char *validate(const void *fields)
{
    const struct breaker_params *params = fields;
    if (params->to.shares != NULL || params->shared.shares != NULL) {
        return "members are asked in turn; no shares here";
    }
    if (params->window_calls > 0 && params->window_calls < params->minimum) {
        return "window_calls is less than minimum: it would never open";
    }
    return NULL;
}

const struct sim_model sim_model_breaker = {
    .abi = SIM_MODEL_ABI,
    .name = "breaker",
    .summary = "stops asking what stands behind it for a while when too many calls fail",
    .params_size = sizeof(struct breaker_params),
    .params = breaker_params,
    .validate = validate,
    .state_size = sizeof(struct breaker_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = breaker_metrics,
    .timers = breaker_timers,
    .draws = breaker_draws,
};

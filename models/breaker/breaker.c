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
 * With scope = "member" each member of the target has a circuit of its own (as Finagle's failure
 * accrual has): a request goes to the next one in turn whose circuit lets it through, and is turned
 * away where none does. Without, there is one circuit for all of them.
 *
 * Circuits: circuit.c. What goes through the store: shared.c. Left out: answers to fall back on.
 */
#include "breaker/breaker.h"
#include "models.h"

static const struct sim_metric_spec breaker_metrics[] = {
    {"shed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests turned away, not being closed",
     "issued"},
    {"opened", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times that a circuit opened", NULL},
    {"tripped", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "circuits that are open or half open", NULL},
    {0},
};

static const char *const breaker_timers[] = {"half_open", "poll", NULL};

static const char *const breaker_draws[] = {"poll", NULL};

static const char *const scope_names[] = {"target", "member", NULL};

static const struct sim_param breaker_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct breaker_params, to), NULL, SIM_UNBOUNDED,
     "what it stands before, members in turn", NULL, NULL},
    {"scope", SIM_PARAM_CHOICE, offsetof(struct breaker_params, scope), "\"target\"", SIM_UNBOUNDED,
     "one circuit for the whole target, or one for each member [Hystrix: a command; Finagle: a "
     "host]",
     NULL, scope_names},
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
     "how often each member reads the store [assumed: how long it may believe what is not so any "
     "more]",
     NULL, NULL},
    {"store_timeout", SIM_PARAM_DURATION, offsetof(struct breaker_params, store_timeout), "ms(20)",
     1e-9, 1e300, "how long it waits for the store [Envoy: 20 ms]", NULL, NULL},
    {"store_bytes", SIM_PARAM_BYTES, offsetof(struct breaker_params, store_bytes), "bytes(100)",
     SIM_NOT_NEGATIVE, "size of a question to the store [assumed]", NULL, NULL},
    {0},
};

/* ---- requests ---- */

static void start(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    circuits_start(self);
    members_start(self, &state->members, &params->to);
    if (params->scope == SCOPE_MEMBER) {
        state->is_up = sim_alloc(self, params->to.count * sizeof *state->is_up);
        state->turn = sim_member(self) % params->to.count;
        state->seen = UINT64_MAX; /* none yet */
    }
    shared_start(self);
}

/* Which members are up, by circuit. */
static void look(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    members_look(self, &state->members);
    if (state->seen == state->members.version) {
        return;
    }
    state->seen = state->members.version;
    uint32_t next = 0;
    for (uint32_t i = 0; i < params->to.count; i++) {
        state->is_up[i] =
            next < state->members.count && state->members.ids[next] == params->to.ids[i];
        next += state->is_up[i] ? 1 : 0;
    }
}

/* The next member in turn whose circuit lets the request through; 0 when there is none. */
static sim_node_id choose_each(struct sim_node *self, uint32_t *ret_circuit)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    look(self);
    for (uint32_t i = 0; i < state->circuit_count; i++) {
        uint32_t index = (state->turn + i) % state->circuit_count;
        if (state->is_up[index] && circuit_admits(&state->circuits[index], params)) {
            state->turn = index + 1;
            *ret_circuit = index;
            return params->to.ids[index];
        }
    }
    return 0;
}

/* Says when the first of those that are open will be asked again. */
static void turn_away(struct sim_node *self, sim_ticket ticket)
{
    const struct breaker_state *state = sim_state(self);
    struct sim_reply reply = {.status = SIM_STATUS_REJECTED};
    sim_time soonest = SIM_NEVER;
    for (uint32_t i = 0; i < state->circuit_count; i++) {
        const struct circuit *circuit = &state->circuits[i];
        bool is_open = circuit->position == OPEN && (state->is_up == NULL || state->is_up[i]);
        if (is_open && circuit->open_until < soonest) {
            soonest = circuit->open_until;
        }
    }
    if (soonest != SIM_NEVER) {
        reply.retry_after = soonest - sim_now(self);
    }
    sim_count(self, METRIC_SHED, 1);
    sim_answer(self, ticket, &reply);
}

/* Whom to ask, and through which circuit. 0 when the request was answered instead. */
static sim_node_id choose(struct sim_node *self, sim_ticket ticket, uint32_t *ret_circuit)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    bool is_each = params->scope == SCOPE_MEMBER;
    sim_node_id to = 0;
    *ret_circuit = 0;
    if (is_each) {
        to = choose_each(self, ret_circuit);
    } else if (circuit_admits(&state->circuits[0], params)) {
        to = members_next(self, &state->members);
        if (to == 0) {
            sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
            return 0;
        }
    }
    if (to == 0 && is_each && state->members.count == 0) {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    } else if (to == 0) {
        turn_away(self, ticket);
    }
    return to;
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    uint32_t index;
    sim_node_id to = choose(self, in->ticket, &index);
    if (to == 0) {
        return;
    }
    struct circuit *circuit = &state->circuits[index];
    circuit->probing += circuit->position == HALF_OPEN ? 1 : 0;
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->ticket = in->ticket;
    passage->circuit = index;
    passage->era = circuit->era;
    struct sim_request request = *in->request;
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    struct breaker_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    uint32_t index = passage->circuit;
    bool counts = passage->era == state->circuits[index].era;
    struct sim_reply reply = outcome->reply;
    reply.status =
        sim_status_passed_on(sim_request_of(self, passage->ticket)->operation, reply.status);
    sim_answer(self, passage->ticket, &reply);
    sim_frame_end(self, frame);
    if (counts) {
        circuit_judge(self, index, outcome);
    }
}

static void on_outcome(struct sim_node *self, const struct sim_input *in)
{
    const struct passage *passage = sim_frame_at(self, in->tag);
    if (passage->kind == KIND_CALL) {
        conclude(self, in->tag, in->outcome);
    } else {
        shared_conclude(self, in->tag, &in->outcome->reply);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_HALF_OPEN) {
        circuit_half_open(self, (uint32_t)in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_POLL) {
        shared_poll(self);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* A new life begins closed. */
static void release(struct sim_node *self)
{
    struct breaker_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->circuit_count; i++) {
        sim_level(self, METRIC_TRIPPED, -(state->circuits[i].position != CLOSED));
        state->circuits[i].position = CLOSED;
    }
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
    .traits = SIM_MODEL_PASSES,
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

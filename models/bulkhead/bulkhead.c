/* bulkhead: so many calls at once to what stands behind it (Nygard, "Release It!", 2007;
 * resilience4j; the semaphores of Hystrix). Others wait for a place, for so long at most, in the
 * order in which they came; then they are turned away. A slow component so holds a bounded number
 * of its callers' requests, and no more.
 *
 * With `adapt` the bound is found while running, by additive increase and multiplicative decrease
 * as in Netflix's concurrency-limits (AIMDLimit): an answer in time adds one while at least half of
 * the places are taken, a failure or an answer slower than `slower_than` takes a tenth off.
 *
 * Left out: bounds that follow from how latency grows (Vegas, gradient).
 */
#include "members.h"
#include "models.h"

struct bulkhead_params {
    struct sim_target to;
    sim_time timeout;
    int64_t concurrent;
    sim_time wait_max;
    int64_t queue_limit;
    int32_t adapt; /* enum bulkhead_adapt */
    int64_t concurrent_min, concurrent_max;
    double backoff;
    sim_time slower_than;
};

enum bulkhead_adapt { ADAPT_NONE, ADAPT_AIMD };
static const char *const adapt_names[] = {"none", "aimd", NULL};

struct bulkhead_state {
    struct members members;
    int64_t limit;
    int64_t outstanding, waiting;
    sim_frame first, last; /* of those that wait */
};

/* The frame of a request that waits or has been passed on. */
struct passage {
    sim_ticket ticket;
    sim_time arrived;
    sim_timer patience;       /* while it waits; 0 = for ever */
    sim_frame next, previous; /* likewise */
};

enum bulkhead_metric { METRIC_SHED, METRIC_OUTSTANDING, METRIC_WAITING, METRIC_LIMIT, METRIC_WAIT };

static const struct sim_metric_spec bulkhead_metrics[] = {
    {"shed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests turned away for want of a place",
     "issued"},
    {"outstanding", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "calls under way", NULL},
    {"waiting", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a place", NULL},
    {"limit", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "calls that may be under way at once", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "how long those that got a place waited", NULL},
    {0},
};

enum bulkhead_timer { TIMER_PATIENCE };
static const char *const bulkhead_timers[] = {"patience", NULL};

static const struct sim_param bulkhead_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct bulkhead_params, to), NULL, SIM_UNBOUNDED,
     "what it stands before, members in turn", NULL, NULL},
    {"concurrent", SIM_PARAM_INTEGER, offsetof(struct bulkhead_params, concurrent), "25", 1, 1e9,
     "calls at once; where it adapts, at the start [resilience4j: 25]", NULL, NULL},
    {"wait_max", SIM_PARAM_DURATION, offsetof(struct bulkhead_params, wait_max), "s(0)",
     SIM_NOT_NEGATIVE, "how long a request waits for a place [resilience4j: 0]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct bulkhead_params, queue_limit), "-1", -1,
     1e12, "requests that may wait; more are turned away; -1 = any number", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct bulkhead_params, timeout), "none", 1e-9, 1e300,
     "how long a call may take once it has a place", NULL, NULL},
    {"adapt", SIM_PARAM_CHOICE, offsetof(struct bulkhead_params, adapt), "\"none\"", SIM_UNBOUNDED,
     "whether the number of places follows what calls come to [Netflix: AIMDLimit]", NULL,
     adapt_names},
    {"concurrent_min", SIM_PARAM_INTEGER, offsetof(struct bulkhead_params, concurrent_min), "1", 1,
     1e9, "aimd: never fewer places [Netflix: 1]", NULL, NULL},
    {"concurrent_max", SIM_PARAM_INTEGER, offsetof(struct bulkhead_params, concurrent_max), "200",
     1, 1e9, "aimd: never more places [Netflix: 200]", NULL, NULL},
    {"backoff", SIM_PARAM_RATIO, offsetof(struct bulkhead_params, backoff), "percent(90)", 1e-9, 1,
     "aimd: what a failure leaves of the places [Netflix: 90 %]", NULL, NULL},
    {"slower_than", SIM_PARAM_DURATION, offsetof(struct bulkhead_params, slower_than), "s(5)", 1e-9,
     1e300, "aimd: an answer that took longer counts as a failure [Netflix: 5 s]", NULL, NULL},
    {0},
};

static void set_limit(struct sim_node *self, int64_t limit)
{
    struct bulkhead_state *state = sim_state(self);
    sim_level(self, METRIC_LIMIT, limit - state->limit);
    state->limit = limit;
}

static void start(struct sim_node *self)
{
    const struct bulkhead_params *params = sim_params(self);
    struct bulkhead_state *state = sim_state(self);
    members_start(self, &state->members, &params->to);
    set_limit(self, params->concurrent);
}

/* ---- the queue ---- */

static void enqueue(struct sim_node *self, sim_frame frame)
{
    struct bulkhead_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->previous = state->last;
    if (state->last != 0) {
        ((struct passage *)sim_frame_at(self, state->last))->next = frame;
    } else {
        state->first = frame;
    }
    state->last = frame;
    state->waiting++;
    sim_level(self, METRIC_WAITING, 1);
}

static void leave_queue(struct sim_node *self, sim_frame frame)
{
    struct bulkhead_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    if (passage->previous != 0) {
        ((struct passage *)sim_frame_at(self, passage->previous))->next = passage->next;
    } else {
        state->first = passage->next;
    }
    if (passage->next != 0) {
        ((struct passage *)sim_frame_at(self, passage->next))->previous = passage->previous;
    } else {
        state->last = passage->previous;
    }
    state->waiting--;
    sim_level(self, METRIC_WAITING, -1);
    sim_spend(self, sim_request_of(self, passage->ticket)->span, SIM_CAUSE_QUEUE,
              sim_now(self) - passage->arrived);
}

/* ---- calls ---- */

static void turn_away(struct sim_node *self, sim_ticket ticket)
{
    sim_count(self, METRIC_SHED, 1);
    sim_answer_status(self, ticket, SIM_STATUS_REJECTED);
}

/* The request has its place. */
static void call(struct sim_node *self, sim_frame frame)
{
    const struct bulkhead_params *params = sim_params(self);
    struct bulkhead_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    sim_record(self, METRIC_WAIT, sim_now(self) - passage->arrived);
    sim_node_id to = members_next(self, &state->members);
    if (to == 0) {
        sim_answer_status(self, passage->ticket, SIM_STATUS_UNAVAILABLE);
        sim_frame_end(self, frame);
        return;
    }
    state->outstanding++;
    sim_level(self, METRIC_OUTSTANDING, 1);
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

/* Whoever waits takes the places that are free. */
static void fill(struct sim_node *self)
{
    struct bulkhead_state *state = sim_state(self);
    while (state->first != 0 && state->outstanding < state->limit) {
        sim_frame frame = state->first;
        sim_cancel(self, ((struct passage *)sim_frame_at(self, frame))->patience);
        leave_queue(self, frame);
        call(self, frame);
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct bulkhead_params *params = sim_params(self);
    struct bulkhead_state *state = sim_state(self);
    bool has_place = state->outstanding < state->limit;
    bool is_full = params->queue_limit >= 0 && state->waiting >= params->queue_limit;
    if (!has_place && (params->wait_max == 0 || is_full)) {
        turn_away(self, in->ticket);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->ticket = in->ticket;
    passage->arrived = sim_now(self);
    if (has_place) {
        call(self, frame);
        return;
    }
    enqueue(self, frame);
    if (params->wait_max != SIM_NEVER) {
        passage->patience = sim_after(self, params->wait_max, TIMER_PATIENCE, frame);
    }
}

static void give_up(struct sim_node *self, sim_frame frame)
{
    sim_ticket ticket = ((struct passage *)sim_frame_at(self, frame))->ticket;
    leave_queue(self, frame);
    sim_frame_end(self, frame);
    turn_away(self, ticket);
}

/* `outstanding` still counts the call that ended. */
static void adapt(struct sim_node *self, const struct sim_outcome *outcome)
{
    const struct bulkhead_params *params = sim_params(self);
    const struct bulkhead_state *state = sim_state(self);
    bool is_slow = sim_now(self) - outcome->called > params->slower_than;
    int64_t limit = state->limit;
    if (is_slow || !sim_status_is_answer(outcome->reply.status)) {
        limit = (int64_t)((double)limit * params->backoff);
    } else if (state->outstanding * 2 >= limit) {
        limit++;
    }
    limit = limit < params->concurrent_max ? limit : params->concurrent_max;
    set_limit(self, limit > params->concurrent_min ? limit : params->concurrent_min);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct bulkhead_params *params = sim_params(self);
    struct bulkhead_state *state = sim_state(self);
    struct sim_reply reply = outcome->reply;
    if (params->adapt == ADAPT_AIMD) {
        adapt(self, outcome);
    }
    sim_ticket ticket = ((const struct passage *)sim_frame_at(self, frame))->ticket;
    reply.status = sim_status_passed_on(sim_request_of(self, ticket)->operation, reply.status);
    sim_answer(self, ticket, &reply);
    sim_frame_end(self, frame);
    state->outstanding--;
    sim_level(self, METRIC_OUTSTANDING, -1);
    fill(self);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, in->outcome);
    } else if (in->kind == SIM_IN_TIMER) {
        give_up(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* Requests inside die with the node. */
static void release(struct sim_node *self)
{
    struct bulkhead_state *state = sim_state(self);
    sim_level(self, METRIC_OUTSTANDING, -state->outstanding);
    sim_level(self, METRIC_WAITING, -state->waiting);
    state->outstanding = state->waiting = 0;
    set_limit(self, 0);
}

static const char *validate(const void *fields)
{
    const struct bulkhead_params *params = fields;
    if (params->to.shares != NULL) {
        return "to: members are asked in turn; no shares here";
    }
    if (params->adapt == ADAPT_AIMD && (params->concurrent < params->concurrent_min ||
                                        params->concurrent > params->concurrent_max)) {
        return "concurrent is not between concurrent_min and concurrent_max";
    }
    return NULL;
}

const struct sim_model sim_model_bulkhead = {
    .abi = SIM_MODEL_ABI,
    .name = "bulkhead",
    .summary = "lets so many calls be under way at once; others wait for a place, or not at all",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct bulkhead_params),
    .params = bulkhead_params,
    .validate = validate,
    .state_size = sizeof(struct bulkhead_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = bulkhead_metrics,
    .timers = bulkhead_timers,
};

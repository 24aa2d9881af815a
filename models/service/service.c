/* service: a component that works on requests: servers with a queue before them, and optionally a
 * call to the next component afterwards.
 *
 *   request -> [slot] -> [deadline] -> work -> [call downstream, retries] -> reply
 *
 * The queue is the station's (world/station.h). With `slots` a request holds one of them from its
 * start to its reply, also while it waits downstream, as a thread or a pooled connection does; the
 * queue is then before the slots. A caller that has given up is not known here: the work is done
 * and the answer thrown away, unless `check_deadline` makes the service look before it begins.
 *
 * Formulas: docs/models/service.md. Left out: calls to several components for one request (shares
 * send each request to one of several, or to none), and state: the same request always costs the
 * same law.
 */
#include "members.h"
#include "models.h"

struct service_params {
    int64_t servers;
    int64_t queue_limit;
    int32_t discipline; /* enum sim_discipline */
    struct sim_operation_laws service;
    const struct sim_dist *reply_bytes;
    double errors;
    bool check_deadline;
    int64_t slots; /* 0 = none */
    struct sim_target to;
    sim_time timeout;
    struct sim_shape retry;
    int64_t downstream_bytes;
};

struct service_state {
    struct sim_station *gate; /* slots, or the servers as seen by the deadline check; or NULL */
    struct sim_station *work;
    struct sim_retry retry;
    struct members members; /* of `to` */
    int64_t reply_bytes;    /* where the law is constant, else -1 */
    bool uses_frames;       /* else the ticket alone is the tag */
};

/* The frame: a request that waits for a slot, or for an answer from downstream. */
struct visit {
    sim_ticket ticket;
    sim_time pause;   /* before the latest retry */
    uint32_t attempt; /* downstream, 0 = first */
    sim_node_id to;   /* where shares send it; 0 = to the members in turn */
    bool holds_slot;
};

enum service_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_SLOTS,
    METRIC_SLOTS_QUEUED,
    METRIC_SLOTS_WAIT
};

static const struct sim_metric_spec service_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"slots", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "slots held, of all slots", NULL},
    {"slots.queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a slot", NULL},
    {"slots.wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to holding a slot",
     NULL},
    {0},
};

enum service_timer { TIMER_RETRY };
static const char *const service_timers[] = {"retry", NULL};

enum service_draw { DRAW_SERVICE, DRAW_BYTES, DRAW_ERROR, DRAW_RETRY, DRAW_ROUTE };
static const char *const service_draws[] = {"service", "bytes", "error", "retry", "route", NULL};

static const struct sim_param service_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct service_params, service), NULL,
     SIM_NOT_NEGATIVE, "work of a request at full speed: one law, or one an operation", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct service_params, servers), "1", 1, 1e9,
     "requests that are worked on at once: cores, workers", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct service_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"discipline", SIM_PARAM_CHOICE, offsetof(struct service_params, discipline), "\"fifo\"",
     SIM_UNBOUNDED, "who is served next", NULL, sim_discipline_names},
    {"reply_bytes", SIM_PARAM_BYTES_LAW, offsetof(struct service_params, reply_bytes), "KiB(1)",
     SIM_NOT_NEGATIVE, "size of a reply, where the request does not say", NULL, NULL},
    {"errors", SIM_PARAM_RATIO, offsetof(struct service_params, errors), "percent(0)", 0, 1,
     "requests that fail after their work", NULL, NULL},
    {"check_deadline", SIM_PARAM_BOOLEAN, offsetof(struct service_params, check_deadline), "false",
     SIM_UNBOUNDED, "answer EXPIRED instead of beginning work that nobody waits for", NULL, NULL},
    {"slots", SIM_PARAM_INTEGER, offsetof(struct service_params, slots), "0", 0, 1e9,
     "requests inside at once, waiting downstream included: threads; 0 = no limit", NULL, NULL},
    {"to", SIM_PARAM_TARGET, offsetof(struct service_params, to), "nil", SIM_UNBOUNDED,
     "component that it calls after its own work, members in turn; or shares of the requests that "
     "go to several, the rest to none: { posts = percent(50), ads = percent(30) }",
     NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct service_params, timeout), "none", 1e-9, 1e300,
     "how long it waits for that component", NULL, NULL},
    {"retry", SIM_PARAM_SHAPE, offsetof(struct service_params, retry), "none", SIM_UNBOUNDED,
     "what follows a failed call to it", &sim_retry_family, NULL},
    {"downstream_bytes", SIM_PARAM_BYTES, offsetof(struct service_params, downstream_bytes), "nil",
     SIM_NOT_NEGATIVE, "size of the call to it; left out = that of the request", NULL, NULL},
    {0},
};

/* ---- start ---- */

/* A queue before something that is held cannot be one in which all are served at once, or in which
 * who is inside is interrupted. */
static enum sim_discipline gate_discipline(enum sim_discipline discipline)
{
    switch (discipline) {
    case SIM_PRIORITY:
    case SIM_PRIORITY_PREEMPTIVE:
        return SIM_PRIORITY;
    case SIM_LIFO:
    case SIM_RANDOM_ORDER:
        return discipline;
    case SIM_FIFO:
    case SIM_PROCESSOR_SHARING:
    case SIM_SHORTEST_REMAINING:
    case SIM_DISCIPLINE_COUNT:
        break;
    }
    return SIM_FIFO;
}

static void make_stations(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    struct sim_station_options work = {
        .servers = params->servers,
        .queue_limit = params->queue_limit,
        .discipline = (enum sim_discipline)params->discipline,
        .busy_metric = METRIC_BUSY,
        .queued_metric = METRIC_QUEUED,
        .wait_metric = METRIC_WAIT,
    };
    if (params->slots > 0) {
        struct sim_station_options slots = {
            .servers = params->slots,
            .queue_limit = params->queue_limit,
            .discipline = gate_discipline(work.discipline),
            .busy_metric = METRIC_SLOTS,
            .queued_metric = METRIC_SLOTS_QUEUED,
            .wait_metric = METRIC_SLOTS_WAIT,
            .is_slots = true,
        };
        state->gate = sim_station_new(self, &slots);
        work.queue_limit = -1;
    } else if (params->check_deadline) {
        /* The deadline is looked at when a server comes free, so the queue is before the gate, and
         * the work behind it never waits. */
        struct sim_station_options gate = work;
        gate.discipline = gate_discipline(work.discipline);
        gate.is_slots = true;
        state->gate = sim_station_new(self, &gate);
        work = (struct sim_station_options){
            .servers = INT32_MAX,
            .queue_limit = -1,
            .busy_metric = SIM_STATION_NO_METRIC,
            .queued_metric = SIM_STATION_NO_METRIC,
            .wait_metric = SIM_STATION_NO_METRIC,
        };
    }
    state->work = sim_station_new(self, &work);
}

static void start(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    make_stations(self);
    sim_retry_init(&state->retry, &params->retry);
    members_start(self, &state->members, &params->to);
    state->uses_frames = state->gate != NULL || params->to.count > 0;
    double bytes = 0;
    state->reply_bytes = sim_dist_is_constant(params->reply_bytes, &bytes) ? (int64_t)bytes : -1;
}

/* ---- reply ---- */

static int64_t reply_size(struct sim_node *self, const struct sim_request *request)
{
    const struct service_params *params = sim_params(self);
    const struct service_state *state = sim_state(self);
    if (request->reply_bytes > 0) {
        return request->reply_bytes;
    }
    if (state->reply_bytes >= 0) {
        return state->reply_bytes;
    }
    double bytes = sim_dist_draw(params->reply_bytes, sim_random_of(self, DRAW_BYTES));
    return bytes > 0 ? (int64_t)bytes : 0;
}

static bool work_fails(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    return params->errors > 0 && sim_random_chance(sim_random_of(self, DRAW_ERROR), params->errors);
}

static void reply_of_work(struct sim_node *self, sim_ticket ticket)
{
    struct sim_reply reply = {.bytes = reply_size(self, sim_request_of(self, ticket))};
    if (work_fails(self)) {
        reply = (struct sim_reply){.status = SIM_STATUS_ERROR};
    }
    sim_answer(self, ticket, &reply);
}

/* The request is over: its slot goes to the next. */
static void end_visit(struct sim_node *self, sim_frame frame)
{
    struct service_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    bool holds_slot = visit->holds_slot;
    sim_frame_end(self, frame);
    if (holds_slot) {
        sim_station_leave(self, state->gate);
    }
}

/* ---- work ---- */

/* False when the queue is full. */
static bool work(struct sim_node *self, const struct sim_request *request, uint64_t tag)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    sim_time length = sim_draw(self, DRAW_SERVICE, params->service.law[request->operation]);
    return sim_station_work(self, state->work, length, request->priority, request->span, tag);
}

/* A slot is held: begins the work, unless nobody waits for it any more. */
static void enter(struct sim_node *self, sim_frame frame)
{
    const struct service_params *params = sim_params(self);
    struct visit *visit = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, visit->ticket);
    visit->holds_slot = true;
    if (params->check_deadline && sim_now(self) >= request->deadline) {
        sim_answer_status(self, visit->ticket, SIM_STATUS_EXPIRED);
        end_visit(self, frame);
        return;
    }
    bool is_taken = work(self, request, frame);
    sim_assert(is_taken); /* behind the gate the queue has no limit */
}

static void arrive_at_gate(struct sim_node *self, const struct sim_input *in, sim_frame frame)
{
    struct service_state *state = sim_state(self);
    switch (sim_station_enter(self, state->gate, in->request->priority, in->request->span, frame)) {
    case SIM_ENTRY_GRANTED:
        enter(self, frame);
        break;
    case SIM_ENTRY_QUEUED:
        break;
    case SIM_ENTRY_REJECTED:
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        sim_frame_end(self, frame);
        break;
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    struct service_state *state = sim_state(self);
    uint64_t tag = in->ticket;
    if (state->uses_frames) {
        tag = sim_frame_new(self);
        struct visit *visit = sim_frame_at(self, tag);
        visit->ticket = in->ticket;
    }
    if (state->gate != NULL) {
        arrive_at_gate(self, in, tag);
    } else if (!work(self, in->request, tag)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        if (state->uses_frames) {
            sim_frame_end(self, tag);
        }
    }
}

/* ---- downstream ---- */

static bool may_retry(struct sim_node *self, struct visit *visit, const struct sim_reply *answer,
                      sim_time *ret_pause)
{
    struct service_state *state = sim_state(self);
    sim_time deadline = sim_request_of(self, visit->ticket)->deadline;
    sim_time pause;
    if (sim_status_is_answer(answer->status) || sim_now(self) >= deadline ||
        !sim_retry_next(&state->retry, visit->attempt + 1, answer->status, &visit->pause,
                        sim_random_of(self, DRAW_RETRY), &pause)) {
        return false;
    }
    *ret_pause = pause > answer->retry_after ? pause : answer->retry_after;
    return sim_time_add(sim_now(self), *ret_pause) < deadline;
}

/* The answer of downstream is the answer, its status too, so that callers see what went wrong; but
 * that nobody listened there says nothing about who listens here. */
static void conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *answer)
{
    struct visit *visit = sim_frame_at(self, frame);
    sim_time pause;
    if (may_retry(self, visit, answer, &pause)) {
        visit->attempt++;
        sim_spend(self, sim_request_of(self, visit->ticket)->span, SIM_CAUSE_RETRY, pause);
        /* As a timer even for no pause at all: a target without members must not recurse. */
        sim_after(self, pause, TIMER_RETRY, frame);
        return;
    }
    struct sim_reply reply = *answer;
    reply.served_by = reply.version != 0 ? reply.served_by : 0;
    reply.bytes = 0;
    if (sim_status_is_answer(answer->status)) {
        reply.bytes = reply_size(self, sim_request_of(self, visit->ticket));
    } else if (answer->status == SIM_STATUS_REFUSED) {
        reply.status = SIM_STATUS_UNAVAILABLE;
    }
    sim_answer(self, visit->ticket, &reply);
    end_visit(self, frame);
}

static void call_downstream(struct sim_node *self, sim_frame frame)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    sim_node_id to = visit->to != 0 ? visit->to : members_next(self, &state->members);
    if (to == 0) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        conclude(self, frame, &nobody);
        return;
    }
    struct sim_request request = *sim_request_of(self, visit->ticket);
    request.attempt = visit->attempt;
    if (params->downstream_bytes > 0) {
        request.bytes = params->downstream_bytes;
    }
    sim_send_request(self, to, &request, params->timeout, frame);
}

/* Where the shares send this request: false when to nobody. */
static bool choose_route(struct sim_node *self, struct visit *visit)
{
    const struct sim_target *target = &((const struct service_params *)sim_params(self))->to;
    if (target->shares == NULL) {
        return target->count > 0;
    }
    double left = sim_random_unit(sim_random_of(self, DRAW_ROUTE));
    for (uint32_t i = 0; i < target->count; i++) {
        left -= target->shares[i];
        if (left < 0.0) {
            visit->to = target->ids[i];
            return true;
        }
    }
    return false;
}

static void done(struct sim_node *self, uint64_t tag)
{
    struct service_state *state = sim_state(self);
    if (!state->uses_frames) {
        reply_of_work(self, tag);
        return;
    }
    struct visit *visit = sim_frame_at(self, tag);
    if (!choose_route(self, visit)) {
        reply_of_work(self, visit->ticket);
        end_visit(self, tag);
    } else if (work_fails(self)) {
        sim_answer_status(self, visit->ticket, SIM_STATUS_ERROR);
        end_visit(self, tag);
    } else {
        sim_retry_first(&state->retry);
        call_downstream(self, tag);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    /* What comes most often comes first. */
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        done(self, in->tag);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, &in->outcome->reply);
    } else if (in->kind == SIM_IN_GRANTED) {
        enter(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        call_downstream(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static const char *validate(const void *fields)
{
    const struct service_params *params = fields;
    enum sim_discipline discipline = (enum sim_discipline)params->discipline;
    bool is_interrupting = discipline != SIM_FIFO && gate_discipline(discipline) != discipline;
    if (params->check_deadline && params->slots == 0 && is_interrupting) {
        return "check_deadline looks when a request leaves the queue: it goes with the disciplines "
               "fifo, lifo, priority and random, or with slots";
    }
    return NULL;
}

const struct sim_model sim_model_service = {
    .abi = SIM_MODEL_ABI,
    .name = "service",
    .summary = "servers with a queue before them, and a call to the next component if there is one",
    .params_size = sizeof(struct service_params),
    .params = service_params,
    .validate = validate,
    .state_size = sizeof(struct service_state),
    .frame_size = sizeof(struct visit),
    .handle = handle,
    .metrics = service_metrics,
    .timers = service_timers,
    .draws = service_draws,
};

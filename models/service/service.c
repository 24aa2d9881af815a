/* service: a component that works on requests: servers with a queue before them, and optionally
 * calls to other components afterwards.
 *
 *   request -> [slot] -> [deadline, age] -> work -> [calls downstream] -> reply
 *
 * The queue is the station's (world/station.h). With `slots` a request holds one of them from its
 * start to its reply, also while it waits downstream, as a thread or a pooled connection does; the
 * queue is then before the slots. A caller that has given up is not known here: the work is done
 * and the answer thrown away, unless `check_deadline` makes the service look before it begins, or
 * `shed` what has waited too long is turned away, or the caller says so (hedge { cancel = true }).
 *
 * A member that comes later than at the start of the run can be cold for a while: what it begins
 * then takes longer (caches to fill, code to compile). It can report how busy it is
 * (report.h).
 *
 * Whom it calls: plan.h, calls.h. Formulas: docs/models/service.md. Left out: state; the same
 * request always costs the same law.
 */
#include "service/service.h"
#include "members.h"
#include "models.h"

struct service_state {
    struct sim_station *gate; /* slots, or the servers as seen by what looks first; or NULL */
    struct sim_station *work;
    struct shed shed;
    bool has_calls;
    struct calls calls;
    int64_t reply_bytes; /* where the law is constant, else -1 */
    bool uses_frames;    /* else the ticket alone is the tag */
    sim_time warm_at;    /* work that is begun earlier takes longer */
    struct report report;
};

enum service_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_SLOTS,
    METRIC_SLOTS_QUEUED,
    METRIC_SLOTS_WAIT,
    METRIC_SHED,
    METRIC_WITHDRAWN
};

static const struct sim_metric_spec service_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"slots", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "slots held, of all slots", NULL},
    {"slots.queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a slot", NULL},
    {"slots.wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to holding a slot",
     NULL},
    {"shed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests turned away for their age", "issued"},
    {"withdrawn", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "requests dropped from the queue, their callers having the answer of another", "issued"},
    {0},
};

enum service_timer { TIMER_RETRY, TIMER_HEDGE, TIMER_REPORT };
static const char *const service_timers[] = {"retry", "hedge", "report", NULL};

enum service_message { MESSAGE_REPORT };
static const char *const service_messages[] = {REPORT_MESSAGE, NULL};

enum service_draw {
    DRAW_SERVICE,
    DRAW_BYTES,
    DRAW_ERROR,
    DRAW_RETRY,
    DRAW_ROUTE,
    DRAW_CHANCE,
    DRAW_REPORT
};
static const char *const service_draws[] = {"service", "bytes",  "error",  "retry",
                                            "route",   "chance", "report", NULL};

/* ---- start ---- */

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
            .discipline = service_gate_discipline(work.discipline),
            .busy_metric = METRIC_SLOTS,
            .queued_metric = METRIC_SLOTS_QUEUED,
            .wait_metric = METRIC_SLOTS_WAIT,
            .is_slots = true,
        };
        state->gate = sim_station_new(self, &slots);
        work.queue_limit = -1;
    } else if (params->check_deadline || params->shed.constructor != NULL) {
        /* Deadline and age are looked at when a server comes free, so the queue is before the gate,
         * and the work behind it never waits. */
        struct sim_station_options gate = work;
        gate.discipline = service_gate_discipline(work.discipline);
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

static void conclude(struct sim_node *self, sim_frame root, const struct sim_reply *last);

static void start_calls(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    state->calls.ended = conclude;
    state->calls.names = (struct calls_names){
        .retry_timer = TIMER_RETRY,
        .hedge_timer = TIMER_HEDGE,
        .retry_draw = DRAW_RETRY,
        .route_draw = DRAW_ROUTE,
        .chance_draw = DRAW_CHANCE,
    };
    if (params->calls.constructor != NULL) {
        plan_start(self, &state->calls.plan, &params->calls);
    } else {
        plan_start_call(self, &state->calls.plan, &params->call);
    }
}

static void start(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    make_stations(self);
    shed_init(&state->shed, &params->shed, sim_now(self));
    state->has_calls = params->call.to.count > 0 || params->calls.constructor != NULL;
    if (state->has_calls) {
        start_calls(self);
    }
    state->uses_frames = state->gate != NULL || state->has_calls;
    double bytes = 0;
    state->reply_bytes =
        sim_dist_is_constant(params->reply_bytes, &bytes) ? sim_bytes_from(bytes) : -1;
    state->warm_at = sim_now(self) > 0 ? sim_time_add(sim_now(self), params->cold_for) : 0;
    if (params->report.to.count > 0) {
        report_start(self, &state->report, &params->report, TIMER_REPORT, DRAW_REPORT);
    }
}

/* ---- reply ---- */

static void answer(struct sim_node *self, sim_ticket ticket, const struct sim_reply *reply)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    if (params->report.to.count > 0) {
        report_note(self, &state->report, &params->report, sim_arrived(self, ticket),
                    reply->status);
    }
    sim_answer(self, ticket, reply);
}

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
    return sim_dist_draw_bytes(params->reply_bytes, sim_random_of(self, DRAW_BYTES));
}

static bool work_fails(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    return params->errors > 0 && sim_random_chance(sim_random_of(self, DRAW_ERROR), params->errors);
}

static void reply_of_work(struct sim_node *self, sim_ticket ticket)
{
    struct sim_reply reply = {.bytes = reply_size(self, sim_request_of(self, ticket)),
                              .has_changed_nothing = true};
    if (work_fails(self)) {
        reply = (struct sim_reply){.status = SIM_STATUS_ERROR};
    }
    answer(self, ticket, &reply);
}

/* The request is over: its slot goes to the next. */
static void end_visit(struct sim_node *self, sim_frame frame)
{
    struct service_state *state = sim_state(self);
    bool holds_slot = ((struct leg *)sim_frame_at(self, frame))->holds_slot;
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
    if (sim_now(self) < state->warm_at) {
        length = sim_time_scale(length, params->cold_factor);
    }
    return sim_station_work(self, state->work, length, request->priority, request->span, tag);
}

static void reject(struct sim_node *self, sim_ticket ticket)
{
    const struct service_params *params = sim_params(self);
    struct sim_reply reply = {.status = SIM_STATUS_REJECTED, .retry_after = params->retry_after};
    answer(self, ticket, &reply);
}

/* A slot is held: begins the work, unless nobody waits for it any more or it is too late. */
static void enter(struct sim_node *self, sim_frame frame)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    struct leg *visit = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, visit->ticket);
    visit->holds_slot = true;
    if (sim_station_queued(state->gate) == 0) {
        shed_note_empty(&state->shed, sim_now(self));
    }
    if (params->check_deadline && sim_now(self) >= request->deadline) {
        answer(self, visit->ticket, &(struct sim_reply){.status = SIM_STATUS_EXPIRED});
        end_visit(self, frame);
    } else if (sim_now(self) - visit->arrived > visit->patience) {
        sim_count(self, METRIC_SHED, 1);
        reject(self, visit->ticket);
        end_visit(self, frame);
    } else {
        bool is_taken = work(self, request, frame);
        sim_assert(is_taken); /* behind the gate the queue has no limit */
    }
}

static void arrive_at_gate(struct sim_node *self, const struct sim_input *in, sim_frame frame)
{
    struct service_state *state = sim_state(self);
    struct leg *visit = sim_frame_at(self, frame);
    visit->arrived = sim_now(self);
    if (sim_station_queued(state->gate) == 0) {
        shed_note_empty(&state->shed, sim_now(self));
    }
    visit->patience = shed_patience(&state->shed, sim_now(self));
    switch (sim_station_enter(self, state->gate, in->request->priority, in->request->span, frame)) {
    case SIM_ENTRY_GRANTED:
        enter(self, frame);
        break;
    case SIM_ENTRY_QUEUED:
        break;
    case SIM_ENTRY_REJECTED:
        reject(self, in->ticket);
        sim_frame_end(self, frame);
        break;
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    struct service_state *state = sim_state(self);
    uint64_t tag = in->ticket;
    state->report.requests++;
    if (state->uses_frames) {
        tag = sim_frame_new(self);
        ((struct leg *)sim_frame_at(self, tag))->ticket = in->ticket;
    }
    if (state->gate != NULL) {
        arrive_at_gate(self, in, tag);
    } else if (!work(self, in->request, tag)) {
        reject(self, in->ticket);
        if (state->uses_frames) {
            sim_frame_end(self, tag);
        }
    }
}

/* ---- withdrawal ---- */

static bool is_of(struct sim_node *self, uint64_t tag, sim_ticket ticket)
{
    const struct service_state *state = sim_state(self);
    const struct leg *visit = state->uses_frames ? sim_frame_at(self, tag) : NULL;
    return (visit != NULL ? visit->ticket : tag) == ticket;
}

/* Nobody waits for the request any more: if it waits itself, before the slots or behind them, it
 * goes out of the queue. What has begun goes on, calls downstream too. */
static void withdraw(struct sim_node *self, sim_ticket ticket)
{
    struct service_state *state = sim_state(self);
    uint64_t tag;
    bool waits =
        (state->gate != NULL && sim_station_withdraw(self, state->gate, is_of, ticket, &tag)) ||
        sim_station_withdraw(self, state->work, is_of, ticket, &tag);
    if (waits) {
        sim_count(self, METRIC_WITHDRAWN, 1);
        sim_answer_status(self, ticket, SIM_STATUS_EXPIRED); /* to nobody: no report of it either */
        if (state->uses_frames) {
            end_visit(self, tag);
        }
    }
}

/* ---- downstream ---- */

/* Whether something of a plan that ended like this may have been done. */
static bool is_unknown(struct sim_node *self, const struct leg *root, enum sim_status status)
{
    if (sim_operation_is_read(sim_request_of(self, root->ticket)->operation)) {
        return false;
    }
    return root->may_have_acted || (root->has_acted && !sim_status_is_answer(status));
}

/* The answer of downstream is the answer, its status too, so that callers see what went wrong. */
static void conclude(struct sim_node *self, sim_frame root, const struct sim_reply *last)
{
    sim_ticket ticket = ((struct leg *)sim_frame_at(self, root))->ticket;
    struct sim_reply reply = *last;
    const struct leg *leg = sim_frame_at(self, root);
    reply.is_unknown = is_unknown(self, leg, last->status);
    reply.has_changed_nothing = !leg->has_acted && !leg->may_have_acted;
    reply.served_by = reply.version != 0 ? reply.served_by : 0;
    reply.bytes = 0;
    if (sim_status_is_answer(last->status)) {
        reply.bytes = reply_size(self, sim_request_of(self, ticket));
    } else {
        uint16_t operation = sim_request_of(self, ticket)->operation;
        reply.status = sim_status_passed_on(operation, last->status);
    }
    answer(self, ticket, &reply);
    end_visit(self, root);
}

static void done(struct sim_node *self, uint64_t tag)
{
    struct service_state *state = sim_state(self);
    if (!state->uses_frames) {
        reply_of_work(self, tag);
        return;
    }
    sim_ticket ticket = ((struct leg *)sim_frame_at(self, tag))->ticket;
    if (!state->has_calls) {
        reply_of_work(self, ticket);
        end_visit(self, tag);
    } else if (work_fails(self)) {
        answer(self, ticket, &(struct sim_reply){.status = SIM_STATUS_ERROR});
        end_visit(self, tag);
    } else {
        calls_begin(self, &state->calls, tag);
    }
}

/* ---- report ---- */

/* The servers are those of the station that shows them as busy. */
static void send_report(struct sim_node *self)
{
    const struct service_params *params = sim_params(self);
    struct service_state *state = sim_state(self);
    bool is_at_gate = state->gate != NULL && params->slots == 0;
    report_send(self, &state->report, &params->report, is_at_gate ? state->gate : state->work,
                params->servers, TIMER_REPORT, MESSAGE_REPORT);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct service_state *state = sim_state(self);
    /* What comes most often comes first. */
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        done(self, in->tag);
    } else if (in->kind == SIM_IN_OUTCOME) {
        calls_on_outcome(self, &state->calls, in);
    } else if (in->kind == SIM_IN_GRANTED) {
        enter(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        if (in->timer == TIMER_REPORT) {
            send_report(self);
        } else {
            calls_on_timer(self, &state->calls, in);
        }
    } else if (in->kind == SIM_IN_START) {
        start(self);
    } else if (in->kind == SIM_IN_WITHDRAWN) {
        withdraw(self, in->ticket);
    }
}

const struct sim_model sim_model_service = {
    .abi = SIM_MODEL_ABI,
    .name = "service",
    .summary = "servers with a queue before them, and calls to other components if there are any",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct service_params),
    .params = service_params,
    .validate = service_validate,
    .state_size = sizeof(struct service_state),
    .frame_size = sizeof(struct leg),
    .handle = handle,
    .metrics = service_metrics,
    .timers = service_timers,
    .messages = service_messages,
    .draws = service_draws,
};

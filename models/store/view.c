/* store.view: data that is derived from other data, kept in a store of its own: a global secondary
 * index, a materialized view, a denormalized copy.
 *
 *   write -> base -> view          synchronous: answered when both are done
 *   write -> base -> answer        asynchronous: the view follows, by `workers` that have an equal
 *                 -> view          part of the groups each and send one update at a time, in order
 *   scan  -> view [-> base]        a query; with `fetch` the rows are then read, too
 *   read  -> base
 *
 * The view has one record a group of keys: group = hash(key) mod `groups`, which is the term of a
 * term-partitioned index (Kleppmann, "Designing data-intensive applications", 2017, chapter 6;
 * DynamoDB: global secondary indexes are asynchronous). An update is appended to the record. A
 * query asks for the record of its first key's group. Base and view are any components; what a
 * query misses is counted here, where it is known which updates have been answered and which have
 * arrived.
 *
 * Left out: that the group of a key changes, which would cost a second update; any repair of what a
 * crash has taken between base and view (counted as lost).
 */
#include "members.h"
#include "models.h"
#include "store/effect.h"

static const char *const mode_names[] = {"sync", "async", NULL};
enum view_mode { MODE_SYNC, MODE_ASYNC };

struct view_params {
    struct sim_target base, view;
    int32_t mode; /* enum view_mode */
    int64_t groups;
    bool fetch;
    int64_t workers, backlog;
    sim_time timeout, retry;
    int64_t bytes;
};

static const struct sim_param view_params[] = {
    {"base", SIM_PARAM_TARGET, offsetof(struct view_params, base), NULL, SIM_UNBOUNDED,
     "where the data are, members in turn", NULL, NULL},
    {"view", SIM_PARAM_TARGET, offsetof(struct view_params, view), NULL, SIM_UNBOUNDED,
     "where what is derived from them is, members in turn", NULL, NULL},
    {"mode", SIM_PARAM_CHOICE, offsetof(struct view_params, mode), "\"async\"", SIM_UNBOUNDED,
     "whether a write waits for the view [DynamoDB: async]", NULL, mode_names},
    {"groups", SIM_PARAM_INTEGER, offsetof(struct view_params, groups), "1000", 1, 1e15,
     "records of the view: terms of an index [assumed]", NULL, NULL},
    {"fetch", SIM_PARAM_BOOLEAN, offsetof(struct view_params, fetch), "false", SIM_UNBOUNDED,
     "a query then reads the rows, as a scan of the base; false = the view has all it needs", NULL,
     NULL},
    {"workers", SIM_PARAM_INTEGER, offsetof(struct view_params, workers), "8", 1, 1e6,
     "async: updates that are on their way at once, of one group one at a time [assumed]", NULL,
     NULL},
    {"backlog", SIM_PARAM_INTEGER, offsetof(struct view_params, backlog), "10000", 1, 1e9,
     "async: updates that may be behind; with more a write waits for its own [assumed]", NULL,
     NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct view_params, timeout), "s(1)", 1e-9, 1e300,
     "how long it waits for base and view [assumed]", NULL, NULL},
    {"retry", SIM_PARAM_DURATION, offsetof(struct view_params, retry), "ms(100)", 1e-6, 1e9,
     "pause before an update that failed is sent again [assumed]", NULL, NULL},
    {"bytes", SIM_PARAM_BYTES, offsetof(struct view_params, bytes), "bytes(100)", 1, 1e12,
     "size of an update [assumed]", NULL, NULL},
    {0},
};

enum view_metric {
    METRIC_BEHIND,
    METRIC_LAG,
    METRIC_UPDATES,
    METRIC_RETRIED,
    METRIC_LOST,
    METRIC_QUERIES,
    METRIC_MISSED
};
static const struct sim_metric_spec view_metrics[] = {
    {"updates.open", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
     "updates that have yet to arrive in the view", NULL},
    {"lag", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "from the answer of the base to that of the view, of each update", NULL},
    {"updates", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "that have arrived", NULL},
    {"updates.retried", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "that were sent again", NULL},
    {"updates.lost", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "that a crash, or the end of the run, has taken: the view lacks them for good", NULL},
    {"queries", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "that the view answered", NULL},
    {"queries.behind", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "of these, those that lacked an update whose write had been answered when they came",
     "queries"},
    {0},
};

enum view_timer { TIMER_RETRY };
static const char *const view_timers[] = {"retry", NULL};

enum stage { STAGE_BASE, STAGE_WAITING, STAGE_VIEW, STAGE_QUERY, STAGE_ROWS };

/* A request, or an update that goes on after its answer. */
struct view_job {
    sim_ticket ticket; /* 0 = answered */
    enum stage stage;
    uint64_t group, value;
    sim_time since;         /* the base has answered */
    sim_frame next;         /* WAITING: behind this one */
    uint64_t answered;      /* QUERY: updates of its group whose writes had been answered by then */
    struct sim_reply reply; /* of the base */
    bool is_counted;        /* an update whose write has been answered, while it is on its way */
};

struct worker {
    sim_frame first, last; /* updates: the one on its way, and those that wait for it */
};

struct view_state {
    struct members base, view;
    int64_t open; /* updates that have yet to arrive */
    struct worker *workers;
    struct cells groups; /* value: updates whose writes were answered; version: of these, arrived */
};

static struct view_job *job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static void start(struct sim_node *self)
{
    const struct view_params *params = sim_params(self);
    struct view_state *state = sim_state(self);
    members_start(self, &state->base, &params->base);
    members_start(self, &state->view, &params->view);
    state->workers = sim_alloc(self, (size_t)params->workers * sizeof *state->workers);
    cells_init(&state->groups);
}

/* ---- sending ---- */

/* False when nobody is there. */
static bool send(struct sim_node *self, struct members *members, struct sim_request *request,
                 sim_frame frame)
{
    const struct view_params *params = sim_params(self);
    sim_node_id to = members_next(self, members);
    request->attempt = 0; /* attempts are the caller's own, hop by hop */
    if (to != 0) {
        sim_send_request(self, to, request, params->timeout, frame);
    }
    return to != 0;
}

static void fail(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    sim_answer_status(self, job_at(self, frame)->ticket, status);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame, struct members *members)
{
    struct sim_request request = *sim_request_of(self, job_at(self, frame)->ticket);
    if (!send(self, members, &request, frame)) {
        fail(self, frame, SIM_STATUS_UNAVAILABLE);
    }
}

static void send_update(struct sim_node *self, sim_frame frame)
{
    const struct view_params *params = sim_params(self);
    struct view_state *state = sim_state(self);
    struct view_job *job = job_at(self, frame);
    job->stage = STAGE_VIEW;
    struct sim_request request = {.key = job->group,
                                  .value = job->value,
                                  .deadline = SIM_NEVER,
                                  .bytes = params->bytes,
                                  .operation = SIM_OP_APPEND,
                                  .origin_zone = (uint16_t)sim_zone(self)};
    if (job->ticket != 0) {
        request.span = sim_request_of(self, job->ticket)->span;
    }
    if (!send(self, &state->view, &request, frame)) {
        sim_after(self, params->retry, TIMER_RETRY, frame);
    }
}

/* ---- updates ---- */

static struct worker *worker_of(struct sim_node *self, uint64_t group)
{
    const struct view_params *params = sim_params(self);
    const struct view_state *state = sim_state(self);
    return &state->workers[group % (uint64_t)params->workers];
}

static void give_to_worker(struct sim_node *self, sim_frame frame)
{
    struct view_job *job = job_at(self, frame);
    struct worker *worker = worker_of(self, job->group);
    job->stage = STAGE_WAITING;
    if (worker->first == 0) {
        worker->first = worker->last = frame;
        send_update(self, frame);
    } else {
        job_at(self, worker->last)->next = frame;
        worker->last = frame;
    }
}

static void next_of_worker(struct sim_node *self, struct worker *worker, sim_frame next)
{
    worker->first = next;
    if (next != 0) {
        send_update(self, next);
    }
}

/* The base has done the write. */
static void begin_update(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct view_params *params = sim_params(self);
    struct view_state *state = sim_state(self);
    struct view_job *job = job_at(self, frame);
    job->reply = *reply;
    job->since = sim_now(self);
    sim_level(self, METRIC_BEHIND, 1);
    if (params->mode == MODE_SYNC) {
        state->open++;
        send_update(self, frame);
        return;
    }
    if (state->open++ < params->backlog) {
        sim_answer(self, job->ticket, reply);
        job->ticket = 0;
        job->is_counted = true;
        cells_put(&state->groups, job->group)->value++;
    }
    give_to_worker(self, frame);
}

static void arrived(struct sim_node *self, sim_frame frame)
{
    struct view_state *state = sim_state(self);
    const struct view_job *job = job_at(self, frame);
    struct worker *worker = worker_of(self, job->group);
    sim_frame next = job->next;
    state->open--;
    sim_level(self, METRIC_BEHIND, -1);
    sim_count(self, METRIC_UPDATES, 1);
    sim_record(self, METRIC_LAG, sim_now(self) - job->since);
    if (job->is_counted) {
        cells_put(&state->groups, job->group)->version++;
    }
    if (job->ticket != 0) {
        sim_answer(self, job->ticket, &job->reply);
    }
    sim_frame_end(self, frame);
    if (worker->first == frame) {
        next_of_worker(self, worker, next);
    }
}

/* ---- queries ---- */

static void begin_query(struct sim_node *self, sim_frame frame)
{
    struct view_state *state = sim_state(self);
    struct view_job *job = job_at(self, frame);
    const struct cell *cell = cells_find(&state->groups, job->group);
    job->answered = cell != NULL ? cell->value : 0;
    job->stage = STAGE_QUERY;
    struct sim_request request = *sim_request_of(self, job->ticket);
    request.key = job->group;
    request.operation = SIM_OP_READ;
    if (!send(self, &state->view, &request, frame)) {
        fail(self, frame, SIM_STATUS_UNAVAILABLE);
    }
}

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    sim_answer(self, job_at(self, frame)->ticket, reply);
    sim_frame_end(self, frame);
}

static void conclude_query(struct sim_node *self, sim_frame frame, struct sim_reply *reply)
{
    const struct view_params *params = sim_params(self);
    struct view_state *state = sim_state(self);
    struct view_job *job = job_at(self, frame);
    if (!sim_status_is_answer(reply->status)) {
        end(self, frame, reply);
        return;
    }
    const struct cell *cell = cells_find(&state->groups, job->group);
    sim_count(self, METRIC_QUERIES, 1);
    sim_count(self, METRIC_MISSED, cell != NULL && cell->version < job->answered);
    if (params->fetch) {
        job->stage = STAGE_ROWS;
        pass_on(self, frame, &state->base);
        return;
    }
    struct sim_reply answer = {.bytes = reply->bytes}; /* as a scan is answered */
    end(self, frame, &answer);
}

/* ---- requests ---- */

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct view_params *params = sim_params(self);
    struct view_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    struct view_job *job = job_at(self, frame);
    job->ticket = in->ticket;
    job->value = in->request->value;
    job->group = sim_hash_pair(1, in->request->key) % (uint64_t)params->groups;
    if (in->request->operation == SIM_OP_SCAN) {
        begin_query(self, frame);
    } else {
        pass_on(self, frame, &state->base);
    }
}

static void conclude_base(struct sim_node *self, sim_frame frame, struct sim_reply *reply)
{
    const struct sim_request *request = sim_request_of(self, job_at(self, frame)->ticket);
    reply->status = sim_status_passed_on(request->operation, reply->status);
    if (effect_is_read(request->operation) || reply->status != SIM_STATUS_OK) {
        end(self, frame, reply);
    } else {
        begin_update(self, frame, reply);
    }
}

static void on_outcome(struct sim_node *self, sim_frame frame, struct sim_reply reply)
{
    const struct view_params *params = sim_params(self);
    switch (job_at(self, frame)->stage) {
    case STAGE_BASE:
        conclude_base(self, frame, &reply);
        break;
    case STAGE_QUERY:
        reply.status = sim_status_passed_on(SIM_OP_READ, reply.status);
        conclude_query(self, frame, &reply);
        break;
    case STAGE_ROWS:
        reply.status = sim_status_passed_on(SIM_OP_READ, reply.status);
        end(self, frame, &reply);
        break;
    case STAGE_VIEW:
        if (sim_status_is_answer(reply.status)) {
            arrived(self, frame);
        } else {
            sim_count(self, METRIC_RETRIED, 1);
            sim_after(self, params->retry, TIMER_RETRY, frame);
        }
        break;
    case STAGE_WAITING:
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in->tag, in->outcome->reply);
    } else if (in->kind == SIM_IN_TIMER) {
        send_update(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* At the end of a life: what had yet to arrive is lost. */
static void release(struct sim_node *self)
{
    struct view_state *state = sim_state(self);
    sim_level(self, METRIC_BEHIND, -state->open);
    sim_count(self, METRIC_LOST, (uint64_t)state->open);
    cells_clear(&state->groups);
}

static const char *validate(const void *fields)
{
    const struct view_params *params = fields;
    bool has_shares = params->base.shares != NULL || params->view.shares != NULL;
    return has_shares ? "members of base and view take turns; no shares here" : NULL;
}

const struct sim_model sim_model_store_view = {
    .abi = SIM_MODEL_ABI,
    .name = "store.view",
    .summary = "derived data in a store of their own: a global index, a materialized view",
    .params_size = sizeof(struct view_params),
    .params = view_params,
    .validate = validate,
    .state_size = sizeof(struct view_state),
    .frame_size = sizeof(struct view_job),
    .handle = handle,
    .release = release,
    .metrics = view_metrics,
    .timers = view_timers,
};

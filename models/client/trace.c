/* client.trace: a recorded workload, played back row by row.
 *
 * At the recorded pace (or faster, or slower) operations begin when the file says, whatever became
 * of those before. Back to back, a row is begun when an earlier one is over, with at most
 * `concurrency` open: with one, the order in which the system sees the rows is that of the file,
 * which a cache's exact miss count needs.
 *
 * The size in a row is that of the object: what a read expects back, what a write sends.
 *
 * Left out: dependencies between rows other than their order.
 */
#include "client/operation.h"
#include "models.h"

enum trace_pace { PACE_RECORDED, PACE_BACK_TO_BACK };
static const char *const pace_names[] = {"recorded", "back_to_back", NULL};

enum trace_operation { TRACE_AS_RECORDED, TRACE_AS_CALL, TRACE_AS_READ, TRACE_AS_WRITE };
static const char *const operation_names[] = {"recorded", "call", "read", "write", NULL};

struct trace_params {
    const struct sim_trace *trace;
    int32_t pace;
    double speed;
    int64_t repeats;
    int64_t concurrency;
    int32_t operation_as;
    int64_t bytes;
    struct operation_params operation;
    struct guarantee_params guarantee;
};

struct trace_state {
    struct operations operations;
    uint64_t next;     /* row to begin next, counting through all laps */
    uint64_t end;      /* rows of all laps */
    uint64_t open;     /* back to back: rows begun and not over */
    bool is_beginning; /* rows are being begun further up the stack */
    sim_timer timer;
    double speed;    /* of trace time, load factor included */
    sim_time since;  /* trace time was `position` at this time of the run */
    double position; /* ns */
    sim_time lap;    /* length of the trace, ns */
};

static const struct sim_param trace_params[] = {
    {"trace", SIM_PARAM_TRACE, offsetof(struct trace_params, trace), NULL, SIM_UNBOUNDED,
     "CSV file with time, key, size and operation of each row", NULL, NULL},
    {"pace", SIM_PARAM_CHOICE, offsetof(struct trace_params, pace), "\"recorded\"", SIM_UNBOUNDED,
     "begin rows at their recorded times, or each when one before it is over", NULL, pace_names},
    {"speed", SIM_PARAM_NUMBER, offsetof(struct trace_params, speed), "1", 1e-9, 1e9,
     "how many times as fast as recorded", NULL, NULL},
    {"repeats", SIM_PARAM_INTEGER, offsetof(struct trace_params, repeats), "1", 1, 1e9,
     "how many times it is played, end to end", NULL, NULL},
    {"concurrency", SIM_PARAM_INTEGER, offsetof(struct trace_params, concurrency), "1", 1, 1e9,
     "back to back: rows that may be open at once", NULL, NULL},
    {"operation", SIM_PARAM_CHOICE, offsetof(struct trace_params, operation_as), "\"recorded\"",
     SIM_UNBOUNDED, "what each row does: what the file says, or all the same", NULL,
     operation_names},
    {"bytes", SIM_PARAM_BYTES, offsetof(struct trace_params, bytes), "bytes(200)", SIM_NOT_NEGATIVE,
     "size of a request on the wire, without what a write carries [assumed]", NULL, NULL},
    OPERATION_PARAMS(struct trace_params, operation),
    GUARANTEE_PARAMS(struct trace_params, guarantee),
    {0},
};

static uint16_t operation_of(const struct trace_params *params, const struct sim_trace_row *row)
{
    switch ((enum trace_operation)params->operation_as) {
    case TRACE_AS_RECORDED:
        return row->operation;
    case TRACE_AS_CALL:
        return SIM_OP_CALL;
    case TRACE_AS_READ:
        return SIM_OP_READ;
    case TRACE_AS_WRITE:
        return SIM_OP_WRITE;
    }
    return row->operation;
}

static bool carries_value(uint16_t operation)
{
    return operation == SIM_OP_WRITE || operation == SIM_OP_APPEND ||
           operation == SIM_OP_COMPARE_AND_SET;
}

static void begin_row(struct sim_node *self)
{
    const struct trace_params *params = sim_params(self);
    struct trace_state *state = sim_state(self);
    const struct sim_trace_row *row = &params->trace->rows[state->next % params->trace->count];
    state->next++;
    sim_frame frame;
    struct operation_wish *wish = operation_new(self, &frame);
    wish->key = row->key;
    wish->bytes = params->bytes;
    wish->operation = operation_of(params, row);
    if (carries_value(wish->operation)) {
        wish->bytes += row->bytes;
    } else {
        wish->reply_bytes = row->bytes;
    }
    operation_begin(self, &state->operations, frame);
}

/* ---- at the recorded pace ---- */

static sim_time trace_time_of(const struct sim_node *self, const struct trace_state *state,
                              uint64_t row)
{
    const struct sim_trace *trace = ((const struct trace_params *)sim_params(self))->trace;
    return (sim_time)(row / trace->count) * state->lap + trace->rows[row % trace->count].time;
}

/* Begins all rows whose time has come, and waits for the next. */
static void keep_pace(struct sim_node *self)
{
    struct trace_state *state = sim_state(self);
    state->timer = 0;
    while (state->next < state->end && state->speed > 0) {
        double left = (double)trace_time_of(self, state, state->next) - state->position;
        sim_time due = sim_time_add(state->since, sim_time_from_seconds(left / state->speed / 1e9));
        if (due > sim_now(self)) {
            if (due != SIM_NEVER) {
                state->timer = sim_after(self, due - sim_now(self), CLIENT_TIMER_NEXT, 0);
            }
            return;
        }
        begin_row(self);
    }
}

static void change_load(struct sim_node *self, double factor)
{
    const struct trace_params *params = sim_params(self);
    struct trace_state *state = sim_state(self);
    if (params->pace != PACE_RECORDED) {
        return;
    }
    sim_cancel(self, state->timer);
    state->position += (double)(sim_now(self) - state->since) * state->speed;
    state->since = sim_now(self);
    state->speed = params->speed * factor;
    keep_pace(self);
}

/* ---- back to back ---- */

static void begin_rows(struct sim_node *self)
{
    const struct trace_params *params = sim_params(self);
    struct trace_state *state = sim_state(self);
    if (state->is_beginning) {
        return; /* a row that failed as it was begun: the loop further up goes on */
    }
    state->is_beginning = true;
    while (state->next < state->end && state->open < (uint64_t)params->concurrency) {
        state->open++;
        begin_row(self);
    }
    state->is_beginning = false;
}

static void ended(struct sim_node *self, struct operations *operations,
                  const struct operation *operation, enum sim_status status)
{
    (void)operations;
    (void)operation;
    (void)status;
    struct trace_state *state = sim_state(self);
    state->open--;
    begin_rows(self);
}

/* The next lap begins one mean gap after the last row. */
static sim_time lap_length(const struct sim_trace *trace)
{
    if (trace->count < 2) {
        return SIM_SECOND;
    }
    sim_time last = trace->rows[trace->count - 1].time;
    return last + last / (sim_time)(trace->count - 1);
}

static void start(struct sim_node *self, double factor)
{
    const struct trace_params *params = sim_params(self);
    struct trace_state *state = sim_state(self);
    bool is_back_to_back = params->pace == PACE_BACK_TO_BACK;
    operations_start(self, &state->operations, &params->operation, 0,
                     is_back_to_back ? ended : NULL);
    operations_want(&state->operations, &params->guarantee);
    state->end = (uint64_t)params->repeats * params->trace->count;
    state->speed = params->speed * factor;
    state->since = sim_now(self);
    if (is_back_to_back) {
        begin_rows(self);
    } else {
        state->lap = lap_length(params->trace);
        keep_pace(self);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct trace_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        start(self, in->load_factor);
    } else if (in->kind == SIM_IN_LOAD) {
        change_load(self, in->load_factor);
    } else if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_NEXT) {
        keep_pace(self);
    } else {
        operations_handle(self, &state->operations, in);
    }
}

static const char *validate(const void *fields)
{
    const struct trace_params *params = fields;
    return operation_validate(&params->operation, &params->guarantee, false);
}

const struct sim_model sim_model_client_trace = {
    .abi = SIM_MODEL_ABI,
    .name = "client.trace",
    .summary = "a recorded workload, played back at its own pace or as fast as it is answered",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct trace_params),
    .params = trace_params,
    .validate = validate,
    .state_size = sizeof(struct trace_state),
    .frame_size = sizeof(struct operation),
    .handle = handle,
    .timers = client_timers,
    .draws = client_draws,
};

/* client.closed: a fixed population of users, each of whom asks, waits for the answer, thinks, and
 * asks again (a closed workload, or terminals; Schroeder, Wierman and Harchol-Balter, NSDI 2006).
 *
 * A session costs a few words; while its operation is open also a frame, and while it thinks a
 * timer. Under a load factor think time passes that many times as fast, from that moment on.
 *
 * Left out: users who come and go.
 */
#include "client/operation.h"
#include "models.h"

struct closed_params {
    int64_t sessions;
    const struct sim_dist *think; /* NULL = none */
    sim_time ramp_up;
    struct operation_params operation;
    struct workload_params workload;
};

struct session {
    sim_timer timer; /* 0 while an operation is open, or while time stands still */
    sim_time wakes;  /* end of its thinking; at a load factor of 0 what is left of it */
};
#define NOT_THINKING (-1)

struct closed_state {
    struct operations operations;
    struct workload workload;
    struct session *sessions;
    double factor; /* of the load */
};

/* A session that does not think and whose operation failed in no time tries again after this: at
 * once would be for ever. */
#define SPIN_PAUSE SIM_MILLISECOND

static const struct sim_param closed_params[] = {
    {"sessions", SIM_PARAM_INTEGER, offsetof(struct closed_params, sessions), NULL, 1, 1e7,
     "users at each member of the group", NULL, NULL},
    {"think", SIM_PARAM_DURATION_LAW, offsetof(struct closed_params, think), "nil",
     SIM_NOT_NEGATIVE, "time from an answer to the next operation; left out = none", NULL, NULL},
    {"ramp_up", SIM_PARAM_DURATION, offsetof(struct closed_params, ramp_up), "s(0)",
     SIM_NOT_NEGATIVE, "sessions begin evenly over this time, each with a think", NULL, NULL},
    OPERATION_PARAMS(struct closed_params, operation),
    WORKLOAD_PARAMS(struct closed_params, workload),
    {0},
};

static void ask(struct sim_node *self, uint64_t session)
{
    struct closed_state *state = sim_state(self);
    state->sessions[session] = (struct session){.wakes = NOT_THINKING};
    sim_frame frame;
    struct operation_wish *wish = operation_new(self, &frame);
    wish->session = session;
    workload_next(self, &state->workload, wish);
    operation_begin(self, &state->operations, frame);
}

/* `think` is what is left of it at a load factor of 1. */
static void think(struct sim_node *self, uint64_t session, sim_time think)
{
    struct closed_state *state = sim_state(self);
    struct session *own = &state->sessions[session];
    own->timer = 0;
    own->wakes = think;
    if (state->factor > 0) {
        if (state->factor != 1) {
            think = sim_time_from_seconds(sim_time_seconds(think) / state->factor);
        }
        own->wakes = sim_time_add(sim_now(self), think);
        own->timer = sim_after(self, think, CLIENT_TIMER_NEXT, session);
    }
}

static sim_time draw_think(struct sim_node *self)
{
    const struct closed_params *params = sim_params(self);
    return params->think == NULL ? 0 : sim_draw(self, CLIENT_DRAW_THINK, params->think);
}

static void ended(struct sim_node *self, struct operations *operations,
                  const struct operation *operation, enum sim_status status)
{
    (void)operations;
    struct closed_state *state = sim_state(self);
    uint64_t session = operation->wish.session;
    sim_time pause = draw_think(self);
    if (pause == 0 && sim_now(self) == operation->id.began && !sim_status_is_answer(status)) {
        pause = SPIN_PAUSE;
    }
    if (pause == 0 && state->factor > 0) {
        ask(self, session);
    } else {
        think(self, session, pause);
    }
}

static void start(struct sim_node *self, double factor)
{
    const struct closed_params *params = sim_params(self);
    struct closed_state *state = sim_state(self);
    uint64_t count = (uint64_t)params->sessions;
    operations_start(self, &state->operations, &params->operation, count, ended);
    operations_ask_for(&state->operations, &params->workload);
    workload_start(self, &state->workload, &params->workload);
    state->sessions = sim_alloc(self, count * sizeof *state->sessions);
    state->factor = factor;
    double step = (double)params->ramp_up / (double)count;
    for (uint64_t i = 0; i < count; i++) {
        think(self, i, sim_time_add((sim_time)(step * (double)i), draw_think(self)));
    }
}

/* What is left of every think is passed at the new speed. */
static void change_load(struct sim_node *self, double factor)
{
    const struct closed_params *params = sim_params(self);
    struct closed_state *state = sim_state(self);
    double before = state->factor;
    state->factor = factor;
    for (uint64_t i = 0; i < (uint64_t)params->sessions; i++) {
        struct session *session = &state->sessions[i];
        if (before > 0 && session->timer != 0) {
            sim_cancel(self, session->timer);
            double left = sim_time_seconds(session->wakes - sim_now(self)) * before;
            think(self, i, sim_time_from_seconds(left));
        } else if (!(before > 0) && session->wakes != NOT_THINKING) {
            think(self, i, session->wakes);
        }
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct closed_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        start(self, in->load_factor);
    } else if (in->kind == SIM_IN_LOAD) {
        change_load(self, in->load_factor);
    } else if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_NEXT) {
        ask(self, in->tag);
    } else {
        operations_handle(self, &state->operations, in);
    }
}

static void release(struct sim_node *self)
{
    struct closed_state *state = sim_state(self);
    operations_clear(&state->operations);
    workload_clear(&state->workload);
}

static const char *validate(const void *fields)
{
    const struct closed_params *params = fields;
    return operation_validate(&params->operation, &params->workload.guarantee, true);
}

const struct sim_model sim_model_client_closed = {
    .abi = SIM_MODEL_ABI,
    .name = "client.closed",
    .summary = "a fixed number of users who ask, wait for the answer, think, and ask again",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct closed_params),
    .params = closed_params,
    .validate = validate,
    .state_size = sizeof(struct closed_state),
    .frame_size = sizeof(struct operation),
    .handle = handle,
    .release = release,
    .timers = client_timers,
    .draws = client_draws,
};

/* client.open: users who arrive whatever the system does (an open workload; Schroeder, Wierman and
 * Harchol-Balter, NSDI 2006). Operations begin at the times of an arrival law, and none waits for
 * the one before it.
 *
 * Left out: users who give up because of what they saw before.
 */
#include "client/operation.h"
#include "models.h"

struct open_params {
    struct sim_shape arrivals;
    struct operation_params operation;
    struct workload_params workload;
    int64_t sessions;
};

struct open_state {
    struct operations operations;
    struct workload workload;
    struct sim_arrivals arrivals;
    struct sim_random *arrivals_random;
    sim_timer next;
    double factor; /* of the load */
};

static const struct sim_param open_params[] = {
    {"arrivals", SIM_PARAM_SHAPE, offsetof(struct open_params, arrivals), NULL, SIM_UNBOUNDED,
     "when operations begin, at each member of the group", &sim_arrivals_family, NULL},
    OPERATION_PARAMS(struct open_params, operation),
    WORKLOAD_PARAMS(struct open_params, workload),
    {"sessions", SIM_PARAM_INTEGER, offsetof(struct open_params, sessions), "0", 0, 1e8,
     "users that the operations belong to, drawn evenly; 0 = no sessions", NULL, NULL},
    {0},
};

static void arm(struct sim_node *self, struct open_state *state, sim_time arrival)
{
    state->next = 0;
    if (arrival != SIM_NEVER) {
        state->next = sim_after(self, arrival - sim_now(self), CLIENT_TIMER_NEXT, 0);
    }
}

static void start(struct sim_node *self, double factor)
{
    const struct open_params *params = sim_params(self);
    struct open_state *state = sim_state(self);
    struct sim_random *random = sim_random_of(self, CLIENT_DRAW_ARRIVALS);
    operations_start(self, &state->operations, &params->operation, (uint64_t)params->sessions,
                     NULL);
    operations_ask_for(&state->operations, &params->workload);
    workload_start(self, &state->workload, &params->workload);
    state->factor = factor;
    state->arrivals_random = random;
    sim_arrivals_init(&state->arrivals, &params->arrivals, random);
    arm(self, state, sim_arrivals_next(&state->arrivals, sim_now(self), factor, random));
}

static void arrive(struct sim_node *self)
{
    const struct open_params *params = sim_params(self);
    struct open_state *state = sim_state(self);
    sim_frame frame;
    struct operation_wish *wish = operation_new(self, &frame);
    workload_next(self, &state->workload, wish);
    if (params->sessions > 0) {
        wish->session =
            sim_random_below(sim_random_of(self, CLIENT_DRAW_SESSION), (uint64_t)params->sessions);
    }
    operation_begin(self, &state->operations, frame);
    arm(self, state,
        sim_arrivals_next(&state->arrivals, sim_now(self), state->factor, state->arrivals_random));
}

static void change_load(struct sim_node *self, double factor)
{
    struct open_state *state = sim_state(self);
    state->factor = factor;
    sim_cancel(self, state->next);
    arm(self, state, sim_arrivals_change(&state->arrivals, sim_now(self), factor));
}

static const char *validate(const void *fields)
{
    const struct open_params *params = fields;
    return operation_validate(&params->operation, &params->workload.guarantee,
                              params->sessions > 0);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct open_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        start(self, in->load_factor);
    } else if (in->kind == SIM_IN_LOAD) {
        change_load(self, in->load_factor);
    } else if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_NEXT) {
        arrive(self);
    } else {
        operations_handle(self, &state->operations, in);
    }
}

static void release(struct sim_node *self)
{
    struct open_state *state = sim_state(self);
    operations_clear(&state->operations);
    workload_clear(&state->workload);
}

const struct sim_model sim_model_client_open = {
    .abi = SIM_MODEL_ABI,
    .name = "client.open",
    .summary = "users who arrive whatever the system does: an arrival law, no waiting in line",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct open_params),
    .params = open_params,
    .validate = validate,
    .state_size = sizeof(struct open_state),
    .frame_size = sizeof(struct operation),
    .handle = handle,
    .release = release,
    .timers = client_timers,
    .draws = client_draws,
};

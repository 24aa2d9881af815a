/* client.polling: many clients that ask again and again for what is new: every `interval`
 * (polling), or, with an interval of 0 and a server that holds what finds nothing, again as soon as
 * they are answered (long polling; RFC 6202).
 *
 * Each client counts its interval from the beginning of a poll to that of the next one, which waits
 * for the end of the one before. It has what its last answer brought, says so with the next poll,
 * and is owed every update that was published since the clients began. The delay of an update is
 * from its publication to the answer that brings it.
 *
 * Left out: clients that come and go; surges.
 */
#include "client/operation.h"
#include "feed.h"
#include "models.h"

struct polling_params {
    int64_t count;
    sim_time interval;
    sim_time ramp_up;
    int64_t bytes;
    struct operation_params operation;
};

struct polling_state {
    struct operations operations;
    uint64_t *numbers; /* of the latest update that each client has */
    sim_time began;
};

/* A client that does not wait and whose poll failed in no time asks again after this: at once would
 * be for ever. */
#define SPIN_PAUSE SIM_MILLISECOND

enum polling_metric { METRIC_DELAY, METRIC_DELIVERED };
static const struct sim_metric_spec polling_metrics[] = {
    {"delay", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "from the publication of an update to the client that has it", NULL},
    {"delivered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that clients got", NULL},
    {0},
};

static const struct sim_param polling_params[] = {
    {"count", SIM_PARAM_INTEGER, offsetof(struct polling_params, count), NULL, 1, 1e7,
     "clients at each member of the group", NULL, NULL},
    {"interval", SIM_PARAM_DURATION, offsetof(struct polling_params, interval), NULL,
     SIM_NOT_NEGATIVE, "from one poll of a client to the next; 0 = as soon as it is answered", NULL,
     NULL},
    {"ramp_up", SIM_PARAM_DURATION, offsetof(struct polling_params, ramp_up), "nil",
     SIM_NOT_NEGATIVE, "first polls are spread evenly over this; left out = the interval", NULL,
     NULL},
    {"bytes", SIM_PARAM_BYTES, offsetof(struct polling_params, bytes), "bytes(500)",
     SIM_NOT_NEGATIVE, "size of a poll on the wire [assumed: a request and its headers]", NULL,
     NULL},
    OPERATION_PARAMS(struct polling_params, operation),
    {0},
};

static void poll(struct sim_node *self, uint64_t client)
{
    const struct polling_params *params = sim_params(self);
    struct polling_state *state = sim_state(self);
    sim_frame frame;
    struct operation_wish *wish = operation_new(self, &frame);
    wish->session = client;
    wish->bytes = params->bytes;
    wish->operation = SIM_OP_READ;
    operation_begin(self, &state->operations, frame);
}

static void look_at_news(struct sim_node *self, uint64_t client)
{
    struct polling_state *state = sim_state(self);
    uint64_t event = state->operations.tokens[client];
    uint64_t number = feed_number(event);
    if (number > state->numbers[client]) {
        uint64_t count = feed_delivered(self, METRIC_DELAY, feed_item(event),
                                        state->numbers[client], state->began);
        sim_count(self, METRIC_DELIVERED, count);
        state->numbers[client] = number;
    }
}

static void ended(struct sim_node *self, struct operations *operations,
                  const struct operation *operation, enum sim_status status)
{
    (void)operations;
    const struct polling_params *params = sim_params(self);
    sim_time now = sim_now(self);
    look_at_news(self, operation->wish.session);
    sim_time next = sim_time_add(operation->id.began, params->interval);
    if (next <= now && now == operation->id.began && !sim_status_is_answer(status)) {
        next = now + SPIN_PAUSE;
    }
    if (next != SIM_NEVER) {
        sim_after(self, next > now ? next - now : 0, CLIENT_TIMER_NEXT, operation->wish.session);
    }
}

static void start(struct sim_node *self)
{
    const struct polling_params *params = sim_params(self);
    struct polling_state *state = sim_state(self);
    uint64_t count = (uint64_t)params->count;
    operations_start(self, &state->operations, &params->operation, count, ended);
    state->numbers = sim_alloc(self, count * sizeof *state->numbers);
    state->began = sim_now(self);
    sim_time spread = params->ramp_up > 0 ? params->ramp_up : params->interval;
    double step = (double)spread / (double)count;
    for (uint64_t i = 0; i < count; i++) {
        sim_after(self, (sim_time)(step * (double)i), CLIENT_TIMER_NEXT, i);
    }
}

static const char *validate(const void *fields)
{
    const struct polling_params *params = fields;
    return operation_validate(&params->operation, NULL, true);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct polling_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        start(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_NEXT) {
        poll(self, in->tag);
    } else {
        operations_handle(self, &state->operations, in);
    }
}

const struct sim_model sim_model_client_polling = {
    .abi = SIM_MODEL_ABI,
    .name = "client.polling",
    .summary = "clients that ask again and again for what is new: polling, long polling",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct polling_params),
    .params = polling_params,
    .validate = validate,
    .state_size = sizeof(struct polling_state),
    .frame_size = sizeof(struct operation),
    .handle = handle,
    .metrics = polling_metrics,
    .timers = client_timers,
    .draws = client_draws,
};

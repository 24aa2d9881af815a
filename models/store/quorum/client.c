/* store.quorum_client: a coordinator of store.quorum that holds no data: the library in the client
 * that asks the replicas itself and saves a hop (DeCandia and others, "Dynamo", SOSP 2007, section
 * 6.4, "client-driven coordination").
 *
 * It takes requests like a store; put it on its client's machine (`on = "users"`), where they reach
 * it in no time. Versions are those of its machine's clock. It keeps no hints, since it has no
 * disk: a replica that is away is helped by stand-ins, read repair and anti-entropy only.
 */
#include "models.h"
#include "store/quorum/quorum.h"

struct client_params {
    struct sim_target to;
    struct quorum_params common;
};

static const struct sim_param client_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct client_params, to), NULL, SIM_UNBOUNDED,
     "all replicas: the whole group", NULL, NULL},
    QUORUM_PARAMS(struct client_params, common),
    {0},
};

static const struct sim_metric_spec client_metrics[] = {QUORUM_METRICS, {0}};

static void handle(struct sim_node *self, const struct sim_input *in)
{
    const struct client_params *params = sim_params(self);
    struct quorum_coordinator *coordinator = sim_state(self);
    if (in->kind == SIM_IN_MESSAGE) {
        quorum_coordinator_message(self, coordinator, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        quorum_request(self, coordinator, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == QUORUM_TIMER_TIMEOUT) {
        quorum_timeout(self, coordinator, in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == QUORUM_TIMER_PROBE) {
        quorum_probe(self, coordinator);
    } else if (in->kind == SIM_IN_START) {
        quorum_coordinator_start(self, coordinator, &params->common, params->to.ids,
                                 params->to.count);
    }
}

static void release(struct sim_node *self)
{
    quorum_coordinator_release(self, sim_state(self));
}

static const char *validate(const void *fields)
{
    const struct client_params *params = fields;
    if (params->to.shares != NULL) {
        return "to: all replicas are asked; no shares here";
    }
    return quorum_validate(&params->common, 0);
}

const struct sim_model sim_model_store_quorum_client = {
    .abi = SIM_MODEL_ABI,
    .name = "store.quorum_client",
    .summary = "asks the replicas of a store.quorum itself, at the client",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct client_params),
    .params = client_params,
    .validate = validate,
    .state_size = sizeof(struct quorum_coordinator),
    .frame_size = sizeof(struct quorum_frame),
    .handle = handle,
    .release = release,
    .metrics = client_metrics,
    .timers = quorum_timers,
    .messages = quorum_messages,
    .draws = quorum_draws,
};

/* router: passes each request on by what it asks for (content routing of a layer 7 balancer, the
 * route table of a gateway), and the reply back.
 *
 *   request -> route of its operation, or range of its key, or `to` -> one of its members -> reply
 *
 * A route is a target; its members take turns, so that a route usually leads to a balancer. With
 * `ranges` the keys 0 .. range_keys - 1 are cut into as many equal parts as the target has nodes
 * (its count_max), the first to the first; keys beyond go to the last. A part is its node's whether
 * that is there or not. A scan goes where its first key is, and is not divided.
 *
 * It takes no time and tries nothing again: work, retries and health belong to balancers. Left out:
 * routes that change, and routes by anything that a request here has not got (host, header, path).
 */
#include "members.h"
#include "models.h"

struct router_params {
    struct sim_target to;
    struct sim_target ranges;
    int64_t range_keys;
    struct sim_target operations[SIM_OP_COUNT];
    sim_time timeout;
};

struct router_state {
    struct members to;
    struct members operations[SIM_OP_COUNT];
    struct members ranges; /* to know who of them is there */
    uint64_t part;         /* keys of one range */
};

/* The frame of a request that is being passed on. */
struct routed {
    sim_ticket ticket;
};

enum router_metric { METRIC_UNROUTED };
static const struct sim_metric_spec router_metrics[] = {
    {"unrouted", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests whose route led to nobody", NULL},
    {0},
};

#define AT(member) offsetof(struct router_params, member)
#define ROUTE(name, operation)                                                                     \
    {                                                                                              \
        name, SIM_PARAM_TARGET, AT(operations[operation]), "nil", SIM_UNBOUNDED,                   \
            "where these operations go; left out = as all others", NULL, NULL                      \
    }

static const struct sim_param router_params[] = {
    {"to", SIM_PARAM_TARGET, AT(to), "nil", SIM_UNBOUNDED,
     "where everything goes that has no other route, members in turn", NULL, NULL},
    {"ranges", SIM_PARAM_TARGET, AT(ranges), "nil", SIM_UNBOUNDED,
     "instead of `to`: nodes that have a range of the keys each", NULL, NULL},
    {"range_keys", SIM_PARAM_INTEGER, AT(range_keys), "1000000", 1, 1e15,
     "number of keys that are cut into these ranges [as many as a client draws from]", NULL, NULL},
    ROUTE("call", SIM_OP_CALL),
    ROUTE("read", SIM_OP_READ),
    ROUTE("write", SIM_OP_WRITE),
    ROUTE("compare_and_set", SIM_OP_COMPARE_AND_SET),
    ROUTE("increment", SIM_OP_INCREMENT),
    ROUTE("append", SIM_OP_APPEND),
    ROUTE("delete", SIM_OP_DELETE),
    ROUTE("scan", SIM_OP_SCAN),
    {"timeout", SIM_PARAM_DURATION, AT(timeout), "none", 1e-9, 1e300,
     "how long it waits for an answer", NULL, NULL},
    {0},
};

static const char *validate(const void *fields)
{
    const struct router_params *params = fields;
    if ((params->to.count > 0) == (params->ranges.count > 0)) {
        return "give either to or ranges";
    }
    if (params->ranges.count > params->range_keys) {
        return "range_keys: fewer keys than ranges";
    }
    bool has_shares = params->to.shares != NULL || params->ranges.shares != NULL;
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        has_shares = has_shares || params->operations[i].shares != NULL;
    }
    return has_shares ? "members of a route take turns; no shares here" : NULL;
}

static void start(struct sim_node *self)
{
    const struct router_params *params = sim_params(self);
    struct router_state *state = sim_state(self);
    members_start(self, &state->to, &params->to);
    members_start(self, &state->ranges, &params->ranges);
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        members_start(self, &state->operations[i], &params->operations[i]);
    }
    if (params->ranges.count > 0) {
        state->part = ((uint64_t)params->range_keys - 1) / params->ranges.count + 1;
    }
}

/* Whose range the key is in, 0 when that node is not there. */
static sim_node_id owner_of(struct sim_node *self, uint64_t key)
{
    struct router_state *state = sim_state(self);
    const struct sim_target *ranges = state->ranges.target;
    uint64_t range = key / state->part;
    sim_node_id owner = ranges->ids[range < ranges->count ? range : ranges->count - 1];
    members_look(self, &state->ranges);
    for (uint32_t i = 0; i < state->ranges.count; i++) {
        if (state->ranges.ids[i] == owner) {
            return owner;
        }
    }
    return 0;
}

static sim_node_id route(struct sim_node *self, const struct sim_request *request)
{
    const struct router_params *params = sim_params(self);
    struct router_state *state = sim_state(self);
    if (params->operations[request->operation].count > 0) {
        return members_next(self, &state->operations[request->operation]);
    }
    return params->ranges.count > 0 ? owner_of(self, request->key) : members_next(self, &state->to);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct router_params *params = sim_params(self);
    sim_node_id to = route(self, in->request);
    if (to == 0) {
        sim_count(self, METRIC_UNROUTED, 1);
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct routed *routed = sim_frame_at(self, frame);
    routed->ticket = in->ticket;
    struct sim_request request = *in->request;
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct routed *routed = sim_frame_at(self, frame);
    struct sim_reply reply = outcome->reply;
    reply.status =
        sim_status_passed_on(sim_request_of(self, routed->ticket)->operation, reply.status);
    sim_answer(self, routed->ticket, &reply);
    sim_frame_end(self, frame);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, in->outcome);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

const struct sim_model sim_model_router = {
    .abi = SIM_MODEL_ABI,
    .name = "router",
    .summary = "passes each request on by its operation or its key, and the reply back",
    .params_size = sizeof(struct router_params),
    .params = router_params,
    .validate = validate,
    .state_size = sizeof(struct router_state),
    .frame_size = sizeof(struct routed),
    .handle = handle,
    .metrics = router_metrics,
};

/* balancer: passes each request on to one member of a target, and the reply back.
 *
 * A request may cost the balancer work of its own, so that it can become the bottleneck. A failed
 * attempt can go to another member (nginx: proxy_next_upstream). With no member up the answer is
 * UNAVAILABLE; a member that does not answer in time gives TIMEOUT, as a gateway does (504).
 *
 * Left out: health checks (a member that is down is known by its refusals, or by the members'
 * view), and members of different weight.
 */
#include "balancer/policy.h"
#include "members.h"
#include "models.h"

struct balancer_params {
    struct sim_target to;
    int32_t policy;
    const struct sim_dist *cost; /* NULL = none */
    int64_t servers;
    int64_t queue_limit;
    sim_time timeout;
    int64_t retries;
    int32_t retry_on; /* enum sim_retry_on */
    int64_t outstanding_max;
};

struct balancer_state {
    const struct balancer_policy *policy;
    void *policy_state;
    struct sim_station *station; /* NULL where passing on costs nothing */
    struct members members;
    sim_node_id *others; /* room for all but one of them */
    int64_t outstanding;
};

/* The frame of a request that is being passed on. */
struct passage {
    sim_ticket ticket;
    uint32_t attempt; /* 0 = first */
};

enum balancer_metric { METRIC_BUSY, METRIC_QUEUED, METRIC_WAIT, METRIC_OUTSTANDING };

static const struct sim_metric_spec balancer_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers of the balancer itself at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for one of them", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"outstanding", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests taken and not yet answered",
     NULL},
    {0},
};

enum balancer_draw { DRAW_COST, DRAW_MEMBER };
static const char *const balancer_draws[] = {"cost", "member", NULL};

static const struct sim_param balancer_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct balancer_params, to), NULL, SIM_UNBOUNDED,
     "members that requests are spread over", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, offsetof(struct balancer_params, policy), "\"round_robin\"",
     SIM_UNBOUNDED, "how a member is picked", NULL, balancer_policy_names},
    {"cost", SIM_PARAM_DURATION_LAW, offsetof(struct balancer_params, cost), "nil",
     SIM_NOT_NEGATIVE, "work of the balancer for a request; left out = none", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct balancer_params, servers), "1", 1, 1e9,
     "cores that do this work", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct balancer_params, queue_limit), "-1", -1,
     1e12, "requests that may wait for them; more are rejected; -1 = any number", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct balancer_params, timeout), "none", 1e-9, 1e300,
     "how long it waits for a member [nginx proxy_read_timeout: 60 s]", NULL, NULL},
    {"retries", SIM_PARAM_INTEGER, offsetof(struct balancer_params, retries), "1", 0, 1e6,
     "further members that it tries, at once [Envoy: 1]", NULL, NULL},
    {"retry_on", SIM_PARAM_CHOICE, offsetof(struct balancer_params, retry_on), "\"refused\"",
     SIM_UNBOUNDED, "failures that make it try another member", NULL, sim_retry_on_names},
    {"outstanding_max", SIM_PARAM_INTEGER, offsetof(struct balancer_params, outstanding_max), "0",
     0, 1e12, "requests inside at once; more are rejected; 0 = no limit [HAProxy maxconn]", NULL,
     NULL},
    {0},
};

static void start(struct sim_node *self)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    state->policy = balancer_policies[params->policy];
    state->policy_state = sim_alloc(self, state->policy->state_size);
    members_start(self, &state->members, &params->to);
    state->others = sim_alloc(self, params->to.count * sizeof *state->others);
    if (params->cost != NULL) {
        struct sim_station_options options = {
            .servers = params->servers,
            .queue_limit = params->queue_limit,
            .discipline = SIM_FIFO,
            .busy_metric = METRIC_BUSY,
            .queued_metric = METRIC_QUEUED,
            .wait_metric = METRIC_WAIT,
        };
        state->station = sim_station_new(self, &options);
    }
}

/* 0 when no member is up. `avoid` is the one that failed just now, 0 = none. */
static sim_node_id pick(struct sim_node *self, sim_node_id avoid)
{
    struct balancer_state *state = sim_state(self);
    members_look(self, &state->members);
    struct balancer_view view = {
        .ids = state->members.ids,
        .count = state->members.count,
        .is_retry = avoid != 0,
        .random = sim_random_of(self, DRAW_MEMBER),
    };
    if (view.count == 0) {
        return 0;
    }
    if (avoid != 0 && view.count > 1) {
        view.count = 0;
        for (uint32_t i = 0; i < state->members.count; i++) {
            if (state->members.ids[i] != avoid) {
                state->others[view.count++] = state->members.ids[i];
            }
        }
        view.ids = state->others;
    }
    return state->policy->pick(self, state->policy_state, &view);
}

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct balancer_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    state->outstanding--;
    sim_level(self, METRIC_OUTSTANDING, -1);
    sim_answer(self, passage->ticket, reply);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame, sim_node_id avoid)
{
    const struct balancer_params *params = sim_params(self);
    const struct passage *passage = sim_frame_at(self, frame);
    sim_node_id to = pick(self, avoid);
    if (to == 0) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        end(self, frame, &nobody);
        return;
    }
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = passage->attempt; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    if (params->outstanding_max > 0 && state->outstanding >= params->outstanding_max) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->ticket = in->ticket;
    state->outstanding++;
    sim_level(self, METRIC_OUTSTANDING, 1);
    if (state->station == NULL) {
        pass_on(self, frame, 0);
    } else if (!sim_station_work(self, state->station, sim_draw(self, DRAW_COST, params->cost),
                                 in->request->priority, in->request->span, frame)) {
        struct sim_reply full = {.status = SIM_STATUS_REJECTED};
        end(self, frame, &full);
    }
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct balancer_params *params = sim_params(self);
    struct passage *passage = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, passage->ticket);
    struct sim_reply reply = outcome->reply;
    if (passage->attempt < params->retries && sim_now(self) < request->deadline &&
        sim_retry_is_on((enum sim_retry_on)params->retry_on, reply.status)) {
        passage->attempt++;
        pass_on(self, frame, outcome->to);
        return;
    }
    if (reply.status == SIM_STATUS_REFUSED) {
        reply.status = SIM_STATUS_UNAVAILABLE; /* nobody listens there, but somebody does here */
    }
    end(self, frame, &reply);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, in->outcome);
    } else if (in->kind == SIM_IN_DONE) {
        pass_on(self, in->tag, 0);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* Requests inside die with the node. */
static void release(struct sim_node *self)
{
    struct balancer_state *state = sim_state(self);
    sim_level(self, METRIC_OUTSTANDING, -state->outstanding);
    state->outstanding = 0;
}

static const char *validate(const void *fields)
{
    const struct balancer_params *params = fields;
    return params->to.shares != NULL ? "to: the policy says who gets a request; no shares here"
                                     : NULL;
}

const struct sim_model sim_model_balancer = {
    .abi = SIM_MODEL_ABI,
    .name = "balancer",
    .summary = "spreads requests over the members of a target and passes the replies back",
    .params_size = sizeof(struct balancer_params),
    .params = balancer_params,
    .validate = validate,
    .state_size = sizeof(struct balancer_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = balancer_metrics,
    .draws = balancer_draws,
};

/* dns: the authority for one name. Answers which member of a target to go to, and for how
 * long that may be believed.
 *
 * Every request is a question, whatever its operation and key. The answer's value is the id of one
 * member, and fresh_until is the end of its time to live, as an absolute time: a real resolver
 * counts whole seconds from when the answer has come, so that every hop adds its way (RFC 1035,
 * section 3.2.1). One member is named, where real answers list several of which most clients take
 * the first (RFC 6724).
 *
 * With checks (balancer/health.h) ill members are left out once the checks have found them, as
 * Amazon Route 53 does: every 30 s, ill after 3 failures, well after 3 passes; when all are ill
 * all are answered with. When there is no member at all the answer is that there is none (RFC
 * 2308), which may be believed for `negative_ttl`.
 *
 * Left out: delegation from root and top level, secondaries and zone transfers, the work of
 * answering, truncation and TCP, several addresses in an answer.
 */
#include "balancer/health.h"
#include "dns/policy.h"
#include "models.h"

#define ANSWER_BYTES 100 /* a header, the question, and one address */

/* Fewer than this share left in means none: then all are answered with. */
#define NONE_LEFT 1e-9

struct server_params {
    struct sim_target to;
    int32_t policy; /* index into dns_policies */
    sim_time ttl, negative_ttl;
    struct health_params health;
};

struct server_state {
    const struct balancer_policy *policy;
    void *policy_state;
    struct balancer_options options;
    struct balancer_setup setup;
    struct pool pool;
    struct health health;
    int64_t out; /* as the metric says */
};

/* The frame of a check. */
struct check {
    uint32_t member;
};

enum server_metric { METRIC_NEGATIVE, METRIC_OUT, METRIC_CHECKS, METRIC_CHECKS_FAILED };

static const struct sim_metric_spec server_metrics[] = {
    {"negative", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "answers that there is no member", NULL},
    {"out", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that it believes to be ill", NULL},
    {"checks", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "health checks that it sent", NULL},
    {"checks.failed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "health checks that failed", "checks"},
    {0},
};

enum server_draw { DRAW_MEMBER };
static const char *const server_draws[] = {"member", NULL};

enum server_timer { TIMER_CHECK, TIMER_RETURN };
static const char *const server_timers[] = {"check", "return", NULL};

#define AT(member) offsetof(struct server_params, member)

static const struct sim_param server_params[] = {
    {"to", SIM_PARAM_TARGET, AT(to), NULL, SIM_UNBOUNDED,
     "members that the name stands for; shares of them are weights", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, AT(policy), "\"round_robin\"", SIM_UNBOUNDED,
     "which of them an answer names", NULL, dns_policy_names},
    {"ttl", SIM_PARAM_DURATION, AT(ttl), "s(60)", 1e-9, 1e9,
     "how long an answer may be believed [Route 53 alias: 60 s]", NULL, NULL},
    {"negative_ttl", SIM_PARAM_DURATION, AT(negative_ttl), "s(900)", 1e-9, 1e9,
     "how long that there is nobody may be believed [Route 53 SOA: 900 s]", NULL, NULL},
    {"check_interval", SIM_PARAM_DURATION, AT(health.interval), "none", 1e-9, 1e9,
     "time between health checks of a member; none = no checks [Route 53: 30 s]", NULL, NULL},
    {"check_timeout", SIM_PARAM_DURATION, AT(health.timeout), "none", 1e-9, 1e300,
     "how long a check waits, at most the interval; none = the interval [Route 53: 6 s for HTTP]",
     NULL, NULL},
    {"fall", SIM_PARAM_INTEGER, AT(health.fall), "3", 1, 1e6,
     "checks that fail in a row before a member is out [Route 53: 3]", NULL, NULL},
    {"rise", SIM_PARAM_INTEGER, AT(health.rise), "3", 1, 1e6,
     "checks that pass in a row before it is back [Route 53: 3]", NULL, NULL},
    {0},
};

static const char *validate(const void *fields)
{
    const struct server_params *params = fields;
    bool is_weighted = dns_policies[params->policy]->takes_weights;
    return params->to.shares != NULL && !is_weighted
               ? "to: under this policy members count alike; shares go with weighted"
               : NULL;
}

static void start(struct sim_node *self)
{
    const struct server_params *params = sim_params(self);
    struct server_state *state = sim_state(self);
    pool_start(self, &state->pool, &params->to, NONE_LEFT, false);
    state->policy = dns_policies[params->policy];
    state->policy_state = sim_alloc(self, state->policy->state_size);
    state->options = (struct balancer_options){.near = NEAR_CALLER};
    state->setup = (struct balancer_setup){
        .policy = state->policy,
        .options = &state->options,
        .members = state->pool.members,
        .count = state->pool.count,
    };
    if (state->policy->start != NULL) {
        state->policy->start(self, state->policy_state, &state->setup);
    }
    health_start(self, &state->health, &params->health, &state->pool, TIMER_CHECK, TIMER_RETURN);
}

static sim_node_id pick(struct sim_node *self, const struct sim_input *in)
{
    struct server_state *state = sim_state(self);
    struct sim_request question = *in->request;
    question.origin_zone = (uint16_t)sim_zone_of(self, in->from);
    struct balancer_view view = {.request = &question, .random = sim_random_of(self, DRAW_MEMBER)};
    pool_look(self, &state->pool);
    pool_view(&state->pool, 0, &view);
    return view.count == 0 ? 0 : state->policy->pick(self, state->policy_state, &view)->id;
}

static void answer(struct sim_node *self, const struct sim_input *in)
{
    const struct server_params *params = sim_params(self);
    sim_node_id member = pick(self, in);
    bool is_none = member == 0;
    sim_time ttl = is_none ? params->negative_ttl : params->ttl;
    sim_count(self, METRIC_NEGATIVE, is_none ? 1 : 0);
    struct sim_reply reply = {
        .status = is_none ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
        .value = member,
        .bytes = ANSWER_BYTES,
        .fresh_until = sim_time_add(sim_now(self), ttl),
    };
    sim_answer(self, in->ticket, &reply);
}

static void show_out(struct sim_node *self)
{
    struct server_state *state = sim_state(self);
    int64_t out = state->pool.out_count;
    if (out != state->out) {
        sim_level(self, METRIC_OUT, out - state->out);
        state->out = out;
    }
}

static void begin_check(struct sim_node *self, uint32_t member)
{
    struct server_state *state = sim_state(self);
    bool is_due = health_is_due(self, &state->health, member);
    show_out(self);
    if (is_due) {
        sim_frame frame = sim_frame_new(self);
        struct check *check = sim_frame_at(self, frame);
        check->member = member;
        sim_count(self, METRIC_CHECKS, 1);
        health_send(self, &state->health, member, frame);
    }
}

static void conclude_check(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    struct server_state *state = sim_state(self);
    const struct check *check = sim_frame_at(self, frame);
    sim_count(self, METRIC_CHECKS_FAILED, sim_status_is_answer(status) ? 0 : 1);
    health_checked(&state->health, check->member, status);
    show_out(self);
    sim_frame_end(self, frame);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        answer(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude_check(self, in->tag, in->outcome->reply.status);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_CHECK) {
        begin_check(self, (uint32_t)in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct server_state *state = sim_state(self);
    sim_level(self, METRIC_OUT, -state->out);
    state->out = 0;
}

const struct sim_model sim_model_dns = {
    .abi = SIM_MODEL_ABI,
    .name = "dns",
    .summary = "answers which member of a target a name leads to, and for how long",
    .params_size = sizeof(struct server_params),
    .params = server_params,
    .validate = validate,
    .state_size = sizeof(struct server_state),
    .frame_size = sizeof(struct check),
    .handle = handle,
    .release = release,
    .metrics = server_metrics,
    .timers = server_timers,
    .draws = server_draws,
};

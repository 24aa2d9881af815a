/* limiter: lets so many requests a time through to what stands behind it, and turns the rest away
 * with a hint when to come again.
 *
 *   request -> [shared store: count] -> policy -> [wait] -> call -> reply
 *
 * What a policy remembers of each key is in the limiter itself, or, with `shared`, in a store that
 * several limiters ask over the network (store.counter). A store that does not answer in time lets
 * everything through or nothing, as `fail` says.
 *
 * With a store and windows each request adds one to the count of its window, and the number that
 * comes back decides, so that no race between limiters lets more through. The window before, where
 * the policy needs it, is read once a key and window. What is then turned away is taken back from
 * the count where it would weigh on the next window. A bucket is one number, which is compared and
 * set; a log is kept by the store: shared.c.
 *
 * Left out: work of the limiter itself (a service before it has some), and limits that differ by
 * key.
 */
#include "limiter/limiter.h"

#include "models.h"

static const char *const by_names[] = {"all", "key", "session", "caller", "origin", NULL};
static const char *const fail_names[] = {"open", "closed", NULL};

static const struct sim_metric_spec limiter_metrics[] = {
    {"limited", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that the limit turned away",
     "issued"},
    {"unjudged", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "requests decided by `fail`, the store being silent", "issued"},
    {"counters", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "keys that it remembers", NULL},
    {"waiting", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests in a leaky queue", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "how long a leaky queue held each", NULL},
    {0},
};

enum limiter_timer { TIMER_LEAVE };
static const char *const limiter_timers[] = {"leave", NULL};

static const struct sim_param limiter_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct limiter_params, to), NULL, SIM_UNBOUNDED,
     "what it stands before, members in turn", NULL, NULL},
    {"limit", SIM_PARAM_INTEGER, offsetof(struct limiter_params, limit), NULL, 1, 1e9,
     "requests of a key in a window, at each member of the limiter", NULL, NULL},
    {"window", SIM_PARAM_DURATION, offsetof(struct limiter_params, window), "s(1)", 1e-6, 1e8,
     "what `limit` is for [nginx: rate in r/s]", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, offsetof(struct limiter_params, policy), "\"token_bucket\"",
     SIM_UNBOUNDED, "how it counts [AWS API Gateway, Stripe: token bucket]", NULL,
     limiter_policy_names},
    {"burst", SIM_PARAM_INTEGER, offsetof(struct limiter_params, burst), "nil", 1, 1e9,
     "what a bucket holds; left out = `limit`, and 1 in a leaky bucket [nginx burst: 0 beside the "
     "first]",
     NULL, NULL},
    {"by", SIM_PARAM_CHOICE, offsetof(struct limiter_params, by), "\"all\"", SIM_UNBOUNDED,
     "who has a limit: all together; or each key, session, caller (node), place of origin", NULL,
     by_names},
    {"keys_max", SIM_PARAM_INTEGER, offsetof(struct limiter_params, keys_max), "1e6", 1, 2e8,
     "keys that it remembers; the one seen least recently is forgotten [nginx limit_req_zone; the "
     "number is assumed]",
     NULL, NULL},
    {"shared", SIM_PARAM_TARGET, offsetof(struct limiter_params, shared), "nil", SIM_UNBOUNDED,
     "store that has the counts, for all members together; left out = each member its own", NULL,
     NULL},
    {"store_timeout", SIM_PARAM_DURATION, offsetof(struct limiter_params, store_timeout), "ms(20)",
     1e-9, 1e300, "how long it waits for the store [Envoy: 20 ms]", NULL, NULL},
    {"fail", SIM_PARAM_CHOICE, offsetof(struct limiter_params, fail), "\"open\"", SIM_UNBOUNDED,
     "what a silent store means: all pass, or none [Envoy: open]", NULL, fail_names},
    {"store_bytes", SIM_PARAM_BYTES, offsetof(struct limiter_params, store_bytes), "bytes(100)",
     SIM_NOT_NEGATIVE, "size of a question to the store [assumed]", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct limiter_params, timeout), "none", 1e-9, 1e300,
     "how long it waits for what stands behind it", NULL, NULL},
    {0},
};

/* ---- start ---- */

static void start(struct sim_node *self)
{
    const struct limiter_params *params = sim_params(self);
    struct limiter_state *state = sim_state(self);
    state->policy = limiter_policies[params->policy];
    state->rule = (struct limiter_rule){
        .limit = params->limit,
        .window = params->window,
        .burst = state->policy->is_burst_limit ? params->limit : 1,
    };
    if (params->burst > 0) {
        state->rule.burst = params->burst;
    }
    limiter_counters_init(&state->counters, state->policy, (uint32_t)params->keys_max);
    members_start(self, &state->members, &params->to);
    members_start(self, &state->store, &params->shared);
    state->name_hash = members_group_hash(self);
}

static uint64_t key_of(enum limiter_by by, const struct sim_input *in)
{
    switch (by) {
    case BY_ALL:
        break;
    case BY_KEY:
        return in->request->key;
    case BY_SESSION:
        return in->request->session;
    case BY_CALLER:
        return in->from;
    case BY_ORIGIN:
        return in->request->origin_zone;
    }
    return 0;
}

union limiter_counter *limiter_find_counter(struct sim_node *self, uint64_t key)
{
    struct limiter_state *state = sim_state(self);
    union limiter_counter *counter = limiter_counters_find(&state->counters, key);
    sim_level(self, METRIC_COUNTERS, (int64_t)state->counters.recent.count - state->counter_count);
    state->counter_count = state->counters.recent.count;
    return counter;
}

/* ---- the way through ---- */

static void turn_away(struct sim_node *self, sim_ticket ticket, sim_time retry_after)
{
    struct sim_reply reply = {.status = SIM_STATUS_REJECTED, .retry_after = retry_after};
    sim_answer(self, ticket, &reply);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *answer)
{
    const struct passage *passage = sim_frame_at(self, frame);
    struct sim_reply reply = *answer;
    reply.status =
        sim_status_passed_on(sim_request_of(self, passage->ticket)->operation, reply.status);
    sim_answer(self, passage->ticket, &reply);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame)
{
    const struct limiter_params *params = sim_params(self);
    struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    sim_node_id to = members_next(self, &state->members);
    if (to == 0) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        conclude(self, frame, &nobody);
        return;
    }
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    passage->stage = STAGE_CALL;
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void hold(struct sim_node *self, sim_frame frame, sim_time wait)
{
    struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->stage = STAGE_WAIT;
    state->waiting++;
    sim_level(self, METRIC_WAITING, 1);
    sim_spend(self, sim_request_of(self, passage->ticket)->span, SIM_CAUSE_QUEUE, wait);
    sim_after(self, wait, TIMER_LEAVE, frame);
}

static void leave(struct sim_node *self, sim_frame frame)
{
    struct limiter_state *state = sim_state(self);
    state->waiting--;
    sim_level(self, METRIC_WAITING, -1);
    pass_on(self, frame);
}

sim_frame limiter_begin(struct sim_node *self, sim_ticket ticket, uint64_t key)
{
    sim_frame frame = sim_frame_new(self);
    struct passage *passage = sim_frame_at(self, frame);
    passage->ticket = ticket;
    passage->key = key;
    return frame;
}

void limiter_obey(struct sim_node *self, sim_frame frame, const struct limiter_verdict *verdict)
{
    const struct limiter_state *state = sim_state(self);
    if (!verdict->is_admitted) {
        const struct passage *passage = sim_frame_at(self, frame);
        sim_count(self, METRIC_LIMITED, 1);
        turn_away(self, passage->ticket, verdict->retry_after);
        sim_frame_end(self, frame);
        return;
    }
    if (state->policy == &limiter_leaky_queue) {
        sim_record(self, METRIC_WAIT, verdict->wait);
    }
    if (verdict->wait > 0) {
        hold(self, frame, verdict->wait);
    } else {
        pass_on(self, frame);
    }
}

void limiter_decide_blindly(struct sim_node *self, sim_frame frame)
{
    const struct limiter_params *params = sim_params(self);
    const struct passage *passage = sim_frame_at(self, frame);
    sim_count(self, METRIC_UNJUDGED, 1);
    if (params->fail == FAIL_OPEN) {
        pass_on(self, frame);
    } else {
        turn_away(self, passage->ticket, 0);
        sim_frame_end(self, frame);
    }
}

static void arrive_here(struct sim_node *self, const struct sim_input *in, uint64_t key)
{
    struct limiter_state *state = sim_state(self);
    struct limiter_verdict verdict =
        limiter_decide(state->policy, limiter_find_counter(self, key), &state->rule, sim_now(self),
                       sim_local_clock(self));
    if (verdict.is_admitted) {
        limiter_obey(self, limiter_begin(self, in->ticket, key), &verdict);
    } else { /* without a frame, for it is what a limiter does most under an attack */
        sim_count(self, METRIC_LIMITED, 1);
        turn_away(self, in->ticket, verdict.retry_after);
    }
}

static void on_outcome(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct passage *passage = sim_frame_at(self, frame);
    if (passage == NULL) {
        return; /* what was taken back from a count */
    }
    if (passage->stage == STAGE_CALL) {
        conclude(self, frame, reply);
    } else {
        limiter_hear_store(self, frame, reply);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    const struct limiter_params *params = sim_params(self);
    if (in->kind == SIM_IN_REQUEST) {
        uint64_t key = key_of((enum limiter_by)params->by, in);
        if (params->shared.count > 0) {
            limiter_ask_store(self, in->ticket, key);
        } else {
            arrive_here(self, in, key);
        }
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in->tag, &in->outcome->reply);
    } else if (in->kind == SIM_IN_TIMER) {
        leave(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* Requests inside die with the node, and so does what it knew of keys. */
static void release(struct sim_node *self)
{
    struct limiter_state *state = sim_state(self);
    sim_level(self, METRIC_WAITING, -state->waiting);
    sim_level(self, METRIC_COUNTERS, -state->counter_count);
    state->waiting = state->counter_count = 0;
    limiter_counters_clear(&state->counters);
}

static const char *validate(const void *fields)
{
    const struct limiter_params *params = fields;
    if (params->to.shares != NULL || params->shared.shares != NULL) {
        return "members are asked in turn, or by the hash of the key; no shares here";
    }
    return NULL;
}

const struct sim_model sim_model_limiter = {
    .abi = SIM_MODEL_ABI,
    .name = "limiter",
    .summary = "lets so many requests a time through, for all or each key, and turns the rest away",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct limiter_params),
    .params = limiter_params,
    .validate = validate,
    .state_size = sizeof(struct limiter_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = limiter_metrics,
    .timers = limiter_timers,
};

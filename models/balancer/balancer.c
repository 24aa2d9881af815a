/* balancer: passes each request on to one member of a target, and the reply back.
 *
 *   request -> [work of the balancer] -> affinity, or policy -> member -> [another member] -> reply
 *
 * On layer 7 it sees requests: a member is picked for each, sessions can be kept together, and a
 * failed attempt can go to another member (nginx: proxy_next_upstream). On layer 4 it sees
 * connections: a member is picked when one opens, which is when work is done; all that follows on
 * it goes there, and a failure is the client's to see. A connection is all that one caller, or one
 * session of a caller, sends, until it has carried so many requests, has been silent for so long,
 * breaks, or its member is gone.
 *
 * With no member available the answer is UNAVAILABLE; a member that does not answer in time gives
 * TIMEOUT, as a gateway does (504). Policies: policy.h. Who is available: pool.h and health.h. What
 * is remembered: affinity.h. Whom a registry lists: discovery.h.
 */
#include "balancer/balancer.h"

#include "balancer/affinity.h"
#include "listing.h"
#include "models.h"
#include "queue.h"

struct balancer_state {
    const struct balancer_policy *policy;
    void *policy_state;
    struct balancer_setup setup;
    struct sim_station *station; /* NULL where passing on costs nothing */
    struct pool pool;
    struct discovery discovery;
    struct health health;
    struct affinity affinity; /* sessions, or connections on layer 4 */
    int64_t outstanding;
    int64_t out; /* as the metric says */
};

/* The frame of a request that is being passed on, or of a check. */
struct passage {
    sim_ticket ticket;
    uint64_t affinity; /* its session or connection; 0 = none is kept */
    uint32_t attempt;  /* 0 = first */
    uint32_t member;   /* index of the one that it is at */
    bool is_check;
    bool is_unknown; /* an attempt that failed may have changed something */
};

enum balancer_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_OUTSTANDING,
    METRIC_OUT,
    METRIC_CHECKS,
    METRIC_CHECKS_FAILED,
    METRIC_EJECTIONS,
    METRIC_ASSIGNED,
    METRIC_MOVED,
    METRIC_FORGOTTEN
};

static const struct sim_metric_spec balancer_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers of the balancer itself at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for one of them", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"outstanding", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests taken and not yet answered",
     NULL},
    {"out", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that it believes to be ill", NULL},
    {"checks", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "health checks that it sent", NULL},
    {"checks.failed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "health checks that failed", "checks"},
    {"ejections", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members taken out for failures in a row",
     NULL},
    {"assigned", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "sessions or connections that were given a member", NULL},
    {"moved", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "of these, because theirs was lost", "assigned"},
    {"forgotten", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "sessions or connections that made room",
     NULL},
    {0},
};

enum balancer_draw { DRAW_COST, DRAW_MEMBER };
static const char *const balancer_draws[] = {"cost", "member", NULL};

enum balancer_timer { TIMER_CHECK, TIMER_RETURN, TIMER_POLL };
static const char *const balancer_timers[] = {"check", "return", "poll", NULL};

enum balancer_message { MESSAGE_LOOKUP, MESSAGE_LISTING };
static const char *const balancer_messages[] = {LOOKUP_MESSAGE, LISTING_MESSAGE, NULL};

/* ---- start ---- */

static void start_policy(struct sim_node *self)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    state->policy = balancer_policies[params->policy];
    state->policy_state = sim_alloc(self, state->policy->state_size);
    state->setup = (struct balancer_setup){
        .policy = state->policy,
        .options = &params->options,
        .members = state->pool.members,
        .count = state->pool.count,
    };
    if (state->policy->start != NULL) {
        state->policy->start(self, state->policy_state, &state->setup);
    }
}

static void start(struct sim_node *self)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    bool asks = params->discovery.registry.count > 0;
    pool_start(self, &state->pool, &params->to, params->panic, asks);
    state->discovery =
        (struct discovery){&params->discovery, &state->pool, TIMER_POLL, MESSAGE_LOOKUP};
    discovery_start(self, &state->discovery);
    start_policy(self);
    health_start(self, &state->health, &params->health, &state->pool, TIMER_CHECK, TIMER_RETURN);
    if (params->sticky || params->layer == LAYER_4) {
        affinity_start(self, &state->affinity, (uint32_t)params->affinity_max,
                       params->sticky ? params->sticky_idle : params->connection_idle);
    }
    if (params->cost != NULL) {
        state->station = queue_start(self, params->servers, params->queue_limit, METRIC_BUSY);
    }
}

/* ---- who gets it ---- */

/* What sessions or connections are remembered by; 0 = this one is not. */
static uint64_t affinity_of(struct sim_node *self, const struct sim_input *in)
{
    const struct balancer_params *params = sim_params(self);
    if (params->layer == LAYER_4) {
        return sim_hash_pair(in->from, in->request->session);
    }
    return params->sticky ? in->request->session : 0;
}

/* The member of a session or connection, as long as it can be picked; NULL = it needs one. */
static const struct balancer_member *kept(struct sim_node *self, uint64_t affinity,
                                          sim_node_id avoid, bool *ret_is_lost)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    const struct affinity_entry *entry = affinity_find(&state->affinity, affinity, sim_now(self));
    if (entry == NULL || (params->layer == LAYER_4 && entry->uses > params->connection_requests)) {
        return NULL;
    }
    const struct balancer_member *member = pool_available(&state->pool, entry->member);
    *ret_is_lost = member == NULL || member->id == avoid;
    return *ret_is_lost ? NULL : member;
}

static const struct balancer_member *
pick_by_policy(struct sim_node *self, const struct passage *passage, sim_node_id avoid)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    struct balancer_view view = {
        .request = sim_request_of(self, passage->ticket),
        .connection = params->layer == LAYER_4 ? passage->affinity : 0,
        .random = sim_random_of(self, DRAW_MEMBER),
    };
    pool_view(&state->pool, avoid, &view);
    return state->policy->pick(self, state->policy_state, &view);
}

static void remember(struct sim_node *self, uint64_t affinity, uint32_t member, bool is_moved)
{
    struct balancer_state *state = sim_state(self);
    sim_count(self, METRIC_ASSIGNED, 1);
    if (is_moved) {
        sim_count(self, METRIC_MOVED, 1);
    }
    if (affinity_assign(&state->affinity, affinity, member, sim_now(self))) {
        sim_count(self, METRIC_FORGOTTEN, 1);
    }
}

/* NULL when no member is available. `avoid` is the one that failed just now, 0 = none. */
static const struct balancer_member *pick(struct sim_node *self, const struct passage *passage,
                                          sim_node_id avoid)
{
    struct balancer_state *state = sim_state(self);
    pool_look(self, &state->pool);
    if (state->pool.available_count == 0) {
        return NULL;
    }
    const struct balancer_member *member = NULL;
    bool is_lost = false;
    if (passage->affinity != 0) {
        member = kept(self, passage->affinity, avoid, &is_lost);
    }
    if (member == NULL) {
        member = pick_by_policy(self, passage, avoid);
        if (passage->affinity != 0) {
            remember(self, passage->affinity, member->index, is_lost);
        }
    }
    return member;
}

/* ---- a request ---- */

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct balancer_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    struct sim_reply told = *reply;
    told.is_unknown = reply->is_unknown || passage->is_unknown;
    state->outstanding--;
    sim_level(self, METRIC_OUTSTANDING, -1);
    sim_answer(self, passage->ticket, &told);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame, sim_node_id avoid)
{
    const struct balancer_params *params = sim_params(self);
    struct passage *passage = sim_frame_at(self, frame);
    const struct balancer_member *to = pick(self, passage, avoid);
    if (to == NULL) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        end(self, frame, &nobody);
        return;
    }
    passage->member = to->index;
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = passage->attempt; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to->id, &request, params->timeout, frame);
}

/* Whether the balancer has work to do for it: on layer 4 only to open a connection. */
static bool is_work(struct sim_node *self, uint64_t affinity)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    if (state->station == NULL || params->layer == LAYER_7) {
        return state->station != NULL;
    }
    const struct affinity_entry *entry = affinity_peek(&state->affinity, affinity, sim_now(self));
    pool_look(self, &state->pool);
    return entry == NULL || entry->uses >= params->connection_requests ||
           pool_available(&state->pool, entry->member) == NULL;
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
    passage->affinity = affinity_of(self, in);
    state->outstanding++;
    sim_level(self, METRIC_OUTSTANDING, 1);
    if (!is_work(self, passage->affinity)) {
        pass_on(self, frame, 0);
    } else if (!sim_station_work(self, state->station, sim_draw(self, DRAW_COST, params->cost),
                                 in->request->priority, in->request->span, frame)) {
        struct sim_reply full = {.status = SIM_STATUS_REJECTED};
        end(self, frame, &full);
    }
}

/* ---- an outcome ---- */

static void show_out(struct sim_node *self)
{
    struct balancer_state *state = sim_state(self);
    int64_t out = state->pool.out_count;
    if (out != state->out) {
        sim_level(self, METRIC_OUT, out - state->out);
        state->out = out;
    }
}

/* What the balancer learns from how an attempt ended. */
static void learn(struct sim_node *self, const struct passage *passage,
                  const struct sim_outcome *outcome)
{
    const struct balancer_params *params = sim_params(self);
    struct balancer_state *state = sim_state(self);
    enum sim_status status = outcome->reply.status;
    struct balancer_answer answer = {passage->member, status, sim_now(self) - outcome->called};
    if (state->policy->answered != NULL) {
        state->policy->answered(self, state->policy_state, &answer);
    }
    if (health_observed(self, &state->health, passage->member, status)) {
        sim_count(self, METRIC_EJECTIONS, 1);
        show_out(self);
    }
    bool is_broken = status == SIM_STATUS_REFUSED || status == SIM_STATUS_TIMEOUT;
    if (params->layer == LAYER_4 && is_broken) {
        affinity_forget(&state->affinity, passage->affinity);
    }
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct balancer_params *params = sim_params(self);
    struct passage *passage = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, passage->ticket);
    struct sim_reply reply = outcome->reply;
    learn(self, passage, outcome);
    if (params->layer == LAYER_7 && passage->attempt < params->retries &&
        sim_now(self) < request->deadline &&
        sim_retry_is_on((enum sim_retry_on)params->retry_on, reply.status)) {
        passage->attempt++;
        passage->is_unknown = passage->is_unknown || (!sim_operation_is_read(request->operation) &&
                                                      sim_reply_may_have_acted(&reply));
        pass_on(self, frame, outcome->to);
        return;
    }
    if (params->layer == LAYER_7) {
        reply.status = sim_status_passed_on(request->operation, reply.status);
    }
    end(self, frame, &reply);
}

/* ---- checks ---- */

static void check(struct sim_node *self, uint32_t member)
{
    struct balancer_state *state = sim_state(self);
    bool is_due = health_is_due(self, &state->health, member);
    show_out(self);
    if (is_due) {
        sim_frame frame = sim_frame_new(self);
        struct passage *passage = sim_frame_at(self, frame);
        passage->is_check = true;
        passage->member = member;
        sim_count(self, METRIC_CHECKS, 1);
        health_send(self, &state->health, member, frame);
    }
}

static void conclude_check(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    struct balancer_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    sim_count(self, METRIC_CHECKS_FAILED, sim_status_is_answer(status) ? 0 : 1);
    health_checked(&state->health, passage->member, status);
    show_out(self);
    sim_frame_end(self, frame);
}

/* ---- inputs ---- */

static void on_outcome(struct sim_node *self, const struct sim_input *in)
{
    const struct passage *passage = sim_frame_at(self, in->tag);
    if (passage->is_check) {
        conclude_check(self, in->tag, in->outcome->reply.status);
    } else {
        conclude(self, in->tag, in->outcome);
    }
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    struct balancer_state *state = sim_state(self);
    if (in->timer == TIMER_POLL) {
        discovery_ask(self, &state->discovery);
        return;
    }
    if (in->timer == TIMER_CHECK) {
        check(self, (uint32_t)in->tag);
    } else {
        health_return(&state->health, (uint32_t)in->tag);
        show_out(self);
    }
}

/* What a registry says. */
static void on_discovery(struct sim_node *self, const struct sim_input *in)
{
    struct balancer_state *state = sim_state(self);
    if (in->kind == SIM_IN_STREAM_ITEM) {
        discovery_on_item(self, &state->discovery, in);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        discovery_on_closed(self, &state->discovery);
    } else if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_LISTING) {
        discovery_on_listing(self, &state->discovery, in);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        pass_on(self, in->tag, 0);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    } else {
        on_discovery(self, in);
    }
}

/* Requests inside die with the node, and what it believed is forgotten. */
static void release(struct sim_node *self)
{
    struct balancer_state *state = sim_state(self);
    sim_level(self, METRIC_OUTSTANDING, -state->outstanding);
    sim_level(self, METRIC_OUT, -state->out);
    state->outstanding = state->out = 0;
}

const struct sim_model sim_model_balancer = {
    .abi = SIM_MODEL_ABI,
    .name = "balancer",
    .summary = "spreads requests over the members of a target and passes the replies back",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct balancer_params),
    .params = balancer_params,
    .validate = balancer_validate,
    .state_size = sizeof(struct balancer_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = balancer_metrics,
    .timers = balancer_timers,
    .messages = balancer_messages,
    .draws = balancer_draws,
};

/* dns.client: stands between a caller and a name. Asks a resolver where the name leads, believes
 * the answer for as long as it may, and passes requests on to whom it named.
 *
 *   request -> [resolver] -> the member that the answer names -> reply
 *
 * It is the stub resolver of a host and the cache of a runtime or a browser: put it on the machine
 * of its caller. The question is a request like any other: it takes its way, can be lost, and is
 * sent again after `resolve_timeout`, to the resolvers in turn, `resolve_attempts` times in all
 * (resolv.conf(5): timeout 5 s, attempts 2). Requests that come meanwhile wait for the same answer;
 * when there is none they fail as UNAVAILABLE. The next one asks again, unless the answer was that
 * there is nobody (RFC 2308).
 *
 * What it believes it goes by: that the member is dead or was replaced is seen when the time to
 * live is over and not before, and `ttl_min` and `ttl_max` are where clients do not keep to it. An
 * answer without a time to live is good for those who wait for it, and for `ttl_min`.
 *
 * What becomes of a request at the member is the caller's to see; nothing is tried again. Left out:
 * a second address in the answer to try next, asking again after a failure, search lists, and
 * connections that stay open to the old member while the name leads elsewhere.
 */
#include "members.h"
#include "models.h"

#define QUESTION_BYTES 60 /* a header and one question */

struct client_params {
    struct sim_target to;
    struct sim_target resolver;
    int64_t name;
    sim_time resolve_timeout;
    int64_t resolve_attempts;
    sim_time ttl_min, ttl_max, negative_ttl;
    sim_time timeout;
};

struct client_state {
    struct members resolvers;
    sim_node_id member;       /* that the name leads to; 0 = to nobody */
    sim_time until;           /* believed until then, exclusive */
    sim_frame first, last;    /* requests that wait for an answer, 0 = none */
    int64_t waiting_count;    /* of them */
    int64_t attempt;          /* of the question that is open, from 1; 0 = none is */
    sim_time asked;           /* when it was asked first */
    sim_node_id named_before; /* by the last answer that named somebody */
};

/* The frame of a request. */
struct passage {
    sim_ticket ticket;
    sim_frame next; /* that waits too */
};

/* The tag of a question: no frame has it. */
#define QUESTION 0

enum client_metric {
    METRIC_LOOKUPS,
    METRIC_HITS,
    METRIC_NEGATIVE,
    METRIC_QUESTIONS,
    METRIC_QUESTIONS_FAILED,
    METRIC_CHANGES,
    METRIC_WAITING,
    METRIC_RESOLVING
};

static const struct sim_metric_spec client_metrics[] = {
    {"lookups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that needed to know whom to ask",
     NULL},
    {"hits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "look-ups that an earlier answer was good for",
     "lookups"},
    {"negative", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hits that knew that there is nobody",
     "hits"},
    {"questions", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "questions sent to resolvers", NULL},
    {"questions.failed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "of these, not answered",
     "questions"},
    {"changes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "answers that led to another member than the one before", NULL},
    {"waiting", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for an answer", NULL},
    {"resolving", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from a question to its answer",
     NULL},
    {0},
};

#define AT(member) offsetof(struct client_params, member)

static const struct sim_param client_params[] = {
    {"to", SIM_PARAM_TARGET, AT(to), NULL, SIM_UNBOUNDED,
     "members that the name can lead to; who else is named is not believed", NULL, NULL},
    {"resolver", SIM_PARAM_TARGET, AT(resolver), NULL, SIM_UNBOUNDED,
     "whom it asks, members in turn: a dns, or a cache before one", NULL, NULL},
    {"name", SIM_PARAM_INTEGER, AT(name), "0", 0, 1e15,
     "key of its questions: tells names apart where several share a resolver", NULL, NULL},
    {"resolve_timeout", SIM_PARAM_DURATION, AT(resolve_timeout), "s(5)", 1e-9, 1e9,
     "how long it waits for an answer [resolv.conf timeout: 5 s]", NULL, NULL},
    {"resolve_attempts", SIM_PARAM_INTEGER, AT(resolve_attempts), "2", 1, 1e6,
     "how often it asks [resolv.conf attempts: 2]", NULL, NULL},
    {"ttl_min", SIM_PARAM_DURATION, AT(ttl_min), "s(0)", 0, 1e300,
     "answers are believed for at least this long; none = for ever [JVM with a security manager]",
     NULL, NULL},
    {"ttl_max", SIM_PARAM_DURATION, AT(ttl_max), "none", 0, 1e300,
     "and for at most this long; 0 = it asks each time [Unbound cache-max-ttl]", NULL, NULL},
    {"negative_ttl", SIM_PARAM_DURATION, AT(negative_ttl), "s(10)", 0, 1e300,
     "that there is nobody is believed for at most this long [JVM: 10 s]", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, AT(timeout), "none", 1e-9, 1e300,
     "how long it waits for the member", NULL, NULL},
    {0},
};

static const char *validate(const void *fields)
{
    const struct client_params *params = fields;
    if (params->to.shares != NULL || params->resolver.shares != NULL) {
        return "no shares here: weights belong to the model dns, and resolvers take turns";
    }
    return params->ttl_min > params->ttl_max ? "ttl_min: more than ttl_max" : NULL;
}

/* ---- requests ---- */

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct passage *passage = sim_frame_at(self, frame);
    sim_answer(self, passage->ticket, reply);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame, sim_node_id member)
{
    const struct client_params *params = sim_params(self);
    const struct passage *passage = sim_frame_at(self, frame);
    if (member == 0) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        end(self, frame, &nobody);
        return;
    }
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, member, &request, params->timeout, frame);
}

static void wait(struct sim_node *self, sim_frame frame)
{
    struct client_state *state = sim_state(self);
    if (state->first == 0) {
        state->first = frame;
    } else {
        ((struct passage *)sim_frame_at(self, state->last))->next = frame;
    }
    state->last = frame;
    state->waiting_count++;
    sim_level(self, METRIC_WAITING, 1);
}

/* All who wait go on, in order of arrival. */
static void release_waiting(struct sim_node *self, sim_node_id member)
{
    struct client_state *state = sim_state(self);
    sim_frame frame = state->first;
    sim_level(self, METRIC_WAITING, -state->waiting_count);
    state->first = state->last = 0;
    state->waiting_count = 0;
    while (frame != 0) {
        sim_frame next = ((const struct passage *)sim_frame_at(self, frame))->next;
        pass_on(self, frame, member);
        frame = next;
    }
}

/* ---- questions ---- */

/* Asks the next resolver; false when none is there or all attempts are made. */
static bool ask(struct sim_node *self)
{
    const struct client_params *params = sim_params(self);
    struct client_state *state = sim_state(self);
    sim_node_id to = members_next(self, &state->resolvers);
    if (to == 0 || state->attempt == params->resolve_attempts) {
        return false;
    }
    const struct passage *first = sim_frame_at(self, state->first);
    struct sim_request question = {
        .operation = SIM_OP_READ,
        .key = (uint64_t)params->name,
        .deadline = SIM_NEVER,
        .bytes = QUESTION_BYTES,
        .attempt = (uint32_t)state->attempt,
        .origin_zone = (uint16_t)sim_zone(self),
        .span = sim_request_of(self, first->ticket)->span,
    };
    state->attempt++;
    sim_count(self, METRIC_QUESTIONS, 1);
    sim_send_request(self, to, &question, params->resolve_timeout, QUESTION);
    return true;
}

static bool is_member(const struct sim_target *target, uint64_t id)
{
    for (uint32_t i = 0; i < target->count; i++) {
        if (target->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Until when an answer is believed. */
static sim_time believed_until(struct sim_node *self, const struct sim_reply *reply)
{
    const struct client_params *params = sim_params(self);
    sim_time now = sim_now(self);
    if (reply->status != SIM_STATUS_OK) {
        sim_time longest = sim_time_add(now, params->negative_ttl);
        return reply->fresh_until < longest ? reply->fresh_until : longest;
    }
    sim_time shortest = sim_time_add(now, params->ttl_min);
    sim_time longest = sim_time_add(now, params->ttl_max);
    sim_time until = reply->fresh_until > shortest ? reply->fresh_until : shortest;
    return until < longest ? until : longest;
}

static void learn(struct sim_node *self, const struct sim_reply *reply)
{
    const struct client_params *params = sim_params(self);
    struct client_state *state = sim_state(self);
    bool is_named = reply->status == SIM_STATUS_OK && is_member(&params->to, reply->value);
    state->member = is_named ? (sim_node_id)reply->value : 0;
    state->until = believed_until(self, reply);
    sim_record(self, METRIC_RESOLVING, sim_now(self) - state->asked);
    if (is_named) {
        bool is_change = state->named_before != 0 && state->named_before != state->member;
        sim_count(self, METRIC_CHANGES, is_change ? 1 : 0);
        state->named_before = state->member;
    }
}

static void conclude_question(struct sim_node *self, const struct sim_reply *reply)
{
    struct client_state *state = sim_state(self);
    sim_node_id member = 0;
    if (sim_status_is_answer(reply->status)) {
        learn(self, reply);
        member = state->member;
    } else {
        sim_count(self, METRIC_QUESTIONS_FAILED, 1);
        if (ask(self)) {
            return;
        }
    }
    state->attempt = 0;
    release_waiting(self, member);
}

/* ---- inputs ---- */

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    struct client_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    ((struct passage *)sim_frame_at(self, frame))->ticket = in->ticket;
    sim_count(self, METRIC_LOOKUPS, 1);
    if (sim_now(self) < state->until) {
        sim_count(self, METRIC_HITS, 1);
        sim_count(self, METRIC_NEGATIVE, state->member == 0 ? 1 : 0);
        pass_on(self, frame, state->member);
        return;
    }
    wait(self, frame);
    if (state->attempt > 0) {
        return; /* it is being asked */
    }
    state->asked = sim_now(self);
    if (!ask(self)) {
        release_waiting(self, 0);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    const struct client_params *params = sim_params(self);
    struct client_state *state = sim_state(self);
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME && in->tag == QUESTION) {
        conclude_question(self, &in->outcome->reply);
    } else if (in->kind == SIM_IN_OUTCOME) {
        end(self, in->tag, &in->outcome->reply);
    } else if (in->kind == SIM_IN_START) {
        members_start(self, &state->resolvers, &params->resolver);
    }
}

static void release(struct sim_node *self)
{
    struct client_state *state = sim_state(self);
    sim_level(self, METRIC_WAITING, -state->waiting_count);
    state->waiting_count = 0;
}

const struct sim_model sim_model_dns_client = {
    .abi = SIM_MODEL_ABI,
    .name = "dns.client",
    .summary = "asks where a name leads, believes it for its time to live, and passes requests on",
    .params_size = sizeof(struct client_params),
    .params = client_params,
    .validate = validate,
    .state_size = sizeof(struct client_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = client_metrics,
};

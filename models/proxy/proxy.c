/* proxy: a reverse proxy or API gateway, and what it costs to have one: handshakes, a call to who
 * says whether the request may pass, and compression of the replies.
 *
 *   request -> work [handshake] -> [auth] -> target -> [work: compression] -> reply
 *
 * A share of the requests comes on a new connection, whose handshake is work of its own (RFC 8446:
 * one signature of the server); its round trips are the transport's. `auth` is asked for every
 * request, or for a session once in `auth_ttl`, as an authorizer whose answers a gateway keeps
 * (Amazon API Gateway: 300 s). Only OK lets the request pass; another answer is REJECTED (401,
 * 403), and a failure there is the request's: it fails closed. A reply of OK with `compress_min`
 * bytes or more is compressed at so many bytes a second, to that share of its size (nginx gzip).
 *
 * All work is done by `servers` cores with one queue. A request that finds it full is rejected;
 * what is inside goes on. Left out: a cache of responses and limits, which are components to be put
 * behind and before it; requests that are compressed; replies that are passed on as they come.
 */
#include "balancer/affinity.h"
#include "members.h"
#include "models.h"
#include "queue.h"

#define AUTH_BYTES 1000 /* a request without body, with a token */

struct proxy_params {
    struct sim_target to;
    sim_time timeout;
    const struct sim_dist *cost, *handshake; /* NULL = none */
    double new_connections;
    int64_t servers, queue_limit;
    struct sim_target auth;
    sim_time auth_timeout, auth_ttl;
    int64_t auth_max;
    double compress_speed; /* bytes/s of one core; 0 = no compression */
    double compress_to;
    int64_t compress_min;
};

struct proxy_state {
    struct sim_station *station;
    struct members to, auth;
    struct affinity allowed; /* sessions that may pass; their member is of no consequence */
    int64_t outstanding;
};

enum stage { STAGE_ARRIVED, STAGE_AUTH, STAGE_PASSED_ON, STAGE_COMPRESSED };

/* The frame of a request. */
struct passage {
    sim_ticket ticket;
    enum stage stage;
    struct sim_reply reply; /* COMPRESSED */
};

enum proxy_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_OUTSTANDING,
    METRIC_HANDSHAKES,
    METRIC_AUTH_CALLS,
    METRIC_AUTH_HITS,
    METRIC_DENIED,
    METRIC_COMPRESSED
};

static const struct sim_metric_spec proxy_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "cores of the proxy at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "pieces of work that wait for one", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time that a piece of work waited", NULL},
    {"outstanding", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests taken and not yet answered",
     NULL},
    {"handshakes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that came on a new connection",
     "issued"},
    {"auth.calls", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "questions whether a request may pass",
     NULL},
    {"auth.hits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests whose session was known to",
     "issued"},
    {"denied", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that may not", "issued"},
    {"compressed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "replies that were compressed", NULL},
    {0},
};

enum proxy_draw { DRAW_COST, DRAW_HANDSHAKE, DRAW_CONNECTION };
static const char *const proxy_draws[] = {"cost", "handshake", "connection", NULL};

#define AT(member) offsetof(struct proxy_params, member)

static const struct sim_param proxy_params[] = {
    {"to", SIM_PARAM_TARGET, AT(to), NULL, SIM_UNBOUNDED, "what it stands before, members in turn",
     NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, AT(timeout), "none", 1e-9, 1e300,
     "how long it waits for that [nginx proxy_read_timeout: 60 s]", NULL, NULL},
    {"cost", SIM_PARAM_DURATION_LAW, AT(cost), "nil", SIM_NOT_NEGATIVE,
     "work for a request; left out = none", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, AT(servers), "1", 1, 1e9, "cores that do all its work", NULL,
     NULL},
    {"queue_limit", SIM_PARAM_INTEGER, AT(queue_limit), "-1", -1, 1e12,
     "pieces of work that may wait when a request comes, else it is rejected; -1 = any number",
     NULL, NULL},
    {"handshake", SIM_PARAM_DURATION_LAW, AT(handshake), "nil", SIM_NOT_NEGATIVE,
     "work for a new connection: TLS; left out = none", NULL, NULL},
    {"new_connections", SIM_PARAM_RATIO, AT(new_connections), "percent(100)", 0, 1,
     "of the requests, those that come on a new connection; 100 % = no keep-alive", NULL, NULL},
    {"auth", SIM_PARAM_TARGET, AT(auth), "nil", SIM_UNBOUNDED,
     "who says whether a request may pass, members in turn; left out = all may", NULL, NULL},
    {"auth_timeout", SIM_PARAM_DURATION, AT(auth_timeout), "none", 1e-9, 1e300,
     "how long it waits for that", NULL, NULL},
    {"auth_ttl", SIM_PARAM_DURATION, AT(auth_ttl), "s(0)", 0, 1e300,
     "how long a session that may pass is not asked for again [API Gateway: 300 s]", NULL, NULL},
    {"auth_max", SIM_PARAM_INTEGER, AT(auth_max), "100000", 1, 1e8,
     "sessions remembered so; the one known longest makes room [assumed]", NULL, NULL},
    {"compress_speed", SIM_PARAM_BANDWIDTH, AT(compress_speed), "nil", 1, 1e300,
     "bytes of replies that a core compresses in a second; left out = no compression", NULL, NULL},
    {"compress_to", SIM_PARAM_RATIO, AT(compress_to), "percent(25)", 1e-6, 1,
     "what is left of a reply [assumed, of text; gzip says what is left of yours]", NULL, NULL},
    {"compress_min", SIM_PARAM_BYTES, AT(compress_min), "bytes(20)", 0, 1e15,
     "replies smaller than this stay as they are [nginx gzip_min_length: 20]", NULL, NULL},
    {0},
};

static const char *validate(const void *fields)
{
    const struct proxy_params *params = fields;
    bool has_shares = params->to.shares != NULL || params->auth.shares != NULL;
    return has_shares ? "members take turns; no shares here" : NULL;
}

static void start(struct sim_node *self)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    members_start(self, &state->to, &params->to);
    members_start(self, &state->auth, &params->auth);
    if (params->auth_ttl > 0) {
        affinity_start(self, &state->allowed, (uint32_t)params->auth_max, params->auth_ttl);
    }
    state->station = queue_start(self, params->servers, -1, METRIC_BUSY);
}

/* ---- answers ---- */

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct proxy_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    state->outstanding--;
    sim_level(self, METRIC_OUTSTANDING, -1);
    sim_answer(self, passage->ticket, reply);
    sim_frame_end(self, frame);
}

static void end_with(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    struct sim_reply reply = {.status = status};
    end(self, frame, &reply);
}

static void work(struct sim_node *self, sim_frame frame, sim_time duration)
{
    struct proxy_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, passage->ticket);
    bool is_taken =
        sim_station_work(self, state->station, duration, request->priority, request->span, frame);
    sim_assert(is_taken); /* its queue has no limit */
}

/* ---- to the target and back ---- */

static void call(struct sim_node *self, sim_frame frame, struct members *members, sim_time timeout,
                 const struct sim_request *request)
{
    sim_node_id to = members_next(self, members);
    if (to == 0) {
        end_with(self, frame, SIM_STATUS_UNAVAILABLE);
    } else {
        sim_send_request(self, to, request, timeout, frame);
    }
}

static void pass_on(struct sim_node *self, sim_frame frame)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    struct sim_request request = *sim_request_of(self, passage->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    passage->stage = STAGE_PASSED_ON;
    call(self, frame, &state->to, params->timeout, &request);
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct proxy_params *params = sim_params(self);
    struct passage *passage = sim_frame_at(self, frame);
    if (params->compress_speed <= 0 || reply->status != SIM_STATUS_OK || reply->bytes <= 0 ||
        reply->bytes < params->compress_min) {
        end(self, frame, reply);
        return;
    }
    double bytes = (double)reply->bytes;
    sim_count(self, METRIC_COMPRESSED, 1);
    passage->stage = STAGE_COMPRESSED;
    passage->reply = *reply;
    passage->reply.bytes = (int64_t)(bytes * params->compress_to);
    work(self, frame, sim_time_from_seconds(bytes / params->compress_speed));
}

/* ---- whether it may pass ---- */

static bool is_allowed(struct sim_node *self, uint64_t session)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    return params->auth_ttl > 0 && affinity_peek(&state->allowed, session, sim_now(self)) != NULL;
}

static void authorize(struct sim_node *self, sim_frame frame)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    struct sim_request request = *sim_request_of(self, passage->ticket);
    if (params->auth.count == 0) {
        pass_on(self, frame);
        return;
    }
    if (is_allowed(self, request.session)) {
        sim_count(self, METRIC_AUTH_HITS, 1);
        pass_on(self, frame);
        return;
    }
    request.operation = SIM_OP_CALL;
    request.key = request.session;
    request.bytes = AUTH_BYTES;
    request.reply_bytes = 0;
    request.attempt = 0;
    passage->stage = STAGE_AUTH;
    sim_count(self, METRIC_AUTH_CALLS, 1);
    call(self, frame, &state->auth, params->auth_timeout, &request);
}

static void conclude_auth(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    const struct passage *passage = sim_frame_at(self, frame);
    uint64_t session = sim_request_of(self, passage->ticket)->session;
    if (!sim_status_is_answer(reply->status)) {
        end_with(self, frame, reply->status);
        return;
    }
    if (reply->status != SIM_STATUS_OK) {
        sim_count(self, METRIC_DENIED, 1);
        end_with(self, frame, SIM_STATUS_REJECTED);
        return;
    }
    if (params->auth_ttl > 0 && session != 0) {
        affinity_assign(&state->allowed, session, 0, sim_now(self));
    }
    pass_on(self, frame);
}

/* ---- inputs ---- */

static bool is_full(struct sim_node *self)
{
    const struct proxy_params *params = sim_params(self);
    const struct proxy_state *state = sim_state(self);
    return params->queue_limit >= 0 && sim_station_busy(state->station) >= params->servers &&
           sim_station_queued(state->station) >= params->queue_limit;
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct proxy_params *params = sim_params(self);
    struct proxy_state *state = sim_state(self);
    if (is_full(self)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    ((struct passage *)sim_frame_at(self, frame))->ticket = in->ticket;
    state->outstanding++;
    sim_level(self, METRIC_OUTSTANDING, 1);
    sim_time duration = params->cost == NULL ? 0 : sim_draw(self, DRAW_COST, params->cost);
    if (params->handshake != NULL &&
        sim_random_chance(sim_random_of(self, DRAW_CONNECTION), params->new_connections)) {
        sim_count(self, METRIC_HANDSHAKES, 1);
        duration = sim_time_add(duration, sim_draw(self, DRAW_HANDSHAKE, params->handshake));
    }
    work(self, frame, duration);
}

static void on_done(struct sim_node *self, sim_frame frame)
{
    const struct passage *passage = sim_frame_at(self, frame);
    if (passage->stage == STAGE_COMPRESSED) {
        struct sim_reply reply = passage->reply;
        end(self, frame, &reply);
    } else {
        authorize(self, frame);
    }
}

static void on_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct passage *passage = sim_frame_at(self, frame);
    struct sim_reply reply = outcome->reply;
    if (passage->stage == STAGE_AUTH) {
        reply.status = sim_status_passed_on(SIM_OP_CALL, reply.status);
        conclude_auth(self, frame, &reply);
    } else {
        uint16_t operation = sim_request_of(self, passage->ticket)->operation;
        reply.status = sim_status_passed_on(operation, reply.status);
        conclude(self, frame, &reply);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in->tag, in->outcome);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

/* Requests inside die with the node. */
static void release(struct sim_node *self)
{
    struct proxy_state *state = sim_state(self);
    sim_level(self, METRIC_OUTSTANDING, -state->outstanding);
    state->outstanding = 0;
}

const struct sim_model sim_model_proxy = {
    .abi = SIM_MODEL_ABI,
    .name = "proxy",
    .summary = "a reverse proxy or API gateway: handshakes, who may pass, compression",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct proxy_params),
    .params = proxy_params,
    .validate = validate,
    .state_size = sizeof(struct proxy_state),
    .frame_size = sizeof(struct passage),
    .handle = handle,
    .release = release,
    .metrics = proxy_metrics,
    .draws = proxy_draws,
};

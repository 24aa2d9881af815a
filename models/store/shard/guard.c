/* store.shard: what stands before the store of one shard and knows which keys it has given away,
 * for routers of store.sharded whose maps may be old (map.c); the ownership check of a mongod, a
 * region server, a node of Redis Cluster, in front of a store of any kind (as vttablet stands
 * before MySQL).
 *
 *   request, version of the router's map -> still owned? -> store -> reply
 *                                        -> else "moved" (SIM_STATUS_REDIRECT)
 *
 * The first router asks for a part of the keys to be given away, up to a version of the map in
 * which they are another shard's. From then on requests for them are refused when they were sent by
 * an older map; when that is on disk, and all that was open before has ended, the first router is
 * told, and copies them. Whoever comes with that version or a newer one has seen that they were
 * given away, so what he asks for is here. When the next part is to be given away the one before is
 * in the map: then all are refused whose map is older than that, for whatever key (MongoDB: the
 * shard version, which a router has to know). So nothing needs to be known but one version and one
 * part.
 *
 * The version comes where a session's token would; what sessions have seen of the store is kept
 * here, for them.
 *
 * Left out: work of its own; that requests are held, and not refused, while their key is copied.
 */
#include "models.h"
#include "store/shard/shard.h"

#define THE_LOG 0

struct guard_params {
    struct sim_target store;
    sim_time timeout;
    const struct sim_dist *fsync;
};

static const struct sim_param guard_params[] = {
    {"store", SIM_PARAM_TARGET, offsetof(struct guard_params, store), NULL, SIM_UNBOUNDED,
     "the store of the shard, members in turn", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct guard_params, timeout), "s(1)", 1e-9, 1e300,
     "how long it waits for the store [assumed]", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct guard_params, fsync), "nil", SIM_NOT_NEGATIVE,
     "how long it takes to note on disk what is given away; left out = as the disk says", NULL,
     NULL},
    {0},
};

enum guard_metric { GUARD_MOVED, GUARD_GIVEN, GUARD_GIVE_TIME };
static const struct sim_metric_spec guard_metrics[] = {
    {"moved", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "requests that were refused, since by the router's map their key may be another shard's now",
     NULL},
    {"given", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "parts of the keys that were given away", NULL},
    {"give.time", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "until that was on disk, and nothing was open any more that came before", NULL},
    {0},
};

enum guard_message { GUARD_GIVE, GUARD_GIVEN_AWAY };
static const char *const guard_messages[] = {"give", "given", NULL};

struct guard_job {
    sim_ticket ticket;
    uint64_t session, version;
    uint64_t part; /* that had been given away last when it came */
};

struct guard_state {
    struct members store;
    struct cells tokens; /* of the store, by session */
    uint64_t floor;      /* routers whose map is older are refused */
    /* Given away last: from `version` of the map on these keys are another's. */
    uint64_t version, begin, end;
    bool is_on_disk, is_told;
    uint64_t part;        /* how many were given away in this life */
    uint32_t opened, old; /* requests at the store: since the last one, and from before */
    sim_time since;       /* it was asked for that; 0 = in an earlier life, or it has answered */
    sim_node_id asker;
};

static struct guard_job *job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

/* ---- giving away ---- */

/* Says so as soon as it is true, and again when asked again. */
static void tell(struct sim_node *self)
{
    struct guard_state *state = sim_state(self);
    if (!state->is_on_disk || state->old > 0 || state->is_told) {
        return;
    }
    uint64_t words[SIM_MESSAGE_WORDS] = {state->version};
    state->is_told = true;
    if (state->since != 0) {
        sim_record(self, GUARD_GIVE_TIME, sim_now(self) - state->since);
        state->since = 0;
    }
    sim_send_message(self, state->asker, GUARD_GIVEN_AWAY, words, SHARD_HEADER_BYTES);
}

static void write_down(struct sim_node *self)
{
    const struct guard_params *params = sim_params(self);
    const struct guard_state *state = sim_state(self);
    struct sim_log_record record = {
        .words = {state->floor, state->version, state->begin, state->end},
        .bytes = SHARD_RECORD_BYTES};
    uint64_t index = sim_log_append(self, THE_LOG, &record);
    if (index > 0) {
        sim_log_forget(self, THE_LOG, index - 1); /* the one before counts till then */
    }
    sim_log_sync(self, THE_LOG, params->fsync, 0, state->version);
}

static void give(struct sim_node *self, const struct sim_input *in)
{
    struct guard_state *state = sim_state(self);
    if (in->words[0] < state->version) {
        return; /* overtaken */
    }
    state->asker = in->from;
    state->is_told = false;
    if (in->words[0] > state->version) {
        state->floor = state->version;
        state->version = in->words[0];
        state->begin = in->words[1];
        state->end = in->words[2];
        state->is_on_disk = false;
        state->since = sim_now(self);
        state->part++;
        state->old += state->opened;
        state->opened = 0;
        sim_count(self, GUARD_GIVEN, 1);
        write_down(self);
    }
    tell(self);
}

static void synced(struct sim_node *self, uint64_t version)
{
    struct guard_state *state = sim_state(self);
    state->is_on_disk = state->is_on_disk || version == state->version;
    tell(self);
}

/* ---- requests ---- */

/* A scan is of what was there when it came to the shard: keys that are copied are there still. */
static bool is_moved(const struct guard_state *state, const struct sim_request *request)
{
    bool is_given = request->key >= state->begin && request->key < state->end &&
                    request->operation != SIM_OP_SCAN;
    uint64_t wanted = is_given ? state->version : state->floor;
    return request->session_token < wanted;
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct guard_params *params = sim_params(self);
    struct guard_state *state = sim_state(self);
    if (is_moved(state, in->request)) {
        sim_count(self, GUARD_MOVED, 1);
        sim_answer_status(self, in->ticket, SIM_STATUS_REDIRECT);
        return;
    }
    sim_node_id to = members_next(self, &state->store);
    if (to == 0) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct guard_job *job = job_at(self, frame);
    struct sim_request request = *in->request;
    job->ticket = in->ticket;
    job->session = request.session;
    job->version = request.session_token;
    job->part = state->part;
    state->opened++;
    const struct cell *seen =
        request.session != 0 ? cells_find(&state->tokens, request.session) : NULL;
    request.session_token = seen != NULL ? seen->value : 0;
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

static void conclude(struct sim_node *self, sim_frame frame, struct sim_reply reply)
{
    struct guard_state *state = sim_state(self);
    const struct guard_job *job = job_at(self, frame);
    uint16_t operation = sim_request_of(self, job->ticket)->operation;
    reply.status = sim_status_passed_on(operation, reply.status);
    if (job->session != 0 && sim_status_is_answer(reply.status) && reply.session_token != 0) {
        cells_put(&state->tokens, job->session)->value = reply.session_token;
    }
    reply.session_token = job->version;
    sim_answer(self, job->ticket, &reply);
    if (job->part == state->part) {
        state->opened--;
    } else {
        state->old--;
    }
    sim_frame_end(self, frame);
    tell(self);
}

/* ---- lives ---- */

static void start(struct sim_node *self)
{
    const struct guard_params *params = sim_params(self);
    struct guard_state *state = sim_state(self);
    members_start(self, &state->store, &params->store);
    cells_init(&state->tokens);
    state->is_told = true;
    uint64_t end = shard_log_end(self, THE_LOG);
    if (end > sim_log_begin(self, THE_LOG)) {
        const uint64_t *words = sim_log_at(self, THE_LOG, end - 1)->words;
        state->floor = words[0];
        state->version = words[1];
        state->begin = words[2];
        state->end = words[3];
        state->is_on_disk = true;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, in->outcome->reply);
    } else if (in->kind == SIM_IN_MESSAGE && in->message == GUARD_GIVE) {
        give(self, in);
    } else if (in->kind == SIM_IN_SYNCED) {
        synced(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    cells_clear(&((struct guard_state *)sim_state(self))->tokens);
}

static const char *validate(const void *fields)
{
    const struct guard_params *params = fields;
    return params->store.shares != NULL ? "store: members take turns; no shares here" : NULL;
}

const struct sim_model sim_model_store_shard = {
    .abi = SIM_MODEL_ABI,
    .name = "store.shard",
    .summary = "a shard that knows which keys it has given away, before a store of any kind",
    .params_size = sizeof(struct guard_params),
    .params = guard_params,
    .validate = validate,
    .state_size = sizeof(struct guard_state),
    .frame_size = sizeof(struct guard_job),
    .handle = handle,
    .release = release,
    .metrics = guard_metrics,
    .messages = guard_messages,
};

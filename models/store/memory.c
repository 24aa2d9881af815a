/* store.memory: a map of keys to values with versions, in the memory of one node: the truth that
 * caches and replicas are held against.
 *
 * A request waits for a server, is worked on, and takes effect at the end of its work: a read sees
 * what is there then, a write makes a new version, which is committed at that moment. Versions grow
 * with time, also over a crash. At the start of a life the keys below `keys` exist, with version 1;
 * others are not found until they are written. A deletion is a version too: that of there being
 * nothing. Whoever opens a stream is sent key and version of every commit from then
 * on, as long as there is
 * credit. Compare-and-set needs the value that it expects; a list that is appended to is named by
 * sim_hash_pair(list, value); a scan reads `key` up to `key_end`.
 * A read or scan that says which version the asker has is answered without a value where that is
 * still the latest.
 *
 * Left out: replication, and durability: a crash takes all that was written.
 */
#include "followers.h"
#include "models.h"
#include "queue.h"
#include "store/cells.h"

struct memory_params {
    struct sim_operation_laws service;
    const struct sim_dist *unchanged; /* NULL = as service */
    int64_t servers;
    int64_t queue_limit;
    int64_t keys;
    const struct sim_dist *value_bytes;
    sim_time fresh_for;
};

struct memory_state {
    struct sim_station *work;
    struct cells cells;
    uint64_t version; /* the latest */
    struct followers followers;
};

enum memory_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_WRITES,
    METRIC_MISSING,
    METRIC_UNSENT
};
static const struct sim_metric_spec memory_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "versions that were made", NULL},
    {"missing", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads of keys that do not exist", NULL},
    {"unsent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "changes that a follower was not told of, for lack of credit", NULL},
    {0},
};

enum memory_draw { DRAW_SERVICE, DRAW_BYTES };
static const char *const memory_draws[] = {"service", "bytes", NULL};

static const struct sim_param memory_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct memory_params, service), NULL,
     SIM_NOT_NEGATIVE, "work of a request at full speed: one law, or one an operation", NULL, NULL},
    {"unchanged", SIM_PARAM_DURATION_LAW, offsetof(struct memory_params, unchanged), "nil",
     SIM_NOT_NEGATIVE,
     "work of a read or scan that says which version the asker has, where that is the latest when "
     "it comes; left out = that of the operation",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct memory_params, servers), "1", 1, 1e9,
     "requests that are worked on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct memory_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct memory_params, keys), "-1", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES_LAW, offsetof(struct memory_params, value_bytes), "KiB(1)",
     SIM_NOT_NEGATIVE, "size of a value, where the request does not say [YCSB: 1 kB]", NULL, NULL},
    {"fresh_for", SIM_PARAM_DURATION, offsetof(struct memory_params, fresh_for), "none", 1e-9,
     1e300, "how long it says that an answer may be cached", NULL, NULL},
    {0},
};

/* ---- the map ---- */

/* What is there: written, or from the start. */
static struct cell read_cell(struct sim_node *self, uint64_t key)
{
    const struct memory_params *params = sim_params(self);
    struct memory_state *state = sim_state(self);
    const struct cell *cell = cells_find(&state->cells, key);
    if (cell != NULL) {
        return *cell; /* of value 0 where it was deleted */
    }
    bool exists = params->keys < 0 || key < (uint64_t)params->keys;
    return (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

static bool is_read(uint16_t operation)
{
    return operation == SIM_OP_READ || operation == SIM_OP_CALL;
}

/* Whether a read or scan asks with the version that is the latest of its keys, or a later one. */
static bool is_unchanged(struct sim_node *self, const struct sim_request *request)
{
    bool is_scan = request->operation == SIM_OP_SCAN;
    if (request->expected == 0 || (!is_scan && !is_read(request->operation))) {
        return false;
    }
    uint64_t end = is_scan ? request->key_end : request->key + 1;
    for (uint64_t key = request->key; key < end; key++) {
        if (read_cell(self, key).version > request->expected) {
            return false;
        }
    }
    return true;
}

static uint64_t write_cell(struct sim_node *self, uint64_t key, uint64_t value, bool is_deleted)
{
    struct memory_state *state = sim_state(self);
    uint64_t by_time = (uint64_t)sim_now(self) + 2;
    state->version = by_time > state->version ? by_time : state->version + 1;
    *cells_put(&state->cells, key) = (struct cell){
        .key = key, .value = value, .version = state->version, .is_deleted = is_deleted};
    sim_commit(self, key, state->version);
    sim_count(self, METRIC_WRITES, 1);
    followers_tell(self, &state->followers,
                   (struct sim_item){.key = key, .version = state->version}, METRIC_UNSENT);
    return state->version;
}

/* ---- requests ---- */

static void start(struct sim_node *self)
{
    const struct memory_params *params = sim_params(self);
    struct memory_state *state = sim_state(self);
    state->work = queue_start(self, params->servers, params->queue_limit, METRIC_BUSY);
    cells_init(&state->cells);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct memory_params *params = sim_params(self);
    struct memory_state *state = sim_state(self);
    const struct sim_dist *law = params->service.law[in->request->operation];
    if (params->unchanged != NULL && is_unchanged(self, in->request)) {
        law = params->unchanged;
    }
    sim_time work = sim_draw(self, DRAW_SERVICE, law);
    if (!sim_station_work(self, state->work, work, in->request->priority, in->request->span,
                          in->ticket)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

static int64_t value_size(struct sim_node *self, const struct sim_request *request)
{
    const struct memory_params *params = sim_params(self);
    if (request->reply_bytes > 0) {
        return request->reply_bytes;
    }
    int64_t bytes = sim_dist_draw_bytes(params->value_bytes, sim_random_of(self, DRAW_BYTES));
    return bytes > 1 ? bytes : 1;
}

static void answer_read(struct sim_node *self, const struct sim_request *request,
                        struct sim_reply *reply)
{
    const struct memory_params *params = sim_params(self);
    struct cell cell = read_cell(self, request->key);
    reply->version = cell.version;
    reply->is_unchanged = is_unchanged(self, request);
    if (params->fresh_for != SIM_NEVER) {
        reply->fresh_until = sim_time_add(sim_now(self), params->fresh_for);
    }
    if (cell.is_deleted) {
        sim_count(self, METRIC_MISSING, 1);
        reply->status = SIM_STATUS_NOT_FOUND;
        return;
    }
    if (!reply->is_unchanged) {
        reply->value = cell.value;
        reply->bytes = value_size(self, request);
    }
}

static void answer_scan(struct sim_node *self, const struct sim_request *request,
                        struct sim_reply *reply)
{
    const struct memory_params *params = sim_params(self);
    const struct memory_state *state = sim_state(self);
    reply->is_unchanged = is_unchanged(self, request);
    reply->version = state->version > 0 ? state->version : 1;
    for (uint64_t key = request->key; !reply->is_unchanged && key < request->key_end; key++) {
        reply->bytes += read_cell(self, key).is_deleted ? 0 : value_size(self, request);
    }
    if (params->fresh_for != SIM_NEVER) {
        reply->fresh_until = sim_time_add(sim_now(self), params->fresh_for);
    }
}

static void conclude(struct sim_node *self, sim_ticket ticket)
{
    const struct sim_request *request = sim_request_of(self, ticket);
    struct sim_reply reply = {.status = SIM_STATUS_OK};
    struct cell old;
    switch ((enum sim_operation)request->operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        answer_read(self, request, &reply);
        break;
    case SIM_OP_SCAN:
        answer_scan(self, request, &reply);
        break;
    case SIM_OP_COMPARE_AND_SET:
        old = read_cell(self, request->key);
        if (old.value != request->expected) {
            reply.status = SIM_STATUS_CONFLICT;
            reply.value = old.value;
            reply.version = old.version;
        } else {
            reply.version = write_cell(self, request->key, request->value, false);
        }
        break;
    case SIM_OP_INCREMENT:
        reply.value = read_cell(self, request->key).value + request->value;
        reply.version = write_cell(self, request->key, reply.value, false);
        break;
    case SIM_OP_APPEND:
        reply.value = sim_hash_pair(read_cell(self, request->key).value, request->value);
        reply.version = write_cell(self, request->key, reply.value, false);
        break;
    case SIM_OP_WRITE:
        reply.version = write_cell(self, request->key, request->value, false);
        break;
    case SIM_OP_DELETE:
        reply.version = write_cell(self, request->key, 0, true);
        break;
    case SIM_OP_COUNT:
        break;
    }
    sim_answer(self, ticket, &reply);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct memory_state *state = sim_state(self);
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        conclude(self, in->tag);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        followers_add(&state->followers, in->stream);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        followers_drop(&state->followers, in->stream);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct memory_state *state = sim_state_const(self);
    cells_say(&state->cells, say, data);
}

static void release(struct sim_node *self)
{
    struct memory_state *state = sim_state(self);
    cells_clear(&state->cells);
    followers_clear(&state->followers);
}

const struct sim_model sim_model_store_memory = {
    .abi = SIM_MODEL_ABI,
    .name = "store.memory",
    .summary = "a map of keys to values with versions, in the memory of one node",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct memory_params),
    .params = memory_params,
    .state_size = sizeof(struct memory_state),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = memory_metrics,
    .draws = memory_draws,
};

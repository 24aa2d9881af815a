/* store.counter: an in-memory store of numbers by key, for counts that several nodes share: limits,
 * the state of a breaker (as Redis is used with INCR, GET, SET and EXPIRE).
 *
 * It answers read (NOT_FOUND where there is nothing), write (sets), increment (adds `value` modulo
 * 2^64, so that all ones take one away; a new key begins at 0), compare-and-set (what is not there
 * counts as 0), append (adds a time to a log, see below) and delete; each takes effect when its
 * work is done, one after another on each server. What was made `ttl` ago is gone, however often it
 * was changed since, but a compare-and-set makes it anew (SET with PX); and of more than `keys_max`
 * the one made first is forgotten.
 *
 * Left out: everything that would survive a crash; it comes back empty.
 */
#include "models.h"
#include "object_list.h"
#include "queue.h"
#include "time_log.h"

#define LOG_MAX 1000000000u /* as the limit of a limiter */

struct counter_params {
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    sim_time ttl;
    int64_t keys_max;
    int64_t reply_bytes;
};

struct entry {
    uint64_t value;
    sim_time made;
    struct time_log log; /* where it is appended to */
};

struct counter_state {
    struct sim_station *station;
    struct sim_object_table table; /* payload: struct entry */
    struct sim_object_list made;
    int64_t shown; /* keys, as the metric has them */
    bool has_table;
};

enum counter_metric { METRIC_BUSY, METRIC_QUEUED, METRIC_WAIT, METRIC_KEYS };

static const struct sim_metric_spec counter_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"keys", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "numbers that it holds", NULL},
    {0},
};

enum counter_draw { DRAW_SERVICE };
static const char *const counter_draws[] = {"service", NULL};

static const struct sim_param counter_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct counter_params, service), "us(10)",
     SIM_NOT_NEGATIVE, "work of an operation: one law, or one an operation [Redis: 100,000/s]",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct counter_params, servers), "1", 1, 1e9,
     "operations that are worked on at once [Redis: 1]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct counter_params, queue_limit), "-1", -1, 1e12,
     "operations that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"ttl", SIM_PARAM_DURATION, offsetof(struct counter_params, ttl), "none", 1e-9, 1e300,
     "how long a number lives; two windows are enough for a limiter", NULL, NULL},
    {"keys_max", SIM_PARAM_INTEGER, offsetof(struct counter_params, keys_max), "1e6", 1, 2e8,
     "numbers that it holds; the one made first is forgotten [assumed]", NULL, NULL},
    {"reply_bytes", SIM_PARAM_BYTES, offsetof(struct counter_params, reply_bytes), "bytes(100)",
     SIM_NOT_NEGATIVE, "size of a reply [assumed]", NULL, NULL},
    {0},
};

static void start(struct sim_node *self)
{
    const struct counter_params *params = sim_params(self);
    struct counter_state *state = sim_state(self);
    state->station = queue_start(self, params->servers, params->queue_limit, METRIC_BUSY);
    sim_object_table_init(&state->table, NULL, sizeof(struct entry), 0);
    state->has_table = true;
}

static struct entry *entry_at(const struct counter_state *state, uint32_t index)
{
    return sim_object_payload(sim_object_at(&state->table, index));
}

static void drop(struct counter_state *state, uint32_t index)
{
    time_log_clear(&entry_at(state, index)->log);
    sim_object_list_remove(&state->made, &state->table, index);
    sim_object_table_drop(&state->table, index);
}

/* What has outlived its time goes, oldest first: all live equally long. */
static void expire(struct sim_node *self)
{
    const struct counter_params *params = sim_params(self);
    struct counter_state *state = sim_state(self);
    while (state->made.oldest != 0 &&
           sim_time_add(entry_at(state, state->made.oldest)->made, params->ttl) <= sim_now(self)) {
        drop(state, state->made.oldest);
    }
}

static struct entry *make(struct sim_node *self, uint64_t key)
{
    const struct counter_params *params = sim_params(self);
    struct counter_state *state = sim_state(self);
    if (state->made.count == (uint32_t)params->keys_max) {
        drop(state, state->made.oldest);
    }
    uint32_t index = sim_object_table_add(&state->table, key);
    sim_object_list_add(&state->made, &state->table, index);
    struct entry *entry = entry_at(state, index);
    *entry = (struct entry){.made = sim_now(self)};
    return entry;
}

/* It is made anew, and lives as long from now on. */
static struct entry *renew(struct sim_node *self, uint64_t key, uint32_t index)
{
    struct counter_state *state = sim_state(self);
    if (index == 0) {
        return make(self, key);
    }
    struct entry *entry = entry_at(state, index);
    sim_object_list_remove(&state->made, &state->table, index);
    sim_object_list_add(&state->made, &state->table, index);
    entry->made = sim_now(self);
    return entry;
}

/* As of any store, the value of a conflict is what is there. */
static void compare_and_set(struct sim_node *self, const struct sim_request *request,
                            uint32_t index, struct sim_reply *reply)
{
    const struct counter_state *state = sim_state(self);
    uint64_t value = index != 0 ? entry_at(state, index)->value : 0;
    if (value != request->expected) {
        reply->status = SIM_STATUS_CONFLICT;
        reply->value = value;
        return;
    }
    renew(self, request->key, index)->value = request->value;
}

/* A log of times: forgets those that lie `expected` or longer before `value`, and takes that in
 * unless `key_end` are left; then it is a conflict, whose value is when there will be room. */
static void append(struct sim_node *self, const struct sim_request *request, uint32_t index,
                   struct sim_reply *reply)
{
    if (request->key_end == 0 || request->key_end > LOG_MAX || request->expected == 0) {
        reply->status = SIM_STATUS_ERROR; /* from whoever means another thing by it */
        return;
    }
    struct entry *entry = renew(self, request->key, index);
    sim_time wait = 0;
    bool fits = time_log_add(&entry->log, (int64_t)request->key_end, (sim_time)request->expected,
                             (sim_time)request->value, &wait);
    reply->status = fits ? SIM_STATUS_OK : SIM_STATUS_CONFLICT;
    reply->value = (uint64_t)(fits ? entry->log.count : wait);
}

/* Status and value of one operation. */
static void act(struct sim_node *self, const struct sim_request *request, struct sim_reply *reply)
{
    struct counter_state *state = sim_state(self);
    uint32_t index =
        sim_object_table_find(&state->table, request->key, sim_object_hash(request->key));
    struct entry *entry = index != 0 ? entry_at(state, index) : NULL;
    switch ((enum sim_operation)request->operation) {
    case SIM_OP_READ:
        reply->status = entry != NULL ? SIM_STATUS_OK : SIM_STATUS_NOT_FOUND;
        break;
    case SIM_OP_WRITE:
        entry = entry != NULL ? entry : make(self, request->key);
        entry->value = request->value;
        break;
    case SIM_OP_INCREMENT:
        entry = entry != NULL ? entry : make(self, request->key);
        entry->value += request->value;
        break;
    case SIM_OP_DELETE:
        reply->status = entry != NULL ? SIM_STATUS_OK : SIM_STATUS_NOT_FOUND;
        if (entry != NULL) {
            drop(state, index);
        }
        return;
    case SIM_OP_COMPARE_AND_SET:
        compare_and_set(self, request, index, reply);
        return;
    case SIM_OP_APPEND:
        append(self, request, index, reply);
        return;
    case SIM_OP_CALL:
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        reply->status = SIM_STATUS_ERROR;
        return;
    }
    reply->value = entry != NULL ? entry->value : 0;
}

static void done(struct sim_node *self, sim_ticket ticket)
{
    const struct counter_params *params = sim_params(self);
    struct counter_state *state = sim_state(self);
    struct sim_reply reply = {.bytes = params->reply_bytes};
    expire(self);
    act(self, sim_request_of(self, ticket), &reply);
    sim_level(self, METRIC_KEYS, (int64_t)state->made.count - state->shown);
    state->shown = state->made.count;
    sim_answer(self, ticket, &reply);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct counter_params *params = sim_params(self);
    const struct counter_state *state = sim_state(self);
    sim_time work = sim_draw(self, DRAW_SERVICE, params->service.law[in->request->operation]);
    if (!sim_station_work(self, state->station, work, in->request->priority, in->request->span,
                          in->ticket)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        done(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct counter_state *state = sim_state(self);
    sim_level(self, METRIC_KEYS, -state->shown);
    state->shown = 0;
    if (state->has_table) {
        while (state->made.oldest != 0) {
            drop(state, state->made.oldest);
        }
        sim_object_table_clear(&state->table);
        state->has_table = false;
    }
}

const struct sim_model sim_model_store_counter = {
    .abi = SIM_MODEL_ABI,
    .name = "store.counter",
    .summary = "an in-memory store of numbers that several nodes count with; gone after a crash",
    .params_size = sizeof(struct counter_params),
    .params = counter_params,
    .state_size = sizeof(struct counter_state),
    .handle = handle,
    .release = release,
    .metrics = counter_metrics,
    .draws = counter_draws,
};

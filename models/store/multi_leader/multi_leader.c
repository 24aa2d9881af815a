/* store.multi_leader: every member holds all keys, takes writes for itself, and sends them to the
 * others without waiting. What happens when two change one key at the same time is its `kind`
 * (object.c).
 *
 * A member answers from what it has, at once: it goes on in a partition, and what it answers may be
 * out of date. An update is committed, as far as staleness goes, when its member has made it; the
 * version of an object is the time of its last write, or the number of updates that it has seen, so
 * that of two sides of a partition that have seen equally many neither is behind.
 *
 * `strong`, `bounded` and `prefix` cannot be promised and are unavailable. A `session` stays with
 * the member that it began at, in one life: elsewhere it is unavailable, too, since nobody knows
 * what is still to come there.
 *
 * Left out: the time that a member takes to read its log after a crash; causal contexts that
 * clients hold: an update replaces what its member has seen, whatever its client has read.
 */
#include <stdlib.h>

#include "models.h"
#include "store/multi_leader/multi_leader.h"

static const char *const leaders_kinds[] = {
    "last_write_wins", "siblings", "g_counter", "pn_counter",
    "handoff_counter", "g_set",    "or_set",    NULL};

static const struct sim_param leaders_params[] = {
    {"kind", SIM_PARAM_CHOICE, offsetof(struct leaders_params, kind), "\"last_write_wins\"",
     SIM_UNBOUNDED, "what becomes of two changes at the same time [Shapiro 2011]", NULL,
     leaders_kinds},
    {"tier_0", SIM_PARAM_INTEGER, offsetof(struct leaders_params, tier_0), "1", 1, LEADERS_MAX,
     "handoff_counter: so many members, the first, count in a vector that all of them have "
     "[Almeida 2013: the data centres]",
     NULL, NULL},
    {"tier_1", SIM_PARAM_INTEGER, offsetof(struct leaders_params, tier_1), "0", 0, LEADERS_MAX,
     "handoff_counter: so many next to them hand off to tier 0, and the others to these; 0 = all "
     "others hand off to tier 0 [Almeida 2013: the servers of clients]",
     NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct leaders_params, fsync), "nil",
     SIM_NOT_NEGATIVE,
     "answers, acknowledgements and what others are sent wait for the disk, which takes this; left "
     "out = the log is synced from time to time [Riak: sync_strategy = o_sync]",
     NULL, NULL},
    {"sync_period", SIM_PARAM_DURATION, offsetof(struct leaders_params, sync_period), "s(1)", 1e-6,
     1e300,
     "without fsync: how often the log is synced; none = nothing is on disk [Redis: everysec]",
     NULL, NULL},
    {"retry", SIM_PARAM_DURATION, offsetof(struct leaders_params, retry), "ms(200)", 1e-6, 1e9,
     "what is not acknowledged for so long is sent again [TCP: at least 200 ms]", NULL, NULL},
    {"anti_entropy", SIM_PARAM_DURATION, offsetof(struct leaders_params, anti_entropy), "s(10)",
     1e-6, 1e300,
     "how often a member compares all that it has with another one; none = never "
     "[Demers 1987]",
     NULL, NULL},
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct leaders_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a request: one law, or one an operation [assumed: a look-up by index in memory]",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct leaders_params, servers), "32", 1, 1e9,
     "requests that are worked on at once [Cassandra concurrent_writes: 32]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct leaders_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct leaders_params, value_bytes), "KiB(1)", 0,
     1e12, "size of a value, or of an element of a set [YCSB: 1 kB]", NULL, NULL},
    {0},
};

static const struct sim_metric_spec leaders_metrics[] = {
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that members have made", NULL},
    {"counted", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
     "sum of the numbers that members hold: counters, and last_write_wins below 2^31", NULL},
    {"dropped", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "last_write_wins: updates that were older than what another member had written", NULL},
    {"conflicts", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "siblings: updates that came and stayed beside what was there", NULL},
    {"sent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "objects sent to other members", NULL},
    {"resent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that were not acknowledged in time",
     NULL},
    {"bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent to other members", NULL},
    {"syncs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "comparisons that found a difference", NULL},
    {"handed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "handoff_counter: amounts that were taken from members of a higher tier", NULL},
    {"fsyncs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times a log was synced", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const leaders_messages[] = {"object", "ack", "checksum", NULL};
static const char *const leaders_timers[] = {"retry", "anti-entropy", "sync", NULL};
static const char *const leaders_draws[] = {"service", "peer", NULL};

/* ---- requests ---- */

static bool is_counter(enum leaders_kind kind)
{
    return kind == LEADERS_G_COUNTER || kind == LEADERS_PN_COUNTER ||
           kind == LEADERS_HANDOFF_COUNTER;
}

static bool is_set(enum leaders_kind kind)
{
    return kind == LEADERS_G_SET || kind == LEADERS_OR_SET;
}

/* Whether objects of this kind can do that. */
static bool can(enum leaders_kind kind, const struct sim_request *request)
{
    switch ((enum sim_operation)request->operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        return true;
    case SIM_OP_INCREMENT:
        return kind != LEADERS_G_COUNTER && kind != LEADERS_HANDOFF_COUNTER
                   ? !is_set(kind)
                   : (int64_t)request->value >= 0;
    case SIM_OP_WRITE:
    case SIM_OP_APPEND:
        return !is_counter(kind);
    case SIM_OP_DELETE:
        return !is_counter(kind) && kind != LEADERS_G_SET;
    case SIM_OP_COMPARE_AND_SET:
        return !is_counter(kind) && !is_set(kind);
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        return false;
    }
    return false;
}

static uint64_t by_clock(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    sim_time clock = sim_local_clock(self);
    uint64_t number = clock > 0 ? (uint64_t)clock / 1000 : 0;
    state->number = number > state->number ? number : state->number + 1;
    return state->number << 6 | sim_member(self);
}

/* The new value of a register. */
static uint64_t value_of(const struct sim_request *request, uint64_t old)
{
    return request->operation == SIM_OP_INCREMENT ? old + request->value
           : request->operation == SIM_OP_APPEND  ? sim_hash_pair(old, request->value)
                                                  : request->value;
}

static uint64_t hash_of(uint64_t key, const struct leaders_object *object)
{
    return object->seen_count + object->dot_count == 0 ? 0 : leaders_hash(key, object);
}

struct leaders_part leaders_part(enum leaders_kind kind, uint64_t key,
                                 const struct leaders_object *object)
{
    uint64_t version = leaders_version(kind, object);
    return (struct leaders_part){.hash = hash_of(key, object),
                                 .value_hash = version == 1 ? 0 : sim_hash_pair(key, version),
                                 .counted = leaders_counted(kind, object)};
}

void leaders_changed(struct sim_node *self, uint64_t key, struct leaders_object *object,
                     const struct leaders_part *before)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    struct leaders_part now = leaders_part((enum leaders_kind)params->kind, key, object);
    sim_level(self, LEADERS_COUNTED, now.counted - before->counted);
    state->checksum += now.hash - before->hash;
    state->values += now.value_hash - before->value_hash;
    leaders_log(self, key, object);
}

/* Changes the object; false: there is no room for it. */
static bool change(struct sim_node *self, const struct sim_request *request,
                   struct leaders_object *object, uint64_t old)
{
    const struct leaders_params *params = sim_params(self);
    const struct leaders_state *state = sim_state(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    bool is_delete = request->operation == SIM_OP_DELETE;
    if (kind == LEADERS_HANDOFF_COUNTER) {
        leaders_handoff_increment(object, request->value);
    } else if (is_counter(kind)) {
        leaders_count(object, state->actor, (int64_t)request->value);
    } else if (is_set(kind) && !is_delete) {
        return leaders_add(object, state->actor, request->value);
    } else {
        leaders_write(kind, object, state->actor, kind == LEADERS_LAST_WRITE ? by_clock(self) : 0,
                      value_of(request, old), is_delete);
    }
    return true;
}

/* False: there is no room for it. */
static bool update(struct sim_node *self, const struct sim_request *request, uint64_t old,
                   bool *ret_is_update)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    if (!leaders_has_room(leaders_find(state, request->key), state->actor)) {
        return false;
    }
    struct leaders_object *object = leaders_put(state, kind, request->key);
    bool is_new = object->seen_count + object->dot_count == 0;
    struct leaders_part before = leaders_part(kind, request->key, object);
    if (!change(self, request, object, old)) {
        return false;
    }
    if (kind == LEADERS_LAST_WRITE && !is_new && hash_of(request->key, object) == before.hash) {
        sim_count(self, LEADERS_DROPPED, 1); /* what is there is from a clock that is ahead */
        return true;
    }
    *ret_is_update = true;
    leaders_changed(self, request->key, object, &before);
    sim_count(self, LEADERS_COMMITS, 1);
    leaders_spread(self, request->key,
                   LEADERS_VALUE | (state->tier == 0 ? LEADERS_ENTRY : LEADERS_OWN));
    return true;
}

static enum sim_status perform(struct sim_node *self, const struct sim_request *request,
                               struct sim_reply *reply, bool *ret_is_update)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    const struct leaders_object *object = leaders_find(state, request->key);
    uint64_t old = 0;
    bool is_there = object != NULL && leaders_value(kind, object, &old);
    bool is_read = request->operation == SIM_OP_READ || request->operation == SIM_OP_CALL;
    enum sim_status status = is_read && !is_there ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK;
    if (request->operation == SIM_OP_COMPARE_AND_SET && old != request->expected) {
        status = SIM_STATUS_CONFLICT;
    } else if (!is_read && !update(self, request, old, ret_is_update)) {
        return SIM_STATUS_REJECTED;
    }
    object = leaders_find(state, request->key);
    if (object != NULL && status == SIM_STATUS_OK) {
        leaders_value(kind, object, &old);
        reply->siblings =
            kind == LEADERS_SIBLINGS && object->dot_count > 1 ? object->dot_count - 1 : 0;
        int64_t values = object->dot_count > 0 ? object->dot_count : 1;
        reply->bytes = is_read ? values * params->value_bytes : 0;
    }
    reply->value = old;
    reply->version = object == NULL ? 1 : leaders_version(kind, object);
    return status;
}

/* What a member can promise of what it has. */
static bool is_promised(const struct leaders_state *state, const struct sim_request *request)
{
    switch ((enum sim_consistency)request->consistency) {
    case SIM_CONSISTENCY_DEFAULT:
    case SIM_CONSISTENCY_EVENTUAL:
        return true;
    case SIM_CONSISTENCY_SESSION:
        return request->session_token == 0 || request->session_token == state->actor;
    case SIM_CONSISTENCY_STRONG:
    case SIM_CONSISTENCY_BOUNDED:
    case SIM_CONSISTENCY_PREFIX:
        return false;
    }
    return false;
}

static void conclude(struct sim_node *self, sim_ticket ticket)
{
    const struct leaders_params *params = sim_params(self);
    const struct leaders_state *state = sim_state(self);
    const struct sim_request *request = sim_request_of(self, ticket);
    struct leaders_job job = {
        .key = request->key, .ticket = ticket, .reply = {.session_token = state->actor}};
    if (!can((enum leaders_kind)params->kind, request)) {
        sim_answer_status(self, ticket, SIM_STATUS_ERROR);
    } else if (!is_promised(state, request)) {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    } else {
        job.reply.status = perform(self, request, &job.reply, &job.is_update);
        leaders_settle(self, &job);
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    const struct sim_dist *law = params->service.law[in->request->operation];
    if (!sim_station_work(self, state->work, sim_draw(self, LEADERS_DRAW_SERVICE, law),
                          in->request->priority, in->request->span, in->ticket)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

/* ---- lives ---- */

static void compare_later(struct sim_node *self)
{
    const struct leaders_params *params = sim_params(self);
    if (params->anti_entropy != SIM_NEVER) {
        sim_after(self, params->anti_entropy, LEADERS_TIMER_ANTI_ENTROPY, 0);
    }
}

static void start(struct sim_node *self, bool is_restart)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    struct sim_station_options options = {.servers = params->servers,
                                          .queue_limit = params->queue_limit,
                                          .discipline = SIM_FIFO,
                                          .busy_metric = LEADERS_BUSY,
                                          .queued_metric = LEADERS_QUEUED,
                                          .wait_metric = LEADERS_WAIT};
    sim_assert(sim_group_size(self) <= LEADERS_MAX);
    state->work = sim_station_new(self, &options);
    /* Under its old name only who has never told anybody what it may forget. */
    bool is_new_name = is_restart && params->fsync == NULL;
    state->actor = (is_new_name ? (uint64_t)sim_now(self) + 1 : 0) << 6 | sim_member(self);
    state->actor++; /* a token, too: 0 is none */
    state->tier = leaders_tier(params, sim_member(self));
    cells_init(&state->keys);
    sim_after(self, params->retry, LEADERS_TIMER_RETRY, 0);
    compare_later(self);
    if (is_restart) {
        leaders_recover(self);
        leaders_compare(self);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_params *params = sim_params(self);
    if (in->kind == SIM_IN_MESSAGE) {
        leaders_message(self, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        conclude(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == LEADERS_TIMER_RETRY) {
        leaders_retry(self);
        sim_after(self, params->retry, LEADERS_TIMER_RETRY, 0);
    } else if (in->kind == SIM_IN_SYNCED) {
        leaders_synced(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER && in->timer == LEADERS_TIMER_SYNC) {
        leaders_sync_due(self);
    } else if (in->kind == SIM_IN_TIMER) {
        leaders_compare(self);
        compare_later(self);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

static void release(struct sim_node *self)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->object_capacity; i++) {
        sim_level(self, LEADERS_COUNTED,
                  -leaders_counted((enum leaders_kind)params->kind, &state->objects[i]));
        leaders_object_clear(&state->objects[i]);
    }
    free(state->objects);
    free(state->pending);
    cells_clear(&state->keys);
    *state = (struct leaders_state){0};
}

static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct leaders_params *params = sim_params(self);
    const struct leaders_state *state = sim_state_const(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    for (uint32_t i = 0; i < state->keys.count; i++) {
        uint64_t value = 0;
        bool is_there = leaders_value(kind, &state->objects[i], &value);
        say(data, cells_at(&state->keys, i)->key, leaders_version(kind, &state->objects[i]), value,
            !is_there);
    }
}

const struct sim_model sim_model_store_multi_leader = {
    .abi = SIM_MODEL_ABI,
    .name = "store.multi_leader",
    .summary = "every member takes writes; conflicts by last write, siblings, or CRDT",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct leaders_params),
    .params = leaders_params,
    .members_max = LEADERS_MAX,
    .state_size = sizeof(struct leaders_state),
    .frame_size = sizeof(struct leaders_job),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = leaders_metrics,
    .messages = leaders_messages,
    .timers = leaders_timers,
    .draws = leaders_draws,
};

/* cache: keeps copies of what is behind it, under an eviction policy and a time to live.
 *
 * Cache-aside before any component. A read that hits is answered here; one that misses goes on, its
 * answer is kept and passed back. A write goes on, and when it is over the copy is dropped. What
 * names no single key passes through. Without a component behind it, a miss is answered here too:
 * the cache alone, for replaying a trace.
 *
 * The look-up happens when the request arrives and the fill when the answer does, and the costs are
 * time spent in between; so with answers that take no time a look-up that misses has inserted
 * before the next request arrives, which is the rule behind the exact miss counts of the tests.
 *
 * A copy that has passed its time is found out when it is asked for, or is evicted (passive
 * expiry). A read that is on its way behind the cache while the key is written puts an old copy
 * back; and a read that joins it is answered with that. Real caches without leases do the same
 * (Nishtala and others, "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1).
 *
 * Left out: negative entries, refresh ahead of expiry, write-through and write-behind.
 */
#include "cache/copies.h"
#include "members.h"
#include "models.h"

struct cache_state {
    struct copies copies;
    struct sim_object_table flights; /* keys that are being fetched, with their last visit */
    struct sim_station *station;     /* NULL where nothing takes time */
    struct members members;          /* of miss_to */
};

enum visit_kind { VISIT_HIT, VISIT_READ, VISIT_WRITE, VISIT_OTHER };

/* The frame of a request that is not answered at once. */
struct visit {
    sim_ticket ticket;
    uint64_t key;
    enum visit_kind kind;
    sim_frame next;         /* coalesced: who waits for the same answer */
    struct sim_reply reply; /* of a hit */
};

static const struct sim_metric_spec cache_metrics[] = {
    {"lookups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads that looked for their key", NULL},
    {"hits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "look-ups that found it", "lookups"},
    {"misses", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "look-ups that did not", "lookups"},
    {"coalesced", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "misses that joined another one for the same key", "misses"},
    {"expirations", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "misses that found a copy past its time",
     "misses"},
    {"evictions", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies that made room for others", NULL},
    {"refusals", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "answers that the policy would not keep",
     NULL},
    {"invalidations", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies dropped because of a write",
     NULL},
    {"entries", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "copies kept", NULL},
    {"bytes", SIM_METRIC_LEVEL, SIM_METRIC_BYTES, "size of the copies kept", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers of the cache at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for one of them", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const cache_draws[] = {"hit", "miss", "ttl", "eviction", NULL};

static const struct sim_param cache_params[] = {
    {"capacity", SIM_PARAM_INTEGER, offsetof(struct cache_params, capacity), "nil", 1, 1e8,
     "objects that it holds; or give bytes_capacity", NULL, NULL},
    {"bytes_capacity", SIM_PARAM_BYTES, offsetof(struct cache_params, bytes_capacity), "nil", 1,
     1e18, "bytes that it holds; or give capacity", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, offsetof(struct cache_params, policy), "\"lru\"", SIM_UNBOUNDED,
     "which object makes room for a new one", NULL, sim_eviction_names},
    {"hit", SIM_PARAM_DURATION_LAW, offsetof(struct cache_params, hit), "nil", SIM_NOT_NEGATIVE,
     "time that a hit takes; left out = none", NULL, NULL},
    {"miss", SIM_PARAM_DURATION_LAW, offsetof(struct cache_params, miss), "nil", SIM_NOT_NEGATIVE,
     "time before anything else goes on; left out = none", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct cache_params, servers), "0", 0, 1e9,
     "requests that spend this time at once; 0 = any number", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct cache_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait for a server; more are rejected; -1 = any number", NULL, NULL},
    {"ttl", SIM_PARAM_DURATION, offsetof(struct cache_params, ttl), "none", 1e-9, 1e300,
     "how long a copy may be served", NULL, NULL},
    {"ttl_jitter", SIM_PARAM_RATIO, offsetof(struct cache_params, ttl_jitter), "percent(0)", 0, 1,
     "each ttl is spread evenly by this much to both sides, so that copies do not expire together",
     NULL, NULL},
    {"coalesce", SIM_PARAM_BOOLEAN, offsetof(struct cache_params, coalesce), "false", SIM_UNBOUNDED,
     "misses of a key that is being fetched wait for that answer [singleflight]", NULL, NULL},
    {"object_bytes", SIM_PARAM_BYTES, offsetof(struct cache_params, object_bytes), "KiB(1)", 0,
     1e15, "size of an object where neither request nor answer says", NULL, NULL},
    {"miss_to", SIM_PARAM_TARGET, offsetof(struct cache_params, miss_to), "nil", SIM_UNBOUNDED,
     "component behind the cache, members in turn; left out = misses are answered here", NULL,
     NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct cache_params, timeout), "none", 1e-9, 1e300,
     "how long it waits for that component", NULL, NULL},
    {0},
};

static const char *validate(const void *fields)
{
    const struct cache_params *params = fields;
    if ((params->capacity > 0) == (params->bytes_capacity > 0)) {
        return "give either capacity, in objects, or bytes_capacity";
    }
    uint32_t count_min = sim_eviction_policies[params->policy]->count_min;
    if (params->capacity > 0 && params->capacity < count_min) {
        return "capacity: too few objects for this policy to keep any (s3fifo: give 20 or more)";
    }
    return params->miss_to.shares != NULL ? "miss_to: members take turns; no shares here" : NULL;
}

/* ---- start and end of a life ---- */

static void start(struct sim_node *self)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    copies_start(self, &state->copies);
    sim_object_table_init(&state->flights, NULL, sizeof(sim_frame), 0);
    if (params->hit != NULL || params->miss != NULL) {
        struct sim_station_options options = {
            .servers = params->servers > 0 ? params->servers : INT32_MAX,
            .queue_limit = params->queue_limit,
            .discipline = SIM_FIFO,
            .busy_metric = METRIC_BUSY,
            .queued_metric = METRIC_QUEUED,
            .wait_metric = METRIC_WAIT,
        };
        state->station = sim_station_new(self, &options);
    }
    members_start(self, &state->members, &params->miss_to);
}

/* ---- answers ---- */

static void answer(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct visit *visit = sim_frame_at(self, frame);
    sim_answer(self, visit->ticket, reply);
    sim_frame_end(self, frame);
}

/* Takes the key off the list of those that are being fetched; what came for it goes to all who wait
 * for it, in order of arrival. */
static void conclude_read(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    if (reply->status == SIM_STATUS_OK) {
        copies_keep(self, &state->copies, visit->key, reply);
    }
    if (params->coalesce) {
        uint32_t flight =
            sim_object_table_find(&state->flights, visit->key, sim_object_hash(visit->key));
        sim_object_table_drop(&state->flights, flight);
    }
    while (frame != 0) {
        sim_frame next = ((const struct visit *)sim_frame_at(self, frame))->next;
        answer(self, frame, reply);
        frame = next;
    }
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *answered)
{
    struct cache_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    struct sim_reply reply = *answered;
    if (reply.status == SIM_STATUS_REFUSED) {
        reply.status = SIM_STATUS_UNAVAILABLE; /* nobody listens there, but somebody does here */
    }
    switch (visit->kind) {
    case VISIT_READ:
        conclude_read(self, frame, &reply);
        break;
    case VISIT_WRITE:
        /* Also after a failure: the write may have happened all the same. */
        copies_invalidate(self, &state->copies, visit->key);
        answer(self, frame, &reply);
        break;
    case VISIT_HIT:
    case VISIT_OTHER:
        answer(self, frame, &reply);
        break;
    }
}

/* ---- behind the cache ---- */

static void answer_here(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    const struct cache_params *params = sim_params(self);
    const struct visit *visit = sim_frame_at(self, frame);
    int64_t bytes = sim_request_of(self, visit->ticket)->reply_bytes;
    struct sim_reply reply = {.status = status};
    if (status == SIM_STATUS_OK) {
        reply.bytes = bytes > 0 ? bytes : params->object_bytes;
    }
    conclude(self, frame, &reply);
}

static void go_on(struct sim_node *self, sim_frame frame)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    if (params->miss_to.count == 0) {
        answer_here(self, frame, SIM_STATUS_OK);
        return;
    }
    sim_node_id to = members_next(self, &state->members);
    if (to == 0) {
        answer_here(self, frame, SIM_STATUS_UNAVAILABLE);
        return;
    }
    struct sim_request request = *sim_request_of(self, visit->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &request, params->timeout, frame);
}

/* ---- arrival ---- */

static enum visit_kind kind_of(uint16_t operation)
{
    switch ((enum sim_operation)operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        return VISIT_READ;
    case SIM_OP_WRITE:
    case SIM_OP_COMPARE_AND_SET:
    case SIM_OP_INCREMENT:
    case SIM_OP_APPEND:
    case SIM_OP_DELETE:
        return VISIT_WRITE;
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
    return VISIT_OTHER;
}

static sim_frame new_visit(struct sim_node *self, const struct sim_input *in, enum visit_kind kind)
{
    sim_frame frame = sim_frame_new(self);
    struct visit *visit = sim_frame_at(self, frame);
    visit->ticket = in->ticket;
    visit->key = in->request->key;
    visit->kind = kind;
    return frame;
}

/* Spends `law` on the request; false when there is nothing to spend. A request that finds the queue
 * full is turned away. */
static bool spend(struct sim_node *self, const struct sim_input *in, int draw,
                  const struct sim_dist *law, sim_frame frame)
{
    if (law == NULL) {
        return false;
    }
    struct cache_state *state = sim_state(self);
    if (!sim_station_work(self, state->station, sim_draw(self, draw, law), in->request->priority,
                          in->request->span, frame)) {
        struct sim_reply full = {.status = SIM_STATUS_REJECTED};
        conclude(self, frame, &full);
    }
    return true;
}

/* True when another miss of the key is under way and this one waits for its answer. */
static bool joins_flight(struct sim_node *self, sim_frame frame)
{
    struct cache_state *state = sim_state(self);
    struct visit *visit = sim_frame_at(self, frame);
    uint32_t flight =
        sim_object_table_find(&state->flights, visit->key, sim_object_hash(visit->key));
    if (flight != 0) {
        sim_frame *last = sim_object_payload(sim_object_at(&state->flights, flight));
        struct visit *before = sim_frame_at(self, *last);
        before->next = frame;
        *last = frame;
        sim_count(self, METRIC_COALESCED, 1);
        return true;
    }
    flight = sim_object_table_add(&state->flights, visit->key);
    sim_frame *last = sim_object_payload(sim_object_at(&state->flights, flight));
    *last = frame;
    return false;
}

static void hit(struct sim_node *self, const struct sim_input *in, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    sim_count(self, METRIC_HITS, 1);
    if (params->hit == NULL) {
        sim_answer(self, in->ticket, reply);
        return;
    }
    sim_frame frame = new_visit(self, in, VISIT_HIT);
    ((struct visit *)sim_frame_at(self, frame))->reply = *reply;
    spend(self, in, DRAW_HIT, params->hit, frame);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    enum visit_kind kind = kind_of(in->request->operation);
    if (kind == VISIT_READ) {
        sim_count(self, METRIC_LOOKUPS, 1);
        struct sim_reply reply;
        if (copies_find(self, &state->copies, in->request->key, &reply)) {
            hit(self, in, &reply);
            return;
        }
        sim_count(self, METRIC_MISSES, 1);
    }
    sim_frame frame = new_visit(self, in, kind);
    if (kind == VISIT_READ && params->coalesce && joins_flight(self, frame)) {
        return;
    }
    if (!spend(self, in, DRAW_MISS, params->miss, frame)) {
        go_on(self, frame);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        conclude(self, in->tag, &in->outcome->reply);
    } else if (in->kind == SIM_IN_DONE) {
        const struct visit *visit = sim_frame_at(self, in->tag);
        if (visit->kind == VISIT_HIT) {
            struct sim_reply reply = visit->reply;
            answer(self, in->tag, &reply);
        } else {
            go_on(self, in->tag);
        }
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct cache_state *state = sim_state(self);
    copies_clear(self, &state->copies);
    sim_object_table_clear(&state->flights);
}

const struct sim_model sim_model_cache = {
    .abi = SIM_MODEL_ABI,
    .name = "cache",
    .summary = "keeps copies of what is behind it, under an eviction policy and a time to live",
    .params_size = sizeof(struct cache_params),
    .params = cache_params,
    .validate = validate,
    .state_size = sizeof(struct cache_state),
    .frame_size = sizeof(struct visit),
    .handle = handle,
    .release = release,
    .metrics = cache_metrics,
    .draws = cache_draws,
};

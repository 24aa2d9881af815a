/* cache: keeps copies of what is behind it, under an eviction policy and a time to live.
 *
 * It stands before any component. A read that hits is answered here; one that misses goes on, its
 * answer is kept and passed back: read-through, or cache-aside with the application's part in it.
 * A write goes on, and when it is over the copy is dropped (cache-aside), replaced (write-through)
 * or left alone (write-around); or it is acknowledged at once and goes on later (write-behind).
 * What names no single key passes through, or is kept or put together (queries.c). Without a
 * component behind it, a miss is answered here too: the cache alone, for replaying a trace.
 *
 * A copy that has passed its time is found out when it is asked for, or is evicted (passive
 * expiry), or is found by a sample (active). It may be served a little longer while another one is
 * fetched (RFC 5861), and fetched before its time: always (refresh-ahead) or by chance (XFetch).
 *
 * A read that is on its way behind the cache while the key is written puts an old copy back; and a
 * read that joins it is answered with that. Real caches without leases do the same (Nishtala and
 * others, "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1); with versions an older one
 * never takes the place of a newer one.
 *
 * Left out: values that a store pushes, and a dump that a cache starts from.
 */
#include "cache/visits.h"
#include "models.h"
#include "queue.h"

static const struct sim_metric_spec cache_metrics[] = {
    {"lookups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads that looked for their key", NULL},
    {"hits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "look-ups that found it", "lookups"},
    {"misses", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "look-ups that did not", "lookups"},
    {"coalesced", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "misses that joined another one for the same key", "misses"},
    {"locked", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "times that a miss found its key being fetched, and waited to look again", "misses"},
    {"early", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "misses that were drawn to fetch a copy that would have done", "misses"},
    {"validations", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "look-ups whose copy was held against the store", "lookups"},
    {"expirations", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "misses that found a copy past its time",
     "misses"},
    {"swept", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies that active expiry dropped", NULL},
    {"outlived", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hits by a copy past its time", "hits"},
    {"refreshes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "fetches that nobody waited for", NULL},
    {"negative", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hits that knew that there is nothing",
     "hits"},
    {"filtered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hits of keys that the filter does not have",
     "hits"},
    {"false_positives", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "misses of keys that the filter has and that do not exist", "misses"},
    {"evictions", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies that made room for others", NULL},
    {"refusals", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "answers that the policy would not keep",
     NULL},
    {"invalidations", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies dropped because of a write",
     NULL},
    {"changes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "changes that a followed store told of", NULL},
    {"known", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "changes that the copy had already", "changes"},
    {"passed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests for private keys, passed through",
     NULL},
    {"overtaken", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "answers that were not kept because there is something newer", NULL},
    {"told", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "messages to fellow members about one key", NULL},
    {"replicated", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "copies that came from fellow members",
     NULL},
    {"absorbed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes that went with another one that waits", NULL},
    {"lost_writes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "acknowledged writes that died with the cache", NULL},
    {"unwritten", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "acknowledged writes that wait", NULL},
    {"entries", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "copies kept", NULL},
    {"bytes", SIM_METRIC_LEVEL, SIM_METRIC_BYTES, "size of the copies kept", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers of the cache at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for one of them", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const cache_draws[] = {"hit",   "miss",   "ttl",    "eviction",
                                          "early", "expiry", "change", NULL};
/* Those that stream their changes. */
static const char *const followed_models[] = {"store.memory", "store.single", NULL};

static const char *const cache_timers[] = {"look",   "write",       "expire", "follow",
                                           "change", "synchronise", NULL};
static const char *const cache_messages[] = {"drop",        "written", "copy",
                                             "synchronise", "copies",  NULL};
static const char *const replicate_names[] = {"nothing", "writes", "copies", NULL};
static const char *const change_names[] = {"invalidate", "refresh", "fetch", NULL};
static const char *const break_names[] = {"forget", "keep", NULL};
static const char *const scan_names[] = {"pass", "results", "objects", NULL};
static const char *const write_names[] = {"invalidate", "through", "around", "behind", NULL};

static const struct sim_param cache_params[] = {
    {"capacity", SIM_PARAM_INTEGER, offsetof(struct cache_params, capacity), "nil", 1, 1e8,
     "objects that it holds; or give bytes_capacity", NULL, NULL},
    {"bytes_capacity", SIM_PARAM_BYTES, offsetof(struct cache_params, bytes_capacity), "nil", 1,
     1e18, "bytes that it holds; or give capacity", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, offsetof(struct cache_params, policy), "\"lru\"", SIM_UNBOUNDED,
     "which object makes room for a new one [memcached: lru]", NULL, sim_eviction_names},
    {"hit", SIM_PARAM_DURATION_LAW, offsetof(struct cache_params, hit), "nil", SIM_NOT_NEGATIVE,
     "time that a hit takes; left out = none", NULL, NULL},
    {"miss", SIM_PARAM_DURATION_LAW, offsetof(struct cache_params, miss), "nil", SIM_NOT_NEGATIVE,
     "time before anything else goes on; left out = none", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct cache_params, servers), "0", 0, 1e9,
     "requests that spend this time at once; 0 = any number", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct cache_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait for a server; more are rejected; -1 = any number", NULL, NULL},
    {"ttl", SIM_PARAM_DURATION, offsetof(struct cache_params, ttl), "none", 1e-9, 1e300,
     "how long a copy may be served [HTTP max-age]", NULL, NULL},
    {"ttl_min", SIM_PARAM_DURATION, offsetof(struct cache_params, ttl_min), "s(0)", 0, 1e300,
     "a copy may be served for at least this long, also when its answer says less [Unbound "
     "cache-min-ttl; CloudFront minimum TTL]",
     NULL, NULL},
    {"ttl_jitter", SIM_PARAM_RATIO, offsetof(struct cache_params, ttl_jitter), "percent(0)", 0, 1,
     "each ttl is spread evenly by this much to both sides, so that copies do not expire together",
     NULL, NULL},
    {"sliding", SIM_PARAM_BOOLEAN, offsetof(struct cache_params, sliding), "false", SIM_UNBOUNDED,
     "each hit begins the copy's ttl anew [Caffeine: expireAfterAccess]", NULL, NULL},
    {"negative_ttl", SIM_PARAM_DURATION, offsetof(struct cache_params, negative_ttl), "s(0)", 0,
     1e300, "how long it is kept that there is no such key; 0 = not at all [RFC 2308]", NULL, NULL},
    {"stale_for", SIM_PARAM_DURATION, offsetof(struct cache_params, stale_for), "s(0)", 0, 1e300,
     "how long a copy past its time is still served while another is fetched [RFC 5861]", NULL,
     NULL},
    {"active_expiry", SIM_PARAM_DURATION, offsetof(struct cache_params, active_expiry), "none",
     1e-9, 1e300, "how often copies past their time are looked for [Redis: ms(100)]", NULL, NULL},
    {"refresh_ahead", SIM_PARAM_RATIO, offsetof(struct cache_params, refresh_ahead), "percent(0)",
     0, 1,
     "a hit with less than this share of the ttl left fetches another copy meanwhile [Coherence: "
     "refresh-ahead]",
     NULL, NULL},
    {"early", SIM_PARAM_NUMBER, offsetof(struct cache_params, early), "0", 0, 1e6,
     "beta of early fetches, drawn the likelier the nearer the end [XFetch: 1]; 0 = none", NULL,
     NULL},
    {"coalesce", SIM_PARAM_BOOLEAN, offsetof(struct cache_params, coalesce), "false", SIM_UNBOUNDED,
     "misses of a key that is being fetched wait for that answer [singleflight]", NULL, NULL},
    {"lock", SIM_PARAM_DURATION, offsetof(struct cache_params, lock), "none", 1e-9, 1e300,
     "misses of a key that is being fetched look again after this long [nginx proxy_cache_lock]",
     NULL, NULL},
    {"leases", SIM_PARAM_BOOLEAN, offsetof(struct cache_params, leases), "false", SIM_UNBOUNDED,
     "what was fetched while its key was written is not kept [Nishtala 2013]", NULL, NULL},
    {"write", SIM_PARAM_CHOICE, offsetof(struct cache_params, write), "\"invalidate\"",
     SIM_UNBOUNDED, "what a write does to the copy: drop it, replace it, nothing, or wait in it",
     NULL, write_names},
    {"write_delay", SIM_PARAM_DURATION, offsetof(struct cache_params, write_delay), "s(1)", 1e-9,
     1e9,
     "behind: how long a write waits for others of its key [Coherence write-delay; the time is "
     "assumed]",
     NULL, NULL},
    {"follow", SIM_PARAM_TARGET, offsetof(struct cache_params, follow), "nil", SIM_UNBOUNDED,
     "store whose stream of changes it follows [Nishtala 2013: mcsqueal]", NULL, followed_models},
    {"on_change", SIM_PARAM_CHOICE, offsetof(struct cache_params, on_change), "\"invalidate\"",
     SIM_UNBOUNDED,
     "what a change there does: drop the copy, fetch another one, or fetch it in any case", NULL,
     change_names},
    {"on_break", SIM_PARAM_CHOICE, offsetof(struct cache_params, on_break), "\"forget\"",
     SIM_UNBOUNDED,
     "what becomes of copies when that stream breaks: all go, or stay, though changes may be "
     "missed "
     "[a delivery network keeps them]",
     NULL, break_names},
    {"change_delay", SIM_PARAM_DURATION_LAW, offsetof(struct cache_params, change_delay), "nil",
     SIM_NOT_NEGATIVE,
     "how long after it is told of a change it acts: the way of a purge; left out = none", NULL,
     NULL},
    {"private", SIM_PARAM_RATIO, offsetof(struct cache_params, private_share), "percent(0)", 0, 1,
     "of the keys, by their hash: what is for one reader only, and passed through [Cache-Control: "
     "private]",
     NULL, NULL},
    {"scans", SIM_PARAM_CHOICE, offsetof(struct cache_params, scans), "\"pass\"", SIM_UNBOUNDED,
     "what becomes of a scan: it passes, its whole result is kept, or its objects are", NULL,
     scan_names},
    {"validate", SIM_PARAM_BOOLEAN, offsetof(struct cache_params, validate), "false", SIM_UNBOUNDED,
     "a hit first asks whether its version is the latest [HTTP no-cache, If-None-Match]", NULL,
     NULL},
    {"preload", SIM_PARAM_INTEGER, offsetof(struct cache_params, preload), "0", 0, 1e6,
     "keys below this are fetched when it starts, ten at a time", NULL, NULL},
    {"replicate", SIM_PARAM_CHOICE, offsetof(struct cache_params, replicate), "\"nothing\"",
     SIM_UNBOUNDED,
     "what members of the group tell each other: which keys were written, or every copy too "
     "[mcrouter; Redis replicas]",
     NULL, replicate_names},
    {"holders", SIM_PARAM_INTEGER, offsetof(struct cache_params, holders), "0", 0, HOLDERS_MAX,
     "members that are told about a key: the first on the ring [Dynamo: 3]; 0 = all", NULL, NULL},
    {"filter_keys", SIM_PARAM_INTEGER, offsetof(struct cache_params, filter_keys), "0", 0, 1e7,
     "a Bloom filter holds the keys below this and those written; 0 = no filter", NULL, NULL},
    {"filter_bits", SIM_PARAM_NUMBER, offsetof(struct cache_params, filter_bits), "10", 1, 64,
     "its bits a key [RocksDB: 10]", NULL, NULL},
    {"filter_hashes", SIM_PARAM_INTEGER, offsetof(struct cache_params, filter_hashes), "0", 0,
     SIM_BLOOM_FILTER_HASHES_MAX, "its hash functions; 0 = the best number for so many bits", NULL,
     NULL},
    {"object_bytes", SIM_PARAM_BYTES, offsetof(struct cache_params, object_bytes), "KiB(1)", 0,
     1e15, "size of an object where neither request nor answer says [YCSB: 1 kB]", NULL, NULL},
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
    if (params->coalesce && params->lock != SIM_NEVER) {
        return "coalesce, or lock: misses of a key either wait for its answer or look again";
    }
    if (params->preload > 0 && params->miss_to.count == 0) {
        return "preload: there is nobody to fetch from; give miss_to";
    }
    if (params->ttl_min > params->ttl) {
        return "ttl_min: more than ttl";
    }
    if (params->scans == SCANS_RESULTS && params->write == WRITE_BEHIND) {
        return "scans: a result does not have what waits to be written; not with write = "
               "\"behind\"";
    }
    if (params->scans == SCANS_RESULTS && params->replicate == REPLICATE_COPIES) {
        return "scans: whole results are not sent to fellows; with replicate = \"copies\" give "
               "\"objects\"";
    }
    if (params->scans != SCANS_PASS && params->private_share > 0) {
        return "scans: an answer may hold private objects; not with private";
    }
    if (params->validate && params->miss_to.count == 0) {
        return "validate: there is nobody to ask; give miss_to";
    }
    if (params->sliding && params->ttl == SIM_NEVER) {
        return "sliding: there is no ttl to begin anew";
    }
    if (params->replicate == REPLICATE_NOTHING && params->holders > 0) {
        return "holders: members tell each other nothing; give replicate";
    }
    if (params->replicate != REPLICATE_NOTHING && params->write == WRITE_BEHIND) {
        return "replicate: what waits in one member to be written is not told to the others; not "
               "with write = \"behind\"";
    }
    if (params->follow.shares != NULL) {
        return "follow: all members are followed; no shares here";
    }
    if (params->follow.count == 0 && params->on_break != BREAK_FORGET) {
        return "on_break: no store is followed";
    }
    return params->miss_to.shares != NULL ? "miss_to: members take turns; no shares here" : NULL;
}

/* ---- start and end of a life ---- */

static void start(struct sim_node *self)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    copies_start(self, &state->copies);
    sim_object_table_init(&state->flights, NULL, sizeof(struct flight), 0);
    if (params->write == WRITE_BEHIND) {
        sim_object_table_init(&state->writes, NULL, sizeof(struct unwritten), 0);
    }
    if (params->filter_keys > 0) {
        uint64_t keys = (uint64_t)params->filter_keys;
        sim_bloom_filter_init(&state->filter, keys, params->filter_bits,
                              (uint32_t)params->filter_hashes);
        for (uint64_t key = 0; key < keys; key++) {
            sim_bloom_filter_add(&state->filter, key);
        }
    }
    if (params->active_expiry != SIM_NEVER) {
        sim_after(self, params->active_expiry, TIMER_EXPIRE, 0);
    }
    if (params->hit != NULL || params->miss != NULL) {
        state->station = queue_start(self, params->servers > 0 ? params->servers : INT32_MAX,
                                     params->queue_limit, METRIC_BUSY);
    }
    members_start(self, &state->members, &params->miss_to);
    follow_start(self);
    preload_start(self);
    replicas_start(self);
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    switch ((enum cache_timer)in->timer) {
    case TIMER_LOOK:
        visits_look(self, in->tag);
        break;
    case TIMER_WRITE:
        writes_flush(self, in->tag);
        break;
    case TIMER_FOLLOW:
        follow_again(self, (sim_node_id)in->tag);
        break;
    case TIMER_CHANGE:
        follow_act(self, in->tag);
        break;
    case TIMER_SYNCHRONISE:
        replicas_ask(self);
        break;
    case TIMER_EXPIRE:
        copies_expire(self, &state->copies);
        sim_after(self, params->active_expiry, TIMER_EXPIRE, 0);
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        visits_arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        visits_conclude(self, in->tag, &in->outcome->reply);
    } else if (in->kind == SIM_IN_DONE) {
        visits_done(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_STREAM_ITEM) {
        follow_change(self, in);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        follow_broken(self, in);
    } else if (in->kind == SIM_IN_MESSAGE) {
        replicas_hear(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void expect(struct sim_node *self, const struct sim_request *request)
{
    const struct cache_state *state = sim_state(self);
    if (state->copies.store != NULL) {
        sim_eviction_expect(state->copies.store, request->key);
    }
}

static void release(struct sim_node *self)
{
    struct cache_state *state = sim_state(self);
    copies_clear(self, &state->copies);
    sim_object_table_clear(&state->flights);
    sim_bloom_filter_clear(&state->filter);
    writes_clear(self);
}

const struct sim_model sim_model_cache = {
    .abi = SIM_MODEL_ABI,
    .name = "cache",
    .summary = "keeps copies of what is behind it, under an eviction policy and a time to live",
    .traits = SIM_MODEL_PASSES,
    .params_size = sizeof(struct cache_params),
    .params = cache_params,
    .validate = validate,
    .state_size = sizeof(struct cache_state),
    .frame_size = sizeof(struct visit),
    .handle = handle,
    .expect = expect,
    .release = release,
    .metrics = cache_metrics,
    .timers = cache_timers,
    .messages = cache_messages,
    .draws = cache_draws,
};

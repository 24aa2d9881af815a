/* Copies of the cache model: an eviction store with a time to live; see copies.h. */
#include "cache/copies.h"

/* What is kept with an object. */
struct copy {
    sim_time expires;
    uint64_t value, version;
    sim_node_id served_by;
    unsigned took_us : 31; /* how long it took to fetch; enough for half an hour */
    unsigned is_negative : 1;
};

#define TOOK_US_MAX ((1u << 31) - 1)

/* Active expiry as Redis does it: each round looks at 20 copies, and another round follows at once
 * when more than a quarter of them had expired. */
#define EXPIRY_SAMPLE 20
#define EXPIRY_AGAIN 5
#define EXPIRY_ROUNDS 100

void copies_start(struct sim_node *self, struct copies *copies)
{
    const struct cache_params *params = sim_params(self);
    bool is_by_count = params->capacity > 0;
    struct sim_eviction_setup setup = {
        .policy = sim_eviction_policies[params->policy],
        .unit = is_by_count ? SIM_EVICTION_OBJECTS : SIM_EVICTION_BYTES,
        .capacity = (uint64_t)(is_by_count ? params->capacity : params->bytes_capacity),
        .payload_size = sizeof(struct copy),
        .seed = sim_random_u64(sim_random_of(self, DRAW_EVICTION)),
    };
    copies->store = sim_eviction_new(&setup);
}

static void show(struct sim_node *self, struct copies *copies, int64_t entries, int64_t bytes)
{
    if (entries != copies->shown_entries) {
        sim_level(self, METRIC_ENTRIES, entries - copies->shown_entries);
        copies->shown_entries = entries;
    }
    if (bytes != copies->shown_bytes) {
        sim_level(self, METRIC_BYTES, bytes - copies->shown_bytes);
        copies->shown_bytes = bytes;
    }
}

/* Brings the metrics up to what the store says. */
static void show_store(struct sim_node *self, struct copies *copies)
{
    const struct sim_eviction *store = copies->store;
    if (store->evicted_count != copies->shown_evictions) {
        sim_count(self, METRIC_EVICTIONS, store->evicted_count - copies->shown_evictions);
        copies->shown_evictions = store->evicted_count;
    }
    show(self, copies, (int64_t)store->count, (int64_t)store->bytes);
}

void copies_clear(struct sim_node *self, struct copies *copies)
{
    if (copies->store != NULL) {
        show(self, copies, 0, 0);
        sim_eviction_free(copies->store);
        copies->store = NULL;
    }
}

/* A time to live with its jitter. */
static sim_time spread(struct sim_node *self, sim_time ttl)
{
    const struct cache_params *params = sim_params(self);
    if (ttl == SIM_NEVER || params->ttl_jitter <= 0) {
        return ttl;
    }
    double share = 2 * sim_random_unit(sim_random_of(self, DRAW_TTL)) - 1;
    return sim_time_from_seconds(sim_time_seconds(ttl) * (1 + params->ttl_jitter * share));
}

/* ---- looking ---- */

/* Whether this request is drawn to fetch a copy that has `left` to live, the more likely the less
 * that is and the longer a fetch takes: XFetch (Vattani, Chierichetti, Lowenstein, "Optimal
 * probabilistic cache stampede prevention", PVLDB 8(8), 2015, figure 2). */
static bool is_drawn_early(struct sim_node *self, const struct copy *copy, sim_time left)
{
    const struct cache_params *params = sim_params(self);
    double unit = sim_random_unit(sim_random_of(self, DRAW_EARLY));
    double ahead_us = (double)copy->took_us * params->early * -sim_log(unit > 0 ? unit : 0x1p-53);
    return ahead_us * (double)SIM_MICROSECOND >= (double)left;
}

static enum copy_state state_of(struct sim_node *self, const struct copy *copy)
{
    const struct cache_params *params = sim_params(self);
    sim_time now = sim_now(self);
    if (copy->expires == SIM_NEVER) {
        return COPY_FRESH;
    }
    if (copy->expires <= now) {
        return sim_time_add(copy->expires, params->stale_for) > now ? COPY_DUE : COPY_NONE;
    }
    sim_time left = copy->expires - now;
    if (params->early > 0 && is_drawn_early(self, copy, left)) {
        return COPY_EARLY;
    }
    bool is_due =
        params->ttl != SIM_NEVER && (double)left < params->refresh_ahead * (double)params->ttl;
    return is_due ? COPY_DUE : COPY_FRESH;
}

static struct sim_reply reply_of(struct sim_object *object)
{
    const struct copy *copy = sim_object_payload(object);
    return (struct sim_reply){
        .status = copy->is_negative ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
        .served_by = copy->version != 0 ? copy->served_by : 0,
        .value = copy->value,
        .version = copy->version,
        .bytes = (int64_t)object->size,
        .fresh_until = copy->expires == SIM_NEVER ? 0 : copy->expires,
    };
}

enum copy_state copies_find(struct sim_node *self, struct copies *copies, uint64_t key,
                            struct sim_reply *ret_reply)
{
    struct sim_object *object = sim_eviction_lookup(copies->store, key);
    if (object == NULL) {
        return COPY_NONE;
    }
    const struct cache_params *params = sim_params(self);
    struct copy *copy = sim_object_payload(object);
    enum copy_state state = state_of(self, copy);
    if (state == COPY_FRESH && params->sliding && !copy->is_negative) {
        copy->expires = sim_time_add(sim_now(self), spread(self, params->ttl));
    }
    if (state == COPY_NONE) {
        sim_eviction_remove(copies->store, key);
        sim_count(self, METRIC_EXPIRATIONS, 1);
        show_store(self, copies);
        return COPY_NONE;
    }
    *ret_reply = reply_of(object);
    return state;
}

/* ---- keeping ---- */

static sim_time expiry(struct sim_node *self, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    sim_time ttl = reply->status == SIM_STATUS_NOT_FOUND ? params->negative_ttl : params->ttl;
    sim_time expires = sim_time_add(sim_now(self), spread(self, ttl));
    if (reply->fresh_until > 0 && reply->fresh_until < expires) {
        sim_time shortest = sim_time_add(sim_now(self), params->ttl_min);
        bool is_too_short = reply->status == SIM_STATUS_OK && reply->fresh_until < shortest;
        expires = is_too_short ? shortest : reply->fresh_until;
    }
    return expires;
}

uint64_t copies_version(const struct copies *copies, uint64_t key)
{
    struct sim_object *object = sim_eviction_peek(copies->store, key);
    return object == NULL ? 0 : ((const struct copy *)sim_object_payload(object))->version;
}

static bool has_newer(const struct copies *copies, uint64_t key, uint64_t version)
{
    return version != 0 && copies_version(copies, key) > version;
}

static void fill(struct sim_object *object, const struct sim_reply *reply, sim_time expires,
                 sim_time took)
{
    sim_time took_us = took / SIM_MICROSECOND;
    struct copy *copy = sim_object_payload(object);
    *copy = (struct copy){.expires = expires,
                          .value = reply->value,
                          .version = reply->version,
                          .served_by = reply->served_by,
                          .is_negative = reply->status == SIM_STATUS_NOT_FOUND};
    copy->took_us = took_us < TOOK_US_MAX ? (unsigned)took_us & TOOK_US_MAX : TOOK_US_MAX;
}

sim_time copies_keep(struct sim_node *self, struct copies *copies, uint64_t key,
                     const struct sim_reply *reply, sim_time took)
{
    const struct cache_params *params = sim_params(self);
    bool is_negative = reply->status == SIM_STATUS_NOT_FOUND;
    if (has_newer(copies, key, reply->version)) {
        sim_count(self, METRIC_OVERTAKEN, 1);
        return 0;
    }
    sim_time expires = 0;
    int64_t bytes = reply->bytes > 0 || is_negative ? reply->bytes : params->object_bytes;
    struct sim_object *object =
        sim_eviction_insert(copies->store, key, (uint64_t)(bytes > 0 ? bytes : 1));
    if (object == NULL) {
        sim_count(self, METRIC_REFUSALS, 1);
    } else {
        expires = expiry(self, reply);
        fill(object, reply, expires, took);
    }
    show_store(self, copies);
    return expires;
}

bool copies_take(struct sim_node *self, struct copies *copies, const struct copy_record *record)
{
    const struct sim_reply *reply = &record->reply;
    if (has_newer(copies, record->key, reply->version)) {
        sim_count(self, METRIC_OVERTAKEN, 1);
        return false;
    }
    uint64_t bytes = (uint64_t)(reply->bytes > 0 ? reply->bytes : 1);
    struct sim_object *object = sim_eviction_insert(copies->store, record->key, bytes);
    if (object == NULL) {
        sim_count(self, METRIC_REFUSALS, 1);
    } else {
        fill(object, reply, record->expires, 0);
    }
    show_store(self, copies);
    return object != NULL;
}

uint32_t copies_position_count(const struct copies *copies)
{
    return sim_eviction_position_count(copies->store);
}

bool copies_at(const struct copies *copies, uint32_t position, struct copy_record *ret_record)
{
    struct sim_object *object = sim_eviction_at(copies->store, position);
    if (object == NULL) {
        return false;
    }
    const struct copy *copy = sim_object_payload(object);
    *ret_record = (struct copy_record){
        .key = object->key, .reply = reply_of(object), .expires = copy->expires};
    return true;
}

void copies_set_version(struct copies *copies, uint64_t key, const struct sim_reply *reply)
{
    struct sim_object *object = sim_eviction_peek(copies->store, key);
    if (object != NULL) {
        struct copy *copy = sim_object_payload(object);
        copy->version = reply->version;
        copy->served_by = reply->served_by;
    }
}

void copies_invalidate(struct sim_node *self, struct copies *copies, uint64_t key)
{
    if (sim_eviction_remove(copies->store, key)) {
        sim_count(self, METRIC_INVALIDATIONS, 1);
        show_store(self, copies);
    }
}

void copies_forget(struct sim_node *self, struct copies *copies)
{
    sim_count(self, METRIC_INVALIDATIONS, copies->store->count);
    sim_eviction_clear(copies->store);
    show_store(self, copies);
}

/* ---- active expiry ---- */

/* Looks at a sample of the copies; how many of them had expired, and are dropped. */
static uint32_t expire_sample(struct sim_node *self, struct copies *copies)
{
    const struct cache_params *params = sim_params(self);
    uint32_t expired = 0;
    for (uint32_t i = 0; i < EXPIRY_SAMPLE; i++) {
        uint32_t positions = sim_eviction_position_count(copies->store);
        uint64_t at = sim_random_below(sim_random_of(self, DRAW_EXPIRY), positions);
        struct sim_object *object = sim_eviction_at(copies->store, (uint32_t)at);
        const struct copy *copy = object != NULL ? sim_object_payload(object) : NULL;
        if (copy != NULL && copy->expires != SIM_NEVER &&
            sim_time_add(copy->expires, params->stale_for) <= sim_now(self)) {
            sim_eviction_remove(copies->store, object->key);
            expired++;
        }
    }
    return expired;
}

void copies_expire(struct sim_node *self, struct copies *copies)
{
    for (uint32_t round = 0; round < EXPIRY_ROUNDS && copies->store->count > 0; round++) {
        uint32_t expired = expire_sample(self, copies);
        sim_count(self, METRIC_SWEPT, expired);
        if (expired <= EXPIRY_AGAIN) {
            break;
        }
    }
    show_store(self, copies);
}

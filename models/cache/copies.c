/* Copies of the cache model: an eviction store with a time to live; see copies.h. */
#include "cache/copies.h"

/* What is kept with an object. */
struct copy {
    sim_time expires;
    uint64_t value, version;
};

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

bool copies_find(struct sim_node *self, struct copies *copies, uint64_t key,
                 struct sim_reply *ret_reply)
{
    struct sim_object *object = sim_eviction_lookup(copies->store, key);
    if (object == NULL) {
        return false;
    }
    const struct copy *copy = sim_object_payload(object);
    if (copy->expires <= sim_now(self)) {
        sim_eviction_remove(copies->store, key);
        sim_count(self, METRIC_EXPIRATIONS, 1);
        show_store(self, copies);
        return false;
    }
    *ret_reply = (struct sim_reply){
        .value = copy->value,
        .version = copy->version,
        .bytes = (int64_t)object->size,
        .fresh_until = copy->expires == SIM_NEVER ? 0 : copy->expires,
    };
    return true;
}

static sim_time expiry(struct sim_node *self, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    sim_time ttl = params->ttl;
    if (ttl != SIM_NEVER && params->ttl_jitter > 0) {
        double spread = 2 * sim_random_unit(sim_random_of(self, DRAW_TTL)) - 1;
        ttl = sim_time_from_seconds(sim_time_seconds(ttl) * (1 + params->ttl_jitter * spread));
    }
    sim_time expires = sim_time_add(sim_now(self), ttl);
    bool is_fresh_shorter = reply->fresh_until > 0 && reply->fresh_until < expires;
    return is_fresh_shorter ? reply->fresh_until : expires;
}

void copies_keep(struct sim_node *self, struct copies *copies, uint64_t key,
                 const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    int64_t bytes = reply->bytes > 0 ? reply->bytes : params->object_bytes;
    struct sim_object *object = sim_eviction_insert(copies->store, key, (uint64_t)bytes);
    if (object == NULL) {
        sim_count(self, METRIC_REFUSALS, 1);
    } else {
        struct copy *copy = sim_object_payload(object);
        copy->expires = expiry(self, reply);
        copy->value = reply->value;
        copy->version = reply->version;
    }
    show_store(self, copies);
}

void copies_invalidate(struct sim_node *self, struct copies *copies, uint64_t key)
{
    if (sim_eviction_remove(copies->store, key)) {
        sim_count(self, METRIC_INVALIDATIONS, 1);
        show_store(self, copies);
    }
}

/* What the files of the cache model share: its parameters, metrics and random streams, and the
 * copies that it keeps.
 *
 * Copies are an eviction store (cache/eviction.h) with a time to live; every change of it is shown
 * in the metrics at once.
 */
#ifndef BRINK_MODELS_CACHE_COPIES_H
#define BRINK_MODELS_CACHE_COPIES_H

#include "cache/eviction.h"
#include "sim.h"

struct cache_params {
    int64_t capacity; /* objects; 0 = counted in bytes */
    int64_t bytes_capacity;
    int32_t policy;                    /* index into sim_eviction_policies */
    const struct sim_dist *hit, *miss; /* NULL = no time */
    int64_t servers;                   /* 0 = as many as it takes */
    int64_t queue_limit;
    sim_time ttl;
    double ttl_jitter;
    bool coalesce;
    int64_t object_bytes;
    struct sim_target miss_to;
    sim_time timeout;
};

enum cache_metric {
    METRIC_LOOKUPS,
    METRIC_HITS,
    METRIC_MISSES,
    METRIC_COALESCED,
    METRIC_EXPIRATIONS,
    METRIC_EVICTIONS,
    METRIC_REFUSALS,
    METRIC_INVALIDATIONS,
    METRIC_ENTRIES,
    METRIC_BYTES,
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT
};

enum cache_draw { DRAW_HIT, DRAW_MISS, DRAW_TTL, DRAW_EVICTION };

struct copies {
    struct sim_eviction *store;
    int64_t shown_entries, shown_bytes; /* what the metrics say */
    uint64_t shown_evictions;
};

/* `self` is a node of the cache model. */
void copies_start(struct sim_node *self, struct copies *copies);
/* Forgets all. May be called on zeroed memory. */
void copies_clear(struct sim_node *self, struct copies *copies);
/* Looks for the key, which is an access. True with an answer in *ret_reply when there is a copy
 * that may be served; one that has passed its time is dropped. */
bool copies_find(struct sim_node *self, struct copies *copies, uint64_t key,
                 struct sim_reply *ret_reply);
/* Keeps what `reply` answered, if the policy takes it. */
void copies_keep(struct sim_node *self, struct copies *copies, uint64_t key,
                 const struct sim_reply *reply);
/* Drops the copy, if there is one, because its key was written. */
void copies_invalidate(struct sim_node *self, struct copies *copies, uint64_t key);

#endif

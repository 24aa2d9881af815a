/* What the files of the cache model share: its parameters, metrics and random streams, and the
 * copies that it keeps.
 *
 * Copies are an eviction store (cache/eviction.h) with a time to live; every change of it is shown
 * in the metrics at once. A copy is of a value, or of there being none.
 */
#ifndef BRINK_MODELS_CACHE_COPIES_H
#define BRINK_MODELS_CACHE_COPIES_H

#include "cache/eviction.h"
#include "sim.h"

/* What a change does that a followed store tells of. */
enum cache_change { CHANGE_INVALIDATE, CHANGE_REFRESH, CHANGE_FETCH };

/* What becomes of copies when that stream breaks. */
enum cache_break { BREAK_FORGET, BREAK_KEEP };

/* What becomes of the copy when its key is written. */
enum cache_write { WRITE_INVALIDATE, WRITE_THROUGH, WRITE_AROUND, WRITE_BEHIND };

/* What becomes of a scan. */
enum cache_scans { SCANS_PASS, SCANS_RESULTS, SCANS_OBJECTS };

#define HOLDERS_MAX 16 /* of a key, where not all members are */

/* What members of a group of caches tell each other. */
enum cache_replicate { REPLICATE_NOTHING, REPLICATE_WRITES, REPLICATE_COPIES };

struct cache_params {
    int64_t capacity; /* objects; 0 = counted in bytes */
    int64_t bytes_capacity;
    int32_t policy;                    /* index into sim_eviction_policies */
    const struct sim_dist *hit, *miss; /* NULL = no time */
    int64_t servers;                   /* 0 = as many as it takes */
    int64_t queue_limit;
    sim_time ttl, ttl_min;
    double ttl_jitter;
    bool sliding;
    sim_time negative_ttl; /* 0 = answers that there is nothing are not kept */
    sim_time stale_for;
    sim_time active_expiry;
    double refresh_ahead;
    double early;
    bool coalesce;
    bool leases;
    sim_time lock; /* SIM_NEVER = none */
    int32_t write; /* enum cache_write */
    sim_time write_delay;
    int64_t filter_keys; /* 0 = no filter */
    double filter_bits;
    int64_t filter_hashes; /* 0 = the best for these bits */
    int64_t object_bytes;
    struct sim_target follow;
    int32_t on_change;                   /* enum cache_change */
    int32_t on_break;                    /* enum cache_break */
    const struct sim_dist *change_delay; /* NULL = none */
    double private_share;                /* of the keys */
    int32_t scans;                       /* enum cache_scans */
    bool validate;
    int64_t preload;   /* keys */
    int32_t replicate; /* enum cache_replicate */
    int64_t holders;   /* of a key; 0 = all members */
    struct sim_target miss_to;
    sim_time timeout;
};

enum cache_metric {
    METRIC_LOOKUPS,
    METRIC_HITS,
    METRIC_MISSES,
    METRIC_COALESCED,
    METRIC_LOCKED,
    METRIC_EARLY,
    METRIC_VALIDATIONS,
    METRIC_EXPIRATIONS,
    METRIC_SWEPT,
    METRIC_OUTLIVED,
    METRIC_REFRESHES,
    METRIC_NEGATIVE,
    METRIC_FILTERED,
    METRIC_FALSE_POSITIVES,
    METRIC_EVICTIONS,
    METRIC_REFUSALS,
    METRIC_INVALIDATIONS,
    METRIC_CHANGES,
    METRIC_KNOWN,
    METRIC_PASSED,
    METRIC_OVERTAKEN,
    METRIC_TOLD,
    METRIC_REPLICATED,
    METRIC_ABSORBED,
    METRIC_LOST_WRITES,
    METRIC_UNWRITTEN,
    METRIC_ENTRIES,
    METRIC_BYTES,
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT
};

enum cache_draw {
    DRAW_HIT,
    DRAW_MISS,
    DRAW_TTL,
    DRAW_EVICTION,
    DRAW_EARLY,
    DRAW_EXPIRY,
    DRAW_CHANGE
};

enum cache_timer {
    TIMER_LOOK,
    TIMER_WRITE,
    TIMER_EXPIRE,
    TIMER_FOLLOW,
    TIMER_CHANGE,
    TIMER_SYNCHRONISE
};

enum cache_message {
    MESSAGE_DROP,
    MESSAGE_WRITTEN,
    MESSAGE_COPY,
    MESSAGE_SYNCHRONISE,
    MESSAGE_COPIES
};

/* What a copy is good for. */
enum copy_state {
    COPY_NONE,  /* there is none, or it has passed its time */
    COPY_FRESH, /* may be served */
    COPY_DUE,   /* may be served, and another one should be fetched meanwhile */
    COPY_EARLY  /* may be served, but this request is drawn to fetch another one */
};

struct copies {
    struct sim_eviction *store;
    int64_t shown_entries, shown_bytes; /* what the metrics say */
    uint64_t shown_evictions;
};

/* `self` is a node of the cache model. */
void copies_start(struct sim_node *self, struct copies *copies);
/* Forgets all. May be called on zeroed memory. */
void copies_clear(struct sim_node *self, struct copies *copies);
/* Looks for the key, which is an access. Unless there is none, *ret_reply is the answer of the
 * copy; one that has passed its time is dropped. */
enum copy_state copies_find(struct sim_node *self, struct copies *copies, uint64_t key,
                            struct sim_reply *ret_reply);
/* Keeps what `reply` answered after `took`, if the policy takes it, unless what is there is newer.
 * That there is nothing is kept for negative_ttl. Returns when the copy's time is over, 0 = it was
 * not kept. */
sim_time copies_keep(struct sim_node *self, struct copies *copies, uint64_t key,
                     const struct sim_reply *reply, sim_time took);
/* A copy, wherever it is kept. */
struct copy_record {
    uint64_t key;
    struct sim_reply reply; /* that a hit would be answered with */
    sim_time expires;
};
/* Keeps a copy that another cache has, unless what is here is newer; false when it was not kept. */
bool copies_take(struct sim_node *self, struct copies *copies, const struct copy_record *record);
/* Positions 0 .. count - 1 hold all copies; false where there is none. */
uint32_t copies_position_count(const struct copies *copies);
bool copies_at(const struct copies *copies, uint32_t position, struct copy_record *ret_record);
/* Of the copy; 0 when there is none, or it has none. */
uint64_t copies_version(const struct copies *copies, uint64_t key);
/* The copy, if it is still there, is now of that version. */
void copies_set_version(struct copies *copies, uint64_t key, const struct sim_reply *reply);
/* Drops the copy, if there is one, because its key was written. */
void copies_invalidate(struct sim_node *self, struct copies *copies, uint64_t key);
/* Drops all copies, as invalid. */
void copies_forget(struct sim_node *self, struct copies *copies);
/* One round of active expiry: drops expired ones among a sample of the copies, and goes on while
 * many were. */
void copies_expire(struct sim_node *self, struct copies *copies);

#endif

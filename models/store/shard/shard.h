/* Sharding: what the files of store.sharded share.
 *
 *     params.c   parameters, and which of them go together
 *     shard.c    the model: requests and whom they are sent on to, lives
 *     table.c    which shard owns a key, before and after a change
 *     gather.c   scans: several requests at once, and the answers put together
 *     follow.c   what a router knows of a change under way, and which requests it holds
 *     map.c      the same of a map that is kept in a configuration store
 *     move.c     the first router: changes, and the keys that they move
 *     give.c     shards that know what they own are asked to give keys away
 *     copy.c     one key on its way from its old shard to its new one
 *     load.c     how unevenly shards are asked, and where a hot range is split
 *     size.c     how big shards are, and where one that is too big is split
 *     guard.c    another model, store.shard: a shard that knows what it owns
 */
#ifndef BRINK_MODELS_STORE_SHARD_H
#define BRINK_MODELS_STORE_SHARD_H

#include "hashing/placement.h"
#include "members.h"
#include "sim.h"
#include "store/cells.h"

#define SHARD_SHARDS_MAX 1024u
#define SHARD_RANGES_MAX 4096u
/* Of one run; all of them fit into a message. Those that are planned, of shards that come and go,
 * are at most as many, and splits have what they leave. */
#define SHARD_CHANGES_MAX 1024u
#define SHARD_CHANGE_WORDS 3u
#define SHARD_RECENT 256u /* keys that were asked for last */
#define SHARD_HEADER_BYTES 64
#define SHARD_RECORD_BYTES 64

/* ---- parameters ---- */

enum shard_by { SHARD_BY_RANGE }; /* the others are placements, in the order of their names */

/* shard { ... } */
struct shard_fields {
    struct sim_target store;
    double weight;
    int64_t below; /* 0 = not said */
    sim_time from, to;
};

enum shard_copy_reads { SHARD_COPY_STRONG, SHARD_COPY_DEFAULT };
enum shard_gather { SHARD_GATHER_SHARDS, SHARD_GATHER_KEYS };

struct shard_params {
    struct sim_shapes shards;
    struct sim_target config;
    int32_t by;
    int64_t keys;
    int64_t points, table_entries;
    struct sim_operation_laws service;
    int64_t servers, queue_limit;
    sim_time timeout;
    int32_t gather; /* enum shard_gather */
    double gather_wait;
    int64_t batch, parallel;
    int32_t copy_reads; /* enum shard_copy_reads */
    double rate;        /* bytes/s; 0 = no limit */
    sim_time retry;
    const struct sim_dist *fsync; /* NULL = as the disk says */
    sim_time measure;
    double split_above; /* 0 = ranges are not split for their load */
    int64_t value_bytes;
    int64_t partition_max; /* bytes; 0 = sizes are not kept */
    bool split_oversized;
};

/* ---- params.c ---- */

extern const struct sim_param shard_params_table[];
const char *shard_validate(const void *fields);
/* How often shards are to join and to leave. */
uint32_t shard_planned(const struct shard_params *params);

static inline const struct shard_fields *shard_fields_at(const struct shard_params *params,
                                                         uint32_t shard)
{
    return params->shards.shapes[shard].fields;
}

/* Whether it is to have keys at that time. */
static inline bool shard_is_wanted(const struct shard_params *params, uint32_t shard, sim_time now)
{
    const struct shard_fields *fields = shard_fields_at(params, shard);
    return fields->from <= now && now < fields->to;
}

/* ---- tables of the model ---- */

enum shard_metric {
    SHARD_METRIC_BUSY,
    SHARD_METRIC_QUEUED,
    SHARD_METRIC_WAIT,
    SHARD_METRIC_SKEW,
    SHARD_METRIC_HELD,
    SHARD_METRIC_MET,
    SHARD_METRIC_HELD_TIME,
    SHARD_METRIC_MOVED_ANSWERS,
    SHARD_METRIC_REFRESHES,
    SHARD_METRIC_REFRESHES_FAILED,
    SHARD_METRIC_REFRESH_TIME,
    SHARD_METRIC_MAP_RETRIED,
    SHARD_METRIC_MAP_LATE,
    SHARD_METRIC_PARTS,
    SHARD_METRIC_MOVING,
    SHARD_METRIC_EXAMINED,
    SHARD_METRIC_MOVED,
    SHARD_METRIC_MOVED_BYTES,
    SHARD_METRIC_MOVE_TIME,
    SHARD_METRIC_RETRIED,
    SHARD_METRIC_LATE,
    SHARD_METRIC_SPLITS,
    SHARD_METRIC_SPLITS_REFUSED,
    SHARD_METRIC_PARTITION_KEYS,
    SHARD_METRIC_PARTITION_BYTES,
    SHARD_METRIC_OVERSIZED,
    SHARD_METRIC_SPLITS_BY_SIZE
};

enum shard_timer {
    SHARD_TIMER_HELD,    /* a request was held too long; tag = its frame */
    SHARD_TIMER_MEASURE, /* of the load */
    SHARD_TIMER_ASK,     /* the first router, how far it is */
    SHARD_TIMER_DUE,     /* a shard is to come or to go */
    SHARD_TIMER_RESEND,  /* to routers that did not answer */
    SHARD_TIMER_PACE,    /* so that the rate is kept */
    SHARD_TIMER_COPY,    /* is tried again; tag = its frame */
    SHARD_TIMER_CONFIG   /* the configuration store is asked again; tag = its frame */
};

enum shard_message {
    SHARD_POSITION, /* first router: so far the change is, and all changes up to now */
    SHARD_DRAINED,  /* router: nothing is open any more that this concerns */
    SHARD_ASKS,     /* router: how far is it? */
    SHARD_WRITTEN,  /* router: these keys have these sizes */
    SHARD_GIVE,     /* first router: from that version of the map on these keys are not yours */
    SHARD_GIVEN     /* shard: it serves them to no older one, and nothing is open */
};

/* ---- tables of owners ---- */

enum shard_change_kind { SHARD_JOINS, SHARD_LEAVES, SHARD_SPLIT };

/* One change of who owns what. A SPLIT gives the keys from `key` on, up to the end of the range
 * that it is in, to the shard. */
struct shard_change {
    uint64_t kind, shard, key;
};

struct shard_range {
    uint64_t begin; /* up to the next one's */
    uint32_t shard;
    uint64_t asked; /* since the load was measured */
};

struct shard_table {
    const struct shard_params *params;
    struct placement *placement; /* NULL = ranges */
    uint32_t *present;
    uint32_t present_count;
    struct shard_range *ranges;
    uint32_t range_count;
    uint32_t applied; /* changes */
};

/* What of a change is on disk, or in the configuration store. */
enum shard_tag {
    SHARD_TAG_CHANGE,   /* there is one more */
    SHARD_TAG_PROGRESS, /* these keys have arrived */
    SHARD_TAG_DONE,
    SHARD_TAG_RECORD, /* what the next one is */
    SHARD_TAG_EPOCH   /* a new life of the first router has begun */
};

/* ---- what is remembered of a request, a part of one, or a key that is copied ---- */

enum shard_job_kind {
    SHARD_REQUEST,
    SHARD_SCAN,
    SHARD_PART,
    SHARD_COPY,
    SHARD_LOOKUP, /* of the map in the configuration store */
    SHARD_COMMIT  /* a change of it */
};
enum shard_copy_stage { SHARD_READ_OLD, SHARD_READ_NEW, SHARD_WRITE_NEW };

struct shard_job {
    enum shard_job_kind kind;
    uint32_t shard; /* that was asked */
    sim_ticket ticket;
    sim_frame next, previous; /* REQUEST: in flight, or held */
    uint64_t key;
    uint64_t version; /* REQUEST: of the map by which its shard was chosen; 0 = nobody asks */
    bool is_pending;  /* REQUEST: its end is waited for before its key is moved */
    sim_timer timer;  /* REQUEST: held at most until then */
    sim_time since;
    /* SCAN, and the frame of it at each PART: */
    sim_frame scan;
    uint32_t open, answered, enough;
    int64_t bytes;
    sim_span branch;
    enum shard_tag tag; /* COMMIT */
    /* COPY; LOOKUP: value is the head of the map; COMMIT: what is written, what was there: */
    enum shard_copy_stage stage;
    uint64_t value, met; /* at the old shard, at the new one */
    bool exists;
    bool is_again; /* it was tried before */
};

/* ---- the first router ---- */

/* A member of some shard, who is told what to give away. */
struct shard_giver {
    sim_node_id id;
    uint64_t begin, end; /* his keys that move now are among these */
    bool is_asked;       /* and has not answered */
};

enum shard_stage {
    SHARD_STARTS, /* it has to ask the configuration store how far it was */
    SHARD_IDLE,
    SHARD_LOGS_CHANGE,
    SHARD_DRAINS,
    SHARD_COPIES,
    SHARD_LOGS_PROGRESS,
    SHARD_PACES
};

struct shard_mover {
    enum shard_stage stage;
    struct shard_change next; /* LOGS_CHANGE */
    uint64_t *keys;           /* that are moved now */
    uint32_t key_count, begun, arrived;
    int64_t bytes; /* of them */
    sim_time since, window_since;
    uint64_t *nonces; /* of each router's life */
    bool *acknowledged;
    struct shard_giver *givers; /* where shards know what they own */
    uint32_t giver_count;
    bool is_resending;
    bool has_no_compare; /* a store does not serve compare-and-set */
};

/* ---- sizes, where they are kept ---- */

struct shard_total {
    uint64_t keys, bytes;
};

/* What the metrics say: of the biggest partitions, and how many are above the bound. */
struct shard_shown {
    int64_t keys, bytes, oversized;
};

struct shard_sizes {
    struct cells keys; /* value: bytes. At routers but the first: what it has not been told */
    struct shard_total *totals; /* by shard, as `after` was when it had so many changes: */
    uint32_t applied;
    struct shard_shown shown;
};

/* The map in a configuration store, where there is one. */
struct shard_map {
    struct members config;
    bool is_refreshing;
    uint64_t head; /* first router: as it is there */
};

struct shard_state {
    const struct shard_params *params;
    struct sim_station *work; /* NULL = it takes no time */
    uint32_t shard_count;
    struct members *stores; /* by shard */
    struct cells tokens;    /* what each session has seen at each shard */
    /* Keys below `upto` are where `after` says, all others where `before` says, but those that
     * differ and are below `end` are on the move. Of the latest change; both are `keys` when it is
     * done. */
    struct shard_table before, after;
    struct shard_change *changes;
    uint32_t change_count;
    uint64_t upto, end;
    bool is_known; /* false: it has restarted and must ask */
    uint64_t nonce;
    sim_frame first_flight;
    sim_frame first_held, last_held;
    uint64_t pending;
    uint64_t *asked; /* by shard, since the load was measured */
    uint64_t recent[SHARD_RECENT];
    uint64_t recent_count;
    struct shard_sizes sizes;
    struct shard_map map;
    struct shard_mover mover;
};

static inline struct shard_job *shard_job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static inline uint64_t shard_keys(const struct shard_state *state)
{
    return (uint64_t)state->params->keys;
}

/* The map is in a store of its own, and shards know what they own. */
static inline bool shard_has_config(const struct shard_state *state)
{
    return state->params->config.count > 0;
}

/* The first router of a group decides about changes and moves keys. */
static inline bool shard_is_mover(const struct sim_node *self)
{
    return sim_member(self) == 0;
}

/* ---- table.c ---- */

extern const struct sim_family shard_family;
extern const char *const shard_by_names[];
/* NULL = ranges. */
const struct placement_algorithm *shard_algorithm(const struct shard_params *params);
/* As it is before all changes. */
void shard_table_start(struct sim_node *self, struct shard_table *table,
                       const struct shard_params *params);
/* Applies changes from those that it has on, up to so many. */
void shard_table_apply(struct shard_table *table, const struct shard_change *changes,
                       uint32_t count);
uint32_t shard_table_owner(const struct shard_table *table, uint64_t key);
bool shard_table_has(const struct shard_table *table, uint32_t shard);
/* Index of the range that the key is in. */
uint32_t shard_table_range(const struct shard_table *table, uint64_t key);

/* ---- shard.c ---- */

/* Sends a request to a member of the shard; the outcome comes with `tag`. False when none of it is
 * there. */
bool shard_send(struct sim_node *self, uint32_t shard, const struct sim_request *request,
                uint64_t tag);
/* To whom it belongs now, unless it has to be held. */
void shard_route(struct sim_node *self, sim_frame frame);

/* ---- gather.c ---- */

void shard_gather(struct sim_node *self, sim_frame frame);
void shard_gather_outcome(struct sim_node *self, sim_frame part, const struct sim_outcome *outcome);

/* ---- follow.c ---- */

/* Who owns the key now; *ret_is_held when it is on the move. */
uint32_t shard_owner(const struct shard_state *state, uint64_t key, bool *ret_is_held);
void shard_hold(struct sim_node *self, sim_frame frame);
void shard_held_too_long(struct sim_node *self, sim_frame frame);
void shard_flight_begin(struct sim_node *self, sim_frame frame);
void shard_flight_end(struct sim_node *self, sim_frame frame);
/* Both tables are those of the latest change of state->changes. */
void shard_catch_up(struct shard_state *state);
/* Of that change. The first router tells it to the others. */
void shard_position(struct sim_node *self, uint64_t upto, uint64_t end);
void shard_follow_start(struct sim_node *self, bool is_new);
void shard_ask(struct sim_node *self);
void shard_on_position(struct sim_node *self, const struct sim_input *in);

/* ---- map.c ---- */

void shard_map_start(struct sim_node *self);
/* Of the map as it is when the latest change has come so far; later ones are greater. */
uint64_t shard_version_at(const struct shard_state *state, uint64_t upto);
static inline uint64_t shard_version(const struct shard_state *state)
{
    return shard_version_at(state, state->upto);
}
/* Reads the map, unless that is under way, or nobody can know it better. */
void shard_refresh(struct sim_node *self);
/* Whether a request had the answer that its key has moved: then it goes on elsewhere, or waits. */
bool shard_was_moved(struct sim_node *self, sim_frame frame, enum sim_status status);
/* First router: there is one more change; it has come so far. shard_mover_synced follows. */
void shard_map_begin(struct sim_node *self, const struct shard_change *change);
void shard_map_progress(struct sim_node *self, uint64_t upto);
/* A LOOKUP or COMMIT asks, or asks again. */
void shard_map_ask(struct sim_node *self, sim_frame frame);
void shard_map_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome);

/* ---- give.c ---- */

void shard_give_start(struct sim_node *self);
/* Whoever has keys that move now is asked for them. */
void shard_give(struct sim_node *self);
void shard_give_resend(struct sim_node *self);
void shard_on_given(struct sim_node *self, const struct sim_input *in);

/* ---- move.c ---- */

void shard_mover_start(struct sim_node *self, bool is_new);
/* Whether a shard is to come or to go. */
void shard_mover_look(struct sim_node *self);
/* A range is to be split at the key, and its upper part goes to the shard: done and counted in
 * `metric`, or, when splits have had all the changes that they may have, refused and counted so. */
void shard_mover_split(struct sim_node *self, uint32_t shard, uint64_t key, int metric);
/* The position is told to the other routers. */
void shard_mover_tell(struct sim_node *self);
void shard_mover_resend(struct sim_node *self);
/* What was said last is said again, until it is answered. */
void shard_mover_watch(struct sim_node *self);
void shard_mover_acknowledged(struct sim_node *self, uint32_t router);
/* Nobody asks for the keys that move now any more. */
void shard_mover_drained(struct sim_node *self);
void shard_mover_synced(struct sim_node *self, enum shard_tag tag);
/* Index after the last record of a log that is whole. */
uint64_t shard_log_end(struct sim_node *self, int log);
void shard_mover_next(struct sim_node *self);
void shard_mover_copied(struct sim_node *self);
void shard_on_drained(struct sim_node *self, const struct sim_input *in);
void shard_on_asks(struct sim_node *self, const struct sim_input *in);

/* ---- copy.c ---- */

void shard_copy_begin(struct sim_node *self, uint64_t key);
void shard_copy_again(struct sim_node *self, sim_frame frame);
void shard_copy_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome);

/* ---- load.c ---- */

void shard_load_count(struct shard_state *state, uint32_t shard, uint64_t key);
void shard_load_measure(struct sim_node *self);

/* ---- size.c ---- */

void shard_size_start(struct sim_node *self);
void shard_size_release(struct sim_node *self);
/* A request that ended so, when it was a write. */
void shard_size_count(struct sim_node *self, const struct sim_request *request,
                      enum sim_status status);
void shard_size_measure(struct sim_node *self);
void shard_on_written(struct sim_node *self, const struct sim_input *in);

#endif

/* What the files of store.single share.
 *
 *     single.c   the model: parameters, requests, lives
 *     log.c      the log, what became of it, and recovery
 */
#ifndef BRINK_MODELS_STORE_SINGLE_H
#define BRINK_MODELS_STORE_SINGLE_H

#include "followers.h"
#include "sim.h"
#include "store/cells.h"

#define SINGLE_LOG_WRITES 0
#define SINGLE_LOG_CHECKPOINTS 1
#define SINGLE_RECORD_BYTES 64 /* of a log record beside its value */

enum single_storage { SINGLE_DISK, SINGLE_MEMORY };
struct single_params {
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    int32_t storage; /* enum single_storage */
    const struct sim_dist *fsync;
    sim_time sync_period;
    sim_time checkpoint;
    const struct sim_dist *replay;
    double misses;
    int64_t page_bytes;
    int64_t keys;
    int64_t value_bytes;
};

struct single_state {
    struct sim_station *work;
    struct cells latest;        /* what the next write meets */
    struct cells seen;          /* what reads see; unused where that is the same */
    struct cells tokens;        /* the greatest fencing token that came with each key */
    uint64_t version;           /* the latest; they grow with time, also over a crash */
    uint64_t seen_end;          /* up to where in the log reads see it */
    uint64_t seen_version;      /* the latest of them */
    struct followers followers; /* who is told of commits */
    bool is_syncing, is_recovering;
    sim_time since;                        /* is_recovering */
    sim_frame first_waiting, last_waiting; /* for the disk, in the order in which they came */
};

/* One request: in the station, at the disk, in the log. */
struct single_job {
    sim_ticket ticket;
    sim_time logged; /* since when it waits for an fsync */
    uint64_t end;    /* of the log, that is on disk before it is answered */
    struct sim_reply reply;
    sim_frame next;
    bool has_page; /* what it needs is in memory */
};

enum single_metric {
    SINGLE_METRIC_BUSY,
    SINGLE_METRIC_QUEUED,
    SINGLE_METRIC_WAIT,
    SINGLE_METRIC_COMMITS,
    SINGLE_METRIC_MISSING,
    SINGLE_METRIC_UNSENT,
    SINGLE_METRIC_SYNCS,
    SINGLE_METRIC_GROUP,
    SINGLE_METRIC_REPLAYED,
    SINGLE_METRIC_RECOVERY,
    SINGLE_METRIC_LOST
};
enum single_timer { SINGLE_TIMER_SYNC, SINGLE_TIMER_CHECKPOINT, SINGLE_TIMER_REPLAYED };
enum single_draw { SINGLE_DRAW_SERVICE, SINGLE_DRAW_MISS, SINGLE_DRAW_REPLAY };

static inline struct single_job *single_job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static inline bool single_is_on_disk(const struct single_params *params)
{
    return params->storage == SINGLE_DISK;
}

/* Whether reads see only what an fsync has made durable. */
static inline bool single_is_waiting(const struct single_params *params)
{
    return single_is_on_disk(params) && params->fsync != NULL;
}

/* ---- log.c ---- */

/* A key as the map has it: written, or from the start. */
struct cell single_cell_of(struct sim_node *self, const struct cells *cells, uint64_t key);
/* The map that reads see. */
const struct cells *single_seen_cells(struct sim_node *self);
void single_become_visible(struct sim_node *self, const struct cell *cell);
/* A record of a write, with the token that it came with; of a token alone. An fsync follows. */
void single_append(struct sim_node *self, const struct cell *cell, uint64_t token);
void single_append_token(struct sim_node *self, uint64_t key, uint64_t token);
void single_sync(struct sim_node *self);
/* Records below `end` are on disk; 0 = that was a checkpoint. */
void single_on_synced(struct sim_node *self, uint64_t end);
void single_checkpoint(struct sim_node *self);
/* What was in the log of an earlier life, and how long it takes to read it. */
void single_recover(struct sim_node *self);
void single_replayed(struct sim_node *self);

#endif

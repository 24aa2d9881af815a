/* Leader: what the files of the store with one leader share.
 *
 *     leader.c   the descriptor: parameters, metrics, lives, who handles which input
 *     record.c   the log of a member, what is in it, and what is cut off it
 *     stream.c   replication: subscriptions, entries, acknowledgements
 *     replay.c   a follower carries out what it was sent, one after the other
 *     commit.c   the leader: when a write is done, and what waits for it
 *     serve.c    requests: who serves them, from what
 *     beat.c     heartbeats: who is alive, leases, read-only mode
 *     elect.c    promotion: who has the most, and whether the others agree
 */
#ifndef BRINK_MODELS_STORE_LEADER_H
#define BRINK_MODELS_STORE_LEADER_H

#include "sim.h"
#include "store/cells.h"

#define LEADER_NONE UINT32_MAX
#define LEADER_NOT_BEGUN UINT64_MAX
#define LEADER_HEADER_BYTES 64 /* of a message, and of a record beside its value */
#define LEADER_LOG 0
#define LEADER_PROMISES 1 /* the epoch that a member has promised to follow */

/* ---- parameters ---- */

enum leader_mode { MODE_ASYNC, MODE_SEMI_SYNC, MODE_SYNC };
enum leader_acknowledge { ACKNOWLEDGE_WRITTEN, ACKNOWLEDGE_APPLIED };
enum leader_reads { READS_LEADER, READS_NEAREST, READS_ANY };
enum leader_behind { BEHIND_WAIT, BEHIND_FORWARD, BEHIND_REFUSE };

struct leader_params {
    struct sim_operation_laws service;
    int64_t servers, queue_limit;
    int64_t keys, value_bytes;
    const struct sim_dist *fsync; /* NULL = nobody waits for it */
    sim_time sync_period;
    int32_t mode; /* enum leader_mode */
    int64_t acks;
    int32_t acknowledge; /* enum leader_acknowledge */
    sim_time fallback;
    int64_t min_followers;
    bool chain;
    const struct sim_dist *replay;
    bool replay_shares;
    int32_t reads;  /* enum leader_reads */
    int32_t behind; /* enum leader_behind */
    sim_time heartbeat, detect, election;
    bool failover, fencing;
};

/* ---- tables ---- */

enum leader_message {
    LEADER_SUBSCRIBE, /* to a source: from here on, please */
    LEADER_ENTRIES,   /* from it: records of the log */
    LEADER_ACK,       /* to it: have them */
    LEADER_BEAT,      /* the leader is alive */
    LEADER_HEARD,     /* and was heard */
    LEADER_POLL,      /* is it for you too that the leader is gone? */
    LEADER_POLLED,
    LEADER_NOMINATE, /* you have the most: lead */
    LEADER_CLAIM,    /* follow me */
    LEADER_CLAIMED,
};

enum leader_timer {
    LEADER_TIMER_SYNC,
    LEADER_TIMER_BEAT,
    LEADER_TIMER_SILENCE,
    LEADER_TIMER_ELECTION,
    LEADER_TIMER_FALLBACK,
};
enum leader_draw { LEADER_DRAW_SERVICE, LEADER_DRAW_REPLAY, LEADER_DRAW_BACKOFF };

enum leader_metric {
    LEADER_BUSY,
    LEADER_QUEUED,
    LEADER_WAIT,
    LEADER_COMMITS,
    LEADER_LAG,
    LEADER_UNAPPLIED,
    LEADER_FORWARDED,
    LEADER_BEHIND,
    LEADER_LEADERS,
    LEADER_READ_ONLY,
    LEADER_DEGRADED,
    LEADER_PROMOTIONS,
    LEADER_GONE,
    LEADER_DROPPED,
    LEADER_LOST,
    LEADER_UNSYNCED,
};

/* ---- records ---- */

/* A version: the epoch in which it was written and its place in the log, so that of two members the
 * one whose last version is greater has more. 1 is that of what was there at the start. */
#define LEADER_PLACE_BITS 36u

static inline uint64_t leader_version(uint64_t epoch, uint64_t index)
{
    return epoch << LEADER_PLACE_BITS | (index + 2);
}

static inline uint64_t leader_epoch_of(uint64_t version)
{
    return version >> LEADER_PLACE_BITS;
}

#define LEADER_DELETED 1u
#define LEADER_NOTHING 2u /* opens an epoch, changes nothing */
#define LEADER_TOKEN 4u   /* the value is a fencing token of the key */
#define LEADER_FLAG_BITS 3u
#define LEADER_RECORD_WORDS SIM_LOG_WORDS

/* key, value, version, and flags with how many records of the log the leader had answered for when
 * it wrote this one. */
struct leader_record {
    struct cell cell;
    uint64_t acknowledged;
    bool is_nothing, is_token;
};

/* ---- state ---- */

/* What a member knows of another one. */
struct leader_member {
    sim_node_id id;
    uint32_t zone;
    /* as its source */
    bool is_subscribed;
    bool is_asking; /* it subscribed before this member had joined its own source */
    uint64_t nonce; /* of the subscription */
    uint64_t next;  /* record to be sent */
    uint64_t acked; /* records that it has */
    /* as its leader */
    sim_time heard;  /* it, last */
    sim_time leased; /* when the latest heartbeat that it heard was sent */
    /* in an election */
    bool is_answered, is_hearing, is_granted;
    uint64_t last; /* version of its last record; also when it subscribed */
    uint64_t end;
};

/* Entries that came before what is to be before them. */
struct leader_held {
    uint64_t from;
    uint32_t count; /* records; 0 = unused */
    uint64_t *words;
};
#define LEADER_HELD_MAX 64u

enum leader_phase { PHASE_QUIET, PHASE_POLLING, PHASE_CLAIMING };

struct leader_state {
    const struct leader_params *params;
    struct leader_member *members;
    uint32_t count, own;
    struct sim_station *work, *replay; /* the same where they share */

    uint64_t epoch;  /* the latest that it follows */
    uint32_t leader; /* of it; LEADER_NONE = not known */
    sim_time heard;  /* the leader, last */
    sim_timer silence;
    bool is_leader;
    sim_timer beat;

    /* the log, and what came of it */
    struct cells seen;                  /* what reads see: records below `applied` */
    struct cells latest;                /* of the leader: what the next write meets */
    struct cells tokens, latest_tokens; /* the greatest that came with each key; the same two */
    uint64_t applied;
    bool is_syncing, is_replaying;
    uint64_t unapplied; /* as told to the metric */

    /* the leader */
    bool is_open;       /* all that came before its epoch is committed */
    uint64_t begin;     /* the first write of its epoch, LEADER_NOT_BEGUN before it has one */
    uint64_t committed; /* records that are done: those that it answered for */
    bool is_read_only, is_degraded;
    sim_frame first_pending, last_pending; /* writes that wait to be committed */
    sim_frame first_waiting;               /* reads that wait for replay */

    /* the follower */
    uint32_t source;     /* whom it has its entries from */
    uint64_t nonce;      /* of its subscription */
    bool is_joined;      /* its log is a beginning of the source's */
    bool is_past_source; /* the source does not answer: asks the leader */
    uint64_t end_at_beat;
    sim_time source_heard;
    struct leader_held held[LEADER_HELD_MAX];
    uint64_t mark; /* when so many records are applied, it is as fresh as */
    sim_time mark_clock;
    sim_time fresh; /* the leader's clock at which it had all */

    /* an election */
    enum leader_phase phase;
    uint32_t gone; /* the leader that is missed */
    sim_timer election;
    uint64_t claim;   /* the epoch that is claimed */
    uint64_t highest; /* epoch that was heard of */
};

/* One request in hand. */
struct leader_job {
    sim_ticket ticket;
    uint64_t end; /* of the log, that is committed before it is answered */
    sim_time since;
    struct sim_reply reply;
    sim_frame next;
    bool is_call; /* passed on */
};

static inline struct leader_job *leader_job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

/* ---- record.c ---- */

uint64_t leader_end(const struct sim_node *self);
/* Records that a crash would not take; where nobody waits for the disk, all. */
uint64_t leader_stable(struct sim_node *self);
/* Version of the last of the first `end` records, 1 = there is none. */
uint64_t leader_last(struct sim_node *self, uint64_t end);
struct leader_record leader_record_at(struct sim_node *self, uint64_t index);
struct leader_record leader_record_of(const uint64_t words[SIM_LOG_WORDS]);
void leader_append(struct sim_node *self, const struct leader_record *record);
/* It is carried out: reads see it. */
void leader_carry_out(struct leader_state *state, const struct leader_record *record);
/* How many records of the log are of this epoch or of earlier ones. */
uint64_t leader_end_of_epoch(struct sim_node *self, uint64_t epoch);
void leader_truncate(struct sim_node *self, uint64_t end);
void leader_sync_due(struct sim_node *self);
void leader_log_synced(struct sim_node *self);
/* A key as the map has it: written, or from the start. */
struct cell leader_cell(struct sim_node *self, const struct cells *cells, uint64_t key);
/* What was in the log of an earlier life. */
void leader_recover(struct sim_node *self);

/* ---- stream.c ---- */

void leader_subscribe(struct sim_node *self);
/* Forgets whom it serves and by whom it is served: the epoch is another one. */
void leader_unsubscribe(struct sim_node *self);
void leader_feed(struct sim_node *self);
void leader_acknowledge(struct sim_node *self);
/* At a heartbeat: whether what should come does. */
void leader_look_at_source(struct sim_node *self, uint64_t leader_has);
void leader_on_subscribe(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_entries(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_ack(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_drop_held(struct sim_node *self);

/* ---- replay.c ---- */

void leader_replay(struct sim_node *self);
void leader_replayed(struct sim_node *self);
void leader_tell_unapplied(struct sim_node *self);

/* ---- commit.c ---- */

void leader_commit(struct sim_node *self);
void leader_wait_for_commit(struct sim_node *self, sim_frame frame);
/* The leader has all of its log carried out and begins to serve. */
void leader_open(struct sim_node *self);
/* What waits at a leader that is none any more: nobody knows what becomes of it. */
void leader_abandon(struct sim_node *self);

/* ---- serve.c ---- */

void leader_arrive(struct sim_node *self, const struct sim_input *in);
void leader_worked(struct sim_node *self, sim_frame frame);
void leader_outcome(struct sim_node *self, const struct sim_input *in);
/* Something was applied, or it is known to be fresher: reads that waited for it. */
void leader_wake(struct sim_node *self);

/* ---- beat.c ---- */

void leader_beat(struct sim_node *self);
void leader_on_beat(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_heard(struct sim_node *self, uint32_t from, const struct sim_input *in);
/* Whether it may act as the leader: without fencing always. */
bool leader_has_lease(struct sim_node *self);
bool leader_is_live(struct sim_node *self, uint32_t member);
bool leader_may_write(struct sim_node *self);
void leader_look_at_mode(struct sim_node *self);
void leader_listen(struct sim_node *self); /* the silence begins now */

/* ---- elect.c ---- */

bool leader_hears(struct sim_node *self);
void leader_silence(struct sim_node *self);
void leader_election_due(struct sim_node *self);
void leader_on_poll(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_polled(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_nominate(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_claim(struct sim_node *self, uint32_t from, const struct sim_input *in);
void leader_on_claimed(struct sim_node *self, uint32_t from, const struct sim_input *in);
/* The promise to follow that epoch is on disk. */
void leader_promised(struct sim_node *self, uint64_t epoch);
void leader_step_down(struct sim_node *self);
void leader_lead(struct sim_node *self, uint64_t epoch);
/* Follows the leader of a later epoch. */
void leader_follow(struct sim_node *self, uint64_t epoch, uint32_t leader);

#endif

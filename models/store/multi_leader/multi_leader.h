/* Several leaders: what the files of store.multi_leader share. multi_leader.c is the model and
 * serves requests, object.c is what a key holds and how two versions of it are merged, handoff.c
 * the same of a handoff counter, spread.c is what members tell each other, disk.c what outlives a
 * crash.
 */
#ifndef BRINK_MODELS_STORE_MULTI_LEADER_H
#define BRINK_MODELS_STORE_MULTI_LEADER_H

#include "sim.h"
#include "store/cells.h"

#define LEADERS_MAX 64u
#define LEADERS_ELEMENTS_MAX                                                                       \
    512u                        /* when a member adds no more; what one has added is one message */
#define LEADERS_ACTORS_MAX 256u /* when a member makes updates under a new name no more */
#define LEADERS_HEADER_BYTES 64

enum leaders_kind {
    LEADERS_LAST_WRITE,
    LEADERS_SIBLINGS,
    LEADERS_G_COUNTER,
    LEADERS_PN_COUNTER,
    LEADERS_HANDOFF_COUNTER,
    LEADERS_G_SET,
    LEADERS_OR_SET
};

struct leaders_params {
    int32_t kind;                 /* enum leaders_kind */
    int64_t tier_0, tier_1;       /* members of them */
    const struct sim_dist *fsync; /* NULL = nobody waits for it */
    sim_time sync_period;
    sim_time retry;
    sim_time anti_entropy;
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    int64_t value_bytes;
};

enum leaders_metric {
    LEADERS_COMMITS,
    LEADERS_COUNTED,
    LEADERS_DROPPED,
    LEADERS_CONFLICTS,
    LEADERS_SENT,
    LEADERS_RESENT,
    LEADERS_BYTES,
    LEADERS_SYNCS,
    LEADERS_HANDED,
    LEADERS_FSYNCS,
    LEADERS_BUSY,
    LEADERS_QUEUED,
    LEADERS_WAIT
};
enum leaders_message { LEADERS_OBJECT, LEADERS_ACK, LEADERS_CHECKSUM };
enum leaders_timer { LEADERS_TIMER_RETRY, LEADERS_TIMER_ANTI_ENTROPY, LEADERS_TIMER_SYNC };
enum leaders_draw { LEADERS_DRAW_SERVICE, LEADERS_DRAW_PEER };

/* ---- objects: what a key holds (object.c) ---- */

/* What an object has seen of one actor: a member, or where a crash may take what it has told others
 * a life of a member. */
struct leaders_seen {
    uint64_t actor;
    uint64_t updates;     /* all up to that one */
    uint64_t plus, minus; /* counters: the sums of them */
};

/* A value that is there, named by the update that wrote it. Of last-write-wins there is one, whose
 * `update` is its time. */
struct leaders_dot {
    uint64_t actor;
    uint64_t update;
    uint64_t value;
    uint64_t is_deleted; /* last-write-wins: there is nothing */
};

#define LEADERS_WORDS 4u /* of either, in a message */

struct leaders_object {
    struct leaders_seen *seen; /* of a handoff counter: the vector of tier 0 */
    struct leaders_dot *dots;
    struct leaders_handoff *handoff; /* NULL but of a handoff counter */
    uint32_t seen_count, dot_count;
    uint64_t stamp;   /* number of its latest local update */
    uint64_t pending; /* bits of the members that have not acknowledged that */
    uint64_t due;     /* bits of those who are to be sent it when it is on disk */
    uint64_t logged;  /* end of the log when it was last written there */
    bool is_listed;   /* its key is among those that are pending */
};

void leaders_object_clear(struct leaders_object *object);
void leaders_object_copy(struct leaders_object *object, const struct leaders_object *other);
/* Takes what the other one has seen; true where that changed anything. */
bool leaders_merge(enum leaders_kind kind, struct leaders_object *object,
                   const struct leaders_object *other);
/* The same of the vector alone. */
bool leaders_merge_seen(struct leaders_object *object, const struct leaders_object *other);

/* A part of an object as words, for messages and the log; zeroed before the first one. */
struct leaders_piece {
    uint32_t seen_end, dot_end; /* packed so far */
    uint32_t seen_count, dot_count;
    uint32_t count; /* of words */
    bool is_last;
    uint64_t words[SIM_BODY_WORDS_MAX];
};

/* False: there was no further piece. */
bool leaders_pack(const struct leaders_object *object, struct leaders_piece *piece);
/* `ret_object` points into the words and to `ret_handoff`. */
void leaders_unpack(enum leaders_kind kind, uint64_t *words, uint64_t seen_count,
                    uint64_t dot_count, struct leaders_object *ret_object,
                    struct leaders_handoff *ret_handoff);
uint64_t leaders_hash(uint64_t key, const struct leaders_object *object);
/* Grows with every update that the object has seen. */
uint64_t leaders_version(enum leaders_kind kind, const struct leaders_object *object);
/* False: nothing is there. */
bool leaders_value(enum leaders_kind kind, const struct leaders_object *object,
                   uint64_t *ret_value);
/* What it adds to the level `counted`. */
int64_t leaders_counted(enum leaders_kind kind, const struct leaders_object *object);
/* There is room for an update of this actor. */
bool leaders_has_room(const struct leaders_object *object, uint64_t actor);
/* Local updates. `update` of a last write: its time. */
void leaders_write(enum leaders_kind kind, struct leaders_object *object, uint64_t actor,
                   uint64_t update, uint64_t value, bool is_deleted);
void leaders_count(struct leaders_object *object, uint64_t actor, int64_t change);
/* False: it would not fit. */
bool leaders_add(struct leaders_object *object, uint64_t actor, uint64_t element);

/* ---- handoff counters (handoff.c) ---- */

/* "The next amount of `source` is taken here." Made when it was at these clocks. */
struct leaders_slot {
    uint64_t source;
    uint32_t source_clock, destination_clock;
};

/* An amount that left its source, and that the one whose slot it answers to takes once. */
struct leaders_token {
    uint64_t source, destination;
    uint32_t source_clock, destination_clock;
    uint64_t amount;
};

/* The state of one member, as in the paper; of tier 0 `own` is in the vector. */
struct leaders_counts {
    uint64_t actor, tier;
    uint64_t value, below, own;
    uint32_t source_clock, destination_clock;
    uint32_t slot_count, token_count;
};

struct leaders_handoff {
    struct leaders_counts counts;
    struct leaders_slot *slots;
    struct leaders_token *tokens;
};

struct leaders_handoff *leaders_handoff_new(uint64_t actor, uint64_t tier);
struct leaders_handoff *leaders_handoff_copy(const struct leaders_handoff *other);
void leaders_handoff_free(struct leaders_handoff *handoff);
void leaders_handoff_increment(struct leaders_object *object, uint64_t change);
/* What a merge changed, and who has to hear of it. */
enum leaders_change {
    LEADERS_CHANGED = 1,
    LEADERS_OWN = 2,   /* what is to be handed on: the one below */
    LEADERS_ENTRY = 4, /* the vector's own entry: tier 0 */
    LEADERS_TOKEN = 8, /* a token: who takes it */
    LEADERS_VALUE = 16 /* what there is in all: those above */
};
unsigned leaders_handoff_merge(struct leaders_object *object, const struct leaders_object *other);
/* Whether the other one must hear of this one to go on. */
bool leaders_handoff_is_awaited(const struct leaders_handoff *handoff,
                                const struct leaders_handoff *other);

/* ---- a member ---- */

/* What waits for the disk, and what is done then. */
struct leaders_job {
    uint64_t key;
    sim_ticket ticket; /* is answered with `reply`; 0 = none */
    struct sim_reply reply;
    bool is_update;
    sim_node_id from; /* is told that its object is there; 0 = nobody */
    uint64_t stamp;   /* of that object */
    sim_time since;
    sim_frame next;
};

struct leaders_jobs {
    sim_frame first, last;
};

struct leaders_state {
    struct sim_station *work;
    uint64_t tier;   /* of a handoff counter */
    uint64_t shift;  /* of the member that it hands off to */
    uint64_t actor;  /* its own name */
    uint64_t number; /* of its latest version by the clock; they grow, over lives, too */
    uint64_t stamp, stamp_before; /* of its latest local update; one `retry` ago */
    struct cells keys;            /* where the object of a key is */
    struct leaders_object *objects;
    uint32_t object_capacity;
    uint64_t checksum; /* of all objects: a sum, whatever their order */
    uint64_t values;   /* handoff counters: the same of what they say */
    uint64_t *pending; /* keys whose objects are pending; some are no longer */
    uint32_t pending_count, pending_capacity;
    bool is_syncing;
    uint64_t sync_end;                    /* of the log, that the fsync under way covers */
    struct leaders_jobs synced, unsynced; /* wait for that fsync; for the next */
    uint64_t live;                        /* records of the log when it was last compacted */
};

/* NULL where nothing was ever written. */
struct leaders_object *leaders_find(const struct leaders_state *state, uint64_t key);
struct leaders_object *leaders_put(struct leaders_state *state, enum leaders_kind kind,
                                   uint64_t key);

/* What the sums of a member have of an object. */
struct leaders_part {
    uint64_t hash, value_hash;
    int64_t counted;
};
struct leaders_part leaders_part(enum leaders_kind kind, uint64_t key,
                                 const struct leaders_object *object);
/* The object was changed, of which the sums had that. */
void leaders_changed(struct sim_node *self, uint64_t key, struct leaders_object *object,
                     const struct leaders_part *before);

/* spread.c: a local update was made, or a change that others must hear of (bits of enum
 * leaders_change). */
void leaders_spread(struct sim_node *self, uint64_t key, unsigned change);
/* Sends the object to those to whom it is due, once it is on disk. */
void leaders_flush(struct sim_node *self, uint64_t key);
void leaders_acknowledge(struct sim_node *self, sim_node_id to, uint64_t key, uint64_t stamp);
void leaders_retry(struct sim_node *self);
void leaders_compare(struct sim_node *self);
void leaders_message(struct sim_node *self, const struct sim_input *in);
uint64_t leaders_tier(const struct leaders_params *params, uint32_t member);
/* Bytes of a piece on the wire, or on disk. */
int64_t leaders_size(const struct leaders_params *params, const struct leaders_object *object,
                     const struct leaders_piece *piece);

/* disk.c. What a crash now would leave includes the object. */
bool leaders_is_durable(const struct sim_node *self, const struct leaders_object *object);
void leaders_log(struct sim_node *self, uint64_t key, struct leaders_object *object);
/* Does it, as soon as the object of its key is on disk. */
void leaders_settle(struct sim_node *self, const struct leaders_job *job);
void leaders_sync_due(struct sim_node *self);
void leaders_synced(struct sim_node *self, uint64_t end);
void leaders_recover(struct sim_node *self);

#endif

/* Several leaders: what the files of store.multi_leader share. multi_leader.c is the model and
 * serves requests, object.c is what a key holds and how two versions of it are merged, spread.c is
 * what members tell each other.
 */
#ifndef BRINK_MODELS_STORE_MULTI_LEADER_H
#define BRINK_MODELS_STORE_MULTI_LEADER_H

#include "sim.h"
#include "store/cells.h"

#define LEADERS_MAX 64u
/* An object travels in one message. */
#define LEADERS_ELEMENTS_MAX 512u
#define LEADERS_ACTORS_MAX 256u /* when a member makes updates under a new name no more */
#define LEADERS_HEADER_BYTES 64

enum leaders_kind {
    LEADERS_LAST_WRITE,
    LEADERS_SIBLINGS,
    LEADERS_G_COUNTER,
    LEADERS_PN_COUNTER,
    LEADERS_G_SET,
    LEADERS_OR_SET
};

struct leaders_params {
    int32_t kind; /* enum leaders_kind */
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
    LEADERS_BUSY,
    LEADERS_QUEUED,
    LEADERS_WAIT
};
enum leaders_message { LEADERS_OBJECT, LEADERS_ACK, LEADERS_CHECKSUM };
enum leaders_timer { LEADERS_TIMER_RETRY, LEADERS_TIMER_ANTI_ENTROPY };
enum leaders_draw { LEADERS_DRAW_SERVICE, LEADERS_DRAW_PEER };

/* ---- objects: what a key holds (object.c) ---- */

/* What an object has seen of one actor: a life of a member. */
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
    struct leaders_seen *seen;
    struct leaders_dot *dots;
    uint32_t seen_count, dot_count;
    uint64_t stamp;   /* number of its latest local update */
    uint64_t pending; /* bits of the members that have not acknowledged that */
};

void leaders_object_clear(struct leaders_object *object);
/* Takes what the other one has seen; true where that changed anything. */
bool leaders_merge(enum leaders_kind kind, struct leaders_object *object,
                   const struct leaders_object *other);
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

/* ---- a member ---- */

struct leaders_state {
    struct sim_station *work;
    uint64_t actor;               /* its own name in this life */
    uint64_t number;              /* of its latest version by the clock */
    uint64_t stamp, stamp_before; /* of its latest local update; one `retry` ago */
    struct cells keys;            /* where the object of a key is */
    struct leaders_object *objects;
    uint32_t object_capacity;
    uint64_t checksum; /* of all objects: a sum, whatever their order */
    uint64_t *pending; /* keys whose objects are pending; some are no longer */
    uint32_t pending_count, pending_capacity;
};

/* NULL where nothing was ever written. */
struct leaders_object *leaders_find(const struct leaders_state *state, uint64_t key);
struct leaders_object *leaders_put(struct leaders_state *state, uint64_t key);

/* spread.c: a local update was made. */
void leaders_spread(struct sim_node *self, uint64_t key);
void leaders_retry(struct sim_node *self);
void leaders_compare(struct sim_node *self);
void leaders_message(struct sim_node *self, const struct sim_input *in);

#endif

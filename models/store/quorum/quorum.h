/* Quorum: what the files of the leaderless replicated store share.
 *
 *     quorum.c       store.quorum: a replica that also coordinates
 *     client.c       store.quorum_client: a coordinator without data, at the client
 *     coordinator.c  operations: ask N replicas, wait for R or W, repair, fail honestly
 *     levels.c       how many answers an operation waits for
 *     version.c      which of two writes is the later one
 *     wire.c         messages between coordinator and replica
 *     members.c      who holds a key, who is suspected, who stands in
 *     placing.c      who holds a key where that is drawn at random
 *     replica.c      what a replica keeps, on disk and in memory, and how it answers
 *     hints.c        hinted handoff: writes kept for replicas that did not answer
 *     repair.c       anti-entropy between replicas, over
 *     merkle.c       hash trees
 */
#ifndef BRINK_MODELS_STORE_QUORUM_H
#define BRINK_MODELS_STORE_QUORUM_H

#include "hashing/placement.h"
#include "sim.h"
#include "store/cells.h"
#include "store/quorum/merkle.h"

#define QUORUM_REPLICAS_MAX 100u
#define QUORUM_REPLICAS_ALL 16u /* at most, where nobody says how many */
/* So that all hashes of a level fit into one message. */
#define QUORUM_MERKLE_DEPTH_MAX 11
/* Of a message between replicas: headers, key, version. */
#define QUORUM_HEADER_BYTES 64

/* ---- entries: what was written to a key, and which of two is newer ---- */

struct quorum_entry {
    uint64_t key;
    uint64_t value;
    uint64_t version; /* from 1, that of what was there at the start */
    bool is_deleted;  /* a version too: that of there being nothing */
};

/* By version, then deletion, then value, so that any two replicas agree about any two writes
 * [Cassandra: ties go to the deletion, then to the greater value]. */
bool quorum_is_newer(const struct quorum_entry *a, const struct quorum_entry *b);
bool quorum_is_same(const struct quorum_entry *a, const struct quorum_entry *b);

/* ---- parameters ---- */

enum quorum_protocol { QUORUM_LAST_WRITE_WINS, QUORUM_ABD };
enum quorum_placement { QUORUM_RING, QUORUM_RANDOM, QUORUM_COPYSETS };
enum quorum_level { QUORUM_ONE, QUORUM_QUORUM, QUORUM_ALL, QUORUM_LOCAL };
extern const char *const quorum_protocol_names[];
extern const char *const quorum_placement_names[];
extern const char *const quorum_level_names[];

/* Of whoever coordinates. */
struct quorum_params {
    int64_t replicas;
    int64_t read_quorum, write_quorum;
    int32_t read_level, write_level; /* enum quorum_level */
    int32_t protocol;                /* enum quorum_protocol */
    bool sloppy;
    double read_repair;
    sim_time timeout;
    sim_time probe;
    int32_t placement; /* enum quorum_placement */
    int64_t ring_points;
    int64_t scatter_width;
    int64_t value_bytes;
};

/* clang-format off */
#define QUORUM_PARAMS(type, member)                                                                \
    {"replicas", SIM_PARAM_INTEGER, offsetof(type, member.replicas), "0", 0, QUORUM_REPLICAS_MAX,  \
     "N: replicas of a key, the next on a ring of hashes; 0 = all members, 16 at most "            \
     "[Dynamo 4.3: 3]", NULL, NULL},                                                               \
    {"read_quorum", SIM_PARAM_INTEGER, offsetof(type, member.read_quorum), "0", 0,                 \
     QUORUM_REPLICAS_MAX, "R: answers that a read waits for; 0 = as read_level says "              \
     "[Dynamo 4.5: 2]", NULL, NULL},                                                               \
    {"write_quorum", SIM_PARAM_INTEGER, offsetof(type, member.write_quorum), "0", 0,               \
     QUORUM_REPLICAS_MAX, "W: answers that a write waits for; 0 = as write_level says "            \
     "[Dynamo 4.5: 2]", NULL, NULL},                                                               \
    {"read_level", SIM_PARAM_CHOICE, offsetof(type, member.read_level), "\"quorum\"",              \
     SIM_UNBOUNDED, "answers that a read waits for: of one, a majority, all, or a majority of "    \
     "the coordinator's zone [Cassandra]", NULL, quorum_level_names},                              \
    {"write_level", SIM_PARAM_CHOICE, offsetof(type, member.write_level), "\"quorum\"",            \
     SIM_UNBOUNDED, "the same for writes [Cassandra]", NULL, quorum_level_names},                  \
    {"protocol", SIM_PARAM_CHOICE, offsetof(type, member.protocol), "\"last_write_wins\"",         \
     SIM_UNBOUNDED, "versions by the coordinator's clock [Cassandra], or an atomic register "      \
     "[Attiya, Bar-Noy, Dolev 1995; Lynch, Shvartsman 1997]", NULL, quorum_protocol_names},        \
    {"sloppy", SIM_PARAM_BOOLEAN, offsetof(type, member.sloppy), "false", SIM_UNBOUNDED,           \
     "the next members of the ring stand in for suspected ones [Dynamo 4.6]", NULL, NULL},         \
    {"read_repair", SIM_PARAM_RATIO, offsetof(type, member.read_repair), "percent(100)", 0, 1,     \
     "reads after which replicas that answered with something older are sent the newest "          \
     "[Dynamo 5]", NULL, NULL},                                                                    \
    {"timeout", SIM_PARAM_DURATION, offsetof(type, member.timeout), "s(2)", 1e-9, 1e9,             \
     "how long a coordinator waits for replicas [Cassandra: write_request_timeout]", NULL, NULL},  \
    {"probe", SIM_PARAM_DURATION, offsetof(type, member.probe), "s(1)", 1e-6, 1e300,               \
     "a replica that was silent for a timeout is suspected and probed so often; none = nobody "    \
     "is ever suspected [Dynamo 4.8.3]", NULL, NULL},                                              \
    {"placement", SIM_PARAM_CHOICE, offsetof(type, member.placement), "\"ring\"", SIM_UNBOUNDED,   \
     "where not all members hold all keys: the next on a ring [Dynamo 4.3], any [HDFS], or one "   \
     "of few sets [Cidon 2013]", NULL, quorum_placement_names},                                    \
    {"ring_points", SIM_PARAM_INTEGER, offsetof(type, member.ring_points), "256", 1, 65536,        \
     "points of a member on the ring, where not all members hold all keys [Cassandra 2 and 3: "    \
     "num_tokens]", NULL, NULL},                                                                   \
    {"scatter_width", SIM_PARAM_INTEGER, offsetof(type, member.scatter_width), "10", 1, 4096,      \
     "copysets: with how many others a member shares keys, about [Cidon 2013: Facebook 10]", NULL, \
     NULL},                                                                                        \
    {"value_bytes", SIM_PARAM_BYTES, offsetof(type, member.value_bytes), "KiB(1)", 0, 1e12,        \
     "size of a value, where the request does not say [YCSB: 1 kB]", NULL, NULL}
/* clang-format on */

/* A text for the user, or NULL. `members` are all that can hold a key where `replicas` is left out;
 * 0 = not known. */
const char *quorum_validate(const struct quorum_params *params, int64_t members);

struct quorum_replica_params {
    struct quorum_params common;
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    int64_t keys;
    const struct sim_dist *fsync; /* NULL = nobody waits for it */
    sim_time sync_period;
    bool hinted_handoff;
    sim_time handoff_interval;
    sim_time hint_window;
    sim_time anti_entropy;
    int64_t merkle_depth;
};

/* ---- tables of the two models: the same, but for the metrics of a replica ---- */

enum quorum_message {
    QUORUM_ASK,     /* a replica is to read or write */
    QUORUM_ANSWER,  /* what came of it */
    QUORUM_PING,    /* to one who is suspected */
    QUORUM_PONG,    /* from one who is there */
    QUORUM_TREE,    /* anti-entropy: hashes of one depth of the tree */
    QUORUM_LEAVES,  /* leaves that differ */
    QUORUM_ENTRIES, /* what is in them */
};
extern const char *const quorum_messages[];

enum quorum_timer {
    QUORUM_TIMER_TIMEOUT,
    QUORUM_TIMER_PROBE,
    QUORUM_TIMER_SYNC,
    QUORUM_TIMER_HANDOFF,
    QUORUM_TIMER_ANTI_ENTROPY,
};
extern const char *const quorum_timers[];

enum quorum_draw { QUORUM_DRAW_SERVICE, QUORUM_DRAW_REPAIR, QUORUM_DRAW_PEER };
extern const char *const quorum_draws[];

enum quorum_metric {
    QUORUM_COMMITS,
    QUORUM_SHORT,
    QUORUM_ANSWERS,
    QUORUM_ANSWERS_STALE,
    QUORUM_REPAIRS,
    QUORUM_WRITE_BACKS,
    QUORUM_STAND_INS,
    QUORUM_SUSPECTED,
    QUORUM_COMMON_METRICS, /* those below are of store.quorum only */
    QUORUM_BUSY = QUORUM_COMMON_METRICS,
    QUORUM_QUEUED,
    QUORUM_WAIT,
    QUORUM_HINTS,
    QUORUM_HINTS_STORED,
    QUORUM_HINTS_DELIVERED,
    QUORUM_EXCHANGES,
    QUORUM_MERKLE_BYTES,
    QUORUM_DIFFERENT,
    QUORUM_SYNCED,
};

/* clang-format off */
#define QUORUM_METRICS                                                                             \
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "writes that W replicas answered", NULL},     \
    {"short", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,                                                 \
     "operations that failed because too few replicas answered, or could be asked", NULL},         \
    {"answers", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "answers of replicas to reads", NULL},        \
    {"answers.stale", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,                                         \
     "of these, with something older than another replica had", "answers"},                        \
    {"repairs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,                                               \
     "older copies that were sent the newest after a read", NULL},                                 \
    {"write_backs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,                                           \
     "reads that had to write what they read (abd)", NULL},                                        \
    {"stand_ins", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,                                             \
     "writes sent to somebody in place of a suspected replica (sloppy)", NULL},                    \
    {"suspected", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,                                              \
     "replicas that a coordinator takes for down, summed over coordinators", NULL}
/* clang-format on */

/* ---- between coordinator and replica ---- */

enum quorum_ask_kind {
    QUORUM_ASK_READ,
    QUORUM_ASK_VERSION, /* a read without the value */
    QUORUM_ASK_WRITE,
    QUORUM_ASK_REPAIR, /* a write that nobody waits for */
};

struct quorum_ask {
    sim_frame frame;   /* of the operation, at the coordinator */
    sim_node_id from;  /* the coordinator */
    uint32_t member;   /* who is asked */
    uint32_t owner;    /* WRITE: the member in whose place it is asked; or itself */
    uint16_t priority; /* of the client's request */
    uint8_t operation; /* enum sim_operation of it: what the work costs */
    uint8_t kind;      /* enum quorum_ask_kind */
    uint8_t slot, round;
    int64_t bytes; /* of the value that is written, or of that which comes back */
    struct quorum_entry entry;
};

struct quorum_answer {
    sim_frame frame;
    uint32_t member;
    uint8_t slot, round;
    bool is_refused; /* its queue was full */
    struct quorum_entry entry;
    sim_time queue, service, fsync; /* where the time went at the replica */
};

/* ---- the coordinator ---- */

struct quorum_member {
    sim_node_id id;
    uint32_t zone;
    bool is_suspected;
    sim_time suspected_since;
    sim_time heard; /* the latest answer */
};

#define QUORUM_NO_MEMBER UINT32_MAX

struct quorum_replica;

struct quorum_coordinator {
    const struct quorum_params *params;
    struct quorum_member *members;
    uint32_t member_count;
    uint32_t own;                   /* its index among them, or QUORUM_NO_MEMBER */
    uint32_t replicas;              /* N, at most all members */
    struct placement *placement;    /* the ring; NULL where there is none */
    struct quorum_replica *replica; /* its own, NULL at a client */
    uint64_t issued;                /* the latest number that it gave to a version */
    uint32_t suspected_count;
    bool is_probing;
};

/* Whom an operation asks. */
struct quorum_slot {
    uint32_t member;
    uint32_t owner; /* in whose place: another one at a stand-in */
};

/* A set of slots, a bit each. */
__extension__ typedef unsigned __int128 quorum_slots;

static inline quorum_slots quorum_slot_bit(uint32_t slot)
{
    return (quorum_slots)1 << slot;
}

/* What is remembered of one operation. */
struct quorum_operation {
    sim_ticket ticket; /* 0 once answered, and of what no client asked for */
    sim_timer timer;
    sim_time started;
    sim_time began; /* the present round */
    struct quorum_entry newest, writing;
    int64_t bytes;
    uint16_t operation; /* enum sim_operation */
    uint16_t priority;
    uint8_t round; /* 1, 2 */
    bool is_writing, is_hint;
    uint8_t slot_count, needed;
    quorum_slots counted, skipped, answered, refused, current;
    struct quorum_slot slots[QUORUM_REPLICAS_MAX];
};

/* What a replica remembers of one ask that waits for a server or for the disk. */
struct quorum_job {
    struct quorum_ask ask;
    sim_time queue; /* that it waited for a server; until it was worked on: since when */
    sim_time service;
    sim_time logged; /* since when it waits for the disk */
    uint64_t index;  /* in the log */
    sim_frame next;  /* that waits for the disk */
};

struct quorum_frame {
    union {
        struct quorum_operation operation;
        struct quorum_job job;
    };
};

static inline bool quorum_is_read(const struct quorum_operation *operation)
{
    return operation->operation == SIM_OP_READ || operation->operation == SIM_OP_CALL;
}

static inline quorum_slots quorum_all(const struct quorum_operation *operation)
{
    return quorum_slot_bit(operation->slot_count) - 1;
}

static inline uint32_t quorum_bits(quorum_slots slots)
{
    uint32_t count = 0;
    for (; slots != 0; slots &= slots - 1) {
        count++;
    }
    return count;
}

/* How many answers the operation waits for, and the slots whose answers count (levels.c). */
uint32_t quorum_needed_to_read(struct sim_node *self, const struct quorum_coordinator *coordinator,
                               const struct quorum_operation *operation,
                               const struct sim_request *request, quorum_slots *ret_counted);
uint32_t quorum_needed_to_write(struct sim_node *self, const struct quorum_coordinator *coordinator,
                                const struct quorum_operation *operation,
                                quorum_slots *ret_counted);
/* Answers that meet every write that W answered. */
uint32_t quorum_needed_to_meet(struct sim_node *self, const struct quorum_coordinator *coordinator,
                               const struct quorum_operation *operation);

/* Versions for what a coordinator writes (version.c). */
uint64_t quorum_version_by_clock(struct sim_node *self, struct quorum_coordinator *coordinator);
uint64_t quorum_version_after(struct sim_node *self, struct quorum_coordinator *coordinator,
                              uint64_t version);

/* `members`: ids of all replicas. The struct is zeroed. */
void quorum_coordinator_start(struct sim_node *self, struct quorum_coordinator *coordinator,
                              const struct quorum_params *params, const sim_node_id *members,
                              uint32_t count);
void quorum_request(struct sim_node *self, struct quorum_coordinator *coordinator,
                    const struct sim_input *in);
void quorum_answered(struct sim_node *self, struct quorum_coordinator *coordinator,
                     const struct quorum_answer *answer);
void quorum_timeout(struct sim_node *self, struct quorum_coordinator *coordinator, sim_frame frame);
/* Writes an entry to the one member for whom it was kept. */
void quorum_deliver_hint(struct sim_node *self, struct quorum_coordinator *coordinator,
                         uint32_t member, const struct quorum_entry *entry);
/* Sends to one member, or does what is asked where that is the coordinator itself. */
void quorum_ask(struct sim_node *self, struct quorum_coordinator *coordinator,
                const struct quorum_ask *ask);
/* At the end of a life: levels go back. */
void quorum_coordinator_release(struct sim_node *self, struct quorum_coordinator *coordinator);

/* ---- on the wire ---- */

void quorum_send_answer(struct sim_node *self, sim_node_id to, const struct quorum_answer *answer,
                        int64_t bytes);
struct quorum_ask quorum_ask_of(const struct sim_input *in);
/* What a message means to a coordinator; others are for a replica. */
void quorum_coordinator_message(struct sim_node *self, struct quorum_coordinator *coordinator,
                                const struct sim_input *in);

/* ---- members ---- */

/* The first `count` owners of the key by preference, at most all members; returns how many. */
uint32_t quorum_owners(const struct quorum_coordinator *coordinator, uint64_t key, uint32_t count,
                       uint32_t *ret_members);
/* placing.c: by the hash of a key; `count` is at most `member_count`. */
void quorum_random_owners(uint64_t hash, uint32_t member_count, uint32_t count,
                          uint32_t *ret_members);
void quorum_copyset_owners(uint64_t hash, const struct quorum_params *params, uint32_t member_count,
                           uint32_t replicas, uint32_t count, uint32_t *ret_members);
/* Whether the member is one of the N of the key. */
bool quorum_is_owner(const struct quorum_coordinator *coordinator, uint64_t key, uint32_t member);
/* Fills slots, and bits of those that are skipped because they are suspected. */
void quorum_choose(struct sim_node *self, struct quorum_coordinator *coordinator, uint64_t key,
                   struct quorum_operation *operation);
void quorum_heard(struct sim_node *self, struct quorum_coordinator *coordinator, uint32_t member);
void quorum_suspect(struct sim_node *self, struct quorum_coordinator *coordinator, uint32_t member);
void quorum_probe(struct sim_node *self, struct quorum_coordinator *coordinator);

/* ---- the replica ---- */

struct quorum_hint_queue {
    struct quorum_entry *entries; /* kept until all are delivered */
    uint32_t count, capacity;
    uint32_t next;      /* to be sent */
    uint32_t in_flight; /* sent and not yet answered */
};

struct quorum_replica {
    const struct quorum_replica_params *params;
    struct quorum_coordinator *coordinator;
    struct sim_station *work;              /* NULL where work takes no time */
    struct cells cells;                    /* its own, visible to reads */
    struct cells stand_in;                 /* what it holds in place of others */
    sim_frame first_waiting, last_waiting; /* for the disk; see struct quorum_job */
    bool is_syncing;                       /* an fsync is under way, or the timer runs */
    struct quorum_hint_queue *hints;       /* by member */
    uint64_t hint_count;                   /* of all, not yet delivered */
    bool is_handing_off;                   /* the timer runs */
    struct quorum_exchange *exchange;      /* NULL without anti-entropy */
};

void quorum_replica_start(struct sim_node *self, struct quorum_replica *replica, bool is_restart);
void quorum_replica_release(struct sim_node *self, struct quorum_replica *replica);
/* A message or its own coordinator asks. */
void quorum_replica_ask(struct sim_node *self, struct quorum_replica *replica,
                        const struct quorum_ask *ask);
void quorum_replica_worked(struct sim_node *self, struct quorum_replica *replica, sim_frame frame);
void quorum_replica_synced(struct sim_node *self, struct quorum_replica *replica, uint64_t end);
void quorum_replica_sync_due(struct sim_node *self, struct quorum_replica *replica);
/* What it has of a key: the version, a value, or that there is none. */
struct quorum_entry quorum_replica_read(const struct quorum_replica *replica, uint64_t key);
/* A hint that is to survive a crash; and that all of a member were delivered. */
void quorum_log_hint(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                     const struct quorum_entry *entry);
void quorum_log_delivered(struct sim_node *self, struct quorum_replica *replica, uint32_t owner);

/* ---- hints ---- */

void quorum_hints_start(struct sim_node *self, struct quorum_replica *replica);
void quorum_hints_release(struct sim_node *self, struct quorum_replica *replica);
/* A write that `owner` did not acknowledge: kept where it may still be wanted. */
void quorum_hint(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                 const struct quorum_entry *entry);
/* Puts it into the queue; the log has it already. */
void quorum_hint_keep(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                      const struct quorum_entry *entry);
/* All of a member were delivered. */
void quorum_hints_forget(struct sim_node *self, struct quorum_replica *replica, uint32_t owner);
void quorum_hint_ended(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                       const struct quorum_entry *entry, bool is_delivered);
void quorum_handoff(struct sim_node *self, struct quorum_replica *replica);

/* ---- anti-entropy ---- */

void quorum_exchange_start(struct sim_node *self, struct quorum_replica *replica);
void quorum_exchange_release(struct quorum_replica *replica);
void quorum_exchange_due(struct sim_node *self, struct quorum_replica *replica);
void quorum_exchange_message(struct sim_node *self, struct quorum_replica *replica,
                             const struct sim_input *in);

#endif

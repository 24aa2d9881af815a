/* Paxos: what the files of store.paxos share.
 *
 *     paxos.c     store.paxos: parameters, lives, what clients ask
 *     slots.c     slots in memory and in messages
 *     acceptor.c  promises and acceptances, and the disk
 *     leader.c    ballots: phase 1 over all slots, phase 2 for each
 *     learner.c   slots that are chosen, executed in order
 *     snapshot.c  what was executed, in place of the slots that made it
 */
#ifndef BRINK_MODELS_STORE_PAXOS_H
#define BRINK_MODELS_STORE_PAXOS_H

#include "sim.h"
#include "store/cells.h"

#define PAXOS_MEMBERS_MAX 32u
#define PAXOS_HEADER_BYTES 64
#define PAXOS_BATCH_MAX 512u
/* Tag of the fsync of a snapshot; those of the log are numbers of records. */
#define PAXOS_SNAPSHOT_TAG UINT64_MAX
#define PAXOS_NOTHING SIM_OP_COUNT /* operation of a command that does nothing: it fills a gap */

enum paxos_reads { PAXOS_BY_LOG, PAXOS_BY_LEASE };

struct paxos_params {
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    const struct sim_dist *fsync; /* NULL = in memory only */
    sim_time heartbeat;
    sim_time election_timeout;
    sim_time timeout;
    int32_t reads; /* enum paxos_reads */
    double drift;
    int64_t batch, window;
    int64_t snapshot, snapshot_keep, snapshot_chunk;
    int64_t keys;
    int64_t value_bytes;
};

enum paxos_metric {
    PAXOS_COMMITS,
    PAXOS_CAMPAIGNS,
    PAXOS_ELECTED,
    PAXOS_GAPS,
    PAXOS_LEASE_READS,
    PAXOS_ACCEPTS,
    PAXOS_SNAPSHOTS,
    PAXOS_SNAPSHOTS_SENT,
    PAXOS_SNAPSHOT_BYTES,
    PAXOS_BUSY,
    PAXOS_QUEUED,
    PAXOS_WAIT
};
enum paxos_message {
    PAXOS_FORWARD,  /* to the leader: a client's request */
    PAXOS_RESULT,   /* back to who was asked */
    PAXOS_PREPARE,  /* 1a */
    PAXOS_PROMISE,  /* 1b, in as many as it takes */
    PAXOS_ACCEPT,   /* 2a */
    PAXOS_ACCEPTED, /* 2b */
    PAXOS_REFUSED,  /* a greater ballot was promised */
    PAXOS_HEARTBEAT,
    PAXOS_HEARD,
    PAXOS_LEARN, /* to the leader: what is chosen from that slot on? */
    PAXOS_LEARNED,
    PAXOS_SNAPSHOT /* the same, where the slots are forgotten: a chunk of what they made */
};
enum paxos_timer { PAXOS_TIMER_HEARTBEAT, PAXOS_TIMER_ELECTION, PAXOS_TIMER_TIMEOUT };
enum paxos_draw { PAXOS_DRAW_SERVICE, PAXOS_DRAW_ELECTION };

/* What is agreed on: an operation, and who is to be told. */
struct paxos_command {
    uint64_t key, value, expected;
    uint64_t token;  /* that fences it, 0 = none */
    sim_frame frame; /* at the member that the client asked */
    sim_node_id origin;
    uint16_t operation; /* enum sim_operation, PAXOS_NOTHING */
};

/* A slot as this member has accepted it; also what a leader proposes there. */
struct paxos_slot {
    uint64_t ballot; /* 0 = nothing was accepted */
    struct paxos_command command;
    uint64_t acks; /* at the leader: bits of members */
    uint64_t at;   /* its record on disk, plus 1; 0 = none */
    bool is_chosen;
};

struct paxos_slots {
    struct paxos_slot *slots; /* by number, from `begin` on, below `end` */
    uint64_t begin, end, capacity;
};

/* Commands that wait for room in the window: first in, first out. */
struct paxos_commands {
    struct paxos_command *commands;
    uint32_t first, count, capacity;
};

/* A snapshot: what was made by all slots up to `index`, on disk. */
struct paxos_snapshot {
    uint64_t index;   /* 0 = there is none */
    uint64_t writing; /* index of the one that is being written; 0 = none */
    sim_time asked;   /* when somebody was last sent a part of it */
    uint64_t taking;  /* index of the one that is being received; 0 = none */
    struct cells cells, tokens;
};

enum paxos_role { PAXOS_FOLLOWER, PAXOS_CANDIDATE, PAXOS_LEADER };

/* An answer that waits for the disk. */
struct paxos_answer {
    uint64_t end; /* of the log */
    sim_node_id to;
    uint64_t ballot;
    uint64_t slot; /* the first that was accepted; 0 = a promise */
    uint32_t count;
    uint64_t first; /* of a promise: the slots that were asked for */
};

struct paxos_state {
    uint32_t member_count, own;
    struct sim_station *work;
    /* The acceptor. */
    uint64_t promised; /* a ballot: round x 256 + member */
    struct paxos_slots slots;
    sim_time lease_until; /* by its clock: it promises nobody else anything before */
    struct paxos_answer *answers;
    uint32_t answer_first, answer_count, answer_capacity;
    bool is_syncing;
    /* The learner. */
    uint64_t executed; /* all slots up to here */
    struct cells cells;
    struct cells tokens; /* the greatest that came with each key */
    sim_node_id leader;  /* whom it follows; 0 = nobody */
    sim_time heard;      /* of the leader */
    struct paxos_snapshot snapshot;
    /* The proposer. */
    enum paxos_role role;
    uint64_t ballot;                      /* its own */
    uint64_t greatest;                    /* that it has heard of */
    struct paxos_slots found;             /* phase 1: the latest that was accepted of each slot */
    uint64_t promises;                    /* bits of members whose promise is complete */
    uint64_t received[PAXOS_MEMBERS_MAX]; /* slots of each one's promise */
    uint64_t next;                        /* slot to propose in */
    struct paxos_commands waiting;        /* for the window */
    uint64_t barrier;                     /* all up to here were open when it was elected */
    sim_time echoes[PAXOS_MEMBERS_MAX]; /* when it sent what each has heard latest, by its clock */
};

struct paxos_frame {
    sim_ticket ticket; /* 0 = it was forwarded to this member */
    sim_timer timer;
    struct paxos_command command; /* of what is worked on */
    uint16_t priority;
};

static inline uint32_t paxos_majority(const struct paxos_state *state)
{
    return state->member_count / 2 + 1;
}
uint32_t paxos_bits(uint64_t word);
uint32_t paxos_member_of(const struct sim_node *self, sim_node_id id);

/* ---- slots.c ---- */

#define PAXOS_SLOT_WORDS 8u

/* None, from `begin` on. */
void paxos_slots_init(struct paxos_slots *slots, uint64_t begin);
/* Made, with all before it; not one that was forgotten. */
struct paxos_slot *paxos_slot(struct paxos_slots *slots, uint64_t number);
/* Those below `begin`. */
void paxos_slots_forget(struct paxos_slots *slots, uint64_t begin);
void paxos_slots_clear(struct paxos_slots *slots);
void paxos_pack(uint64_t words[PAXOS_SLOT_WORDS], uint64_t number, const struct paxos_slot *slot);
uint64_t paxos_unpack(const uint64_t words[PAXOS_SLOT_WORDS], struct paxos_slot *ret_slot);

/* ---- acceptor.c ---- */

/* Phases 1 and 2 at an acceptor; `from` may be this member. */
void paxos_prepare(struct sim_node *self, sim_node_id from, uint64_t ballot, uint64_t first);
/* `count` words: packed slots that follow one another. */
void paxos_accept(struct sim_node *self, sim_node_id from, uint64_t ballot, const uint64_t *body,
                  uint32_t count);
void paxos_synced(struct sim_node *self, uint64_t end);
void paxos_recover(struct sim_node *self);
/* Slots below `first` are in a snapshot that is on disk: keeps none of them. */
void paxos_forget(struct sim_node *self, uint64_t first);

/* ---- leader.c ---- */

void paxos_campaign(struct sim_node *self);
void paxos_promised(struct sim_node *self, uint32_t member, uint64_t ballot, uint64_t total,
                    const uint64_t *body, uint32_t count);
void paxos_propose(struct sim_node *self, const struct paxos_command *command);
void paxos_accepted(struct sim_node *self, uint32_t member, uint64_t ballot, uint64_t first,
                    uint64_t count);
/* Somebody has a greater ballot. */
void paxos_outdone(struct sim_node *self, uint64_t ballot);
void paxos_beat(struct sim_node *self);
bool paxos_has_lease(const struct sim_node *self);

/* ---- learner.c ---- */

/* A leader of that ballot says that all up to `chosen` is. */
void paxos_heard(struct sim_node *self, sim_node_id leader, uint64_t ballot, uint64_t chosen,
                 bool may_ask);
void paxos_execute(struct sim_node *self);
void paxos_ask(struct sim_node *self, sim_node_id leader);
void paxos_learn(struct sim_node *self, const struct sim_input *in);
void paxos_learned(struct sim_node *self, const struct sim_input *in);
struct cell paxos_cell(const struct sim_node *self, uint64_t key);

/* ---- snapshot.c ---- */

/* Is it time for one? When something was executed. */
void paxos_snapshot_due(struct sim_node *self);
void paxos_snapshot_synced(struct sim_node *self);
void paxos_snapshot_recover(struct sim_node *self);
/* The part that follows what of it, or of another one, is there already. */
void paxos_snapshot_send(struct sim_node *self, sim_node_id to, uint64_t taking, uint64_t offset);
/* Parts of the one that is being received. */
uint64_t paxos_snapshot_taken(const struct paxos_snapshot *snapshot);
void paxos_snapshot_take(struct sim_node *self, const struct sim_input *in);

/* ---- paxos.c ---- */

/* To the member that was asked; it may be this one. */
void paxos_tell(struct sim_node *self, sim_node_id to, sim_frame frame, enum sim_status status,
                uint64_t value, uint64_t version);

#endif

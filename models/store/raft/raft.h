/* Raft: what the files of the replicated log share. After D. Ongaro, "Consensus: bridging theory
 * and practice", Stanford 2014; sections are cited at each rule.
 *
 *     raft.c       store.raft: parameters, tables, lives, requests and whom they are sent on to
 *     election.c   terms, votes, pre-votes, who leads
 *     leader.c     from a proposal to its commit; heartbeats; check quorum
 *     follower.c   what is appended to the log, and what is acknowledged
 *     log.c        entries in memory and on disk
 *     machine.c    the state machine: what committed entries do, and what clients are told
 *     reads.c      reads that do not go through the log
 *     snapshot.c   compaction, and snapshots for those who are too far behind
 *     transfer.c   a leader that hands over
 *     membership.c who votes, and how that changes
 */
#ifndef BRINK_MODELS_STORE_RAFT_H
#define BRINK_MODELS_STORE_RAFT_H

#include "sim.h"
#include "store/cells.h"

#define RAFT_MEMBERS_MAX 16u
#define RAFT_NOBODY UINT32_MAX
/* Of a message between members, or of a record on disk: headers, term, index. */
#define RAFT_HEADER_BYTES 64
/* Tag of the fsync of a snapshot; those of the log are numbers of records. */
#define RAFT_SNAPSHOT_TAG UINT64_MAX

/* ---- parameters ---- */

enum raft_read { RAFT_READ_INDEX, RAFT_READ_LEASE, RAFT_READ_LOG };

struct raft_params {
    struct sim_operation_laws service;
    int64_t servers, queue_limit;
    sim_time election_timeout, election_timeout_max, heartbeat;
    bool pre_vote, check_quorum;
    int32_t read; /* enum raft_read */
    double clock_drift;
    int64_t batch, pipeline;
    int64_t preferred; /* member, from 1; 0 = none */
    int64_t voters;    /* 0 = all members */
    sim_time replace_after;
    const struct sim_dist *fsync; /* NULL = nobody waits for it */
    sim_time sync_period;
    sim_time timeout;
    int64_t snapshot, snapshot_keep, snapshot_chunk;
    int64_t keys;
    int64_t value_bytes;
};

/* ---- tables ---- */

enum raft_message {
    RAFT_APPEND,      /* entries, or a heartbeat */
    RAFT_APPENDED,    /* what of them is on disk, or that they do not fit */
    RAFT_VOTE,        /* a candidate asks */
    RAFT_VOTED,       /* a voter answers */
    RAFT_SNAPSHOT,    /* a chunk of one */
    RAFT_TAKEN,       /* so much of it is there */
    RAFT_TIMEOUT_NOW, /* the leader wants you to stand */
};

enum raft_timer { RAFT_TIMER_ELECTION, RAFT_TIMER_HEARTBEAT, RAFT_TIMER_SYNC };
enum raft_draw { RAFT_DRAW_SERVICE, RAFT_DRAW_TIMEOUT };

enum raft_metric {
    RAFT_COMMITS,
    RAFT_LEADERS,
    RAFT_ELECTIONS,
    RAFT_ELECTIONS_WON,
    RAFT_PRE_VOTES,
    RAFT_STEPS_DOWN,
    RAFT_TRANSFERS,
    RAFT_ADDED,
    RAFT_REMOVED,
    RAFT_CATCH_UPS,
    RAFT_RESIGNED,
    RAFT_UNDONE,
    RAFT_FORWARDED,
    RAFT_LEADERLESS,
    RAFT_SYNCS,
    RAFT_APPENDS,
    RAFT_REJECTS,
    RAFT_ROUNDS,
    RAFT_LEASE_READS,
    RAFT_SNAPSHOTS,
    RAFT_SNAPSHOTS_SENT,
    RAFT_SNAPSHOT_BYTES,
    RAFT_BUSY,
    RAFT_QUEUED,
    RAFT_WAIT,
};

/* ---- entries ---- */

/* What entries do beside the operations of clients. */
#define RAFT_OP_CONFIG 0xfeu /* names the voters; the first entry of a leader says them again */
#define RAFT_OP_STATE 0xffu  /* on disk only: term and vote */
#define RAFT_OP_TOKEN 0xfdu  /* the value is a fencing token of the key */
/* With an operation: the entry before it is its token, and decides whether it is carried out. */
#define RAFT_FENCED 0x40u

/* On the wire and on disk an entry is four words and its bytes; the first holds three numbers. */
#define RAFT_TERM_BITS 24u
#define RAFT_INDEX_BITS 32u
#define RAFT_ENTRY_WORDS 5u

struct raft_entry {
    uint64_t word; /* index, then term, then operation */
    uint64_t key, value, expected;
    int64_t bytes;
    uint64_t at; /* its place on disk, in records */
};

static inline uint64_t raft_entry_word(uint64_t index, uint64_t term, unsigned operation)
{
    return index | term << RAFT_INDEX_BITS |
           (uint64_t)operation << (RAFT_INDEX_BITS + RAFT_TERM_BITS);
}

static inline uint64_t raft_word_index(uint64_t word)
{
    return word & ((UINT64_C(1) << RAFT_INDEX_BITS) - 1);
}

static inline uint64_t raft_word_term(uint64_t word)
{
    return word >> RAFT_INDEX_BITS & ((UINT64_C(1) << RAFT_TERM_BITS) - 1);
}

static inline unsigned raft_word_operation(uint64_t word)
{
    return (unsigned)(word >> (RAFT_INDEX_BITS + RAFT_TERM_BITS));
}

/* Entries `first` to `last` are in memory; what came before is in the snapshot. */
struct raft_log {
    struct raft_entry *entries; /* a ring, by index */
    uint64_t mask;
    uint64_t first, last;
    uint64_t before_term; /* of the entry before the first */
    uint64_t durable;     /* entries up to here would survive a crash */
    uint64_t synced;      /* records on disk, below this one */
    uint64_t syncing;     /* `durable` when the fsync that is under way completes */
    uint64_t state_at;    /* the record after the latest of term and vote */
    bool is_syncing;
    bool is_wanted; /* something was appended since the fsync began */
};

/* ---- members ---- */

enum raft_role { RAFT_FOLLOWER, RAFT_PRE_CANDIDATE, RAFT_CANDIDATE, RAFT_LEADER };

/* What a leader knows of another member. */
struct raft_peer {
    uint64_t next, match;
    uint64_t round;           /* the latest that it acknowledged */
    sim_time heard;           /* when it last did */
    uint64_t match_then;      /* at the heartbeat before */
    bool is_probing;          /* where it stands is not known: one append at a time */
    bool is_snapshot;         /* it is being sent one */
    uint32_t snapshot_offset; /* cells that are there */
};

/* What is remembered of a client's request at the leader. */
struct raft_pending {
    sim_ticket ticket;
    uint64_t index; /* of its entry; of a read: what must have been applied */
    uint64_t round; /* of a read: that must be acknowledged by a majority */
    sim_time since;
    sim_frame next;
};

struct raft_queue {
    sim_frame first, last;
};

/* A member that is to vote, and is brought up to the leader's log before (4.2.1). */
struct raft_learner {
    uint32_t member; /* RAFT_NOBODY = none */
    uint32_t rounds; /* that took too long */
    uint64_t target; /* the round ends when it has all up to here */
    sim_time since;  /* when the round began */
    bool is_ready;
    sim_time not_before; /* nobody is tried until then */
};

/* An answer to a candidate that waits for the disk. */
struct raft_ballot {
    uint32_t to; /* RAFT_NOBODY = none */
    uint64_t term;
    uint64_t at; /* records that must be on disk */
};

/* A snapshot: on disk, and what was in it. */
struct raft_snapshot {
    uint64_t index, term; /* of the last entry in it */
    uint64_t voters;
    uint64_t writing_index, writing_term; /* that is being written to disk, 0 = none */
    uint64_t writing_voters;
    uint64_t taking_index, taking_term, taking_voters; /* that a leader is sending */
    struct cells taking, taking_tokens;                /* the cells that came */
    bool has_taken; /* that which is being written came from a leader */
};

#define RAFT_ROUNDS_KEPT 64u /* of which it is known when they began */

struct raft_state {
    const struct raft_params *params;
    struct sim_station *work; /* NULL where no operation takes any */
    uint32_t own, member_count;
    sim_node_id first_id; /* of member 0; the others follow */

    /* On disk (3.4, figure 3.1), see log.c. */
    uint64_t term;
    uint32_t voted_for;
    struct raft_log log;
    uint64_t voters; /* bits: the latest configuration in the log, committed or not (4.1) */
    uint64_t voters_index;
    uint64_t voters_first; /* as they are before the log says anything */

    enum raft_role role;
    uint32_t leader;
    uint64_t commit, applied;
    struct cells cells;
    struct cells tokens; /* the greatest that came with each key */
    bool is_fenced;      /* the latest token was less than that */

    /* Elections. */
    sim_timer timer;
    sim_time timer_at, deadline, timeout; /* when it fires; when it should; the present draw */
    sim_time heard;                       /* from a leader */
    uint64_t granted;                     /* bits of members */
    uint64_t vote_at;                     /* records that must be on disk before it asks */
    bool has_asked;
    bool is_wanted; /* the leader wants it to stand: it need not ask first, and others may vote */
    struct raft_ballot ballot;

    /* A follower. */
    uint64_t matched; /* entries that are as the leader has them, in this term */
    uint64_t acked;   /* of them it was told that they are on disk */
    uint64_t round;
    sim_time ack_since; /* the oldest that waits for the disk came then; SIM_NEVER = none */

    /* A leader. */
    struct raft_peer peers[RAFT_MEMBERS_MAX];
    uint64_t begin_index; /* of its first entry */
    uint64_t round_latest, round_confirmed;
    uint64_t round_asked;                   /* the latest that was begun for reads */
    sim_time round_began[RAFT_ROUNDS_KEPT]; /* on its own clock */
    bool is_round_wanted;
    uint32_t transfer_to;  /* RAFT_NOBODY = it leads on */
    bool is_transfer_sent; /* and that one was told */
    bool has_told; /* it, at some time in this term: the message may be on its way for long */
    sim_time transfer_until;  /* it is given up, or not tried again, until then */
    sim_time fsync_of_commit; /* what the acknowledgement that made the latest commit waited */

    uint64_t present;      /* bits: members that the group is to have */
    uint64_t reached;      /* and those that are still there */
    uint64_t change_index; /* of a change of the voters that it waits for; 0 = none */
    struct raft_learner learner;

    struct raft_queue writes, reads;
    struct raft_snapshot snapshot;
};

static inline uint32_t raft_count(uint64_t bits)
{
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static inline bool raft_is_voter(const struct raft_state *state, uint32_t member)
{
    return (state->voters >> member & 1) != 0;
}

/* A leader sends to voters, and to members that only learn. */
static inline bool raft_is_reached(const struct raft_state *state, uint32_t member)
{
    return ((state->voters | state->reached) >> member & 1) != 0;
}

static inline uint32_t raft_majority(const struct raft_state *state)
{
    return raft_count(state->voters) / 2 + 1;
}

static inline struct raft_pending *raft_pending_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static inline sim_node_id raft_id(const struct raft_state *state, uint32_t member)
{
    return state->first_id + member;
}

/* ---- raft.c ---- */

sim_frame raft_queue_add(struct sim_node *self, struct raft_queue *queue, sim_ticket ticket,
                         uint64_t index, uint64_t round);
/* Ends the first of the queue and returns what it was. */
struct raft_pending raft_queue_take(struct sim_node *self, struct raft_queue *queue);

/* ---- log.c ---- */

static inline const struct raft_entry *raft_entry_at(const struct raft_log *log, uint64_t index)
{
    return &log->entries[index & log->mask];
}

/* The configuration that the log says now: the latest in it, committed or not (4.1). */
void raft_voters_recall(struct raft_state *state);
void raft_log_start(struct sim_node *self, struct raft_state *state);
void raft_log_clear(struct raft_log *log);
/* The term of an entry from first - 1 to last. */
uint64_t raft_log_term(const struct raft_log *log, uint64_t index);
void raft_log_append(struct sim_node *self, struct raft_state *state,
                     const struct raft_entry *entry);
/* Drops entries from `index` on, which conflict with those of a leader. */
void raft_log_truncate(struct raft_state *state, uint64_t index);
/* Writes term and vote. */
void raft_log_state(struct sim_node *self, struct raft_state *state);
/* What was appended will be on disk: an fsync begins at the end of the handler, so that all that
 * one message brings shares it, or when the one that is under way completes. */
void raft_log_flush(struct sim_node *self, struct raft_state *state);
void raft_log_sync(struct sim_node *self, struct raft_state *state);
void raft_log_synced(struct raft_state *state, uint64_t records);
void raft_log_sync_due(struct sim_node *self, struct raft_state *state);
/* Entries up to `index` are in a snapshot that is on disk: keeps none before `first`. */
void raft_log_compact(struct sim_node *self, struct raft_state *state, uint64_t first);
/* The log begins anew after a snapshot that came from a leader. */
void raft_log_reset(struct sim_node *self, struct raft_state *state, uint64_t index, uint64_t term);

/* ---- election.c ---- */

void raft_election_start(struct sim_node *self, struct raft_state *state, bool is_restart);
void raft_election_due(struct sim_node *self, struct raft_state *state);
void raft_election_durable(struct sim_node *self, struct raft_state *state);
void raft_election_message(struct sim_node *self, struct raft_state *state,
                           const struct sim_input *in);
/* Resets the timer; with a new draw or without. */
void raft_timer_reset(struct sim_node *self, struct raft_state *state, bool is_redrawn);
/* A message of that term came: is it to be heeded? A greater one makes a follower of anybody. */
bool raft_term_seen(struct sim_node *self, struct raft_state *state, uint64_t term);
void raft_step_down(struct sim_node *self, struct raft_state *state, uint64_t term);
void raft_leader_known(struct sim_node *self, struct raft_state *state, uint32_t leader);

/* The leader wants it: stands for election, whatever others have heard. */
void raft_stand_now(struct sim_node *self, struct raft_state *state, const struct sim_input *in);

/* ---- leader.c ---- */

void raft_lead(struct sim_node *self, struct raft_state *state);
/* Appends an entry and sends it. */
uint64_t raft_propose(struct sim_node *self, struct raft_state *state, struct raft_entry *entry);
void raft_leader_durable(struct sim_node *self, struct raft_state *state);
void raft_appended(struct sim_node *self, struct raft_state *state, const struct sim_input *in);
void raft_heartbeat(struct sim_node *self, struct raft_state *state, uint64_t term);
/* Begins a round that shows who leads (6.4). */
void raft_round(struct sim_node *self, struct raft_state *state);
void raft_send_entries(struct sim_node *self, struct raft_state *state, uint32_t to);
/* Somebody has acknowledged a round. */
void raft_peer_heard(struct sim_node *self, struct raft_state *state, uint32_t member,
                     uint64_t round);

/* ---- membership.c ---- */

/* Who votes before any log says so, and who is there. */
void raft_membership_start(struct sim_node *self, struct raft_state *state);
/* Does it vote, by what is committed or by any later entry? */
bool raft_may_stand(const struct raft_state *state);
/* Does anybody have to be added or removed? At every heartbeat of a leader. */
void raft_membership_look(struct sim_node *self, struct raft_state *state);
/* The member that is to vote has acknowledged what it has on disk. */
void raft_membership_caught_up(struct sim_node *self, struct raft_state *state);
/* A change of this leader, or one by which it does not vote, is committed. */
void raft_membership_committed(struct sim_node *self, struct raft_state *state);

/* ---- transfer.c ---- */

/* Has another member stand at once. */
void raft_transfer_tell(struct sim_node *self, struct raft_state *state, uint32_t to);
/* Is there somebody who should lead? At every heartbeat of a leader. */
void raft_transfer_look(struct sim_node *self, struct raft_state *state);
void raft_transfer_ready(struct sim_node *self, struct raft_state *state);

/* ---- follower.c ---- */

void raft_append(struct sim_node *self, struct raft_state *state, const struct sim_input *in);
void raft_follower_durable(struct sim_node *self, struct raft_state *state);
/* `waited`: for the disk. */
void raft_acknowledge(struct sim_node *self, struct raft_state *state, sim_time waited);
/* Entries stand on something else here, or the term is over; `hint`: where to try next. */
void raft_refuse(struct sim_node *self, const struct raft_state *state, uint32_t to,
                 uint64_t before, uint64_t hint);
/* A leader of the present term is alive. */
void raft_leader_heard(struct sim_node *self, struct raft_state *state, uint32_t leader,
                       uint64_t round);
/* Clients whose entries go, from `index` on: their fate is open, since others may have them. */
void raft_writes_drop(struct sim_node *self, struct raft_state *state, uint64_t index);

/* ---- machine.c ---- */

/* Applies what is committed, and answers those who wait for it. */
void raft_commit_to(struct sim_node *self, struct raft_state *state, uint64_t index);
void raft_answer_read(struct sim_node *self, struct raft_state *state, sim_ticket ticket);

/* ---- reads.c ---- */

void raft_read(struct sim_node *self, struct raft_state *state, sim_ticket ticket);
void raft_reads_confirmed(struct sim_node *self, struct raft_state *state);
void raft_reads_serve(struct sim_node *self, struct raft_state *state);
void raft_reads_fail(struct sim_node *self, struct raft_state *state);

/* ---- snapshot.c ---- */

void raft_snapshot_due(struct sim_node *self, struct raft_state *state);
void raft_snapshot_synced(struct sim_node *self, struct raft_state *state);
void raft_snapshot_recover(struct sim_node *self, struct raft_state *state);
void raft_snapshot_send(struct sim_node *self, struct raft_state *state, uint32_t to);
void raft_snapshot_message(struct sim_node *self, struct raft_state *state,
                           const struct sim_input *in);
void raft_snapshot_taken(struct sim_node *self, struct raft_state *state,
                         const struct sim_input *in);
void raft_snapshot_clear(struct raft_snapshot *snapshot);

#endif

/* Chain: what the files of store.chain and its master share.
 *
 *     chain.c        store.chain: parameters, lives, which input goes where
 *     front.c        what clients ask of a member, and what they are told
 *     pipe.c         updates on their way from the head to the tail, and the acknowledgements back
 *     reads.c        reads: at the tail, or apportioned (CRAQ)
 *     configure.c    who is in the chain: leases, epochs, links to the neighbours
 *     transfer.c     the state of the chain for a member that joins
 *     disk.c         the log of a member
 *     master.c       store.chain_master: who notices failures and reconfigures the chain
 */
#ifndef BRINK_MODELS_STORE_CHAIN_H
#define BRINK_MODELS_STORE_CHAIN_H

#include "sim.h"
#include "store/effect.h"

#define CHAIN_MEMBERS_MAX 64u
#define CHAIN_HEADER_BYTES 64

enum chain_protocol { CHAIN_PLAIN, CHAIN_CRAQ };

struct chain_params {
    struct sim_target master;
    int32_t protocol; /* enum chain_protocol */
    struct sim_operation_laws service;
    const struct sim_dist *version_query;
    int64_t servers;
    int64_t queue_limit;
    const struct sim_dist *fsync; /* NULL = in memory only */
    sim_time heartbeat;
    sim_time retry;
    sim_time timeout;
    int64_t keys;
    int64_t value_bytes;
};

enum chain_metric {
    CHAIN_COMMITS,
    CHAIN_READS,
    CHAIN_READS_DIRTY,
    CHAIN_RESENT,
    CHAIN_TRANSFERS,
    CHAIN_TRANSFER_BYTES,
    CHAIN_CHANGES,
    CHAIN_BUSY,
    CHAIN_QUEUED,
    CHAIN_WAIT
};

enum chain_message {
    CHAIN_HEARTBEAT,     /* to the master */
    CHAIN_CONFIGURATION, /* from the master */
    CHAIN_FORWARD,       /* to the head: a client's update */
    CHAIN_QUERY,         /* to the tail: a client's read */
    CHAIN_VERSION,       /* to the tail: which version of a key is committed */
    CHAIN_VERSIONED,     /* from the tail */
    CHAIN_RESULT,        /* from the tail, to the member that was asked */
    CHAIN_REFUSED,       /* it was not done */
    CHAIN_UPDATE,        /* to the successor */
    CHAIN_ACK,           /* to the predecessor: committed so far */
    CHAIN_HELLO,         /* to the successor: what have you got? */
    CHAIN_STATE,         /* to the predecessor: so much */
    CHAIN_TRANSFER,      /* to a member that joins: some cells */
    CHAIN_TRANSFERRED    /* it has them */
};
extern const char *const chain_messages[];

enum chain_timer { CHAIN_TIMER_HEARTBEAT, CHAIN_TIMER_RETRY, CHAIN_TIMER_TIMEOUT };
enum chain_draw { CHAIN_DRAW_SERVICE, CHAIN_DRAW_VERSION };

/* Where the time of an update or a query went so far. */
struct chain_spent {
    sim_time queue, service, fsync;
};

/* ---- updates on their way ---- */

enum chain_stage {
    CHAIN_ABSENT,
    CHAIN_ARRIVED, /* waits for a server, or is worked on */
    CHAIN_WORKED,  /* waits for those before it */
    CHAIN_LOGGED
};

/* One update, by its number in the chain. Its version is that number + 1. */
struct chain_entry {
    uint64_t key;
    uint64_t value;     /* the new one; of a conflict what was found */
    sim_node_id asked;  /* the member that the client asked; 0 = nobody is told */
    sim_frame frame;    /* there */
    uint64_t log_index; /* of its record */
    sim_time since;     /* of the present wait */
    struct chain_spent spent;
    uint8_t stage;     /* enum chain_stage */
    uint8_t status;    /* enum sim_status: OK or CONFLICT */
    uint8_t operation; /* enum sim_operation */
    bool is_deleted;
    bool is_token; /* the value is a fencing token of the key */
};

static inline bool chain_changes(const struct chain_entry *entry)
{
    return entry->status == SIM_STATUS_OK && !entry->is_token;
}

/* committed <= durable <= logged. Entries above `committed` are in the ring; those above `logged`
 * may have holes. */
struct chain_pipe {
    struct chain_entry *ring; /* by number, modulo its length */
    uint64_t mask;
    uint64_t committed; /* the tail has all up to here */
    uint64_t durable;   /* and this member will not forget these */
    uint64_t logged;    /* in order, as far as it goes */
    uint64_t sent;      /* to the successor, in this epoch */
};

/* ---- the state of the chain, on its way to a member that joins ---- */

struct chain_transfer {
    uint64_t id;                  /* 0 = none; grows */
    uint32_t to;                  /* member */
    uint64_t life;                /* of it */
    uint64_t number;              /* of the chunk that is on its way, or is to be the next */
    uint32_t cursor, cursor_next; /* in the cells: before and after that chunk */
    uint64_t since;               /* this round brings what was committed after */
    uint64_t round;               /* what was committed when the round began */
    bool is_waiting;              /* for an acknowledgement */
    bool is_caught_up;            /* all but the latest is there */
    bool is_final;                /* what is committed now, and no more will be */
    bool is_final_round;          /* the round began after that */
    bool is_last;                 /* chunk of the final round */
    bool was_resent;
};

struct chain_state {
    sim_node_id *members; /* of the group, by index */
    uint32_t member_count, own;
    uint64_t life; /* a number that no other life has */

    /* The chain as this member knows it (configure.c). */
    uint64_t epoch; /* 0 = it knows none yet */
    uint32_t order[CHAIN_MEMBERS_MAX];
    uint32_t length;
    uint32_t position;         /* of its own, or length: it is not in the chain */
    sim_time lease_from;       /* by its own clock: what the master said was true then */
    sim_time lease_end;        /* and stays true until then */
    bool is_fenced;            /* it keeps to leases */
    bool is_whole;             /* it has all that was committed when it joined */
    bool is_linked;            /* it knows what its successor has */
    uint64_t committed_before; /* at the latest look */

    struct chain_pipe pipe;
    struct cells cells;  /* committed */
    struct cells latest; /* and what is on its way */
    struct cells tokens; /* the greatest that came with each key, the same */

    struct chain_transfer transfer; /* that it sends */
    uint32_t transfer_count;        /* that it has begun */
    uint64_t receiving;             /* the transfer that comes in */
    sim_node_id receiving_from;
    uint64_t received;           /* chunks of it */
    uint64_t received_end;       /* of the log with them */
    bool is_received_last;       /* the latest is the last one */
    uint64_t received_committed; /* what that makes it have */
    bool is_chunk_unanswered;

    bool is_syncing;
    struct sim_station *work;
};

enum chain_job {
    CHAIN_FRONT_READ,  /* a client's: tag of the work, too, where it is done here */
    CHAIN_FRONT_WRITE, /* a client's */
    CHAIN_JOB_ASKED,   /* at the head or the tail: what another member passed on */
    CHAIN_JOB_UPDATE   /* at a member: an update on its way */
};

/* What another member, or this one, is asked to do for a client. */
struct chain_asked {
    sim_node_id from; /* the member that the client asked */
    sim_frame frame;  /* there */
    uint64_t key, value, expected;
    uint64_t token;     /* that fences it, 0 = none */
    uint16_t operation; /* enum sim_operation */
    uint16_t priority;
    bool is_version_query;
};

/* One that brings a token goes down the chain first, and is served then. */
static inline bool chain_is_plain_read(const struct chain_asked *asked)
{
    return effect_is_read(asked->operation) && asked->token == 0;
}

struct chain_frame {
    enum chain_job job;
    sim_ticket ticket;
    sim_timer timer;
    sim_time began, work;
    struct chain_asked asked;
    uint64_t number, epoch; /* of an update */
};

/* ---- front.c ---- */

void chain_request(struct sim_node *self, const struct sim_input *in);
void chain_timeout(struct sim_node *self, sim_frame frame);
/* What came of it: here, or at the member that the client asked. */
void chain_tell(struct sim_node *self, sim_node_id to, sim_frame frame, enum chain_job job,
                const struct cell *cell, enum sim_status status, const struct chain_spent *spent);
void chain_refuse(struct sim_node *self, const struct chain_asked *asked, enum sim_status status);
void chain_result(struct sim_node *self, const struct sim_input *in);
/* Ends a client's request; no frame any more: it has been answered. */
void chain_conclude(struct sim_node *self, sim_frame frame, const struct cell *cell,
                    enum sim_status status, const struct chain_spent *spent);
/* Puts work into the station; false where too much waits there. */
bool chain_work(struct sim_node *self, sim_frame frame);
struct chain_spent chain_work_spent(struct sim_node *self, const struct chain_frame *frame);

/* ---- pipe.c ---- */

struct chain_entry *chain_entry_at(struct chain_state *state, uint64_t number);
void chain_pipe_start(struct chain_state *state);
void chain_pipe_clear(struct chain_state *state);
/* Forgets what is not in order yet: the predecessor sends it again. */
void chain_pipe_cut(struct chain_state *state);
/* The chain begins, for this member, after the update of that number. */
void chain_pipe_reset(struct chain_state *state, uint64_t number);
void chain_head_take(struct sim_node *self, const struct chain_asked *asked);
void chain_head_worked(struct sim_node *self, const struct chain_frame *frame);
void chain_update(struct sim_node *self, const struct sim_input *in);
void chain_update_worked(struct sim_node *self, const struct chain_frame *frame);
/* Passes on and commits what can be. */
void chain_advance(struct sim_node *self);
void chain_commit(struct sim_node *self, uint64_t number);
struct cell chain_cell(const struct chain_params *params, const struct cells *cells, uint64_t key);

/* ---- reads.c ---- */

void chain_query(struct sim_node *self, const struct chain_asked *asked);
void chain_read_worked(struct sim_node *self, sim_frame frame);
void chain_versioned(struct sim_node *self, const struct sim_input *in);

/* ---- configure.c ---- */

static inline bool chain_is_in(const struct chain_state *state)
{
    return state->position < state->length;
}
static inline bool chain_is_head(const struct chain_state *state)
{
    return chain_is_in(state) && state->position == 0 && state->is_whole;
}
static inline bool chain_is_tail(const struct chain_state *state)
{
    return chain_is_in(state) && state->position + 1 == state->length && state->is_whole;
}
/* In the chain for certain, as of now. */
bool chain_has_lease(const struct sim_node *self, const struct chain_state *state);
uint32_t chain_member_of(const struct chain_state *state, sim_node_id id);
void chain_heartbeat(struct sim_node *self);
void chain_configuration(struct sim_node *self, const struct sim_input *in);
void chain_send_state(struct sim_node *self);
void chain_heard_state(struct sim_node *self, const struct sim_input *in);
void chain_retry(struct sim_node *self);
bool chain_from_predecessor(const struct chain_state *state, const struct sim_input *in);
bool chain_from_successor(const struct chain_state *state, const struct sim_input *in);

/* ---- transfer.c ---- */

void chain_transfer_begin(struct sim_node *self, uint32_t to, uint64_t life);
/* All that is committed, and the joining member is the successor now. */
void chain_transfer_final(struct sim_node *self);
void chain_transfer_resend(struct sim_node *self);
void chain_transfer_arrived(struct sim_node *self, const struct sim_input *in);
/* The log is on disk below `end`. */
void chain_transfer_durable(struct sim_node *self, uint64_t end);
void chain_transferred(struct sim_node *self, const struct sim_input *in);

/* ---- disk.c ---- */

void chain_log_entry(struct sim_node *self, uint64_t number, struct chain_entry *entry);
void chain_log_cell(struct sim_node *self, const struct cell *cell, bool is_token);
/* What is in the log no longer counts, or all of it does, up to that number. */
void chain_log_begin(struct sim_node *self);
void chain_log_whole(struct sim_node *self, uint64_t number);
void chain_log_sync(struct sim_node *self);
uint64_t chain_log_end(const struct sim_node *self);
void chain_log_synced(struct sim_node *self, uint64_t end);
void chain_log_recover(struct sim_node *self);

#endif

/* The inside of the world, for the files of this folder only.
 *
 * struct sim_world is built once from a description and owns everything in one arena and a few
 * pools. Node 0 is the world itself: faults and shared machinery run there and never die.
 */
#ifndef BRINK_WORLD_INTERNAL_H
#define BRINK_WORLD_INTERNAL_H

#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/pool.h"
#include "base/seldom.h"
#include "engine/engine.h"
#include "world/disk.h"
#include "world/flow.h"
#include "world/job.h"
#include "world/ledger.h"
#include "world/load.h"
#include "world/log.h"
#include "world/node.h"
#include "world/retry.h"
#include "world/station.h"
#include "world/stream.h"
#include "world/world.h"

struct sync; /* see log.c */

/* What an engine event of the world means. The low byte of sim_event.kind; the high byte holds the
 * index of a timer or a message of the model. Payloads are pool handles unless said otherwise. */
enum world_event {
    EVENT_START,        /* payload: 1 = restart */
    EVENT_TIMER,        /* timer record; high byte: timer index */
    EVENT_REQUEST,      /* packet, at its receiver */
    EVENT_REPLY,        /* packet, at the caller */
    EVENT_MESSAGE,      /* packet */
    EVENT_TIMEOUT,      /* call */
    EVENT_REFUSAL,      /* call: the refusal has reached the caller */
    EVENT_TRANSMIT,     /* packet: (re)transmission, at the sender */
    EVENT_WORK,         /* job: dedicated work is finished */
    EVENT_GRANTED,      /* job: a slot that was waited for is held */
    EVENT_SHARE,        /* executor index: its next job is finished (node 0) */
    EVENT_DISK,         /* disk operation: it leaves the disk (node 0) */
    EVENT_DISK_DONE,    /* disk operation: its node, which was paused, hears of it */
    EVENT_STREAM,       /* stream note, at its receiver */
    EVENT_STREAM_RETRY, /* stream, high byte: direction; at the sender */
    EVENT_FLOW,         /* the earliest planned end of a flow (node 0) */
    EVENT_FLOW_DONE,    /* flow, at its owner */
    EVENT_FAULT_BEGIN,  /* index of a fault instance (node 0) */
    EVENT_FAULT_END,    /* likewise */
    EVENT_MEMBERS,      /* view version << 32 | group, at the observer (node 0: at all of them) */
    EVENT_DRAINED,      /* version << 32 | node id: goes now if nothing is open (node 0) */
    EVENT_LOAD,         /* at a source: its load factor changed */
    EVENT_STREAM_LEAVE, /* stream note, past its sender's network card; at the sender */
    WORLD_EVENT_COUNT
};

/* A message that is the world's own: the call that it names is withdrawn. */
#define MESSAGE_WITHDRAW UINT8_MAX
/* No life of a node: that of a caller who has withdrawn. */
#define INCARNATION_NOBODY UINT32_MAX

enum packet_state {
    PACKET_REQUEST, /* on its way to the receiver */
    PACKET_OPEN,    /* at the receiver, not yet answered: a ticket */
    PACKET_REPLY,   /* on its way back */
    PACKET_MESSAGE  /* a model's own */
};

/* A request from when it is sent until its reply has arrived; or a message. */
struct packet {
    sim_node_id from, to; /* of the present direction of travel, or of the open request */
    sim_call call;        /* of the caller */
    sim_time sent;        /* by the caller; for a reply: by the server */
    sim_time arrived;     /* planned, then actual; SIM_NEVER while it waits at the sender */
    uint32_t caller_incarnation;
    uint32_t connection;  /* pair that carries it, 0 = plain transport */
    uint8_t state;        /* enum packet_state */
    uint8_t message;      /* MESSAGE: index */
    uint8_t attempts;     /* transmissions that failed so far */
    bool is_cold;         /* its connection has yet to be made: a handshake comes first */
    bool has_left_card;   /* is past the sender's network card and waits for the link */
    bool is_through_card; /* has passed the receiver's network card */
    int64_t bytes;
    union {
        struct sim_request request; /* REQUEST, OPEN */
        struct sim_reply reply;     /* REPLY */
        struct {
            uint64_t words[SIM_MESSAGE_WORDS];
            uint32_t body; /* what it carries beside them, 0 = nothing; see body.h */
            uint32_t body_count;
        };
    };
};

struct call {
    sim_node_id from, to;
    uint64_t tag;
    sim_timer timer;
    sim_time called;
    sim_span parent_span; /* 0 = not attributed */
    sim_span child_span;
    uint32_t connection;
    uint32_t packet; /* index of its request, unless that has ended: see its `call` */
};

struct machine {
    const struct sim_machine_spec *spec;
    uint32_t executor; /* index + 1; 0 = never short of cores */
    uint32_t port;     /* index of its link to the network of its zone */
    sim_time card_out_free, card_in_free;
    sim_time clock_shift; /* jumps so far */
    double clock_drift;
    sim_time clock_drift_since;
    struct disk *disk;
};

/* One-second windows of a ledger, in pages that are made when something is issued in them. */
struct second {
    uint32_t issued, succeeded;
};
#define SECONDS_PER_PAGE 1024u

/* Of a source: since when it has not been answered, and whether a fault ended meanwhile. */
struct silence {
    sim_time answered, mended;
    bool is_mended;
};

struct group {
    const struct sim_group_spec *spec;
    struct sim_metric *metrics;    /* standard, then the model's */
    struct sim_metric *capacities; /* levels, one a metric; only those of ratios are used */
    uint32_t metric_count;
    /* Where the latest entries of the ledger lie in time: by their issue, and by their end. */
    struct sim_segment_cache issued_in, ended_in;
    struct second **second_pages;
    uint64_t second_count;
    struct second *second; /* that of the latest issue, which begins at: */
    sim_time second_from;
    struct second second_beyond; /* issued past the duration: in no window */
    uint8_t *member_state;       /* enum member_state, count_max of them */
    struct samples *samples;     /* sampled operations of a source */
    struct silence silence;
};

enum member_state { MEMBER_ABSENT, MEMBER_STARTING, MEMBER_UP, MEMBER_DRAINING, MEMBER_GONE };

/* What a model asked for stands behind it, as aligned as anything may have to be. */
struct allocation {
    struct allocation *next;
    size_t size;
};

static inline void *allocation_memory(const struct allocation *allocation)
{
    return (void *)(uintptr_t)(allocation + 1);
}

struct sim_node {
    struct sim_world *world;
    const struct sim_model *model;
    const void *params;
    void *state;
    struct group *group;
    struct sim_metric *metrics;     /* of the group */
    struct sim_metric *own_metrics; /* of this member; NULL unless per_member */
    struct sim_metric *own_capacities;
    struct machine *machine;
    sim_node_id id;
    uint32_t member;
    uint32_t group_index;
    uint32_t zone;
    const char *name;
    const struct sim_transport *transport;
    struct sim_random *draws; /* of the model, initialised on first use */
    bool *draws_ready;
    struct sim_random network_draw, order_draw;
    struct sim_station *stations;
    struct allocation *allocations;
    struct sim_pool frames;
    uint32_t open_tickets, open_calls, live_timers, open_syncs, open_flows;
    uint64_t open_operations;
    uint64_t open_measured;   /* of these, begun in the measured window */
    uint64_t lost_operations; /* open when the node died */
    uint32_t *calls_to;       /* open calls by node id; NULL until the first is asked for */
    struct node_log *logs;
    uint32_t log_count;
    struct sim_event *deferred; /* what came during a pause and has yet to be seen: see life.c */
    uint32_t deferred_first, deferred_count, deferred_capacity;
    double speed; /* 1 = full; slow faults divide; 0 while paused */
    double slow_factor;
    uint32_t pauses, crashes, slows, surges; /* faults that hold it now */
    uint32_t standstills;                    /* surges by the factor 0, which none undoes */
    bool is_up;                              /* alive: handles inputs */
    bool may_go;             /* draining, and everyone knows: gone when nothing is open */
    bool is_silent;          /* while down: nobody refuses */
    bool is_transport_plain; /* its packets take no connection */
    int64_t plain_bytes_max; /* up to so many bytes no slow start either; -1 = they do take one */
    uint64_t drain_version;  /* of its group, when it was sent away last */
    sim_time boots_until;    /* a member that is starting serves from then on */
    double load_factor;
    uint64_t operation_count;
    uint64_t open_operation_sum; /* of their ids, modulo 2^64 */
    uint64_t view_version;
    struct silence silence;
};

/* One way between two zones; or out of one machine to others of its zone. */
struct link {
    const struct sim_link_law *law;
    bool is_only_latency; /* of its law: no bandwidth, and no message is lost, doubled or reordered
                           */
    bool is_constant;     /* its latency, which is: */
    sim_time latency;
    sim_time free; /* when what was sent before has been put on the wire */
    uint32_t flows;
};

#define BODY_SIZES 10u

struct sim_world {
    const struct sim_world_spec *spec;
    struct sim_world_options options;
    const struct sim_axis *axis;
    struct sim_window measured;
    struct sim_arena arena;
    struct sim_engine *engine;
    struct sim_node *nodes; /* [0] is the world itself */
    uint32_t node_count;    /* without node 0 */
    struct group *groups;
    struct machine *machines;
    struct link *links; /* between zones, [from * zone_count + to]; then the machines' ports */
    uint32_t link_count;
    bool has_cards; /* some machine has a network card of limited bandwidth */
    bool is_calm;   /* no cards, no troubles, no trace: links alone say what becomes of packets */
    struct sim_pool packets, calls, jobs;
    struct sim_pool bodies[BODY_SIZES];
    struct executor *executors;
    uint32_t executor_count;
    uint64_t measured_open; /* operations begun in the measured window and not yet ended */
    uint64_t calls_made, calls_ended;
    struct sim_network_totals network;
    struct trouble *troubles; /* partitions and degradations of links that are in force */
    struct connections *connections;
    struct fault_state *faults;
    struct views *views;
    struct spans *spans;
    struct streams *streams;
    struct flows *flows;
    struct versions *versions; /* NULL where nobody commits any */
    struct sessions *sessions; /* likewise */
    struct sim_pool disk_operations;
    const char *limit;
    uint64_t unbalanced_lives; /* stations whose books did not balance when their node died */
    bool is_settled;
    bool is_quiet;       /* sources are told that there is no load any more */
    sim_node_id running; /* whose handler runs, for assertions */
};

static inline sim_time world_now(const struct sim_world *world)
{
    return sim_engine_now(world->engine);
}

static inline uint16_t world_kind(enum world_event event, int sub)
{
    return (uint16_t)((unsigned)event | (unsigned)sub << 8);
}

/* Visits every record in use; deterministic, by index. Only for rare events such as a crash. */
static inline bool pool_is_used(const struct sim_pool *pool, uint32_t index)
{
    return (sim_pool_header_at(pool, index)->generation & 1u) != 0;
}

/* play.c, life.c */
void world_dispatch(struct sim_world *world, const struct sim_event *event);
/* An event of a paused node waits, in order, until the pause ends. */
SIM_SELDOM void node_defer(struct sim_node *node, const struct sim_event *event);
/* Whether the timer fired during a pause and the node has yet to hear of it, which it now will not.
 */
bool node_forget_deferred(struct sim_node *node, sim_timer timer);
/* Visits the timers of all nodes that have yet to be heard of. */
void timers_each(const struct sim_world *world,
                 void (*visit)(void *data, sim_node_id node, uint64_t tag), void *data);
void world_input(struct sim_node *node, const struct sim_input *input);
SIM_SELDOM void world_trace(struct sim_world *world, enum sim_trace_kind kind, sim_node_id node,
                            sim_node_id peer, const char *label, uint64_t id, uint64_t number);
static inline bool world_is_tracing(const struct sim_world *world)
{
    return world->options.trace != NULL;
}
void node_start(struct sim_node *node, bool is_restart);
/* Ends the life of a node: volatile state, jobs, calls, frames, timers go; peers are told. */
void node_crash(struct sim_node *node, bool is_silent, bool is_torn);
void node_restart(struct sim_node *node);
void node_set_paused(struct sim_node *node, bool paused);
void node_set_slow(struct sim_node *node, double factor);

/* node.c */
void node_clear_life(struct sim_node *node);

/* call.c */
void call_on_request(struct sim_world *world, const struct sim_event *event);
void call_on_reply(struct sim_world *world, const struct sim_event *event);
void call_on_message(struct sim_world *world, const struct sim_event *event);
const char *call_message_name(const struct sim_node *from, uint8_t message);
void call_on_timeout(struct sim_world *world, const struct sim_event *event);
void call_on_refusal(struct sim_world *world, const struct sim_event *event);
void calls_drop(struct sim_node *node, bool is_silent);
/* The connection refuses or resets: the caller hears of it at `time`. */
void call_refuse(struct sim_world *world, sim_call call, sim_time time);

/* body.c */
void bodies_init(struct sim_world *world);
void bodies_clear(struct sim_world *world);

/* job_queue.c */
void job_list_append(struct job_list *list, struct job *job);
void job_list_remove(struct job_list *list, struct job *job);
/* Puts a job into its station's queue, and takes the next one out, by the discipline. */
void job_enqueue(struct sim_station *station, struct job *job);
struct job *job_dequeue(struct sim_station *station);
/* The job in the queue that stands for the ticket, or NULL. */
struct job *job_waits(struct sim_station *station, sim_station_is_of is_of, sim_ticket ticket);
/* It leaves the queue out of its turn. */
void job_leave_queue(struct sim_station *station, struct job *job);

/* station.c */
void station_on_work(struct sim_world *world, const struct sim_event *event);
void station_on_granted(struct sim_world *world, const struct sim_event *event);
void stations_drop(struct sim_node *node);
void stations_change_speed(struct sim_node *node);
/* The job's work is done: its server goes to the next, and its node hears of it. */
void station_finish(struct sim_world *world, struct job *job);
bool station_audit(struct sim_station *station, FILE *out);

/* An operation's id: the source above so many bits, its number from 1 below. */
#define SIM_OPERATION_BITS SIM_HISTORY_VALUE_BITS

/* ledger.c */
void ledger_init(struct sim_world *world);
void ledger_init_members(struct sim_world *world);
void ledger_clear(struct sim_world *world);
void ledger_issue(struct sim_node *node, sim_time issued);
void ledger_finish(struct sim_node *node, sim_time issued, enum sim_status status);
void ledger_lose(struct sim_node *node, sim_time issued);
/* The node dies: its open operations will have no end. */
void ledger_drop_operations(struct sim_node *node);
void ledger_settle(struct sim_world *world);
/* What a source is told. */
static inline double world_load(const struct sim_node *node)
{
    return node->world->is_quiet || node->standstills > 0 ? 0 : node->load_factor;
}

static inline void metric_count(struct sim_node *node, uint32_t metric, sim_time time, uint64_t n)
{
    sim_counter_add(&node->metrics[metric].counter, time, n);
    if (node->own_metrics != NULL) {
        sim_counter_add(&node->own_metrics[metric].counter, time, n);
    }
}
static inline void metric_level(struct sim_node *node, uint32_t metric, sim_time now, int64_t delta)
{
    sim_level_add(&node->metrics[metric].level, now, delta);
    if (node->own_metrics != NULL) {
        sim_level_add(&node->own_metrics[metric].level, now, delta);
    }
}
static inline void metric_sample(struct sim_node *node, uint32_t metric, sim_time time,
                                 int64_t value)
{
    sim_sample_add(&node->metrics[metric].sample, time, value);
    if (node->own_metrics != NULL) {
        sim_sample_add(&node->own_metrics[metric].sample, time, value);
    }
}
void metric_capacity(struct sim_node *node, uint32_t metric, int64_t delta);

/* silence.c */
void silence_break(struct sim_node *source, sim_time now);
/* A fault has ended from which operations may have to recover. */
void silence_mended(struct sim_world *world);
void silence_settle(struct sim_world *world);

/* staleness.c */
void versions_init(struct sim_world *world);
void versions_clear(struct sim_world *world);
/* The node answers a request that it received at `began`. */
void versions_served(struct sim_node *node, const struct sim_request *request, sim_time began,
                     const struct sim_reply *reply);

/* sessions.c */
void sessions_init(struct sim_world *world);
void sessions_clear(struct sim_world *world);
/* A session was answered with a version: it read that one, or made it. */
void sessions_saw(struct sim_node *self, sim_time began, const struct sim_witness *asked,
                  const struct sim_reply *reply);

/* attribution.c */
void spans_init(struct sim_world *world);
void spans_clear(struct sim_world *world);
sim_span span_begin(struct sim_node *source, uint64_t operation_id); /* 0 = not sampled */
SIM_SELDOM void span_end(struct sim_node *source, sim_span span, uint64_t operation_id,
                         sim_time latency, bool is_answered);
/* A span for a call of whoever owns `parent`; 0 where that has ended or is 0. */
SIM_SELDOM sim_span span_child(struct sim_world *world, sim_span parent);
SIM_SELDOM void span_hold(struct sim_world *world, sim_span span);
SIM_SELDOM void span_release(struct sim_world *world, sim_span span);
/* The request is answered: what is spent or merged there from now on is not counted. */
SIM_SELDOM void span_close(struct sim_world *world, sim_span span);
/* Nothing happens where `parent` or `span` has ended or is closed. */
SIM_SELDOM void span_merge(struct sim_world *world, sim_span parent, sim_span child);
SIM_SELDOM void span_spend(struct sim_world *world, sim_span span, uint32_t group,
                           enum sim_cause cause, sim_time duration);
/* Operations of a dead source will not end theirs. */
void spans_drop(struct sim_node *node);
size_t spans_memory(const struct sim_world *world);

/* fault.c, members.c */
void faults_init(struct sim_world *world);
void faults_clear(struct sim_world *world);
void faults_settle(struct sim_world *world);
void fault_on_begin(struct sim_world *world, const struct sim_event *event);
void fault_on_end(struct sim_world *world, const struct sim_event *event);
struct members_change {
    uint32_t group;
    uint32_t count;  /* members from now on */
    sim_time boot;   /* until a new one serves */
    sim_time notice; /* until the other nodes know */
};
void members_init(struct sim_world *world);
void members_clear(struct sim_world *world);
void members_set(struct sim_world *world, const struct members_change *change);
void members_on_drained(struct sim_world *world, const struct sim_event *event);
void members_on_change(struct sim_world *world, const struct sim_event *event);
/* A new life asks anew: it sees what everyone knows by now. */
void members_look_again(struct sim_node *node);
/* One that may go has nothing open any more. */
SIM_SELDOM void members_let_go(struct sim_node *node);

/* disk.c: operations of a machine's disk, in the order in which they were asked for. */
enum disk_work { DISK_READ, DISK_WRITE, DISK_SYNC };
struct disk {
    struct machine *machine;
    struct sim_random random;
    uint32_t first, last; /* waiting operations */
    int64_t busy;
    double factor;          /* each operation takes so many times as long */
    uint32_t slows, stalls; /* faults in force */
};
/* `law` replaces the disk's own where it is not NULL. `sync` is the sync record of DISK_SYNC. */
void disk_submit(struct sim_node *node, enum disk_work work, const struct sim_dist *law,
                 int64_t bytes, sim_span span, uint64_t tag, struct sync *sync);
void disks_init(struct sim_world *world);
void disks_clear(struct sim_world *world);
void disk_on_event(struct sim_world *world, const struct sim_event *event);
void disk_on_done(struct sim_world *world, const struct sim_event *event);
/* A stall began or ended: what waits may go on. */
void disk_resume(struct sim_world *world, struct machine *machine);
void disk_drop(struct sim_node *node);

/* log.c */
void logs_crash(struct sim_node *node, bool is_torn);
void logs_clear(struct sim_node *node);
void log_synced(struct sync *sync);
void sync_free(struct sync *sync);

/* stream.c, flow.c */
void streams_init(struct sim_world *world);
void streams_clear(struct sim_world *world);
void stream_on_event(struct sim_world *world, const struct sim_event *event);
void stream_on_leave(struct sim_world *world, const struct sim_event *event);
void stream_on_retry(struct sim_world *world, const struct sim_event *event);
void streams_drop(struct sim_node *node, bool is_silent);
size_t streams_memory(const struct sim_world *world);
void flows_init(struct sim_world *world);
void flows_clear(struct sim_world *world);
void flow_on_end(struct sim_world *world, const struct sim_event *event);
void flow_on_done(struct sim_world *world, const struct sim_event *event);
/* Shares are worked out anew: a partition, a degradation, a pause or a stall began or ended. */
void flows_update(struct sim_world *world);
void flows_drop(struct sim_node *node, bool is_silent);

#endif

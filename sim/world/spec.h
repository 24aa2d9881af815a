/* The world as a plain description: what a scenario resolves to, and what tests build by hand.
 *
 * Everything here is immutable during runs and shared by the threads that run replications.
 */
#ifndef BRINK_WORLD_SPEC_H
#define BRINK_WORLD_SPEC_H

#include <stdbool.h>

#include "world/model.h"
#include "world/param.h"

#define SIM_NONE UINT32_MAX

/* One direction between two zones, or what holds within one. */
struct sim_link_law {
    const struct sim_dist *latency; /* one way, seconds; NULL = no time */
    double bandwidth;               /* bytes/s shared by all that crosses; within a zone by all that
                                       one machine sends; 0 = unlimited */
    double loss, duplicate, reorder; /* probabilities a message */
    const struct sim_dist
        *reorder_delay; /* extra delay of a reordered message; NULL = one latency */
};

enum sim_transport_kind { SIM_TRANSPORT_CONNECTION, SIM_TRANSPORT_DATAGRAM };

/* How a node reaches the nodes that it calls. */
struct sim_transport {
    int32_t kind;            /* enum sim_transport_kind */
    bool warm;               /* connections exist at the start and never time out */
    int64_t handshake;       /* round trips before the first request: TCP 1, with TLS 1.3 2 */
    sim_time idle;           /* an unused connection closes after this; SIM_NEVER = stays */
    int64_t connections_max; /* to one peer; further requests wait; 0 = no limit */
    bool multiplex;          /* all requests to a peer share one ordered connection */
    sim_time retransmit;     /* wait before a lost segment is sent again; doubles each time */
    int64_t window_bytes;    /* slow start: initial window; 0 = large bodies at once */
};

struct sim_network_spec {
    bool is_given;       /* false: links take no time and lose nothing, and the summary says so */
    uint32_t zone_count; /* at least 1 */
    const char *const *zone_names;
    const struct sim_link_law *links; /* zone_count x zone_count, [from * zone_count + to] */
    const char *source;               /* of a preset: citation, else NULL */
};

struct sim_disk_spec {
    bool is_given;
    const struct sim_dist *read, *write, *fsync; /* seconds; NULL = no time */
    double bandwidth;                            /* bytes/s; 0 = unlimited */
    int64_t queue_depth;                         /* operations at once */
};

struct sim_machine_spec {
    const char *name;
    uint32_t zone;
    int64_t cores;    /* 0 = never short of cores */
    double bandwidth; /* of its network card, bytes/s each way; 0 = unlimited */
    sim_time clock_offset;
    double clock_drift; /* seconds gained a second */
    struct sim_disk_spec disk;
};

struct sim_group_spec {
    const char *name;
    const struct sim_model *model;
    const void *params;       /* the model's params struct, filled and checked */
    uint32_t count;           /* members up at the start */
    uint32_t count_max;       /* members that can ever be */
    sim_node_id first_id;     /* ids are first_id .. first_id + count_max - 1 */
    const uint32_t *machines; /* machine of each of the count_max members */
    struct sim_transport transport;
    bool per_member; /* metrics of each member too */
};

enum sim_fault_kind {
    SIM_FAULT_PARTITION, /* sides cannot reach one another */
    SIM_FAULT_CRASH,     /* down at from, restarts at to (never when SIM_NEVER) */
    SIM_FAULT_PAUSE,     /* stands still, keeps everything */
    SIM_FAULT_SLOW,      /* work takes `factor` times as long */
    SIM_FAULT_LINK,      /* latency x factor + extra, loss, bandwidth / slowness between a and b */
    SIM_FAULT_CLOCK,     /* clock jumps by `shift` at from; drift changes until to */
    SIM_FAULT_DISK,      /* disk operations take `factor` times as long, or stall at 0 */
    SIM_FAULT_SURGE,     /* load of sources x factor */
    SIM_FAULT_MEMBERS    /* the group grows or shrinks to `members` at from */
};

struct sim_fault_spec {
    enum sim_fault_kind kind;
    sim_time from, to;         /* to == SIM_NEVER: for the rest of the run */
    struct sim_target targets; /* all kinds but PARTITION and LINK */
    uint32_t side_count;       /* PARTITION, LINK (2) */
    const struct sim_target *sides;
    bool one_way; /* PARTITION, LINK: only from the first side to the others */
    bool silent;  /* CRASH: its machine is gone too, nobody refuses */
    bool torn;    /* CRASH: the log record after the last fsync is left torn */
    double factor;
    double loss;      /* LINK: added probability */
    double slowness;  /* LINK: of bandwidth, at least 1: each byte takes so much longer */
    sim_time extra;   /* LINK: added latency */
    sim_time shift;   /* CLOCK */
    double drift;     /* CLOCK: seconds a second while it lasts */
    uint32_t members; /* MEMBERS */
    uint32_t group;   /* MEMBERS */
    sim_time boot;    /* MEMBERS: until a new member serves */
    sim_time notice;  /* MEMBERS: until the other nodes know */
    /* Drawn faults: between from and to, each target fails after a draw of `mttf` and is mended
     * after a draw of `mttr`; NULL = one scheduled fault. */
    const struct sim_dist *mttf, *mttr;
    uint32_t swarm;    /* drawn ones of one number, from 1, are a swarm (see fault.c); 0 = none */
    const char *label; /* for pictures: "partition", or the user's name */
};

/* Explicit limits, each counted and reported when reached. */
struct sim_limits {
    uint64_t events_max;
    uint64_t pending_max;
    uint64_t open_requests_max;
    uint64_t memory_bytes_max;
};

struct sim_world_spec {
    sim_time duration; /* operations invoked in [warmup, duration) are measured */
    sim_time drain;    /* at most this much longer, until the measured ones are resolved */
    struct sim_network_spec network;
    uint32_t machine_count;
    const struct sim_machine_spec *machines;
    uint32_t group_count;
    const struct sim_group_spec *groups;
    uint32_t node_count; /* ids 1 .. node_count; 0 is the world itself */
    uint32_t fault_count;
    const struct sim_fault_spec *faults;
    struct sim_limits limits;
};

#endif

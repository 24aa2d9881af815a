/* The world: one run of one scenario with one seed.
 *
 * What the run layer and the test fixture see. Models see world/node.h instead.
 */
#ifndef BRINK_WORLD_WORLD_H
#define BRINK_WORLD_WORLD_H

#include <stdio.h>

#include "metrics/axis.h"
#include "metrics/history.h"
#include "world/ledger.h"
#include "world/node.h"
#include "world/spec.h"

struct sim_world;

/* Why a run stopped. */
enum sim_ending {
    SIM_ENDING_DONE,       /* the duration passed and every measured entry was resolved */
    SIM_ENDING_DRAINED,    /* the drain limit passed with measured entries still open */
    SIM_ENDING_LIMIT,      /* an explicit limit was reached: sim_world_limit says which */
    SIM_ENDING_INTERRUPTED /* `stop` was raised */
};

/* One event as it happens, for traces, message diagrams and the comparison of two runs. */
enum sim_trace_kind {
    SIM_TRACE_EVENT,  /* any delivered engine event: node, label = its kind's name, number */
    SIM_TRACE_SEND,   /* a message leaves: node -> peer, label = what, id */
    SIM_TRACE_ARRIVE, /* it arrives */
    SIM_TRACE_DROP,   /* it is lost: label = why */
    SIM_TRACE_FAULT,  /* a fault begins or ends: label */
    SIM_TRACE_NOTE    /* a model's sim_note */
};

struct sim_trace_event {
    enum sim_trace_kind kind;
    sim_time time;
    sim_node_id node, peer;
    const char *label;
    uint64_t id, number;
};

typedef void (*sim_trace_sink)(const struct sim_trace_event *event, void *data);

struct sim_world_options {
    uint64_t seed;
    const struct sim_axis *axis;
    sim_trace_sink trace; /* NULL = off; never changes a run */
    void *trace_data;
    const volatile bool *stop;   /* raised from outside to end the run; NULL = never */
    bool is_attributing;         /* sample where the time of operations goes */
    struct sim_history *history; /* what sources ask and are told is recorded there; NULL = it is
                                    not. Never changes a run */
    const char *replay;          /* command that replays this run, printed by a failing assertion */
};

/* `spec` and `axis` are kept and must outlive the world. */
struct sim_world *sim_world_new(const struct sim_world_spec *spec,
                                const struct sim_world_options *options);
void sim_world_free(struct sim_world *world);

/* Plays to the end and settles all books. */
enum sim_ending sim_world_run(struct sim_world *world);
const char *sim_world_limit(const struct sim_world *world);

/* After that, when all has been read that is to be read of the run: sources ask for nothing more,
 * and nothing is recorded of histories and events any more. */
void sim_world_quieten(struct sim_world *world);
/* Goes on until a time; false when that was cut short. */
bool sim_world_play_on(struct sim_world *world, sim_time until);

/* Steps, for tests: until a time, for a number of events, until a condition holds. */
void sim_world_run_until(struct sim_world *world, sim_time time);
uint64_t sim_world_run_events(struct sim_world *world, uint64_t count);
typedef bool (*sim_world_condition)(struct sim_world *world, void *data);
bool sim_world_run_while_not(struct sim_world *world, sim_world_condition condition, void *data,
                             sim_time limit);
/* Closes the books where the run stands (idempotent; sim_world_run does it by itself). */
void sim_world_settle(struct sim_world *world);

/* By hand, at the present time. */
void sim_world_crash(struct sim_world *world, sim_node_id node, bool silent);
void sim_world_restart(struct sim_world *world, sim_node_id node);
void sim_world_pause(struct sim_world *world, sim_node_id node, bool paused);
void sim_world_cut(struct sim_world *world, sim_node_id from, sim_node_id to, bool cut);

sim_time sim_world_now(const struct sim_world *world);
uint64_t sim_world_digest(const struct sim_world *world);
uint64_t sim_world_event_count(const struct sim_world *world);
struct sim_node *sim_world_node(struct sim_world *world, sim_node_id node);
const char *sim_world_node_name(const struct sim_world *world, sim_node_id node);

/* Metrics of a group (member == SIM_NONE) or of one member (only with per_member): the standard
 * ones first, then the model's own in descriptor order. Valid until the world is freed. */
uint32_t sim_world_metric_count(const struct sim_world *world, uint32_t group);
const struct sim_metric *sim_world_metric(const struct sim_world *world, uint32_t group,
                                          uint32_t member, uint32_t index);

/* What a level whose unit is SIM_METRIC_RATIO is a part of: a level too, since servers come and go.
 * The ratio over a window is the mean of the one over the mean of the other. NULL for others. */
const struct sim_level *sim_world_capacity(const struct sim_world *world, uint32_t group,
                                           uint32_t member, uint32_t index);

/* One-second windows of a group's ledger within [from, to): how many had entries, and how many of
 * those had no failure. */
void sim_world_windows(const struct sim_world *world, uint32_t group, sim_time from, sim_time to,
                       uint64_t *ret_windows, uint64_t *ret_good);

/* Checks every book; false with complaints on `out` (may be NULL) when one does not balance. */
bool sim_world_audit(const struct sim_world *world, FILE *out);

/* Faults as they were: scheduled and drawn ones, in order of their beginning. */
struct sim_fault_span {
    const char *label;
    enum sim_fault_kind kind;
    sim_time from, to; /* to = end of run where it never ended */
};
uint32_t sim_world_fault_count(const struct sim_world *world);
const struct sim_fault_span *sim_world_fault(const struct sim_world *world, uint32_t index);

/* Whether the members of a group hold the same, by what their model says of its contents (which it
 * must: model->contents). Those that are down are not compared; who does not say a key has it as it
 * was at the start. Looks at a world and changes nothing. */
struct sim_held {
    uint64_t key, version, value;
    sim_node_id node;
    bool is_said; /* false: it says nothing of the key */
    bool is_deleted;
};
struct sim_convergence {
    uint32_t compared, down; /* members */
    uint64_t keys,
        keys_apart;        /* that some member says; that not all who are to hold them agree on */
    uint64_t key;          /* the lowest of those */
    uint32_t holder_count; /* of it, and up; 0 when no key is apart */
    struct sim_held *held; /* what each of them holds, in the order of members */
};
void sim_world_compare(const struct sim_world *world, uint32_t group,
                       struct sim_convergence *ret_convergence);
void sim_convergence_clear(struct sim_convergence *convergence);

/* Where the time of operations of `source` group went: of the slowest 1 % and of those between the
 * 45th and 55th percentile. */
struct sim_attribution {
    uint64_t operations; /* answered ones that were sampled and fall into the band */
    double mean_ns;      /* their mean latency */
    uint32_t group_count;
    const double *mean_by_group_cause; /* [group * SIM_CAUSE_COUNT + cause], ns */
};
enum sim_band { SIM_BAND_SLOWEST, SIM_BAND_MEDIAN, SIM_BAND_COUNT };
/* Arrays belong to the world. */
void sim_world_attribution(const struct sim_world *world, uint32_t source_group,
                           struct sim_attribution ret_bands[SIM_BAND_COUNT]);

/* Network totals, for the summary. */
struct sim_network_totals {
    uint64_t messages, bytes, lost, cut, duplicated, handshakes, retransmits;
};
void sim_world_network_totals(const struct sim_world *world, struct sim_network_totals *ret_totals);

#endif

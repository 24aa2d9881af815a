/* What is read from every world of one scenario: decided before the first run starts.
 *
 * The plan holds the time axis (windows, batches, cells), one probe for every number that a
 * replication yields, and one track for every line over time. It is immutable during runs and
 * shared by all threads.
 */
#ifndef BRINK_RUN_PLAN_H
#define BRINK_RUN_PLAN_H

#include "scenario/scenario.h"
#include "world/world.h"

/* Batches of a window when there is a single run: 20 (Schmeiser 1982: between 10 and 30; more gain
 * little), of each further window half as many. */
#define SIM_PLAN_BATCHES 20
#define SIM_PLAN_BATCHES_FURTHER 10

enum sim_probe_kind {
    SIM_PROBE_QUANTILE, /* of a sample */
    SIM_PROBE_MEAN,     /* of a sample, all entries: infinite when one is */
    SIM_PROBE_MAX,      /* of a sample or a level */
    SIM_PROBE_MIN,      /* of a sample */
    SIM_PROBE_AVERAGE,  /* of a level over time; a share of its capacity where it has one */
    SIM_PROBE_RATE,     /* of a count, per second */
    SIM_PROBE_TOTAL,    /* of a count */
    SIM_PROBE_RATIO,    /* of two counts of one group: metric over `base` */
    SIM_PROBE_WINDOWS,  /* one-second windows without a failure */
    SIM_PROBE_BEYOND,   /* share of a sample's entries that are above `bound` */
    SIM_PROBE_NOTHING   /* the figure is not one that a world can give: always NaN */
};

struct sim_probe {
    enum sim_probe_kind kind;
    uint32_t group, member; /* member == SIM_NONE: the whole group */
    uint32_t metric, base;  /* indices for sim_world_metric */
    double quantile;
    double bound;          /* BEYOND: in the unit of the metric */
    uint32_t window;       /* index into axis.windows */
    const char *name;      /* of the metric */
    const char *aggregate; /* as a figure shows it: "p99", "mean" */
    enum sim_metric_unit unit;
    bool is_rate;
    bool is_answered; /* of a sample: without the entries that are infinitely late */
};

/* The latency of answered entries alone: the sample `latency` without its infinite part. */
#define SIM_ANSWERED "latency.answered"

/* A metric of a group over time, or of a member of it that a plot names. */
struct sim_track {
    uint32_t group, member, metric; /* member == SIM_NONE: the whole group */
    enum sim_metric_kind kind;
    enum sim_metric_unit unit;
    const char *name;
};

/* A scheduled fault whose before, during and after are told apart: plan_phases.c. */
#define SIM_PLAN_FAULTS_MAX 4u
struct sim_plan_fault {
    uint32_t fault;              /* index into the world's */
    struct sim_window phases[3]; /* enum sim_phase; empty: from == to */
    struct sim_window since;     /* from the fault on, up to the end of the third phase */
    uint32_t phase_windows[3], since_window; /* indices into axis.windows */
};

struct sim_plan {
    struct sim_arena arena;
    const struct sim_scenario *scenario;
    struct sim_axis axis;
    sim_time warmup;
    uint32_t cell_count;   /* cells within the duration: those that are reported */
    uint32_t window_count; /* whole windows; their batches follow in axis.windows */
    bool is_batched;       /* one replication: intervals come from batches */
    uint32_t *batch_first; /* by whole window: index of its first batch */
    uint32_t *batch_count; /* by whole window */
    uint32_t fault_count;
    struct sim_plan_fault faults[SIM_PLAN_FAULTS_MAX];
    uint32_t plot_count; /* figures of plots that are of a time of their own */
    const struct sim_figure_spec **plot_figures;
    uint32_t plot_probe_first;  /* one for each of these */
    uint32_t fault_probe_first; /* for each fault and source 5: success by phase, gap, recovery */
    uint32_t probe_count;
    /* First those of figures, then one for each expectation, then again one for each: the share
     * of entries beyond its bound, where it bounds a quantile; then those of faults. */
    struct sim_probe *probes; /* at the end those of plots */
    uint32_t figure_probe_count;
    uint32_t track_count;
    struct sim_track *tracks;
};

/* `warmup` is the one to use; `scenario` is kept. */
struct sim_plan *sim_plan_new(const struct sim_scenario *scenario, sim_time warmup,
                              bool is_batched);
void sim_plan_free(struct sim_plan *plan);

/* A length of cells that reads well: 1 s where that gives 60 to 600 cells over `duration`, else the
 * shortest nice one above (at most 600 cells) or the longest nice one below (60 at least). */
sim_time sim_plan_cell(sim_time duration);

/* Fills the axis, and expectation_window[i] and plot_window[i] with the whole window that
 * expectation i and plot figure i are about. */
void sim_plan_axis(struct sim_plan *plan, uint32_t *expectation_window, uint32_t *plot_window);

/* Which faults are told apart, and their windows. See plan_phases.c. */
void sim_plan_faults(struct sim_plan *plan);
#define SIM_PLAN_FAULT_PROBES 5u
/* The same of one fault and source, in that order. */
void sim_plan_fault_probes(const struct sim_plan_fault *fault, uint32_t group,
                           struct sim_probe ret_probes[SIM_PLAN_FAULT_PROBES]);

/* Where the axis ends: the duration, and the drain as far as it is not longer than that. */
sim_time sim_plan_end(const struct sim_scenario *scenario);

/* The count that a count is a part of, by the descriptor; SIM_NONE when it is a part of none. */
uint32_t sim_plan_base(const struct sim_scenario *scenario, uint32_t group, uint32_t metric);

/* How an aggregate reads: "p99.9", "mean". The arena owns it. */
const char *sim_aggregate_text(struct sim_arena *arena, enum sim_aggregate aggregate,
                               double quantile);

#endif

/* The result of running one scenario (one variant, one point of a sweep): replications reduced to
 * figures with intervals. Reports see this and the scenario, and never the world.
 */
#ifndef BRINK_RUN_RESULT_H
#define BRINK_RUN_RESULT_H

#include "metrics/history.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"
#include "world/world.h"

/* One figure: reduced per replication (or per batch when there is one replication). */
struct sim_figure {
    uint32_t group, member;    /* member == SIM_NONE: whole group */
    const char *metric;        /* "latency", "busy", "errors" */
    const char *aggregate;     /* "p99", "mean", "ratio" */
    enum sim_metric_unit unit; /* of the value: seconds for durations */
    bool is_rate;              /* per second */
    struct sim_estimate estimate;
    uint32_t value_count;
    const double *values;     /* per replication */
    double observations;      /* how many entries it rests on, all replications; 0 = a level */
    bool is_printable;        /* enough observations for this quantile */
    struct sim_window window; /* of `plotted`: what it is of */
};

/* A metric over time: one row a cell, averaged over replications. */
struct sim_series {
    uint32_t group, member; /* member == SIM_NONE: the whole group */
    const char *metric;
    const char *aggregate; /* "mean", "rate", "p50", "p99", "ratio" */
    enum sim_metric_unit unit;
    bool is_rate;
    uint32_t cell_count;
    const double *values; /* NaN where nothing happened */
};

struct sim_bucket {
    double low, high; /* seconds */
    double count;
};

/* The latency distribution of a group, pooled over replications. */
struct sim_distribution {
    uint32_t group;
    uint32_t bucket_count;
    const struct sim_bucket *buckets;
    double infinite;
    double total;
};

/* What a source got before a scheduled fault, in it and after it: up to the next such fault, or the
 * end. */
enum sim_phase { SIM_PHASE_BEFORE, SIM_PHASE_DURING, SIM_PHASE_AFTER, SIM_PHASE_COUNT };
struct sim_outage {
    const char *label; /* of the fault */
    sim_time from, to;
    uint32_t group;
    struct sim_estimate success[SIM_PHASE_COUNT]; /* NaN where there is no such phase */
    struct sim_estimate gap;                      /* the longest since the fault began, seconds */
    struct sim_estimate recovery;                 /* after it ended, seconds */
};

/* P(consistent at t) of a source some of whose reads were stale: of reads that began so long after
 * the latest commit of their key, how many saw it. */
struct sim_visibility_step {
    double low, high; /* seconds after the commit */
    double reads;     /* of all replications */
    struct sim_estimate consistent;
};
struct sim_visibility {
    uint32_t group;
    uint32_t step_count;
    const struct sim_visibility_step *steps; /* those with reads */
};

struct sim_judgement {
    const struct sim_expectation *expectation;
    enum sim_verdict verdict;
    bool is_bare;             /* a single value without an interval decided */
    struct sim_window window; /* that it is about, clipped to the run */
    struct sim_estimate estimate;
    enum sim_metric_unit unit;
    bool is_rate;
    const char *reason; /* where the value alone does not explain the verdict, or NULL */
};

struct sim_replication {
    uint64_t seed;
    uint64_t digest;
    uint64_t events;
    enum sim_ending ending;
    const char *limit;     /* when ending is SIM_ENDING_LIMIT: the field that it was */
    sim_time ended;        /* and how far it had got */
    bool is_balanced;      /* the audit held */
    const char *complaint; /* of the audit, where it did not hold */
};

/* How the end of the warm-up was found. */
enum sim_warmup_rule {
    SIM_WARMUP_GIVEN,     /* by the scenario */
    SIM_WARMUP_CUT,       /* MSER-5 on a pilot run */
    SIM_WARMUP_UNSETTLED, /* MSER-5 found no steady state: nothing is cut */
    SIM_WARMUP_SCHEDULED, /* something happens at a set time (a fault, a window, a recorded load):
                             nothing is cut */
};

struct sim_attribution_row {
    uint32_t group;
    enum sim_cause cause;
    struct sim_estimate slowest, median; /* seconds of an operation, on average */
};

struct sim_attribution_table {
    uint32_t source; /* group */
    uint32_t row_count;
    const struct sim_attribution_row *rows;
    struct sim_estimate slowest_mean, median_mean; /* seconds */
    double operations;                             /* in the slowest band, all replications */
};

/* What clients asked and were told in one run: the first whose history is not what an expectation
 * claims, else the first that was not decided, else the first. */
struct sim_kept_history {
    uint32_t run;               /* from 0 */
    uint64_t operations;        /* recorded */
    struct sim_history history; /* empty where it was too long to be kept: SIM_HISTORY_KEPT_MAX */
    uint32_t piece_count;
    struct sim_history_entry *piece; /* what is wrong by itself, in order of invocation */
    uint32_t fault_count;
    struct sim_fault_span *faults; /* of that run */
};
#define SIM_HISTORY_KEPT_MAX 100000u

struct sim_result {
    struct sim_arena arena;
    struct sim_scenario *scenario; /* owned */
    uint32_t setting_count;        /* of this point of the sweep */
    const struct sim_setting *settings;
    uint32_t replication_count; /* finished ones */
    uint32_t replications_asked;
    const struct sim_replication *replications;
    bool is_batched;          /* one replication: intervals come from batches */
    double precision_reached; /* the worst of the figures that `precision` is about; NaN when
                                 the scenario asks for none */
    enum sim_warmup_rule warmup_rule;
    sim_time warmup; /* used */
    sim_time cell;
    uint32_t figure_count;
    const struct sim_figure *figures;
    uint32_t plotted_count;
    const struct sim_figure *plotted; /* of plots' figures, those of a time of their own */
    uint32_t series_count;
    const struct sim_series *series;
    uint32_t cell_count;
    uint32_t distribution_count;
    const struct sim_distribution *distributions;
    uint32_t outage_count;
    const struct sim_outage *outages; /* fault by fault, source by source */
    uint32_t visibility_count;
    const struct sim_visibility *visibilities;
    uint32_t judgement_count;
    const struct sim_judgement *judgements;
    uint32_t attribution_count;
    const struct sim_attribution_table *attributions;
    uint32_t fault_count; /* of the first replication */
    const struct sim_fault_span *faults;
    struct sim_network_totals network; /* summed over replications */
    struct sim_kept_history *history;  /* owned; NULL where none was recorded */
    bool was_interrupted;
    uint64_t digest; /* of the digests of all replications, in order */
};

/* A study: every variant at every point of the sweeps, in the scenario's order. */
struct sim_study {
    uint32_t result_count;
    struct sim_result **results;
    bool was_interrupted;
};

void sim_study_free(struct sim_study *study);

/* Also of NULL. */
void sim_kept_history_free(struct sim_kept_history *kept);

/* The figure of that group (or member), metric and aggregate, or NULL. */
const struct sim_figure *sim_result_figure(const struct sim_result *result, uint32_t group,
                                           uint32_t member, const char *metric,
                                           const char *aggregate);
/* The figure that a plot asks for, of its window, or NULL; `aggregate` is the spec's as text. */
const struct sim_figure *sim_result_plotted(const struct sim_result *result,
                                            const struct sim_figure_spec *spec,
                                            const char *aggregate);
/* The line over time of that group (or member), metric and aggregate, or NULL. */
const struct sim_series *sim_result_series(const struct sim_result *result, uint32_t group,
                                           uint32_t member, const char *metric,
                                           const char *aggregate);

#endif

/* What a finished world leaves behind, so that it can be freed at once.
 *
 * A record holds the numbers of one replication, by probe. Totals hold what is pooled over all
 * replications: lines over time, distributions, network counts. Totals are sums of integers, so
 * that the order in which threads add to them cannot show.
 */
#ifndef BRINK_RUN_EXTRACT_H
#define BRINK_RUN_EXTRACT_H

#include "check/check.h"
#include "run/plan.h"
#include "run/result.h"

/* Where one source's time went, of one replication. */
struct sim_record_attribution {
    double operations[SIM_BAND_COUNT];
    double mean_ns[SIM_BAND_COUNT];
    double *by_group_cause[SIM_BAND_COUNT]; /* [group * SIM_CAUSE_COUNT + cause], ns */
};

/* What one replication says about a claim, not denied. */
struct sim_finding {
    enum sim_check_verdict verdict;
    const char *evidence; /* in words, several lines: that it does not hold, why that is not known,
                             or what was not looked at; NULL = nothing to add */
};

/* Reads by how long their key's latest commit was over when they began, and the stale ones of them;
 * see visibility.c. */
#define SIM_VISIBILITY_STEPS 64
struct sim_record_visibility {
    double reads[SIM_VISIBILITY_STEPS], stale[SIM_VISIBILITY_STEPS];
};

struct sim_record {
    struct sim_arena arena;
    bool is_finished; /* its run came to an end by itself */
    struct sim_replication replication;
    double *values;       /* by probe; NaN: nothing observed */
    double *bases;        /* by probe: what a ratio is of; 0 for others */
    double *observations; /* by probe: entries that it rests on; 0 for a level */
    /* By probe, SIM_PLAN_BATCHES places each; count 0 where there are none. Ratios give their
     * parts in batch_values and what they are of in batch_bases. */
    uint32_t *batch_counts;
    double *batch_values;
    double *batch_bases;
    struct sim_record_attribution *attributions; /* by group; operations 0 for other than sources */
    struct sim_record_visibility *visibilities;  /* by group; NULL where there is no store */
    char *complaint;                             /* of the audit, when the books did not balance */
    struct sim_finding *findings;                /* by expectation; of those that are claims */
    uint32_t piece_count;
    struct sim_history_entry *piece; /* of the history: what is wrong by itself */
    uint32_t fault_count;
    struct sim_fault_span *faults;
};

struct sim_totals {
    struct sim_arena arena;
    uint32_t replications;
    uint64_t **counts; /* by track, by cell; likewise: */
    sim_wide **integrals;
    struct sim_histogram **cells;
    sim_wide **capacities;               /* of levels that are a share of something */
    struct sim_histogram *distributions; /* of latency, by group */
    struct sim_network_totals network;
    uint32_t fault_count; /* of replication 0 */
    struct sim_fault_span *faults;
};

void sim_record_init(struct sim_record *record, const struct sim_plan *plan);
/* Also of a record that is all zero. */
void sim_record_clear(struct sim_record *record);
/* Reads a settled world. Fills all but `replication`'s seed and warm-up. */
void sim_record_read(struct sim_record *record, const struct sim_plan *plan,
                     const struct sim_world *world);

/* The visibilities alone (sim_record_read calls it). See visibility.c. */
void sim_record_read_visibility(struct sim_record *record, const struct sim_plan *plan,
                                const struct sim_world *world);

/* Compares the members of stores, where expectations ask for it, and plays on without load until
 * they hold the same: nothing else can be read of the world after that. See convergence.c. */
void sim_record_compare(struct sim_record *record, const struct sim_scenario *scenario,
                        struct sim_world *world);

void sim_totals_init(struct sim_totals *totals, const struct sim_plan *plan);
void sim_totals_clear(struct sim_totals *totals, const struct sim_plan *plan);
/* Adds a settled world; faults are kept of the replication with index 0. */
void sim_totals_add(struct sim_totals *totals, const struct sim_plan *plan,
                    const struct sim_world *world, uint32_t index);

#endif

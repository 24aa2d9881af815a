/* Running: replications on threads, batches, precision, sweeps, verdicts.
 *
 * Results do not depend on the number of threads: replication i has the seed derived from (run
 * seed, i), and figures are reduced in the order of i.
 */
#ifndef BRINK_RUN_STUDY_H
#define BRINK_RUN_STUDY_H

#include "run/result.h"

struct sim_progress {
    uint32_t results_done, results_total;
    uint32_t replications_done, replications_total;
    double fraction; /* of all virtual time */
    const char *label;
};

struct sim_run_options {
    const struct sim_model *const *models;
    const char *path;
    const struct sim_setting *settings; /* --set */
    uint32_t setting_count;
    const char *variant; /* only this one; NULL = all */
    bool has_seed;
    uint64_t seed;
    uint32_t runs;           /* 0 = as the scenario says */
    uint32_t jobs;           /* threads; 0 = processors */
    const char *data_folder; /* see struct sim_load_options */
    const volatile bool *stop;
    void (*progress)(const struct sim_progress *progress, void *data);
    void *progress_data;
    /* Of the first replication of the first result: `trace_start` is told its scenario, then
     * `trace` every event. Both on one thread, which need not be the caller's. NULL = off. */
    void (*trace_start)(const struct sim_scenario *scenario, void *data);
    sim_trace_sink trace;
    void *trace_data;
    /* Histories are recorded where no expectation asks for it, too, and kept however long. */
    bool keeps_histories;
};

/* Loads every variant at every point of the sweeps, and runs nothing. The count of results that a
 * run would give; 0 when there are problems. */
uint32_t sim_study_check(const struct sim_run_options *options, struct sim_problems *problems);

/* NULL when the scenario has problems. An interrupted study holds what was finished. */
struct sim_study *sim_study_run(const struct sim_run_options *options,
                                struct sim_problems *problems);

#endif

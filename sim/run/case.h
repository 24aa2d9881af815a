/* One case of a study: one variant at one point of the sweeps. Inside of the run layer. */
#ifndef BRINK_RUN_CASE_H
#define BRINK_RUN_CASE_H

#include <pthread.h>

#include "run/extract.h"
#include "run/study.h"

struct sim_case {
    struct sim_scenario *scenario; /* owned until the result takes it */
    uint32_t setting_count;        /* of the sweep's point */
    struct sim_setting *settings;  /* owned, texts too */
    enum sim_warmup_rule warmup_rule;
    sim_time warmup;
    uint32_t runs_asked; /* so far: `precision` may ask for more */
    uint32_t runs_begun;
    double precision; /* reached; NaN when none is asked for */
    struct sim_plan *plan;
    struct sim_record *records; /* runs_asked of them; zero until their run begins */
    struct sim_totals totals;
    struct sim_kept_history *kept; /* owned until the result takes it; NULL = none yet */
    int kept_weight;               /* how much it is wanted: see keep.c */
    pthread_mutex_t mutex;         /* guards totals and kept */
    char *replay;                  /* the command, for a failing assertion */
};

/* Loads every variant at every point of the sweeps, in the scenario's order. NULL when there are
 * problems. The caller frees each with sim_case_free and then the array. */
struct sim_case **sim_cases_load(const struct sim_run_options *options,
                                 struct sim_problems *problems, uint32_t *ret_count);
void sim_case_free(struct sim_case *item);

/* Keeps what clients saw in replication `index`, when it is wanted more than what is kept. Takes
 * the entries of `history` where it keeps them, which is then empty. */
void sim_case_keep(struct sim_case *item, uint32_t index, const struct sim_record *record,
                   struct sim_history *history, uint64_t most);

/* Plays replication `index` and reads it. Safe from several threads for different indices. */
void sim_case_replicate(struct sim_case *item, uint32_t index,
                        const struct sim_run_options *options, bool is_traced);

/* The seed of replication `index`. */
uint64_t sim_replication_seed(uint64_t seed, uint32_t index);

#endif

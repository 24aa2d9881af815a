/* Where the measured window begins when the scenario does not say. */
#ifndef BRINK_RUN_WARMUP_H
#define BRINK_RUN_WARMUP_H

#include "run/result.h"

/* What can be said without a run: the scenario's own figure, or none where something is scheduled
 * in time. SIM_WARMUP_CUT means that a pilot must decide. */
enum sim_warmup_rule sim_warmup_rule_of(const struct sim_scenario *scenario);

/* Runs a pilot with a seed of its own and cuts by MSER-5 on the mean latency of answered
 * operations, cell by cell; the source that settles last decides. Sets *ret_warmup (0 when there is
 * no steady state) and returns SIM_WARMUP_CUT or SIM_WARMUP_UNSETTLED. */
enum sim_warmup_rule sim_warmup_cut(const struct sim_scenario *scenario, const volatile bool *stop,
                                    sim_time *ret_warmup);

#endif

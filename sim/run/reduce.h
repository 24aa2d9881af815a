/* From the records of replications to figures, lines over time and verdicts. */
#ifndef BRINK_RUN_REDUCE_H
#define BRINK_RUN_REDUCE_H

#include "run/extract.h"

#define SIM_CONFIDENCE 0.95

/* The estimate of probe `p` over the finished ones of `count` records, in their order. */
struct sim_estimate sim_reduce_probe(const struct sim_plan *plan, const struct sim_record *records,
                                     uint32_t count, uint32_t p);

/* Fills the figures, series, distributions, attributions, judgements and replications of `result`,
 * whose scenario and arena are set. */
void sim_reduce(struct sim_result *result, const struct sim_plan *plan,
                const struct sim_record *records, uint32_t count, const struct sim_totals *totals);

/* The lines over time alone (reduce calls it). See series.c. */
void sim_reduce_series(struct sim_result *result, const struct sim_plan *plan,
                       const struct sim_totals *totals);

/* What is before, during and after faults alone (reduce calls it). See outages.c. */
void sim_reduce_outages(struct sim_result *result, const struct sim_plan *plan,
                        const struct sim_record *records, uint32_t count);
/* P(consistent at t) alone (reduce calls it). See visibility.c. */
void sim_reduce_visibility(struct sim_result *result, const struct sim_plan *plan,
                           const struct sim_record *records, uint32_t count);

/* The judgements alone (reduce calls it last). See judge.c. */
void sim_judge(struct sim_result *result, const struct sim_plan *plan,
               const struct sim_record *records, uint32_t count);

/* The worst relative half-width among the figures that `precision` is about: those that the
 * expectations name, or the first source's mean answered latency and p99. 0 when none of them can
 * be made surer. */
double sim_reduce_precision(const struct sim_plan *plan, const struct sim_record *records,
                            uint32_t count);

#endif

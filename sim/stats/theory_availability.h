/* Closed forms of failing and being repaired, for the envelope and for tests. Parts fail
 * independently of one another; times in any one unit. */
#ifndef BRINK_STATS_THEORY_AVAILABILITY_H
#define BRINK_STATS_THEORY_AVAILABILITY_H

#include <stdbool.h>
#include <stdint.h>

/* MTTF / (MTTF + MTTR): the share of time that an alternating renewal process is up, any laws. */
double sim_theory_availability(double mttf, double mttr);
/* All of n needed: a^n. One of n needed: 1 - (1 - a)^n. k of n: P(Binomial(n, a) >= k). */
double sim_theory_availability_series(double a, unsigned n);
double sim_theory_availability_parallel(double a, unsigned n);
double sim_theory_availability_quorum(double a, unsigned n, unsigned k);
/* Minutes out of a year of 365.25 days. */
double sim_theory_downtime_minutes(double availability);

/* Mean time to data loss of `units` that fail with rate 1/mttf each and are rebuilt in mttr, where
 * `tolerated` may be down at once: mean time from all up to the failure number tolerated + 1 in a
 * birth-death chain (Gibson 1992; Trivedi ch. 8), rebuilt all at once or one after the other. */
double sim_theory_mttdl(unsigned units, unsigned tolerated, double mttf, double mttr,
                        bool is_parallel);
/* The approximation for a mirror, mttf^2 / (2 mttr). */
double sim_theory_mttdl_mirror_approximate(double mttf, double mttr);

/* P(`failed` of `nodes` nodes, drawn at random, hold all `replicas` of at least one of `copysets`
 * distinct sets), sets taken for independent: 1 - (1 - C(failed, r) / C(nodes, r))^copysets (Cidon
 * and others, "Copysets", USENIX ATC 2013). */
double sim_theory_copyset_loss(uint64_t nodes, unsigned replicas, uint64_t failed, double copysets);

#endif

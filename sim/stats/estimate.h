/* Estimates with their uncertainty, and verdicts that take it into account.
 *
 * Every figure of a run is one number per replication (independent seeds) or, where there is a
 * single replication, one number per batch (the measured window cut into equal batches, Law and
 * Kelton ch. 9.5.3). The interval is Student's. A replication whose figure is infinite (a
 * percentile of a dead service) makes the estimate infinite; the interval then reaches from an
 * order-statistic bound to infinity and no verdict "pass" on an upper limit can come of it.
 *
 * Values that are all equal give an interval of width zero: right for what a deterministic part of
 * a model yields, an overstatement for a share of operations that all went well, which is why
 * shares go through sim_estimate_ratio.
 */
#ifndef BRINK_STATS_ESTIMATE_H
#define BRINK_STATS_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>

struct sim_estimate {
    double value;     /* NaN: nothing was observed */
    double low, high; /* the interval; both NaN when it cannot be given */
    double confidence;
    size_t count; /* replications or batches that went in, after merging */
    bool has_interval;
    bool is_exact; /* no sampling at all: set by a caller who knows, never from data */
};

/* The mean of independent values, one a replication. NaN entries (nothing observed) are left out;
 * fewer than two values give no interval. Any unit. 0 < confidence < 1.
 *
 * With an infinite entry the value is infinite, and `low` is the lower order-statistic bound of the
 * median (X_(k), k the greatest with P(Bin(n, 1/2) < k) <= (1 - confidence) / 2, the least value
 * where there is none): a service that is dead in one run of twenty is neither proved good nor
 * proved bad, one that is dead in fifteen of twenty is bad. */
struct sim_estimate sim_estimate_of(const double *values, size_t count, double confidence);

/* From a whole-run value and batch values in the order of time. The interval is centred on `value`
 * (a percentile of the whole run, not the mean of the batches' percentiles). Batches are merged
 * pairwise while von Neumann's ratio says that neighbours are correlated (one-sided, 10 %) and ten
 * or more would remain; what correlation is left then widens the interval by sqrt((1 + r)/(1 - r)).
 * A finite value beside an infinite batch has an upper end of infinity. */
struct sim_estimate sim_estimate_batches(double value, const double *batches, size_t count,
                                         double confidence);

/* sum(numerators) / sum(denominators), one pair a replication: the ratio estimator with linearised
 * variance (Cochran, "Sampling Techniques", 3rd ed., sec. 6.4), for means over a random number of
 * operations and for the relative change between paired runs. Pairs without a positive denominator
 * are left out. `is_series`: the pairs are batches in the order of time, treated as above. */
struct sim_estimate sim_estimate_quotient(const double *numerators, const double *denominators,
                                          size_t count, bool is_series, double confidence);

/* A share of operations: the quotient above, kept inside [0, 1]. Replications that all agree (all
 * operations went well) have no spread, and few failures give an unsure one; while fewer than
 * thirty operations are on the rarer side, the interval also takes in the exact binomial one of the
 * pooled counts (Clopper and Pearson 1934; with no failure in n operations its far end is about
 * 3.7 / n at 95 %: the rule of three, two-sided). That part holds operations for independent of one
 * another: it cannot know of an outage that no replication saw. */
struct sim_estimate sim_estimate_ratio(const double *successes, const double *totals, size_t count,
                                       bool is_series, double confidence);

/* Half the width over the value; infinity when there is no interval, 0 for an exact value. */
double sim_estimate_precision(const struct sim_estimate *estimate);

enum sim_verdict { SIM_PASS, SIM_FAIL, SIM_INCONCLUSIVE };
enum sim_comparison { SIM_LESS, SIM_LESS_EQUAL, SIM_GREATER, SIM_GREATER_EQUAL, SIM_EQUAL };

/* Pass when the whole interval meets the bound, fail when none of it does. Without an interval
 * (a single run without batches) the value itself decides and ret_is_bare, which may be NULL, says
 * so. Nothing observed (NaN) is inconclusive. */
enum sim_verdict sim_verdict_of(const struct sim_estimate *estimate, enum sim_comparison comparison,
                                double bound, bool *ret_is_bare);

/* Whether `count` values are enough to print the quantile at p: ten on its far side at least. */
bool sim_quantile_is_printable(double p, double count);

/* Student quantile: the t with P(|T| <= t) = confidence; infinite degrees are the normal law. */
double sim_student(double confidence, double degrees);

#endif

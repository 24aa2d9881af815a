/* Comparisons of two variants that ran under common random numbers, and families of comparisons.
 *
 * Replication i of one variant is paired with replication i of the other: both saw the same draws,
 * so that what chance did to both cancels in the difference.
 */
#ifndef BRINK_STATS_PAIRED_H
#define BRINK_STATS_PAIRED_H

#include <stddef.h>

#include "stats/estimate.h"

struct sim_paired {
    struct sim_estimate difference; /* of after - before, in their unit */
    struct sim_estimate relative;   /* after / before; no interval where a mean is not positive */
    double p_value;                 /* two-sided, of "no difference"; NaN when it cannot be given */
    size_t both_infinite;           /* pairs left out because neither variant ever answered */
};

/* Student's paired test. Pairs with a NaN are left out, and pairs that are infinite on the same
 * side, which are counted. Where one variant alone is infinite the difference is infinite, its
 * interval comes from order statistics (see sim_estimate_of) and its p-value from the sign test.
 * Differences that are all equal and not zero are certain: p = 0. */
struct sim_paired sim_paired_of(const double *before, const double *after, size_t count,
                                double confidence);

/* Holm's step-down adjustment (Holm 1979): rejecting where ret_adjusted[i] <= alpha keeps the
 * chance of any false rejection in the family at alpha, whatever the dependence. NaN entries are no
 * comparisons and stay NaN. `ret_adjusted` has room for `count` and may be `p_values` itself. */
void sim_holm(const double *p_values, size_t count, double *ret_adjusted);

/* The confidence each of `count` intervals needs so that all hold together with `confidence`
 * (Bonferroni). */
double sim_family_confidence(double confidence, size_t count);

#endif

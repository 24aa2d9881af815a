/* Tails of the hypergeometric law: the first term by gamma functions, the others by the ratio of
 * neighbours, away from the mean, where they fall, until they add nothing. See fisher.h. */
#include "fleet/fisher.h"

#include "sim.h"

#define NEGLIGIBLE 1e-17 /* of a sum, below half a unit in its last place */

static double log_choose(double n, double k)
{
    return sim_lgamma(n + 1) - sim_lgamma(k + 1) - sim_lgamma(n - k + 1);
}

/* Of `hits` among n + m, the probability that just k are among the n. */
static double point(double n, double m, double hits, double k)
{
    return sim_exp(log_choose(n, k) + log_choose(m, hits - k) - log_choose(n + m, hits));
}

static double at_least(double n, double m, double hits, double k)
{
    double most = hits < n ? hits : n, term = point(n, m, hits, k), sum = 0;
    for (; k <= most && term > NEGLIGIBLE * sum; k++) {
        sum += term;
        term *= (n - k) * (hits - k) / ((k + 1) * (m - hits + k + 1));
    }
    return sum;
}

static double at_most(double n, double m, double hits, double k)
{
    double least = hits > m ? hits - m : 0, sum = 0;
    double term = k >= least ? point(n, m, hits, k) : 0;
    for (; k >= least && term > NEGLIGIBLE * sum; k--) {
        sum += term;
        term *= k * (m - hits + k) / ((n - k + 1) * (hits - k + 1));
    }
    return sum;
}

double fisher_p(struct tally one, struct tally other)
{
    double n = (double)one.all, m = (double)other.all, hits = (double)(one.hits + other.hits);
    double k = (double)one.hits;
    bool is_above = k * (n + m) > hits * n;
    double p = is_above ? at_least(n, m, hits, k) : 1 - at_most(n, m, hits, k - 1);
    return p < 1 ? p : 1;
}

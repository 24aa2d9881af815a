/* Closed forms of failing and being repaired. */
#include "stats/theory_availability.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/assert.h"

double sim_theory_availability(double mttf, double mttr)
{
    return mttf / (mttf + mttr);
}

double sim_theory_availability_series(double a, unsigned n)
{
    return pow(a, n);
}

double sim_theory_availability_parallel(double a, unsigned n)
{
    return 1.0 - pow(1.0 - a, n);
}

double sim_theory_availability_quorum(double a, unsigned n, unsigned k)
{
    sim_assert(k <= n);
    return 1.0 - (k > 0 ? gsl_cdf_binomial_P(k - 1, a, n) : 0.0);
}

double sim_theory_downtime_minutes(double availability)
{
    return (1.0 - availability) * 365.25 * 24.0 * 60.0;
}

double sim_theory_mttdl(unsigned units, unsigned tolerated, double mttf, double mttr,
                        bool is_parallel)
{
    sim_assert(tolerated < units);
    double total = 0.0, step = 0.0; /* mean time from i down to i + 1 down, for the first time */
    for (unsigned i = 0; i <= tolerated; i++) {
        double failure = (units - i) / mttf;
        double repair = (is_parallel ? i : (i > 0 ? 1.0 : 0.0)) / mttr;
        step = 1.0 / failure + repair / failure * step;
        total += step;
    }
    return total;
}

double sim_theory_mttdl_mirror_approximate(double mttf, double mttr)
{
    return mttf * mttf / (2.0 * mttr);
}

double sim_theory_copyset_loss(uint64_t nodes, unsigned replicas, uint64_t failed, double copysets)
{
    double lost = 1.0; /* C(failed, r) / C(nodes, r), factor by factor */
    for (unsigned i = 0; i < replicas; i++) {
        lost *= failed > i ? (double)(failed - i) / (double)(nodes - i) : 0.0;
    }
    return -expm1(copysets * log1p(-lost));
}

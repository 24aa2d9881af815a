/* What a law of arrivals is made of, shared by world/arrivals*.c and by nobody else.
 *
 * Each law states two things: what a gap is in operational time, and how far the law's rate,
 * integrated, gets (load.h says why that is exact).
 */
#ifndef BRINK_WORLD_ARRIVAL_LAW_H
#define BRINK_WORLD_ARRIVAL_LAW_H

#include "base/math.h"
#include "world/load.h"

#define ARRIVAL_NEVER_SECONDS 1e300

/* The constructor comes first, so that a shape leads to its law. */
struct arrival_law {
    struct sim_constructor constructor;
    /* The next gap: expected arrivals until the next one (1 on average), or seconds where the law
     * is a renewal process. */
    double (*gap)(const void *fields, struct sim_random *random);
    /* Seconds after `from` in which the rate x factor adds up to `work` > 0; 1e300 and more if it
     * never does. An on-off law moves `phase`, which is as of `from`, to the time that it returns.
     */
    double (*reach)(const void *fields, sim_time from, double work, double factor,
                    struct sim_arrival_phase *phase);
    /* The rate x factor added up over [from, to); an on-off law moves `phase` to `to`. */
    double (*passed)(const void *fields, sim_time from, sim_time to, double factor,
                     struct sim_arrival_phase *phase);
    /* Mean rate in 1/s where it does not depend on the stretch of time; else NULL. */
    double (*mean)(const void *fields);
    /* The first gap where it is not like the others; else NULL. */
    double (*first_gap)(const void *fields);
    /* On-off laws, else NULL: the length of the phase that begins, and the chance of starting on.
     */
    sim_time (*phase_length)(const void *fields, struct sim_arrival_phase *phase);
    double (*on_share)(const void *fields);
};

/* Unit exponential: the gaps of every Poisson process. */
double arrival_exponential_gap(const void *fields, struct sim_random *random);

static inline double arrival_seconds(sim_time from, sim_time to)
{
    return (double)(to - from) / 1e9;
}

extern const struct arrival_law arrival_poisson, arrival_regular, arrival_renewal, arrival_bursty;
extern const struct arrival_law arrival_ramp, arrival_spike, arrival_daily;

#endif

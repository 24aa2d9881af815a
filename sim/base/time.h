/* Virtual time: integer nanoseconds, 292 years of them.
 *
 * A point in time counts from the start of the run; a duration is the difference of two points.
 * Both are sim_time. Nothing in brink keeps time in floating point, where rounding would depend on
 * how far the clock has run.
 */
#ifndef BRINK_BASE_TIME_H
#define BRINK_BASE_TIME_H

#include <stdint.h>

typedef int64_t sim_time;

/* Later than anything that happens: "no timeout", "no deadline", "until the end". */
#define SIM_NEVER INT64_MAX

#define SIM_NANOSECOND INT64_C(1)
#define SIM_MICROSECOND (INT64_C(1000) * SIM_NANOSECOND)
#define SIM_MILLISECOND (INT64_C(1000) * SIM_MICROSECOND)
#define SIM_SECOND (INT64_C(1000) * SIM_MILLISECOND)
#define SIM_MINUTE (INT64_C(60) * SIM_SECOND)
#define SIM_HOUR (INT64_C(60) * SIM_MINUTE)
#define SIM_DAY (INT64_C(24) * SIM_HOUR)

/* a + b for b >= 0, staying at SIM_NEVER where the sum would pass it. */
static inline sim_time sim_time_add(sim_time a, sim_time b)
{
    return a > SIM_NEVER - b ? SIM_NEVER : a + b;
}

static inline double sim_time_seconds(sim_time t)
{
    return (double)t / (double)SIM_SECOND;
}

/* The duration nearest to `seconds`; negative and NaN give 0, too large gives SIM_NEVER. */
static inline sim_time sim_time_from_seconds(double seconds)
{
    double ns = seconds * 1e9;
    if (!(ns > 0.0)) {
        return 0;
    }
    if (ns >= 9.2e18) {
        return SIM_NEVER;
    }
    return (sim_time)(ns + 0.5);
}

/* `time` x `factor`, rounded to the nearest nanosecond; too large gives SIM_NEVER. Both >= 0. */
static inline sim_time sim_time_scale(sim_time time, double factor)
{
    double ns = (double)time * factor;
    return ns >= 9.2e18 ? SIM_NEVER : (sim_time)(ns + 0.5);
}

#endif

/* MSER: drop d leading values so that sum((x_i - mean_d)^2) / (n - d)^2 over the rest is least
 * (White, "An effective truncation heuristic for bias reduction in simulation output", Simulation
 * 69(6), 1997; Franklin and White, "Stationarity tests and MSER-5", WSC 2008). Truncation points in
 * the second half are chance minima over few values and mean "not enough data". Only for output
 * that settles: nothing here knows of scheduled faults, and it is never applied to a history.
 */
#include "stats/mser.h"

#include <math.h>

size_t sim_mser(const double *values, size_t count)
{
    if (count < 10) {
        return count;
    }
    size_t best = count;
    double best_error = INFINITY;
    double mean = 0.0, squares = 0.0; /* of values[d ..], grown from the end (Welford 1962) */
    for (size_t d = count; d-- > 0;) {
        if (!isfinite(values[d])) {
            return count;
        }
        double rest = (double)(count - d);
        double difference = values[d] - mean;
        mean += difference / rest;
        squares += difference * (values[d] - mean);
        double error = squares / (rest * rest);
        if (d <= count / 2 && error <= best_error) {
            best = d;
            best_error = error;
        }
    }
    return best == count / 2 ? count : best;
}

/* Bisection: as slow as it is sure. The midpoint is geometric where the bracket spans more than a
 * factor of four, so that a tiny root takes few steps too. */
#include "stats/solve.h"

#include <math.h>
#include <stdbool.h>

static double middle_of(double low, double high)
{
    return low > 0.0 && high > 4.0 * low ? sqrt(low) * sqrt(high) : 0.5 * (low + high);
}

double sim_solve(sim_function function, const void *data, double low, double high)
{
    bool is_positive = function(low, data) > 0.0;
    for (;;) {
        double middle = middle_of(low, high);
        if (!(low < middle && middle < high)) {
            return high;
        }
        if ((function(middle, data) > 0.0) == is_positive) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

double sim_solve_upward(sim_function function, const void *data, double low, double high)
{
    bool is_positive = function(low, data) > 0.0;
    while ((function(high, data) > 0.0) == is_positive && high < 1e300) {
        high *= 2.0;
    }
    return sim_solve(function, data, low, high);
}

/* Roots of functions of one variable, for closed forms that end in an equation. */
#ifndef BRINK_STATS_SOLVE_H
#define BRINK_STATS_SOLVE_H

typedef double (*sim_function)(double x, const void *data);

/* The x in [low, high], 0 <= low, where a function that changes sign once between them does so, to
 * the last bit, by bisection. With the same sign at both ends: `high`. */
double sim_solve(sim_function function, const void *data, double low, double high);

/* Doubles `high` until the function has the sign that it does not have at `low`, then solves. */
double sim_solve_upward(sim_function function, const void *data, double low, double high);

#endif

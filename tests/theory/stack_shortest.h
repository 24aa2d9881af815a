/* Exact law of the time inside M/M/1 that always serves what has the least work left, work of mean
 * 1, by its transform (Schrage and Miller, "The queue M/G/1 with the shortest remaining processing
 * time discipline", Operations Research 14(4), 1966). Good to about three digits at the median of a
 * quiet station, where sizes have the grid of the integral, and to more beyond. */
#ifndef TESTS_THEORY_STACK_SHORTEST_H
#define TESTS_THEORY_STACK_SHORTEST_H

#include "stack_transform.h"

#define EXACT_SHORTEST_STEP 0.01
#define EXACT_SHORTEST_STEPS 2500

/* To a request with x of work left, smaller ones arrive at rate l F, F = 1 - exp(-x), and stretch
 * its time like urgent ones: z = s + l F - l h, where h = (1 - exp(-(1 + z) x)) / (1 + z) is the
 * transform of the work of a smaller one times F. Newton from the z of a smaller x. */
static inline double complex exact_shortest_stretch(double complex s, double rho, double x,
                                                    double complex z)
{
    double smaller = 1.0 - exp(-x);
    for (int i = 0; i < 3; i++) {
        double complex e = cexp(-(1.0 + z) * x);
        double complex h = (1.0 - e) / (1.0 + z);
        double complex slope = 1.0 + rho * (x * e - h) / (1.0 + z);
        z -= (z - s - rho * (smaller - h)) / slope;
    }
    return z;
}

/* A request of size x finds work of those with at most x left. Larger ones take part when they have
 * come down to x, once each and only when nobody smaller is there, so that the work v found obeys
 * v(z) (z - l F + l h) = idle z + l (1 - F) (1 - exp(-z x)), and z - l F + l h = s. Its own work is
 * then done piece by piece, each stretched by what is smaller than the rest. */
static inline double complex exact_shortest_value(double complex s, const void *data)
{
    double rho = *(const double *)data, step = EXACT_SHORTEST_STEP;
    double complex z = s, own = 0.0, sum = 0.0;
    for (int i = 0; i < EXACT_SHORTEST_STEPS; i++) {
        double x = (i + 0.5) * step, larger = exp(-x);
        z = exact_shortest_stretch(s, rho, x, z);
        own += z * step / 2.0;
        double idle = 1.0 - rho * (1.0 - larger * (1.0 + x)) - rho * larger * x;
        double complex wait = (idle * z + rho * larger * (1.0 - cexp(-z * x))) / s;
        sum += step * larger * wait * cexp(-own);
        own += z * step / 2.0;
    }
    return sum;
}

static inline struct exact_transform exact_shortest(const double *rho)
{
    return (struct exact_transform){exact_shortest_value, rho, 0.0};
}

#endif

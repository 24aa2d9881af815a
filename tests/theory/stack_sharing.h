/* Exact law of the time inside M/M/1 under processor sharing, work of mean 1, two ways: a single
 * integral, and the Markov chain of what a request sees, which is slow and cannot be mistaken. */
#ifndef TESTS_THEORY_STACK_SHARING_H
#define TESTS_THEORY_STACK_SHARING_H

#include <math.h>

#define EXACT_SHARING_POINTS 500

/* P(time inside > t) = 2 (1 - r) int_0^pi g sin(x) / e^2 exp(-e t) dx, e = 1 + r - 2 sqrt(r)
 * cos(x), g = exp((2 y - x) cot(x)) / (1 + exp(pi cot(x))), y = arg(cos(x) - sqrt(r) + i sin(x)).
 * Morrison, "Response-time distribution for a processor-sharing system", SIAM J. Applied
 * Mathematics 45(1), 1985; the same integral is the wait of those who wait under random order
 * (Flatto 1997; Borst, Boxma, Morrison and Nunez-Queija 2003 show why). The points are midpoints:
 * the integrand and all its derivatives vanish at both ends. */
static inline double exact_sharing_tail(double t, const void *data)
{
    double rho = *(const double *)data;
    const double pi = acos(-1.0);
    double sum = 0.0;
    for (int i = 0; i < EXACT_SHARING_POINTS; i++) {
        double x = pi * (i + 0.5) / EXACT_SHARING_POINTS;
        double cotangent = cos(x) / sin(x);
        double rate = 1.0 + rho - 2.0 * sqrt(rho) * cos(x);
        double slant = (2.0 * atan2(sin(x), cos(x) - sqrt(rho)) - x) * cotangent;
        double damping = pi * cotangent; /* of 1 / (1 + exp(damping)), which must not overflow */
        double g = damping > 0.0 ? exp(slant - damping) / (1.0 + exp(-damping))
                                 : exp(slant) / (1.0 + exp(damping));
        sum += g * sin(x) / (rate * rate) * exp(-rate * t);
    }
    return 2.0 * (1.0 - rho) * sum * pi / EXACT_SHARING_POINTS;
}

#define EXACT_SHARING_OTHERS 400

/* The same from the chain of Coffman, Muntz and Trotter ("Waiting time distributions for
 * processor-sharing systems", Journal of the ACM 17(1), 1970): beside n others, of which an arrival
 * finds n with probability (1 - rho) rho^n, a request is done at rate 1 / (n + 1), loses one of
 * them at rate n / (n + 1), gains one at rate rho. All jumps together have the rate 1 + rho, so
 * that the number of jumps until t is a Poisson variable. */
static inline double exact_sharing_chain_tail(double rho, double t)
{
    double present[EXACT_SHARING_OTHERS + 1], next[EXACT_SHARING_OTHERS + 1];
    for (int n = 0; n <= EXACT_SHARING_OTHERS; n++) {
        present[n] = 1.0; /* P(not done after k jumps that began with n others) */
    }
    double mean = (1.0 + rho) * t, poisson = exp(-mean), tail = 0.0;
    for (int k = 0; k < mean + 12.0 * sqrt(mean) + 40.0; k++) {
        double found = 1.0 - rho, sum = 0.0;
        for (int n = 0; n <= EXACT_SHARING_OTHERS; n++, found *= rho) {
            sum += found * present[n];
            double gained = present[n < EXACT_SHARING_OTHERS ? n + 1 : n];
            double lost = n > 0 ? present[n - 1] * n / (n + 1.0) : 0.0;
            next[n] = (rho * gained + lost) / (1.0 + rho);
        }
        for (int n = 0; n <= EXACT_SHARING_OTHERS; n++) {
            present[n] = next[n];
        }
        tail += poisson * sum;
        poisson *= mean / (k + 1);
    }
    return tail;
}

#endif

/* Laws of times that are known by their Laplace transform, turned into tails by the Euler summation
 * of Abate and Whitt ("Numerical inversion of Laplace transforms of probability distributions",
 * ORSA Journal on Computing 7(1), 1995): the less urgent of two classes, M/G/1 in order of arrival,
 * M/D/1 under processor sharing. Rates and times in one unit. Good to about eight digits where the
 * density is smooth, to four near its kinks (constant and uniform work); an atom belongs at
 * `start`. */
#ifndef TESTS_THEORY_STACK_TRANSFORM_H
#define TESTS_THEORY_STACK_TRANSFORM_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>

/* E exp(-s (T - start)) of a time T >= start. */
struct exact_transform {
    double complex (*value)(double complex s, const void *law);
    const void *law;
    double start;
};

/* --- Inversion ----------------------------------------------------------------------------------
 */

#define EXACT_EULER_DIRECT 40   /* terms that are summed as they are */
#define EXACT_EULER_AVERAGED 12 /* partial sums after them, averaged with binomial weights */
#define EXACT_EULER_A 18.4      /* exp(-A) is the error of discretisation */

/* The tail has the transform (1 - f(s)) / s. */
static inline double exact_tail_term(const struct exact_transform *law, double complex s)
{
    return creal((1.0 - law->value(s, law->law)) / s);
}

static inline double exact_transform_tail(double t, const void *data)
{
    const struct exact_transform *law = data;
    double from = t - law->start;
    if (from <= 0.0) {
        return 1.0;
    }
    double real = EXACT_EULER_A / (2.0 * from);
    double sum = exact_tail_term(law, real) / 2.0;
    double average = 0.0, weight = pow(0.5, EXACT_EULER_AVERAGED);
    for (int k = 1; k <= EXACT_EULER_DIRECT + EXACT_EULER_AVERAGED; k++) {
        double term = exact_tail_term(law, real + k * acos(-1.0) / from * I);
        sum += k % 2 == 0 ? term : -term;
        if (k >= EXACT_EULER_DIRECT) {
            int j = k - EXACT_EULER_DIRECT;
            average += weight * sum;
            weight *= (double)(EXACT_EULER_AVERAGED - j) / (j + 1);
        }
    }
    return exp(EXACT_EULER_A / 2.0) / from * average;
}

/* Minus the slope of the transform at 0, by central differences of two widths (Richardson); `scale`
 * is about the mean. */
static inline double exact_transform_mean(const struct exact_transform *law, double scale)
{
    double slopes[2];
    for (int i = 0; i < 2; i++) {
        double h = 1e-4 * (i + 1) / scale;
        slopes[i] = creal(law->value(-h, law->law) - law->value(h, law->law)) / (2.0 * h);
    }
    return law->start + (4.0 * slopes[0] - slopes[1]) / 3.0;
}

/* --- Two classes --------------------------------------------------------------------------------
 */

/* The less urgent of two classes that share exponential service of rate mu: time inside. */
struct exact_patient {
    double urgent, patient, mu; /* arrivals of each class, service */
    bool is_preemptive;         /* resumes where it was */
};

/* Urgent arrivals stretch every bit of work before a patient one to a busy period of their own: s
 * becomes z = s + l1 (1 - B(s)), B = mu / (mu + s + l1 - l1 B) (Takagi, "Queueing Analysis" vol. 1,
 * 1991, chapter 3). The work that an arrival finds is that of M/M/1 with all arrivals,
 * (1 - rho) (mu + z) / (mu - l + z); its own work is stretched if it can be interrupted. */
static inline double complex exact_patient_value(double complex s, const void *data)
{
    const struct exact_patient *law = data;
    double complex sum = law->urgent + law->mu + s;
    double complex busy = 2.0 * law->mu / (sum + csqrt(sum * sum - 4.0 * law->urgent * law->mu));
    double complex z = s + law->urgent * (1.0 - busy);
    double free = law->mu - law->urgent - law->patient;
    double complex own = law->mu / (law->mu + (law->is_preemptive ? z : s));
    return free / law->mu * (law->mu + z) / (free + z) * own;
}

static inline struct exact_transform exact_patient(const struct exact_patient *law)
{
    return (struct exact_transform){exact_patient_value, law, 0.0};
}

/* --- M/G/1 in order of arrival ------------------------------------------------------------------
 */

enum exact_work { EXACT_WORK_CONSTANT, EXACT_WORK_UNIFORM, EXACT_WORK_ERLANG_4 };

/* The wait, or the time inside. */
struct exact_fifo {
    double lambda, mean;
    enum exact_work work; /* uniform: from 0 to twice the mean */
    bool with_service;
};

static inline double complex exact_work_value(double complex s, const struct exact_fifo *law)
{
    double complex x = s * law->mean;
    switch (law->work) {
    case EXACT_WORK_CONSTANT:
        return cexp(-x);
    case EXACT_WORK_UNIFORM:
        return (1.0 - cexp(-2.0 * x)) / (2.0 * x);
    case EXACT_WORK_ERLANG_4:
        return cpow(1.0 + x / 4.0, -4.0);
    }
    return 1.0;
}

/* Pollaczek and Khinchine: (1 - rho) s / (s - lambda + lambda S(s)) (Kleinrock vol. 1, 5.7). */
static inline double complex exact_fifo_value(double complex s, const void *data)
{
    const struct exact_fifo *law = data;
    double complex work = exact_work_value(s, law);
    double complex wait =
        (1.0 - law->lambda * law->mean) * s / (s - law->lambda + law->lambda * work);
    return law->with_service ? wait * work : wait;
}

static inline struct exact_transform exact_fifo(const struct exact_fifo *law)
{
    return (struct exact_transform){exact_fifo_value, law, 0.0};
}

/* --- M/D/1 under processor sharing --------------------------------------------------------------
 */

/* Constant work of one unit, shared: nobody is done before 1, and with probability (1 - rho)
 * exp(-rho) at 1. (1 - r) (s + r)^2 e / (s^2 + r (s + (s + r) (1 - r)) e), e = exp(-s - r)
 * (Egorova, Zwart and Boxma, "Sojourn time tails in the M/D/1 processor sharing queue", Probability
 * in the Engineering and Informational Sciences 20(3), 2006); here without the exp(-s) of the
 * start. */
static inline double complex exact_shared_constant_value(double complex s, const void *data)
{
    double rho = *(const double *)data;
    double complex e = cexp(-s - rho);
    double complex bottom = s * s + rho * (s + (s + rho) * (1.0 - rho)) * e;
    return (1.0 - rho) * (s + rho) * (s + rho) * exp(-rho) / bottom;
}

static inline struct exact_transform exact_shared_constant(const double *rho)
{
    return (struct exact_transform){exact_shared_constant_value, rho, 1.0};
}

#endif

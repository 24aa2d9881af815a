/* Closed forms that depend on the order of service: M/D/1 waits under FIFO as a distribution,
 * priorities, shortest remaining time first. */
#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/assert.h"
#include "stats/solve.h"
#include "stats/theory_queues.h"

/* P(present > n) at departures of an M/D/1 queue, n = 0 .. count - 1, by Ramaswami's recursion
 * p_n a_0 = p_0 A_{n-1} + sum_{i=1}^{n-1} p_i A_{n-i}, A_j = P(more than j arrivals in a service),
 * whose terms are all positive; tails are summed from a far end past which less than exp(-80) of
 * the last one wanted lies. */
static double *md1_present_tails(double rho, size_t count)
{
    size_t far = count + (size_t)(80.0 / (1.0 - rho)) + 50;
    g_autofree double *p = g_new(double, far);
    double arrivals[64]; /* A_j; past these they are below 1e-80 of it for rho < 1 */
    for (unsigned j = 0; j < 64; j++) {
        arrivals[j] = gsl_cdf_poisson_Q(j, rho);
    }
    p[0] = 1.0 - rho;
    for (size_t n = 1; n < far; n++) {
        double sum = n - 1 < 64 ? p[0] * arrivals[n - 1] : 0.0;
        for (size_t i = n > 63 ? n - 63 : 1; i < n; i++) {
            sum += p[i] * arrivals[n - i];
        }
        p[n] = sum / exp(-rho);
    }
    double *tails = g_new(double, count);
    double tail = 0.0;
    for (size_t n = far - 1; n > 0; n--) {
        tail += p[n];
        if (n - 1 < count) {
            tails[n - 1] = tail;
        }
    }
    return tails;
}

/* For (k-1) <= t < k, x = rho (k - t), X Poisson with mean x: P(wait > t) = P(X >= k) +
 * sum_{j<k} P(X = j) P(more than k-1-j queue), and more than m queue when more than m+1 are
 * present. */
static double md1_tail(double rho, double t, const double *present_tails)
{
    unsigned k = (unsigned)floor(t) + 1;
    double x = rho * (k - t);
    double tail = gsl_cdf_poisson_Q(k - 1, x);
    for (unsigned j = 0; j < k; j++) {
        tail += gsl_ran_poisson_pdf(j, x) * present_tails[k - j];
    }
    return tail;
}

double sim_theory_md1_wait_tail(double rho, double t)
{
    if (rho >= 1.0) {
        return 1.0;
    }
    if (t < 0.0) {
        return 1.0;
    }
    g_autofree double *present_tails = md1_present_tails(rho, (size_t)t + 2);
    return md1_tail(rho, t, present_tails);
}

struct md1_quantile {
    double rho, p;
    const double *present_tails;
};

static double md1_excess(double t, const void *data)
{
    const struct md1_quantile *q = data;
    return md1_tail(q->rho, t, q->present_tails) - (1.0 - q->p);
}

double sim_theory_md1_wait_quantile(double rho, double p)
{
    if (rho >= 1.0) {
        return INFINITY;
    }
    if (p <= 1.0 - rho) {
        return 0.0;
    }
    double bound = 1.0; /* a time that is long enough */
    while (sim_theory_md1_wait_tail(rho, bound) > 1.0 - p) {
        bound *= 2.0;
    }
    g_autofree double *present_tails = md1_present_tails(rho, (size_t)bound + 2);
    struct md1_quantile q = {rho, p, present_tails};
    return sim_solve(md1_excess, &q, 0.0, bound);
}

/* lambda E[S^2] / 2: the work that an arrival finds in service. */
static double class_residual(const struct sim_theory_class *class)
{
    return 0.5 * class->lambda * class->service * class->service * (1.0 + class->scv);
}

void sim_theory_priority_waits(const struct sim_theory_class *classes, size_t count,
                               double *ret_waits)
{
    double residual = 0.0;
    for (size_t k = 0; k < count; k++) {
        residual += class_residual(&classes[k]);
    }
    double load = 0.0;
    for (size_t k = 0; k < count; k++) {
        double before = load;
        load += classes[k].lambda * classes[k].service;
        ret_waits[k] = load < 1.0 ? residual / ((1.0 - before) * (1.0 - load)) : INFINITY;
    }
}

void sim_theory_preemptive_sojourns(const struct sim_theory_class *classes, size_t count,
                                    double *ret_sojourns)
{
    double residual = 0.0, load = 0.0;
    for (size_t k = 0; k < count; k++) {
        double before = load;
        residual += class_residual(&classes[k]);
        load += classes[k].lambda * classes[k].service;
        ret_sojourns[k] = load < 1.0 ? classes[k].service / (1.0 - before) +
                                           residual / ((1.0 - before) * (1.0 - load))
                                     : INFINITY;
    }
}

/* Integrands for mu = 1. Up to size x the load is rho(x) = rho (1 - (1 + x) exp(-x)) and its second
 * moment lambda int_0^x t^2 exp(-t) dt = 2 rho (1 - (1 + x + x^2 / 2) exp(-x)). A job of size x
 * waits (m2(x) + rho x^2 exp(-x)) / (2 (1 - rho(x))^2) for smaller ones, and from then on passes
 * each of its pieces dt at speed 1 - rho(t). */
static double srpt_density(double x, void *data)
{
    double rho = *(const double *)data;
    double e = exp(-x);
    double idle = 1.0 - rho * (1.0 - (1.0 + x) * e);
    double second = 2.0 * rho * (1.0 - (1.0 + x + 0.5 * x * x) * e);
    double wait = (second + rho * x * x * e) / (2.0 * idle * idle);
    return e * (wait + 1.0 / idle);
}

double sim_theory_srpt_sojourn(double lambda, double mu)
{
    double rho = lambda / mu;
    if (rho >= 1.0) {
        return INFINITY;
    }
    gsl_function density = {srpt_density, &rho};
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(64);
    double sum = 0.0;
    for (double from = 0.0, to = 1.0; from < 128.0; from = to, to *= 2.0) {
        sum += gsl_integration_glfixed(&density, from, to, table);
    }
    gsl_integration_glfixed_table_free(table);
    return sum / mu;
}

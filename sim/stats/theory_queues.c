/* Closed forms of single stations: Markovian ones, M/G/1 and GI/M/1. Distributions of waits in
 * M/D/1, and orders of service other than FIFO, are in theory_orders.c. */
#include "stats/theory_queues.h"

#include <glib.h>
#include <math.h>

#include "base/assert.h"
#include "stats/solve.h"

double sim_theory_erlang_b(int servers, double offered)
{
    double b = 1.0;
    for (int c = 1; c <= servers; c++) {
        b = offered * b / (c + offered * b);
    }
    return b;
}

double sim_theory_erlang_c(int servers, double offered)
{
    double rho = offered / servers;
    if (rho >= 1.0) {
        return 1.0;
    }
    double b = sim_theory_erlang_b(servers, offered);
    return b / (1.0 - rho * (1.0 - b));
}

/* Little's law all around: from the mean wait to the rest. */
static struct sim_theory_station station_of_wait(double lambda, double service, int servers,
                                                 double wait)
{
    return (struct sim_theory_station){
        .utilisation = lambda * service / servers,
        .present = lambda * (wait + service),
        .waiting = lambda * wait,
        .sojourn = wait + service,
        .wait = wait,
        .throughput = lambda,
    };
}

static struct sim_theory_station station_overloaded(double service, int servers)
{
    return (struct sim_theory_station){
        .utilisation = 1.0,
        .present = INFINITY,
        .waiting = INFINITY,
        .sojourn = INFINITY,
        .wait = INFINITY,
        .throughput = servers / service,
    };
}

struct sim_theory_station sim_theory_mmc(int servers, double lambda, double mu)
{
    if (lambda >= servers * mu) {
        return station_overloaded(1.0 / mu, servers);
    }
    double wait = sim_theory_erlang_c(servers, lambda / mu) / (servers * mu - lambda);
    return station_of_wait(lambda, 1.0 / mu, servers, wait);
}

double sim_theory_mmc_wait_tail(int servers, double lambda, double mu, double t)
{
    if (lambda >= servers * mu) {
        return 1.0;
    }
    return sim_theory_erlang_c(servers, lambda / mu) * exp(-(servers * mu - lambda) * t);
}

double sim_theory_mmc_sojourn_tail(int servers, double lambda, double mu, double t)
{
    if (lambda >= servers * mu) {
        return 1.0;
    }
    double x = (servers * mu - lambda - mu) * t;
    double share = x == 0.0 ? 1.0 : -expm1(-x) / x;
    return exp(-mu * t) * (1.0 + sim_theory_erlang_c(servers, lambda / mu) * mu * t * share);
}

double sim_theory_mmc_wait_quantile(int servers, double lambda, double mu, double p)
{
    if (lambda >= servers * mu) {
        return INFINITY;
    }
    double c = sim_theory_erlang_c(servers, lambda / mu);
    return fmax(0.0, log(c / (1.0 - p)) / (servers * mu - lambda));
}

struct mmc_quantile {
    int servers;
    double lambda, mu, p;
};

static double mmc_excess(double t, const void *data)
{
    const struct mmc_quantile *q = data;
    return sim_theory_mmc_sojourn_tail(q->servers, q->lambda, q->mu, t) - (1.0 - q->p);
}

double sim_theory_mmc_sojourn_quantile(int servers, double lambda, double mu, double p)
{
    if (lambda >= servers * mu) {
        return INFINITY;
    }
    if (p <= 0.0) {
        return 0.0;
    }
    struct mmc_quantile q = {servers, lambda, mu, p};
    return sim_solve_upward(mmc_excess, &q, 0.0, 1.0 / mu);
}

double sim_theory_mm1_present_tail(double rho, unsigned n)
{
    return rho >= 1.0 ? 1.0 : pow(rho, n);
}

double sim_theory_mm1_present_variance(double rho)
{
    return rho >= 1.0 ? INFINITY : rho / ((1.0 - rho) * (1.0 - rho));
}

/* Stationary law of a birth-death chain on 0 .. states - 1 into `probabilities`, which holds on
 * entry the ratios birth(n-1) / death(n) at n >= 1. Scaled along the way: no ratio overflows it. */
static void birth_death(double *probabilities, size_t states)
{
    double weight = 1.0, sum = 1.0;
    probabilities[0] = 1.0;
    for (size_t n = 1; n < states; n++) {
        weight *= probabilities[n];
        probabilities[n] = weight;
        sum += weight;
        if (sum > 1e200) {
            for (size_t k = 0; k <= n; k++) {
                probabilities[k] /= sum;
            }
            weight /= sum;
            sum = 1.0;
        }
    }
    for (size_t n = 0; n < states; n++) {
        probabilities[n] /= sum;
    }
}

static double min_of(int a, int b)
{
    return a < b ? a : b;
}

/* Means of a chain of `states` states, `servers` of rate mu, arrivals let in at `throughput`. */
static struct sim_theory_station station_of_chain(const double *probabilities, int states,
                                                  int servers, double mu)
{
    double present = 0.0, busy = 0.0, waiting = 0.0;
    for (int n = 0; n < states; n++) {
        present += n * probabilities[n];
        busy += min_of(n, servers) * probabilities[n];
        waiting += (n - min_of(n, servers)) * probabilities[n];
    }
    return (struct sim_theory_station){
        .utilisation = busy / servers,
        .present = present,
        .waiting = waiting,
        .sojourn = present / (busy * mu),
        .wait = waiting / (busy * mu),
        .throughput = busy * mu,
    };
}

struct sim_theory_station sim_theory_mmck(int servers, int places, double lambda, double mu)
{
    sim_assert(servers >= 1 && servers <= places);
    g_autofree double *probabilities = g_new(double, (gsize)places + 1);
    for (int n = 1; n <= places; n++) {
        probabilities[n] = lambda / (min_of(n, servers) * mu);
    }
    birth_death(probabilities, (size_t)places + 1);
    struct sim_theory_station station = station_of_chain(probabilities, places + 1, servers, mu);
    station.blocked = probabilities[places];
    return station;
}

struct sim_theory_station sim_theory_finite_source(int machines, int servers, double lambda,
                                                   double mu)
{
    sim_assert(servers >= 1 && machines >= 1);
    g_autofree double *probabilities = g_new(double, (gsize)machines + 1);
    for (int n = 1; n <= machines; n++) {
        probabilities[n] = (machines - n + 1) * lambda / (min_of(n, servers) * mu);
    }
    birth_death(probabilities, (size_t)machines + 1);
    return station_of_chain(probabilities, machines + 1, servers, mu);
}

struct sim_theory_station sim_theory_gg1(double lambda, double arrival_scv, double service,
                                         double scv)
{
    double rho = lambda * service;
    if (rho >= 1.0) {
        return station_overloaded(service, 1);
    }
    double wait = rho / (1.0 - rho) * 0.5 * (arrival_scv + scv) * service;
    return station_of_wait(lambda, service, 1, wait);
}

struct sim_theory_station sim_theory_mg1(double lambda, double service, double scv)
{
    return sim_theory_gg1(lambda, 1.0, service, scv);
}

struct sim_theory_station sim_theory_mg1_sharing(double lambda, double service)
{
    double rho = lambda * service;
    if (rho >= 1.0) {
        return station_overloaded(service, 1);
    }
    return station_of_wait(lambda, service, 1, service * rho / (1.0 - rho));
}

struct gm1 {
    unsigned stages;
    double rho;
};

/* A*(mu d) - (1 - d) for d = 1 - sigma: negative from 0 up to the root, positive after it. */
static double gm1_excess(double d, const void *data)
{
    const struct gm1 *gm1 = data;
    if (gm1->stages == 0) {
        return expm1(-d / gm1->rho) + d;
    }
    double k = gm1->stages;
    return expm1(-k * log1p(d / (k * gm1->rho))) + d;
}

double sim_theory_gm1_sigma(unsigned stages, double lambda, double mu)
{
    struct gm1 gm1 = {stages, lambda / mu};
    if (gm1.rho >= 1.0) {
        return 1.0;
    }
    return 1.0 - sim_solve(gm1_excess, &gm1, 1e-6 * (1.0 - gm1.rho), 1.0);
}

struct sim_theory_station sim_theory_gm1(unsigned stages, double lambda, double mu)
{
    if (lambda >= mu) {
        return station_overloaded(1.0 / mu, 1);
    }
    double sigma = sim_theory_gm1_sigma(stages, lambda, mu);
    return station_of_wait(lambda, 1.0 / mu, 1, sigma / (mu * (1.0 - sigma)));
}

struct sim_theory_h2 sim_theory_h2_balanced(double mean, double scv)
{
    sim_assert(scv >= 1.0);
    double p1 = 0.5 * (1.0 + sqrt((scv - 1.0) / (scv + 1.0)));
    return (struct sim_theory_h2){p1, 2.0 * p1 / mean, 2.0 * (1.0 - p1) / mean};
}

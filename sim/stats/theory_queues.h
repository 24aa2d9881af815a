/* Closed forms of single stations, for the envelope and for tests.
 *
 * `lambda` is the arrival rate, `mu` the service rate of one server, times and rates in any one
 * unit of time. A station whose load is at or above its capacity has infinite contents and waits:
 * an answer, not an error. scv is the squared coefficient of variation, variance / mean^2.
 * Sources by short name: Kleinrock = "Queueing Systems" vol. 1 (1975); Gross = Gross, Shortle,
 * Thompson and Harris, "Fundamentals of Queueing Theory", 4th ed. (2008).
 */
#ifndef BRINK_STATS_THEORY_QUEUES_H
#define BRINK_STATS_THEORY_QUEUES_H

#include <stdbool.h>
#include <stddef.h>

/* Means in the steady state. */
struct sim_theory_station {
    double utilisation; /* of one server */
    double present;     /* L, in service and waiting */
    double waiting;     /* Lq */
    double sojourn;     /* W, of those who are let in */
    double wait;        /* Wq, likewise */
    double throughput;
    double blocked; /* share of arrivals that is turned away */
};

/* Erlang's B: share of arrivals lost at `servers` without queue, offered load a = lambda / mu in
 * erlangs. B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)). Any service law (Kleinrock 3.6). */
double sim_theory_erlang_b(int servers, double offered);
/* Erlang's C: P(an arrival waits) in M/M/c, B / (1 - rho (1 - B)); 1 when overloaded. */
double sim_theory_erlang_c(int servers, double offered);

/* M/M/c, FIFO: Wq = C / (c mu - lambda) (Gross 2.3). */
struct sim_theory_station sim_theory_mmc(int servers, double lambda, double mu);
/* P(wait > t) = C exp(-(c mu - lambda) t). */
double sim_theory_mmc_wait_tail(int servers, double lambda, double mu, double t);
/* P(sojourn > t) = exp(-mu t) (1 + C mu t f((c mu - lambda - mu) t)), f(x) = (1 - exp(-x)) / x. */
double sim_theory_mmc_sojourn_tail(int servers, double lambda, double mu, double t);
/* The t that is exceeded with probability 1 - p, 0 <= p < 1. */
double sim_theory_mmc_wait_quantile(int servers, double lambda, double mu, double p);
double sim_theory_mmc_sojourn_quantile(int servers, double lambda, double mu, double p);

/* M/M/1: P(present >= n) = rho^n, Var(present) = rho / (1 - rho)^2 (Kleinrock 3.2). */
double sim_theory_mm1_present_tail(double rho, unsigned n);
double sim_theory_mm1_present_variance(double rho);

/* M/M/c/K: at most `places` present, those in service included; servers <= places (Gross 2.4).
 * places = servers is Erlang's loss system. Overload is nothing special here. */
struct sim_theory_station sim_theory_mmck(int servers, int places, double lambda, double mu);

/* `machines` that each break (or ask) after an exponential time of rate `lambda` and wait for one
 * of `servers`: M/M/c//N, machine repair, a closed population of clients with think time 1/lambda
 * (Gross 2.7). present = mean number down; present / machines is what is not available. */
struct sim_theory_station sim_theory_finite_source(int machines, int servers, double lambda,
                                                   double mu);

/* M/G/1, FIFO: Wq = rho E[S] (1 + scv) / (2 (1 - rho)) (Pollaczek and Khinchine; Kleinrock 5.6). */
struct sim_theory_station sim_theory_mg1(double lambda, double service, double scv);
/* G/G/1, Kingman's approximation: Wq = rho / (1 - rho) (ca2 + cs2) / 2 E[S]; exact for M/G/1. */
struct sim_theory_station sim_theory_gg1(double lambda, double arrival_scv, double service,
                                         double scv);
/* M/G/1 processor sharing: W = E[S] / (1 - rho) whatever the law; a job of size x stays
 * x / (1 - rho) (Kleinrock vol. 2, 4.4). */
struct sim_theory_station sim_theory_mg1_sharing(double lambda, double service);

/* M/D/1, FIFO: P(wait > t), t in units of the service time, rho < 1. Positive terms only, so that
 * small tails keep their digits (Franx 2001, "A simple solution for the M/D/c waiting time
 * distribution"). */
double sim_theory_md1_wait_tail(double rho, double t);
double sim_theory_md1_wait_quantile(double rho, double p);

/* GI/M/1, FIFO: W = 1 / (mu (1 - sigma)), sigma = A*(mu (1 - sigma)), A* the transform of the law
 * of interarrival times (Kleinrock 6.4): Erlang with `stages` stages and rate lambda in all, which
 * is what each of n servers sees under round robin of a Poisson stream (n stages); constant for
 * stages = 0. */
double sim_theory_gm1_sigma(unsigned stages, double lambda, double mu);
struct sim_theory_station sim_theory_gm1(unsigned stages, double lambda, double mu);

/* One class of a priority queue M/G/1; classes are given highest priority first. */
struct sim_theory_class {
    double lambda, service, scv;
};

/* Wq of class k = R / ((1 - s_{k-1}) (1 - s_k)), s_k = load of classes up to k, R = sum over all
 * lambda E[S^2] / 2 (Cobham 1954). Writes `count` waits. */
void sim_theory_priority_waits(const struct sim_theory_class *classes, size_t count,
                               double *ret_waits);
/* Preemptive resume: sojourn = E[S_k] / (1 - s_{k-1}) + R_k / ((1 - s_{k-1}) (1 - s_k)), R_k over
 * classes up to k (Gross 4.4). Writes `count` sojourns. */
void sim_theory_preemptive_sojourns(const struct sim_theory_class *classes, size_t count,
                                    double *ret_sojourns);

/* M/M/1 that always serves the job with the shortest remaining time (Schrage and Miller 1966):
 * mean sojourn, by quadrature. */
double sim_theory_srpt_sojourn(double lambda, double mu);

/* The two-phase hyperexponential law of given mean and scv >= 1 with balanced means: with
 * probability p1 rate mu1, else mu2; p1 / mu1 = p2 / mu2 (Gross 3.4). */
struct sim_theory_h2 {
    double p1, mu1, mu2;
};
struct sim_theory_h2 sim_theory_h2_balanced(double mean, double scv);

#endif

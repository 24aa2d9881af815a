/* Closed forms of networks of stations, of fan-out, and of scalability, for the envelope and for
 * tests. Times and rates in any one unit of time. */
#ifndef BRINK_STATS_THEORY_NETWORKS_H
#define BRINK_STATS_THEORY_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

struct sim_theory_node {
    double external; /* arrivals from outside */
    double mu;       /* service rate of one server */
    int servers;
};

/* Open Jackson network (Jackson 1957): rates solve rate_i = external_i + sum_j rate_j routing[j *
 * count + i], each station is M/M/c. Writes `count` arrival rates and mean numbers present; returns
 * the mean time from entering the network to leaving it, infinite when a station is overloaded, NaN
 * when some work can never leave. */
double sim_theory_jackson(const struct sim_theory_node *nodes, const double *routing, size_t count,
                          double *ret_rates, double *ret_present);

struct sim_theory_demand {
    double demand; /* visits x service time of one job */
    int servers;   /* 0: a delay, where nobody waits for another */
};

struct sim_theory_closed {
    double throughput;
    double response; /* over all stations, without the think time */
};

/* Closed network with one class of `population` jobs and a think time: exact mean value analysis
 * (Reiser and Lavenberg 1980), multi-server stations by their marginal probabilities. Writes
 * `count` mean numbers present; ret_present may be NULL. */
struct sim_theory_closed sim_theory_mva(const struct sim_theory_demand *stations, size_t count,
                                        double think, unsigned population, double *ret_present);

/* n identical M/M/1 stations that all get a part of each job, until the last part is done:
 * Nelson and Tantawi 1988, (H_n/H_2 + 4/11 (1 - H_n/H_2) rho) (12 - rho)/8 / (mu - lambda); exact
 * for n <= 2, within 5 % to n = 32. */
double sim_theory_fork_join_sojourn(unsigned n, double lambda, double mu);

/* 1 + 1/2 + ... + 1/n. */
double sim_theory_harmonic(unsigned n);
/* The greatest of n independent exponential times: mean H_n x mean, and quantile. */
double sim_theory_max_exponential_mean(unsigned n, double mean);
double sim_theory_max_exponential_quantile(unsigned n, double mean, double p);
/* P(at least one of n parts is slow) = 1 - (1 - p)^n. */
double sim_theory_fanout(double p, unsigned n);

/* Join the shortest of d queues drawn at random, in the limit of many M/M/1 stations at load rho:
 * P(queue >= i) = rho^((d^i - 1)/(d - 1)) (Mitzenmacher 2001); mean sojourn in units of 1/mu. */
double sim_theory_power_of_d_tail(unsigned d, double rho, unsigned i);
double sim_theory_power_of_d_sojourn(unsigned d, double rho);

/* Universal scalability law (Gunther 1993): X(n) = scale n / (1 + alpha (n-1) + beta n (n-1)). */
struct sim_theory_usl {
    double scale, alpha, beta;
};
double sim_theory_usl(const struct sim_theory_usl *usl, double n);
double sim_theory_usl_peak(const struct sim_theory_usl *usl); /* the n where X is greatest */
/* Least squares in X over `count` >= 3 measured pairs (Gauss-Newton from the linearised fit, steps
 * halved while they do not help). False when the pairs determine no such law. */
bool sim_theory_usl_fit(const double *loads, const double *throughputs, size_t count,
                        struct sim_theory_usl *ret_usl);

#endif

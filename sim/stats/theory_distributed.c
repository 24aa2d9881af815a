/* Closed forms of distributed protocols. */
#include "stats/theory_distributed.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/assert.h"
#include "base/math.h"
#include "stats/solve.h"
#include "stats/theory_networks.h"

double sim_theory_retry_attempts(double p, unsigned retries)
{
    double attempts = 1.0;
    for (unsigned i = 0; i < retries; i++) {
        attempts = 1.0 + p * attempts;
    }
    return attempts;
}

double sim_theory_retry_failure(double p, unsigned retries)
{
    return pow(p, retries + 1.0);
}

double sim_theory_retry_depth(double attempts, unsigned layers)
{
    return pow(attempts, layers);
}

double sim_theory_metastable_recovery(double load, double capacity, double timeout,
                                      unsigned retries, double outage)
{
    double drain = capacity - load * (1.0 + retries);
    if (drain <= 0.0) {
        return INFINITY;
    }
    double backlog = 0.0;
    for (unsigned k = 0; k <= retries; k++) {
        backlog += load * fmax(0.0, outage - k * timeout);
    }
    return fmax(0.0, backlog - capacity * timeout) / drain;
}

double sim_theory_quorum_miss(unsigned n, unsigned r, unsigned w)
{
    sim_assert(r <= n && w <= n);
    double miss = 1.0;
    for (unsigned i = 0; i < r; i++) {
        miss *= n - w > i ? (double)(n - w - i) / (n - i) : 0.0;
    }
    return miss;
}

double sim_theory_quorum_within(unsigned n, unsigned r, unsigned w, unsigned k)
{
    return 1.0 - pow(sim_theory_quorum_miss(n, r, w), k);
}

double sim_theory_raft_split(unsigned n, unsigned alive, double latency)
{
    sim_assert(alive <= n);
    unsigned spare = n / 2;
    return alive > spare ? gsl_cdf_binomial_Q(alive - spare - 1, latency, alive) : 1.0;
}

double sim_theory_raft_first_timeout(unsigned s)
{
    return 1.0 / (s + 1.0);
}

double sim_theory_raft_first_timeout_cdf(unsigned s, double x)
{
    return 1.0 - pow(1.0 - x, s);
}

double sim_theory_swim_periods(unsigned n)
{
    double missed = n == 0 ? exp(-1.0) : exp((n - 1.0) * log1p(-1.0 / (n - 1.0)));
    return 1.0 / (1.0 - missed);
}

static double residue_excess(double s, const void *data)
{
    double k = *(const double *)data;
    return exp(-(k + 1.0) * (1.0 - s)) - s;
}

double sim_theory_rumor_residue(double k)
{
    /* Between the wanted root and 1 the function is negative; 1 / (k + 1) lies there. */
    return sim_solve(residue_excess, &k, 0.0, 1.0 / (k + 1.0));
}

double sim_theory_push_rounds(double n)
{
    return log2(n) + log(n);
}

double sim_theory_ring_deviation(unsigned n, unsigned v)
{
    return sqrt((n - 1.0) / ((double)n * v + 1.0));
}

double sim_theory_ring_share_max(unsigned n)
{
    return sim_theory_harmonic(n) / n;
}

double sim_theory_ring_share_min(unsigned n)
{
    return 1.0 / ((double)n * n);
}

double sim_theory_ring_share_quantile(unsigned v, double p)
{
    return sim_gamma_p_inverse(v, p) / v;
}

double sim_theory_remap_consistent(uint64_t before, uint64_t after)
{
    double a = (double)before, b = (double)after;
    return fabs(a - b) / fmax(a, b);
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A key stays where its remainders agree, which is once for each node that both have in every run
 * of lcm(before, after) hashes. */
double sim_theory_remap_modulo(uint64_t before, uint64_t after)
{
    double common = (double)before / (double)greatest_divisor(before, after) * (double)after;
    return 1.0 - fmin((double)before, (double)after) / common;
}

unsigned sim_theory_slow_start_rounds(double bytes, double segment, unsigned initial)
{
    double segments = ceil(bytes / segment), sent = 0.0, window = initial;
    unsigned rounds = 0;
    while (sent < segments) {
        sent += window;
        window *= 2.0;
        rounds++;
    }
    return rounds;
}

double sim_theory_mathis(double segment, double rtt, double p)
{
    return segment / rtt * sqrt(1.5 / p);
}

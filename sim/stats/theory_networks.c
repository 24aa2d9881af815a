/* Closed forms of networks, fan-out and scalability. */
#include "stats/theory_networks.h"

#include <glib.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

#include "base/assert.h"
#include "stats/theory_queues.h"

/* Solves matrix x = right in place; both are overwritten. False when the matrix is singular. */
static bool solve_linear(double *matrix, double *right, size_t count)
{
    gsl_matrix_view a = gsl_matrix_view_array(matrix, count, count);
    gsl_vector_view b = gsl_vector_view_array(right, count);
    gsl_permutation *permutation = gsl_permutation_alloc(count);
    int sign;
    gsl_linalg_LU_decomp(&a.matrix, permutation, &sign);
    bool is_regular = true;
    for (size_t i = 0; i < count; i++) {
        is_regular = is_regular && fabs(gsl_matrix_get(&a.matrix, i, i)) > 1e-13;
    }
    if (is_regular) {
        gsl_linalg_LU_svx(&a.matrix, permutation, &b.vector);
    }
    gsl_permutation_free(permutation);
    return is_regular;
}

double sim_theory_jackson(const struct sim_theory_node *nodes, const double *routing, size_t count,
                          double *ret_rates, double *ret_present)
{
    g_autofree double *matrix = g_new(double, count *count);
    double external = 0.0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            matrix[i * count + j] = (i == j ? 1.0 : 0.0) - routing[j * count + i];
        }
        ret_rates[i] = nodes[i].external;
        external += nodes[i].external;
    }
    if (!solve_linear(matrix, ret_rates, count)) {
        return NAN;
    }
    double present = 0.0;
    for (size_t i = 0; i < count; i++) {
        ret_present[i] = sim_theory_mmc(nodes[i].servers, ret_rates[i], nodes[i].mu).present;
        present += ret_present[i];
    }
    return present / external;
}

/* One station of the mean value analysis at the population reached so far. */
struct mva_station {
    double present;
    double *marginal; /* P(j present), j < servers; NULL where servers <= 1 */
    double residence;
};

/* Arrival theorem: a job finds the station as it is with one job less. */
static double mva_residence(const struct sim_theory_demand *demand, const struct mva_station *at)
{
    if (demand->servers == 0) {
        return demand->demand;
    }
    double found = 1.0 + at->present;
    for (int j = 0; at->marginal != NULL && j <= demand->servers - 2; j++) {
        found += (demand->servers - 1 - j) * at->marginal[j];
    }
    return demand->demand / demand->servers * found;
}

static void mva_marginals(const struct sim_theory_demand *demand, struct mva_station *at,
                          double throughput)
{
    int m = demand->servers;
    if (m < 2) {
        return;
    }
    double load = throughput * demand->demand;
    double idle = load;
    for (int j = m - 1; j >= 1; j--) {
        at->marginal[j] = load / j * at->marginal[j - 1];
        idle += (m - j) * at->marginal[j];
    }
    at->marginal[0] = fmax(0.0, 1.0 - idle / m); /* rounding may pass below */
}

struct sim_theory_closed sim_theory_mva(const struct sim_theory_demand *stations, size_t count,
                                        double think, unsigned population, double *ret_present)
{
    g_autofree struct mva_station *at = g_new0(struct mva_station, count);
    for (size_t i = 0; i < count; i++) {
        if (stations[i].servers > 1) {
            at[i].marginal = g_new0(double, (gsize)stations[i].servers);
            at[i].marginal[0] = 1.0;
        }
    }
    struct sim_theory_closed closed = {0.0, 0.0};
    for (unsigned n = 1; n <= population; n++) {
        closed.response = 0.0;
        for (size_t i = 0; i < count; i++) {
            at[i].residence = mva_residence(&stations[i], &at[i]);
            closed.response += at[i].residence;
        }
        closed.throughput = n / (think + closed.response);
        for (size_t i = 0; i < count; i++) {
            at[i].present = closed.throughput * at[i].residence;
            mva_marginals(&stations[i], &at[i], closed.throughput);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (ret_present) {
            ret_present[i] = at[i].present;
        }
        g_free(at[i].marginal);
    }
    return closed;
}

double sim_theory_harmonic(unsigned n)
{
    return gsl_sf_psi_int((int)n + 1) - gsl_sf_psi_int(1);
}

double sim_theory_fork_join_sojourn(unsigned n, double lambda, double mu)
{
    double rho = lambda / mu;
    if (rho >= 1.0) {
        return INFINITY;
    }
    double one = 1.0 / (mu - lambda);
    if (n == 1) {
        return one;
    }
    double growth = sim_theory_harmonic(n) / 1.5;
    return (growth + 4.0 / 11.0 * (1.0 - growth) * rho) * (12.0 - rho) / 8.0 * one;
}

double sim_theory_max_exponential_mean(unsigned n, double mean)
{
    return sim_theory_harmonic(n) * mean;
}

double sim_theory_max_exponential_quantile(unsigned n, double mean, double p)
{
    return -mean * log(-expm1(log(p) / n)); /* 1 - (1 - e^-x)^n = 1 - p */
}

double sim_theory_fanout(double p, unsigned n)
{
    return -expm1(n * log1p(-p));
}

/* 1 + d + ... + d^(i-1) = (d^i - 1)/(d - 1). */
static double geometric(unsigned d, unsigned i)
{
    double sum = 0.0;
    for (unsigned k = 0; k < i && sum < 1e300; k++) {
        sum = 1.0 + d * sum;
    }
    return sum;
}

double sim_theory_power_of_d_tail(unsigned d, double rho, unsigned i)
{
    return rho >= 1.0 ? 1.0 : pow(rho, geometric(d, i));
}

double sim_theory_power_of_d_sojourn(unsigned d, double rho)
{
    if (rho >= 1.0) {
        return INFINITY;
    }
    if (d == 1) {
        return 1.0 / (1.0 - rho);
    }
    double sum = 0.0, term = 1.0;
    for (unsigned i = 1; term > 1e-18; i++) {
        term = sim_theory_power_of_d_tail(d, rho, i) / rho;
        sum += term;
    }
    return sum;
}

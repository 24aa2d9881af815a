/* The rows of published/closed_forms.csv about stations, networks and fan-out. Each function
 * returns our own answer to a row of its case, NaN where it has none. */
#ifndef TESTS_THEORY_CLOSED_FORMS_STATIONS_H
#define TESTS_THEORY_CLOSED_FORMS_STATIONS_H

#include "closed_forms_row.h"
#include "stats/theory_networks.h"
#include "stats/theory_queues.h"

/* What the station's means say about a metric; NaN when it is none of them. */
static double station_metric(const struct sim_theory_station *station, const char *metric)
{
    const struct {
        const char *name;
        double value;
    } METRICS[] = {
        {"L", station->present},          {"Lq", station->waiting},
        {"W", station->sojourn},          {"Wq", station->wait},
        {"W_accepted", station->sojourn}, {"throughput", station->throughput},
        {"P_block", station->blocked},    {"Wq_approx", station->wait},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(METRICS); i++) {
        if (strcmp(METRICS[i].name, metric) == 0) {
            return METRICS[i].value;
        }
    }
    return NAN;
}

/* Stations */

static double mmc_metric(const struct row *row, int servers, double lambda, double mu)
{
    double p;
    if (quantile_of(row, "W_p", &p)) {
        return sim_theory_mmc_sojourn_quantile(servers, lambda, mu, p);
    }
    if (quantile_of(row, "Wq_p", &p)) {
        return sim_theory_mmc_wait_quantile(servers, lambda, mu, p);
    }
    if (is_metric(row, "ErlangC")) {
        return sim_theory_erlang_c(servers, lambda / mu);
    }
    struct sim_theory_station station = sim_theory_mmc(servers, lambda, mu);
    return station_metric(&station, row->metric);
}

static double row_mm1(const struct row *row)
{
    double lambda = number(row, "lambda"), mu = number(row, "mu");
    if (is_metric(row, "P(N>=10)")) {
        return sim_theory_mm1_present_tail(lambda / mu, 10);
    }
    if (is_metric(row, "Var(N)")) {
        return sim_theory_mm1_present_variance(lambda / mu);
    }
    return mmc_metric(row, 1, lambda, mu);
}

static double row_mmc(const struct row *row)
{
    int servers = (int)whole(row, "c");
    double mu = number(row, "mu");
    return mmc_metric(row, servers, number(row, "rho") * servers * mu, mu);
}

static double row_pooling(const struct row *row)
{
    double lambda = number(row, "rho") * number(row, "mu"), mu = number(row, "mu");
    if (is_metric(row, "W_random_split(n x MM1)")) {
        return sim_theory_mmc(1, lambda, mu).sojourn;
    }
    return sim_theory_mmc((int)whole(row, "n"), lambda * number(row, "n"), mu).sojourn;
}

static double row_erlang_b(const struct row *row)
{
    return sim_theory_erlang_b((int)whole(row, "c"), number(row, "a"));
}

static double row_mmck(const struct row *row)
{
    struct sim_theory_station station = sim_theory_mmck((int)whole(row, "c"), (int)whole(row, "K"),
                                                        number(row, "lambda"), number(row, "mu"));
    return station_metric(&station, row->metric);
}

static double row_mg1(const struct row *row)
{
    static const struct {
        const char *law;
        double scv;
    } LAWS[] = {{"MD1", 0.0}, {"ME4", 0.25}, {"MU01", 1.0 / 3}, {"MH2", 4.0}, {"MG1", 16.0}};
    for (size_t i = 0; i < G_N_ELEMENTS(LAWS); i++) {
        if (g_str_has_prefix(row->params, LAWS[i].law)) {
            return sim_theory_mg1(number(row, "rho"), 1.0, LAWS[i].scv).wait;
        }
    }
    return NAN;
}

static double row_md1(const struct row *row)
{
    double rho = number(row, "rho"), p;
    if (quantile_of(row, "Wq_p", &p)) {
        return sim_theory_md1_wait_quantile(rho, p);
    }
    if (is_metric(row, "P(Wq=0)")) {
        return 1.0 - sim_theory_md1_wait_tail(rho, 0.0);
    }
    return sim_theory_md1_wait_tail(rho, g_ascii_strtod(row->metric + strlen("P(Wq>"), NULL));
}

static double row_h2(const struct row *row)
{
    struct sim_theory_h2 h2 = sim_theory_h2_balanced(1.0, number(row, "scv"));
    return is_metric(row, "p1") ? h2.p1 : (is_metric(row, "mu1") ? h2.mu1 : h2.mu2);
}

static double row_sharing(const struct row *row)
{
    return sim_theory_mg1_sharing(number(row, "rho"), 1.0).sojourn; /* per unit of size as well */
}

static double row_priority(const struct row *row, bool is_preemptive)
{
    struct sim_theory_class classes[2] = {{number(row, "l1"), 1.0, 1.0},
                                          {number(row, "l2"), 1.0, 1.0}};
    double answers[2];
    if (is_preemptive) {
        sim_theory_preemptive_sojourns(classes, 2, answers);
    } else {
        sim_theory_priority_waits(classes, 2, answers);
    }
    return answers[row->metric[strlen(row->metric) - 1] - '1'];
}

static double row_priority_nonpreemptive(const struct row *row)
{
    return row_priority(row, false);
}

static double row_priority_preemptive(const struct row *row)
{
    return row_priority(row, true);
}

static double row_srpt(const struct row *row)
{
    return sim_theory_srpt_sojourn(number(row, "rho"), number(row, "mu"));
}

static double row_dm1(const struct row *row)
{
    if (is_metric(row, "sigma")) {
        return sim_theory_gm1_sigma(0, number(row, "rho"), number(row, "mu"));
    }
    struct sim_theory_station station = sim_theory_gm1(0, number(row, "rho"), number(row, "mu"));
    return station_metric(&station, row->metric);
}

static double row_round_robin(const struct row *row)
{
    return sim_theory_gm1(whole(row, "n"), number(row, "rho"), number(row, "mu")).sojourn;
}

static double row_kingman(const struct row *row)
{
    return sim_theory_gg1(number(row, "rho"), number(row, "ca2"), 1.0, number(row, "cs2")).wait;
}

static double row_machine_repair(const struct row *row)
{
    int machines = (int)whole(row, "N");
    struct sim_theory_station station = sim_theory_finite_source(
        machines, (int)whole(row, "c"), number(row, "lambda"), number(row, "mu"));
    if (is_metric(row, "mean_down")) {
        return station.present;
    }
    if (is_metric(row, "availability")) {
        return 1.0 - station.present / machines;
    }
    return is_metric(row, "repair_turnaround") ? station.sojourn
                                               : station_metric(&station, row->metric);
}

/* Networks and fan-out */

static double row_jackson(const struct row *row)
{
    g_assert_cmpstr(row->params, ==, "ext=1->n1;r12=.5,r13=.3;r21=.4;r31=.2;mu=2,1,1");
    struct sim_theory_node nodes[3] = {{1, 2, 1}, {0, 1, 1}, {0, 1, 1}};
    double routing[9] = {0, 0.5, 0.3, 0.4, 0, 0, 0.2, 0, 0};
    double rates[3], present[3];
    double sojourn = sim_theory_jackson(nodes, routing, 3, rates, present);
    if (is_metric(row, "W_total")) {
        return sojourn;
    }
    int node = row->metric[strlen(row->metric) - 1] - '1';
    return row->metric[0] == 'L' ? present[node] : rates[node];
}

static double row_tandem(const struct row *row)
{
    size_t k = whole(row, "k");
    struct sim_theory_node nodes[8] = {{0}};
    double routing[64] = {0}, rates[8], present[8];
    for (size_t i = 0; i < k; i++) {
        nodes[i] = (struct sim_theory_node){i == 0 ? number(row, "rho") : 0.0, 1.0, 1};
        if (i + 1 < k) {
            routing[i * k + i + 1] = 1.0;
        }
    }
    return sim_theory_jackson(nodes, routing, k, rates, present);
}

static double row_mva(const struct row *row)
{
    struct sim_theory_demand stations[8];
    size_t count = 0;
    const char *at = find(row, "D");
    char *end;
    do {
        stations[count++] = (struct sim_theory_demand){g_ascii_strtod(at, &end), 1};
        at = end + 1;
    } while (*end == ',');
    struct sim_theory_closed closed =
        sim_theory_mva(stations, count, number(row, "Z"), whole(row, "N"), NULL);
    return is_metric(row, "X") ? closed.throughput : closed.response;
}

static double row_fork_join(const struct row *row)
{
    return sim_theory_fork_join_sojourn(whole(row, "n"), number(row, "rho"), number(row, "mu"));
}

static double row_max_exponential(const struct row *row)
{
    unsigned n = whole(row, "n");
    return is_metric(row, "E[max]") ? sim_theory_max_exponential_mean(n, number(row, "mean"))
                                    : sim_theory_max_exponential_quantile(n, 1.0, 0.99);
}

static double row_power_of_d(const struct row *row)
{
    return sim_theory_power_of_d_sojourn(whole(row, "d"), number(row, "lambda"));
}

static double row_power_of_d_tail(const struct row *row)
{
    unsigned i = (unsigned)strtoul(row->metric + strlen("P(Q>="), NULL, 10);
    return sim_theory_power_of_d_tail(whole(row, "d"), number(row, "lambda"), i);
}

static double row_fanout(const struct row *row)
{
    return sim_theory_fanout(number(row, "p_slow"), whole(row, "n"));
}

/* The fit that R's package usl prints for specsdm91 (Gunther 2007, table 5.1). */
static double row_usl(const struct row *row)
{
    struct sim_theory_usl usl = {89.995233, 0.0277285, 0.0001044};
    return is_metric(row, "X") ? sim_theory_usl(&usl, number(row, "N")) : sim_theory_usl_peak(&usl);
}

#endif

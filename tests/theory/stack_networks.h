/* Families of cases with several stations or a closed population: see stack_stations.h. */
#ifndef TESTS_THEORY_STACK_NETWORKS_H
#define TESTS_THEORY_STACK_NETWORKS_H

#include "stack_row.h"
#include "stats/theory_networks.h"

/* Stations in a row: load a, stations b. */
static inline void case_tandem(const struct stack_row *row)
{
    struct exact_stages law = {(int)row->b, MU * (1.0 - row->a)};
    double sojourn = law.stages / law.rate;
    struct stack_check checks[6] = {
        {"users.latency mean", sojourn, 0},
        {"station_2.queued mean", row->a * row->a / (1.0 - row->a), 0},
    };
    add_percentiles(checks, "users.latency", exact_stages_tail, &law, 1.0, true);
    SETTINGS("load=%g stations=%d requests=%g", row->a, law.stages, row->requests);
    stack_case("tandem", settings, checks);
}

/* Three stations with loops: arrivals a a second; with their queues and waits where b is 1. No law
 * of the whole way is known, but an arrival at a station finds what is there on average (Sevcik and
 * Mitrani, "The distribution of queuing network states at input and output instants", Journal of
 * the ACM 28(2), 1981), so that each wait has the law of M/M/1. */
static inline void case_jackson(const struct stack_row *row)
{
    struct sim_theory_node nodes[] = {{row->a, 200, 1}, {0, 100, 1}, {0, 100, 1}};
    const double routing[] = {0, 0.5, 0.3, 0.4, 0, 0, 0.2, 0, 0};
    double rates[3], present[3];
    double total = sim_theory_jackson(nodes, routing, 3, rates, present);
    struct stack_check checks[] = {
        {"users.latency mean", total, 0},
        {"n1.throughput mean", rates[0], 0},
        {"n2.throughput mean", rates[1], 0},
        {"n3.throughput mean", rates[2], 0},
        {row->b > 0 ? "n1.queued mean" : NULL, present[0] - rates[0] / 200, 0},
        {"n2.queued mean", present[1] - rates[1] / 100, 0},
        {"n3.queued mean", present[2] - rates[2] / 100, 0},
        {"n1.wait p90", sim_theory_mmc_wait_quantile(1, rates[0], 200, 0.9), 0},
        {"n1.wait p99", sim_theory_mmc_wait_quantile(1, rates[0], 200, 0.99), 0},
        {"n2.wait p90", sim_theory_mmc_wait_quantile(1, rates[1], 100, 0.9), 0},
        {"n2.wait p99", sim_theory_mmc_wait_quantile(1, rates[1], 100, 0.99), 0},
        {"n3.wait p90", sim_theory_mmc_wait_quantile(1, rates[2], 100, 0.9), 0},
        {"n3.wait p99", sim_theory_mmc_wait_quantile(1, rates[2], 100, 0.99), 0},
        {NULL, 0, 0},
    };
    SETTINGS("arrivals=%g requests=%g", row->a, row->requests);
    stack_case("jackson", settings, checks);
}

/* The same without the ways back: nobody overtakes, so that the law of the whole way is known. */
static inline void case_branches(const struct stack_row *row)
{
    double n1 = 200 - row->a, n2 = 100 - 0.5 * row->a, n3 = 100 - 0.3 * row->a;
    struct exact_branches law = {n1, {0.5, 0.3}, {n2, n3}};
    struct stack_check checks[8] = {
        {"users.latency mean", 1 / n1 + 0.5 / n2 + 0.3 / n3, 0},
        {"n2.throughput mean", 0.5 * row->a, 0},
        {"n3.throughput mean", 0.3 * row->a, 0},
    };
    add_percentiles(checks, "users.latency", exact_branches_tail, &law, 1.0, is_long(row));
    SETTINGS("arrivals=%g loops=0 requests=%g", row->a, row->requests);
    stack_case("jackson", settings, checks);
}

/* Balancer: load a, servers b, policy `word`; for two choices c is the exact mean in services. */
static inline void case_split(const struct stack_row *row)
{
    int servers = (int)row->b;
    struct stack_check checks[6] = {{0}};
    if (strcmp(row->word, "random") == 0) {
        exponential_checks(checks, MEAN / (1.0 - row->a));
    } else if (strcmp(row->word, "round_robin") == 0) {
        double lambda = row->a * servers * MU;
        exponential_checks(checks, sim_theory_gm1((unsigned)servers, lambda / servers, MU).sojourn);
    } else {
        checks[0] = (struct stack_check){"users.latency mean", row->c * MEAN, 0};
    }
    SETTINGS("load=%g servers=%d policy=%s requests=%g", row->a, servers, row->word, row->requests);
    stack_case("split", settings, checks);
}

/* The best of c choices among so many servers, b, that what differs from infinitely many is below a
 * tenth of the tolerance: load a. */
static inline void case_many_servers(const struct stack_row *row)
{
    unsigned d = (unsigned)row->c;
    struct exact_found law = exact_shorter(d, row->a, MU);
    struct stack_check checks[6] = {
        {"users.latency mean", sim_theory_power_of_d_sojourn(d, row->a) * MEAN, 0},
        {"server.busy mean", row->a, 0},
    };
    add_percentiles(checks, "users.latency", exact_found_tail, &law, 1.0, true);
    SETTINGS("load=%g servers=%g policy=two_choices choices=%u requests=%g", row->a, row->b, d,
             row->requests);
    stack_case("split", settings, checks);
}

/* A closed population of a before b servers, mean pause c in services. */
static inline void case_repair(const struct stack_row *row)
{
    struct sim_theory_station exact =
        sim_theory_finite_source((int)row->a, (int)row->b, MU / row->c, MU);
    struct exact_found law = exact_broken((int)row->a, (int)row->b, MU / row->c, MU);
    struct stack_check checks[8] = {
        {"machines.open mean", exact.present, 0},
        {"machines.throughput mean", exact.throughput, 0},
        {"machines.latency mean", exact.sojourn, 0},
    };
    add_percentiles(checks, "machines.latency", exact_found_tail, &law, 1.0, is_long(row));
    SETTINGS("machines=%d servers=%d think=%gms cycles=%g", (int)row->a, (int)row->b,
             row->c * MEAN * 1e3, row->requests);
    stack_case("repair", settings, checks);
}

/* The central server with a users, b processors: `word` gives the rest, c is unused. Demands and
 * the think time are read back from the settings' values below. */
struct central {
    const char *settings;
    double demand[4], think;
};

static inline void run_central(const struct stack_row *row, const struct central *central)
{
    struct sim_theory_demand stations[4];
    for (int i = 0; i < 4; i++) {
        stations[i] = (struct sim_theory_demand){central->demand[i], i == 0 ? (int)row->b : 1};
    }
    struct sim_theory_closed exact =
        sim_theory_mva(stations, 4, central->think, (unsigned)row->a, NULL);
    struct stack_check checks[] = {
        {"users.throughput mean", exact.throughput, 0},
        {"users.latency mean", exact.response, 0},
        {"a.busy mean", exact.throughput * central->demand[1], 0},
        {NULL, 0, 0},
    };
    SETTINGS("users=%d servers=%d cycles=%g %s", (int)row->a, (int)row->b, row->requests,
             central->settings);
    stack_case("central", settings, checks);
}

/* Bolch and others, example 8.3. */
static inline void case_bolch(const struct stack_row *row)
{
    static const struct central central = {
        "think=0s processor=20ms share_a=0.4 work_a=200ms share_b=0.2 work_b=400ms share_c=0.1 "
        "work_c=600ms",
        {0.02, 0.08, 0.08, 0.06},
        0};
    run_central(row, &central);
}

/* Example 8.4: two processors, a fourth station where nobody waits. */
static inline void case_bolch_two(const struct stack_row *row)
{
    static const struct central central = {
        "think=1s processor=500ms share_a=0.5 work_a=600ms share_b=0.5 work_b=800ms share_c=0",
        {0.5, 0.3, 0.4, 0},
        1};
    run_central(row, &central);
}

/* Demands of 50, 80 and 40 ms and a second of thinking. */
static inline void case_terminals(const struct stack_row *row)
{
    static const struct central central = {
        "think=1s processor=50ms share_a=0.5 work_a=160ms share_b=0.5 work_b=80ms share_c=0",
        {0.05, 0.08, 0.04, 0},
        1};
    run_central(row, &central);
}

/* Fifteen seconds of thinking, demands of 0.605, 2.1 and 1.35 s. */
static inline void case_slow_terminals(const struct stack_row *row)
{
    static const struct central central = {
        "think=15s processor=605ms share_a=0.5 work_a=4200ms share_b=0.5 work_b=2700ms share_c=0",
        {0.605, 2.1, 1.35, 0},
        15};
    run_central(row, &central);
}

/* Two stations with demands of one second, and no thinking. */
static inline void case_two_stations(const struct stack_row *row)
{
    static const struct central central = {
        "think=0s processor=1s share_a=1 work_a=1s share_b=0 share_c=0", {1, 1, 0, 0}, 0};
    run_central(row, &central);
}

#endif

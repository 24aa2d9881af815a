/* The families of cases: each function takes the parameters of one case, works out the exact values
 * and runs it. Service takes 10 ms on average unless stated. Tables of rows are in the programs. */
#ifndef TESTS_THEORY_STACK_CASES_H
#define TESTS_THEORY_STACK_CASES_H

#include "stack.h"
#include "stack_exact.h"
#include "stats/theory_caches.h"
#include "stats/theory_networks.h"

#define MEAN 0.01
#define MU (1.0 / MEAN)

/* Numbers of a row mean what its family says; `requests` is what each of 20 runs makes. */
struct stack_row {
    void (*run)(const struct stack_row *row);
    double a, b, c;
    const char *word;
    double requests;
};

#define SETTINGS(...) g_autofree char *settings = g_strdup_printf(__VA_ARGS__)

/* M/M/c: load a, servers b. */
static inline void case_mmc(const struct stack_row *row)
{
    int servers = (int)row->b;
    double lambda = row->a * servers * MU;
    struct sim_theory_station exact = sim_theory_mmc(servers, lambda, MU);
    bool waits_often = sim_theory_erlang_c(servers, row->a * servers) > 0.4;
    struct stack_check checks[] = {
        {"users.latency mean", exact.sojourn, 0},
        {"users.latency p50", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.5), 0},
        {"users.latency p90", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.9), 0},
        {"users.latency p99", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.99), 0},
        {"users.goodput mean", lambda, 0},
        {"api.busy mean", row->a, 0},
        {waits_often ? "api.wait mean" : NULL, exact.wait, 0},
        {"api.queued mean", exact.waiting, 0},
        {"api.wait p90", sim_theory_mmc_wait_quantile(servers, lambda, MU, 0.9), 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g servers=%d requests=%g", row->a, servers, row->requests);
    stack_case("mmc", settings, checks);
}

/* M/M/c/K: load a, servers b, places c. */
static inline void case_mmck(const struct stack_row *row)
{
    int servers = (int)row->b, places = (int)row->c;
    double lambda = row->a * servers * MU;
    struct sim_theory_station exact = sim_theory_mmck(servers, places, lambda, MU);
    struct stack_check checks[] = {
        {"users.rejected ratio", exact.blocked, 0},
        {"users.goodput mean", exact.throughput, 0},
        {"users.latency.answered mean", exact.sojourn, 0},
        {"api.busy mean", exact.utilisation, 0},
        {places > servers ? "api.queued mean" : NULL, exact.waiting, 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g servers=%d places=%d requests=%g", row->a, servers, places, row->requests);
    stack_case("mmc", settings, checks);
}

/* M/G/1: load a, law `word`, its squared coefficient of variation b. */
static inline void case_mg1(const struct stack_row *row)
{
    double lambda = row->a * MU;
    struct sim_theory_station exact = sim_theory_mg1(lambda, MEAN, row->b);
    struct stack_check checks[8] = {
        {"users.latency mean", exact.sojourn, 0},
        {"api.busy mean", row->a, 0},
        {"api.throughput mean", lambda, 0},
        {"api.open mean", exact.present, 0},
    };
    if (row->a >= 0.5) { /* below, waits are too rare to be worth their price */
        checks[2] = (struct stack_check){"api.wait mean", exact.wait, 0};
        checks[3] = (struct stack_check){"api.queued mean", exact.waiting, 0};
    }
    if (strcmp(row->word, "constant") == 0) {
        checks[4] = (struct stack_check){"api.wait p95",
                                         MEAN * sim_theory_md1_wait_quantile(row->a, 0.95), 0};
        checks[5] = (struct stack_check){"api.wait p99",
                                         MEAN * sim_theory_md1_wait_quantile(row->a, 0.99), 0};
        checks[6] = (struct stack_check){
            "users.latency p90", MEAN * (1.0 + sim_theory_md1_wait_quantile(row->a, 0.9)), 0};
    } else if (strcmp(row->word, "erlang") == 0) {
        struct exact_erlang *law = g_new0(struct exact_erlang, 1);
        exact_erlang_init(law, 4, lambda, MU);
        checks[4] = (struct stack_check){"api.wait p90",
                                         exact_quantile(exact_erlang_tail, law, 0.9, MEAN), 0};
        law->with_service = true;
        checks[5] = (struct stack_check){"users.latency p50",
                                         exact_quantile(exact_erlang_tail, law, 0.5, MEAN), 0};
        checks[6] = (struct stack_check){"users.latency p99",
                                         exact_quantile(exact_erlang_tail, law, 0.99, MEAN), 0};
        g_free(law);
    } else if (strcmp(row->word, "hyperexponential") == 0) {
        struct exact_pair law = exact_hyper(lambda, MEAN, row->b);
        checks[4] = (struct stack_check){"users.latency p50",
                                         exact_quantile(exact_pair_tail, &law, 0.5, MEAN), 0};
        checks[5] = (struct stack_check){"users.latency p99",
                                         exact_quantile(exact_pair_tail, &law, 0.99, MEAN), 0};
    }
    SETTINGS("load=%g law=%s requests=%g", row->a, row->word, row->requests);
    stack_case("mg1", settings, checks);
}

/* M/G/1 processor sharing: load a, law `word`; one request in eight has a mean of 45 ms, the others
 * one of 5 ms, which makes the overall mean MEAN. */
static inline void case_sharing(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"many.latency mean", 0.005 / (1.0 - row->a), 0},
        {"few.latency mean", 0.045 / (1.0 - row->a), 0},
        {"cpu.busy mean", row->a, 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g law=%s requests=%g", row->a, row->word, row->requests);
    stack_case("sharing", settings, checks);
}

/* Two classes: loads a (urgent) and b, order `word`. */
static inline void case_priorities(const struct stack_row *row)
{
    struct sim_theory_class classes[] = {{row->a * MU, MEAN, 1}, {row->b * MU, MEAN, 1}};
    double sojourns[2];
    double p99 = 0;
    if (strcmp(row->word, "priority") == 0) {
        sim_theory_priority_waits(classes, 2, sojourns);
        sojourns[0] += MEAN;
        sojourns[1] += MEAN;
        struct exact_pair law = exact_urgent(row->a * MU, row->b * MU, MU);
        p99 = exact_quantile(exact_pair_tail, &law, 0.99, MEAN);
    } else {
        sim_theory_preemptive_sojourns(classes, 2, sojourns);
        p99 = sim_theory_mmc_sojourn_quantile(1, row->a * MU, MU, 0.99);
    }
    struct stack_check checks[] = {
        {"patient.latency mean", sojourns[1], 0},
        {"urgent.latency mean", sojourns[0], 0},
        {"urgent.latency p99", p99, 0},
        {"api.busy mean", row->a + row->b, 0},
        {NULL, 0, 0},
    };
    SETTINGS("urgent=%g patient=%g order=%s requests=%g", row->a, row->b, row->word, row->requests);
    stack_case("priorities", settings, checks);
}

/* M/M/1 under SRPT: load a. */
static inline void case_shortest(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"users.latency mean", sim_theory_srpt_sojourn(row->a * MU, MU), 0},
        {"api.busy mean", row->a, 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g requests=%g", row->a, row->requests);
    stack_case("shortest", settings, checks);
}

/* An exponential time inside with this mean: what GI/M/1 and M/M/1 give. */
static inline void exponential_checks(struct stack_check *checks, double sojourn)
{
    checks[0] = (struct stack_check){"users.latency mean", sojourn, 0};
    checks[1] = (struct stack_check){"users.latency p50", sojourn * log(2.0), 0};
    checks[2] = (struct stack_check){"users.latency p90", sojourn * log(10.0), 0};
    checks[3] = (struct stack_check){"users.latency p99", sojourn * log(100.0), 0};
}

/* D/M/1: load a. */
static inline void case_dm1(const struct stack_row *row)
{
    struct sim_theory_station exact = sim_theory_gm1(0, row->a * MU, MU);
    struct stack_check checks[6] = {{0}};
    exponential_checks(checks, exact.sojourn);
    checks[4] = (struct stack_check){row->a > 0.4 ? "api.wait mean" : NULL, exact.wait, 0};
    SETTINGS("load=%g requests=%g", row->a, row->requests);
    stack_case("dm1", settings, checks);
}

/* Stations in a row: load a, stations b. */
static inline void case_tandem(const struct stack_row *row)
{
    struct exact_stages law = {(int)row->b, MU * (1.0 - row->a)};
    double sojourn = law.stages / law.rate;
    struct stack_check checks[] = {
        {"users.latency mean", sojourn, 0},
        {"users.latency p50", exact_quantile(exact_stages_tail, &law, 0.5, sojourn), 0},
        {"users.latency p99", exact_quantile(exact_stages_tail, &law, 0.99, sojourn), 0},
        {"station_2.queued mean", row->a * row->a / (1.0 - row->a), 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g stations=%d requests=%g", row->a, law.stages, row->requests);
    stack_case("tandem", settings, checks);
}

/* Three stations with loops: arrivals a a second; with their queues where b is 1. */
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
        {NULL, 0, 0},
    };
    SETTINGS("arrivals=%g requests=%g", row->a, row->requests);
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

/* A closed population of a before b servers, mean pause c in services. */
static inline void case_repair(const struct stack_row *row)
{
    struct sim_theory_station exact =
        sim_theory_finite_source((int)row->a, (int)row->b, MU / row->c, MU);
    struct stack_check checks[] = {
        {"machines.open mean", exact.present, 0},
        {"machines.throughput mean", exact.throughput, 0},
        {"machines.latency mean", exact.sojourn, 0},
        {NULL, 0, 0},
    };
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

/* Independent references: keys a, exponent b, capacity c, policy `word`; within 0.001. */
static inline void case_cache(const struct stack_row *row)
{
    size_t keys = (size_t)row->a, capacity = (size_t)row->c;
    double *p = g_new(double, keys);
    sim_theory_zipf(keys, row->b, p);
    double exact = strcmp(row->word, "lru") == 0 ? sim_theory_lru(p, keys, capacity, NULL)
                                                 : sim_theory_fifo(p, keys, capacity, NULL);
    g_free(p);
    struct stack_check checks[] = {{"cache.hits ratio", exact, 0.001}, {NULL, 0, 0}};
    SETTINGS("keys=%zu exponent=%g capacity=%zu policy=%s requests=%g", keys, row->b, capacity,
             row->word, row->requests);
    stack_case("cache-irm", settings, checks);
}

/* A time to live of a seconds, b requests/s for each key; within 0.001. */
static inline void case_ttl(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"cache.hits ratio", sim_theory_ttl_hit(row->b, row->a), 0.001},
        {NULL, 0, 0},
    };
    SETTINGS("ttl=%gs each=%g requests=%g", row->a, row->b, row->requests);
    stack_case("cache-ttl", settings, checks);
}

/* Attempts fail with probability a, b retries. */
static inline void case_retries(const struct stack_row *row)
{
    double attempts = 0.0;
    for (int k = 0; k <= (int)row->b; k++) {
        attempts += pow(row->a, k);
    }
    struct stack_check checks[] = {
        {"users.attempts mean", 100.0 * attempts, 0},
        {"users.errors ratio", pow(row->a, row->b + 1.0), 0},
        {NULL, 0, 0},
    };
    SETTINGS("fails=%g retries=%d requests=%g", row->a, (int)row->b, row->requests);
    stack_case("retries", settings, checks);
}

/* Works for a seconds and is broken for b seconds on average; `requests` counts outages. */
static inline void case_outages(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"users.errors ratio", row->b / (row->a + row->b), 0},
        {"users.success ratio", row->a / (row->a + row->b), 0},
        {NULL, 0, 0},
    };
    SETTINGS("works=%gs broken=%gs outages=%g", row->a, row->b, row->requests);
    stack_case("outages", settings, checks);
}

/* --- Programs -----------------------------------------------------------------------------------
 */

static inline void stack_run_row(gconstpointer data)
{
    const struct stack_row *row = data;
    row->run(row);
}

static inline int stack_main(int argc, char **argv, const char *program,
                             const struct stack_row *rows, size_t count)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* every case has its say */
    stack_pins_read(argc, argv);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/%s/%zu", program, i + 1);
        g_test_add_data_func(path, &rows[i], stack_run_row);
    }
    int status = g_test_run();
    stack_pins_write();
    return status;
}

#endif

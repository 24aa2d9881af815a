/* Families of cases with one station: each function takes the parameters of a row, works out the
 * exact values and runs it. Service takes MEAN on average. */
#ifndef TESTS_THEORY_STACK_STATIONS_H
#define TESTS_THEORY_STACK_STATIONS_H

#include "stack_row.h"
#include "stack_sharing.h"
#include "stack_shortest.h"
#include "stack_transform.h"

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
    struct exact_found law = exact_admitted(servers, places, lambda, MU);
    struct stack_check checks[10] = {
        {"users.rejected ratio", exact.blocked, 0},
        {"users.goodput mean", exact.throughput, 0},
        {"users.latency.answered mean", exact.sojourn, 0},
        {"api.busy mean", exact.utilisation, 0},
        {places > servers ? "api.queued mean" : NULL, exact.waiting, 0},
    };
    add_percentiles(checks, "users.latency.answered", exact_found_tail, &law, 1.0, is_long(row));
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
    } else if (strcmp(row->word, "uniform") == 0) {
        struct exact_fifo fifo = {lambda, MEAN, EXACT_WORK_UNIFORM, true};
        struct exact_transform law = exact_fifo(&fifo);
        add_percentiles(checks, "users.latency", exact_transform_tail, &law, 1.0, true);
    }
    SETTINGS("load=%g law=%s requests=%g", row->a, row->word, row->requests);
    stack_case("mg1", settings, checks);
}

/* M/G/1 processor sharing: load a, law `word`; one request in eight is large, c ms on average, the
 * others small, b ms. The law of sizes must not matter, nor must the number present know it. */
static inline void case_sharing(const struct stack_row *row)
{
    double small = row->b * 1e-3, large = row->c * 1e-3;
    struct stack_check checks[] = {
        {"many.latency mean", small / (1.0 - row->a), 0},
        {"few.latency mean", large / (1.0 - row->a), 0},
        {"cpu.busy mean", row->a, 0},
        {is_long(row) ? "cpu.open mean" : NULL, row->a / (1.0 - row->a), 0},
        {NULL, 0, 0},
    };
    g_autoptr(GString) sizes = g_string_new(NULL); /* where they are not the scenario's own */
    if (row->b != 5 || row->c != 45) {
        g_string_printf(sizes, "small=%gms large=%gms ", row->b, row->c);
    }
    SETTINGS("load=%g law=%s %srequests=%g", row->a, row->word, sizes->str, row->requests);
    stack_case("sharing", settings, checks);
}

/* The same with requests that are all alike, for the whole law: exponential or constant work. */
static inline void case_sharing_alike(const struct stack_row *row)
{
    struct stack_check checks[8] = {
        {"many.latency mean", MEAN / (1.0 - row->a), 0},
        {"cpu.busy mean", row->a, 0},
        {"cpu.throughput mean", row->a * MU, 0},
    };
    if (strcmp(row->word, "constant") == 0) {
        struct exact_transform law = exact_shared_constant(&row->a);
        add_percentiles(checks, "many.latency", exact_transform_tail, &law, MEAN, is_long(row));
    } else {
        add_percentiles(checks, "many.latency", exact_sharing_tail, &row->a, MEAN, is_long(row));
    }
    SETTINGS("load=%g law=%s small=10ms large=10ms requests=%g", row->a, row->word, row->requests);
    stack_case("sharing", settings, checks);
}

/* Two classes: loads a (urgent) and b, order `word`. */
static inline void case_priorities(const struct stack_row *row)
{
    struct sim_theory_class classes[] = {{row->a * MU, MEAN, 1}, {row->b * MU, MEAN, 1}};
    bool is_preemptive = strcmp(row->word, "priority_preemptive") == 0;
    double sojourns[2];
    struct exact_pair first;
    if (is_preemptive) { /* to the urgent the others do not exist */
        sim_theory_preemptive_sojourns(classes, 2, sojourns);
        first = (struct exact_pair){.a = {1, 0}, .r = {MU * (1 - row->a), MU}};
    } else {
        sim_theory_priority_waits(classes, 2, sojourns);
        sojourns[0] += MEAN;
        sojourns[1] += MEAN;
        first = exact_urgent(row->a * MU, row->b * MU, MU);
    }
    struct exact_patient patient = {row->a * MU, row->b * MU, MU, is_preemptive};
    struct exact_transform second = exact_patient(&patient);
    struct stack_check checks[10] = {
        {"patient.latency mean", sojourns[1], 0},
        {"urgent.latency mean", sojourns[0], 0},
        {"api.busy mean", row->a + row->b, 0},
    };
    add_percentiles(checks, "urgent.latency", exact_pair_tail, &first, 1.0, true);
    add_percentiles(checks, "patient.latency", exact_transform_tail, &second, 1.0, is_long(row));
    SETTINGS("urgent=%g patient=%g order=%s requests=%g", row->a, row->b, row->word, row->requests);
    stack_case("priorities", settings, checks);
}

/* M/M/1 under SRPT: load a. */
static inline void case_shortest(const struct stack_row *row)
{
    struct stack_check checks[6] = {
        {"users.latency mean", sim_theory_srpt_sojourn(row->a * MU, MU), 0},
        {"api.busy mean", row->a, 0},
    };
    if (is_long(row)) { /* which the law, seconds to work out, is worth */
        struct exact_transform law = exact_shortest(&row->a);
        add_percentiles(checks, "users.latency", exact_transform_tail, &law, MEAN, true);
    }
    SETTINGS("load=%g requests=%g", row->a, row->requests);
    stack_case("shortest", settings, checks);
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

#endif

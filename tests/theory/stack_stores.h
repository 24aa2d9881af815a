/* Families of cases of stores that their pages say are queues. */
#ifndef TESTS_THEORY_STACK_STORES_H
#define TESTS_THEORY_STACK_STORES_H

#include "stack_row.h"

#define WAY 0.001 /* from the leader to its follower */

/* store.single whose writes do not wait for a disk: M/M/c of load a, servers b. */
static inline void case_store_mmc(const struct stack_row *row)
{
    int servers = (int)row->b;
    double lambda = row->a * servers * MU;
    struct sim_theory_station exact = sim_theory_mmc(servers, lambda, MU);
    struct stack_check checks[] = {
        {"users.latency mean", exact.sojourn, 0},
        {"users.latency p50", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.5), 0},
        {"users.latency p90", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.9), 0},
        {"users.latency p99", sim_theory_mmc_sojourn_quantile(servers, lambda, MU, 0.99), 0},
        {"store.busy mean", row->a, 0},
        {"store.wait mean", exact.wait, 0},
        {"store.queued mean", exact.waiting, 0},
        {NULL, 0, 0},
    };
    SETTINGS("load=%g servers=%d requests=%g", row->a, servers, row->requests);
    stack_case("store-mmc", settings, checks);
}

/* Replay of store.leader: the lag is the way and the time in M/G/1 of load a, law `word` with
 * squared coefficient of variation b. */
static inline void case_store_replay(const struct stack_row *row)
{
    double lambda = row->a * MU;
    struct sim_theory_station exact = sim_theory_mg1(lambda, MEAN, row->b);
    struct stack_check checks[5] = {{"db.lag mean", WAY + exact.sojourn, 0}};
    if (strcmp(row->word, "exponential") == 0) {
        checks[1] = (struct stack_check){"db.lag p50", WAY + exact.sojourn * log(2.0), 0};
        checks[2] = (struct stack_check){"db.lag p90", WAY + exact.sojourn * log(10.0), 0};
        checks[3] = (struct stack_check){is_long(row) ? "db.lag p99" : NULL,
                                         WAY + exact.sojourn * log(100.0), 0};
    } else if (strcmp(row->word, "constant") == 0) {
        checks[1] = (struct stack_check){
            "db.lag p90", WAY + MEAN * (1.0 + sim_theory_md1_wait_quantile(row->a, 0.9)), 0};
        checks[2] = (struct stack_check){
            "db.lag p99", WAY + MEAN * (1.0 + sim_theory_md1_wait_quantile(row->a, 0.99)), 0};
    } else if (strcmp(row->word, "hyperexponential") == 0) {
        struct exact_pair law = exact_hyper(lambda, MEAN, row->b);
        checks[1] = (struct stack_check){"db.lag p50",
                                         WAY + exact_quantile(exact_pair_tail, &law, 0.5, MEAN), 0};
        checks[2] = (struct stack_check){
            "db.lag p99", WAY + exact_quantile(exact_pair_tail, &law, 0.99, MEAN), 0};
    }
    SETTINGS("load=%g law=%s requests=%g", row->a, row->word, row->requests);
    stack_case("store-replay", settings, checks);
}

#endif

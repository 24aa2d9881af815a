/* Our own analytic code against the smaller tables of published/, and against itself where two ways
 * must lead to one figure. If this failed, the envelope would be wrong where no row of
 * closed_forms.csv looks. */
#include <glib.h>
#include <math.h>

#include "stats/theory_availability.h"
#include "stats/theory_caches.h"
#include "stats/theory_distributed.h"
#include "stats/theory_networks.h"
#include "stats/theory_queues.h"
#include "table.h"

static void assert_near(double answer, double expected, double relative)
{
    if (!(fabs(answer - expected) <= relative * fabs(expected))) {
        g_error("expected %.15g within %g, got %.15g", expected, relative, answer);
    }
}

/* NaN for metrics of single objects, which the caller compares. */
static double irm_metric(const char *metric, const double *p, size_t count, size_t capacity)
{
    if (strcmp(metric, "LRU_Che") == 0) {
        return sim_theory_lru_che(p, count, capacity, NULL);
    }
    if (strcmp(metric, "Che_Tc_requests") == 0) {
        return sim_theory_lru_che_time(p, count, capacity);
    }
    if (strcmp(metric, "FIFO=RANDOM_exact") == 0) {
        return sim_theory_fifo(p, count, capacity, NULL);
    }
    if (strcmp(metric, "FIFO_fixedpoint") == 0) {
        return sim_theory_fifo_che(p, count, capacity, NULL);
    }
    if (g_str_has_prefix(metric, "static_topC")) {
        return sim_theory_static_top(p, count, capacity);
    }
    g_assert_true(g_str_has_prefix(metric, "LRU_exact"));
    g_autofree double *hits = g_new(double, count);
    double ratio = sim_theory_lru(p, count, capacity, hits);
    if (strcmp(metric, "LRU_exact_hit_rank1") == 0) {
        return hits[0];
    }
    return strcmp(metric, "LRU_exact_hit_rank10") == 0 ? hits[9] : ratio;
}

/* The table's own quadrature of LRU is good to 1e-7 (its two ways differ by that); the rest to all
 * digits. */
static void test_caches(void)
{
    struct table table;
    if (!table_read(&table, "cache_irm.csv")) {
        return;
    }
    g_assert_cmpuint(table.row_count, >, 30);
    for (size_t i = 1; i < table.row_count; i++) {
        size_t count = (size_t)table_number(&table, i, "N");
        size_t capacity = (size_t)table_number(&table, i, "C");
        const char *metric = table_text(&table, i, "metric");
        g_autofree double *p = g_new(double, count);
        sim_theory_zipf(count, table_number(&table, i, "zipf_alpha"), p);
        bool is_quadrature =
            g_str_has_prefix(metric, "LRU_exact") && strcmp(metric, "LRU_exact_King") != 0;
        assert_near(irm_metric(metric, p, count, capacity), table_number(&table, i, "value"),
                    is_quadrature ? 1e-7 : 1e-9);
    }
    table_clear(&table);
}

/* King's sum over all ordered contents of an LRU cache of two, by hand. */
static void test_caches_by_hand(void)
{
    double p[] = {0.4, 0.3, 0.2, 0.1}, hits[4], expected = 0.0;
    for (int i = 0; i < 4; i++) {
        double hit = p[i]; /* i came last, or j did and i just before */
        for (int j = 0; j < 4; j++) {
            hit += j != i ? p[j] * p[i] / (1.0 - p[j]) : 0.0;
        }
        expected += p[i] * hit;
    }
    assert_near(sim_theory_lru(p, 4, 2, hits), expected, 1e-10);
    assert_near(hits[0] + hits[1] + hits[2] + hits[3], 2.0, 1e-10); /* the cache is full */
    g_assert_cmpfloat(sim_theory_lru(p, 4, 4, NULL), ==, 1.0);
    g_assert_cmpfloat(sim_theory_fifo(p, 4, 5, hits), ==, 1.0);
    g_assert_cmpfloat(sim_theory_lru_che(p, 4, 0, hits), ==, 0.0);
    g_assert_cmpfloat(hits[2], ==, 0.0);
    double equal[] = {0.25, 0.25, 0.25, 0.25}; /* all policies are the same then */
    assert_near(sim_theory_lru(equal, 4, 3, NULL), 0.75, 1e-10);
    assert_near(sim_theory_fifo(equal, 4, 3, NULL), 0.75, 1e-12);
}

/* Figures as printed in Bolch and others, "Queueing Networks and Markov Chains", three decimals. */
static void assert_printed(double answer, double printed)
{
    g_assert_cmpfloat_with_epsilon(answer, printed, 0.00101);
}

static void test_textbook(void)
{
    double service[] = {0.02, 0.2, 0.4, 0.6}, visits[] = {1, 0.4, 0.2, 0.1};
    struct sim_theory_demand stations[4];
    for (int i = 0; i < 4; i++) {
        stations[i] = (struct sim_theory_demand){service[i] * visits[i], 1};
    }
    double present[4];
    struct sim_theory_closed closed = sim_theory_mva(stations, 4, 0.0, 6, present);
    double printed[] = {0.244, 2.261, 2.261, 1.234};
    for (int i = 0; i < 4; i++) {
        assert_printed(present[i], printed[i]);
    }
    assert_printed(closed.throughput, 9.920);
    struct sim_theory_demand mixed[] = {{0.5, 2}, {0.3, 1}, {0.4, 1}, {1.0, 0}};
    double mixed_printed[] = {0.624, 0.473, 0.686, 1.217};
    closed = sim_theory_mva(mixed, 4, 0.0, 3, present);
    for (int i = 0; i < 4; i++) {
        assert_printed(present[i], mixed_printed[i]);
    }
    assert_printed(closed.throughput, 1.218);
}

/* A closed network of one station and a think time is the finite source, with any servers. */
static void test_closed_is_finite_source(void)
{
    for (int servers = 1; servers <= 5; servers++) {
        for (unsigned population = 1; population <= 40; population += 3) {
            struct sim_theory_demand station = {0.5, servers};
            double present;
            struct sim_theory_closed closed =
                sim_theory_mva(&station, 1, 4.0, population, &present);
            struct sim_theory_station source =
                sim_theory_finite_source((int)population, servers, 0.25, 2.0);
            assert_near(closed.throughput, source.throughput, 1e-7);
            assert_near(closed.response, source.sojourn, 1e-7);
            assert_near(present, source.present, 1e-7);
        }
    }
}

static void test_queues_agree(void)
{
    for (double rho = 0.05; rho < 0.99; rho += 0.05) {
        /* M/M/1 as M/G/1, as E_1/M/1, as a queue with very many places. */
        double wait = sim_theory_mmc(1, rho, 1.0).wait;
        assert_near(sim_theory_mg1(rho, 1.0, 1.0).wait, wait, 1e-12);
        assert_near(sim_theory_gm1(1, rho, 1.0).wait, wait, 1e-9);
        assert_near(sim_theory_mmck(1, 3000, rho, 1.0).wait, wait, 1e-9);
        assert_near(sim_theory_gm1(100000, rho, 1.0).sojourn, sim_theory_gm1(0, rho, 1.0).sojourn,
                    1e-4);
        /* Lost calls: no places beside the servers. */
        assert_near(sim_theory_mmck(7, 7, 7.0 * rho, 1.0).blocked,
                    sim_theory_erlang_b(7, 7.0 * rho), 1e-12);
        double t = sim_theory_mmc_sojourn_quantile(3, 3.0 * rho, 1.0, 0.99);
        assert_near(sim_theory_mmc_sojourn_tail(3, 3.0 * rho, 1.0, t), 0.01, 1e-9);
    }
    /* c - 1 = a is the removable singularity of the sojourn's law. */
    double beside = sim_theory_mmc_sojourn_tail(3, 2.0 + 1e-7, 1.0, 1.5);
    assert_near(sim_theory_mmc_sojourn_tail(3, 2.0, 1.0, 1.5), beside, 1e-6);
    /* Work is conserved: priorities move waits between classes and keep their weighted sum. */
    struct sim_theory_class classes[] = {{0.2, 1.0, 1.0}, {0.3, 0.5, 4.0}, {0.1, 4.0, 0.0}};
    double waits[3], load = 0.0, weighted = 0.0, residual = 0.0;
    sim_theory_priority_waits(classes, 3, waits);
    for (int i = 0; i < 3; i++) {
        double rho = classes[i].lambda * classes[i].service;
        load += rho;
        weighted += rho * waits[i];
        residual += 0.5 * rho * classes[i].service * (1.0 + classes[i].scv);
    }
    assert_near(weighted, load * residual / (1.0 - load), 1e-12);
}

/* A tail holds its mean: the integral of M/D/1's is Pollaczek-Khinchine's wait. The tail has kinks
 * at whole service times only, and Simpson's rule goes from one to the next. */
static void test_md1_mean(void)
{
    static const double RHOS[] = {0.02, 0.3, 0.6, 0.85};
    for (size_t i = 0; i < G_N_ELEMENTS(RHOS); i++) {
        double sum = 0.0, step = 0.125;
        for (double t = 0.0; t < 15.0 / (1.0 - RHOS[i]); t += step) {
            double inside = nextafter(t + step, 0.0); /* before a jump of the derivative */
            double piece = sim_theory_md1_wait_tail(RHOS[i], t) +
                           4.0 * sim_theory_md1_wait_tail(RHOS[i], t + 0.5 * step) +
                           sim_theory_md1_wait_tail(RHOS[i], inside);
            sum += step / 6.0 * piece;
        }
        assert_near(sum, sim_theory_mg1(RHOS[i], 1.0, 0.0).wait, 1e-6);
    }
}

static void test_overload(void)
{
    g_assert_true(isinf(sim_theory_mmc(2, 2.0, 1.0).wait));
    g_assert_true(isinf(sim_theory_mmc_sojourn_quantile(2, 3.0, 1.0, 0.5)));
    g_assert_true(isinf(sim_theory_mmc_wait_quantile(2, 3.0, 1.0, 0.5)));
    g_assert_true(isinf(sim_theory_mg1(1.0, 1.0, 0.0).present));
    g_assert_true(isinf(sim_theory_gm1(0, 2.0, 1.0).sojourn));
    g_assert_true(isinf(sim_theory_srpt_sojourn(1.0, 1.0)));
    g_assert_true(isinf(sim_theory_md1_wait_quantile(1.0, 0.5)));
    g_assert_true(isinf(sim_theory_fork_join_sojourn(4, 1.0, 1.0)));
    g_assert_true(isinf(sim_theory_power_of_d_sojourn(2, 1.0)));
    struct sim_theory_class classes[] = {{0.5, 1.0, 1.0}, {0.6, 1.0, 1.0}};
    double waits[2];
    sim_theory_preemptive_sojourns(classes, 2, waits);
    assert_near(waits[0], 2.0, 1e-12); /* the first class does not notice the second */
    g_assert_true(isinf(waits[1]));
    struct sim_theory_station finite = sim_theory_mmck(1, 5, 1e6, 1.0);
    assert_near(finite.throughput, 1.0, 1e-5);
    assert_near(finite.present, 5.0, 1e-5);
    struct sim_theory_station large = sim_theory_mmck(1, 2000, 10.0, 1.0); /* 10^2000 */
    assert_near(large.blocked, 0.9, 1e-12);
    assert_near(large.present, 2000.0 - 1.0 / 9.0, 1e-12);
    /* Work that can never leave has no sojourn. */
    struct sim_theory_node nodes[] = {{1.0, 2.0, 1}};
    double routing = 1.0, rate, present;
    g_assert_true(isnan(sim_theory_jackson(nodes, &routing, 1, &rate, &present)));
}

static void test_small_tables(void)
{
    struct table table;
    if (!table_read(&table, "consistent_hash_published.csv")) {
        return;
    }
    for (size_t i = 1; i < table.row_count; i++) {
        unsigned v = (unsigned)table_number(&table, i, "points_per_bucket");
        assert_near(sim_theory_ring_deviation((unsigned)table_number(&table, i, "buckets"), v),
                    table_number(&table, i, "formula_cv=sqrt((n-1)/(nv+1))"), 1e-5);
        assert_near(sim_theory_ring_share_quantile(v, 0.005), table_number(&table, i, "gamma_q005"),
                    1e-5);
        assert_near(sim_theory_ring_share_quantile(v, 0.995), table_number(&table, i, "gamma_q995"),
                    1e-5);
    }
    table_clear(&table);
    table_read(&table, "copysets.csv");
    for (size_t i = 1; i < table.row_count; i++) {
        double loss = sim_theory_copyset_loss(
            (uint64_t)table_number(&table, i, "N"), (unsigned)table_number(&table, i, "R"),
            (uint64_t)table_number(&table, i, "failed"), table_number(&table, i, "copysets"));
        assert_near(loss, table_number(&table, i, "P_loss_exact"), 1e-3);
    }
    table_clear(&table);
    table_read(&table, "raft_split_vote.csv");
    for (size_t i = 1; i < table.row_count; i++) {
        double split = sim_theory_raft_split((unsigned)table_number(&table, i, "n"),
                                             (unsigned)table_number(&table, i, "available"),
                                             table_number(&table, i, "l=latency/timeout_range"));
        assert_near(split, table_number(&table, i, "exact"), 1e-9);
    }
    table_clear(&table);
    table_read(&table, "power_of_two_choices.csv");
    for (size_t i = 1; i < table.row_count; i++) {
        double sojourn = sim_theory_power_of_d_sojourn((unsigned)table_number(&table, i, "d"),
                                                       table_number(&table, i, "lambda"));
        assert_near(sojourn, table_number(&table, i, "limit_n_inf_W"), 1e-6);
    }
    table_clear(&table);
    table_read(&table, "metastable_retry.csv");
    for (size_t i = 1; i < table.row_count; i++) {
        double recovery = sim_theory_metastable_recovery(
            table_number(&table, i, "offered_per_s"), table_number(&table, i, "capacity_per_s"),
            table_number(&table, i, "timeout_s"), (unsigned)table_number(&table, i, "retries"),
            table_number(&table, i, "outage_s"));
        if (table_number(&table, i, "recovers") == 0.0) {
            g_assert_true(isinf(recovery));
        } else {
            assert_near(recovery, table_number(&table, i, "formula_(19*lam-300)/(300-2*lam)"),
                        1e-9);
        }
    }
    table_clear(&table);
}

/* Least squares over the measured pairs find what the published fits say, to their digits. */
static void test_usl_fit(void)
{
    struct table table;
    if (!table_read(&table, "usl_datasets.csv")) {
        return;
    }
    double loads[32], throughputs[32];
    size_t count = 0;
    for (size_t i = 1; i < table.row_count; i++) {
        if (strcmp(table_text(&table, i, "dataset"), "specsdm91") == 0) {
            loads[count] = table_number(&table, i, "load");
            throughputs[count++] = table_number(&table, i, "throughput");
        }
    }
    table_clear(&table);
    struct sim_theory_usl usl;
    g_assert_true(sim_theory_usl_fit(loads, throughputs, count, &usl));
    g_test_message("specsdm91: scale %.6f, alpha %.7f, beta %.7f", usl.scale, usl.alpha, usl.beta);
    assert_near(usl.scale, 89.995233, 1e-3);
    assert_near(usl.alpha, 0.0277285, 2e-3);
    assert_near(usl.beta, 0.0001044, 2e-3);
    /* A law's own figures give the law back. */
    struct sim_theory_usl law = {12.5, 0.03, 0.0002}, found;
    double own[6], at[6] = {1, 2, 8, 20, 60, 120};
    for (int i = 0; i < 6; i++) {
        own[i] = sim_theory_usl(&law, at[i]);
    }
    g_assert_true(sim_theory_usl_fit(at, own, 6, &found));
    assert_near(found.scale, law.scale, 1e-9);
    assert_near(found.alpha, law.alpha, 1e-8);
    assert_near(found.beta, law.beta, 1e-8);
    double same[3] = {4, 4, 4}; /* one load tells three unknowns nothing */
    g_assert_false(sim_theory_usl_fit(same, own, 3, &found));
    g_assert_false(sim_theory_usl_fit(at, own, 2, &found));
}

static void test_durability(void)
{
    /* One repair at a time loses data sooner than all at once; one to survive it is the same. */
    g_assert_cmpfloat(sim_theory_mttdl(10, 2, 1e5, 24, false), <,
                      sim_theory_mttdl(10, 2, 1e5, 24, true));
    g_assert_cmpfloat(sim_theory_mttdl(2, 1, 1e5, 24, false), ==,
                      sim_theory_mttdl(2, 1, 1e5, 24, true));
    assert_near(sim_theory_mttdl(4, 0, 1000, 1, true), 250.0, 1e-12);
    g_assert_cmpfloat(sim_theory_availability_quorum(0.9, 3, 0), ==, 1.0);
    assert_near(sim_theory_availability_quorum(0.9, 3, 3), sim_theory_availability_series(0.9, 3),
                1e-12);
    assert_near(sim_theory_availability_quorum(0.9, 3, 1), sim_theory_availability_parallel(0.9, 3),
                1e-12);
    g_assert_cmpfloat(sim_theory_quorum_miss(3, 2, 2), ==, 0.0);
    assert_near(sim_theory_remap_modulo(4, 6), 1.0 - 4.0 / 12.0, 1e-12);
    assert_near(sim_theory_remap_modulo(4, 8), 0.5, 1e-12);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/theory/caches", test_caches);
    g_test_add_func("/theory/caches-by-hand", test_caches_by_hand);
    g_test_add_func("/theory/textbook", test_textbook);
    g_test_add_func("/theory/closed-is-finite-source", test_closed_is_finite_source);
    g_test_add_func("/theory/queues-agree", test_queues_agree);
    g_test_add_func("/theory/md1-mean", test_md1_mean);
    g_test_add_func("/theory/overload", test_overload);
    g_test_add_func("/theory/small-tables", test_small_tables);
    g_test_add_func("/theory/usl-fit", test_usl_fit);
    g_test_add_func("/theory/durability", test_durability);
    return g_test_run();
}

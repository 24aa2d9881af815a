/* Probabilistically bounded staleness (see pbs.h) against the exact figures of the whole table:
 * latencies of reads and writes, the probability that a read sees the write, and the time after
 * which 99.9 % of reads do. If this failed, store.quorum would wait for the wrong answers, or its
 * messages take other times than their links say.
 */
#include "pbs.h"
#include "table.h"

static const struct pbs_model *model_named(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pbs_models); i++) {
        if (strcmp(pbs_models[i].name, name) == 0) {
            return &pbs_models[i];
        }
    }
    g_error("no model %s", name);
}

/* The time at which a share of 0.001 is stale, by a power law through the two times around it. */
static struct pbs_figure visibility(const struct pbs_study *study, uint32_t low, uint32_t high)
{
    struct pbs_figure a = pbs_share(study->trials - study->fresh[low], study->trials);
    struct pbs_figure b = pbs_share(study->trials - study->fresh[high], study->trials);
    double slope = log(b.value / a.value) / log(study->times[high] / study->times[low]);
    double middle = log(1e-3 / sqrt(a.value * b.value)) / slope;
    double t = sqrt(study->times[low] * study->times[high]) * exp(middle);
    /* Both are of the same writes: their errors may go the same way. */
    double error = (log(a.high / a.value) + log(b.high / b.value)) / 2 / fabs(slope);
    return (struct pbs_figure){t, t * exp(-error), t * exp(error)};
}

static void test_table(void)
{
    struct table table;
    if (!table_read(&table, "pbs_table4.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        double visible = table_number(&table, row, "exact_t_visibility_p999");
        struct pbs_study study = {
            .model = model_named(table_text(&table, row, "model")),
            .n = (uint32_t)table_number(&table, row, "N"),
            .r = (uint32_t)table_number(&table, row, "R"),
            .w = (uint32_t)table_number(&table, row, "W"),
            .trials = 3000000,
            .times = {0, 1, 5, 10, 0.9 * visible, 1.1 * visible},
            .time_count = visible > 0 ? 6 : 4,
            .seed = row,
        };
        pbs_play(&study);
        struct pbs_figure figure = pbs_quantile(study.reads, study.trials, 0.5);
        double exact = table_number(&table, row, "exact_Lr_p50");
        pbs_check(&study, "read p50", &figure, exact, 0.02 * exact);
        figure = pbs_quantile(study.writes, study.trials, 0.5);
        exact = table_number(&table, row, "exact_Lw_p50");
        pbs_check(&study, "write p50", &figure, exact, 0.02 * exact);
        figure = pbs_quantile(study.reads, study.trials, 0.999);
        exact = table_number(&table, row, "exact_Lr_p999");
        pbs_check(&study, "read p99.9", &figure, exact, 0.02 * exact);
        bool is_heavy = study.model->write.alpha < 4;
        figure = pbs_quantile(study.writes, study.trials, 0.999);
        exact = table_number(&table, row, "exact_Lw_p999");
        pbs_check(&study, "write p99.9", &figure, exact, (is_heavy ? 0.035 : 0.02) * exact);
        static const char *const columns[] = {"exact_P_consistent_t0", "exact_P_t1", "exact_P_t5",
                                              "exact_P_t10"};
        for (uint32_t i = 0; i < 4; i++) {
            figure = pbs_share(study.fresh[i], study.trials);
            pbs_check(&study, columns[i], &figure, table_number(&table, row, columns[i]), 0.005);
        }
        if (visible > 0) {
            figure = visibility(&study, 4, 5);
            pbs_check(&study, "t-visibility", &figure, visible, 0.03 * visible);
        }
        pbs_clear(&study);
    }
    table_clear(&table);
}

/* "Doing redundant work to speed up distributed queries" (Bailis 2012): a read that is sent to n
 * replicas and waits for k of them, with Yammer's delays. */
static void test_redundant_reads(void)
{
    struct table table;
    if (!table_read(&table, "redundant_reads_ymmr.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        struct pbs_study study = {
            .model = model_named("YMMR"),
            .n = (uint32_t)table_number(&table, row, "sent"),
            .r = (uint32_t)table_number(&table, row, "waited_for"),
            .w = 1,
            .trials = 1500000,
            .time_count = 1,
            .seed = row,
        };
        pbs_play(&study);
        static const struct {
            const char *column;
            double p, tolerance;
        } figures[] = {{"recomputed_p50_ms", 0.5, 0.02},
                       {"recomputed_p99_ms", 0.99, 0.04},
                       {"recomputed_p999_ms", 0.999, 0.04}};
        for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
            struct pbs_figure figure = pbs_quantile(study.reads, study.trials, figures[i].p);
            double reference = table_number(&table, row, figures[i].column);
            pbs_check(&study, figures[i].column, &figure, reference,
                      figures[i].tolerance * reference);
        }
        pbs_clear(&study);
    }
    table_clear(&table);
}

/* ---- what has no exact figures: a twin ---- */

/* The same experiment as a plain loop over draws: no world, no messages, no store. */
static void twin_play(struct pbs_study *study)
{
    struct sim_arena arena;
    struct sim_random random;
    sim_arena_init(&arena);
    sim_random_init(&random, study->seed, "twin", "delays");
    const struct sim_dist *write = pbs_dist(&arena, &study->model->write, 0);
    const struct sim_dist *other = pbs_dist(&arena, &study->model->other, 0);
    study->writes = g_new(double, study->trials);
    study->reads = g_new(double, study->trials);
    for (uint32_t trial = 0; trial < study->trials; trial++) {
        double arrives[PBS_REPLICAS_MAX], acknowledged[PBS_REPLICAS_MAX];
        uint64_t near = sim_random_below(&random, study->n);
        for (uint32_t i = 0; i < study->n; i++) {
            double more = i == near ? 0 : study->model->far;
            arrives[i] = sim_dist_draw(write, &random) * 1e3 + more;
            acknowledged[i] = arrives[i] + sim_dist_draw(other, &random) * 1e3 + more;
        }
        qsort(acknowledged, study->n, sizeof *acknowledged, pbs_compare);
        double committed = study->writes[trial] = acknowledged[study->w - 1];
        for (uint32_t t = 0; t < study->time_count; t++) {
            struct {
                double back;
                bool is_fresh;
            } answers[PBS_REPLICAS_MAX];
            near = sim_random_below(&random, study->n);
            for (uint32_t i = 0; i < study->n; i++) {
                double more = i == near ? 0 : study->model->far;
                double there = sim_dist_draw(other, &random) * 1e3 + more;
                answers[i].is_fresh = committed + study->times[t] + there >= arrives[i];
                answers[i].back = there + sim_dist_draw(other, &random) * 1e3 + more;
            }
            qsort(answers, study->n, sizeof *answers, pbs_compare); /* `back` comes first */
            bool is_fresh = false;
            for (uint32_t i = 0; i < study->r; i++) {
                is_fresh = is_fresh || answers[i].is_fresh;
            }
            study->fresh[t] += is_fresh;
            if (t == 0) {
                study->reads[trial] = answers[study->r - 1].back;
            }
        }
    }
    sim_arena_clear(&arena);
    qsort(study->writes, study->trials, sizeof *study->writes, pbs_compare);
    qsort(study->reads, study->trials, sizeof *study->reads, pbs_compare);
}

/* Fails where the two differ by more than their intervals together and a tolerance. */
static void compare(const struct pbs_study *study, const char *what, struct pbs_figure figure,
                    struct pbs_figure twin, double tolerance)
{
    double half = MAX(twin.value - twin.low, twin.high - twin.value);
    figure.low -= half;
    figure.high += half;
    pbs_check(study, what, &figure, twin.value, tolerance);
}

/* Yammer's replicas, and a wide area: against the twin. */
static void test_twin(void)
{
    static const struct {
        const char *model;
        uint32_t r, w;
        double times[5];
    } cases[] = {
        {"YMMR", 1, 1, {0, 1, 10, 100, 1000}}, {"YMMR", 1, 2, {0, 1, 10, 100, 1000}},
        {"YMMR", 2, 1, {0, 1, 10, 100, 200}},  {"YMMR", 2, 2, {0, 1, 10, 100, 200}},
        {"WAN", 1, 1, {0, 1, 10, 50, 100}},    {"WAN", 1, 2, {0, 1, 10, 50, 100}},
        {"WAN", 2, 1, {0, 1, 10, 50, 100}},    {"WAN", 3, 1, {0, 1, 10, 50, 100}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pbs_study study = {.model = model_named(cases[i].model),
                                  .n = 3,
                                  .r = cases[i].r,
                                  .w = cases[i].w,
                                  .trials = 1000000,
                                  .time_count = 5,
                                  .seed = i + 1};
        memcpy(study.times, cases[i].times, sizeof cases[i].times);
        struct pbs_study twin = study;
        pbs_play(&study);
        twin_play(&twin);
        for (uint32_t t = 0; t < study.time_count; t++) {
            compare(&study, "sees the write", pbs_share(study.fresh[t], study.trials),
                    pbs_share(twin.fresh[t], twin.trials), 0.005);
        }
        struct pbs_figure reads = pbs_quantile(study.reads, study.trials, 0.999);
        struct pbs_figure writes = pbs_quantile(study.writes, study.trials, 0.999);
        struct pbs_figure twin_reads = pbs_quantile(twin.reads, twin.trials, 0.999);
        struct pbs_figure twin_writes = pbs_quantile(twin.writes, twin.trials, 0.999);
        compare(&study, "read p99.9", reads, twin_reads, 0.02 * twin_reads.value);
        compare(&study, "write p99.9", writes, twin_writes, 0.02 * twin_writes.value);
        pbs_clear(&study);
        pbs_clear(&twin);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pbs/table", test_table);
    g_test_add_func("/pbs/redundant-reads", test_redundant_reads);
    g_test_add_func("/pbs/twin", test_twin);
    return g_test_run();
}

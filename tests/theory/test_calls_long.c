/* Calls of a service against published figures and closed forms, through the whole stack: waiting
 * for all of n and for k of n, fork and join, redundant reads.
 */
#include "stack.h"
#include "table.h"

/* The estimate, and half of its 99 % interval. */
static double estimate_of(const char *scenario, const char *settings, const char *figure,
                          double reference, double *ret_half)
{
    struct sim_study *study = stack_run(scenario, settings);
    struct sim_estimate estimate = *stack_estimate(study->results[0], figure);
    sim_study_free(study);
    double half = (estimate.high - estimate.low) / 2 * 1.44; /* 95 % to 99 % with 9 degrees */
    g_test_message("%s %s: %s %.6g +- %.2g, reference %.6g", scenario, settings, figure,
                   estimate.value, half, reference);
    *ret_half = half;
    return estimate.value;
}

/* The difference to the reference is inside the tolerance; where the run is too short for that (see
 * below), inside its own 99 % interval. */
static void check(const char *scenario, const char *settings, const char *figure, double reference,
                  double tolerance)
{
    double half = 0;
    double value = estimate_of(scenario, settings, figure, reference, &half);
    g_assert_cmpfloat(half, <=, 0.1 * reference);
    g_assert_cmpfloat(fabs(value - reference), <=, MAX(tolerance, half));
}

/* The difference is inside the tolerance, and so is the interval, give or take what an interval of
 * ten replications varies by itself. */
static void check_narrowly(const char *scenario, const char *settings, const char *figure,
                           double reference, double tolerance)
{
    double half = 0;
    double value = estimate_of(scenario, settings, figure, reference, &half);
    g_assert_cmpfloat(half, <=, 1.5 * tolerance);
    g_assert_cmpfloat(fabs(value - reference), <=, tolerance);
}

static const struct sim_figure *figure_of(const struct sim_study *study, const char *group_name,
                                          const char *metric, const char *aggregate)
{
    const struct sim_result *result = study->results[0];
    uint32_t group = 0, member = 0;
    g_assert_true(sim_scenario_find_group(result->scenario, group_name, &group, &member));
    const struct sim_figure *figure = sim_result_figure(result, group, SIM_NONE, metric, aggregate);
    g_assert_nonnull(figure);
    return figure;
}

/* Of the rarest rows 1 % would take a thousand million calls of leaves. But how many leaves are
 * slow in the mean is known, and a run in which more were had more requests that failed for it:
 * what a request fails by, on the number of its slow leaves, has the slope (1-p)^(n-1) (covariance
 * by variance of a binomial). Taking the run's own surplus of slow leaves out, times that slope,
 * leaves the mean as it is and a tenth to a twentieth of the variance: a control variate. A leaf
 * takes 10 ms or 1 s, so that the mean of those that answered says how many were slow; what has no
 * answer when all users have theirs, or none for 500 ms, is slow too. */
static void check_rare(const char *settings, double slow, uint32_t leaves, double exact)
{
    struct sim_study *study = stack_run("fan-out", settings);
    const struct sim_figure *failed = figure_of(study, "users", "failed", "ratio");
    const struct sim_figure *latency = figure_of(study, "leaf", "latency.answered", "mean");
    const struct sim_figure *open = figure_of(study, "leaf", "failed", "ratio");
    double corrected[64];
    g_assert_cmpuint(failed->value_count, ==, latency->value_count);
    g_assert_cmpuint(failed->value_count, ==, open->value_count);
    g_assert_cmpuint(failed->value_count, <=, 64);
    for (uint32_t i = 0; i < failed->value_count; i++) {
        double late = (latency->values[i] - 0.01) / 0.99;
        double surplus = leaves * (open->values[i] + (1 - open->values[i]) * late - slow);
        corrected[i] = failed->values[i] - pow(1 - slow, leaves - 1) * surplus;
    }
    struct sim_estimate estimate = sim_estimate_of(corrected, failed->value_count, 0.99);
    double half = (estimate.high - estimate.low) / 2;
    g_test_message("%s: %.6g +- %.2g, uncorrected %.6g, exact %.6g", settings, estimate.value, half,
                   failed->estimate.value, exact);
    g_assert_cmpfloat(half, <=, 0.015 * exact);
    g_assert_cmpfloat(half, >, 0);
    g_assert_cmpfloat(fabs(estimate.value - exact), <=, 0.01 * exact);
    sim_study_free(study);
}

static void test_tail_at_scale(void)
{
    struct table table;
    uint32_t rows = 0;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        if (strcmp(table.rows[row][0], "tail_at_scale_fanout") != 0) {
            continue;
        }
        double slow = 0;
        uint32_t leaves = 0;
        g_assert_cmpint(sscanf(table.rows[row][1], "p_slow=%lf;n=%u", &slow, &leaves), ==, 2);
        double exact = g_ascii_strtod(table.rows[row][3], NULL);
        /* So many that 1 % is four standard errors; a part of the rarest, see check_rare. */
        bool is_rare = slow < 0.001;
        double requests = 1.6e5 * (1 - exact) / exact / (is_rare ? 32 : 1);
        g_autofree char *settings = g_strdup_printf("slow=%g leaves=%u wait_for=%u requests=%.0f",
                                                    slow, leaves, leaves, requests / 10);
        if (is_rare) {
            check_rare(settings, slow, leaves, exact);
        } else {
            check_narrowly("fan-out", settings, "users.failed ratio", exact, 0.01 * exact);
        }
        rows++;
    }
    table_clear(&table);
    g_assert_cmpuint(rows, ==, 8);
}

/* With one answer fewer than there are leaves: (1-p)^n + n p (1-p)^(n-1) are in time. */
static void test_wait_for(void)
{
    double exact = 1 - pow(0.99, 100) - 100 * 0.01 * pow(0.99, 99);
    check("fan-out", "slow=0.01 leaves=100 wait_for=99 requests=4e4", "users.failed ratio", exact,
          0.01 * exact);
}

static void test_fork_join(void)
{
    struct table table;
    if (!table_read(&table, "fork_join_check.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        double n = table_number(&table, row, "n");
        double simulated = table_number(&table, row, "simulated_R");
        double reference = n == 2 ? table_number(&table, row, "formula_R") : simulated;
        g_autofree char *settings =
            g_strdup_printf("servers=%g load=%g requests=%g", n, table_number(&table, row, "rho"),
                            n == 2 ? 5e5 : 2e5);
        check("fork-join", settings, "users.latency mean", reference / 100,
              (n == 2 ? 0.01 : 0.02) * reference / 100);
    }
    table_clear(&table);
}

static void test_redundant_reads(void)
{
    struct table table;
    if (!table_read(&table, "redundant_reads_ymmr.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        double recomputed = table_number(&table, row, "recomputed_p999_ms") / 1e3;
        g_autofree char *settings =
            g_strdup_printf("sent=%s wait_for=%s", table_text(&table, row, "sent"),
                            table_text(&table, row, "waited_for"));
        check("redundant-reads", settings, "users.latency p99.9", recomputed, 0.04 * recomputed);
    }
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calls/tail_at_scale", test_tail_at_scale);
    g_test_add_func("/calls/wait_for", test_wait_for);
    g_test_add_func("/calls/fork_join", test_fork_join);
    g_test_add_func("/calls/redundant_reads", test_redundant_reads);
    return g_test_run();
}

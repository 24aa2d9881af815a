/* What is read from a world: if this failed, windows, cells or batches would not be those that the
 * summary says they are. */
#include <glib.h>
#include <math.h>

#include "run/plan.h"
#include "study.h"

static struct sim_scenario *load(const struct study_place *place)
{
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_load_options options = {.models = sim_models};
    struct sim_scenario *scenario = sim_scenario_load(place->path, &options, &problems);
    sim_problems_print(&problems, stderr);
    g_assert_nonnull(scenario);
    sim_problems_clear(&problems);
    return scenario;
}

static void test_cells_read_well(void)
{
    static const struct {
        sim_time duration, cell;
    } cases[] = {
        {60 * SIM_SECOND, SIM_SECOND},
        {600 * SIM_SECOND, SIM_SECOND},
        {601 * SIM_SECOND, 2 * SIM_SECOND},
        {SIM_HOUR, 10 * SIM_SECOND},
        {SIM_DAY, 5 * SIM_MINUTE},
        {365 * SIM_DAY, SIM_DAY},
        {30 * SIM_SECOND, 500 * SIM_MILLISECOND},
        {SIM_SECOND, 10 * SIM_MILLISECOND},
        {100, 1},
        {1, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(sim_plan_cell(cases[i].duration), ==, cases[i].cell);
    }
    for (sim_time duration = 1; duration < 400 * SIM_DAY; duration = duration * 3 + 1) {
        sim_time cells = (duration - 1) / sim_plan_cell(duration) + 1;
        g_assert_cmpint(cells, <=, 600);
        g_assert_cmpint(cells, >=, duration < 60 ? 1 : 60);
    }
}

static void test_windows_and_batches(void)
{
    struct study_place place = study_place_new(
        STUDY_QUEUE "  expect \"users.latency p99 < 1s\",\n"
                    "  expect { \"users.goodput mean > 1/s\", from = s(10), to = s(20) },\n"
                    "  expect { \"users.issued mean > 1/s\", from = s(10), to = s(20) } }\n");
    struct sim_scenario *scenario = load(&place);
    struct sim_plan *plan = sim_plan_new(scenario, 5 * SIM_SECOND, true);
    g_assert_cmpuint(plan->window_count, ==, 2); /* the measured one, and one that two share */
    g_assert_cmpint(plan->axis.windows[0].from, ==, 5 * SIM_SECOND);
    g_assert_cmpint(plan->axis.windows[0].to, ==, 60 * SIM_SECOND);
    g_assert_cmpint(plan->axis.windows[1].from, ==, 10 * SIM_SECOND);
    g_assert_cmpuint(plan->batch_count[0], ==, SIM_PLAN_BATCHES);
    g_assert_cmpuint(plan->batch_count[1], ==, SIM_PLAN_BATCHES_FURTHER);
    for (uint32_t w = 0; w < 2; w++) { /* batches tile their window */
        sim_time at = plan->axis.windows[w].from;
        for (uint32_t b = 0; b < plan->batch_count[w]; b++) {
            const struct sim_window *batch = &plan->axis.windows[plan->batch_first[w] + b];
            g_assert_cmpint(batch->from, ==, at);
            g_assert_cmpint(batch->to, >, batch->from);
            at = batch->to;
        }
        g_assert_cmpint(at, ==, plan->axis.windows[w].to);
    }
    g_assert_cmpuint(plan->probes[plan->figure_probe_count + 1].window, ==, 1);
    g_assert_cmpuint(plan->cell_count, ==, 60);
    sim_plan_free(plan);
    sim_scenario_free(scenario);
    study_place_free(&place);
}

static void test_aggregates_have_names(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    g_assert_cmpstr(sim_aggregate_text(&arena, SIM_AGGREGATE_QUANTILE, 0.999), ==, "p99.9");
    g_assert_cmpstr(sim_aggregate_text(&arena, SIM_AGGREGATE_QUANTILE, 0.5), ==, "p50");
    g_assert_cmpstr(sim_aggregate_text(&arena, SIM_AGGREGATE_RATIO, 0.0), ==, "ratio");
    sim_arena_clear(&arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/cells", test_cells_read_well);
    g_test_add_func("/plan/windows", test_windows_and_batches);
    g_test_add_func("/plan/aggregates", test_aggregates_have_names);
    return g_test_run();
}

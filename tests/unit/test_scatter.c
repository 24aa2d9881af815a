/* Pictures of a figure against a figure. If this failed, labels would cover one another or the
 * points, a setting that another one beats would stand on the frontier, a picture would show
 * another time of the run than its axis says, or a variant would be run with the sweep of another.
 */
#include <math.h>
#include <string.h>

#include "report/plot.h"
#include "report/plot_user.h"
#include "report/render.h"
#include "study.h"

/* Of less x and less y: (1, 5), (2, 3), (4, 1); beaten: (2, 4) by (2, 3), (5, 1) by (4, 1). */
static void test_frontier_less(void)
{
    static const struct sim_corner points[] = {{4, 1}, {2, 4}, {1, 5}, {5, 1}, {2, 3}};
    static const struct sim_corner expected[] = {{1, 9}, {1, 5}, {2, 5}, {2, 3},
                                                 {4, 3}, {4, 1}, {9, 1}};
    struct sim_corner line[12];
    uint32_t count = sim_frontier(points, 5, -1, -1, (struct sim_corner){9, 9}, line);
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(expected));
    for (uint32_t i = 0; i < count; i++) {
        g_assert_cmpfloat(line[i].x, ==, expected[i].x);
        g_assert_cmpfloat(line[i].y, ==, expected[i].y);
    }
}

/* Of more x and less y the line begins at the least x; equals stand on it both. */
static void test_frontier_more(void)
{
    static const struct sim_corner points[] = {{4, 1}, {8, 6}, {4, 1}, {7, 7}};
    static const struct sim_corner expected[] = {{0, 1}, {4, 1}, {4, 1}, {4, 1},
                                                 {4, 6}, {8, 6}, {8, 9}};
    struct sim_corner line[10];
    uint32_t count = sim_frontier(points, 4, 1, -1, (struct sim_corner){0, 9}, line);
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(expected));
    for (uint32_t i = 0; i < count; i++) {
        g_assert_cmpfloat(line[i].x, ==, expected[i].x);
        g_assert_cmpfloat(line[i].y, ==, expected[i].y);
    }
    g_assert_cmpuint(sim_frontier(points, 0, 1, 1, (struct sim_corner){0, 0}, line), ==, 0);
}

static bool meet(const struct sim_box *a, const struct sim_box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

/* Thirty labels around points that crowd in a corner and along a line: none upon another, none on a
 * point, none outside. */
static void test_callouts(void)
{
    enum { COUNT = 30 };
    struct sim_callout callouts[COUNT];
    struct sim_box room[2 * COUNT];
    for (int i = 0; i < COUNT; i++) {
        double x = i < 10 ? 8.0 + 3.0 * i : 80.0 + 35.0 * (i - 10), y = i < 10 ? 10.0 : 380.0;
        callouts[i] = (struct sim_callout){.x = x, .y = y, .width = 60.0, .height = 15.0};
        room[i] = (struct sim_box){x - 3.0, y - 3.0, x + 3.0, y + 3.0};
    }
    sim_callouts_place(callouts, COUNT, room, COUNT, 820.0, 400.0);
    struct sim_box panel = {0.0, 0.0, 820.0, 400.0};
    bool is_any_apart = false;
    for (int i = 0; i < COUNT; i++) {
        const struct sim_box *box = &callouts[i].box;
        g_assert_true(box->left >= panel.left && box->right <= panel.right);
        g_assert_true(box->top >= panel.top && box->bottom <= panel.bottom);
        for (int j = 0; j < COUNT; j++) {
            g_assert_false(meet(box, &room[j]));
            g_assert_true(i == j || !meet(box, &callouts[j].box));
        }
        is_any_apart = is_any_apart || callouts[i].is_apart;
    }
    g_assert_true(is_any_apart);
}

static const char *const shop =
    "local servers, queue = param(\"servers\", 1), param(\"queue\", \"long\")\n"
    "return scenario { name = \"shop\", duration = s(40), warmup = s(0), runs = 3,\n"
    "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(50)), to = \"web\",\n"
    "                 timeout = ms(500) },\n"
    "  node \"web\" { model = \"service\", service = exponential(ms(10)) },\n"
    "  variant \"open\" { node \"web\" { model = \"service\", servers = servers,\n"
    "                                 service = exponential(ms(10)) },\n"
    "                   sweep { servers = { 1, 2 } } },\n"
    "  variant \"bounded\" { node \"web\" { model = \"service\", service = exponential(ms(10)),\n"
    "                      queue_limit = queue == \"long\" and 10 or 0 },\n"
    "                      sweep { queue = { \"long\", \"none\" } } },\n"
    "  crash { \"web\", from = s(10), to = s(20) },\n"
    "  plot { { \"users.success ratio\", from = s(10), to = s(20) }, \"users.success ratio\",\n"
    "         { \"users.success ratio\", from = s(25) },\n"
    "         against = { \"users.latency.answered mean\", from = s(25) }, per = \"variant\" },\n"
    "  plot { \"users.errors ratio\", against = \"users.latency p99\" } }\n";

/* They stand in summary.json with their times, and are read back. */
static void check_summary(const struct sim_study *study)
{
    struct sim_report_command command = {0};
    struct sim_report *report = sim_report_of(study, &command);
    GString *json = sim_render_json(report);
    struct sim_report *again = sim_report_parse(json->str, json->len, "summary.json", NULL);
    g_assert_nonnull(again);
    const struct sim_section *section = &again->sections[0];
    g_assert_cmpuint(section->plotted_count, ==, 3);
    g_assert_cmpint(section->plotted[0].window.from, ==, 10 * SIM_SECOND);
    g_assert_cmpint(section->plotted[0].window.to, ==, 20 * SIM_SECOND);
    g_assert_cmpfloat(section->plotted[0].estimate.value, ==, 0.0);
    g_assert_cmpint(section->figures[0].window.to, ==, 0);
    g_string_free(json, TRUE);
    sim_report_free(again);
    sim_report_free(report);
}

/* Each variant has its own sweep; what is of a time of its own is of that time. */
static void test_windows(void)
{
    struct study_place place = study_place_new(shop);
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    g_assert_cmpuint(study->result_count, ==, 4);
    for (uint32_t i = 0; i < study->result_count; i++) {
        const struct sim_result *result = study->results[i];
        g_assert_cmpuint(result->setting_count, ==, 1);
        g_assert_cmpstr(result->settings[0].name, ==, i < 2 ? "servers" : "queue");
        const struct sim_plot *plot = &result->scenario->plots[0];
        const struct sim_figure *away = sim_result_plotted(result, &plot->figures[0], "ratio");
        const struct sim_figure *all = sim_result_plotted(result, &plot->figures[1], "ratio");
        g_assert_cmpfloat(away->estimate.value, ==, 0.0);
        g_assert_cmpfloat(all->estimate.value, >, 0.4);
        const struct sim_figure *after = sim_result_plotted(result, &plot->figures[2], "ratio");
        g_assert_cmpfloat(after->estimate.value, >, all->estimate.value);
        g_assert_true(all == sim_result_figure(result, 0, SIM_NONE, "success", "ratio"));
        const struct sim_figure *calm = sim_result_plotted(result, plot->across, "mean");
        g_assert_cmpfloat(calm->estimate.value, <, 0.03);
        g_assert_true(isfinite(calm->estimate.low) && isfinite(calm->estimate.high));
    }
    check_summary(study);
    sim_study_free(study);
    study_place_free(&place);
}

static void test_picture(void)
{
    struct study_place place = study_place_new(shop);
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    struct sim_report *report = study_report(study);
    g_autoptr(GPtrArray) pictures = sim_plots_of(report);
    const struct sim_picture *scatter = g_ptr_array_index(pictures, pictures->len - 1);
    /* Of the second plot every p99 is infinite: there is no such picture. */
    g_assert_cmpstr(scatter->name, ==, "plot-1");
    g_assert_cmpstr(scatter->title, ==,
                    "users.success ratio, users.success ratio and users.success ratio against "
                    "users.latency.answered mean");
    const char *script = scatter->script->str;
    g_assert_nonnull(strstr(script, "'users.success ratio, 10 s to 20 s (%)'"));
    g_assert_nonnull(strstr(script, "'users.latency.answered mean, 25 s to 40 s (ms)'"));
    g_assert_nonnull(strstr(script, "'servers=2'"));
    g_assert_nonnull(strstr(script, "'none'"));
    g_assert_nonnull(strstr(script, "title 'bounded'"));
    g_assert_nonnull(strstr(script, "with xyerrorbars"));
    g_assert_nonnull(strstr(script, "title 'frontier'"));
    g_assert_nonnull(strstr(scatter->data->str, "# servers=2\n"));
    sim_report_free(report);
    sim_study_free(study);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scatter/frontier-less", test_frontier_less);
    g_test_add_func("/scatter/frontier-more", test_frontier_more);
    g_test_add_func("/scatter/callouts", test_callouts);
    g_test_add_func("/scatter/windows", test_windows);
    g_test_add_func("/scatter/picture", test_picture);
    return g_test_run();
}

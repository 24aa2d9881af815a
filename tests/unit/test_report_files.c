/* Result files: if this failed, a recorded result could not be shown again as it was, two equal
 * runs would leave different bytes, or a failing disk would go unnoticed. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/chart.h"
#include "report/folder.h"
#include "report/json_writer.h"
#include "report/plot.h"
#include "report/render.h"
#include "report/trace.h"
#include "study.h"

static const char *const storm =
    "-- Users, a fault, and an estimate.\n"
    "return scenario { name = \"storm\", duration = s(40), runs = 3,\n"
    "  network { latency = ms(1) },\n"
    "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(90)), to = \"web\",\n"
    "                 timeout = ms(200) },\n"
    "  node \"web\" { model = \"service\", servers = 1, queue_limit = 50,\n"
    "               service = exponential(ms(10)) },\n"
    "  variant \"as is\" {}, variant \"it's 100% \\\"bigger\\\"\" {\n"
    "    node \"web\" { model = \"service\", servers = 2, service = exponential(ms(10)) } },\n"
    "  slow { \"web\", from = s(10), to = s(12), factor = 10 },\n"
    "  expect \"users.latency p99 < 100ms\", expect \"users.success ratio > 50%\",\n"
    "  plot { \"web.queued\", \"users.errors\", \"users.latency p90\", against = \"time\",\n"
    "         per = \"variant\" } }\n";

struct storm {
    struct study_place place;
    struct sim_study *study;
    struct sim_report *report;
};

static struct storm storm_run(void)
{
    struct storm storm_result = {.place = study_place_new(storm)};
    struct sim_run_options options = study_options(&storm_result.place);
    storm_result.study = study_run(&options);
    storm_result.report = study_report(storm_result.study);
    return storm_result;
}

static void storm_clear(struct storm *item)
{
    sim_report_free(item->report);
    sim_study_free(item->study);
    study_place_free(&item->place);
}

static void assert_same(GString *a, GString *b)
{
    g_assert_cmpstr(a->str, ==, b->str);
    g_string_free(a, TRUE);
    g_string_free(b, TRUE);
}

/* All renderings of what was read back are those of the fresh run. */
static void test_round_trip(void)
{
    struct storm item = storm_run();
    g_autoptr(GError) error = NULL;
    GString *json = sim_render_json(item.report);
    struct sim_report *again = sim_report_parse(json->str, json->len, "summary.json", &error);
    g_assert_no_error(error);
    again->path = item.report->path; /* the file holds its last part alone */
    struct sim_text_style style = {.full_max = 10};
    assert_same(sim_render_text(item.report, &style), sim_render_text(again, &style));
    assert_same(json, sim_render_json(again));
    assert_same(sim_render_csv(item.report), sim_render_csv(again));
    assert_same(sim_render_junit(item.report), sim_render_junit(again));
    assert_same(sim_render_openmetrics(item.report), sim_render_openmetrics(again));
    assert_same(sim_render_html(item.report, NULL), sim_render_html(again, NULL));
    sim_report_free(again);
    storm_clear(&item);
}

static void test_what_is_no_summary(void)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{\"format\": 3}",
                                        "{\"format\": \"brink summary\", \"format_version\": 99}"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(sim_report_parse(texts[i], strlen(texts[i]), "x.json", &error));
        g_assert_true(g_error_matches(error, SIM_REPORT_ERROR, 0));
        g_assert_true(g_str_has_prefix(error->message, "x.json: "));
    }
}

/* A summary from elsewhere does not write over the terminal of who looks at it. */
static void test_wild_summary(void)
{
    struct storm item = storm_run();
    GString *json = sim_render_json(item.report);
    g_assert_cmpuint(g_string_replace(json, "as is", "as\\u001b[2J\\u009b31m", 0), >, 0);
    struct sim_report *report = sim_report_parse(json->str, json->len, "x.json", NULL);
    g_assert_nonnull(report);
    struct sim_text_style style = {.full_max = 10};
    GString *text = sim_render_text(report, &style);
    g_assert_nonnull(strstr(text->str, "as [2J"));
    g_assert_true(sim_text_is_tame(text->str, true));
    g_string_free(text, TRUE);
    g_string_free(json, TRUE);
    sim_report_free(report);
    storm_clear(&item);
}

/* Whatever stands where, reading ends in a report or an error, and the report can be rendered. */
static void test_damaged_summaries(void)
{
    struct storm item = storm_run();
    GString *json = sim_render_json(item.report);
    struct sim_text_style style = {.full_max = 10};
    for (size_t at = 0; at < json->len; at += json->len / 30 + 1) {
        g_autoptr(GString) damaged = g_string_new(json->str);
        char *token = strpbrk(damaged->str + at, "0123456789\"");
        if (!token) {
            break;
        }
        *token = *token == '"' ? '[' : '-';
        struct sim_report *report = sim_report_parse(damaged->str, damaged->len, "x.json", NULL);
        if (report) {
            g_string_free(sim_render_text(report, &style), TRUE);
            g_string_free(sim_render_html(report, NULL), TRUE);
            sim_report_free(report);
        }
    }
    static const char *const odd =
        "{\"format\": \"brink summary\", \"format_version\": 1, \"results\": [3, {\"tiers\": [1, "
        "{\"name\": 4}], \"figures\": [{\"tier\": \"none\"}, {}, 7], \"runs\": {\"a\": 1},"
        "\"attribution\": [{\"source\": 3}], \"expectations\": [null], \"settings\": [] }]}";
    struct sim_report *report = sim_report_parse(odd, strlen(odd), "x.json", NULL);
    g_assert_nonnull(report);
    g_string_free(sim_render_text(report, &style), TRUE);
    sim_report_free(report);
    g_string_free(json, TRUE);
    storm_clear(&item);
}

/* It is JSON, if no summary. */
static void assert_parses(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(sim_report_parse(text, strlen(text), "x", &error));
    g_assert_cmpstr(error->message, ==, "x: not a summary written by brink");
}

static void test_json_writer(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct sim_json json;
    sim_json_init(&json, text);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "a", "quote \" back \\ tab \t bell \a bad \xff end");
    sim_json_number(&json, "b", INFINITY);
    sim_json_number(&json, "c", NAN);
    sim_json_rounded(&json, "d", 1.0 / 3.0);
    sim_json_open(&json, "e", '[', true);
    sim_json_hex(&json, NULL, 255);
    sim_json_u64(&json, NULL, UINT64_MAX);
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    g_assert_cmpstr(
        text->str, ==,
        "{\n  \"a\": \"quote \\\" back \\\\ tab \\t bell \\u0007 bad \xef\xbf\xbd end\",\n"
        "  \"b\": \"inf\",\n  \"c\": null,\n  \"d\": 0.333333,\n"
        "  \"e\": [\"00000000000000ff\", \"18446744073709551615\"]\n}\n");
    assert_parses(text->str);
}

static char *contents(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static bool exists(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_folder(void)
{
    static const char *const files[] = {"manifest.json",    "summary.json",      "metrics.csv",
                                        "series.csv",       "latency.csv",       "junit.xml",
                                        "plots/latency.gp", "plots/latency.dat", "plots/plot-1.gp"};
    struct storm item = storm_run();
    g_autofree char *first = g_build_filename(item.place.folder, "a", "b", NULL);
    g_autofree char *second = g_build_filename(item.place.folder, "c", NULL);
    g_autofree char *unpictured = NULL, *unpictured_again = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(sim_folder_write(item.report, first, NULL, &unpictured, &error));
    g_assert_no_error(error);
    g_assert_true(sim_folder_write(item.report, second, NULL, &unpictured_again, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *a = contents(first, files[i]);
        g_autofree char *b = contents(second, files[i]);
        g_assert_cmpstr(a, ==, b);
        g_assert_null(strstr(a, item.place.folder)); /* no path of this machine */
    }
    g_autofree char *page = contents(first, "report.html");
    g_assert_nonnull(strstr(page, "</html>"));
    if (!unpictured) {
        g_assert_true(exists(first, "plots/latency.svg"));
        g_assert_true(exists(first, "plots/latency.png"));
        g_assert_nonnull(strstr(page, "<svg"));
    }
    storm_clear(&item);
}

/* What an earlier run left and this one does not write is gone; what is not brink's stays. A
 * missing gnuplot is told, and is no error. */
static void test_left_overs(void)
{
    struct storm item = storm_run();
    g_autofree char *path_before = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", item.place.folder, TRUE);
    g_autofree char *folder = g_build_filename(item.place.folder, "out", NULL);
    g_autofree char *plots = g_build_filename(folder, "plots", NULL);
    g_autofree char *note = g_build_filename(folder, "note.txt", NULL);
    g_autofree char *old = g_build_filename(plots, "old.gp", NULL);
    g_autofree char *picture = g_build_filename(plots, "old.svg", NULL);
    g_autofree char *manifest = g_build_filename(folder, "manifest.json", NULL);
    g_autofree char *outside = g_build_filename(item.place.folder, "outside", NULL);
    g_mkdir_with_parents(plots, 0777);
    g_file_set_contents(note, "mine", -1, NULL);
    g_file_set_contents(old, "x", -1, NULL);
    g_file_set_contents(picture, "x", -1, NULL);
    g_file_set_contents(outside, "x", -1, NULL);
    g_file_set_contents(manifest, "{\"files\": [\"plots/old.gp\", \"../outside\", 7]}", -1, NULL);
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(sim_folder_write(item.report, folder, NULL, &unpictured, &error));
    g_assert_nonnull(strstr(unpictured, "no gnuplot found"));
    g_setenv("PATH", path_before, TRUE);
    g_assert_false(exists(plots, "old.gp"));
    g_assert_false(exists(plots, "old.svg"));
    g_assert_true(exists(folder, "note.txt"));
    g_assert_true(exists(item.place.folder, "outside"));
    storm_clear(&item);
}

static void test_unwritable_folder(void)
{
    struct storm item = storm_run();
    g_autofree char *below_a_file = g_build_filename(item.place.path, "out", NULL);
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(sim_folder_write(item.report, below_a_file, NULL, &unpictured, &error));
    g_assert_true(error->domain == G_FILE_ERROR);
    g_assert_nonnull(strstr(error->message, "test.lua/out"));
    storm_clear(&item);
}

/* Names of variants go into gnuplot sources as texts, whatever they hold. */
static void test_plot_sources(void)
{
    struct storm item = storm_run();
    g_autoptr(GPtrArray) pictures = sim_plots_of(item.report);
    g_assert_cmpuint(pictures->len, ==, 6); /* latency, 2 x (timeline, resources), plot-1 */
    for (guint i = 0; i < pictures->len; i++) {
        const struct sim_picture *picture = g_ptr_array_index(pictures, i);
        g_assert_null(strstr(picture->script->str, "'it's"));
        g_assert_cmpuint(picture->data->len, >, 0);
    }
    const struct sim_picture *latency = g_ptr_array_index(pictures, 0);
    g_assert_nonnull(strstr(latency->script->str, "'it''s 100% \"bigger\""));
    storm_clear(&item);
}

/* Nothing that a plot asks for is left out; lines upon one another are told apart by their dashes;
 * the name of a fault stands above what the lines reach. */
static void test_plot_panels(void)
{
    struct storm item = storm_run();
    g_autoptr(GPtrArray) pictures = sim_plots_of(item.report);
    const struct sim_picture *plot = g_ptr_array_index(pictures, 5);
    const char *script = plot->script->str;
    g_assert_cmpstr(plot->title, ==, "web.queued, users.errors and users.latency p90 over time");
    g_assert_nonnull(strstr(script, "'web.queued'"));
    g_assert_nonnull(strstr(script, "'users.errors (%)'"));
    g_assert_nonnull(strstr(script, "'users.latency p90 (ms)'"));
    g_assert_nonnull(strstr(script, "linewidth 2.7 dashtype solid linecolor rgb '#0072B2'"));
    g_assert_nonnull(strstr(script, "linewidth 2.2 dashtype (14,5) linecolor rgb '#D55E00'"));
    g_assert_nonnull(strstr(script, "set label 20 'slow' at 10, graph 0.9"));
    g_assert_nonnull(strstr(script, "title 'never answered'"));
    storm_clear(&item);
}

/* 790 ms stand on an axis up to 1,000 of what it says, also with room for what was never answered.
 */
static void test_plot_unit(void)
{
    const double x[] = {0, 1, 2}, values[] = {0.3, 0.79, INFINITY};
    struct sim_chart chart = {.name = "unit", .title = "unit", .subtitle = "", .panel_count = 1};
    chart.panels[0] = (struct sim_panel){.what = "latency",
                                         .unit = SIM_METRIC_SECONDS,
                                         .line_count = 1,
                                         .lines = {{.title = "users", .values = values}}};
    chart.point_count = 3;
    chart.x = x;
    chart.x_title = "time (s)";
    struct sim_picture *picture = sim_chart_render(&chart);
    g_assert_nonnull(strstr(picture->script->str, "set yrange [0:1000]"));
    g_assert_nonnull(strstr(picture->script->str, "'latency (ms)'"));
    sim_picture_free(picture);
}

static void put(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A page of several pictures: their marks are their own, gnuplot's title gives way to theirs, and
 * what a foreign picture would run is not taken in. */
/* What a user wrote reaches gnuplot as one text, and its SVG stays XML. */
static void test_quoting(void)
{
    g_autoptr(GString) script = g_string_new(NULL);
    sim_script_quote(script, "a'; system('x')\n`y` ]]> é", 100);
    g_assert_cmpstr(script->str, ==, "'a''; system(''x'') `y` ]] > é'");
    g_string_truncate(script, 0);
    sim_script_quote(script, "éèêë", 3);
    g_assert_cmpstr(script->str, ==, "'éè…'");
}

static void test_page(void)
{
    struct storm item = storm_run();
    g_autofree char *folder = g_build_filename(item.place.folder, "pictures", NULL);
    g_mkdir_with_parents(folder, 0777);
    put(folder, "a.svg",
        "<?xml?><svg width=\"9\"><title>Gnuplot</title><circle id='gpPt5'/>"
        "<use xlink:href='#gpPt5'/></svg>");
    put(folder, "a.gp", "set label 1 'it''s 5 < 6' at screen 0,1\n");
    put(folder, "b.svg", "<svg><script>alert(1)</script></svg>");
    put(folder, "c.svg", "<svg><title>Gnuplot</title><g id=\"x\"/></svg>");
    GString *page = sim_render_html(item.report, folder);
    g_assert_nonnull(strstr(page->str, "<svg role=\"img\" width=\"9\"><title>it&apos;s 5 &lt; 6"
                                       "</title><circle id='p0_gpPt5'/>"
                                       "<use xlink:href='#p0_gpPt5'/></svg>"));
    g_assert_nonnull(strstr(page->str, "<title>Gnuplot</title><g id=\"p2_x\"/>"));
    g_assert_null(strstr(page->str, "alert"));
    g_assert_nonnull(
        strstr(page->str, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    g_assert_nonnull(strstr(page->str, "<th scope=\"row\" class=\"left\">as is</th>"));
    g_string_free(page, TRUE);
    storm_clear(&item);
}

static void trace_one(struct sim_trace_file *file, enum sim_trace_kind kind)
{
    struct sim_trace_event event = {.kind = kind,
                                    .time = 1500,
                                    .node = 1,
                                    .peer = 2,
                                    .label = "call \"x\"",
                                    .id = 7,
                                    .number = 9};
    sim_trace_write(&event, file);
}

static void test_traces(void)
{
    struct study_place place = study_place_new(STUDY_QUEUE "}\n");
    static const char *const names[] = {"t.jsonl", "t.perfetto.json"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(place.folder, names[i], NULL);
        g_autoptr(GError) error = NULL;
        struct sim_trace_file *file = sim_trace_open(path, &error);
        g_assert_no_error(error);
        struct sim_run_options options = study_options(&place);
        options.runs = 1;
        options.trace_start = sim_trace_start;
        options.trace = sim_trace_write;
        options.trace_data = file;
        struct sim_study *study = study_run(&options);
        for (int kind = SIM_TRACE_EVENT; kind <= SIM_TRACE_NOTE; kind++) {
            trace_one(file, (enum sim_trace_kind)kind);
        }
        g_assert_true(sim_trace_close(file, &error));
        g_autofree char *text = contents(place.folder, names[i]);
        g_assert_nonnull(strstr(text, "users"));
        g_assert_nonnull(strstr(text, "call \\\"x\\\""));
        if (i == 1) {
            assert_parses(text);
        } else {
            g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
            assert_parses(lines[0]);
            assert_parses(lines[1]);
        }
        sim_study_free(study);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(sim_trace_open("/nowhere/at/all", &error));
    g_assert_nonnull(error);
    study_place_free(&place);
}

static void test_full_disk(void)
{
    g_autoptr(GError) error = NULL;
    struct sim_trace_file *file = sim_trace_open("/dev/full", &error);
    g_assert_no_error(error);
    for (int i = 0; i < 100000; i++) {
        trace_one(file, SIM_TRACE_NOTE);
    }
    g_assert_false(sim_trace_close(file, &error));
    g_assert_nonnull(strstr(error->message, "/dev/full"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/files/round-trip", test_round_trip);
    g_test_add_func("/files/no-summary", test_what_is_no_summary);
    g_test_add_func("/files/damaged", test_damaged_summaries);
    g_test_add_func("/files/json-writer", test_json_writer);
    g_test_add_func("/files/folder", test_folder);
    g_test_add_func("/files/left-overs", test_left_overs);
    g_test_add_func("/files/unwritable", test_unwritable_folder);
    g_test_add_func("/files/plot-sources", test_plot_sources);
    g_test_add_func("/files/plot-panels", test_plot_panels);
    g_test_add_func("/files/plot-unit", test_plot_unit);
    g_test_add_func("/files/page", test_page);
    g_test_add_func("/files/traces", test_traces);
    g_test_add_func("/files/full-disk", test_full_disk);
    g_test_add_func("/files/wild-summary", test_wild_summary);
    g_test_add_func("/files/quoting", test_quoting);
    return g_test_run();
}

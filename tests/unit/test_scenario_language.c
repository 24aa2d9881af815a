/* The language: units and their arithmetic, laws, the library of a chunk, traces, annotations. */
#define _POSIX_C_SOURCE 200809L /* symlink */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../errors/fake_models.h"
#include "scenario/planning.h"
#include "scenario/scenario.h"

#define DB "node \"db\" { model = \"service\", service = ms(2) }, "

static struct sim_scenario *load(const char *text, const char *path, const char *data_folder)
{
    struct sim_load_options options = {.models = fake_models, .data_folder = data_folder};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text(text, strlen(text), path, &options, &problems);
    sim_problems_print(&problems, stderr);
    sim_problems_clear(&problems);
    g_assert_nonnull(scenario);
    return scenario;
}

/* What `expression` is, as an estimate: value in base units, and its unit. */
static void check_quantity(const char *expression, double value, const char *unit)
{
    g_autofree char *text = g_strdup_printf(
        "return scenario { duration = s(1), " DB "estimate \"x\" (%s) }", expression);
    struct sim_scenario *scenario = load(text, "test.lua", NULL);
    if (value != scenario->estimates[0].value) {
        g_error("%s is %.17g, not %.17g", expression, scenario->estimates[0].value, value);
    }
    g_assert_cmpstr(scenario->estimates[0].unit, ==, unit);
    sim_scenario_free(scenario);
}

static void test_units(void)
{
    check_quantity("ms(5)", 0.005, "seconds");
    check_quantity("ms(5) * 2 + s(1)", 1.01, "seconds");
    check_quantity("2 * us(0.3)", 2 * (0.3 / 1e6), "seconds");
    check_quantity("-minutes(2)", -120, "seconds");
    check_quantity("hours(1) / minutes(1)", 60, "");
    check_quantity("rate(4000) * s(10)", 40000, "");
    check_quantity("per_minute(90)", 1.5, "1/s");
    check_quantity("per_day(86400)", 1, "1/s");
    check_quantity("1 / s(4)", 0.25, "1/s");
    check_quantity("KiB(64)", 65536, "bytes");
    check_quantity("kB(1.5) + B(5)", 1505, "bytes");
    check_quantity("MB(10) / s(2)", 5e6, "bytes/s");
    check_quantity("Gbit_s(1)", 125e6, "bytes/s");
    check_quantity("percent(10)", 0.1, "");
    check_quantity("1 - percent(5)", 0.95, "");
    check_quantity("percent(10) * ms(5)", 0.1 * 0.005, "seconds");
    check_quantity("800 * posts / timeline * bytes(8) / post * 500e6 * timelines", 3.2e12, "bytes");
    check_quantity("3 * posts * posts / users", 3, "posts^2/user");
    check_quantity("math.ceil(7.2 * machines)", 8, "machines");
    check_quantity("unit \"shelf\" / s(1)", 1, "shelf/s");
    check_quantity("latency.memory", 100e-9, "seconds");
    check_quantity("math.pow(2, 10)", 1024, "");
    check_quantity("s(1) < ms(1500) and 1 or 2", 1, "");
    check_quantity("math.max(s(1), ms(1500))", 1.5, "seconds");
    check_quantity("s(1) == ms(1000) and 1 or 2", 1, "");
}

static void test_planning_values(void)
{
    double datacentre = 0;
    for (const struct sim_planning_value *row = sim_planning_latencies; row->name; row++) {
        g_assert_cmpstr(row->source, !=, "");
        datacentre = strcmp(row->name, "datacentre_round_trip") == 0 ? row->ns : datacentre;
    }
    g_assert_cmpfloat(datacentre, ==, 500e3);
}

/* The service law that `expression` becomes. */
static void check_law(const char *expression, double mean, double p, double quantile)
{
    g_autofree char *text = g_strdup_printf(
        "return scenario { duration = s(1), node \"db\" { model = \"service\", service = %s } }",
        expression);
    struct sim_scenario *scenario = load(text, "test.lua", BRINK_SOURCE_DIR "/tests/errors/parts");
    const struct fake_service *service = scenario->world.groups[0].params;
    const struct sim_dist *law = service->service.law[SIM_OP_READ];
    g_assert_cmpfloat_with_epsilon(sim_dist_mean(law), mean, mean * 1e-9);
    g_assert_cmpfloat_with_epsilon(sim_dist_quantile(law, p), quantile, quantile * 1e-9);
    sim_scenario_free(scenario);
}

static void test_laws(void)
{
    check_law("\"2ms\"", 0.002, 0.5, 0.002);
    check_law("constant(\"2ms\")", 0.002, 0.5, 0.002);
    check_law("uniform(ms(1), ms(3))", 0.002, 0.25, 0.0015);
    check_law("exponential(ms(2))", 0.002, 0.5, 0.002 * log(2));
    check_law("exponential { mean = ms(2) }", 0.002, 0.5, 0.002 * log(2));
    check_law("erlang { stages = 1, mean = ms(2) }", 0.002, 0.5, 0.002 * log(2));
    check_law("gamma { shape = 1, mean = ms(2) }", 0.002, 0.5, 0.002 * log(2));
    check_law("weibull { shape = 1, mean = ms(2) }", 0.002, 0.5, 0.002 * log(2));
    check_law("hyperexponential { mean = ms(2), cv2 = 1 }", 0.002, 0.5, 0.002 * log(2));
    check_law("lognormal { mean = ms(2), cv2 = 1 }", 0.002, 0.5, 0.002 / sqrt(2));
    check_law("lognormal { mean = ms(2), sd = ms(2) }", 0.002, 0.5, 0.002 / sqrt(2));
    check_law("lognormal { mean = ms(2), p99 = ms(9) }", 0.002, 0.99, 0.009);
    check_law("scaled(exponential(ms(2)), 3)", 0.006, 0.5, 0.006 * log(2));
    check_law("shifted(exponential(ms(2)), ms(1))", 0.003, 0.5, 0.001 + 0.002 * log(2));
    check_law("mixture { { 1, ms(2) }, { 3, ms(6) } }", 0.005, 0.2, 0.002);
    check_law("from_quantiles { p0 = ms(0), p50 = ms(2), p100 = ms(4) }", 0.002, 0.75, 0.003);
    check_law("from_quantiles { p0 = ms(1), p999 = ms(1), p100 = ms(1) }", 0.001, 0.75, 0.001);
    check_law("from_file(\"values.csv\", { column = \"ms\", unit = \"ms\" })",
              (0.0015 + 0.002 + 0.00725) / 3, 0.5, 0.002);
}

/* Balanced means give the squared coefficient of variation that was asked for. */
static void test_hyperexponential(void)
{
    struct sim_scenario *scenario =
        load("return scenario { duration = s(1), node \"db\" { model = \"service\", "
             "service = hyperexponential { mean = ms(2), cv2 = 9 } } }",
             "test.lua", NULL);
    const struct fake_service *service = scenario->world.groups[0].params;
    const struct sim_dist *law = service->service.law[0];
    g_assert_cmpfloat_with_epsilon(sim_dist_variance(law), 9 * 4e-6, 1e-15);
    sim_scenario_free(scenario);
}

/* A chunk that leaves a text in `out`. */
static void check_text(const char *chunk, const char *expected)
{
    g_autofree char *text = g_strdup_printf(
        "local out = \"\"\n%s\nreturn scenario { duration = s(1), node \"k\" { model = \"cache\", "
        "capacity = 1, note = out } }",
        chunk);
    struct sim_scenario *scenario = load(text, "test.lua", NULL);
    const struct fake_cache *cache = scenario->world.groups[0].params;
    g_assert_cmpstr(cache->note, ==, expected);
    sim_scenario_free(scenario);
}

static void test_library(void)
{
    check_text("for k, v in pairs { z = 1, b = 2, 7, [2.5] = 3, a = 4, [10] = 5, 8 } do "
               "out = out .. k .. v .. ' ' end",
               "17 28 2.53 105 a4 b2 z1 ");
    check_text(
        "local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do t.b = nil out = out .. k end",
        "ac");
    check_text("for i, v in ipairs { 'x', 'y' } do out = out .. i .. v end", "1x2y");
    /* Stable: equal keys keep their order. */
    check_text("local t = {} for i = 1, 20 do t[i] = { i % 3, i } end "
               "table.sort(t, function(a, b) return a[1] < b[1] end) "
               "for i = 1, 20 do out = out .. t[i][2] .. ',' end",
               "3,6,9,12,15,18,1,4,7,10,13,16,19,2,5,8,11,14,17,20,");
    check_text("local t = { 3, 1, 2 } table.sort(t) out = table.concat(t, '-')", "1-2-3");
    check_text("local t = { ms(3), us(1), s(2) } table.sort(t) out = tostring(t[1])", "1 us");
    check_text("local t = { 1, 2 } table.insert(t, 3) table.insert(t, 1, 0) table.remove(t, 2) "
               "out = table.concat(t, ' ')",
               "0 2 3");
    check_text("local a, b = table.unpack { 4, 5 } out = a .. b", "45");
    check_text("out = tostring({}) .. ' ' .. tostring(math.floor) .. ' ' .. type(ms(1)) .. ' ' .. "
               "type(none) .. ' ' .. tostring(exponential(ms(1)))",
               "table function quantity value exponential(...)");
    check_text("out = tostring(ms(5)) .. ' ' .. 5 * MB(1) .. ' ' .. rate(3)", "5 ms 5 MB 3/s");
    check_text("out = ('ab'):rep(3) .. ('x'):upper() .. ('hello'):sub(2, -2) .. #('abc')",
               "abababXell3");
    check_text("out = string.format('%03d|%.2f|%s|%x|%5.1f|%%', 7, 1.5, 'a', 255, 2.25)",
               "007|1.50|a|ff|  2.2|%");
    check_text("out = math.floor(2.7) .. math.ceil(2.1) .. math.tointeger(3.0) .. math.type(1) .. "
               "math.abs(-4) .. math.fmod(7, 4)",
               "233integer43.0");
    check_text("out = tostring(tonumber('0x10')) .. tostring(tonumber('5ms'))", "16nil");
}

/* What a chunk must not have: reading any of these names is an error. */
static void test_absent(void)
{
    static const char *const names[] = {"os",
                                        "io",
                                        "load",
                                        "loadstring",
                                        "loadfile",
                                        "dofile",
                                        "require",
                                        "package",
                                        "debug",
                                        "coroutine",
                                        "next",
                                        "collectgarbage",
                                        "setmetatable",
                                        "getmetatable",
                                        "rawset",
                                        "rawget",
                                        "rawequal",
                                        "rawlen",
                                        "pcall",
                                        "xpcall",
                                        "print",
                                        "select",
                                        "utf8",
                                        "_G",
                                        "warn",
                                        "math.random",
                                        "math.randomseed",
                                        "string.find",
                                        "string.gsub",
                                        "string.match",
                                        "string.gmatch",
                                        "string.dump",
                                        "table.move",
                                        "table.pack"};
    struct sim_load_options options = {.models = fake_models};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        /* One problem: the chunk goes on, and what it returns is known to be wrong. */
        g_autofree char *text = g_strdup_printf("return %s", names[i]);
        g_autofree char *expected = g_strdup_printf("unknown name '%s'", names[i]);
        struct sim_problems problems;
        sim_problems_init(&problems);
        g_assert_null(sim_scenario_load_text(text, strlen(text), "t.lua", &options, &problems));
        g_assert_cmpuint(problems.count, ==, 1);
        g_assert_true(g_str_has_prefix(problems.items[0].text, expected));
        sim_problems_clear(&problems);
    }
}

/* Tables of the language are walked like others, in the order of their names. */
static void test_pairs_of_latency(void)
{
    struct sim_scenario *scenario =
        load("local names = {} for name, value in pairs(latency) do names[#names + 1] = name "
             "assert(value == latency[name]) end "
             "return scenario { duration = s(1), name = names[1] .. #names, " DB " }",
             "t.lua", NULL);
    size_t count = 0;
    while (sim_planning_latencies[count].name) {
        count++;
    }
    g_autofree char *expected = g_strdup_printf("L1%zu", count);
    g_assert_cmpstr(scenario->name, ==, expected);
    sim_scenario_free(scenario);
}

static void test_include(void)
{
    g_autofree char *folder = g_dir_make_tmp("brink-include-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "main.lua", NULL);
    g_autofree char *part = g_build_filename(folder, "part.lua", NULL);
    g_autofree char *link = g_build_filename(folder, "link.lua", NULL);
    g_assert_true(
        g_file_set_contents(part, "local n = param('n', 2)\nreturn { " DB " }", -1, NULL));
    g_assert_cmpint(symlink(part, link), ==, 0);
    struct sim_scenario *scenario =
        load("return scenario { duration = s(1), include 'part.lua' }", path, NULL);
    g_assert_cmpuint(scenario->world.group_count, ==, 1);
    g_assert_cmpuint(scenario->param_count, ==, 1);
    sim_scenario_free(scenario);
    static const char linked[] = "return scenario { duration = s(1), include 'link.lua' }";
    struct sim_load_options options = {.models = fake_models};
    struct sim_problems problems;
    sim_problems_init(&problems);
    g_assert_null(sim_scenario_load_text(linked, strlen(linked), path, &options, &problems));
    g_assert_nonnull(strstr(problems.items[0].text, "symbolic link"));
    sim_problems_clear(&problems);
    g_unlink(part);
    g_unlink(link);
    g_rmdir(folder);
}

static void test_trace(void)
{
    struct sim_scenario *scenario = load(
        "return scenario { duration = s(1), " DB "node \"r\" { model = \"replay\", to = \"db\", "
        "trace = trace { file = \"small.csv\", time = \"time_us\", key = \"object\", "
        "bytes = \"size\", operation = \"op\" } } }",
        "test.lua", BRINK_SOURCE_DIR "/tests/errors/parts");
    const struct fake_replay *replay = scenario->world.groups[1].params;
    const struct sim_trace_row *rows = replay->trace->rows;
    g_assert_cmpuint(replay->trace->count, ==, 3);
    g_assert_cmpint(rows[0].time, ==, 0);
    g_assert_cmpint(rows[1].time, ==, 500 * SIM_MICROSECOND);
    g_assert_cmpint(rows[2].time, ==, 1500500);
    g_assert_cmpuint(rows[0].key, ==, 5);
    g_assert_cmpuint(rows[1].key, ==, sim_hash_text("abc"));
    g_assert_cmpint(rows[1].bytes, ==, 4096);
    g_assert_cmpint(rows[0].operation, ==, SIM_OP_WRITE);
    g_assert_cmpint(rows[1].operation, ==, SIM_OP_READ);
    sim_scenario_free(scenario);
}

/* The real block trace: every row, in its order. */
static void test_real_trace(void)
{
    if (g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0) {
        g_test_skip("BRINK_REFERENCE=none");
        return;
    }
    struct sim_scenario *scenario =
        load("return scenario { duration = hours(2), " DB
             "node \"r\" { model = \"replay\", to = \"db\", "
             "trace = trace { file = \"cloudphysics.csv\", time = \"time_us\", key = \"object\", "
             "bytes = \"size\", operation = \"op\" } } }",
             "test.lua", BRINK_REFERENCE_DIR "/cache");
    const struct fake_replay *replay = scenario->world.groups[1].params;
    g_assert_cmpuint(replay->trace->count, ==, 113872);
    g_assert_cmpuint(replay->trace->rows[0].key, ==, 42932745);
    g_assert_cmpint(replay->trace->rows[0].bytes, ==, 512);
    g_assert_cmpint(replay->trace->rows[1].time, ==, 242639 * SIM_MICROSECOND);
    sim_scenario_free(scenario);
}

static void test_annotations(void)
{
    g_autofree char *text = sim_scenario_annotations(fake_models);
    static const char *const expected[] = {
        "---@meta\n",
        "---@class brink.node.cache: brink.node\n",
        "---@field model \"cache\" ",
        "---@field capacity integer|number cache: objects\n",
        "---@field policy? \"lru\"|\"fifo\"|\"s3fifo\" cache: eviction (default \"lru\")\n",
        "---@class brink.scenario\n---@field [string] brink.NoSuchField\n",
        "---@class brink.sweep\n---@field [string] any[]\n",
        "---@field simulated? ",
        "---@field sides string|any[] list of targets",
        "function node(name) end\n",
        "function poisson(fields) end\n",
        "function lognormal(fields) end\n",
        "function crash(fields) end\n",
        "function ms(x) end\n",
        "latency.memory = nil\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_nonnull(strstr(text, expected[i]));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/language/units", test_units);
    g_test_add_func("/language/planning_values", test_planning_values);
    g_test_add_func("/language/laws", test_laws);
    g_test_add_func("/language/hyperexponential", test_hyperexponential);
    g_test_add_func("/language/library", test_library);
    g_test_add_func("/language/absent", test_absent);
    g_test_add_func("/language/include", test_include);
    g_test_add_func("/language/trace", test_trace);
    g_test_add_func("/language/real_trace", test_real_trace);
    g_test_add_func("/language/annotations", test_annotations);
    g_test_add_func("/language/pairs-of-latency", test_pairs_of_latency);
    return g_test_run();
}

/* The print of a scenario: it loads again, prints the same, and has the same hash. */
#include <glib.h>
#include <string.h>

#include "../errors/fake_models.h"
#include "scenario/scenario.h"

static struct sim_scenario *load(const char *text, const char *variant)
{
    struct sim_load_options options = {.models = fake_models,
                                       .variant = variant,
                                       .data_folder = BRINK_SOURCE_DIR "/tests/errors/parts"};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text(text, strlen(text), "test.lua", &options, &problems);
    sim_problems_print(&problems, stderr);
    sim_problems_clear(&problems);
    g_assert_nonnull(scenario);
    return scenario;
}

/* Loads, prints, loads the print, prints again. */
static void check(const char *text, const char *variant)
{
    struct sim_scenario *scenario = load(text, variant);
    g_autofree char *print = sim_scenario_print(scenario);
    struct sim_scenario *again = load(print, NULL);
    g_assert_cmpstr(again->print, ==, print);
    g_assert_true(again->hash == scenario->hash);
    g_assert_cmpuint(again->world.node_count, ==, scenario->world.node_count);
    g_assert_cmpuint(again->world.machine_count, ==, scenario->world.machine_count);
    g_assert_cmpuint(again->world.fault_count, ==, scenario->world.fault_count);
    for (uint32_t i = 0; i < scenario->world.fault_count; i++) {
        g_assert_cmpuint(again->world.faults[i].swarm, ==, scenario->world.faults[i].swarm);
        g_assert_cmpint(again->world.faults[i].kind, ==, scenario->world.faults[i].kind);
    }
    g_assert_cmpuint(again->expectation_count, ==, scenario->expectation_count);
    g_assert_cmpuint(again->estimate_count, ==, scenario->estimate_count);
    for (uint32_t i = 0; i < scenario->world.machine_count; i++) {
        g_assert_cmpuint(again->world.machines[i].zone, ==, scenario->world.machines[i].zone);
        g_assert_cmpstr(again->world.machines[i].name, ==, scenario->world.machines[i].name);
    }
    for (uint32_t i = 0; i < scenario->world.group_count; i++) {
        g_assert_cmpuint(again->world.groups[i].first_id, ==, scenario->world.groups[i].first_id);
        g_assert_cmpstr(again->world.groups[i].name, ==, scenario->world.groups[i].name);
    }
    sim_scenario_free(scenario);
    sim_scenario_free(again);
}

#define HEAD "return scenario { name = \"t\", duration = s(60), "
#define DB "node \"db\" { model = \"service\", service = ms(2) }, "

static void test_small(void)
{
    check(HEAD DB "}", NULL);
    check("-- About.\n--\n-- More, with \"quotes\".\n" HEAD
          "warmup = us(1.5), precision = 0.025, " DB "}",
          NULL);
}

static const char *const laws[] = {
    "ms(2)",
    "constant(us(1.7))",
    "uniform(ms(1), ms(3))",
    "uniform { low = ms(0.1), high = s(1) }",
    "exponential(ms(1) / 3)",
    "erlang { stages = 4, mean = ms(2) }",
    "gamma(0.7, ms(2))",
    "hyperexponential { { 0.9, ms(1) }, { 0.1, ms(10) } }",
    "hyperexponential { mean = ms(2), cv2 = 5 }",
    "normal { mean = ms(5), sd = ms(1) }",
    "folded_normal(ms(5), ms(1))",
    "lognormal { median = ms(2), p99 = ms(20) }",
    "lognormal { median = ms(2), [\"p99.9\"] = ms(20) }",
    "lognormal { mean = ms(2), cv2 = 3 }",
    "lognormal { mean = ms(2), sd = ms(3) }",
    "lognormal { mean = ms(2), p95 = ms(5) }",
    "weibull { shape = 1.5, mean = ms(4) }",
    "weibull { shape = 0.5, scale = ms(4) }",
    "pareto { min = ms(1), alpha = 2.5 }",
    "mixture { { 0.38, pareto(ms(1.05), 1.51) }, { 0.62, exponential(s(1) / 183) } }",
    "shifted(exponential(ms(2)), ms(75))",
    "scaled(lognormal { median = ms(2), p99 = ms(9) }, 1 / 3)",
    "truncated(normal(ms(5), ms(2)), ms(1), ms(9))",
    "from_quantiles { p50 = ms(1), p99 = ms(5), p999 = ms(9), p100 = ms(20) }",
    "from_file(\"values.csv\", { column = \"ms\", unit = \"ms\" })",
    "{ read = ms(1), write = exponential(ms(2)), other = us(3) }"};

static void test_laws(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        g_autofree char *text =
            g_strdup_printf(HEAD "node \"db\" { model = \"service\", service = %s } }", laws[i]);
        check(text, NULL);
    }
}

static void test_network(void)
{
    check(HEAD "network { latency = exponential(ms(1)), loss = percent(0.01) }, " DB "}", NULL);
    check(HEAD "network { preset = \"ibm-2026-01\", loss = percent(1) }, "
               "node \"db\" { model = \"service\", service = ms(2), zone = \"London\" } }",
          NULL);
    check(HEAD
          "network { preset = \"ec2-2013\" }, node \"db\" { model = \"service\", service = ms(2), "
          "zone = { \"Tokyo\", \"Ireland\" }, count = 3 } }",
          NULL);
    /* Zones by their use, one of them by not being named, in an order that the print must keep. */
    check(HEAD "network { latency = ms(1), link { \"b\", \"default\", latency = ms(7), "
               "reorder = percent(1), reorder_delay = ms(3) } }, " DB
               "node \"x\" { like = \"db\", zone = \"b\" }, machine \"m\" { zone = \"c\" } }",
          NULL);
    check(HEAD DB "node \"x\" { like = \"db\", zone = \"b\" }, machine \"m\" { zone = \"c\" } }",
          NULL);
}

static void test_nodes(void)
{
    check(
        HEAD
        "machine \"box\" { count = 2, cores = 4, disk = disk { fsync = ms(1) } }, "
        "node \"a\" { model = \"service\", service = ms(1), on = \"box\", count = 3 }, "
        "node \"b\" { like = \"a\", count = 0, count_max = 4 }, "
        "node \"c\" { model = \"client\", arrivals = poisson(rate(1) / 3), to = \"a[2..3] b\", "
        "  retry = retry { max = 3, backoff = ms(50) }, ops = { read = 0.7, write = percent(30) }, "
        "  transport = connection { warm = false, idle = s(30) }, clock_drift = 1e-5, "
        "  clock_offset = -ms(3), per_member = true }, "
        "node \"d\" { like = \"c\", to = { a = percent(40), [\"b[1]\"] = 0.3 }, "
        "  transport = datagram(), timeout = \"250ms\" }, "
        "node \"k\" { model = \"cache\", capacity = 5, note = \"tab\\t, \\\"quote\\\", \\\\ and "
        "\\n\" } }",
        NULL);
}

/* A bare name is printed as what it means, and a list under its field's name. */
static void test_shapes(void)
{
    check(HEAD DB
          "node \"x\" { like = \"db\" }, node \"w\" { model = \"walk\", route = round { "
          "\"db\", round { stopover { \"x\", times = 2 }, { db = percent(30) } }, laps = 3 } } }",
          NULL);
    check(HEAD DB "node \"w\" { model = \"walk\", route = \"db\" } }", NULL);
}

static void test_trace(void)
{
    check(HEAD DB "node \"r\" { model = \"replay\", to = \"db\", "
                  "trace = trace { file = \"small.csv\", time = \"time_us\", key = \"object\", "
                  "bytes = \"size\", operation = \"op\" } } }",
          NULL);
}

static void test_faults(void)
{
    check(HEAD DB
          "node \"x\" { like = \"db\", count = 3, count_max = 5 }, "
          "node \"u\" { model = \"client\", arrivals = poisson(rate(1)), to = \"db\" }, "
          "partition { sides = { \"db\", { \"x[1]\", \"x[2]\" } }, from = s(1), to = s(2) }, "
          "crash { \"x\", mttf = exponential(s(9)), mttr = uniform(s(1), s(2)), torn = true }, "
          "slow { \"db\", \"x[3]\", factor = 20, label = \"a \\\"b\\\"\" }, "
          "degrade { \"db\", \"x\", factor = 2 }, clock { \"db\", shift = -us(7), drift = 1e-4 }, "
          "disk_slow { \"db\", factor = 3 }, disk_stall { \"x\" }, surge { \"u\", factor = 1.5 }, "
          "scale { \"x\", from = s(5), count = 5 }, pause { \"db\" }, "
          "swarm { \"x\", \"db\", faults = 7, kinds = { \"crash\", \"clock\", \"partition\" } } }",
          NULL);
}

static void test_outputs(void)
{
    static const char text[] =
        "local n = param(\"n\", 3) " HEAD DB
        "variant \"v\" { slow { \"db\", factor = n } }, sweep { n = { 1, 2 } }, "
        "expect { \"db.latency p99.9  <  50ms\", variant = \"v\", from = s(5) }, "
        "expect \"db.busy mean<80%\", plot { \"db.busy\", title = \"x\" }, "
        "plot { \"db.busy mean\", against = \"n\" }, "
        "estimate { a = 3.7 * posts * bytes(8) / user / s(2), b = percent(1) / 3, c = -ms(5), "
        "d = s(2) * s(3), e = 1e300, f = latency.L1 }, "
        "estimate \"g h\" { 5 * machines, simulated = \"db.busy mean\" } }";
    check(text, NULL);
    check(text, "v");
}

/* A content that differs from the one that was meant is a mistake, not another run. */
static void test_content(void)
{
    struct sim_load_options options = {.models = fake_models,
                                       .data_folder = BRINK_SOURCE_DIR "/tests/errors/parts"};
    static const char text[] =
        HEAD "node \"db\" { model = \"service\", service = from_file(\"values.csv\", "
             "{ column = \"ms\", unit = \"ms\", content = \"0000000000000001\" }) } }";
    struct sim_problems problems;
    sim_problems_init(&problems);
    g_assert_null(sim_scenario_load_text(text, strlen(text), "test.lua", &options, &problems));
    g_assert_cmpuint(problems.count, ==, 1);
    g_assert_nonnull(strstr(problems.items[0].text, "content differs"));
    sim_problems_clear(&problems);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/print/small", test_small);
    g_test_add_func("/print/laws", test_laws);
    g_test_add_func("/print/network", test_network);
    g_test_add_func("/print/nodes", test_nodes);
    g_test_add_func("/print/shapes", test_shapes);
    g_test_add_func("/print/trace", test_trace);
    g_test_add_func("/print/faults", test_faults);
    g_test_add_func("/print/outputs", test_outputs);
    g_test_add_func("/print/content", test_content);
    return g_test_run();
}

/* Facts about networks, failures and recovery that are exact to the nanosecond or to the request,
 * through scenario, client, network, service and figures: see stack.h. */
#include <glib/gstdio.h>

#include "stack.h"
#include "table.h"

/* Runs a scenario that is given as text. */
static struct sim_study *run_text(const char *blocks)
{
    g_autofree char *folder = g_dir_make_tmp("brink-facts-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_autofree char *path = g_build_filename(folder, "facts.lua", NULL);
    g_autofree char *text = g_strdup_printf("return scenario { name = \"facts\", runs = 1,\n"
                                            "warmup = s(0), %s }\n",
                                            blocks);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    struct sim_study *study = stack_run_path(path, "");
    g_unlink(path);
    g_rmdir(folder);
    g_assert_cmpuint(study->result_count, ==, 1);
    return study;
}

static double value(const struct sim_study *study, const char *figure)
{
    return stack_estimate(study->results[0], figure)->value;
}

static void assert_seconds(double measured, double exact)
{
    if (!(fabs(measured - exact) <= 1e-12 + 1e-15 * exact)) {
        g_error("%.12g s, must be %.12g s", measured, exact);
    }
}

/* --- Messages -----------------------------------------------------------------------------------
 */

/* In two zones, so that replies have a link of their own. */
#define PAIR(network, client)                                                                      \
    "network { zones = { \"a\", \"b\" }, " network " }, "                                          \
    "node \"users\" { zone = \"a\", model = \"client.open\", to = \"db\", " client " }, "          \
    "node \"db\" { zone = \"b\", model = \"service\", servers = 1000000, service = ms(0), "        \
    "reply_bytes = bytes(0) },"

/* A delay is no pipe of capacity 1 / delay: a hundred messages are on their way at once. */
static void test_messages_do_not_wait(void)
{
    struct sim_study *study =
        run_text("duration = s(10), " PAIR("latency = ms(100)", "arrivals = regular(rate(1000))"));
    assert_seconds(value(study, "users.latency min"), 0.2);
    assert_seconds(value(study, "users.latency mean"), 0.2);
    assert_seconds(value(study, "users.latency max"), 0.2);
    g_assert_cmpfloat(value(study, "users.succeeded total"), ==, 10000);
    sim_study_free(study);
}

/* With bandwidth they do. 1,000 bytes each half millisecond over 1 MB/s: request k (from 0) leaves
 * the pipe after (k + 1) ms and was issued after k / 2 ms; 10 ms there, 10 ms back. */
static void test_bandwidth_makes_them_wait(void)
{
    struct sim_study *study =
        run_text("duration = s(1), " PAIR("latency = ms(10), bandwidth = MB(1) / s(1)",
                                          "arrivals = regular(rate(2000)), bytes = bytes(1000)"));
    assert_seconds(value(study, "users.latency min"), 0.021);
    assert_seconds(value(study, "users.latency mean"), 0.020 + 0.001 + 0.0005 * 1999 / 2);
    assert_seconds(value(study, "users.latency max"), 0.020 + 0.001 + 0.0005 * 1999);
    sim_study_free(study);
    study = run_text("duration = s(1), " PAIR("latency = ms(10), bandwidth = MB(10) / s(1)",
                                              "arrivals = regular(rate(2000)), "
                                              "bytes = bytes(1000)"));
    assert_seconds(value(study, "users.latency min"), 0.0201);
    assert_seconds(value(study, "users.latency max"), 0.0201);
    sim_study_free(study);
}

/* Ten requests, one a second, round trip 20 ms; a handshake costs so many round trips more, the
 * first time, or each time where connections close in between. */
static void test_handshakes_cost_their_round_trips(void)
{
    static const struct {
        const char *transport;
        double first, others;
    } rows[] = {
        {"connection()", 0.02, 0.02},
        {"datagram()", 0.02, 0.02},
        {"connection { warm = false }", 0.04, 0.02},
        {"connection { warm = false, handshake = 2 }", 0.06, 0.02},
        {"connection { warm = false, handshake = 3, idle = ms(500) }", 0.08, 0.08},
        {"connection { warm = false, handshake = 1, idle = s(2) }", 0.04, 0.02},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("duration = s(10), " PAIR(
                                "latency = ms(10)", "arrivals = regular(rate(1)), transport = %s"),
                            rows[i].transport);
        struct sim_study *study = run_text(text);
        assert_seconds(value(study, "users.latency max"), rows[i].first);
        assert_seconds(value(study, "users.latency min"), rows[i].others);
        assert_seconds(value(study, "users.latency mean"),
                       (rows[i].first + 9 * rows[i].others) / 10);
        sim_study_free(study);
    }
}

/* --- Failures -----------------------------------------------------------------------------------
 */

/* 1,000 requests in 100 s, 50 ms beside the full tenths of a second, so that no request coincides
 * with a fault. */
#define STEADY                                                                                     \
    "duration = s(100), node \"users\" { model = \"client.open\", to = \"db\", "                   \
    "arrivals = regular { rate = rate(10), phase = ms(50) }, timeout = s(1) },"

static void test_dead_service_is_infinitely_late(void)
{
    struct sim_study *study =
        run_text(STEADY "node \"db\" { model = \"service\", service = ms(1) },"
                        "crash { \"db\", from = s(0) },"
                        "expect \"users.latency p99 < 1h\", expect \"users.latency p50 < 1h\","
                        "expect \"users.success ratio < 1%\"");
    const struct sim_result *result = study->results[0];
    g_assert_cmpfloat(value(study, "users.latency p50"), ==, INFINITY);
    g_assert_cmpfloat(value(study, "users.latency p99"), ==, INFINITY);
    g_assert_cmpfloat(value(study, "users.latency mean"), ==, INFINITY);
    g_assert_true(isnan(value(study, "users.latency.answered p50")));
    g_assert_cmpfloat(value(study, "users.availability ratio"), ==, 0);
    g_assert_cmpint(result->judgements[0].verdict, ==, SIM_FAIL);
    g_assert_cmpint(result->judgements[1].verdict, ==, SIM_FAIL);
    g_assert_cmpint(result->judgements[2].verdict, ==, SIM_PASS);
    sim_study_free(study);
}

/* One request in twenty fails: the 90th percentile is known, the 99th is not finite. */
static void test_few_failures_spoil_high_percentiles_only(void)
{
    struct sim_study *study =
        run_text(STEADY "node \"db\" { model = \"service\", service = ms(1) },"
                        "crash { \"db\", from = s(10), to = s(15) }");
    assert_seconds(value(study, "users.latency p90"), 0.001);
    g_assert_cmpfloat(value(study, "users.latency p99"), ==, INFINITY);
    assert_seconds(value(study, "users.latency.answered p99"), 0.001);
    g_assert_cmpfloat(value(study, "users.failed total"), ==, 50);
    g_assert_cmpfloat(value(study, "users.refused total"), ==, 50);
    g_assert_cmpfloat(value(study, "users.availability ratio"), ==, 0.95);
    g_assert_cmpfloat(value(study, "users.errors ratio"), ==, 0.05);
    g_assert_cmpfloat(value(study, "users.availability.windows ratio"), ==, 0.95);
    sim_study_free(study);
}

/* A machine that is gone refuses nothing: the same requests fail, a second later. */
static void test_silent_crash_is_seen_by_timeout(void)
{
    struct sim_study *study =
        run_text(STEADY "node \"db\" { model = \"service\", service = ms(1) },"
                        "crash { \"db\", from = s(10), to = s(15), silent = true }");
    g_assert_cmpfloat(value(study, "users.timeout total"), ==, 50);
    g_assert_cmpfloat(value(study, "users.refused total"), ==, 0);
    g_assert_cmpfloat(value(study, "users.availability ratio"), ==, 0.95);
    sim_study_free(study);
}

/* The service stands still for the second half, and nobody gives up: those who still wait when the
 * run ends are infinitely late too. */
static void test_never_answered_is_infinitely_late(void)
{
    struct sim_study *study = run_text(
        "duration = s(100), drain = s(1), node \"db\" { model = \"service\", service = ms(1) },"
        "node \"users\" { model = \"client.open\", to = \"db\", "
        "arrivals = regular { rate = rate(10), phase = ms(50) } },"
        "pause { \"db\", from = s(50) }");
    g_assert_cmpfloat(value(study, "users.unfinished total"), ==, 500);
    assert_seconds(value(study, "users.latency p50"), 0.001);
    g_assert_cmpfloat(value(study, "users.latency p90"), ==, INFINITY);
    g_assert_cmpfloat(value(study, "users.latency mean"), ==, INFINITY);
    g_assert_cmpfloat(value(study, "users.availability ratio"), ==, 0.5);
    g_assert_cmpfloat(value(study, "users.availability.windows ratio"), ==, 0.5);
    sim_study_free(study);
}

/* --- Retry storm --------------------------------------------------------------------------------
 */

/* Of the first group: when the last request that failed was issued, to the length of a cell. */
static double last_failure(const struct sim_result *result)
{
    const struct sim_series *failed = sim_result_series(result, 0, SIM_NONE, "failed", "mean");
    g_assert_nonnull(failed);
    uint32_t last = 0;
    for (uint32_t c = 0; c < failed->cell_count; c++) {
        last = failed->values[c] > 0 ? c : last;
    }
    return sim_time_seconds(result->cell) * last;
}

/* Bronson and others 2021: a database of 300/s stands still from 20 s to 30 s and then works off
 * what has piled up; clients wait a second and retry once. */
static void test_retry_storm(void)
{
    struct table table;
    if (!table_read(&table, "metastable_retry.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        double load = table_number(&table, row, "offered_per_s");
        bool recovers = table_number(&table, row, "recovers") > 0;
        g_autofree char *settings = g_strdup_printf("load=%g", load);
        struct sim_study *study = stack_run("metastable", settings);
        const struct sim_result *result = study->results[0];
        for (uint32_t i = 0; i < result->judgement_count; i++) {
            g_assert_cmpint(result->judgements[i].verdict, ==, SIM_PASS);
        }
        double recovery = last_failure(result) - 30.0;
        if (recovers) {
            double published = table_number(&table, row, "last_failed_request_after_outage_end_s");
            g_test_message("%g/s: recovery after %g s, published %g s", load, recovery, published);
            g_assert_cmpfloat(fabs(recovery - published), <=, 1.0);
        } else {
            g_assert_cmpfloat(recovery, >, 260.0); /* until the end */
        }
        sim_study_free(study);
    }
    table_clear(&table);
}

/* The same law at loads that nobody published. */
static void test_retry_storm_elsewhere(void)
{
    static const double loads[] = {60, 80, 120, 130, 145};
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
        g_autofree char *settings = g_strdup_printf("load=%g", loads[i]);
        struct sim_study *study = stack_run("metastable", settings);
        double formula = (19 * loads[i] - 300) / (300 - 2 * loads[i]);
        double recovery = last_failure(study->results[0]) - 30.0;
        g_test_message("%g/s: recovery after %g s, by formula %g s", loads[i], recovery, formula);
        g_assert_cmpfloat(fabs(recovery + 1.0 - formula), <=, 1.0);
        sim_study_free(study);
    }
}

/* --- Ends ---------------------------------------------------------------------------------------
 */

/* A run in which nothing is open at the end has books that end with the duration: one second of
 * work in each of four. */
static void test_idle_end(void)
{
    struct sim_study *study =
        run_text("duration = s(40), node \"users\" { model = \"client.open\", to = \"db\", "
                 "arrivals = regular(rate(0.25)) },"
                 "node \"db\" { model = \"service\", service = s(1) }");
    g_assert_cmpfloat(value(study, "db.busy mean"), ==, 0.25);
    g_assert_cmpfloat(value(study, "users.open mean"), ==, 0.25);
    g_assert_cmpfloat(value(study, "users.succeeded total"), ==, 10);
    sim_study_free(study);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/facts/messages-do-not-wait", test_messages_do_not_wait);
    g_test_add_func("/facts/bandwidth-makes-them-wait", test_bandwidth_makes_them_wait);
    g_test_add_func("/facts/handshakes", test_handshakes_cost_their_round_trips);
    g_test_add_func("/facts/dead-service", test_dead_service_is_infinitely_late);
    g_test_add_func("/facts/few-failures", test_few_failures_spoil_high_percentiles_only);
    g_test_add_func("/facts/silent-crash", test_silent_crash_is_seen_by_timeout);
    g_test_add_func("/facts/never-answered", test_never_answered_is_infinitely_late);
    g_test_add_func("/facts/retry-storm", test_retry_storm);
    g_test_add_func("/facts/retry-storm-elsewhere", test_retry_storm_elsewhere);
    g_test_add_func("/facts/idle-end", test_idle_end);
    return g_test_run();
}

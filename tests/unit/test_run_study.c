/* Whole studies: if this failed, results would depend on threads, seeds would not be replayable,
 * verdicts would not follow from intervals, or an interrupted run would lose what was finished. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "report/render.h"
#include "run/case.h"
#include "run/threads.h"
#include "study.h"

static char *json_of(const struct sim_study *study)
{
    struct sim_report *report = study_report(study);
    char *text = g_string_free(sim_render_json(report), FALSE);
    sim_report_free(report);
    return text;
}

static double value_of(const struct sim_result *result, uint32_t group, const char *metric,
                       const char *aggregate)
{
    const struct sim_figure *figure = sim_result_figure(result, group, SIM_NONE, metric, aggregate);
    g_assert_nonnull(figure);
    return figure->estimate.value;
}

static void test_threads_do_not_show(void)
{
    struct study_place place =
        study_place_new(STUDY_QUEUE "  expect \"users.latency p99 < 100ms\" }\n");
    struct sim_run_options options = study_options(&place);
    struct sim_study *alone = study_run(&options);
    options.jobs = 3;
    struct sim_study *together = study_run(&options);
    g_autofree char *a = json_of(alone);
    g_autofree char *b = json_of(together);
    g_assert_cmpstr(a, ==, b);
    g_assert_cmpuint(alone->result_count, ==, 1);
    g_assert_cmpuint(alone->results[0]->replication_count, ==, 4);
    g_assert_cmphex(alone->results[0]->digest, ==, together->results[0]->digest);
    sim_study_free(alone);
    sim_study_free(together);
    study_place_free(&place);
}

static void test_seeds(void)
{
    struct study_place place = study_place_new(STUDY_QUEUE "}\n");
    struct sim_run_options options = study_options(&place);
    options.runs = 2;
    struct sim_study *first = study_run(&options);
    options.has_seed = true;
    options.seed = 99;
    struct sim_study *other = study_run(&options);
    const struct sim_replication *runs = first->results[0]->replications;
    g_assert_cmphex(runs[0].seed, !=, runs[1].seed);
    g_assert_cmphex(runs[0].digest, !=, runs[1].digest);
    g_assert_cmphex(runs[1].seed, ==, sim_replication_seed(first->results[0]->scenario->seed, 1));
    g_assert_cmphex(other->results[0]->replications[1].seed, ==, sim_replication_seed(99, 1));
    g_assert_cmphex(first->results[0]->digest, !=, other->results[0]->digest);
    g_assert_true(runs[0].is_balanced && runs[1].is_balanced);
    sim_study_free(first);
    sim_study_free(other);
    study_place_free(&place);
}

/* Variants and points of a sweep, in the scenario's order, the last axis fastest. */
static void test_enumeration(void)
{
    struct study_place place = study_place_new(
        "local n = param(\"n\", 1)\nlocal p = param(\"p\", \"fifo\")\n"
        "return scenario { name = \"grid\", duration = s(2), runs = 1,\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(50)), to = \"web\" "
        "},\n"
        "  node \"web\" { model = \"service\", servers = n, discipline = p, service = ms(1) },\n"
        "  variant \"plain\" {}, variant \"slow\" { node \"web\" { model = \"service\", servers = "
        "n, discipline = p,\n"
        "    service = ms(2) } },\n"
        "  sweep { n = { 1, 2 }, p = { \"fifo\", \"lifo\" } } }\n");
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    struct sim_report *report = study_report(study);
    static const char *const labels[] = {"plain, n = 1, p = fifo", "plain, n = 1, p = lifo",
                                         "plain, n = 2, p = fifo", "plain, n = 2, p = lifo",
                                         "slow, n = 1, p = fifo",  "slow, n = 1, p = lifo",
                                         "slow, n = 2, p = fifo",  "slow, n = 2, p = lifo"};
    g_assert_cmpuint(report->section_count, ==, G_N_ELEMENTS(labels));
    for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
        g_assert_cmpstr(report->sections[i].label, ==, labels[i]);
    }
    sim_report_free(report);
    sim_study_free(study);
    struct sim_setting fixed = {"n", "2"}; /* --set closes an axis */
    options.settings = &fixed;
    options.setting_count = 1;
    options.variant = "slow";
    study = study_run(&options);
    g_assert_cmpuint(study->result_count, ==, 2);
    g_assert_cmpfloat_with_epsilon(value_of(study->results[0], 1, "latency", "p50"), 0.002, 1e-4);
    sim_study_free(study);
    study_place_free(&place);
}

static void test_unknown_variant(void)
{
    struct study_place place = study_place_new(
        STUDY_QUEUE
        "  variant \"big\" { node \"web\" { model = \"service\", service = ms(9) } } }\n");
    struct sim_run_options options = study_options(&place);
    struct sim_problems problems;
    sim_problems_init(&problems);
    options.variant = "bgi";
    g_assert_null(sim_study_run(&options, &problems));
    g_assert_cmpuint(problems.count, ==, 1);
    g_assert_nonnull(strstr(problems.items[0].text, "did you mean 'big'?"));
    sim_problems_clear(&problems);
    study_place_free(&place);
}

static enum sim_verdict verdict_of(const char *scenario_end, const char **ret_reason)
{
    g_autofree char *text = g_strconcat(STUDY_QUEUE, scenario_end, NULL);
    struct study_place place = study_place_new(text);
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    g_assert_cmpuint(study->results[0]->judgement_count, ==, 1);
    enum sim_verdict verdict = study->results[0]->judgements[0].verdict;
    *ret_reason = study->results[0]->judgements[0].reason;
    sim_study_free(study);
    study_place_free(&place);
    return verdict;
}

static void test_verdicts(void)
{
    const char *reason;
    g_assert_cmpint(verdict_of("expect \"users.latency p50 < 1s\" }", &reason), ==, SIM_PASS);
    g_assert_cmpint(verdict_of("expect \"users.latency p50 > 1s\" }", &reason), ==, SIM_FAIL);
    g_assert_cmpint(verdict_of("expect \"web.busy mean < 80%\" }", &reason), ==, SIM_PASS);
    g_assert_cmpint(verdict_of("expect \"web.busy mean < 60%\" }", &reason), ==, SIM_INCONCLUSIVE);
    g_assert_null(reason);
    /* 26,000 requests are not enough for one in a hundred thousand, but enough to say that a bound
     * far below the median is broken. */
    g_assert_cmpint(verdict_of("expect \"users.latency p99.999 < 1s\" }", &reason), ==,
                    SIM_INCONCLUSIVE);
    g_assert_cmpstr(reason, ==, "too few requests");
    g_assert_cmpint(verdict_of("expect \"users.latency p99.999 < 1ms\" }", &reason), ==, SIM_FAIL);
}

/* A dead service never meets a latency limit, nor does it look alive in anything else. */
static void test_dead_service(void)
{
    struct study_place place = study_place_new(
        "return scenario { name = \"dead\", duration = s(10), warmup = s(1), runs = 3,\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(20)), to = \"web\",\n"
        "                 timeout = ms(50) },\n"
        "  node \"web\" { model = \"service\", service = s(100) },\n"
        "  expect \"users.latency p50 < 1s\", expect \"users.latency p99.9 < 1s\",\n"
        "  expect \"users.success ratio < 2%\" }\n");
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    const struct sim_result *result = study->results[0];
    g_assert_cmpint(result->judgements[0].verdict, ==, SIM_FAIL);
    g_assert_cmpint(result->judgements[1].verdict, ==, SIM_FAIL); /* by the share beyond */
    g_assert_cmpint(result->judgements[2].verdict, ==, SIM_PASS);
    g_assert_true(isinf(value_of(result, 0, "latency", "p50")));
    g_assert_true(isnan(value_of(result, 0, "latency.answered", "mean")));
    g_assert_cmpfloat(value_of(result, 0, "availability.windows", "ratio"), ==, 0.0);
    sim_study_free(study);
    study_place_free(&place);
}

/* One run has intervals from batches; they are near those of many runs. */
static void test_batches(void)
{
    struct study_place place = study_place_new(STUDY_QUEUE "}\n");
    struct sim_run_options options = study_options(&place);
    options.runs = 1;
    struct sim_study *study = study_run(&options);
    const struct sim_figure *busy =
        sim_result_figure(study->results[0], 1, SIM_NONE, "busy", "mean");
    g_assert_true(study->results[0]->is_batched);
    g_assert_true(busy->estimate.has_interval);
    g_assert_cmpfloat(busy->estimate.low, <, 0.6);
    g_assert_cmpfloat(busy->estimate.high, >, 0.6);
    g_assert_cmpfloat(sim_estimate_precision(&busy->estimate), <, 0.1);
    sim_study_free(study);
    study_place_free(&place);
}

static void test_precision(void)
{
    struct study_place place = study_place_new(
        "return scenario { name = \"sure\", duration = s(20), warmup = s(2), precision = "
        "percent(1),\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(120)), to = \"web\" "
        "},\n"
        "  node \"web\" { model = \"service\", servers = 2, service = exponential(ms(10)) },\n"
        "  expect \"web.busy mean < 99%\" }\n");
    struct sim_run_options options = study_options(&place);
    options.runs = 4;
    struct sim_study *study = study_run(&options);
    const struct sim_result *result = study->results[0];
    g_assert_cmpuint(result->replication_count, >, 4);
    g_assert_cmpuint(result->replication_count, <=, 256);
    g_assert_cmpfloat(result->precision_reached, <=, 0.01);
    g_assert_cmpfloat(sim_estimate_precision(&result->judgements[0].estimate), <=, 0.01);
    sim_study_free(study);
    study_place_free(&place);
}

static void test_warmup_rule(void)
{
    static const char *const body =
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(180)), to = \"web\" "
        "},\n"
        "  node \"web\" { model = \"service\", servers = 2, service = exponential(ms(10)) },\n";
    static const struct {
        const char *head, *tail;
        enum sim_warmup_rule rule;
    } cases[] = {
        {"warmup = s(3)", "}", SIM_WARMUP_GIVEN},
        {"seed = 1", "}", SIM_WARMUP_CUT},
        {"seed = 1", "slow { \"web\", from = s(10), to = s(20), factor = 2 } }",
         SIM_WARMUP_SCHEDULED},
        {"seed = 1", "expect { \"users.errors ratio < 1\", from = s(10), to = s(20) } }",
         SIM_WARMUP_SCHEDULED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "return scenario { name = \"w\", duration = s(60), runs = 1, %s,\n%s%s\n",
            cases[i].head, body, cases[i].tail);
        struct study_place place = study_place_new(text);
        struct sim_run_options options = study_options(&place);
        struct sim_study *study = study_run(&options);
        g_assert_cmpint(study->results[0]->warmup_rule, ==, cases[i].rule);
        g_assert_cmpint(study->results[0]->warmup, <=, 30 * SIM_SECOND);
        if (cases[i].rule == SIM_WARMUP_SCHEDULED) {
            g_assert_cmpint(study->results[0]->warmup, ==, 0);
        }
        sim_study_free(study);
        study_place_free(&place);
    }
}

/* The first replication ends the study from within its trace. */
static void stop_after(const struct sim_trace_event *event, void *data)
{
    if (event->time > 30 * SIM_SECOND) {
        *(bool *)data = true;
    }
}

static void test_interruption(void)
{
    struct study_place place = study_place_new(STUDY_QUEUE "}\n");
    struct sim_run_options options = study_options(&place);
    bool stop = false;
    options.stop = &stop;
    options.trace = stop_after;
    options.trace_data = &stop;
    struct sim_study *study = study_run(&options);
    g_assert_true(study->was_interrupted);
    g_assert_cmpuint(study->result_count, ==, 0); /* cut short: nothing of it counts */
    sim_study_free(study);
    study_place_free(&place);
}

static void stop_after_two(const struct sim_progress *progress, void *data)
{
    *(bool *)data = progress->replications_done >= 2;
}

static void test_interruption_keeps_finished_runs(void)
{
    struct study_place place = study_place_new(STUDY_QUEUE "}\n");
    struct sim_run_options options = study_options(&place);
    bool stop = false;
    options.stop = &stop;
    options.progress = stop_after_two;
    options.progress_data = &stop;
    struct sim_study *study = study_run(&options);
    g_assert_true(study->was_interrupted);
    g_assert_cmpuint(study->result_count, ==, 1);
    g_assert_cmpuint(study->results[0]->replication_count, ==, 2);
    g_assert_true(study->results[0]->was_interrupted);
    sim_study_free(study);
    study_place_free(&place);
}

static void count_task(uint32_t index, void *data)
{
    g_atomic_int_inc(&((gint *)data)[index]);
}

static void test_every_task_once(void)
{
    gint counts[1000] = {0};
    sim_threads_run(G_N_ELEMENTS(counts), 7, NULL, count_task, counts);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_assert_cmpint(counts[i], ==, 1);
    }
    bool stop = true;
    sim_threads_run(G_N_ELEMENTS(counts), 2, &stop, count_task, counts);
    g_assert_cmpint(counts[0], ==, 1);
}

/* What clients of a store saw, and of a cache before it that nobody tells of writes. */
static void test_claims(void)
{
    static const struct {
        const char *to, *claim;
        enum sim_verdict verdict;
        const char *evidence;
    } cases[] = {
        {"\"db\"", "is linearizable", SIM_PASS, NULL},
        {"\"db\"", "is not linearizable", SIM_FAIL, NULL},
        {"\"db\"", "is causal", SIM_PASS, NULL},
        {"\"db\"", "has no monotonic reads", SIM_FAIL, NULL},
        {"{ edge = percent(50), db = percent(50) }", "is linearizable", SIM_FAIL,
         "run 1: no order explains these of key"},
        {"{ edge = percent(50), db = percent(50) }", "is not linearizable", SIM_PASS,
         "run 1: no order explains these of key"},
        {"{ edge = percent(50), db = percent(50) }", "has read-my-writes", SIM_FAIL,
         "run 1: no order of the writes lets each process read its own in these of key"},
        {"{ edge = percent(50), db = percent(50) }", "has no monotonic reads", SIM_PASS,
         "run 1: no order of the writes lets reads only go forward in these of key"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "return scenario { name = \"claims\", duration = s(4), runs = 2,\n"
            "  network { latency = exponential(ms(1)) },\n"
            "  node \"users\" { model = \"client.closed\", sessions = 10, to = %s,\n"
            "    ops = { read = 0.6, write = 0.4 }, keys = uniform_keys(5), think = ms(5) },\n"
            "  node \"edge\" { model = \"cache\", capacity = 9, ttl = s(1), miss_to = \"db\" },\n"
            "  node \"db\" { model = \"store.memory\", service = us(100) },\n"
            "  expect \"history %s\" }\n",
            cases[i].to, cases[i].claim);
        struct study_place place = study_place_new(text);
        struct sim_run_options options = study_options(&place);
        struct sim_study *study = study_run(&options);
        const struct sim_judgement *judgement = &study->results[0]->judgements[0];
        g_assert_cmpint(judgement->verdict, ==, cases[i].verdict);
        g_assert_true((judgement->reason != NULL) == (cases[i].evidence != NULL));
        g_assert_true(cases[i].evidence == NULL || strstr(judgement->reason, cases[i].evidence));
        sim_study_free(study);
        study_place_free(&place);
    }
}

/* What a plot over time says of a member is that member's, not its group's. */
static void test_lines_of_members(void)
{
    struct study_place place = study_place_new(
        "return scenario { name = \"members\", duration = s(20), runs = 2,\n"
        "  node \"users\" { model = \"client.open\", arrivals = regular(rate(10)), to = \"web[2]\" "
        "},\n"
        "  node \"web\" { model = \"service\", count = 2, per_member = true, service = ms(50) },\n"
        "  plot { \"web[1].busy\", \"web[2].busy\", \"web[2].success ratio\", against = \"time\" } "
        "}\n");
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    const struct sim_result *result = study->results[0];
    const double expected[] = {0.0, 0.5};
    for (uint32_t member = 0; member < 2; member++) {
        const struct sim_series *busy = sim_result_series(result, 1, member, "busy", "mean");
        g_assert_nonnull(busy);
        for (uint32_t c = 0; c < busy->cell_count; c++) {
            g_assert_cmpfloat_with_epsilon(busy->values[c], expected[member], 1e-9);
        }
    }
    const struct sim_series *both = sim_result_series(result, 1, SIM_NONE, "busy", "mean");
    g_assert_cmpfloat_with_epsilon(both->values[0], 0.25, 1e-9);
    const struct sim_series *success = sim_result_series(result, 1, 1, "success", "ratio");
    g_assert_cmpfloat(success->values[0], ==, 1.0);
    g_assert_null(sim_result_series(result, 1, 1, "queued", "mean")); /* nobody asked */
    sim_study_free(study);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/study/threads", test_threads_do_not_show);
    g_test_add_func("/study/seeds", test_seeds);
    g_test_add_func("/study/enumeration", test_enumeration);
    g_test_add_func("/study/unknown-variant", test_unknown_variant);
    g_test_add_func("/study/verdicts", test_verdicts);
    g_test_add_func("/study/dead-service", test_dead_service);
    g_test_add_func("/study/batches", test_batches);
    g_test_add_func("/study/precision", test_precision);
    g_test_add_func("/study/warmup", test_warmup_rule);
    g_test_add_func("/study/interruption", test_interruption);
    g_test_add_func("/study/interruption-keeps", test_interruption_keeps_finished_runs);
    g_test_add_func("/threads/each-once", test_every_task_once);
    g_test_add_func("/study/claims", test_claims);
    g_test_add_func("/study/lines-of-members", test_lines_of_members);
    return g_test_run();
}

/* The history of a run on disk. If this failed, somebody who looks at it with other tools, or
 * judges it again, would see another history than the one that was judged.
 */
#include <string.h>

#include "check/read.h"
#include "report/plot.h"
#include "report/render.h"
#include "study.h"

/* Replicas that a partition leaves behind, asked by sessions and by nobody in particular; and some
 * who ask for what is refused. */
static const char *const apart =
    "return scenario { name = \"apart\", duration = s(6), runs = 3, seed = 1,\n"
    "  node \"sessions\" { model = \"client.closed\", sessions = 3, to = \"replica\",\n"
    "    timeout = ms(300), think = exponential(ms(20)), keys = uniform_keys(9), ops = { read = "
    "0.5,\n    write = 0.2, compare_and_set = 0.1, increment = 0.1, append = 0.1 } },\n"
    "  node \"strays\" { model = \"client.open\", arrivals = poisson(rate(50)), to = \"replica\",\n"
    "    timeout = ms(300), keys = uniform_keys(9), ops = { read = 0.5, write = 0.5 } },\n"
    "  node \"replica\" { model = \"store.quorum\", count = 3, read_quorum = 1, write_quorum = 2,\n"
    "    queue_limit = 0, servers = 1, service = exponential(ms(1)), timeout = ms(200) },\n"
    "  network { latency = exponential(ms(2)) },\n"
    "  partition { sides = { \"replica[1] strays\", \"replica[2..3]\" }, from = s(2), to = s(4) "
    "},\n"
    "  crash { \"sessions\", from = s(3), to = s(3.5) },\n";

static struct sim_study *play(struct study_place *place, const char *more, bool keeps_histories)
{
    g_autofree char *text = g_strconcat(apart, more, " }\n", NULL);
    *place = study_place_new(text);
    struct sim_run_options options = study_options(place);
    options.keeps_histories = keeps_histories;
    return study_run(&options);
}

#define CLAIM "  expect \"history is linearizable\","

static void read_back(const struct sim_study *study, struct sim_check_input *ret_input)
{
    struct sim_report *report = study_report(study);
    GString *text = sim_render_history_edn(report, &report->sections[0]);
    char *problem = sim_check_read(text->str, text->len, ret_input);
    g_assert_cmpstr(problem, ==, NULL);
    g_string_free(text, TRUE);
    sim_report_free(report);
}

/* Every operation comes back as it was, but for versions, names, and which of the lonely ones is
 * which. */
static void test_round_trip(void)
{
    struct study_place place;
    struct sim_check_input input;
    struct sim_study *study = play(&place, "", true);
    const struct sim_kept_history *kept = study->results[0]->history;
    uint32_t by_outcome[4] = {0}, by_function[SIM_HISTORY_FUNCTION_COUNT] = {0};
    read_back(study, &input);
    g_assert_cmpuint(kept->run, ==, 0);
    g_assert_cmpuint(input.history.count, ==, kept->history.count);
    for (uint64_t i = 0; i < input.history.count; i++) {
        const struct sim_history_entry *was = &kept->history.entries[i];
        const struct sim_history_entry *is = &input.history.entries[i];
        by_outcome[is->outcome]++;
        by_function[is->function]++;
        g_assert_cmpint(is->invoked, ==, was->invoked);
        g_assert_cmpint(is->completed, ==, was->completed);
        g_assert_cmpuint(is->outcome, ==, was->outcome);
        g_assert_cmpuint(is->function, ==, was->function);
        g_assert_cmpuint(is->key, ==, was->key);
        g_assert_cmpuint(is->process, ==, was->process);
        g_assert_cmpuint(is->argument, ==, was->argument);
        g_assert_cmpuint(is->expected, ==, was->expected);
        g_assert_true(is->is_result_known == was->is_result_known);
        g_assert_true(!is->is_result_known || is->result == was->result);
    }
    for (int outcome = 0; outcome < 4; outcome++) { /* each kind was there */
        g_test_message("outcome %d: %u", outcome, by_outcome[outcome]);
        g_assert_cmpuint(by_outcome[outcome], >, 0);
    }
    for (int function = 0; function <= SIM_HISTORY_APPEND; function++) {
        g_assert_cmpuint(by_function[function], >, 0);
    }
    sim_check_input_clear(&input);
    sim_study_free(study);
    study_place_free(&place);
}

/* The verdict, and the evidence in the same words. */
static void test_same_verdict(void)
{
    struct study_place place;
    struct sim_check_input input;
    struct sim_study *study = play(&place, CLAIM, false);
    const struct sim_judgement *judgement = &study->results[0]->judgements[0];
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    g_assert_cmpint(judgement->verdict, ==, SIM_FAIL);
    read_back(study, &input);
    sim_check_linearizable(&input, &limits, &result);
    g_assert_cmpint(result.verdict, ==, SIM_CHECK_NO);
    for (guint i = 0; i < result.piece->len && i < 6; i++) { /* as many as are shown */
        g_autofree char *words = sim_check_describe(&input, &result, i);
        g_test_message("%s", words);
        g_assert_nonnull(strstr(judgement->reason, words));
    }
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
    sim_study_free(study);
    study_place_free(&place);
}

static const struct sim_picture *picture_named(GPtrArray *pictures, const char *name)
{
    for (guint i = 0; i < pictures->len; i++) {
        const struct sim_picture *picture = g_ptr_array_index(pictures, i);
        if (strcmp(picture->name, name) == 0) {
            return picture;
        }
    }
    return NULL;
}

/* Replicas cut apart, whose clients go from one to the other. */
static const char *const cut =
    "return scenario { name = \"cut\", duration = s(3), runs = 1, seed = 1,\n"
    "  node \"users\" { model = \"client.closed\", sessions = 3, to = \"replica\", timeout = "
    "ms(300),\n"
    "    think = exponential(ms(20)), keys = uniform_keys(3), ops = { read = 0.7, write = 0.3 } "
    "},\n"
    "  node \"replica\" { model = \"store.quorum\", count = 3, read_quorum = 1, write_quorum = 1,\n"
    "    service = us(100), timeout = ms(200), read_repair = percent(0) },\n"
    "  network { latency = exponential(ms(2)) },\n"
    "  partition { sides = { \"replica[1]\", \"replica[2..3]\" }, from = s(0.05), to = s(3) },\n"
    "  expect \"history is linearizable\" }\n";

/* The operations that are wrong by themselves are drawn, with what they did and the faults of that
 * time; of a right history nothing is. */
static void test_picture(void)
{
    struct study_place place = study_place_new(cut);
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    struct sim_report *report = study_report(study);
    const struct sim_kept_history *kept = study->results[0]->history;
    g_autoptr(GPtrArray) pictures = sim_plots_of(report);
    const struct sim_picture *picture = picture_named(pictures, "evidence");
    struct sim_check_input words = {.value_bits = SIM_HISTORY_VALUE_BITS};
    g_assert_nonnull(picture);
    g_assert_cmpuint(kept->piece_count, >=, 2);
    for (uint32_t i = 0; i < kept->piece_count && i < 24; i++) {
        g_autofree char *deed = sim_check_deed(&words, &kept->piece[i]);
        g_test_message("%s", deed);
        g_assert_nonnull(strstr(picture->script->str, deed));
    }
    g_assert_nonnull(strstr(picture->script->str, "cut · run 1, key "));
    g_assert_nonnull(strstr(picture->script->str, "'partition' at "));
    sim_report_free(report);
    sim_study_free(study);
    study_place_free(&place);
    study = play(&place, "", true);
    report = study_report(study);
    g_autoptr(GPtrArray) others = sim_plots_of(report);
    g_assert_null(picture_named(others, "evidence"));
    sim_report_free(report);
    sim_study_free(study);
    study_place_free(&place);
}

/* Of all runs the first that is wrong, however many threads there were. */
static void test_first_wrong(void)
{
    static const char *const store =
        "return scenario { name = \"seldom\", duration = s(3), runs = 12, seed = 5,\n"
        "  network { latency = exponential(ms(5)) },\n"
        "  node \"users\" { model = \"client.closed\", sessions = 4, to = \"replica\",\n"
        "    ops = { read = 0.9, write = 0.1 }, keys = one_key(1), think = exponential(ms(5)),\n"
        "    timeout = ms(100) },\n"
        "  node \"replica\" { model = \"store.quorum\", count = 3, read_quorum = 2,\n"
        "    write_quorum = 2, service = us(10), read_repair = percent(0) },\n"
        "  expect \"history is linearizable\" }\n";
    struct study_place place = study_place_new(store);
    for (uint32_t jobs = 1; jobs <= 3; jobs += 2) {
        struct sim_run_options options = study_options(&place);
        options.jobs = jobs;
        struct sim_study *study = study_run(&options);
        const struct sim_kept_history *kept = study->results[0]->history;
        const char *reason = study->results[0]->judgements[0].reason;
        g_autofree char *run = g_strdup_printf("run %u: ", kept->run + 1);
        g_test_message("%s", reason);
        g_assert_cmpuint(kept->run, >, 0);
        g_assert_true(g_str_has_prefix(reason, run));
        g_assert_cmpuint(kept->piece_count, >=, 2);
        sim_study_free(study);
    }
    study_place_free(&place);
}

/* A history is kept where somebody asks, and recording changes no run. */
static void test_kept(void)
{
    static const struct {
        const char *more;
        bool keeps, is_kept;
    } cases[] = {{"", false, false}, {"", true, true}, {CLAIM, false, true}};
    uint64_t digest = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct study_place place;
        struct sim_study *study = play(&place, cases[i].more, cases[i].keeps);
        g_assert_true((study->results[0]->history != NULL) == cases[i].is_kept);
        g_assert_true(digest == 0 || digest == study->results[0]->digest);
        digest = study->results[0]->digest;
        sim_study_free(study);
        study_place_free(&place);
    }
}

/* More than is kept: nothing is written, and the report says so; unless it is asked for. */
static void test_too_long(void)
{
    static const char *const text =
        "return scenario { name = \"long\", duration = s(11), runs = 1,\n"
        "  node \"users\" { model = \"client.open\", arrivals = regular(rate(1e4)), to = \"db\",\n"
        "    ops = { read = 1 } },\n"
        "  node \"db\" { model = \"store.memory\", service = us(1) },\n"
        "  expect \"history is linearizable\" }\n";
    struct study_place place = study_place_new(text);
    for (int keeps = 0; keeps < 2; keeps++) {
        struct sim_run_options options = study_options(&place);
        options.keeps_histories = keeps;
        struct sim_study *study = study_run(&options);
        struct sim_report *report = study_report(study);
        const struct sim_kept_history *kept = study->results[0]->history;
        GString *page = sim_render_text(report, &(struct sim_text_style){.full_max = 1});
        g_assert_cmpuint(kept->operations, >=, 110000);
        g_assert_cmpuint(kept->history.count, ==, keeps ? kept->operations : 0);
        g_assert_true((strstr(page->str, "operations and is not written") == NULL) == keeps);
        g_string_free(page, TRUE);
        sim_report_free(report);
        sim_study_free(study);
    }
    study_place_free(&place);
}

/* Two operations of one session at once, one that takes no time, and one of which nobody hears. */
static void test_overlaps(void)
{
    struct sim_history_entry entries[] = {
        {.invoked = 5, .completed = SIM_NEVER, .outcome = SIM_HISTORY_UNKNOWN, .function = 1},
        {.invoked = 7, .completed = 20, .argument = 1, .function = SIM_HISTORY_WRITE},
        {.invoked = 9, .completed = 9, .argument = 2, .function = SIM_HISTORY_WRITE},
        {.invoked = 20, .completed = 20, .argument = 3, .function = SIM_HISTORY_WRITE},
        {.invoked = 20, .completed = 30, .argument = 4, .function = SIM_HISTORY_WRITE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        entries[i].process = 1u << SIM_HISTORY_PROCESS_BITS | 1;
    }
    struct sim_kept_history kept = {.history = {.entries = entries, .count = G_N_ELEMENTS(entries)},
                                    .operations = 5};
    struct sim_result result = {.history = &kept};
    struct sim_report report = {.name = "overlaps", .seed = 3};
    struct sim_section section = {.label = "a = 1", .result = &result};
    GString *text = sim_render_history_edn(&report, &section);
    g_assert_cmpstr(
        text->str, ==,
        "; brink history: overlaps, seed 3, a = 1, run 1; times in ns\n"
        "{:index 0 :time 5 :process 65537 :type :invoke :f :write :key 0 :value 0}\n"
        "{:index 1 :time 7 :process 65537 :type :info :f :write :key 0 :value 0}\n"
        "{:index 2 :time 7 :process 65537 :type :invoke :f :write :key 0 :value 1}\n"
        "{:index 3 :time 9 :process 4294967294 :type :invoke :f :write :key 0 :value 2}\n"
        "{:index 4 :time 9 :process 4294967294 :type :ok :f :write :key 0 :value 2}\n"
        "{:index 5 :time 20 :process 65537 :type :ok :f :write :key 0 :value 1}\n"
        "{:index 6 :time 20 :process 65537 :type :invoke :f :write :key 0 :value 3}\n"
        "{:index 7 :time 20 :process 65537 :type :ok :f :write :key 0 :value 3}\n"
        "{:index 8 :time 20 :process 65537 :type :invoke :f :write :key 0 :value 4}\n"
        "{:index 9 :time 30 :process 65537 :type :ok :f :write :key 0 :value 4}\n");
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/history-files/round-trip", test_round_trip);
    g_test_add_func("/history-files/same-verdict", test_same_verdict);
    g_test_add_func("/history-files/picture", test_picture);
    g_test_add_func("/history-files/first-wrong", test_first_wrong);
    g_test_add_func("/history-files/kept", test_kept);
    g_test_add_func("/history-files/too-long", test_too_long);
    g_test_add_func("/history-files/overlaps", test_overlaps);
    return g_test_run();
}

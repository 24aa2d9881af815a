/* What each level of consistency denies, in the fewest operations that show it. If this failed, a
 * level would not be the one that its name says. */
#include <glib.h>
#include <string.h>

#include "check/check.h"

/* One thing after another: "aWx1" process a writes 1 to key x, "bRx1" b reads it, "cCx1>2" c sets 1
 * to 2, "aIx1" adds 1, "aUx1" a writes 1 and hears nothing. What is there at first is 0. */
static struct sim_check_input story(const char *text)
{
    struct sim_check_input input = {
        .model = SIM_CHECK_REGISTER, .has_initial = true, .has_times = true};
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    sim_history_init(&input.history, 10000);
    for (int i = 0; words[i] != NULL; i++) {
        const char *word = words[i];
        struct sim_history_entry *entry = sim_history_add(&input.history);
        uint64_t number = g_ascii_strtoull(word + 3, NULL, 10);
        const char *arrow = strchr(word, '>');
        entry->process = (uint32_t)(word[0] - 'a');
        entry->key = (uint64_t)(word[2] - 'a');
        entry->function = word[1] == 'R'   ? SIM_HISTORY_READ
                          : word[1] == 'I' ? SIM_HISTORY_INCREMENT
                          : word[1] == 'C' ? SIM_HISTORY_COMPARE_AND_SET
                                           : SIM_HISTORY_WRITE;
        entry->result = number;
        entry->is_result_known = word[1] == 'R';
        entry->expected = number;
        entry->argument = arrow != NULL ? g_ascii_strtoull(arrow + 1, NULL, 10) : number;
        entry->outcome = (uint8_t)(word[1] == 'U' ? SIM_HISTORY_UNKNOWN : SIM_HISTORY_OK);
        entry->invoked = 10 * i;
        entry->completed = word[1] == 'U' ? SIM_NEVER : 10 * i + 5;
    }
    return input;
}

/* The names of the levels that deny it. */
static char *denied(const char *text)
{
    struct sim_check_limits limits = sim_check_limits_default();
    static const char *const names[] = {
        "linearizable",           "sequential",          "causal",
        "consistent-prefix",      "read-my-writes",      "monotonic-reads",
        "monotonic-writes",       "writes-follow-reads", "at most 1 version stale",
        "at most 12ns stale",     "no lost updates",     "no lost writes",
        "no writes lost for 50ns"};
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct sim_check_claim claim;
        struct sim_check_result result;
        struct sim_check_input input = story(text);
        g_assert_true(sim_check_claim_parse(names[i], &claim));
        sim_check_judge(&input, &claim, &limits, &result);
        g_assert_true((result.verdict == SIM_CHECK_NO) == (result.piece != NULL));
        g_assert_true((result.verdict == SIM_CHECK_YES) == (result.because == NULL));
        if (result.verdict == SIM_CHECK_NO) {
            g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", names[i]);
            g_assert_true(result.is_minimal);
        }
        g_assert_cmpint(result.verdict, !=, SIM_CHECK_UNKNOWN);
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
    return g_string_free(out, FALSE);
}

static void test_stories(void)
{
    static const struct {
        const char *what, *story, *denied;
    } cases[] = {
        {"one after another", "aWx1 bRx1 bWx2 aRx2", ""},
        {"its own write is not there", "aWx1 aRx0",
         "linearizable, sequential, causal, read-my-writes, no lost writes"},
        {"its own last write is not there", "aWx1 aWx2 aRx1",
         "linearizable, sequential, causal, read-my-writes, no lost writes"},
        {"another's write is not there yet", "aWx1 bRx0 bRx1", "linearizable"},
        {"nor later", "aWx1 bRx0 bRx0", "linearizable, at most 12ns stale, no lost writes"},
        {"two behind", "aWx1 aWx2 bRx0 bRx2",
         "linearizable, at most 1 version stale, at most 12ns stale"},
        {"it goes back", "aWx1 aWx2 bRx2 bRx1 bRx2",
         "linearizable, sequential, causal, consistent-prefix, monotonic-reads, at most 12ns "
         "stale"},
        {"one of them goes back", "aWx1 bWx2 cRx1 cRx2 dRx2 dRx1 eRx2",
         "linearizable, sequential, causal, consistent-prefix, monotonic-reads, at most 12ns "
         "stale"},
        {"each sees his own last", "aWx1 bWx2 aRx2 bRx1 cRx2",
         "linearizable, sequential, causal, read-my-writes, at most 12ns stale"},
        {"the second write before the first", "aWx1 aWy2 bRy2 bRx0 bRx1",
         "linearizable, sequential, causal, consistent-prefix, monotonic-writes, at most 12ns "
         "stale"},
        {"an answer before its question", "aWx1 bRx1 bWy2 cRy2 cRx0",
         "linearizable, sequential, causal, writes-follow-reads, at most 12ns stale"},
        {"over three", "aWx1 bRx1 bWy2 cRy2 cWz3 dRz3 dRx0",
         "linearizable, sequential, causal, writes-follow-reads, at most 12ns stale"},
        {"two do not agree which was first", "aWx1 bWy2 cRx1 cRy0 dRy2 dRx0",
         "linearizable, sequential, consistent-prefix, at most 12ns stale"},
        {"neither sees the other's", "aWx1 aRy0 bWy2 bRx0 cRx1 cRy2",
         "linearizable, sequential, at most 12ns stale"},
        {"his last before another's", "aWx1 bRx0 aWy2 bRy2 bRx1", "linearizable"},
        {"out of thin air", "aRx7",
         "linearizable, sequential, causal, consistent-prefix, read-my-writes, monotonic-reads, "
         "monotonic-writes, writes-follow-reads, at most 1 version stale, at most 12ns stale"},
        {"without an answer, and not seen", "aUx1 aRx0", ""},
        {"without an answer, and seen late", "aUx1 aRx0 bRx1 aRx1", ""},
        {"before what it replaced", "aWx1 bCx1>2 cRx2 cRx1 cRx2",
         "linearizable, sequential, causal, consistent-prefix, monotonic-reads, at most 12ns "
         "stale"},
        {"before what was there when it was replaced", "aWx1 bCx1>2 cRx2 cRx0",
         "linearizable, sequential, causal, consistent-prefix, monotonic-reads, "
         "writes-follow-reads, at most 1 version stale, at most 12ns stale"},
        {"replaced twice", "aWx1 bCx1>2 cCx1>3 dRx3",
         "linearizable, sequential, consistent-prefix, no lost updates"},
        {"never seen", "aWx1 bWx2 cRx1 cRx1 cRx1 cRx1 cRx1 cRx1",
         "linearizable, at most 12ns stale, no lost writes, no writes lost for 50ns"},
        {"written over before it was seen", "aWx1 bWx2 bWx3 cRx3", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s: %s", cases[i].what, cases[i].story);
        g_autofree char *names = denied(cases[i].story);
        g_assert_cmpstr(names, ==, cases[i].denied);
    }
}

/* Of thousands of operations the few that are wrong are shown. */
static void test_piece_of_long(void)
{
    GString *text = g_string_new("aWx1");
    for (int i = 2; i < 3000; i++) {
        g_string_append_printf(text, " %cW%c%d %cR%c%d", 'a' + i % 4, 'x' + i % 2, i, 'a' + i % 3,
                               'x' + i % 2, i);
        if (i == 2500) {
            g_string_append(text, " aWz1 bRz1 bWu2 cRu2 cRz0");
        }
    }
    struct sim_check_input input = story(text->str);
    struct sim_check_claim claim = {.level = SIM_CHECK_CAUSAL};
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_judge(&input, &claim, &limits, &result);
    g_assert_cmpint(result.verdict, ==, SIM_CHECK_NO);
    g_assert_true(result.is_minimal);
    g_assert_cmpuint(result.piece->len, ==, 5);
    g_assert_cmpstr(result.because, ==, "no order that puts causes before effects explains these");
    g_autofree char *last = sim_check_describe(&input, &result, 4);
    g_assert_cmpstr(last, ==, "process 2 reads 0 (key 25), from 0.000050 s to 0.000050 s");
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
    g_string_free(text, TRUE);
}

/* What cannot be told is not guessed. */
static void test_unknown(void)
{
    static const char *const stories[] = {"aWx1 bWx1 bRx1", "aWx0 bRx0"};
    struct sim_check_limits limits = sim_check_limits_default();
    for (size_t i = 0; i < G_N_ELEMENTS(stories); i++) {
        struct sim_check_input input = story(stories[i]);
        struct sim_check_claim claim = {.level = SIM_CHECK_CAUSAL};
        struct sim_check_result result;
        sim_check_judge(&input, &claim, &limits, &result);
        g_assert_cmpint(result.verdict, ==, SIM_CHECK_UNKNOWN);
        g_assert_nonnull(strstr(result.because, "may come from several"));
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
    struct sim_check_input input = story("aWx1 bRx0 bRx1 bWx2 aRx2");
    for (int i = 1; i < SIM_CHECK_READ_UNCOMMITTED; i++) {
        struct sim_check_claim claim = {.level = (enum sim_check_level)i, .bound = 90};
        struct sim_check_result result;
        limits.steps_max = 0;
        sim_check_judge(&input, &claim, &limits, &result);
        g_assert_true(result.verdict == SIM_CHECK_UNKNOWN || i >= SIM_CHECK_VERSIONS_STALE);
        sim_check_result_clear(&result);
        limits.steps_max = 1000;
        input.history.dropped = 1;
        sim_check_judge(&input, &claim, &limits, &result);
        g_assert_cmpint(result.verdict, ==, SIM_CHECK_UNKNOWN);
        input.history.dropped = 0;
        sim_check_result_clear(&result);
    }
    sim_check_input_clear(&input);
}

/* Of other models than registers the search can tell. */
static void test_counter(void)
{
    static const struct {
        const char *story;
        enum sim_check_verdict linearizable, sequential, prefix;
    } cases[] = {
        {"aIx1 bRx1 bIx2 aRx3", SIM_CHECK_YES, SIM_CHECK_YES, SIM_CHECK_YES},
        {"aIx1 bRx0 bIx2 aRx3", SIM_CHECK_NO, SIM_CHECK_YES, SIM_CHECK_YES},
        {"aIx1 aRx0 bIx2 aRx3", SIM_CHECK_NO, SIM_CHECK_NO, SIM_CHECK_YES},
        {"aIx1 aRx1 bIx2 aRx3 bRx2", SIM_CHECK_NO, SIM_CHECK_NO, SIM_CHECK_NO},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        static const enum sim_check_level levels[] = {SIM_CHECK_LINEARIZABLE, SIM_CHECK_SEQUENTIAL,
                                                      SIM_CHECK_CONSISTENT_PREFIX};
        const enum sim_check_verdict expected[] = {cases[i].linearizable, cases[i].sequential,
                                                   cases[i].prefix};
        for (size_t j = 0; j < G_N_ELEMENTS(levels); j++) {
            struct sim_check_limits limits = sim_check_limits_default();
            struct sim_check_input input = story(cases[i].story);
            struct sim_check_claim claim = {.level = levels[j]};
            struct sim_check_result result;
            input.model = SIM_CHECK_COUNTER;
            sim_check_judge(&input, &claim, &limits, &result);
            g_test_message("%s: %s", cases[i].story, sim_check_verdict_names[result.verdict]);
            g_assert_cmpint(result.verdict, ==, expected[j]);
            sim_check_result_clear(&result);
            sim_check_input_clear(&input);
        }
    }
}

static void test_sentences(void)
{
    static const struct {
        const char *text, *as_written;
    } cases[] = {
        {"history is linearizable", "history is linearizable"},
        {"history  is not causal", "history is not causal"},
        {"history has monotonic-reads", "history has monotonic reads"},
        {"history has no read my writes", "history has no read-my-writes"},
        {"history is at most 3 versions stale", "history is at most 3 versions stale"},
        {"history is more than 1 version stale", "history is more than 1 version stale"},
        {"history is at most 1.5s stale", "history is at most 1500ms stale"},
        {"history has lost writes", "history has lost writes"},
        {"history has no writes lost for 10s", "history has no writes lost for 10s"},
        {"history is at most 3 stale", NULL},
        {"history is at most -1ms stale", NULL},
        {"history is serializable", NULL},
        {"history has causal", NULL},
        {"history", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_check_claim claim;
        bool is_denied;
        bool is_read = sim_check_sentence_parse(cases[i].text, &claim, &is_denied);
        g_assert_true(is_read == (cases[i].as_written != NULL));
        if (is_read) {
            g_autofree char *sentence = sim_check_claim_sentence(&claim, is_denied);
            g_assert_cmpstr(sentence, ==, cases[i].as_written);
        }
    }
}

/* Two that see two writes in opposite orders, alone and beside twenty sessions that write on: the
 * first is decided, the second has more orders than can be tried, and is left after a twentieth of
 * what it might take. */
static void test_hopeless(void)
{
    static const char *const levels[] = {"sequential", "consistent-prefix"};
    g_autoptr(GString) text = g_string_new(NULL);
    for (int write = 1; write <= 30; write++) {
        for (char session = 'a'; session < 'u'; session++) {
            g_string_append_printf(text, "%cW%c%d ", session, session, write);
        }
    }
    const char *core = "uWx1 vWy1 wRx1 wRy0 zRy1 zRx0";
    g_string_append(text, core);
    struct sim_check_limits limits = sim_check_limits_default();
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        for (int is_long = 0; is_long < 2; is_long++) {
            struct sim_check_claim claim;
            struct sim_check_result result;
            struct sim_check_input input = story(is_long ? text->str : core);
            g_assert_true(sim_check_claim_parse(levels[i], &claim));
            sim_check_judge(&input, &claim, &limits, &result);
            g_assert_cmpint(result.verdict, ==, is_long ? SIM_CHECK_UNKNOWN : SIM_CHECK_NO);
            g_assert_cmpuint(result.steps, <, limits.steps_max / 10);
            sim_check_result_clear(&result);
            sim_check_input_clear(&input);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stories/denied", test_stories);
    g_test_add_func("/stories/long", test_piece_of_long);
    g_test_add_func("/stories/unknown", test_unknown);
    g_test_add_func("/stories/hopeless", test_hopeless);
    g_test_add_func("/stories/counter", test_counter);
    g_test_add_func("/stories/sentences", test_sentences);
    return g_test_run();
}

/* Small histories of a register, each with its verdict, in the order in which one meets them. If
 * this failed, the checkers would disagree with what everybody can see. */
#include <glib.h>

#include "check/check.h"

struct deed {
    uint64_t value; /* 0 = what is there at first */
    sim_time from, to;
    bool is_write, has_failed;
};

#define W(value, from, to)                                                                         \
    {                                                                                              \
        value, from, to, true, false                                                               \
    }
#define R(value, from, to)                                                                         \
    {                                                                                              \
        value, from, to, false, false                                                              \
    }
#define NO_ANSWER SIM_NEVER

static void add(struct sim_history *history, const struct deed *deed)
{
    bool is_known = deed->to != NO_ANSWER;
    *sim_history_add(history) = (struct sim_history_entry){
        .key = 1,
        .function = deed->is_write ? SIM_HISTORY_WRITE : SIM_HISTORY_READ,
        .argument = deed->value,
        .result = deed->value,
        .is_result_known = is_known && !deed->is_write,
        .outcome = (uint8_t)(deed->has_failed ? SIM_HISTORY_FAIL
                             : is_known       ? SIM_HISTORY_OK
                                              : SIM_HISTORY_UNKNOWN),
        .invoked = deed->from,
        .completed = deed->to,
    };
}

static void test_stories(void)
{
    static const struct {
        const char *what;
        bool is_right;
        uint32_t count;
        struct deed deeds[4];
    } cases[] = {
        {"one after the other", true, 3, {W(5, 0, 1), R(5, 2, 3), R(5, 4, 5)}},
        {"nothing, then a value", true, 3, {R(0, 0, 1), W(5, 0, 2), R(5, 3, 4)}},
        {"nothing after a value", false, 2, {W(5, 0, 1), R(0, 2, 3)}},
        {"old while it is being written", true, 3, {W(5, 0, 1), W(6, 2, 9), R(5, 3, 4)}},
        {"new, then old", false, 4, {W(5, 0, 1), W(6, 2, 9), R(6, 3, 4), R(5, 5, 6)}},
        {"new and old at once", true, 4, {W(5, 0, 1), W(6, 2, 9), R(6, 3, 6), R(5, 5, 6)}},
        {"a write without an answer, seen", true, 3, {W(5, 0, NO_ANSWER), R(0, 1, 2), R(5, 3, 4)}},
        {"seen, and then not", false, 3, {W(5, 0, NO_ANSWER), R(5, 1, 2), R(0, 3, 4)}},
        {"a write without an answer, not seen", true, 2, {W(5, 0, NO_ANSWER), R(0, 9, 10)}},
        {"never written", false, 1, {R(5, 0, 1)}},
        {"read before it was written", false, 2, {R(5, 0, 1), W(5, 2, 3)}},
        {"two orders", false, 4, {W(5, 0, 9), W(6, 0, 9), R(5, 10, 11), R(6, 12, 13)}},
        {"failed, and seen", false, 2, {{5, 0, NO_ANSWER, true, true}, R(5, 1, 2)}},
        {"a read without an answer", true, 2, {W(5, 0, 1), R(0, 2, NO_ANSWER)}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_check_input input = {.has_initial = true};
        struct sim_check_limits limits = sim_check_limits_default();
        struct sim_check_result result;
        g_test_message("%s", cases[i].what);
        sim_history_init(&input.history, 4);
        for (uint32_t j = 0; j < cases[i].count; j++) {
            add(&input.history, &cases[i].deeds[j]);
        }
        sim_check_linearizable(&input, &limits, &result);
        g_assert_cmpint(result.verdict, ==, cases[i].is_right ? SIM_CHECK_YES : SIM_CHECK_NO);
        g_assert_true(cases[i].is_right || result.is_minimal);
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/check/stories", test_stories);
    return g_test_run();
}

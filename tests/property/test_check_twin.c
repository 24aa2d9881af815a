/* The checkers beside a plain search through all orders, and beside one another, on small histories
 * drawn at random. If this failed, a verdict would depend on how it was found, and the shown piece
 * of a wrong history could be right by itself. */
#include <glib.h>
#include <stdlib.h>

#include "base/random.h"
#include "check/operations.h"

#define OPERATIONS_MAX 7

/* ---- the plain twin ---- */

static bool may_come_next(const struct check_part *part, uint32_t placed, uint32_t next)
{
    for (uint32_t i = 0; i < part->count; i++) {
        bool waits = (placed >> i & 1) == 0 && i != next;
        if (waits && part->operations[i].end < part->operations[next].call) {
            return false;
        }
    }
    return true;
}

/* Whether the operations that are not placed can follow in some order; unknown ones need not. */
static bool has_order(const struct check_part *part, uint32_t placed, uint64_t state)
{
    bool is_done = true;
    for (uint32_t i = 0; i < part->count; i++) {
        is_done = is_done &&
                  ((placed >> i & 1) != 0 || part->operations[i].outcome == SIM_HISTORY_UNKNOWN);
    }
    for (uint32_t i = 0; i < part->count && !is_done; i++) {
        uint64_t after = state;
        is_done = (placed >> i & 1) == 0 && may_come_next(part, placed, i) &&
                  check_step(part, &part->operations[i], &after) &&
                  has_order(part, placed | 1u << i, after);
    }
    return is_done;
}

/* ---- random histories ---- */

static void draw_entry(struct sim_random *random, struct sim_history_entry *entry, uint64_t values,
                       bool is_unique, uint64_t number)
{
    static const uint8_t functions[] = {SIM_HISTORY_READ, SIM_HISTORY_READ, SIM_HISTORY_WRITE,
                                        SIM_HISTORY_DELETE, SIM_HISTORY_COMPARE_AND_SET};
    entry->function = functions[sim_random_below(random, is_unique ? 3 : 5)];
    entry->invoked = (sim_time)sim_random_below(random, 12);
    entry->completed = entry->invoked + 1 + (sim_time)sim_random_below(random, 6);
    entry->argument = is_unique ? number : sim_random_below(random, values);
    entry->expected = sim_random_below(random, values);
    entry->result = sim_random_below(random, values);
    entry->is_result_known = entry->function == SIM_HISTORY_READ;
    entry->is_missing = entry->is_result_known && sim_random_below(random, 4) == 0;
    entry->outcome = SIM_HISTORY_OK;
    uint64_t fate = sim_random_below(random, 6);
    if (fate == 0 && entry->function != SIM_HISTORY_READ) {
        entry->outcome = SIM_HISTORY_UNKNOWN;
        entry->completed = SIM_NEVER;
    } else if (fate <= 2 && entry->function == SIM_HISTORY_COMPARE_AND_SET) {
        entry->outcome = SIM_HISTORY_MISMATCH;
        entry->is_result_known = fate == 1;
    }
}

static int by_invocation(const void *a, const void *b)
{
    const struct sim_history_entry *x = a, *y = b;
    return (x->invoked > y->invoked) - (x->invoked < y->invoked);
}

static struct sim_check_input draw_history(struct sim_random *random, bool is_unique)
{
    struct sim_check_input input = {.model = SIM_CHECK_REGISTER};
    sim_history_init(&input.history, 100);
    uint64_t count = 2 + sim_random_below(random, OPERATIONS_MAX - 1);
    for (uint64_t i = 0; i < count; i++) {
        draw_entry(random, sim_history_add(&input.history), is_unique ? count : 3, is_unique, i);
    }
    qsort(input.history.entries, input.history.count, sizeof *input.history.entries, by_invocation);
    return input;
}

static struct check_part part_of(struct sim_check_input *input)
{
    struct check_part part;
    uint32_t all[OPERATIONS_MAX + 1];
    for (uint32_t i = 0; i < input->history.count; i++) {
        all[i] = i;
    }
    check_part_init(&part, input, all, (uint32_t)input->history.count);
    return part;
}

static enum sim_check_verdict search(const struct check_part *part)
{
    uint64_t steps = 1000000;
    uint32_t stuck;
    return check_search(part, (size_t)1 << 26, &steps, &stuck);
}

static enum sim_check_verdict expected_of(const struct check_part *part)
{
    return has_order(part, 0, part->initial) ? SIM_CHECK_YES : SIM_CHECK_NO;
}

/* ---- tests ---- */

static void test_search(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "twin", "search");
    uint32_t wrong = 0, bounded = 0;
    for (int i = 0; i < 200000; i++) {
        struct sim_check_input input = draw_history(&random, false);
        struct check_part part = part_of(&input);
        enum sim_check_verdict expected = expected_of(&part);
        uint32_t stuck;
        bool may_be = check_bounds(&part, &stuck);
        g_assert_cmpint(search(&part), ==, expected);
        g_assert_true(may_be || expected == SIM_CHECK_NO);
        wrong += expected == SIM_CHECK_NO;
        bounded += !may_be;
        check_part_clear(&part);
        sim_check_input_clear(&input);
    }
    g_assert_cmpuint(wrong, >, 20000);
    g_assert_cmpuint(wrong, <, 180000);
    g_assert_cmpuint(bounded, >, wrong / 2); /* or they would not be worth their place */
}

static void test_zones(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "twin", "zones");
    uint32_t wrong = 0;
    for (int i = 0; i < 100000; i++) {
        struct sim_check_input input = draw_history(&random, true);
        struct check_part part = part_of(&input);
        g_assert_true(check_zones_apply(&part));
        enum sim_check_verdict verdict = check_zones(&part);
        g_assert_cmpint(verdict, ==, search(&part));
        if (i % 4 == 0) {
            g_assert_cmpint(verdict, ==, expected_of(&part));
        }
        wrong += verdict == SIM_CHECK_NO;
        check_part_clear(&part);
        sim_check_input_clear(&input);
    }
    g_assert_cmpuint(wrong, >, 10000);
    g_assert_cmpuint(wrong, <, 90000);
}

/* The piece is wrong by itself, and no read in it can be left out. */
static void test_evidence(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "twin", "evidence");
    struct sim_check_limits limits = sim_check_limits_default();
    for (int i = 0; i < 60000; i++) {
        struct sim_check_input input = draw_history(&random, i % 8 == 0);
        struct sim_check_result result;
        sim_check_linearizable(&input, &limits, &result);
        for (guint left_out = 0; result.piece != NULL && left_out <= result.piece->len;
             left_out++) {
            struct sim_check_input piece = {.model = SIM_CHECK_REGISTER};
            sim_history_init(&piece.history, 100);
            bool is_read =
                left_out < result.piece->len &&
                g_array_index(result.piece, struct sim_history_entry, left_out).function ==
                    SIM_HISTORY_READ;
            for (guint j = 0; j < result.piece->len; j++) {
                if (j != left_out) {
                    *sim_history_add(&piece.history) =
                        g_array_index(result.piece, struct sim_history_entry, j);
                }
            }
            struct check_part part = part_of(&piece);
            bool is_whole = left_out == result.piece->len;
            g_assert_true(!is_whole || expected_of(&part) == SIM_CHECK_NO);
            g_assert_true(!is_read || expected_of(&part) == SIM_CHECK_YES);
            check_part_clear(&part);
            sim_check_input_clear(&piece);
        }
        g_assert_true(result.is_minimal || result.verdict == SIM_CHECK_YES);
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
}

/* Operations that touch at one instant count as concurrent. */
static void test_touching(void)
{
    static const struct {
        sim_time read_begins;
        enum sim_check_verdict verdict;
    } cases[] = {{5, SIM_CHECK_YES}, {6, SIM_CHECK_NO}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_check_input input = {.model = SIM_CHECK_REGISTER};
        struct sim_check_limits limits = sim_check_limits_default();
        struct sim_check_result result;
        sim_history_init(&input.history, 2);
        *sim_history_add(&input.history) = (struct sim_history_entry){
            .function = SIM_HISTORY_WRITE, .argument = 1, .invoked = 1, .completed = 5};
        *sim_history_add(&input.history) =
            (struct sim_history_entry){.function = SIM_HISTORY_READ,
                                       .is_missing = true,
                                       .is_result_known = true,
                                       .invoked = cases[i].read_begins,
                                       .completed = 9};
        sim_check_linearizable(&input, &limits, &result);
        g_assert_cmpint(result.verdict, ==, cases[i].verdict);
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
}

/* A search without steps left does not know; a history that was cut short proves nothing good. */
static void test_limits(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "twin", "limits");
    struct sim_check_limits limits = sim_check_limits_default();
    limits.steps_max = 0;
    uint32_t unknown = 0;
    for (int i = 0; i < 1000; i++) {
        struct sim_check_input input = draw_history(&random, false);
        struct check_part part = part_of(&input);
        struct sim_check_result result;
        sim_check_linearizable(&input, &limits, &result);
        g_assert_true(result.verdict == SIM_CHECK_UNKNOWN || result.verdict == expected_of(&part));
        unknown += result.verdict == SIM_CHECK_UNKNOWN;
        sim_check_result_clear(&result);
        input.history.dropped = 1;
        sim_check_linearizable(&input, &limits, &result);
        g_assert_cmpint(result.verdict, !=, SIM_CHECK_YES);
        sim_check_result_clear(&result);
        check_part_clear(&part);
        sim_check_input_clear(&input);
    }
    g_assert_cmpuint(unknown, >, 100);
}

/* Thousands that never returned are open at every end: the lists of what is open are held to the
 * limit of memory too. */
static void test_never_returned(void)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_input input = {.model = SIM_CHECK_COUNTER};
    struct sim_check_result result;
    sim_history_init(&input.history, 3000);
    for (sim_time i = 0; i < 3000; i++) {
        bool returns = i % 3 == 0;
        *sim_history_add(&input.history) = (struct sim_history_entry){
            .function = SIM_HISTORY_INCREMENT,
            .argument = 1,
            .invoked = 2 * i,
            .completed = returns ? 2 * i + 1 : SIM_NEVER,
            .outcome = (uint8_t)(returns ? SIM_HISTORY_OK : SIM_HISTORY_UNKNOWN)};
    }
    sim_check_linearizable(&input, &limits, &result);
    g_assert_cmpint(result.verdict, ==, SIM_CHECK_YES);
    sim_check_result_clear(&result);
    limits.bytes_max = (size_t)1 << 20;
    sim_check_linearizable(&input, &limits, &result);
    g_assert_cmpint(result.verdict, ==, SIM_CHECK_UNKNOWN);
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/check/search", test_search);
    g_test_add_func("/check/zones", test_zones);
    g_test_add_func("/check/evidence", test_evidence);
    g_test_add_func("/check/touching", test_touching);
    g_test_add_func("/check/limits", test_limits);
    g_test_add_func("/check/never-returned", test_never_returned);
    return g_test_run();
}

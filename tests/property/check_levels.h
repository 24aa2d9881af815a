/* Small random histories of registers whose written values differ, and what is asked of each level
 * on each of them. */
#ifndef TESTS_PROPERTY_CHECK_LEVELS_H
#define TESTS_PROPERTY_CHECK_LEVELS_H

#include <glib.h>
#include <stdlib.h>

#include "base/random.h"
#include "check_orders.h"

static inline int levels_by_invocation(const void *a, const void *b)
{
    const struct sim_history_entry *x = a, *y = b;
    return (x->invoked > y->invoked) - (x->invoked < y->invoked);
}

/* A value of that key: what is there at first, what some write leaves, or rarely what none does. */
static inline uint64_t levels_value(struct sim_random *random, const struct sim_history *history,
                                    uint64_t key)
{
    uint64_t value = 0;
    for (uint64_t i = 0, choices = 1; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        bool is_left = entry->key == key && orders_writes(entry);
        if (is_left && sim_random_below(random, ++choices) == 0) {
            value = entry->argument;
        }
    }
    return sim_random_below(random, 60) == 0 ? 99 : value;
}

/* Who asks when; in half of all histories a process does one thing after another. */
static inline void levels_times(struct sim_random *random, struct sim_history *history)
{
    bool is_sequential = sim_random_below(random, 2) == 0;
    sim_time free_from[3] = {0};
    for (uint64_t i = 0; i < history->count; i++) {
        struct sim_history_entry *entry = &history->entries[i];
        entry->process = (uint32_t)sim_random_below(random, 3);
        entry->invoked = (is_sequential ? free_from[entry->process] : 0) +
                         (sim_time)sim_random_below(random, is_sequential ? 4 : 20);
        entry->completed = entry->invoked + (sim_time)sim_random_below(random, 5);
        free_from[entry->process] = entry->completed;
    }
}

static inline struct sim_check_input levels_draw(struct sim_random *random, uint64_t most)
{
    struct sim_check_input input = {
        .model = SIM_CHECK_REGISTER, .has_initial = true, .has_times = true};
    sim_history_init(&input.history, ORDERS_MAX);
    uint64_t count = 2 + sim_random_below(random, most - 1);
    uint64_t keys = 1 + sim_random_below(random, 2);
    for (uint64_t i = 0; i < count; i++) {
        static const uint8_t functions[] = {SIM_HISTORY_READ,  SIM_HISTORY_READ,
                                            SIM_HISTORY_READ,  SIM_HISTORY_WRITE,
                                            SIM_HISTORY_WRITE, SIM_HISTORY_COMPARE_AND_SET};
        struct sim_history_entry *entry = sim_history_add(&input.history);
        entry->function = functions[sim_random_below(random, 6)];
        entry->key = sim_random_below(random, keys);
        entry->argument = i + 1;
    }
    levels_times(random, &input.history);
    for (uint64_t i = 0; i < count; i++) {
        struct sim_history_entry *entry = &input.history.entries[i];
        uint64_t value = levels_value(random, &input.history, entry->key);
        bool is_swap = entry->function == SIM_HISTORY_COMPARE_AND_SET;
        entry->expected = is_swap ? value : 0;
        if (entry->function == SIM_HISTORY_READ) {
            entry->result = value;
            entry->is_result_known = true;
        } else if (sim_random_below(random, 6) == 0) {
            entry->outcome = SIM_HISTORY_UNKNOWN;
            entry->completed = SIM_NEVER;
        }
    }
    qsort(input.history.entries, count, sizeof *input.history.entries, levels_by_invocation);
    return input;
}

static inline struct sim_check_input levels_without(const struct sim_check_result *result,
                                                    guint left_out)
{
    struct sim_check_input input = {
        .model = SIM_CHECK_REGISTER, .has_initial = true, .has_times = true};
    sim_history_init(&input.history, ORDERS_MAX);
    for (guint i = 0; i < result->piece->len; i++) {
        if (i != left_out) {
            *sim_history_add(&input.history) =
                g_array_index(result->piece, struct sim_history_entry, i);
        }
    }
    return input;
}

/* The piece is wrong by itself and, where it was cut down, right without any one of its reads. */
static inline void levels_check_piece(const struct sim_check_result *result,
                                      const struct sim_check_claim *claim)
{
    g_assert_true(result->is_minimal || claim->level >= SIM_CHECK_VERSIONS_STALE);
    for (guint i = 0; i <= result->piece->len; i++) {
        bool is_whole = i == result->piece->len;
        bool is_read =
            !is_whole && claim->level < SIM_CHECK_VERSIONS_STALE &&
            g_array_index(result->piece, struct sim_history_entry, i).function == SIM_HISTORY_READ;
        if (is_whole || is_read) {
            struct sim_check_input piece = levels_without(result, i);
            g_assert_cmpint(orders_verdict(&piece, claim), ==,
                            is_whole ? SIM_CHECK_NO : SIM_CHECK_YES);
            sim_check_input_clear(&piece);
        }
    }
}

static const struct sim_check_claim levels_claims[] = {
    {SIM_CHECK_SEQUENTIAL, 0},
    {SIM_CHECK_CONSISTENT_PREFIX, 0},
    {SIM_CHECK_CAUSAL, 0},
    {SIM_CHECK_READ_MY_WRITES, 0},
    {SIM_CHECK_MONOTONIC_READS, 0},
    {SIM_CHECK_MONOTONIC_WRITES, 0},
    {SIM_CHECK_WRITES_FOLLOW_READS, 0},
    {SIM_CHECK_VERSIONS_STALE, 0},
    {SIM_CHECK_VERSIONS_STALE, 1},
    {SIM_CHECK_TIME_STALE, 0},
    {SIM_CHECK_TIME_STALE, 3},
    {SIM_CHECK_NO_LOST_UPDATES, 0},
    {SIM_CHECK_NO_LOST_WRITES, 0},
    {SIM_CHECK_NO_WRITES_LOST_FOR, 4},
};

/* So many histories: every verdict, and some of the pieces. */
static inline void levels_check(const struct sim_check_claim *claim, int histories, uint64_t most)
{
    g_autofree char *name = sim_check_claim_name(claim);
    struct sim_random random;
    struct sim_check_limits limits = sim_check_limits_default();
    int wrong = 0;
    sim_random_init(&random, 1, "levels", name);
    for (int i = 0; i < histories; i++) {
        struct sim_check_input input = levels_draw(&random, most);
        struct sim_check_result result;
        sim_check_judge(&input, claim, &limits, &result);
        g_assert_cmpint(result.verdict, ==, orders_verdict(&input, claim));
        wrong += result.verdict == SIM_CHECK_NO;
        if (result.piece != NULL && i % 4 == 0) {
            levels_check_piece(&result, claim);
        }
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
    g_test_message("%s: %d of %d wrong", name, wrong, histories);
    g_assert_cmpint(wrong, >, histories / 50);
    g_assert_cmpint(wrong, <, histories - histories / 50);
}

#endif

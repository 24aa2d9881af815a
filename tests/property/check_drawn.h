/* Small histories of transactions drawn at random, for tests of isolation levels. */
#ifndef BRINK_TESTS_CHECK_DRAWN_H
#define BRINK_TESTS_CHECK_DRAWN_H

#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "check/read.h"
#include "check/transactions.h"

#define TRANSACTIONS_MAX 5
#define DEEDS_MAX 3   /* of a transaction */
#define VALUES_MAX 32 /* of a key: more than are ever appended */

static enum sim_check_verdict judge(struct sim_check_input *input, enum sim_check_level level,
                                    char **ret_because)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_claim claim = {.level = level};
    struct sim_check_result result;
    sim_check_judge(input, &claim, &limits, &result);
    enum sim_check_verdict verdict = result.verdict;
    g_assert_true((verdict == SIM_CHECK_NO) == (sim_check_evidence_count(&result) > 0));
    if (ret_because != NULL) {
        *ret_because = g_strdup(result.because);
    }
    sim_check_result_clear(&result);
    return verdict;
}

/* A read of a list: what some order of the values begins with, or with registers one value. */
static void draw_read(struct sim_random *random, struct sim_check_transactions *transactions,
                      struct check_deed *deed, uint64_t orders[2][16], const uint32_t counts[2],
                      bool is_register)
{
    uint32_t count = (uint32_t)sim_random_below(random, counts[deed->key] + 1);
    deed->first = transactions->values->len;
    deed->is_known = true;
    deed->is_missing = count == 0;
    deed->count = is_register && count > 0 ? 1 : count;
    for (uint32_t i = is_register && count > 0 ? count - 1 : 0; i < count; i++) {
        g_array_append_val(transactions->values, orders[deed->key][i]);
    }
}

static struct sim_check_transactions *draw(struct sim_random *random, bool is_register,
                                           bool is_twice)
{
    struct sim_check_transactions *transactions = check_transactions_new();
    transactions->has_lists = !is_register;
    uint64_t orders[2][16];
    uint32_t counts[2] = {0}, count = 2 + (uint32_t)sim_random_below(random, TRANSACTIONS_MAX - 2);
    for (uint32_t t = 0; t < count; t++) {
        struct check_transaction transaction = {
            .first = transactions->deeds->len,
            .count = 1 + (uint32_t)sim_random_below(random, DEEDS_MAX),
            .process = t};
        uint64_t fate = sim_random_below(random, 12);
        transaction.outcome = (uint8_t)(fate == 0   ? SIM_HISTORY_FAIL
                                        : fate == 1 ? SIM_HISTORY_UNKNOWN
                                                    : SIM_HISTORY_OK);
        transaction.invoked = (sim_time)sim_random_below(random, 10);
        transaction.completed =
            fate == 1 ? SIM_NEVER : transaction.invoked + (sim_time)sim_random_below(random, 8);
        for (uint32_t d = 0; d < transaction.count; d++) {
            struct check_deed deed = {.key = sim_random_below(random, 2)};
            deed.kind = sim_random_below(random, 2) == 0 ? CHECK_DEED_READ
                        : is_register                    ? CHECK_DEED_WRITE
                                                         : CHECK_DEED_APPEND;
            deed.value = is_twice ? 1 + sim_random_below(random, 2) : 10 * (uint64_t)t + d + 1;
            bool is_kept = fate != 0 || sim_random_below(random, 4) == 0;
            if (deed.kind != CHECK_DEED_READ && is_kept) {
                bool is_other = !is_twice && sim_random_below(random, 64) == 0;
                orders[deed.key][counts[deed.key]++] = deed.value + (is_other ? 5 : 0);
            }
            g_array_append_val(transactions->deeds, deed);
        }
        g_array_append_val(transactions->all, transaction);
    }
    for (uint32_t key = 0; key < 2; key++) { /* transactions that ran at once */
        if (counts[key] > 1 && sim_random_below(random, 4) == 0) {
            uint64_t *value = &orders[key][sim_random_below(random, counts[key] - 1)];
            uint64_t next = value[1];
            value[1] = value[0];
            value[0] = next;
        }
    }
    for (guint d = 0; d < transactions->deeds->len; d++) {
        struct check_deed *deed = check_deed_at(transactions, d);
        if (deed->kind == CHECK_DEED_READ) {
            draw_read(random, transactions, deed, orders, counts, is_register);
        }
    }
    return transactions;
}

/* Of registers what is read is a value and no list. */
static void make_values(struct sim_check_transactions *transactions)
{
    for (guint d = 0; d < transactions->deeds->len; d++) {
        struct check_deed *deed = check_deed_at(transactions, d);
        if (deed->kind == CHECK_DEED_READ && deed->count > 0) {
            deed->value = g_array_index(transactions->values, uint64_t, deed->first);
            deed->count = 0;
        }
    }
}

/* Says which history it was. */
static void tell_drawn(const struct sim_check_input *input)
{
    g_autoptr(GPtrArray) told = g_ptr_array_new_with_free_func(g_free);
    for (uint32_t t = 0; t < input->transactions->all->len; t++) {
        static const char *const outcomes[] = {
            [SIM_HISTORY_OK] = "ok", [SIM_HISTORY_FAIL] = "fail", [SIM_HISTORY_UNKNOWN] = "info"};
        check_tell_transaction(told, input, t);
        g_test_message("%s %s", outcomes[check_transaction_at(input->transactions, t)->outcome],
                       (const char *)g_ptr_array_index(told, t));
    }
}

#endif

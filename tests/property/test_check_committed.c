/* Read uncommitted and read committed beside all orders of small histories drawn at random. If this
 * failed, either level could be granted to a history that lets through what it must not, or be
 * denied to one that does not.
 */
#include "check_drawn.h"

#define HISTORIES 20000

/* Read uncommitted and read committed (PL-1 and PL-2 of Adya) as orders of the transactions that
 * happened: each leaves all it does to a key behind what those before it left there, and nobody
 * reads what is not there. The weaker level knows of an order of writes only, and of what somebody
 * undid, anywhere between; the stronger one in which whoever reads comes behind whom it reads of.
 */
struct committed {
    const struct sim_check_transactions *transactions;
    bool keeps_reads; /* read committed */
    bool has_happened[TRANSACTIONS_MAX];
};

static uint64_t value_in(const struct committed *of, const struct check_deed *read, uint32_t index)
{
    return read->count > 0 ? g_array_index(of->transactions->values, uint64_t, read->first + index)
                           : read->value;
}

static uint32_t length_of(const struct check_deed *read)
{
    return read->is_missing ? 0 : read->count > 0 ? read->count : 1;
}

/* Who wrote that; TRANSACTIONS_MAX: nobody. *ret_is_last: it wrote nothing to the key later. */
static uint32_t writer_of(const struct committed *of, uint64_t key, uint64_t value,
                          bool *ret_is_last)
{
    uint32_t writer = TRANSACTIONS_MAX;
    *ret_is_last = false;
    for (uint32_t t = 0; t < of->transactions->all->len; t++) {
        const struct check_transaction *transaction = check_transaction_at(of->transactions, t);
        for (uint32_t d = 0; d < transaction->count; d++) {
            const struct check_deed *deed = check_deed_at(of->transactions, transaction->first + d);
            if (deed->kind != CHECK_DEED_READ && deed->key == key) {
                writer = deed->value == value ? t : writer;
                *ret_is_last = deed->value == value || (*ret_is_last && writer != t);
            }
        }
    }
    return writer;
}

static bool is_undone(const struct committed *of, uint32_t t)
{
    return check_transaction_at(of->transactions, t)->outcome == SIM_HISTORY_FAIL;
}

/* What the placed transactions, in that order, leave in a list. */
static uint32_t leave(const struct committed *of, const uint32_t *order, uint32_t count,
                      uint64_t key, uint64_t left[VALUES_MAX])
{
    uint32_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct check_transaction *transaction =
            check_transaction_at(of->transactions, order[i]);
        for (uint32_t d = 0; d < transaction->count; d++) {
            const struct check_deed *deed = check_deed_at(of->transactions, transaction->first + d);
            if (deed->kind != CHECK_DEED_READ && deed->key == key) {
                left[length++] = deed->value;
            }
        }
    }
    return length;
}

/* Whether a list, less what was undone, is how the key begins. */
static bool begins_so(const struct committed *of, const uint32_t *order, uint32_t count,
                      const struct check_deed *read)
{
    uint64_t left[VALUES_MAX];
    uint32_t length = leave(of, order, count, read->key, left), at = 0;
    bool is_last, is_so = true;
    for (uint32_t i = 0; i < read->count; i++) {
        uint64_t value = value_in(of, read, i);
        if (!is_undone(of, writer_of(of, read->key, value, &is_last))) {
            is_so = is_so && at < length && left[at] == value;
            at++;
        }
    }
    return is_so;
}

static uint32_t place_of(const uint32_t *order, uint32_t count, uint32_t t)
{
    uint32_t place = 0;
    for (; place < count && order[place] != t; place++) {
    }
    return place;
}

/* Reads by itself: each value is somebody's, once. */
static bool is_possible(const struct committed *of, const struct check_deed *read, uint32_t reader,
                        bool is_own)
{
    bool is_last, may = true;
    for (uint32_t i = 0; i < length_of(read); i++) {
        uint32_t writer = writer_of(of, read->key, value_in(of, read, i), &is_last);
        bool is_end = i + 1 == length_of(read);
        may = may && writer < TRANSACTIONS_MAX;
        for (uint32_t j = 0; j < i; j++) {
            may = may && value_in(of, read, j) != value_in(of, read, i);
        }
        may = may && !(of->keeps_reads && is_undone(of, writer));
        may = may && !(of->keeps_reads && is_end && !is_own && !is_last && writer != reader);
    }
    return may;
}

/* Two lists of a key of which one begins as the other. */
static bool begin_alike(const struct committed *of, const struct check_deed *a,
                        const struct check_deed *b)
{
    bool is_so = true;
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        is_so = is_so && (a->key != b->key || value_in(of, a, i) == value_in(of, b, i));
    }
    return is_so;
}

static bool is_read(const struct committed *of, uint32_t t, uint32_t d)
{
    const struct check_transaction *transaction = check_transaction_at(of->transactions, t);
    return transaction->outcome == SIM_HISTORY_OK && d < transaction->count &&
           check_deed_at(of->transactions, transaction->first + d)->kind == CHECK_DEED_READ;
}

/* Whether a read fits an order of all; with no order, whether it can be at all. */
static bool fits(const struct committed *of, const uint32_t *order, uint32_t count, uint32_t t,
                 uint32_t d)
{
    const struct check_transaction *transaction = check_transaction_at(of->transactions, t);
    const struct check_deed *read = check_deed_at(of->transactions, transaction->first + d);
    bool is_own = false, is_last, may = true;
    for (uint32_t before = 0; before < d; before++) {
        const struct check_deed *deed =
            check_deed_at(of->transactions, transaction->first + before);
        is_own = is_own || (deed->kind != CHECK_DEED_READ && deed->key == read->key);
    }
    if (order == NULL) {
        may = is_possible(of, read, t, is_own);
        for (guint other = 0; other < of->transactions->all->len * DEEDS_MAX && may; other++) {
            may = !is_read(of, other / DEEDS_MAX, other % DEEDS_MAX) ||
                  begin_alike(of, read,
                              check_deed_at(
                                  of->transactions,
                                  check_transaction_at(of->transactions, other / DEEDS_MAX)->first +
                                      other % DEEDS_MAX));
        }
        return may;
    }
    uint32_t length = length_of(read);
    uint32_t writer =
        length == 0 ? t : writer_of(of, read->key, value_in(of, read, length - 1), &is_last);
    bool is_behind = !of->keeps_reads || is_own || writer == t ||
                     place_of(order, count, writer) < place_of(order, count, t);
    return is_behind && begins_so(of, order, count, read);
}

static bool all_fit(const struct committed *of, const uint32_t *order, uint32_t count)
{
    bool may = true;
    for (uint32_t t = 0; t < of->transactions->all->len; t++) {
        for (uint32_t d = 0; d < DEEDS_MAX && may; d++) {
            may = !is_read(of, t, d) || fits(of, order, count, t, d);
        }
    }
    return may;
}

static bool has_order_of_writes(const struct committed *of, uint32_t *order, uint32_t count)
{
    bool is_done = true;
    for (uint32_t t = 0; t < of->transactions->all->len; t++) {
        bool may = of->has_happened[t] && place_of(order, count, t) == count;
        is_done = is_done && !may;
        order[count] = t;
        if (may && has_order_of_writes(of, order, count + 1)) {
            return true;
        }
    }
    return is_done && all_fit(of, order, count);
}

static bool is_committed(const struct sim_check_transactions *transactions, bool keeps_reads)
{
    struct committed of = {.transactions = transactions, .keeps_reads = keeps_reads};
    uint32_t order[TRANSACTIONS_MAX + 1];
    bool is_last;
    if (!all_fit(&of, NULL, 0)) {
        return false;
    }
    for (uint32_t t = 0; t < transactions->all->len; t++) { /* what was seen has happened */
        of.has_happened[t] =
            of.has_happened[t] || check_transaction_at(transactions, t)->outcome == SIM_HISTORY_OK;
        for (uint32_t d = 0; d < DEEDS_MAX; d++) {
            const struct check_deed *read =
                is_read(&of, t, d)
                    ? check_deed_at(transactions, check_transaction_at(transactions, t)->first + d)
                    : NULL;
            for (uint32_t i = 0; read != NULL && i < length_of(read); i++) {
                uint32_t writer = writer_of(&of, read->key, value_in(&of, read, i), &is_last);
                of.has_happened[writer] = !is_undone(&of, writer);
            }
        }
    }
    return has_order_of_writes(&of, order, 0);
}

/* ---- tests ---- */

static void test_committed(const void *data)
{
    const char *kind = data;
    bool is_register = strcmp(kind, "lists") != 0;
    struct sim_random random;
    uint32_t wrong[2] = {0};
    sim_random_init(&random, 1, "committed", kind);
    for (int i = 0; i < HISTORIES; i++) {
        struct sim_check_input input = {.model = SIM_CHECK_TRANSACTIONS};
        input.transactions = draw(&random, is_register, false);
        if (is_register) {
            make_values(input.transactions);
        }
        for (int keeps_reads = 0; keeps_reads < 2; keeps_reads++) {
            bool is_right = is_committed(input.transactions, keeps_reads != 0);
            enum sim_check_verdict verdict = judge(
                &input, keeps_reads != 0 ? SIM_CHECK_READ_COMMITTED : SIM_CHECK_READ_UNCOMMITTED,
                NULL);
            if (verdict != (is_right ? SIM_CHECK_YES : SIM_CHECK_NO)) {
                tell_drawn(&input);
            }
            g_assert_cmpint(verdict, ==, is_right ? SIM_CHECK_YES : SIM_CHECK_NO);
            wrong[keeps_reads] += !is_right;
        }
        sim_check_input_clear(&input);
    }
    g_test_message("of %d not committed %u, not even uncommitted %u", HISTORIES, wrong[1],
                   wrong[0]);
    g_assert_cmpuint(wrong[0], >, HISTORIES / 100);
    g_assert_cmpuint(wrong[1], >, wrong[0] + HISTORIES / 20);
    g_assert_cmpuint(wrong[1], <, HISTORIES - HISTORIES / 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/committed/lists", "lists", test_committed);
    g_test_add_data_func("/committed/registers", "registers", test_committed);
    return g_test_run();
}

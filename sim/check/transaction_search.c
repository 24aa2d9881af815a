/* A search for an order of transactions over registers, where what is known of versions does not
 * suffice, or values were written more than once.
 *
 * As search.c does it for one key: transactions are placed one after another, those that ended
 * first before the others, and no place (what is placed, what each register holds) is looked at
 * twice. What only reads is placed as soon as it fits, which never rules anything out. With time,
 * nothing is placed before what had ended when it began.
 */
#include <string.h>

#include "base/keyed.h"
#include "base/random.h"
#include "base/sort.h"
#include "check/effort.h"
#include "check/transactions.h"

/* A place: 1, bits of what is placed, what each register holds, and behind that how many of those
 * that ended first are placed without a gap, and the candidate to try next. */
struct search {
    const struct sim_check_transactions *transactions;
    const bool *counts; /* by transaction: the others are left out */
    bool keeps_time;
    uint32_t *order; /* transactions that count, by their ends */
    uint32_t order_count;
    GHashTable *registers; /* key -> its place + 1 */
    struct check_effort effort;
    uint64_t work; /* of the step that is being taken */
    size_t holds, front, next, words;
    uint64_t *stack;
    size_t stack_count, stack_room;
    GHashTable *seen; /* places, without `next` */
};

static guint place_hash(gconstpointer data)
{
    const uint64_t *place = data;
    uint64_t hash = 0;
    for (uint64_t w = 1; w <= place[0]; w++) {
        hash = sim_hash_pair(hash, place[w]);
    }
    return sim_keyed_number(&hash);
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const uint64_t *x = a, *y = b;
    return memcmp(x, y, (size_t)(x[0] + 1) * sizeof *x) == 0;
}

static bool is_placed(const uint64_t *place, uint32_t transaction)
{
    return (place[1 + transaction / 64] >> (transaction % 64) & 1) != 0;
}

static uint64_t *held(const struct search *search, uint64_t *place, uint64_t key)
{
    gpointer number = g_hash_table_lookup(search->registers, &key);
    return &place[search->holds + 2 * ((size_t)GPOINTER_TO_UINT(number) - 1)];
}

/* Places a transaction; the place is spoilt when that is not possible. */
static bool put(struct search *search, uint64_t *place, uint32_t index)
{
    const struct check_transaction *of = check_transaction_at(search->transactions, index);
    search->work += of->count;
    for (uint32_t d = 0; d < of->count; d++) {
        const struct check_deed *deed = check_deed_at(search->transactions, of->first + d);
        uint64_t *now = held(search, place, deed->key);
        if (deed->kind == CHECK_DEED_WRITE) {
            bool is_start = search->transactions->begins_as_zero && deed->value == 0;
            now[0] = is_start ? 0 : deed->value;
            now[1] = !is_start;
        } else if (of->outcome == SIM_HISTORY_OK && deed->is_known &&
                   (deed->is_missing == (now[1] != 0) ||
                    (!deed->is_missing && deed->value != now[0]))) {
            return false;
        }
    }
    place[1 + index / 64] |= UINT64_C(1) << (index % 64);
    while (place[search->front] < search->order_count &&
           is_placed(place, search->order[place[search->front]])) {
        place[search->front]++;
    }
    return true;
}

static bool is_pure(const struct search *search, uint32_t index)
{
    const struct check_transaction *of = check_transaction_at(search->transactions, index);
    bool is_pure = true;
    for (uint32_t d = 0; d < of->count; d++) {
        is_pure =
            is_pure && check_deed_at(search->transactions, of->first + d)->kind == CHECK_DEED_READ;
    }
    return is_pure;
}

/* When the first of those that wait had ended: nothing that began later may come before it. */
static sim_time first_end(const struct search *search, const uint64_t *place)
{
    uint64_t front = place[search->front];
    return front < search->order_count
               ? check_transaction_at(search->transactions, search->order[front])->completed
               : SIM_NEVER;
}

static bool may_come(const struct search *search, const uint64_t *place, uint32_t index)
{
    const struct check_transaction *of = check_transaction_at(search->transactions, index);
    return !is_placed(place, index) &&
           (!search->keeps_time || of->invoked <= first_end(search, place));
}

/* Whether what the step has cost so far is more than is left. */
static bool is_spent(const struct search *search)
{
    return search->work / CHECK_WORK_OF_STEP > *search->effort.steps;
}

/* Places all that only reads and is possible, or what there are steps for. */
static void put_pure(struct search *search, uint64_t *place)
{
    bool is_changed = true;
    while (is_changed && !is_spent(search)) {
        is_changed = false;
        search->work += search->order_count;
        for (uint32_t i = 0; i < search->order_count; i++) {
            uint32_t index = search->order[i];
            is_changed = (may_come(search, place, index) && is_pure(search, index) &&
                          put(search, place, index)) ||
                         is_changed;
        }
    }
    place[search->next] = 0;
}

static int compare_ends(const void *a, const void *b, void *data)
{
    const struct sim_check_transactions *transactions = data;
    sim_time x = check_transaction_at(transactions, *(const uint32_t *)a)->completed;
    sim_time y = check_transaction_at(transactions, *(const uint32_t *)b)->completed;
    return (x > y) - (x < y);
}

static uint64_t *push(struct search *search)
{
    if (search->stack_count == search->stack_room) {
        search->stack_room = search->stack_room == 0 ? 64 : 2 * search->stack_room;
        search->stack = g_renew(uint64_t, search->stack, search->stack_room * search->words);
    }
    return &search->stack[search->stack_count++ * search->words];
}

/* False when it was there already. */
static bool remember(struct search *search, const uint64_t *place)
{
    uint64_t *kept = g_memdup2(place, search->front * sizeof *place);
    return g_hash_table_add(search->seen, kept);
}

/* All that certainly happened is placed. */
static bool is_done(const struct search *search, const uint64_t *place)
{
    return first_end(search, place) == SIM_NEVER;
}

static void search_init(struct search *search, const struct sim_check_transactions *transactions,
                        const bool *counts, bool keeps_time, uint64_t *steps)
{
    uint32_t count = transactions->all->len;
    *search = (struct search){.transactions = transactions,
                              .counts = counts,
                              .keeps_time = keeps_time,
                              .effort = {.steps = steps},
                              .order = g_new(uint32_t, count + 1)};
    search->registers = g_hash_table_new(sim_keyed_number, g_int64_equal);
    search->seen = g_hash_table_new_full(place_hash, place_equal, g_free, NULL);
    for (uint32_t t = 0; t < count; t++) {
        const struct check_transaction *of = check_transaction_at(transactions, t);
        if (counts[t]) {
            search->order[search->order_count++] = t;
        }
        for (uint32_t d = 0; d < of->count; d++) {
            const uint64_t *key = &check_deed_at(transactions, of->first + d)->key;
            if (!g_hash_table_contains(search->registers, key)) {
                guint number = g_hash_table_size(search->registers) + 1;
                g_hash_table_insert(search->registers, (gpointer)key, GUINT_TO_POINTER(number));
            }
        }
    }
    sim_sort(search->order, search->order_count, sizeof *search->order, compare_ends,
             (void *)transactions);
    search->holds = 2 + count / 64;
    search->front = search->holds + 2 * (size_t)g_hash_table_size(search->registers);
    search->next = search->front + 1;
    search->words = search->next + 1;
}

static void search_clear(struct search *search)
{
    g_free(search->order);
    g_free(search->stack);
    g_hash_table_destroy(search->registers);
    g_hash_table_destroy(search->seen);
}

static bool is_over(const struct search *search, const struct sim_check_limits *limits)
{
    size_t words = (size_t)g_hash_table_size(search->seen) * (search->next + 8) +
                   2 * search->stack_room * search->words;
    return *search->effort.steps == 0 || words * sizeof(uint64_t) > limits->bytes_max;
}

/* Takes from the limits what the step has cost. */
static void pay_step(struct search *search)
{
    search->effort.work = 0; /* what is small is a step and no more */
    check_effort_spend(&search->effort, CHECK_WORK_OF_STEP + search->work);
    search->work = 0;
}

enum sim_check_verdict check_transactions_search(const struct sim_check_transactions *transactions,
                                                 const bool *counts, bool keeps_time,
                                                 const struct sim_check_limits *limits,
                                                 uint64_t *steps)
{
    struct search search;
    search_init(&search, transactions, counts, keeps_time, steps);
    uint64_t *begin = push(&search);
    memset(begin, 0, search.words * sizeof *begin);
    begin[0] = search.front - 1;
    put_pure(&search, begin);
    enum sim_check_verdict verdict = is_done(&search, begin) ? SIM_CHECK_YES : SIM_CHECK_NO;
    while (verdict == SIM_CHECK_NO && search.stack_count > 0) {
        uint64_t *to = push(&search); /* may move what is below */
        uint64_t *from = &search.stack[(search.stack_count - 2) * search.words];
        if (is_over(&search, limits)) {
            verdict = SIM_CHECK_UNKNOWN;
            break;
        }
        if (from[search.next] == search.order_count) {
            search.stack_count -= 2;
            continue;
        }
        uint32_t index = search.order[from[search.next]++];
        memcpy(to, from, search.words * sizeof *to);
        search.work += search.words;
        pay_step(&search);
        if (!may_come(&search, from, index) || is_pure(&search, index) ||
            !put(&search, to, index)) {
            search.stack_count--;
            continue;
        }
        put_pure(&search, to);
        if (is_done(&search, to)) {
            verdict = SIM_CHECK_YES;
        } else if (!remember(&search, to)) {
            search.stack_count--;
        }
    }
    if (verdict == SIM_CHECK_NO && (*steps == 0 || is_spent(&search))) {
        verdict = SIM_CHECK_UNKNOWN;
    }
    search_clear(&search);
    return verdict;
}

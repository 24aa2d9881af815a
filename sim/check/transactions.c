/* Transactions: where they are kept, and which of them time puts before which. */
#include "check/transactions.h"

struct sim_check_transactions *check_transactions_new(void)
{
    struct sim_check_transactions *transactions = g_new0(struct sim_check_transactions, 1);
    transactions->all = g_array_new(FALSE, FALSE, sizeof(struct check_transaction));
    transactions->deeds = g_array_new(FALSE, FALSE, sizeof(struct check_deed));
    transactions->values = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    return transactions;
}

void check_transactions_free(struct sim_check_transactions *transactions)
{
    if (transactions != NULL) {
        g_array_free(transactions->all, TRUE);
        g_array_free(transactions->deeds, TRUE);
        g_array_free(transactions->values, TRUE);
        g_free(transactions);
    }
}

struct instant {
    sim_time time;
    uint32_t transaction;
    bool is_end;
};

static int compare_instants(gconstpointer a, gconstpointer b)
{
    const struct instant *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return (x->is_end > y->is_end) - (x->is_end < y->is_end);
}

static void add_time(struct check_dependencies *dependencies, uint32_t from, uint32_t to)
{
    struct check_dependency edge = {from, to, CHECK_RT, 0};
    if (from != UINT32_MAX) {
        g_array_append_val(dependencies->edges, edge);
    }
}

/* Behind each end stands a node that comes before whoever begins later. */
void check_dependencies_add_times(struct check_dependencies *dependencies)
{
    const struct sim_check_transactions *transactions = dependencies->input->transactions;
    GArray *instants = g_array_new(FALSE, FALSE, sizeof(struct instant));
    for (uint32_t t = 0; t < dependencies->count; t++) {
        const struct check_transaction *transaction = check_transaction_at(transactions, t);
        struct instant begin = {transaction->invoked, t, false};
        struct instant end = {transaction->completed, t, true};
        if (dependencies->has_happened[t]) {
            g_array_append_val(instants, begin);
        }
        if (transaction->outcome == SIM_HISTORY_OK) {
            g_array_append_val(instants, end);
        }
    }
    g_array_sort(instants, compare_instants);
    uint32_t last = UINT32_MAX;
    for (guint i = 0; i < instants->len; i++) {
        const struct instant *instant = &g_array_index(instants, struct instant, i);
        if (!instant->is_end) {
            add_time(dependencies, last, instant->transaction);
            continue;
        }
        uint32_t node = dependencies->node_count++;
        add_time(dependencies, instant->transaction, node);
        add_time(dependencies, last, node);
        last = node;
    }
    g_array_free(instants, TRUE);
}

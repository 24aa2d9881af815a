/* Transactions, and why one comes before another, in words. */
#include <inttypes.h>

#include "check/transactions.h"

static void append_name(GString *out, const struct sim_check_input *input, uint64_t key)
{
    if (input->has_text_keys) {
        g_string_append(out, g_ptr_array_index(input->texts, key));
    } else {
        g_string_append_printf(out, "%" PRId64, (int64_t)key);
    }
}

static void append_deed(GString *out, const struct sim_check_input *input,
                        const struct check_deed *deed)
{
    static const char *const words[] = {"read", "write", "append"};
    g_string_append_printf(out, " [%s ", words[deed->kind]);
    append_name(out, input, deed->key);
    if (deed->count > 0) {
        g_string_append(out, " (");
        for (uint32_t i = 0; i < deed->count; i++) {
            g_string_append_printf(
                out, "%s%" PRId64, i > 0 ? " " : "",
                (int64_t)g_array_index(input->transactions->values, uint64_t, deed->first + i));
        }
        g_string_append(out, ")]");
    } else if (deed->kind == CHECK_DEED_READ && (deed->is_missing || !deed->is_known)) {
        g_string_append(out, deed->is_known ? " nothing]" : " ?]");
    } else {
        g_string_append_printf(out, " %" PRId64 "]", (int64_t)deed->value);
    }
}

/* "T3: [read 8 nothing] [append 9 5], from event 5 to event 6" */
void check_tell_transaction(GPtrArray *told, const struct sim_check_input *input, uint32_t index)
{
    const struct check_transaction *transaction = check_transaction_at(input->transactions, index);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "T%u:", index + 1);
    for (uint32_t d = 0; d < transaction->count; d++) {
        append_deed(out, input, check_deed_at(input->transactions, transaction->first + d));
    }
    g_string_append_printf(out, ", from event %" PRId64, transaction->invoked);
    if (transaction->outcome == SIM_HISTORY_UNKNOWN) {
        g_string_append(out, " on, perhaps");
    } else {
        g_string_append_printf(out, " to event %" PRId64 "%s", transaction->completed,
                               transaction->outcome == SIM_HISTORY_FAIL ? ", failed" : "");
    }
    g_ptr_array_add(told, g_string_free(out, FALSE));
}

static void tell_edge(GPtrArray *told, const struct check_dependencies *dependencies, uint32_t from,
                      const struct check_dependency *edge)
{
    static const char *const why[] = {[CHECK_WW] = "which replaced what it left of ",
                                      [CHECK_WR] = "which read what it left of ",
                                      [CHECK_RW] = "which replaced what it read of ",
                                      [CHECK_RT] = "which began later"};
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "T%u comes before T%u, %s", from + 1, edge->to + 1,
                           why[edge->kind]);
    if (edge->kind != CHECK_RT) {
        append_name(out, dependencies->input, edge->key);
    }
    g_ptr_array_add(told, g_string_free(out, FALSE));
}

/* The transactions of a circle, and why each comes before the next; what only passes through
 * instants is one step. */
void check_tell_circle(GPtrArray *told, const struct check_dependencies *dependencies,
                       const GArray *edges)
{
    guint begin = 0; /* an edge that leaves a transaction */
    while (check_dependency_at(dependencies, g_array_index(edges, uint32_t, begin))->from >=
           dependencies->count) {
        begin++;
    }
    for (guint pass = 0; pass < 2; pass++) {
        uint32_t from = UINT32_MAX;
        for (guint i = 0; i < edges->len; i++) {
            const struct check_dependency *edge = check_dependency_at(
                dependencies, g_array_index(edges, uint32_t, (begin + i) % edges->len));
            from = edge->from < dependencies->count ? edge->from : from;
            if (pass == 0 && edge->from < dependencies->count) {
                check_tell_transaction(told, dependencies->input, edge->from);
            } else if (pass == 1 && edge->to < dependencies->count) {
                tell_edge(told, dependencies, from, edge);
            }
        }
    }
}

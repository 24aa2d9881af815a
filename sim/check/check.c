/* Linearizability of a history, key by key. See check.h. */
#include "check/check.h"

#include <string.h>

#include "base/assert.h"
#include "base/keyed.h"
#include "base/sort.h"
#include "check/effort.h"
#include "check/operations.h"
#include "check/transactions.h"
#include "check/words.h"

const char *const sim_check_verdict_names[] = {"yes", "no", "unknown", NULL};

struct sim_check_limits sim_check_limits_default(void)
{
    return (struct sim_check_limits){
        .steps_max = 20000000, .cut_steps_max = 5000000, .bytes_max = (size_t)1 << 29};
}

/* ---- texts ---- */

uint64_t sim_check_text(struct sim_check_input *input, const char *text)
{
    if (input->texts == NULL) {
        input->texts = g_ptr_array_new_with_free_func(g_free);
        input->text_numbers = g_hash_table_new(sim_keyed_text, g_str_equal);
    }
    gpointer number;
    if (g_hash_table_lookup_extended(input->text_numbers, text, NULL, &number)) {
        return GPOINTER_TO_UINT(number);
    }
    guint next = input->texts->len;
    char *kept = g_strdup(text);
    input->text_bytes += strlen(text);
    g_ptr_array_add(input->texts, kept);
    g_hash_table_insert(input->text_numbers, kept, GUINT_TO_POINTER(next));
    return next;
}

uint32_t check_texts_count(const struct sim_check_input *input)
{
    return input->texts != NULL ? input->texts->len : 0;
}

void check_texts_forget(struct sim_check_input *input, uint32_t count)
{
    while (check_texts_count(input) > count) {
        const char *text = g_ptr_array_index(input->texts, input->texts->len - 1);
        input->text_bytes -= strlen(text);
        g_hash_table_remove(input->text_numbers, text);
        g_ptr_array_remove_index(input->texts, input->texts->len - 1);
    }
}

void sim_check_input_clear(struct sim_check_input *input)
{
    sim_history_clear(&input->history);
    check_transactions_free(input->transactions);
    if (input->texts != NULL) {
        g_hash_table_destroy(input->text_numbers);
        g_ptr_array_free(input->texts, TRUE);
    }
    *input = (struct sim_check_input){0};
}

void sim_check_result_clear(struct sim_check_result *result)
{
    if (result->piece != NULL) {
        g_array_free(result->piece, TRUE);
        result->piece = NULL;
    }
    if (result->told != NULL) {
        g_ptr_array_free(result->told, TRUE);
        result->told = NULL;
    }
    g_free(result->because);
    result->because = NULL;
}

/* ---- key by key ---- */

static int compare_entries(const void *a, const void *b, void *data)
{
    const struct sim_history_entry *entries = data;
    const struct sim_history_entry *x = &entries[*(const uint32_t *)a];
    const struct sim_history_entry *y = &entries[*(const uint32_t *)b];
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->invoked > y->invoked) - (x->invoked < y->invoked);
}

/* What the part came down to, as entries: what was forgotten of them is unknown there too. */
static void keep_piece(struct sim_check_result *result, const struct check_part *part)
{
    result->piece = g_array_new(FALSE, FALSE, sizeof(struct sim_history_entry));
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        struct sim_history_entry entry = part->input->history.entries[operation->entry];
        if (part->input->model == SIM_CHECK_SET && entry.result != operation->result) {
            entry.result = operation->result;
            result->is_shortened = true;
        }
        if (operation->outcome == SIM_HISTORY_UNKNOWN) {
            entry.outcome = SIM_HISTORY_UNKNOWN;
            entry.completed = SIM_NEVER;
            entry.is_result_known = entry.is_missing = false;
        }
        g_array_append_val(result->piece, entry);
    }
}

static void judge_part(struct check_part *part, const struct sim_check_limits *limits,
                       uint64_t *steps, struct sim_check_result *result, uint64_t key)
{
    uint32_t stuck;
    enum sim_check_verdict verdict = check_decide(part, limits->bytes_max, steps, &stuck);
    result->operations += part->count;
    result->keys++;
    result->keys_unknown += verdict == SIM_CHECK_UNKNOWN;
    result->keys_bad += verdict == SIM_CHECK_NO;
    if (verdict == SIM_CHECK_NO && result->piece == NULL) {
        result->bad_key = key;
        result->is_minimal = check_cut(part, limits, stuck);
        keep_piece(result, part);
    }
}

void sim_check_linearizable(struct sim_check_input *input, const struct sim_check_limits *limits,
                            struct sim_check_result *ret_result)
{
    const struct sim_history *history = &input->history;
    struct sim_check_result result = {0};
    sim_assert(history->count < UINT32_MAX);
    uint32_t count = (uint32_t)history->count;
    uint32_t *order = g_new(uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    sim_sort(order, count, sizeof *order, compare_entries, history->entries);
    uint64_t steps = limits->steps_max;
    uint32_t first = 0;
    while (first < count) {
        uint64_t key = history->entries[order[first]].key;
        uint32_t last = first;
        while (last < count && history->entries[order[last]].key == key) {
            last++;
        }
        struct check_part part;
        check_part_init(&part, input, &order[first], last - first);
        judge_part(&part, limits, &steps, &result, key);
        check_part_clear(&part);
        first = last;
    }
    g_free(order);
    result.steps = limits->steps_max - steps;
    result.verdict = result.keys_bad > 0                               ? SIM_CHECK_NO
                     : result.keys_unknown > 0 || history->dropped > 0 ? SIM_CHECK_UNKNOWN
                                                                       : SIM_CHECK_YES;
    if (result.verdict == SIM_CHECK_NO) {
        result.because = check_because(input,
                                       result.is_shortened
                                           ? "no order explains %s, of sets only what matters shown"
                                           : "no order explains %s",
                                       &result);
    } else if (result.verdict == SIM_CHECK_UNKNOWN) {
        result.because = g_strdup(history->dropped > 0 ? "more operations than are recorded"
                                                       : "the search passed its limits");
    }
    *ret_result = result;
}

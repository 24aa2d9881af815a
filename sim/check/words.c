/* Operations and what is wrong with them, in words. See check.h. */
#include "check/words.h"

#include <inttypes.h>

/* "7", or "3.7" where it is two numbers. */
static void append_number(GString *out, uint64_t number, uint32_t bits)
{
    if (bits == 0 || number >> bits == 0) {
        g_string_append_printf(out, "%" PRId64, (int64_t)number);
    } else {
        g_string_append_printf(out, "%" PRIu64 ".%" PRIu64, number >> bits,
                               number & ((UINT64_C(1) << bits) - 1));
    }
}

static void append_value(GString *out, const struct sim_check_input *input, uint64_t value)
{
    if (input->has_text_values) {
        g_string_append_printf(out, "\"%s\"", (const char *)g_ptr_array_index(input->texts, value));
    } else {
        append_number(out, value, input->value_bits);
    }
}

static void append_deed(GString *out, const struct sim_check_input *input,
                        const struct sim_history_entry *entry)
{
    switch ((enum sim_history_function)entry->function) {
    case SIM_HISTORY_READ:
        g_string_append(out, "reads ");
        if (entry->is_missing) {
            g_string_append(out, "nothing");
        } else if (input->model == SIM_CHECK_SET) {
            g_string_append_printf(out, "{%s}",
                                   (const char *)g_ptr_array_index(input->texts, entry->result));
        } else {
            append_value(out, input, entry->result);
        }
        return;
    case SIM_HISTORY_COMPARE_AND_SET:
        g_string_append(out, "sets ");
        append_value(out, input, entry->expected);
        g_string_append(out, " to ");
        append_value(out, input, entry->argument);
        if (entry->outcome == SIM_HISTORY_MISMATCH) {
            g_string_append(out, ", finds something else");
        }
        return;
    case SIM_HISTORY_DEQUEUE:
        g_string_append(out, "dequeues ");
        if (entry->is_missing || !entry->is_result_known) {
            g_string_append(out, entry->is_missing ? "nothing" : "something");
        } else {
            append_value(out, input, entry->result);
        }
        return;
    case SIM_HISTORY_DELETE:
    case SIM_HISTORY_ACQUIRE:
    case SIM_HISTORY_RELEASE:
        g_string_append_printf(out, "%ss", sim_history_function_names[entry->function]);
        return;
    case SIM_HISTORY_WRITE:
    case SIM_HISTORY_INCREMENT:
    case SIM_HISTORY_APPEND:
    case SIM_HISTORY_ADD:
    case SIM_HISTORY_REMOVE:
    case SIM_HISTORY_ENQUEUE:
    case SIM_HISTORY_FUNCTION_COUNT:
        break;
    }
    g_string_append_printf(out, "%ss ", sim_history_function_names[entry->function]);
    append_value(out, input, entry->argument);
}

static void append_time(GString *out, const struct sim_check_input *input, sim_time time)
{
    if (input->has_times) { /* to the microsecond: operations are often that close */
        g_string_append_printf(out, "%" PRId64 ".%06" PRId64 " s", time / SIM_SECOND,
                               time % SIM_SECOND / SIM_MICROSECOND);
    } else {
        g_string_append_printf(out, "event %" PRId64, time);
    }
}

static void append_key(GString *out, const struct sim_check_input *input, uint64_t key)
{
    if (input->has_text_keys) {
        g_string_append_printf(out, "\"%s\"", (const char *)g_ptr_array_index(input->texts, key));
    } else {
        g_string_append_printf(out, "%" PRIu64, key);
    }
}

char *sim_check_deed(const struct sim_check_input *input, const struct sim_history_entry *entry)
{
    GString *out = g_string_new(NULL);
    append_deed(out, input, entry);
    return g_string_free(out, FALSE);
}

uint32_t sim_check_evidence_count(const struct sim_check_result *result)
{
    return result->told != NULL    ? result->told->len
           : result->piece != NULL ? result->piece->len
                                   : 0;
}

char *sim_check_describe(const struct sim_check_input *input, const struct sim_check_result *result,
                         uint32_t index)
{
    if (result->told != NULL) {
        return g_strdup(g_ptr_array_index(result->told, index));
    }
    const struct sim_history_entry *entry =
        &g_array_index(result->piece, struct sim_history_entry, index);
    GString *out = g_string_new(NULL);
    if (entry->process != SIM_HISTORY_NO_PROCESS) {
        g_string_append(out, "process ");
        append_number(out, entry->process, input->process_bits);
        g_string_append_c(out, ' ');
    }
    append_deed(out, input, entry);
    if (result->spans_keys) {
        g_string_append(out, " (key ");
        append_key(out, input, entry->key);
        g_string_append_c(out, ')');
    }
    g_string_append(out, ", from ");
    append_time(out, input, entry->invoked);
    if (entry->outcome == SIM_HISTORY_UNKNOWN || entry->completed == SIM_NEVER) {
        g_string_append(out, " on, perhaps");
    } else {
        g_string_append(out, " to ");
        append_time(out, input, entry->completed);
    }
    return g_string_free(out, FALSE);
}

char *check_because(const struct sim_check_input *input, const char *format,
                    const struct sim_check_result *result)
{
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
    GString *out = g_string_new(parts[0]);
    g_string_append(out, result->piece->len == 1 ? "this" : "these");
    g_string_append(out, parts[1]);
    if (result->keys > 1 && !result->spans_keys) {
        g_string_append(out, " of key ");
        append_key(out, input, result->bad_key);
    }
    return g_string_free(out, FALSE);
}

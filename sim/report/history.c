/* What the clients of a run asked and were told, as files.
 *
 * history.edn is the form of Jepsen: a map when an operation begins and one when it ends, in the
 * order of time. A process is a session, or an operation by itself where there are none (numbers
 * from the top down). Of what nobody knows the outcome the end is missing, or :info when its
 * session goes on. Beyond Jepsen, a comparison that did not match is a :fail with :error :mismatch,
 * and :result is what it found, or what a counter or list was afterwards.
 *
 * history.jsonl is a line an operation, for whoever reads tables.
 */
#include <inttypes.h>

#include "base/sort.h"
#include "check/read.h"
#include "report/json_writer.h"
#include "report/render.h"

/* ---- in order ---- */

struct event {
    sim_time time;
    uint32_t entry;
    bool is_end;
};

/* At one instant: first what had begun before ends, then each operation in turn, also one that
 * takes no time: so that a session ends one operation before it begins the next. */
static int compare_events(const void *a, const void *b, void *data)
{
    const struct sim_history_entry *entries = data;
    const struct event *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    bool x_is_old = x->is_end && entries[x->entry].invoked < x->time;
    bool y_is_old = y->is_end && entries[y->entry].invoked < y->time;
    if (x_is_old != y_is_old) {
        return x_is_old ? -1 : 1;
    }
    if (x->entry != y->entry) {
        return x->entry < y->entry ? -1 : 1;
    }
    return (int)x->is_end - (int)y->is_end;
}

static GArray *events_of(const struct sim_history *history)
{
    GArray *events = g_array_new(FALSE, FALSE, sizeof(struct event));
    for (uint32_t i = 0; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        struct event begin = {entry->invoked, i, false}, end = {entry->completed, i, true};
        g_array_append_val(events, begin);
        if (entry->completed != SIM_NEVER) {
            g_array_append_val(events, end);
        }
    }
    sim_sort(events->data, events->len, sizeof(struct event), compare_events, history->entries);
    return events;
}

/* ---- Jepsen's form ---- */

static const char *const function_words[SIM_HISTORY_FUNCTION_COUNT] = {
    [SIM_HISTORY_READ] = "read",           [SIM_HISTORY_WRITE] = "write",
    [SIM_HISTORY_COMPARE_AND_SET] = "cas", [SIM_HISTORY_INCREMENT] = "add",
    [SIM_HISTORY_APPEND] = "append",       [SIM_HISTORY_DELETE] = "delete",
    [SIM_HISTORY_ACQUIRE] = "acquire",     [SIM_HISTORY_RELEASE] = "release",
};

struct writer {
    GString *out;
    const struct sim_history *history;
    uint32_t *processes; /* by entry */
    GHashTable *open;    /* process -> entry + 1; looked up, never walked */
    uint32_t own_count;  /* operations that are processes by themselves */
    uint64_t index;      /* of the next map */
};

static void write_map(struct writer *writer, uint32_t number, const char *type, sim_time time)
{
    const struct sim_history_entry *entry = &writer->history->entries[number];
    bool is_read = entry->function == SIM_HISTORY_READ;
    bool is_end = type[0] != 'i'; /* neither invoke nor info */
    GString *out = writer->out;
    g_string_append_printf(
        out, "{:index %" PRIu64 " :time %" PRId64 " :process %u :type :%s :f :%s", writer->index++,
        time, writer->processes[number], type, function_words[entry->function]);
    g_string_append_printf(out, " :key %" PRId64 " :value ", (int64_t)entry->key);
    if (is_read && !(is_end && entry->is_result_known)) {
        g_string_append(out, "nil");
    } else if (entry->function == SIM_HISTORY_COMPARE_AND_SET) {
        g_string_append_printf(out, "[%" PRId64 " %" PRId64 "]", (int64_t)entry->expected,
                               (int64_t)entry->argument);
    } else {
        g_string_append_printf(out, "%" PRId64,
                               (int64_t)(is_read ? entry->result : entry->argument));
    }
    if (is_end && entry->outcome == SIM_HISTORY_MISMATCH) {
        g_string_append(out, " :error :mismatch");
    }
    if (is_end && !is_read && entry->is_result_known) {
        g_string_append_printf(out, " :result %" PRId64, (int64_t)entry->result);
    }
    g_string_append(out, "}\n");
}

/* A process has one operation open; of what overlaps in a session each is one by itself. */
static void write_begin(struct writer *writer, const struct event *event)
{
    const struct sim_history_entry *entry = &writer->history->entries[event->entry];
    uint32_t process = entry->process;
    size_t open = GPOINTER_TO_SIZE(g_hash_table_lookup(writer->open, GUINT_TO_POINTER(process)));
    bool is_known = open != 0 && writer->history->entries[open - 1].completed != SIM_NEVER;
    if (process == SIM_HISTORY_NO_PROCESS || is_known) {
        process = SIM_HISTORY_NO_PROCESS - ++writer->own_count;
    } else if (open != 0) {
        write_map(writer, (uint32_t)open - 1, "info", event->time);
    }
    writer->processes[event->entry] = process;
    g_hash_table_insert(writer->open, GUINT_TO_POINTER(process),
                        GSIZE_TO_POINTER((size_t)event->entry + 1));
    write_map(writer, event->entry, "invoke", event->time);
}

static void write_end(struct writer *writer, const struct event *event)
{
    bool is_ok = writer->history->entries[event->entry].outcome == SIM_HISTORY_OK;
    g_hash_table_remove(writer->open, GUINT_TO_POINTER(writer->processes[event->entry]));
    write_map(writer, event->entry, is_ok ? "ok" : "fail", event->time);
}

GString *sim_render_history_edn(const struct sim_report *report, const struct sim_section *section)
{
    const struct sim_kept_history *kept = section->result->history;
    GString *out = g_string_new(SIM_CHECK_OWN_HEADER);
    g_string_append_printf(out, ": %s, seed %" PRIu64 ", ", report->name, report->seed);
    if (section->label[0] != '\0') {
        g_string_append_printf(out, "%s, ", section->label);
    }
    g_string_append_printf(out, "run %u; times in ns\n", kept->run + 1);
    struct writer writer = {.out = out,
                            .history = &kept->history,
                            .processes = g_new(uint32_t, kept->history.count + 1),
                            .open = g_hash_table_new(g_direct_hash, g_direct_equal)};
    g_autoptr(GArray) events = events_of(&kept->history);
    for (guint i = 0; i < events->len; i++) {
        const struct event *event = &g_array_index(events, struct event, i);
        if (event->is_end) {
            write_end(&writer, event);
        } else {
            write_begin(&writer, event);
        }
    }
    g_hash_table_destroy(writer.open);
    g_free(writer.processes);
    return out;
}

/* ---- a line an operation ---- */

static const char *const outcome_words[] = {"ok", "mismatch", "fail", "unknown"};

static void write_operation(GString *out, const struct sim_section *section,
                            const struct sim_history_entry *entry)
{
    struct sim_json json;
    bool has_session = entry->process != SIM_HISTORY_NO_PROCESS;
    bool is_answered = entry->outcome == SIM_HISTORY_OK || entry->outcome == SIM_HISTORY_MISMATCH;
    uint64_t session = entry->process & ((1u << SIM_HISTORY_PROCESS_BITS) - 1);
    sim_json_init(&json, out);
    sim_json_open(&json, NULL, '{', true);
    sim_json_text(&json, "client", section->tiers[entry->group].name);
    if (has_session) {
        sim_json_integer(&json, "node", entry->process >> SIM_HISTORY_PROCESS_BITS);
        sim_json_integer(&json, "session", (int64_t)session);
    }
    sim_json_text(&json, "f", sim_history_function_names[entry->function]);
    sim_json_integer(&json, "key", (int64_t)entry->key);
    if (entry->function == SIM_HISTORY_COMPARE_AND_SET) {
        sim_json_u64(&json, "expected", entry->expected);
    }
    if (entry->function != SIM_HISTORY_READ) {
        sim_json_u64(&json, "value", entry->argument);
    }
    if (is_answered && entry->is_result_known) {
        sim_json_u64(&json, "result", entry->result);
    }
    if (is_answered && entry->version != 0) {
        sim_json_u64(&json, "version", entry->version);
    }
    sim_json_integer(&json, "invoked_ns", entry->invoked);
    if (entry->completed != SIM_NEVER) {
        sim_json_integer(&json, "completed_ns", entry->completed);
    }
    sim_json_text(&json, "outcome", outcome_words[entry->outcome]);
    sim_json_close(&json, '}');
}

GString *sim_render_history_lines(const struct sim_section *section)
{
    const struct sim_history *history = &section->result->history->history;
    GString *out = g_string_new(NULL);
    for (uint64_t i = 0; i < history->count; i++) {
        write_operation(out, section, &history->entries[i]);
    }
    return out;
}

/* Event logs. Times are virtual: nanoseconds in the lines, microseconds in the trace format, whose
 * unit that is (Google, "Trace Event Format", 2016). Every node is a thread of the one process; a
 * message is a pair of short slices with an arrow between them.
 */
#include "report/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "report/json_writer.h"

struct sim_trace_file {
    FILE *out;
    char *path;
    bool is_perfetto;
    bool has_events;
    char **names; /* by node id; names[0] is the world */
    uint32_t name_count;
    GString *line;
};

static const char *const kinds[] = {"event", "send", "arrive", "drop", "fault", "note"};

struct sim_trace_file *sim_trace_open(const char *path, GError **error)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        int code = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                    "cannot write '%s': %s", path, g_strerror(code));
        return NULL;
    }
    struct sim_trace_file *file = g_new0(struct sim_trace_file, 1);
    file->out = out;
    file->path = g_strdup(path);
    file->is_perfetto = g_str_has_suffix(path, ".perfetto.json");
    file->line = g_string_new(NULL);
    return file;
}

static const char *name_of(const struct sim_trace_file *file, sim_node_id node)
{
    return node < file->name_count ? file->names[node] : "";
}

static void begin_item(struct sim_trace_file *file, struct sim_json *json)
{
    g_string_truncate(file->line, 0);
    sim_json_init(json, file->line);
    sim_json_open(json, NULL, '{', true);
}

static void end_item(struct sim_trace_file *file, struct sim_json *json)
{
    sim_json_close(json, '}');
    if (file->is_perfetto) {
        g_string_truncate(file->line, file->line->len - 1); /* a comma comes before the newline */
        fputs(file->has_events ? ",\n" : "", file->out);
    }
    file->has_events = true;
    fwrite(file->line->str, 1, file->line->len, file->out);
}

static void write_thread_names(struct sim_trace_file *file)
{
    fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n", file->out);
    for (uint32_t node = 0; file->names && node < file->name_count; node++) {
        struct sim_json json;
        begin_item(file, &json);
        sim_json_text(&json, "ph", "M");
        sim_json_text(&json, "name", "thread_name");
        sim_json_integer(&json, "pid", 1);
        sim_json_integer(&json, "tid", node);
        sim_json_open(&json, "args", '{', true);
        sim_json_text(&json, "name", file->names[node]);
        sim_json_close(&json, '}');
        end_item(file, &json);
    }
}

void sim_trace_start(const struct sim_scenario *scenario, void *data)
{
    struct sim_trace_file *file = data;
    file->name_count = scenario->world.node_count + 1;
    file->names = g_new0(char *, file->name_count + 1);
    file->names[0] = g_strdup("world");
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        const struct sim_group_spec *group = &scenario->world.groups[g];
        for (uint32_t m = 0; m < group->count_max; m++) {
            uint32_t node = group->first_id + m;
            if (node < file->name_count && !file->names[node]) {
                file->names[node] = group->count_max == 1
                                        ? g_strdup(group->name)
                                        : g_strdup_printf("%s[%u]", group->name, m + 1);
            }
        }
    }
    for (uint32_t node = 1; node < file->name_count; node++) {
        file->names[node] = file->names[node] ? file->names[node] : g_strdup("");
    }
    if (file->is_perfetto) {
        write_thread_names(file);
    }
}

static void write_line(struct sim_trace_file *file, const struct sim_trace_event *event)
{
    struct sim_json json;
    begin_item(file, &json);
    sim_json_integer(&json, "time_ns", event->time);
    sim_json_text(&json, "kind", kinds[event->kind]);
    sim_json_text(&json, "node", name_of(file, event->node));
    if (event->kind == SIM_TRACE_SEND || event->kind == SIM_TRACE_ARRIVE ||
        event->kind == SIM_TRACE_DROP) {
        sim_json_text(&json, "peer", name_of(file, event->peer));
    }
    sim_json_text(&json, "label", event->label);
    sim_json_u64(&json, "id", event->id);
    sim_json_u64(&json, "number", event->number);
    end_item(file, &json);
}

/* The fields that every trace event has. */
static void begin_trace_event(struct sim_trace_file *file, struct sim_json *json, const char *phase,
                              const struct sim_trace_event *event, sim_node_id node)
{
    begin_item(file, json);
    sim_json_text(json, "ph", phase);
    sim_json_text(json, "name", event->label ? event->label : kinds[event->kind]);
    sim_json_text(json, "cat", kinds[event->kind]);
    sim_json_integer(json, "pid", 1);
    sim_json_integer(json, "tid", node);
    sim_json_number(json, "ts", (double)event->time / 1e3);
}

static void write_instant(struct sim_trace_file *file, const struct sim_trace_event *event)
{
    struct sim_json json;
    begin_trace_event(file, &json, "i", event, event->node);
    sim_json_text(&json, "s", event->kind == SIM_TRACE_FAULT ? "g" : "t");
    end_item(file, &json);
}

/* A slice at one end of a message and the arrow that leaves or reaches it. */
static void write_message(struct sim_trace_file *file, const struct sim_trace_event *event,
                          sim_node_id node, const char *arrow)
{
    struct sim_json json;
    begin_trace_event(file, &json, "X", event, node);
    sim_json_integer(&json, "dur", 1);
    end_item(file, &json);
    begin_trace_event(file, &json, arrow, event, node);
    sim_json_u64(&json, "id", event->id);
    if (arrow[0] == 'f') {
        sim_json_text(&json, "bp", "e");
    }
    end_item(file, &json);
}

void sim_trace_write(const struct sim_trace_event *event, void *data)
{
    struct sim_trace_file *file = data;
    if (!file->is_perfetto) {
        write_line(file, event);
        return;
    }
    switch (event->kind) {
    case SIM_TRACE_SEND:
        write_message(file, event, event->node, "s");
        break;
    case SIM_TRACE_ARRIVE:
        write_message(file, event, event->node, "f");
        break;
    case SIM_TRACE_EVENT:
    case SIM_TRACE_DROP:
    case SIM_TRACE_FAULT:
    case SIM_TRACE_NOTE:
        write_instant(file, event);
        break;
    }
}

bool sim_trace_close(struct sim_trace_file *file, GError **error)
{
    if (file->is_perfetto) {
        if (!file->names) {
            write_thread_names(file); /* nothing ran: an empty trace */
        }
        fputs("\n]}\n", file->out);
    }
    bool is_whole = !ferror(file->out);
    errno = 0;
    is_whole = fclose(file->out) == 0 && is_whole;
    if (!is_whole) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write all of '%s'%s%s",
                    file->path, errno ? ": " : "", errno ? g_strerror(errno) : "");
    }
    g_strfreev(file->names);
    g_string_free(file->line, TRUE);
    g_free(file->path);
    g_free(file);
    return is_whole;
}

/* Reads summary.json back into a report.
 *
 * What is read may have been written by anybody: every member is looked up by name and checked for
 * its kind, what is missing is empty, and nothing but "not a summary of this format" is an error.
 */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "report/report.h"

struct reader {
    struct sim_arena *arena;
    struct sim_section *section;
};

static JsonNode *member(JsonObject *object, const char *name)
{
    return object ? json_object_get_member(object, name) : NULL;
}

static bool holds(JsonNode *node, GType type)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static const char *get_text(struct reader *reader, JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return holds(node, G_TYPE_STRING) ? sim_arena_strdup(reader->arena, json_node_get_string(node))
                                      : NULL;
}

static const char *get_text_or(struct reader *reader, JsonObject *object, const char *name,
                               const char *fallback)
{
    const char *text = get_text(reader, object, name);
    return text ? text : fallback;
}

static double node_number(JsonNode *node)
{
    if (holds(node, G_TYPE_INT64)) {
        return (double)json_node_get_int(node);
    }
    if (holds(node, G_TYPE_DOUBLE)) {
        return json_node_get_double(node);
    }
    if (holds(node, G_TYPE_STRING)) {
        const char *text = json_node_get_string(node);
        return strcmp(text, "inf") == 0 ? INFINITY : strcmp(text, "-inf") == 0 ? -INFINITY : NAN;
    }
    return NAN;
}

static double get_number(JsonObject *object, const char *name)
{
    return node_number(member(object, name));
}

static bool get_boolean(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return holds(node, G_TYPE_BOOLEAN) && json_node_get_boolean(node);
}

/* A whole number from 0 to `most`, 0 for anything else. */
static uint32_t get_index(JsonObject *object, const char *name, double most)
{
    double number = get_number(object, name);
    return number >= 0.0 && number <= most ? (uint32_t)number : 0;
}

static uint64_t get_u64(JsonObject *object, const char *name, unsigned base)
{
    JsonNode *node = member(object, name);
    return holds(node, G_TYPE_STRING) ? g_ascii_strtoull(json_node_get_string(node), NULL, base)
                                      : 0;
}

static sim_time get_time(JsonObject *object, const char *name)
{
    return sim_time_from_seconds(get_number(object, name));
}

/* The index of the text in a table of names; `fallback` when it is none of them. */
static int get_choice(JsonObject *object, const char *name, const char *const *names, int count,
                      int fallback)
{
    JsonNode *node = member(object, name);
    for (int i = 0; holds(node, G_TYPE_STRING) && i < count; i++) {
        if (strcmp(json_node_get_string(node), names[i]) == 0) {
            return i;
        }
    }
    return fallback;
}

static uint32_t get_array(JsonObject *object, const char *name, JsonArray **ret_array)
{
    JsonNode *node = member(object, name);
    *ret_array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    return *ret_array ? json_array_get_length(*ret_array) : 0;
}

/* NULL when the element is no object: every getter takes that for an empty one. */
static JsonObject *get_element(JsonArray *array, uint32_t index)
{
    JsonNode *node = json_array_get_element(array, index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *get_object(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void get_unit(JsonObject *object, enum sim_metric_unit *ret_unit, bool *ret_is_rate)
{
    static const struct {
        const char *name;
        enum sim_metric_unit unit;
        bool is_rate;
    } units[] = {
        {"count", SIM_METRIC_EVENTS, false},         {"per_second", SIM_METRIC_EVENTS, true},
        {"items", SIM_METRIC_ITEMS, false},          {"ratio", SIM_METRIC_RATIO, false},
        {"seconds", SIM_METRIC_SECONDS, false},      {"bytes", SIM_METRIC_BYTES, false},
        {"bytes_per_second", SIM_METRIC_BYTES, true}};
    JsonNode *node = member(object, "unit");
    for (size_t i = 0; holds(node, G_TYPE_STRING) && i < G_N_ELEMENTS(units); i++) {
        if (strcmp(json_node_get_string(node), units[i].name) == 0) {
            *ret_unit = units[i].unit;
            *ret_is_rate = units[i].is_rate;
        }
    }
}

static struct sim_estimate get_estimate(JsonObject *object)
{
    struct sim_estimate estimate = {
        .value = get_number(object, "value"),
        .low = get_number(object, "low"),
        .high = get_number(object, "high"),
        .confidence = get_number(object, "confidence"),
        .count = get_index(object, "count", 1e9),
        .is_exact = get_boolean(object, "exact"),
    };
    estimate.has_interval = !isnan(estimate.low) && !isnan(estimate.high);
    return estimate;
}

static uint32_t find_tier(const struct reader *reader, JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);
    const struct sim_section *section = reader->section;
    for (uint32_t i = 0; holds(node, G_TYPE_STRING) && i < section->tier_count; i++) {
        if (strcmp(section->tiers[i].name, json_node_get_string(node)) == 0) {
            return i;
        }
    }
    return SIM_NONE;
}

static void read_settings(struct reader *reader, JsonObject *object)
{
    JsonObject *settings = get_object(object, "settings");
    g_autoptr(GList) names = settings ? json_object_get_members(settings) : NULL;
    struct sim_setting *kept =
        sim_arena_array(reader->arena, struct sim_setting, g_list_length(names));
    for (GList *at = names; at; at = at->next) {
        struct sim_setting *setting = &kept[reader->section->setting_count++];
        setting->name = sim_arena_strdup(reader->arena, at->data);
        setting->value = get_text_or(reader, settings, at->data, "");
    }
    reader->section->settings = kept;
}

static void read_runs(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "runs", &array);
    struct sim_replication *runs = sim_arena_array(reader->arena, struct sim_replication, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *run = get_element(array, i);
        runs[i] = (struct sim_replication){
            .seed = get_u64(run, "seed", 10),
            .digest = get_u64(run, "digest", 16),
            .events = get_u64(run, "events", 10),
            .ending = (enum sim_ending)get_choice(run, "ending", sim_ending_names, 4, 0),
            .limit = get_text(reader, run, "limit"),
            .is_balanced = get_boolean(run, "balanced"),
            .complaint = get_text(reader, run, "complaint"),
        };
    }
    reader->section->runs = runs;
    reader->section->run_count = count;
}

static void read_tiers(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "tiers", &array);
    struct sim_tier *tiers = sim_arena_array(reader->arena, struct sim_tier, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *tier = get_element(array, i);
        tiers[i] = (struct sim_tier){
            .name = get_text_or(reader, tier, "name", ""),
            .model = get_text_or(reader, tier, "model", ""),
            .count = get_index(tier, "members", 4e9),
            .is_source = get_boolean(tier, "source"),
        };
    }
    reader->section->tiers = tiers;
    reader->section->tier_count = count;
}

static void read_expectations(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "expectations", &array);
    struct sim_report_expectation *kept =
        sim_arena_array(reader->arena, struct sim_report_expectation, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        kept[i] = (struct sim_report_expectation){
            .text = get_text_or(reader, from, "text", ""),
            .line = (int)get_index(from, "line", 1e9),
            .verdict = (enum sim_verdict)get_choice(from, "verdict", sim_verdict_names, 3,
                                                    SIM_INCONCLUSIVE),
            .is_bare = get_boolean(from, "single_value"),
            .window = {get_time(from, "from_seconds"), get_time(from, "to_seconds")},
            .is_whole = get_boolean(from, "whole_window"),
            .comparison =
                (enum sim_operator)get_choice(from, "comparison", sim_operator_texts, 5, 0),
            .bound = get_number(from, "bound"),
            .estimate = get_estimate(from),
            .reason = get_text(reader, from, "reason"),
        };
        get_unit(from, &kept[i].unit, &kept[i].is_rate);
    }
    reader->section->expectations = kept;
    reader->section->expectation_count = count;
}

static void read_figures(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "figures", &array);
    struct sim_figure *figures = sim_arena_array(reader->arena, struct sim_figure, count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        struct sim_figure *figure = &figures[kept];
        figure->group = find_tier(reader, from, "tier");
        if (figure->group == SIM_NONE) {
            continue;
        }
        kept++;
        figure->member = get_index(from, "member", 4e9) - 1; /* 0, or none: SIM_NONE */
        figure->metric = get_text_or(reader, from, "metric", "");
        figure->aggregate = get_text_or(reader, from, "aggregate", "");
        get_unit(from, &figure->unit, &figure->is_rate);
        figure->estimate = get_estimate(from);
        figure->observations = get_number(from, "observations");
        figure->is_printable = get_boolean(from, "printable");
        JsonArray *values;
        figure->value_count = get_array(from, "values", &values);
        double *numbers = sim_arena_array(reader->arena, double, figure->value_count);
        for (uint32_t v = 0; v < figure->value_count; v++) {
            numbers[v] = node_number(json_array_get_element(values, v));
        }
        figure->values = numbers;
    }
    reader->section->figures = figures;
    reader->section->figure_count = kept;
}

static void read_attribution_rows(struct reader *reader, JsonObject *object,
                                  struct sim_attribution_table *table)
{
    JsonArray *array;
    uint32_t count = get_array(object, "rows", &array);
    struct sim_attribution_row *rows =
        sim_arena_array(reader->arena, struct sim_attribution_row, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        uint32_t tier = find_tier(reader, from, "tier");
        if (tier != SIM_NONE) {
            rows[table->row_count++] = (struct sim_attribution_row){
                .group = tier,
                .cause = (enum sim_cause)get_choice(from, "cause", sim_cause_names, SIM_CAUSE_COUNT,
                                                    SIM_CAUSE_OTHER),
                .slowest_seconds = get_number(from, "slowest_seconds"),
                .median_seconds = get_number(from, "median_seconds"),
            };
        }
    }
    table->rows = rows;
}

static void read_attributions(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "attribution", &array);
    struct sim_attribution_table *tables =
        sim_arena_array(reader->arena, struct sim_attribution_table, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        uint32_t source = find_tier(reader, from, "source");
        if (source == SIM_NONE) {
            continue;
        }
        struct sim_attribution_table *table = &tables[reader->section->attribution_count++];
        table->source = source;
        table->operations = get_number(from, "operations");
        table->slowest_mean = get_number(from, "slowest_mean_seconds");
        table->median_mean = get_number(from, "median_mean_seconds");
        read_attribution_rows(reader, from, table);
    }
    reader->section->attributions = tables;
}

static void read_estimates(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "estimates", &array);
    struct sim_report_estimate *kept =
        sim_arena_array(reader->arena, struct sim_report_estimate, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        kept[i] = (struct sim_report_estimate){
            .name = get_text_or(reader, from, "name", ""),
            .text = get_text_or(reader, from, "text", ""),
            .unit = get_text_or(reader, from, "estimate_unit", ""),
            .value = get_number(from, "estimate"),
            .figure = get_text(reader, from, "figure"),
            .simulated = get_estimate(from),
        };
        get_unit(from, &kept[i].simulated_unit, &kept[i].is_rate);
    }
    reader->section->estimates = kept;
    reader->section->estimate_count = count;
}

static void read_faults(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "faults", &array);
    struct sim_fault_span *faults = sim_arena_array(reader->arena, struct sim_fault_span, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = get_element(array, i);
        faults[i] = (struct sim_fault_span){
            .label = get_text_or(reader, from, "label", "fault"),
            .from = get_time(from, "from_seconds"),
            .to = get_time(from, "to_seconds"),
        };
    }
    reader->section->faults = faults;
    reader->section->fault_count = count;
}

static void read_network(struct reader *reader, JsonObject *object)
{
    JsonObject *from = get_object(object, "network");
    reader->section->network = (struct sim_network_totals){
        .messages = get_u64(from, "messages_count", 10),
        .bytes = get_u64(from, "sent_bytes", 10),
        .lost = get_u64(from, "lost_count", 10),
        .cut = get_u64(from, "cut_count", 10),
        .duplicated = get_u64(from, "duplicated_count", 10),
        .handshakes = get_u64(from, "handshakes_count", 10),
        .retransmits = get_u64(from, "retransmits_count", 10),
    };
}

static void read_notes(struct reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = get_array(object, "notes", &array);
    const char **notes = sim_arena_array(reader->arena, const char *, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonNode *node = json_array_get_element(array, i);
        const char *text = holds(node, G_TYPE_STRING) ? json_node_get_string(node) : "";
        notes[i] = sim_arena_strdup(reader->arena, text);
    }
    reader->section->notes = notes;
    reader->section->note_count = count;
}

static void read_section(struct reader *reader, JsonObject *object)
{
    *reader->section = (struct sim_section){
        .label = get_text_or(reader, object, "label", ""),
        .slug = get_text_or(reader, object, "slug", ""),
        .variant = get_text(reader, object, "variant"),
        .hash = get_u64(object, "hash", 16),
        .digest = get_u64(object, "digest", 16),
        .duration = get_time(object, "duration_seconds"),
        .warmup = get_time(object, "warmup_seconds"),
        .cell = get_time(object, "cell_seconds"),
        .warmup_rule =
            (enum sim_warmup_rule)get_choice(object, "warmup_rule", sim_warmup_rule_names, 4, 0),
        .is_batched = g_strcmp0(get_text(reader, object, "intervals_from"), "batches") == 0,
        .was_interrupted = get_boolean(object, "interrupted"),
        .precision_wanted = get_number(object, "precision_wanted_ratio"),
        .precision_reached = get_number(object, "precision_reached_ratio"),
        .runs_asked = get_index(object, "runs_asked", 4e9),
    };
    if (isnan(reader->section->precision_wanted)) {
        reader->section->precision_wanted = 0.0;
    }
    read_settings(reader, object);
    read_runs(reader, object);
    read_tiers(reader, object);
    read_expectations(reader, object);
    read_figures(reader, object);
    read_attributions(reader, object);
    read_estimates(reader, object);
    read_faults(reader, object);
    read_network(reader, object);
    read_notes(reader, object);
}

static struct sim_report *report_of(JsonObject *root)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_report *report = sim_arena_new(&arena, struct sim_report);
    struct reader reader = {.arena = &arena};
    JsonArray *array;
    uint32_t count = get_array(root, "results", &array);
    struct sim_section *sections = sim_arena_array(&arena, struct sim_section, count);
    for (uint32_t i = 0; i < count; i++) {
        reader.section = &sections[i];
        read_section(&reader, get_element(array, i));
    }
    *report = (struct sim_report){
        .version = get_text_or(&reader, root, "brink_version", ""),
        .name = get_text_or(&reader, root, "scenario", ""),
        .path = get_text_or(&reader, root, "file", ""),
        .description = get_text_or(&reader, root, "description", ""),
        .seed = get_u64(root, "seed", 10),
        .options = get_text_or(&reader, root, "options", ""),
        .was_interrupted = get_boolean(root, "interrupted"),
        .section_count = count,
        .sections = sections,
    };
    report->arena = arena;
    return report;
}

struct sim_report *sim_report_parse(const char *text, size_t size, const char *name, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) problem = NULL;
    if (!json_parser_load_from_data(parser, text, (gssize)size, &problem)) {
        const char *place = problem->message; /* "<data>:LINE:COLUMN: ..." */
        place += g_str_has_prefix(place, "<data>:") ? strlen("<data>:") : 0;
        g_set_error(error, SIM_REPORT_ERROR, 0, "%s: not JSON: %s", name, place);
        return NULL;
    }
    JsonNode *node = json_parser_get_root(parser);
    JsonObject *root = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *format = member(root, "format");
    if (!holds(format, G_TYPE_STRING) ||
        strcmp(json_node_get_string(format), "brink summary") != 0) {
        g_set_error(error, SIM_REPORT_ERROR, 0, "%s: not a summary written by brink", name);
        return NULL;
    }
    if (get_index(root, "format_version", 1e6) != SIM_REPORT_FORMAT) {
        g_set_error(error, SIM_REPORT_ERROR, 0,
                    "%s: written by another version of brink (format %u, this one reads %d)", name,
                    get_index(root, "format_version", 1e6), SIM_REPORT_FORMAT);
        return NULL;
    }
    return report_of(root);
}

struct sim_report *sim_report_read(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "summary.json", NULL);
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) problem = NULL;
    if (!g_file_get_contents(path, &text, &size, &problem)) {
        const char *reason = strrchr(problem->message, ':');
        g_set_error(error, G_FILE_ERROR, problem->code, "cannot read '%s'%s", path,
                    reason ? reason : "");
        return NULL;
    }
    return sim_report_parse(text, size, path, error);
}

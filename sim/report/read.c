/* Reads summary.json back into a report.
 *
 * What is read may have been written by anybody: every member is looked up by name and checked for
 * its kind, what is missing is empty, and nothing but "not a summary of this format" is an error.
 */
#include <math.h>
#include <string.h>

#include "report/read_json.h"

static void read_settings(struct sim_json_reader *reader, JsonObject *object)
{
    JsonObject *settings = sim_json_get_object(object, "settings");
    g_autoptr(GList) names = settings ? json_object_get_members(settings) : NULL;
    struct sim_setting *kept =
        sim_arena_array(reader->arena, struct sim_setting, g_list_length(names));
    for (GList *at = names; at; at = at->next) {
        struct sim_setting *setting = &kept[reader->section->setting_count++];
        setting->name = sim_arena_strdup(reader->arena, at->data);
        setting->value = sim_json_get_text_or(reader, settings, at->data, "");
    }
    reader->section->settings = kept;
}

static void read_runs(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "runs", &array);
    struct sim_replication *runs = sim_arena_array(reader->arena, struct sim_replication, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *run = sim_json_get_element(array, i);
        runs[i] = (struct sim_replication){
            .seed = sim_json_get_u64(run, "seed", 10),
            .digest = sim_json_get_u64(run, "digest", 16),
            .events = sim_json_get_u64(run, "events", 10),
            .ending = (enum sim_ending)sim_json_get_choice(run, "ending", sim_ending_names, 4, 0),
            .limit = sim_json_get_text(reader, run, "limit"),
            .ended = sim_json_get_time(run, "ended_seconds"),
            .is_balanced = sim_json_get_boolean(run, "balanced"),
            .complaint = sim_json_get_text(reader, run, "complaint"),
        };
    }
    reader->section->runs = runs;
    reader->section->run_count = count;
}

static void read_tiers(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "tiers", &array);
    struct sim_tier *tiers = sim_arena_array(reader->arena, struct sim_tier, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *tier = sim_json_get_element(array, i);
        tiers[i] = (struct sim_tier){
            .name = sim_json_get_text_or(reader, tier, "name", ""),
            .model = sim_json_get_text_or(reader, tier, "model", ""),
            .count = sim_json_get_index(tier, "members", 4e9),
            .is_source = sim_json_get_boolean(tier, "source"),
        };
    }
    reader->section->tiers = tiers;
    reader->section->tier_count = count;
}

static void read_expectations(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "expectations", &array);
    struct sim_report_expectation *kept =
        sim_arena_array(reader->arena, struct sim_report_expectation, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        kept[i] = (struct sim_report_expectation){
            .text = sim_json_get_text_or(reader, from, "text", ""),
            .line = (int)sim_json_get_index(from, "line", 1e9),
            .verdict = (enum sim_verdict)sim_json_get_choice(from, "verdict", sim_verdict_names, 3,
                                                             SIM_INCONCLUSIVE),
            .is_bare = sim_json_get_boolean(from, "single_value"),
            .window = {sim_json_get_time(from, "from_seconds"),
                       sim_json_get_time(from, "to_seconds")},
            .is_whole = sim_json_get_boolean(from, "whole_window"),
            .comparison = (enum sim_operator)sim_json_get_choice(from, "comparison",
                                                                 sim_operator_texts, 5, 0),
            .bound = sim_json_get_number(from, "bound"),
            .estimate = sim_json_get_estimate(from),
            .reason = sim_json_get_text(reader, from, "reason"),
        };
        sim_json_get_unit(from, &kept[i].unit, &kept[i].is_rate);
    }
    reader->section->expectations = kept;
    reader->section->expectation_count = count;
}

/* The figures of the array of that name; gives how many. */
static uint32_t read_figures(struct sim_json_reader *reader, JsonObject *object, const char *name,
                             const struct sim_figure **ret_figures)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, name, &array);
    struct sim_figure *figures = sim_arena_array(reader->arena, struct sim_figure, count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        struct sim_figure *figure = &figures[kept];
        figure->group = sim_json_find_tier(reader, from, "tier");
        if (figure->group == SIM_NONE) {
            continue;
        }
        kept++;
        figure->member = sim_json_get_index(from, "member", 4e9) - 1; /* 0, or none: SIM_NONE */
        figure->metric = sim_json_get_text_or(reader, from, "metric", "");
        figure->aggregate = sim_json_get_text_or(reader, from, "aggregate", "");
        sim_json_get_unit(from, &figure->unit, &figure->is_rate);
        figure->window = (struct sim_window){sim_json_get_time(from, "from_seconds"),
                                             sim_json_get_time(from, "to_seconds")};
        figure->estimate = sim_json_get_estimate(from);
        figure->observations = sim_json_get_number(from, "observations");
        figure->is_printable = sim_json_get_boolean(from, "printable");
        JsonArray *values;
        figure->value_count = sim_json_get_array(from, "values", &values);
        double *numbers = sim_arena_array(reader->arena, double, figure->value_count);
        for (uint32_t v = 0; v < figure->value_count; v++) {
            numbers[v] = sim_json_node_number(json_array_get_element(values, v));
        }
        figure->values = numbers;
    }
    *ret_figures = figures;
    return kept;
}

static struct sim_estimate read_mean(JsonObject *object, const char *band)
{
    g_autofree char *value = g_strdup_printf("%s_seconds", band);
    g_autofree char *low = g_strdup_printf("%s_low_seconds", band);
    g_autofree char *high = g_strdup_printf("%s_high_seconds", band);
    struct sim_estimate mean = {
        .value = sim_json_get_number(object, value),
        .low = sim_json_get_number(object, low),
        .high = sim_json_get_number(object, high),
    };
    mean.has_interval = !isnan(mean.low) && !isnan(mean.high);
    return mean;
}

static void read_attribution_rows(struct sim_json_reader *reader, JsonObject *object,
                                  struct sim_attribution_table *table)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "rows", &array);
    struct sim_attribution_row *rows =
        sim_arena_array(reader->arena, struct sim_attribution_row, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        uint32_t tier = sim_json_find_tier(reader, from, "tier");
        if (tier != SIM_NONE) {
            rows[table->row_count++] = (struct sim_attribution_row){
                .group = tier,
                .cause = (enum sim_cause)sim_json_get_choice(from, "cause", sim_cause_names,
                                                             SIM_CAUSE_COUNT, SIM_CAUSE_OTHER),
                .slowest = read_mean(from, "slowest"),
                .median = read_mean(from, "median"),
            };
        }
    }
    table->rows = rows;
}

static void read_attributions(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "attribution", &array);
    struct sim_attribution_table *tables =
        sim_arena_array(reader->arena, struct sim_attribution_table, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        uint32_t source = sim_json_find_tier(reader, from, "source");
        if (source == SIM_NONE) {
            continue;
        }
        struct sim_attribution_table *table = &tables[reader->section->attribution_count++];
        table->source = source;
        table->operations = sim_json_get_number(from, "operations");
        table->slowest_mean = read_mean(from, "slowest_mean");
        table->median_mean = read_mean(from, "median_mean");
        read_attribution_rows(reader, from, table);
    }
    reader->section->attributions = tables;
}

static void read_estimates(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "estimates", &array);
    struct sim_report_estimate *kept =
        sim_arena_array(reader->arena, struct sim_report_estimate, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        kept[i] = (struct sim_report_estimate){
            .name = sim_json_get_text_or(reader, from, "name", ""),
            .text = sim_json_get_text_or(reader, from, "text", ""),
            .unit = sim_json_get_text_or(reader, from, "estimate_unit", ""),
            .value = sim_json_get_number(from, "estimate"),
            .figure = sim_json_get_text(reader, from, "figure"),
            .simulated = sim_json_get_estimate(from),
        };
        sim_json_get_unit(from, &kept[i].simulated_unit, &kept[i].is_rate);
    }
    reader->section->estimates = kept;
    reader->section->estimate_count = count;
}

static void read_faults(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "faults", &array);
    struct sim_fault_span *faults = sim_arena_array(reader->arena, struct sim_fault_span, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        faults[i] = (struct sim_fault_span){
            .label = sim_json_get_text_or(reader, from, "label", "fault"),
            .from = sim_json_get_time(from, "from_seconds"),
            .to = sim_json_get_time(from, "to_seconds"),
        };
    }
    reader->section->faults = faults;
    reader->section->fault_count = count;
}

static void read_outages(struct sim_json_reader *reader, JsonObject *object)
{
    static const char *const phases[SIM_PHASE_COUNT] = {"before", "during", "after"};
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "around_faults", &array), kept = 0;
    struct sim_outage *outages = sim_arena_array(reader->arena, struct sim_outage, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonObject *from = sim_json_get_element(array, i);
        struct sim_outage outage = {
            .label = sim_json_get_text_or(reader, from, "fault", ""),
            .from = sim_json_get_time(from, "from_seconds"),
            .to = sim_json_get_time(from, "to_seconds"),
            .group = sim_json_find_tier(reader, from, "tier"),
            .gap = sim_json_get_estimate(sim_json_get_object(from, "gap_seconds")),
            .recovery = sim_json_get_estimate(sim_json_get_object(from, "back_after_seconds"))};
        for (int phase = 0; phase < SIM_PHASE_COUNT; phase++) {
            outage.success[phase] = sim_json_get_estimate(sim_json_get_object(from, phases[phase]));
        }
        if (outage.group != SIM_NONE) {
            outages[kept++] = outage;
        }
    }
    reader->section->outages = outages;
    reader->section->outage_count = kept;
}

static void read_network(struct sim_json_reader *reader, JsonObject *object)
{
    JsonObject *from = sim_json_get_object(object, "network");
    reader->section->network = (struct sim_network_totals){
        .messages = sim_json_get_u64(from, "messages_count", 10),
        .bytes = sim_json_get_u64(from, "sent_bytes", 10),
        .lost = sim_json_get_u64(from, "lost_count", 10),
        .cut = sim_json_get_u64(from, "cut_count", 10),
        .duplicated = sim_json_get_u64(from, "duplicated_count", 10),
        .handshakes = sim_json_get_u64(from, "handshakes_count", 10),
        .retransmits = sim_json_get_u64(from, "retransmits_count", 10),
    };
}

static void read_notes(struct sim_json_reader *reader, JsonObject *object)
{
    JsonArray *array;
    uint32_t count = sim_json_get_array(object, "notes", &array);
    const char **notes = sim_arena_array(reader->arena, const char *, count);
    for (uint32_t i = 0; i < count; i++) {
        JsonNode *node = json_array_get_element(array, i);
        const char *text = sim_json_holds(node, G_TYPE_STRING) ? json_node_get_string(node) : "";
        notes[i] = sim_arena_strdup(reader->arena, text);
    }
    reader->section->notes = notes;
    reader->section->note_count = count;
}

static void read_section(struct sim_json_reader *reader, JsonObject *object)
{
    *reader->section = (struct sim_section){
        .label = sim_json_get_text_or(reader, object, "label", ""),
        .slug = sim_json_get_text_or(reader, object, "slug", ""),
        .variant = sim_json_get_text(reader, object, "variant"),
        .hash = sim_json_get_u64(object, "hash", 16),
        .digest = sim_json_get_u64(object, "digest", 16),
        .duration = sim_json_get_time(object, "duration_seconds"),
        .warmup = sim_json_get_time(object, "warmup_seconds"),
        .cell = sim_json_get_time(object, "cell_seconds"),
        .warmup_rule = (enum sim_warmup_rule)sim_json_get_choice(object, "warmup_rule",
                                                                 sim_warmup_rule_names, 4, 0),
        .is_batched =
            g_strcmp0(sim_json_get_text(reader, object, "intervals_from"), "batches") == 0,
        .was_interrupted = sim_json_get_boolean(object, "interrupted"),
        .precision_wanted = sim_json_get_number(object, "precision_wanted_ratio"),
        .precision_reached = sim_json_get_number(object, "precision_reached_ratio"),
        .runs_asked = sim_json_get_index(object, "runs_asked", 4e9),
    };
    if (isnan(reader->section->precision_wanted)) {
        reader->section->precision_wanted = 0.0;
    }
    read_settings(reader, object);
    read_runs(reader, object);
    read_tiers(reader, object);
    read_expectations(reader, object);
    struct sim_section *section = reader->section;
    section->figure_count = read_figures(reader, object, "figures", &section->figures);
    section->plotted_count = read_figures(reader, object, "plotted", &section->plotted);
    read_attributions(reader, object);
    read_estimates(reader, object);
    read_faults(reader, object);
    read_outages(reader, object);
    read_network(reader, object);
    read_notes(reader, object);
}

static struct sim_report *report_of(JsonObject *root)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_report *report = sim_arena_new(&arena, struct sim_report);
    struct sim_json_reader reader = {.arena = &arena};
    JsonArray *array;
    uint32_t count = sim_json_get_array(root, "results", &array);
    struct sim_section *sections = sim_arena_array(&arena, struct sim_section, count);
    for (uint32_t i = 0; i < count; i++) {
        reader.section = &sections[i];
        read_section(&reader, sim_json_get_element(array, i));
    }
    *report = (struct sim_report){
        .version = sim_json_get_text_or(&reader, root, "brink_version", ""),
        .name = sim_json_get_text_or(&reader, root, "scenario", ""),
        .path = sim_json_get_text_or(&reader, root, "file", ""),
        .description = sim_json_get_text_or(&reader, root, "description", ""),
        .seed = sim_json_get_u64(root, "seed", 10),
        .options = sim_json_get_text_or(&reader, root, "options", ""),
        .was_interrupted = sim_json_get_boolean(root, "interrupted"),
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
    JsonNode *format = sim_json_member(root, "format");
    if (!sim_json_holds(format, G_TYPE_STRING) ||
        strcmp(json_node_get_string(format), "brink summary") != 0) {
        g_set_error(error, SIM_REPORT_ERROR, 0, "%s: not a summary written by brink", name);
        return NULL;
    }
    if (sim_json_get_index(root, "format_version", 1e6) != SIM_REPORT_FORMAT) {
        g_set_error(error, SIM_REPORT_ERROR, 0,
                    "%s: written by another version of brink (format %u, this one reads %d)", name,
                    sim_json_get_index(root, "format_version", 1e6), SIM_REPORT_FORMAT);
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

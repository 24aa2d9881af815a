/* brink models: what there is, and what each can be told. Everything comes from the descriptors. */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"
#include "report/json_writer.h"
#include "report/table.h"
#include "scenario/param_text.h"
#include "world/ledger.h"
#include "world/model.h"

#define WIDTH 100
#define HELP_WIDTH_LEAST 20
#define MODELS_MAX 512
#define BEFORE_MAX 60 /* of a row before its help text: one that is longer has it beneath */

/* How to write one: what the type's name alone leaves open. */
static const char *type_unit(enum sim_param_type type)
{
    switch (type) {
    case SIM_PARAM_RATIO:
        return "ratio";
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
        return "seconds";
    case SIM_PARAM_RATE:
        return "per_second";
    case SIM_PARAM_BYTES:
    case SIM_PARAM_BYTES_LAW:
        return "bytes";
    case SIM_PARAM_BANDWIDTH:
        return "bytes_per_second";
    case SIM_PARAM_BOOLEAN:
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_TEXT:
    case SIM_PARAM_CHOICE:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        break;
    }
    return NULL;
}

/* Where a text goes, and how wide it may be. */
struct sheet {
    GString *out;
    int width;
};

/* Words from column `at` of a line on, and on lines that begin at `indent`. */
static void append_words(const struct sheet *sheet, const char *text, glong at, int indent)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    bool is_first = true;
    for (size_t w = 0; words[w]; w++) {
        glong length = g_utf8_strlen(words[w], -1);
        if (!is_first && at + 1 + length > sheet->width) {
            g_string_append_c(sheet->out, '\n');
            at = 0;
            is_first = true;
        }
        glong padding = is_first ? indent - at : 1;
        g_string_append_printf(sheet->out, "%*s%s", (int)padding, "", words[w]);
        at += padding + length;
        is_first = false;
    }
    g_string_append_c(sheet->out, '\n');
}

/* A row as a paragraph below its first cell. */
static void append_row_below(const struct sheet *sheet, const struct sim_table *table, int row,
                             const char *rest)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int column = 1; column < table->column_count; column++) {
        const char *cell = sim_table_cell(table, row, column);
        g_string_append_printf(text, "%s%s", cell, cell[0] ? "; " : "");
    }
    g_string_append(text, rest);
    g_string_append_printf(sheet->out, "  %s\n", sim_table_cell(table, row, 0));
    append_words(sheet, text->str, 0, 6);
}

/* A table whose last column is wrapped beneath itself; on a narrow terminal all that says more than
 * the first stands below it. `rest` has one text a row, the first of them its head. */
static void append_wrapped_table(const struct sheet *sheet, const struct sim_table *table,
                                 GPtrArray *rest)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    sim_table_print(table, lines, "  ", 0, false);
    g_auto(GStrv) each = g_strsplit(lines->str, "\n", -1);
    int indent = 0;
    for (guint i = 0; each[i] && i < rest->len; i++) {
        int length = (int)g_utf8_strlen(g_strchomp(each[i]), -1);
        indent = length > indent && length <= BEFORE_MAX ? length : indent;
    }
    indent += 2;
    if (indent > sheet->width - HELP_WIDTH_LEAST) {
        for (int row = 0; row < sim_table_rows(table); row++) {
            const char *text = g_ptr_array_index(rest, (guint)row);
            if (row > 0 || text[0]) { /* heads need columns */
                append_row_below(sheet, table, row, text);
            }
        }
        return;
    }
    for (guint i = 0; each[i] && i < rest->len; i++) {
        const char *text = g_ptr_array_index(rest, i);
        glong length = g_utf8_strlen(each[i], -1);
        bool is_beneath = length + 2 > indent && text[0] != '\0';
        g_string_append_printf(sheet->out, "%s%s", each[i], is_beneath ? "\n" : "");
        append_words(sheet, text, is_beneath ? 0 : length, indent);
    }
}

static void append_params(const struct sheet *sheet, const struct sim_param *params)
{
    struct sim_table table;
    g_autoptr(GPtrArray) helps = g_ptr_array_new_with_free_func(g_free);
    sim_table_init(&table, "lll");
    sim_table_add(&table, "parameter");
    sim_table_add(&table, "is a");
    sim_table_add(&table, "default");
    g_ptr_array_add(helps, g_strdup(""));
    for (const struct sim_param *param = params; param && param->name; param++) {
        g_autofree char *type = sim_param_type_text(param);
        sim_table_add(&table, param->name);
        sim_table_add(&table, type);
        sim_table_add(&table, sim_param_fallback_text(param));
        g_ptr_array_add(helps, sim_param_help_text(param));
    }
    append_wrapped_table(sheet, &table, helps);
    sim_table_clear(&table);
}

/* The ways to make each family of shapes that the parameters use, once each. */
static void append_families(const struct sheet *sheet, const struct sim_param *params)
{
    for (const struct sim_param *param = params; param && param->name; param++) {
        bool is_first = sim_param_has_family(param);
        for (const struct sim_param *other = params; is_first && other < param; other++) {
            is_first = other->family != param->family;
        }
        if (!is_first) {
            continue;
        }
        for (size_t i = 0; param->family->constructors[i]; i++) {
            const struct sim_constructor *constructor = param->family->constructors[i];
            g_string_append_printf(sheet->out, "\n%s: %s - %s\n", param->family->name,
                                   constructor->name, constructor->help ? constructor->help : "");
            if (constructor->params && constructor->params[0].name) {
                append_params(sheet, constructor->params);
            }
        }
    }
}

static const char *kind_text(enum sim_metric_kind kind)
{
    switch (kind) {
    case SIM_METRIC_COUNT:
        return "count";
    case SIM_METRIC_LEVEL:
        return "level";
    case SIM_METRIC_SAMPLE:
        break;
    }
    return "sample";
}

static const char *unit_text(enum sim_metric_unit unit)
{
    static const char *const names[] = {"events", "items", "share", "seconds", "bytes"};
    return names[unit];
}

static void append_metrics(const struct sheet *sheet, const struct sim_metric_spec *metrics)
{
    struct sim_table table;
    g_autoptr(GPtrArray) helps = g_ptr_array_new_with_free_func(g_free);
    sim_table_init(&table, "lll");
    sim_table_add(&table, "metric");
    sim_table_add(&table, "is a");
    sim_table_add(&table, "of");
    g_ptr_array_add(helps, g_strdup(""));
    for (const struct sim_metric_spec *metric = metrics; metric && metric->name; metric++) {
        sim_table_add(&table, metric->name);
        sim_table_add(&table, kind_text(metric->kind));
        sim_table_add(&table, unit_text(metric->unit));
        g_ptr_array_add(helps, g_strdup(metric->help ? metric->help : ""));
    }
    append_wrapped_table(sheet, &table, helps);
    sim_table_clear(&table);
}

static struct sheet sheet_new(GString *out)
{
    int width = sim_command_width(STDOUT_FILENO);
    return (struct sheet){out, width > 0 && width < WIDTH ? width : WIDTH};
}

static int print_model(const struct sim_model *model)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct sheet sheet = sheet_new(out);
    g_autofree char *head = g_strdup_printf("%s - %s", model->name, model->summary);
    append_words(&sheet, head, 0, 0);
    g_string_append_c(out, '\n');
    append_params(&sheet, model->params);
    if (model->metrics && model->metrics[0].name) {
        g_string_append_c(out, '\n');
        append_metrics(&sheet, model->metrics);
    }
    g_string_append(out, "\nEvery model also has\n");
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; i < SIM_STANDARD_COUNT; i++) {
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", sim_standard_metrics[i].name);
    }
    append_words(&sheet, names->str, 0, 2);
    append_families(&sheet, model->params);
    return sim_command_print(out->str);
}

static int list_models(const struct sim_model *const *models)
{
    struct sim_table table;
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    sim_table_init(&table, "l");
    for (size_t i = 0; models[i]; i++) {
        sim_table_add(&table, models[i]->name);
        g_ptr_array_add(summaries, (void *)(uintptr_t)models[i]->summary);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    struct sheet sheet = sheet_new(out);
    if (sim_command_width(STDOUT_FILENO) == 0) {
        sheet.width = INT_MAX; /* a model a line, for whatever reads lines */
    }
    append_wrapped_table(&sheet, &table, summaries);
    g_string_append_c(out, '\n');
    append_words(&sheet, "brink models NAME says what each can be told.", 0, 0);
    sim_table_clear(&table);
    return sim_command_print(out->str);
}

/* JSON */

static void write_params(struct sim_json *json, const char *key, const struct sim_param *params)
{
    sim_json_open(json, key, '[', false);
    for (const struct sim_param *param = params; param && param->name; param++) {
        sim_json_open(json, NULL, '{', true);
        sim_json_text(json, "name", param->name);
        sim_json_text(json, "type", sim_param_type_name(param->type));
        sim_json_text(json, "unit", type_unit(param->type));
        sim_json_boolean(json, "required", !param->fallback);
        sim_json_text(json, "default", param->fallback);
        if (sim_param_has_range(param->type)) {
            sim_json_number(json, "min", param->min > -1e299 ? param->min : -INFINITY);
            sim_json_number(json, "max", param->max < 1e299 ? param->max : INFINITY);
        }
        if (sim_param_has_family(param)) {
            sim_json_text(json, "family", param->family->name);
        }
        if (param->type == SIM_PARAM_CHOICE && param->choices) {
            sim_json_open(json, "choices", '[', true);
            for (size_t i = 0; param->choices[i]; i++) {
                sim_json_text(json, NULL, param->choices[i]);
            }
            sim_json_close(json, ']');
        }
        sim_json_text(json, "help", param->help);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_model(struct sim_json *json, const struct sim_model *model)
{
    sim_json_open(json, NULL, '{', false);
    sim_json_text(json, "name", model->name);
    sim_json_text(json, "summary", model->summary);
    sim_json_boolean(json, "source", model->traits & SIM_MODEL_SOURCE);
    write_params(json, "parameters", model->params);
    sim_json_open(json, "metrics", '[', false);
    for (const struct sim_metric_spec *metric = model->metrics; metric && metric->name; metric++) {
        sim_json_open(json, NULL, '{', true);
        sim_json_text(json, "name", metric->name);
        sim_json_text(json, "kind", kind_text(metric->kind));
        sim_json_text(json, "unit", unit_text(metric->unit));
        sim_json_text(json, "part_of", metric->of);
        sim_json_text(json, "help", metric->help);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

static int print_json(const struct sim_model *const *models, const struct sim_model *only)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct sim_json json;
    sim_json_init(&json, out);
    sim_json_open(&json, NULL, '[', false);
    for (size_t i = 0; models[i]; i++) {
        if (!only || models[i] == only) {
            write_model(&json, models[i]);
        }
    }
    sim_json_close(&json, ']');
    return sim_command_print(out->str);
}

static const struct sim_model *find_model(const char *name, const struct sim_model *const *models)
{
    const char *names[MODELS_MAX] = {NULL};
    for (size_t i = 0; models[i] && i + 1 < MODELS_MAX; i++) {
        if (strcmp(models[i]->name, name) == 0) {
            return models[i];
        }
        names[i] = models[i]->name;
    }
    const char *nearest = sim_text_nearest(name, names);
    sim_command_complain(nearest ? "no model '%s' (did you mean '%s'?)"
                                 : "no model '%s' (see: brink models)%s",
                         name, nearest ? nearest : "");
    return NULL;
}

static int command_models(const struct sim_command *command, int argc, char **argv,
                          const struct sim_program *program)
{
    gboolean is_json = FALSE, is_reference = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &is_json, "Prints the descriptors as JSON", NULL},
        {"reference", 0, 0, G_OPTION_ARG_NONE, &is_reference,
         "Prints docs/reference.md: blocks, models, laws and units with all their fields", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    int count = sim_command_parse(command, entries, &argc, &argv, 0, 1, &code);
    if (count < 0) {
        return code;
    }
    const struct sim_model *model = count == 1 ? find_model(argv[1], program->models) : NULL;
    if (count == 1 && !model) {
        return SIM_EXIT_USAGE;
    }
    if (is_reference) {
        g_autofree char *text = sim_scenario_reference(program->models);
        return sim_command_print(text);
    }
    if (is_json) {
        return print_json(program->models, model);
    }
    return model ? print_model(model) : list_models(program->models);
}

const struct sim_command sim_command_models = {
    .name = "models",
    .arguments = "[NAME]",
    .summary = "list the models, or say what one can be told",
    .details = "Examples:\n  brink models\n  brink models service\n  brink models --json\n"
               "  brink models --reference\n",
    .run = command_models,
};

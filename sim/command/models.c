/* brink models: what there is, and what each can be told. Everything comes from the descriptors. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "report/json_writer.h"
#include "report/table.h"
#include "scenario/param_text.h"
#include "world/ledger.h"
#include "world/model.h"

#define WIDTH 100
#define MODELS_MAX 512

/* How to write one: what the type's name alone leaves open. */
static const char *type_unit(enum sim_param_type type)
{
    switch (type) {
    case SIM_PARAM_RATIO:
        return "ratio";
    case SIM_PARAM_DURATION:
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

/* A table whose last column is wrapped beneath itself. `rest` has one text a row, the first of
 * them its head. */
static void append_wrapped_table(GString *out, const struct sim_table *table, GPtrArray *rest)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    sim_table_print(table, lines, "  ", false);
    g_auto(GStrv) each = g_strsplit(lines->str, "\n", -1);
    glong indent = 0;
    for (guint i = 0; each[i] && i < rest->len; i++) {
        glong length = g_utf8_strlen(each[i], -1);
        indent = length > indent ? length : indent;
    }
    indent += 2;
    for (guint i = 0; each[i] && i < rest->len; i++) {
        g_string_append(out, each[i]);
        glong column = g_utf8_strlen(each[i], -1);
        g_auto(GStrv) words = g_strsplit(g_ptr_array_index(rest, i), " ", -1);
        bool is_first = true;
        for (size_t w = 0; words[w]; w++) {
            glong length = g_utf8_strlen(words[w], -1);
            if (!is_first && column + 1 + length > WIDTH) {
                g_string_append_c(out, '\n');
                column = 0;
                is_first = true;
            }
            glong padding = is_first ? indent - column : 1;
            g_string_append_printf(out, "%*s%s", (int)padding, "", words[w]);
            column += padding + length;
            is_first = false;
        }
        g_string_append_c(out, '\n');
    }
}

static void append_params(GString *out, const struct sim_param *params)
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
    append_wrapped_table(out, &table, helps);
    sim_table_clear(&table);
}

/* The ways to make each family of shapes that the parameters use, once each. */
static void append_families(GString *out, const struct sim_param *params)
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
            g_string_append_printf(out, "\n%s: %s - %s\n", param->family->name, constructor->name,
                                   constructor->help ? constructor->help : "");
            if (constructor->params && constructor->params[0].name) {
                append_params(out, constructor->params);
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

static void append_metrics(GString *out, const struct sim_metric_spec *metrics)
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
    append_wrapped_table(out, &table, helps);
    sim_table_clear(&table);
}

static int print_model(const struct sim_model *model)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "%s - %s\n\n", model->name, model->summary);
    append_params(out, model->params);
    if (model->metrics && model->metrics[0].name) {
        g_string_append_c(out, '\n');
        append_metrics(out, model->metrics);
    }
    g_string_append(out, "\nEvery model also has");
    for (int i = 0; i < SIM_STANDARD_COUNT; i++) {
        g_string_append_printf(out, "%s%s%s", i > 0 ? "," : "", i % 9 == 0 ? "\n  " : " ",
                               sim_standard_metrics[i].name);
    }
    g_string_append(out, "\n");
    append_families(out, model->params);
    return sim_command_print(out->str);
}

static int list_models(const struct sim_model *const *models)
{
    struct sim_table table;
    sim_table_init(&table, "ll");
    for (size_t i = 0; models[i]; i++) {
        sim_table_add(&table, models[i]->name);
        sim_table_add(&table, models[i]->summary);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    sim_table_print(&table, out, "  ", false);
    g_string_append(out, "\nbrink models NAME says what each can be told.\n");
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

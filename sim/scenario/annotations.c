/* Annotations for the Lua language server (https://luals.github.io/wiki/annotations), from the same
 * tables that read scenarios: an editor then completes blocks, models and fields and shows their
 * help.
 *
 * A field's type is what may be written there: ms(5) or "5ms", a law or a bare duration. The server
 * has no complaint about a field that a class does not have; since the type of all other fields is
 * brink.NoSuchField here, a misspelt one does not match it.
 */
#include <string.h>

#include "base/text.h"
#include "scenario/blocks.h"
#include "scenario/planning.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"
#include "scenario/words.h"

static const char head[] =
    "---@meta\n"
    "-- The scenario language of brink. Generated: brink annotations > brink.lua\n"
    "\n"
    "---@class brink.Quantity\n"
    "---@operator add(brink.Quantity|number): brink.Quantity\n"
    "---@operator sub(brink.Quantity|number): brink.Quantity\n"
    "---@operator mul(number): brink.Quantity\n"
    "---@operator mul(brink.Quantity): any\n" /* a plain number where the units cancel */
    "---@operator div(number): brink.Quantity\n"
    "---@operator div(brink.Quantity): any\n"
    "---@operator unm: brink.Quantity\n"
    "---@class brink.None\n"
    "---@class brink.NoSuchField\n"
    "---@class brink.Block\n"
    "---@class brink.Law\n"
    "---@class brink.Trace\n"
    "---@alias brink.Duration brink.Quantity|string\n"
    "---@alias brink.Rate brink.Quantity|string\n"
    "---@alias brink.Size brink.Quantity|string\n"
    "---@alias brink.Bandwidth brink.Quantity|string|brink.None\n"
    "---@alias brink.Ratio brink.Quantity|number|string\n"
    "---@alias brink.Target string|string[]|table<string, brink.Ratio>\n"
    "---@alias brink.Blocks (brink.Block|brink.Block[])\n"
    "\n"
    "---Nothing, no limit, never.\n"
    "---@type brink.None\n"
    "none = nil\n"
    "\n"
    "---An input of the scenario, for --set and sweep.\n"
    "---@generic T\n"
    "---@param name string\n"
    "---@param default T\n"
    "---@return T\n"
    "function param(name, default) end\n"
    "\n"
    "---Runs another file below the scenario's folder and gives what it returns.\n"
    "---@param file string\n"
    "---@return any\n"
    "function include(file) end\n"
    "\n"
    "---A noun of your own, for estimates: unit \"shelf\".\n"
    "---@param noun string\n"
    "---@return brink.Quantity\n"
    "function unit(noun) end\n"
    "\n"
    "---x to the power of y, the same on every machine.\n"
    "---@param x number\n"
    "---@param y number\n"
    "---@return number\n"
    "function math.pow(x, y) end\n";

static const char no_such_field[] = "---@field [string] brink.NoSuchField\n";

/* What may be written for a parameter. */
static void append_type(GString *out, const struct sim_param *param)
{
    static const char *const types[] = {
        [SIM_PARAM_BOOLEAN] = "boolean",
        [SIM_PARAM_INTEGER] = "integer|number",
        [SIM_PARAM_NUMBER] = "number",
        [SIM_PARAM_RATIO] = "brink.Ratio",
        [SIM_PARAM_DURATION] = "brink.Duration|brink.None",
        [SIM_PARAM_MOMENT] = "brink.Duration|brink.None",
        [SIM_PARAM_RATE] = "brink.Rate",
        [SIM_PARAM_BYTES] = "brink.Size",
        [SIM_PARAM_BANDWIDTH] = "brink.Bandwidth",
        [SIM_PARAM_TEXT] = "string",
        [SIM_PARAM_CHOICE] = NULL,
        [SIM_PARAM_DURATION_LAW] = "brink.Law|brink.Duration",
        [SIM_PARAM_DURATION_LAWS] =
            "brink.Law|brink.Duration|table<string, brink.Law|brink.Duration>",
        [SIM_PARAM_BYTES_LAW] = "brink.Law|brink.Size",
        [SIM_PARAM_MIX] = "table<string, brink.Ratio>",
        [SIM_PARAM_TARGET] = "brink.Target",
        [SIM_PARAM_SHAPE] = NULL,
        [SIM_PARAM_SHAPES] = NULL,
        [SIM_PARAM_TRACE] = "brink.Trace"};
    if (param->type == SIM_PARAM_CHOICE) {
        for (size_t i = 0; param->choices[i]; i++) {
            g_string_append_printf(out, "%s\"%s\"", i > 0 ? "|" : "", param->choices[i]);
        }
    } else if (param->type == SIM_PARAM_SHAPE || param->type == SIM_PARAM_SHAPES) {
        g_autofree char *family = g_strdelimit(g_strdup(param->family->name), " ", '_');
        const char *bare = param->family->bare ? "|string" : "";
        bool is_list = param->type == SIM_PARAM_SHAPES;
        g_string_append_printf(out, "%sbrink.family.%s%s%s", is_list ? "(" : "", family, bare,
                               is_list ? ")[]" : "|brink.None");
    } else {
        g_string_append(out, types[param->type]);
    }
}

/* `who` stands before the help where several classes share a name; "" for none. */
static void append_field(GString *out, const struct sim_param *param, const char *who)
{
    g_string_append_printf(out, "---@field %s%s ", param->name, param->fallback ? "?" : "");
    append_type(out, param);
    g_string_append_printf(out, " %s%s%s", who, who[0] ? ": " : "", param->help ? param->help : "");
    if (param->fallback && strcmp(param->fallback, "nil") != 0) {
        g_string_append_printf(out, " (default %s)", param->fallback);
    }
    g_string_append_c(out, '\n');
}

/* A field that is read by hand: where it is a text, it may be a list too. */
static void append_extra(GString *out, const struct sim_param *param)
{
    if (param->type == SIM_PARAM_TEXT) {
        g_string_append_printf(out, "---@field %s%s string|any[] %s\n", param->name,
                               param->fallback ? "?" : "", param->help);
    } else {
        append_field(out, param, "");
    }
}

/* "---@class NAME: parent" and its fields. */
static void append_class(GString *out, const char *name, const char *parent,
                         const struct sim_param *params, const struct sim_param *extra)
{
    g_string_append_printf(out, "\n---@class %s%s%s\n%s", name, parent ? ": " : "",
                           parent ? parent : "", no_such_field);
    for (; params->name; params++) {
        append_field(out, params, "");
    }
    for (; extra->name; extra++) {
        append_extra(out, extra);
    }
}

/* A node's fields depend on its model: one class a model, told apart by that field. The server
 * completes the fields of them all. */
static void append_model(GString *out, const struct sim_model *model, GString *all)
{
    g_string_append_printf(out,
                           "\n---%s\n---@class brink.node.%s: brink.node\n"
                           "---@field model \"%s\" %s\n",
                           model->summary, model->name, model->name, model->summary);
    for (const struct sim_param *param = model->params; param->name; param++) {
        append_field(out, param, model->name);
    }
    g_string_append_printf(all, "|brink.node.%s", model->name);
}

static void append_models(GString *out, const struct sim_model *const *models)
{
    g_autoptr(GString) all = g_string_new("brink.node.like");
    append_class(out, "brink.place", NULL, sim_place_params, sim_no_params);
    g_string_append_printf(out, "\n---@class brink.node: brink.place\n");
    for (const struct sim_param *param = sim_node_params; param->name; param++) {
        if (strcmp(param->name, "model") != 0) {
            append_field(out, param, "");
        }
    }
    for (const struct sim_param *param = sim_node_extra; param->name; param++) {
        append_extra(out, param);
    }
    g_string_append(out, "\n---@class brink.node.like: brink.node\n"
                         "---@field like string a node whose fields this one has, but for those "
                         "given here\n");
    for (size_t i = 0; models[i]; i++) {
        append_model(out, models[i], all);
    }
    g_string_append_printf(
        out,
        "\n---A component, or a group of equal ones: node \"web\" { model = ... }.\n"
        "---@param name string\n"
        "---@return fun(fields: %s): brink.Block\n"
        "function node(name) end\n",
        all->str);
}

static const char *parent_of(const struct sim_block_kind *kind)
{
    if (sim_fault_word_find(kind->word)) {
        return "brink.fault";
    }
    return strcmp(kind->word, "machine") == 0   ? "brink.place"
           : strcmp(kind->word, "network") == 0 ? "brink.link"
                                                : NULL;
}

/* What may stand after the word, and the name if it has one. */
static void append_block_function(GString *out, const struct sim_block_kind *kind,
                                  const char *class)
{
    g_string_append_printf(out, "\n---%s.\n", kind->help);
    if (kind->is_named) {
        bool takes_value = strcmp(kind->word, "estimate") == 0;
        g_string_append_printf(out,
                               "---@param name string%s\n"
                               "---@return fun(fields: %s%s): brink.Block\n"
                               "function %s(name) end\n",
                               takes_value ? "|table<string, any>" : "", class,
                               takes_value ? "|brink.Quantity|number|string" : "", kind->word);
    } else {
        g_string_append_printf(out,
                               "---@param fields %s|string\n"
                               "---@return brink.Block\n"
                               "function %s(fields) end\n",
                               class, kind->word);
    }
}

static void append_blocks(GString *out)
{
    append_class(out, "brink.fault", NULL, sim_fault_params, sim_no_params);
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        if (strcmp(kind->word, "node") == 0) {
            continue; /* by model */
        }
        g_autofree char *class = g_strconcat("brink.", kind->word, NULL);
        if (strcmp(kind->word, "sweep") == 0) { /* its fields are the params of the file */
            g_string_append_printf(out, "\n---@class %s\n---@field [string] any[]\n", class);
        } else {
            append_class(out, class, parent_of(kind), kind->params, kind->extra);
        }
        if (kind->items) {
            g_string_append_printf(out, "---@field [integer] any %s\n", kind->items);
        }
        append_block_function(out, kind, class);
    }
}

static void append_constructor(GString *out, const char *family,
                               const struct sim_constructor *constructor)
{
    g_autofree char *class = g_strdup_printf("%s.%s", family, constructor->name);
    append_class(out, class, NULL, constructor->params, sim_no_params);
    g_string_append_printf(out, "\n---%s\n", constructor->help ? constructor->help : "");
    if (constructor->positional > 0) {
        g_string_append(out, "---@overload fun(");
        for (int i = 0; i < constructor->positional && constructor->params[i].name; i++) {
            const struct sim_param *param = &constructor->params[i];
            g_string_append_printf(out, "%s%s%s: ", i > 0 ? ", " : "", param->name,
                                   param->fallback ? "?" : "");
            append_type(out, param);
        }
        g_string_append_printf(out, "): %s\n", family);
    }
    g_string_append_printf(out,
                           "---@param fields? %s\n"
                           "---@return %s\n"
                           "function %s(fields) end\n",
                           class, family, constructor->name);
}

static void append_families(GString *out, const struct sim_model *const *models)
{
    g_autoptr(GPtrArray) families = sim_words_families(models);
    for (guint i = 0; i < families->len; i++) {
        const struct sim_family *family = families->pdata[i];
        g_autofree char *word = g_strdelimit(g_strdup(family->name), " ", '_');
        g_autofree char *name = g_strconcat("brink.family.", word, NULL);
        g_string_append_printf(out, "\n---@class %s\n", name);
        for (size_t j = 0; family->constructors[j]; j++) {
            append_constructor(out, name, family->constructors[j]);
        }
    }
}

static void append_laws(GString *out)
{
    for (const struct sim_law_kind *kind = sim_law_kinds; kind->name; kind++) {
        g_string_append_printf(out, "\n---@class brink.law.%s\n", kind->name);
        for (size_t i = 0; kind->arguments[i]; i++) {
            g_string_append_printf(out, "---@field %s? any\n", kind->arguments[i]);
        }
        if (kind->takes_percentiles) {
            g_string_append(out, "---@field [string] any a percentile: p50, p99, [\"p99.9\"]\n");
        } else {
            g_string_append(out, no_such_field);
        }
        g_string_append(out, "---@field [integer] any\n");
        g_string_append_printf(out, "\n---%s, as in %s\n", kind->help, kind->example);
        if (kind->positional > 0) {
            g_string_append(out, "---@overload fun(");
            for (int i = 0; i < kind->positional; i++) {
                g_string_append_printf(out, "%s%s: any", i > 0 ? ", " : "", kind->arguments[i]);
            }
            g_string_append(out, "): brink.Law\n");
        }
        g_string_append_printf(out,
                               "---@param fields brink.law.%s\n"
                               "---@return brink.Law\n"
                               "function %s(fields) end\n",
                               kind->name, kind->name);
    }
}

static void append_units(GString *out)
{
    for (const struct sim_unit_word *word = sim_unit_words; word->name; word++) {
        g_string_append_printf(out,
                               "\n---%s\n"
                               "---@param x number\n"
                               "---@return brink.Quantity\n"
                               "function %s(x) end\n",
                               word->help, word->name);
    }
    g_string_append_c(out, '\n');
    for (const struct sim_noun *noun = sim_nouns; noun->singular; noun++) {
        g_string_append_printf(out, "---@type brink.Quantity\n%s = nil\n", noun->plural);
    }
    g_string_append(out, "\n---Numbers that people plan with.\nlatency = {}\n");
    for (const struct sim_planning_value *row = sim_planning_latencies; row->name; row++) {
        char text[SIM_TEXT_MAX];
        g_string_append_printf(out,
                               "---%s: %s (%s)\n"
                               "---@type brink.Quantity\n"
                               "latency.%s = nil\n",
                               row->meaning, sim_text_duration(text, row->ns / 1e9), row->source,
                               row->name);
    }
}

char *sim_scenario_annotations(const struct sim_model *const *models)
{
    GString *out = g_string_new(head);
    append_models(out, models);
    append_blocks(out);
    append_families(out, models);
    append_laws(out);
    append_class(out, "brink.trace", NULL, sim_trace_params, sim_no_params);
    g_string_append(out, "\n---A recorded workload in a CSV file with a line of names.\n"
                         "---@param fields brink.trace\n"
                         "---@return brink.Trace\n"
                         "function trace(fields) end\n");
    append_units(out);
    return g_string_free(out, FALSE);
}

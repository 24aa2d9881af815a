/* The reference of the scenario language as a page of Markdown, from the same tables that read
 * scenarios. docs/reference.md is what this prints; a test holds the two equal.
 */
#include <string.h>

#include "base/text.h"
#include "scenario/blocks.h"
#include "scenario/param_text.h"
#include "scenario/planning.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"
#include "scenario/words.h"
#include "world/ledger.h"

static const char head[] =
    "# Reference\n"
    "\n"
    "Every block, model, law and unit of the scenario language with its fields. This page is what\n"
    "`brink models --reference` prints; [the language](language.md) explains how they go "
    "together.\n"
    "\n"
    "A *duration* is written `ms(5)` or `\"5ms\"`, a *rate* `rate(100)` or `\"100/s\"`, *bytes* "
    "`KiB(4)`\n"
    "or `\"4KiB\"`, a *bandwidth* `Gbit_s(10)` or `\"10Gbit/s\"`, a *share* `percent(5)`, `\"5%\"` "
    "or\n"
    "0.05; a *law* is one of the laws below, or a bare quantity that is always the same. A default "
    "of\n"
    "\"-\" means that the field may be left out and its help says what then holds.\n";

/* In a cell of a table. */
static void append_cell(GString *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        g_string_append_printf(out, *c == '|' ? "\\%c" : "%c", *c);
    }
}

static void append_rows(GString *out, const struct sim_param *params)
{
    for (const struct sim_param *param = params; param && param->name; param++) {
        g_autofree char *type = sim_param_type_text(param);
        g_autofree char *help = sim_param_help_text(param);
        const char *fallback = sim_param_fallback_text(param);
        bool is_code = param->fallback && strcmp(param->fallback, "nil") != 0;
        g_string_append_printf(out, "| `%s` | %s | %s%s%s | ", param->name, type,
                               is_code ? "`" : "", fallback, is_code ? "`" : "");
        append_cell(out, help);
        g_string_append(out, " |\n");
    }
}

/* One table of up to three lists of parameters; nothing when all are empty. */
static void append_table(GString *out, const struct sim_param *first,
                         const struct sim_param *second, const struct sim_param *third)
{
    g_autoptr(GString) rows = g_string_new(NULL);
    append_rows(rows, first);
    append_rows(rows, second);
    append_rows(rows, third);
    if (rows->len > 0) {
        g_string_append_printf(out, "\n| field | is a | default | |\n| --- | --- | --- | --- |\n%s",
                               rows->str);
    }
}

/* Blocks */

static void append_block(GString *out, const struct sim_block_kind *kind)
{
    bool is_fault = sim_fault_word_find(kind->word) != NULL;
    bool has_fields =
        is_fault || kind->params[0].name || kind->extra[0].name || strcmp(kind->word, "sweep") == 0;
    g_string_append_printf(out, "\n### %s\n\n`%s%s { %s%s%s }`: %s.\n", kind->word, kind->word,
                           kind->is_named ? " \"name\"" : "", kind->items ? kind->items : "",
                           kind->items && has_fields ? ", " : "", has_fields ? "field = value" : "",
                           kind->help);
    if (strcmp(kind->word, "network") == 0) {
        append_table(out, kind->params, kind->extra, sim_link_params);
    } else if (strcmp(kind->word, "machine") == 0) {
        append_table(out, kind->params, kind->extra, sim_place_params);
    } else if (strcmp(kind->word, "node") == 0) {
        append_table(out, kind->params, kind->extra, sim_place_params);
        g_string_append(out, "\nThe fields of its model stand beside these: "
                             "[models](#models).\n");
    } else {
        append_table(out, kind->params, kind->extra, NULL);
    }
    if (is_fault) {
        g_string_append(out, "\nAnd [what all faults have](#faults).\n");
    }
}

static void append_blocks(GString *out)
{
    g_string_append(out, "\n## Blocks\n");
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        if (!sim_fault_word_find(kind->word)) {
            append_block(out, kind);
        }
    }
    g_string_append(out, "\n## Faults\n\nWhat all of them have:\n");
    append_table(out, sim_fault_params, NULL, NULL);
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        if (sim_fault_word_find(kind->word)) {
            append_block(out, kind);
        }
    }
}

/* Models and their metrics */

static const char *metric_kind(const struct sim_metric_spec *metric)
{
    switch (metric->kind) {
    case SIM_METRIC_COUNT:
        return "count";
    case SIM_METRIC_LEVEL:
        return "level";
    case SIM_METRIC_SAMPLE:
        break;
    }
    return "sample";
}

static void append_metrics(GString *out, const struct sim_metric_spec *metrics)
{
    if (!metrics || !metrics->name) {
        return;
    }
    g_string_append(out, "\n| metric | is a | |\n| --- | --- | --- |\n");
    for (const struct sim_metric_spec *metric = metrics; metric->name; metric++) {
        g_string_append_printf(out, "| `%s` | %s | ", metric->name, metric_kind(metric));
        append_cell(out, metric->help ? metric->help : "");
        g_string_append(out, " |\n");
    }
}

static void append_models(GString *out, const struct sim_model *const *models)
{
    g_string_append(out,
                    "\n## Models\n\n`node \"name\" { model = \"service\", ... }`. Every model has "
                    "[a page of its own](models/README.md).\n");
    for (size_t i = 0; models[i]; i++) {
        g_string_append_printf(out, "\n### %s\n\n%s.\n", models[i]->name, models[i]->summary);
        append_table(out, models[i]->params, NULL, NULL);
        append_metrics(out, models[i]->metrics);
    }
    g_string_append(out,
                    "\n## Metrics of every component\n\nOf a *sample* there are mean, max, min "
                    "and percentiles (`p99`, `p99.9`), of a *level* mean, max,\nmin and ratio, "
                    "of a *count* total, rate and, where it is part of another, ratio.\n");
    append_metrics(out, sim_standard_metrics);
    g_string_append(out, "\nAnd with `ratio` alone: ");
    for (size_t i = 0; sim_ledger_ratios[i]; i++) {
        g_string_append_printf(out, "%s`%s`", i > 0 ? ", " : "", sim_ledger_ratios[i]);
    }
    g_string_append(out, ".\n");
}

/* Families and laws */

static void append_constructor(GString *out, const struct sim_constructor *constructor)
{
    g_string_append_printf(out, "\n### %s\n\n%s.", constructor->name,
                           constructor->help ? constructor->help : "");
    for (int i = 0; i < constructor->positional && constructor->params[i].name; i++) {
        g_string_append_printf(out, "%s`%s`",
                               i > 0 ? ", " : " Without names: ", constructor->params[i].name);
    }
    g_string_append(out, constructor->positional > 0 ? ".\n" : "\n");
    append_table(out, constructor->params, NULL, NULL);
}

static void append_families(GString *out, const struct sim_model *const *models)
{
    g_autoptr(GPtrArray) families = sim_words_families(models);
    for (guint i = 0; i < families->len; i++) {
        const struct sim_family *family = families->pdata[i];
        g_autofree char *title = g_strdup(family->name);
        title[0] = g_ascii_toupper(title[0]);
        g_string_append_printf(out, "\n## %s\n", title);
        for (size_t j = 0; family->constructors[j]; j++) {
            append_constructor(out, family->constructors[j]);
        }
    }
}

static void append_laws(GString *out)
{
    g_string_append(out, "\n## Laws\n\nOf durations, bytes or numbers: what is drawn afresh each "
                         "time.\n\n| law | | fields |\n| --- | --- | --- |\n");
    for (const struct sim_law_kind *kind = sim_law_kinds; kind->name; kind++) {
        g_string_append(out, "| `");
        append_cell(out, kind->example);
        g_string_append(out, "` | ");
        append_cell(out, kind->help);
        g_string_append(out, " | ");
        for (size_t i = 0; kind->arguments[i]; i++) {
            g_string_append_printf(out, "%s`%s`", i > 0 ? ", " : "", kind->arguments[i]);
        }
        g_string_append_printf(out, "%s |\n",
                               !kind->takes_percentiles ? ""
                               : kind->arguments[0]     ? ", percentiles: `p50`, `[\"p99.9\"]`"
                                                        : "percentiles: `p50`, `[\"p99.9\"]`");
    }
    g_string_append(out,
                    "\n## Traces\n\n`trace { file = \"trace.csv\" }`: a recorded workload in a "
                    "CSV file with a line of names.\n");
    append_table(out, sim_trace_params, NULL, NULL);
}

/* Units */

static void append_units(GString *out)
{
    g_string_append(out, "\n## Units\n\n| word | |\n| --- | --- |\n");
    for (const struct sim_unit_word *word = sim_unit_words; word->name; word++) {
        g_string_append_printf(out, "| `%s(x)` | ", word->name);
        append_cell(out, word->help);
        g_string_append(out, " |\n");
    }
    g_string_append(out, "\nNouns for estimates: ");
    for (const struct sim_noun *noun = sim_nouns; noun->singular; noun++) {
        g_string_append_printf(out, "%s`%s`", noun == sim_nouns ? "" : ", ", noun->plural);
    }
    g_string_append(out, "; `unit \"shelf\"` makes one of your own.\n"
                         "\n## Numbers to plan with\n\n| word | is | | source |\n"
                         "| --- | --- | --- | --- |\n");
    for (const struct sim_planning_value *row = sim_planning_latencies; row->name; row++) {
        char text[SIM_TEXT_MAX];
        g_string_append_printf(out, "| `latency.%s` | %s | ", row->name,
                               sim_text_duration(text, row->ns / 1e9));
        append_cell(out, row->meaning);
        g_string_append(out, " | ");
        append_cell(out, row->source);
        g_string_append(out, " |\n");
    }
}

char *sim_scenario_reference(const struct sim_model *const *models)
{
    GString *out = g_string_new(head);
    append_blocks(out);
    append_models(out, models);
    append_families(out, models);
    append_laws(out);
    append_units(out);
    return g_string_free(out, FALSE);
}

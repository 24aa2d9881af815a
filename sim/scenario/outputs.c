/* Plots, estimates and sweeps. */
#include "scenario/resolve.h"

#include <math.h>
#include <string.h>

#include "base/keyed.h"

#define OUTPUT_COUNT_MAX 10000
#define SWEEP_VALUES_MAX 10000
#define FIGURES_MOST 3 /* panels of a picture above one another */

static bool is_param(const struct sim_resolve *resolve, const char *name)
{
    for (uint32_t i = 0; i < resolve->scenario->param_count; i++) {
        if (strcmp(resolve->scenario->params[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void complain_param(struct sim_resolve *resolve, const struct sim_value *at, int line,
                           const char *where, const char *name, const char *beside)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (uint32_t i = 0; i < resolve->scenario->param_count; i++) {
        g_ptr_array_add(names, (void *)(uintptr_t)resolve->scenario->params[i].name);
    }
    if (beside) {
        g_ptr_array_add(names, (void *)(uintptr_t)beside);
    }
    g_ptr_array_add(names, NULL);
    const char *suggestion =
        sim_reader_suggest(&resolve->reader, name, (const char *const *)names->pdata);
    const char *hint = sim_reader_text(
        &resolve->reader, "; above the scenario it would be: local %s = param(\"%s\", ...)", name,
        name);
    sim_problems_add(resolve->reader.problems, at->file, line ? line : at->line,
                     "%s: there is no param '%s'%s", where, name,
                     suggestion[0]            ? suggestion
                     : sim_text_is_name(name) ? hint
                                              : "");
}

/* --- plots --- */

/* The figure on the horizontal axis: what holds a point is no param. */
static bool is_figure(const struct sim_plot_fields *fields, const struct sim_value *across)
{
    return across || strchr(fields->against, '.') != NULL;
}

/* Whether the axes are known. A plot against a param belongs to the study, not to one setting. */
static bool check_axes(struct sim_resolve *resolve, const struct sim_value *value,
                       const struct sim_plot_fields *fields, bool is_across)
{
    bool against_time = !is_across && strcmp(fields->against, "time") == 0;
    bool per_variant = !fields->per || strcmp(fields->per, "variant") == 0;
    const struct sim_value_field *against = sim_value_field(value, "against");
    const struct sim_value_field *per = sim_value_field(value, "per");
    if (!is_across && !against_time && !is_param(resolve, fields->against)) {
        complain_param(resolve, value, against ? against->line : 0, "plot: against",
                       fields->against, "time");
        return false;
    }
    if (!per_variant && !is_param(resolve, fields->per)) {
        complain_param(resolve, value, per ? per->line : 0, "plot: per", fields->per, "variant");
        return false;
    }
    return true;
}

/* { "web.latency p99", from = s(10), to = s(20) } */
static bool read_window(struct sim_resolve *resolve, const struct sim_value *value,
                        struct sim_window *ret_window)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_expect_fields fields = {.from = -1, .to = -1};
    const struct sim_param *tables[] = {sim_figure_params, NULL};
    struct sim_block block = {.value = value, .who = "plot"};
    bool is_right = sim_block_check_names(reader, &block, tables, 1);
    is_right = sim_block_read(reader, &block, sim_figure_params, 0, &fields) && is_right;
    return is_right && sim_window_read(resolve, value, "plot", &fields, ret_window);
}

/* A figure as a plot names it: a text, or in a list with the time that it is of. */
static bool read_plotted(struct sim_resolve *resolve, const struct sim_value *plot,
                         const struct sim_value *value, bool is_over_time,
                         struct sim_figure_spec *ret_figure)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_value at = *value;
    at.line = at.line ? at.line : plot->line;
    at.file = plot->file;
    bool has_window = at.kind == SIM_VALUE_TABLE && at.item_count > 0;
    const struct sim_value *text = has_window ? at.items[0] : &at;
    struct sim_window window = {0};
    if (text->kind != SIM_VALUE_TEXT) {
        sim_reader_complain(reader, &at, "plot: expected a text such as \"web.latency\", got %s",
                            sim_value_describe(reader->arena, text));
        return false;
    }
    if (has_window && is_over_time) {
        sim_reader_complain(reader, &at,
                            "plot: over time a figure has no times of its own: write "
                            "\"%s\" alone",
                            text->text);
        return false;
    }
    if ((has_window && !read_window(resolve, &at, &window)) ||
        !sim_figure_read(resolve, &at, "plot", text->text, !is_over_time, ret_figure)) {
        return false;
    }
    ret_figure->window = window;
    return true;
}

/* The fields of a plot. `against` may be a list, which is then left to whoever reads figures. */
static bool read_plot_fields(struct sim_resolve *resolve, const struct sim_value *value,
                             GString *print, struct sim_plot_fields *fields,
                             const struct sim_value **ret_across)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_param *tables[] = {sim_plot_params, NULL};
    const struct sim_value_field *against = sim_value_field(value, "against");
    struct sim_value rest = *value;
    *ret_across = NULL;
    if (against && against->value->kind == SIM_VALUE_TABLE) {
        struct sim_value_field *kept =
            sim_arena_array(reader->arena, struct sim_value_field, value->field_count);
        rest.fields = kept;
        rest.field_count = 0;
        for (uint32_t i = 0; i < value->field_count; i++) {
            if (&value->fields[i] != against) {
                kept[rest.field_count++] = value->fields[i];
            }
        }
        *ret_across = against->value;
    }
    struct sim_block block = {.value = &rest, .who = "plot", .print = print};
    bool is_right = sim_block_check_names(reader, &block, tables, (int)value->item_count);
    return sim_block_read(reader, &block, sim_plot_params, 0, fields) && is_right;
}

static bool check_figure_count(struct sim_resolve *resolve, const struct sim_value *value)
{
    if (value->item_count == 0) {
        sim_reader_complain(&resolve->reader, value,
                            "plot: needs a figure, as in plot { \"web.latency\" }");
    } else if (value->item_count > FIGURES_MOST) {
        sim_reader_complain(&resolve->reader, value,
                            "plot: a picture has room for %d figures, got %u: begin another plot",
                            FIGURES_MOST, value->item_count);
    }
    return value->item_count > 0 && value->item_count <= FIGURES_MOST;
}

/* The figure that a plot is against; false after a complaint. */
static bool read_across(struct sim_resolve *resolve, const struct sim_value *value,
                        const struct sim_value *across, struct sim_plot *plot)
{
    struct sim_figure_spec *figure = sim_arena_new(resolve->reader.arena, struct sim_figure_spec);
    struct sim_value text = {.kind = SIM_VALUE_TEXT, .text = plot->against};
    if (!read_plotted(resolve, value, across ? across : &text, false, figure)) {
        return false;
    }
    plot->across = figure;
    plot->against = figure->text;
    return true;
}

static void read_plot(struct sim_resolve *resolve, const struct sim_value *value, GArray *plots)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_plot_fields fields = {0};
    const struct sim_value *across;
    g_autoptr(GString) print = g_string_new(NULL);
    bool is_right = read_plot_fields(resolve, value, print, &fields, &across);
    bool is_across = is_right && is_figure(&fields, across);
    if (!check_figure_count(resolve, value) || !is_right ||
        !check_axes(resolve, value, &fields, is_across)) {
        return;
    }
    struct sim_figure_spec *figures =
        sim_arena_array(reader->arena, struct sim_figure_spec, value->item_count);
    bool is_over_time = !is_across && strcmp(fields.against, "time") == 0;
    g_autoptr(GString) texts = g_string_new(NULL);
    for (uint32_t i = 0; i < value->item_count; i++) {
        if (!read_plotted(resolve, value, value->items[i], is_over_time, &figures[i])) {
            return;
        }
        g_string_append_printf(texts, "%s, ", sim_text_quote(reader->arena, figures[i].text));
    }
    struct sim_plot plot = {.figure_count = value->item_count,
                            .figures = figures,
                            .against = fields.against,
                            .per = fields.per,
                            .title = fields.title};
    if (is_across && !read_across(resolve, value, across, &plot)) {
        return;
    }
    g_array_append_val(plots, plot);
    if (is_over_time && (!fields.per || strcmp(fields.per, "variant") == 0)) {
        g_string_append_printf(resolve->print, "\n  plot { %s%s },\n", texts->str,
                               sim_print_inline(reader, print));
    }
}

/* --- estimates --- */

/* What is counted (posts, requests) has names on paper only. */
static bool is_comparable(struct sim_resolve *resolve, const struct sim_dimension *dimension,
                          const struct sim_figure_spec *figure)
{
    int32_t second = 0, byte = 0;
    sim_figure_dimension(resolve, figure, &second, &byte);
    return dimension->second == second && dimension->byte == byte;
}

static void add_estimate(struct sim_resolve *resolve, const char *name, const struct sim_value *at,
                         const struct sim_value *value, const char *simulated, GArray *estimates)
{
    struct sim_reader *reader = &resolve->reader;
    const char *where = sim_reader_text(reader, "estimate \"%s\"", name);
    struct sim_estimate_line line = {.name = name};
    struct sim_value constant = *value;
    if (value->kind == SIM_VALUE_BAD) {
        return;
    }
    if (value->kind == SIM_VALUE_TEXT &&
        sim_measure_read(value, 1, 0, &constant.quantity.value)) { /* "5ms" and the like */
        constant.quantity.dimension.second = 1;
    } else if (value->kind != SIM_VALUE_NUMBER && value->kind != SIM_VALUE_QUANTITY) {
        sim_reader_complain(reader, at, "%s: expected a quantity, got %s", where,
                            sim_value_describe(reader->arena, value));
        return;
    }
    if (simulated && !sim_figure_read(resolve, at, where, simulated, true, &line.figure)) {
        return;
    }
    if (!isfinite(constant.quantity.value)) {
        sim_reader_complain(reader, at, "%s: is no finite number: is it divided by 0?", where);
        return;
    }
    if (simulated && !is_comparable(resolve, &constant.quantity.dimension, &line.figure)) {
        sim_reader_complain(reader, at, "%s: %s on paper cannot be compared with %s", where,
                            sim_quantity_text(reader->arena, &constant.quantity), simulated);
        return;
    }
    line.text = sim_quantity_text(reader->arena, &constant.quantity);
    line.value = constant.quantity.value;
    line.unit = sim_dimension_text(reader->arena, &constant.quantity.dimension);
    g_array_append_val(estimates, line);
    g_string_append_printf(
        resolve->print, "\n  estimate %s { %s%s%s },\n", sim_text_quote(reader->arena, name),
        sim_quantity_lua(reader->arena, &constant.quantity), simulated ? ", simulated = " : "",
        simulated ? sim_text_quote(reader->arena, line.figure.text) : "");
}

/* estimate "name" (value), or estimate "name" { value, simulated = "web.throughput mean" }. */
static void read_named_estimate(struct sim_resolve *resolve, const struct sim_value *value,
                                GArray *estimates)
{
    const struct sim_value_field *simulated = sim_value_field(value, "simulated");
    const struct sim_param *tables[] = {sim_estimate_extra, NULL};
    struct sim_block block = {
        .value = value, .who = sim_reader_text(&resolve->reader, "estimate \"%s\"", value->name)};
    const char *figure = NULL;
    bool is_right = sim_block_check_names(&resolve->reader, &block, tables, 1);
    is_right = sim_block_read(&resolve->reader, &block, sim_estimate_extra, 0, &figure) && is_right;
    if (value->item_count == 0) {
        sim_reader_complain(&resolve->reader, value,
                            "%s: needs a value, as in estimate \"%s\" (800 * posts)", block.who,
                            value->name);
    } else if (is_right) {
        add_estimate(resolve, value->name, value, value->items[0], simulated ? figure : NULL,
                     estimates);
    }
}

static void read_estimate(struct sim_resolve *resolve, const struct sim_value *value,
                          GArray *estimates)
{
    if (value->name) {
        read_named_estimate(resolve, value, estimates);
        return;
    }
    for (uint32_t i = 0; i < value->field_count; i++) {
        struct sim_value at = *value;
        at.line = value->fields[i].line ? value->fields[i].line : value->line;
        add_estimate(resolve, value->fields[i].name, &at, value->fields[i].value, NULL, estimates);
    }
    if (value->item_count > 0 || value->field_count == 0) {
        sim_reader_complain(
            &resolve->reader, value,
            "estimate: expected names and values, as in estimate { storage = 5 * GB(1) }");
    }
}

/* --- sweeps --- */

static bool is_same_kind(const struct sim_value *a, const struct sim_value *b)
{
    bool is_law = a->kind == SIM_VALUE_CALL || a->kind == SIM_VALUE_NONE;
    bool are_measures = (a->kind == SIM_VALUE_NUMBER || a->kind == SIM_VALUE_QUANTITY) &&
                        (b->kind == SIM_VALUE_NUMBER || b->kind == SIM_VALUE_QUANTITY);
    if (are_measures) {
        return sim_dimension_equal(&a->quantity.dimension, &b->quantity.dimension);
    }
    return a->kind == b->kind ||
           (is_law && (b->kind == SIM_VALUE_CALL || b->kind == SIM_VALUE_NONE));
}

static void read_axis(struct sim_resolve *resolve, const struct sim_value *sweep,
                      const struct sim_value_field *field, GArray *axes)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_value *list = field->value;
    struct sim_value at = *sweep;
    at.line = field->line ? field->line : sweep->line;
    if (list->kind == SIM_VALUE_BAD) {
        return;
    }
    const struct sim_value *fallback = sim_chunk_param_default(reader->chunk, field->name);
    if (!fallback) {
        complain_param(resolve, &at, at.line, "sweep", field->name, NULL);
        return;
    }
    if (list->kind != SIM_VALUE_TABLE || list->item_count == 0 || list->field_count > 0 ||
        list->item_count > SWEEP_VALUES_MAX) {
        sim_reader_complain(reader, &at, "sweep: %s: expected a list of values, got %s",
                            field->name, sim_value_describe(reader->arena, list));
        return;
    }
    const char **values = sim_arena_array(reader->arena, const char *, list->item_count);
    g_autoptr(GHashTable) seen = g_hash_table_new(sim_keyed_text, g_str_equal);
    for (uint32_t i = 0; i < list->item_count; i++) {
        values[i] = sim_value_lua(reader->arena, list->items[i]);
        if (!is_same_kind(list->items[i], fallback)) {
            sim_reader_complain(reader, &at, "sweep: %s: expected values such as %s, got %s",
                                field->name, sim_value_lua(reader->arena, fallback),
                                sim_value_describe(reader->arena, list->items[i]));
            return;
        }
        if (!g_hash_table_add(seen, (void *)(uintptr_t)values[i])) {
            sim_reader_complain(reader, &at, "sweep: %s: %s stands there twice", field->name,
                                values[i]);
            return;
        }
    }
    for (guint i = 0; i < axes->len; i++) {
        if (strcmp(g_array_index(axes, struct sim_sweep_axis, i).name, field->name) == 0) {
            sim_reader_complain(reader, &at, "sweep: '%s' is swept twice", field->name);
            return;
        }
    }
    struct sim_sweep_axis axis = {field->name, list->item_count, values};
    g_array_append_val(axes, axis);
}

static void read_sweep(struct sim_resolve *resolve, const struct sim_value *value, GArray *axes)
{
    if (value->item_count > 0 || value->field_count == 0) {
        sim_reader_complain(
            &resolve->reader, value,
            "sweep: expected params and their values, as in sweep { capacity = { 1e3, 1e4 } }");
    }
    for (uint32_t i = 0; i < value->field_count; i++) {
        read_axis(resolve, value, &value->fields[i], axes);
    }
}

static const void *kept(struct sim_resolve *resolve, const GArray *list, size_t size)
{
    void *copy = sim_arena_alloc(resolve->reader.arena, list->len * size + 1);
    if (list->len > 0) {
        memcpy(copy, list->data, list->len * size);
    }
    return copy;
}

void sim_resolve_outputs(struct sim_resolve *resolve)
{
    struct sim_scenario *scenario = resolve->scenario;
    g_autoptr(GArray) plots = g_array_new(FALSE, TRUE, sizeof(struct sim_plot));
    g_autoptr(GArray) estimates = g_array_new(FALSE, TRUE, sizeof(struct sim_estimate_line));
    g_autoptr(GArray) axes = g_array_new(FALSE, TRUE, sizeof(struct sim_sweep_axis));
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        if (plots->len + estimates->len + axes->len > OUTPUT_COUNT_MAX) {
            sim_reader_complain(&resolve->reader, block, "too many plots, estimates and sweeps");
            break;
        }
        if (sim_value_is_call(block, "plot")) {
            read_plot(resolve, block, plots);
        } else if (sim_value_is_call(block, "estimate")) {
            read_estimate(resolve, block, estimates);
        } else if (sim_value_is_call(block, "sweep")) {
            read_sweep(resolve, block, axes);
        }
    }
    scenario->plots = kept(resolve, plots, sizeof(struct sim_plot));
    scenario->plot_count = plots->len;
    scenario->estimates = kept(resolve, estimates, sizeof(struct sim_estimate_line));
    scenario->estimate_count = estimates->len;
    scenario->sweeps = kept(resolve, axes, sizeof(struct sim_sweep_axis));
    scenario->sweep_count = axes->len;
}

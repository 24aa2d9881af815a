/* The scenario's plot blocks: figures over time or against a swept parameter, one panel a figure,
 * one line for each value of `per`. Against another figure: plot_scatter.c.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/plot_user.h"

#define TICS_MOST 12 /* of more points than this not each has a tic with its name */

const char *sim_user_keep(struct user_plot *user, char *text)
{
    g_ptr_array_add(user->texts, text);
    return text;
}

const char *sim_user_setting(struct user_plot *user, const struct sim_section *section,
                             const char *name)
{
    if (strcmp(name, "variant") == 0) {
        return section->variant ? section->variant : "";
    }
    for (uint32_t i = 0; i < section->setting_count; i++) {
        if (strcmp(section->settings[i].name, name) == 0) {
            return sim_user_keep(user, sim_setting_plain(section->settings[i].value));
        }
    }
    return "";
}

const char *sim_user_aggregate(struct user_plot *user, const struct sim_figure_spec *figure)
{
    static const char *const names[] = {"", "mean", "max", "min", "ratio", "total"};
    if (figure->aggregate != SIM_AGGREGATE_QUANTILE) {
        return names[figure->aggregate];
    }
    char number[SIM_TEXT_MAX];
    sim_text_rounded(number, figure->quantile * 100.0, 12);
    return sim_user_keep(user, g_strdup_printf("p%s", number));
}

const char *sim_user_figure_text(struct user_plot *user, const struct sim_figure_spec *figure)
{
    if (figure->window.from == figure->window.to) {
        return figure->text;
    }
    char from[SIM_TEXT_MAX], to[SIM_TEXT_MAX];
    sim_text_duration(from, sim_time_seconds(figure->window.from));
    sim_text_duration(to, sim_time_seconds(figure->window.to));
    return sim_user_keep(user, g_strdup_printf("%s, %s to %s", figure->text, from, to));
}

static struct sim_picture *render(struct user_plot *user, struct sim_chart *chart)
{
    chart->name = user->name;
    chart->title = user->title;
    chart->subtitle = user->subtitle;
    return sim_chart_render(chart);
}

/* Over time */

/* One line for each section. Sections that are the same but for their seeds do not occur. */
static void fill_over_time(struct user_plot *user, struct sim_panel *panel,
                           const struct sim_figure_spec *figure)
{
    const struct sim_report *report = user->report;
    panel->what = figure->text;
    for (uint32_t s = 0; s < report->section_count && panel->line_count < SIM_CHART_LINES; s++) {
        const struct sim_section *section = &report->sections[s];
        const struct sim_series *series =
            sim_result_series(section->result, figure->group, figure->member, figure->metric,
                              sim_user_aggregate(user, figure));
        if (series && series->cell_count == report->sections[0].result->cell_count) {
            panel->unit = series->unit;
            panel->is_rate = series->is_rate;
            panel->lines[panel->line_count++] = (struct sim_line){
                .title = section->label[0] ? section->label : figure->text,
                .values = series->values,
                .colour = s,
                .style = SIM_LINE_PATTERN,
            };
        }
    }
}

static struct sim_picture *picture_over_time(struct user_plot *user)
{
    const struct sim_section *first = &user->report->sections[0];
    struct sim_axis_of_time axis = sim_axis_of_time_new(first);
    struct sim_chart chart = {.point_count = axis.count,
                              .x = axis.x,
                              .x_title = axis.title,
                              .x_per_second = axis.per_second,
                              .x_end = axis.end,
                              .warmup = first->warmup,
                              .fault_count = first->fault_count,
                              .faults = first->faults};
    for (uint32_t f = 0; f < user->plot->figure_count && f < SIM_CHART_PANELS; f++) {
        struct sim_panel *panel = &chart.panels[chart.panel_count];
        fill_over_time(user, panel, &user->plot->figures[f]);
        chart.panel_count += panel->line_count > 0;
    }
    struct sim_picture *picture = chart.panel_count > 0 ? render(user, &chart) : NULL;
    g_free(axis.x);
    return picture;
}

/* Against a parameter */

struct points {
    uint32_t count;
    const char **names; /* of the parameter, in the order of the sweep */
    double *x;
    bool is_numeric;
};

static uint32_t index_of(const char *const *names, uint32_t count, const char *name)
{
    uint32_t i = 0;
    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

/* The distinct values of a parameter or of the variants, in the order of their first appearance. */
static const char **distinct(struct user_plot *user, const char *name, uint32_t *ret_count)
{
    const struct sim_report *report = user->report;
    const char **values = g_new0(const char *, report->section_count + 1);
    *ret_count = 0;
    for (uint32_t s = 0; s < report->section_count; s++) {
        const char *value = sim_user_setting(user, &report->sections[s], name);
        if (index_of(values, *ret_count, value) == *ret_count) {
            values[(*ret_count)++] = value;
        }
    }
    return values;
}

/* Numbers stand where they belong on the axis; names stand side by side. */
static struct points points_of(struct user_plot *user, const char *against)
{
    struct points points = {.is_numeric = true};
    points.names = distinct(user, against, &points.count);
    points.x = g_new(double, points.count + 1);
    for (uint32_t i = 0; i < points.count; i++) {
        enum sim_unit unit;
        points.is_numeric =
            points.is_numeric && sim_text_parse(points.names[i], &points.x[i], &unit);
        points.is_numeric = points.is_numeric && (i == 0 || points.x[i] > points.x[i - 1]);
    }
    for (uint32_t i = 0; !points.is_numeric && i < points.count; i++) {
        points.x[i] = i;
    }
    return points;
}

static double *new_values(struct user_plot *user, uint32_t count)
{
    double *values = g_new(double, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = NAN;
    }
    g_ptr_array_add(user->arrays, values);
    return values;
}

/* What tells a section's line from the others when no `per` is given: its label without the
 * parameter on the axis. */
static const char *line_key(struct user_plot *user, const struct sim_section *section)
{
    if (user->plot->per) {
        const char *value = sim_user_setting(user, section, user->plot->per);
        bool is_variant = strcmp(user->plot->per, "variant") == 0;
        return is_variant ? value
                          : sim_user_keep(user, g_strdup_printf("%s = %s", user->plot->per, value));
    }
    GString *key = g_string_new(section->variant ? section->variant : "");
    for (uint32_t i = 0; i < section->setting_count; i++) {
        if (strcmp(section->settings[i].name, user->plot->against) != 0) {
            g_string_append_printf(key, "%s%s = %s", key->len > 0 ? ", " : "",
                                   section->settings[i].name,
                                   sim_user_setting(user, section, section->settings[i].name));
        }
    }
    return sim_user_keep(user, g_string_free(key, FALSE));
}

static void fill_against(struct user_plot *user, struct sim_panel *panel,
                         const struct sim_figure_spec *spec, const struct points *points)
{
    const struct sim_report *report = user->report;
    const char *keys[SIM_CHART_LINES];
    panel->what = sim_user_figure_text(user, spec);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        const struct sim_figure *figure =
            sim_result_plotted(section->result, spec, sim_user_aggregate(user, spec));
        const char *key = line_key(user, section);
        uint32_t l = index_of(keys, panel->line_count, key);
        if (!figure || l == SIM_CHART_LINES) {
            continue;
        }
        struct sim_line *line = &panel->lines[l];
        if (l == panel->line_count) {
            keys[panel->line_count++] = key;
            *line = (struct sim_line){.title = key[0] ? key : spec->text,
                                      .values = new_values(user, points->count),
                                      .low = new_values(user, points->count),
                                      .high = new_values(user, points->count),
                                      .colour = l,
                                      .style = SIM_LINE_PATTERN};
        }
        uint32_t at = index_of(points->names, points->count,
                               sim_user_setting(user, section, user->plot->against));
        panel->unit = figure->unit;
        panel->is_rate = figure->is_rate;
        ((double *)line->values)[at] = figure->estimate.value;
        ((double *)line->low)[at] = figure->estimate.low;
        ((double *)line->high)[at] = figure->estimate.high;
    }
}

static struct sim_picture *picture_against(struct user_plot *user)
{
    struct points points = points_of(user, user->plot->against);
    struct sim_chart chart = {.point_count = points.count,
                              .x = points.x,
                              .x_title = user->plot->against,
                              .names = points.count <= TICS_MOST ? points.names : NULL,
                              .is_categorical = !points.is_numeric};
    for (uint32_t f = 0; f < user->plot->figure_count && f < SIM_CHART_PANELS; f++) {
        struct sim_panel *panel = &chart.panels[chart.panel_count];
        fill_against(user, panel, &user->plot->figures[f], &points);
        chart.panel_count += panel->line_count > 0;
    }
    struct sim_picture *picture = chart.panel_count > 0 ? render(user, &chart) : NULL;
    g_free(points.names);
    g_free(points.x);
    return picture;
}

static char *title_of(const struct sim_plot *plot)
{
    if (plot->title) {
        return g_strdup(plot->title);
    }
    GString *title = g_string_new(NULL);
    for (uint32_t f = 0; f < plot->figure_count; f++) {
        g_string_append_printf(title, "%s%s", sim_picture_joint(f, plot->figure_count),
                               plot->figures[f].text);
    }
    bool is_time = strcmp(plot->against, "time") == 0;
    g_string_append_printf(title, is_time ? " over %s" : " against %s", plot->against);
    return g_string_free(title, FALSE);
}

void sim_plots_user(GPtrArray *pictures, const struct sim_report *report)
{
    const struct sim_scenario *scenario = report->sections[0].result->scenario;
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        bool is_time = strcmp(scenario->plots[i].against, "time") == 0;
        struct user_plot user = {.report = report,
                                 .plot = &scenario->plots[i],
                                 .name = g_strdup_printf("plot-%u", i + 1),
                                 .title = title_of(&scenario->plots[i]),
                                 .subtitle = sim_picture_subtitle(report, &report->sections[0]),
                                 .texts = g_ptr_array_new_with_free_func(g_free),
                                 .arrays = g_ptr_array_new_with_free_func(g_free)};
        if (report->section_count > 1) {
            g_free(user.subtitle);
            user.subtitle =
                is_time ? sim_picture_subtitle_of_first(report) : g_strdup(report->name);
        }
        struct sim_picture *picture = is_time             ? picture_over_time(&user)
                                      : user.plot->across ? sim_user_scatter(&user)
                                                          : picture_against(&user);
        if (picture) {
            g_ptr_array_add(pictures, picture);
        }
        g_ptr_array_unref(user.texts);
        g_ptr_array_unref(user.arrays);
        g_free(user.name);
        g_free(user.title);
        g_free(user.subtitle);
    }
}

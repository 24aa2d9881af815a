/* Which pictures a run gives: latency; for each result rate and latency over time, and resources;
 * then what the scenario's plot blocks ask for. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/chart.h"
#include "report/plots.h"

/* From more results than this on, none of them gets pictures of its own: the comparisons and the
 * tables say more than a hundred pictures. */
#define RESULTS_PICTURED 6
#define SOURCES_PICTURED 4 /* over time: of one result; of several, its busiest alone */

char *sim_picture_name(const char *what, const struct sim_section *section)
{
    return section->slug[0] ? g_strdup_printf("%s-%s", what, section->slug) : g_strdup(what);
}

struct sim_axis_of_time sim_axis_of_time_new(const struct sim_section *section)
{
    double seconds = sim_time_seconds(section->duration);
    struct sim_axis_of_time axis = {.title = "time (s)", .per_second = 1.0};
    if (seconds > 5.0 * 86400.0) {
        axis = (struct sim_axis_of_time){.title = "time (days)", .per_second = 1.0 / 86400.0};
    } else if (seconds > 5.0 * 3600.0) {
        axis = (struct sim_axis_of_time){.title = "time (h)", .per_second = 1.0 / 3600.0};
    } else if (seconds > 15.0 * 60.0) {
        axis = (struct sim_axis_of_time){.title = "time (min)", .per_second = 1.0 / 60.0};
    } else if (seconds < 1.0) {
        axis = (struct sim_axis_of_time){.title = "time (ms)", .per_second = 1e3};
    }
    axis.end = seconds * axis.per_second;
    axis.count = section->result->cell_count;
    axis.x = g_new(double, axis.count + 1);
    for (uint32_t i = 0; i < axis.count; i++) { /* the middle of each cell */
        double from = sim_time_seconds(section->cell) * i;
        double to = fmin(from + sim_time_seconds(section->cell), seconds);
        axis.x[i] = 0.5 * (from + to) * axis.per_second;
    }
    return axis;
}

static struct sim_chart chart_over_time(const struct sim_section *section,
                                        const struct sim_axis_of_time *axis)
{
    return (struct sim_chart){.point_count = axis->count,
                              .x = axis->x,
                              .x_title = axis->title,
                              .x_per_second = axis->per_second,
                              .x_end = axis->end,
                              .warmup = section->warmup,
                              .fault_count = section->fault_count,
                              .faults = section->faults};
}

static const struct sim_series *series_of(const struct sim_section *section, uint32_t tier,
                                          const char *metric, const char *aggregate)
{
    return sim_result_series(section->result, tier, SIM_NONE, metric, aggregate);
}

static void add_line(struct sim_panel *panel, const struct sim_series *series, const char *title,
                     uint32_t colour, enum sim_line_style style)
{
    if (series && panel->line_count < G_N_ELEMENTS(panel->lines)) {
        panel->lines[panel->line_count++] = (struct sim_line){
            .title = title, .values = series->values, .colour = colour, .style = style};
    }
}

/* Subtitle: the scenario, the case, and what the lines are made from. */
char *sim_picture_subtitle(const struct sim_report *report, const struct sim_section *section)
{
    char cell[SIM_TEXT_MAX];
    sim_text_duration(cell, sim_time_seconds(section->cell));
    g_autofree char *runs = section->run_count == 1
                                ? g_strdup("one run")
                                : g_strdup_printf("%u runs together", section->run_count);
    return g_strdup_printf("%s%s%s · %s, by %s", report->name, section->label[0] ? " · " : "",
                           section->label, runs, cell);
}

char *sim_picture_subtitle_of_first(const struct sim_report *report)
{
    return report->section_count <= SIM_CHART_LINES
               ? g_strdup(report->name)
               : g_strdup_printf("%s · the first %d of %u results", report->name, SIM_CHART_LINES,
                                 report->section_count);
}

const char *sim_picture_joint(uint32_t index, uint32_t count)
{
    return index == 0 ? "" : index + 1 < count ? ", " : " and ";
}

static bool series_is_unknown(const struct sim_series *series)
{
    for (uint32_t i = 0; i < series->cell_count; i++) {
        if (!isnan(series->values[i])) {
            return false;
        }
    }
    return true;
}

static bool series_is_zero(const struct sim_series *series)
{
    for (uint32_t i = 0; series && i < series->cell_count; i++) {
        if (series->values[i] > 0.0) {
            return false;
        }
    }
    return true;
}

/* Rate, errors and latency of one source over time. */
static struct sim_picture *picture_of_source(const struct sim_report *report,
                                             const struct sim_section *section, uint32_t tier,
                                             const char *name)
{
    struct sim_axis_of_time axis = sim_axis_of_time_new(section);
    struct sim_chart chart = chart_over_time(section, &axis);
    g_autofree char *title =
        g_strdup_printf("%s: requests and latency over time", section->tiers[tier].name);
    g_autofree char *subtitle = sim_picture_subtitle(report, section);
    const struct sim_series *failed = series_of(section, tier, "failed", "mean");
    chart.name = name;
    chart.title = title;
    chart.subtitle = subtitle;
    chart.panel_count = 2;
    chart.panels[0] =
        (struct sim_panel){.what = "requests", .unit = SIM_METRIC_EVENTS, .is_rate = true};
    if (!series_is_zero(failed)) {
        add_line(&chart.panels[0], failed, "failed", 1, SIM_LINE_AREA);
    }
    add_line(&chart.panels[0], series_of(section, tier, "issued", "mean"), "offered",
             SIM_COLOUR_GREY, SIM_LINE_BROAD);
    add_line(&chart.panels[0], series_of(section, tier, "goodput", "mean"), "goodput", 0,
             SIM_LINE_SOLID);
    chart.panels[1] = (struct sim_panel){.what = "latency", .unit = SIM_METRIC_SECONDS};
    add_line(&chart.panels[1], series_of(section, tier, "latency", "p99"), "p99", 1,
             SIM_LINE_SOLID);
    add_line(&chart.panels[1], series_of(section, tier, "latency", "p50"), "p50", 0,
             SIM_LINE_SOLID);
    struct sim_picture *picture = sim_chart_render(&chart);
    g_free(axis.x);
    return picture;
}

static uint32_t source_count(const struct sim_section *section)
{
    uint32_t count = 0;
    for (uint32_t t = 0; t < section->tier_count; t++) {
        count += section->tiers[t].is_source;
    }
    return count;
}

/* Part of a file name made of a tier's name. Caller frees. */
static char *file_part(const char *name)
{
    char *part = g_ascii_strdown(name, -1);
    return g_strcanon(part, "abcdefghijklmnopqrstuvwxyz0123456789-", '-');
}

static void add_sources(GPtrArray *pictures, const struct sim_report *report,
                        const struct sim_section *section)
{
    uint32_t most = report->section_count > 1 ? 1 : SOURCES_PICTURED;
    bool is_single = most == 1 || source_count(section) == 1;
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (sim_section_is_busy_source(section, t, most)) {
            g_autofree char *part = file_part(section->tiers[t].name);
            g_autofree char *stem =
                is_single ? g_strdup("timeline") : g_strdup_printf("timeline-%s", part);
            g_autofree char *name = sim_picture_name(stem, section);
            g_ptr_array_add(pictures, picture_of_source(report, section, t, name));
        }
    }
}

enum level_kind { LEVEL_SHARE, LEVEL_QUEUE, LEVEL_HELD, LEVEL_NONE };

/* Shares that are busy, what waits in queues, and what else is held: entries, connections. The
 * standard level `open` is left out. */
static enum level_kind level_kind_of(const struct sim_series *series)
{
    bool is_level = strcmp(series->aggregate, "mean") == 0 && !series->is_rate &&
                    strcmp(series->metric, "open") != 0 && !series_is_unknown(series);
    if (is_level && series->unit == SIM_METRIC_RATIO) {
        return LEVEL_SHARE;
    }
    if (!is_level || series->unit != SIM_METRIC_ITEMS || series_is_zero(series)) {
        return LEVEL_NONE;
    }
    return strstr(series->metric, "queue") ? LEVEL_QUEUE : LEVEL_HELD;
}

/* Titles are kept in `titles`. */
static void fill_levels(struct sim_panel *panel, const struct sim_section *section,
                        enum level_kind kind, GPtrArray *titles)
{
    uint32_t colour = 0;
    for (uint32_t i = 0; i < section->result->series_count && colour < SIM_CHART_LINES; i++) {
        const struct sim_series *series = &section->result->series[i];
        if (series->member == SIM_NONE && level_kind_of(series) == kind) {
            char *title =
                g_strdup_printf("%s %s", section->tiers[series->group].name, series->metric);
            g_ptr_array_add(titles, title);
            add_line(panel, series, title, colour++, SIM_LINE_PATTERN);
        }
    }
}

static void add_resources(GPtrArray *pictures, const struct sim_report *report,
                          const struct sim_section *section)
{
    static const char *const whats[] = {"busy", "waiting", "held"};
    static const char *const titles_by_kind[] = {"utilisation", "queues", "what is held"};
    struct sim_axis_of_time axis = sim_axis_of_time_new(section);
    struct sim_chart chart = chart_over_time(section, &axis);
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    const char *parts[LEVEL_NONE];
    for (int kind = LEVEL_SHARE; kind < LEVEL_NONE; kind++) {
        struct sim_panel panel = {
            .what = whats[kind], .unit = kind == LEVEL_SHARE ? SIM_METRIC_RATIO : SIM_METRIC_ITEMS};
        fill_levels(&panel, section, (enum level_kind)kind, titles);
        if (panel.line_count > 0) {
            parts[chart.panel_count] = titles_by_kind[kind];
            chart.panels[chart.panel_count++] = panel;
        }
    }
    if (chart.panel_count > 0) {
        g_autofree char *name = sim_picture_name("resources", section);
        g_autofree char *subtitle = sim_picture_subtitle(report, section);
        g_autoptr(GString) title = g_string_new(NULL);
        for (uint32_t p = 0; p < chart.panel_count; p++) {
            g_string_append(title, sim_picture_joint(p, chart.panel_count));
            g_string_append(title, parts[p]);
        }
        g_string_append(title, " over time");
        title->str[0] = g_ascii_toupper(title->str[0]);
        chart.name = name;
        chart.title = title->str;
        chart.subtitle = subtitle;
        g_ptr_array_add(pictures, sim_chart_render(&chart));
    }
    g_free(axis.x);
}

static void picture_free(gpointer picture)
{
    sim_picture_free(picture);
}

GPtrArray *sim_plots_of(const struct sim_report *report)
{
    GPtrArray *pictures = g_ptr_array_new_with_free_func(picture_free);
    sim_plots_latency(pictures, report);
    sim_plots_visibility(pictures, report);
    for (uint32_t s = 0; report->section_count <= RESULTS_PICTURED && s < report->section_count;
         s++) {
        sim_plots_evidence(pictures, report, &report->sections[s]);
        add_sources(pictures, report, &report->sections[s]);
        add_resources(pictures, report, &report->sections[s]);
    }
    sim_plots_user(pictures, report);
    return pictures;
}

/* The summary for people: expectations first, then what was measured, then what it rests on.
 *
 * Tiers are the rows of every table, so that they can be compared down a column. Failed requests
 * are infinitely late in all percentiles; means and greatest values are of answered ones, and the
 * head says so.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/number.h"
#include "report/text.h"

static char *duration(char out[SIM_TEXT_MAX], sim_time time)
{
    return sim_text_duration(out, sim_time_seconds(time));
}

static bool is_wanted(const struct sim_text *text, const struct sim_section *section)
{
    return !text->style->only || strcmp(text->style->only, section->label) == 0 ||
           g_strcmp0(text->style->only, section->variant) == 0;
}

/* Head */

void sim_text_head(const struct sim_text *text)
{
    const struct sim_report *report = text->report;
    const struct sim_section *first = &report->sections[0];
    char length[SIM_TEXT_MAX], warmup[SIM_TEXT_MAX];
    sim_text_heading(text, 1, report->name);
    sim_text_paragraph(text, report->description);
    g_autofree char *runs =
        first->is_batched ? g_strdup("1 run; ± is a 95 % interval from batches of it")
        : first->run_count == 1
            ? g_strdup("1 run; ~ marks values without an interval")
            : g_strdup_printf("%u runs; ± is a 95 %% interval over them", first->run_count);
    g_autofree char *line =
        g_strdup_printf("%s simulated, warm-up %s, seed %" G_GUINT64_FORMAT ", %s",
                        duration(length, first->duration), duration(warmup, first->warmup),
                        (guint64)report->seed, runs);
    sim_text_paragraph(text, line);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        g_autofree char *cut = sim_section_cut(section);
        if (cut && is_wanted(text, section)) {
            g_autofree char *warning =
                g_strdup_printf("%s%s%s", section->label, section->label[0] ? ": " : "", cut);
            sim_text_paragraph(text, warning);
        }
    }
}

/* Expectations */

static char *remark_of(const struct sim_report_expectation *expectation)
{
    GString *remark = g_string_new(NULL);
    char from[SIM_TEXT_MAX], to[SIM_TEXT_MAX];
    if (!expectation->is_whole && expectation->window.to > expectation->window.from) {
        g_string_append_printf(remark, "%s to %s", duration(from, expectation->window.from),
                               duration(to, expectation->window.to));
    }
    if (expectation->reason) {
        g_string_append_printf(remark, "%s%.*s", remark->len > 0 ? "; " : "",
                               (int)strcspn(expectation->reason, "\n"), expectation->reason);
    } else if (expectation->is_bare) {
        g_string_append_printf(remark, "%sa single value", remark->len > 0 ? "; " : "");
    }
    return g_string_free(remark, FALSE);
}

static void add_expectation(struct sim_table *table,
                            const struct sim_report_expectation *expectation)
{
    char value[SIM_NUMBER_MAX], interval[SIM_NUMBER_MAX];
    g_autofree char *verdict = g_strdup_printf("%s %s", sim_verdict_marks[expectation->verdict],
                                               sim_verdict_names[expectation->verdict]);
    sim_number_value(value, &expectation->estimate, expectation->unit, expectation->is_rate);
    sim_number_interval(interval, &expectation->estimate, expectation->unit, expectation->is_rate);
    g_autofree char *bracketed = interval[0] && strcmp(interval, value) != 0
                                     ? g_strdup_printf("(%s)", interval)
                                     : g_strdup("");
    g_autofree char *remark = remark_of(expectation);
    sim_table_add(table, verdict);
    sim_table_add(table, expectation->text);
    sim_table_add(table, value);
    sim_table_add(table, bracketed);
    sim_table_add(table, remark);
}

/* What stands behind the first line of a reason: the operations that show it. */
static void print_evidence(const struct sim_text *text, const struct sim_section *section)
{
    for (uint32_t i = 0; i < section->expectation_count; i++) {
        const char *reason = section->expectations[i].reason;
        const char *more = reason ? strchr(reason, '\n') : NULL;
        g_auto(GStrv) lines = g_strsplit(more ? more + 1 : "", "\n", -1);
        for (size_t l = 0; lines[l] != NULL; l++) {
            g_autofree char *line = g_strdup_printf("      %s", lines[l]);
            sim_text_paragraph(text, line);
        }
    }
}

static void print_section_expectations(const struct sim_text *text,
                                       const struct sim_section *section)
{
    static const char *const heads[] = {"verdict", "expected", "measured", "interval", "remark"};
    struct sim_table table;
    sim_table_init(&table, "llrll");
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        sim_table_add(&table, heads[i]);
    }
    for (uint32_t i = 0; i < section->expectation_count; i++) {
        add_expectation(&table, &section->expectations[i]);
    }
    if (text->report->section_count > 1) {
        const char *label = section->label[0] ? section->label : "(as written)";
        if (text->is_page) {
            sim_text_heading(text, 3, label);
        } else {
            sim_text_paragraph(text, label);
        }
    }
    sim_table_drop_empty(&table);
    sim_text_table(text, &table);
    sim_table_clear(&table);
    print_evidence(text, section);
}

void sim_text_expectations(const struct sim_text *text)
{
    bool is_headed = text->style->is_quiet;
    for (uint32_t s = 0; s < text->report->section_count; s++) {
        const struct sim_section *section = &text->report->sections[s];
        if (!is_wanted(text, section) || section->expectation_count == 0) {
            continue;
        }
        if (!is_headed) {
            sim_text_heading(text, 2, "Expectations");
            is_headed = true;
        }
        print_section_expectations(text, section);
    }
}

/* Comparison */

uint32_t sim_section_source(const struct sim_section *section)
{
    uint32_t busiest = 0;
    double most = -1.0;
    for (uint32_t t = 0; t < section->tier_count; t++) {
        const struct sim_figure *issued = sim_section_figure(section, t, "issued", "total");
        double count = section->tiers[t].is_source && issued ? issued->estimate.value : -1.0;
        if (count > most) {
            most = count;
            busiest = t;
        }
    }
    return busiest;
}

/* The tier of that name: variants may have different ones. */
static uint32_t tier_named(const struct sim_section *section, const char *name)
{
    uint32_t t = 0;
    while (t < section->tier_count && strcmp(section->tiers[t].name, name) != 0) {
        t++;
    }
    return t;
}

void sim_text_add_figure(struct sim_table *table, const struct sim_section *section, uint32_t tier,
                         const char *metric, const char *aggregate)
{
    const struct sim_figure *figure = sim_section_figure(section, tier, metric, aggregate);
    char out[SIM_NUMBER_MAX] = "-";
    if (figure && figure->is_printable) {
        sim_number_text(out, &figure->estimate, figure->unit, figure->is_rate);
    } else if (figure && figure->observations > 0.0) {
        g_strlcpy(out, "too few", sizeof(out));
    }
    sim_table_add(table, out);
}

/* "db 80.3 %": the tier and the share of its busiest resource. */
static void add_busiest(struct sim_table *table, const struct sim_section *section)
{
    const struct sim_figure *busiest = NULL;
    for (uint32_t i = 0; i < section->figure_count; i++) {
        const struct sim_figure *figure = &section->figures[i];
        bool is_share = figure->unit == SIM_METRIC_RATIO && figure->member == SIM_NONE &&
                        strcmp(figure->aggregate, "mean") == 0 && isfinite(figure->estimate.value);
        if (is_share && (!busiest || figure->estimate.value > busiest->estimate.value)) {
            busiest = figure;
        }
    }
    if (!busiest) {
        sim_table_add(table, "-");
        return;
    }
    char out[SIM_NUMBER_MAX];
    sim_number_value(out, &busiest->estimate, busiest->unit, busiest->is_rate);
    g_autofree char *cell = g_strdup_printf("%s %s", section->tiers[busiest->group].name, out);
    sim_table_add(table, cell);
}

void sim_text_comparison(const struct sim_text *text)
{
    const struct sim_report *report = text->report;
    struct sim_table table;
    sim_table_init(&table, "lrrrrrl");
    static const char *const heads[] = {"",       "p50",          "p99",    "goodput",
                                        "failed", "good seconds", "busiest"};
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        sim_table_add(&table, heads[i]);
    }
    const struct sim_section *first = &report->sections[0];
    const char *name = first->tier_count > 0 ? first->tiers[sim_section_source(first)].name : "";
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        uint32_t source = tier_named(section, name);
        sim_table_add(&table, section->label[0] ? section->label : "(as written)");
        sim_text_add_figure(&table, section, source, "latency", "p50");
        sim_text_add_figure(&table, section, source, "latency", "p99");
        sim_text_add_figure(&table, section, source, "goodput", "mean");
        sim_text_add_figure(&table, section, source, "errors", "ratio");
        sim_text_add_figure(&table, section, source, "availability.windows", "ratio");
        add_busiest(&table, section);
    }
    g_autofree char *heading = g_strdup_printf("Side by side: %s", name);
    sim_text_heading(text, 2, heading);
    sim_table_drop_empty(&table);
    sim_text_table(text, &table);
    sim_table_clear(&table);
}

/* Foot */

void sim_text_foot(const struct sim_text *text)
{
    const struct sim_report *report = text->report;
    sim_text_gap(text);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        if (is_wanted(text, section)) {
            g_autofree char *line = g_strdup_printf(
                "digest %016" G_GINT64_MODIFIER "x, scenario %016" G_GINT64_MODIFIER "x%s%s",
                (guint64)section->digest, (guint64)section->hash, section->label[0] ? ": " : "",
                section->label);
            sim_text_paragraph(text, line);
        }
    }
    if (text->style->folder) {
        g_autofree char *line = g_strdup_printf("files in %s", text->style->folder);
        sim_text_paragraph(text, line);
    }
    if (sim_report_verdict(report) != SIM_PASS || report->was_interrupted) {
        g_autofree char *line =
            g_strdup_printf("again: brink run %s %s", report->path, report->options);
        sim_text_paragraph(text, line);
    }
}

GString *sim_render_text(const struct sim_report *report, const struct sim_text_style *style)
{
    struct sim_text text = {.report = report, .style = style, .out = g_string_new(NULL)};
    if (report->section_count == 0) {
        g_string_append(text.out, "no results\n");
        return text.out;
    }
    if (style->is_quiet) {
        sim_text_expectations(&text);
        return text.out;
    }
    sim_text_head(&text);
    sim_text_expectations(&text);
    bool is_single = report->section_count == 1 || style->only;
    if (!is_single) {
        sim_text_comparison(&text);
    }
    bool is_full = is_single || report->section_count <= style->full_max;
    for (uint32_t s = 0; is_full && s < report->section_count; s++) {
        if (is_wanted(&text, &report->sections[s])) {
            sim_text_section(&text, &report->sections[s], report->section_count > 1);
        }
    }
    sim_text_shared(&text);
    if (!is_full) {
        g_autofree char *line =
            g_strdup_printf("\n(one of them in full: brink report %s --only '%s')",
                            style->folder ? style->folder : "FOLDER", report->sections[0].label);
        sim_text_paragraph(&text, line);
    }
    sim_text_foot(&text);
    return text.out;
}

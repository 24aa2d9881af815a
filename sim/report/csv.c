/* Tables for other programs: metrics.csv, series.csv, latency.csv (RFC 4180, UTF-8, no locale).
 *
 * Every table begins with the columns that name the case: the variant, then one column for each
 * swept parameter.
 */
#include <math.h>
#include <string.h>

#include "base/keyed.h"
#include "base/text.h"
#include "report/render.h"

static void append_field(GString *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *c = text; *c; c++) {
        g_string_append_c(out, *c);
        if (*c == '"') {
            g_string_append_c(out, '"');
        }
    }
    g_string_append_c(out, '"');
}

static void append_number(GString *out, double value, int digits)
{
    char text[SIM_TEXT_MAX];
    g_string_append_c(out, ',');
    if (!isnan(value)) { /* an empty field is "not observed" */
        g_string_append(out, digits > 0 ? sim_text_rounded(text, value, digits)
                                        : sim_text_double(text, value));
    }
}

static void append_case_heads(GString *out, const struct sim_report *report)
{
    g_string_append(out, "variant");
    const struct sim_section *first = &report->sections[0];
    for (uint32_t i = 0; i < first->setting_count; i++) {
        g_string_append_c(out, ',');
        append_field(out, first->settings[i].name);
    }
}

static void append_case(GString *out, const struct sim_section *section)
{
    append_field(out, section->variant ? section->variant : "");
    for (uint32_t i = 0; i < section->setting_count; i++) {
        g_string_append_c(out, ',');
        append_field(out, section->settings[i].value);
    }
}

static void append_figure(GString *out, const struct sim_section *section,
                          const struct sim_figure *figure)
{
    g_autofree char *name =
        sim_figure_name(figure->metric, figure->aggregate, figure->unit, figure->is_rate);
    append_case(out, section);
    g_string_append_c(out, ',');
    append_field(out, section->tiers[figure->group].name);
    g_string_append_c(out, ',');
    if (figure->member != SIM_NONE) {
        g_string_append_printf(out, "%u", figure->member + 1);
    }
    g_string_append_printf(out, ",%s,%s", name, sim_unit_name(figure->unit, figure->is_rate));
    const struct sim_estimate *estimate = &figure->estimate;
    append_number(out, estimate->value, 0);
    append_number(out, estimate->has_interval ? estimate->low : NAN, 6);
    append_number(out, estimate->has_interval ? estimate->high : NAN, 6);
    append_number(out, estimate->confidence, 0);
    g_string_append_printf(out, ",%zu", estimate->count);
    append_number(out, figure->observations, 0);
    g_string_append_printf(out, ",%s\n", figure->is_printable ? "true" : "false");
}

GString *sim_render_csv(const struct sim_report *report)
{
    GString *out = g_string_new(NULL);
    if (report->section_count == 0) {
        return out;
    }
    append_case_heads(out, report);
    g_string_append(out, ",tier,member,figure,unit,value,low,high,confidence,values_count,"
                         "observations_count,has_enough\n");
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t i = 0; i < section->figure_count; i++) {
            append_figure(out, section, &section->figures[i]);
        }
    }
    return out;
}

/* The heads of series.csv, in the order of their first appearance: not every case has every line.
 */
static char *series_head(const struct sim_section *section, const struct sim_series *series)
{
    g_autofree char *name =
        sim_figure_name(series->metric, series->aggregate, series->unit, series->is_rate);
    const char *tier = section->tiers[series->group].name;
    return series->member == SIM_NONE
               ? g_strdup_printf("%s.%s", tier, name)
               : g_strdup_printf("%s[%u].%s", tier, series->member + 1, name);
}

static GPtrArray *collect_heads(const struct sim_report *report, GHashTable *places)
{
    GPtrArray *heads = g_ptr_array_new_with_free_func(g_free);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t i = 0; i < section->result->series_count; i++) {
            char *head = series_head(section, &section->result->series[i]);
            if (g_hash_table_contains(places, head)) {
                g_free(head);
            } else {
                g_hash_table_insert(places, head, GUINT_TO_POINTER(heads->len));
                g_ptr_array_add(heads, head);
            }
        }
    }
    return heads;
}

static void append_cells(GString *out, const struct sim_section *section, guint column_count,
                         GHashTable *places)
{
    const struct sim_result *result = section->result;
    g_autofree const struct sim_series **columns =
        g_new0(const struct sim_series *, column_count + 1);
    for (uint32_t i = 0; i < result->series_count; i++) {
        g_autofree char *head = series_head(section, &result->series[i]);
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, head));
        columns[place] = &result->series[i];
    }
    for (uint32_t cell = 0; cell < result->cell_count; cell++) {
        append_case(out, section);
        append_number(out, sim_time_seconds(result->cell * cell), 0);
        for (guint c = 0; c < column_count; c++) {
            append_number(out, columns[c] ? columns[c]->values[cell] : NAN, 6);
        }
        g_string_append_c(out, '\n');
    }
}

GString *sim_render_series(const struct sim_report *report)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GHashTable) places = g_hash_table_new(sim_keyed_text, g_str_equal);
    g_autoptr(GPtrArray) heads = collect_heads(report, places);
    append_case_heads(out, report);
    g_string_append(out, ",time_seconds");
    for (guint i = 0; i < heads->len; i++) {
        g_string_append_c(out, ',');
        append_field(out, g_ptr_array_index(heads, i));
    }
    g_string_append_c(out, '\n');
    for (uint32_t s = 0; s < report->section_count; s++) {
        append_cells(out, &report->sections[s], heads->len, places);
    }
    return out;
}

static void append_distribution(GString *out, const struct sim_section *section,
                                const struct sim_distribution *distribution)
{
    double within = 0.0;
    for (uint32_t b = 0; b <= distribution->bucket_count; b++) {
        bool is_last = b == distribution->bucket_count; /* those that were never answered */
        if (is_last && distribution->infinite == 0.0) {
            break;
        }
        const struct sim_bucket *bucket = is_last ? NULL : &distribution->buckets[b];
        double count = is_last ? distribution->infinite : bucket->count;
        within += count;
        append_case(out, section);
        g_string_append_c(out, ',');
        append_field(out, section->tiers[distribution->group].name);
        append_number(out, is_last ? INFINITY : bucket->low, 9);
        append_number(out, is_last ? INFINITY : bucket->high, 9);
        append_number(out, count, 0);
        append_number(out, within / distribution->total, 9);
        g_string_append_c(out, '\n');
    }
}

GString *sim_render_latency(const struct sim_report *report)
{
    GString *out = g_string_new(NULL);
    append_case_heads(out, report);
    g_string_append(out, ",tier,latency_from_seconds,latency_below_seconds,requests_count,"
                         "share_below_ratio\n");
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t d = 0; d < section->result->distribution_count; d++) {
            append_distribution(out, section, &section->result->distributions[d]);
        }
    }
    return out;
}

static void append_visibility(GString *out, const struct sim_section *section,
                              const struct sim_visibility *visibility)
{
    for (uint32_t i = 0; i < visibility->step_count; i++) {
        const struct sim_visibility_step *step = &visibility->steps[i];
        append_case(out, section);
        g_string_append_c(out, ',');
        append_field(out, section->tiers[visibility->group].name);
        append_number(out, step->low, 6);
        append_number(out, step->high, 6);
        append_number(out, step->reads, 0);
        append_number(out, step->consistent.value, 9);
        append_number(out, step->consistent.has_interval ? step->consistent.low : NAN, 9);
        append_number(out, step->consistent.has_interval ? step->consistent.high : NAN, 9);
        g_string_append_c(out, '\n');
    }
}

GString *sim_render_visibility(const struct sim_report *report)
{
    GString *out = g_string_new(NULL);
    bool is_any = false;
    append_case_heads(out, report);
    g_string_append(out, ",tier,since_commit_from_seconds,since_commit_below_seconds,reads_count,"
                         "consistent_ratio,low,high\n");
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_result *result = report->sections[s].result;
        for (uint32_t v = 0; v < result->visibility_count; v++) {
            append_visibility(out, &report->sections[s], &result->visibilities[v]);
            is_any = true;
        }
    }
    if (!is_any) {
        g_string_free(out, TRUE);
        return NULL;
    }
    return out;
}

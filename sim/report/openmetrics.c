/* OpenMetrics text (version 1.0.0): every figure of a tier as a gauge, with its unit in its name,
 * as the format asks, and its interval beside it as two more. Percentiles carry the label
 * `quantile`. One family stands together, so sections are walked once a family.
 */
#include <math.h>
#include <string.h>

#include "base/keyed.h"
#include "base/text.h"
#include "report/render.h"

/* Letters, digits and underscores. Caller frees. */
static char *family_of(const struct sim_figure *figure)
{
    bool is_quantile = figure->aggregate[0] == 'p' && g_ascii_isdigit(figure->aggregate[1]);
    const char *unit = sim_unit_name(figure->unit, figure->is_rate);
    bool is_said = is_quantile || strcmp(figure->aggregate, unit) == 0;
    char *name = is_said
                     ? g_strdup_printf("brink_%s_%s", figure->metric, unit)
                     : g_strdup_printf("brink_%s_%s_%s", figure->metric, figure->aggregate, unit);
    return g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '_');
}

static void append_label(GString *out, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    g_string_append_printf(out, "%s%s=\"", out->str[out->len - 1] == '{' ? "" : ",", name);
    for (const char *c = valid; *c; c++) {
        if (*c == '\n') {
            g_string_append(out, "\\n");
        } else {
            g_string_append_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        }
    }
    g_string_append_c(out, '"');
}

static void append_sample(GString *out, const char *family, const char *bound,
                          const struct sim_report *report, const struct sim_section *section,
                          const struct sim_figure *figure, double value)
{
    char text[SIM_TEXT_MAX];
    g_string_append_printf(out, "%s{", family);
    append_label(out, "scenario", report->name);
    if (section->variant) {
        append_label(out, "variant", section->variant);
    }
    for (uint32_t i = 0; i < section->setting_count; i++) {
        g_autofree char *name = g_strdup_printf("set_%s", section->settings[i].name);
        g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '_');
        append_label(out, name, section->settings[i].value);
    }
    append_label(out, "tier", section->tiers[figure->group].name);
    if (figure->member != SIM_NONE) {
        g_snprintf(text, sizeof(text), "%u", figure->member + 1);
        append_label(out, "member", text);
    }
    if (figure->aggregate[0] == 'p' && g_ascii_isdigit(figure->aggregate[1])) {
        double quantile = g_ascii_strtod(figure->aggregate + 1, NULL) / 100.0;
        append_label(out, "quantile", sim_text_rounded(text, quantile, 12));
    }
    append_label(out, "bound", bound);
    const char *number = isnan(value)   ? "NaN"
                         : isinf(value) ? (value > 0 ? "+Inf" : "-Inf")
                                        : sim_text_rounded(text, value, bound[0] == 'v' ? 9 : 6);
    g_string_append_printf(out, "} %s\n", number);
}

static void append_family(GString *out, const struct sim_report *report, const char *family)
{
    bool is_headed = false;
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t i = 0; i < section->figure_count; i++) {
            const struct sim_figure *figure = &section->figures[i];
            g_autofree char *own = family_of(figure);
            if (strcmp(own, family) != 0) {
                continue;
            }
            if (!is_headed) {
                g_string_append_printf(out, "# TYPE %s gauge\n# UNIT %s %s\n", family, family,
                                       sim_unit_name(figure->unit, figure->is_rate));
                is_headed = true;
            }
            const struct sim_estimate *estimate = &figure->estimate;
            append_sample(out, family, "value", report, section, figure, estimate->value);
            if (estimate->has_interval) {
                append_sample(out, family, "low", report, section, figure, estimate->low);
                append_sample(out, family, "high", report, section, figure, estimate->high);
            }
        }
    }
}

GString *sim_render_openmetrics(const struct sim_report *report)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GHashTable) known = g_hash_table_new_full(sim_keyed_text, g_str_equal, g_free, NULL);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t i = 0; i < section->figure_count; i++) {
            char *family = family_of(&section->figures[i]);
            if (!g_hash_table_add(known, family)) {
                continue; /* written already */
            }
            append_family(out, report, family);
        }
    }
    g_string_append(out, "# EOF\n");
    return out;
}

/* The points of a picture of figures against a figure, and the scales that they stand on. */
#include <math.h>
#include <string.h>

#include "report/scatter.h"

/* Points */

static bool is_settable_text(const char *value)
{
    return value[0] == '"' || value[0] == '\'';
}

/* What tells a point from others of its colour: the variant, and what the sweeps vary. */
static const char *label_of(struct user_plot *user, const struct sim_section *section,
                            const char *per)
{
    GString *label = g_string_new(NULL);
    if (section->variant && strcmp(per, "variant") != 0) {
        g_string_append(label, section->variant);
    }
    for (uint32_t i = 0; i < section->setting_count; i++) {
        const struct sim_setting *setting = &section->settings[i];
        if (strcmp(setting->name, per) != 0) {
            g_string_append(label, label->len > 0 ? ", " : "");
            if (!is_settable_text(setting->value)) {
                g_string_append_printf(label, "%s=", setting->name);
            }
            g_string_append(label, sim_user_setting(user, section, setting->name));
        }
    }
    return sim_user_keep(user, g_string_free(label, FALSE));
}

/* What colours the points: as asked, else the variants where there are sweeps within them. */
static const char *per_of(const struct user_plot *user)
{
    if (user->plot->per) {
        return user->plot->per;
    }
    bool has_both = false;
    for (uint32_t s = 0; s < user->report->section_count; s++) {
        const struct sim_section *section = &user->report->sections[s];
        has_both = has_both || (section->variant && section->setting_count > 0);
    }
    return has_both ? "variant" : "";
}

static uint32_t colour_of(struct scatter *scatter, const struct sim_section *section,
                          const char *per)
{
    const char *value = per[0] ? sim_user_setting(scatter->user, section, per) : "";
    bool is_param = per[0] && strcmp(per, "variant") != 0;
    const char *title =
        is_param ? sim_user_keep(scatter->user, g_strdup_printf("%s = %s", per, value)) : value;
    for (uint32_t g = 0; g < scatter->group_count; g++) {
        if (strcmp(scatter->groups[g], title) == 0) {
            return g;
        }
    }
    if (scatter->group_count == SIM_CHART_LINES) {
        return SIM_COLOUR_GREY;
    }
    scatter->groups[scatter->group_count] = title;
    return scatter->group_count++;
}

void sim_scatter_collect(struct scatter *scatter, const struct sim_figure_spec *spec)
{
    struct user_plot *user = scatter->user;
    const struct sim_figure_spec *across = user->plot->across;
    const char *per = per_of(user);
    scatter->spot_count = 0;
    for (uint32_t s = 0; s < user->report->section_count; s++) {
        const struct sim_section *section = &user->report->sections[s];
        uint32_t colour = colour_of(scatter, section, per);
        struct spot spot = {
            .x = sim_result_plotted(section->result, across, sim_user_aggregate(user, across)),
            .y = sim_result_plotted(section->result, spec, sim_user_aggregate(user, spec)),
            .colour = colour,
            .label = label_of(user, section, per)};
        if (spot.x && spot.y && isfinite(spot.x->estimate.value) &&
            isfinite(spot.y->estimate.value)) {
            scatter->spots[scatter->spot_count++] = spot;
        }
    }
}

/* Scales */

double sim_scatter_low(const struct sim_figure *figure)
{
    double low = figure->estimate.low;
    return isfinite(low) ? low : figure->estimate.value;
}

double sim_scatter_high(const struct sim_figure *figure)
{
    double high = figure->estimate.high;
    return isfinite(high) ? high : figure->estimate.value;
}

static const struct sim_figure *figure_of(const struct spot *spot, bool is_x)
{
    return is_x ? spot->x : spot->y;
}

struct scale sim_scatter_scale(const struct scatter *scatter, bool is_x, const char *what,
                               glong most)
{
    double low = INFINITY, high = -INFINITY;
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        low = fmin(low, sim_scatter_low(figure_of(&scatter->spots[i], is_x)));
        high = fmax(high, sim_scatter_high(figure_of(&scatter->spots[i], is_x)));
    }
    const struct sim_figure *first = figure_of(&scatter->spots[0], is_x);
    struct scale scale = {.title = NULL};
    g_autofree char *unit = sim_axis_title("", high, first->unit, first->is_rate, &scale.factor);
    g_autofree char *cut =
        g_utf8_strlen(what, -1) > most ? g_utf8_substring(what, 0, most - 1) : NULL;
    scale.title = g_strconcat(cut ? cut : what, cut ? "…" : "", unit, NULL);
    low *= scale.factor;
    high *= scale.factor;
    scale.is_log = first->unit == SIM_METRIC_SECONDS && low > 0.0 && high > 30.0 * low;
    if (scale.is_log) {
        scale.low = low / 1.3;
        scale.high = high * 1.5;
    } else {
        double span = high > low ? high - low : fmax(fabs(high), 1.0);
        scale.low = low - 0.1 * span;
        scale.high = high + 0.1 * span;
    }
    return scale;
}

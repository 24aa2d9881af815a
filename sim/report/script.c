/* What all gnuplot scripts share. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/chart.h"
#include "report/number.h"

const char *sim_script_colour(uint32_t colour)
{
    static const char *const palette[SIM_CHART_LINES] = {
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6A3D9A", "#333333"};
    return colour < SIM_CHART_LINES ? palette[colour] : "#b8b8b8";
}

const char *sim_script_dash(uint32_t colour)
{
    static const char *const dashes[SIM_CHART_LINES] = {
        "solid", "(14,5)", "(5,4)", "(14,4,3,4)", "(3,3)", "(22,6)", "(9,3,2,3,2,3)", "(8,8)"};
    return colour < SIM_CHART_LINES ? dashes[colour] : "solid";
}

int sim_script_point(uint32_t colour)
{
    /* Circle, square, diamond, ...; the triangle (9) marks what was never answered. */
    static const int points[SIM_CHART_LINES] = {7, 5, 13, 11, 15, 6, 4, 12};
    return colour < SIM_CHART_LINES ? points[colour] : 7;
}

void sim_script_quote(GString *script, const char *text, size_t most)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    bool is_long = g_utf8_strlen(valid, -1) > (glong)most;
    const char *end =
        is_long ? g_utf8_offset_to_pointer(valid, (glong)most - 1) : valid + strlen(valid);
    g_string_append_c(script, '\'');
    for (const char *c = valid; c < end; c++) {
        if (*c == '\'') {
            g_string_append(script, "''");
        } else if (*c == '>' && c >= valid + 2 && c[-1] == ']' && c[-2] == ']') {
            g_string_append(script, " >"); /* gnuplot writes it into the SVG as it is */
        } else {
            g_string_append_c(script, g_ascii_iscntrl(*c) ? ' ' : *c);
        }
    }
    g_string_append(script, is_long ? "…'" : "'");
}

double sim_script_key_edge(glong longest, glong most)
{
    double pixels = 82.0 + 9.7 * (double)(longest < most ? longest : most);
    return 1.0 - pixels / 960.0;
}

void sim_script_quote_tic(GString *script, const char *text, size_t most)
{
    g_autoptr(GString) doubled = g_string_new(text);
    size_t percents = g_string_replace(doubled, "%", "%%", 0);
    sim_script_quote(script, doubled->str, most + percents);
}

void sim_script_number(GString *script, double value)
{
    char text[SIM_TEXT_MAX];
    g_string_append(script, isfinite(value) ? sim_text_rounded(text, value, 7) : "NaN");
}

void sim_script_begin(GString *script, const char *name, const char *title, const char *subtitle,
                      int height)
{
    g_string_append_printf(
        script,
        "# Draws %s.svg and %s.png from %s.dat; run it in the folder where it lies.\n"
        "set encoding utf8\n"
        "do for [format in 'svg png'] {\n"
        "if (format eq 'svg') {\n"
        "    set terminal svg size 960,%d dynamic noenhanced font 'DejaVu Sans,13' "
        "background '#ffffff'\n"
        "} else {\n"
        "    set terminal pngcairo size 1920,%d noenhanced font 'DejaVu Sans,13' fontscale 2 "
        "linewidth 2 pointscale 2 background '#ffffff'\n"
        "}\n"
        "set output '%s.'.format\n"
        "set border 3 linecolor '#808080'\n"
        "set tics out nomirror textcolor '#404040'\n"
        "set grid linecolor '#e6e6e6' linetype 1 linewidth 1\n"
        "set label 1 ",
        name, name, name, height, 2 * height, name);
    sim_script_quote(script, title, 78);
    g_string_append_printf(script,
                           " at screen 0.025,%.4f left font 'DejaVu Sans,18' textcolor '#111111'\n",
                           1.0 - 26.0 / height);
    g_string_append(script, "set label 2 ");
    sim_script_quote(script, subtitle, 118);
    g_string_append_printf(script, " at screen 0.025,%.4f left textcolor '#606060'\n",
                           1.0 - 53.0 / height);
}

/* At most so many characters stand beside a panel. */
#define AXIS_TITLE_MOST 34

static char *with_unit(const char *what, const char *unit)
{
    glong room = AXIS_TITLE_MOST - g_utf8_strlen(unit, -1);
    if (g_utf8_strlen(what, -1) <= room) {
        return g_strconcat(what, unit, NULL);
    }
    g_autofree char *cut = g_utf8_substring(what, 0, room - 1);
    return g_strconcat(cut, "…", unit, NULL);
}

char *sim_axis_title(const char *what, double largest, enum sim_metric_unit unit, bool is_rate,
                     double *ret_factor)
{
    struct sim_number_unit scale = sim_number_unit_of(largest, unit, is_rate);
    *ret_factor = scale.factor;
    bool is_count = unit == SIM_METRIC_EVENTS || unit == SIM_METRIC_ITEMS;
    if (is_count && largest >= 1e5) { /* six digits on an axis are too many */
        bool is_huge = largest >= 1e8;
        *ret_factor = is_huge ? 1e-6 : 1e-3;
        return with_unit(what, is_huge   ? is_rate ? " (millions/s)" : " (millions)"
                               : is_rate ? " (thousands/s)"
                                         : " (thousands)");
    }
    const char *symbol = scale.symbol[0] == ' ' ? scale.symbol + 1 : scale.symbol;
    g_autofree char *in_parentheses = g_strdup_printf(" (%s)", symbol);
    return with_unit(what, symbol[0] == '/' && strchr(what, '.') ? " (/s)"
                           : symbol[0] == '/'                    ? symbol
                           : symbol[0]                           ? in_parentheses
                                                                 : "");
}

void sim_picture_free(struct sim_picture *picture)
{
    g_free(picture->name);
    g_free(picture->title);
    g_string_free(picture->script, TRUE);
    g_string_free(picture->data, TRUE);
    g_free(picture);
}

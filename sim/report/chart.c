/* Charts of panels: ranges, keys, shaded faults, lines, and the data that they read. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#define LEFT 0.11 /* of the width: where the panels begin and end */
#define RIGHT 0.965
#define TOP 68    /* pixels above the first panel's key: title and subtitle */
#define KEY 30    /* pixels of a key above its panel */
#define BOTTOM 74 /* pixels below the last panel: tics and title of the axis */
#define TITLE_MOST 40
#define FAULT_LABELS 8

struct range {
    double low, high;
    bool is_log;
    bool has_infinite;
    double factor; /* printed = value x factor */
};

static int height_of(const struct sim_chart *chart)
{
    return chart->panel_count == 1 ? 520 : chart->panel_count == 2 ? 640 : 840;
}

/* Ranges */

/* The least of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 x 10^k that is not below `value` > 0. */
static double nice_above(double value)
{
    static const double steps[] = {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
    double decade = 1.0;
    while (decade > value) {
        decade /= 10.0;
    }
    while (decade * 10.0 < value) {
        decade *= 10.0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i] * decade >= value * (1.0 - 1e-12)) {
            return steps[i] * decade;
        }
    }
    return 10.0 * decade;
}

static double decade_below(double value)
{
    double decade = 1.0;
    while (decade > value) {
        decade /= 10.0;
    }
    while (decade * 10.0 <= value) {
        decade *= 10.0;
    }
    return decade;
}

/* Durations that spread over more than a factor of thirty stand on a log axis. */
static struct range range_of(const struct sim_panel *panel, uint32_t point_count)
{
    double least = INFINITY, largest = 0.0;
    bool has_infinite = false;
    for (uint32_t l = 0; l < panel->line_count; l++) {
        const struct sim_line *line = &panel->lines[l];
        for (uint32_t i = 0; i < point_count; i++) {
            double value = line->values[i];
            double high = line->high && isfinite(line->high[i]) ? line->high[i] : value;
            has_infinite = has_infinite || (isinf(value) && value > 0.0);
            largest = isfinite(high) && high > largest ? high : largest;
            least = isfinite(value) && value > 0.0 && value < least ? value : least;
        }
    }
    struct range range = {.low = 0.0, .has_infinite = has_infinite};
    g_free(sim_axis_title("", largest, panel->unit, panel->is_rate, &range.factor));
    range.is_log = panel->unit == SIM_METRIC_SECONDS && largest > 30.0 * least;
    if (largest <= 0.0) {
        range.high = 1.0;
    } else if (range.is_log) {
        range.low = decade_below(least * range.factor);
        range.high = nice_above(largest * range.factor * 1.2);
    } else if (panel->unit == SIM_METRIC_RATIO && largest > 0.5 && largest <= 1.05) {
        range.high = 105.0;
    } else {
        range.high = nice_above(largest * range.factor * 1.08);
    }
    return range;
}

/* Keys */

static glong longest_title(const struct sim_panel *panel)
{
    glong longest = 0;
    for (uint32_t l = 0; l < panel->line_count; l++) {
        glong length = g_utf8_strlen(panel->lines[l].title, -1);
        longest = length > longest ? length : longest;
    }
    return longest < TITLE_MOST ? longest : TITLE_MOST;
}

/* Where panels end when keys stand beside them. */
static double right_beside_keys(const struct sim_chart *chart)
{
    double right = RIGHT;
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        double edge = sim_script_key_edge(longest_title(&chart->panels[p]), TITLE_MOST);
        right = edge < right ? edge : right;
    }
    return right;
}

/* Whether the keys fit on one line above their panels. */
static bool keys_fit(const struct sim_chart *chart)
{
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        const struct sim_panel *panel = &chart->panels[p];
        glong longest = longest_title(panel);
        glong entries = (glong)panel->line_count + 1; /* the mark of what was never answered */
        if (panel->line_count > 1 && entries * (longest + 7) > 92) {
            return false;
        }
    }
    return true;
}

/* Shades */

static double fault_end(const struct sim_chart *chart, const struct sim_fault_span *fault)
{
    double to = sim_time_seconds(fault->to) * chart->x_per_second;
    return to < chart->x_end ? to : chart->x_end;
}

/* All faults have their names in the picture when they are few, else the first of each name. */
static bool fault_is_named(const struct sim_chart *chart, uint32_t f)
{
    for (uint32_t other = 0; chart->fault_count > FAULT_LABELS && other < f; other++) {
        if (strcmp(chart->faults[other].label, chart->faults[f].label) == 0) {
            return false;
        }
    }
    return true;
}

static void append_shade(GString *script, int number, double from, double to, const char *colour)
{
    g_string_append_printf(script, "set object %d rectangle from ", number);
    sim_script_number(script, from);
    g_string_append(script, ", graph 0 to ");
    sim_script_number(script, to);
    g_string_append_printf(script, ", graph 1 behind fillcolor rgb '%s' fillstyle solid noborder\n",
                           colour);
}

/* Shades the faults; in the first panel each has its name, on a line of its own where the one
 * before has not ended. */
static void append_faults(GString *script, const struct sim_chart *chart, bool is_first)
{
    if (chart->warmup > 0) {
        double to = sim_time_seconds(chart->warmup) * chart->x_per_second;
        append_shade(script, 10, 0.0, to, "#f3f3f3");
        if (is_first) {
            g_string_append(script, "set label 10 'warm-up' at 0, graph 0.05 left offset 0.4,0 "
                                    "textcolor '#909090' font 'DejaVu Sans,11'\n");
        }
    }
    double label_end[4] = {-1.0, -1.0, -1.0, -1.0};
    for (uint32_t f = 0; f < chart->fault_count; f++) {
        const struct sim_fault_span *fault = &chart->faults[f];
        double from = sim_time_seconds(fault->from) * chart->x_per_second;
        double to = fault_end(chart, fault);
        if (from >= chart->x_end) {
            continue;
        }
        double least = chart->x_end * 0.002; /* a moment can still be seen */
        append_shade(script, 20 + (int)f, from, to - from < least ? from + least : to, "#f6e3d0");
        if (!is_first || !fault_is_named(chart, f)) {
            continue;
        }
        size_t length = strlen(fault->label) < 24 ? strlen(fault->label) : 24;
        double label_width = chart->x_end * 0.0105 * (double)(length + 2);
        bool is_right = from + label_width > chart->x_end; /* it would leave the panel */
        double label_from = is_right ? from - label_width : from;
        int row = 0;
        while (row < 3 && label_end[row] > label_from) {
            row++;
        }
        label_end[row] = label_from + label_width;
        g_string_append_printf(script, "set label %u ", 20 + f);
        sim_script_quote(script, fault->label, 24);
        g_string_append(script, " at ");
        sim_script_number(script, from);
        g_string_append_printf(script,
                               ", graph %.2f %s offset %s,0 textcolor '#a0521d' "
                               "font 'DejaVu Sans,11' front\n",
                               0.95 - 0.075 * row, is_right ? "right" : "left",
                               is_right ? "-0.4" : "0.4");
    }
}

static void remove_faults(GString *script, const struct sim_chart *chart)
{
    g_string_append(script, "unset object\nunset label 10\n");
    for (uint32_t f = 0; f < chart->fault_count; f++) {
        if (fault_is_named(chart, f)) {
            g_string_append_printf(script, "unset label %u\n", 20 + f);
        }
    }
}

/* Lines */

/* Columns of the data of one line: value, whether it is infinite, low, high. */
#define COLUMNS_PER_LINE 4

/* Lines that lie upon one another show as stripes: earlier ones are wider. */
static void append_style(GString *script, const struct sim_line *line, uint32_t lines_after)
{
    const char *colour = sim_script_colour(line->colour);
    switch (line->style) {
    case SIM_LINE_SOLID:
        g_string_append_printf(script, "linewidth %.1f linecolor rgb '%s'",
                               2.0 + 0.5 * (lines_after < 4 ? lines_after : 4), colour);
        break;
    case SIM_LINE_DASHED:
        g_string_append_printf(script, "linewidth 1.8 dashtype (6,4) linecolor rgb '%s'", colour);
        break;
    case SIM_LINE_THIN:
        g_string_append_printf(script, "linewidth 1.2 linecolor rgb '%s'", colour);
        break;
    case SIM_LINE_AREA:
        g_string_append_printf(script,
                               "fillcolor rgb '%s' fillstyle transparent solid 0.45 "
                               "noborder",
                               colour);
        break;
    }
}

static bool line_has_infinite(const struct sim_line *line, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (isinf(line->values[i])) {
            return true;
        }
    }
    return false;
}

/* Where what was never answered is marked: at the upper edge, each line a little lower. */
static double never_at(const struct range *range, int row)
{
    double share = 0.985 - 0.035 * row;
    return range->is_log ? range->low * pow(range->high / range->low, share) : range->high * share;
}

/* Whether the lines are those of the first panel, whose key then serves. */
static bool has_same_titles(const struct sim_chart *chart, uint32_t p)
{
    const struct sim_panel *first = &chart->panels[0], *panel = &chart->panels[p];
    bool is_same = p > 0 && panel->line_count == first->line_count;
    for (uint32_t l = 0; is_same && l < panel->line_count; l++) {
        is_same = strcmp(panel->lines[l].title, first->lines[l].title) == 0;
    }
    return is_same;
}

static void append_plot(GString *script, const struct sim_chart *chart, uint32_t panel_index,
                        uint32_t first_column, const struct range *range)
{
    const struct sim_panel *panel = &chart->panels[panel_index];
    int never_rows = 0;
    g_string_append(script, "plot ");
    for (uint32_t l = 0; l < panel->line_count; l++) {
        const struct sim_line *line = &panel->lines[l];
        uint32_t column = first_column + l * COLUMNS_PER_LINE;
        g_string_append_printf(script, "%s'%s.dat' using 1:%u ", l > 0 ? ", \\\n     " : "",
                               chart->name, column);
        g_string_append(script,
                        line->style == SIM_LINE_AREA ? "with filledcurves y1=0 " : "with lines ");
        append_style(script, line, panel->line_count - 1 - l);
        g_string_append(script, " title ");
        sim_script_quote(script, line->title, TITLE_MOST);
        if (line->low) {
            g_string_append_printf(script,
                                   ", \\\n     '%s.dat' using 1:%u:%u:%u with yerrorbars "
                                   "pointtype 7 pointsize 0.7 linewidth 1.2 linecolor rgb '%s' "
                                   "notitle",
                                   chart->name, column, column + 2, column + 3,
                                   sim_script_colour(line->colour));
            g_string_append_printf(script,
                                   ", \\\n     '%s.dat' using 1:%u with points pointtype 7 "
                                   "pointsize 0.7 linecolor rgb '%s' notitle",
                                   chart->name, column, sim_script_colour(line->colour));
        }
        if (line_has_infinite(line, chart->point_count)) {
            g_string_append_printf(script,
                                   ", \\\n     '%s.dat' using 1:(column(%u) > 0 ? %.9g : NaN) "
                                   "with points pointtype 9 pointsize 0.6 linecolor rgb '%s' "
                                   "notitle",
                                   chart->name, column + 1, never_at(range, never_rows++),
                                   sim_script_colour(line->colour));
        }
    }
    if (range->has_infinite) {
        g_string_append(script, ", \\\n     NaN with points pointtype 9 pointsize 0.8 "
                                "linecolor rgb '#707070' title 'never answered'");
    }
    g_string_append_c(script, '\n');
}

static void append_axes(GString *script, const struct sim_chart *chart, uint32_t panel_index,
                        const struct range *range, bool is_last)
{
    const struct sim_panel *panel = &chart->panels[panel_index];
    double factor;
    g_autofree char *unit_title =
        sim_axis_title(panel->what, range->high / (range->factor > 0.0 ? range->factor : 1.0),
                       panel->unit, panel->is_rate, &factor);
    g_string_append(script, "set label 3 "); /* where a ylabel would move with its tics */
    sim_script_quote(script, unit_title, 34);
    g_string_append(script, " at screen 0.018, graph 0.5 center rotate by 90 "
                            "textcolor '#404040'\n");
    if (range->is_log) {
        g_string_append_printf(script, "set logscale y\nset format y '%%g'\n");
    } else {
        g_string_append(script, "unset logscale y\nset format y '%.10g'\n");
    }
    g_string_append(script, "set yrange [");
    sim_script_number(script, range->low);
    g_string_append_c(script, ':');
    sim_script_number(script, range->high);
    g_string_append(script, "]\n");
    if (is_last) {
        g_string_append(script, "set xlabel ");
        sim_script_quote(script, chart->x_title, 60);
        g_string_append(script, " offset 0,0.3 textcolor '#404040'\nset format x '%g'\n");
    } else {
        g_string_append(script, "unset xlabel\nset format x ''\n");
    }
}

/* Names at the points, in the last panel alone. */
static void append_names(GString *script, const struct sim_chart *chart, bool is_last)
{
    g_string_append(script, "set xtics (");
    for (uint32_t i = 0; i < chart->point_count; i++) {
        g_string_append(script, i > 0 ? ", " : "");
        sim_script_quote_tic(script, is_last ? chart->names[i] : "", 18);
        g_string_append_c(script, ' ');
        sim_script_number(script, chart->x[i]);
    }
    g_string_append(script, ")\n");
}

static void append_panel(GString *script, const struct sim_chart *chart, uint32_t p,
                         uint32_t first_column, bool is_key_above)
{
    double height = height_of(chart);
    double room = (height - TOP - BOTTOM) / chart->panel_count;
    double top = 1.0 - (TOP + room * p + (is_key_above ? KEY : 14)) / height;
    double bottom = 1.0 - (TOP + room * (p + 1) - (p + 1 < chart->panel_count ? 10 : 0)) / height;
    double right = is_key_above ? RIGHT : right_beside_keys(chart);
    struct range range = range_of(&chart->panels[p], chart->point_count);
    g_string_append_printf(script,
                           "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                           "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                           LEFT, right, top, bottom);
    if (is_key_above) {
        g_string_append_printf(script,
                               "set key at screen %.4f,%.4f left bottom horizontal maxrows 1 Left "
                               "reverse samplen 1.6 width 1 textcolor '#303030'\n",
                               LEFT, top + 5.0 / height);
    } else {
        g_string_append_printf(script,
                               "set key at screen %.4f,%.4f left top vertical Left reverse "
                               "samplen 1.6 spacing 1.25 textcolor '#303030'\n",
                               right + 0.012, top);
    }
    if (has_same_titles(chart, p)) {
        g_string_append(script, "unset key\n");
    }
    append_axes(script, chart, p, &range, p + 1 == chart->panel_count);
    if (chart->names) {
        append_names(script, chart, p + 1 == chart->panel_count);
    }
    append_faults(script, chart, p == 0);
    append_plot(script, chart, p, first_column, &range);
    remove_faults(script, chart);
    /* The title stands on the first page only; multiplot would draw it once a panel. */
    g_string_append(script, "unset label 1\nunset label 2\n");
}

static void append_x_axis(GString *script, const struct sim_chart *chart)
{
    if (chart->is_categorical) {
        g_string_append_printf(script, "set xrange [-0.5:%u.5]\n", chart->point_count - 1);
    } else if (chart->x_end > 0.0) {
        g_string_append(script, "set xrange [0:");
        sim_script_number(script, chart->x_end);
        g_string_append(script, "]\n");
    } else {
        double low = chart->x[0], high = chart->x[chart->point_count - 1];
        double margin = high > low ? 0.04 * (high - low) : 1.0;
        g_string_append(script, "set xrange [");
        sim_script_number(script, low - margin);
        g_string_append_c(script, ':');
        sim_script_number(script, high + margin);
        g_string_append(script, "]\n");
    }
}

/* Data */

static void append_data(GString *data, const struct sim_chart *chart)
{
    g_string_append(data, "# column 1: x; then for each line: value, 1 where it is infinite, "
                          "low and high end of its interval\n");
    uint32_t column = 2;
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        const struct sim_panel *panel = &chart->panels[p];
        for (uint32_t l = 0; l < panel->line_count; l++, column += COLUMNS_PER_LINE) {
            g_string_append_printf(data, "# column %u: ", column);
            sim_script_quote(data, panel->lines[l].title, 200);
            g_string_append_c(data, '\n');
        }
    }
    double factors[SIM_CHART_PANELS];
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        factors[p] = range_of(&chart->panels[p], chart->point_count).factor;
    }
    for (uint32_t i = 0; i < chart->point_count; i++) {
        sim_script_number(data, chart->x[i]);
        for (uint32_t p = 0; p < chart->panel_count; p++) {
            const struct sim_panel *panel = &chart->panels[p];
            double factor = factors[p];
            for (uint32_t l = 0; l < panel->line_count; l++) {
                const struct sim_line *line = &panel->lines[l];
                g_string_append_c(data, ' ');
                sim_script_number(data, line->values[i] * factor);
                g_string_append(data, isinf(line->values[i]) ? " 1 " : " 0 ");
                sim_script_number(data, line->low ? line->low[i] * factor : NAN);
                g_string_append_c(data, ' ');
                sim_script_number(data, line->high ? line->high[i] * factor : NAN);
            }
        }
        g_string_append_c(data, '\n');
    }
}

struct sim_picture *sim_chart_render(const struct sim_chart *chart)
{
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    picture->name = g_strdup(chart->name);
    picture->title = g_strdup(chart->title);
    picture->script = g_string_new(NULL);
    picture->data = g_string_new(NULL);
    GString *script = picture->script;
    sim_script_begin(script, chart->name, chart->title, chart->subtitle, height_of(chart));
    append_x_axis(script, chart);
    g_string_append(script, "set multiplot\n");
    bool is_key_above = keys_fit(chart);
    uint32_t column = 2;
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        append_panel(script, chart, p, column, is_key_above);
        column += chart->panels[p].line_count * COLUMNS_PER_LINE;
    }
    g_string_append(script, "unset multiplot\n}\n");
    append_data(picture->data, chart);
    return picture;
}

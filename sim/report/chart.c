/* Charts of panels: ranges, keys, lines, and the data that they read. Shades: chart_shade.c. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#define LEFT 0.11 /* of the width: where the panels begin and end */
#define RIGHT 0.965
#define TOP 68    /* pixels above the first panel's key: title and subtitle */
#define KEY 30    /* pixels of a key above its panel */
#define BOTTOM 74 /* pixels below the last panel: tics and title of the axis */
#define TITLE_MOST 40
#define NEVER_SHARE 0.035 /* of the height of a panel: a row of marks of what never ended */
#define NEVER_ANSWERED "never answered"

struct range {
    double low, high;
    double largest; /* of the values: what the unit is chosen for */
    bool is_log;
    bool has_infinite;
    double factor; /* printed = value x factor */
    double head;   /* share of the height, from above, that names of faults take */
};

static int height_of(const struct sim_chart *chart)
{
    return chart->panel_count == 1 ? 520 : chart->panel_count == 2 ? 640 : 840;
}

/* Between the upper edges of a panel and of the next. */
static double panel_room(const struct sim_chart *chart)
{
    return (double)(height_of(chart) - TOP - BOTTOM) / chart->panel_count;
}

/* Ranges */

/* The least of 1, 1.2, 1.6, 2, 2.5, ... x 10^k that is not below `value` > 0: ends at which gnuplot
 * puts a tic. */
static double nice_above(double value)
{
    static const double steps[] = {1.0, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
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

static bool line_has_infinite(const struct sim_line *line, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (isinf(line->values[i]) && line->values[i] > 0.0) {
            return true;
        }
    }
    return false;
}

static uint32_t infinite_lines(const struct sim_panel *panel, uint32_t point_count)
{
    uint32_t count = 0;
    for (uint32_t l = 0; l < panel->line_count; l++) {
        count += line_has_infinite(&panel->lines[l], point_count);
    }
    return count;
}

/* The least value above zero, and the largest, intervals included. */
static void extent_of(const struct sim_panel *panel, uint32_t point_count, double *ret_least,
                      double *ret_largest)
{
    *ret_least = INFINITY;
    *ret_largest = 0.0;
    for (uint32_t l = 0; l < panel->line_count; l++) {
        const struct sim_line *line = &panel->lines[l];
        for (uint32_t i = 0; i < point_count; i++) {
            double value = line->values[i];
            double high = line->high && isfinite(line->high[i]) ? line->high[i] : value;
            *ret_largest = isfinite(high) && high > *ret_largest ? high : *ret_largest;
            *ret_least = isfinite(value) && value > 0.0 && value < *ret_least ? value : *ret_least;
        }
    }
}

/* Durations that spread over more than a factor of thirty stand on a log axis. Above the lines
 * there is room for the names of faults (in the first panel) and for marks of what was never
 * answered. */
static struct range range_of(const struct sim_chart *chart, uint32_t panel_index)
{
    const struct sim_panel *panel = &chart->panels[panel_index];
    double least, largest;
    extent_of(panel, chart->point_count, &least, &largest);
    uint32_t never_rows = infinite_lines(panel, chart->point_count);
    struct range range = {.low = 0.0, .has_infinite = never_rows > 0};
    range.head = panel_index == 0 ? sim_shade_head(chart, panel_room(chart) - KEY) : 0.0;
    double below = 1.0 - range.head - NEVER_SHARE * never_rows;
    double room = fmax(1.08, 1.03 / below);
    range.largest = largest;
    g_free(sim_axis_title("", largest, panel->unit, panel->is_rate, &range.factor));
    range.is_log = panel->unit == SIM_METRIC_SECONDS && largest > 30.0 * least;
    if (largest <= 0.0) {
        range.high = 1.0;
    } else if (range.is_log) {
        range.low = decade_below(least * range.factor);
        range.high =
            nice_above(range.low * pow(1.2 * largest * range.factor / range.low, 1.0 / below));
    } else if (panel->unit == SIM_METRIC_RATIO && largest > 0.5 && largest <= 1.05) {
        range.high = fmax(105.0, 100.0 * room);
    } else {
        range.high = nice_above(largest * range.factor * room);
    }
    return range;
}

/* Keys */

static glong longest_title(const struct sim_chart *chart, const struct sim_panel *panel)
{
    bool has_marks = infinite_lines(panel, chart->point_count) > 0;
    glong longest = has_marks ? (glong)strlen(NEVER_ANSWERED) : 0;
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
        double edge = sim_script_key_edge(longest_title(chart, &chart->panels[p]), TITLE_MOST);
        right = edge < right ? edge : right;
    }
    return right;
}

/* Whether the keys fit on one line above their panels. */
static bool keys_fit(const struct sim_chart *chart)
{
    for (uint32_t p = 0; p < chart->panel_count; p++) {
        const struct sim_panel *panel = &chart->panels[p];
        glong entries = (glong)panel->line_count + (infinite_lines(panel, chart->point_count) > 0);
        if (panel->line_count > 1 && entries * (longest_title(chart, panel) + 9) > 84) {
            return false;
        }
    }
    return true;
}

/* Lines */

/* Columns of the data of one line: value, whether it is infinite, low, high. */
#define COLUMNS_PER_LINE 4

/* Lines that lie upon one another still show: earlier ones are wider, and later ones have gaps. */
static void append_style(GString *script, const struct sim_line *line, uint32_t lines_after)
{
    const char *colour = sim_script_colour(line->colour);
    switch (line->style) {
    case SIM_LINE_SOLID:
        g_string_append_printf(script, "linewidth 2.0 linecolor rgb '%s'", colour);
        break;
    case SIM_LINE_PATTERN:
        g_string_append_printf(script, "linewidth %.1f dashtype %s linecolor rgb '%s'",
                               2.2 + 0.5 * (lines_after < 4 ? lines_after : 4),
                               sim_script_dash(line->colour), colour);
        break;
    case SIM_LINE_BROAD:
        g_string_append_printf(script, "linewidth 6.0 linecolor rgb '%s'", colour);
        break;
    case SIM_LINE_AREA:
        g_string_append_printf(script,
                               "fillcolor rgb '%s' fillstyle transparent solid 0.45 "
                               "noborder",
                               colour);
        break;
    }
}

/* Where what was never answered is marked: at the upper edge, each line a little lower. */
static double never_at(const struct range *range, int row)
{
    double share = 0.985 - range->head - NEVER_SHARE * row;
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
                                   "pointtype %d pointsize 0.8 linewidth 1.2 linecolor rgb '%s' "
                                   "notitle",
                                   chart->name, column, column + 2, column + 3,
                                   sim_script_point(line->colour), sim_script_colour(line->colour));
            g_string_append_printf(script,
                                   ", \\\n     '%s.dat' using 1:%u with points pointtype %d "
                                   "pointsize 0.8 linecolor rgb '%s' notitle",
                                   chart->name, column, sim_script_point(line->colour),
                                   sim_script_colour(line->colour));
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
                                "linecolor rgb '#707070' title '" NEVER_ANSWERED "'");
    }
    g_string_append_c(script, '\n');
}

static void append_axes(GString *script, const struct sim_chart *chart, uint32_t panel_index,
                        const struct range *range, bool is_last)
{
    const struct sim_panel *panel = &chart->panels[panel_index];
    double factor;
    g_autofree char *unit_title =
        sim_axis_title(panel->what, range->largest, panel->unit, panel->is_rate, &factor);
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
    bool is_whole = panel->unit == SIM_METRIC_RATIO && range->high > 100.0 && !range->is_log;
    g_string_append(script, is_whole ? "set ytics 0,20,100\n" : "set ytics autofreq\n");
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
    double room = panel_room(chart);
    double top = 1.0 - (TOP + room * p + (is_key_above ? KEY : 14)) / height;
    double bottom = 1.0 - (TOP + room * (p + 1) - (p + 1 < chart->panel_count ? 10 : 0)) / height;
    double right = is_key_above ? RIGHT : right_beside_keys(chart);
    struct range range = range_of(chart, p);
    g_string_append_printf(script,
                           "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                           "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                           LEFT, right, top, bottom);
    if (is_key_above) {
        g_string_append_printf(script,
                               "set key at screen %.4f,%.4f left bottom horizontal maxrows 1 Left "
                               "reverse samplen 2.6 width 1 textcolor '#303030'\n",
                               LEFT, top + 5.0 / height);
    } else {
        g_string_append_printf(script,
                               "set key at screen %.4f,%.4f left top vertical Left reverse "
                               "samplen 2.6 spacing 1.25 textcolor '#303030'\n",
                               right + 0.012, top);
    }
    if (has_same_titles(chart, p)) {
        g_string_append(script, "unset key\n");
    }
    append_axes(script, chart, p, &range, p + 1 == chart->panel_count);
    if (chart->names) {
        append_names(script, chart, p + 1 == chart->panel_count);
    }
    sim_shade_append(script, chart, p == 0, room - KEY);
    append_plot(script, chart, p, first_column, &range);
    sim_shade_remove(script, chart);
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
        factors[p] = range_of(chart, p).factor;
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

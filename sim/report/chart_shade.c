/* Shades of a chart over time: the warm-up, and the spans of faults, with their names in the first
 * panel. The names stand in rows at its upper edge, where no line runs: the range leaves room.
 */
#include <string.h>

#include "report/chart.h"

#define ROWS 4
#define ROW_PIXELS 16.0
#define NAMES_MOST 8 /* of more faults only the first of each name has it in the picture */
#define LENGTH_MOST 24
#define CHARACTER_SHARE 0.0105 /* of the width of a panel */
#define LABEL_FIRST 20         /* numbers of gnuplot's labels and objects */
#define SHADES_MOST 60 /* more would colour the whole panel: they make a strip at its foot */

static double x_of(const struct sim_chart *chart, sim_time time)
{
    return sim_time_seconds(time) * chart->x_per_second;
}

/* A span that is the whole run says nothing about when. */
static bool is_throughout(const struct sim_chart *chart, const struct sim_fault_span *fault)
{
    return fault->from <= 0 && x_of(chart, fault->to) >= chart->x_end;
}

static bool is_named(const struct sim_chart *chart, uint32_t f)
{
    for (uint32_t other = 0; chart->fault_count > NAMES_MOST && other < f; other++) {
        if (strcmp(chart->faults[other].label, chart->faults[f].label) == 0) {
            return false;
        }
    }
    return x_of(chart, chart->faults[f].from) < chart->x_end;
}

/* Where the labels of each row have got to. */
struct rows {
    double end[ROWS];
    int used;
};

struct label {
    int row;
    bool is_right; /* it ends at its point: to the right of it is no room */
};

/* The first row where the label does not touch the one before. */
static struct label place(const struct sim_chart *chart, struct rows *rows, double x, size_t length)
{
    double width = chart->x_end * CHARACTER_SHARE *
                   (double)((length < LENGTH_MOST ? length : LENGTH_MOST) + 2);
    struct label label = {.is_right = x + width > chart->x_end};
    double from = label.is_right ? x - width : x;
    while (label.row < ROWS - 1 && rows->end[label.row] > from) {
        label.row++;
    }
    rows->end[label.row] = from + width;
    rows->used = label.row + 1 > rows->used ? label.row + 1 : rows->used;
    return label;
}

static void append_shade(GString *script, uint32_t number, double from, double to, double top,
                         const char *fill)
{
    g_string_append_printf(script, "set object %u rectangle from ", number);
    sim_script_number(script, from);
    g_string_append(script, ", graph 0 to ");
    sim_script_number(script, to);
    g_string_append_printf(script, ", graph %g behind %s noborder\n", top, fill);
}

static void append_label(GString *script, uint32_t number, const char *text, double x,
                         const struct label *label, double height, const char *colour)
{
    g_string_append_printf(script, "set label %u ", number);
    sim_script_quote(script, text, LENGTH_MOST);
    g_string_append(script, " at ");
    sim_script_number(script, x);
    g_string_append_printf(script,
                           ", graph %.3f %s offset %s,0 textcolor '%s' "
                           "font 'DejaVu Sans,11' front\n",
                           1.0 - ROW_PIXELS * (label->row + 0.6) / height,
                           label->is_right ? "right" : "left", label->is_right ? "-0.4" : "0.4",
                           colour);
}

/* Name by name, in the order of the faults; `script` NULL: only to see how many rows there are. */
static int lay_out(GString *script, const struct sim_chart *chart, double height)
{
    struct rows rows = {.end = {-1.0, -1.0, -1.0, -1.0}};
    if (chart->warmup > 0) {
        struct label label = place(chart, &rows, 0.0, strlen("warm-up"));
        if (script) {
            append_label(script, LABEL_FIRST - 1, "warm-up", 0.0, &label, height, "#6a6a6a");
        }
    }
    for (uint32_t f = 0; f < chart->fault_count; f++) {
        const struct sim_fault_span *fault = &chart->faults[f];
        if (!is_named(chart, f)) {
            continue;
        }
        g_autofree char *text =
            g_strconcat(fault->label, is_throughout(chart, fault) ? " throughout" : "", NULL);
        double x = x_of(chart, fault->from);
        struct label label = place(chart, &rows, x, (size_t)g_utf8_strlen(text, -1));
        if (script) {
            append_label(script, LABEL_FIRST + f, text, x, &label, height, "#8a4513");
        }
    }
    return rows.used;
}

double sim_shade_head(const struct sim_chart *chart, double height)
{
    return lay_out(NULL, chart, height) * ROW_PIXELS / height;
}

void sim_shade_append(GString *script, const struct sim_chart *chart, bool is_first, double height)
{
    if (chart->warmup > 0) {
        append_shade(script, LABEL_FIRST - 1, 0.0, x_of(chart, chart->warmup), 1.0,
                     "fillcolor rgb '#f0f0f0' fillstyle solid");
    }
    bool is_strip = chart->fault_count > SHADES_MOST;
    double shaded = -1.0; /* up to here, in a strip: what lies within it is not drawn again */
    for (uint32_t f = 0; f < chart->fault_count; f++) {
        const struct sim_fault_span *fault = &chart->faults[f];
        double from = x_of(chart, fault->from), to = x_of(chart, fault->to);
        if (from >= chart->x_end || is_throughout(chart, fault) || (is_strip && to <= shaded)) {
            continue;
        }
        double least = from + chart->x_end * 0.002; /* a moment can still be seen */
        to = to < least ? least : to;
        shaded = to;
        append_shade(script, LABEL_FIRST + f, from, to < chart->x_end ? to : chart->x_end,
                     is_strip ? 0.04 : 1.0,
                     is_strip ? "fillcolor rgb '#d08030' fillstyle solid"
                              : "fillcolor rgb '#d08030' fillstyle transparent solid 0.22");
    }
    if (is_first) {
        lay_out(script, chart, height);
    }
}

void sim_shade_remove(GString *script, const struct sim_chart *chart)
{
    g_string_append(script, "unset object\n");
    if (chart->warmup > 0) {
        g_string_append_printf(script, "unset label %u\n", LABEL_FIRST - 1);
    }
    for (uint32_t f = 0; f < chart->fault_count; f++) {
        if (is_named(chart, f)) {
            g_string_append_printf(script, "unset label %u\n", LABEL_FIRST + f);
        }
    }
}

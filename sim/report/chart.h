/* Charts of one to three panels above one another. Inside of the report layer.
 *
 * What a chart holds is borrowed while it is rendered. */
#ifndef BRINK_REPORT_CHART_H
#define BRINK_REPORT_CHART_H

#include "report/plot.h"

#define SIM_CHART_PANELS 3
#define SIM_CHART_LINES 8 /* as many colours as can be told apart */

enum sim_line_style {
    SIM_LINE_SOLID,
    SIM_LINE_PATTERN, /* dashes by colour: told apart without seeing colours, and through gaps */
    SIM_LINE_BROAD,   /* under another that is measured against it */
    SIM_LINE_AREA
};

struct sim_line {
    const char *title;
    const double *values;     /* by point; NaN = gap, infinity = marked at the upper edge */
    const double *low, *high; /* interval by point, or NULL */
    uint32_t colour;          /* 0 .. SIM_CHART_LINES - 1, or SIM_COLOUR_GREY */
    enum sim_line_style style;
};
#define SIM_COLOUR_GREY 99

struct sim_panel {
    const char *what; /* "latency", "requests" */
    enum sim_metric_unit unit;
    bool is_rate;
    uint32_t line_count;
    struct sim_line lines[2 * SIM_CHART_LINES];
};

struct sim_chart {
    const char *name, *title, *subtitle;
    uint32_t panel_count;
    struct sim_panel panels[SIM_CHART_PANELS];
    uint32_t point_count;
    const double *x;
    const char *x_title;
    /* Of charts over time. */
    double x_per_second; /* x of one second; 0 when x is no time */
    double x_end;        /* 0 = as the points say */
    sim_time warmup;
    uint32_t fault_count;
    const struct sim_fault_span *faults;
    const char *const *names; /* of the points, for the tics; NULL = numbers as they come */
    bool is_categorical;      /* x counts the points from 0 */
};

struct sim_picture *sim_chart_render(const struct sim_chart *chart);

/* Shades of the warm-up and of faults, with their names in the first panel, whose height in pixels
 * is `height`. Removed again before the next panel. */
void sim_shade_append(GString *script, const struct sim_chart *chart, bool is_first, double height);
void sim_shade_remove(GString *script, const struct sim_chart *chart);
/* The share of the first panel's height that the names take, from above. */
double sim_shade_head(const struct sim_chart *chart, double height);

/* Shared with other pictures. */
/* The beginning of a script: encoding, the loop over both formats, terminal, title, subtitle.
 * `height` in pixels at a width of 960. The caller closes the loop with "}\n". */
void sim_script_begin(GString *script, const char *name, const char *title, const char *subtitle,
                      int height);
/* A text as a gnuplot string, cut to `most` characters. */
void sim_script_quote(GString *script, const char *text, size_t most);
/* Where a panel must end, as a share of the width, for a key of such titles to stand beside it. */
double sim_script_key_edge(glong longest, glong most);
/* The same for the label of a tic, which gnuplot takes for a format. */
void sim_script_quote_tic(GString *script, const char *text, size_t most);
const char *sim_script_colour(uint32_t colour);
/* gnuplot's dashtype and pointtype that go with a colour. */
const char *sim_script_dash(uint32_t colour);
int sim_script_point(uint32_t colour);
/* A number for gnuplot; NaN for what is not finite. */
void sim_script_number(GString *script, double value);
/* "latency (ms)": what an axis shows, cut where it is long, and its unit in full. Caller frees. */
char *sim_axis_title(const char *what, double largest, enum sim_metric_unit unit, bool is_rate,
                     double *ret_factor);

#endif

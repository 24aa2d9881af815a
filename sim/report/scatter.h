/* Figures against a figure: what the files of that picture share. Inside of the report layer. */
#ifndef BRINK_REPORT_SCATTER_H
#define BRINK_REPORT_SCATTER_H

#include "report/plot_user.h"

struct spot {
    const struct sim_figure *x, *y;
    uint32_t colour;
    const char *label;
};

struct scale {
    double low, high, factor; /* of what is printed; printed = value x factor */
    bool is_log;
    char *title; /* g_free */
};

struct scatter {
    struct user_plot *user;
    const char *groups[SIM_CHART_LINES];
    uint32_t group_count;
    struct spot *spots; /* of one panel */
    uint32_t spot_count;
    struct sim_corner *corners; /* of the panel's frontier, as printed */
    uint32_t corner_count;
    struct scale x, y;
    double width, height, top,
        bottom;   /* of a panel, pixels; the last two in shares of the picture */
    double key;   /* pixels of it above the panels */
    double right; /* share of the width where panels end */
    bool is_key_above;
    GString *script, *data;
    uint32_t index; /* of the next block of data */
};

/* The points of a panel, in the order of the results; those of which either figure is not a number
 * or infinite have no place. Colours are given out as they come. */
void sim_scatter_collect(struct scatter *scatter, const struct sim_figure_spec *spec);
/* The ends of an interval; the value where it has none. */
double sim_scatter_low(const struct sim_figure *figure);
double sim_scatter_high(const struct sim_figure *figure);
/* From the least to the largest end of an interval, and a little more on both sides, so that marks
 * and labels have room. `what` is cut to `most` characters. There is a point at least. */
struct scale sim_scatter_scale(const struct scatter *scatter, bool is_x, const char *what,
                               glong most);

#endif

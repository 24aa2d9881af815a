/* What pictures of the scenario's plot blocks share. Inside of the report layer. */
#ifndef BRINK_REPORT_PLOT_USER_H
#define BRINK_REPORT_PLOT_USER_H

#include "report/plots.h"

struct user_plot {
    const struct sim_report *report;
    const struct sim_plot *plot;
    char *name, *title, *subtitle;
    GPtrArray *texts;  /* owns titles of lines and panels */
    GPtrArray *arrays; /* owns values of lines */
};

/* Hands the text to the plot, which frees it. */
const char *sim_user_keep(struct user_plot *user, char *text);
/* The value of a parameter, or the variant's name, of a section; "" when it has none. */
const char *sim_user_setting(struct user_plot *user, const struct sim_section *section,
                             const char *name);
const char *sim_user_aggregate(struct user_plot *user, const struct sim_figure_spec *figure);
/* As an axis names it: with its window, where it has one of its own. */
const char *sim_user_figure_text(struct user_plot *user, const struct sim_figure_spec *figure);

/* Figures against a figure: a point for each result. NULL when no result has both. */
struct sim_picture *sim_user_scatter(struct user_plot *user);

/* A box in pixels from the upper left corner of a panel. */
struct sim_box {
    double left, top, right, bottom;
};
/* A label that is to stand beside a point. */
struct sim_callout {
    double x, y;          /* of the point */
    double width, height; /* of the label */
    struct sim_box box;   /* where it stands: set by sim_callouts_place */
    bool is_apart;        /* so far away that a line must lead to it */
};
/* Places labels so that they cover neither one another nor an obstacle, and stay within a panel of
 * that width and height, as near to their points as that allows; where there is no such place,
 * where they cover least. `room` holds obstacle_count obstacles and has space for `count` more. */
void sim_callouts_place(struct sim_callout *callouts, uint32_t count, struct sim_box *room,
                        uint32_t obstacle_count, double width, double height);

struct sim_corner {
    double x, y;
};
/* The steps through those of `count` points that no other one beats in both figures, of which more
 * is better (end 1) or less is (-1), from the edge of the worst of one figure to that of the other.
 * `ret_line` has room for 2 * count + 2; gives how many are filled. */
uint32_t sim_frontier(const struct sim_corner *points, uint32_t count, int x_end, int y_end,
                      struct sim_corner worst, struct sim_corner *ret_line);

#endif

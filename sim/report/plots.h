/* The kinds of picture. Inside of the report layer. */
#ifndef BRINK_REPORT_PLOTS_H
#define BRINK_REPORT_PLOTS_H

#include "report/chart.h"

/* One picture a source: the share of requests slower than x, one curve a result. */
void sim_plots_latency(GPtrArray *pictures, const struct sim_report *report);
/* What is wrong by itself in the history of a result; nothing where it is right. */
void sim_plots_evidence(GPtrArray *pictures, const struct sim_report *report,
                        const struct sim_section *section);
/* P(consistent at t), one curve a source and result, where reads were stale. */
void sim_plots_visibility(GPtrArray *pictures, const struct sim_report *report);
/* The scenario's plot blocks. */
void sim_plots_user(GPtrArray *pictures, const struct sim_report *report);

/* "timeline-budget-5", or "timeline" for the only result. Caller frees. */
char *sim_picture_name(const char *what, const struct sim_section *section);
/* The scenario, the case, and what the lines are made from. Caller frees. */
char *sim_picture_subtitle(const struct sim_report *report, const struct sim_section *section);
/* Of a picture that has a line for each result: the scenario, and how many results it leaves out.
 * Caller frees. */
char *sim_picture_subtitle_of_first(const struct sim_report *report);
/* What stands before part `index` of an enumeration: nothing, ", " or " and ". */
const char *sim_picture_joint(uint32_t index, uint32_t count);

/* The middles of the cells in a unit of time that reads well. */
struct sim_axis_of_time {
    const char *title;
    double per_second, end;
    uint32_t count;
    double *x; /* g_free */
};
struct sim_axis_of_time sim_axis_of_time_new(const struct sim_section *section);

#endif

/* Pictures: gnuplot sources with their data, to be drawn at once or by hand later.
 *
 * A picture is three files: NAME.gp, which `gnuplot NAME.gp` turns into NAME.svg and NAME.png, and
 * NAME.dat, which it reads. Texts are set without gnuplot's enhanced markup, so that a name with
 * underscores or braces prints as it is. Colours are those of Okabe and Ito (2008), which remain
 * apart for colour-blind readers.
 */
#ifndef BRINK_REPORT_PLOT_H
#define BRINK_REPORT_PLOT_H

#include "report/report.h"

struct sim_picture {
    char *name;
    char *title; /* for the page that shows it */
    GString *script, *data;
};

void sim_picture_free(struct sim_picture *picture);

/* The pictures of a fresh run: latency, each result over time, its resources, and what the
 * scenario's plot blocks ask for. Elements are struct sim_picture, freed with the array. */
GPtrArray *sim_plots_of(const struct sim_report *report);

/* Runs gnuplot on NAME.gp in `folder`, without a shell. False with an error when there is no
 * gnuplot, when it fails, or when it takes longer than a minute. */
bool sim_plot_draw(const char *folder, const char *name, GError **error);
/* Whether the error says that there is no gnuplot. */
bool sim_plot_is_missing(const GError *error);

#endif

/* The folder of a result: output/NAME/ with all its files.
 *
 * Each file is written beside its place and moved there when it is whole, the manifest last, so
 * that a run that is killed leaves whole files only. Files that the manifest of an earlier run
 * names and this one does not write are removed.
 */
#ifndef BRINK_REPORT_FOLDER_H
#define BRINK_REPORT_FOLDER_H

#include "report/plot.h"

/* Whether the folder is there to be written in, or can be made. Nothing is made. */
bool sim_folder_check(const char *folder, GError **error);

/* Writes the files of a fresh run and draws the pictures. False with an error when something could
 * not be written. What kept pictures from being drawn is no error: *ret_unpictured then says so
 * (caller frees), NULL when all is drawn; *stop (may be NULL) ends the
 * drawing. */
bool sim_folder_write(const struct sim_report *report, const char *folder,
                      const volatile bool *stop, char **ret_unpictured, GError **error);

/* Draws the pictures of a recorded folder again, from the gnuplot sources that lie there, and
 * makes report.html anew. `report` is what was read from it. */
bool sim_folder_draw(const struct sim_report *report, const char *folder, char **ret_unpictured,
                     GError **error);

/* Adds a picture to those of a recorded folder: its sources, the drawing, the page, the manifest.
 */
bool sim_folder_add(const struct sim_report *report, const char *folder,
                    const struct sim_picture *picture, char **ret_unpictured, GError **error);

/* Makes a folder and those above it, where they are missing. */
bool sim_folder_make(const char *path, GError **error);

/* One file, written whole or not at all. */
bool sim_folder_write_file(const char *folder, const char *name, const GString *text,
                           GError **error);

#endif

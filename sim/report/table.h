/* A table of text: columns as wide as their widest cell, numbers to the right. */
#ifndef BRINK_REPORT_TABLE_H
#define BRINK_REPORT_TABLE_H

#include <glib.h>
#include <stdbool.h>

#define SIM_TABLE_COLUMNS 12

struct sim_table {
    int column_count;
    bool is_left[SIM_TABLE_COLUMNS]; /* to the left; numbers go to the right */
    GPtrArray *cells;                /* row by row, owned texts */
};

/* `columns` has one letter a column: l or r. */
void sim_table_init(struct sim_table *table, const char *columns);
void sim_table_clear(struct sim_table *table);
/* The next cell, left to right and row by row; "" for an empty one. Copies. */
void sim_table_add(struct sim_table *table, const char *text);
bool sim_table_is_empty(const struct sim_table *table); /* fewer than two rows: head alone */

/* Leaves out columns that are empty in all rows but the first, which holds the heads. */
void sim_table_drop_empty(struct sim_table *table);
int sim_table_rows(const struct sim_table *table);
const char *sim_table_cell(const struct sim_table *table, int row, int column);

/* How wide that is printed, in characters, indent included. */
int sim_table_width(const struct sim_table *table, const char *indent);

/* Appends the rows to `out`, each begun by `indent`; two blanks between columns, none at the end.
 * Columns that do not fit `width` stand below, beside the first one again; 0 = all side by side.
 * With `is_coloured` the first row is bold. */
void sim_table_print(const struct sim_table *table, GString *out, const char *indent, int width,
                     bool is_coloured);

#endif

/* A table of text. Widths count characters, not bytes. */
#include "report/table.h"

#include <string.h>

void sim_table_init(struct sim_table *table, const char *columns)
{
    table->column_count = (int)strlen(columns);
    g_assert(table->column_count <= SIM_TABLE_COLUMNS);
    for (int i = 0; i < table->column_count; i++) {
        table->is_left[i] = columns[i] == 'l';
    }
    table->cells = g_ptr_array_new_with_free_func(g_free);
}

void sim_table_clear(struct sim_table *table)
{
    g_ptr_array_unref(table->cells);
}

void sim_table_add(struct sim_table *table, const char *text)
{
    char *clean = g_utf8_make_valid(text, -1);
    for (char *c = clean; *c; c++) {
        *c = g_ascii_iscntrl(*c) ? ' ' : *c; /* names do not move the cursor */
    }
    g_ptr_array_add(table->cells, clean);
}

int sim_table_rows(const struct sim_table *table)
{
    return (int)table->cells->len / table->column_count;
}

const char *sim_table_cell(const struct sim_table *table, int row, int column)
{
    return g_ptr_array_index(table->cells, row * table->column_count + column);
}

bool sim_table_is_empty(const struct sim_table *table)
{
    return sim_table_rows(table) < 2;
}

static bool is_column_empty(const struct sim_table *table, int column)
{
    for (int row = 1; row < sim_table_rows(table); row++) {
        const char *cell = sim_table_cell(table, row, column);
        if (cell[0] != '\0' && strcmp(cell, "-") != 0) {
            return false;
        }
    }
    return true;
}

void sim_table_drop_empty(struct sim_table *table)
{
    for (int column = table->column_count - 1; column >= 0; column--) {
        if (!is_column_empty(table, column)) {
            continue;
        }
        for (int row = sim_table_rows(table) - 1; row >= 0; row--) {
            g_ptr_array_remove_index(table->cells, (guint)(row * table->column_count + column));
        }
        memmove(&table->is_left[column], &table->is_left[column + 1],
                (size_t)(table->column_count - column - 1) * sizeof(table->is_left[0]));
        table->column_count--;
    }
}

static int width_of(const struct sim_table *table, int column)
{
    int width = 0;
    for (int row = 0; row < sim_table_rows(table); row++) {
        int length = (int)g_utf8_strlen(sim_table_cell(table, row, column), -1);
        width = length > width ? length : width;
    }
    return width;
}

static void append_padded(GString *out, const char *text, int width, bool is_left)
{
    int padding = width - (int)g_utf8_strlen(text, -1);
    for (int i = 0; !is_left && i < padding; i++) {
        g_string_append_c(out, ' ');
    }
    g_string_append(out, text);
    for (int i = 0; is_left && i < padding; i++) {
        g_string_append_c(out, ' ');
    }
}

static void trim_end(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
}

/* The first column and those of [from, to). */
static void print_columns(const struct sim_table *table, GString *out, const char *indent,
                          const int *widths, int from, int to, bool is_coloured)
{
    for (int row = 0; row < sim_table_rows(table); row++) {
        bool is_bold = is_coloured && row == 0;
        g_string_append(out, is_bold ? "\x1b[1m" : "");
        g_string_append(out, indent);
        append_padded(out, sim_table_cell(table, row, 0), widths[0], table->is_left[0]);
        for (int column = from; column < to; column++) {
            g_string_append(out, "  ");
            append_padded(out, sim_table_cell(table, row, column), widths[column],
                          table->is_left[column]);
        }
        trim_end(out);
        g_string_append(out, is_bold ? "\x1b[0m\n" : "\n");
    }
}

int sim_table_width(const struct sim_table *table, const char *indent)
{
    int width = (int)strlen(indent) + 2 * (table->column_count - 1);
    for (int column = 0; column < table->column_count; column++) {
        width += width_of(table, column);
    }
    return width;
}

void sim_table_print(const struct sim_table *table, GString *out, const char *indent, int width,
                     bool is_coloured)
{
    int widths[SIM_TABLE_COLUMNS] = {0};
    for (int column = 0; column < table->column_count; column++) {
        widths[column] = width_of(table, column);
    }
    int from = 1;
    do {
        int to = from;
        int used = (int)strlen(indent) + widths[0];
        while (to < table->column_count &&
               (to == from || width == 0 || used + 2 + widths[to] <= width)) {
            used += 2 + widths[to++];
        }
        print_columns(table, out, indent, widths, from, to, is_coloured);
        from = to;
    } while (from < table->column_count);
}

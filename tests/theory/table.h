/* Reads a table of reference/published: comma-separated, the first line names the columns, a field
 * may stand in double quotes. */
#ifndef TESTS_THEORY_TABLE_H
#define TESTS_THEORY_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct table {
    char ***rows; /* row_count of them, column_count fields each; row 0 names the columns */
    size_t row_count;
    size_t column_count;
};

/* Cuts one line into at most `count_max` fields; returns how many. */
static inline size_t table_cut(char *line, char **fields, size_t count_max)
{
    size_t count = 0;
    char *at = line;
    while (at && count < count_max) {
        if (*at == '"') {
            fields[count++] = at + 1;
            at = strchr(at + 1, '"');
            g_assert_nonnull(at);
            *at++ = '\0';
            at = *at == ',' ? at + 1 : NULL;
        } else {
            fields[count++] = at;
            at = strchr(at, ',');
            if (at) {
                *at++ = '\0';
            }
        }
    }
    return count;
}

/* False, with the test marked as skipped, when BRINK_REFERENCE=none says that the reference data is
 * meant to be absent. Absent without that is a failure. */
static inline bool table_read(struct table *table, const char *name)
{
    g_autofree char *path = g_build_filename(BRINK_REFERENCE_DIR, "published", name, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        if (g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0) {
            g_test_skip("BRINK_REFERENCE=none");
            return false;
        }
        g_error("%s: cannot be read (BRINK_REFERENCE=none skips this test)", path);
    }
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    table->row_count = g_strv_length(lines);
    table->column_count = 0;
    table->rows = g_new0(char **, table->row_count);
    for (size_t i = 0; i < table->row_count; i++) {
        table->rows[i] = g_new0(char *, 16);
        char *line = g_strchomp(lines[i]);
        size_t count = table_cut(line, table->rows[i], 16);
        table->column_count = i == 0 ? count : table->column_count;
        g_assert_cmpuint(count, ==, table->column_count);
        for (size_t k = 0; k < count; k++) {
            table->rows[i][k] = g_strdup(table->rows[i][k]);
        }
    }
    return true;
}

static inline void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t k = 0; k < table->column_count; k++) {
            g_free(table->rows[i][k]);
        }
        g_free(table->rows[i]);
    }
    g_free(table->rows);
}

static inline const char *table_text(const struct table *table, size_t row, const char *column)
{
    for (size_t k = 0; k < table->column_count; k++) {
        if (strcmp(table->rows[0][k], column) == 0) {
            return table->rows[row][k];
        }
    }
    g_error("no column %s", column);
}

static inline double table_number(const struct table *table, size_t row, const char *column)
{
    return g_ascii_strtod(table_text(table, row, column), NULL);
}

#endif

/* The two backends of the summary: columns of text, and the same as HTML. */
#include <string.h>

#include "report/text.h"

const char *const sim_verdict_marks[3] = {"✓", "✗", "?"};

/* Of a cell that begins with a mark; -1 for any other. */
static int verdict_of(const char *cell)
{
    for (int v = 0; v < 3; v++) {
        if (g_str_has_prefix(cell, sim_verdict_marks[v]) &&
            g_str_has_suffix(cell, sim_verdict_names[v])) {
            return v;
        }
    }
    return -1;
}

static void append_markup(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (char *c = valid; *c; c++) {
        *c = g_ascii_iscntrl(*c) ? ' ' : *c;
    }
    g_autofree char *escaped = g_markup_escape_text(valid, -1);
    g_string_append(out, g_strstrip(escaped));
}

void sim_text_heading(const struct sim_text *text, int level, const char *heading)
{
    if (text->is_page) {
        g_string_append_printf(text->out, "<h%d>", level);
        append_markup(text->out, heading);
        g_string_append_printf(text->out, "</h%d>\n", level);
        return;
    }
    const char *bold = text->style->is_coloured ? "\x1b[1m" : "";
    const char *plain = text->style->is_coloured ? "\x1b[0m" : "";
    g_string_append(text->out, level > 1 ? "\n" : "");
    size_t start = text->out->len;
    g_string_append_printf(text->out, "%s%s%s\n", bold, heading, plain);
    if (level == 2 && text->report->section_count > 1) {
        glong length =
            g_utf8_strlen(text->out->str + start, -1) - 1 - (glong)(strlen(bold) + strlen(plain));
        for (glong i = 0; i < length; i++) {
            g_string_append_c(text->out, '=');
        }
        g_string_append_c(text->out, '\n');
    }
}

/* Of running text: long lines are hard to read, however wide the terminal is. */
static int width_of(const struct sim_text *text)
{
    int width = text->style->width;
    return width > 0 && width < SIM_TEXT_WIDTH ? width : SIM_TEXT_WIDTH;
}

/* Words joined by single blanks, as many on a line of `width` as fit. */
static void append_wrapped(GString *out, const char *paragraph, const char *indent, int width)
{
    g_autofree char *valid = g_utf8_make_valid(paragraph, -1);
    g_auto(GStrv) words = g_strsplit_set(valid, " \t\n\r\f\v\x1b", -1);
    glong column = 0;
    for (size_t i = 0; words[i]; i++) {
        glong length = g_utf8_strlen(words[i], -1);
        if (length == 0) {
            continue;
        }
        if (column > 0 && column + 1 + length > width) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        if (column == 0) {
            g_string_append(out, indent);
            column = (glong)strlen(indent);
        } else {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, words[i]);
        column += length;
    }
    g_string_append(out, column > 0 ? "\n" : "");
}

void sim_text_paragraph(const struct sim_text *text, const char *paragraph)
{
    if (text->is_page) {
        g_string_append(text->out, "<p>");
        append_markup(text->out, paragraph);
        g_string_append(text->out, "</p>\n");
        return;
    }
    size_t newlines = strspn(paragraph, "\n"); /* an empty line before it, where it asks for one */
    g_string_append_len(text->out, paragraph, (gssize)newlines);
    bool is_indented = g_str_has_prefix(paragraph + newlines, "  ");
    append_wrapped(text->out, paragraph + newlines, is_indented ? "  " : "", width_of(text));
}

void sim_text_item(const struct sim_text *text, const char *item)
{
    if (text->is_page) {
        g_string_append(text->out, "<p class=\"item\">");
        append_markup(text->out, item);
        g_string_append(text->out, "</p>\n");
        return;
    }
    g_autofree char *dashed = g_strdup_printf("- %s", item);
    append_wrapped(text->out, dashed, "  ", width_of(text));
}

void sim_text_gap(const struct sim_text *text)
{
    g_string_append(text->out, text->is_page ? "" : "\n");
}

/* The first row holds the heads of columns, the first column, where it is words, those of rows. */
static void append_page_cell(const struct sim_text *text, const struct sim_table *table, int row,
                             int column)
{
    const char *cell = sim_table_cell(table, row, column);
    int verdict = row > 0 ? verdict_of(cell) : -1;
    const char *class_name = verdict >= 0             ? sim_verdict_names[verdict]
                             : table->is_left[column] ? "left"
                                                      : "right";
    bool is_column_head = row == 0 && cell[0];
    bool is_row_head = row > 0 && column == 0 && verdict < 0 && table->is_left[0];
    g_string_append_printf(text->out, "<%s%s class=\"%s\">",
                           is_column_head || is_row_head ? "th" : "td",
                           is_column_head ? " scope=\"col\""
                           : is_row_head  ? " scope=\"row\""
                                          : "",
                           class_name);
    append_markup(text->out, cell);
    g_string_append(text->out, is_column_head || is_row_head ? "</th>" : "</td>");
}

static void append_page_table(const struct sim_text *text, const struct sim_table *table)
{
    /* A table that is wider than the screen is scrolled by itself, with the keyboard too. */
    g_string_append(text->out, "<div class=\"wide\" tabindex=\"0\">\n<table>\n<thead>\n");
    for (int row = 0; row < sim_table_rows(table); row++) {
        g_string_append(text->out, "<tr>");
        for (int column = 0; column < table->column_count; column++) {
            append_page_cell(text, table, row, column);
        }
        g_string_append(text->out, row == 0 ? "</tr>\n</thead>\n<tbody>\n" : "</tr>\n");
    }
    g_string_append(text->out, "</tbody>\n</table>\n</div>\n");
}

/* Colours the verdicts of a table that has been laid out: escapes have no width. */
static void append_coloured(GString *out, const GString *lines)
{
    static const char *const colours[3] = {"\x1b[32m", "\x1b[1;31m", "\x1b[33m"};
    g_auto(GStrv) each = g_strsplit(lines->str, "\n", -1);
    for (size_t i = 0; each[i] && (each[i][0] || each[i + 1]); i++) {
        int verdict = -1;
        size_t length = 0;
        for (int v = 0; v < 3; v++) {
            g_autofree char *word =
                g_strdup_printf("  %s %s", sim_verdict_marks[v], sim_verdict_names[v]);
            if (g_str_has_prefix(each[i], word)) {
                verdict = v;
                length = strlen(word);
            }
        }
        if (verdict >= 0) {
            g_string_append_printf(out, "%s%.*s\x1b[0m%s\n", colours[verdict], (int)length, each[i],
                                   each[i] + length);
        } else {
            g_string_append_printf(out, "%s\n", each[i]);
        }
    }
}

static bool has_verdicts(const struct sim_table *table)
{
    return sim_table_rows(table) > 1 && verdict_of(sim_table_cell(table, 1, 0)) >= 0;
}

/* Verdicts without their heads, which say nothing that the heading has not said. Where they are too
 * wide, each has what was measured below it. */
static void print_verdicts(const struct sim_text *text, const struct sim_table *table, GString *out)
{
    if (text->style->width == 0 || sim_table_width(table, "  ") <= text->style->width) {
        sim_table_print(table, out, "  ", 0, false);
        g_string_erase(out, 0, strchr(out->str, '\n') - out->str + 1);
        return;
    }
    for (int row = 1; row < sim_table_rows(table); row++) {
        g_autoptr(GString) measured = g_string_new(NULL);
        for (int column = 2; column < table->column_count; column++) {
            g_string_append_printf(measured, "%s ", sim_table_cell(table, row, column));
        }
        g_autofree char *expected =
            g_strdup_printf("%s %s", sim_table_cell(table, row, 0), sim_table_cell(table, row, 1));
        append_wrapped(out, expected, "  ", width_of(text));
        append_wrapped(out, measured->str, "      ", width_of(text));
    }
}

void sim_text_table(const struct sim_text *text, const struct sim_table *table)
{
    if (text->is_page) {
        append_page_table(text, table);
        return;
    }
    g_autoptr(GString) lines = g_string_new(NULL);
    bool is_verdicts = has_verdicts(table);
    if (is_verdicts) {
        print_verdicts(text, table, lines);
    } else {
        sim_table_print(table, lines, "  ", text->style->width, text->style->is_coloured);
    }
    if (is_verdicts && text->style->is_coloured) {
        append_coloured(text->out, lines);
    } else {
        g_string_append(text->out, lines->str);
    }
}

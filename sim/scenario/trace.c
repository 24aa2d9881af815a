/* Traces: recorded workloads and columns of numbers, from CSV files with a line of names.
 *
 * trace { file = "t.csv", time = "time_us", key = "object", bytes = "size", operation = "op" }.
 * The unit of a time is the end of its column's name (_ns, _us, _ms, _s) unless `unit` says it.
 * Keys that are no numbers are hashed. Fields have no quotes and hold no commas.
 */
#include "scenario/reader.h"

#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "scenario/file.h"

#define DATA_SIZE_MAX ((size_t)512 << 20)

struct trace_fields {
    const char *file, *time, *unit, *key, *bytes, *operation, *content;
};

#define FIELD(name) SIM_PARAM_TEXT, offsetof(struct trace_fields, name)
const struct sim_param sim_trace_params[] = {
    {"file", FIELD(file), NULL, 0, 0, "CSV file below the scenario's folder, or below --data", NULL,
     NULL},
    {"time", FIELD(time), "nil", 0, 0, "column of the time; left out, rows have no times", NULL,
     NULL},
    {"unit", FIELD(unit), "nil", 0, 0, "of the time: ns, us, ms or s; default by the column's name",
     NULL, NULL},
    {"key", FIELD(key), "nil", 0, 0, "column of the key", NULL, NULL},
    {"bytes", FIELD(bytes), "nil", 0, 0, "column of the size in bytes; left out, sizes are 1", NULL,
     NULL},
    {"operation", FIELD(operation), "nil", 0, 0, "column of the operation: a name, or r, w, d, s",
     NULL, NULL},
    {"content", FIELD(content), "nil", 0, 0, "hash that the file must have", NULL, NULL},
    {NULL, SIM_PARAM_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL},
};

/* A CSV file being read line by line. */
struct csv {
    struct sim_reader *reader;
    const struct sim_value *value; /* for complaints */
    const char *where, *file;
    const char *at, *end;
    int line;
    struct sim_csv_line fields;
};

/* The next line that is not empty; false at the end. */
static bool csv_next(struct csv *csv)
{
    while (csv->at < csv->end) {
        const char *newline = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
        const char *start = csv->at;
        const char *line_end = newline ? newline : csv->end;
        csv->at = newline ? newline + 1 : csv->end;
        csv->line++;
        if (sim_csv_split(&csv->fields, start, (size_t)(line_end - start))) {
            return true;
        }
    }
    return false;
}

static bool csv_open(struct csv *csv, struct sim_reader *reader, const char *where,
                     const struct sim_value *value, const char *file, uint64_t *ret_hash)
{
    struct sim_file content = {0};
    const char *trouble =
        sim_file_read(reader->arena, reader->data_folder, file, DATA_SIZE_MAX, &content);
    *csv = (struct csv){.reader = reader, .value = value, .where = where, .file = file};
    if (trouble) {
        sim_reader_complain(reader, value, "%s: \"%s\": %s", where, file, trouble);
        return false;
    }
    csv->at = content.text;
    csv->end = content.text + content.size;
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < content.size; i++) {
        hash = (hash ^ (unsigned char)content.text[i]) * UINT64_C(1099511628211);
    }
    *ret_hash = hash;
    if (!csv_next(csv)) {
        sim_reader_complain(reader, value, "%s: \"%s\": is empty", where, file);
        return false;
    }
    return true;
}

#define COLUMN_NONE UINT32_MAX

/* The column of that name in the line of names; COLUMN_NONE when `name` is NULL. */
static bool csv_column(const struct csv *csv, const char *name, uint32_t *ret_column)
{
    *ret_column = COLUMN_NONE;
    g_autoptr(GString) all = g_string_new(NULL);
    for (uint32_t i = 0; name && i < csv->fields.field_count; i++) {
        const struct sim_csv_field *field = &csv->fields.fields[i];
        if (strlen(name) == field->length && memcmp(name, field->start, field->length) == 0) {
            *ret_column = i;
            return true;
        }
        g_string_append_printf(all, "%s%.*s", i > 0 ? ", " : "", (int)MIN(field->length, 40),
                               field->start);
    }
    if (name) {
        sim_reader_complain(csv->reader, csv->value,
                            "%s: \"%s\" has no column '%s'; it has: %.200s", csv->where, csv->file,
                            name, all->str);
    }
    return name == NULL;
}

static bool csv_complain(const struct csv *csv, const char *what)
{
    sim_reader_complain(csv->reader, csv->value, "%s: \"%s\" line %d: %s", csv->where, csv->file,
                        csv->line, what);
    return false;
}

/* The field of a column; NULL when the line has none. */
static const struct sim_csv_field *csv_field(const struct csv *csv, uint32_t column)
{
    return column < csv->fields.field_count ? &csv->fields.fields[column] : NULL;
}

static bool csv_integer(const struct csv *csv, uint32_t column, uint64_t *ret_integer)
{
    const struct sim_csv_field *field = csv_field(csv, column);
    return field && sim_csv_integer(field, ret_integer);
}

static bool csv_number(const struct csv *csv, uint32_t column, double *ret_number)
{
    char text[SIM_CSV_TEXT_MAX];
    enum sim_unit unit = SIM_UNIT_NONE;
    const struct sim_csv_field *field = csv_field(csv, column);
    return field && sim_csv_text(field, text) && sim_text_parse(text, ret_number, &unit) &&
           unit == SIM_UNIT_NONE;
}

/* --- rows --- */

struct columns {
    uint32_t time, key, bytes, operation;
    sim_time unit;
};

static sim_time unit_named(const char *name)
{
    static const struct {
        const char *name;
        sim_time ns;
    } units[] = {{"ns", 1}, {"us", SIM_MICROSECOND}, {"ms", SIM_MILLISECOND}, {"s", SIM_SECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].name, name) == 0) {
            return units[i].ns;
        }
    }
    return 0;
}

static bool find_columns(const struct csv *csv, const struct trace_fields *fields,
                         struct columns *columns)
{
    bool is_right = csv_column(csv, fields->time, &columns->time);
    is_right = csv_column(csv, fields->key, &columns->key) && is_right;
    is_right = csv_column(csv, fields->bytes, &columns->bytes) && is_right;
    is_right = csv_column(csv, fields->operation, &columns->operation) && is_right;
    columns->unit = 1;
    if (fields->time) {
        const char *underscore = strrchr(fields->time, '_');
        const char *unit = fields->unit ? fields->unit : underscore ? underscore + 1 : "";
        columns->unit = unit_named(unit);
        if (columns->unit == 0) {
            sim_reader_complain(csv->reader, csv->value,
                                "%s: unit: say ns, us, ms or s for the column '%s'", csv->where,
                                fields->time);
            is_right = false;
        }
    }
    return is_right;
}

/* A time, whole or with a fraction, in ns. */
static bool read_time(const struct csv *csv, const struct columns *columns, sim_time *ret_time)
{
    uint64_t whole = 0;
    double number = 0;
    if (csv_integer(csv, columns->time, &whole) && whole <= (uint64_t)(INT64_MAX / columns->unit)) {
        *ret_time = (sim_time)whole * columns->unit;
        return true;
    }
    if (!csv_number(csv, columns->time, &number) || !(number >= 0) ||
        number * (double)columns->unit > 9e18) {
        return false;
    }
    *ret_time = (sim_time)(number * (double)columns->unit + 0.5);
    return true;
}

static bool read_operation(const struct csv *csv, uint32_t column, uint16_t *ret_operation)
{
    static const struct {
        const char *letter;
        enum sim_operation operation;
    } letters[] = {
        {"r", SIM_OP_READ}, {"w", SIM_OP_WRITE}, {"d", SIM_OP_DELETE}, {"s", SIM_OP_SCAN}};
    char text[SIM_CSV_TEXT_MAX];
    const struct sim_csv_field *field = csv_field(csv, column);
    if (!field || !sim_csv_text(field, text)) {
        return false;
    }
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        if (g_ascii_strcasecmp(sim_operation_names[i], text) == 0) {
            *ret_operation = (uint16_t)i;
            return true;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++) {
        if (g_ascii_strcasecmp(letters[i].letter, text) == 0) {
            *ret_operation = (uint16_t)letters[i].operation;
            return true;
        }
    }
    return false;
}

static bool read_row(const struct csv *csv, const struct columns *columns,
                     struct sim_trace_row *row)
{
    uint64_t bytes = 1;
    *row = (struct sim_trace_row){.operation = SIM_OP_READ};
    if (columns->time != COLUMN_NONE && !read_time(csv, columns, &row->time)) {
        return csv_complain(csv, "expected a time of at least 0");
    }
    if (columns->key != COLUMN_NONE) {
        const struct sim_csv_field *field = csv_field(csv, columns->key);
        if (!field) {
            return csv_complain(csv, "the key is missing");
        }
        row->key = sim_csv_key(field);
    }
    if (columns->bytes != COLUMN_NONE &&
        (!csv_integer(csv, columns->bytes, &bytes) || bytes > INT64_MAX)) {
        return csv_complain(csv, "expected a size in bytes");
    }
    row->bytes = (int64_t)bytes;
    if (columns->operation != COLUMN_NONE &&
        !read_operation(csv, columns->operation, &row->operation)) {
        return csv_complain(csv, "unknown operation");
    }
    return true;
}

static bool read_rows(struct csv *csv, const struct columns *columns, GArray *rows)
{
    sim_time origin = 0;
    while (csv_next(csv)) {
        struct sim_trace_row row;
        if (!read_row(csv, columns, &row)) {
            return false;
        }
        origin = rows->len == 0 ? row.time : origin;
        sim_time before =
            rows->len == 0 ? 0 : g_array_index(rows, struct sim_trace_row, rows->len - 1).time;
        row.time -= origin;
        if (row.time < before) {
            return csv_complain(csv, "the time goes back");
        }
        g_array_append_val(rows, row);
    }
    return rows->len > 0 || csv_complain(csv, "there are no rows");
}

const char *sim_trace_read(struct sim_reader *reader, const char *where,
                           const struct sim_value *value, const struct sim_trace **ret_trace)
{
    if (!sim_value_is_call(value, "trace")) {
        sim_reader_complain(reader, value,
                            "%s: expected trace { file = \"...\", time = ..., key = ... }, got %s",
                            where, sim_value_describe(reader->arena, value));
        return NULL;
    }
    struct trace_fields fields = {0};
    struct columns columns;
    struct csv csv;
    g_autoptr(GString) print = g_string_new(NULL);
    const struct sim_param *tables[] = {sim_trace_params, NULL};
    struct sim_block block = {.value = value, .who = where, .print = print};
    struct sim_trace *trace = sim_arena_new(reader->arena, struct sim_trace);
    bool is_right = sim_block_check_names(reader, &block, tables, 1);
    is_right = sim_block_read(reader, &block, sim_trace_params, 1, &fields) && is_right;
    if (!is_right || !csv_open(&csv, reader, where, value, fields.file, &trace->content_hash) ||
        !find_columns(&csv, &fields, &columns)) {
        return NULL;
    }
    const char *content =
        sim_reader_text(reader, "%016" G_GINT64_MODIFIER "x", trace->content_hash);
    if (fields.content && strcmp(fields.content, content) != 0) {
        sim_reader_complain(reader, value,
                            "%s: \"%s\" is not the file that was meant: its content differs", where,
                            fields.file);
        return NULL;
    }
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct sim_trace_row));
    if (!read_rows(&csv, &columns, rows)) {
        return NULL;
    }
    struct sim_trace_row *kept = sim_arena_array(reader->arena, struct sim_trace_row, rows->len);
    memcpy(kept, rows->data, rows->len * sizeof(*kept));
    trace->path = fields.file;
    trace->count = rows->len;
    trace->rows = kept;
    *ret_trace = trace;
    if (!fields.content) {
        sim_print_field(print, "content", sim_text_quote(reader->arena, content));
    }
    return sim_reader_text(reader, "trace { %s }", sim_print_inline(reader, print));
}

bool sim_column_read(struct sim_reader *reader, const char *where, const struct sim_value *value,
                     const char *file, const char *column, GArray *ret_numbers, uint64_t *ret_hash)
{
    struct csv csv;
    uint32_t index = 0;
    double number = 0;
    if (!csv_open(&csv, reader, where, value, file, ret_hash) ||
        (column && !csv_column(&csv, column, &index))) {
        return false;
    }
    if (!column && csv_number(&csv, 0, &number)) { /* a bare list has no line of names */
        g_array_append_val(ret_numbers, number);
    }
    while (csv_next(&csv)) {
        if (!csv_number(&csv, index, &number)) {
            return csv_complain(&csv, "expected a number");
        }
        g_array_append_val(ret_numbers, number);
    }
    return ret_numbers->len > 0 || csv_complain(&csv, "there are no rows");
}

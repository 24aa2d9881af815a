/* Fields: reads blocks by descriptor, with defaults, did-you-mean and the canonical print. */
#include "scenario/reader.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

void sim_reader_complain(struct sim_reader *reader, const struct sim_value *value,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    sim_problems_add(reader->problems, value->file ? value->file : reader->path, value->line, "%s",
                     text);
}

const char *sim_reader_text(struct sim_reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return sim_arena_strdup(reader->arena, text);
}

const char *sim_reader_where(struct sim_reader *reader, const char *who, const char *name)
{
    char *where = sim_arena_array(reader->arena, char, strlen(who) + strlen(name) + sizeof ": ");
    g_stpcpy(g_stpcpy(g_stpcpy(where, who), ": "), name);
    return where;
}

const char *sim_reader_suggest(struct sim_reader *reader, const char *word,
                               const char *const *words)
{
    if (sim_problems_is_full(reader->problems)) { /* nobody would read it, and each costs time */
        return "";
    }
    const char *nearest = sim_text_nearest(word, words);
    return nearest ? sim_reader_text(reader, " (did you mean '%s'?)", nearest) : "";
}

void sim_print_field(GString *print, const char *name, const char *text)
{
    g_string_append(print, name);
    g_string_append(print, " = ");
    g_string_append(print, text);
    g_string_append(print, ",\n");
}

const char *sim_print_inline(struct sim_reader *reader, const GString *fields)
{
    g_autoptr(GString) line = g_string_new_len(fields->str, (gssize)fields->len);
    g_string_replace(line, ",\n", ", ", 0);
    if (line->len >= 2) {
        g_string_truncate(line, line->len - 2);
    }
    return sim_arena_strdup(reader->arena, line->str);
}

void sim_print_block(GString *print, const char *head, const GString *fields)
{
    g_string_append(print, "\n  ");
    g_string_append(print, head);
    g_string_append(print, " {\n");
    for (const char *line = fields->str; line[0] != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > 0) {
            g_string_append(print, "    ");
            g_string_append_len(print, line, (gssize)length);
            g_string_append_c(print, '\n');
        }
        line += length + (line[length] == '\n');
    }
    g_string_append(print, "  },\n");
}

const char *sim_param_read(struct sim_reader *reader, const char *where,
                           const struct sim_param *param, const struct sim_value *value, void *out)
{
    char *field = (char *)out + param->offset;
    const char *text = NULL;
    if (value->kind == SIM_VALUE_BAD) {
        return NULL;
    }
    switch (param->type) {
    case SIM_PARAM_BOOLEAN:
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_RATIO:
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
    case SIM_PARAM_RATE:
    case SIM_PARAM_BYTES:
    case SIM_PARAM_BANDWIDTH:
    case SIM_PARAM_TEXT:
    case SIM_PARAM_CHOICE:
        return sim_scalar_read(reader, where, param, value, field);
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_BYTES_LAW: {
        bool is_time = param->type == SIM_PARAM_DURATION_LAW;
        const struct sim_dist *law =
            sim_law_read(reader, where, value, is_time ? 1 : 0, is_time ? 0 : 1, &text);
        if (!law || !sim_measure_check(reader, where, param, value, sim_dist_mean(law))) {
            return NULL;
        }
        *(const struct sim_dist **)(void *)field = law;
        return text;
    }
    case SIM_PARAM_DURATION_LAWS:
    case SIM_PARAM_MIX:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
        return sim_shape_read(reader, where, param, value, field);
    case SIM_PARAM_TARGET:
        return sim_target_read(reader, where, value, false, (struct sim_target *)(void *)field,
                               &text) &&
                       sim_target_check_models(reader, where, param, value,
                                               (const struct sim_target *)(const void *)field)
                   ? text
                   : NULL;
    case SIM_PARAM_TRACE:
        return sim_trace_read(reader, where, value, (const struct sim_trace **)(void *)field);
    }
    return NULL;
}

/* All that a call has without a name, as a table. */
static const struct sim_value *all_items(struct sim_reader *reader, const struct sim_value *call)
{
    struct sim_value *table = sim_arena_new(reader->arena, struct sim_value);
    *table = *call;
    table->kind = SIM_VALUE_TABLE;
    table->fields = NULL;
    table->field_count = 0;
    return table;
}

/* What the block says of a parameter: its field, or its item, or all of them. */
static const struct sim_value *given_value(struct sim_reader *reader, const struct sim_block *block,
                                           const struct sim_param *params, size_t index,
                                           int positional)
{
    const struct sim_value_field *field = sim_value_field(block->value, params[index].name);
    if (field) {
        return field->value;
    }
    if (params[index].type == SIM_PARAM_SHAPES && index == 0 && block->value->item_count > 0) {
        return all_items(reader, block->value);
    }
    if ((int)index < positional && index < block->value->item_count) {
        return block->value->items[index];
    }
    return NULL;
}

/* The value on its field's line, where the value (made elsewhere) stands on another. */
static const struct sim_value *at_field(struct sim_reader *reader, const struct sim_block *block,
                                        const char *name, const struct sim_value *value)
{
    const struct sim_value_field *field = sim_value_field(block->value, name);
    if (!field || field->line == 0 || value->line == field->line) {
        return value;
    }
    struct sim_value *moved = sim_arena_new(reader->arena, struct sim_value);
    *moved = *value;
    moved->line = field->line;
    moved->file = block->value->file;
    return moved;
}

static bool read_param(struct sim_reader *reader, const struct sim_block *block,
                       const struct sim_param *params, size_t index, int positional, void *out)
{
    const struct sim_param *param = &params[index];
    const struct sim_value *value = given_value(reader, block, params, index, positional);
    if (!value && !param->fallback) {
        sim_reader_complain(reader, block->value, "%s: %s%s%sneeds the field '%s': %s", block->who,
                            block->model ? "model '" : "", block->model ? block->model : "",
                            block->model ? "' " : "", param->name, param->help);
        return false;
    }
    if (!value && strcmp(param->fallback, "nil") == 0) {
        return true;
    }
    if (value) {
        value = at_field(reader, block, param->name, value);
    } else {
        value = sim_chunk_constant(reader->chunk, param->fallback);
    }
    const struct sim_value_field *field = sim_value_field(block->value, param->name);
    size_t problem_count = reader->problems->count;
    const char *where = sim_reader_where(reader, block->who, param->name);
    const char *text = sim_param_read(reader, where, param, value, out);
    if (text && block->print) {
        sim_print_field(block->print, param->name, text);
    }
    if (field && field->is_inherited) {
        sim_problems_forget_repeated(reader->problems, problem_count);
    }
    return text != NULL;
}

bool sim_block_read(struct sim_reader *reader, const struct sim_block *block,
                    const struct sim_param *params, int positional, void *out)
{
    bool is_right = true;
    for (size_t i = 0; params[i].name; i++) {
        is_right = read_param(reader, block, params, i, positional, out) && is_right;
    }
    return is_right;
}

/* Which was meant, or which there are: of a model more than a line holds. */
static const char *advise_field(struct sim_reader *reader, const struct sim_block *block,
                                const char *name, const char *const *words)
{
    const char *suggestion = sim_reader_suggest(reader, name, words);
    if (suggestion[0] || !words[0]) {
        return suggestion;
    }
    if (block->model) {
        return sim_reader_text(reader, " (see: brink models %s)", block->model);
    }
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)words);
    return sim_reader_text(reader, "; there are: %s", all);
}

bool sim_block_check_names(struct sim_reader *reader, const struct sim_block *block,
                           const struct sim_param *const *tables, int positional)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; tables[i]; i++) {
        for (const struct sim_param *param = tables[i]; param->name; param++) {
            g_ptr_array_add(names, (void *)(uintptr_t)param->name);
        }
    }
    g_ptr_array_add(names, NULL);
    const char *const *words = (const char *const *)names->pdata;
    bool is_right = true;
    for (uint32_t i = 0; i < block->value->field_count; i++) {
        const struct sim_value_field *field = &block->value->fields[i];
        if (g_strv_contains(words, field->name)) {
            continue;
        }
        is_right = false;
        size_t problem_count = reader->problems->count;
        sim_problems_add(
            reader->problems, block->value->file, field->line ? field->line : block->value->line,
            "%s: %s%s%s no field '%s'%s", block->who, block->model ? "model '" : "there is",
            block->model ? block->model : "", block->model ? "' has" : "", field->name,
            advise_field(reader, block, field->name, words));
        if (field->is_inherited) {
            sim_problems_forget_repeated(reader->problems, problem_count);
        }
    }
    if ((int)block->value->item_count > positional) {
        const struct sim_value *item = block->value->items[positional];
        is_right = false;
        bool is_block = item->kind == SIM_VALUE_CALL && item->name != NULL;
        sim_reader_complain(reader, item->line ? item : block->value,
                            is_block ? "%s: %s stands beside it, not inside: is a '}' missing?"
                                     : "%s: a field needs a name, got %s",
                            block->who, sim_value_describe(reader->arena, item));
    }
    return is_right;
}

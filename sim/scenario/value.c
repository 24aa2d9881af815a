/* Values: look-up, description for messages, and printing in the scenario language. */
#include "scenario/value.h"

#include <glib.h>
#include <string.h>

const struct sim_value_field *sim_value_field(const struct sim_value *value, const char *name)
{
    for (uint32_t i = 0; i < value->field_count; i++) {
        if (strcmp(value->fields[i].name, name) == 0) {
            return &value->fields[i];
        }
    }
    return NULL;
}

bool sim_value_is_call(const struct sim_value *value, const char *constructor)
{
    return value->kind == SIM_VALUE_CALL && strcmp(value->text, constructor) == 0;
}

bool sim_text_is_name(const char *name)
{
    static const char *const reserved[] = {
        "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
        "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
        "repeat",   "return", "then", "true", "until",  "while", NULL};
    if (!g_ascii_isalpha(name[0]) && name[0] != '_') {
        return false;
    }
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_') {
            return false;
        }
    }
    return !g_strv_contains(reserved, name);
}

static void append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, (char)*c);
        } else if (*c < 0x20 || *c == 0x7f) {
            g_string_append_printf(out, "\\%03d", *c);
        } else {
            g_string_append_c(out, (char)*c);
        }
    }
    g_string_append_c(out, '"');
}

const char *sim_text_quote(struct sim_arena *arena, const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    append_quoted(out, text);
    return sim_arena_strdup(arena, out->str);
}

/* What kind of thing a quantity is, as a person would call it. */
static const char *quantity_kind(const struct sim_quantity *quantity)
{
    const struct sim_dimension *dimension = &quantity->dimension;
    if (quantity->is_percent) {
        return "ratio";
    }
    if (sim_dimension_is(dimension, 1, 0)) {
        return "duration";
    }
    if (sim_dimension_is(dimension, -1, 0)) {
        return "rate";
    }
    if (sim_dimension_is(dimension, 0, 1)) {
        return "size";
    }
    if (sim_dimension_is(dimension, -1, 1)) {
        return "bandwidth";
    }
    return "quantity";
}

#define DESCRIBED_TEXT_MAX 60 /* bytes of a user's text that a message repeats */

static const char *shortened(struct sim_arena *arena, const char *text)
{
    if (strlen(text) <= DESCRIBED_TEXT_MAX) {
        return text;
    }
    const char *end = text + DESCRIBED_TEXT_MAX;
    while (((unsigned char)*end & 0xc0) == 0x80) { /* not inside a UTF-8 character */
        end--;
    }
    g_autofree char *cut = g_strndup(text, (gsize)(end - text));
    g_autofree char *with_dots = g_strconcat(cut, "...", NULL);
    return sim_arena_strdup(arena, with_dots);
}

const char *sim_value_describe(struct sim_arena *arena, const struct sim_value *value)
{
    g_autofree char *text = NULL;
    switch (value->kind) {
    case SIM_VALUE_BAD:
        return "a wrong value";
    case SIM_VALUE_NONE:
        return "none";
    case SIM_VALUE_BOOLEAN:
        return value->boolean ? "true" : "false";
    case SIM_VALUE_NUMBER:
        text = g_strconcat("number ", sim_value_lua(arena, value), NULL);
        break;
    case SIM_VALUE_QUANTITY:
        text = g_strconcat(quantity_kind(&value->quantity), " ", sim_value_lua(arena, value), NULL);
        break;
    case SIM_VALUE_TEXT:
        text = g_strconcat("text ", sim_text_quote(arena, shortened(arena, value->text)), NULL);
        break;
    case SIM_VALUE_TABLE:
        return "a table";
    case SIM_VALUE_CALL:
        text = value->name
                   ? g_strconcat(value->text, " \"", shortened(arena, value->name), "\"", NULL)
                   : g_strconcat(value->text, "(...)", NULL);
        break;
    case SIM_VALUE_OTHER:
        return value->text;
    }
    return sim_arena_strdup(arena, text);
}

static void append_value(GString *out, struct sim_arena *arena, const struct sim_value *value);

static void append_fields(GString *out, struct sim_arena *arena, const struct sim_value *value)
{
    const char *separator = " ";
    g_string_append_c(out, '{');
    for (uint32_t i = 0; i < value->item_count; i++) {
        g_string_append(out, separator);
        append_value(out, arena, value->items[i]);
        separator = ", ";
    }
    for (uint32_t i = 0; i < value->field_count; i++) {
        g_string_append(out, separator);
        if (sim_text_is_name(value->fields[i].name)) {
            g_string_append(out, value->fields[i].name);
        } else {
            g_string_append_c(out, '[');
            append_quoted(out, value->fields[i].name);
            g_string_append_c(out, ']');
        }
        g_string_append(out, " = ");
        append_value(out, arena, value->fields[i].value);
        separator = ", ";
    }
    g_string_append(out, separator[0] == ',' ? " }" : "}");
}

static void append_call(GString *out, struct sim_arena *arena, const struct sim_value *value)
{
    g_string_append(out, value->text);
    if (value->name) {
        g_string_append_c(out, ' ');
        append_quoted(out, value->name);
    }
    if (value->name || value->field_count > 0) {
        g_string_append_c(out, ' ');
        append_fields(out, arena, value);
        return;
    }
    g_string_append_c(out, '(');
    for (uint32_t i = 0; i < value->item_count; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        append_value(out, arena, value->items[i]);
    }
    g_string_append_c(out, ')');
}

/* Depth is bounded by SIM_VALUE_DEPTH_MAX, which whoever makes values keeps. */
static void append_value(GString *out, struct sim_arena *arena, const struct sim_value *value)
{
    switch (value->kind) {
    case SIM_VALUE_BAD:
    case SIM_VALUE_OTHER:
        g_string_append(out, "nil");
        break;
    case SIM_VALUE_NONE:
        g_string_append(out, "none");
        break;
    case SIM_VALUE_BOOLEAN:
        g_string_append(out, value->boolean ? "true" : "false");
        break;
    case SIM_VALUE_NUMBER:
        if (value->is_integer) {
            g_string_append_printf(out, "%" G_GINT64_FORMAT, value->integer);
            break;
        }
        g_string_append(out, sim_quantity_lua(arena, &value->quantity));
        break;
    case SIM_VALUE_QUANTITY:
        g_string_append(out, sim_quantity_lua(arena, &value->quantity));
        break;
    case SIM_VALUE_TEXT:
        append_quoted(out, value->text);
        break;
    case SIM_VALUE_TABLE:
        append_fields(out, arena, value);
        break;
    case SIM_VALUE_CALL:
        append_call(out, arena, value);
        break;
    }
}

const char *sim_value_lua(struct sim_arena *arena, const struct sim_value *value)
{
    g_autoptr(GString) out = g_string_new(NULL);
    append_value(out, arena, value);
    return sim_arena_strdup(arena, out->str);
}

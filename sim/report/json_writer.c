/* Writes JSON text. See json_writer.h. */
#include "report/json_writer.h"

#include <math.h>

#include "base/text.h"

void sim_json_init(struct sim_json *json, GString *text)
{
    *json = (struct sim_json){.text = text, .is_first = true};
}

static void append_quoted(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_printf(text, "\\%c", *c);
        } else if (*c == '\n') {
            g_string_append(text, "\\n");
        } else if (*c == '\t') {
            g_string_append(text, "\\t");
        } else if (*c < 0x20 || *c == 0x7f) {
            g_string_append_printf(text, "\\u%04x", *c);
        } else {
            g_string_append_c(text, (char)*c);
        }
    }
    g_string_append_c(text, '"');
}

/* Text from scenarios may be any bytes; what is not UTF-8 is replaced, so that readers can read. */
static void append_text(GString *text, const char *value)
{
    if (g_utf8_validate(value, -1, NULL)) {
        append_quoted(text, value);
        return;
    }
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    append_quoted(text, valid);
}

static void begin_item(struct sim_json *json, const char *key)
{
    bool is_flat = json->flat_depth > 0 && json->depth >= json->flat_depth;
    if (!json->is_first) {
        g_string_append(json->text, is_flat ? ", " : ",");
    }
    if (!is_flat && json->depth > 0) {
        g_string_append_c(json->text, '\n');
        for (int i = 0; i < json->depth; i++) {
            g_string_append(json->text, "  ");
        }
    }
    if (key) {
        append_text(json->text, key);
        g_string_append(json->text, ": ");
    }
    json->is_first = false;
}

void sim_json_open(struct sim_json *json, const char *key, char bracket, bool is_flat)
{
    begin_item(json, key);
    g_string_append_c(json->text, bracket);
    json->depth++;
    json->is_first = true;
    if (is_flat && json->flat_depth == 0) {
        json->flat_depth = json->depth;
    }
}

void sim_json_close(struct sim_json *json, char bracket)
{
    bool is_flat = json->flat_depth > 0 && json->depth >= json->flat_depth;
    if (json->flat_depth == json->depth) {
        json->flat_depth = 0;
    }
    json->depth--;
    if (!is_flat && !json->is_first) {
        g_string_append_c(json->text, '\n');
        for (int i = 0; i < json->depth; i++) {
            g_string_append(json->text, "  ");
        }
    }
    g_string_append_c(json->text, bracket);
    json->is_first = false;
    if (json->depth == 0) {
        g_string_append_c(json->text, '\n');
    }
}

void sim_json_text(struct sim_json *json, const char *key, const char *value)
{
    begin_item(json, key);
    if (value) {
        append_text(json->text, value);
    } else {
        g_string_append(json->text, "null");
    }
}

static void append_number(struct sim_json *json, const char *key, double value, int digits)
{
    begin_item(json, key);
    char text[SIM_TEXT_MAX];
    if (isnan(value)) {
        g_string_append(json->text, "null");
    } else if (isinf(value)) {
        g_string_append(json->text, value > 0 ? "\"inf\"" : "\"-inf\"");
    } else if (digits > 0) {
        g_string_append(json->text, sim_text_rounded(text, value, digits));
    } else {
        g_string_append(json->text, sim_text_double(text, value));
    }
}

void sim_json_number(struct sim_json *json, const char *key, double value)
{
    append_number(json, key, value, 0);
}

void sim_json_rounded(struct sim_json *json, const char *key, double value)
{
    append_number(json, key, value, 6);
}

void sim_json_integer(struct sim_json *json, const char *key, int64_t value)
{
    begin_item(json, key);
    g_string_append_printf(json->text, "%" G_GINT64_FORMAT, (gint64)value);
}

void sim_json_boolean(struct sim_json *json, const char *key, bool value)
{
    begin_item(json, key);
    g_string_append(json->text, value ? "true" : "false");
}

void sim_json_u64(struct sim_json *json, const char *key, uint64_t value)
{
    begin_item(json, key);
    g_string_append_printf(json->text, "\"%" G_GUINT64_FORMAT "\"", (guint64)value);
}

void sim_json_hex(struct sim_json *json, const char *key, uint64_t value)
{
    begin_item(json, key);
    g_string_append_printf(json->text, "\"%016" G_GINT64_MODIFIER "x\"", (guint64)value);
}

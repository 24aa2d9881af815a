/* Writes JSON text: indented, in the order of the calls, numbers the same everywhere.
 *
 * JSON has no infinity and no NaN: they are written as "inf", "-inf" and null. 64-bit seeds and
 * digests are written as text, since many readers hold numbers as doubles.
 */
#ifndef BRINK_REPORT_JSON_WRITER_H
#define BRINK_REPORT_JSON_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct sim_json {
    GString *text;
    int depth;
    bool is_first;  /* nothing stands in the present object or array yet */
    int flat_depth; /* from this depth on everything is on one line; 0 = none */
};

void sim_json_init(struct sim_json *json, GString *text);

/* `key` is NULL inside arrays. A flat object or array stands on one line. */
void sim_json_open(struct sim_json *json, const char *key, char bracket, bool is_flat);
void sim_json_close(struct sim_json *json, char bracket);

void sim_json_text(struct sim_json *json, const char *key, const char *value); /* NULL: null */
void sim_json_number(struct sim_json *json, const char *key, double value);
/* Rounded to six significant digits: for what a system library had a hand in. */
void sim_json_rounded(struct sim_json *json, const char *key, double value);
void sim_json_integer(struct sim_json *json, const char *key, int64_t value);
void sim_json_boolean(struct sim_json *json, const char *key, bool value);
void sim_json_u64(struct sim_json *json, const char *key, uint64_t value); /* decimal, as text */
void sim_json_hex(struct sim_json *json, const char *key, uint64_t value); /* 16 digits, as text */

#endif

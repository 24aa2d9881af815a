/* Lines of a CSV file as fields: what every reader of recorded data shares, so that a trace means
 * the same to all of them. Fields have no quotes and hold no commas.
 */
#ifndef BRINK_BASE_CSV_H
#define BRINK_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_CSV_FIELDS_MAX 64 /* of a line; those after are not seen */
#define SIM_CSV_TEXT_MAX 64   /* bytes of a number or a name, with its NUL */

struct sim_csv_field {
    const char *start; /* not ended by a NUL */
    size_t length;
};

struct sim_csv_line {
    uint32_t field_count;
    struct sim_csv_field fields[SIM_CSV_FIELDS_MAX];
};

/* Splits the `length` bytes at `text`, which the fields point into; a carriage return at the end
 * belongs to none. False when nothing is left. */
bool sim_csv_split(struct sim_csv_line *line, const char *text, size_t length);

/* The field as a text; false when it is too long for one. */
bool sim_csv_text(const struct sim_csv_field *field, char ret_text[SIM_CSV_TEXT_MAX]);
/* All of the field as a whole number from 0 to 2^64 - 1. */
bool sim_csv_integer(const struct sim_csv_field *field, uint64_t *ret_integer);
/* The key of an object: the number that the field is, else a hash of its text. */
uint64_t sim_csv_key(const struct sim_csv_field *field);

#endif

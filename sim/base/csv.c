/* See csv.h. */
#include "base/csv.h"

#include <string.h>

#include "base/random.h"

bool sim_csv_split(struct sim_csv_line *line, const char *text, size_t length)
{
    const char *end = text + length;
    if (end > text && end[-1] == '\r') {
        end--;
    }
    line->field_count = 0;
    if (end == text) {
        return false;
    }
    while (line->field_count < SIM_CSV_FIELDS_MAX) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *field_end = comma != NULL ? comma : end;
        line->fields[line->field_count++] =
            (struct sim_csv_field){.start = text, .length = (size_t)(field_end - text)};
        if (comma == NULL) {
            break;
        }
        text = comma + 1;
    }
    return true;
}

bool sim_csv_text(const struct sim_csv_field *field, char ret_text[SIM_CSV_TEXT_MAX])
{
    if (field->length >= SIM_CSV_TEXT_MAX) {
        return false;
    }
    memcpy(ret_text, field->start, field->length);
    ret_text[field->length] = '\0';
    return true;
}

bool sim_csv_integer(const struct sim_csv_field *field, uint64_t *ret_integer)
{
    uint64_t integer = 0;
    for (size_t i = 0; i < field->length; i++) {
        char c = field->start[i];
        if (c < '0' || c > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(c - '0');
        if (integer > (UINT64_MAX - digit) / 10) {
            return false;
        }
        integer = integer * 10 + digit;
    }
    *ret_integer = integer;
    return field->length > 0;
}

uint64_t sim_csv_key(const struct sim_csv_field *field)
{
    uint64_t key = 0;
    return sim_csv_integer(field, &key) ? key : sim_hash_bytes(field->start, field->length);
}

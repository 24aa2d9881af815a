/* Numbers as text, and back, the same whatever the locale.
 *
 * Two kinds of output: exact (the shortest decimal that reads back as the same double; integers in
 * full) for files and for scenarios that are printed to be run again, and human (three or four
 * significant digits and a fitting unit: "5 ms", "1.16/s", "3.2 TB", "12.5 %") for summaries.
 */
#ifndef BRINK_BASE_TEXT_H
#define BRINK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define SIM_TEXT_MAX 48 /* every function below writes at most this many bytes, with its NUL */

/* Shortest text that strtod reads back to `value`; "inf", "-inf", "nan" otherwise. */
char *sim_text_double(char out[SIM_TEXT_MAX], double value);
/* `value` rounded to `digits` significant digits, plain notation where it is short. */
char *sim_text_rounded(char out[SIM_TEXT_MAX], double value, int digits);

char *sim_text_duration(char out[SIM_TEXT_MAX], double seconds);           /* "1.25 ms", "3 min" */
char *sim_text_rate(char out[SIM_TEXT_MAX], double per_second);            /* "4,000/s", "1.16/s" */
char *sim_text_bytes(char out[SIM_TEXT_MAX], double bytes);                /* "3.2 TB" (decimal) */
char *sim_text_bandwidth(char out[SIM_TEXT_MAX], double bytes_per_second); /* "46 MB/s" */
char *sim_text_percent(char out[SIM_TEXT_MAX], double ratio);              /* 0.125 -> "12.5 %" */
char *sim_text_count(char out[SIM_TEXT_MAX], double count); /* "1,234,567", "2.18e14" */

/* What a duration is called in a scenario: "ms(5)", "us(1.5)", "s(60)"; SIM_NEVER is "never". Reads
 * back exactly. */
char *sim_text_duration_lua(char out[SIM_TEXT_MAX], sim_time duration);

/* Kinds of quantity that a text such as "5ms", "10%", "850/s", "64KiB", "1Gbit/s" can state. */
enum sim_unit {
    SIM_UNIT_NONE,     /* bare number */
    SIM_UNIT_SECOND,   /* duration, value in seconds */
    SIM_UNIT_RATIO,    /* from percent, value as a fraction */
    SIM_UNIT_RATE,     /* per second */
    SIM_UNIT_BYTE,     /* bytes */
    SIM_UNIT_BANDWIDTH /* bytes per second */
};

/* Reads all of `text` as number and unit, blanks between allowed. False when it is neither. */
bool sim_text_parse(const char *text, double *ret_value, enum sim_unit *ret_unit);

/* Whether `text` is UTF-8 without control characters; `may_have_lines`: but for '\n' and '\t'. */
bool sim_text_is_tame(const char *text, bool may_have_lines);
/* Puts blanks where it is not. */
void sim_text_tame(char *text, bool may_have_lines);

/* The optimal string alignment distance of two words, at most `limit` + 1 (for "did you mean"). */
int sim_text_distance(const char *a, const char *b, int limit);
/* The entry of `words` (NULL at the end) nearest to `word`, or NULL where none is near enough. */
const char *sim_text_nearest(const char *word, const char *const *words);

#endif

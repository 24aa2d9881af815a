/* A number and its unit.
 *
 *     quantity = number [blanks] [unit]        unit = "%" | amount | amount "/" time | "/" time
 *
 * where an amount is a time by itself, or bytes or (only per time) bits. Case counts, since M is
 * not m. A number is decimal, without grouping; "inf", "nan" and hexadecimals are not numbers here.
 */
#include <math.h> /* isfinite; no function of it */
#include <string.h>

#include <glib.h>

#include "base/text.h"

/* value = number * times / per, one of them 1, so that "5 ms" is the double next to 0.005. */
struct scale {
    const char *name;
    double times, per;
};

static const struct scale times[] = {
    {"ns", 1, 1e9},    {"us", 1, 1e6},     {"\xc2\xb5s", 1, 1e6}, {"\xce\xbcs", 1, 1e6},
    {"ms", 1, 1e3},    {"s", 1, 1},        {"sec", 1, 1},         {"second", 1, 1},
    {"seconds", 1, 1}, {"min", 60, 1},     {"minute", 60, 1},     {"minutes", 60, 1},
    {"h", 3600, 1},    {"hour", 3600, 1},  {"hours", 3600, 1},    {"d", 86400, 1},
    {"day", 86400, 1}, {"days", 86400, 1}, {"week", 604800, 1},   {"weeks", 604800, 1},
    {NULL, 0, 0},
};

static const struct scale bytes[] = {
    {"B", 1, 1},        {"byte", 1, 1},     {"bytes", 1, 1},    {"kB", 1e3, 1},
    {"MB", 1e6, 1},     {"GB", 1e9, 1},     {"TB", 1e12, 1},    {"PB", 1e15, 1},
    {"EB", 1e18, 1},    {"KiB", 0x1p10, 1}, {"MiB", 0x1p20, 1}, {"GiB", 0x1p30, 1},
    {"TiB", 0x1p40, 1}, {"PiB", 0x1p50, 1}, {NULL, 0, 0},
};

static const struct scale bits[] = {
    {"bit", 1, 8},      {"kbit", 125, 1},   {"Mbit", 125e3, 1},
    {"Gbit", 125e6, 1}, {"Tbit", 125e9, 1}, {NULL, 0, 0},
};

static const struct scale *scale_named(const struct scale *scales, const char *name, size_t length)
{
    for (; scales->name != NULL; scales++) {
        if (strlen(scales->name) == length && memcmp(scales->name, name, length) == 0) {
            return scales;
        }
    }
    return NULL;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t') {
        text++;
    }
    return text;
}

static const char *skip_digits(const char *text)
{
    while (g_ascii_isdigit(*text)) {
        text++;
    }
    return text;
}

/* The end of the decimal number at `text`, or NULL when there is none. */
static const char *number_end(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+' ? 1 : 0);
    const char *whole = at;
    at = skip_digits(at);
    bool has_digits = at > whole;
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        has_digits = has_digits || at > fraction;
    }
    if (!has_digits) {
        return NULL;
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1 + (at[1] == '-' || at[1] == '+' ? 1 : 0);
        const char *end = skip_digits(exponent);
        at = end > exponent ? end : at; /* "5 EB", written without its blank */
    }
    return at;
}

/* A unit with a slash: the time below it, then what is counted above it. */
static bool scale_per_time(const char *name, const char *slash, size_t length, double *value,
                           enum sim_unit *ret_unit)
{
    size_t above_length = (size_t)(slash - name);
    const struct scale *time = scale_named(times, slash + 1, length - above_length - 1);
    if (time == NULL) {
        return false;
    }
    *value = *value * time->per / time->times;
    if (above_length == 0) {
        *ret_unit = SIM_UNIT_RATE;
        return true;
    }
    const struct scale *amount = scale_named(bytes, name, above_length);
    amount = amount != NULL ? amount : scale_named(bits, name, above_length);
    if (amount == NULL) {
        return false;
    }
    *value = *value * amount->times / amount->per;
    *ret_unit = SIM_UNIT_BANDWIDTH;
    return true;
}

static bool scale_by_unit(const char *name, size_t length, double *value, enum sim_unit *ret_unit)
{
    if (length == 0) {
        *ret_unit = SIM_UNIT_NONE;
        return true;
    }
    if (length == 1 && *name == '%') {
        *value /= 100.0;
        *ret_unit = SIM_UNIT_RATIO;
        return true;
    }
    const char *slash = memchr(name, '/', length);
    if (slash != NULL) {
        return scale_per_time(name, slash, length, value, ret_unit);
    }
    const struct scale *scale = scale_named(times, name, length);
    *ret_unit = SIM_UNIT_SECOND;
    if (scale == NULL) {
        scale = scale_named(bytes, name, length);
        *ret_unit = SIM_UNIT_BYTE;
    }
    if (scale == NULL) {
        return false;
    }
    *value = *value * scale->times / scale->per;
    return true;
}

bool sim_text_parse(const char *text, double *ret_value, enum sim_unit *ret_unit)
{
    const char *number = skip_blanks(text);
    const char *end = number_end(number);
    if (end == NULL) {
        return false;
    }
    double value = g_ascii_strtod(number, NULL);
    const char *name = skip_blanks(end);
    size_t length = strlen(name);
    while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t')) {
        length--;
    }
    enum sim_unit unit;
    if (!scale_by_unit(name, length, &value, &unit) || !isfinite(value)) {
        return false;
    }
    *ret_value = value;
    *ret_unit = unit;
    return true;
}

/* Numbers as text: rounding by the C library's exact decimal conversion (through GLib, which takes
 * the locale out), layout by hand.
 *
 * Leaves out: locales, plural forms, and binary units in output (they are read, not written).
 */
#include "base/text.h"

#include <math.h> /* isfinite; no function of it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#define DIGITS_MAX 17 /* what tells any two doubles apart */
#define HUMAN_DIGITS 3
#define PLAIN_BELOW 1e12 /* counts from here on are written with an exponent */

/* 0.d1 d2 d3 ... * 10^point: the digits without trailing zeros, at least one of them. */
struct decimal {
    bool is_negative;
    char digits[DIGITS_MAX + 1];
    int count;
    int point;
};

/* Copies `text` to `out` and returns the end. */
static char *append(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length + 1);
    return out + length;
}

static struct decimal decimal_of(double value, int digits)
{
    char format[16];
    char text[SIM_TEXT_MAX];
    snprintf(format, sizeof(format), "%%.%de", digits - 1);
    g_ascii_formatd(text, sizeof(text), format, value);
    struct decimal decimal = {.is_negative = text[0] == '-'};
    const char *at = text + (decimal.is_negative ? 1 : 0);
    for (; *at != 'e'; at++) {
        if (*at != '.') {
            decimal.digits[decimal.count] = *at;
            decimal.count++;
        }
    }
    decimal.point = (int)strtol(at + 1, NULL, 10) + 1;
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') {
        decimal.count--;
    }
    decimal.digits[decimal.count] = '\0';
    if (decimal.digits[0] == '0') {
        decimal = (struct decimal){.digits = "0", .count = 1, .point = 1};
    }
    return decimal;
}

static char *write_plain(char *out, const struct decimal *decimal, bool is_grouped)
{
    char *at = out;
    if (decimal->is_negative) {
        *at++ = '-';
    }
    for (int i = 0; i < decimal->point; i++) {
        if (is_grouped && i > 0 && (decimal->point - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = i < decimal->count ? decimal->digits[i] : '0';
    }
    if (decimal->point <= 0) {
        *at++ = '0';
    }
    if (decimal->count > decimal->point) {
        *at++ = '.';
        for (int i = decimal->point; i < decimal->count; i++) {
            *at++ = i < 0 ? '0' : decimal->digits[i];
        }
    }
    *at = '\0';
    return at;
}

static char *write_scientific(char *out, const struct decimal *decimal)
{
    const char *rest = decimal->digits + 1;
    return out + sprintf(out, "%s%c%s%se%d", decimal->is_negative ? "-" : "", decimal->digits[0],
                         *rest == '\0' ? "" : ".", rest, decimal->point - 1);
}

/* Writes and returns the end. */
static char *write_rounded(char *out, double value, int digits, bool is_grouped)
{
    struct decimal decimal = decimal_of(value, digits);
    return decimal.point > 12 || decimal.point < -3 ? write_scientific(out, &decimal)
                                                    : write_plain(out, &decimal, is_grouped);
}

/* "inf", "-inf", "nan": true when `value` is one of them and has been written. */
static bool write_special(char *out, double value)
{
    if (isfinite(value)) {
        return false;
    }
    append(out, value != value ? "nan" : value > 0.0 ? "inf" : "-inf");
    return true;
}

char *sim_text_double(char out[SIM_TEXT_MAX], double value)
{
    if (write_special(out, value)) {
        return out;
    }
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(out, SIM_TEXT_MAX, formats[i], value);
        if (g_ascii_strtod(out, NULL) == value) {
            break;
        }
    }
    return out;
}

char *sim_text_rounded(char out[SIM_TEXT_MAX], double value, int digits)
{
    if (!write_special(out, value)) {
        write_rounded(out, value, CLAMP(digits, 1, DIGITS_MAX), false);
    }
    return out;
}

/* Three digits; from a thousand on all digits before the point, with commas. */
static char *write_human(char *out, double value)
{
    double magnitude = value < 0.0 ? -value : value;
    int digits = HUMAN_DIGITS;
    if (magnitude < PLAIN_BELOW) {
        for (double limit = 1e3; magnitude >= limit; limit *= 10.0) {
            digits++;
        }
    }
    return write_rounded(out, value, digits, true);
}

struct step {
    double size;
    const char *name;
};

/* Writes `value` in the largest of `steps` (descending) that its rounded form reaches. */
static char *write_stepped(char *out, double value, const struct step *steps, size_t count)
{
    char rounded[SIM_TEXT_MAX];
    double magnitude = value < 0.0 ? -value : value;
    write_rounded(rounded, magnitude, HUMAN_DIGITS, false);
    magnitude = g_ascii_strtod(rounded, NULL); /* 999.9 kB is written 1 MB */
    size_t i = 0;
    while (i + 1 < count && magnitude < steps[i].size) {
        i++;
    }
    char *end = write_human(out, value / steps[i].size);
    return end + sprintf(end, " %s", steps[i].name);
}

char *sim_text_duration(char out[SIM_TEXT_MAX], double seconds)
{
    static const struct step short_steps[] = {{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
    /* From where on a long unit is used, and from where on also with an odd fraction. */
    static const struct {
        double from, always_from;
        struct step step;
    } long_steps[] = {{172800.0, 864000.0, {86400.0, "d"}},
                      {3600.0, 36000.0, {3600.0, "h"}},
                      {120.0, 600.0, {60.0, "min"}}};
    if (write_special(out, seconds)) {
        return out;
    }
    if (seconds == 0.0) {
        append(out, "0 s");
        return out;
    }
    double magnitude = seconds < 0.0 ? -seconds : seconds;
    for (size_t i = 0; i < G_N_ELEMENTS(long_steps); i++) {
        double tenths = magnitude / long_steps[i].step.size * 10.0;
        bool is_even = tenths < 1e15 && (double)(int64_t)tenths == tenths;
        if (magnitude >= long_steps[i].always_from ||
            (magnitude >= long_steps[i].from && is_even)) {
            char *end = write_human(out, seconds / long_steps[i].step.size);
            sprintf(end, " %s", long_steps[i].step.name);
            return out;
        }
    }
    write_stepped(out, seconds, short_steps, G_N_ELEMENTS(short_steps));
    return out;
}

char *sim_text_rate(char out[SIM_TEXT_MAX], double per_second)
{
    if (!write_special(out, per_second)) {
        append(write_human(out, per_second), "/s");
    }
    return out;
}

static const struct step byte_steps[] = {{1e18, "EB"}, {1e15, "PB"}, {1e12, "TB"}, {1e9, "GB"},
                                         {1e6, "MB"},  {1e3, "kB"},  {1.0, "B"}};

char *sim_text_bytes(char out[SIM_TEXT_MAX], double bytes)
{
    if (!write_special(out, bytes)) {
        write_stepped(out, bytes, byte_steps, G_N_ELEMENTS(byte_steps));
    }
    return out;
}

char *sim_text_bandwidth(char out[SIM_TEXT_MAX], double bytes_per_second)
{
    if (!write_special(out, bytes_per_second)) {
        append(write_stepped(out, bytes_per_second, byte_steps, G_N_ELEMENTS(byte_steps)), "/s");
    }
    return out;
}

char *sim_text_percent(char out[SIM_TEXT_MAX], double ratio)
{
    if (write_special(out, ratio)) {
        return out;
    }
    /* Near 100 % what is missing is what matters: it gets two digits, and never vanishes. */
    int digits = HUMAN_DIGITS;
    double missing = 100.0 * (ratio < 1.0 ? 1.0 - ratio : ratio - 1.0);
    if (missing > 0.0 && missing < 1.0) {
        digits = (ratio < 1.0 ? 2 : 3) + 2 - decimal_of(missing, 2).point;
        digits = digits > DIGITS_MAX ? DIGITS_MAX : digits;
    }
    append(write_rounded(out, 100.0 * ratio, digits, true), " %");
    return out;
}

char *sim_text_count(char out[SIM_TEXT_MAX], double count)
{
    if (!write_special(out, count)) {
        write_human(out, count);
    }
    return out;
}

char *sim_text_duration_lua(char out[SIM_TEXT_MAX], sim_time duration)
{
    static const struct {
        sim_time size;
        const char *name;
    } units[] = {{SIM_SECOND, "s"}, {SIM_MILLISECOND, "ms"}, {SIM_MICROSECOND, "us"}};
    if (duration == SIM_NEVER) {
        append(out, "never");
        return out;
    }
    sim_time magnitude = duration < 0 ? -duration : duration;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        sim_time thousandths = magnitude % units[i].size / (units[i].size / 1000);
        bool fits = magnitude % (units[i].size / 1000) == 0 &&
                    (magnitude >= units[i].size || magnitude == 0);
        if (fits) {
            char fraction[8];
            int length = snprintf(fraction, sizeof(fraction), ".%03d", (int)thousandths);
            while (length > 0 && (fraction[length - 1] == '0' || fraction[length - 1] == '.')) {
                length--;
            }
            sprintf(out, "%s(%s%" G_GINT64_FORMAT "%.*s)", units[i].name, duration < 0 ? "-" : "",
                    magnitude / units[i].size, length, fraction);
            return out;
        }
    }
    sprintf(out, "ns(%" G_GINT64_FORMAT ")", duration);
    return out;
}

/* Numbers for people. See number.h. */
#include "report/number.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define PLAIN_DIGITS 3
#define EXACT_DIGITS 6

struct step {
    double from;
    struct sim_number_unit unit;
};

static struct sim_number_unit step_of(double value, const struct step *steps, size_t count)
{
    double magnitude = fabs(value) * (1.0 + 1e-9); /* 0.9999999999 s is a second */
    size_t i = 0;
    while (i + 1 < count && magnitude < steps[i].from) {
        i++;
    }
    return steps[i].unit;
}

struct sim_number_unit sim_number_unit_of(double value, enum sim_metric_unit unit, bool is_rate)
{
    static const struct step durations[] = {
        {172800.0, {1.0 / 86400.0, " d"}},
        {7200.0, {1.0 / 3600.0, " h"}},
        {600.0, {1.0 / 60.0, " min"}},
        {1.0, {1.0, " s"}},
        {1e-3, {1e3, " ms"}},
        {1e-6, {1e6, " µs"}},
        {0.0, {1e9, " ns"}},
    };
    static const struct step bytes[] = {
        {1e15, {1e-15, " PB"}}, {1e12, {1e-12, " TB"}}, {1e9, {1e-9, " GB"}},
        {1e6, {1e-6, " MB"}},   {1e3, {1e-3, " kB"}},   {0.0, {1.0, " B"}},
    };
    static const struct step byte_rates[] = {
        {1e15, {1e-15, " PB/s"}}, {1e12, {1e-12, " TB/s"}}, {1e9, {1e-9, " GB/s"}},
        {1e6, {1e-6, " MB/s"}},   {1e3, {1e-3, " kB/s"}},   {0.0, {1.0, " B/s"}},
    };
    if (value == 0.0 && unit == SIM_METRIC_SECONDS) {
        return (struct sim_number_unit){1.0, " s"};
    }
    switch (unit) {
    case SIM_METRIC_SECONDS:
        return step_of(value, durations, G_N_ELEMENTS(durations));
    case SIM_METRIC_RATIO:
        return (struct sim_number_unit){100.0, " %"};
    case SIM_METRIC_BYTES:
        return is_rate ? step_of(value, byte_rates, G_N_ELEMENTS(byte_rates))
                       : step_of(value, bytes, G_N_ELEMENTS(bytes));
    case SIM_METRIC_EVENTS:
    case SIM_METRIC_ITEMS:
        break;
    }
    return (struct sim_number_unit){1.0, is_rate ? "/s" : ""};
}

/* Commas between thousands, in place. */
static void group_thousands(char out[SIM_NUMBER_MAX])
{
    char plain[SIM_NUMBER_MAX];
    g_strlcpy(plain, out, sizeof(plain));
    size_t sign = plain[0] == '-' ? 1 : 0;
    size_t whole = strspn(plain + sign, "0123456789");
    if (whole < 4 || strlen(plain) + whole / 3 >= SIM_NUMBER_MAX) {
        return;
    }
    char *at = out + sign;
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = plain[sign + i];
    }
    memcpy(at, plain + sign + whole, strlen(plain + sign + whole) + 1);
}

/* With so many decimals; negative ones round to tens, hundreds, ... */
static void write_decimals(char out[SIM_NUMBER_MAX], double value, int decimals)
{
    if (decimals < 0) {
        double unit = 1.0;
        for (int i = decimals; i < 0; i++) {
            unit *= 10.0;
        }
        value = floor(value / unit + 0.5) * unit;
        decimals = 0;
    }
    if (fabs(value) >= 1e15) {
        sim_text_rounded(out, value, PLAIN_DIGITS);
        return;
    }
    char format[8];
    g_snprintf(format, sizeof(format), "%%.%df", decimals);
    g_ascii_formatd(out, SIM_NUMBER_MAX / 2, format, value);
    if (strspn(out, "-0.") == strlen(out) && out[0] == '-') {
        memmove(out, out + 1, strlen(out)); /* no minus zero */
    }
    group_thousands(out);
}

/* Decimals that leave a half-width one digit, or two when it begins with 1. */
static int decimals_of(double half)
{
    int decimals = 0;
    double scaled = half;
    while (scaled < 1.0 && decimals < 12) {
        scaled *= 10.0;
        decimals++;
    }
    while (scaled >= 10.0 && decimals > -12) {
        scaled /= 10.0;
        decimals--;
    }
    return scaled < 1.95 ? decimals + 1 : decimals;
}

/* At most `digits` significant digits, all of them of a whole number of four digits and more. */
static void write_significant(char out[SIM_NUMBER_MAX], double value, int digits)
{
    for (double limit = 1e3; fabs(value) >= limit && digits < 12; limit *= 10.0) {
        digits = digits < 4 ? 4 : digits + (digits < EXACT_DIGITS ? 1 : 0);
    }
    sim_text_rounded(out, value, digits);
    group_thousands(out);
}

static bool write_special(char out[SIM_NUMBER_MAX], double value, enum sim_metric_unit unit)
{
    if (isnan(value)) {
        g_strlcpy(out, "-", SIM_NUMBER_MAX);
        return true;
    }
    if (isinf(value)) {
        const char *text = unit == SIM_METRIC_SECONDS ? "never" : "infinite";
        g_strlcpy(out, text, SIM_NUMBER_MAX);
        return true;
    }
    return false;
}

static double half_width(const struct sim_estimate *estimate)
{
    double below = estimate->value - estimate->low;
    double above = estimate->high - estimate->value;
    return below > above ? below : above;
}

/* The unit of what will be shown: 0.9996 ms to three digits is 1 ms and no 1,000 us. */
static struct sim_number_unit shown_unit(const struct sim_estimate *estimate,
                                         enum sim_metric_unit unit, bool is_rate)
{
    struct sim_number_unit scale = sim_number_unit_of(estimate->value, unit, is_rate);
    double half = half_width(estimate) * scale.factor;
    double value = fabs(estimate->value) * scale.factor;
    int decimals = 0; /* without an interval three digits are shown */
    if (estimate->has_interval && half > 1e-9 * value && isfinite(half)) {
        decimals = decimals_of(half);
    } else if (estimate->has_interval || value < 100.0) {
        return scale;
    }
    double step = 1.0;
    for (int i = decimals; i != 0; i += i < 0 ? 1 : -1) {
        step = decimals < 0 ? step * 10.0 : step / 10.0;
    }
    double shown = floor(value / step + 0.5) * step;
    return shown > value ? sim_number_unit_of(shown / scale.factor, unit, is_rate) : scale;
}

char *sim_number_plain(char out[SIM_NUMBER_MAX], double value, enum sim_metric_unit unit,
                       bool is_rate)
{
    if (isfinite(value) && unit == SIM_METRIC_RATIO) {
        sim_text_percent(out, value); /* what is missing to 100 % never vanishes */
    } else if (!write_special(out, value, unit)) {
        struct sim_number_unit scale =
            shown_unit(&(struct sim_estimate){.value = value}, unit, is_rate);
        write_significant(out, value * scale.factor, PLAIN_DIGITS);
        g_strlcat(out, scale.symbol, SIM_NUMBER_MAX);
    }
    return out;
}

/* The decimals that show at most four digits of `value`: tables have no room for more. */
static int decimals_of_four(double value)
{
    int decimals = 3;
    double scaled = fabs(value);
    for (; scaled >= 10.0 && decimals > 0; scaled /= 10.0) {
        decimals--;
    }
    for (; scaled < 1.0 && scaled > 0.0 && decimals < 12; scaled *= 10.0) {
        decimals++;
    }
    return decimals;
}

/* The number without its unit: to the digits of the half-width, or to those that it has. */
static void write_number(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                         double factor)
{
    double half = half_width(estimate) * factor;
    double value = estimate->value * factor;
    if (estimate->has_interval && half > 1e-9 * fabs(value) && isfinite(half)) {
        write_decimals(out, value, decimals_of(half));
    } else if (estimate->has_interval && half == 0.0) {
        write_significant(out, value, EXACT_DIGITS);
    } else {
        write_significant(out, value, PLAIN_DIGITS);
    }
}

/* 0 and 1 as shares are what they are, however wide the interval to their one side. */
static bool is_edge(const struct sim_estimate *estimate, enum sim_metric_unit unit)
{
    return unit == SIM_METRIC_RATIO && estimate->has_interval &&
           ((estimate->value == 0.0 && estimate->high > 0.0 && estimate->low >= 0.0) ||
            (estimate->value == 1.0 && estimate->low < 1.0 && estimate->high <= 1.0));
}

char *sim_number_value(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                       enum sim_metric_unit unit, bool is_rate)
{
    if (is_edge(estimate, unit)) {
        g_strlcpy(out, estimate->value == 0.0 ? "0 %" : "100 %", SIM_NUMBER_MAX);
        return out;
    }
    if (!write_special(out, estimate->value, unit)) {
        struct sim_number_unit scale = shown_unit(estimate, unit, is_rate);
        bool is_bare = !estimate->has_interval && !estimate->is_exact;
        char number[SIM_NUMBER_MAX];
        write_number(number, estimate, scale.factor);
        g_snprintf(out, SIM_NUMBER_MAX, "%s%s%s", is_bare ? "~" : "", number, scale.symbol);
    }
    return out;
}

/* The end of the interval of a share at 0 or at 1: "≤0.003", "≥99.997". */
static void write_edge(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate)
{
    bool is_none = estimate->value == 0.0;
    double far = is_none ? estimate->high : 1.0 - estimate->low;
    int decimals = decimals_of(far * 100.0) < 0 ? 0 : decimals_of(far * 100.0);
    char limit[SIM_NUMBER_MAX];
    write_decimals(limit, (is_none ? estimate->high : estimate->low) * 100.0, decimals);
    g_snprintf(out, SIM_NUMBER_MAX, "%s%s", is_none ? "≤" : "≥", limit);
}

char *sim_number_text(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                      enum sim_metric_unit unit, bool is_rate)
{
    double half = half_width(estimate);
    if (is_edge(estimate, unit)) {
        char limit[SIM_NUMBER_MAX];
        write_edge(limit, estimate);
        g_snprintf(out, SIM_NUMBER_MAX, "%s %% (%s)", estimate->value == 0.0 ? "0" : "100", limit);
        return out;
    }
    if (!isfinite(estimate->value) || !estimate->has_interval || half <= 0.0) {
        return sim_number_value(out, estimate, unit, is_rate);
    }
    struct sim_number_unit scale = shown_unit(estimate, unit, is_rate);
    char number[SIM_NUMBER_MAX], width[SIM_NUMBER_MAX];
    write_number(number, estimate, scale.factor);
    if (isfinite(half)) {
        int decimals = decimals_of(half * scale.factor);
        int most = decimals_of_four(estimate->value * scale.factor);
        double shown = half * scale.factor;
        if (decimals > most) { /* the last digit shown is sure: at least one of it, then */
            decimals = most;
            double unit_of_last = 1.0;
            for (int i = 0; i < most; i++) {
                unit_of_last /= 10.0;
            }
            shown = shown > unit_of_last ? shown : unit_of_last;
            write_decimals(number, estimate->value * scale.factor, decimals);
        }
        write_decimals(width, shown, decimals);
    } else {
        g_strlcpy(width, "∞", sizeof(width));
    }
    g_snprintf(out, SIM_NUMBER_MAX, "%s ±%s%s", number, width, scale.symbol);
    return out;
}

char *sim_number_interval(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                          enum sim_metric_unit unit, bool is_rate)
{
    out[0] = '\0';
    if (!estimate->has_interval) {
        return out;
    }
    if (is_edge(estimate, unit)) {
        write_edge(out, estimate);
        g_strlcat(out, " %", SIM_NUMBER_MAX);
        return out;
    }
    double reference = isfinite(estimate->value) ? estimate->value
                       : isfinite(estimate->low) ? estimate->low
                                                 : 0.0;
    struct sim_number_unit scale = sim_number_unit_of(reference, unit, is_rate);
    double half = 0.5 * (estimate->high - estimate->low) * scale.factor;
    int decimals = isfinite(half) && half > 0.0 ? decimals_of(half) : 3;
    char low[SIM_NUMBER_MAX], high[SIM_NUMBER_MAX];
    bool is_open = write_special(high, estimate->high, unit);
    if (write_special(low, estimate->low, unit)) {
        decimals = 0;
    } else if (is_open) {
        write_significant(low, estimate->low * scale.factor, PLAIN_DIGITS);
    } else {
        write_decimals(low, estimate->low * scale.factor, decimals);
    }
    if (!is_open) {
        write_decimals(high, estimate->high * scale.factor, decimals);
    }
    if (!isfinite(estimate->low) && !isfinite(estimate->high)) {
        g_strlcpy(out, low, SIM_NUMBER_MAX);
    } else if (half == 0.0) {
        return sim_number_value(out, estimate, unit, is_rate);
    } else if (is_open) {
        g_snprintf(out, SIM_NUMBER_MAX, "%s%s .. %s", low, scale.symbol, high);
    } else {
        g_snprintf(out, SIM_NUMBER_MAX, "%s .. %s%s", low, high, scale.symbol);
    }
    return out;
}

/* Measures: numbers, durations, rates, sizes, ratios, texts and choices. */
#include "scenario/reader.h"

#include <string.h>

#include "base/math.h"
#include "base/text.h"

/* Seconds and bytes match, and at most one noun is left, where a noun may count. */
static bool dimension_fits(const struct sim_dimension *dimension, int32_t second, int32_t byte)
{
    bool takes_noun = byte == 0 && second <= 0;
    bool is_count = dimension->noun_count == 1 && dimension->nouns[0].power == 1;
    return dimension->second == second && dimension->byte == byte &&
           (dimension->noun_count == 0 || (takes_noun && is_count));
}

bool sim_measure_read(const struct sim_value *value, int32_t second, int32_t byte,
                      double *ret_measure)
{
    struct sim_quantity quantity = value->quantity;
    if (value->kind == SIM_VALUE_TEXT) {
        double number = 0;
        enum sim_unit unit = SIM_UNIT_NONE;
        if (!sim_text_parse(value->text, &number, &unit)) {
            return false;
        }
        quantity = sim_quantity_of_unit(number, unit);
    } else if (value->kind != SIM_VALUE_NUMBER && value->kind != SIM_VALUE_QUANTITY) {
        return false;
    }
    if (!dimension_fits(&quantity.dimension, second, byte) ||
        quantity.value != quantity.value) { /* no number is no measure */
        return false;
    }
    *ret_measure = quantity.value;
    return true;
}

const char *sim_measure_lua(struct sim_reader *reader, double measure, int32_t second, int32_t byte)
{
    struct sim_quantity quantity = {.value = measure,
                                    .dimension = {.second = second, .byte = byte}};
    return sim_quantity_lua(reader->arena, &quantity);
}

#define NANOSECOND_ALMOST 0.999999e-9 /* ns(1) is not exactly 1e-9 after some arithmetic */

bool sim_measure_check_time(struct sim_reader *reader, const char *where,
                            const struct sim_value *value, double seconds)
{
    bool is_right = seconds == 0 || seconds >= NANOSECOND_ALMOST || seconds <= -NANOSECOND_ALMOST;
    if (!is_right) {
        sim_reader_complain(reader, value,
                            "%s: the clock ticks once a nanosecond: less than that serves in "
                            "estimates only",
                            where);
    }
    return is_right;
}

/* A double of seconds is exact to the nanosecond up to 52 days; beyond, microseconds are. */
sim_time sim_measure_time(double seconds)
{
    sim_time time = sim_time_from_seconds(seconds);
    if (time != SIM_NEVER && time >= INT64_C(1) << 52) {
        time -= time % SIM_MICROSECOND;
    }
    return time;
}

static const char *time_text(struct sim_reader *reader, sim_time time)
{
    char text[SIM_TEXT_MAX];
    return time == SIM_NEVER ? "none"
                             : sim_arena_strdup(reader->arena, sim_text_duration_lua(text, time));
}

/* A bound or a value, as people write it, in the unit of the parameter. */
static const char *shown(struct sim_reader *reader, enum sim_param_type type, double measure)
{
    char text[SIM_TEXT_MAX];
    switch (type) {
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
        sim_text_duration(text, measure);
        break;
    case SIM_PARAM_RATE:
        sim_text_rate(text, measure);
        break;
    case SIM_PARAM_BYTES:
    case SIM_PARAM_BYTES_LAW:
        sim_text_bytes(text, measure);
        break;
    case SIM_PARAM_BANDWIDTH:
        sim_text_bandwidth(text, measure);
        break;
    case SIM_PARAM_RATIO:
        sim_text_percent(text, measure);
        break;
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_BOOLEAN:
    case SIM_PARAM_TEXT:
    case SIM_PARAM_CHOICE:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        sim_text_double(text, measure);
        break;
    }
    return sim_arena_strdup(reader->arena, text);
}

bool sim_measure_check(struct sim_reader *reader, const char *where, const struct sim_param *param,
                       const struct sim_value *value, double measure)
{
    bool is_law = param->type == SIM_PARAM_DURATION_LAW || param->type == SIM_PARAM_BYTES_LAW ||
                  param->type == SIM_PARAM_DURATION_LAWS;
    const char *what = is_law ? "the mean must be" : "must be";
    if (measure >= param->min && measure <= param->max) {
        return true;
    }
    if (is_law && measure > 1e300 && param->max >= 1e300) {
        return true; /* a law without a mean, such as a heavy tail */
    }
    if (measure < param->min && param->min > 0 && param->min <= 1e-300) {
        sim_reader_complain(reader, value, "%s: %s more than 0, got %s", where, what,
                            shown(reader, param->type, measure));
    } else if (param->min > -1e300 && param->max < 1e300) {
        sim_reader_complain(reader, value, "%s: %s between %s and %s, got %s", where, what,
                            shown(reader, param->type, param->min),
                            shown(reader, param->type, param->max),
                            shown(reader, param->type, measure));
    } else if (measure < param->min) {
        sim_reader_complain(reader, value, "%s: %s at least %s, got %s", where, what,
                            shown(reader, param->type, param->min),
                            shown(reader, param->type, measure));
    } else {
        sim_reader_complain(reader, value, "%s: %s at most %s, got %s", where, what,
                            shown(reader, param->type, param->max),
                            shown(reader, param->type, measure));
    }
    return false;
}

static const char *expected(enum sim_param_type type)
{
    switch (type) {
    case SIM_PARAM_BOOLEAN:
        return "true or false";
    case SIM_PARAM_INTEGER:
        return "a whole number";
    case SIM_PARAM_NUMBER:
        return "a number";
    case SIM_PARAM_RATIO:
        return "a ratio such as percent(10)";
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
        return "a duration such as ms(5)";
    case SIM_PARAM_RATE:
        return "a rate such as rate(100)";
    case SIM_PARAM_BYTES:
        return "a size such as KiB(64)";
    case SIM_PARAM_BANDWIDTH:
        return "a bandwidth such as Mbit_s(100)";
    case SIM_PARAM_TEXT:
        return "a text";
    case SIM_PARAM_CHOICE:
        return "a choice";
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
    case SIM_PARAM_BYTES_LAW:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        break;
    }
    return "another value";
}

static const char *complain_type(struct sim_reader *reader, const char *where,
                                 const struct sim_param *param, const struct sim_value *value)
{
    sim_reader_complain(reader, value, "%s: expected %s, got %s", where, expected(param->type),
                        sim_value_describe(reader->arena, value));
    return NULL;
}

#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53: every whole double below is one number */

static const char *read_integer(struct sim_reader *reader, const char *where,
                                const struct sim_param *param, const struct sim_value *value,
                                void *field)
{
    double measure = 0;
    bool is_bytes = param->type == SIM_PARAM_BYTES;
    if (!sim_measure_read(value, 0, is_bytes ? 1 : 0, &measure)) {
        return complain_type(reader, where, param, value);
    }
    bool is_exact = value->kind == SIM_VALUE_NUMBER && value->is_integer;
    bool is_whole = is_exact || (sim_floor(measure) == measure && measure <= EXACT_INTEGER_MAX &&
                                 measure >= -EXACT_INTEGER_MAX);
    if (!is_whole && is_bytes && measure < EXACT_INTEGER_MAX && measure > 0) {
        measure = sim_floor(measure + 0.5); /* half a byte is nobody's mistake */
        is_whole = true;
    }
    if (!is_whole) {
        return complain_type(reader, where, param, value);
    }
    if (!sim_measure_check(reader, where, param, value, measure)) {
        return NULL;
    }
    int64_t integer = is_exact ? value->integer : (int64_t)measure;
    *(int64_t *)field = integer;
    return sim_reader_text(reader, is_bytes ? "bytes(%" G_GINT64_FORMAT ")" : "%" G_GINT64_FORMAT,
                           integer);
}

static const char *read_number(struct sim_reader *reader, const char *where,
                               const struct sim_param *param, const struct sim_value *value,
                               void *field)
{
    int32_t second = param->type == SIM_PARAM_RATE || param->type == SIM_PARAM_BANDWIDTH ? -1 : 0;
    int32_t byte = param->type == SIM_PARAM_BANDWIDTH ? 1 : 0;
    double measure = 0;
    if (value->kind == SIM_VALUE_NONE && param->type == SIM_PARAM_BANDWIDTH && param->min <= 0) {
        *(double *)field = 0; /* no limit */
        return "none";
    }
    if (!sim_measure_read(value, second, byte, &measure)) {
        return complain_type(reader, where, param, value);
    }
    if (!sim_measure_check(reader, where, param, value, measure)) {
        return NULL;
    }
    *(double *)field = measure;
    if (param->type == SIM_PARAM_RATIO) {
        struct sim_quantity quantity = {.value = measure, .is_percent = true};
        return sim_quantity_lua(reader->arena, &quantity);
    }
    return sim_measure_lua(reader, measure, second, byte);
}

static const char *read_duration(struct sim_reader *reader, const char *where,
                                 const struct sim_param *param, const struct sim_value *value,
                                 void *field)
{
    double seconds = 0;
    bool may_be_never = param->max >= 1e300 || g_strcmp0(param->fallback, "none") == 0;
    if (value->kind == SIM_VALUE_NONE && may_be_never) {
        *(sim_time *)field = SIM_NEVER;
        return "none";
    }
    if (!sim_measure_read(value, 1, 0, &seconds)) {
        return complain_type(reader, where, param, value);
    }
    if (!sim_measure_check(reader, where, param, value, seconds) ||
        !sim_measure_check_time(reader, where, value, seconds)) {
        return NULL;
    }
    if (seconds > 9e9 || seconds < -9e9) {
        sim_reader_complain(reader, value, "%s: is longer than 285 years", where);
        return NULL;
    }
    sim_time time = seconds < 0 ? -sim_measure_time(-seconds) : sim_measure_time(seconds);
    *(sim_time *)field = time;
    return time_text(reader, time);
}

static const char *read_choice(struct sim_reader *reader, const char *where,
                               const struct sim_param *param, const struct sim_value *value,
                               void *field)
{
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)param->choices);
    if (value->kind != SIM_VALUE_TEXT) {
        sim_reader_complain(reader, value, "%s: expected one of the texts %s, got %s", where, all,
                            sim_value_describe(reader->arena, value));
        return NULL;
    }
    for (int32_t i = 0; param->choices[i]; i++) {
        if (strcmp(param->choices[i], value->text) == 0) {
            *(int32_t *)field = i;
            return sim_text_quote(reader->arena, value->text);
        }
    }
    sim_reader_complain(reader, value, "%s: expected one of %s, got %s%s", where, all,
                        sim_value_describe(reader->arena, value),
                        sim_reader_suggest(reader, value->text, param->choices));
    return NULL;
}

const char *sim_scalar_read(struct sim_reader *reader, const char *where,
                            const struct sim_param *param, const struct sim_value *value,
                            void *field)
{
    switch (param->type) {
    case SIM_PARAM_BOOLEAN:
        if (value->kind != SIM_VALUE_BOOLEAN) {
            return complain_type(reader, where, param, value);
        }
        *(bool *)field = value->boolean;
        return value->boolean ? "true" : "false";
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_BYTES:
        return read_integer(reader, where, param, value, field);
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_RATIO:
    case SIM_PARAM_RATE:
    case SIM_PARAM_BANDWIDTH:
        return read_number(reader, where, param, value, field);
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
        return read_duration(reader, where, param, value, field);
    case SIM_PARAM_TEXT:
        if (value->kind != SIM_VALUE_TEXT) {
            return complain_type(reader, where, param, value);
        }
        *(const char **)field = value->text;
        return sim_text_quote(reader->arena, value->text);
    case SIM_PARAM_CHOICE:
        return read_choice(reader, where, param, value, field);
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
    case SIM_PARAM_BYTES_LAW:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        break;
    }
    return NULL;
}

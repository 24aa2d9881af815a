/* What a parameter is, in words: for `brink models` and the reference. */
#include "scenario/param_text.h"

#include <string.h>

#include "base/text.h"

const char *sim_param_type_name(enum sim_param_type type)
{
    switch (type) {
    case SIM_PARAM_BOOLEAN:
        return "true or false";
    case SIM_PARAM_INTEGER:
        return "whole number";
    case SIM_PARAM_NUMBER:
        return "number";
    case SIM_PARAM_RATIO:
        return "share";
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
        return "duration";
    case SIM_PARAM_RATE:
        return "rate";
    case SIM_PARAM_BYTES:
        return "bytes";
    case SIM_PARAM_BANDWIDTH:
        return "bandwidth";
    case SIM_PARAM_TEXT:
        return "text";
    case SIM_PARAM_CHOICE:
        return "choice";
    case SIM_PARAM_DURATION_LAW:
        return "law of durations";
    case SIM_PARAM_DURATION_LAWS:
        return "laws of durations";
    case SIM_PARAM_BYTES_LAW:
        return "law of bytes";
    case SIM_PARAM_MIX:
        return "mix of operations";
    case SIM_PARAM_TARGET:
        return "nodes";
    case SIM_PARAM_SHAPE:
        return "shape";
    case SIM_PARAM_SHAPES:
        return "list of shapes";
    case SIM_PARAM_TRACE:
        break;
    }
    return "CSV file";
}

static char *bound_text(char out[SIM_TEXT_MAX], enum sim_param_type type, double bound)
{
    switch (type) {
    case SIM_PARAM_RATIO:
        return sim_text_percent(out, bound);
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
        return sim_text_duration(out, bound);
    case SIM_PARAM_RATE:
        return sim_text_rate(out, bound);
    case SIM_PARAM_BYTES:
    case SIM_PARAM_BYTES_LAW:
        return sim_text_bytes(out, bound);
    case SIM_PARAM_BANDWIDTH:
        return sim_text_bandwidth(out, bound);
    case SIM_PARAM_BOOLEAN:
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_TEXT:
    case SIM_PARAM_CHOICE:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        break;
    }
    return sim_text_count(out, bound);
}

bool sim_param_has_range(enum sim_param_type type)
{
    return type == SIM_PARAM_INTEGER || type == SIM_PARAM_NUMBER || type == SIM_PARAM_RATIO ||
           type == SIM_PARAM_DURATION || type == SIM_PARAM_MOMENT || type == SIM_PARAM_RATE ||
           type == SIM_PARAM_BYTES || type == SIM_PARAM_BANDWIDTH ||
           type == SIM_PARAM_DURATION_LAW || type == SIM_PARAM_DURATION_LAWS ||
           type == SIM_PARAM_BYTES_LAW;
}

/* "> 0", "1 to 1,000", "at least 1", "". */
static char *range_text(const struct sim_param *param)
{
    char low[SIM_TEXT_MAX], high[SIM_TEXT_MAX];
    bool has_low = param->min > -1e299, has_high = param->max < 1e299;
    if (!sim_param_has_range(param->type) || (!has_low && !has_high) ||
        (param->min == 0.0 && param->max == 0.0)) {
        return g_strdup("");
    }
    if (has_low && param->min > 0.0 && param->min < 1e-200) {
        return has_high
                   ? g_strdup_printf("above 0, to %s", bound_text(high, param->type, param->max))
                   : g_strdup("above 0");
    }
    if (has_low && has_high) {
        return g_strdup_printf("%s to %s", bound_text(low, param->type, param->min),
                               bound_text(high, param->type, param->max));
    }
    if (has_low) {
        return param->min == 0.0
                   ? g_strdup("not negative")
                   : g_strdup_printf("at least %s", bound_text(low, param->type, param->min));
    }
    return g_strdup_printf("at most %s", bound_text(high, param->type, param->max));
}

const char *sim_param_fallback_text(const struct sim_param *param)
{
    if (!param->fallback) {
        return "must be given";
    }
    return strcmp(param->fallback, "nil") == 0 ? "-" : param->fallback;
}

bool sim_param_has_family(const struct sim_param *param)
{
    return (param->type == SIM_PARAM_SHAPE || param->type == SIM_PARAM_SHAPES) && param->family;
}

char *sim_param_type_text(const struct sim_param *param)
{
    if (sim_param_has_family(param)) {
        return g_strdup(param->family->name);
    }
    return g_strdup(sim_param_type_name(param->type));
}

char *sim_param_help_text(const struct sim_param *param)
{
    GString *help = g_string_new(param->help ? param->help : "");
    if (param->type == SIM_PARAM_CHOICE && param->choices) {
        g_string_append(help, help->len > 0 ? ": " : "");
        for (size_t i = 0; param->choices[i]; i++) {
            g_string_append_printf(help, "%s\"%s\"", i > 0 ? ", " : "", param->choices[i]);
        }
    }
    if (sim_param_has_family(param) && param->family->example) {
        g_string_append_printf(help, "; such as %s", param->family->example);
    }
    g_autofree char *range = range_text(param);
    if (range[0]) {
        g_string_append_printf(help, " (%s)", range);
    }
    return g_string_free(help, FALSE);
}

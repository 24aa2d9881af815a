/* Laws: distributions as people state them. The table of kinds, their arguments and their makers.
 *
 * A law has the unit of its arguments, which must be the one that is due: seconds, bytes or none.
 */
#include "scenario/laws.h"

#include <string.h>

#include "base/math.h"
#include "base/text.h"

static const char *const value_names[] = {"value", NULL};
static const char *const bound_names[] = {"low", "high", NULL};
static const char *const mean_names[] = {"mean", NULL};
static const char *const erlang_names[] = {"stages", "mean", NULL};
static const char *const gamma_names[] = {"shape", "mean", NULL};
static const char *const hyper_names[] = {"mean", "cv2", NULL};
static const char *const normal_names[] = {"mean", "sd", NULL};
static const char *const lognormal_names[] = {"median", "mean", "sd", "cv2", NULL};
static const char *const weibull_names[] = {"shape", "scale", "mean", NULL};
static const char *const pareto_names[] = {"min", "alpha", NULL};
static const char *const no_names[] = {NULL};
static const char *const shifted_names[] = {"law", "offset", NULL};
static const char *const scaled_names[] = {"law", "factor", NULL};
static const char *const truncated_names[] = {"law", "low", "high", NULL};
static const char *const file_names[] = {"file", "column", "unit", "content", NULL};

const struct sim_law_kind sim_law_kinds[] = {
    {"constant", value_names, 1, false, "constant(ms(2))", "always the same"},
    {"uniform", bound_names, 2, false, "uniform(ms(1), ms(3))",
     "equally likely between two bounds"},
    {"exponential", mean_names, 1, false, "exponential(ms(2))", "memoryless, by its mean"},
    {"erlang", erlang_names, 2, false, "erlang { stages = 4, mean = ms(2) }",
     "a sum of equal exponential stages, by its whole mean"},
    {"gamma", gamma_names, 2, false, "gamma { shape = 0.5, mean = ms(2) }", "by shape and mean"},
    {"hyperexponential", hyper_names, 0, false,
     "hyperexponential { { 0.9, ms(1) }, { 0.1, ms(10) } }",
     "one of several exponentials: pairs of share and mean, or mean and squared coefficient of "
     "variation cv2 >= 1 with balanced means"},
    {"normal", normal_names, 2, false, "normal { mean = ms(10), sd = ms(2) }",
     "the bell curve; negative durations count as 0"},
    {"folded_normal", normal_names, 2, false, "folded_normal { mean = ms(10), sd = ms(2) }",
     "the absolute value of a normal"},
    {"lognormal", lognormal_names, 0, true, "lognormal { median = ms(2), p99 = ms(20) }",
     "by median and one percentile, or by mean with sd, cv2 or one percentile"},
    {"weibull", weibull_names, 0, false, "weibull { shape = 1.5, mean = hours(1) }",
     "by shape and scale or mean"},
    {"pareto", pareto_names, 2, false, "pareto { min = ms(1), alpha = 1.5 }",
     "a heavy tail: P(X > x) = (min / x)^alpha"},
    {"mixture", no_names, 0, false,
     "mixture { { 0.9, constant(ms(1)) }, { 0.1, exponential(ms(9)) } }",
     "one of several laws: pairs of share and law"},
    {"shifted", shifted_names, 2, false, "shifted(exponential(ms(2)), ms(1))",
     "a law plus an offset"},
    {"scaled", scaled_names, 2, false, "scaled(exponential(ms(2)), 1.5)", "a law times a factor"},
    {"truncated", truncated_names, 3, false,
     "truncated(normal { mean = ms(5), sd = ms(2) }, ms(1), ms(9))",
     "a law given that it lies between two bounds"},
    {"from_quantiles", no_names, 0, true,
     "from_quantiles { p50 = ms(1), p99 = ms(5), p100 = ms(9) }",
     "straight lines between given percentiles"},
    {"from_file", file_names, 1, false,
     "from_file(\"latency.csv\", { column = \"ms\", unit = \"ms\" })",
     "values of one column of a CSV file beside the scenario, each equally likely"},
    {NULL, NULL, 0, false, NULL, NULL},
};

bool sim_percentile_parse(const char *text, double *ret_probability)
{
    char whole[4] = "";
    size_t digits = strspn(text + 1, "0123456789");
    const char *rest = text + 1 + digits;
    size_t fraction = *rest == '.' || *rest == '_' ? strspn(rest + 1, "0123456789") : 0;
    const char *end = fraction > 0 ? rest + 1 + fraction : rest;
    if (text[0] != 'p' || digits == 0 || *end != '\0' || digits + fraction > 15) {
        return false;
    }
    if (strcmp(text, "p100") == 0) {
        *ret_probability = 1;
        return true;
    }
    if (digits > 2 && (fraction > 0 || text[1] != '9')) {
        return false;
    }
    size_t whole_digits = MIN(digits, 2); /* p999 is p99.9 */
    memcpy(whole, text + 1, whole_digits);
    g_autofree char *decimal = g_strdup_printf(
        "0.%s%s%.*s%.*s", whole_digits < 2 ? "0" : "", whole, (int)(digits - whole_digits),
        text + 1 + whole_digits, (int)fraction, fraction > 0 ? rest + 1 : "");
    *ret_probability = g_ascii_strtod(decimal, NULL); /* the nearest double, unlike 99.9 / 100 */
    return true;
}

/* --- arguments --- */

void sim_law_complain(struct sim_law *law, const char *text)
{
    law->is_bad = true;
    sim_reader_complain(law->reader, law->call, "%s: %s", law->where, text);
}

static const struct sim_value *argument(const struct sim_law *law, const char *name)
{
    const struct sim_value_field *field = sim_value_field(law->call, name);
    if (field) {
        return field->value;
    }
    for (int i = 0; i < law->kind->positional && law->kind->arguments[i]; i++) {
        if (strcmp(law->kind->arguments[i], name) == 0) {
            return (uint32_t)i < law->call->item_count ? law->call->items[i] : NULL;
        }
    }
    return NULL;
}

bool sim_law_has(const struct sim_law *law, const char *name)
{
    return argument(law, name) != NULL;
}

static const struct sim_value *needed_argument(struct sim_law *law, const char *name)
{
    const struct sim_value *value = argument(law, name);
    if (!value) {
        sim_law_complain(
            law, sim_reader_text(law->reader, "needs '%s', as in %s", name, law->kind->example));
    } else if (value->kind == SIM_VALUE_BAD) {
        law->is_bad = true;
        return NULL;
    }
    return value;
}

void sim_law_print(struct sim_law *law, const char *name, const char *text)
{
    g_string_append(law->print, law->print->len > 0 ? ", " : "");
    if (name && sim_text_is_name(name)) {
        g_string_append_printf(law->print, "%s = ", name);
    } else if (name) {
        g_string_append_printf(law->print, "[\"%s\"] = ", name);
    }
    g_string_append(law->print, text);
}

static const char *unit_expected(int32_t second, int32_t byte)
{
    return second == 1 ? "a duration such as ms(5)"
           : byte == 1 ? "a size such as KiB(64)"
                       : "a number";
}

static double measure(struct sim_law *law, const char *name, int32_t second, int32_t byte)
{
    const struct sim_value *value = needed_argument(law, name);
    double number = 0;
    if (!value) {
        return 0;
    }
    if (!sim_measure_read(value, second, byte, &number)) {
        law->is_bad = true;
        sim_reader_complain(
            law->reader, value->line ? value : law->call, "%s: %s: expected %s, got %s", law->where,
            name, unit_expected(second, byte), sim_value_describe(law->reader->arena, value));
        return 0;
    }
    sim_law_print(law, name, sim_measure_lua(law->reader, number, second, byte));
    return number;
}

double sim_law_measure(struct sim_law *law, const char *name)
{
    return measure(law, name, law->second, law->byte);
}

double sim_law_number(struct sim_law *law, const char *name)
{
    return measure(law, name, 0, 0);
}

const char *sim_law_text_argument(struct sim_law *law, const char *name)
{
    const struct sim_value *value = needed_argument(law, name);
    if (!value) {
        return NULL;
    }
    if (value->kind != SIM_VALUE_TEXT) {
        law->is_bad = true;
        sim_reader_complain(law->reader, value->line ? value : law->call,
                            "%s: %s: expected a text, got %s", law->where, name,
                            sim_value_describe(law->reader->arena, value));
        return NULL;
    }
    sim_law_print(law, name, sim_text_quote(law->reader->arena, value->text));
    return value->text;
}

const struct sim_dist *sim_law_part(struct sim_law *law, const char *name)
{
    const struct sim_value *value = needed_argument(law, name);
    const char *text = NULL;
    const struct sim_dist *part =
        value ? sim_law_read(law->reader, law->where, value, law->second, law->byte, &text) : NULL;
    if (part) {
        sim_law_print(law, name, text);
    } else {
        law->is_bad = true;
    }
    return part;
}

/* --- makers --- */

static const struct sim_dist *make_constant(struct sim_law *law)
{
    return sim_dist_constant(law->reader->arena, sim_law_measure(law, "value"));
}

static const struct sim_dist *make_uniform(struct sim_law *law)
{
    double low = sim_law_measure(law, "low");
    double high = sim_law_measure(law, "high");
    return sim_dist_uniform(law->reader->arena, low, high, &law->error);
}

static const struct sim_dist *make_exponential(struct sim_law *law)
{
    return sim_dist_exponential(law->reader->arena, sim_law_measure(law, "mean"), &law->error);
}

static const struct sim_dist *make_erlang(struct sim_law *law)
{
    double stages = sim_law_number(law, "stages");
    double mean = sim_law_measure(law, "mean");
    if (!law->is_bad && (!(stages >= 1 && stages <= 10000) || sim_floor(stages) != stages)) {
        sim_law_complain(law, "stages: expected a whole number from 1 to 10000");
        return NULL;
    }
    return sim_dist_erlang(law->reader->arena, (int)stages, mean, &law->error);
}

static const struct sim_dist *make_gamma(struct sim_law *law)
{
    double shape = sim_law_number(law, "shape");
    double mean = sim_law_measure(law, "mean");
    return sim_dist_gamma(law->reader->arena, shape, mean, &law->error);
}

static const struct sim_dist *make_normal(struct sim_law *law)
{
    double mean = sim_law_measure(law, "mean");
    double sd = sim_law_measure(law, "sd");
    return sim_dist_normal(law->reader->arena, mean, sd, &law->error);
}

static const struct sim_dist *make_folded_normal(struct sim_law *law)
{
    double mean = sim_law_measure(law, "mean");
    double sd = sim_law_measure(law, "sd");
    return sim_dist_folded_normal(law->reader->arena, mean, sd, &law->error);
}

/* The one percentile that is given: p and its value; false after a complaint. */
static bool read_percentile(struct sim_law *law, double *ret_p, double *ret_x)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < law->call->field_count; i++) {
        if (sim_percentile_parse(law->call->fields[i].name, ret_p)) {
            *ret_x = sim_law_measure(law, law->call->fields[i].name);
            count++;
        }
    }
    if (count != 1) {
        sim_law_complain(law, "needs one percentile, as in { median = ms(2), p99 = ms(20) }");
    }
    return !law->is_bad;
}

/* Mean and squared coefficient of variation: sigma^2 = log(1 + cv2), mu = log(mean) - sigma^2/2. */
static const struct sim_dist *lognormal_of_mean(struct sim_law *law, double mean, double cv2)
{
    if (!(mean > 0) || !(cv2 > 0)) {
        sim_law_complain(law, "mean and spread must be more than 0");
        return NULL;
    }
    double variance = sim_log1p(cv2);
    return sim_dist_lognormal(law->reader->arena, sim_log(mean) - variance / 2, sim_sqrt(variance),
                              &law->error);
}

/* Mean and x at p: z sigma - sigma^2/2 = log(x / mean), the smaller root. */
static const struct sim_dist *lognormal_of_percentile(struct sim_law *law, double mean)
{
    double p = 0;
    double x = 0;
    if (!read_percentile(law, &p, &x)) {
        return NULL;
    }
    if (!(mean > 0) || !(x > mean) || !(p > 0.5 && p < 1)) {
        sim_law_complain(law, "the percentile must lie above the mean, and be above p50");
        return NULL;
    }
    double z = sim_normal_quantile(p);
    double root = z * z - 2 * sim_log(x / mean);
    if (!(root >= 0)) {
        sim_law_complain(law, "no lognormal has so large a percentile at this mean");
        return NULL;
    }
    double sigma = z - sim_sqrt(root);
    return sim_dist_lognormal(law->reader->arena, sim_log(mean) - sigma * sigma / 2, sigma,
                              &law->error);
}

static const struct sim_dist *make_lognormal(struct sim_law *law)
{
    double p = 0;
    double x = 0;
    if (!sim_law_has(law, "mean")) {
        double median = sim_law_measure(law, "median");
        if (law->is_bad || !read_percentile(law, &p, &x)) {
            return NULL;
        }
        return sim_dist_lognormal_median(law->reader->arena, median, p, x, &law->error);
    }
    double mean = sim_law_measure(law, "mean");
    if (sim_law_has(law, "cv2")) {
        return lognormal_of_mean(law, mean, sim_law_number(law, "cv2"));
    }
    if (sim_law_has(law, "sd")) {
        double relative = sim_law_measure(law, "sd") / mean;
        return lognormal_of_mean(law, mean, relative * relative);
    }
    return lognormal_of_percentile(law, mean);
}

static const struct sim_dist *make_weibull(struct sim_law *law)
{
    double shape = sim_law_number(law, "shape");
    if (!sim_law_has(law, "mean")) {
        return sim_dist_weibull(law->reader->arena, shape, sim_law_measure(law, "scale"),
                                &law->error);
    }
    double mean = sim_law_measure(law, "mean");
    if (!(shape > 0)) {
        sim_law_complain(law, "shape must be more than 0");
        return NULL;
    }
    double scale = mean / sim_exp(sim_lgamma(1 + 1 / shape));
    return sim_dist_weibull(law->reader->arena, shape, scale, &law->error);
}

static const struct sim_dist *make_pareto(struct sim_law *law)
{
    double min = sim_law_measure(law, "min");
    double alpha = sim_law_number(law, "alpha");
    return sim_dist_pareto(law->reader->arena, min, alpha, &law->error);
}

static const struct sim_dist *make_shifted(struct sim_law *law)
{
    const struct sim_dist *part = sim_law_part(law, "law");
    double offset = sim_law_measure(law, "offset");
    return part ? sim_dist_shifted(law->reader->arena, part, offset) : NULL;
}

static const struct sim_dist *make_scaled(struct sim_law *law)
{
    const struct sim_dist *part = sim_law_part(law, "law");
    double factor = sim_law_number(law, "factor");
    return part ? sim_dist_scaled(law->reader->arena, part, factor, &law->error) : NULL;
}

static const struct sim_dist *make_truncated(struct sim_law *law)
{
    const struct sim_dist *part = sim_law_part(law, "law");
    double low = sim_law_measure(law, "low");
    double high = sim_law_measure(law, "high");
    return part ? sim_dist_truncated(law->reader->arena, part, low, high, &law->error) : NULL;
}

const sim_law_maker sim_law_makers[] = {
    make_constant,     make_uniform,
    make_exponential,  make_erlang,
    make_gamma,        sim_law_make_hyperexponential,
    make_normal,       make_folded_normal,
    make_lognormal,    make_weibull,
    make_pareto,       sim_law_make_mixture,
    make_shifted,      make_scaled,
    make_truncated,    sim_law_make_quantiles,
    sim_law_make_file,
};

/* --- reading --- */

static void check_names(struct sim_law *law)
{
    for (uint32_t i = 0; i < law->call->field_count; i++) {
        const char *name = law->call->fields[i].name;
        double ignored;
        if (g_strv_contains(law->kind->arguments, name) ||
            (law->kind->takes_percentiles && sim_percentile_parse(name, &ignored))) {
            continue;
        }
        law->is_bad = true;
        const char *near = sim_reader_suggest(law->reader, name, law->kind->arguments);
        sim_reader_complain(law->reader, law->call, "%s: there is no field '%s'%s%s", law->where,
                            name, near[0] ? near : "; expected ",
                            near[0] ? "" : law->kind->example);
    }
    bool takes_pairs = law->kind->positional == 0 && !law->kind->takes_percentiles;
    if (!takes_pairs && (int)law->call->item_count > law->kind->positional) {
        sim_law_complain(law, sim_reader_text(law->reader, "expected %s", law->kind->example));
    }
}

static const struct sim_dist *read_call(struct sim_reader *reader, const char *where,
                                        const struct sim_value *value, size_t kind, int32_t second,
                                        int32_t byte, const char **ret_text)
{
    struct sim_law law = {.reader = reader,
                          .where = sim_reader_where(reader, where, value->text),
                          .call = value,
                          .kind = &sim_law_kinds[kind],
                          .second = second,
                          .byte = byte,
                          .print = g_string_new(NULL)};
    check_names(&law);
    const struct sim_dist *dist = law.is_bad ? NULL : sim_law_makers[kind](&law);
    if (!dist && !law.is_bad) {
        sim_law_complain(&law, law.error ? law.error : "these values make no law");
    }
    *ret_text = sim_reader_text(reader, "%s { %s }", value->text, law.print->str);
    g_string_free(law.print, TRUE);
    return law.is_bad ? NULL : dist;
}

/* Laws nest at most SIM_VALUE_DEPTH_MAX deep. */
const struct sim_dist *sim_law_read(struct sim_reader *reader, const char *where,
                                    const struct sim_value *value, int32_t second, int32_t byte,
                                    const char **ret_text)
{
    double number = 0;
    if (value->kind == SIM_VALUE_BAD) {
        return NULL;
    }
    if (sim_measure_read(value, second, byte, &number)) {
        if (second == 1 && !sim_measure_check_time(reader, where, value, number)) {
            return NULL;
        }
        *ret_text = sim_measure_lua(reader, number, second, byte);
        return sim_dist_constant(reader->arena, number);
    }
    for (size_t i = 0; value->kind == SIM_VALUE_CALL && sim_law_kinds[i].name; i++) {
        if (strcmp(sim_law_kinds[i].name, value->text) == 0) {
            return read_call(reader, where, value, i, second, byte, ret_text);
        }
    }
    const char *law = second == 1 ? " or a law such as exponential(ms(2))"
                      : byte == 1 ? " or a law such as exponential(KiB(2))"
                                  : " or a law such as exponential(2)";
    bool is_bare = value->kind == SIM_VALUE_NUMBER || value->kind == SIM_VALUE_QUANTITY ||
                   value->kind == SIM_VALUE_TEXT;
    sim_reader_complain(reader, value, "%s: expected %s%s, got %s", where,
                        unit_expected(second, byte), is_bare ? "" : law,
                        sim_value_describe(reader->arena, value));
    return NULL;
}

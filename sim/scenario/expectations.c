/* Expectations and figures.
 *
 *     expectation = figure comparison number-with-unit
 *     figure      = node "." metric [ aggregate ]
 *     aggregate   = "p" percentile | mean | max | min | ratio | total | rate
 *     comparison  = "<" | "<=" | ">" | ">=" | "=="
 *
 * "ratio" is of ledgers, of levels with a capacity, and of counts that are part of another count.
 * What an aggregate means depends on the kind of metric, and so does the unit of the bound.
 */
#include "scenario/resolve.h"

#include <string.h>

#include "base/text.h"
#include "world/ledger.h"

#define EXPECTATION_COUNT_MAX 10000
#define TEXT_MAX_BYTES 500
#define ANSWERED "latency.answered" /* the sample "latency" without what is infinitely late */

/* The unit in which an aggregate of a metric comes. */
enum bound_unit { BOUND_SECONDS, BOUND_RATIO, BOUND_RATE, BOUND_BYTES, BOUND_NUMBER };

static bool is_ledger_ratio(const char *metric)
{
    return g_strv_contains(sim_ledger_ratios, metric);
}

static const struct sim_metric_spec *find_metric(const struct sim_model *model, const char *name)
{
    for (const struct sim_metric_spec *spec = model ? model->metrics : NULL; spec && spec->name;
         spec++) {
        if (strcmp(spec->name, name) == 0) {
            return spec;
        }
    }
    return sim_standard_metric_find(strcmp(name, ANSWERED) == 0 ? "latency" : name);
}

static void complain_metric(struct sim_resolve *resolve, const struct sim_value *at,
                            const char *where, const struct sim_model *model, const char *group,
                            const char *metric)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const struct sim_metric_spec *spec = model ? model->metrics : NULL; spec && spec->name;
         spec++) {
        g_ptr_array_add(names, (void *)(uintptr_t)spec->name);
    }
    for (size_t i = 0; sim_standard_metrics[i].name; i++) {
        g_ptr_array_add(names, (void *)(uintptr_t)sim_standard_metrics[i].name);
    }
    g_ptr_array_add(names, (void *)(uintptr_t)ANSWERED);
    for (size_t i = 0; sim_ledger_ratios[i]; i++) {
        g_ptr_array_add(names, (void *)(uintptr_t)sim_ledger_ratios[i]);
    }
    g_ptr_array_add(names, NULL);
    double quantile;
    if (metric[0] == 'p' && sim_percentile_parse(metric, &quantile)) { /* of what? */
        sim_reader_complain(&resolve->reader, at,
                            "%s: '%s' has no metric '%s': write %s.latency %s", where, group,
                            metric, group, metric);
        return;
    }
    const char *last = strrchr(metric, '.');
    if (last && sim_percentile_parse(last + 1, &quantile)) { /* a dot for a blank */
        sim_reader_complain(&resolve->reader, at, "%s: '%s' has no metric '%s': write %s.%.*s %s",
                            where, group, metric, group, (int)(last - metric), metric, last + 1);
        return;
    }
    const char *suggestion =
        sim_reader_suggest(&resolve->reader, metric, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    sim_reader_complain(&resolve->reader, at, "%s: '%s' has no metric '%s'%s%s%s", where, group,
                        metric, suggestion,
                        suggestion[0] ? "" : "; it has: ", suggestion[0] ? "" : all);
}

/* Whether the metric is one of versions in a scenario where nobody keeps any; complains then. */
static bool lacks_versions(struct sim_resolve *resolve, const struct sim_value *at,
                           const char *where, const struct sim_metric_spec *metric)
{
    struct sim_world_spec spec = {.groups =
                                      (const struct sim_group_spec *)(void *)resolve->groups->data,
                                  .group_count = resolve->groups->len};
    uint32_t index = 0;
    while (index < SIM_STANDARD_COUNT && &sim_standard_metrics[index] != metric) {
        index++;
    }
    if (sim_metric_is_kept(&spec, index)) {
        return false;
    }
    sim_reader_complain(&resolve->reader, at,
                        "%s: nothing here keeps versions, so nothing is '%s': a store does", where,
                        metric->name);
    return true;
}

/* The word at *at, cut off, and *at moved past it and the blanks around. NULL at the end. */
static char *next_word(char **at)
{
    char *start = *at + strspn(*at, " \t\n");
    if (*start == '\0') {
        *at = start;
        return NULL;
    }
    size_t length = strcspn(start, " \t\n");
    *at = start + length + (start[length] != '\0');
    start[length] = '\0';
    return start;
}

static bool parse_aggregate(const char *word, struct sim_figure_spec *figure)
{
    static const struct {
        const char *word;
        enum sim_aggregate aggregate;
    } words[] = {{"mean", SIM_AGGREGATE_MEAN},   {"rate", SIM_AGGREGATE_MEAN},
                 {"max", SIM_AGGREGATE_MAX},     {"min", SIM_AGGREGATE_MIN},
                 {"ratio", SIM_AGGREGATE_RATIO}, {"total", SIM_AGGREGATE_TOTAL}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            figure->aggregate = words[i].aggregate;
            return true;
        }
    }
    figure->aggregate = SIM_AGGREGATE_QUANTILE;
    return sim_percentile_parse(word, &figure->quantile) && figure->quantile > 0 &&
           figure->quantile < 1;
}

/* Which aggregates a metric has; NULL when this is one of them, else those that are. */
static const char *aggregate_trouble(const struct sim_metric_spec *metric, const char *word)
{
    static const char *const of_sample[] = {"mean", "max", "min", NULL};
    static const char *const of_level[] = {"mean", "max", "min", "ratio", NULL};
    static const char *const of_count[] = {"total", "rate", "mean", "ratio", NULL};
    if (!metric) {
        return strcmp(word, "ratio") == 0 ? NULL : "ratio";
    }
    switch (metric->kind) {
    case SIM_METRIC_SAMPLE:
        return word[0] == 'p' || g_strv_contains(of_sample, word)
                   ? NULL
                   : "p99 and the like, mean, max, min";
    case SIM_METRIC_LEVEL:
        return g_strv_contains(of_level, word) ? NULL : "mean, max, min, ratio";
    case SIM_METRIC_COUNT:
        if (strcmp(word, "ratio") == 0 && !metric->of) {
            return "total, rate, mean (also a second)";
        }
        return g_strv_contains(of_count, word) ? NULL : "total, rate, mean (also a second)";
    }
    return NULL;
}

/* Splits "web[2].latency.answered" at its first point. */
static bool read_figure_name(struct sim_resolve *resolve, const struct sim_value *at,
                             const char *where, char *name, struct sim_figure_spec *figure,
                             const struct sim_metric_spec **ret_metric)
{
    /* The point after the name, not the two in a range. */
    char *point = name;
    while (*point != '\0' &&
           (*point != '.' || point[1] == '.' || (point > name && point[-1] == '.'))) {
        point++;
    }
    if (*point == '\0' || point == name || point[1] == '\0') {
        sim_reader_complain(&resolve->reader, at,
                            "%s: expected a metric such as web.latency, got \"%s\"", where, name);
        return false;
    }
    *point = '\0';
    const char *metric = point + 1;
    if (!sim_member_read(&resolve->reader, at, where, name, &figure->group, &figure->member)) {
        return false;
    }
    const struct sim_group_spec *group =
        &g_array_index(resolve->groups, struct sim_group_spec, figure->group);
    *ret_metric = find_metric(group->model, metric);
    if (!*ret_metric && !is_ledger_ratio(metric)) {
        if (group->model) { /* an unknown model has been reported */
            complain_metric(resolve, at, where, group->model, name, metric);
        }
        return false;
    }
    if (*ret_metric && lacks_versions(resolve, at, where, *ret_metric)) {
        return false;
    }
    if (figure->member != SIM_NONE && !group->per_member) {
        sim_reader_complain(&resolve->reader, at,
                            "%s: '%s' keeps no metrics of single members: set its "
                            "per_member = true",
                            where, group->name);
        return false;
    }
    figure->metric = sim_arena_strdup(resolve->reader.arena, metric);
    return true;
}

bool sim_figure_read(struct sim_resolve *resolve, const struct sim_value *at, const char *where,
                     const char *text, bool needs_aggregate, struct sim_figure_spec *ret_figure)
{
    struct sim_figure_spec figure = {.aggregate = SIM_AGGREGATE_MEAN};
    const struct sim_metric_spec *metric = NULL;
    g_autofree char *copy = g_strndup(text, TEXT_MAX_BYTES);
    char *rest = copy;
    const char *name = next_word(&rest);
    const char *aggregate = next_word(&rest);
    const char *surplus = next_word(&rest);
    if (!name || surplus || (needs_aggregate && !aggregate && !strchr(name, '.'))) {
        sim_reader_complain(&resolve->reader, at, "%s: expected %s, got \"%s\"", where,
                            needs_aggregate ? "a figure such as web.latency p99"
                                            : "a figure such as web.latency or db.busy mean",
                            text);
        return false;
    }
    g_autofree char *split = g_strdup(name);
    if (!read_figure_name(resolve, at, where, split, &figure, &metric)) {
        return false;
    }
    if (aggregate && !parse_aggregate(aggregate, &figure)) {
        sim_reader_complain(
            &resolve->reader, at,
            "%s: expected p99 or the like, mean, max, min, ratio, total or rate, got '%s'", where,
            aggregate);
        return false;
    }
    if (!aggregate && needs_aggregate) {
        sim_reader_complain(&resolve->reader, at, "%s: which figure of %s? it has %s", where, name,
                            aggregate_trouble(metric, ""));
        return false;
    }
    const char *possible = aggregate ? aggregate_trouble(metric, aggregate) : NULL;
    if (possible) {
        sim_reader_complain(&resolve->reader, at, "%s: %s has no %s; it has %s", where, name,
                            aggregate, possible);
        return false;
    }
    if (!aggregate && !metric) { /* a ledger's ratio has nothing else */
        figure.aggregate = SIM_AGGREGATE_RATIO;
    }
    figure.text = sim_reader_text(&resolve->reader, "%s%s%s", name, aggregate ? " " : "",
                                  aggregate ? aggregate : "");
    *ret_figure = figure;
    return true;
}

static enum bound_unit unit_of(const struct sim_metric_spec *metric, enum sim_aggregate aggregate)
{
    if (!metric || aggregate == SIM_AGGREGATE_RATIO || metric->unit == SIM_METRIC_RATIO) {
        return BOUND_RATIO;
    }
    if (metric->kind == SIM_METRIC_COUNT) {
        return aggregate == SIM_AGGREGATE_TOTAL ? BOUND_NUMBER : BOUND_RATE;
    }
    switch (metric->unit) {
    case SIM_METRIC_SECONDS:
        return BOUND_SECONDS;
    case SIM_METRIC_BYTES:
        return BOUND_BYTES;
    case SIM_METRIC_EVENTS:
    case SIM_METRIC_ITEMS:
    case SIM_METRIC_RATIO:
        break;
    }
    return BOUND_NUMBER;
}

void sim_figure_dimension(struct sim_resolve *resolve, const struct sim_figure_spec *figure,
                          int32_t *ret_second, int32_t *ret_byte)
{
    const struct sim_metric_spec *metric = find_metric(
        g_array_index(resolve->groups, struct sim_group_spec, figure->group).model, figure->metric);
    enum bound_unit unit = unit_of(metric, figure->aggregate);
    bool is_bytes = metric && metric->unit == SIM_METRIC_BYTES && unit != BOUND_RATIO;
    *ret_second = unit == BOUND_SECONDS ? 1 : unit == BOUND_RATE ? -1 : 0;
    *ret_byte = is_bytes ? 1 : 0;
}

/* The bound in base units, and its canonical text. */
static bool read_bound(struct sim_resolve *resolve, const struct sim_value *at, const char *where,
                       const char *text, enum bound_unit unit, double *ret_bound)
{
    static const struct {
        int32_t second, byte;
        const char *expected;
    } units[] = {[BOUND_SECONDS] = {1, 0, "a duration such as 50ms"},
                 [BOUND_RATIO] = {0, 0, "a ratio such as 99.9% or 0.999"},
                 [BOUND_RATE] = {-1, 0, "a rate such as 850/s"},
                 [BOUND_BYTES] = {0, 1, "a size such as 64KiB"},
                 [BOUND_NUMBER] = {0, 0, "a number"}};
    const struct sim_value value = {.kind = SIM_VALUE_TEXT, .text = text};
    enum sim_unit given = SIM_UNIT_NONE;
    double ignored = 0;
    bool is_percent = sim_text_parse(text, &ignored, &given) && given == SIM_UNIT_RATIO;
    if (!sim_measure_read(&value, units[unit].second, units[unit].byte, ret_bound) ||
        (is_percent && unit != BOUND_RATIO)) {
        sim_reader_complain(&resolve->reader, at, "%s: expected %s, got \"%s\"", where,
                            units[unit].expected, text);
        return false;
    }
    return true;
}

/* Finds the comparison in `text`; NULL when there is none. */
static const char *find_operator(const char *text, size_t *ret_length,
                                 enum sim_operator *ret_operator)
{
    static const struct {
        const char *text;
        enum sim_operator operator;
    } operators[] = {{"<=", SIM_OP_LESS_EQUAL},
                     {">=", SIM_OP_GREATER_EQUAL},
                     {"==", SIM_OP_EQUAL},
                     {"<", SIM_OP_LESS},
                     {">", SIM_OP_GREATER}};
    const char *at = strpbrk(text, "<>=");
    for (size_t i = 0; at && i < G_N_ELEMENTS(operators); i++) {
        if (strncmp(at, operators[i].text, strlen(operators[i].text)) == 0) {
            *ret_length = strlen(operators[i].text);
            *ret_operator = operators[i].operator;
            return at;
        }
    }
    return NULL;
}

static bool read_text(struct sim_resolve *resolve, const struct sim_value *at, const char *text,
                      struct sim_expectation *expectation)
{
    size_t length = 0;
    const char *where = "expect";
    const char *comparison = find_operator(text, &length, &expectation->comparison);
    if (!comparison || strlen(text) > TEXT_MAX_BYTES) {
        sim_reader_complain(
            &resolve->reader, at,
            "expect: \"%s\" is no expectation: write one such as \"web.latency p99 < "
            "200ms\", \"web.success ratio >= 99.9%%\" or \"history is linearizable\"",
            text);
        return false;
    }
    g_autofree char *figure = g_strstrip(g_strndup(text, (gsize)(comparison - text)));
    g_autofree char *bound = g_strstrip(g_strdup(comparison + length));
    if (!sim_figure_read(resolve, at, where, figure, true, &expectation->figure)) {
        return false;
    }
    const struct sim_group_spec *group =
        &g_array_index(resolve->groups, struct sim_group_spec, expectation->figure.group);
    const struct sim_metric_spec *metric = find_metric(group->model, expectation->figure.metric);
    enum bound_unit unit = unit_of(metric, expectation->figure.aggregate);
    if (!read_bound(resolve, at,
                    sim_reader_text(&resolve->reader, "expect: %s", expectation->figure.text),
                    bound, unit, &expectation->bound)) {
        return false;
    }
    expectation->kind = SIM_EXPECT_FIGURE;
    expectation->text = sim_reader_text(&resolve->reader, "%s %.*s %s", expectation->figure.text,
                                        (int)length, comparison, bound);
    return true;
}

bool sim_window_read(struct sim_resolve *resolve, const struct sim_value *at, const char *where,
                     const struct sim_expect_fields *fields, struct sim_window *ret_window)
{
    const struct sim_scenario *scenario = resolve->scenario;
    sim_time warmup = scenario->warmup == SIM_NEVER ? 0 : scenario->warmup;
    struct sim_window window = {fields->from >= 0 ? fields->from : warmup,
                                fields->to >= 0 ? MIN(fields->to, scenario->world.duration)
                                                : scenario->world.duration};
    if (window.from >= window.to && scenario->world.duration > 0) {
        sim_reader_complain(&resolve->reader, at,
                            "%s: from must be before to, and before the end of the run", where);
        return false;
    }
    *ret_window = window;
    return true;
}

static void read_expectation(struct sim_resolve *resolve, const struct sim_value *value,
                             GArray *expectations)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_expectation expectation = {.line = value->line};
    struct sim_expect_fields fields = {.from = -1, .to = -1};
    const struct sim_param *tables[] = {sim_expect_params, NULL};
    g_autoptr(GString) print = g_string_new(NULL);
    struct sim_block block = {.value = value, .who = "expect", .print = print};
    bool is_right = sim_block_check_names(reader, &block, tables, 1);
    is_right = sim_block_read(reader, &block, sim_expect_params, 0, &fields) && is_right;
    const struct sim_value *text = value->item_count > 0 ? value->items[0] : NULL;
    if (!text || text->kind != SIM_VALUE_TEXT) {
        sim_reader_complain(reader, value,
                            "expect: expected a text such as \"web.latency p99 < 200ms\"");
        return;
    }
    if (fields.variant &&
        !sim_resolve_variant_exists(resolve, value, "expect: variant", fields.variant)) {
        return;
    }
    const char *applied = resolve->scenario->variant;
    bool applies = !fields.variant || (applied && strcmp(applied, fields.variant) == 0);
    if (!is_right || !sim_window_read(resolve, value, "expect", &fields, &expectation.window) ||
        !applies) {
        return;
    }
    bool has_window = fields.from >= 0 || fields.to >= 0;
    bool is_read = sim_text_is_claim(text->text)
                       ? sim_claim_read(resolve, value, text->text, has_window, &expectation)
                       : read_text(resolve, value, text->text, &expectation);
    if (!is_read) {
        return;
    }
    expectation.variant = fields.variant;
    if (expectations->len == EXPECTATION_COUNT_MAX) {
        sim_reader_complain(reader, value, "expect: too many expectations");
        return;
    }
    g_array_append_val(expectations, expectation);
    char *variant_line = strstr(print->str, "variant = ");
    if (variant_line) { /* applied: the printed scenario has no variants */
        g_string_truncate(print, (gsize)(variant_line - print->str));
    }
    g_string_append_printf(resolve->print, "\n  expect { %s%s%s },\n",
                           sim_text_quote(reader->arena, expectation.text),
                           print->len > 0 ? ", " : "", sim_print_inline(reader, print));
}

void sim_resolve_expectations(struct sim_resolve *resolve)
{
    g_autoptr(GArray) expectations = g_array_new(FALSE, TRUE, sizeof(struct sim_expectation));
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        if (sim_value_is_call(block, "expect")) {
            read_expectation(resolve, block, expectations);
        }
    }
    struct sim_expectation *kept =
        sim_arena_array(resolve->reader.arena, struct sim_expectation, expectations->len);
    if (expectations->len > 0) {
        memcpy(kept, expectations->data, expectations->len * sizeof(*kept));
    }
    resolve->scenario->expectations = kept;
    resolve->scenario->expectation_count = expectations->len;
}

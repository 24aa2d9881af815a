/* Laws made of lists: mixtures, hyperexponentials, quantiles, and the values of a file. */
#include "scenario/laws.h"

#include <string.h>

#include "base/math.h"
#include "base/sort.h"
#include "base/text.h"

#define PART_COUNT_MAX 1000

/* The item as a pair { share, something }: its share; NULL after a complaint. */
static const struct sim_value *pair_second(struct sim_law *law, const struct sim_value *item,
                                           double *ret_share)
{
    bool is_pair = item->kind == SIM_VALUE_TABLE && item->item_count == 2 &&
                   item->field_count == 0 && sim_measure_read(item->items[0], 0, 0, ret_share);
    if (!is_pair) {
        sim_law_complain(
            law, sim_reader_text(law->reader, "expected pairs, as in %s", law->kind->example));
        return NULL;
    }
    return item->items[1];
}

static void print_pair(struct sim_law *law, double share, const char *text)
{
    char number[SIM_TEXT_MAX];
    sim_law_print(law, NULL,
                  sim_reader_text(law->reader, "{ %s, %s }", sim_text_double(number, share), text));
}

/* Pairs into arrays of the same length. 0 after a complaint. */
static size_t read_parts(struct sim_law *law, double **ret_shares,
                         const struct sim_dist ***ret_parts)
{
    struct sim_reader *reader = law->reader;
    uint32_t count = law->call->item_count;
    if (count == 0 || count > PART_COUNT_MAX) {
        sim_law_complain(law, sim_reader_text(reader, "needs pairs, as in %s", law->kind->example));
        return 0;
    }
    *ret_shares = sim_arena_array(reader->arena, double, count);
    *ret_parts = sim_arena_array(reader->arena, const struct sim_dist *, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_value *value = pair_second(law, law->call->items[i], &(*ret_shares)[i]);
        const char *text = NULL;
        (*ret_parts)[i] =
            value ? sim_law_read(reader, law->where, value, law->second, law->byte, &text) : NULL;
        if (!(*ret_parts)[i]) {
            law->is_bad = true;
            return 0;
        }
        print_pair(law, (*ret_shares)[i], text);
    }
    return count;
}

const struct sim_dist *sim_law_make_mixture(struct sim_law *law)
{
    double *shares = NULL;
    const struct sim_dist **parts = NULL;
    size_t count = read_parts(law, &shares, &parts);
    return count == 0 ? NULL
                      : sim_dist_mixture(law->reader->arena, shares, parts, count, &law->error);
}

/* Two phases with the same share of the mean each (Whitt 1982): p = (1 + sqrt((c-1)/(c+1))) / 2. */
static const struct sim_dist *balanced_means(struct sim_law *law)
{
    double mean = sim_law_measure(law, "mean");
    double cv2 = sim_law_number(law, "cv2");
    if (law->is_bad || !(cv2 >= 1) || !(cv2 < 1e12)) {
        sim_law_complain(law, "cv2 must be at least 1");
        return NULL;
    }
    double p = (1 + sim_sqrt((cv2 - 1) / (cv2 + 1))) / 2;
    const double shares[] = {p, 1 - p};
    const double means[] = {mean / (2 * p), mean / (2 * (1 - p))};
    return sim_dist_hyperexponential(law->reader->arena, shares, means, 2, &law->error);
}

const struct sim_dist *sim_law_make_hyperexponential(struct sim_law *law)
{
    double *shares = NULL;
    const struct sim_dist **parts = NULL;
    if (law->call->item_count == 0) {
        return balanced_means(law);
    }
    size_t count = read_parts(law, &shares, &parts);
    double *means = sim_arena_array(law->reader->arena, double, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!sim_dist_is_constant(parts[i], &means[i])) {
            sim_law_complain(law, "the parts are means, as in { 0.9, ms(1) }");
            return NULL;
        }
    }
    return count == 0
               ? NULL
               : sim_dist_hyperexponential(law->reader->arena, shares, means, count, &law->error);
}

struct quantile {
    double p, x;
};

static int compare_quantiles(const void *a, const void *b, void *data)
{
    (void)data;
    double first = ((const struct quantile *)a)->p;
    double second = ((const struct quantile *)b)->p;
    return (first > second) - (first < second);
}

const struct sim_dist *sim_law_make_quantiles(struct sim_law *law)
{
    uint32_t count = law->call->field_count;
    if (count < 2 || count > PART_COUNT_MAX) {
        sim_law_complain(law,
                         sim_reader_text(law->reader, "needs two percentiles or more, as in %s",
                                         law->kind->example));
        return NULL;
    }
    struct quantile *points = sim_arena_array(law->reader->arena, struct quantile, count);
    for (uint32_t i = 0; i < count; i++) {
        sim_percentile_parse(law->call->fields[i].name, &points[i].p);
        points[i].x = sim_law_measure(law, law->call->fields[i].name);
    }
    if (law->is_bad) {
        return NULL;
    }
    sim_sort(points, count, sizeof(*points), compare_quantiles, NULL);
    double *probabilities = sim_arena_array(law->reader->arena, double, count);
    double *values = sim_arena_array(law->reader->arena, double, count);
    for (uint32_t i = 0; i < count; i++) {
        probabilities[i] = points[i].p;
        values[i] = points[i].x;
    }
    return sim_dist_quantiles(law->reader->arena, probabilities, values, count, &law->error);
}

/* What one number of the file is in base units: its factor; false after a complaint. */
static bool read_file_unit(struct sim_law *law, double *ret_factor, double *ret_divisor)
{
    *ret_factor = 1;
    *ret_divisor = 1;
    if (!sim_law_has(law, "unit")) {
        if (law->second != 0 || law->byte != 0) {
            sim_law_complain(law, "needs 'unit', as in { column = \"ms\", unit = \"ms\" }");
            return false;
        }
        return true;
    }
    const char *name = sim_law_text_argument(law, "unit");
    const struct sim_unit_word *word = name ? sim_unit_word_find(name) : NULL;
    if (!word || word->second != law->second || word->byte != law->byte) {
        sim_law_complain(law, law->second == 1 ? "unit: expected ns, us, ms or s"
                              : law->byte == 1 ? "unit: expected bytes, kB, KiB or the like"
                                               : "unit: plain numbers are due here");
        return false;
    }
    *ret_factor = word->factor;
    *ret_divisor = word->divisor;
    return true;
}

const struct sim_dist *sim_law_make_file(struct sim_law *law)
{
    double factor = 1;
    double divisor = 1;
    uint64_t hash = 0;
    const char *file = sim_law_text_argument(law, "file");
    const char *column = sim_law_has(law, "column") ? sim_law_text_argument(law, "column") : NULL;
    if (law->is_bad || !read_file_unit(law, &factor, &divisor)) {
        return NULL;
    }
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(double));
    if (!sim_column_read(law->reader, law->where, law->call, file, column, numbers, &hash)) {
        law->is_bad = true;
        return NULL;
    }
    const char *content = sim_reader_text(law->reader, "\"%016" G_GINT64_MODIFIER "x\"", hash);
    const struct sim_value_field *expected = sim_value_field(law->call, "content");
    if (expected && expected->value->kind == SIM_VALUE_TEXT &&
        strncmp(expected->value->text, content + 1, 16) != 0) {
        sim_law_complain(law, "the file is not the one that was meant: its content differs");
        return NULL;
    }
    sim_law_print(law, "content", content);
    for (guint i = 0; i < numbers->len; i++) {
        double *number = &g_array_index(numbers, double, i);
        *number = *number * factor / divisor;
    }
    return sim_dist_empirical(law->reader->arena, (const double *)(const void *)numbers->data,
                              numbers->len, &law->error);
}

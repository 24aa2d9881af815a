/* Enumerates the cases of a study: variants, and within each the points of the sweeps. */
#define _POSIX_C_SOURCE 200809L
#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "run/case.h"

/* More combinations than this are a slip of the pen rather than a wish. */
#define CASES_MAX 10000
/* What all their descriptions may take: each holds the values of every sweep and all variants. */
#define CASES_BYTES_MAX 2e9

struct enumeration {
    const struct sim_run_options *options;
    struct sim_problems *problems;
    const struct sim_scenario *base;
    const struct sim_sweep_axis **axes; /* those that --set leaves open */
    uint32_t axis_count;
    uint32_t point_count; /* product of the lengths of the axes */
    struct sim_case **cases;
    uint32_t count;
    size_t bytes; /* of their descriptions */
};

static struct sim_scenario *load(const struct sim_run_options *options, const char *variant,
                                 const struct sim_setting *settings, uint32_t count,
                                 struct sim_problems *problems)
{
    struct sim_load_options load_options = {.models = options->models,
                                            .settings = settings,
                                            .setting_count = count,
                                            .variant = variant,
                                            .data_folder = options->data_folder};
    struct sim_scenario *scenario = sim_scenario_load(options->path, &load_options, problems);
    if (scenario && options->has_seed) {
        scenario->seed = options->seed;
    }
    return scenario;
}

static bool is_set_by_hand(const struct sim_run_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->setting_count; i++) {
        if (strcmp(options->settings[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool collect_axes(struct enumeration *all)
{
    all->axes = g_new(const struct sim_sweep_axis *, all->base->sweep_count + 1);
    uint64_t points = 1;
    for (uint32_t i = 0; i < all->base->sweep_count; i++) {
        const struct sim_sweep_axis *axis = &all->base->sweeps[i];
        if (!is_set_by_hand(all->options, axis->name)) {
            all->axes[all->axis_count++] = axis;
            points *= axis->count;
        }
        if (points > CASES_MAX) {
            break;
        }
    }
    uint64_t variants = all->options->variant ? 1 : all->base->variant_count;
    if (points * (variants > 0 ? variants : 1) > CASES_MAX) {
        sim_problems_add(all->problems, all->options->path, 0, "sweep: more than %d combinations%s",
                         CASES_MAX, variants > 1 ? " of points and variants" : "");
        return false;
    }
    all->point_count = (uint32_t)points;
    return true;
}

/* The settings of a point: the last axis varies fastest. */
static struct sim_setting *settings_of_point(const struct enumeration *all, uint32_t point)
{
    struct sim_setting *settings = g_new(struct sim_setting, all->axis_count + 1);
    for (uint32_t i = all->axis_count; i-- > 0;) {
        const struct sim_sweep_axis *axis = all->axes[i];
        settings[i].name = g_strdup(axis->name);
        settings[i].value = g_strdup(axis->values[point % axis->count]);
        point /= axis->count;
    }
    return settings;
}

static char *replay_command(const struct sim_run_options *options, const struct sim_case *item)
{
    GString *text = g_string_new("brink run ");
    g_string_append_printf(text, "%s --seed %" G_GUINT64_FORMAT, options->path,
                           (guint64)item->scenario->seed);
    for (uint32_t i = 0; i < options->setting_count; i++) {
        g_string_append_printf(text, " --set %s=%s", options->settings[i].name,
                               options->settings[i].value);
    }
    for (uint32_t i = 0; i < item->setting_count; i++) {
        g_string_append_printf(text, " --set %s=%s", item->settings[i].name,
                               item->settings[i].value);
    }
    if (item->scenario->variant) {
        g_string_append_printf(text, " --variant '%s'", item->scenario->variant);
    }
    return g_string_free(text, FALSE);
}

static uint32_t runs_of(const struct sim_run_options *options, const struct sim_scenario *scenario)
{
    uint32_t runs = options->runs > 0 ? options->runs : scenario->runs;
    uint32_t least = scenario->precision > 0.0 ? 4 : 1; /* no interval, no precision */
    return runs > least ? runs : least;
}

/* False when the scenario has problems at that point. */
static bool add_case(struct enumeration *all, const char *variant, uint32_t point)
{
    const struct sim_run_options *options = all->options;
    struct sim_case *item = g_new0(struct sim_case, 1);
    pthread_mutex_init(&item->mutex, NULL);
    item->setting_count = all->axis_count;
    item->settings = settings_of_point(all, point);
    all->cases[all->count++] = item;
    uint32_t given = options->setting_count;
    g_autofree struct sim_setting *settings =
        g_new(struct sim_setting, given + all->axis_count + 1);
    for (uint32_t i = 0; i < given; i++) {
        settings[i] = options->settings[i];
    }
    for (uint32_t i = 0; i < all->axis_count; i++) {
        settings[given + i] = item->settings[i];
    }
    item->scenario = load(options, variant, settings, given + all->axis_count, all->problems);
    if (!item->scenario) {
        return false;
    }
    all->bytes += item->scenario->arena.used_bytes;
    item->runs_asked = runs_of(options, item->scenario);
    item->replay = replay_command(options, item);
    return true;
}

static bool has_variant(const struct sim_scenario *base, const char *name)
{
    for (uint32_t i = 0; i < base->variant_count; i++) {
        if (strcmp(base->variants[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void complain_variant(const struct enumeration *all)
{
    const struct sim_scenario *base = all->base;
    g_autofree const char **names = g_new0(const char *, base->variant_count + 1);
    for (uint32_t i = 0; i < base->variant_count; i++) {
        names[i] = base->variants[i];
    }
    const char *wanted = all->options->variant;
    const char *near = sim_text_nearest(wanted, names);
    if (near) {
        sim_problems_add(all->problems, all->options->path, 0,
                         "no variant named '%s' (did you mean '%s'?)", wanted, near);
    } else {
        g_autofree char *list = g_strjoinv("', '", (char **)names);
        sim_problems_add(all->problems, all->options->path, 0, "no variant named '%s'; %s%s%s",
                         wanted, base->variant_count > 0 ? "there are '" : "it has none", list,
                         base->variant_count > 0 ? "'" : "");
    }
}

/* False when all of them, if they are like those so far, are too large, or when somebody wants to
 * stop. */
static bool may_go_on(const struct enumeration *all, uint32_t total)
{
    double bytes = (double)all->bytes / all->count * total;
    if (bytes > CASES_BYTES_MAX) {
        char text[SIM_TEXT_MAX], most[SIM_TEXT_MAX];
        sim_problems_add(all->problems, all->options->path, 0,
                         "sweep: the descriptions of %u combinations would take %s, and must not "
                         "take more than %s: fewer values or variants",
                         total, sim_text_bytes(text, bytes), sim_text_bytes(most, CASES_BYTES_MAX));
        return false;
    }
    return !all->options->stop || !*all->options->stop;
}

static bool enumerate(struct enumeration *all)
{
    const struct sim_scenario *base = all->base;
    const char *wanted = all->options->variant;
    if (wanted && !has_variant(base, wanted)) {
        complain_variant(all);
        return false;
    }
    if (!collect_axes(all)) {
        return false;
    }
    uint32_t variants = base->variant_count > 0 ? base->variant_count : 1;
    uint32_t total = (wanted ? 1 : variants) * all->point_count;
    all->cases = g_new(struct sim_case *, total);
    bool is_good = true;
    for (uint32_t v = 0; v < variants; v++) {
        const char *variant = base->variant_count > 0 ? base->variants[v] : NULL;
        for (uint32_t p = 0; p < all->point_count; p++) {
            if (wanted && (!variant || strcmp(variant, wanted) != 0)) {
                continue;
            }
            is_good = add_case(all, variant, p) && is_good;
            if (!may_go_on(all, total)) {
                return false;
            }
        }
    }
    return is_good;
}

struct sim_case **sim_cases_load(const struct sim_run_options *options,
                                 struct sim_problems *problems, uint32_t *ret_count)
{
    struct sim_scenario *base =
        load(options, NULL, options->settings, options->setting_count, problems);
    if (!base) {
        return NULL;
    }
    struct enumeration all = {.options = options, .problems = problems, .base = base};
    bool is_good = enumerate(&all);
    g_free(all.axes);
    sim_scenario_free(base);
    if (!is_good) {
        for (uint32_t i = 0; i < all.count; i++) {
            sim_case_free(all.cases[i]);
        }
        g_free(all.cases);
        return NULL;
    }
    *ret_count = all.count;
    return all.cases;
}

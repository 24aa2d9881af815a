/* Enumerates the cases of a study: variants, and within each the points of the sweeps, its own
 * included. */
#define _POSIX_C_SOURCE 200809L
#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "run/case.h"

/* More combinations than this are a slip of the pen rather than a wish. */
#define CASES_MAX 10000
/* What all their descriptions may take: each point of a sweep holds the values of every sweep and
 * all variants. As many bytes are read in about two seconds. */
#define CASES_BYTES_MAX 3e8
/* What running the file for all of them may cost, in instructions of Lua; one may take 5e6. */
#define CASES_WORK_MAX 1e8
/* Runs of all of them together: each has a record from the start. */
#define CASES_RUNS_MAX 1000000

struct enumeration {
    const struct sim_run_options *options;
    struct sim_problems *problems;
    struct sim_source *source; /* with what --set says, and nothing of the sweeps */
    const struct sim_scenario *base;
    const struct sim_sweep_axis **axes; /* of the variant, those that --set leaves open */
    uint32_t axis_count;
    GPtrArray *cases;
    size_t bytes;  /* of their descriptions */
    uint64_t work; /* of running the file for them */
    bool is_over;  /* there are too many, they cost too much, or somebody wants to stop */
};

static struct sim_source *source_of(const struct sim_run_options *options,
                                    const struct sim_setting *settings, uint32_t count,
                                    struct sim_problems *problems)
{
    struct sim_load_options load_options = {.models = options->models,
                                            .settings = settings,
                                            .setting_count = count,
                                            .data_folder = options->data_folder};
    return sim_source_new(options->path, &load_options, problems);
}

static struct sim_scenario *scenario_of(const struct enumeration *all, struct sim_source *source,
                                        const char *variant)
{
    struct sim_scenario *scenario = sim_scenario_of(source, variant, all->problems);
    if (scenario && all->options->has_seed) {
        scenario->seed = all->options->seed;
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

/* Collects the axes of a scenario; the product of their lengths, as soon as it passes CASES_MAX. */
static uint64_t collect_axes(struct enumeration *all, const struct sim_scenario *scenario)
{
    all->axes = g_renew(const struct sim_sweep_axis *, all->axes, scenario->sweep_count + 1);
    all->axis_count = 0;
    uint64_t points = 1;
    for (uint32_t i = 0; i < scenario->sweep_count && points <= CASES_MAX; i++) {
        const struct sim_sweep_axis *axis = &scenario->sweeps[i];
        if (!is_set_by_hand(all->options, axis->name)) {
            all->axes[all->axis_count++] = axis;
            points *= axis->count;
        }
    }
    return points;
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

/* The case of a scenario, which it takes, at that point. */
static void add_case(struct enumeration *all, struct sim_scenario *scenario,
                     struct sim_setting *settings)
{
    struct sim_case *item = g_new0(struct sim_case, 1);
    pthread_mutex_init(&item->mutex, NULL);
    item->setting_count = all->axis_count;
    item->settings = settings;
    item->scenario = scenario;
    if (scenario) {
        all->bytes += scenario->arena.used_bytes;
        item->runs_asked = runs_of(all->options, scenario);
        item->replay = replay_command(all->options, item);
    }
    g_ptr_array_add(all->cases, item);
}

/* Runs the file with the settings of a point. False when the scenario has problems there. */
static bool add_point(struct enumeration *all, const char *variant, uint32_t point)
{
    const struct sim_run_options *options = all->options;
    struct sim_setting *point_settings = settings_of_point(all, point);
    uint32_t given = options->setting_count;
    g_autofree struct sim_setting *settings =
        g_new(struct sim_setting, given + all->axis_count + 1);
    for (uint32_t i = 0; i < given; i++) {
        settings[i] = options->settings[i];
    }
    for (uint32_t i = 0; i < all->axis_count; i++) {
        settings[given + i] = point_settings[i];
    }
    struct sim_source *source =
        source_of(options, settings, given + all->axis_count, all->problems);
    struct sim_scenario *scenario = source ? scenario_of(all, source, variant) : NULL;
    if (scenario) {
        all->bytes += sim_source_bytes(source);
        all->work += sim_source_work(source);
    }
    sim_source_free(source);
    add_case(all, scenario, point_settings);
    return scenario != NULL;
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

/* False when all of them, if they are like those so far, cost too much, or when somebody wants to
 * stop. */
static bool may_go_on(struct enumeration *all, uint64_t total)
{
    double share = (double)total / all->cases->len;
    double bytes = (double)all->bytes * share;
    bool is_long = (double)all->work * share > CASES_WORK_MAX;
    if (bytes > CASES_BYTES_MAX) {
        char text[SIM_TEXT_MAX], most[SIM_TEXT_MAX];
        sim_problems_add(all->problems, all->options->path, 0,
                         "sweep: the descriptions of %u combinations would take %s, and must not "
                         "take more than %s: fewer values or variants",
                         (unsigned)total, sim_text_bytes(text, bytes),
                         sim_text_bytes(most, CASES_BYTES_MAX));
    } else if (is_long) {
        sim_problems_add(all->problems, all->options->path, 0,
                         "sweep: the file calculates for too long to be read for each of %u "
                         "combinations: fewer values, or less to calculate",
                         (unsigned)total);
    }
    all->is_over =
        bytes > CASES_BYTES_MAX || is_long || (all->options->stop && *all->options->stop);
    return !all->is_over;
}

/* The points of a scenario or of a variant of it, which it takes; after them `later` or more are to
 * come. */
static bool enumerate_points(struct enumeration *all, struct sim_scenario *scenario, uint64_t later)
{
    uint64_t points = collect_axes(all, scenario);
    uint64_t total = all->cases->len + points + later;
    if (total > CASES_MAX) {
        sim_problems_add(all->problems, all->options->path, 0, "sweep: more than %d combinations%s",
                         CASES_MAX, later > 0 ? " of points and variants" : "");
        all->is_over = true;
        sim_scenario_free(scenario);
        return false;
    }
    if (all->axis_count == 0) {
        add_case(all, scenario, g_new0(struct sim_setting, 1));
        return may_go_on(all, total);
    }
    bool is_good = true;
    for (uint32_t p = 0; p < points && !all->is_over; p++) {
        is_good = add_point(all, scenario->variant, p) && is_good;
        is_good = may_go_on(all, total) && is_good;
    }
    sim_scenario_free(scenario);
    return is_good;
}

static bool enumerate_variant(struct enumeration *all, const char *variant, uint64_t later)
{
    struct sim_scenario *own = scenario_of(all, all->source, variant);
    return own && enumerate_points(all, own, later);
}

static bool enumerate(struct enumeration *all)
{
    const struct sim_scenario *base = all->base;
    const char *wanted = all->options->variant;
    if (wanted && !has_variant(base, wanted)) {
        complain_variant(all);
        return false;
    }
    if (base->variant_count == 0) {
        return enumerate_variant(all, NULL, 0);
    }
    uint64_t least = collect_axes(all, base); /* a variant may add axes of its own */
    bool is_good = true;
    for (uint32_t v = 0; v < base->variant_count && !all->is_over; v++) {
        uint64_t later = wanted ? 0 : least * (base->variant_count - 1 - v);
        if (!wanted || strcmp(base->variants[v], wanted) == 0) {
            is_good = enumerate_variant(all, base->variants[v], later) && is_good;
        }
    }
    return is_good;
}

static bool may_run(const struct enumeration *all)
{
    uint64_t runs = 0;
    for (guint i = 0; i < all->cases->len; i++) {
        runs += ((const struct sim_case *)all->cases->pdata[i])->runs_asked;
    }
    if (runs > CASES_RUNS_MAX) {
        sim_problems_add(all->problems, all->options->path, 0,
                         "runs: %u combinations are %" G_GUINT64_FORMAT
                         " runs in all, and must not be more than %d: fewer values, variants or "
                         "runs",
                         all->cases->len, runs, CASES_RUNS_MAX);
    }
    return runs <= CASES_RUNS_MAX;
}

struct sim_case **sim_cases_load(const struct sim_run_options *options,
                                 struct sim_problems *problems, uint32_t *ret_count)
{
    struct sim_source *source =
        source_of(options, options->settings, options->setting_count, problems);
    struct sim_scenario *base = source ? sim_scenario_of(source, NULL, problems) : NULL;
    if (!base) {
        sim_source_free(source);
        return NULL;
    }
    struct enumeration all = {.options = options,
                              .problems = problems,
                              .source = source,
                              .base = base,
                              .cases = g_ptr_array_new()};
    bool is_good = enumerate(&all) && may_run(&all);
    g_free(all.axes);
    sim_scenario_free(base);
    sim_source_free(source);
    uint32_t count = all.cases->len;
    struct sim_case **cases = (struct sim_case **)g_ptr_array_free(all.cases, FALSE);
    if (!is_good) {
        for (uint32_t i = 0; i < count; i++) {
            sim_case_free(cases[i]);
        }
        g_free(cases);
        return NULL;
    }
    *ret_count = count;
    return cases;
}

/* Decides what is read: windows, cells, probes and tracks. See plan.h. */
#include "run/plan.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static const double summary_quantiles[] = {0.5, 0.9, 0.99, 0.999};
#define SUMMARY_QUANTILES ((uint32_t)(sizeof(summary_quantiles) / sizeof(summary_quantiles[0])))

sim_time sim_plan_end(const struct sim_scenario *scenario)
{
    sim_time duration = scenario->world.duration;
    sim_time drain = scenario->world.drain;
    return duration + (drain < duration ? drain : duration);
}

const char *sim_aggregate_text(struct sim_arena *arena, enum sim_aggregate aggregate,
                               double quantile)
{
    static const char *const names[] = {"quantile", "mean", "max", "min", "ratio", "total"};
    if (aggregate != SIM_AGGREGATE_QUANTILE) {
        return names[aggregate];
    }
    char number[SIM_TEXT_MAX];
    sim_text_rounded(number, quantile * 100.0, 12);
    char *text = sim_arena_alloc(arena, strlen(number) + 2);
    text[0] = 'p';
    memcpy(text + 1, number, strlen(number) + 1);
    return text;
}

/* Probes */

static uint32_t model_metric_count(const struct sim_model *model)
{
    uint32_t count = 0;
    while (model->metrics && model->metrics[count].name) {
        count++;
    }
    return count;
}

static const struct sim_metric_spec *metric_spec(const struct sim_model *model, uint32_t index)
{
    return index < SIM_STANDARD_COUNT ? &sim_standard_metrics[index]
                                      : &model->metrics[index - SIM_STANDARD_COUNT];
}

static uint32_t find_metric(const struct sim_model *model, const char *name)
{
    uint32_t count = SIM_STANDARD_COUNT + model_metric_count(model);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(metric_spec(model, i)->name, name) == 0) {
            return i;
        }
    }
    return SIM_NONE;
}

uint32_t sim_plan_base(const struct sim_scenario *scenario, uint32_t group, uint32_t metric)
{
    const struct sim_model *model = scenario->world.groups[group].model;
    const char *of = metric_spec(model, metric)->of;
    return of ? find_metric(model, of) : SIM_NONE;
}

static struct sim_probe *probe_add(struct sim_plan *plan, enum sim_probe_kind kind, uint32_t group,
                                   uint32_t member, uint32_t metric)
{
    const struct sim_model *model = plan->scenario->world.groups[group].model;
    const struct sim_metric_spec *spec = metric_spec(model, metric);
    struct sim_probe *probe = &plan->probes[plan->probe_count++];
    *probe = (struct sim_probe){.kind = kind,
                                .group = group,
                                .member = member,
                                .metric = metric,
                                .name = spec->name,
                                .unit = spec->unit};
    return probe;
}

static void add_sample_probes(struct sim_plan *plan, uint32_t group, uint32_t member,
                              uint32_t metric, bool is_answered)
{
    uint32_t first = plan->probe_count;
    for (uint32_t q = 0; q < SUMMARY_QUANTILES; q++) {
        struct sim_probe *probe = probe_add(plan, SIM_PROBE_QUANTILE, group, member, metric);
        probe->quantile = summary_quantiles[q];
        probe->aggregate =
            sim_aggregate_text(&plan->arena, SIM_AGGREGATE_QUANTILE, probe->quantile);
    }
    probe_add(plan, SIM_PROBE_MEAN, group, member, metric)->aggregate = "mean";
    probe_add(plan, SIM_PROBE_MIN, group, member, metric)->aggregate = "min";
    probe_add(plan, SIM_PROBE_MAX, group, member, metric)->aggregate = "max";
    for (uint32_t p = first; is_answered && p < plan->probe_count; p++) {
        plan->probes[p].name = SIM_ANSWERED;
        plan->probes[p].is_answered = true;
    }
}

static void add_count_probes(struct sim_plan *plan, uint32_t group, uint32_t member,
                             uint32_t metric)
{
    struct sim_probe *rate = probe_add(plan, SIM_PROBE_RATE, group, member, metric);
    rate->aggregate = "mean";
    rate->is_rate = true;
    probe_add(plan, SIM_PROBE_TOTAL, group, member, metric)->aggregate = "total";
    uint32_t base = sim_plan_base(plan->scenario, group, metric);
    if (base != SIM_NONE) {
        struct sim_probe *ratio = probe_add(plan, SIM_PROBE_RATIO, group, member, metric);
        ratio->aggregate = "ratio";
        ratio->base = base;
        ratio->unit = SIM_METRIC_RATIO;
    }
}

/* The ratios that have names of their own (world/ledger.h). */
static void add_ledger_probes(struct sim_plan *plan, uint32_t group, uint32_t member)
{
    static const struct {
        const char *name;
        uint32_t metric;
    } ratios[] = {{"errors", SIM_STANDARD_FAILED},
                  {"success", SIM_STANDARD_SUCCEEDED},
                  {"availability", SIM_STANDARD_SUCCEEDED}};
    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        struct sim_probe *probe = probe_add(plan, SIM_PROBE_RATIO, group, member, ratios[i].metric);
        probe->name = ratios[i].name;
        probe->base = SIM_STANDARD_ISSUED;
        probe->aggregate = "ratio";
        probe->unit = SIM_METRIC_RATIO;
    }
    if (member == SIM_NONE) {
        struct sim_probe *probe =
            probe_add(plan, SIM_PROBE_WINDOWS, group, member, SIM_STANDARD_SUCCEEDED);
        probe->name = "availability.windows";
        probe->aggregate = "ratio";
        probe->unit = SIM_METRIC_RATIO;
    }
}

/* Samples whose greatest value is what a summary is for; the rest is there for who asks for it. */
static bool is_read_by_max(uint32_t metric)
{
    return metric == SIM_STANDARD_GAP || metric == SIM_STANDARD_BACK_AFTER ||
           metric == SIM_STANDARD_SINCE_COMMIT || metric == SIM_STANDARD_MISSED;
}

static void add_summary_probes(struct sim_plan *plan, uint32_t group, uint32_t member)
{
    const struct sim_model *model = plan->scenario->world.groups[group].model;
    uint32_t count = SIM_STANDARD_COUNT + model_metric_count(model);
    for (uint32_t metric = 0; metric < count; metric++) {
        if (!sim_metric_is_kept(&plan->scenario->world, metric) ||
            !sim_metric_is_of(model, metric)) {
            continue;
        }
        switch (metric_spec(model, metric)->kind) {
        case SIM_METRIC_SAMPLE:
            if (is_read_by_max(metric)) {
                probe_add(plan, SIM_PROBE_MAX, group, member, metric)->aggregate = "max";
                break;
            }
            add_sample_probes(plan, group, member, metric, false);
            if (metric == SIM_STANDARD_LATENCY) {
                add_sample_probes(plan, group, member, metric, true);
            }
            break;
        case SIM_METRIC_LEVEL:
            probe_add(plan, SIM_PROBE_AVERAGE, group, member, metric)->aggregate = "mean";
            probe_add(plan, SIM_PROBE_MAX, group, member, metric)->aggregate = "max";
            break;
        case SIM_METRIC_COUNT:
            add_count_probes(plan, group, member, metric);
            break;
        }
    }
    add_ledger_probes(plan, group, member);
}

static enum sim_probe_kind kind_of_sample(enum sim_aggregate aggregate)
{
    switch (aggregate) {
    case SIM_AGGREGATE_QUANTILE:
        return SIM_PROBE_QUANTILE;
    case SIM_AGGREGATE_MEAN:
        return SIM_PROBE_MEAN;
    case SIM_AGGREGATE_MAX:
        return SIM_PROBE_MAX;
    case SIM_AGGREGATE_MIN:
        return SIM_PROBE_MIN;
    case SIM_AGGREGATE_RATIO:
    case SIM_AGGREGATE_TOTAL:
        break;
    }
    return SIM_PROBE_NOTHING;
}

static enum sim_probe_kind kind_of(enum sim_metric_kind kind, enum sim_aggregate aggregate)
{
    if (kind == SIM_METRIC_SAMPLE) {
        return kind_of_sample(aggregate);
    }
    if (kind == SIM_METRIC_LEVEL) {
        bool is_average = aggregate == SIM_AGGREGATE_MEAN || aggregate == SIM_AGGREGATE_RATIO;
        return is_average                       ? SIM_PROBE_AVERAGE
               : aggregate == SIM_AGGREGATE_MAX ? SIM_PROBE_MAX
                                                : SIM_PROBE_NOTHING;
    }
    return aggregate == SIM_AGGREGATE_MEAN    ? SIM_PROBE_RATE
           : aggregate == SIM_AGGREGATE_TOTAL ? SIM_PROBE_TOTAL
           : aggregate == SIM_AGGREGATE_RATIO ? SIM_PROBE_RATIO
                                              : SIM_PROBE_NOTHING;
}

static void add_named_ratio(struct sim_plan *plan, const struct sim_figure_spec *figure)
{
    bool is_windows = strcmp(figure->metric, "availability.windows") == 0;
    bool is_errors = strcmp(figure->metric, "errors") == 0;
    struct sim_probe *probe =
        probe_add(plan, is_windows ? SIM_PROBE_WINDOWS : SIM_PROBE_RATIO, figure->group,
                  figure->member, is_errors ? SIM_STANDARD_FAILED : SIM_STANDARD_SUCCEEDED);
    probe->base = SIM_STANDARD_ISSUED;
    probe->unit = SIM_METRIC_RATIO;
}

static bool is_ledger_ratio(const char *name)
{
    for (size_t i = 0; sim_ledger_ratios[i]; i++) {
        if (strcmp(sim_ledger_ratios[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The probe of a figure that the user wrote, over a window. */
static struct sim_probe *add_figure_probe(struct sim_plan *plan,
                                          const struct sim_figure_spec *figure, uint32_t window)
{
    const struct sim_model *model = plan->scenario->world.groups[figure->group].model;
    bool is_answered = strcmp(figure->metric, SIM_ANSWERED) == 0;
    uint32_t metric = is_answered ? SIM_STANDARD_LATENCY : find_metric(model, figure->metric);
    if (metric == SIM_NONE && is_ledger_ratio(figure->metric)) {
        add_named_ratio(plan, figure);
    } else if (metric == SIM_NONE) {
        probe_add(plan, SIM_PROBE_NOTHING, figure->group, figure->member, 0);
    } else {
        enum sim_probe_kind kind = kind_of(metric_spec(model, metric)->kind, figure->aggregate);
        uint32_t base = sim_plan_base(plan->scenario, figure->group, metric);
        bool is_baseless = kind == SIM_PROBE_RATIO && base == SIM_NONE;
        struct sim_probe *probe = probe_add(plan, is_baseless ? SIM_PROBE_NOTHING : kind,
                                            figure->group, figure->member, metric);
        probe->is_rate = kind == SIM_PROBE_RATE;
        probe->base = base;
        probe->unit = kind == SIM_PROBE_RATIO || figure->aggregate == SIM_AGGREGATE_RATIO
                          ? SIM_METRIC_RATIO
                          : probe->unit;
    }
    struct sim_probe *probe = &plan->probes[plan->probe_count - 1];
    probe->name = figure->metric;
    probe->is_answered = is_answered;
    probe->quantile = figure->quantile;
    probe->window = window;
    probe->aggregate = sim_aggregate_text(&plan->arena, figure->aggregate, figure->quantile);
    return probe;
}

/* A figure over the measured window for an estimate or a plot, unless the summary has it. */
static void add_further_probe(struct sim_plan *plan, const struct sim_figure_spec *figure)
{
    const struct sim_probe *added = add_figure_probe(plan, figure, 0);
    for (const struct sim_probe *known = plan->probes; known < added; known++) {
        if (known->group == added->group && known->member == added->member &&
            strcmp(known->name, added->name) == 0 &&
            strcmp(known->aggregate, added->aggregate) == 0) {
            plan->probe_count--;
            return;
        }
    }
}

static bool has_own_window(const struct sim_figure_spec *figure)
{
    return figure->window.from < figure->window.to;
}

static void add_measured_probe(struct sim_plan *plan, const struct sim_figure_spec *figure)
{
    if (!has_own_window(figure)) {
        add_further_probe(plan, figure);
    }
}

/* The figures of plots that are of a time of their own. */
static void collect_plot_figures(struct sim_plan *plan)
{
    const struct sim_scenario *scenario = plan->scenario;
    uint32_t most = 0;
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        most += scenario->plots[i].figure_count + 1;
    }
    plan->plot_figures = sim_arena_array(&plan->arena, const struct sim_figure_spec *, most);
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        const struct sim_plot *plot = &scenario->plots[i];
        for (uint32_t f = 0; f < plot->figure_count; f++) {
            if (has_own_window(&plot->figures[f])) {
                plan->plot_figures[plan->plot_count++] = &plot->figures[f];
            }
        }
        if (plot->across && has_own_window(plot->across)) {
            plan->plot_figures[plan->plot_count++] = plot->across;
        }
    }
}

static void add_further_probes(struct sim_plan *plan)
{
    const struct sim_scenario *scenario = plan->scenario;
    for (uint32_t i = 0; i < scenario->estimate_count; i++) {
        if (scenario->estimates[i].figure.metric) {
            add_further_probe(plan, &scenario->estimates[i].figure);
        }
    }
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        const struct sim_plot *plot = &scenario->plots[i];
        for (uint32_t f = 0; strcmp(plot->against, "time") != 0 && f < plot->figure_count; f++) {
            add_measured_probe(plan, &plot->figures[f]);
        }
        if (plot->across) {
            add_measured_probe(plan, plot->across);
        }
    }
}

static uint32_t probe_count_max(const struct sim_scenario *scenario)
{
    uint32_t most = 2 * scenario->expectation_count + scenario->estimate_count + 1 +
                    SIM_PLAN_FAULTS_MAX * SIM_PLAN_FAULT_PROBES * scenario->world.group_count;
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        most += scenario->plots[i].figure_count + 1;
    }
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        const struct sim_group_spec *group = &scenario->world.groups[g];
        uint32_t metrics = SIM_STANDARD_COUNT + model_metric_count(group->model);
        uint32_t each = (metrics + 1) * (SUMMARY_QUANTILES + 3) + 4;
        most += each * (1 + (group->per_member ? group->count_max : 0));
    }
    return most;
}

static void add_nothing(struct sim_plan *plan)
{
    plan->probes[plan->probe_count++] = (struct sim_probe){
        .kind = SIM_PROBE_NOTHING, .member = SIM_NONE, .name = "", .aggregate = ""};
}

static void add_fault_probes(struct sim_plan *plan)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    plan->fault_probe_first = plan->probe_count;
    for (uint32_t f = 0; f < plan->fault_count; f++) {
        for (uint32_t g = 0; g < world->group_count; g++) {
            if ((world->groups[g].model->traits & SIM_MODEL_SOURCE) != 0) {
                sim_plan_fault_probes(&plan->faults[f], g, &plan->probes[plan->probe_count]);
                plan->probe_count += SIM_PLAN_FAULT_PROBES;
            }
        }
    }
}

static void plan_probes(struct sim_plan *plan, const uint32_t *expectation_window,
                        const uint32_t *plot_window)
{
    const struct sim_scenario *scenario = plan->scenario;
    plan->probes = sim_arena_array(&plan->arena, struct sim_probe, probe_count_max(scenario));
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        const struct sim_group_spec *group = &scenario->world.groups[g];
        add_summary_probes(plan, g, SIM_NONE);
        for (uint32_t m = 0; group->per_member && m < group->count_max; m++) {
            add_summary_probes(plan, g, m);
        }
    }
    add_further_probes(plan);
    plan->figure_probe_count = plan->probe_count;
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_expectation *expectation = &scenario->expectations[i];
        if (expectation->kind == SIM_EXPECT_FIGURE) {
            add_figure_probe(plan, &expectation->figure, expectation_window[i]);
        } else {
            add_nothing(plan);
        }
    }
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_probe *probe = &plan->probes[plan->figure_probe_count + i];
        if (probe->kind == SIM_PROBE_QUANTILE) {
            struct sim_probe *beyond = &plan->probes[plan->probe_count++];
            *beyond = *probe;
            beyond->kind = SIM_PROBE_BEYOND;
            beyond->bound = scenario->expectations[i].bound;
        } else {
            add_nothing(plan);
        }
    }
    add_fault_probes(plan);
    plan->plot_probe_first = plan->probe_count;
    for (uint32_t i = 0; i < plan->plot_count; i++) {
        add_figure_probe(plan, plan->plot_figures[i], plot_window[i]);
    }
}

static uint32_t track_count_of(const struct sim_plan *plan, uint32_t group)
{
    return SIM_STANDARD_COUNT + model_metric_count(plan->scenario->world.groups[group].model);
}

/* Adds those of a group or member, once. */
static void add_tracks(struct sim_plan *plan, uint32_t group, uint32_t member)
{
    for (uint32_t t = 0; t < plan->track_count; t++) {
        if (plan->tracks[t].group == group && plan->tracks[t].member == member) {
            return;
        }
    }
    const struct sim_world_spec *world = &plan->scenario->world;
    for (uint32_t m = 0; m < track_count_of(plan, group); m++) {
        const struct sim_metric_spec *spec = metric_spec(world->groups[group].model, m);
        if (sim_metric_is_kept(world, m) && sim_metric_is_of(world->groups[group].model, m)) {
            plan->tracks[plan->track_count++] = (struct sim_track){.group = group,
                                                                   .member = member,
                                                                   .metric = m,
                                                                   .kind = spec->kind,
                                                                   .unit = spec->unit,
                                                                   .name = spec->name};
        }
    }
}

/* Those of all groups; then of the members that plots over time name. */
static void plan_tracks(struct sim_plan *plan)
{
    const struct sim_scenario *scenario = plan->scenario;
    uint32_t most = 0;
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        most += track_count_of(plan, g);
    }
    for (uint32_t p = 0; p < scenario->plot_count; p++) {
        for (uint32_t f = 0; f < scenario->plots[p].figure_count; f++) {
            most += track_count_of(plan, scenario->plots[p].figures[f].group);
        }
    }
    plan->tracks = sim_arena_array(&plan->arena, struct sim_track, most);
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        add_tracks(plan, g, SIM_NONE);
    }
    for (uint32_t p = 0; p < scenario->plot_count; p++) {
        const struct sim_plot *plot = &scenario->plots[p];
        for (uint32_t f = 0; strcmp(plot->against, "time") == 0 && f < plot->figure_count; f++) {
            add_tracks(plan, plot->figures[f].group, plot->figures[f].member);
        }
    }
}

struct sim_plan *sim_plan_new(const struct sim_scenario *scenario, sim_time warmup, bool is_batched)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_plan *plan = sim_arena_new(&arena, struct sim_plan);
    plan->arena = arena;
    plan->scenario = scenario;
    plan->warmup = warmup;
    plan->is_batched = is_batched;
    uint32_t *expectation_window =
        sim_arena_array(&plan->arena, uint32_t, scenario->expectation_count);
    collect_plot_figures(plan);
    uint32_t *plot_window = sim_arena_array(&plan->arena, uint32_t, plan->plot_count);
    sim_plan_axis(plan, expectation_window, plot_window);
    plan_probes(plan, expectation_window, plot_window);
    plan_tracks(plan);
    return plan;
}

void sim_plan_free(struct sim_plan *plan)
{
    if (plan) {
        struct sim_arena arena = plan->arena; /* the plan itself lives in it */
        sim_arena_clear(&arena);
    }
}

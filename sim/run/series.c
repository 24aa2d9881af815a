/* Lines over time: one value a cell, pooled over replications.
 *
 * Counts become rates, levels become means (shares where they have a capacity), samples become
 * quantiles of the pooled cell; the ledger's ratios are worked out cell by cell. A count of
 * failures of one kind that never occurred gives no line.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "run/reduce.h"

#define SECONDS 1e-9

struct series_maker {
    struct sim_result *result;
    const struct sim_plan *plan;
    const struct sim_totals *totals;
    struct sim_series *series;
    uint32_t count;
};

static double cell_seconds(const struct sim_plan *plan, uint32_t cell)
{
    const struct sim_axis *axis = &plan->axis;
    sim_time from = axis->bounds[axis->cell_first[cell]];
    sim_time to = axis->bounds[axis->cell_first[cell + 1]];
    return sim_time_seconds(to - from);
}

static double cell_of_sample(const struct sim_track *track, const struct sim_histogram *recorded,
                             bool is_answered, enum sim_aggregate aggregate, double quantile)
{
    struct sim_histogram view = *recorded; /* shares the buckets */
    view.infinite = is_answered ? 0 : view.infinite;
    const struct sim_histogram *histogram = &view;
    double scale = track->unit == SIM_METRIC_SECONDS ? SECONDS : 1.0;
    if (histogram->count + histogram->infinite == 0) {
        return NAN;
    }
    switch (aggregate) {
    case SIM_AGGREGATE_QUANTILE:
        return sim_histogram_quantile(histogram, quantile) * scale;
    case SIM_AGGREGATE_MAX:
        return histogram->infinite > 0 ? INFINITY : (double)histogram->max * scale;
    case SIM_AGGREGATE_MIN:
        return histogram->count > 0 ? (double)histogram->min * scale : INFINITY;
    case SIM_AGGREGATE_MEAN:
    case SIM_AGGREGATE_RATIO:
    case SIM_AGGREGATE_TOTAL:
        break;
    }
    return sim_histogram_mean(histogram) * scale;
}

static double cell_of_level(const struct series_maker *maker, uint32_t t, uint32_t cell)
{
    double runs = maker->totals->replications;
    double seconds = cell_seconds(maker->plan, cell);
    double mean = (double)maker->totals->integrals[t][cell] * SECONDS / seconds / runs;
    if (maker->plan->tracks[t].unit != SIM_METRIC_RATIO) {
        return mean;
    }
    double capacity = (double)maker->totals->capacities[t][cell];
    return capacity > 0.0 ? (double)maker->totals->integrals[t][cell] / capacity : NAN;
}

/* The track of another metric of the same group or member, which is there. */
static uint32_t find_track(const struct sim_plan *plan, const struct sim_track *like,
                           uint32_t metric)
{
    uint32_t t = 0;
    while (plan->tracks[t].group != like->group || plan->tracks[t].member != like->member ||
           plan->tracks[t].metric != metric) {
        t++;
    }
    return t;
}

static double cell_of_count(const struct series_maker *maker, uint32_t t, uint32_t cell,
                            enum sim_aggregate aggregate)
{
    double count = (double)maker->totals->counts[t][cell];
    if (aggregate == SIM_AGGREGATE_RATIO) {
        const struct sim_track *track = &maker->plan->tracks[t];
        uint32_t base = sim_plan_base(maker->plan->scenario, track->group, track->metric);
        if (base == SIM_NONE) {
            return NAN;
        }
        uint32_t base_track = find_track(maker->plan, track, base);
        double whole = (double)maker->totals->counts[base_track][cell];
        return whole > 0.0 ? count / whole : NAN;
    }
    double runs = maker->totals->replications;
    return aggregate == SIM_AGGREGATE_TOTAL ? count / runs
                                            : count / runs / cell_seconds(maker->plan, cell);
}

/* Whether there is that line of the track's group or member already. */
static bool has_series(const struct series_maker *maker, const struct sim_track *track,
                       const char *metric, const char *aggregate)
{
    for (uint32_t i = 0; i < maker->count; i++) {
        const struct sim_series *series = &maker->series[i];
        if (series->group == track->group && series->member == track->member &&
            strcmp(series->metric, metric) == 0 && strcmp(series->aggregate, aggregate) == 0) {
            return true;
        }
    }
    return false;
}

static struct sim_series *add_series(struct series_maker *maker, uint32_t t, const char *name,
                                     enum sim_aggregate aggregate, double quantile)
{
    const struct sim_track *track = &maker->plan->tracks[t];
    struct sim_arena *arena = &maker->result->arena;
    const char *text = sim_aggregate_text(arena, aggregate, quantile);
    if (has_series(maker, track, name, text)) {
        return NULL;
    }
    double *values = sim_arena_array(arena, double, maker->plan->cell_count);
    for (uint32_t cell = 0; cell < maker->plan->cell_count; cell++) {
        switch (track->kind) {
        case SIM_METRIC_SAMPLE:
            values[cell] = cell_of_sample(track, &maker->totals->cells[t][cell],
                                          strcmp(name, SIM_ANSWERED) == 0, aggregate, quantile);
            break;
        case SIM_METRIC_LEVEL:
            values[cell] = cell_of_level(maker, t, cell);
            break;
        case SIM_METRIC_COUNT:
            values[cell] = cell_of_count(maker, t, cell, aggregate);
            break;
        }
    }
    bool is_count = track->kind == SIM_METRIC_COUNT;
    struct sim_series *series = &maker->series[maker->count++];
    *series = (struct sim_series){
        .group = track->group,
        .member = track->member,
        .metric = sim_arena_strdup(arena, name),
        .aggregate = sim_arena_strdup(arena, text),
        .unit = is_count && aggregate == SIM_AGGREGATE_RATIO ? SIM_METRIC_RATIO : track->unit,
        .is_rate = is_count && aggregate == SIM_AGGREGATE_MEAN,
        .cell_count = maker->plan->cell_count,
        .values = values};
    return series;
}

static bool track_is_silent(const struct series_maker *maker, uint32_t t)
{
    const struct sim_track *track = &maker->plan->tracks[t];
    bool is_kept = track->kind != SIM_METRIC_COUNT || track->metric >= SIM_STANDARD_COUNT ||
                   track->metric == SIM_STANDARD_ISSUED || track->metric == SIM_STANDARD_GOODPUT ||
                   track->metric == SIM_STANDARD_FAILED;
    for (uint32_t cell = 0; !is_kept && cell < maker->plan->cell_count; cell++) {
        is_kept = maker->totals->counts[t][cell] > 0;
    }
    return !is_kept;
}

static void add_standard(struct series_maker *maker)
{
    for (uint32_t t = 0; t < maker->plan->track_count; t++) {
        const struct sim_track *track = &maker->plan->tracks[t];
        if (track->member != SIM_NONE) {
            continue; /* only what a plot asks for */
        }
        if (track->kind == SIM_METRIC_SAMPLE) {
            add_series(maker, t, track->name, SIM_AGGREGATE_QUANTILE, 0.5);
            add_series(maker, t, track->name, SIM_AGGREGATE_QUANTILE, 0.99);
        } else if (!track_is_silent(maker, t)) {
            add_series(maker, t, track->name, SIM_AGGREGATE_MEAN, 0.0);
        }
        if (track->metric == SIM_STANDARD_FAILED) {
            add_series(maker, t, "errors", SIM_AGGREGATE_RATIO, 0.0);
        }
    }
}

/* What a plot asks for beyond that: another aggregate, or one of the ledger's ratios. */
static void add_figure(struct series_maker *maker, const struct sim_figure_spec *figure)
{
    bool is_errors = strcmp(figure->metric, "errors") == 0;
    bool is_success =
        strcmp(figure->metric, "success") == 0 || strcmp(figure->metric, "availability") == 0;
    for (uint32_t t = 0; t < maker->plan->track_count; t++) {
        const struct sim_track *track = &maker->plan->tracks[t];
        if (track->group != figure->group || track->member != figure->member) {
            continue;
        }
        bool is_answered =
            track->metric == SIM_STANDARD_LATENCY && strcmp(figure->metric, SIM_ANSWERED) == 0;
        if (is_answered || strcmp(track->name, figure->metric) == 0) {
            add_series(maker, t, figure->metric, figure->aggregate, figure->quantile);
        } else if ((is_errors && track->metric == SIM_STANDARD_FAILED) ||
                   (is_success && track->metric == SIM_STANDARD_SUCCEEDED)) {
            add_series(maker, t, figure->metric, SIM_AGGREGATE_RATIO, 0.0);
        }
    }
}

void sim_reduce_series(struct sim_result *result, const struct sim_plan *plan,
                       const struct sim_totals *totals)
{
    const struct sim_scenario *scenario = plan->scenario;
    size_t most = (size_t)plan->track_count * 2 + scenario->world.group_count;
    for (uint32_t i = 0; i < scenario->plot_count; i++) {
        most += scenario->plots[i].figure_count;
    }
    struct series_maker maker = {
        .result = result,
        .plan = plan,
        .totals = totals,
        .series = sim_arena_array(&result->arena, struct sim_series, most),
    };
    if (totals->replications > 0) {
        add_standard(&maker);
        for (uint32_t i = 0; i < scenario->plot_count; i++) {
            const struct sim_plot *plot = &scenario->plots[i];
            for (uint32_t f = 0; strcmp(plot->against, "time") == 0 && f < plot->figure_count;
                 f++) {
                add_figure(&maker, &plot->figures[f]);
            }
        }
    }
    result->series = maker.series;
    result->series_count = maker.count;
}

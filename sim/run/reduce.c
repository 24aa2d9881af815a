/* Figures with intervals, lines over time, distributions, attribution. See reduce.h. */
#include "run/reduce.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/sort.h"

#define SECONDS 1e-9

/* Buckets of a recorded distribution: 32 an octave, 3 % wide, fine enough for any picture. */
#define DISTRIBUTION_PRECISION 5

/* Estimates */

static bool probe_is_ratio(const struct sim_probe *probe)
{
    return probe->kind == SIM_PROBE_RATIO || probe->kind == SIM_PROBE_WINDOWS ||
           probe->kind == SIM_PROBE_BEYOND;
}

/* Shares of operations are kept inside [0, 1]; attempts an operation are no share. */
static struct sim_estimate estimate_ratio(const double *parts, const double *bases, size_t count,
                                          bool is_series)
{
    bool is_share = true;
    for (size_t i = 0; i < count; i++) {
        is_share = is_share && parts[i] <= bases[i];
    }
    return is_share ? sim_estimate_ratio(parts, bases, count, is_series, SIM_CONFIDENCE)
                    : sim_estimate_quotient(parts, bases, count, is_series, SIM_CONFIDENCE);
}

static struct sim_estimate estimate_of_batches(const struct sim_probe *probe,
                                               const struct sim_record *record, uint32_t p)
{
    const double *values = record->batch_values + (size_t)p * SIM_PLAN_BATCHES;
    const double *bases = record->batch_bases + (size_t)p * SIM_PLAN_BATCHES;
    size_t count = record->batch_counts[p];
    return probe_is_ratio(probe)
               ? estimate_ratio(values, bases, count, true)
               : sim_estimate_batches(record->values[p], values, count, SIM_CONFIDENCE);
}

struct sim_estimate sim_reduce_probe(const struct sim_plan *plan, const struct sim_record *records,
                                     uint32_t count, uint32_t p)
{
    const struct sim_probe *probe = &plan->probes[p];
    if (plan->is_batched && count == 1 && records[0].is_finished &&
        records[0].batch_counts[p] > 0) {
        return estimate_of_batches(probe, &records[0], p);
    }
    g_autofree double *values = g_new(double, count + 1);
    g_autofree double *bases = g_new(double, count + 1);
    size_t finished = 0;
    for (uint32_t r = 0; r < count; r++) {
        if (records[r].is_finished) {
            values[finished] = records[r].values[p];
            bases[finished++] = records[r].bases[p];
        }
    }
    return probe_is_ratio(probe) ? estimate_ratio(values, bases, finished, false)
                                 : sim_estimate_of(values, finished, SIM_CONFIDENCE);
}

double sim_reduce_precision(const struct sim_plan *plan, const struct sim_record *records,
                            uint32_t count)
{
    double worst = 0.0;
    uint32_t judged = plan->scenario->expectation_count;
    bool is_named = false;
    for (uint32_t i = 0; i < judged; i++) {
        is_named = is_named || plan->probes[plan->figure_probe_count + i].kind != SIM_PROBE_NOTHING;
    }
    uint32_t first = is_named ? plan->figure_probe_count : 0;
    uint32_t last = is_named ? plan->figure_probe_count + judged : plan->figure_probe_count;
    uint32_t source = SIM_NONE;
    for (uint32_t p = first; p < last; p++) {
        const struct sim_probe *probe = &plan->probes[p];
        const struct sim_group_spec *group = &plan->scenario->world.groups[probe->group];
        if (!is_named) {
            bool is_source = group->model->traits & SIM_MODEL_SOURCE;
            source = source == SIM_NONE && is_source ? probe->group : source;
            bool is_wanted = probe->group == source && probe->member == SIM_NONE &&
                             ((probe->is_answered && probe->kind == SIM_PROBE_MEAN) ||
                              (!probe->is_answered && probe->metric == SIM_STANDARD_LATENCY &&
                               strcmp(probe->aggregate, "p99") == 0));
            if (!is_wanted) {
                continue;
            }
        }
        struct sim_estimate estimate = sim_reduce_probe(plan, records, count, p);
        double precision = sim_estimate_precision(&estimate);
        if (isfinite(precision) && precision > worst) {
            worst = precision;
        }
    }
    return worst;
}

/* Figures */

static void reduce_figure(struct sim_figure *figure, struct sim_result *result,
                          const struct sim_plan *plan, const struct sim_record *records,
                          uint32_t count, uint32_t p)
{
    const struct sim_probe *probe = &plan->probes[p];
    *figure = (struct sim_figure){.group = probe->group,
                                  .member = probe->member,
                                  .metric = sim_arena_strdup(&result->arena, probe->name),
                                  .aggregate = sim_arena_strdup(&result->arena, probe->aggregate),
                                  .unit = probe->unit,
                                  .is_rate = probe->is_rate};
    figure->estimate = sim_reduce_probe(plan, records, count, p);
    double *values = sim_arena_array(&result->arena, double, count);
    for (uint32_t r = 0; r < count; r++) {
        if (!records[r].is_finished) {
            continue;
        }
        double base = records[r].bases[p];
        values[figure->value_count++] = !probe_is_ratio(probe)
                                            ? records[r].values[p]
                                            : (base > 0.0 ? records[r].values[p] / base : NAN);
        figure->observations += records[r].observations[p];
    }
    figure->values = values;
    figure->is_printable = probe->kind != SIM_PROBE_QUANTILE ||
                           sim_quantile_is_printable(probe->quantile, figure->observations);
}

static void reduce_figures(struct sim_result *result, const struct sim_plan *plan,
                           const struct sim_record *records, uint32_t count)
{
    struct sim_figure *figures =
        sim_arena_array(&result->arena, struct sim_figure, plan->figure_probe_count);
    for (uint32_t p = 0; p < plan->figure_probe_count; p++) {
        reduce_figure(&figures[p], result, plan, records, count, p);
    }
    result->figures = figures;
    result->figure_count = plan->figure_probe_count;
}

/* Those of plots that are of a time of their own. */
static void reduce_plotted(struct sim_result *result, const struct sim_plan *plan,
                           const struct sim_record *records, uint32_t count)
{
    struct sim_figure *figures =
        sim_arena_array(&result->arena, struct sim_figure, plan->plot_count);
    for (uint32_t i = 0; i < plan->plot_count; i++) {
        reduce_figure(&figures[i], result, plan, records, count, plan->plot_probe_first + i);
        figures[i].window = plan->plot_figures[i]->window;
    }
    result->plotted = figures;
    result->plotted_count = plan->plot_count;
}

/* Replications */

static void reduce_replications(struct sim_result *result, const struct sim_record *records,
                                uint32_t count)
{
    struct sim_replication *replications =
        sim_arena_array(&result->arena, struct sim_replication, count);
    result->replication_count = 0;
    result->digest = 0;
    for (uint32_t r = 0; r < count; r++) {
        if (!records[r].is_finished) {
            continue;
        }
        struct sim_replication *replication = &replications[result->replication_count++];
        *replication = records[r].replication;
        if (replication->limit) {
            replication->limit = sim_arena_strdup(&result->arena, replication->limit);
        }
        if (records[r].complaint) {
            replication->complaint = sim_arena_strdup(&result->arena, records[r].complaint);
        }
        result->digest = sim_hash_pair(result->digest, replication->digest);
    }
    result->replications = replications;
}

/* Distributions */

static void visit_coarsen(int64_t low, int64_t high, uint64_t count, void *data)
{
    sim_histogram_add_times(data, low + (high - low) / 2, count);
}

struct bucket_list {
    struct sim_bucket *buckets;
    uint32_t count;
};

static void visit_count(int64_t low, int64_t high, uint64_t count, void *data)
{
    (void)low;
    (void)high;
    (void)count;
    ++*(uint32_t *)data;
}

static void visit_store(int64_t low, int64_t high, uint64_t count, void *data)
{
    struct bucket_list *list = data;
    list->buckets[list->count++] =
        (struct sim_bucket){(double)low * SECONDS, ((double)high + 1.0) * SECONDS, (double)count};
}

static void reduce_distribution(struct sim_distribution *distribution, struct sim_result *result,
                                uint32_t group, const struct sim_histogram *histogram)
{
    struct sim_histogram coarse;
    sim_histogram_init(&coarse, DISTRIBUTION_PRECISION);
    sim_histogram_each(histogram, visit_coarsen, &coarse);
    uint32_t count = 0;
    sim_histogram_each(&coarse, visit_count, &count);
    struct bucket_list list = {sim_arena_array(&result->arena, struct sim_bucket, count), 0};
    sim_histogram_each(&coarse, visit_store, &list);
    sim_histogram_clear(&coarse);
    *distribution =
        (struct sim_distribution){.group = group,
                                  .bucket_count = list.count,
                                  .buckets = list.buckets,
                                  .infinite = (double)histogram->infinite,
                                  .total = (double)histogram->count + (double)histogram->infinite};
}

static void reduce_distributions(struct sim_result *result, const struct sim_plan *plan,
                                 const struct sim_totals *totals)
{
    uint32_t groups = plan->scenario->world.group_count;
    struct sim_distribution *distributions =
        sim_arena_array(&result->arena, struct sim_distribution, groups);
    result->distribution_count = 0;
    for (uint32_t g = 0; g < groups; g++) {
        const struct sim_histogram *histogram = &totals->distributions[g];
        if (histogram->count + histogram->infinite > 0) {
            reduce_distribution(&distributions[result->distribution_count++], result, g, histogram);
        }
    }
    result->distributions = distributions;
}

/* Attribution */

static int compare_rows(const void *a, const void *b, void *data)
{
    (void)data;
    double x = ((const struct sim_attribution_row *)a)->slowest.value;
    double y = ((const struct sim_attribution_row *)b)->slowest.value;
    return (x < y) - (x > y);
}

/* One source's operations of one band, by replication. */
struct band {
    const struct sim_record *records;
    uint32_t count;
    uint32_t source;
    enum sim_band band;
    double *sums, *operations; /* room for one a replication */
};

/* The mean of a part, or of all with SIM_NONE, over the operations that replications sampled: a
 * quotient, since each sampled its own number of them. */
static struct sim_estimate band_mean(const struct band *band, uint32_t part)
{
    for (uint32_t r = 0; r < band->count; r++) {
        const struct sim_record *record = &band->records[r];
        const struct sim_record_attribution *from =
            record->is_finished ? &record->attributions[band->source] : NULL;
        double operations = from ? from->operations[band->band] : 0.0;
        double mean_ns = operations == 0.0  ? 0.0
                         : part == SIM_NONE ? from->mean_ns[band->band]
                                            : from->by_group_cause[band->band][part];
        band->sums[r] = operations * mean_ns * SECONDS;
        band->operations[r] = operations;
    }
    return sim_estimate_quotient(band->sums, band->operations, band->count, false, SIM_CONFIDENCE);
}

static double band_operations(const struct band *band)
{
    double operations = 0.0;
    for (uint32_t r = 0; r < band->count; r++) {
        const struct sim_record *record = &band->records[r];
        operations +=
            record->is_finished ? record->attributions[band->source].operations[band->band] : 0.0;
    }
    return operations;
}

static void fill_attribution(struct sim_attribution_table *table, struct sim_result *result,
                             const struct band *slowest, const struct band *median, uint32_t groups)
{
    struct sim_attribution_row *rows =
        sim_arena_array(&result->arena, struct sim_attribution_row, groups * SIM_CAUSE_COUNT);
    for (uint32_t g = 0; g < groups; g++) {
        for (uint32_t cause = 0; cause < SIM_CAUSE_COUNT; cause++) {
            uint32_t part = g * SIM_CAUSE_COUNT + cause;
            struct sim_attribution_row row = {g, (enum sim_cause)cause, band_mean(slowest, part),
                                              band_mean(median, part)};
            if (row.slowest.value > 0.0 || row.median.value > 0.0) {
                rows[table->row_count++] = row;
            }
        }
    }
    sim_sort(rows, table->row_count, sizeof(*rows), compare_rows, NULL);
    table->source = slowest->source;
    table->rows = rows;
    table->slowest_mean = band_mean(slowest, SIM_NONE);
    table->median_mean = band_mean(median, SIM_NONE);
    table->operations = band_operations(slowest);
}

static void reduce_attributions(struct sim_result *result, const struct sim_plan *plan,
                                const struct sim_record *records, uint32_t count)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    struct sim_attribution_table *tables =
        sim_arena_array(&result->arena, struct sim_attribution_table, world->group_count);
    g_autofree double *sums = g_new(double, count);
    g_autofree double *operations = g_new(double, count);
    result->attribution_count = 0;
    for (uint32_t g = 0; g < world->group_count; g++) {
        if (!(world->groups[g].model->traits & SIM_MODEL_SOURCE)) {
            continue;
        }
        struct band slowest = {records, count, g, SIM_BAND_SLOWEST, sums, operations};
        struct band median = {records, count, g, SIM_BAND_MEDIAN, sums, operations};
        if (band_operations(&slowest) > 0.0) {
            fill_attribution(&tables[result->attribution_count++], result, &slowest, &median,
                             world->group_count);
        }
    }
    result->attributions = tables;
}

static void reduce_faults(struct sim_result *result, const struct sim_totals *totals)
{
    struct sim_fault_span *faults =
        sim_arena_array(&result->arena, struct sim_fault_span, totals->fault_count);
    for (uint32_t f = 0; f < totals->fault_count; f++) {
        faults[f] = totals->faults[f];
        faults[f].label = sim_arena_strdup(&result->arena, totals->faults[f].label);
    }
    result->faults = faults;
    result->fault_count = totals->fault_count;
    result->network = totals->network;
}

void sim_reduce(struct sim_result *result, const struct sim_plan *plan,
                const struct sim_record *records, uint32_t count, const struct sim_totals *totals)
{
    result->warmup = plan->warmup;
    result->cell = plan->axis.cell_length;
    result->cell_count = plan->cell_count;
    result->is_batched = plan->is_batched;
    reduce_replications(result, records, count);
    reduce_figures(result, plan, records, count);
    reduce_plotted(result, plan, records, count);
    sim_reduce_series(result, plan, totals);
    reduce_distributions(result, plan, totals);
    sim_reduce_outages(result, plan, records, count);
    sim_reduce_visibility(result, plan, records, count);
    reduce_attributions(result, plan, records, count);
    reduce_faults(result, totals);
    sim_judge(result, plan, records, count);
}

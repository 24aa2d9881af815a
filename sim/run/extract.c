/* Reads a settled world by the plan. See extract.h. */
#include "run/extract.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

#define SECONDS 1e-9

/* Reads one metric after the other. A sample merges a window's histogram whenever it is asked for
 * it; what has been merged since the metric changed is used again, as many probes read the same. */
struct reader {
    const struct sim_plan *plan;
    const struct sim_world *world;
    const struct sim_metric *metric;
    bool *is_merged; /* by window of the axis */
};

static const struct sim_histogram *reader_window(struct reader *reader,
                                                 const struct sim_metric *metric, uint32_t window)
{
    sim_assert(metric);
    if (reader->metric != metric) {
        memset(reader->is_merged, 0, reader->plan->axis.window_count * sizeof(bool));
        reader->metric = metric;
    }
    if (reader->is_merged[window]) {
        return metric->sample.by_window[window];
    }
    reader->is_merged[window] = true;
    return sim_sample_window(&metric->sample, window);
}

/* A number out of a window: the value (a ratio's part), what a ratio is of, and how many entries
 * it rests on. */
struct reading {
    double value, base, observations;
};

static double unit_scale(const struct sim_metric *metric)
{
    return metric->unit == SIM_METRIC_SECONDS ? SECONDS : 1.0;
}

static struct reading read_sample(const struct sim_probe *probe, const struct sim_metric *metric,
                                  const struct sim_histogram *recorded)
{
    struct sim_histogram view = *recorded; /* shares the buckets */
    view.infinite = probe->is_answered ? 0 : view.infinite;
    const struct sim_histogram *histogram = &view;
    double entries = (double)histogram->count + (double)histogram->infinite;
    struct reading reading = {.value = NAN, .observations = entries};
    if (entries == 0.0) {
        return reading;
    }
    if (probe->kind == SIM_PROBE_BEYOND) {
        double bound = probe->bound / unit_scale(metric);
        double within = bound < 9.2e18 ? sim_histogram_fraction(histogram, (int64_t)bound) : 1.0;
        reading.value = floor((1.0 - within) * entries + 0.5);
        reading.base = entries;
        return reading;
    }
    if (probe->kind == SIM_PROBE_QUANTILE) {
        reading.value = sim_histogram_quantile(histogram, probe->quantile);
    } else if (probe->kind == SIM_PROBE_MEAN) {
        reading.value = sim_histogram_mean(histogram);
    } else if (probe->kind == SIM_PROBE_MAX) {
        reading.value = histogram->infinite > 0 ? INFINITY : (double)histogram->max;
    } else {
        reading.value = histogram->count > 0 ? (double)histogram->min : INFINITY;
    }
    reading.value *= unit_scale(metric);
    return reading;
}

static double level_value(enum sim_probe_kind kind, const struct sim_level *level, uint32_t window)
{
    return kind == SIM_PROBE_MAX ? (double)sim_level_max(level, window)
                                 : sim_level_mean(level, window);
}

/* Of a window what was played: all of it, unless a limit ended the run within. */
static double played_seconds(const struct sim_world *world, struct sim_window window)
{
    sim_time now = sim_world_now(world);
    sim_time to = sim_world_limit(world) && now < window.to ? now : window.to;
    return to > window.from ? sim_time_seconds(to - window.from) : 0.0;
}

static struct reading read_level(const struct sim_world *world, const struct sim_probe *probe,
                                 const struct sim_level *level, uint32_t window)
{
    double value = level_value(probe->kind, level, window);
    if (probe->unit == SIM_METRIC_RATIO) {
        const struct sim_level *capacity =
            sim_world_capacity(world, probe->group, probe->member, probe->metric);
        double whole = capacity ? level_value(probe->kind, capacity, window) : 0.0;
        value = whole > 0.0 ? value / whole : NAN;
    } else if (probe->kind == SIM_PROBE_AVERAGE && sim_world_limit(world)) {
        const struct sim_window *asked = &level->axis->windows[window];
        double played = played_seconds(world, *asked);
        value = played > 0.0 ? value * sim_time_seconds(asked->to - asked->from) / played : NAN;
    }
    return (struct reading){.value = value};
}

static struct reading read_windows(const struct sim_probe *probe, const struct sim_world *world,
                                   struct sim_window window)
{
    uint64_t windows = 0, good = 0;
    sim_world_windows(world, probe->group, window.from, window.to, &windows, &good);
    return (struct reading){(double)good, (double)windows, (double)windows};
}

static struct reading read_count(const struct sim_probe *probe, const struct sim_world *world,
                                 const struct sim_metric *metric, uint32_t window)
{
    double count = (double)sim_counter_window(&metric->counter, window);
    if (probe->kind == SIM_PROBE_RATE) {
        double seconds = played_seconds(world, metric->counter.axis->windows[window]);
        return (struct reading){seconds > 0.0 ? count / seconds : NAN, 0.0, count};
    }
    if (probe->kind == SIM_PROBE_TOTAL) {
        return (struct reading){count, 0.0, count};
    }
    const struct sim_metric *of = sim_world_metric(world, probe->group, probe->member, probe->base);
    double base = (double)sim_counter_window(&of->counter, window);
    return (struct reading){count, base, base};
}

static struct reading read_window(struct reader *reader, const struct sim_probe *probe,
                                  uint32_t window)
{
    const struct sim_world *world = reader->world;
    if (probe->kind == SIM_PROBE_NOTHING) {
        return (struct reading){.value = NAN};
    }
    if (probe->kind == SIM_PROBE_WINDOWS) {
        return read_windows(probe, world, reader->plan->axis.windows[window]);
    }
    const struct sim_metric *metric =
        sim_world_metric(world, probe->group, probe->member, probe->metric);
    switch (metric->kind) {
    case SIM_METRIC_SAMPLE:
        return read_sample(probe, metric, reader_window(reader, metric, window));
    case SIM_METRIC_LEVEL:
        return read_level(world, probe, &metric->level, window);
    case SIM_METRIC_COUNT:
        break;
    }
    return read_count(probe, world, metric, window);
}

/* Batches */

/* Quantiles of batches that are merged until each holds enough entries for the quantile, and are
 * at least five. Returns how many there are, 0 when the run is too short for any. */
static uint32_t read_quantile_batches(struct reader *reader, const struct sim_probe *probe,
                                      const struct sim_metric *metric, uint32_t first,
                                      uint32_t count, double *ret_values)
{
    for (uint32_t merge = 1; count / merge >= 5; merge *= 2) {
        uint32_t kept = 0;
        bool is_enough = true;
        for (uint32_t b = 0; is_enough && b + merge <= count; b += merge) {
            struct sim_histogram merged;
            sim_histogram_init(&merged, SIM_HISTOGRAM_FINE);
            for (uint32_t i = 0; i < merge; i++) {
                sim_histogram_merge(&merged, reader_window(reader, metric, first + b + i));
            }
            struct reading reading = read_sample(probe, metric, &merged);
            is_enough = sim_quantile_is_printable(probe->quantile, reading.observations);
            ret_values[kept++] = reading.value;
            sim_histogram_clear(&merged);
        }
        if (is_enough) {
            return kept;
        }
    }
    return 0;
}

static uint32_t read_batches(struct reader *reader, const struct sim_probe *probe,
                             double *ret_values, double *ret_bases)
{
    uint32_t first = reader->plan->batch_first[probe->window];
    uint32_t count = reader->plan->batch_count[probe->window];
    if (probe->kind == SIM_PROBE_NOTHING || probe->kind == SIM_PROBE_MAX ||
        probe->kind == SIM_PROBE_MIN) {
        return 0; /* an extreme of a part says nothing of the extreme of the whole */
    }
    if (sim_world_limit(reader->world)) {
        return 0; /* batches that were not played are none */
    }
    if (probe->kind == SIM_PROBE_QUANTILE) {
        const struct sim_metric *metric =
            sim_world_metric(reader->world, probe->group, probe->member, probe->metric);
        return read_quantile_batches(reader, probe, metric, first, count, ret_values);
    }
    for (uint32_t b = 0; b < count; b++) {
        struct reading reading = read_window(reader, probe, first + b);
        ret_values[b] = probe->kind == SIM_PROBE_TOTAL ? reading.value * count : reading.value;
        ret_bases[b] = reading.base;
    }
    return count;
}

/* Records */

void sim_record_init(struct sim_record *record, const struct sim_plan *plan)
{
    memset(record, 0, sizeof(*record));
    sim_arena_init(&record->arena);
    uint32_t count = plan->probe_count;
    record->values = sim_arena_array(&record->arena, double, count);
    record->bases = sim_arena_array(&record->arena, double, count);
    record->observations = sim_arena_array(&record->arena, double, count);
    record->findings =
        sim_arena_array(&record->arena, struct sim_finding, plan->scenario->expectation_count);
    record->batch_counts = sim_arena_array(&record->arena, uint32_t, count);
    if (plan->is_batched) {
        size_t places = (size_t)count * SIM_PLAN_BATCHES;
        record->batch_values = sim_arena_array(&record->arena, double, places);
        record->batch_bases = sim_arena_array(&record->arena, double, places);
    }
}

void sim_record_clear(struct sim_record *record)
{
    sim_arena_clear(&record->arena);
}

static bool group_is_source(const struct sim_plan *plan, uint32_t group)
{
    return plan->scenario->world.groups[group].model->traits & SIM_MODEL_SOURCE;
}

static void record_attribution(struct sim_record *record, const struct sim_plan *plan,
                               const struct sim_world *world)
{
    uint32_t groups = plan->scenario->world.group_count;
    record->attributions = sim_arena_array(&record->arena, struct sim_record_attribution, groups);
    for (uint32_t g = 0; g < groups; g++) {
        if (!group_is_source(plan, g)) {
            continue;
        }
        struct sim_attribution bands[SIM_BAND_COUNT] = {{0}, {0}};
        sim_world_attribution(world, g, bands);
        for (int b = 0; b < SIM_BAND_COUNT; b++) {
            size_t cells = (size_t)groups * SIM_CAUSE_COUNT;
            double *copy = sim_arena_array(&record->arena, double, cells);
            if (bands[b].operations > 0) {
                memcpy(copy, bands[b].mean_by_group_cause, cells * sizeof(*copy));
            }
            record->attributions[g].operations[b] = (double)bands[b].operations;
            record->attributions[g].mean_ns[b] = bands[b].mean_ns;
            record->attributions[g].by_group_cause[b] = copy;
        }
    }
}

void sim_record_read(struct sim_record *record, const struct sim_plan *plan,
                     const struct sim_world *world)
{
    struct reader reader = {.plan = plan,
                            .world = world,
                            .is_merged =
                                sim_arena_array(&record->arena, bool, plan->axis.window_count)};
    for (uint32_t p = 0; p < plan->probe_count; p++) {
        const struct sim_probe *probe = &plan->probes[p];
        struct reading reading = read_window(&reader, probe, probe->window);
        record->values[p] = reading.value;
        record->bases[p] = reading.base;
        record->observations[p] = reading.observations;
        if (plan->is_batched) {
            size_t place = (size_t)p * SIM_PLAN_BATCHES;
            record->batch_counts[p] = read_batches(&reader, probe, record->batch_values + place,
                                                   record->batch_bases + place);
        }
    }
    record->replication.digest = sim_world_digest(world);
    record->replication.events = sim_world_event_count(world);
    record_attribution(record, plan, world);
    sim_record_read_visibility(record, plan, world);
}

/* Totals */

void sim_totals_init(struct sim_totals *totals, const struct sim_plan *plan)
{
    memset(totals, 0, sizeof(*totals));
    sim_arena_init(&totals->arena);
    uint32_t tracks = plan->track_count;
    totals->counts = sim_arena_array(&totals->arena, uint64_t *, tracks);
    totals->integrals = sim_arena_array(&totals->arena, sim_wide *, tracks);
    totals->cells = sim_arena_array(&totals->arena, struct sim_histogram *, tracks);
    totals->capacities = sim_arena_array(&totals->arena, sim_wide *, tracks);
    for (uint32_t t = 0; t < tracks; t++) {
        switch (plan->tracks[t].kind) {
        case SIM_METRIC_COUNT:
            totals->counts[t] = sim_arena_array(&totals->arena, uint64_t, plan->cell_count);
            break;
        case SIM_METRIC_LEVEL:
            totals->integrals[t] = sim_arena_array(&totals->arena, sim_wide, plan->cell_count);
            totals->capacities[t] = sim_arena_array(&totals->arena, sim_wide, plan->cell_count);
            break;
        case SIM_METRIC_SAMPLE:
            totals->cells[t] =
                sim_arena_array(&totals->arena, struct sim_histogram, plan->cell_count);
            for (uint32_t c = 0; c < plan->cell_count; c++) {
                sim_histogram_init(&totals->cells[t][c], SIM_HISTOGRAM_COARSE);
            }
            break;
        }
    }
    uint32_t groups = plan->scenario->world.group_count;
    totals->distributions = sim_arena_array(&totals->arena, struct sim_histogram, groups);
    for (uint32_t g = 0; g < groups; g++) {
        sim_histogram_init(&totals->distributions[g], SIM_HISTOGRAM_FINE);
    }
}

void sim_totals_clear(struct sim_totals *totals, const struct sim_plan *plan)
{
    for (uint32_t t = 0; t < plan->track_count; t++) {
        for (uint32_t c = 0; totals->cells[t] && c < plan->cell_count; c++) {
            sim_histogram_clear(&totals->cells[t][c]);
        }
    }
    for (uint32_t g = 0; g < plan->scenario->world.group_count; g++) {
        sim_histogram_clear(&totals->distributions[g]);
    }
    sim_arena_clear(&totals->arena);
}

static sim_wide level_cell_integral(const struct sim_level *level, uint32_t cell)
{
    sim_wide sum = 0;
    for (uint32_t s = level->axis->cell_first[cell]; s < level->axis->cell_first[cell + 1]; s++) {
        sum += level->by_segment[s];
    }
    return sum;
}

static void totals_add_track(struct sim_totals *totals, const struct sim_plan *plan,
                             const struct sim_world *world, uint32_t t)
{
    const struct sim_track *track = &plan->tracks[t];
    const struct sim_metric *metric =
        sim_world_metric(world, track->group, track->member, track->metric);
    const struct sim_level *capacity =
        sim_world_capacity(world, track->group, track->member, track->metric);
    sim_assert(metric->kind == plan->tracks[t].kind);
    for (uint32_t c = 0; c < plan->cell_count; c++) {
        switch (metric->kind) {
        case SIM_METRIC_COUNT:
            totals->counts[t][c] += sim_counter_cell(&metric->counter, c);
            break;
        case SIM_METRIC_LEVEL:
            totals->integrals[t][c] += level_cell_integral(&metric->level, c);
            totals->capacities[t][c] += capacity ? level_cell_integral(capacity, c) : 0;
            break;
        case SIM_METRIC_SAMPLE:
            if (metric->sample.by_cell[c]) {
                sim_histogram_merge(&totals->cells[t][c], metric->sample.by_cell[c]);
            }
            break;
        }
    }
}

static void totals_add_network(struct sim_totals *totals, const struct sim_world *world)
{
    struct sim_network_totals network;
    sim_world_network_totals(world, &network);
    totals->network.messages += network.messages;
    totals->network.bytes += network.bytes;
    totals->network.lost += network.lost;
    totals->network.cut += network.cut;
    totals->network.duplicated += network.duplicated;
    totals->network.handshakes += network.handshakes;
    totals->network.retransmits += network.retransmits;
}

static void totals_copy_faults(struct sim_totals *totals, const struct sim_world *world)
{
    totals->fault_count = sim_world_fault_count(world);
    totals->faults = sim_arena_array(&totals->arena, struct sim_fault_span, totals->fault_count);
    for (uint32_t f = 0; f < totals->fault_count; f++) {
        totals->faults[f] = *sim_world_fault(world, f);
        const char *label = totals->faults[f].label ? totals->faults[f].label : "fault";
        totals->faults[f].label = sim_arena_strdup(&totals->arena, label);
    }
}

void sim_totals_add(struct sim_totals *totals, const struct sim_plan *plan,
                    const struct sim_world *world, uint32_t index)
{
    for (uint32_t t = 0; t < plan->track_count; t++) {
        totals_add_track(totals, plan, world, t);
    }
    for (uint32_t g = 0; g < plan->scenario->world.group_count; g++) {
        const struct sim_metric *latency =
            sim_world_metric(world, g, SIM_NONE, SIM_STANDARD_LATENCY);
        sim_histogram_merge(&totals->distributions[g], sim_sample_window(&latency->sample, 0));
    }
    totals_add_network(totals, world);
    if (index == 0) {
        totals_copy_faults(totals, world);
    }
    totals->replications++;
}

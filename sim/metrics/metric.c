/* The paths of recording that change the segment, and the readings by window and cell. */
#include "metrics/metric.h"

#include <glib.h>
#include <math.h>
#include <string.h>

void sim_segment_cache_seek(struct sim_segment_cache *cache, const struct sim_axis *axis,
                            sim_time time)
{
    uint32_t segment = sim_axis_find(axis, time);
    if (segment == SIM_SEGMENT_NONE) {
        cache->segment = axis->segment_count;
        cache->from = axis->bounds[axis->segment_count];
        cache->length = (uint64_t)SIM_NEVER - (uint64_t)cache->from + 1;
        return;
    }
    cache->segment = segment;
    cache->from = axis->bounds[segment];
    cache->length = (uint64_t)axis->bounds[segment + 1] - (uint64_t)cache->from;
}

/* Counters */

static uint64_t counter_range(const struct sim_counter *counter, uint32_t first, uint32_t last)
{
    uint64_t sum = 0;
    for (uint32_t segment = first; segment < last; segment++) {
        sum += counter->by_segment[segment];
    }
    return sum;
}

uint64_t sim_counter_total(const struct sim_counter *counter)
{
    return counter_range(counter, 0, counter->axis->segment_count + 1);
}

uint64_t sim_counter_window(const struct sim_counter *counter, uint32_t window)
{
    const struct sim_axis *axis = counter->axis;
    sim_assert(window < axis->window_count);
    return counter_range(counter, axis->window_first[window], axis->window_last[window]);
}

uint64_t sim_counter_cell(const struct sim_counter *counter, uint32_t cell)
{
    const struct sim_axis *axis = counter->axis;
    sim_assert(cell < axis->cell_count);
    return counter_range(counter, axis->cell_first[cell], axis->cell_first[cell + 1]);
}

/* Levels */

static sim_time segment_end_of(const struct sim_axis *axis, uint32_t segment)
{
    return segment < axis->segment_count ? axis->bounds[segment + 1] : SIM_NEVER;
}

/* Writes what is known of the present segment; repeating it later overwrites with more. */
static void level_store(struct sim_level *level)
{
    level->by_segment[level->segment] = level->integral - level->integral_before;
    level->max_by_segment[level->segment] = level->max;
}

void sim_level_cross(struct sim_level *level, sim_time now)
{
    while (now >= level->segment_end && level->segment < level->axis->segment_count) {
        level->integral += (sim_wide)level->value * (level->segment_end - level->since);
        level->since = level->segment_end;
        level_store(level);
        level->segment++;
        level->segment_end = segment_end_of(level->axis, level->segment);
        level->integral_before = level->integral;
        level->max = level->value;
    }
}

void sim_level_settle(struct sim_level *level, sim_time now)
{
    sim_level_add(level, now, 0);
    level_store(level);
}

static double level_range_mean(const struct sim_level *level, uint32_t first, uint32_t last)
{
    if (first >= last) {
        return NAN;
    }
    sim_wide sum = 0;
    for (uint32_t segment = first; segment < last; segment++) {
        sum += level->by_segment[segment];
    }
    return (double)sum / (double)(level->axis->bounds[last] - level->axis->bounds[first]);
}

static int64_t level_range_max(const struct sim_level *level, uint32_t first, uint32_t last)
{
    int64_t max = first < last ? level->max_by_segment[first] : 0;
    for (uint32_t segment = first; segment < last; segment++) {
        if (level->max_by_segment[segment] > max) {
            max = level->max_by_segment[segment];
        }
    }
    return max;
}

double sim_level_mean(const struct sim_level *level, uint32_t window)
{
    const struct sim_axis *axis = level->axis;
    sim_assert(window < axis->window_count);
    return level_range_mean(level, axis->window_first[window], axis->window_last[window]);
}

double sim_level_cell_mean(const struct sim_level *level, uint32_t cell)
{
    const struct sim_axis *axis = level->axis;
    sim_assert(cell < axis->cell_count);
    return level_range_mean(level, axis->cell_first[cell], axis->cell_first[cell + 1]);
}

int64_t sim_level_max(const struct sim_level *level, uint32_t window)
{
    const struct sim_axis *axis = level->axis;
    sim_assert(window < axis->window_count);
    return level_range_max(level, axis->window_first[window], axis->window_last[window]);
}

int64_t sim_level_cell_max(const struct sim_level *level, uint32_t cell)
{
    const struct sim_axis *axis = level->axis;
    sim_assert(cell < axis->cell_count);
    return level_range_max(level, axis->cell_first[cell], axis->cell_first[cell + 1]);
}

/* Samples */

void sim_sample_settle(struct sim_sample *sample)
{
    if (sample->batch_count > 0) {
        sim_histogram_add_to_both(sample->atom, sample->cell, sample->batch, sample->batch_count);
        sample->batch_count = 0;
    }
}

static struct sim_histogram *made(struct sim_histogram **histogram, int precision)
{
    if (!*histogram) {
        *histogram = g_new(struct sim_histogram, 1);
        sim_histogram_init(*histogram, precision);
    }
    return *histogram;
}

static struct sim_histogram *atom_of(struct sim_sample *sample, uint32_t segment)
{
    return made(&sample->by_atom[sample->axis->segment_atom[segment]], SIM_HISTOGRAM_FINE);
}

static struct sim_histogram *cell_of(struct sim_sample *sample, uint32_t segment)
{
    return made(&sample->by_cell[sample->axis->segment_cell[segment]], SIM_HISTOGRAM_COARSE);
}

void sim_sample_seek(struct sim_sample *sample, sim_time time)
{
    sim_sample_settle(sample);
    const struct sim_axis *axis = sample->axis;
    sim_segment_cache_seek(&sample->cache, axis, time);
    uint32_t segment = sample->cache.segment;
    if (segment == axis->segment_count) {
        sample->atom = NULL;
        sample->cell = NULL;
        return;
    }
    sample->atom = atom_of(sample, segment);
    sample->cell = cell_of(sample, segment);
}

void sim_sample_add_infinite(struct sim_sample *sample, uint32_t segment, uint64_t times)
{
    const struct sim_axis *axis = sample->axis;
    sim_assert(segment < axis->segment_count);
    atom_of(sample, segment)->infinite += times;
    cell_of(sample, segment)->infinite += times;
}

static bool window_has_atom(const struct sim_axis *axis, uint32_t window, uint32_t atom)
{
    uint32_t segment = axis->atom_segment[atom];
    return segment >= axis->window_first[window] && segment < axis->window_last[window];
}

const struct sim_histogram *sim_sample_window(const struct sim_sample *sample, uint32_t window)
{
    const struct sim_axis *axis = sample->axis;
    sim_assert(window < axis->window_count);
    struct sim_histogram *merged = made(&sample->by_window[window], SIM_HISTOGRAM_FINE);
    sim_histogram_clear(merged);
    for (uint32_t atom = 0; atom < axis->atom_count; atom++) {
        if (sample->by_atom[atom] && window_has_atom(axis, window, atom)) {
            sim_histogram_merge(merged, sample->by_atom[atom]);
        }
    }
    bool has_waiting = sample->batch_count > 0 &&
                       window_has_atom(axis, window, axis->segment_atom[sample->cache.segment]);
    for (uint32_t i = 0; has_waiting && i < sample->batch_count; i++) {
        sim_histogram_add(merged, sample->batch[i]);
    }
    return merged;
}

/* Life */

void sim_metric_init(struct sim_metric *metric, const char *name, enum sim_metric_kind kind,
                     enum sim_metric_unit unit, const struct sim_axis *axis,
                     struct sim_arena *arena)
{
    memset(metric, 0, sizeof(*metric));
    metric->name = name;
    metric->kind = kind;
    metric->unit = unit;
    switch (kind) {
    case SIM_METRIC_COUNT:
        metric->counter.axis = axis;
        metric->counter.by_segment = sim_arena_array(arena, uint64_t, axis->segment_count + 1);
        break;
    case SIM_METRIC_LEVEL:
        metric->level.axis = axis;
        metric->level.segment_end = axis->bounds[1];
        metric->level.by_segment = sim_arena_array(arena, sim_wide, axis->segment_count + 1);
        metric->level.max_by_segment = sim_arena_array(arena, int64_t, axis->segment_count + 1);
        break;
    case SIM_METRIC_SAMPLE:
        metric->sample.axis = axis;
        metric->sample.batch = sim_arena_array(arena, int64_t, SIM_HISTOGRAM_BATCH);
        metric->sample.by_atom = sim_arena_array(arena, struct sim_histogram *, axis->atom_count);
        metric->sample.by_window =
            sim_arena_array(arena, struct sim_histogram *, axis->window_count);
        metric->sample.by_cell = sim_arena_array(arena, struct sim_histogram *, axis->cell_count);
        break;
    }
}

static void histograms_free(struct sim_histogram **histograms, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (histograms[i]) {
            sim_histogram_clear(histograms[i]);
            g_free(histograms[i]);
        }
    }
}

void sim_metric_clear(struct sim_metric *metric)
{
    if (metric->kind == SIM_METRIC_SAMPLE) {
        const struct sim_axis *axis = metric->sample.axis;
        histograms_free(metric->sample.by_atom, axis->atom_count);
        histograms_free(metric->sample.by_window, axis->window_count);
        histograms_free(metric->sample.by_cell, axis->cell_count);
    }
}

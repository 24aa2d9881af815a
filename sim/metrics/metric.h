/* Metrics: what models record facts against.
 *
 * COUNT adds up events; LEVEL is a number that holds over time (present, busy, queued) and is
 * integrated exactly in integers; SAMPLE is a population of durations (ns) or other non-negative
 * integers, kept as histograms by window, with "infinitely late" counted apart. Recording draws no
 * random number, schedules no event and, once a histogram's octaves are touched, allocates nothing.
 *
 * Recording happens several times a simulated request, nearly always in the segment of the
 * recording before it: that path is inline and costs one comparison; the others are in metric.c.
 */
#ifndef BRINK_METRICS_METRIC_H
#define BRINK_METRICS_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/seldom.h"
#include "metrics/axis.h"
#include "metrics/histogram.h"

enum sim_metric_kind { SIM_METRIC_COUNT, SIM_METRIC_LEVEL, SIM_METRIC_SAMPLE };

/* What the number means, for printing and for the units that an expectation may use. */
enum sim_metric_unit {
    SIM_METRIC_EVENTS,  /* counts: total, or rate in 1/s */
    SIM_METRIC_ITEMS,   /* levels: jobs, connections, entries */
    SIM_METRIC_RATIO,   /* levels that are divided by a capacity: busy servers of all servers */
    SIM_METRIC_SECONDS, /* samples: durations recorded in ns, shown in time units */
    SIM_METRIC_BYTES
};

/* The segment of the latest recording, [from, from + length), unsigned so that one comparison
 * tests both ends. Length 0 matches no time; the stretch past the axis counts as a segment too. */
struct sim_segment_cache {
    sim_time from;
    uint64_t length;
    uint32_t segment; /* segment_count when it is past the axis */
};

static inline bool sim_segment_cache_holds(const struct sim_segment_cache *cache, sim_time time)
{
    return (uint64_t)time - (uint64_t)cache->from < cache->length;
}

/* The segment of `time` >= 0, for those who keep a cache that several metrics share. */
SIM_SELDOM void sim_segment_cache_seek(struct sim_segment_cache *cache, const struct sim_axis *axis,
                                       sim_time time);

static inline uint32_t sim_segment_cache_find(struct sim_segment_cache *cache,
                                              const struct sim_axis *axis, sim_time time)
{
    if (__builtin_expect(!sim_segment_cache_holds(cache, time), 0)) {
        sim_segment_cache_seek(cache, axis, time);
    }
    return cache->segment;
}

struct sim_counter {
    const struct sim_axis *axis;
    uint64_t *by_segment; /* segment_count + 1: the last one is past the axis */
    struct sim_segment_cache cache;
};

/* Adds `n` events that belong to `time` >= 0; times may come in any order. */
static inline void sim_counter_add(struct sim_counter *counter, sim_time time, uint64_t n)
{
    counter->by_segment[sim_segment_cache_find(&counter->cache, counter->axis, time)] += n;
}

/* Events of the whole run, also those past the axis. */
uint64_t sim_counter_total(const struct sim_counter *counter);
/* Events that belong to a window, or to a cell of the series. */
uint64_t sim_counter_window(const struct sim_counter *counter, uint32_t window);
uint64_t sim_counter_cell(const struct sim_counter *counter, uint32_t cell);

struct sim_level {
    const struct sim_axis *axis;
    sim_wide integral; /* value x ns over the whole run up to `since`: the audit's figure */
    sim_time since;    /* `value` holds from here on */
    sim_time segment_end;
    int64_t value;
    int64_t max;              /* greatest value in the present segment */
    int64_t capacity;         /* denominator of SIM_METRIC_RATIO, else 0; may change */
    uint32_t segment;         /* the present one; segment_count past the axis */
    sim_wide integral_before; /* integral at the start of the present segment */
    sim_wide *by_segment;     /* integral over each segment passed; the last one is past the axis */
    int64_t *max_by_segment;  /* greatest value, counting the one held on entering the segment */
};

/* Ends all segments that end at or before `now`. */
SIM_SELDOM void sim_level_cross(struct sim_level *level, sim_time now);

/* The level changes by `delta` at `now`, which never goes back. */
static inline void sim_level_add(struct sim_level *level, sim_time now, int64_t delta)
{
    if (__builtin_expect(now >= level->segment_end, 0)) {
        sim_level_cross(level, now);
    }
    sim_assert(now >= level->since);
    level->integral += (sim_wide)level->value * (now - level->since);
    level->since = now;
    level->value += delta;
    if (level->value > level->max) {
        level->max = level->value;
    }
}

static inline void sim_level_set(struct sim_level *level, sim_time now, int64_t value)
{
    sim_level_add(level, now, value - level->value);
}

/* Integral up to `now` without a change. Call at the end of a run, before windows are read; again
 * after more changes does no harm. */
void sim_level_settle(struct sim_level *level, sim_time now);
/* Integral over the window by its length, in items, not ratio; NaN for an empty window. */
double sim_level_mean(const struct sim_level *level, uint32_t window);
double sim_level_cell_mean(const struct sim_level *level, uint32_t cell);
/* Greatest value that the window saw, be it for no time at all: a value that held when the window
 * began counts, and 0 is what an empty window has. */
int64_t sim_level_max(const struct sim_level *level, uint32_t window);
int64_t sim_level_cell_max(const struct sim_level *level, uint32_t cell);

struct sim_sample {
    const struct sim_axis *axis;
    /* Each is NULL until a value comes, or is asked for: one member among thousands that are kept
     * apart has values in few, and many metrics have none. */
    struct sim_histogram **by_atom;   /* fine: a value is kept once, however many windows hold it */
    struct sim_histogram **by_window; /* merged when asked for */
    struct sim_histogram **by_cell;   /* coarse, for pictures over time */
    struct sim_segment_cache cache;
    struct sim_histogram *atom; /* of the cached segment, NULL past the axis; likewise: */
    struct sim_histogram *cell;
    /* The latest values of the cached segment, which have yet to get into its histograms: many at
     * once cost far less than one after another. */
    int64_t *batch; /* SIM_HISTOGRAM_BATCH of them */
    uint32_t batch_count;
};

/* Puts what waits into the histograms. Before by_atom and by_cell are read. */
SIM_APART void sim_sample_settle(struct sim_sample *sample);
/* Finds the segment of `time` for the next values. */
SIM_SELDOM void sim_sample_seek(struct sim_sample *sample, sim_time time);

/* One value that belongs to `time` >= 0; SIM_NEVER is "infinitely late". Times may come in any
 * order; a value past the axis is in no window. */
static inline void sim_sample_add(struct sim_sample *sample, sim_time time, int64_t value)
{
    if (__builtin_expect(!sim_segment_cache_holds(&sample->cache, time), 0)) {
        sim_sample_seek(sample, time);
    }
    if (!sample->cell) {
        return;
    }
    if (__builtin_expect(value == SIM_NEVER, 0)) {
        sample->cell->infinite++;
        sample->atom->infinite++;
        return;
    }
    sample->batch[sample->batch_count++] = value;
    if (__builtin_expect(sample->batch_count == SIM_HISTOGRAM_BATCH, 0)) {
        sim_sample_settle(sample);
    }
}

/* Infinitely late values that belong to a segment of the axis. */
void sim_sample_add_infinite(struct sim_sample *sample, uint32_t segment, uint64_t times);

/* All values of a window, as of now. Belongs to the sample; the next call for the same window
 * makes it anew. */
const struct sim_histogram *sim_sample_window(const struct sim_sample *sample, uint32_t window);

struct sim_metric {
    const char *name;
    enum sim_metric_kind kind;
    enum sim_metric_unit unit;
    union {
        struct sim_counter counter;
        struct sim_level level;
        struct sim_sample sample;
    };
};

/* Keeps `name` and `axis`; a level starts at 0 at time 0. */
void sim_metric_init(struct sim_metric *metric, const char *name, enum sim_metric_kind kind,
                     enum sim_metric_unit unit, const struct sim_axis *axis,
                     struct sim_arena *arena);
/* Frees what histograms hold outside the arena. */
void sim_metric_clear(struct sim_metric *metric);

#endif

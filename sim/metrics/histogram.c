/* Answers of the log-linear histogram: everything that is not on the path of a recording. */
#include "metrics/histogram.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/math.h"

#define OCTAVE_COUNT 64

void sim_histogram_init(struct sim_histogram *histogram, int precision)
{
    sim_assert(precision >= 1 && precision <= 16);
    memset(histogram, 0, sizeof(*histogram));
    histogram->precision = precision;
    histogram->min = INT64_MAX;
    histogram->max = INT64_MIN;
}

void sim_histogram_clear(struct sim_histogram *histogram)
{
    for (uint32_t octave = 0; octave < OCTAVE_COUNT; octave++) {
        g_free(histogram->octaves[octave]);
    }
    sim_histogram_init(histogram, histogram->precision);
}

struct sim_histogram_bucket *sim_histogram_touch(struct sim_histogram *histogram, uint32_t octave)
{
    sim_assert(octave < OCTAVE_COUNT && !histogram->octaves[octave]);
    histogram->octaves[octave] =
        g_new0(struct sim_histogram_bucket, (gsize)1 << histogram->precision);
    return histogram->octaves[octave];
}

void sim_histogram_add_times(struct sim_histogram *histogram, int64_t value, uint64_t times)
{
    sim_assert(value >= 0 && value != SIM_NEVER);
    if (times == 0) {
        return;
    }
    sim_histogram_add(histogram, value);
    struct sim_histogram_place place =
        sim_histogram_place_of(histogram->precision, (uint64_t)value);
    struct sim_histogram_bucket *bucket = &histogram->octaves[place.octave][place.bucket];
    bucket->count += times - 1;
    bucket->offset_sum += place.offset * (times - 1);
    histogram->count += times - 1;
    histogram->sum += (sim_wide)value * (sim_wide)(times - 1);
}

static struct sim_histogram_bucket *bucket_at(struct sim_histogram *histogram, uint32_t octave,
                                              uint32_t bucket)
{
    struct sim_histogram_bucket *buckets = histogram->octaves[octave];
    if (__builtin_expect(!buckets, 0)) {
        buckets = sim_histogram_touch(histogram, octave);
    }
    return &buckets[bucket];
}

/* The widths of a value's two buckets, in a fine histogram and in a coarse one, are 2^e and
 * 2^(e + APART), but for values below PLAIN_FROM, where a fine bucket is of one value. From
 * PLAIN_TO on offsets are scaled. */
#define APART (SIM_HISTOGRAM_FINE - SIM_HISTOGRAM_COARSE)
#define PLAIN_FROM (UINT64_C(1) << SIM_HISTOGRAM_FINE)
#define PLAIN_TO (UINT64_C(1) << (32 - APART + SIM_HISTOGRAM_FINE + 1))

static void add_totals(struct sim_histogram *histogram, uint32_t count, uint64_t sum, int64_t min,
                       int64_t max)
{
    histogram->count += count;
    histogram->sum += sum;
    histogram->min = min < histogram->min ? min : histogram->min;
    histogram->max = max > histogram->max ? max : histogram->max;
}

void sim_histogram_add_to_both(struct sim_histogram *fine, struct sim_histogram *coarse,
                               const int64_t *values, uint32_t count)
{
    sim_assert(fine->precision == SIM_HISTOGRAM_FINE && coarse->precision == SIM_HISTOGRAM_COARSE &&
               count <= SIM_HISTOGRAM_BATCH);
    struct sim_histogram_bucket *buckets[SIM_HISTOGRAM_BATCH];
    uint64_t offsets[SIM_HISTOGRAM_BATCH];
    uint32_t plain_count = 0;
    uint64_t sum = 0; /* at most 64 PLAIN_TO */
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value = (uint64_t)values[i];
        if (value - PLAIN_FROM >= PLAIN_TO - PLAIN_FROM) {
            sim_histogram_add(fine, values[i]);
            sim_histogram_add(coarse, values[i]);
            continue;
        }
        uint32_t e = 63u - SIM_HISTOGRAM_FINE - (uint32_t)__builtin_clzll(value);
        uint64_t rounded = value >> e;
        uint64_t offset = value - (rounded << e);
        struct sim_histogram_bucket *far =
            bucket_at(fine, e + 1, (uint32_t)rounded & ((1u << SIM_HISTOGRAM_FINE) - 1));
        __builtin_prefetch(far, 1);
        buckets[plain_count] = far;
        offsets[plain_count] = offset;
        plain_count++;
        struct sim_histogram_bucket *near =
            bucket_at(coarse, e + APART + 1,
                      (uint32_t)(rounded >> APART) & ((1u << SIM_HISTOGRAM_COARSE) - 1));
        near->count++;
        near->offset_sum += ((rounded & ((1u << APART) - 1)) << e) + offset;
        sum += value;
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    for (uint32_t i = 0; i < plain_count; i++) {
        buckets[i]->count++;
        buckets[i]->offset_sum += offsets[i];
    }
    add_totals(fine, plain_count, sum, min, max);
    add_totals(coarse, plain_count, sum, min, max);
}

void sim_histogram_merge(struct sim_histogram *into, const struct sim_histogram *from)
{
    sim_assert(into->precision == from->precision);
    for (uint32_t octave = 0; octave < OCTAVE_COUNT; octave++) {
        const struct sim_histogram_bucket *source = from->octaves[octave];
        if (!source) {
            continue;
        }
        struct sim_histogram_bucket *target = into->octaves[octave];
        if (!target) {
            target = sim_histogram_touch(into, octave);
        }
        for (uint32_t b = 0; b < 1u << into->precision; b++) {
            target[b].count += source[b].count;
            target[b].offset_sum += source[b].offset_sum;
        }
    }
    into->count += from->count;
    into->infinite += from->infinite;
    into->sum += from->sum;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

/* Width exponent e of the buckets of an octave: the first two octaves have buckets of one value. */
static uint32_t octave_exponent(uint32_t octave)
{
    return octave == 0 ? 0 : octave - 1;
}

static int64_t bucket_low(const struct sim_histogram *histogram, uint32_t octave, uint32_t bucket)
{
    uint32_t e = octave_exponent(octave);
    uint64_t index = ((uint64_t)octave << histogram->precision) + bucket;
    return (int64_t)((index - ((uint64_t)e << histogram->precision)) << e);
}

/* Sum of (value - low) in whole units; kept in 128 bits since the stored one may be scaled. */
static sim_wide bucket_offset_sum(uint32_t octave, const struct sim_histogram_bucket *bucket)
{
    uint32_t e = octave_exponent(octave);
    return (sim_wide)bucket->offset_sum << (e > 32 ? e - 32 : 0);
}

static double bucket_mean(const struct sim_histogram *histogram, uint32_t octave, uint32_t index)
{
    const struct sim_histogram_bucket *bucket = &histogram->octaves[octave][index];
    sim_wide sum = (sim_wide)bucket_low(histogram, octave, index) * (sim_wide)bucket->count +
                   bucket_offset_sum(octave, bucket);
    double mean = (double)sum / (double)bucket->count;
    double min = (double)histogram->min;
    double max = (double)histogram->max;
    return mean < min ? min : (mean > max ? max : mean);
}

/* ceil(p n), at least 1 and at most n. The product of two rounded numbers is off by up to an ulp
 * or two, and 1e-9 covers probabilities that were themselves read from decimals. */
static uint64_t quantile_rank(double p, uint64_t n)
{
    double product = p * (double)n;
    double nearest = sim_floor(product + 0.5);
    double tolerance = 1e-9 + 4.5e-16 * product;
    double rank = fabs(product - nearest) <= tolerance ? nearest : sim_ceil(product);
    if (rank < 1.0) {
        return 1;
    }
    return rank >= (double)n ? n : (uint64_t)rank;
}

double sim_histogram_quantile(const struct sim_histogram *histogram, double p)
{
    sim_assert(p >= 0.0 && p <= 1.0);
    uint64_t n = histogram->count + histogram->infinite;
    if (n == 0) {
        return NAN;
    }
    uint64_t rank = quantile_rank(p, n);
    if (rank > histogram->count) {
        return INFINITY;
    }
    if (rank == 1) {
        return (double)histogram->min;
    }
    if (rank == histogram->count) {
        return (double)histogram->max;
    }
    uint64_t passed = 0;
    for (uint32_t octave = 0; octave < OCTAVE_COUNT; octave++) {
        for (uint32_t b = 0; histogram->octaves[octave] && b < 1u << histogram->precision; b++) {
            passed += histogram->octaves[octave][b].count;
            if (passed >= rank) {
                return bucket_mean(histogram, octave, b);
            }
        }
    }
    return (double)histogram->max;
}

double sim_histogram_mean_finite(const struct sim_histogram *histogram)
{
    if (histogram->count == 0) {
        return NAN;
    }
    return (double)histogram->sum / (double)histogram->count;
}

double sim_histogram_mean(const struct sim_histogram *histogram)
{
    return histogram->infinite > 0 ? INFINITY : sim_histogram_mean_finite(histogram);
}

double sim_histogram_deviation(const struct sim_histogram *histogram)
{
    if (histogram->count == 0) {
        return NAN;
    }
    double mean = sim_histogram_mean_finite(histogram);
    double squares = 0.0;
    for (uint32_t octave = 0; octave < OCTAVE_COUNT; octave++) {
        for (uint32_t b = 0; histogram->octaves[octave] && b < 1u << histogram->precision; b++) {
            uint64_t count = histogram->octaves[octave][b].count;
            if (count > 0) {
                double difference = bucket_mean(histogram, octave, b) - mean;
                squares += (double)count * difference * difference;
            }
        }
    }
    return sim_sqrt(squares / (double)histogram->count);
}

/* How many finite values lie at or below x, min <= x < max. */
static uint64_t count_to(const struct sim_histogram *histogram, int64_t x)
{
    struct sim_histogram_place last = sim_histogram_place_of(histogram->precision, (uint64_t)x);
    uint64_t passed = 0;
    for (uint32_t octave = 0; octave <= last.octave; octave++) {
        uint32_t end = octave < last.octave ? 1u << histogram->precision : last.bucket;
        for (uint32_t b = 0; histogram->octaves[octave] && b < end; b++) {
            passed += histogram->octaves[octave][b].count;
        }
    }
    if (histogram->octaves[last.octave]) {
        const struct sim_histogram_bucket *bucket = &histogram->octaves[last.octave][last.bucket];
        int64_t low = bucket_low(histogram, last.octave, last.bucket);
        if (bucket_offset_sum(last.octave, bucket) <=
            (sim_wide)(x - low) * (sim_wide)bucket->count) {
            passed += bucket->count;
        }
    }
    return passed;
}

double sim_histogram_fraction(const struct sim_histogram *histogram, int64_t x)
{
    uint64_t n = histogram->count + histogram->infinite;
    if (n == 0) {
        return NAN;
    }
    if (x == SIM_NEVER) {
        return 1.0;
    }
    if (histogram->count == 0 || x < histogram->min) {
        return 0.0;
    }
    uint64_t passed = x >= histogram->max ? histogram->count : count_to(histogram, x);
    return (double)passed / (double)n;
}

void sim_histogram_each(const struct sim_histogram *histogram, sim_histogram_visit visit,
                        void *data)
{
    for (uint32_t octave = 0; octave < OCTAVE_COUNT; octave++) {
        int64_t width = INT64_C(1) << octave_exponent(octave);
        for (uint32_t b = 0; histogram->octaves[octave] && b < 1u << histogram->precision; b++) {
            uint64_t count = histogram->octaves[octave][b].count;
            if (count > 0) {
                int64_t low = bucket_low(histogram, octave, b);
                visit(low, low + (width - 1), count, data);
            }
        }
    }
}

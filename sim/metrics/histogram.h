/* Histogram of non-negative 64-bit integers, log-linear, with exact sums.
 *
 * Each octave is cut into 2^precision buckets; a bucket keeps how many values it holds and their
 * sum, and a quantile is answered with the mean of the bucket that contains its order statistic:
 * exact wherever all values of that bucket are equal (constant laws, lattice results, all values
 * below 2^(precision + 1)), within 2^-precision otherwise. Count, sum, least and greatest are
 * exact. Octaves get memory when first touched. Infinitely late values are counted apart and sort
 * last.
 *
 * Bounds: a bucket of width 2^e keeps offsets in units of 2^max(0, e - 32), so that an offset is
 * below 2^32 and the sum of offsets cannot overflow before one bucket holds 2^32 values of more
 * than 2^(precision + 32) (73 minutes in ns at precision 10); narrower buckets hold more. Means of
 * buckets above that size are good to 2^-(precision + 32), all others are exact.
 */
#ifndef BRINK_METRICS_HISTOGRAM_H
#define BRINK_METRICS_HISTOGRAM_H

#include <stdint.h>

#include "base/assert.h"
#include "base/seldom.h"
#include "base/time.h"

#define SIM_HISTOGRAM_FINE 10
#define SIM_HISTOGRAM_COARSE 4

/* A wide integer: level x nanoseconds, and sums of durations, pass 64 bits in long runs. */
__extension__ typedef __int128 sim_wide;

struct sim_histogram_bucket {
    uint64_t count;
    uint64_t offset_sum; /* of (value - lowest value of the bucket), in the units stated above */
};

struct sim_histogram {
    struct sim_histogram_bucket *octaves[64]; /* NULL until touched */
    uint64_t count;                           /* finite values */
    uint64_t infinite;                        /* values that never came */
    sim_wide sum;                             /* of the finite ones */
    int64_t min, max; /* of the finite ones; min > max when there are none */
    int precision;    /* 1 .. 16 */
};

void sim_histogram_init(struct sim_histogram *histogram, int precision);
void sim_histogram_clear(struct sim_histogram *histogram);
/* Adds all of `from`, which has the same precision. */
void sim_histogram_merge(struct sim_histogram *into, const struct sim_histogram *from);

/* Gives `octave` its memory. */
SIM_SELDOM struct sim_histogram_bucket *sim_histogram_touch(struct sim_histogram *histogram,
                                                            uint32_t octave);

/* Where a value goes. Buckets are numbered through: those of width 2^e are e 2^precision +
 * (value >> e), which joins up from each octave to the next. */
struct sim_histogram_place {
    uint32_t octave;
    uint32_t bucket;
    uint64_t offset;
};

static inline struct sim_histogram_place sim_histogram_place_of(int precision, uint64_t value)
{
    uint32_t p = (uint32_t)precision;
    uint32_t e = 63u - p - (uint32_t)__builtin_clzll(value | (UINT64_C(1) << p));
    uint64_t rounded = value >> e;
    uint32_t index = (e << p) + (uint32_t)rounded;
    uint64_t offset = value - (rounded << e);
    return (struct sim_histogram_place){
        .octave = index >> p,
        .bucket = index & ((1u << p) - 1),
        .offset = offset >> (e > 32 ? e - 32 : 0),
    };
}

/* One more value, 0 or greater; SIM_NEVER is "infinitely late". */
static inline void sim_histogram_add(struct sim_histogram *histogram, int64_t value)
{
    if (__builtin_expect(value == SIM_NEVER, 0)) {
        histogram->infinite++;
        return;
    }
    sim_assert(value >= 0);
    struct sim_histogram_place place =
        sim_histogram_place_of(histogram->precision, (uint64_t)value);
    struct sim_histogram_bucket *buckets = histogram->octaves[place.octave];
    if (__builtin_expect(!buckets, 0)) {
        buckets = sim_histogram_touch(histogram, place.octave);
    }
    buckets[place.bucket].count++;
    buckets[place.bucket].offset_sum += place.offset;
    histogram->count++;
    histogram->sum += value;
    if (value < histogram->min) {
        histogram->min = value;
    }
    if (value > histogram->max) {
        histogram->max = value;
    }
}

/* Adds values, at most SIM_HISTOGRAM_BATCH and none of them SIM_NEVER, to a fine histogram and to a
 * coarse one. All at once: a value's two places have most of their arithmetic in common, and the
 * fine buckets, spread over more memory than is near the processor, are fetched side by side. */
#define SIM_HISTOGRAM_BATCH 64u
void sim_histogram_add_to_both(struct sim_histogram *fine, struct sim_histogram *coarse,
                               const int64_t *values, uint32_t count);

/* `times` values that are all the same, >= 0 and not SIM_NEVER. */
void sim_histogram_add_times(struct sim_histogram *histogram, int64_t value, uint64_t times);

/* The ceil(p n)-th smallest of all n values (the least one for p = 0), infinite ones included, in
 * the unit of the values: infinity when it is one of them, NaN when there are no values. A product
 * p n that misses an integer by rounding alone counts as that integer. 0 <= p <= 1. */
double sim_histogram_quantile(const struct sim_histogram *histogram, double p);
/* Mean of all values: infinity when one of them is, NaN when there are none. */
double sim_histogram_mean(const struct sim_histogram *histogram);
double sim_histogram_mean_finite(const struct sim_histogram *histogram);
/* Standard deviation of the finite values (divisor n), from bucket means; NaN without any. */
double sim_histogram_deviation(const struct sim_histogram *histogram);
/* Fraction of all values <= x, x = SIM_NEVER taking in the infinite ones; NaN without any. A bucket
 * counts as a whole, at its mean, which agrees with what the quantile says. */
double sim_histogram_fraction(const struct sim_histogram *histogram, int64_t x);

/* Visits the buckets that hold something, lowest first; `low` and `high` are the least and the
 * greatest value that the bucket takes, both inclusive. */
typedef void (*sim_histogram_visit)(int64_t low, int64_t high, uint64_t count, void *data);
void sim_histogram_each(const struct sim_histogram *histogram, sim_histogram_visit visit,
                        void *data);

#endif

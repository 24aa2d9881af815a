/* Logarithms.
 *
 * x = 2^k z with z within [0.69, 1.38), c the table's point near z, r = (z - c) / c, |r| < 2^-7.9:
 *     log(x) = k ln 2 + log(c) + log1p(r).
 * The first two terms are known to 95 bits, log1p is a polynomial. Where z is next to 1, c = 1 and
 * k = 0, so nothing cancels (P. T. P. Tang, "Table-driven implementation of the logarithm function
 * in IEEE floating-point arithmetic", ACM TOMS 16(4), 1990).
 *
 * Leaves out: the floating-point exception flags of Annex F.
 */
#include "base/math.h"

#include <math.h> /* INFINITY and NAN; no function of it */
#include <stdint.h>

#include "base/math_tables.h"

#define SMALLEST_NORMAL_BITS UINT64_C(0x0010000000000000)
#define INFINITY_BITS UINT64_C(0x7ff0000000000000)
#define RANGE_START_BITS UINT64_C(0x3fe5f00000000000) /* 1 lies in the middle of a table piece */

struct reduced {
    double z;
    double exponent; /* k */
    const struct sim_math_log_entry *entry;
};

/* For normal x > 0. */
static inline struct reduced reduce(uint64_t bits)
{
    uint64_t offset = bits - RANGE_START_BITS;
    int64_t exponent = (int64_t)offset >> 52;
    return (struct reduced){
        .z = sim_math_double(bits - (offset & UINT64_C(0xfff0000000000000))),
        .exponent = (double)exponent,
        .entry = &sim_math_log_table[offset >> 45 & (SIM_MATH_TABLE_COUNT - 1)],
    };
}

/* k ln 2 + log(c) + log1p(r). */
static inline double assemble(double exponent, const struct sim_math_log_entry *entry, double r)
{
    double known = exponent * SIM_MATH_LN2_HIGH + entry->log_high; /* exact */
    double high = known + r;
    double low = (known - high) + r + (exponent * SIM_MATH_LN2_LOW + entry->log_low);
    double r2 = r * r;
    double series = r2 * ((-1.0 / 2 + r * (1.0 / 3)) +
                          r2 * ((-1.0 / 4 + r * (1.0 / 5)) + r2 * (-1.0 / 6 + r * (1.0 / 7))));
    return low + series + high;
}

/* Zero, negative, infinite or NaN. */
static double log_special(double x)
{
    if (x == 0.0) {
        return -INFINITY;
    }
    return x < 0.0 ? NAN : x;
}

static double log_subnormal(double x)
{
    struct reduced reduced = reduce(sim_math_bits(x * 0x1p54));
    double r = (reduced.z - reduced.entry->center) * reduced.entry->inverse;
    return assemble(reduced.exponent - 54.0, reduced.entry, r);
}

double sim_log(double x)
{
    uint64_t bits = sim_math_bits(x);
    if (__builtin_expect(bits - SMALLEST_NORMAL_BITS >= INFINITY_BITS - SMALLEST_NORMAL_BITS, 0)) {
        return x > 0.0 && bits < SMALLEST_NORMAL_BITS ? log_subnormal(x) : log_special(x);
    }
    struct reduced reduced = reduce(bits);
    double r = (reduced.z - reduced.entry->center) * reduced.entry->inverse;
    return assemble(reduced.exponent, reduced.entry, r);
}

double sim_log1p(double x)
{
    if (!(x > -1.0 && x < 0x1p1000)) {
        return x == -1.0 ? -INFINITY : x < -1.0 ? NAN : sim_log(x); /* there 1 + x is x */
    }
    if (x < 0x1p-54 && x > -0x1p-54) {
        return x; /* with its sign, where it is zero */
    }
    struct sim_math_pair sum = sim_math_sum(1.0, x);
    struct reduced reduced = reduce(sim_math_bits(sum.high));
    /* The scale 2^-k, by exponent bits: |k| <= 1000, so that it is a normal number. */
    double scale = sim_math_double((uint64_t)(1023 - (int64_t)reduced.exponent) << 52);
    double difference = (reduced.z - reduced.entry->center) + sum.low * scale;
    return assemble(reduced.exponent, reduced.entry, difference * reduced.entry->inverse);
}

/* log1p(r) = r - r^2/2 + r^3/3 ...: the first two terms in double-double, the others in double. */
static struct sim_math_pair log1p_pair(struct sim_math_pair r)
{
    double h = r.high;
    double higher =
        h * h * h *
        (1.0 / 3 +
         h * (-1.0 / 4 +
              h * (1.0 / 5 + h * (-1.0 / 6 + h * (1.0 / 7 + h * (-1.0 / 8 + h * (1.0 / 9)))))));
    struct sim_math_pair square = sim_math_product(h, h);
    struct sim_math_pair sum = sim_math_sum(h, -0.5 * square.high);
    sum.low += r.low - 0.5 * square.low - h * r.low + higher;
    return sum;
}

struct sim_math_pair sim_math_log_pair(double x)
{
    uint64_t bits = sim_math_bits(x);
    double shift = 0.0;
    if (bits < SMALLEST_NORMAL_BITS) {
        bits = sim_math_bits(x * 0x1p54);
        shift = 54.0;
    }
    struct reduced reduced = reduce(bits);
    double exponent = reduced.exponent - shift;
    double difference = reduced.z - reduced.entry->center;
    struct sim_math_pair r = {difference * reduced.entry->inverse, 0.0};
    struct sim_math_pair back = sim_math_product(r.high, reduced.entry->center);
    r.low = ((difference - back.high) - back.low) * reduced.entry->inverse;
    struct sim_math_pair series = log1p_pair(r);
    double known = exponent * SIM_MATH_LN2_HIGH + reduced.entry->log_high;
    struct sim_math_pair sum = sim_math_sum(known, series.high);
    double low = sum.low + series.low + (exponent * SIM_MATH_LN2_LOW + reduced.entry->log_low);
    return sim_math_sum(sum.high, low);
}

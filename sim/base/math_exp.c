/* Exponentials and powers.
 *
 * x = (128 k + j) (ln 2)/128 + r with |r| < 0.0028:
 *     exp(x) = 2^k 2^(j/128) (1 + expm1(r)),
 * the middle factor from a table, the last by a polynomial (P. T. P. Tang, "Table-driven
 * implementation of the exponential function in IEEE floating-point arithmetic", ACM TOMS 15(2),
 * 1989). pow takes its logarithm in double-double, for the exponential magnifies an error there up
 * to 745 times.
 *
 * Leaves out: the floating-point exception flags of Annex F.
 */
#include "base/math.h"

#include <math.h> /* INFINITY and NAN; no function of it */
#include <stdbool.h>
#include <stdint.h>

#include "base/math_tables.h"

#define STEPS_PER_ONE 0x1.71547652b82fep+7 /* 128 / ln 2 */
#define STEP_HIGH 0x1.62e42fefcp-8         /* ln 2 / 128, a multiple of 2^-42 */
#define STEP_LOW (-0x1.c610ca86c3899p-44)
#define ROUNDER 0x1.8p52 /* added and taken off again, rounds to an integer */
#define OVERFLOWS 709.79
#define UNDERFLOWS (-745.14)

/* What exp(x) is made of: 2^exponent * entry->value * (1 + rest). */
struct parts {
    int exponent;
    const struct sim_math_exp_entry *entry;
    double rest; /* expm1(r) and the tail of the table */
};

/* For |x| < 2^20; `low` is a correction to x, below half a unit in its last place. */
static inline struct parts take_apart(double x, double low)
{
    double rounded = x * STEPS_PER_ONE + ROUNDER;
    /* The integer stands in the low bits of the mantissa, in two's complement. */
    int32_t step = (int32_t)(uint32_t)sim_math_bits(rounded);
    double steps = rounded - ROUNDER;
    double r = (x - steps * STEP_HIGH) - steps * STEP_LOW + low;
    double r2 = r * r;
    const struct sim_math_exp_entry *entry =
        &sim_math_exp_table[(uint32_t)step & (SIM_MATH_TABLE_COUNT - 1)];
    double rest = entry->tail + r2 * ((1.0 / 2 + r * (1.0 / 6)) +
                                      r2 * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720))));
    return (struct parts){step >> 7, entry, rest + r};
}

/* 2^exponent for -1022 <= exponent <= 1023. */
static inline double power_of_two(int exponent)
{
    return sim_math_double((uint64_t)(exponent + 1023) << 52);
}

/* The value of the parts near the ends of the range of doubles. */
static double put_together_at_end(struct parts parts)
{
    double high = parts.entry->value;
    double low = high * parts.rest;
    if (parts.exponent > 0) {
        return (high + low) * power_of_two(parts.exponent - 1) * 2.0;
    }
    /* Scaled so that the least normal number is 1; below it, adding 1 rounds to the spacing that
     * subnormal numbers have, once. */
    double scale = power_of_two(parts.exponent + 1022);
    high *= scale;
    low *= scale;
    double scaled = high + low;
    if (scaled < 1.0) {
        struct sim_math_pair sum = sim_math_sum(1.0, high);
        scaled = (sum.high + (sum.low + low)) - 1.0;
    }
    return scaled * 0x1p-1022;
}

static inline double put_together(struct parts parts)
{
    if (__builtin_expect(parts.exponent < -1020 || parts.exponent > 1022, 0)) {
        return put_together_at_end(parts);
    }
    double value = parts.entry->value;
    return (value + value * parts.rest) * power_of_two(parts.exponent);
}

double sim_exp(double x)
{
    if (__builtin_expect(!(x < OVERFLOWS && x > UNDERFLOWS), 0)) {
        return x >= OVERFLOWS ? INFINITY : x <= UNDERFLOWS ? 0.0 : x;
    }
    return put_together(take_apart(x, 0.0));
}

double sim_math_exp_pair(struct sim_math_pair x, int sign)
{
    double value;
    if (!(x.high < OVERFLOWS && x.high > UNDERFLOWS)) {
        value = x.high > 0.0 ? INFINITY : 0.0;
    } else {
        value = put_together(take_apart(x.high, x.low));
    }
    return sign < 0 ? -value : value;
}

/* Where the sum below would cancel: the series, to x^9. */
static double expm1_near_zero(double x)
{
    if (x < 0x1p-54 && x > -0x1p-54) {
        return x; /* with its sign, where it is zero */
    }
    double x2 = x * x;
    double higher = (1.0 / 120 + x * (1.0 / 720)) +
                    x2 * ((1.0 / 5040 + x * (1.0 / 40320)) + x2 * (1.0 / 362880));
    return x + x2 * ((1.0 / 2 + x * (1.0 / 6)) + x2 * (1.0 / 24 + x * higher));
}

double sim_expm1(double x)
{
    if (!(x < 40.0 && x > -40.0)) {
        return x >= 40.0 ? sim_exp(x) : x <= -40.0 ? -1.0 : x; /* the 1 is far below the last bit */
    }
    if (x < 0x1p-5 && x > -0x1p-5) {
        return expm1_near_zero(x);
    }
    struct parts parts = take_apart(x, 0.0);
    double power = parts.entry->value * power_of_two(parts.exponent);
    struct sim_math_pair difference = sim_math_sum(power, -1.0);
    return difference.high + (difference.low + power * parts.rest);
}

enum parity { NOT_INTEGER, EVEN, ODD };

static enum parity parity_of(double y)
{
    double magnitude = y < 0.0 ? -y : y;
    if (magnitude >= 0x1p53) {
        return EVEN;
    }
    uint64_t whole = (uint64_t)magnitude;
    if ((double)whole != magnitude) {
        return NOT_INTEGER;
    }
    return (whole & 1) == 1 ? ODD : EVEN;
}

/* x or y is zero, infinite or NaN: C17 F.10.4.4. */
static double pow_special(double x, double y)
{
    if (y == 0.0 || x == 1.0) {
        return 1.0;
    }
    if (x != x || y != y) {
        return NAN;
    }
    double magnitude = x < 0.0 ? -x : x;
    if (y == INFINITY || y == -INFINITY) {
        if (magnitude == 1.0) {
            return 1.0;
        }
        return (magnitude > 1.0) == (y > 0.0) ? INFINITY : 0.0;
    }
    double value = (magnitude == 0.0) == (y > 0.0) ? 0.0 : INFINITY; /* x is zero or infinite */
    bool is_negative = sim_math_bits(x) >> 63 == 1;
    return is_negative && parity_of(y) == ODD ? -value : value;
}

double sim_pow(double x, double y)
{
    double magnitude = x < 0.0 ? -x : x;
    double exponent_magnitude = y < 0.0 ? -y : y;
    bool is_ordinary = magnitude > 0.0 && magnitude < INFINITY && exponent_magnitude > 0.0 &&
                       exponent_magnitude < INFINITY;
    if (!is_ordinary || x == 1.0) {
        return pow_special(x, y);
    }
    int sign = 1;
    if (x < 0.0) {
        enum parity parity = parity_of(y);
        if (parity == NOT_INTEGER) {
            return NAN;
        }
        sign = parity == ODD ? -1 : 1;
    }
    struct sim_math_pair logarithm = sim_math_log_pair(magnitude);
    double rough = logarithm.high * y;
    if (!(rough < 800.0 && rough > -800.0)) {
        return sim_math_exp_pair((struct sim_math_pair){rough, 0.0}, sign);
    }
    /* y may be so large or so small that the exact product would over- or underflow in its parts,
     * but |log x| is at least 2^-53 unless it is 0, so |y| < 2^63 here; and a small y does no harm.
     */
    struct sim_math_pair product = sim_math_product(logarithm.high, y);
    product.low += logarithm.low * y;
    return sim_math_exp_pair(sim_math_sum(product.high, product.low), sign);
}

/* Tables and helpers that the elementary functions share; not for use outside base/math*.c. */
#ifndef BRINK_BASE_MATH_TABLES_H
#define BRINK_BASE_MATH_TABLES_H

#include <stdint.h>
#include <string.h>

#define SIM_MATH_TABLE_COUNT 128

struct sim_math_log_entry {
    double center;   /* c */
    double inverse;  /* 1/c */
    double log_high; /* log(c), a multiple of 2^-42 */
    double log_low;
};

struct sim_math_exp_entry {
    double value; /* 2^(j/128) */
    double tail;  /* what is missing, relative to value */
};

extern const struct sim_math_log_entry sim_math_log_table[SIM_MATH_TABLE_COUNT];
extern const struct sim_math_exp_entry sim_math_exp_table[SIM_MATH_TABLE_COUNT];

/* ln 2 in two parts, the first a multiple of 2^-42. */
#define SIM_MATH_LN2_HIGH 0x1.62e42fefa3800p-1
#define SIM_MATH_LN2_LOW 0x1.ef35793c76730p-45

/* An unevaluated sum of two doubles, |low| at most half a unit in the last place of `high`. */
struct sim_math_pair {
    double high, low;
};

static inline uint64_t sim_math_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static inline double sim_math_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* a + b exactly (Knuth). */
static inline struct sim_math_pair sim_math_sum(double a, double b)
{
    double sum = a + b;
    double b_part = sum - a;
    return (struct sim_math_pair){sum, (a - (sum - b_part)) + (b - b_part)};
}

/* The upper 26 bits of x, so that products of two such parts are exact. */
static inline double sim_math_upper(double x)
{
    return sim_math_double(sim_math_bits(x) & UINT64_C(0xfffffffff8000000));
}

/* a * b exactly, as long as nothing over- or underflows (Dekker 1971). */
static inline struct sim_math_pair sim_math_product(double a, double b)
{
    double product = a * b;
    double a_high = sim_math_upper(a);
    double a_low = a - a_high;
    double b_high = sim_math_upper(b);
    double b_low = b - b_high;
    double low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return (struct sim_math_pair){product, low};
}

/* log(x) to about 2^-68 of its value, for finite x > 0; in math_log.c. */
struct sim_math_pair sim_math_log_pair(double x);
/* exp(high + low), or its negative; in math_exp.c. */
double sim_math_exp_pair(struct sim_math_pair x, int sign);

#endif

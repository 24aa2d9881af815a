/* Sine and cosine.
 *
 * x = k pi/2 + r with |r| <= pi/4, r to about 2^-70 of itself. Up to 2^20 by subtracting k times
 * pi/2 in three parts whose products are exact (W. J. Cody and W. Waite, "Software manual for the
 * elementary functions", 1980); beyond by multiplying the mantissa with the 192 bits of 2/pi that
 * matter at its exponent (M. Payne and R. Hanek, ACM SIGNUM 18(1), 1983). Then Taylor's series.
 */
#include "base/math.h"

#include <math.h> /* NAN; no function of it */
#include <stdint.h>

#include "base/math_tables.h"

__extension__ typedef unsigned __int128 wide;

#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define HALF_PI_1 0x1.921fb544p+0 /* 33 bits */
#define HALF_PI_2 0x1.0b4611a6p-34
#define HALF_PI_3 0x1.3198a2e037073p-69
#define HALF_PI_HIGH 0x1.921fb54442d18p+0
#define HALF_PI_LOW 0x1.1a62633145c07p-54
#define ROUNDER 0x1.8p52
#define NEAR 0x1p20

/* 64 zero bits, then the bits of 2/pi after the point. */
static const uint64_t two_over_pi[20] = {
    UINT64_C(0x0000000000000000), UINT64_C(0xa2f9836e4e441529), UINT64_C(0xfc2757d1f534ddc0),
    UINT64_C(0xdb6295993c439041), UINT64_C(0xfe5163abdebbc561), UINT64_C(0xb7246e3a424dd2e0),
    UINT64_C(0x06492eea09d1921c), UINT64_C(0xfe1deb1cb129a73e), UINT64_C(0xe88235f52ebb4484),
    UINT64_C(0xe99c7026b45f7e41), UINT64_C(0x3991d639835339f4), UINT64_C(0x9c845f8bbdf9283b),
    UINT64_C(0x1ff897ffde05980f), UINT64_C(0xef2f118b5a0a6d1f), UINT64_C(0x6d367ecf27cb09b7),
    UINT64_C(0x4f463f669e5fea2d), UINT64_C(0x7527bac7ebe5f17b), UINT64_C(0x3d0739f78a5292ea),
    UINT64_C(0x6bfb5fb11f8d5d08), UINT64_C(0x56033046fc7b6bab),
};

struct angle {
    struct sim_math_pair r;
    unsigned quadrant; /* k modulo 4 */
};

static struct angle reduce_near(double x)
{
    double rounded = x * TWO_OVER_PI + ROUNDER;
    double k = rounded - ROUNDER;
    double first = x - k * HALF_PI_1; /* exact, as are the two products */
    struct sim_math_pair r = sim_math_sum(first, -(k * HALF_PI_2));
    r = sim_math_sum(r.high, r.low - k * HALF_PI_3);
    return (struct angle){r, (unsigned)sim_math_bits(rounded) & 3};
}

/* 64 bits of the table from bit `start` on. */
static uint64_t bits_from(unsigned start)
{
    unsigned word = start / 64;
    unsigned shift = start % 64;
    uint64_t bits = two_over_pi[word] << shift;
    return shift == 0 ? bits : bits | two_over_pi[word + 1] >> (64 - shift);
}

/* `fraction` / 2^128 in units of pi/2, as an angle. */
static struct sim_math_pair angle_of(wide fraction)
{
    if (fraction == 0) {
        return (struct sim_math_pair){0.0, 0.0};
    }
    int exponent = 0;
    while ((fraction >> 127) == 0) {
        fraction <<= 1;
        exponent--;
    }
    double high = (double)((uint64_t)(fraction >> 75) << 11) * 0x1p-64; /* 53 bits */
    double low = (double)((uint64_t)(fraction >> 22) & ((UINT64_C(1) << 53) - 1)) * 0x1p-106;
    double scale = sim_math_double((uint64_t)(1023 + exponent) << 52);
    struct sim_math_pair r = sim_math_product(high, HALF_PI_HIGH);
    r = sim_math_sum(r.high, r.low + high * HALF_PI_LOW + low * HALF_PI_HIGH);
    return (struct sim_math_pair){r.high * scale, r.low * scale};
}

static struct angle reduce_far(double x)
{
    uint64_t bits = sim_math_bits(x);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023 - 52; /* |x| = mantissa * 2^exponent */
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    /* Bits of 2/pi before this one make multiples of 4; 62 because the table starts with zeros. */
    unsigned start = (unsigned)(exponent + 62);
    wide low = (wide)mantissa * bits_from(start + 128);
    wide middle = (wide)mantissa * bits_from(start + 64) + (low >> 64);
    uint64_t top = mantissa * bits_from(start) + (uint64_t)(middle >> 64);
    /* Now top.middle.low, modulo 2^192, is x 2/pi with two bits before the point. */
    unsigned quadrant = (unsigned)(top >> 62);
    wide fraction = (wide)top << 66 | (wide)(uint64_t)middle << 2 | (uint64_t)low >> 62;
    struct angle angle;
    if (fraction >> 127 == 1) {
        struct sim_math_pair r = angle_of(0 - fraction);
        angle = (struct angle){{-r.high, -r.low}, (quadrant + 1) & 3};
    } else {
        angle = (struct angle){angle_of(fraction), quadrant};
    }
    if (x < 0.0) {
        angle = (struct angle){{-angle.r.high, -angle.r.low}, (0 - angle.quadrant) & 3};
    }
    return angle;
}

static struct angle reduce(double x)
{
    return x < NEAR && x > -NEAR ? reduce_near(x) : reduce_far(x);
}

static double sine_of(struct sim_math_pair r)
{
    double x = r.high;
    double z = x * x;
    double series =
        -1.0 / 6 +
        z * (1.0 / 120 +
             z * (-1.0 / 5040 +
                  z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * (1.0 / 6227020800.0 +
                                                                  z * (-1.0 / 1307674368000.0))))));
    return x + (r.low * (1.0 - 0.5 * z) + x * z * series);
}

static double cosine_of(struct sim_math_pair r)
{
    double x = r.high;
    double z = x * x;
    double series =
        1.0 / 24 +
        z * (-1.0 / 720 +
             z * (1.0 / 40320 + z * (-1.0 / 3628800 +
                                     z * (1.0 / 479001600 + z * (-1.0 / 87178291200.0 +
                                                                 z * (1.0 / 20922789888000.0))))));
    double half = 0.5 * z;
    double near_one = 1.0 - half;
    return near_one + (((1.0 - near_one) - half) + (z * z * series - x * r.low));
}

static double turn(struct sim_math_pair r, unsigned quadrant)
{
    double value = (quadrant & 1) == 0 ? sine_of(r) : cosine_of(r);
    return (quadrant & 2) == 0 ? value : -value;
}

double sim_sin(double x)
{
    if (!(x - x == 0.0)) {
        return NAN;
    }
    if (x < 0x1p-27 && x > -0x1p-27) {
        return x; /* with its sign, where it is zero */
    }
    struct angle angle = reduce(x);
    return turn(angle.r, angle.quadrant);
}

double sim_cos(double x)
{
    if (!(x - x == 0.0)) {
        return NAN;
    }
    struct angle angle = reduce(x);
    return turn(angle.r, (angle.quadrant + 1) & 3);
}

/* The standard normal distribution function and its inverse.
 *
 * P(Z < -x) = exp(-x^2/2) g(t) / (2 + 4y), y = x / sqrt 2, t = (y - 3.75) / (y + 3.75), g a series
 * of Chebyshev polynomials on the whole half line (M. Shepherd and J. Laframboise, "Chebyshev
 * approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Mathematics of Computation 36,
 * 1981; coefficients computed anew, to 300 bits). The relative error stays small into the far tail.
 *
 * The inverse is M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
 * distribution", Applied Statistics 37(3), 1988, PPND16: relative accuracy about 1e-16.
 */
#include "base/math.h"

#include <math.h> /* INFINITY and NAN; no function of it */
#include <stddef.h>

#include "base/math_tables.h"

#define ONE_OVER_SQRT_2 0.70710678118654752440
#define TAIL_END 38.6 /* beyond, the tail is below the least double */

static const double tail_series[] = {
    0x1.2d75d0246cee8p+0,   -0x1.2cd0564f8c1b7p-8,  -0x1.59159e8868995p-4,  0x1.e50c3e7c7dccep-5,
    -0x1.b4c68f4569326p-6,  0x1.295e991a7d82dp-7,   -0x1.3c4c54f8d419dp-9,  0x1.014ed1572209ap-11,
    -0x1.221e6f70130b5p-14, 0x1.15c3f597f0492p-18,  0x1.9f8f03ca86fc1p-21,  -0x1.d601c320c8f9cp-23,
    0x1.71e1efca86cf9p-27,  0x1.36bf2885524c9p-28,  -0x1.aa4d7b1cdf20ap-31, -0x1.15df59ca6082bp-34,
    0x1.f8af0a9aa6d31p-36,  0x1.b61b723941781p-43,  -0x1.0fc16c00b50f2p-40, 0x1.24f6a772cbc36p-45,
    0x1.2d8b49ab5f72bp-45,  -0x1.0cb63a80de2c5p-49, -0x1.6884628ace07ap-50, 0x1.561b105822235p-54,
    0x1.d3744857e262bp-55,
};

/* Clenshaw's recurrence. */
static double chebyshev(const double *coefficients, size_t count, double t)
{
    double next = 0.0;
    double after = 0.0;
    for (size_t i = count - 1; i > 0; i--) {
        double value = 2.0 * t * next - after + coefficients[i];
        after = next;
        next = value;
    }
    return t * next - after + coefficients[0];
}

/* P(Z < -x), x >= 0. */
static double tail(double x)
{
    if (x > TAIL_END) {
        return 0.0;
    }
    /* The upper part squares exactly; the exponential would magnify the rounding of x * x. */
    double upper = sim_math_upper(x);
    struct sim_math_pair exponent = {-0.5 * upper * upper, -0.5 * (x - upper) * (x + upper)};
    exponent = sim_math_sum(exponent.high, exponent.low);
    double y = x * ONE_OVER_SQRT_2;
    double t = (y - 3.75) / (y + 3.75);
    double series = chebyshev(tail_series, sizeof(tail_series) / sizeof(tail_series[0]), t);
    return sim_math_exp_pair(exponent, 1) * (series / (2.0 + 4.0 * y));
}

double sim_normal_cdf(double x)
{
    if (x != x) {
        return x;
    }
    return x < 0.0 ? tail(-x) : 1.0 - tail(x);
}

/* (c[7] r^7 + ... + c[0]) / (d[7] r^7 + ... + d[0]) */
static double ratio(const double c[8], const double d[8], double r)
{
    double above = c[7];
    double below = d[7];
    for (int i = 6; i >= 0; i--) {
        above = above * r + c[i];
        below = below * r + d[i];
    }
    return above / below;
}

static double quantile_middle(double q)
{
    static const double above[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                    1.9715909503065514427e3, 1.3731693765509461125e4,
                                    4.5921953931549871457e4, 6.7265770927008700853e4,
                                    3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double below[8] = {1.0,
                                    4.2313330701600911252e1,
                                    6.8718700749205790830e2,
                                    5.3941960214247511077e3,
                                    2.1213794301586595867e4,
                                    3.9307895800092710610e4,
                                    2.8729085735721942674e4,
                                    5.2264952788528545610e3};
    return q * ratio(above, below, 0.180625 - q * q);
}

/* r = sqrt(-log p) within 1.6 .. 5. */
static double quantile_tail(double r)
{
    static const double above[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                    5.76949722146069140550e0,  3.64784832476320460504e0,
                                    1.27045825245236838258e0,  2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double below[8] = {1.0,
                                    2.05319162663775882187e0,
                                    1.67638483018380384940e0,
                                    6.89767334985100004550e-1,
                                    1.48103976427480074590e-1,
                                    1.51986665636164571966e-2,
                                    5.47593808499534494600e-4,
                                    1.05075007164441684324e-9};
    return ratio(above, below, r - 1.6);
}

static double quantile_far_tail(double r)
{
    static const double above[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                    1.78482653991729133580e0,  2.96560571828504891230e-1,
                                    2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                    2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double below[8] = {1.0,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};
    return ratio(above, below, r - 5.0);
}

double sim_normal_quantile(double p)
{
    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? -INFINITY : p == 1.0 ? INFINITY : NAN;
    }
    double q = p - 0.5;
    if (q <= 0.425 && q >= -0.425) {
        return quantile_middle(q);
    }
    double r = sim_sqrt(-sim_log(q < 0.0 ? p : 1.0 - p));
    double value = r <= 5.0 ? quantile_tail(r) : quantile_far_tail(r);
    return q < 0.0 ? -value : value;
}

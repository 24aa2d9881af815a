/* The gamma function's logarithm and the incomplete gamma functions.
 *
 * lgamma: near 1 and 2, where it is zero, the series in zeta values (Abramowitz and Stegun 6.1.33);
 * up to 13 by the recurrence; above by Stirling's series (6.1.40).
 *
 * P and Q: the power series (6.5.29) left of a + 1, the continued fraction (6.5.31) by Lentz's
 * method right of it. Their common factor x^a e^-x / Gamma(a + 1) is computed from log1p(d) - d,
 * d = (x - a) / a, where a is large, for there the plain form would cancel.
 *
 * Inverses: Newton's method on log P (or log Q, whichever is the smaller) as a function of log x,
 * from the Wilson-Hilferty approximation, kept inside a bracket.
 */
#include "base/math.h"

#include <math.h> /* INFINITY and NAN; no function of it */
#include <stdbool.h>

#include "base/math_tables.h"

#define ONE_MINUS_EULER 0x1.b0ee6072093cep-2
#define HALF_LOG_2PI 0x1.d67f1c864beb5p-1
#define TWO_PI 6.28318530717958647693
#define STIRLING_FROM 13.0
#define TERMS_MAX 200000 /* far above what a = 1e8 needs; a guard, not a limit that is met */
#define NEWTON_STEPS_MAX 100
#define TINY 1e-300

/* lgamma(2 + z), |z| <= 1/2. */
static double lgamma_near_two(double z)
{
    static const double zeta_minus_one[] = {
        0x1.4a34cc4a60fa6p-1,  0x1.9dd002780310ap-3,  0x1.51322ac7d8483p-4,  0x1.2e831d94f99b7p-5,
        0x1.1c26130249124p-6,  0x1.1196d0a679c47p-7,  0x1.0b36af86396e9p-8,  0x1.073e7b02d6ae0p-9,
        0x1.04b8ce96ee5f8p-10, 0x1.0318df2459954p-11, 0x1.020a5b2cd3042p-12, 0x1.01593a1177bd6p-13,
        0x1.00e4af2b4e156p-14, 0x1.0097bcbf11bedp-15, 0x1.0064cdeb22f0fp-16, 0x1.0043073686681p-17,
        0x1.002c9953744ccp-18, 0x1.001db08f9ba4ap-19, 0x1.0013c594466eap-20, 0x1.000d2bab28121p-21,
        0x1.0008c66cec77dp-22, 0x1.0005d8f13858cp-23, 0x1.0003e59ffde12p-24, 0x1.000298ea55633p-25,
    }; /* zeta(2) - 1, zeta(3) - 1, ... */
    int count = (int)(sizeof(zeta_minus_one) / sizeof(zeta_minus_one[0]));
    double sum = 0.0;
    for (int i = count - 1; i >= 0; i--) {
        sum = zeta_minus_one[i] / (i + 2) - z * sum;
    }
    return z * (ONE_MINUS_EULER + z * sum);
}

/* What Stirling's formula leaves: lgamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2). */
static double stirling_rest(double x)
{
    double y = 1.0 / (x * x);
    return (1.0 / 12 -
            y * (1.0 / 360 -
                 y * (1.0 / 1260 -
                      y * (1.0 / 1680 - y * (1.0 / 1188 - y * (691.0 / 360360 - y / 156)))))) /
           x;
}

double sim_lgamma(double x)
{
    if (!(x > 0.0 && x < INFINITY)) {
        return x == 0.0 || x == INFINITY ? INFINITY : NAN;
    }
    if (x >= STIRLING_FROM) {
        return (x - 0.5) * (sim_log(x) - 1.0) + ((HALF_LOG_2PI - 0.5) + stirling_rest(x));
    }
    if (x < 0.5) {
        return lgamma_near_two(x) - sim_log1p(x) - sim_log(x);
    }
    if (x < 1.5) {
        return lgamma_near_two(x - 1.0) - sim_log1p(x - 1.0);
    }
    double product = 1.0;
    while (x > 2.5) {
        x -= 1.0;
        product *= x;
    }
    return lgamma_near_two(x - 2.0) + sim_log(product);
}

/* log(1 + d) - d, also where d is small. */
static double log1p_less(double d)
{
    if (!(d < 0.3 && d > -0.3)) {
        return sim_log1p(d) - d;
    }
    double s = d / (2.0 + d); /* log(1 + d) = 2 atanh(s) */
    double s2 = s * s;
    double series = 0.0;
    for (int i = 25; i >= 3; i -= 2) {
        series = series * s2 + 1.0 / i;
    }
    return 2.0 * s * s2 * series - d * s;
}

/* x^a e^-x / Gamma(a + 1) */
static double common_factor(double a, double x)
{
    if (a < 10.0) {
        return sim_exp(a * sim_log(x) - x - sim_lgamma(a + 1.0));
    }
    double exponent = a * log1p_less((x - a) / a) - stirling_rest(a);
    return sim_exp(exponent) / sim_sqrt(TWO_PI * a);
}

/* P(a, x) / common_factor */
static double power_series(double a, double x)
{
    double sum = 1.0;
    double term = 1.0;
    for (int i = 1; i < TERMS_MAX && term > sum * 0x1p-55; i++) {
        term *= x / (a + i);
        sum += term;
    }
    return sum;
}

/* Q(a, x) / common_factor */
static double continued_fraction(double a, double x)
{
    double b = x + 1.0 - a;
    double c = 1.0 / TINY;
    double d = 1.0 / (b > TINY || b < -TINY ? b : TINY);
    double value = d;
    for (int i = 1; i < TERMS_MAX; i++) {
        double numerator = -i * (i - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / (d > TINY || d < -TINY ? d : TINY);
        c = b + numerator / c;
        c = c > TINY || c < -TINY ? c : TINY;
        double factor = d * c;
        value *= factor;
        if (factor - 1.0 < 0x1p-53 && factor - 1.0 > -0x1p-53) {
            break;
        }
    }
    return a * value;
}

double sim_gamma_p(double a, double x)
{
    if (!(a > 0.0 && x >= 0.0)) {
        return NAN;
    }
    if (x == 0.0 || x == INFINITY) {
        return x == 0.0 ? 0.0 : 1.0;
    }
    double factor = common_factor(a, x);
    double p = x < a + 1.0 ? factor * power_series(a, x) : 1.0 - factor * continued_fraction(a, x);
    return p > 1.0 ? 1.0 : p;
}

double sim_gamma_q(double a, double x)
{
    if (!(a > 0.0 && x >= 0.0)) {
        return NAN;
    }
    if (x == 0.0 || x == INFINITY) {
        return x == 0.0 ? 1.0 : 0.0;
    }
    double factor = common_factor(a, x);
    double q = x < a + 1.0 ? 1.0 - factor * power_series(a, x) : factor * continued_fraction(a, x);
    return q < 0.0 ? 0.0 : q;
}

/* log x to begin with. */
static double first_guess(double a, double given, bool is_below)
{
    if (is_below) {
        /* P(a, x) <= x^a / Gamma(a + 1), with equality as x goes to 0. */
        double bound = (sim_log(given) + sim_lgamma(a + 1.0)) / a;
        if (bound < -3.0) {
            return bound;
        }
    }
    double z = is_below ? sim_normal_quantile(given) : -sim_normal_quantile(given);
    double root = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * sim_sqrt(a));
    if (a > 0.5 && root > 0.0) {
        return sim_log(a) + 3.0 * sim_log(root);
    }
    return is_below ? (sim_log(given) + sim_lgamma(a + 1.0)) / a : sim_log(a + 1.0);
}

/* The x at which P(a, x), or Q(a, x), is `given`; 0 < given <= 1/2. */
static double inverse(double a, double given, bool is_below)
{
    double u = first_guess(a, given, is_below);
    if (u < -700.0) {
        return sim_exp(u); /* there the bound is exact */
    }
    double low = -746.0;
    double high = 709.0;
    double wanted = sim_log(given);
    for (int i = 0; i < NEWTON_STEPS_MAX; i++) {
        double x = sim_exp(u);
        double probability = is_below ? sim_gamma_p(a, x) : sim_gamma_q(a, x);
        double excess = sim_log(probability) - wanted; /* -infinity where it vanishes */
        bool is_left = is_below ? excess < 0.0 : excess > 0.0;
        low = is_left ? u : low;
        high = is_left ? high : u;
        double slope = a * common_factor(a, x) / probability;
        double step = (is_below ? -excess : excess) / slope;
        if (step < 1e-9 && step > -1e-9) {
            u += step; /* the next step would be about its square */
            break;
        }
        double next = u + step;
        if (!(next > low && next < high)) {
            next = low < -745.0 || high > 708.0 ? u + (is_left ? 1.0 : -1.0) : 0.5 * (low + high);
        }
        u = next;
    }
    return sim_exp(u);
}

double sim_gamma_p_inverse(double a, double p)
{
    if (!(a > 0.0 && p > 0.0 && p < 1.0)) {
        return a > 0.0 && p == 0.0 ? 0.0 : a > 0.0 && p == 1.0 ? INFINITY : NAN;
    }
    return p <= 0.5 ? inverse(a, p, true) : inverse(a, 1.0 - p, false);
}

double sim_gamma_q_inverse(double a, double q)
{
    if (!(a > 0.0 && q > 0.0 && q < 1.0)) {
        return a > 0.0 && q == 0.0 ? INFINITY : a > 0.0 && q == 1.0 ? 0.0 : NAN;
    }
    return q <= 0.5 ? inverse(a, q, false) : inverse(a, 1.0 - q, true);
}

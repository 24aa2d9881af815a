/* Zipf's law: rank k = 1 .. n with probability proportional to k^-s.
 *
 * Rejection-inversion (W. Hoermann and G. Derflinger, "Rejection-inversion to generate variates
 * from monotone discrete distributions", ACM TOMACS 6(3), 1996): invert the integral of the hat
 * x^-s over (1/2, n + 1/2), round, and reject the little that the hat has above the steps. The same
 * cost for a thousand ranks and for a million million, nothing to build, exact but for rounding. s
 * = 1 is no special case: (x^(1-s) - 1) / (1-s) is computed as a function that is smooth there.
 *
 * The caller's stream gives one number a draw; the rare rejection goes on from that number.
 */
#include <math.h> /* isfinite; no function of it */

#include "base/dist.h"
#include "base/math.h"

#define N_MAX (UINT64_C(1) << 50)
#define EXPONENT_MAX 100.0
#define SUMMED_DIRECTLY UINT64_C(1000)

struct sim_zipf {
    uint64_t n;
    double exponent;
    double first, last; /* the integral's range: of H at 3/2 less one, and at n + 1/2 */
    double accepted;    /* rank - x up to this needs no second look */
    double log_sum;     /* of k^-s over all ranks */
};

/* log(1 + x) / x */
static double log1p_over(double x)
{
    if (x < 1e-8 && x > -1e-8) {
        return 1.0 - 0.5 * x;
    }
    return sim_log1p(x) / x;
}

/* (e^x - 1) / x */
static double expm1_over(double x)
{
    if (x < 1e-8 && x > -1e-8) {
        return 1.0 + 0.5 * x;
    }
    return sim_expm1(x) / x;
}

/* The integral of t^-s from 1 to x. */
static double hat_integral(double exponent, double x)
{
    double log_x = sim_log(x);
    return log_x * expm1_over((1.0 - exponent) * log_x);
}

static double hat_inverse(double exponent, double integral)
{
    double t = (1.0 - exponent) * integral;
    t = t < -1.0 ? -1.0 : t; /* rounding may pass the integral's limit */
    return sim_exp(integral * log1p_over(t));
}

static double power(double exponent, double x)
{
    return sim_exp(-exponent * sim_log(x));
}

/* Sum of k^-s over 1 .. n: the first by hand, the rest by the Euler-Maclaurin formula. */
static double normaliser(uint64_t n, double s)
{
    uint64_t direct = n < SUMMED_DIRECTLY ? n : SUMMED_DIRECTLY;
    double sum = 0.0;
    for (uint64_t k = direct; k > 0; k--) {
        sum += power(s, (double)k);
    }
    if (n == direct) {
        return sum;
    }
    double a = (double)direct;
    double b = (double)n;
    double at_a = power(s, a);
    double at_b = power(s, b);
    double area = at_a * a * hat_integral(s, b / a);
    double slopes = s * (at_a / a - at_b / b) / 12.0;
    double thirds = s * (s + 1.0) * (s + 2.0) * (at_a / (a * a * a) - at_b / (b * b * b)) / 720.0;
    return sum + (area + 0.5 * (at_b - at_a) + slopes - thirds);
}

const struct sim_zipf *sim_zipf_new(struct sim_arena *arena, uint64_t n, double exponent,
                                    const char **ret_error)
{
    if (n == 0 || n > N_MAX) {
        *ret_error = "a Zipf law needs 1 to 2^50 ranks";
        return NULL;
    }
    if (!(exponent >= 0.0 && exponent <= EXPONENT_MAX)) {
        *ret_error = "a Zipf law needs an exponent from 0 to 100";
        return NULL;
    }
    struct sim_zipf *zipf = sim_arena_new(arena, struct sim_zipf);
    zipf->n = n;
    zipf->exponent = exponent;
    zipf->first = hat_integral(exponent, 1.5) - 1.0;
    zipf->last = hat_integral(exponent, (double)n + 0.5);
    zipf->accepted =
        2.0 - hat_inverse(exponent, hat_integral(exponent, 2.5) - power(exponent, 2.0));
    zipf->log_sum = sim_log(normaliser(n, exponent));
    return zipf;
}

uint64_t sim_zipf_draw(const struct sim_zipf *zipf, struct sim_random *random)
{
    if (zipf->exponent == 0.0) {
        return sim_random_below(random, zipf->n);
    }
    uint64_t bits = sim_random_u64(random);
    for (;;) {
        double unit = ((double)(bits >> 12) + 0.5) * 0x1p-52;
        double integral = zipf->last + unit * (zipf->first - zipf->last);
        double x = hat_inverse(zipf->exponent, integral);
        double n = (double)zipf->n;
        double rank = x < 1.0 ? 1.0 : x < n ? (double)(uint64_t)(x + 0.5) : n;
        if (rank - x <= zipf->accepted ||
            integral >= hat_integral(zipf->exponent, rank + 0.5) - power(zipf->exponent, rank)) {
            return (uint64_t)rank - 1;
        }
        bits = sim_splitmix64(&bits);
    }
}

double sim_zipf_probability(const struct sim_zipf *zipf, uint64_t k)
{
    if (k >= zipf->n) {
        return 0.0;
    }
    return sim_exp(-zipf->exponent * sim_log((double)k + 1.0) - zipf->log_sum);
}

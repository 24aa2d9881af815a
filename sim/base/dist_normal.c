/* The normal law and what it becomes under |x| and exp(x).
 *
 * Truncated moments: Johnson, Kotz and Balakrishnan, "Continuous univariate distributions", vol. 1,
 * 2nd ed., section 13.10 (normal) and chapter 14 (lognormal).
 */
#include <math.h> /* INFINITY and isfinite; no function of it */

#include "base/dist_law.h"
#include "base/math.h"

#define SQRT_2_OVER_PI 0.79788456080286535588
#define ONE_OVER_SQRT_2PI 0.39894228040143267794

static double standardised(const struct sim_dist *dist, double x)
{
    return (x - dist->of.normal.mean) / dist->of.normal.sd;
}

/* P(from < Z <= to), Z standard normal, from whichever end is more exact. */
static double between(double from, double to)
{
    if (from > 0.0) {
        return sim_normal_cdf(-from) - sim_normal_cdf(-to);
    }
    return sim_normal_cdf(to) - sim_normal_cdf(from);
}

/* --- normal --- */

static double normal_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double z = standardised(dist, x);
    return sim_normal_cdf(side == SIM_DIST_BELOW ? z : -z);
}

static double normal_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double z = sim_normal_quantile(p);
    return dist->of.normal.mean + (side == SIM_DIST_BELOW ? z : -z) * dist->of.normal.sd;
}

static double normal_from_unit(const struct sim_dist *dist, double unit)
{
    return normal_value(dist, unit, SIM_DIST_ABOVE);
}

/* z^power times the standard normal density, 0 at infinity. */
static double density_times(double z, int power)
{
    if (z == INFINITY || z == -INFINITY) {
        return 0.0;
    }
    double density = ONE_OVER_SQRT_2PI * sim_exp(-0.5 * z * z);
    return power == 0 ? density : z * density;
}

static double normal_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double mean = dist->of.normal.mean;
    double sd = dist->of.normal.sd;
    double from = standardised(dist, low);
    double to = standardised(dist, high);
    double mass = between(from, to);
    double first = density_times(from, 0) - density_times(to, 0);
    if (power == 1) {
        return mean * mass + sd * first;
    }
    double second = mass + density_times(from, 1) - density_times(to, 1);
    return mean * mean * mass + 2.0 * mean * sd * first + sd * sd * second;
}

static const struct sim_dist_law normal_law = {
    .probability = normal_probability,
    .value = normal_value,
    .partial = normal_partial,
    .from_unit = normal_from_unit,
};

/* --- folded: |normal| --- */

static double folded_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double far = standardised(dist, x < 0.0 ? 0.0 : x);
    double near = standardised(dist, x < 0.0 ? 0.0 : -x);
    if (side == SIM_DIST_BELOW) {
        return between(near, far);
    }
    return sim_normal_cdf(-far) + sim_normal_cdf(near);
}

static double folded_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    /* P(|X| > x) <= 2 P(Z > (x - |mean|) / sd) bounds the search from above. */
    double mean = dist->of.normal.mean;
    double tail = side == SIM_DIST_ABOVE ? p : 1.0 - p;
    double reach = tail > 0.0 ? -sim_normal_quantile(0.5 * tail) : 9.0;
    double high = (mean < 0.0 ? -mean : mean) + (reach + 1.0) * dist->of.normal.sd;
    return sim_dist_bisect(dist, p, side, 0.0, high);
}

static double folded_from_unit(const struct sim_dist *dist, double unit)
{
    double x = normal_value(dist, unit, SIM_DIST_ABOVE);
    return x < 0.0 ? -x : x;
}

static double folded_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double from = low > 0.0 ? low : 0.0;
    double to = high > 0.0 ? high : 0.0;
    double right = normal_partial(dist, from, to, power);
    double left = normal_partial(dist, -to, -from, power);
    return power == 1 ? right - left : right + left;
}

static const struct sim_dist_law folded_law = {
    .probability = folded_probability,
    .value = folded_value,
    .partial = folded_partial,
    .from_unit = folded_from_unit,
};

/* --- lognormal: exp(normal) --- */

static double lognormal_z(const struct sim_dist *dist, double x)
{
    return x > 0.0 ? standardised(dist, sim_log(x)) : -INFINITY;
}

static double lognormal_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double z = lognormal_z(dist, x);
    return sim_normal_cdf(side == SIM_DIST_BELOW ? z : -z);
}

static double lognormal_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    return sim_exp(normal_value(dist, p, side));
}

static double lognormal_from_unit(const struct sim_dist *dist, double unit)
{
    return sim_exp(normal_value(dist, unit, SIM_DIST_ABOVE));
}

static double lognormal_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double mean = dist->of.normal.mean;
    double sd = dist->of.normal.sd;
    double shift = power * sd;
    double whole = sim_exp(power * mean + 0.5 * shift * shift);
    return whole * between(lognormal_z(dist, low) - shift, lognormal_z(dist, high) - shift);
}

static const struct sim_dist_law lognormal_law = {
    .probability = lognormal_probability,
    .value = lognormal_value,
    .partial = lognormal_partial,
    .from_unit = lognormal_from_unit,
};

/* --- makers --- */

static struct sim_dist *make(struct sim_arena *arena, enum sim_dist_kind kind,
                             const struct sim_dist_law *law, double mean, double sd)
{
    struct sim_dist *dist = sim_dist_make(arena, kind, law);
    dist->of.normal.mean = mean;
    dist->of.normal.sd = sd;
    return dist;
}

const struct sim_dist *sim_dist_normal(struct sim_arena *arena, double mean, double sd,
                                       const char **ret_error)
{
    if (!(isfinite(mean) && isfinite(sd) && sd > 0.0)) {
        return sim_dist_refuse(ret_error, "a normal law needs a mean and a deviation above 0");
    }
    struct sim_dist *dist = make(arena, SIM_DIST_NORMAL, &normal_law, mean, sd);
    dist->min = -INFINITY;
    dist->mean = mean;
    dist->variance = sd * sd;
    return dist;
}

const struct sim_dist *sim_dist_folded_normal(struct sim_arena *arena, double mean, double sd,
                                              const char **ret_error)
{
    if (!(isfinite(mean) && isfinite(sd) && sd > 0.0)) {
        return sim_dist_refuse(ret_error,
                               "a folded normal law needs a mean and a deviation above 0");
    }
    struct sim_dist *dist = make(arena, SIM_DIST_FOLDED_NORMAL, &folded_law, mean, sd);
    double z = mean / sd;
    dist->mean = sd * SQRT_2_OVER_PI * sim_exp(-0.5 * z * z) + mean * between(-z, z);
    if (z < 0.0) {
        dist->mean = sd * SQRT_2_OVER_PI * sim_exp(-0.5 * z * z) - mean * between(z, -z);
    }
    dist->variance = mean * mean + sd * sd - dist->mean * dist->mean;
    return dist;
}

const struct sim_dist *sim_dist_lognormal(struct sim_arena *arena, double mu, double sigma,
                                          const char **ret_error)
{
    if (!(isfinite(mu) && isfinite(sigma) && sigma > 0.0)) {
        return sim_dist_refuse(ret_error, "a lognormal law needs a sigma above 0");
    }
    struct sim_dist *dist = make(arena, SIM_DIST_LOGNORMAL, &lognormal_law, mu, sigma);
    dist->mean = sim_exp(mu + 0.5 * sigma * sigma);
    dist->variance = dist->mean * dist->mean * sim_expm1(sigma * sigma);
    return dist;
}

const struct sim_dist *sim_dist_lognormal_median(struct sim_arena *arena, double median, double p,
                                                 double x, const char **ret_error)
{
    if (!(isfinite(median) && median > 0.0)) {
        return sim_dist_refuse(ret_error, "a lognormal law needs a median above 0");
    }
    if (!(p > 0.5 && p < 1.0)) {
        return sim_dist_refuse(ret_error,
                               "a lognormal law needs a percentile between the 50th and the 100th");
    }
    if (!(isfinite(x) && x > median)) {
        return sim_dist_refuse(ret_error, "a lognormal law needs its percentile above its median");
    }
    double sigma = sim_log(x / median) / sim_normal_quantile(p);
    return sim_dist_lognormal(arena, sim_log(median), sigma, ret_error);
}

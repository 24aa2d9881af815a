/* Laws with closed forms in elementary functions: constant, uniform, exponential, Weibull, Pareto.
 *
 * Weibull's moments and truncated moments are gamma functions of a power of the exponential that it
 * is; Pareto's are powers (Johnson, Kotz and Balakrishnan, "Continuous univariate distributions",
 * vol. 1, 2nd ed., chapters 20 and 21).
 */
#include <math.h> /* INFINITY and isfinite; no function of it */

#include "base/dist_law.h"
#include "base/math.h"

static double clip_unit(double p)
{
    return p < 0.0 ? 0.0 : p > 1.0 ? 1.0 : p;
}

/* --- constant --- */

static double constant_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    return (x >= dist->of.constant.value) == (side == SIM_DIST_BELOW) ? 1.0 : 0.0;
}

static double constant_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    (void)p;
    (void)side;
    return dist->of.constant.value;
}

static double constant_from_unit(const struct sim_dist *dist, double unit)
{
    (void)unit;
    return dist->of.constant.value;
}

static const struct sim_dist_law constant_law = {
    .probability = constant_probability,
    .value = constant_value,
    .from_unit = constant_from_unit,
};

const struct sim_dist *sim_dist_constant(struct sim_arena *arena, double value)
{
    if (!isfinite(value)) {
        return NULL;
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_CONSTANT, &constant_law);
    dist->of.constant.value = value;
    dist->mean = dist->min = dist->max = value;
    return dist;
}

/* --- uniform --- */

static double uniform_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double part = side == SIM_DIST_BELOW ? x - dist->min : dist->max - x;
    return clip_unit(part / (dist->max - dist->min));
}

static double uniform_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double width = dist->max - dist->min;
    return side == SIM_DIST_BELOW ? dist->min + p * width : dist->max - p * width;
}

static double uniform_from_unit(const struct sim_dist *dist, double unit)
{
    return dist->max - unit * (dist->max - dist->min);
}

static double uniform_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double from = low > dist->min ? low : dist->min;
    double to = high < dist->max ? high : dist->max;
    if (!(from < to)) {
        return 0.0;
    }
    double mean = power == 1 ? 0.5 * (from + to) : (from * from + from * to + to * to) / 3.0;
    return mean * ((to - from) / (dist->max - dist->min));
}

static const struct sim_dist_law uniform_law = {
    .probability = uniform_probability,
    .value = uniform_value,
    .partial = uniform_partial,
    .from_unit = uniform_from_unit,
};

const struct sim_dist *sim_dist_uniform(struct sim_arena *arena, double low, double high,
                                        const char **ret_error)
{
    if (!(isfinite(low) && isfinite(high) && low < high && isfinite(high - low))) {
        return sim_dist_refuse(ret_error, "a uniform law needs a low end below its high end");
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_UNIFORM, &uniform_law);
    dist->min = low;
    dist->max = high;
    dist->mean = 0.5 * low + 0.5 * high;
    dist->variance = (high - low) * (high - low) / 12.0;
    return dist;
}

/* --- exponential --- */

static double exponential_probability(const struct sim_dist *dist, double x,
                                      enum sim_dist_side side)
{
    double t = x > 0.0 ? x / dist->of.exponential.mean : 0.0;
    return side == SIM_DIST_BELOW ? -sim_expm1(-t) : sim_exp(-t);
}

static double exponential_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    return -dist->of.exponential.mean * (side == SIM_DIST_BELOW ? sim_log1p(-p) : sim_log(p));
}

static double exponential_from_unit(const struct sim_dist *dist, double unit)
{
    return -dist->of.exponential.mean * sim_log(unit);
}

/* P(a, to) - P(a, from), from whichever end is more exact. */
static double gamma_between(double a, double from, double to)
{
    if (from > a) {
        return sim_gamma_q(a, from) - sim_gamma_q(a, to);
    }
    return sim_gamma_p(a, to) - sim_gamma_p(a, from);
}

static double exponential_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double mean = dist->of.exponential.mean;
    double from = low > 0.0 ? low / mean : 0.0;
    double to = high > 0.0 ? high / mean : 0.0;
    double whole = power == 1 ? mean : 2.0 * mean * mean;
    return whole * gamma_between(1.0 + power, from, to);
}

static const struct sim_dist_law exponential_law = {
    .probability = exponential_probability,
    .value = exponential_value,
    .partial = exponential_partial,
    .from_unit = exponential_from_unit,
};

const struct sim_dist *sim_dist_exponential(struct sim_arena *arena, double mean,
                                            const char **ret_error)
{
    if (!(isfinite(mean) && mean > 0.0)) {
        return sim_dist_refuse(ret_error, "an exponential law needs a mean above 0");
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_EXPONENTIAL, &exponential_law);
    dist->of.exponential.mean = mean;
    dist->mean = mean;
    dist->variance = mean * mean;
    return dist;
}

/* --- Weibull: scale * E^(1/shape), E exponential of mean 1 --- */

static double weibull_inner(const struct sim_dist *dist, double x)
{
    return x > 0.0 ? sim_pow(x / dist->of.weibull.scale, dist->of.weibull.shape) : 0.0;
}

static double weibull_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double t = weibull_inner(dist, x);
    return side == SIM_DIST_BELOW ? -sim_expm1(-t) : sim_exp(-t);
}

static double weibull_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double t = side == SIM_DIST_BELOW ? -sim_log1p(-p) : -sim_log(p);
    return dist->of.weibull.scale * sim_pow(t, 1.0 / dist->of.weibull.shape);
}

static double weibull_from_unit(const struct sim_dist *dist, double unit)
{
    return weibull_value(dist, unit, SIM_DIST_ABOVE);
}

static double weibull_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double scale = dist->of.weibull.scale;
    double a = 1.0 + power / dist->of.weibull.shape;
    double whole = sim_exp(sim_lgamma(a)) * (power == 1 ? scale : scale * scale);
    return whole * gamma_between(a, weibull_inner(dist, low), weibull_inner(dist, high));
}

static const struct sim_dist_law weibull_law = {
    .probability = weibull_probability,
    .value = weibull_value,
    .partial = weibull_partial,
    .from_unit = weibull_from_unit,
};

const struct sim_dist *sim_dist_weibull(struct sim_arena *arena, double shape, double scale,
                                        const char **ret_error)
{
    if (!(isfinite(shape) && shape > 0.0 && isfinite(scale) && scale > 0.0)) {
        return sim_dist_refuse(ret_error, "a Weibull law needs a shape and a scale above 0");
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_WEIBULL, &weibull_law);
    dist->of.weibull.shape = shape;
    dist->of.weibull.scale = scale;
    double log_first = sim_lgamma(1.0 + 1.0 / shape);
    double log_second = sim_lgamma(1.0 + 2.0 / shape);
    dist->mean = scale * sim_exp(log_first);
    /* E X^2 - (E X)^2 without their cancelling where the shape is large. */
    dist->variance = dist->mean * dist->mean * sim_expm1(log_second - 2.0 * log_first);
    return dist;
}

/* --- Pareto: P(X > x) = (x_min / x)^alpha --- */

static double pareto_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double t = x > dist->min ? dist->of.pareto.alpha * sim_log(x / dist->min) : 0.0;
    return side == SIM_DIST_BELOW ? -sim_expm1(-t) : sim_exp(-t);
}

static double pareto_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double t = side == SIM_DIST_BELOW ? -sim_log1p(-p) : -sim_log(p);
    return dist->min * sim_exp(t / dist->of.pareto.alpha);
}

static double pareto_from_unit(const struct sim_dist *dist, double unit)
{
    return pareto_value(dist, unit, SIM_DIST_ABOVE);
}

/* alpha x_min^alpha times the integral of x^(power - alpha - 1). */
static double pareto_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double x_min = dist->of.pareto.x_min;
    double from = low > x_min ? low : x_min;
    if (!(from < high)) {
        return 0.0;
    }
    double alpha = dist->of.pareto.alpha;
    double excess = power - alpha;
    double start = alpha * (power == 1 ? x_min : x_min * x_min) * sim_pow(from / x_min, excess);
    if (high == INFINITY) {
        return excess < 0.0 ? start / -excess : INFINITY;
    }
    double span = sim_log(high / from);
    return start * (excess == 0.0 ? span : sim_expm1(excess * span) / excess);
}

static const struct sim_dist_law pareto_law = {
    .probability = pareto_probability,
    .value = pareto_value,
    .partial = pareto_partial,
    .from_unit = pareto_from_unit,
};

const struct sim_dist *sim_dist_pareto(struct sim_arena *arena, double x_min, double alpha,
                                       const char **ret_error)
{
    if (!(isfinite(x_min) && x_min > 0.0 && isfinite(alpha) && alpha > 0.0)) {
        return sim_dist_refuse(ret_error, "a Pareto law needs a least value and an alpha above 0");
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_PARETO, &pareto_law);
    dist->of.pareto.x_min = x_min;
    dist->of.pareto.alpha = alpha;
    dist->min = x_min;
    dist->mean = alpha > 1.0 ? x_min * alpha / (alpha - 1.0) : INFINITY;
    double spread = x_min / (alpha - 1.0);
    dist->variance = alpha > 2.0 ? spread * spread * alpha / (alpha - 2.0) : INFINITY;
    return dist;
}

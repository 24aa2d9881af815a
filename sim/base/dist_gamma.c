/* Gamma and Erlang.
 *
 * An Erlang draw is one logarithm of a product of uniforms. A gamma draw is G. Marsaglia and W. W.
 * Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000, a rejection. The
 * numbers that either takes come from a stream of the draw's own, seeded with the one number that
 * the caller's stream gives, which thereby stays in step. Inversion would keep draws monotone too
 * but costs many times more; truncated laws pay it.
 */
#include <math.h> /* INFINITY and isfinite; no function of it */

#include "base/dist_law.h"
#include "base/math.h"

#define SHAPE_MAX                                                                                  \
    1e6 /* above it the search for a quantile would take long, for a near constant                 \
         */
#define FACTORS_AT_ONCE 16 /* uniforms are at least 2^-53: 16 of them stay above 2^-1022 */

static double gamma_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double t = x > 0.0 ? x / dist->of.gamma.scale : 0.0;
    return side == SIM_DIST_BELOW ? sim_gamma_p(dist->of.gamma.shape, t)
                                  : sim_gamma_q(dist->of.gamma.shape, t);
}

static double gamma_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double t = side == SIM_DIST_BELOW ? sim_gamma_p_inverse(dist->of.gamma.shape, p)
                                      : sim_gamma_q_inverse(dist->of.gamma.shape, p);
    return t * dist->of.gamma.scale;
}

static double gamma_partial(const struct sim_dist *dist, double low, double high, int power)
{
    double shape = dist->of.gamma.shape;
    double scale = dist->of.gamma.scale;
    double a = shape + power;
    double from = low > 0.0 ? low / scale : 0.0;
    double to = high > 0.0 ? high / scale : 0.0;
    double whole = power == 1 ? shape * scale : shape * (shape + 1.0) * scale * scale;
    double inside = from > a ? sim_gamma_q(a, from) - sim_gamma_q(a, to)
                             : sim_gamma_p(a, to) - sim_gamma_p(a, from);
    return whole * inside;
}

static double erlang_from_unit(const struct sim_dist *dist, double unit)
{
    struct sim_random local;
    sim_dist_local_stream(&local, unit);
    double sum = 0.0;
    double product = 1.0;
    for (int i = 1; i <= dist->of.gamma.stages; i++) {
        product *= sim_random_unit(&local);
        if (i % FACTORS_AT_ONCE == 0) {
            sum -= sim_log(product);
            product = 1.0;
        }
    }
    return (sum - sim_log(product)) * dist->of.gamma.scale;
}

/* Of shape >= 1 and scale 1. */
static double marsaglia_tsang(double shape, struct sim_random *random)
{
    double d = shape - 1.0 / 3.0;
    double c = 1.0 / sim_sqrt(9.0 * d);
    for (;;) {
        double normal = sim_normal_quantile(sim_random_unit(random));
        double root = 1.0 + c * normal;
        double unit = sim_random_unit(random);
        if (root <= 0.0) {
            continue;
        }
        double cube = root * root * root;
        if (sim_log(unit) < 0.5 * normal * normal + d - d * cube + d * sim_log(cube)) {
            return d * cube;
        }
    }
}

static double gamma_from_unit(const struct sim_dist *dist, double unit)
{
    struct sim_random local;
    sim_dist_local_stream(&local, unit);
    double shape = dist->of.gamma.shape;
    if (shape >= 1.0) {
        return marsaglia_tsang(shape, &local) * dist->of.gamma.scale;
    }
    double boost = sim_exp(sim_log(sim_random_unit(&local)) / shape);
    return marsaglia_tsang(shape + 1.0, &local) * boost * dist->of.gamma.scale;
}

static const struct sim_dist_law erlang_law = {
    .probability = gamma_probability,
    .value = gamma_value,
    .partial = gamma_partial,
    .from_unit = erlang_from_unit,
};

static const struct sim_dist_law gamma_law = {
    .probability = gamma_probability,
    .value = gamma_value,
    .partial = gamma_partial,
    .from_unit = gamma_from_unit,
};

static struct sim_dist *make(struct sim_arena *arena, enum sim_dist_kind kind,
                             const struct sim_dist_law *law, double shape, double mean)
{
    struct sim_dist *dist = sim_dist_make(arena, kind, law);
    dist->of.gamma.shape = shape;
    dist->of.gamma.scale = mean / shape;
    dist->mean = mean;
    dist->variance = mean * mean / shape;
    return dist;
}

const struct sim_dist *sim_dist_erlang(struct sim_arena *arena, int stages, double mean,
                                       const char **ret_error)
{
    if (!(isfinite(mean) && mean > 0.0)) {
        return sim_dist_refuse(ret_error, "an Erlang law needs a mean above 0");
    }
    if (stages < 1 || stages > (int)SHAPE_MAX) {
        return sim_dist_refuse(ret_error, "an Erlang law needs 1 to 1,000,000 stages");
    }
    struct sim_dist *dist = make(arena, SIM_DIST_ERLANG, &erlang_law, stages, mean);
    dist->of.gamma.stages = stages;
    return dist;
}

const struct sim_dist *sim_dist_gamma(struct sim_arena *arena, double shape, double mean,
                                      const char **ret_error)
{
    if (!(isfinite(mean) && mean > 0.0)) {
        return sim_dist_refuse(ret_error, "a gamma law needs a mean above 0");
    }
    if (!(shape > 0.0 && shape <= SHAPE_MAX)) {
        return sim_dist_refuse(ret_error, "a gamma law needs a shape above 0, at most 1,000,000");
    }
    return make(arena, SIM_DIST_GAMMA, &gamma_law, shape, mean);
}

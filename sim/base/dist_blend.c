/* Laws made of several: mixtures, and hyperexponentials as mixtures of exponentials.
 *
 * One uniform number picks the part and, stretched back over the unit interval, draws from it. The
 * quantile is found by bisection between the least and the largest quantile of the parts, which
 * enclose it.
 */
#include <math.h> /* INFINITY and isfinite; no function of it */

#include "base/dist_law.h"

static double mixture_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    double sum = 0.0;
    for (size_t i = 0; i < dist->of.mixture.count; i++) {
        const struct sim_dist *part = dist->of.mixture.parts[i];
        sum += dist->of.mixture.weights[i] * part->law->probability(part, x, side);
    }
    return sum > 1.0 ? 1.0 : sum;
}

static double mixture_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < dist->of.mixture.count; i++) {
        const struct sim_dist *part = dist->of.mixture.parts[i];
        double x = part->law->value(part, p, side);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    return sim_dist_bisect(dist, p, side, low, high);
}

static double mixture_from_unit(const struct sim_dist *dist, double unit)
{
    const double *weights = dist->of.mixture.weights;
    size_t last = dist->of.mixture.count - 1;
    size_t i = 0;
    while (i < last && unit >= weights[i]) {
        unit -= weights[i];
        i++;
    }
    double stretched = unit / weights[i];
    /* Rounding may have reached the ends, where a law could be infinite. */
    stretched = stretched < 0x1p-54         ? 0x1p-54
                : stretched > 1.0 - 0x1p-53 ? 1.0 - 0x1p-53
                                            : stretched;
    const struct sim_dist *part = dist->of.mixture.parts[i];
    return part->law->from_unit(part, stretched);
}

static const struct sim_dist_law mixture_law = {
    .probability = mixture_probability,
    .value = mixture_value,
    .from_unit = mixture_from_unit,
};

/* The weights scaled to add up to 1, or NULL where they cannot be. */
static double *normalised(struct sim_arena *arena, const double *weights, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0.0)) {
            return NULL;
        }
        sum += weights[i];
    }
    if (!(sum > 0.0 && isfinite(sum))) {
        return NULL;
    }
    double *copy = sim_arena_array(arena, double, count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = weights[i] / sum;
    }
    return copy;
}

/* Moments and support from those of the parts. */
static void summarise(struct sim_dist *dist)
{
    const double *weights = dist->of.mixture.weights;
    dist->min = INFINITY;
    dist->max = -INFINITY;
    for (size_t i = 0; i < dist->of.mixture.count; i++) {
        const struct sim_dist *part = dist->of.mixture.parts[i];
        dist->laws += part->laws;
        dist->mean += weights[i] * part->mean;
        dist->min = part->min < dist->min ? part->min : dist->min;
        dist->max = part->max > dist->max ? part->max : dist->max;
    }
    if (!isfinite(dist->mean)) {
        dist->variance = INFINITY;
        return;
    }
    for (size_t i = 0; i < dist->of.mixture.count; i++) {
        const struct sim_dist *part = dist->of.mixture.parts[i];
        double distance = part->mean - dist->mean;
        dist->variance += weights[i] * (part->variance + distance * distance);
    }
}

/* Keeps only parts that occur: a weight of 0 would still bend bounds and moments (0 * infinity). */
static const struct sim_dist *make(struct sim_arena *arena, enum sim_dist_kind kind,
                                   double *weights, const struct sim_dist **parts, size_t count,
                                   const char **ret_error)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] > 0.0) {
            weights[kept] = weights[i];
            parts[kept] = parts[i];
            kept++;
        }
    }
    struct sim_dist *dist = sim_dist_make(arena, kind, &mixture_law);
    dist->of.mixture.weights = weights;
    dist->of.mixture.parts = parts;
    dist->of.mixture.count = kept;
    summarise(dist);
    if (dist->laws > SIM_DIST_LAWS_MAX) {
        return sim_dist_refuse(ret_error, "a law is made of at most 1,000 others");
    }
    return dist;
}

const struct sim_dist *sim_dist_hyperexponential(struct sim_arena *arena, const double *weights,
                                                 const double *means, size_t count,
                                                 const char **ret_error)
{
    double *shares = normalised(arena, weights, count);
    if (shares == NULL) {
        return sim_dist_refuse(ret_error, "a hyperexponential law needs weights of at least 0, "
                                          "not all of them 0");
    }
    const struct sim_dist **parts = sim_arena_array(arena, const struct sim_dist *, count);
    for (size_t i = 0; i < count; i++) {
        parts[i] = sim_dist_exponential(arena, means[i], ret_error);
        if (parts[i] == NULL) {
            return sim_dist_refuse(ret_error, "a hyperexponential law needs means above 0");
        }
    }
    return make(arena, SIM_DIST_HYPEREXPONENTIAL, shares, parts, count, ret_error);
}

const struct sim_dist *sim_dist_mixture(struct sim_arena *arena, const double *weights,
                                        const struct sim_dist *const *parts, size_t count,
                                        const char **ret_error)
{
    double *shares = normalised(arena, weights, count);
    if (shares == NULL) {
        return sim_dist_refuse(ret_error,
                               "a mixture needs weights of at least 0, not all of them 0");
    }
    const struct sim_dist **copy = sim_arena_array(arena, const struct sim_dist *, count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = parts[i];
    }
    return make(arena, SIM_DIST_MIXTURE, shares, copy, count, ret_error);
}

/* Laws derived from one other: shifted, scaled, truncated.
 *
 * Truncation is pushed inward until it meets a law with closed forms: a truncated mixture is the
 * mixture of the truncated parts, each weighted by what it has inside; a truncated shifted law is
 * the shifted truncated law. So every draw stays an inversion of a closed form where there is one,
 * and every moment is exact; only the kind reported is then that of the outer law.
 */
#include <math.h> /* INFINITY and isfinite; no function of it */

#include "base/dist_law.h"

/* Rounding in x + offset or x * factor must not leave the support that was promised. */
static double clip(const struct sim_dist *dist, double x)
{
    return x < dist->min ? dist->min : x > dist->max ? dist->max : x;
}

/* --- shifted --- */

static double shifted_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    const struct sim_dist *part = dist->of.changed.part;
    return part->law->probability(part, x - dist->of.changed.change, side);
}

static double shifted_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    const struct sim_dist *part = dist->of.changed.part;
    return clip(dist, part->law->value(part, p, side) + dist->of.changed.change);
}

static double shifted_from_unit(const struct sim_dist *dist, double unit)
{
    const struct sim_dist *part = dist->of.changed.part;
    return clip(dist, part->law->from_unit(part, unit) + dist->of.changed.change);
}

static const struct sim_dist_law shifted_law = {
    .probability = shifted_probability,
    .value = shifted_value,
    .from_unit = shifted_from_unit,
};

const struct sim_dist *sim_dist_shifted(struct sim_arena *arena, const struct sim_dist *part,
                                        double offset)
{
    if (!isfinite(offset) || part->laws >= SIM_DIST_LAWS_MAX) {
        return NULL;
    }
    if (part->kind == SIM_DIST_CONSTANT) {
        return sim_dist_constant(arena, part->of.constant.value + offset);
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_SHIFTED, &shifted_law);
    dist->of.changed.part = part;
    dist->of.changed.change = offset;
    dist->mean = part->mean + offset;
    dist->variance = part->variance;
    dist->min = part->min + offset;
    dist->max = part->max + offset;
    dist->laws = part->laws + 1;
    return dist;
}

/* --- scaled --- */

static double scaled_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    const struct sim_dist *part = dist->of.changed.part;
    return part->law->probability(part, x / dist->of.changed.change, side);
}

static double scaled_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    const struct sim_dist *part = dist->of.changed.part;
    return clip(dist, part->law->value(part, p, side) * dist->of.changed.change);
}

static double scaled_from_unit(const struct sim_dist *dist, double unit)
{
    const struct sim_dist *part = dist->of.changed.part;
    return clip(dist, part->law->from_unit(part, unit) * dist->of.changed.change);
}

static const struct sim_dist_law scaled_law = {
    .probability = scaled_probability,
    .value = scaled_value,
    .from_unit = scaled_from_unit,
};

const struct sim_dist *sim_dist_scaled(struct sim_arena *arena, const struct sim_dist *part,
                                       double factor, const char **ret_error)
{
    if (!(isfinite(factor) && factor > 0.0)) {
        return sim_dist_refuse(ret_error, "a law can only be scaled by a factor above 0");
    }
    if (part->laws >= SIM_DIST_LAWS_MAX) {
        return sim_dist_refuse(ret_error, "a law is made of at most 1,000 others");
    }
    if (part->kind == SIM_DIST_CONSTANT) {
        const struct sim_dist *constant =
            sim_dist_constant(arena, part->of.constant.value * factor);
        return constant != NULL ? constant
                                : sim_dist_refuse(ret_error, "the scaled value is too large");
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_SCALED, &scaled_law);
    dist->of.changed.part = part;
    dist->of.changed.change = factor;
    dist->mean = part->mean * factor;
    dist->variance = part->variance * factor * factor;
    dist->min = part->min * factor;
    dist->max = part->max * factor;
    dist->laws = part->laws + 1;
    return dist;
}

/* --- truncated, of a law with closed forms --- */

static double truncated_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    if (x < dist->min || x >= dist->max) {
        return (x >= dist->max) == (side == SIM_DIST_BELOW) ? 1.0 : 0.0;
    }
    const struct sim_dist *part = dist->of.truncated.part;
    double inside = dist->of.truncated.inside;
    double below = part->law->probability(part, x, SIM_DIST_BELOW);
    double share;
    if (below < 0.5) { /* count from the lower end, where differences are exact */
        share = (below - dist->of.truncated.below) / inside;
        share = side == SIM_DIST_BELOW ? share : 1.0 - share;
    } else {
        double above = part->law->probability(part, x, SIM_DIST_ABOVE);
        share = (above - dist->of.truncated.above) / inside;
        share = side == SIM_DIST_ABOVE ? share : 1.0 - share;
    }
    return share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

static double truncated_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    const struct sim_dist *part = dist->of.truncated.part;
    double inside = dist->of.truncated.inside;
    double from_below = side == SIM_DIST_BELOW ? p : 1.0 - p;
    double from_above = side == SIM_DIST_BELOW ? 1.0 - p : p;
    double below = dist->of.truncated.below + from_below * inside;
    double above = dist->of.truncated.above + from_above * inside;
    bool is_low = below < above;
    double probability = is_low ? below : above;
    if (!(probability > 0.0 && probability < 1.0)) {
        return is_low ? dist->min : dist->max;
    }
    return clip(dist,
                part->law->value(part, probability, is_low ? SIM_DIST_BELOW : SIM_DIST_ABOVE));
}

static double truncated_from_unit(const struct sim_dist *dist, double unit)
{
    return truncated_value(dist, unit, SIM_DIST_ABOVE);
}

static const struct sim_dist_law truncated_law = {
    .probability = truncated_probability,
    .value = truncated_value,
    .from_unit = truncated_from_unit,
};

/* Of a law with closed forms; NULL where nothing lies inside. */
static const struct sim_dist *truncated_plain(struct sim_arena *arena, const struct sim_dist *part,
                                              double low, double high)
{
    double inside = sim_dist_mass(part, low, high);
    if (!(inside > 0.0)) {
        return NULL;
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_TRUNCATED, &truncated_law);
    dist->of.truncated.part = part;
    dist->of.truncated.below = part->law->probability(part, sim_dist_before(low), SIM_DIST_BELOW);
    dist->of.truncated.above = part->law->probability(part, high, SIM_DIST_ABOVE);
    dist->of.truncated.inside = inside;
    dist->min = low > part->min ? low : part->min;
    dist->max = high < part->max ? high : part->max;
    dist->mean = clip(dist, part->law->partial(part, low, high, 1) / inside);
    double square = part->law->partial(part, low, high, 2) / inside;
    double variance = square - dist->mean * dist->mean;
    dist->variance = square == INFINITY ? INFINITY : variance > 0.0 ? variance : 0.0;
    return dist;
}

/* --- truncated, of any law --- */

static const struct sim_dist *truncate(struct sim_arena *arena, const struct sim_dist *part,
                                       double low, double high);

/* The promised support, where an outer law rounds what an inner one gives. */
static void keep_within(struct sim_dist *dist, double low, double high)
{
    dist->min = dist->min < low ? low : dist->min;
    dist->max = dist->max > high ? high : dist->max;
}

static const struct sim_dist *
truncated_changed(struct sim_arena *arena, const struct sim_dist *dist, double low, double high)
{
    double change = dist->of.changed.change;
    bool is_shifted = dist->kind == SIM_DIST_SHIFTED;
    const struct sim_dist *part =
        truncate(arena, dist->of.changed.part, is_shifted ? low - change : low / change,
                 is_shifted ? high - change : high / change);
    if (part == NULL) {
        return NULL;
    }
    const char *ignored;
    const struct sim_dist *changed = is_shifted ? sim_dist_shifted(arena, part, change)
                                                : sim_dist_scaled(arena, part, change, &ignored);
    if (changed == NULL) {
        return NULL;
    }
    struct sim_dist *copy = sim_arena_new(arena, struct sim_dist);
    *copy = *changed;
    keep_within(copy, low, high);
    return copy;
}

static const struct sim_dist *
truncated_mixture(struct sim_arena *arena, const struct sim_dist *dist, double low, double high)
{
    size_t count = dist->of.mixture.count;
    double *weights = sim_arena_array(arena, double, count);
    const struct sim_dist **parts = sim_arena_array(arena, const struct sim_dist *, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sim_dist *part = dist->of.mixture.parts[i];
        const struct sim_dist *truncated = truncate(arena, part, low, high);
        if (truncated != NULL) {
            weights[kept] = dist->of.mixture.weights[i] * sim_dist_mass(part, low, high);
            parts[kept] = truncated;
            kept++;
        }
    }
    const char *ignored;
    return kept == 0 ? NULL : sim_dist_mixture(arena, weights, parts, kept, &ignored);
}

/* NULL where nothing lies inside. Recursion is bounded by SIM_DIST_LAWS_MAX. */
static const struct sim_dist *truncate(struct sim_arena *arena, const struct sim_dist *part,
                                       double low, double high)
{
    if (low <= part->min && part->max <= high) {
        return part;
    }
    if (part->max < low || high < part->min) {
        return NULL;
    }
    switch (part->kind) {
    case SIM_DIST_SHIFTED:
    case SIM_DIST_SCALED:
        return truncated_changed(arena, part, low, high);
    case SIM_DIST_MIXTURE:
    case SIM_DIST_HYPEREXPONENTIAL:
        return truncated_mixture(arena, part, low, high);
    case SIM_DIST_TRUNCATED:
        return truncated_plain(arena, part->of.truncated.part, low > part->min ? low : part->min,
                               high < part->max ? high : part->max);
    case SIM_DIST_CONSTANT:
    case SIM_DIST_UNIFORM:
    case SIM_DIST_EXPONENTIAL:
    case SIM_DIST_ERLANG:
    case SIM_DIST_GAMMA:
    case SIM_DIST_NORMAL:
    case SIM_DIST_FOLDED_NORMAL:
    case SIM_DIST_LOGNORMAL:
    case SIM_DIST_WEIBULL:
    case SIM_DIST_PARETO:
    case SIM_DIST_QUANTILES:
    case SIM_DIST_EMPIRICAL:
        break;
    }
    return truncated_plain(arena, part, low, high);
}

const struct sim_dist *sim_dist_truncated(struct sim_arena *arena, const struct sim_dist *part,
                                          double low, double high, const char **ret_error)
{
    if (!(low < high)) {
        return sim_dist_refuse(ret_error, "a truncated law needs a low end below its high end");
    }
    const struct sim_dist *dist = truncate(arena, part, low, high);
    return dist != NULL
               ? dist
               : sim_dist_refuse(ret_error, "the law has no probability between the two ends");
}

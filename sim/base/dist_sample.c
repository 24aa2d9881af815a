/* Laws given by figures: a few quantiles, or a list of measured values.
 *
 * Quantiles: the quantile function runs straight between the given points and is flat outside them,
 * so the first and the last value carry the probability that lies beyond. Empirical: each value of
 * the list is equally likely; there is no smoothing.
 */
#include <math.h> /* INFINITY and isfinite; no function of it */
#include <string.h>

#include "base/dist_law.h"
#include "base/sort.h"

/* How many of the ascending values are <= x. */
static size_t count_up_to(const double *values, size_t count, double x)
{
    size_t first = 0;
    size_t last = count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (values[middle] <= x) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return first;
}

/* --- quantiles --- */

static double quantiles_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    const double *values = dist->of.table.values;
    const double *probabilities = dist->of.table.probabilities;
    size_t count = dist->of.table.count;
    size_t after = count_up_to(values, count, x);
    double below;
    if (after == 0 || after == count) {
        below = after == 0 ? 0.0 : 1.0;
    } else {
        double share = (x - values[after - 1]) / (values[after] - values[after - 1]);
        below =
            probabilities[after - 1] + share * (probabilities[after] - probabilities[after - 1]);
    }
    return side == SIM_DIST_BELOW ? below : 1.0 - below;
}

static double quantiles_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    const double *values = dist->of.table.values;
    const double *probabilities = dist->of.table.probabilities;
    size_t count = dist->of.table.count;
    double below = side == SIM_DIST_BELOW ? p : 1.0 - p;
    size_t after = count_up_to(probabilities, count, below);
    if (after == 0 || after == count) {
        return after == 0 ? values[0] : values[count - 1];
    }
    double share =
        (below - probabilities[after - 1]) / (probabilities[after] - probabilities[after - 1]);
    double x = values[after - 1] + share * (values[after] - values[after - 1]);
    return x > values[after] ? values[after] : x;
}

static double quantiles_from_unit(const struct sim_dist *dist, double unit)
{
    return quantiles_value(dist, unit, SIM_DIST_ABOVE);
}

static double power_of(double x, int power)
{
    return power == 1 ? x : x * x;
}

/* What a piece that spreads `mass` evenly over first .. last gives to E[X^power; low .. high]. */
static double piece_partial(double mass, double first, double last, double low, double high,
                            int power)
{
    double from = low > first ? low : first;
    double to = high < last ? high : last;
    if (!(from <= to)) {
        return 0.0;
    }
    if (first == last) {
        return mass * power_of(first, power);
    }
    double mean = power == 1 ? 0.5 * (from + to) : (from * from + from * to + to * to) / 3.0;
    return mass * ((to - from) / (last - first)) * mean;
}

static double quantiles_partial(const struct sim_dist *dist, double low, double high, int power)
{
    const double *values = dist->of.table.values;
    const double *probabilities = dist->of.table.probabilities;
    size_t end = dist->of.table.count - 1;
    double sum = piece_partial(probabilities[0], values[0], values[0], low, high, power);
    for (size_t i = 0; i < end; i++) {
        sum += piece_partial(probabilities[i + 1] - probabilities[i], values[i], values[i + 1], low,
                             high, power);
    }
    return sum +
           piece_partial(1.0 - probabilities[end], values[end], values[end], low, high, power);
}

static const struct sim_dist_law quantiles_law = {
    .probability = quantiles_probability,
    .value = quantiles_value,
    .partial = quantiles_partial,
    .from_unit = quantiles_from_unit,
};

static const char *quantiles_fault(const double *probabilities, const double *values, size_t count)
{
    if (count == 0) {
        return "a law from quantiles needs at least one of them";
    }
    for (size_t i = 0; i < count; i++) {
        if (!(probabilities[i] >= 0.0 && probabilities[i] <= 1.0)) {
            return "the probability of a quantile lies between 0 and 1";
        }
        if (!isfinite(values[i])) {
            return "the value of a quantile is a finite number";
        }
        if (i > 0 && !(probabilities[i] > probabilities[i - 1])) {
            return "the probabilities of quantiles must rise";
        }
        if (i > 0 && values[i] < values[i - 1]) {
            return "the values of quantiles must not fall";
        }
    }
    return NULL;
}

static double *copied(struct sim_arena *arena, const double *values, size_t count)
{
    double *copy = sim_arena_array(arena, double, count);
    memcpy(copy, values, count * sizeof(copy[0]));
    return copy;
}

/* The variance of the pieces about the mean, so that nothing cancels. */
static double quantiles_variance(const struct sim_dist *dist)
{
    const double *values = dist->of.table.values;
    const double *probabilities = dist->of.table.probabilities;
    size_t end = dist->of.table.count - 1;
    double first = values[0] - dist->mean;
    double last = values[end] - dist->mean;
    double sum = probabilities[0] * first * first + (1.0 - probabilities[end]) * last * last;
    for (size_t i = 0; i < end; i++) {
        double a = values[i] - dist->mean;
        double b = values[i + 1] - dist->mean;
        sum += (probabilities[i + 1] - probabilities[i]) * (a * a + a * b + b * b) / 3.0;
    }
    return sum;
}

const struct sim_dist *sim_dist_quantiles(struct sim_arena *arena, const double *probabilities,
                                          const double *values, size_t count,
                                          const char **ret_error)
{
    const char *fault = quantiles_fault(probabilities, values, count);
    if (fault != NULL) {
        return sim_dist_refuse(ret_error, fault);
    }
    if (values[0] == values[count - 1]) {
        return sim_dist_constant(arena, values[0]);
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_QUANTILES, &quantiles_law);
    dist->of.table.probabilities = copied(arena, probabilities, count);
    dist->of.table.values = copied(arena, values, count);
    dist->of.table.count = count;
    dist->min = values[0];
    dist->max = values[count - 1];
    dist->mean = quantiles_partial(dist, -INFINITY, INFINITY, 1);
    dist->variance = quantiles_variance(dist);
    return dist;
}

/* --- empirical --- */

static double empirical_probability(const struct sim_dist *dist, double x, enum sim_dist_side side)
{
    size_t count = dist->of.table.count;
    size_t below = count_up_to(dist->of.table.values, count, x);
    return (double)(side == SIM_DIST_BELOW ? below : count - below) / (double)count;
}

static double empirical_value(const struct sim_dist *dist, double p, enum sim_dist_side side)
{
    size_t count = dist->of.table.count;
    double place = p * (double)count;
    size_t whole = (size_t)place;
    size_t index; /* from the end that p counts from */
    if (side == SIM_DIST_BELOW) {
        index = (double)whole == place && whole > 0 ? whole - 1 : whole;
    } else {
        index = whole < count ? count - 1 - whole : 0;
    }
    return dist->of.table.values[index < count ? index : count - 1];
}

static double empirical_from_unit(const struct sim_dist *dist, double unit)
{
    return empirical_value(dist, unit, SIM_DIST_ABOVE);
}

static double empirical_partial(const struct sim_dist *dist, double low, double high, int power)
{
    size_t count = dist->of.table.count;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double x = dist->of.table.values[i];
        sum += low <= x && x <= high ? power_of(x, power) : 0.0;
    }
    return sum / (double)count;
}

static const struct sim_dist_law empirical_law = {
    .probability = empirical_probability,
    .value = empirical_value,
    .partial = empirical_partial,
    .from_unit = empirical_from_unit,
};

static int compare_values(const void *a, const void *b, void *data)
{
    (void)data;
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

const struct sim_dist *sim_dist_empirical(struct sim_arena *arena, const double *values,
                                          size_t count, const char **ret_error)
{
    if (count == 0) {
        return sim_dist_refuse(ret_error, "an empirical law needs at least one value");
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return sim_dist_refuse(ret_error, "the values of an empirical law are finite numbers");
        }
    }
    double *sorted = copied(arena, values, count);
    sim_sort(sorted, count, sizeof(sorted[0]), compare_values, NULL);
    if (sorted[0] == sorted[count - 1]) {
        return sim_dist_constant(arena, sorted[0]);
    }
    struct sim_dist *dist = sim_dist_make(arena, SIM_DIST_EMPIRICAL, &empirical_law);
    dist->of.table.values = sorted;
    dist->of.table.count = count;
    dist->min = sorted[0];
    dist->max = sorted[count - 1];
    dist->mean = empirical_partial(dist, -INFINITY, INFINITY, 1);
    for (size_t i = 0; i < count; i++) {
        double distance = sorted[i] - dist->mean;
        dist->variance += distance * distance / (double)count;
    }
    return dist;
}

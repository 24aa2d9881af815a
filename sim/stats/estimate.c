/* Intervals from replications and batches; verdicts from intervals.
 *
 * GSL's distribution quantiles are used here: nothing of this steers a run.
 */
#include "stats/estimate.h"

#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"

#define BATCHES_MIN 10 /* merging stops before fewer than this would be left */
#define RARE_MAX 30.0  /* operations on the rarer side from which Student's interval will do */

double sim_student(double confidence, double degrees)
{
    double upper = 0.5 * (1.0 - confidence);
    if (isinf(degrees)) {
        return gsl_cdf_ugaussian_Qinv(upper);
    }
    return gsl_cdf_tdist_Qinv(upper, degrees);
}

bool sim_quantile_is_printable(double p, double count)
{
    double far_side = p < 0.5 ? p : 1.0 - p;
    return far_side * count >= 10.0 - 1e-9;
}

/* Spread */

/* Mean by way of differences to the first value: exact where all are equal. */
static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i] - values[0];
    }
    return values[0] + sum / (double)count;
}

static double squares_about(const double *values, size_t count, double mean)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return squares;
}

struct spread {
    double error;   /* standard error of the mean */
    double degrees; /* of freedom */
    size_t count;
};

/* Of the mean of independent values, count >= 2. */
static struct spread spread_of(const double *values, size_t count)
{
    double degrees = (double)(count - 1);
    double squares = squares_about(values, count, mean_of(values, count));
    return (struct spread){sqrt(squares / degrees / (double)count), degrees, count};
}

/* 1 - half von Neumann's ratio: the lag-1 correlation with its ends put right. Mean 0 and variance
 * (n - 2) / (n^2 - 1) for independent normal values (von Neumann 1941; Fishman 1978). */
static double neighbour_correlation(const double *values, size_t count)
{
    double squares = squares_about(values, count, mean_of(values, count));
    double steps = 0.0;
    for (size_t i = 1; i < count; i++) {
        steps += (values[i] - values[i - 1]) * (values[i] - values[i - 1]);
    }
    return squares > 0.0 ? 1.0 - steps / (2.0 * squares) : 0.0;
}

static bool is_correlated(const double *values, size_t count)
{
    double n = (double)count;
    double deviation = sqrt((n - 2.0) / (n * n - 1.0));
    return neighbour_correlation(values, count) > gsl_cdf_ugaussian_Qinv(0.10) * deviation;
}

/* Replaces pairs of neighbours by their means; of an odd number the oldest is left out. */
static size_t merge_pairs(double *values, size_t count)
{
    size_t odd = count % 2;
    for (size_t i = 0; i < count / 2; i++) {
        values[i] = 0.5 * (values[odd + 2 * i] + values[odd + 2 * i + 1]);
    }
    return count / 2;
}

/* The same for a series whose neighbours may be correlated; merges in place. What correlation r is
 * left makes n values worth n (1 - r)/(1 + r), as in a first-order autoregression. The floor of
 * three degrees keeps a wild estimate of r from making the interval useless. */
static struct spread spread_of_series(double *values, size_t count)
{
    while (count / 2 >= BATCHES_MIN && is_correlated(values, count)) {
        count = merge_pairs(values, count);
    }
    struct spread spread = spread_of(values, count);
    if (count >= 4) {
        double r = fmin(fmax(neighbour_correlation(values, count), 0.0), 0.9);
        double worth = (1.0 - r) / (1.0 + r);
        spread.error /= sqrt(worth);
        spread.degrees = fmax(3.0, (double)count * worth - 1.0);
    }
    return spread;
}

/* Intervals */

static struct sim_estimate estimate_bare(double value, size_t count, double confidence)
{
    sim_assert(confidence > 0.0 && confidence < 1.0);
    return (struct sim_estimate){
        .value = value, .low = NAN, .high = NAN, .confidence = confidence, .count = count};
}

static void estimate_widen(struct sim_estimate *estimate, double low, double high)
{
    estimate->low = low;
    estimate->high = high;
    estimate->has_interval = true;
}

static void estimate_student(struct sim_estimate *estimate, struct spread spread)
{
    double half = 0.0;
    if (spread.error > 0.0) {
        half = sim_student(estimate->confidence, spread.degrees) * spread.error;
    }
    estimate->count = spread.count;
    estimate_widen(estimate, estimate->value - half, estimate->value + half);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* 0-based index of the lower order-statistic bound of the median. */
static size_t median_bound(size_t count, double confidence)
{
    size_t k = 0;
    while (k < count / 2 &&
           gsl_cdf_binomial_P((unsigned)k, 0.5, (unsigned)count) <= 0.5 * (1.0 - confidence)) {
        k++;
    }
    return k > 0 ? k - 1 : 0;
}

/* The interval when some values are infinite: they tell no more than their order. Sorts. */
static void estimate_by_order(struct sim_estimate *estimate, double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), compare_doubles);
    size_t bound = median_bound(count, estimate->confidence);
    double low = values[bound];
    double high = values[count - 1 - bound];
    if (isinf(values[count - 1]) && values[count - 1] > 0) {
        high = INFINITY;
    }
    if (isinf(values[0]) && values[0] < 0) {
        low = -INFINITY;
    }
    estimate_widen(estimate, fmin(low, estimate->value), fmax(high, estimate->value));
}

static bool has_infinite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isinf(values[i])) {
            return true;
        }
    }
    return false;
}

/* Copies what was observed. */
static size_t observed_of(const double *values, size_t count, double *observed)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            observed[kept++] = values[i];
        }
    }
    return kept;
}

struct sim_estimate sim_estimate_of(const double *values, size_t count, double confidence)
{
    g_autofree double *observed = g_new(double, count + 1);
    size_t n = observed_of(values, count, observed);
    if (n == 0) {
        return estimate_bare(NAN, 0, confidence);
    }
    if (has_infinite(observed, n)) {
        double sum = 0.0; /* infinite, or NaN where both infinities occur */
        for (size_t i = 0; i < n; i++) {
            sum += observed[i];
        }
        struct sim_estimate estimate = estimate_bare(sum, n, confidence);
        if (n > 1) {
            estimate_by_order(&estimate, observed, n);
        }
        return estimate;
    }
    struct sim_estimate estimate = estimate_bare(mean_of(observed, n), n, confidence);
    if (n > 1) {
        estimate_student(&estimate, spread_of(observed, n));
    }
    return estimate;
}

struct sim_estimate sim_estimate_batches(double value, const double *batches, size_t count,
                                         double confidence)
{
    g_autofree double *observed = g_new(double, count + 1);
    size_t n = observed_of(batches, count, observed);
    struct sim_estimate estimate = estimate_bare(value, n, confidence);
    if (isnan(value) || n < 2) {
        return estimate;
    }
    if (isinf(value) || has_infinite(observed, n)) {
        estimate_by_order(&estimate, observed, n);
        return estimate;
    }
    estimate_student(&estimate, spread_of_series(observed, n));
    return estimate;
}

/* Ratios */

struct pooled {
    double numerator, denominator;
    size_t count; /* pairs with a positive denominator */
};

static struct pooled pool(const double *numerators, const double *denominators, size_t count)
{
    struct pooled pooled = {0.0, 0.0, 0};
    for (size_t i = 0; i < count; i++) {
        if (denominators[i] > 0.0) {
            pooled.numerator += numerators[i];
            pooled.denominator += denominators[i];
            pooled.count++;
        }
    }
    return pooled;
}

struct sim_estimate sim_estimate_quotient(const double *numerators, const double *denominators,
                                          size_t count, bool is_series, double confidence)
{
    struct pooled pooled = pool(numerators, denominators, count);
    if (pooled.count == 0) {
        return estimate_bare(NAN, 0, confidence);
    }
    double ratio = pooled.numerator / pooled.denominator;
    struct sim_estimate estimate = estimate_bare(ratio, pooled.count, confidence);
    if (pooled.count < 2) {
        return estimate;
    }
    /* Linearised: ratio + (numerator - ratio x denominator) / mean denominator has the ratio as
     * its mean and its spread as the ratio's. */
    g_autofree double *linear = g_new(double, pooled.count);
    double mean_denominator = pooled.denominator / (double)pooled.count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (denominators[i] > 0.0) {
            linear[kept++] = (numerators[i] - ratio * denominators[i]) / mean_denominator;
        }
    }
    estimate_student(&estimate,
                     is_series ? spread_of_series(linear, kept) : spread_of(linear, kept));
    return estimate;
}

/* The p at which the beta law with shapes a, b has `tail` below it, by bisection: GSL's own inverse
 * does not converge for small a beside large b. */
static double beta_inverse(double tail, double a, double b)
{
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (low + high);
        if (gsl_cdf_beta_P(middle, a, b) < tail) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

/* Clopper and Pearson's interval for `successes` of `total` independent trials. */
static void binomial_interval(double successes, double total, double confidence, double *ret_low,
                              double *ret_high)
{
    double tail = 0.5 * (1.0 - confidence);
    double failures = total - successes;
    *ret_low = successes > 0.0 ? beta_inverse(tail, successes, failures + 1.0) : 0.0;
    /* By way of failures, whose small shares bisection resolves as well. */
    *ret_high = failures > 0.0 ? 1.0 - beta_inverse(tail, failures, successes + 1.0) : 1.0;
}

struct sim_estimate sim_estimate_ratio(const double *successes, const double *totals, size_t count,
                                       bool is_series, double confidence)
{
    struct sim_estimate estimate =
        sim_estimate_quotient(successes, totals, count, is_series, confidence);
    if (!estimate.has_interval) {
        return estimate;
    }
    struct pooled pooled = pool(successes, totals, count);
    double rarer = fmin(pooled.numerator, pooled.denominator - pooled.numerator);
    sim_assert(rarer >= 0.0);
    double low = fmax(estimate.low, 0.0);
    double high = fmin(estimate.high, 1.0);
    if (rarer < RARE_MAX) {
        double exact_low, exact_high;
        binomial_interval(pooled.numerator, pooled.denominator, confidence, &exact_low,
                          &exact_high);
        low = fmin(low, exact_low);
        high = fmax(high, exact_high);
    }
    estimate_widen(&estimate, low, high);
    return estimate;
}

/* Verdicts */

double sim_estimate_precision(const struct sim_estimate *estimate)
{
    if (estimate->is_exact) {
        return 0.0;
    }
    if (!estimate->has_interval || isnan(estimate->value) || isinf(estimate->value)) {
        return INFINITY;
    }
    double half = 0.5 * (estimate->high - estimate->low);
    return half > 0.0 ? half / fabs(estimate->value) : 0.0;
}

/* How the stretch [low, high] stands to the bound. */
static enum sim_verdict verdict_of_range(double low, double high, enum sim_comparison comparison,
                                         double bound)
{
    bool all = false, none = false;
    switch (comparison) {
    case SIM_LESS:
        all = high < bound;
        none = low >= bound;
        break;
    case SIM_LESS_EQUAL:
        all = high <= bound;
        none = low > bound;
        break;
    case SIM_GREATER:
        all = low > bound;
        none = high <= bound;
        break;
    case SIM_GREATER_EQUAL:
        all = low >= bound;
        none = high < bound;
        break;
    case SIM_EQUAL:
        all = !(low < bound) && !(high > bound);
        none = low > bound || high < bound;
        break;
    }
    return all ? SIM_PASS : (none ? SIM_FAIL : SIM_INCONCLUSIVE);
}

enum sim_verdict sim_verdict_of(const struct sim_estimate *estimate, enum sim_comparison comparison,
                                double bound, bool *ret_is_bare)
{
    bool is_bare = !estimate->has_interval && !estimate->is_exact;
    if (ret_is_bare) {
        *ret_is_bare = is_bare;
    }
    if (isnan(estimate->value)) {
        return SIM_INCONCLUSIVE;
    }
    double low = estimate->has_interval ? estimate->low : estimate->value;
    double high = estimate->has_interval ? estimate->high : estimate->value;
    return verdict_of_range(low, high, comparison, bound);
}

/* Paired comparison by common random numbers (Law and Kelton ch. 10.2.1) and joint error rates. */
#include "stats/paired.h"

#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/sort.h"

/* Two-sided sign test: the chance of so uneven a split of the differences that are not zero. */
static double sign_test(const double *differences, size_t count)
{
    unsigned below = 0, above = 0;
    for (size_t i = 0; i < count; i++) {
        below += differences[i] < 0.0;
        above += differences[i] > 0.0;
    }
    unsigned fewer = below < above ? below : above;
    if (below + above == 0) {
        return 1.0;
    }
    return fmin(1.0, 2.0 * gsl_cdf_binomial_P(fewer, 0.5, below + above));
}

static double student_test(const struct sim_estimate *difference)
{
    double half = difference->high - difference->value;
    if (half == 0.0) {
        return difference->value == 0.0 ? 1.0 : 0.0;
    }
    double degrees = (double)(difference->count - 1);
    double error = half / sim_student(difference->confidence, degrees);
    return 2.0 * gsl_cdf_tdist_Q(fabs(difference->value) / error, degrees);
}

/* after / before over the kept pairs, where both sides are finite and positive in total. */
static struct sim_estimate relative_of(const double *before, const double *after, size_t count,
                                       double confidence)
{
    for (size_t i = 0; i < count; i++) {
        if (!(before[i] > 0.0) || isinf(before[i]) || isinf(after[i])) {
            return sim_estimate_of(NULL, 0, confidence);
        }
    }
    return sim_estimate_quotient(after, before, count, false, confidence);
}

struct sim_paired sim_paired_of(const double *before, const double *after, size_t count,
                                double confidence)
{
    g_autofree double *differences = g_new(double, count + 1);
    g_autofree double *kept_before = g_new(double, count + 1);
    g_autofree double *kept_after = g_new(double, count + 1);
    struct sim_paired paired = {.p_value = NAN};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (isinf(before[i]) && before[i] == after[i]) {
            paired.both_infinite++;
        } else if (!isnan(before[i]) && !isnan(after[i])) {
            kept_before[kept] = before[i];
            kept_after[kept] = after[i];
            differences[kept++] = after[i] - before[i];
        }
    }
    paired.difference = sim_estimate_of(differences, kept, confidence);
    paired.relative = relative_of(kept_before, kept_after, kept, confidence);
    if (paired.difference.has_interval) {
        paired.p_value = isfinite(paired.difference.value) ? student_test(&paired.difference)
                                                           : sign_test(differences, kept);
    }
    return paired;
}

struct ranked {
    double p_value;
    size_t index;
};

static int compare_ranked(const void *a, const void *b, void *data)
{
    (void)data;
    double x = ((const struct ranked *)a)->p_value, y = ((const struct ranked *)b)->p_value;
    return (x > y) - (x < y);
}

void sim_holm(const double *p_values, size_t count, double *ret_adjusted)
{
    g_autofree struct ranked *ranked = g_new(struct ranked, count + 1);
    size_t family = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(p_values[i])) {
            ret_adjusted[i] = NAN;
        } else {
            ranked[family++] = (struct ranked){p_values[i], i};
        }
    }
    sim_sort(ranked, family, sizeof(ranked[0]), compare_ranked, NULL);
    double adjusted = 0.0; /* never falls from one to the next */
    for (size_t k = 0; k < family; k++) {
        adjusted = fmax(adjusted, fmin(1.0, (double)(family - k) * ranked[k].p_value));
        ret_adjusted[ranked[k].index] = adjusted;
    }
}

double sim_family_confidence(double confidence, size_t count)
{
    return count > 1 ? 1.0 - (1.0 - confidence) / (double)count : confidence;
}

/* Closed forms of caches under independent references. */
#include "stats/theory_caches.h"

#include <glib.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "stats/solve.h"

#define DEPTH_MAX 64 /* halvings of a list of objects */

void sim_theory_zipf(size_t count, double exponent, double *ret_p)
{
    double sum = 0.0;
    for (size_t k = count; k-- > 0;) { /* smallest first */
        ret_p[k] = pow((double)(k + 1), -exponent);
        sum += ret_p[k];
    }
    for (size_t k = 0; k < count; k++) {
        ret_p[k] /= sum;
    }
}

/* sum of p x hit; also hands out the hits. */
static double ratio_of(const double *p, const double *hits, size_t count, double *ret_hits)
{
    double ratio = 0.0;
    for (size_t i = count; i-- > 0;) {
        ratio += p[i] * hits[i];
    }
    if (ret_hits) {
        memcpy(ret_hits, hits, count * sizeof(hits[0]));
    }
    return ratio;
}

/* The cases where there is nothing to compute: all hits are 0 or 1. */
static bool is_trivial(size_t count, size_t capacity, double *ret_hits, double *ret_ratio)
{
    if (capacity > 0 && capacity < count) {
        return false;
    }
    *ret_ratio = capacity == 0 ? 0.0 : 1.0;
    for (size_t i = 0; ret_hits && i < count; i++) {
        ret_hits[i] = *ret_ratio;
    }
    return true;
}

/* Sums of independent indicators.
 *
 * A list holds P(sum = k) for k < size; values from `size` on are cut off. */

static void sum_include(double *law, size_t size, double probability)
{
    for (size_t k = size; k-- > 1;) {
        law[k] = law[k] * (1.0 - probability) + law[k - 1] * probability;
    }
    law[0] *= 1.0 - probability;
}

static double law_total(const double *law, size_t size)
{
    double total = 0.0;
    for (size_t k = 0; k < size; k++) {
        total += law[k];
    }
    return total;
}

/* What is wanted of the sum over all indicators but one, for each of them. */
struct left_out {
    const double *probabilities;
    size_t size;       /* of the laws: k < size */
    double *below;     /* P(sum < size), or NULL */
    double *last;      /* P(sum = size - 1), or NULL */
    double *workspace; /* DEPTH_MAX laws */
};

/* `law` is that of all indicators outside [from, to). Halving the rest takes count log count
 * inclusions in all, and none is ever taken out again, which would lose all digits. */
static void leave_out(const struct left_out *left_out, size_t from, size_t to, const double *law,
                      int depth)
{
    size_t size = left_out->size;
    if (to - from == 1) {
        if (left_out->below) {
            left_out->below[from] = law_total(law, size);
        }
        if (left_out->last) {
            left_out->last[from] = law[size - 1];
        }
        return;
    }
    size_t middle = from + (to - from) / 2;
    double *next = left_out->workspace + (size_t)depth * size;
    for (int side = 0; side < 2; side++) {
        size_t first = side == 0 ? middle : from, end = side == 0 ? to : middle;
        memcpy(next, law, size * sizeof(law[0]));
        for (size_t i = first; i < end; i++) {
            sum_include(next, size, left_out->probabilities[i]);
        }
        leave_out(left_out, side == 0 ? from : middle, side == 0 ? middle : to, next, depth + 1);
    }
}

static void leave_each_out(const double *probabilities, size_t count, size_t size, double *below,
                           double *last)
{
    g_autofree double *workspace = g_new(double, DEPTH_MAX *size);
    g_autofree double *law = g_new0(double, size);
    law[0] = 1.0;
    struct left_out left_out = {probabilities, size, below, last, workspace};
    leave_out(&left_out, 0, count, law, 0);
}

/* LRU */

struct references {
    const double *p;
    size_t count;
    size_t capacity;
};

static double che_excess(double t, const void *data)
{
    const struct references *r = data;
    double sum = -(double)r->capacity;
    for (size_t i = 0; i < r->count; i++) {
        sum += -expm1(-r->p[i] * t);
    }
    return sum;
}

double sim_theory_lru_che_time(const double *p, size_t count, size_t capacity)
{
    if (capacity >= count) {
        return INFINITY;
    }
    struct references r = {p, count, capacity};
    return sim_solve_upward(che_excess, &r, 0.0, 1.0 + (double)capacity);
}

double sim_theory_lru_che(const double *p, size_t count, size_t capacity, double *ret_hits)
{
    double ratio;
    if (is_trivial(count, capacity, ret_hits, &ratio)) {
        return ratio;
    }
    double t = sim_theory_lru_che_time(p, count, capacity);
    g_autofree double *hits = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        hits[i] = -expm1(-p[i] * t);
    }
    return ratio_of(p, hits, count, ret_hits);
}

static void asked_within(const struct references *r, double t, double *probabilities)
{
    for (size_t i = 0; i < r->count; i++) {
        probabilities[i] = -expm1(-r->p[i] * t);
    }
}

/* P(fewer than `size` distinct objects are asked for within t). */
static double distinct_below(const struct references *r, double t, size_t size)
{
    g_autofree double *probabilities = g_new(double, r->count);
    g_autofree double *law = g_new0(double, size);
    asked_within(r, t, probabilities);
    law[0] = 1.0;
    for (size_t i = 0; i < r->count; i++) {
        sum_include(law, size, probabilities[i]);
    }
    return law_total(law, size);
}

/* Adds int p_i exp(-p_i t) P(S_i(t) < capacity) dt over [from, to] to each hit. */
static void lru_integrate(const struct references *r, double from, double to,
                          const gsl_integration_glfixed_table *table, double *hits)
{
    g_autofree double *probabilities = g_new(double, r->count);
    g_autofree double *below = g_new(double, r->count);
    for (size_t node = 0; node < table->n; node++) {
        double t, weight;
        gsl_integration_glfixed_point(from, to, node, &t, &weight, table);
        asked_within(r, t, probabilities);
        leave_each_out(probabilities, r->count, r->capacity, below, NULL);
        for (size_t i = 0; i < r->count; i++) {
            hits[i] += weight * r->p[i] * exp(-r->p[i] * t) * below[i];
        }
    }
}

double sim_theory_lru(const double *p, size_t count, size_t capacity, double *ret_hits)
{
    double ratio;
    if (is_trivial(count, capacity, ret_hits, &ratio)) {
        return ratio;
    }
    /* Before `first` the cache surely has not turned over, after `last` it surely has. */
    struct references r = {p, count, capacity};
    double middle = sim_theory_lru_che_time(p, count, capacity);
    double growth = fmin(2.0, 1.0 + 4.0 / sqrt((double)capacity));
    double first = middle, last = middle;
    while (distinct_below(&r, first, capacity) < 1.0 - 1e-13) {
        first /= growth;
    }
    while (distinct_below(&r, last, capacity + 1) > 1e-13) {
        last *= growth;
    }
    g_autofree double *hits = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        hits[i] = -expm1(-p[i] * first);
    }
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(32);
    for (double from = first; from < last; from *= growth) {
        lru_integrate(&r, from, from * growth, table, hits);
    }
    gsl_integration_glfixed_table_free(table);
    return ratio_of(p, hits, count, ret_hits);
}

/* FIFO and RANDOM */

static double fifo_excess(double t, const void *data)
{
    const struct references *r = data;
    double sum = -(double)r->capacity;
    for (size_t i = 0; i < r->count; i++) {
        sum += r->p[i] * t / (1.0 + r->p[i] * t);
    }
    return sum;
}

static void fifo_approximate(const struct references *r, double *hits)
{
    double t = sim_solve_upward(fifo_excess, r, 0.0, 1.0 + (double)r->capacity);
    for (size_t i = 0; i < r->count; i++) {
        hits[i] = r->p[i] * t / (1.0 + r->p[i] * t);
    }
}

double sim_theory_fifo_che(const double *p, size_t count, size_t capacity, double *ret_hits)
{
    double ratio;
    if (is_trivial(count, capacity, ret_hits, &ratio)) {
        return ratio;
    }
    struct references r = {p, count, capacity};
    g_autofree double *hits = g_new(double, count);
    fifo_approximate(&r, hits);
    return ratio_of(p, hits, count, ret_hits);
}

/* A product law of p over sets of one size is that of independent indicators with odds p_i T, given
 * that their sum is the capacity, whatever T is; the T of the approximation makes that sum likely
 * and keeps all figures in range. The hits sum to the capacity, which gives the divisor. */
double sim_theory_fifo(const double *p, size_t count, size_t capacity, double *ret_hits)
{
    double ratio;
    if (is_trivial(count, capacity, ret_hits, &ratio)) {
        return ratio;
    }
    struct references r = {p, count, capacity};
    g_autofree double *hits = g_new0(double, count);
    g_autofree double *others = g_new0(double, count);
    fifo_approximate(&r, hits);
    leave_each_out(hits, count, capacity, NULL, others);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        hits[i] *= others[i];
        sum += hits[i];
    }
    for (size_t i = 0; i < count; i++) {
        hits[i] *= (double)capacity / sum;
    }
    return ratio_of(p, hits, count, ret_hits);
}

double sim_theory_static_top(const double *p, size_t count, size_t capacity)
{
    double ratio = 0.0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        ratio += p[i];
    }
    return ratio;
}

/* One object, and Bloom filters */

double sim_theory_ttl_hit(double lambda, double ttl)
{
    return lambda * ttl / (1.0 + lambda * ttl);
}

double sim_theory_ttl_renewed_hit(double lambda, double ttl)
{
    return -expm1(-lambda * ttl);
}

double sim_theory_bloom(double bits_per_key, unsigned k)
{
    return pow(-expm1(-(double)k / bits_per_key), k);
}

double sim_theory_bloom_finite(double bits, double keys, unsigned k)
{
    return pow(-expm1(k * keys * log1p(-1.0 / bits)), k);
}

/* p[x] after so many balls: x of the m bins are not empty. One more ball falls into one of these,
 * or makes one more. */
double sim_theory_bloom_exact(unsigned bits, unsigned keys, unsigned k)
{
    double m = bits;
    double mean = 0.0;
    g_autofree double *p = g_new0(double, (size_t)bits + 1);
    p[0] = 1.0;
    for (uint64_t ball = 0; ball < (uint64_t)keys * k; ball++) {
        for (unsigned x = bits; x > 0; x--) {
            p[x] = p[x] * (x / m) + p[x - 1] * (1.0 - (x - 1) / m);
        }
        p[0] = 0.0;
    }
    for (unsigned x = 0; x <= bits; x++) {
        mean += p[x] * pow(x / m, k);
    }
    return mean;
}

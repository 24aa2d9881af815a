/* Traces for the tests of the cache, each as arrays of keys and sizes: the real block trace, read
 * from the reference folder, and Zipf traces, made again by the recipe in its README, which pins
 * them by a hash. The recipe takes the C library's pow; nothing of brink does.
 */
#ifndef BRINK_TESTS_CACHE_TRACE_H
#define BRINK_TESTS_CACHE_TRACE_H

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

struct cache_trace {
    size_t count;
    uint64_t *keys;
    uint64_t *sizes; /* NULL: every object has size 1 */
};

static inline void cache_trace_clear(struct cache_trace *trace)
{
    g_free(trace->keys);
    g_free(trace->sizes);
    *trace = (struct cache_trace){0};
}

struct zipf_recipe {
    const char *name;
    double exponent;
    uint32_t key_count;
    size_t request_count;
    uint64_t seed;
    uint64_t hash; /* FNV-1a over the keys */
};

static inline uint64_t cache_trace_hash(const struct cache_trace *trace)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < trace->count; i++) {
        hash = (hash ^ trace->keys[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

/* C[k], the sum of the first k weights. */
static inline double *zipf_cumulative(const struct zipf_recipe *recipe)
{
    double *cumulative = g_new(double, recipe->key_count + 1);
    cumulative[0] = 0.0;
    for (uint32_t k = 1; k <= recipe->key_count; k++) {
        cumulative[k] = cumulative[k - 1] + pow((double)k, -recipe->exponent);
    }
    return cumulative;
}

/* first[b] is a key that no target in [b, b + 1) / buckets of the total lies below. */
static inline uint32_t *zipf_guide(const double *cumulative, uint32_t key_count, uint32_t buckets)
{
    uint32_t *first = g_new(uint32_t, buckets);
    uint32_t k = 1;
    for (uint32_t b = 0; b < buckets; b++) {
        while (k < key_count &&
               cumulative[k] <= (double)b / (double)buckets * cumulative[key_count]) {
            k++;
        }
        first[b] = k > 1 ? k - 1 : k;
    }
    return first;
}

static inline void cache_trace_zipf(struct cache_trace *trace, const struct zipf_recipe *recipe)
{
    double *cumulative = zipf_cumulative(recipe);
    uint32_t *first = zipf_guide(cumulative, recipe->key_count, recipe->key_count);
    *trace = (struct cache_trace){.count = recipe->request_count,
                                  .keys = g_new(uint64_t, recipe->request_count)};
    uint64_t state = recipe->seed;
    for (size_t i = 0; i < trace->count; i++) {
        double u = (double)(sim_splitmix64(&state) >> 11) * 0x1p-53;
        double target = u * cumulative[recipe->key_count];
        uint32_t k = first[(uint32_t)(u * (double)recipe->key_count)];
        while (cumulative[k] <= target) {
            k++;
        }
        g_assert_true(cumulative[k - 1] <= target);
        trace->keys[i] = k;
    }
    g_free(first);
    g_free(cumulative);
    if (cache_trace_hash(trace) != recipe->hash) {
        g_error("%s: not the trace of the reference", recipe->name);
    }
}

static const struct zipf_recipe zipf_09_long = {
    "zipf0.9_N1e6_R1e7", 0.9, 1000000, 10000000, 1, UINT64_C(0x155672bee36aa797)};
static const struct zipf_recipe zipf_10_long = {
    "zipf1.0_N1e6_R1e7", 1.0, 1000000, 10000000, 2, UINT64_C(0xbdd0d1bdac373834)};
static const struct zipf_recipe zipf_10_short = {
    "zipf1.0_N1e5_R1e6", 1.0, 100000, 1000000, 3, UINT64_C(0xa3d90dfc7234a229)};

#endif

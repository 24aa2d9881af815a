/* What the base layer costs: nanoseconds a call, and the ratio to the C library or to a plain loop
 * measured in the same run.
 */
#include <math.h>
#include <stdlib.h>

#include "base/dist.h"
#include "base/math.h"
#include "base/pool.h"
#include "bench.h"

#define REPETITIONS 9
#define CALLS 2000000
#define INPUTS 1024

typedef double (*function)(double x);

static double inputs[INPUTS];
static volatile double sink; /* keeps results alive */

static double time_function(function call)
{
    double sum = 0.0;
    double start = bench_seconds();
    for (int i = 0; i < CALLS; i++) {
        sum += call(inputs[i & (INPUTS - 1)]);
    }
    double seconds = bench_seconds() - start;
    sink = sum;
    return seconds * 1e9 / CALLS;
}

static void compare_functions(const char *name, function ours, function theirs)
{
    double our_ns[REPETITIONS], their_ns[REPETITIONS];
    for (size_t i = 0; i < REPETITIONS; i++) {
        our_ns[i] = time_function(ours);
        their_ns[i] = time_function(theirs);
    }
    bench_row(name, bench_median(our_ns, REPETITIONS), "ns",
              bench_ratio(our_ns, their_ns, REPETITIONS), "C library");
}

static double sim_pow_1_7(double x)
{
    return sim_pow(x, 1.7);
}

static double libm_pow_1_7(double x)
{
    return pow(x, 1.7);
}

static double time_random(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "bench", "unit");
    double sum = 0.0;
    double start = bench_seconds();
    for (int i = 0; i < CALLS; i++) {
        sum += sim_random_unit(&random);
    }
    sink = sum;
    return (bench_seconds() - start) * 1e9 / CALLS;
}

static double time_dist(const struct sim_dist *dist)
{
    struct sim_random random;
    sim_random_init(&random, 1, "bench", "dist");
    double sum = 0.0;
    double start = bench_seconds();
    for (int i = 0; i < CALLS; i++) {
        sum += sim_dist_draw(dist, &random);
    }
    sink = sum;
    return (bench_seconds() - start) * 1e9 / CALLS;
}

static double time_zipf(const struct sim_zipf *zipf)
{
    struct sim_random random;
    sim_random_init(&random, 1, "bench", "zipf");
    uint64_t sum = 0;
    double start = bench_seconds();
    for (int i = 0; i < CALLS; i++) {
        sum += sim_zipf_draw(zipf, &random);
    }
    sink = (double)sum;
    return (bench_seconds() - start) * 1e9 / CALLS;
}

/* A hundred records live; each round gives one back and takes one. */
static double time_pool(void)
{
    struct sim_pool pool;
    sim_pool_init(&pool, 64);
    uint32_t live[100];
    for (size_t i = 0; i < 100; i++) {
        live[i] = sim_pool_take(&pool);
    }
    double start = bench_seconds();
    for (size_t i = 0; i < CALLS; i++) {
        size_t at = i * 37 % 100;
        sim_pool_give(&pool, live[at]);
        live[at] = sim_pool_take(&pool);
        *(uint64_t *)sim_pool_at(&pool, live[at]) = i;
    }
    double seconds = bench_seconds() - start;
    sim_pool_clear(&pool);
    return seconds * 1e9 / CALLS;
}

static double time_malloc(void)
{
    void *live[100];
    for (size_t i = 0; i < 100; i++) {
        live[i] = malloc(72);
    }
    double start = bench_seconds();
    for (size_t i = 0; i < CALLS; i++) {
        size_t at = i * 37 % 100;
        free(live[at]);
        live[at] = malloc(72);
        *(uint64_t *)live[at] = i;
    }
    double seconds = bench_seconds() - start;
    for (size_t i = 0; i < 100; i++) {
        free(live[i]);
    }
    return seconds * 1e9 / CALLS;
}

static void compare_pool(void)
{
    double ours[REPETITIONS], theirs[REPETITIONS];
    for (size_t i = 0; i < REPETITIONS; i++) {
        ours[i] = time_pool();
        theirs[i] = time_malloc();
    }
    bench_row("pool give and take", bench_median(ours, REPETITIONS), "ns",
              bench_ratio(ours, theirs, REPETITIONS), "malloc");
}

static void row_for_dist(const char *name, const struct sim_dist *dist)
{
    double ours[REPETITIONS], random[REPETITIONS];
    for (size_t i = 0; i < REPETITIONS; i++) {
        ours[i] = time_dist(dist);
        random[i] = time_random();
    }
    bench_row(name, bench_median(ours, REPETITIONS), "ns", bench_ratio(ours, random, REPETITIONS),
              "uniform number");
}

static void row_for_zipf(const char *name, const struct sim_zipf *zipf)
{
    double ours[REPETITIONS], random[REPETITIONS];
    for (size_t i = 0; i < REPETITIONS; i++) {
        ours[i] = time_zipf(zipf);
        random[i] = time_random();
    }
    bench_row(name, bench_median(ours, REPETITIONS), "ns", bench_ratio(ours, random, REPETITIONS),
              "uniform number");
}

static void draw_rows(struct sim_arena *arena)
{
    const char *error = NULL;
    static const double weights[] = {0.9, 0.1}, means[] = {1.0, 20.0};
    row_for_dist("draw exponential", sim_dist_exponential(arena, 2, &error));
    row_for_dist("draw lognormal", sim_dist_lognormal(arena, 0, 1, &error));
    row_for_dist("draw weibull", sim_dist_weibull(arena, 0.7, 1, &error));
    row_for_dist("draw pareto", sim_dist_pareto(arena, 1, 1.5, &error));
    row_for_dist("draw hyperexponential",
                 sim_dist_hyperexponential(arena, weights, means, 2, &error));
    row_for_dist("draw erlang 4", sim_dist_erlang(arena, 4, 2, &error));
    row_for_dist("draw gamma 2.5", sim_dist_gamma(arena, 2.5, 2, &error));
    const struct sim_dist *normal = sim_dist_normal(arena, 10, 4, &error);
    row_for_dist("draw truncated normal", sim_dist_truncated(arena, normal, 0, HUGE_VAL, &error));
    row_for_zipf("draw zipf 0.99 of 1,000", sim_zipf_new(arena, 1000, 0.99, &error));
    row_for_zipf("draw zipf 0.99 of 1,000,000", sim_zipf_new(arena, 1000000, 0.99, &error));
    row_for_zipf("draw zipf 1 of 2^40", sim_zipf_new(arena, UINT64_C(1) << 40, 1.0, &error));
}

int main(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "bench", "inputs");
    for (size_t i = 0; i < INPUTS; i++) {
        inputs[i] = sim_random_unit(&random);
    }
    compare_functions("log", sim_log, log);
    compare_functions("exp", sim_exp, exp);
    compare_functions("pow", sim_pow_1_7, libm_pow_1_7);
    compare_functions("sin", sim_sin, sin);
    struct sim_arena arena;
    sim_arena_init(&arena);
    draw_rows(&arena);
    sim_arena_clear(&arena);
    compare_pool();
    return 0;
}

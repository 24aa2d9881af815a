/* Making laws: what reduces to a constant, what is refused and how that reads, and how deep laws
 * may hold one another. */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "base/dist.h"

static void test_constants(void)
{
    struct sim_arena memory, *arena = &memory;
    const char *message = NULL, **error = &message;
    sim_arena_init(arena);
    static const double same[] = {4, 4, 4}, p[] = {0, 0.5, 1};
    const struct sim_dist *constant = sim_dist_constant(arena, 4);
    const struct sim_dist *all[] = {
        constant,
        sim_dist_shifted(arena, sim_dist_constant(arena, 3), 1),
        sim_dist_scaled(arena, sim_dist_constant(arena, 2), 2, error),
        sim_dist_truncated(arena, constant, 4, 5, error),
        sim_dist_empirical(arena, same, 3, error),
        sim_dist_quantiles(arena, p, same, 3, error),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        double value = 0.0;
        g_assert_true(sim_dist_is_constant(all[i], &value));
        g_assert_cmpfloat(value, ==, 4.0);
    }
    double value = 5.0;
    g_assert_false(sim_dist_is_constant(sim_dist_exponential(arena, 1, error), &value));
    g_assert_cmpfloat(value, ==, 5.0);
    struct sim_random random;
    sim_random_init(&random, 25, "time", "");
    g_assert_cmpint(sim_dist_draw_time(sim_dist_constant(arena, 0.0025), &random), ==,
                    2500 * SIM_MICROSECOND);
    g_assert_cmpint(sim_dist_draw_time(sim_dist_constant(arena, -1), &random), ==, 0);
    g_assert_cmpint(sim_dist_draw_time(sim_dist_constant(arena, 1e300), &random), ==, SIM_NEVER);
    g_assert_cmpint(sim_dist_draw_time(sim_dist_constant(arena, 1.6e-9), &random), ==, 2);
    sim_arena_clear(arena);
}

static void expect_error(const struct sim_dist *dist, const char **error, const char *pattern)
{
    g_assert_null(dist);
    if (*error == NULL || !g_pattern_match_simple(pattern, *error)) {
        g_error("said \"%s\", not \"%s\"", *error, pattern);
    }
    *error = NULL;
}

static void test_errors(void)
{
    struct sim_arena memory, *arena = &memory;
    const char *e = NULL;
    sim_arena_init(arena);
    expect_error(sim_dist_uniform(arena, 2, 2, &e), &e, "*low end below*");
    expect_error(sim_dist_uniform(arena, 0, INFINITY, &e), &e, "*low end below*");
    expect_error(sim_dist_exponential(arena, 0, &e), &e, "*mean above 0*");
    expect_error(sim_dist_exponential(arena, NAN, &e), &e, "*mean above 0*");
    expect_error(sim_dist_erlang(arena, 0, 1, &e), &e, "*stages*");
    expect_error(sim_dist_erlang(arena, 2, -1, &e), &e, "*mean above 0*");
    expect_error(sim_dist_gamma(arena, 0, 1, &e), &e, "*shape above 0*");
    expect_error(sim_dist_gamma(arena, 1e9, 1, &e), &e, "*at most*");
    expect_error(sim_dist_gamma(arena, 1, INFINITY, &e), &e, "*mean above 0*");
    expect_error(sim_dist_normal(arena, 0, 0, &e), &e, "*deviation above 0*");
    expect_error(sim_dist_folded_normal(arena, NAN, 1, &e), &e, "*deviation above 0*");
    expect_error(sim_dist_lognormal(arena, 0, -1, &e), &e, "*sigma above 0*");
    expect_error(sim_dist_lognormal_median(arena, 0, 0.99, 1, &e), &e, "*median above 0*");
    expect_error(sim_dist_lognormal_median(arena, 1, 0.5, 2, &e), &e, "*50th*");
    expect_error(sim_dist_lognormal_median(arena, 1, 0.9, 1, &e), &e, "*above its median*");
    expect_error(sim_dist_weibull(arena, 0, 1, &e), &e, "*shape and a scale*");
    expect_error(sim_dist_pareto(arena, 1, 0, &e), &e, "*alpha above 0*");
    static const double bad[] = {1, -1}, none[] = {0, 0}, means[] = {1, 0};
    const struct sim_dist *one = sim_dist_exponential(arena, 1, &e);
    const struct sim_dist *parts[] = {one, one};
    expect_error(sim_dist_hyperexponential(arena, bad, bad, 2, &e), &e, "*weights*");
    expect_error(sim_dist_hyperexponential(arena, bad, bad, 0, &e), &e, "*weights*");
    expect_error(sim_dist_hyperexponential(arena, (const double[]){1, 1}, means, 2, &e), &e,
                 "*means above 0*");
    expect_error(sim_dist_mixture(arena, none, parts, 2, &e), &e, "*weights*");
    expect_error(sim_dist_scaled(arena, one, 0, &e), &e, "*factor above 0*");
    expect_error(sim_dist_truncated(arena, one, 3, 3, &e), &e, "*low end below*");
    expect_error(sim_dist_truncated(arena, one, -5, -3, &e), &e, "*no probability*");
    expect_error(sim_dist_truncated(arena, one, 1e6, 2e6, &e), &e, "*no probability*");
    expect_error(sim_dist_quantiles(arena, none, none, 0, &e), &e, "*at least one*");
    expect_error(sim_dist_quantiles(arena, none, none, 2, &e), &e, "*must rise*");
    expect_error(sim_dist_quantiles(arena, bad, none, 2, &e), &e, "*between 0 and 1*");
    expect_error(sim_dist_quantiles(arena, (const double[]){0, 1}, bad, 2, &e), &e, "*not fall*");
    expect_error(sim_dist_empirical(arena, none, 0, &e), &e, "*at least one*");
    expect_error(sim_dist_empirical(arena, (const double[]){1, NAN}, 2, &e), &e, "*finite*");
    g_assert_null(sim_dist_constant(arena, NAN));
    g_assert_null(sim_dist_shifted(arena, one, INFINITY));
    sim_arena_clear(arena);
}

/* A scenario may wrap laws in laws without end, and share parts so that their count explodes. */
static void test_nesting_is_bounded(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    const struct sim_dist *dist = sim_dist_exponential(&arena, 1, &error);
    int depth = 0;
    while (dist != NULL && depth < 10000) {
        dist = sim_dist_shifted(&arena, dist, 1);
        depth++;
    }
    g_assert_cmpint(depth, ==, 1000);
    static const double weights[] = {1, 1};
    dist = sim_dist_exponential(&arena, 1, &error);
    for (depth = 0; dist != NULL && depth < 100; depth++) {
        const struct sim_dist *parts[] = {dist, dist};
        dist = sim_dist_mixture(&arena, weights, parts, 2, &error);
    }
    g_assert_cmpint(depth, <, 12);
    g_assert_true(g_pattern_match_simple("*at most 1,000*", error));
    sim_arena_clear(&arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dist/making/constants", test_constants);
    g_test_add_func("/dist/making/errors", test_errors);
    g_test_add_func("/dist/making/nesting-is-bounded", test_nesting_is_bounded);
    return g_test_run();
}

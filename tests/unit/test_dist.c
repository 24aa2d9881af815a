/* Every law against itself (draws, distribution function, quantiles, moments tell one story) and
 * against exact figures. If this failed, theory and simulation would speak of different things.
 */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "base/dist.h"
#include "base/sort.h"

#define LAWS_MAX 64

struct sample_law {
    const char *name;
    const struct sim_dist *dist;
};

struct laws {
    struct sim_arena arena;
    struct sample_law law[LAWS_MAX];
    int count;
    const char *error;
};

static void add(struct laws *laws, const char *name, const struct sim_dist *dist)
{
    if (dist == NULL) {
        g_error("%s: %s", name, laws->error);
    }
    g_assert_cmpint(laws->count, <, LAWS_MAX);
    laws->law[laws->count++] = (struct sample_law){name, dist};
}

static const struct sim_dist *hyper(struct laws *laws)
{
    static const double weights[] = {3.0, 7.0, 0.0}, means[] = {1.0, 10.0, 1e9};
    return sim_dist_hyperexponential(&laws->arena, weights, means, 3, &laws->error);
}

/* LNKD-DISK's write law: a Pareto body and an exponential tail. */
static const struct sim_dist *mixture(struct laws *laws)
{
    struct sim_arena *arena = &laws->arena;
    const struct sim_dist *parts[] = {sim_dist_pareto(arena, 1.05, 4.5, &laws->error),
                                      sim_dist_exponential(arena, 1 / 0.183, &laws->error)};
    static const double weights[] = {0.38, 0.62};
    return sim_dist_mixture(arena, weights, parts, 2, &laws->error);
}

/* Atoms, a law drawn by rejection, and one that lies apart. */
static const struct sim_dist *odd_mixture(struct laws *laws)
{
    struct sim_arena *arena = &laws->arena;
    const struct sim_dist *parts[] = {sim_dist_constant(arena, 2.0),
                                      sim_dist_gamma(arena, 0.6, 3.0, &laws->error),
                                      sim_dist_erlang(arena, 3, 3.0, &laws->error),
                                      sim_dist_uniform(arena, 50, 60, &laws->error)};
    static const double weights[] = {0.2, 0.3, 0.3, 0.2};
    return sim_dist_mixture(arena, weights, parts, 4, &laws->error);
}

static const struct sim_dist *truncated(struct laws *laws, const struct sim_dist *part, double low,
                                        double high)
{
    return sim_dist_truncated(&laws->arena, part, low, high, &laws->error);
}

static void add_plain(struct laws *laws)
{
    struct sim_arena *arena = &laws->arena;
    const char **error = &laws->error;
    add(laws, "constant", sim_dist_constant(arena, 3.5));
    add(laws, "uniform", sim_dist_uniform(arena, -2, 5, error));
    add(laws, "exponential", sim_dist_exponential(arena, 2, error));
    add(laws, "erlang 1", sim_dist_erlang(arena, 1, 2, error));
    add(laws, "erlang 4", sim_dist_erlang(arena, 4, 2, error));
    add(laws, "erlang 16", sim_dist_erlang(arena, 16, 2, error));
    add(laws, "erlang 100", sim_dist_erlang(arena, 100, 2, error));
    add(laws, "gamma 0.3", sim_dist_gamma(arena, 0.3, 2, error));
    add(laws, "gamma 1", sim_dist_gamma(arena, 1, 2, error));
    add(laws, "gamma 7.5", sim_dist_gamma(arena, 7.5, 2, error));
    add(laws, "gamma 400", sim_dist_gamma(arena, 400, 2, error));
    add(laws, "hyperexponential", hyper(laws));
    add(laws, "normal", sim_dist_normal(arena, -1, 2, error));
    add(laws, "folded", sim_dist_folded_normal(arena, 1, 2, error));
    add(laws, "folded negative", sim_dist_folded_normal(arena, -10, 2, error));
    add(laws, "lognormal", sim_dist_lognormal(arena, 0.5, 0.4, error));
    add(laws, "lognormal median", sim_dist_lognormal_median(arena, 0.002, 0.99, 0.02, error));
    add(laws, "weibull 0.7", sim_dist_weibull(arena, 0.7, 2, error));
    add(laws, "weibull 3", sim_dist_weibull(arena, 3, 2, error));
    add(laws, "pareto", sim_dist_pareto(arena, 1, 5.5, error));
    add(laws, "pareto heavy", sim_dist_pareto(arena, 1.05, 1.51, error));
    add(laws, "pareto heavier", sim_dist_pareto(arena, 2, 0.8, error));
}

static void add_made(struct laws *laws)
{
    struct sim_arena *arena = &laws->arena;
    const char **error = &laws->error;
    static const double p[] = {0.1, 0.5, 0.9, 0.99}, x[] = {1, 2, 2, 20};
    static const double values[] = {3, 1, 2, 2, 10, 7, 2};
    const struct sim_dist *quantiles = sim_dist_quantiles(arena, p, x, 4, error);
    const struct sim_dist *empirical = sim_dist_empirical(arena, values, 7, error);
    add(laws, "mixture", mixture(laws));
    add(laws, "odd mixture", odd_mixture(laws));
    add(laws, "quantiles", quantiles);
    add(laws, "empirical", empirical);
    add(laws, "shifted", sim_dist_shifted(arena, hyper(laws), 5));
    add(laws, "scaled", sim_dist_scaled(arena, mixture(laws), 0.001, error));
    add(laws, "truncated exponential",
        truncated(laws, sim_dist_exponential(arena, 2, error), 1, 3));
    add(laws, "truncated normal",
        truncated(laws, sim_dist_normal(arena, 10, 2, error), 0, INFINITY));
    add(laws, "truncated far tail", truncated(laws, sim_dist_normal(arena, 0, 1, error), 8, 50));
    add(laws, "truncated low tail", truncated(laws, sim_dist_normal(arena, 0, 1, error), -50, -8));
    add(laws, "truncated gamma", truncated(laws, sim_dist_gamma(arena, 2.5, 5, error), 1, 6));
    add(laws, "truncated folded",
        truncated(laws, sim_dist_folded_normal(arena, 1, 2, error), 0.5, 3));
    add(laws, "truncated pareto", truncated(laws, sim_dist_pareto(arena, 1, 0.8, error), 0, 100));
    add(laws, "truncated weibull", truncated(laws, sim_dist_weibull(arena, 0.7, 2, error), 1, 5));
    add(laws, "truncated mixture", truncated(laws, mixture(laws), 1, 12));
    add(laws, "truncated odd mixture", truncated(laws, odd_mixture(laws), 2, 55));
    add(laws, "truncated shifted",
        truncated(laws, sim_dist_shifted(arena, mixture(laws), 0.3), 1, 12));
    add(laws, "truncated scaled",
        truncated(laws, sim_dist_scaled(arena, hyper(laws), 0.1, error), 0.1, 0.3));
    add(laws, "truncated twice",
        truncated(laws, truncated(laws, sim_dist_exponential(arena, 2, error), 1, 9), 0, 4));
    add(laws, "truncated quantiles", truncated(laws, quantiles, 1.5, 10));
    add(laws, "truncated empirical", truncated(laws, empirical, 2, 7));
}

static struct laws *laws_new(void)
{
    struct laws *laws = g_new0(struct laws, 1);
    sim_arena_init(&laws->arena);
    add_plain(laws);
    add_made(laws);
    return laws;
}

static void laws_free(struct laws *laws)
{
    sim_arena_clear(&laws->arena);
    g_free(laws);
}

static int compare_values(const void *a, const void *b, void *data)
{
    (void)data;
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest distance between the draws and the distribution function (Kolmogorov-Smirnov), also
 * where several draws fall on one atom. */
static double distance_to_law(const struct sim_dist *dist, const double *sorted, size_t count)
{
    double worst = 0.0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && sorted[end] == sorted[i]) {
            end++;
        }
        double before = sim_dist_cdf(dist, nextafter(sorted[i], -INFINITY));
        double at = sim_dist_cdf(dist, sorted[i]);
        worst = fmax(worst, fabs(before - (double)i / (double)count));
        worst = fmax(worst, fabs(at - (double)end / (double)count));
        i = end;
    }
    return worst;
}

static void test_draws_follow_law(void)
{
    enum { DRAWS = 20000 };
    struct laws *laws = laws_new();
    double *draws = g_new(double, DRAWS);
    for (int i = 0; i < laws->count; i++) {
        const struct sim_dist *dist = laws->law[i].dist;
        struct sim_random random;
        sim_random_init(&random, 21, laws->law[i].name, "draws");
        for (int j = 0; j < DRAWS; j++) {
            draws[j] = sim_dist_draw(dist, &random);
            g_assert_cmpfloat(draws[j], >=, sim_dist_min(dist));
            g_assert_cmpfloat(draws[j], <=, sim_dist_quantile(dist, 1.0));
        }
        sim_sort(draws, DRAWS, sizeof(draws[0]), compare_values, NULL);
        double distance = distance_to_law(dist, draws, DRAWS) * sqrt(DRAWS);
        if (!(distance < 2.1)) { /* 3 in 10,000 */
            g_error("%s: distance %g", laws->law[i].name, distance);
        }
    }
    g_free(draws);
    laws_free(laws);
}

static void test_draws_have_moments(void)
{
    enum { DRAWS = 200000 };
    struct laws *laws = laws_new();
    double *draws = g_new(double, DRAWS);
    for (int i = 0; i < laws->count; i++) {
        const struct sim_dist *dist = laws->law[i].dist;
        double mean = sim_dist_mean(dist);
        double variance = sim_dist_variance(dist);
        if (!isfinite(variance) || g_str_has_prefix(laws->law[i].name, "truncated pareto")) {
            continue; /* the draws would not settle down */
        }
        struct sim_random random;
        sim_random_init(&random, 22, laws->law[i].name, "moments");
        double sum = 0.0, square = 0.0, fourth = 0.0;
        for (int j = 0; j < DRAWS; j++) {
            double off = sim_dist_draw(dist, &random) - mean;
            sum += off;
            square += off * off;
            fourth += off * off * off * off;
        }
        double mean_error = 4.5 * sqrt(variance / DRAWS) + 1e-12 * fabs(mean);
        double spread = fmax(fourth / DRAWS - variance * variance, 0.0);
        double variance_error = 5.0 * sqrt(spread / DRAWS) + 1e-9 * variance;
        if (!(fabs(sum / DRAWS) <= mean_error)) {
            g_error("%s: mean off by %g of %g", laws->law[i].name, sum / DRAWS, mean);
        }
        if (!(fabs(square / DRAWS - variance) <= variance_error)) {
            g_error("%s: variance %g, not %g", laws->law[i].name, square / DRAWS, variance);
        }
    }
    g_free(draws);
    laws_free(laws);
}

/* quantile(p) is the least x with cdf(x) >= p. */
static void test_quantiles_invert(void)
{
    static const double probabilities[] = {1e-9, 1e-4, 0.01, 0.1,   0.25,   0.5,
                                           0.75, 0.9,  0.99, 0.999, 0.9999, 1 - 1e-9};
    struct laws *laws = laws_new();
    for (int i = 0; i < laws->count; i++) {
        const struct sim_dist *dist = laws->law[i].dist;
        double last = sim_dist_quantile(dist, 0.0);
        g_assert_cmpfloat(last, ==, sim_dist_min(dist));
        for (size_t j = 0; j < G_N_ELEMENTS(probabilities); j++) {
            double p = probabilities[j];
            double x = sim_dist_quantile(dist, p);
            double step = 1e-11 * fabs(x) + 1e-300;
            g_assert_cmpfloat(x, >=, last);
            if (!(sim_dist_cdf(dist, x + step) >= p * (1.0 - 1e-9) &&
                  sim_dist_cdf(dist, x - step) <= p * (1.0 + 1e-9))) {
                g_error("%s: quantile(%g) = %.17g has cdf %.17g", laws->law[i].name, p, x,
                        sim_dist_cdf(dist, x));
            }
            last = x;
        }
        g_assert_cmpfloat(sim_dist_quantile(dist, 1.0), >=, last);
        g_assert_cmpfloat(sim_dist_cdf(dist, INFINITY), ==, 1.0);
        g_assert_cmpfloat(sim_dist_cdf(dist, -INFINITY), ==, 0.0);
        g_assert_cmpfloat(sim_dist_cdf(dist, sim_dist_min(dist) - 1e-3), ==, 0.0);
    }
    laws_free(laws);
}

static void assert_moments(const struct sim_dist *dist, double mean, double variance, double within)
{
    double got_mean = sim_dist_mean(dist);
    double got_variance = sim_dist_variance(dist);
    if (!(fabs(got_mean - mean) <= within * fabs(mean) &&
          fabs(got_variance - variance) <= within * variance)) {
        g_error("moments %.17g %.17g, not %.17g %.17g", got_mean, got_variance, mean, variance);
    }
}

/* From quadrature to 60 digits. */
static void test_exact_moments(void)
{
    struct laws laws = {.count = 0};
    struct sim_arena *arena = &laws.arena;
    const char **error = &laws.error;
    sim_arena_init(arena);
    const struct sim_dist *exponential = sim_dist_exponential(arena, 2, error);
    assert_moments(truncated(&laws, exponential, 1, 3), 1.8360465862613472, 0.31730562316883072,
                   1e-12);
    assert_moments(truncated(&laws, exponential, 0, 0.1), 0.04958335069341111,
                   0.00083322917699975722, 1e-12);
    assert_moments(truncated(&laws, sim_dist_normal(arena, 10, 2, error), 0, 11),
                   8.9816830103916472, 1.944666216653678, 1e-12);
    assert_moments(truncated(&laws, sim_dist_normal(arena, 0, 1, error), 8, INFINITY),
                   8.1213681122361127, 0.01432488344334091, 1e-9);
    assert_moments(truncated(&laws, sim_dist_lognormal(arena, 0, 1, error), 0.5, 4),
                   1.4823557264627544, 0.72465844780400745, 1e-12);
    assert_moments(truncated(&laws, sim_dist_weibull(arena, 0.7, 2, error), 1, 5),
                   2.4342085466191131, 1.1984076431775518, 1e-12);
    assert_moments(truncated(&laws, sim_dist_pareto(arena, 1, 1.5, error), 0, 100),
                   2.7027027027027027, 19.722425127830533, 1e-12);
    assert_moments(truncated(&laws, sim_dist_pareto(arena, 1, 1, error), 2, 50), 6.7059913018087516,
                   55.029680660065366, 1e-12);
    assert_moments(truncated(&laws, sim_dist_gamma(arena, 2.5, 5, error), 1, 6), 3.4667583364594776,
                   1.8205687299946178, 1e-12);
    assert_moments(truncated(&laws, sim_dist_folded_normal(arena, 1, 2, error), 0.5, 3),
                   1.5838123274883057, 0.48376410589622145, 1e-12);
    assert_moments(truncated(&laws, hyper(&laws), 2, 20), 8.0101734945421174, 23.529800028289846,
                   1e-12);
    assert_moments(sim_dist_folded_normal(arena, 1, 2, error), 1.7911862296052241,
                   5.0 - 1.7911862296052241 * 1.7911862296052241, 1e-14);
    assert_moments(sim_dist_weibull(arena, 0.7, 2, error), 2.5316470121145666, 13.707342214612613,
                   1e-13);
    assert_moments(hyper(&laws), 7.3, 2 * (0.3 + 70.0) - 7.3 * 7.3, 1e-14);
    assert_moments(sim_dist_pareto(arena, 1, 3, error), 1.5, 0.75, 1e-15);
    g_assert_cmpfloat(sim_dist_mean(sim_dist_pareto(arena, 1, 1, error)), ==, INFINITY);
    g_assert_cmpfloat(sim_dist_variance(sim_dist_pareto(arena, 1, 2, error)), ==, INFINITY);
    g_assert_cmpfloat(sim_dist_mean(sim_dist_pareto(arena, 1, 2, error)), ==, 2.0);
    /* 10 % at 1, then straight lines 1-2, 2-2 and 2-20, 1 % at 20. */
    static const double p[] = {0.1, 0.5, 0.9, 0.99}, x[] = {1, 2, 2, 20};
    double mean = 0.1 * 1 + 0.4 * 1.5 + 0.4 * 2 + 0.09 * 11 + 0.01 * 20;
    double square = 0.1 + 0.4 * 7 / 3 + 0.4 * 4 + 0.09 * 444 / 3 + 0.01 * 400;
    assert_moments(sim_dist_quantiles(arena, p, x, 4, error), mean, square - mean * mean, 1e-14);
    static const double values[] = {3, 1, 2, 2, 10, 7, 2};
    assert_moments(sim_dist_empirical(arena, values, 7, error), 27.0 / 7,
                   171.0 / 7 - 27.0 * 27.0 / 49, 1e-14);
    sim_arena_clear(arena);
}

static void test_lognormal_by_quantiles(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    const struct sim_dist *dist = sim_dist_lognormal_median(&arena, 0.0005, 0.99, 0.004, &error);
    g_assert_cmpfloat(fabs(sim_dist_quantile(dist, 0.5) / 0.0005 - 1.0), <, 1e-14);
    g_assert_cmpfloat(fabs(sim_dist_quantile(dist, 0.99) / 0.004 - 1.0), <, 1e-14);
    sim_arena_clear(&arena);
}

/* One number of the stream a draw, whatever the law, but for the constant, which takes none. */
static void test_one_number(void)
{
    struct laws *laws = laws_new();
    for (int i = 0; i < laws->count; i++) {
        struct sim_random random, twin;
        sim_random_init(&random, 23, laws->law[i].name, "step");
        twin = random;
        double ignored;
        bool is_constant = sim_dist_is_constant(laws->law[i].dist, &ignored);
        for (int j = 0; j < 100; j++) {
            sim_dist_draw(laws->law[i].dist, &random);
            if (!is_constant) {
                sim_random_u64(&twin);
            }
        }
        g_assert_cmphex(sim_random_u64(&random), ==, sim_random_u64(&twin));
    }
    laws_free(laws);
}

/* The same draws on every machine. */
static void test_pinned(void)
{
    struct laws *laws = laws_new();
    uint64_t hash = 0;
    for (int i = 0; i < laws->count; i++) {
        struct sim_random random;
        sim_random_init(&random, 24, laws->law[i].name, "pinned");
        for (int j = 0; j < 200; j++) {
            double x = sim_dist_draw(laws->law[i].dist, &random);
            uint64_t bits;
            memcpy(&bits, &x, sizeof(bits));
            hash = sim_hash_pair(hash, bits);
        }
        double mean = sim_dist_mean(laws->law[i].dist) + sim_dist_quantile(laws->law[i].dist, 0.3);
        uint64_t bits;
        memcpy(&bits, &mean, sizeof(bits));
        hash = sim_hash_pair(hash, bits);
    }
    g_assert_cmphex(hash, ==, UINT64_C(0xfc96c68ff3c5a9b8));
    laws_free(laws);
}

/* Rounding in x + offset and x * factor does not lead out of what was asked for. */
static void test_truncation_is_kept(void)
{
    struct laws laws = {.count = 0};
    struct sim_arena *arena = &laws.arena;
    sim_arena_init(arena);
    const struct sim_dist *part = sim_dist_uniform(arena, 0, 1000, &laws.error);
    for (int i = 1; i < 200; i++) {
        double change = 0.1 * i;
        double low = 0.3 * i + 0.7;
        double high = 0.7 * i + 1.1;
        const struct sim_dist *both[] = {
            truncated(&laws, sim_dist_shifted(arena, part, change), low, high),
            truncated(&laws, sim_dist_scaled(arena, part, change, &laws.error), low, high)};
        for (size_t j = 0; j < 2; j++) {
            g_assert_cmpfloat(sim_dist_min(both[j]), >=, low);
            g_assert_cmpfloat(sim_dist_quantile(both[j], 1.0), <=, high);
            g_assert_cmpfloat(sim_dist_quantile(both[j], 1e-300), >=, low);
            g_assert_cmpfloat(sim_dist_quantile(both[j], 1 - 0x1p-53), <=, high);
        }
    }
    sim_arena_clear(arena);
}

/* Sizes are whole and bounded, whatever a law with a heavy tail, or below 0, draws. */
static void test_sizes(void)
{
    struct sim_arena arena;
    struct sim_random random;
    sim_arena_init(&arena);
    sim_random_init(&random, 1, "sizes", "draws");
    const char *error = NULL;
    const struct sim_dist *wild = sim_dist_pareto(&arena, 1, 1e-3, &error);
    const struct sim_dist *below = sim_dist_normal(&arena, 0, 10, &error);
    int at_most = 0, nothing = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t size = sim_dist_draw_bytes(wild, &random);
        g_assert_cmpint(size, >=, 1);
        g_assert_cmpint(size, <=, SIM_BYTES_MAX);
        at_most += size == SIM_BYTES_MAX;
        size = sim_dist_draw_bytes(below, &random);
        g_assert_cmpint(size, >=, 0);
        nothing += size == 0;
    }
    g_assert_cmpint(at_most, >, 900);
    g_assert_cmpint(nothing, >, 400);
    g_assert_cmpint(sim_bytes_from(NAN), ==, 0);
    g_assert_cmpint(sim_bytes_from(7.9), ==, 7);
    sim_arena_clear(&arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dist/draws-follow-law", test_draws_follow_law);
    g_test_add_func("/dist/draws-have-moments", test_draws_have_moments);
    g_test_add_func("/dist/quantiles-invert", test_quantiles_invert);
    g_test_add_func("/dist/exact-moments", test_exact_moments);
    g_test_add_func("/dist/lognormal-by-quantiles", test_lognormal_by_quantiles);
    g_test_add_func("/dist/one-number", test_one_number);
    g_test_add_func("/dist/pinned", test_pinned);
    g_test_add_func("/dist/truncation-is-kept", test_truncation_is_kept);
    g_test_add_func("/dist/sizes", test_sizes);
    return g_test_run();
}

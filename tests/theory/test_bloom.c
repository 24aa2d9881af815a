/* Bloom filters against their formulas. That of Bloom's paper takes the share of bits that are set
 * for its mean: it says a little less than is right for filters of random places, however good
 * their hashes, and nothing of how much one filter differs from another. If this failed, caches
 * would let pass more or fewer requests for keys that do not exist than such a filter does.
 */
#include <glib.h>
#include <math.h>

#include "base/random.h"
#include "cache/bloom_filter.h"
#include "stats/theory_caches.h"

/* One key in two bits by two hashes sets one bit or both, with the same chance: 1/2 (1/4 + 1),
 * where the classic formula says 9/16 (Bose and others 2008, introduction). */
static void test_by_hand(void)
{
    g_assert_cmpfloat(sim_theory_bloom_exact(2, 1, 2), ==, 0.625);
    g_assert_cmpfloat(fabs(sim_theory_bloom_finite(2, 1, 2) - 0.5625), <, 1e-12);
    g_assert_cmpfloat(sim_theory_bloom_exact(1, 1, 1), ==, 1);
    g_assert_cmpfloat(sim_theory_bloom_exact(100, 0, 3), ==, 0);
    for (unsigned keys = 1; keys < 100; keys++) { /* with one hash the mean is all that counts */
        double classic = sim_theory_bloom_finite(100, keys, 1);
        g_assert_cmpfloat(fabs(sim_theory_bloom_exact(100, keys, 1) - classic), <, 1e-12);
    }
    /* Christensen, Roginsky and Jimeno 2010: the classic one is too low, and right for large m. */
    double before = 1;
    for (unsigned m = 16; m <= 4096; m *= 4) {
        double low =
            1 - sim_theory_bloom_finite(m, m / 8.0, 6) / sim_theory_bloom_exact(m, m / 8, 6);
        g_assert_cmpfloat(low, >, 0);
        g_assert_cmpfloat(low, <, before / 3);
        before = low;
    }
}

/* ---- many filters ---- */

struct share {
    double mean, error; /* of the mean */
};

/* Whether a key that is not there is found in a filter of `m` bits whose places are all random. */
static double found_in_twin(struct sim_random *random, unsigned m, unsigned n, unsigned k,
                            unsigned draws)
{
    bool bits[1024] = {false};
    unsigned found = 0;
    g_assert_cmpuint(m, <=, G_N_ELEMENTS(bits));
    for (unsigned i = 0; i < n * k; i++) {
        bits[sim_random_below(random, m)] = true;
    }
    for (unsigned i = 0; i < draws; i++) {
        bool is_found = true;
        for (unsigned place = 0; place < k; place++) {
            is_found = bits[sim_random_below(random, m)] && is_found;
        }
        found += is_found;
    }
    return (double)found / draws;
}

static double found_in_filter(const struct sim_bloom_filter *filter, uint64_t seed, unsigned draws)
{
    unsigned found = 0;
    for (uint64_t key = 0; key < draws; key++) {
        found += sim_bloom_filter_has(filter, UINT64_C(1) << 60 | seed << 32 | key);
    }
    return (double)found / draws;
}

static struct share share_of(double sum, double squares, unsigned count)
{
    double mean = sum / count;
    return (struct share){mean, sqrt((squares / count - mean * mean) / (count - 1))};
}

enum { DRAWS = 200, FILTERS = 40000 };

static struct share twins(unsigned m, unsigned n, unsigned k)
{
    struct sim_random random;
    sim_random_init(&random, 1, "twin", "bits");
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < FILTERS; i++) {
        double share = found_in_twin(&random, m, n, k, DRAWS);
        sum += share;
        squares += share * share;
    }
    return share_of(sum, squares, FILTERS);
}

static struct share filters(unsigned n, double bits_per_key, unsigned k)
{
    double sum = 0, squares = 0;
    for (uint64_t seed = 0; seed < FILTERS; seed++) {
        struct sim_bloom_filter filter = {0};
        sim_bloom_filter_init(&filter, n, bits_per_key, k);
        for (uint64_t key = 0; key < n; key++) {
            sim_bloom_filter_add(&filter, seed << 32 | key);
        }
        double share = found_in_filter(&filter, seed, DRAWS);
        sim_bloom_filter_clear(&filter);
        sum += share;
        squares += share * share;
    }
    return share_of(sum, squares, FILTERS);
}

/* Random places are found as often as the exact formula says, where the classic one can be told to
 * be too low. Places that are h1 + i h2 are found more often in small filters: a key that has two
 * of another one's places has more of them than chance would have it (Dillinger and Manolios,
 * "Bloom filters in probabilistic verification", FMCAD 2004). */
static void test_exact(void)
{
    static const struct {
        unsigned n, m, k;
        double bits;
        double more; /* that double hashing adds, at most */
    } sizes[] = {{10, 21, 8, 2, 0.04}, {10, 101, 7, 10, 0.5}, {100, 1001, 7, 10, 0.06}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        unsigned n = sizes[i].n, m = sizes[i].m, k = sizes[i].k;
        double exact = sim_theory_bloom_exact(m, n, k), classic = sim_theory_bloom_finite(m, n, k);
        struct share twin = twins(m, n, k), filter = filters(n, sizes[i].bits, k);
        g_test_message("n = %u, m = %u, k = %u: classic %.5f, exact %.5f, random places %.5f +- "
                       "%.5f, h1 + i h2 %.5f +- %.5f",
                       n, m, k, classic, exact, twin.mean, twin.error, filter.mean, filter.error);
        g_assert_cmpfloat(fabs(twin.mean - exact), <, 4 * twin.error);
        if (m < 1000) { /* beyond, the two formulas cannot be told apart by so many draws */
            g_assert_cmpfloat(twin.mean, >, classic + 4 * twin.error);
        }
        g_assert_cmpfloat(filter.mean, >, exact + 4 * filter.error);
        g_assert_cmpfloat(filter.mean, <, exact * (1 + sizes[i].more));
    }
}

/* ---- one filter ---- */

/* One filter's mistakes are as many as its bits say, within four standard deviations of a million
 * draws; and so many bits are set as there should be, within four of theirs, whose variance is
 * m (q - q^2 (1 + c)) where q = exp(-c) is the share of those that are not, and c = k n / m. Of 2
 * bits and 8 hashes, n = 20,000, this one has 2.4 of these deviations more than the mean, and is
 * mistaken 1.2 % more often. */
static void test_one(void)
{
    static const struct {
        double bits;
        uint32_t hashes;
    } sizes[] = {{2, 0}, {5, 0}, {10, 0}, {16, 0}, {8, 5}, {10, 2}, {2, 8}};
    enum { KEYS = 20000, MANY = 1000000 };
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct sim_bloom_filter filter = {0};
        sim_bloom_filter_init(&filter, KEYS, sizes[i].bits, sizes[i].hashes);
        for (uint64_t key = 0; key < KEYS; key++) {
            sim_bloom_filter_add(&filter, key);
        }
        uint64_t set = 0;
        for (uint64_t bit = 0; bit < filter.bit_count; bit++) {
            set += filter.words[bit / 64] >> bit % 64 & 1;
        }
        for (uint64_t key = 0; key < KEYS; key++) {
            g_assert_true(sim_bloom_filter_has(&filter, key));
        }
        double m = (double)filter.bit_count, k = filter.hash_count, q = exp(-k * KEYS / m);
        double fill = (double)set / m, mean = 1 - pow(1 - 1 / m, k * KEYS);
        double spread = sqrt((q - q * q * (1 + k * KEYS / m)) / m);
        double wrong = found_in_filter(&filter, 0, MANY), expected = pow(fill, k);
        g_test_message("%g bits, %g hashes: %.4f set (%.1f standard deviations from %.4f), wrong "
                       "%.5f, by what is set %.5f, classic %.5f",
                       sizes[i].bits, k, fill, (fill - mean) / spread, mean, wrong, expected,
                       sim_theory_bloom_finite(m, KEYS, filter.hash_count));
        g_assert_cmpfloat(fabs(fill - mean), <, 4 * spread);
        g_assert_cmpfloat(fabs(wrong - expected), <, 4 * sqrt(expected * (1 - expected) / MANY));
        sim_bloom_filter_clear(&filter);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bloom/by-hand", test_by_hand);
    g_test_add_func("/bloom/exact", test_exact);
    g_test_add_func("/bloom/one", test_one);
    return g_test_run();
}

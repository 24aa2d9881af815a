/* `brink cache` gives libCacheSim's miss counts to the request and the byte, for every policy that
 * both know. If one of these fails, the command reads another trace than the file holds, or plays
 * it otherwise than the tests of the policies do. Its dialogue is in tests/cli/cache.test.
 */
#include "../cache_command.h"

#include "command/capacities.h"

static void check_cloudphysics(const char *mode, const char *column, int rows)
{
    g_autofree char *path =
        g_build_filename(BRINK_REFERENCE_DIR, "cache", "cloudphysics.csv", NULL);
    int checked =
        cache_command_check("cloudphysics", mode, path, column ? "--bytes" : NULL, column);
    g_assert_true(checked == rows || reference_is_waived());
}

static void test_count(void)
{
    check_cloudphysics("count", NULL, 35);
}

static void test_size(void)
{
    check_cloudphysics("bytes:size", "size", 56);
}

static void test_size_og(void)
{
    check_cloudphysics("bytes:size_og", "size_og", 56);
}

static void test_zipf(void)
{
    int checked = cache_command_check(zipf_10_short.name, "count",
                                      "zipf:n=1e5,exponent=1,requests=1e6", "--seed", "3");
    g_assert_true(checked == 21 || reference_is_waived());
}

/* Capacities are whole, ascending and each there once, whatever the list. */
static void test_capacities(void)
{
    struct sim_capacities capacities;
    uint64_t values[SIM_REPLAY_CAPACITIES_MAX];
    g_assert_null(sim_capacities_parse("1e3..1e6/7, 10%,2000,1000", false, &capacities));
    g_assert_true(capacities.has_shares);
    uint32_t count = sim_capacities_resolve(&capacities, 55555, values);
    static const uint64_t expected[9] = {1000,  2000,   3162,   5555,   10000,
                                         31623, 100000, 316228, 1000000};
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(expected));
    g_assert_true(memcmp(values, expected, sizeof expected) == 0);
    g_assert_null(sim_capacities_parse("1..10/100", false, &capacities));
    g_assert_cmpuint(sim_capacities_resolve(&capacities, 0, values), ==, 10);
    g_assert_null(sim_capacities_parse("0.1%", false, &capacities));
    g_assert_cmpuint(sim_capacities_resolve(&capacities, 3, values), ==, 1);
    g_assert_cmpuint(values[0], ==, 1); /* a cache holds something */
    g_assert_null(sim_capacities_parse("64MiB,50%", true, &capacities));
    g_assert_cmpuint(sim_capacities_resolve(&capacities, 2000, values), ==, 2);
    g_assert_cmpuint(values[1], ==, UINT64_C(64) << 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/command/count", test_count);
    g_test_add_func("/cache/command/size", test_size);
    g_test_add_func("/cache/command/size-og", test_size_og);
    g_test_add_func("/cache/command/zipf", test_zipf);
    g_test_add_func("/cache/command/capacities", test_capacities);
    return g_test_run();
}

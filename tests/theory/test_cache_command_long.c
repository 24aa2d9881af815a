/* `brink cache zipf:...` over ten million requests, with libCacheSim's miss counts to the request:
 * the generated trace is the one that the reference pins.
 */
#include "../cache_command.h"

static void test_zipf_09(void)
{
    int checked = cache_command_check(zipf_09_long.name, "count",
                                      "zipf:n=1e6,exponent=0.9,requests=1e7", "--seed", "1");
    g_assert_true(checked == 21 || reference_is_waived());
}

static void test_zipf_10(void)
{
    int checked = cache_command_check(zipf_10_long.name, "count",
                                      "zipf:n=1e6,exponent=1,requests=1e7", "--seed", "2");
    g_assert_true(checked == 21 || reference_is_waived());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/command/zipf/0.9", test_zipf_09);
    g_test_add_func("/cache/command/zipf/1.0", test_zipf_10);
    return g_test_run();
}

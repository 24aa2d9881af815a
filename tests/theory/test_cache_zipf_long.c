/* Ten million requests over a million Zipf keys, with libCacheSim's miss counts to the request. */
#include "../cache_reference.h"

static void check(const struct zipf_recipe *recipe)
{
    struct cache_trace trace = {0};
    cache_trace_zipf(&trace, recipe);
    int checked = reference_check(recipe->name, "count", &trace);
    g_assert_true(checked >= 21 || reference_is_waived());
    cache_trace_clear(&trace);
}

static void test_zipf_09(void)
{
    check(&zipf_09_long);
}

static void test_zipf_10(void)
{
    check(&zipf_10_long);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/zipf/0.9", test_zipf_09);
    g_test_add_func("/cache/zipf/1.0", test_zipf_10);
    return g_test_run();
}

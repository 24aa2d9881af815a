/* Replays with libCacheSim's miss counts to the request and the byte. If one of these fails, a
 * policy evicts another object than it should, or the books of the store are wrong. */
#include "../cache_reference.h"

static void check_cloudphysics(const char *mode, int size_column, int rows_min)
{
    struct cache_trace trace = {0};
    if (reference_cloudphysics(&trace, size_column)) {
        g_assert_cmpint(reference_check("cloudphysics", mode, &trace), >=, rows_min);
    }
    cache_trace_clear(&trace);
}

static void test_cloudphysics_count(void)
{
    check_cloudphysics("count", -1, 35);
}

static void test_cloudphysics_size(void)
{
    check_cloudphysics("bytes:size", 2, 56);
}

static void test_cloudphysics_size_og(void)
{
    check_cloudphysics("bytes:size_og", 4, 56);
}

static void test_zipf(void)
{
    struct cache_trace trace = {0};
    cache_trace_zipf(&trace, &zipf_10_short);
    int checked = reference_check(zipf_10_short.name, "count", &trace);
    g_assert_true(checked >= 21 || reference_is_waived());
    cache_trace_clear(&trace);
}

/* The example of docs/models/eviction.md is right, though no scenario can name it. */
static void test_twoq(void)
{
    g_auto(GStrv) lines = reference_lines("cache/reference.csv");
    struct cache_trace trace = {0};
    int checked = 0;
    if (!reference_cloudphysics(&trace, -1)) {
        return;
    }
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        struct reference_row row = reference_row_parse(*line);
        if (strcmp(row.trace, "cloudphysics") == 0 && strcmp(row.mode, "count") == 0 &&
            strcmp(row.policy, "twoq") == 0) {
            reference_row_check(&row, &trace);
            checked++;
        }
        reference_row_clear(&row);
    }
    g_assert_cmpint(checked, ==, 5);
    cache_trace_clear(&trace);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/reference/cloudphysics/count", test_cloudphysics_count);
    g_test_add_func("/cache/reference/cloudphysics/size", test_cloudphysics_size);
    g_test_add_func("/cache/reference/cloudphysics/size-og", test_cloudphysics_size_og);
    g_test_add_func("/cache/reference/zipf", test_zipf);
    g_test_add_func("/cache/reference/twoq", test_twoq);
    return g_test_run();
}

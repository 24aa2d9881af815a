/* Numbers of reports: if this failed, a summary would show digits that its interval does not
 * support, or the wrong unit beside them. */
#include <glib.h>
#include <math.h>

#include "report/number.h"
#include "report/table.h"

static struct sim_estimate within(double value, double low, double high)
{
    return (struct sim_estimate){.value = value,
                                 .low = low,
                                 .high = high,
                                 .confidence = 0.95,
                                 .count = 10,
                                 .has_interval = true};
}

static void test_digits_follow_the_interval(void)
{
    static const struct {
        double value, half;
        enum sim_metric_unit unit;
        bool is_rate;
        const char *text;
    } cases[] = {
        {0.0091234, 0.0000312, SIM_METRIC_SECONDS, false, "9.12 ±0.03 ms"},
        {0.0091234, 0.0000112, SIM_METRIC_SECONDS, false, "9.123 ±0.011 ms"},
        {0.0091234, 0.003, SIM_METRIC_SECONDS, false, "9 ±3 ms"},
        {899.8123, 0.72, SIM_METRIC_EVENTS, true, "899.8 ±0.7/s"},
        {123456.0, 789.0, SIM_METRIC_EVENTS, true, "123,500 ±800/s"},
        {0.8954, 0.0021, SIM_METRIC_RATIO, false, "89.5 ±0.2 %"},
        {0.0905361, 0.0000032, SIM_METRIC_SECONDS, false, "90.54 ±0.01 ms"},
        {1234567.0, 0.5, SIM_METRIC_EVENTS, true, "1,234,567 ±1/s"},
        {0.0012345678, 0.0000001, SIM_METRIC_ITEMS, false, "0.001235 ±0.000001"},
        {0.0, 0.0, SIM_METRIC_EVENTS, true, "0/s"},
        {0.01, 0.0, SIM_METRIC_SECONDS, false, "10 ms"},
        {7.25e6, 1e4, SIM_METRIC_BYTES, false, "7.250 ±0.010 MB"},
        {1.5e-7, 2e-9, SIM_METRIC_SECONDS, false, "150 ±2 ns"},
        {90061.0, 120.0, SIM_METRIC_SECONDS, false, "25.02 ±0.03 h"},
        {0.0009991, 0.0031, SIM_METRIC_SECONDS, false, "1 ±3 ms"},
        {0.0009996, 0.0000042, SIM_METRIC_SECONDS, false, "1.000 ±0.004 ms"},
        {0.0009912, 0.0000042, SIM_METRIC_SECONDS, false, "991 ±4 µs"},
        {999.96e3, 0.8e3, SIM_METRIC_BYTES, false, "1.0000 ±0.0008 MB"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char out[SIM_NUMBER_MAX];
        struct sim_estimate estimate =
            within(cases[i].value, cases[i].value - cases[i].half, cases[i].value + cases[i].half);
        sim_number_text(out, &estimate, cases[i].unit, cases[i].is_rate);
        g_assert_cmpstr(out, ==, cases[i].text);
    }
}

static void test_what_is_not_a_number(void)
{
    char out[SIM_NUMBER_MAX];
    struct sim_estimate never = within(INFINITY, 0.3, INFINITY);
    struct sim_estimate unseen = {.value = NAN, .low = NAN, .high = NAN};
    struct sim_estimate bare = {.value = 0.0123456, .low = NAN, .high = NAN, .count = 1};
    struct sim_estimate open = within(0.012, 0.011, INFINITY);
    g_assert_cmpstr(sim_number_text(out, &never, SIM_METRIC_SECONDS, false), ==, "never");
    g_assert_cmpstr(sim_number_interval(out, &never, SIM_METRIC_SECONDS, false), ==,
                    "300 ms .. never");
    g_assert_cmpstr(sim_number_text(out, &unseen, SIM_METRIC_SECONDS, false), ==, "-");
    g_assert_cmpstr(sim_number_interval(out, &unseen, SIM_METRIC_SECONDS, false), ==, "");
    g_assert_cmpstr(sim_number_text(out, &bare, SIM_METRIC_SECONDS, false), ==, "~12.3 ms");
    g_assert_cmpstr(sim_number_text(out, &open, SIM_METRIC_SECONDS, false), ==, "12 ±∞ ms");
    bare.is_exact = true;
    g_assert_cmpstr(sim_number_text(out, &bare, SIM_METRIC_SECONDS, false), ==, "12.3 ms");
}

static void test_shares_at_their_edges(void)
{
    char out[SIM_NUMBER_MAX];
    struct sim_estimate none = within(0.0, 0.0, 0.000272);
    struct sim_estimate all = within(1.0, 0.99973, 1.0);
    g_assert_cmpstr(sim_number_text(out, &none, SIM_METRIC_RATIO, false), ==, "0 % (≤0.03)");
    g_assert_cmpstr(sim_number_text(out, &all, SIM_METRIC_RATIO, false), ==, "100 % (≥99.97)");
    g_assert_cmpstr(sim_number_interval(out, &all, SIM_METRIC_RATIO, false), ==, "≥99.97 %");
    g_assert_cmpstr(sim_number_value(out, &none, SIM_METRIC_RATIO, false), ==, "0 %");
}

static void test_plain(void)
{
    char out[SIM_NUMBER_MAX];
    g_assert_cmpstr(sim_number_plain(out, 0.25, SIM_METRIC_SECONDS, false), ==, "250 ms");
    g_assert_cmpstr(sim_number_plain(out, 0.99997, SIM_METRIC_SECONDS, false), ==, "1 s");
    g_assert_cmpstr(sim_number_plain(out, 0.9994, SIM_METRIC_SECONDS, false), ==, "999 ms");
    g_assert_cmpstr(sim_number_plain(out, 4213.4, SIM_METRIC_EVENTS, true), ==, "4,213/s");
    g_assert_cmpstr(sim_number_plain(out, 0.12345, SIM_METRIC_RATIO, false), ==, "12.3 %");
    g_assert_cmpstr(sim_number_plain(out, 0.0, SIM_METRIC_SECONDS, false), ==, "0 s");
    g_assert_cmpstr(sim_number_plain(out, NAN, SIM_METRIC_ITEMS, false), ==, "-");
}

static void test_tables_align_characters(void)
{
    struct sim_table table;
    sim_table_init(&table, "lrl");
    static const char *const cells[] = {"name", "±", "",      "größe",  "9 µs",
                                        "x",    "b", "10 ms", "\x1b[1m"};
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
        sim_table_add(&table, cells[i]);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    sim_table_print(&table, out, "  ", 0, false);
    g_assert_cmpstr(out->str, ==, "  name       ±\n  größe   9 µs  x\n  b      10 ms   [1m\n");
    g_assert_cmpint(sim_table_width(&table, "  "), ==, 20);
    g_string_truncate(out, 0); /* one column less than it is wide */
    sim_table_print(&table, out, "  ", 19, false);
    g_assert_cmpstr(out->str, ==,
                    "  name       ±\n  größe   9 µs\n  b      10 ms\n"
                    "  name\n  größe  x\n  b       [1m\n");
    sim_table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/number/digits", test_digits_follow_the_interval);
    g_test_add_func("/number/special", test_what_is_not_a_number);
    g_test_add_func("/number/edges", test_shares_at_their_edges);
    g_test_add_func("/number/plain", test_plain);
    g_test_add_func("/table/align", test_tables_align_characters);
    return g_test_run();
}

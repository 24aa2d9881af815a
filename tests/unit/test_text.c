/* Numbers as text and back. If this failed, a printed scenario would not run again as it was, or a
 * summary would mislead (99.954 % is not 100 %).
 */
#include <locale.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "base/random.h"
#include "base/text.h"

struct sample {
    double value;
    const char *text;
};

typedef char *(*writer)(char out[SIM_TEXT_MAX], double value);

static void check(writer write, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[SIM_TEXT_MAX];
        g_assert_cmpstr(write(text, samples[i].value), ==, samples[i].text);
    }
}

static void test_double(void)
{
    static const struct sample samples[] = {
        {0.1, "0.1"},
        {1.0 / 3.0, "0.3333333333333333"},
        {1e21, "1e+21"},
        {100.0, "100"},
        {0.1 + 0.2, "0.30000000000000004"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-2.5, "-2.5"},
        {5e-324, "4.94065645841247e-324"},
    };
    check(sim_text_double, samples, G_N_ELEMENTS(samples));
    struct sim_random random;
    sim_random_init(&random, 1, "text", "double");
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = sim_random_u64(&random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            char text[SIM_TEXT_MAX];
            g_assert_cmpfloat(g_ascii_strtod(sim_text_double(text, value), NULL), ==, value);
            g_assert_cmpuint(strlen(text), <, SIM_TEXT_MAX);
        }
    }
}

static void test_rounded(void)
{
    static const struct {
        double value;
        int digits;
        const char *text;
    } samples[] = {
        {1234567, 3, "1230000"},
        {0.00123456, 3, "0.00123"},
        {999.96, 4, "1000"},
        {1.5e13, 3, "1.5e13"},
        {1.234e-7, 3, "1.23e-7"},
        {-0.05, 2, "-0.05"},
        {0.0, 3, "0"},
        {12.0, 3, "12"},
        {2.0 / 3.0, 40, "0.66666666666666663"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        char text[SIM_TEXT_MAX];
        g_assert_cmpstr(sim_text_rounded(text, samples[i].value, samples[i].digits), ==,
                        samples[i].text);
    }
}

static void test_duration(void)
{
    static const struct sample samples[] = {
        {0.0, "0 s"},           {0.005, "5 ms"},       {0.00125, "1.25 ms"},   {0.00025, "250 us"},
        {90.0, "90 s"},         {180.0, "3 min"},      {150.0, "2.5 min"},     {200.0, "200 s"},
        {700.0, "11.7 min"},    {3600.0, "1 h"},       {5400.0, "1.5 h"},      {86400.0, "24 h"},
        {172800.0, "2 d"},      {31536000.0, "365 d"}, {1e-9, "1 ns"},         {3.2e-10, "0.32 ns"},
        {0.9996, "1 s"},        {0.0009996, "1 ms"},   {-0.005, "-5 ms"},      {INFINITY, "inf"},
        {0.0123456, "12.3 ms"}, {59.94, "59.9 s"},     {3e12, "34,722,222 d"},
    };
    check(sim_text_duration, samples, G_N_ELEMENTS(samples));
}

static void test_quantities(void)
{
    static const struct sample rates[] = {
        {4000.0, "4,000/s"}, {1.157, "1.16/s"},   {0.25, "0.25/s"}, {12345.678, "12,346/s"},
        {0.0, "0/s"},        {999.96, "1,000/s"}, {3e14, "3e14/s"},
    };
    check(sim_text_rate, rates, G_N_ELEMENTS(rates));
    static const struct sample bytes[] = {
        {3.2e12, "3.2 TB"}, {512.0, "512 B"},   {999.9, "1 kB"}, {65536.0, "65.5 kB"},
        {1e6, "1 MB"},      {999999.0, "1 MB"}, {5e15, "5 PB"},  {0.0, "0 B"},
        {2e18, "2 EB"},     {5e21, "5,000 EB"},
    };
    check(sim_text_bytes, bytes, G_N_ELEMENTS(bytes));
    static const struct sample bandwidths[] = {{46e6, "46 MB/s"}, {1.25e8, "125 MB/s"}};
    check(sim_text_bandwidth, bandwidths, G_N_ELEMENTS(bandwidths));
    static const struct sample counts[] = {
        {1234567.0, "1,234,567"},
        {2.18e14, "2.18e14"},
        {12.345, "12.3"},
        {0.0, "0"},
        {-1500.0, "-1,500"},
        {123.0, "123"},
        {1e5, "100,000"},
        {0.00001, "1e-5"},
        {999999999999.0, "999,999,999,999"},
    };
    check(sim_text_count, counts, G_N_ELEMENTS(counts));
}

static void test_percent(void)
{
    static const struct sample samples[] = {
        {0.125, "12.5 %"},
        {0.0, "0 %"},
        {1.0, "100 %"},
        {0.99954, "99.954 %"},
        {0.999, "99.9 %"},
        {0.99999, "99.999 %"},
        {0.5, "50 %"},
        {0.9985, "99.85 %"},
        {1.005, "100.5 %"},
        {2.5, "250 %"},
        {1e-5, "0.001 %"},
        {12.5, "1,250 %"},
        {0.9999999999, "99.99999999 %"},
    };
    check(sim_text_percent, samples, G_N_ELEMENTS(samples));
    char text[SIM_TEXT_MAX];
    g_assert_cmpstr(sim_text_percent(text, 1.0 - 0x1p-53), !=, "100 %");
    g_assert_cmpstr(sim_text_percent(text, 1.0 - 0x1p-40), !=, "100 %");
}

static void test_duration_lua(void)
{
    static const struct {
        sim_time duration;
        const char *text;
    } samples[] = {
        {0, "s(0)"},
        {5 * SIM_MILLISECOND, "ms(5)"},
        {1500, "us(1.5)"},
        {SIM_MINUTE, "s(60)"},
        {1250 * SIM_MILLISECOND, "s(1.25)"},
        {SIM_SECOND + 1, "us(1000000.001)"},
        {1234567, "us(1234.567)"},
        {1, "ns(1)"},
        {100 * SIM_MICROSECOND, "us(100)"},
        {-2 * SIM_SECOND, "s(-2)"},
        {90061 * SIM_SECOND, "s(90061)"},
        {SIM_NEVER, "never"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        char text[SIM_TEXT_MAX];
        g_assert_cmpstr(sim_text_duration_lua(text, samples[i].duration), ==, samples[i].text);
    }
}

/* Reads "unit(number)" as a scenario does: the number in seconds, then as nanoseconds. */
static sim_time read_back(const char *text)
{
    double per = g_str_has_prefix(text, "s(")    ? 1.0
                 : g_str_has_prefix(text, "ms(") ? 1e3
                 : g_str_has_prefix(text, "us(") ? 1e6
                                                 : 1e9;
    return sim_time_from_seconds(g_ascii_strtod(strchr(text, '(') + 1, NULL) / per);
}

static void test_duration_lua_reads_back(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "text", "duration");
    static const sim_time grains[] = {1, 1000, 10000, SIM_MILLISECOND, SIM_SECOND};
    for (int i = 0; i < 50000; i++) {
        sim_time grain = grains[sim_random_below(&random, G_N_ELEMENTS(grains))];
        sim_time most = SIM_DAY >> sim_random_below(&random, 40);
        sim_time duration = (sim_time)sim_random_below(&random, (uint64_t)most + 1) / grain * grain;
        char text[SIM_TEXT_MAX];
        g_assert_cmpint(read_back(sim_text_duration_lua(text, duration)), ==, duration);
    }
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        double value;
        enum sim_unit unit;
    } samples[] = {
        {"5ms", 0.005, SIM_UNIT_SECOND},
        {"5 ms", 0.005, SIM_UNIT_SECOND},
        {" 5\tms ", 0.005, SIM_UNIT_SECOND},
        {"10%", 0.1, SIM_UNIT_RATIO},
        {"12.5 %", 0.125, SIM_UNIT_RATIO},
        {"850/s", 850.0, SIM_UNIT_RATE},
        {"12/min", 0.2, SIM_UNIT_RATE},
        {"86400 /day", 1.0, SIM_UNIT_RATE},
        {"64KiB", 65536.0, SIM_UNIT_BYTE},
        {"1 MB", 1e6, SIM_UNIT_BYTE},
        {"5EB", 5e18, SIM_UNIT_BYTE},
        {"1Gbit/s", 125e6, SIM_UNIT_BANDWIDTH},
        {"125 MB/s", 125e6, SIM_UNIT_BANDWIDTH},
        {"60 kB/min", 1000.0, SIM_UNIT_BANDWIDTH},
        {"3 h", 10800.0, SIM_UNIT_SECOND},
        {"2 days", 172800.0, SIM_UNIT_SECOND},
        {"1 min", 60.0, SIM_UNIT_SECOND},
        {"2 minutes", 120.0, SIM_UNIT_SECOND},
        {"42", 42.0, SIM_UNIT_NONE},
        {"-1.5e3", -1500.0, SIM_UNIT_NONE},
        {".5s", 0.5, SIM_UNIT_SECOND},
        {"1.s", 1.0, SIM_UNIT_SECOND},
        {"1e3us", 0.001, SIM_UNIT_SECOND},
        {"7 \xc2\xb5s", 7e-6, SIM_UNIT_SECOND},
        {"7\xce\xbcs", 7e-6, SIM_UNIT_SECOND},
        {"0.3 ns", 3e-10, SIM_UNIT_SECOND},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        double value = -1.0;
        enum sim_unit unit = SIM_UNIT_NONE;
        if (!sim_text_parse(samples[i].text, &value, &unit)) {
            g_error("\"%s\" was not understood", samples[i].text);
        }
        g_assert_cmpfloat(value, ==, samples[i].value);
        g_assert_cmpint(unit, ==, samples[i].unit);
    }
}

static void test_parse_refuses(void)
{
    static const char *const bad[] = {
        "",     " ",       "ms",     "5 mss",  "5ms x",  "4k/s",  "inf",     "nan",   "infinity",
        "0x10", "1e999",   "5 5",    "5,0 s",  "1,000",  "--5",   "+-5",     "5//s",  "5/",
        "5 %%", "5% x",    "1 Mbit", "1 ms/s", "1 kb",   "1 MS",  "5ms\n",   ".",     "e5",
        "-",    "1e308 h", "5 B/B",  "5\xc2s", "1 /s/s", "1 %/s", "0x1p3 s", "1_000",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        double value = 77.0;
        enum sim_unit unit = SIM_UNIT_RATE;
        if (sim_text_parse(bad[i], &value, &unit)) {
            g_error("\"%s\" was taken for %g", bad[i], value);
        }
        g_assert_cmpfloat(value, ==, 77.0); /* written only on success */
        g_assert_cmpint(unit, ==, SIM_UNIT_RATE);
    }
}

static void test_locale(void)
{
    /* Where the locale is installed its decimal point is a comma; nothing here may notice. */
    const char *set = setlocale(LC_ALL, "de_DE.UTF-8");
    char text[SIM_TEXT_MAX];
    double value;
    enum sim_unit unit;
    g_assert_cmpstr(sim_text_double(text, 0.5), ==, "0.5");
    g_assert_cmpstr(sim_text_duration(text, 0.00125), ==, "1.25 ms");
    g_assert_true(sim_text_parse("1.5", &value, &unit));
    g_assert_false(sim_text_parse("1,5", &value, &unit));
    if (set != NULL) {
        setlocale(LC_ALL, "C");
    }
}

/* Optimal string alignment by its recurrence, without bounds. */
static int naive_distance(const char *a, size_t i, const char *b, size_t j)
{
    if (i == 0 || j == 0) {
        return (int)(i + j);
    }
    int best = naive_distance(a, i - 1, b, j) + 1;
    int other = naive_distance(a, i, b, j - 1) + 1;
    best = MIN(best, other);
    other = naive_distance(a, i - 1, b, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
    best = MIN(best, other);
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        other = naive_distance(a, i - 2, b, j - 2) + 1;
        best = MIN(best, other);
    }
    return best;
}

static void test_distance(void)
{
    g_assert_cmpint(sim_text_distance("latency", "latnecy", 3), ==, 1);
    g_assert_cmpint(sim_text_distance("ca", "abc", 5), ==, 3); /* not 2: no place is edited twice */
    g_assert_cmpint(sim_text_distance("", "abc", 5), ==, 3);
    g_assert_cmpint(sim_text_distance("abc", "xyzuvw", 2), ==, 3); /* limit + 1 */
    struct sim_random random;
    sim_random_init(&random, 1, "text", "distance");
    for (int i = 0; i < 3000; i++) {
        char words[2][8];
        for (int w = 0; w < 2; w++) {
            size_t length = (size_t)sim_random_below(&random, 7);
            for (size_t at = 0; at < length; at++) {
                words[w][at] = (char)('a' + (int)sim_random_below(&random, 3));
            }
            words[w][length] = '\0';
        }
        int exact = naive_distance(words[0], strlen(words[0]), words[1], strlen(words[1]));
        int limit = (int)sim_random_below(&random, 6);
        g_assert_cmpint(sim_text_distance(words[0], words[1], limit), ==, MIN(exact, limit + 1));
    }
}

static void test_nearest(void)
{
    static const char *const words[] = {"latency",      "loss",  "bandwidth", "read_quorum",
                                        "write_quorum", "count", "protocol",  "ttl",
                                        "miss_to",      NULL};
    static const char *const pairs[][2] = {
        {"latncy", "latency"},
        {"lat", "latency"},
        {"lost", "loss"},
        {"bandwith", "bandwidth"},
        {"read_qorum", "read_quorum"},
        {"wirte_quorum", "write_quorum"},
        {"counts", "count"},
        {"protcol", "protocol"},
        {"tll", "ttl"},
        {"TTL", "ttl"},
        {"TT[", NULL},
        {"to", "miss_to"},
        {"quorum", "read_quorum"},
        {"s_to", NULL},
        {"zebra", NULL},
        {"x", NULL},
        {"", NULL},
        {"weight", NULL},
        {"count", "count"},
        {"qqqqqqqqqqqq", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_assert_cmpstr(sim_text_nearest(pairs[i][0], words), ==, pairs[i][1]);
    }
    char *long_word = g_strnfill(5000, 'a');
    g_assert_null(sim_text_nearest(long_word, words));
    g_free(long_word);
}

/* What comes from elsewhere must not write over a terminal or break a file of results. */
static void test_tame(void)
{
    static const struct {
        const char *wild, *tame;
    } texts[] = {
        {"plain ~", "plain ~"},
        {"h\xc3\xa9llo \xe6\x97\xa5 \xf0\x9f\x98\x80",
         "h\xc3\xa9llo \xe6\x97\xa5 \xf0\x9f\x98\x80"},
        {"a\x1b[31m\x7f\r", "a [31m  "},
        {"\xc2\x9b"
         "2J\xc2\xa0",
         "  2J\xc2\xa0"}, /* the other set of control characters; a blank */
        {"\xff\xfe", "  "},
        {"\xc0\xaf", "  "},           /* '/' written too long */
        {"\xed\xa0\x80", "   "},      /* half a pair of UTF-16 */
        {"\xf4\x90\x80\x80", "    "}, /* beyond the last character */
        {"cut \xe6\x97", "cut   "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_strdup(texts[i].wild);
        bool is_tame = strcmp(texts[i].wild, texts[i].tame) == 0;
        g_assert_true(sim_text_is_tame(text, false) == is_tame);
        sim_text_tame(text, false);
        g_assert_cmpstr(text, ==, texts[i].tame);
        g_assert_true(sim_text_is_tame(text, false));
    }
    char lines[] = "a\n\tb";
    g_assert_true(sim_text_is_tame(lines, true));
    g_assert_false(sim_text_is_tame(lines, false));
    sim_text_tame(lines, true);
    g_assert_cmpstr(lines, ==, "a\n\tb");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/double", test_double);
    g_test_add_func("/text/rounded", test_rounded);
    g_test_add_func("/text/duration", test_duration);
    g_test_add_func("/text/quantities", test_quantities);
    g_test_add_func("/text/percent", test_percent);
    g_test_add_func("/text/duration-lua", test_duration_lua);
    g_test_add_func("/text/duration-lua-reads-back", test_duration_lua_reads_back);
    g_test_add_func("/text/parse", test_parse);
    g_test_add_func("/text/parse-refuses", test_parse_refuses);
    g_test_add_func("/text/locale", test_locale);
    g_test_add_func("/text/distance", test_distance);
    g_test_add_func("/text/nearest", test_nearest);
    g_test_add_func("/text/tame", test_tame);
    return g_test_run();
}

/* Load laws: exact times, surges that take effect at once, moments, keys and their shares. If these
 * failed, sources would offer another load than the scenario says.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "fixture.h"
#include "world/load.h"

struct load {
    struct sim_arena arena;
    struct sim_shape shape;
    struct sim_random random;
    struct sim_arrivals arrivals;
};

static void load_init(struct load *load, const char *text)
{
    sim_arena_init(&load->arena);
    load->shape = parameters_shape(&load->arena, &sim_arrivals_family, text);
    sim_random_init(&load->random, 7, "load", text);
    sim_arrivals_init(&load->arrivals, &load->shape, &load->random);
}

static sim_time load_next(struct load *load, sim_time now, double factor)
{
    return sim_arrivals_next(&load->arrivals, now, factor, &load->random);
}

static void load_clear(struct load *load)
{
    sim_arena_clear(&load->arena);
}

/* Arrivals in [0, end). */
static uint64_t count_until(struct load *load, sim_time end)
{
    uint64_t count = 0;
    for (sim_time t = load_next(load, 0, 1); t < end; t = load_next(load, t, 1)) {
        count++;
    }
    return count;
}

/* ---- exact times ---- */

static void test_regular(void)
{
    struct load load;
    load_init(&load, "regular(rate(3))");
    sim_time t = 0;
    for (int64_t k = 0; k < 300000; k++) { /* thirds of a second: the rounding never adds up */
        t = load_next(&load, t, 1);
        g_assert_cmpint(t, ==, (2 * k * SIM_SECOND / 3 + 1) / 2);
    }
    load_clear(&load);
    load_init(&load, "regular { rate = rate(100), phase = ms(4) }");
    g_assert_cmpint(load_next(&load, s(1), 1), ==, s(1) + ms(4));
    g_assert_cmpint(load_next(&load, s(1) + ms(4), 1), ==, s(1) + ms(14));
    load_clear(&load);
}

static void test_fast_regular(void)
{
    struct load load;
    load_init(&load, "regular(rate(3e6))"); /* gaps of 333 1/3 ns */
    g_assert_cmpuint(count_until(&load, s(1)), ==, 3000000);
    load_clear(&load);
}

static void test_surge_of_regular(void)
{
    struct load load;
    load_init(&load, "regular { rate = rate(10), phase = ms(100) }");
    g_assert_cmpint(load_next(&load, 0, 1), ==, ms(100));
    g_assert_cmpint(load_next(&load, ms(100), 1), ==, ms(200));
    /* 40 ms of the gap are used up, the other 60 pass four times as fast. */
    g_assert_cmpint(sim_arrivals_change(&load.arrivals, ms(140), 4), ==, ms(155));
    g_assert_cmpint(load_next(&load, ms(155), 4), ==, ms(180));
    g_assert_cmpint(sim_arrivals_change(&load.arrivals, ms(160), 0), ==, SIM_NEVER);
    g_assert_cmpint(sim_arrivals_change(&load.arrivals, ms(500), 1), ==, ms(580));
    load_clear(&load);
}

static void test_no_load(void)
{
    static const char *const texts[] = {
        "poisson(rate(0))",
        "regular(rate(0))",
        "ramp { from = rate(0), to = rate(0), over = s(1) }",
        "spike { base = rate(0), peak = rate(0), at = s(1), lasts = s(1) }",
        "daily { mean = rate(0) }",
        "bursty { rate = rate(0), on = s(1), off = s(1) }",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct load load;
        load_init(&load, texts[i]);
        g_assert_cmpint(load_next(&load, 0, 1), ==, SIM_NEVER);
        g_assert_cmpint(sim_arrivals_change(&load.arrivals, s(5), 3), ==, SIM_NEVER);
        load_clear(&load);
    }
    struct load ends;
    load_init(&ends, "ramp { from = rate(10), to = rate(0), over = s(1) }");
    g_assert_cmpuint(count_until(&ends, SIM_NEVER), <, 20); /* 5 on average, then none */
    load_clear(&ends);
}

/* ---- times of inhomogeneous laws, from the gap that the stream gives ---- */

/* The first unit-exponential gap of the law's stream. */
static double first_gap(const char *text)
{
    struct sim_random random;
    sim_random_init(&random, 7, "load", text);
    return -sim_log(sim_random_unit(&random));
}

static void test_first_of_each(void)
{
    struct load load;
    const char *text = "ramp { from = rate(0), to = rate(100), over = s(10) }"; /* area 5 t^2 */
    load_init(&load, text);
    g_assert_cmpint(llabs(load_next(&load, 0, 1) - s(sqrt(first_gap(text) / 5))), <=, 1);
    load_clear(&load);

    text = "spike { base = rate(1), peak = rate(1e6), at = us(1), lasts = s(1) }";
    load_init(&load, text); /* 1e-6 of the gap before the spike */
    double expected = 1e-6 + (first_gap(text) - 1e-6) / 1e6;
    g_assert_cmpint(llabs(load_next(&load, 0, 1) - s(expected)), <=, 1);
    load_clear(&load);

    text = "poisson(rate(2))";
    load_init(&load, text);
    g_assert_cmpint(load_next(&load, 0, 1), ==, s(first_gap(text) / 2));
    load_clear(&load);
}

/* The integral of the rate up to each arrival is a Poisson process of rate 1, whatever the law: its
 * gaps have mean 1, variance 1, and no memory. */
static void check_rescaled(const char *text, double (*integral)(double seconds), double end)
{
    struct load load;
    load_init(&load, text);
    double before = 0, sum = 0, squares = 0, products = 0, last = 0;
    uint64_t n = 0;
    for (sim_time t = load_next(&load, 0, 1); sim_time_seconds(t) < end;
         t = load_next(&load, t, 1)) {
        double now = integral(sim_time_seconds(t));
        double gap = now - before;
        sum += gap;
        squares += gap * gap;
        products += gap * last;
        last = gap;
        before = now;
        n++;
    }
    double m = (double)n;
    double total = integral(end);
    g_assert_cmpfloat(fabs(m - total), <, 4 * sqrt(total));
    g_assert_cmpfloat(fabs(sum / m - 1), <, 4 / sqrt(m));
    g_assert_cmpfloat(fabs(squares / m - 2), <, 4 * sqrt(20 / m));
    g_assert_cmpfloat(fabs(products / m - 1), <, 4 * sqrt(3 / m));
    load_clear(&load);
}

static double ramp_integral(double t)
{
    return t < 100 ? 500 * t + (1500 - 500) * t * t / 200 : 100000 + 1500 * (t - 100);
}

static double spike_integral(double t)
{
    double inside = t < 20 ? 0 : t < 50 ? t - 20 : 30;
    return 300 * (t - inside) + 4000 * inside;
}

static double daily_integral(double t)
{
    double w = 2 * G_PI / 10;
    return 1000 * (t + 0.9 / w * (sin(w * (t - 3)) - sin(-3 * w)));
}

static double trough_integral(double t) /* the rate falls to zero once a period */
{
    double w = 2 * G_PI / 10;
    return 1000 * (t + 1 / w * sin(w * t));
}

static void test_rescaled(void)
{
    check_rescaled("ramp { from = rate(500), to = rate(1500), over = s(100) }", ramp_integral, 150);
    check_rescaled("spike { base = rate(300), peak = rate(4000), at = s(20), lasts = s(30) }",
                   spike_integral, 80);
    check_rescaled("daily { mean = rate(1000), peak = 1.9, period = s(10), phase = s(3) }",
                   daily_integral, 100);
    check_rescaled("daily { mean = rate(1000), peak = 2, period = s(10) }", trough_integral, 100);
}

/* A surge in the middle of it all: the rescaled process goes on as if nothing had happened. */
static void test_surge_is_exact(void)
{
    struct load load;
    load_init(&load, "daily { mean = rate(50), peak = 1.5, period = s(10) }");
    double w = 2 * G_PI / 10, before = 0, sum = 0;
    double factor = 1, turned = 0, turned_at = 0; /* the integral when the factor last changed */
    int n = 0;
    sim_time change = s(0.333), now = 0;
    sim_time next = load_next(&load, 0, factor);
    while (n < 40000) {
        bool is_change = change < next;
        now = is_change ? change : next;
        double t = sim_time_seconds(now);
        double integral = 50 * (t + 0.5 / w * sin(w * t));
        double operational = turned + factor * (integral - turned_at);
        if (is_change) {
            turned = operational;
            turned_at = integral;
            factor = factor == 1 ? 5 : 1;
            change += s(0.777);
            next = sim_arrivals_change(&load.arrivals, now, factor);
        } else {
            sum += operational - before;
            before = operational;
            n++;
            next = load_next(&load, now, factor);
        }
    }
    g_assert_cmpint(n, ==, 40000);
    g_assert_cmpfloat(fabs(sum / n - 1), <, 4 / sqrt(n));
    load_clear(&load);
}

static void test_bursty(void)
{
    struct load load;
    load_init(&load, "bursty { rate = rate(1000), on = s(1), off = s(3) }");
    /* Constant phases: a burst is a whole second of Poisson arrivals, the silence three. */
    bool starts_on = load.arrivals.phase.is_on;
    sim_time on_from = starts_on ? 0 : s(3);
    uint64_t count = 0;
    for (sim_time t = load_next(&load, 0, 1); t < s(4000); t = load_next(&load, t, 1)) {
        g_assert_cmpint((t - on_from + 4 * SIM_SECOND) % (4 * SIM_SECOND), <=, SIM_SECOND);
        count++;
    }
    g_assert_cmpfloat(fabs((double)count - 1e6), <, 4 * 1e3);
    g_assert_cmpfloat(sim_arrivals_rate(&load.shape, 0, s(1)), ==, 250);
    load_clear(&load);
}

/* Surges leave the phases where they are. */
static void test_surge_of_bursty(void)
{
    struct load calm, stormy;
    const char *text =
        "bursty { rate = rate(1000), on = exponential(s(1)), off = exponential(s(1)) }";
    load_init(&calm, text);
    load_init(&stormy, text);
    sim_time next = load_next(&stormy, 0, 1);
    for (int i = 1; i < 50; i++) {
        while (next < s(i)) {
            next = load_next(&stormy, next, i % 2 == 0 ? 1 : 3);
        }
        next = sim_arrivals_change(&stormy.arrivals, s(i), i % 3 == 0 ? 0 : 2);
    }
    sim_time quiet = load_next(&calm, 0, 1);
    while (quiet < s(49)) {
        quiet = load_next(&calm, quiet, 1);
    }
    sim_arrivals_change(&calm.arrivals, s(49), 1);
    sim_arrivals_change(&stormy.arrivals, s(49), 1);
    g_assert_cmpint(calm.arrivals.phase.ends, ==, stormy.arrivals.phase.ends);
    g_assert_true(calm.arrivals.phase.is_on == stormy.arrivals.phase.is_on);
    load_clear(&calm);
    load_clear(&stormy);
}

static void test_renewal(void)
{
    struct load load;
    load_init(&load, "renewal(erlang(4, ms(10)))");
    double n = (double)count_until(&load, s(2000)); /* 200,000 of them; variance of the count n/4 */
    g_assert_cmpfloat(fabs(n - 200000), <, 4 * sqrt(200000 / 4.0));
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, 0, s(1)) - 100), <, 1e-9);
    load_clear(&load);
}

static void test_mean_rates(void)
{
    struct load load;
    load_init(&load, "ramp { from = rate(500), to = rate(1500), over = s(100) }");
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, 0, s(100)) - 1000), <, 1e-9);
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, s(50), s(150)) - 1375), <, 1e-9);
    load_clear(&load);
    load_init(&load, "spike { base = rate(100), peak = rate(900), at = s(10), lasts = s(5) }");
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, 0, s(20)) - 300), <, 1e-9);
    load_clear(&load);
    load_init(&load, "daily { mean = rate(100), peak = 1.8 }");
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, 0, SIM_DAY) - 100), <, 1e-9);
    g_assert_cmpfloat(fabs(sim_arrivals_rate(&load.shape, 0, SIM_SECOND) - 180), <, 1e-4);
    load_clear(&load);
}

/* ---- keys ---- */

struct keys {
    struct sim_arena arena;
    struct sim_shape shape;
    struct sim_random random;
    struct sim_keys keys;
};

static void keys_init(struct keys *keys, const char *text)
{
    sim_arena_init(&keys->arena);
    keys->shape = parameters_shape(&keys->arena, &sim_keys_family, text);
    sim_random_init(&keys->random, 3, "keys", text);
    sim_keys_init(&keys->keys, &keys->shape, &keys->arena);
}

static uint64_t keys_next(struct keys *keys, uint16_t operation)
{
    return sim_keys_next(&keys->keys, operation, &keys->random);
}

/* How many of `n` draws are below `bound`. */
static double below(struct keys *keys, uint64_t bound, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        count += keys_next(keys, SIM_OP_READ) < bound;
    }
    return count;
}

static void check_share(const char *text, uint64_t bound, double share)
{
    struct keys keys;
    const int n = 200000;
    keys_init(&keys, text);
    g_assert_cmpfloat(fabs(below(&keys, bound, n) - n * share), <=,
                      4 * sqrt(n * share * (1 - share)));
    g_assert_cmpfloat(below(&keys, sim_keys_count(&keys.shape), n), ==, n);
    sim_arena_clear(&keys.arena);
}

static void test_shares(void)
{
    check_share("uniform_keys(100)", 25, 0.25);
    check_share("zipf { n = 3, exponent = 1 }", 1, 6.0 / 11);
    check_share("zipf { n = 3, exponent = 1 }", 2, 9.0 / 11);
    check_share("hot_set(100)", 20, 0.8);
    check_share("hot_set { n = 7, hot = percent(20), share = percent(50) }", 2, 0.5); /* 1.4 -> 2 */
    check_share("hot_set { n = 10, hot = percent(0), share = percent(90) }", 1, 0.9);
    check_share("hot_set { n = 10, hot = percent(100), share = percent(90) }", 1, 0.1);
    check_share("one_key(7)", 7, 0);
}

static void test_sequences(void)
{
    struct keys keys;
    keys_init(&keys, "sequential(3)");
    for (uint64_t i = 0; i < 10; i++) {
        g_assert_cmpuint(keys_next(&keys, SIM_OP_READ), ==, i % 3);
    }
    sim_arena_clear(&keys.arena);

    keys_init(&keys, "latest { n = 1, exponent = 1 }"); /* only the youngest key is ever read */
    g_assert_cmpuint(keys_next(&keys, SIM_OP_READ), ==, 0);
    g_assert_cmpuint(keys_next(&keys, SIM_OP_WRITE), ==, 1);
    g_assert_cmpuint(keys_next(&keys, SIM_OP_WRITE), ==, 2);
    g_assert_cmpuint(keys_next(&keys, SIM_OP_READ), ==, 2);
    sim_arena_clear(&keys.arena);

    keys_init(&keys, "latest(100)");
    uint64_t newest = 99;
    for (int i = 0; i < 10000; i++) {
        if (i % 3 == 0) {
            g_assert_cmpuint(keys_next(&keys, SIM_OP_WRITE), ==, ++newest);
        } else {
            uint64_t key = keys_next(&keys, SIM_OP_READ);
            g_assert_cmpuint(key, <=, newest);
            g_assert_cmpuint(key, >, newest - 100);
        }
    }
    sim_arena_clear(&keys.arena);
}

static void test_mix(void)
{
    struct sim_mix mix = {2, {SIM_OP_READ, SIM_OP_WRITE}, {0.9, 1}};
    struct sim_random random;
    sim_random_init(&random, 1, "mix", "");
    int reads = 0;
    for (int i = 0; i < 100000; i++) {
        uint16_t operation = sim_mix_draw(&mix, &random);
        g_assert_true(operation == SIM_OP_READ || operation == SIM_OP_WRITE);
        reads += operation == SIM_OP_READ;
    }
    g_assert_cmpfloat(fabs(reads - 90000.0), <, 4 * sqrt(9000));
    struct sim_random untouched = random;
    struct sim_mix only = {1, {SIM_OP_SCAN}, {1}};
    g_assert_cmpuint(sim_mix_draw(&only, &random), ==, SIM_OP_SCAN);
    g_assert_true(memcmp(&random, &untouched, sizeof random) == 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arrivals/regular", test_regular);
    g_test_add_func("/arrivals/regular-fast", test_fast_regular);
    g_test_add_func("/arrivals/regular-surge", test_surge_of_regular);
    g_test_add_func("/arrivals/none", test_no_load);
    g_test_add_func("/arrivals/first-of-each", test_first_of_each);
    g_test_add_func("/arrivals/rescaled", test_rescaled);
    g_test_add_func("/arrivals/surge-is-exact", test_surge_is_exact);
    g_test_add_func("/arrivals/bursty", test_bursty);
    g_test_add_func("/arrivals/bursty-surge", test_surge_of_bursty);
    g_test_add_func("/arrivals/renewal", test_renewal);
    g_test_add_func("/arrivals/mean-rates", test_mean_rates);
    g_test_add_func("/keys/shares", test_shares);
    g_test_add_func("/keys/sequences", test_sequences);
    g_test_add_func("/mix", test_mix);
    return g_test_run();
}

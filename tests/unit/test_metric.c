/* Counters, levels and samples beside naive twins that keep every recording: if this failed, the
 * figures of a window would not be those of its time, and the audit would compare wrong sums. */
#include <glib.h>
#include <math.h>

#include "base/arena.h"
#include "base/random.h"
#include "metrics/metric.h"

#define RECORDS 4000

struct fixture {
    struct sim_arena arena;
    struct sim_axis axis;
    struct sim_random random;
    sim_time end;
};

/* Windows: measured, two that overlap, one of a single nanosecond, an empty one, batches. */
static void fixture_init(struct fixture *fixture, uint64_t seed)
{
    sim_arena_init(&fixture->arena);
    sim_random_init(&fixture->random, seed, "metric", "twin");
    fixture->end = 10007;
    struct sim_window windows[] = {{1000, 10007}, {0, 5000},    {3333, 7777}, {4321, 4322},
                                   {4000, 4000},  {1000, 5503}, {5503, 10007}};
    sim_axis_init(&fixture->axis, &fixture->arena, fixture->end, 250, windows,
                  G_N_ELEMENTS(windows));
}

static void fixture_clear(struct fixture *fixture)
{
    sim_arena_clear(&fixture->arena);
}

static struct sim_window cell_window(const struct fixture *fixture, uint32_t cell)
{
    sim_time from = fixture->axis.cell_length * cell;
    sim_time to = from + fixture->axis.cell_length;
    return (struct sim_window){from, to < fixture->end ? to : fixture->end};
}

static void test_counter(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct fixture f;
        fixture_init(&f, seed);
        struct sim_metric metric;
        sim_metric_init(&metric, "c", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, &f.axis, &f.arena);
        sim_time times[RECORDS];
        uint64_t numbers[RECORDS], total = 0;
        for (int i = 0; i < RECORDS; i++) { /* any order, and past the end */
            times[i] = (sim_time)sim_random_below(&f.random, 12000);
            if (i % 500 == 0) {
                times[i] = SIM_NEVER;
            }
            numbers[i] = sim_random_below(&f.random, 3);
            total += numbers[i];
            sim_counter_add(&metric.counter, times[i], numbers[i]);
        }
        g_assert_cmpuint(sim_counter_total(&metric.counter), ==, total);
        for (uint32_t w = 0; w < f.axis.window_count + f.axis.cell_count; w++) {
            bool is_window = w < f.axis.window_count;
            uint32_t cell = w - f.axis.window_count;
            struct sim_window window = is_window ? f.axis.windows[w] : cell_window(&f, cell);
            uint64_t expected = 0;
            for (int i = 0; i < RECORDS; i++) {
                expected += window.from <= times[i] && times[i] < window.to ? numbers[i] : 0;
            }
            uint64_t answer = is_window ? sim_counter_window(&metric.counter, w)
                                        : sim_counter_cell(&metric.counter, cell);
            g_assert_cmpuint(answer, ==, expected);
        }
        sim_metric_clear(&metric);
        fixture_clear(&f);
    }
}

/* What held at each nanosecond, and the peaks reached at it, kept in full. */
struct level_twin {
    int64_t held[10007]; /* value over [t, t + 1) */
    int64_t peak[10007]; /* greatest value at any moment of it, also for no time */
};

static void level_twin_check(const struct fixture *f, const struct sim_level *level,
                             const struct level_twin *twin)
{
    for (uint32_t w = 0; w < f->axis.window_count + f->axis.cell_count; w++) {
        bool is_window = w < f->axis.window_count;
        uint32_t cell = w - f->axis.window_count;
        struct sim_window window = is_window ? f->axis.windows[w] : cell_window(f, cell);
        int64_t sum = 0, max = 0;
        for (sim_time t = window.from; t < window.to; t++) {
            sum += twin->held[t];
            max = twin->peak[t] > max ? twin->peak[t] : max;
        }
        double mean = is_window ? sim_level_mean(level, w) : sim_level_cell_mean(level, cell);
        if (window.from == window.to) {
            g_assert_true(isnan(mean));
        } else {
            g_assert_cmpfloat(mean, ==, (double)sum / (double)(window.to - window.from));
        }
        g_assert_cmpint(is_window ? sim_level_max(level, w) : sim_level_cell_max(level, cell), ==,
                        max);
    }
}

static void test_level(void)
{
    static struct level_twin twin;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct fixture f;
        fixture_init(&f, seed);
        struct sim_metric metric;
        sim_metric_init(&metric, "l", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, &f.axis, &f.arena);
        struct sim_level *level = &metric.level;
        uint64_t step_max = seed % 2 ? 4 : 900; /* dense changes; jumps over many segments */
        sim_time now = 0;
        int64_t value = 0;
        sim_wide integral = 0;
        twin.peak[0] = 0;
        while (now < 12000) {
            int64_t next = (int64_t)sim_random_below(&f.random, 10);
            if (sim_random_chance(&f.random, 0.5)) {
                sim_level_add(level, now, next - value);
            } else {
                sim_level_set(level, now, next);
            }
            value = next;
            if (now < f.end && value > twin.peak[now]) {
                twin.peak[now] = value;
            }
            sim_time step = (sim_time)sim_random_below(&f.random, step_max); /* often 0 */
            for (sim_time t = now; t < now + step; t++) {
                integral += value;
                if (t < f.end) {
                    twin.held[t] = value;
                    twin.peak[t] = t > now || value > twin.peak[t] ? value : twin.peak[t];
                }
                if (t + 1 < f.end) {
                    twin.peak[t + 1] = value; /* held on entering */
                }
            }
            now += step;
            if (seed % 4 == 3) {
                sim_level_settle(level, now); /* settling in between changes nothing */
            }
        }
        sim_level_settle(level, now);
        sim_level_settle(level, now);
        g_assert_true(level->integral == integral);
        level_twin_check(&f, level, &twin);
        fixture_clear(&f);
    }
}

/* A level that is held through whole windows without any change inside them. */
static void test_level_held(void)
{
    struct fixture f;
    fixture_init(&f, 1);
    struct sim_metric metric;
    sim_metric_init(&metric, "l", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, &f.axis, &f.arena);
    sim_level_add(&metric.level, 10, 7);
    sim_level_add(&metric.level, 10006, -7);
    sim_level_settle(&metric.level, f.end);
    g_assert_cmpfloat(sim_level_mean(&metric.level, 2), ==, 7.0);
    g_assert_cmpint(sim_level_max(&metric.level, 2), ==, 7);
    g_assert_cmpint(sim_level_max(&metric.level, 4), ==, 0); /* empty window */
    g_assert_true(metric.level.integral == 7 * 9996);
    fixture_clear(&f);
}

/* A million items over a century of nanoseconds passes 64 bits and stays exact. */
static void test_level_wide(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    sim_time century = 36525 * SIM_DAY;
    struct sim_window window = {0, century};
    struct sim_axis axis;
    sim_axis_init(&axis, &arena, century, century, &window, 1);
    struct sim_metric metric;
    sim_metric_init(&metric, "l", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, &axis, &arena);
    sim_level_set(&metric.level, 0, 1000000);
    sim_level_settle(&metric.level, century);
    g_assert_true(metric.level.integral == (sim_wide)century * 1000000);
    g_assert_cmpfloat(sim_level_mean(&metric.level, 0), ==, 1e6);
    sim_arena_clear(&arena);
}

static void add_bucket(int64_t low, int64_t high, uint64_t count, void *data)
{
    g_assert_cmpint(low, <=, high);
    *(uint64_t *)data += count;
}

static void test_sample(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct fixture f;
        fixture_init(&f, seed);
        struct sim_metric metric;
        sim_metric_init(&metric, "s", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, &f.axis, &f.arena);
        sim_time times[RECORDS];
        int64_t values[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            times[i] = (sim_time)sim_random_below(&f.random, 12000);
            values[i] = (int64_t)sim_random_below(&f.random, 100000);
            if (i % 50 == 0) {
                values[i] = SIM_NEVER;
            }
            if (i % 333 == 0) {
                times[i] = SIM_NEVER;
            }
            sim_sample_add(&metric.sample, times[i], values[i]);
        }
        struct sim_histogram empty; /* a cell that no value is in */
        sim_histogram_init(&empty, SIM_HISTOGRAM_COARSE);
        for (uint32_t w = 0; w < f.axis.window_count + f.axis.cell_count; w++) {
            bool is_window = w < f.axis.window_count;
            uint32_t cell = w - f.axis.window_count;
            if (w == f.axis.window_count) {
                sim_sample_settle(&metric.sample); /* windows take in what waits, cells do not */
            }
            struct sim_window window = is_window ? f.axis.windows[w] : cell_window(&f, cell);
            const struct sim_histogram *histogram =
                is_window ? sim_sample_window(&metric.sample, w) : metric.sample.by_cell[cell];
            histogram = histogram ? histogram : &empty;
            uint64_t count = 0, infinite = 0, in_buckets = 0;
            sim_wide sum = 0;
            sim_histogram_each(histogram, add_bucket, &in_buckets);
            for (int i = 0; i < RECORDS; i++) {
                bool inside = window.from <= times[i] && times[i] < window.to;
                infinite += inside && values[i] == SIM_NEVER;
                count += inside && values[i] != SIM_NEVER;
                sum += inside && values[i] != SIM_NEVER ? values[i] : 0;
            }
            g_assert_cmpuint(histogram->count, ==, count);
            g_assert_cmpuint(in_buckets, ==, count); /* those that wait too */
            g_assert_cmpuint(histogram->infinite, ==, infinite);
            g_assert_true(histogram->sum == sum);
        }
        sim_metric_clear(&metric);
        fixture_clear(&f);
    }
}

static void test_time_back_is_caught(void)
{
    if (g_test_subprocess()) {
        struct fixture f;
        fixture_init(&f, 1);
        struct sim_metric metric;
        sim_metric_init(&metric, "l", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, &f.axis, &f.arena);
        sim_level_add(&metric.level, 100, 1);
        sim_level_add(&metric.level, 99, 1);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metric/counter", test_counter);
    g_test_add_func("/metric/level", test_level);
    g_test_add_func("/metric/level-held", test_level_held);
    g_test_add_func("/metric/level-wide", test_level_wide);
    g_test_add_func("/metric/sample", test_sample);
    g_test_add_func("/metric/time-back-is-caught", test_time_back_is_caught);
    return g_test_run();
}

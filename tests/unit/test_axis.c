/* The cutting of time: if this failed, facts would be counted in the wrong window or cell. */
#include <glib.h>

#include "base/arena.h"
#include "base/random.h"
#include "metrics/axis.h"

static void check_axis(const struct sim_axis *axis, sim_time end)
{
    g_assert_cmpint(axis->bounds[0], ==, 0);
    g_assert_cmpint(axis->bounds[axis->segment_count], ==, end);
    for (uint32_t s = 0; s < axis->segment_count; s++) {
        sim_time from = axis->bounds[s], to = axis->bounds[s + 1];
        g_assert_cmpint(from, <, to);
        g_assert_cmpint(axis->segment_cell[s], ==, from / axis->cell_length);
        g_assert_cmpint((to - 1) / axis->cell_length, ==, axis->segment_cell[s]);
        g_assert_cmpuint(sim_axis_find(axis, from), ==, s);
        g_assert_cmpuint(sim_axis_find(axis, to - 1), ==, s);
        g_assert_cmpuint(axis->cell_first[axis->segment_cell[s]], <=, s);
        g_assert_cmpuint(axis->cell_first[axis->segment_cell[s] + 1], >, s);
        uint32_t at = axis->segment_windows_first[s];
        for (uint32_t w = 0; w < axis->window_count; w++) {
            struct sim_window window = axis->windows[w];
            bool covers = window.from <= from && to <= window.to;
            bool touches = window.from < to && from < window.to;
            g_assert_true(covers == touches); /* a window is a run of whole segments */
            g_assert_true(covers == (axis->window_first[w] <= s && s < axis->window_last[w]));
            if (covers) {
                g_assert_cmpuint(axis->segment_windows[at++], ==, w);
            }
        }
        g_assert_cmpuint(at, ==, axis->segment_windows_first[s + 1]);
    }
    g_assert_cmpuint(axis->cell_first[0], ==, 0);
    g_assert_cmpuint(axis->cell_first[axis->cell_count], ==, axis->segment_count);
    g_assert_cmpuint(sim_axis_find(axis, end), ==, SIM_SEGMENT_NONE);
    g_assert_cmpuint(sim_axis_find(axis, end + 1), ==, SIM_SEGMENT_NONE);
    g_assert_cmpuint(sim_axis_find(axis, SIM_NEVER), ==, SIM_SEGMENT_NONE);
}

static void test_plain(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_window window = {5 * SIM_SECOND, 60 * SIM_SECOND};
    struct sim_axis axis;
    sim_axis_init(&axis, &arena, 60 * SIM_SECOND, SIM_SECOND, &window, 1);
    check_axis(&axis, 60 * SIM_SECOND);
    g_assert_cmpuint(axis.cell_count, ==, 60);
    g_assert_cmpuint(axis.segment_count, ==, 60);
    g_assert_cmpuint(axis.window_first[0], ==, 5);
    g_assert_cmpuint(axis.window_last[0], ==, 60);
    sim_arena_clear(&arena);
}

static void test_ragged(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_axis axis;
    sim_axis_init(&axis, &arena, 25, 10, NULL, 0); /* last cell is shorter */
    check_axis(&axis, 25);
    g_assert_cmpuint(axis.cell_count, ==, 3);
    sim_axis_init(&axis, &arena, 7, 10, NULL, 0); /* one cell, longer than the axis */
    check_axis(&axis, 7);
    g_assert_cmpuint(axis.cell_count, ==, 1);
    struct sim_window empty[] = {{0, 30}, {12, 12}, {30, 30}, {0, 0}};
    sim_axis_init(&axis, &arena, 30, 10, empty, 4);
    check_axis(&axis, 30);
    for (uint32_t w = 1; w < 4; w++) {
        g_assert_cmpuint(axis.window_first[w], ==, axis.window_last[w]);
    }
    sim_arena_clear(&arena);
}

static void test_random(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "axis", "random");
    for (int round = 0; round < 300; round++) {
        struct sim_arena arena;
        sim_arena_init(&arena);
        uint64_t end = 1 + sim_random_below(&random, round % 2 ? 60 : 1000000007);
        sim_time cell = (sim_time)(1 + end / 50 + sim_random_below(&random, end));
        struct sim_window windows[12];
        uint32_t count = (uint32_t)sim_random_below(&random, 13);
        for (uint32_t w = 0; w < count; w++) {
            sim_time a = (sim_time)sim_random_below(&random, end + 1);
            sim_time b = (sim_time)sim_random_below(&random, end + 1);
            windows[w] = (struct sim_window){a < b ? a : b, a < b ? b : a};
        }
        struct sim_axis axis;
        sim_axis_init(&axis, &arena, (sim_time)end, cell, windows, count);
        check_axis(&axis, (sim_time)end);
        sim_arena_clear(&arena);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/axis/plain", test_plain);
    g_test_add_func("/axis/ragged", test_ragged);
    g_test_add_func("/axis/random", test_random);
    return g_test_run();
}

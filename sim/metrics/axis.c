/* Cuts the axis of a run into segments. Done once, before the first event. */
#include "metrics/axis.h"

#include <stdbool.h>
#include <string.h>

#include "base/assert.h"
#include "base/sort.h"

/* Rising, without repetition; returns how many remain. */
static uint32_t bounds_unique(uint64_t *bounds, uint32_t count)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++) {
        if (bounds[i] != bounds[kept - 1]) {
            bounds[kept++] = bounds[i];
        }
    }
    return kept;
}

static void axis_cut(struct sim_axis *axis, struct sim_arena *arena, sim_time end)
{
    uint32_t count_max = axis->cell_count + 1 + 2 * axis->window_count;
    uint64_t *bounds = sim_arena_array(arena, uint64_t, count_max);
    uint32_t count = 0;
    for (uint32_t cell = 0; cell < axis->cell_count; cell++) {
        bounds[count++] = (uint64_t)(axis->cell_length * cell);
    }
    bounds[count++] = (uint64_t)end;
    for (uint32_t w = 0; w < axis->window_count; w++) {
        struct sim_window window = axis->windows[w];
        sim_assert(0 <= window.from && window.from <= window.to && window.to <= end);
        bounds[count++] = (uint64_t)window.from;
        bounds[count++] = (uint64_t)window.to;
    }
    sim_sort_u64(bounds, count);
    count = bounds_unique(bounds, count);
    axis->segment_count = count - 1;
    axis->bounds = sim_arena_array(arena, sim_time, count);
    for (uint32_t i = 0; i < count; i++) {
        axis->bounds[i] = (sim_time)bounds[i];
    }
}

/* The index of a bound that is known to be there; the end itself has index segment_count. */
static uint32_t axis_bound(const struct sim_axis *axis, sim_time time)
{
    uint32_t segment = sim_axis_find(axis, time);
    return segment == SIM_SEGMENT_NONE ? axis->segment_count : segment;
}

static void axis_place_windows(struct sim_axis *axis, struct sim_arena *arena)
{
    axis->window_first = sim_arena_array(arena, uint32_t, axis->window_count);
    axis->window_last = sim_arena_array(arena, uint32_t, axis->window_count);
    axis->segment_windows_first = sim_arena_array(arena, uint32_t, axis->segment_count + 1);
    uint32_t *first = axis->segment_windows_first;
    for (uint32_t w = 0; w < axis->window_count; w++) {
        axis->window_first[w] = axis_bound(axis, axis->windows[w].from);
        axis->window_last[w] = axis_bound(axis, axis->windows[w].to);
        for (uint32_t s = axis->window_first[w]; s < axis->window_last[w]; s++) {
            first[s + 1]++;
        }
    }
    for (uint32_t s = 0; s < axis->segment_count; s++) {
        first[s + 1] += first[s];
    }
    axis->segment_windows = sim_arena_array(arena, uint32_t, first[axis->segment_count]);
    uint32_t *filled = sim_arena_array(arena, uint32_t, axis->segment_count);
    for (uint32_t w = 0; w < axis->window_count; w++) {
        for (uint32_t s = axis->window_first[w]; s < axis->window_last[w]; s++) {
            axis->segment_windows[first[s] + filled[s]++] = w;
        }
    }
}

static bool is_covered_alike(const struct sim_axis *axis, uint32_t a, uint32_t b)
{
    const uint32_t *first = axis->segment_windows_first;
    uint32_t count = first[a + 1] - first[a];
    return count == first[b + 1] - first[b] &&
           memcmp(axis->segment_windows + first[a], axis->segment_windows + first[b],
                  count * sizeof(uint32_t)) == 0;
}

/* Segments that the same windows cover are one atom. Most follow one another. */
static void axis_find_atoms(struct sim_axis *axis, struct sim_arena *arena)
{
    axis->segment_atom = sim_arena_array(arena, uint32_t, axis->segment_count);
    axis->atom_segment = sim_arena_array(arena, uint32_t, axis->segment_count);
    for (uint32_t s = 0; s < axis->segment_count; s++) {
        if (s > 0 && is_covered_alike(axis, s, s - 1)) {
            axis->segment_atom[s] = axis->segment_atom[s - 1];
            continue;
        }
        uint32_t atom = 0;
        while (atom < axis->atom_count && !is_covered_alike(axis, s, axis->atom_segment[atom])) {
            atom++;
        }
        if (atom == axis->atom_count) {
            axis->atom_segment[axis->atom_count++] = s;
        }
        axis->segment_atom[s] = atom;
    }
}

static void axis_place_cells(struct sim_axis *axis, struct sim_arena *arena)
{
    axis->segment_cell = sim_arena_array(arena, uint32_t, axis->segment_count);
    axis->cell_first = sim_arena_array(arena, uint32_t, axis->cell_count + 1);
    for (uint32_t s = 0; s < axis->segment_count; s++) {
        uint32_t cell = (uint32_t)(axis->bounds[s] / axis->cell_length);
        axis->segment_cell[s] = cell;
        axis->cell_first[cell + 1] = s + 1; /* the last one of the cell stays */
    }
}

void sim_axis_init(struct sim_axis *axis, struct sim_arena *arena, sim_time end,
                   sim_time cell_length, const struct sim_window *windows, uint32_t window_count)
{
    sim_assert(end > 0 && cell_length > 0);
    sim_time cell_count = (end - 1) / cell_length + 1;
    sim_assert(cell_count < (sim_time)UINT32_MAX / 2 && window_count < UINT32_MAX / 8);
    memset(axis, 0, sizeof(*axis));
    axis->cell_length = cell_length;
    axis->cell_count = (uint32_t)cell_count;
    axis->window_count = window_count;
    axis->windows = sim_arena_array(arena, struct sim_window, window_count);
    for (uint32_t w = 0; w < window_count; w++) {
        axis->windows[w] = windows[w];
    }
    axis_cut(axis, arena, end);
    axis_place_windows(axis, arena);
    axis_find_atoms(axis, arena);
    axis_place_cells(axis, arena);
}

uint32_t sim_axis_find(const struct sim_axis *axis, sim_time time)
{
    sim_assert(time >= 0);
    if (time >= axis->bounds[axis->segment_count]) {
        return SIM_SEGMENT_NONE;
    }
    uint32_t low = 0, high = axis->segment_count; /* bounds[low] <= time < bounds[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (axis->bounds[middle] <= time) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The time axis of a run: segments, windows, cells.
 *
 * All boundaries that anybody will ask about (the measured window, the windows of expectations,
 * batches, the cells of the series) are known before a run starts. They cut time into segments,
 * [bounds[i], bounds[i+1]); counters and levels accumulate by segment, and every window or cell is
 * a run of whole segments. Window 0 is the measured one, from the end of warm-up to the duration.
 * Windows may overlap, lie inside one another or be empty. Times at or past the last bound belong
 * to no segment.
 */
#ifndef BRINK_METRICS_AXIS_H
#define BRINK_METRICS_AXIS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/time.h"

struct sim_window {
    sim_time from, to; /* half open */
};

#define SIM_SEGMENT_NONE UINT32_MAX

struct sim_axis {
    sim_time *bounds; /* segment_count + 1 of them, rising, first 0, last the end */
    uint32_t segment_count;
    struct sim_window *windows;
    uint32_t *window_first; /* first segment of each window */
    uint32_t *window_last;  /* one past its last segment */
    uint32_t window_count;
    uint32_t *segment_windows;       /* windows that cover each segment, rising, concatenated */
    uint32_t *segment_windows_first; /* segment_count + 1 offsets into it */
    uint32_t *segment_atom;          /* segments that the same windows cover have the same atom */
    uint32_t *atom_segment;          /* the first segment of each atom */
    uint32_t atom_count;
    uint32_t *segment_cell; /* cell of each segment */
    uint32_t *cell_first;   /* first segment of each cell; cell_count + 1 of them */
    sim_time cell_length;
    uint32_t cell_count; /* ceil(end / cell_length); the last cell may be shorter */
};

/* `windows[0]` is the measured window; `end` > 0 is the end of the axis, at or past the end of
 * every window. All times in ns. Copies `windows`; everything lives in `arena`. */
void sim_axis_init(struct sim_axis *axis, struct sim_arena *arena, sim_time end,
                   sim_time cell_length, const struct sim_window *windows, uint32_t window_count);

/* The segment that holds `time` >= 0, by binary search, or SIM_SEGMENT_NONE past the end. */
uint32_t sim_axis_find(const struct sim_axis *axis, sim_time time);

#endif

/* How long the cells of a series are. See plan.h. */
#include "run/plan.h"

static const sim_time nice_cells[] = {
    1 * SIM_SECOND,  2 * SIM_SECOND,  5 * SIM_SECOND, 10 * SIM_SECOND, 15 * SIM_SECOND,
    30 * SIM_SECOND, 1 * SIM_MINUTE,  2 * SIM_MINUTE, 5 * SIM_MINUTE,  10 * SIM_MINUTE,
    15 * SIM_MINUTE, 30 * SIM_MINUTE, 1 * SIM_HOUR,   2 * SIM_HOUR,    3 * SIM_HOUR,
    6 * SIM_HOUR,    12 * SIM_HOUR,   1 * SIM_DAY,    2 * SIM_DAY,     5 * SIM_DAY,
    10 * SIM_DAY,    20 * SIM_DAY,    50 * SIM_DAY,   100 * SIM_DAY,   200 * SIM_DAY,
    500 * SIM_DAY};

static sim_time cell_below(sim_time duration)
{
    sim_time decade = 100 * SIM_MILLISECOND;
    for (; decade > 1; decade /= 10) {
        for (sim_time step = 5; step > 0; step /= 2) { /* 5, 2, 1 */
            if (duration / (decade * step) >= 60) {
                return decade * step;
            }
        }
    }
    return 1;
}

sim_time sim_plan_cell(sim_time duration)
{
    if (duration / SIM_SECOND < 60) {
        return cell_below(duration);
    }
    size_t count = sizeof(nice_cells) / sizeof(nice_cells[0]);
    for (size_t i = 0; i < count; i++) {
        if ((duration - 1) / nice_cells[i] < 600) {
            return nice_cells[i];
        }
    }
    return duration / 600 + 1;
}

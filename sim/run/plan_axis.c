/* The axis of a plan: windows, their batches, cells. See plan.h. */
#include "run/plan.h"

static struct sim_window clip(struct sim_window window, struct sim_window whole, sim_time duration)
{
    if (window.to <= window.from) { /* the scenario leaves it to the measured window */
        return whole;
    }
    window.from = window.from < 0 ? 0 : window.from;
    window.to = window.to > duration ? duration : window.to;
    window.from = window.from > window.to ? window.to : window.from;
    return window;
}

static bool expectation_is_measured(const struct sim_scenario *scenario,
                                    const struct sim_expectation *expectation)
{
    const struct sim_window *window = &expectation->window;
    sim_time start = scenario->warmup == SIM_NEVER ? 0 : scenario->warmup;
    return window->to <= window->from ||
           (window->from == start && window->to >= scenario->world.duration);
}

/* The index of the window, which is added when it is new. */
static uint32_t window_place(struct sim_window *windows, uint32_t *count, struct sim_window window)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (windows[i].from == window.from && windows[i].to == window.to) {
            return i;
        }
    }
    windows[*count] = window;
    return (*count)++;
}

static void add_batches(struct sim_plan *plan, struct sim_window *windows, uint32_t *count)
{
    for (uint32_t w = 0; w < plan->window_count; w++) {
        uint32_t batches = w == 0 ? SIM_PLAN_BATCHES : SIM_PLAN_BATCHES_FURTHER;
        sim_time length = (windows[w].to - windows[w].from) / batches;
        plan->batch_first[w] = *count;
        plan->batch_count[w] = length > 0 ? batches : 0;
        for (uint32_t b = 0; b < plan->batch_count[w]; b++) {
            sim_time from = windows[w].from + length * b;
            sim_time to = b + 1 == batches ? windows[w].to : from + length;
            windows[(*count)++] = (struct sim_window){from, to};
        }
    }
}

static void place_faults(struct sim_plan *plan, struct sim_window *windows, uint32_t *count)
{
    sim_plan_faults(plan);
    for (uint32_t f = 0; f < plan->fault_count; f++) {
        struct sim_plan_fault *fault = &plan->faults[f];
        for (int phase = 0; phase < 3; phase++) {
            bool is_empty = fault->phases[phase].from >= fault->phases[phase].to;
            fault->phase_windows[phase] =
                is_empty ? 0 : window_place(windows, count, fault->phases[phase]);
        }
        fault->since_window = window_place(windows, count, fault->since);
    }
}

void sim_plan_axis(struct sim_plan *plan, uint32_t *expectation_window, uint32_t *plot_window)
{
    const struct sim_scenario *scenario = plan->scenario;
    sim_time duration = scenario->world.duration;
    struct sim_window measured = {plan->warmup < duration ? plan->warmup : duration, duration};
    uint32_t most = (1 + scenario->expectation_count + plan->plot_count + 4 * SIM_PLAN_FAULTS_MAX) *
                    (1 + SIM_PLAN_BATCHES);
    struct sim_window *windows = sim_arena_array(&plan->arena, struct sim_window, most);
    uint32_t count = 0;
    window_place(windows, &count, measured);
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_expectation *expectation = &scenario->expectations[i];
        struct sim_window window = expectation_is_measured(scenario, expectation)
                                       ? measured
                                       : clip(expectation->window, measured, duration);
        expectation_window[i] = window_place(windows, &count, window);
    }
    for (uint32_t i = 0; i < plan->plot_count; i++) {
        struct sim_window window = clip(plan->plot_figures[i]->window, measured, duration);
        plot_window[i] = window_place(windows, &count, window);
    }
    place_faults(plan, windows, &count);
    plan->window_count = count;
    plan->batch_first = sim_arena_array(&plan->arena, uint32_t, count);
    plan->batch_count = sim_arena_array(&plan->arena, uint32_t, count);
    if (plan->is_batched) {
        add_batches(plan, windows, &count);
    }
    sim_time cell = scenario->cell > 0 ? scenario->cell : sim_plan_cell(duration);
    sim_axis_init(&plan->axis, &plan->arena, sim_plan_end(scenario), cell, windows, count);
    plan->cell_count = (uint32_t)((duration - 1) / cell + 1);
}

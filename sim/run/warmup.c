/* The warm-up rule: MSER-5 (White, "An effective truncation heuristic for bias reduction in
 * simulation output", 1997) on a pilot run whose seed no replication uses, so that the cut cannot
 * be fitted to the data that it will be applied to.
 *
 * Left out on purpose: anything scheduled in time. A fault, an expectation about a window, a
 * recorded load, the moment of a deploy or of a spike has its own clock, and cutting the beginning
 * off would cut at the subject itself. What happens at once is how the run begins.
 */
#include "run/warmup.h"

#include <glib.h>
#include <math.h>

#include "base/random.h"
#include "run/plan.h"
#include "stats/mser.h"

#define PILOT_CELLS 600
#define MSER_BATCH 5

static bool has_clock(const struct sim_param *params, const void *fields);

/* As deep as constructors are nested in the file. */
static bool shape_has_clock(const struct sim_shape *shape)
{
    return shape->constructor && has_clock(shape->constructor->params, shape->fields);
}

/* A recorded load, or a moment that something happens at. */
static bool has_clock(const struct sim_param *params, const void *fields)
{
    bool is_found = false;
    for (const struct sim_param *param = params; param && param->name && !is_found; param++) {
        const void *field = (const char *)fields + param->offset;
        if (param->type == SIM_PARAM_TRACE) {
            is_found = *(const struct sim_trace *const *)field;
        } else if (param->type == SIM_PARAM_MOMENT) {
            sim_time at = *(const sim_time *)field;
            is_found = at > 0 && at != SIM_NEVER;
        } else if (param->type == SIM_PARAM_SHAPE) {
            is_found = shape_has_clock(field);
        } else if (param->type == SIM_PARAM_SHAPES) {
            const struct sim_shapes *shapes = field;
            for (uint32_t i = 0; i < shapes->count && !is_found; i++) {
                is_found = shape_has_clock(&shapes->shapes[i]);
            }
        }
    }
    return is_found;
}

static bool is_scheduled(const struct sim_scenario *scenario)
{
    if (scenario->world.fault_count > 0) {
        return true;
    }
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_window *window = &scenario->expectations[i].window;
        bool is_default = window->to <= window->from ||
                          (window->from <= 0 && window->to >= scenario->world.duration);
        if (!is_default) {
            return true;
        }
    }
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        const struct sim_group_spec *group = &scenario->world.groups[g];
        if (has_clock(group->model->params, group->params)) {
            return true;
        }
    }
    return false;
}

enum sim_warmup_rule sim_warmup_rule_of(const struct sim_scenario *scenario)
{
    if (scenario->warmup != SIM_NEVER) {
        return SIM_WARMUP_GIVEN;
    }
    return is_scheduled(scenario) ? SIM_WARMUP_SCHEDULED : SIM_WARMUP_CUT;
}

/* Means of five cells each; empty cells repeat their forerunner, which adds no information and no
 * bias. Returns how many. */
static size_t batch_cells(const struct sim_sample *sample, uint32_t cells, double *ret_means)
{
    double last = NAN, sum = 0.0;
    size_t filled = 0, kept = 0;
    for (uint32_t cell = 0; cell < cells; cell++) {
        const struct sim_histogram *histogram = sample->by_cell[cell];
        last = histogram && histogram->count > 0 ? sim_histogram_mean_finite(histogram) : last;
        if (isnan(last)) {
            continue; /* nothing yet: the cut begins where operations do */
        }
        sum += last;
        if (++filled == MSER_BATCH) {
            ret_means[kept++] = sum / MSER_BATCH;
            sum = 0.0;
            filled = 0;
        }
    }
    return kept;
}

/* The cut in cells for one source; false when it finds none. */
static bool cut_of_source(const struct sim_world *world, uint32_t group, uint32_t cells,
                          uint32_t *cut)
{
    const struct sim_metric *metric =
        sim_world_metric(world, group, SIM_NONE, SIM_STANDARD_LATENCY);
    g_autofree double *means = g_new(double, cells / MSER_BATCH + 1);
    size_t count = batch_cells(&metric->sample, cells, means);
    size_t dropped = sim_mser(means, count);
    if (count == 0 || dropped >= count) {
        return false;
    }
    uint32_t leading = cells - (uint32_t)(count * MSER_BATCH); /* empty ones, and what was left */
    uint32_t needed = dropped == 0 ? 0 : (uint32_t)dropped * MSER_BATCH + leading;
    *cut = needed > *cut ? needed : *cut;
    return true;
}

enum sim_warmup_rule sim_warmup_cut(const struct sim_scenario *scenario, const volatile bool *stop,
                                    sim_time *ret_warmup)
{
    *ret_warmup = 0;
    sim_time duration = scenario->world.duration;
    sim_time cell = (duration - 1) / PILOT_CELLS + 1;
    uint32_t cells = (uint32_t)(duration / cell);
    struct sim_window whole = {0, duration};
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_axis axis;
    sim_axis_init(&axis, &arena, sim_plan_end(scenario), cell, &whole, 1);
    struct sim_world_options options = {
        .seed = sim_hash_pair(scenario->seed, sim_hash_text("pilot")), .axis = &axis, .stop = stop};
    struct sim_world *world = sim_world_new(&scenario->world, &options);
    sim_world_run(world);
    uint32_t cut = 0;
    bool is_settled = true;
    for (uint32_t g = 0; g < scenario->world.group_count; g++) {
        if (scenario->world.groups[g].model->traits & SIM_MODEL_SOURCE) {
            is_settled = cut_of_source(world, g, cells, &cut) && is_settled;
        }
    }
    sim_world_free(world);
    sim_arena_clear(&arena);
    if (!is_settled || cut >= cells / 2) {
        return SIM_WARMUP_UNSETTLED;
    }
    *ret_warmup = cell * cut;
    return SIM_WARMUP_CUT;
}

/* P(consistent at t): of reads that began t after the latest commit of their key, the share that
 * saw it (Bailis and others, "Probabilistically bounded staleness for practical partial quorums",
 * PVLDB 5(8), 2012). Times are taken together by steps of a fifth of a decade.
 */
#include <string.h>

#include "run/reduce.h"

#define STEP_FIRST_NS 1000.0          /* all that is sooner is one step */
#define STEP_RATIO 1.5848931924611136 /* 10^(1/5) */

static uint32_t step_of(int64_t time_ns)
{
    double high = STEP_FIRST_NS;
    uint32_t step = 0;
    while (step < SIM_VISIBILITY_STEPS - 1 && (double)time_ns >= high) {
        high *= STEP_RATIO;
        step++;
    }
    return step;
}

static void visit(int64_t low, int64_t high, uint64_t count, void *data)
{
    double *steps = data;
    steps[step_of(low + (high - low) / 2)] += (double)count;
}

static bool is_source(const struct sim_plan *plan, uint32_t group)
{
    return (plan->scenario->world.groups[group].model->traits & SIM_MODEL_SOURCE) != 0;
}

void sim_record_read_visibility(struct sim_record *record, const struct sim_plan *plan,
                                const struct sim_world *world)
{
    const struct sim_world_spec *spec = &plan->scenario->world;
    if (!sim_metric_is_kept(spec, SIM_STANDARD_MISSED)) {
        return;
    }
    record->visibilities =
        sim_arena_array(&record->arena, struct sim_record_visibility, spec->group_count);
    for (uint32_t g = 0; g < spec->group_count; g++) {
        if (is_source(plan, g)) {
            const struct sim_metric *since =
                sim_world_metric(world, g, SIM_NONE, SIM_STANDARD_SINCE_COMMIT);
            const struct sim_metric *missed =
                sim_world_metric(world, g, SIM_NONE, SIM_STANDARD_MISSED);
            sim_histogram_each(sim_sample_window(&since->sample, 0), visit,
                               record->visibilities[g].reads);
            sim_histogram_each(sim_sample_window(&missed->sample, 0), visit,
                               record->visibilities[g].stale);
        }
    }
}

/* The step of all replications that came to an end. Returns its stale reads. */
static double reduce_step(struct sim_visibility_step *ret_step, const struct sim_record *records,
                          uint32_t count, uint32_t group, uint32_t step)
{
    g_autofree double *fresh = g_new(double, count);
    g_autofree double *reads = g_new(double, count);
    double stale = 0.0;
    size_t kept = 0;
    *ret_step = (struct sim_visibility_step){0};
    for (uint32_t r = 0; r < count; r++) {
        if (records[r].is_finished && records[r].visibilities != NULL) {
            const struct sim_record_visibility *of = &records[r].visibilities[group];
            reads[kept] = of->reads[step];
            fresh[kept++] = of->reads[step] - of->stale[step];
            ret_step->reads += of->reads[step];
            stale += of->stale[step];
        }
    }
    if (ret_step->reads > 0.0) {
        ret_step->consistent = sim_estimate_ratio(fresh, reads, kept, false, SIM_CONFIDENCE);
    }
    return stale;
}

/* Returns whether any read was stale: otherwise there is nothing to see. */
static bool reduce_group(struct sim_result *result, struct sim_visibility *visibility,
                         const struct sim_record *records, uint32_t count)
{
    struct sim_visibility_step *kept =
        sim_arena_array(&result->arena, struct sim_visibility_step, SIM_VISIBILITY_STEPS);
    double high = STEP_FIRST_NS * 1e-9, low = 0.0, stale = 0.0;
    for (uint32_t i = 0; i < SIM_VISIBILITY_STEPS; i++) {
        struct sim_visibility_step step;
        stale += reduce_step(&step, records, count, visibility->group, i);
        if (step.reads > 0.0) {
            step.low = low;
            step.high = high;
            kept[visibility->step_count++] = step;
        }
        low = high;
        high *= STEP_RATIO;
    }
    visibility->steps = kept;
    return stale > 0.0;
}

void sim_reduce_visibility(struct sim_result *result, const struct sim_plan *plan,
                           const struct sim_record *records, uint32_t count)
{
    uint32_t groups = plan->scenario->world.group_count;
    struct sim_visibility *visibilities =
        sim_arena_array(&result->arena, struct sim_visibility, groups);
    for (uint32_t g = 0; g < groups; g++) {
        struct sim_visibility visibility = {.group = g};
        if (is_source(plan, g) && reduce_group(result, &visibility, records, count)) {
            visibilities[result->visibility_count++] = visibility;
        }
    }
    result->visibilities = visibilities;
}

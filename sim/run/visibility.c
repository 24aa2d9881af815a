/* P(consistent at t): of reads that began t after the latest commit of their key, the share that
 * saw it (Bailis and others, "Probabilistically bounded staleness for practical partial quorums",
 * PVLDB 5(8), 2012). Times are taken together by steps of a fifth of a decade.
 */
#include <string.h>

#include "run/reduce.h"

#define STEPS_MAX 64
#define STEP_FIRST_NS 1000.0          /* all that is sooner is one step */
#define STEP_RATIO 1.5848931924611136 /* 10^(1/5) */

struct steps {
    struct sim_visibility_step steps[STEPS_MAX];
    bool is_stale; /* what is visited now */
};

static uint32_t step_of(int64_t time_ns)
{
    double high = STEP_FIRST_NS;
    uint32_t step = 0;
    while (step < STEPS_MAX - 1 && (double)time_ns >= high) {
        high *= STEP_RATIO;
        step++;
    }
    return step;
}

static void visit(int64_t low, int64_t high, uint64_t count, void *data)
{
    struct steps *steps = data;
    struct sim_visibility_step *step = &steps->steps[step_of(low + (high - low) / 2)];
    if (steps->is_stale) {
        step->stale += (double)count;
    } else {
        step->reads += (double)count;
    }
}

static void reduce_group(struct sim_result *result, struct sim_visibility *visibility,
                         const struct sim_histogram *since, const struct sim_histogram *missed)
{
    struct steps steps = {0};
    sim_histogram_each(since, visit, &steps);
    steps.is_stale = true;
    sim_histogram_each(missed, visit, &steps);
    struct sim_visibility_step *kept =
        sim_arena_array(&result->arena, struct sim_visibility_step, STEPS_MAX);
    double high = STEP_FIRST_NS * 1e-9, low = 0.0;
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        if (steps.steps[i].reads > 0.0) {
            kept[visibility->step_count] = steps.steps[i];
            kept[visibility->step_count].low = low;
            kept[visibility->step_count++].high = high;
        }
        low = high;
        high *= STEP_RATIO;
    }
    visibility->steps = kept;
}

void sim_reduce_visibility(struct sim_result *result, const struct sim_plan *plan,
                           const struct sim_totals *totals)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    struct sim_visibility *visibilities =
        sim_arena_array(&result->arena, struct sim_visibility, world->group_count);
    for (uint32_t g = 0; g < world->group_count; g++) {
        bool is_source = (world->groups[g].model->traits & SIM_MODEL_SOURCE) != 0;
        if (is_source && totals->missed[g].count > 0) {
            struct sim_visibility *visibility = &visibilities[result->visibility_count++];
            visibility->group = g;
            reduce_group(result, visibility, &totals->since_commit[g], &totals->missed[g]);
        }
    }
    result->visibilities = visibilities;
}

/* Phases: what is read apart before, during and after scheduled faults.
 *
 * The first few faults that are set in time, end again and can keep operations from being served.
 * What is after one and before the next belongs to both. Of drawn faults no two runs have the same.
 */
#include "run/plan.h"

#include "base/sort.h"
#include "run/result.h"

static bool is_told_apart(const struct sim_plan *plan, const struct sim_fault_spec *fault)
{
    bool is_outage = fault->kind != SIM_FAULT_SURGE && fault->kind != SIM_FAULT_CLOCK &&
                     fault->kind != SIM_FAULT_MEMBERS;
    return is_outage && fault->mttf == NULL && fault->from > plan->warmup &&
           fault->from < plan->scenario->world.duration && fault->to > fault->from;
}

static int compare_faults(const void *a, const void *b, void *data)
{
    const struct sim_fault_spec *faults = data;
    const struct sim_plan_fault *x = a, *y = b;
    sim_time from = faults[x->fault].from, other = faults[y->fault].from;
    return from < other ? -1 : from > other ? 1 : 0;
}

/* From the end of the latest fault before it; up to the beginning of the next one. */
static void set_phases(struct sim_plan *plan, struct sim_plan_fault *fault)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    const struct sim_fault_spec *spec = &world->faults[fault->fault];
    sim_time begin = plan->warmup, end = world->duration;
    sim_time to = spec->to < world->duration ? spec->to : world->duration;
    for (uint32_t f = 0; f < world->fault_count; f++) {
        const struct sim_fault_spec *other = &world->faults[f];
        if (is_told_apart(plan, other)) {
            begin = other->to <= spec->from && other->to > begin ? other->to : begin;
            end = other->from >= to && other->from < end ? other->from : end;
        }
    }
    fault->phases[SIM_PHASE_BEFORE] = (struct sim_window){begin, spec->from};
    fault->phases[SIM_PHASE_DURING] = (struct sim_window){spec->from, to};
    fault->phases[SIM_PHASE_AFTER] = (struct sim_window){to, end};
    fault->since = (struct sim_window){spec->from, end};
}

void sim_plan_faults(struct sim_plan *plan)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    for (uint32_t f = 0; f < world->fault_count && plan->fault_count < SIM_PLAN_FAULTS_MAX; f++) {
        if (is_told_apart(plan, &world->faults[f])) {
            plan->faults[plan->fault_count++] = (struct sim_plan_fault){.fault = f};
        }
    }
    sim_sort(plan->faults, plan->fault_count, sizeof plan->faults[0], compare_faults,
             (void *)(uintptr_t)world->faults);
    for (uint32_t i = 0; i < plan->fault_count; i++) {
        set_phases(plan, &plan->faults[i]);
    }
}

void sim_plan_fault_probes(const struct sim_plan_fault *fault, uint32_t group,
                           struct sim_probe ret_probes[SIM_PLAN_FAULT_PROBES])
{
    for (int phase = 0; phase < SIM_PHASE_COUNT; phase++) {
        bool is_empty = fault->phases[phase].from >= fault->phases[phase].to;
        ret_probes[phase] =
            (struct sim_probe){.kind = is_empty ? SIM_PROBE_NOTHING : SIM_PROBE_RATIO,
                               .group = group,
                               .member = SIM_NONE,
                               .metric = SIM_STANDARD_SUCCEEDED,
                               .base = SIM_STANDARD_ISSUED,
                               .window = fault->phase_windows[phase],
                               .name = "success",
                               .aggregate = "ratio",
                               .unit = SIM_METRIC_RATIO};
    }
    bool has_after = fault->phases[SIM_PHASE_AFTER].from < fault->phases[SIM_PHASE_AFTER].to;
    ret_probes[SIM_PHASE_COUNT] = (struct sim_probe){.kind = SIM_PROBE_MAX,
                                                     .group = group,
                                                     .member = SIM_NONE,
                                                     .metric = SIM_STANDARD_GAP,
                                                     .window = fault->since_window,
                                                     .name = "gap",
                                                     .aggregate = "max",
                                                     .unit = SIM_METRIC_SECONDS};
    struct sim_probe *recovery = &ret_probes[SIM_PHASE_COUNT + 1];
    *recovery = ret_probes[SIM_PHASE_COUNT];
    recovery->kind = has_after ? SIM_PROBE_MAX : SIM_PROBE_NOTHING;
    recovery->metric = SIM_STANDARD_BACK_AFTER;
    recovery->window = fault->phase_windows[SIM_PHASE_AFTER];
    recovery->name = "back_after";
}

/* What sources got before, during and after scheduled faults. See plan_phases.c. */
#include "run/reduce.h"

void sim_reduce_outages(struct sim_result *result, const struct sim_plan *plan,
                        const struct sim_record *records, uint32_t count)
{
    const struct sim_world_spec *world = &plan->scenario->world;
    uint32_t rows = (plan->probe_count - plan->fault_probe_first) / SIM_PLAN_FAULT_PROBES;
    struct sim_outage *outages = sim_arena_array(&result->arena, struct sim_outage, rows);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t p = plan->fault_probe_first + row * SIM_PLAN_FAULT_PROBES;
        uint32_t sources = rows / plan->fault_count;
        const struct sim_fault_spec *fault = &world->faults[plan->faults[row / sources].fault];
        struct sim_outage *outage = &outages[row];
        *outage = (struct sim_outage){
            .label = sim_arena_strdup(&result->arena, fault->label ? fault->label : "fault"),
            .from = fault->from,
            .to = fault->to < world->duration ? fault->to : world->duration,
            .group = plan->probes[p].group,
            .gap = sim_reduce_probe(plan, records, count, p + SIM_PHASE_COUNT),
            .recovery = sim_reduce_probe(plan, records, count, p + SIM_PHASE_COUNT + 1)};
        for (uint32_t phase = 0; phase < SIM_PHASE_COUNT; phase++) {
            outage->success[phase] = sim_reduce_probe(plan, records, count, p + phase);
        }
    }
    result->outages = outages;
    result->outage_count = rows;
}

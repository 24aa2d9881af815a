/* Faults of what a swarm plays beside its replicas (swarm.h): planned before a run begins, over by
 * soon after its replicas are mended.
 */
#ifndef TESTS_PROPERTY_SWARM_TARGETS_H
#define TESTS_PROPERTY_SWARM_TARGETS_H

#include "swarm.h"

static inline sim_time swarm_moment(struct swarm *swarm)
{
    return (sim_time)sim_random_below(&swarm->random, (uint64_t)s(SWARM_HEALED));
}

/* The target crashes, is paused, or cannot be reached by some replica, for a while. */
static inline void swarm_target_fault(struct swarm *swarm, enum swarm_fault kind,
                                      const char *target)
{
    sim_time from = swarm_moment(swarm);
    sim_time to = from + ms(10) + (sim_time)sim_random_below(&swarm->random, 3000000000);
    if (kind == SWARM_CRASH) {
        fixture_add_fault(&swarm->f, SIM_FAULT_CRASH, from, to, target);
    } else if (kind == SWARM_PAUSE) {
        fixture_add_fault(&swarm->f, SIM_FAULT_PAUSE, from, to, target);
    } else {
        struct sim_fault_spec *fault =
            fixture_add_fault(&swarm->f, SIM_FAULT_PARTITION, from, to, NULL);
        char side[] = "replica[1]";
        side[8] = (char)('1' + sim_random_below(&swarm->random, SWARM_REPLICAS));
        fixture_fault_sides(&swarm->f, fault, side, target);
    }
}

/* One of those kinds that the swarm has. */
static inline bool swarm_target_kind(struct swarm *swarm, enum swarm_fault *ret_kind)
{
    static const enum swarm_fault kinds[] = {SWARM_CRASH, SWARM_PAUSE, SWARM_PARTITION};
    *ret_kind = kinds[sim_random_below(&swarm->random, G_N_ELEMENTS(kinds))];
    return (swarm->of.allowed >> *ret_kind & 1) != 0;
}

static inline void swarm_add_group(struct swarm *swarm, const char *name,
                                   const struct sim_model *model, uint32_t members,
                                   const char *params)
{
    fixture_add_group(&swarm->f, name, model, params, members, members);
    fixture_group(&swarm->f, name)->transport.retransmit = ms(50);
}

#endif

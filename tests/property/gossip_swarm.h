/* What the swarms of store.gossip ask of it. */
#ifndef TESTS_PROPERTY_GOSSIP_SWARM_H
#define TESTS_PROPERTY_GOSSIP_SWARM_H

#include "swarm.h"

#define GOSSIP "service = us(50), cycle = ms(500)"

/* Any answer may be old, and a crash takes what nobody else had. That all hold the same is looked
 * at in any case; of the history only that a write which stayed is not gone at the end of as long
 * a time again as went by before it. */
static inline void gossip_converges(struct swarm *swarm)
{
    swarm->claim = (struct sim_check_claim){.level = SIM_CHECK_NO_WRITES_LOST_FOR,
                                            .bound = (uint64_t)s(SWARM_END / 2)};
}

/* So many seeds of each way in which all is told. */
static inline void gossip_play(uint64_t first, uint64_t seeds)
{
    static const char *const params[] = {GOSSIP ", way = 'push_pull'", GOSSIP ", way = 'push'",
                                         GOSSIP ", way = 'pull'"};
    for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){params[i], &sim_model_store_gossip, params[i],
                                               SWARM_ALL_FAULTS, false},
                           first + 2000 * i, seeds, false, gossip_converges);
        swarm_check_right(swarm);
        for (int kind = 0; kind < SWARM_FAULTS && !swarm_is_alone(); kind++) {
            g_assert_cmpuint(swarm->happened[kind], >, 0);
        }
        g_assert_true(swarm->unknown > 0 || swarm_is_alone());
        g_free(swarm);
    }
}

#endif

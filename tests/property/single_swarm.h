/* What the swarms of store.single ask of it. */
#ifndef TESTS_PROPERTY_SINGLE_SWARM_H
#define TESTS_PROPERTY_SINGLE_SWARM_H

#define SWARM_REPLICAS 1u
/* When the only machine is away nobody knows what became of anything, which takes the judge long.
 */
#define SWARM_CLIENTS 3u
#define SWARM_REFUSED 500
#include "swarm.h"

#define SINGLE "service = us(50), replay = ms(1)"
#define SINGLE_FAULTS (1u << SWARM_CRASH | 1u << SWARM_PAUSE)

/* There is nobody that it could be cut off from, or whose clock differs. */
static inline void single_check(const struct swarm *swarm)
{
    swarm_check_right(swarm);
    if (swarm_is_alone()) {
        return;
    }
    g_assert_cmpuint(swarm->happened[SWARM_CRASH], >, 0);
    g_assert_cmpuint(swarm->happened[SWARM_PAUSE], >, 0);
    g_assert_cmpuint(swarm->unknown, >, 0);
    g_assert_cmpuint(swarm->failed, >, 0);
}

#endif

/* What the swarms of store.quorum ask of it. */
#ifndef TESTS_PROPERTY_QUORUM_SWARM_H
#define TESTS_PROPERTY_QUORUM_SWARM_H

#include "swarm.h"

#define SWARM_STORE                                                                                \
    "service = us(50), timeout = ms(500), probe = ms(500), handoff_interval = s(1), "              \
    "anti_entropy = s(5), merkle_depth = 3"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"

#endif

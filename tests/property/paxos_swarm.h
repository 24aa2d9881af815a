/* What the swarms of store.paxos ask of it. */
#ifndef TESTS_PROPERTY_PAXOS_SWARM_H
#define TESTS_PROPERTY_PAXOS_SWARM_H

#include "swarm.h"

#define SWARM_STORE                                                                                \
    "service = us(50), heartbeat = ms(100), election_timeout = ms(500), timeout = s(1)"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"
#define SWARM_LEASE SWARM_DURABLE ", reads = 'lease', drift = percent(1)"

#endif

/* What the swarms of store.leader ask of it. */
#ifndef TESTS_PROPERTY_LEADER_SWARM_H
#define TESTS_PROPERTY_LEADER_SWARM_H

/* What nobody knows the outcome of takes the judge of compare-and-sets long. */
#define SWARM_CLIENTS 4u
#define SWARM_REFUSED 500
#include "swarm.h"

#define SWARM_STORE                                                                                \
    "service = us(50), replay = us(20), heartbeat = ms(100), detect = ms(600), election = ms(300)"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"
/* A write is at a majority of the five before it is answered. */
#define SWARM_SAFE SWARM_DURABLE ", mode = 'semi_sync', acks = 2"

#endif

/* What the swarms of store.raft ask of it. */
#ifndef TESTS_PROPERTY_RAFT_SWARM_H
#define TESTS_PROPERTY_RAFT_SWARM_H

#include "swarm.h"

/* Links of 2 ms, and of up to 120. */
#define SWARM_STORE "election_timeout = ms(400), heartbeat = ms(100), timeout = s(1)"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"

#endif

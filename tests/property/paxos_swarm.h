/* What the swarms of store.paxos ask of it. */
#ifndef TESTS_PROPERTY_PAXOS_SWARM_H
#define TESTS_PROPERTY_PAXOS_SWARM_H

#include "swarm.h"

#define SWARM_STORE                                                                                \
    "service = us(50), heartbeat = ms(100), election_timeout = ms(500), timeout = s(1)"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"
#define SWARM_LEASE SWARM_DURABLE ", reads = 'lease', drift = percent(1)"
#define SWARM_FORGETFUL ", snapshot = 7, snapshot_keep = 0, snapshot_chunk = 1"
#define SWARM_NARROW ", batch = 3, window = 4"

static inline void paxos_plain(struct swarm *swarm)
{
    static const char *const rare[] = {"elected", "gaps", NULL};
    swarm->rare = rare;
}

static inline void paxos_lease(struct swarm *swarm)
{
    static const char *const rare[] = {"elected", "reads.lease", NULL};
    swarm->rare = rare;
}

static inline void paxos_compacted(struct swarm *swarm)
{
    static const char *const rare[] = {"elected", "snapshots", "snapshots.sent", NULL};
    swarm->rare = rare;
}

#endif

/* What the swarms of store.raft ask of it. */
#ifndef TESTS_PROPERTY_RAFT_SWARM_H
#define TESTS_PROPERTY_RAFT_SWARM_H

#include "swarm.h"

/* Links of 2 ms, and of up to 120. */
#define SWARM_STORE "election_timeout = ms(400), heartbeat = ms(100), timeout = s(1)"
#define SWARM_DURABLE SWARM_STORE ", fsync = exponential(ms(1))"

/* Three vote; two learn, and take the place of those that are lost. */
#define SWARM_SPARES SWARM_DURABLE ", voters = 3, replace_after = ms(900)"

/* What is rare without changes of the members. */
static inline void raft_plain(struct swarm *swarm)
{
    static const char *const rare[] = {"pre_votes", "steps_down", "rejects", NULL};
    swarm->rare = rare;
}

static inline void raft_lease(struct swarm *swarm)
{
    static const char *const rare[] = {"pre_votes",   "steps_down", "rejects",
                                       "lease.reads", "transfers",  NULL};
    swarm->rare = rare;
}

static inline void raft_compacted(struct swarm *swarm)
{
    static const char *const rare[] = {"pre_votes", "steps_down", "rejects", "snapshots.sent",
                                       NULL};
    swarm->rare = rare;
}

static inline void raft_spares(struct swarm *swarm)
{
    static const char *const rare[] = {"added", "removed", "catch_ups", NULL};
    swarm->rare = rare;
}

/* The group is to have more members or fewer, time and again, and in the end all of them. Who
 * leaves may have some time left, or none. */
static inline void raft_resize(struct swarm *swarm)
{
    static const char *const rare[] = {"added",     "removed", "catch_ups", "resigned",
                                       "transfers", "undone",  "rejects",   NULL};
    swarm->rare = rare;
    struct fixture *f = &swarm->f;
    fixture_group(f, "replica")->count = 1 + (uint32_t)sim_random_below(&swarm->random, 5);
    sim_time at = 0;
    while (at < s(SWARM_HEALED)) {
        at += ms(50) + (sim_time)sim_random_below(&swarm->random, 1500000000);
        bool is_last = at >= s(SWARM_HEALED);
        struct sim_fault_spec *fault = fixture_add_fault(f, SIM_FAULT_MEMBERS, at, SIM_NEVER, NULL);
        fault->group = (uint32_t)(fixture_group(f, "replica") - f->groups);
        fault->members =
            is_last ? SWARM_REPLICAS : 1 + (uint32_t)sim_random_below(&swarm->random, 5);
        fault->boot = (sim_time)sim_random_below(&swarm->random, 300000000);
        bool is_sudden = sim_random_chance(&swarm->random, 0.2);
        fault->notice = is_sudden ? 0 : (sim_time)sim_random_below(&swarm->random, 2000000000);
    }
}

#endif

/* What the swarms of store.chain ask of it: its master, and faults of that. */
#ifndef TESTS_PROPERTY_CHAIN_SWARM_H
#define TESTS_PROPERTY_CHAIN_SWARM_H

#include "swarm_targets.h"

#define SWARM_CHAIN                                                                                \
    "master = 'master', service = us(50), heartbeat = ms(300), timeout = ms(700), retry = ms(200)"
#define SWARM_DURABLE SWARM_CHAIN ", fsync = exponential(ms(1))"

static inline void chain_add_master(struct swarm *swarm, const char *params)
{
    fixture_add_node(&swarm->f, "master", &sim_model_store_chain_master, params);
    sim_node_id id = fixture_id(&swarm->f, "master");
    fixture_group(&swarm->f, "master")->transport.retransmit = ms(50);
    struct sim_machine_spec *machine = fixture_machine(&swarm->f, id);
    machine->clock_offset = (sim_time)sim_random_below(&swarm->random, 2000000000);
    machine->clock_drift = (sim_random_unit(&swarm->random) - 0.5) * 0.02;
}

/* The master cannot be reached by some of the replicas, and is down, for a while. */
static inline void chain_faults(struct swarm *swarm)
{
    for (int i = 0; i < 3 && (swarm->of.allowed >> SWARM_CUT & 1) != 0; i++) {
        sim_time from = swarm_moment(swarm);
        sim_time to = from + ms(100) + (sim_time)sim_random_below(&swarm->random, 5000000000);
        struct sim_fault_spec *fault =
            fixture_add_fault(&swarm->f, SIM_FAULT_PARTITION, from, to, NULL);
        char side[] = "replica[1]";
        side[8] = (char)('1' + sim_random_below(&swarm->random, SWARM_REPLICAS));
        fixture_fault_sides(&swarm->f, fault, side, "master");
    }
    if ((swarm->of.allowed >> SWARM_CRASH & 1) != 0 && sim_random_chance(&swarm->random, 0.5)) {
        sim_time from = swarm_moment(swarm);
        sim_time to = from + ms(1) + (sim_time)sim_random_below(&swarm->random, 2000000000);
        fixture_add_fault(&swarm->f, SIM_FAULT_CRASH, from, to, "master");
    }
}

static inline void chain_prepare(struct swarm *swarm)
{
    chain_add_master(swarm, "members = 'replica', lease = s(1), drift = percent(1)");
    chain_faults(swarm);
}

/* Members are trusted to stop when they are taken for failed, and do not. */
static inline void chain_prepare_trusting(struct swarm *swarm)
{
    chain_add_master(swarm,
                     "members = 'replica', lease = s(1), drift = percent(1), fencing = false");
    chain_faults(swarm);
}

#endif

/* Multi-Paxos under random faults, thousands of seeds: reads by log and by lease, with the disk
 * and, where nobody crashes, without; with snapshots all the time, and a narrow window. See
 * test_paxos_swarm.c.
 */
#include "paxos_swarm.h"

static void test_many(void)
{
    static const struct {
        const char *params;
        unsigned faults;
        void (*prepare)(struct swarm *swarm);
    } cases[] = {
        {SWARM_DURABLE, SWARM_ALL_FAULTS, paxos_plain},
        {SWARM_LEASE, SWARM_ALL_FAULTS, paxos_lease},
        {SWARM_STORE, SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH), NULL},
        {SWARM_DURABLE SWARM_FORGETFUL, SWARM_ALL_FAULTS, paxos_compacted},
        {SWARM_LEASE ", snapshot = 30, snapshot_keep = 10" SWARM_NARROW, SWARM_ALL_FAULTS,
         paxos_compacted},
        {SWARM_STORE SWARM_FORGETFUL, SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH), NULL},
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){cases[i].params, &sim_model_store_paxos,
                                               cases[i].params, cases[i].faults, true},
                           1000 * i + 101, 700, false, cases[i].prepare);
        if (cases[i].faults == SWARM_ALL_FAULTS) {
            swarm_check(swarm);
        }
        g_assert_cmpuint(swarm->violations, ==, 0);
        g_assert_cmpuint(swarm->diverged, ==, 0);
        g_assert_cmpuint(swarm->stuck, ==, 0);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/paxos/swarm/many", test_many);
    return g_test_run();
}

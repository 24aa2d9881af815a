/* Multi-Paxos under random faults, thousands of seeds: reads by log and by lease, with the disk
 * and, where nobody crashes, without. See test_paxos_swarm.c.
 */
#include "paxos_swarm.h"

static void test_many(void)
{
    static const struct {
        const char *params;
        unsigned faults;
    } cases[] = {
        {SWARM_DURABLE, SWARM_ALL_FAULTS},
        {SWARM_LEASE, SWARM_ALL_FAULTS},
        {SWARM_STORE, SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH)},
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm = swarm_new((struct swarm_case){cases[i].params, &sim_model_store_paxos,
                                                            cases[i].params, cases[i].faults, true},
                                        1000 * i + 101, 900, false);
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

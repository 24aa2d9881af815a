/* The chain under random faults, thousands of seeds: reads at the tail and at any member, with and
 * without the disk. See test_chain_swarm.c.
 */
#include "chain_swarm.h"

static void test_many(void)
{
    static const struct {
        const char *params;
        unsigned faults;
    } cases[] = {
        {SWARM_DURABLE, SWARM_ALL_FAULTS},
        {SWARM_DURABLE ", protocol = 'craq'", SWARM_ALL_FAULTS},
        {SWARM_CHAIN, SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH)},
        {SWARM_CHAIN ", protocol = 'craq'", SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH)},
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){cases[i].params, &sim_model_store_chain,
                                               cases[i].params, cases[i].faults, true},
                           1000 * i + 101, 900, false, chain_prepare);
        g_assert_cmpuint(swarm->violations, ==, 0);
        g_assert_cmpuint(swarm->diverged, ==, 0);
        g_assert_cmpuint(swarm->stuck, ==, 0);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chain/swarm/many", test_many);
    return g_test_run();
}

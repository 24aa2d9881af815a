/* Thousands of seeds of the swarms of store.leader that must never fail, and those of
 * compare-and-set. The quick ones are in test_leader_swarm.c.
 */
#include "leader_swarm.h"

#define SEEDS 1500

static void play(const char *what, const char *params, unsigned faults, bool has_compare_and_set)
{
    struct swarm *swarm = swarm_new(
        (struct swarm_case){what, &sim_model_store_leader, params, faults, has_compare_and_set},
        1000, SEEDS, false);
    swarm_check_right(swarm);
    g_assert_true(swarm->failed > 0 || swarm_is_alone());
    g_free(swarm);
}

static void test_semi_sync(void)
{
    play("semi-synchronous", SWARM_SAFE, SWARM_ALL_FAULTS, false);
    play("three acknowledgements", SWARM_DURABLE ", mode = 'semi_sync', acks = 3", SWARM_ALL_FAULTS,
         false);
}

static void test_sync(void)
{
    play("synchronous", SWARM_DURABLE ", mode = 'sync'", SWARM_ALL_FAULTS, false);
    play("applied", SWARM_DURABLE ", mode = 'sync', acknowledge = 'applied'", SWARM_ALL_FAULTS,
         false);
}

static void test_compare_and_set(void)
{
    play("compare-and-set", SWARM_SAFE, 1u << SWARM_PARTITION | 1u << SWARM_CLOCK, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leader/swarm/long/semi_sync", test_semi_sync);
    g_test_add_func("/leader/swarm/long/sync", test_sync);
    g_test_add_func("/leader/swarm/long/compare_and_set", test_compare_and_set);
    return g_test_run();
}

/* Thousands of seeds of the swarm of store.sharded (shard_swarm.h), with the faults of routers, of
 * shards, and between them. If this failed, a rebalancing would lose a write in a rare case.
 */
#include "shard_swarm.h"

static void play(const char *what, const char *params, void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_sharded, params, SWARM_ALL_FAULTS, true}, 1000,
        1500, false, prepare);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_single(void)
{
    play("single, range", SHARD_SWARM "by = 'range'", shard_prepare_single);
}

static void test_raft(void)
{
    play("raft, modulo", SHARD_SWARM "by = 'modulo'", shard_prepare_raft);
}

static void test_fast(void)
{
    play("raft, all at once", SHARD_SWARM_SHARDS "batch = 6, fsync = ms(1), by = 'modulo'",
         shard_prepare_raft);
}

static void test_oversized(void)
{
    play("raft, oversized", SHARD_SWARM SHARD_SWARM_OVERSIZED, shard_prepare_raft);
    g_assert_cmpuint(shard_tally.splits, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shard/swarm/long/single", test_single);
    g_test_add_func("/shard/swarm/long/raft", test_raft);
    g_test_add_func("/shard/swarm/long/fast", test_fast);
    g_test_add_func("/shard/swarm/long/oversized", test_oversized);
    return g_test_run();
}

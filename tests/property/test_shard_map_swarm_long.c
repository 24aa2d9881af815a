/* Thousands of seeds of the swarm of store.sharded with a map of shards in a configuration store
 * (shard_swarm.h), with the faults of routers, shards, their stores, that of the map, and between
 * them. If this failed, a router with an old map would see or write what is no more, in a rare
 * case.
 */
#include "shard_swarm.h"

static void play(const char *what, const char *params, void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_sharded, params, SWARM_ALL_FAULTS, true}, 1000,
        1500, false, prepare);
    swarm_check(swarm);
    g_free(swarm);
    shard_map_report(what);
    g_assert_cmpuint(shard_tally.unfinished, ==, 0);
}

static void test_single(void)
{
    play("map, range", SHARD_SWARM_CONFIG "by = 'range'", shard_prepare_config_single);
}

static void test_raft(void)
{
    play("map in raft, modulo", SHARD_SWARM_CONFIG "by = 'modulo'", shard_prepare_config_raft);
}

static void test_fast(void)
{
    play("map in raft, all at once",
         SHARD_SWARM_SHARDS "config = 'config', batch = 6, by = 'modulo'",
         shard_prepare_config_raft);
}

static void test_slow(void)
{
    play("map in raft, slow copies", SHARD_SWARM_SLOW, shard_prepare_config_raft);
}

static void test_oversized(void)
{
    play("map, oversized", SHARD_SWARM_CONFIG SHARD_SWARM_OVERSIZED, shard_prepare_config_single);
    g_assert_cmpuint(shard_tally.splits, >, 0);
}

/* Of all that was played: what a life had sent to the configuration store when it ended. */
static void test_reached(void)
{
    g_assert_cmpuint(shard_tally.map_late, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shard/swarm/map/long/single", test_single);
    g_test_add_func("/shard/swarm/map/long/raft", test_raft);
    g_test_add_func("/shard/swarm/map/long/fast", test_fast);
    g_test_add_func("/shard/swarm/map/long/slow", test_slow);
    g_test_add_func("/shard/swarm/map/long/oversized", test_oversized);
    g_test_add_func("/shard/swarm/map/long/reached", test_reached);
    return g_test_run();
}

/* store.sharded with a map of shards in a configuration store, before shards that know what they
 * own (shard_swarm.h): linearizable while keys move, routers have maps that are old, and the store
 * that the latest one is in fails, too. If this failed, a router with an old map would be answered
 * by a shard that has given the key away, or a first router that died would change the map once
 * more.
 */
#include "shard_swarm.h"

static void play(const char *what, const char *params, uint64_t seeds,
                 void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_sharded, params, SWARM_ALL_FAULTS, true}, 1,
        seeds, false, prepare);
    swarm_check(swarm);
    g_free(swarm);
    shard_map_report(what);
    g_assert_cmpuint(shard_tally.moved, >, 0);
    g_assert_cmpuint(shard_tally.refused, >, 0);
    g_assert_cmpuint(shard_tally.unfinished, ==, 0);
}

static void test_single(void)
{
    play("map, range", SHARD_SWARM_CONFIG "by = 'range'", 40, shard_prepare_config_single);
}

static void test_raft(void)
{
    play("map in raft, modulo", SHARD_SWARM_CONFIG "by = 'modulo'", 40, shard_prepare_config_raft);
}

/* Lives of the first router that end while a change of theirs is under way. */
static void test_lives(void)
{
    play("map in raft, slow copies", SHARD_SWARM_SLOW, 60, shard_prepare_config_raft);
    g_assert_true(shard_tally.map_late > 0 || swarm_is_alone());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shard/swarm/map/single", test_single);
    g_test_add_func("/shard/swarm/map/raft", test_raft);
    g_test_add_func("/shard/swarm/map/lives", test_lives);
    return g_test_run();
}

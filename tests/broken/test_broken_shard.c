/* Broken twins of store.sharded (tests/broken/build.sh): what each lacks in the hand-over of keys
 * is found by the swarm, and nothing is found in the model itself. If this failed, a rebalancing
 * that is wrong in that way would pass for a right one.
 */
#include "shard_swarm.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

/* Plays seeds from `first` on. A twin may well be caught in the runs of another one, too. */
static void play(const char *twin, uint64_t first)
{
    if (!is_twin(twin) && !is_twin("none")) {
        return;
    }
    struct swarm *swarm =
        swarm_new_with((struct swarm_case){twin, &sim_model_store_sharded,
                                           SHARD_SWARM "by = 'modulo'", SWARM_ALL_FAULTS, true},
                       first, 20, is_twin(twin), shard_prepare_raft);
    g_assert_cmpuint(swarm->violations, ==, is_twin(twin) ? 1 : 0);
    g_free(swarm);
}

/* The same of what shards and a configuration store add to that. */
static void play_map(const char *twin, const char *params, uint64_t seeds,
                     void (*prepare)(struct swarm *swarm))
{
    if (!is_twin(twin) && !is_twin("none")) {
        return;
    }
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){twin, &sim_model_store_sharded, params, SWARM_ALL_FAULTS, true}, 1,
        seeds, is_twin(twin), prepare);
    g_assert_cmpuint(swarm->violations, ==, is_twin(twin) ? 1 : 0);
    g_free(swarm);
}

static void test_owns(void)
{
    play_map("shard_owns", SHARD_SWARM_CONFIG "by = 'modulo'", 20, shard_prepare_config_single);
}
static void test_floor(void)
{
    play_map("shard_floor", SHARD_SWARM_CONFIG "by = 'modulo'", 20, shard_prepare_config_single);
}
static void test_open(void)
{
    play_map("shard_open", SHARD_SWARM_CONFIG "by = 'modulo'", 20, shard_prepare_config_single);
}
static void test_remembers(void)
{
    play_map("shard_remembers", SHARD_SWARM_CONFIG "by = 'modulo'", 20,
             shard_prepare_config_single);
}
static void test_gives(void)
{
    play_map("shard_gives", SHARD_SWARM_CONFIG "by = 'modulo'", 20, shard_prepare_config_single);
}
static void test_epoch(void)
{
    play_map("shard_epoch", SHARD_SWARM_SLOW, 60, shard_prepare_config_raft);
}
static void test_holds(void)
{
    play("shard_holds", 1);
}
static void test_drains(void)
{
    play("shard_drains", 1);
}
static void test_compares(void)
{
    play("shard_compares", 40);
}
static void test_asks(void)
{
    play("shard_asks", 10);
}
static void test_disk(void)
{
    play("shard_disk", 1);
}
static void test_waits(void)
{
    play("shard_waits", 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/broken/shard/holds", test_holds);
    g_test_add_func("/broken/shard/drains", test_drains);
    g_test_add_func("/broken/shard/compares", test_compares);
    g_test_add_func("/broken/shard/asks", test_asks);
    g_test_add_func("/broken/shard/disk", test_disk);
    g_test_add_func("/broken/shard/waits", test_waits);
    g_test_add_func("/broken/shard/owns", test_owns);
    g_test_add_func("/broken/shard/floor", test_floor);
    g_test_add_func("/broken/shard/open", test_open);
    g_test_add_func("/broken/shard/remembers", test_remembers);
    g_test_add_func("/broken/shard/gives", test_gives);
    g_test_add_func("/broken/shard/epoch", test_epoch);
    return g_test_run();
}

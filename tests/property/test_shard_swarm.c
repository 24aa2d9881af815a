/* store.sharded under random faults while keys move (swarm.h): linearizable over shards that are,
 * and not when the shards forget what they acknowledged. If this failed, a rebalancing would lose
 * writes or bring old ones back.
 */
#define SWARM_QUICK
#include "shard_swarm.h"

static void play(const char *what, const char *params, void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_sharded, params, SWARM_ALL_FAULTS, true}, 1, 120,
        false, prepare);
    swarm_check(swarm);
    g_free(swarm);
    g_test_message("%s: %" G_GUINT64_FORMAT " keys moved, %" G_GUINT64_FORMAT
                   " requests held, %" G_GUINT64_FORMAT " copies tried again, %" G_GUINT64_FORMAT
                   " of which found that they had arrived, %" G_GUINT64_FORMAT " splits by size",
                   what, shard_tally.moved, shard_tally.held, shard_tally.retried, shard_tally.late,
                   shard_tally.splits);
    if (swarm_is_alone()) {
        return;
    }
    g_assert_cmpuint(shard_tally.moved, >, 0);
    g_assert_cmpuint(shard_tally.held, >, 0);
    g_assert_cmpuint(shard_tally.retried, >, 0);
    g_assert_cmpuint(shard_tally.unfinished, ==, 0);
}

static void test_single(void)
{
    play("single, range", SHARD_SWARM "by = 'range'", shard_prepare_single);
}

static void test_raft(void)
{
    play("raft, modulo", SHARD_SWARM "by = 'modulo'", shard_prepare_raft);
}

/* Ranges are also split where they are too big, while shards come and go. */
static void test_oversized(void)
{
    play("single, oversized", SHARD_SWARM SHARD_SWARM_OVERSIZED, shard_prepare_single);
    g_assert_true(shard_tally.splits > 0 || swarm_is_alone());
}

/* Of all that was played. */
static void test_reached(void)
{
    g_assert_true(shard_tally.late > 0 || swarm_is_alone());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shard/swarm/single", test_single);
    g_test_add_func("/shard/swarm/raft", test_raft);
    g_test_add_func("/shard/swarm/oversized", test_oversized);
    g_test_add_func("/shard/swarm/reached", test_reached);
    return g_test_run();
}

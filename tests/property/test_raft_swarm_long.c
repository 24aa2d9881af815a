/* store.raft under random faults, thousands of seeds: every way to read, with and without what
 * Raft can do without, one entry at a time, and with snapshots all the time. See
 * test_raft_swarm.c.
 */
#include "raft_swarm.h"

static void test_many(void)
{
    static const char *const params[] = {
        SWARM_DURABLE,
        SWARM_DURABLE ", read = 'lease'",
        SWARM_DURABLE ", read = 'log', batch = 1, pipeline = 1",
        SWARM_DURABLE ", pre_vote = false",
        SWARM_DURABLE ", read = 'lease', preferred = 1",
        SWARM_DURABLE ", pre_vote = false, check_quorum = false",
        SWARM_DURABLE ", snapshot = 7, snapshot_keep = 0, snapshot_chunk = 1",
        SWARM_DURABLE ", read = 'lease', snapshot = 30, snapshot_keep = 20, batch = 3, "
                      "pipeline = 2",
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm = swarm_new((struct swarm_case){params[i], &sim_model_store_raft,
                                                            params[i], SWARM_ALL_FAULTS, true},
                                        1000 * i + 1001, 500, false);
        swarm_check(swarm);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/swarm/many", test_many);
    return g_test_run();
}

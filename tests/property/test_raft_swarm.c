/* store.raft under random faults (swarm.h): what clients see is linearizable, whichever way it
 * reads; when all is healed it serves, and all members hold the same. If this failed, it would not
 * be Raft.
 */
#include "raft_swarm.h"

static void play(const char *what, const char *params, uint64_t first, uint64_t seeds)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){what, &sim_model_store_raft, params, SWARM_ALL_FAULTS, true},
                  first, seeds, false);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_reads(void)
{
    play("read index", SWARM_DURABLE, 1, 20);
    play("leases, and a member that should lead", SWARM_DURABLE ", read = 'lease', preferred = 3",
         101, 20);
    play("reads in the log, small batches, snapshots",
         SWARM_DURABLE ", read = 'log', batch = 2, pipeline = 2, snapshot = 20, snapshot_keep = 5, "
                       "snapshot_chunk = 1",
         201, 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/swarm/reads", test_reads);
    return g_test_run();
}

/* store.raft under random faults (swarm.h): what clients see is linearizable, whichever way it
 * reads and whoever votes; when all is healed it serves, and all members hold the same. If this
 * failed, it would not be Raft.
 */
#define SWARM_QUICK
#include "raft_swarm.h"

static void play(const char *what, const char *params, uint64_t first, uint64_t seeds,
                 void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_raft, params, SWARM_ALL_FAULTS, true}, first,
        seeds, false, prepare);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_reads(void)
{
    play("read index", SWARM_DURABLE, 1, 40, raft_plain);
    play("leases, and a member that should lead", SWARM_DURABLE ", read = 'lease', preferred = 3",
         101, 40, raft_lease);
    play("reads in the log, small batches, snapshots",
         SWARM_DURABLE ", read = 'log', batch = 2, pipeline = 2, snapshot = 20, snapshot_keep = 5, "
                       "snapshot_chunk = 1",
         201, 40, raft_compacted);
}

static void test_members(void)
{
    play("members come and go", SWARM_DURABLE, 301, 40, raft_resize);
    play("members come and go, leases, snapshots",
         SWARM_DURABLE ", read = 'lease', snapshot = 20, snapshot_keep = 5, preferred = 5", 401, 40,
         raft_resize);
    play("spares", SWARM_SPARES, 501, 30, raft_spares);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/swarm/reads", test_reads);
    g_test_add_func("/raft/swarm/members", test_members);
    return g_test_run();
}

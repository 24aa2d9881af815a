/* store.raft under random faults, thousands of seeds: every way to read, with and without what
 * Raft can do without, one entry at a time, with snapshots all the time, and with members that come
 * and go. See test_raft_swarm.c.
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

static void test_members(void)
{
    static const struct {
        const char *params;
        void (*prepare)(struct swarm *swarm);
    } cases[] = {
        {SWARM_DURABLE, raft_resize},
        {SWARM_DURABLE ", read = 'lease', preferred = 5", raft_resize},
        {SWARM_DURABLE ", read = 'lease', snapshot = 7, snapshot_keep = 0, snapshot_chunk = 1",
         raft_resize},
        {SWARM_DURABLE ", pre_vote = false, check_quorum = false", raft_resize},
        {SWARM_SPARES, raft_resize},
        {SWARM_SPARES ", read = 'lease', snapshot = 20, snapshot_keep = 5", raft_spares},
        {SWARM_SPARES ", pre_vote = false", raft_spares},
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){cases[i].params, &sim_model_store_raft,
                                               cases[i].params, SWARM_ALL_FAULTS, true},
                           1000 * i + 20001, 500, false, cases[i].prepare);
        swarm_check(swarm);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/swarm/many", test_many);
    g_test_add_func("/raft/swarm/many-members", test_members);
    return g_test_run();
}

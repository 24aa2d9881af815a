/* The quorum store under random faults, thousands of seeds: every way to choose R and W that meet,
 * and a ring on which not all members hold all keys. See test_quorum_swarm.c.
 */
#include "quorum_swarm.h"

static void test_many(void)
{
    static const char *const params[] = {
        SWARM_DURABLE ", protocol = 'abd'",
        SWARM_DURABLE ", protocol = 'abd', read_quorum = 1, write_quorum = 5",
        SWARM_DURABLE ", protocol = 'abd', read_quorum = 2, write_quorum = 4",
        SWARM_DURABLE ", protocol = 'abd', read_quorum = 4, write_quorum = 2",
        SWARM_DURABLE ", protocol = 'abd', replicas = 3",
        SWARM_DURABLE ", protocol = 'abd', replicas = 3, read_repair = percent(0), "
                      "hinted_handoff = false",
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm = swarm_new((struct swarm_case){params[i], &sim_model_store_quorum,
                                                            params[i], SWARM_ALL_FAULTS, false},
                                        1000 * i + 101, 500, false);
        if (i < 4) {
            swarm_check(swarm);
        }
        g_assert_cmpuint(swarm->violations, ==, 0);
        g_assert_cmpuint(swarm->stuck, ==, 0);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/swarm/many", test_many);
    return g_test_run();
}

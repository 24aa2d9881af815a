/* store.quorum under random faults (swarm.h): the atomic register stays linearizable, and
 * what is left out of it on purpose does not. If this failed, protocol = "abd" would promise what
 * it does not keep.
 */
#include "quorum_swarm.h"

static void test_atomic(void)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){"abd", &sim_model_store_quorum,
                                      SWARM_DURABLE ", protocol = 'abd', read_repair = percent(0)",
                                      SWARM_ALL_FAULTS, false},
                  1, 60, false);
    swarm_check(swarm);
    g_free(swarm);
}

/* What must go wrong: the same without one of the things that make it right. */
static void test_broken(void)
{
    static const struct swarm_case cases[] = {
        {"last write wins, wrong clocks", &sim_model_store_quorum, SWARM_DURABLE, 1u << SWARM_CLOCK,
         false},
        {"last write wins, right clocks", &sim_model_store_quorum, SWARM_DURABLE,
         SWARM_ALL_FAULTS & ~(1u << SWARM_CLOCK), false},
        {"quorums that do not meet", &sim_model_store_quorum,
         SWARM_DURABLE ", protocol = 'abd', read_quorum = 2, write_quorum = 2", 0, false},
        {"no fsync", &sim_model_store_quorum, SWARM_STORE ", protocol = 'abd', sync_period = s(30)",
         1u << SWARM_CRASH, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm = swarm_new(cases[i], 1, 100, true);
        g_assert_cmpuint(swarm->violations, ==, 1);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/swarm/atomic", test_atomic);
    g_test_add_func("/quorum/swarm/broken", test_broken);
    return g_test_run();
}

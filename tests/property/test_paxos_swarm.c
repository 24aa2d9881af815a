/* store.paxos under random faults (swarm.h): linearizable, with reads by log and by lease, with
 * slots that are forgotten and a window that is always full; and not without a disk. If this
 * failed, members would not agree.
 */
#define SWARM_QUICK
#include "paxos_swarm.h"

static void play(const char *what, const char *params, void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_paxos, params, SWARM_ALL_FAULTS, true}, 1, 80,
        false, prepare);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_log(void)
{
    play("reads by log", SWARM_DURABLE, paxos_plain);
}

static void test_lease(void)
{
    play("reads by lease", SWARM_LEASE, paxos_lease);
}

static void test_forgetful(void)
{
    play("snapshots, a narrow window", SWARM_DURABLE SWARM_FORGETFUL SWARM_NARROW, paxos_compacted);
}

/* Acceptors that forget what they promised and accepted. */
static void test_memory(void)
{
    struct swarm *swarm = swarm_new((struct swarm_case){"without fsync", &sim_model_store_paxos,
                                                        SWARM_STORE, 1u << SWARM_CRASH, true},
                                    1, 100, true);
    g_assert_cmpuint(swarm->violations, ==, 1);
    g_free(swarm);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/paxos/swarm/log", test_log);
    g_test_add_func("/paxos/swarm/lease", test_lease);
    g_test_add_func("/paxos/swarm/forgetful", test_forgetful);
    g_test_add_func("/paxos/swarm/memory", test_memory);
    return g_test_run();
}

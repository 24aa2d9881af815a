/* store.gossip under random faults (swarm.h): when all is mended all members come to hold the same,
 * as long as each tells everything that it has, and do not where rumours die out. If this failed,
 * its page would promise a convergence that it does not keep.
 */
#define SWARM_QUICK
#include "gossip_swarm.h"

static void test_all_told(void)
{
    gossip_play(1, 70);
}

static void test_broken(void)
{
    static const char *const rumours = GOSSIP ", way = 'rumor', k = 1";
    struct swarm *swarm = swarm_new_with((struct swarm_case){"rumours", &sim_model_store_gossip,
                                                             rumours, 1u << SWARM_PARTITION, false},
                                         1, 10, false, gossip_converges);
    g_assert_cmpuint(swarm->diverged, >, 0);
    g_free(swarm);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gossip/swarm/all-told", test_all_told);
    g_test_add_func("/gossip/swarm/broken", test_broken);
    return g_test_run();
}

/* store.gossip under random faults, thousands of seeds: each way in which all is told. See
 * test_gossip_swarm.c.
 */
#include "gossip_swarm.h"

static void test_many(void)
{
    gossip_play(101, 800);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gossip/swarm/many", test_many);
    return g_test_run();
}

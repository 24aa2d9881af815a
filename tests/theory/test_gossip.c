/* Epidemics through store.gossip against simulations of them: rumours among 1,000 sites (Demers and
 * others 1987), and rounds until all know. If this failed, updates would spread at another pace
 * than the rules at the head of models/store/gossip/gossip.c say, or stop at another time. The
 * larger groups: test_gossip_long.c.
 */
#include "gossip.h"
#include "gossip_tables.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/gossip/rumors", GINT_TO_POINTER(12), test_rumors);
    g_test_add_data_func("/gossip/rounds", GINT_TO_POINTER(100), test_rounds);
    return g_test_run();
}

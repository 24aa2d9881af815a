/* Epidemics through store.gossip: the whole tables, see test_gossip.c. */
#include "gossip.h"
#include "gossip_tables.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/gossip/rumors", GINT_TO_POINTER(400), test_rumors);
    g_test_add_data_func("/gossip/rounds", GINT_TO_POINTER(10000), test_rounds);
    return g_test_run();
}

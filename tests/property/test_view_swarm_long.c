/* Thousands of seeds of the swarm of store.view (view_swarm.h). The quick ones are in
 * test_view_swarm.c.
 */
#include "view_swarm.h"

static void test_many(void)
{
    static const char *const params[] = {
        VIEW "mode = 'async'",
        VIEW "mode = 'async', workers = 1",
        VIEW "mode = 'async', backlog = 2, fetch = true",
        VIEW "mode = 'sync'",
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm = view_swarm_new(params[i], 10001 + 1000 * i, 800, false);
        swarm_check(swarm);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/swarm/many", test_many);
    return g_test_run();
}

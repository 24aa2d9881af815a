/* store.view under random faults (view_swarm.h): what is derived is of what was written, in order,
 * and all of it but what crashes took. If this failed, an index would have what nobody wrote, lack
 * what somebody did, or be told fresher than it is.
 */
#define SWARM_QUICK
#include "view_swarm.h"

static void play(const char *params, uint64_t first)
{
    struct swarm *swarm = view_swarm_new(params, first, 60, false);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_async(void)
{
    play(VIEW "mode = 'async'", 1);
}

static void test_backlog(void)
{
    play(VIEW "mode = 'async', backlog = 2, workers = 2, fetch = true", 1001);
}

static void test_sync(void)
{
    play(VIEW "mode = 'sync'", 2001);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/swarm/async", test_async);
    g_test_add_func("/view/swarm/backlog", test_backlog);
    g_test_add_func("/view/swarm/sync", test_sync);
    return g_test_run();
}

/* store.single under crashes and pauses, thousands of seeds: fsyncs fast and slow, with
 * checkpoints, with one server. See test_single_swarm.c.
 */
#include "single_swarm.h"

static void test_many(void)
{
    static const char *const params[] = {
        SINGLE ", fsync = exponential(ms(10))",
        SINGLE ", fsync = exponential(ms(1)), checkpoint = s(1)",
        SINGLE ", fsync = exponential(ms(30)), servers = 1",
    };
    for (uint64_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm = swarm_new(
            (struct swarm_case){params[i], &sim_model_store_single, params[i], SINGLE_FAULTS, true},
            1000 * i + 101, 800, false);
        single_check(swarm);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/single/swarm/many", test_many);
    return g_test_run();
}

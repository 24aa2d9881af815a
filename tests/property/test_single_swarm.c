/* store.single under crashes and pauses (swarm.h): linearizable with fsync, and not without. If
 * this failed, an acknowledged write of a single machine could be gone.
 */
#define SWARM_QUICK
#include "single_swarm.h"
#include "swarm_pair.h"

static void test_durable(void)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){"fsync", &sim_model_store_single,
                                      SINGLE ", fsync = exponential(ms(10))", SINGLE_FAULTS, true},
                  1, 300, false);
    single_check(swarm);
    g_free(swarm);
}

static void test_broken(void)
{
    static const struct swarm_case cases[] = {
        {"no fsync", &sim_model_store_single, SINGLE, SINGLE_FAULTS, true},
        {"memory", &sim_model_store_single, SINGLE ", storage = 'memory'", SINGLE_FAULTS, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        swarm_check_pair(cases[i], SINGLE ", fsync = exponential(ms(10))");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/single/swarm/durable", test_durable);
    g_test_add_func("/single/swarm/broken", test_broken);
    return g_test_run();
}

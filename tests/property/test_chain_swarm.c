/* store.chain and CRAQ under random faults (swarm.h): linearizable, and no longer when one of the
 * things that make it so is left out. If this failed, a chain would promise what it does not keep.
 */
#define SWARM_QUICK
#include "chain_swarm.h"

static void play(const char *what, const char *params)
{
    struct swarm *swarm = swarm_new_with(
        (struct swarm_case){what, &sim_model_store_chain, params, SWARM_ALL_FAULTS, true}, 1, 200,
        false, chain_prepare);
    swarm_check(swarm);
    g_free(swarm);
}

static void test_plain(void)
{
    play("chain", SWARM_DURABLE);
}

static void test_craq(void)
{
    play("craq", SWARM_DURABLE ", protocol = 'craq'");
}

/* Members that are taken for failed go on as they were. */
static void test_trusting(void)
{
    static const char *const params[] = {SWARM_DURABLE, SWARM_DURABLE ", protocol = 'craq'"};
    for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){"without fencing", &sim_model_store_chain, params[i],
                                               SWARM_ALL_FAULTS, true},
                           1, 300, true, chain_prepare_trusting);
        g_assert_cmpuint(swarm->violations, ==, 1);
        g_free(swarm);
    }
}

/* In memory only: when all have crashed all is lost. */
static void test_memory(void)
{
    struct swarm *swarm =
        swarm_new_with((struct swarm_case){"without fsync", &sim_model_store_chain, SWARM_CHAIN,
                                           1u << SWARM_CRASH, true},
                       1, 300, true, chain_prepare);
    g_assert_cmpuint(swarm->violations, ==, 1);
    g_free(swarm);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chain/swarm/plain", test_plain);
    g_test_add_func("/chain/swarm/craq", test_craq);
    g_test_add_func("/chain/swarm/trusting", test_trusting);
    g_test_add_func("/chain/swarm/memory", test_memory);
    return g_test_run();
}

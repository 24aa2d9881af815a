/* store.gossip under random faults (swarm.h): when all is mended all members come to hold the same,
 * as long as each tells everything that it has, and do not where rumours die out. If this failed,
 * its page would promise a convergence that it does not keep.
 */
#include "swarm.h"

#define GOSSIP "service = us(50), cycle = ms(500)"

/* Any answer may be old, and a crash takes what nobody else had. That all hold the same is looked
 * at in any case; of the history only that a write which stayed is not gone 20 s later. */
static void ask_to_converge(struct swarm *swarm)
{
    swarm->claim =
        (struct sim_check_claim){.level = SIM_CHECK_NO_WRITES_LOST_FOR, .bound = (uint64_t)s(20)};
}

static void test_all_told(void)
{
    static const char *const params[] = {GOSSIP ", way = 'push_pull'", GOSSIP ", way = 'push'",
                                         GOSSIP ", way = 'pull'"};
    for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct swarm *swarm =
            swarm_new_with((struct swarm_case){params[i], &sim_model_store_gossip, params[i],
                                               SWARM_ALL_FAULTS, false},
                           1000 * i + 1, 30, false, ask_to_converge);
        g_assert_cmpuint(swarm->violations + swarm->diverged + swarm->stuck, ==, 0);
        for (int kind = 0; kind < SWARM_FAULTS; kind++) {
            g_assert_cmpuint(swarm->happened[kind], >, 0);
        }
        g_assert_cmpuint(swarm->unknown, >, 0);
        g_free(swarm);
    }
}

static void test_broken(void)
{
    static const char *const rumours = GOSSIP ", way = 'rumor', k = 1";
    struct swarm *swarm = swarm_new_with((struct swarm_case){"rumours", &sim_model_store_gossip,
                                                             rumours, 1u << SWARM_PARTITION, false},
                                         1, 10, false, ask_to_converge);
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

/* store.leader under random faults (swarm.h): where a majority has what is acknowledged, and the
 * leader knows that it is the leader, it stays linearizable; and what leaves one of these out does
 * not. If this failed, fencing and acknowledgements would promise what they do not keep.
 */
#define SWARM_QUICK
#include "leader_swarm.h"
#include "swarm_pair.h"

static void test_safe(void)
{
    static const struct swarm_case cases[] = {
        {"semi-synchronous", &sim_model_store_leader, SWARM_SAFE, SWARM_ALL_FAULTS, false},
        {"synchronous", &sim_model_store_leader, SWARM_DURABLE ", mode = 'sync'", SWARM_ALL_FAULTS,
         false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm = swarm_new(cases[i], 1, 100, false);
        swarm_check(swarm);
        g_free(swarm);
    }
}

/* With compare-and-sets, under the faults of which it is soon known what became of a request. */
static void test_compare_and_set(void)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){"compare-and-set", &sim_model_store_leader, SWARM_SAFE,
                                      1u << SWARM_PARTITION | 1u << SWARM_CLOCK, true},
                  1, 60, false);
    swarm_check_right(swarm);
    g_assert_true(swarm_is_alone() || (swarm->happened[SWARM_PARTITION] > 0 && swarm->failed > 0));
    g_free(swarm);
}

/* What must go wrong: the same without one of the things that make it right. */
static void test_broken(void)
{
    static const struct swarm_case cases[] = {
        {"unfenced", &sim_model_store_leader, SWARM_SAFE ", fencing = false", SWARM_ALL_FAULTS,
         false},
        {"asynchronous", &sim_model_store_leader, SWARM_DURABLE, SWARM_ALL_FAULTS, false},
        {"too few acknowledgements", &sim_model_store_leader,
         SWARM_DURABLE ", mode = 'semi_sync', acks = 1", SWARM_ALL_FAULTS, false},
        {"without acknowledgements after a while", &sim_model_store_leader,
         SWARM_SAFE ", fallback = ms(300)", SWARM_ALL_FAULTS, false},
        {"reads from followers", &sim_model_store_leader, SWARM_SAFE ", reads = 'any'", 0, false},
        {"no fsync", &sim_model_store_leader,
         SWARM_STORE ", mode = 'semi_sync', acks = 2, sync_period = s(30)", 1u << SWARM_CRASH,
         false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        swarm_check_pair(cases[i], SWARM_SAFE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leader/swarm/safe", test_safe);
    g_test_add_func("/leader/swarm/compare_and_set", test_compare_and_set);
    g_test_add_func("/leader/swarm/broken", test_broken);
    return g_test_run();
}

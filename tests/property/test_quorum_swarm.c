/* store.quorum under random faults (swarm.h): the atomic register stays linearizable, and
 * what is left out of it on purpose does not. If this failed, protocol = "abd" would promise what
 * it does not keep.
 */
#define SWARM_QUICK
#include "quorum_swarm.h"
#include "swarm_pair.h"

static void test_atomic(void)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){"abd", &sim_model_store_quorum,
                                      SWARM_DURABLE ", protocol = 'abd', read_repair = percent(0)",
                                      SWARM_ALL_FAULTS, false},
                  1, 200, false);
    swarm_check(swarm);
    g_free(swarm);
}

/* The same keys are written through replicas whose clocks differ, or do not; nothing else goes
 * wrong in either, and that reads may race with writes is no loss. */
static void ask_for_writes(struct swarm *swarm)
{
    swarm->claim.level = SIM_CHECK_NO_LOST_WRITES;
}

static uint64_t lost(const char *what, unsigned faults, uint64_t seeds)
{
    struct swarm_case of = {what, &sim_model_store_quorum, SWARM_DURABLE, faults, false};
    struct swarm *swarm = swarm_new_with(of, 1, seeds, true, ask_for_writes);
    g_assert_cmpuint(swarm->happened[SWARM_CLOCK] > 0, ==, faults != 0);
    uint64_t violations = swarm->violations;
    g_free(swarm);
    return violations;
}

static void test_clocks(void)
{
    g_assert_cmpuint(lost("last write wins, clocks apart", 1u << SWARM_CLOCK, 20), ==, 1);
    g_assert_cmpuint(lost("last write wins, one time", 0, 20), ==, 0);
}

/* Nothing fails, all clocks agree, and each read meets each write that was over: two of them can
 * still see a write under way in the wrong order. That is what the second round of a read is for.
 */
static void test_races(void)
{
    struct swarm_case plain = {"R + W > N, nothing fails", &sim_model_store_quorum, SWARM_DURABLE,
                               0, false};
    struct swarm_case atomic = {"the same with abd", &sim_model_store_quorum,
                                SWARM_DURABLE ", protocol = 'abd'", 0, false};
    struct swarm *swarm = swarm_new(plain, 25, 10, true);
    g_assert_cmpuint(swarm->violations, ==, 1);
    g_free(swarm);
    swarm = swarm_new(atomic, 25, 10, true); /* the same seed among them */
    g_assert_cmpuint(swarm->violations, ==, 0);
    g_free(swarm);
}

/* What must go wrong: the atomic register without one of the things that make it right. */
static void test_broken(void)
{
    static const struct swarm_case cases[] = {
        {"last write wins, wrong clocks", &sim_model_store_quorum, SWARM_DURABLE, 1u << SWARM_CLOCK,
         false},
        {"last write wins, right clocks", &sim_model_store_quorum, SWARM_DURABLE,
         SWARM_ALL_FAULTS & ~(1u << SWARM_CLOCK), false},
        {"quorums that do not meet", &sim_model_store_quorum,
         SWARM_DURABLE ", protocol = 'abd', read_quorum = 2, write_quorum = 2", 0, false},
        {"no fsync", &sim_model_store_quorum, SWARM_STORE ", protocol = 'abd', sync_period = s(30)",
         1u << SWARM_CRASH, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        swarm_check_pair(cases[i], SWARM_DURABLE ", protocol = 'abd'");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/swarm/atomic", test_atomic);
    g_test_add_func("/quorum/swarm/broken", test_broken);
    g_test_add_func("/quorum/swarm/clocks", test_clocks);
    g_test_add_func("/quorum/swarm/races", test_races);
    return g_test_run();
}

/* store.quorum under random faults (quorum_swarm.h): the atomic register stays linearizable, and
 * what is left out of it on purpose does not. If this failed, protocol = "abd" would promise what
 * it does not keep, or the judge would let anything pass.
 */
#include "quorum_swarm.h"

/* ---- the judge ---- */

#define W(value, from, to)                                                                         \
    {                                                                                              \
        1, value, from, to, true, false                                                            \
    }
#define R(value, from, to)                                                                         \
    {                                                                                              \
        1, value, from, to, false, false                                                           \
    }
#define NO_ANSWER SIM_NEVER

static void test_judge(void)
{
    static const struct {
        const char *what;
        bool is_right;
        uint32_t count;
        struct zones_operation operations[4];
    } cases[] = {
        {"one after the other", true, 3, {W(5, 0, 1), R(5, 2, 3), R(5, 4, 5)}},
        {"nothing, then a value", true, 3, {R(0, 0, 1), W(5, 0, 2), R(5, 3, 4)}},
        {"nothing after a value", false, 2, {W(5, 0, 1), R(0, 2, 3)}},
        {"old while it is being written", true, 3, {W(5, 0, 1), W(6, 2, 9), R(5, 3, 4)}},
        {"new, then old", false, 4, {W(5, 0, 1), W(6, 2, 9), R(6, 3, 4), R(5, 5, 6)}},
        {"new and old at once", true, 4, {W(5, 0, 1), W(6, 2, 9), R(6, 3, 6), R(5, 5, 6)}},
        {"a write without an answer, seen", true, 3, {W(5, 0, NO_ANSWER), R(0, 1, 2), R(5, 3, 4)}},
        {"seen, and then not", false, 3, {W(5, 0, NO_ANSWER), R(5, 1, 2), R(0, 3, 4)}},
        {"a write without an answer, not seen", true, 2, {W(5, 0, NO_ANSWER), R(0, 9, 10)}},
        {"never written", false, 1, {R(5, 0, 1)}},
        {"read before it was written", false, 2, {R(5, 0, 1), W(5, 2, 3)}},
        {"two orders", false, 4, {W(5, 0, 9), W(6, 0, 9), R(5, 10, 11), R(6, 12, 13)}},
        {"failed, and seen", false, 2, {{1, 5, 0, NO_ANSWER, true, true}, R(5, 1, 2)}},
        {"a read without an answer", true, 2, {W(5, 0, 1), R(0, 2, NO_ANSWER)}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].what);
        g_assert_cmpint(zones_is_linearizable(cases[i].operations, cases[i].count, 1), ==,
                        cases[i].is_right);
        g_assert_true(zones_is_linearizable(cases[i].operations, cases[i].count, 2));
    }
}

/* ---- the store ---- */

static void test_atomic(void)
{
    struct swarm *swarm =
        swarm_new("abd", SWARM_DURABLE ", protocol = 'abd', read_repair = percent(0)",
                  SWARM_ALL_FAULTS, 1, 60, false);
    swarm_check(swarm);
    g_free(swarm);
}

/* What must go wrong: the same without one of the things that make it right. */
static void test_broken(void)
{
    static const struct {
        const char *what, *params;
        unsigned allowed;
    } cases[] = {
        {"last write wins, wrong clocks", SWARM_DURABLE, 1u << SWARM_CLOCK},
        {"last write wins, right clocks", SWARM_DURABLE, SWARM_ALL_FAULTS & ~(1u << SWARM_CLOCK)},
        {"quorums that do not meet",
         SWARM_DURABLE ", protocol = 'abd', read_quorum = 2, write_quorum = 2", 0},
        {"no fsync", SWARM_STORE ", protocol = 'abd', sync_period = s(30)", 1u << SWARM_CRASH},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct swarm *swarm =
            swarm_new(cases[i].what, cases[i].params, cases[i].allowed, 1, 100, true);
        g_assert_cmpuint(swarm->violations, ==, 1);
        g_free(swarm);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/swarm/judge", test_judge);
    g_test_add_func("/quorum/swarm/atomic", test_atomic);
    g_test_add_func("/quorum/swarm/broken", test_broken);
    return g_test_run();
}

/* store.multi_leader under random faults, thousands of seeds: every kind, with fsync and without.
 * See test_leaders_swarm.c.
 */
#include "leaders_swarm.h"

static void test_many(void)
{
    static const struct {
        const char *params;
        unsigned faults;
    } cases[] = {
        {LEADERS_STORE LEADERS_DURABLE LEADERS_TIERS, SWARM_ALL_FAULTS},
        {LEADERS_STORE LEADERS_DURABLE "tier_0 = 1, ", SWARM_ALL_FAULTS},
        {LEADERS_STORE LEADERS_TIERS, SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH)},
    };
    for (int kind = LEADERS_LAST_WRITE; kind <= LEADERS_OR_SET; kind++) {
        for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            struct leaders_play *play =
                leaders_play_new((enum leaders_kind)kind, cases[i].params, cases[i].faults,
                                 1000 * i + 101, 500, false);
            g_assert_cmpuint(leaders_wrong(play), ==, 0);
            leaders_play_free(play);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leaders/swarm/many", test_many);
    return g_test_run();
}

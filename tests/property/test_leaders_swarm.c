/* store.multi_leader under random faults (leaders_swarm.h): each kind keeps what it promises with
 * fsync, and, where nobody crashes, without. If this failed, a counter would lose or double
 * increments, a set lose additions, or members differ for ever.
 */
#define SWARM_QUICK
#include "leaders_swarm.h"

static struct leaders_play *play(enum leaders_kind kind, const char *params, unsigned faults,
                                 uint64_t seeds)
{
    struct leaders_play *play = leaders_play_new(kind, params, faults, 1, seeds, false);
    g_assert_cmpuint(leaders_wrong(play), ==, 0);
    return play;
}

static void test_durable(void)
{
    for (int kind = LEADERS_LAST_WRITE; kind <= LEADERS_OR_SET; kind++) {
        struct leaders_play *played =
            play((enum leaders_kind)kind, LEADERS_STORE LEADERS_DURABLE LEADERS_TIERS,
                 SWARM_ALL_FAULTS, 40);
        if (swarm_is_alone()) {
            leaders_play_free(played);
            continue;
        }
        for (int fault = 0; fault < SWARM_FAULTS; fault++) {
            g_assert_cmpuint(played->swarm->happened[fault], >, 0);
        }
        g_assert_cmpuint(played->unknown, >, 0);
        g_assert_cmpuint(played->resent, >, 0);
        g_assert_cmpuint(played->syncs, >, 0);
        g_assert_true((played->handed > 0) == (kind == LEADERS_HANDOFF_COUNTER));
        g_assert_true((played->conflicts > 0) == (kind == LEADERS_SIBLINGS));
        g_assert_true((played->dropped > 0) == (kind == LEADERS_LAST_WRITE));
        g_assert_true((played->removed > 0) ==
                      (kind == LEADERS_SIBLINGS || kind == LEADERS_OR_SET));
        leaders_play_free(played);
    }
}

/* In memory, or on disk some time later. */
static void test_memory(void)
{
    for (int kind = LEADERS_LAST_WRITE; kind <= LEADERS_OR_SET; kind++) {
        leaders_play_free(play((enum leaders_kind)kind, LEADERS_STORE LEADERS_TIERS,
                               SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH), 10));
        leaders_play_free(play((enum leaders_kind)kind,
                               LEADERS_STORE LEADERS_TIERS "sync_period = none, ",
                               SWARM_ALL_FAULTS & ~(1u << SWARM_CRASH), 10));
    }
}

/* A crash then takes what was acknowledged. */
static void test_crashes(void)
{
    for (int kind = LEADERS_LAST_WRITE; kind <= LEADERS_OR_SET; kind++) {
        struct leaders_play *played =
            leaders_play_new((enum leaders_kind)kind, LEADERS_STORE LEADERS_TIERS,
                             1u << SWARM_CRASH | 1u << SWARM_CUT, 1, 200, true);
        g_assert_cmpuint(leaders_wrong(played), >, 0);
        leaders_play_free(played);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leaders/swarm/durable", test_durable);
    g_test_add_func("/leaders/swarm/memory", test_memory);
    g_test_add_func("/leaders/swarm/crashes", test_crashes);
    return g_test_run();
}

/* Broken twins of locks and of what compares their tokens (tests/broken/build.sh): what each lacks
 * is found by the swarm (lock_swarm.h), and nothing is found in the models themselves. If this
 * failed, a lock that is wrong in that way would pass for a right one.
 */
#define SWARM_QUICK
#include "lock_swarm.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

static void test_all(void)
{
    static const unsigned pauses = 1u << SWARM_PAUSE;
    static const struct {
        const char *twin;
        struct lock_case of;
        unsigned faults;
        uint64_t first; /* seed */
    } cases[] = {
        {"lock_lease", {&lock_stores[0], &lock_stores[0], "lock", true}, 0, 1},
        {"lock_fence", {&lock_stores[2], &lock_stores[0], "fencing", false}, pauses, 1},
        {"lock_reads", {&lock_stores[2], &lock_stores[0], "fencing", false}, pauses, 1},
        {"lock_precommitted", {&lock_stores[3], &lock_stores[0], "fencing", false}, pauses, 1},
        {"lock_again",
         {&lock_stores[0], &lock_stores[4], "fencing", false},
         SWARM_ALL_FAULTS,
         24038},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_it = is_twin(cases[i].twin);
        if (is_it || is_twin("none")) {
            struct lock_play *play =
                lock_play_new(&cases[i].of, cases[i].faults, cases[i].first, 40, is_it);
            g_assert_cmpuint(play->swarm->violations, ==, is_it ? 1 : 0);
            lock_play_free(play);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/broken/lock", test_all);
    return g_test_run();
}

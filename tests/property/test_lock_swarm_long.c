/* Thousands of seeds of the swarm of locks (lock_swarm.h): locks in every kind of store that can
 * have them, seats in every kind that compares tokens. The quick ones are in test_lock_swarm.c.
 */
#include "lock_swarm.h"

#define SEEDS 200

static void test_many(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lock_stores); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(lock_stores); j++) {
            struct lock_case of = {&lock_stores[i], &lock_stores[j], "fencing", false};
            uint64_t first = 20000 + 1000 * (i * G_N_ELEMENTS(lock_stores) + j);
            struct lock_play *play = lock_play_new(&of, SWARM_ALL_FAULTS, first, SEEDS, false);
            swarm_check(play->swarm);
            lock_play_free(play);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lock/swarm/many", test_many);
    return g_test_run();
}

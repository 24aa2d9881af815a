/* Locks with leases (client.locking) under random faults (lock_swarm.h): with fencing no write with
 * an old token is done, and nothing is sold twice, whatever store has locks and seats; and what
 * leaves one of the things out that make it so does not. If this failed, a thing could be sold
 * twice with every precaution taken, or a lock would be safe that is not.
 */
#define SWARM_QUICK
#include "lock_swarm.h"

/* Each kind of store has the locks once, and the seats once. */
static void test_fencing(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lock_stores); i++) {
        size_t other = (i + 2) % G_N_ELEMENTS(lock_stores);
        struct lock_case of = {&lock_stores[i], &lock_stores[other], "fencing", false};
        struct lock_play *play = lock_play_new(&of, SWARM_ALL_FAULTS, 1 + 1000 * i, 30, false);
        swarm_check(play->swarm);
        lock_play_free(play);
    }
}

/* A lock by itself is enough as long as nobody stands still and every answer comes in time. */
static void test_exclusive(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lock_stores); i++) {
        struct lock_case of = {&lock_stores[i], &lock_stores[i], "lock", true};
        struct lock_play *play = lock_play_new(&of, 1u << SWARM_CLOCK, 1, 5, false);
        swarm_check_right(play->swarm);
        lock_play_free(play);
    }
}

/* How many of the seeds up to the first that is wrong are wrong. */
static uint64_t wrong(const struct lock_case *of, unsigned faults)
{
    struct lock_play *play = lock_play_new(of, faults, 1, 20, true);
    uint64_t violations = play->swarm->violations;
    lock_play_free(play);
    return violations;
}

/* What must go wrong, and what makes it right, with the same seeds and the same faults. */
static void test_broken(void)
{
    static const struct lock_store abd = {"quorum, abd", &sim_model_store_quorum,
                                          "service = us(50), timeout = ms(400), fsync = ms(1), "
                                          "protocol = 'abd', read_quorum = 2, write_quorum = 2",
                                          NULL};
    const struct lock_store *single = &lock_stores[0], *raft = &lock_stores[2];
    static const unsigned pauses = 1u << SWARM_PAUSE;
    /* A holder stands still, and its write comes late. */
    g_assert_cmpuint(wrong(&(struct lock_case){raft, single, "lock", false}, pauses), ==, 1);
    g_assert_cmpuint(wrong(&(struct lock_case){raft, single, "fencing", false}, pauses), ==, 0);
    /* The same where nobody compares tokens. */
    g_assert_cmpuint(wrong(&(struct lock_case){raft, &abd, "fencing", false}, pauses), ==, 1);
    g_assert_cmpuint(wrong(&(struct lock_case){raft, raft, "fencing", false}, pauses), ==, 0);
    /* Two have a lock, with tokens or without. */
    g_assert_cmpuint(wrong(&(struct lock_case){raft, raft, "fencing", true}, pauses), ==, 1);
    g_assert_cmpuint(wrong(&(struct lock_case){raft, raft, "fencing", true}, 0), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lock/swarm/fencing", test_fencing);
    g_test_add_func("/lock/swarm/exclusive", test_exclusive);
    g_test_add_func("/lock/swarm/broken", test_broken);
    return g_test_run();
}

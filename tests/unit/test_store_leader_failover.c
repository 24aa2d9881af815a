/* store.leader when it fails: who leads when, what the old leader may still do, and what is lost.
 * If this failed, a failover would seem safer, or faster, than it is.
 */
#include "leader_story.h"

static void write_some(struct store_story *story, const char *to, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        store_story_expect(store_story_do(story, to, SIM_OP_WRITE, i, 100 + i), SIM_STATUS_OK, 0,
                           0);
    }
}

/* The last heartbeat is heard at 5.001 s; silence at 8.001, answers at 8.003, promises at 8.005. */
static void test_promotion(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async'");
    leader_story_start(&story);
    write_some(&story, "replica[1]", 3);
    fixture_run_until(&story.f, s(5) + ms(500));
    fixture_crash(&story.f, "replica[1]");
    fixture_run_until(&story.f, s(8) + ms(5) - 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "promotions"), ==, 0);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 9, 9),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(leader_story_read(&story, "replica[3]", SIM_CONSISTENCY_EVENTUAL, 3, 0),
                       SIM_STATUS_OK, 103, 0);
    store_story_wait(&story, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica[2]", "promotions"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 1);
    /* It serves when a majority has heard its first heartbeat. */
    store_story_wait(&story, ms(2) - 1);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 9, 9),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_wait(&story, 1);
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_WRITE, 9, 9), SIM_STATUS_OK, 0,
                       ms(2));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 2, 0), SIM_STATUS_OK, 102,
                       0);
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, s(2));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 9, 0), SIM_STATUS_OK, 9,
                       ms(2));
    store_story_end(&story);
}

/* Who has more leads, though it comes later in the group. */
static void test_most(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async'");
    leader_story_start(&story);
    fixture_cut(&story.f, "replica[1]", "replica[2]", true);
    fixture_cut(&story.f, "replica[2]", "replica[1]", true);
    write_some(&story, "replica[1]", 3);
    store_story_wait(&story, ms(10));
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, s(5));
    g_assert_cmpuint(fixture_total(&story.f, "replica[3]", "promotions"), ==, 1);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 2, 0), SIM_STATUS_OK, 102,
                       ms(2));
    g_assert_cmpuint(store_story_held(&story, "replica[2]", 2), ==, 102);
    store_story_end(&story);
}

/* A nomination that comes when it has just been elected, and nobody has heard its first heartbeat:
 * it must not claim another epoch for itself, which nobody has promised to follow. */
static void test_nominated_late(void)
{
    struct store_story story;
    leader_story_begin(&story, 5, "mode = 'async'");
    fixture_link(&story.f, 5, 2)->latency = sim_dist_constant(&story.f.arena, 0.0025);
    leader_story_start(&story);
    fixture_run_until(&story.f, s(5) + ms(500));
    fixture_crash(&story.f, "replica[1]");
    fixture_run_until(&story.f, s(8) + ms(6)); /* nominated by 3 and 4, promised by them */
    g_assert_cmpuint(fixture_total(&story.f, "replica[2]", "promotions"), ==, 1);
    fixture_run_until(&story.f, s(9)); /* nominated by 5 at 8.007 s */
    const struct store_told *told = store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 11);
    store_story_expect(told, SIM_STATUS_OK, 0, 0);
    g_assert_cmpuint(told->reply.version >> 36, ==,
                     11); /* the second epoch of the second of five */
    store_story_end(&story);
}

/* Asynchronous: what only the old leader had is gone, and is counted when it is back. */
static void test_lost(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async'");
    leader_story_start(&story);
    write_some(&story, "replica[1]", 2);
    store_story_wait(&story, ms(10));
    leader_story_isolate(&story, "replica[1]", true);
    write_some(&story, "replica[1]", 5); /* 1 and 2 again */
    store_story_wait(&story, s(5));
    g_assert_cmpuint(fixture_total(&story.f, "replica[2]", "promotions"), ==, 1);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 0);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(2));
    g_assert_cmpuint(fixture_total(&story.f, "replica[1]", "lost.writes"), ==, 5);
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 5), ==, 0);
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 2), ==, 102);
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 1);
    store_story_end(&story);
}

/* The same after a crash: what was on the disk is cut off, 5 writes and nothing else. */
static void test_lost_in_a_crash(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async', fsync = ms(1)");
    leader_story_start(&story);
    leader_story_isolate(&story, "replica[1]", true);
    for (uint64_t i = 0; i < 5; i++) {
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, i, 100),
                           SIM_STATUS_OK, 0, ms(1));
    }
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, s(5));
    leader_story_isolate(&story, "replica[1]", false);
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, s(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 5);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "dropped"), ==, 5);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "unsynced.writes"), ==, 0);
    store_story_end(&story);
}

/* Semi-synchronous: nobody was told that it was done, and nothing is lost. */
static void test_not_lost(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'semi_sync'");
    leader_story_start(&story);
    leader_story_isolate(&story, "replica[1]", true);
    uint32_t write = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, s(5));
    g_assert_false(story.told[write].is_told);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(3));
    g_assert_cmpint(story.told[write].reply.status, ==, SIM_STATUS_TIMEOUT);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "dropped"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 0);
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 0);
    store_story_end(&story);
}

/* Fenced, a leader that is cut off serves until its lease ends, 3 s after the heartbeat of 5 s. */
static void test_fencing(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async'");
    leader_story_start(&story);
    fixture_run_until(&story.f, s(5) + ms(500));
    leader_story_isolate(&story, "replica[1]", true);
    fixture_run_until(&story.f, s(8) - 1);
    write_some(&story, "replica[1]", 1);
    store_story_wait(&story, 1);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 1),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(leader_story_read(&story, "replica[1]", SIM_CONSISTENCY_EVENTUAL, 1, 0),
                       SIM_STATUS_OK, 101, 0);
    g_assert_cmpint(fixture_level(&story.f, "replica", "read_only"), ==, 1);
    store_story_wait(&story, s(1));
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 2);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "read_only"), ==, 0);
    store_story_end(&story);
}

/* Unfenced, both sides have a leader, both take writes, and nobody ends it. */
static void test_split_brain(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async', fencing = false");
    leader_story_start(&story);
    leader_story_isolate(&story, "replica[1]", true);
    store_story_wait(&story, s(10));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK, 0,
                       0);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 22), SIM_STATUS_OK, 0,
                       0);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(20));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 11,
                       0);
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 22,
                       ms(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 2);
    store_story_end(&story);
}

/* A minority does not elect anybody; unfenced, one alone is enough. */
static void test_minority(void)
{
    static const char *const params[] = {"fencing = true", "fencing = false"};
    for (int i = 0; i < 2; i++) {
        struct store_story story;
        leader_story_begin(&story, 3, params[i]);
        leader_story_start(&story);
        fixture_crash(&story.f, "replica[1]");
        fixture_crash(&story.f, "replica[2]");
        store_story_wait(&story, s(30));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "promotions"), ==, (uint64_t)i);
        store_story_end(&story);
    }
}

/* Without failover followers wait for it to come back. */
static void test_no_failover(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "failover = false, reads = 'any'");
    leader_story_start(&story);
    write_some(&story, "replica[1]", 1);
    store_story_wait(&story, ms(10));
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, s(20));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 2),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 101,
                       0);
    store_story_end(&story);
}

/* Too few followers: no writes. They were heard last at 2.002 s. */
static void test_min_followers(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "min_followers = 2");
    leader_story_start(&story);
    fixture_run_until(&story.f, s(2) + ms(500));
    fixture_crash(&story.f, "replica[3]");
    fixture_run_until(&story.f, s(5) + ms(2) - 1);
    write_some(&story, "replica[1]", 1);
    store_story_wait(&story, 1);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 1),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 101,
                       0);
    store_story_end(&story);
}

/* A follower that is gone holds writes up until it is left out; or the leader gives up waiting. */
static void test_waiting(void)
{
    static const struct {
        const char *params;
        sim_time took;
    } cases[] = {
        {"mode = 'sync'", 2402}, /* it was heard last at 2.002 s */
        {"mode = 'semi_sync', acks = 2, fallback = ms(700)", 700},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        leader_story_begin(&story, 3, cases[i].params);
        leader_story_start(&story);
        fixture_run_until(&story.f, s(2) + ms(600));
        fixture_crash(&story.f, "replica[3]");
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK,
                           0, ms(1) * cases[i].took);
        store_story_end(&story);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store.leader/promotion", test_promotion);
    g_test_add_func("/store.leader/most", test_most);
    g_test_add_func("/store.leader/nominated_late", test_nominated_late);
    g_test_add_func("/store.leader/lost", test_lost);
    g_test_add_func("/store.leader/lost_in_a_crash", test_lost_in_a_crash);
    g_test_add_func("/store.leader/not_lost", test_not_lost);
    g_test_add_func("/store.leader/fencing", test_fencing);
    g_test_add_func("/store.leader/split_brain", test_split_brain);
    g_test_add_func("/store.leader/minority", test_minority);
    g_test_add_func("/store.leader/no_failover", test_no_failover);
    g_test_add_func("/store.leader/min_followers", test_min_followers);
    g_test_add_func("/store.leader/waiting", test_waiting);
    return g_test_run();
}

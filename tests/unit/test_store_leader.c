/* store.leader while nothing fails: what a write waits for in each mode, how far behind followers
 * are, and who serves a read from what. If this failed, no figure about replication lag would hold.
 */
#include "leader_story.h"

/* What a write costs at the leader; replica[3] is 10 ms away, replica[2] 1 ms. */
static void test_modes(void)
{
    static const struct {
        const char *params;
        int write;
    } cases[] = {
        {"mode = 'async'", 0},
        {"mode = 'async', fsync = ms(4)", 4},
        {"mode = 'semi_sync'", 2},
        {"mode = 'semi_sync', acks = 2", 20},
        {"mode = 'semi_sync', fsync = ms(4)", 10},
        {"mode = 'sync'", 20},
        {"mode = 'sync', fsync = ms(4)", 28},
        {"mode = 'semi_sync', replay = ms(3)", 2},
        {"mode = 'semi_sync', replay = ms(3), acknowledge = 'applied'", 5},
        {"mode = 'sync', chain = true", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        leader_story_begin(&story, 3, cases[i].params);
        store_story_link(&story, 1, 3, ms(10));
        leader_story_start(&story);
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 7, 70), SIM_STATUS_OK,
                           0, ms(cases[i].write));
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 7, 0), SIM_STATUS_OK,
                           70, 0);
        store_story_wait(&story, ms(100));
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 7), ==, 70);
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 7), ==, 70);
        store_story_end(&story);
    }
}

/* All operations, asked of a follower, which passes them on: a round trip more. */
static void test_operations(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'semi_sync', keys = 5");
    leader_story_start(&story);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 4, 0), SIM_STATUS_OK, 0,
                       ms(2));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 5, 50), SIM_STATUS_OK, 0,
                       ms(4));
    store_story_expect(store_story_set(&story, "replica[3]", 5, 49, 51), SIM_STATUS_CONFLICT, 50,
                       ms(2));
    store_story_expect(store_story_set(&story, "replica[3]", 5, 50, 51), SIM_STATUS_OK, 0, ms(4));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_INCREMENT, 5, 9), SIM_STATUS_OK,
                       60, ms(4));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_DELETE, 5, 0), SIM_STATUS_OK, 0,
                       ms(4));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_APPEND, 5, 7), SIM_STATUS_OK,
                       sim_hash_pair(0, 7), ms(2));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_SCAN, 5, 0), SIM_STATUS_ERROR, 0,
                       0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "commits"), ==, 5);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "forwarded"), ==, 8);
    store_story_end(&story);
}

/* A write that waits for followers is not read, and is what the next compare-and-set meets. */
static void test_uncommitted(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'semi_sync'");
    leader_story_start(&story);
    uint32_t write = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(1));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, 0);
    store_story_expect(store_story_set(&story, "replica[1]", 1, 5, 6), SIM_STATUS_CONFLICT, 11,
                       ms(1));
    store_story_expect(store_story_get(&story, write), SIM_STATUS_OK, 0, ms(2));
    store_story_end(&story);
}

/* Five writes at once, 10 ms each at a follower 1 ms away: the last is seen there after 51 ms. */
static void test_replay(void)
{
    struct store_story story;
    leader_story_begin(&story, 2, "replay = ms(10)");
    leader_story_start(&story);
    for (uint64_t i = 1; i <= 5; i++) {
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, i), SIM_STATUS_OK,
                           0, 0);
    }
    store_story_wait(&story, ms(11) - 1);
    g_assert_cmpuint(store_story_held(&story, "replica[2]", 1), ==, 0);
    g_assert_cmpint(fixture_level(&story.f, "replica", "unapplied"), ==, 5);
    for (uint64_t i = 1; i <= 5; i++) {
        store_story_wait(&story, i == 1 ? 1 : ms(10));
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 1), ==, i);
    }
    store_story_end(&story);
}

/* One server for reads and replay: each waits for the other. */
static void test_replay_shares(void)
{
    struct store_story story;
    leader_story_begin(&story, 2,
                       "replay = ms(10), replay_shares = true, servers = 1, service = ms(5)");
    leader_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(2));
    store_story_expect(leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_EVENTUAL, 1, 0),
                       SIM_STATUS_OK, 11, ms(14)); /* 9 of replay, and its own 5 */
    uint32_t write = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 12);
    store_story_wait(&story, ms(4));
    store_story_expect(leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_EVENTUAL, 1, 0),
                       SIM_STATUS_OK, 11, ms(5)); /* replay comes at 6 and waits until 9 */
    store_story_get(&story, write);
    store_story_wait(&story, ms(10) - 1);
    store_story_expect(leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_EVENTUAL, 1, 0),
                       SIM_STATUS_OK, 12, ms(5) + 1);
    store_story_end(&story);
}

/* Read my writes at a follower that needs 21 ms to have them. */
static void test_sessions(void)
{
    static const struct {
        const char *params;
        enum sim_status status;
        uint64_t value;
        int took;
    } cases[] = {
        {"behind = 'wait', replay = ms(20)", SIM_STATUS_OK, 11, 21},
        {"behind = 'forward', replay = ms(20)", SIM_STATUS_OK, 11, 2},
        {"behind = 'refuse', replay = ms(20)", SIM_STATUS_UNAVAILABLE, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        leader_story_begin(&story, 2, cases[i].params);
        leader_story_start(&story);
        uint64_t token =
            store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11)->reply.session_token;
        store_story_expect(leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_PREFIX, 1, 0),
                           SIM_STATUS_NOT_FOUND, 0, 0);
        store_story_expect(
            leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_SESSION, 1, token),
            cases[i].status, cases[i].value, ms(cases[i].took));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "behind_reads"), ==, 1);
        store_story_wait(&story, ms(30));
        const struct store_told *told =
            leader_story_read(&story, "replica[2]", SIM_CONSISTENCY_SESSION, 1, token);
        store_story_expect(told, SIM_STATUS_OK, 11, 0);
        g_assert_cmpuint(told->reply.session_token, ==, token);
        store_story_end(&story);
    }
}

/* A follower knows at a heartbeat that it has all, until 1 s later. */
static void test_bounded(void)
{
    struct store_story story;
    leader_story_begin(&story, 2, "behind = 'refuse'");
    leader_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    struct sim_request read = {.key = 1,
                               .operation = SIM_OP_READ,
                               .consistency = SIM_CONSISTENCY_BOUNDED,
                               .staleness = ms(500)};
    fixture_run_until(&story.f, s(5) + ms(501));
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &read)),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    fixture_run_until(&story.f, s(6) + ms(500));
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &read)),
                       SIM_STATUS_OK, 11, 0);
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[1]", &read)),
                       SIM_STATUS_OK, 11, 0);
    store_story_end(&story);
}

/* Reads that do not say: from the leader, from whom is asked, from the nearest to the client. */
static void test_reads(void)
{
    static const struct {
        const char *params;
        uint64_t value;
        int took;
    } cases[] = {
        {"reads = 'leader', replay = ms(50)", 11, 2},
        {"reads = 'any', replay = ms(50)", 0, 0},
        {"reads = 'nearest', replay = ms(50)", 0, 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        leader_story_begin(&story, 3, cases[i].params);
        for (uint32_t zone = 1; zone <= 2; zone++) { /* replica[3] is in the place of the client */
            fixture_link(&story.f, 0, zone)->latency = fixture_link(&story.f, 1, 2)->latency;
        }
        leader_story_start(&story);
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
        struct sim_request read = {.key = 1, .operation = SIM_OP_READ};
        store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &read)),
                           cases[i].value != 0 ? SIM_STATUS_OK : SIM_STATUS_NOT_FOUND,
                           cases[i].value, ms(cases[i].took + 1));
        store_story_end(&story);
    }
}

/* A chain: each has it from the one before, 1 ms later; past one that is gone, from the leader. */
static void test_chain(void)
{
    struct store_story story;
    leader_story_begin(&story, 4, "chain = true");
    leader_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(3) - 1);
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 11);
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 0);
    store_story_wait(&story, 1);
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 11);
    fixture_crash(&story.f, "replica[2]");
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 12);
    store_story_wait(&story, s(2));
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 11);
    store_story_wait(&story, s(4));
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 12);
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 12);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store.leader/modes", test_modes);
    g_test_add_func("/store.leader/operations", test_operations);
    g_test_add_func("/store.leader/uncommitted", test_uncommitted);
    g_test_add_func("/store.leader/replay", test_replay);
    g_test_add_func("/store.leader/replay_shares", test_replay_shares);
    g_test_add_func("/store.leader/sessions", test_sessions);
    g_test_add_func("/store.leader/bounded", test_bounded);
    g_test_add_func("/store.leader/reads", test_reads);
    g_test_add_func("/store.leader/chain", test_chain);
    return g_test_run();
}

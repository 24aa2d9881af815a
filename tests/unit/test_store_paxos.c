/* store.paxos: how long agreement takes, who leads after a failure, and what a new leader makes of
 * what the old one had begun. If this failed, operations would take other than one round to a
 * majority, or one that was answered would be lost.
 */
#include "store/paxos/paxos.h"
#include "store_story.h"

/* Members 10 ms apart, whose leader works 1 ms on anything; the asker is nowhere far. */
static void begin(struct store_story *story, uint32_t members, const char *params)
{
    g_autofree char *all = g_strdup_printf("service = ms(1), %s", params);
    store_story_begin(story, &sim_model_store_paxos, members, ms(10), all);
    store_story_start(story);
    store_story_wait(story, ms(550));
}

static uint32_t send(struct store_story *story, const char *to, enum sim_operation operation,
                     uint64_t value, uint64_t expected)
{
    struct sim_request request = {
        .key = 7, .value = value, .expected = expected, .operation = (uint16_t)operation};
    return store_story_send(story, to, &request);
}

/* Until it is answered; how long that took. */
static sim_time ask(struct store_story *story, const char *to, enum sim_operation operation,
                    uint64_t value, uint64_t expected)
{
    return store_story_get(story, send(story, to, operation, value, expected))->took;
}

/* To what was asked last. */
static const struct sim_reply *reply_of(const struct store_story *story)
{
    return &story->told[story->count - 1].reply;
}

/* Its work, one round trip, and the disk of those who accept, which is the leader's own, too. Who
 * is not the leader passes it on. A read by lease is answered by the leader alone. */
static void test_times(void)
{
    for (uint32_t members = 1; members <= 5; members += 2) {
        sim_time round = members > 1 ? ms(20) : 0;
        struct store_story story;
        begin(&story, members, "drift = percent(0)");
        g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_WRITE, 70, 0), ==, ms(1) + round);
        g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_READ, 0, 0), ==, ms(1) + round);
        g_assert_cmpuint(reply_of(&story)->value, ==, 70);
        store_story_end(&story);
        begin(&story, members, "fsync = ms(3), reads = 'lease'");
        g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_WRITE, 70, 0), ==, ms(1) + round + ms(3));
        g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_READ, 0, 0), ==, ms(1));
        if (members > 1) {
            g_assert_cmpint(ask(&story, "replica[3]", SIM_OP_READ, 0, 0), ==, ms(1 + 20));
            g_assert_cmpint(ask(&story, "replica[2]", SIM_OP_WRITE, 71, 0), ==,
                            ms(1 + 20) + round + ms(3));
        }
        store_story_end(&story);
    }
}

static void test_operations(void)
{
    struct store_story story;
    begin(&story, 3, "fsync = ms(3)");
    ask(&story, "replica[1]", SIM_OP_READ, 0, 0);
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_NOT_FOUND);
    ask(&story, "replica[2]", SIM_OP_INCREMENT, 5, 0);
    ask(&story, "replica[3]", SIM_OP_INCREMENT, 6, 0);
    g_assert_cmpuint(reply_of(&story)->value, ==, 11);
    ask(&story, "replica[1]", SIM_OP_COMPARE_AND_SET, 9, 10);
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_CONFLICT);
    g_assert_cmpuint(reply_of(&story)->value, ==, 11);
    ask(&story, "replica[1]", SIM_OP_COMPARE_AND_SET, 9, 11);
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_OK);
    ask(&story, "replica[1]", SIM_OP_DELETE, 0, 0);
    ask(&story, "replica[1]", SIM_OP_APPEND, 3, 0);
    g_assert_cmpuint(reply_of(&story)->value, ==, sim_hash_pair(0, 3));
    ask(&story, "replica[1]", SIM_OP_SCAN, 0, 0);
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_ERROR);
    store_story_end(&story);
}

/* The leader crashes with one write accepted by a majority and not answered, after a gap: the next
 * leader brings it to its end, and fills nothing that was chosen. */
static void test_failover(void)
{
    struct store_story story;
    begin(&story, 3, "fsync = ms(3)");
    ask(&story, "replica[1]", SIM_OP_WRITE, 70, 0);
    send(&story, "replica[1]", SIM_OP_WRITE, 71, 0);
    fixture_run_until(&story.f, sim_world_now(story.f.world) + ms(12)); /* it is at the others */
    fixture_crash(&story.f, "replica[1]");
    fixture_run_until(&story.f, sim_world_now(story.f.world) + s(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "elected"), >=, 2);
    ask(&story, "replica[2]", SIM_OP_READ, 0, 0);
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(reply_of(&story)->value, ==, 71);
    fixture_restart(&story.f, "replica[1]");
    fixture_run_until(&story.f, sim_world_now(story.f.world) + s(1));
    ask(&story, "replica[1]", SIM_OP_READ, 0, 0);
    g_assert_cmpuint(reply_of(&story)->value, ==, 71);
    store_story_end(&story);
}

/* A leader that is cut off has its lease for less than its second, and then no answer to give. */
static void test_lease(void)
{
    struct store_story story;
    begin(&story, 3, "fsync = ms(3), reads = 'lease', drift = percent(0), timeout = s(2)");
    ask(&story, "replica[1]", SIM_OP_WRITE, 70, 0);
    fixture_run_until(&story.f, ms(1050)); /* the others have heard what it sent at 1 s */
    for (int i = 2; i <= 3; i++) {
        char other[16];
        g_snprintf(other, sizeof other, "replica[%d]", i);
        fixture_cut(&story.f, "replica[1]", other, true);
        fixture_cut(&story.f, other, "replica[1]", true);
    }
    fixture_run_until(&story.f, ms(1998));
    g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_READ, 0, 0), ==, ms(1));
    fixture_run_until(&story.f, ms(2000));
    g_assert_cmpint(ask(&story, "replica[1]", SIM_OP_READ, 0, 0), ==, s(2));
    g_assert_cmpint(reply_of(&story)->status, ==, SIM_STATUS_UNAVAILABLE);
    store_story_end(&story);
}

static void cut(struct store_story *story, const char *a, const char *b, bool is_cut)
{
    fixture_cut(&story->f, a, b, is_cut);
    fixture_cut(&story->f, b, a, is_cut);
}

/* Eight increments at one instant, 1 ms of work side by side and a round trip of 20 ms. While the
 * window is open each goes by itself; those that have waited go together. */
static void test_window(void)
{
    static const struct {
        const char *params;
        uint64_t accepts; /* to two members */
        int rounds;
    } cases[] = {
        {"heartbeat = ms(400), servers = 8", 2 * 8, 1},
        {"heartbeat = ms(400), servers = 8, window = 2", 2 * 3, 2}, /* 1, 1, 6 */
        {"heartbeat = ms(400), servers = 8, window = 2, batch = 1", 2 * 8,
         4}, /* 1 and 1, four times */
        {"heartbeat = ms(400), servers = 8, window = 1, batch = 2", 2 * 5, 5}}; /* 1, 2, 2, 2, 1 */
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        begin(&story, 3, cases[i].params);
        uint64_t before = fixture_total(&story.f, "replica", "accepts");
        for (uint64_t value = 1; value <= 8; value++) {
            send(&story, "replica[1]", SIM_OP_INCREMENT, 1, 0);
        }
        while (fixture_total(&story.f, "replica", "commits") < 8) {
            store_story_wait(&story, us(100));
        }
        g_assert_cmpuint(reply_of(&story)->value, ==, 8);
        g_assert_cmpint(story.told[story.count - 1].took, ==, ms(1) + cases[i].rounds * ms(20));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "accepts") - before, ==,
                         cases[i].accepts);
        store_story_end(&story);
    }
}

/* A leader that another one follows has not proposed what waits for its window: that was not done,
 * and is asked for again at once. What became of the first it does not know. */
static void test_outdone(void)
{
    struct store_story story;
    begin(&story, 3, "window = 1, timeout = s(20)");
    cut(&story, "replica[1]", "replica[2]", true);
    cut(&story, "replica[1]", "replica[3]", true);
    uint32_t first = send(&story, "replica[1]", SIM_OP_INCREMENT, 1, 0);
    uint32_t second = send(&story, "replica[1]", SIM_OP_INCREMENT, 1, 0);
    store_story_wait(&story, s(3));
    cut(&story, "replica[1]", "replica[2]", false);
    cut(&story, "replica[1]", "replica[3]", false);
    store_story_wait(&story, ms(200));
    g_assert_false(story.told[first].is_told);
    g_assert_true(story.told[second].is_told);
    g_assert_cmpint(story.told[second].reply.status, ==, SIM_STATUS_UNAVAILABLE);
    store_story_end(&story);
}

#define COMPACTED "fsync = ms(3), snapshot = 10, snapshot_keep = 4, snapshot_chunk = 1"

/* A member that was down, and lacks what the others have forgotten, is sent a snapshot; one that is
 * not so far behind, slots. It knows it still after a crash of its own. */
static void test_snapshot(void)
{
    for (int is_far = 0; is_far < 2; is_far++) {
        struct store_story story;
        begin(&story, 3, COMPACTED);
        ask(&story, "replica[1]", SIM_OP_WRITE, 1, 0);
        store_story_wait(&story, s(1));
        fixture_crash(&story.f, "replica[3]");
        for (uint64_t i = 0; i < (is_far ? 25 : 4); i++) {
            ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 0);
        }
        fixture_restart(&story.f, "replica[3]");
        store_story_wait(&story, s(1));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "snapshots.sent"), ==, is_far ? 1 : 0);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "snapshot.bytes"), ==,
                         is_far ? 64 + 32 + 1024 : 0);
        fixture_crash(&story.f, "replica[3]");
        fixture_restart(&story.f, "replica[3]");
        store_story_wait(&story, s(1));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "snapshots.sent"), ==, is_far ? 1 : 0);
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 7), ==, is_far ? 26 : 5);
        fixture_crash(&story.f, "replica[2]"); /* one that has made its own, and kept four slots */
        fixture_restart(&story.f, "replica[2]");
        store_story_wait(&story, ms(1));
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 7), ==, is_far ? 20 : 0);
        store_story_wait(&story, s(1));
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 7), ==, is_far ? 26 : 5);
        store_story_end(&story);
    }
}

/* A member that is far behind and hears of no leader wants to lead. The other one does not promise
 * what it would have to say more for than it remembers, but sends its snapshot; who leads then goes
 * on from the last value. */
static void test_late_candidate(void)
{
    struct store_story story;
    begin(&story, 3, COMPACTED);
    cut(&story, "replica[1]", "replica[3]", true);
    cut(&story, "replica[2]", "replica[3]", true);
    for (uint64_t i = 0; i < 25; i++) {
        ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 0);
    }
    fixture_crash(&story.f, "replica[1]");
    fixture_pause(&story.f, "replica[2]", true); /* so that the third is the first to stand */
    store_story_wait(&story, s(2));
    cut(&story, "replica[2]", "replica[3]", false);
    fixture_pause(&story.f, "replica[2]", false);
    store_story_wait(&story, s(5));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "snapshots.sent"), >=, 1);
    ask(&story, "replica[3]", SIM_OP_INCREMENT, 1, 0);
    g_assert_cmpuint(reply_of(&story)->value, ==, 26);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/paxos/times", test_times);
    g_test_add_func("/store/paxos/operations", test_operations);
    g_test_add_func("/store/paxos/failover", test_failover);
    g_test_add_func("/store/paxos/lease", test_lease);
    g_test_add_func("/store/paxos/window", test_window);
    g_test_add_func("/store/paxos/outdone", test_outdone);
    g_test_add_func("/store/paxos/snapshot", test_snapshot);
    g_test_add_func("/store/paxos/late-candidate", test_late_candidate);
    return g_test_run();
}

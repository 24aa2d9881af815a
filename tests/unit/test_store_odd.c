/* Stores in odd company: two things at once that are seldom tried together. If this failed, a
 * feature would hold by itself and not beside another one.
 */
#include "leader_story.h"
#include "raft_story.h"

/* Semi-synchronous with all followers cut off: who may go on alone does after `fallback`, says that
 * it is degraded, and is not any more when they have caught up; who may not lets its writes wait,
 * and takes none once it is not heard. */
static void test_semi_sync_alone(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'semi_sync', fallback = s(2), failover = false");
    leader_story_start(&story);
    leader_story_isolate(&story, "replica[1]", true);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK, 0,
                       s(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "degraded"), ==, 1);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 12), SIM_STATUS_OK, 0,
                       0);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(5));
    g_assert_cmpint(fixture_level(&story.f, "replica", "degraded"), ==, 0);
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 12);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 13), SIM_STATUS_OK, 0,
                       ms(2));
    store_story_end(&story);

    leader_story_begin(&story, 3, "mode = 'semi_sync'");
    leader_story_start(&story);
    leader_story_isolate(&story, "replica[1]", true);
    uint32_t waits = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, s(4));
    g_assert_false(story.told[waits].is_told);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 12),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    leader_story_isolate(&story, "replica[1]", false);
    store_story_wait(&story, s(3)); /* another one leads by now */
    g_assert_cmpstr(sim_status_names[story.told[waits].reply.status], ==, "timeout");
    g_assert_cmpuint(fixture_total(&story.f, "replica", "promotions"), ==, 1);
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 0);
    store_story_end(&story);
}

/* A chain of followers whose middle crashes, and then its first: who stood behind asks the leader,
 * and counts as one of its followers. */
static void test_chain_middle(void)
{
    struct store_story story;
    leader_story_begin(&story, 4, "chain = true, mode = 'semi_sync'");
    leader_story_start(&story);
    fixture_crash(&story.f, "replica[3]");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK, 0,
                       ms(2));
    store_story_wait(&story, s(6));
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 11);
    fixture_crash(&story.f, "replica[2]");
    store_story_wait(&story, s(1)); /* the leader's lease still counts it */
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 12), SIM_STATUS_OK, 0,
                       ms(2));
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 12);
    store_story_wait(&story, s(3)); /* two of four are no majority */
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 99),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    fixture_restart(&story.f, "replica[3]");
    store_story_wait(&story, s(6));
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_WRITE, 1, 13), SIM_STATUS_OK, 0,
                       ms(4));
    store_story_wait(&story, s(6));
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 13);
    store_story_end(&story);
}

/* The leader is paused for longer than its lease, with a read and a write at its door: when it goes
 * on it neither answers from the past nor takes what would be lost. */
static void test_paused_leader(void)
{
    struct store_story story;
    leader_story_begin(&story, 3, "mode = 'async'");
    leader_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(10));
    fixture_pause(&story.f, "replica[1]", true);
    uint32_t read = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
    uint32_t write = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 2, 21);
    store_story_wait(&story, s(6));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 12), SIM_STATUS_OK, 0,
                       0);
    fixture_pause(&story.f, "replica[1]", false);
    store_story_wait(&story, s(3));
    g_assert_true(story.told[read].is_told && story.told[write].is_told);
    g_assert_true(story.told[read].reply.status != SIM_STATUS_OK ||
                  story.told[read].reply.value == 12);
    uint64_t there = store_story_do(&story, "replica[2]", SIM_OP_READ, 2, 0)->reply.value;
    g_assert_true(story.told[write].reply.status != SIM_STATUS_OK || there == 21);
    g_assert_true(story.told[write].reply.status != SIM_STATUS_UNAVAILABLE || there == 0);
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaders"), ==, 1);
    store_story_end(&story);
}

/* A deletion that a member has missed reaches it by anti-entropy, and what it held does not come
 * back to the others. */
static void test_deletion(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), fsync = ms(1), read_repair = percent(0), hinted_handoff = "
                      "false, anti_entropy = s(5)");
    store_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(10));
    fixture_crash(&story.f, "replica[3]");
    store_story_do(&story, "replica[1]", SIM_OP_DELETE, 1, 0);
    fixture_restart(&story.f, "replica[3]");
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 10);
    store_story_wait(&story, s(20));
    for (uint32_t member = 1; member <= 3; member++) {
        struct sim_request request = {
            .key = 1, .operation = SIM_OP_READ, .consistency = SIM_CONSISTENCY_EVENTUAL};
        const struct store_told *told =
            store_story_get(&story, store_story_send(&story, raft_story_name(member), &request));
        g_assert_cmpint(told->reply.status, ==, SIM_STATUS_NOT_FOUND);
    }
    store_story_end(&story);
}

/* The preferred member comes back so far behind that it needs a snapshot: it leads when it has all,
 * and what was acknowledged meanwhile is there. */
static void test_transfer_and_snapshot(void)
{
    struct store_story story;
    uint32_t leader =
        raft_story_begin(&story, 3,
                         RAFT_STORY_TIMES ", fsync = ms(5), preferred = 2, snapshot = 5, "
                                          "snapshot_keep = 0, batch = 1, pipeline = 1");
    g_assert_cmpuint(leader, ==, 2);
    fixture_crash(&story.f, raft_story_name(2));
    store_story_wait(&story, s(1));
    leader = raft_story_leader(&story);
    for (uint64_t key = 1; key <= 30; key++) {
        const struct store_told *told =
            store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, key, key);
        g_assert_cmpint(told->reply.status, ==, SIM_STATUS_OK);
    }
    uint64_t before = fixture_total(&story.f, "replica", "snapshots.sent");
    fixture_restart(&story.f, raft_story_name(2));
    bool acknowledged[200] = {false};
    uint64_t key = 31;
    for (; key < 200 && raft_story_leader(&story) != 2; key++) {
        uint32_t tag = store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, key, key);
        store_story_wait(&story, ms(9));
        acknowledged[key] =
            story.told[tag].is_told && story.told[tag].reply.status == SIM_STATUS_OK;
    }
    g_assert_cmpuint(raft_story_leader(&story), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "snapshots.sent"), >, before);
    store_story_wait(&story, s(1));
    story.count = 0;
    for (uint64_t i = 1; i < key; i++) {
        const struct store_told *told =
            store_story_do(&story, raft_story_name(2), SIM_OP_READ, i, 0);
        g_assert_true(!(i <= 30 || acknowledged[i]) || told->reply.value == i);
        story.count = 0;
    }
    store_story_end(&story);
}

/* A lease holds as far as clocks keep their bound: a leader whose clock runs at half speed is cut
 * off, another one is elected and writes. Within `drift` the old one refuses, beyond it lies. */
static void test_lease_and_drift(void)
{
    for (int is_within = 0; is_within < 2; is_within++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_paxos, 3, ms(1),
                          is_within ? "service = ms(0), reads = 'lease', drift = percent(50), "
                                      "timeout = ms(5)"
                                    : "service = ms(0), reads = 'lease', drift = percent(5), "
                                      "timeout = ms(5)");
        fixture_machine(&story.f, 2)->clock_drift = -0.5;
        store_story_start(&story);
        store_story_wait(&story, s(5));
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 70), SIM_STATUS_OK,
                           0, ms(2));
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK,
                           70, 0);
        leader_story_isolate(&story, "replica[1]", true);
        bool is_written = false, lies = false;
        for (int i = 0; i < 250; i++) {
            story.count = 0;
            store_story_wait(&story, ms(5));
            is_written = is_written ||
                         store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 71)->reply.status ==
                             SIM_STATUS_OK;
            const struct store_told *told = store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0);
            lies = lies || (is_written && told->reply.status == SIM_STATUS_OK);
        }
        g_assert_true(is_written);
        g_assert_cmpint(lies, ==, !is_within);
        store_story_end(&story);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/odd/semi-sync-alone", test_semi_sync_alone);
    g_test_add_func("/store/odd/chain-middle", test_chain_middle);
    g_test_add_func("/store/odd/paused-leader", test_paused_leader);
    g_test_add_func("/store/odd/deletion", test_deletion);
    g_test_add_func("/store/odd/transfer-and-snapshot", test_transfer_and_snapshot);
    g_test_add_func("/store/odd/lease-and-drift", test_lease_and_drift);
    return g_test_run();
}

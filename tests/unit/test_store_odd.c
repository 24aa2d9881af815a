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

/* LOCAL_QUORUM where the other zone is lost goes on, and where its own is lost but for the
 * coordinator does not, whoever else would answer. */
static void test_lost_zone(void)
{
    struct store_story story;
    store_story_begin(
        &story, &sim_model_store_quorum, 5, ms(1),
        "service = ms(0), timeout = ms(500), read_level = 'local_quorum', write_level "
        "= 'local_quorum'");
    for (uint32_t i = 2; i <= 5; i++) { /* 1, 2 and 3 are in one zone, 4 and 5 in another */
        fixture_machine(&story.f, 1 + i)->zone = i <= 3 ? 1 : 4;
    }
    store_story_start(&story);
    fixture_crash(&story.f, "replica[4]");
    fixture_crash(&story.f, "replica[5]");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(2));
    fixture_restart(&story.f, "replica[4]");
    fixture_restart(&story.f, "replica[5]");
    fixture_crash(&story.f, "replica[2]");
    fixture_crash(&story.f, "replica[3]");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_UNAVAILABLE, 0, ms(500));
    store_story_wait(&story, s(15)); /* the write was kept as hints for the lost zone */
    store_story_expect(store_story_do(&story, "replica[5]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(2));
    store_story_end(&story);
}

static void cut_two_from_three(struct store_story *story, bool is_cut)
{
    for (uint32_t a = 1; a <= 2; a++) {
        for (uint32_t b = 3; b <= 5; b++) {
            raft_story_cut(story, a, b, is_cut);
        }
    }
}

/* Asks until it is done: silent members must be suspected first. */
static void insist(struct store_story *story, const char *to, uint64_t key, uint64_t value)
{
    for (int i = 0; i < 5; i++) {
        if (store_story_do(story, to, SIM_OP_WRITE, key, value)->reply.status == SIM_STATUS_OK) {
            return;
        }
    }
    g_assert_not_reached();
}

/* A sloppy quorum takes writes of the same keys on both sides of a partition. When it has healed,
 * hints bring all owners to the later one, whoever stood in. */
static void test_sloppy_partition(void)
{
    struct store_story story;
    store_story_begin(
        &story, &sim_model_store_quorum, 5, ms(1),
        "service = ms(0), replicas = 3, sloppy = true, timeout = ms(500), read_repair "
        "= percent(0), handoff_interval = s(1)");
    store_story_start(&story);
    cut_two_from_three(&story, true);
    for (uint64_t key = 1; key <= 10; key++) {
        insist(&story, "replica[1]", key, 100 + key);
        insist(&story, "replica[5]", key, 200 + key); /* later */
    }
    uint64_t here = store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0)->reply.value;
    g_assert_cmpuint(here, ==, 101);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "stand_ins"), >, 0);
    cut_two_from_three(&story, false);
    store_story_wait(&story, s(10));
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 0);
    for (uint64_t key = 1; key <= 10; key++) {
        for (uint32_t member = 1; member <= 5; member++) {
            g_assert_cmpuint(
                store_story_do(&story, raft_story_name(member), SIM_OP_READ, key, 0)->reply.value,
                ==, 200 + key);
        }
        story.count = 0;
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
    uint64_t transfers = fixture_total(&story.f, "replica", "transfers");
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
    g_assert_cmpuint(fixture_total(&story.f, "replica", "transfers") - transfers, ==, 1);
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
    g_test_add_func("/store/odd/lost-zone", test_lost_zone);
    g_test_add_func("/store/odd/sloppy-partition", test_sloppy_partition);
    g_test_add_func("/store/odd/transfer-and-snapshot", test_transfer_and_snapshot);
    g_test_add_func("/store/odd/lease-and-drift", test_lease_and_drift);
    return g_test_run();
}

/* store.raft: what an operation costs in messages and fsyncs, who leads when the leader is gone,
 * what clients are told meanwhile, and what a crash takes. If this failed, no figure about it would
 * hold.
 *
 * The asker reaches everybody in no time; members are 1 ms apart.
 */
#include "raft_story.h"

/* A write: there 1 ms, 5 ms of fsync, back 1 ms; the leader's own fsync goes on meanwhile. Whoever
 * does not lead is 1 ms away from who does. */
static void test_writes(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(
        &story, 3, RAFT_STORY_TIMES ", fsync = ms(5), keys = 5, value_bytes = bytes(10)");
    uint32_t other = leader % 3 + 1;
    uint64_t before = fixture_total(&story.f, "replica", "syncs");
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 7, 70),
                       SIM_STATUS_OK, 70, ms(7));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "syncs"), ==, before + 3);
    store_story_expect(store_story_do(&story, raft_story_name(other), SIM_OP_WRITE, 7, 71),
                       SIM_STATUS_OK, 71, ms(9));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_INCREMENT, 8, 5),
                       SIM_STATUS_OK, 5, ms(7));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_INCREMENT, 8, 2),
                       SIM_STATUS_OK, 7, ms(7));
    struct sim_request request = {
        .key = 8, .value = 20, .expected = 9, .operation = SIM_OP_COMPARE_AND_SET};
    store_story_expect(
        store_story_get(&story, store_story_send(&story, raft_story_name(leader), &request)),
        SIM_STATUS_CONFLICT, 7, ms(7));
    request.expected = 7;
    store_story_expect(
        store_story_get(&story, store_story_send(&story, raft_story_name(other), &request)),
        SIM_STATUS_OK, 20, ms(9));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_APPEND, 8, 3),
                       SIM_STATUS_OK, sim_hash_pair(20, 3), ms(7));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_DELETE, 8, 0),
                       SIM_STATUS_OK, 0, ms(7));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_READ, 8, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    const struct store_told *told =
        store_story_do(&story, raft_story_name(leader), SIM_OP_READ, 4, 0);
    g_assert_cmpuint(told->reply.version, ==, 1); /* was there from the start */
    g_assert_cmpint(told->reply.bytes, ==, 10);
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_SCAN, 4, 0),
                       SIM_STATUS_ERROR, 0, 0);
    store_story_end(&story);
}

/* What a read costs at the leader, and at another member. */
static void test_reads(void)
{
    static const struct {
        const char *params;
        int at_leader, at_other; /* ms */
    } cases[] = {
        {RAFT_STORY_TIMES ", fsync = ms(5)", 2, 4},
        {RAFT_STORY_TIMES ", fsync = ms(5), read = 'lease'", 0, 2},
        {RAFT_STORY_TIMES ", fsync = ms(5), read = 'log'", 7, 9},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        uint32_t leader = raft_story_begin(&story, 3, cases[i].params);
        store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10);
        store_story_wait(&story, ms(100));
        store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_READ, 1, 0),
                           SIM_STATUS_OK, 10, ms(cases[i].at_leader));
        store_story_expect(
            store_story_do(&story, raft_story_name(leader % 3 + 1), SIM_OP_READ, 1, 0),
            SIM_STATUS_OK, 10, ms(cases[i].at_other));
        struct sim_request request = {
            .key = 1, .operation = SIM_OP_READ, .consistency = SIM_CONSISTENCY_EVENTUAL};
        store_story_expect(
            store_story_get(&story,
                            store_story_send(&story, raft_story_name(leader % 3 + 1), &request)),
            SIM_STATUS_OK, 10, 0);
        store_story_end(&story);
    }
}

/* A session reads what it wrote from a member that has not applied it yet: from the leader then. */
static void test_session(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(
        &story, 3, "election_timeout = ms(100), heartbeat = ms(90), fsync = ms(5)");
    uint64_t token =
        store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10)->reply.session_token;
    struct sim_request request = {.key = 1,
                                  .operation = SIM_OP_READ,
                                  .session_token = token,
                                  .consistency = SIM_CONSISTENCY_SESSION};
    store_story_expect(
        store_story_get(&story,
                        store_story_send(&story, raft_story_name(leader % 3 + 1), &request)),
        SIM_STATUS_OK, 10, ms(2));
    store_story_wait(&story, ms(100)); /* a heartbeat says that it is committed */
    store_story_expect(
        store_story_get(&story,
                        store_story_send(&story, raft_story_name(leader % 3 + 1), &request)),
        SIM_STATUS_OK, 10, 0);
    store_story_end(&story);
}

/* The leader crashes: nobody leads for an election timeout at least; what was acknowledged is
 * there. */
static void test_failover(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 3, RAFT_STORY_TIMES ", fsync = ms(5)");
    store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10);
    fixture_crash(&story.f, raft_story_name(leader));
    uint32_t other = leader % 3 + 1;
    sim_time crashed = sim_world_now(story.f.world);
    store_story_wait(&story, ms(50));
    store_story_expect(store_story_do(&story, raft_story_name(other), SIM_OP_WRITE, 1, 11),
                       SIM_STATUS_TIMEOUT, 0, ms(2)); /* the connection was refused: who knows */
    store_story_expect(store_story_do(&story, raft_story_name(other), SIM_OP_WRITE, 1, 12),
                       SIM_STATUS_UNAVAILABLE, 0, 0); /* nobody to send it on to */
    while (raft_story_leader(&story) == 0) {
        store_story_wait(&story, ms(1));
    }
    sim_time gap = sim_world_now(story.f.world) - crashed;
    g_assert_cmpint(gap, >=, ms(80)); /* the last heartbeat was at most 20 ms before */
    g_assert_cmpint(gap, <=, ms(420));
    uint32_t next = raft_story_leader(&story);
    g_assert_cmpuint(next, !=, leader);
    store_story_wait(&story, ms(100));
    store_story_expect(store_story_do(&story, raft_story_name(next), SIM_OP_READ, 1, 0),
                       SIM_STATUS_OK, 10, ms(2));
    fixture_restart(&story.f, raft_story_name(leader));
    store_story_wait(&story, ms(200));
    g_assert_cmpuint(store_story_held(&story, raft_story_name(leader), 1), ==, 10);
    g_assert_cmpuint(raft_story_leader(&story), ==, next);
    store_story_end(&story);
}

/* A leader that is cut off finds out by itself, and what it had taken is never answered with yes;
 * its log gives way to that of the other side. */
static void test_cut_off(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 3, RAFT_STORY_TIMES ", fsync = ms(5)");
    raft_story_isolate(&story, leader, 3, true);
    uint32_t lost = store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 11);
    uint32_t read = store_story_ask(&story, raft_story_name(leader), SIM_OP_READ, 1, 0);
    store_story_wait(&story, ms(600));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "steps_down"), ==, 1);
    g_assert_cmpstr(sim_status_names[story.told[read].reply.status], ==,
                    sim_status_names[SIM_STATUS_UNAVAILABLE]);
    g_assert_false(story.told[lost].is_told);
    uint32_t next = raft_story_leader(&story);
    store_story_expect(store_story_do(&story, raft_story_name(next), SIM_OP_WRITE, 1, 12),
                       SIM_STATUS_OK, 12, ms(7));
    raft_story_isolate(&story, leader, 3, false);
    store_story_wait(&story, ms(200));
    g_assert_cmpstr(sim_status_names[story.told[lost].reply.status], ==,
                    sim_status_names[SIM_STATUS_TIMEOUT]);
    g_assert_cmpuint(store_story_held(&story, raft_story_name(leader), 1), ==, 12);
    g_assert_cmpuint(raft_story_leader(&story), ==, next); /* pre-votes: it does not disturb */
    store_story_end(&story);
}

/* 9.6 and 4.2.3: a follower that was away comes back with a greater term and deposes the leader,
 * unless it has to ask first. */
static void test_disturbance(void)
{
    for (int is_asked = 0; is_asked < 2; is_asked++) {
        struct store_story story;
        uint32_t leader = raft_story_begin(&story, 3,
                                           is_asked ? RAFT_STORY_TIMES
                                                    : RAFT_STORY_TIMES
                                               ", pre_vote = false, check_quorum = false");
        uint32_t other = leader % 3 + 1;
        uint64_t before = fixture_total(&story.f, "replica", "elections");
        raft_story_isolate(&story, other, 3, true);
        store_story_wait(&story, s(2));
        raft_story_isolate(&story, other, 3, false);
        store_story_wait(&story, s(1));
        uint64_t elections = fixture_total(&story.f, "replica", "elections") - before;
        if (is_asked) {
            g_assert_cmpuint(elections, ==, 0);
            g_assert_cmpuint(raft_story_leader(&story), ==, leader);
        } else {
            g_assert_cmpuint(elections, >, 5);
        }
        store_story_end(&story);
    }
}

/* All crash at once and come back: what was acknowledged is there, where it waited for the disk. */
static void test_power(void)
{
    for (int is_durable = 0; is_durable < 2; is_durable++) {
        struct store_story story;
        uint32_t leader = raft_story_begin(&story, 3,
                                           is_durable ? RAFT_STORY_TIMES ", fsync = ms(5)"
                                                      : RAFT_STORY_TIMES ", sync_period = s(9)");
        store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10),
                           SIM_STATUS_OK, 10, is_durable ? ms(7) : ms(2));
        for (uint32_t i = 1; i <= 3; i++) {
            fixture_crash(&story.f, raft_story_name(i));
            fixture_restart(&story.f, raft_story_name(i));
        }
        store_story_wait(&story, s(1));
        g_assert_cmpuint(store_story_held(&story, raft_story_name(1), 1), ==, is_durable ? 10 : 0);
        store_story_end(&story);
    }
}

/* A follower that is far behind is sent the keys; one that is not, entries. */
static void test_snapshot(void)
{
    for (int is_far = 0; is_far < 2; is_far++) {
        struct store_story story;
        uint32_t leader =
            raft_story_begin(&story, 3,
                             RAFT_STORY_TIMES ", fsync = ms(1), snapshot = 10, snapshot_keep = 5, "
                                              "snapshot_chunk = 2, value_bytes = bytes(1000)");
        uint32_t other = leader % 3 + 1;
        fixture_crash(&story.f, raft_story_name(other));
        for (uint64_t i = 0; i < (is_far ? 25 : 4); i++) {
            store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, i % 7, 100 + i);
        }
        fixture_restart(&story.f, raft_story_name(other));
        store_story_wait(&story, ms(200));
        uint64_t sent = fixture_total(&story.f, "replica", "snapshots.sent");
        uint64_t bytes = fixture_total(&story.f, "replica", "snapshot.bytes");
        g_assert_cmpuint(sent, ==, is_far ? 1 : 0);
        if (is_far) { /* seven keys in four chunks at least */
            g_assert_cmpuint(bytes, >=, 7 * (1000 + 32) + 4 * 64);
            g_assert_cmpuint(bytes, <=, 2 * (7 * (1000 + 32) + 4 * 64));
        }
        for (uint64_t key = 0; key < 7; key++) {
            g_assert_cmpuint(store_story_held(&story, raft_story_name(other), key), ==,
                             store_story_held(&story, raft_story_name(leader), key));
        }
        /* It goes on from there, also through a crash of its own. */
        store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 500);
        fixture_crash(&story.f, raft_story_name(other));
        fixture_restart(&story.f, raft_story_name(other));
        store_story_wait(&story, ms(200));
        g_assert_cmpuint(store_story_held(&story, raft_story_name(other), 1), ==, 500);
        store_story_end(&story);
    }
}

/* A follower stands still for a while, in which the leader makes one snapshot after the other. Its
 * acknowledgement comes at any time, also when what it needs next is in the snapshot that is being
 * written: then it waits. */
static void test_snapshot_meanwhile(void)
{
    for (int at = 30; at < 85; at++) {
        struct store_story story;
        uint32_t leader = raft_story_begin(
            &story, 3,
            "election_timeout = ms(200), heartbeat = ms(90), fsync = ms(5), batch = 1, "
            "pipeline = 1, snapshot = 5, snapshot_keep = 0");
        uint32_t other = leader % 3 + 1;
        uint64_t before = fixture_total(&story.f, "replica", "appends");
        while (fixture_total(&story.f, "replica", "appends") == before) {
            store_story_wait(&story, us(100));
        }
        store_story_wait(&story, ms(3));
        fixture_pause(&story.f, raft_story_name(other), true);
        for (uint64_t value = 1; value <= 20; value++) {
            store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, value, value);
        }
        store_story_wait(&story, ms(at));
        fixture_pause(&story.f, raft_story_name(other), false);
        store_story_wait(&story, ms(500));
        g_assert_cmpuint(store_story_held(&story, raft_story_name(other), 20), ==, 20);
        store_story_end(&story);
    }
}

/* 10.2.2: what comes while the disk is at work shares the next fsync. */
static void test_group_commit(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 3, RAFT_STORY_TIMES ", fsync = ms(5)");
    uint64_t syncs = fixture_total(&story.f, "replica", "syncs");
    uint32_t first = store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, 0, 100);
    store_story_wait(&story, ms(1));
    for (uint64_t i = 1; i < 10; i++) {
        store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, i, 100 + i);
    }
    store_story_expect(store_story_get(&story, first), SIM_STATUS_OK, 100, ms(7));
    store_story_expect(store_story_get(&story, first + 9), SIM_STATUS_OK, 109, ms(11));
    store_story_wait(&story, ms(10));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "syncs") - syncs, ==, 6);
    store_story_end(&story);
}

/* 10.2.2: ten writes at one instant. Messages of `batch` entries, of which `pipeline` may be on
 * their way to a follower: when the first is acknowledged what has come meanwhile goes in one, or
 * in ones. A follower's disk takes 5 ms at a time, for all that is there. */
static void test_pipeline(void)
{
    static const struct {
        const char *params;
        int took[10]; /* ms */
    } cases[] = {
        {RAFT_STORY_TIMES ", fsync = ms(5)", {7, 12, 12, 12, 12, 12, 12, 12, 12, 12}},
        {RAFT_STORY_TIMES ", fsync = ms(5), batch = 4, pipeline = 1",
         {7, 12, 12, 12, 17, 17, 17, 17, 24, 24}},
        {RAFT_STORY_TIMES ", fsync = ms(5), batch = 1, pipeline = 1",
         {7, 14, 21, 28, 35, 42, 49, 56, 63, 70}},
        {RAFT_STORY_TIMES ", fsync = ms(5), batch = 1, pipeline = 2",
         {7, 12, 17, 22, 27, 32, 37, 42, 47, 52}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        uint32_t leader = raft_story_begin(&story, 3, cases[i].params);
        uint32_t first = story.count;
        for (uint64_t value = 0; value < 10; value++) {
            store_story_ask(&story, raft_story_name(leader), SIM_OP_WRITE, 1, value);
        }
        for (uint32_t k = 0; k < 10; k++) {
            store_story_expect(store_story_get(&story, first + k), SIM_STATUS_OK, k,
                               ms(cases[i].took[k]));
        }
        store_story_end(&story);
    }
}

/* 6.4.1: a leader that is cut off answers reads for as long as nobody else can be elected, counted
 * from when it sent the last heartbeat that a majority has acknowledged, and then no more. */
static void test_lease(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(
        &story, 3, RAFT_STORY_TIMES ", fsync = ms(5), read = 'lease', clock_drift = percent(0)");
    store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(40));
    uint64_t before = fixture_total(&story.f, "replica", "appends");
    while (fixture_total(&story.f, "replica", "appends") == before) {
        store_story_wait(&story, us(1));
    }
    store_story_wait(&story, ms(3)); /* it is acknowledged */
    raft_story_isolate(&story, leader, 3, true);
    store_story_wait(&story, ms(96));
    store_story_expect(store_story_do(&story, raft_story_name(leader), SIM_OP_READ, 1, 0),
                       SIM_STATUS_OK, 10, 0);
    store_story_wait(&story, ms(1));
    uint32_t late = store_story_ask(&story, raft_story_name(leader), SIM_OP_READ, 1, 0);
    store_story_wait(&story, ms(19));
    g_assert_false(story.told[late].is_told);
    store_story_wait(&story, ms(1)); /* it has heard nobody for an election timeout (6.2) */
    g_assert_true(story.told[late].is_told);
    g_assert_cmpstr(sim_status_names[story.told[late].reply.status], ==,
                    sim_status_names[SIM_STATUS_UNAVAILABLE]);
    store_story_end(&story);
}

/* 3.10: the preferred member leads, and takes over again when it has come back: two messages, the
 * fsyncs of a vote, and nobody waits for an election timeout. */
static void test_transfer(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(
        &story, 3, RAFT_STORY_TIMES ", fsync = ms(5), preferred = 2, read = 'lease'");
    g_assert_cmpuint(leader, ==, 2);
    store_story_do(&story, raft_story_name(2), SIM_OP_WRITE, 1, 10);
    fixture_crash(&story.f, raft_story_name(2));
    store_story_wait(&story, s(1));
    leader = raft_story_leader(&story);
    g_assert_cmpuint(leader, !=, 2);
    store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 11);
    uint64_t before = fixture_total(&story.f, "replica", "transfers");
    fixture_restart(&story.f, raft_story_name(2));
    uint64_t unavailable = 0;
    for (int i = 0; i < 100 && raft_story_leader(&story) != 2; i++) {
        uint32_t tag = store_story_ask(&story, raft_story_name(leader), SIM_OP_READ, 1, 0);
        store_story_wait(&story, ms(2));
        unavailable += story.told[tag].is_told && story.told[tag].reply.status != SIM_STATUS_OK;
        story.count--; /* the room is used again */
    }
    g_assert_cmpuint(raft_story_leader(&story), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "transfers") - before, ==, 1);
    g_assert_cmpuint(unavailable, >=, 5); /* there 1, own fsync 5, there 1, fsync 5, back 1 ms */
    g_assert_cmpuint(unavailable, <=, 9);
    store_story_wait(&story, ms(100));
    store_story_expect(store_story_do(&story, raft_story_name(2), SIM_OP_READ, 1, 0), SIM_STATUS_OK,
                       11, 0);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/writes", test_writes);
    g_test_add_func("/raft/reads", test_reads);
    g_test_add_func("/raft/session", test_session);
    g_test_add_func("/raft/failover", test_failover);
    g_test_add_func("/raft/cut-off", test_cut_off);
    g_test_add_func("/raft/disturbance", test_disturbance);
    g_test_add_func("/raft/power", test_power);
    g_test_add_func("/raft/snapshot", test_snapshot);
    g_test_add_func("/raft/snapshot-meanwhile", test_snapshot_meanwhile);
    g_test_add_func("/raft/group-commit", test_group_commit);
    g_test_add_func("/raft/pipeline", test_pipeline);
    g_test_add_func("/raft/lease", test_lease);
    g_test_add_func("/raft/transfer", test_transfer);
    return g_test_run();
}

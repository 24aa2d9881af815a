/* store.raft, membership: who votes from when, what it takes to replace a member that is lost, and
 * how a leader removes itself. If this failed, what a group costs while it changes, and who may be
 * lost then, would not be what Raft says.
 *
 * A write takes 7 ms: there 1 ms, 5 ms of fsync, back 1 ms. So does a change of the voters.
 */
#include "raft_story.h"

#define PARAMS RAFT_STORY_TIMES ", fsync = ms(5)"
#define STEP us(1)

static uint64_t total(const struct store_story *story, const char *metric)
{
    return fixture_total(&story->f, "replica", metric);
}

/* Until there are more of them than `before`, by steps of 1 us and for 5 s at most. */
static sim_time await(struct store_story *story, const char *metric, uint64_t before)
{
    sim_time end = sim_world_now(story->f.world) + s(5);
    while (total(story, metric) <= before) {
        g_assert_cmpint(sim_world_now(story->f.world), <, end);
        store_story_wait(story, STEP);
    }
    return sim_world_now(story->f.world);
}

static sim_time await_leader(struct store_story *story, uint32_t than)
{
    sim_time end = sim_world_now(story->f.world) + s(5);
    while (raft_story_leader(story) == than || raft_story_leader(story) == 0) {
        g_assert_cmpint(sim_world_now(story->f.world), <, end);
        store_story_wait(story, STEP);
    }
    return sim_world_now(story->f.world);
}

#define expect_between(from, to, time)                                                             \
    do {                                                                                           \
        g_assert_cmpint((to) - (from), >=, (time)-STEP);                                           \
        g_assert_cmpint((to) - (from), <=, (time) + STEP);                                         \
    } while (0)

/* Writes at the leader: is a majority there? */
static bool serves(struct store_story *story)
{
    uint32_t leader = raft_story_leader(story);
    if (leader == 0) {
        return false;
    }
    uint32_t tag = store_story_ask(story, raft_story_name(leader), SIM_OP_WRITE, 9, 90);
    store_story_wait(story, ms(50));
    return story->told[tag].is_told && story->told[tag].reply.status == SIM_STATUS_OK;
}

/* Two members come. The leader sends them all there is with the first heartbeat, hears of them, and
 * with the second adds one, and the other 7 ms later. Then any two of five may be lost. */
static void test_grow(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin_some(&story, 3, 5, PARAMS);
    store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(50));
    raft_story_resize(&story, 5, 0);
    sim_time first = await(&story, "appends", total(&story, "appends"));
    expect_between(first, await(&story, "added", 0), ms(20));
    expect_between(first, await(&story, "added", 1), ms(27));
    g_assert_cmpuint(total(&story, "catch_ups"), ==, 2);
    store_story_wait(&story, ms(50));
    g_assert_cmpuint(store_story_held(&story, "replica[5]", 1), ==, 10);
    fixture_crash(&story.f, raft_story_name(leader % 3 + 1));
    fixture_crash(&story.f, raft_story_name((leader + 1) % 3 + 1));
    g_assert_true(serves(&story));
    fixture_crash(&story.f, "replica[4]");
    g_assert_false(serves(&story));
    store_story_end(&story);
}

/* Members beyond `voters` learn, and do not count: two of three are a majority, two spares do not
 * make one. */
static void test_learners(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 5, PARAMS ", voters = 3");
    g_assert_cmpuint(leader, <=, 3);
    store_story_do(&story, "replica[5]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(50));
    g_assert_cmpuint(store_story_held(&story, "replica[4]", 1), ==, 10);
    for (uint32_t i = 1; i <= 3; i++) {
        if (i != leader) {
            fixture_crash(&story.f, raft_story_name(i));
        }
    }
    g_assert_false(serves(&story));
    store_story_wait(&story, s(1));
    g_assert_cmpuint(raft_story_leader(&story), ==, 0); /* it heard no majority (6.2) */
    store_story_end(&story);
}

/* A voter is lost. Its place goes to a spare with the first heartbeat after `replace_after` since
 * it was heard: it is removed, and the spare added, in 14 ms. Then another one may be lost. What
 * comes back learns. */
static void test_replace(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 4, PARAMS ", voters = 3, replace_after = ms(500)");
    uint32_t lost = leader % 3 + 1, other = lost % 3 + 1;
    sim_time heard = await(&story, "appends", total(&story, "appends")) + ms(2);
    store_story_wait(&story, ms(5));
    fixture_crash(&story.f, raft_story_name(lost));
    /* Heartbeats are 20 ms apart; it answered 2 ms after one. */
    expect_between(heard, await(&story, "removed", 0), ms(518));
    expect_between(heard, await(&story, "added", 0), ms(518 + 7));
    fixture_crash(&story.f, raft_story_name(other));
    g_assert_true(serves(&story));
    fixture_restart(&story.f, raft_story_name(other));
    fixture_restart(&story.f, raft_story_name(lost));
    store_story_wait(&story, s(2));
    g_assert_cmpuint(store_story_held(&story, raft_story_name(lost), 9), ==, 90);
    g_assert_cmpuint(total(&story, "removed"), ==, 1);
    g_assert_cmpuint(total(&story, "added"), ==, 1);
    g_assert_cmpuint(raft_story_leader(&story), ==, leader);
    store_story_end(&story);
}

/* Without a spare a voter that is lost stays one. */
static void test_no_spare(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 3, PARAMS ", replace_after = ms(500)");
    fixture_crash(&story.f, raft_story_name(leader % 3 + 1));
    store_story_wait(&story, s(2));
    g_assert_cmpuint(total(&story, "removed"), ==, 0);
    g_assert_true(serves(&story));
    store_story_end(&story);
}

/* 4.2.2: the leader is the one that leaves. It removes itself with the next heartbeat, which is
 * committed by two of the other three; then another one stands: told 1, own fsync 5, there 1, fsync
 * 5, back 1 ms. */
static void test_leader(void)
{
    struct store_story story;
    uint32_t leader = raft_story_begin(&story, 4, PARAMS ", preferred = 4");
    g_assert_cmpuint(leader, ==, 4);
    raft_story_resize(&story, 3, s(1));
    sim_time beat = await(&story, "appends", total(&story, "appends"));
    expect_between(beat, await(&story, "resigned", 0), ms(7));
    expect_between(beat, await_leader(&story, 4), ms(7 + 13));
    store_story_wait(&story, ms(50)); /* it serves until it is gone */
    store_story_expect(store_story_do(&story, "replica[4]", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(9));
    g_assert_cmpint(fixture_level(&story.f, "replica", "leaderless"), ==, 0);
    g_assert_cmpuint(total(&story, "elections"), <=, 3);
    store_story_wait(&story, ms(50));
    fixture_crash(&story.f, raft_story_name(raft_story_leader(&story) % 3 + 1));
    g_assert_true(serves(&story)); /* two of three */
    store_story_end(&story);
}

/* A leader that is to leave two members behind needs both of them, and does not count itself: not
 * for the change, and not for that it is heard by a majority. */
static void test_leader_alone(void)
{
    struct store_story story;
    raft_story_begin(&story, 3, PARAMS ", preferred = 3");
    raft_story_cut(&story, 3, 2, true);
    raft_story_resize(&story, 2, s(10));
    store_story_wait(&story, ms(90));
    g_assert_cmpuint(total(&story, "removed"), ==, 1);
    await(&story, "steps_down", 0);
    g_assert_cmpuint(total(&story, "resigned"), ==, 0);
    store_story_wait(&story, s(5)); /* the first member has the change, and brings it to its end */
    g_assert_cmpuint(total(&story, "removed"), ==, 1);
    g_assert_cmpuint(raft_story_leader(&story), ==, 1);
    g_assert_true(serves(&story));
    raft_story_cut(&story, 1, 2, true);
    g_assert_false(serves(&story));
    store_story_end(&story);
}

/* The only voter that is left is the other one: a leader that counted itself would answer reads by
 * its own word. */
static void test_leader_reads(void)
{
    struct store_story story;
    raft_story_begin(&story, 2, PARAMS ", preferred = 2");
    raft_story_cut(&story, 1, 2, true);
    raft_story_resize(&story, 1, s(10));
    await(&story, "removed", 0);
    uint32_t read = store_story_ask(&story, "replica[2]", SIM_OP_READ, 1, 0);
    store_story_wait(&story, ms(50));
    g_assert_cmpuint(raft_story_leader(&story), ==, 2);
    g_assert_false(story.told[read].is_told);
    store_story_wait(&story, s(1));
    g_assert_cmpint(story.told[read].reply.status, ==, SIM_STATUS_UNAVAILABLE);
    store_story_end(&story);
}

/* One that leaves alive goes when a spare votes in its place: at no time are there fewer. */
static void test_leaves_alive(void)
{
    struct store_story story;
    raft_story_begin(&story, 4, PARAMS ", voters = 3, preferred = 1, replace_after = ms(300)");
    fixture_crash(&story.f, "replica[2]"); /* so that the fourth votes */
    store_story_wait(&story, s(1));
    fixture_restart(&story.f, "replica[2]");
    store_story_wait(&story, s(1));
    raft_story_resize(&story, 3, s(1)); /* the fourth leaves; the second is there */
    sim_time added = await(&story, "added", 1);
    g_assert_cmpuint(total(&story, "removed"), ==, 1);
    expect_between(added, await(&story, "removed", 1), ms(7));
    store_story_end(&story);
}

/* 4.2.1. A spare is far away, and writes go on: each round takes longer than an election timeout.
 * After ten of them it is given up for a while; when there is nothing new it votes. */
static void test_rounds(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_raft, 4, ms(1), PARAMS ", preferred = 1");
    fixture_group(&story.f, "replica")->count = 3;
    fixture_group(&story.f, "replica")->per_member = true;
    for (uint32_t i = 1; i <= 3; i++) {
        store_story_link(&story, i, 4, ms(60));
    }
    store_story_start(&story);
    store_story_wait(&story, s(2));
    raft_story_resize(&story, 4, 0);
    for (int i = 0; i < 300; i++) {
        store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
        store_story_wait(&story, ms(5));
        story.count--;
    }
    g_assert_cmpuint(total(&story, "catch_ups"), ==, 10); /* 130 ms each, and a pause */
    g_assert_cmpuint(total(&story, "added"), ==, 0);
    store_story_wait(&story, s(1));
    g_assert_cmpuint(total(&story, "added"), ==, 1);
    store_story_end(&story);
}

/* 4.2.3: one that was removed while it was cut off comes back, and knows nothing of it. */
static void test_disturbance(void)
{
    for (int is_asked = 0; is_asked < 2; is_asked++) {
        struct store_story story;
        uint32_t leader =
            raft_story_begin(&story, 4,
                             is_asked ? PARAMS ", voters = 3, replace_after = ms(300)"
                                      : PARAMS ", voters = 3, replace_after = ms(300), "
                                               "pre_vote = false, check_quorum = false");
        uint32_t lost = leader % 3 + 1;
        uint64_t elections = total(&story, "elections");
        raft_story_isolate(&story, lost, 4, true);
        store_story_wait(&story, s(2));
        g_assert_cmpuint(total(&story, "removed"), ==, 1);
        raft_story_isolate(&story, lost, 4, false);
        store_story_wait(&story, s(1));
        if (is_asked) {
            g_assert_cmpuint(total(&story, "elections"), ==, elections);
            g_assert_cmpuint(raft_story_leader(&story), ==, leader);
        } else {
            g_assert_cmpuint(total(&story, "elections"), >, elections + 5);
        }
        store_story_end(&story);
    }
}

/* Who votes is in the log and in snapshots: all crash at once, and know it again. */
static void test_durable(void)
{
    static const char *const params[] = {PARAMS, PARAMS ", snapshot = 5, snapshot_keep = 0"};
    for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
        struct store_story story;
        uint32_t leader = raft_story_begin_some(&story, 3, 5, params[i]);
        raft_story_resize(&story, 5, 0);
        store_story_wait(&story, s(1));
        for (uint64_t value = 1; value <= 20; value++) {
            store_story_do(&story, raft_story_name(leader), SIM_OP_WRITE, value, value);
        }
        for (uint32_t member = 1; member <= 5; member++) {
            fixture_crash(&story.f, raft_story_name(member));
        }
        for (uint32_t member = 1; member <= 5; member++) {
            fixture_restart(&story.f, raft_story_name(member));
        }
        store_story_wait(&story, s(1));
        g_assert_true(serves(&story));
        leader = raft_story_leader(&story);
        for (uint32_t other = 1; other <= 3; other++) {
            fixture_crash(&story.f, raft_story_name((leader + other - 1) % 5 + 1));
            g_assert_true(serves(&story) == (other < 3)); /* the majority is three of five */
        }
        store_story_end(&story);
    }
}

/* 4.2.2: a leader removes the other of two members, and crashes when that is on the other's disk
 * and not on its own. It knows two voters then, and the other one, which has more in its log, knows
 * that it is none: it has to stand, and hands over. */
static void test_needed(void)
{
    struct store_story story;
    raft_story_begin(&story, 2, PARAMS ", preferred = 1");
    raft_story_resize(&story, 1, s(100));
    await(&story, "removed", 0);
    store_story_wait(&story, ms(3)); /* there 1 ms, and 5 ms of fsync */
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, ms(10));
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, s(2));
    g_assert_cmpuint(total(&story, "resigned"), ==, 1);
    g_assert_cmpuint(raft_story_leader(&story), ==, 1);
    fixture_crash(&story.f, "replica[2]");
    g_assert_true(serves(&story)); /* one of one */
    store_story_end(&story);
}

/* A voter leaves the group and comes back at once, which is no crash. What it has heard of the
 * leader it does not know any more, and must not vote for long enough (6.4.1): the leader may have
 * a lease. The second member cannot hear the first one, and tries all the time. */
static void test_comes_back(void)
{
    uint32_t both = 0;
    for (int i = 0; i < 20; i++) {
        struct store_story story;
        raft_story_begin(&story, 3,
                         PARAMS ", preferred = 1, read = 'lease', clock_drift = percent(0)");
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
        raft_story_cut(&story, 1, 2, true);
        store_story_wait(&story, ms(300 + 7 * i));
        raft_story_resize(&story, 2, 0);
        store_story_wait(&story, 0);
        raft_story_resize(&story, 3, 0);
        store_story_wait(&story, 0);
        raft_story_cut(&story, 1, 3, true);
        uint32_t late = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
        for (int wait = 0; wait < 100; wait++) {
            store_story_wait(&story, ms(1));
            uint32_t read = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
            store_story_wait(&story, 0);
            bool is_served =
                story.told[read].is_told && story.told[read].reply.status == SIM_STATUS_OK;
            both += is_served && fixture_level(&story.f, "replica[2]", "leaders") == 1;
        }
        g_assert_false(story.told[late].is_told);
        store_story_end(&story);
    }
    g_assert_cmpuint(both, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/members/grow", test_grow);
    g_test_add_func("/raft/members/learners", test_learners);
    g_test_add_func("/raft/members/replace", test_replace);
    g_test_add_func("/raft/members/no-spare", test_no_spare);
    g_test_add_func("/raft/members/leader", test_leader);
    g_test_add_func("/raft/members/leader-alone", test_leader_alone);
    g_test_add_func("/raft/members/leader-reads", test_leader_reads);
    g_test_add_func("/raft/members/leaves-alive", test_leaves_alive);
    g_test_add_func("/raft/members/rounds", test_rounds);
    g_test_add_func("/raft/members/disturbance", test_disturbance);
    g_test_add_func("/raft/members/durable", test_durable);
    g_test_add_func("/raft/members/needed", test_needed);
    g_test_add_func("/raft/members/comes-back", test_comes_back);
    return g_test_run();
}

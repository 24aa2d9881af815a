/* Broken twins of store.raft (tests/broken/build.sh): what each lacks is found by the swarm and its
 * checkers, or in a run that leads there where chance does so too rarely, and nothing is found in
 * the model itself. If this failed, a Raft that is wrong in that way would pass for a right one.
 *
 * One program for each twin, and one for the model as it is, which plays the runs of all of them.
 */
#include "raft_swarm.h"
#include "store_story.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

/* ---- by chance ---- */

static void play(const char *twin, const char *params, unsigned faults)
{
    struct swarm *swarm =
        swarm_new((struct swarm_case){twin, &sim_model_store_raft, params, faults, true}, 1, 40,
                  is_twin(twin));
    g_assert_cmpuint(swarm->violations, ==, is_twin(twin) ? 1 : 0);
    g_free(swarm);
}

static void test_reads(void)
{
    play("raft_reads", SWARM_DURABLE ", check_quorum = false", 1u << SWARM_PARTITION);
}

static void test_fsync(void)
{
    play("raft_fsync", SWARM_DURABLE ", sync_period = s(30)", 1u << SWARM_CRASH);
}

/* ---- on purpose ---- */

static const char *const names[] = {"replica[1]", "replica[2]", "replica[3]", "replica[4]",
                                    "replica[5]"};
#define MEMBERS 5u

struct directed {
    struct store_story story;
    bool is_cut[MEMBERS][MEMBERS];
};

static void begin(struct directed *run, const char *params)
{
    *run = (struct directed){0};
    store_story_begin(&run->story, &sim_model_store_raft, MEMBERS, ms(1), params);
    fixture_group(&run->story.f, "replica")->per_member = true;
}

static void resize(struct directed *run, uint32_t count, sim_time notice)
{
    sim_members_scale(probe_node(&run->story.f, "asker"), fixture_id(&run->story.f, names[0]),
                      count, 0, notice);
}

static void cut(struct directed *run, uint32_t a, uint32_t b, bool is_cut)
{
    if (run->is_cut[a][b] != is_cut) {
        run->is_cut[a][b] = run->is_cut[b][a] = is_cut;
        fixture_cut(&run->story.f, names[a], names[b], is_cut);
        fixture_cut(&run->story.f, names[b], names[a], is_cut);
    }
}

/* From all but those in `with` (bits). */
static void isolate(struct directed *run, uint32_t member, uint32_t with)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if (i != member) {
            cut(run, member, i, (with >> i & 1) == 0);
        }
    }
}

static void restart(struct directed *run, uint32_t member)
{
    fixture_crash(&run->story.f, names[member]);
    fixture_restart(&run->story.f, names[member]);
}

/* Waits until one of `candidates` (bits) leads. */
static uint32_t await_leader(struct directed *run, uint32_t candidates)
{
    for (int i = 0; i < 10000; i++) {
        for (uint32_t member = 0; member < MEMBERS; member++) {
            if ((candidates >> member & 1) != 0 &&
                fixture_level(&run->story.f, names[member], "leaders") == 1) {
                return member;
            }
        }
        store_story_wait(&run->story, ms(1));
    }
    g_assert_not_reached();
}

/* Heals everything; do all members hold the same in the end? */
static bool converges(struct directed *run, uint64_t key)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        isolate(run, i, (1u << MEMBERS) - 1);
    }
    store_story_wait(&run->story, s(3));
    for (uint32_t i = 1; i < MEMBERS; i++) {
        if (store_story_held(&run->story, names[i], key) !=
            store_story_held(&run->story, names[0], key)) {
            return false;
        }
    }
    return true;
}

#define OLD_WAYS "pre_vote = false, check_quorum = false, batch = 1, pipeline = 1, fsync = ms(5)"

/* Two candidates of one term, who do not hear one another. Three members vote for the first, crash,
 * and are then asked by the second, whose messages take long. If they vote again there are two
 * leaders of one term, and two entries of the same index and term that nobody can tell apart. */
static void test_votes(void)
{
    struct directed run;
    begin(&run, OLD_WAYS ", election_timeout = ms(100), election_timeout_max = ms(140), "
                         "heartbeat = ms(20)");
    for (uint32_t zone = 3; zone <= MEMBERS; zone++) { /* that of replica[zone] */
        fixture_link(&run.story.f, 2, zone)->latency = sim_dist_constant(&run.story.f.arena, 0.060);
    }
    store_story_start(&run.story);
    cut(&run, 0, 1, true);
    for (uint32_t i = 2; i < MEMBERS; i++) {
        fixture_crash(&run.story.f, names[i]);
    }
    store_story_wait(&run.story, ms(50));
    for (uint32_t i = 2; i < MEMBERS; i++) {
        fixture_restart(&run.story.f, names[i]);
    }
    /* Both stand between 100 and 140 ms. The others hear the first 6 ms later, and vote within 5;
     * they hear the second after 65 ms. */
    g_assert_cmpuint(await_leader(&run, 0x1f), ==, 0);
    g_assert_cmpint(sim_world_now(run.story.f.world), <, ms(155));
    isolate(&run, 0, 0);
    store_story_ask(&run.story, names[0], SIM_OP_WRITE, 1, 10);
    for (uint32_t i = 2; i < MEMBERS; i++) {
        restart(&run, i);
    }
    uint32_t second = await_leader(&run, 0x1e);
    store_story_wait(&run.story, ms(50));
    store_story_do(&run.story, names[second], SIM_OP_WRITE, 1, 20);
    g_assert_cmpint(converges(&run, 1), ==, !is_twin("raft_votes"));
    store_story_end(&run.story);
}

/* Figure 3.7 (figure 8 of the paper). Two members have a write of the first leader, which is gone;
 * a second leader, elected by the others, has an entry of its own in that place and is gone too; a
 * third, who has the write, brings it to one more. Now a majority has it, and the second leader can
 * still be elected and drop it. */
static void test_counting(void)
{
    struct directed run;
    begin(&run, OLD_WAYS ", election_timeout = ms(100), heartbeat = ms(90)");
    store_story_start(&run.story);
    uint32_t first = await_leader(&run, 0x1f);
    store_story_wait(&run.story, ms(300));
    uint32_t friend = (first + 1) % MEMBERS;
    uint32_t both = 1u << first | 1u << friend;
    isolate(&run, first, both);
    store_story_ask(&run.story, names[first], SIM_OP_WRITE, 1, 10);
    store_story_wait(&run.story, ms(20));
    isolate(&run, friend, 0);
    fixture_crash(&run.story.f, names[first]);
    /* The second. What it sends is on nobody's disk but its own. */
    uint32_t second = await_leader(&run, 0x1f & ~both);
    isolate(&run, second, 0);
    uint32_t rest[2], count = 0;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if (i != second && (both >> i & 1) == 0) {
            rest[count++] = i;
            restart(&run, i);
        }
    }
    store_story_wait(&run.story, ms(20));
    fixture_crash(&run.story.f, names[second]);
    /* The third, by the votes of three: its first entry is refused by rest[0], who then takes the
     * write, and has it on disk 9 ms after the election. */
    fixture_restart(&run.story.f, names[first]);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        isolate(&run, i, both | 1u << rest[0]);
    }
    isolate(&run, rest[1], 0);
    uint32_t third = await_leader(&run, both);
    store_story_wait(&run.story, ms(10));
    restart(&run, rest[0]);
    isolate(&run, third, 0);
    isolate(&run, third == first ? friend : first, 0);
    /* The second again. */
    fixture_restart(&run.story.f, names[second]);
    cut(&run, second, rest[0], false);
    cut(&run, second, rest[1], false);
    cut(&run, rest[0], rest[1], false);
    g_assert_cmpuint(await_leader(&run, 0x1f & ~both), ==, second);
    store_story_wait(&run.story, ms(300));
    g_assert_cmpuint(store_story_held(&run.story, names[rest[0]], 1), ==, 0);
    g_assert_cmpint(converges(&run, 1), ==, !is_twin("raft_counting"));
    store_story_end(&run.story);
}

/* 6.4.1. A leader tells the preferred member to stand, which is slow to hear it; the leader gives
 * up and leads on. When the other one hears it at last it is voted for, whatever others have heard,
 * and the leader, cut off just then, must not count on its lease. */
static void test_transfer(void)
{
    struct directed run;
    begin(&run, "election_timeout = ms(100), heartbeat = ms(20), fsync = ms(5), read = 'lease', "
                "preferred = 2");
    store_story_start(&run.story);
    store_story_wait(&run.story, s(1));
    fixture_crash(&run.story.f, names[1]);
    store_story_wait(&run.story, s(1));
    uint32_t leader = await_leader(&run, 0x1d);
    store_story_do(&run.story, names[leader], SIM_OP_WRITE, 1, 10);
    uint64_t before = fixture_total(&run.story.f, "replica", "transfers");
    fixture_restart(&run.story.f, names[1]);
    while (fixture_total(&run.story.f, "replica", "transfers") == before) {
        store_story_wait(&run.story, us(100));
    }
    fixture_pause(&run.story.f, names[1], true);
    store_story_wait(&run.story, ms(150));
    g_assert_cmpuint(store_story_do(&run.story, names[leader], SIM_OP_READ, 1, 0)->reply.value, ==,
                     10);
    isolate(&run, leader, 0);
    fixture_pause(&run.story.f, names[1], false);
    sim_time since = sim_world_now(run.story.f.world);
    g_assert_cmpuint(await_leader(&run, 1u << 1), ==, 1);
    store_story_do(&run.story, names[1], SIM_OP_WRITE, 1, 20);
    g_assert_cmpint(sim_world_now(run.story.f.world) - since, <, ms(60));
    uint32_t read = store_story_ask(&run.story, names[leader], SIM_OP_READ, 1, 0);
    store_story_wait(&run.story, 0);
    bool is_stale = run.story.told[read].is_told && run.story.told[read].reply.value == 10;
    g_assert_cmpint(is_stale, ==, is_twin("raft_transfer"));
    g_assert_true(converges(&run, 1));
    store_story_end(&run.story);
}

#define NEW_WAYS                                                                                   \
    "check_quorum = false, election_timeout = ms(100), heartbeat = ms(20), fsync = ms(5)"

static void expect_told(const struct directed *run, uint32_t tag, bool is_told)
{
    const struct store_told *told = &run->story.told[tag];
    g_assert_true((told->is_told && told->reply.status == SIM_STATUS_OK) == is_told);
    g_assert_true(!is_told || told->reply.value == 1);
}

/* 4.1. The leader of three is cut off with two members that come. By two changes at once it has a
 * majority of five, while the other two are one of three: both sides count to 1. */
static void test_two_changes(void)
{
    struct directed run;
    begin(&run, NEW_WAYS);
    fixture_group(&run.story.f, "replica")->count = 3;
    store_story_start(&run.story);
    uint32_t leader = await_leader(&run, 0x7);
    store_story_wait(&run.story, ms(300));
    isolate(&run, leader, 0x18);
    for (uint32_t i = 3; i < MEMBERS; i++) {
        isolate(&run, i, 1u << leader | 0x18);
    }
    resize(&run, 5, 0);
    uint32_t other = await_leader(&run, 0x7 & ~(1u << leader));
    store_story_wait(&run.story, ms(100));
    uint32_t first = store_story_ask(&run.story, names[leader], SIM_OP_INCREMENT, 1, 1);
    uint32_t second = store_story_ask(&run.story, names[other], SIM_OP_INCREMENT, 1, 1);
    store_story_wait(&run.story, ms(100));
    expect_told(&run, first, is_twin("raft_two_changes"));
    expect_told(&run, second, true);
    g_assert_true(is_twin("raft_two_changes") || converges(&run, 1));
    store_story_end(&run.story);
}

/* Ongaro, "bug in single-server membership changes", raft-dev, 2015: one is added, one removed. The
 * first leader of four adds the fifth, and nobody else hears of it. The second is elected by three
 * of four, and removes the fourth at once: two of three are enough for it. The first and the fifth
 * with the fourth, which has heard nothing but the election, are three of five. */
static void test_early_change(void)
{
    struct directed run;
    begin(&run, NEW_WAYS ", preferred = 1");
    fixture_group(&run.story.f, "replica")->count = 4;
    store_story_start(&run.story);
    store_story_wait(&run.story, s(1));
    g_assert_cmpuint(await_leader(&run, 0xf), ==, 0);
    isolate(&run, 3, 0); /* so that it is behind, and is not elected */
    store_story_do(&run.story, names[0], SIM_OP_WRITE, 2, 1);
    isolate(&run, 0, 1u << 4);
    isolate(&run, 4, 1u << 0);
    resize(&run, 5, 0);
    while (fixture_total(&run.story.f, "replica", "added") == 0) {
        store_story_wait(&run.story, ms(1));
    }
    store_story_wait(&run.story, ms(20));
    resize(&run, 3, s(100));
    isolate(&run, 3, 1u << 1 | 1u << 2);
    uint32_t second = await_leader(&run, 1u << 1 | 1u << 2);
    fixture_crash(&run.story.f, names[3]); /* what is on its way to it is lost */
    isolate(&run, 3, 0);
    store_story_wait(&run.story, ms(100));
    fixture_restart(&run.story.f, names[3]);
    uint32_t first = store_story_ask(&run.story, names[second], SIM_OP_INCREMENT, 1, 1);
    store_story_wait(&run.story, ms(100));
    resize(&run, 5, 0);
    isolate(&run, 1, 1u << 2);
    isolate(&run, 2, 1u << 1);
    isolate(&run, 3, 1u << 0 | 1u << 4);
    store_story_wait(&run.story, s(1));
    uint32_t third = await_leader(&run, 1u << 0 | 1u << 4);
    store_story_wait(&run.story, ms(100));
    uint32_t last = store_story_ask(&run.story, names[third], SIM_OP_INCREMENT, 1, 1);
    store_story_wait(&run.story, ms(100));
    expect_told(&run, first, is_twin("raft_early_change"));
    expect_told(&run, last, true);
    g_assert_true(is_twin("raft_early_change") || converges(&run, 1));
    store_story_end(&run.story);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *twin;
        void (*test)(void);
    } tests[] = {{"raft_reads", test_reads},
                 {"raft_fsync", test_fsync},
                 {"raft_transfer", test_transfer},
                 {"raft_votes", test_votes},
                 {"raft_two_changes", test_two_changes},
                 {"raft_early_change", test_early_change},
                 {"raft_counting", test_counting}};
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        if (is_twin("none") || is_twin(tests[i].twin)) {
            g_autofree char *path = g_strdup_printf("/broken/%s", tests[i].twin);
            g_test_add_func(path, tests[i].test);
        }
    }
    return g_test_run();
}

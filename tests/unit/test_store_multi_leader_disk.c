/* store.multi_leader on disk: what waits for an fsync, what a crash takes, and how long the log is.
 * If this failed, a member would forget what it had answered for, or never what is old.
 */
#include "multi_leader_story.h"

/* An update is answered when it is on disk, and sent to the others only then; a read waits for what
 * it is about to tell, and what comes meanwhile shares the next fsync. */
static void test_fsync(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'siblings', fsync = ms(5), anti_entropy = none");
    g_assert_cmpint(ask(&story, 1, SIM_OP_WRITE, 70)->status, ==, SIM_STATUS_TIMEOUT);
    pass(&story, ms(5) - 1);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_TIMEOUT);
    pass(&story, 1);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    pass(&story, ms(10) - 1);
    g_assert_cmpint(ask(&story, 4, SIM_OP_READ, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    pass(&story, 1);
    g_assert_cmpint(ask(&story, 4, SIM_OP_READ, 0)->status, ==, SIM_STATUS_TIMEOUT);
    pass(&story, ms(5));
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(story.reply.value, ==, 70);
    pass(&story, s(1));
    uint64_t before = fixture_total(&story.f, "member", "fsyncs");
    ask(&story, 1, SIM_OP_WRITE, 71);
    pass(&story, ms(1));
    ask(&story, 1, SIM_OP_WRITE, 72);
    ask(&story, 1, SIM_OP_WRITE, 73);
    pass(&story, ms(4)); /* the first is answered, and the others are not */
    story.reply.status = SIM_STATUS_TIMEOUT;
    pass(&story, ms(5) - 1);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_TIMEOUT);
    pass(&story, 1);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&story.f, "member", "fsyncs") - before, ==, 2);
    end(&story);
}

/* What a crash takes from a member that nobody can hear: with fsync nothing that it has answered,
 * without it what came after the log was last synced, or everything. */
static void test_crash(void)
{
    static const struct {
        const char *params;
        uint64_t left;
    } cases[] = {{"fsync = ms(5)", 3}, {"sync_period = s(1)", 1}, {"sync_period = none", 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct leaders_story story;
        g_autofree char *params =
            g_strdup_printf("kind = 'g_counter', retry = s(100), %s", cases[i].params);
        begin(&story, params);
        split(&story, true);
        fixture_cut(&story.f, "member[1]", "member[2]", true);
        ask(&story, 1, SIM_OP_INCREMENT, 1);
        pass(&story, ms(1500));
        ask(&story, 1, SIM_OP_INCREMENT, 2);
        pass(&story, ms(100));
        fixture_crash(&story.f, "member[1]");
        fixture_restart(&story.f, "member[1]");
        pass(&story, 0);
        g_assert_cmpuint(read(&story, 1), ==, cases[i].left);
        fixture_cut(&story.f, "member[1]", "member[2]", false);
        split(&story, false);
        ask(&story, 1, SIM_OP_INCREMENT, 10);
        pass(&story, s(60));
        g_assert_cmpuint(read(&story, 4), ==, cases[i].left + 10);
        /* Who may have told others what it has forgotten counts under a new name. */
        const struct leaders_state *state = sim_state(sim_world_node(story.f.world, 5));
        g_assert_cmpuint(leaders_find(state, 7)->seen_count, ==, cases[i].left == 1 ? 2 : 1);
        end(&story);
    }
}

/* The log is written anew now and then: it does not grow with the number of updates, and a crash
 * finds all in it. */
static void test_compaction(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'pn_counter', fsync = us(1)");
    for (int i = 0; i < 20000; i++) {
        ask(&story, 1, SIM_OP_INCREMENT, i % 2 == 0 ? 3 : (uint64_t)-1);
        pass(&story, us(1));
    }
    const struct sim_node *node = sim_world_node(story.f.world, 2);
    g_assert_cmpuint(sim_log_end(node, 0) - sim_log_begin(node, 0), <, 5000);
    fixture_crash(&story.f, "member[1]");
    fixture_restart(&story.f, "member[1]");
    pass(&story, 0);
    g_assert_cmpuint(read(&story, 1), ==, 20000);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/multi_leader/fsync", test_fsync);
    g_test_add_func("/store/multi_leader/crash", test_crash);
    g_test_add_func("/store/multi_leader/compaction", test_compaction);
    return g_test_run();
}

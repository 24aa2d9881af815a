/* store.quorum: how replicas that missed a write get it: read repair, hints, stand-ins, hash trees.
 * Each beside what happens without it. If this failed, replicas would drift apart, or the figures
 * of what it costs to keep them together would be wrong.
 */
#include "store/quorum/merkle.h"
#include "store_story.h"

/* Writes value 10 to key 1 so that replica[3] misses it, and what was on its way to there is gone.
 */
static void write_without_third(struct store_story *story)
{
    store_story_start(story);
    fixture_crash(&story->f, "replica[3]");
    store_story_do(story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(story, ms(100));
    fixture_restart(&story->f, "replica[3]");
    store_story_wait(story, 0);
}

/* ---- read repair ---- */

static void test_read_repair(void)
{
    for (uint32_t has_repair = 0; has_repair < 2; has_repair++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                          has_repair ? "service = ms(0), hinted_handoff = false"
                                     : "service = ms(0), hinted_handoff = false, read_repair = "
                                       "percent(0)");
        write_without_third(&story);
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK,
                           10, ms(2));
        store_story_wait(&story, ms(1)); /* the repair is on its way */
        g_assert_cmpuint(fixture_total(&story.f, "replica", "answers"), ==, 3);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "answers.stale"), ==, 1);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "repairs"), ==, has_repair);
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, has_repair ? 10 : 0);
        store_story_end(&story);
    }
}

/* With chance: of 60 reads of keys that one replica missed about half are repaired. */
static void test_read_repair_chance(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), hinted_handoff = false, read_repair = percent(50)");
    store_story_start(&story);
    fixture_crash(&story.f, "replica[3]");
    for (uint64_t key = 0; key < 60; key++) {
        story.count = 0;
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, key, 1);
    }
    fixture_restart(&story.f, "replica[3]");
    for (uint64_t key = 0; key < 60; key++) {
        story.count = 0;
        store_story_do(&story, "replica[1]", SIM_OP_READ, key, 0);
    }
    store_story_wait(&story, ms(10));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "answers.stale"), ==, 60);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "repairs"), >, 18);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "repairs"), <, 42);
    store_story_end(&story);
}

/* ---- hints ---- */

/* replica[3] is down from 0 s to 5 s. At 2 s the coordinator suspects it and keeps the write; the
 * probe at 5 s finds it again, the next handoff (10 s after the hint was kept) brings it. */
static void test_hint(void)
{
    for (uint32_t has_hints = 0; has_hints < 2; has_hints++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                          has_hints ? "service = ms(0)"
                                    : "service = ms(0), hinted_handoff = false");
        store_story_start(&story);
        fixture_crash(&story.f, "replica[3]");
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
        fixture_run_until(&story.f, s(2) - 1);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.stored"), ==, 0);
        fixture_run_until(&story.f, s(2));
        g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, has_hints);
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 2, 20); /* not even sent to it */
        store_story_wait(&story, ms(5));
        g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 2 * has_hints);
        fixture_run_until(&story.f, s(5) - ms(10));
        fixture_restart(&story.f, "replica[3]");
        fixture_run_until(&story.f, s(12) + ms(1) - 1);
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 0);
        fixture_run_until(&story.f, s(12) + ms(1));
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, has_hints ? 10 : 0);
        g_assert_cmpuint(store_story_held(&story, "replica[3]", 2), ==, has_hints ? 20 : 0);
        fixture_run_until(&story.f, s(12) + ms(2));
        g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 0);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.delivered"), ==, 2 * has_hints);
        store_story_end(&story);
    }
}

/* Hints survive a crash of their keeper; those whose member is away again are kept on. */
static void test_hint_crash(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), "service = ms(0), fsync = ms(1)");
    store_story_start(&story);
    fixture_crash(&story.f, "replica[3]");
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, s(3));
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 1);
    fixture_crash(&story.f, "replica[1]");
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 0);
    fixture_restart(&story.f, "replica[1]"); /* knows nothing of suspicions, and sends the hint */
    store_story_wait(&story, s(13));
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 1);
    fixture_restart(&story.f, "replica[3]");
    store_story_wait(&story, s(10));
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 1), ==, 10);
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, 0);
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 0); /* remembers that too */
    store_story_end(&story);
}

/* After `hint_window` nothing is kept any more. */
static void test_hint_window(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), hint_window = s(30)");
    store_story_start(&story);
    fixture_crash(&story.f, "replica[3]");
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, s(31)); /* suspected since 2 s */
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 2, 20);
    store_story_wait(&story, s(2));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.stored"), ==, 2);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 3, 30);
    store_story_wait(&story, s(2));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.stored"), ==, 2);
    store_story_end(&story);
}

/* Many hints: some at a time, until all are there. */
static void test_many_hints(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), "service = ms(0)");
    store_story_start(&story);
    fixture_crash(&story.f, "replica[3]");
    for (uint64_t key = 0; key < 500; key++) {
        story.count = 0;
        store_story_ask(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
        store_story_wait(&story, ms(1));
    }
    store_story_wait(&story, s(3));
    g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 500);
    fixture_restart(&story.f, "replica[3]");
    fixture_run_until(&story.f, s(12) + ms(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.delivered"), ==, 128);
    fixture_run_until(&story.f, s(12) + ms(20));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "hints.delivered"), ==, 500);
    story.count = 0;
    g_assert_cmpuint(store_story_held(&story, "replica[3]", 499), ==, 500);
    store_story_end(&story);
}

/* ---- sloppy quorums ---- */

/* Four members, three replicas of a key, of which two are away: a strict majority is not to be had.
 * A sloppy one is; the stand-in serves reads, and hands on what it has. */
static void test_sloppy(void)
{
    for (int is_sloppy = 0; is_sloppy < 2; is_sloppy++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 4, ms(1),
                          is_sloppy ? "service = ms(0), replicas = 3, sloppy = true, read_repair "
                                      "= percent(0)"
                                    : "service = ms(0), replicas = 3, read_repair = percent(0)");
        store_story_start(&story);
        const char *names[] = {"replica[1]", "replica[2]", "replica[3]", "replica[4]"};
        uint64_t key = 0;
        store_story_do(&story, names[0], SIM_OP_WRITE, key, 9);
        store_story_wait(&story, ms(10));
        sim_node_id first = fixture_id(&story.f, names[0]);
        int owners[3], other = 0, count = 0;
        for (int i = 0; i < 4; i++) {
            if (sim_log_end(sim_world_node(story.f.world, first + (sim_node_id)i), 0) > 0) {
                owners[count++] = i;
            } else {
                other = i;
            }
        }
        g_assert_cmpint(count, ==, 3);
        const char *asked = names[other]; /* coordinates, and is the only one to stand in */
        fixture_crash(&story.f, names[owners[1]]);
        fixture_crash(&story.f, names[owners[2]]);
        store_story_expect(store_story_do(&story, asked, SIM_OP_WRITE, key, 10), SIM_STATUS_TIMEOUT,
                           0, s(2));
        const struct store_told *told = store_story_do(&story, asked, SIM_OP_WRITE, key, 11);
        if (!is_sloppy) {
            store_story_expect(told, SIM_STATUS_UNAVAILABLE, 0, 0);
            store_story_end(&story);
            continue;
        }
        store_story_expect(told, SIM_STATUS_OK, 11, ms(2));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "stand_ins"), ==, 1);
        fixture_crash(&story.f, names[owners[0]]); /* the only owner that has it */
        fixture_restart(&story.f, names[owners[0]]);
        store_story_expect(store_story_do(&story, asked, SIM_OP_READ, key, 0), SIM_STATUS_OK, 11,
                           ms(2));
        fixture_restart(&story.f, names[owners[1]]);
        fixture_restart(&story.f, names[owners[2]]);
        store_story_wait(&story, s(15));
        g_assert_cmpint(fixture_level(&story.f, "replica", "hints"), ==, 0);
        g_assert_cmpuint(store_story_held(&story, names[owners[1]], key), ==, 11);
        g_assert_cmpuint(store_story_held(&story, names[owners[2]], key), ==, 11);
        store_story_end(&story);
    }
}

/* ---- hash trees ---- */

/* Equal sets have equal roots whatever the order; one entry that differs shows on the way from its
 * leaf to the root and nowhere else. */
static void test_tree(void)
{
    struct merkle a, b;
    merkle_init(&a, 6);
    merkle_init(&b, 6);
    for (uint64_t key = 0; key < 1000; key++) {
        struct cell cell = {.key = key, .value = key, .version = key + 1};
        struct cell reverse = {.key = 999 - key, .value = 999 - key, .version = 1000 - key};
        merkle_add(&a, &cell);
        merkle_add(&b, &reverse);
    }
    merkle_sum(&a);
    merkle_sum(&b);
    for (uint32_t node = 1; node < 128; node++) {
        g_assert_cmpuint(a.nodes[node], ==, b.nodes[node]);
    }
    struct cell extra = {.key = 77, .value = 1, .version = 5000, .is_deleted = true};
    merkle_add(&b, &extra);
    merkle_sum(&b);
    uint32_t different = 0;
    for (uint32_t node = 1; node < 128; node++) {
        different += a.nodes[node] != b.nodes[node];
    }
    g_assert_cmpuint(different, ==, 7);
    g_assert_true(a.nodes[64 + merkle_leaf(6, 77)] != b.nodes[64 + merkle_leaf(6, 77)]);
    merkle_clear(&a);
    merkle_clear(&b);
    static const struct cell cells[] = {{1, 10, 5, false},
                                        {1, 11, 5, false},
                                        {1, 10, 6, false},
                                        {2, 10, 5, false},
                                        {1, 10, 5, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
        merkle_init(&a, 1);
        merkle_init(&b, 1);
        merkle_add(&a, &cells[0]);
        merkle_add(&b, &cells[i]);
        merkle_sum(&a);
        merkle_sum(&b);
        g_assert_true((a.nodes[1] == b.nodes[1]) == (i == 0));
        merkle_clear(&a);
        merkle_clear(&b);
    }
}

/* replica[2] misses one of 100 keys. replica[1] begins to compare at 5 s (its half of 10 s). */
static void test_anti_entropy(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 2, ms(1),
                      "service = ms(0), write_quorum = 1, read_quorum = 1, hinted_handoff = false, "
                      "read_repair = percent(0), anti_entropy = s(10), merkle_depth = 3, "
                      "value_bytes = bytes(100), fsync = us(1)");
    store_story_start(&story);
    for (uint64_t key = 0; key < 100; key++) {
        story.count = 0;
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
    }
    store_story_wait(&story, ms(10));
    fixture_crash(&story.f, "replica[2]");
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 50, 1000);
    store_story_wait(&story, ms(10));
    fixture_restart(&story.f, "replica[2]");
    store_story_wait(&story, 0);
    story.count = 0;
    /* root ->, 2 children <-, 2 ->, 2 leaves <-; the one leaf that differs ->, and its entries */
    fixture_run_until(&story.f, s(5) + ms(5) - 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "merkle.different"), ==, 1);
    g_assert_cmpuint(store_story_held(&story, "replica[2]", 50), ==, 51);
    fixture_run_until(&story.f, s(5) + ms(5) + us(1));
    g_assert_cmpuint(store_story_held(&story, "replica[2]", 50), ==, 1000);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "merkle.synced"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "merkle.bytes"), ==,
                     (64 + 16) + 3 * (64 + 32) + (64 + 8));
    fixture_run_until(&story.f, s(16)); /* the other one's turn was at 10 s; equal roots end it */
    g_assert_cmpuint(fixture_total(&story.f, "replica", "exchanges"), ==, 3);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "merkle.bytes"), ==,
                     3 * (64 + 16) + 3 * (64 + 32) + (64 + 8));
    store_story_end(&story);
}

/* Whoever finds the difference sends, and is sent to: what either has that the other lacks. */
static void test_anti_entropy_ways(void)
{
    for (uint32_t who = 1; who <= 2; who++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 2, ms(1),
                          "service = ms(0), write_quorum = 1, read_quorum = 1, hinted_handoff = "
                          "false, read_repair = percent(0), anti_entropy = s(10), fsync = us(1)");
        store_story_start(&story);
        fixture_crash(&story.f, who == 1 ? "replica[1]" : "replica[2]");
        store_story_do(&story, who == 1 ? "replica[2]" : "replica[1]", SIM_OP_WRITE, 50, 1000);
        store_story_wait(&story, ms(10));
        fixture_restart(&story.f, who == 1 ? "replica[1]" : "replica[2]");
        fixture_run_until(&story.f, s(9));
        g_assert_cmpuint(fixture_total(&story.f, "replica", "exchanges"), ==, 1);
        g_assert_cmpuint(store_story_held(&story, "replica[1]", 50), ==, 1000);
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 50), ==, 1000);
        store_story_end(&story);
    }
}

/* A member whose disk is empty gets its keys back, and only its own: six members, three replicas,
 * more in a leaf than fit into one message. */
static void test_anti_entropy_all(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 6, ms(1),
                      "service = ms(0), replicas = 3, hinted_handoff = false, read_repair = "
                      "percent(0), anti_entropy = s(1), merkle_depth = 1, sync_period = s(1000)");
    store_story_start(&story);
    for (uint64_t key = 0; key < 6000; key++) {
        story.count = 0;
        store_story_ask(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
        store_story_wait(&story, us(10));
    }
    store_story_wait(&story, ms(10));
    const struct sim_node *lost = sim_world_node(story.f.world, fixture_id(&story.f, "replica[4]"));
    uint64_t had = sim_log_end(lost, 0);
    g_assert_cmpuint(had, >, 2000);
    fixture_crash(&story.f, "replica[4]");
    fixture_restart(&story.f, "replica[4]");
    store_story_wait(&story, 0);
    g_assert_cmpuint(sim_log_end(lost, 0), ==, 0);
    store_story_wait(&story, s(30));
    g_assert_cmpuint(sim_log_end(lost, 0), ==, had);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "merkle.synced"), ==, had);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/read-repair", test_read_repair);
    g_test_add_func("/quorum/read-repair-chance", test_read_repair_chance);
    g_test_add_func("/quorum/hint", test_hint);
    g_test_add_func("/quorum/hint-crash", test_hint_crash);
    g_test_add_func("/quorum/hint-window", test_hint_window);
    g_test_add_func("/quorum/many-hints", test_many_hints);
    g_test_add_func("/quorum/sloppy", test_sloppy);
    g_test_add_func("/quorum/tree", test_tree);
    g_test_add_func("/quorum/anti-entropy", test_anti_entropy);
    g_test_add_func("/quorum/anti-entropy-ways", test_anti_entropy_ways);
    g_test_add_func("/quorum/anti-entropy-all", test_anti_entropy_all);
    return g_test_run();
}

/* store.quorum, protocol = "abd": a register that is atomic where plain R + W > N is not. The two
 * stories that tell them apart are played with both, and must go wrong with the plain one. If this
 * failed, that quorums which meet do not make a store linearizable would be shown by nothing.
 */
#include "store_story.h"

#define ABD "service = ms(0), protocol = 'abd'"
#define PLAIN "service = ms(0), read_repair = percent(0)"

/* A writer reaches replica[1] only. Then a reader near it sees the new value, and after that reader
 * is done, one who meets the other two sees the old one again: unless the first wrote back. */
static void test_inversion(void)
{
    for (uint32_t is_abd = 0; is_abd < 2; is_abd++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), is_abd ? ABD : PLAIN);
        fixture_add_node(&story.f, "writer", &sim_model_store_quorum_client,
                         is_abd ? "to = 'replica', protocol = 'abd'" : "to = 'replica'");
        fixture_machine(&story.f, 5)->zone = fixture_add_zone(&story.f, "of the writer");
        for (uint32_t i = 1; i <= 3; i++) {
            store_story_link(&story, 4, i, ms(1));
        }
        store_story_link(&story, 2, 3, ms(5));
        store_story_link(&story, 1, 3, ms(10));
        store_story_start(&story);
        store_story_do(&story, "writer", SIM_OP_WRITE, 1, 10);
        store_story_wait(&story, ms(50));
        uint32_t writing = 0;
        if (is_abd) { /* the versions were asked for, and come back */
            writing = store_story_ask(&story, "writer", SIM_OP_WRITE, 1, 20);
            store_story_wait(&story, us(1500));
        }
        fixture_cut(&story.f, "writer", "replica[2]", true);
        fixture_cut(&story.f, "writer", "replica[3]", true);
        if (!is_abd) {
            writing = store_story_ask(&story, "writer", SIM_OP_WRITE, 1, 20);
        }
        store_story_wait(&story, ms(3));
        g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 20);
        g_assert_cmpuint(store_story_held(&story, "replica[2]", 1), ==, 10);
        store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 1, 0), SIM_STATUS_OK,
                           20, is_abd ? ms(4) : ms(2));
        store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0), SIM_STATUS_OK,
                           is_abd ? 20 : 10, is_abd ? ms(20) : ms(10));
        g_assert_false(story.told[writing].is_told);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "write_backs"), ==, 2 * is_abd);
        store_story_end(&story);
    }
}

/* A clock that is a second ahead: plain quorums lose what is written after it elsewhere. */
static void test_clock(void)
{
    for (uint32_t is_abd = 0; is_abd < 2; is_abd++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), is_abd ? ABD : PLAIN);
        fixture_machine(&story.f, 2)->clock_offset = s(1);
        store_story_start(&story);
        uint64_t first = store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10)->reply.version;
        uint64_t second = store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 20)->reply.version;
        g_assert_true(is_abd ? second > first : second < first);
        g_assert_cmpuint(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0)->reply.value, ==,
                         is_abd ? 20 : 10);
        store_story_end(&story);
    }
}

/* What it costs: a write two rounds, a read one, and two where W of the answers do not agree. */
static void test_cost(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), ABD);
    store_story_start(&story);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2)); /* nothing to write back */
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(4));
    store_story_wait(&story, ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(2));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_DELETE, 1, 0), SIM_STATUS_OK, 0,
                       ms(4));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    store_story_end(&story);
}

/* R = 1, W = 3 meet too. One answer is not known to be anywhere else: it is written back. */
static void test_read_one(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      ABD ", read_quorum = 1, write_quorum = 3");
    store_story_start(&story);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(2));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(2));
    struct sim_request request = {
        .key = 1, .operation = SIM_OP_READ, .consistency = SIM_CONSISTENCY_EVENTUAL};
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &request)),
                       SIM_STATUS_OK, 10, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "write_backs"), ==, 1);
    store_story_end(&story);
}

/* Registers cannot do these. */
static void test_refused(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), ABD);
    store_story_start(&story);
    static const enum sim_operation operations[] = {SIM_OP_COMPARE_AND_SET, SIM_OP_INCREMENT,
                                                    SIM_OP_APPEND, SIM_OP_SCAN};
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        store_story_expect(store_story_do(&story, "replica[1]", operations[i], 1, 1),
                           SIM_STATUS_ERROR, 0, 0);
    }
    store_story_end(&story);
}

/* A write that has asked for versions only did nothing; one that was sent may have. */
static void test_failures(void)
{
    for (uint32_t was_sent = 0; was_sent < 2; was_sent++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), ABD ", probe = none");
        store_story_start(&story);
        uint32_t writing = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
        store_story_wait(&story, was_sent ? us(1500) : 0);
        for (int i = 0; i < 2; i++) {
            fixture_cut(&story.f, "replica[1]", i == 0 ? "replica[2]" : "replica[3]", true);
            if (!was_sent) {
                fixture_cut(&story.f, i == 0 ? "replica[2]" : "replica[3]", "replica[1]", true);
            }
        }
        store_story_expect(store_story_get(&story, writing),
                           was_sent ? SIM_STATUS_TIMEOUT : SIM_STATUS_UNAVAILABLE, 0, s(2));
        g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, was_sent ? 10 : 0);
        g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 0);
        store_story_end(&story);
    }
}

/* Two writes of one coordinator at once have two versions. */
static void test_same_coordinator(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), ABD);
    store_story_start(&story);
    uint32_t a = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    uint32_t b = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 20);
    uint64_t first = store_story_get(&story, a)->reply.version;
    uint64_t second = store_story_get(&story, b)->reply.version;
    g_assert_cmpuint(first, <, second);
    g_assert_cmpuint(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0)->reply.value, ==, 20);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/abd/inversion", test_inversion);
    g_test_add_func("/quorum/abd/clock", test_clock);
    g_test_add_func("/quorum/abd/cost", test_cost);
    g_test_add_func("/quorum/abd/read-one", test_read_one);
    g_test_add_func("/quorum/abd/refused", test_refused);
    g_test_add_func("/quorum/abd/failures", test_failures);
    g_test_add_func("/quorum/abd/same-coordinator", test_same_coordinator);
    return g_test_run();
}

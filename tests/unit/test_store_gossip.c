/* store.gossip: who hears of what, when, and when members stop telling. If this failed, updates
 * would reach members at other times than the rules say, or the last write would not win
 * everywhere.
 */
#include "models.h"
#include "probe.h"
#include "store/gossip/gossip.h"

struct gossip_story {
    struct fixture f;
    struct probe asker;
    char *params;           /* read when the world starts */
    struct sim_reply reply; /* the latest */
};

static void on_outcome(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        *(struct sim_reply *)probe->data = in->outcome->reply;
    }
}

/* Members 10 ms apart, whose cycles of 1 s begin at once; the asker is nowhere far. */
static void begin(struct gossip_story *story, uint32_t members, const char *params)
{
    *story = (struct gossip_story){.asker = {.on = on_outcome}};
    story->asker.data = &story->reply;
    fixture_init(&story->f, s(1000));
    probe_add(&story->f, &story->asker, "asker", 1);
    story->params = g_strdup_printf("synchronous = true, service = ms(0), %s", params);
    fixture_add_group(&story->f, "member", &sim_model_store_gossip, story->params, members,
                      members);
    uint32_t zone = fixture_add_zone(&story->f, "of the members");
    for (uint32_t i = 0; i < members; i++) {
        fixture_machine(&story->f, 2 + i)->zone = zone;
    }
    fixture_link(&story->f, zone, zone)->latency = sim_dist_constant(&story->f.arena, 0.01);
}

static void start(struct gossip_story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, ms(500));
}

static void end(struct gossip_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->asker);
    g_free(story->params);
}

static const struct sim_reply *ask(struct gossip_story *story, const char *to,
                                   enum sim_operation operation, uint64_t key, uint64_t value,
                                   uint64_t expected)
{
    struct sim_request request = {.key = key,
                                  .value = value,
                                  .expected = expected,
                                  .deadline = SIM_NEVER,
                                  .operation = (uint16_t)operation};
    sim_send_request(probe_node(&story->f, "asker"), fixture_id(&story->f, to), &request, SIM_NEVER,
                     1);
    fixture_run_until(&story->f, sim_world_now(story->f.world));
    return &story->reply;
}

static uint64_t value_at(struct gossip_story *story, const char *member, uint64_t key)
{
    return ask(story, member, SIM_OP_READ, key, 0, 0)->value;
}

/* Two members. A rumour is pushed at once, what is pulled is asked for and then sent, and a
 * checksum that differs brings all that one has. */
static void test_ways(void)
{
    static const struct {
        const char *params;
        sim_time arrives;
        uint64_t sent; /* in the first two cycles */
    } cases[] = {
        {"way = 'rumor', k = 1", 1010, 3}, /* told, then both tell each other, and stop */
        {"way = 'push'", 1010, 3},
        {"way = 'pull'", 1020, 1},      /* asked, answered; then the checksums agree */
        {"way = 'push_pull'", 1020, 2}, /* and sent, too, to who had nothing to answer */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct gossip_story story;
        begin(&story, 2, cases[i].params);
        start(&story);
        g_assert_cmpint(ask(&story, "member[1]", SIM_OP_WRITE, 7, 70, 0)->status, ==,
                        SIM_STATUS_OK);
        fixture_run_until(&story.f, ms(1) * cases[i].arrives - 1);
        g_assert_cmpuint(value_at(&story, "member[2]", 7), ==, 0);
        fixture_run_until(&story.f, ms(1) * cases[i].arrives);
        g_assert_cmpuint(value_at(&story, "member[2]", 7), ==, 70);
        fixture_run_until(&story.f, ms(2500));
        g_assert_cmpuint(fixture_total(&story.f, "member", "updates.sent"), ==, cases[i].sent);
        g_assert_cmpuint(fixture_total(&story.f, "member", "updates.news"), ==, 1);
        g_assert_cmpfloat_with_epsilon(fixture_mean(&story.f, "member", "delay"),
                                       (double)cases[i].arrives / 1e3 - 0.5, 1e-9);
        g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 0);
        end(&story);
    }
}

/* With k = 3 and feedback both go on telling until three in a row knew; then it is old. A new
 * version is a new rumour. */
static void test_interest(void)
{
    struct gossip_story story;
    begin(&story, 2, "way = 'rumor', k = 3");
    start(&story);
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70, 0);
    g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 1);
    fixture_run_until(&story.f, ms(1500));
    g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 2);
    fixture_run_until(&story.f, ms(4015));
    g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 2);
    fixture_run_until(&story.f, ms(4020)); /* the third one's word is back */
    g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 0);
    ask(&story, "member[2]", SIM_OP_WRITE, 7, 71, 0);
    fixture_run_until(&story.f, ms(5010));
    g_assert_cmpuint(value_at(&story, "member[1]", 7), ==, 71);
    fixture_crash(&story.f, "member[1]"); /* takes its rumours along */
    g_assert_cmpint(fixture_level(&story.f, "member", "hot"), ==, 1);
    end(&story);
}

/* What arrives during a cycle is passed on in the next one: a chain of three takes two, also where
 * the last one asks after the second has heard. */
static void test_next_cycle(void)
{
    static const char *const ways[] = {"way = 'push'", "way = 'pull'", "way = 'push_pull'"};
    for (uint64_t i = 0; i < 60; i++) {
        struct gossip_story story;
        begin(&story, 3, ways[i % 3]);
        story.f.options.seed = i + 1;
        uint32_t far = fixture_add_zone(&story.f, "of the third");
        fixture_machine(&story.f, 4)->zone = far;
        fixture_link(&story.f, far, 1)->latency = sim_dist_constant(&story.f.arena, 0.3);
        start(&story);
        fixture_cut(&story.f, "member[1]", "member[3]", true);
        fixture_cut(&story.f, "member[3]", "member[1]", true);
        ask(&story, "member[1]", SIM_OP_WRITE, 7, 70, 0);
        sim_time second = 0, third = 0;
        for (int cycle = 1; cycle < 40 && third == 0; cycle++) {
            fixture_run_until(&story.f, s(cycle) + ms(900));
            second = second == 0 && value_at(&story, "member[2]", 7) == 70 ? cycle : second;
            third = third == 0 && value_at(&story, "member[3]", 7) == 70 ? cycle : third;
        }
        g_assert_cmpint(second, >=, 1);
        g_assert_cmpint(third, >, second);
        end(&story);
    }
}

/* The later version wins at both, by the clocks of those who took the writes. */
static void test_conflict(void)
{
    struct gossip_story story;
    begin(&story, 2, "way = 'push_pull'");
    fixture_machine(&story.f, 2)->clock_offset = s(10);
    start(&story);
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70, 0);
    ask(&story, "member[2]", SIM_OP_WRITE, 7, 71, 0);
    ask(&story, "member[2]", SIM_OP_WRITE, 8, 80, 0);
    ask(&story, "member[1]", SIM_OP_DELETE, 8, 0, 0);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(value_at(&story, "member[1]", 7), ==, 70);
    g_assert_cmpuint(value_at(&story, "member[2]", 7), ==, 70);
    g_assert_cmpint(ask(&story, "member[2]", SIM_OP_READ, 8, 0, 0)->status, ==,
                    SIM_STATUS_NOT_FOUND);
    end(&story);
}

/* Each member changes what it has: increments at two of them are one in the end. */
static void test_operations(void)
{
    struct gossip_story story;
    begin(&story, 2, "way = 'push_pull'");
    start(&story);
    g_assert_cmpuint(ask(&story, "member[1]", SIM_OP_READ, 1, 0, 0)->version, ==, 1);
    g_assert_cmpuint(ask(&story, "member[1]", SIM_OP_INCREMENT, 1, 5, 0)->value, ==, 5);
    g_assert_cmpuint(ask(&story, "member[2]", SIM_OP_INCREMENT, 1, 5, 0)->value, ==, 5);
    g_assert_cmpuint(ask(&story, "member[1]", SIM_OP_APPEND, 2, 3, 0)->value, ==,
                     sim_hash_pair(0, 3));
    const struct sim_reply *reply = ask(&story, "member[1]", SIM_OP_COMPARE_AND_SET, 1, 9, 4);
    g_assert_cmpint(reply->status, ==, SIM_STATUS_CONFLICT);
    g_assert_cmpuint(reply->value, ==, 5);
    g_assert_cmpint(ask(&story, "member[1]", SIM_OP_SCAN, 1, 0, 0)->status, ==, SIM_STATUS_ERROR);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(value_at(&story, "member[1]", 1), ==, 5);
    g_assert_cmpint(ask(&story, "member[2]", SIM_OP_COMPARE_AND_SET, 1, 9, 5)->status, ==,
                    SIM_STATUS_OK);
    end(&story);
}

/* More than fits into one message, both ways, and nothing is sent that the other one has told. */
static void test_many(void)
{
    struct gossip_story story;
    begin(&story, 2, "way = 'push_pull', cycle = s(10)");
    start(&story);
    for (uint64_t key = 0; key < 5000; key++) {
        ask(&story, key < 3000 ? "member[1]" : "member[2]", SIM_OP_WRITE, key, key + 1, 0);
    }
    fixture_run_until(&story.f, s(15));
    for (int i = 1; i <= 2; i++) {
        const struct gossip_state *state =
            sim_state(probe_node(&story.f, i == 1 ? "member[1]" : "member[2]"));
        g_assert_cmpuint(state->cells.count, ==, 5000);
    }
    /* Each contacted the other, was told all, and told the rest. */
    g_assert_cmpuint(fixture_total(&story.f, "member", "updates.sent"), ==, 2 * 5000);
    ask(&story, "member[2]", SIM_OP_WRITE, 5000, 5001, 0);
    fixture_run_until(&story.f,
                      s(25)); /* one is told all and has nothing to add, the other one has */
    g_assert_cmpuint(fixture_total(&story.f, "member", "updates.sent"), ==, 2 * 5000 + 5001 + 5001);
    fixture_crash(&story.f, "member[2]"); /* loses all, and is told all of it again */
    fixture_restart(&story.f, "member[2]");
    fixture_run_until(&story.f, s(35));
    g_assert_cmpuint(value_at(&story, "member[2]", 4999), ==, 5000);
    g_assert_cmpuint(value_at(&story, "member[2]", 0), ==, 1);
    end(&story);
}

/* No member knows what others have: who wants more than what this one has is told that it cannot
 * be. */
static void test_consistency(void)
{
    struct gossip_story story;
    begin(&story, 2, "way = 'push_pull'");
    start(&story);
    ask(&story, "member[1]", SIM_OP_WRITE, 1, 7, 0);
    for (unsigned wanted = SIM_CONSISTENCY_DEFAULT; wanted <= SIM_CONSISTENCY_EVENTUAL; wanted++) {
        struct sim_request request = {.key = 1,
                                      .operation = SIM_OP_READ,
                                      .consistency = (uint16_t)wanted,
                                      .staleness = s(1),
                                      .session = 1,
                                      .deadline = SIM_NEVER};
        sim_send_request(probe_node(&story.f, "asker"), fixture_id(&story.f, "member[1]"), &request,
                         SIM_NEVER, 1);
        fixture_run_until(&story.f, sim_world_now(story.f.world));
        bool is_served = wanted == SIM_CONSISTENCY_DEFAULT || wanted == SIM_CONSISTENCY_EVENTUAL;
        g_assert_cmpint(story.reply.status, ==, is_served ? SIM_STATUS_OK : SIM_STATUS_UNAVAILABLE);
    }
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gossip/ways", test_ways);
    g_test_add_func("/gossip/interest", test_interest);
    g_test_add_func("/gossip/next-cycle", test_next_cycle);
    g_test_add_func("/gossip/conflict", test_conflict);
    g_test_add_func("/gossip/operations", test_operations);
    g_test_add_func("/gossip/consistency", test_consistency);
    g_test_add_func("/gossip/many", test_many);
    return g_test_run();
}

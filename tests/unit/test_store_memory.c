/* store.memory: what is read is what was written before, with versions that grow. If this failed,
 * the truth that caches are held against would be none.
 */
#include "fixture.h"
#include "models.h"
#include "probe.h"

struct store_story {
    struct fixture f;
    struct probe client;
    struct sim_reply reply; /* the latest */
};

static void on_outcome(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        *(struct sim_reply *)probe->data = in->outcome->reply;
    }
}

static void begin(struct store_story *story, const char *store)
{
    *story = (struct store_story){.client = {.on = on_outcome}};
    story->client.data = &story->reply;
    fixture_init(&story->f, s(100));
    probe_add(&story->f, &story->client, "client", 1);
    fixture_add_node(&story->f, "db", &sim_model_store_memory, store);
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static void end(struct store_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->client);
}

/* Asks and waits for the answer. */
static const struct sim_reply *ask(struct store_story *story, enum sim_operation operation,
                                   uint64_t key, uint64_t value, uint64_t expected)
{
    struct sim_request request = {.key = key,
                                  .key_end = key + 10,
                                  .value = value,
                                  .expected = expected,
                                  .deadline = SIM_NEVER,
                                  .operation = (uint16_t)operation};
    sim_send_request(probe_node(&story->f, "client"), fixture_id(&story->f, "db"), &request,
                     SIM_NEVER, 1);
    fixture_run_until(&story->f, sim_world_now(story->f.world) + ms(5));
    return &story->reply;
}

static void test_operations(void)
{
    struct store_story story;
    begin(&story, "service = ms(2), keys = 100, value_bytes = bytes(10)");
    const struct sim_reply *reply = ask(&story, SIM_OP_READ, 5, 0, 0);
    g_assert_cmpint(reply->status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(reply->version, ==, 1);
    g_assert_cmpint(reply->bytes, ==, 10);
    uint64_t written = ask(&story, SIM_OP_WRITE, 5, 77, 0)->version;
    g_assert_cmpuint(written, >, 1);
    reply = ask(&story, SIM_OP_READ, 5, 0, 0);
    g_assert_cmpuint(reply->value, ==, 77);
    g_assert_cmpuint(reply->version, ==, written);
    reply = ask(&story, SIM_OP_COMPARE_AND_SET, 5, 88, 1);
    g_assert_cmpint(reply->status, ==, SIM_STATUS_CONFLICT);
    g_assert_cmpuint(reply->version, ==, written);
    g_assert_cmpint(ask(&story, SIM_OP_COMPARE_AND_SET, 5, 88, 77)->status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(ask(&story, SIM_OP_INCREMENT, 5, 2, 0)->value, ==, 90);
    uint64_t deleted = ask(&story, SIM_OP_DELETE, 5, 0, 0)->version;
    g_assert_cmpuint(deleted, >, written);
    reply = ask(&story, SIM_OP_READ, 5, 0, 0);
    g_assert_cmpint(reply->status, ==, SIM_STATUS_NOT_FOUND);
    g_assert_cmpuint(reply->version, ==, deleted);
    g_assert_cmpint(ask(&story, SIM_OP_SCAN, 95, 0, 0)->bytes, ==, 50); /* 95 to 99 exist */
    g_assert_cmpint(ask(&story, SIM_OP_READ, 100, 0, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    g_assert_cmpuint(fixture_total(&story.f, "db", "commits"), ==, 4);
    g_assert_cmpuint(fixture_total(&story.f, "db", "missing"), ==, 2);
    end(&story);
}

/* Many keys: the map grows and forgets none. A crash takes all, and versions go on growing. */
static void test_map(void)
{
    struct store_story story;
    begin(&story, "service = us(1), fresh_for = s(7)");
    for (uint64_t key = 0; key < 1000; key++) {
        ask(&story, SIM_OP_WRITE, key * 3, key, 0);
    }
    uint64_t latest = story.reply.version;
    for (uint64_t key = 0; key < 1000; key++) {
        g_assert_cmpuint(ask(&story, SIM_OP_READ, key * 3, 0, 0)->value, ==, key);
    }
    g_assert_cmpint(story.reply.fresh_until, >, sim_world_now(story.f.world) + s(6));
    fixture_crash(&story.f, "db");
    fixture_restart(&story.f, "db");
    g_assert_cmpuint(ask(&story, SIM_OP_READ, 3, 0, 0)->version, ==, 1);
    g_assert_cmpuint(ask(&story, SIM_OP_WRITE, 3, 0, 0)->version, >, latest);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/memory/operations", test_operations);
    g_test_add_func("/store/memory/map", test_map);
    return g_test_run();
}

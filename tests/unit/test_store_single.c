/* store.single: what a write costs with and without fsync, which writes share one, what reads and
 * the next write meet meanwhile, what a crash takes and how long recovery is. If this failed, what
 * a single machine promises would be a guess.
 */
#include "store_story.h"

static void begin(struct store_story *story, const char *params)
{
    store_story_begin(story, &sim_model_store_single, 1, 0, params);
    store_story_start(story);
}

/* All operations of the common request, one after the other. */
static void test_operations(void)
{
    struct store_story story;
    begin(&story, "service = ms(1), fsync = ms(4), keys = 5, value_bytes = bytes(10)");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(1));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 4, 0), SIM_STATUS_OK, 0,
                       ms(1));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 5, 50), SIM_STATUS_OK, 0,
                       ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 5, 0), SIM_STATUS_OK, 50,
                       ms(1));
    store_story_expect(store_story_set(&story, "replica[1]", 5, 49, 51), SIM_STATUS_CONFLICT, 50,
                       ms(1));
    store_story_expect(store_story_set(&story, "replica[1]", 5, 50, 51), SIM_STATUS_OK, 0, ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_INCREMENT, 5, 9), SIM_STATUS_OK,
                       60, ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_DELETE, 5, 0), SIM_STATUS_OK, 0,
                       ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(1));
    uint64_t one = sim_hash_pair(0, 7);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_APPEND, 5, 7), SIM_STATUS_OK,
                       one, ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_APPEND, 5, 8), SIM_STATUS_OK,
                       sim_hash_pair(one, 8), ms(5));
    struct sim_request scan = {.key = 3, .key_end = 6, .operation = SIM_OP_SCAN};
    const struct store_told *told =
        store_story_get(&story, store_story_send(&story, "replica[1]", &scan));
    g_assert_cmpint(told->reply.bytes, ==, 30);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "commits"), ==, 6);
    store_story_end(&story);
}

/* The first write has an fsync for itself; those that come while it runs share the next. */
static void test_group_commit(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), servers = 10, fsync = ms(10)");
    uint32_t first = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(3));
    uint32_t second = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 2, 22);
    uint32_t third = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 33);
    store_story_expect(store_story_get(&story, first), SIM_STATUS_OK, 0, ms(10));
    store_story_expect(store_story_get(&story, second), SIM_STATUS_OK, 0, ms(17));
    store_story_expect(store_story_get(&story, third), SIM_STATUS_OK, 0, ms(17));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "fsyncs"), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "grouped"), ==, 3);
    store_story_end(&story);
}

/* A write under way is not read, and is what the next compare-and-set meets. */
static void test_precommitted(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), fsync = ms(10)");
    uint32_t write = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
    store_story_wait(&story, ms(1));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, 0);
    store_story_expect(store_story_set(&story, "replica[1]", 1, 5, 6), SIM_STATUS_CONFLICT, 11,
                       ms(9));
    store_story_expect(store_story_get(&story, write), SIM_STATUS_OK, 0, ms(10));
    uint32_t next = store_story_ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 1);
    store_story_wait(&story, ms(1));
    uint32_t more = store_story_ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 1);
    store_story_expect(store_story_get(&story, next), SIM_STATUS_OK, 12, ms(10));
    store_story_expect(store_story_get(&story, more), SIM_STATUS_OK, 13, ms(19));
    store_story_end(&story);
}

/* A crash takes what no fsync covers; 100 ms of recovery for 100 records, 20 after a checkpoint. */
static void test_recovery(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), fsync = ms(1), replay = ms(1), checkpoint = s(5)");
    for (uint64_t i = 0; i < 80; i++) {
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, i, i + 1);
    }
    uint32_t last = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 0, 999);
    store_story_wait(&story, us(500));
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, ms(80) - 1);
    g_assert_cmpint(story.told[last].reply.status, ==, SIM_STATUS_REFUSED);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 0, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_wait(&story, 1);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 0, 0), SIM_STATUS_OK, 1,
                       0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "replayed"), ==, 80);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 0);
    store_story_wait(&story, s(6));
    for (uint64_t i = 0; i < 20; i++) {
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, i, 100);
    }
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, ms(20));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 0, 0), SIM_STATUS_OK, 100,
                       0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 70, 0), SIM_STATUS_OK, 71,
                       0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "replayed"), ==, 100);
    store_story_end(&story);
}

/* Without fsync a write costs nothing, and a crash takes what was acknowledged since the last. */
static void test_lost(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), sync_period = s(1), replay = ms(0)");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK, 0,
                       0);
    store_story_wait(&story, s(1));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 22), SIM_STATUS_OK, 0,
                       0);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 2, 33);
    fixture_crash(&story.f, "replica[1]");
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 2);
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, 0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 11,
                       0);
    store_story_end(&story);
}

/* In memory nothing is written anywhere, and a crash takes all. */
static void test_memory(void)
{
    struct store_story story;
    begin(&story, "service = ms(1), storage = 'memory'");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11), SIM_STATUS_OK, 0,
                       ms(1));
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(1));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "lost.writes"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "fsyncs"), ==, 0);
    store_story_end(&story);
}

static const struct store_told *with_token(struct store_story *story, enum sim_operation operation,
                                           uint64_t value, uint64_t token)
{
    struct sim_request request = {
        .key = 1, .value = value, .operation = (uint16_t)operation, .fencing_token = token};
    return store_story_get(story, store_story_send(story, "replica[1]", &request));
}

/* A token that is smaller than one that came before is refused, also after a crash. */
static void test_fencing(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), fsync = ms(1), replay = ms(0)");
    store_story_expect(with_token(&story, SIM_OP_WRITE, 10, 33), SIM_STATUS_OK, 0, ms(1));
    store_story_expect(with_token(&story, SIM_OP_WRITE, 11, 34), SIM_STATUS_OK, 0, ms(1));
    store_story_expect(with_token(&story, SIM_OP_WRITE, 12, 33), SIM_STATUS_CONFLICT, 11, 0);
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, 0);
    store_story_expect(with_token(&story, SIM_OP_WRITE, 12, 33), SIM_STATUS_CONFLICT, 11, 0);
    store_story_expect(with_token(&story, SIM_OP_READ, 0, 40), SIM_STATUS_OK, 11, ms(1));
    store_story_expect(with_token(&story, SIM_OP_READ, 0, 40), SIM_STATUS_OK, 11, 0);
    store_story_expect(with_token(&story, SIM_OP_READ, 0, 39), SIM_STATUS_OK, 11, 0);
    store_story_expect(with_token(&story, SIM_OP_WRITE, 12, 39), SIM_STATUS_CONFLICT, 11, 0);
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, 0);
    store_story_expect(with_token(&story, SIM_OP_WRITE, 12, 39), SIM_STATUS_CONFLICT, 11, 0);
    store_story_expect(with_token(&story, SIM_OP_WRITE, 13, 0), SIM_STATUS_OK, 0, ms(1));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "commits"), ==, 3);
    store_story_end(&story);
}

/* A read that brings a token meets a write that is on its way to the disk: an older one, which was
 * not refused, or a newer one. Other reads do not see it yet. */
static void test_fenced_read(void)
{
    struct store_story story;
    begin(&story, "service = ms(0), fsync = ms(1)");
    static const uint64_t tokens[] = {33, 35};
    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
        uint64_t value = 10 + i;
        struct sim_request request = {
            .key = 1, .value = value, .fencing_token = tokens[i], .operation = SIM_OP_WRITE};
        uint32_t write = store_story_send(&story, "replica[1]", &request);
        store_story_wait(&story, us(500));
        request.fencing_token = 0;
        request.operation = SIM_OP_READ;
        uint32_t plain = store_story_send(&story, "replica[1]", &request);
        request.fencing_token = 34;
        uint32_t fenced = store_story_send(&story, "replica[1]", &request);
        store_story_wait(&story, ms(2));
        store_story_expect(&story.told[write], SIM_STATUS_OK, 0, ms(1));
        store_story_expect(&story.told[plain], i == 0 ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
                           i == 0 ? 0 : 10, 0);
        /* The first is in the log after the fsync of the write, the second has no record. */
        store_story_expect(&story.told[fenced], SIM_STATUS_OK, value, i == 0 ? us(1500) : us(500));
    }
    store_story_end(&story);
}

/* What is not in memory is read from the disk, page by page, beside the fsyncs. */
static void test_misses(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_single, 1, 0,
                      "service = ms(1), servers = 4, misses = percent(100), keys = -1");
    struct sim_machine_spec *machine = fixture_machine(&story.f, 2);
    machine->disk.read = fixture_law(&story.f, "ms(7)");
    machine->disk.queue_depth = 1;
    store_story_start(&story);
    uint32_t a = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
    uint32_t b = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
    store_story_expect(store_story_get(&story, a), SIM_STATUS_OK, 0, ms(8));
    store_story_expect(store_story_get(&story, b), SIM_STATUS_OK, 0, ms(15));
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store.single/operations", test_operations);
    g_test_add_func("/store.single/group_commit", test_group_commit);
    g_test_add_func("/store.single/precommitted", test_precommitted);
    g_test_add_func("/store.single/recovery", test_recovery);
    g_test_add_func("/store.single/lost", test_lost);
    g_test_add_func("/store.single/memory", test_memory);
    g_test_add_func("/store.single/fencing", test_fencing);
    g_test_add_func("/store.single/fenced_read", test_fenced_read);
    g_test_add_func("/store.single/misses", test_misses);
    return g_test_run();
}

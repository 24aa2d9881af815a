/* Derived data: when a write is answered, when the view has it, what a query misses, and what a
 * crash takes. If these failed, an index would be fresher or cheaper than its scenario says.
 */
#include "store_story.h"

/* Base and view take 1 ms and 10 ms a request, one at a time. */
static void begin(struct store_story *story, const char *params)
{
    store_story_begin(story, &sim_model_store_view, 1, 0, params);
    fixture_add_node(&story->f, "base", &sim_model_store_memory,
                     "service = ms(1), keys = 100, value_bytes = bytes(1000)");
    fixture_add_node(&story->f, "view", &sim_model_store_memory,
                     "service = ms(10), keys = -1, value_bytes = bytes(50)");
    store_story_start(story);
}

static uint32_t query(struct store_story *story, uint64_t key)
{
    struct sim_request request = {.key = key, .key_end = key + 3, .operation = SIM_OP_SCAN};
    return store_story_send(story, "replica", &request);
}

#define VIEW "base = 'base', view = 'view', groups = 1"

static void test_sync(void)
{
    struct store_story story;
    begin(&story, VIEW ", mode = 'sync'");
    store_story_expect(store_story_do(&story, "replica", SIM_OP_WRITE, 1, 5), SIM_STATUS_OK, 0,
                       ms(11));
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 5,
                       ms(1));
    const struct store_told *told = store_story_get(&story, query(&story, 1));
    store_story_expect(told, SIM_STATUS_OK, 0, ms(10));
    g_assert_cmpint(told->reply.bytes, ==, 50);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "queries.behind"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "updates"), ==, 1);
    store_story_end(&story);
}

/* Three writes are answered after 1, 2 and 3 ms; the view has them after 11, 21 and 31. A query
 * that comes after 2 ms knows of two: at the view it is behind the first update only. One that
 * comes at 31 misses nothing. */
static void test_async(void)
{
    struct store_story story;
    begin(&story, VIEW);
    for (uint64_t i = 1; i <= 3; i++) {
        store_story_ask(&story, "replica", SIM_OP_WRITE, i, i);
    }
    store_story_wait(&story, ms(2));
    uint32_t early = query(&story, 1);
    store_story_wait(&story, ms(29));
    store_story_expect(&story.told[0], SIM_STATUS_OK, 0, ms(1));
    store_story_expect(&story.told[2], SIM_STATUS_OK, 0, ms(3));
    store_story_expect(&story.told[early], SIM_STATUS_OK, 0, ms(11 - 2 + 10));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "queries.behind"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "updates.open"), ==, 1);
    store_story_wait(&story, ms(10)); /* the query was in the way for 10 ms */
    g_assert_cmpint(fixture_level(&story.f, "replica", "updates.open"), ==, 0);
    store_story_get(&story, query(&story, 1));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "queries.behind"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "queries"), ==, 2);
    fixture_run(&story.f);
    g_assert_cmpfloat(fixture_mean(&story.f, "replica", "lag"), ==, (0.010 + 0.029 + 0.038) / 3);
    store_story_end(&story);
}

/* What is answered while a query is under way it need not see. */
static void test_meanwhile(void)
{
    struct store_story story;
    begin(&story, VIEW);
    uint32_t early = query(&story, 1);
    store_story_wait(&story, ms(1));
    store_story_ask(&story, "replica", SIM_OP_WRITE, 1, 1);
    store_story_expect(store_story_get(&story, early), SIM_STATUS_OK, 0, ms(10));
    g_assert_cmpint(fixture_level(&story.f, "replica", "updates.open"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "queries.behind"), ==, 0);
    store_story_end(&story);
}

/* With `fetch` a query goes on to the rows: three of them at the base. */
static void test_fetch(void)
{
    struct store_story story;
    begin(&story, VIEW ", fetch = true");
    const struct store_told *told = store_story_get(&story, query(&story, 1));
    store_story_expect(told, SIM_STATUS_OK, 0, ms(11));
    g_assert_cmpint(told->reply.bytes, ==, 3000);
    store_story_end(&story);
}

/* At most one update may be behind: the second write waits for its own. */
static void test_backlog(void)
{
    struct store_story story;
    begin(&story, VIEW ", backlog = 1");
    uint32_t first = store_story_ask(&story, "replica", SIM_OP_WRITE, 1, 1);
    uint32_t second = store_story_ask(&story, "replica", SIM_OP_WRITE, 2, 2);
    store_story_expect(store_story_get(&story, second), SIM_STATUS_OK, 0, ms(21));
    store_story_expect(&story.told[first], SIM_STATUS_OK, 0, ms(1));
    store_story_end(&story);
}

/* The view is away for a while: updates are sent again. Who keeps them crashes: they are lost. */
static void test_crashes(void)
{
    struct store_story story;
    begin(&story, VIEW ", retry = ms(100)");
    fixture_crash(&story.f, "view");
    store_story_do(&story, "replica", SIM_OP_WRITE, 1, 1);
    store_story_wait(&story, ms(50));
    fixture_restart(&story.f, "view");
    store_story_wait(&story, ms(60));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "updates"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "updates.retried"), ==, 1);
    store_story_do(&story, "replica", SIM_OP_WRITE, 1, 2);
    store_story_do(&story, "replica", SIM_OP_WRITE, 2, 2);
    fixture_crash(&story.f, "replica");
    fixture_restart(&story.f, "replica");
    g_assert_cmpuint(fixture_total(&story.f, "replica", "updates.lost"), ==, 2);
    g_assert_cmpint(fixture_level(&story.f, "replica", "updates.open"), ==, 0);
    store_story_end(&story);
}

/* A write that was not done is no update, and one whose base is gone may have been done. */
static void test_failures(void)
{
    struct store_story story;
    begin(&story, VIEW);
    store_story_expect(store_story_set(&story, "replica", 1, 99, 5), SIM_STATUS_CONFLICT, 0, ms(1));
    g_assert_cmpint(fixture_level(&story.f, "replica", "updates.open"), ==, 0);
    fixture_crash(&story.f, "base");
    store_story_expect(store_story_do(&story, "replica", SIM_OP_WRITE, 1, 1), SIM_STATUS_TIMEOUT, 0,
                       0);
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 1, 0), SIM_STATUS_UNAVAILABLE,
                       0, 0);
    fixture_crash(&story.f, "view");
    store_story_expect(store_story_get(&story, query(&story, 1)), SIM_STATUS_UNAVAILABLE, 0, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "updates"), ==, 0);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/view/sync", test_sync);
    g_test_add_func("/store/view/async", test_async);
    g_test_add_func("/store/view/meanwhile", test_meanwhile);
    g_test_add_func("/store/view/fetch", test_fetch);
    g_test_add_func("/store/view/backlog", test_backlog);
    g_test_add_func("/store/view/crashes", test_crashes);
    g_test_add_func("/store/view/failures", test_failures);
    return g_test_run();
}

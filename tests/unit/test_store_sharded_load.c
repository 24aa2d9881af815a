/* Sharding beside changes of owners: scans over shards, hot ranges, sizes, weights, what sessions
 * have seen, work of a router. If these failed, a scan would ask too many or too few, or a shard
 * that is hot or too big stay so.
 */
#include "store_story.h"

#include <math.h>

#define DB "service = ms(1), keys = 0, value_bytes = bytes(1000)"

/* `shards` stores of one machine each, "db[1]" and so on, and a router, "replica", who reach each
 * other in no time. */
static void begin(struct store_story *story, uint32_t shards, const char *params)
{
    store_story_begin(story, &sim_model_store_sharded, 1, 0, params);
    fixture_add_group(&story->f, "db", &sim_model_store_memory, DB, shards, shards);
    fixture_group(&story->f, "db")->per_member = true;
    store_story_start(story);
}

static uint64_t commits(struct store_story *story, const char *db)
{
    return fixture_total(&story->f, db, "commits");
}

static void write_all(struct store_story *story)
{
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(story, "replica", SIM_OP_WRITE, key, key + 1);
    }
}

/* ---- scans ---- */

/* Keys 2 to 7 are scanned, of ten that are there. */
static const struct store_told *scan(struct store_story *story)
{
    struct sim_request request = {.key = 2, .key_end = 8, .operation = SIM_OP_SCAN};
    return store_story_get(story, store_story_send(story, "replica", &request));
}

static void expect_scan(struct store_story *story, int64_t bytes, uint64_t parts, sim_time took)
{
    write_all(story);
    const struct store_told *told = scan(story);
    store_story_expect(told, SIM_STATUS_OK, 0, took);
    g_assert_cmpint(told->reply.bytes, ==, bytes);
    g_assert_cmpuint(fixture_total(&story->f, "replica", "parts"), ==, parts);
}

#define THREE "shards = { 'db[1]', 'db[2]', 'db[3]' }, keys = 10, "

/* Ranges: 0 .. 3, 4 .. 6, 7 .. 9; each is scanned for its part. */
static void test_scan_ranges(void)
{
    struct store_story story;
    begin(&story, 3, THREE "by = 'range'");
    expect_scan(&story, 6000, 3, ms(1));
    struct sim_request request = {.key = 4, .key_end = 7, .operation = SIM_OP_SCAN};
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica", &request)),
                       SIM_STATUS_OK, 0, ms(1));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "parts"), ==, 4); /* one shard more */
    store_story_end(&story);
}

/* What has moved is left where it was: each shard is scanned for its own part only. */
static void test_scan_moved(void)
{
    struct store_story story;
    begin(&story, 2,
          "shards = { 'db[1]', shard { 'db[2]', from = s(1) } }, by = 'range', keys = 10");
    write_all(&story);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpint(scan(&story)->reply.bytes, ==, 6000);
    store_story_end(&story);
}

/* A placement: all are asked, whatever is scanned. */
static void test_scan_all(void)
{
    struct store_story story;
    begin(&story, 3, THREE "by = 'ring'");
    expect_scan(&story, 6000, 3, ms(1));
    store_story_end(&story);
}

/* Reads of one key each: two at each shard, one after the other. */
static void test_scan_keys(void)
{
    struct store_story story;
    begin(&story, 3,
          "shards = { 'db[1]', 'db[2]', 'db[3]' }, keys = 9, by = 'range', gather = 'keys'");
    for (uint64_t key = 0; key < 9; key++) {
        store_story_do(&story, "replica", SIM_OP_WRITE, key, 1);
    }
    struct sim_request request = {.key = 1, .key_end = 8, .operation = SIM_OP_SCAN};
    const struct store_told *told =
        store_story_get(&story, store_story_send(&story, "replica", &request));
    store_story_expect(told, SIM_STATUS_OK, 0, ms(3)); /* 3 .. 5 are all of the second one */
    g_assert_cmpint(told->reply.bytes, ==, 7000);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "parts"), ==, 7);
    store_story_end(&story);
}

/* One of three shards is down: two thirds are enough, or not. */
static void test_scan_partial(void)
{
    static const struct {
        const char *params;
        enum sim_status status;
        int64_t bytes;
    } cases[] = {
        {THREE "by = 'range'", SIM_STATUS_UNAVAILABLE, 0},
        {THREE "by = 'range', gather_wait = percent(66)", SIM_STATUS_OK, 3000},
        {THREE "by = 'range', gather_wait = percent(67)", SIM_STATUS_UNAVAILABLE, 0},
        {THREE "by = 'range', gather_wait = percent(0)", SIM_STATUS_OK, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        begin(&story, 3, cases[i].params);
        write_all(&story);
        fixture_crash(&story.f, "db[2]");
        const struct store_told *told = scan(&story);
        g_assert_cmpint(told->reply.status, ==, cases[i].status);
        g_assert_cmpint(told->reply.bytes, ==, cases[i].bytes); /* 2, 3, and 7 */
        store_story_end(&story);
    }
}

/* ---- load ---- */

/* A hundred requests for keys 0 to 9, all of the first shard: twice the mean. Its range is split at
 * their median, 5, and the keys from there on are moved; then both are asked alike. */
static void test_split(void)
{
    struct store_story story;
    begin(&story, 2, "shards = { 'db[1]', 'db[2]' }, by = 'range', keys = 100, split_above = 1.5");
    for (uint64_t i = 0; i < 100; i++) {
        store_story_do(&story, "replica", SIM_OP_WRITE, i % 10, i + 1);
    }
    store_story_wait(&story, s(1));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, 45); /* 5 .. 49 */
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved.bytes"), ==, 5000);
    uint64_t before = commits(&story, "db[1]");
    for (uint64_t i = 0; i < 100; i++) {
        store_story_do(&story, "replica", SIM_OP_WRITE, i % 10, 1000 + i);
    }
    g_assert_cmpuint(commits(&story, "db[1]"), ==, before + 50);
    fixture_run_until(&story.f, s(4));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits"), ==, 1);
    store_story_end(&story);
}

/* One key is hot: there is nothing to split. */
static void test_hot_key(void)
{
    struct store_story story;
    begin(&story, 2, "shards = { 'db[1]', 'db[2]' }, by = 'range', keys = 100, split_above = 1.5");
    for (uint64_t i = 0; i < 200; i++) {
        store_story_do(&story, "replica", SIM_OP_READ, 0, 0);
    }
    fixture_run_until(&story.f, s(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits"), ==, 0);
    store_story_end(&story);
}

/* A hundred writes to ten keys, and nothing until what that splits has moved. */
static void write_ten(struct store_story *story, uint64_t from)
{
    story->count = 0; /* what was told before is not looked at any more */
    for (uint64_t i = 0; i < 100; i++) {
        store_story_do(story, "replica", SIM_OP_WRITE, from + i % 10, i + 1);
    }
    store_story_wait(story, s(5));
}

/* Shards that are to join have their place among the changes of a run: 1022 of them leave two for
 * splits. What is hot after those stays where it is, and is counted. */
static void test_splits_refused(void)
{
    GString *params = g_string_new("shards = { 'db[1]', 'db[2]'");
    for (int i = 0; i < 1022; i++) {
        g_string_append(params, ", shard { 'db[2]', from = s(900) }");
    }
    g_string_append(params, " }, by = 'range', keys = 2000, split_above = 1.5, batch = 1000");
    struct store_story story;
    begin(&story, 2, params->str);
    static const uint64_t from[] = {0, 5, 1500};
    for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
        write_ten(&story, from[i]);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "splits"), ==, i < 2 ? i + 1 : 2);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "splits.refused"), ==, i < 2 ? 0 : 1);
    }
    store_story_end(&story);
    g_string_free(params, TRUE);
}

/* ---- sizes ---- */

#define SIZED "keys = 100, value_bytes = bytes(1000), partition_max = bytes(20000), "
#define SIZED_TWO SIZED "shards = { 'db[1]', 'db[2]' }, by = 'range'"

static void write_keys(struct store_story *story, const char *router, uint64_t begin, uint64_t end)
{
    for (uint64_t key = begin; key < end; key++) {
        store_story_do(story, router, SIM_OP_WRITE, key, key + 1);
    }
}

static void expect_sizes(const struct store_story *story, int64_t keys, int64_t bytes,
                         int64_t oversized)
{
    g_assert_cmpint(fixture_level(&story->f, "replica", "partition.keys"), ==, keys);
    g_assert_cmpint(fixture_level(&story->f, "replica", "partition.bytes"), ==, bytes);
    g_assert_cmpint(fixture_level(&story->f, "replica", "oversized"), ==, oversized);
}

/* Thirty keys of 1000 bytes are above a bound of 20,000 bytes, and twenty are not. A key that is
 * written again counts once, with its latest size, and one that was deleted not at all. */
static void test_sizes(void)
{
    struct store_story story;
    begin(&story, 2, SIZED_TWO);
    write_keys(&story, "replica", 0, 30);
    expect_sizes(&story, 0, 0, 0); /* not yet measured */
    store_story_wait(&story, s(1));
    expect_sizes(&story, 30, 30000, 1);
    write_keys(&story, "replica", 0, 30);
    write_keys(&story, "replica", 50, 75);
    struct sim_request big = {.key = 99, .value = 1, .bytes = 6000, .operation = SIM_OP_WRITE};
    store_story_get(&story, store_story_send(&story, "replica", &big));
    store_story_wait(&story, s(1));
    expect_sizes(&story, 30, 31000, 2);
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(&story, "replica", SIM_OP_DELETE, key, 0);
    }
    store_story_wait(&story, s(1));
    expect_sizes(&story, 26, 31000, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits.size"), ==, 0);
    store_story_end(&story);
}

/* Under a placement too. Without partition_max nothing is kept. */
static void test_sizes_placement(void)
{
    struct store_story story;
    begin(&story, 1, SIZED "shards = { 'db[1]' }, by = 'ring'");
    write_keys(&story, "replica", 0, 30);
    store_story_wait(&story, s(1));
    expect_sizes(&story, 30, 30000, 1);
    store_story_end(&story);
    begin(&story, 1, "shards = { 'db[1]' }, keys = 100");
    write_keys(&story, "replica", 0, 30);
    store_story_wait(&story, s(1));
    expect_sizes(&story, 0, 0, 0);
    store_story_end(&story);
}

/* The second router tells the first one, who alone keeps sizes, what it wrote; what is measured is
 * what had come by then. A first router that crashes has forgotten them. */
static void test_sizes_routers(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_sharded, 2, 0, SIZED_TWO);
    fixture_add_group(&story.f, "db", &sim_model_store_memory, DB, 2, 2);
    store_story_start(&story);
    write_keys(&story, "replica[1]", 0, 10);
    write_keys(&story, "replica[2]", 5, 30);
    store_story_wait(&story, s(2));
    expect_sizes(&story, 30, 30000, 1);
    store_story_do(&story, "replica[2]", SIM_OP_DELETE, 0, 0);
    store_story_wait(&story, s(2));
    expect_sizes(&story, 29, 29000, 1);
    fixture_crash(&story.f, "replica[1]");
    expect_sizes(&story, 0, 0, 0);
    store_story_end(&story);
}

/* Of 0 .. 49, where 0 .. 29 are there and 30 .. 34 were, the keys below 15 have half of the bytes:
 * 15 .. 49 go to the smaller shard. */
static void test_split_oversized(void)
{
    struct store_story story;
    begin(&story, 2, SIZED_TWO ", split_oversized = true");
    write_keys(&story, "replica", 0, 35);
    for (uint64_t key = 30; key < 35; key++) {
        store_story_do(&story, "replica", SIM_OP_DELETE, key, 0);
    }
    store_story_wait(&story, s(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits.size"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, 35);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved.bytes"), ==, 15000);
    expect_sizes(&story, 15, 15000, 0);
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 29, 0), SIM_STATUS_OK, 30,
                       ms(1));
    store_story_end(&story);
}

/* The last key has most of the bytes: it goes alone. Then it is by itself too big, and stays. */
static void test_split_big_key(void)
{
    struct store_story story;
    begin(&story, 2, SIZED_TWO ", split_oversized = true");
    write_keys(&story, "replica", 0, 10);
    struct sim_request big = {.key = 40, .value = 1, .bytes = 25000, .operation = SIM_OP_WRITE};
    store_story_get(&story, store_story_send(&story, "replica", &big));
    store_story_wait(&story, s(4));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits.size"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, 10); /* 40 .. 49 */
    expect_sizes(&story, 10, 25000, 1);
    store_story_end(&story);
}

/* Both are too big: to move half of the one would make the other the biggest. */
static void test_split_all_full(void)
{
    struct store_story story;
    begin(&story, 2, SIZED_TWO ", split_oversized = true");
    write_keys(&story, "replica", 0, 30);
    write_keys(&story, "replica", 50, 75);
    store_story_wait(&story, s(3));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "splits.size"), ==, 0);
    expect_sizes(&story, 30, 30000, 2);
    store_story_end(&story);
}

/* A shard of weight 3 beside one of weight 1 has three quarters of the keys: 4 sigma of the arcs of
 * 1024 points, and of the keys. */
static void test_weights(void)
{
    struct store_story story;
    begin(
        &story, 2,
        "shards = { shard { 'db[1]', weight = 3 }, shard { 'db[2]', from = s(1) } }, by = 'ring', "
        "keys = 20000, batch = 200");
    fixture_run_until(&story.f, s(100));
    double moved = (double)fixture_total(&story.f, "replica", "moved") / 20000;
    g_assert_cmpfloat(fabs(moved - 0.25), <, 4 * (0.25 * 0.06 + 0.003));
    store_story_end(&story);
}

/* ---- sessions ---- */

struct heard {
    uint64_t tokens[4];
    uint32_t count;
};

/* A shard whose tokens are its node's number. */
static void answer_with_token(struct sim_node *self, const struct sim_input *in,
                              struct probe *probe)
{
    if (in->kind == SIM_IN_REQUEST) {
        struct heard *heard = probe->data;
        heard->tokens[heard->count++] = in->request->session_token;
        sim_answer(self, in->ticket, &(struct sim_reply){.session_token = 100 + sim_member(self)});
    }
}

/* What a session has seen of one shard is no concern of another one. */
static void test_sessions(void)
{
    struct store_story story;
    struct heard heard = {0};
    struct probe shard = {.on = answer_with_token, .data = &heard};
    store_story_begin(&story, &sim_model_store_sharded, 1, 0,
                      "shards = { 'db[1]', 'db[2]' }, by = 'range', keys = 2");
    probe_add(&story.f, &shard, "db", 2);
    store_story_start(&story);
    for (uint64_t i = 0; i < 4; i++) {
        struct sim_request request = {
            .key = i % 2, .session = 9, .session_token = 7, .operation = SIM_OP_READ};
        const struct store_told *told =
            store_story_get(&story, store_story_send(&story, "replica", &request));
        g_assert_cmpuint(told->reply.session_token, ==, 7); /* means nothing to the client */
    }
    g_assert_cmpuint(heard.count, ==, 4);
    g_assert_cmpuint(heard.tokens[0], ==, 0);
    g_assert_cmpuint(heard.tokens[1], ==, 0);
    g_assert_cmpuint(heard.tokens[2], ==, 100);
    g_assert_cmpuint(heard.tokens[3], ==, 101);
    store_story_end(&story);
    probe_clear(&shard);
}

/* A router that works: 2 ms a request, one at a time. */
static void test_service(void)
{
    struct store_story story;
    begin(&story, 1,
          "shards = { 'db[1]' }, keys = 10, service = ms(2), servers = 1, "
          "queue_limit = 1");
    uint32_t first = store_story_ask(&story, "replica", SIM_OP_WRITE, 1, 1);
    uint32_t second = store_story_ask(&story, "replica", SIM_OP_WRITE, 2, 1);
    uint32_t third = store_story_ask(&story, "replica", SIM_OP_WRITE, 3, 1);
    store_story_expect(store_story_get(&story, third), SIM_STATUS_REJECTED, 0, 0);
    store_story_expect(store_story_get(&story, first), SIM_STATUS_OK, 0, ms(3));
    store_story_expect(store_story_get(&story, second), SIM_STATUS_OK, 0, ms(5));
    store_story_end(&story);
}

/* Nobody there: reads were not done, and a write may have been. */
static void test_refused(void)
{
    struct store_story story;
    begin(&story, 1, "shards = { 'db[1]' }, keys = 10");
    fixture_crash(&story.f, "db[1]");
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 1, 0), SIM_STATUS_UNAVAILABLE,
                       0, 0);
    store_story_expect(store_story_do(&story, "replica", SIM_OP_WRITE, 1, 1), SIM_STATUS_TIMEOUT, 0,
                       0);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/sharded/scan_ranges", test_scan_ranges);
    g_test_add_func("/store/sharded/scan_moved", test_scan_moved);
    g_test_add_func("/store/sharded/scan_all", test_scan_all);
    g_test_add_func("/store/sharded/scan_keys", test_scan_keys);
    g_test_add_func("/store/sharded/scan_partial", test_scan_partial);
    g_test_add_func("/store/sharded/split", test_split);
    g_test_add_func("/store/sharded/hot_key", test_hot_key);
    g_test_add_func("/store/sharded/sizes", test_sizes);
    g_test_add_func("/store/sharded/sizes_placement", test_sizes_placement);
    g_test_add_func("/store/sharded/sizes_routers", test_sizes_routers);
    g_test_add_func("/store/sharded/split_oversized", test_split_oversized);
    g_test_add_func("/store/sharded/split_big_key", test_split_big_key);
    g_test_add_func("/store/sharded/split_all_full", test_split_all_full);
    g_test_add_func("/store/sharded/weights", test_weights);
    g_test_add_func("/store/sharded/sessions", test_sessions);
    g_test_add_func("/store/sharded/service", test_service);
    g_test_add_func("/store/sharded/refused", test_refused);
    g_test_add_func("/store/sharded/splits_refused", test_splits_refused);
    return g_test_run();
}

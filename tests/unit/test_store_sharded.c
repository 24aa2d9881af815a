/* Sharding: whose a key is, what a change moves and when, which requests it holds meanwhile, and
 * how scans are divided. If these failed, requests would go to shards that do not have their key,
 * or a rebalancing would cost something else than its scenario says.
 */
#include "hashing/placement.h"
#include "store_story.h"

#include <math.h>

#define DB "service = ms(1), keys = 0, value_bytes = bytes(1000)"

/* `shards` stores of one machine each, "db[1]" and so on, beside one or more routers "replica".
 * The asker, the stores and the first router reach each other in no time. */
static void begin(struct store_story *story, uint32_t routers, uint32_t shards, const char *params)
{
    store_story_begin(story, &sim_model_store_sharded, routers, ms(1), params);
    fixture_add_group(&story->f, "db", &sim_model_store_memory, DB, shards, shards);
    fixture_group(&story->f, "db")->per_member = true;
    store_story_start(story);
}

static uint64_t commits(struct store_story *story, const char *db)
{
    return fixture_total(&story->f, db, "commits");
}

static void test_range(void)
{
    struct store_story story;
    begin(&story, 1, 3, "shards = { 'db[1]', 'db[2]', 'db[3]' }, by = 'range', keys = 10");
    for (uint64_t key = 0; key < 10; key++) {
        store_story_expect(store_story_do(&story, "replica", SIM_OP_WRITE, key, key + 1),
                           SIM_STATUS_OK, 0, ms(1));
    }
    g_assert_cmpuint(commits(&story, "db[1]"), ==, 4); /* 0 .. 3, 4 .. 6, 7 .. 9 */
    g_assert_cmpuint(commits(&story, "db[2]"), ==, 3);
    g_assert_cmpuint(commits(&story, "db[3]"), ==, 3);
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 4, 0), SIM_STATUS_OK, 5,
                       ms(1));
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 10, 0), SIM_STATUS_ERROR, 0,
                       0);
    store_story_end(&story);
}

/* Federation: functions have their own part of the key space, and their own store. */
static void test_directory(void)
{
    struct store_story story;
    begin(&story, 1, 2,
          "shards = { shard { 'db[1]', below = 2 }, shard { 'db[2]', below = 9 }, "
          "shard { 'db[1]', below = 10 } }, by = 'range', keys = 10");
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(&story, "replica", SIM_OP_WRITE, key, key + 1);
    }
    g_assert_cmpuint(commits(&story, "db[1]"), ==, 3);
    g_assert_cmpuint(commits(&story, "db[2]"), ==, 7);
    store_story_end(&story);
}

/* ---- placements ---- */

/* Every key is served by the shard that the placement itself names. */
static void test_placements(void)
{
    static const char *const names[] = {"modulo", "ring", "jump", "rendezvous", "maglev"};
    static const struct placement_algorithm *const algorithms[] = {
        &placement_modulo, &placement_ring, &placement_jump, &placement_rendezvous,
        &placement_maglev};
    static const struct placement_member members[] = {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct store_story story;
        g_autofree char *params = g_strdup_printf(
            "shards = { 'db[1]', 'db[2]', 'db[3]' }, by = '%s', keys = 100", names[i]);
        begin(&story, 1, 3, params);
        struct placement_member named[3];
        for (uint32_t m = 0; m < 3; m++) {
            named[m] = members[m];
            g_autofree char *name = g_strdup_printf("db[%u]", m + 1);
            named[m].name = sim_hash_text(name);
        }
        struct placement_setup setup = {.algorithm = algorithms[i],
                                        .members = named,
                                        .member_count = 3,
                                        .points = 256,
                                        .table_size = 65537};
        g_autofree void *memory = g_malloc0(placement_size(&setup));
        struct placement *placement = placement_init(memory, &setup);
        placement_build(placement, (const uint32_t[]){0, 1, 2}, 3);
        uint64_t expected[3] = {0};
        for (uint64_t key = 0; key < 100; key++) {
            expected[placement_owner(placement, sim_hash_pair(0, key))]++;
            store_story_ask(&story, "replica", SIM_OP_WRITE, key, 1);
        }
        store_story_wait(&story, s(1));
        g_assert_cmpuint(commits(&story, "db[1]"), ==, expected[0]);
        g_assert_cmpuint(commits(&story, "db[2]"), ==, expected[1]);
        g_assert_cmpuint(commits(&story, "db[3]"), ==, expected[2]);
        store_story_end(&story);
    }
}

/* ---- changes ---- */

#define JOIN                                                                                       \
    "shards = { 'db[1]', shard { 'db[2]', from = s(1) } }, by = 'range', keys = 10, batch = 2, "   \
    "fsync = ms(2)"

static void write_all(struct store_story *story)
{
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(story, "replica", SIM_OP_WRITE, key, key + 1);
    }
}

static void expect_all(struct store_story *story)
{
    for (uint64_t key = 0; key < 10; key++) {
        store_story_expect(store_story_do(story, "replica", SIM_OP_READ, key, 0), SIM_STATUS_OK,
                           key + 1, ms(1));
    }
}

/* Ten keys of one shard; a second one joins after a second and takes the upper five, two at once.
 * 2 ms for the change to be on disk. Then windows of two keys: the second one is read at the old
 * shard after 2 ms; by then the first one's compare-and-set waits at the new one, whose one server
 * has 3 ms of work left with it; 2 ms for the disk. The last window is one key: 3 ms and 2 ms. */
static void test_join(void)
{
    struct store_story story;
    begin(&story, 1, 2, JOIN);
    write_all(&story);
    fixture_run_until(&story.f, s(1) + ms(2 + 7 + 7 + 5) - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + ms(2 + 7 + 7 + 5));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "examined"), ==, 10);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, 5);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved.bytes"), ==, 5000);
    g_assert_cmpuint(commits(&story, "db[2]"), ==, 5);
    expect_all(&story);
    store_story_end(&story);
}

/* Key 5 is held from 2 ms to 9 ms after the beginning, key 7 is not yet on the move, key 0 stays.
 */
static void test_held(void)
{
    struct store_story story;
    begin(&story, 1, 2, JOIN);
    write_all(&story);
    fixture_run_until(&story.f, s(1) + ms(4.5));
    uint32_t held = store_story_ask(&story, "replica", SIM_OP_WRITE, 5, 50);
    uint32_t later = store_story_ask(&story, "replica", SIM_OP_WRITE, 7, 70);
    uint32_t stays = store_story_ask(&story, "replica", SIM_OP_READ, 0, 0);
    store_story_expect(store_story_get(&story, held), SIM_STATUS_OK, 0, ms(4.5 + 1));
    store_story_expect(store_story_get(&story, later), SIM_STATUS_OK, 0, ms(1));
    store_story_expect(store_story_get(&story, stays), SIM_STATUS_OK, 1, ms(2));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "held.requests"), ==, 1);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 5, 0)->reply.value, ==, 50);
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 7, 0)->reply.value, ==, 70);
    store_story_end(&story);
}

/* What is open for a key is waited for before it is copied: half a millisecond, here. */
static void test_drained(void)
{
    struct store_story story;
    begin(&story, 1, 2, JOIN);
    write_all(&story);
    fixture_run_until(&story.f, s(1) + ms(1.5));
    uint32_t open = store_story_ask(&story, "replica", SIM_OP_WRITE, 6, 60);
    fixture_run_until(&story.f, s(1) + ms(2 + 0.5 + 7 + 7 + 5) - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + ms(2 + 0.5 + 7 + 7 + 5));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    store_story_expect(&story.told[open], SIM_STATUS_OK, 0, ms(1));
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 6, 0)->reply.value, ==, 60);
    g_assert_cmpuint(commits(&story, "db[2]"), ==, 5);
    store_story_end(&story);
}

/* 1,000 bytes a key at 100,000 bytes a second: a key every 10 ms, so that the fifth begins after
 * 40 ms. One that waits for the next may be asked for. */
static void test_rate(void)
{
    struct store_story story;
    begin(&story, 1, 2,
          "shards = { 'db[1]', shard { 'db[2]', from = s(1) } }, by = 'range', keys = 10, "
          "batch = 1, fsync = ms(2), rate = 100000");
    write_all(&story);
    fixture_run_until(&story.f, s(1) + ms(2 + 5 + 1));
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 5, 0), SIM_STATUS_OK, 6,
                       ms(1));
    fixture_run_until(&story.f, s(1) + ms(2 + 40 + 10) - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + ms(2 + 40 + 10));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    store_story_end(&story);
}

/* It comes, goes, and comes again; what was written while it was away is there. */
static void test_leave(void)
{
    struct store_story story;
    begin(&story, 1, 2,
          "shards = { 'db[1]', shard { 'db[2]', from = s(1), to = s(2) }, "
          "shard { 'db[2]', from = s(3) } }, by = 'range', keys = 10");
    write_all(&story);
    fixture_run_until(&story.f, s(1.5));
    store_story_do(&story, "replica", SIM_OP_WRITE, 8, 80);
    fixture_run_until(&story.f, s(2.5));
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 8, 0)->reply.value, ==, 80);
    store_story_do(&story, "replica", SIM_OP_WRITE, 9, 90);
    fixture_run_until(&story.f, s(3.5));
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 9, 0)->reply.value, ==, 90);
    g_assert_cmpuint(store_story_held(&story, "db[1]", 9), ==, 90); /* left behind */
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, 15);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved.bytes"), ==, 15000);
    store_story_end(&story);
}

/* Three routers, 1 ms from each other: a window takes a round trip more, and all hold. */
static void test_routers(void)
{
    struct store_story story;
    begin(&story, 3, 2, JOIN);
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
    }
    fixture_run_until(&story.f, s(1) + ms(3.5));
    uint32_t held = store_story_ask(&story, "replica[3]", SIM_OP_READ, 5, 0);
    uint32_t early = store_story_ask(&story, "replica[3]", SIM_OP_READ, 7, 0);
    /* On the move from 2 ms on, as the others know at 3; copied from 4 to 9.5, since the other read
     * is in the way till 4.5; on disk at 11.5, which they know at 12.5. */
    store_story_expect(store_story_get(&story, held), SIM_STATUS_OK, 6, ms(12.5 - 3.5 + 1));
    store_story_expect(store_story_get(&story, early), SIM_STATUS_OK, 8, ms(1));
    fixture_run_until(&story.f, s(1) + ms(2 + 9.5 + 9 + 7) - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + ms(2 + 9.5 + 9 + 7));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    store_story_end(&story);
}

/* The first router crashes amid a move and goes on where it was; another one that restarts asks how
 * far it is before it serves, and so does not send key 5 where it was. */
static void test_crashes(void)
{
    struct store_story story;
    begin(&story, 2, 2, JOIN);
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
    }
    fixture_run_until(&story.f, s(1) + ms(14)); /* keys 5 and 6 have arrived */
    fixture_crash(&story.f, "replica[1]");
    fixture_crash(&story.f, "replica[2]");
    fixture_restart(&story.f, "replica[2]");
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 0, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    fixture_run_until(&story.f, s(2));
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, ms(200)); /* it asks again every 100 ms */
    for (uint64_t key = 0; key < 10; key++) {
        store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, key, 0), SIM_STATUS_OK,
                           key + 1, ms(1));
    }
    g_assert_cmpuint(commits(&story, "db[2]"), ==, 5);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    store_story_end(&story);
}

/* A key that is on the move for too long is unavailable: the new shard is down. */
static void test_stuck(void)
{
    struct store_story story;
    begin(&story, 1, 2, JOIN ", timeout = ms(50)");
    write_all(&story);
    fixture_crash(&story.f, "db[2]");
    fixture_run_until(&story.f, s(1.1));
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 5, 0), SIM_STATUS_UNAVAILABLE,
                       0, ms(50));
    store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 7, 0), SIM_STATUS_OK, 8,
                       ms(1));
    fixture_restart(&story.f, "db[2]");
    store_story_wait(&story, s(1));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    expect_all(&story);
    store_story_end(&story);
}

/* One window of all five keys, of which one is copied at a time: 3 ms each. */
static void test_parallel(void)
{
    struct store_story story;
    begin(&story, 1, 2,
          "shards = { 'db[1]', shard { 'db[2]', from = s(1) } }, by = 'range', keys = 10, "
          "batch = 5, parallel = 1, fsync = ms(2)");
    write_all(&story);
    fixture_run_until(&story.f, s(1) + ms(2 + 5 * 3 + 2) - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + ms(2 + 5 * 3 + 2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    expect_all(&story);
    store_story_end(&story);
}

/* What one shard more than four moves: the share in theory, within four standard deviations of the
 * keys that are drawn, and under a ring of the lengths of arcs (models/hashing). */
static void test_shares(void)
{
    enum { KEYS = 50000, POINTS = 256 };
    static const struct {
        const char *by;
        double share, deviation; /* of the share itself, by it */
    } cases[] = {
        {"modulo", 4.0 / 5, 0}, {"jump", 1.0 / 5, 0},   {"ring", 1.0 / 5, 0.056},
        {"maglev", 1.0 / 5, 0}, {"range", 1.0 / 8, -1}, {"rendezvous", 1.0 / 5, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        g_autofree char *params =
            g_strdup_printf("shards = { 'db[1]', 'db[2]', 'db[3]', 'db[4]', shard { 'db[5]', "
                            "from = s(1) } }, by = '%s', keys = %d, batch = 100, points = %d",
                            cases[i].by, KEYS, POINTS);
        begin(&story, 1, 5, params);
        fixture_run_until(&story.f, s(200));
        g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "examined"), ==, KEYS);
        double share = cases[i].share;
        double moved = (double)fixture_total(&story.f, "replica", "moved") / KEYS;
        double drawn = sqrt(share * (1 - share) / KEYS) + share * cases[i].deviation;
        g_test_message("%s: %.4f of the keys moved, %.4f in theory", cases[i].by, moved, share);
        g_assert_cmpfloat(fabs(moved - share), <=, cases[i].deviation < 0 ? 0 : 4 * drawn);
        store_story_end(&story);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/sharded/range", test_range);
    g_test_add_func("/store/sharded/directory", test_directory);
    g_test_add_func("/store/sharded/placements", test_placements);
    g_test_add_func("/store/sharded/join", test_join);
    g_test_add_func("/store/sharded/held", test_held);
    g_test_add_func("/store/sharded/drained", test_drained);
    g_test_add_func("/store/sharded/rate", test_rate);
    g_test_add_func("/store/sharded/leave", test_leave);
    g_test_add_func("/store/sharded/routers", test_routers);
    g_test_add_func("/store/sharded/crashes", test_crashes);
    g_test_add_func("/store/sharded/stuck", test_stuck);
    g_test_add_func("/store/sharded/parallel", test_parallel);
    g_test_add_func("/store/sharded/shares", test_shares);
    return g_test_run();
}

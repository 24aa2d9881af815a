/* Sharding with a map in a configuration store: what a router with an old map is answered, where it
 * looks, how long that takes, and what waits while the store of the map is away. If these failed, a
 * shard would serve what it has given away, or a router would not find what has moved.
 */
#include "store_story.h"

#define DB "service = ms(1), keys = 0, value_bytes = bytes(1000)"
#define ROUTER                                                                                     \
    "shards = { 's1', shard { 's2', from = s(1) } }, config = 'config', by = 'range', keys = 10, " \
    "batch = 2, timeout = ms(50), retry = ms(5)"

/* Ten keys of one shard; a second one joins after a second and takes the upper five, two at once.
 * Routers are "replica"; nothing takes time but a store of a shard (1 ms a request), that of the
 * map (3 ms), and the disk of a shard (2 ms). */
static void begin_with(struct store_story *story, uint32_t routers, const char *s1, const char *s2)
{
    store_story_begin(story, &sim_model_store_sharded, routers, ms(1), ROUTER);
    fixture_add_node(&story->f, "s1", &sim_model_store_shard, s1);
    fixture_add_node(&story->f, "s2", &sim_model_store_shard, s2);
    fixture_add_node(&story->f, "config", &sim_model_store_memory,
                     "service = ms(3), servers = 8, keys = 0");
    fixture_add_group(&story->f, "db", &sim_model_store_memory, DB, 2, 2);
    fixture_group(&story->f, "db")->per_member = true;
    store_story_start(story);
    for (uint64_t key = 0; key < 10; key++) {
        store_story_do(story, "replica[1]", SIM_OP_WRITE, key, key + 1);
    }
}

static void begin(struct store_story *story, uint32_t routers)
{
    begin_with(story, routers, "store = 'db[1]', fsync = ms(2)", "store = 'db[2]', fsync = ms(2)");
}

/* The change is written in 3 ms, and counted by the head in 3 more. Each window: 2 ms until the
 * shard has noted that it gives keys away; 5 ms to copy two keys, 3 ms to copy one (as in
 * test_store_sharded.c); 3 ms until the head says that they have arrived. */
enum { BEGINS = 6, WINDOW = 2 + 5 + 3, LAST_WINDOW = 2 + 3 + 3 };
#define MOVED ms(BEGINS + 2 * WINDOW + LAST_WINDOW)

static uint64_t total(struct store_story *story, const char *node, const char *metric)
{
    return fixture_total(&story->f, node, metric);
}

static void expect_read(struct store_story *story, const char *router, uint64_t key, sim_time took)
{
    store_story_expect(store_story_do(story, router, SIM_OP_READ, key, 0), SIM_STATUS_OK, key + 1,
                       took);
}

static void test_join(void)
{
    struct store_story story;
    begin(&story, 1);
    fixture_run_until(&story.f, s(1) + MOVED - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, s(1) + MOVED);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(total(&story, "replica", "moved"), ==, 5);
    g_assert_cmpuint(total(&story, "s1", "given"), ==, 3);
    g_assert_cmpuint(total(&story, "db[2]", "commits"), ==, 5);
    for (uint64_t key = 0; key < 10; key++) {
        expect_read(&story, "replica", key, ms(1));
    }
    store_story_end(&story);
}

/* Two routers were not told. One asks for a key that has moved, the other for one that has not, at
 * a shard that has given others away since: either is refused, reads the head of the map and the
 * one change, and then knows where all keys are. */
static void test_stale(void)
{
    struct store_story story;
    begin(&story, 3);
    fixture_run_until(&story.f, s(2));
    expect_read(&story, "replica[2]", 5, ms(3 + 3 + 1));
    expect_read(&story, "replica[3]", 0, ms(3 + 3 + 1));
    g_assert_cmpuint(total(&story, "s1", "moved"), ==, 2);
    g_assert_cmpuint(total(&story, "replica", "moved.answers"), ==, 2);
    g_assert_cmpuint(total(&story, "replica", "refreshes"), ==, 2);
    for (uint64_t key = 0; key < 10; key++) {
        expect_read(&story, "replica[2]", key, ms(1));
    }
    g_assert_cmpuint(total(&story, "replica", "refreshes"), ==, 2);
    store_story_end(&story);
}

/* Many that are refused wait for one look at the map. */
static void test_one_look(void)
{
    struct store_story story;
    begin(&story, 2);
    fixture_run_until(&story.f, s(2));
    uint32_t tags[5];
    for (uint64_t key = 5; key < 10; key++) {
        tags[key - 5] = store_story_ask(&story, "replica[2]", SIM_OP_READ, key, 0);
    }
    for (uint64_t i = 0; i < 5; i++) { /* the shard serves one at a time */
        store_story_expect(store_story_get(&story, tags[i]), SIM_STATUS_OK, 6 + i,
                           ms(6) + ms(1) * ((sim_time)i + 1));
    }
    g_assert_cmpuint(total(&story, "replica", "refreshes"), ==, 1);
    g_assert_cmpuint(total(&story, "replica", "held.requests"), ==, 5);
    store_story_end(&story);
}

/* Amid the first window, at 9 ms, a router is refused. It reads the head and the change till 15 ms,
 * goes where the key was before, and is refused again; the head that it reads till 18 ms says that
 * the key has arrived, which it did at 16. */
static void test_amid(void)
{
    struct store_story story;
    begin(&story, 2);
    fixture_run_until(&story.f, s(1) + ms(9));
    expect_read(&story, "replica[2]", 5, ms(6 + 3 + 1));
    g_assert_cmpuint(total(&story, "replica", "moved.answers"), ==, 2);
    g_assert_cmpuint(total(&story, "replica", "refreshes"), ==, 2);
    store_story_end(&story);
}

/* A write that is open when the key is given away is waited for: half a millisecond, where the disk
 * takes no time. */
static void test_open(void)
{
    struct store_story story;
    begin_with(&story, 2, "store = 'db[1]', fsync = us(0)", "store = 'db[2]', fsync = us(0)");
    fixture_run_until(&story.f, s(1) + ms(BEGINS) - us(500));
    uint32_t open = store_story_ask(&story, "replica[2]", SIM_OP_WRITE, 6, 60);
    sim_time moved = s(1) + MOVED - ms(3 * 2) + us(500);
    fixture_run_until(&story.f, moved - 1);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    fixture_run_until(&story.f, moved);
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    store_story_expect(&story.told[open], SIM_STATUS_OK, 0, ms(1));
    g_assert_cmpuint(store_story_do(&story, "replica[1]", SIM_OP_READ, 6, 0)->reply.value, ==, 60);
    store_story_end(&story);
}

/* The store of the map is away before the change: nothing moves, and nobody is the worse for it.
 * When it is back the change is made. */
static void test_config_down(void)
{
    struct store_story story;
    begin(&story, 2);
    fixture_crash(&story.f, "config");
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(total(&story, "replica", "moved"), ==, 0);
    g_assert_cmpuint(total(&story, "replica", "map.retried"), >, 0);
    for (uint64_t key = 0; key < 10; key++) {
        expect_read(&story, "replica[2]", key, ms(1));
    }
    fixture_restart(&story.f, "config");
    fixture_run_until(&story.f, s(3));
    g_assert_cmpuint(total(&story, "replica", "moved"), ==, 5);
    expect_read(&story, "replica[2]", 9, ms(7));
    store_story_end(&story);
}

/* It is away after the change: a router that knows the map serves, one that does not is refused
 * until it can ask, and one that begins anew knows nothing until then. */
static void test_config_away(void)
{
    struct store_story story;
    begin(&story, 3);
    fixture_run_until(&story.f, s(2));
    expect_read(&story, "replica[3]", 9, ms(7));
    fixture_pause(&story.f, "config", true);
    expect_read(&story, "replica[1]", 9, ms(1));
    expect_read(&story, "replica[3]", 9, ms(1));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 9, 0),
                       SIM_STATUS_UNAVAILABLE, 0, ms(50));
    fixture_crash(&story.f, "replica[3]");
    fixture_restart(&story.f, "replica[3]");
    store_story_wait(&story, ms(200));
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_READ, 9, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    g_assert_cmpuint(total(&story, "replica", "refreshes.failed"), >, 0);
    fixture_pause(&story.f, "config", false);
    store_story_wait(&story, ms(100));
    expect_read(&story, "replica[2]", 9, ms(1));
    expect_read(&story, "replica[3]", 9, ms(1));
    store_story_end(&story);
}

/* The first router crashes amid a move; a later life asks how far it was, raises the epoch, and
 * goes on from there. */
static void test_crash(void)
{
    struct store_story story;
    begin(&story, 2);
    fixture_run_until(&story.f, s(1) + ms(BEGINS + WINDOW + 4)); /* keys 5 and 6 have arrived */
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, s(1));
    expect_read(&story, "replica[2]", 5, ms(7));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 7, 0),
                       SIM_STATUS_UNAVAILABLE, 0, ms(50)); /* given away, and not yet there */
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, ms(100));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(total(&story, "db[2]", "commits"), ==, 6); /* key 7 had been copied once */
    expect_read(&story, "replica[1]", 9, ms(1));
    g_assert_cmpuint(store_story_do(&story, "replica[2]", SIM_OP_READ, 9, 0)->reply.value, ==, 10);
    store_story_end(&story);
}

/* A store of the map by hand, in which a compare-and-set can be late. */
struct late_config {
    uint64_t values[2]; /* head, the first change */
    bool holds;
    sim_ticket held;
};

static void serve(struct sim_node *self, struct late_config *config, sim_ticket ticket)
{
    const struct sim_request *request = sim_request_of(self, ticket);
    uint64_t *value = &config->values[request->key];
    struct sim_reply reply = {.value = *value};
    if (request->operation == SIM_OP_READ) {
        reply.status = *value == 0 ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK;
    } else if (*value != request->expected) {
        reply.status = SIM_STATUS_CONFLICT;
    } else {
        *value = request->value;
    }
    sim_answer(self, ticket, &reply);
}

static void serve_late(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct late_config *config = probe->data;
    if (in->kind != SIM_IN_REQUEST) {
        return;
    }
    if (config->holds && in->request->operation == SIM_OP_COMPARE_AND_SET) {
        config->holds = false;
        config->held = in->ticket;
    } else {
        serve(self, config, in->ticket);
    }
}

/* The first router has sent that keys 5 and 6 have arrived, and crashes. Its next life begins with
 * them again. When what the last one sent comes to the store of the map only then, it must be
 * without effect: they are being copied. */
static void test_epoch(void)
{
    struct store_story story;
    struct late_config config = {0};
    struct probe store = {.on = serve_late, .data = &config};
    store_story_begin(&story, &sim_model_store_sharded, 1, ms(1), ROUTER);
    fixture_add_node(&story.f, "s1", &sim_model_store_shard, "store = 'db[1]', fsync = ms(2)");
    fixture_add_node(&story.f, "s2", &sim_model_store_shard, "store = 'db[2]', fsync = ms(2)");
    fixture_add_group(&story.f, "db", &sim_model_store_memory, DB, 2, 2);
    probe_add(&story.f, &store, "config", 1);
    store_story_start(&story);
    store_story_do(&story, "replica", SIM_OP_WRITE, 5, 50);
    fixture_run_until(&story.f, s(1) + ms(1));
    config.holds = true;
    fixture_run_until(&story.f, s(1) + ms(20));
    g_assert_cmpuint(config.held, !=, 0);
    fixture_crash(&story.f, "replica");
    fixture_restart(&story.f, "replica");
    store_story_wait(&story, ms(1));
    uint64_t head = config.values[0];
    serve(probe_node(&story.f, "config"), &config, config.held);
    g_assert_cmpuint(config.values[0], ==, head);
    store_story_wait(&story, ms(100));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(store_story_do(&story, "replica", SIM_OP_READ, 5, 0)->reply.value, ==, 50);
    store_story_end(&story);
    probe_clear(&store);
}

/* A shard that restarts has on disk what it gave away. */
static void test_shard_restarts(void)
{
    struct store_story story;
    begin(&story, 2);
    fixture_run_until(&story.f, s(2));
    fixture_crash(&story.f, "s1");
    fixture_restart(&story.f, "s1");
    expect_read(&story, "replica[2]", 5, ms(7));
    g_assert_cmpuint(total(&story, "s1", "moved"), ==, 1);
    store_story_end(&story);
}

/* Who asks a shard itself says no version: he is served until keys are given away. */
static void test_direct(void)
{
    struct store_story story;
    begin(&story, 1);
    expect_read(&story, "s1", 5, ms(1));
    fixture_run_until(&story.f, s(2));
    store_story_expect(store_story_do(&story, "s1", SIM_OP_READ, 5, 0), SIM_STATUS_REDIRECT, 0, 0);
    store_story_end(&story);
}

/* A shard that cannot be reached makes the move wait: nothing is copied that it has not given
 * away. */
static void test_shard_down(void)
{
    struct store_story story;
    begin(&story, 1);
    fixture_pause(&story.f, "s1", true);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 1);
    g_assert_cmpuint(total(&story, "db[2]", "commits"), ==, 0);
    fixture_pause(&story.f, "s1", false);
    store_story_wait(&story, ms(100));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(total(&story, "db[2]", "commits"), ==, 5);
    store_story_end(&story);
}

/* ---- sessions ---- */

struct heard {
    uint64_t tokens[4];
    uint32_t count;
};

static void answer_with_token(struct sim_node *self, const struct sim_input *in,
                              struct probe *probe)
{
    if (in->kind == SIM_IN_REQUEST) {
        struct heard *heard = probe->data;
        heard->tokens[heard->count++] = in->request->session_token;
        sim_answer(self, in->ticket, &(struct sim_reply){.session_token = 100 + heard->count});
    }
}

/* What a session has seen is with the shard, whichever router it comes through. */
static void test_sessions(void)
{
    struct store_story story;
    struct heard heard = {0};
    struct probe store = {.on = answer_with_token, .data = &heard};
    store_story_begin(&story, &sim_model_store_sharded, 2, 0,
                      "shards = { 's1' }, config = 'config', by = 'range', keys = 2");
    fixture_add_node(&story.f, "s1", &sim_model_store_shard, "store = 'db'");
    fixture_add_node(&story.f, "config", &sim_model_store_memory, DB);
    probe_add(&story.f, &store, "db", 1);
    store_story_start(&story);
    static const char *const routers[] = {"replica[1]", "replica[2]", "replica[1]"};
    for (uint64_t i = 0; i < 3; i++) {
        struct sim_request request = {
            .key = i % 2, .session = 9, .session_token = 7, .operation = SIM_OP_READ};
        const struct store_told *told =
            store_story_get(&story, store_story_send(&story, routers[i], &request));
        g_assert_cmpuint(told->reply.session_token, ==, 7); /* means nothing to the client */
        g_assert_cmpuint(heard.tokens[i], ==, i == 0 ? 0 : 100 + i);
    }
    store_story_end(&story);
    probe_clear(&store);
}

/* ---- a store that others write to ---- */

#define A_HEAD(count, upto) ((UINT64_C(1) << 11 | (count)) << 27 | (upto)) /* of epoch 1 */
#define A_CHANGE(kind, shard, key) (((UINT64_C(kind) << 10 | (shard)) << 27 | (key)) + 1)

/* What stands there instead of the map: no such, or one that cannot follow upon the shards that
 * there are. */
static const struct garbage {
    uint64_t head, second, third;
} garbage[] = {
    {A_HEAD(2047, 0), 0, 0},                              /* more changes than can be */
    {A_HEAD(1, 11), 0, 0},                                /* past the last key */
    {A_HEAD(2, 0), A_CHANGE(3, 1, 0), 0},                 /* no kind of change */
    {A_HEAD(2, 0), A_CHANGE(0, 500, 0), 0},               /* no such shard */
    {A_HEAD(2, 0), A_CHANGE(0, 1, 0), 0},                 /* joins a second time */
    {A_HEAD(3, 0), A_CHANGE(1, 1, 0), A_CHANGE(1, 1, 0)}, /* leaves a second time */
    {A_HEAD(3, 0), A_CHANGE(1, 1, 0), A_CHANGE(1, 0, 0)}, /* nobody is left */
    {A_HEAD(2, 0), A_CHANGE(2, 1, 10), 0},                /* a split past the last key */
    {A_HEAD(3, 0), A_CHANGE(1, 1, 0), A_CHANGE(2, 1, 5)}, /* for one that has left */
};

/* A router that begins anew has no map as long as there is none that could be one, and goes on as
 * soon as there is. */
static void test_garbage(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
        struct store_story story;
        begin(&story, 1);
        fixture_run_until(&story.f, s(2));
        store_story_do(&story, "config", SIM_OP_WRITE, 2, garbage[i].second);
        store_story_do(&story, "config", SIM_OP_WRITE, 3, garbage[i].third);
        store_story_do(&story, "config", SIM_OP_WRITE, 0, garbage[i].head);
        fixture_crash(&story.f, "replica");
        fixture_restart(&story.f, "replica");
        store_story_wait(&story, ms(100));
        store_story_expect(store_story_do(&story, "replica", SIM_OP_READ, 0, 0),
                           SIM_STATUS_UNAVAILABLE, 0, 0);
        g_assert_cmpuint(total(&story, "replica", "refreshes.failed"), >, 0);
        store_story_do(&story, "config", SIM_OP_WRITE, 0, A_HEAD(1, 10));
        store_story_wait(&story, ms(100));
        expect_read(&story, "replica", 9, ms(1));
        store_story_end(&story);
    }
}

/* Where the next change is to be written stands something else: it never begins, and nothing is
 * lost by that. */
static void test_garbage_record(void)
{
    struct store_story story;
    begin(&story, 1);
    store_story_do(&story, "config", SIM_OP_WRITE, 1, A_CHANGE(1, 500, 0));
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(total(&story, "replica", "map.retried"), >, 0);
    g_assert_cmpuint(total(&story, "replica", "moved"), ==, 0);
    for (uint64_t key = 0; key < 10; key++) {
        expect_read(&story, "replica", key, ms(1));
    }
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/sharded/map/join", test_join);
    g_test_add_func("/store/sharded/map/stale", test_stale);
    g_test_add_func("/store/sharded/map/one_look", test_one_look);
    g_test_add_func("/store/sharded/map/amid", test_amid);
    g_test_add_func("/store/sharded/map/open", test_open);
    g_test_add_func("/store/sharded/map/config_down", test_config_down);
    g_test_add_func("/store/sharded/map/config_away", test_config_away);
    g_test_add_func("/store/sharded/map/crash", test_crash);
    g_test_add_func("/store/sharded/map/epoch", test_epoch);
    g_test_add_func("/store/sharded/map/shard_restarts", test_shard_restarts);
    g_test_add_func("/store/sharded/map/direct", test_direct);
    g_test_add_func("/store/sharded/map/shard_down", test_shard_down);
    g_test_add_func("/store/sharded/map/sessions", test_sessions);
    g_test_add_func("/store/sharded/map/garbage", test_garbage);
    g_test_add_func("/store/sharded/map/garbage_record", test_garbage_record);
    return g_test_run();
}

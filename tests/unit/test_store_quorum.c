/* store.quorum: how many answers an operation waits for, what they cost in time, what it says when
 * they do not come, and what a crash takes. If this failed, no figure about R, W and N would hold.
 */
#include "store_story.h"

/* N = 3, 1 ms between replicas: one answer is there at once, the others after a round trip. */
static void test_numbers(void)
{
    static const struct {
        const char *params;
        sim_time write, read;
    } cases[] = {
        {"service = ms(0), read_quorum = 1, write_quorum = 1", 0, 0},
        {"service = ms(0), read_quorum = 1, write_quorum = 2", 2, 0},
        {"service = ms(0), read_quorum = 2, write_quorum = 1", 0, 2},
        {"service = ms(0), read_quorum = 3, write_quorum = 3", 20, 20},
        {"service = ms(0)", 2, 2},
        {"service = ms(0), read_level = 'one', write_level = 'all'", 20, 0},
        {"service = { read = ms(3), write = ms(5), compare_and_set = ms(0), increment = ms(0), "
         "append = ms(0), delete = ms(0), scan = ms(0), call = ms(0) }",
         7, 5},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), cases[i].params);
        store_story_link(&story, 1, 3, ms(10));
        store_story_start(&story);
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 7, 70), SIM_STATUS_OK,
                           70, ms(1) * cases[i].write);
        store_story_wait(&story, ms(30)); /* all have it */
        store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 7, 0), SIM_STATUS_OK,
                           70, ms(1) * cases[i].read);
        g_assert_cmpuint(fixture_total(&story.f, "replica", "commits"), ==, 1);
        store_story_end(&story);
    }
}

/* What is read: value and version, nothing, a deletion; and what existed from the start. */
static void test_operations(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), keys = 5, value_bytes = bytes(10)");
    store_story_start(&story);
    const struct store_told *told = store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0);
    store_story_expect(told, SIM_STATUS_NOT_FOUND, 0, ms(2));
    g_assert_cmpuint(told->reply.version, ==, 1);
    g_assert_cmpint(told->reply.bytes, ==, 0);
    told = store_story_do(&story, "replica[2]", SIM_OP_READ, 4, 0);
    store_story_expect(told, SIM_STATUS_OK, 0, ms(2));
    g_assert_cmpint(told->reply.bytes, ==, 10);
    uint64_t written = store_story_do(&story, "replica[1]", SIM_OP_WRITE, 5, 50)->reply.version;
    g_assert_cmpuint(written, >, 1);
    told = store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0);
    store_story_expect(told, SIM_STATUS_OK, 50, ms(2));
    g_assert_cmpuint(told->reply.version, ==, written);
    told = store_story_do(&story, "replica[3]", SIM_OP_DELETE, 5, 0);
    g_assert_cmpuint(told->reply.version, >, written);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 5, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_SCAN, 5, 0), SIM_STATUS_ERROR, 0,
                       0);
    store_story_end(&story);
}

/* Read, then write: two rounds. One after the other they add up; at once, one of them is lost. */
static void test_lost_update(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), "service = ms(0)");
    store_story_start(&story);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_INCREMENT, 1, 5), SIM_STATUS_OK,
                       5, ms(4));
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_INCREMENT, 1, 2), SIM_STATUS_OK,
                       7, ms(4));
    uint32_t a = store_story_ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 1);
    uint32_t b = store_story_ask(&story, "replica[2]", SIM_OP_INCREMENT, 1, 1);
    store_story_expect(store_story_get(&story, a), SIM_STATUS_OK, 8, ms(4));
    store_story_expect(store_story_get(&story, b), SIM_STATUS_OK, 8, ms(4));
    struct sim_request request = {
        .key = 1, .value = 20, .expected = 9, .operation = SIM_OP_COMPARE_AND_SET};
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_CONFLICT, 8, ms(2));
    request.expected = 8;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_OK, 20, ms(4));
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_APPEND, 1, 3), SIM_STATUS_OK,
                       sim_hash_pair(20, 3), ms(4));
    store_story_end(&story);
}

/* Two clocks, 1 s apart: what the slow one writes later is lost to what the other wrote before. */
static void test_skewed_clock(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), "service = ms(0)");
    fixture_machine(&story.f, 2)->clock_offset = s(1);
    store_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(500));
    store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 20);
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(2));
    store_story_wait(&story, s(1));
    store_story_do(&story, "replica[2]", SIM_OP_WRITE, 1, 30);
    store_story_expect(store_story_do(&story, "replica[3]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 30,
                       ms(2));
    store_story_end(&story);
}

/* One of three, cut off. What it sent and nobody acknowledged is a timeout; once it suspects the
 * others nothing is sent, and it is unavailable at once. A read leaves no doubt. */
static void test_failures(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), hinted_handoff = false");
    store_story_start(&story);
    for (int i = 2; i <= 3; i++) {
        fixture_cut(&story.f, i == 2 ? "replica[2]" : "replica[3]", "replica[1]", true);
        fixture_cut(&story.f, "replica[1]", i == 2 ? "replica[2]" : "replica[3]", true);
    }
    uint32_t read = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
    uint32_t add = store_story_ask(&story, "replica[1]", SIM_OP_INCREMENT, 1, 1);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10),
                       SIM_STATUS_TIMEOUT, 0, s(2));
    store_story_expect(store_story_get(&story, read), SIM_STATUS_UNAVAILABLE, 0, s(2));
    store_story_expect(store_story_get(&story, add), SIM_STATUS_UNAVAILABLE, 0, s(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 2);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, ms(2));
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 10);
    for (int i = 2; i <= 3; i++) {
        fixture_cut(&story.f, i == 2 ? "replica[2]" : "replica[3]", "replica[1]", false);
        fixture_cut(&story.f, "replica[1]", i == 2 ? "replica[2]" : "replica[3]", false);
    }
    store_story_wait(&story, s(10)); /* a probe gets through */
    g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 0);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(2));
    g_assert_cmpuint(fixture_total(&story.f, "replica", "short"), ==, 5);
    store_story_end(&story);
}

/* The client's deadline ends its wait; who is suspected is a matter of the store's own timeout. */
static void test_deadline(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), write_quorum = 3");
    store_story_start(&story);
    fixture_cut(&story.f, "replica[1]", "replica[3]", true);
    struct sim_request request = {
        .key = 1, .value = 1, .operation = SIM_OP_WRITE, .deadline = ms(500)};
    sim_send_request(probe_node(&story.f, "asker"), fixture_id(&story.f, "replica[1]"), &request,
                     SIM_NEVER, 0);
    store_story_wait(&story, ms(501));
    store_story_expect(&story.told[0], SIM_STATUS_TIMEOUT, 0, ms(500));
    store_story_wait(&story, ms(1498));
    g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 0);
    store_story_wait(&story, ms(2));
    g_assert_cmpint(fixture_level(&story.f, "replica", "suspected"), ==, 1);
    store_story_end(&story);
}

/* A replica with one server and no queue refuses what comes while it is busy: the coordinator need
 * not wait for the timeout to know. */
static void test_refused(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(10), servers = 1, queue_limit = 0, read_quorum = 3");
    store_story_start(&story);
    uint32_t first = store_story_ask(&story, "replica[1]", SIM_OP_READ, 1, 0);
    store_story_wait(&story, ms(5));
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_get(&story, first), SIM_STATUS_NOT_FOUND, 0, ms(12));
    store_story_end(&story);
}

/* ---- the disk ---- */

/* One fsync at a time; each covers all that was written before it began. */
static void test_group_commit(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), write_quorum = 1, fsync = ms(4)");
    store_story_start(&story);
    uint32_t a = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
    store_story_wait(&story, ms(1));
    uint32_t b = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 2, 20);
    uint32_t c = store_story_ask(&story, "replica[1]", SIM_OP_WRITE, 3, 30);
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 0); /* not there yet */
    store_story_expect(store_story_get(&story, a), SIM_STATUS_OK, 10, ms(4));
    g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, 10);
    store_story_expect(store_story_get(&story, b), SIM_STATUS_OK, 20, ms(7));
    store_story_expect(store_story_get(&story, c), SIM_STATUS_OK, 30, ms(7));
    store_story_end(&story);
}

/* What was acknowledged with fsync is there after a crash; without, only what was synced by then.
 */
static void test_crash(void)
{
    for (int has_fsync = 0; has_fsync < 2; has_fsync++) {
        struct store_story story;
        store_story_begin(&story, &sim_model_store_quorum, 1, 0,
                          has_fsync ? "service = ms(0), fsync = ms(1)"
                                    : "service = ms(0), sync_period = s(3)");
        store_story_start(&story);
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10);
        store_story_do(&story, "replica[1]", SIM_OP_DELETE, 2, 0);
        store_story_wait(&story, s(4));
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 11);
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, 3, 30);
        fixture_crash(&story.f, "replica[1]");
        fixture_restart(&story.f, "replica[1]");
        store_story_wait(&story, 0);
        g_assert_cmpuint(store_story_held(&story, "replica[1]", 1), ==, has_fsync ? 11 : 10);
        g_assert_cmpuint(store_story_held(&story, "replica[1]", 3), ==, has_fsync ? 30 : 0);
        g_assert_cmpuint(store_story_do(&story, "replica[1]", SIM_OP_READ, 2, 0)->reply.version, >,
                         1);
        store_story_end(&story);
    }
}

/* The log is rewritten as it grows, while some writes always wait for the disk. A crash soon after
 * takes nothing that was acknowledged: not of those that waited, nor of what had been there long.
 */
static void test_compaction(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 1, 0, "service = ms(0), fsync = ms(1)");
    store_story_start(&story);
    sim_node_id id = fixture_id(&story.f, "replica[1]");
    const struct sim_node *node = sim_world_node(story.f.world, id);
    uint64_t count = 0;
    for (; sim_log_begin(node, 0) == 0; count++) {
        g_assert_cmpuint(count, <, 3000);
        story.count = 0;
        store_story_ask(&story, "replica[1]", SIM_OP_WRITE, count % 300, count + 1);
        store_story_wait(&story, us(400));
    }
    store_story_wait(&story, ms(3));
    g_assert_cmpuint(sim_log_end(node, 0) - sim_log_begin(node, 0), <, 310);
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, 0);
    for (uint64_t i = count - 300; i < count; i++) {
        story.count = 0;
        g_assert_cmpuint(store_story_held(&story, "replica[1]", i % 300), ==, i + 1);
    }
    store_story_end(&story);
}

/* ---- places ---- */

/* local_quorum: a majority of the replicas in the coordinator's zone, however far the others are.
 */
static void test_local_quorum(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 5, ms(1),
                      "service = ms(0), read_level = 'local_quorum', write_level = "
                      "'local_quorum'");
    for (uint32_t i = 2; i <= 3; i++) { /* 1, 2 and 3 are in one zone; 4 and 5 are far away */
        fixture_machine(&story.f, 1 + i)->zone = 1;
    }
    for (uint32_t i = 4; i <= 5; i++) {
        store_story_link(&story, 1, i, ms(50));
    }
    store_story_start(&story);
    store_story_expect(store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(2));
    store_story_expect(store_story_do(&story, "replica[4]", SIM_OP_READ, 1, 0),
                       SIM_STATUS_NOT_FOUND, 0, 0); /* a majority of one */
    store_story_wait(&story, ms(100));
    store_story_expect(store_story_do(&story, "replica[4]", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       0);
    store_story_end(&story);
}

/* More members than replicas: each key is on N of them, and anybody coordinates. */
static void test_placement(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 6, ms(1),
                      "service = ms(0), replicas = 3, read_repair = percent(0)");
    store_story_start(&story);
    for (uint64_t key = 0; key < 8; key++) {
        store_story_do(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
        store_story_expect(store_story_do(&story, "replica[2]", SIM_OP_READ, key, 0), SIM_STATUS_OK,
                           key + 1, ms(2));
    }
    store_story_wait(&story, ms(10));
    sim_node_id first = fixture_id(&story.f, "replica[1]");
    uint64_t records = 0;
    for (uint32_t i = 0; i < 6; i++) {
        records += sim_log_end(sim_world_node(story.f.world, first + i), 0);
    }
    g_assert_cmpuint(records, ==, 3 * 8);
    store_story_end(&story);
}

/* ---- what a request wants ---- */

/* R = W = 1 of 3, and replica[3] has not heard of the write. */
static void test_consistency(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1),
                      "service = ms(0), read_quorum = 1, write_quorum = 1, read_repair = "
                      "percent(0), hinted_handoff = false");
    store_story_start(&story);
    fixture_cut(&story.f, "replica[1]", "replica[3]", true);
    uint64_t token = store_story_do(&story, "replica[1]", SIM_OP_WRITE, 1, 10)->reply.session_token;
    fixture_crash(&story.f, "replica[1]"); /* what it has yet to send again is gone */
    fixture_cut(&story.f, "replica[1]", "replica[3]", false);
    struct sim_request request = {.key = 1, .operation = SIM_OP_READ};
    store_story_wait(&story, ms(5));
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_NOT_FOUND, 0, 0);
    request.consistency = SIM_CONSISTENCY_SESSION;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_NOT_FOUND, 0, 0); /* has seen nothing */
    request.session_token = token;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_OK, 10, ms(2));
    request.consistency = SIM_CONSISTENCY_STRONG; /* N - W + 1 = 3, of whom one is down */
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_UNAVAILABLE, 0, s(2));
    fixture_restart(&story.f, "replica[1]");
    store_story_wait(&story, s(2));
    request.consistency = SIM_CONSISTENCY_BOUNDED;
    request.staleness = s(100); /* how old its own answer is, a replica cannot know */
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_OK, 10, ms(2));
    request.consistency = SIM_CONSISTENCY_PREFIX;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[3]", &request)),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_end(&story);
}

/* A coordinator at the client: no replica is near, and none is passed twice. */
static void test_client(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), "service = ms(0)");
    fixture_add_node(&story.f, "library", &sim_model_store_quorum_client,
                     "to = 'replica', write_quorum = 3");
    for (uint32_t i = 1; i <= 3; i++) {
        store_story_link(&story, 0, i, ms(1) * i); /* the library is in zone 0 */
    }
    store_story_start(&story);
    store_story_expect(store_story_do(&story, "library", SIM_OP_WRITE, 1, 10), SIM_STATUS_OK, 10,
                       ms(6));
    store_story_expect(store_story_do(&story, "library", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 10,
                       ms(4));
    fixture_crash(&story.f, "replica[2]");
    store_story_expect(store_story_do(&story, "library", SIM_OP_WRITE, 1, 11), SIM_STATUS_TIMEOUT,
                       0, s(2));
    g_assert_cmpint(fixture_level(&story.f, "library", "suspected"), ==, 1);
    store_story_expect(store_story_do(&story, "library", SIM_OP_WRITE, 1, 12),
                       SIM_STATUS_UNAVAILABLE, 0, 0);
    store_story_expect(store_story_do(&story, "library", SIM_OP_READ, 1, 0), SIM_STATUS_OK, 11,
                       ms(6));
    store_story_end(&story);
}

/* What cannot be meant is said when the scenario is read. */
static void test_validate(void)
{
    static const struct {
        const char *params, *complaint;
    } cases[] = {
        {"", NULL},
        {"replicas = 3, read_quorum = 3", NULL},
        {"replicas = 3, read_quorum = 4", "read_quorum and write_quorum are at most replicas"},
        {"replicas = 3, write_quorum = 4", "read_quorum and write_quorum are at most replicas"},
        {"read_quorum = 4", NULL}, /* of how many members there are: see below */
        {"replicas = 3, sloppy = true", NULL},
        {"sloppy = true",
         "sloppy: where all members hold all keys nobody can stand in; give replicas"},
        {"replicas = 3, sloppy = true, hinted_handoff = false",
         "sloppy: a stand-in keeps hints; not with hinted_handoff = false"},
        {"protocol = 'abd'", NULL},
        {"protocol = 'abd', replicas = 3, sloppy = true",
         "sloppy quorums need not meet: not with protocol = \"abd\""},
        {"protocol = 'abd', read_level = 'local_quorum'",
         "quorums of different zones need not meet: no local_quorum with protocol = \"abd\""},
        {"protocol = 'abd', write_level = 'local_quorum', read_quorum = 2",
         "quorums of different zones need not meet: no local_quorum with protocol = \"abd\""},
        {"protocol = 'abd', write_level = 'local_quorum', write_quorum = 2", NULL},
        {"protocol = 'abd', replicas = 3, read_level = 'one', write_level = 'all'", NULL},
        {"protocol = 'abd', replicas = 3, read_level = 'one'",
         "protocol = \"abd\" needs quorums that meet: read_quorum + write_quorum > replicas"},
        {"protocol = 'abd', replicas = 5, read_quorum = 2, write_quorum = 3",
         "protocol = \"abd\" needs quorums that meet: read_quorum + write_quorum > replicas"},
        {"protocol = 'abd', replicas = 5, read_quorum = 3, write_quorum = 3", NULL},
    };
    const struct sim_model *model = &sim_model_store_quorum;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_arena arena;
        sim_arena_init(&arena);
        void *params = g_malloc0(model->params_size);
        parameters_read(&arena, "quorum", model->params, cases[i].params, NULL, params);
        g_test_message("%s", cases[i].params);
        g_assert_cmpstr(model->validate(params), ==, cases[i].complaint);
        g_free(params);
        sim_arena_clear(&arena);
    }
}

/* Where `replicas` is left out all members hold all keys, and quorums are of so many. */
static void test_validate_members(void)
{
    static const char too_many[] = "read_quorum and write_quorum are at most replicas";
    static const char apart[] =
        "protocol = \"abd\" needs quorums that meet: read_quorum + write_quorum > replicas";
    static const struct {
        const char *params;
        uint32_t members;
        const char *complaint;
    } cases[] = {
        {"read_quorum = 4", 4, NULL},
        {"read_quorum = 4", 3, too_many},
        {"replicas = 5, read_quorum = 4", 3, NULL},
        {"protocol = 'abd'", 1, NULL},
        {"protocol = 'abd', read_quorum = 2, write_quorum = 2", 3, NULL},
        {"protocol = 'abd', read_quorum = 2, write_quorum = 2", 4, apart},
        {"protocol = 'abd', read_level = 'one', write_level = 'all'", 4, NULL},
        {"protocol = 'abd', read_level = 'one'", 2, NULL},
        {"protocol = 'abd', read_level = 'one'", 3, apart},
    };
    const struct sim_model *model = &sim_model_store_quorum;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_arena arena;
        sim_arena_init(&arena);
        void *params = g_malloc0(model->params_size);
        parameters_read(&arena, "quorum", model->params, cases[i].params, NULL, params);
        g_test_message("%s of %u", cases[i].params, cases[i].members);
        g_assert_cmpstr(model->validate_members(params, cases[i].members), ==, cases[i].complaint);
        g_free(params);
        sim_arena_clear(&arena);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/numbers", test_numbers);
    g_test_add_func("/quorum/operations", test_operations);
    g_test_add_func("/quorum/lost-update", test_lost_update);
    g_test_add_func("/quorum/skewed-clock", test_skewed_clock);
    g_test_add_func("/quorum/failures", test_failures);
    g_test_add_func("/quorum/deadline", test_deadline);
    g_test_add_func("/quorum/refused", test_refused);
    g_test_add_func("/quorum/group-commit", test_group_commit);
    g_test_add_func("/quorum/crash", test_crash);
    g_test_add_func("/quorum/compaction", test_compaction);
    g_test_add_func("/quorum/local-quorum", test_local_quorum);
    g_test_add_func("/quorum/placement", test_placement);
    g_test_add_func("/quorum/consistency", test_consistency);
    g_test_add_func("/quorum/client", test_client);
    g_test_add_func("/quorum/validate", test_validate);
    g_test_add_func("/quorum/validate-members", test_validate_members);
    return g_test_run();
}

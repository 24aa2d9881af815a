/* Fencing tokens at the stores that carry out their operations in one order: what comes with an
 * older token than another operation on its key is refused, whoever leads by then, and so a lock
 * whose holder stood still does no harm; and at those that do not, where it does. If this failed, a
 * thing could be sold twice with every precaution taken.
 */
#include "check/check.h"
#include "models.h"
#include "probe.h"
#include "store_story.h"

static const struct store_case {
    const char *what;
    const struct sim_model *model;
    const char *params;
} stores[] = {
    {"raft", &sim_model_store_raft, "fsync = ms(1), snapshot = 8, snapshot_keep = 2"},
    {"raft in memory, reads by lease", &sim_model_store_raft, "read = 'lease'"},
    {"paxos", &sim_model_store_paxos, "fsync = ms(1)"},
    {"paxos, reads by lease", &sim_model_store_paxos, "fsync = ms(1), reads = 'lease'"},
    {"leader", &sim_model_store_leader, "fsync = ms(1), mode = 'sync'"},
    {"leader, reads anywhere", &sim_model_store_leader,
     "fsync = ms(1), mode = 'semi_sync', reads = 'any'"},
    {"chain", &sim_model_store_chain, "master = 'master', fsync = ms(1), heartbeat = ms(300)"},
    {"craq", &sim_model_store_chain,
     "master = 'master', protocol = 'craq', fsync = ms(1), heartbeat = ms(300)"},
};

static const struct store_case one_entry_a_message = {
    "raft, one entry a message", &sim_model_store_raft,
    "fsync = ms(1), batch = 1, snapshot = 1, snapshot_keep = 0"};

static void begin(struct store_story *story, const struct store_case *of)
{
    store_story_begin(story, of->model, 3, ms(1), of->params);
    if (of->model == &sim_model_store_chain) {
        fixture_add_node(&story->f, "master", &sim_model_store_chain_master, "members = 'replica'");
    }
    store_story_start(story);
    store_story_wait(story, s(5));
}

static const struct sim_reply *ask(struct store_story *story, const char *to,
                                   const struct sim_request *request)
{
    return &store_story_get(story, store_story_send(story, to, request))->reply;
}

static enum sim_status write(struct store_story *story, const char *to, uint64_t token,
                             uint64_t value)
{
    struct sim_request request = {
        .key = 7, .value = value, .fencing_token = token, .operation = SIM_OP_WRITE};
    return ask(story, to, &request)->status;
}

static const struct sim_reply *read(struct store_story *story, const char *to, uint64_t token)
{
    struct sim_request request = {.key = 7, .fencing_token = token, .operation = SIM_OP_READ};
    return ask(story, to, &request);
}

/* At every member the same. */
static void test_order(void)
{
    static const char *const members[] = {"replica[1]", "replica[2]", "replica[3]"};
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        struct store_story story;
        begin(&story, &stores[i]);
        g_test_message("%s", stores[i].what);
        g_assert_cmpint(write(&story, members[0], 5, 50), ==, SIM_STATUS_OK);
        g_assert_cmpint(write(&story, members[1], 4, 40), ==, SIM_STATUS_CONFLICT);
        g_assert_cmpint(write(&story, members[2], 5, 51), ==, SIM_STATUS_OK);
        g_assert_cmpint(write(&story, members[0], 0, 52), ==, SIM_STATUS_OK); /* brings none */
        struct sim_request request = {.key = 7,
                                      .value = 60,
                                      .expected = 52,
                                      .fencing_token = 4,
                                      .operation = SIM_OP_COMPARE_AND_SET};
        const struct sim_reply *reply = ask(&story, members[1], &request);
        g_assert_cmpint(reply->status, ==, SIM_STATUS_CONFLICT);
        g_assert_cmpuint(reply->value, ==, 52);
        request.fencing_token = 6;
        g_assert_cmpint(ask(&story, members[1], &request)->status, ==, SIM_STATUS_OK);
        /* Of a read it counts, too. */
        g_assert_cmpuint(read(&story, members[2], 9)->value, ==, 60);
        g_assert_cmpint(write(&story, members[0], 8, 80), ==, SIM_STATUS_CONFLICT);
        g_assert_cmpuint(read(&story, members[1], 8)->value, ==, 60); /* and does no harm */
        request.key = 8;
        request.expected = 0;
        request.fencing_token = 1;
        g_assert_cmpint(ask(&story, members[0], &request)->status, ==, SIM_STATUS_OK);
        store_story_end(&story);
    }
}

/* Whoever is the first, and leads, crashes; the next one knows what it knew. Then all others are
 * replaced by members that were down: they know it, too. */
static void test_failover(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        struct store_story story;
        begin(&story, &stores[i]);
        g_test_message("%s", stores[i].what);
        g_assert_cmpint(write(&story, "replica[2]", 5, 50), ==, SIM_STATUS_OK);
        read(&story, "replica[2]", 9);
        for (uint64_t more = 0; more < 30; more++) { /* snapshots are made */
            store_story_do(&story, "replica[2]", SIM_OP_WRITE, 100 + more, 1);
        }
        fixture_crash(&story.f, "replica[1]");
        store_story_wait(&story, s(20));
        g_assert_cmpint(write(&story, "replica[2]", 8, 80), ==, SIM_STATUS_CONFLICT);
        fixture_restart(&story.f, "replica[1]");
        store_story_wait(&story, s(20));
        fixture_crash(&story.f, "replica[2]");
        store_story_wait(&story, s(20));
        g_assert_cmpint(write(&story, "replica[1]", 8, 80), ==, SIM_STATUS_CONFLICT);
        g_assert_cmpint(write(&story, "replica[1]", 9, 90), ==, SIM_STATUS_OK);
        fixture_restart(&story.f, "replica[2]");
        store_story_wait(&story, s(20));
        fixture_crash(&story.f, "replica[3]");
        store_story_wait(&story, s(20));
        g_assert_cmpint(write(&story, "replica[2]", 8, 80), ==, SIM_STATUS_CONFLICT);
        store_story_end(&story);
    }
}

/* All crash at once: what they know is on their disks, and what was refused stays so. */
static void test_restart(void)
{
    static const char *const members[] = {"replica[1]", "replica[2]", "replica[3]"};
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        if (strstr(stores[i].params, "fsync") == NULL) {
            continue;
        }
        struct store_story story;
        begin(&story, &stores[i]);
        g_test_message("%s", stores[i].what);
        g_assert_cmpint(write(&story, members[0], 9, 90), ==, SIM_STATUS_OK);
        g_assert_cmpint(write(&story, members[1], 8, 80), ==, SIM_STATUS_CONFLICT);
        store_story_wait(&story, s(1));
        for (size_t j = 0; j < G_N_ELEMENTS(members); j++) {
            fixture_crash(&story.f, members[j]);
        }
        for (size_t j = 0; j < G_N_ELEMENTS(members); j++) {
            fixture_restart(&story.f, members[j]);
        }
        store_story_wait(&story, s(30));
        g_assert_cmpuint(read(&story, members[2], 0)->value, ==, 90);
        g_assert_cmpint(write(&story, members[1], 8, 80), ==, SIM_STATUS_CONFLICT);
        store_story_end(&story);
    }
}

/* The same at any moment while the refused one is decided on, with a snapshot at every entry. */
static void test_moments(void)
{
    static const char *const members[] = {"replica[1]", "replica[2]", "replica[3]"};
    for (int moment = 0; moment < 40; moment++) {
        struct store_story story;
        begin(&story, &one_entry_a_message);
        g_assert_cmpint(write(&story, members[0], 9, 90), ==, SIM_STATUS_OK);
        store_story_wait(&story, s(1));
        struct sim_request request = {
            .key = 7, .value = 80, .fencing_token = 8, .operation = SIM_OP_WRITE};
        store_story_send(&story, members[1], &request);
        store_story_wait(&story, moment * us(250));
        for (size_t j = 0; j < G_N_ELEMENTS(members); j++) {
            fixture_crash(&story.f, members[j]);
        }
        for (size_t j = 0; j < G_N_ELEMENTS(members); j++) {
            fixture_restart(&story.f, members[j]);
        }
        store_story_wait(&story, s(10));
        for (size_t j = 0; j < G_N_ELEMENTS(members); j++) {
            g_assert_cmpuint(store_story_held(&story, members[j], 7), ==, 90);
        }
        store_story_end(&story);
    }
}

/* ---- a lock whose holder stands still ---- */

struct sale {
    struct fixture f;
    struct sim_check_input seen;
};

static void add_store(struct sale *sale, const char *name, const struct store_case *of)
{
    char *params = g_strdup_printf("%s", of->params);
    if (of->model == &sim_model_store_chain) {
        g_autofree char *master = g_strdup_printf("master_of_%s", name);
        g_autofree char *members = g_strdup_printf("members = '%s'", name);
        fixture_add_node(&sale->f, sim_arena_strdup(&sale->f.arena, master),
                         &sim_model_store_chain_master, sim_arena_strdup(&sale->f.arena, members));
        g_free(params);
        params = g_strdup_printf("%s, master = '%s'", strchr(of->params, ',') + 2, master);
    }
    fixture_add_group(&sale->f, name, of->model, sim_arena_strdup(&sale->f.arena, params), 3, 3);
    g_free(params);
}

static void begin_sale(struct sale *sale, const struct store_case *of,
                       const struct store_case *locks, const char *scheme)
{
    *sale = (struct sale){.seen = {.has_initial = true, .has_times = true}};
    fixture_init(&sale->f, s(100));
    sim_history_init(&sale->seen.history, 10000);
    sale->f.options.history = &sale->seen.history;
    g_autofree char *params = g_strdup_printf(
        "sessions = 1, to = 'seats', lock = 'locks', keys = uniform_keys(1), work = ms(10), "
        "lease = s(1), poll = ms(50), think = ms(100), scheme = '%s'",
        scheme);
    const char *text = sim_arena_strdup(&sale->f.arena, params);
    add_store(sale, "seats", of);
    add_store(sale, "locks", locks);
    fixture_add_node(&sale->f, "a", &sim_model_client_locking, text);
    fixture_add_node(&sale->f, "b", &sim_model_client_locking, text);
    fixture_link_latency(&sale->f, ms(1));
    fixture_start(&sale->f);
}

static enum sim_check_verdict judge(struct sale *sale)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_linearizable(&sale->seen, &limits, &result);
    enum sim_check_verdict verdict = result.verdict;
    sim_check_result_clear(&result);
    return verdict;
}

/* Seats that were sold. The first to have a lock with which it has read stands still, for so long
 * that the other one takes the lock and sells; with `stands` false only for less than its lease. */
static uint64_t sell(const struct store_case *of, const struct store_case *locks,
                     const char *scheme, bool stands)
{
    struct sale sale;
    begin_sale(&sale, of, locks, scheme);
    fixture_pause(&sale.f, "a", true);
    fixture_pause(&sale.f, "b", true);
    fixture_run_until(&sale.f, s(5)); /* the stores are ready */
    fixture_pause(&sale.f, "a", false);
    fixture_pause(&sale.f, "b", false);
    const char *holder = NULL;
    while (holder == NULL) {
        fixture_run_until(&sale.f, sim_world_now(sale.f.world) + ms(1));
        holder = fixture_sample_count(&sale.f, "a", "lock.wait") > 0   ? "a"
                 : fixture_sample_count(&sale.f, "b", "lock.wait") > 0 ? "b"
                                                                       : NULL;
        bool is_sold =
            fixture_total(&sale.f, "a", "sold") + fixture_total(&sale.f, "b", "sold") > 0;
        g_assert_false(is_sold);
    }
    fixture_run_until(&sale.f, sim_world_now(sale.f.world) + ms(9)); /* it has read, and works */
    fixture_pause(&sale.f, holder, true);
    fixture_run_until(&sale.f, sim_world_now(sale.f.world) + (stands ? s(10) : ms(500)));
    fixture_pause(&sale.f, holder, false);
    fixture_run_until(&sale.f, sim_world_now(sale.f.world) + s(10));
    uint64_t sold = fixture_total(&sale.f, "a", "sold") + fixture_total(&sale.f, "b", "sold");
    uint64_t late =
        fixture_total(&sale.f, "a", "refused_late") + fixture_total(&sale.f, "b", "refused_late");
    g_test_message("%s, locks at %s, %s%s: sold %" G_GUINT64_FORMAT ", refused %" G_GUINT64_FORMAT,
                   of->what, locks->what, scheme, stands ? "" : ", for less than a lease", sold,
                   late);
    g_assert_cmpuint(sold + late, ==, stands ? 2 : 1);
    /* Two had the lock at once, whatever the store made of that. */
    g_assert_cmpint(judge(&sale), ==, stands ? SIM_CHECK_NO : SIM_CHECK_YES);
    sim_check_input_clear(&sale.seen);
    fixture_clear(&sale.f);
    return sold;
}

static void test_locks(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        const struct store_case *locks = &stores[(i + 2) % G_N_ELEMENTS(stores)];
        g_assert_cmpuint(sell(&stores[i], locks, "lock", true), ==, 2);
        g_assert_cmpuint(sell(&stores[i], locks, "fencing", true), ==, 1);
        g_assert_cmpuint(sell(&stores[i], locks, "lock", false), ==, 1);
        g_assert_cmpuint(sell(&stores[i], locks, "fencing", false), ==, 1);
    }
}

/* No order of operations, no fence: the same precautions, and sold twice. */
static void test_without_order(void)
{
    static const struct store_case others[] = {
        {"quorum", &sim_model_store_quorum, "read_quorum = 2, write_quorum = 2"},
        {"quorum, abd", &sim_model_store_quorum, "protocol = 'abd'"},
        {"last write wins", &sim_model_store_multi_leader, "kind = 'last_write_wins'"},
        {"siblings", &sim_model_store_multi_leader, "kind = 'siblings', fsync = ms(1)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_cmpuint(sell(&others[i], &stores[0], "fencing", true), ==, 2);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/fencing/order", test_order);
    g_test_add_func("/store/fencing/failover", test_failover);
    g_test_add_func("/store/fencing/restart", test_restart);
    g_test_add_func("/store/fencing/moments", test_moments);
    g_test_add_func("/store/fencing/locks", test_locks);
    g_test_add_func("/store/fencing/without-order", test_without_order);
    return g_test_run();
}

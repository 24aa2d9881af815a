/* Reads that may miss only so many versions: what clients of every kind ask for, who serves it, and
 * what of it is seen in a history. If this failed, a bound would be carried and not kept.
 */
#include "check/check.h"
#include "models.h"
#include "probe.h"
#include "store_story.h"
#include "study.h"

/* A follower that is a second behind answers at once what is bounded in time, and asks the leader
 * what is bounded in versions. */
static void test_leader(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_leader, 3, ms(1),
                      "fsync = ms(1), mode = 'async', replay = s(1), reads = 'any', "
                      "service = ms(0), behind = 'wait'");
    store_story_start(&story);
    store_story_wait(&story, s(2));
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 7, 70);
    store_story_wait(&story, ms(100));
    struct sim_request request = {
        .key = 7, .operation = SIM_OP_READ, .consistency = SIM_CONSISTENCY_BOUNDED};
    request.staleness = s(5);
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &request)),
                       SIM_STATUS_NOT_FOUND, 0, 0);
    request.behind_max = 1;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &request)),
                       SIM_STATUS_OK, 70, ms(2));
    fixture_crash(&story.f, "replica[1]");
    store_story_wait(&story, ms(100));
    const struct store_told *told =
        store_story_get(&story, store_story_send(&story, "replica[2]", &request));
    g_assert_cmpint(told->reply.status, ==, SIM_STATUS_UNAVAILABLE);
    store_story_end(&story);
}

/* A member that may be out of the chain does not say what it may miss. */
static void test_chain(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_chain, 3, ms(1),
                      "master = 'master', service = ms(0), heartbeat = ms(300)");
    fixture_add_node(&story.f, "master", &sim_model_store_chain_master, "members = 'replica'");
    store_story_start(&story);
    store_story_wait(&story, s(2));
    store_story_do(&story, "replica[1]", SIM_OP_WRITE, 7, 70);
    store_story_wait(&story, ms(100));
    struct sim_request request = {.key = 7,
                                  .operation = SIM_OP_READ,
                                  .consistency = SIM_CONSISTENCY_BOUNDED,
                                  .staleness = s(1000),
                                  .behind_max = 3};
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &request)),
                       SIM_STATUS_OK, 70, 0);
    fixture_cut(&story.f, "replica[2]", "master", true);
    fixture_cut(&story.f, "master", "replica[2]", true);
    store_story_wait(&story, s(20));
    g_assert_cmpint(
        store_story_get(&story, store_story_send(&story, "replica[2]", &request))->reply.status, ==,
        SIM_STATUS_UNAVAILABLE);
    request.behind_max = 0;
    store_story_expect(store_story_get(&story, store_story_send(&story, "replica[2]", &request)),
                       SIM_STATUS_OK, 70, 0);
    store_story_end(&story);
}

/* ---- what clients ask ---- */

static void heard(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_REQUEST) {
        *(struct sim_request *)probe->data = *in->request;
        sim_answer_status(self, in->ticket, SIM_STATUS_OK);
    }
}

static void test_asked(void)
{
    static const struct sim_trace_row rows[] = {{0, 1, 100, SIM_OP_READ}};
    static const struct sim_trace trace = {"trace.csv", 0, 1, rows};
    static const struct {
        const struct sim_model *model;
        const char *params;
    } clients[] = {
        {&sim_model_client_trace, "trace = 't', to = 'store'"},
        {&sim_model_client_open, "arrivals = regular(rate(10)), to = 'store', ops = { read = 1 }"},
        {&sim_model_client_closed,
         "sessions = 1, think = ms(10), to = 'store', ops = { read = 1 }"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        struct fixture f;
        struct sim_request request = {0};
        struct probe store = {.reply = PROBE_HOLD, .on = heard, .data = &request};
        g_autofree char *params = g_strdup_printf("%s, consistency = 'bounded_staleness', "
                                                  "staleness = ms(7), staleness_versions = 4",
                                                  clients[i].params);
        fixture_init(&f, s(1));
        fixture_trace(&f, "t", &trace);
        fixture_add_node(&f, "users", clients[i].model, params);
        probe_add(&f, &store, "store", 1);
        fixture_start(&f);
        fixture_run_until(&f, ms(500));
        g_assert_cmpint(request.consistency, ==, SIM_CONSISTENCY_BOUNDED);
        g_assert_cmpint(request.staleness, ==, ms(7));
        g_assert_cmpuint(request.behind_max, ==, 4);
        fixture_clear(&f);
        probe_clear(&store);
    }
}

/* ---- in a whole run ---- */

/* Followers are far behind: a bound in versions is kept, and without it is not. */
static void test_kept(void)
{
    static const char *const text =
        "return scenario { name = \"bounded\", duration = s(10), runs = 2, seed = 3,\n"
        "  network { latency = exponential(ms(1)) },\n"
        "  node \"users\" { model = \"client.closed\", sessions = 8, to = \"db\", timeout = s(1),\n"
        "    think = exponential(ms(20)), keys = uniform_keys(3), ops = { read = 0.7, write = 0.3 "
        "},\n    consistency = \"bounded_staleness\", staleness = none, staleness_versions = "
        "param(\"versions\", 0) },\n"
        "  node \"db\" { model = \"store.leader\", count = 3, reads = \"any\", replay = ms(50) },\n"
        "  expect \"history is at most 2 versions stale\" }\n";
    for (int bound = 0; bound <= 2; bound += 2) {
        struct study_place place = study_place_new(text);
        struct sim_run_options options = study_options(&place);
        struct sim_setting setting = {"versions", bound == 0 ? "0" : "2"};
        options.settings = &setting;
        options.setting_count = 1;
        struct sim_study *study = study_run(&options);
        g_assert_cmpint(study->results[0]->judgements[0].verdict, ==,
                        bound == 0 ? SIM_FAIL : SIM_PASS);
        sim_study_free(study);
        study_place_free(&place);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client/bounded/leader", test_leader);
    g_test_add_func("/client/bounded/chain", test_chain);
    g_test_add_func("/client/bounded/asked", test_asked);
    g_test_add_func("/client/bounded/kept", test_kept);
    return g_test_run();
}

/* What the sessions of a client remember, and what they ask of a store. If this failed, an
 * optimistic update would expect anything but what was read, or a session would ask for less than
 * it was promised.
 */
#include <string.h>

#include "models.h"
#include "probe.h"
#include "study.h"

#define SESSIONS 3

/* A register that writes down what it told whom, and checks what each request knows. */
struct server {
    uint64_t value, answers;
    uint64_t told[SESSIONS + 1];  /* by session, the last: of nobody's */
    uint64_t token[SESSIONS + 1]; /* the latest that the session is to remember */
    enum sim_consistency consistency;
    bool of_reads, of_writes; /* tokens that it is to remember */
    uint32_t comparisons, conflicts;
};

static void check_request(const struct server *server, uint32_t who,
                          const struct sim_request *request)
{
    g_assert_cmpint(request->consistency, ==, server->consistency);
    g_assert_cmpuint(request->session_token, ==, server->token[who]);
    if (request->operation == SIM_OP_COMPARE_AND_SET) {
        g_assert_cmpuint(request->expected, ==, server->told[who]);
    }
}

static void serve(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct server *server = probe->data;
    if (in->kind != SIM_IN_REQUEST) {
        return;
    }
    const struct sim_request *request = in->request;
    uint32_t who = request->session == 0 ? SESSIONS : (uint32_t)(request->session & 0xff) - 1;
    bool is_read = request->operation == SIM_OP_READ;
    check_request(server, who, request);
    struct sim_reply reply = {.version = 1, .session_token = ++server->answers};
    if (request->operation == SIM_OP_COMPARE_AND_SET) {
        server->comparisons++;
        if (request->expected != server->value) {
            server->conflicts++;
            reply.status = SIM_STATUS_CONFLICT;
        } else {
            server->value = request->value;
        }
    } else if (request->operation == SIM_OP_INCREMENT) {
        server->value += request->value;
    } else if (!is_read) {
        server->value = request->operation == SIM_OP_DELETE ? 0 : request->value;
    }
    reply.value = server->value;
    if (is_read && server->value == 0) {
        reply.status = SIM_STATUS_NOT_FOUND;
        reply.value = 77; /* means nothing */
    }
    server->told[who] = server->value;
    if (who < SESSIONS && (is_read ? server->of_reads : server->of_writes)) {
        server->token[who] = server->answers;
    }
    sim_answer(self, in->ticket, &reply);
}

static void play(struct server *server, const struct sim_model *client, const char *params)
{
    struct fixture f;
    struct probe probe = {.reply = PROBE_HOLD, .on = serve, .data = server, .forgets = true};
    g_autofree char *all = g_strdup_printf("%s, to = \"db\", keys = one_key(7)", params);
    fixture_init(&f, s(20));
    fixture_add_node(&f, "users", client, all);
    probe_add(&f, &probe, "db", 1);
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(server->answers, >, 500);
    fixture_clear(&f);
    probe_clear(&probe);
}

#define MIX                                                                                        \
    "ops = { read = 0.3, write = 0.1, compare_and_set = 0.4, increment = 0.1, delete = 0.1 }"

/* Sessions expect what they were told last; of the rest of the world they know nothing. */
static void test_expected(void)
{
    struct server apart = {.of_reads = true, .of_writes = true};
    play(&apart, &sim_model_client_closed, "sessions = 3, think = exponential(ms(20)), " MIX);
    g_assert_cmpuint(apart.conflicts, >, apart.comparisons / 4);
    g_assert_cmpuint(apart.conflicts, <, apart.comparisons);
    struct server alone = {.of_reads = true, .of_writes = true};
    play(&alone, &sim_model_client_open, "arrivals = regular(rate(100)), " MIX);
    g_assert_cmpuint(alone.comparisons, >, 100);
    g_assert_cmpuint(alone.conflicts, ==, 0); /* nobody else is there */
}

/* A guarantee is what the store is asked for, and which answers the session remembers. */
static void test_guarantees(void)
{
    static const struct {
        const char *name;
        enum sim_consistency asked;
        bool of_reads, of_writes;
    } cases[] = {
        {"default", SIM_CONSISTENCY_DEFAULT, true, true},
        {"strong", SIM_CONSISTENCY_STRONG, true, true},
        {"bounded_staleness", SIM_CONSISTENCY_BOUNDED, true, true},
        {"consistent_prefix", SIM_CONSISTENCY_PREFIX, true, true},
        {"monotonic_reads", SIM_CONSISTENCY_SESSION, true, false},
        {"read_my_writes", SIM_CONSISTENCY_SESSION, false, true},
        {"session", SIM_CONSISTENCY_SESSION, true, true},
        {"eventual", SIM_CONSISTENCY_EVENTUAL, true, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct server server = {.consistency = cases[i].asked,
                                .of_reads = cases[i].of_reads,
                                .of_writes = cases[i].of_writes};
        g_autofree char *params = g_strdup_printf(
            "sessions = 3, think = exponential(ms(20)), consistency = \"%s\", " MIX, cases[i].name);
        g_test_message("%s", cases[i].name);
        play(&server, &sim_model_client_closed, params);
    }
}

static void check_staleness(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        g_assert_cmpint(in->request->staleness, ==, ms(300));
    }
}

static void test_bound(void)
{
    struct fixture f;
    struct probe probe = {.reply = PROBE_AT_ONCE, .on = check_staleness};
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = \"db\", ops = { read = 1 }, consistency = "
                     "\"bounded_staleness\", staleness = ms(300)");
    probe_add(&f, &probe, "db", 1);
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(probe_count(&probe, SIM_IN_REQUEST), >=, 10);
    fixture_clear(&f);
    probe_clear(&probe);
}

/* The nearest are those in the place that is reached soonest: in turn, and others when they go. */
static void test_nearest(void)
{
    struct fixture f;
    struct probe probe = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(20));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = \"db\", choose = \"nearest\"");
    probe_add(&f, &probe, "db", 4);
    uint32_t near = fixture_add_zone(&f, "near"), far = fixture_add_zone(&f, "far");
    fixture_machine(&f, 2)->zone = far;
    fixture_machine(&f, 3)->zone = near;
    fixture_machine(&f, 4)->zone = near;
    fixture_machine(&f, 5)->zone = far;
    fixture_link(&f, 0, near)->latency = fixture_law(&f, "ms(10)");
    fixture_link(&f, 0, far)->latency = fixture_law(&f, "ms(40)");
    fixture_start(&f);
    fixture_run(&f);
    uint32_t count = probe_count(&probe, SIM_IN_REQUEST), by_node[6] = {0};
    for (uint32_t i = 0; i < count; i++) {
        by_node[probe_nth(&probe, SIM_IN_REQUEST, i)->node]++;
    }
    g_assert_cmpuint(by_node[2] + by_node[5], ==, 0);
    g_assert_cmpuint(by_node[3], ==, by_node[4]);
    g_assert_cmpuint(by_node[3], >=, 100);
    fixture_clear(&f);
    probe_clear(&probe);
}

/* Every operation, through the whole stack: one map is linearizable; to see it wrong is what
 * test_history_files does. */
static void test_judged(void)
{
    struct study_place place = study_place_new(
        "return scenario { name = \"all\", duration = s(5), runs = 2,\n"
        "  network { latency = exponential(ms(1)) },\n"
        "  node \"users\" { model = \"client.closed\", sessions = 8, to = \"db\", think = "
        "exponential(ms(5)),\n"
        "    keys = uniform_keys(4), ops = { read = 0.4, write = 0.1, compare_and_set = 0.2, "
        "increment = 0.15,\n    append = 0.1, delete = 0.05 } },\n"
        "  node \"db\" { model = \"store.memory\", service = exponential(us(100)), keys = 0 },\n"
        "  expect \"history is linearizable\" }\n");
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    const struct sim_kept_history *kept = study->results[0]->history;
    uint32_t mismatches = 0, matches = 0;
    g_assert_cmpint(study->results[0]->judgements[0].verdict, ==, SIM_PASS);
    for (uint64_t i = 0; i < kept->history.count; i++) {
        const struct sim_history_entry *entry = &kept->history.entries[i];
        bool is_comparison = entry->function == SIM_HISTORY_COMPARE_AND_SET;
        mismatches += is_comparison && entry->outcome == SIM_HISTORY_MISMATCH;
        matches += is_comparison && entry->outcome == SIM_HISTORY_OK;
        g_assert_true(entry->outcome == SIM_HISTORY_UNKNOWN ||
                      entry->is_result_known ==
                          (entry->function != SIM_HISTORY_WRITE &&
                           !(is_comparison && entry->outcome == SIM_HISTORY_OK)));
    }
    g_test_message("%u matched, %u did not", matches, mismatches);
    g_assert_cmpuint(matches, >, 50);
    g_assert_cmpuint(mismatches, >, 50);
    sim_study_free(study);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client-session/expected", test_expected);
    g_test_add_func("/client-session/guarantees", test_guarantees);
    g_test_add_func("/client-session/bound", test_bound);
    g_test_add_func("/client-session/nearest", test_nearest);
    g_test_add_func("/client-session/judged", test_judged);
    return g_test_run();
}

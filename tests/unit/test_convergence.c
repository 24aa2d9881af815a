/* Whether the members of a replicated store hold the same when a run ends. If this failed, a store
 * whose replicas never agree could pass for one that heals, or the other way round.
 */
#include <string.h>

#include "models.h"
#include "store_story.h"
#include "study.h"

static void write_to(struct store_story *story, uint32_t replica, uint64_t key, uint64_t value)
{
    g_autofree char *to = g_strdup_printf("replica[%u]", replica);
    store_story_do(story, to, SIM_OP_WRITE, key, value);
    store_story_wait(story, ms(100));
}

static struct sim_convergence compare(const struct store_story *story)
{
    struct sim_convergence convergence;
    sim_world_compare(story->f.world, 1, &convergence);
    return convergence;
}

#define BARE "service = s(0), hinted_handoff = false, timeout = ms(50), write_quorum = 1"

/* A write that one member missed: the lowest key that differs, and what each of them has. */
static void test_which_key(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 3, ms(1), BARE);
    store_story_start(&story);
    write_to(&story, 1, 9, 90);
    struct sim_convergence all = compare(&story);
    g_assert_cmpuint(all.compared, ==, 3);
    g_assert_cmpuint(all.keys, ==, 1);
    g_assert_cmpuint(all.keys_apart, ==, 0);
    sim_convergence_clear(&all);
    fixture_cut(&story.f, "replica[1]", "replica[2]", true);
    write_to(&story, 1, 9, 91);
    write_to(&story, 1, 5, 50);
    write_to(&story, 3, 7, 70);
    struct sim_convergence some = compare(&story);
    g_assert_cmpuint(some.keys, ==, 3);
    g_assert_cmpuint(some.keys_apart, ==, 2);
    g_assert_cmpuint(some.key, ==, 5);
    g_assert_cmpuint(some.holder_count, ==, 3);
    g_assert_true(some.held[0].is_said && some.held[0].value == 50 && some.held[0].node == 2);
    g_assert_false(some.held[1].is_said);
    g_assert_true(some.held[2].is_said && some.held[2].version == some.held[0].version);
    sim_convergence_clear(&some);
    fixture_crash(&story.f, "replica[2]");
    struct sim_convergence rest = compare(&story);
    g_assert_cmpuint(rest.compared, ==, 2);
    g_assert_cmpuint(rest.down, ==, 1);
    g_assert_cmpuint(rest.keys_apart, ==, 0);
    sim_convergence_clear(&rest);
    fixture_crash(&story.f, "replica[3]");
    struct sim_convergence one = compare(&story);
    g_assert_cmpuint(one.compared, ==, 1);
    g_assert_cmpuint(one.down, ==, 2);
    sim_convergence_clear(&one);
    store_story_end(&story);
}

/* Who is not to hold a key is not missed, and what it keeps for somebody else is not its own. */
static void test_holders(void)
{
    struct store_story story;
    store_story_begin(&story, &sim_model_store_quorum, 5, ms(1), BARE ", replicas = 3");
    store_story_start(&story);
    for (uint64_t key = 0; key < 40; key++) {
        write_to(&story, 1 + (uint32_t)key % 5, key, key + 1);
    }
    struct sim_convergence all = compare(&story);
    g_assert_cmpuint(all.keys, ==, 40);
    g_assert_cmpuint(all.keys_apart, ==, 0);
    sim_convergence_clear(&all);
    fixture_crash(&story.f, "replica[4]");
    write_to(&story, 1, 3, 99);
    write_to(&story, 1, 4, 99);
    struct sim_convergence without = compare(&story);
    g_assert_cmpuint(without.keys_apart, ==, 0);
    sim_convergence_clear(&without);
    store_story_end(&story);
}

/* Deleted is something else than never written, and than a value. */
static void test_deleted(void)
{
    struct fixture f;
    struct probe asker = {.reply = PROBE_HOLD};
    fixture_init(&f, s(100));
    probe_add(&f, &asker, "asker", 1);
    fixture_add_group(&f, "replica", &sim_model_store_gossip, "cycle = s(10), service = s(0)", 2,
                      2);
    fixture_start(&f);
    struct sim_request request = {.key = 4, .operation = SIM_OP_DELETE, .deadline = SIM_NEVER};
    sim_send_request(probe_node(&f, "asker"), 3, &request, SIM_NEVER, 0);
    fixture_run_until(&f, 0);
    struct sim_convergence before, after;
    sim_world_compare(f.world, 1, &before);
    g_assert_cmpuint(before.keys_apart, ==, 1);
    g_assert_true(!before.held[0].is_said && !before.held[0].is_deleted);
    g_assert_true(before.held[1].is_said && before.held[1].is_deleted);
    fixture_run_until(&f, s(30));
    sim_world_compare(f.world, 1, &after);
    g_assert_cmpuint(after.keys, ==, 1);
    g_assert_cmpuint(after.keys_apart, ==, 0);
    sim_convergence_clear(&before);
    sim_convergence_clear(&after);
    fixture_clear(&f);
    probe_clear(&asker);
}

/* ---- what members can say ---- */

struct saying {
    bool is_silent;
    uint64_t version, value;
    bool is_deleted;
};

static void ignore(struct sim_node *self, const struct sim_input *in)
{
    (void)self;
    (void)in;
}

static void say_it(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct saying *saying = (const struct saying *)sim_params(self) + sim_member(self);
    if (!saying->is_silent) {
        say(data, 8, saying->version, saying->value, saying->is_deleted);
    }
}

static const struct sim_model model_that_says = {
    .abi = SIM_MODEL_ABI,
    .name = "saying",
    .handle = ignore,
    .params_size = sizeof(struct saying),
    .contents = say_it,
};

static void test_what_differs(void)
{
    static const struct {
        struct saying members[2];
        bool is_apart;
    } cases[] = {
        {{{.version = 3, .value = 4}, {.version = 3, .value = 4}}, false},
        {{{.version = 3, .value = 4}, {.version = 3, .value = 5}}, true},
        {{{.version = 2, .value = 4}, {.version = 3, .value = 4}}, true},
        {{{.version = 3, .is_deleted = true}, {.version = 3}}, true},
        {{{.version = 0, .value = 0}, {.is_silent = true}}, true},
        {{{.is_silent = true}, {.is_silent = true}}, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        struct sim_convergence convergence;
        fixture_init(&f, s(1));
        fixture_add_group(&f, "member", &model_that_says, NULL, 2, 2);
        fixture_set_params(&f, "member", cases[i].members);
        fixture_start(&f);
        fixture_run(&f);
        sim_world_compare(f.world, 0, &convergence);
        g_test_message("%zu", i);
        g_assert_cmpuint(convergence.keys_apart, ==, cases[i].is_apart ? 1 : 0);
        sim_convergence_clear(&convergence);
        fixture_clear(&f);
    }
}

/* ---- in a scenario ---- */

static struct sim_study *play(struct study_place *place, const char *replica, const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "return scenario { name = \"heal\", duration = s(20), runs = 2, seed = 7,\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(50)), to = "
        "\"replica\",\n"
        "    ops = { read = 0.5, write = 0.5 }, keys = uniform_keys(20), timeout = ms(500) },\n"
        "  node \"replica\" { model = \"store.quorum\", count = 3, read_quorum = 1, "
        "write_quorum = 1,\n    %s },\n"
        "  partition { sides = { \"replica[1] users\", \"replica[2..3]\" }, from = s(5), to = "
        "s(8) },\n"
        "  surge { \"users\", factor = 0, from = s(7.5) },\n  %s }\n",
        replica, more);
    *place = study_place_new(text);
    struct sim_run_options options = study_options(place);
    return study_run(&options);
}

/* A partition leaves replicas apart, unless somebody brings them what they missed. */
static void test_expectation(void)
{
    static const struct {
        const char *replica, *more;
        enum sim_verdict verdict;
        const char *reason; /* begins so; NULL = there is none */
    } cases[] = {
        {"hinted_handoff = false", "expect \"replica has converged\"", SIM_FAIL,
         "run 1: 2 of 20 keys differ, the lowest is 8:\nreplica[1] has 1.364, version "
         "7440613378\nreplica[2], replica[3] have 1.301, version 6265481218"},
        {"hinted_handoff = false", "expect \"replica have  not converged\"", SIM_PASS,
         "run 1: 2 of"},
        {"hinted_handoff = true", "expect \"replica has converged\"", SIM_PASS, NULL},
        {"hinted_handoff = true", "expect \"replica has not converged\"", SIM_FAIL, NULL},
        {"hinted_handoff = false",
         "crash { \"replica[1]\", from = s(9) }, expect \"replica has converged\"", SIM_PASS,
         "run 1: 1 was down and not compared"},
        {"hinted_handoff = true",
         "crash { \"replica[2..3]\", from = s(19) }, expect \"replica has converged\"",
         SIM_INCONCLUSIVE, "run 1: 1 member was up: there is nothing to compare"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct study_place place;
        struct sim_study *study = play(&place, cases[i].replica, cases[i].more);
        const struct sim_judgement *judgement = &study->results[0]->judgements[0];
        g_test_message("%zu: %s", i, judgement->reason ? judgement->reason : "no reason");
        g_assert_cmpint(judgement->verdict, ==, cases[i].verdict);
        g_assert_true((judgement->reason == NULL) == (cases[i].reason == NULL));
        g_assert_true(!cases[i].reason || g_str_has_prefix(judgement->reason, cases[i].reason));
        sim_study_free(study);
        study_place_free(&place);
    }
}

/* Comparing changes no run. */
static void test_digest(void)
{
    struct study_place with_place, without_place;
    struct sim_study *with = play(&with_place, "keys = 9", "expect \"replica has converged\"");
    struct sim_study *without = play(&without_place, "keys = 9", "");
    g_assert_cmpuint(with->results[0]->digest, ==, without->results[0]->digest);
    sim_study_free(with);
    sim_study_free(without);
    study_place_free(&with_place);
    study_place_free(&without_place);
}

/* Load to the last moment, and followers that hear of the last writes later: they are given time,
 * and all that is told of the run is as it would be without. Those who differ for good are found.
 */
static struct sim_study *load(struct study_place *place, const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "return scenario { name = \"loaded\", duration = s(6), runs = 2, seed = 7, warmup = s(0),\n"
        "  network { latency = exponential(ms(2)) },\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(400)), to = "
        "\"replica\",\n    ops = { read = 0.5, write = 0.5 }, keys = uniform_keys(20), timeout = "
        "ms(500) },\n"
        "  node \"replica\" { model = \"store.raft\", count = 3 },\n"
        "  node \"apart\" { model = \"store.multi_leader\", count = 2 },\n"
        "  node \"writers\" { model = \"client.closed\", sessions = 2, to = \"apart\", timeout = "
        "s(1),\n    think = exponential(ms(20)), keys = uniform_keys(9), ops = { write = 1 } },\n"
        "  %s }\n",
        more);
    *place = study_place_new(text);
    struct sim_run_options options = study_options(place);
    options.keeps_histories = true;
    return study_run(&options);
}

static void test_load_to_the_end(void)
{
    static const struct {
        const char *more;
        enum sim_verdict verdict;
    } cases[] = {
        {"expect \"history is linearizable\"", SIM_FAIL}, /* what is compared with; see below */
        {"expect \"replica has converged\"", SIM_PASS},
        {"expect \"replica has not converged\"", SIM_FAIL},
        {"expect \"apart has converged\"", SIM_PASS},
        {"drain = s(0), expect \"replica has converged\"", SIM_FAIL},
        {"drain = s(1), partition { sides = { \"apart[1]\", \"apart[2]\" }, from = s(3) },\n"
         "expect \"apart has not converged\"",
         SIM_PASS},
    };
    uint64_t digest = 0, operations = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct study_place place;
        struct sim_study *study = load(&place, cases[i].more);
        const struct sim_result *result = study->results[0];
        g_test_message("%s: %s", cases[i].more,
                       result->judgements[0].reason ? result->judgements[0].reason : "");
        g_assert_cmpint(result->judgements[0].verdict, ==, cases[i].verdict);
        if (i == 0) {
            digest = result->digest;
            operations = result->history->operations;
        } else if (i < 4) {
            g_assert_cmpuint(result->digest, ==, digest);
            g_assert_cmpuint(result->history->operations, ==, operations);
        }
        sim_study_free(study);
        study_place_free(&place);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convergence/load-to-the-end", test_load_to_the_end);
    g_test_add_func("/convergence/which-key", test_which_key);
    g_test_add_func("/convergence/holders", test_holders);
    g_test_add_func("/convergence/deleted", test_deleted);
    g_test_add_func("/convergence/what-differs", test_what_differs);
    g_test_add_func("/convergence/expectation", test_expectation);
    g_test_add_func("/convergence/digest", test_digest);
    return g_test_run();
}

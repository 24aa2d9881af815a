/* What a quorum store survives when members are lost at once: that a quorum is there (k of n), and
 * that every key is, by placement. If this failed, a store would be more or less available than its
 * quorums make it, or lose other keys than those of which all replicas are gone.
 */
#include <math.h>

#include "stats/theory_availability.h"
#include "store/quorum/quorum.h"
#include "store_story.h"
#include "table.h"

#define SIGMAS_99 2.576

static void check_share(const char *what, uint64_t happened, uint64_t trials, double exact)
{
    double share = (double)happened / (double)trials;
    double half = SIGMAS_99 * sqrt(exact * (1 - exact) / (double)trials);
    g_test_message("%s: %.6f, must be %.6f +- %.6f", what, share, exact, half);
    g_assert_cmpfloat(fabs(share - exact), <=, half);
}

static void set_up(struct store_story *story, uint32_t member, bool is_up)
{
    sim_node_id id = fixture_id(&story->f, "replica[1]") + member;
    if (is_up) {
        sim_world_restart(story->f.world, id);
    } else {
        sim_world_crash(story->f.world, id, true);
    }
}

/* ---- k of n ---- */

/* Each member is up with probability `up`, drawn afresh for each request, which a library in the
 * client sends: it is answered exactly when k are there. */
static void play_quorum(double up, uint32_t n, uint32_t k, uint64_t trials)
{
    struct store_story story;
    struct sim_random random;
    uint32_t state = (1u << n) - 1;
    uint64_t answered = 0;
    g_autofree char *params = g_strdup_printf("to = 'replica', read_quorum = %u, timeout = ms(10), "
                                              "probe = none",
                                              k);
    sim_random_init(&random, n, "k of n", "up");
    store_story_begin(&story, &sim_model_store_quorum, n, 0,
                      "service = ms(0), sync_period = s(1e9)");
    fixture_add_node(&story.f, "library", &sim_model_store_quorum_client, params);
    store_story_start(&story);
    for (uint64_t trial = 0; trial < trials; trial++) {
        uint32_t next = 0;
        for (uint32_t i = 0; i < n; i++) {
            next |= sim_random_chance(&random, up) ? 1u << i : 0;
            if (((next ^ state) >> i & 1) != 0) {
                set_up(&story, i, (next >> i & 1) != 0);
            }
        }
        state = next;
        story.count = 0;
        uint32_t tag = store_story_ask(&story, "library", SIM_OP_READ, 1, 0);
        store_story_wait(&story, ms(11));
        bool is_answered = sim_status_is_answer(story.told[tag].reply.status);
        uint32_t there = 0;
        for (uint32_t i = 0; i < n; i++) {
            there += state >> i & 1;
        }
        g_assert_true(story.told[tag].is_told);
        g_assert_true(is_answered == (there >= k));
        answered += is_answered;
    }
    store_story_end(&story);
    g_autofree char *what = g_strdup_printf("%u of %u up, each %.3f", k, n, up);
    check_share(what, answered, trials, sim_theory_availability_quorum(up, n, k));
}

static void test_k_of_n(void)
{
    struct table table;
    uint32_t played = 0;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        double up;
        unsigned n, k;
        const char *params = table_text(&table, row, "params");
        if (strcmp(table_text(&table, row, "case"), "availability_quorum_k_of_n") == 0 &&
            sscanf(params, "a=%lf;n=%u;k=%u", &up, &n, &k) == 3) {
            g_assert_cmpfloat(
                fabs(sim_theory_availability_quorum(up, n, k) - table_number(&table, row, "value")),
                <, 1e-9);
            play_quorum(up, n, k, 20000);
            played++;
        }
    }
    g_assert_cmpuint(played, ==, 5);
    table_clear(&table);
}

/* ---- keys that are lost ---- */

#define MEMBERS 30u
#define FAILED 6u
#define KEYS 60u

/* The members that are lost: bits. */
static uint32_t draw_failed(struct sim_random *random)
{
    uint32_t failed = 0, count = 0;
    while (count < FAILED) {
        uint32_t bit = 1u << sim_random_below(random, MEMBERS);
        count += (failed & bit) == 0;
        failed |= bit;
    }
    return failed;
}

static bool is_lost(const struct quorum_coordinator *coordinator, uint64_t key, uint32_t failed)
{
    uint32_t owners[3];
    g_assert_cmpuint(quorum_owners(coordinator, key, 3, owners), ==, 3);
    return (failed >> owners[0] & failed >> owners[1] & failed >> owners[2] & 1) != 0;
}

/* Writes keys, crashes some members, whose memory is all they have, and reads all keys from all who
 * should have them: those are gone whose owners all were among them. */
static bool lose(const char *params, const struct quorum_coordinator *coordinator, uint32_t failed)
{
    struct store_story story;
    bool has_lost = false;
    struct probe asker = {.on = store_story_heard, .data = &story};
    story.count = 0;
    fixture_init(&story.f, s(1000));
    probe_add(&story.f, &asker, "asker", 1);
    fixture_add_group(&story.f, "replica", &sim_model_store_quorum, params, MEMBERS, MEMBERS);
    fixture_start(&story.f);
    fixture_run_until(&story.f, 0);
    for (uint64_t key = 0; key < KEYS; key++) {
        store_story_ask(&story, "replica[1]", SIM_OP_WRITE, key, key + 1);
    }
    store_story_wait(&story, ms(10));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if ((failed >> i & 1) != 0) {
            set_up(&story, i, false);
            set_up(&story, i, true);
        }
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        const struct sim_reply *reply =
            &store_story_do(&story, "replica[1]", SIM_OP_READ, key, 0)->reply;
        bool is_gone = reply->status == SIM_STATUS_NOT_FOUND;
        g_assert_true(is_gone == is_lost(coordinator, key, failed));
        g_assert_true(is_gone || reply->value == key + 1);
        has_lost |= is_gone;
    }
    fixture_clear(&story.f);
    probe_clear(&asker);
    return has_lost;
}

static void test_lost(void)
{
    static const struct {
        const char *what;
        struct quorum_params params;
        double sets;
    } cases[] = {
        {"random", {.replicas = 3, .placement = QUORUM_RANDOM}, KEYS},
        {"copysets", {.replicas = 3, .placement = QUORUM_COPYSETS, .scatter_width = 2}, 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct quorum_coordinator coordinator = {
            .params = &cases[i].params, .member_count = MEMBERS, .replicas = 3};
        g_autofree char *params = g_strdup_printf(
            "service = ms(0), replicas = 3, placement = '%s', scatter_width = 2, read_level = "
            "'all', "
            "hinted_handoff = false, sync_period = s(1e9), read_repair = percent(0)",
            cases[i].what);
        struct sim_random random;
        sim_random_init(&random, i, "lost", "failed");
        uint64_t lost = 0, trials = 400;
        for (uint64_t trial = 0; trial < trials; trial++) {
            lost += lose(params, &coordinator, draw_failed(&random));
        }
        check_share(cases[i].what, lost, trials,
                    sim_theory_copyset_loss(MEMBERS, 3, FAILED, cases[i].sets));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/lost/k-of-n", test_k_of_n);
    g_test_add_func("/quorum/lost/keys", test_lost);
    return g_test_run();
}

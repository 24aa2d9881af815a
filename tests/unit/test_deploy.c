/* Rolling deploys and canaries: stories in exact virtual time. If these failed, a deploy would have
 * other members up than its page says, or a canary would be judged by something else.
 */
#include "fixture.h"
#include "fleet/fisher.h"
#include "models.h"

/* Requests at regular intervals, members of both versions in turn; ten old ones. */
static void build(struct fixture *f, const char *rate, const char *old, const char *new,
                  const char *deploy)
{
    fixture_init(f, s(1000));
    g_autofree char *users = g_strdup_printf(
        "arrivals = regular { rate = rate(%s), phase = ms(3) }, to = 'old new'", rate);
    fixture_add_node(f, "users", &sim_model_client_open, sim_arena_strdup(&f->arena, users));
    fixture_add_group(f, "old", &sim_model_service, old, 10, 10);
    fixture_add_group(f, "new", &sim_model_service, new, 0, 13);
    fixture_add_node(f, "deploy", &sim_model_deploy, deploy);
}

/* What has been asked for at that time. */
static void asked(struct fixture *f, double time, uint32_t old, uint32_t new)
{
    fixture_run_until(f, s(time));
    struct sim_node *node = sim_world_node(f->world, 1);
    g_assert_cmpuint(sim_members_asked(node, fixture_id(f, "old[1]")), ==, old);
    g_assert_cmpuint(sim_members_asked(node, fixture_id(f, "new[1]")), ==, new);
    g_assert_cmpint(fixture_level(f, "deploy", "new"), ==, new);
}

/* Three more than ten may be there, and two may be missing: two old ones go and five new ones come;
 * when these are known 21 s later there are 13, five more old ones go, and the rest comes. */
static void test_rolls(void)
{
    struct fixture f;
    build(&f, "100", "service = ms(10)", "service = ms(10)",
          "from = 'old', to = 'new', at = s(10), boot = s(20), notice = s(1)");
    fixture_start(&f);
    asked(&f, 9.999, 10, 0);
    asked(&f, 10, 8, 5);
    asked(&f, 30.999, 8, 5);
    asked(&f, 31, 3, 10);
    asked(&f, 51.999, 3, 10);
    asked(&f, 52, 0, 10);
    g_assert_cmpuint(fixture_total(&f, "deploy", "finished"), ==, 1);
    fixture_run_until(&f, s(900));
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "old", "lost"), ==, 0);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_mean(&f, "deploy", "took"), ==, 42);
    fixture_clear(&f);
}

/* Nobody more, and one may be missing: one by one, 21 s each, also where both round to none. None
 * may be missing: old ones go only when new ones are relied on, 5 s after they are known. */
static void test_bounds(void)
{
    static const char *const one_by_one[] = {"surge = percent(0), unavailable = percent(10)",
                                             "surge = percent(0), unavailable = percent(5)"};
    for (size_t i = 0; i < G_N_ELEMENTS(one_by_one); i++) {
        struct fixture f;
        g_autofree char *text = g_strdup_printf(
            "from = 'old', to = 'new', boot = s(20), notice = s(1), %s", one_by_one[i]);
        build(&f, "100", "service = ms(10)", "service = ms(10)", text);
        fixture_start(&f);
        asked(&f, 0, 9, 1);
        asked(&f, 20.999, 9, 1);
        asked(&f, 21, 8, 2);
        asked(&f, 188.999, 1, 9);
        asked(&f, 189, 0, 10);
        fixture_run_until(&f, s(209.999));
        g_assert_cmpuint(fixture_total(&f, "deploy", "finished"), ==, 0);
        fixture_run_until(&f, s(210));
        g_assert_cmpuint(fixture_total(&f, "deploy", "finished"), ==, 1);
        fixture_clear(&f);
    }
    struct fixture f;
    build(&f, "100", "service = ms(10)", "service = ms(10)",
          "from = 'old', to = 'new', boot = s(20), notice = s(1), unavailable = percent(0), "
          "min_ready = s(5)");
    fixture_start(&f);
    asked(&f, 0, 10, 3);
    asked(&f, 25.999, 10, 3);
    asked(&f, 26, 7, 6);
    fixture_clear(&f);
}

#define WATCHED "service = ms(10), report_to = 'deploy', report_every = s(1), report_slow = ms(20)"
#define CANARY                                                                                     \
    "from = 'old', to = 'new', at = s(10), boot = s(20), notice = s(1), canary = 1, settle = "     \
    "s(5), judge_every = s(60)"

/* One new member is known at 31, watched from 36 on, and judged at 96: it goes back if it fails or
 * is slow, and is followed by the others if not. */
static void test_canary(void)
{
    const struct {
        const char *new;
        uint32_t old_after, new_after;
    } cases[] = {
        {WATCHED, 7, 6},
        {WATCHED ", errors = percent(10)", 10, 0},
        {"service = ms(21), report_to = 'deploy', report_every = s(1), report_slow = ms(20)", 10,
         0},
        {"service = ms(20), report_to = 'deploy', report_every = s(1), report_slow = ms(20)", 7, 6},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        bool is_back = cases[i].new_after == 0;
        build(&f, "110", WATCHED, cases[i].new, CANARY ", unavailable = percent(0)");
        fixture_start(&f);
        asked(&f, 10, 10, 1);
        asked(&f, 95.999, 10, 1);
        /* With one new one there is room for two more, and one old one is not needed. */
        asked(&f, 96, is_back ? 10 : 9, is_back ? 0 : 4);
        g_assert_cmpuint(fixture_total(&f, "deploy", "judged"), ==, 1);
        g_assert_cmpuint(fixture_total(&f, "deploy", "rolled_back"), ==, is_back);
        asked(&f, 900, is_back ? 10 : 0, is_back ? 0 : 10);
        fixture_clear(&f);
    }
}

/* What it did before it had settled does not count; nor does what nobody has tried often enough. */
static void test_canary_waits(void)
{
    struct fixture f;
    build(&f, "110", WATCHED,
          "service = ms(10), cold_for = s(3), cold_factor = 9, "
          "report_to = 'deploy', report_every = s(1), report_slow = ms(20)",
          CANARY);
    fixture_start(&f);
    fixture_run_until(&f, s(96));
    g_assert_cmpuint(fixture_total(&f, "deploy", "judged"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "deploy", "rolled_back"), ==, 0);
    fixture_clear(&f);

    /* A request a second to the canary: 100 of them are not there before 156. */
    build(&f, "11", WATCHED, WATCHED, CANARY ", judgements = 2");
    fixture_start(&f);
    asked(&f, 155.999, 10, 1);
    g_assert_cmpuint(fixture_total(&f, "deploy", "judged"), ==, 0);
    fixture_run_until(&f, s(156));
    g_assert_cmpuint(fixture_total(&f, "deploy", "judged"), ==, 1);
    asked(&f, 215.999, 10, 1);
    fixture_run_until(&f, s(216));
    g_assert_cmpuint(fixture_total(&f, "deploy", "judged"), ==, 2);
    g_assert_cmpint(fixture_level(&f, "deploy", "new"), >, 1);
    fixture_clear(&f);
}

/* A deploy that dies stays where it is. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, "100", "service = ms(10)", "service = ms(10)",
          "from = 'old', to = 'new', at = s(10), boot = s(20), notice = s(1)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(12), s(13), "deploy");
    fixture_start(&f);
    asked(&f, 900, 8, 5);
    fixture_clear(&f);
}

static void is_p(struct tally one, struct tally other, double p)
{
    g_assert_cmpfloat_with_epsilon(fisher_p(one, other) / p, 1, 1e-9);
}

/* Fisher's lady has tasted eight cups; and sums of binomial coefficients, in whole numbers. */
static void test_fisher(void)
{
    is_p((struct tally){4, 4}, (struct tally){0, 4}, 1 / 70.0);
    is_p((struct tally){3, 4}, (struct tally){1, 4}, 17 / 70.0);
    is_p((struct tally){0, 10}, (struct tally){5, 10}, 1);
    is_p((struct tally){0, 0}, (struct tally){5, 10}, 1);
    is_p((struct tally){15, 1000}, (struct tally){160, 10000}, 0.634046487219112);
    is_p((struct tally){7, 8}, (struct tally){8, 8}, 1);
    /* Far better than the other, so far that to be just as good has no probability to speak of. */
    is_p((struct tally){0, 10000}, (struct tally){20000, 100000}, 1);
    is_p((struct tally){1, 10000}, (struct tally){20000, 100000}, 1);
    is_p((struct tally){10, 100}, (struct tally){20, 1000}, 0.0001589747797759586);
    is_p((struct tally){300, 10000}, (struct tally){2500, 90000}, 0.10716298802241363);
    is_p((struct tally){5, 1000}, (struct tally){0, 9000}, 9.910256288434223e-06);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deploy/rolls", test_rolls);
    g_test_add_func("/deploy/bounds", test_bounds);
    g_test_add_func("/deploy/canary", test_canary);
    g_test_add_func("/deploy/canary-waits", test_canary_waits);
    g_test_add_func("/deploy/crash", test_crash);
    g_test_add_func("/deploy/fisher", test_fisher);
    return g_test_run();
}

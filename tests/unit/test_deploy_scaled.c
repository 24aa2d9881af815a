/* Deploys of a group whose size changes meanwhile: stories in exact virtual time. If these failed,
 * a scaled deploy would have other members up than its page says, or an autoscaler and a deploy
 * would undo one another's work.
 */
#include "fixture.h"
#include "fleet/size.h"
#include "models.h"

/* Somebody who says how many there are to be. */
static const char *const teller_messages[] = {SIZE_MESSAGE, NULL};

static void teller_handle(struct sim_node *self, const struct sim_input *in)
{
    (void)self;
    (void)in;
}

static const struct sim_model teller = {
    .abi = SIM_MODEL_ABI, .name = "teller", .handle = teller_handle, .messages = teller_messages};

/* Ten old members; both groups may have 20. Replacing begins at 10; 25 % more and fewer. */
static void build(struct fixture *f, const char *web, const char *more)
{
    fixture_init(f, s(1000));
    fixture_add_node(f, "users", &sim_model_client_open,
                     "arrivals = regular { rate = rate(100), phase = ms(3) }, to = 'old new'");
    fixture_add_group(f, "old", &sim_model_service, web, 10, 20);
    fixture_add_group(f, "new", &sim_model_service, web, 0, 20);
    g_autofree char *deploy = g_strdup_printf(
        "from = 'old', to = 'new', at = s(10), boot = s(20), notice = s(1)%s", more);
    fixture_add_node(f, "deploy", &sim_model_deploy, sim_arena_strdup(&f->arena, deploy));
    fixture_add_node(f, "teller", &teller, "");
    fixture_start(f);
}

static void tell(struct fixture *f, double time, uint64_t size)
{
    fixture_run_until(f, s(time));
    uint64_t words[SIM_MESSAGE_WORDS] = {size};
    sim_send_message(sim_world_node(f->world, fixture_id(f, "teller")), fixture_id(f, "deploy"), 0,
                     words, 0);
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

/* It ends then, and nobody has met a member that was gone. */
static void finished(struct fixture *f, double time, double took)
{
    g_assert_cmpuint(fixture_total(f, "deploy", "finished"), ==, 0);
    fixture_run_until(f, s(time));
    g_assert_cmpuint(fixture_total(f, "deploy", "finished"), ==, 1);
    fixture_run_until(f, s(900));
    g_assert_cmpuint(fixture_total(f, "users", "failed"), ==, 0);
    g_assert_cmpuint(fixture_total(f, "old", "lost"), ==, 0);
    g_assert_cmpuint(fixture_total(f, "new", "lost"), ==, 0);
    fixture_run(f);
    g_assert_cmpfloat(fixture_mean(f, "deploy", "took"), ==, took);
}

/* Fourteen instead of ten, five seconds after five new ones began to boot: there may be 18, five
 * more come, of the new version. Eleven must be available: when the first five are, two old ones
 * may go, when all ten are, five more; the last new ones begin to boot at 36 and are known at 57.
 */
static void test_grows(void)
{
    struct fixture f;
    build(&f, "service = ms(10)", "");
    asked(&f, 10, 8, 5);
    tell(&f, 15, 14);
    asked(&f, 15, 8, 10);
    asked(&f, 30.999, 8, 10);
    asked(&f, 31, 6, 12);
    asked(&f, 36, 1, 14);
    asked(&f, 56.999, 0, 14);
    finished(&f, 57, 47);
    fixture_clear(&f);
}

/* Four instead of ten: three must be available, which are old ones as no new one is. Five old ones
 * go and are not replaced; of five new ones that boot one is not needed any more. */
static void test_shrinks(void)
{
    struct fixture f;
    build(&f, "service = ms(10)", "");
    tell(&f, 15, 4);
    asked(&f, 15, 3, 4);
    asked(&f, 30.999, 3, 4);
    finished(&f, 31, 21);
    fixture_clear(&f);
}

/* New ones that were relied on and are sent away are relied on no more: at 31 five new ones are,
 * and three go; when there are ten again, those that come anew are waited for. */
static void test_shrinks_and_grows(void)
{
    struct fixture f;
    build(&f, "service = ms(10)", ", unavailable = percent(0)");
    asked(&f, 10, 10, 3);
    asked(&f, 31, 7, 6);
    tell(&f, 40, 2);
    asked(&f, 40, 0, 2);
    tell(&f, 45, 10);
    asked(&f, 45, 0, 10);
    asked(&f, 65.999, 0, 10);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "deploy", "finished"), ==, 1);
    g_assert_cmpfloat(fixture_mean(&f, "deploy", "took"), ==, 30);
    fixture_clear(&f);
}

/* Before it begins the old version changes, after it has ended the new one; there is room for 20.
 */
static void test_before_and_after(void)
{
    struct fixture f;
    build(&f, "service = ms(10)", "");
    tell(&f, 5, 12);
    asked(&f, 5, 12, 0);
    asked(&f, 10, 9, 6);
    fixture_run_until(&f, s(200));
    g_assert_cmpuint(fixture_total(&f, "deploy", "finished"), ==, 1);
    asked(&f, 200, 0, 12);
    tell(&f, 200, 6);
    asked(&f, 200, 0, 6);
    tell(&f, 300, 1000);
    asked(&f, 300, 0, 20);
    fixture_run_until(&f, s(900));
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    fixture_clear(&f);
}

#define CANARY ", canary = 1, judge_every = s(60)"
#define WATCHED "report_to = 'deploy', report_every = s(1)"

/* While a canary is watched the old version changes. It passes at 91, and fourteen are replaced;
 * or it goes back, and what is asked for later is old. */
static void test_canary(void)
{
    struct fixture f;
    build(&f, "service = ms(10), " WATCHED, CANARY);
    asked(&f, 10, 10, 1);
    tell(&f, 15, 14);
    asked(&f, 15, 14, 1);
    asked(&f, 90.999, 14, 1);
    asked(&f, 91, 10, 8); /* 11 are available, and there may be 18 */
    asked(&f, 900, 0, 14);
    fixture_clear(&f);

    build(&f, "service = ms(10), " WATCHED, CANARY ", significance = percent(100)");
    tell(&f, 15, 14);
    fixture_run_until(&f, s(91));
    g_assert_cmpuint(fixture_total(&f, "deploy", "rolled_back"), ==, 0);
    fixture_clear(&f);
}

/* A deploy that died has left both versions: the new one changes, then the old one. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, "service = ms(10)", "");
    fixture_run_until(&f, s(12));
    fixture_crash(&f, "deploy");
    tell(&f, 12, 14);
    fixture_run_until(&f, s(13));
    fixture_restart(&f, "deploy");
    asked(&f, 20, 8, 5);
    tell(&f, 20, 14);
    asked(&f, 20, 8, 6);
    tell(&f, 30, 9);
    asked(&f, 30, 8, 1);
    tell(&f, 40, 6);
    asked(&f, 40, 6, 0);
    asked(&f, 900, 6, 0);
    fixture_clear(&f);
}

/* The load rises to what 20 members are for while eight old ones serve and five new ones boot. At
 * its look of 30 the autoscaler asks for them, and the deploy brings twelve more of the new
 * version; eight old ones go when 17 new ones are known. A message that is lost is made up for. */
static void test_autoscaler(void)
{
    for (int is_lost = 0; is_lost < 2; is_lost++) {
        struct fixture f;
        fixture_init(&f, s(1000));
        fixture_add_node(&f, "users", &sim_model_client_open,
                         "arrivals = regular { rate = rate(50), phase = ms(3) }, to = 'old new'");
        fixture_add_node(&f, "more", &sim_model_client_open,
                         "arrivals = regular { rate = rate(50), phase = s(20) }, to = 'old new'");
        const char *web = "service = ms(1), report_to = 'scaler', report_every = s(1)";
        fixture_add_group(&f, "new", &sim_model_service, web, 0, 20);
        fixture_add_group(&f, "old", &sim_model_service, web, 10, 20);
        fixture_add_node(&f, "scaler", &sim_model_autoscaler,
                         "to = 'old new', through = 'deploy', rate = rate(5)");
        fixture_add_node(&f, "deploy", &sim_model_deploy,
                         "from = 'old', to = 'new', at = s(10), boot = s(20), notice = s(1)");
        fixture_start(&f);
        asked(&f, 10, 8, 5);
        asked(&f, 29.999, 8, 5);
        g_assert_cmpint(fixture_level(&f, "scaler", "wanted"), ==, 10);
        if (is_lost) {
            fixture_crash(&f, "deploy");
        }
        fixture_run_until(&f, s(30));
        g_assert_cmpint(fixture_level(&f, "scaler", "wanted"), ==, 20);
        if (is_lost) {
            asked(&f, 31, 8, 5);
            fixture_restart(&f, "deploy");
            asked(&f, 44.999, 8, 5);
            asked(&f, 45, 8, 12);
        } else {
            asked(&f, 30, 8, 17);
            asked(&f, 50.999, 8, 17);
            asked(&f, 71.999, 0, 20);
            finished(&f, 72, 62);
        }
        g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.out"), ==, 10);
        g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.in"), ==, 0);
        fixture_clear(&f);
    }
}

/* Ten would do, and twenty are being replaced: ten new ones are there from 15 on, and relied on at
 * 416 only. While they boot nobody is sent away: the look of 15 asks for twenty, as who has not
 * reported counts as just at the target. When that is forgotten, at 330, seven old ones go, as
 * eight must be available; none of them is replaced. */
static void test_autoscaler_shrinks(void)
{
    struct fixture f;
    fixture_init(&f, s(1000));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular { rate = rate(90), phase = ms(3) }, to = 'old new'");
    const char *web = "service = ms(1), report_to = 'scaler', report_every = s(5)";
    fixture_add_group(&f, "old", &sim_model_service, web, 20, 20);
    fixture_add_group(&f, "new", &sim_model_service, web, 0, 20);
    fixture_add_node(&f, "scaler", &sim_model_autoscaler,
                     "to = 'old new', through = 'deploy', rate = rate(9)");
    fixture_add_node(&f, "deploy", &sim_model_deploy,
                     "from = 'old', to = 'new', at = s(5), boot = s(10), notice = s(1), "
                     "min_ready = s(400)");
    fixture_start(&f);
    asked(&f, 5, 15, 10);
    asked(&f, 329.999, 15, 10);
    asked(&f, 330, 8, 10);
    g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.in"), ==, 10);
    asked(&f, 415.999, 8, 10);
    finished(&f, 416, 411);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deploy-scaled/grows", test_grows);
    g_test_add_func("/deploy-scaled/shrinks", test_shrinks);
    g_test_add_func("/deploy-scaled/shrinks-and-grows", test_shrinks_and_grows);
    g_test_add_func("/deploy-scaled/before-and-after", test_before_and_after);
    g_test_add_func("/deploy-scaled/canary", test_canary);
    g_test_add_func("/deploy-scaled/crash", test_crash);
    g_test_add_func("/deploy-scaled/autoscaler", test_autoscaler);
    g_test_add_func("/deploy-scaled/autoscaler-shrinks", test_autoscaler_shrinks);
    return g_test_run();
}

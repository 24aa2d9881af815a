/* The autoscaler: stories in exact virtual time. If these failed, it would change a group at other
 * times, or to another size, than its page says.
 *
 * Users come at regular intervals and take members in turn, a request is 100 ms of work: at r
 * requests/s a member is busy for r / 10 of its time, in every report.
 */
#include "models.h"
#include "probe.h"

/* `count` web servers of at most 12. */
static void build(struct fixture *f, const char *users, uint32_t count, const char *web,
                  const char *scaler)
{
    fixture_init(f, s(1000));
    fixture_add_node(f, "users", &sim_model_client_open, users);
    fixture_add_group(f, "web", &sim_model_service, web, count, 12);
    fixture_add_node(f, "scaler", &sim_model_autoscaler, scaler);
}

#define WEB "service = ms(100), report_to = 'scaler', report_every = s(1)"

static void wanted(struct fixture *f, double time, int64_t count)
{
    fixture_run_until(f, s(time));
    g_assert_cmpint(fixture_level(f, "scaler", "wanted"), ==, count);
}

static uint32_t seen(struct fixture *f, double time)
{
    fixture_run_until(f, s(time));
    sim_node_id ids[12], first = fixture_id(f, "web[1]");
    for (uint32_t i = 0; i < 12; i++) {
        ids[i] = first + i;
    }
    struct sim_target target = {.count = 12, .ids = ids};
    sim_node_id up[12];
    return sim_members(sim_world_node(f->world, fixture_id(f, "users")), &target, up);
}

/* Two at 60 % where 50 % is the target: 2.4 are needed. While the third boots it counts as idle,
 * and the answer is not "more" any more; then three at 40 % are still the 2.4. */
static void test_grows(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(12)), to = 'web'", 2, WEB,
          "to = 'web', busy = percent(50), boot = s(20), notice = s(2)");
    fixture_start(&f);
    wanted(&f, 14.999, 2);
    wanted(&f, 15, 3);
    g_assert_cmpuint(seen(&f, 36.999), ==, 2);
    g_assert_cmpuint(seen(&f, 37), ==, 3);
    wanted(&f, 900, 3);
    g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.out"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.in"), ==, 0);
    fixture_clear(&f);
}

/* 8 % above the target is near enough, 12 % is not; 9 % below it is, 11 % is not. */
static void test_tolerance(void)
{
    const struct {
        const char *users;
        uint32_t count;
        int64_t later;
    } cases[] = {{"10.8", 2, 2}, {"11.2", 2, 3}, {"54.6", 12, 12}, {"53.4", 12, 11}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        g_autofree char *users =
            g_strdup_printf("arrivals = regular(rate(%s)), to = 'web'", cases[i].users);
        build(
            &f, users, cases[i].count,
            "service = ms(100), report_to = 'scaler', report_every = s(20)",
            "to = 'web', busy = percent(50), every = s(100), stabilise_in = s(0), boot = s(1000)");
        fixture_start(&f);
        wanted(&f, 100, cases[i].later);
        fixture_clear(&f);
    }
}

/* Four at 30 % where 50 % is the target: three are enough, and have been for five minutes when the
 * look at 315 has forgotten the four of the beginning. Then 2.4 are needed. */
static void test_shrinks_late(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(12)), to = 'web'", 4, WEB,
          "to = 'web', busy = percent(50), notice = s(2)");
    fixture_start(&f);
    wanted(&f, 314.999, 4);
    wanted(&f, 315, 3);
    g_assert_cmpuint(seen(&f, 316.999), ==, 4);
    g_assert_cmpuint(seen(&f, 317), ==, 3);
    wanted(&f, 900, 3);
    g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.in"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    fixture_clear(&f);
}

/* One is asked 100 times a second and should be 5 times: 20 are desired. At one look four may come,
 * or as many as there are; and there is room for 12. `max` and `min` bound it too. */
static void test_steps_and_bounds(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(100)), to = 'web'", 1,
          "service = ms(1), report_to = 'scaler', report_every = s(1)",
          "to = 'web', rate = rate(5), boot = s(100)");
    fixture_start(&f);
    wanted(&f, 15, 5);
    wanted(&f, 30, 10);
    wanted(&f, 45, 12);
    fixture_clear(&f);

    build(&f, "arrivals = regular(rate(100)), to = 'web'", 1,
          "service = ms(1), report_to = 'scaler', report_every = s(1)",
          "to = 'web', rate = rate(5), boot = s(100), grow_count = 1, grow_ratio = 0, max = 3");
    fixture_start(&f);
    wanted(&f, 15, 2);
    wanted(&f, 30, 3);
    wanted(&f, 45, 3);
    fixture_clear(&f);

    build(&f, "arrivals = regular(rate(1)), to = 'web'", 4, WEB,
          "to = 'web', busy = percent(50), min = 2, stabilise_in = s(0)");
    fixture_start(&f);
    wanted(&f, 900, 2);
    fixture_clear(&f);
}

/* One of four is dead and says nothing. The others are at 80 % of their target, which three would
 * serve; he counts as just at his target, and nobody is sent away. */
static void test_missing(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(16)), to = 'web'", 4, WEB,
          "to = 'web', busy = percent(50), stabilise_in = s(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web[4]");
    fixture_start(&f);
    wanted(&f, 900, 4);
    g_assert_cmpuint(fixture_total(&f, "scaler", "scaled.in"), ==, 0);
    fixture_clear(&f);

    /* Two of six can report, and ask for more; with four that boot six are too many. The one does
     * not follow from the other, and nothing is done. */
    build(&f, "arrivals = regular(rate(12)), to = 'web'", 2, WEB,
          "to = 'web', busy = percent(50), stabilise_in = s(0)");
    struct sim_fault_spec *more = fixture_add_fault(&f, SIM_FAULT_MEMBERS, s(1), SIM_NEVER, NULL);
    more->group = 1;
    more->members = 6;
    more->boot = s(2000);
    fixture_start(&f);
    wanted(&f, 900, 6);
    fixture_clear(&f);
}

/* Reports stopped 70 s before the look: an autoscaler that knows nothing does nothing. */
static void test_stale(void)
{
    for (int is_cut = 0; is_cut < 2; is_cut++) {
        struct fixture f;
        build(&f, "arrivals = regular(rate(12)), to = 'web'", 2, WEB,
              "to = 'web', busy = percent(50), every = s(100), stale = s(60)");
        fixture_start(&f);
        fixture_run_until(&f, s(30));
        if (is_cut) {
            fixture_cut(&f, "web[1]", "scaler", true);
            fixture_cut(&f, "web[2]", "scaler", true);
        }
        wanted(&f, 100, is_cut ? 2 : 3);
        fixture_clear(&f);
    }
}

/* 22 wait or are served at two servers, ten wait at each, four should: five are needed. Of two
 * targets the one that asks for more decides. */
static void test_queue_and_several(void)
{
    const struct {
        const char *targets;
        int64_t later;
    } cases[] = {{"queued = 4", 5},
                 {"queued = 4, busy = percent(50)", 5},
                 {"queued = 9.9, busy = percent(50)", 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        fixture_init(&f, s(100));
        fixture_add_node(&f, "users", &sim_model_client_closed,
                         "sessions = 22, think = s(0), to = 'web'");
        fixture_add_group(&f, "web", &sim_model_service,
                          "service = s(1000), report_to = 'scaler', report_every = s(1)", 2, 12);
        g_autofree char *text = g_strdup_printf("to = 'web', %s", cases[i].targets);
        fixture_add_node(&f, "scaler", &sim_model_autoscaler, text);
        fixture_start(&f);
        wanted(&f, 15, cases[i].later);
        fixture_clear(&f);
    }
}

/* 40 s after a change there may be the next one: at the look of 60. */
static void test_cooldown(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(100)), to = 'web'", 1,
          "service = ms(1), report_to = 'scaler', report_every = s(1)",
          "to = 'web', rate = rate(5), boot = s(0), grow_count = 1, grow_ratio = 0, "
          "cooldown = s(40)");
    fixture_start(&f);
    wanted(&f, 15, 2);
    wanted(&f, 59.999, 2);
    wanted(&f, 60, 3);
    fixture_clear(&f);
}

/* It dies and comes back at 40: the group stays as it is, and its looks begin anew. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, "arrivals = regular(rate(12)), to = 'web'", 2, WEB,
          "to = 'web', busy = percent(50), boot = s(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(10), s(40), "scaler");
    fixture_start(&f);
    wanted(&f, 54.999, 2);
    wanted(&f, 55, 3);
    fixture_crash(&f, "scaler");
    g_assert_cmpint(fixture_level(&f, "scaler", "wanted"), ==, 0);
    fixture_restart(&f, "scaler");
    wanted(&f, 56, 3);
    fixture_clear(&f);
}

/* A member that comes amid the run takes three times as long for ten seconds; those of the
 * beginning do not. */
static void test_cold(void)
{
    struct fixture f;
    fixture_init(&f, s(100));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(100), cold_for = s(10), cold_factor = 3");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20.5), s(29.5), "web");
    fixture_start(&f);
    fixture_run(&f);
    /* At 30 .. 39 it is cold. */
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 100 - 9);
    double mean = (81 * 0.1 + 10 * 0.3) / 91;
    g_assert_cmpfloat_with_epsilon(fixture_mean(&f, "web", "latency"), mean, 1e-9);
    fixture_clear(&f);
}

/* Reports to somebody who knows no such message are not heard, nor is what he tells. */
static void test_ignored(void)
{
    struct fixture f;
    struct probe probe = {0};
    fixture_init(&f, s(100));
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(100), report_to = 'other', report_every = s(1)");
    probe_add(&f, &probe, "other", 1);
    fixture_start(&f);
    fixture_run_until(&f, s(10));
    g_assert_cmpuint(probe_count(&probe, SIM_IN_MESSAGE), ==, 0);
    probe_message(&f, "other", "web", 7, 100);
    fixture_run(&f);
    fixture_clear(&f);
    probe_clear(&probe);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/autoscaler/grows", test_grows);
    g_test_add_func("/autoscaler/tolerance", test_tolerance);
    g_test_add_func("/autoscaler/shrinks-late", test_shrinks_late);
    g_test_add_func("/autoscaler/steps-and-bounds", test_steps_and_bounds);
    g_test_add_func("/autoscaler/missing", test_missing);
    g_test_add_func("/autoscaler/stale", test_stale);
    g_test_add_func("/autoscaler/queue-and-several", test_queue_and_several);
    g_test_add_func("/autoscaler/cooldown", test_cooldown);
    g_test_add_func("/autoscaler/crash", test_crash);
    g_test_add_func("/autoscaler/cold", test_cold);
    g_test_add_func("/autoscaler/ignored", test_ignored);
    return g_test_run();
}

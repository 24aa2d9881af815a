/* Clients: stories in exact virtual time. If these failed, a source would ask at other times than
 * its scenario says, or its ledger would tell another story than its calls.
 */
#include <math.h>

#include "fixture.h"
#include "models.h"
#include "probe.h"
#include "script.h"

/* 10 requests/s from 0 on, 5 ms there, 30 ms of work, 5 ms back. */
static void test_open(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(30)");
    fixture_link_latency(&f, ms(5));
    fixture_start(&f);
    fixture_run_until(&f, ms(39));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "users", "open"), ==, 1);
    fixture_run_until(&f, ms(40));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
    g_assert_true(fixture_run(&f) == SIM_ENDING_DONE);
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "users", "retries"), ==, 0);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==, 0.040);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 0.040);
    g_assert_cmpfloat(fabs(fixture_level_mean(&f, "web", "busy") - 0.3), <, 1e-12);
    fixture_clear(&f);
}

/* A surge takes effect in the middle of a gap, and ends in the middle of one. */
static void test_surge(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    struct sim_fault_spec *surge =
        fixture_add_fault(&f, SIM_FAULT_SURGE, ms(250), ms(350), "users");
    surge->factor = 5;
    fixture_start(&f);
    fixture_run_until(&f, ms(259)); /* 0, 100, 200; half a gap is left, at five times the speed */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 3);
    fixture_run_until(&f, ms(260));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 4);
    fixture_run_until(&f, ms(350)); /* 280, 300, 320, 340; then half a gap at the old speed */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 8);
    fixture_run_until(&f, ms(399));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 8);
    fixture_run_until(&f, ms(400));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 9);
    fixture_clear(&f);
}

/* Two standstills that overlap, and a surge that outlasts both: no load until the later has ended,
 * then twice as much. */
static void test_surges_overlap(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(100)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(105), ms(305), "users")->factor = 0;
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(205), ms(405), "users")->factor = 0;
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(255), ms(455), "users")->factor = 2;
    fixture_start(&f);
    fixture_run_until(&f, ms(407)); /* 0 to 100; half a gap is left at 105, and at 405 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 11);
    fixture_run_until(&f, ms(459)); /* 407.5, 412.5 to 452.5 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 21);
    fixture_run_until(&f, ms(460)); /* half a gap at twice the speed, half at the old one */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 22);
    fixture_clear(&f);
}

/* Work takes 50 ms, patience ends after 20: three attempts at 0, 20 and 60, failed at 80. */
static void test_timeout_and_retry(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1) }, to = 'web', timeout = ms(20), "
                     "retry = retry { max = 2, backoff = ms(10), growth = 2, jitter = 'none' }");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(50), servers = 10");
    fixture_start(&f);
    fixture_run_until(&f, ms(29));
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 1);
    fixture_run_until(&f, ms(30)); /* 20 of patience, 10 of pause */
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 2);
    fixture_run_until(&f, ms(69)); /* 50 + 20 */
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 2);
    fixture_run_until(&f, ms(70));
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    fixture_run_until(&f, ms(90));
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "retries"), ==, 2);
    fixture_run(&f);
    /* The server knew nothing of it: all its work was done, and thrown away. */
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "users", "late_replies"), ==, 3);
    g_assert_true(isinf(fixture_quantile(&f, "users", "latency", 0.5)));
    fixture_clear(&f);
}

/* The deadline ends an operation that its retries would go on with. */
static void test_deadline(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(
        &f, "users", &sim_model_client_open,
        "arrivals = regular(rate(1)), to = 'web', timeout = ms(20), deadline = ms(50), "
        "retry = retry { max = 100 }");
    fixture_add_node(&f, "web", &sim_model_service, "service = s(10), servers = 100");
    fixture_start(&f);
    fixture_run_until(&f, ms(49)); /* attempts at 0, 20, 40 */
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 3);
    fixture_run_until(&f, ms(50));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 1);
    fixture_run_until(&f, ms(900));
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 3);
    fixture_clear(&f);
}

/* A retry whose pause would pass the deadline is not waited for: it ends at 20, not at 50. */
static void test_pause_past_deadline(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(
        &f, "users", &sim_model_client_open,
        "arrivals = regular(rate(1)), to = 'web', timeout = ms(20), deadline = ms(50), "
        "retry = retry { backoff = ms(30), jitter = 'none' }");
    fixture_add_node(&f, "web", &sim_model_service, "service = s(10)");
    fixture_start(&f);
    fixture_run_until(&f, ms(20));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 1);
    fixture_clear(&f);
}

/* The budget is filled by first attempts: one retry in ten after the first ten. */
static void test_budget(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(100)), to = 'web', "
                     "retry = retry { max = 1, budget = percent(10) }");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(1), errors = percent(100)");
    fixture_start(&f);
    fixture_run_until(&f, s(10) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1000);
    uint64_t retries = fixture_total(&f, "users", "retries");
    g_assert_cmpuint(retries, >=, 108); /* the bucket was full at first */
    g_assert_cmpuint(retries, <=, 110);
    fixture_clear(&f);
}

/* A redirect is followed at once, to where it leads, and is no retry. */
static void test_redirect(void)
{
    struct fixture f;
    struct script script = {.replies = {{.status = SIM_STATUS_REDIRECT, .redirect = 3},
                                        {.status = SIM_STATUS_REDIRECT, .redirect = 2},
                                        {.status = SIM_STATUS_REDIRECT, .redirect = 2},
                                        {.status = SIM_STATUS_REDIRECT, .redirect = 2}}};
    struct probe probe = {.on = play_script, .data = &script};
    fixture_init(&f, s(2));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'old'");
    probe_add(&f, &probe, "old", 1);
    fixture_add_node(&f, "new", &sim_model_service, "service = ms(5)");
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run_until(&f, ms(9));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1); /* 1 + 1 + 1 + 5 + 1 */
    g_assert_cmpuint(fixture_total(&f, "users", "retries"), ==, 0);
    fixture_run_until(&f, s(2) - 1); /* one that leads in a circle is given up */
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 1);
    g_assert_cmpint(script.count, ==, 1 + 9);
    fixture_clear(&f);
    probe_clear(&probe);
}

/* Who is told to come back later does; and the session remembers what it has seen. */
static void test_hints(void)
{
    struct fixture f;
    struct script script = {
        .replies = {{.status = SIM_STATUS_REJECTED, .retry_after = ms(40), .session_token = 7},
                    {.status = SIM_STATUS_OK},
                    {.status = SIM_STATUS_OK, .session_token = 9},
                    {.status = SIM_STATUS_OK}}};
    struct probe probe = {.on = play_script, .data = &script};
    fixture_init(&f, s(2));
    fixture_add_node(&f, "users", &sim_model_client_closed,
                     "sessions = 1, think = ms(100), to = 'it', ops = { scan = 1 }, scan_keys = 5, "
                     "keys = one_key(3), retry = retry { backoff = ms(10), jitter = 'none' }");
    probe_add(&f, &probe, "it", 1);
    fixture_start(&f);
    fixture_run_until(&f, ms(139));
    g_assert_cmpint(script.count, ==, 1);
    fixture_run_until(&f, ms(140));
    g_assert_cmpint(script.count, ==, 2);
    fixture_run_until(&f, ms(345));
    static const uint64_t tokens[] = {0, 7, 7, 9};
    for (int i = 0; i < 4; i++) {
        g_assert_cmpuint(script.seen[i].session_token, ==, tokens[i]);
        g_assert_cmpuint(script.seen[i].session, ==, script.seen[0].session);
        g_assert_cmpuint(script.seen[i].key, ==, 3);
        g_assert_cmpuint(script.seen[i].key_end, ==, 8);
        g_assert_cmpuint(script.seen[i].attempt, ==, i == 1);
    }
    fixture_clear(&f);
    probe_clear(&probe);
}

/* A dead server refuses; the third attempt finds it alive again. */
static void test_refusal(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'web', "
                     "retry = retry { max = 5, backoff = ms(40), growth = 1, jitter = 'none' }");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(7)");
    fixture_link_latency(&f, ms(1));
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, ms(60), "web");
    fixture_start(&f);
    fixture_run(&f); /* 0 -> refused at 2, 42 -> refused at 44, 84 -> answered at 93 */
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 0.093);
    fixture_clear(&f);
}

/* Several members: each in turn, or the same one for each session. */
static void test_choose(void)
{
    static const char *const choices[] = {"round_robin", "random", "session"};
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        struct fixture f;
        char text[200];
        fixture_init(&f, s(10));
        g_snprintf(text, sizeof text,
                   "arrivals = regular(rate(1000)), to = 'web', sessions = 2, choose = '%s'",
                   choices[i]);
        fixture_add_node(&f, "users", &sim_model_client_open, text);
        fixture_add_group(&f, "web", &sim_model_service, "service = ms(0)", 4, 4);
        fixture_group(&f, "web")->per_member = true;
        fixture_start(&f);
        fixture_run(&f);
        uint64_t counts[4];
        int used = 0;
        for (int m = 0; m < 4; m++) {
            char name[16];
            g_snprintf(name, sizeof name, "web[%d]", m + 1);
            counts[m] = fixture_total(&f, name, "issued");
            used += counts[m] > 0;
            if (i == 0) {
                g_assert_cmpuint(counts[m], ==, 2500);
            } else if (i == 1) {
                g_assert_cmpfloat(fabs((double)counts[m] - 2500), <, 4 * sqrt(2500 * 0.75));
            }
        }
        g_assert_cmpuint(counts[0] + counts[1] + counts[2] + counts[3], ==, 10000);
        g_assert_true(i != 2 || used <= 2);
        fixture_clear(&f);
    }
}

/* By shares; when a member has gone those that are left divide all. */
static void test_shares(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1000)), "
                     "to = { a = percent(50), b = percent(30), c = percent(10) }");
    uint32_t a = fixture_add_node(&f, "a", &sim_model_service, "service = ms(0)");
    fixture_add_node(&f, "b", &sim_model_service, "service = ms(0)");
    fixture_add_node(&f, "c", &sim_model_service, "service = ms(0)");
    struct sim_fault_spec *leaves =
        fixture_add_fault(&f, SIM_FAULT_MEMBERS, s(5) + 1, SIM_NEVER, NULL);
    leaves->group = a;
    leaves->members = 0;
    fixture_start(&f);
    fixture_run_until(&f, s(10) - 1);
    double at_a = (double)fixture_total(&f, "a", "issued");
    double at_b = (double)fixture_total(&f, "b", "issued");
    g_assert_cmpfloat(fabs(at_a - 5000 * 5 / 9.0), <, 4 * sqrt(5000 * 20 / 81.0));
    g_assert_cmpfloat(fabs(at_b - 5000 * 3 / 9.0 - 5000 * 3 / 4.0), <, 4 * sqrt(1100 + 940));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 10000);
    fixture_clear(&f);
}

/* One user: 10 ms of thought, 2 + 5 + 2 ms of asking. */
static void test_closed(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_closed,
                     "sessions = 1, think = ms(10), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(5)");
    fixture_link_latency(&f, ms(2));
    fixture_start(&f);
    fixture_run_until(&f, ms(9));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 0);
    fixture_run_until(&f, ms(10));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(28));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(29));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 2);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 5); /* 10, 29, 48, 67, 86 */
    fixture_clear(&f);
}

/* Ten users and no thought: never more than ten inside, and always ten. */
static void test_closed_population(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_closed, "sessions = 10, to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = exponential(ms(2))");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_level_mean(&f, "users", "open"), ==, 10);
    g_assert_cmpfloat(fixture_level_mean(&f, "web", "busy"), ==, 1);
    fixture_clear(&f);
}

/* Sessions begin evenly over the ramp. */
static void test_ramp_up(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_closed,
                     "sessions = 100, ramp_up = s(1), think = s(100), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    struct sim_fault_spec *surge =
        fixture_add_fault(&f, SIM_FAULT_SURGE, 0, s(10), "users"); /* thinks pass in 1 s */
    surge->factor = 100;
    fixture_start(&f);
    fixture_run_until(&f, ms(1000));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(1005));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 51); /* the ramp passes faster too */
    fixture_clear(&f);
}

/* At a load factor of 0 time stands still for thinkers; what is left of the thought is kept. */
static void test_closed_surge(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_add_node(&f, "users", &sim_model_client_closed,
                     "sessions = 1, think = ms(10), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(5)");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(4), ms(50), "users")->factor = 0;
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(58), ms(120), "users")->factor = 2;
    fixture_start(&f);
    fixture_run_until(&f, ms(55)); /* 4 of 10 thought, then a standstill of 46 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 0);
    fixture_run_until(&f, ms(56));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(61)); /* answered; thinks 10 at twice the speed */
    fixture_run_until(&f, ms(65));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(66));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 2);
    fixture_clear(&f);
}

/* A standstill while the answer is awaited, a second surge, and thoughts cut short by it. */
static void test_closed_surge_while_open(void)
{
    struct fixture f;
    fixture_init(&f, ms(300));
    fixture_add_node(&f, "users", &sim_model_client_closed,
                     "sessions = 1, think = ms(100), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(30)");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(50), ms(70), "users")->factor = 2;
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(90), ms(140), "users")->factor = 0;
    fixture_start(&f);
    fixture_run_until(&f, ms(80) - 1); /* 50, then 40 in 20, then 10 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 0);
    fixture_run_until(&f, ms(80));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(139)); /* answered at 110, while time stands still */
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
    fixture_run_until(&f, ms(240) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(240));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 2);
    fixture_clear(&f);

    fixture_init(&f, ms(300)); /* the end of a standstill wakes nobody who awaits an answer */
    fixture_add_node(&f, "users", &sim_model_client_closed, "sessions = 1, to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(30), servers = 9");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(10), ms(20), "users")->factor = 0;
    fixture_start(&f);
    fixture_run_until(&f, ms(29));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_clear(&f);
}

/* A session that is refused at once and does not think must not stop time. */
static void test_no_spin(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_closed, "sessions = 1, to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(5)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "refused"), ==, 100);
    fixture_clear(&f);
}

/* A client that crashes forgets its operations, which are never finished, and begins anew. */
static void test_client_crash(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_closed, "sessions = 3, to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(10), servers = 3");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(15), ms(32), "users");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "unfinished", 0), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 3 + 3 * 7); /* 10; 42, 52, ... */
    fixture_clear(&f);
}

/* A client that comes back in the middle of a surge begins at that load. */
static void test_crash_in_surge(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(50), ms(450), "users")->factor = 5;
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(55), ms(200), "users");
    fixture_start(&f);
    fixture_run_until(&f, ms(449)); /* 0; 200, 220, ..., 440 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1 + 13);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client/open", test_open);
    g_test_add_func("/client/open/surge", test_surge);
    g_test_add_func("/client/open/surges-overlap", test_surges_overlap);
    g_test_add_func("/client/timeout-and-retry", test_timeout_and_retry);
    g_test_add_func("/client/deadline", test_deadline);
    g_test_add_func("/client/deadline/pause", test_pause_past_deadline);
    g_test_add_func("/client/budget", test_budget);
    g_test_add_func("/client/redirect", test_redirect);
    g_test_add_func("/client/hints", test_hints);
    g_test_add_func("/client/refusal", test_refusal);
    g_test_add_func("/client/choose", test_choose);
    g_test_add_func("/client/shares", test_shares);
    g_test_add_func("/client/closed", test_closed);
    g_test_add_func("/client/closed/population", test_closed_population);
    g_test_add_func("/client/closed/ramp-up", test_ramp_up);
    g_test_add_func("/client/closed/surge", test_closed_surge);
    g_test_add_func("/client/closed/surge-while-open", test_closed_surge_while_open);
    g_test_add_func("/client/closed/no-spin", test_no_spin);
    g_test_add_func("/client/crash", test_client_crash);
    g_test_add_func("/client/crash/in-surge", test_crash_in_surge);
    return g_test_run();
}

/* The circuit breaker: stories in exact virtual time. If these failed, it would open, probe and
 * close at other times than its page says, or by other calls.
 */
#include "breaker/window.h"
#include "fixture.h"
#include "models.h"

/* Requests at 0, 1, 2, ... ms. */
#define EVERY_MS "arrivals = regular(rate(1e3)), to = 'gate'"

static void build(struct fixture *f, sim_time duration, const char *breaker, const char *web)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open, EVERY_MS);
    fixture_add_node(f, "gate", &sim_model_breaker, breaker);
    fixture_add_node(f, "web", &sim_model_service, web);
}

static uint64_t passed(const struct fixture *f)
{
    return fixture_total(f, "gate", "attempts");
}

/* 0 .. 9 go well. Then nobody listens: with the failure of 19 it is 10 of 20, and it opens for 20
 * ms. The request of 39 is the probe. */
static void test_opens_and_closes(void)
{
    struct fixture f;
    build(&f, ms(60), "to = 'web', minimum = 5, open_for = ms(20)", "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(36.5), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(19) - 1);
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run_until(&f, ms(19));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 10);
    fixture_run_until(&f, ms(39) - 1);
    g_assert_cmpuint(fixture_total(&f, "gate", "shed"), ==, 19);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 19);
    fixture_run_until(&f, ms(39));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 10 + 21);
    fixture_clear(&f);
}

/* The probe of 39 fails, and that of 59 does not. */
static void test_probe_fails(void)
{
    struct fixture f;
    build(&f, ms(61), "to = 'web', minimum = 5, open_for = ms(20)", "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(45), "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "gate", "shed"), ==, 19 + 19);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 10 + 2);
    fixture_clear(&f);
}

/* Two failures of three are too few calls to say. */
static void test_minimum(void)
{
    for (int minimum = 10; minimum <= 11; minimum++) {
        struct fixture f;
        g_autofree char *text = g_strdup_printf("to = 'web', minimum = %d", minimum);
        build(&f, ms(10), text, "service = ms(0)");
        fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, minimum == 10);
        fixture_clear(&f);
    }
}

/* Answers take 5 ms. It opens with the answer to 3, at 8 ms; those of 4 .. 7 are under way then and
 * say nothing. At 28 it is half open: two of the probes 28, 29, 30 fail, which is more than half,
 * and it opens again with the answer to the third, at 35. */
static void test_probes(void)
{
    struct fixture f;
    build(&f, ms(50),
          "to = 'web', minimum = 4, open_for = ms(20), probes = 3, failures = percent(60), "
          "slower_than = ms(4)",
          "service = ms(5), servers = 100");
    fixture_start(&f);
    fixture_run_until(&f, ms(8) - 1);
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run_until(&f, ms(8));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    g_assert_cmpuint(passed(&f), ==, 8);
    fixture_run_until(&f, ms(28) - 1);
    g_assert_cmpuint(passed(&f), ==, 8);
    fixture_run_until(&f, ms(35) - 1);
    g_assert_cmpuint(passed(&f), ==, 11);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 1);
    fixture_run_until(&f, ms(35));
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 2);
    fixture_clear(&f);
}

/* Slow answers are answers; and as slow as allowed is not slow. */
static void test_slower_than(void)
{
    struct fixture f;
    build(&f, ms(50), "to = 'web', minimum = 4, slower_than = ms(5)",
          "service = ms(5), servers = 100");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 50);
    fixture_clear(&f);
}

/* The probe under way at 12 keeps the next from passing; it is given up after 10 ms. */
static void test_timeout(void)
{
    struct fixture f;
    build(&f, ms(40), "to = 'web', minimum = 2, timeout = ms(10), open_for = ms(1)",
          "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_PAUSE, ms(0.5), s(1), "web");
    fixture_start(&f);
    /* 1 is given up at 11: one of two. 12 is the probe, until 22. */
    fixture_run_until(&f, ms(22) - 1);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 1);
    g_assert_cmpuint(passed(&f), ==, 11 + 1);
    fixture_run_until(&f, ms(22));
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 2);
    fixture_clear(&f);
}

/* Whoever is turned away at 25 hears that it is worth asking at 39, does, and is the probe. */
static void test_hint(void)
{
    struct fixture f;
    build(&f, ms(39), "to = 'web', minimum = 5, open_for = ms(20)", "service = ms(0)");
    fixture_add_node(&f, "patient", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(25) }, to = 'gate', "
                     "retry = retry { max = 1 }");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(36.5), "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "patient", "latency", 1), ==, 0.014);
    fixture_clear(&f);
}

/* A crash of the breaker itself forgets that it was open. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, ms(60), "to = 'web', minimum = 5, open_for = s(20)", "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, ms(10), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(20));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    fixture_crash(&f, "gate");
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_restart(&f, "gate");
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), >, 30);
    fixture_clear(&f);
}

/* ---- shared ---- */

/* Users of the first member see the outage; those of the second ask once in 50 ms, too seldom for
 * it to open by itself. */
static void build_shared(struct fixture *f, const char *web)
{
    fixture_init(f, ms(200));
    fixture_add_node(f, "busy", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'gate[1]'");
    fixture_add_node(f, "idle", &sim_model_client_open,
                     "arrivals = regular { rate = rate(20), phase = ms(48) }, to = 'gate[2]'");
    fixture_add_group(f, "gate", &sim_model_breaker,
                      "to = 'web', minimum = 5, open_for = ms(60), shared = 'state', "
                      "poll = ms(10)",
                      2, 2);
    fixture_group(f, "gate")->per_member = true;
    fixture_add_node(f, "state", &sim_model_store_counter, "service = us(10)");
    fixture_add_node(f, "web", &sim_model_service, web);
}

/* The first opens at 19 and says so; the second knows within 10 ms. The probe of 79 closes it, and
 * the second, whose own probe is due at 98, hears that within 10 ms too. */
static void test_shared(void)
{
    struct fixture f;
    build_shared(&f, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(70), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(19));
    g_assert_cmpint(fixture_level(&f, "gate[1]", "tripped"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "gate[2]", "tripped"), ==, 0);
    fixture_run_until(&f, ms(29.1));
    g_assert_cmpint(fixture_level(&f, "gate[2]", "tripped"), ==, 1);
    fixture_run_until(&f, ms(79) - 1);
    g_assert_cmpuint(fixture_total(&f, "gate[2]", "shed"), ==, 1); /* that of 48 */
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 2);
    fixture_run_until(&f, ms(89.1));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "idle", "succeeded"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "gate", "opened"), ==, 2);
    fixture_clear(&f);
}

/* The store is gone when the first opens: nobody else knows, and it closes by itself all the same.
 */
static void test_shared_silent(void)
{
    struct fixture f;
    build_shared(&f, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(70), "web");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(15), SIM_NEVER, "state");
    fixture_start(&f);
    fixture_run_until(&f, ms(60));
    g_assert_cmpint(fixture_level(&f, "gate[1]", "tripped"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "gate[2]", "tripped"), ==, 0);
    fixture_run_until(&f, ms(79));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_clear(&f);
}

/* A store that comes back empty after the first has opened says nothing new to it. */
static void test_shared_forgetful(void)
{
    struct fixture f;
    build_shared(&f, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(70), "web");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(15), ms(30), "state");
    fixture_start(&f);
    fixture_run_until(&f, ms(79) - 1);
    g_assert_cmpint(fixture_level(&f, "gate[1]", "tripped"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "gate[1]", "opened"), ==, 1);
    fixture_clear(&f);
}

/* Both are half open at 77. The probe of the second fails at 78, that of the first does not at 85.
 * The second then closes with the first, and what it had meant to do at 140 is off. */
static void test_shared_again(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_add_node(&f, "first", &sim_model_client_open,
                     "arrivals = regular { rate = rate(100), phase = ms(5) }, to = 'gate[1]'");
    fixture_add_node(&f, "second", &sim_model_client_open,
                     "arrivals = regular { rate = rate(20), phase = ms(28) }, to = 'gate[2]'");
    fixture_add_group(&f, "gate", &sim_model_breaker,
                      "to = 'web', minimum = 2, open_for = ms(62), shared = 'state', "
                      "poll = ms(50)",
                      2, 2);
    fixture_group(&f, "gate")->per_member = true;
    fixture_add_node(&f, "state", &sim_model_store_counter, "service = us(10)");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(80), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(84));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 2);
    fixture_run_until(&f, ms(85));
    g_assert_cmpint(fixture_level(&f, "gate[1]", "tripped"), ==, 0);
    fixture_run_until(&f, ms(136));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run_until(&f, ms(141));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_clear(&f);
}

/* ---- one for each member ---- */

static void build_each(struct fixture *f, const char *breaker)
{
    fixture_init(f, ms(60));
    fixture_add_node(f, "users", &sim_model_client_open, EVERY_MS);
    fixture_add_node(f, "gate", &sim_model_breaker, breaker);
    fixture_add_group(f, "web", &sim_model_service, "service = ms(0)", 2, 2);
    fixture_group(f, "web")->per_member = true;
}

#define EACH "to = 'web', scope = 'member', minimum = 5, open_for = ms(20)"

/* Odd requests go to the second, which is gone from 9.5 on: with 19 half of its calls have failed.
 * From 20 on all go to the first, and nobody is turned away; the probe of 39 goes well. */
static void test_member(void)
{
    struct fixture f;
    build_each(&f, EACH);
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(36.5), "web[2]");
    fixture_start(&f);
    fixture_run_until(&f, ms(19) - 1);
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run_until(&f, ms(19));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "web[1]", "issued"), ==, 10);
    fixture_run_until(&f, ms(39) - 1);
    g_assert_cmpuint(fixture_total(&f, "web[1]", "issued"), ==, 10 + 19);
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    fixture_run_until(&f, ms(39));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, 5 + 1 + 10);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 5);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 55);
    g_assert_cmpuint(fixture_total(&f, "gate", "shed"), ==, 0);
    fixture_clear(&f);
}

/* Both are gone: the first opens at 18, the second at 19. Who is turned away at 25 hears of the
 * sooner one, comes at 38, and is its probe. */
static void test_member_all(void)
{
    struct fixture f;
    build_each(&f, EACH);
    fixture_add_node(&f, "patient", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(25) }, to = 'gate', "
                     "retry = retry { max = 1 }");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(36.5), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(38) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 18);
    fixture_run_until(&f, ms(38));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "patient", "succeeded"), ==, 1);
    fixture_run_until(&f, ms(39));
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_clear(&f);
}

/* A member that has left is not asked, and its circuit says nothing about when to come again. */
static void test_member_leaves(void)
{
    struct fixture f;
    fixture_init(&f, ms(60));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_MS);
    fixture_add_node(&f, "gate", &sim_model_breaker, EACH);
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(0)", 2, 2);
    fixture_group(&f, "web")->per_member = true;
    struct sim_fault_spec *scale =
        fixture_add_fault(&f, SIM_FAULT_MEMBERS, ms(20.5), SIM_NEVER, NULL);
    scale->group = 2;
    scale->members = 1;
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "web[1]", "issued"), ==, 11 + 39);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 60);
    fixture_clear(&f);
}

/* The busy one finds the second member out at 19; the other hears of that member, and of none else,
 * with its next look into the store. */
static void test_member_shared(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_add_node(&f, "busy", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'gate[1]'");
    fixture_add_node(&f, "idle", &sim_model_client_open,
                     "arrivals = regular { rate = rate(100), phase = ms(32) }, to = 'gate[2]'");
    fixture_add_group(&f, "gate", &sim_model_breaker,
                      "to = 'web', scope = 'member', minimum = 5, open_for = ms(60), "
                      "shared = 'state', poll = ms(10)",
                      2, 2);
    fixture_group(&f, "gate")->per_member = true;
    fixture_add_node(&f, "state", &sim_model_store_counter, "service = us(10), servers = 9");
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(0)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(9.5), ms(75), "web[2]");
    fixture_start(&f);
    fixture_run_until(&f, ms(19.1));
    g_assert_cmpint(fixture_level(&f, "gate[1]", "tripped"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "gate[2]", "tripped"), ==, 0);
    fixture_run_until(&f, ms(29.1));
    g_assert_cmpint(fixture_level(&f, "gate[2]", "tripped"), ==, 1);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "idle", "succeeded"), ==, 17);
    g_assert_cmpint(fixture_level(&f, "gate", "tripped"), ==, 0);
    fixture_clear(&f);
}

/* ---- the window ---- */

#define STEPS 20000

/* Beside a list of everything that ever ended. */
static void test_window_twin(gconstpointer data)
{
    bool is_by_count = GPOINTER_TO_INT(data) != 0;
    struct fixture f;
    build(&f, ms(1), "to = 'web'", "service = ms(0)");
    fixture_start(&f);
    struct breaker_window window;
    sim_time length = 101;
    int64_t calls_max = is_by_count ? 17 : 0;
    breaker_window_init(sim_world_node(f.world, 1), &window, length, calls_max);
    g_autofree sim_time *times = g_new(sim_time, STEPS);
    g_autofree bool *failed = g_new(bool, STEPS);
    struct sim_random random;
    sim_random_init(&random, 1, "window", "twin");
    sim_time now = 0;
    int first = 0;
    for (int i = 0; i < STEPS; i++) {
        now += (sim_time)sim_random_below(&random, sim_random_chance(&random, 0.05) ? 150 : 12);
        times[i] = now;
        failed[i] = sim_random_chance(&random, 0.4);
        breaker_window_add(&window, now, failed[i]);
        int64_t calls = 0, failures = 0, got_calls, got_failures;
        for (int j = i; j >= first; j--) {
            bool is_in =
                is_by_count ? i - j < calls_max : times[j] * 10 / length + 10 > now * 10 / length;
            calls += is_in;
            failures += is_in && failed[j];
        }
        breaker_window_count(&window, now, &got_calls, &got_failures);
        g_assert_cmpint(got_calls, ==, calls);
        g_assert_cmpint(got_failures, ==, failures);
        if (sim_random_chance(&random, 0.002)) {
            breaker_window_empty(&window);
            first = i + 1;
        }
    }
    fixture_clear(&f);
}

static void test_validate(void)
{
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"to = 'web', window_calls = 19", false},
        {"to = 'web', window_calls = 20", true},
        {"to = { web = percent(100) }", false},
    };
    struct fixture f;
    build(&f, ms(1), "to = 'web'", "service = ms(0)");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        void *fields = sim_arena_alloc(&f.arena, sim_model_breaker.params_size);
        parameters_read(&f.arena, "gate", sim_model_breaker.params, cases[i].text, &f.names,
                        fields);
        g_assert_cmpint(sim_model_breaker.validate(fields) == NULL, ==, cases[i].is_right);
    }
    fixture_start(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/breaker/opens_and_closes", test_opens_and_closes);
    g_test_add_func("/breaker/probe_fails", test_probe_fails);
    g_test_add_func("/breaker/minimum", test_minimum);
    g_test_add_func("/breaker/probes", test_probes);
    g_test_add_func("/breaker/slower_than", test_slower_than);
    g_test_add_func("/breaker/timeout", test_timeout);
    g_test_add_func("/breaker/hint", test_hint);
    g_test_add_func("/breaker/crash", test_crash);
    g_test_add_func("/breaker/shared", test_shared);
    g_test_add_func("/breaker/shared_silent", test_shared_silent);
    g_test_add_func("/breaker/shared_forgetful", test_shared_forgetful);
    g_test_add_func("/breaker/shared_again", test_shared_again);
    g_test_add_func("/breaker/member", test_member);
    g_test_add_func("/breaker/member_all", test_member_all);
    g_test_add_func("/breaker/member_leaves", test_member_leaves);
    g_test_add_func("/breaker/member_shared", test_member_shared);
    g_test_add_data_func("/breaker/window/time", GINT_TO_POINTER(0), test_window_twin);
    g_test_add_data_func("/breaker/window/count", GINT_TO_POINTER(1), test_window_twin);
    g_test_add_func("/breaker/validate", test_validate);
    return g_test_run();
}

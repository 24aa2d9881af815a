/* The bulkhead: stories in exact virtual time. If these failed, more calls would be under way than
 * it allows, or requests would wait longer or shorter than they may.
 */
#include "fixture.h"
#include "models.h"

/* Requests at 0, 1, 2, ... ms, each 9.7 ms of work for a service that has room for all. */
static void build(struct fixture *f, sim_time duration, const char *bulkhead)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'hold'");
    fixture_add_node(f, "hold", &sim_model_bulkhead, bulkhead);
    fixture_add_node(f, "web", &sim_model_service, "service = us(9700), servers = 1000");
}

static void test_concurrent(void)
{
    struct fixture f;
    build(&f, ms(20), "to = 'web', concurrent = 2");
    fixture_start(&f);
    fixture_run_until(&f, ms(5));
    g_assert_cmpint(fixture_level(&f, "hold", "outstanding"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 4);
    fixture_run_until(&f, ms(20) - 1); /* 0, 1, 10 and 11 */
    g_assert_cmpuint(fixture_total(&f, "web", "issued"), ==, 4);
    g_assert_cmpuint(fixture_total(&f, "hold", "shed"), ==, 16);
    fixture_clear(&f);
}

/* With 4.5 ms of patience those of 2 .. 5 are gone when the first place is free, at 9.7; 6 has it
 * after 3.7 ms, and 7 the other one. */
static void test_wait(void)
{
    struct fixture f;
    build(&f, ms(12), "to = 'web', concurrent = 2, wait_max = us(4500)");
    fixture_start(&f);
    fixture_run_until(&f, us(6500) - 1);
    g_assert_cmpuint(fixture_total(&f, "hold", "shed"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "hold", "waiting"), ==, 5);
    fixture_run_until(&f, us(6500));
    g_assert_cmpuint(fixture_total(&f, "hold", "shed"), ==, 1);
    fixture_run_until(&f, us(9700));
    g_assert_cmpuint(fixture_total(&f, "hold", "shed"), ==, 4);
    g_assert_cmpuint(fixture_total(&f, "web", "issued"), ==, 3);
    fixture_run_until(&f, ms(12) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "issued"), ==, 4);
    fixture_run(&f); /* the next places come at 19.4: too late for 8 .. 11 */
    g_assert_cmpuint(fixture_window_total(&f, "users", "rejected", 0), ==, 8);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 4.0 / 12), ==, 0.0134);
    g_assert_cmpfloat(fixture_quantile(&f, "hold", "wait", 1), ==, 0.0037);
    fixture_clear(&f);
}

/* Of 0 .. 11 the queue takes 1, 2 and, when 1 has left it at 9.7, 10, which so is answered at 38.8.
 */
static void test_queue_limit(void)
{
    struct fixture f;
    build(&f, ms(12), "to = 'web', concurrent = 1, wait_max = none, queue_limit = 2");
    fixture_start(&f);
    fixture_run_until(&f, ms(9));
    g_assert_cmpint(fixture_level(&f, "hold", "waiting"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "hold", "shed"), ==, 7);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "succeeded", 0), ==, 4);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 4.0 / 12), ==, 0.0288);
    fixture_clear(&f);
}

static void test_crash(void)
{
    struct fixture f;
    build(&f, ms(12), "to = 'web', concurrent = 1, wait_max = none");
    fixture_start(&f);
    fixture_run_until(&f, ms(5));
    fixture_crash(&f, "hold");
    g_assert_cmpint(fixture_level(&f, "hold", "waiting"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "hold", "outstanding"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 0);
    fixture_restart(&f, "hold");
    fixture_run_until(&f, ms(5));
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 1);
    fixture_clear(&f);
}

/* A place that comes free because nobody is behind goes to the next at once. */
static void test_nobody_behind(void)
{
    struct fixture f;
    build(&f, ms(12), "to = 'web', concurrent = 1, wait_max = none");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(5), SIM_NEVER, "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 12);
    fixture_clear(&f);
}

/* Places are the bottleneck: each answer adds one, up to the most; with the crash each refusal
 * takes a tenth, rounded down, off: 20, 18, 16, 14, 12, 10, 9, ... */
static void test_aimd(void)
{
    struct fixture f;
    build(&f, ms(100),
          "to = 'web', concurrent = 4, adapt = 'aimd', concurrent_max = 20, "
          "concurrent_min = 3");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(90.5), SIM_NEVER, "web");
    fixture_start(&f);
    fixture_run_until(&f, us(9700) - 1);
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 4);
    fixture_run_until(&f, us(9700)); /* the answer to 0 */
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 5);
    fixture_run_until(&f, ms(90)); /* ten are under way: with 20 places half are taken, not more */
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 20);
    fixture_run_until(&f, us(90500)); /* nine or ten at once */
    int64_t limit = 20;
    for (uint64_t i = 0; i < fixture_total(&f, "users", "unavailable"); i++) {
        limit = limit * 9 / 10;
    }
    g_assert_cmpint(limit, >, 3);
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, limit);
    fixture_run(&f);
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 3);
    fixture_clear(&f);
}

/* Slow answers count as failures, and idle places do not add any. */
static void test_aimd_slow(void)
{
    struct fixture f;
    build(&f, ms(50), "to = 'web', concurrent = 100, adapt = 'aimd', slower_than = us(9699)");
    fixture_start(&f);
    fixture_run_until(&f, ms(11));
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 81);
    fixture_clear(&f);
    build(&f, ms(50), "to = 'web', concurrent = 100, adapt = 'aimd', slower_than = us(9700)");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpint(fixture_level(&f, "hold", "limit"), ==, 100);
    fixture_clear(&f);
}

static void test_validate(void)
{
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"to = 'web', adapt = 'aimd', concurrent = 201", false},
        {"to = 'web', adapt = 'aimd', concurrent = 1, concurrent_min = 2", false},
        {"to = 'web', concurrent = 201", true},
        {"to = { web = percent(100) }", false},
    };
    struct fixture f;
    build(&f, ms(1), "to = 'web'");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        void *fields = sim_arena_alloc(&f.arena, sim_model_bulkhead.params_size);
        parameters_read(&f.arena, "hold", sim_model_bulkhead.params, cases[i].text, &f.names,
                        fields);
        g_assert_cmpint(sim_model_bulkhead.validate(fields) == NULL, ==, cases[i].is_right);
    }
    fixture_start(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bulkhead/concurrent", test_concurrent);
    g_test_add_func("/bulkhead/wait", test_wait);
    g_test_add_func("/bulkhead/queue_limit", test_queue_limit);
    g_test_add_func("/bulkhead/crash", test_crash);
    g_test_add_func("/bulkhead/nobody_behind", test_nobody_behind);
    g_test_add_func("/bulkhead/aimd", test_aimd);
    g_test_add_func("/bulkhead/aimd_slow", test_aimd_slow);
    g_test_add_func("/bulkhead/validate", test_validate);
    return g_test_run();
}

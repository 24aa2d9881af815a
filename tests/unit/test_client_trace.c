/* Recorded workloads: stories in exact virtual time. If these failed, a trace would be replayed at
 * other times, in another order or with other sizes than it was recorded with.
 */
#include "fixture.h"
#include "models.h"
#include "script.h"

static const struct sim_trace_row trace_rows[] = {
    {0, 1, 100, SIM_OP_READ},
    {10 * SIM_MILLISECOND, 2, 200, SIM_OP_WRITE},
    {10 * SIM_MILLISECOND, 3, 300, SIM_OP_READ},
    {30 * SIM_MILLISECOND, 1, 400, SIM_OP_READ},
};
static const struct sim_trace trace = {"trace.csv", 0, 4, trace_rows};

static void test_trace(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace,
                     "trace = 't', speed = 2, repeats = 2, to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(100), servers = 9");
    fixture_start(&f);
    static const struct {
        double at;
        uint64_t issued;
    } expected[] = {{0, 1}, {4.9, 1}, {5, 3}, {15, 4}, {19.9, 4}, {20, 5}, {25, 7}, {35, 8}};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        fixture_run_until(&f, ms(expected[i].at)); /* a lap is 30 ms and a mean gap of 10 */
        g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, expected[i].issued);
    }
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 8);
    fixture_clear(&f);
}

static void test_trace_surge(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace, "trace = 't', to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(4), ms(5), "users")->factor = 3;
    fixture_add_fault(&f, SIM_FAULT_SURGE, ms(12), ms(50), "users")->factor = 0;
    fixture_start(&f);
    fixture_run_until(&f, ms(7.9)); /* 4 + 3 + 3 */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 1);
    fixture_run_until(&f, ms(8));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 3);
    fixture_run_until(&f, ms(65.9)); /* 4 of 20 passed before time stood still */
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 3);
    fixture_run_until(&f, ms(66));
    g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 4);
    fixture_clear(&f);
}

/* Each row when the one before it is answered; two at a time with twice the concurrency. */
static void test_trace_back_to_back(void)
{
    for (int concurrency = 1; concurrency <= 2; concurrency++) {
        struct fixture f;
        char text[128];
        fixture_init(&f, ms(200));
        fixture_trace(&f, "t", &trace);
        g_snprintf(text, sizeof text,
                   "trace = 't', pace = 'back_to_back', concurrency = %d, to = 'web'", concurrency);
        fixture_add_node(&f, "users", &sim_model_client_trace, text);
        fixture_add_node(&f, "web", &sim_model_service, "service = ms(7), servers = 9");
        fixture_start(&f);
        fixture_run_until(&f, ms(14) - 1);
        g_assert_cmpuint(fixture_total(&f, "users", "issued"), ==, 2 * (uint64_t)concurrency);
        fixture_run(&f);
        g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 4);
        g_assert_cmpfloat(fixture_mean(&f, "users", "latency"), ==, 0.007);
        fixture_clear(&f);
    }
}

/* Reads say what they expect back, writes carry it. */
static void test_trace_sizes(void)
{
    struct fixture f;
    struct script script = {.count = 0};
    struct probe probe = {.on = play_script, .data = &script};
    fixture_init(&f, ms(200));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace,
                     "trace = 't', bytes = bytes(10), to = 'it'");
    probe_add(&f, &probe, "it", 1);
    fixture_start(&f);
    fixture_run(&f);
    static const int64_t bytes[] = {10, 210, 10, 10}, reply_bytes[] = {100, 0, 300, 400};
    for (int i = 0; i < 4; i++) {
        g_assert_cmpint(script.seen[i].bytes, ==, bytes[i]);
        g_assert_cmpint(script.seen[i].reply_bytes, ==, reply_bytes[i]);
    }
    fixture_clear(&f);
    probe_clear(&probe);
}

/* A hundred thousand rows that fail as they are begun take no stack. */
static void test_trace_without_target(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace,
                     "trace = 't', repeats = 1e5, pace = 'back_to_back', to = 'web'");
    uint32_t web = fixture_add_node(&f, "web", &sim_model_service, "service = s(10)");
    struct sim_fault_spec *leaves = fixture_add_fault(&f, SIM_FAULT_MEMBERS, 0, SIM_NEVER, NULL);
    leaves->group = web;
    fixture_start(&f);
    fixture_run_until(&f, s(10)); /* the first row was on its way */
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), >=, 399999);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace/recorded", test_trace);
    g_test_add_func("/trace/surge", test_trace_surge);
    g_test_add_func("/trace/back-to-back", test_trace_back_to_back);
    g_test_add_func("/trace/sizes", test_trace_sizes);
    g_test_add_func("/trace/without-target", test_trace_without_target);
    return g_test_run();
}

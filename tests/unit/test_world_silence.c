/* How long a source is served by nobody, in exact time. If this failed, a failover would seem to
 * take less time than it does, or a system that never came back to have recovered.
 */
#include "probe.h"

#include "models.h"

/* Users who ask once a second, at 0 s, 1 s, ..., and are answered 20 ms later. */
#define USERS "arrivals = regular(rate(1)), to = \"db\", timeout = ms(500)"

static void begin(struct fixture *f)
{
    fixture_init(f, s(30));
    fixture_add_node(f, "users", &sim_model_client_open, USERS);
    fixture_add_node(f, "db", &sim_model_store_memory, "service = s(0)");
    fixture_link_latency(f, ms(10));
}

#define expect_max(f, metric, seconds)                                                             \
    g_assert_cmpfloat_with_epsilon(fixture_quantile((f), "users", (metric), 1), (seconds), 1e-9)

static void test_gap(void)
{
    struct fixture f;
    begin(&f);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(9.5), s(12.3), "db");
    fixture_start(&f);
    fixture_run(&f);
    /* Answered at 9.02 s, refused at 10 s, 11 s and 12 s, answered at 13.02 s. */
    expect_max(&f, "gap", 4.0);
    g_assert_cmpuint(fixture_sample_count(&f, "users", "back_after"), ==, 1);
    expect_max(&f, "back_after", 0.72);
    g_assert_cmpuint(fixture_sample_count(&f, "db", "gap"), ==, 0); /* of sources alone */
    fixture_clear(&f);
}

/* Until the end of the run, and for ever. */
static void test_never(void)
{
    struct fixture f;
    begin(&f);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, s(20.5), s(22), "users");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20.5), SIM_NEVER, "db");
    fixture_start(&f);
    fixture_run(&f);
    expect_max(&f, "gap", 30 - 20.02);
    const struct sim_metric *recovery = fixture_metric(&f, "users", "back_after");
    g_assert_cmpuint(sim_sample_window(&recovery->sample, 0)->infinite, ==, 1);
    fixture_clear(&f);
}

/* A surge is nothing to recover from; of two faults that end with no answer between them, the later
 * one counts. */
static void test_which_faults(void)
{
    struct fixture f;
    begin(&f);
    fixture_add_fault(&f, SIM_FAULT_SURGE, s(3), s(4), "users")->factor = 1;
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(9.5), s(11.2), "db");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(9.5), s(14.5), "db");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_sample_count(&f, "users", "back_after"), ==, 1);
    expect_max(&f, "back_after", 15.02 - 14.5);
    fixture_clear(&f);
}

/* Of a group as long as none of its members is answered, of a member by itself. */
static void test_members(void)
{
    struct fixture f;
    fixture_init(&f, s(30));
    fixture_add_group(&f, "users", &sim_model_client_open, USERS, 2, 2);
    fixture_group(&f, "users")->per_member = true;
    fixture_add_node(&f, "db", &sim_model_store_memory, "service = s(0)");
    fixture_link_latency(&f, ms(10));
    struct sim_fault_spec *cut = fixture_add_fault(&f, SIM_FAULT_PARTITION, s(9.5), s(12.5), NULL);
    fixture_fault_sides(&f, cut, "users[1]", "db");
    fixture_start(&f);
    fixture_run(&f);
    expect_max(&f, "gap", 1.0);
    g_assert_cmpfloat(fixture_quantile(&f, "users[1]", "gap", 1), >, 3.0);
    g_assert_cmpfloat_with_epsilon(fixture_quantile(&f, "users[2]", "gap", 1), 1.0, 1e-9);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/world/silence/gap", test_gap);
    g_test_add_func("/world/silence/never", test_never);
    g_test_add_func("/world/silence/which-faults", test_which_faults);
    g_test_add_func("/world/silence/members", test_members);
    return g_test_run();
}

/* The balancer: stories in exact virtual time. If these failed, requests would go to other members
 * than the policy says, or failures would be hidden or made up.
 */
#include <math.h>

#include "balancer/policy.h"
#include "fixture.h"
#include "models.h"

#define EVERY_MS "arrivals = regular(rate(1e3)), to = 'lb'"

static uint64_t issued_at(const struct fixture *f, int member)
{
    char name[16];
    g_snprintf(name, sizeof name, "web[%d]", member);
    return fixture_total(f, name, "issued");
}

static void build(struct fixture *f, sim_time duration, const char *balancer, const char *web,
                  uint32_t count)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open, EVERY_MS);
    fixture_add_node(f, "lb", &sim_model_balancer, balancer);
    fixture_add_group(f, "web", &sim_model_service, web, count, count);
    fixture_group(f, "web")->per_member = true;
}

/* 1 ms each way twice, 2 ms of its own, 3 ms of work. */
static void test_passes_through(void)
{
    struct fixture f;
    build(&f, ms(100), "to = 'web', cost = ms(2), servers = 3", "service = ms(3)", 4);
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run_until(&f, ms(3));
    g_assert_cmpint(fixture_level(&f, "lb", "outstanding"), ==, 3); /* of 0, 1 and 2 */
    g_assert_cmpint(fixture_level(&f, "lb", "busy"), ==, 2);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==, 0.009);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 0.009);
    g_assert_cmpfloat(fixture_quantile(&f, "lb", "latency", 1), ==, 0.007);
    fixture_clear(&f);
}

static void test_round_robin(void)
{
    struct fixture f;
    build(&f, ms(100), "to = 'web'", "service = ms(1)", 4);
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    for (int m = 1; m <= 4; m++) {
        g_assert_cmpuint(issued_at(&f, m), ==, 25);
    }
    fixture_clear(&f);
}

static void test_random(void)
{
    struct fixture f;
    build(&f, s(10), "to = 'web', policy = 'random'", "service = ms(1)", 4);
    fixture_start(&f);
    fixture_run(&f);
    for (int m = 1; m <= 4; m++) {
        g_assert_cmpfloat(fabs((double)issued_at(&f, m) - 2500), <, 4 * sqrt(2500 * 0.75));
    }
    fixture_clear(&f);
}

/* One member takes ten times as long: it gets few requests, and the others share the rest. */
static void test_least_connections(void)
{
    struct fixture f;
    build(&f, s(10), "to = 'web', policy = 'least_connections'", "service = ms(2)", 4);
    fixture_add_fault(&f, SIM_FAULT_SLOW, 0, SIM_NEVER, "web[3]")->factor = 20;
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(issued_at(&f, 3), <=, 10000 / 40 + 2);
    g_assert_cmpuint(issued_at(&f, 1), >, 3000);
    g_assert_cmpuint(issued_at(&f, 2), >, 3000);
    g_assert_cmpuint(issued_at(&f, 4), >, 3000);
    fixture_clear(&f);
}

/* Two members: both are looked at each time, so the idle one is always found. */
static void test_two_choices(void)
{
    struct fixture f;
    build(&f, ms(1000), "to = 'web', policy = 'two_choices'", "service = us(1500)", 2);
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 0.0015);
    fixture_clear(&f);
}

/* A dead member refuses, and the other one gets the request. */
static void test_next_member(void)
{
    struct fixture f;
    build(&f, ms(100), "to = 'web'", "service = us(100)", 2);
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web[1]");
    fixture_link_latency(&f, us(10));
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==,
                     fixture_total(&f, "users", "unfinished"));
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 160e-6);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==, 140e-6);
    g_assert_cmpuint(fixture_window_total(&f, "lb", "retries", 0), ==, 50);
    fixture_clear(&f);
}

static void test_no_member(void)
{
    struct fixture f;
    build(&f, ms(10), "to = 'web', retries = 5", "service = us(100)", 2);
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "lb", "attempts"), ==, 60);
    fixture_clear(&f);
}

/* Members that have left and are known to have left are not asked; with none, UNAVAILABLE. */
static void test_members_leave(void)
{
    struct fixture f;
    build(&f, ms(40), "to = 'web'", "service = us(100)", 4);
    struct sim_fault_spec *change =
        fixture_add_fault(&f, SIM_FAULT_MEMBERS, ms(10) + 1, SIM_NEVER, NULL);
    change->group = 2;
    change->members = 1;
    change = fixture_add_fault(&f, SIM_FAULT_MEMBERS, ms(20) + 1, SIM_NEVER, NULL);
    change->group = 2;
    change->members = 0;
    fixture_start(&f);
    fixture_run_until(&f, ms(20));
    g_assert_cmpuint(issued_at(&f, 4), ==, 2);      /* 3, 7 */
    g_assert_cmpuint(issued_at(&f, 1), ==, 3 + 10); /* 0, 4, 8, and from 11 on all */
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    fixture_run_until(&f, ms(30));
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 10);
    fixture_clear(&f);
}

static void test_outstanding_max(void)
{
    struct fixture f;
    build(&f, ms(10), "to = 'web', outstanding_max = 3", "service = ms(5), servers = 9", 1);
    fixture_start(&f);
    fixture_run_until(&f, ms(5) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 2); /* of 3 and 4 */
    fixture_run_until(&f, ms(5));
    g_assert_cmpint(fixture_level(&f, "lb", "outstanding"), ==, 3);
    fixture_clear(&f);
}

/* A member that does not answer in time is a timeout to the caller, and not tried elsewhere. */
static void test_timeout(void)
{
    struct fixture f;
    build(&f, ms(10), "to = 'web', timeout = ms(2)", "service = ms(5), servers = 99", 2);
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "timeout", 0), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "lb", "retries"), ==, 0);
    fixture_clear(&f);
}

static void test_crash(void)
{
    struct fixture f;
    build(&f, ms(20), "to = 'web', cost = us(500)", "service = ms(5), servers = 99", 2);
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(7), ms(9), "lb");
    fixture_start(&f);
    fixture_run_until(&f, ms(8));
    g_assert_cmpint(fixture_level(&f, "lb", "outstanding"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "lb", "lost"), >, 3);
    fixture_clear(&f);
}

/* The name that a scenario gives leads to the policy of that name. */
static void test_table(void)
{
    int count = 0;
    for (; balancer_policies[count] != NULL; count++) {
        g_assert_cmpstr(balancer_policies[count]->name, ==, balancer_policy_names[count]);
    }
    g_assert_null(balancer_policy_names[count]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balancer/passes-through", test_passes_through);
    g_test_add_func("/balancer/round-robin", test_round_robin);
    g_test_add_func("/balancer/random", test_random);
    g_test_add_func("/balancer/least-connections", test_least_connections);
    g_test_add_func("/balancer/two-choices", test_two_choices);
    g_test_add_func("/balancer/next-member", test_next_member);
    g_test_add_func("/balancer/no-member", test_no_member);
    g_test_add_func("/balancer/members-leave", test_members_leave);
    g_test_add_func("/balancer/outstanding-max", test_outstanding_max);
    g_test_add_func("/balancer/timeout", test_timeout);
    g_test_add_func("/balancer/crash", test_crash);
    g_test_add_func("/balancer/table", test_table);
    return g_test_run();
}

/* Hedges of clients: stories in exact virtual time. If these failed, further attempts would be made
 * at other times, the wrong answer would win, or time would be attributed twice.
 */
#include "fixture.h"
#include "models.h"

/* The first of two members stands still: the other is asked after 10 ms, and answers. What was
 * waited for in vain is a cost of retrying. */
static void test_hedge(void)
{
    struct fixture f;
    fixture_init(&f, ms(50));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web', hedge = hedge(ms(10))");
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(4)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, ms(45), "web[1]");
    fixture_link_latency(&f, ms(1));
    f.options.is_attributing = true;
    fixture_start(&f);
    fixture_run_until(&f, ms(10) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 1);
    fixture_run_until(&f, ms(10));
    g_assert_cmpuint(fixture_total(&f, "users", "attempts"), ==, 2);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, 0.016);
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(f.world, 0, bands);
    const double *means = bands[SIM_BAND_SLOWEST].mean_by_group_cause;
    g_assert_cmpfloat(means[SIM_CAUSE_RETRY], ==, 10e6);
    g_assert_cmpfloat(means[SIM_CAUSE_OTHER], ==, 0);
    g_assert_cmpfloat(means[SIM_CAUSE_COUNT + SIM_CAUSE_SERVICE], ==, 4e6);
    fixture_clear(&f);
}

/* It would be the turn of the member that stands still again: the hedge goes to the other one. */
static void test_hedge_elsewhere(void)
{
    struct fixture f;
    fixture_init(&f, ms(50));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = renewal(ms(6)), to = 'web', hedge = hedge(ms(10))");
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(1)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, s(1), "web[1]");
    fixture_start(&f);
    fixture_run_until(&f, ms(17) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1); /* of 12; 6 waits */
    fixture_run_until(&f, ms(17));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 2);
    fixture_clear(&f);
}

/* The hedge is refused at once, the first attempt answers all the same; and an operation of which
 * both fail is over with the second failure, and tried again. */
static void test_hedge_fails(void)
{
    for (int both = 0; both <= 1; both++) {
        struct fixture f;
        fixture_init(&f, ms(50));
        fixture_add_node(&f, "users", &sim_model_client_open,
                         "arrivals = regular(rate(10)), to = 'web', timeout = ms(30), "
                         "hedge = hedge(ms(10)), retry = retry { max = 1 }");
        fixture_add_group(&f, "web", &sim_model_service, "service = ms(20), servers = 9", 2, 2);
        fixture_add_fault(&f, SIM_FAULT_CRASH, ms(5), both ? ms(29) : SIM_NEVER, "web[2]");
        if (both) {
            fixture_add_fault(&f, SIM_FAULT_PAUSE, ms(1), ms(29.5), "web[1]");
        }
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(fixture_window_total(&f, "users", "succeeded", 0), ==, 1);
        g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 1), ==, both ? 0.050 : 0.020);
        g_assert_cmpuint(fixture_total(&f, "users", "retries"), ==, both ? 3 : 1);
        fixture_clear(&f);
    }
}

/* The first of two stands still from 0 to 45, and is to work on somebody else's request before that
 * of 5, which waits there, is asked again elsewhere at 15, answered at 21, and leaves the queue
 * when the message comes, 1 ms later. Without `cancel` it is worked on until 53, and its answer is
 * late. */
static void test_hedge_cancel(void)
{
    static const char *const services[] = {"service = ms(4)", "service = ms(4), slots = 1",
                                           "service = ms(4), slots = 5",
                                           "service = ms(4), check_deadline = true"};
    for (int i = 0; i < 8; i++) {
        bool cancels = i % 2 == 1;
        struct fixture f;
        fixture_init(&f, ms(99));
        fixture_add_node(&f, "others", &sim_model_client_open,
                         "arrivals = regular(rate(10)), to = 'web[1]'");
        fixture_add_node(&f, "users", &sim_model_client_open,
                         cancels ? "arrivals = regular { rate = rate(10), phase = ms(5) }, "
                                   "to = 'web', hedge = hedge { after = ms(10), cancel = true }"
                                 : "arrivals = regular { rate = rate(10), phase = ms(5) }, "
                                   "to = 'web', hedge = hedge { after = ms(10) }");
        fixture_add_group(&f, "web", &sim_model_service, services[i / 2], 2, 2);
        fixture_add_fault(&f, SIM_FAULT_SLOW, 0, SIM_NEVER, "web[1]")->factor = 12;
        fixture_link_latency(&f, ms(1));
        fixture_start(&f);
        fixture_run_until(&f, ms(22) - 1);
        g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
        g_assert_cmpuint(fixture_total(&f, "web", "withdrawn"), ==, 0);
        fixture_run_until(&f, ms(22));
        g_assert_cmpuint(fixture_total(&f, "web", "withdrawn"), ==, cancels ? 1 : 0);
        fixture_run_until(&f, ms(99));
        g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, cancels ? 2 : 3);
        g_assert_cmpuint(fixture_total(&f, "web", "expired"), ==, cancels ? 1 : 0);
        g_assert_cmpuint(fixture_total(&f, "users", "late_replies"), ==, cancels ? 0 : 1);
        fixture_clear(&f);
    }
}

/* What has begun is not dropped; its answer is not sent. */
static void test_hedge_cancel_begun(void)
{
    struct fixture f;
    fixture_init(&f, ms(99));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web', "
                     "hedge = hedge { after = ms(10), cancel = true }");
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(4)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_SLOW, 0, SIM_NEVER, "web[1]")->factor = 12;
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run_until(&f, ms(99));
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "withdrawn"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "users", "late_replies"), ==, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client/hedge", test_hedge);
    g_test_add_func("/client/hedge_elsewhere", test_hedge_elsewhere);
    g_test_add_func("/client/hedge_fails", test_hedge_fails);
    g_test_add_func("/client/hedge_cancel", test_hedge_cancel);
    g_test_add_func("/client/hedge_cancel_begun", test_hedge_cancel_begun);
    return g_test_run();
}

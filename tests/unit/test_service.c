/* The service: stories in exact virtual time. If these failed, queues, slots, deadlines and calls
 * downstream would not be what their page says.
 */
#include <math.h>

#include "fixture.h"
#include "models.h"

/* Requests at 0, 10, 20, ... ms. */
#define EVERY_10_MS "arrivals = regular(rate(100)), to = 'web'"

static double latency(const struct fixture *f, double p)
{
    return fixture_quantile(f, "users", "latency", p);
}

/* 15 ms of work every 10 ms with room for one to wait: in, wait, in, wait, full, ... */
static void test_queue_limit(void)
{
    struct fixture f;
    fixture_init(&f, ms(60));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS);
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(15), queue_limit = 1");
    fixture_start(&f);
    /* 0-15, 10: waits 5, 15-30, 20: waits 10, 30-45, 30: waits 15, 45-60, 40: full, 50: waits */
    fixture_run_until(&f, ms(40));
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "web", "queued"), ==, 1);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "rejected", 0), ==, 1);
    g_assert_cmpuint(fixture_window_total(&f, "web", "rejected", 0), ==, 1);
    g_assert_cmpuint(fixture_window_total(&f, "web", "succeeded", 0), ==, 5);
    g_assert_cmpfloat(fixture_quantile(&f, "web", "wait", 1), ==, 0.015);
    fixture_clear(&f);
}

/* Work of half a second, abandoned after 100 ms: the server does it all the same. */
static void test_abandoned_work_costs(void)
{
    struct fixture f;
    fixture_init(&f, s(2));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'web', timeout = ms(100)");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(500)");
    fixture_start(&f);
    fixture_run_until(&f, s(2) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 2);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_level_mean(&f, "web", "busy"), ==, 0.5);
    fixture_clear(&f);
}

/* Ten requests pile up while the server stands still, and nobody waits for them when it goes on. At
 * 90 % load it takes the rest of the time to work them off; or, if it looks, no time at all. */
static void test_check_deadline(void)
{
    for (int checks = 0; checks <= 1; checks++) {
        struct fixture f;
        fixture_init(&f, ms(300));
        fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS ", timeout = ms(25)");
        fixture_add_node(&f, "web", &sim_model_service,
                         checks ? "service = ms(9), check_deadline = true" : "service = ms(9)");
        fixture_add_fault(&f, SIM_FAULT_PAUSE, ms(1), ms(101), "web");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(fixture_window_total(&f, "web", "expired", 0), ==, checks ? 8 : 0);
        /* Those of 130 to 290 when 10 .. 80 were dropped at 109. */
        g_assert_cmpuint(fixture_window_total(&f, "users", "succeeded", 0), ==, checks ? 17 : 0);
        fixture_clear(&f);
    }
}

static void test_expired_at_the_instant(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'web', timeout = ms(5)");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(10), check_deadline = true");
    fixture_start(&f);
    fixture_run_until(&f, ms(10));
    /* At 10 the server comes free: the patience of 1 .. 5 has ended, that of 5 at this instant. */
    g_assert_cmpuint(fixture_total(&f, "web", "expired"), ==, 5);
    g_assert_cmpint(fixture_level(&f, "web", "busy"), ==, 1);
    fixture_clear(&f);
}

static void test_priority(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "first", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(2) }, to = 'web', "
                     "priority = 1");
    fixture_add_node(&f, "urgent", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(3) }, to = 'web', "
                     "priority = 0");
    fixture_add_node(&f, "before", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(10), discipline = 'priority'");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "before", "latency", 1), ==, 0.010);
    g_assert_cmpfloat(fixture_quantile(&f, "urgent", "latency", 1), ==, 0.017);
    g_assert_cmpfloat(fixture_quantile(&f, "first", "latency", 1), ==, 0.028);
    fixture_clear(&f);
}

/* 5 ms of work here, then 20 ms there, over links of 1 ms: own answer at 5 + 1 + 20 + 1 + 2. */
static void test_downstream(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS);
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(5), to = 'db'");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(20), servers = 5");
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 0), ==, 0.029);
    g_assert_cmpfloat(latency(&f, 1), ==, 0.029);
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, fixture_total(&f, "db", "issued"));
    fixture_clear(&f);
}

/* One slot, held while waiting downstream: 5 + 1 + 20 + 1 = 27 ms each, though the server idles. */
static void test_slots(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(5), to = 'db', slots = 1, queue_limit = 2");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(20), servers = 5");
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    fixture_run_until(&f, ms(28) - 1); /* the first came at 1 and leaves its slot at 28 */
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "web", "slots"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "web", "slots.queued"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "rejected"), ==, 24); /* those of 3 .. 26 */
    fixture_run_until(&f, ms(28));
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "web", "busy"), ==, 1);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_level_mean(&f, "web", "slots"), ==, 0.99);
    g_assert_cmpfloat(fixture_quantile(&f, "web", "slots.wait", 0.5), >, 0.020);
    fixture_clear(&f);
}

/* Who holds a slot may wait for a server, however many do: the limit is that before the slots. */
static void test_slots_before_servers(void)
{
    struct fixture f;
    fixture_init(&f, ms(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(50), slots = 4, queue_limit = 0, discipline = 'lifo'");
    fixture_start(&f);
    fixture_run_until(&f, ms(10) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "rejected"), ==, 6);
    g_assert_cmpint(fixture_level(&f, "web", "queued"), ==, 3);
    fixture_clear(&f);
}

/* The call downstream is given up after 8 ms and tried once more, 2 ms later. */
static void test_downstream_retry(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(5), to = 'db', timeout = ms(8), "
                     "retry = retry { max = 1, backoff = ms(2), jitter = 'none' }");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(10), servers = 5");
    fixture_start(&f);
    fixture_run_until(&f, ms(14));
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 1);
    fixture_run_until(&f, ms(15)); /* 5 + 8 + 2 */
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "retries"), ==, 1);
    fixture_run_until(&f, ms(23));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 1); /* what befell it, passed on */
    fixture_clear(&f);
}

/* With nobody up downstream the answer is UNAVAILABLE, at once. */
static void test_downstream_refused(void)
{
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS);
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(1), to = 'db'");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(1)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "db");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 10);
    fixture_clear(&f);
}

static void test_errors(void)
{
    struct fixture f;
    fixture_init(&f, s(100));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS);
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(1), errors = percent(30)");
    fixture_start(&f);
    fixture_run(&f);
    double errors = (double)fixture_total(&f, "users", "error");
    g_assert_cmpfloat(fabs(errors - 3000), <, 4 * sqrt(10000 * 0.3 * 0.7));
    fixture_clear(&f);
}

/* One law an operation. */
static void test_laws_by_operation(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     EVERY_10_MS ", ops = { read = 0.75, write = 0.25 }");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = { read = ms(1), write = ms(4) }, servers = 10");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 0.5), ==, 0.001);
    g_assert_cmpfloat(latency(&f, 0.9), ==, 0.004);
    g_assert_cmpfloat(fabs(fixture_mean(&f, "users", "latency") - 0.00175), <, 0.0002);
    fixture_clear(&f);
}

/* A crash loses what is inside; the books of slots and servers still balance. */
static void test_crash(void)
{
    struct fixture f;
    fixture_init(&f, ms(200));
    fixture_add_node(&f, "users", &sim_model_client_open, EVERY_10_MS);
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(8), to = 'db', slots = 2, check_deadline = true");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(30), servers = 2");
    fixture_link_latency(&f, ms(1));
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(55), ms(95), "web");
    fixture_start(&f);
    fixture_run_until(&f, ms(56));
    g_assert_cmpint(fixture_level(&f, "web", "slots"), ==, 0);
    fixture_run_until(&f, ms(58));
    g_assert_cmpuint(fixture_total(&f, "users", "refused"), >=, 2);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "web", "lost"), >, 0);
    fixture_clear(&f);
}

static void test_shares(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(0), to = { posts = percent(50), ads = percent(30) }");
    fixture_add_node(&f, "posts", &sim_model_service, "service = ms(0)");
    fixture_add_group(&f, "ads", &sim_model_service, "service = ms(0)", 2, 2);
    fixture_start(&f);
    fixture_run(&f);
    double posts = (double)fixture_total(&f, "posts", "issued");
    double ads = (double)fixture_total(&f, "ads", "issued");
    g_assert_cmpfloat(fabs(posts - 5000), <, 4 * sqrt(2500));
    g_assert_cmpfloat(fabs(ads - 3000), <, 4 * sqrt(2100));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 10000);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/queue-limit", test_queue_limit);
    g_test_add_func("/service/abandoned-work-costs", test_abandoned_work_costs);
    g_test_add_func("/service/check-deadline", test_check_deadline);
    g_test_add_func("/service/expired-at-the-instant", test_expired_at_the_instant);
    g_test_add_func("/service/priority", test_priority);
    g_test_add_func("/service/downstream", test_downstream);
    g_test_add_func("/service/slots", test_slots);
    g_test_add_func("/service/slots/before-servers", test_slots_before_servers);
    g_test_add_func("/service/downstream/retry", test_downstream_retry);
    g_test_add_func("/service/downstream/refused", test_downstream_refused);
    g_test_add_func("/service/downstream/shares", test_shares);
    g_test_add_func("/service/errors", test_errors);
    g_test_add_func("/service/laws-by-operation", test_laws_by_operation);
    g_test_add_func("/service/crash", test_crash);
    return g_test_run();
}

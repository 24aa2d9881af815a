/* Shedding by age: stories in exact virtual time. If these failed, a service that is behind would
 * turn away what is in time, or work on what is not.
 */
#include "fixture.h"
#include "models.h"

/* 10 ms of work every 5 ms: who has waited more than 10 ms at the head of the queue is turned away,
 * with a hint. */
static void test_older_than(void)
{
    struct fixture f;
    fixture_init(&f, ms(40));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(200)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = ms(10), shed = older_than(ms(10)), retry_after = ms(7)");
    fixture_start(&f);
    /* 0: 0-10. 5: 10-20. 10: 20-30. 15 waited 15 at 30: away; 20: 30-40. At 40 25 and 30 ... */
    fixture_run_until(&f, ms(30) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "shed"), ==, 0); /* 10 had waited 10, and might */
    fixture_run_until(&f, ms(30));
    g_assert_cmpuint(fixture_total(&f, "web", "shed"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "web", "busy"), ==, 1);
    fixture_clear(&f);
}

/* 9.9 ms of work every 5 ms: the k-th waits 4.9 k. The queue was empty last at 10, when the third
 * came. Who comes until 10 + 30 may wait 30 ms, who comes later 6, until the queue has been empty
 * again. */
static void test_codel(void)
{
    struct fixture f;
    fixture_init(&f, ms(80));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(200)), to = 'web'");
    fixture_add_node(&f, "web", &sim_model_service,
                     "service = us(9900), shed = codel { target = ms(6), interval = ms(30) }");
    fixture_start(&f);
    fixture_run_until(&f, us(69300) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "shed"), ==, 0);
    fixture_run_until(&f, us(69300)); /* 35 has waited 34.3; 40 has waited 29.3, and may */
    g_assert_cmpuint(fixture_total(&f, "web", "shed"), ==, 1);
    fixture_run_until(&f, us(79200)); /* 45, 50, ... 70 are too old; 75 has waited 4.2 */
    g_assert_cmpuint(fixture_total(&f, "web", "shed"), ==, 7);
    g_assert_cmpint(fixture_level(&f, "web", "busy"), ==, 1);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/shed/older_than", test_older_than);
    g_test_add_func("/service/shed/codel", test_codel);
    return g_test_run();
}

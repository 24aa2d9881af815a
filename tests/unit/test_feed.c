/* Feeds: how updates reach clients, in exact virtual time. If these failed, the delay, the load or
 * the reconnecting of polls, streams and webhooks would be others than their pages say.
 */
#include <math.h>

#include "fixture.h"
#include "models.h"

#define NEAR(a, b) g_assert_cmpfloat(fabs((a) - (b)), <, 1e-9)

/* A publisher that sends its updates to `servers`, 10 ms from everybody; to be started. */
static void feed_begin(struct fixture *f, sim_time duration, const char *publisher)
{
    fixture_init(f, duration);
    fixture_add_node(f, "source", &sim_model_feed_publisher, publisher);
    fixture_link_latency(f, ms(10));
}

/* An update at 250 ms finds the poll of 1 s, whose answer is there at 1,020; and so every second.
 */
static void test_polling(void)
{
    struct fixture f;
    feed_begin(&f, s(10), "to = 'feed', updates = regular { rate = rate(1), phase = ms(250) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_polling,
                     "to = 'feed', count = 1, interval = s(1)");
    fixture_start(&f);
    fixture_run_until(&f, ms(1019));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 0);
    fixture_run_until(&f, ms(1020));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 1);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "source", "updates"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "source", "succeeded"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 9);
    g_assert_cmpuint(fixture_total(&f, "feed", "empty"), ==, 1);
    /* 200 bytes each, and 1 KiB for each update. */
    g_assert_cmpuint(fixture_total(&f, "feed", "sent"), ==, 10 * 200 + 9 * 1024);
    NEAR(fixture_quantile(&f, "clients", "delay", 0), 0.770);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.770);
    fixture_clear(&f);
}

/* Clients spread over the interval get an update at delays spread over the interval, and a round
 * trip: half of it on average. They ask count / interval times a second, whatever happens. */
static void test_polling_spread(void)
{
    struct fixture f;
    feed_begin(&f, s(40),
               "to = 'feed', updates = regular { rate = rate(0.01), phase = ms(25005) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_polling,
                     "to = 'feed', count = 1000, interval = s(10)");
    fixture_start(&f);
    fixture_run_until(&f, s(40) - 1);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), ==, 4000);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 1000);
    NEAR(fixture_mean(&f, "clients", "delay"), 5 + 0.020);
    NEAR(fixture_quantile(&f, "clients", "delay", 0), 0.005 + 0.020);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 9.995 + 0.020);
    fixture_clear(&f);
}

/* A client that was away for several updates gets all of them with one answer, each with its own
 * delay. */
static void test_poll_catches_up(void)
{
    struct fixture f;
    feed_begin(&f, s(12), "to = 'feed', updates = regular { rate = rate(1), phase = ms(500) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, "history = 3");
    fixture_add_node(&f, "clients", &sim_model_client_polling,
                     "to = 'feed', count = 1, interval = s(5)");
    fixture_start(&f);
    fixture_run_until(&f, s(6)); /* of 5 updates the server remembers 3 */
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 5);
    NEAR(fixture_mean(&f, "clients", "delay"), 2.5 + 0.020);
    g_assert_cmpuint(fixture_total(&f, "feed", "sent"), ==, 2 * 200 + 3 * 1024);
    fixture_clear(&f);
}

/* Held for 3 s and answered with nothing; the second one is held when the update comes. */
static void test_long_polling(void)
{
    struct fixture f;
    feed_begin(&f, s(10), "to = 'feed', updates = regular { rate = rate(0.1), phase = s(5) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, "hold = s(3)");
    fixture_add_node(&f, "clients", &sim_model_client_polling,
                     "to = 'feed', count = 2, interval = s(0)");
    fixture_start(&f);
    fixture_run_until(&f, ms(3009));
    g_assert_cmpint(fixture_level(&f, "feed", "held"), ==, 2);
    fixture_run_until(&f, ms(3019));
    g_assert_cmpint(fixture_level(&f, "feed", "held"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "feed", "empty"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), ==, 2);
    fixture_run_until(&f, ms(5020));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), ==, 6);
    fixture_run_until(&f, s(10) - 1); /* empty again at 8,030 and asked again at 8,040 */
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), ==, 8);
    g_assert_cmpuint(fixture_total(&f, "feed", "empty"), ==, 4);
    NEAR(fixture_mean(&f, "clients", "delay"), 0.020);
    fixture_clear(&f);
}

/* Seven tabs of a browser with six connections to a host: six are held, the seventh waits until one
 * of them is answered, and hears a round trip later. On one connection for all there is no seventh.
 */
static void test_six_connections(void)
{
    for (int is_multiplexed = 0; is_multiplexed <= 1; is_multiplexed++) {
        struct fixture f;
        feed_begin(&f, s(9), "to = 'feed', updates = regular { rate = rate(0.1), phase = s(5) }");
        fixture_add_node(&f, "feed", &sim_model_feed_server, "hold = s(30)");
        fixture_add_node(&f, "tabs", &sim_model_client_polling,
                         "to = 'feed', count = 7, interval = s(0)");
        fixture_group(&f, "tabs")->transport.connections_max = 6;
        fixture_group(&f, "tabs")->transport.multiplex = is_multiplexed;
        fixture_start(&f);
        fixture_run_until(&f, s(5));
        g_assert_cmpint(fixture_level(&f, "feed", "held"), ==, is_multiplexed ? 7 : 6);
        fixture_run_until(&f, s(9) - 1);
        g_assert_cmpuint(fixture_total(&f, "tabs", "delivered"), ==, 7);
        NEAR(fixture_quantile(&f, "tabs", "delay", 0.5), 0.020);
        NEAR(fixture_quantile(&f, "tabs", "delay", 1), is_multiplexed ? 0.020 : 0.040);
        fixture_clear(&f);
    }
}

/* Where nobody listens and no time passes, a client without an interval does not ask for ever. */
static void test_long_polling_of_the_dead(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "source", &sim_model_feed_publisher,
                     "to = 'feed', updates = regular(rate(1))");
    fixture_add_node(&f, "feed", &sim_model_feed_server, "hold = s(3)");
    fixture_add_node(&f, "clients", &sim_model_client_polling,
                     "to = 'feed', count = 1, interval = s(0)");
    fixture_start(&f);
    fixture_crash(&f, "feed");
    fixture_run_until(&f, s(1) - 1);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), <=, 1001);
    g_assert_cmpuint(fixture_total(&f, "clients", "issued"), >=, 999);
    fixture_clear(&f);
}

/* Connected after a round trip; an update takes two hops; the first item costs bytes too. */
static void test_stream(void)
{
    struct fixture f;
    feed_begin(&f, s(3), "to = 'feed', updates = regular { rate = rate(1), phase = s(1) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_streaming, "to = 'feed', count = 3");
    fixture_start(&f);
    fixture_run_until(&f, ms(19));
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 3);
    fixture_run_until(&f, ms(20));
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 3);
    NEAR(fixture_mean(&f, "clients", "latency"), 0.020);
    fixture_run_until(&f, ms(1019));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 6);
    g_assert_cmpuint(fixture_total(&f, "feed", "items"), ==, 6);
    g_assert_cmpuint(fixture_total(&f, "feed", "sent"), ==, 9 * 200 + 6 * 1024);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.020);
    fixture_clear(&f);
}

/* The server dies at 2 s; its client hears of it at 2,010, waits for a second, and is told by the
 * other server what was published at 2,200. */
static void test_reconnect(void)
{
    struct fixture f;
    feed_begin(&f, s(5), "to = 'feed', updates = regular { rate = rate(0.5), phase = ms(200) }");
    fixture_add_group(&f, "feed", &sim_model_feed_server, NULL, 2, 2);
    fixture_add_node(&f, "clients", &sim_model_client_streaming,
                     "to = 'feed', count = 1, choose = 'round_robin', "
                     "reconnect = retry { max = 9, backoff = s(1), jitter = 'none' }");
    fixture_start(&f);
    fixture_run_until(&f, s(2));
    fixture_crash(&f, "feed[1]");
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 0);
    fixture_run_until(&f, ms(2010));
    g_assert_cmpuint(fixture_total(&f, "clients", "broken"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
    fixture_run_until(&f, ms(3029));
    g_assert_cmpuint(fixture_total(&f, "clients", "opened"), ==, 2);
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
    fixture_run_until(&f, ms(3030));
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 2);
    NEAR(fixture_quantile(&f, "clients", "delay", 0), 0.020);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.830);
    /* Twice the head, and each update once. */
    g_assert_cmpuint(fixture_total(&f, "feed", "sent"), ==, 3 * 200 + 2 * 1024);
    NEAR(fixture_quantile(&f, "clients", "latency", 1), 1.020);
    fixture_clear(&f);
}

/* Clients that begin again are owed what is published from then on, and nothing stays behind. */
static void test_clients_restart(void)
{
    struct fixture f;
    feed_begin(&f, s(5), "to = 'feed', updates = regular(rate(1))");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_streaming, "to = 'feed', count = 3");
    fixture_add_node(&f, "pollers", &sim_model_client_polling,
                     "to = 'feed', count = 3, interval = ms(100)");
    fixture_start(&f);
    fixture_run_until(&f, ms(1500)); /* 0 and 1 s */
    fixture_crash(&f, "feed");
    fixture_run_until(&f, ms(1600)); /* all have lost their streams */
    fixture_crash(&f, "clients");
    fixture_crash(&f, "pollers");
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
    fixture_restart(&f, "feed");
    fixture_restart(&f, "clients");
    fixture_run_until(&f, ms(2500)); /* 2 s */
    fixture_restart(&f, "pollers");
    fixture_run_until(&f, ms(3500)); /* 3 s */
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 3 * 4);
    g_assert_cmpuint(fixture_total(&f, "pollers", "delivered"), ==, 3 * 3);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.020);
    fixture_crash(&f, "clients");
    g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
    fixture_run_until(&f, ms(3600));
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 0);
    fixture_clear(&f);
}

/* Nobody is there: attempts at 0, 1, 3 and 7 s, then it gives up. */
static void test_gives_up(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "feed", &sim_model_feed_server, "streams_max = 0");
    fixture_add_node(&f, "clients", &sim_model_client_streaming,
                     "to = 'feed', count = 1, reconnect = retry { max = 3, backoff = s(1), "
                     "jitter = 'none' }");
    fixture_start(&f);
    fixture_run_until(&f, s(7) - 1);
    g_assert_cmpuint(fixture_total(&f, "clients", "opened"), ==, 3);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "clients", "opened"), ==, 4);
    g_assert_cmpuint(fixture_total(&f, "clients", "gave_up"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "clients", "rejected"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "feed", "turned_away"), ==, 4);
    fixture_clear(&f);
}

/* One worker pushes to 100 streams one after the other: the last one has it 100 ms later than by
 * the network alone, and two updates cost twice as much. */
static void test_push_takes_work(void)
{
    struct fixture f;
    feed_begin(&f, s(3), "to = 'feed', updates = regular { rate = rate(1), phase = s(1) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, "push = ms(1)");
    fixture_add_node(&f, "clients", &sim_model_client_streaming, "to = 'feed', count = 100");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 200);
    NEAR(fixture_quantile(&f, "clients", "delay", 0), 0.021);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.120);
    NEAR(fixture_mean(&f, "clients", "delay"), 0.020 + 0.0505);
    NEAR(fixture_level_mean(&f, "feed", "busy"), 0.2 / 3);
    fixture_clear(&f);
}

/* Ten clients at once, 100 ms of work each, room for one at work and four that wait. Of the five
 * that were let in, those who wait for longer than 250 ms have gone when it is their turn: the work
 * is done for nobody. */
static void test_accepting(void)
{
    struct fixture f;
    fixture_init(&f, ms(900));
    fixture_add_node(&f, "feed", &sim_model_feed_server, "accept = ms(100), queue_limit = 4");
    fixture_add_node(&f, "clients", &sim_model_client_streaming,
                     "to = 'feed', count = 10, timeout = ms(250), reconnect = none");
    fixture_start(&f);
    fixture_run_until(&f, ms(1));
    g_assert_cmpuint(fixture_total(&f, "feed", "turned_away"), ==, 5);
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 5);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "feed", "accepted"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "feed", "wasted"), ==, 3);
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "clients", "succeeded"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "clients", "rejected"), ==, 5);
    g_assert_cmpuint(fixture_total(&f, "clients", "timeout"), ==, 3);
    NEAR(fixture_level_mean(&f, "feed", "busy"), 0.5 / 0.9);
    fixture_clear(&f);
}

/* Streams that come and go leave no trace in what is pushed to. */
static void test_closed_streams_cost_nothing(void)
{
    struct fixture f;
    feed_begin(&f, s(10), "to = 'feed', updates = regular { rate = rate(1), phase = ms(500) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, "push = ms(1)");
    fixture_add_node(&f, "short", &sim_model_client_streaming,
                     "to = 'feed', count = 200, reconnect = none");
    fixture_add_node(&f, "long", &sim_model_client_streaming, "to = 'feed', count = 10");
    fixture_start(&f);
    fixture_run_until(&f, ms(555)); /* a round is under way */
    fixture_crash(&f, "short");
    fixture_run(&f);
    g_assert_cmpint(fixture_level(&f, "feed", "streams"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "long", "delivered"), ==, 100);
    g_assert_cmpuint(fixture_total(&f, "feed", "items"), ==, 54 + 100);
    fixture_clear(&f);
}

/* An update costs 50 ms of work and is waited for for 30: it is called again after 10 more, with
 * success once, in the ledger never. The receiver works on each call and knows the second. */
static void test_webhook(void)
{
    struct fixture f;
    feed_begin(&f, s(1),
               "to = 'hook', updates = regular { rate = rate(0.5), phase = ms(100) }, "
               "timeout = ms(30), retry = retry { max = 1, backoff = ms(10), jitter = 'none' }");
    fixture_add_node(&f, "hook", &sim_model_feed_webhook, "service = ms(50), servers = 9");
    fixture_start(&f);
    fixture_run_until(&f, ms(159));
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "hook", "issued"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "hook", "duplicates"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "source", "timeout"), ==, 1);
    NEAR(fixture_mean(&f, "hook", "delay"), 0.060);
    fixture_clear(&f);
}

/* A receiver that is down for a while gets all updates, each on its own schedule: those of 0.2 and
 * 0.7 s with the attempts at 960 and 1,040 (pauses of 0.1, 0.2, 0.4 s; a refusal takes 20 ms). */
static void test_webhook_down(void)
{
    struct fixture f;
    feed_begin(&f, s(3),
               "to = 'hook', updates = regular { rate = rate(2), phase = ms(200) }, "
               "retry = retry { max = 9, backoff = ms(100), jitter = 'none' }");
    fixture_add_node(&f, "hook", &sim_model_feed_webhook, NULL);
    fixture_start(&f);
    fixture_crash(&f, "hook");
    fixture_run_until(&f, ms(850)); /* tries at 200, 320, 540 and 960; at 700, 820 and 1,040 */
    fixture_restart(&f, "hook");
    fixture_run_until(&f, ms(970) - 1);
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 0);
    fixture_run_until(&f, ms(970));
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 1);
    NEAR(fixture_mean(&f, "hook", "delay"), 0.770);
    fixture_run_until(&f, ms(1050) - 1);
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 1);
    fixture_run_until(&f, ms(1050));
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 2);
    fixture_run_until(&f, s(3) - 1); /* published at 1,200, 1,700, 2,200 and 2,700 */
    g_assert_cmpuint(fixture_total(&f, "source", "succeeded"), ==, 6);
    g_assert_cmpuint(fixture_total(&f, "source", "failed"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered"), ==, 6);
    fixture_clear(&f);
}

/* Half of the calls fail and come again 7,000 numbers later, beyond the window of 4,096: whether
 * they have been worked on is not known any more. Without failures every number is a new one. */
static void window_case(const char *hook, double low, double high)
{
    struct fixture f;
    feed_begin(&f, s(2),
               "to = 'hook', updates = regular(rate(10000)), "
               "retry = retry { max = 1, backoff = ms(700), jitter = 'none' }");
    fixture_add_node(&f, "hook", &sim_model_feed_webhook, hook);
    fixture_start(&f);
    fixture_run_until(&f, s(2) - 1);
    double updates = (double)fixture_total(&f, "source", "updates");
    double delivered = (double)fixture_total(&f, "hook", "delivered");
    g_assert_cmpfloat(delivered, >=, low * updates);
    g_assert_cmpfloat(delivered, <=, high * updates);
    g_assert_cmpuint(fixture_total(&f, "hook", "delivered") +
                         fixture_total(&f, "hook", "duplicates"),
                     ==, fixture_total(&f, "hook", "succeeded"));
    fixture_clear(&f);
}

static void test_webhook_window(void)
{
    window_case("errors = percent(50)", 0.48, 0.52);
    window_case(NULL, 0.99, 1);
}

/* A server follows one publisher; what another one sends is an error there. */
static void test_one_feed(void)
{
    struct fixture f;
    feed_begin(&f, s(1), "to = 'feed', updates = regular { rate = rate(10), phase = ms(40) }");
    fixture_add_node(&f, "other", &sim_model_feed_publisher,
                     "to = 'feed', updates = regular { rate = rate(10), phase = ms(50) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "early", &sim_model_client_open,
                     "to = 'feed', ops = { append = 1 }, arrivals = regular(rate(100))");
    fixture_start(&f);
    fixture_run_until(&f, s(1) - 1);
    g_assert_cmpuint(fixture_total(&f, "source", "succeeded"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "other", "error"), ==, 10);
    g_assert_cmpuint(fixture_total(&f, "early", "succeeded"), ==, 0);
    fixture_clear(&f);
}

/* Surges speed up the publisher, and a server that comes back follows the next update. */
static void test_restart(void)
{
    struct fixture f;
    feed_begin(&f, s(4), "to = 'feed', updates = regular { rate = rate(1), phase = ms(500) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_streaming,
                     "to = 'feed', count = 5, ramp_up = ms(100), "
                     "reconnect = retry { max = 99, backoff = ms(300), jitter = 'none' }");
    struct sim_fault_spec *surge = fixture_add_fault(&f, SIM_FAULT_SURGE, s(2), s(3), "source");
    surge->factor = 2;
    fixture_start(&f);
    fixture_run_until(&f, ms(600));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 5);
    fixture_crash(&f, "feed");
    fixture_run_until(&f, ms(700));
    fixture_restart(&f, "feed");
    fixture_run_until(&f, ms(1530));
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 10);
    fixture_run_until(&f, ms(2000)); /* 2,250 and 2,750, then half a gap: 3,500 */
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "source", "updates"), ==, 5);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==, 25);
    g_assert_cmpuint(fixture_total(&f, "clients", "broken"), ==, 5);
    fixture_clear(&f);
}

/* The numbers of a publisher that comes back are greater than those before. */
static void test_publisher_restart(void)
{
    struct fixture f;
    feed_begin(&f, s(4), "to = 'feed', updates = regular { rate = rate(1), phase = ms(500) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_streaming, "to = 'feed', count = 1");
    fixture_start(&f);
    fixture_run_until(&f, ms(1600));
    fixture_crash(&f, "source");
    fixture_run_until(&f, ms(1700));
    fixture_restart(&f, "source");
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "source", "updates"), >=, 4);
    g_assert_cmpuint(fixture_total(&f, "clients", "delivered"), ==,
                     fixture_total(&f, "source", "updates"));
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.020);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feed/polling", test_polling);
    g_test_add_func("/feed/polling-spread", test_polling_spread);
    g_test_add_func("/feed/poll-catches-up", test_poll_catches_up);
    g_test_add_func("/feed/long-polling", test_long_polling);
    g_test_add_func("/feed/six-connections", test_six_connections);
    g_test_add_func("/feed/long-polling-of-the-dead", test_long_polling_of_the_dead);
    g_test_add_func("/feed/stream", test_stream);
    g_test_add_func("/feed/reconnect", test_reconnect);
    g_test_add_func("/feed/clients-restart", test_clients_restart);
    g_test_add_func("/feed/gives-up", test_gives_up);
    g_test_add_func("/feed/push-takes-work", test_push_takes_work);
    g_test_add_func("/feed/accepting", test_accepting);
    g_test_add_func("/feed/closed-streams", test_closed_streams_cost_nothing);
    g_test_add_func("/feed/webhook", test_webhook);
    g_test_add_func("/feed/webhook-down", test_webhook_down);
    g_test_add_func("/feed/webhook-window", test_webhook_window);
    g_test_add_func("/feed/one-feed", test_one_feed);
    g_test_add_func("/feed/restart", test_restart);
    g_test_add_func("/feed/publisher-restart", test_publisher_restart);
    return g_test_run();
}

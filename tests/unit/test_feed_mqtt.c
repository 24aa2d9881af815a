/* MQTT: a broker and its subscribers, in exact virtual time. If these failed, updates would be
 * lost, sent again or kept otherwise than the quality of service and the session say.
 *
 * Everybody is 10 ms from everybody, and the publisher publishes at 250 ms of every second. A
 * client that begins at 0 is connected at 20 ms and pings every second from then on.
 */
#include <math.h>

#include "fixture.h"
#include "models.h"

#define NEAR(a, b) g_assert_cmpfloat(fabs((a) - (b)), <, 1e-9)
#define CLIENT "to = 'broker', count = 1, protocol = 'mqtt', keep_alive = s(1), "

static void begin(struct fixture *f, const char *broker, const char *clients)
{
    fixture_init(f, s(10));
    fixture_add_node(f, "source", &sim_model_feed_publisher,
                     "to = 'broker', updates = regular { rate = rate(1), phase = ms(250) }");
    fixture_add_node(f, "broker", &sim_model_feed_broker, broker);
    fixture_add_node(f, "clients", &sim_model_client_streaming, clients);
    fixture_link_latency(f, ms(10));
}

static void cut(struct fixture *f, sim_time from, sim_time to, bool one_way)
{
    struct sim_fault_spec *fault = fixture_add_fault(f, SIM_FAULT_PARTITION, from, to, NULL);
    fixture_fault_sides(f, fault, "clients", "broker");
    fault->one_way = one_way;
}

static void check(const struct fixture *f, const char *group, const char *metric, uint64_t wanted)
{
    g_assert_cmpuint(fixture_total(f, group, metric), ==, wanted);
}

/* An update is at the broker after 10 ms and at its subscriber after 20, acknowledged or not. */
static void test_plain(void)
{
    static const char *const clients[] = {CLIENT "qos = 0", CLIENT "qos = 1, clean = false"};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        begin(&f, NULL, clients[i]);
        fixture_start(&f);
        fixture_run_until(&f, ms(20) - 1);
        g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 0);
        fixture_run_until(&f, ms(20));
        g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 1);
        fixture_run_until(&f, ms(270) - 1);
        check(&f, "clients", "delivered", 0);
        fixture_run_until(&f, ms(270));
        check(&f, "clients", "delivered", 1);
        fixture_run(&f);
        check(&f, "clients", "delivered", 10);
        check(&f, "clients", "duplicates", 0);
        check(&f, "broker", "items", 10);
        check(&f, "broker", "silent", 0);
        check(&f, "broker", "wills", 0);
        NEAR(fixture_quantile(&f, "clients", "delay", 0), 0.020);
        NEAR(fixture_quantile(&f, "clients", "delay", 1), 0.020);
        fixture_clear(&f);
    }
}

/* Cut off from 1,500 to 4,500. The broker heard its client last at 1,030, or at 1,280 where updates
 * are acknowledged, and gives it up one and a half seconds later, with its will. The client's ping
 * of 2,020 is not answered: it gives up at 3,020, and is back at 6,020, at the broker at 6,030. A
 * session that is kept then has the update of 2,250, which was under way, and three more. */
static void test_sessions(void)
{
    static const struct {
        const char *clients;
        double silence;
        uint64_t delivered, redelivered;
    } cases[] = {
        {CLIENT "qos = 0, clean = true", 1.5, 2, 0},
        {CLIENT "qos = 0, clean = false", 1.5, 2, 0},
        {CLIENT "qos = 1, clean = true", 1.5, 2, 0},
        {CLIENT "qos = 1, clean = false", 1.5, 6, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        bool is_kept = cases[i].delivered > 2; /* where nothing is, nothing needs room */
        begin(&f, is_kept ? NULL : "queue = 1, inflight = 1", cases[i].clients);
        cut(&f, ms(1500), ms(4500), false);
        fixture_start(&f);
        sim_time due = (i < 2 ? ms(1030) : ms(1280)) + ms(1500);
        fixture_run_until(&f, due - 1);
        check(&f, "broker", "wills", 0);
        fixture_run_until(&f, due);
        check(&f, "broker", "wills", 1);
        check(&f, "broker", "silent", 1);
        fixture_run_until(&f, ms(3020) - 1);
        check(&f, "clients", "broken", 0);
        fixture_run_until(&f, ms(3020));
        check(&f, "clients", "broken", 1);
        fixture_run_until(&f, ms(6040) - 1);
        check(&f, "clients", "delivered", 2);
        fixture_run_until(&f, ms(6040));
        check(&f, "clients", "delivered", cases[i].delivered);
        check(&f, "broker", "redelivered", cases[i].redelivered);
        g_assert_cmpint(fixture_level(&f, "clients", "connected"), ==, 1);
        fixture_run(&f);
        check(&f, "clients", "delivered", cases[i].delivered + 4);
        check(&f, "clients", "duplicates", 0);
        check(&f, "broker", "dropped", 0);
        NEAR(fixture_quantile(&f, "broker", "silence", 1), cases[i].silence);
        NEAR(fixture_quantile(&f, "clients", "delay", 1), cases[i].delivered == 2 ? 0.020 : 3.790);
        fixture_clear(&f);
    }
}

/* The same, with one item under way at a time: what was missed comes at the pace of round trips.
 * And with room for no more than two: the older ones are gone. */
static void test_limits(void)
{
    struct fixture f;
    begin(&f, "inflight = 1", CLIENT "qos = 1, clean = false");
    cut(&f, ms(1500), ms(4500), false);
    fixture_start(&f);
    for (int i = 0; i < 4; i++) {
        fixture_run_until(&f, ms(6040 + 20 * i) - 1);
        check(&f, "clients", "delivered", 2 + (uint64_t)i);
    }
    fixture_run_until(&f, ms(6100));
    check(&f, "clients", "delivered", 6);
    check(&f, "broker", "dropped", 0);
    fixture_clear(&f);

    begin(&f, "inflight = 1, queue = 1", CLIENT "qos = 1, clean = false");
    cut(&f, ms(1500), ms(4500), false);
    fixture_start(&f);
    fixture_run(&f);
    check(&f, "broker", "dropped", 2);
    check(&f, "clients", "delivered", 8);
    NEAR(fixture_quantile(&f, "clients", "delay", 1), 6.040 - 4.250);
    fixture_clear(&f);
}

/* Only the way to the broker is cut, from 1,265 on: the acknowledgement of 1,270 is lost, and that
 * of the next update. The broker gives up at 2,530, its client hears that and is back at 5,540:
 * both come again, and are nothing new. */
static void test_duplicates(void)
{
    struct fixture f;
    begin(&f, NULL, CLIENT "qos = 1, clean = false");
    cut(&f, ms(1265), ms(4000), true);
    fixture_start(&f);
    fixture_run_until(&f, ms(2530) - 1);
    check(&f, "broker", "wills", 0);
    fixture_run_until(&f, ms(2530));
    check(&f, "broker", "wills", 1);
    fixture_run_until(&f, ms(5560) - 1);
    check(&f, "clients", "delivered", 3);
    fixture_run(&f);
    check(&f, "clients", "delivered", 10);
    check(&f, "clients", "duplicates", 2);
    check(&f, "broker", "redelivered", 2);
    check(&f, "broker", "items", 12);
    fixture_clear(&f);
}

/* The client tries again after 10 ms and is back, at 2,560, before there is anything new. What was
 * under way is sent again in a session that is kept, and only there. */
static void test_back_at_once(void)
{
    static const char *const clients[] = {
        CLIENT "qos = 1, clean = true, reconnect = retry { max = 9, backoff = ms(10), growth = 1, "
               "jitter = 'none' }",
        CLIENT "qos = 1, clean = false, reconnect = retry { max = 9, backoff = ms(10), growth = 1, "
               "jitter = 'none' }"};
    for (int is_kept = 0; is_kept < 2; is_kept++) {
        struct fixture f;
        begin(&f, NULL, clients[is_kept]);
        cut(&f, ms(1265), ms(2545), true);
        fixture_start(&f);
        fixture_run_until(&f, ms(3200));
        check(&f, "clients", "delivered", 3);
        check(&f, "clients", "duplicates", is_kept ? 2 : 0);
        check(&f, "broker", "redelivered", is_kept ? 2 : 0);
        fixture_run(&f);
        check(&f, "clients", "delivered", 10);
        fixture_clear(&f);
    }
}

/* A machine that dies without a word at 1,500 and is back at 1,600: its connection of 1,610 ends
 * the one before. The session is what the broker has, and goes on where it was. */
static void test_taken_over(void)
{
    struct fixture f;
    begin(&f, NULL, CLIENT "qos = 1, clean = false");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(1500), ms(1600), "clients")->silent = true;
    fixture_start(&f);
    fixture_run_until(&f, ms(1610) - 1);
    check(&f, "broker", "wills", 0);
    fixture_run_until(&f, ms(1610));
    check(&f, "broker", "wills", 1);
    check(&f, "broker", "silent", 0);
    g_assert_cmpint(fixture_level(&f, "broker", "connected"), ==, 1);
    fixture_run(&f);
    check(&f, "broker", "items", 10);
    check(&f, "broker", "redelivered", 0);
    fixture_clear(&f);
}

/* Three subscribers, 10 ms of work an item on one worker: at 280, 290 and 300 ms. */
static void test_work(void)
{
    struct fixture f;
    begin(&f, "push = ms(10)", "to = 'broker', count = 3, protocol = 'mqtt', qos = 1");
    fixture_start(&f);
    for (int i = 0; i < 3; i++) {
        fixture_run_until(&f, ms(280 + 10 * i) - 1);
        check(&f, "clients", "delivered", (uint64_t)i);
    }
    fixture_run_until(&f, ms(300));
    check(&f, "clients", "delivered", 3);
    fixture_clear(&f);

    /* The second item of a session waits for the first to be acknowledged, at 1,780, whoever else
     * could work on it: it is there at 1,780 + 1,500 + 10. */
    begin(&f, "push = ms(1500), workers = 2, inflight = 1", CLIENT "qos = 1");
    fixture_start(&f);
    fixture_run_until(&f, ms(3290) - 1);
    check(&f, "clients", "delivered", 1);
    fixture_run_until(&f, ms(3290));
    check(&f, "clients", "delivered", 2);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feed-mqtt/plain", test_plain);
    g_test_add_func("/feed-mqtt/sessions", test_sessions);
    g_test_add_func("/feed-mqtt/limits", test_limits);
    g_test_add_func("/feed-mqtt/duplicates", test_duplicates);
    g_test_add_func("/feed-mqtt/back-at-once", test_back_at_once);
    g_test_add_func("/feed-mqtt/taken-over", test_taken_over);
    g_test_add_func("/feed-mqtt/work", test_work);
    return g_test_run();
}

/* Connections: handshakes, limits, idle times, order, slow start; to the nanosecond. */
#include <string.h>

#include "probe.h"

/* TCP 1, with TLS 1.3 2, with TLS 1.2 3 round trips before the first request; none after. */
static void test_handshakes(void)
{
    for (int64_t handshake = 1; handshake <= 3; handshake++) {
        struct story story;
        story_begin(&story, PROBE_AT_ONCE, ms(10));
        story_transport(&story)->warm = false;
        story_transport(&story)->handshake = handshake;
        story_start(&story);
        probe_call(&story.f, "client", "server", 0, 1);
        fixture_run_until(&story.f, s(1));
        probe_call(&story.f, "client", "server", 0, 2);
        fixture_run_until(&story.f, s(2));
        probe_outcome(&story.client, 0, ms(20) * (handshake + 1), 1, SIM_STATUS_OK);
        probe_outcome(&story.client, 1, s(1) + ms(20), 2, SIM_STATUS_OK);
        g_assert_cmpuint(story_totals(&story).handshakes, ==, 1);
        story_end(&story);
    }
}

static void test_warm_is_the_default(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(20), 1, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 0);
    story_end(&story);
}

/* Where nobody listens the first packet of the handshake is refused. */
static void test_no_handshake_with_the_dead(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_transport(&story)->handshake = 3;
    story_start(&story);
    fixture_crash(&story.f, "server");
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(20), 1, SIM_STATUS_REFUSED);
    fixture_restart(&story.f, "server");
    fixture_run_until(&story.f, s(1));
    probe_call(&story.f, "client", "server", 0, 2);
    fixture_run_until(&story.f, s(2));
    probe_outcome(&story.client, 1, s(1) + ms(80), 2, SIM_STATUS_OK);
    story_end(&story);
}

/* The handshake too waits for a partition to heal. */
static void test_handshake_after_a_partition(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_transport(&story)->handshake = 2;
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    probe_call(&story.f, "client", "server", 0, 1); /* tries at 0, 200, 600 ms */
    fixture_run_until(&story.f, ms(300));
    fixture_cut(&story.f, "client", "server", false);
    fixture_run_until(&story.f, s(2));
    probe_outcome(&story.client, 0, ms(600 + 40 + 20), 1, SIM_STATUS_OK);
    story_end(&story);
}

/* What is lost after the handshake is repeated after 200 ms again, not after what the handshake had
 * come to. */
static void test_handshake_resets_the_schedule(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, ms(300));
    fixture_cut(&story.f, "client", "server", false); /* handshake from 600 to 620 */
    fixture_run_until(&story.f, ms(610));
    fixture_cut(&story.f, "client", "server", true);
    fixture_run_until(&story.f, ms(700));
    fixture_cut(&story.f, "client", "server", false);
    fixture_run_until(&story.f, s(5));
    probe_outcome(&story.client, 0, ms(820 + 20), 1, SIM_STATUS_OK);
    story_end(&story);
}

/* Two connections, three requests: the third waits for the first reply. */
static void test_connection_limit(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story.server.reply = PROBE_LATER;
    story_transport(&story)->warm = false;
    story_transport(&story)->connections_max = 2;
    story_start(&story);
    probe_call(&story.f, "client", "server", ms(30), 1);
    probe_call(&story.f, "client", "server", ms(50), 2);
    probe_call(&story.f, "client", "server", 0, 3);
    probe_call_within(&story.f, "client", "server", 0, ms(40), 4); /* gives up waiting */
    probe_call(&story.f, "client", "server", 0, 5);
    fixture_run_until(&story.f, s(1));
    /* 20 handshake, 10 there, 30 work, 10 back. */
    probe_outcome(&story.client, 0, ms(40), 4, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 1, ms(70), 1, SIM_STATUS_OK);
    probe_outcome(&story.client, 2, ms(90), 2, SIM_STATUS_OK);
    probe_outcome(&story.client, 3, ms(90), 3, SIM_STATUS_OK);
    probe_outcome(&story.client, 4, ms(110), 5, SIM_STATUS_OK);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 4);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 2);
    story_end(&story);
}

/* A call that fails closes its connection; who waited makes a new one. */
static void test_failed_call_closes(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story.server.reply = PROBE_LATER;
    story_transport(&story)->warm = false;
    story_transport(&story)->connections_max = 1;
    story_start(&story);
    probe_call_within(&story.f, "client", "server", s(10), ms(100), 1);
    probe_call(&story.f, "client", "server", 0, 2);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(100), 1, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 1, ms(140), 2, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 2);
    story_end(&story);
}

static void idle_case(bool is_multiplexed)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_transport(&story)->idle = ms(500);
    story_transport(&story)->multiplex = is_multiplexed;
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1); /* over at 40 */
    fixture_run_until(&story.f, ms(540));
    probe_call(&story.f, "client", "server", 0, 2); /* idle for 500: just open; over at 560 */
    fixture_run_until(&story.f, ms(1061));
    probe_call(&story.f, "client", "server", 0, 3); /* idle for 501: closed */
    fixture_run_until(&story.f, s(2));
    probe_outcome(&story.client, 0, ms(40), 1, SIM_STATUS_OK);
    probe_outcome(&story.client, 1, ms(560), 2, SIM_STATUS_OK);
    probe_outcome(&story.client, 2, ms(1061 + 40), 3, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 2);
    story_end(&story);
}

static void test_idle_time_out(void)
{
    idle_case(false);
    idle_case(true);
}

/* Idle for no time: each request has a connection of its own, also those that waited for one, and
 * one that is sent in the instant in which the last one is answered. */
static void test_one_each(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_transport(&story)->handshake = 2;
    story_transport(&story)->idle = 0;
    story_transport(&story)->connections_max = 1;
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    probe_call(&story.f, "client", "server", 0, 2);
    fixture_run_until(&story.f, ms(120));
    probe_call(&story.f, "client", "server", 0, 3);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(60), 1, SIM_STATUS_OK);
    probe_outcome(&story.client, 1, ms(120), 2, SIM_STATUS_OK);
    probe_outcome(&story.client, 2, ms(180), 3, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 3);
    story_end(&story);
}

/* On one connection for all, requests arrive in the order in which they were sent, however their
 * latencies are drawn; replies too. */
static void test_multiplexed_order(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, 0);
    fixture_link(&story.f, 0, 0)->latency = fixture_law(&story.f, "exponential(ms(10))");
    story_transport(&story)->multiplex = true;
    story_start(&story);
    for (uint64_t i = 0; i < 300; i++) {
        fixture_run_until(&story.f, ms(1) * (sim_time)i);
        probe_call(&story.f, "client", "server", 0, i);
    }
    fixture_run_until(&story.f, s(5));
    for (uint32_t i = 0; i < 300; i++) {
        g_assert_cmpuint(probe_nth(&story.server, SIM_IN_REQUEST, i)->number, ==, i);
        g_assert_cmpuint(probe_nth(&story.client, SIM_IN_OUTCOME, i)->tag, ==, i);
    }
    story_end(&story);
}

/* Nothing overtakes what was lost on the same connection (head-of-line blocking); calls on
 * connections of their own do. */
static void loss_case(bool is_multiplexed)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->multiplex = is_multiplexed;
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    probe_call(&story.f, "client", "server", 0, 1); /* again at 200 */
    fixture_run_until(&story.f, ms(50));
    fixture_cut(&story.f, "client", "server", false);
    probe_call(&story.f, "client", "server", 0, 2);
    probe_call_within(&story.f, "client", "server", 0, ms(100), 3);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_OUTCOME), ==, 3);
    if (is_multiplexed) {
        probe_outcome(&story.client, 0, ms(150), 3, SIM_STATUS_TIMEOUT);
        probe_outcome(&story.client, 1, ms(220), 1, SIM_STATUS_OK);
        probe_outcome(&story.client, 2, ms(220), 2, SIM_STATUS_OK);
        g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 2); /* 3 was given up */
    } else {
        probe_outcome(&story.client, 0, ms(70), 2, SIM_STATUS_OK);
        probe_outcome(&story.client, 1, ms(70), 3, SIM_STATUS_OK);
        probe_outcome(&story.client, 2, ms(220), 1, SIM_STATUS_OK);
    }
    story_end(&story);
}

static void test_head_of_line(void)
{
    loss_case(true);
    loss_case(false);
}

/* The server's death ends the connection: the next request makes a new one. */
static void test_multiplexed_restart(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->multiplex = true;
    story_transport(&story)->warm = false;
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    probe_call(&story.f, "client", "server", 0, 2); /* waits for the same handshake */
    fixture_run_until(&story.f, ms(100));
    fixture_crash(&story.f, "server");
    fixture_restart(&story.f, "server");
    fixture_run_until(&story.f, ms(100));
    probe_call(&story.f, "client", "server", 0, 3);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(40), 1, SIM_STATUS_OK);
    probe_outcome(&story.client, 1, ms(40), 2, SIM_STATUS_OK);
    probe_outcome(&story.client, 2, ms(140), 3, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 2);
    story_end(&story);
}

/* Rounds of TCP slow start (initial window 10 segments of 1,460 bytes) from the reference. */
static void test_slow_start(void)
{
    gchar *text;
    if (g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0) {
        g_test_skip("BRINK_REFERENCE=none");
        return;
    }
    g_assert_true(
        g_file_get_contents(BRINK_REFERENCE_DIR "/published/closed_forms.csv", &text, NULL, NULL));
    gchar **lines = g_strsplit(text, "\n", -1);
    uint32_t cases = 0;
    for (gchar **line = lines; *line != NULL; line++) {
        if (!g_str_has_prefix(*line, "tcp_slow_start,")) {
            continue;
        }
        gchar **fields = g_strsplit(*line, ",", -1);
        int64_t bytes = g_ascii_strtoll(fields[1], NULL, 10) * 1000;
        sim_time rounds = g_ascii_strtoll(fields[3], NULL, 10);
        struct story story;
        story_begin(&story, PROBE_AT_ONCE, ms(10));
        story_transport(&story)->window_bytes = 14600;
        story.server.reply_bytes = bytes;
        story_start(&story);
        probe_call_bytes(&story.f, "client", "server", 100, 1);
        probe_call_bytes(&story.f, "client", "server", bytes, 2);
        fixture_run_until(&story.f, s(10));
        /* A request in one round, its reply in so many; half a round trip is the last flight. */
        probe_outcome(&story.client, 0, ms(20) * rounds, 1, SIM_STATUS_OK);
        probe_at(&story.server, SIM_IN_REQUEST, 1, ms(20) * rounds - ms(10));
        story_end(&story);
        g_strfreev(fields);
        cases++;
    }
    g_assert_cmpuint(cases, ==, 4);
    g_strfreev(lines);
    g_free(text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/connection/handshakes", test_handshakes);
    g_test_add_func("/connection/warm-is-the-default", test_warm_is_the_default);
    g_test_add_func("/connection/no-handshake-with-the-dead", test_no_handshake_with_the_dead);
    g_test_add_func("/connection/handshake-after-a-partition", test_handshake_after_a_partition);
    g_test_add_func("/connection/handshake-resets-the-schedule",
                    test_handshake_resets_the_schedule);
    g_test_add_func("/connection/limit", test_connection_limit);
    g_test_add_func("/connection/failed-call-closes", test_failed_call_closes);
    g_test_add_func("/connection/idle-time-out", test_idle_time_out);
    g_test_add_func("/connection/one-each", test_one_each);
    g_test_add_func("/connection/multiplexed-order", test_multiplexed_order);
    g_test_add_func("/connection/head-of-line", test_head_of_line);
    g_test_add_func("/connection/multiplexed-restart", test_multiplexed_restart);
    g_test_add_func("/connection/slow-start", test_slow_start);
    return g_test_run();
}

/* Bandwidth: what waits for whom on cards, on ports within a zone and on pipes between zones, to
 * the nanosecond.
 */
#include "probe.h"

/* ---- messages ---- */

/* With bandwidth they are spaced by bytes / bandwidth, exactly. */
static void test_bandwidth_spaces(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(100));
    fixture_link(&story.f, 0, 0)->bandwidth = 1e6;
    story_start(&story);
    for (uint64_t i = 0; i < 3; i++) {
        probe_message(&story.f, "client", "server", i, 2500);
    }
    fixture_run_until(&story.f, ms(6)); /* the wire is busy until 7.5 ms */
    probe_message(&story.f, "client", "server", 3, 1000);
    fixture_run_until(&story.f, ms(50)); /* and idle now */
    probe_message(&story.f, "client", "server", 4, 1000);
    fixture_run_until(&story.f, s(1));
    static const double arrivals[] = {102.5, 105, 107.5, 108.5, 151};
    for (uint32_t i = 0; i < 5; i++) {
        probe_at(&story.server, SIM_IN_MESSAGE, i, ms(arrivals[i]));
    }
    story_end(&story);
}

/* Both cards and the link pass one message after another; each adds its time. */
static void test_cards(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    fixture_machine(&story.f, 1)->bandwidth = 1e6; /* 4 ms for 4 kB */
    fixture_machine(&story.f, 2)->bandwidth = 5e5; /* 8 ms */
    fixture_link(&story.f, 0, 0)->bandwidth = 2e6; /* 2 ms */
    story_start(&story);
    probe_message(&story.f, "client", "server", 0, 4000);
    probe_message(&story.f, "client", "server", 1, 4000);
    probe_message(&story.f, "server", "client", 2, 4000); /* cards are full duplex */
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_MESSAGE, 0, ms(4 + 2 + 10 + 8));
    probe_at(&story.server, SIM_IN_MESSAGE, 1, ms(24 + 8));
    probe_at(&story.client, SIM_IN_MESSAGE, 0, ms(8 + 2 + 10 + 4)); /* and so are ports */
    story_end(&story);
}

/* Within a zone bandwidth is that of each machine's own port, outgoing: what one machine sends
 * waits, to whom it may go; what others send does not. */
static void test_ports_within_a_zone(void)
{
    struct fixture f;
    struct probe p = {0};
    fixture_init(&f, s(10));
    probe_add(&f, &p, "n", 4);
    fixture_link_latency(&f, ms(10));
    fixture_link(&f, 0, 0)->bandwidth = 1e6; /* 1 ms for 1 kB */
    fixture_group(&f, "n")->machines = (const uint32_t[]){0, 1, 2, 2};
    fixture_start(&f);
    fixture_run_until(&f, 0);
    probe_message(&f, "n[1]", "n[2]", 0, 1000); /* 11 ms */
    probe_message(&f, "n[2]", "n[1]", 1, 1500); /* 11.5 ms: the other direction is another port */
    probe_message(&f, "n[3]", "n[2]", 2, 2000); /* 12 ms: another machine */
    probe_message(&f, "n[1]", "n[3]", 3, 3000); /* 14 ms: behind 0, though to another */
    probe_message(&f, "n[4]", "n[1]", 4, 4000); /* 16 ms: on the machine of n[3], behind 2 */
    fixture_run_until(&f, s(1));
    static const double arrivals[] = {11, 11.5, 12, 14, 16};
    for (uint32_t i = 0; i < 5; i++) {
        probe_at(&p, SIM_IN_MESSAGE, i, ms(arrivals[i]));
        g_assert_cmpuint(probe_nth(&p, SIM_IN_MESSAGE, i)->number, ==, i);
    }
    fixture_clear(&f);
    probe_clear(&p);
}

/* Between two zones it is one pipe each way, which holds up nothing within them. */
static void test_pipes_between_zones(void)
{
    struct fixture f;
    struct probe p = {0};
    fixture_init(&f, s(10));
    probe_add(&f, &p, "n", 4);
    uint32_t there = fixture_add_zone(&f, "there");
    fixture_machine(&f, 3)->zone = fixture_machine(&f, 4)->zone = there;
    fixture_link_latency(&f, ms(10));
    fixture_link(&f, 0, there)->bandwidth = 1e6; /* 1 ms for 1 kB */
    fixture_link(&f, there, 0)->bandwidth = 5e5;
    fixture_link(&f, 0, 0)->bandwidth = 2e6;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    probe_message(&f, "n[1]", "n[3]", 4, 5000); /* 15 ms */
    probe_message(&f, "n[2]", "n[4]", 5, 1000); /* 16 ms: another pair of machines, the same pipe */
    probe_message(&f, "n[3]", "n[1]", 2, 1000); /* 12 ms: the way back is another */
    probe_message(&f, "n[4]", "n[1]", 3, 1000); /* 14 ms */
    probe_message(&f, "n[1]", "n[2]", 0, 1000); /* 10.5 ms: its port, not the pipe */
    probe_message(&f, "n[1]", "n[2]", 1, 1000); /* 11 ms */
    fixture_run_until(&f, s(1));
    static const double arrivals[] = {10.5, 11, 12, 14, 15, 16};
    for (uint32_t i = 0; i < 6; i++) {
        probe_at(&p, SIM_IN_MESSAGE, i, ms(arrivals[i]));
        g_assert_cmpuint(probe_nth(&p, SIM_IN_MESSAGE, i)->number, ==, i);
    }
    fixture_clear(&f);
    probe_clear(&p);
}

/* A machine with a slow card does not hold up the link for others, nor does a cold connection. */
static void test_slow_card_holds_up_nobody(void)
{
    struct story story;
    struct probe other = {0};
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    probe_add(&story.f, &other, "other", 1);
    fixture_machine(&story.f, 1)->bandwidth = 1e4; /* 100 ms for 1 kB */
    fixture_link(&story.f, 0, 0)->bandwidth = 1e6; /* 1 ms */
    story_start(&story);
    probe_message(&story.f, "client", "server", 0, 1000);
    probe_message(&story.f, "other", "server", 1, 1000);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_MESSAGE, 0, ms(11));
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_MESSAGE, 0)->number, ==, 1);
    probe_at(&story.server, SIM_IN_MESSAGE, 1, ms(111));
    story_end(&story);
    probe_clear(&other);

    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->warm = false;
    story_transport(&story)->handshake = 3;
    fixture_link(&story.f, 0, 0)->bandwidth = 1e6;
    story_start(&story);
    probe_call_bytes(&story.f, "client", "server", 1000, 1);
    probe_message(&story.f, "client", "server", 1, 1000);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_MESSAGE, 0, ms(11));
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(60 + 11));
    story_end(&story);
}

/* Cards count where there is no network block too: they are the machine's. */
static void test_cards_without_network(void)
{
    struct fixture f;
    struct probe client = {0}, server = {.reply = PROBE_AT_ONCE, .reply_bytes = 3000};
    fixture_init(&f, s(10));
    probe_add(&f, &client, "client", 1);
    probe_add(&f, &server, "server", 1);
    fixture_machine(&f, 1)->bandwidth = 1e6;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    probe_call_bytes(&f, "client", "server", 2000, 1);
    fixture_run_until(&f, s(1));
    probe_at(&server, SIM_IN_REQUEST, 0, ms(2));
    probe_outcome(&client, 0, ms(5), 1, SIM_STATUS_OK);
    fixture_clear(&f);
    probe_clear(&client);
    probe_clear(&server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bandwidth/bandwidth-spaces", test_bandwidth_spaces);
    g_test_add_func("/bandwidth/cards", test_cards);
    g_test_add_func("/bandwidth/ports-within-a-zone", test_ports_within_a_zone);
    g_test_add_func("/bandwidth/pipes-between-zones", test_pipes_between_zones);
    g_test_add_func("/bandwidth/slow-card-holds-up-nobody", test_slow_card_holds_up_nobody);
    g_test_add_func("/bandwidth/cards-without-network", test_cards_without_network);
    return g_test_run();
}

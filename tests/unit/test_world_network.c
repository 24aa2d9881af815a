/* The network: when a message arrives, to the nanosecond, and whether it does. */
#include <string.h>

#include "probe.h"

/* ---- flights and wires ---- */

/* A delay is not a pipe of capacity 1/latency. */
static void test_flights_overlap(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(100));
    story_start(&story);
    for (uint64_t i = 0; i < 50; i++) {
        probe_message(&story.f, "client", "server", i, 1000000);
    }
    fixture_run_until(&story.f, s(1));
    for (uint32_t i = 0; i < 50; i++) {
        probe_at(&story.server, SIM_IN_MESSAGE, i, ms(100));
        g_assert_cmpuint(probe_nth(&story.server, SIM_IN_MESSAGE, i)->number, ==, i);
    }
    story_end(&story);
}

static void test_one_machine_takes_no_time(void)
{
    struct fixture f;
    struct probe pair = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(10));
    probe_add(&f, &pair, "pair", 2);
    fixture_share_machine(&f, "pair");
    fixture_link_latency(&f, ms(10));
    fixture_link(&f, 0, 0)->bandwidth = 1000;
    fixture_machine(&f, 1)->bandwidth = 1000;
    fixture_group(&f, "pair")->transport.warm = false;
    fixture_start(&f);
    fixture_run_until(&f, ms(1));
    probe_call_bytes(&f, "pair[1]", "pair[2]", 1000000, 1);
    fixture_run_until(&f, ms(2));
    probe_outcome(&pair, 0, ms(1), 1, SIM_STATUS_OK);
    fixture_clear(&f);
    probe_clear(&pair);
}

/* ---- loss ---- */

/* 200 ms, doubling; the first try after the heal gets through. */
static void test_retransmission_schedule(void)
{
    /* Cut at 0, healed at h: the request sent at 0 arrives at the first of 0, 0.2, 0.6, 1.4, 3.0,
     * 6.2, 12.6, 25.4, 51, 102.2, 204.6, 324.6 (two minutes at most), ... not before h. */
    static const double tries[] = {0.2,  0.6,  1.4,   3.0,   6.2,   12.6,
                                   25.4, 51.0, 102.2, 204.6, 324.6, 444.6};
    for (uint32_t i = 0; i + 1 < G_N_ELEMENTS(tries); i++) {
        struct story story;
        story_begin(&story, PROBE_AT_ONCE, ms(10));
        story_start(&story);
        fixture_cut(&story.f, "client", "server", true);
        probe_call(&story.f, "client", "server", 0, 1);
        fixture_run_until(&story.f, s(tries[i]) + 1); /* has just failed again */
        fixture_cut(&story.f, "client", "server", false);
        fixture_run_until(&story.f, s(2000));
        probe_outcome(&story.client, 0, s(tries[i + 1]) + ms(20), 1, SIM_STATUS_OK);
        g_assert_cmpuint(story_totals(&story).cut, ==, i + 2);
        g_assert_cmpuint(story_totals(&story).retransmits, ==, i + 2);
        story_end(&story);
    }
}

/* 15 repetitions, then the connection is broken and the caller refused. */
static void broken_case(bool is_multiplexed)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->multiplex = is_multiplexed;
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_call(&story.f, "client", "server", 0, 2);
    fixture_run_until(&story.f, s(2000));
    double last = 204.6 + 5 * 120; /* 10 doublings, then two minutes each */
    probe_outcome(&story.client, 0, s(last), 1, SIM_STATUS_REFUSED);
    /* What waits behind on the same connection goes with it. */
    probe_outcome(&story.client, 1, is_multiplexed ? s(last) : s(1 + last), 2, SIM_STATUS_REFUSED);
    g_assert_cmpuint(story_totals(&story).retransmits, ==, is_multiplexed ? 15 : 30);
    story_end(&story);
}

static void test_connection_breaks(void)
{
    broken_case(false);
    broken_case(true);
}

/* A reply that is cut off is repeated too, by the transport of who asked. */
static void test_reply_is_repeated(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->retransmit = ms(50);
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, ms(5));
    fixture_cut(&story.f, "server", "client", true); /* one way */
    fixture_run_until(&story.f, ms(100));            /* tries at 10, 60, 160 */
    fixture_cut(&story.f, "server", "client", false);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(10));
    probe_outcome(&story.client, 0, ms(170), 1, SIM_STATUS_OK);
    story_end(&story);
}

/* What a caller has given up is not sent again. */
static void test_given_up_is_not_sent(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    probe_call_within(&story.f, "client", "server", 0, ms(300), 1);
    fixture_run_until(&story.f, ms(400));
    fixture_cut(&story.f, "client", "server", false);
    fixture_run_until(&story.f, s(10));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 0);
    story_end(&story);
}

static uint64_t messages_of(struct story *story, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        fixture_run_until(&story->f, ms(1) * (sim_time)i);
        probe_message(&story->f, "client", "server", i, 10);
    }
    fixture_run_until(&story->f, s(2000));
    return probe_count(&story->server, SIM_IN_MESSAGE);
}

/* |found - n p| within 4.5 standard deviations. */
static void assert_rate(uint64_t found, double n, double p)
{
    double difference = (double)found - n * p;
    g_assert_cmpfloat(difference * difference, <, 20.0 * n * p * (1 - p));
}

static void test_datagram_rates(void)
{
    const uint64_t n = 20000;
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->loss = 0.1;
    story_start(&story);
    uint64_t got = messages_of(&story, n);
    assert_rate(n - got, (double)n, 0.1);
    g_assert_cmpuint(story_totals(&story).lost, ==, n - got);
    g_assert_cmpuint(story_totals(&story).retransmits, ==, 0);
    story_end(&story);

    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->duplicate = 0.05;
    story_start(&story);
    got = messages_of(&story, n);
    assert_rate(got - n, (double)n, 0.05);
    g_assert_cmpuint(story_totals(&story).duplicated, ==, got - n);
    story_end(&story);

    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->reorder = 0.2;
    fixture_link(&story.f, 0, 0)->reorder_delay = fixture_law(&story.f, "ms(3)");
    story_start(&story);
    g_assert_cmpuint(messages_of(&story, n), ==, n);
    uint64_t late = 0;
    for (guint i = 0; i < story.server.seen->len; i++) {
        const struct probe_seen *seen = &g_array_index(story.server.seen, struct probe_seen, i);
        if (seen->kind == SIM_IN_MESSAGE) {
            sim_time flight = seen->time - ms(1) * (sim_time)seen->number;
            g_assert_true(flight == ms(10) || flight == ms(13));
            late += flight == ms(13);
        }
    }
    assert_rate(late, (double)n, 0.2);
    story_end(&story);
}

#define BODY_MESSAGES 3000u

struct bodies {
    uint64_t words[SIM_BODY_WORDS_MAX];
    uint64_t got[BODY_MESSAGES];
};

/* How many words the message with that number carries: all sizes come up, none too. */
static uint32_t body_size(uint64_t number)
{
    return (uint32_t)(number * number % (SIM_BODY_WORDS_MAX + 1));
}

static void check_body(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    struct bodies *bodies = probe->data;
    if (in->kind == SIM_IN_MESSAGE) {
        uint64_t number = in->words[0];
        g_assert_cmpuint(in->body_count, ==, body_size(number));
        g_assert_true((in->body == NULL) == (in->body_count == 0));
        for (uint32_t i = 0; i < in->body_count; i++) {
            g_assert_cmpuint(in->body[i], ==, number + i);
        }
        bodies->got[number]++;
    }
}

/* What a message carries is a copy: also where a datagram is lost or comes twice, and when who gets
 * it dies meanwhile. */
static void test_bodies(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    struct bodies *bodies = g_new0(struct bodies, 1);
    story.server.on = check_body;
    story.server.data = bodies;
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->duplicate = 0.1;
    fixture_link(&story.f, 0, 0)->loss = 0.1;
    story_start(&story);
    struct sim_node *client = probe_node(&story.f, "client");
    for (uint64_t number = 0; number < BODY_MESSAGES; number++) {
        const uint64_t head[SIM_MESSAGE_WORDS] = {number};
        uint32_t count = body_size(number);
        for (uint32_t i = 0; i < count; i++) {
            bodies->words[i] = number + i;
        }
        sim_send_message_with(client, fixture_id(&story.f, "server"), 0, head, bodies->words, count,
                              8 * (int64_t)count);
        fixture_run_until(&story.f, ms(1) * (sim_time)(number + 1));
    }
    fixture_crash(&story.f, "server");
    fixture_run_until(&story.f, s(10));
    uint64_t lost = 0, twice = 0;
    for (uint64_t number = 0; number < BODY_MESSAGES; number++) {
        lost += bodies->got[number] == 0;
        twice += bodies->got[number] == 2;
    }
    assert_rate(lost, BODY_MESSAGES, 0.1);
    assert_rate(twice, BODY_MESSAGES * 0.9, 0.1);
    story_end(&story);
    g_free(bodies);
}

/* Over a connection loss costs time, never a message, and nothing is there twice. */
static void test_connection_loses_nothing(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    fixture_link(&story.f, 0, 0)->loss = 0.3;
    fixture_link(&story.f, 0, 0)->duplicate = 0.3;
    story_start(&story);
    g_assert_cmpuint(messages_of(&story, 5000), ==, 5000);
    assert_rate(story_totals(&story).lost, 5000 / 0.7, 0.3);
    story_end(&story);
}

/* A datagram call: a duplicate of the request is served too, and its reply is late. */
static void test_datagram_call(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->duplicate = 1;
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_OUTCOME), ==, 1);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 3);
    story_end(&story);
}

/* ---- faults ---- */

static void three(struct story *story, struct probe *third)
{
    story_begin(story, PROBE_AT_ONCE, ms(10));
    *third = (struct probe){.reply = PROBE_AT_ONCE};
    probe_add(&story->f, third, "third", 1);
}

/* A partial partition: one and two cannot talk, three talks to both. */
static void test_partial_partition(void)
{
    struct story story;
    struct probe third;
    three(&story, &third);
    struct sim_fault_spec *fault =
        fixture_add_fault(&story.f, SIM_FAULT_PARTITION, ms(100), ms(300), NULL);
    fixture_fault_sides(&story.f, fault, "client", "server");
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_group(&story.f, "third")->transport.kind = SIM_TRANSPORT_DATAGRAM;
    fixture_group(&story.f, "server")->transport.kind = SIM_TRANSPORT_DATAGRAM;
    story_start(&story);
    fixture_run_until(&story.f, ms(95));
    probe_message(&story.f, "client", "server", 0, 0); /* on its way: it arrives */
    fixture_run_until(&story.f, ms(200));
    probe_message(&story.f, "client", "server", 1, 0);
    probe_message(&story.f, "server", "client", 2, 0);
    probe_message(&story.f, "client", "third", 3, 0);
    probe_message(&story.f, "third", "server", 4, 0);
    fixture_run_until(&story.f, ms(300));
    probe_message(&story.f, "client", "server", 5, 0);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_MESSAGE), ==, 3);
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_MESSAGE, 0)->number, ==, 0);
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_MESSAGE, 1)->number, ==, 4);
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_MESSAGE, 2)->number, ==, 5);
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_MESSAGE), ==, 0);
    probe_at(&third, SIM_IN_MESSAGE, 0, ms(210));
    g_assert_cmpuint(story_totals(&story).cut, ==, 2);
    story_end(&story);
    probe_clear(&third);
}

static void test_one_way_partition(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    struct sim_fault_spec *fault = fixture_add_fault(&story.f, SIM_FAULT_PARTITION, 0, s(1), NULL);
    fixture_fault_sides(&story.f, fault, "client", "server");
    fault->one_way = true;
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    story_start(&story);
    probe_message(&story.f, "client", "server", 1, 0);
    probe_message(&story.f, "server", "client", 2, 0);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_MESSAGE), ==, 0);
    probe_at(&story.client, SIM_IN_MESSAGE, 0, ms(10));
    story_end(&story);
}

/* Degradations: factors multiply, delays add up, bandwidths divide, and all end exactly. */
static void test_degradations_compose(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    fixture_link(&story.f, 0, 0)->bandwidth = 1e6; /* 1 ms for 1 kB */
    struct sim_fault_spec *a = fixture_add_fault(&story.f, SIM_FAULT_LINK, ms(100), ms(500), NULL);
    fixture_fault_sides(&story.f, a, "client", "server");
    a->factor = 3;
    a->extra = ms(2);
    a->slowness = 4;
    struct sim_fault_spec *b = fixture_add_fault(&story.f, SIM_FAULT_LINK, ms(200), ms(300), NULL);
    fixture_fault_sides(&story.f, b, "client", "server");
    b->factor = 0.7;
    b->extra = ms(5);
    b->slowness = 2.5;
    b->one_way = true;
    story_start(&story);
    static const double sent[] = {0, 100, 200, 300, 500};
    static const double took[] = {11, 4 + 32, 10 + 21 + 7, 36, 11};
    static const double back[] = {11, 36, 36, 36, 11}; /* sent 50 later */
    for (uint32_t i = 0; i < 5; i++) {
        fixture_run_until(&story.f, ms(sent[i]));
        probe_message(&story.f, "client", "server", i, 1000);
        fixture_run_until(&story.f, ms(sent[i] + 50));
        probe_message(&story.f, "server", "client", i, 1000);
    }
    fixture_run_until(&story.f, s(1));
    for (uint32_t i = 0; i < 5; i++) {
        probe_at(&story.server, SIM_IN_MESSAGE, i, ms(sent[i] + took[i]));
        probe_at(&story.client, SIM_IN_MESSAGE, i, ms(sent[i] + 50 + back[i]));
    }
    story_end(&story);
}

/* Losses of two degradations strike independently; 1 is certain. */
static void test_degradation_loses(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&story.f, 0, 0)->loss = 0.1;
    for (int i = 0; i < 2; i++) {
        struct sim_fault_spec *fault =
            fixture_add_fault(&story.f, SIM_FAULT_LINK, 0, SIM_NEVER, NULL);
        fixture_fault_sides(&story.f, fault, "client", "server");
        fault->loss = 0.2;
    }
    story_start(&story);
    assert_rate(messages_of(&story, 20000), 20000, 0.9 * 0.8 * 0.8);
    story_end(&story);
}

/* A partition without a network block cuts all the same. */
static void test_cut_without_network(void)
{
    struct fixture f;
    struct probe pair = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(10));
    probe_add(&f, &pair, "pair", 2);
    fixture_start(&f);
    fixture_run_until(&f, 0);
    fixture_cut(&f, "pair[1]", "pair[2]", true);
    probe_call(&f, "pair[1]", "pair[2]", 0, 1);
    probe_call(&f, "pair[2]", "pair[1]", 0, 2); /* its reply is cut off */
    fixture_run_until(&f, ms(250));
    g_assert_cmpuint(probe_count(&pair, SIM_IN_OUTCOME), ==, 0);
    fixture_cut(&f, "pair[1]", "pair[2]", false);
    fixture_run_until(&f, s(1));
    probe_outcome(&pair, 0, ms(600), 2, SIM_STATUS_OK);
    probe_outcome(&pair, 1, ms(600), 1, SIM_STATUS_OK);
    fixture_clear(&f);
    probe_clear(&pair);
}

/* Zones: each direction has its own law. */
static void test_zones(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(10));
    uint32_t there = fixture_add_zone(&story.f, "there");
    fixture_machine(&story.f, 2)->zone = there;
    fixture_link(&story.f, 0, there)->latency = fixture_law(&story.f, "ms(30)");
    fixture_link(&story.f, there, 0)->latency = fixture_law(&story.f, "ms(50)");
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(30));
    probe_outcome(&story.client, 0, ms(80), 1, SIM_STATUS_OK);
    story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/network/flights-overlap", test_flights_overlap);
    g_test_add_func("/network/one-machine-takes-no-time", test_one_machine_takes_no_time);
    g_test_add_func("/network/retransmission-schedule", test_retransmission_schedule);
    g_test_add_func("/network/connection-breaks", test_connection_breaks);
    g_test_add_func("/network/reply-is-repeated", test_reply_is_repeated);
    g_test_add_func("/network/given-up-is-not-sent", test_given_up_is_not_sent);
    g_test_add_func("/network/datagram-rates", test_datagram_rates);
    g_test_add_func("/network/bodies", test_bodies);
    g_test_add_func("/network/connection-loses-nothing", test_connection_loses_nothing);
    g_test_add_func("/network/datagram-call", test_datagram_call);
    g_test_add_func("/network/partial-partition", test_partial_partition);
    g_test_add_func("/network/one-way-partition", test_one_way_partition);
    g_test_add_func("/network/degradations-compose", test_degradations_compose);
    g_test_add_func("/network/degradation-loses", test_degradation_loses);
    g_test_add_func("/network/cut-without-network", test_cut_without_network);
    g_test_add_func("/network/zones", test_zones);
    return g_test_run();
}

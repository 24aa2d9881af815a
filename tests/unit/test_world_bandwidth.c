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

/* ---- streams ---- */

/* An opener on machine 1 and a far end on machine 2, 10 ms apart. */
struct pair {
    struct fixture f;
    struct probe opener, far;
};

static void begin(struct pair *pair)
{
    *pair = (struct pair){0};
    fixture_init(&pair->f, s(3000));
    probe_add(&pair->f, &pair->opener, "opener", 1);
    probe_add(&pair->f, &pair->far, "far", 1);
    fixture_link_latency(&pair->f, ms(10));
}

static void end(struct pair *pair)
{
    fixture_clear(&pair->f);
    probe_clear(&pair->opener);
    probe_clear(&pair->far);
}

/* A stream that is open at 20 ms. */
static sim_stream open_stream(struct pair *pair)
{
    fixture_start(&pair->f);
    fixture_run_until(&pair->f, 0);
    sim_stream stream = sim_stream_open(probe_node(&pair->f, "opener"), 2, 77, 1000);
    fixture_run_until(&pair->f, ms(20));
    probe_at(&pair->far, SIM_IN_STREAM_OPENED, 0, ms(10));
    return stream;
}

static void item(struct pair *pair, sim_stream stream, uint64_t number, int64_t bytes)
{
    g_assert_true(sim_stream_send(probe_node(&pair->f, "far"), stream,
                                  (struct sim_item){.key = number}, bytes));
}

static void items_came(const struct pair *pair, const double *times, uint32_t count)
{
    g_assert_cmpuint(probe_count(&pair->opener, SIM_IN_STREAM_ITEM), ==, count);
    for (uint32_t i = 0; i < count; i++) {
        probe_at(&pair->opener, SIM_IN_STREAM_ITEM, i, ms(times[i]));
        g_assert_cmpuint(probe_nth(&pair->opener, SIM_IN_STREAM_ITEM, i)->number, ==, i);
    }
}

/* Items pass both cards and the link as messages do, and the close, of no size, comes behind. */
static void test_stream_passes_cards(void)
{
    struct pair pair;
    begin(&pair);
    fixture_machine(&pair.f, 2)->bandwidth = 1e6; /* 4 ms for 4 kB */
    fixture_machine(&pair.f, 1)->bandwidth = 5e5; /* 8 ms */
    fixture_link(&pair.f, 0, 0)->bandwidth = 2e6; /* 2 ms */
    sim_stream stream = open_stream(&pair);
    item(&pair, stream, 0, 4000);
    item(&pair, stream, 1, 4000);
    sim_stream_close(probe_node(&pair.f, "far"), stream, SIM_STATUS_OK);
    fixture_run_until(&pair.f, s(1));
    items_came(&pair, (const double[]){20 + 4 + 2 + 10 + 8, 44 + 8}, 2);
    probe_at(&pair.opener, SIM_IN_STREAM_CLOSED, 0, ms(52));
    end(&pair);
}

/* Each of the three by itself, and none. */
static void test_stream_passes_one_thing(void)
{
    for (int which = 0; which < 4; which++) {
        struct pair pair;
        begin(&pair);
        fixture_machine(&pair.f, 2)->bandwidth = which == 1 ? 1e6 : 0;
        fixture_link(&pair.f, 0, 0)->bandwidth = which == 2 ? 1e6 : 0;
        fixture_machine(&pair.f, 1)->bandwidth = which == 3 ? 1e6 : 0;
        sim_stream stream = open_stream(&pair);
        item(&pair, stream, 0, 1000);
        item(&pair, stream, 1, 2000);
        fixture_run_until(&pair.f, s(1));
        items_came(&pair, which == 0 ? (const double[]){30, 30} : (const double[]){31, 33}, 2);
        end(&pair);
    }
}

/* Streams and messages wait for one another on a link, and a degraded one is slower for both. */
static void test_stream_beside_messages(void)
{
    struct pair pair;
    begin(&pair);
    fixture_link(&pair.f, 0, 0)->bandwidth = 1e6; /* 1 ms for 1 kB */
    struct sim_fault_spec *fault = fixture_add_fault(&pair.f, SIM_FAULT_LINK, ms(50), s(1), NULL);
    fixture_fault_sides(&pair.f, fault, "far", "opener");
    fault->slowness = 3;
    sim_stream stream = open_stream(&pair);
    probe_message(&pair.f, "far", "opener", 0, 2000); /* until 22 ms */
    item(&pair, stream, 0, 1000);
    probe_message(&pair.f, "far", "opener", 1, 1000);
    fixture_run_until(&pair.f, ms(60));
    item(&pair, stream, 1, 1000);
    fixture_run_until(&pair.f, s(1));
    items_came(&pair, (const double[]){33, 73}, 2);
    probe_at(&pair.opener, SIM_IN_MESSAGE, 0, ms(32));
    probe_at(&pair.opener, SIM_IN_MESSAGE, 1, ms(34));
    end(&pair);
}

/* Sends its item when its timer comes, which was armed before anything that comes at that instant.
 */
static void send_at_timer(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_TIMER) {
        const sim_stream *stream = probe->data;
        int64_t bytes = in->tag % 4 == 0 ? 1000 : in->tag % 7 == 0 ? 2000 : 0;
        g_assert_true(sim_stream_send(self, *stream, (struct sim_item){.key = in->tag}, bytes));
    }
}

static void order_case(double loss)
{
    struct pair pair;
    begin(&pair);
    fixture_machine(&pair.f, 2)->bandwidth = 1e6; /* 1 ms for 1 kB, as long as from item to item */
    fixture_machine(&pair.f, 1)->bandwidth = 1e6;
    fixture_link(&pair.f, 0, 0)->bandwidth = 1e6;
    fixture_link(&pair.f, 0, 0)->loss = loss;
    fixture_start(&pair.f);
    fixture_run_until(&pair.f, 0);
    sim_stream stream = sim_stream_open(probe_node(&pair.f, "opener"), 2, 77, 1000);
    pair.far.data = &stream;
    pair.far.on = send_at_timer;
    for (uint64_t i = 0; i < 1000; i++) {
        sim_after(probe_node(&pair.f, "far"), s(10) + ms(1) * (sim_time)i, PROBE_TIMER_A, i);
    }
    fixture_run_until(&pair.f, s(1000));
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        g_assert_cmpuint(probe_nth(&pair.opener, SIM_IN_STREAM_ITEM, i)->number, ==, i);
    }
    end(&pair);
}

/* What one end sends arrives in its order, also where an item of no size meets the end of a large
 * one at the same instant on a card. */
static void test_stream_keeps_order(void)
{
    order_case(0);
    order_case(0.05);
}

/* What is on the card of a node that dies goes with it; what is on the link arrives, and the reset
 * behind it. */
static void test_stream_dies_at_the_card(void)
{
    struct pair pair;
    begin(&pair);
    fixture_machine(&pair.f, 2)->bandwidth = 1e6;
    fixture_link(&pair.f, 0, 0)->bandwidth = 2e6;
    sim_stream stream = open_stream(&pair);
    item(&pair, stream, 0, 4000); /* on the link from 24 to 26 */
    item(&pair, stream, 1, 4000); /* on the card until 28 */
    fixture_run_until(&pair.f, ms(25));
    fixture_crash(&pair.f, "far");
    fixture_restart(&pair.f, "far");
    fixture_run_until(&pair.f, s(1));
    items_came(&pair, (const double[]){36}, 1);
    probe_at(&pair.opener, SIM_IN_STREAM_CLOSED, 0, ms(36));
    g_assert_cmpint(probe_nth(&pair.opener, SIM_IN_STREAM_CLOSED, 0)->status, ==,
                    SIM_STATUS_REFUSED);
    end(&pair);
}

/* What the dead had on their cards takes no memory afterwards. */
static void test_nothing_is_left_at_the_card(void)
{
    struct pair pair;
    begin(&pair);
    pair.opener.forgets = pair.far.forgets = true;
    pair.f.spec.limits.memory_bytes_max = 8 << 20;
    fixture_machine(&pair.f, 2)->bandwidth = 1;
    fixture_link(&pair.f, 0, 0)->bandwidth = 1e9;
    fixture_start(&pair.f);
    fixture_run_until(&pair.f, 0);
    for (int round = 0; round < 200; round++) {
        sim_stream stream = sim_stream_open(probe_node(&pair.f, "opener"), 2, 77, 5000);
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(20));
        for (uint64_t i = 0; i < 5000; i++) {
            item(&pair, stream, i, 1);
        }
        fixture_crash(&pair.f, "far");
        fixture_restart(&pair.f, "far");
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(20));
    }
    for (uint64_t i = 0; i < 10000; i++) { /* so that limits are looked at */
        sim_after(probe_node(&pair.f, "opener"), (sim_time)i, PROBE_TIMER_A, i);
    }
    g_assert_cmpint(fixture_run(&pair.f), ==, SIM_ENDING_DONE);
    end(&pair);
}

/* Both ends close while items are on the card and before it: they pass, and nobody hears. */
static void test_stream_ends_before_its_items(void)
{
    struct pair pair;
    begin(&pair);
    fixture_machine(&pair.f, 2)->bandwidth = 1e6;
    fixture_link(&pair.f, 0, 0)->bandwidth = 1e6;
    sim_stream stream = open_stream(&pair);
    item(&pair, stream, 0, 4000);
    sim_stream_close(probe_node(&pair.f, "far"), stream, SIM_STATUS_OK);
    sim_stream_close(probe_node(&pair.f, "opener"), stream, SIM_STATUS_OK);
    fixture_run_until(&pair.f, ms(24));
    probe_message(&pair.f, "far", "opener", 0, 1000); /* card until 25, link from 28 */
    fixture_run_until(&pair.f, s(1));
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 0);
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_CLOSED), ==, 0);
    probe_at(&pair.opener, SIM_IN_MESSAGE, 0, ms(28 + 1 + 10));
    end(&pair);
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
    g_test_add_func("/bandwidth/stream-passes-cards", test_stream_passes_cards);
    g_test_add_func("/bandwidth/stream-passes-one-thing", test_stream_passes_one_thing);
    g_test_add_func("/bandwidth/stream-beside-messages", test_stream_beside_messages);
    g_test_add_func("/bandwidth/stream-keeps-order", test_stream_keeps_order);
    g_test_add_func("/bandwidth/stream-dies-at-the-card", test_stream_dies_at_the_card);
    g_test_add_func("/bandwidth/nothing-is-left-at-the-card", test_nothing_is_left_at_the_card);
    g_test_add_func("/bandwidth/stream-ends-before-its-items", test_stream_ends_before_its_items);
    return g_test_run();
}

/* Streams: credit, order, and how each end learns that it is over. */
#include "probe.h"

struct pair {
    struct fixture f;
    struct probe opener, far;
};

static void begin(struct pair *pair, sim_time latency)
{
    *pair = (struct pair){0};
    fixture_init(&pair->f, s(3000));
    probe_add(&pair->f, &pair->opener, "opener", 1);
    probe_add(&pair->f, &pair->far, "far", 1);
    fixture_link_latency(&pair->f, latency);
}

static void start(struct pair *pair)
{
    fixture_start(&pair->f);
    fixture_run_until(&pair->f, 0);
}

static void end(struct pair *pair)
{
    fixture_clear(&pair->f);
    probe_clear(&pair->opener);
    probe_clear(&pair->far);
}

static void at(struct pair *pair, double time)
{
    fixture_run_until(&pair->f, ms(time));
}

static struct sim_node *opener(struct pair *pair)
{
    return probe_node(&pair->f, "opener");
}

static struct sim_node *far_end(struct pair *pair)
{
    return probe_node(&pair->f, "far");
}

static sim_stream open_stream(struct pair *pair, uint64_t credit)
{
    return sim_stream_open(opener(pair), 2, 77, credit);
}

static void closed(const struct probe *probe, uint32_t n, double time, enum sim_status status)
{
    const struct probe_seen *seen = probe_nth(probe, SIM_IN_STREAM_CLOSED, n);
    g_assert_cmpint(seen->time, ==, ms(time));
    g_assert_cmpint(seen->status, ==, status);
    g_assert_cmpuint(seen->tag, ==, 77);
}

static uint32_t closings(const struct pair *pair)
{
    return probe_count(&pair->opener, SIM_IN_STREAM_CLOSED) +
           probe_count(&pair->far, SIM_IN_STREAM_CLOSED);
}

static void test_open_and_items(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 3);
    at(&pair, 10);
    const struct probe_seen *opened = probe_nth(&pair.far, SIM_IN_STREAM_OPENED, 0);
    g_assert_cmpint(opened->time, ==, ms(10));
    g_assert_cmpuint(opened->tag, ==, 77);
    g_assert_cmpuint(opened->from, ==, 1);
    g_assert_cmpuint(opened->number, ==, 3);
    g_assert_cmpuint(opened->handle, ==, stream);
    g_assert_cmpuint(sim_stream_tag(far_end(&pair), stream), ==, 77);
    for (uint64_t item = 0; item < 3; item++) {
        g_assert_true(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = item}, 100));
    }
    g_assert_false(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 3},
                                   100)); /* no credit left */
    at(&pair, 15);
    sim_stream_grant(opener(&pair), stream, 2);
    at(&pair, 24);
    g_assert_false(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 3}, 100));
    at(&pair, 25);
    g_assert_cmpuint(probe_nth(&pair.far, SIM_IN_STREAM_CREDIT, 0)->number, ==, 2);
    g_assert_true(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 3}, 100));
    at(&pair, 100);
    for (uint32_t i = 0; i < 4; i++) {
        probe_at(&pair.opener, SIM_IN_STREAM_ITEM, i, ms(i < 3 ? 20 : 35));
        g_assert_cmpuint(probe_nth(&pair.opener, SIM_IN_STREAM_ITEM, i)->number, ==, i);
    }
    end(&pair);
}

/* Items of one stream arrive in order, however their latencies are drawn. */
static void test_order(void)
{
    struct pair pair;
    begin(&pair, 0);
    fixture_link(&pair.f, 0, 0)->latency = fixture_law(&pair.f, "exponential(ms(10))");
    fixture_link(&pair.f, 0, 0)->loss = 0.2;
    start(&pair);
    sim_stream stream = open_stream(&pair, 1000);
    fixture_run_until(&pair.f, s(10));
    for (uint64_t item = 0; item < 500; item++) {
        fixture_run_until(&pair.f, s(10) + ms(1) * (sim_time)item);
        g_assert_true(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = item}, 0));
        if (item == 250) {
            fixture_cut(&pair.f, "far", "opener", true);
        } else if (item == 350) {
            fixture_cut(&pair.f, "far", "opener", false);
        }
    }
    fixture_run_until(&pair.f, s(1000));
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 500);
    for (uint32_t i = 0; i < 500; i++) {
        g_assert_cmpuint(probe_nth(&pair.opener, SIM_IN_STREAM_ITEM, i)->number, ==, i);
    }
    end(&pair);
}

/* The exact moments of a cut and a heal: 200 ms, doubling; those behind wait. */
static void test_cut_and_heal(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 100);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 1}, 0);
    at(&pair, 105);
    fixture_cut(&pair.f, "far", "opener", true);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 2}, 0); /* again at 305, 705 */
    at(&pair, 400);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 3}, 0);
    at(&pair, 500);
    fixture_cut(&pair.f, "far", "opener", false);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 4}, 0); /* still behind 2 */
    at(&pair, 1000);
    static const double times[] = {110, 715, 715, 715};
    for (uint32_t i = 0; i < 4; i++) {
        probe_at(&pair.opener, SIM_IN_STREAM_ITEM, i, ms(times[i]));
        g_assert_cmpuint(probe_nth(&pair.opener, SIM_IN_STREAM_ITEM, i)->number, ==, i + 1);
    }
    end(&pair);
}

static void close_case(bool by_opener)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 1}, 0);
    struct sim_node *closer = by_opener ? opener(&pair) : far_end(&pair);
    sim_stream_close(closer, stream, SIM_STATUS_UNAVAILABLE);
    sim_stream_close(closer, stream, SIM_STATUS_OK); /* harmless */
    g_assert_false(sim_stream_is_open(closer, stream));
    at(&pair, 100);
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(by_opener ? &pair.far : &pair.opener, 0, 30, SIM_STATUS_UNAVAILABLE);
    /* What was on its way to an end that has closed is not heard. */
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, by_opener ? 0 : 1);
    g_assert_false(sim_stream_is_open(opener(&pair), stream));
    g_assert_false(sim_stream_is_open(far_end(&pair), stream));
    g_assert_false(sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 2}, 0));
    end(&pair);
}

static void test_close(void)
{
    close_case(true);
    close_case(false);
    /* Both at once: neither is told. */
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    sim_stream_close(opener(&pair), stream, SIM_STATUS_OK);
    sim_stream_close(far_end(&pair), stream, SIM_STATUS_OK);
    at(&pair, 100);
    g_assert_cmpuint(closings(&pair), ==, 0);
    end(&pair);
}

/* Items that were on their way to an end that has closed: word of that is on its way already. */
static void test_strays(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 50);
    at(&pair, 20);
    for (uint64_t i = 0; i < 50; i++) {
        sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = i}, 0);
    }
    sim_stream_close(opener(&pair), stream, SIM_STATUS_OK);
    g_assert_cmpuint(sim_world_run_events(pair.f.world, 1000), ==, 51);
    end(&pair);
}

/* What was on its way to the dead, be it a million items, takes no memory afterwards. */
static void test_nothing_is_left_of_the_dead(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    pair.opener.forgets = pair.far.forgets = true;
    pair.f.spec.limits.memory_bytes_max = 8 << 20;
    start(&pair);
    for (int round = 0; round < 200; round++) {
        sim_stream stream = open_stream(&pair, 5000);
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(20));
        for (uint64_t i = 0; i < 5000; i++) {
            sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = i}, 0);
        }
        fixture_crash(&pair.f, "opener");
        fixture_restart(&pair.f, "opener");
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(20));
    }
    for (uint64_t i = 0; i < 10000; i++) {
        sim_after(opener(&pair), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_cmpint(fixture_run(&pair.f), ==, SIM_ENDING_DONE);
    end(&pair);
}

static void death_case(bool of_opener)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 1}, 0);
    at(&pair, 25);
    fixture_crash(&pair.f, of_opener ? "opener" : "far");
    fixture_restart(&pair.f, of_opener ? "opener" : "far");
    at(&pair, 100);
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(of_opener ? &pair.far : &pair.opener, 0, 35, SIM_STATUS_REFUSED);
    /* An item that had left before the death of its sender arrives. */
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, of_opener ? 0 : 1);
    g_assert_false(sim_stream_is_open(opener(&pair), stream));
    g_assert_false(sim_stream_is_open(far_end(&pair), stream));
    end(&pair);
}

static void test_death(void)
{
    death_case(true);
    death_case(false);
}

/* Nobody tells the opener; what it sends after the restart is answered by the new life. */
static void test_silent_death(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    sim_world_crash(pair.f.world, 2, true);
    at(&pair, 30);
    sim_stream_grant(opener(&pair), stream, 1); /* into the void */
    at(&pair, 100);
    g_assert_cmpuint(closings(&pair), ==, 0);
    g_assert_true(sim_stream_is_open(opener(&pair), stream));
    fixture_restart(&pair.f, "far");
    at(&pair, 200);
    g_assert_cmpuint(closings(&pair), ==, 0);
    sim_stream_grant(opener(&pair), stream, 1);
    at(&pair, 300);
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(&pair.opener, 0, 220, SIM_STATUS_REFUSED);
    end(&pair);
}

/* The reset does not get through; the next word to the dead is answered. */
static void test_death_behind_a_partition(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    fixture_cut(&pair.f, "far", "opener", true);
    fixture_crash(&pair.f, "far");
    at(&pair, 100);
    fixture_cut(&pair.f, "far", "opener", false);
    at(&pair, 200);
    g_assert_cmpuint(closings(&pair), ==, 0);
    sim_stream_grant(opener(&pair), stream, 1);
    at(&pair, 300);
    closed(&pair.opener, 0, 220, SIM_STATUS_REFUSED);
    end(&pair);
}

static void test_open_to_the_dead(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    fixture_crash(&pair.f, "far");
    open_stream(&pair, 10);
    at(&pair, 100);
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(&pair.opener, 0, 20, SIM_STATUS_REFUSED);
    end(&pair);
}

/* The opening is on its way, or waits behind a partition, when the far end dies and comes back. */
static void test_death_before_opened(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    open_stream(&pair, 10);
    at(&pair, 5);
    fixture_crash(&pair.f, "far");
    fixture_restart(&pair.f, "far");
    at(&pair, 100);
    closed(&pair.opener, 0, 15, SIM_STATUS_REFUSED);
    g_assert_cmpuint(probe_count(&pair.far, SIM_IN_STREAM_OPENED), ==, 0);
    end(&pair);

    begin(&pair, ms(10));
    start(&pair);
    fixture_cut(&pair.f, "opener", "far", true);
    fixture_cut(&pair.f, "far", "opener", true);
    open_stream(&pair, 10); /* again at 200 */
    at(&pair, 5);
    fixture_crash(&pair.f, "far");
    fixture_restart(&pair.f, "far");
    at(&pair, 100);
    fixture_cut(&pair.f, "opener", "far", false);
    fixture_cut(&pair.f, "far", "opener", false);
    at(&pair, 400);
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(&pair.opener, 0, 220, SIM_STATUS_REFUSED);
    end(&pair);
}

/* When 15 repetitions have failed both ends are told, each by its own machine. */
static void test_broken(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 1000);
    fixture_cut(&pair.f, "far", "opener", true);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 1}, 0);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 2}, 0);
    fixture_run_until(&pair.f, s(2000));
    g_assert_cmpuint(closings(&pair), ==, 2);
    closed(&pair.far, 0, 1000 + 804600, SIM_STATUS_REFUSED);
    closed(&pair.opener, 0, 1000 + 804600, SIM_STATUS_REFUSED);
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 0);
    end(&pair);

    /* One that was closed at the cut-off end: only the other hears of it. */
    begin(&pair, ms(10));
    start(&pair);
    stream = open_stream(&pair, 10);
    at(&pair, 1000);
    fixture_cut(&pair.f, "far", "opener", true);
    sim_stream_close(far_end(&pair), stream, SIM_STATUS_OK);
    fixture_run_until(&pair.f, s(2000));
    g_assert_cmpuint(closings(&pair), ==, 1);
    closed(&pair.opener, 0, 1000 + 804600, SIM_STATUS_REFUSED);
    end(&pair);
}

static void test_pause(void)
{
    struct pair pair;
    begin(&pair, ms(10));
    start(&pair);
    sim_stream stream = open_stream(&pair, 10);
    at(&pair, 20);
    fixture_pause(&pair.f, "opener", true);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 1}, 0);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 2}, 0);
    at(&pair, 100);
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 0);
    fixture_pause(&pair.f, "opener", false);
    probe_at(&pair.opener, SIM_IN_STREAM_ITEM, 1, ms(100));
    /* Dies with words in its ear. */
    fixture_pause(&pair.f, "opener", true);
    sim_stream_send(far_end(&pair), stream, (struct sim_item){.key = 3}, 0);
    at(&pair, 200);
    fixture_crash(&pair.f, "opener");
    fixture_pause(&pair.f, "opener", false);
    fixture_restart(&pair.f, "opener");
    at(&pair, 300);
    g_assert_cmpuint(probe_count(&pair.opener, SIM_IN_STREAM_ITEM), ==, 2);
    closed(&pair.far, 0, 210, SIM_STATUS_REFUSED);
    end(&pair);
}

/* A million open streams are slots in a table, of 150 bytes each at most, and nothing is left of
 * them when they are closed, so that the next million takes no more. */
static void test_a_million(void)
{
    const uint32_t count = 1000000;
    struct pair pair;
    begin(&pair, ms(10));
    pair.opener.forgets = pair.far.forgets = true;
    pair.f.spec.limits.memory_bytes_max = 150ull * count;
    start(&pair);
    sim_stream *streams = g_new(sim_stream, count);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < count; i++) {
            streams[i] = sim_stream_open(opener(&pair), 2, i, 1);
            if (i % 1000 == 999) {
                fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(10));
            }
        }
        for (uint32_t i = 0; i < count; i += 1000) {
            g_assert_true(
                sim_stream_send(far_end(&pair), streams[i], (struct sim_item){.key = i}, 10));
        }
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + s(1));
        g_assert_true(sim_stream_is_open(opener(&pair), streams[count - 1]));
        if (round == 1) {
            break;
        }
        for (uint32_t i = 0; i < count; i++) {
            sim_stream_close(opener(&pair), streams[i], SIM_STATUS_OK);
            if (i % 1000 == 999) {
                fixture_run_until(&pair.f, sim_world_now(pair.f.world) + ms(10));
            }
        }
        fixture_run_until(&pair.f, sim_world_now(pair.f.world) + s(1));
        g_assert_false(sim_stream_is_open(far_end(&pair), streams[count - 1]));
    }
    /* The limit on memory is what measures it: a run that goes on is not ended by it. */
    for (uint64_t i = 0; i < 10000; i++) {
        sim_after(opener(&pair), (sim_time)i, PROBE_TIMER_A, i);
    }
    g_assert_cmpint(fixture_run(&pair.f), ==, SIM_ENDING_DONE);
    g_free(streams);
    end(&pair);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream/open-and-items", test_open_and_items);
    g_test_add_func("/stream/order", test_order);
    g_test_add_func("/stream/cut-and-heal", test_cut_and_heal);
    g_test_add_func("/stream/close", test_close);
    g_test_add_func("/stream/strays", test_strays);
    g_test_add_func("/stream/nothing-is-left-of-the-dead", test_nothing_is_left_of_the_dead);
    g_test_add_func("/stream/death", test_death);
    g_test_add_func("/stream/silent-death", test_silent_death);
    g_test_add_func("/stream/death-behind-a-partition", test_death_behind_a_partition);
    g_test_add_func("/stream/open-to-the-dead", test_open_to_the_dead);
    g_test_add_func("/stream/death-before-opened", test_death_before_opened);
    g_test_add_func("/stream/broken", test_broken);
    g_test_add_func("/stream/pause", test_pause);
    g_test_add_func("/stream/a-million", test_a_million);
    return g_test_run();
}

/* Streams over a limited number of connections: each open one occupies one, as server-sent events
 * do over HTTP/1.1, where a browser has six to a host; to the nanosecond. */
#include "probe.h"

enum { CLIENT = 1, SERVER };

static void begin(struct story *story, int64_t connections_max)
{
    story_begin(story, PROBE_AT_ONCE, ms(10));
    story_transport(story)->connections_max = connections_max;
}

static struct sim_node *client(struct story *story)
{
    return probe_node(&story->f, "client");
}

static struct sim_node *server(struct story *story)
{
    return probe_node(&story->f, "server");
}

static void at(struct story *story, double time)
{
    fixture_run_until(&story->f, ms(time));
}

static sim_stream open_stream(struct story *story, uint64_t tag)
{
    return sim_stream_open(client(story), SERVER, tag, 1);
}

static void close_stream(struct story *story, sim_stream stream)
{
    sim_stream_close(client(story), stream, SIM_STATUS_OK);
}

/* The server's n-th stream: when it opened, which one it is. */
static void opened(const struct story *story, uint32_t n, double time, uint64_t tag)
{
    const struct probe_seen *seen = probe_nth(&story->server, SIM_IN_STREAM_OPENED, n);
    g_assert_cmpint(seen->time, ==, ms(time));
    g_assert_cmpuint(seen->tag, ==, tag);
}

static void closed(const struct probe *probe, uint32_t n, double time, uint64_t tag,
                   enum sim_status status)
{
    const struct probe_seen *seen = probe_nth(probe, SIM_IN_STREAM_CLOSED, n);
    g_assert_cmpint(seen->time, ==, ms(time));
    g_assert_cmpuint(seen->tag, ==, tag);
    g_assert_cmpint(seen->status, ==, status);
}

static uint32_t opened_count(const struct story *story)
{
    return probe_count(&story->server, SIM_IN_STREAM_OPENED);
}

/* Six streams are open: the seventh, a request and the eighth wait, in that order, each for the
 * next that ends, whichever end closes it. */
static void test_six(void)
{
    struct story story;
    begin(&story, 6);
    story_start(&story);
    sim_stream streams[9];
    for (uint64_t i = 1; i <= 7; i++) {
        streams[i] = open_stream(&story, i);
    }
    probe_call(&story.f, "client", "server", 0, 100);
    streams[8] = open_stream(&story, 8);
    sim_stream_grant(client(&story), streams[7], 5); /* goes with its opening */
    at(&story, 100);
    g_assert_cmpuint(opened_count(&story), ==, 6);
    g_assert_true(sim_stream_is_open(client(&story), streams[7]));
    close_stream(&story, streams[3]);
    at(&story, 200);
    opened(&story, 5, 10, 6);
    opened(&story, 6, 110, 7);
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_STREAM_OPENED, 6)->number, ==, 6);
    sim_stream_close(server(&story), streams[5], SIM_STATUS_OK); /* heard of at 210 */
    at(&story, 300);
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(220));
    probe_outcome(&story.client, 0, ms(230), 100, SIM_STATUS_OK);
    opened(&story, 7, 240, 8); /* on the connection of the request */
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_STREAM_CREDIT), ==, 0);
    story_end(&story);
}

/* Where all share one connection, or there is no limit, none waits. */
static void test_no_limit(void)
{
    for (int is_multiplexed = 0; is_multiplexed <= 1; is_multiplexed++) {
        struct story story;
        begin(&story, is_multiplexed ? 6 : 0);
        story_transport(&story)->multiplex = is_multiplexed;
        story_start(&story);
        for (uint64_t i = 1; i <= 8; i++) {
            open_stream(&story, i);
        }
        probe_call(&story.f, "client", "server", 0, 100);
        at(&story, 100);
        opened(&story, 7, 10, 8);
        probe_outcome(&story.client, 0, ms(20), 100, SIM_STATUS_OK);
        story_end(&story);
    }
}

/* A new connection is made first; that of a stream is closed with it, that of a request stays. */
static void test_handshake(void)
{
    struct story story;
    begin(&story, 1);
    story_transport(&story)->warm = false;
    story_transport(&story)->handshake = 2;
    story_start(&story);
    sim_stream first = open_stream(&story, 1); /* handshake until 40 */
    probe_call(&story.f, "client", "server", 0, 100);
    open_stream(&story, 2);
    at(&story, 100);
    opened(&story, 0, 50, 1);
    close_stream(&story, first); /* handshake until 140 */
    at(&story, 300);
    probe_outcome(&story.client, 0, ms(160), 100, SIM_STATUS_OK);
    opened(&story, 1, 170, 2);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 2);
    story_end(&story);
}

/* Who gives up waiting is passed over, and the server never hears of it. */
static void test_given_up(void)
{
    struct story story;
    begin(&story, 1);
    story_start(&story);
    sim_stream first = open_stream(&story, 1);
    sim_stream second = open_stream(&story, 2);
    probe_call_within(&story.f, "client", "server", 0, ms(40), 100);
    open_stream(&story, 3);
    at(&story, 50);
    probe_outcome(&story.client, 0, ms(40), 100, SIM_STATUS_TIMEOUT);
    close_stream(&story, second);
    g_assert_false(sim_stream_is_open(client(&story), second));
    at(&story, 100);
    close_stream(&story, first);
    at(&story, 200);
    g_assert_cmpuint(opened_count(&story), ==, 2);
    opened(&story, 1, 110, 3);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 0);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_STREAM_CLOSED), ==, 1);
    story_end(&story);
}

/* A stream stays for ever; those that wait behind it and give up take no memory. */
static void test_many_given_up(void)
{
    struct story story;
    begin(&story, 1);
    story.client.forgets = true;
    story.f.spec.limits.memory_bytes_max = 4 << 20;
    story_start(&story);
    open_stream(&story, 1);
    sim_stream waiting = open_stream(&story, 2); /* at the head, and does not give up */
    for (uint64_t i = 0; i < 200000; i++) {
        probe_call_within(&story.f, "client", "server", 0, 1, i);
        fixture_run_until(&story.f, ms(1) + 2 * (sim_time)i);
        close_stream(&story, open_stream(&story, i));
    }
    for (uint64_t i = 0; i < 10000; i++) {
        sim_after(client(&story), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_true(sim_stream_is_open(client(&story), waiting));
    g_assert_cmpint(fixture_run(&story.f), ==, SIM_ENDING_DONE);
    story_end(&story);
}

/* The server's death ends the streams that are open; those that wait are refused one by one where
 * it stays down. */
static void test_death_of_the_server(void)
{
    struct story story;
    begin(&story, 1);
    story_start(&story);
    open_stream(&story, 1);
    open_stream(&story, 2);
    at(&story, 100);
    fixture_crash(&story.f, "server");
    at(&story, 200);
    closed(&story.client, 0, 110, 1, SIM_STATUS_REFUSED);
    closed(&story.client, 1, 130, 2, SIM_STATUS_REFUSED); /* sent at 110 */
    fixture_restart(&story.f, "server");
    at(&story, 300);
    open_stream(&story, 3);
    at(&story, 400);
    opened(&story, 1, 310, 3);
    story_end(&story);
}

/* In silence: the stream hangs, and who waits does, until the client closes it. */
static void test_silence(void)
{
    struct story story;
    begin(&story, 1);
    story_start(&story);
    sim_stream first = open_stream(&story, 1);
    open_stream(&story, 2);
    at(&story, 100);
    sim_world_crash(story.f.world, SERVER, true);
    at(&story, 200);
    fixture_restart(&story.f, "server");
    at(&story, 300);
    g_assert_cmpuint(opened_count(&story), ==, 1);
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_STREAM_CLOSED), ==, 0);
    close_stream(&story, first);
    at(&story, 400);
    opened(&story, 1, 310, 2);
    story_end(&story);
}

/* The client's death frees its connections, and nothing that waited is sent any more. */
static void test_death_of_the_client(void)
{
    struct story story;
    begin(&story, 1);
    story_start(&story);
    open_stream(&story, 1);
    open_stream(&story, 2);
    probe_call(&story.f, "client", "server", 0, 100);
    at(&story, 100);
    fixture_crash(&story.f, "client");
    fixture_restart(&story.f, "client");
    at(&story, 101);
    open_stream(&story, 3);
    open_stream(&story, 4);
    at(&story, 200);
    g_assert_cmpuint(opened_count(&story), ==, 2);
    opened(&story, 1, 111, 3);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_STREAM_CLOSED), ==, 1);
    closed(&story.server, 0, 110, 1, SIM_STATUS_REFUSED);
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_REQUEST), ==, 0);
    story_end(&story);
}

/* The handshake waits for a partition to heal (tries at 0, 200, 600 ms); a stream that is closed
 * before it has begun leaves its connection to the next. */
static void test_cut(void)
{
    struct story story;
    begin(&story, 1);
    story_transport(&story)->warm = false;
    story_start(&story);
    fixture_cut(&story.f, "client", "server", true);
    sim_stream first = open_stream(&story, 1);
    open_stream(&story, 2);
    at(&story, 100);
    close_stream(&story, first); /* the second tries at 100, 300, 700 */
    at(&story, 650);
    fixture_cut(&story.f, "client", "server", false);
    at(&story, 1000);
    g_assert_cmpuint(opened_count(&story), ==, 1);
    opened(&story, 0, 700 + 20 + 10, 2);
    g_assert_cmpuint(story_totals(&story).handshakes, ==, 1);
    story_end(&story);
}

/* A stream that breaks because nothing gets through any more frees its connection too. */
static void test_broken(void)
{
    struct story story;
    begin(&story, 1);
    story_start(&story);
    sim_stream first = open_stream(&story, 1);
    open_stream(&story, 2);
    at(&story, 1000);
    fixture_cut(&story.f, "client", "server", true);
    sim_stream_grant(client(&story), first, 1);
    at(&story, 1000 + 804599);
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_STREAM_CLOSED), ==, 0);
    at(&story, 1000 + 804600);
    closed(&story.client, 0, 1000 + 804600, 1, SIM_STATUS_REFUSED);
    fixture_cut(&story.f, "client", "server", false);
    at(&story, 1000 + 804900);
    opened(&story, 1, 1000 + 804600 + 200 + 10, 2);
    story_end(&story);
}

/* ---- at random ---- */

enum { STEPS = 400, LIMIT = 3 };

struct play {
    struct story story;
    struct sim_random random;
    GArray *streams; /* sim_stream */
    bool is_down[2], is_cut[2];
};

static bool chance(struct play *play, double probability)
{
    return sim_random_chance(&play->random, probability);
}

static void turn(struct play *play, int end, bool is_down)
{
    const char *name = end == 0 ? "client" : "server";
    if (is_down && !play->is_down[end]) {
        sim_world_crash(play->story.f.world, end == 0 ? CLIENT : SERVER, chance(play, 0.5));
    } else if (!is_down && play->is_down[end]) {
        fixture_restart(&play->story.f, name);
    }
    play->is_down[end] = is_down;
}

static void cut(struct play *play, int way, bool is_cut)
{
    if (play->is_cut[way] != is_cut) {
        fixture_cut(&play->story.f, way == 0 ? "client" : "server", way == 0 ? "server" : "client",
                    is_cut);
    }
    play->is_cut[way] = is_cut;
}

static void step(struct play *play, uint64_t number)
{
    struct story *story = &play->story;
    for (int end = 0; end <= 1; end++) {
        turn(play, end, chance(play, play->is_down[end] ? 0.5 : 0.03));
        cut(play, end, chance(play, play->is_cut[end] ? 0.5 : 0.05));
    }
    fixture_run_until(&story->f, sim_world_now(story->f.world)); /* the restart */
    if (!play->is_down[0] && chance(play, 0.5)) {
        sim_stream stream = open_stream(story, number);
        g_array_append_val(play->streams, stream);
    }
    if (!play->is_down[0] && chance(play, 0.3)) {
        probe_call_within(&story->f, "client", "server", 0, ms(100), number);
    }
    for (guint i = 0; i < play->streams->len; i++) {
        sim_stream stream = g_array_index(play->streams, sim_stream, i);
        int end = chance(play, 0.5);
        if (!play->is_down[end] && chance(play, 0.1)) {
            sim_stream_close(end == 0 ? client(story) : server(story), stream, SIM_STATUS_OK);
        } else if (!play->is_down[0] && chance(play, 0.1)) {
            sim_stream_grant(client(story), stream, 1);
        }
    }
    fixture_run_until(&story->f, sim_world_now(story->f.world) +
                                     (sim_time)sim_random_below(&play->random, (uint64_t)ms(80)));
    g_assert_true(sim_world_audit(story->f.world, stderr));
}

/* Whatever happens, in the end all connections are free: so many streams open at once, and one
 * more waits. */
static void test_at_random(void)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct play play = {.streams = g_array_new(FALSE, FALSE, sizeof(sim_stream))};
        struct story *story = &play.story;
        begin(story, LIMIT);
        story_transport(story)->warm = seed % 2 == 0;
        story_transport(story)->idle = seed % 3 == 0 ? 0 : s(100000);
        fixture_link(&story->f, 0, 0)->loss = seed % 5 == 0 ? 0.05 : 0;
        story_start(story);
        sim_random_init(&play.random, seed, "test", "play");
        for (uint64_t number = 1; number <= STEPS; number++) {
            step(&play, number);
        }
        for (int end = 0; end <= 1; end++) {
            turn(&play, end, false);
            cut(&play, end, false);
        }
        fixture_run_until(&story->f, sim_world_now(story->f.world) + s(500));
        for (guint i = 0; i < play.streams->len; i++) {
            close_stream(story, g_array_index(play.streams, sim_stream, i));
        }
        fixture_link(&story->f, 0, 0)->loss = 0;
        fixture_run_until(&story->f, sim_world_now(story->f.world) + s(500));
        uint32_t before = opened_count(story);
        g_assert_cmpuint(before, >, 10);
        for (uint64_t i = 0; i <= LIMIT; i++) {
            open_stream(story, i);
        }
        fixture_run_until(&story->f, sim_world_now(story->f.world) + s(1));
        g_assert_cmpuint(opened_count(story) - before, ==, LIMIT);
        story_end(story);
        g_array_free(play.streams, TRUE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream-pool/six", test_six);
    g_test_add_func("/stream-pool/no-limit", test_no_limit);
    g_test_add_func("/stream-pool/handshake", test_handshake);
    g_test_add_func("/stream-pool/given-up", test_given_up);
    g_test_add_func("/stream-pool/many-given-up", test_many_given_up);
    g_test_add_func("/stream-pool/death-of-the-server", test_death_of_the_server);
    g_test_add_func("/stream-pool/silence", test_silence);
    g_test_add_func("/stream-pool/death-of-the-client", test_death_of_the_client);
    g_test_add_func("/stream-pool/cut", test_cut);
    g_test_add_func("/stream-pool/broken", test_broken);
    g_test_add_func("/stream-pool/at-random", test_at_random);
    return g_test_run();
}

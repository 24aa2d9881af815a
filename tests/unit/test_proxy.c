/* What a proxy costs, to the nanosecond, and whom it lets pass. If these failed, a scenario would
 * have its handshakes, its compression or its authorization for nothing.
 */
#include "models.h"
#include "probe.h"

/* "users" ask "front" by hand, which stands before "web"; "auth" says who may pass. All of them are
 * probes but the proxy, and answer at once. */
struct proxy_story {
    struct fixture f;
    struct probe users, web, auth;
    enum sim_status verdict; /* of auth */
    int64_t bytes;           /* of web's replies */
    enum sim_status served;  /* by web */
    struct sim_reply reply;  /* the last one that users got */
};

static void on_users(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        ((struct proxy_story *)probe->data)->reply = in->outcome->reply;
    }
}

static void on_web(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    const struct proxy_story *story = probe->data;
    if (in->kind == SIM_IN_REQUEST) {
        struct sim_reply reply = {.status = story->served, .bytes = story->bytes};
        sim_answer(self, in->ticket, &reply);
    }
}

static void on_auth(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    const struct proxy_story *story = probe->data;
    if (in->kind == SIM_IN_REQUEST) {
        sim_answer_status(self, in->ticket, story->verdict);
    }
}

static void begin(struct proxy_story *story, const char *params)
{
    *story = (struct proxy_story){.bytes = 100000};
    story->users = (struct probe){.on = on_users, .data = story};
    story->web = (struct probe){.on = on_web, .data = story};
    story->auth = (struct probe){.on = on_auth, .data = story};
    fixture_init(&story->f, s(1000));
    fixture_add_node(&story->f, "front", &sim_model_proxy, params);
    probe_add(&story->f, &story->web, "web", 1);
    probe_add(&story->f, &story->auth, "auth", 1);
    probe_add(&story->f, &story->users, "users", 1);
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static void end(struct proxy_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->users);
    probe_clear(&story->web);
    probe_clear(&story->auth);
}

static void send(struct proxy_story *story, sim_time at, uint64_t session, uint64_t tag)
{
    fixture_run_until(&story->f, at);
    struct sim_request request = {
        .operation = SIM_OP_READ, .session = session, .deadline = SIM_NEVER};
    sim_send_request(probe_node(&story->f, "users"), fixture_id(&story->f, "front"), &request,
                     SIM_NEVER, tag);
    fixture_run_until(&story->f, at);
}

static void total(const struct proxy_story *story, const char *metric, uint64_t count)
{
    g_assert_cmpuint(fixture_total(&story->f, "front", metric), ==, count);
}

/* 3 ms of a request and 2 ms of a handshake, one after the other on one core, side by side on two.
 */
static void test_work(void)
{
    for (int64_t servers = 1; servers <= 2; servers++) {
        struct proxy_story story;
        begin(&story, servers == 1 ? "to = 'web', cost = ms(3), handshake = ms(2)"
                                   : "to = 'web', cost = ms(3), handshake = ms(2), servers = 2");
        send(&story, 0, 0, 0);
        send(&story, 0, 0, 1);
        fixture_run_until(&story.f, s(1));
        probe_outcome(&story.users, 0, ms(5), 0, SIM_STATUS_OK);
        probe_outcome(&story.users, 1, servers == 1 ? ms(10) : ms(5), 1, SIM_STATUS_OK);
        total(&story, "handshakes", 2);
        g_assert_cmpint(story.reply.bytes, ==, 100000);
        end(&story);
    }
}

/* Requests that come on connections that are open need no handshake. Of 1,000 of which three in ten
 * do, 300 give or take 3 x 14.5. */
static void test_keep_alive(void)
{
    struct proxy_story story;
    begin(&story, "to = 'web', handshake = ms(2), new_connections = percent(0)");
    send(&story, 0, 0, 0);
    probe_outcome(&story.users, 0, 0, 0, SIM_STATUS_OK);
    total(&story, "handshakes", 0);
    end(&story);

    begin(&story, "to = 'web', handshake = us(2), new_connections = percent(30)");
    for (uint64_t i = 0; i < 1000; i++) {
        send(&story, ms((double)i), 0, i);
    }
    uint64_t handshakes = fixture_total(&story.f, "front", "handshakes");
    g_assert_cmpuint(handshakes, >, 256);
    g_assert_cmpuint(handshakes, <, 344);
    end(&story);
}

/* 100 kB at 10 MB/s are 10 ms, and 20 kB are left. */
#define COMPRESSING "to = 'web', compress_speed = MB(10), compress_to = percent(20)"

static void test_compression(void)
{
    struct proxy_story story;
    begin(&story, COMPRESSING);
    send(&story, 0, 0, 0);
    send(&story, 0, 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.users, 0, ms(10), 0, SIM_STATUS_OK);
    probe_outcome(&story.users, 1, ms(20), 1, SIM_STATUS_OK);
    g_assert_cmpint(story.reply.bytes, ==, 20000);
    total(&story, "compressed", 2);
    end(&story);
}

/* What is too small, or is no success, goes as it is and at once. */
static void test_not_compressed(void)
{
    struct proxy_story story;
    begin(&story, COMPRESSING ", compress_min = bytes(100001)");
    send(&story, 0, 0, 0);
    probe_outcome(&story.users, 0, 0, 0, SIM_STATUS_OK);
    g_assert_cmpint(story.reply.bytes, ==, 100000);
    end(&story);

    begin(&story, COMPRESSING);
    story.served = SIM_STATUS_ERROR;
    send(&story, 0, 0, 0);
    probe_outcome(&story.users, 0, 0, 0, SIM_STATUS_ERROR);
    total(&story, "compressed", 0);
    end(&story);
}

/* Each request asks, unless its session may pass already: for 10 s from the answer on, whatever it
 * does meanwhile. What belongs to no session asks each time. */
static void test_auth(void)
{
    struct proxy_story story;
    begin(&story, "to = 'web', auth = 'auth', auth_ttl = s(10)");
    send(&story, 0, 7, 0);
    send(&story, s(9), 7, 1);
    send(&story, s(10), 7, 2);
    total(&story, "auth.calls", 1);
    total(&story, "auth.hits", 2);
    send(&story, s(10) + 1, 7, 3);
    total(&story, "auth.calls", 2);
    send(&story, s(11), 8, 4);
    send(&story, s(11), 0, 5);
    send(&story, s(11), 0, 6);
    total(&story, "auth.calls", 5);
    g_assert_cmpuint(probe_count(&story.auth, SIM_IN_REQUEST), ==, 5);
    g_assert_cmpuint(probe_count(&story.web, SIM_IN_REQUEST), ==, 7);
    g_assert_cmpuint(probe_nth(&story.auth, SIM_IN_REQUEST, 2)->number, ==, 8); /* the session */
    end(&story);

    begin(&story, "to = 'web', auth = 'auth'");
    send(&story, 0, 7, 0);
    send(&story, 0, 7, 1);
    total(&story, "auth.calls", 2);
    end(&story);
}

/* Who may not pass is turned away, is asked for again, and costs the target nothing. */
static void test_denied(void)
{
    struct proxy_story story;
    begin(&story, "to = 'web', auth = 'auth', auth_ttl = s(10)");
    story.verdict = SIM_STATUS_NOT_FOUND;
    send(&story, 0, 7, 0);
    send(&story, 0, 7, 1);
    probe_outcome(&story.users, 1, 0, 1, SIM_STATUS_REJECTED);
    total(&story, "auth.calls", 2);
    total(&story, "denied", 2);
    g_assert_cmpuint(probe_count(&story.web, SIM_IN_REQUEST), ==, 0);
    end(&story);
}

/* It fails closed: without an answer nobody passes whose session is not known. */
static void test_auth_fails(void)
{
    struct proxy_story story;
    begin(&story, "to = 'web', auth = 'auth', auth_ttl = s(10), auth_timeout = ms(50)");
    send(&story, 0, 7, 0);
    fixture_crash(&story.f, "auth");
    send(&story, s(1), 7, 1);
    send(&story, s(1), 8, 2);
    fixture_restart(&story.f, "auth");
    fixture_run_until(&story.f, s(2));
    fixture_pause(&story.f, "auth", true);
    send(&story, s(3), 9, 3);
    fixture_run_until(&story.f, s(4));
    fixture_pause(&story.f, "auth", false);
    fixture_run_until(&story.f, s(5));
    probe_outcome(&story.users, 1, s(1), 1, SIM_STATUS_OK);
    probe_outcome(&story.users, 2, s(1), 2, SIM_STATUS_UNAVAILABLE);
    probe_outcome(&story.users, 3, s(3.05), 3, SIM_STATUS_TIMEOUT);
    total(&story, "denied", 0);
    end(&story);
}

/* One at work and one that waits, and the third is rejected; replies that are to be compressed are
 * not, though they wait in the same queue. */
static void test_queue_limit(void)
{
    struct proxy_story story;
    begin(&story, COMPRESSING ", cost = ms(1), queue_limit = 1");
    for (uint64_t i = 0; i < 3; i++) {
        send(&story, 0, 0, i);
    }
    probe_outcome(&story.users, 0, 0, 2, SIM_STATUS_REJECTED);
    g_assert_cmpint(fixture_level(&story.f, "front", "outstanding"), ==, 2);
    fixture_run_until(&story.f, ms(1.5)); /* the second at work, the first's reply waits */
    send(&story, ms(1.5), 0, 3);
    probe_outcome(&story.users, 1, ms(1.5), 3, SIM_STATUS_REJECTED);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.users, 2, ms(12), 0, SIM_STATUS_OK);
    probe_outcome(&story.users, 3, ms(22), 1, SIM_STATUS_OK);
    end(&story);
}

/* Nobody listens behind it, or it dies at any stage: the books balance. */
static void test_failures(void)
{
    struct proxy_story story;
    begin(&story, COMPRESSING ", cost = ms(1), auth = 'auth'");
    fixture_crash(&story.f, "web");
    send(&story, 0, 0, 0);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.users, 0, ms(1), 0, SIM_STATUS_UNAVAILABLE);
    fixture_restart(&story.f, "web");
    fixture_run_until(&story.f, s(2));
    send(&story, s(2), 0, 1);
    send(&story, s(2), 0, 2);
    fixture_run_until(&story.f, s(2) + ms(5)); /* both compressing, or waiting for it */
    fixture_crash(&story.f, "front");
    g_assert_cmpint(fixture_level(&story.f, "front", "outstanding"), ==, 0);
    fixture_run_until(&story.f, s(3));
    probe_outcome(&story.users, 1, s(2) + ms(5), 1, SIM_STATUS_REFUSED);
    fixture_restart(&story.f, "front");
    fixture_run_until(&story.f, s(4));
    send(&story, s(4), 0, 3);
    fixture_run_until(&story.f, s(5));
    probe_outcome(&story.users, 3, s(4) + ms(11), 3, SIM_STATUS_OK);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proxy/work", test_work);
    g_test_add_func("/proxy/keep-alive", test_keep_alive);
    g_test_add_func("/proxy/compression", test_compression);
    g_test_add_func("/proxy/not-compressed", test_not_compressed);
    g_test_add_func("/proxy/auth", test_auth);
    g_test_add_func("/proxy/denied", test_denied);
    g_test_add_func("/proxy/auth-fails", test_auth_fails);
    g_test_add_func("/proxy/queue-limit", test_queue_limit);
    g_test_add_func("/proxy/failures", test_failures);
    return g_test_run();
}

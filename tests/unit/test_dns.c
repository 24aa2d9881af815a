/* Names: what the authority answers, how long resolvers and clients believe it, and when they see
 * that a member is gone, to the nanosecond. If these failed, a failover by DNS would be faster or
 * slower than its checks and its times to live.
 */
#include "models.h"
#include "probe.h"

/* Authority "dns" for the members "web" (probes). "users" ask by hand; replies are kept. */
struct dns_story {
    struct fixture f;
    struct probe users, web;
    struct sim_reply reply; /* the last one that users got */
    uint64_t asked;
};

static void keep_reply(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        ((struct dns_story *)probe->data)->reply = in->outcome->reply;
    }
}

static void begin(struct dns_story *story, const char *server, uint32_t members)
{
    *story = (struct dns_story){.web.reply = PROBE_AT_ONCE};
    story->users = (struct probe){.on = keep_reply, .data = story};
    fixture_init(&story->f, s(3000));
    fixture_add_node(&story->f, "dns", &sim_model_dns, server);
    probe_add(&story->f, &story->web, "web", members);
    probe_add(&story->f, &story->users, "users", 2);
}

static void start(struct dns_story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static void end(struct dns_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->users);
    probe_clear(&story->web);
}

/* Issues a request now. */
static void send(struct dns_story *story, const char *user, const char *to)
{
    struct sim_node *from = probe_node(&story->f, user);
    struct sim_request request = {.operation = SIM_OP_READ, .deadline = SIM_NEVER};
    sim_send_request(from, fixture_id(&story->f, to), &request, SIM_NEVER, story->asked++);
    fixture_run_until(&story->f, sim_now(from));
}

/* The member that the authority names to `user`, from 1; 0 = none. Links must take no time. */
static uint32_t named_to(struct dns_story *story, const char *user)
{
    send(story, user, "dns");
    bool is_none = story->reply.status == SIM_STATUS_NOT_FOUND;
    g_assert_true(is_none || story->reply.status == SIM_STATUS_OK);
    return is_none ? 0 : (uint32_t)story->reply.value - fixture_id(&story->f, "web") + 1;
}

static void names(struct dns_story *story, const char *user, const char *expected)
{
    for (const char *c = expected; *c != '\0'; c++) {
        g_assert_cmpuint(named_to(story, user), ==, (uint32_t)(*c - '0'));
    }
}

/* ---- the authority ---- */

static void test_round_robin(void)
{
    struct dns_story story;
    begin(&story, "to = 'web', ttl = s(30)", 3);
    start(&story);
    fixture_run_until(&story.f, s(5));
    names(&story, "users[1]", "12312");
    g_assert_cmpint(story.reply.fresh_until, ==, s(35));
    end(&story);
}

/* Shares are how often a member is named. The spare one comes after the two users. */
static void test_weighted(void)
{
    struct dns_story story;
    struct probe spare = {0};
    begin(&story, "to = { web = 0.75, spare = 0.25 }, policy = 'weighted'", 1);
    probe_add(&story.f, &spare, "spare", 1);
    start(&story);
    names(&story, "users[1]", "11411141");
    end(&story);
    probe_clear(&spare);
}

/* Checks of two members at 15 and 30 s, each 30 s from there. The first is dead from 100 s on:
 * checks at 105, 135 and 165 s wait 4 s each, so that it is named until 169 s. It is back at 200 s:
 * checks at 225, 255 and 285 s pass. */
static void test_failover(void)
{
    struct dns_story story;
    begin(&story,
          "to = 'web', policy = 'failover', check_interval = s(30), check_timeout = s(4), fall = 3",
          2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(100), s(200), "web[1]")->silent = true;
    start(&story);
    fixture_run_until(&story.f, s(169) - 1);
    names(&story, "users[1]", "11");
    fixture_run_until(&story.f, s(169));
    names(&story, "users[1]", "22");
    g_assert_cmpint(fixture_level(&story.f, "dns", "out"), ==, 1);
    fixture_run_until(&story.f, s(285) - 1);
    names(&story, "users[1]", "2");
    fixture_run_until(&story.f, s(285));
    names(&story, "users[1]", "1");
    g_assert_cmpint(fixture_level(&story.f, "dns", "out"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "dns", "checks.failed"), ==, 4); /* and at 195 s */
    end(&story);
}

/* When all are ill they are all named: somebody may be well after all. */
static void test_all_ill(void)
{
    struct dns_story story;
    begin(&story, "to = 'web', check_interval = s(10), fall = 1", 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(1), SIM_NEVER, "web[1]");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(21), SIM_NEVER, "web[2]");
    start(&story);
    fixture_run_until(&story.f, s(20));
    names(&story, "users[1]", "22");
    fixture_run_until(&story.f, s(40));
    names(&story, "users[1]", "12");
    end(&story);
}

/* A group without members: there is nobody, and that is believed for its own time. */
static void test_nobody(void)
{
    struct dns_story story;
    begin(&story, "to = 'web', negative_ttl = s(7)", 2);
    fixture_group(&story.f, "web")->count = 0;
    start(&story);
    names(&story, "users[1]", "0");
    g_assert_cmpint(story.reply.fresh_until, ==, s(7));
    g_assert_cmpuint(fixture_total(&story.f, "dns", "negative"), ==, 1);
    end(&story);
}

/* users[2] and web[2] are in a second zone, web[3] in a third that is nearer to the second. */
static void begin_places(struct dns_story *story, const char *server)
{
    begin(story, server, 3);
    uint32_t second = fixture_add_zone(&story->f, "second");
    uint32_t third = fixture_add_zone(&story->f, "third");
    fixture_machine(&story->f, fixture_id(&story->f, "web[2]"))->zone = second;
    fixture_machine(&story->f, fixture_id(&story->f, "users[2]"))->zone = second;
    fixture_machine(&story->f, fixture_id(&story->f, "web[3]"))->zone = third;
}

/* By the place of who asks, whatever place the question began in (it says the first zone here). */
static void test_geographic(void)
{
    struct dns_story story;
    begin_places(&story, "to = 'web', policy = 'geographic'");
    start(&story);
    names(&story, "users[1]", "11");
    names(&story, "users[2]", "22");
    end(&story);
}

/* web[2] is found ill at 60 s. The second zone's next is the third, 5 ms there and back, though one
 * of the ways between the second and the first is shorter than that to the third, or from there. */
static void check_latency(uint32_t from, uint32_t to)
{
    struct dns_story story;
    begin_places(&story, "to = 'web', policy = 'latency', check_interval = s(30), fall = 1");
    fixture_link(&story.f, from, to)->latency = fixture_law(&story.f, "exponential(ms(9))");
    fixture_link(&story.f, to, from)->latency = fixture_law(&story.f, "ms(1)");
    fixture_link(&story.f, 1, 2)->latency = fixture_law(&story.f, "ms(2.5)");
    fixture_link(&story.f, 2, 1)->latency = fixture_law(&story.f, "ms(2.5)");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(1), SIM_NEVER, "web[2]");
    start(&story);
    send(&story, "users[2]", "dns");
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(story.reply.value, ==, fixture_id(&story.f, "web[2]"));
    fixture_run_until(&story.f, s(61));
    send(&story, "users[2]", "dns");
    fixture_run_until(&story.f, s(62));
    g_assert_cmpuint(story.reply.value, ==, fixture_id(&story.f, "web[3]"));
    end(&story);
}

static void test_latency(void)
{
    check_latency(0, 1);
    check_latency(1, 0);
}

/* ---- the client ---- */

#define FAILOVER "to = 'web', policy = 'failover', check_interval = s(1), fall = 1"

/* "names" stands on the machine of users, 10 ms away from everybody else. */
static void begin_client(struct dns_story *story, const char *server, const char *client)
{
    begin(story, server, 2);
    fixture_add_node(&story->f, "names", &sim_model_dns_client, client);
    fixture_group(&story->f, "names")->machines = fixture_group(&story->f, "users")->machines;
    fixture_link_latency(&story->f, ms(10));
}

/* The request of that number was answered then, so. */
static void answered(const struct dns_story *story, uint64_t number, sim_time time,
                     enum sim_status status)
{
    for (uint32_t i = 0; i < probe_count(&story->users, SIM_IN_OUTCOME); i++) {
        const struct probe_seen *seen = probe_nth(&story->users, SIM_IN_OUTCOME, i);
        if (seen->tag == number) {
            g_assert_cmpint(seen->time, ==, time);
            g_assert_cmpint(seen->status, ==, status);
            return;
        }
    }
    g_error("request %u was not answered", (unsigned)number);
}

static void send_at(struct dns_story *story, sim_time time)
{
    fixture_run_until(&story->f, time);
    send(story, "users[1]", "names");
}

/* How often a member was asked, checks left out. */
static uint32_t served(const struct dns_story *story, const char *member)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < probe_count(&story->web, SIM_IN_REQUEST); i++) {
        const struct probe_seen *seen = probe_nth(&story->web, SIM_IN_REQUEST, i);
        count += seen->node == fixture_id(&story->f, member) &&
                 seen->from == fixture_id(&story->f, "names");
    }
    return count;
}

/* The first takes both round trips, and who comes meanwhile waits for the same answer. */
static void test_resolve(void)
{
    struct dns_story story;
    begin_client(&story, "to = 'web'", "to = 'web', resolver = 'dns'");
    start(&story);
    send_at(&story, 0);
    send_at(&story, ms(15));
    g_assert_cmpint(fixture_level(&story.f, "names", "waiting"), ==, 2);
    send_at(&story, ms(50));
    fixture_run_until(&story.f, s(1));
    answered(&story, 0, ms(40), SIM_STATUS_OK);
    answered(&story, 1, ms(40), SIM_STATUS_OK);
    answered(&story, 2, ms(70), SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&story.f, "names", "lookups"), ==, 3);
    g_assert_cmpuint(fixture_total(&story.f, "names", "hits"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "names", "waiting"), ==, 0);
    g_assert_cmpuint(served(&story, "web[1]"), ==, 3);
    end(&story);
}

/* The answer leaves the authority at 10 ms with a second to live: it is over at 1.010 s. */
static void expires(const char *client, sim_time until)
{
    struct dns_story story;
    begin_client(&story, "to = 'web', ttl = s(1)", client);
    start(&story);
    send_at(&story, 0);
    send_at(&story, until - 1);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 1);
    send_at(&story, until);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 2);
    fixture_run_until(&story.f, until + s(1));
    answered(&story, 1, until - 1 + ms(20), SIM_STATUS_OK);
    answered(&story, 2, until + ms(40), SIM_STATUS_OK);
    g_assert_cmpuint(served(&story, "web[2]"), ==, 1); /* in turn */
    g_assert_cmpuint(fixture_total(&story.f, "names", "changes"), ==, 1);
    end(&story);
}

/* Clamps count from when the client has the answer, at 20 ms. */
static void test_expiry(void)
{
    expires("to = 'web', resolver = 'dns'", s(1.01));
    expires("to = 'web', resolver = 'dns', ttl_min = s(5)", s(5.02));
    expires("to = 'web', resolver = 'dns', ttl_max = ms(300)", s(0.32));
    expires("to = 'web', resolver = 'dns', ttl_min = ms(1), ttl_max = s(50)", s(1.01));
}

/* With ttl_max = 0 it asks each time. */
static void test_no_cache(void)
{
    struct dns_story story;
    begin_client(&story, "to = 'web'", "to = 'web', resolver = 'dns', ttl_max = s(0)");
    start(&story);
    send_at(&story, 0);
    send_at(&story, ms(30));
    fixture_run_until(&story.f, s(1));
    answered(&story, 1, ms(70), SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&story.f, "names", "hits"), ==, 0);
    end(&story);
}

/* The first is dead from 3 s on and known to be at 4.52 s, but the answer of 0 s lives for 20 s. */
static void test_stale_after_failover(void)
{
    struct dns_story story;
    begin_client(&story, FAILOVER ", ttl = s(20)", "to = 'web', resolver = 'dns'");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(3), SIM_NEVER, "web[1]");
    start(&story);
    for (int second = 0; second < 25; second++) {
        send_at(&story, s(second));
    }
    fixture_run_until(&story.f, s(26));
    for (uint64_t second = 0; second < 25; second++) {
        bool is_lost = second >= 3 && second <= 20; /* the answer ends at 20.010 s */
        sim_time took = second == 0 || second == 21 ? ms(40) : ms(20);
        answered(&story, second, s((double)second) + took,
                 is_lost ? SIM_STATUS_REFUSED : SIM_STATUS_OK);
    }
    g_assert_cmpuint(fixture_total(&story.f, "names", "changes"), ==, 1);
    end(&story);
}

/* The authority is gone without a word: two questions of 5 s, then failure, and the next asks
 * again. One that comes meanwhile fails with the first. */
static void test_no_answer(void)
{
    struct dns_story story;
    begin_client(&story, "to = 'web'", "to = 'web', resolver = 'dns'");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, ms(5), s(15), "dns")->silent = true;
    start(&story);
    send_at(&story, ms(6));
    send_at(&story, s(7));
    send_at(&story, s(15));
    fixture_run_until(&story.f, s(20));
    answered(&story, 0, s(10) + ms(6), SIM_STATUS_UNAVAILABLE);
    answered(&story, 1, s(10) + ms(6), SIM_STATUS_UNAVAILABLE);
    answered(&story, 2, s(15) + ms(40), SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 3);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions.failed"), ==, 2);
    end(&story);
}

/* That there is nobody is believed for the shorter of both times, from when it came. */
static void nobody_until(const char *server, const char *client, sim_time until)
{
    struct dns_story story;
    begin_client(&story, server, client);
    fixture_group(&story.f, "web")->count = 0;
    start(&story);
    send_at(&story, 0);
    send_at(&story, until - 1);
    g_assert_cmpuint(fixture_total(&story.f, "names", "negative"), ==, 1);
    send_at(&story, until);
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 2);
    fixture_run_until(&story.f, until + s(1));
    answered(&story, 0, ms(20), SIM_STATUS_UNAVAILABLE);
    answered(&story, 1, until - 1, SIM_STATUS_UNAVAILABLE);
    answered(&story, 2, until + ms(20), SIM_STATUS_UNAVAILABLE);
    end(&story);
}

static void test_negative(void)
{
    nobody_until("to = 'web'", "to = 'web', resolver = 'dns'", s(10.02));
    nobody_until("to = 'web', negative_ttl = s(4)", "to = 'web', resolver = 'dns'", s(4.01));
}

/* A name that leads elsewhere than the scenario says leads nowhere. */
static void test_not_believed(void)
{
    struct dns_story story;
    begin_client(&story, "to = 'web'", "to = 'web[2]', resolver = 'dns'");
    start(&story);
    send_at(&story, 0);
    fixture_run_until(&story.f, s(1));
    answered(&story, 0, ms(20), SIM_STATUS_UNAVAILABLE);
    end(&story);
}

/* A client that dies while requests wait for an answer leaves nothing behind. */
static void test_crash_while_waiting(void)
{
    struct dns_story story;
    begin_client(&story, "to = 'web'", "to = 'web', resolver = 'dns'");
    start(&story);
    send_at(&story, 0);
    send_at(&story, ms(5));
    fixture_run_until(&story.f, ms(15));
    fixture_crash(&story.f, "names");
    g_assert_cmpint(fixture_level(&story.f, "names", "waiting"), ==, 0);
    fixture_run_until(&story.f, s(1));
    fixture_restart(&story.f, "names");
    send_at(&story, s(2));
    fixture_run_until(&story.f, s(3));
    answered(&story, 2, s(2) + ms(40), SIM_STATUS_OK);
    end(&story);
}

/* ---- a resolver between them ---- */

/* Two clients of one resolver, a cache: the second is told what is left, and both ask again at the
 * same time. The answer leaves the authority at 20 ms, and with a minimum TTL the resolver keeps it
 * from 30 ms on. */
static void shared_resolver(const char *resolver, sim_time until)
{
    struct dns_story story;
    begin_client(&story, "to = 'web', ttl = s(1)", "to = 'web', resolver = 'resolver'");
    fixture_add_node(&story.f, "others", &sim_model_dns_client,
                     "to = 'web', resolver = 'resolver'");
    fixture_add_node(&story.f, "resolver", &sim_model_cache, resolver);
    fixture_link_latency(&story.f, ms(10));
    start(&story);
    send_at(&story, 0);
    fixture_run_until(&story.f, ms(500));
    send(&story, "users[2]", "others"); /* there at 510 ms */
    fixture_run_until(&story.f, until - ms(30));
    g_assert_cmpuint(fixture_total(&story.f, "dns", "succeeded"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "resolver", "hits"), ==, 1);
    send_at(&story, until - ms(30));
    send_at(&story, until - 1);
    fixture_run_until(&story.f, until + ms(5));
    g_assert_cmpuint(fixture_total(&story.f, "resolver", "lookups"), ==, 2);
    send(&story, "users[2]", "others");
    send(&story, "users[1]", "names");
    fixture_run_until(&story.f, until + s(0.5));
    g_assert_cmpuint(fixture_total(&story.f, "names", "questions"), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "others", "questions"), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "dns", "succeeded"), ==, 2);
    answered(&story, 0, ms(60), SIM_STATUS_OK);
    answered(&story, 1, ms(560), SIM_STATUS_OK);
    end(&story);
}

static void test_shared_resolver(void)
{
    shared_resolver("capacity = 10, coalesce = true, miss_to = 'dns'", s(1.02));
    shared_resolver("capacity = 10, coalesce = true, miss_to = 'dns', ttl_min = s(9)", s(9.03));
    shared_resolver("capacity = 10, coalesce = true, miss_to = 'dns', ttl_min = ms(1)", s(1.02));
    shared_resolver("capacity = 10, coalesce = true, miss_to = 'dns', ttl = ms(700)", s(0.73));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dns/server/round-robin", test_round_robin);
    g_test_add_func("/dns/server/weighted", test_weighted);
    g_test_add_func("/dns/server/failover", test_failover);
    g_test_add_func("/dns/server/all-ill", test_all_ill);
    g_test_add_func("/dns/server/nobody", test_nobody);
    g_test_add_func("/dns/server/geographic", test_geographic);
    g_test_add_func("/dns/server/latency", test_latency);
    g_test_add_func("/dns/client/resolve", test_resolve);
    g_test_add_func("/dns/client/expiry", test_expiry);
    g_test_add_func("/dns/client/no-cache", test_no_cache);
    g_test_add_func("/dns/client/stale-after-failover", test_stale_after_failover);
    g_test_add_func("/dns/client/no-answer", test_no_answer);
    g_test_add_func("/dns/client/negative", test_negative);
    g_test_add_func("/dns/client/not-believed", test_not_believed);
    g_test_add_func("/dns/client/crash-while-waiting", test_crash_while_waiting);
    g_test_add_func("/dns/resolver/shared", test_shared_resolver);
    return g_test_run();
}

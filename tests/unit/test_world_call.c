/* Calls: one call, exactly one outcome, at the exact moment at which it is due. */
#include "probe.h"

static uint32_t outcomes(const struct story *story)
{
    return probe_count(&story->client, SIM_IN_OUTCOME);
}

static void test_reply(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(5));
    story_start(&story);
    probe_call(&story.f, "client", "server", ms(3), 7);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(5));
    g_assert_cmpuint(outcomes(&story), ==, 1);
    probe_outcome(&story.client, 0, ms(13), 7, SIM_STATUS_OK);
    g_assert_cmpint(probe_nth(&story.client, SIM_IN_OUTCOME, 0)->called, ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "client", "attempts"), ==, 1);
    /* Nothing is left of it, not even the timeout that was not needed. */
    probe_call_within(&story.f, "client", "server", 0, s(100), 8);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(outcomes(&story), ==, 2);
    g_assert_cmpuint(sim_world_run_events(story.f.world, 1), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "server", "issued"), ==, 2);
    g_assert_cmpuint(fixture_total(&story.f, "server", "succeeded"), ==, 2);
    story_end(&story);
}

static void test_refused_by_the_dead(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    story_start(&story);
    fixture_crash(&story.f, "server");
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 1);
    probe_outcome(&story.client, 0, ms(10), 1, SIM_STATUS_REFUSED);
    /* After the restart it serves. */
    fixture_restart(&story.f, "server");
    probe_call(&story.f, "client", "server", 0, 2);
    fixture_run_until(&story.f, s(2));
    probe_outcome(&story.client, 1, s(1) + ms(10), 2, SIM_STATUS_OK);
    story_end(&story);
}

static void test_refused_by_the_absent(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    fixture_group(&story.f, "server")->count = 0;
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(10), 1, SIM_STATUS_REFUSED);
    story_end(&story);
}

static void test_silence(void)
{
    struct story story;
    story_begin(&story, PROBE_HOLD, ms(5));
    story_start(&story);
    probe_call_within(&story.f, "client", "server", 0, ms(100), 1); /* in hand at the crash */
    fixture_run_until(&story.f, ms(20));
    sim_world_crash(story.f.world, fixture_id(&story.f, "server"), true);
    probe_call_within(&story.f, "client", "server", 0, ms(100), 2); /* sent to the dead */
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 2);
    probe_outcome(&story.client, 0, ms(100), 1, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 1, ms(120), 2, SIM_STATUS_TIMEOUT);
    story_end(&story);
}

static void test_timeout_and_late_reply(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(5));
    story_start(&story);
    probe_call_within(&story.f, "client", "server", ms(50), ms(20), 1);
    fixture_run_until(&story.f, ms(59));
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 0);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 1);
    probe_outcome(&story.client, 0, ms(20), 1, SIM_STATUS_TIMEOUT);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "server", "succeeded"), ==, 1);
    story_end(&story);
}

static void pass_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        sim_send_request(self, 3, in->request, ms(100), in->ticket);
    } else if (in->kind == SIM_IN_OUTCOME) {
        sim_answer(self, in->tag, &in->outcome->reply);
    }
}

/* The deadline cuts the timeout, and what travels is the sooner of both, hop by hop. */
static void test_deadline_travels(void)
{
    struct story story;
    struct probe last = {.reply = PROBE_LATER};
    story_begin(&story, PROBE_HOLD, ms(5));
    story.server.on = pass_on;
    probe_add(&story.f, &last, "last", 1);
    story_start(&story);
    struct sim_request request = {.deadline = ms(40), .value = (uint64_t)s(1), .key = 1};
    sim_send_request(probe_node(&story.f, "client"), 2, &request, s(5), 1);
    request.deadline = s(9);
    sim_send_request(probe_node(&story.f, "client"), 2, &request, ms(30), 2);
    fixture_run_until(&story.f, s(2));
    g_assert_cmpint(probe_nth(&story.server, SIM_IN_REQUEST, 0)->called, ==, ms(40));
    g_assert_cmpint(probe_nth(&story.server, SIM_IN_REQUEST, 1)->called, ==, ms(30));
    g_assert_cmpint(probe_nth(&last, SIM_IN_REQUEST, 0)->called, ==, ms(40));
    g_assert_cmpint(probe_nth(&last, SIM_IN_REQUEST, 1)->called, ==, ms(30));
    probe_outcome(&story.client, 0, ms(30), 2, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 1, ms(40), 1, SIM_STATUS_TIMEOUT);
    /* A deadline that has passed is a timeout at once, and still one outcome. */
    sim_send_request(probe_node(&story.f, "client"), 2,
                     &(struct sim_request){.deadline = s(1), .key = 3}, s(5), 3);
    fixture_run_until(&story.f, s(3));
    probe_outcome(&story.client, 2, s(2), 3, SIM_STATUS_TIMEOUT);
    g_assert_cmpuint(outcomes(&story), ==, 3);
    story_end(&story);
    probe_clear(&last);
}

static void test_cancel(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(5));
    story_start(&story);
    sim_call call = probe_call_within(&story.f, "client", "server", ms(10), ms(100), 1);
    struct sim_node *client = probe_node(&story.f, "client");
    g_assert_cmpuint(sim_open_calls(client, 2), ==, 1);
    fixture_run_until(&story.f, ms(2));
    sim_call_cancel(client, call);
    sim_call_cancel(client, call); /* harmless */
    g_assert_cmpuint(sim_open_calls(client, 2), ==, 0);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 1);
    story_end(&story);
}

/* What was in hand, on its way there, and on its way back when the server died. */
static void test_crash_resets_callers(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(5));
    story_start(&story);
    probe_call(&story.f, "client", "server", ms(100), 1); /* in hand */
    probe_call(&story.f, "client", "server", ms(13), 2);  /* its reply leaves at 18 */
    fixture_run_until(&story.f, ms(17));
    probe_call(&story.f, "client", "server", 0, 3); /* would arrive at 22 */
    fixture_run_until(&story.f, ms(20));
    fixture_crash(&story.f, "server");
    g_assert_cmpuint(fixture_total(&story.f, "server", "lost"), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "server", "open"), ==, 0);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 3);
    probe_outcome(&story.client, 0, ms(23), 2, SIM_STATUS_OK);
    probe_outcome(&story.client, 1, ms(25), 1, SIM_STATUS_REFUSED);
    probe_outcome(&story.client, 2, ms(27), 3, SIM_STATUS_REFUSED);
    story_end(&story);
}

/* Nobody tells a caller by datagram: what was on its way there, in hand, on its way back, and what
 * comes later ends by its timeout; what had left before the crash is answered. */
static void test_datagrams_are_not_refused(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(10));
    story_transport(&story)->kind = SIM_TRANSPORT_DATAGRAM;
    story_start(&story);
    probe_call_within(&story.f, "client", "server", ms(5), ms(300), 1);   /* on its way back */
    probe_call_within(&story.f, "client", "server", ms(100), ms(300), 2); /* in hand at 20 */
    fixture_run_until(&story.f, ms(15));
    probe_call_within(&story.f, "client", "server", 0, ms(300), 3); /* arrives at 25 */
    fixture_run_until(&story.f, ms(20));
    fixture_crash(&story.f, "server");
    fixture_run_until(&story.f, ms(30));
    probe_call_within(&story.f, "client", "server", 0, ms(300), 4);
    probe_call(&story.f, "client", "server", 0, 5); /* without a timeout: for ever */
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 4);
    probe_outcome(&story.client, 0, ms(25), 1, SIM_STATUS_OK);
    probe_outcome(&story.client, 1, ms(300), 2, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 2, ms(315), 3, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 3, ms(330), 4, SIM_STATUS_TIMEOUT);
    g_assert_cmpuint(fixture_total(&story.f, "server", "lost"), ==, 1);
    story_end(&story);
}

/* A reply that waits at the dead server for its link is lost like one in hand. */
static void test_reply_at_the_card_of_the_dead(void)
{
    for (int kind = SIM_TRANSPORT_CONNECTION; kind <= SIM_TRANSPORT_DATAGRAM; kind++) {
        struct story story;
        story_begin(&story, PROBE_AT_ONCE, ms(10));
        story.server.reply_bytes = 20000;
        fixture_machine(&story.f, 2)->bandwidth = 1e6; /* 20 ms for a reply */
        fixture_link(&story.f, 0, 0)->bandwidth = 1e9;
        story_transport(&story)->kind = kind;
        story_start(&story);
        probe_call_within(&story.f, "client", "server", 0, ms(300), 1);
        fixture_run_until(&story.f, ms(15));
        fixture_crash(&story.f, "server");
        fixture_run_until(&story.f, s(1));
        bool is_told = kind == SIM_TRANSPORT_CONNECTION;
        probe_outcome(&story.client, 0, is_told ? ms(25) : ms(300), 1,
                      is_told ? SIM_STATUS_REFUSED : SIM_STATUS_TIMEOUT);
        story_end(&story);
    }
}

/* A reset does not cross a partition. */
static void test_crash_behind_a_partition(void)
{
    struct story story;
    story_begin(&story, PROBE_HOLD, ms(5));
    story_start(&story);
    probe_call_within(&story.f, "client", "server", 0, ms(500), 1);
    fixture_run_until(&story.f, ms(10));
    fixture_cut(&story.f, "server", "client", true);
    fixture_crash(&story.f, "server");
    fixture_run_until(&story.f, ms(20));
    probe_call_within(&story.f, "client", "server", 0, ms(500), 2); /* gets there; no word back */
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 2);
    probe_outcome(&story.client, 0, ms(500), 1, SIM_STATUS_TIMEOUT);
    probe_outcome(&story.client, 1, ms(520), 2, SIM_STATUS_TIMEOUT);
    story_end(&story);
}

/* The death of the caller drops its calls; the work goes on and its answer is thrown away. */
static void test_caller_dies(void)
{
    struct story story;
    story_begin(&story, PROBE_LATER, ms(5));
    story_start(&story);
    probe_call_within(&story.f, "client", "server", ms(30), ms(100), 1);
    fixture_run_until(&story.f, ms(10));
    fixture_crash(&story.f, "client");
    fixture_restart(&story.f, "client");
    g_assert_cmpuint(sim_open_calls(probe_node(&story.f, "client"), 2), ==, 0);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "server", "succeeded"), ==, 1);
    g_assert_true(probe_nth(&story.client, SIM_IN_START, 1)->is_restart);
    story_end(&story);
}

/* A paused server hears late, a paused caller too; nothing is lost. */
static void test_pause(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    story_start(&story);
    fixture_pause(&story.f, "server", true);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, ms(50));
    fixture_pause(&story.f, "server", false);
    fixture_run_until(&story.f, ms(52));
    fixture_pause(&story.f, "client", true);
    fixture_run_until(&story.f, ms(80));
    g_assert_cmpuint(outcomes(&story), ==, 0);
    fixture_pause(&story.f, "client", false);
    fixture_run_until(&story.f, s(1));
    probe_at(&story.server, SIM_IN_REQUEST, 0, ms(50));
    g_assert_cmpuint(outcomes(&story), ==, 1);
    probe_outcome(&story.client, 0, ms(80), 1, SIM_STATUS_OK);
    story_end(&story);
}

/* Reply and timeout both came during the pause: the first of them is the outcome. */
static void test_pause_over_reply_and_timeout(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    story_start(&story);
    probe_call_within(&story.f, "client", "server", 0, ms(20), 1); /* reply at 10 */
    fixture_run_until(&story.f, ms(1));
    fixture_pause(&story.f, "client", true);
    fixture_run_until(&story.f, ms(30));
    fixture_pause(&story.f, "client", false);
    g_assert_cmpuint(outcomes(&story), ==, 1);
    probe_outcome(&story.client, 0, ms(30), 1, SIM_STATUS_OK);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(outcomes(&story), ==, 1);
    story_end(&story);
}

/* A node that died while it was paused, or was paused while dead, begins its next life when both
 * are over. */
static void test_pause_and_crash(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    story_start(&story);
    fixture_pause(&story.f, "server", true);
    fixture_crash(&story.f, "server");
    fixture_run_until(&story.f, ms(10));
    fixture_restart(&story.f, "server");
    fixture_run_until(&story.f, ms(20));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_START), ==, 1);
    fixture_pause(&story.f, "server", false);
    fixture_run_until(&story.f, ms(30));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_START), ==, 2);
    probe_at(&story.server, SIM_IN_START, 1, ms(20));
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, ms(50));
    probe_outcome(&story.client, 0, ms(40), 1, SIM_STATUS_OK);
    story_end(&story);
}

/* A call to oneself and to a neighbour on the machine takes no time and is as good as any other. */
static void test_on_one_machine(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    struct probe pair = {.reply = PROBE_AT_ONCE};
    probe_add(&story.f, &pair, "pair", 2);
    fixture_share_machine(&story.f, "pair");
    story_start(&story);
    probe_call(&story.f, "pair[1]", "pair[2]", 0, 1);
    probe_call(&story.f, "pair[1]", "pair[1]", 0, 2);
    fixture_run_until(&story.f, ms(1));
    probe_outcome(&pair, 0, 0, 1, SIM_STATUS_OK);
    probe_outcome(&pair, 1, 0, 2, SIM_STATUS_OK);
    /* Its own death drops the call to itself without a word. */
    pair.reply = PROBE_HOLD;
    probe_call(&story.f, "pair[1]", "pair[1]", 0, 3);
    fixture_run_until(&story.f, ms(2));
    fixture_crash(&story.f, "pair[1]");
    fixture_run_until(&story.f, ms(3));
    g_assert_cmpuint(probe_count(&pair, SIM_IN_OUTCOME), ==, 2);
    story_end(&story);
    probe_clear(&pair);
}

static void test_no_network_takes_no_time(void)
{
    struct fixture f;
    struct probe client = {0}, server = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(1));
    probe_add(&f, &client, "client", 1);
    probe_add(&f, &server, "server", 1);
    fixture_start(&f);
    fixture_run_until(&f, ms(1));
    probe_call_bytes(&f, "client", "server", 1000000000, 1);
    fixture_run_until(&f, ms(2));
    probe_outcome(&client, 0, ms(1), 1, SIM_STATUS_OK);
    fixture_clear(&f);
    probe_clear(&client);
    probe_clear(&server);
}

/* Answers are not failures; every failure is counted by its kind, by the time of its issue. */
static void test_kinds_of_failure(void)
{
    static const char *const names[SIM_STATUS_COUNT] = {
        "succeeded",   "succeeded", "succeeded", "rejected", "error",
        "unavailable", "refused",   "timeout",   "expired",  "error"};
    for (enum sim_status status = SIM_STATUS_OK; status < SIM_STATUS_COUNT; status++) {
        struct story story;
        story_begin(&story, PROBE_HOLD, ms(5));
        story_start(&story);
        probe_call(&story.f, "client", "server", 0, 1);
        fixture_run_until(&story.f, ms(6));
        sim_answer_status(probe_node(&story.f, "server"),
                          probe_nth(&story.server, SIM_IN_REQUEST, 0)->handle, status);
        g_assert_cmpuint(fixture_total(&story.f, "server", names[status]), ==, 1);
        g_assert_cmpuint(fixture_total(&story.f, "server", "failed"), ==,
                         status > SIM_STATUS_CONFLICT);
        g_assert_cmpuint(fixture_total(&story.f, "server", "throughput"), ==, 1);
        g_assert_cmpuint(fixture_total(&story.f, "server", "goodput"), ==,
                         status <= SIM_STATUS_CONFLICT);
        fixture_run_until(&story.f, ms(20));
        probe_outcome(&story.client, 0, ms(11), 1, status);
        story_end(&story);
    }
}

static void answer_twice(void)
{
    struct story story;
    story_begin(&story, PROBE_AT_ONCE, ms(5));
    story_start(&story);
    probe_call(&story.f, "client", "server", 0, 1);
    fixture_run_until(&story.f, ms(6));
    sim_answer_status(probe_node(&story.f, "server"),
                      probe_nth(&story.server, SIM_IN_REQUEST, 0)->handle, SIM_STATUS_OK);
}

static void test_second_answer_asserts(void)
{
    if (g_test_subprocess()) {
        answer_twice();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*PACKET_OPEN*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/call/reply", test_reply);
    g_test_add_func("/call/refused-by-the-dead", test_refused_by_the_dead);
    g_test_add_func("/call/refused-by-the-absent", test_refused_by_the_absent);
    g_test_add_func("/call/silence", test_silence);
    g_test_add_func("/call/timeout-and-late-reply", test_timeout_and_late_reply);
    g_test_add_func("/call/deadline-travels", test_deadline_travels);
    g_test_add_func("/call/cancel", test_cancel);
    g_test_add_func("/call/crash-resets-callers", test_crash_resets_callers);
    g_test_add_func("/call/datagrams-are-not-refused", test_datagrams_are_not_refused);
    g_test_add_func("/call/reply-at-the-card-of-the-dead", test_reply_at_the_card_of_the_dead);
    g_test_add_func("/call/crash-behind-a-partition", test_crash_behind_a_partition);
    g_test_add_func("/call/caller-dies", test_caller_dies);
    g_test_add_func("/call/pause", test_pause);
    g_test_add_func("/call/pause-over-reply-and-timeout", test_pause_over_reply_and_timeout);
    g_test_add_func("/call/pause-and-crash", test_pause_and_crash);
    g_test_add_func("/call/on-one-machine", test_on_one_machine);
    g_test_add_func("/call/no-network-takes-no-time", test_no_network_takes_no_time);
    g_test_add_func("/call/kinds-of-failure", test_kinds_of_failure);
    g_test_add_func("/call/second-answer-asserts", test_second_answer_asserts);
    return g_test_run();
}

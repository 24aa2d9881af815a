/* Health of members: when a balancer notices, to the nanosecond. If these failed, a scenario would
 * show failovers that are faster or slower than its checks allow.
 */
#include "balancer_story.h"

/* inter 2s fall 3 rise 2: the first checks of two members at 1 s and 2 s. */
#define CHECKED "to = 'web', check_interval = s(2), check_timeout = ms(500), fall = 3, rise = 2"

static int64_t out(const struct balancer_story *story)
{
    return fixture_level(&story->f, "lb", "out");
}

/* Nothing changes before `time`, and at `time` this many are out. */
static void out_from(struct balancer_story *story, sim_time time, int64_t before, int64_t after)
{
    fixture_run_until(&story->f, time - 1);
    g_assert_cmpint(out(story), ==, before);
    fixture_run_until(&story->f, time);
    g_assert_cmpint(out(story), ==, after);
}

/* The machine is gone after 4 s: checks at 5, 7 and 9 s wait 500 ms each. Back at 20 s: those at 21
 * and 23 s are answered after 2 ms on the wire. */
static void test_silent_crash(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    fixture_link_latency(&story.f, ms(1));
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), s(20), "web[1]")->silent = true;
    balancer_start(&story);
    out_from(&story, s(9.5), 0, 1);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "checks.failed"), ==, 3);
    for (int i = 0; i < 6; i++) {
        ask(&story, 0);
        fixture_run_until(&story.f, s(9.6) + i * ms(10));
        g_assert_cmpuint(asked(&story), ==, 2);
    }
    out_from(&story, s(23) + ms(2), 1, 0);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "checks.failed"), ==, 8); /* 5, 7, ..., 19 s */
    g_assert_cmpuint(fixture_total(&story.f, "lb", "checks"), ==, 23);
    balancer_end(&story);
}

/* The same where the machine is there and refuses: known after the round trip of the third. */
static void test_refusal(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    fixture_link_latency(&story.f, ms(1));
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), s(20), "web[1]");
    balancer_start(&story);
    out_from(&story, s(9) + ms(2), 0, 1);
    out_from(&story, s(23) + ms(2), 1, 0);
    balancer_end(&story);
}

/* Two failures in a row are not three: one that is back in time was never out. */
static void test_short_crash(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), s(8), "web[1]");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(10), s(14), "web[1]");
    balancer_start(&story);
    for (int second = 1; second < 30; second++) {
        fixture_run_until(&story.f, s(second));
        g_assert_cmpint(out(&story), ==, 0);
    }
    g_assert_cmpuint(fixture_total(&story.f, "lb", "checks.failed"), ==, 4);
    balancer_end(&story);
}

/* A check that passes in between starts the count of `rise` anew too. */
static void test_flapping(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), s(10), "web[1]");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(12), s(14), "web[1]");
    balancer_start(&story);
    out_from(&story, s(9), 0, 1);  /* 5, 7, 9 fail */
    out_from(&story, s(17), 1, 0); /* 11 passes, 13 fails, 15 and 17 pass */
    balancer_end(&story);
}

/* Without a timeout of its own a check waits for the interval. */
static void test_timeout_of_interval(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'web', check_interval = s(2), fall = 1", 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), SIM_NEVER, "web[1]")->silent = true;
    balancer_start(&story);
    out_from(&story, s(7), 0, 1);
    balancer_end(&story);
}

/* A check waits in the queue like any request: a member with 600 ms of work before it fails the
 * check at 1 s, and with 400 ms it passes. */
static void check_busy(sim_time work, int64_t expected)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'busy', check_interval = s(1), check_timeout = ms(500), fall = 1",
                   0);
    fixture_add_node(&story.f, "busy", &sim_model_service, "service = us(1)");
    fixture_add_fault(&story.f, SIM_FAULT_PAUSE, s(1) - 1, s(1) + work, "busy");
    balancer_start(&story);
    fixture_run_until(&story.f, s(1.9));
    g_assert_cmpint(out(&story), ==, expected);
    balancer_end(&story);
}

static void test_busy(void)
{
    check_busy(ms(600), 1);
    check_busy(ms(400), 0);
}

/* With all out nobody is asked; with a panic share of half, all are. */
static void test_panic(void)
{
    for (unsigned with_panic = 0; with_panic < 2; with_panic++) {
        struct balancer_story story;
        balancer_begin(
            &story,
            with_panic ? CHECKED ", retries = 0, panic = percent(50)" : CHECKED ", retries = 0", 3);
        fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), SIM_NEVER, "web[1..2]");
        balancer_start(&story);
        fixture_run_until(&story.f, s(20));
        g_assert_cmpint(out(&story), ==, 2);
        for (int i = 0; i < 3; i++) {
            ask(&story, 0);
            bool is_well = !with_panic || i == 2;
            g_assert_cmpint(ended(&story), ==, is_well ? SIM_STATUS_OK : SIM_STATUS_UNAVAILABLE);
        }
        fixture_crash(&story.f, "web[3]");
        fixture_run_until(&story.f, s(40));
        uint64_t before = fixture_total(&story.f, "lb", "attempts");
        ask(&story, 0);
        g_assert_cmpint(ended(&story), ==, SIM_STATUS_UNAVAILABLE);
        g_assert_cmpuint(fixture_total(&story.f, "lb", "attempts") - before, ==, with_panic);
        balancer_end(&story);
    }
}

/* A member that leaves is not checked, and comes back as one of which nothing is known. */
static void test_leaves(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    plan_members(&story, s(11), 1);
    plan_members(&story, s(21), 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(3), s(10), "web[2]");
    balancer_start(&story);
    out_from(&story, s(8), 0, 1); /* 4, 6, 8 s */
    fixture_run_until(&story.f, s(12));
    g_assert_cmpint(out(&story), ==, 0);
    uint64_t checks = fixture_total(&story.f, "lb", "checks");
    fixture_run_until(&story.f, s(20.5));
    g_assert_cmpuint(fixture_total(&story.f, "lb", "checks"), ==, checks + 4); /* of web[1] */
    fixture_run_until(&story.f, s(21.5));
    asks_in_turn(&story, "12");
    balancer_end(&story);
}

/* Three refusals in a row, the others answered elsewhere; out for a second, then tried again. */
static void test_ejection(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'web', eject_after = 3, eject_time = s(1)", 3);
    balancer_start(&story);
    fixture_crash(&story.f, "web[2]");
    asks_in_turn(&story, "113"); /* web[2] refuses, and one of the others answers */
    asks_in_turn(&story, "133");
    g_assert_cmpint(out(&story), ==, 0);
    asks_in_turn(&story, "11");
    g_assert_cmpint(out(&story), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 3);
    asks_in_turn(&story, "1313");
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 3);
    fixture_run_until(&story.f, s(1) - 1);
    g_assert_cmpint(out(&story), ==, 1);
    fixture_restart(&story.f, "web[2]");
    fixture_run_until(&story.f, s(1));
    g_assert_cmpint(out(&story), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "ejections"), ==, 1);
    asks_in_turn(&story, "123");
    fixture_crash(&story.f, "web[3]"); /* once more, with nobody out */
    for (int i = 0; i < 9; i++) {
        ask(&story, 0);
    }
    g_assert_cmpuint(fixture_total(&story.f, "lb", "ejections"), ==, 2);
    balancer_end(&story);
}

/* A success in between starts the count anew, and no more than the share may be out. */
static void test_ejection_limits(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'web', eject_after = 2, eject_time = s(100), eject_max = 0.5", 4);
    balancer_start(&story);
    for (int i = 0; i < 5; i++) {
        fixture_crash(&story.f, "web[1]");
        ask(&story, 0);
        ask(&story, 0);
        ask(&story, 0);
        ask(&story, 0);
        fixture_restart(&story.f, "web[1]");
        ask(&story, 0);
        ask(&story, 0);
        ask(&story, 0);
        ask(&story, 0);
    }
    g_assert_cmpint(out(&story), ==, 0);
    fixture_crash(&story.f, "web[1]");
    fixture_crash(&story.f, "web[2]");
    fixture_crash(&story.f, "web[3]");
    for (int i = 0; i < 20; i++) {
        ask(&story, 0);
    }
    g_assert_cmpint(out(&story), ==, 2); /* half of four */
    g_assert_cmpuint(fixture_total(&story.f, "lb", "ejections"), ==, 2);
    balancer_end(&story);
}

/* What the balancer believes dies with it. */
static void test_balancer_crash(void)
{
    struct balancer_story story;
    balancer_begin(&story, CHECKED, 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(4), SIM_NEVER, "web[1]");
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(20), s(30), "lb");
    balancer_start(&story);
    fixture_run_until(&story.f, s(19));
    g_assert_cmpint(out(&story), ==, 1);
    fixture_run_until(&story.f, s(30));
    g_assert_cmpint(out(&story), ==, 0);
    out_from(&story, s(35), 0, 1); /* 31, 33, 35 */
    balancer_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balancer-health/silent-crash", test_silent_crash);
    g_test_add_func("/balancer-health/refusal", test_refusal);
    g_test_add_func("/balancer-health/short-crash", test_short_crash);
    g_test_add_func("/balancer-health/flapping", test_flapping);
    g_test_add_func("/balancer-health/timeout-of-interval", test_timeout_of_interval);
    g_test_add_func("/balancer-health/busy", test_busy);
    g_test_add_func("/balancer-health/panic", test_panic);
    g_test_add_func("/balancer-health/leaves", test_leaves);
    g_test_add_func("/balancer-health/ejection", test_ejection);
    g_test_add_func("/balancer-health/ejection-limits", test_ejection_limits);
    g_test_add_func("/balancer-health/balancer-crash", test_balancer_crash);
    return g_test_run();
}

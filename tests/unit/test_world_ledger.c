/* Ledgers and their audit: every entry is counted once, by its time of issue, and a world that
 * drops one is caught. */
#include "probe.h"

struct one {
    struct fixture f;
    struct probe p;
};

static void begin(struct one *one, sim_time duration)
{
    *one = (struct one){0};
    fixture_init(&one->f, duration);
    probe_add(&one->f, &one->p, "n", 1);
}

static void start(struct one *one)
{
    fixture_start(&one->f);
    fixture_run_until(&one->f, 0);
}

static void end(struct one *one)
{
    fixture_clear(&one->f);
    probe_clear(&one->p);
}

static struct sim_node *node(struct one *one)
{
    return sim_world_node(one->f.world, 1);
}

static void at(struct one *one, double time)
{
    fixture_run_until(&one->f, ms(time));
}

/* An operation from `from` to `to` ms that ends so. */
static void operation(struct one *one, double from, double to, enum sim_status status)
{
    at(one, from);
    struct sim_operation_id id = sim_operation_begin(node(one));
    at(one, to);
    sim_operation_end(node(one), &id, status);
}

/* Windows go by the time of issue, goodput and throughput by the time of the end. */
static void test_windows(void)
{
    struct one one;
    begin(&one, s(10));
    uint32_t early = fixture_add_window(&one.f, 0, s(2));
    uint32_t late = fixture_add_window(&one.f, s(2), s(4));
    start(&one);
    operation(&one, 100, 200, SIM_STATUS_OK);
    operation(&one, 1900, 2500, SIM_STATUS_OK);
    operation(&one, 2600, 2700, SIM_STATUS_TIMEOUT);
    operation(&one, 5000, 5100, SIM_STATUS_NOT_FOUND);
    fixture_run(&one.f);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "issued", early), ==, 2);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "succeeded", early), ==, 2);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "goodput", early), ==, 1);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "goodput", late), ==, 1);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "throughput", late), ==, 2);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "failed", late), ==, 1);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "timeout", late), ==, 1);
    g_assert_cmpuint(fixture_total(&one.f, "n", "issued"), ==, 4);
    g_assert_cmpuint(fixture_total(&one.f, "n", "succeeded"), ==, 3);
    /* Latency counts everyone: 0.1, 0.1, 0.6 and one that never came. */
    g_assert_cmpuint(fixture_sample_count(&one.f, "n", "latency"), ==, 4);
    g_assert_cmpfloat(fixture_quantile(&one.f, "n", "latency", 0.5), ==, 0.1);
    g_assert_cmpfloat(fixture_quantile(&one.f, "n", "latency", 0.75), ==, 0.6);
    g_assert_true(fixture_quantile(&one.f, "n", "latency", 0.76) > 1e300);
    end(&one);
}

/* An operation in a frame, as a model would remember it. */
static struct sim_operation_id remembered(struct one *one)
{
    struct sim_operation_id id = sim_operation_begin(node(one));
    *(struct sim_operation_id *)sim_frame_at(node(one), sim_frame_new(node(one))) = id;
    return id;
}

/* What is open when the run ends is unfinished, failed and infinitely late. */
static void test_unfinished(void)
{
    struct one one;
    begin(&one, s(10));
    one.f.spec.drain = s(1);
    start(&one);
    operation(&one, 100, 200, SIM_STATUS_OK);
    remembered(&one);
    g_assert_cmpint(fixture_level(&one.f, "n", "open"), ==, 1);
    g_assert_cmpint(fixture_run(&one.f), ==, SIM_ENDING_DRAINED);
    g_assert_cmpint(sim_world_now(one.f.world), ==, s(11));
    g_assert_cmpuint(fixture_total(&one.f, "n", "unfinished"), ==, 1);
    g_assert_cmpuint(fixture_total(&one.f, "n", "failed"), ==, 1);
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "failed", 0), ==, 1);
    g_assert_cmpfloat(fixture_quantile(&one.f, "n", "latency", 0.5), ==, 0.1);
    g_assert_true(fixture_quantile(&one.f, "n", "latency", 0.51) > 1e300);
    end(&one);
}

/* A run drains until the measured ones are resolved, and no longer. */
static void test_drain(void)
{
    struct one one;
    begin(&one, s(10));
    start(&one);
    at(&one, 9900);
    struct sim_operation_id last = sim_operation_begin(node(&one));
    fixture_run_until(&one.f, s(10));
    remembered(&one); /* not measured */
    at(&one, 10500);
    sim_operation_end(node(&one), &last, SIM_STATUS_OK);
    g_assert_cmpint(fixture_run(&one.f), ==, SIM_ENDING_DONE);
    g_assert_cmpint(sim_world_now(one.f.world), ==, ms(10500));
    g_assert_cmpuint(fixture_window_total(&one.f, "n", "issued", 0), ==, 1);
    g_assert_cmpuint(fixture_total(&one.f, "n", "issued"), ==, 2);
    end(&one);
}

/* The means of levels cover the whole duration when no draining was needed. */
static void test_ends_at_the_duration(void)
{
    struct one one;
    begin(&one, s(10));
    one.p.station = (struct sim_station_options){.servers = 2,
                                                 .queue_limit = -1,
                                                 .busy_metric = PROBE_BUSY,
                                                 .queued_metric = PROBE_QUEUED,
                                                 .wait_metric = PROBE_WAIT};
    start(&one);
    struct probe_state *state = sim_state(node(&one));
    sim_station_work(node(&one), state->station, s(100), 0, 0,
                     1); /* busy to the end, and past it */
    g_assert_cmpint(fixture_run(&one.f), ==, SIM_ENDING_DONE);
    g_assert_cmpint(sim_world_now(one.f.world), ==, s(10));
    g_assert_cmpfloat(fixture_level_mean(&one.f, "n", "busy"), ==, 1);
    end(&one);
}

/* A source that dies: its operations have no end, and nobody waits for them any more. */
static void test_source_dies(void)
{
    struct one one;
    begin(&one, s(10));
    start(&one);
    operation(&one, 100, 200, SIM_STATUS_OK);
    sim_operation_begin(node(&one));
    sim_operation_begin(node(&one));
    at(&one, 1000);
    fixture_crash(&one.f, "n");
    g_assert_cmpint(fixture_level(&one.f, "n", "open"), ==, 0);
    fixture_restart(&one.f, "n");
    at(&one, 2000);
    operation(&one, 2100, 2200, SIM_STATUS_OK);
    g_assert_cmpint(fixture_run(&one.f), ==, SIM_ENDING_DONE);
    g_assert_cmpuint(fixture_total(&one.f, "n", "unfinished"), ==, 2);
    g_assert_cmpuint(fixture_total(&one.f, "n", "succeeded"), ==, 2);
    end(&one);
}

static void seconds_are(struct one *one, double from, double to, uint64_t windows, uint64_t good)
{
    uint64_t found_windows, found_good;
    sim_world_windows(one->f.world, 0, s(from), s(to), &found_windows, &found_good);
    g_assert_cmpuint(found_windows, ==, windows);
    g_assert_cmpuint(found_good, ==, good);
}

/* One-second windows: a second counts when something was issued in it, and is good when all of that
 * succeeded, be it later. Only whole seconds inside the asked for interval count. */
static void test_one_second_windows(void)
{
    struct one one;
    begin(&one, s(4000));
    start(&one);
    operation(&one, 100, 200, SIM_STATUS_OK);
    operation(&one, 900, 1500, SIM_STATUS_OK); /* second 0 */
    operation(&one, 2000, 2100, SIM_STATUS_OK);
    operation(&one, 2999, 3100, SIM_STATUS_ERROR);         /* second 2 */
    operation(&one, 3000000, 3000001, SIM_STATUS_TIMEOUT); /* on another page */
    operation(&one, 3001000, 3001001, SIM_STATUS_OK);
    fixture_run(&one.f);
    seconds_are(&one, 0, 4000, 4, 2);
    seconds_are(&one, 0, 1, 1, 1);
    seconds_are(&one, 0.5, 3, 1, 0); /* second 0 is not whole */
    seconds_are(&one, 0, 2.9, 1, 1);
    seconds_are(&one, 2, 3, 1, 0);
    seconds_are(&one, 3000, 3002, 2, 1);
    seconds_are(&one, 1, 2, 0, 0);
    end(&one);
}

/* A century of seconds costs nothing where nothing is issued. */
static void test_a_century(void)
{
    struct one one;
    begin(&one, 36525 * SIM_DAY);
    one.f.spec.limits.memory_bytes_max = 64 << 20;
    start(&one);
    operation(&one, 100, 200, SIM_STATUS_OK);
    fixture_run_until(&one.f, 36524 * SIM_DAY);
    operation(&one, 36524. * 86400e3 + 100, 36524. * 86400e3 + 200, SIM_STATUS_ERROR);
    for (uint64_t i = 0; i < 5000; i++) {
        sim_after(node(&one), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_cmpint(fixture_run(&one.f), ==, SIM_ENDING_DONE);
    uint64_t windows, good;
    sim_world_windows(one.f.world, 0, 0, 36525 * SIM_DAY, &windows, &good);
    g_assert_cmpuint(windows, ==, 2);
    g_assert_cmpuint(good, ==, 1);
    end(&one);
}

/* Per member and for the group; the group is the sum. */
static void test_per_member(void)
{
    struct fixture f;
    struct probe client = {0}, web = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(10));
    probe_add(&f, &client, "client", 1);
    probe_add(&f, &web, "web", 3);
    fixture_group(&f, "web")->per_member = true;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    probe_call(&f, "client", "web[1]", 0, 1);
    probe_call(&f, "client", "web[3]", 0, 2);
    probe_call(&f, "client", "web[3]", 0, 3);
    fixture_run_until(&f, s(1));
    g_assert_cmpuint(fixture_total(&f, "web[1]", "issued"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, 0);
    g_assert_cmpuint(fixture_total(&f, "web[3]", "succeeded"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "succeeded"), ==, 3);
    fixture_clear(&f);
    probe_clear(&client);
    probe_clear(&web);
}

static void test_retries_are_attempts(void)
{
    struct fixture f;
    struct probe pair = {.reply = PROBE_AT_ONCE};
    fixture_init(&f, s(10));
    probe_add(&f, &pair, "pair", 2);
    fixture_start(&f);
    fixture_run_until(&f, 0);
    for (uint32_t attempt = 0; attempt < 3; attempt++) {
        struct sim_request request = {.deadline = SIM_NEVER, .attempt = attempt};
        sim_send_request(probe_node(&f, "pair[1]"), 2, &request, SIM_NEVER, attempt);
    }
    fixture_run_until(&f, s(1));
    g_assert_cmpuint(fixture_total(&f, "pair", "attempts"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "pair", "retries"), ==, 2);
    fixture_clear(&f);
    probe_clear(&pair);
}

/* ---- the audit must catch ---- */

static void leak_case(uint32_t requests, bool is_caught)
{
    struct fixture f;
    struct probe client = {0}, web = {.reply = PROBE_LEAK};
    fixture_init(&f, s(100));
    probe_add(&f, &client, "client", 1);
    probe_add(&f, &web, "web", 1);
    f.expects_imbalance = is_caught;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    for (uint32_t i = 0; i < requests; i++) {
        fixture_run_until(&f, ms(1) * (sim_time)i);
        probe_call_within(&f, "client", "web", 0, ms(10), i);
    }
    fixture_run(&f);
    fixture_clear(&f);
    probe_clear(&client);
    probe_clear(&web);
}

/* One ticket in a hundred is dropped. */
static void test_leak_is_caught(void)
{
    leak_case(99, false);
    leak_case(100, true);
    leak_case(1000, true);
}

/* An operation that nothing will end. */
static void test_lost_operation_is_caught(void)
{
    struct one one;
    begin(&one, s(10));
    one.f.expects_imbalance = true;
    start(&one);
    sim_operation_begin(node(&one));
    fixture_run_until(&one.f, s(1));
    end(&one);
}

/* A slot that is left without having been held: an assertion, not a wrong number. */
static void test_leaving_unheld_asserts(void)
{
    if (g_test_subprocess()) {
        struct one one;
        begin(&one, s(1));
        one.p.station = (struct sim_station_options){.servers = 1,
                                                     .queue_limit = -1,
                                                     .busy_metric = PROBE_BUSY,
                                                     .queued_metric = PROBE_QUEUED,
                                                     .wait_metric = PROBE_WAIT,
                                                     .is_slots = true};
        start(&one);
        struct probe_state *state = sim_state(node(&one));
        sim_station_leave(node(&one), state->station);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*busy > 0*");
}

static void test_operation_ended_twice_asserts(void)
{
    if (g_test_subprocess()) {
        struct one one;
        begin(&one, s(1));
        start(&one);
        struct sim_operation_id id = sim_operation_begin(node(&one));
        sim_operation_end(node(&one), &id, SIM_STATUS_OK);
        sim_operation_end(node(&one), &id, SIM_STATUS_OK);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*open_operations > 0*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger/windows", test_windows);
    g_test_add_func("/ledger/unfinished", test_unfinished);
    g_test_add_func("/ledger/drain", test_drain);
    g_test_add_func("/ledger/ends-at-the-duration", test_ends_at_the_duration);
    g_test_add_func("/ledger/source-dies", test_source_dies);
    g_test_add_func("/ledger/one-second-windows", test_one_second_windows);
    g_test_add_func("/ledger/a-century", test_a_century);
    g_test_add_func("/ledger/per-member", test_per_member);
    g_test_add_func("/ledger/retries-are-attempts", test_retries_are_attempts);
    g_test_add_func("/audit/leak-is-caught", test_leak_is_caught);
    g_test_add_func("/audit/lost-operation-is-caught", test_lost_operation_is_caught);
    g_test_add_func("/audit/leaving-unheld-asserts", test_leaving_unheld_asserts);
    g_test_add_func("/audit/operation-ended-twice-asserts", test_operation_ended_twice_asserts);
    return g_test_run();
}

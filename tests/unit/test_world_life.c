/* Lives of nodes: timers, frames, pauses, incarnations, what a crash takes and what it leaves. */
#include "probe.h"

struct one {
    struct fixture f;
    struct probe p;
};

static void begin(struct one *one, uint32_t count)
{
    *one = (struct one){0};
    fixture_init(&one->f, s(100));
    probe_add(&one->f, &one->p, "n", count);
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

static void test_timers(void)
{
    struct one one;
    begin(&one, 1);
    start(&one);
    sim_after(node(&one), ms(20), PROBE_TIMER_B, 2);
    sim_timer cancelled = sim_after(node(&one), ms(15), PROBE_TIMER_A, 9);
    sim_after(node(&one), ms(10), PROBE_TIMER_A, 1);
    sim_after(node(&one), ms(20), PROBE_TIMER_A, 3); /* same instant: in the order of arming */
    sim_after(node(&one), SIM_NEVER, PROBE_TIMER_A, 4);
    g_assert_true(sim_cancel(node(&one), cancelled));
    g_assert_false(sim_cancel(node(&one), cancelled));
    fixture_run_until(&one.f, s(1));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_TIMER), ==, 3);
    static const double times[] = {10, 20, 20};
    static const uint64_t numbers[] = {PROBE_TIMER_A, PROBE_TIMER_B, PROBE_TIMER_A};
    for (uint32_t i = 0; i < 3; i++) {
        const struct probe_seen *seen = probe_nth(&one.p, SIM_IN_TIMER, i);
        g_assert_cmpint(seen->time, ==, ms(times[i]));
        g_assert_cmpuint(seen->tag, ==, i + 1);
        g_assert_cmpuint(seen->number, ==, numbers[i]);
    }
    sim_after(node(&one), 0, PROBE_TIMER_A, 5);
    fixture_run_until(&one.f, s(1));
    probe_at(&one.p, SIM_IN_TIMER, 3, s(1));
    end(&one);
}

/* A handle outlives its timer harmlessly, also when the record is in use again. */
static void test_stale_timer(void)
{
    struct one one;
    begin(&one, 1);
    start(&one);
    sim_timer first = sim_after(node(&one), ms(1), PROBE_TIMER_A, 1);
    fixture_run_until(&one.f, ms(2));
    sim_timer second = sim_after(node(&one), ms(1), PROBE_TIMER_A, 2);
    g_assert_false(sim_cancel(node(&one), first));
    g_assert_true(sim_cancel(node(&one), second));
    fixture_run_until(&one.f, ms(10));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_TIMER), ==, 1);
    end(&one);
}

static void cancel_other(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_TIMER && in->tag == 1) {
        g_assert_true(sim_cancel(self, *(sim_timer *)probe->data));
    }
}

/* Two timers fire during a pause; the first, when it is heard of, cancels the second. */
static void test_cancelled_while_deferred(void)
{
    struct one one;
    sim_timer second;
    begin(&one, 1);
    one.p.on = cancel_other;
    one.p.data = &second;
    fixture_add_fault(&one.f, SIM_FAULT_PAUSE, ms(5), ms(50), "n");
    start(&one);
    sim_after(node(&one), ms(10), PROBE_TIMER_A, 1);
    second = sim_after(node(&one), ms(20), PROBE_TIMER_A, 2);
    fixture_run_until(&one.f, ms(100));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_TIMER), ==, 1);
    probe_at(&one.p, SIM_IN_TIMER, 0, ms(50));
    end(&one);
}

/* What comes during a pause is heard of at its end, in order. */
static void test_pause_defers_in_order(void)
{
    struct one one;
    begin(&one, 2);
    start(&one);
    sim_world_pause(one.f.world, 1, true);
    sim_after(node(&one), ms(10), PROBE_TIMER_A, 1);
    probe_message(&one.f, "n[2]", "n[1]", 7, 0);
    fixture_run_until(&one.f, ms(5));
    probe_call(&one.f, "n[2]", "n[1]", 0, 3);
    fixture_run_until(&one.f, ms(30));
    g_assert_cmpuint(one.p.seen->len, ==, 2); /* two starts */
    sim_world_pause(one.f.world, 1, false);
    g_assert_cmpuint(one.p.seen->len, ==, 5);
    static const enum sim_input_kind kinds[] = {SIM_IN_MESSAGE, SIM_IN_REQUEST, SIM_IN_TIMER};
    for (guint i = 0; i < 3; i++) {
        const struct probe_seen *seen = &g_array_index(one.p.seen, struct probe_seen, i + 2);
        g_assert_cmpint(seen->kind, ==, kinds[i]);
        g_assert_cmpint(seen->time, ==, ms(30));
    }
    sim_answer_status(node(&one), probe_nth(&one.p, SIM_IN_REQUEST, 0)->handle, SIM_STATUS_OK);
    end(&one);
}

/* Timers of a life that ended never fire, not even those that a pause had kept; nor does what came
 * to that life reach the next. */
static void test_crash_ends_timers(void)
{
    struct one one;
    begin(&one, 2);
    start(&one);
    sim_timer timer = sim_after(node(&one), ms(10), PROBE_TIMER_A, 1);
    sim_after(node(&one), ms(100), PROBE_TIMER_A, 2);
    sim_world_pause(one.f.world, 1, true);
    probe_message(&one.f, "n[2]", "n[1]", 7, 0);
    probe_call(&one.f, "n[2]", "n[1]", 0, 8);
    fixture_run_until(&one.f, ms(20));
    sim_world_crash(one.f.world, 1, false);
    sim_world_restart(one.f.world, 1);
    sim_world_pause(one.f.world, 1, false);
    fixture_run_until(&one.f, ms(50));
    g_assert_false(sim_cancel(node(&one), timer));
    sim_after(node(&one), ms(10), PROBE_TIMER_A, 3);
    fixture_run_until(&one.f, s(1));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_TIMER), ==, 1);
    g_assert_cmpuint(probe_nth(&one.p, SIM_IN_TIMER, 0)->tag, ==, 3);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_MESSAGE), ==, 0);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_REQUEST), ==, 0);
    end(&one);
}

static void remember(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct probe_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        for (int i = 0; i < 4; i++) {
            g_assert_cmpuint(state->scratch[i], ==, 0);
            state->scratch[i] = ~UINT64_C(0);
        }
        unsigned char *heap = sim_alloc(self, 1000);
        for (int i = 0; i < 1000; i++) {
            g_assert_cmpuint(heap[i], ==, 0);
            heap[i] = 0xff;
        }
    }
    (void)probe;
}

/* Every life begins with zeroes. */
static void test_state_is_zeroed(void)
{
    struct one one;
    begin(&one, 1);
    one.p.on = remember;
    start(&one);
    for (int i = 0; i < 3; i++) {
        sim_world_crash(one.f.world, 1, false);
        sim_world_restart(one.f.world, 1);
        fixture_run_until(&one.f, ms(i + 1));
    }
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_START), ==, 4);
    g_assert_false(probe_nth(&one.p, SIM_IN_START, 0)->is_restart);
    g_assert_true(probe_nth(&one.p, SIM_IN_START, 3)->is_restart);
    end(&one);
}

/* A frame ends with its operation or its node; its handle never names another one, not even when it
 * comes back from another node in a later life. */
static void test_frames(void)
{
    struct one one;
    begin(&one, 1);
    start(&one);
    sim_frame frame = sim_frame_new(node(&one));
    unsigned char *bytes = sim_frame_at(node(&one), frame);
    for (int i = 0; i < 16; i++) {
        g_assert_cmpuint(bytes[i], ==, 0);
        bytes[i] = 0xff;
    }
    sim_frame_end(node(&one), frame);
    g_assert_null(sim_frame_at(node(&one), frame));
    sim_frame again = sim_frame_new(node(&one));
    g_assert_cmpuint(again, !=, frame);
    bytes = sim_frame_at(node(&one), again);
    g_assert_cmpuint(bytes[7], ==, 0);
    sim_world_crash(one.f.world, 1, false);
    sim_world_restart(one.f.world, 1);
    fixture_run_until(&one.f, ms(1));
    g_assert_null(sim_frame_at(node(&one), again));
    for (int i = 0; i < 3; i++) {
        sim_frame next = sim_frame_new(node(&one));
        g_assert_cmpuint(next, !=, again);
        g_assert_cmpuint(next, !=, frame);
        g_assert_null(sim_frame_at(node(&one), again));
        sim_frame_end(node(&one), next);
    }
    end(&one);
}

/* A node that several faults hold is up when the last of them ends. */
static void test_overlapping_crashes(void)
{
    struct one one;
    begin(&one, 1);
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(10), ms(50), "n");
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(30), ms(40), "n");
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(45), ms(70), "n");
    start(&one);
    fixture_run_until(&one.f, s(1));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_START), ==, 2);
    probe_at(&one.p, SIM_IN_START, 1, ms(70));
    end(&one);
}

/* Back to back: one fault ends at the instant in which the next begins. */
static void test_crash_upon_restart(void)
{
    struct one one;
    begin(&one, 1);
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(10), ms(20), "n");
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(20), ms(30), "n");
    start(&one);
    fixture_run_until(&one.f, ms(20));
    fixture_run_until(&one.f, s(1));
    uint32_t starts = probe_count(&one.p, SIM_IN_START);
    probe_at(&one.p, SIM_IN_START, starts - 1, ms(30));
    /* The crash comes before the new life has begun. */
    sim_world_crash(one.f.world, 1, false);
    sim_world_restart(one.f.world, 1);
    sim_world_crash(one.f.world, 1, false);
    fixture_run_until(&one.f, s(2));
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_START), ==, starts);
    sim_world_restart(one.f.world, 1);
    fixture_run_until(&one.f, s(3));
    probe_at(&one.p, SIM_IN_START, starts, s(2));
    end(&one);
}

/* Streams of random numbers go on where they were: a crash does not repeat the past. */
static void test_draws_survive(void)
{
    struct one one;
    begin(&one, 1);
    start(&one);
    struct sim_random reference;
    sim_random_init(&reference, 1, "n", "b");
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(sim_random_u64(sim_random_of(node(&one), 1)), ==,
                         sim_random_u64(&reference));
        sim_world_crash(one.f.world, 1, false);
        sim_world_restart(one.f.world, 1);
        fixture_run_until(&one.f, ms(i + 1));
    }
    end(&one);
}

/* The dead hear nothing: no timer, no message, no surge. */
static void test_the_dead_hear_nothing(void)
{
    struct one one;
    begin(&one, 2);
    struct sim_fault_spec *surge =
        fixture_add_fault(&one.f, SIM_FAULT_SURGE, ms(20), ms(30), "n[1]");
    surge->factor = 3;
    start(&one);
    sim_after(node(&one), ms(15), PROBE_TIMER_A, 1);
    fixture_run_until(&one.f, ms(10));
    sim_world_crash(one.f.world, 1, false);
    probe_message(&one.f, "n[2]", "n[1]", 1, 0);
    fixture_run_until(&one.f, ms(25));
    for (guint i = 0; i < one.p.seen->len; i++) {
        const struct probe_seen *seen = &g_array_index(one.p.seen, struct probe_seen, i);
        g_assert_true(seen->node != 1 || seen->time == 0);
    }
    /* Its next life begins with the factor that holds. */
    sim_world_restart(one.f.world, 1);
    fixture_run_until(&one.f, ms(100));
    const struct probe_seen *begun = probe_nth(&one.p, SIM_IN_START, 2);
    g_assert_cmpuint(begun->number, ==, 3000);
    g_assert_cmpuint(probe_nth(&one.p, SIM_IN_LOAD, 0)->number, ==, 1000);
    end(&one);
}

static bool has_seen_timer(struct sim_world *world, void *data)
{
    (void)world;
    return probe_count(data, SIM_IN_TIMER) > 0;
}

/* Steps by event and by condition. */
static void test_stepping(void)
{
    struct one one;
    begin(&one, 1);
    start(&one);
    sim_after(node(&one), ms(10), PROBE_TIMER_A, 1);
    sim_after(node(&one), ms(20), PROBE_TIMER_A, 2);
    g_assert_false(sim_world_run_while_not(one.f.world, has_seen_timer, &one.p, ms(9)));
    g_assert_cmpint(sim_world_now(one.f.world), ==, ms(9));
    g_assert_true(sim_world_run_while_not(one.f.world, has_seen_timer, &one.p, s(1)));
    g_assert_cmpint(sim_world_now(one.f.world), ==, ms(10));
    g_assert_cmpuint(sim_world_run_events(one.f.world, 5), ==, 1);
    g_assert_cmpint(sim_world_now(one.f.world), ==, ms(20));
    end(&one);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/life/timers", test_timers);
    g_test_add_func("/life/stale-timer", test_stale_timer);
    g_test_add_func("/life/cancelled-while-deferred", test_cancelled_while_deferred);
    g_test_add_func("/life/pause-defers-in-order", test_pause_defers_in_order);
    g_test_add_func("/life/crash-ends-timers", test_crash_ends_timers);
    g_test_add_func("/life/state-is-zeroed", test_state_is_zeroed);
    g_test_add_func("/life/frames", test_frames);
    g_test_add_func("/life/overlapping-crashes", test_overlapping_crashes);
    g_test_add_func("/life/crash-upon-restart", test_crash_upon_restart);
    g_test_add_func("/life/draws-survive", test_draws_survive);
    g_test_add_func("/life/the-dead-hear-nothing", test_the_dead_hear_nothing);
    g_test_add_func("/life/stepping", test_stepping);
    return g_test_run();
}

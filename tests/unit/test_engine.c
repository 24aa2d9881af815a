/* The engine in exact stories: order of ties, cancellation at every moment, deaths, pauses, limits,
 * and the purge. Times are virtual nanoseconds. */
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "engine/engine.h"

enum { KIND_A = 1, KIND_B = 2 };

/* The next event must be `payload` at `time`. */
static void expect(struct sim_engine *engine, sim_time time, uint64_t payload)
{
    struct sim_event event;
    g_assert_true(sim_engine_next(engine, SIM_NEVER, &event));
    g_assert_cmpint(event.time, ==, time);
    g_assert_cmpuint(event.payload, ==, payload);
    g_assert_cmpint(sim_engine_now(engine), ==, time);
}

static void expect_end(struct sim_engine *engine)
{
    struct sim_event event;
    sim_time before = sim_engine_now(engine);
    g_assert_false(sim_engine_next(engine, SIM_NEVER, &event));
    g_assert_cmpint(sim_engine_now(engine), ==, before);
}

static struct sim_engine_stats stats_of(const struct sim_engine *engine)
{
    struct sim_engine_stats stats;
    sim_engine_get_stats(engine, &stats);
    g_assert_cmpuint(stats.scheduled, ==,
                     stats.delivered + stats.cancelled + stats.dropped + stats.pending);
    return stats;
}

static void test_new_is_empty(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    g_assert_cmpint(sim_engine_now(engine), ==, 0);
    expect_end(engine);
    g_assert_cmpuint(stats_of(engine).scheduled, ==, 0);
    g_assert_false(sim_engine_is_over_limit(engine));
    sim_engine_free(engine);
}

static void test_earlier_first(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_engine_post(engine, 30, 0, KIND_A, 3);
    sim_engine_post(engine, 10, 0, KIND_A, 1);
    sim_engine_post(engine, 20, 0, KIND_A, 2);
    expect(engine, 10, 1);
    expect(engine, 20, 2);
    expect(engine, 30, 3);
    expect_end(engine);
    sim_engine_free(engine);
}

static void test_event_carries_all_fields(void)
{
    struct sim_engine *engine = sim_engine_new(9, 0);
    sim_engine_kill(engine, 8);
    sim_engine_post(engine, 5, 8, 65535, UINT64_MAX);
    struct sim_event event;
    g_assert_true(sim_engine_next(engine, 5, &event));
    g_assert_cmpint(event.time, ==, 5);
    g_assert_cmpuint(event.node, ==, 8);
    g_assert_cmpuint(event.kind, ==, 65535);
    g_assert_cmpuint(event.payload, ==, UINT64_MAX);
    g_assert_cmpuint(event.incarnation, ==, 1);
    g_assert_cmpuint(event.timer, ==, 0);
    sim_engine_free(engine);
}

/* Ties by the thousand leave in the order in which they came, whatever lies between them. */
static void test_ties_keep_order(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    for (uint64_t i = 0; i < 3000; i++) {
        sim_engine_post(engine, 1000 + (sim_time)(i % 3) * 1000000, 0, KIND_A, i);
    }
    for (uint64_t part = 0; part < 3; part++) {
        for (uint64_t i = part; i < 3000; i += 3) {
            expect(engine, 1000 + (sim_time)part * 1000000, i);
        }
    }
    expect_end(engine);
    sim_engine_free(engine);
}

/* What is posted at the present time comes after all that was queued for it, and before the rest.
 */
static void test_posts_at_present_come_last(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    for (uint64_t i = 0; i < 200; i++) {
        sim_engine_post(engine, 50, 0, KIND_A, i);
    }
    sim_engine_post(engine, 51, 0, KIND_A, 999);
    expect(engine, 50, 0);
    for (uint64_t i = 0; i < 200; i++) {
        sim_engine_post(engine, 50, 0, KIND_B, 1000 + i);
    }
    for (uint64_t i = 1; i < 200; i++) {
        expect(engine, 50, i);
    }
    for (uint64_t i = 0; i < 200; i++) {
        expect(engine, 50, 1000 + i);
    }
    expect(engine, 51, 999);
    expect_end(engine);
    sim_engine_free(engine);
}

/* The front overflows while most of what it holds is due now: those must still come before what is
 * posted now, and later ones after. */
static void test_front_overflow_at_present(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_engine_post(engine, 1000000, 0, KIND_A, 9000);
    sim_engine_post(engine, 90, 0, KIND_A, 8000);
    for (uint64_t i = 0; i < 50; i++) {
        sim_engine_post(engine, 50, 0, KIND_A, i);
    }
    expect(engine, 50, 0);
    for (uint64_t i = 0; i < 40; i++) {
        sim_engine_post(engine, 50, 0, KIND_B, 5000 + i);
    }
    for (uint64_t i = 0; i < 100; i++) {
        sim_engine_post(engine, 60 + (sim_time)i % 7, 0, KIND_A, 6000 + i);
    }
    for (uint64_t i = 1; i < 50; i++) {
        expect(engine, 50, i);
    }
    for (uint64_t i = 0; i < 40; i++) {
        expect(engine, 50, 5000 + i);
    }
    for (uint64_t part = 0; part < 7; part++) {
        for (uint64_t i = part; i < 100; i += 7) {
            expect(engine, 60 + (sim_time)part, 6000 + i);
        }
    }
    expect(engine, 90, 8000);
    expect(engine, 1000000, 9000);
    expect_end(engine);
    sim_engine_free(engine);
}

static void test_next_until(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    struct sim_event event;
    sim_engine_post(engine, 100, 0, KIND_A, 1);
    g_assert_false(sim_engine_next(engine, 99, &event));
    g_assert_cmpint(sim_engine_now(engine), ==, 99);
    g_assert_false(sim_engine_next(engine, 99, &event));
    g_assert_true(sim_engine_next(engine, 100, &event));
    g_assert_cmpint(sim_engine_now(engine), ==, 100);
    g_assert_false(sim_engine_next(engine, 150, &event));
    g_assert_cmpint(sim_engine_now(engine), ==, 150);
    sim_engine_post(engine, 150, 0, KIND_A, 2);
    g_assert_true(sim_engine_next(engine, 150, &event));
    g_assert_cmpuint(event.payload, ==, 2);
    sim_engine_free(engine);
}

/* A pause far before the next event leaves room for events in between, of any number. */
static void test_posts_after_a_pause(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    struct sim_event event;
    for (uint64_t i = 0; i < 500; i++) {
        sim_engine_post(engine, SIM_HOUR + (sim_time)i, 0, KIND_A, 5000 + i);
    }
    g_assert_false(sim_engine_next(engine, SIM_SECOND, &event));
    for (uint64_t i = 0; i < 500; i++) {
        sim_engine_post(engine, SIM_SECOND + (sim_time)(i % 2), 0, KIND_A, i);
    }
    for (uint64_t part = 0; part < 2; part++) {
        for (uint64_t i = part; i < 500; i += 2) {
            expect(engine, SIM_SECOND + (sim_time)part, i);
        }
    }
    for (uint64_t i = 0; i < 500; i++) {
        expect(engine, SIM_HOUR + (sim_time)i, 5000 + i);
    }
    expect_end(engine);
    sim_engine_free(engine);
}

/* A million pauses before a crowd of events: a queue that looked for the first one among all of
 * them each time would not come to an end. */
static void test_many_pauses(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    struct sim_event event;
    for (uint64_t i = 0; i < 300000; i++) {
        sim_engine_post(engine, SIM_HOUR + (sim_time)(i % 1000), 0, KIND_A, i);
    }
    for (sim_time pause = 1; pause <= 1000000; pause++) {
        if (pause % 10 == 0) {
            sim_engine_post(engine, 2 * SIM_HOUR, 0, KIND_A, 0);
        }
        g_assert_false(sim_engine_next(engine, pause, &event));
    }
    expect(engine, SIM_HOUR, 0);
    sim_engine_free(engine);
}

static void test_never_is_never(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_engine_post(engine, SIM_NEVER, 0, KIND_A, 1);
    sim_timer timer = sim_engine_arm(engine, SIM_NEVER, 0, KIND_A, 2);
    sim_engine_post(engine, SIM_NEVER - 1, 0, KIND_A, 3);
    expect(engine, SIM_NEVER - 1, 3);
    expect_end(engine);
    g_assert_cmpuint(stats_of(engine).pending, ==, 2);
    g_assert_true(sim_engine_cancel(engine, timer));
    g_assert_cmpuint(stats_of(engine).pending, ==, 1);
    sim_engine_free(engine);
}

static void test_cancel(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_timer early = sim_engine_arm(engine, 10, 0, KIND_A, 1);
    sim_timer late = sim_engine_arm(engine, 20, 0, KIND_A, 2);
    g_assert_cmpuint(early, !=, 0);
    g_assert_cmpuint(early, !=, late);
    g_assert_true(sim_engine_cancel(engine, early));
    g_assert_false(sim_engine_cancel(engine, early)); /* twice */
    expect(engine, 20, 2);
    g_assert_false(sim_engine_cancel(engine, late)); /* after it fired */
    g_assert_false(sim_engine_cancel(engine, early));
    g_assert_false(sim_engine_cancel(engine, 0)); /* none */
    struct sim_engine_stats stats = stats_of(engine);
    g_assert_cmpuint(stats.cancelled, ==, 1);
    g_assert_cmpuint(stats.delivered, ==, 1);
    g_assert_cmpuint(stats.pending, ==, 0);
    sim_engine_free(engine);
}

/* Of two timers at one instant the first one's handler cancels the second, which is due already. */
static void test_cancel_at_the_same_instant(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_timer first = sim_engine_arm(engine, 10, 0, KIND_A, 1);
    sim_timer second = sim_engine_arm(engine, 10, 0, KIND_A, 2);
    expect(engine, 10, 1);
    g_assert_true(sim_engine_cancel(engine, second));
    g_assert_false(sim_engine_cancel(engine, first));
    sim_timer third = sim_engine_arm(engine, 10, 0, KIND_A, 3);
    sim_engine_arm(engine, 10, 0, KIND_A, 4);
    g_assert_true(sim_engine_cancel(engine, third));
    expect(engine, 10, 4);
    expect_end(engine);
    sim_engine_free(engine);
}

/* A slot is used again and again; handles of earlier timers must not touch later ones. */
static void test_stale_handles(void)
{
    struct sim_engine *engine = sim_engine_new(1, 0);
    sim_timer old[1000];
    for (uint64_t i = 0; i < 1000; i++) {
        old[i] = sim_engine_arm(engine, (sim_time)i + 1, 0, KIND_A, i);
        expect(engine, (sim_time)i + 1, i);
    }
    sim_timer live = sim_engine_arm(engine, 5000, 0, KIND_A, 7);
    for (uint64_t i = 0; i < 1000; i++) {
        g_assert_cmpuint(old[i], !=, live);
        g_assert_false(sim_engine_cancel(engine, old[i]));
    }
    expect(engine, 5000, 7);
    sim_engine_free(engine);
}

static void test_kill_drops(void)
{
    struct sim_engine *engine = sim_engine_new(2, 0);
    g_assert_cmpuint(sim_engine_incarnation(engine, 0), ==, 0);
    sim_engine_post(engine, 10, 0, KIND_A, 1);
    sim_engine_post(engine, 10, 1, KIND_A, 2);
    sim_timer timer = sim_engine_arm(engine, 12, 0, KIND_A, 3);
    sim_timer cancelled = sim_engine_arm(engine, 12, 0, KIND_A, 4);
    g_assert_true(sim_engine_cancel(engine, cancelled));
    sim_engine_kill(engine, 0);
    g_assert_cmpuint(sim_engine_incarnation(engine, 0), ==, 1);
    g_assert_cmpuint(sim_engine_incarnation(engine, 1), ==, 0);
    struct sim_engine_stats stats = stats_of(engine);
    g_assert_cmpuint(stats.pending, ==, 1);
    g_assert_cmpuint(stats.dropped, ==, 2);
    g_assert_cmpuint(stats.cancelled, ==, 1);
    g_assert_false(sim_engine_cancel(engine, timer)); /* it died with its node */
    sim_engine_post(engine, 11, 0, KIND_A, 5);        /* of the next life */
    sim_timer reborn = sim_engine_arm(engine, 12, 0, KIND_A, 6);
    expect(engine, 10, 2);
    expect(engine, 11, 5);
    g_assert_true(sim_engine_cancel(engine, reborn));
    expect_end(engine);
    sim_engine_kill(engine, 0);
    sim_engine_kill(engine, 0);
    g_assert_cmpuint(sim_engine_incarnation(engine, 0), ==, 3);
    g_assert_cmpuint(stats_of(engine).dropped, ==, 2);
    sim_engine_free(engine);
}

/* Dropped and cancelled events move no clock. */
static void test_dead_events_take_no_time(void)
{
    struct sim_engine *engine = sim_engine_new(2, 0);
    sim_engine_post(engine, 10, 0, KIND_A, 1);
    sim_engine_cancel(engine, sim_engine_arm(engine, 20, 1, KIND_A, 2));
    sim_engine_kill(engine, 0);
    uint64_t digest = sim_engine_digest(engine);
    expect_end(engine);
    g_assert_cmpint(sim_engine_now(engine), ==, 0);
    g_assert_cmpuint(sim_engine_digest(engine), ==, digest);
    sim_engine_post(engine, 5, 1, KIND_A, 3);
    expect(engine, 5, 3);
    sim_engine_free(engine);
}

static void test_limit(void)
{
    struct sim_engine *engine = sim_engine_new(1, 3);
    sim_timer timer = sim_engine_arm(engine, 1, 0, KIND_A, 1);
    sim_engine_post(engine, 2, 0, KIND_A, 2);
    sim_engine_post(engine, 3, 0, KIND_A, 3);
    g_assert_false(sim_engine_is_over_limit(engine));
    sim_engine_cancel(engine, timer);
    sim_engine_post(engine, 4, 0, KIND_A, 4);
    g_assert_false(sim_engine_is_over_limit(engine)); /* the cancelled one does not count */
    sim_engine_post(engine, 5, 0, KIND_A, 5);
    g_assert_true(sim_engine_is_over_limit(engine));
    expect(engine, 2, 2);
    expect(engine, 3, 3);
    g_assert_true(sim_engine_is_over_limit(engine)); /* it was, so the run has ended */
    g_assert_cmpuint(stats_of(engine).pending_max, ==, 4);
    sim_engine_free(engine);
}

/* Timeouts that are always cancelled do not pile up: the slots that they need stay few. */
static void test_purge(void)
{
    struct sim_engine *engine = sim_engine_new(2, 0);
    for (uint64_t i = 0; i < 100; i++) {
        sim_engine_post(engine, SIM_HOUR + (sim_time)(i % 10), 0, KIND_A, i);
    }
    uint32_t slot_max = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        sim_time delay = 1 + (sim_time)(i % 40) * (sim_time)(i % 40) * SIM_MILLISECOND;
        sim_timer timer = sim_engine_arm(engine, delay, 1, KIND_A, i);
        slot_max = MAX(slot_max, (uint32_t)timer);
        g_assert_true(sim_engine_cancel(engine, timer));
    }
    g_assert_cmpuint(slot_max, <, 400);
    for (uint64_t part = 0; part < 10; part++) {
        for (uint64_t i = part; i < 100; i += 10) {
            expect(engine, SIM_HOUR + (sim_time)part, i);
        }
    }
    expect_end(engine);
    sim_engine_free(engine);
}

/* The same for what dead nodes leave behind. */
static void test_purge_after_kills(void)
{
    struct sim_engine *engine = sim_engine_new(2, 0);
    uint32_t slot_max = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        for (uint64_t j = 0; j < 20; j++) {
            sim_timer timer = sim_engine_arm(engine, SIM_HOUR, 1, KIND_A, j);
            slot_max = MAX(slot_max, (uint32_t)timer);
        }
        sim_engine_kill(engine, 1);
    }
    g_assert_cmpuint(slot_max, <, 400);
    g_assert_cmpuint(stats_of(engine).dropped, ==, 40000);
    expect_end(engine);
    sim_engine_free(engine);
}

static void test_past_is_refused(void)
{
    if (g_test_subprocess()) {
        struct sim_engine *engine = sim_engine_new(1, 0);
        sim_engine_post(engine, 10, 0, KIND_A, 1);
        expect(engine, 10, 1);
        sim_engine_post(engine, 9, 0, KIND_A, 2);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*time >= engine->now*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/new-is-empty", test_new_is_empty);
    g_test_add_func("/engine/earlier-first", test_earlier_first);
    g_test_add_func("/engine/event-carries-all-fields", test_event_carries_all_fields);
    g_test_add_func("/engine/ties-keep-order", test_ties_keep_order);
    g_test_add_func("/engine/posts-at-present-come-last", test_posts_at_present_come_last);
    g_test_add_func("/engine/front-overflow-at-present", test_front_overflow_at_present);
    g_test_add_func("/engine/next-until", test_next_until);
    g_test_add_func("/engine/posts-after-a-pause", test_posts_after_a_pause);
    g_test_add_func("/engine/many-pauses", test_many_pauses);
    g_test_add_func("/engine/never-is-never", test_never_is_never);
    g_test_add_func("/engine/cancel", test_cancel);
    g_test_add_func("/engine/cancel-at-the-same-instant", test_cancel_at_the_same_instant);
    g_test_add_func("/engine/stale-handles", test_stale_handles);
    g_test_add_func("/engine/kill-drops", test_kill_drops);
    g_test_add_func("/engine/dead-events-take-no-time", test_dead_events_take_no_time);
    g_test_add_func("/engine/limit", test_limit);
    g_test_add_func("/engine/purge", test_purge);
    g_test_add_func("/engine/purge-after-kills", test_purge_after_kills);
    g_test_add_func("/engine/past-is-refused", test_past_is_refused);
    return g_test_run();
}

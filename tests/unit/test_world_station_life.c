/* Stations: slots, resizing, slow, paused and dying machines, metrics and books. */
#include "station_story.h"

/* ---- slots ---- */

static enum sim_entry enter(struct station_story *story, uint16_t priority, uint64_t tag)
{
    return sim_station_enter(probe_node(&story->f, "web"), probe_station(&story->f, "web"),
                             priority, 0, tag);
}

static void leave(struct station_story *story)
{
    sim_station_leave(probe_node(&story->f, "web"), probe_station(&story->f, "web"));
}

static void test_slots(void)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY, 2);
    story.p.station.is_slots = true;
    story.p.station.queue_limit = 2;
    start(&story);
    g_assert_cmpint(enter(&story, 0, 1), ==, SIM_ENTRY_GRANTED);
    g_assert_cmpint(enter(&story, 0, 2), ==, SIM_ENTRY_GRANTED);
    g_assert_cmpint(enter(&story, 7, 3), ==, SIM_ENTRY_QUEUED);
    g_assert_cmpint(enter(&story, 1, 4), ==, SIM_ENTRY_QUEUED);
    g_assert_cmpint(enter(&story, 0, 5), ==, SIM_ENTRY_REJECTED);
    at(&story, 10);
    leave(&story);
    g_assert_cmpint(enter(&story, 0, 6), ==, SIM_ENTRY_QUEUED); /* 4 has the slot already */
    at(&story, 20);
    leave(&story);
    leave(&story);
    at(&story, 30);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_GRANTED), ==, 3);
    static const uint64_t order[] = {4, 6, 3};
    for (uint32_t i = 0; i < 3; i++) {
        probe_at(&story.p, SIM_IN_GRANTED, i, ms(i == 0 ? 10 : 20));
        g_assert_cmpuint(probe_nth(&story.p, SIM_IN_GRANTED, i)->tag, ==, order[i]);
    }
    /* Waits: 0, 0, 10 (4), 10 (6), 20 (3). */
    g_assert_cmpfloat_with_epsilon(fixture_mean(&story.f, "web", "wait"), 40 / 5e3, 1e-12);
    end(&story);
}

/* A grant that comes during a pause is heard of afterwards; in a crash it dies. */
static void test_slots_pause_and_crash(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    story.p.station.is_slots = true;
    start(&story);
    enter(&story, 0, 1);
    enter(&story, 0, 2);
    enter(&story, 0, 3);
    at(&story, 10);
    leave(&story);
    fixture_pause(&story.f, "web", true);
    at(&story, 20);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_GRANTED), ==, 0);
    fixture_pause(&story.f, "web", false);
    at(&story, 21);
    probe_at(&story.p, SIM_IN_GRANTED, 0, ms(20));
    leave(&story);
    fixture_crash(&story.f, "web");
    at(&story, 30);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_GRANTED), ==, 1);
    g_assert_cmpint(fixture_level(&story.f, "web", "busy"), ==, 0);
    g_assert_cmpint(fixture_level(&story.f, "web", "queued"), ==, 0);
    end(&story);
}

/* ---- resizing ---- */

static void resize(struct station_story *story, int64_t servers)
{
    sim_station_resize(probe_node(&story->f, "web"), probe_station(&story->f, "web"), servers);
}

static void test_resize(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    start(&story);
    for (uint64_t tag = 1; tag <= 6; tag++) {
        work(&story, 10, 0, tag);
    }
    at(&story, 5);
    resize(&story, 3); /* 2 and 3 start */
    at(&story, 12);    /* 4 started at 10 */
    resize(&story, 1); /* running ones finish */
    at(&story, 100);
    done(&story, 0, 1, 10);
    done(&story, 1, 2, 15);
    done(&story, 2, 3, 15);
    done(&story, 3, 4, 20);
    done(&story, 4, 5, 30);
    done(&story, 5, 6, 40);
    end(&story);
}

static void test_resize_sharing(void)
{
    struct station_story story;
    begin(&story, SIM_PROCESSOR_SHARING, 1);
    start(&story);
    work(&story, 10, 0, 1);
    work(&story, 10, 0, 2);
    at(&story, 10); /* 5 left of each */
    resize(&story, 2);
    at(&story, 100);
    done(&story, 0, 1, 15);
    done(&story, 1, 2, 15);
    end(&story);
}

/* ---- what happens to the machine ---- */

static struct sim_fault_spec *slow(struct station_story *story, double from, double to,
                                   double factor)
{
    struct sim_fault_spec *fault =
        fixture_add_fault(&story->f, SIM_FAULT_SLOW, ms(from), ms(to), "web");
    fault->factor = factor;
    return fault;
}

/* 10 ms of work: 4 done, then at a third of the speed. */
static void slow_case(enum sim_discipline discipline)
{
    struct station_story story;
    begin(&story, discipline, 1);
    slow(&story, 4, 100, 3);
    slow(&story, 110, 140, 4);
    slow(&story, 120, 130, 2);
    start(&story);
    work(&story, 10, 0, 1);
    at(&story, 50);
    done(&story, 0, 1, 22);
    /* 20 ms of work: 10 done by 110, 2.5 by 120, 1.25 by 130, 2.5 by 140, 3.75 after. */
    at(&story, 100);
    work(&story, 20, 0, 2);
    at(&story, 200);
    done(&story, 1, 2, 143.75);
    end(&story);
}

static void test_slow(void)
{
    slow_case(SIM_FIFO);
    slow_case(SIM_PROCESSOR_SHARING);
}

static void pause_case(enum sim_discipline discipline)
{
    struct station_story story;
    begin(&story, discipline, 1);
    start(&story);
    work(&story, 10, 0, 1);
    at(&story, 4);
    fixture_pause(&story.f, "web", true);
    fixture_pause(&story.f, "web", true); /* two hold it */
    at(&story, 30);
    fixture_pause(&story.f, "web", false);
    at(&story, 50);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_DONE), ==, 0);
    fixture_pause(&story.f, "web", false);
    at(&story, 100);
    done(&story, 0, 1, 56);
    end(&story);
}

static void test_pause(void)
{
    pause_case(SIM_FIFO);
    pause_case(SIM_PROCESSOR_SHARING);
    /* A job whose end falls on the pause is done when the pause ends. */
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    fixture_add_fault(&story.f, SIM_FAULT_PAUSE, ms(10), ms(25), "web");
    start(&story);
    work(&story, 10, 0, 1); /* its end was scheduled after the pause */
    at(&story, 100);
    done(&story, 0, 1, 25);
    end(&story);
}

static void test_crash(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    start(&story);
    work(&story, 10, 0, 1);
    work(&story, 10, 0, 2);
    at(&story, 4);
    fixture_crash(&story.f, "web");
    g_assert_cmpint(fixture_level(&story.f, "web", "busy"), ==, 0);
    g_assert_cmpint(fixture_level(&story.f, "web", "queued"), ==, 0);
    at(&story, 10);
    fixture_restart(&story.f, "web");
    at(&story, 11);
    work(&story, 5, 0, 3);
    at(&story, 100);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_DONE), ==, 1);
    done(&story, 0, 3, 16);
    end(&story);
}

/* ---- metrics ---- */

/* Means over the run and the capacity, which is none while the node is down. */
static void test_metrics(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 2);
    start(&story);
    for (uint64_t tag = 0; tag < 5; tag++) {
        work(&story, 100, 0, tag);
    }
    at(&story, 500);
    fixture_crash(&story.f, "web");
    at(&story, 750);
    fixture_restart(&story.f, "web");
    fixture_run(&story.f);
    /* busy: 2 for 200 ms, 1 for 100; queued: 3 for 100, 1 for 100. */
    g_assert_cmpfloat_with_epsilon(fixture_level_mean(&story.f, "web", "busy"), 0.5, 1e-12);
    g_assert_cmpfloat_with_epsilon(fixture_level_mean(&story.f, "web", "queued"), 0.4, 1e-12);
    g_assert_cmpfloat_with_epsilon(fixture_mean(&story.f, "web", "wait"), (0 + 0 + 1 + 1 + 2) / 50.,
                                   1e-12);
    const struct sim_level *capacity =
        sim_world_capacity(story.f.world, 0, SIM_NONE, SIM_STANDARD_COUNT + PROBE_BUSY);
    g_assert_cmpfloat_with_epsilon(sim_level_mean(capacity, 0), 1.5, 1e-12);
    end(&story);
}

/* The books hold for a measured window that begins and ends amid jobs, too. */
static void test_books_of_a_window(void)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY_PREEMPTIVE, 1);
    story.f.windows[0] = (struct sim_window){ms(5), ms(17)};
    start(&story);
    work(&story, 10, 1, 1);
    at(&story, 3);
    work(&story, 4, 0, 2);
    at(&story, 6);
    work(&story, 20, 1, 3);
    at(&story, 60);
    work(&story, 20, 1, 4);
    at(&story, 61);
    end(&story);
}

/* As many servers as it takes: nobody waits, and there is no capacity to be short of. */
static void test_unlimited(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, INT32_MAX);
    start(&story);
    for (uint64_t tag = 0; tag < 1000; tag++) {
        work(&story, 10, 0, tag);
    }
    at(&story, 20);
    done(&story, 999, 999, 10);
    const struct sim_level *capacity =
        sim_world_capacity(story.f.world, 0, SIM_NONE, SIM_STANDARD_COUNT + PROBE_BUSY);
    g_assert_cmpint(capacity->value, ==, 0);
    resize(&story, 5);
    g_assert_cmpint(capacity->value, ==, 5);
    resize(&story, INT32_MAX);
    g_assert_cmpint(capacity->value, ==, 0);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/station/slots", test_slots);
    g_test_add_func("/station/slots-pause-and-crash", test_slots_pause_and_crash);
    g_test_add_func("/station/resize", test_resize);
    g_test_add_func("/station/resize-sharing", test_resize_sharing);
    g_test_add_func("/station/slow", test_slow);
    g_test_add_func("/station/pause", test_pause);
    g_test_add_func("/station/crash", test_crash);
    g_test_add_func("/station/metrics", test_metrics);
    g_test_add_func("/station/books-of-a-window", test_books_of_a_window);
    g_test_add_func("/station/unlimited", test_unlimited);
    return g_test_run();
}

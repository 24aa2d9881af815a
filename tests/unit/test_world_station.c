/* Stations: who is served when, to the nanosecond, in every discipline and whatever happens to the
 * machine. Every story ends in the audit, so each is a test of the books too. */
#include "station_story.h"

static void test_fifo(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 2);
    start(&story);
    work(&story, 10, 0, 1);
    work(&story, 30, 0, 2);
    work(&story, 5, 0, 3);
    work(&story, 5, 0, 4);
    struct sim_station *station = probe_station(&story.f, "web");
    g_assert_cmpint(sim_station_busy(station), ==, 2);
    g_assert_cmpint(sim_station_queued(station), ==, 2);
    at(&story, 12);
    work(&story, 1, 0, 5);
    at(&story, 100);
    done(&story, 0, 1, 10);
    done(&story, 1, 3, 15);
    done(&story, 2, 4, 20);
    done(&story, 3, 5, 21);
    done(&story, 4, 2, 30);
    g_assert_cmpint(sim_station_busy(station), ==, 0);
    end(&story);
}

static void test_lifo(void)
{
    struct station_story story;
    begin(&story, SIM_LIFO, 1);
    start(&story);
    for (uint64_t tag = 1; tag <= 4; tag++) {
        work(&story, 10, 0, tag);
    }
    at(&story, 15);
    work(&story, 10, 0, 5);
    at(&story, 100);
    done(&story, 0, 1, 10);
    done(&story, 1, 4, 20);
    done(&story, 2, 5, 30);
    done(&story, 3, 3, 40);
    done(&story, 4, 2, 50);
    end(&story);
}

static void test_priority(void)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY, 1);
    start(&story);
    work(&story, 10, 5, 1);
    work(&story, 10, 2, 2);
    work(&story, 10, 1, 3);
    work(&story, 10, 2, 4);
    work(&story, 10, 0, 5);
    work(&story, 10, 1, 6);
    at(&story, 100);
    static const uint64_t order[] = {1, 5, 3, 6, 2, 4};
    for (uint32_t i = 0; i < 6; i++) {
        done(&story, i, order[i], 10 * (i + 1));
    }
    end(&story);
}

/* Who is interrupted goes on where he was, before others of his class who came later. */
static void preemptive_case(int64_t cores)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY_PREEMPTIVE, 1);
    fixture_machine(&story.f, 1)->cores = cores;
    start(&story);
    work(&story, 10, 2, 1);
    at(&story, 4);
    work(&story, 5, 1, 2); /* 1 has 6 left */
    work(&story, 3, 2, 3);
    at(&story, 6);
    work(&story, 2, 0, 4); /* 2 has 3 left */
    at(&story, 7);
    work(&story, 1, 1, 5); /* waits: less urgent than 4, behind 2 */
    at(&story, 100);
    done(&story, 0, 4, 8);
    done(&story, 1, 2, 11);
    done(&story, 2, 5, 12);
    done(&story, 3, 1, 18);
    done(&story, 4, 3, 21);
    /* Waits are until the first service. */
    g_assert_cmpuint(fixture_sample_count(&story.f, "web", "wait"), ==, 5);
    g_assert_cmpfloat_with_epsilon(fixture_mean(&story.f, "web", "wait"), (14 + 4) / 5e3, 1e-12);
    end(&story);
}

/* However often he was interrupted. */
static void often_interrupted_case(int64_t cores)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY_PREEMPTIVE, 1);
    fixture_machine(&story.f, 1)->cores = cores;
    start(&story);
    work(&story, 10, 1, 1);
    work(&story, 10, 1, 2);
    for (int i = 1; i <= 4; i++) {
        at(&story, 2 * i - 1);
        work(&story, 1, 0, 10 + (uint64_t)i);
    }
    at(&story, 100);
    for (uint32_t i = 1; i <= 4; i++) {
        done(&story, i - 1, 10 + i, 2 * i);
    }
    done(&story, 4, 1, 14);
    done(&story, 5, 2, 24);
    end(&story);
}

static void test_priority_preemptive(void)
{
    preemptive_case(0);
    preemptive_case(4);
    often_interrupted_case(0);
    often_interrupted_case(4);
}

/* Among equals the one that started last gives way. */
static void test_victim_among_equals(void)
{
    struct station_story story;
    begin(&story, SIM_PRIORITY_PREEMPTIVE, 2);
    start(&story);
    work(&story, 10, 1, 1);
    at(&story, 1);
    work(&story, 10, 1, 2);
    at(&story, 2);
    work(&story, 10, 0, 3);
    at(&story, 100);
    done(&story, 0, 1, 10);
    done(&story, 1, 3, 12);
    done(&story, 2, 2, 19); /* 9 left, from 10 */
    end(&story);
}

/* With cores (an executor) the remaining work is what is left at the moment of the comparison. */
static void shortest_case(int64_t cores)
{
    struct station_story story;
    begin(&story, SIM_SHORTEST_REMAINING, 1);
    fixture_machine(&story.f, 1)->cores = cores;
    start(&story);
    work(&story, 10, 0, 1);
    at(&story, 7);
    work(&story, 4, 0, 2); /* 1 has 3 left: not interrupted */
    at(&story, 8);
    work(&story, 1, 0, 3); /* interrupts 1, which has 2 left */
    at(&story, 8.5);
    work(&story, 0.7, 0, 4); /* 3 has 0.5 left */
    at(&story, 100);
    done(&story, 0, 3, 9);
    done(&story, 1, 4, 9.7);
    done(&story, 2, 1, 11.7);
    done(&story, 3, 2, 15.7);
    end(&story);
}

static void test_shortest_remaining(void)
{
    shortest_case(0);
    shortest_case(1);
}

/* Every order is as likely, and it comes from the node's own stream. */
static void test_random_order(void)
{
    uint32_t first[3] = {0};
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct station_story story;
        begin(&story, SIM_RANDOM_ORDER, 1);
        story.f.options.seed = seed;
        start(&story);
        work(&story, 1, 0, 9);
        for (uint64_t tag = 0; tag < 3; tag++) {
            work(&story, 1, 0, tag);
        }
        at(&story, 10);
        first[probe_nth(&story.p, SIM_IN_DONE, 1)->tag]++;
        end(&story);
    }
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(first[i], >, 880);
        g_assert_cmpuint(first[i], <, 1120);
    }
}

/* Two jobs share, then three, then two, then one. */
static void sharing_case(enum sim_discipline discipline, int64_t servers, int64_t cores)
{
    struct station_story story;
    begin(&story, discipline, servers);
    fixture_machine(&story.f, 1)->cores = cores;
    start(&story);
    work(&story, 10, 0, 1);
    at(&story, 4);
    work(&story, 10, 0, 2); /* 1 has 6 left; both at 1/2 */
    at(&story, 8);
    work(&story, 2, 0, 3); /* 1 has 4, 2 has 8; all at 1/3 until 3 is done at 14 */
    at(&story, 200);
    done(&story, 0, 3, 14); /* 1 has 2, 2 has 6 */
    done(&story, 1, 1, 18); /* 2 has 4 */
    done(&story, 2, 2, 22);
    end(&story);
}

static void test_processor_sharing(void)
{
    sharing_case(SIM_PROCESSOR_SHARING, 1, 0);
    sharing_case(SIM_PROCESSOR_SHARING, 1, 1);
    sharing_case(SIM_FIFO, 10, 1); /* as many servers, one core */
}

/* Two servers: nobody is slowed before the third. */
static void test_processor_sharing_two_servers(void)
{
    struct station_story story;
    begin(&story, SIM_PROCESSOR_SHARING, 2);
    start(&story);
    work(&story, 10, 0, 1);
    work(&story, 12, 0, 2);
    at(&story, 4);
    work(&story, 20, 0, 3); /* 6, 8, 20 left at 2/3: 1 is done after 9 */
    struct sim_station *station = probe_station(&story.f, "web");
    g_assert_cmpint(sim_station_busy(station), ==, 2);
    g_assert_cmpint(sim_station_queued(station), ==, 1);
    at(&story, 100);
    done(&story, 0, 1, 13); /* 2 and 14 left at full speed */
    done(&story, 1, 2, 15);
    done(&story, 2, 3, 27);
    end(&story);
}

/* Seven that are equal end together, at the same nanosecond. */
static void test_sharing_ends_together(void)
{
    struct station_story story;
    begin(&story, SIM_PROCESSOR_SHARING, 1);
    start(&story);
    for (uint64_t tag = 0; tag < 7; tag++) {
        work(&story, 10, 0, tag);
    }
    at(&story, 100);
    for (uint32_t i = 0; i < 7; i++) {
        done(&story, i, i, 70);
    }
    end(&story);
}

/* Two nodes, each with servers enough, on a machine of two cores. */
static void test_shared_cores(void)
{
    struct fixture f;
    struct probe p = {.station = {.servers = 10,
                                  .queue_limit = -1,
                                  .busy_metric = PROBE_BUSY,
                                  .queued_metric = PROBE_QUEUED,
                                  .wait_metric = PROBE_WAIT}};
    fixture_init(&f, s(1));
    probe_add(&f, &p, "pair", 2);
    fixture_share_machine(&f, "pair");
    fixture_machine(&f, 1)->cores = 2;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    struct sim_node *a = sim_world_node(f.world, 1), *b = sim_world_node(f.world, 2);
    struct sim_station *sa = ((struct probe_state *)sim_state(a))->station;
    struct sim_station *sb = ((struct probe_state *)sim_state(b))->station;
    sim_station_work(a, sa, ms(10), 0, 0, 1);
    sim_station_work(a, sa, ms(10), 0, 0, 2);
    sim_station_work(b, sb, ms(10), 0, 0, 3);
    sim_station_work(b, sb, ms(10), 0, 0, 4);
    fixture_run_until(&f, ms(10)); /* all half done */
    fixture_crash(&f, "pair[1]");  /* the others have a core each */
    fixture_run_until(&f, ms(100));
    g_assert_cmpuint(probe_count(&p, SIM_IN_DONE), ==, 2);
    probe_at(&p, SIM_IN_DONE, 0, ms(15));
    probe_at(&p, SIM_IN_DONE, 1, ms(15));
    g_assert_cmpuint(probe_nth(&p, SIM_IN_DONE, 0)->tag, ==, 3);
    fixture_clear(&f);
    probe_clear(&p);
}

/* A station that shares one server, on a machine of two cores with one that has servers enough. */
static void test_sharing_within_cores(void)
{
    struct fixture f;
    struct probe a = {.station = {.servers = 1,
                                  .queue_limit = -1,
                                  .discipline = SIM_PROCESSOR_SHARING,
                                  .busy_metric = PROBE_BUSY,
                                  .queued_metric = PROBE_QUEUED,
                                  .wait_metric = PROBE_WAIT}};
    struct probe b = a;
    b.station.servers = 10;
    b.station.discipline = SIM_FIFO;
    fixture_init(&f, s(1));
    probe_add(&f, &a, "a", 1);
    probe_add(&f, &b, "b", 1);
    fixture_machine(&f, 1)->cores = 2;
    fixture_group(&f, "b")->machines = fixture_group(&f, "a")->machines;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    struct sim_node *na = sim_world_node(f.world, 1), *nb = sim_world_node(f.world, 2);
    struct sim_station *sa = probe_station(&f, "a"), *sb = probe_station(&f, "b");
    sim_station_work(na, sa, ms(10), 0, 0, 1); /* half of a's server each */
    sim_station_work(na, sa, ms(10), 0, 0, 2);
    sim_station_work(nb, sb, ms(10), 0, 0, 3); /* a core */
    fixture_run_until(&f, ms(10));
    probe_at(&b, SIM_IN_DONE, 0, ms(10));
    for (uint64_t tag = 4; tag < 7; tag++) {
        sim_station_work(nb, sb, ms(10), 0, 0, tag); /* all five have 2/5 of a core */
    }
    fixture_run_until(&f, ms(30)); /* 5 more of each until 22.5; then three have 2/3 */
    probe_at(&a, SIM_IN_DONE, 0, ms(22.5));
    probe_at(&a, SIM_IN_DONE, 1, ms(22.5));
    probe_at(&b, SIM_IN_DONE, 3, ms(30));
    sim_station_work(na, sa, ms(10), 0, 0, 7); /* both at full speed */
    sim_station_work(nb, sb, ms(10), 0, 0, 8);
    fixture_run_until(&f, ms(35));
    sim_station_work(na, sa, ms(10), 0, 0, 9);  /* a: 5 and 10 left, at half speed */
    sim_station_work(nb, sb, ms(10), 0, 0, 10); /* b: 5 and 10, on one core */
    fixture_run_until(&f, ms(40));              /* 2.5 and 7.5 left of each */
    fixture_crash(&f, "a");                     /* b has both cores */
    fixture_run_until(&f, ms(100));
    probe_at(&b, SIM_IN_DONE, 4, ms(42.5));
    probe_at(&b, SIM_IN_DONE, 5, ms(47.5));
    fixture_restart(&f, "a");
    fixture_run_until(&f, ms(101));
    sim_station_resize(na, probe_station(&f, "a"), 2);
    for (uint64_t tag = 11; tag < 14; tag++) {
        sim_station_work(na, probe_station(&f, "a"), ms(10), 0, 0, tag); /* 2/3 each */
    }
    fixture_run_until(&f, s(1));
    probe_at(&a, SIM_IN_DONE, 4, ms(116));
    fixture_clear(&f);
    probe_clear(&a);
    probe_clear(&b);
}

static void test_queue_limits(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    story.p.station.queue_limit = 0;
    start(&story);
    g_assert_true(work(&story, 10, 0, 1));
    g_assert_false(work(&story, 10, 0, 2));
    at(&story, 10);
    g_assert_true(work(&story, 10, 0, 3));
    end(&story);

    begin(&story, SIM_FIFO, 1);
    story.p.station.queue_limit = 2;
    start(&story);
    g_assert_true(work(&story, 10, 0, 1));
    g_assert_true(work(&story, 10, 0, 2));
    g_assert_true(work(&story, 10, 0, 3));
    g_assert_false(work(&story, 10, 0, 4));
    end(&story);

    /* Sharing: who gets less than a server is queued. */
    begin(&story, SIM_PROCESSOR_SHARING, 2);
    story.p.station.queue_limit = 1;
    start(&story);
    g_assert_true(work(&story, 10, 0, 1));
    g_assert_true(work(&story, 10, 0, 2));
    g_assert_true(work(&story, 10, 0, 3));
    g_assert_false(work(&story, 10, 0, 4));
    end(&story);

    /* Who would interrupt sends another to the queue: a full one is full for both. */
    begin(&story, SIM_PRIORITY_PREEMPTIVE, 1);
    story.p.station.queue_limit = 1;
    start(&story);
    g_assert_true(work(&story, 10, 5, 1));
    g_assert_true(work(&story, 10, 0, 2));
    g_assert_false(work(&story, 10, 0, 3));
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/station/fifo", test_fifo);
    g_test_add_func("/station/lifo", test_lifo);
    g_test_add_func("/station/priority", test_priority);
    g_test_add_func("/station/priority-preemptive", test_priority_preemptive);
    g_test_add_func("/station/victim-among-equals", test_victim_among_equals);
    g_test_add_func("/station/shortest-remaining", test_shortest_remaining);
    g_test_add_func("/station/random-order", test_random_order);
    g_test_add_func("/station/processor-sharing", test_processor_sharing);
    g_test_add_func("/station/processor-sharing-two-servers", test_processor_sharing_two_servers);
    g_test_add_func("/station/sharing-ends-together", test_sharing_ends_together);
    g_test_add_func("/station/shared-cores", test_shared_cores);
    g_test_add_func("/station/sharing-within-cores", test_sharing_within_cores);
    g_test_add_func("/station/queue-limits", test_queue_limits);
    return g_test_run();
}

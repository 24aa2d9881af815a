/* Calls that are withdrawn, and jobs that leave a queue out of their turn: stories in exact virtual
 * time. If these failed, a server would work for callers who have gone, lose requests of those who
 * have not, or serve the rest in another order.
 */
#include "station_story.h"

/* ---- calls ---- */

/* 5 ms each way; the server answers 30 ms after. */
static sim_call ask(struct story *story)
{
    story_begin(story, PROBE_LATER, ms(5));
    story_start(story);
    return probe_call(&story->f, "client", "server", ms(30), 7);
}

static void withdraw_at(struct story *story, sim_call call, double time)
{
    fixture_run_until(&story->f, ms(time));
    sim_call_withdraw(probe_node(&story->f, "client"), call, 13);
}

/* Sent at 10, heard at 15; the answer is given at 35 and goes nowhere. */
static void test_withdraw(void)
{
    struct story story;
    sim_call call = ask(&story);
    withdraw_at(&story, call, 10);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_WITHDRAWN), ==, 1);
    probe_at(&story.server, SIM_IN_WITHDRAWN, 0, ms(15));
    g_assert_cmpuint(probe_nth(&story.server, SIM_IN_WITHDRAWN, 0)->handle, ==,
                     probe_nth(&story.server, SIM_IN_REQUEST, 0)->handle);
    g_assert_cmpuint(probe_count(&story.client, SIM_IN_OUTCOME), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "server", "succeeded"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 0);
    g_assert_cmpuint(story_totals(&story).messages, ==, 2); /* the request, and that */
    story_end(&story);
}

/* Heard at 36, the answer is on its way since 35: it is late, and nobody is told. */
static void test_too_late(void)
{
    struct story story;
    sim_call call = ask(&story);
    withdraw_at(&story, call, 31);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_WITHDRAWN), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "client", "late_replies"), ==, 1);
    story_end(&story);
}

/* What has an outcome cannot be withdrawn: nothing is sent. */
static void test_over(void)
{
    struct story story;
    sim_call call = ask(&story);
    withdraw_at(&story, call, 40);
    fixture_run_until(&story.f, s(1));
    probe_outcome(&story.client, 0, ms(40), 7, SIM_STATUS_OK);
    g_assert_cmpuint(story_totals(&story).messages, ==, 2);
    story_end(&story);
}

/* The server dies and comes back meanwhile: it has no such request. Nor has it where another
 * request is in the place of the one that is over. */
static void test_gone(void)
{
    struct story story;
    sim_call call = ask(&story);
    fixture_run_until(&story.f, ms(10));
    fixture_cut(&story.f, "server", "client", true);
    fixture_crash(&story.f, "server");
    fixture_restart(&story.f, "server");
    fixture_cut(&story.f, "server", "client", false);
    probe_call(&story.f, "client", "server", ms(1), 8);
    sim_call_withdraw(probe_node(&story.f, "client"), call, 13);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpuint(probe_count(&story.server, SIM_IN_WITHDRAWN), ==, 0);
    probe_outcome(&story.client, 0, ms(21), 8, SIM_STATUS_OK);
    story_end(&story);
}

/* ---- stations ---- */

static bool is_of(struct sim_node *self, uint64_t tag, sim_ticket ticket)
{
    (void)self;
    return tag == ticket;
}

static bool withdraw(struct station_story *story, uint64_t tag)
{
    uint64_t withdrawn = 0;
    bool waited = sim_station_withdraw(probe_node(&story->f, "web"),
                                       probe_station(&story->f, "web"), is_of, tag, &withdrawn);
    g_assert_cmpuint(withdrawn, ==, waited ? tag : 0);
    return waited;
}

/* Of three, the one that is served stays, and the last moves up. */
static void test_fifo(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    start(&story);
    for (uint64_t tag = 1; tag <= 3; tag++) {
        work(&story, 10, 0, tag);
    }
    at(&story, 5);
    g_assert_false(withdraw(&story, 1));
    g_assert_true(withdraw(&story, 2));
    g_assert_false(withdraw(&story, 2));
    g_assert_cmpint(sim_station_queued(probe_station(&story.f, "web")), ==, 1);
    at(&story, 100);
    done(&story, 0, 1, 10);
    done(&story, 1, 3, 20);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_DONE), ==, 2);
    end(&story);
}

#define JOBS 60

/* Beside a list: the classes of those that are left come in order, and in a class who came first.
 */
static void test_order_twin(void)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct sim_random random;
        sim_random_init(&random, seed, "withdraw", "twin");
        struct station_story story;
        begin(&story, SIM_PRIORITY, 1);
        start(&story);
        uint16_t classes[JOBS + 1];
        bool is_gone[JOBS + 1] = {false};
        work(&story, 1, 0, 0);
        for (uint64_t tag = 1; tag <= JOBS; tag++) {
            classes[tag] = (uint16_t)sim_random_below(&random, 8);
            work(&story, 1, classes[tag], tag);
        }
        for (int i = 0; i < JOBS / 2; i++) {
            uint64_t tag = 1 + sim_random_below(&random, JOBS);
            g_assert_cmpint(withdraw(&story, tag), ==, !is_gone[tag]);
            is_gone[tag] = true;
        }
        at(&story, 500);
        uint32_t n = 1;
        for (uint16_t class = 0; class < 8; class ++) {
            for (uint64_t tag = 1; tag <= JOBS; tag++) {
                if (classes[tag] == class && !is_gone[tag]) {
                    done(&story, n, tag, n + 1);
                    n++;
                }
            }
        }
        g_assert_cmpuint(probe_count(&story.p, SIM_IN_DONE), ==, n);
        end(&story);
    }
}

/* A slot that was waited for is not granted. The books balance, as in every other story. */
static void test_slots(void)
{
    struct station_story story;
    begin(&story, SIM_FIFO, 1);
    story.p.station.is_slots = true;
    start(&story);
    struct sim_node *self = probe_node(&story.f, "web");
    struct sim_station *station = probe_station(&story.f, "web");
    g_assert_cmpint(sim_station_enter(self, station, 0, 0, 1), ==, SIM_ENTRY_GRANTED);
    g_assert_cmpint(sim_station_enter(self, station, 0, 0, 2), ==, SIM_ENTRY_QUEUED);
    g_assert_cmpint(sim_station_enter(self, station, 0, 0, 3), ==, SIM_ENTRY_QUEUED);
    at(&story, 7);
    g_assert_true(withdraw(&story, 2));
    at(&story, 10);
    sim_station_leave(self, station);
    at(&story, 20);
    g_assert_cmpuint(probe_count(&story.p, SIM_IN_GRANTED), ==, 1);
    g_assert_cmpuint(probe_nth(&story.p, SIM_IN_GRANTED, 0)->tag, ==, 3);
    sim_station_leave(self, station);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/withdraw/call", test_withdraw);
    g_test_add_func("/withdraw/too_late", test_too_late);
    g_test_add_func("/withdraw/over", test_over);
    g_test_add_func("/withdraw/gone", test_gone);
    g_test_add_func("/withdraw/station/fifo", test_fifo);
    g_test_add_func("/withdraw/station/order_twin", test_order_twin);
    g_test_add_func("/withdraw/station/slots", test_slots);
    return g_test_run();
}

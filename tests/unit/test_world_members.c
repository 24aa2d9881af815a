/* Members: who is there, who knows of it, and how they come and go. */
#include "probe.h"

/* Two watchers and up to five web servers, of which three are there; one way 5 ms. */
struct scaled {
    struct fixture f;
    struct probe watcher, web;
    struct sim_target target;
};

static void begin(struct scaled *scaled)
{
    *scaled = (struct scaled){.web.reply = PROBE_LATER};
    fixture_init(&scaled->f, s(1000));
    probe_add(&scaled->f, &scaled->watcher, "watcher", 2);
    probe_add(&scaled->f, &scaled->web, "web", 5);
    fixture_group(&scaled->f, "web")->count = 3;
    fixture_link_latency(&scaled->f, ms(5));
    sim_node_id *ids = sim_arena_array(&scaled->f.arena, sim_node_id, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ids[i] = 3 + i;
    }
    scaled->target = (struct sim_target){.count = 5, .ids = ids};
}

/* From `time` on the group is to have so many members. */
static void change(struct scaled *scaled, double time, uint32_t members, double boot, double notice)
{
    struct sim_fault_spec *fault =
        fixture_add_fault(&scaled->f, SIM_FAULT_MEMBERS, s(time), SIM_NEVER, NULL);
    fault->group = 1;
    fault->members = members;
    fault->boot = s(boot);
    fault->notice = s(notice);
}

static void start(struct scaled *scaled)
{
    fixture_start(&scaled->f);
    fixture_run_until(&scaled->f, 0);
}

static void end(struct scaled *scaled)
{
    fixture_clear(&scaled->f);
    probe_clear(&scaled->watcher);
    probe_clear(&scaled->web);
}

static void at(struct scaled *scaled, double seconds)
{
    fixture_run_until(&scaled->f, s(seconds));
}

/* How many the first, or the second, watcher sees. */
static uint32_t seen_by(struct scaled *scaled, sim_node_id watcher)
{
    sim_node_id ids[5];
    uint32_t count = sim_members(sim_world_node(scaled->f.world, watcher), &scaled->target, ids);
    for (uint32_t i = 0; i < count; i++) {
        g_assert_cmpuint(ids[i], ==, 3 + i);
    }
    return count;
}

/* Whether web server number `n`, from 1, serves: asks it and waits for a tenth of a second. */
static bool serves(struct scaled *scaled, uint32_t n)
{
    static const char *const names[] = {"web[1]", "web[2]", "web[3]", "web[4]", "web[5]"};
    uint32_t before = probe_count(&scaled->watcher, SIM_IN_OUTCOME);
    probe_call_within(&scaled->f, "watcher[1]", names[n - 1], 0, ms(90), 0);
    fixture_run_until(&scaled->f, sim_world_now(scaled->f.world) + ms(100));
    return probe_nth(&scaled->watcher, SIM_IN_OUTCOME, before)->status == SIM_STATUS_OK;
}

static void test_scale_up(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 5, 20, 3);
    start(&scaled);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    g_assert_false(serves(&scaled, 4));
    uint64_t version = sim_members_version(sim_world_node(scaled.f.world, 1));
    at(&scaled, 29.9);
    g_assert_false(serves(&scaled, 4)); /* booting */
    g_assert_true(serves(&scaled, 4));
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3); /* nobody knows yet */
    at(&scaled, 33);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 5);
    g_assert_cmpuint(sim_members_version(sim_world_node(scaled.f.world, 1)), !=, version);
    at(&scaled, 40);
    probe_at(&scaled.web, SIM_IN_START, 3, s(30));
    probe_at(&scaled.web, SIM_IN_START, 4, s(30));
    probe_at(&scaled.watcher, SIM_IN_MEMBERS, 0, s(33));
    g_assert_cmpuint(probe_nth(&scaled.watcher, SIM_IN_MEMBERS, 0)->number, ==, 1);
    end(&scaled);
}

/* Who leaves serves on until everyone knows and nothing is open. */
static void test_drain(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 1, 0, 5);
    start(&scaled);
    at(&scaled, 9);
    probe_call(&scaled.f, "watcher[1]", "web[3]", s(20), 1); /* open until 29 */
    at(&scaled, 14.8);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    g_assert_true(serves(&scaled, 2));
    at(&scaled, 15);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 1);
    g_assert_false(serves(&scaled, 2));
    g_assert_true(serves(&scaled, 3)); /* with one request open it still answers */
    at(&scaled, 40);
    g_assert_false(serves(&scaled, 3));
    uint32_t last = probe_count(&scaled.watcher, SIM_IN_OUTCOME) - 2;
    probe_outcome(&scaled.watcher, last, s(29) + ms(10), 1, SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&scaled.f, "web", "lost"), ==, 0);
    end(&scaled);
}

/* Called back while it drains: it stays, and the first notice does not send it away when it is
 * told to go a second time. */
static void test_called_back(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 2, 0, 10); /* would go at 20 */
    change(&scaled, 12, 3, 0, 10);
    change(&scaled, 15, 2, 0, 10); /* goes at 25 */
    start(&scaled);
    at(&scaled, 22);
    g_assert_true(serves(&scaled, 3));
    at(&scaled, 25);
    g_assert_false(serves(&scaled, 3));
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 2);
    end(&scaled);
}

/* Sent away before it has booted: it never serves. */
static void test_sent_away_while_booting(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 20, 1);
    change(&scaled, 15, 3, 0, 1);
    start(&scaled);
    at(&scaled, 40);
    g_assert_false(serves(&scaled, 4));
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    end(&scaled);

    /* The notice is longer than the rest of the boot: it serves in between, then goes. */
    begin(&scaled);
    change(&scaled, 10, 4, 20, 1);
    change(&scaled, 15, 3, 0, 30);
    start(&scaled);
    at(&scaled, 31);
    g_assert_true(serves(&scaled, 4));
    at(&scaled, 45);
    g_assert_false(serves(&scaled, 4));
    end(&scaled);
}

/* Gone and needed again: it boots anew, and for the whole of its boot. */
static void test_comes_again(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 20, 1); /* would serve at 30 */
    change(&scaled, 12, 3, 0, 1);
    change(&scaled, 20, 4, 20, 1); /* serves at 40 */
    start(&scaled);
    at(&scaled, 31);
    g_assert_false(serves(&scaled, 4));
    at(&scaled, 40);
    g_assert_true(serves(&scaled, 4));
    end(&scaled);
}

/* A crash amid the boot does not shorten it. */
static void test_crash_while_booting(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 20, 1);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(15), s(17), "web[4]");
    start(&scaled);
    at(&scaled, 20);
    g_assert_false(serves(&scaled, 4));
    at(&scaled, 30);
    g_assert_true(serves(&scaled, 4));
    end(&scaled);
}

/* It crashes while it drains: it comes back to drain, not to stay; or it is gone for good when
 * everyone knew. */
static void test_crash_while_draining(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 2, 0, 10);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(12), s(14), "web[3]");
    start(&scaled);
    at(&scaled, 15);
    g_assert_true(serves(&scaled, 3));
    at(&scaled, 21);
    g_assert_false(serves(&scaled, 3));
    end(&scaled);

    begin(&scaled);
    change(&scaled, 10, 2, 0, 2);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(20), s(22), "web[3]");
    start(&scaled);
    at(&scaled, 9);
    probe_call(&scaled.f, "watcher[1]", "web[3]", s(500), 1); /* holds it past the notice */
    at(&scaled, 15);
    g_assert_true(serves(&scaled, 3));
    at(&scaled, 30);
    g_assert_false(serves(&scaled, 3));
    end(&scaled);
}

/* Each observer has its own view; one that was down or paused catches up when it is back. */
static void test_views(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 0, 5);
    change(&scaled, 30, 5, 0, 5);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(12), s(20), "watcher[1]");
    fixture_add_fault(&scaled.f, SIM_FAULT_PAUSE, s(12), s(40), "watcher[2]");
    start(&scaled);
    at(&scaled, 16);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 3); /* has not looked since */
    at(&scaled, 21);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 4);
    at(&scaled, 36);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 5);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 3);
    at(&scaled, 41);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 5);
    end(&scaled);
}

/* A crash between the change and its notice: the event dies with the life, the news does not. */
static void test_crash_before_notice(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 0, 5);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(12), s(13), "watcher[1]");
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(12), s(16), "watcher[2]");
    start(&scaled);
    at(&scaled, 14);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    at(&scaled, 17);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 4);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 4);
    end(&scaled);
}

/* The news and a crash at one instant, the news first: the event that it became dies. */
static void test_crash_upon_notice(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 4, 0, 4);
    struct sim_fault_spec *fault =
        fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, 0, s(15), "watcher[1]"); /* 2, 5, 8, 11, 14 */
    fault->mttf = fixture_law(&scaled.f, "s(2)");
    fault->mttr = fixture_law(&scaled.f, "s(1)");
    start(&scaled);
    at(&scaled, 13.9);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    at(&scaled, 16);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 4);
    end(&scaled);
}

/* Gone after it has served, and needed again. */
static void test_returns(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 2, 0, 1);
    change(&scaled, 20, 3, 5, 1);
    start(&scaled);
    at(&scaled, 12);
    g_assert_false(serves(&scaled, 3));
    at(&scaled, 24.5);
    g_assert_false(serves(&scaled, 3));
    at(&scaled, 25);
    g_assert_true(serves(&scaled, 3));
    /* It is a crash away from nothing: what holds it is what faults hold. */
    fixture_crash(&scaled.f, "web[3]");
    fixture_restart(&scaled.f, "web[3]");
    g_assert_true(serves(&scaled, 3));
    end(&scaled);
}

/* Everyone knew, and one request was open, when it was called back; sent away a second time it
 * serves through the whole notice again. */
static void test_called_back_late(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 2, 0, 2);
    change(&scaled, 15, 3, 0, 2);
    change(&scaled, 30, 2, 0, 10);
    start(&scaled);
    at(&scaled, 9);
    probe_call(&scaled.f, "watcher[1]", "web[3]", s(11), 1); /* answered at 20 */
    at(&scaled, 31);
    g_assert_true(serves(&scaled, 3));
    g_assert_true(serves(&scaled, 3));
    at(&scaled, 40);
    g_assert_false(serves(&scaled, 3));
    end(&scaled);
}

/* Sent away are those who came last; one who stays boots on, and is known when he has. */
static void test_fewer_while_booting(void)
{
    struct scaled scaled;
    begin(&scaled);
    change(&scaled, 10, 5, 20, 3);
    change(&scaled, 15, 4, 0, 3);
    start(&scaled);
    at(&scaled, 32.9);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    at(&scaled, 33);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 4);
    g_assert_true(serves(&scaled, 4));
    g_assert_false(serves(&scaled, 5));
    end(&scaled);

    /* More who boot faster: the slower ones are still waited for. */
    begin(&scaled);
    change(&scaled, 10, 4, 20, 1);
    change(&scaled, 15, 5, 5, 1);
    start(&scaled);
    at(&scaled, 30.9);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 3);
    at(&scaled, 31);
    g_assert_cmpuint(seen_by(&scaled, 1), ==, 5);
    end(&scaled);
}

/* A node changes a group as an operator does. */
static void test_scaled_by_a_node(void)
{
    struct scaled scaled;
    begin(&scaled);
    start(&scaled);
    at(&scaled, 10);
    struct sim_node *operator= sim_world_node(scaled.f.world, 1);
    sim_members_scale(operator, 7, 5, s(20), s(3));
    g_assert_cmpuint(sim_members_asked(operator, 3), ==, 5);
    g_assert_cmpuint(sim_members_asked(operator, 1), ==, 2);
    at(&scaled, 33);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 5);
    g_assert_true(serves(&scaled, 5));
    sim_members_scale(operator, 3, 2, 0, s(1));
    at(&scaled, 35);
    g_assert_cmpuint(seen_by(&scaled, 2), ==, 2);
    g_assert_false(serves(&scaled, 3));
    end(&scaled);
}

/* A crash fault on one who is not there does not bring him. */
static void test_crash_of_the_absent(void)
{
    struct scaled scaled;
    begin(&scaled);
    fixture_add_fault(&scaled.f, SIM_FAULT_CRASH, s(10), s(20), "web[5]");
    start(&scaled);
    at(&scaled, 30);
    g_assert_false(serves(&scaled, 5));
    end(&scaled);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/members/scale-up", test_scale_up);
    g_test_add_func("/members/drain", test_drain);
    g_test_add_func("/members/called-back", test_called_back);
    g_test_add_func("/members/sent-away-while-booting", test_sent_away_while_booting);
    g_test_add_func("/members/comes-again", test_comes_again);
    g_test_add_func("/members/crash-while-booting", test_crash_while_booting);
    g_test_add_func("/members/crash-while-draining", test_crash_while_draining);
    g_test_add_func("/members/views", test_views);
    g_test_add_func("/members/crash-before-notice", test_crash_before_notice);
    g_test_add_func("/members/crash-upon-notice", test_crash_upon_notice);
    g_test_add_func("/members/returns", test_returns);
    g_test_add_func("/members/called-back-late", test_called_back_late);
    g_test_add_func("/members/fewer-while-booting", test_fewer_while_booting);
    g_test_add_func("/members/scaled-by-a-node", test_scaled_by_a_node);
    g_test_add_func("/members/crash-of-the-absent", test_crash_of_the_absent);
    return g_test_run();
}

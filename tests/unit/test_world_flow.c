/* Flows: max-min fair shares by hand-made examples, ends to the microsecond, and what stops them.
 */
#include "probe.h"

/* Four nodes on machines of their own; zones and bandwidths as the test says. */
struct four {
    struct fixture f;
    struct probe p;
};

static void begin(struct four *four)
{
    *four = (struct four){0};
    fixture_init(&four->f, s(10000));
    probe_add(&four->f, &four->p, "n", 4);
}

static void start(struct four *four)
{
    fixture_start(&four->f);
    fixture_run_until(&four->f, 0);
}

static void end(struct four *four)
{
    fixture_clear(&four->f);
    probe_clear(&four->p);
}

static struct sim_node *node(struct four *four, sim_node_id id)
{
    return sim_world_node(four->f.world, id);
}

static void at(struct four *four, double seconds)
{
    fixture_run_until(&four->f, s(seconds));
}

/* The end of the flow with that tag, in seconds, to the microsecond. */
static void ended(const struct four *four, uint64_t tag, double seconds, enum sim_status status)
{
    uint32_t count = probe_count(&four->p, SIM_IN_FLOW_DONE), found = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct probe_seen *seen = probe_nth(&four->p, SIM_IN_FLOW_DONE, i);
        if (seen->tag == tag) {
            sim_time late = seen->time - s(seconds);
            g_assert_cmpint(late, >=, 0);
            g_assert_cmpint(late, <, SIM_MICROSECOND);
            g_assert_cmpint(seen->status, ==, status);
            found++;
        }
    }
    g_assert_cmpuint(found, ==, 1);
}

static uint32_t endings(const struct four *four)
{
    return probe_count(&four->p, SIM_IN_FLOW_DONE);
}

/* One card of 1 MB/s: one flow, then two, then one. */
static void test_one_resource(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    start(&four);
    sim_flow_send(node(&four, 1), 2, 10000000, 1);
    at(&four, 4); /* 6 MB left */
    sim_flow_send(node(&four, 1), 3, 2000000, 2);
    at(&four, 100);
    ended(&four, 2, 8 + 0.05, SIM_STATUS_OK); /* 1 has 4 MB left */
    ended(&four, 1, 12 + 0.05, SIM_STATUS_OK);
    end(&four);
}

/* Bertsekas and Gallager's point: who is held elsewhere leaves more for the others.
 * a: 1 -> 3 and b: 2 -> 3 share card 3 (3 MB/s); a is held to 1 MB/s by card 1, so b gets 2. */
static void test_max_min(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_machine(&four.f, 2)->bandwidth = 10e6;
    fixture_machine(&four.f, 3)->bandwidth = 3e6;
    start(&four);
    sim_flow_send(node(&four, 1), 3, 10000000, 1); /* 1 MB/s: 10 s */
    sim_flow_send(node(&four, 2), 3, 10000000, 2); /* 2 MB/s: 5 s */
    at(&four, 100);
    ended(&four, 2, 5, SIM_STATUS_OK);
    ended(&four, 1, 10, SIM_STATUS_OK);
    end(&four);
}

/* The textbook line of links: one long flow against one short one on each; here two zones pairs.
 * card out of 1 at 4, link at 3, card in of 4 at 6. Flows: 1->3, 1->4 over the link, 2->4 local to
 * no card of its own. */
static void test_three_resources(void)
{
    struct four four;
    begin(&four);
    uint32_t there = fixture_add_zone(&four.f, "there");
    fixture_machine(&four.f, 3)->zone = there;
    fixture_machine(&four.f, 4)->zone = there;
    fixture_machine(&four.f, 1)->bandwidth = 4e6;
    fixture_machine(&four.f, 4)->bandwidth = 6e6;
    fixture_link(&four.f, 0, there)->bandwidth = 3e6;
    start(&four);
    /* Over the link go a (1->3), b (1->4), c (2->4): 1 MB/s each, the link being tightest. d (3->4)
     * has what is left of card 4: 4 MB/s. */
    sim_flow_send(node(&four, 1), 3, 1000000, 1);
    sim_flow_send(node(&four, 1), 4, 2000000, 2);
    sim_flow_send(node(&four, 2), 4, 3000000, 3);
    sim_flow_send(node(&four, 3), 4, 16000000, 4);
    at(&four, 100);
    /* a ends at 1 s; b and c have 1.5 each, d 3: b (1 MB left) ends at 1 + 2/3; c (1 MB left) has
     * 3, d 3: c ends at 2; d has moved 4 + 2 + 1 = 7 by then and 6 MB/s for the other 9. */
    ended(&four, 1, 1, SIM_STATUS_OK);
    ended(&four, 2, 1 + 2 / 3., SIM_STATUS_OK);
    ended(&four, 3, 2, SIM_STATUS_OK);
    ended(&four, 4, 2 + 1.5, SIM_STATUS_OK);
    end(&four);
}

static void test_disk(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->disk =
        (struct sim_disk_spec){.is_given = true, .bandwidth = 2e6, .queue_depth = 1};
    struct sim_fault_spec *fault = fixture_add_fault(&four.f, SIM_FAULT_DISK, s(2), s(5), "n[1]");
    fault->factor = 0; /* stalled */
    start(&four);
    sim_flow_disk(node(&four, 1), 6000000, 1); /* 2 s, stalled for 3, 1 s more */
    sim_flow_disk(node(&four, 2), 6000000, 2); /* nothing limits it */
    at(&four, 100);
    ended(&four, 2, 0, SIM_STATUS_OK);
    ended(&four, 1, 6, SIM_STATUS_OK);
    end(&four);
}

static void test_nothing_to_move(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    start(&four);
    sim_flow_send(node(&four, 1), 2, 0, 1);
    at(&four, 1);
    ended(&four, 1, 0.05, SIM_STATUS_OK);
    end(&four);
}

static void test_partition_stalls(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    start(&four);
    sim_flow_send(node(&four, 1), 2, 10000000, 1);
    sim_flow_send(node(&four, 1), 3, 10000000, 2);
    at(&four, 4); /* 2 MB moved of each */
    fixture_cut(&four.f, "n[1]", "n[2]", true);
    at(&four, 8); /* 6 moved of the second */
    fixture_cut(&four.f, "n[1]", "n[2]", false);
    at(&four, 100);
    ended(&four, 2, 16, SIM_STATUS_OK);
    ended(&four, 1, 20, SIM_STATUS_OK);
    end(&four);
}

static void test_pause_stalls(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    start(&four);
    sim_flow_send(node(&four, 1), 2, 10000000, 1);
    at(&four, 4);
    fixture_pause(&four.f, "n[2]", true);
    at(&four, 7);
    fixture_pause(&four.f, "n[1]", true);
    fixture_pause(&four.f, "n[2]", false);
    at(&four, 9);
    fixture_pause(&four.f, "n[1]", false);
    at(&four, 100);
    ended(&four, 1, 15, SIM_STATUS_OK);
    end(&four);
}

/* Within a zone each machine has a port of its own to share: two flows out of 1, one out of 3. */
static void test_ports_within_a_zone(void)
{
    struct four four;
    begin(&four);
    fixture_link(&four.f, 0, 0)->bandwidth = 2e6;
    start(&four);
    sim_flow_send(node(&four, 1), 2, 3000000, 1); /* 1 MB/s, 2 when 2 is through at 1 s */
    sim_flow_send(node(&four, 1), 4, 1000000, 2);
    sim_flow_send(node(&four, 3), 2, 8000000, 3); /* 2 MB/s all the time, the same way in */
    sim_flow_send(node(&four, 2), 1, 1000000, 4);
    at(&four, 100);
    ended(&four, 4, 0.5, SIM_STATUS_OK);
    ended(&four, 2, 1, SIM_STATUS_OK);
    ended(&four, 1, 2, SIM_STATUS_OK);
    ended(&four, 3, 4, SIM_STATUS_OK);
    end(&four);
}

/* A degraded link holds the flows it concerns to its bandwidth by the slowness; others get the
 * rest. */
static void test_slow_link(void)
{
    struct four four;
    begin(&four);
    fixture_link(&four.f, 0, 0)->bandwidth = 4e6;
    struct sim_fault_spec *fault = fixture_add_fault(&four.f, SIM_FAULT_LINK, s(1), s(3), NULL);
    fixture_fault_sides(&four.f, fault, "n[1]", "n[2]");
    fault->slowness = 4;
    start(&four);
    sim_flow_send(node(&four, 1), 2, 10000000, 1); /* 2, then 1, then 2 MB/s */
    sim_flow_send(node(&four, 1), 3, 10000000, 2); /* 2, then 3, then 2 MB/s: 2 + 6 by 3 s */
    at(&four, 100);
    ended(&four, 2, 4, SIM_STATUS_OK); /* 1 has moved 2 + 2 + 2 */
    ended(&four, 1, 5, SIM_STATUS_OK);
    end(&four);
}

static void test_cancel(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    start(&four);
    sim_flow first = sim_flow_send(node(&four, 1), 2, 10000000, 1);
    sim_flow_send(node(&four, 1), 3, 4000000, 2);
    at(&four, 4); /* 2 MB moved of each */
    sim_flow_cancel(node(&four, 1), first);
    sim_flow_cancel(node(&four, 1), first); /* harmless */
    at(&four, 100);
    ended(&four, 2, 6.05, SIM_STATUS_OK);
    g_assert_cmpuint(endings(&four), ==, 1);
    /* Cancelled when it is over, but before word of it is back: not a word. */
    sim_flow last = sim_flow_send(node(&four, 1), 2, 1000000, 3);
    at(&four, 101.02);
    sim_flow_cancel(node(&four, 1), last);
    at(&four, 200);
    g_assert_cmpuint(endings(&four), ==, 1);
    end(&four);
}

/* A flow holds the operation that it names until it is cancelled, and still when it is over and
 * word of that is on its way: an operation that nothing will end is found by the audit. */
static void held_case(double cancelled_at, bool is_held)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    four.f.expects_imbalance = !is_held;
    start(&four);
    struct sim_operation_id id = sim_operation_begin(node(&four, 1));
    sim_flow flow = sim_flow_send(node(&four, 1), 2, 1000000, id.id);
    at(&four, cancelled_at);
    if (!is_held) {
        sim_flow_cancel(node(&four, 1), flow);
    }
    end(&four);
}

static void test_cancelled_holds_nothing(void)
{
    held_case(0.5, true);
    held_case(0.5, false);
    held_case(1.02, true);
    held_case(1.02, false);
}

static void test_death(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    start(&four);
    sim_flow_send(node(&four, 1), 2, 10000000, 1);
    sim_flow_send(node(&four, 1), 3, 10000000, 2);
    sim_flow_send(node(&four, 4), 1, 1000000000, 3);
    at(&four, 4); /* 2 MB moved of the first two each */
    fixture_crash(&four.f, "n[2]");
    at(&four, 8); /* 6 of the second */
    ended(&four, 1, 4.05, SIM_STATUS_REFUSED);
    fixture_crash(&four.f, "n[1]");
    fixture_restart(&four.f, "n[1]");
    at(&four, 100);
    ended(&four, 3, 8.05, SIM_STATUS_REFUSED);
    g_assert_cmpuint(endings(&four), ==, 2); /* the dead owner of the second hears nothing */
    end(&four);
}

/* A silent death tells nobody: the flow stands still until its owner cancels it. */
static void test_silent_death(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    start(&four);
    sim_flow flow = sim_flow_send(node(&four, 1), 2, 10000000, 1);
    sim_flow_send(node(&four, 1), 3, 10000000, 2);
    at(&four, 4);
    sim_world_crash(four.f.world, 2, true);
    at(&four, 100);
    ended(&four, 2, 12, SIM_STATUS_OK);
    g_assert_cmpuint(endings(&four), ==, 1);
    sim_flow_cancel(node(&four, 1), flow);
    at(&four, 200);
    g_assert_cmpuint(endings(&four), ==, 1);
    end(&four);
}

static void test_to_the_dead(void)
{
    struct four four;
    begin(&four);
    fixture_machine(&four.f, 1)->bandwidth = 1e6;
    fixture_link_latency(&four.f, ms(50));
    start(&four);
    fixture_crash(&four.f, "n[2]");
    sim_flow_send(node(&four, 1), 2, 10000000, 1);
    at(&four, 100);
    ended(&four, 1, 0.1, SIM_STATUS_REFUSED);
    end(&four);
}

/* A message on a link is slowed by the flows there, and by no others. */
static void test_messages_beside_flows(void)
{
    struct four four;
    begin(&four);
    fixture_link(&four.f, 0, 0)->bandwidth = 1e6;
    start(&four);
    probe_message(&four.f, "n[1]", "n[2]", 1, 1000); /* 1 ms */
    at(&four, 1);
    sim_flow_send(node(&four, 1), 4, 100000000, 1);
    sim_flow_send(node(&four, 1), 3, 100000000, 2);
    sim_flow_send(node(&four, 4), 2, 100000000, 3);
    probe_message(&four.f, "n[1]", "n[2]", 2, 1000); /* a third of the link */
    at(&four, 300);
    probe_at(&four.p, SIM_IN_MESSAGE, 0, ms(1));
    probe_at(&four.p, SIM_IN_MESSAGE, 1, s(1) + ms(3));
    end(&four);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flow/one-resource", test_one_resource);
    g_test_add_func("/flow/max-min", test_max_min);
    g_test_add_func("/flow/three-resources", test_three_resources);
    g_test_add_func("/flow/disk", test_disk);
    g_test_add_func("/flow/nothing-to-move", test_nothing_to_move);
    g_test_add_func("/flow/partition-stalls", test_partition_stalls);
    g_test_add_func("/flow/pause-stalls", test_pause_stalls);
    g_test_add_func("/flow/ports-within-a-zone", test_ports_within_a_zone);
    g_test_add_func("/flow/slow-link", test_slow_link);
    g_test_add_func("/flow/cancel", test_cancel);
    g_test_add_func("/flow/cancelled-holds-nothing", test_cancelled_holds_nothing);
    g_test_add_func("/flow/death", test_death);
    g_test_add_func("/flow/silent-death", test_silent_death);
    g_test_add_func("/flow/to-the-dead", test_to_the_dead);
    g_test_add_func("/flow/messages-beside-flows", test_messages_beside_flows);
    return g_test_run();
}

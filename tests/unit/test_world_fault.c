/* Faults: scheduled, overlapping and drawn ones, what they are called, and the clocks they move. */
#include <string.h>

#include "probe.h"

struct one {
    struct fixture f;
    struct probe p;
};

static void begin(struct one *one, uint32_t count, sim_time duration)
{
    *one = (struct one){0};
    fixture_init(&one->f, duration);
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

static struct sim_node *node(struct one *one, sim_node_id id)
{
    return sim_world_node(one->f.world, id);
}

static void at(struct one *one, double seconds)
{
    fixture_run_until(&one->f, s(seconds));
}

static void clock_is(struct one *one, sim_node_id id, double seconds)
{
    g_assert_cmpint(sim_local_clock(node(one, id)), ==, s(seconds));
}

static void test_clock(void)
{
    struct one one;
    begin(&one, 3, s(1000));
    fixture_machine(&one.f, 1)->clock_offset = s(2);
    fixture_machine(&one.f, 2)->clock_drift = 0.001;
    struct sim_fault_spec *jump = fixture_add_fault(&one.f, SIM_FAULT_CLOCK, s(10), s(30), "n[3]");
    jump->shift = s(5);
    jump->drift = 0.5;
    struct sim_fault_spec *more = fixture_add_fault(&one.f, SIM_FAULT_CLOCK, s(20), s(40), "n[3]");
    more->drift = -0.25;
    start(&one);
    clock_is(&one, 1, 2);
    at(&one, 5);
    clock_is(&one, 1, 7);
    clock_is(&one, 2, 5.005);
    clock_is(&one, 3, 5);
    at(&one, 20);
    clock_is(&one, 3, 20 + 5 + 5);
    at(&one, 30);
    clock_is(&one, 3, 30 + 5 + 5 + 2.5);
    at(&one, 40);
    clock_is(&one, 3, 40 + 5 + 7.5 - 2.5);
    at(&one, 100);
    clock_is(&one, 3, 110); /* the jump stays, the drift is over */
    clock_is(&one, 2, 100.1);
    end(&one);
}

/* Nodes of one machine have one clock: a jump that names both moves it once. */
static void test_clock_is_of_the_machine(void)
{
    struct one one;
    begin(&one, 2, s(100));
    fixture_share_machine(&one.f, "n");
    struct sim_fault_spec *jump =
        fixture_add_fault(&one.f, SIM_FAULT_CLOCK, s(10), s(20), "n[1..2]");
    jump->shift = s(5);
    jump->drift = 0.5;
    start(&one);
    at(&one, 30);
    clock_is(&one, 1, 40);
    clock_is(&one, 2, 40);
    end(&one);
}

static void test_surges(void)
{
    struct one one;
    begin(&one, 2, s(100));
    fixture_add_fault(&one.f, SIM_FAULT_SURGE, s(10), s(30), "n[1]")->factor = 3;
    fixture_add_fault(&one.f, SIM_FAULT_SURGE, s(20), s(40), "n[1]")->factor = 0.5;
    start(&one);
    at(&one, 90);
    static const double times[] = {10, 20, 30, 40};
    static const uint64_t factors[] = {3000, 1500, 500, 1000};
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_LOAD), ==, 4);
    for (uint32_t i = 0; i < 4; i++) {
        const struct probe_seen *seen = probe_nth(&one.p, SIM_IN_LOAD, i);
        g_assert_cmpint(seen->time, ==, s(times[i]));
        g_assert_cmpuint(seen->number, ==, factors[i]);
        g_assert_cmpuint(seen->node, ==, 1);
    }
    end(&one);
}

/* Spans are in order of their beginning and say when each was over; what never ends, ends with the
 * run. */
static void test_spans(void)
{
    struct one one;
    begin(&one, 2, s(100));
    fixture_add_fault(&one.f, SIM_FAULT_PAUSE, s(50), SIM_NEVER, "n[1]")->label = "for ever";
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, s(10), s(20), "n[1]")->label = "crash";
    fixture_add_fault(&one.f, SIM_FAULT_SLOW, s(5), s(60), "n[1..2]")->label = "slow";
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, s(200), s(300), "n[1]")->label = "too late";
    start(&one);
    fixture_run(&one.f);
    static const char *const labels[] = {"slow", "crash", "for ever"};
    static const double from[] = {5, 10, 50}, to[] = {60, 20, 100};
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_SLOW, SIM_FAULT_CRASH, SIM_FAULT_PAUSE};
    g_assert_cmpuint(sim_world_fault_count(one.f.world), ==, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct sim_fault_span *span = sim_world_fault(one.f.world, i);
        g_assert_cmpstr(span->label, ==, labels[i]);
        g_assert_cmpint(span->kind, ==, kinds[i]);
        g_assert_cmpint(span->from, ==, s(from[i]));
        g_assert_cmpint(span->to, ==, s(to[i]));
    }
    end(&one);
}

static struct sim_fault_spec *drawn(struct one *one, enum sim_fault_kind kind, const char *targets,
                                    const char *mttf, const char *mttr)
{
    struct sim_fault_spec *fault = fixture_add_fault(&one->f, kind, s(100), s(1000100), targets);
    fault->mttf = fixture_law(&one->f, mttf);
    fault->mttr = fixture_law(&one->f, mttr);
    return fault;
}

/* Seconds out of service between 100 s and 1000100 s, by spans. */
static double downtime(const struct one *one)
{
    double sum = 0;
    for (uint32_t i = 0; i < sim_world_fault_count(one->f.world); i++) {
        const struct sim_fault_span *span = sim_world_fault(one->f.world, i);
        g_assert_cmpint(span->from, >=, s(100));
        g_assert_cmpint(span->to, <=, s(1000100));
        sum += sim_time_seconds(span->to - span->from);
    }
    return sum;
}

/* Long-run availability MTTF / (MTTF + MTTR). With exponential laws the downtime of a target over a
 * time T has variance close to 2 a (1 - a) T / (1/MTTF + 1/MTTR). */
static void test_drawn_availability(void)
{
    struct one one;
    begin(&one, 20, s(1100000));
    drawn(&one, SIM_FAULT_CRASH, "n[1..20]", "exponential(s(900))", "exponential(s(100))");
    start(&one);
    fixture_run(&one.f);
    double expected = 20 * 1e6 * 0.1;
    double variance = 20 * 2 * 0.9 * 0.1 * 1e6 / (1 / 900. + 1 / 100.);
    double difference = downtime(&one) - expected;
    g_assert_cmpfloat(difference * difference, <, 12 * variance); /* 3.5 deviations */
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_START), ==,
                     20 + sim_world_fault_count(one.f.world));
    end(&one);
}

/* Constant times: up 7, down 3, and what is broken at `to` is mended then. */
static void test_drawn_schedule(void)
{
    struct one one;
    begin(&one, 1, s(1000));
    struct sim_fault_spec *fault = fixture_add_fault(&one.f, SIM_FAULT_CRASH, s(100), s(129), "n");
    fault->mttf = fixture_law(&one.f, "s(7)");
    fault->mttr = fixture_law(&one.f, "s(3)");
    start(&one);
    fixture_run(&one.f);
    static const double from[] = {107, 117, 127}, to[] = {110, 120, 129};
    g_assert_cmpuint(sim_world_fault_count(one.f.world), ==, 3);
    for (uint32_t i = 0; i < 3; i++) {
        g_assert_cmpint(sim_world_fault(one.f.world, i)->from, ==, s(from[i]));
        g_assert_cmpint(sim_world_fault(one.f.world, i)->to, ==, s(to[i]));
        probe_at(&one.p, SIM_IN_START, i + 1, s(to[i]));
    }
    end(&one);
}

/* Partitions are drawn as a whole, and heal. */
static void test_drawn_partition(void)
{
    struct one one;
    begin(&one, 4, s(1000));
    struct sim_fault_spec *fault = fixture_add_fault(&one.f, SIM_FAULT_PARTITION, 0, s(50), NULL);
    fixture_fault_sides(&one.f, fault, "n[1..2]", "n[3..4]");
    fault->mttf = fixture_law(&one.f, "s(10)");
    fault->mttr = fixture_law(&one.f, "s(5)");
    fixture_group(&one.f, "n")->transport.kind = SIM_TRANSPORT_DATAGRAM;
    start(&one);
    for (uint64_t second = 0; second < 60; second++) {
        at(&one, (double)second + 0.5);
        probe_message(&one.f, "n[1]", "n[4]", second, 0);
        probe_message(&one.f, "n[1]", "n[2]", 100, 0);
    }
    at(&one, 100);
    g_assert_cmpuint(sim_world_fault_count(one.f.world), ==, 3); /* 10-15, 25-30, 40-45 */
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_MESSAGE), ==, 60 + 45);
    end(&one);
}

/* Draws belong to a fault and its target: another fault in the scenario moves none of them. */
static void test_draws_are_independent(void)
{
    struct one one, two;
    begin(&one, 3, s(1100000));
    drawn(&one, SIM_FAULT_CRASH, "n[1..2]", "exponential(s(9000))", "exponential(s(1000))");
    start(&one);
    fixture_run(&one.f);
    begin(&two, 3, s(1100000));
    drawn(&two, SIM_FAULT_PAUSE, "n[3]", "exponential(s(9000))", "exponential(s(1000))")->label =
        "other";
    drawn(&two, SIM_FAULT_CRASH, "n[1..2]", "exponential(s(9000))", "exponential(s(1000))");
    start(&two);
    fixture_run(&two.f);
    uint32_t found = 0;
    for (uint32_t i = 0; i < sim_world_fault_count(two.f.world); i++) {
        const struct sim_fault_span *span = sim_world_fault(two.f.world, i);
        if (span->kind == SIM_FAULT_CRASH) {
            const struct sim_fault_span *same = sim_world_fault(one.f.world, found++);
            g_assert_cmpint(span->from, ==, same->from);
            g_assert_cmpint(span->to, ==, same->to);
        }
    }
    g_assert_cmpuint(found, ==, sim_world_fault_count(one.f.world));
    g_assert_cmpuint(found, >, 100);
    end(&one);
    end(&two);
}

/* Two alike on the same target draw apart. */
static void test_alike_faults_differ(void)
{
    struct one one;
    begin(&one, 1, s(1100000));
    drawn(&one, SIM_FAULT_PAUSE, "n", "exponential(s(9000))", "s(1)");
    drawn(&one, SIM_FAULT_PAUSE, "n", "exponential(s(9000))", "s(1)");
    start(&one);
    fixture_run(&one.f);
    uint32_t count = sim_world_fault_count(one.f.world);
    g_assert_cmpuint(count, >, 150);
    for (uint32_t i = 1; i < count; i++) {
        g_assert_cmpint(sim_world_fault(one.f.world, i)->from, !=,
                        sim_world_fault(one.f.world, i - 1)->from);
    }
    end(&one);
}

/* ---- swarms ---- */

static const struct sim_fault_spec swarm_kinds[] = {
    {.kind = SIM_FAULT_CRASH, .label = "crash"},
    {.kind = SIM_FAULT_PAUSE, .label = "pause"},
    {.kind = SIM_FAULT_SLOW, .label = "slow", .factor = 2},
    {.kind = SIM_FAULT_CLOCK, .label = "clock"},
};
#define SWARM_KINDS 4u

/* Each kind on two nodes, after exactly 8 s where all are on, for 1 s. */
static void begin_swarm(struct one *one, uint64_t seed, uint32_t number)
{
    begin(one, 2, s(100));
    one->f.options.seed = seed;
    for (uint32_t k = 0; k < SWARM_KINDS; k++) {
        struct sim_fault_spec *fault =
            fixture_add_fault(&one->f, swarm_kinds[k].kind, 0, s(100), "n[1..2]");
        fault->label = swarm_kinds[k].label;
        fault->factor = 2;
        fault->mttf = fixture_law(&one->f, "s(8)");
        fault->mttr = fixture_law(&one->f, "s(1)");
        fault->swarm = number;
    }
}

/* The kinds that struck, as bits in the order of the table. The first strikes come the sooner the
 * fewer kinds are on, so that together they are as many as with all of them. */
static unsigned kinds_that_struck(struct one *one)
{
    unsigned struck = 0, count = 0;
    for (uint32_t i = 0; i < sim_world_fault_count(one->f.world); i++) {
        for (unsigned k = 0; k < SWARM_KINDS; k++) {
            bool is_it = sim_world_fault(one->f.world, i)->kind == swarm_kinds[k].kind;
            count += is_it && !(struck & 1u << k);
            struck |= (unsigned)is_it << k;
        }
    }
    for (uint32_t i = 0; i < 2 * count; i++) {
        g_assert_cmpint(sim_world_fault(one->f.world, i)->from, ==, s(2) * (sim_time)count);
    }
    return struck;
}

/* Every set of kinds but the empty one, one as often as another: so each kind is off in 7 runs of
 * 15. The same seed has the same kinds. */
static void test_swarm_kinds(void)
{
    enum { RUNS = 3000, SETS = 1 << SWARM_KINDS };
    uint32_t runs[SETS] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        unsigned struck[2] = {0};
        for (uint32_t again = 0; again < (seed <= 20 ? 2 : 1); again++) {
            struct one one;
            begin_swarm(&one, seed, 1);
            start(&one);
            at(&one, 9.5);
            struck[again] = kinds_that_struck(&one);
            end(&one);
        }
        g_assert_true(seed > 20 || struck[0] == struck[1]);
        runs[struck[0]]++;
    }
    g_assert_cmpuint(runs[0], ==, 0);
    for (uint32_t set = 1; set < SETS; set++) { /* 4.5 standard deviations */
        double difference = runs[set] - RUNS / (SETS - 1.0);
        g_assert_cmpfloat(difference * difference, <, 20.0 * RUNS / (SETS - 1.0));
    }
}

static void note_swarm(const struct sim_trace_event *event, void *data)
{
    for (unsigned k = 0; event->kind == SIM_TRACE_NOTE && k < SWARM_KINDS; k++) {
        if (strcmp(event->label + strlen("swarm: "), swarm_kinds[k].label) == 0) {
            g_assert_cmpuint(event->id, ==, 1 + k / 2);
            *(unsigned *)data |= (unsigned)event->number << k;
        }
    }
}

/* Two swarms draw apart; what is in none is never off; the trace says what is on. */
static void test_swarms_are_told(void)
{
    uint32_t runs[1 << SWARM_KINDS] = {0}, sets = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct one one;
        unsigned told = 0, struck = 0;
        begin_swarm(&one, seed, 1);
        one.f.faults[2].swarm = one.f.faults[3].swarm = 2;
        struct sim_fault_spec *surge = fixture_add_fault(&one.f, SIM_FAULT_SURGE, 0, s(100), "n");
        surge->mttf = fixture_law(&one.f, "s(7)");
        surge->mttr = fixture_law(&one.f, "s(1)");
        one.f.options.trace = note_swarm;
        one.f.options.trace_data = &told;
        start(&one);
        at(&one, 8);
        bool has_surged = false;
        for (uint32_t i = 0; i < sim_world_fault_count(one.f.world); i++) {
            const struct sim_fault_span *span = sim_world_fault(one.f.world, i);
            has_surged = has_surged || (span->kind == SIM_FAULT_SURGE && span->from == s(7));
            for (unsigned k = 0; k < SWARM_KINDS; k++) {
                struck |= (unsigned)(span->kind == swarm_kinds[k].kind) << k;
            }
        }
        g_assert_true(has_surged);
        g_assert_cmpuint(told, ==, struck);
        g_assert_true((struck & 3u) != 0 && struck >> 2 != 0);
        sets += runs[struck]++ == 0;
        end(&one);
    }
    g_assert_cmpuint(sets, ==, 9); /* 3 sets of each, in all combinations */
}

static void note_fault(const struct sim_trace_event *event, void *data)
{
    if (event->kind == SIM_TRACE_FAULT) {
        g_string_append_printf(data, "%s %" G_GUINT64_FORMAT " of %u at %.0f;", event->label,
                               event->number, event->node, sim_time_seconds(event->time));
    }
}

/* The fault itself, which is of nobody, and each node that it strikes. */
static void test_traced(void)
{
    struct one one;
    GString *text = g_string_new(NULL);
    begin(&one, 1, s(100));
    fixture_add_fault(&one.f, SIM_FAULT_CRASH, s(10), s(20), "n")->label = "crash";
    one.f.options.trace = note_fault;
    one.f.options.trace_data = text;
    start(&one);
    fixture_run(&one.f);
    g_assert_cmpstr(text->str, ==,
                    "crash 1 of 0 at 10;crash 1 of 1 at 10;crash 0 of 0 at 20;crash 0 of 1 at 20;");
    g_string_free(text, TRUE);
    end(&one);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault/clock", test_clock);
    g_test_add_func("/fault/clock-is-of-the-machine", test_clock_is_of_the_machine);
    g_test_add_func("/fault/surges", test_surges);
    g_test_add_func("/fault/spans", test_spans);
    g_test_add_func("/fault/drawn-availability", test_drawn_availability);
    g_test_add_func("/fault/drawn-schedule", test_drawn_schedule);
    g_test_add_func("/fault/drawn-partition", test_drawn_partition);
    g_test_add_func("/fault/draws-are-independent", test_draws_are_independent);
    g_test_add_func("/fault/alike-faults-differ", test_alike_faults_differ);
    g_test_add_func("/fault/swarm-kinds", test_swarm_kinds);
    g_test_add_func("/fault/swarms-are-told", test_swarms_are_told);
    g_test_add_func("/fault/traced", test_traced);
    return g_test_run();
}

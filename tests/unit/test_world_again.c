/* The same run again: one seed, one digest, whatever watches and whatever ran before.
 *
 * The scenario uses all that the world has: calls over lossy links, stations of every discipline,
 * disks, logs, streams, flows, members that come and go, faults scheduled and drawn.
 */
#include <string.h>

#include "probe.h"

struct busy {
    struct fixture f;
    struct probe client, web;
    uint64_t traced;
};

enum { TICK = PROBE_TIMER_A };

static void client_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)probe;
    struct probe_state *state = sim_state(self);
    if (in->kind == SIM_IN_OUTCOME) {
        struct sim_operation_id *id = sim_frame_at(self, in->tag);
        sim_operation_end(self, id, in->outcome->reply.status);
        sim_frame_end(self, in->tag);
        return;
    }
    if (in->kind != SIM_IN_START && (in->kind != SIM_IN_TIMER || in->timer != TICK)) {
        return;
    }
    sim_after(self, (sim_time)sim_random_below(sim_random_of(self, 0), (uint64_t)ms(4)), TICK, 0);
    sim_frame frame = sim_frame_new(self);
    struct sim_operation_id *id = sim_frame_at(self, frame);
    *id = sim_operation_begin(self);
    struct sim_request request = {.operation_id = id->id,
                                  .deadline = SIM_NEVER,
                                  .value = sim_random_below(sim_random_of(self, 1), 3000000),
                                  .bytes = 500,
                                  .span = id->span,
                                  .priority = (uint16_t)(state->scratch[0]++ % 3)};
    sim_node_id to = 3 + (sim_node_id)sim_random_below(sim_random_of(self, 1), 3);
    sim_send_request(self, to, &request, ms(40), frame);
    if (state->scratch[0] % 50 == 0) {
        sim_flow_send(self, to, 100000, 0);
        sim_stream_open(self, to, state->scratch[0], 3);
    }
}

static void web_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        struct sim_log_record record = {.words = {in->ticket}, .bytes = 100};
        sim_log_append(self, 0, &record);
        sim_log_sync(self, 0, NULL, in->request->span, 0);
        sim_count(self, PROBE_EVENTS, 1);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        sim_stream_send(self, in->stream, (struct sim_item){.key = 1}, 10);
        sim_note(self, "opened", in->tag);
    }
}

static void watch(const struct sim_trace_event *event, void *data)
{
    uint64_t *traced = data;
    *traced += event->number + 1;
}

static void add_faults(struct busy *busy)
{
    struct sim_fault_spec *fault =
        fixture_add_fault(&busy->f, SIM_FAULT_CRASH, 0, s(5), "web[1..3]");
    fault->mttf = fixture_law(&busy->f, "exponential(ms(700))");
    fault->mttr = fixture_law(&busy->f, "exponential(ms(200))");
    fixture_add_fault(&busy->f, SIM_FAULT_PAUSE, s(1), s(1.3), "web[2] client[1]");
    fixture_add_fault(&busy->f, SIM_FAULT_SLOW, s(2), s(3), "web[1..2]")->factor = 3;
    fixture_add_fault(&busy->f, SIM_FAULT_DISK, s(2.5), s(3.5), "web[3]")->factor = 0;
    fault = fixture_add_fault(&busy->f, SIM_FAULT_PARTITION, s(3), s(4), NULL);
    fixture_fault_sides(&busy->f, fault, "client[1]", "web[1] web[2]");
    fault = fixture_add_fault(&busy->f, SIM_FAULT_LINK, s(1.5), s(4.5), NULL);
    fixture_fault_sides(&busy->f, fault, "client[2]", "web[2] web[3]");
    fault->factor = 2;
    fault->loss = 0.1;
    fault->slowness = 3;
    fixture_add_fault(&busy->f, SIM_FAULT_CRASH, s(2), s(2.2), "client[2]");
    fault = fixture_add_fault(&busy->f, SIM_FAULT_MEMBERS, s(1), SIM_NEVER, NULL);
    fault->group = 1;
    fault->members = 2;
    fault->notice = ms(100);
    fault = fixture_add_fault(&busy->f, SIM_FAULT_MEMBERS, s(3), SIM_NEVER, NULL);
    fault->group = 1;
    fault->members = 3;
    fault->boot = ms(300);
}

static void busy_begin(struct busy *busy, uint64_t seed, enum sim_discipline discipline)
{
    *busy = (struct busy){.client = {.on = client_on, .forgets = true},
                          .web = {.on = web_on,
                                  .reply = PROBE_WORK,
                                  .forgets = true,
                                  .station = {.servers = 1,
                                              .queue_limit = 20,
                                              .discipline = discipline,
                                              .busy_metric = PROBE_BUSY,
                                              .queued_metric = PROBE_QUEUED,
                                              .wait_metric = PROBE_WAIT}}};
    fixture_init(&busy->f, s(5));
    busy->f.options.seed = seed;
    probe_add(&busy->f, &busy->client, "client", 2);
    probe_add(&busy->f, &busy->web, "web", 3);
    fixture_share_machine(&busy->f, "web");
    fixture_machine(&busy->f, 3)->cores = 2;
    fixture_machine(&busy->f, 3)->disk = (struct sim_disk_spec){
        .is_given = true, .fsync = fixture_law(&busy->f, "exponential(us(300))"), .queue_depth = 2};
    fixture_machine(&busy->f, 3)->bandwidth = 1e7;
    struct sim_link_law *link = fixture_link(&busy->f, 0, 0);
    link->latency = fixture_law(&busy->f, "exponential(ms(2))");
    link->loss = 0.01;
    link->bandwidth = 1e7;
    struct sim_transport *transport = &fixture_group(&busy->f, "client")->transport;
    transport->warm = false;
    transport->connections_max = 10;
    transport->idle = ms(50);
    transport->window_bytes = 1000;
    add_faults(busy);
}

static uint64_t busy_end(struct busy *busy)
{
    fixture_start(&busy->f);
    fixture_run(&busy->f);
    g_assert_cmpuint(fixture_total(&busy->f, "client", "succeeded"), >, 300);
    uint64_t digest = fixture_digest(&busy->f);
    fixture_clear(&busy->f);
    probe_clear(&busy->client);
    probe_clear(&busy->web);
    return digest;
}

static uint64_t plain(uint64_t seed, enum sim_discipline discipline)
{
    struct busy busy;
    busy_begin(&busy, seed, discipline);
    return busy_end(&busy);
}

/* The same seed twice, and one after another in one process. */
static void test_same_seed(void)
{
    uint64_t digests[SIM_DISCIPLINE_COUNT];
    for (int d = 0; d < SIM_DISCIPLINE_COUNT; d++) {
        digests[d] = plain(7, (enum sim_discipline)d);
    }
    for (int d = SIM_DISCIPLINE_COUNT - 1; d >= 0; d--) {
        g_assert_cmpuint(plain(7, (enum sim_discipline)d), ==, digests[d]);
    }
    g_assert_cmpuint(plain(8, SIM_FIFO), !=, digests[SIM_FIFO]);
}

static void test_trace_changes_nothing(void)
{
    struct busy busy;
    uint64_t digest = plain(7, SIM_FIFO);
    busy_begin(&busy, 7, SIM_FIFO);
    busy.f.options.trace = watch;
    busy.f.options.trace_data = &busy.traced;
    g_assert_cmpuint(busy_end(&busy), ==, digest);
    g_assert_cmpuint(busy.traced, >, 1000);
}

static void test_attribution_changes_nothing(void)
{
    struct busy busy;
    uint64_t digest = plain(7, SIM_PROCESSOR_SHARING);
    busy_begin(&busy, 7, SIM_PROCESSOR_SHARING);
    busy.f.options.is_attributing = true;
    g_assert_cmpuint(busy_end(&busy), ==, digest);
}

/* Per member metrics, other windows, other cells: observing changes nothing. */
static void test_measuring_changes_nothing(void)
{
    struct busy busy;
    uint64_t digest = plain(7, SIM_PRIORITY_PREEMPTIVE);
    busy_begin(&busy, 7, SIM_PRIORITY_PREEMPTIVE);
    fixture_group(&busy.f, "web")->per_member = true;
    fixture_add_window(&busy.f, s(1), s(2));
    busy.f.cell = ms(10);
    g_assert_cmpuint(busy_end(&busy), ==, digest);
}

/* In small steps or in one go. */
static void test_steps_change_nothing(void)
{
    struct busy busy;
    uint64_t digest = plain(7, SIM_LIFO);
    busy_begin(&busy, 7, SIM_LIFO);
    fixture_start(&busy.f);
    for (sim_time time = 0; time < s(5) - 1; time += ms(1)) {
        fixture_run_until(&busy.f, time);
    }
    fixture_run(&busy.f);
    g_assert_cmpuint(fixture_digest(&busy.f), ==, digest);
    fixture_clear(&busy.f);
    probe_clear(&busy.client);
    probe_clear(&busy.web);
}

/* Many seeds of the whole: every book balances in every one. */
static void test_many_seeds(void)
{
    for (uint64_t seed = 100; seed < 200; seed++) {
        plain(seed, (enum sim_discipline)(seed % SIM_DISCIPLINE_COUNT));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/again/same-seed", test_same_seed);
    g_test_add_func("/again/trace-changes-nothing", test_trace_changes_nothing);
    g_test_add_func("/again/attribution-changes-nothing", test_attribution_changes_nothing);
    g_test_add_func("/again/measuring-changes-nothing", test_measuring_changes_nothing);
    g_test_add_func("/again/steps-change-nothing", test_steps_change_nothing);
    g_test_add_func("/again/many-seeds", test_many_seeds);
    return g_test_run();
}

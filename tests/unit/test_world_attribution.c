/* Attribution: where the time of operations went. The parts of a path sum up to its latency
 * exactly, whatever outlives the answer, fails on the way or dies. */
#include <string.h>

#include "probe.h"

/* A client, a front and a back, each 5 ms from the next. Groups 0, 1, 2. */
struct chain {
    struct fixture f;
    struct probe client, front, back;
};

static void chain_begin(struct chain *chain)
{
    *chain = (struct chain){.back = {.reply = PROBE_WORK,
                                     .station = {.servers = 1,
                                                 .queue_limit = -1,
                                                 .busy_metric = PROBE_BUSY,
                                                 .queued_metric = PROBE_QUEUED,
                                                 .wait_metric = PROBE_WAIT}}};
    fixture_init(&chain->f, s(100));
    chain->f.options.is_attributing = true;
    probe_add(&chain->f, &chain->client, "client", 1);
    probe_add(&chain->f, &chain->front, "front", 1);
    probe_add(&chain->f, &chain->back, "back", 1);
    fixture_link_latency(&chain->f, ms(5));
}

static void chain_start(struct chain *chain)
{
    fixture_start(&chain->f);
    fixture_run_until(&chain->f, 0);
}

static void chain_end(struct chain *chain)
{
    fixture_clear(&chain->f);
    probe_clear(&chain->client);
    probe_clear(&chain->front);
    probe_clear(&chain->back);
}

static struct sim_node *client(struct chain *chain)
{
    return sim_world_node(chain->f.world, 1);
}

static void at(struct chain *chain, double time)
{
    fixture_run_until(&chain->f, ms(time));
}

/* Sends an operation's request of `value` ns of work to node `to`. */
static sim_call ask(struct chain *chain, const struct sim_operation_id *id, sim_node_id to,
                    sim_time value, sim_time timeout)
{
    struct sim_request request = {
        .operation_id = id->id, .deadline = SIM_NEVER, .value = (uint64_t)value, .span = id->span};
    return sim_send_request(client(chain), to, &request, timeout, id->id);
}

/* Mean ms of a group and cause in the slowest 1 %. */
static double slowest(const struct chain *chain, uint32_t group, enum sim_cause cause)
{
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(chain->f.world, 0, bands);
    return bands[SIM_BAND_SLOWEST].mean_by_group_cause[group * SIM_CAUSE_COUNT + cause] / 1e6;
}

/* All parts of the slowest sum up to their mean latency, which is so many ms. */
static void sums_up(const struct chain *chain, double latency)
{
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(chain->f.world, 0, bands);
    const struct sim_attribution *band = &bands[SIM_BAND_SLOWEST];
    double sum = 0;
    g_assert_cmpuint(band->group_count, ==, 3);
    for (uint32_t i = 0; i < 3 * SIM_CAUSE_COUNT; i++) {
        sum += band->mean_by_group_cause[i];
    }
    g_assert_cmpfloat(sum, ==, band->mean_ns);
    g_assert_cmpfloat(band->mean_ns, ==, latency * 1e6);
}

static void pass_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        sim_send_request(self, 3, in->request, SIM_NEVER, in->ticket);
    } else if (in->kind == SIM_IN_OUTCOME) {
        sim_answer(self, in->tag, &in->outcome->reply);
    }
}

/* Queue and service at the back, four flights, and nothing unaccounted for. */
static void test_a_path(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.front.on = pass_on;
    chain_start(&chain);
    struct sim_operation_id first = sim_operation_begin(client(&chain));
    ask(&chain, &first, 2, ms(30), SIM_NEVER);
    at(&chain, 10);
    struct sim_operation_id second = sim_operation_begin(client(&chain));
    ask(&chain, &second, 2, ms(7), SIM_NEVER); /* there at 20, served from 40 to 47, back at 57 */
    at(&chain, 50);
    sim_operation_end(client(&chain), &first, SIM_STATUS_ERROR); /* not an answer: not sampled */
    at(&chain, 57);
    sim_operation_end(client(&chain), &second, SIM_STATUS_OK);
    sums_up(&chain, 47);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_QUEUE), ==, 20);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_SERVICE), ==, 7);
    g_assert_cmpfloat(slowest(&chain, 1, SIM_CAUSE_NETWORK), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_NETWORK), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 0);
    chain_end(&chain);
}

/* A first attempt that times out is a retry's cost, whole; so is a pause that the model states. */
static void test_retry(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    ask(&chain, &id, 3, ms(50), ms(20));
    at(&chain, 28); /* timed out at 20, paused for 8 */
    sim_spend(client(&chain), id.span, SIM_CAUSE_RETRY, ms(8));
    ask(&chain, &id, 3, ms(10), SIM_NEVER); /* there at 33, from 55 to 65, back at 70 */
    at(&chain, 72);
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    sums_up(&chain, 72);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_RETRY), ==, 20);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_RETRY), ==, 8);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_QUEUE), ==, 22);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_SERVICE), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_NETWORK), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 2); /* it took its time to end */
    chain_end(&chain);
}

static void answer_early(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        struct sim_request copy = *in->request;
        sim_disk_write(self, 0, copy.span, 0);
        sim_station_work(self, ((struct probe_state *)sim_state(self))->station, ms(1), 0,
                         copy.span, 0);
        sim_answer_status(self, in->ticket, SIM_STATUS_OK);
        /* A repair in the background, on behalf of nobody who waits. */
        sim_send_request(self, 3, &copy, SIM_NEVER, 0);
    }
}

/* Work that outlives the answer is not the operation's, even while its span is still held, and
 * never another's when it is not. */
static void late_work_case(bool is_beside)
{
    struct chain chain;
    chain_begin(&chain);
    if (is_beside) { /* the repair is over before the answer has reached the client */
        fixture_group(&chain.f, "back")->machines = fixture_group(&chain.f, "front")->machines;
    }
    chain.front.on = answer_early;
    chain.front.station = chain.back.station;
    fixture_machine(&chain.f, 2)->disk =
        (struct sim_disk_spec){.is_given = true, .write = fixture_law(&chain.f, "ms(2)")};
    chain_start(&chain);
    for (int i = 0; i < 20; i++) {
        at(&chain, 10 * i);
        struct sim_operation_id id = sim_operation_begin(client(&chain));
        ask(&chain, &id, 2, is_beside ? us(100) : ms(100), SIM_NEVER);
        at(&chain, 10 * i + 10);
        sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    }
    fixture_run(&chain.f);
    sums_up(&chain, 10);
    g_assert_cmpfloat(slowest(&chain, 1, SIM_CAUSE_NETWORK), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 0);
    chain_end(&chain);
}

static void test_work_after_the_answer(void)
{
    late_work_case(false);
    late_work_case(true);
}

/* Calls that are refused, time out or are cut off leave nothing behind. */
static void test_failed_calls_leave_nothing(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.client.forgets = true;
    chain.f.spec.limits.memory_bytes_max = 8 << 20;
    chain_start(&chain);
    fixture_crash(&chain.f, "front");
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    for (int i = 0; i < 100; i++) {
        at(&chain, 20 * i);
        for (int n = 0; n < 1000; n++) {
            ask(&chain, &id, 2, 0, n % 2 == 0 ? SIM_NEVER : ms(1));
        }
    }
    fixture_run_until(&chain.f, s(50));
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    for (uint64_t i = 0; i < 5000; i++) {
        sim_after(client(&chain), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_cmpint(fixture_run(&chain.f), ==, SIM_ENDING_DONE);
    chain_end(&chain);
}

/* A hedge that loses: the operation ends while its other call is open, which then writes nowhere.
 * The span of the next operation, in the same place, stays clean. */
static void test_open_call_after_the_end(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.front.reply = PROBE_AT_ONCE;
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    ask(&chain, &id, 3, ms(30), SIM_NEVER); /* back at 40 */
    ask(&chain, &id, 3, ms(90), ms(35));    /* fails at 35 */
    ask(&chain, &id, 2, 0, SIM_NEVER);      /* back at 10 */
    at(&chain, 10);
    sim_operation_end(client(&chain), &id, SIM_STATUS_REDIRECT);
    struct sim_operation_id next = sim_operation_begin(client(&chain));
    at(&chain, 50);
    sim_operation_end(client(&chain), &next, SIM_STATUS_OK);
    sums_up(&chain, 40);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 40);
    chain_end(&chain);
}

static void test_fsync_and_lock(void)
{
    struct chain chain;
    chain_begin(&chain);
    fixture_machine(&chain.f, 1)->disk =
        (struct sim_disk_spec){.is_given = true, .fsync = fixture_law(&chain.f, "ms(4)")};
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    sim_log_sync(client(&chain), 0, NULL, 0, 1);
    sim_log_sync(client(&chain), 0, NULL, id.span, 2); /* waits for the first */
    at(&chain, 10);
    sim_spend(client(&chain), id.span, SIM_CAUSE_LOCK, ms(2));
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    sums_up(&chain, 10);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_FSYNC), ==, 8);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_LOCK), ==, 2);
    chain_end(&chain);
}

/* Handshakes and retransmissions are network. */
static void test_network_includes_handshakes(void)
{
    struct chain chain;
    chain_begin(&chain);
    fixture_group(&chain.f, "client")->transport.warm = false;
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    fixture_cut(&chain.f, "client", "back", true);
    ask(&chain, &id, 3, ms(3), SIM_NEVER);
    at(&chain, 100);
    fixture_cut(&chain.f, "client", "back", false);
    at(&chain, 300); /* again at 200, handshake until 210, there at 215, back at 223 */
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    sums_up(&chain, 300);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_NETWORK), ==, 220);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 77);
    chain_end(&chain);
}

/* Preempted and slowed: queue and service share the time at the station, without a gap. */
static void test_preempted(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.back.station.discipline = SIM_PRIORITY_PREEMPTIVE;
    fixture_add_fault(&chain.f, SIM_FAULT_SLOW, ms(30), ms(60), "back")->factor = 2;
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    struct sim_request request = {
        .deadline = SIM_NEVER, .value = (uint64_t)ms(40), .span = id.span, .priority = 5};
    sim_send_request(client(&chain), 3, &request, SIM_NEVER, 0);
    at(&chain, 10);
    request = (struct sim_request){.deadline = SIM_NEVER, .value = (uint64_t)ms(10)};
    sim_send_request(client(&chain), 3, &request, SIM_NEVER, 0);
    at(&chain, 200);
    /* In service from 5 to 15, then behind the other until 25, and from there 5 ms at full speed,
     * 15 by 60 at half, 10 more: done at 70, back at 75. */
    probe_at(&chain.client, SIM_IN_OUTCOME, 1, ms(75));
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    sums_up(&chain, 200);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_QUEUE), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_SERVICE), ==, 55);
    g_assert_cmpfloat(slowest(&chain, 2, SIM_CAUSE_NETWORK), ==, 10);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 125);
    chain_end(&chain);
}

/* A source that dies takes its operations' spans along: nothing is left of them. */
static void test_source_dies(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.f.spec.limits.memory_bytes_max = 8 << 20;
    chain_start(&chain);
    for (int life = 0; life < 200; life++) {
        at(&chain, life);
        for (int i = 0; i < 1000; i++) {
            sim_operation_begin(client(&chain));
        }
        fixture_crash(&chain.f, "client");
        fixture_restart(&chain.f, "client");
    }
    at(&chain, 1000);
    for (uint64_t i = 0; i < 5000; i++) {
        sim_after(client(&chain), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_cmpint(fixture_run(&chain.f), ==, SIM_ENDING_DONE);
    chain_end(&chain);
}

/* Of what was spent in branches only what was spent in the one that is joined counts. */
static void test_branches(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    sim_span taken = sim_span_branch(client(&chain), id.span);
    sim_span dropped = sim_span_branch(client(&chain), id.span);
    sim_spend(client(&chain), taken, SIM_CAUSE_LOCK, ms(3));
    sim_spend(client(&chain), dropped, SIM_CAUSE_LOCK, ms(2));
    at(&chain, 5);
    sim_span_join(client(&chain), id.span, taken);
    sim_span_drop(client(&chain), dropped);
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    g_assert_cmpuint(sim_span_branch(client(&chain), id.span), ==, 0); /* it has ended */
    g_assert_cmpuint(sim_span_branch(client(&chain), 0), ==, 0);
    sim_span_join(client(&chain), id.span, 0);
    sim_span_drop(client(&chain), 0);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_LOCK), ==, 3);
    g_assert_cmpfloat(slowest(&chain, 0, SIM_CAUSE_OTHER), ==, 2);
    chain_end(&chain);
}

/* Branches die with the node that made them. */
static void test_branches_die(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain.f.spec.limits.memory_bytes_max = 8 << 20;
    chain_start(&chain);
    struct sim_operation_id id = sim_operation_begin(client(&chain));
    for (int life = 0; life < 200; life++) {
        at(&chain, life);
        for (int i = 0; i < 1000; i++) {
            sim_span_branch(sim_world_node(chain.f.world, 2), id.span);
        }
        fixture_crash(&chain.f, "front");
        fixture_restart(&chain.f, "front");
    }
    at(&chain, 1000);
    sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    for (uint64_t i = 0; i < 5000; i++) {
        sim_after(client(&chain), (sim_time)i, PROBE_TIMER_A, i); /* so that limits are looked at */
    }
    g_assert_cmpint(fixture_run(&chain.f), ==, SIM_ENDING_DONE);
    chain_end(&chain);
}

/* ---- bands ---- */

static void bands_are(const struct chain *chain, uint64_t count_slowest, double slowest_ms,
                      uint64_t count_median, double median_ms)
{
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(chain->f.world, 0, bands);
    g_assert_cmpuint(bands[SIM_BAND_SLOWEST].operations, ==, count_slowest);
    g_assert_cmpfloat(bands[SIM_BAND_SLOWEST].mean_ns, ==, slowest_ms * 1e6);
    g_assert_cmpuint(bands[SIM_BAND_MEDIAN].operations, ==, count_median);
    g_assert_cmpfloat(bands[SIM_BAND_MEDIAN].mean_ns, ==, median_ms * 1e6);
}

/* 200 operations of 1 .. 200 ms, in a mixed order: the slowest 1 % are 199 and 200, those between
 * the 45th and the 55th percentile are 91 .. 110. */
static void test_bands(void)
{
    struct chain chain;
    struct sim_operation_id ids[200];
    chain_begin(&chain);
    chain_start(&chain);
    bands_are(&chain, 0, 0, 0, 0);
    for (int i = 0; i < 200; i++) {
        ids[i] = sim_operation_begin(client(&chain));
    }
    for (int i = 0; i < 200; i++) {
        at(&chain, i + 1);
        sim_operation_end(client(&chain), &ids[(i * 77) % 200], SIM_STATUS_OK);
    }
    bands_are(&chain, 2, 199.5, 20, 100.5);
    chain_end(&chain);
}

/* Past 16,384 the sample is thinned by hash, evenly over the run. */
static void test_thinning(void)
{
    struct chain chain;
    chain_begin(&chain);
    chain_start(&chain);
    for (int i = 0; i < 100000; i++) {
        struct sim_operation_id id = sim_operation_begin(client(&chain));
        fixture_run_until(&chain.f, sim_world_now(chain.f.world) + 1000 + i);
        sim_operation_end(client(&chain), &id, SIM_STATUS_OK);
    }
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(chain.f.world, 0, bands);
    g_assert_cmpuint(bands[SIM_BAND_SLOWEST].operations, >=, 80);
    g_assert_cmpuint(bands[SIM_BAND_SLOWEST].operations, <=, 164);
    g_assert_cmpfloat(bands[SIM_BAND_SLOWEST].mean_ns, >, 1000 + 99300);
    g_assert_cmpfloat(bands[SIM_BAND_MEDIAN].mean_ns, >, 1000 + 49000);
    g_assert_cmpfloat(bands[SIM_BAND_MEDIAN].mean_ns, <, 1000 + 51000);
    chain_end(&chain);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attribution/a-path", test_a_path);
    g_test_add_func("/attribution/retry", test_retry);
    g_test_add_func("/attribution/work-after-the-answer", test_work_after_the_answer);
    g_test_add_func("/attribution/failed-calls-leave-nothing", test_failed_calls_leave_nothing);
    g_test_add_func("/attribution/open-call-after-the-end", test_open_call_after_the_end);
    g_test_add_func("/attribution/fsync-and-lock", test_fsync_and_lock);
    g_test_add_func("/attribution/network-includes-handshakes", test_network_includes_handshakes);
    g_test_add_func("/attribution/preempted", test_preempted);
    g_test_add_func("/attribution/source-dies", test_source_dies);
    g_test_add_func("/attribution/branches", test_branches);
    g_test_add_func("/attribution/branches_die", test_branches_die);
    g_test_add_func("/attribution/bands", test_bands);
    g_test_add_func("/attribution/thinning", test_thinning);
    return g_test_run();
}

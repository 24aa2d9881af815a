/* Broken twins of store.paxos (tests/broken/build.sh): what each lacks is found by the swarm, or
 * in a run that leads there where chance does so too rarely, and nothing is found in the model
 * itself. If this failed, a Paxos that is wrong in that way would pass for a right one.
 */
#include "paxos_swarm.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

/* Plays seeds from `first` on. A twin may well be caught in the runs of another one, too. */
static void play(const char *twin, const char *params, unsigned faults, uint64_t first)
{
    if (!is_twin(twin) && !is_twin("none")) {
        return;
    }
    struct swarm *swarm =
        swarm_new((struct swarm_case){twin, &sim_model_store_paxos, params, faults, true}, first,
                  20, is_twin(twin));
    g_assert_cmpuint(swarm->violations, ==, is_twin(twin) ? 1 : 0);
    g_free(swarm);
}

static void test_promise(void)
{
    play("paxos_promise", SWARM_DURABLE, SWARM_ALL_FAULTS, 70);
}

/* ---- on purpose ---- */

struct directed {
    struct fixture f;
    struct probe asker;
    struct sim_reply replies[2]; /* by tag */
};

static void on_outcome(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        ((struct directed *)probe->data)->replies[in->tag] = in->outcome->reply;
    }
}

static void cut(struct directed *run, const char *a, const char *b, bool is_cut)
{
    fixture_cut(&run->f, a, b, is_cut);
    fixture_cut(&run->f, b, a, is_cut);
}

static void increment(struct directed *run, const char *member, uint64_t tag)
{
    struct sim_request request = {
        .key = 7, .value = 1, .deadline = SIM_NEVER, .operation = SIM_OP_INCREMENT};
    run->replies[tag].status = SIM_STATUS_COUNT;
    sim_send_request(probe_node(&run->f, "asker"), fixture_id(&run->f, member), &request, SIM_NEVER,
                     tag);
}

static void pass(struct directed *run, sim_time time)
{
    fixture_run_until(&run->f, sim_world_now(run->f.world) + time);
}

/* Three members, of which the first leads. */
static void begin(struct directed *run, const char *params)
{
    *run = (struct directed){.asker = {.on = on_outcome}};
    run->asker.data = run;
    fixture_init(&run->f, s(1000));
    probe_add(&run->f, &run->asker, "asker", 1);
    fixture_add_group(&run->f, "member", &sim_model_store_paxos, params, 3, 3);
    fixture_group(&run->f, "member")->per_member = true;
    fixture_group(&run->f, "member")->transport.retransmit = s(100);
    fixture_link_latency(&run->f, ms(1));
    fixture_start(&run->f);
    pass(run, s(1));
}

static void end(struct directed *run)
{
    fixture_clear(&run->f);
    probe_clear(&run->asker);
}

/* Another one than the first leads, too: the second, or the third. */
static bool await_second(struct directed *run)
{
    while (fixture_total(&run->f, "member", "elected") < 2) {
        pass(run, ms(1));
    }
    return fixture_total(&run->f, "member[2]", "elected") > 0;
}

static void restart(struct directed *run, const char *member)
{
    fixture_crash(&run->f, member);
    fixture_restart(&run->f, member);
}

/* Both clients were told that theirs was the same. */
static bool is_twice(const struct directed *run)
{
    return run->replies[0].status == SIM_STATUS_OK && run->replies[1].status == SIM_STATUS_OK &&
           run->replies[0].value == run->replies[1].value;
}

#define DIRECTED "fsync = ms(1), service = us(10), timeout = s(30)"

/* The first leader is cut off with an increment. Another member is elected with the promise of the
 * third, who then crashes, and hears of the first leader again and of the second one no more. If it
 * has forgotten its promise it accepts the increment; the second leader puts another one into the
 * same slot, and both clients are told that theirs was the first. */
static void test_crash(void)
{
    struct directed run;
    begin(&run, DIRECTED);
    cut(&run, "member[1]", "member[2]", true);
    cut(&run, "member[1]", "member[3]", true);
    increment(&run, "member[1]", 0);
    bool is_second = await_second(&run);
    const char *leader = is_second ? "member[2]" : "member[3]";
    const char *third = is_second ? "member[3]" : "member[2]";
    cut(&run, leader, third, true);
    restart(&run, third);
    cut(&run, "member[1]", third, false);
    pass(&run, ms(300));
    cut(&run, "member[1]", third, true);
    cut(&run, leader, third, false);
    increment(&run, leader, 1);
    pass(&run, ms(300));
    g_assert_true(is_twice(&run) == is_twin("paxos_crash"));
    end(&run);
}

#define COMPACTED DIRECTED ", snapshot = 5, snapshot_keep = 0"

/* The same, but that the second leader and the third member go on for long, so that the promise
 * stands before the snapshot. */
static void test_unpromised(void)
{
    struct directed run;
    begin(&run, COMPACTED);
    cut(&run, "member[1]", "member[2]", true);
    cut(&run, "member[1]", "member[3]", true);
    increment(&run, "member[1]", 0);
    bool is_second = await_second(&run);
    const char *leader = is_second ? "member[2]" : "member[3]";
    const char *third = is_second ? "member[3]" : "member[2]";
    increment(&run, leader, 1);
    pass(&run, ms(300));
    struct sim_reply first = run.replies[1];
    for (int i = 0; i < 6; i++) {
        increment(&run, leader, 1);
        pass(&run, ms(300));
    }
    g_assert_cmpuint(fixture_total(&run.f, third, "snapshots"), >=, 1);
    run.replies[1] = first;
    cut(&run, leader, third, true);
    restart(&run, third);
    cut(&run, "member[1]", third, false);
    pass(&run, ms(300));
    g_assert_true(is_twice(&run) == (is_twin("paxos_unpromised") || is_twin("paxos_crash")));
    end(&run);
}

/* The leader and the second member accept the sixth increment, whose message makes the second one
 * execute the fifth and write a snapshot. Both crash; with the third, which was cut off, the second
 * has to know of the sixth. */
static void test_compaction(void)
{
    struct directed run;
    begin(&run, COMPACTED);
    for (int i = 0; i < 5; i++) {
        increment(&run, "member[1]", 1);
        pass(&run, ms(5));
    }
    cut(&run, "member[1]", "member[3]", true);
    cut(&run, "member[2]", "member[3]", true);
    increment(&run, "member[1]", 0);
    pass(&run, ms(50));
    g_assert_cmpuint(run.replies[0].value, ==, 6);
    g_assert_cmpuint(fixture_total(&run.f, "member[2]", "snapshots"), ==, 1);
    fixture_crash(&run.f, "member[1]");
    restart(&run, "member[2]");
    cut(&run, "member[2]", "member[3]", false);
    bool is_second = await_second(&run);
    pass(&run, s(1));
    increment(&run, is_second ? "member[2]" : "member[3]", 1);
    pass(&run, ms(300));
    g_assert_cmpint(run.replies[1].status, ==, SIM_STATUS_OK);
    g_assert_true(is_twice(&run) == is_twin("paxos_compaction"));
    end(&run);
}

/* ---- by chance ---- */

static void test_found(void)
{
    play("paxos_found", SWARM_DURABLE, SWARM_ALL_FAULTS, 80);
}

static void test_lease(void)
{
    play("paxos_lease", SWARM_LEASE, 1u << SWARM_PARTITION | 1u << SWARM_PAUSE, 1);
}

#define FORGETFUL SWARM_DURABLE SWARM_FORGETFUL

static void test_forgotten(void)
{
    play("paxos_forgotten", FORGETFUL, SWARM_ALL_FAULTS, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/broken/paxos/promise", test_promise);
    g_test_add_func("/broken/paxos/crash", test_crash);
    g_test_add_func("/broken/paxos/found", test_found);
    g_test_add_func("/broken/paxos/lease", test_lease);
    g_test_add_func("/broken/paxos/forgotten", test_forgotten);
    g_test_add_func("/broken/paxos/compaction", test_compaction);
    g_test_add_func("/broken/paxos/unpromised", test_unpromised);
    return g_test_run();
}

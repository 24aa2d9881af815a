/* store.chain: what a write and a read take, who serves after a failure and from when, and how a
 * member joins. If this failed, a chain would answer at other times than its links and its work
 * say, a member that was left out would go on serving, or one that joins would lack something.
 */
#include "models.h"
#include "probe.h"
#include "store/chain/chain.h"

struct chain_story {
    struct fixture f;
    struct probe asker;
    char *params; /* read when the world starts */
    struct sim_reply reply;
    sim_time answered;
};

static void on_outcome(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_OUTCOME) {
        struct chain_story *story = probe->data;
        story->reply = in->outcome->reply;
        story->answered = sim_now(self);
    }
}

#define MASTER "members = 'member', lease = s(1), drift = percent(0), fsync = ms(2)"

/* Members 10 ms apart that work 1 ms on anything; the asker and the master are nowhere far. */
static void begin(struct chain_story *story, uint32_t members, const char *params,
                  const char *master)
{
    *story = (struct chain_story){.asker = {.on = on_outcome}};
    story->asker.data = story;
    fixture_init(&story->f, s(1000));
    probe_add(&story->f, &story->asker, "asker", 1);
    story->params = g_strdup_printf("master = 'master', service = ms(1), version_query = ms(2), "
                                    "heartbeat = ms(300), %s",
                                    params);
    fixture_add_group(&story->f, "member", &sim_model_store_chain, story->params, members, members);
    fixture_add_node(&story->f, "master", &sim_model_store_chain_master, master);
    uint32_t zone = fixture_add_zone(&story->f, "of the members");
    for (uint32_t i = 0; i < members; i++) {
        fixture_machine(&story->f, 2 + i)->zone = zone;
    }
    fixture_link(&story->f, zone, zone)->latency = sim_dist_constant(&story->f.arena, 0.01);
    fixture_start(&story->f);
    fixture_run_until(&story->f, ms(500));
}

static void end(struct chain_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->asker);
    g_free(story->params);
}

static void send_with(struct chain_story *story, const char *to, enum sim_operation operation,
                      uint64_t key, uint64_t value, uint64_t expected, enum sim_consistency wanted)
{
    struct sim_request request = {.key = key,
                                  .value = value,
                                  .expected = expected,
                                  .deadline = SIM_NEVER,
                                  .staleness = ms(500),
                                  .consistency = (uint16_t)wanted,
                                  .operation = (uint16_t)operation};
    story->answered = SIM_NEVER;
    sim_send_request(probe_node(&story->f, "asker"), fixture_id(&story->f, to), &request, SIM_NEVER,
                     1);
}

static void send(struct chain_story *story, const char *to, enum sim_operation operation,
                 uint64_t key, uint64_t value)
{
    send_with(story, to, operation, key, value, 0, SIM_CONSISTENCY_DEFAULT);
}

/* Until it is answered; how long that took. */
static sim_time wait(struct chain_story *story)
{
    sim_time from = sim_world_now(story->f.world);
    while (story->answered == SIM_NEVER) {
        fixture_run_until(&story->f, sim_world_now(story->f.world) + us(100));
        g_assert_cmpint(sim_world_now(story->f.world), <, from + s(20));
    }
    return story->answered - from;
}

static sim_time ask(struct chain_story *story, const char *to, enum sim_operation operation,
                    uint64_t key, uint64_t value)
{
    send(story, to, operation, key, value);
    return wait(story);
}

/* Of n members: n times the work (and the disk), n - 1 links, and the way back; a read goes to the
 * tail and back. */
static void test_times(void)
{
    for (uint32_t n = 1; n <= 5; n++) {
        for (int disk = 0; disk < 2; disk++) {
            struct chain_story story;
            begin(&story, n, disk ? "fsync = ms(3)" : "retry = ms(200)", MASTER);
            sim_time each = disk ? ms(4) : ms(1);
            sim_time back = n > 1 ? ms(10) : 0;
            char tail[16];
            g_snprintf(tail, sizeof tail, "member[%u]", n);
            g_assert_cmpint(ask(&story, "member[1]", SIM_OP_WRITE, 7, 70), ==,
                            n * each + (n - 1) * ms(10) + back);
            g_assert_cmpint(ask(&story, tail, SIM_OP_WRITE, 7, 71), ==,
                            n * each + (n - 1) * ms(10) + back);
            g_assert_cmpint(ask(&story, "member[1]", SIM_OP_READ, 7, 0), ==, ms(1) + 2 * back);
            g_assert_cmpuint(story.reply.value, ==, 71);
            g_assert_cmpint(ask(&story, tail, SIM_OP_READ, 7, 0), ==, ms(1));
            g_assert_cmpuint(story.reply.value, ==, 71);
            end(&story);
        }
    }
}

/* CRAQ: who has nothing on its way of a key answers by itself; otherwise the tail is asked, and the
 * version that it has committed is answered. */
static void test_craq(void)
{
    struct chain_story story;
    begin(&story, 3, "protocol = 'craq'", MASTER);
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70);
    fixture_run_until(&story.f, s(1));
    g_assert_cmpint(ask(&story, "member[2]", SIM_OP_READ, 7, 0), ==, ms(1));
    g_assert_cmpuint(story.reply.value, ==, 70);
    send(&story, "member[1]", SIM_OP_WRITE, 7, 71);
    fixture_run_until(&story.f, sim_world_now(story.f.world) + ms(2));
    /* It is at the head, and on its way to the second: the tail has 70. */
    g_assert_cmpint(ask(&story, "member[1]", SIM_OP_READ, 7, 0), ==, ms(1 + 10 + 2 + 10));
    g_assert_cmpuint(story.reply.value, ==, 70);
    g_assert_cmpuint(fixture_total(&story.f, "member", "reads.dirty"), ==, 1);
    /* Now the tail has it, too, and the head has not heard of that. */
    story.answered = SIM_NEVER;
    wait(&story);
    g_assert_cmpint(ask(&story, "member[1]", SIM_OP_READ, 7, 0), ==, ms(1 + 10 + 2 + 10));
    g_assert_cmpuint(story.reply.value, ==, 71);
    /* The tail has the next one at 23 ms, is asked at 26, and the head hears of neither before 38.
     */
    fixture_run_until(&story.f, sim_world_now(story.f.world) + s(1));
    send(&story, "member[1]", SIM_OP_WRITE, 7, 72);
    fixture_run_until(&story.f, sim_world_now(story.f.world) + ms(15));
    send(&story, "member[1]", SIM_OP_READ, 7, 0);
    fixture_run_until(&story.f,
                      sim_world_now(story.f.world) + ms(22)); /* the write's answer: at 33 */
    story.answered = SIM_NEVER;
    g_assert_cmpint(wait(&story), ==, ms(1));
    g_assert_cmpuint(story.reply.value, ==, 72);
    g_assert_cmpint(story.reply.bytes, >, 0);
    end(&story);
}

/* What wants less is served here, though it may be on its way only. */
static void test_less(void)
{
    struct chain_story story;
    begin(&story, 3, "retry = ms(200)", MASTER);
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70);
    fixture_run_until(&story.f, s(1));
    send(&story, "member[1]", SIM_OP_WRITE, 7, 71);
    fixture_run_until(&story.f, sim_world_now(story.f.world) + ms(2));
    static const struct {
        enum sim_consistency wanted;
        uint64_t value;
    } cases[] = {{SIM_CONSISTENCY_EVENTUAL, 71},
                 {SIM_CONSISTENCY_BOUNDED, 71},
                 {SIM_CONSISTENCY_PREFIX, 70}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        send_with(&story, "member[1]", SIM_OP_READ, 7, 0, 0, cases[i].wanted);
        g_assert_cmpint(wait(&story), ==, ms(1));
        g_assert_cmpuint(story.reply.value, ==, cases[i].value);
    }
    fixture_cut(&story.f, "master", "member[2]", true);
    fixture_run_until(&story.f, s(3));
    send_with(&story, "member[2]", SIM_OP_READ, 7, 0, 0, SIM_CONSISTENCY_EVENTUAL);
    wait(&story);
    g_assert_cmpuint(story.reply.value, ==, 71);
    send_with(&story, "member[2]", SIM_OP_READ, 7, 0, 0, SIM_CONSISTENCY_BOUNDED);
    wait(&story);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_UNAVAILABLE);
    end(&story);
}

/* Each change is made at the head; what does not match is answered when what it found is
 * committed. */
static void test_operations(void)
{
    struct chain_story story;
    begin(&story, 3, "keys = 5", MASTER);
    ask(&story, "member[2]", SIM_OP_READ, 4, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(story.reply.version, ==, 1);
    ask(&story, "member[2]", SIM_OP_READ, 5, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_NOT_FOUND);
    ask(&story, "member[2]", SIM_OP_INCREMENT, 1, 5);
    ask(&story, "member[3]", SIM_OP_INCREMENT, 1, 6);
    g_assert_cmpuint(story.reply.value, ==, 11);
    g_assert_cmpuint(story.reply.version, ==, 3);
    ask(&story, "member[1]", SIM_OP_APPEND, 2, 3);
    g_assert_cmpuint(story.reply.value, ==, sim_hash_pair(0, 3));
    send_with(&story, "member[1]", SIM_OP_COMPARE_AND_SET, 1, 9, 10, SIM_CONSISTENCY_DEFAULT);
    g_assert_cmpint(wait(&story), ==, ms(33));
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_CONFLICT);
    g_assert_cmpuint(story.reply.value, ==, 11);
    send_with(&story, "member[1]", SIM_OP_COMPARE_AND_SET, 1, 9, 11, SIM_CONSISTENCY_DEFAULT);
    wait(&story);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    ask(&story, "member[1]", SIM_OP_DELETE, 1, 0);
    ask(&story, "member[1]", SIM_OP_READ, 1, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_NOT_FOUND);
    ask(&story, "member[1]", SIM_OP_SCAN, 1, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_ERROR);
    end(&story);
}

/* The tail stands still. Its last heartbeat, at 900 ms, lets it act until 1900 ms; then, when the
 * change is on disk, its predecessor is the tail. When it goes on it knows that it may not serve;
 * it joins again, and is sent what there is. */
static void test_paused_tail(void)
{
    struct chain_story story;
    begin(&story, 3, "retry = ms(200)", MASTER);
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70);
    fixture_run_until(&story.f, s(1));
    fixture_pause(&story.f, "member[3]", true);
    send(&story, "member[1]", SIM_OP_WRITE, 7, 71); /* is at the second at 1011, and waits */
    fixture_run_until(&story.f, ms(1901));
    g_assert_cmpint(story.answered, ==, SIM_NEVER);
    wait(&story);
    g_assert_cmpint(story.answered, ==, ms(1900) + 1 + ms(2 + 10));
    g_assert_cmpint(ask(&story, "member[2]", SIM_OP_READ, 7, 0), ==, ms(1));
    g_assert_cmpuint(story.reply.value, ==, 71);
    fixture_run_until(&story.f, s(4));
    send(&story, "member[3]", SIM_OP_READ, 7, 0);
    fixture_pause(&story.f, "member[3]", false);
    wait(&story);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_UNAVAILABLE);
    fixture_run_until(&story.f, s(6));
    g_assert_cmpuint(fixture_total(&story.f, "master", "removed"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "master", "joined"), ==, 1);
    g_assert_cmpint(ask(&story, "member[3]", SIM_OP_READ, 7, 0), ==, ms(1));
    g_assert_cmpuint(story.reply.value, ==, 71);
    end(&story);
}

/* The same where members are trusted to be fail-stop: the old tail answers what was long ago. */
static void test_trusting(void)
{
    struct chain_story story;
    begin(&story, 3, "retry = ms(200)", MASTER ", fencing = false");
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 70);
    fixture_run_until(&story.f, s(1));
    fixture_cut(&story.f, "member[3]", "master", true);
    fixture_cut(&story.f, "master", "member[3]", true);
    fixture_run_until(&story.f, s(3));
    ask(&story, "member[1]", SIM_OP_WRITE, 7, 71);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    ask(&story, "member[3]", SIM_OP_READ, 7, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(story.reply.value, ==, 70);
    end(&story);
}

/* The head crashes: the next one is the head. It comes back with nothing, and is sent every cell.
 */
static void test_crashed_head(void)
{
    struct chain_story story;
    begin(&story, 3, "value_bytes = KiB(1)", MASTER);
    for (uint64_t key = 0; key < 300; key++) {
        ask(&story, "member[1]", SIM_OP_WRITE, key, 1000 + key);
    }
    fixture_crash(&story.f, "member[1]");
    fixture_run_until(&story.f, sim_world_now(story.f.world) + s(2));
    g_assert_cmpint(ask(&story, "member[2]", SIM_OP_WRITE, 7, 70), ==, ms(1 + 10 + 1 + 10));
    fixture_restart(&story.f, "member[1]");
    fixture_run_until(&story.f, sim_world_now(story.f.world) + s(2));
    g_assert_cmpuint(fixture_total(&story.f, "master", "joined"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "member", "transfers"), ==, 1);
    /* Two chunks, and a last one that is empty; a header for each and for each cell. */
    g_assert_cmpuint(fixture_total(&story.f, "member", "transfer.bytes"), ==,
                     300 * (1024 + 64) + 3 * 64);
    for (uint64_t key = 0; key < 300; key++) { /* it is the tail now */
        g_assert_cmpint(ask(&story, "member[1]", SIM_OP_READ, key, 0), ==, ms(1));
        g_assert_cmpuint(story.reply.value, ==, key == 7 ? 70 : 1000 + key);
    }
    end(&story);
}

/* All crash. With a disk nothing is lost, without all is. */
static void test_all_crash(void)
{
    for (int disk = 0; disk < 2; disk++) {
        struct chain_story story;
        begin(&story, 2, disk ? "fsync = ms(3)" : "retry = ms(200)", MASTER);
        ask(&story, "member[1]", SIM_OP_WRITE, 7, 70);
        fixture_crash(&story.f, "member[1]");
        fixture_crash(&story.f, "member[2]");
        fixture_run_until(&story.f, s(3));
        fixture_restart(&story.f, "member[2]");
        fixture_restart(&story.f, "member[1]");
        fixture_run_until(&story.f, s(6));
        ask(&story, "member[1]", SIM_OP_READ, 7, 0);
        g_assert_cmpint(story.reply.status, ==, disk ? SIM_STATUS_OK : SIM_STATUS_NOT_FOUND);
        g_assert_cmpuint(story.reply.value, ==, disk ? 70 : 0);
        g_assert_cmpuint(fixture_total(&story.f, "master", "losses"), ==, disk ? 0 : 1);
        end(&story);
    }
}

/* Without its master a chain goes on for a lease, and no longer. */
static void test_no_master(void)
{
    struct chain_story story;
    begin(&story, 2, "retry = ms(200)", MASTER);
    fixture_run_until(&story.f, s(1));
    fixture_crash(&story.f, "master"); /* who answered at 900 ms */
    fixture_run_until(&story.f, ms(1850));
    ask(&story, "member[2]", SIM_OP_READ, 7, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_NOT_FOUND);
    fixture_run_until(&story.f, ms(1901));
    ask(&story, "member[2]", SIM_OP_READ, 7, 0);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_UNAVAILABLE);
    ask(&story, "member[2]", SIM_OP_WRITE, 7, 70);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_UNAVAILABLE);
    fixture_restart(&story.f, "master");
    fixture_run_until(&story.f, s(3));
    ask(&story, "member[2]", SIM_OP_WRITE, 7, 70);
    g_assert_cmpint(story.reply.status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(fixture_total(&story.f, "master", "removed"), ==, 0);
    end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/chain/times", test_times);
    g_test_add_func("/store/chain/craq", test_craq);
    g_test_add_func("/store/chain/less", test_less);
    g_test_add_func("/store/chain/operations", test_operations);
    g_test_add_func("/store/chain/paused_tail", test_paused_tail);
    g_test_add_func("/store/chain/trusting", test_trusting);
    g_test_add_func("/store/chain/crashed_head", test_crashed_head);
    g_test_add_func("/store/chain/all_crash", test_all_crash);
    g_test_add_func("/store/chain/no_master", test_no_master);
    return g_test_run();
}

/* store.multi_leader: what becomes of changes at two members, for each kind; when the others have
 * them; and that all hold the same when they can reach each other again. If this failed, members
 * would differ for ever, a counter would lose increments, or a removed element come back.
 */
#include "multi_leader_story.h"

/* An update is answered at once, and is at the others a link later; one that a cut has kept away is
 * sent again at the first retry that finds it a whole period old. */
static void test_times(void)
{
    struct leaders_story story;
    prepare(&story, "retry = ms(200), anti_entropy = none");
    fixture_group(&story.f, "member")->transport.retransmit = s(100); /* not by the network */
    fixture_start(&story.f);
    fixture_run_until(&story.f, ms(450));
    g_assert_cmpint(ask(&story, 1, SIM_OP_WRITE, 70)->status, ==, SIM_STATUS_OK);
    pass(&story, ms(10) - 1);
    g_assert_cmpint(ask(&story, 4, SIM_OP_READ, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    pass(&story, 1);
    g_assert_cmpuint(read(&story, 4), ==, 70);
    split(&story, true);
    ask(&story, 1, SIM_OP_WRITE, 71); /* at 460 ms */
    pass(&story, ms(50));
    split(&story, false);
    fixture_run_until(&story.f, ms(810) - 1); /* retries at 600, too young, and 800 */
    g_assert_cmpuint(read(&story, 2), ==, 71);
    g_assert_cmpuint(read(&story, 4), ==, 70);
    pass(&story, 1);
    g_assert_cmpuint(read(&story, 4), ==, 71);
    g_assert_cmpuint(fixture_total(&story.f, "member", "resent"), ==, 1);
    end(&story);
}

/* Of two writes the one with the later clock stays, and the other one is lost without a word; also
 * one that is made where the other has come from a clock that is ahead. */
static void test_last_write(void)
{
    struct leaders_story story;
    prepare(&story, "kind = 'last_write_wins'");
    fixture_machine(&story.f, 4)->clock_offset = s(10);
    fixture_start(&story.f);
    fixture_run_until(&story.f, ms(450));
    ask(&story, 3, SIM_OP_WRITE, 70);
    ask(&story, 1, SIM_OP_WRITE, 71);
    pass(&story, ms(10));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, 70);
    }
    g_assert_cmpuint(fixture_total(&story.f, "member", "dropped"), ==, 3);
    pass(&story, s(5));
    g_assert_cmpint(ask(&story, 1, SIM_OP_WRITE, 72)->status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(read(&story, 1), ==, 70);
    pass(&story, s(5));
    ask(&story, 1, SIM_OP_WRITE, 73);
    pass(&story, ms(10));
    g_assert_cmpuint(read(&story, 3), ==, 73);
    ask(&story, 1, SIM_OP_DELETE, 0);
    pass(&story, ms(10));
    g_assert_cmpint(ask(&story, 3, SIM_OP_READ, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    end(&story);
}

/* Writes that have not seen each other stay side by side, until one that has seen both. */
static void test_siblings(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'siblings'");
    split(&story, true);
    ask(&story, 1, SIM_OP_WRITE, 70);
    ask(&story, 1, SIM_OP_WRITE, 71); /* replaces what it has seen */
    ask(&story, 3, SIM_OP_WRITE, 72);
    split(&story, false);
    pass(&story, s(1));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, 72);
        g_assert_cmpuint(story.reply.siblings, ==, 1);
    }
    ask(&story, 2, SIM_OP_WRITE, 73);
    pass(&story, ms(10));
    g_assert_cmpuint(read(&story, 4), ==, 73);
    g_assert_cmpuint(story.reply.siblings, ==, 0);
    ask(&story, 2, SIM_OP_DELETE, 0);
    pass(&story, ms(10));
    g_assert_cmpint(ask(&story, 4, SIM_OP_READ, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    end(&story);
}

/* Both sides count; together they have all. */
static void test_counters(void)
{
    static const char *const kinds[] = {"kind = 'g_counter'", "kind = 'pn_counter'"};
    for (int kind = 0; kind < 2; kind++) {
        struct leaders_story story;
        begin(&story, kinds[kind]);
        split(&story, true);
        for (uint32_t i = 1; i <= MEMBERS; i++) {
            ask(&story, i, SIM_OP_INCREMENT, i);
        }
        pass(&story, ms(20));
        g_assert_cmpuint(read(&story, 1), ==, 1 + 2);
        g_assert_cmpuint(read(&story, 4), ==, 3 + 4);
        enum sim_status status = ask(&story, 4, SIM_OP_INCREMENT, (uint64_t)-5)->status;
        g_assert_cmpint(status, ==, kind == 0 ? SIM_STATUS_ERROR : SIM_STATUS_OK);
        split(&story, false);
        pass(&story, s(1));
        for (uint32_t i = 1; i <= MEMBERS; i++) {
            g_assert_cmpuint(read(&story, i), ==, kind == 0 ? 10 : 5);
        }
        g_assert_cmpint(ask(&story, 1, SIM_OP_WRITE, 1)->status, ==, SIM_STATUS_ERROR);
        end(&story);
    }
}

/* One tier hands on to the next: a slot is made for what one above has counted, a token answers to
 * it, and is taken and dropped (Almeida and Baquero, section 4.2); each step is a link later. */
static void test_handoff(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'handoff_counter', tier_0 = 2, tier_1 = 1, anti_entropy = none");
    g_assert_cmpint(ask(&story, 4, SIM_OP_INCREMENT, 5)->status, ==, SIM_STATUS_OK);
    g_assert_cmpuint(read(&story, 4), ==, 5);
    const struct leaders_state *state[MEMBERS + 1] = {NULL};
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        state[i] = sim_state(sim_world_node(story.f.world, 1 + i));
    }
    const struct leaders_counts *source = &leaders_find(state[4], 7)->handoff->counts;
    pass(&story, ms(10));
    const struct leaders_handoff *taker = leaders_find(state[3], 7)->handoff;
    g_assert_cmpuint(taker->counts.slot_count, ==, 1);
    g_assert_cmpuint(taker->counts.value, ==, 0);
    g_assert_cmpuint(source->own, ==, 5);
    pass(&story, ms(10));
    g_assert_cmpuint(source->own, ==, 0);
    g_assert_cmpuint(source->token_count, ==, 1);
    g_assert_cmpuint(source->value, ==, 5);
    pass(&story, ms(10));
    g_assert_cmpuint(taker->counts.slot_count, ==, 0);
    g_assert_cmpuint(taker->counts.own, ==, 5);
    g_assert_cmpuint(fixture_total(&story.f, "member", "handed"), ==, 1);
    pass(&story, ms(10));
    g_assert_cmpuint(source->token_count, ==, 0);
    /* Three more to tier 0, which tells itself and the one above, who tells on. */
    pass(&story, ms(20) - 1);
    g_assert_cmpuint(read(&story, 1) + read(&story, 2), ==, 0);
    pass(&story, 1);
    g_assert_cmpuint(read(&story, 1) + read(&story, 2), ==, 5);
    pass(&story, ms(10));
    ask(&story, 2, SIM_OP_INCREMENT, 100);
    pass(&story, ms(30));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, 105);
    }
    /* Those of tier 0 are known to each other, and nobody else to them. */
    g_assert_cmpuint(leaders_find(state[1], 7)->seen_count, ==, 2);
    g_assert_cmpuint(leaders_find(state[4], 7)->seen_count, ==, 0);
    g_assert_cmpint(ask(&story, 1, SIM_OP_INCREMENT, (uint64_t)-1)->status, ==, SIM_STATUS_ERROR);
    end(&story);
}

/* What cannot be handed to one goes to another; the first one's slot is left, and fills nothing. */
static void test_handoff_elsewhere(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'handoff_counter', tier_0 = 3, retry = ms(100)");
    fixture_crash(&story.f, "member[1]");
    for (uint64_t i = 0; i < 4; i++) {
        ask(&story, 4, SIM_OP_INCREMENT, UINT64_C(1) << i);
        pass(&story, ms(15));
        split(&story, i % 2 == 0);
    }
    fixture_restart(&story.f, "member[1]");
    split(&story, false);
    pass(&story, s(30));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, 15);
    }
    end(&story);
}

/* What was added on either side is there; of an element that one side removes and the other adds
 * the addition wins; what is removed everywhere stays so, though old messages come again. */
static void test_sets(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'or_set', anti_entropy = s(1)");
    ask(&story, 1, SIM_OP_APPEND, 70);
    ask(&story, 2, SIM_OP_APPEND, 71);
    pass(&story, ms(20));
    g_assert_cmpuint(read(&story, 4), ==, element(70) + element(71));
    split(&story, true);
    ask(&story, 1, SIM_OP_DELETE, 0);
    ask(&story, 3, SIM_OP_APPEND, 71);
    ask(&story, 4, SIM_OP_APPEND, 72);
    split(&story, false);
    pass(&story, s(5));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, element(71) + element(72));
    }
    end(&story);
    begin(&story, "kind = 'g_set'");
    ask(&story, 1, SIM_OP_APPEND, 70);
    ask(&story, 1, SIM_OP_APPEND, 70);
    g_assert_cmpuint(read(&story, 1), ==, element(70));
    g_assert_cmpint(ask(&story, 1, SIM_OP_DELETE, 70)->status, ==, SIM_STATUS_ERROR);
    for (uint64_t i = 1; i < LEADERS_ELEMENTS_MAX; i++) {
        g_assert_cmpint(ask(&story, 1, SIM_OP_APPEND, 100 + i)->status, ==, SIM_STATUS_OK);
    }
    g_assert_cmpint(ask(&story, 1, SIM_OP_APPEND, 1)->status, ==, SIM_STATUS_REJECTED);
    end(&story);
}

/* What two sides have added may be more than a message holds. */
static void test_large(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'or_set', anti_entropy = s(1)");
    split(&story, true);
    uint64_t all = 0;
    for (uint64_t i = 0; i < 2 * LEADERS_ELEMENTS_MAX; i++) {
        uint32_t member = i % 2 == 0 ? 1 : 3;
        g_assert_cmpint(ask(&story, member, SIM_OP_APPEND, i)->status, ==, SIM_STATUS_OK);
        all += element(i);
    }
    split(&story, false);
    pass(&story, s(20));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, all);
    }
    g_assert_cmpint(ask(&story, 2, SIM_OP_DELETE, 0)->status, ==, SIM_STATUS_OK);
    pass(&story, s(1));
    g_assert_cmpint(ask(&story, 4, SIM_OP_READ, 0)->status, ==, SIM_STATUS_NOT_FOUND);
    end(&story);
}

/* A member that restarts has nothing, is brought all by the one that it asks, and counts under a
 * new name. */
static void test_restart(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'g_counter', anti_entropy = none, sync_period = none");
    ask(&story, 1, SIM_OP_INCREMENT, 5);
    pass(&story, ms(20));
    fixture_crash(&story.f, "member[1]");
    fixture_restart(&story.f, "member[1]");
    pass(&story, 0);
    ask(&story, 1, SIM_OP_INCREMENT, 1);
    g_assert_cmpuint(read(&story, 1), ==, 1);
    pass(&story, ms(20));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, 6);
    }
    end(&story);
}

/* What it cannot promise it does not answer. */
static void test_consistency(void)
{
    struct leaders_story story;
    begin(&story, "kind = 'siblings'");
    struct sim_request request = {.key = 7, .deadline = SIM_NEVER, .operation = SIM_OP_READ};
    request.consistency = SIM_CONSISTENCY_STRONG;
    g_assert_cmpint(ask_with(&story, 1, &request)->status, ==, SIM_STATUS_UNAVAILABLE);
    request.consistency = SIM_CONSISTENCY_SESSION;
    g_assert_cmpint(ask_with(&story, 1, &request)->status, ==, SIM_STATUS_NOT_FOUND);
    request.session_token = story.reply.session_token;
    g_assert_cmpint(ask_with(&story, 1, &request)->status, ==, SIM_STATUS_NOT_FOUND);
    g_assert_cmpint(ask_with(&story, 2, &request)->status, ==, SIM_STATUS_UNAVAILABLE);
    end(&story);
}

/* Random changes at random members, with links cut and mended, and crashes: in the end all hold the
 * same. Counters have all that was acknowledged, as long as nobody crashed. */
static void play(const char *kind, uint64_t seed, bool crashes)
{
    struct leaders_story story;
    g_autofree char *params = g_strdup_printf("kind = '%s', anti_entropy = s(1)", kind);
    struct sim_random random;
    uint64_t added = 0;
    sim_random_init(&random, seed, kind, "play");
    prepare(&story, params);
    story.f.options.seed = seed;
    fixture_machine(&story.f, 3)->clock_drift = 0.01;
    fixture_start(&story.f);
    for (int step = 0; step < 150; step++) {
        uint32_t member = 1 + (uint32_t)sim_random_below(&random, MEMBERS);
        uint64_t what = sim_random_below(&random, 10);
        if (what == 0) {
            split(&story, sim_random_chance(&random, 0.5));
        } else if (what == 1 && crashes) {
            fixture_crash(&story.f, "member[2]");
            fixture_restart(&story.f, "member[2]");
        } else {
            enum sim_operation operation = strstr(kind, "counter") != NULL ? SIM_OP_INCREMENT
                                           : what == 2                     ? SIM_OP_DELETE
                                                                           : SIM_OP_WRITE;
            uint64_t value = 1 + sim_random_below(&random, 8);
            added += ask(&story, member, operation, value)->status == SIM_STATUS_OK ? value : 0;
        }
        pass(&story, (sim_time)sim_random_below(&random, 60000000));
    }
    split(&story, false);
    pass(&story, s(30));
    uint64_t first = read(&story, 1);
    struct sim_reply reply = story.reply;
    for (uint32_t i = 2; i <= MEMBERS; i++) {
        g_assert_cmpuint(read(&story, i), ==, first);
        g_assert_cmpuint(story.reply.version, ==, reply.version);
        g_assert_cmpuint(story.reply.siblings, ==, reply.siblings);
    }
    if (strstr(kind, "counter") != NULL && !crashes) {
        g_assert_cmpuint(first, ==, added);
    }
    end(&story);
}

static void test_convergence(void)
{
    static const char *const kinds[] = {"last_write_wins", "siblings", "g_counter",
                                        "pn_counter",      "g_set",    "or_set"};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            play(kinds[kind], seed, seed % 2 == 0);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/multi_leader/times", test_times);
    g_test_add_func("/store/multi_leader/last_write", test_last_write);
    g_test_add_func("/store/multi_leader/siblings", test_siblings);
    g_test_add_func("/store/multi_leader/counters", test_counters);
    g_test_add_func("/store/multi_leader/sets", test_sets);
    g_test_add_func("/store/multi_leader/handoff", test_handoff);
    g_test_add_func("/store/multi_leader/handoff-elsewhere", test_handoff_elsewhere);
    g_test_add_func("/store/multi_leader/large", test_large);
    g_test_add_func("/store/multi_leader/restart", test_restart);
    g_test_add_func("/store/multi_leader/consistency", test_consistency);
    g_test_add_func("/store/multi_leader/convergence", test_convergence);
    return g_test_run();
}

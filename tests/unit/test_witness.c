/* The operation history, as the world records it at sources, in exact time. If this failed, a
 * verdict about a store would rest on something else than what its clients saw. */
#include "models.h"
#include "probe.h"

struct story_of {
    struct fixture f;
    struct probe server;
    struct sim_history history;
};

/* What the server answers, in turn. */
struct answers {
    const struct sim_reply *replies;
    uint32_t next;
};

static void answer(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct answers *answers = probe->data;
    if (in->kind == SIM_IN_REQUEST) {
        const struct sim_reply *reply = &answers->replies[answers->next++];
        if (reply->status == SIM_STATUS_TIMEOUT) {
            sim_after(self, s(1000), PROBE_TIMER_A, in->ticket); /* too late for everybody */
        } else {
            sim_answer(self, in->ticket, reply);
        }
    }
}

static void play(struct story_of *story, const char *params, struct answers *answers, bool records)
{
    *story = (struct story_of){.server = {.reply = PROBE_HOLD, .on = answer, .data = answers}};
    sim_history_init(&story->history, 100);
    fixture_init(&story->f, s(10));
    fixture_add_node(&story->f, "users", &sim_model_client_open, params);
    probe_add(&story->f, &story->server, "db", 1);
    fixture_link_latency(&story->f, ms(10));
    story->f.options.history = records ? &story->history : NULL;
    fixture_start(&story->f);
    fixture_run_until(&story->f, s(9));
}

static void end(struct story_of *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->server);
    sim_history_clear(&story->history);
}

#define USERS                                                                                      \
    "arrivals = regular(rate(1)), keys = one_key(7), to = \"db\", timeout = ms(500), sessions = "  \
    "1, "

static void test_outcomes(void)
{
    static const struct {
        struct sim_reply reply;
        enum sim_history_outcome read, write;
    } cases[] = {
        {{.status = SIM_STATUS_OK, .value = 5, .version = 2}, SIM_HISTORY_OK, SIM_HISTORY_OK},
        {{.status = SIM_STATUS_NOT_FOUND, .value = 9}, SIM_HISTORY_OK, SIM_HISTORY_OK},
        {{.status = SIM_STATUS_REJECTED}, SIM_HISTORY_FAIL, SIM_HISTORY_FAIL},
        {{.status = SIM_STATUS_UNAVAILABLE}, SIM_HISTORY_FAIL, SIM_HISTORY_FAIL},
        {{.status = SIM_STATUS_ERROR}, SIM_HISTORY_UNKNOWN, SIM_HISTORY_UNKNOWN},
        {{.status = SIM_STATUS_TIMEOUT}, SIM_HISTORY_UNKNOWN, SIM_HISTORY_UNKNOWN},
    };
    struct sim_reply replies[20] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        replies[i] = cases[i].reply;
    }
    for (int is_write = 0; is_write < 2; is_write++) {
        struct answers answers = {.replies = replies};
        struct story_of story;
        play(&story, is_write ? USERS "ops = { write = 1 }" : USERS "ops = { read = 1 }", &answers,
             true);
        g_assert_cmpuint(story.history.count, >=, G_N_ELEMENTS(cases));
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            const struct sim_history_entry *entry = &story.history.entries[i];
            g_assert_cmpint(entry->outcome, ==, is_write ? cases[i].write : cases[i].read);
            g_assert_cmpint(entry->function, ==, is_write ? SIM_HISTORY_WRITE : SIM_HISTORY_READ);
            g_assert_cmpuint(entry->key, ==, 7);
            g_assert_cmpint(entry->invoked, ==, s(1) * (sim_time)i);
            g_assert_cmpint(entry->completed, ==,
                            entry->outcome == SIM_HISTORY_UNKNOWN ? SIM_NEVER
                                                                  : entry->invoked + ms(20));
            g_assert_cmpuint(entry->process, ==, 1u << SIM_HISTORY_PROCESS_BITS | 1);
        }
        /* There being nothing counts as 0; every written value is another one. */
        g_assert_cmpuint(story.history.entries[0].result, ==, 5);
        g_assert_true(is_write || story.history.entries[1].result == 0);
        g_assert_true(!is_write ||
                      story.history.entries[0].argument != story.history.entries[1].argument);
        end(&story);
    }
}

#define OK SIM_STATUS_OK
#define CONFLICT SIM_STATUS_CONFLICT
#define FULL SIM_STATUS_REJECTED
#define NO SIM_STATUS_UNAVAILABLE
#define NOTHING SIM_STATUS_TIMEOUT

#define ONE                                                                                        \
    "arrivals = regular(rate(0.1)), keys = one_key(7), to = \"db\", timeout = ms(500), "           \
    "ops = { compare_and_set = 1 }, "

/* A write whose first attempt got no answer may have happened, whatever the second is told, or
 * whatever is told by somebody who has made several. A comparison that does not match may have met
 * what it has written itself. */
static void test_attempts(void)
{
    static const struct {
        struct sim_reply replies[2];
        enum sim_history_outcome outcome;
        bool is_hedged; /* else the second attempt is a retry */
    } cases[] = {
        {{{.status = NOTHING}, {.status = NO}}, SIM_HISTORY_UNKNOWN, false},
        {{{.status = NOTHING}, {.status = OK}}, SIM_HISTORY_OK, false},
        {{{.status = FULL}, {.status = NO}}, SIM_HISTORY_FAIL, false},
        {{{.status = FULL}, {.status = NO, .is_unknown = true}}, SIM_HISTORY_UNKNOWN, false},
        {{{.status = FULL, .is_unknown = true}, {.status = NO}}, SIM_HISTORY_UNKNOWN, false},
        {{{.status = FULL}, {.status = CONFLICT}}, SIM_HISTORY_MISMATCH, false},
        {{{.status = NOTHING}, {.status = CONFLICT}}, SIM_HISTORY_UNKNOWN, false},
        {{{.status = CONFLICT, .is_unknown = true}}, SIM_HISTORY_UNKNOWN, false},
        {{{.status = NOTHING}, {.status = CONFLICT}}, SIM_HISTORY_UNKNOWN, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct answers answers = {.replies = cases[i].replies};
        struct story_of story = {0};
        play(&story,
             cases[i].is_hedged ? ONE "hedge = hedge { after = ms(100) }"
                                : ONE "retry = retry { max = 1 }",
             &answers, true);
        g_assert_cmpuint(story.history.count, ==, 1);
        g_assert_cmpint(story.history.entries[0].outcome, ==, cases[i].outcome);
        g_assert_cmpuint(story.history.entries[0].process, ==, SIM_HISTORY_NO_PROCESS);
        end(&story);
    }
}

/* Recording changes nothing. */
static void test_digest(void)
{
    uint64_t digests[2];
    for (int records = 0; records < 2; records++) {
        static const struct sim_reply replies[20] = {{.status = SIM_STATUS_OK, .value = 5}};
        struct answers answers = {.replies = replies};
        struct story_of story;
        play(&story, USERS "ops = { read = 0.5, write = 0.5 }", &answers, records != 0);
        digests[records] = sim_world_digest(story.f.world);
        g_assert_cmpuint(story.history.count, ==, records ? 10 : 0);
        end(&story);
    }
    g_assert_cmphex(digests[0], ==, digests[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/witness/outcomes", test_outcomes);
    g_test_add_func("/witness/attempts", test_attempts);
    g_test_add_func("/witness/digest", test_digest);
    return g_test_run();
}

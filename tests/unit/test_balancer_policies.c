/* Balancing policies: who is asked, request by request. If these failed, a scenario would show the
 * effects of another policy than it names.
 */
#include "balancer/policy.h"
#include "balancer_story.h"

#define POLICY(name, rest) "to = 'web', policy = '" name "'" rest

/* ---- in turn, by weight ---- */

static void test_weighted(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = { web = 0.7 }, policy = 'weighted'", 3);
    balancer_start(&story);
    asks_in_turn(&story, "123123123");
    balancer_end(&story);
}

/* The example of nginx: weights 5, 1, 1. */
static void test_weighted_smooth(void)
{
    struct balancer_story story;
    struct probe small = {.reply = PROBE_AT_ONCE};
    balancer_begin(&story, "to = { web = 0.5, small = 0.2 }, policy = 'weighted'", 1);
    probe_add(&story.f, &small, "small", 2);
    balancer_start(&story);
    for (int round = 0; round < 100; round++) {
        for (const char *c = "aabacaa"; *c != '\0'; c++) {
            uint32_t before = probe_count(&small, SIM_IN_REQUEST);
            ask(&story, 0);
            uint32_t after = probe_count(&small, SIM_IN_REQUEST);
            g_assert_cmpint(after > before, ==, *c != 'a');
            if (after > before) {
                sim_node_id whom = probe_nth(&small, SIM_IN_REQUEST, before)->node;
                g_assert_cmpuint(whom, ==, fixture_id(&story.f, "small") + (*c == 'c'));
            }
        }
    }
    balancer_end(&story);
    probe_clear(&small);
}

/* A retry goes to the one of the others with the most credit, and costs it none. */
static void test_weighted_retry(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("weighted", ""), 3);
    balancer_start(&story);
    fixture_crash(&story.f, "web[1]");
    asks_in_turn(&story, "223223");
    fixture_restart(&story.f, "web[1]");
    asks_in_turn(&story, "123");
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 2);
    balancer_end(&story);
}

/* Who has no share is never asked, whatever the policy. */
static void test_no_share(void)
{
    struct balancer_story story;
    struct probe never = {.reply = PROBE_AT_ONCE};
    balancer_begin(&story, "to = { web = 0.4, never = 0 }, policy = 'rendezvous'", 2);
    probe_add(&story.f, &never, "never", 1);
    balancer_start(&story);
    for (uint64_t key = 0; key < 100; key++) {
        ask(&story, key);
        g_assert_cmpint(ended(&story), ==, SIM_STATUS_OK);
    }
    g_assert_cmpuint(probe_count(&never, SIM_IN_REQUEST), ==, 0);
    balancer_end(&story);
    probe_clear(&never);
}

/* ---- by load ---- */

/* A member with three quarters of the share has three quarters of what is open. */
static void test_least_connections_weights(void)
{
    struct balancer_story story;
    struct probe small = {.reply = PROBE_LATER};
    balancer_begin(&story, "to = { web = 0.75, small = 0.25 }, policy = 'least_connections'", 1);
    probe_add(&story.f, &small, "small", 1);
    balancer_holds(&story);
    balancer_start(&story);
    for (uint32_t i = 1; i <= 40; i++) {
        ask(&story, 0);
        uint32_t at_small = probe_count(&small, SIM_IN_REQUEST);
        g_assert_cmpuint(at_small, >=, i / 4);
        g_assert_cmpuint(at_small, <=, i / 4 + 1);
    }
    g_assert_cmpuint(probe_count(&small, SIM_IN_REQUEST), ==, 10);
    balancer_end(&story);
    probe_clear(&small);
}

/* Of as many choices as there are members the idle one is always found. */
static void test_choices(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("two_choices", ", choices = 64"), 5);
    balancer_holds(&story);
    balancer_start(&story);
    for (uint32_t round = 1; round <= 4; round++) {
        unsigned seen = 0;
        for (uint32_t i = 0; i < 5; i++) {
            seen |= 1u << ask_whom(&story, 0);
        }
        g_assert_cmpuint(seen, ==, 62); /* each of 1 .. 5 once a round */
    }
    balancer_end(&story);
}

/* With one choice nobody looks at loads: as often as not the busier of two is asked. */
static void test_one_choice(void)
{
    struct balancer_story story;
    uint32_t counts[3] = {0};
    balancer_begin(&story, POLICY("two_choices", ", choices = 1"), 2);
    balancer_holds(&story);
    balancer_start(&story);
    for (int i = 0; i < 1000; i++) {
        counts[ask_whom(&story, 0)]++;
    }
    g_assert_cmpuint(counts[1], !=, counts[2]);
    g_assert_cmpint(ABS((int)counts[1] - 500), <, 80); /* five standard errors */
    balancer_end(&story);
}

/* A member whose requests are held has more open, however fast it was. */
static void test_response_time_open(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("least_response_time", ""), 3);
    balancer_holds(&story);
    balancer_start(&story);
    asks_in_turn(&story, "123123123");
    balancer_end(&story);
}

/* One that is new gets its first request at once, and then as many as the slowest would. */
static void test_response_time_new(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("least_response_time", ""), 3);
    fixture_group(&story.f, "web")->count = 2;
    plan_members(&story, s(1), 3);
    balancer_start(&story);
    story.web.reply = PROBE_LATER;
    story.hold = ms(1);
    asks_in_turn(&story, "12");
    fixture_run_until(&story.f, s(2));
    story.hold = s(500);
    asks_in_turn(&story, "312");
    balancer_end(&story);
}

/* Answers of 1 and 4 ms, decay 10 ms. An average is read as time x exp(-age / 10 ms): that of the
 * slow one, last answered at 14 ms, falls below the 1 ms x exp(-0.9) of the fast one, answered 9 ms
 * before every look, between 30 ms (4 exp(-1.6) = 0.81) and 40 ms (4 exp(-2.6) = 0.30). */
static void test_response_time_decays(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'fast slow', policy = 'least_response_time', decay = ms(10)", 0);
    fixture_add_node(&story.f, "fast", &sim_model_service, "service = ms(1)");
    fixture_add_node(&story.f, "slow", &sim_model_service, "service = ms(4)");
    balancer_start(&story);
    for (int i = 0; i < 13; i++) {
        uint64_t before = fixture_total(&story.f, "slow", "issued");
        fixture_run_until(&story.f, ms(10) * i);
        ask(&story, 0);
        bool is_slow = fixture_total(&story.f, "slow", "issued") > before;
        g_assert_cmpint(is_slow, ==, i == 1 || i == 4 || i == 7 || i == 10);
    }
    balancer_end(&story);
}

/* An answer slower than the average becomes it at once; faster ones take their time. */
static void test_response_time_peak(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'first second', policy = 'least_response_time', decay = s(1000)",
                   0);
    fixture_add_node(&story.f, "first", &sim_model_service, "service = ms(1)");
    fixture_add_node(&story.f, "second", &sim_model_service, "service = ms(2)");
    fixture_add_fault(&story.f, SIM_FAULT_SLOW, ms(55), ms(65), "first")->factor = 5;
    balancer_start(&story);
    for (int i = 0; i < 30; i++) {
        fixture_run_until(&story.f, ms(10) * i);
        ask(&story, 0);
    }
    fixture_run_until(&story.f, ms(400));
    g_assert_cmpuint(fixture_total(&story.f, "first", "issued"), ==, 6); /* at 0, 20, ..., 60 */
    g_assert_cmpuint(fixture_total(&story.f, "second", "issued"), ==, 24);
    balancer_end(&story);
}

/* One that refuses at once counts as slow: asked twice, before and after there is anything to
 * compare with (at 0 and 0.1 s), and then when 2 ms x exp(-t / 10 s) is below 1 ms x exp(-0.01):
 * after more than 7.03 s. */
static void test_response_time_refusal(void)
{
    struct balancer_story story;
    balancer_begin(&story, "to = 'dead well', policy = 'least_response_time'", 0);
    fixture_add_node(&story.f, "dead", &sim_model_service, "service = ms(1)");
    fixture_add_node(&story.f, "well", &sim_model_service, "service = ms(1)");
    balancer_start(&story);
    fixture_crash(&story.f, "dead");
    for (int i = 0; i < 100; i++) {
        fixture_run_until(&story.f, ms(100) * i);
        ask(&story, 0);
        g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, i == 0 ? 1 : i < 72 ? 2 : 3);
    }
    balancer_end(&story);
}

/* ---- by place ---- */

static void begin_places(struct balancer_story *story, const char *params)
{
    balancer_begin(story, params, 4);
    uint32_t there = fixture_add_zone(&story->f, "there");
    fixture_machine(&story->f, fixture_id(&story->f, "web[1]"))->zone = there;
    fixture_machine(&story->f, fixture_id(&story->f, "web[3]"))->zone = there;
    fixture_machine(&story->f, fixture_id(&story->f, "users[2]"))->zone = there;
}

static void test_nearest(void)
{
    struct balancer_story story;
    begin_places(&story, POLICY("nearest", ", eject_after = 1, eject_max = percent(100)"));
    balancer_start(&story);
    asks_in_turn(&story, "2424");
    fixture_crash(&story.f, "web[4]");
    asks_in_turn(&story, "222"); /* one retried, then ejected */
    fixture_crash(&story.f, "web[2]");
    asks_in_turn(&story, "11313"); /* the first a retry, which takes no turn */
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 2);
    balancer_end(&story);
}

static void test_nearest_to_caller(void)
{
    struct balancer_story story;
    begin_places(&story, POLICY("nearest", ", near = 'caller'"));
    balancer_start(&story);
    for (int i = 0; i < 4; i++) {
        ask_from(&story, "users[1]", 0, 0);
        g_assert_cmpuint(asked(&story) % 2, ==, 0);
        ask_from(&story, "users[2]", 0, 0);
        g_assert_cmpuint(asked(&story) % 2, ==, 1);
    }
    balancer_end(&story);
}

/* Two places without a way between them that takes time are equally near. With one, the own place
 * comes first; a retry takes no turn. */
static void test_lowest_latency(void)
{
    struct balancer_story story;
    begin_places(&story, POLICY("lowest_latency", ""));
    balancer_start(&story);
    asks_in_turn(&story, "1234");
    balancer_end(&story);

    begin_places(&story, POLICY("lowest_latency", ", eject_after = 1, eject_max = percent(100)"));
    fixture_link(&story.f, 1, 0)->latency = fixture_law(&story.f, "ms(3)");
    balancer_start(&story);
    asks_in_turn(&story, "242");
    fixture_crash(&story.f, "web[4]");
    asks_in_turn(&story, "222"); /* one retried, then ejected */
    fixture_crash(&story.f, "web[2]");
    for (const char *c = "33131"; *c != '\0';
         c++) { /* the first a retry; 3 ms away for the reply */
        ask(&story, 0);
        fixture_run_until(&story.f, sim_now(probe_node(&story.f, "users[1]")) + ms(10));
        g_assert_cmpuint(asked(&story), ==, (uint32_t)(*c - '0'));
    }
    balancer_end(&story);
}

static void test_lowest_latency_to_caller(void)
{
    struct balancer_story story;
    begin_places(&story, POLICY("lowest_latency", ", near = 'caller'"));
    fixture_link(&story.f, 1, 0)->latency = fixture_law(&story.f, "ms(3)");
    balancer_start(&story);
    for (int i = 0; i < 4; i++) {
        ask_from(&story, "users[2]", 0, 0);
        fixture_run_until(&story.f, s(i + 1));
        g_assert_cmpuint(asked(&story) % 2, ==, 1);
        ask_from(&story, "users[1]", 0, 0);
        g_assert_cmpuint(asked(&story) % 2, ==, 0);
    }
    balancer_end(&story);
}

static void test_active_passive(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("active_passive", ""), 3);
    balancer_start(&story);
    asks_in_turn(&story, "1111");
    fixture_crash(&story.f, "web[1]");
    asks_in_turn(&story, "222");
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 3);
    fixture_restart(&story.f, "web[1]");
    asks_in_turn(&story, "1");
    balancer_end(&story);
}

/* ---- what does not fit together ---- */

static void find_web(const char *name, sim_node_id *ret_first, uint32_t *ret_count, void *data)
{
    (void)name;
    (void)data;
    *ret_first = 1;
    *ret_count = 5;
}

static const char *complaint(const char *text)
{
    struct sim_arena arena;
    struct parameter_names names = {.find = find_web};
    sim_arena_init(&arena);
    void *params = sim_arena_alloc(&arena, sim_model_balancer.params_size);
    parameters_read(&arena, "lb", sim_model_balancer.params, text, &names, params);
    const char *wrong = sim_model_balancer.validate(params);
    sim_arena_clear(&arena);
    return wrong;
}

static void complains(const char *text, const char *beginning)
{
    const char *wrong = complaint(text);
    if (wrong == NULL || !g_str_has_prefix(wrong, beginning)) {
        g_error("%s: %s", text, wrong == NULL ? "no complaint" : wrong);
    }
}

static void test_validate(void)
{
    complains("to = { web = 0.5 }", "to: under this policy members count alike");
    complains("to = { web = 0.5 }, policy = 'jump'", "to: under this policy members count alike");
    g_assert_null(complaint("to = { web = 0.5 }, policy = 'maglev'"));
    complains("to = 'web', policy = 'maglev', maglev_entries = 65536",
              "maglev_entries: must be a ");
    complains("to = 'web', policy = 'maglev', maglev_entries = 5", "maglev_entries: must be more");
    g_assert_null(complaint("to = 'web', policy = 'maglev', maglev_entries = 7"));
    g_assert_null(complaint("to = 'web', policy = 'ring', maglev_entries = 65536"));
    complains("to = 'web', layer = 'l4', retries = 2", "retries: on layer 4");
    complains("to = 'web', layer = 'l4', sticky = true", "sticky: on layer 4");
    g_assert_null(complaint("to = 'web', layer = 'l4'"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balancer-policies/weighted", test_weighted);
    g_test_add_func("/balancer-policies/weighted-smooth", test_weighted_smooth);
    g_test_add_func("/balancer-policies/weighted-retry", test_weighted_retry);
    g_test_add_func("/balancer-policies/no-share", test_no_share);
    g_test_add_func("/balancer-policies/least-connections-weights", test_least_connections_weights);
    g_test_add_func("/balancer-policies/choices", test_choices);
    g_test_add_func("/balancer-policies/one-choice", test_one_choice);
    g_test_add_func("/balancer-policies/response-time-open", test_response_time_open);
    g_test_add_func("/balancer-policies/response-time-new", test_response_time_new);
    g_test_add_func("/balancer-policies/response-time-decays", test_response_time_decays);
    g_test_add_func("/balancer-policies/response-time-peak", test_response_time_peak);
    g_test_add_func("/balancer-policies/response-time-refusal", test_response_time_refusal);
    g_test_add_func("/balancer-policies/nearest", test_nearest);
    g_test_add_func("/balancer-policies/nearest-to-caller", test_nearest_to_caller);
    g_test_add_func("/balancer-policies/lowest-latency", test_lowest_latency);
    g_test_add_func("/balancer-policies/lowest-latency-to-caller", test_lowest_latency_to_caller);
    g_test_add_func("/balancer-policies/active-passive", test_active_passive);
    g_test_add_func("/balancer-policies/validate", test_validate);
    return g_test_run();
}

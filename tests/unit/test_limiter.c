/* The limiter: stories in exact virtual time. If these failed, requests would be let through, held
 * or turned away at other times than the policy says, under the wrong name, or with the wrong hint.
 * The policies themselves: tests/property/test_limiter_twin.c. Several that share their counts:
 * test_limiter_shared.c.
 */
#include "fixture.h"
#include "models.h"

/* Requests at 0, 1, 2, ... ms. */
#define EVERY_MS "arrivals = regular(rate(1e3)), to = 'gate'"

static void build(struct fixture *f, sim_time duration, const char *limiter)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open, EVERY_MS);
    fixture_add_node(f, "gate", &sim_model_limiter, limiter);
    fixture_add_node(f, "web", &sim_model_service, "service = ms(0)");
}

static uint64_t passed(const struct fixture *f)
{
    return fixture_total(f, "web", "issued");
}

static void test_turns_away(void)
{
    struct fixture f;
    build(&f, ms(20), "to = 'web', limit = 2, window = ms(10), policy = 'fixed_window'");
    fixture_start(&f);
    fixture_run_until(&f, ms(20) - 1); /* 0, 1 and 10, 11 */
    g_assert_cmpuint(passed(&f), ==, 4);
    g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 16);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 16);
    fixture_clear(&f);
}

/* One comes 10 ms after the other, hears that 20 ms later there is a token, and comes again. */
static void test_hint(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_add_node(&f, "first", &sim_model_client_open,
                     "arrivals = regular(rate(1)), to = 'gate'");
    fixture_add_node(&f, "second", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(10) }, to = 'gate', "
                     "retry = retry { max = 1 }");
    fixture_add_node(&f, "gate", &sim_model_limiter, "to = 'web', limit = 1, window = ms(30)");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(1)");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "first", "latency", 1), ==, 0.001);
    g_assert_cmpfloat(fixture_quantile(&f, "second", "latency", 1), ==, 0.021);
    g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 1);
    fixture_clear(&f);
}

/* One every 4 ms, three in the bucket: of 0 .. 15 ms those of 0, 1, 2 wait 0, 3, 6; then there is
 * room for one more every 4 ms, at 4 (waits 8), 8 and 12. */
static void test_leaky_queue(void)
{
    struct fixture f;
    build(&f, ms(16), "to = 'web', limit = 1, window = ms(4), burst = 3, policy = 'leaky_queue'");
    fixture_start(&f);
    fixture_run_until(&f, ms(3));
    g_assert_cmpint(fixture_level(&f, "gate", "waiting"), ==, 2);
    g_assert_cmpuint(passed(&f), ==, 1);
    fixture_run_until(&f, ms(4) - 1);
    g_assert_cmpuint(passed(&f), ==, 1);
    fixture_run_until(&f, ms(4));
    g_assert_cmpuint(passed(&f), ==, 2);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "succeeded", 0), ==, 6);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 6.0 / 16), ==, 0.008);
    g_assert_cmpfloat(fixture_quantile(&f, "gate", "wait", 1), ==, 0.008);
    g_assert_cmpuint(fixture_sample_count(&f, "gate", "wait"), ==, 6);
    fixture_clear(&f);
}

/* What waits dies with the limiter, and its books know. */
static void test_leaky_queue_crash(void)
{
    struct fixture f;
    build(&f, ms(16), "to = 'web', limit = 1, window = ms(4), burst = 3, policy = 'leaky_queue'");
    fixture_start(&f);
    fixture_run_until(&f, ms(2));
    fixture_crash(&f, "gate");
    g_assert_cmpint(fixture_level(&f, "gate", "waiting"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "gate", "counters"), ==, 0);
    fixture_restart(&f, "gate");
    fixture_run_until(&f, ms(3)); /* and what it had counted is forgotten */
    g_assert_cmpuint(passed(&f), ==, 2);
    fixture_clear(&f);
}

/* Two kinds of users, one request each a window: by whom are they told apart? */
static void test_by(void)
{
    static const struct {
        const char *by;
        uint64_t passed;
    } cases[] = {
        {"all", 1}, {"key", 2}, {"session", 3}, {"caller", 2}, {"origin", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        fixture_init(&f, ms(50));
        fixture_add_node(&f, "a", &sim_model_client_open,
                         "arrivals = regular(rate(1e3)), to = 'gate', keys = uniform_keys(2), "
                         "sessions = 2");
        fixture_add_node(&f, "b", &sim_model_client_open,
                         "arrivals = regular(rate(1e3)), to = 'gate', keys = uniform_keys(1)");
        g_autofree char *text =
            g_strdup_printf("to = 'web', limit = 1, window = s(100), by = '%s'", cases[i].by);
        fixture_add_node(&f, "gate", &sim_model_limiter, text);
        fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
        fixture_machine(&f, fixture_id(&f, "b"))->zone = fixture_add_zone(&f, "elsewhere");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(passed(&f), ==, cases[i].passed);
        g_assert_cmpint(fixture_level(&f, "gate", "counters"), ==, (int64_t)cases[i].passed);
        fixture_clear(&f);
    }
}

/* Room for one key: whoever comes after another one is new each time. */
static void test_keys_max(void)
{
    for (int keys_max = 1; keys_max <= 2; keys_max++) {
        struct fixture f;
        fixture_init(&f, ms(10));
        fixture_add_node(&f, "a", &sim_model_client_open, EVERY_MS);
        fixture_add_node(&f, "b", &sim_model_client_open, EVERY_MS);
        g_autofree char *text =
            g_strdup_printf("to = 'web', limit = 1, window = s(100), by = 'caller', keys_max = %d, "
                            "policy = 'sliding_log'",
                            keys_max);
        fixture_add_node(&f, "gate", &sim_model_limiter, text);
        fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(passed(&f), ==, keys_max == 1 ? 20 : 2);
        g_assert_cmpint(fixture_level(&f, "gate", "counters"), ==, keys_max);
        fixture_clear(&f);
    }
}

/* Room for two: the one that was seen least recently goes, so that who comes all the time stays. */
static void test_keys_recent(void)
{
    struct fixture f;
    fixture_init(&f, ms(20));
    fixture_add_node(&f, "often", &sim_model_client_open, EVERY_MS);
    fixture_add_node(&f, "once", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(4) }, to = 'gate'");
    fixture_add_node(&f, "later", &sim_model_client_open,
                     "arrivals = regular { rate = rate(1), phase = ms(8) }, to = 'gate'");
    fixture_add_node(&f, "gate", &sim_model_limiter,
                     "to = 'web', limit = 1, window = s(100), by = 'caller', keys_max = 2");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 3);
    fixture_clear(&f);
}

/* As a meter without a burst: never two closer than 4 ms. */
static void test_leaky_bucket(void)
{
    struct fixture f;
    build(&f, ms(16), "to = 'web', limit = 1, window = ms(4), policy = 'leaky_bucket'");
    fixture_start(&f);
    fixture_run_until(&f, ms(4) - 1);
    g_assert_cmpuint(passed(&f), ==, 1);
    fixture_run_until(&f, ms(8) - 1);
    g_assert_cmpuint(passed(&f), ==, 2);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 4);
    fixture_clear(&f);
}

/* Windows begin by the limiter's own clock: 4 ms ahead, they end at 6 and 16 ms. */
static void test_clock(void)
{
    struct fixture f;
    build(&f, ms(20), "to = 'web', limit = 1, window = ms(10), policy = 'fixed_window'");
    fixture_machine(&f, fixture_id(&f, "gate"))->clock_offset = ms(4);
    fixture_start(&f);
    fixture_run_until(&f, ms(6) - 1);
    g_assert_cmpuint(passed(&f), ==, 1);
    fixture_run_until(&f, ms(6));
    g_assert_cmpuint(passed(&f), ==, 2);
    fixture_run_until(&f, ms(16));
    g_assert_cmpuint(passed(&f), ==, 3);
    fixture_clear(&f);
}

/* A clock that shows less than nothing has windows too. */
static void test_clock_behind(void)
{
    struct fixture f;
    build(&f, ms(20), "to = 'web', limit = 1, window = ms(10), policy = 'fixed_window'");
    fixture_machine(&f, fixture_id(&f, "gate"))->clock_offset = -ms(4);
    fixture_start(&f);
    fixture_run_until(&f, ms(4) - 1);
    g_assert_cmpuint(passed(&f), ==, 1);
    fixture_run_until(&f, ms(14));
    g_assert_cmpuint(passed(&f), ==, 3);
    fixture_clear(&f);
}

static void test_nobody_behind(void)
{
    struct fixture f;
    build(&f, ms(3), "to = 'web', limit = 100");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "web");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 3);
    g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 0);
    fixture_clear(&f);
}

static void test_validate(void)
{
    struct fixture f;
    build(&f, ms(1), "to = 'web', limit = 1");
    const struct sim_param *params = sim_model_limiter.params;
    struct parameter_names names = f.names;
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"to = 'web', limit = 1, shared = 'web', policy = 'token_bucket'", true},
        {"to = 'web', limit = 1, shared = { web = percent(100) }", false},
        {"to = 'web', limit = 1, shared = 'web', policy = 'fixed_window'", true},
        {"to = { web = percent(100) }, limit = 1", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        void *fields = sim_arena_alloc(&f.arena, sim_model_limiter.params_size);
        parameters_read(&f.arena, "gate", params, cases[i].text, &names, fields);
        g_assert_cmpint(sim_model_limiter.validate(fields) == NULL, ==, cases[i].is_right);
    }
    fixture_start(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limiter/turns_away", test_turns_away);
    g_test_add_func("/limiter/hint", test_hint);
    g_test_add_func("/limiter/leaky_queue", test_leaky_queue);
    g_test_add_func("/limiter/leaky_queue_crash", test_leaky_queue_crash);
    g_test_add_func("/limiter/by", test_by);
    g_test_add_func("/limiter/keys_max", test_keys_max);
    g_test_add_func("/limiter/keys_recent", test_keys_recent);
    g_test_add_func("/limiter/leaky_bucket", test_leaky_bucket);
    g_test_add_func("/limiter/clock", test_clock);
    g_test_add_func("/limiter/clock_behind", test_clock_behind);
    g_test_add_func("/limiter/nobody_behind", test_nobody_behind);
    g_test_add_func("/limiter/validate", test_validate);
    return g_test_run();
}

/* Whom a service calls: stories in exact virtual time. If these failed, calls in series, side by
 * side, by chance and in a fan would not be what their page says, or their time would be booked to
 * calls that nobody waited for.
 */
#include <math.h>

#include "fixture.h"
#include "models.h"

/* Users ask "web" every 100 ms; web needs no time itself; "a", "b", "c" take 3, 5 and 9 ms. Every
 * way takes 1 ms. */
static void build(struct fixture *f, sim_time duration, const char *web)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web'");
    fixture_add_node(f, "web", &sim_model_service, web);
    fixture_add_node(f, "a", &sim_model_service, "service = ms(3), servers = 9");
    fixture_add_node(f, "b", &sim_model_service, "service = ms(5), servers = 9");
    fixture_add_node(f, "c", &sim_model_service, "service = ms(9), servers = 9");
    fixture_link_latency(f, ms(1));
    f->options.is_attributing = true;
}

static double latency(const struct fixture *f, double p)
{
    return fixture_quantile(f, "users", "latency", p);
}

/* Mean ms of the slowest operations in a group, by index: 0 users, 1 web, 2 a, 3 b, 4 c. */
static double spent(const struct fixture *f, uint32_t group, enum sim_cause cause)
{
    struct sim_attribution bands[SIM_BAND_COUNT];
    sim_world_attribution(f->world, 0, bands);
    return bands[SIM_BAND_SLOWEST].mean_by_group_cause[group * SIM_CAUSE_COUNT + cause] / 1e6;
}

/* All of the latency is accounted for, none of it twice. */
static void nothing_else(const struct fixture *f)
{
    g_assert_cmpfloat(spent(f, 0, SIM_CAUSE_OTHER), ==, 0);
}

static void test_series(void)
{
    struct fixture f;
    build(&f, s(1), "service = ms(0), calls = series { 'a', 'b' }");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 0), ==, 0.014); /* 2 + 3 + 2 + 5 + 2 */
    g_assert_cmpfloat(latency(&f, 1), ==, 0.014);
    g_assert_cmpfloat(spent(&f, 2, SIM_CAUSE_SERVICE), ==, 3);
    g_assert_cmpfloat(spent(&f, 3, SIM_CAUSE_SERVICE), ==, 5);
    nothing_else(&f);
    fixture_clear(&f);
}

/* The first that fails is the last that is called, and what befell it is the answer. */
static void test_series_fails(void)
{
    struct fixture f;
    build(&f, ms(50), "service = ms(0), calls = series { 'a', 'b', 'c' }");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "b");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "unavailable", 0), ==, 1);
    g_assert_cmpuint(fixture_window_total(&f, "a", "issued", 0), ==, 1);
    g_assert_cmpuint(fixture_window_total(&f, "c", "issued", 0), ==, 0);
    fixture_clear(&f);
}

/* All are asked at once, and the answer that is waited for is the one whose time counts. */
static void test_parallel(void)
{
    static const struct {
        const char *web;
        double latency;
        uint32_t last; /* group that was waited for */
        double service;
    } cases[] = {
        {"service = ms(0), calls = parallel { 'a', 'b', 'c', wait_for = 1 }", 0.007, 2, 3},
        {"service = ms(0), calls = parallel { 'a', 'b', 'c', wait_for = 2 }", 0.009, 3, 5},
        {"service = ms(0), calls = parallel { 'c', 'b', 'a' }", 0.013, 4, 9},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        build(&f, s(1), cases[i].web);
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpfloat(latency(&f, 0), ==, cases[i].latency);
        g_assert_cmpfloat(latency(&f, 1), ==, cases[i].latency);
        for (uint32_t group = 2; group <= 4; group++) {
            bool is_last = group == cases[i].last;
            g_assert_cmpfloat(spent(&f, group, SIM_CAUSE_SERVICE), ==,
                              is_last ? cases[i].service : 0);
            g_assert_cmpfloat(spent(&f, group, SIM_CAUSE_NETWORK), ==, is_last ? 2 : 0);
        }
        nothing_else(&f);
        g_assert_cmpuint(fixture_window_total(&f, "c", "issued", 0), ==, 10);
        fixture_clear(&f);
    }
}

/* Two of three are needed: with one of them gone it takes the slower of the others; with two gone
 * the second refusal is the end. */
static void test_parallel_fails(void)
{
    for (int gone = 1; gone <= 2; gone++) {
        struct fixture f;
        build(&f, ms(50), "service = ms(0), calls = parallel { 'a', 'b', 'c', wait_for = 2 }");
        fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, gone == 1 ? "a" : "a b");
        fixture_start(&f);
        fixture_run_until(&f, ms(3)); /* refused at 3, and heard at 4 */
        g_assert_cmpuint(fixture_total(&f, "web", "failed"), ==, gone == 2);
        fixture_run(&f);
        g_assert_cmpuint(fixture_window_total(&f, "users", "unavailable", 0), ==, gone == 2);
        if (gone == 1) {
            g_assert_cmpfloat(latency(&f, 1), ==, 0.013);
        }
        fixture_clear(&f);
    }
}

/* What waits to try again when the others are enough never does. */
static void test_parallel_retry(void)
{
    struct fixture f;
    build(&f, ms(50),
          "service = ms(0), calls = parallel { 'a', wait_for = 1, "
          "call { 'b', retry = retry { backoff = ms(20), jitter = 'none' } } }");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "b");
    fixture_start(&f);
    fixture_run_until(&f, ms(50));
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
    fixture_clear(&f);
}

static void test_nested(void)
{
    struct fixture f;
    build(&f, s(1),
          "service = ms(0), calls = series { 'a', parallel { 'b', series { 'a', 'c' } }, 'b' }");
    fixture_start(&f);
    fixture_run(&f);
    /* a 3, then of b and (a, c) the longer: 3 + 2 + 9, then b 5, and 2 for each way. */
    g_assert_cmpfloat(latency(&f, 1), ==, (2 + 3 + 2 + 3 + 2 + 9 + 2 + 5 + 2) / 1e3);
    g_assert_cmpfloat(spent(&f, 2, SIM_CAUSE_SERVICE), ==, 6);
    g_assert_cmpfloat(spent(&f, 3, SIM_CAUSE_SERVICE), ==, 5);
    g_assert_cmpfloat(spent(&f, 4, SIM_CAUSE_SERVICE), ==, 9);
    nothing_else(&f);
    fixture_clear(&f);
}

/* A part that fails inside a part ends what runs beside it. */
static void test_nested_fails(void)
{
    struct fixture f;
    build(&f, ms(50),
          "service = ms(0), slots = 1, "
          "calls = parallel { series { 'a', 'b' }, parallel { 'c', 'c' } }");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "b");
    fixture_start(&f);
    fixture_run_until(&f, ms(8) - 1); /* 1 there, a 5, refused after 2 */
    g_assert_cmpint(fixture_level(&f, "web", "slots"), ==, 1);
    fixture_run_until(&f, ms(8));
    g_assert_cmpint(fixture_level(&f, "web", "slots"), ==, 0);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "unavailable", 0), ==, 1);
    g_assert_cmpuint(fixture_window_total(&f, "web", "late_replies", 0), ==, 2);
    fixture_clear(&f);
}

static void test_chance(void)
{
    struct fixture f;
    build(&f, s(1000),
          "service = ms(0), calls = series { 'a', call { 'b', chance = percent(30) } }");
    fixture_start(&f);
    fixture_run(&f);
    double count = (double)fixture_window_total(&f, "b", "issued", 0);
    g_assert_cmpfloat(fabs(count - 3000), <, 4 * sqrt(10000 * 0.3 * 0.7));
    g_assert_cmpfloat(latency(&f, 0), ==, 0.007);
    g_assert_cmpfloat(latency(&f, 1), ==, 0.014);
    g_assert_cmpfloat(latency(&f, 0.69), ==, 0.007);
    fixture_clear(&f);
}

/* Two of the five members at a time, in turn, so that five requests are two for each. */
static void test_fan_out(void)
{
    struct fixture f;
    build(&f, ms(500), "service = ms(0), to = 'leaf', fan_out = 2");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", 5, 5);
    fixture_group(&f, "leaf")->per_member = true;
    fixture_start(&f);
    fixture_run_until(&f, ms(200) - 1); /* two requests: 1 and 2, 3 and 4 */
    g_assert_cmpuint(fixture_total(&f, "leaf[2]", "issued"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "leaf[4]", "issued"), ==, 1);
    fixture_run_until(&f, ms(500) - 1);
    for (int member = 1; member <= 5; member++) {
        g_autofree char *name = g_strdup_printf("leaf[%d]", member);
        g_assert_cmpuint(fixture_total(&f, name, "issued"), ==, 2);
    }
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 1), ==, 0.008);
    nothing_else(&f);
    fixture_clear(&f);
}

/* One leaf of four is slow: waiting for three is 4 ms of work, for four 40. With one leaf gone for
 * good, four answers cannot be had. */
static void test_fan_out_wait_for(void)
{
    for (int wait_for = 3; wait_for <= 4; wait_for++) {
        for (uint32_t leaves = 3; leaves <= 4; leaves++) {
            struct fixture f;
            g_autofree char *web = g_strdup_printf(
                "service = ms(0), to = 'leaf', fan_out = 4, wait_for = %d", wait_for);
            build(&f, ms(50), web);
            fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", leaves, 4);
            if (leaves == 4) {
                fixture_add_fault(&f, SIM_FAULT_SLOW, 0, SIM_NEVER, "leaf[2]")->factor = 10;
            }
            fixture_start(&f);
            fixture_run(&f);
            if (leaves == 3 && wait_for == 4) {
                g_assert_cmpuint(fixture_window_total(&f, "users", "unavailable", 0), ==, 1);
            } else {
                g_assert_cmpfloat(latency(&f, 1), ==, leaves == 4 && wait_for == 4 ? 0.044 : 0.008);
                nothing_else(&f);
            }
            fixture_clear(&f);
        }
    }
}

/* A leaf that does not answer is asked again, the same one, while the others wait. */
static void test_fan_out_retry(void)
{
    struct fixture f;
    build(&f, ms(50),
          "service = ms(0), to = 'leaf', fan_out = 3, timeout = ms(10), "
          "retry = retry { max = 1, backoff = ms(5), jitter = 'none' }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", 3, 3);
    fixture_group(&f, "leaf")->per_member = true;
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, ms(15), "leaf[2]");
    fixture_start(&f);
    fixture_run(&f);
    /* Web asks at 1, gives up at 11, asks again at 16; the leaf is at the first until 19. */
    g_assert_cmpfloat(latency(&f, 1), ==, (19 + 4 + 2) / 1e3);
    g_assert_cmpuint(fixture_total(&f, "leaf[2]", "issued"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "leaf[1]", "issued"), ==, 1);
    g_assert_cmpfloat(spent(&f, 5, SIM_CAUSE_RETRY), ==, 10);
    g_assert_cmpfloat(spent(&f, 1, SIM_CAUSE_RETRY), ==, 5);
    nothing_else(&f);
    fixture_clear(&f);
}

/* The first of two members stands still. The other is asked after 10 ms, and answers. */
static void test_hedge(void)
{
    struct fixture f;
    build(&f, ms(50), "service = ms(0), to = 'leaf', hedge = hedge { after = ms(10) }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, ms(45), "leaf[1]");
    fixture_start(&f);
    fixture_run_until(&f, ms(11) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 1);
    fixture_run_until(&f, ms(40));
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "web", "retries"), ==, 1);
    fixture_run_until(&f, ms(55)); /* 45 + 4, and on its way for 1 */
    g_assert_cmpuint(fixture_total(&f, "web", "late_replies"), ==, 1);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 1), ==, (1 + 10 + 6 + 1) / 1e3);
    g_assert_cmpfloat(spent(&f, 1, SIM_CAUSE_RETRY), ==, 10);
    g_assert_cmpfloat(spent(&f, 5, SIM_CAUSE_SERVICE), ==, 4);
    nothing_else(&f);
    fixture_clear(&f);
}

/* Somebody else has asked meanwhile, and it would be the turn of the first again: the hedge goes to
 * the other one. */
static void test_hedge_elsewhere(void)
{
    struct fixture f;
    build(&f, ms(50), "service = ms(0), to = 'leaf', hedge = hedge { after = ms(10) }");
    fixture_add_node(&f, "others", &sim_model_client_open,
                     "arrivals = regular { rate = rate(10), phase = ms(5) }, to = 'web'");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, ms(45), "leaf[1]");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 1), ==, (1 + 10 + 6 + 1) / 1e3);
    fixture_clear(&f);
}

/* The first answers after all, before the hedge: its time counts, the hedge's does not. An answer
 * in time needs no hedge. */
static void test_hedge_first_wins(void)
{
    struct fixture f;
    build(&f, ms(50), "service = ms(0), to = 'leaf', hedge = hedge { after = ms(8), max = 3 }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(12), servers = 9", 2, 2);
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 1), ==, 0.016);
    g_assert_cmpfloat(spent(&f, 5, SIM_CAUSE_SERVICE), ==, 12);
    g_assert_cmpfloat(spent(&f, 1, SIM_CAUSE_RETRY), ==, 0);
    nothing_else(&f);
    g_assert_cmpuint(fixture_window_total(&f, "leaf", "issued", 0), ==, 2);
    fixture_clear(&f);
}

/* Both stand still: given up after 20 and 30 ms, and tried once more 5 ms after the latter. */
static void test_hedge_fails(void)
{
    struct fixture f;
    build(&f, ms(50),
          "service = ms(0), to = 'leaf', hedge = hedge { after = ms(10) }, "
          "timeout = ms(20), retry = retry { max = 1, backoff = ms(5), jitter = 'none' }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(1), servers = 9", 2, 2);
    fixture_add_fault(&f, SIM_FAULT_PAUSE, 0, ms(35), "leaf");
    fixture_start(&f);
    fixture_run_until(&f, ms(36) - 1);
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 2);
    fixture_run_until(&f, ms(36));
    g_assert_cmpuint(fixture_total(&f, "web", "attempts"), ==, 3);
    fixture_run(&f);
    g_assert_cmpfloat(latency(&f, 1), ==, (1 + 30 + 5 + 3 + 1) / 1e3);
    g_assert_cmpfloat(spent(&f, 5, SIM_CAUSE_RETRY) + spent(&f, 1, SIM_CAUSE_RETRY), ==, 35);
    nothing_else(&f);
    fixture_clear(&f);
}

/* Two hedges in hand, and one more for every four requests. */
static void test_hedge_budget(void)
{
    struct fixture f;
    build(&f, s(1),
          "service = ms(0), to = 'leaf', "
          "hedge = hedge { after = ms(10), budget = percent(25), burst = 2 }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(12), servers = 9", 2, 2);
    fixture_start(&f);
    fixture_run_until(&f, s(1) - 1);
    /* Of ten requests: two at once, then 1/4 each from the first that found the bucket not full. */
    g_assert_cmpuint(fixture_total(&f, "web", "retries"), ==, 4);
    fixture_clear(&f);
}

/* Three layers that try up to four times each, before one that never answers: 4 x 4 x 4. */
static void test_amplification(void)
{
    struct fixture f;
    fixture_init(&f, ms(50));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(100)), to = 'top', retry = retry { max = 3 }");
    fixture_add_node(&f, "top", &sim_model_service,
                     "service = ms(0), to = 'middle', retry = retry { max = 3 }");
    fixture_add_node(&f, "middle", &sim_model_service,
                     "service = ms(0), calls = series { call { 'store', retry = retry(3) } }");
    fixture_add_node(&f, "store", &sim_model_service, "service = ms(0), errors = percent(100)");
    fixture_start(&f);
    fixture_run_until(&f, ms(50) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "error"), ==, 5);
    g_assert_cmpuint(fixture_total(&f, "top", "issued"), ==, 5 * 4);
    g_assert_cmpuint(fixture_total(&f, "middle", "issued"), ==, 5 * 16);
    g_assert_cmpuint(fixture_total(&f, "store", "issued"), ==, 5 * 64);
    fixture_clear(&f);
}

/* The deadline ends the whole at once, wherever it is. */
static void test_deadline(void)
{
    struct fixture f;
    fixture_init(&f, ms(50));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(10)), to = 'web', deadline = ms(12)");
    fixture_add_node(
        &f, "web", &sim_model_service,
        "service = ms(0), calls = series { 'a', parallel { 'a', 'b', wait_for = 1 } }");
    fixture_add_node(&f, "a", &sim_model_service, "service = ms(9), servers = 9");
    fixture_add_node(&f, "b", &sim_model_service, "service = ms(9), servers = 9");
    fixture_start(&f);
    fixture_run_until(&f, ms(12));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "web", "timeout"), ==, 1);
    fixture_clear(&f);
}

/* A crash in the middle of everything leaves nothing behind. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, s(1),
          "service = ms(0), calls = parallel { 'a', series { 'b', 'c' }, "
          "call { 'leaf', fan_out = 3, hedge = hedge(ms(2)) } }");
    fixture_add_group(&f, "leaf", &sim_model_service, "service = ms(4)", 3, 3);
    fixture_start(&f);
    for (int i = 0; i < 8; i++) {
        fixture_run_until(&f, ms(100 * i + 1 + 2 * i));
        fixture_crash(&f, "web");
        fixture_restart(&f, "web");
    }
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "succeeded", 0), ==, 2);
    fixture_clear(&f);
}

static void test_validate(void)
{
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"service = ms(1), to = 'a', fan_out = 2, wait_for = 3", false},
        {"service = ms(1), to = 'a', fan_out = 2, wait_for = 2", true},
        {"service = ms(1), to = 'a', wait_for = 1", false},
        {"service = ms(1), to = { a = percent(50) }, fan_out = 2", false},
        {"service = ms(1), to = 'a', calls = series { 'b' }", false},
        {"service = ms(1), shed = older_than(ms(1)), discipline = 'processor_sharing'", false},
        {"service = ms(1), shed = older_than(ms(1)), discipline = 'lifo'", true},
    };
    struct fixture f;
    build(&f, ms(1), "service = ms(0)");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        void *fields = sim_arena_alloc(&f.arena, sim_model_service.params_size);
        parameters_read(&f.arena, "web", sim_model_service.params, cases[i].text, &f.names, fields);
        g_assert_cmpint(sim_model_service.validate(fields) == NULL, ==, cases[i].is_right);
    }
    fixture_start(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/calls/series", test_series);
    g_test_add_func("/service/calls/series_fails", test_series_fails);
    g_test_add_func("/service/calls/parallel", test_parallel);
    g_test_add_func("/service/calls/parallel_fails", test_parallel_fails);
    g_test_add_func("/service/calls/parallel_retry", test_parallel_retry);
    g_test_add_func("/service/calls/hedge_elsewhere", test_hedge_elsewhere);
    g_test_add_func("/service/calls/nested", test_nested);
    g_test_add_func("/service/calls/nested_fails", test_nested_fails);
    g_test_add_func("/service/calls/chance", test_chance);
    g_test_add_func("/service/calls/fan_out", test_fan_out);
    g_test_add_func("/service/calls/fan_out_wait_for", test_fan_out_wait_for);
    g_test_add_func("/service/calls/fan_out_retry", test_fan_out_retry);
    g_test_add_func("/service/calls/hedge", test_hedge);
    g_test_add_func("/service/calls/hedge_first_wins", test_hedge_first_wins);
    g_test_add_func("/service/calls/hedge_fails", test_hedge_fails);
    g_test_add_func("/service/calls/hedge_budget", test_hedge_budget);
    g_test_add_func("/service/calls/amplification", test_amplification);
    g_test_add_func("/service/calls/deadline", test_deadline);
    g_test_add_func("/service/calls/crash", test_crash);
    g_test_add_func("/service/calls/validate", test_validate);
    return g_test_run();
}

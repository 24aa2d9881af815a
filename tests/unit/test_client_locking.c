/* client.locking: what a sale costs under each scheme, who has the lock when a holder stands still,
 * and whether the thing is sold twice. If this failed, a lock would look safer, or dearer, than it
 * is.
 */
#include "check/check.h"
#include "models.h"
#include "probe.h"

#define SALE                                                                                       \
    "sessions = 1, to = 'seats', lock = 'locks', keys = uniform_keys(1), work = ms(10), "          \
    "lease = s(1), poll = ms(50), scheme = "

struct sale {
    struct fixture f;
    struct sim_check_input seen;
};

static void begin_with(struct sale *sale, const char *scheme, const struct sim_model *locks)
{
    *sale = (struct sale){.seen = {.has_initial = true, .has_times = true}};
    fixture_init(&sale->f, s(60));
    sim_history_init(&sale->seen.history, 1000);
    sale->f.options.history = &sale->seen.history;
    g_autofree char *params = g_strdup_printf(SALE "'%s'", scheme);
    const char *text = sim_arena_strdup(&sale->f.arena, params);
    fixture_add_node(&sale->f, "seats", &sim_model_store_single, "service = ms(0)");
    fixture_add_node(&sale->f, "locks", locks, "service = ms(0)");
    fixture_add_node(&sale->f, "a", &sim_model_client_locking, text);
    fixture_add_node(&sale->f, "b", &sim_model_client_locking, text);
    fixture_link_latency(&sale->f, ms(1));
    fixture_start(&sale->f);
    fixture_run_until(&sale->f, 0);
}

static void begin(struct sale *sale, const char *scheme)
{
    begin_with(sale, scheme, &sim_model_store_single);
}

static enum sim_check_verdict judge(struct sale *sale)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_linearizable(&sale->seen, &limits, &result);
    enum sim_check_verdict verdict = result.verdict;
    sim_check_result_clear(&result);
    return verdict;
}

static void end(struct sale *sale)
{
    sim_check_input_clear(&sale->seen);
    fixture_clear(&sale->f);
}

static uint64_t total(struct sale *sale, const char *metric)
{
    return fixture_total(&sale->f, "a", metric) + fixture_total(&sale->f, "b", metric);
}

/* One has the lock for 18 ms: take 2, read 2, work 10, write 2, give back 2. The other asks at 0
 * and at 52 ms, and finds it sold. */
static void test_lock(void)
{
    struct sale sale;
    begin(&sale, "lock");
    fixture_run_until(&sale.f, ms(16) - 1);
    g_assert_cmpuint(total(&sale, "sold"), ==, 0);
    fixture_run_until(&sale.f, ms(16));
    g_assert_cmpuint(total(&sale, "sold"), ==, 1);
    fixture_run_until(&sale.f, ms(18) - 1);
    g_assert_cmpuint(total(&sale, "succeeded"), ==, 0);
    fixture_run_until(&sale.f, ms(18));
    g_assert_cmpuint(total(&sale, "succeeded"), ==, 1);
    fixture_run_until(&sale.f, s(1));
    g_assert_cmpuint(total(&sale, "sold"), ==, 1);
    g_assert_cmpuint(total(&sale, "expired_locks"), ==, 0);
    g_assert_cmpint(judge(&sale), ==, SIM_CHECK_YES);
    end(&sale);
}

/* The holder stands still from 5 ms to 3 s. The other one first saw its number at 2 ms, asks every
 * 52 ms, and asks for the lock of the other at 1,040 ms: it has it at 1,042 and has sold at 1,056.
 * What the first one writes when it goes on is a second sale, unless the store compares tokens. */
static void test_pause(void)
{
    static const struct {
        const char *scheme;
        uint64_t sold, refused;
    } cases[] = {{"lock", 2, 0}, {"fencing", 1, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sale sale;
        begin(&sale, cases[i].scheme);
        fixture_run_until(&sale.f, ms(5));
        fixture_pause(&sale.f, "a", true);
        fixture_run_until(&sale.f, ms(1042) - 1);
        g_assert_cmpuint(fixture_total(&sale.f, "b", "expired_locks"), ==, 0);
        fixture_run_until(&sale.f, ms(1042));
        g_assert_cmpuint(fixture_total(&sale.f, "b", "expired_locks"), ==, 1);
        fixture_run_until(&sale.f, ms(1056) - 1);
        g_assert_cmpuint(fixture_total(&sale.f, "b", "sold"), ==, 0);
        fixture_run_until(&sale.f, ms(1056));
        g_assert_cmpuint(fixture_total(&sale.f, "b", "sold"), ==, 1);
        fixture_run_until(&sale.f, s(3));
        fixture_pause(&sale.f, "a", false);
        fixture_run_until(&sale.f, s(4));
        g_assert_cmpuint(total(&sale, "sold"), ==, cases[i].sold);
        g_assert_cmpuint(total(&sale, "refused_late"), ==, cases[i].refused);
        g_assert_cmpint(judge(&sale), ==, SIM_CHECK_NO); /* two had it at once, in either case */
        end(&sale);
    }
}

/* No lock: both read at once. With versions the second write is refused, without it is a sale. */
static void test_no_lock(void)
{
    static const struct {
        const char *scheme;
        uint64_t sold, refused;
    } cases[] = {{"none", 2, 0}, {"versions", 1, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sale sale;
        begin(&sale, cases[i].scheme);
        fixture_run_until(&sale.f, ms(14) - 1);
        g_assert_cmpuint(total(&sale, "succeeded"), ==, 0);
        fixture_run_until(&sale.f, ms(14));
        g_assert_cmpuint(total(&sale, "succeeded"), ==, 2);
        fixture_run_until(&sale.f, s(1));
        g_assert_cmpuint(total(&sale, "sold"), ==, cases[i].sold);
        g_assert_cmpuint(total(&sale, "refused_late"), ==, cases[i].refused);
        end(&sale);
    }
}

/* A holder that dies gives nothing back: its lease runs out. */
static void test_crash(void)
{
    struct sale sale;
    begin(&sale, "lock");
    fixture_run_until(&sale.f, ms(5));
    fixture_crash(&sale.f, "a");
    fixture_run_until(&sale.f, ms(1056));
    g_assert_cmpuint(total(&sale, "sold"), ==, 1);
    g_assert_cmpuint(total(&sale, "expired_locks"), ==, 1);
    end(&sale);
}

/* The answer is lost that says that it has the lock. It asks again after 1 s and a poll, finds that
 * it has it, sells with its token, and gives it back: at 1,068 ms. The next sale need not wait. */
static void test_lost_answer(void)
{
    static const struct sim_model *const stores[] = {&sim_model_store_single,
                                                     &sim_model_store_memory};
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        struct sale sale;
        begin_with(&sale, "fencing", stores[i]);
        fixture_pause(&sale.f, "b", true);
        fixture_cut(&sale.f, "locks", "a", true);
        fixture_run_until(&sale.f, ms(1010));
        fixture_cut(&sale.f, "locks", "a", false);
        fixture_run_until(&sale.f, ms(1068));
        g_assert_cmpuint(total(&sale, "sold"), ==, 1);
        g_assert_cmpuint(total(&sale, "succeeded"), ==, 1);
        fixture_run_until(&sale.f, ms(1080));
        g_assert_cmpuint(total(&sale, "taken"), >, 0);
        fixture_pause(&sale.f, "b", false);
        fixture_run_until(&sale.f, s(2));
        g_assert_cmpuint(total(&sale, "expired_locks"), ==, 0);
        g_assert_cmpint(judge(&sale), ==, SIM_CHECK_YES);
        end(&sale);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client.locking/lock", test_lock);
    g_test_add_func("/client.locking/pause", test_pause);
    g_test_add_func("/client.locking/no_lock", test_no_lock);
    g_test_add_func("/client.locking/crash", test_crash);
    g_test_add_func("/client.locking/lost_answer", test_lost_answer);
    return g_test_run();
}

/* Limiters that share their counts, and the store that they count in: stories in exact virtual
 * time. If these failed, several would let through more or less than one limit for all, or the
 * wrong way when the store does not answer.
 */
#include "fixture.h"
#include "models.h"

/* Requests at 0, 1, 2, ... ms. */
#define EVERY_MS "arrivals = regular(rate(1e3)), to = 'gate'"

static uint64_t passed(const struct fixture *f)
{
    return fixture_total(f, "web", "issued");
}

/* ---- shared ---- */

/* Two limiters with a client each, whose requests come at the same instants. */
static void build_shared(struct fixture *f, sim_time duration, const char *limiter)
{
    fixture_init(f, duration);
    fixture_add_group(f, "users", &sim_model_client_open, EVERY_MS, 2, 2);
    fixture_add_group(f, "gate", &sim_model_limiter, limiter, 2, 2);
    fixture_group(f, "gate")->per_member = true;
    fixture_add_node(f, "counts", &sim_model_store_counter, "service = us(100), ttl = ms(20)");
    fixture_add_node(f, "web", &sim_model_service, "service = ms(0)");
    fixture_link_latency(f, us(100));
}

/* Both race for each count, and exactly 5 of 20 get through; by themselves each lets 5. */
static void test_shared(void)
{
    for (int is_shared = 0; is_shared <= 1; is_shared++) {
        struct fixture f;
        build_shared(&f, ms(10),
                     is_shared ? "to = 'web', limit = 5, window = ms(100), "
                                 "policy = 'fixed_window', shared = 'counts'"
                               : "to = 'web', limit = 5, window = ms(100), "
                                 "policy = 'fixed_window'");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(passed(&f), ==, is_shared ? 5 : 10);
        g_assert_cmpuint(fixture_total(&f, "counts", "issued"), ==, is_shared ? 20 : 0);
        /* There and back to the limiter, from there to the store and to the service. */
        g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==,
                          is_shared ? 0.0007 : 0.0004);
        fixture_clear(&f);
    }
}

/* Two limiters of different names do not count each other's requests in one store. */
static void test_shared_by_two(void)
{
    struct fixture f;
    fixture_init(&f, ms(10));
    fixture_add_node(&f, "a", &sim_model_client_open, EVERY_MS);
    fixture_add_node(&f, "b", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'other'");
    for (int i = 0; i < 2; i++) {
        fixture_add_node(&f, i == 0 ? "gate" : "other", &sim_model_limiter,
                         "to = 'web', limit = 5, window = ms(100), policy = 'fixed_window', "
                         "shared = 'counts'");
    }
    fixture_add_node(&f, "counts", &sim_model_store_counter, NULL);
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 10);
    g_assert_cmpint(fixture_level(&f, "counts", "keys"), ==, 2);
    fixture_clear(&f);
}

/* Who answers and does not count is no store: as if it were silent. Nor is one that keeps lists a
 * store that keeps logs. */
static void test_no_store(void)
{
    static const struct {
        const char *fields;
        bool is_list, is_closed;
    } cases[] = {
        {"policy = 'fixed_window', fail = 'closed'", false, true},
        {"policy = 'sliding_counter'", false, false},
        {"policy = 'sliding_log', fail = 'closed'", false, true},
        {"policy = 'sliding_log'", true, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        g_autofree char *fields = g_strdup_printf(
            "to = 'web', limit = 5, window = ms(100), shared = 'other', %s", cases[i].fields);
        build_shared(&f, ms(10), fields);
        fixture_add_node(&f, "other",
                         cases[i].is_list ? &sim_model_store_memory : &sim_model_service,
                         "service = us(100)");
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(passed(&f), ==, cases[i].is_closed ? 0 : 20);
        g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 20);
        fixture_clear(&f);
    }
}

/* The store is silent from 2 ms on: those that ask it wait 20 ms, and then all pass, or none. */
static void test_fail(void)
{
    for (int is_closed = 0; is_closed <= 1; is_closed++) {
        struct fixture f;
        build_shared(&f, ms(10),
                     is_closed ? "to = 'web', limit = 1, window = ms(100), fail = 'closed', "
                                 "policy = 'fixed_window', shared = 'counts'"
                               : "to = 'web', limit = 1, window = ms(100), "
                                 "policy = 'fixed_window', shared = 'counts'");
        fixture_add_fault(&f, SIM_FAULT_PAUSE, ms(2), s(1), "counts");
        fixture_start(&f);
        fixture_run_until(&f, ms(22));
        g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 0);
        fixture_run(&f);
        g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 16); /* of 2 .. 9 */
        g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 3);
        g_assert_cmpuint(passed(&f), ==, is_closed ? 1 : 17);
        g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, is_closed ? 19 : 3);
        g_assert_cmpfloat(fixture_quantile(&f, "gate", "latency", is_closed ? 0 : 0.85), ==,
                          is_closed ? 0.0005 : 0.0202);
        fixture_clear(&f);
    }
}

static void test_fail_at_once(void)
{
    struct fixture f;
    build_shared(&f, ms(10),
                 "to = 'web', limit = 1, window = ms(100), policy = 'sliding_counter', "
                 "shared = 'counts'");
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, SIM_NEVER, "counts");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 20);
    g_assert_cmpfloat(fixture_quantile(&f, "gate", "latency", 1), ==, 0.0004); /* refused: 0.2 */
    fixture_clear(&f);
}

/* 4 in 10 ms. Four pass at once; at 10 + e ms they weigh 4 (1 - e / 10), so that there is room for
 * one more from 12.5 on and for another from 15 on: the requests of 13 and 15. Each limiter asks
 * for the window before once, and what is turned away weighs nothing. */
static void test_shared_sliding(void)
{
    struct fixture f;
    build_shared(&f, ms(16),
                 "to = 'web', limit = 4, window = ms(10), policy = 'sliding_counter', "
                 "shared = 'counts'");
    fixture_start(&f);
    fixture_run_until(&f, ms(10) - 1);
    g_assert_cmpuint(passed(&f), ==, 4);
    fixture_run_until(&f, ms(13) - 1);
    g_assert_cmpuint(passed(&f), ==, 4);
    fixture_run_until(&f, ms(14) - 1);
    g_assert_cmpuint(passed(&f), ==, 5);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 6);
    /* 32 counts, 26 of them taken back, and of each window each limiter asks once. */
    g_assert_cmpuint(fixture_total(&f, "counts", "issued"), ==, 32 + 26 + 4);
    fixture_clear(&f);
}

/* Both race for each drop; what passes is what one bucket lets through. */
static void test_shared_bucket(void)
{
    static const struct {
        const char *fields;
        uint64_t passed;
    } cases[] = {
        {"limit = 5, window = ms(100), policy = 'token_bucket'", 5},
        {"limit = 5, window = ms(100), policy = 'token_bucket', burst = 2", 2},
        {"limit = 10, window = ms(20), policy = 'token_bucket', burst = 3", 7}, /* 2, 4, 6, 8 */
        {"limit = 5, window = ms(10), policy = 'leaky_bucket'", 5},             /* 0, 2, 4, 6, 8 */
        {"limit = 5, window = ms(10), policy = 'leaky_bucket', burst = 2", 6},
        {"limit = 3, window = ms(10), policy = 'leaky_bucket'", 3}, /* 0, 4, 8: each 10 / 3 ms */
        {"limit = 5, window = ms(100), policy = 'sliding_log'", 5},
        {"limit = 4, window = ms(5), policy = 'sliding_log'", 8}, /* 0, 1, 5, 6, two each */
        {"limit = 7, window = ms(5), policy = 'sliding_log'", 14},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        g_autofree char *fields =
            g_strdup_printf("to = 'web', shared = 'counts', %s", cases[i].fields);
        build_shared(&f, ms(10), fields);
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(passed(&f), ==, cases[i].passed);
        g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 20 - cases[i].passed);
        g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 0);
        fixture_clear(&f);
    }
}

/* Of the four that come at 0 and 1 ms all wait, 2 ms behind one another; they leave a round trip to
 * the store later, or two. */
static void test_shared_queue(void)
{
    struct fixture f;
    build_shared(&f, ms(2),
                 "to = 'web', limit = 5, window = ms(10), policy = 'leaky_queue', "
                 "shared = 'counts'");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(passed(&f), ==, 4);
    g_assert_cmpuint(fixture_sample_count(&f, "gate", "wait"), ==, 4);
    g_assert_cmpfloat(fixture_quantile(&f, "gate", "wait", 0), ==, 0);
    /* At 1.1 ms the bucket is empty at 4.1 ms, and the last waits for two of those before it. */
    g_assert_cmpfloat(fixture_quantile(&f, "gate", "wait", 1), >, 0.0045);
    g_assert_cmpfloat(fixture_quantile(&f, "gate", "wait", 1), <, 0.0050);
    fixture_clear(&f);
}

/* Four in a crowd, and a store that loses everything once: never more than a bucket lets through,
 * and a second one full after the loss; hardly less, however they race. */
static void test_shared_crowd(void)
{
    for (int is_lost = 0; is_lost <= 1; is_lost++) {
        struct fixture f;
        fixture_init(&f, s(10));
        fixture_add_group(&f, "users", &sim_model_client_open,
                          "arrivals = poisson(rate(500)), to = 'gate', choose = 'random'", 4, 4);
        fixture_add_group(&f, "gate", &sim_model_limiter,
                          "to = 'web', limit = 100, burst = 20, by = 'all', shared = 'counts', "
                          "store_timeout = ms(500)",
                          4, 4);
        fixture_add_node(&f, "counts", &sim_model_store_counter, "ttl = s(1)");
        fixture_add_node(&f, "web", &sim_model_service, "service = ms(0), servers = 100");
        fixture_link_latency(&f, us(200));
        if (is_lost) {
            fixture_add_fault(&f, SIM_FAULT_CRASH, s(5), s(5) + 1, "counts");
        }
        fixture_start(&f);
        fixture_run(&f);
        uint64_t blind = fixture_total(&f, "gate", "unjudged");
        g_assert_cmpuint(passed(&f), <=, 1020 + (is_lost ? 20 + blind : 0));
        g_assert_cmpuint(passed(&f), >=, 1000);
        g_assert_true(is_lost ? passed(&f) > 1020 && blind <= 4 : blind == 0);
        fixture_clear(&f);
    }
}

/* Silent from 2 ms on: the drops of 0 have been poured; what a limiter knows to be full it need
 * not ask about. */
static void test_bucket_fails(void)
{
    struct fixture f;
    build_shared(&f, ms(10),
                 "to = 'web', limit = 5, window = ms(20), policy = 'leaky_bucket', "
                 "shared = 'counts'");
    fixture_add_fault(&f, SIM_FAULT_PAUSE, ms(2), s(1), "counts");
    fixture_start(&f);
    fixture_run(&f);
    /* Known to be full until 4 ms; then all of 5 .. 9 ask in vain, and pass. */
    g_assert_cmpuint(fixture_total(&f, "gate", "limited"), ==, 7);
    g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 12);
    g_assert_cmpuint(passed(&f), ==, 13);
    fixture_clear(&f);
}

/* ---- store.counter ---- */

struct asker_state {
    uint64_t values[8];
    enum sim_status statuses[8];
    uint32_t count;
};

static void asker_handle(struct sim_node *self, const struct sim_input *in)
{
    static const struct {
        enum sim_operation operation;
        uint64_t key, value;
    } script[] = {
        {SIM_OP_READ, 1, 0},
        {SIM_OP_INCREMENT, 1, 5},
        {SIM_OP_INCREMENT, 1, UINT64_MAX},
        {SIM_OP_WRITE, 2, 7},
        {SIM_OP_READ, 1, 0},
        {SIM_OP_DELETE, 2, 0},
        {SIM_OP_COMPARE_AND_SET, 1, 0},
        {SIM_OP_APPEND, 1, 0}, /* as a client does, who means a list of values */
    };
    struct asker_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        sim_node_id store = sim_self(self) + 1;
        for (size_t i = 0; i < G_N_ELEMENTS(script); i++) {
            struct sim_request request = {.operation = (uint16_t)script[i].operation,
                                          .key = script[i].key,
                                          .value = script[i].value,
                                          .deadline = SIM_NEVER};
            sim_send_request(self, store, &request, SIM_NEVER, i);
        }
    } else if (in->kind == SIM_IN_OUTCOME) {
        state->values[in->tag] = in->outcome->reply.value;
        state->statuses[in->tag] = in->outcome->reply.status;
        state->count++;
    }
}

static const struct sim_model asker = {
    .abi = SIM_MODEL_ABI,
    .name = "asker",
    .summary = "asks a store",
    .state_size = sizeof(struct asker_state),
    .handle = asker_handle,
};

static void test_store(void)
{
    static const uint64_t values[] = {0, 5, 4, 7, 4, 0, 4, 0};
    static const enum sim_status statuses[] = {SIM_STATUS_NOT_FOUND, SIM_STATUS_OK,   SIM_STATUS_OK,
                                               SIM_STATUS_OK,        SIM_STATUS_OK,   SIM_STATUS_OK,
                                               SIM_STATUS_CONFLICT,  SIM_STATUS_ERROR};
    struct fixture f;
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "asker", &asker, NULL);
    fixture_add_node(&f, "store", &sim_model_store_counter, "service = ms(1)");
    fixture_start(&f);
    fixture_run_until(&f, ms(4));
    g_assert_cmpint(fixture_level(&f, "store", "keys"), ==, 2);
    fixture_run_until(&f, ms(8));
    const struct asker_state *state = sim_state(sim_world_node(f.world, 1));
    g_assert_cmpuint(state->count, ==, 8);
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_assert_cmpuint(state->values[i], ==, values[i]);
        g_assert_cmpint(state->statuses[i], ==, statuses[i]);
    }
    g_assert_cmpint(fixture_level(&f, "store", "keys"), ==, 1);
    fixture_clear(&f);
}

/* Three keys in turn, 1 ms apart: with 2 ms to live, or room for two, two are there at a time. */
static void test_store_forgets(void)
{
    static const char *const texts[] = {"service = ms(0), ttl = ms(2)",
                                        "service = ms(0), keys_max = 2",
                                        "service = ms(0), ttl = ms(2), keys_max = 1"};
    static const int64_t keys[] = {2, 2, 1};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct fixture f;
        fixture_init(&f, ms(100));
        fixture_add_node(&f, "users", &sim_model_client_open,
                         "arrivals = regular(rate(1e3)), to = 'store', ops = { increment = 1 }, "
                         "keys = sequential(1000000)");
        fixture_add_node(&f, "store", &sim_model_store_counter, texts[i]);
        fixture_start(&f);
        fixture_run_until(&f, ms(50));
        g_assert_cmpint(fixture_level(&f, "store", "keys"), ==, keys[i]);
        fixture_crash(&f, "store");
        g_assert_cmpint(fixture_level(&f, "store", "keys"), ==, 0);
        fixture_restart(&f, "store");
        fixture_run_until(&f, ms(51));
        g_assert_cmpint(fixture_level(&f, "store", "keys"), ==, 1);
        fixture_clear(&f);
    }
}

static void test_store_full(void)
{
    struct fixture f;
    fixture_init(&f, ms(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'store', ops = { read = 1 }");
    fixture_add_node(&f, "store", &sim_model_store_counter, "service = ms(5), queue_limit = 1");
    fixture_start(&f);
    fixture_run_until(&f, ms(5) - 1); /* 0 in work, 1 waits */
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 3);
    fixture_clear(&f);
}

/* Four in 100 ms, asked for every 10 ms at each of two limiters, from 0 at the first and from 5 ms
 * at the second, for 200 ms. Both count in one store, by their own clocks; the second one's is
 * ahead by 30 ms, behind by as much, or by a second. Who is ahead is first in every window, at 70,
 * 170 ms; finds the bucket emptier by 30 ms, which is more than a drop, and the other one fuller;
 * and forgets what the log holds 30 ms early. Where clocks are apart by more than what is
 * remembered, windows and logs count for each alone, and who is behind finds no drop in the bucket
 * that the other one has filled. The clocks of the store and of the callers are never asked. */
static void test_clocks(void)
{
    static const int64_t ahead[] = {0, 30, -30, 1000, -1000};
    static const struct {
        const char *policy;
        uint64_t passed[G_N_ELEMENTS(ahead)][2];
    } cases[] = {
        {"fixed_window", {{4, 4}, {3, 8}, {8, 3}, {8, 8}, {8, 8}}},
        {"sliding_counter", {{3, 4}, {2, 6}, {7, 3}, {7, 7}, {7, 7}}},
        {"sliding_log", {{4, 4}, {3, 6}, {4, 4}, {5, 4}, {4, 4}}},
        {"token_bucket", {{5, 6}, {2, 10}, {10, 1}, {1, 11}, {11, 0}}},
        {"leaky_bucket", {{4, 4}, {1, 7}, {7, 0}, {1, 7}, {7, 0}}},
        {"leaky_queue", {{5, 6}, {2, 10}, {10, 1}, {1, 11}, {11, 0}}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases) * G_N_ELEMENTS(ahead); i++) {
        size_t policy = i / G_N_ELEMENTS(ahead), clock = i % G_N_ELEMENTS(ahead);
        struct fixture f;
        fixture_init(&f, ms(200));
        fixture_add_node(&f, "first", &sim_model_client_open,
                         "arrivals = regular { rate = rate(100), phase = s(0) }, to = 'gate[1]'");
        fixture_add_node(&f, "second", &sim_model_client_open,
                         "arrivals = regular { rate = rate(100), phase = ms(5) }, to = 'gate[2]'");
        g_autofree char *gate =
            g_strdup_printf("to = 'web', limit = 4, window = ms(100), shared = 'counts', "
                            "fail = 'closed', policy = '%s'",
                            cases[policy].policy);
        fixture_add_group(&f, "gate", &sim_model_limiter, gate, 2, 2);
        fixture_add_node(&f, "counts", &sim_model_store_counter, "service = us(0), ttl = s(60)");
        fixture_add_node(&f, "web", &sim_model_service, "service = ms(0)");
        sim_node_id gate_2 = fixture_id(&f, "gate[1]") + 1;
        fixture_machine(&f, gate_2)->clock_offset = ahead[clock] * ms(1);
        fixture_machine(&f, fixture_id(&f, "counts"))->clock_offset = s(17);
        fixture_machine(&f, fixture_id(&f, "first"))->clock_offset = s(29);
        fixture_start(&f);
        fixture_run_until(&f, ms(200) - 1);
        g_test_message("%s, ahead by %d ms", cases[policy].policy, (int)ahead[clock]);
        g_assert_cmpuint(fixture_total(&f, "gate", "unjudged"), ==, 0);
        for (int who = 0; who < 2; who++) {
            const char *name = who == 0 ? "first" : "second";
            g_assert_cmpuint(20 - fixture_total(&f, name, "rejected"), ==,
                             cases[policy].passed[clock][who]);
        }
        fixture_clear(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limiter-shared/shared_by_two", test_shared_by_two);
    g_test_add_func("/limiter-shared/shared", test_shared);
    g_test_add_func("/limiter-shared/no-store", test_no_store);
    g_test_add_func("/limiter-shared/fail", test_fail);
    g_test_add_func("/limiter-shared/fail_at_once", test_fail_at_once);
    g_test_add_func("/limiter-shared/shared_sliding", test_shared_sliding);
    g_test_add_func("/limiter-shared/bucket", test_shared_bucket);
    g_test_add_func("/limiter-shared/queue", test_shared_queue);
    g_test_add_func("/limiter-shared/crowd", test_shared_crowd);
    g_test_add_func("/limiter-shared/bucket-fails", test_bucket_fails);
    g_test_add_func("/limiter-shared/clocks", test_clocks);
    g_test_add_func("/store.counter/operations", test_store);
    g_test_add_func("/store.counter/forgets", test_store_forgets);
    g_test_add_func("/store.counter/full", test_store_full);
    return g_test_run();
}

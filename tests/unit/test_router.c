/* Content routing: where each operation and each key goes. If these failed, a scenario would load
 * other machines than its route table says.
 */
#include "balancer_story.h"

struct routes {
    struct fixture f;
    struct probe users, a, b;
};

/* Groups "a" and "b" of three probes each, of which two are there in "b". */
static void begin(struct routes *routes, const char *params)
{
    *routes = (struct routes){.a.reply = PROBE_AT_ONCE, .b.reply = PROBE_AT_ONCE};
    fixture_init(&routes->f, s(10));
    fixture_add_node(&routes->f, "front", &sim_model_router, params);
    probe_add(&routes->f, &routes->a, "a", 3);
    probe_add(&routes->f, &routes->b, "b", 3);
    probe_add(&routes->f, &routes->users, "users", 1);
    fixture_group(&routes->f, "b")->count = 2;
    fixture_start(&routes->f);
    fixture_run_until(&routes->f, 0);
}

static void end(struct routes *routes)
{
    fixture_clear(&routes->f);
    probe_clear(&routes->users);
    probe_clear(&routes->a);
    probe_clear(&routes->b);
}

/* Who got it: 'a' and 'b' count from 1; NULL = nobody. */
static void goes(struct routes *routes, uint16_t operation, uint64_t key, const char *group,
                 uint32_t member)
{
    probe_reset(&routes->a);
    probe_reset(&routes->b);
    struct sim_node *from = probe_node(&routes->f, "users");
    struct sim_request request = {.key = key, .operation = operation, .deadline = SIM_NEVER};
    sim_send_request(from, fixture_id(&routes->f, "front"), &request, SIM_NEVER, key);
    fixture_run_until(&routes->f, sim_now(from));
    uint32_t last = probe_count(&routes->users, SIM_IN_OUTCOME) - 1;
    enum sim_status status = probe_nth(&routes->users, SIM_IN_OUTCOME, last)->status;
    uint32_t total =
        probe_count(&routes->a, SIM_IN_REQUEST) + probe_count(&routes->b, SIM_IN_REQUEST);
    g_assert_cmpuint(total, ==, group != NULL);
    g_assert_cmpint(status, ==, group != NULL ? SIM_STATUS_OK : SIM_STATUS_UNAVAILABLE);
    if (group != NULL) {
        const struct probe *probe = group[0] == 'a' ? &routes->a : &routes->b;
        g_assert_cmpuint(probe_nth(probe, SIM_IN_REQUEST, 0)->node, ==,
                         fixture_id(&routes->f, group) + member - 1);
    }
}

static void test_operations(void)
{
    struct routes routes;
    begin(&routes, "to = 'a', write = 'b', scan = 'b[1]'");
    goes(&routes, SIM_OP_READ, 0, "a", 1);
    goes(&routes, SIM_OP_WRITE, 0, "b", 1);
    goes(&routes, SIM_OP_CALL, 0, "a", 2);
    goes(&routes, SIM_OP_WRITE, 0, "b", 2);
    goes(&routes, SIM_OP_SCAN, 0, "b", 1);
    goes(&routes, SIM_OP_SCAN, 0, "b", 1);
    goes(&routes, SIM_OP_DELETE, 0, "a", 3);
    goes(&routes, SIM_OP_WRITE, 0, "b", 1); /* the third is not there */
    end(&routes);
}

/* Ten keys in three parts of four: 0..3, 4..7, 8..9 and all beyond. */
static void test_ranges(void)
{
    struct routes routes;
    begin(&routes, "ranges = 'a', range_keys = 10, delete = 'b'");
    static const uint32_t owners[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3};
    for (uint64_t key = 0; key < 13; key++) {
        goes(&routes, SIM_OP_READ, key, "a", owners[key]);
    }
    goes(&routes, SIM_OP_READ, UINT64_MAX, "a", 3);
    goes(&routes, SIM_OP_DELETE, 0, "b", 1);
    end(&routes);
}

/* A range stays its node's: when that is not there or refuses, nobody else answers. */
static void test_absent(void)
{
    struct routes routes;
    begin(&routes, "ranges = 'b', range_keys = 9");
    goes(&routes, SIM_OP_READ, 0, "b", 1);
    goes(&routes, SIM_OP_READ, 8, NULL, 0);
    g_assert_cmpuint(fixture_total(&routes.f, "front", "unrouted"), ==, 1);
    fixture_crash(&routes.f, "b[1]");
    goes(&routes, SIM_OP_READ, 0, NULL, 0);
    g_assert_cmpuint(fixture_total(&routes.f, "front", "unrouted"), ==, 1);
    end(&routes);
}

static void test_timeout(void)
{
    struct fixture f;
    fixture_init(&f, ms(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(1e3)), to = 'front'");
    fixture_add_node(&f, "front", &sim_model_router, "to = 'web', timeout = ms(2)");
    fixture_add_node(&f, "web", &sim_model_service, "service = ms(5), servers = 99");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "users", "timeout", 0), ==, 10);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/router/operations", test_operations);
    g_test_add_func("/router/ranges", test_ranges);
    g_test_add_func("/router/absent", test_absent);
    g_test_add_func("/router/timeout", test_timeout);
    return g_test_run();
}

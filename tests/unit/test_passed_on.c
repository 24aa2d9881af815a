/* What components tell their callers when the one behind them is gone in the middle of a request:
 * of a read, that it cannot be served; of a write, that nobody knows. If this failed, histories
 * would say of writes that were done that they were not, and stores would be accused of what they
 * did not do.
 */
#include "models.h"
#include "probe.h"

struct way {
    const struct sim_model *model;
    const char *params;
};

/* The store takes what it is asked, says nothing, and crashes after 10 ms. */
static enum sim_status ask(const struct way *way, uint16_t operation)
{
    struct fixture f;
    struct probe users = {0}, store = {.reply = PROBE_HOLD};
    fixture_init(&f, s(10));
    fixture_add_node(&f, "front", way->model, way->params);
    probe_add(&f, &store, "store", 1);
    probe_add(&f, &users, "users", 1);
    fixture_start(&f);
    struct sim_request request = {
        .key = 1, .value = 2, .operation = operation, .deadline = SIM_NEVER};
    sim_send_request(probe_node(&f, "users"), fixture_id(&f, "front"), &request, SIM_NEVER, 0);
    fixture_run_until(&f, ms(10));
    g_assert_cmpuint(probe_count(&store, SIM_IN_REQUEST), >=, 1);
    g_assert_cmpuint(probe_count(&users, SIM_IN_OUTCOME), ==, 0);
    sim_world_crash(f.world, fixture_id(&f, "store"), false);
    fixture_run_until(&f, s(5));
    g_assert_cmpuint(probe_count(&users, SIM_IN_OUTCOME), ==, 1);
    enum sim_status status = probe_nth(&users, SIM_IN_OUTCOME, 0)->status;
    fixture_clear(&f);
    probe_clear(&users);
    probe_clear(&store);
    return status;
}

static void test_gone(void)
{
    static const struct way ways[] = {
        {&sim_model_router, "to = 'store'"},
        {&sim_model_balancer, "to = 'store'"},
        {&sim_model_balancer, "to = 'store', retries = 1"}, /* then nobody listens at all */
        {&sim_model_proxy, "to = 'store'"},
        {&sim_model_cache, "miss_to = 'store', capacity = 10"},
        {&sim_model_limiter, "to = 'store', limit = 10"},
        {&sim_model_breaker, "to = 'store'"},
        {&sim_model_bulkhead, "to = 'store'"},
        {&sim_model_service, "service = ms(1), calls = call { 'store' }"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_test_message("%s %s", ways[i].model->name, ways[i].params);
        g_assert_cmpint(ask(&ways[i], SIM_OP_READ), ==, SIM_STATUS_UNAVAILABLE);
        g_assert_cmpint(ask(&ways[i], SIM_OP_WRITE), ==, SIM_STATUS_TIMEOUT);
        g_assert_cmpint(ask(&ways[i], SIM_OP_INCREMENT), ==, SIM_STATUS_TIMEOUT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/passed-on/gone", test_gone);
    return g_test_run();
}

/* What components tell their callers when the one behind them is gone in the middle of a request:
 * of a read, that it cannot be served; of a write, that nobody knows. And what they tell when they
 * have asked more than once, or more than one, and something may have been done before the status
 * that is the last word. If this failed, histories would say of writes that were done that they
 * were not, and stores would be accused of what they did not do.
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

/* ---- several attempts, several parts ---- */

/* What "store" answers, in turn and the last for ever; TIMEOUT = nothing. */
struct script {
    enum sim_status said[3];
    uint32_t next;
};

static void follow(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct script *script = probe->data;
    if (in->kind == SIM_IN_REQUEST) {
        enum sim_status status = script->said[script->next];
        script->next += script->next < 2;
        if (status == SIM_STATUS_TIMEOUT) {
            sim_after(self, s(100), PROBE_TIMER_A, in->ticket); /* too late for everybody */
        } else {
            sim_answer_status(self, in->ticket, status);
        }
    }
}

static void listen(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        *(struct sim_reply *)probe->data = in->outcome->reply;
    }
}

/* "done" does what it is asked, "slow" says nothing. */
static struct sim_reply ask_often(const struct way *way, const struct script *script,
                                  uint16_t operation)
{
    struct fixture f;
    struct script said = *script, silence = {{SIM_STATUS_TIMEOUT, SIM_STATUS_TIMEOUT}, 0};
    struct sim_reply reply = {.status = SIM_STATUS_COUNT};
    struct probe users = {.on = listen, .data = &reply}, done = {.reply = PROBE_AT_ONCE},
                 slow = {.on = follow, .data = &silence}, store = {.on = follow, .data = &said};
    fixture_init(&f, s(10));
    fixture_add_node(&f, "front", way->model, way->params);
    probe_add(&f, &store, "store", 2);
    probe_add(&f, &done, "done", 1);
    probe_add(&f, &slow, "slow", 1);
    probe_add(&f, &users, "users", 1);
    fixture_add_node(&f, "between", &sim_model_balancer,
                     "to = 'store', retries = 1, timeout = ms(10), retry_on = 'failures'");
    fixture_add_node(&f, "auth", &sim_model_service, "service = ms(1)");
    fixture_add_node(&f, "login", &sim_model_service, "service = ms(1), calls = call { 'auth' }");
    fixture_add_node(&f, "both", &sim_model_service,
                     "service = ms(1), calls = series { 'auth', 'done' }");
    fixture_add_node(&f, "behind", &sim_model_limiter, "to = 'auth', limit = 10");
    fixture_start(&f);
    struct sim_request request = {
        .key = 1, .value = 2, .operation = operation, .deadline = SIM_NEVER};
    sim_send_request(probe_node(&f, "users"), fixture_id(&f, "front"), &request, SIM_NEVER, 0);
    fixture_run_until(&f, s(5));
    fixture_clear(&f);
    probe_clear(&users);
    probe_clear(&done);
    probe_clear(&slow);
    probe_clear(&store);
    return reply;
}

#define CALLS(calls)                                                                               \
    {                                                                                              \
        &sim_model_service, "service = ms(1), calls = " calls                                      \
    }
#define OK SIM_STATUS_OK
#define CONFLICT SIM_STATUS_CONFLICT
#define FULL SIM_STATUS_REJECTED
#define NO SIM_STATUS_UNAVAILABLE
#define NOTHING SIM_STATUS_TIMEOUT
#define RETRIES "timeout = ms(10), retry = retry { max = 2 }"

static void test_attempts(void)
{
    static const struct {
        struct way way;
        struct script store;
        enum sim_status status;
        bool is_unknown;
    } cases[] = {
        /* An attempt that nobody answered, and one that was turned away. */
        {CALLS("call { 'store', " RETRIES " }"), {{NOTHING, FULL, NO}, 0}, NO, true},
        {CALLS("call { 'store', " RETRIES " }"), {{SIM_STATUS_ERROR, NO, NO}, 0}, NO, true},
        {CALLS("call { 'store', " RETRIES " }"), {{FULL, NO, NO}, 0}, NO, false},
        {CALLS("call { 'store', " RETRIES " }"), {{NOTHING, CONFLICT}, 0}, CONFLICT, true},
        {CALLS("call { 'store', " RETRIES " }"), {{FULL, CONFLICT}, 0}, CONFLICT, false},
        /* One further down. */
        {CALLS("call { 'between' }"), {{NOTHING, NO}, 0}, NO, true},
        {CALLS("call { 'between' }"), {{NOTHING, CONFLICT}, 0}, CONFLICT, true},
        {CALLS("call { 'between', retry = retry { max = 1 } }"), {{NOTHING, NO, NO}, 0}, NO, true},
        {{&sim_model_balancer,
          "to = 'store', retries = 1, timeout = ms(10), retry_on = 'failures'"},
         {{NOTHING, NO}, 0},
         NO,
         true},
        {{&sim_model_balancer, "to = 'store', retries = 1, retry_on = 'failures'"},
         {{FULL, NO}, 0},
         NO,
         false},
        /* A hedge is turned away while the first attempt is at work, and that times out. */
        {CALLS("call { 'store', timeout = ms(50), hedge = hedge { after = ms(5) } }"),
         {{NOTHING, CONFLICT}, 0},
         CONFLICT,
         true},
        /* A part that was done before one that was not, or that was not waited for. */
        {CALLS("series { 'done', 'store' }"), {{NO}, 0}, NO, true},
        {CALLS("series { 'done', 'store' }"), {{CONFLICT}, 0}, CONFLICT, false},
        /* One that keeps nothing has done nothing that one could read; nor has who asked it only.
         */
        {CALLS("series { 'auth', 'store' }"), {{NO}, 0}, NO, false},
        {CALLS("series { 'login', 'store' }"), {{NO}, 0}, NO, false},
        {CALLS("series { 'behind', 'store' }"), {{NO}, 0}, NO, false},
        {CALLS("series { 'both', 'store' }"), {{NO}, 0}, NO, true},
        {CALLS("series { 'auth', 'store', 'slow' }"), {{FULL}, 0}, FULL, false},
        {CALLS("series { 'store', 'store' }"), {{CONFLICT, NO}, 0}, NO, false},
        {CALLS("series { 'store', 'store' }"), {{OK, NO}, 0}, NO, true},
        {CALLS("series { 'store', 'done' }"), {{NO}, 0}, NO, false},
        {CALLS("parallel { 'slow', 'store' }"), {{NO}, 0}, NO, true},
        {CALLS("parallel { 'done', series { 'store', 'slow' } }"), {{FULL}, 0}, FULL, true},
        {CALLS("call { 'store', fan_out = 2 }"), {{OK, NO}, 0}, NO, true},
        {CALLS("call { 'store', fan_out = 2 }"), {{NO, NO}, 0}, NO, true}, /* the second was open */
        {CALLS("call { 'store', fan_out = 2, wait_for = 1 }"), {{NO, NO}, 0}, NO, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%zu: %s", i, cases[i].way.params);
        struct sim_reply reply = ask_often(&cases[i].way, &cases[i].store, SIM_OP_COMPARE_AND_SET);
        g_assert_cmpint(reply.status, ==, cases[i].status);
        g_assert_cmpint(sim_reply_may_have_acted(&reply), ==, cases[i].is_unknown);
        reply = ask_often(&cases[i].way, &cases[i].store, SIM_OP_READ);
        g_assert_false(sim_reply_may_have_acted(&reply)); /* there is nothing to do */
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/passed-on/gone", test_gone);
    g_test_add_func("/passed-on/attempts", test_attempts);
    return g_test_run();
}

/* Parameters of stores and of their clients that do not go together: each message names the field
 * and says why. If this failed, somebody would run something else than he has written down.
 */
#include <glib.h>

#include "models.h"
#include "parameters.h"

static void find(const char *name, sim_node_id *ret_first, uint32_t *ret_count, void *data)
{
    (void)name;
    (void)data;
    *ret_first = 1;
    *ret_count = 3;
}

static const struct sim_trace *find_trace(const char *name, void *data)
{
    static const struct sim_trace_row rows[] = {{0, 1, 100, SIM_OP_READ}};
    static const struct sim_trace trace = {"trace.csv", 0, 1, rows};
    (void)name;
    (void)data;
    return &trace;
}

static const struct message {
    const struct sim_model *model;
    const char *params;
    const char *complaint; /* its beginning; NULL = there is none */
} messages[] = {
    {&sim_model_store_single, "", NULL},
    {&sim_model_store_single, "storage = 'memory'", NULL},
    {&sim_model_store_single, "fsync = ms(1), misses = percent(5)", NULL},
    {&sim_model_store_single, "storage = 'memory', fsync = ms(1)",
     "fsync: with storage = \"memory\" there is no disk"},
    {&sim_model_store_single, "storage = 'memory', misses = percent(5)",
     "misses: with storage = \"memory\" there is no disk"},
    {&sim_model_store_leader, "", NULL},
    {&sim_model_store_leader, "heartbeat = s(1), detect = s(1)",
     "detect must be longer than heartbeat"},
    {&sim_model_store_leader, "heartbeat = s(1), detect = s(1.1)", NULL},
    {&sim_model_store_leader, "chain = true, mode = 'semi_sync', acks = 2",
     "chain: the leader has one follower of its own"},
    {&sim_model_store_leader, "chain = true, mode = 'semi_sync', acks = 1", NULL},
    {&sim_model_store_leader, "chain = true, acks = 2", NULL},
    {&sim_model_store_leader, "fallback = s(1)", "fallback is of mode = \"semi_sync\""},
    {&sim_model_store_leader, "fallback = s(1), mode = 'sync'",
     "fallback is of mode = \"semi_sync\""},
    {&sim_model_store_leader, "fallback = s(1), mode = 'semi_sync'", NULL},
    {&sim_model_store_quorum, "placement = 'random'", "placement: where all members hold all keys"},
    {&sim_model_store_quorum, "placement = 'copysets', replicas = 1", "placement: a set of one"},
    {&sim_model_store_quorum, "placement = 'copysets', replicas = 2", NULL},
    {&sim_model_client_open, "to = 'db', arrivals = regular(rate(1)), consistency = 'session'",
     "consistency: monotonic_reads, read_my_writes and session are of sessions"},
    {&sim_model_client_open,
     "to = 'db', arrivals = regular(rate(1)), staleness_versions = 2, consistency = 'strong'",
     "staleness_versions is of consistency = \"bounded_staleness\""},
    {&sim_model_client_closed, "to = 'db', sessions = 1, staleness_versions = 2",
     "staleness_versions is of consistency = \"bounded_staleness\""},
    {&sim_model_client_trace, "to = 'db', trace = 't', consistency = 'read_my_writes'",
     "consistency: monotonic_reads, read_my_writes and session are of sessions"},
    {&sim_model_client_trace, "to = 'db', trace = 't', consistency = 'strong'", NULL},
    {&sim_model_client_trace, "to = 'db', trace = 't', choose = 'session'",
     "choose: session and pinned are of sessions"},
    {&sim_model_client_open, "to = 'db', arrivals = regular(rate(1)), choose = 'pinned'",
     "choose: session and pinned are of sessions"},
    {&sim_model_client_open,
     "to = 'db', arrivals = regular(rate(1)), choose = 'pinned', sessions = 1", NULL},
    {&sim_model_client_closed, "to = { db = percent(50) }, sessions = 1, choose = 'nearest'",
     "choose: by the shares of the target, or the nearest"},
    {&sim_model_client_polling,
     "to = { db = percent(50) }, count = 1, interval = s(1), choose = 'nearest'",
     "choose: by the shares of the target, or the nearest"},
};

static void test_messages(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        const struct message *message = &messages[i];
        struct parameter_names names = {.find = find, .find_trace = find_trace};
        struct sim_arena arena;
        sim_arena_init(&arena);
        void *params = sim_arena_alloc(&arena, message->model->params_size);
        parameters_read(&arena, "node", message->model->params, message->params, &names, params);
        const char *said =
            message->model->validate == NULL ? NULL : message->model->validate(params);
        bool is_right = message->complaint == NULL
                            ? said == NULL
                            : said != NULL && g_str_has_prefix(said, message->complaint);
        if (!is_right) {
            g_error("%s: %s: %s", message->model->name, message->params,
                    said == NULL ? "no complaint" : said);
        }
        sim_arena_clear(&arena);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/messages", test_messages);
    return g_test_run();
}

/* What somebody says that the operations of a history are of, where the file leaves it open or says
 * otherwise. */
#include "check/read.h"

/* By model: which operations there are, as bits of enum sim_history_function. */
#define HAS(name) (1u << SIM_HISTORY_##name)
static const uint32_t functions_of[SIM_CHECK_MODEL_COUNT] = {
    [SIM_CHECK_REGISTER] = HAS(READ) | HAS(WRITE) | HAS(DELETE) | HAS(COMPARE_AND_SET),
    [SIM_CHECK_COUNTER] = HAS(READ) | HAS(WRITE) | HAS(INCREMENT),
    [SIM_CHECK_APPEND] = HAS(READ) | HAS(WRITE) | HAS(APPEND),
    [SIM_CHECK_MUTEX] = HAS(ACQUIRE) | HAS(RELEASE),
    [SIM_CHECK_SET] = HAS(READ) | HAS(ADD) | HAS(REMOVE),
    [SIM_CHECK_QUEUE] = HAS(ENQUEUE) | HAS(DEQUEUE)};

/* `:add` of a history in which no set was read may be of either: of a set none of whose contents
 * is known, or of a counter. What was read of a counter is no set. */
static void add_to_set(struct sim_check_input *input)
{
    struct sim_history *history = &input->history;
    for (uint64_t i = 0; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        if (entry->function == SIM_HISTORY_READ && entry->is_result_known) {
            return;
        }
    }
    for (uint64_t i = 0; i < history->count; i++) {
        struct sim_history_entry *entry = &history->entries[i];
        if (entry->function == SIM_HISTORY_INCREMENT) {
            entry->function = SIM_HISTORY_ADD;
        }
    }
    input->initial = sim_check_text(input, "");
    input->model = SIM_CHECK_SET;
}

char *sim_check_read_as(struct sim_check_input *input, enum sim_check_model model)
{
    const char *name = sim_check_model_names[model];
    bool are_transactions = input->transactions != NULL;
    if (are_transactions != (model == SIM_CHECK_TRANSACTIONS)) {
        return are_transactions ? g_strdup_printf("no history of '%s': it has transactions", name)
                                : g_strdup("no history of transactions: it has single operations");
    }
    if (model == SIM_CHECK_SET && input->model != SIM_CHECK_SET && !input->has_times) {
        add_to_set(input);
    }
    for (uint64_t i = 0; !are_transactions && i < input->history.count; i++) {
        uint32_t function = input->history.entries[i].function;
        if ((functions_of[model] & 1u << function) == 0) {
            return g_strdup_printf("no history of '%s': it has '%s'", name,
                                   sim_history_function_names[function]);
        }
    }
    if ((model == SIM_CHECK_SET) != (input->model == SIM_CHECK_SET)) {
        return g_strdup_printf("no history of '%s': what was read is %s", name,
                               model == SIM_CHECK_SET ? "no set" : "a set");
    }
    input->model = model;
    return NULL;
}

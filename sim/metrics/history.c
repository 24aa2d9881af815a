/* Operation history: an array that grows up to its limit. */
#include "metrics/history.h"

#include <glib.h>

const char *const sim_history_function_names[SIM_HISTORY_FUNCTION_COUNT + 1] = {
    "read",    "write", "cas",    "increment", "append",  "delete", "acquire",
    "release", "add",   "remove", "enqueue",   "dequeue", NULL};

void sim_history_init(struct sim_history *history, uint64_t count_max)
{
    *history = (struct sim_history){.count_max = count_max};
}

void sim_history_clear(struct sim_history *history)
{
    g_free(history->entries);
    *history = (struct sim_history){0};
}

struct sim_history_entry *sim_history_add(struct sim_history *history)
{
    if (history->count == history->count_max) {
        history->dropped++;
        return NULL;
    }
    if (history->count == history->capacity) {
        uint64_t wanted = history->capacity == 0 ? 1024 : 2 * history->capacity;
        history->capacity = wanted < history->count_max ? wanted : history->count_max;
        history->entries = g_renew(struct sim_history_entry, history->entries, history->capacity);
    }
    struct sim_history_entry *entry = &history->entries[history->count++];
    *entry = (struct sim_history_entry){0};
    return entry;
}

/* A table of counters under least recently used; see counters.h. */
#include "limiter/counters.h"

#include <string.h>

void limiter_counters_init(struct limiter_counters *counters, const struct limiter_policy *policy,
                           uint32_t count_max)
{
    counters->policy = policy;
    counters->count_max = count_max;
    counters->recent = (struct sim_object_list){0};
    sim_object_table_init(&counters->table, NULL, sizeof(union limiter_counter), 0);
}

static union limiter_counter *counter_at(const struct limiter_counters *counters, uint32_t index)
{
    return sim_object_payload(sim_object_at(&counters->table, index));
}

static void forget_oldest(struct limiter_counters *counters)
{
    uint32_t index = sim_object_list_take_oldest(&counters->recent, &counters->table);
    if (counters->policy->forget != NULL) {
        counters->policy->forget(counter_at(counters, index));
    }
    sim_object_table_drop(&counters->table, index);
}

void limiter_counters_clear(struct limiter_counters *counters)
{
    if (counters->policy != NULL) {
        while (counters->recent.count > 0) {
            forget_oldest(counters);
        }
        sim_object_table_clear(&counters->table);
        counters->policy = NULL;
    }
}

union limiter_counter *limiter_counters_find(struct limiter_counters *counters, uint64_t key)
{
    uint32_t index = sim_object_table_find(&counters->table, key, sim_object_hash(key));
    if (index != 0) {
        sim_object_list_renew(&counters->recent, &counters->table, index);
        return counter_at(counters, index);
    }
    if (counters->recent.count == counters->count_max) {
        forget_oldest(counters);
    }
    index = sim_object_table_add(&counters->table, key);
    sim_object_list_add(&counters->recent, &counters->table, index);
    return memset(counter_at(counters, index), 0, sizeof(union limiter_counter));
}

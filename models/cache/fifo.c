/* First in, first out: the object that was inserted longest ago goes; hits change nothing. */
#include "cache/eviction.h"
#include "object_list.h"

static bool fifo_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_add(state, objects, object);
    return true;
}

static uint32_t fifo_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    (void)arriving;
    return sim_object_list_take_oldest(state, objects);
}

static void fifo_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_remove(state, objects, object);
}

static uint32_t fifo_next(const void *state, const struct sim_object_table *objects,
                          uint32_t object)
{
    return sim_object_list_next(state, objects, object);
}

const struct sim_eviction_policy sim_eviction_fifo = {
    .name = "fifo",
    .help = "first in, first out: the oldest insertion goes, hits change nothing",
    .state_size = sizeof(struct sim_object_list),
    .insert = fifo_insert,
    .evict = fifo_evict,
    .remove = fifo_remove,
    .next = fifo_next,
};

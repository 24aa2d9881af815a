/* Least recently used: a hit makes an object the youngest, the oldest goes. */
#include "cache/eviction.h"
#include "object_list.h"

static void lru_hit(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_renew(state, objects, object);
}

static bool lru_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_add(state, objects, object);
    return true;
}

static uint32_t lru_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    (void)arriving;
    return sim_object_list_take_oldest(state, objects);
}

static void lru_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_remove(state, objects, object);
}

static uint32_t lru_next(const void *state, const struct sim_object_table *objects, uint32_t object)
{
    return sim_object_list_next(state, objects, object);
}

const struct sim_eviction_policy sim_eviction_lru = {
    .name = "lru",
    .help = "least recently used: a hit makes an object the youngest, the oldest goes",
    .state_size = sizeof(struct sim_object_list),
    .hit_relinks = true,
    .hit = lru_hit,
    .insert = lru_insert,
    .evict = lru_evict,
    .remove = lru_remove,
    .next = lru_next,
};

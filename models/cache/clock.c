/* Clock, or second chance: FIFO that spares what was hit.
 *
 * A hit sets a bit. The oldest object goes, unless its bit is set: then the bit is cleared, the
 * object becomes the youngest, and the next is asked.
 *
 * Corbató, "A paging experiment with the Multics system" (1969).
 */
#include "cache/eviction.h"
#include "object_list.h"

static void clock_hit(void *state, struct sim_object_table *objects, uint32_t object)
{
    (void)state;
    sim_object_at(objects, object)->tag = 1;
}

static bool clock_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_add(state, objects, object);
    return true;
}

static uint32_t clock_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct sim_object_list *queue = state;
    (void)arriving;
    while (sim_object_at(objects, queue->oldest)->tag != 0) {
        sim_object_at(objects, queue->oldest)->tag = 0;
        sim_object_list_renew(queue, objects, queue->oldest);
    }
    return sim_object_list_take_oldest(queue, objects);
}

static void clock_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    sim_object_list_remove(state, objects, object);
}

static uint32_t clock_next(const void *state, const struct sim_object_table *objects,
                           uint32_t object)
{
    return sim_object_list_next(state, objects, object);
}

const struct sim_eviction_policy sim_eviction_clock = {
    .name = "clock",
    .help = "first in, first out, but an object that was hit is sent round once more",
    .state_size = sizeof(struct sim_object_list),
    .hit = clock_hit,
    .insert = clock_insert,
    .evict = clock_evict,
    .remove = clock_remove,
    .next = clock_next,
};

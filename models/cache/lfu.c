/* Least frequently used: the object with the fewest accesses goes; among equals the one that has
 * had that count longest. The insertion is the first access. Counts are kept for cached objects
 * only and never age, so what was popular once stays long.
 *
 * In constant time (Shah, Mitra, Matani, "An O(1) algorithm for implementing the LFU cache eviction
 * scheme", 2010): objects with the same count share a queue, and the queues are linked from the
 * lowest count to the highest. A hit moves an object to the queue of the next count, which is the
 * neighbour or is put in there.
 */
#include "cache/eviction.h"
#include "object_list.h"

struct lfu_group {
    struct sim_object_list queue;
    uint64_t accesses; /* of each object in the queue */
    uint32_t higher;   /* groups by rising count, a ring that starts and ends at group 0 */
    uint32_t lower;
};

struct lfu {
    struct sim_arena *arena;
    struct lfu_group *groups; /* object->tag is the index of its group; 0 is no real one */
    uint32_t group_capacity;
    uint32_t fresh;      /* lowest index never used */
    uint32_t first_free; /* linked by `higher`; 0 = take a fresh one */
};

static void lfu_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct lfu *lfu = state;
    (void)size_max;
    lfu->arena = setup->arena;
    lfu->group_capacity = 64;
    lfu->groups =
        sim_eviction_grow(lfu->arena, NULL, sizeof(struct lfu_group), 0, lfu->group_capacity);
    lfu->fresh = 1;
}

static void lfu_clear(void *state)
{
    struct lfu *lfu = state;
    sim_eviction_release(lfu->arena, lfu->groups);
}

static uint32_t take_group(struct lfu *lfu)
{
    uint32_t group = lfu->first_free;
    if (group != 0) {
        lfu->first_free = lfu->groups[group].higher;
        return group;
    }
    if (lfu->fresh == lfu->group_capacity) {
        lfu->groups = sim_eviction_grow(lfu->arena, lfu->groups, sizeof(struct lfu_group),
                                        lfu->group_capacity, (size_t)2 * lfu->group_capacity);
        lfu->group_capacity *= 2;
    }
    return lfu->fresh++;
}

/* The group of that count, which is the one above `lower` or belongs between the two. */
static uint32_t group_above(struct lfu *lfu, uint32_t lower, uint64_t accesses)
{
    uint32_t higher = lfu->groups[lower].higher;
    if (lfu->groups[higher].accesses == accesses) {
        return higher;
    }
    uint32_t group = take_group(lfu);
    lfu->groups[group] = (struct lfu_group){.accesses = accesses, .higher = higher, .lower = lower};
    lfu->groups[lower].higher = group;
    lfu->groups[higher].lower = group;
    return group;
}

static void drop_if_empty(struct lfu *lfu, uint32_t index)
{
    struct lfu_group *group = &lfu->groups[index];
    if (group->queue.count == 0) {
        lfu->groups[group->lower].higher = group->higher;
        lfu->groups[group->higher].lower = group->lower;
        group->higher = lfu->first_free;
        lfu->first_free = index;
    }
}

static void lfu_hit(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct lfu *lfu = state;
    uint32_t from = sim_object_at(objects, object)->tag;
    struct lfu_group *group = &lfu->groups[from];
    uint64_t accesses = group->accesses + 1;
    if (group->queue.count == 1 && lfu->groups[group->higher].accesses != accesses) {
        group->accesses = accesses; /* alone, and the next count is free: the group goes along */
        return;
    }
    uint32_t to = group_above(lfu, from, accesses);
    sim_object_list_remove(&lfu->groups[from].queue, objects, object);
    sim_object_list_add(&lfu->groups[to].queue, objects, object);
    sim_object_at(objects, object)->tag = to;
    drop_if_empty(lfu, from);
}

static bool lfu_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct lfu *lfu = state;
    uint32_t group = group_above(lfu, 0, 1);
    sim_object_at(objects, object)->tag = group;
    sim_object_list_add(&lfu->groups[group].queue, objects, object);
    return true;
}

static uint32_t lfu_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct lfu *lfu = state;
    (void)arriving;
    uint32_t lowest = lfu->groups[0].higher;
    uint32_t victim = sim_object_list_take_oldest(&lfu->groups[lowest].queue, objects);
    drop_if_empty(lfu, lowest);
    return victim;
}

static void lfu_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct lfu *lfu = state;
    uint32_t group = sim_object_at(objects, object)->tag;
    sim_object_list_remove(&lfu->groups[group].queue, objects, object);
    drop_if_empty(lfu, group);
}

static uint32_t lfu_next(const void *state, const struct sim_object_table *objects, uint32_t object)
{
    const struct lfu *lfu = state;
    uint32_t group = 0;
    if (object != 0) {
        const struct sim_object *here = sim_object_at(objects, object);
        if (here->younger != 0) {
            return here->younger;
        }
        group = here->tag;
    }
    return lfu->groups[lfu->groups[group].higher].queue.oldest; /* that of group 0 is 0 */
}

static size_t lfu_memory_bytes(const void *state)
{
    const struct lfu *lfu = state;
    return lfu->group_capacity * sizeof(struct lfu_group);
}

const struct sim_eviction_policy sim_eviction_lfu = {
    .name = "lfu",
    .help = "least frequently used: the fewest accesses while cached, then the longest without one",
    .state_size = sizeof(struct lfu),
    .hit_relinks = true,
    .init = lfu_init,
    .clear = lfu_clear,
    .hit = lfu_hit,
    .insert = lfu_insert,
    .evict = lfu_evict,
    .remove = lfu_remove,
    .next = lfu_next,
    .memory_bytes = lfu_memory_bytes,
};

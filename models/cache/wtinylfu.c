/* W-TinyLFU: a cache that asks of every newcomer whether it is wanted more than what it displaces.
 *
 * New objects enter a window, an LRU queue of a hundredth of the capacity. The rest is a segmented
 * LRU: objects that leave the window enter its probation; one that is hit there moves to the
 * protected segment, four fifths of the rest, whose oldest go back to probation when it exceeds
 * that. A sketch counts the accesses of all keys, cached or not, and ages (frequency_sketch.h).
 *
 * When room is needed and the window is full, its oldest object and the main part's next one (the
 * oldest on probation, else the oldest protected) are compared: the one that was seen less often
 * goes, the newcomer when they are equal. When the window has room, main gives up its next one.
 *
 * An object that is heavier than the window, which happens where the capacity is counted in bytes,
 * passes it by: it is refused unless it was seen more often than each of those that would have to
 * go.
 *
 * Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions
 * on Storage 13(4), 2017, sections 3 and 4. The window keeps its share (the adaptive one of later
 * work is left out).
 */
#include "cache/eviction.h"
#include "cache/frequency_sketch.h"
#include "object_list.h"

/* Index of a queue, and tag of the objects in it, in the order in which they are listed. */
enum { PROBATION, PROTECTED, WINDOW, QUEUES };

struct wtinylfu {
    struct sim_object_list queues[QUEUES];
    uint64_t window_max;
    uint64_t protected_max;
    uint64_t capacity;
    struct sim_frequency_sketch sketch;
};

static void wtinylfu_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct wtinylfu *cache = state;
    (void)size_max;
    cache->capacity = setup->capacity;
    cache->window_max = setup->capacity < 100 ? 1 : setup->capacity / 100;
    uint64_t main = setup->capacity - (setup->capacity > 0 ? cache->window_max : 0);
    cache->protected_max = main / 5 * 4 + main % 5 * 4 / 5;
    sim_frequency_sketch_init(&cache->sketch, setup->arena);
}

static void wtinylfu_clear(void *state)
{
    struct wtinylfu *cache = state;
    sim_frequency_sketch_clear(&cache->sketch);
}

static uint64_t weight_of(const struct wtinylfu *cache, const struct sim_object_table *objects,
                          uint32_t queue)
{
    return sim_object_list_weight(&cache->queues[queue], objects);
}

static void add_to(struct wtinylfu *cache, struct sim_object_table *objects, uint32_t queue,
                   uint32_t index)
{
    sim_object_at(objects, index)->tag = queue;
    sim_object_list_add(&cache->queues[queue], objects, index);
}

/* Moves the oldest of one queue to the young end of another until the first holds `limit`. */
static void spill(struct wtinylfu *cache, struct sim_object_table *objects, uint32_t from,
                  uint64_t limit, uint32_t to)
{
    while (weight_of(cache, objects, from) > limit) {
        uint32_t oldest = sim_object_list_take_oldest(&cache->queues[from], objects);
        add_to(cache, objects, to, oldest);
    }
}

static void wtinylfu_hit(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct wtinylfu *cache = state;
    const struct sim_object *object = sim_object_at(objects, index);
    sim_frequency_sketch_add(&cache->sketch, object->key);
    if (object->tag != PROBATION) {
        sim_object_list_renew(&cache->queues[object->tag], objects, index);
        return;
    }
    sim_object_list_remove(&cache->queues[PROBATION], objects, index);
    add_to(cache, objects, PROTECTED, index);
    spill(cache, objects, PROTECTED, cache->protected_max, PROBATION);
}

static uint32_t wtinylfu_next(const void *state, const struct sim_object_table *objects,
                              uint32_t index)
{
    const struct wtinylfu *cache = state;
    uint32_t queue = index == 0 ? PROBATION : sim_object_at(objects, index)->tag;
    uint32_t next = sim_object_list_next(&cache->queues[queue], objects, index);
    while (next == 0 && queue + 1 < QUEUES) {
        queue++;
        next = cache->queues[queue].oldest;
    }
    return next;
}

static bool is_wanted_more(const struct wtinylfu *cache, const struct sim_object_table *objects,
                           uint32_t one, uint32_t other)
{
    return sim_frequency_sketch_estimate(&cache->sketch, sim_object_at(objects, one)->key) >
           sim_frequency_sketch_estimate(&cache->sketch, sim_object_at(objects, other)->key);
}

/* Whether the object was seen more often than each that makes room for it. */
static bool beats_all(const struct wtinylfu *cache, const struct sim_object_table *objects,
                      uint32_t index, uint64_t weight)
{
    uint64_t used = weight_of(cache, objects, PROBATION) + weight_of(cache, objects, PROTECTED) +
                    weight_of(cache, objects, WINDOW);
    uint32_t other = 0;
    while (used + weight > cache->capacity) {
        other = wtinylfu_next(cache, objects, other);
        if (!is_wanted_more(cache, objects, index, other)) {
            return false;
        }
        used -= sim_object_weight(objects, sim_object_at(objects, other)->size);
    }
    return true;
}

static bool wtinylfu_arrive(void *state, struct sim_object_table *objects, uint32_t index,
                            uint64_t size)
{
    struct wtinylfu *cache = state;
    uint64_t weight = sim_object_weight(objects, size);
    sim_frequency_sketch_add(&cache->sketch, sim_object_at(objects, index)->key);
    return weight <= cache->window_max || beats_all(cache, objects, index, weight);
}

static bool wtinylfu_insert(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct wtinylfu *cache = state;
    bool is_large =
        sim_object_weight(objects, sim_object_at(objects, index)->size) > cache->window_max;
    add_to(cache, objects, is_large ? PROBATION : WINDOW, index);
    spill(cache, objects, WINDOW, cache->window_max, PROBATION);
    sim_frequency_sketch_fit(&cache->sketch, (uint64_t)cache->queues[PROBATION].count +
                                                 cache->queues[PROTECTED].count +
                                                 cache->queues[WINDOW].count);
    return true;
}

static uint32_t wtinylfu_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct wtinylfu *cache = state;
    uint64_t weight = sim_object_weight(objects, sim_object_at(objects, arriving)->size);
    bool is_window_full = weight <= cache->window_max &&
                          weight_of(cache, objects, WINDOW) + weight > cache->window_max;
    uint32_t victim = wtinylfu_next(cache, objects, 0);
    uint32_t newcomer = cache->queues[WINDOW].oldest;
    if (is_window_full && !is_wanted_more(cache, objects, newcomer, victim)) {
        victim = newcomer;
    }
    sim_object_list_remove(&cache->queues[sim_object_at(objects, victim)->tag], objects, victim);
    return victim;
}

static void wtinylfu_remove(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct wtinylfu *cache = state;
    sim_object_list_remove(&cache->queues[sim_object_at(objects, index)->tag], objects, index);
}

static size_t wtinylfu_memory_bytes(const void *state)
{
    const struct wtinylfu *cache = state;
    return sim_frequency_sketch_bytes(&cache->sketch);
}

const struct sim_eviction_policy sim_eviction_wtinylfu = {
    .name = "wtinylfu",
    .help = "segmented LRU behind a window, entered by what was seen more often than what must go",
    .state_size = sizeof(struct wtinylfu),
    .hit_relinks = true,
    .init = wtinylfu_init,
    .clear = wtinylfu_clear,
    .hit = wtinylfu_hit,
    .arrive = wtinylfu_arrive,
    .insert = wtinylfu_insert,
    .evict = wtinylfu_evict,
    .remove = wtinylfu_remove,
    .next = wtinylfu_next,
    .memory_bytes = wtinylfu_memory_bytes,
};

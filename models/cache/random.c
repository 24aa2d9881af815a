/* Random: any cached object goes, each with the same probability; hits change nothing.
 *
 * The objects stand in an array without gaps: the last fills the place of one that leaves. Draws
 * come from a stream of the seed that the cache was created with.
 *
 * Under independent references it has the hit ratio of FIFO (Gelenbe, "A unified approach to the
 * evaluation of a class of replacement algorithms", IEEE Transactions on Computers, 1973).
 */
#include "cache/eviction.h"

struct random_state {
    struct sim_random random;
    struct sim_arena *arena;
    uint32_t *members; /* in no order that means anything; object->tag is the place of each */
    uint32_t count;
    uint32_t capacity;
};

static void random_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct random_state *random = state;
    (void)size_max;
    random->arena = setup->arena;
    sim_random_init(&random->random, setup->seed, "eviction", "random");
}

static void random_clear(void *state)
{
    struct random_state *random = state;
    sim_eviction_release(random->arena, random->members);
}

static bool random_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct random_state *random = state;
    if (random->count == random->capacity) {
        uint32_t capacity = random->capacity == 0 ? 64 : 2 * random->capacity;
        random->members = sim_eviction_grow(random->arena, random->members, sizeof(uint32_t),
                                            random->capacity, capacity);
        random->capacity = capacity;
    }
    sim_object_at(objects, object)->tag = random->count;
    random->members[random->count] = object;
    random->count++;
    return true;
}

static void random_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct random_state *random = state;
    uint32_t place = sim_object_at(objects, object)->tag;
    random->count--;
    uint32_t last = random->members[random->count];
    random->members[place] = last;
    sim_object_at(objects, last)->tag = place;
}

static uint32_t random_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct random_state *random = state;
    (void)arriving;
    uint32_t victim = random->members[sim_random_below(&random->random, random->count)];
    random_remove(state, objects, victim);
    return victim;
}

static uint32_t random_next(const void *state, const struct sim_object_table *objects,
                            uint32_t object)
{
    const struct random_state *random = state;
    uint32_t place = object == 0 ? 0 : sim_object_at(objects, object)->tag + 1;
    return place < random->count ? random->members[place] : 0;
}

static size_t random_memory_bytes(const void *state)
{
    const struct random_state *random = state;
    return random->capacity * sizeof(uint32_t);
}

const struct sim_eviction_policy sim_eviction_random = {
    .name = "random",
    .help = "any object goes, each with the same probability",
    .state_size = sizeof(struct random_state),
    .init = random_init,
    .clear = random_clear,
    .insert = random_insert,
    .evict = random_evict,
    .remove = random_remove,
    .next = random_next,
    .memory_bytes = random_memory_bytes,
};

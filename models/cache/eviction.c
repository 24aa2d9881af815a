/* The store around an eviction policy: look-up, insertion, accounting, replay; the policy table. */
#include "cache/eviction.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_ROW(name) &sim_eviction_##name,
const struct sim_eviction_policy *const sim_eviction_policies[] = {SIM_EVICTION_TABLE(POLICY_ROW)
                                                                       NULL};

#define NAME_ROW(name) #name,
const char *const sim_eviction_names[] = {SIM_EVICTION_TABLE(NAME_ROW) NULL};

const struct sim_eviction_policy *sim_eviction_policy_find(const char *name)
{
    for (size_t i = 0; sim_eviction_policies[i] != NULL; i++) {
        if (strcmp(sim_eviction_policies[i]->name, name) == 0) {
            return sim_eviction_policies[i];
        }
    }
    return NULL;
}

static void *take_zeroed(struct sim_arena *arena, size_t size)
{
    if (arena != NULL) {
        return sim_arena_alloc(arena, size);
    }
    void *memory = calloc(1, size);
    sim_assert(memory != NULL); /* out of memory ends the process */
    return memory;
}

void *sim_eviction_grow(struct sim_arena *arena, void *old, size_t size, size_t old_count,
                        size_t count)
{
    void *array = take_zeroed(arena, size * count);
    if (old != NULL) {
        memcpy(array, old, size * old_count);
        sim_eviction_release(arena, old);
    }
    return array;
}

void sim_eviction_release(struct sim_arena *arena, void *array)
{
    if (arena == NULL) {
        free(array);
    }
}

static void start_policy(struct sim_eviction *cache)
{
    cache->size_max = cache->capacity;
    if (cache->policy->init != NULL) {
        cache->policy->init(cache->state, &cache->setup, &cache->size_max);
    }
}

static void stop_policy(struct sim_eviction *cache)
{
    if (cache->policy->clear != NULL) {
        cache->policy->clear(cache->state);
    }
}

struct sim_eviction *sim_eviction_new(const struct sim_eviction_setup *setup)
{
    sim_assert(setup->capacity <= INT64_MAX);
    struct sim_eviction *cache = take_zeroed(setup->arena, sizeof *cache);
    cache->setup = *setup;
    cache->policy = setup->policy;
    cache->capacity = setup->capacity;
    cache->state = take_zeroed(setup->arena, setup->policy->state_size + 1);
    sim_object_table_init(&cache->objects, setup->arena, setup->payload_size, setup->count_hint);
    cache->objects.is_by_count = setup->unit == SIM_EVICTION_OBJECTS;
    start_policy(cache);
    return cache;
}

void sim_eviction_free(struct sim_eviction *cache)
{
    if (cache == NULL) {
        return;
    }
    stop_policy(cache);
    sim_object_table_clear(&cache->objects);
    if (cache->setup.arena == NULL) {
        free(cache->state);
        free(cache);
    }
}

void sim_eviction_clear(struct sim_eviction *cache)
{
    stop_policy(cache);
    memset(cache->state, 0, cache->policy->state_size);
    sim_object_table_empty(&cache->objects);
    cache->used = 0;
    cache->count = 0;
    cache->bytes = 0;
    start_policy(cache);
}

void sim_eviction_on_evicted(struct sim_eviction *cache, sim_eviction_evicted evicted, void *data)
{
    cache->evicted = evicted;
    cache->evicted_data = data;
}

static bool is_cached(const struct sim_eviction *cache, uint32_t index)
{
    return index != 0 && sim_object_at(&cache->objects, index)->state == SIM_OBJECT_CACHED;
}

/* The object's share of the books, when it has been taken out of the policy's queues. */
static void unaccount(struct sim_eviction *cache, const struct sim_object *object)
{
    cache->used -= sim_object_weight(&cache->objects, object->size);
    cache->bytes -= object->size;
    cache->count--;
}

static void evict_one(struct sim_eviction *cache, uint32_t arriving)
{
    uint32_t victim = cache->policy->evict(cache->state, &cache->objects, arriving);
    if (victim == 0) {
        return;
    }
    struct sim_object *object = sim_object_at(&cache->objects, victim);
    unaccount(cache, object);
    cache->evicted_count++;
    cache->evicted_bytes += object->size;
    if (cache->evicted != NULL) {
        cache->evicted(cache->evicted_data, object);
    }
    if (object->state != SIM_OBJECT_GHOST) {
        sim_object_table_drop(&cache->objects, victim);
    }
}

static void remove_cached(struct sim_eviction *cache, uint32_t index)
{
    cache->policy->remove(cache->state, &cache->objects, index);
    unaccount(cache, sim_object_at(&cache->objects, index));
    sim_object_table_drop(&cache->objects, index);
}

/* Evicts until the arriving object fits, then hands it to the policy; whether that took it. */
static bool enter(struct sim_eviction *cache, uint32_t index, uint64_t size)
{
    struct sim_object *object = sim_object_at(&cache->objects, index);
    object->size = size;
    object->state = SIM_OBJECT_ARRIVING;
    uint64_t weight = sim_object_weight(&cache->objects, size);
    while (cache->used + weight > cache->capacity) {
        evict_one(cache, index);
    }
    if (!cache->policy->insert(cache->state, &cache->objects, index)) {
        return false;
    }
    object->state = SIM_OBJECT_CACHED;
    cache->used += weight;
    cache->bytes += size;
    cache->count++;
    if (cache->setup.payload_size != 0) {
        memset(sim_object_payload(object), 0, cache->setup.payload_size);
    }
    return true;
}

/* Inserts what is not cached. `ghost` is the policy's memory of the key, 0 for none. Returns the
 * object, 0 when it is refused. */
static uint32_t insert_absent(struct sim_eviction *cache, uint64_t key, uint64_t size,
                              uint32_t ghost)
{
    bool fits = sim_object_weight(&cache->objects, size) <= cache->size_max;
    uint32_t index = ghost;
    if (ghost == 0 && fits) {
        index = sim_object_table_add(&cache->objects, key);
    }
    if (index != 0 && cache->policy->arrive != NULL &&
        !cache->policy->arrive(cache->state, &cache->objects, index, size)) {
        fits = false;
    }
    if (fits && enter(cache, index, size)) {
        return index;
    }
    cache->refused_count++;
    if (index != 0) {
        sim_object_table_drop(&cache->objects, index);
    }
    return 0;
}

struct sim_object *sim_eviction_peek(const struct sim_eviction *cache, uint64_t key)
{
    uint32_t index = sim_object_table_find(&cache->objects, key, sim_object_hash(key));
    return is_cached(cache, index) ? sim_object_at(&cache->objects, index) : NULL;
}

struct sim_object *sim_eviction_lookup(struct sim_eviction *cache, uint64_t key)
{
    uint32_t index = sim_object_table_find(&cache->objects, key, sim_object_hash(key));
    if (!is_cached(cache, index)) {
        return NULL;
    }
    if (cache->policy->hit != NULL) {
        cache->policy->hit(cache->state, &cache->objects, index);
    }
    return sim_object_at(&cache->objects, index);
}

void sim_eviction_expect(struct sim_eviction *cache, uint64_t key)
{
    const struct sim_object_table *objects = &cache->objects;
    const struct sim_object *object = sim_object_at(objects, cache->expected_index);
    sim_object_prefetch(sim_object_at(objects, object->younger));
    sim_object_prefetch(sim_object_at(objects, object->older));
    uint32_t slot = objects->slots[sim_object_home(objects, cache->expected_hash)];
    cache->expected_index = sim_object_slot_index(objects, slot);
    sim_object_prefetch(sim_object_at(objects, cache->expected_index));
    cache->expected_hash = sim_object_hash(key);
    sim_object_prefetch(objects->slots + sim_object_home(objects, cache->expected_hash));
}

struct sim_object *sim_eviction_insert(struct sim_eviction *cache, uint64_t key, uint64_t size)
{
    uint32_t index = sim_object_table_find(&cache->objects, key, sim_object_hash(key));
    if (is_cached(cache, index)) {
        remove_cached(cache, index);
        index = 0;
    }
    index = insert_absent(cache, key, size, index);
    return index == 0 ? NULL : sim_object_at(&cache->objects, index);
}

bool sim_eviction_remove(struct sim_eviction *cache, uint64_t key)
{
    uint32_t index = sim_object_table_find(&cache->objects, key, sim_object_hash(key));
    if (!is_cached(cache, index)) {
        return false;
    }
    remove_cached(cache, index);
    return true;
}

struct sim_object *sim_eviction_next(const struct sim_eviction *cache,
                                     const struct sim_object *object)
{
    uint32_t index = object == NULL ? 0 : sim_object_index(&cache->objects, object);
    index = cache->policy->next(cache->state, &cache->objects, index);
    return index == 0 ? NULL : sim_object_at(&cache->objects, index);
}

uint32_t sim_eviction_position_count(const struct sim_eviction *cache)
{
    return cache->objects.fresh - 1;
}

struct sim_object *sim_eviction_at(const struct sim_eviction *cache, uint32_t position)
{
    sim_assert(position < sim_eviction_position_count(cache));
    return is_cached(cache, position + 1) ? sim_object_at(&cache->objects, position + 1) : NULL;
}

size_t sim_eviction_memory_bytes(const struct sim_eviction *cache)
{
    const struct sim_eviction_policy *policy = cache->policy;
    size_t own = policy->memory_bytes != NULL ? policy->memory_bytes(cache->state) : 0;
    return sim_object_table_bytes(&cache->objects) + policy->state_size + own;
}

/* How many requests ahead a replay asks for memory: first the slots, when those have come the
 * record, when that has come its neighbours. */
#define SLOT_AHEAD 24u
#define RECORD_AHEAD 16u
#define NEIGHBOUR_AHEAD 8u
#define HASH_RING 32u /* a power of two, more than SLOT_AHEAD */

struct replay {
    struct sim_eviction *cache;
    const uint64_t *keys;
    size_t count;
    uint32_t hashes[HASH_RING]; /* of the requests ahead, by request modulo HASH_RING */
};

static void fetch_slots(struct replay *replay, size_t i)
{
    if (i < replay->count) {
        const struct sim_object_table *objects = &replay->cache->objects;
        uint32_t hash = sim_object_hash(replay->keys[i]);
        replay->hashes[i % HASH_RING] = hash;
        sim_object_prefetch(objects->slots + sim_object_home(objects, hash));
    }
}

/* The first object in the slots: nearly always the right one, if there is one. */
static struct sim_object *likely_record(const struct replay *replay, size_t i)
{
    const struct sim_object_table *objects = &replay->cache->objects;
    uint32_t slot = objects->slots[sim_object_home(objects, replay->hashes[i % HASH_RING])];
    return sim_object_at(objects, sim_object_slot_index(objects, slot));
}

static void fetch_record(const struct replay *replay, size_t i)
{
    if (i < replay->count) {
        sim_object_prefetch(likely_record(replay, i));
    }
}

static void fetch_neighbours(const struct replay *replay, size_t i)
{
    if (i < replay->count) {
        const struct sim_object *object = likely_record(replay, i);
        sim_object_prefetch(sim_object_at(&replay->cache->objects, object->younger));
        sim_object_prefetch(sim_object_at(&replay->cache->objects, object->older));
    }
}

/* One request; whether it missed. */
static bool replay_one(struct sim_eviction *cache, uint64_t key, uint64_t size, uint32_t hash)
{
    uint32_t index = sim_object_table_find(&cache->objects, key, hash);
    if (is_cached(cache, index)) {
        if (cache->policy->hit != NULL) {
            cache->policy->hit(cache->state, &cache->objects, index);
        }
        return false;
    }
    insert_absent(cache, key, size, index);
    return true;
}

void sim_eviction_replay(struct sim_eviction *cache, const uint64_t *keys, const uint64_t *sizes,
                         size_t count, struct sim_eviction_tally *tally)
{
    struct replay replay = {.cache = cache, .keys = keys, .count = count};
    bool has_neighbours = cache->policy->hit_relinks;
    for (size_t i = 0; i < SLOT_AHEAD; i++) {
        fetch_slots(&replay, i);
    }
    for (size_t i = 0; i < count; i++) {
        fetch_slots(&replay, i + SLOT_AHEAD);
        fetch_record(&replay, i + RECORD_AHEAD);
        if (has_neighbours) {
            fetch_neighbours(&replay, i + NEIGHBOUR_AHEAD);
        }
        uint64_t size = sizes == NULL ? 1 : sizes[i];
        bool is_miss = replay_one(cache, keys[i], size, replay.hashes[i % HASH_RING]);
        tally->misses += is_miss;
        tally->request_bytes += size;
        tally->miss_bytes += is_miss ? size : 0;
    }
    tally->requests += count;
}

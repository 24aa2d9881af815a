/* The store of cached objects and what every policy relies on: books, refusal, ghosts, order. */
#include <glib.h>
#include <string.h>

#include "cache/eviction.h"
#include "object_list.h"

struct payload {
    uint64_t version;
    int64_t expiry;
    uint64_t owner_size;
};

static struct sim_eviction *new_cache(const struct sim_eviction_policy *policy,
                                      enum sim_eviction_unit unit, uint64_t capacity)
{
    struct sim_eviction_setup setup = {
        .policy = policy,
        .unit = unit,
        .capacity = capacity,
        .payload_size = sizeof(struct payload),
    };
    return sim_eviction_new(&setup);
}

/* The cached keys in the policy's order, as text. */
static void assert_order(const struct sim_eviction *cache, const char *expected)
{
    g_autoptr(GString) keys = g_string_new(NULL);
    for (struct sim_object *object = sim_eviction_next(cache, NULL); object != NULL;
         object = sim_eviction_next(cache, object)) {
        g_string_append_printf(keys, "%s%" G_GUINT64_FORMAT, keys->len == 0 ? "" : " ",
                               object->key);
    }
    g_assert_cmpstr(keys->str, ==, expected);
}

static void assert_books(const struct sim_eviction *cache, uint64_t count, uint64_t bytes,
                         uint64_t used)
{
    g_assert_cmpuint(cache->count, ==, count);
    g_assert_cmpuint(cache->bytes, ==, bytes);
    g_assert_cmpuint(cache->used, ==, used);
}

static void test_lru_order(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_OBJECTS, 3);
    for (uint64_t key = 1; key <= 3; key++) {
        sim_eviction_insert(cache, key, 10 * key);
    }
    assert_order(cache, "1 2 3");
    g_assert_nonnull(sim_eviction_lookup(cache, 1));
    assert_order(cache, "2 3 1");
    g_assert_nonnull(sim_eviction_lookup(cache, 3)); /* from the middle */
    g_assert_nonnull(sim_eviction_lookup(cache, 3)); /* the youngest already */
    assert_order(cache, "2 1 3");
    g_assert_nonnull(sim_eviction_peek(cache, 2)); /* no access */
    g_assert_null(sim_eviction_lookup(cache, 4));
    sim_eviction_insert(cache, 4, 40);
    assert_order(cache, "1 3 4");
    assert_books(cache, 3, 80, 3);
    g_assert_cmpuint(cache->evicted_count, ==, 1);
    g_assert_cmpuint(cache->evicted_bytes, ==, 20);
    sim_eviction_free(cache);
}

static void test_fifo_order(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_fifo, SIM_EVICTION_OBJECTS, 3);
    for (uint64_t key = 1; key <= 3; key++) {
        sim_eviction_insert(cache, key, 1);
    }
    g_assert_nonnull(sim_eviction_lookup(cache, 1));
    assert_order(cache, "1 2 3");
    sim_eviction_insert(cache, 4, 1);
    assert_order(cache, "2 3 4");
    sim_eviction_free(cache);
}

static void test_bytes(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_BYTES, 100);
    g_assert_nonnull(sim_eviction_insert(cache, 1, 30));
    g_assert_nonnull(sim_eviction_insert(cache, 2, 30));
    g_assert_nonnull(sim_eviction_insert(cache, 3, 40));
    assert_books(cache, 3, 100, 100);
    g_assert_null(sim_eviction_insert(cache, 4, 101)); /* heavier than the cache: evicts nobody */
    g_assert_cmpuint(cache->refused_count, ==, 1);
    assert_order(cache, "1 2 3");
    g_assert_nonnull(sim_eviction_insert(cache, 4, 31)); /* one is not enough */
    assert_order(cache, "3 4");
    assert_books(cache, 2, 71, 71);
    g_assert_nonnull(sim_eviction_insert(cache, 5, 100)); /* all of it */
    assert_order(cache, "5");
    g_assert_nonnull(sim_eviction_insert(cache, 6, 0)); /* takes nothing, evicts nobody */
    assert_order(cache, "5 6");
    sim_eviction_free(cache);
}

static void test_capacity_zero(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_fifo, SIM_EVICTION_OBJECTS, 0);
    g_assert_null(sim_eviction_insert(cache, 1, 1));
    g_assert_null(sim_eviction_lookup(cache, 1));
    assert_books(cache, 0, 0, 0);
    sim_eviction_free(cache);
}

static void test_overwrite_and_remove(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_BYTES, 100);
    for (uint64_t key = 1; key <= 3; key++) {
        sim_eviction_insert(cache, key, 20);
    }
    g_assert_nonnull(sim_eviction_insert(cache, 1, 50)); /* its old 20 bytes do not count */
    assert_order(cache, "2 3 1");
    assert_books(cache, 3, 90, 90);
    g_assert_cmpuint(cache->evicted_count, ==, 0);
    g_assert_null(sim_eviction_insert(cache, 1, 200)); /* refused, and the old one is gone */
    assert_order(cache, "2 3");
    g_assert_true(sim_eviction_remove(cache, 3));
    g_assert_false(sim_eviction_remove(cache, 3));
    assert_order(cache, "2");
    assert_books(cache, 1, 20, 20);
    g_assert_true(sim_eviction_remove(cache, 2));
    assert_order(cache, "");
    sim_eviction_insert(cache, 7, 1);
    assert_order(cache, "7");
    sim_eviction_free(cache);
}

static void test_clear(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_OBJECTS, 8);
    for (uint64_t key = 0; key < 20; key++) {
        sim_eviction_insert(cache, key, 5);
    }
    sim_eviction_clear(cache);
    assert_books(cache, 0, 0, 0);
    assert_order(cache, "");
    g_assert_null(sim_eviction_lookup(cache, 19));
    g_assert_cmpuint(cache->evicted_count, ==, 12); /* clearing evicts nobody */
    struct sim_object *object = sim_eviction_insert(cache, 19, 5);
    const struct payload *payload = sim_object_payload(object);
    g_assert_cmpuint(payload->version, ==, 0);
    assert_order(cache, "19");
    sim_eviction_free(cache);
}

/* Payloads follow their keys while the table grows and records are used again. */
static void test_payload(void)
{
    enum { KEYS = 5000, CAPACITY = 3000 };
    struct sim_eviction *cache = new_cache(&sim_eviction_fifo, SIM_EVICTION_OBJECTS, CAPACITY);
    for (uint64_t key = 0; key < KEYS; key++) {
        struct payload *payload = sim_object_payload(sim_eviction_insert(cache, key << 40, 1));
        g_assert_cmpuint(payload->version, ==, 0);
        g_assert_cmpint(payload->expiry, ==, 0);
        *payload = (struct payload){key, -(int64_t)key, key * 3};
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        struct sim_object *object = sim_eviction_peek(cache, key << 40);
        g_assert_true((object != NULL) == (key >= KEYS - CAPACITY));
        if (object != NULL) {
            const struct payload *payload = sim_object_payload(object);
            g_assert_cmpuint(payload->version, ==, key);
            g_assert_cmpint(payload->expiry, ==, -(int64_t)key);
            g_assert_cmpuint(payload->owner_size, ==, key * 3);
        }
    }
    sim_eviction_free(cache);
}

struct departures {
    GString *keys;
    uint64_t versions;
};

static void note_departure(void *data, struct sim_object *object)
{
    struct departures *departures = data;
    const struct payload *payload = sim_object_payload(object);
    g_string_append_printf(departures->keys, "%" G_GUINT64_FORMAT " ", object->key);
    departures->versions += payload->version;
}

/* Write-behind depends on seeing what is evicted while it still holds its data. */
static void test_evicted_callback(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_BYTES, 10);
    struct departures departures = {.keys = g_string_new(NULL)};
    sim_eviction_on_evicted(cache, note_departure, &departures);
    for (uint64_t key = 1; key <= 5; key++) {
        struct payload *payload = sim_object_payload(sim_eviction_insert(cache, key, 2));
        payload->version = key * 100;
    }
    sim_eviction_remove(cache, 3);
    sim_eviction_insert(cache, 6, 6);
    g_assert_cmpstr(departures.keys->str, ==, "1 2 ");
    g_assert_cmpuint(departures.versions, ==, 300);
    sim_eviction_clear(cache);
    g_assert_cmpstr(departures.keys->str, ==, "1 2 ");
    sim_eviction_on_evicted(cache, NULL, NULL);
    sim_eviction_insert(cache, 7, 10);
    sim_eviction_insert(cache, 8, 10);
    g_assert_cmpstr(departures.keys->str, ==, "1 2 ");
    g_string_free(departures.keys, TRUE);
    sim_eviction_free(cache);
}

/* Sampled expiry draws positions: each cached object must be found at exactly one. */
static void test_positions(void)
{
    struct sim_eviction *cache = new_cache(&sim_eviction_lru, SIM_EVICTION_OBJECTS, 50);
    for (uint64_t key = 0; key < 200; key++) {
        sim_eviction_insert(cache, key, 1);
    }
    for (uint64_t key = 160; key < 180; key++) {
        g_assert_true(sim_eviction_remove(cache, key));
    }
    bool seen[200] = {false};
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim_eviction_position_count(cache); i++) {
        const struct sim_object *object = sim_eviction_at(cache, i);
        if (object != NULL) {
            g_assert_cmpuint(object->key, <, 200);
            g_assert_false(seen[object->key]);
            seen[object->key] = true;
            count++;
        }
    }
    g_assert_cmpuint(count, ==, 30);
    g_assert_cmpuint(sim_eviction_position_count(cache), <=, 51);
    sim_eviction_free(cache);
}

/* One run's arena may own a cache; the same calls give the same objects at the same places. */
static void test_arena(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_eviction_setup setup = {.policy = &sim_eviction_lru, .capacity = 700};
    struct sim_eviction *on_heap = sim_eviction_new(&setup);
    setup.arena = &arena;
    struct sim_eviction *in_arena = sim_eviction_new(&setup);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t key = i * i % 1009;
        bool is_hit = sim_eviction_lookup(on_heap, key) != NULL;
        g_assert_true(is_hit == (sim_eviction_lookup(in_arena, key) != NULL));
        if (!is_hit) {
            sim_eviction_insert(on_heap, key, 1);
            sim_eviction_insert(in_arena, key, 1);
        }
    }
    g_assert_cmpuint(on_heap->count, ==, in_arena->count);
    for (uint32_t i = 0; i < sim_eviction_position_count(on_heap); i++) {
        const struct sim_object *a = sim_eviction_at(on_heap, i);
        const struct sim_object *b = sim_eviction_at(in_arena, i);
        g_assert_true((a == NULL) == (b == NULL));
        g_assert_true(a == NULL || a->key == b->key);
    }
    sim_eviction_free(on_heap);
    sim_eviction_free(in_arena); /* allowed, frees nothing */
    sim_arena_clear(&arena);
}

/* A policy made of parts, to exercise what no policy shipped so far does: LRU, with a FIFO of
 * ghosts as large as the cache; a key that comes back while it is remembered is pinned in a second
 * queue, which is evicted only when the first is empty; keys divisible by 10 are declined after
 * room was made. */
struct ghostly {
    struct sim_object_list plain;
    struct sim_object_list pinned;
    struct sim_object_list ghosts;
    uint64_t ghosts_max;
};

enum { GHOSTLY_PLAIN, GHOSTLY_PINNED };

static void ghostly_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct ghostly *ghostly = state;
    ghostly->ghosts_max = setup->capacity;
    *size_max = setup->capacity / 2;
}

static struct sim_object_list *ghostly_queue(struct ghostly *ghostly,
                                             const struct sim_object *object)
{
    return object->tag == GHOSTLY_PINNED ? &ghostly->pinned : &ghostly->plain;
}

static void ghostly_hit(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct sim_object_list *queue = ghostly_queue(state, sim_object_at(objects, index));
    sim_eviction_lru.hit(queue, objects, index);
}

static bool ghostly_arrive(void *state, struct sim_object_table *objects, uint32_t index,
                           uint64_t size)
{
    struct ghostly *ghostly = state;
    struct sim_object *object = sim_object_at(objects, index);
    (void)size;
    if (object->state == SIM_OBJECT_GHOST) {
        sim_eviction_fifo.remove(&ghostly->ghosts, objects, index);
        object->tag = GHOSTLY_PINNED;
    }
    return true;
}

static bool ghostly_insert(void *state, struct sim_object_table *objects, uint32_t index)
{
    const struct sim_object *object = sim_object_at(objects, index);
    return object->key % 10 != 0 &&
           sim_eviction_lru.insert(ghostly_queue(state, object), objects, index);
}

static uint32_t ghostly_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct ghostly *ghostly = state;
    struct sim_object_list *queue = ghostly->plain.count != 0 ? &ghostly->plain : &ghostly->pinned;
    uint32_t victim = sim_eviction_lru.evict(queue, objects, arriving);
    struct sim_object *object = sim_object_at(objects, victim);
    object->state = SIM_OBJECT_GHOST;
    object->tag = GHOSTLY_PLAIN;
    uint64_t weight = sim_object_weight(objects, object->size);
    while (sim_object_list_weight(&ghostly->ghosts, objects) + weight > ghostly->ghosts_max) {
        sim_object_table_drop(objects, sim_eviction_fifo.evict(&ghostly->ghosts, objects, 0));
    }
    sim_eviction_fifo.insert(&ghostly->ghosts, objects, victim);
    return victim;
}

static void ghostly_remove(void *state, struct sim_object_table *objects, uint32_t index)
{
    sim_eviction_lru.remove(ghostly_queue(state, sim_object_at(objects, index)), objects, index);
}

static uint32_t ghostly_next(const void *state, const struct sim_object_table *objects,
                             uint32_t index)
{
    const struct ghostly *ghostly = state;
    uint32_t tag = index == 0 ? GHOSTLY_PLAIN : sim_object_at(objects, index)->tag;
    const struct sim_object_list *queue = tag == GHOSTLY_PLAIN ? &ghostly->plain : &ghostly->pinned;
    uint32_t next = sim_eviction_lru.next(queue, objects, index);
    return next == 0 && tag == GHOSTLY_PLAIN ? ghostly->pinned.oldest : next;
}

static const struct sim_eviction_policy ghostly_policy = {
    .name = "ghostly",
    .help = "LRU with ghosts",
    .state_size = sizeof(struct ghostly),
    .hit_relinks = true,
    .init = ghostly_init,
    .hit = ghostly_hit,
    .arrive = ghostly_arrive,
    .insert = ghostly_insert,
    .evict = ghostly_evict,
    .remove = ghostly_remove,
    .next = ghostly_next,
};

static void test_ghosts(void)
{
    struct sim_eviction *cache = new_cache(&ghostly_policy, SIM_EVICTION_BYTES, 8);
    g_assert_null(sim_eviction_insert(cache, 1, 5)); /* fits the cache, not the policy */
    for (uint64_t key = 1; key <= 5; key++) {
        sim_eviction_insert(cache, key, 2);
    }
    assert_order(cache, "2 3 4 5"); /* 1 is a ghost */
    assert_books(cache, 4, 8, 8);
    g_assert_cmpuint(cache->objects.live_count, ==, 5);
    g_assert_null(sim_eviction_lookup(cache, 1));
    g_assert_null(sim_eviction_peek(cache, 1));
    g_assert_false(sim_eviction_remove(cache, 1));

    struct sim_object *back = sim_eviction_insert(cache, 1, 3); /* grown since: two must go */
    g_assert_nonnull(back);
    g_assert_cmpuint(back->size, ==, 3);
    assert_order(cache, "4 5 1");
    assert_books(cache, 3, 7, 7);
    sim_eviction_insert(cache, 6, 3);
    sim_eviction_insert(cache, 7, 2); /* 4, 5 have gone and 1 is pinned */
    assert_order(cache, "6 7 1");

    uint32_t live_count = cache->objects.live_count;
    g_assert_null(sim_eviction_insert(cache, 4, 7)); /* a ghost that comes back too large */
    g_assert_cmpuint(cache->objects.live_count, ==, live_count - 1);
    sim_eviction_insert(cache, 4, 1);
    assert_order(cache, "7 4 1"); /* forgotten: enters as new, where 6 made room */

    g_assert_null(sim_eviction_insert(cache, 10, 3)); /* declined, but room was made */
    assert_order(cache, "4 1");
    assert_books(cache, 2, 4, 4);
    g_assert_cmpuint(cache->refused_count, ==, 3);

    for (uint64_t key = 21; key < 29; key++) {
        sim_eviction_insert(cache, key, 3); /* two fit, and so do two ghosts */
    }
    g_assert_cmpuint(cache->count, ==, 2);
    g_assert_cmpuint(cache->objects.live_count, ==, 4);

    sim_eviction_clear(cache);
    g_assert_cmpuint(cache->objects.live_count, ==, 0);
    sim_eviction_free(cache);
}

/* A replay is the same as single calls, for policies with ghosts too. */
static void test_replay_is_single_calls(void)
{
    enum { COUNT = 20000 };
    static uint64_t keys[COUNT];
    static uint64_t sizes[COUNT];
    for (uint64_t i = 0; i < COUNT; i++) {
        keys[i] = i * i * 7919 % 1013 * (i % 3);
        sizes[i] = 1 + keys[i] % 60;
    }
    const struct sim_eviction_policy *policies[] = {&sim_eviction_fifo, &sim_eviction_lru,
                                                    &ghostly_policy};
    for (size_t p = 0; p < G_N_ELEMENTS(policies); p++) {
        struct sim_eviction *batch = new_cache(policies[p], SIM_EVICTION_BYTES, 5000);
        struct sim_eviction *single = new_cache(policies[p], SIM_EVICTION_BYTES, 5000);
        struct sim_eviction_tally tally = {0};
        sim_eviction_replay(batch, keys, sizes, 5, &tally);
        sim_eviction_replay(batch, keys + 5, sizes + 5, COUNT - 5, &tally);
        uint64_t misses = 0;
        uint64_t miss_bytes = 0;
        for (size_t i = 0; i < COUNT; i++) {
            if (sim_eviction_lookup(single, keys[i]) == NULL) {
                misses++;
                miss_bytes += sizes[i];
                sim_eviction_insert(single, keys[i], sizes[i]);
            }
        }
        g_assert_cmpuint(tally.requests, ==, COUNT);
        g_assert_cmpuint(tally.misses, ==, misses);
        g_assert_cmpuint(tally.miss_bytes, ==, miss_bytes);
        assert_books(batch, single->count, single->bytes, single->used);
        sim_eviction_free(batch);
        sim_eviction_free(single);
    }
}

static void test_policy_table(void)
{
    g_assert_true(sim_eviction_policy_find("lru") == &sim_eviction_lru);
    g_assert_true(sim_eviction_policy_find("fifo") == &sim_eviction_fifo);
    g_assert_null(sim_eviction_policy_find("LRU"));
    g_assert_null(sim_eviction_policy_find("lr"));
    for (size_t i = 0; sim_eviction_policies[i] != NULL; i++) {
        const struct sim_eviction_policy *policy = sim_eviction_policies[i];
        g_assert_true(sim_eviction_policy_find(policy->name) == policy);
        g_assert_true(policy->help != NULL && policy->insert != NULL && policy->evict != NULL &&
                      policy->remove != NULL && policy->next != NULL);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/eviction/lru-order", test_lru_order);
    g_test_add_func("/cache/eviction/fifo-order", test_fifo_order);
    g_test_add_func("/cache/eviction/bytes", test_bytes);
    g_test_add_func("/cache/eviction/capacity-zero", test_capacity_zero);
    g_test_add_func("/cache/eviction/overwrite-and-remove", test_overwrite_and_remove);
    g_test_add_func("/cache/eviction/clear", test_clear);
    g_test_add_func("/cache/eviction/payload", test_payload);
    g_test_add_func("/cache/eviction/evicted-callback", test_evicted_callback);
    g_test_add_func("/cache/eviction/positions", test_positions);
    g_test_add_func("/cache/eviction/arena", test_arena);
    g_test_add_func("/cache/eviction/ghosts", test_ghosts);
    g_test_add_func("/cache/eviction/replay-is-single-calls", test_replay_is_single_calls);
    g_test_add_func("/cache/eviction/policy-table", test_policy_table);
    return g_test_run();
}

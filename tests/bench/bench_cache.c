/* Cache replay: ten million Zipf 1.0 requests over a million keys (the trace whose hash the
 * reference pins), by batch and by single calls, beside a cache written plainly: chained hashing,
 * malloc and free per object, a doubly linked list of pointers. Misses of all must agree. The other
 * policies are measured beside our own LRU.
 */
#define _POSIX_C_SOURCE 200809L

#include "../cache_trace.h"
#include "bench.h"
#include "cache/eviction.h"

#define REPETITIONS 7
#define OTHER_REPETITIONS 5

struct plain_object {
    uint64_t key;
    uint64_t size;
    struct plain_object *chain;
    struct plain_object *younger;
    struct plain_object *older;
};

struct plain_cache {
    bool is_lru;
    uint64_t capacity;
    uint64_t count;
    uint64_t bucket_mask;
    struct plain_object **buckets; /* one and a bit for each object */
    struct plain_object *youngest;
    struct plain_object *oldest;
};

static void plain_init(struct plain_cache *cache, bool is_lru, uint64_t capacity)
{
    uint64_t bucket_count = 1;
    while (bucket_count < capacity) {
        bucket_count *= 2;
    }
    *cache = (struct plain_cache){.is_lru = is_lru,
                                  .capacity = capacity,
                                  .bucket_mask = bucket_count - 1,
                                  .buckets = calloc(bucket_count, sizeof(struct plain_object *))};
}

static struct plain_object **plain_bucket(const struct plain_cache *cache, uint64_t key)
{
    uint64_t state = key;
    return &cache->buckets[sim_splitmix64(&state) & cache->bucket_mask];
}

static void plain_link(struct plain_cache *cache, struct plain_object *object)
{
    object->younger = NULL;
    object->older = cache->youngest;
    if (cache->youngest != NULL) {
        cache->youngest->younger = object;
    } else {
        cache->oldest = object;
    }
    cache->youngest = object;
}

static void plain_unlink(struct plain_cache *cache, struct plain_object *object)
{
    if (object->younger != NULL) {
        object->younger->older = object->older;
    } else {
        cache->youngest = object->older;
    }
    if (object->older != NULL) {
        object->older->younger = object->younger;
    } else {
        cache->oldest = object->younger;
    }
}

static void plain_evict(struct plain_cache *cache)
{
    struct plain_object *object = cache->oldest;
    struct plain_object **place = plain_bucket(cache, object->key);
    while (*place != object) {
        place = &(*place)->chain;
    }
    *place = object->chain;
    plain_unlink(cache, object);
    free(object);
    cache->count--;
}

/* Whether the request was a hit. */
static bool plain_request(struct plain_cache *cache, uint64_t key)
{
    struct plain_object **bucket = plain_bucket(cache, key);
    for (struct plain_object *object = *bucket; object != NULL; object = object->chain) {
        if (object->key == key) {
            if (cache->is_lru) {
                plain_unlink(cache, object);
                plain_link(cache, object);
            }
            return true;
        }
    }
    while (cache->count >= cache->capacity) {
        plain_evict(cache);
    }
    struct plain_object *object = malloc(sizeof *object);
    *object = (struct plain_object){.key = key, .size = 1, .chain = *bucket};
    *bucket = object;
    plain_link(cache, object);
    cache->count++;
    return false;
}

struct timing {
    double seconds;
    uint64_t misses;
    double bytes_per_object;
};

static struct timing time_plain(const struct cache_trace *trace, bool is_lru, uint64_t capacity)
{
    struct plain_cache cache;
    struct timing timing = {0};
    plain_init(&cache, is_lru, capacity);
    double start = bench_seconds();
    for (size_t i = 0; i < trace->count; i++) {
        timing.misses += !plain_request(&cache, trace->keys[i]);
    }
    timing.seconds = bench_seconds() - start;
    while (cache.count > 0) {
        plain_evict(&cache);
    }
    free(cache.buckets);
    return timing;
}

static struct sim_eviction *new_cache(const struct sim_eviction_policy *policy, uint64_t capacity)
{
    struct sim_eviction_setup setup = {.policy = policy, .capacity = capacity};
    return sim_eviction_new(&setup);
}

static struct timing time_replay(const struct cache_trace *trace,
                                 const struct sim_eviction_policy *policy, uint64_t capacity)
{
    struct sim_eviction *cache = new_cache(policy, capacity);
    struct sim_eviction_tally tally = {0};
    double start = bench_seconds();
    sim_eviction_replay(cache, trace->keys, NULL, trace->count, &tally);
    struct timing timing = {.seconds = bench_seconds() - start,
                            .misses = tally.misses,
                            .bytes_per_object =
                                (double)sim_eviction_memory_bytes(cache) / (double)cache->count};
    sim_eviction_free(cache);
    return timing;
}

static struct timing time_calls(const struct cache_trace *trace,
                                const struct sim_eviction_policy *policy, uint64_t capacity)
{
    struct sim_eviction *cache = new_cache(policy, capacity);
    struct timing timing = {0};
    double start = bench_seconds();
    for (size_t i = 0; i < trace->count; i++) {
        if (sim_eviction_lookup(cache, trace->keys[i]) == NULL) {
            sim_eviction_insert(cache, trace->keys[i], 1);
            timing.misses++;
        }
    }
    timing.seconds = bench_seconds() - start;
    sim_eviction_free(cache);
    return timing;
}

static void print_row(const char *policy, const char *what, uint64_t capacity,
                      const double *seconds, const double *plain, size_t request_count)
{
    g_autofree char *name =
        g_strdup_printf("cache.%s.%s.%" G_GUINT64_FORMAT, policy, what, capacity);
    bench_row(name, (double)request_count / bench_median(seconds, REPETITIONS), "requests/s",
              bench_ratio(plain, seconds, REPETITIONS), "times as fast as plain");
}

static void compare(const struct cache_trace *trace, const struct sim_eviction_policy *policy,
                    uint64_t capacity)
{
    double replay[REPETITIONS];
    double calls[REPETITIONS];
    double plain[REPETITIONS];
    double bytes_per_object = 0;
    for (int i = 0; i < REPETITIONS; i++) {
        struct timing ours = time_replay(trace, policy, capacity);
        struct timing single = time_calls(trace, policy, capacity);
        struct timing theirs = time_plain(trace, policy == &sim_eviction_lru, capacity);
        g_assert_cmpuint(ours.misses, ==, theirs.misses);
        g_assert_cmpuint(single.misses, ==, theirs.misses);
        replay[i] = ours.seconds;
        calls[i] = single.seconds;
        plain[i] = theirs.seconds;
        bytes_per_object = ours.bytes_per_object;
    }
    print_row(policy->name, "replay", capacity, replay, plain, trace->count);
    print_row(policy->name, "calls", capacity, calls, plain, trace->count);
    print_row(policy->name, "plain", capacity, plain, plain, trace->count);
    g_autofree char *name =
        g_strdup_printf("cache.%s.memory.%" G_GUINT64_FORMAT, policy->name, capacity);
    double plain_bytes = (double)(sizeof(struct plain_object) + sizeof(struct plain_object *));
    bench_row(name, bytes_per_object, "bytes/object", bytes_per_object / plain_bytes,
              "times plain without malloc's own");
}

/* Another policy beside our LRU. */
static void measure(const struct cache_trace *trace, const struct sim_eviction_policy *policy,
                    uint64_t capacity)
{
    double replay[OTHER_REPETITIONS];
    double lru[OTHER_REPETITIONS];
    double bytes_per_object = 0;
    for (int i = 0; i < OTHER_REPETITIONS; i++) {
        struct timing ours = time_replay(trace, policy, capacity);
        replay[i] = ours.seconds;
        bytes_per_object = ours.bytes_per_object;
        lru[i] = time_replay(trace, &sim_eviction_lru, capacity).seconds;
    }
    g_autofree char *name =
        g_strdup_printf("cache.%s.replay.%" G_GUINT64_FORMAT, policy->name, capacity);
    bench_row(name, (double)trace->count / bench_median(replay, OTHER_REPETITIONS), "requests/s",
              bench_ratio(lru, replay, OTHER_REPETITIONS), "times as fast as lru");
    g_autofree char *memory =
        g_strdup_printf("cache.%s.memory.%" G_GUINT64_FORMAT, policy->name, capacity);
    double plain_bytes = (double)(sizeof(struct plain_object) + sizeof(struct plain_object *));
    bench_row(memory, bytes_per_object, "bytes/object", bytes_per_object / plain_bytes,
              "times plain without malloc's own");
}

int main(void)
{
    static const uint64_t capacities[] = {1000, 10000, 100000};
    struct cache_trace trace;
    cache_trace_zipf(&trace, &zipf_10_long);
    for (size_t p = 0; sim_eviction_policies[p] != NULL; p++) {
        const struct sim_eviction_policy *policy = sim_eviction_policies[p];
        bool has_plain = policy == &sim_eviction_lru || policy == &sim_eviction_fifo;
        for (size_t c = 0; c < G_N_ELEMENTS(capacities); c++) {
            (has_plain ? compare : measure)(&trace, policy, capacities[c]);
        }
    }
    cache_trace_clear(&trace);
    return 0;
}

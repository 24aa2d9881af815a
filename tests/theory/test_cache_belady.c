/* No policy misses less often than Belady's, which evicts the object that is asked for again last
 * (Belady 1966; optimal where every object has the same size and every miss inserts, Mattson and
 * others 1970). The oracle itself must give the optimum that libCacheSim found. If a policy fell
 * below it, it would keep more than its capacity, or count hits on what it does not have.
 */
#include "../cache_reference.h"

/* A trace whose keys are 0 .. key_count-1, and for each request when its key is asked for next:
 * `count` for never. */
struct future {
    size_t count;
    uint32_t key_count;
    uint32_t *keys;
    uint32_t *next;
};

static struct future look_ahead(const struct cache_trace *trace)
{
    struct future future = {.count = trace->count,
                            .keys = g_new(uint32_t, trace->count),
                            .next = g_new(uint32_t, trace->count)};
    GHashTable *ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (size_t i = 0; i < trace->count; i++) {
        gpointer id;
        if (!g_hash_table_lookup_extended(ids, &trace->keys[i], NULL, &id)) {
            id = GUINT_TO_POINTER(future.key_count++);
            g_hash_table_insert(ids, &trace->keys[i], id);
        }
        future.keys[i] = GPOINTER_TO_UINT(id);
    }
    g_hash_table_destroy(ids);
    uint32_t *seen = g_new(uint32_t, future.key_count);
    for (uint32_t key = 0; key < future.key_count; key++) {
        seen[key] = (uint32_t)trace->count;
    }
    for (size_t i = trace->count; i-- > 0;) {
        future.next[i] = seen[future.keys[i]];
        seen[future.keys[i]] = (uint32_t)i;
    }
    g_free(seen);
    return future;
}

static void future_clear(struct future *future)
{
    g_free(future->keys);
    g_free(future->next);
}

/* A heap of uses to come, the last at the top. An entry is stale when its key was asked for since,
 * and has another use to come. */
struct use {
    uint32_t when;
    uint32_t key;
};

struct uses {
    size_t count;
    struct use *heap; /* from index 1 */
};

static void push_use(struct uses *uses, struct use use)
{
    size_t at = ++uses->count;
    for (; at > 1 && uses->heap[at / 2].when < use.when; at /= 2) {
        uses->heap[at] = uses->heap[at / 2];
    }
    uses->heap[at] = use;
}

static struct use pop_use(struct uses *uses)
{
    struct use top = uses->heap[1];
    struct use last = uses->heap[uses->count--];
    size_t at = 1;
    for (size_t child = 2; child <= uses->count; child = 2 * at) {
        if (child < uses->count && uses->heap[child + 1].when > uses->heap[child].when) {
            child++;
        }
        if (uses->heap[child].when <= last.when) {
            break;
        }
        uses->heap[at] = uses->heap[child];
        at = child;
    }
    uses->heap[at] = last;
    return top;
}

static uint64_t belady_misses(const struct future *future, uint64_t capacity)
{
    struct uses uses = {.heap = g_new(struct use, future->count + 2)};
    bool *is_cached = g_new0(bool, future->key_count);
    uint32_t *next = g_new0(uint32_t, future->key_count);
    uint64_t cached_count = 0;
    uint64_t misses = 0;
    for (size_t i = 0; i < future->count; i++) {
        uint32_t key = future->keys[i];
        if (!is_cached[key]) {
            misses++;
            while (cached_count == capacity) {
                struct use last = pop_use(&uses);
                if (is_cached[last.key] && next[last.key] == last.when) {
                    is_cached[last.key] = false;
                    cached_count--;
                }
            }
            is_cached[key] = true;
            cached_count++;
        }
        next[key] = future->next[i];
        push_use(&uses, (struct use){.when = next[key], .key = key});
    }
    g_free(uses.heap);
    g_free(is_cached);
    g_free(next);
    return misses;
}

static uint64_t policy_misses(const struct sim_eviction_policy *policy,
                              const struct cache_trace *trace, uint64_t capacity)
{
    struct sim_eviction_setup setup = {.policy = policy, .capacity = capacity, .seed = 1};
    struct sim_eviction *cache = sim_eviction_new(&setup);
    struct sim_eviction_tally tally = {0};
    sim_eviction_replay(cache, trace->keys, NULL, trace->count, &tally);
    sim_eviction_free(cache);
    return tally.misses;
}

static void check_policies(const struct cache_trace *trace, const struct future *future,
                           uint64_t capacity)
{
    uint64_t least = belady_misses(future, capacity);
    for (size_t i = 0; sim_eviction_policies[i] != NULL; i++) {
        uint64_t misses = policy_misses(sim_eviction_policies[i], trace, capacity);
        g_test_message("%s %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " misses, %" G_GUINT64_FORMAT
                       " at best",
                       sim_eviction_policies[i]->name, capacity, misses, least);
        g_assert_cmpuint(misses, >=, least);
    }
}

/* The rows of Belady for this trace; how many. */
static int check_rows(const char *name, const struct cache_trace *trace)
{
    g_auto(GStrv) lines = reference_lines("cache/reference.csv");
    struct future future = look_ahead(trace);
    int checked = 0;
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        struct reference_row row = reference_row_parse(*line);
        if (strcmp(row.trace, name) == 0 && strcmp(row.mode, "count") == 0 &&
            strcmp(row.policy, "belady") == 0) {
            g_assert_cmpuint(belady_misses(&future, row.capacity), ==, row.misses);
            check_policies(trace, &future, row.capacity);
            checked++;
        }
        reference_row_clear(&row);
    }
    future_clear(&future);
    return checked;
}

static void test_cloudphysics(void)
{
    struct cache_trace trace = {0};
    if (reference_cloudphysics(&trace, -1)) {
        g_assert_cmpint(check_rows("cloudphysics", &trace), ==, 5);
    }
    cache_trace_clear(&trace);
}

static void test_zipf(void)
{
    struct cache_trace trace = {0};
    cache_trace_zipf(&trace, &zipf_10_short);
    int checked = check_rows(zipf_10_short.name, &trace);
    g_assert_true(checked == 3 || reference_is_waived());
    cache_trace_clear(&trace);
}

/* Loops a little longer than the cache, among other keys: here the policies differ most. */
static void test_loops(void)
{
    enum { COUNT = 20000 };
    struct cache_trace trace = {.count = COUNT, .keys = g_new(uint64_t, COUNT)};
    struct sim_random random;
    sim_random_init(&random, 1, "belady", "loops");
    for (uint64_t length = 1; length <= 240; length = length * 5 / 4 + 1) {
        for (uint64_t i = 0; i < COUNT; i++) {
            bool is_in_loop = sim_random_below(&random, 4) != 0;
            trace.keys[i] = is_in_loop ? i % length : 1000 + sim_random_below(&random, 300);
        }
        struct future future = look_ahead(&trace);
        check_policies(&trace, &future, 1);
        check_policies(&trace, &future, 7);
        check_policies(&trace, &future, 40);
        check_policies(&trace, &future, 200);
        future_clear(&future);
    }
    cache_trace_clear(&trace);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/belady/cloudphysics", test_cloudphysics);
    g_test_add_func("/cache/belady/zipf", test_zipf);
    g_test_add_func("/cache/belady/loops", test_loops);
    return g_test_run();
}

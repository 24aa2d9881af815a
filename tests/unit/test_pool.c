/* Pools, arenas and the assertion hook. If this failed, a handle could name somebody else's record,
 * or a failed assertion would not say where the run stood.
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/arena.h"
#include "base/pool.h"
#include "base/random.h"
#include "base/sort.h"

struct record {
    uint64_t tag;
    double weight;
    char name[24];
};

static void test_take_and_give(void)
{
    struct sim_pool pool;
    sim_pool_init(&pool, sizeof(struct record));
    uint32_t first = sim_pool_take(&pool);
    uint32_t second = sim_pool_take(&pool);
    g_assert_cmpuint(first, ==, 1); /* 0 means none */
    g_assert_cmpuint(second, ==, 2);
    struct record *record = sim_pool_at(&pool, first);
    g_assert_cmpuint(record->tag, ==, 0);
    record->tag = 7;
    sim_pool_give(&pool, first);
    sim_pool_give(&pool, second);
    g_assert_cmpuint(sim_pool_take(&pool), ==, second); /* last in, first out */
    g_assert_cmpuint(sim_pool_take(&pool), ==, first);
    g_assert_true(sim_pool_at(&pool, first) == (void *)record);
    g_assert_cmpuint(pool.live_count, ==, 2);
    g_assert_cmpuint(sim_pool_live_count_max(&pool), ==, 2);
    sim_pool_clear(&pool);
}

/* Handles of pools that were set apart are not those of another, for thousands of lives of a
 * record, and notice reuse like any. */
static void test_apart(void)
{
    enum { POOLS = 100, LIVES = 10000 };
    uint64_t *handles = g_new(uint64_t, POOLS * LIVES);
    for (uint32_t salt = 0; salt < POOLS; salt++) {
        struct sim_pool pool;
        sim_pool_init(&pool, sizeof(struct record));
        sim_pool_set_apart(&pool, salt);
        for (uint32_t life = 0; life < LIVES; life++) {
            uint32_t index = sim_pool_take(&pool);
            uint64_t handle = sim_pool_handle(&pool, index);
            handles[salt * LIVES + life] = handle;
            g_assert_true(sim_pool_find(&pool, handle) == sim_pool_at(&pool, index));
            sim_pool_give(&pool, index);
            g_assert_null(sim_pool_find(&pool, handle));
        }
        sim_pool_clear(&pool);
    }
    sim_sort_u64(handles, POOLS * LIVES);
    for (uint32_t i = 1; i < POOLS * LIVES; i++) {
        g_assert_cmpuint(handles[i], >, handles[i - 1]);
    }
    g_free(handles);
}

static void test_stale_handle(void)
{
    struct sim_pool pool;
    sim_pool_init(&pool, sizeof(struct record));
    g_assert_null(sim_pool_find(&pool, 0));
    uint32_t index = sim_pool_take(&pool);
    uint64_t old = sim_pool_handle(&pool, index);
    g_assert_true(sim_pool_find(&pool, old) == sim_pool_at(&pool, index));
    sim_pool_give(&pool, index);
    g_assert_null(sim_pool_find(&pool, old)); /* freed */
    g_assert_cmpuint(sim_pool_take(&pool), ==, index);
    g_assert_null(sim_pool_find(&pool, old)); /* reused */
    g_assert_nonnull(sim_pool_find(&pool, sim_pool_handle(&pool, index)));
    g_assert_null(sim_pool_find(&pool, UINT64_C(1) << 32 | 1000)); /* never handed out */
    sim_pool_clear(&pool);
}

/* Random takes and gives beside a plain array of what each live record should hold. */
static void test_twin(void)
{
    enum { STEPS = 200000, LIVE_MAX = 3000 };
    struct sim_random random;
    sim_random_init(&random, 1, "pool", "twin");
    struct sim_pool pool;
    sim_pool_init(&pool, sizeof(struct record));
    static struct {
        uint32_t index;
        uint64_t handle, tag;
        struct record *address;
    } live[LIVE_MAX];
    uint32_t count = 0;
    for (uint64_t step = 1; step <= STEPS; step++) {
        bool takes = count == 0 || (count < LIVE_MAX && sim_random_chance(&random, 0.52));
        if (takes) {
            uint32_t index = sim_pool_take(&pool);
            struct record *record = sim_pool_at(&pool, index);
            memset(record, 0xa5, sizeof(*record));
            record->tag = step;
            live[count].index = index;
            live[count].handle = sim_pool_handle(&pool, index);
            live[count].tag = step;
            live[count].address = record;
            count++;
            continue;
        }
        uint32_t at = (uint32_t)sim_random_below(&random, count);
        g_assert_true(sim_pool_find(&pool, live[at].handle) == (void *)live[at].address);
        g_assert_cmpuint(live[at].address->tag, ==, live[at].tag);
        sim_pool_give(&pool, live[at].index);
        g_assert_null(sim_pool_find(&pool, live[at].handle));
        live[at] = live[--count];
    }
    g_assert_cmpuint(pool.live_count, ==, count);
    g_assert_cmpuint(sim_pool_live_count_max(&pool), <=, LIVE_MAX);
    g_assert_cmpuint(pool.fresh, ==,
                     sim_pool_live_count_max(&pool) + 1); /* nothing taken but what was used */
    sim_pool_clear(&pool);
}

static void test_double_free(void)
{
    if (g_test_subprocess()) {
        struct sim_pool pool;
        sim_pool_init(&pool, 8);
        uint32_t index = sim_pool_take(&pool);
        sim_pool_give(&pool, index);
        sim_pool_give(&pool, index);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*generation*");
}

static void say_where(FILE *out, const void *data)
{
    fprintf(out, "at 1.5 s in %s\n", (const char *)data);
}

static void test_assert_context(void)
{
    if (g_test_subprocess()) {
        sim_assert_set_context(say_where, "replica[1]");
        sim_assert(1 + 1 == 2);
        sim_assert(1 + 1 == 3);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*test_pool.c:*1 + 1 == 3*at 1.5 s in replica*");
}

/* A hook that fails itself must not be called for ever. */
static void fail_again(FILE *out, const void *data)
{
    (void)out;
    sim_assert(data != NULL);
}

static void test_assert_in_context(void)
{
    if (g_test_subprocess()) {
        sim_assert_set_context(fail_again, NULL);
        sim_assert(0);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*data != NULL*");
}

static void test_arena(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "arena", "");
    struct sim_arena arena;
    sim_arena_init(&arena);
    enum { COUNT = 3000 };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        bool is_large = sim_random_chance(&random, 0.01);
        sizes[i] = (size_t)sim_random_below(&random, is_large ? 200000 : 200);
        blocks[i] = sim_arena_alloc(&arena, sizes[i]);
        g_assert_cmpuint((uintptr_t)blocks[i] % 16, ==, 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            g_assert_cmpuint(blocks[i][j], ==, 0);
        }
        memset(blocks[i], (int)(i % 251), sizes[i]);
    }
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) { /* nobody wrote into anybody else */
        total += sizes[i];
        for (size_t j = 0; j < sizes[i]; j++) {
            g_assert_cmpuint(blocks[i][j], ==, i % 251);
        }
    }
    g_assert_cmpuint(arena.used_bytes, >=, total);
    g_assert_cmpuint(arena.used_bytes, <=, total + 16 * COUNT);
    g_assert_cmpstr(sim_arena_strdup(&arena, "quorum"), ==, "quorum");
    g_assert_true(sim_arena_alloc(&arena, 0) != sim_arena_alloc(&arena, 0));
    sim_arena_clear(&arena);
    g_assert_cmpuint(arena.used_bytes, ==, 0);
    g_assert_nonnull(sim_arena_new(&arena, struct record)); /* fit for use again */
    sim_arena_clear(&arena);
}

static void test_arena_overflow(void)
{
    if (g_test_subprocess()) {
        struct sim_arena arena;
        sim_arena_init(&arena);
        sim_arena_alloc_array(&arena, SIZE_MAX / 4, 8);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*does not hold*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pool/take-and-give", test_take_and_give);
    g_test_add_func("/pool/stale-handle", test_stale_handle);
    g_test_add_func("/pool/apart", test_apart);
    g_test_add_func("/pool/twin", test_twin);
    g_test_add_func("/pool/double-free", test_double_free);
    g_test_add_func("/assert/context", test_assert_context);
    g_test_add_func("/assert/in-context", test_assert_in_context);
    g_test_add_func("/arena/blocks", test_arena);
    g_test_add_func("/arena/overflow", test_arena_overflow);
    return g_test_run();
}

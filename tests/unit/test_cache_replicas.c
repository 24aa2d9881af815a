/* Caches that are replicas of one another: stories in exact virtual time over a store that takes 10
 * ms. If these failed, a fellow would be cold when he need not be, or serve what another one knows
 * to be old.
 */
#include "fixture.h"
#include "models.h"

#define STORE "service = ms(10), servers = 1000, keys = 1000"
#define READ(time, key)                                                                            \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_READ                                           \
    }
#define WRITE(time, key)                                                                           \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_WRITE                                          \
    }

struct replicas {
    struct fixture f;
    struct sim_trace first, second;
};

/* Two users with rows of their own, the first before edge[1], the second before edge[2]. */
static void build(struct replicas *r, const char *edge, uint32_t count)
{
    fixture_init(&r->f, s(10));
    fixture_trace(&r->f, "first", &r->first);
    fixture_trace(&r->f, "second", &r->second);
    fixture_add_group(&r->f, "edge", &sim_model_cache, edge, count, count);
    fixture_group(&r->f, "edge")->per_member = true;
    fixture_add_node(&r->f, "one", &sim_model_client_trace, "trace = 'first', to = 'edge[1]'");
    fixture_add_node(&r->f, "two", &sim_model_client_trace, "trace = 'second', to = 'edge[2]'");
    fixture_add_node(&r->f, "db", &sim_model_store_memory, STORE);
}

#define ROWS(rows) ((struct sim_trace){"t", 0, G_N_ELEMENTS(rows), rows})
#define CACHE "capacity = 10, miss_to = 'db', "

/* What the first has fetched the second answers from 10 on, where copies are sent; told: once. */
static void test_copies(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1)}, two[] = {READ(9, 1), READ(20, 1)};
    static const char *const edges[] = {CACHE "replicate = 'nothing'", CACHE "replicate = 'writes'",
                                        CACHE "replicate = 'copies'"};
    static const struct sim_trace_row late[] = {READ(11, 1)};
    for (int i = 0; i < 3; i++) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(late)};
        build(&r, edges[i], 2);
        fixture_start(&r.f);
        fixture_run(&r.f);
        g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, i == 2 ? 1 : 0);
        g_assert_cmpuint(fixture_total(&r.f, "edge", "told"), ==, i == 2 ? 1 : 0);
        g_assert_cmpuint(fixture_total(&r.f, "edge", "replicated"), ==, i == 2 ? 1 : 0);
        fixture_clear(&r.f);
    }
    /* A fetch of its own that is under way is not called off; what comes twice is kept once. */
    struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
    build(&r, edges[2], 2);
    fixture_start(&r.f);
    fixture_run(&r.f);
    g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, 1);
    g_assert_cmpuint(fixture_total(&r.f, "db", "issued"), ==, 2);
    g_assert_cmpint(fixture_level(&r.f, "edge", "entries"), ==, 2);
    fixture_clear(&r.f);
}

/* Both have it. It is written through the first, by 30; the second drops it, replaces it, or does
 * not know. */
static void test_writes(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1), WRITE(20, 1)},
                                      two[] = {READ(0, 1), READ(50, 1)};
    static const struct {
        const char *edge;
        uint64_t hits, stale;
    } cases[] = {
        {CACHE "write = 'invalidate'", 1, 1},
        {CACHE "write = 'invalidate', replicate = 'writes'", 0, 0},
        {CACHE "write = 'invalidate', replicate = 'copies'", 0, 0},
        {CACHE "write = 'through'", 1, 1},
        {CACHE "write = 'through', replicate = 'writes'", 1, 0},
        {CACHE "write = 'around', replicate = 'copies'", 1, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
        build(&r, cases[i].edge, 2);
        fixture_start(&r.f);
        fixture_run(&r.f);
        g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, cases[i].hits);
        g_assert_cmpuint(fixture_total(&r.f, "two", "stale"), ==, cases[i].stale);
        fixture_clear(&r.f);
    }
}

/* 20 ms apart from one another, and next to the store. The first fetches by 10; the second writes
 * through by 15 and is sent the older copy, which comes at 30 and is not kept; the newer one comes
 * to the first at 35. */
static void test_crossing(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1), READ(34, 1), READ(36, 1)},
                                      two[] = {WRITE(5, 1), READ(31, 1)};
    struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
    build(&r, CACHE "write = 'through', replicate = 'copies'", 2);
    uint32_t here = fixture_add_zone(&r.f, "here"), there = fixture_add_zone(&r.f, "there");
    fixture_machine(&r.f, 1)->zone = here;
    fixture_machine(&r.f, 2)->zone = there;
    fixture_link(&r.f, here, there)->latency = fixture_law(&r.f, "ms(20)");
    fixture_link(&r.f, there, here)->latency = fixture_law(&r.f, "ms(20)");
    fixture_start(&r.f);
    fixture_run(&r.f);
    g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, 1);
    g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "overtaken"), ==, 1);
    g_assert_cmpuint(fixture_total(&r.f, "two", "stale"), ==, 0);
    g_assert_cmpuint(fixture_total(&r.f, "edge[1]", "hits"), ==, 2);
    g_assert_cmpuint(fixture_total(&r.f, "one", "stale"), ==, 1);
    fixture_clear(&r.f);
}

/* The second is gone from 100 to 200, and asks for what the first has, when it is back. */
static void test_synchronise(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1), READ(0, 2), READ(0, 3)},
                                      two[] = {READ(300, 3)};
    for (int copies = 0; copies < 2; copies++) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
        build(&r, copies ? CACHE "replicate = 'copies'" : CACHE "replicate = 'writes'", 2);
        fixture_link_latency(&r.f, ms(1));
        fixture_add_fault(&r.f, SIM_FAULT_CRASH, ms(100), ms(200), "edge[2]");
        fixture_start(&r.f);
        fixture_run_until(&r.f, ms(202) - 1);
        g_assert_cmpint(fixture_level(&r.f, "edge[2]", "entries"), ==, 0);
        fixture_run_until(&r.f, ms(202));
        g_assert_cmpint(fixture_level(&r.f, "edge[2]", "entries"), ==, copies ? 3 : 0);
        fixture_run(&r.f);
        g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, copies ? 1 : 0);
        fixture_clear(&r.f);
    }
}

/* Of two fellows the first is asked; where he is gone too, the other one a second later; and where
 * both are gone it begins cold. */
static void test_synchronise_elsewhere(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1)}, two[] = {READ(0, 2)};
    for (int gone = 0; gone <= 2; gone++) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
        build(&r, CACHE "replicate = 'copies'", 3);
        if (gone >= 1) {
            fixture_add_fault(&r.f, SIM_FAULT_CRASH, ms(100), s(9), "edge[1]");
        }
        if (gone == 2) {
            fixture_add_fault(&r.f, SIM_FAULT_CRASH, ms(100), s(9), "edge[2]");
        }
        fixture_add_fault(&r.f, SIM_FAULT_CRASH, ms(100), ms(200), "edge[3]");
        fixture_start(&r.f);
        fixture_run_until(&r.f, ms(1200) - 1);
        g_assert_cmpint(fixture_level(&r.f, "edge[3]", "entries"), ==, gone == 0 ? 2 : 0);
        fixture_run_until(&r.f, s(5));
        g_assert_cmpint(fixture_level(&r.f, "edge[3]", "entries"), ==, gone == 2 ? 0 : 2);
        g_assert_cmpuint(fixture_total(&r.f, "edge[3]", "replicated"), ==, gone == 2 ? 2 : 4);
        fixture_clear(&r.f);
    }
}

/* 300 copies come in three batches; each dies when it would have died at the first, 5 s after 10
 * ms. */
static void test_batches(void)
{
    struct sim_trace_row rows[300];
    for (uint64_t key = 0; key < 300; key++) {
        rows[key] = (struct sim_trace_row)READ(0, key);
    }
    static const struct sim_trace_row two[] = {READ(5005, 7), READ(5020, 7)};
    struct replicas r = {.first = ROWS(rows), .second = ROWS(two)};
    build(&r, "capacity = 1000, miss_to = 'db', replicate = 'copies', ttl = s(5)", 2);
    fixture_add_fault(&r.f, SIM_FAULT_CRASH, ms(100), s(4), "edge[2]");
    fixture_start(&r.f);
    fixture_run_until(&r.f, s(4));
    g_assert_cmpint(fixture_level(&r.f, "edge[2]", "entries"), ==, 300);
    fixture_run(&r.f);
    g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "hits"), ==, 1);
    g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "expirations"), ==, 1);
    fixture_clear(&r.f);
}

/* Four members, a key lives on two of them, and a balancer asks by the same ring. Forty keys are
 * read while all are there: each is told to one other. Then the first member is gone for as long as
 * it takes to read them all again: none is fetched. It comes back, is sent what is its own from two
 * sides, and all is read once more. Of a key that was written while it was away it has the new
 * version. */
static void test_ring(void)
{
    struct sim_trace_row rows[121];
    for (uint64_t key = 0; key < 40; key++) {
        rows[key] = (struct sim_trace_row)READ(0, key);
        rows[40 + key] = (struct sim_trace_row)READ(1000, key);
        rows[81 + key] = (struct sim_trace_row)READ(5000, key);
    }
    rows[80] = (struct sim_trace_row)WRITE(1500, 7);
    for (int holders = 1; holders <= 2; holders++) {
        struct replicas r = {.first = ROWS(rows)};
        struct fixture *f = &r.f;
        fixture_init(f, s(10));
        fixture_trace(f, "first", &r.first);
        g_autofree char *edge = g_strdup_printf(
            "capacity = 100, miss_to = 'db', write = 'through', replicate = 'copies', holders = %d",
            holders);
        fixture_add_group(f, "edge", &sim_model_cache, edge, 4, 4);
        fixture_group(f, "edge")->per_member = true;
        fixture_add_node(f, "lb", &sim_model_balancer, "to = 'edge', policy = 'ring'");
        fixture_add_node(f, "one", &sim_model_client_trace, "trace = 'first', to = 'lb'");
        fixture_add_node(f, "db", &sim_model_store_memory, STORE);
        fixture_add_fault(f, SIM_FAULT_CRASH, ms(500), s(2), "edge[1]");
        fixture_start(f);
        fixture_run_until(f, ms(499));
        int64_t first = fixture_level(f, "edge[1]", "entries");
        g_assert_cmpint(first, >, 0);
        g_assert_cmpint(fixture_level(f, "edge", "entries"), ==, 40 * holders);
        fixture_run_until(f, ms(1499));
        uint64_t fetched = fixture_total(f, "db", "issued");
        g_assert_cmpuint(fetched, ==, holders == 2 ? 40 : 40 + (uint64_t)first);
        fixture_run_until(f, s(3));
        g_assert_cmpint(fixture_level(f, "edge[1]", "entries"), ==, first);
        fixture_run(f);
        g_assert_cmpuint(fixture_total(f, "db", "issued"), ==, fetched + 1);
        g_assert_cmpuint(fixture_total(f, "one", "stale"), ==, 0);
        fixture_clear(f);
    }
}

/* A key that the filter of the second does not have is written through the first. */
static void test_filter(void)
{
    static const struct sim_trace_row one[] = {WRITE(0, 5)}, two[] = {READ(50, 5)};
    static const char *const edges[] = {CACHE "filter_keys = 2, filter_bits = 64", CACHE
                                        "filter_keys = 2, filter_bits = 64, replicate = 'writes'"};
    for (int told = 0; told < 2; told++) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
        build(&r, edges[told], 2);
        fixture_start(&r.f);
        fixture_run(&r.f);
        g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "filtered"), ==, told ? 0 : 1);
        fixture_clear(&r.f);
    }
}

/* A copy that dies on its way is not kept. */
static void test_too_late(void)
{
    static const struct sim_trace_row one[] = {READ(0, 1)}, two[] = {READ(500, 2)};
    for (int ttl = 19; ttl <= 21; ttl += 2) {
        struct replicas r = {.first = ROWS(one), .second = ROWS(two)};
        g_autofree char *edge = g_strdup_printf(CACHE "replicate = 'copies', ttl = ms(%d)", ttl);
        build(&r, edge, 2);
        fixture_link_latency(&r.f, ms(20));
        fixture_start(&r.f);
        fixture_run_until(&r.f, ms(400));
        g_assert_cmpuint(fixture_total(&r.f, "edge[2]", "replicated"), ==, ttl > 20);
        fixture_run(&r.f);
        fixture_clear(&r.f);
    }
}

static void test_validate(void)
{
    struct fixture f;
    fixture_init(&f, s(1));
    static const char *const texts[] = {"capacity = 9, write = 'behind'",
                                        "capacity = 9, write = 'behind', replicate = 'writes'",
                                        "capacity = 9, holders = 2"};
    for (int i = 0; i < 3; i++) {
        void *fields = sim_arena_alloc(&f.arena, sim_model_cache.params_size);
        parameters_read(&f.arena, "edge", sim_model_cache.params, texts[i], &f.names, fields);
        g_assert_cmpint(sim_model_cache.validate(fields) == NULL, ==, i == 0);
    }
    fixture_start(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache-replicas/copies", test_copies);
    g_test_add_func("/cache-replicas/writes", test_writes);
    g_test_add_func("/cache-replicas/crossing", test_crossing);
    g_test_add_func("/cache-replicas/synchronise", test_synchronise);
    g_test_add_func("/cache-replicas/synchronise-elsewhere", test_synchronise_elsewhere);
    g_test_add_func("/cache-replicas/batches", test_batches);
    g_test_add_func("/cache-replicas/ring", test_ring);
    g_test_add_func("/cache-replicas/filter", test_filter);
    g_test_add_func("/cache-replicas/too-late", test_too_late);
    g_test_add_func("/cache-replicas/validate", test_validate);
    return g_test_run();
}

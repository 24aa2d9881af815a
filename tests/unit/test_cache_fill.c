/* How a cache is filled, refreshed and written through: stories in exact virtual time over a store
 * that takes 10 ms. If these failed, a scenario would compare ways of caching that are not what
 * they are called.
 */
#include <math.h>

#include "cache/bloom_filter.h"
#include "fixture.h"
#include "models.h"

#define STORE "service = ms(10), servers = 1000, keys = 100"
#define READ(time, key)                                                                            \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_READ                                           \
    }
#define WRITE(time, key)                                                                           \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_WRITE                                          \
    }

/* Users who do what the rows say, before a cache before a store. */
static void build(struct fixture *f, const struct sim_trace *trace, const char *edge)
{
    fixture_init(f, s(10));
    fixture_trace(f, "t", trace);
    fixture_add_node(f, "users", &sim_model_client_trace, "trace = 't', to = 'edge'");
    fixture_add_node(f, "edge", &sim_model_cache, edge);
    fixture_add_node(f, "db", &sim_model_store_memory, STORE);
}

#define STORY(f, rows, edge)                                                                       \
    struct fixture f;                                                                              \
    const struct sim_trace f##_trace = {"t", 0, G_N_ELEMENTS(rows), rows};                         \
    build(&(f), &f##_trace, edge);                                                                 \
    fixture_start(&(f))

static void check(const struct fixture *f, const char *group, const char *metric, uint64_t count)
{
    uint64_t came = fixture_total(f, group, metric);
    if (came != count) {
        g_error("%s.%s: %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT, group, metric, came,
                count);
    }
}

/* Read, write, read: what the second read finds is the difference between the three. */
static const struct sim_trace_row read_write_read[] = {READ(0, 1), WRITE(20, 1), READ(50, 1)};

static void test_invalidate(void)
{
    STORY(f, read_write_read, "capacity = 10, miss_to = 'db'");
    fixture_run(&f);
    check(&f, "edge", "misses", 2);
    check(&f, "edge", "invalidations", 1);
    check(&f, "users", "stale", 0);
    check(&f, "users", "versioned", 2);
    fixture_clear(&f);
}

static void test_write_through(void)
{
    STORY(f, read_write_read, "capacity = 10, miss_to = 'db', write = 'through'");
    fixture_run(&f);
    check(&f, "edge", "misses", 1);
    check(&f, "edge", "hits", 1);
    check(&f, "db", "issued", 2);
    check(&f, "users", "stale", 0);
    check(&f, "users", "versioned", 2);
    fixture_clear(&f);
}

/* The write is committed at 30, and read around at 50. */
static void test_write_around(void)
{
    STORY(f, read_write_read, "capacity = 10, miss_to = 'db', write = 'around'");
    fixture_run(&f);
    check(&f, "edge", "hits", 1);
    check(&f, "users", "stale", 1);
    check(&f, "edge", "stale", 1);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "staleness", 0.5), ==, 0.02);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "behind", 0.5), ==, 1);
    fixture_clear(&f);
}

/* Two writes are acknowledged at once, read at once, and written as one a second after the first.
 */
static void test_write_behind(void)
{
    static const struct sim_trace_row rows[] = {WRITE(0, 1), WRITE(100, 1), READ(200, 1),
                                                READ(1100, 1)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', write = 'behind', write_delay = s(1)");
    fixture_run_until(&f, ms(1010) - 1);
    check(&f, "users", "succeeded", 3);
    check(&f, "edge", "absorbed", 1);
    check(&f, "db", "commits", 0);
    g_assert_cmpint(fixture_level(&f, "edge", "unwritten"), ==, 1);
    fixture_run_until(&f, ms(1010));
    check(&f, "db", "commits", 1);
    g_assert_cmpint(fixture_level(&f, "edge", "unwritten"), ==, 0);
    check(&f, "users", "versioned", 0);
    fixture_run(&f);
    check(&f, "edge", "misses", 0);
    check(&f, "users", "versioned", 1); /* the read at 1.1 s: the version came with the write */
    check(&f, "users", "stale", 0);
    fixture_clear(&f);
}

/* What waits is lost in a crash; a write while the first is on its way is written after it, and one
 * whose copy has been evicted is still read. */
static void test_write_behind_crash(void)
{
    static const struct sim_trace_row rows[] = {WRITE(0, 1), READ(2, 2), READ(15, 1), WRITE(25, 1),
                                                WRITE(90, 2)};
    static const struct sim_trace trace = {"t", 0, G_N_ELEMENTS(rows), rows};
    struct fixture f;
    build(&f, &trace, "capacity = 1, miss_to = 'db', write = 'behind', write_delay = ms(20)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(100), ms(200), "edge");
    fixture_start(&f);
    fixture_run_until(&f, ms(99));
    check(&f, "edge", "hits", 1); /* of key 1, which key 2 has displaced */
    check(&f, "db", "commits", 2);
    fixture_run(&f);
    check(&f, "edge", "lost_writes", 1);
    check(&f, "db", "commits", 2);
    g_assert_cmpint(fixture_level(&f, "edge", "unwritten"), ==, 0);
    fixture_clear(&f);
}

/* That there is no key 900 is known from 10 to 110. */
static void test_negative(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 900), READ(20, 900), READ(120, 900)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', negative_ttl = ms(100)");
    fixture_run(&f);
    check(&f, "edge", "negative", 1);
    check(&f, "edge", "misses", 2);
    check(&f, "db", "missing", 2);
    fixture_clear(&f);
    STORY(g, rows, "capacity = 10, miss_to = 'db'");
    fixture_run(&g);
    check(&g, "edge", "misses", 3);
    check(&g, "db", "missing", 3);
    fixture_clear(&g);
}

/* The filter holds what exists: a key that does not is answered here until it has been written. */
static void test_filter(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 99), READ(20, 900), WRITE(40, 900),
                                                READ(60, 900)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', filter_keys = 100, filter_bits = 20");
    fixture_run(&f);
    check(&f, "edge", "filtered", 1);
    check(&f, "edge", "misses", 2);
    check(&f, "edge", "false_positives", 0);
    check(&f, "db", "missing", 0);
    fixture_clear(&f);
}

/* The filter of the parameters: it is mistaken about the keys that such a filter is mistaken about.
 */
static void test_filter_hashes(void)
{
    enum { KEYS = 100, READS = 200 };
    uint64_t wrong[5] = {0};
    for (uint32_t hashes = 0; hashes < G_N_ELEMENTS(wrong); hashes++) {
        struct sim_bloom_filter filter = {0};
        sim_bloom_filter_init(&filter, KEYS, 4, hashes); /* the best is 3 */
        for (uint64_t key = 0; key < KEYS; key++) {
            sim_bloom_filter_add(&filter, key);
        }
        struct sim_trace_row rows[READS];
        for (uint64_t i = 0; i < READS; i++) {
            rows[i] = (struct sim_trace_row)READ((sim_time)i, KEYS + i);
            wrong[hashes] += sim_bloom_filter_has(&filter, KEYS + i);
        }
        sim_bloom_filter_clear(&filter);
        g_autofree char *edge = g_strdup_printf("capacity = 10, miss_to = 'db', filter_keys = 100, "
                                                "filter_bits = 4, filter_hashes = %u",
                                                hashes);
        STORY(f, rows, edge);
        fixture_run(&f);
        check(&f, "edge", "false_positives", wrong[hashes]);
        fixture_clear(&f);
    }
    g_assert_cmpuint(wrong[0], ==, wrong[3]);
    g_assert_cmpuint(wrong[1], !=, wrong[3]);
}

/* Kept at 10, and each hit is good for another 100: at 90 until 190, at 180 until 280; at 290 it
 * has gone. That there is no key 900 is known for 100 from 10 on, and not from the hit at 90. */
static void test_sliding(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 1),    READ(0, 900),   READ(90, 1),
                                                READ(90, 900), READ(150, 900), READ(180, 1),
                                                READ(290, 1)};
    STORY(f, rows,
          "capacity = 10, miss_to = 'db', ttl = ms(100), negative_ttl = ms(100), sliding = true");
    fixture_run(&f);
    check(&f, "edge", "hits", 3);
    check(&f, "edge", "negative", 1);
    check(&f, "edge", "expirations", 2);
    fixture_clear(&f);
}

/* Kept at 10 until 110, served until 160, fetched again by the read at 120; gone at 300. */
static void test_stale_for(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 1), READ(120, 1), READ(121, 1),
                                                READ(140, 1), READ(300, 1)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', ttl = ms(100), stale_for = ms(50)");
    fixture_run(&f);
    check(&f, "edge", "outlived", 2);
    check(&f, "edge", "refreshes", 1);
    check(&f, "edge", "hits", 3);
    check(&f, "edge", "misses", 2);
    check(&f, "db", "issued", 3);
    fixture_clear(&f);
}

/* Less than 20 ms are left at 95 and at 200, where another one is fetched; 50 is too soon. */
static void test_refresh_ahead(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 1), READ(50, 1), READ(95, 1), READ(150, 1),
                                                READ(200, 1)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', ttl = ms(100), refresh_ahead = percent(20)");
    fixture_run(&f);
    check(&f, "edge", "refreshes", 2);
    check(&f, "edge", "misses", 1);
    check(&f, "edge", "expirations", 0);
    fixture_clear(&f);
}

/* Found locked at 1 and 8, there at 15. */
static void test_lock(void)
{
    static const struct sim_trace_row rows[] = {READ(0, 1), READ(1, 1)};
    STORY(f, rows, "capacity = 10, miss_to = 'db', lock = ms(7)");
    fixture_run_until(&f, ms(15) - 1);
    check(&f, "users", "succeeded", 1);
    fixture_run_until(&f, ms(15));
    check(&f, "users", "succeeded", 2);
    check(&f, "edge", "locked", 2);
    check(&f, "db", "issued", 1);
    fixture_clear(&f);
}

/* A copy that took 10 ms to fetch and has 10 ms left is fetched early by one read in e. */
static void test_early(void)
{
    enum { KEYS = 20000 };
    struct sim_trace_row *rows = g_new(struct sim_trace_row, 2 * KEYS);
    for (uint64_t i = 0; i < KEYS; i++) {
        rows[i] = (struct sim_trace_row)READ(0, i);
        rows[KEYS + i] = (struct sim_trace_row)READ(100, i);
    }
    const struct sim_trace trace = {"t", 0, 2 * KEYS, rows};
    struct fixture f;
    fixture_init(&f, s(1));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace, "trace = 't', to = 'edge'");
    fixture_add_node(&f, "edge", &sim_model_cache,
                     "capacity = 20000, miss_to = 'db', ttl = ms(100), early = 1");
    fixture_add_node(&f, "db", &sim_model_store_memory, "service = ms(10), servers = 100000");
    fixture_start(&f);
    fixture_run(&f);
    double share = (double)fixture_total(&f, "edge", "early") / KEYS;
    g_assert_cmpfloat(fabs(share - exp(-1)), <, 4 * sqrt(exp(-1) * (1 - exp(-1)) / KEYS));
    check(&f, "edge", "expirations", 0);
    fixture_clear(&f);
    g_free(rows);
}

/* Nobody asks again, and a second later all is gone: 20 places a round, more while many had. */
static void test_active_expiry(void)
{
    struct sim_trace_row rows[50];
    for (uint64_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        rows[i] = (struct sim_trace_row)READ(0, i);
    }
    STORY(f, rows, "capacity = 100, miss_to = 'db', ttl = ms(100), active_expiry = ms(50)");
    fixture_run_until(&f, ms(109));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 50);
    fixture_run_until(&f, s(3));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    check(&f, "edge", "expirations", 0);
    check(&f, "edge", "evictions", 0);
    check(&f, "edge", "invalidations", 0);
    check(&f, "edge", "swept", 50);
    check(&f, "edge", "expirations", 0);
    fixture_clear(&f);
}

/* Somebody writes past the cache at 20 and 700; the store tells of it 0.5 ms after it was
 * committed. It crashes at 200, which breaks the stream: all copies go, and it is opened again a
 * second later.
 */
static void follow(struct fixture *f, const char *edge)
{
    static const struct sim_trace_row reads[] = {READ(0, 1), READ(35, 1), READ(90, 2),
                                                 READ(500, 1)};
    static const struct sim_trace_row writes[] = {WRITE(20, 1), WRITE(700, 1)};
    static const struct sim_trace read_trace = {"r", 0, G_N_ELEMENTS(reads), reads};
    static const struct sim_trace write_trace = {"w", 0, G_N_ELEMENTS(writes), writes};
    fixture_init(f, s(10));
    fixture_trace(f, "r", &read_trace);
    fixture_trace(f, "w", &write_trace);
    fixture_add_node(f, "users", &sim_model_client_trace, "trace = 'r', to = 'edge'");
    fixture_add_node(f, "others", &sim_model_client_trace, "trace = 'w', to = 'db'");
    fixture_add_node(f, "edge", &sim_model_cache, edge);
    fixture_add_node(f, "db", &sim_model_store_memory, STORE);
    fixture_link_latency(f, us(500));
    fixture_add_fault(f, SIM_FAULT_CRASH, ms(200), ms(210), "db");
    fixture_start(f);
}

static void test_follow(void)
{
    struct fixture f;
    follow(&f, "capacity = 10, miss_to = 'db', follow = 'db'");
    fixture_run_until(&f, ms(31) - 1); /* committed at 30.5, told at 31 */
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 1);
    fixture_run_until(&f, ms(31));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    fixture_run_until(&f, ms(190));
    check(&f, "edge", "misses", 3);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 2);
    fixture_run_until(&f, ms(220)); /* the stream broke with the store */
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    fixture_run(&f);
    check(&f, "edge", "changes", 1); /* at 700 nobody followed yet: a second has to pass */
    check(&f, "users", "stale", 1);  /* at 500: the crash has taken the write */
    fixture_clear(&f);
}

/* Kept while nobody is there to ask: the read of 500 is a hit, of what was read at 35. */
static void test_follow_keeps(void)
{
    struct fixture f;
    follow(&f, "capacity = 10, miss_to = 'db', follow = 'db', on_break = 'keep'");
    fixture_run_until(&f, ms(220));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 2);
    fixture_run(&f);
    check(&f, "edge", "misses", 3);
    check(&f, "edge", "hits", 1);
    check(&f, "edge", "changes", 1);
    fixture_clear(&f);
}

static void test_follow_refresh(void)
{
    struct fixture f;
    follow(&f, "capacity = 10, miss_to = 'db', follow = 'db', on_change = 'refresh'");
    fixture_run_until(&f, ms(190));
    check(&f, "edge", "refreshes", 1);
    check(&f, "edge", "hits", 1); /* at 35.5, while the new one is being fetched */
    check(&f, "users", "stale", 1);
    fixture_clear(&f);
}

/* Nobody has asked for key 1 when it is written, and it is there when somebody does. */
static void test_follow_fetch(void)
{
    static const char *const choices[] = {"refresh", "fetch"};
    static const struct sim_trace_row rows[] = {WRITE(0, 1)};
    static const struct sim_trace trace = {"t", 0, G_N_ELEMENTS(rows), rows};
    for (int64_t i = 0; i < 2; i++) {
        struct fixture f;
        g_autofree char *edge = g_strdup_printf(
            "capacity = 10, miss_to = 'db', follow = 'db', on_change = '%s'", choices[i]);
        fixture_init(&f, s(1));
        fixture_trace(&f, "t", &trace);
        fixture_add_node(&f, "others", &sim_model_client_trace, "trace = 't', to = 'db'");
        fixture_add_node(&f, "edge", &sim_model_cache, edge);
        fixture_add_node(&f, "db", &sim_model_store_memory, STORE);
        fixture_start(&f);
        fixture_run(&f);
        check(&f, "edge", "changes", 1);
        g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, i);
        fixture_clear(&f);
    }
}

/* How old what is read can be, on links whose times are drawn: an answer that was overtaken by a
 * write puts an old copy back, which lives on, unless leases keep it out. */
static double oldest_read(const char *edge, uint64_t *ret_overtaken)
{
    struct fixture f;
    fixture_init(&f, s(100));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = poisson(rate(500)), ops = { read = 0.8, write = 0.2 }, "
                     "keys = uniform_keys(20), to = 'edge'");
    fixture_add_node(&f, "edge", &sim_model_cache, edge);
    fixture_add_node(&f, "db", &sim_model_store_memory, "service = ms(1), servers = 1000");
    fixture_link(&f, 0, 0)->latency = fixture_law(&f, "exponential(ms(5))");
    fixture_start(&f);
    fixture_run(&f);
    double oldest = fixture_quantile(&f, "edge", "staleness", 1.0);
    *ret_overtaken = fixture_total(&f, "edge", "overtaken");
    fixture_clear(&f);
    return oldest;
}

static void test_leases(void)
{
    uint64_t overtaken;
    double with = oldest_read("capacity = 100, miss_to = 'db', leases = true", &overtaken);
    g_assert_cmpuint(overtaken, >, 100);
    g_assert_cmpfloat(with, <, 0.07); /* until the answer to a write is back */
    double without = oldest_read("capacity = 100, miss_to = 'db'", &overtaken);
    g_assert_cmpfloat(without, >, 0.2); /* until the next write of the key */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/fill/invalidate", test_invalidate);
    g_test_add_func("/cache/fill/write-through", test_write_through);
    g_test_add_func("/cache/fill/write-around", test_write_around);
    g_test_add_func("/cache/fill/write-behind", test_write_behind);
    g_test_add_func("/cache/fill/write-behind-crash", test_write_behind_crash);
    g_test_add_func("/cache/fill/negative", test_negative);
    g_test_add_func("/cache/fill/filter", test_filter);
    g_test_add_func("/cache/fill/filter-hashes", test_filter_hashes);
    g_test_add_func("/cache/fill/sliding", test_sliding);
    g_test_add_func("/cache/fill/stale-for", test_stale_for);
    g_test_add_func("/cache/fill/refresh-ahead", test_refresh_ahead);
    g_test_add_func("/cache/fill/lock", test_lock);
    g_test_add_func("/cache/fill/early", test_early);
    g_test_add_func("/cache/fill/active-expiry", test_active_expiry);
    g_test_add_func("/cache/fill/leases", test_leases);
    g_test_add_func("/cache/fill/follow", test_follow);
    g_test_add_func("/cache/fill/follow-keeps", test_follow_keeps);
    g_test_add_func("/cache/fill/follow-refresh", test_follow_refresh);
    g_test_add_func("/cache/fill/follow-fetch", test_follow_fetch);
    return g_test_run();
}

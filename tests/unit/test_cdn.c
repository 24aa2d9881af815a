/* What a delivery network asks of caches: purges that take their way, private content, content that
 * is pushed, and a shield behind the points. If these failed, a scenario would show copies that are
 * gone too early, or private ones in a shared cache.
 */
#include "fixture.h"
#include "models.h"

#define READ(time, key)                                                                            \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_READ                                           \
    }
#define WRITE(time, key)                                                                           \
    {                                                                                              \
        (time) * SIM_MILLISECOND, (key), 10, SIM_OP_WRITE                                          \
    }

/* Users do what the rows say at the point "edge"; "editor" does the same at the origin; between
 * them, if it is used, a "shield". The origin takes 10 ms, nothing else takes time. */
static void begin(struct fixture *f, const struct sim_trace *reads, const struct sim_trace *writes,
                  const char *edge, const char *shield)
{
    fixture_init(f, s(10));
    fixture_trace(f, "reads", reads);
    fixture_trace(f, "writes", writes);
    fixture_add_node(f, "users", &sim_model_client_trace, "trace = 'reads', to = 'edge'");
    fixture_add_node(f, "editor", &sim_model_client_trace, "trace = 'writes', to = 'origin'");
    fixture_add_node(f, "edge", &sim_model_cache, edge);
    fixture_add_node(f, "origin", &sim_model_store_memory, "service = ms(10), servers = 100");
    if (shield != NULL) {
        fixture_add_node(f, "shield", &sim_model_cache, shield);
    }
}

#define STORY(f, reads, writes, edge, shield)                                                      \
    struct fixture f;                                                                              \
    const struct sim_trace f##_reads = {"reads", 0, G_N_ELEMENTS(reads), reads};                   \
    const struct sim_trace f##_writes = {"writes", 0, G_N_ELEMENTS(writes), writes};               \
    begin(&(f), &f##_reads, &f##_writes, edge, shield);                                            \
    fixture_start(&(f))

static void check(const struct fixture *f, const char *group, const char *metric, uint64_t count)
{
    uint64_t came = fixture_total(f, group, metric);
    if (came != count) {
        g_error("%s.%s: %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT, group, metric, came,
                count);
    }
}

/* ---- purge ---- */

/* Written at 110 ms, purged 50 ms later: the read at 150 ms is stale, that at 170 ms is not. */
static const struct sim_trace_row purge_reads[] = {READ(0, 1), READ(150, 1), READ(170, 1)};
static const struct sim_trace_row purge_writes[] = {WRITE(100, 1)};

static void test_purge(void)
{
    STORY(f, purge_reads, purge_writes,
          "capacity = 10, miss_to = 'origin', follow = 'origin', change_delay = ms(50)", NULL);
    fixture_run_until(&f, ms(160) - 1);
    check(&f, "edge", "invalidations", 0);
    fixture_run_until(&f, ms(160));
    check(&f, "edge", "invalidations", 1);
    fixture_run(&f);
    check(&f, "users", "stale", 1);
    check(&f, "edge", "misses", 2);
    fixture_clear(&f);
}

/* A point that is purged before its shield fetches the old copy from there: it is purged, and goes
 * on serving what was to be purged. The other way round it does not. */
static void check_order(const char *edge, const char *shield, uint64_t stale)
{
    static const struct sim_trace_row reads[] = {READ(0, 1), READ(130, 1), READ(200, 1),
                                                 READ(900, 1)};
    STORY(f, reads, purge_writes, edge, shield);
    fixture_run(&f);
    check(&f, "users", "stale", stale);
    check(&f, "edge", "invalidations", 1);
    fixture_clear(&f);
}

static void test_purge_order(void)
{
    check_order("capacity = 10, miss_to = 'shield', follow = 'origin', change_delay = ms(10)",
                "capacity = 10, miss_to = 'origin', follow = 'origin', change_delay = ms(50)", 3);
    check_order("capacity = 10, miss_to = 'shield', follow = 'origin', change_delay = ms(10)",
                "capacity = 10, miss_to = 'origin', follow = 'origin'", 0);
}

/* A point that is cut from where purges come from drops all: the purges of that time would be
 * missed. Those that are under way find nothing to drop; but what the origin says after it has lost
 * the write is older than they say, and is not kept: the read at 150 ms, which is answered when the
 * purge acts, and that at 170 ms both miss. */
static void test_purge_broken(void)
{
    STORY(f, purge_reads, purge_writes,
          "capacity = 10, miss_to = 'origin', follow = 'origin', change_delay = ms(50)", NULL);
    fixture_run_until(&f, ms(120));
    fixture_crash(&f, "origin");
    fixture_run_until(&f, ms(121));
    check(&f, "edge", "invalidations", 1);
    fixture_restart(&f, "origin");
    fixture_run(&f);
    check(&f, "edge", "invalidations", 1);
    check(&f, "edge", "overtaken", 1);
    check(&f, "edge", "misses", 3);
    fixture_clear(&f);
}

/* What was fetched after the write, at 120 ms, is of the version that the purge is about: it stays,
 * and the read at 170 ms finds it. */
static void test_purge_known(void)
{
    static const struct sim_trace_row reads[] = {READ(120, 1), READ(170, 1)};
    STORY(f, reads, purge_writes,
          "capacity = 10, miss_to = 'origin', follow = 'origin', change_delay = ms(50)", NULL);
    fixture_run(&f);
    check(&f, "edge", "changes", 1);
    check(&f, "edge", "known", 1);
    check(&f, "edge", "invalidations", 0);
    check(&f, "edge", "misses", 1);
    check(&f, "users", "stale", 0);
    fixture_clear(&f);
}

/* The shield has an old copy and takes 30 ms to say so: from 115 to 145 ms. At 130 ms the point is
 * told of a newer version, and does not keep what comes. */
static void test_purge_overtakes(void)
{
    static const struct sim_trace_row reads[] = {READ(0, 1), READ(115, 1)};
    static const struct sim_trace_row writes[] = {WRITE(100, 1), WRITE(120, 1)};
    STORY(f, reads, writes, "capacity = 10, miss_to = 'shield', follow = 'origin'",
          "capacity = 10, miss_to = 'origin', hit = ms(30)");
    fixture_run_until(&f, ms(145));
    check(&f, "users", "succeeded", 2);
    check(&f, "users", "stale", 1);
    check(&f, "edge", "overtaken", 1);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    fixture_clear(&f);
}

/* ---- private content ---- */

static const struct sim_trace_row private_reads[] = {READ(0, 1), READ(100, 1), READ(200, 1),
                                                     WRITE(300, 1), READ(400, 1)};
static const struct sim_trace_row no_writes[] = {WRITE(5000, 99)};

/* With all private nothing is looked up or kept, at the point or at the shield, whatever is written
 * and whatever changes; each request goes to the origin. */
static void test_private(void)
{
    STORY(f, private_reads, no_writes,
          "capacity = 10, miss_to = 'shield', private = percent(100), write = 'through', "
          "follow = 'origin', on_change = 'fetch', preload = 5",
          "capacity = 10, miss_to = 'origin', private = percent(100)");
    fixture_run(&f);
    check(&f, "edge", "passed", 5);
    check(&f, "edge", "lookups", 0);
    check(&f, "edge", "refreshes", 0);
    check(&f, "edge", "changes", 2);
    check(&f, "shield", "passed", 5);
    check(&f, "origin", "succeeded", 6); /* and the editor's */
    check(&f, "users", "succeeded", 5);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    fixture_clear(&f);
}

/* A share of the keys is private, the same ones at both caches: what a point passes a shield passes
 * too. 1,000 keys are 300 give or take 3 x 14.5. */
static void test_private_share(void)
{
    enum { KEYS = 1000 };
    static struct sim_trace_row reads[KEYS];
    for (uint64_t i = 0; i < KEYS; i++) {
        reads[i] = (struct sim_trace_row)READ((sim_time)i, i);
    }
    STORY(f, reads, no_writes, "capacity = 2000, miss_to = 'shield', private = percent(30)",
          "capacity = 2000, miss_to = 'origin', private = percent(30)");
    fixture_run(&f);
    uint64_t passed = fixture_total(&f, "edge", "passed");
    g_assert_cmpuint(passed, >, 256);
    g_assert_cmpuint(passed, <, 344);
    check(&f, "shield", "passed", passed);
    check(&f, "edge", "misses", KEYS - passed);
    fixture_clear(&f);
}

/* ---- push ---- */

/* 25 keys of 10 ms each, ten at a time, are there after 30 ms; a restart fetches them again. */
static void test_preload(void)
{
    static const struct sim_trace_row reads[] = {READ(31, 0), READ(31, 24), READ(31, 25)};
    STORY(f, reads, no_writes, "capacity = 100, miss_to = 'origin', preload = 25", NULL);
    for (int i = 0; i < 3; i++) {
        fixture_run_until(&f, ms(10) * (i + 1) - 1);
        g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 10 * i);
    }
    fixture_run_until(&f, ms(30));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 25);
    fixture_run_until(&f, s(1));
    check(&f, "edge", "hits", 2);
    check(&f, "edge", "refreshes", 25);
    fixture_crash(&f, "edge");
    fixture_run_until(&f, s(2));
    fixture_restart(&f, "edge");
    fixture_run_until(&f, s(2) + ms(30));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 25);
    fixture_run(&f);
    fixture_clear(&f);
}

/* One that is read meanwhile is not fetched twice, and who reads it shares the answer. */
static void test_preload_shared(void)
{
    static const struct sim_trace_row reads[] = {READ(5, 11), READ(12, 12)};
    STORY(f, reads, no_writes, "capacity = 100, miss_to = 'origin', preload = 20, coalesce = true",
          NULL);
    fixture_run_until(&f, ms(100));
    check(&f, "edge", "refreshes", 19); /* 11 was being fetched when its turn came */
    check(&f, "edge", "coalesced", 1);
    check(&f, "origin", "succeeded", 20);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 20);
    fixture_run(&f);
    fixture_clear(&f);
}

/* Fetches that fail are left out; with nobody to ask at all there are none. */
static void test_preload_fails(void)
{
    static const struct sim_trace_row reads[] = {READ(100, 0)};
    STORY(f, reads, no_writes, "capacity = 100, miss_to = 'origin', preload = 25", NULL);
    fixture_run_until(&f, ms(10));
    fixture_crash(&f, "origin");
    fixture_run_until(&f, ms(50));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 10);
    check(&f, "edge", "refreshes", 25);
    fixture_run(&f);
    fixture_clear(&f);
}

static void test_preload_nobody(void)
{
    static const struct sim_trace_row reads[] = {READ(100, 0)};
    struct fixture f;
    const struct sim_trace trace = {"reads", 0, 1, reads};
    begin(&f, &trace, &trace, "capacity = 100, miss_to = 'origin', preload = 25", NULL);
    fixture_group(&f, "origin")->count = 0;
    fixture_start(&f);
    fixture_run_until(&f, s(1));
    check(&f, "edge", "refreshes", 0);
    check(&f, "users", "failed", 1);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cdn/purge", test_purge);
    g_test_add_func("/cdn/purge-order", test_purge_order);
    g_test_add_func("/cdn/purge-broken", test_purge_broken);
    g_test_add_func("/cdn/purge-known", test_purge_known);
    g_test_add_func("/cdn/purge-overtakes", test_purge_overtakes);
    g_test_add_func("/cdn/private", test_private);
    g_test_add_func("/cdn/private-share", test_private_share);
    g_test_add_func("/cdn/preload", test_preload);
    g_test_add_func("/cdn/preload-shared", test_preload_shared);
    g_test_add_func("/cdn/preload-fails", test_preload_fails);
    g_test_add_func("/cdn/preload-nobody", test_preload_nobody);
    return g_test_run();
}

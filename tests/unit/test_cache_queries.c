/* Scans before a cache that keeps whole results, or the objects in them: stories in exact virtual
 * time over a store that takes 10 ms and a network that takes none, and both caches beside naive
 * ones. If these failed, a query cache would serve results that a change had made old, lose those
 * that it had not, or call an answer fresh that holds something stale.
 */
#include "fixture.h"
#include "models.h"
#include "probe.h"

struct scene {
    struct fixture f;
    struct probe users;
    uint64_t asked;
};

/* `far`: a second cache between the two, or NULL. */
static void begin_two(struct scene *scene, const char *edge, const char *far)
{
    *scene = (struct scene){.asked = 0};
    fixture_init(&scene->f, s(1000));
    probe_add(&scene->f, &scene->users, "users", 1);
    fixture_add_node(&scene->f, "edge", &sim_model_cache, edge);
    fixture_add_node(&scene->f, "db", &sim_model_store_memory,
                     "service = ms(10), unchanged = ms(4), servers = 1000");
    if (far != NULL) {
        fixture_add_node(&scene->f, "far", &sim_model_cache, far);
    }
    fixture_start(&scene->f);
}

static void begin(struct scene *scene, const char *edge)
{
    begin_two(scene, edge, NULL);
}

/* At that time, of `to`. */
static void ask_of(struct scene *scene, int64_t at_ms, const char *to, struct sim_request request)
{
    fixture_run_until(&scene->f, at_ms * SIM_MILLISECOND);
    request.deadline = SIM_NEVER;
    request.value = ++scene->asked;
    sim_send_request(probe_node(&scene->f, "users"), fixture_id(&scene->f, to), &request, SIM_NEVER,
                     scene->asked);
}

static void scan(struct scene *scene, int64_t at_ms, uint64_t key, uint64_t length)
{
    struct sim_request request = {
        .operation = SIM_OP_SCAN, .key = key, .key_end = key + length, .reply_bytes = 100};
    ask_of(scene, at_ms, "edge", request);
}

static void write_to(struct scene *scene, int64_t at_ms, const char *to, uint64_t key)
{
    struct sim_request request = {.operation = SIM_OP_WRITE, .key = key};
    ask_of(scene, at_ms, to, request);
}

static void check(const struct scene *scene, const char *metric, uint64_t count)
{
    uint64_t came = fixture_total(&scene->f, "edge", metric);
    if (came != count) {
        g_error("edge.%s: %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT, metric, came, count);
    }
}

/* The answer to the n-th thing asked came then. */
static void answered(const struct scene *scene, uint64_t asked, int64_t at_ms)
{
    for (uint32_t i = 0; i < probe_count(&scene->users, SIM_IN_OUTCOME); i++) {
        const struct probe_seen *seen = probe_nth(&scene->users, SIM_IN_OUTCOME, i);
        if (seen->tag == asked) {
            g_assert_cmpint(seen->status, ==, SIM_STATUS_OK);
            g_assert_cmpint(seen->time, ==, at_ms * SIM_MILLISECOND);
            return;
        }
    }
    g_error("number %" G_GUINT64_FORMAT " has no answer", asked);
}

static void end(struct scene *scene)
{
    fixture_run(&scene->f);
    fixture_clear(&scene->f);
    probe_clear(&scene->users);
}

/* ---- whole results ---- */

/* One look-up answers a result that is there. A change of an object drops the results that it is
 * in, each once, and no other; one that the result has already leaves it alone. */
static void test_results(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'results', follow = 'db', miss_to = 'db'");
    for (uint64_t first = 0; first < 5; first++) {
        scan(&x, 0, first, 3); /* 0-2, 1-3, 2-4, 3-5, 4-6 */
    }
    scan(&x, 20, 0, 3);
    fixture_run_until(&x.f, ms(20));
    answered(&x, 1, 10);
    answered(&x, 6, 20);
    check(&x, "lookups", 6);
    check(&x, "hits", 1);
    write_to(&x, 20, "db", 3); /* committed at 30 */
    fixture_run_until(&x.f, ms(30) - 1);
    check(&x, "invalidations", 0);
    fixture_run_until(&x.f, ms(30));
    check(&x, "invalidations", 3);
    g_assert_cmpint(fixture_level(&x.f, "edge", "entries"), ==, 2);
    scan(&x, 40, 0, 3);
    scan(&x, 40, 4, 3);
    scan(&x, 40, 1, 3);
    fixture_run_until(&x.f, ms(50));
    answered(&x, 8, 40);
    answered(&x, 9, 40);
    answered(&x, 10, 50);
    check(&x, "hits", 3);
    check(&x, "stale", 0);
    check(&x, "versioned", 9);
    end(&x);
}

/* Without a stream a result lives for its time. It is as stale as the stalest object in it: keys 1
 * and 2 were written at 30 and 50, key 2 twice. */
static void test_results_ttl(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'results', ttl = ms(100), miss_to = 'db'");
    scan(&x, 0, 0, 3);
    write_to(&x, 20, "db", 1);
    write_to(&x, 40, "db", 2);
    write_to(&x, 45, "db", 2);
    write_to(&x, 45, "db", 3); /* not in it */
    scan(&x, 60, 0, 3);
    scan(&x, 110, 0, 3);
    fixture_run_until(&x.f, ms(120));
    answered(&x, 6, 60);
    answered(&x, 7, 120);
    check(&x, "stale", 1);
    g_assert_cmpfloat(fixture_quantile(&x.f, "edge", "staleness", 0.5), ==, 0.03);
    g_assert_cmpfloat(fixture_quantile(&x.f, "edge", "behind", 0.5), ==, 1);
    check(&x, "expirations", 1);
    end(&x);
}

/* A fetch that a change overtakes is not kept. */
static void test_results_overtaken(void)
{
    struct scene x;
    begin_two(&x, "capacity = 100, scans = 'results', follow = 'db', miss_to = 'far'",
              "capacity = 100, scans = 'results', hit = ms(30), miss_to = 'db'");
    scan(&x, 0, 0, 3);
    write_to(&x, 20, "db", 1); /* told at 30: gone at the edge, and still at the far cache */
    scan(&x, 35, 0, 3);        /* which answers at 65 */
    write_to(&x, 40, "db", 2); /* told at 50 */
    fixture_run_until(&x.f, ms(65));
    answered(&x, 3, 65);
    check(&x, "overtaken", 1);
    g_assert_cmpint(fixture_level(&x.f, "edge", "entries"), ==, 0);
    end(&x);
}

/* A purge takes 50 ms. What was fetched meanwhile has the change that it is about, or a later one.
 */
static void test_results_known(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'results', follow = 'db', change_delay = ms(50), "
              "miss_to = 'db'");
    write_to(&x, 0, "db", 1);  /* committed at 10, told at 60 */
    write_to(&x, 10, "db", 2); /* at 20 and 70 */
    scan(&x, 25, 0, 3);        /* of 35 */
    scan(&x, 80, 0, 3);
    fixture_run_until(&x.f, ms(80));
    check(&x, "invalidations", 0);
    check(&x, "hits", 1);
    check(&x, "stale", 0);
    end(&x);
}

/* A write through the cache drops the results that the key is in, unless writes go around it. */
static void test_results_write(void)
{
    static const char *const ways[] = {"invalidate", "through", "around"};
    static const uint64_t dropped[] = {2, 2, 0};
    for (int i = 0; i < 3; i++) {
        struct scene x;
        g_autofree char *edge = g_strdup_printf(
            "capacity = 100, scans = 'results', write = '%s', miss_to = 'db'", ways[i]);
        begin(&x, edge);
        scan(&x, 0, 0, 2);
        scan(&x, 0, 1, 2);
        scan(&x, 0, 2, 2);
        write_to(&x, 20, "edge", 1);
        fixture_run_until(&x.f, ms(30));
        check(&x, "invalidations", dropped[i]);
        end(&x);
    }
}

/* A change fetches the results that are here again, and those alone. */
static void test_results_refresh(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'results', follow = 'db', on_change = 'refresh', "
              "miss_to = 'db'");
    scan(&x, 0, 0, 3);
    write_to(&x, 20, "db", 2);
    fixture_run_until(&x.f, ms(40));
    check(&x, "refreshes", 1);
    scan(&x, 50, 0, 3);
    fixture_run_until(&x.f, ms(50));
    check(&x, "hits", 1);
    check(&x, "stale", 0);
    end(&x);
}

/* ---- by version ---- */

/* Each hit asks the store first: an answer that nothing is new carries no bytes, takes 4 ms,
 * and makes it a hit; one that something is brings the new one. */
static void validate(const char *scans, uint64_t length)
{
    struct scene x;
    g_autofree char *edge =
        g_strdup_printf("capacity = 100, scans = '%s', validate = true, miss_to = 'db'", scans);
    begin(&x, edge);
    scan(&x, 0, 0, length);
    scan(&x, 20, 0, length);
    fixture_run_until(&x.f, ms(24));
    answered(&x, 2, 24);
    check(&x, "validations", 1);
    check(&x, "hits", 1);
    write_to(&x, 30, "db", 0);
    scan(&x, 50, 0, length);
    fixture_run_until(&x.f, ms(60));
    answered(&x, 4, 60);
    check(&x, "validations", 2);
    check(&x, "misses", 2);
    check(&x, "hits", 1);
    check(&x, "stale", 0);
    end(&x);
}

static void test_validate(void)
{
    validate("results", 3);
    validate("objects", 1);
}

/* Behind another cache, whose copy has passed its time: what that one keeps is whole, though it was
 * asked for no more than whether there is something new. */
static void test_validate_far(void)
{
    struct scene x;
    begin_two(&x, "capacity = 100, scans = 'results', validate = true, miss_to = 'far'",
              "capacity = 100, scans = 'results', ttl = ms(5), miss_to = 'db'");
    scan(&x, 0, 0, 3);
    scan(&x, 20, 0, 3);
    fixture_run_until(&x.f, ms(30));
    answered(&x, 2, 30);
    check(&x, "hits", 1);
    g_assert_cmpint(fixture_level(&x.f, "far", "bytes"), ==, 300);
    g_assert_cmpint(fixture_level(&x.f, "edge", "bytes"), ==, 300);
    end(&x);
}

/* ---- objects ---- */

/* What is not here is read side by side. */
static void test_objects(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'objects', hit = ms(1), servers = 1, miss_to = 'db'");
    scan(&x, 0, 0, 3);
    scan(&x, 20, 1, 3); /* two hits, one after the other, while the third is read */
    scan(&x, 40, 1, 3); /* three hits */
    fixture_run_until(&x.f, ms(43));
    answered(&x, 1, 10);
    answered(&x, 2, 30);
    answered(&x, 3, 43);
    check(&x, "lookups", 9);
    check(&x, "hits", 5);
    check(&x, "misses", 4);
    check(&x, "issued", 3);
    g_assert_cmpuint(fixture_total(&x.f, "db", "issued"), ==, 4);
    end(&x);
}

/* Key 0 is here since 10, key 1 is fetched at 50, after a write at 30 that it has: nothing in the
 * second answer is stale. Key 0 is written at 70 and 80: the answer at 90 is stale since 70, by two
 * versions. */
static void test_objects_stale(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'objects', miss_to = 'db'");
    scan(&x, 0, 0, 1);
    write_to(&x, 20, "db", 1);
    scan(&x, 40, 0, 2);
    fixture_run_until(&x.f, ms(55));
    check(&x, "stale", 0);
    check(&x, "versioned", 2);
    write_to(&x, 60, "db", 0);
    write_to(&x, 70, "db", 0);
    scan(&x, 90, 0, 2);
    fixture_run_until(&x.f, ms(90));
    check(&x, "stale", 1);
    g_assert_cmpfloat(fixture_quantile(&x.f, "edge", "staleness", 0.5), ==, 0.02);
    g_assert_cmpfloat(fixture_quantile(&x.f, "edge", "behind", 0.5), ==, 2);
    end(&x);
}

/* One part that fails is enough. */
static void test_objects_fail(void)
{
    struct scene x;
    begin(&x, "capacity = 100, scans = 'objects', miss_to = 'db'");
    scan(&x, 0, 0, 2);
    fixture_run_until(&x.f, ms(20));
    fixture_crash(&x.f, "db");
    scan(&x, 30, 1, 2);
    scan(&x, 30, 0, 2);
    fixture_run_until(&x.f, ms(40));
    g_assert_cmpuint(probe_count(&x.users, SIM_IN_OUTCOME), ==, 3);
    check(&x, "succeeded", 2);
    check(&x, "failed", 1);
    end(&x);
}

/* ---- a store with a disk ---- */

/* A change is told of when reads see it: work of 10 ms, and an fsync of 5. */
static void test_on_disk(void)
{
    struct scene x = {.asked = 0};
    fixture_init(&x.f, s(1000));
    probe_add(&x.f, &x.users, "users", 1);
    fixture_add_node(&x.f, "edge", &sim_model_cache,
                     "capacity = 100, scans = 'results', follow = 'db', miss_to = 'db'");
    fixture_add_node(&x.f, "db", &sim_model_store_single,
                     "service = ms(10), servers = 1000, fsync = ms(5), keys = 100");
    fixture_start(&x.f);
    scan(&x, 0, 0, 3);
    write_to(&x, 20, "db", 1);
    scan(&x, 31, 0, 3);
    fixture_run_until(&x.f, ms(35) - 1);
    check(&x, "hits", 1);
    check(&x, "invalidations", 0);
    fixture_run_until(&x.f, ms(35));
    check(&x, "invalidations", 1);
    scan(&x, 40, 0, 3);
    fixture_run_until(&x.f, ms(50));
    answered(&x, 4, 50);
    check(&x, "stale", 0);
    check(&x, "versioned", 3);
    end(&x);
}

/* ---- beside naive ones ---- */

enum { KEYS = 12, LENGTHS = 4, STEPS = 3000 };

/* Scans of all lengths and writes past the cache, one after the other: what is in a cache that
 * follows is what nobody has written since it was fetched, so that its hits are known and nothing
 * is stale. */
static void twin(const char *scans, bool by_result)
{
    struct scene x;
    static bool has[KEYS + LENGTHS][LENGTHS + 1];
    struct sim_random random;
    uint64_t hits = 0, lookups = 0;
    g_autofree char *edge = g_strdup_printf("capacity = 1000, scans = '%s', follow = 'db', miss_to "
                                            "= 'db', coalesce = true, filter_keys = 100",
                                            scans);
    memset(has, 0, sizeof has);
    begin(&x, edge);
    sim_random_init(&random, 7, "queries", scans);
    for (int i = 0; i < STEPS; i++) {
        uint64_t key = sim_random_below(&random, KEYS);
        uint64_t length = 1 + sim_random_below(&random, LENGTHS);
        bool is_write = sim_random_below(&random, 4) == 0;
        for (uint64_t first = 0; is_write && first <= key; first++) {
            for (uint64_t n = 1; n <= LENGTHS; n++) {
                has[first][n] &= first + n <= key;
            }
        }
        if (is_write) {
            write_to(&x, 20 * i, "db", key);
            continue;
        }
        scan(&x, 20 * i, key, length);
        for (uint64_t at = key; !by_result && at < key + length; at++) {
            hits += has[at][1];
            lookups++;
            has[at][1] = true;
        }
        if (by_result) {
            hits += has[key][length];
            lookups++;
            has[key][length] = true;
        }
    }
    fixture_run(&x.f);
    check(&x, "hits", hits);
    check(&x, "lookups", lookups);
    check(&x, "stale", 0);
    g_assert_cmpuint(hits, >, lookups / 10);
    fixture_clear(&x.f);
    probe_clear(&x.users);
}

static void test_twin(void)
{
    twin("results", true);
    twin("objects", false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/queries/results", test_results);
    g_test_add_func("/cache/queries/results-ttl", test_results_ttl);
    g_test_add_func("/cache/queries/results-overtaken", test_results_overtaken);
    g_test_add_func("/cache/queries/results-known", test_results_known);
    g_test_add_func("/cache/queries/results-write", test_results_write);
    g_test_add_func("/cache/queries/results-refresh", test_results_refresh);
    g_test_add_func("/cache/queries/validate", test_validate);
    g_test_add_func("/cache/queries/validate-far", test_validate_far);
    g_test_add_func("/cache/queries/objects", test_objects);
    g_test_add_func("/cache/queries/objects-stale", test_objects_stale);
    g_test_add_func("/cache/queries/objects-fail", test_objects_fail);
    g_test_add_func("/cache/queries/on-disk", test_on_disk);
    g_test_add_func("/cache/queries/twin", test_twin);
    return g_test_run();
}

/* The cache as a component: stories in exact virtual time, and the real block trace through client,
 * cache and store with libCacheSim's miss counts. If these failed, a cache would answer what it
 * does not have, or ask again for what it has.
 */
#include "../cache_reference.h"
#include "fixture.h"
#include "models.h"
#include "probe.h"

#define READS(keys)                                                                                \
    "arrivals = regular(rate(100)), ops = { read = 1 }, keys = " keys ", to = 'edge'"

static void build(struct fixture *f, sim_time duration, const char *users, const char *edge,
                  const char *db)
{
    fixture_init(f, duration);
    fixture_add_node(f, "users", &sim_model_client_open, users);
    fixture_add_node(f, "edge", &sim_model_cache, edge);
    fixture_add_node(f, "db", &sim_model_service, db);
}

static void check_counts(const struct fixture *f, uint64_t lookups, uint64_t hits, uint64_t misses)
{
    g_assert_cmpuint(fixture_total(f, "edge", "lookups"), ==, lookups);
    g_assert_cmpuint(fixture_total(f, "edge", "hits"), ==, hits);
    g_assert_cmpuint(fixture_total(f, "edge", "misses"), ==, misses);
}

/* The first read costs 1 + 20 ms and three links, the others 2 ms and one. */
static void test_hit_and_miss(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"),
          "capacity = 10, miss_to = 'db', hit = ms(2), miss = ms(1)", "service = ms(20)");
    fixture_link_latency(&f, us(100));
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 7, 3); /* 0, 10 and 20 ask before the answer of the first is there */
    g_assert_cmpuint(fixture_total(&f, "db", "issued"), ==, 3);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 1);
    g_assert_cmpint(fixture_level(&f, "edge", "bytes"), ==, 1024);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==, 0.0022);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0.8), ==, 0.0214);
    fixture_clear(&f);
}

/* Three ledgers: three requests at the cache, one call to the store, three answers at once. */
static void test_coalesce(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"), "capacity = 10, miss_to = 'db', coalesce = true",
          "service = ms(25)");
    fixture_start(&f);
    fixture_run_until(&f, ms(25) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 0);
    fixture_run_until(&f, ms(25));
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 3);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 7, 3);
    g_assert_cmpuint(fixture_total(&f, "edge", "coalesced"), ==, 2);
    g_assert_cmpuint(fixture_total(&f, "edge", "attempts"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "db", "issued"), ==, 1);
    fixture_clear(&f);
}

/* A failure goes to all who waited for it, is not kept, and the next read asks anew. */
static void test_failure(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"),
          "capacity = 10, miss_to = 'db', coalesce = true, timeout = ms(25)", "service = ms(95)");
    fixture_start(&f);
    fixture_run_until(&f, ms(25));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 3);
    fixture_run_until(&f, ms(54));
    g_assert_cmpuint(fixture_total(&f, "edge", "attempts"), ==, 2); /* at 30 */
    fixture_run_until(&f, ms(55));
    g_assert_cmpuint(fixture_total(&f, "users", "timeout"), ==, 6);
    g_assert_cmpuint(fixture_total(&f, "edge", "hits"), ==, 0);
    fixture_clear(&f);
}

/* 25 ms to live: filled at 0, fresh at 10 and 20, asked for anew at 30. */
static void test_ttl(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"), "capacity = 10, miss_to = 'db', ttl = ms(25)",
          "service = ms(0)");
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 6, 4); /* 0, 30, 60, 90 */
    g_assert_cmpuint(fixture_total(&f, "edge", "expirations"), ==, 3);
    fixture_clear(&f);

    build(&f, ms(100), READS("one_key(7)"), "capacity = 10, miss_to = 'db', ttl = ms(20)",
          "service = ms(0)");
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 5, 5); /* at its very end a copy is stale */
    fixture_clear(&f);
}

static void answer_fresh_for_15_ms(struct sim_node *self, const struct sim_input *in,
                                   struct probe *probe)
{
    (void)probe;
    if (in->kind == SIM_IN_REQUEST) {
        struct sim_reply reply = {
            .value = 5, .version = 6, .bytes = 77, .fresh_until = sim_now(self) + ms(15)};
        sim_answer(self, in->ticket, &reply);
    }
}

/* The answer itself may say that it is fresh for less than the ttl; and a hit says all that the
 * answer said. */
static void test_fresh_until(void)
{
    struct fixture f;
    struct probe store = {.on = answer_fresh_for_15_ms};
    fixture_init(&f, ms(100));
    fixture_add_node(&f, "users", &sim_model_client_open, READS("one_key(7)"));
    fixture_add_node(&f, "edge", &sim_model_cache, "capacity = 10, miss_to = 'db', ttl = ms(50)");
    probe_add(&f, &store, "db", 1);
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 5, 5);
    g_assert_cmpint(fixture_level(&f, "edge", "bytes"), ==, 77);
    fixture_clear(&f);
    probe_clear(&store);
}

/* With half of it as jitter, copies live between 50 and 150 ms. */
static void test_ttl_jitter(void)
{
    struct fixture f;
    build(&f, s(100),
          "arrivals = regular(rate(1000)), ops = { read = 1 }, keys = sequential(10), to = 'edge'",
          "capacity = 10, miss_to = 'db', ttl = ms(100), ttl_jitter = percent(50)",
          "service = ms(0)");
    fixture_start(&f);
    fixture_run(&f);
    double expired = (double)fixture_total(&f, "edge", "expirations");
    /* Looked at every 10 ms: a mean life of 105. */
    g_assert_cmpfloat(expired, >, 100000 / 105.0 * 10 * 0.97);
    g_assert_cmpfloat(expired, <, 100000 / 105.0 * 10 * 1.03);
    fixture_clear(&f);
}

/* A write goes to the store, and then the copy is gone. */
static void test_write(void)
{
    struct fixture f;
    static const struct sim_trace_row rows[] = {
        {0, 1, 10, SIM_OP_READ}, {0, 1, 10, SIM_OP_READ},  {0, 1, 10, SIM_OP_WRITE},
        {0, 1, 10, SIM_OP_READ}, {0, 2, 10, SIM_OP_WRITE}, {0, 1, 10, SIM_OP_SCAN},
        {0, 1, 10, SIM_OP_READ},
    };
    static const struct sim_trace trace = {"t", 0, G_N_ELEMENTS(rows), rows};
    fixture_init(&f, s(1));
    fixture_trace(&f, "t", &trace);
    fixture_add_node(&f, "users", &sim_model_client_trace,
                     "trace = 't', pace = 'back_to_back', to = 'edge'");
    fixture_add_node(&f, "edge", &sim_model_cache, "capacity = 10, miss_to = 'db'");
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(10)");
    fixture_start(&f);
    fixture_run(&f);
    check_counts(&f, 4, 2, 2);
    g_assert_cmpuint(fixture_total(&f, "edge", "invalidations"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "db", "issued"), ==, 5);
    g_assert_cmpint(fixture_level(&f, "edge", "bytes"), ==, 10);
    fixture_clear(&f);
}

static void test_evictions(void)
{
    struct fixture f;
    build(&f, s(1), READS("sequential(11)"), "capacity = 10, miss_to = 'db'", "service = ms(0)");
    fixture_start(&f);
    fixture_run_until(&f, s(1) - 1);
    check_counts(&f, 100, 0, 100); /* one more than fits, in turn: LRU never hits */
    g_assert_cmpuint(fixture_total(&f, "edge", "evictions"), ==, 90);
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 10);
    fixture_clear(&f);
}

/* Objects larger than the whole cache pass through it. */
static void test_refusal(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"), "bytes_capacity = bytes(100), miss_to = 'db'",
          "service = ms(0), reply_bytes = bytes(101)");
    fixture_start(&f);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 10, 0, 10);
    g_assert_cmpuint(fixture_total(&f, "edge", "refusals"), ==, 10);
    fixture_clear(&f);
}

/* Two servers of 15 ms and one place to wait, at 100 requests/s: nothing is turned away; with one
 * server every other one is. */
static void test_servers(void)
{
    struct fixture f;
    build(&f, s(1), READS("one_key(7)"),
          "capacity = 10, hit = ms(15), miss = ms(15), servers = 2, queue_limit = 0",
          "service = ms(0)");
    fixture_start(&f);
    fixture_run_until(&f, s(1) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 0);
    fixture_clear(&f);
    build(&f, s(1), READS("one_key(7)"),
          "capacity = 10, hit = ms(15), miss = ms(15), servers = 1, queue_limit = 0, "
          "coalesce = true",
          "service = ms(0)");
    fixture_start(&f);
    fixture_run_until(&f, s(1) - 1);
    g_assert_cmpuint(fixture_total(&f, "users", "rejected"), ==, 49); /* 10 waits with the first */
    fixture_clear(&f);
}

/* A crash empties it: the books say so at once, and the next read misses. */
static void test_crash(void)
{
    struct fixture f;
    build(&f, ms(100), READS("one_key(7)"), "capacity = 10, miss_to = 'db', hit = ms(1)",
          "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, ms(45), ms(55), "edge");
    fixture_start(&f);
    fixture_run_until(&f, ms(46));
    g_assert_cmpint(fixture_level(&f, "edge", "entries"), ==, 0);
    g_assert_cmpint(fixture_level(&f, "edge", "bytes"), ==, 0);
    fixture_run_until(&f, ms(100) - 1);
    check_counts(&f, 9, 7, 2);
    fixture_clear(&f);
}

/* The names that scenarios may use are those of the table of policies. */
static void test_table(void)
{
    const struct sim_param *policy = sim_model_cache.params;
    while (strcmp(policy->name, "policy") != 0) {
        policy++;
    }
    int count = 0;
    for (; sim_eviction_policies[count] != NULL; count++) {
        g_assert_cmpstr(sim_eviction_policies[count]->name, ==, policy->choices[count]);
    }
    g_assert_null(policy->choices[count]);
}

/* ---- the real block trace ---- */

static struct sim_trace read_cloudphysics(struct sim_trace_row **ret_rows)
{
    struct sim_trace trace = {.path = "cloudphysics.csv"};
    g_auto(GStrv) lines = reference_lines("cache/cloudphysics.csv");
    if (lines == NULL) {
        return trace;
    }
    trace.count = g_strv_length(lines);
    *ret_rows = g_new0(struct sim_trace_row, trace.count);
    trace.rows = *ret_rows;
    for (size_t i = 0; i < trace.count; i++) { /* time_us, object, size, op, size_og */
        struct sim_trace_row *row = &(*ret_rows)[i];
        char *at;
        row->time = g_ascii_strtoll(lines[i], &at, 10) * SIM_MICROSECOND;
        row->key = g_ascii_strtoull(at + 1, &at, 10);
        row->bytes = g_ascii_strtoll(at + 1, &at, 10);
        row->operation = at[1] == 'w' ? SIM_OP_WRITE : SIM_OP_READ;
    }
    sim_time first = trace.rows[0].time;
    for (size_t i = 0; i < trace.count; i++) {
        (*ret_rows)[i].time -= first;
    }
    return trace;
}

static void replay(const struct sim_trace *trace, const struct reference_row *row, bool has_store)
{
    struct fixture f;
    char text[256];
    fixture_init(&f, s(1e6));
    fixture_trace(&f, "t", trace);
    fixture_add_node(&f, "users", &sim_model_client_trace,
                     "trace = 't', pace = 'back_to_back', operation = 'read', to = 'edge'");
    bool is_by_count = strcmp(row->mode, "count") == 0;
    g_snprintf(text, sizeof text, "%s = %" G_GUINT64_FORMAT ", policy = '%s'%s",
               is_by_count ? "capacity" : "bytes_capacity", row->capacity, row->policy,
               has_store ? ", miss_to = 'db'" : "");
    fixture_add_node(&f, "edge", &sim_model_cache, text);
    fixture_add_node(&f, "db", &sim_model_service, "service = ms(0)");
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, trace->count);
    g_assert_cmpuint(fixture_total(&f, "edge", "misses"), ==, row->misses);
    g_assert_cmpuint(fixture_total(&f, "db", "issued"), ==, has_store ? row->misses : 0);
    fixture_clear(&f);
}

static void test_cloudphysics(void)
{
    struct sim_trace_row *rows = NULL;
    struct sim_trace trace = read_cloudphysics(&rows);
    g_auto(GStrv) lines = trace.count > 0 ? reference_lines("cache/reference.csv") : NULL;
    int checked = 0;
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        struct reference_row row = reference_row_parse(*line);
        bool is_known =
            reference_is_exact(row.policy) && sim_eviction_policy_find(row.policy) != NULL;
        bool is_queue = strcmp(row.policy, "lru") == 0 || strcmp(row.policy, "fifo") == 0;
        bool is_by_count = strcmp(row.mode, "count") == 0;
        bool is_ours = strcmp(row.trace, "cloudphysics") == 0 && is_known &&
                       (is_by_count || (is_queue && strcmp(row.mode, "bytes:size") == 0));
        if (is_ours) {
            replay(&trace, &row, checked % 4 != 3);
            checked++;
        }
        reference_row_clear(&row);
    }
    g_assert_true(trace.count == 0 || checked >= 20);
    g_free(rows);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/hit-and-miss", test_hit_and_miss);
    g_test_add_func("/cache/coalesce", test_coalesce);
    g_test_add_func("/cache/failure", test_failure);
    g_test_add_func("/cache/ttl", test_ttl);
    g_test_add_func("/cache/fresh-until", test_fresh_until);
    g_test_add_func("/cache/ttl-jitter", test_ttl_jitter);
    g_test_add_func("/cache/write", test_write);
    g_test_add_func("/cache/evictions", test_evictions);
    g_test_add_func("/cache/refusal", test_refusal);
    g_test_add_func("/cache/servers", test_servers);
    g_test_add_func("/cache/crash", test_crash);
    g_test_add_func("/cache/table", test_table);
    g_test_add_func("/cache/cloudphysics", test_cloudphysics);
    return g_test_run();
}

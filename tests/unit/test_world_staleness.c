/* Staleness beside a naive list of all commits. If this failed, a summary would call reads stale
 * that were not, or old ones fresh, or by another time than they were.
 */
#include "fixture.h"
#include "models.h"

enum { KEYS = 300, STEPS = 6000 };

struct fact {
    uint64_t key, version;
    uint32_t store;
    sim_time time;
};

struct naive {
    GArray *facts; /* all commits, in order */
    uint64_t stale, behind;
    sim_time staleness;
    uint64_t after; /* reads after a commit */
    sim_time since_commit, missed;
};

static void naive_read(struct naive *naive, uint32_t store, uint64_t key, uint64_t version,
                       sim_time began)
{
    uint64_t newest = 0;
    uint64_t newer = 0;
    sim_time since = SIM_NEVER, latest = SIM_NEVER;
    for (guint i = 0; i < naive->facts->len; i++) {
        const struct fact *fact = &g_array_index(naive->facts, struct fact, i);
        if (fact->store != store || fact->key != key || fact->version <= newest ||
            fact->time > began) {
            continue;
        }
        newest = fact->version;
        latest = fact->time;
        if (fact->version > version) {
            newer++;
            since = fact->time < since ? fact->time : since;
        }
    }
    if (newest > 0) {
        naive->after++;
        naive->since_commit += began - latest;
    }
    if (newer > 0) {
        naive->missed += began - latest;
        naive->stale++;
        naive->behind += newer;
        naive->staleness += began - since;
    }
}

static struct sim_witness read_of(uint64_t key, uint64_t session)
{
    return (struct sim_witness){.operation = SIM_OP_READ, .key = key, .session = session};
}

static void serve(struct sim_node *self, const struct sim_operation_id *operation, uint64_t key,
                  const struct sim_reply *reply)
{
    struct sim_witness asked = read_of(key, 0);
    sim_served(self, operation, &asked, reply);
}

static void build(struct fixture *f)
{
    fixture_init(f, s(1000));
    fixture_add_node(f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(0.001)), to = 'a'");
    fixture_add_node(f, "a", &sim_model_store_memory, "service = ms(1)");
    fixture_add_node(f, "b", &sim_model_store_memory, "service = ms(1)");
    fixture_start(f);
}

static double sum_of(const struct fixture *f, const char *metric)
{
    uint64_t count = fixture_sample_count(f, "users", metric);
    return count == 0 ? 0 : fixture_mean(f, "users", metric) * (double)count;
}

/* Two stores with the same keys, one key asked for half of the time; versions that grow by
 * leaps, and some that do not grow; reads of versions of any age that began some time ago. */
static void test_twin(void)
{
    struct fixture f;
    struct naive naive = {.facts = g_array_new(FALSE, FALSE, sizeof(struct fact))};
    struct sim_random random;
    uint64_t latest[2][KEYS] = {{0}};
    build(&f);
    sim_random_init(&random, 1, "staleness", "twin");
    struct sim_node *users = sim_world_node(f.world, fixture_id(&f, "users"));
    for (int i = 0; i < STEPS; i++) {
        fixture_run_until(&f,
                          sim_world_now(f.world) + ms(1) * (sim_time)sim_random_below(&random, 20));
        sim_time now = sim_world_now(f.world);
        uint32_t store = (uint32_t)sim_random_below(&random, 2);
        uint64_t key = sim_random_below(&random, KEYS) * sim_random_below(&random, 2);
        sim_node_id node = fixture_id(&f, store == 0 ? "a" : "b");
        uint64_t *version = &latest[store][key];
        if (sim_random_below(&random, 3) == 0) {
            uint64_t leap = sim_random_below(&random, 4); /* 0: the same again */
            struct fact fact = {.key = key,
                                .version = *version + leap + (*version == 0),
                                .store = store,
                                .time = now};
            *version = fact.version;
            g_array_append_val(naive.facts, fact);
            sim_commit(sim_world_node(f.world, node), key, fact.version);
        } else if (*version > 0) {
            uint64_t old = sim_random_below(&random, *version);
            struct sim_reply reply = {.version = 1 + old, .served_by = node};
            sim_time ago = ms(1) * (sim_time)sim_random_below(&random, 200);
            struct sim_operation_id operation = {.began = now > ago ? now - ago : 0};
            naive_read(&naive, store, key, reply.version, operation.began);
            struct sim_witness asked = read_of(key, 0);
            sim_served(users, &operation, &asked, &reply);
        }
    }
    fixture_run(&f);
    g_assert_cmpuint(naive.stale, >, STEPS / 5);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, naive.stale);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "behind"), (double)naive.behind, 1e-3);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "staleness"), sim_time_seconds(naive.staleness),
                                   1e-3);
    g_assert_cmpuint(fixture_sample_count(&f, "users", "since_commit"), ==, naive.after);
    g_assert_cmpuint(fixture_sample_count(&f, "users", "missed"), ==, naive.stale);
    double of_all = sim_time_seconds(naive.since_commit), of_stale = sim_time_seconds(naive.missed);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "since_commit"), of_all, of_all * 1e-6);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "missed"), of_stale, of_stale * 1e-6);
    g_array_free(naive.facts, TRUE);
    fixture_clear(&f);
}

/* ---- scans ---- */

/* The stalest of the keys, each on its own: since when, and by how many versions. */
static sim_time naive_scan(const struct naive *naive, uint64_t first, uint64_t end,
                           uint64_t version, sim_time began, uint64_t *ret_behind)
{
    sim_time since = SIM_NEVER;
    for (uint64_t key = first; key < end; key++) {
        struct naive alone = {.facts = naive->facts};
        naive_read(&alone, 0, key, version, began);
        if (alone.stale > 0 && began - alone.staleness < since) {
            since = began - alone.staleness;
            *ret_behind = alone.behind;
        }
    }
    return since;
}

/* A store whose versions grow from commit to commit, and scans of some of its keys with a version
 * of any age, that began some time ago. An answer of several parts is put together of what was
 * there at different times, and is judged like its parts. */
static void test_scans(void)
{
    struct fixture f;
    struct naive naive = {.facts = g_array_new(FALSE, FALSE, sizeof(struct fact))};
    struct sim_random random;
    uint64_t stale = 0, behind = 0, version = 1;
    sim_time staleness = 0;
    build(&f);
    sim_random_init(&random, 1, "staleness", "scans");
    struct sim_node *users = sim_world_node(f.world, fixture_id(&f, "users"));
    sim_node_id store = fixture_id(&f, "a");
    for (int i = 0; i < 2000; i++) {
        sim_time now = sim_world_now(f.world) + ms(1) * (sim_time)sim_random_below(&random, 20);
        uint64_t key = sim_random_below(&random, 20);
        fixture_run_until(&f, now);
        if (sim_random_below(&random, 2) == 0) {
            version += 1 + sim_random_below(&random, 3);
            struct fact fact = {.key = key, .version = version, .store = 0, .time = now};
            g_array_append_val(naive.facts, fact);
            sim_commit(sim_world_node(f.world, store), key, version);
            continue;
        }
        sim_time ago = ms(1) * (sim_time)sim_random_below(&random, 100);
        sim_time began = now > ago ? now - ago : 0;
        struct sim_witness asked = {
            .operation = SIM_OP_SCAN, .key = key, .key_end = key + sim_random_below(&random, 6)};
        struct sim_reply reply = {.served_by = store, .version = UINT64_MAX};
        sim_time since = SIM_NEVER;
        uint64_t newer = 0, least = UINT64_MAX;
        if (sim_random_below(&random, 2) == 0) {
            reply.version = 1 + sim_random_below(&random, version);
            since = naive_scan(&naive, key, asked.key_end, reply.version, began, &newer);
        }
        for (uint64_t part = key; reply.version == UINT64_MAX && part < asked.key_end; part++) {
            uint64_t own = 1 + sim_random_below(&random, version), own_newer = 0;
            uint64_t complete = sim_complete_up_to(users, store, part, own);
            sim_time own_since = naive_scan(&naive, part, part + 1, own, began, &own_newer);
            since = own_since < since ? own_since : since;
            newer = own_since == since ? own_newer : newer;
            least = complete < least ? complete : least;
        }
        reply.version = reply.version == UINT64_MAX ? least : reply.version;
        struct sim_operation_id operation = {.began = began};
        sim_served(users, &operation, &asked, &reply);
        if (since != SIM_NEVER) {
            stale++;
            behind += newer;
            staleness += began - since;
        }
    }
    fixture_run(&f);
    g_assert_cmpuint(stale, >, 300);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, stale);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "staleness"), sim_time_seconds(staleness), 1e-3);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "behind"), (double)behind, 1e-3);
    g_assert_cmpuint(fixture_sample_count(&f, "users", "since_commit"), ==, 0);
    g_array_free(naive.facts, TRUE);
    fixture_clear(&f);
}

/* ---- sessions ---- */

struct told {
    uint64_t session, key, version;
    uint32_t store;
    sim_time time;
    bool is_read;
};

/* The newest version that the session was told, of reads or of writes, and since when it knows. */
static struct told newest_of(const GArray *all, const struct told *who, bool is_read)
{
    struct told newest = {0};
    for (guint i = 0; i < all->len; i++) {
        const struct told *told = &g_array_index(all, struct told, i);
        bool is_meant = told->session == who->session && told->key == who->key &&
                        told->store == who->store && told->is_read == is_read;
        newest = is_meant && told->version > newest.version ? *told : newest;
    }
    return newest;
}

/* Sessions of a source that read and write a few keys of two stores, each read begun some time
 * ago; beside a list of all that each was told. */
static void test_sessions(void)
{
    struct fixture f;
    struct sim_random random;
    uint64_t reads = 0, back = 0, own = 0;
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct told));
    build(&f);
    sim_random_init(&random, 1, "sessions", "twin");
    struct sim_node *users = sim_world_node(f.world, fixture_id(&f, "users"));
    for (int i = 0; i < 2000; i++) {
        sim_time now = sim_world_now(f.world) + ms(1) * (sim_time)sim_random_below(&random, 20);
        fixture_run_until(&f, now);
        struct told told = {.session = sim_random_below(&random, 4), /* 0: nobody's */
                            .key = sim_random_below(&random, 40),
                            .version = 1 + (uint64_t)i / 4 + sim_random_below(&random, 300),
                            .store = (uint32_t)sim_random_below(&random, 2),
                            .time = now,
                            .is_read = sim_random_below(&random, 3) > 0};
        sim_time ago = ms(1) * (sim_time)sim_random_below(&random, 2000);
        struct sim_operation_id operation = {.began = now > ago ? now - ago : 0};
        struct sim_witness asked = {.operation = told.is_read ? SIM_OP_READ : SIM_OP_WRITE,
                                    .key = told.key,
                                    .session = told.session};
        struct sim_reply reply = {.version = told.version,
                                  .served_by = fixture_id(&f, told.store == 0 ? "a" : "b")};
        sim_served(users, &operation, &asked, &reply);
        struct told read = newest_of(all, &told, true), written = newest_of(all, &told, false);
        bool has_read = read.version > 0 && read.time <= operation.began;
        bool has_written = written.version > 0 && written.time <= operation.began;
        if (told.is_read && told.session != 0) {
            reads += has_read || has_written;
            back += has_read && read.version > told.version;
            own += has_written && written.version > told.version;
        }
        g_array_append_val(all, told);
    }
    fixture_run(&f);
    g_test_message("%u reads, %u went back, %u missed", (unsigned)reads, (unsigned)back,
                   (unsigned)own);
    g_assert_cmpuint(back, >, 20);
    g_assert_cmpuint(own, >, 20);
    g_assert_cmpuint(fixture_total(&f, "users", "session_reads"), ==, reads);
    g_assert_cmpuint(fixture_total(&f, "users", "went_back"), ==, back);
    g_assert_cmpuint(fixture_total(&f, "users", "missed_own"), ==, own);
    fixture_clear(&f);
}

/* Replicas 40 ms from each other, users 1 ms from all. */
static void put_apart(struct fixture *f)
{
    static const char *const zones[] = {"x", "y", "z"};
    for (uint32_t i = 0; i < 3; i++) {
        fixture_machine(f, 2 + i)->zone = fixture_add_zone(f, zones[i]);
    }
    for (uint32_t from = 0; from < 4; from++) {
        for (uint32_t to = 0; to < 4; to++) {
            fixture_link(f, from, to)->latency =
                fixture_law(f, from == 0 || to == 0 ? "ms(1)" : "ms(40)");
        }
    }
}

/* The same through a store: a member that has not heard of a write yet shows sessions the past,
 * but for those that stay with one member, or ask for what they have seen. */
static void test_guarantees(void)
{
    static const struct {
        const char *users;
        bool goes_back, misses_own;
    } cases[] = {
        {"choose = 'random'", true, true},
        {"choose = 'session'", false, false},
        {"choose = 'random', consistency = 'monotonic_reads'", false, true},
        {"choose = 'random', consistency = 'read_my_writes'", true, false},
        {"choose = 'random', consistency = 'session'", false, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture f;
        g_autofree char *params =
            g_strdup_printf("sessions = 10, to = 'replica', think = ms(7), keys = uniform_keys(3), "
                            "ops = { read = 0.6, write = 0.4 }, %s",
                            cases[i].users);
        fixture_init(&f, s(20));
        fixture_add_node(&f, "users", &sim_model_client_closed, params);
        fixture_add_group(&f, "replica", &sim_model_store_quorum,
                          "read_quorum = 1, write_quorum = 1, service = s(0), read_repair = "
                          "percent(0)",
                          3, 3);
        put_apart(&f);
        fixture_start(&f);
        fixture_run(&f);
        uint64_t back = fixture_total(&f, "users", "went_back");
        uint64_t own = fixture_total(&f, "users", "missed_own");
        g_test_message("%s: %u of %u went back, %u missed their own", cases[i].users,
                       (unsigned)back, (unsigned)fixture_total(&f, "users", "session_reads"),
                       (unsigned)own);
        g_assert_true((back > 0) == cases[i].goes_back);
        g_assert_true((own > 0) == cases[i].misses_own);
        fixture_clear(&f);
    }
}

/* Only a million commits are remembered: a read of a version from before that is stale since the
 * oldest one that is, at least; and a key whose commits have all been forgotten knows its last. */
static void test_forgotten(void)
{
    struct fixture f;
    build(&f);
    struct sim_node *users = sim_world_node(f.world, fixture_id(&f, "users"));
    struct sim_node *store = sim_world_node(f.world, fixture_id(&f, "a"));
    sim_commit(store, 7, 5);
    fixture_run_until(&f, s(1));
    for (uint64_t version = 1; version <= (UINT64_C(1) << 20) + 10; version++) {
        sim_commit(store, 1, version);
    }
    fixture_run_until(&f, s(3));
    struct sim_operation_id operation = {.began = s(3)};
    struct sim_reply reply = {.version = 4, .served_by = fixture_id(&f, "a")};
    serve(users, &operation, 7, &reply);
    serve(users, &operation, 1, &reply);
    fixture_run(&f);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, 2);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "staleness", 1), ==, 3);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "staleness", 0), ==, 2);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "behind", 1), >, 1e6);
    fixture_clear(&f);
}

/* Failures and answers without a version are no reads of a version. */
static void test_not_versioned(void)
{
    struct fixture f;
    build(&f);
    struct sim_node *users = sim_world_node(f.world, fixture_id(&f, "users"));
    struct sim_operation_id operation = {.began = 0};
    struct sim_reply unversioned = {.served_by = fixture_id(&f, "a")};
    struct sim_reply failed = {
        .status = SIM_STATUS_ERROR, .version = 1, .served_by = fixture_id(&f, "a")};
    struct sim_reply missing = {
        .status = SIM_STATUS_NOT_FOUND, .version = 1, .served_by = fixture_id(&f, "a")};
    serve(users, &operation, 1, &unversioned);
    serve(users, &operation, 1, &failed);
    g_assert_cmpuint(fixture_total(&f, "users", "versioned"), ==, 0);
    serve(users, &operation, 1, &missing);
    g_assert_cmpuint(fixture_total(&f, "users", "versioned"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/world/staleness/twin", test_twin);
    g_test_add_func("/world/staleness/scans", test_scans);
    g_test_add_func("/world/staleness/sessions", test_sessions);
    g_test_add_func("/world/staleness/guarantees", test_guarantees);
    g_test_add_func("/world/staleness/forgotten", test_forgotten);
    g_test_add_func("/world/staleness/not-versioned", test_not_versioned);
    return g_test_run();
}

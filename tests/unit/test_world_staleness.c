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
};

static void naive_read(struct naive *naive, uint32_t store, uint64_t key, uint64_t version,
                       sim_time began)
{
    uint64_t newest = 0;
    uint64_t newer = 0;
    sim_time since = SIM_NEVER;
    for (guint i = 0; i < naive->facts->len; i++) {
        const struct fact *fact = &g_array_index(naive->facts, struct fact, i);
        if (fact->store != store || fact->key != key || fact->version <= newest ||
            fact->time > began) {
            continue;
        }
        newest = fact->version;
        if (fact->version > version) {
            newer++;
            since = fact->time < since ? fact->time : since;
        }
    }
    if (newer > 0) {
        naive->stale++;
        naive->behind += newer;
        naive->staleness += began - since;
    }
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
            sim_served(users, &operation, key, &reply);
        }
    }
    fixture_run(&f);
    g_assert_cmpuint(naive.stale, >, STEPS / 5);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, naive.stale);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "behind"), (double)naive.behind, 1e-3);
    g_assert_cmpfloat_with_epsilon(sum_of(&f, "staleness"), sim_time_seconds(naive.staleness),
                                   1e-3);
    g_array_free(naive.facts, TRUE);
    fixture_clear(&f);
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
    sim_served(users, &operation, 7, &reply);
    sim_served(users, &operation, 1, &reply);
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
    sim_served(users, &operation, 1, &unversioned);
    sim_served(users, &operation, 1, &failed);
    g_assert_cmpuint(fixture_total(&f, "users", "versioned"), ==, 0);
    sim_served(users, &operation, 1, &missing);
    g_assert_cmpuint(fixture_total(&f, "users", "versioned"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "users", "stale"), ==, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/world/staleness/twin", test_twin);
    g_test_add_func("/world/staleness/forgotten", test_forgotten);
    g_test_add_func("/world/staleness/not-versioned", test_not_versioned);
    return g_test_run();
}

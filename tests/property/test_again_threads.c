/* What ran before in the process, and what runs beside it, changes nothing: a study run first, run
 * again after another one, run with every event traced, and run in four threads at once has one
 * digest. What would be broken: a variable that outlives a run.
 */
#include <glib.h>
#include <pthread.h>

#include "models.h"
#include "run/study.h"

#define FAULTS BRINK_SOURCE_DIR "/tests/determinism/faults.lua"
#define OTHER BRINK_SOURCE_DIR "/scenarios/labs/slow-and-crashing.lua"

static void count_event(const struct sim_trace_event *event, void *data)
{
    (void)event;
    (*(uint64_t *)data)++;
}

/* The digest of the first result; `ret_events` (may be NULL) counts what a trace is told. */
static uint64_t digest_of(const char *path, const char *variant, uint32_t jobs,
                          uint64_t *ret_events)
{
    struct sim_run_options options = {
        .models = sim_models,
        .path = path,
        .variant = variant,
        .runs = 2,
        .jobs = jobs,
        .trace = ret_events == NULL ? NULL : count_event,
        .trace_data = ret_events,
    };
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(&options, &problems);
    g_assert_cmpuint(problems.count, ==, 0);
    g_assert_nonnull(study);
    uint64_t digest = study->results[0]->digest;
    for (uint32_t i = 0; i < study->results[0]->replication_count; i++) {
        g_assert_true(study->results[0]->replications[i].is_balanced);
    }
    sim_study_free(study);
    sim_problems_clear(&problems);
    return digest;
}

static void test_after_another(void)
{
    uint64_t first = digest_of(FAULTS, NULL, 1, NULL);
    uint64_t other = digest_of(OTHER, "two choices", 1, NULL);
    g_assert_cmphex(first, !=, other);
    g_assert_cmphex(digest_of(FAULTS, NULL, 1, NULL), ==, first);
    g_assert_cmphex(digest_of(OTHER, "two choices", 1, NULL), ==, other);
}

static void test_traced(void)
{
    uint64_t events = 0;
    uint64_t traced = digest_of(FAULTS, NULL, 1, &events);
    g_assert_cmpuint(events, >, 10000);
    g_assert_cmphex(traced, ==, digest_of(FAULTS, NULL, 1, NULL));
}

struct beside {
    const char *path, *variant;
    uint32_t jobs;
    uint64_t digest;
};

static void *run_beside(void *data)
{
    struct beside *beside = data;
    beside->digest = digest_of(beside->path, beside->variant, beside->jobs, NULL);
    return NULL;
}

static void test_beside_another(void)
{
    struct beside all[] = {
        {FAULTS, NULL, 1, 0},
        {OTHER, "two choices", 2, 0},
        {FAULTS, NULL, 2, 0},
        {OTHER, "two choices", 1, 0},
    };
    pthread_t threads[G_N_ELEMENTS(all)];
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_assert_cmpint(pthread_create(&threads[i], NULL, run_beside, &all[i]), ==, 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        pthread_join(threads[i], NULL);
    }
    g_assert_cmphex(all[0].digest, ==, digest_of(FAULTS, NULL, 1, NULL));
    g_assert_cmphex(all[1].digest, ==, digest_of(OTHER, "two choices", 1, NULL));
    g_assert_cmphex(all[2].digest, ==, all[0].digest);
    g_assert_cmphex(all[3].digest, ==, all[1].digest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/again/after-another", test_after_another);
    g_test_add_func("/again/traced", test_traced);
    g_test_add_func("/again/beside-another", test_beside_another);
    return g_test_run();
}

/* LRU, FIFO and random eviction under independent Zipf references, against the exact hit ratios
 * (King 1971 for LRU; Gelenbe 1973 for FIFO and RANDOM, which are equal) of
 * published/cache_irm.csv, within 0.001 and with an own 99 % interval inside that. The hit ratios
 * of single keys under LRU are tested too: they show whether the right objects are cached, which a
 * ratio over all keys may hide. A key's successive requests hit or miss independently there (what
 * decides is who was requested in between), so that the interval of these is the binomial one.
 */
#include "../cache_reference.h"
#include "base/dist.h"

enum { BATCHES = 100, BATCH = 40000, WARM_UP = 100000, RANKS = 10 };

#define TOLERANCE 0.001
#define STUDENT_99 2.626 /* two-sided 99 % quantile, 99 degrees of freedom */
#define NORMAL_99 2.576

struct irm_setting {
    uint64_t key_count;
    double exponent;
    uint64_t capacity;
    const struct sim_eviction_policy *policy;
};

/* Index 0 counts all keys, index r the key of rank r alone. */
struct irm_result {
    uint64_t requests[RANKS + 1];
    uint64_t hits[RANKS + 1];
    double interval; /* 99 % half-width of the hit ratio of all keys */
};

struct irm_run {
    struct sim_eviction *cache;
    const struct sim_zipf *zipf;
    struct sim_random random;
};

static void play(struct irm_run *run, uint64_t request_count, struct irm_result *result)
{
    for (uint64_t i = 0; i < request_count; i++) {
        uint64_t key = sim_zipf_draw(run->zipf, &run->random);
        bool is_hit = sim_eviction_lookup(run->cache, key) != NULL;
        if (!is_hit) {
            sim_eviction_insert(run->cache, key, 1);
        }
        uint64_t rank = key < RANKS ? key + 1 : 0;
        result->requests[rank]++;
        result->hits[rank] += is_hit;
        if (rank != 0) {
            result->requests[0]++;
            result->hits[0] += is_hit;
        }
    }
}

static void play_batches(struct irm_run *run, struct irm_result *result)
{
    struct irm_result discarded = {0};
    play(run, WARM_UP, &discarded);
    double sum = 0;
    double sum_of_squares = 0;
    for (int i = 0; i < BATCHES; i++) {
        uint64_t before = result->hits[0];
        play(run, BATCH, result);
        double ratio = (double)(result->hits[0] - before) / BATCH;
        sum += ratio;
        sum_of_squares += ratio * ratio;
    }
    double variance = (sum_of_squares - sum * sum / BATCHES) / (BATCHES - 1);
    result->interval = STUDENT_99 * sqrt(variance / BATCHES);
}

static struct irm_result simulate(const struct irm_setting *setting)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    const char *error = NULL;
    struct sim_eviction_setup setup = {
        .policy = setting->policy, .capacity = setting->capacity, .seed = 1, .arena = &arena};
    struct irm_run run = {.cache = sim_eviction_new(&setup),
                          .zipf =
                              sim_zipf_new(&arena, setting->key_count, setting->exponent, &error)};
    g_assert_nonnull(run.zipf);
    sim_random_init(&run.random, 1, setting->policy->name, "irm");
    struct irm_result result = {0};
    play_batches(&run, &result);
    sim_arena_clear(&arena);
    return result;
}

/* A metric of the file that is exact for a policy of ours: rank 0 = over all keys. */
static const struct irm_metric {
    const char *name;
    const struct sim_eviction_policy *policy;
    uint64_t rank;
} irm_metrics[] = {
    {"LRU_exact", &sim_eviction_lru, 0},           {"LRU_exact_King", &sim_eviction_lru, 0},
    {"LRU_exact_hit_rank1", &sim_eviction_lru, 1}, {"LRU_exact_hit_rank10", &sim_eviction_lru, 10},
    {"FIFO=RANDOM_exact", &sim_eviction_fifo, 0},  {"FIFO=RANDOM_exact", &sim_eviction_random, 0},
};

static void check(const struct irm_setting *setting, const struct irm_result *result, uint64_t rank,
                  double expected)
{
    double requests = (double)result->requests[rank];
    double ratio = (double)result->hits[rank] / requests;
    double interval = result->interval;
    if (rank == 0) {
        g_assert_cmpfloat(interval, <=, TOLERANCE);
    } else {
        interval = NORMAL_99 * sqrt(expected * (1 - expected) / requests);
    }
    g_test_message("%s N %" G_GUINT64_FORMAT " exponent %.1f C %" G_GUINT64_FORMAT
                   " rank %" G_GUINT64_FORMAT ": %.5f +- %.5f, exactly %.5f",
                   setting->policy->name, setting->key_count, setting->exponent, setting->capacity,
                   rank, ratio, interval, expected);
    g_assert_cmpfloat(fabs(ratio - expected), <=, MAX(TOLERANCE, interval));
}

static bool is_same_setting(const struct irm_setting *a, const struct irm_setting *b)
{
    return a->key_count == b->key_count && !(a->exponent < b->exponent) &&
           !(a->exponent > b->exponent) && a->capacity == b->capacity && a->policy == b->policy;
}

static const struct irm_metric *find_metric(const char *name,
                                            const struct sim_eviction_policy *policy)
{
    for (size_t i = 0; i < G_N_ELEMENTS(irm_metrics); i++) {
        if (irm_metrics[i].policy == policy && strcmp(irm_metrics[i].name, name) == 0) {
            return &irm_metrics[i];
        }
    }
    return NULL;
}

/* The rows that are exact for the policy. Those of one setting follow each other. */
static void test_policy(gconstpointer data)
{
    const struct sim_eviction_policy *policy = data;
    g_auto(GStrv) lines = reference_lines("published/cache_irm.csv");
    struct irm_setting last = {0};
    struct irm_result result = {0};
    int checked = 0;
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        g_auto(GStrv) field = g_strsplit(*line, ",", 0);
        struct irm_setting setting = {.key_count = g_ascii_strtoull(field[0], NULL, 10),
                                      .exponent = g_ascii_strtod(field[1], NULL),
                                      .capacity = g_ascii_strtoull(field[2], NULL, 10),
                                      .policy = policy};
        const struct irm_metric *metric = find_metric(field[3], policy);
        if (metric == NULL) {
            continue;
        }
        if (!is_same_setting(&setting, &last)) {
            result = simulate(&setting);
            last = setting;
        }
        check(&setting, &result, metric->rank, g_ascii_strtod(field[4], NULL));
        checked++;
    }
    g_assert_true(lines == NULL || checked >= 6);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/cache/irm/lru", &sim_eviction_lru, test_policy);
    g_test_add_data_func("/cache/irm/fifo", &sim_eviction_fifo, test_policy);
    g_test_add_data_func("/cache/irm/random", &sim_eviction_random, test_policy);
    return g_test_run();
}

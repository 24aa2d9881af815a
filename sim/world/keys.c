/* What an operation names: its kind, drawn from a mix, and its key, from a law of the family.
 *
 * Keys are 0 .. n-1 and key 0 is the most popular one where popularity differs; a store that
 * spreads keys over members hashes them first. `latest` is the law of YCSB's workload D (Cooper and
 * others, SoCC 2010): a write makes the next new key, everything else asks for one that is
 * Zipf-distributed in age. Every source counts the keys that it has made itself.
 */
#include "base/assert.h"
#include "world/load.h"

/* The constructor comes first, so that a shape leads to its law. */
struct key_law {
    struct sim_constructor constructor;
    void (*init)(struct sim_keys *keys, const void *fields, struct sim_arena *arena);
    uint64_t (*next)(struct sim_keys *keys, const void *fields, uint16_t operation,
                     struct sim_random *random);
    uint64_t (*count)(const void *fields);
};

#define KEYS_MAX 1e15 /* counts of keys are whole numbers in a double too */

/* Most laws begin with n. */
struct count_fields {
    int64_t n;
};

static uint64_t count_of(const void *fields)
{
    return (uint64_t)((const struct count_fields *)fields)->n;
}

static uint64_t uniform_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                             struct sim_random *random)
{
    (void)keys;
    (void)operation;
    return sim_random_below(random, count_of(fields));
}

static const struct sim_param count_params[] = {
    {"n", SIM_PARAM_INTEGER, offsetof(struct count_fields, n), NULL, 1, KEYS_MAX, "number of keys",
     NULL, NULL},
    {0},
};

static const struct key_law uniform_law = {
    .constructor =
        {
            .name = "uniform_keys",
            .help = "n keys, all equally popular",
            .size = sizeof(struct count_fields),
            .params = count_params,
            .positional = 1,
        },
    .next = uniform_next,
    .count = count_of,
};

struct zipf_fields {
    struct count_fields keys;
    double exponent;
};

static void zipf_init(struct sim_keys *keys, const void *fields, struct sim_arena *arena)
{
    const struct zipf_fields *law = fields;
    const char *error = NULL;
    keys->zipf = sim_zipf_new(arena, count_of(fields), law->exponent, &error);
    sim_assert(keys->zipf != NULL);
}

static uint64_t zipf_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                          struct sim_random *random)
{
    (void)fields;
    (void)operation;
    return sim_zipf_draw(keys->zipf, random);
}

static const struct sim_param zipf_params[] = {
    {"n", SIM_PARAM_INTEGER, offsetof(struct zipf_fields, keys.n), NULL, 1, KEYS_MAX,
     "number of keys", NULL, NULL},
    {"exponent", SIM_PARAM_NUMBER, offsetof(struct zipf_fields, exponent), "0.99", 0, 10,
     "popularity of the k-th key is proportional to k^-exponent [YCSB: 0.99]", NULL, NULL},
    {0},
};

static const struct key_law zipf_law = {
    .constructor =
        {
            .name = "zipf",
            .help = "n keys of Zipf popularity, key 0 first",
            .size = sizeof(struct zipf_fields),
            .params = zipf_params,
            .positional = 2,
        },
    .init = zipf_init,
    .next = zipf_next,
    .count = count_of,
};

struct hot_fields {
    struct count_fields keys;
    double hot, share;
};

/* Hot keys are 0 .. ceil(n x hot) - 1, at least one and not all unless all are hot. */
static uint64_t hot_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                         struct sim_random *random)
{
    (void)keys;
    (void)operation;
    const struct hot_fields *law = fields;
    uint64_t n = count_of(fields);
    double wanted = (double)n * law->hot;
    uint64_t hot = (uint64_t)wanted;
    if ((double)hot < wanted) {
        hot++;
    }
    hot = hot == 0 ? 1 : hot;
    bool is_hot = sim_random_chance(random, law->share);
    if (hot >= n) {
        return sim_random_below(random, n);
    }
    return is_hot ? sim_random_below(random, hot) : hot + sim_random_below(random, n - hot);
}

static const struct sim_param hot_params[] = {
    {"n", SIM_PARAM_INTEGER, offsetof(struct hot_fields, keys.n), NULL, 1, KEYS_MAX,
     "number of keys", NULL, NULL},
    {"hot", SIM_PARAM_RATIO, offsetof(struct hot_fields, hot), "percent(20)", 0, 1,
     "fraction of the keys that is hot [YCSB hotspot: 20 %]", NULL, NULL},
    {"share", SIM_PARAM_RATIO, offsetof(struct hot_fields, share), "percent(80)", 0, 1,
     "fraction of the operations that goes to hot keys [YCSB hotspot: 80 %]", NULL, NULL},
    {0},
};

static const struct key_law hot_law = {
    .constructor =
        {
            .name = "hot_set",
            .help = "n keys, some of which take most of the operations",
            .size = sizeof(struct hot_fields),
            .params = hot_params,
            .positional = 1,
        },
    .next = hot_next,
    .count = count_of,
};

static uint64_t sequential_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                                struct sim_random *random)
{
    (void)operation;
    (void)random;
    uint64_t key = keys->next;
    keys->next = key + 1 < count_of(fields) ? key + 1 : 0;
    return key;
}

static const struct key_law sequential_law = {
    .constructor =
        {
            .name = "sequential",
            .help = "keys 0 to n - 1 in turn, over and over: a scan",
            .size = sizeof(struct count_fields),
            .params = count_params,
            .positional = 1,
        },
    .next = sequential_next,
    .count = count_of,
};

static void latest_init(struct sim_keys *keys, const void *fields, struct sim_arena *arena)
{
    zipf_init(keys, fields, arena);
    keys->next = count_of(fields);
}

static uint64_t latest_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                            struct sim_random *random)
{
    (void)fields;
    if (operation == SIM_OP_WRITE) {
        return keys->next++;
    }
    return keys->next - 1 - sim_zipf_draw(keys->zipf, random);
}

static const struct sim_param latest_params[] = {
    {"n", SIM_PARAM_INTEGER, offsetof(struct zipf_fields, keys.n), NULL, 1, KEYS_MAX,
     "number of keys at the start, and how far back reads go", NULL, NULL},
    {"exponent", SIM_PARAM_NUMBER, offsetof(struct zipf_fields, exponent), "0.99", 0, 10,
     "popularity of the k-th youngest key is proportional to k^-exponent [YCSB: 0.99]", NULL, NULL},
    {0},
};

static const struct key_law latest_law = {
    .constructor =
        {
            .name = "latest",
            .help = "writes make new keys, the youngest are the most popular [YCSB workload D]",
            .size = sizeof(struct zipf_fields),
            .params = latest_params,
            .positional = 2,
        },
    .init = latest_init,
    .next = latest_next,
    .count = count_of,
};

struct one_fields {
    int64_t key;
};

static uint64_t one_next(struct sim_keys *keys, const void *fields, uint16_t operation,
                         struct sim_random *random)
{
    (void)keys;
    (void)operation;
    (void)random;
    return (uint64_t)((const struct one_fields *)fields)->key;
}

static uint64_t one_count(const void *fields)
{
    return (uint64_t)((const struct one_fields *)fields)->key + 1;
}

static const struct sim_param one_params[] = {
    {"key", SIM_PARAM_INTEGER, offsetof(struct one_fields, key), "0", 0, KEYS_MAX,
     "the key of every operation", NULL, NULL},
    {0},
};

static const struct key_law one_law = {
    .constructor =
        {
            .name = "one_key",
            .help = "every operation names the same key: a counter, a lock, a celebrity",
            .size = sizeof(struct one_fields),
            .params = one_params,
            .positional = 1,
        },
    .next = one_next,
    .count = one_count,
};

static const struct sim_constructor *const keys_constructors[] = {
    &uniform_law.constructor,
    &zipf_law.constructor,
    &hot_law.constructor,
    &sequential_law.constructor,
    &latest_law.constructor,
    &one_law.constructor,
    NULL,
};

const struct sim_family sim_keys_family = {
    .name = "keys",
    .example = "zipf { n = 1e5, exponent = 0.99 }",
    .constructors = keys_constructors,
    .is_needed = true,
};

static const struct key_law *law_of(const struct sim_shape *shape)
{
    return (const struct key_law *)(const void *)shape->constructor;
}

void sim_keys_init(struct sim_keys *keys, const struct sim_shape *shape, struct sim_arena *arena)
{
    *keys = (struct sim_keys){.shape = shape};
    const struct key_law *law = law_of(shape);
    if (law->init != NULL) {
        law->init(keys, shape->fields, arena);
    }
}

uint64_t sim_keys_next(struct sim_keys *keys, uint16_t operation, struct sim_random *random)
{
    return law_of(keys->shape)->next(keys, keys->shape->fields, operation, random);
}

uint64_t sim_keys_count(const struct sim_shape *shape)
{
    return law_of(shape)->count(shape->fields);
}

uint16_t sim_mix_draw(const struct sim_mix *mix, struct sim_random *random)
{
    if (mix->count == 1) {
        return mix->operation[0];
    }
    double u = sim_random_unit(random);
    for (uint32_t i = 0; i + 1 < mix->count; i++) {
        if (u < mix->cumulative[i]) {
            return mix->operation[i];
        }
    }
    return mix->operation[mix->count - 1];
}

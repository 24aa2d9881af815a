/* A small cast of models for the tests of the scenario language: every type of parameter is there,
 * and nothing changes when the real models do. They are never run.
 */
#ifndef BRINK_TESTS_FAKE_MODELS_H
#define BRINK_TESTS_FAKE_MODELS_H

#include "sim.h"

struct fake_client {
    struct sim_shape arrivals, retry, keys;
    struct sim_target to;
    sim_time timeout;
    const struct sim_dist *think, *bytes;
    struct sim_mix ops;
    int64_t sessions;
};

struct fake_service {
    struct sim_operation_laws service;
    int64_t servers, queue_limit;
    int32_t discipline;
    double errors, speed, limit, upload;
};

struct fake_cache {
    int64_t capacity, object_bytes;
    int32_t policy;
    const struct sim_dist *hit;
    struct sim_target miss_to;
    bool coalesce;
    sim_time ttl;
    const char *note;
};

struct fake_replay {
    const struct sim_trace *trace;
    struct sim_target to;
};

struct fake_walk {
    struct sim_shape route;
};

/* A family of which one constructor lists others, and one is meant by a bare name. */
struct fake_visit {
    struct sim_target to;
    int64_t times;
};

struct fake_round {
    struct sim_shapes of;
    int64_t laps;
};

static const char *const fake_policies[] = {"lru", "fifo", "s3fifo", NULL};
static const char *const fake_disciplines[] = {"fifo", "lifo", "ps", NULL};

#define AT(type, field) offsetof(struct type, field)
#define PLAIN NULL, NULL
#define END                                                                                        \
    {                                                                                              \
        NULL, SIM_PARAM_TEXT, 0, NULL, 0, 0, NULL, PLAIN                                           \
    }

static const struct sim_param fake_client_params[] = {
    {"arrivals", SIM_PARAM_SHAPE, AT(fake_client, arrivals), NULL, 0, 0, "when operations begin",
     &sim_arrivals_family, NULL},
    {"to", SIM_PARAM_TARGET, AT(fake_client, to), NULL, 0, 0, "whom it asks", PLAIN},
    {"timeout", SIM_PARAM_DURATION, AT(fake_client, timeout), "none", SIM_POSITIVE, "patience",
     PLAIN},
    {"retry", SIM_PARAM_SHAPE, AT(fake_client, retry), "none", 0, 0, "policy", &sim_retry_family,
     NULL},
    {"keys", SIM_PARAM_SHAPE, AT(fake_client, keys), "uniform_keys(100)", 0, 0, "which keys",
     &sim_keys_family, NULL},
    {"think", SIM_PARAM_DURATION_LAW, AT(fake_client, think), "s(0)", SIM_NOT_NEGATIVE, "pause",
     PLAIN},
    {"bytes", SIM_PARAM_BYTES_LAW, AT(fake_client, bytes), "bytes(200)", SIM_NOT_NEGATIVE, "size",
     PLAIN},
    {"ops", SIM_PARAM_MIX, AT(fake_client, ops), "{ read = 1 }", 0, 0, "mix", PLAIN},
    {"sessions", SIM_PARAM_INTEGER, AT(fake_client, sessions), "1", 1, 1e9, "users", PLAIN},
    END};

static const struct sim_param fake_service_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, AT(fake_service, service), NULL, SIM_POSITIVE,
     "time of work", PLAIN},
    {"servers", SIM_PARAM_INTEGER, AT(fake_service, servers), "1", 1, 1e6, "at once", PLAIN},
    {"queue_limit", SIM_PARAM_INTEGER, AT(fake_service, queue_limit), "-1", -1, 1e9, "waiting",
     PLAIN},
    {"discipline", SIM_PARAM_CHOICE, AT(fake_service, discipline), "\"fifo\"", 0, 0, "who is next",
     NULL, fake_disciplines},
    {"errors", SIM_PARAM_RATIO, AT(fake_service, errors), "percent(0)", 0, 1, "share that fails",
     PLAIN},
    {"speed", SIM_PARAM_NUMBER, AT(fake_service, speed), "1", SIM_POSITIVE, "times as fast", PLAIN},
    {"limit", SIM_PARAM_RATE, AT(fake_service, limit), "rate(1e9)", SIM_POSITIVE, "at most", PLAIN},
    {"upload", SIM_PARAM_BANDWIDTH, AT(fake_service, upload), "none", SIM_NOT_NEGATIVE, "bandwidth",
     PLAIN},
    END};

static const struct sim_param fake_cache_params[] = {
    {"capacity", SIM_PARAM_INTEGER, AT(fake_cache, capacity), NULL, 1, 1e12, "objects", PLAIN},
    {"policy", SIM_PARAM_CHOICE, AT(fake_cache, policy), "\"lru\"", 0, 0, "eviction", NULL,
     fake_policies},
    {"hit", SIM_PARAM_DURATION_LAW, AT(fake_cache, hit), "us(100)", SIM_NOT_NEGATIVE,
     "time of a hit", PLAIN},
    {"miss_to", SIM_PARAM_TARGET, AT(fake_cache, miss_to), "nil", 0, 0, "whom it asks", PLAIN},
    {"coalesce", SIM_PARAM_BOOLEAN, AT(fake_cache, coalesce), "false", 0, 0, "one fetch a key",
     PLAIN},
    {"ttl", SIM_PARAM_DURATION, AT(fake_cache, ttl), "none", SIM_POSITIVE, "freshness", PLAIN},
    {"object_bytes", SIM_PARAM_BYTES, AT(fake_cache, object_bytes), "KiB(1)", 0, 1e12, "size",
     PLAIN},
    {"note", SIM_PARAM_TEXT, AT(fake_cache, note), "nil", 0, 0, "a remark", PLAIN},
    END};

static const struct sim_param fake_replay_params[] = {
    {"trace", SIM_PARAM_TRACE, AT(fake_replay, trace), NULL, 0, 0, "what happened", PLAIN},
    {"to", SIM_PARAM_TARGET, AT(fake_replay, to), NULL, 0, 0, "whom it asks", PLAIN},
    END};

static const struct sim_family fake_route_family;

static const struct sim_param fake_visit_params[] = {
    {"to", SIM_PARAM_TARGET, AT(fake_visit, to), NULL, 0, 0, "whom", PLAIN},
    {"times", SIM_PARAM_INTEGER, AT(fake_visit, times), "1", 1, 9, "how often", PLAIN},
    END};
static const struct sim_param fake_round_params[] = {
    {"of", SIM_PARAM_SHAPES, AT(fake_round, of), NULL, 0, 0, "visits in turn", &fake_route_family,
     NULL},
    {"laps", SIM_PARAM_INTEGER, AT(fake_round, laps), "1", 1, 9, "how often", PLAIN},
    END};
static const struct sim_constructor fake_visit = {.name = "stopover",
                                                  .help = "one visit",
                                                  .size = sizeof(struct fake_visit),
                                                  .params = fake_visit_params,
                                                  .positional = 1};
static const struct sim_constructor fake_round = {.name = "round",
                                                  .help = "several visits",
                                                  .size = sizeof(struct fake_round),
                                                  .params = fake_round_params};
static const struct sim_constructor *const fake_route_constructors[] = {&fake_visit, &fake_round,
                                                                        NULL};
static const struct sim_family fake_route_family = {.name = "a route",
                                                    .example = "round { \"a\", \"b\" }",
                                                    .constructors = fake_route_constructors,
                                                    .bare = &fake_visit};
static const struct sim_param fake_walk_params[] = {
    {"route", SIM_PARAM_SHAPE, AT(fake_walk, route), "none", 0, 0, "way", &fake_route_family, NULL},
    END};

static const char *fake_cache_validate(const void *params)
{
    const struct fake_cache *cache = params;
    return cache->coalesce && cache->miss_to.count == 0 ? "coalesce needs miss_to" : NULL;
}

static const struct sim_metric_spec fake_service_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "waiting", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time in the queue", NULL},
    {"sizes", SIM_METRIC_SAMPLE, SIM_METRIC_BYTES, "of replies", NULL},
    {"lookups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "asked", NULL},
    {"hits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "found", "lookups"},
    {NULL, SIM_METRIC_COUNT, SIM_METRIC_EVENTS, NULL, NULL}};

static void fake_handle(struct sim_node *self, const struct sim_input *in)
{
    (void)self;
    (void)in;
}

static void fake_contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    (void)self;
    say(data, 0, 0, 0, false);
}

#define FAKE(NAME, TYPE, TRAITS, METRICS)                                                          \
    {                                                                                              \
        .abi = SIM_MODEL_ABI, .name = NAME, .summary = "for tests",                                \
        .params_size = sizeof(struct TYPE), .params = TYPE##_params, .handle = fake_handle,        \
        .metrics = METRICS, .traits = TRAITS                                                       \
    }

static const struct sim_model fake_client_model =
    FAKE("client", fake_client, SIM_MODEL_SOURCE, NULL);
static const struct sim_model fake_service_model =
    FAKE("service", fake_service, 0, fake_service_metrics);
static const struct sim_model fake_replay_model = FAKE("replay", fake_replay, 0, NULL);
static const struct sim_model fake_walk_model = FAKE("walk", fake_walk, 0, NULL);
static const struct sim_model fake_cache_model = {.abi = SIM_MODEL_ABI,
                                                  .name = "cache",
                                                  .members_max = 16,
                                                  .summary = "for tests",
                                                  .traits = SIM_MODEL_PASSES,
                                                  .params_size = sizeof(struct fake_cache),
                                                  .params = fake_cache_params,
                                                  .validate = fake_cache_validate,
                                                  .handle = fake_handle,
                                                  .contents = fake_contents,
                                                  .metrics = fake_service_metrics};

static const struct sim_model *const fake_models[] = {&fake_client_model, &fake_service_model,
                                                      &fake_cache_model,  &fake_replay_model,
                                                      &fake_walk_model,   NULL};

#endif

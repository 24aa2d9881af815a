/* Replays requests through one cache for each policy and capacity, all in one pass.
 *
 * Every request is a look-up that inserts on a miss, whatever its operation; there is no warm-up.
 * The length of the trace costs no memory; the caches do, and where capacities are shares of the
 * objects, a first pass that counts those. Together they may take SIM_REPLAY_MEMORY_MAX.
 */
#ifndef BRINK_RUN_REPLAY_H
#define BRINK_RUN_REPLAY_H

#include "run/requests.h"
#include "world/replay.h"

#define SIM_REPLAY_MEMORY_MAX ((size_t)4 << 30)
#define SIM_REPLAY_CAPACITIES_MAX 100

enum sim_replay_error { SIM_REPLAY_MEMORY, SIM_REPLAY_STOPPED, SIM_REPLAY_EMPTY };
#define SIM_REPLAY_ERROR (g_quark_from_static_string("brink-replay"))

/* What a trace is made of. */
struct sim_replay_trace {
    uint64_t requests;
    uint64_t keys_hash; /* FNV-1a over the keys, 64 bits at a time */
    bool is_counted;    /* the other two are known */
    uint64_t objects;   /* distinct keys */
    uint64_t footprint; /* their sizes when first seen, added up */
};

struct sim_replay_row {
    const char *policy;
    uint64_t capacity;
    struct sim_replay_tally tally;
    int64_t spent_us; /* of the caller's clock */
};

struct sim_replay_result {
    bool is_by_bytes;
    struct sim_replay_trace trace;
    uint32_t policy_count, capacity_count;
    struct sim_replay_row *rows; /* policy by policy, each with all capacities */
};

static inline const struct sim_replay_row *sim_replay_row_at(const struct sim_replay_result *result,
                                                             uint32_t policy, uint32_t capacity)
{
    return &result->rows[(size_t)policy * result->capacity_count + capacity];
}

struct sim_replay_options {
    const struct sim_replay_caches *caches;
    struct sim_requests *requests;
    bool is_by_bytes;
    uint32_t policy_count, capacity_count;
    const char *const *policies; /* kept by the result */
    const uint64_t *capacities;
    uint64_t seed;
    uint32_t jobs;             /* threads, 0 = as many as processors: results do not depend on it */
    const volatile bool *stop; /* may be NULL */
    int64_t (*clock_us)(void);
    void (*progress)(uint64_t requests, void *data); /* may be NULL */
    void *progress_data;
};

/* Reads all requests, and counts the objects. */
bool sim_replay_count(struct sim_requests *requests, const volatile bool *stop,
                      struct sim_replay_trace *ret_trace, GError **error);

/* NULL with an error of SIM_REPLAY_ERROR or SIM_REQUESTS_ERROR. `counted` is what sim_replay_count
 * has said of the same requests, or NULL. */
struct sim_replay_result *sim_replay_run(const struct sim_replay_options *options,
                                         const struct sim_replay_trace *counted, GError **error);
void sim_replay_result_free(struct sim_replay_result *result);

#endif

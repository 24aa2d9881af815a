/* See replay.h. The trace is read batch by batch; each batch goes through every cache, the caches
 * side by side on threads. A cache sees all batches in their order and nothing else, so that no
 * number depends on the threads.
 */
#include "run/replay.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "run/threads.h"

#define BATCH ((size_t)1 << 18)
#define GROWTH ((size_t)1 << 23) /* objects that all caches together may gain in one batch */
#define FNV_START UINT64_C(14695981039346656037)
#define FNV_FACTOR UINT64_C(1099511628211)

struct batch {
    uint64_t *keys;
    uint64_t *sizes; /* NULL: all are 1 */
    size_t count, most;
};

static void batch_init(struct batch *batch, bool has_sizes, uint32_t cache_count)
{
    *batch = (struct batch){.keys = g_new(uint64_t, BATCH),
                            .sizes = has_sizes ? g_new(uint64_t, BATCH) : NULL,
                            .most = GROWTH / cache_count < BATCH ? GROWTH / cache_count : BATCH};
}

static void batch_clear(struct batch *batch)
{
    g_free(batch->keys);
    g_free(batch->sizes);
}

/* False at the end, and with an error. */
static bool batch_next(struct batch *batch, struct sim_requests *requests,
                       const volatile bool *stop, uint64_t done, GError **error)
{
    if (stop != NULL && *stop) {
        g_set_error(error, SIM_REPLAY_ERROR, SIM_REPLAY_STOPPED,
                    "interrupted after %" G_GUINT64_FORMAT " requests", done);
        return false;
    }
    int64_t count = sim_requests_next(requests, batch->keys, batch->sizes, batch->most, error);
    batch->count = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static bool complain_of_memory(uint64_t done, const char *what, GError **error)
{
    g_set_error(error, SIM_REPLAY_ERROR, SIM_REPLAY_MEMORY,
                "%s more than %d GiB after %" G_GUINT64_FORMAT " requests", what,
                (int)(SIM_REPLAY_MEMORY_MAX >> 30), done);
    return false;
}

static bool complain_of_nothing(GError **error)
{
    g_set_error(error, SIM_REPLAY_ERROR, SIM_REPLAY_EMPTY, "the trace has no requests");
    return false;
}

/* ---- which keys have been seen ---- */

/* Open addressing, at most half full; the key 0 has a place of its own. */
struct seen {
    uint64_t *slots; /* 0 = empty */
    uint64_t mask, count;
    bool has_zero;
};

static void seen_place(struct seen *seen, uint64_t key)
{
    uint64_t state = key;
    uint64_t at = sim_splitmix64(&state) & seen->mask;
    while (seen->slots[at] != 0 && seen->slots[at] != key) {
        at = (at + 1) & seen->mask;
    }
    if (seen->slots[at] == 0) {
        seen->slots[at] = key;
        seen->count++;
    }
}

static void seen_grow(struct seen *seen)
{
    uint64_t *old = seen->slots;
    uint64_t old_size = seen->mask + 1;
    seen->mask = 2 * old_size - 1;
    seen->slots = g_new0(uint64_t, 2 * old_size);
    seen->count = seen->has_zero;
    for (uint64_t i = 0; i < old_size; i++) {
        if (old[i] != 0) {
            seen_place(seen, old[i]);
        }
    }
    g_free(old);
}

/* Whether it was not seen before. */
static bool seen_add(struct seen *seen, uint64_t key)
{
    uint64_t before = seen->count;
    if (key == 0) {
        seen->count += !seen->has_zero;
        seen->has_zero = true;
    } else {
        seen_place(seen, key);
    }
    if (2 * seen->count > seen->mask) {
        seen_grow(seen);
        return true; /* only a new key makes it grow */
    }
    return seen->count > before;
}

bool sim_replay_count(struct sim_requests *requests, const volatile bool *stop,
                      struct sim_replay_trace *ret_trace, GError **error)
{
    struct sim_replay_trace trace = {.is_counted = true, .keys_hash = FNV_START};
    struct seen seen = {.slots = g_new0(uint64_t, 1024), .mask = 1023};
    GError *problem = NULL;
    struct batch batch;
    batch_init(&batch, sim_requests_have_sizes(requests), 1);
    while (problem == NULL && batch_next(&batch, requests, stop, trace.requests, &problem)) {
        for (size_t i = 0; i < batch.count; i++) {
            if (seen_add(&seen, batch.keys[i])) {
                trace.footprint += batch.sizes != NULL ? batch.sizes[i] : 1;
            }
            trace.keys_hash = (trace.keys_hash ^ batch.keys[i]) * FNV_FACTOR;
        }
        trace.requests += batch.count;
        if ((seen.mask + 1) * sizeof(uint64_t) >= SIM_REPLAY_MEMORY_MAX) {
            complain_of_memory(trace.requests, "counting the objects takes", &problem);
        }
    }
    trace.objects = seen.count;
    batch_clear(&batch);
    g_free(seen.slots);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    if (trace.requests == 0) {
        return complain_of_nothing(error);
    }
    *ret_trace = trace;
    return true;
}

/* ---- the replay ---- */

struct replay {
    const struct sim_replay_options *options;
    struct sim_replay_cache **caches; /* as the rows */
    struct sim_replay_row *rows;
    struct batch batch;
    uint32_t count;
};

static void play_one(uint32_t index, void *data)
{
    struct replay *replay = data;
    const struct sim_replay_options *options = replay->options;
    int64_t start_us = options->clock_us();
    options->caches->play(replay->caches[index], replay->batch.keys, replay->batch.sizes,
                          replay->batch.count);
    replay->rows[index].spent_us += options->clock_us() - start_us;
}

static void open_caches(struct replay *replay)
{
    const struct sim_replay_options *options = replay->options;
    replay->count = options->policy_count * options->capacity_count;
    replay->caches = g_new0(struct sim_replay_cache *, replay->count);
    replay->rows = g_new0(struct sim_replay_row, replay->count);
    for (uint32_t i = 0; i < replay->count; i++) {
        struct sim_replay_row *row = &replay->rows[i];
        row->policy = options->policies[i / options->capacity_count];
        row->capacity = options->capacities[i % options->capacity_count];
        struct sim_replay_setup setup = {.policy = row->policy,
                                         .is_by_bytes = options->is_by_bytes,
                                         .capacity = row->capacity,
                                         .seed = options->seed};
        replay->caches[i] = options->caches->open(&setup);
    }
}

static void close_caches(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->count; i++) {
        replay->rows[i].tally = replay->options->caches->tally(replay->caches[i]);
        replay->options->caches->close(replay->caches[i]);
    }
    g_free(replay->caches);
}

static size_t memory_of_all(const struct replay *replay)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < replay->count; i++) {
        bytes += replay->options->caches->memory_bytes(replay->caches[i]);
    }
    return bytes;
}

/* Plays to the end of the requests; false with an error. */
static bool play_all(struct replay *replay, struct sim_replay_trace *trace, GError **error)
{
    const struct sim_replay_options *options = replay->options;
    GError *problem = NULL;
    while (
        batch_next(&replay->batch, options->requests, options->stop, trace->requests, &problem)) {
        sim_threads_run(replay->count, options->jobs, NULL, play_one, replay);
        for (size_t i = 0; i < replay->batch.count; i++) {
            trace->keys_hash = (trace->keys_hash ^ replay->batch.keys[i]) * FNV_FACTOR;
        }
        trace->requests += replay->batch.count;
        if (options->progress != NULL) {
            options->progress(trace->requests, options->progress_data);
        }
        if (memory_of_all(replay) > SIM_REPLAY_MEMORY_MAX) {
            return complain_of_memory(trace->requests, "the caches take", error);
        }
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    return trace->requests > 0 || complain_of_nothing(error);
}

struct sim_replay_result *sim_replay_run(const struct sim_replay_options *options,
                                         const struct sim_replay_trace *counted, GError **error)
{
    struct replay replay = {.options = options};
    struct sim_replay_trace trace = {.keys_hash = FNV_START};
    if (counted != NULL) {
        trace.is_counted = true;
        trace.objects = counted->objects;
        trace.footprint = counted->footprint;
    }
    open_caches(&replay);
    batch_init(&replay.batch, options->is_by_bytes, replay.count);
    bool is_done = play_all(&replay, &trace, error);
    close_caches(&replay);
    batch_clear(&replay.batch);
    if (!is_done) {
        g_free(replay.rows);
        return NULL;
    }
    struct sim_replay_result *result = g_new0(struct sim_replay_result, 1);
    *result = (struct sim_replay_result){.is_by_bytes = options->is_by_bytes,
                                         .trace = trace,
                                         .policy_count = options->policy_count,
                                         .capacity_count = options->capacity_count,
                                         .rows = replay.rows};
    return result;
}

void sim_replay_result_free(struct sim_replay_result *result)
{
    if (result != NULL) {
        g_free(result->rows);
        g_free(result);
    }
}

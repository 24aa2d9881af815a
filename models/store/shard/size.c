/* How big shards are, where `partition_max` says how big one may be.
 *
 * A partition is all that one shard owns: the keys that were written through the routers, and the
 * bytes of what was written to each last. Writes that were acknowledged count, and deletions. The
 * first router keeps the sizes; the others tell it at each interval what they wrote. Under ranges
 * it may split: of the biggest range of the biggest partition that is above the bound the upper
 * half of the bytes goes to the smallest one (MongoDB splits a chunk above its chunk size,
 * CockroachDB a range above range_max_bytes). A range that is big for one key cannot be split, and
 * nothing is moved that would make the smallest partition as big as the biggest.
 *
 * Left out: what was in the stores at the start; writes of unknown outcome; what was told to a
 * first router that is down, or was known to one that has crashed, until it is written again.
 */
#include "store/shard/shard.h"

#include <string.h>

#define NEWS_MAX (SIM_BODY_WORDS_MAX / 2)

/* ---- totals: of the first router ---- */

static void total_add(struct shard_state *state, uint64_t key, uint64_t keys, uint64_t bytes)
{
    struct shard_total *total = &state->sizes.totals[shard_table_owner(&state->after, key)];
    total->keys += keys; /* modulo: what is added may be negative */
    total->bytes += bytes;
}

/* Keys have changed their owners. */
static void total_again(struct shard_state *state)
{
    struct shard_sizes *sizes = &state->sizes;
    memset(sizes->totals, 0, state->shard_count * sizeof *sizes->totals);
    for (uint32_t i = 0; i < sizes->keys.count; i++) {
        const struct cell *cell = cells_at(&sizes->keys, i);
        if (!cell->is_deleted) {
            total_add(state, cell->key, 1, cell->value);
        }
    }
    sizes->applied = state->after.applied;
}

static void keep(struct shard_state *state, uint64_t key, uint64_t bytes, bool is_deleted)
{
    struct cell *cell = cells_put(&state->sizes.keys, key);
    bool was_there = cell->version != 0 && !cell->is_deleted;
    uint64_t keys = (uint64_t)!is_deleted - (uint64_t)was_there;
    uint64_t more = (is_deleted ? 0 : bytes) - (was_there ? cell->value : 0);
    *cell = (struct cell){.key = key, .value = bytes, .version = 1, .is_deleted = is_deleted};
    total_add(state, key, keys, more);
}

/* ---- what was written ---- */

void shard_size_count(struct sim_node *self, const struct sim_request *request,
                      enum sim_status status)
{
    struct shard_state *state = sim_state(self);
    bool is_deletion = request->operation == SIM_OP_DELETE;
    bool is_done = status == SIM_STATUS_OK || (is_deletion && status == SIM_STATUS_NOT_FOUND);
    bool is_write = request->operation != SIM_OP_READ && request->operation != SIM_OP_CALL &&
                    request->operation != SIM_OP_SCAN;
    if (!is_done || !is_write || state->params->partition_max == 0) {
        return;
    }
    uint64_t bytes = (uint64_t)(request->bytes > 0 ? request->bytes : state->params->value_bytes);
    if (shard_is_mover(self)) {
        keep(state, request->key, bytes, is_deletion);
    } else {
        struct cell *cell = cells_put(&state->sizes.keys, request->key);
        cell->value = bytes;
        cell->is_deleted = is_deletion;
    }
}

/* Another router's: all that it has written since it told the last time. Of a deletion UINT64_MAX
 * bytes. */
static void tell(struct sim_node *self)
{
    struct shard_sizes *sizes = &((struct shard_state *)sim_state(self))->sizes;
    uint64_t body[2 * NEWS_MAX];
    for (uint32_t i = 0; i < sizes->keys.count;) {
        uint32_t count = 0;
        for (; i < sizes->keys.count && count < 2 * NEWS_MAX; i++) {
            const struct cell *cell = cells_at(&sizes->keys, i);
            body[count++] = cell->key;
            body[count++] = cell->is_deleted ? UINT64_MAX : cell->value;
        }
        sim_send_message_with(self, sim_group_member(self, 0), SHARD_WRITTEN,
                              (const uint64_t[SIM_MESSAGE_WORDS]){count}, body, count,
                              SHARD_HEADER_BYTES + 8 * (int64_t)count);
    }
    cells_clear(&sizes->keys);
    cells_init(&sizes->keys);
}

void shard_on_written(struct sim_node *self, const struct sim_input *in)
{
    struct shard_state *state = sim_state(self);
    for (uint64_t i = 0; i < in->words[0]; i += 2) {
        bool is_deletion = in->body[i + 1] == UINT64_MAX;
        keep(state, in->body[i], is_deletion ? 0 : in->body[i + 1], is_deletion);
    }
}

/* ---- splitting ---- */

/* Bytes of the keys in [begin, end). */
static uint64_t bytes_within(const struct shard_state *state, uint64_t begin, uint64_t end)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < state->sizes.keys.count; i++) {
        const struct cell *cell = cells_at(&state->sizes.keys, i);
        bool is_in = cell->key >= begin && cell->key < end && !cell->is_deleted;
        bytes += is_in ? cell->value : 0;
    }
    return bytes;
}

static uint64_t range_end(const struct shard_state *state, uint32_t range)
{
    const struct shard_table *table = &state->after;
    return range + 1 < table->range_count ? table->ranges[range + 1].begin : shard_keys(state);
}

/* The least key below which half of the range's bytes are. When nothing is left above it, that is
 * the end of the range's last key, which is then the one that goes. */
static uint64_t split_point(const struct shard_state *state, uint64_t begin, uint64_t end,
                            uint64_t bytes)
{
    uint64_t low = begin + 1, high = end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (2 * bytes_within(state, begin, middle) >= bytes) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return bytes_within(state, begin, low) < bytes ? low : low - 1;
}

static void split(struct sim_node *self, uint32_t big, uint32_t small)
{
    struct shard_state *state = sim_state(self);
    const struct shard_table *table = &state->after;
    uint32_t biggest = 0;
    uint64_t most = 0;
    for (uint32_t i = 0; i < table->range_count; i++) {
        if (table->ranges[i].shard == big) {
            uint64_t bytes = bytes_within(state, table->ranges[i].begin, range_end(state, i));
            biggest = bytes > most ? i : biggest;
            most = bytes > most ? bytes : most;
        }
    }
    if (most == 0 || table->range_count == SHARD_RANGES_MAX) {
        return;
    }
    uint64_t begin = table->ranges[biggest].begin, end = range_end(state, biggest);
    uint64_t key = split_point(state, begin, end, most);
    uint64_t moved = bytes_within(state, key, end);
    const struct shard_total *totals = state->sizes.totals;
    if (moved < most && totals[small].bytes + moved < totals[big].bytes) {
        shard_mover_split(self, small, key, SHARD_METRIC_SPLITS_BY_SIZE);
    }
}

/* ---- measuring ---- */

static void show(struct sim_node *self, const struct shard_shown *shown)
{
    struct shard_shown *before = &((struct shard_state *)sim_state(self))->sizes.shown;
    sim_level(self, SHARD_METRIC_PARTITION_KEYS, shown->keys - before->keys);
    sim_level(self, SHARD_METRIC_PARTITION_BYTES, shown->bytes - before->bytes);
    sim_level(self, SHARD_METRIC_OVERSIZED, shown->oversized - before->oversized);
    *before = *shown;
}

void shard_size_measure(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    const struct shard_params *params = state->params;
    const struct shard_table *table = &state->after;
    if (params->partition_max == 0) {
        return;
    }
    if (!shard_is_mover(self)) {
        tell(self);
        return;
    }
    if (state->sizes.applied != table->applied) {
        total_again(state);
    }
    const struct shard_total *totals = state->sizes.totals;
    struct shard_shown shown = {0};
    uint32_t big = table->present[0], small = table->present[0];
    for (uint32_t i = 0; i < table->present_count; i++) {
        uint32_t shard = table->present[i];
        int64_t keys = (int64_t)totals[shard].keys;
        shown.keys = keys > shown.keys ? keys : shown.keys;
        shown.oversized += totals[shard].bytes > (uint64_t)params->partition_max;
        big = totals[shard].bytes > totals[big].bytes ? shard : big;
        small = totals[shard].bytes < totals[small].bytes ? shard : small;
    }
    shown.bytes = (int64_t)totals[big].bytes;
    show(self, &shown);
    if (shown.oversized > 0 && params->split_oversized && state->mover.stage == SHARD_IDLE) {
        split(self, big, small);
    }
}

/* ---- lives ---- */

void shard_size_start(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    cells_init(&state->sizes.keys);
    state->sizes.totals = sim_alloc(self, state->shard_count * sizeof *state->sizes.totals);
}

void shard_size_release(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    show(self, &(struct shard_shown){0});
    cells_clear(&state->sizes.keys);
}

/* How unevenly shards are asked, and where a range that is hot is split.
 *
 * At each interval the busiest shard is compared with the mean of those that have keys. Under
 * ranges the first router may then split: of the hottest range of a shard that is too busy the
 * upper half of what was asked for goes to the shard that was asked least, at the median of the
 * keys seen last (load-based splitting of CockroachDB: a split point from a sample of the
 * requests). A range that is hot for one key cannot be split. Each router counts what passes
 * through it; they are alike.
 */
#include "store/shard/shard.h"

#include <string.h>

/* Fewer requests than this in an interval say nothing. */
#define ASKED_MIN 100u

void shard_load_count(struct shard_state *state, uint32_t shard, uint64_t key)
{
    state->asked[shard]++;
    if (state->after.placement == NULL) {
        state->after.ranges[shard_table_range(&state->after, key)].asked++;
        state->recent[state->recent_count++ % SHARD_RECENT] = key;
    }
}

static int compare_keys(const void *a, const void *b, void *data)
{
    (void)data;
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Where to split the range [begin, end): the median of the latest keys there, or the next greater
 * key when that is the first of the range. 0 = nowhere. */
static uint64_t split_point(const struct shard_state *state, uint64_t begin, uint64_t end)
{
    uint64_t keys[SHARD_RECENT];
    uint32_t count = 0;
    uint64_t kept = state->recent_count < SHARD_RECENT ? state->recent_count : SHARD_RECENT;
    for (uint64_t i = 0; i < kept; i++) {
        if (state->recent[i] >= begin && state->recent[i] < end) {
            keys[count++] = state->recent[i];
        }
    }
    sim_sort(keys, count, sizeof *keys, compare_keys, NULL);
    uint32_t at = count / 2;
    while (at < count && keys[at] == begin) {
        at++;
    }
    return at < count ? keys[at] : 0;
}

static void split(struct sim_node *self, uint32_t hot, uint32_t cold)
{
    struct shard_state *state = sim_state(self);
    const struct shard_table *table = &state->after;
    uint32_t hottest = table->range_count;
    for (uint32_t i = 0; i < table->range_count; i++) {
        bool is_hotter =
            hottest == table->range_count || table->ranges[i].asked > table->ranges[hottest].asked;
        if (table->ranges[i].shard == hot && is_hotter) {
            hottest = i;
        }
    }
    if (hottest == table->range_count || table->range_count == SHARD_RANGES_MAX) {
        return;
    }
    uint64_t begin = table->ranges[hottest].begin;
    uint64_t end =
        hottest + 1 < table->range_count ? table->ranges[hottest + 1].begin : shard_keys(state);
    uint64_t key = split_point(state, begin, end);
    if (key > 0) {
        shard_mover_split(self, cold, key, SHARD_METRIC_SPLITS);
    }
}

void shard_load_measure(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    const struct shard_table *table = &state->after;
    uint64_t all = 0;
    uint32_t hot = table->present[0], cold = table->present[0];
    for (uint32_t i = 0; i < table->present_count; i++) {
        uint32_t shard = table->present[i];
        all += state->asked[shard];
        hot = state->asked[shard] > state->asked[hot] ? shard : hot;
        cold = state->asked[shard] < state->asked[cold] ? shard : cold;
    }
    double most = (double)state->asked[hot] * table->present_count;
    if (all > 0) {
        sim_record(self, SHARD_METRIC_SKEW, (sim_time)(100 * most / (double)all));
    }
    bool is_hot = all >= ASKED_MIN && hot != cold && state->params->split_above > 0 &&
                  most > state->params->split_above * (double)all;
    if (is_hot && shard_is_mover(self) && state->mover.stage == SHARD_IDLE) {
        split(self, hot, cold);
    }
    memset(state->asked, 0, state->shard_count * sizeof *state->asked);
    for (uint32_t i = 0; i < table->range_count; i++) {
        table->ranges[i].asked = 0;
    }
    sim_after(self, state->params->measure, SHARD_TIMER_MEASURE, 0);
}

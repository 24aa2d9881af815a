/* The map of shards in a configuration store, for routers that keep copies of it.
 *
 *   head:     epoch, changes, upto         how far the latest change is: a version of the map
 *   record i: change i                     written before the head counts it, and never again
 *
 * Any component that serves reads and compare-and-set can be that store. Routers ask it when they
 * begin anew, and when a shard has answered that a key has moved ("moved": SIM_STATUS_REDIRECT,
 * guard.c); with every request they say by which version they chose the shard. Requests that have
 * met that answer wait for a newer map. What a router has of the map it uses for as long as it gets
 * no newer one, so that nothing but moves, new lives of routers and keys that have moved needs the
 * store. MongoDB does so with its config servers (src/mongo/db/s/README_versioning_protocols.md:
 * shard versions, StaleConfig, refreshes that read what is newer than the cache); "moved" is the
 * answer of Redis Cluster (MOVED), and NotServingRegionException that of HBase.
 *
 * The first router changes the map by compare-and-set. One of its lives that ended may have left
 * such a request under way: each new life first raises the epoch in the head, and what is late then
 * finds another head than it expects. A change that the life before had written, but not counted,
 * is the next one.
 *
 * What makes no sense as a map (others write to that store, too) is a map that could not be read.
 */
#include "store/shard/shard.h"

#define HEAD 0u
#define KEY_BITS 27u   /* upto: at most 1e8 */
#define COUNT_BITS 11u /* changes: at most SHARD_CHANGES_MAX */
#define SHARD_BITS 10u
#define KIND_BITS 2u

/* The lowest `bits` of the value, which is left without them. */
static uint64_t take(uint64_t *value, unsigned bits)
{
    uint64_t low = *value & ((UINT64_C(1) << bits) - 1);
    *value >>= bits;
    return low;
}

struct head {
    uint64_t epoch, count, upto;
};

static uint64_t pack_head(struct head head)
{
    return (head.epoch << COUNT_BITS | head.count) << KEY_BITS | head.upto;
}

/* Before the first change there is none: 0. */
static struct head unpack_head(const struct shard_state *state, uint64_t value)
{
    if (value == 0) {
        return (struct head){.upto = shard_keys(state)};
    }
    struct head head;
    head.upto = take(&value, KEY_BITS);
    head.count = take(&value, COUNT_BITS);
    head.epoch = value;
    return head;
}

/* Never 0. */
static uint64_t pack_change(const struct shard_change *change)
{
    uint64_t what = (change->kind << SHARD_BITS | change->shard) << KEY_BITS | change->key;
    return what + 1;
}

static struct shard_change unpack_change(uint64_t value)
{
    struct shard_change change;
    value--;
    change.key = take(&value, KEY_BITS);
    change.shard = take(&value, SHARD_BITS);
    change.kind = take(&value, KIND_BITS);
    return change;
}

/* ---- whether that is a map ---- */

static bool head_fits(const struct shard_state *state, struct head head)
{
    return head.count <= SHARD_CHANGES_MAX && head.upto <= shard_keys(state);
}

/* Whether it can follow upon a map with these shards, which it changes. */
static bool change_fits(const struct shard_state *state, const struct shard_change *change,
                        bool *is_present, uint32_t *present_count)
{
    const struct shard_params *params = state->params;
    if (change->shard >= params->shards.count || change->key >= shard_keys(state)) {
        return false;
    }
    switch (change->kind) {
    case SHARD_JOINS:
        (*present_count)++;
        is_present[change->shard] = !is_present[change->shard];
        return is_present[change->shard];
    case SHARD_LEAVES:
        (*present_count)--;
        is_present[change->shard] = !is_present[change->shard];
        return !is_present[change->shard] && *present_count > 0;
    case SHARD_SPLIT:
        return is_present[change->shard] && shard_algorithm(params) == NULL;
    default:
        return false;
    }
}

/* Whether the first `count` of state->changes, and `next` where it is not NULL, can follow upon
 * each other. */
static bool changes_fit(const struct shard_state *state, uint32_t count,
                        const struct shard_change *next)
{
    bool is_present[SHARD_SHARDS_MAX];
    uint32_t present_count = 0;
    for (uint32_t i = 0; i < state->params->shards.count; i++) {
        is_present[i] = shard_is_wanted(state->params, i, 0);
        present_count += is_present[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!change_fits(state, &state->changes[i], is_present, &present_count)) {
            return false;
        }
    }
    return next == NULL ||
           (count < SHARD_CHANGES_MAX && change_fits(state, next, is_present, &present_count));
}

uint64_t shard_version_at(const struct shard_state *state, uint64_t upto)
{
    return pack_head((struct head){.count = state->change_count, .upto = upto});
}

/* ---- asking the configuration store ---- */

static void try_again(struct sim_node *self, sim_frame frame)
{
    const struct shard_state *state = sim_state(self);
    sim_after(self, state->params->retry, SHARD_TIMER_CONFIG, frame);
}

static void failed(struct sim_node *self, sim_frame frame)
{
    bool is_lookup = shard_job_at(self, frame)->kind == SHARD_LOOKUP;
    sim_count(self, is_lookup ? SHARD_METRIC_REFRESHES_FAILED : SHARD_METRIC_MAP_RETRIED, 1);
    try_again(self, frame);
}

void shard_map_ask(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    bool is_lookup = job->kind == SHARD_LOOKUP;
    struct sim_request request = {.key = job->key,
                                  .value = is_lookup ? 0 : job->value,
                                  .expected = is_lookup ? 0 : job->met,
                                  .deadline = SIM_NEVER,
                                  .bytes = is_lookup ? SHARD_HEADER_BYTES : SHARD_RECORD_BYTES,
                                  .operation = is_lookup ? SIM_OP_READ : SIM_OP_COMPARE_AND_SET,
                                  .consistency =
                                      is_lookup ? SIM_CONSISTENCY_STRONG : SIM_CONSISTENCY_DEFAULT,
                                  .origin_zone = (uint16_t)sim_zone(self)};
    sim_node_id to = members_next(self, &state->map.config);
    if (to == 0) {
        failed(self, frame);
    } else {
        sim_send_request(self, to, &request, state->params->timeout, frame);
    }
}

/* ---- reading the map ---- */

void shard_refresh(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    bool knows_latest = shard_is_mover(self) && state->mover.stage != SHARD_STARTS;
    if (state->map.is_refreshing || knows_latest) {
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct shard_job *job = shard_job_at(self, frame);
    job->kind = SHARD_LOOKUP;
    job->key = HEAD;
    job->since = sim_now(self);
    state->map.is_refreshing = true;
    sim_count(self, SHARD_METRIC_REFRESHES, 1);
    shard_map_ask(self, frame);
}

static void raise_epoch(struct sim_node *self);

/* All of the map has been read up to what its head says. */
static void was_read(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    struct head head = unpack_head(state, job->value);
    if (!changes_fit(state, (uint32_t)head.count, NULL)) {
        job->key = HEAD;
        failed(self, frame);
        return;
    }
    head.epoch = 0;
    bool is_news = !state->is_known || pack_head(head) > shard_version(state);
    if (!is_news && state->first_held != 0 && !shard_is_mover(self)) {
        job->key = HEAD; /* what was refused is not where it will be yet */
        try_again(self, frame);
        return;
    }
    sim_record(self, SHARD_METRIC_REFRESH_TIME, sim_now(self) - job->since);
    state->map.head = job->value;
    state->map.is_refreshing = shard_is_mover(self); /* until the epoch is its own */
    sim_frame_end(self, frame);
    if (is_news) {
        state->is_known = true;
        state->change_count = (uint32_t)head.count;
        shard_position(self, head.upto, head.upto);
    }
    if (shard_is_mover(self)) {
        raise_epoch(self);
    }
}

static void looked_up(struct sim_node *self, sim_frame frame, uint64_t value)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    if (job->key == HEAD && head_fits(state, unpack_head(state, value))) {
        job->value = value;
        job->key = state->change_count + 1;
    } else if (job->key == HEAD || value == 0) {
        failed(self, frame); /* no map, or a store that is behind itself */
        return;
    } else {
        state->changes[job->key++ - 1] = unpack_change(value);
    }
    if (job->key <= unpack_head(state, job->value).count) {
        shard_map_ask(self, frame);
    } else {
        was_read(self, frame);
    }
}

bool shard_was_moved(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    const struct shard_state *state = sim_state(self);
    if (status != SIM_STATUS_REDIRECT || !shard_has_config(state)) {
        return false;
    }
    sim_count(self, SHARD_METRIC_MOVED_ANSWERS, 1);
    shard_flight_end(self, frame);
    if (shard_job_at(self, frame)->version < shard_version(state)) {
        shard_route(self, frame); /* another request has had the same answer */
        return true;
    }
    shard_hold(self, frame);
    shard_refresh(self);
    return true;
}

/* ---- changing it ---- */

static void commit(struct sim_node *self, uint64_t key, uint64_t met, uint64_t value,
                   enum shard_tag tag)
{
    sim_frame frame = sim_frame_new(self);
    struct shard_job *job = shard_job_at(self, frame);
    job->kind = SHARD_COMMIT;
    job->key = key;
    job->met = met;
    job->value = value;
    job->tag = tag;
    shard_map_ask(self, frame);
}

static void commit_head(struct sim_node *self, struct head head, enum shard_tag tag)
{
    const struct shard_state *state = sim_state(self);
    commit(self, HEAD, state->map.head, pack_head(head), tag);
}

static void raise_epoch(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    struct head head = unpack_head(state, state->map.head);
    head.epoch++;
    commit_head(self, head, SHARD_TAG_EPOCH);
}

void shard_map_begin(struct sim_node *self, const struct shard_change *change)
{
    const struct shard_state *state = sim_state(self);
    commit(self, state->change_count + 1, 0, pack_change(change), SHARD_TAG_RECORD);
}

void shard_map_progress(struct sim_node *self, uint64_t upto)
{
    const struct shard_state *state = sim_state(self);
    struct head head = unpack_head(state, state->map.head);
    head.upto = upto;
    commit_head(self, head, SHARD_TAG_PROGRESS);
}

/* The record of the next change is written: now the head counts it. */
static void count_change(struct sim_node *self, uint64_t value)
{
    struct shard_state *state = sim_state(self);
    struct head head = unpack_head(state, state->map.head);
    head.count++;
    head.upto = 0;
    state->mover.next = unpack_change(value);
    commit_head(self, head, SHARD_TAG_CHANGE);
}

static void committed(struct sim_node *self, enum shard_tag tag, uint64_t value)
{
    struct shard_state *state = sim_state(self);
    if (tag == SHARD_TAG_RECORD) {
        count_change(self, value);
        return;
    }
    state->map.head = value;
    state->map.is_refreshing = false;
    shard_mover_synced(self, tag);
}

/* There is something else there than was expected. */
static void refused(struct sim_node *self, sim_frame frame, uint64_t value)
{
    struct shard_state *state = sim_state(self);
    enum shard_tag tag = shard_job_at(self, frame)->tag;
    if (tag != SHARD_TAG_RECORD && tag != SHARD_TAG_EPOCH) {
        failed(self, frame); /* nobody else changes it: a store that is behind itself */
        return;
    }
    struct shard_change written = unpack_change(value);
    if (tag == SHARD_TAG_RECORD &&
        (value == 0 || !changes_fit(state, state->change_count, &written))) {
        failed(self, frame); /* nor is that a change */
        return;
    }
    sim_frame_end(self, frame);
    sim_count(self, SHARD_METRIC_MAP_LATE, 1);
    if (tag == SHARD_TAG_RECORD) {
        count_change(self, value);
    } else {
        state->map.is_refreshing = false;
        shard_refresh(self);
    }
}

void shard_map_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    const struct shard_job *job = shard_job_at(self, frame);
    const struct sim_reply *reply = &outcome->reply;
    if (!sim_status_is_answer(reply->status)) {
        failed(self, frame);
    } else if (job->kind == SHARD_LOOKUP) {
        looked_up(self, frame, reply->status == SIM_STATUS_OK ? reply->value : 0);
    } else if (reply->status == SIM_STATUS_CONFLICT && reply->value != job->value) {
        refused(self, frame, reply->value);
    } else {
        enum shard_tag tag = job->tag;
        uint64_t value = job->value;
        sim_frame_end(self, frame);
        committed(self, tag, value);
    }
}

void shard_map_start(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    if (shard_has_config(state)) {
        members_start(self, &state->map.config, &state->params->config);
    }
}

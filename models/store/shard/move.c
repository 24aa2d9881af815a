/* The first router: which changes there are, and the keys that they move.
 *
 *   a change is due -> on disk -> [keys on the move -> all routers drained -> copied -> on disk]
 * ...
 *
 * One change at a time, through the keys in their order, `batch` keys that change their owner at
 * once. Their values go as requests through the network (copy.c), at `rate` at most. A change, and
 * how far it is, is on disk before anybody acts on it, so that after a crash it goes on where it
 * was; which keys come next follows from that. (MongoDB: the config servers know of each chunk
 * migration, and a shard takes part in one at a time.)
 */
#include "store/shard/shard.h"

#define LOG_CHANGES 0
#define LOG_PROGRESS 1

/* ---- changes ---- */

static void begin(struct sim_node *self, const struct shard_change *change)
{
    struct shard_state *state = sim_state(self);
    sim_assert(state->change_count < SHARD_CHANGES_MAX);
    state->mover.stage = SHARD_LOGS_CHANGE;
    state->mover.next = *change;
    if (shard_has_config(state)) {
        shard_map_begin(self, change);
        return;
    }
    struct sim_log_record record = {.words = {change->kind, change->shard, change->key},
                                    .bytes = SHARD_RECORD_BYTES};
    sim_log_append(self, LOG_CHANGES, &record);
    sim_log_sync(self, LOG_CHANGES, state->params->fsync, 0, SHARD_TAG_CHANGE);
}

void shard_mover_split(struct sim_node *self, uint32_t shard, uint64_t key, int metric)
{
    const struct shard_state *state = sim_state(self);
    uint32_t splits = 0;
    for (uint32_t i = 0; i < state->change_count; i++) {
        splits += state->changes[i].kind == SHARD_SPLIT;
    }
    if (splits + shard_planned(state->params) == SHARD_CHANGES_MAX) {
        sim_count(self, SHARD_METRIC_SPLITS_REFUSED, 1);
        return;
    }
    sim_count(self, metric, 1);
    begin(self, &(struct shard_change){SHARD_SPLIT, shard, key});
}

/* Those who come do so before others go, so that somebody is there to take their keys. */
void shard_mover_look(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    const struct shard_table *table = &state->after;
    if (state->mover.stage != SHARD_IDLE) {
        return;
    }
    for (uint32_t i = 0; i < state->shard_count; i++) {
        if (shard_is_wanted(state->params, i, sim_now(self)) && !shard_table_has(table, i)) {
            begin(self, &(struct shard_change){SHARD_JOINS, i, 0});
            return;
        }
    }
    for (uint32_t i = 0; i < state->shard_count && table->present_count > 1; i++) {
        if (!shard_is_wanted(state->params, i, sim_now(self)) && shard_table_has(table, i)) {
            begin(self, &(struct shard_change){SHARD_LEAVES, i, 0});
            return;
        }
    }
}

/* ---- what the other routers know ---- */

static void tell(struct sim_node *self, uint32_t router)
{
    const struct shard_state *state = sim_state(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {state->change_count, state->upto, state->end,
                                         state->mover.nonces[router]};
    uint32_t count = state->change_count * SHARD_CHANGE_WORDS;
    sim_send_message_with(self, sim_group_member(self, router), SHARD_POSITION, words,
                          (const uint64_t *)(const void *)state->changes, count,
                          SHARD_HEADER_BYTES + 8 * (int64_t)count);
}

void shard_mover_watch(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    if (!state->mover.is_resending) {
        state->mover.is_resending = true;
        sim_after(self, state->params->retry, SHARD_TIMER_RESEND, 0);
    }
}

void shard_mover_tell(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    uint32_t count = sim_group_size(self);
    if (shard_has_config(state)) {
        if (state->mover.stage == SHARD_DRAINS) {
            shard_give(self);
        }
        return; /* other routers see for themselves */
    }
    state->mover.acknowledged[0] = false;
    for (uint32_t i = 1; i < count; i++) {
        state->mover.acknowledged[i] = false;
        tell(self, i);
        shard_mover_watch(self);
    }
}

void shard_mover_resend(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    state->mover.is_resending = false;
    if (shard_has_config(state)) {
        shard_give_resend(self);
        return;
    }
    for (uint32_t i = 1; i < sim_group_size(self); i++) {
        if (!state->mover.acknowledged[i]) {
            tell(self, i);
            shard_mover_watch(self);
        }
    }
}

void shard_on_asks(struct sim_node *self, const struct sim_input *in)
{
    struct shard_state *state = sim_state(self);
    uint32_t router = in->from - sim_group_member(self, 0);
    if (in->words[0] > state->mover.nonces[router]) {
        state->mover.nonces[router] = in->words[0];
        state->mover.acknowledged[router] = false;
        shard_mover_watch(self);
    }
    tell(self, router);
}

/* ---- keys ---- */

/* On disk: how far the change is. */
static void note(struct sim_node *self, uint64_t upto, enum shard_tag tag)
{
    const struct shard_state *state = sim_state(self);
    if (shard_has_config(state)) {
        if (tag == SHARD_TAG_PROGRESS) { /* no more keys that move: says nothing new of any key */
            shard_map_progress(self, upto);
        }
        return;
    }
    struct sim_log_record record = {.words = {state->change_count, upto},
                                    .bytes = SHARD_RECORD_BYTES};
    uint64_t index = sim_log_append(self, LOG_PROGRESS, &record);
    if (index > 0) {
        sim_log_forget(self, LOG_PROGRESS, index - 1); /* the one before counts till then */
    }
    sim_log_sync(self, LOG_PROGRESS, state->params->fsync, 0, tag);
}

static void finish(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    note(self, shard_keys(state), SHARD_TAG_DONE);
    sim_record(self, SHARD_METRIC_MOVE_TIME, sim_now(self) - state->mover.since);
    sim_level(self, SHARD_METRIC_MOVING, -1);
    state->mover.since = 0;
    state->mover.stage = SHARD_IDLE;
    shard_position(self, shard_keys(state), shard_keys(state));
    shard_mover_look(self);
}

/* The keys that move next, from state->upto on, are held; when there are none the change is done.
 */
void shard_mover_next(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    struct shard_mover *mover = &state->mover;
    uint64_t key = state->end, from = state->end;
    mover->key_count = 0;
    for (; key < shard_keys(state) && mover->key_count < (uint64_t)state->params->batch; key++) {
        if (shard_table_owner(&state->before, key) != shard_table_owner(&state->after, key)) {
            mover->keys[mover->key_count++] = key;
        }
    }
    sim_count(self, SHARD_METRIC_EXAMINED, key - from);
    sim_count(self, SHARD_METRIC_MOVED, mover->key_count);
    if (mover->key_count == 0) {
        finish(self);
        return;
    }
    mover->stage = SHARD_DRAINS;
    mover->bytes = 0;
    mover->window_since = sim_now(self);
    shard_position(self, from, key);
}

void shard_mover_drained(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    state->mover.stage = SHARD_COPIES;
    state->mover.begun = state->mover.arrived = 0;
    while (state->mover.begun < state->mover.key_count &&
           state->mover.begun < (uint64_t)state->params->parallel) {
        shard_copy_begin(self, state->mover.keys[state->mover.begun++]);
    }
}

void shard_mover_acknowledged(struct sim_node *self, uint32_t router)
{
    struct shard_state *state = sim_state(self);
    state->mover.acknowledged[router] = true;
    if (state->mover.stage != SHARD_DRAINS) {
        return;
    }
    for (uint32_t i = 0; i < sim_group_size(self); i++) {
        if (!state->mover.acknowledged[i]) {
            return;
        }
    }
    shard_mover_drained(self);
}

void shard_on_drained(struct sim_node *self, const struct sim_input *in)
{
    const struct shard_state *state = sim_state(self);
    bool is_current = in->words[0] == state->change_count && in->words[1] == state->upto &&
                      in->words[2] == state->end;
    if (is_current) {
        shard_mover_acknowledged(self, in->from - sim_group_member(self, 0));
    }
}

/* One of them has arrived. */
void shard_mover_copied(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    state->mover.arrived++;
    if (state->mover.begun < state->mover.key_count) {
        shard_copy_begin(self, state->mover.keys[state->mover.begun++]);
    } else if (state->mover.arrived == state->mover.key_count) {
        state->mover.stage = SHARD_LOGS_PROGRESS;
        note(self, state->end, SHARD_TAG_PROGRESS);
    }
}

static void arrived(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    double rate = state->params->rate;
    double length = rate > 0 ? (double)state->mover.bytes / rate : 0;
    sim_time wait =
        sim_time_add(state->mover.window_since, sim_time_from_seconds(length)) - sim_now(self);
    if (wait <= 0) {
        shard_mover_next(self);
        return;
    }
    state->mover.stage = SHARD_PACES;
    shard_position(self, state->end, state->end);
    sim_after(self, wait, SHARD_TIMER_PACE, 0);
}

static void change_begins(struct sim_node *self, uint64_t upto)
{
    struct shard_state *state = sim_state(self);
    state->mover.since = sim_now(self);
    sim_level(self, SHARD_METRIC_MOVING, 1);
    shard_catch_up(state);
    state->upto = state->end = upto;
    shard_mover_next(self);
}

/* What it was doing when its last life ended goes on from there. */
static void resume(struct sim_node *self, uint64_t upto)
{
    struct shard_state *state = sim_state(self);
    if (upto < shard_keys(state)) {
        change_begins(self, upto);
    } else {
        state->mover.stage = SHARD_IDLE;
        shard_position(self, upto, upto);
        shard_mover_look(self);
    }
}

void shard_mover_synced(struct sim_node *self, enum shard_tag tag)
{
    struct shard_state *state = sim_state(self);
    if (tag == SHARD_TAG_PROGRESS) {
        arrived(self);
    } else if (tag == SHARD_TAG_CHANGE) {
        state->changes[state->change_count++] = state->mover.next;
        change_begins(self, 0);
    } else if (tag == SHARD_TAG_EPOCH) {
        resume(self, state->upto);
    }
}

/* ---- lives ---- */

uint64_t shard_log_end(struct sim_node *self, int log)
{
    uint64_t end = sim_log_end(self, log);
    if (end > sim_log_begin(self, log) && sim_log_at(self, log, end - 1)->is_torn) {
        sim_log_truncate(self, log, --end); /* a checksum says so */
    }
    return end;
}

/* What is on disk of an earlier life. Returns how far the latest change is. */
static uint64_t recover(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    uint64_t end = shard_log_end(self, LOG_CHANGES);
    for (uint64_t i = 0; i < end; i++) {
        const uint64_t *words = sim_log_at(self, LOG_CHANGES, i)->words;
        state->changes[i] = (struct shard_change){words[0], words[1], words[2]};
    }
    state->change_count = (uint32_t)end;
    uint64_t last = shard_log_end(self, LOG_PROGRESS);
    if (last > sim_log_begin(self, LOG_PROGRESS)) {
        const uint64_t *words = sim_log_at(self, LOG_PROGRESS, last - 1)->words;
        if (words[0] == end) {
            return words[1];
        }
    }
    return end == 0 ? shard_keys(state) : 0;
}

static void wait_for(struct sim_node *self, sim_time moment)
{
    if (moment != SIM_NEVER && moment > sim_now(self)) {
        sim_after(self, moment - sim_now(self), SHARD_TIMER_DUE, 0);
    }
}

void shard_mover_start(struct sim_node *self, bool is_new)
{
    struct shard_state *state = sim_state(self);
    uint32_t routers = sim_group_size(self);
    state->mover.keys = sim_alloc(self, (size_t)state->params->batch * sizeof *state->mover.keys);
    state->mover.nonces = sim_alloc(self, routers * sizeof *state->mover.nonces);
    state->mover.acknowledged = sim_alloc(self, routers * sizeof *state->mover.acknowledged);
    for (uint32_t i = 0; i < state->shard_count; i++) {
        wait_for(self, shard_fields_at(state->params, i)->from);
        wait_for(self, shard_fields_at(state->params, i)->to);
    }
    if (shard_has_config(state)) {
        shard_give_start(self);
    }
    if (is_new && shard_has_config(state)) {
        state->mover.stage = SHARD_STARTS;
    } else {
        resume(self, recover(self));
    }
}

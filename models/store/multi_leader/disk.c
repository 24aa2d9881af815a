/* What a member of store.multi_leader has on disk. Every change of an object is written to a log as
 * the object that it led to (as Riak's members do to Bitcask: Sheehy and Smith, "Bitcask: a
 * log-structured hash table for fast key/value data", 2010), and a crash cuts the log at the last
 * completed fsync.
 *
 * With `fsync` an object is on disk before anybody is told of it: its client, the member that sent
 * it, and those that it is sent to; a read waits for what it is about to tell. One fsync at a time,
 * each covers all that was written before it began. So a member that restarts has all that anybody
 * knows of it, and goes on under its name. Without, it may have told others what it no longer has,
 * and begins under a new name: what it was about to hand off under the old one is lost with it,
 * since nobody could tell whether it was handed off already.
 */
#include "store/multi_leader/multi_leader.h"

#define THE_LOG 0
#define COMPACT_FROM 4096u

static bool is_waiting(const struct leaders_params *params)
{
    return params->fsync != NULL;
}

static bool is_on_disk(const struct leaders_params *params)
{
    return is_waiting(params) || params->sync_period != SIM_NEVER;
}

bool leaders_is_durable(const struct sim_node *self, const struct leaders_object *object)
{
    return !is_waiting(sim_params(self)) || object->logged <= sim_log_durable(self, THE_LOG);
}

/* ---- writing ---- */

static void sync(struct sim_node *self)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    state->sync_end = sim_log_end(self, THE_LOG);
    sim_count(self, LEADERS_FSYNCS, 1);
    sim_log_sync(self, THE_LOG, params->fsync, 0, state->sync_end);
}

static void want_sync(struct sim_node *self)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    if (state->is_syncing) {
        return;
    }
    state->is_syncing = true;
    if (is_waiting(params)) {
        sync(self);
    } else {
        sim_after(self, params->sync_period, LEADERS_TIMER_SYNC, 0);
    }
}

void leaders_sync_due(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    state->is_syncing = false;
    sync(self);
}

/* A record that says what comes, and as many as that takes. */
static void append(struct sim_node *self, uint64_t key, const struct leaders_object *object)
{
    struct leaders_piece piece;
    piece.seen_end = piece.dot_end = 0;
    piece.is_last = false;
    while (leaders_pack(object, &piece)) {
        struct sim_log_record head = {
            .words = {key, piece.seen_count, piece.dot_count, piece.count},
            .bytes = leaders_size(sim_params(self), object, &piece)};
        sim_log_append(self, THE_LOG, &head);
        for (uint32_t i = 0; i < piece.count; i += SIM_LOG_WORDS) {
            struct sim_log_record record = {0};
            for (uint32_t j = 0; j < SIM_LOG_WORDS && i + j < piece.count; j++) {
                record.words[j] = piece.words[i + j];
            }
            sim_log_append(self, THE_LOG, &record);
        }
    }
}

/* Writes all objects anew, where most of the log is old. */
static void compact(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, THE_LOG);
    if (end - sim_log_begin(self, THE_LOG) < COMPACT_FROM + 4 * state->live) {
        return;
    }
    for (uint32_t i = 0; i < state->keys.count; i++) {
        append(self, cells_at(&state->keys, i)->key, &state->objects[i]);
    }
    sim_log_forget(self, THE_LOG, end);
    state->live = sim_log_end(self, THE_LOG) - end;
}

void leaders_log(struct sim_node *self, uint64_t key, struct leaders_object *object)
{
    if (is_on_disk(sim_params(self))) {
        append(self, key, object);
        object->logged = sim_log_end(self, THE_LOG);
        compact(self);
        want_sync(self);
    }
}

/* ---- what waits for it ---- */

static struct leaders_job *job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static void finish(struct sim_node *self, const struct leaders_job *job)
{
    if (job->is_update) {
        sim_commit(self, job->key, job->reply.version);
    }
    if (job->ticket != 0) {
        sim_answer(self, job->ticket, &job->reply);
    }
    if (job->from != 0) {
        leaders_acknowledge(self, job->from, job->key, job->stamp);
    }
    leaders_flush(self, job->key);
}

void leaders_settle(struct sim_node *self, const struct leaders_job *job)
{
    struct leaders_state *state = sim_state(self);
    const struct leaders_object *object = leaders_find(state, job->key);
    if (object == NULL || leaders_is_durable(self, object)) {
        finish(self, job);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    *job_at(self, frame) = *job;
    job_at(self, frame)->since = sim_now(self);
    struct leaders_jobs *jobs =
        object->logged <= state->sync_end ? &state->synced : &state->unsynced;
    if (jobs->first == 0) {
        jobs->first = frame;
    } else {
        job_at(self, jobs->last)->next = frame;
    }
    jobs->last = frame;
}

void leaders_synced(struct sim_node *self, uint64_t end)
{
    struct leaders_state *state = sim_state(self);
    if (!is_waiting(sim_params(self))) {
        return;
    }
    struct leaders_jobs jobs = state->synced;
    state->synced = state->unsynced;
    state->unsynced = (struct leaders_jobs){0};
    state->is_syncing = false;
    if (sim_log_end(self, THE_LOG) > end) {
        want_sync(self);
    }
    while (jobs.first != 0) {
        sim_frame frame = jobs.first;
        struct leaders_job job = *job_at(self, frame);
        jobs.first = job.next;
        sim_frame_end(self, frame);
        if (job.ticket != 0) {
            sim_spend(self, sim_request_of(self, job.ticket)->span, SIM_CAUSE_FSYNC,
                      sim_now(self) - job.since);
        }
        finish(self, &job);
    }
}

/* ---- a new life ---- */

/* The piece whose head is at `index`. */
static void recover_piece(struct sim_node *self, uint64_t index)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    const struct sim_log_record *head = sim_log_at(self, THE_LOG, index);
    uint64_t words[SIM_BODY_WORDS_MAX];
    uint64_t seen_count = head->words[1], dot_count = head->words[2], count = head->words[3];
    uint64_t key = head->words[0];
    for (uint64_t i = 0; i < count; i++) {
        words[i] =
            sim_log_at(self, THE_LOG, index + 1 + i / SIM_LOG_WORDS)->words[i % SIM_LOG_WORDS];
    }
    struct leaders_object piece, *object = leaders_put(state, kind, key);
    struct leaders_handoff handoff;
    leaders_unpack(kind, words, seen_count, dot_count, &piece, &handoff);
    if (kind == LEADERS_HANDOFF_COUNTER) {
        leaders_object_copy(object, &piece);
    } else {
        leaders_merge(kind, object, &piece);
    }
    object->logged = index + 1 + (count + SIM_LOG_WORDS - 1) / SIM_LOG_WORDS;
}

/* A handoff counter under a new name has only what others have, too. */
static void rename_handoff(const struct leaders_state *state, struct leaders_object *object)
{
    uint64_t below = object->handoff->counts.below, value = object->handoff->counts.value;
    leaders_handoff_free(object->handoff);
    object->handoff = leaders_handoff_new(state->actor, state->tier);
    object->handoff->counts.below = below;
    object->handoff->counts.value = state->tier == 0 ? value : below;
}

static void resume(struct sim_node *self, uint64_t key, struct leaders_object *object)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    if (object->handoff != NULL && object->handoff->counts.actor != state->actor) {
        rename_handoff(state, object);
    }
    struct leaders_part part = leaders_part(kind, key, object);
    sim_level(self, LEADERS_COUNTED, part.counted);
    state->checksum += part.hash;
    state->values += part.value_hash;
    for (uint32_t i = 0; kind == LEADERS_LAST_WRITE && i < object->dot_count; i++) {
        bool is_own = (object->dots[i].update & 63) == sim_member(self);
        uint64_t number = object->dots[i].update >> 6;
        state->number = is_own && number > state->number ? number : state->number;
    }
    if (kind == LEADERS_HANDOFF_COUNTER) {
        leaders_spread(self, key, LEADERS_OWN | LEADERS_TOKEN);
        leaders_flush(self, key);
    }
}

void leaders_recover(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, THE_LOG);
    if (end > sim_log_begin(self, THE_LOG) && sim_log_at(self, THE_LOG, end - 1)->is_torn) {
        sim_log_truncate(self, THE_LOG, --end); /* a checksum says so */
    }
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < end;) {
        uint64_t count = sim_log_at(self, THE_LOG, i)->words[3];
        recover_piece(self, i);
        i += 1 + (count + SIM_LOG_WORDS - 1) / SIM_LOG_WORDS;
    }
    for (uint32_t i = 0; i < state->keys.count; i++) {
        resume(self, cells_at(&state->keys, i)->key, &state->objects[i]);
    }
}

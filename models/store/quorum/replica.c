/* Replica of a quorum store: what it keeps of each key, on disk and in memory.
 *
 * Reads and writes that a coordinator asks for wait for one of `servers` and are worked on. A write
 * is appended to the log; it takes effect if it is newer than what is there. With `fsync` it takes
 * effect and is acknowledged when it is on disk, so that nobody ever reads what a crash could take;
 * one fsync at a time, and each covers all that was written before it began (group commit; Gray and
 * Reuter, "Transaction processing", 1993, chapter on the log manager). Without, it takes effect at
 * once, the log is synced every `sync_period`, and a crash takes what was written since (Cassandra:
 * commitlog_sync batch and periodic).
 *
 * A restarted replica reads its log. When the log has grown to several times what is alive, all
 * that is alive is appended to it and the rest is forgotten; that takes no time.
 *
 * Left out: the cost of compaction and of reading the log after a crash; tombstones stay for ever.
 */
#include "queue.h"
#include "store/quorum/quorum.h"

#define THE_LOG 0
#define RECORD_DELETED 1u
#define RECORD_HINT 2u      /* for the member in the upper half of the word */
#define RECORD_DELIVERED 4u /* all hints for that member are */
#define COMPACT_FROM 1024u  /* records */

static struct quorum_job *job_at(struct sim_node *self, sim_frame frame)
{
    return &((struct quorum_frame *)sim_frame_at(self, frame))->job;
}

static struct quorum_entry entry_of(const struct cell *cell)
{
    return (struct quorum_entry){.key = cell->key,
                                 .value = cell->value,
                                 .version = cell->version,
                                 .is_deleted = cell->is_deleted};
}

/* ---- the map ---- */

struct quorum_entry quorum_replica_read(const struct quorum_replica *replica, uint64_t key)
{
    const struct cell *cell = cells_find(&replica->cells, key);
    const struct cell *other =
        replica->stand_in.count > 0 ? cells_find(&replica->stand_in, key) : NULL;
    int64_t keys = replica->params->keys;
    bool exists = keys < 0 || key < (uint64_t)keys;
    struct quorum_entry found = {.key = key, .version = 1, .is_deleted = !exists};
    if (cell != NULL) {
        found = entry_of(cell);
    }
    if (other != NULL) {
        struct quorum_entry entry = entry_of(other);
        found = quorum_is_newer(&entry, &found) ? entry : found;
    }
    return found;
}

static void put(struct cells *cells, const struct quorum_entry *entry)
{
    struct cell *cell = cells_put(cells, entry->key);
    struct quorum_entry there = entry_of(cell);
    if (cell->version == 0 || quorum_is_newer(entry, &there)) {
        *cell = (struct cell){.key = entry->key,
                              .value = entry->value,
                              .version = entry->version,
                              .is_deleted = entry->is_deleted};
    }
}

/* A write takes effect. */
static void apply(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                  const struct quorum_entry *entry)
{
    if (owner == replica->coordinator->own) {
        put(&replica->cells, entry);
    } else {
        put(&replica->stand_in, entry);
        quorum_hint_keep(self, replica, owner, entry);
    }
}

/* ---- the log ---- */

static uint64_t append(struct sim_node *self, const struct quorum_replica *replica,
                       const struct quorum_entry *entry, uint32_t owner, unsigned flags)
{
    struct sim_log_record record = {
        .words = {entry->key, entry->value, entry->version,
                  (uint64_t)owner << 32 | flags | (entry->is_deleted ? RECORD_DELETED : 0)},
        .bytes = QUORUM_HEADER_BYTES + replica->params->common.value_bytes,
    };
    return sim_log_append(self, THE_LOG, &record);
}

static uint64_t append_write(struct sim_node *self, const struct quorum_replica *replica,
                             const struct quorum_entry *entry, uint32_t owner)
{
    return append(self, replica, entry, owner,
                  owner == replica->coordinator->own ? 0 : RECORD_HINT);
}

/* Appends all that is alive and forgets the rest, but for what waits for the disk. */
static void compact(struct sim_node *self, struct quorum_replica *replica)
{
    uint64_t begin = sim_log_end(self, THE_LOG);
    if (begin - sim_log_begin(self, THE_LOG) <
        COMPACT_FROM + 4 * ((uint64_t)replica->cells.count + replica->hint_count)) {
        return;
    }
    if (replica->first_waiting != 0) {
        begin = job_at(self, replica->first_waiting)->index;
    }
    for (uint32_t i = 0; i < replica->cells.count; i++) {
        struct quorum_entry entry = entry_of(cells_at(&replica->cells, i));
        append(self, replica, &entry, 0, 0);
    }
    for (uint32_t owner = 0; owner < replica->coordinator->member_count; owner++) {
        const struct quorum_hint_queue *queue = &replica->hints[owner];
        for (uint32_t i = 0; i < queue->count; i++) {
            append(self, replica, &queue->entries[i], owner, RECORD_HINT);
        }
    }
    sim_log_forget(self, THE_LOG, begin);
}

static void sync(struct sim_node *self, const struct quorum_replica *replica)
{
    sim_log_sync(self, THE_LOG, replica->params->fsync, 0, sim_log_end(self, THE_LOG));
}

/* Something was appended: it will be on disk, soon or in time. */
static void want_sync(struct sim_node *self, struct quorum_replica *replica)
{
    if (replica->is_syncing) {
        return;
    }
    replica->is_syncing = true;
    if (replica->params->fsync != NULL) {
        sync(self, replica);
    } else {
        sim_after(self, replica->params->sync_period, QUORUM_TIMER_SYNC, 0);
    }
}

void quorum_replica_sync_due(struct sim_node *self, struct quorum_replica *replica)
{
    replica->is_syncing = false;
    sync(self, replica);
}

void quorum_log_hint(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                     const struct quorum_entry *entry)
{
    append(self, replica, entry, owner, RECORD_HINT);
    want_sync(self, replica);
}

void quorum_log_delivered(struct sim_node *self, struct quorum_replica *replica, uint32_t owner)
{
    struct sim_log_record record = {.words = {0, 0, 0, (uint64_t)owner << 32 | RECORD_DELIVERED}};
    sim_log_append(self, THE_LOG, &record);
    want_sync(self, replica);
}

static void recover(struct sim_node *self, struct quorum_replica *replica)
{
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < sim_log_end(self, THE_LOG); i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            break; /* a checksum would say so */
        }
        uint32_t owner = (uint32_t)(record->words[3] >> 32);
        struct quorum_entry entry = {.key = record->words[0],
                                     .value = record->words[1],
                                     .version = record->words[2],
                                     .is_deleted = (record->words[3] & RECORD_DELETED) != 0};
        if ((record->words[3] & RECORD_DELIVERED) != 0) {
            quorum_hints_forget(self, replica, owner);
        } else if ((record->words[3] & RECORD_HINT) != 0) {
            apply(self, replica, owner, &entry);
        } else {
            put(&replica->cells, &entry);
        }
    }
}

/* ---- what is asked ---- */

static void tell(struct sim_node *self, struct quorum_replica *replica,
                 const struct quorum_ask *ask, struct quorum_answer *answer)
{
    if (ask->kind == QUORUM_ASK_REPAIR) {
        return;
    }
    answer->frame = ask->frame;
    answer->member = ask->member;
    answer->slot = ask->slot;
    answer->round = ask->round;
    if (ask->from == sim_self(self)) {
        quorum_answered(self, replica->coordinator, answer);
        return;
    }
    bool has_value = ask->kind == QUORUM_ASK_READ && !answer->is_refused;
    quorum_send_answer(self, ask->from, answer,
                       has_value && !answer->entry.is_deleted ? ask->bytes : 0);
}

/* A write that is to be acknowledged when it is on disk. `frame`: of its job, 0 = none yet. */
static void write_and_wait(struct sim_node *self, struct quorum_replica *replica, sim_frame frame,
                           const struct quorum_ask *ask, const struct quorum_answer *answer)
{
    frame = frame != 0 ? frame : sim_frame_new(self);
    struct quorum_job *job = job_at(self, frame);
    *job = (struct quorum_job){.ask = *ask,
                               .queue = answer->queue,
                               .service = answer->service,
                               .logged = sim_now(self),
                               .index = append_write(self, replica, &ask->entry, ask->owner)};
    if (replica->first_waiting == 0) {
        replica->first_waiting = frame;
    } else {
        job_at(self, replica->last_waiting)->next = frame;
    }
    replica->last_waiting = frame;
    want_sync(self, replica);
}

/* The work is done. `frame`: of the job, 0 = there was none to wait for. */
static void perform(struct sim_node *self, struct quorum_replica *replica, sim_frame frame,
                    const struct quorum_ask *ask, struct quorum_answer *answer)
{
    struct quorum_entry there = quorum_replica_read(replica, ask->entry.key);
    bool is_write = ask->kind == QUORUM_ASK_WRITE || ask->kind == QUORUM_ASK_REPAIR;
    answer->entry = there;
    if (is_write && quorum_is_newer(&ask->entry, &there)) {
        if (replica->params->fsync != NULL) {
            write_and_wait(self, replica, frame, ask, answer);
            return;
        }
        append_write(self, replica, &ask->entry, ask->owner);
        apply(self, replica, ask->owner, &ask->entry);
        compact(self, replica);
        want_sync(self, replica);
    }
    tell(self, replica, ask, answer);
    if (frame != 0) {
        sim_frame_end(self, frame);
    }
}

void quorum_replica_ask(struct sim_node *self, struct quorum_replica *replica,
                        const struct quorum_ask *ask)
{
    struct quorum_answer answer = {0};
    if (replica->work == NULL) {
        perform(self, replica, 0, ask, &answer);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct quorum_job *job = job_at(self, frame);
    const struct sim_dist *law = replica->params->service.law[ask->operation];
    *job = (struct quorum_job){
        .ask = *ask, .queue = sim_now(self), .service = sim_draw(self, QUORUM_DRAW_SERVICE, law)};
    if (!sim_station_work(self, replica->work, job->service, ask->priority, 0, frame)) {
        sim_frame_end(self, frame);
        answer.is_refused = true;
        tell(self, replica, ask, &answer);
    }
}

void quorum_replica_worked(struct sim_node *self, struct quorum_replica *replica, sim_frame frame)
{
    const struct quorum_job *job = job_at(self, frame);
    sim_time spent = sim_now(self) - job->queue;
    struct quorum_ask ask = job->ask;
    struct quorum_answer answer = {.service = job->service < spent ? job->service : spent};
    answer.queue = spent - answer.service;
    perform(self, replica, frame, &ask, &answer);
}

void quorum_replica_synced(struct sim_node *self, struct quorum_replica *replica, uint64_t end)
{
    if (replica->params->fsync == NULL) {
        return;
    }
    replica->is_syncing = false;
    while (replica->first_waiting != 0 && job_at(self, replica->first_waiting)->index < end) {
        sim_frame frame = replica->first_waiting;
        const struct quorum_job *job = job_at(self, frame);
        struct quorum_ask ask = job->ask;
        struct quorum_answer answer = {
            .queue = job->queue, .service = job->service, .fsync = sim_now(self) - job->logged};
        replica->first_waiting = job->next;
        sim_frame_end(self, frame);
        apply(self, replica, ask.owner, &ask.entry);
        tell(self, replica, &ask, &answer);
    }
    compact(self, replica);
    if (sim_log_end(self, THE_LOG) > end) {
        want_sync(self, replica);
    }
}

/* ---- lives ---- */

/* Where no operation takes any work there is no station to pass. */
static bool is_work(const struct quorum_replica_params *params)
{
    for (int operation = 0; operation < SIM_OP_COUNT; operation++) {
        double value;
        if (!sim_dist_is_constant(params->service.law[operation], &value) || value > 0) {
            return true;
        }
    }
    return false;
}

void quorum_replica_start(struct sim_node *self, struct quorum_replica *replica, bool is_restart)
{
    cells_init(&replica->cells);
    cells_init(&replica->stand_in);
    quorum_hints_start(self, replica);
    if (is_work(replica->params)) {
        replica->work =
            queue_start(self, replica->params->servers, replica->params->queue_limit, QUORUM_BUSY);
    }
    if (is_restart) {
        recover(self, replica);
    }
}

void quorum_replica_release(struct sim_node *self, struct quorum_replica *replica)
{
    quorum_hints_release(self, replica);
    cells_clear(&replica->cells);
    cells_clear(&replica->stand_in);
}

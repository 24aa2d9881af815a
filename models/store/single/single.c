/* store.single: one machine that keeps its data in memory or on disk, with a write-ahead log.
 *
 * A request waits for one of `servers` and is worked on; a share of them (`misses`) then reads a
 * page from the disk. A write is appended to the log before anything else (write-ahead logging:
 * Mohan and others, "ARIES", TODS 17(1), 1992, section 1.1) and answered when it is on disk. One
 * fsync at a time: what is written while it runs shares the next one (group commit: Gray and
 * Reuter, "Transaction processing", 1993, section 9.4.6). A write that has yet to reach the disk is
 * pre-committed (DeWitt and others, SIGMOD 1984, section 5.2): the next compare-and-set of its key
 * meets it, and is answered after it; reads see what is on disk, so that nobody ever reads what a
 * crash could take. Without `fsync` a write is answered and seen at once, the log is synced every
 * `sync_period`, and a crash takes what came since (PostgreSQL: synchronous_commit = off; Redis:
 * appendfsync everysec).
 *
 * After a crash the log is read again from the last checkpoint, each record takes `replay`, and
 * until that is done requests are turned away (ARIES, section 6: redo).
 *
 * Left out: what a checkpoint costs; undo, since nothing is written before it is decided; the size
 * of the log. A retry of a request that was carried out takes effect again.
 */
#include "models.h"
#include "store/effect.h"

#define LOG_WRITES 0
#define LOG_CHECKPOINTS 1
#define RECORD_BYTES 64 /* of a log record beside its value */

enum single_storage { STORAGE_DISK, STORAGE_MEMORY };
static const char *const storage_names[] = {"disk", "memory", NULL};

struct single_params {
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    int32_t storage; /* enum single_storage */
    const struct sim_dist *fsync;
    sim_time sync_period;
    sim_time checkpoint;
    const struct sim_dist *replay;
    double misses;
    int64_t page_bytes;
    int64_t keys;
    int64_t value_bytes;
};

struct single_state {
    struct sim_station *work;
    struct cells latest; /* what the next write meets */
    struct cells seen;   /* what reads see; unused where that is the same */
    uint64_t version;    /* the latest; they grow with time, also over a crash */
    uint64_t seen_end;   /* writes that reads see, by their place in the log */
    bool is_syncing, is_recovering;
    sim_time since;                        /* is_recovering */
    sim_frame first_waiting, last_waiting; /* for the disk, in the order in which they came */
};

/* One request: in the station, at the disk, in the log. */
struct single_job {
    sim_ticket ticket;
    sim_time logged; /* since when it waits for an fsync */
    uint64_t end;    /* of the log, that is on disk before it is answered; 0 = at once */
    struct sim_reply reply;
    sim_frame next;
    bool has_page; /* what it needs is in memory */
};

enum single_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_COMMITS,
    METRIC_MISSING,
    METRIC_SYNCS,
    METRIC_GROUP,
    METRIC_REPLAYED,
    METRIC_RECOVERY,
    METRIC_LOST
};
static const struct sim_metric_spec single_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "writes that reads may see", NULL},
    {"missing", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads of keys that do not exist", NULL},
    {"fsyncs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times the log was synced", NULL},
    {"grouped", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes that an fsync made durable; by fsyncs: the size of a group", NULL},
    {"replayed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "records read again after a crash", NULL},
    {"recovery", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time that reading them took", NULL},
    {"lost.writes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes that were acknowledged and that a crash took", NULL},
    {0},
};

enum single_timer { TIMER_SYNC, TIMER_CHECKPOINT, TIMER_REPLAYED };
static const char *const single_timers[] = {"sync", "checkpoint", "replayed", NULL};

enum single_draw { DRAW_SERVICE, DRAW_MISS, DRAW_REPLAY };
static const char *const single_draws[] = {"service", "miss", "replay", NULL};

static const struct sim_param single_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct single_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a request: one law, or one an operation [PostgreSQL: 0.1 ms in memory]", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct single_params, servers), "8", 1, 1e9,
     "requests that are worked on at once [a core each]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct single_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"storage", SIM_PARAM_CHOICE, offsetof(struct single_params, storage), "\"disk\"",
     SIM_UNBOUNDED, "disk: a write-ahead log and recovery; memory: a crash takes all", NULL,
     storage_names},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct single_params, fsync), "nil",
     SIM_NOT_NEGATIVE,
     "a write waits for the disk, which takes this; left out = the log is synced from time to time "
     "[PostgreSQL: synchronous_commit on, off]",
     NULL, NULL},
    {"sync_period", SIM_PARAM_DURATION, offsetof(struct single_params, sync_period), "s(1)", 1e-6,
     1e9, "without fsync: how often the log is synced [Redis: appendfsync everysec]", NULL, NULL},
    {"checkpoint", SIM_PARAM_DURATION, offsetof(struct single_params, checkpoint), "minutes(5)",
     1e-3, 1e300, "how often a checkpoint is made [PostgreSQL: checkpoint_timeout]", NULL, NULL},
    {"replay", SIM_PARAM_DURATION_LAW, offsetof(struct single_params, replay), "us(20)",
     SIM_NOT_NEGATIVE,
     "time a record takes that is read again after a crash [about 50,000 records/s]", NULL, NULL},
    {"misses", SIM_PARAM_RATIO, offsetof(struct single_params, misses), "percent(0)", 0, 1,
     "requests whose page is not in memory and is read from the disk [PostgreSQL: 1 - "
     "blks_hit ratio]",
     NULL, NULL},
    {"page_bytes", SIM_PARAM_BYTES, offsetof(struct single_params, page_bytes), "KiB(8)", 1, 1e12,
     "size of a page [PostgreSQL: 8 KiB; InnoDB: 16 KiB]", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct single_params, keys), "0", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct single_params, value_bytes), "KiB(1)", 0, 1e12,
     "size of a value, where the request does not say", NULL, NULL},
    {0},
};

/* ---- the maps ---- */

static struct single_job *job_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static bool is_on_disk(const struct single_params *params)
{
    return params->storage == STORAGE_DISK;
}

/* Whether reads see only what an fsync has made durable. */
static bool is_waiting(const struct single_params *params)
{
    return is_on_disk(params) && params->fsync != NULL;
}

static struct cell cell_of(struct sim_node *self, const struct cells *cells, uint64_t key)
{
    const struct single_params *params = sim_params(self);
    const struct cell *cell = cells_find(cells, key);
    bool exists = params->keys < 0 || key < (uint64_t)params->keys;
    return cell != NULL ? *cell : (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

static const struct cells *seen_cells(struct sim_node *self)
{
    const struct single_state *state = sim_state(self);
    return is_waiting(sim_params(self)) ? &state->seen : &state->latest;
}

static void become_visible(struct sim_node *self, const struct cell *cell)
{
    struct single_state *state = sim_state(self);
    if (is_waiting(sim_params(self))) {
        *cells_put(&state->seen, cell->key) = *cell;
    }
    sim_commit(self, cell->key, cell->version);
    sim_count(self, METRIC_COMMITS, 1);
}

static struct cell cell_in_log(struct sim_node *self, uint64_t index)
{
    const struct sim_log_record *record = sim_log_at(self, LOG_WRITES, index);
    return (struct cell){.key = record->words[0],
                         .value = record->words[1],
                         .version = record->words[2],
                         .is_deleted = record->words[3] != 0};
}

/* ---- the log ---- */

static void append(struct sim_node *self, const struct cell *cell)
{
    const struct single_params *params = sim_params(self);
    struct sim_log_record record = {
        .words = {cell->key, cell->value, cell->version, cell->is_deleted},
        .bytes = RECORD_BYTES + params->value_bytes};
    sim_log_append(self, LOG_WRITES, &record);
}

static void sync(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    sim_count(self, METRIC_SYNCS, 1);
    sim_count(self, METRIC_GROUP,
              sim_log_end(self, LOG_WRITES) - sim_log_durable(self, LOG_WRITES));
    sim_log_sync(self, LOG_WRITES, params->fsync, 0, sim_log_end(self, LOG_WRITES));
}

static void want_sync(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    if (state->is_syncing) {
        return;
    }
    state->is_syncing = true;
    if (params->fsync != NULL) {
        sync(self);
    } else {
        sim_after(self, params->sync_period, TIMER_SYNC, 0);
    }
}

static void on_synced(struct sim_node *self, uint64_t end)
{
    struct single_state *state = sim_state(self);
    if (end == 0) { /* of a checkpoint */
        return;
    }
    state->is_syncing = false;
    while (is_waiting(sim_params(self)) && state->seen_end < end) {
        struct cell cell = cell_in_log(self, state->seen_end++);
        become_visible(self, &cell);
    }
    while (state->first_waiting != 0 && job_at(self, state->first_waiting)->end <= end) {
        sim_frame frame = state->first_waiting;
        struct single_job *job = job_at(self, frame);
        const struct sim_request *request = sim_request_of(self, job->ticket);
        sim_spend(self, request->span, SIM_CAUSE_FSYNC, sim_now(self) - job->logged);
        state->first_waiting = job->next;
        sim_answer(self, job->ticket, &job->reply);
        sim_frame_end(self, frame);
    }
    if (sim_log_end(self, LOG_WRITES) > end) {
        want_sync(self);
    }
}

static void checkpoint(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct sim_log_record record = {.words = {sim_log_durable(self, LOG_WRITES)}};
    uint64_t index = sim_log_append(self, LOG_CHECKPOINTS, &record);
    sim_log_forget(self, LOG_CHECKPOINTS, index);
    sim_log_sync(self, LOG_CHECKPOINTS, params->fsync, 0, 0);
    sim_after(self, params->checkpoint, TIMER_CHECKPOINT, 0);
}

/* ---- requests ---- */

static int64_t size_of(const struct single_params *params, const struct sim_request *request)
{
    return request->reply_bytes > 0 ? request->reply_bytes : params->value_bytes;
}

static void read(struct sim_node *self, const struct sim_request *request, struct sim_reply *reply)
{
    const struct single_params *params = sim_params(self);
    const struct cells *cells = seen_cells(self);
    if (request->operation == SIM_OP_SCAN) {
        for (uint64_t key = request->key; key < request->key_end; key++) {
            reply->bytes += cell_of(self, cells, key).is_deleted ? 0 : size_of(params, request);
        }
        return;
    }
    struct cell cell = cell_of(self, cells, request->key);
    reply->version = cell.version;
    if (cell.is_deleted) {
        sim_count(self, METRIC_MISSING, 1);
        reply->status = SIM_STATUS_NOT_FOUND;
        return;
    }
    reply->value = cell.value;
    reply->bytes = size_of(params, request);
}

/* Executes; returns the end of the log below which all is that the answer tells. */
static uint64_t write(struct sim_node *self, const struct sim_request *request,
                      struct sim_reply *reply)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    struct cell old = cell_of(self, &state->latest, request->key), new;
    if (!effect_of(request, &old, &new, &reply->value)) {
        reply->status = SIM_STATUS_CONFLICT;
        reply->version = old.version;
        bool is_seen = cell_of(self, seen_cells(self), request->key).version == old.version;
        return is_seen ? 0 : sim_log_end(self, LOG_WRITES);
    }
    uint64_t by_time = (uint64_t)sim_now(self) + 2; /* 1 is what was there at the start */
    state->version = by_time > state->version ? by_time : state->version + 1;
    new.version = reply->version = state->version;
    *cells_put(&state->latest, new.key) = new;
    if (is_on_disk(params)) {
        append(self, &new);
        want_sync(self);
    }
    if (!is_waiting(params)) {
        state->seen_end++;
        become_visible(self, &new);
        return 0;
    }
    return sim_log_end(self, LOG_WRITES);
}

static void conclude(struct sim_node *self, sim_frame frame)
{
    struct single_state *state = sim_state(self);
    struct single_job *job = job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    if (effect_is_read(request->operation)) {
        read(self, request, &job->reply);
    } else {
        job->end = write(self, request, &job->reply);
    }
    if (job->end == 0) {
        sim_answer(self, job->ticket, &job->reply);
        sim_frame_end(self, frame);
        return;
    }
    job->logged = sim_now(self);
    if (state->first_waiting == 0) {
        state->first_waiting = frame;
    } else {
        job_at(self, state->last_waiting)->next = frame;
    }
    state->last_waiting = frame;
}

static void worked(struct sim_node *self, sim_frame frame)
{
    const struct single_params *params = sim_params(self);
    struct single_job *job = job_at(self, frame);
    if (job->has_page) {
        conclude(self, frame);
        return;
    }
    job->has_page = true;
    if (sim_random_chance(sim_random_of(self, DRAW_MISS), params->misses)) {
        sim_disk_read(self, params->page_bytes, sim_request_of(self, job->ticket)->span, frame);
    } else {
        conclude(self, frame);
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct single_params *params = sim_params(self);
    const struct single_state *state = sim_state(self);
    if (state->is_recovering) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct single_job *job = job_at(self, frame);
    job->ticket = in->ticket;
    job->has_page = params->misses <= 0;
    sim_time work = sim_draw(self, DRAW_SERVICE, params->service.law[in->request->operation]);
    if (!sim_station_work(self, state->work, work, in->request->priority, in->request->span,
                          frame)) {
        sim_frame_end(self, frame);
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

/* ---- lives ---- */

/* All that is in the log is what there is; what is not in the checkpoint takes time to read. */
static void recover(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    uint64_t end = sim_log_end(self, LOG_WRITES);
    if (end > 0 && sim_log_at(self, LOG_WRITES, end - 1)->is_torn) {
        sim_log_truncate(self, LOG_WRITES, --end); /* a checksum says so */
    }
    for (uint64_t i = 0; i < end; i++) {
        struct cell cell = cell_in_log(self, i);
        *cells_put(&state->latest, cell.key) = cell;
        if (is_waiting(params)) {
            *cells_put(&state->seen, cell.key) = cell;
        }
    }
    state->version = end == 0 ? 1 : sim_log_at(self, LOG_WRITES, end - 1)->words[2];
    state->seen_end = end;
    uint64_t last = sim_log_end(self, LOG_CHECKPOINTS);
    uint64_t from = 0;
    if (last > sim_log_begin(self, LOG_CHECKPOINTS) &&
        !sim_log_at(self, LOG_CHECKPOINTS, last - 1)->is_torn) {
        from = sim_log_at(self, LOG_CHECKPOINTS, last - 1)->words[0];
    }
    sim_time time = 0;
    for (uint64_t i = from; i < end; i++) {
        time = sim_time_add(time, sim_draw(self, DRAW_REPLAY, params->replay));
    }
    sim_count(self, METRIC_REPLAYED, end - from);
    state->is_recovering = true;
    state->since = sim_now(self);
    sim_after(self, time, TIMER_REPLAYED, 0);
}

static void replayed(struct sim_node *self)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    state->is_recovering = false;
    sim_record(self, METRIC_RECOVERY, sim_now(self) - state->since);
    sim_after(self, params->checkpoint, TIMER_CHECKPOINT, 0);
}

static void start(struct sim_node *self, bool is_restart)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    struct sim_station_options options = {.servers = params->servers,
                                          .queue_limit = params->queue_limit,
                                          .discipline = SIM_FIFO,
                                          .busy_metric = METRIC_BUSY,
                                          .queued_metric = METRIC_QUEUED,
                                          .wait_metric = METRIC_WAIT};
    state->work = sim_station_new(self, &options);
    cells_init(&state->latest);
    cells_init(&state->seen);
    state->version = 1;
    if (!is_on_disk(params)) {
        return;
    }
    if (is_restart) {
        recover(self);
    } else {
        sim_after(self, params->checkpoint, TIMER_CHECKPOINT, 0);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        worked(self, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        on_synced(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_SYNC) {
        sync(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_CHECKPOINT) {
        checkpoint(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_REPLAYED) {
        replayed(self);
    }
}

/* At the end of a life: what was acknowledged and did not reach the disk is lost. */
static void release(struct sim_node *self)
{
    struct single_state *state = sim_state(self);
    if (state->work == NULL) {
        return;
    }
    uint64_t kept = is_on_disk(sim_params(self)) ? sim_log_durable(self, LOG_WRITES) : 0;
    if (state->seen_end > kept) {
        sim_count(self, METRIC_LOST, state->seen_end - kept);
    }
    cells_clear(&state->latest);
    cells_clear(&state->seen);
}

/* What reads see. */
static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct single_state *state = sim_state_const(self);
    cells_say(is_waiting(sim_params(self)) ? &state->seen : &state->latest, say, data);
}

const struct sim_model sim_model_store_single = {
    .abi = SIM_MODEL_ABI,
    .name = "store.single",
    .summary = "one machine that keeps its data in memory or on disk, with a write-ahead log",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct single_params),
    .params = single_params,
    .state_size = sizeof(struct single_state),
    .frame_size = sizeof(struct single_job),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = single_metrics,
    .timers = single_timers,
    .draws = single_draws,
};

/* store.single: one machine that keeps its data in memory or on disk, with a write-ahead log.
 *
 * A request waits for one of `servers` and is worked on; a share of them (`misses`) then reads a
 * page from the disk. A write is appended to the log before anything else (write-ahead logging:
 * Mohan and others, "ARIES", TODS 17(1), 1992) and answered when it is on disk. One
 * fsync at a time: what is written while it runs shares the next one (group commit: Gray and
 * Reuter, "Transaction processing", 1993, chapter on the log manager). A write that has yet to
 * reach the disk is pre-committed (DeWitt and others, "Implementation techniques for main memory
 * database systems", SIGMOD 1984): the next compare-and-set of its key meets it, and is answered
 * after it; reads see what is on disk, so that nobody ever reads what a crash could take. Without
 * `fsync` a write is answered and seen at once, the log is synced every `sync_period`, and a crash
 * takes what came since (PostgreSQL: synchronous_commit = off; Redis: appendfsync everysec).
 *
 * After a crash the log is read again from the last checkpoint, each record takes `replay`, and
 * until that is done requests are turned away (ARIES: the redo pass of restart).
 *
 * A write that carries a fencing token is refused as a conflict when a greater one was seen with
 * its key; that of a read counts as seen too (Kleppmann, "How to do distributed locking", 2016). So
 * a read that brings one has its place among the writes: it meets what was written before, also
 * where that is pre-committed, and where writes wait for the disk its token is in the log.
 *
 * Whoever opens a stream is sent key and version of every commit from then on, when reads see it
 * (change data capture from the log: PostgreSQL's logical decoding). A read or scan that says which
 * version the asker has is answered without a value where that is still the latest.
 *
 * Left out: what a checkpoint costs; undo, since nothing is written before it is decided; the size
 * of the log. A retry of a request that was carried out takes effect again.
 */
#include "store/single/single.h"
#include "models.h"
#include "store/effect.h"

static const char *const storage_names[] = {"disk", "memory", NULL};

static const struct sim_metric_spec single_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "writes that reads may see", NULL},
    {"missing", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads of keys that do not exist", NULL},
    {"unsent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "changes that a follower was not told of, for lack of credit", NULL},
    {"fsyncs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times the log was synced", NULL},
    {"grouped", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes and tokens that an fsync made durable; by fsyncs: the size of a group", NULL},
    {"replayed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "records read again after a crash", NULL},
    {"recovery", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time that reading them took", NULL},
    {"lost.writes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes that were acknowledged and that a crash took", NULL},
    {0},
};

static const char *const single_timers[] = {"sync", "checkpoint", "replayed", NULL};

static const char *const single_draws[] = {"service", "miss", "replay", NULL};

static const struct sim_param single_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct single_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a request: one law, or one an operation [assumed: a look-up by index in memory]",
     NULL, NULL},
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
     "size of a value, where the request does not say [YCSB: 1 kB]", NULL, NULL},
    {0},
};

/* ---- requests ---- */

static int64_t size_of(const struct single_params *params, const struct sim_request *request)
{
    return request->reply_bytes > 0 ? request->reply_bytes : params->value_bytes;
}

static void scan(struct sim_node *self, const struct sim_request *request, struct sim_reply *reply)
{
    const struct single_params *params = sim_params(self);
    const struct single_state *state = sim_state(self);
    const struct cells *cells = single_seen_cells(self);
    uint64_t newest = 1; /* of these keys */
    for (uint64_t key = request->key; key < request->key_end; key++) {
        struct cell cell = single_cell_of(self, cells, key);
        newest = cell.version > newest ? cell.version : newest;
        reply->bytes += cell.is_deleted ? 0 : size_of(params, request);
    }
    reply->version = state->seen_version > 0 ? state->seen_version : 1;
    reply->is_unchanged = newest <= request->expected;
    reply->bytes = reply->is_unchanged ? 0 : reply->bytes;
}

static void read(struct sim_node *self, const struct sim_request *request, const struct cell *cell,
                 struct sim_reply *reply)
{
    const struct single_params *params = sim_params(self);
    reply->version = cell->version;
    reply->is_unchanged = cell->version == request->expected;
    if (cell->is_deleted) {
        sim_count(self, SINGLE_METRIC_MISSING, 1);
        reply->status = SIM_STATUS_NOT_FOUND;
        return;
    }
    if (!reply->is_unchanged) {
        reply->value = cell->value;
        reply->bytes = size_of(params, request);
    }
}

/* A new version of what the request is about. */
static void change(struct sim_node *self, const struct sim_request *request, struct cell *new)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    uint64_t by_time = (uint64_t)sim_now(self) + 2; /* 1 is what was there at the start */
    state->version = by_time > state->version ? by_time : state->version + 1;
    new->version = state->version;
    *cells_put(&state->latest, new->key) = *new;
    if (single_is_on_disk(params)) {
        single_append(self, new, request->fencing_token);
    }
    if (!single_is_waiting(params)) {
        state->seen_end++;
        single_become_visible(self, new);
    }
}

/* What changes something or brings a token. */
static void carry_out(struct sim_node *self, const struct sim_request *request,
                      struct sim_reply *reply)
{
    struct single_state *state = sim_state(self);
    uint64_t token = request->fencing_token;
    struct cell old = single_cell_of(self, &state->latest, request->key), new;
    bool is_fenced = effect_is_fenced(&state->tokens, request->key, token);
    bool is_new_token = effect_is_new_token(&state->tokens, request->key, token);
    effect_remember_token(&state->tokens, request->key, token, 0);
    if (effect_is_read(request->operation)) {
        read(self, request, &old, reply);
    } else if (!is_fenced && effect_of(request, &old, &new, &reply->value)) {
        change(self, request, &new);
        reply->version = new.version;
        return; /* its record has the token, too */
    } else {
        reply->status = SIM_STATUS_CONFLICT;
        reply->value = old.value;
        reply->version = old.version;
    }
    if (is_new_token && single_is_waiting(sim_params(self))) {
        single_append_token(self, request->key, token);
    }
}

/* Whether all that the answer tells is on disk already, or need not be. */
static bool is_settled(struct sim_node *self, const struct sim_request *request,
                       const struct sim_reply *reply)
{
    const struct single_state *state = sim_state(self);
    if (!single_is_waiting(sim_params(self))) {
        return true;
    }
    return request->fencing_token == 0
               ? single_cell_of(self, &state->seen, request->key).version == reply->version
               : sim_log_durable(self, SINGLE_LOG_WRITES) == sim_log_end(self, SINGLE_LOG_WRITES);
}

static void conclude(struct sim_node *self, sim_frame frame)
{
    struct single_state *state = sim_state(self);
    struct single_job *job = single_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    bool is_scan = request->operation == SIM_OP_SCAN;
    bool has_place =
        !is_scan && (!effect_is_read(request->operation) || request->fencing_token != 0);
    if (is_scan) {
        scan(self, request, &job->reply);
    } else if (has_place) {
        carry_out(self, request, &job->reply);
    } else {
        struct cell cell = single_cell_of(self, single_seen_cells(self), request->key);
        read(self, request, &cell, &job->reply);
    }
    if (!has_place || is_settled(self, request, &job->reply)) {
        sim_answer(self, job->ticket, &job->reply);
        sim_frame_end(self, frame);
        return;
    }
    job->end = sim_log_end(self, SINGLE_LOG_WRITES);
    job->logged = sim_now(self);
    if (state->first_waiting == 0) {
        state->first_waiting = frame;
    } else {
        single_job_at(self, state->last_waiting)->next = frame;
    }
    state->last_waiting = frame;
}

static void worked(struct sim_node *self, sim_frame frame)
{
    const struct single_params *params = sim_params(self);
    struct single_job *job = single_job_at(self, frame);
    if (job->has_page) {
        conclude(self, frame);
        return;
    }
    job->has_page = true;
    if (sim_random_chance(sim_random_of(self, SINGLE_DRAW_MISS), params->misses)) {
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
    struct single_job *job = single_job_at(self, frame);
    job->ticket = in->ticket;
    job->has_page = params->misses <= 0;
    sim_time work =
        sim_draw(self, SINGLE_DRAW_SERVICE, params->service.law[in->request->operation]);
    if (!sim_station_work(self, state->work, work, in->request->priority, in->request->span,
                          frame)) {
        sim_frame_end(self, frame);
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

/* ---- lives ---- */

static void start(struct sim_node *self, bool is_restart)
{
    const struct single_params *params = sim_params(self);
    struct single_state *state = sim_state(self);
    struct sim_station_options options = {.servers = params->servers,
                                          .queue_limit = params->queue_limit,
                                          .discipline = SIM_FIFO,
                                          .busy_metric = SINGLE_METRIC_BUSY,
                                          .queued_metric = SINGLE_METRIC_QUEUED,
                                          .wait_metric = SINGLE_METRIC_WAIT};
    state->work = sim_station_new(self, &options);
    cells_init(&state->latest);
    cells_init(&state->tokens);
    cells_init(&state->seen);
    state->version = 1;
    if (!single_is_on_disk(params)) {
        return;
    }
    if (is_restart) {
        single_recover(self);
    } else {
        sim_after(self, params->checkpoint, SINGLE_TIMER_CHECKPOINT, 0);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        worked(self, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        single_on_synced(self, in->tag);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        followers_add(&((struct single_state *)sim_state(self))->followers, in->stream);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        followers_drop(&((struct single_state *)sim_state(self))->followers, in->stream);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    } else if (in->kind == SIM_IN_TIMER && in->timer == SINGLE_TIMER_SYNC) {
        single_sync(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == SINGLE_TIMER_CHECKPOINT) {
        single_checkpoint(self);
    } else if (in->kind == SIM_IN_TIMER && in->timer == SINGLE_TIMER_REPLAYED) {
        single_replayed(self);
    }
}

/* At the end of a life: what was acknowledged and did not reach the disk is lost. */
static void release(struct sim_node *self)
{
    struct single_state *state = sim_state(self);
    if (state->work == NULL) {
        return;
    }
    uint64_t kept =
        single_is_on_disk(sim_params(self)) ? sim_log_durable(self, SINGLE_LOG_WRITES) : 0;
    if (state->seen_end > kept) {
        sim_count(self, SINGLE_METRIC_LOST, state->seen_end - kept);
    }
    cells_clear(&state->latest);
    cells_clear(&state->tokens);
    cells_clear(&state->seen);
    followers_clear(&state->followers);
}

/* What reads see. */
static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct single_state *state = sim_state_const(self);
    cells_say(single_is_waiting(sim_params(self)) ? &state->seen : &state->latest, say, data);
}

static const char *validate(const void *fields)
{
    const struct single_params *params = fields;
    if (params->storage == SINGLE_MEMORY && params->fsync != NULL) {
        return "fsync: with storage = \"memory\" there is no disk to wait for";
    }
    if (params->storage == SINGLE_MEMORY && params->misses > 0) {
        return "misses: with storage = \"memory\" there is no disk to read pages from";
    }
    return NULL;
}

const struct sim_model sim_model_store_single = {
    .abi = SIM_MODEL_ABI,
    .name = "store.single",
    .summary = "one machine that keeps its data in memory or on disk, with a write-ahead log",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct single_params),
    .params = single_params,
    .validate = validate,
    .state_size = sizeof(struct single_state),
    .frame_size = sizeof(struct single_job),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = single_metrics,
    .timers = single_timers,
    .draws = single_draws,
};

/* store.sharded: a key space that is divided among stores, seen as one store; the router tier
 * before them (mongos, vtgate, twemproxy), or a library in the client where it is put on the
 * client's machine.
 *
 *   request -> [work] -> the shard of its key -> one of its members -> reply
 *
 * A shard is any component that serves the common request: a machine, a group with a leader, a
 * quorum, a chain, a log that members agree on. What a request promises is what its shard promises:
 * there is no order between keys. Which shard owns a key says a placement of models/hashing, or a
 * table of ranges (table.c). Shards join and leave while load goes on, and a range that is hot is
 * split; the keys whose owner changes are moved by requests, a few at a time, and held meanwhile
 * (follow.c, move.c, copy.c), so that stores that are linearizable make one that is. Routers are
 * told of that, or have copies of a map that may be old, and shards that know what they own (map.c,
 * give.c, guard.c).
 *
 * What a session has seen is remembered for each shard, as clients of a partitioned store do (Azure
 * Cosmos DB: session tokens of partitions); so sessions that stick to one router have what the
 * store gives to sessions. A key that was moved begins anew in that.
 *
 * Left out: routers that come and go; transactions.
 */
#include "store/shard/shard.h"
#include "models.h"
#include "queue.h"

static const struct sim_metric_spec shard_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"skew", SIM_METRIC_SAMPLE, SIM_METRIC_ITEMS,
     "requests of the busiest shard in percent of the mean of all, each time it is measured", NULL},
    {"held", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests whose key is on the move", NULL},
    {"held.requests", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that met a key on the move",
     NULL},
    {"held.time", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "how long each was held", NULL},
    {"moved.answers", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "requests that a shard answered with: the key has moved", NULL},
    {"refreshes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "times that the map was read from the configuration store", NULL},
    {"refreshes.failed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "requests to the configuration store for it that were not answered", NULL},
    {"refresh.time", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "until the map was read, and was newer than what was refused", NULL},
    {"map.retried", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "changes of the map that the configuration store did not answer, and were tried again", NULL},
    {"map.late", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "changes of the map by an earlier life of the first router that were found there", NULL},
    {"parts", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests that scans were divided into", NULL},
    {"moving", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "1 while a change is under way", NULL},
    {"examined", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "keys of all changes, moved or not", NULL},
    {"moved", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "of these, keys whose owner changed",
     "examined"},
    {"moved.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "values that were moved", NULL},
    {"move.time", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "how long each change took", NULL},
    {"copies.retried", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "steps of a copy that failed and were tried again", NULL},
    {"copies.late", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "copies that found, when tried again, that the first one had arrived", NULL},
    {"splits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hot ranges that were split", NULL},
    {"splits.refused", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "times that a range was to be split and was not: a run has 1024 changes at most, and those of "
     "shards that are to come and go come first",
     NULL},
    {"partition.keys", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
     "keys of the shard that has most, with partition_max", NULL},
    {"partition.bytes", SIM_METRIC_LEVEL, SIM_METRIC_BYTES,
     "bytes of the shard that has most, with partition_max", NULL},
    {"oversized", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "shards above partition_max", NULL},
    {"splits.size", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "ranges that were split because their shard was above partition_max", NULL},
    {0},
};

static const char *const shard_timers[] = {"held", "measure", "ask",    "due", "resend",
                                           "pace", "copy",    "config", NULL};
static const char *const shard_messages[] = {"position", "drained", "asks", "written",
                                             "give",     "given",   NULL};
enum shard_draw { DRAW_SERVICE };
static const char *const shard_draws[] = {"service", NULL};

/* ---- requests ---- */

bool shard_send(struct sim_node *self, uint32_t shard, const struct sim_request *request,
                uint64_t tag)
{
    struct shard_state *state = sim_state(self);
    sim_node_id to = members_next(self, &state->stores[shard]);
    if (to == 0) {
        return false;
    }
    shard_load_count(state, shard, request->key);
    sim_send_request(self, to, request, state->params->timeout, tag);
    return true;
}

static uint64_t token_key(uint64_t session, uint32_t shard)
{
    return sim_hash_pair(session, shard);
}

static void end(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    sim_answer(self, shard_job_at(self, frame)->ticket, reply);
    sim_frame_end(self, frame);
}

static void end_status(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    sim_answer_status(self, shard_job_at(self, frame)->ticket, status);
    sim_frame_end(self, frame);
}

static void pass_on(struct sim_node *self, sim_frame frame, uint32_t shard)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    struct sim_request request = *sim_request_of(self, job->ticket);
    request.attempt = 0; /* attempts are the caller's own, hop by hop */
    if (shard_has_config(state)) {
        request.session_token = job->version = shard_version(state);
    } else if (request.session != 0) {
        const struct cell *seen = cells_find(&state->tokens, token_key(request.session, shard));
        request.session_token = seen != NULL ? seen->value : 0;
    }
    job->shard = shard;
    if (!shard_send(self, shard, &request, frame)) {
        end_status(self, frame, SIM_STATUS_UNAVAILABLE);
        return;
    }
    shard_flight_begin(self, frame);
}

void shard_route(struct sim_node *self, sim_frame frame)
{
    bool is_held;
    uint32_t shard = shard_owner(sim_state(self), shard_job_at(self, frame)->key, &is_held);
    if (is_held) {
        shard_hold(self, frame);
    } else {
        pass_on(self, frame, shard);
    }
}

/* Its work is done. */
static void begin(struct sim_node *self, sim_frame frame)
{
    const struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    job->key = request->key;
    if (!state->is_known) {
        end_status(self, frame, SIM_STATUS_UNAVAILABLE);
    } else if (job->key >= shard_keys(state)) {
        end_status(self, frame, SIM_STATUS_ERROR);
    } else if (request->operation == SIM_OP_SCAN) {
        shard_gather(self, frame);
    } else {
        shard_route(self, frame);
    }
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct shard_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    shard_job_at(self, frame)->ticket = in->ticket;
    if (state->work == NULL) {
        begin(self, frame);
        return;
    }
    sim_time work =
        sim_draw(self, DRAW_SERVICE, state->params->service.law[in->request->operation]);
    if (!sim_station_work(self, state->work, work, in->request->priority, in->request->span,
                          frame)) {
        end_status(self, frame, SIM_STATUS_REJECTED);
    }
}

static void conclude(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    struct sim_reply reply = outcome->reply;
    if (shard_was_moved(self, frame, reply.status)) {
        return;
    }
    reply.status = sim_status_passed_on(request->operation, reply.status);
    shard_size_count(self, request, reply.status);
    if (shard_has_config(state)) {
        reply.session_token = request->session_token; /* the shard keeps what sessions have seen */
    } else if (request->session != 0 && sim_status_is_answer(reply.status) &&
               reply.session_token != 0) {
        cells_put(&state->tokens, token_key(request->session, job->shard))->value =
            reply.session_token;
        reply.session_token = request->session_token;
    }
    shard_flight_end(self, frame);
    end(self, frame, &reply);
}

static void on_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    switch (shard_job_at(self, frame)->kind) {
    case SHARD_REQUEST:
        conclude(self, frame, outcome);
        break;
    case SHARD_PART:
        shard_gather_outcome(self, frame, outcome);
        break;
    case SHARD_COPY:
        shard_copy_outcome(self, frame, outcome);
        break;
    case SHARD_LOOKUP:
    case SHARD_COMMIT:
        shard_map_outcome(self, frame, outcome);
        break;
    case SHARD_SCAN:
        break;
    }
}

/* ---- lives ---- */

static bool is_work(const struct shard_params *params)
{
    for (int operation = 0; operation < SIM_OP_COUNT; operation++) {
        if (sim_dist_mean(params->service.law[operation]) > 0) {
            return true;
        }
    }
    return false;
}

static void start(struct sim_node *self, bool is_restart)
{
    const struct shard_params *params = sim_params(self);
    struct shard_state *state = sim_state(self);
    bool is_new = is_restart || sim_now(self) > 0; /* it may have missed something */
    state->params = params;
    state->shard_count = params->shards.count;
    state->work = is_work(params)
                      ? queue_start(self, params->servers, params->queue_limit, SHARD_METRIC_BUSY)
                      : NULL;
    state->stores = sim_alloc(self, state->shard_count * sizeof *state->stores);
    for (uint32_t i = 0; i < state->shard_count; i++) {
        members_start(self, &state->stores[i], &shard_fields_at(params, i)->store);
    }
    state->asked = sim_alloc(self, state->shard_count * sizeof *state->asked);
    state->changes = sim_alloc(self, SHARD_CHANGES_MAX * sizeof *state->changes);
    cells_init(&state->tokens);
    shard_size_start(self);
    shard_table_start(self, &state->before, params);
    shard_table_start(self, &state->after, params);
    state->upto = state->end = shard_keys(state);
    sim_after(self, params->measure, SHARD_TIMER_MEASURE, 0);
    shard_map_start(self);
    if (shard_is_mover(self)) {
        shard_mover_start(self, is_new);
    }
    shard_follow_start(self, is_new);
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    switch ((enum shard_timer)in->timer) {
    case SHARD_TIMER_HELD:
        shard_held_too_long(self, in->tag);
        break;
    case SHARD_TIMER_MEASURE:
        shard_load_measure(self);
        shard_size_measure(self);
        break;
    case SHARD_TIMER_ASK:
        shard_ask(self);
        break;
    case SHARD_TIMER_DUE:
        shard_mover_look(self);
        break;
    case SHARD_TIMER_RESEND:
        shard_mover_resend(self);
        break;
    case SHARD_TIMER_PACE:
        shard_mover_next(self);
        break;
    case SHARD_TIMER_COPY:
        shard_copy_again(self, in->tag);
        break;
    case SHARD_TIMER_CONFIG:
        shard_map_ask(self, in->tag);
        break;
    }
}

static void on_message(struct sim_node *self, const struct sim_input *in)
{
    if (in->message == SHARD_POSITION) {
        shard_on_position(self, in);
    } else if (in->message == SHARD_DRAINED) {
        shard_on_drained(self, in);
    } else if (in->message == SHARD_WRITTEN) {
        shard_on_written(self, in);
    } else if (in->message == SHARD_GIVEN) {
        shard_on_given(self, in);
    } else if (in->message == SHARD_ASKS) {
        shard_on_asks(self, in);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in->tag, in->outcome);
    } else if (in->kind == SIM_IN_DONE) {
        begin(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_SYNCED) {
        shard_mover_synced(self, (enum shard_tag)in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

/* At the end of a life: what was held or on the move is not any more. */
static void release(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    for (sim_frame at = state->first_held; at != 0; at = shard_job_at(self, at)->next) {
        sim_level(self, SHARD_METRIC_HELD, -1);
    }
    if (state->mover.since != 0) {
        sim_level(self, SHARD_METRIC_MOVING, -1);
    }
    shard_size_release(self);
    cells_clear(&state->tokens);
}

const struct sim_model sim_model_store_sharded = {
    .abi = SIM_MODEL_ABI,
    .name = "store.sharded",
    .summary = "a key space that is divided among stores, and moves between them",
    .params_size = sizeof(struct shard_params),
    .params = shard_params_table,
    .validate = shard_validate,
    .state_size = sizeof(struct shard_state),
    .frame_size = sizeof(struct shard_job),
    .handle = handle,
    .release = release,
    .metrics = shard_metrics,
    .timers = shard_timers,
    .messages = shard_messages,
    .draws = shard_draws,
};

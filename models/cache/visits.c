/* Requests on their way through the cache: look-up, fetch, and what comes of them. See visits.h.
 *
 * The look-up happens when the request arrives and the fill when the answer does, and the costs are
 * time spent in between; so with answers that take no time a look-up that misses has inserted
 * before the next request arrives, which is the rule behind the exact miss counts of the tests.
 */
#include "cache/visits.h"

#define PRIVATE UINT64_C(0x7072697661746500) /* whatever else hashes keys does not hash them so */

/* ---- answers ---- */

/* What was asked for: by the request of the visit, or of the query that it is a part of. */
static struct sim_request asked(struct sim_node *self, const struct visit *visit)
{
    if (visit->query == 0) {
        return *sim_request_of(self, visit->ticket);
    }
    const struct visit *query = sim_frame_at(self, visit->query);
    struct sim_request request = *sim_request_of(self, query->ticket);
    request.operation = SIM_OP_READ;
    request.key = visit->key;
    request.key_end = 0;
    request.span = visit->span;
    return request;
}

void visits_answer(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct visit *visit = sim_frame_at(self, frame);
    if (visit->query != 0) {
        queries_part_ended(self, frame, reply);
        return;
    }
    if (visit->ticket != 0) {
        struct sim_reply told = *reply;
        uint64_t known = sim_request_of(self, visit->ticket)->expected;
        bool is_read = visit->kind == VISIT_READ || visit->kind == VISIT_HIT;
        if (is_read && known != 0 && reply->version == known) {
            told.is_unchanged = true;
            told.bytes = 0;
        }
        sim_answer(self, visit->ticket, &told);
    }
    sim_frame_end(self, frame);
}

/* What came for a key is kept, and goes to all who wait for it, in order of arrival. One that says
 * how long it is fresh says it as the copy will. */
static void conclude_read(struct sim_node *self, sim_frame frame, struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    bool is_negative = reply->status == SIM_STATUS_NOT_FOUND;
    bool is_kept = reply->status == SIM_STATUS_OK || (is_negative && params->negative_ttl > 0);
    if (is_negative && state->filter.words != NULL) {
        sim_count(self, METRIC_FALSE_POSITIVES, 1);
    }
    if (flights_end(self, visit, reply->version) && is_kept) {
        sim_time took = sim_now(self) - visit->began;
        sim_time expires = copies_keep(self, &state->copies, visit->key, reply, took);
        replicas_fetched(self, visit->key, reply, expires);
        reply->fresh_until = reply->fresh_until > 0 && expires > 0 ? expires : reply->fresh_until;
    }
    while (frame != 0) {
        sim_frame next = ((const struct visit *)sim_frame_at(self, frame))->next;
        visits_answer(self, frame, reply);
        frame = next;
    }
}

void visits_note_written(struct sim_node *self, uint64_t key)
{
    struct cache_state *state = sim_state(self);
    flights_note(self, key, 0);
    if (state->filter.words != NULL) {
        sim_bloom_filter_add(&state->filter, key);
    }
}

/* The copy is of the latest version, and is answered with and kept for another time to live, unless
 * it has gone meanwhile; or there is a newer one, or trouble, and that is as if it had missed. */
static void conclude_validation(struct sim_node *self, sim_frame frame, struct sim_reply *reply)
{
    struct cache_state *state = sim_state(self);
    struct visit *visit = sim_frame_at(self, frame);
    if (!reply->is_unchanged) {
        sim_count(self, METRIC_MISSES, 1);
        if (reply->status == SIM_STATUS_NOT_FOUND) {
            copies_invalidate(self, &state->copies, visit->key);
        }
        conclude_read(self, frame, reply);
        return;
    }
    sim_count(self, METRIC_HITS, 1);
    if (copies_version(&state->copies, visit->key) == visit->reply.version) {
        visit->reply.fresh_until = reply->fresh_until;
        copies_keep(self, &state->copies, visit->key, &visit->reply, sim_now(self) - visit->began);
    }
    visits_hit(self, frame);
}

static void conclude_write(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    const struct visit *visit = sim_frame_at(self, frame);
    const struct sim_request *request = sim_request_of(self, visit->ticket);
    bool is_put = params->write == WRITE_THROUGH && request->operation == SIM_OP_WRITE &&
                  reply->status == SIM_STATUS_OK;
    visits_note_written(self, visit->key);
    if (params->write != WRITE_AROUND) {
        queries_changed(self, visit->key, reply->status == SIM_STATUS_OK ? reply->version : 0,
                        false);
    }
    if (is_put) {
        struct sim_reply written = *reply;
        written.value = request->value;
        written.bytes = request->bytes;
        sim_time expires =
            copies_keep(self, &state->copies, visit->key, &written, sim_now(self) - visit->began);
        replicas_written(self, visit->key, &written, expires);
    } else if (params->write != WRITE_AROUND) {
        /* Also after a failure: the write may have happened all the same. */
        copies_invalidate(self, &state->copies, visit->key);
        replicas_dropped(self, visit->key);
    }
    visits_answer(self, frame, reply);
}

void visits_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *answered)
{
    const struct visit *visit = sim_frame_at(self, frame);
    struct sim_reply reply = *answered;
    uint16_t operation =
        visit->ticket == 0 ? SIM_OP_READ : sim_request_of(self, visit->ticket)->operation;
    reply.status = sim_status_passed_on(operation, reply.status);
    switch (visit->kind) {
    case VISIT_READ:
    case VISIT_REFRESH:
        conclude_read(self, frame, &reply);
        break;
    case VISIT_VALIDATION:
        conclude_validation(self, frame, &reply);
        break;
    case VISIT_PRELOAD:
        conclude_read(self, frame, &reply);
        preload_next(self);
        break;
    case VISIT_WRITE:
        conclude_write(self, frame, &reply);
        break;
    case VISIT_FLUSH:
        writes_conclude(self, frame, &reply);
        break;
    case VISIT_HIT:
    case VISIT_OTHER:
    case VISIT_CHANGE: /* make no call */
    case VISIT_QUERY:
        visits_answer(self, frame, &reply);
        break;
    }
}

/* ---- behind the cache ---- */

static void answer_here(struct sim_node *self, sim_frame frame, enum sim_status status,
                        int64_t reply_bytes)
{
    const struct cache_params *params = sim_params(self);
    struct sim_reply reply = {.status = status};
    if (status == SIM_STATUS_OK) {
        reply.bytes = reply_bytes > 0 ? reply_bytes : params->object_bytes;
    }
    visits_conclude(self, frame, &reply);
}

void visits_send(struct sim_node *self, sim_frame frame, const struct sim_request *request)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    if (params->miss_to.count == 0) {
        answer_here(self, frame, SIM_STATUS_OK, request->reply_bytes);
        return;
    }
    sim_node_id to = members_next(self, &state->members);
    if (to == 0) {
        answer_here(self, frame, SIM_STATUS_UNAVAILABLE, 0);
        return;
    }
    struct sim_request own = *request;
    own.attempt = 0; /* attempts are the caller's own, hop by hop */
    sim_send_request(self, to, &own, params->timeout, frame);
}

static void go_on(struct sim_node *self, sim_frame frame)
{
    const struct visit *visit = sim_frame_at(self, frame);
    struct sim_request request = asked(self, visit);
    if (visit->kind == VISIT_VALIDATION) {
        request.expected = visit->reply.version;
    } else if (visit->kind == VISIT_READ) {
        request.expected = 0; /* what is kept here must be whole */
    }
    visits_send(self, frame, &request);
}

/* ---- arrival ---- */

static enum visit_kind kind_of(uint16_t operation)
{
    switch ((enum sim_operation)operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        return VISIT_READ;
    case SIM_OP_WRITE:
    case SIM_OP_COMPARE_AND_SET:
    case SIM_OP_INCREMENT:
    case SIM_OP_APPEND:
    case SIM_OP_DELETE:
        return VISIT_WRITE;
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
    return VISIT_OTHER;
}

sim_frame visits_new(struct sim_node *self, sim_ticket ticket, uint64_t key, enum visit_kind kind)
{
    sim_frame frame = sim_frame_new(self);
    struct visit *visit = sim_frame_at(self, frame);
    visit->ticket = ticket;
    visit->key = key;
    visit->kind = kind;
    visit->began = sim_now(self);
    visit->span = ticket != 0 ? sim_request_of(self, ticket)->span : 0;
    return frame;
}

/* Spends `law` on the request; false when there is nothing to spend. A request that finds the queue
 * full is turned away. */
static bool spend(struct sim_node *self, sim_frame frame, int draw, const struct sim_dist *law)
{
    if (law == NULL) {
        return false;
    }
    struct cache_state *state = sim_state(self);
    struct sim_request request = asked(self, sim_frame_at(self, frame));
    if (!sim_station_work(self, state->station, sim_draw(self, draw, law), request.priority,
                          request.span, frame)) {
        struct sim_reply full = {.status = SIM_STATUS_REJECTED};
        visits_conclude(self, frame, &full);
    }
    return true;
}

void visits_hit(struct sim_node *self, sim_frame frame)
{
    const struct cache_params *params = sim_params(self);
    struct visit *visit = sim_frame_at(self, frame);
    visit->kind = VISIT_HIT;
    if (!spend(self, frame, DRAW_HIT, params->hit)) {
        visits_answer(self, frame, &visit->reply);
    }
}

bool visits_fetch(struct sim_node *self, const struct sim_request *cause, enum visit_kind kind)
{
    struct cache_state *state = sim_state(self);
    uint64_t key = queries_key(cause);
    if (flights_have(state, key)) {
        return false;
    }
    sim_count(self, METRIC_REFRESHES, 1);
    bool is_scan = cause->operation == SIM_OP_SCAN;
    struct sim_request request = {.key = cause->key,
                                  .key_end = is_scan ? cause->key_end : 0,
                                  .bytes = cause->bytes,
                                  .reply_bytes = cause->reply_bytes,
                                  .deadline = SIM_NEVER,
                                  .operation = is_scan ? SIM_OP_SCAN : SIM_OP_READ,
                                  .priority = cause->priority,
                                  .origin_zone = (uint16_t)sim_zone(self)};
    sim_frame frame = visits_new(self, 0, key, kind);
    flights_begin(self, frame);
    visits_send(self, frame, &request);
    return true;
}

bool visits_is_private(struct sim_node *self, uint64_t key)
{
    const struct cache_params *params = sim_params(self);
    if (params->private_share <= 0) {
        return false;
    }
    double place = (double)(sim_hash_pair(PRIVATE, key) >> 11) * 0x1p-53;
    return place < params->private_share;
}

void visits_changed(struct sim_node *self, const struct sim_item *change)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint64_t key = change->key;
    sim_count(self, METRIC_CHANGES, 1);
    visits_note_written(self, key);
    flights_note(self, key, change->version);
    queries_changed(self, key, change->version, true);
    if (visits_is_private(self, key)) {
        return;
    }
    if (copies_version(&state->copies, key) >= change->version && change->version > 0) {
        sim_count(self, METRIC_KNOWN, 1);
    } else if (params->on_change == CHANGE_INVALIDATE) {
        copies_invalidate(self, &state->copies, key);
    } else if (params->on_change == CHANGE_FETCH ||
               sim_eviction_peek(state->copies.store, key) != NULL) {
        struct sim_request cause = {.key = key};
        visits_fetch(self, &cause, VISIT_REFRESH);
    }
}

static void miss(struct sim_node *self, sim_frame frame)
{
    const struct cache_params *params = sim_params(self);
    const struct visit *visit = sim_frame_at(self, frame);
    if (visit->kind == VISIT_READ && flights_are_known(params)) {
        if (flights_wait(self, frame)) {
            return;
        }
        flights_begin(self, frame);
    }
    if (!spend(self, frame, DRAW_MISS, params->miss)) {
        go_on(self, frame);
    }
}

/* What the cache can answer a read with by itself is put into the visit. False when it cannot. */
static bool find(struct sim_node *self, struct visit *visit)
{
    struct cache_state *state = sim_state(self);
    if (writes_find(self, visit->key, &visit->reply)) {
        return true;
    }
    bool is_filtered = state->filter.words != NULL && !visit->is_result;
    if (is_filtered && !sim_bloom_filter_has(&state->filter, visit->key)) {
        visit->reply = (struct sim_reply){.status = SIM_STATUS_NOT_FOUND};
        sim_count(self, METRIC_FILTERED, 1);
        return true;
    }
    enum copy_state found = copies_find(self, &state->copies, visit->key, &visit->reply);
    if (found == COPY_EARLY && !flights_have(state, visit->key)) {
        sim_count(self, METRIC_EARLY, 1);
        found = COPY_NONE;
    }
    if (found == COPY_NONE) {
        return false;
    }
    if (visit->reply.status == SIM_STATUS_NOT_FOUND) {
        sim_count(self, METRIC_NEGATIVE, 1);
    }
    if (found == COPY_DUE) {
        if (visit->reply.fresh_until <= sim_now(self)) {
            sim_count(self, METRIC_OUTLIVED, 1);
        }
        struct sim_request cause = asked(self, visit);
        visits_fetch(self, &cause, VISIT_REFRESH);
    }
    return true;
}

void visits_read(struct sim_node *self, sim_frame frame)
{
    const struct cache_params *params = sim_params(self);
    struct visit *visit = sim_frame_at(self, frame);
    sim_count(self, METRIC_LOOKUPS, 1);
    /* The reply is written where it stays: a copy of what was just read from far memory waits. */
    if (!find(self, visit)) {
        sim_count(self, METRIC_MISSES, 1);
        miss(self, frame);
    } else if (params->validate && visit->reply.version != 0) {
        sim_count(self, METRIC_VALIDATIONS, 1);
        visit->kind = VISIT_VALIDATION;
        miss(self, frame);
    } else {
        sim_count(self, METRIC_HITS, 1);
        visits_hit(self, frame);
    }
}

void visits_arrive(struct sim_node *self, const struct sim_input *in)
{
    struct cache_state *state = sim_state(self);
    enum visit_kind kind = kind_of(in->request->operation);
    if (queries_take(self, in)) {
        return;
    }
    if (kind != VISIT_OTHER && visits_is_private(self, in->request->key)) {
        sim_count(self, METRIC_PASSED, 1);
        kind = VISIT_OTHER;
    }
    sim_frame frame = visits_new(self, in->ticket, in->request->key, kind);
    if (kind == VISIT_READ) {
        visits_read(self, frame);
    } else if (kind == VISIT_WRITE && writes_take(self, in->request)) {
        struct visit *visit = sim_frame_at(self, frame);
        struct sim_reply written = {.value = in->request->value, .bytes = in->request->bytes};
        visits_note_written(self, in->request->key);
        copies_keep(self, &state->copies, in->request->key, &written, 0);
        written.bytes = 0;
        visit->reply = written;
        visits_hit(self, frame);
    } else {
        miss(self, frame);
    }
}

void visits_look(struct sim_node *self, sim_frame frame)
{
    struct cache_state *state = sim_state(self);
    struct visit *visit = sim_frame_at(self, frame);
    if (copies_find(self, &state->copies, visit->key, &visit->reply) != COPY_NONE) {
        visits_hit(self, frame);
    } else {
        miss(self, frame);
    }
}

void visits_done(struct sim_node *self, sim_frame frame)
{
    const struct visit *visit = sim_frame_at(self, frame);
    if (visit->kind == VISIT_HIT) {
        visits_answer(self, frame, &visit->reply);
    } else {
        go_on(self, frame);
    }
}

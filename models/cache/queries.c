/* Queries: answers that hold several objects, of a scan from `key` up to `key_end`. See visits.h.
 *
 * Three ways with them (catalogues call the second a query cache and the third an object cache):
 * pass:    they go on, and nothing is kept.
 * results: the whole answer is kept under what was asked, as one copy with a time to live of its
 *          own. One look-up answers it, and any change of any object in it makes it old: whoever
 *          hears of a change drops all results that the object is in.
 * objects: each object of it is looked up as if it had been read alone, those that are not here are
 *          read one by one behind the cache, side by side, and the answer is put together when the
 *          last is there. A change makes one copy old, and all answers share the others.
 *
 * Results that an object is in are found by what could have been asked: for each length that a
 * result has had, those that begin so far before the object, or later. The version of a result is
 * that of the store up to which it is complete (request.h); a change that it has already leaves it
 * alone. Of an answer that is put together it is as old as the stalest object in it, which only an
 * observer knows; what is kept of it is judged by that.
 *
 * Left out: results that depend on more than they hold (a count, the first ten by rank); answers of
 * more than QUERY_KEYS_MAX objects, or of more than LENGTHS_MAX different lengths, which pass.
 */
#include "cache/visits.h"

#define RESULT UINT64_C(0x726573756c740000) /* whatever else hashes keys does not hash them so */
#define QUERY_KEYS_MAX 1000u                /* of about 1 kB: an item of memcached, 1 MB */

static uint64_t length_of(const struct sim_request *request)
{
    return request->key_end > request->key ? request->key_end - request->key : 0;
}

uint64_t queries_key(const struct sim_request *request)
{
    if (request->operation != SIM_OP_SCAN) {
        return request->key;
    }
    return sim_hash_pair(sim_hash_pair(RESULT, request->key), request->key_end);
}

/* ---- whole results ---- */

/* False when there are too many different lengths already. */
static bool remember_length(struct cache_state *state, uint32_t length)
{
    for (uint32_t i = 0; i < state->length_count; i++) {
        if (state->lengths[i] == length) {
            return true;
        }
    }
    if (state->length_count == LENGTHS_MAX) {
        return false;
    }
    state->lengths[state->length_count++] = length;
    return true;
}

static void result_changed(struct sim_node *self, const struct sim_request *query, uint64_t version,
                           bool is_told)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint64_t key = queries_key(query);
    flights_note(self, key, version);
    uint64_t kept = copies_version(&state->copies, key);
    if (version > 0 && kept >= version) {
        return;
    }
    if (!is_told || params->on_change == CHANGE_INVALIDATE) {
        copies_invalidate(self, &state->copies, key);
    } else if (sim_eviction_peek(state->copies.store, key) != NULL) {
        visits_fetch(self, query, VISIT_REFRESH);
    }
}

void queries_changed(struct sim_node *self, uint64_t key, uint64_t version, bool is_told)
{
    struct cache_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->length_count; i++) {
        uint32_t length = state->lengths[i];
        uint64_t first = key < length ? 0 : key - length + 1;
        for (uint64_t start = first; start - first < length && start <= key; start++) {
            struct sim_request query = {
                .key = start, .key_end = start + length, .operation = SIM_OP_SCAN};
            result_changed(self, &query, version, is_told);
        }
    }
}

/* ---- answers that are put together ---- */

/* The version that `reply` has, or a lesser one that the part brings with it. */
static uint64_t version_with(struct sim_node *self, const struct sim_reply *reply,
                             const struct visit *part)
{
    const struct sim_reply *own = &part->reply;
    if (own->version == 0 || own->served_by == 0 || reply->version == 0) {
        return 0;
    }
    uint64_t complete = sim_complete_up_to(self, own->served_by, part->key, own->version);
    return complete < reply->version ? complete : reply->version;
}

static void assemble(struct sim_node *self, sim_frame frame)
{
    struct visit *query = sim_frame_at(self, frame);
    struct sim_reply reply = {.status = SIM_STATUS_OK, .version = UINT64_MAX};
    for (sim_frame at = query->part; at != 0;) {
        const struct visit *part = sim_frame_at(self, at);
        sim_frame next = part->part;
        if (!sim_status_is_answer(part->reply.status) && reply.status == SIM_STATUS_OK) {
            reply.status = part->reply.status;
        }
        reply.bytes += part->reply.bytes;
        reply.version = version_with(self, &reply, part);
        reply.served_by = part->reply.served_by;
        sim_frame_end(self, at);
        at = next;
    }
    if (reply.status != SIM_STATUS_OK) {
        reply = (struct sim_reply){.status = reply.status};
    }
    query->part = 0;
    visits_answer(self, frame, &reply);
}

void queries_part_ended(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct visit *part = sim_frame_at(self, frame);
    struct visit *query = sim_frame_at(self, part->query);
    part->reply = *reply;
    if (--query->missing > 0) {
        sim_span_drop(self, part->span);
        return;
    }
    sim_span_join(self, query->span, part->span);
    assemble(self, part->query);
}

/* With the last part that is answered at once the query may be over. */
static void begin_parts(struct sim_node *self, const struct sim_input *in)
{
    uint64_t length = length_of(in->request);
    uint64_t first = in->request->key;
    sim_frame frame = visits_new(self, in->ticket, first, VISIT_QUERY);
    struct visit *query = sim_frame_at(self, frame);
    query->missing = (uint32_t)length;
    for (uint64_t i = 0; i < length; i++) {
        sim_frame at = visits_new(self, 0, first + i, VISIT_READ);
        struct visit *part = sim_frame_at(self, at);
        part->query = frame;
        part->span = sim_span_branch(self, query->span);
        part->part = query->part;
        query->part = at;
        visits_read(self, at);
    }
}

bool queries_take(struct sim_node *self, const struct sim_input *in)
{
    const struct cache_params *params = sim_params(self);
    uint64_t length = length_of(in->request);
    if (in->request->operation != SIM_OP_SCAN || params->scans == SCANS_PASS || length == 0 ||
        length > QUERY_KEYS_MAX) {
        return false;
    }
    if (params->scans == SCANS_OBJECTS) {
        begin_parts(self, in);
        return true;
    }
    if (!remember_length(sim_state(self), (uint32_t)length)) {
        return false;
    }
    sim_frame frame = visits_new(self, in->ticket, queries_key(in->request), VISIT_READ);
    ((struct visit *)sim_frame_at(self, frame))->is_result = true;
    visits_read(self, frame);
    return true;
}

/* Scans over shards: scatter and gather.
 *
 * With gather = "shards" each shard that may have keys of the scan is asked once: under ranges
 * those whose ranges it touches, for the part of it that is theirs; under a placement all of them,
 * for all of it, as with an index that each shard keeps of its own keys (Kleppmann, "Designing
 * data-intensive applications", 2017, chapter 6, "Partitioning secondary indexes by document";
 * MongoDB: targeted and broadcast operations of mongos). With gather = "keys" each key is read by
 * itself, as a batch that one coordinator divides (Cassandra: a SELECT with IN). The parts are made
 * at once; the answer is there with the last one that is needed, and there is none when too many
 * have failed. A scan is no snapshot, and pays no attention to keys on the move.
 */
#include "store/shard/shard.h"

static void conclude(struct sim_node *self, sim_frame frame)
{
    struct shard_job *scan = shard_job_at(self, frame);
    sim_ticket ticket = scan->ticket;
    scan->ticket = 0;
    if (scan->answered >= scan->enough) {
        struct sim_reply reply = {.bytes = scan->bytes};
        sim_answer(self, ticket, &reply);
    } else {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    }
}

static bool is_decided(const struct shard_job *scan)
{
    return scan->answered >= scan->enough || scan->open + scan->answered < scan->enough;
}

static void part_ended(struct sim_node *self, sim_frame frame, sim_span branch, bool is_answered)
{
    struct shard_job *scan = shard_job_at(self, frame);
    scan->open--;
    scan->answered += is_answered;
    if (scan->ticket != 0 && is_decided(scan)) {
        sim_span_join(self, sim_request_of(self, scan->ticket)->span, branch);
        conclude(self, frame);
    } else {
        sim_span_drop(self, branch);
    }
    if (scan->open == 0) {
        sim_frame_end(self, frame);
    }
}

void shard_gather_outcome(struct sim_node *self, sim_frame part, const struct sim_outcome *outcome)
{
    const struct shard_job *job = shard_job_at(self, part);
    sim_frame frame = job->scan;
    sim_span branch = job->branch;
    bool is_answered = sim_status_is_answer(outcome->reply.status);
    if (outcome->reply.status == SIM_STATUS_REDIRECT && shard_has_config(sim_state(self))) {
        shard_refresh(self); /* for the next one: this part has failed */
    }
    sim_frame_end(self, part);
    shard_job_at(self, frame)->bytes += is_answered ? outcome->reply.bytes : 0;
    part_ended(self, frame, branch, is_answered);
}

static void ask(struct sim_node *self, sim_frame frame, uint32_t shard, struct sim_request *request)
{
    sim_ticket ticket = shard_job_at(self, frame)->ticket;
    if (ticket == 0) { /* decided by those that could not be asked */
        shard_job_at(self, frame)->open--;
        return;
    }
    sim_frame part = sim_frame_new(self);
    struct shard_job *job = shard_job_at(self, part);
    job->kind = SHARD_PART;
    job->scan = frame;
    job->shard = shard;
    job->branch = request->span = sim_span_branch(self, sim_request_of(self, ticket)->span);
    if (shard_has_config(sim_state(self))) {
        request->session_token = shard_version(sim_state(self));
    }
    sim_count(self, SHARD_METRIC_PARTS, 1);
    if (!shard_send(self, shard, request, part)) {
        sim_span branch = job->branch;
        sim_frame_end(self, part);
        part_ended(self, frame, branch, false);
    }
}

static uint32_t part_count(const struct shard_state *state, const struct sim_request *request)
{
    if (state->params->gather == SHARD_GATHER_KEYS) {
        return (uint32_t)(request->key_end - request->key);
    }
    if (state->after.placement != NULL) {
        return state->after.present_count;
    }
    return 1 + shard_table_range(&state->after, request->key_end - 1) -
           shard_table_range(&state->after, request->key);
}

static void ask_part(struct sim_node *self, sim_frame frame, const struct sim_request *whole,
                     uint32_t index)
{
    const struct shard_state *state = sim_state(self);
    const struct shard_table *table = &state->after;
    struct sim_request part = *whole;
    if (state->params->gather == SHARD_GATHER_KEYS) {
        bool is_held;
        part.key = whole->key + index;
        part.operation = SIM_OP_READ;
        ask(self, frame, shard_owner(state, part.key, &is_held), &part);
        return;
    }
    if (table->placement != NULL) {
        ask(self, frame, table->present[index], &part);
        return;
    }
    uint32_t range = shard_table_range(table, whole->key) + index;
    uint64_t begin = table->ranges[range].begin;
    uint64_t end = range + 1 < table->range_count ? table->ranges[range + 1].begin : whole->key_end;
    part.key = begin > whole->key ? begin : whole->key;
    part.key_end = end < whole->key_end ? end : whole->key_end;
    ask(self, frame, table->ranges[range].shard, &part);
}

void shard_gather(struct sim_node *self, sim_frame frame)
{
    const struct shard_state *state = sim_state(self);
    struct shard_job *scan = shard_job_at(self, frame);
    struct sim_request whole = *sim_request_of(self, scan->ticket);
    whole.attempt = 0;
    whole.key_end = whole.key_end < shard_keys(state) ? whole.key_end : shard_keys(state);
    scan->kind = SHARD_SCAN;
    if (whole.key_end <= whole.key) {
        conclude(self, frame);
        sim_frame_end(self, frame);
        return;
    }
    uint32_t count = part_count(state, &whole);
    double enough = sim_ceil(state->params->gather_wait * count);
    scan->enough = (uint32_t)enough;
    scan->open = count + 1; /* itself, so that it does not end before all are asked */
    for (uint32_t i = 0; i < count; i++) {
        ask_part(self, frame, &whole, i);
    }
    scan = shard_job_at(self, frame);
    scan->open--;
    if (scan->ticket != 0 && is_decided(scan)) {
        conclude(self, frame);
    }
    if (scan->open == 0) {
        sim_frame_end(self, frame);
    }
}

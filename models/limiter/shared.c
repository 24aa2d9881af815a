/* Limiters that share their counters through a store of numbers; see limiter.c. */
#include "limiter/limiter.h"

/* Others may be faster with the number of a bucket so many times; then it is as if the store were
 * silent. */
#define TRIES_MAX 100

struct question {
    enum sim_operation operation;
    int64_t window; /* 0 where it is about a bucket or a log */
    uint64_t value, expected;
    uint64_t most; /* of a log */
};

/* Asks the store about a number of this key: the count of a window, or its bucket; which of the
 * store's members has it is a matter of the key's hash. False when none is up. */
static bool ask_store(struct sim_node *self, const struct passage *passage,
                      const struct question *question, uint64_t tag)
{
    const struct limiter_params *params = sim_params(self);
    struct limiter_state *state = sim_state(self);
    const struct sim_request *asked = sim_request_of(self, passage->ticket);
    uint64_t key_hash = sim_hash_pair(state->name_hash, passage->key);
    struct sim_request request = {
        .operation_id = asked->operation_id,
        .key = sim_hash_pair(key_hash, (uint64_t)question->window),
        .value = question->value,
        .expected = question->expected,
        .key_end = question->most,
        .deadline = tag == 0 ? SIM_NEVER : asked->deadline,
        .bytes = params->store_bytes,
        .span = tag == 0 ? 0 : asked->span,
        .operation = (uint16_t)question->operation,
        .origin_zone = (uint16_t)sim_zone(self),
    };
    members_look(self, &state->store);
    if (state->store.count == 0) {
        return false;
    }
    sim_node_id to = state->store.ids[key_hash % state->store.count];
    sim_send_request(self, to, &request, params->store_timeout, tag);
    return true;
}

static void count_in_store(struct sim_node *self, sim_frame frame)
{
    struct passage *passage = sim_frame_at(self, frame);
    struct question question = {SIM_OP_INCREMENT, passage->window, 1, 0, 0};
    passage->stage = STAGE_COUNT;
    if (!ask_store(self, passage, &question, frame)) {
        limiter_decide_blindly(self, frame);
    }
}

static void ask_for_counts(struct sim_node *self, sim_frame frame)
{
    struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    sim_time clock = sim_local_clock(self);
    passage->window = limiter_window_index(&state->rule, clock);
    passage->counts.elapsed = clock - passage->window * state->rule.window;
    if (!state->policy->needs_previous) {
        count_in_store(self, frame);
        return;
    }
    /* `current` says whether `previous`, that of the window `index`, is known. */
    const struct limiter_windows *known = &limiter_find_counter(self, passage->key)->windows;
    if (known->current == 1 && known->index == passage->window) {
        passage->counts.previous = known->previous;
        count_in_store(self, frame);
        return;
    }
    struct question question = {SIM_OP_READ, passage->window - 1, 0, 0, 0};
    passage->stage = STAGE_PREVIOUS;
    if (!ask_store(self, passage, &question, frame)) {
        limiter_decide_blindly(self, frame);
    }
}

static void learn_previous(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct passage *passage = sim_frame_at(self, frame);
    struct limiter_windows *known = &limiter_find_counter(self, passage->key)->windows;
    passage->counts.previous = (int64_t)reply->value;
    known->index = passage->window;
    known->previous = passage->counts.previous;
    known->current = 1;
    count_in_store(self, frame);
}

static void judge(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    if (reply->value == 0) { /* it did not count: whoever was asked is no store of numbers */
        limiter_decide_blindly(self, frame);
        return;
    }
    passage->counts.current = (int64_t)reply->value - 1;
    struct limiter_verdict verdict = state->policy->judge(&passage->counts, &state->rule);
    if (!verdict.is_admitted && state->policy->needs_previous) {
        struct question question = {SIM_OP_INCREMENT, passage->window, UINT64_MAX, 0, 0};
        ask_store(self, passage, &question, 0);
    }
    limiter_obey(self, frame, &verdict);
}

/* ---- buckets ----
 *
 * A bucket is one number: the time at which it will be empty, if nothing more is poured in (the
 * theoretical arrival time of ITU-T I.371). Whoever wants to pour compares and sets it, expecting
 * what the store said last; who finds another number there decides anew. Times are of the limiters'
 * clocks, rounded up to whole nanoseconds, so that never more passes; 0 is a bucket that nobody
 * poured into.
 */

static struct limiter_verdict pour(const struct limiter_state *state, uint64_t empty,
                                   sim_time clock, uint64_t *ret_empty)
{
    sim_time left = empty == 0 || (sim_time)empty < clock ? 0 : (sim_time)empty - clock;
    union limiter_counter counter = {
        .bucket = {.level = (sim_wide)left * state->rule.limit, .since = clock}};
    struct limiter_verdict verdict = state->policy->ask(&counter, &state->rule, clock);
    sim_wide level = counter.bucket.level + state->rule.limit - 1;
    *ret_empty = (uint64_t)(clock + (sim_time)(level / state->rule.limit));
    return verdict;
}

static void ask_for_bucket(struct sim_node *self, sim_frame frame)
{
    const struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    uint64_t said = limiter_find_counter(self, passage->key)->empty;
    struct limiter_verdict verdict = pour(state, said, sim_local_clock(self), &passage->empty);
    if (!verdict.is_admitted) { /* others can only have poured in more */
        limiter_obey(self, frame, &verdict);
        return;
    }
    struct question question = {SIM_OP_COMPARE_AND_SET, 0, passage->empty, said, 0};
    passage->stage = STAGE_BUCKET;
    passage->wait = verdict.wait;
    if (passage->tries++ == TRIES_MAX || !ask_store(self, passage, &question, frame)) {
        limiter_decide_blindly(self, frame);
    }
}

static void hear_of_bucket(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct passage *passage = sim_frame_at(self, frame);
    union limiter_counter *counter = limiter_find_counter(self, passage->key);
    if (reply->status != SIM_STATUS_OK) {
        counter->empty = reply->status == SIM_STATUS_CONFLICT ? reply->value : 0;
        ask_for_bucket(self, frame);
        return;
    }
    counter->empty = passage->empty;
    struct limiter_verdict verdict = {.is_admitted = true, .wait = passage->wait};
    limiter_obey(self, frame, &verdict);
}

/* ---- logs ----
 *
 * The store keeps the log and forgets what is too old, as a script with a sorted set does in Redis.
 */

static void ask_for_log(struct sim_node *self, sim_frame frame)
{
    const struct limiter_state *state = sim_state(self);
    struct passage *passage = sim_frame_at(self, frame);
    struct question question = {SIM_OP_APPEND, 0, (uint64_t)sim_local_clock(self),
                                (uint64_t)state->rule.window, (uint64_t)state->rule.limit};
    passage->stage = STAGE_LOG;
    if (!ask_store(self, passage, &question, frame)) {
        limiter_decide_blindly(self, frame);
    }
}

static void hear_of_log(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct limiter_state *state = sim_state(self);
    bool is_admitted = reply->status == SIM_STATUS_OK;
    if (is_admitted && (reply->value == 0 || reply->value > (uint64_t)state->rule.limit)) {
        /* So many cannot be in the log that it was just taken into: it keeps none. */
        limiter_decide_blindly(self, frame);
        return;
    }
    struct limiter_verdict verdict = {.is_admitted = is_admitted,
                                      .retry_after = is_admitted ? 0 : (sim_time)reply->value};
    limiter_obey(self, frame, &verdict);
}

/* ---- */

void limiter_ask_store(struct sim_node *self, sim_ticket ticket, uint64_t key)
{
    const struct limiter_state *state = sim_state(self);
    sim_frame frame = limiter_begin(self, ticket, key);
    if (state->policy->judge != NULL) {
        ask_for_counts(self, frame);
    } else if (state->policy == &limiter_sliding_log) {
        ask_for_log(self, frame);
    } else {
        ask_for_bucket(self, frame);
    }
}

void limiter_hear_store(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct passage *passage = sim_frame_at(self, frame);
    if (!sim_status_is_answer(reply->status)) {
        limiter_decide_blindly(self, frame);
    } else if (passage->stage == STAGE_PREVIOUS) {
        learn_previous(self, frame, reply);
    } else if (passage->stage == STAGE_BUCKET) {
        hear_of_bucket(self, frame, reply);
    } else if (passage->stage == STAGE_LOG) {
        hear_of_log(self, frame, reply);
    } else {
        judge(self, frame, reply);
    }
}

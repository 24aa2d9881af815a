/* What a router knows of a change, and which requests it holds.
 *
 * A change goes through the keys in their order. How far it is, is a position: the number of the
 * change, `upto` and `end`. Keys below `upto` have moved, keys from `end` on have not, and those
 * between whose owner changes are on the move: no router sends a request to any shard for them.
 * Positions only grow, and are told by the first router. A router that learns of one lets go what
 * it held for keys that have arrived, and says that it is drained when no request of its own is
 * open for keys that are on the move. A request whose outcome it does not know is over too: if it
 * takes effect later, it does so where nobody looks any more, or before its key is copied.
 *
 * All routers have said so before a key is copied, and the first router has noted on disk what has
 * arrived before it says so. A router that does not hear of it holds what it holds, until it is too
 * long. One that begins a new life serves nothing until it has been told the position: what was
 * said to an earlier life is not for it, which a number of each life shows.
 *
 * The same is done for a chunk in the last phase of its migration in MongoDB (critical section) and
 * for a slot in Redis Cluster; there it is the shards that refuse.
 */
#include "store/shard/shard.h"

uint32_t shard_owner(const struct shard_state *state, uint64_t key, bool *ret_is_held)
{
    uint32_t after = shard_table_owner(&state->after, key);
    *ret_is_held = false;
    if (key < state->upto) {
        return after;
    }
    uint32_t before = shard_table_owner(&state->before, key);
    *ret_is_held = before != after && key < state->end;
    return before;
}

/* ---- what is held ---- */

void shard_hold(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    job->previous = state->last_held;
    job->next = 0;
    if (state->last_held != 0) {
        shard_job_at(self, state->last_held)->next = frame;
    } else {
        state->first_held = frame;
    }
    state->last_held = frame;
    sim_level(self, SHARD_METRIC_HELD, 1);
    if (job->timer == 0) { /* else it was held already */
        job->since = sim_now(self);
        job->timer = sim_after(self, state->params->timeout, SHARD_TIMER_HELD, frame);
        sim_count(self, SHARD_METRIC_MET, 1);
    }
}

static void take_out(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    if (job->previous != 0) {
        shard_job_at(self, job->previous)->next = job->next;
    } else {
        state->first_held = job->next;
    }
    if (job->next != 0) {
        shard_job_at(self, job->next)->previous = job->previous;
    } else {
        state->last_held = job->previous;
    }
    sim_level(self, SHARD_METRIC_HELD, -1);
}

static void spend(struct sim_node *self, const struct shard_job *job)
{
    sim_time time = sim_now(self) - job->since;
    sim_spend(self, sim_request_of(self, job->ticket)->span, SIM_CAUSE_LOCK, time);
    sim_record(self, SHARD_METRIC_HELD_TIME, time);
}

void shard_held_too_long(struct sim_node *self, sim_frame frame)
{
    const struct shard_job *job = shard_job_at(self, frame);
    take_out(self, frame);
    spend(self, job);
    sim_answer_status(self, job->ticket, SIM_STATUS_UNAVAILABLE);
    sim_frame_end(self, frame);
}

/* Until its key has arrived, or there is a newer map than that by which its shard was chosen. */
static bool is_held(const struct shard_state *state, const struct shard_job *job)
{
    bool is_moving;
    shard_owner(state, job->key, &is_moving);
    return is_moving || (job->version != 0 && job->version >= shard_version(state));
}

/* Those who need not be held any more go on, in the order in which they came. */
static void let_go(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    for (sim_frame frame = state->first_held, next; frame != 0; frame = next) {
        struct shard_job *job = shard_job_at(self, frame);
        next = job->next;
        if (!is_held(state, job)) {
            take_out(self, frame);
            sim_cancel(self, job->timer);
            job->timer = 0;
            spend(self, job);
            shard_route(self, frame);
        }
    }
}

/* ---- what is in flight ---- */

void shard_flight_begin(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    job->previous = 0;
    job->next = state->first_flight;
    if (job->next != 0) {
        shard_job_at(self, job->next)->previous = frame;
    }
    state->first_flight = frame;
}

/* Nothing is open any more for keys that are on the move. */
static void drained(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    if (shard_is_mover(self)) {
        shard_mover_acknowledged(self, 0);
        return;
    }
    uint64_t words[SIM_MESSAGE_WORDS] = {state->change_count, state->upto, state->end};
    sim_send_message(self, sim_group_member(self, 0), SHARD_DRAINED, words, SHARD_HEADER_BYTES);
}

void shard_flight_end(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    if (job->previous != 0) {
        shard_job_at(self, job->previous)->next = job->next;
    } else {
        state->first_flight = job->next;
    }
    if (job->next != 0) {
        shard_job_at(self, job->next)->previous = job->previous;
    }
    if (job->is_pending && --state->pending == 0) {
        drained(self);
    }
}

static void mark_pending(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    for (sim_frame frame = state->first_flight; frame != 0;
         frame = shard_job_at(self, frame)->next) {
        struct shard_job *job = shard_job_at(self, frame);
        bool is_moving;
        shard_owner(state, job->key, &is_moving);
        if (is_moving && !job->is_pending) {
            job->is_pending = true;
            state->pending++;
        }
    }
}

/* ---- positions ---- */

void shard_catch_up(struct shard_state *state)
{
    shard_table_apply(&state->after, state->changes, state->change_count);
    if (state->change_count > 0) {
        shard_table_apply(&state->before, state->changes, state->change_count - 1);
    }
}

void shard_position(struct sim_node *self, uint64_t upto, uint64_t end)
{
    struct shard_state *state = sim_state(self);
    shard_catch_up(state);
    state->upto = upto;
    state->end = end;
    if (shard_is_mover(self)) {
        shard_mover_tell(self);
    }
    let_go(self);
    if (shard_has_config(state)) {
        return; /* shards say when nothing is open */
    }
    mark_pending(self);
    if (state->pending == 0) {
        drained(self);
    }
}

static bool has_changes(const struct shard_params *params)
{
    return shard_planned(params) > 0 || params->split_above > 0 || params->split_oversized;
}

void shard_follow_start(struct sim_node *self, bool is_new)
{
    struct shard_state *state = sim_state(self);
    bool is_told = shard_has_config(state) || !shard_is_mover(self);
    state->is_known = !is_told || !is_new || !has_changes(state->params);
    if (!state->is_known && shard_has_config(state)) {
        shard_refresh(self);
    } else if (!state->is_known) {
        state->nonce = (uint64_t)sim_now(self);
        shard_ask(self);
    }
}

static void send_asks(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {state->nonce};
    sim_send_message(self, sim_group_member(self, 0), SHARD_ASKS, words, SHARD_HEADER_BYTES);
}

void shard_ask(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    if (!state->is_known) {
        send_asks(self);
        sim_after(self, state->params->retry, SHARD_TIMER_ASK, 0);
    }
}

/* Whether that position is behind the router's own, or before it, or the same. */
static int compare(const struct shard_state *state, const uint64_t *words)
{
    uint64_t own[] = {state->change_count, state->upto, state->end};
    for (int i = 0; i < 3; i++) {
        if (words[i] != own[i]) {
            return words[i] < own[i] ? -1 : 1;
        }
    }
    return 0;
}

void shard_on_position(struct sim_node *self, const struct sim_input *in)
{
    struct shard_state *state = sim_state(self);
    int order = state->is_known ? compare(state, in->words) : 1;
    if (in->words[3] != state->nonce) {
        send_asks(self); /* it is to an earlier life, or the first router has forgotten this one */
        return;
    }
    if (order < 0) {
        return; /* overtaken */
    }
    if (order == 0) {
        if (state->pending == 0) {
            drained(self); /* what it had said was lost */
        }
        return;
    }
    for (; state->change_count < in->words[0]; state->change_count++) {
        const uint64_t *words = &in->body[(size_t)state->change_count * SHARD_CHANGE_WORDS];
        state->changes[state->change_count] = (struct shard_change){words[0], words[1], words[2]};
    }
    state->is_known = true;
    shard_position(self, in->words[1], in->words[2]);
}

/* The leader: when a write is done.
 *
 * async      when it is on the leader's own disk (MySQL: the default)
 * semi_sync  and `acks` followers have acknowledged it (MySQL: rpl_semi_sync_source_wait_point =
 *            AFTER_SYNC; PostgreSQL: synchronous_standby_names = 'ANY k (...)'). Where they do not
 *            within `fallback` the leader goes on without, until they have caught up (MySQL:
 *            rpl_semi_sync_source_timeout)
 * sync       and all followers that are alive have; one that is not heard for `detect` is left out
 *            (the in-sync set of Kafka, and of Patroni's synchronous_mode)
 *
 * Fewer than `min_followers` that are alive: nothing is committed (Redis: min-replicas-to-write).
 * A follower acknowledges what is on its disk, or what it has carried out
 * (PostgreSQL: synchronous_commit = remote_apply). A leader that came later commits what it found
 * in its log only together with a record of its own epoch (Raft, Ongaro
 * and Ousterhout, USENIX ATC 2014, section 5.4.2).
 *
 * Reads see what is committed, the next write of a key what was written last: its answer comes
 * after that one's.
 */
#include "store/leader/leader.h"

/* ---- what waits ---- */

void leader_wait_for_commit(struct sim_node *self, sim_frame frame)
{
    struct leader_state *state = sim_state(self);
    leader_job_at(self, frame)->since = sim_now(self);
    if (state->first_pending == 0) {
        state->first_pending = frame;
    } else {
        leader_job_at(self, state->last_pending)->next = frame;
    }
    state->last_pending = frame;
    if (state->params->fallback != SIM_NEVER) {
        sim_after(self, state->params->fallback, LEADER_TIMER_FALLBACK, 0);
    }
}

static void answer_pending(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    while (state->first_pending != 0 &&
           leader_job_at(self, state->first_pending)->end <= state->committed) {
        sim_frame frame = state->first_pending;
        struct leader_job *job = leader_job_at(self, frame);
        const struct sim_request *request = sim_request_of(self, job->ticket);
        sim_spend(self, request->span, SIM_CAUSE_FSYNC, sim_now(self) - job->since);
        state->first_pending = job->next;
        sim_answer(self, job->ticket, &job->reply);
        sim_frame_end(self, frame);
    }
}

void leader_abandon(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    while (state->first_pending != 0) {
        sim_frame frame = state->first_pending;
        state->first_pending = leader_job_at(self, frame)->next;
        sim_answer_status(self, leader_job_at(self, frame)->ticket, SIM_STATUS_TIMEOUT);
        sim_frame_end(self, frame);
    }
}

/* ---- how far it is ---- */

/* Records that so many followers have, of those that are counted. */
static uint64_t acked_by(const struct leader_state *state, int64_t wanted)
{
    uint64_t least = UINT64_MAX;
    for (int64_t round = 0; round < wanted; round++) { /* the next smaller one each time */
        uint64_t best = 0;
        int64_t above = 0;
        for (uint32_t i = 0; i < state->count; i++) {
            const struct leader_member *member = &state->members[i];
            uint64_t acked = member->is_subscribed ? member->acked : 0;
            if (i != state->own && acked < least) {
                best = acked > best ? acked : best;
            } else if (i != state->own) {
                above++;
            }
        }
        if (above >= wanted) {
            break;
        }
        least = best;
    }
    return least;
}

/* Records that all followers have that are alive. */
static uint64_t acked_by_live(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct leader_member *member = &state->members[i];
        bool is_counted = i != state->own && leader_is_live(self, i);
        if (is_counted && state->params->chain) { /* it knows of the first one only */
            is_counted = i == (state->own + 1) % state->count;
        }
        if (is_counted) {
            uint64_t acked = member->is_subscribed ? member->acked : 0;
            least = acked < least ? acked : least;
        }
    }
    return least;
}

static void look_at_fallback(struct sim_node *self, uint64_t acked)
{
    struct leader_state *state = sim_state(self);
    bool is_late =
        state->first_pending != 0 &&
        sim_now(self) - leader_job_at(self, state->first_pending)->since >= state->params->fallback;
    bool is_degraded = state->is_degraded ? acked < state->committed : is_late;
    if (is_degraded != state->is_degraded) {
        state->is_degraded = is_degraded;
        sim_level(self, LEADER_DEGRADED, is_degraded ? 1 : -1);
    }
}

static uint64_t reached(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    uint64_t own = leader_stable(self);
    uint64_t acked = own;
    switch ((enum leader_mode)state->params->mode) {
    case MODE_ASYNC:
        break;
    case MODE_SEMI_SYNC:
        acked = acked_by(state, state->params->acks);
        look_at_fallback(self, acked < own ? acked : own);
        acked = state->is_degraded ? own : acked;
        break;
    case MODE_SYNC:
        acked = acked_by_live(self);
        break;
    }
    return acked < own ? acked : own;
}

/* Its records are carried out as they are committed. */
static void carry_out(struct sim_node *self, uint64_t end)
{
    struct leader_state *state = sim_state(self);
    for (; state->committed < end; state->committed++) {
        struct leader_record record = leader_record_at(self, state->committed);
        if (state->committed >= state->applied) {
            leader_carry_out(state, &record);
        }
        if (record.is_nothing || record.is_token) {
            continue;
        }
        sim_commit(self, record.cell.key, record.cell.version);
        if (state->committed >= state->begin) {
            sim_count(self, LEADER_COMMITS, 1);
        }
    }
    state->applied = state->committed > state->applied ? state->committed : state->applied;
}

void leader_commit(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (!state->is_leader || state->begin == LEADER_NOT_BEGUN || !leader_may_write(self)) {
        return;
    }
    uint64_t end = reached(self);
    if (end < state->begin) {
        return;
    }
    if (end > state->committed) {
        carry_out(self, end);
        state->is_open = true;
        leader_tell_unapplied(self);
        leader_look_at_mode(self);
        leader_wake(self);
    }
    answer_pending(self);
}

/* ---- an epoch begins ---- */

static void become(struct cells *cells, const struct cells *others)
{
    cells_clear(cells);
    cells_init(cells);
    for (uint32_t i = 0; i < others->count; i++) {
        const struct cell *cell = cells_at(others, i);
        *cells_put(cells, cell->key) = *cell;
    }
}

void leader_open(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    become(&state->latest, &state->seen);
    become(&state->latest_tokens, &state->tokens);
    uint64_t index = leader_end(self);
    if (index == 0) { /* nothing came before */
        state->begin = 0;
        state->is_open = true;
        return;
    }
    struct leader_record record = {.cell.version = leader_version(state->epoch, index),
                                   .acknowledged = state->committed,
                                   .is_nothing = true};
    leader_append(self, &record);
    state->begin = index + 1;
    if (state->params->fsync == NULL) {
        leader_feed(self);
        leader_commit(self);
    }
}

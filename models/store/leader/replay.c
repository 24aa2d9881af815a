/* Replay: a follower carries out what is in its log, one record after the other.
 *
 * On one thread, whatever the leader wrote them with, so that a follower can fall behind for ever
 * (MySQL: replica_parallel_workers = 1, the SQL thread; PostgreSQL: the startup process). By
 * itself, or at the servers that also serve reads (`replay_shares`), where each takes from the
 * other. It begins with what is on disk. Reads see what was carried out.
 *
 * Left out: several threads; conflicts of replay with long reads.
 */
#include "store/leader/leader.h"

void leader_tell_unapplied(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    uint64_t now = state->is_leader && state->is_open ? 0 : leader_end(self) - state->applied;
    sim_level(self, LEADER_UNAPPLIED, (int64_t)now - (int64_t)state->unapplied);
    state->unapplied = now;
}

static void apply(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    struct leader_record record = leader_record_at(self, state->applied++);
    const struct cell *cell = cells_find(&state->seen, record.cell.key);
    struct sim_delivery delivery = {.store = sim_self(self),
                                    .key = record.cell.key,
                                    .after = cell == NULL ? 0 : cell->version,
                                    .version = record.cell.version};
    leader_carry_out(state, &record);
    if (!state->is_leader && !record.is_nothing && !record.is_token) {
        sim_delivered(self, LEADER_LAG, &delivery);
    }
}

/* What is to be carried out and is: a leader's own records are when they are committed. */
static bool has_more(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    return !(state->is_leader && state->is_open) && state->applied < leader_stable(self) &&
           (!state->is_leader || state->begin == LEADER_NOT_BEGUN);
}

static void caught_up(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (state->is_leader && state->begin == LEADER_NOT_BEGUN &&
        state->applied == leader_end(self)) {
        leader_open(self);
    }
}

void leader_replay(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    double constant;
    bool is_free = sim_dist_is_constant(state->params->replay, &constant) && constant <= 0;
    bool is_changed = false;
    while (is_free && has_more(self)) {
        apply(self);
        is_changed = true;
    }
    if (!is_free && !state->is_replaying && has_more(self)) {
        sim_time work = sim_draw(self, LEADER_DRAW_REPLAY, state->params->replay);
        state->is_replaying = sim_station_work(self, state->replay, work, 0, 0, 0);
    }
    leader_tell_unapplied(self);
    if (is_changed) {
        leader_wake(self);
    }
    caught_up(self);
}

void leader_replayed(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->is_replaying = false;
    if (has_more(self)) { /* and was not cut off meanwhile */
        apply(self);
        leader_wake(self);
        leader_acknowledge(self);
    }
    leader_replay(self);
}

/* Heartbeats: who is alive, who may act as the leader, and what it does when it may not.
 *
 * The leader tells all members every `heartbeat` that it is there, and each says that it heard. A
 * member that has heard the leader helps nobody else to become one for `detect`. So, with
 * `fencing`, a leader that was heard by a majority less than `detect` ago, counted from when that
 * heartbeat was sent, is the only one: that is its lease (Gray and Cheriton, "Leases", SOSP 1989;
 * MongoDB: a primary that cannot see a majority steps down; Patroni: one that cannot renew its
 * leader key is demoted). Without the lease it takes no writes
 * and answers no strong reads: it is read-only. Without fencing it never doubts itself, so that
 * there may be two (split brain; Kleppmann 2017, chapter 5, "Handling node outages").
 *
 * Left out: durations are measured by clocks that do not drift.
 */
#include "store/leader/leader.h"

enum words_of_beat { BEAT_EPOCH, BEAT_SENT, BEAT_HAS, BEAT_CLOCK };

/* ---- the leader ---- */

bool leader_is_live(struct sim_node *self, uint32_t member)
{
    const struct leader_state *state = sim_state(self);
    return sim_now(self) - state->members[member].heard < state->params->detect;
}

bool leader_has_lease(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    if (!state->params->fencing || !state->params->failover) {
        return true;
    }
    uint32_t leased = 1; /* itself */
    for (uint32_t i = 0; i < state->count; i++) {
        leased +=
            i != state->own && sim_now(self) - state->members[i].leased < state->params->detect;
    }
    return leased > state->count / 2;
}

bool leader_may_write(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    int64_t live = 0;
    for (uint32_t i = 0; i < state->count && live < state->params->min_followers; i++) {
        live += i != state->own && leader_is_live(self, i);
    }
    return live >= state->params->min_followers && leader_has_lease(self);
}

void leader_look_at_mode(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    bool is_read_only = state->is_leader && state->is_open && !leader_may_write(self);
    if (is_read_only != state->is_read_only) {
        state->is_read_only = is_read_only;
        sim_level(self, LEADER_READ_ONLY, is_read_only ? 1 : -1);
    }
}

void leader_beat(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (!state->is_leader) {
        return;
    }
    uint64_t words[SIM_MESSAGE_WORDS] = {
        [BEAT_EPOCH] = state->epoch,
        [BEAT_SENT] = (uint64_t)sim_now(self),
        [BEAT_HAS] = leader_stable(self),
        [BEAT_CLOCK] = (uint64_t)sim_local_clock(self),
    };
    for (uint32_t i = 0; i < state->count; i++) {
        if (i != state->own) {
            sim_send_message(self, state->members[i].id, LEADER_BEAT, words, LEADER_HEADER_BYTES);
        }
    }
    state->beat = sim_after(self, state->params->heartbeat, LEADER_TIMER_BEAT, 0);
    leader_look_at_mode(self);
    leader_commit(self); /* who is alive may have changed, and how long something waits */
}

void leader_on_heard(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    if (!state->is_leader) {
        return;
    }
    if (in->words[BEAT_EPOCH] > state->epoch) {
        state->highest = in->words[BEAT_EPOCH];
        if (state->params->fencing) {
            leader_step_down(self);
        }
        return;
    }
    if (in->words[BEAT_EPOCH] == state->epoch) {
        struct leader_member *member = &state->members[from];
        sim_time sent = (sim_time)in->words[BEAT_SENT];
        member->heard = sim_now(self);
        member->leased = sent > member->leased ? sent : member->leased;
        leader_look_at_mode(self);
        leader_commit(self);
    }
}

/* ---- a follower ---- */

void leader_listen(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->heard = sim_now(self);
    if (state->silence == 0) {
        state->silence = sim_after(self, state->params->detect, LEADER_TIMER_SILENCE, 0);
    }
}

/* When it has carried out what the leader had then, it is as fresh as the leader was. */
static void look_at_freshness(struct leader_state *state, const uint64_t *words)
{
    if (state->mark_clock == 0) {
        state->mark = words[BEAT_HAS];
        state->mark_clock = (sim_time)words[BEAT_CLOCK];
    }
    if (state->is_joined && state->applied >= state->mark) {
        state->fresh = state->mark_clock;
        state->mark_clock = 0;
    }
}

static void say_heard(struct sim_node *self, uint32_t to, uint64_t sent)
{
    const struct leader_state *state = sim_state(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {[BEAT_EPOCH] = state->epoch, [BEAT_SENT] = sent};
    sim_send_message(self, state->members[to].id, LEADER_HEARD, words, LEADER_HEADER_BYTES);
}

void leader_on_beat(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    uint64_t epoch = in->words[BEAT_EPOCH];
    if (epoch < state->epoch) {
        say_heard(self, from, 0); /* by whom follows another one */
        return;
    }
    if (state->is_leader) {
        if (!state->params->fencing) {
            return; /* two of them */
        }
        leader_step_down(self);
    }
    if (epoch > state->epoch || state->leader != from) {
        leader_follow(self, epoch, from);
    }
    leader_listen(self);
    say_heard(self, from, in->words[BEAT_SENT]);
    look_at_freshness(state, in->words);
    leader_look_at_source(self, in->words[BEAT_HAS]);
    leader_wake(self);
}

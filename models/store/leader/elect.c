/* Promotion: when the leader is silent, the follower that has the most takes its place.
 *
 * A member that has not heard the leader for `detect` asks all others whether they have, and how
 * far their logs are (Redis Sentinel: down by itself after down-after-milliseconds, "SDOWN", and
 * for good when others say so too, "ODOWN"; GitHub's orchestrator asks the replicas of a primary
 * that it cannot reach: they see it or they do not). When all have answered, or after `election`,
 * the one with the latest record, and of several the first in the group, claims the next epoch
 * (Redis Sentinel, "replica selection and priority": the greatest replication offset, then the run
 * id). With `fencing` a majority must have answered, and a majority must then promise, on disk, to
 * follow that epoch and none before it (Redis Sentinel, "configuration epochs"; the term of Raft,
 * Ongaro and Ousterhout, USENIX ATC 2014, section 5.2). Nobody promises while it hears the leader
 * (Ongaro, "Consensus: bridging theory and practice", Stanford 2014, section 4.2.3), nor to one who
 * has less than itself (Raft, section 5.4.1; MongoDB: members do not vote for one whose optime is
 * older). Without fencing the best of those that can be reached leads at once, and whoever hears of
 * it follows (MySQL with an external failover manager; the outage of GitHub of 21 October 2018,
 * where both sides of a partition had writes).
 *
 * What only the old leader had is lost: it cuts that off when it is back, and only then is known
 * how much it was.
 *
 * An epoch is a number of its claimant's own: its remainder by the size of the group says whose.
 */
#include "store/leader/leader.h"

bool leader_hears(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    return state->is_leader ? leader_has_lease(self)
                            : sim_now(self) - state->heard < state->params->detect;
}

static bool is_majority(const struct leader_state *state, uint32_t count)
{
    return count > state->count / 2;
}

static uint64_t own_last(struct sim_node *self)
{
    return leader_last(self, leader_stable(self));
}

static void to_all(struct sim_node *self, enum leader_message message, const uint64_t *words)
{
    const struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->count; i++) {
        if (i != state->own) {
            sim_send_message(self, state->members[i].id, (int)message, words, LEADER_HEADER_BYTES);
        }
    }
}

static void set_timer(struct sim_node *self, sim_time delay)
{
    struct leader_state *state = sim_state(self);
    sim_cancel(self, state->election);
    state->election = sim_after(self, delay, LEADER_TIMER_ELECTION, 0);
}

/* Again, at a time of its own. */
static void retry(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    double part = 0.5 + sim_random_unit(sim_random_of(self, LEADER_DRAW_BACKOFF));
    state->phase = PHASE_QUIET;
    set_timer(self, (sim_time)((double)state->params->election * part));
}

/* ---- asking ---- */

static void poll(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->phase = PHASE_POLLING;
    for (uint32_t i = 0; i < state->count; i++) {
        state->members[i].is_answered = state->members[i].is_granted = false;
    }
    uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch};
    to_all(self, LEADER_POLL, words);
    set_timer(self, state->params->election);
}

void leader_silence(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->silence = 0;
    if (state->is_leader) {
        return;
    }
    sim_time silent = sim_now(self) - state->heard;
    if (silent < state->params->detect) {
        state->silence = sim_after(self, state->params->detect - silent, LEADER_TIMER_SILENCE, 0);
        return;
    }
    state->gone = state->leader;
    state->leader = LEADER_NONE;
    if (state->params->failover && state->phase == PHASE_QUIET) {
        poll(self);
    }
}

void leader_on_poll(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    state->highest = in->words[0] > state->highest ? in->words[0] : state->highest;
    uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch, own_last(self), leader_hears(self)};
    sim_send_message(self, state->members[from].id, LEADER_POLLED, words, LEADER_HEADER_BYTES);
}

/* ---- deciding ---- */

static void promise(struct sim_node *self, uint64_t epoch)
{
    struct leader_state *state = sim_state(self);
    state->epoch = epoch;
    state->leader = LEADER_NONE;
    leader_unsubscribe(self);
    struct sim_log_record record = {.words = {epoch}, .bytes = LEADER_HEADER_BYTES};
    uint64_t index = sim_log_append(self, LEADER_PROMISES, &record);
    sim_log_forget(self, LEADER_PROMISES, index);
    sim_log_sync(self, LEADER_PROMISES, state->params->fsync, 0, epoch);
}

static void claim(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    uint64_t highest = state->highest > state->epoch ? state->highest : state->epoch;
    state->phase = PHASE_CLAIMING;
    state->claim = (highest / state->count + 1) * state->count + state->own;
    for (uint32_t i = 0; i < state->count; i++) {
        state->members[i].is_granted = false;
    }
    promise(self, state->claim);
    if (state->params->fencing) {
        uint64_t words[SIM_MESSAGE_WORDS] = {state->claim, own_last(self)};
        to_all(self, LEADER_CLAIM, words);
    }
    set_timer(self, state->params->election);
}

static void decide(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    uint32_t best = state->own, answered = 1;
    uint64_t most = own_last(self);
    bool is_alive = leader_hears(self);
    for (uint32_t i = 0; i < state->count; i++) {
        const struct leader_member *member = &state->members[i];
        if (i == state->own || !member->is_answered) {
            continue;
        }
        answered++;
        is_alive = is_alive || member->is_hearing;
        if (member->last > most || (member->last == most && i < best)) {
            best = i;
            most = member->last;
        }
    }
    if (is_alive || (state->params->fencing && !is_majority(state, answered))) {
        retry(self);
    } else if (best == state->own) {
        claim(self);
    } else {
        uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch};
        sim_send_message(self, state->members[best].id, LEADER_NOMINATE, words,
                         LEADER_HEADER_BYTES);
        retry(self);
    }
}

void leader_on_polled(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    state->highest = in->words[0] > state->highest ? in->words[0] : state->highest;
    if (state->phase != PHASE_POLLING) {
        return;
    }
    state->members[from].is_answered = true;
    state->members[from].last = in->words[1];
    state->members[from].is_hearing = in->words[2] != 0;
    for (uint32_t i = 0; i < state->count; i++) {
        if (i != state->own && i != state->gone && !state->members[i].is_answered) {
            return;
        }
    }
    decide(self);
}

void leader_on_nominate(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    (void)from;
    bool is_wanted = !state->is_leader && state->phase != PHASE_CLAIMING; /* leads, or will */
    if (is_wanted && !leader_hears(self) && in->words[0] <= state->epoch) {
        claim(self);
    }
}

void leader_election_due(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->election = 0;
    if (state->is_leader || leader_hears(self)) {
        state->phase = PHASE_QUIET;
    } else if (state->phase == PHASE_POLLING) {
        decide(self);
    } else if (state->phase == PHASE_CLAIMING) {
        retry(self);
    } else {
        poll(self);
    }
}

/* ---- promising ---- */

void leader_on_claim(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    uint64_t epoch = in->words[0];
    if (epoch <= state->epoch || leader_hears(self) || in->words[1] < own_last(self)) {
        uint64_t words[SIM_MESSAGE_WORDS] = {epoch, false, state->epoch};
        sim_send_message(self, state->members[from].id, LEADER_CLAIMED, words, LEADER_HEADER_BYTES);
        return;
    }
    if (state->is_leader) {
        leader_step_down(self);
    }
    state->phase = PHASE_QUIET;
    promise(self, epoch);
    leader_listen(self); /* that one is given time */
}

static void look_at_claim(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    uint32_t granted = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        granted += state->members[i].is_granted;
    }
    bool has_own = state->members[state->own].is_granted;
    if (has_own && (!state->params->fencing || is_majority(state, granted))) {
        sim_count(self, LEADER_PROMOTIONS, 1);
        sim_record(self, LEADER_GONE, sim_now(self) - state->heard);
        leader_lead(self, state->claim);
    }
}

void leader_promised(struct sim_node *self, uint64_t epoch)
{
    struct leader_state *state = sim_state(self);
    uint32_t claimant = (uint32_t)(epoch % state->count);
    if (epoch != state->epoch) {
        return; /* a later one was promised since */
    }
    if (claimant != state->own) {
        uint64_t words[SIM_MESSAGE_WORDS] = {epoch, true, epoch};
        sim_send_message(self, state->members[claimant].id, LEADER_CLAIMED, words,
                         LEADER_HEADER_BYTES);
    } else if (state->phase == PHASE_CLAIMING) {
        state->members[state->own].is_granted = true;
        look_at_claim(self);
    }
}

void leader_on_claimed(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    state->highest = in->words[2] > state->highest ? in->words[2] : state->highest;
    if (state->phase == PHASE_CLAIMING && in->words[0] == state->claim && in->words[1] != 0) {
        state->members[from].is_granted = true;
        look_at_claim(self);
    }
}

/* ---- the change ---- */

void leader_lead(struct sim_node *self, uint64_t epoch)
{
    struct leader_state *state = sim_state(self);
    state->phase = PHASE_QUIET;
    sim_cancel(self, state->election);
    state->election = 0;
    state->epoch = epoch;
    state->leader = state->own;
    state->is_leader = true;
    state->is_open = false;
    state->begin = LEADER_NOT_BEGUN;
    sim_level(self, LEADER_LEADERS, 1);
    leader_unsubscribe(self);
    for (uint32_t i = 0; i < state->count; i++) {
        state->members[i].heard = sim_now(self);
        state->members[i].leased = -state->params->detect;
    }
    leader_beat(self);
    leader_replay(self); /* what it has yet to carry out, and then it opens */
}

void leader_step_down(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->is_leader = state->is_open = false;
    state->leader = LEADER_NONE;
    sim_level(self, LEADER_LEADERS, -1);
    leader_look_at_mode(self);
    if (state->is_degraded) {
        state->is_degraded = false;
        sim_level(self, LEADER_DEGRADED, -1);
    }
    sim_cancel(self, state->beat);
    leader_abandon(self);
    leader_unsubscribe(self);
    leader_listen(self);
    leader_replay(self);
}

void leader_follow(struct sim_node *self, uint64_t epoch, uint32_t leader)
{
    struct leader_state *state = sim_state(self);
    state->epoch = epoch;
    state->leader = leader;
    state->phase = PHASE_QUIET;
    sim_cancel(self, state->election);
    state->election = 0;
    leader_unsubscribe(self);
    leader_subscribe(self);
    state->end_at_beat = UINT64_MAX;
    state->mark_clock = 0;
}

/* Elections: who leads in which term (3.4), and how members without a chance are kept from
 * disturbing those who have one.
 *
 * A follower that hears nothing from a leader for its timeout, which is drawn anew whenever it
 * stands, grants a vote or stops leading, stands for election: it votes for itself, and when that
 * is on disk it asks all others. A member votes once a term, on disk before it says so (3.8), for
 * one whose log is at least as up to date as its own (3.6.1). With pre_vote a candidate asks first
 * whether it would be voted for, and changes nothing before a majority says yes (9.6). With
 * check_quorum a member that has heard a leader within the least timeout does not vote at all
 * (4.2.3), nor does one that has just restarted and may have forgotten that it heard one: what a
 * lease counts on (6.4.1).
 */
#include "store/raft/raft.h"

#define VOTE_PRE 1u
#define VOTE_WANTED 2u /* by the leader (3.10) */
#define VOTED_GRANTED 4u

/* ---- the timer ---- */

static void arm(struct sim_node *self, struct raft_state *state)
{
    sim_time now = sim_now(self);
    state->timer_at = state->deadline;
    state->timer = sim_after(self, state->deadline - now, RAFT_TIMER_ELECTION, 0);
}

/* A deadline that moves on leaves the timer where it is, to look again when it fires. */
void raft_timer_reset(struct sim_node *self, struct raft_state *state, bool is_redrawn)
{
    if (is_redrawn) {
        sim_time least = state->params->election_timeout;
        sim_time most = state->params->election_timeout_max;
        most = most == SIM_NEVER ? 2 * least : most;
        struct sim_random *random = sim_random_of(self, RAFT_DRAW_TIMEOUT);
        state->timeout = least + (sim_time)sim_random_below(random, (uint64_t)(most - least) + 1);
    }
    state->deadline = sim_now(self) + state->timeout;
    if (state->timer_at != SIM_NEVER && state->timer_at > state->deadline) {
        sim_cancel(self, state->timer);
        state->timer_at = SIM_NEVER;
    }
    if (state->timer_at == SIM_NEVER) {
        arm(self, state);
    }
}

/* ---- terms ---- */

static void set_leader(struct sim_node *self, struct raft_state *state, uint32_t leader)
{
    if ((state->leader == RAFT_NOBODY) != (leader == RAFT_NOBODY)) {
        sim_level(self, RAFT_LEADERLESS, leader == RAFT_NOBODY ? 1 : -1);
    }
    state->leader = leader;
}

void raft_leader_known(struct sim_node *self, struct raft_state *state, uint32_t leader)
{
    if (state->leader != leader) {
        set_leader(self, state, leader);
    }
}

static void leave_role(struct sim_node *self, struct raft_state *state)
{
    if (state->role == RAFT_LEADER) {
        sim_level(self, RAFT_LEADERS, -1);
        raft_reads_fail(self, state);
    }
    state->role = RAFT_FOLLOWER;
}

void raft_step_down(struct sim_node *self, struct raft_state *state, uint64_t term)
{
    bool was_leader = state->role == RAFT_LEADER;
    leave_role(self, state);
    set_leader(self, state, RAFT_NOBODY);
    if (term > state->term) {
        state->term = term;
        state->voted_for = RAFT_NOBODY;
        raft_log_state(self, state);
        raft_log_sync(self, state);
    }
    state->matched = state->acked = 0;
    state->round = 0;
    state->ack_since = SIM_NEVER;
    if (was_leader) { /* the others go on waiting: a candidate without a chance delays nobody */
        raft_timer_reset(self, state, true);
    }
}

bool raft_term_seen(struct sim_node *self, struct raft_state *state, uint64_t term)
{
    if (term > state->term) {
        raft_step_down(self, state, term);
    }
    return term == state->term;
}

/* ---- standing for election ---- */

static void ask_all(struct sim_node *self, struct raft_state *state, uint64_t term, unsigned flags)
{
    const struct raft_log *log = &state->log;
    const uint64_t words[SIM_MESSAGE_WORDS] = {term, log->last, raft_log_term(log, log->last),
                                               flags};
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (i != state->own && raft_is_voter(state, i)) {
            sim_send_message(self, raft_id(state, i), RAFT_VOTE, words, RAFT_HEADER_BYTES);
        }
    }
}

static void stand(struct sim_node *self, struct raft_state *state)
{
    state->role = RAFT_CANDIDATE;
    sim_assert(state->term + 1 < UINT64_C(1) << RAFT_TERM_BITS);
    state->term++;
    state->voted_for = state->own;
    state->granted = 0;
    state->has_asked = false;
    sim_count(self, RAFT_ELECTIONS, 1);
    raft_log_state(self, state);
    state->vote_at = state->log.state_at;
    raft_log_sync(self, state);
    raft_election_durable(self, state);
}

static void count_votes(struct sim_node *self, struct raft_state *state)
{
    if (raft_count(state->granted & state->voters) < raft_majority(state)) {
        return;
    }
    if (state->role == RAFT_PRE_CANDIDATE) {
        raft_timer_reset(self, state, true);
        stand(self, state);
        return;
    }
    sim_count(self, RAFT_ELECTIONS_WON, 1);
    sim_level(self, RAFT_LEADERS, 1);
    state->role = RAFT_LEADER;
    set_leader(self, state, state->own);
    raft_lead(self, state);
}

static void campaign(struct sim_node *self, struct raft_state *state, bool is_wanted)
{
    state->is_wanted = is_wanted;
    set_leader(self, state, RAFT_NOBODY);
    raft_timer_reset(self, state, true);
    if (!state->params->pre_vote || is_wanted) {
        stand(self, state);
        return;
    }
    state->role = RAFT_PRE_CANDIDATE;
    state->granted = UINT64_C(1) << state->own;
    sim_count(self, RAFT_PRE_VOTES, 1);
    ask_all(self, state, state->term + 1, VOTE_PRE);
    count_votes(self, state);
}

void raft_election_due(struct sim_node *self, struct raft_state *state)
{
    state->timer_at = SIM_NEVER;
    if (state->role == RAFT_LEADER) {
        return;
    }
    if (sim_now(self) < state->deadline) {
        arm(self, state);
    } else if (raft_may_stand(state)) {
        campaign(self, state, false);
    } else {
        raft_timer_reset(self, state, true);
    }
}

/* ---- voting ---- */

static void send_ballot(struct sim_node *self, const struct raft_state *state, uint32_t to,
                        uint64_t asked, unsigned flags)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->term, asked, flags};
    sim_send_message(self, raft_id(state, to), RAFT_VOTED, words, RAFT_HEADER_BYTES);
}

/* What was promised on disk may be said. */
void raft_election_durable(struct sim_node *self, struct raft_state *state)
{
    if (state->role == RAFT_CANDIDATE && !state->has_asked && state->vote_at <= state->log.synced) {
        state->has_asked = true;
        state->granted |= UINT64_C(1) << state->own;
        ask_all(self, state, state->term, state->is_wanted ? VOTE_WANTED : 0);
        count_votes(self, state);
    }
    struct raft_ballot *ballot = &state->ballot;
    if (ballot->to != RAFT_NOBODY && ballot->at <= state->log.synced) {
        uint32_t to = ballot->to;
        ballot->to = RAFT_NOBODY;
        if (ballot->term == state->term) {
            send_ballot(self, state, to, ballot->term, VOTED_GRANTED);
        }
    }
}

/* 4.2.3: nobody is heard who would depose a leader that is alive. */
static bool is_loyal(struct sim_node *self, const struct raft_state *state)
{
    return state->params->check_quorum &&
           (state->role == RAFT_LEADER ||
            (state->heard >= 0 && sim_now(self) - state->heard < state->params->election_timeout));
}

/* 3.6.1 */
static bool is_up_to_date(const struct raft_log *log, uint64_t last, uint64_t last_term)
{
    uint64_t own_term = raft_log_term(log, log->last);
    return last_term > own_term || (last_term == own_term && last >= log->last);
}

static void vote(struct sim_node *self, struct raft_state *state, uint32_t candidate,
                 const uint64_t *words)
{
    uint64_t term = words[0];
    if (!raft_term_seen(self, state, term)) {
        send_ballot(self, state, candidate, term, 0);
        return;
    }
    bool is_free = state->voted_for == RAFT_NOBODY || state->voted_for == candidate;
    if (!is_free || !is_up_to_date(&state->log, words[1], words[2])) {
        send_ballot(self, state, candidate, term, 0);
        return;
    }
    if (state->voted_for != candidate) {
        state->voted_for = candidate;
        raft_log_state(self, state);
        raft_log_sync(self, state);
    }
    raft_timer_reset(self, state, true);
    state->ballot = (struct raft_ballot){candidate, term, state->log.state_at};
    raft_election_durable(self, state);
}

/* 9.6: would it be voted for? */
static void pre_vote(struct sim_node *self, struct raft_state *state, uint32_t candidate,
                     const uint64_t *words)
{
    bool is_granted = words[0] > state->term && is_up_to_date(&state->log, words[1], words[2]);
    send_ballot(self, state, candidate, words[0], VOTE_PRE | (is_granted ? VOTED_GRANTED : 0));
}

static void voted(struct sim_node *self, struct raft_state *state, uint32_t voter,
                  const uint64_t *words)
{
    if (words[0] > state->term) {
        raft_step_down(self, state, words[0]);
        return;
    }
    bool is_pre = (words[2] & VOTE_PRE) != 0;
    bool is_awaited =
        is_pre ? state->role == RAFT_PRE_CANDIDATE && words[1] == state->term + 1
               : state->role == RAFT_CANDIDATE && words[1] == state->term && state->has_asked;
    if (is_awaited && (words[2] & VOTED_GRANTED) != 0) {
        state->granted |= UINT64_C(1) << voter;
        count_votes(self, state);
    }
}

void raft_stand_now(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    bool is_free = state->role == RAFT_FOLLOWER || state->role == RAFT_PRE_CANDIDATE;
    if (in->words[0] == state->term && is_free && raft_may_stand(state)) {
        campaign(self, state, true);
    }
}

void raft_election_message(struct sim_node *self, struct raft_state *state,
                           const struct sim_input *in)
{
    uint32_t from = in->from - state->first_id;
    if (in->message == RAFT_VOTED) {
        voted(self, state, from, in->words);
    } else if ((in->words[3] & VOTE_WANTED) == 0 && is_loyal(self, state)) {
        return;
    } else if ((in->words[3] & VOTE_PRE) != 0) {
        pre_vote(self, state, from, in->words);
    } else {
        vote(self, state, from, in->words);
    }
}

void raft_election_start(struct sim_node *self, struct raft_state *state, bool is_restart)
{
    /* So may one that had left and comes back with its disk. */
    state->heard = is_restart || state->term > 0 ? sim_now(self) : -1;
    state->leader = RAFT_NOBODY;
    state->ballot.to = RAFT_NOBODY;
    state->timer_at = SIM_NEVER;
    state->ack_since = SIM_NEVER;
    sim_level(self, RAFT_LEADERLESS, 1);
    raft_timer_reset(self, state, true);
}

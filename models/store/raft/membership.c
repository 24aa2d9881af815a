/* Membership: who votes, and how that changes (chapter 4).
 *
 * One voter at a time is added or removed (4.1): a majority before and one after always have a
 * member in common, so that the set of voters in the latest entry that names them is all there is
 * to know, and joint consensus (4.3) is not needed. It counts from when it is in the log, committed
 * or not. Two such steps at once need not have a member in common: a leader waits until its last
 * change is committed, and until it has committed an entry of its own term, since a change of a
 * former leader that it knows nothing of might be committed beside its own (Ongaro, "bug in
 * single-server membership changes", raft-dev, July 2015).
 *
 * What is wanted is looked at with every heartbeat: as many voters as `voters` says, among the
 * members that the group is to have. All others of these learn: they are sent everything and count
 * for nothing. One that is to vote is first brought up in rounds, each of which ends when it has
 * what the leader had when it began; when one takes less than an election timeout it may vote, and
 * when ten took longer it is given up for a while (4.2.1; sooner than after ten, as LogCabin does).
 *
 * A voter that leaves while it is alive goes when another one votes in its place; one that is lost
 * goes before, since it counts for a majority and helps nobody (etcd, "Frequently asked questions",
 * adding and removing), but no sooner than a spare is ready. A leader that is to leave goes last:
 * it counts itself no more, leads until its removal is committed, and then has the voter that has
 * most of its log stand at once (4.2.2, 3.10).
 *
 * A member that does not vote any more stands for election all the same while it does not know that
 * this is committed: it may be the only one with the entry that says so, and others could not be
 * elected without it (4.2.2). It does not count its own vote, and when it is elected, it leads
 * until the entry is committed. Who was removed and does not know it at all stands, too: that harms
 * nobody where pre_vote and check_quorum are on (4.2.3, election.c).
 */
#include "store/raft/raft.h"

#define ROUNDS_MAX 10u

static uint64_t bits_of_first(uint32_t count)
{
    return (UINT64_C(1) << count) - 1;
}

static uint64_t bit(uint32_t member)
{
    return UINT64_C(1) << member;
}

static uint32_t lowest(uint64_t bits)
{
    uint32_t member = 0;
    while ((bits >> member & 1) == 0) {
        member++;
    }
    return member;
}

/* How many of `present` are to vote. */
static uint32_t wanted_of(const struct raft_state *state, uint32_t present)
{
    uint32_t voters = (uint32_t)state->params->voters;
    return voters == 0 || voters > present ? present : voters;
}

void raft_membership_start(struct sim_node *self, struct raft_state *state)
{
    uint32_t count = wanted_of(state, sim_group_begin(self));
    state->voters_first = bits_of_first(count > 0 ? count : 1); /* somebody has to be first */
    state->learner.member = RAFT_NOBODY;
}

bool raft_may_stand(const struct raft_state *state)
{
    uint64_t voters = state->voters;
    for (uint64_t i = state->log.last; i >= state->log.first; i--) {
        const struct raft_entry *entry = raft_entry_at(&state->log, i);
        if (raft_word_operation(entry->word) == RAFT_OP_CONFIG) {
            voters |= entry->value;
            if (i <= state->commit) {
                return (voters & bit(state->own)) != 0;
            }
        }
    }
    voters |= state->snapshot.index > 0 ? state->snapshot.voters : state->voters_first;
    return (voters & bit(state->own)) != 0;
}

/* ---- a change ---- */

static void change(struct sim_node *self, struct raft_state *state, uint32_t member)
{
    struct raft_entry entry = {.word = RAFT_OP_CONFIG, .value = state->voters ^ bit(member)};
    bool is_addition = !raft_is_voter(state, member);
    sim_note(self, is_addition ? "adds a voter" : "removes a voter", member + 1);
    sim_count(self, is_addition ? RAFT_ADDED : RAFT_REMOVED, 1);
    state->change_index = state->log.last + 1;
    raft_propose(self, state, &entry);
}

/* 4.2.2: it is no voter any more. */
static void resign(struct sim_node *self, struct raft_state *state)
{
    uint32_t heir = lowest(state->voters);
    for (uint32_t i = heir + 1; i < state->member_count; i++) {
        if (raft_is_voter(state, i) && state->peers[i].match > state->peers[heir].match) {
            heir = i;
        }
    }
    sim_count(self, RAFT_RESIGNED, 1);
    raft_transfer_tell(self, state, heir);
    raft_step_down(self, state, state->term);
}

void raft_membership_committed(struct sim_node *self, struct raft_state *state)
{
    state->change_index = 0;
    if (raft_is_voter(state, state->own)) {
        raft_membership_look(self, state);
    } else {
        resign(self, state);
    }
}

/* ---- who is brought up ---- */

static bool is_heard(struct sim_node *self, const struct raft_state *state, uint32_t member,
                     sim_time within)
{
    return member == state->own || within == SIM_NEVER ||
           sim_now(self) - state->peers[member].heard <= within;
}

static void begin_round(struct sim_node *self, struct raft_state *state)
{
    sim_count(self, RAFT_CATCH_UPS, 1);
    state->learner.target = state->log.last;
    state->learner.since = sim_now(self);
}

/* Whether its round is over, and how that went. */
static void judge_round(struct sim_node *self, struct raft_state *state)
{
    struct raft_learner *learner = &state->learner;
    sim_time now = sim_now(self);
    if (learner->is_ready || state->peers[learner->member].match < learner->target) {
        return;
    }
    learner->is_ready = now - learner->since < state->params->election_timeout;
    if (learner->is_ready) {
        return;
    }
    learner->rounds++;
    if (learner->rounds == ROUNDS_MAX) {
        *learner = (struct raft_learner){.member = RAFT_NOBODY,
                                         .not_before = now + state->params->election_timeout};
        return;
    }
    begin_round(self, state);
}

void raft_membership_caught_up(struct sim_node *self, struct raft_state *state)
{
    bool was_ready = state->learner.is_ready;
    judge_round(self, state);
    if (state->learner.is_ready && !was_ready) {
        raft_membership_look(self, state);
    }
}

/* A spare that answers, if one is needed. */
static void choose_learner(struct sim_node *self, struct raft_state *state, bool is_needed)
{
    struct raft_learner *learner = &state->learner;
    sim_time timeout = state->params->election_timeout;
    uint64_t spares = is_needed ? state->present & ~state->voters & ~bit(state->own) : 0;
    if (learner->member != RAFT_NOBODY && (spares >> learner->member & 1) != 0 &&
        is_heard(self, state, learner->member, timeout)) {
        return;
    }
    learner->member = RAFT_NOBODY;
    for (; spares != 0 && sim_now(self) >= learner->not_before; spares &= spares - 1) {
        uint32_t member = lowest(spares);
        if (is_heard(self, state, member, timeout)) {
            *learner = (struct raft_learner){.member = member};
            begin_round(self, state);
            judge_round(self, state);
            return;
        }
    }
}

/* ---- what is wanted ---- */

static uint64_t lost_of(struct sim_node *self, const struct raft_state *state)
{
    uint64_t lost = 0;
    for (uint32_t i = 0; i < state->member_count; i++) {
        if (raft_is_voter(state, i) && !is_heard(self, state, i, state->params->replace_after)) {
            lost |= bit(i);
        }
    }
    return lost;
}

/* The last of them; this member only where there is no other one. */
static uint32_t last_of(const struct raft_state *state, uint64_t candidates)
{
    uint64_t others = candidates & ~bit(state->own);
    candidates = others != 0 ? others : candidates;
    while ((candidates & (candidates - 1)) != 0) {
        candidates &= candidates - 1;
    }
    return lowest(candidates);
}

/* Who leaves is there until all others know. */
static uint32_t count_seen(struct sim_node *self, const struct raft_state *state)
{
    sim_node_id all[RAFT_MEMBERS_MAX], seen[RAFT_MEMBERS_MAX];
    for (uint32_t i = 0; i < state->member_count; i++) {
        all[i] = raft_id(state, i);
    }
    struct sim_target group = {.count = state->member_count, .ids = all};
    return sim_members(self, &group, seen);
}

void raft_membership_look(struct sim_node *self, struct raft_state *state)
{
    uint32_t present = sim_members_asked(self, sim_self(self));
    state->present = bits_of_first(present);
    state->reached = state->present | bits_of_first(count_seen(self, state));
    uint64_t lost = lost_of(self, state), leaving = state->voters & ~state->present;
    uint32_t count = raft_count(state->voters);
    uint32_t wanted = wanted_of(state, present);
    uint32_t staying = raft_count(state->voters & state->present & ~lost);
    choose_learner(self, state, staying < wanted);
    if (state->commit < state->begin_index || state->change_index != 0) {
        return; /* one at a time, and the first not before an entry of its own */
    }
    if (staying < wanted && state->learner.member != RAFT_NOBODY) {
        if (state->learner.is_ready) {
            bool makes_room = lost != 0 && count >= wanted;
            change(self, state, makes_room ? last_of(state, lost) : state->learner.member);
        }
    } else if (count > 1 && (leaving != 0 || count > wanted)) {
        uint64_t surplus = leaving != 0 ? leaving : lost != 0 ? lost : state->voters;
        change(self, state, last_of(state, surplus));
    }
}

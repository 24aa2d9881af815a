/* Replication: a follower asks its source for what it lacks and is sent it as it comes.
 *
 * A subscription says the epoch, what its log ends with, and a number. The source answers with the
 * place from which on the two may differ, found by the epoch of the last record (Kafka KIP-101),
 * and with everything after; the follower cuts off what is not the source's and appends what comes.
 * A source sends what is on its own disk and nothing else, so that no follower has what a crash of
 * the leader could take (PostgreSQL: the WAL sender sends what was flushed; MySQL does with
 * sync_binlog = 1). The follower asks for the place
 * where it is, so that nobody need remember it for it (MySQL: SOURCE_AUTO_POSITION; PostgreSQL:
 * START_REPLICATION at an LSN). The source does not wait for acknowledgements before it sends more.
 * What overtook something is held until that is there. A follower that lacks something at two
 * heartbeats and got nothing between them subscribes again (MySQL: replica_net_timeout and
 * SOURCE_HEARTBEAT_PERIOD).
 *
 * What is cut off was never the group's: pg_rewind of PostgreSQL, "rollback" of MongoDB.
 *
 * The source is the leader; with `chain` the member before, and behind the leader in the order of
 * the group (PostgreSQL: cascading replication; MySQL: log_replica_updates). If that one is silent
 * for as long as `detect`, the leader is asked instead, until the next change of leader (MySQL:
 * SOURCE_CONNECTION_AUTO_FAILOVER).
 */
#include <stdlib.h>
#include <string.h>

#include "store/leader/leader.h"

#define BATCH_MAX 512u /* records of a message */

enum words_of_entries {
    ENTRIES_EPOCH,
    ENTRIES_NONCE,
    ENTRIES_FROM,
    /* of the first: so many records may be the same, if they end with this version */
    ENTRIES_FIRST,
    ENTRIES_SAME,
    ENTRIES_LAST
};

/* ---- the source ---- */

/* `same`: of the first message, how many records they may share; else NOT_FIRST. */
#define NOT_FIRST UINT64_MAX

static void send_entries(struct sim_node *self, struct leader_member *to, uint64_t same)
{
    const struct leader_state *state = sim_state(self);
    uint64_t body[BATCH_MAX * LEADER_RECORD_WORDS];
    uint64_t stable = leader_stable(self);
    uint64_t more = stable > to->next ? stable - to->next : 0;
    uint32_t count = more < BATCH_MAX ? (uint32_t)more : BATCH_MAX;
    int64_t bytes = LEADER_HEADER_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_log_record *record = sim_log_at(self, LEADER_LOG, to->next + i);
        memcpy(&body[(size_t)i * LEADER_RECORD_WORDS], record->words, sizeof record->words);
        bytes += record->bytes;
    }
    uint64_t words[SIM_MESSAGE_WORDS] = {[ENTRIES_EPOCH] = state->epoch,
                                         [ENTRIES_NONCE] = to->nonce,
                                         [ENTRIES_FROM] = to->next,
                                         [ENTRIES_FIRST] = same != NOT_FIRST};
    if (same != NOT_FIRST) {
        words[ENTRIES_SAME] = same;
        words[ENTRIES_LAST] = leader_last(self, same);
    }
    sim_send_message_with(self, to->id, LEADER_ENTRIES, words, body, count * LEADER_RECORD_WORDS,
                          bytes);
    to->next += count;
}

static void feed_one(struct sim_node *self, struct leader_member *to)
{
    while (to->is_subscribed && to->next < leader_stable(self)) {
        send_entries(self, to, NOT_FIRST);
    }
}

void leader_feed(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (!state->is_leader && !state->is_joined) {
        return;
    }
    for (uint32_t i = 0; i < state->count; i++) {
        feed_one(self, &state->members[i]);
    }
}

static void serve(struct sim_node *self, struct leader_member *member)
{
    uint64_t same = leader_end_of_epoch(self, leader_epoch_of(member->last));
    uint64_t stable = leader_stable(self);
    same = same < member->end ? same : member->end;
    member->next = same < stable ? same : stable;
    member->is_subscribed = true;
    member->is_asking = false;
    member->acked = 0;
    send_entries(self, member, same);
    feed_one(self, member);
}

void leader_on_subscribe(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    struct leader_member *member = &state->members[from];
    if (in->words[0] != state->epoch || in->words[3] < member->nonce) {
        return; /* it will ask again; or this was overtaken by a later one */
    }
    member->last = in->words[1];
    member->end = in->words[2];
    member->nonce = in->words[3];
    member->is_asking = true;
    if (state->is_leader || state->is_joined) {
        serve(self, member);
    }
}

/* Those who asked before it had joined its own source. */
static void serve_asking(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->members[i].is_asking) {
            serve(self, &state->members[i]);
        }
    }
}

void leader_on_ack(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    struct leader_member *member = &state->members[from];
    if (in->words[0] != state->epoch || !member->is_subscribed || in->words[1] != member->nonce) {
        return;
    }
    member->acked = in->words[2] > member->acked ? in->words[2] : member->acked;
    if (state->is_leader) {
        leader_commit(self);
    }
}

/* ---- the follower ---- */

void leader_drop_held(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < LEADER_HELD_MAX; i++) {
        free(state->held[i].words);
        state->held[i] = (struct leader_held){0};
    }
}

void leader_unsubscribe(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->count; i++) {
        state->members[i].is_subscribed = state->members[i].is_asking = false;
        state->members[i].acked = 0;
    }
    state->is_joined = state->is_past_source = false;
    state->source_heard = sim_now(self);
    state->nonce = 0;
    leader_drop_held(self);
}

static uint32_t source_of(const struct leader_state *state)
{
    uint32_t before = (state->own + state->count - 1) % state->count;
    return state->params->chain && !state->is_past_source ? before : state->leader;
}

void leader_subscribe(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    state->source = source_of(state);
    state->is_joined = false;
    state->nonce = (uint64_t)sim_now(self) + 1;
    leader_drop_held(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch, leader_last(self, leader_end(self)),
                                         leader_end(self), state->nonce};
    sim_send_message(self, state->members[state->source].id, LEADER_SUBSCRIBE, words,
                     LEADER_HEADER_BYTES);
}

void leader_acknowledge(struct sim_node *self)
{
    const struct leader_state *state = sim_state(self);
    if (!state->is_joined || state->is_leader) {
        return;
    }
    uint64_t stable = leader_stable(self);
    bool is_applied = state->params->acknowledge == ACKNOWLEDGE_APPLIED;
    uint64_t words[SIM_MESSAGE_WORDS] = {state->epoch, state->nonce,
                                         is_applied && state->applied < stable ? state->applied
                                                                               : stable};
    sim_send_message(self, state->members[state->source].id, LEADER_ACK, words,
                     LEADER_HEADER_BYTES);
}

void leader_look_at_source(struct sim_node *self, uint64_t leader_has)
{
    struct leader_state *state = sim_state(self);
    uint64_t end = leader_end(self);
    bool is_behind = !state->is_joined || end < leader_has;
    if (state->nonce == 0 || (is_behind && end == state->end_at_beat)) {
        if (sim_now(self) - state->source_heard >= state->params->detect) {
            state->is_past_source = true;
        }
        leader_subscribe(self);
    } else if (!is_behind) {
        state->source_heard = sim_now(self);
    }
    state->end_at_beat = end;
    leader_acknowledge(self); /* the last one may be lost */
}

static void hold(struct leader_state *state, uint64_t from, const uint64_t *body, uint32_t count)
{
    for (uint32_t i = 0; i < LEADER_HELD_MAX; i++) {
        struct leader_held *held = &state->held[i];
        if (held->count == 0) {
            held->words = malloc((size_t)count * LEADER_RECORD_WORDS * sizeof *held->words);
            sim_assert(held->words != NULL); /* out of memory ends the process */
            memcpy(held->words, body, (size_t)count * LEADER_RECORD_WORDS * sizeof *held->words);
            held->from = from;
            held->count = count;
            return;
        }
    } /* no room: it will lack this, and subscribe again */
}

static void take(struct sim_node *self, uint64_t from, const uint64_t *body, uint32_t count)
{
    uint64_t end = leader_end(self);
    for (uint64_t i = end > from ? end - from : 0; i < count; i++) {
        struct leader_record record = leader_record_of(&body[i * LEADER_RECORD_WORDS]);
        leader_append(self, &record);
    }
}

static void take_held(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < LEADER_HELD_MAX; i++) {
        struct leader_held *held = &state->held[i];
        if (held->count > 0 && held->from <= leader_end(self)) {
            take(self, held->from, held->words, held->count);
            free(held->words);
            *held = (struct leader_held){0};
            i = UINT32_MAX; /* from the beginning: it may have been what another one waits for */
        }
    }
}

/* Whether the log is the source's for the first `same` records; cuts off what is known not to be.
 * What is of the present epoch is the leader's, even where the source does not have it yet. */
static bool join(struct sim_node *self, uint64_t same, uint64_t last)
{
    struct leader_state *state = sim_state(self);
    uint64_t end = leader_end(self);
    if (same > end) {
        return false;
    }
    if (leader_last(self, same) != last) {
        uint64_t epoch_end = leader_end_of_epoch(self, leader_epoch_of(last));
        leader_truncate(self, epoch_end < same ? epoch_end : same - 1);
        leader_subscribe(self);
        return false;
    }
    if (same < end && leader_epoch_of(leader_last(self, same + 1)) != state->epoch) {
        leader_truncate(self, same);
    }
    state->is_joined = true;
    return true;
}

void leader_on_entries(struct sim_node *self, uint32_t from, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    if (in->words[ENTRIES_EPOCH] != state->epoch || state->is_leader || from != state->source ||
        in->words[ENTRIES_NONCE] != state->nonce) {
        return;
    }
    state->source_heard = sim_now(self);
    uint64_t begin = in->words[ENTRIES_FROM];
    uint32_t count = in->body_count / LEADER_RECORD_WORDS;
    if (!state->is_joined && in->words[ENTRIES_FIRST] != 0) {
        if (!join(self, in->words[ENTRIES_SAME], in->words[ENTRIES_LAST])) {
            return;
        }
        serve_asking(self);
    }
    if (!state->is_joined || begin > leader_end(self)) {
        if (count > 0) {
            hold(state, begin, in->body, count);
        }
        return;
    }
    take(self, begin, in->body, count);
    take_held(self);
    if (state->params->fsync == NULL || in->words[ENTRIES_FIRST] != 0) {
        leader_feed(self);
        leader_replay(self);
        leader_acknowledge(self);
    }
}

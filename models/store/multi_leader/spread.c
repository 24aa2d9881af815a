/* What members with several leaders tell each other.
 *
 * Who makes an update sends the object to all others at once, without waiting, and again every
 * `retry` to those who have not acknowledged it; a handoff counter to the one below and to those
 * above, and so on from there. So that what a crash has kept from being sent, or
 * has taken from a member, is made up for, a member compares checksums of all that it has with
 * another one, at random, every `anti_entropy`; where they differ each sends the other everything
 * (Demers and others, PODC 1987, section 1.3: push-pull with checksums).
 */
#include "store/multi_leader/multi_leader.h"

#include <stdlib.h>
#include <string.h>

struct leaders_object *leaders_find(const struct leaders_state *state, uint64_t key)
{
    const struct cell *cell = cells_find(&state->keys, key);
    return cell == NULL ? NULL : &state->objects[cell - state->keys.cells];
}

struct leaders_object *leaders_put(struct leaders_state *state, enum leaders_kind kind,
                                   uint64_t key)
{
    uint32_t index = (uint32_t)(cells_put(&state->keys, key) - state->keys.cells);
    if (index >= state->object_capacity) {
        uint32_t capacity = state->object_capacity == 0 ? 64 : 2 * state->object_capacity;
        state->objects = realloc(state->objects, capacity * sizeof *state->objects);
        sim_assert(state->objects != NULL); /* out of memory ends the process */
        memset(&state->objects[state->object_capacity], 0,
               (capacity - state->object_capacity) * sizeof *state->objects);
        state->object_capacity = capacity;
    }
    struct leaders_object *object = &state->objects[index];
    if (kind == LEADERS_HANDOFF_COUNTER && object->handoff == NULL) {
        object->handoff = leaders_handoff_new(state->actor, state->tier);
    }
    return object;
}

/* Why an object is sent. */
enum sending { SENDING_ALL, SENDING_FIRST, SENDING_AGAIN };

int64_t leaders_size(const struct leaders_params *params, const struct leaders_object *object,
                     const struct leaders_piece *piece)
{
    int64_t bytes = LEADERS_HEADER_BYTES + 16 * (int64_t)piece->seen_count +
                    piece->dot_count * params->value_bytes;
    if (object->handoff != NULL) {
        const struct leaders_counts *counts = &object->handoff->counts;
        bytes += 32 + 16 * (int64_t)counts->slot_count + 32 * (int64_t)counts->token_count;
    }
    return bytes;
}

/* In pieces where it is large; the last one is acknowledged. Where another one was lost, the next
 * comparison finds it. */
static void send_object(struct sim_node *self, uint32_t member, uint64_t key,
                        const struct leaders_object *object, enum sending why)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_piece piece;
    piece.seen_end = piece.dot_end = 0;
    piece.is_last = false;
    while (leaders_pack(object, &piece)) {
        enum sending purpose = piece.is_last ? why : SENDING_ALL;
        const uint64_t words[SIM_MESSAGE_WORDS] = {key, object->stamp, (uint64_t)purpose,
                                                   piece.seen_count, piece.dot_count};
        int64_t bytes = leaders_size(params, object, &piece);
        sim_send_message_with(self, sim_group_member(self, member), LEADERS_OBJECT, words,
                              piece.words, piece.count, bytes);
        sim_count(self, LEADERS_BYTES, (uint64_t)bytes);
    }
    sim_count(self, LEADERS_SENT, 1);
}

static void send_to(struct sim_node *self, uint64_t members, uint64_t key,
                    const struct leaders_object *object, enum sending why)
{
    for (uint32_t i = 0; i < sim_group_size(self); i++) {
        if ((members >> i & 1) != 0) {
            send_object(self, i, key, object, why);
        }
    }
}

/* ---- who is told ---- */

static uint64_t bit(uint32_t member)
{
    return UINT64_C(1) << member;
}

static uint64_t members_below(uint32_t count)
{
    return count == 64 ? ~UINT64_C(0) : bit(count) - 1;
}

/* Of a handoff counter: the first `tier_0` members, the next `tier_1`, all others. */
uint64_t leaders_tier(const struct leaders_params *params, uint32_t member)
{
    return (int64_t)member < params->tier_0                    ? 0
           : params->tier_1 == 0                               ? 1
           : (int64_t)member < params->tier_0 + params->tier_1 ? 1
                                                               : 2;
}

/* The one of the tier below whom a member tells what it has counted: in turn, so that each has
 * about as many above it. */
static uint32_t below(struct sim_node *self, uint32_t member, uint64_t shift)
{
    const struct leaders_params *params = sim_params(self);
    uint64_t tier = leaders_tier(params, member);
    uint32_t first = 0, count = 0;
    for (uint32_t i = 0; i < member; i++) {
        uint64_t of = leaders_tier(params, i);
        first += of + 1 < tier ? 1 : 0;
        count += of + 1 == tier ? 1 : 0;
    }
    sim_assert(count > 0); /* no tier is empty, and who is in tier 0 has none below */
    return first + (uint32_t)((member - first - count + shift) % count);
}

static uint32_t member_of_actor(uint64_t actor)
{
    return (uint32_t)((actor - 1) & 63);
}

/* Those whom a change of a handoff counter is for: what was counted for one below, what the vector
 * says for tier 0, tokens for whoever takes them, what there is in all for those above. */
static uint64_t handoff_audience(struct sim_node *self, const struct leaders_object *object,
                                 unsigned change)
{
    const struct leaders_params *params = sim_params(self);
    const struct leaders_state *state = sim_state(self);
    const struct leaders_handoff *handoff = object->handoff;
    uint64_t members = 0;
    if ((change & LEADERS_OWN) != 0 && handoff->counts.own > 0) {
        members = bit(below(self, sim_member(self), state->shift));
    }
    for (uint32_t i = 0; (change & LEADERS_TOKEN) != 0 && i < handoff->counts.token_count; i++) {
        members |= bit(member_of_actor(handoff->tokens[i].destination));
    }
    for (uint32_t i = 0; i < sim_group_size(self); i++) {
        uint64_t tier = leaders_tier(params, i);
        bool is_peer = (change & LEADERS_ENTRY) != 0 && tier == 0;
        bool is_above = (change & LEADERS_VALUE) != 0 && tier == state->tier + 1 &&
                        below(self, i, 0) == sim_member(self);
        members |= is_peer || is_above ? bit(i) : 0;
    }
    return members & ~bit(sim_member(self));
}

static void pend(struct leaders_state *state, uint64_t key, struct leaders_object *object,
                 uint64_t members)
{
    if (object->pending == 0 && !object->is_listed) {
        if (state->pending_count == state->pending_capacity) {
            state->pending_capacity =
                state->pending_capacity == 0 ? 64 : 2 * state->pending_capacity;
            state->pending =
                realloc(state->pending, state->pending_capacity * sizeof *state->pending);
            sim_assert(state->pending != NULL);
        }
        state->pending[state->pending_count++] = key;
        object->is_listed = true;
    }
    object->pending = members;
}

void leaders_spread(struct sim_node *self, uint64_t key, unsigned change)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    struct leaders_object *object = leaders_find(state, key);
    uint64_t members = members_below(sim_group_size(self)) & ~bit(sim_member(self));
    if (params->kind == LEADERS_HANDOFF_COUNTER) {
        members = handoff_audience(self, object, change);
    }
    if (members != 0) {
        object->stamp = ++state->stamp;
        pend(state, key, object, object->pending | members);
        object->due |= object->pending;
    }
}

void leaders_flush(struct sim_node *self, uint64_t key)
{
    struct leaders_object *object = leaders_find(sim_state(self), key);
    if (object != NULL && leaders_is_durable(self, object)) {
        send_to(self, object->due, key, object, SENDING_FIRST);
        object->due = 0;
    }
}

void leaders_acknowledge(struct sim_node *self, sim_node_id to, uint64_t key, uint64_t stamp)
{
    const uint64_t answer[SIM_MESSAGE_WORDS] = {key, stamp};
    sim_send_message(self, to, LEADERS_ACK, answer, LEADERS_HEADER_BYTES);
}

/* A handoff that was begun goes on until it is over, whoever has acknowledged what. */
static uint64_t awaited(struct sim_node *self, const struct leaders_object *object)
{
    const struct leaders_handoff *handoff = object->handoff;
    bool is_handing =
        handoff != NULL && (handoff->counts.own > 0 || handoff->counts.token_count > 0);
    return is_handing ? handoff_audience(self, object, LEADERS_OWN | LEADERS_TOKEN) : 0;
}

/* What was sent a whole period ago, or before, and was not acknowledged. */
void leaders_retry(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    uint32_t kept = 0;
    bool is_late = false;
    for (uint32_t i = 0; i < state->pending_count; i++) {
        uint64_t key = state->pending[i];
        struct leaders_object *object = leaders_find(state, key);
        uint64_t members = object->pending | awaited(self, object);
        if (members == 0) {
            object->is_listed = false;
            continue;
        }
        if (object->stamp <= state->stamp_before && leaders_is_durable(self, object)) {
            sim_count(self, LEADERS_RESENT, 1);
            object->pending = members;
            send_to(self, members, key, object, SENDING_AGAIN);
            is_late = true;
        }
        state->pending[kept++] = key;
    }
    state->pending_count = kept;
    state->stamp_before = state->stamp;
    state->shift += is_late ? 1 : 0; /* somebody else below may answer */
}

/* `is_wanted`: an answer, where they differ. */
static void send_checksum(struct sim_node *self, sim_node_id to, bool is_wanted)
{
    const struct leaders_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->checksum, is_wanted ? 1 : 0, state->values};
    sim_count(self, LEADERS_BYTES, LEADERS_HEADER_BYTES);
    sim_send_message(self, to, LEADERS_CHECKSUM, words, LEADERS_HEADER_BYTES);
}

void leaders_compare(struct sim_node *self)
{
    uint32_t count = sim_group_size(self);
    if (count > 1) {
        struct sim_random *random = sim_random_of(self, LEADERS_DRAW_PEER);
        uint32_t peer = (uint32_t)sim_random_below(random, count - 1);
        send_checksum(self, sim_group_member(self, peer + (peer >= sim_member(self) ? 1 : 0)),
                      true);
    }
}

static uint32_t member_of(const struct sim_node *self, sim_node_id id)
{
    uint32_t member = 0;
    while (sim_group_member(self, member) != id) {
        member++;
    }
    return member;
}

/* Members of a handoff counter hold different things, but for those of tier 0; in the end all say
 * the same. */
static bool is_same(const struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_params *params = sim_params(self);
    const struct leaders_state *state = sim_state_const(self);
    bool is_of_values = params->kind == LEADERS_HANDOFF_COUNTER &&
                        state->tier + leaders_tier(params, member_of(self, in->from)) > 0;
    return is_of_values ? in->words[2] == state->values : in->words[0] == state->checksum;
}

static void on_checksum(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_state *state = sim_state(self);
    if (is_same(self, in)) {
        return;
    }
    sim_count(self, LEADERS_SYNCS, 1);
    for (uint32_t i = 0; i < state->keys.count; i++) {
        if (leaders_is_durable(self, &state->objects[i])) { /* else it is about to be sent */
            send_object(self, member_of(self, in->from), cells_at(&state->keys, i)->key,
                        &state->objects[i], SENDING_ALL);
        }
    }
    if (in->words[1] != 0) {
        send_checksum(self, in->from, false); /* it sends what it has */
    }
}

static unsigned merge(enum leaders_kind kind, struct leaders_object *object,
                      const struct leaders_object *other)
{
    return kind == LEADERS_HANDOFF_COUNTER      ? leaders_handoff_merge(object, other)
           : leaders_merge(kind, object, other) ? LEADERS_CHANGED
                                                : 0u;
}

/* Counts what became of it. */
static void note(struct sim_node *self, enum leaders_kind kind, unsigned change, bool is_grown,
                 const struct leaders_object *object, const struct leaders_object *other,
                 bool is_first)
{
    if (change != 0) {
        bool has_siblings = kind == LEADERS_SIBLINGS && is_grown && object->dot_count > 1;
        bool is_handed = object->handoff != NULL && (change & (LEADERS_OWN | LEADERS_ENTRY)) != 0;
        sim_count(self, LEADERS_CONFLICTS, has_siblings ? 1 : 0);
        sim_count(self, LEADERS_HANDED, is_handed ? 1 : 0);
    } else if (kind == LEADERS_LAST_WRITE && is_first &&
               object->dots[0].actor != other->dots[0].actor) {
        sim_count(self, LEADERS_DROPPED, 1);
    }
}

static void on_object(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_params *params = sim_params(self);
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    const uint64_t *words = in->words;
    uint64_t body[SIM_BODY_WORDS_MAX];
    struct leaders_object other, *object = leaders_put(sim_state(self), kind, words[0]);
    struct leaders_handoff its;
    memcpy(body, in->body, in->body_count * sizeof *body);
    leaders_unpack(kind, body, words[3], words[4], &other, &its);
    struct leaders_part before = leaders_part(kind, words[0], object);
    uint32_t dots_before = object->dot_count;
    unsigned change = merge(kind, object, &other);
    note(self, kind, change, object->dot_count > dots_before, object, &other,
         words[2] == SENDING_FIRST);
    if (change != 0) {
        leaders_changed(self, words[0], object, &before);
    }
    if (kind == LEADERS_HANDOFF_COUNTER) {
        leaders_spread(self, words[0], change);
        bool is_awaited = leaders_handoff_is_awaited(object->handoff, other.handoff);
        object->due |= is_awaited ? bit(member_of(self, in->from)) : 0;
    }
    struct leaders_job job = {
        .key = words[0], .from = words[2] == SENDING_ALL ? 0 : in->from, .stamp = words[1]};
    leaders_settle(self, &job);
}

void leaders_message(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_state *state = sim_state(self);
    switch ((enum leaders_message)in->message) {
    case LEADERS_OBJECT:
        on_object(self, in);
        break;
    case LEADERS_ACK: {
        struct leaders_object *object = leaders_find(state, in->words[0]);
        if (object != NULL && object->stamp == in->words[1]) {
            object->pending &= ~(UINT64_C(1) << member_of(self, in->from));
        }
        break;
    }
    case LEADERS_CHECKSUM:
        on_checksum(self, in);
        break;
    }
}

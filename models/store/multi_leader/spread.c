/* What members with several leaders tell each other.
 *
 * Who makes an update sends the object to all others at once, without waiting, and again every
 * `retry` to those who have not acknowledged it. So that what a crash has kept from being sent, or
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

struct leaders_object *leaders_put(struct leaders_state *state, uint64_t key)
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
    return &state->objects[index];
}

/* Why an object is sent. */
enum sending { SENDING_ALL, SENDING_FIRST, SENDING_AGAIN };

static void send_object(struct sim_node *self, uint32_t member, uint64_t key,
                        const struct leaders_object *object, enum sending why)
{
    const struct leaders_params *params = sim_params(self);
    uint64_t body[SIM_BODY_WORDS_MAX];
    uint32_t seen_words = LEADERS_WORDS * object->seen_count;
    uint32_t dot_words = LEADERS_WORDS * object->dot_count;
    sim_assert(seen_words + dot_words <= SIM_BODY_WORDS_MAX);
    if (object->seen_count > 0) {
        memcpy(body, object->seen, seen_words * sizeof *body);
    }
    if (object->dot_count > 0) {
        memcpy(&body[seen_words], object->dots, dot_words * sizeof *body);
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {key, object->stamp, (uint64_t)why,
                                               object->seen_count, object->dot_count};
    int64_t bytes = LEADERS_HEADER_BYTES + 16 * (int64_t)object->seen_count +
                    object->dot_count * params->value_bytes;
    sim_send_message_with(self, sim_group_member(self, member), LEADERS_OBJECT, words, body,
                          seen_words + dot_words, bytes);
    sim_count(self, LEADERS_SENT, 1);
    sim_count(self, LEADERS_BYTES, (uint64_t)bytes);
}

static void send_pending(struct sim_node *self, uint64_t key, const struct leaders_object *object,
                         enum sending why)
{
    for (uint32_t i = 0; i < sim_group_size(self); i++) {
        if ((object->pending >> i & 1) != 0) {
            send_object(self, i, key, object, why);
        }
    }
}

void leaders_spread(struct sim_node *self, uint64_t key)
{
    struct leaders_state *state = sim_state(self);
    struct leaders_object *object = leaders_find(state, key);
    uint32_t count = sim_group_size(self);
    uint64_t all = count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
    if (object->pending == 0 && count > 1) {
        if (state->pending_count == state->pending_capacity) {
            state->pending_capacity =
                state->pending_capacity == 0 ? 64 : 2 * state->pending_capacity;
            state->pending =
                realloc(state->pending, state->pending_capacity * sizeof *state->pending);
            sim_assert(state->pending != NULL);
        }
        state->pending[state->pending_count++] = key;
    }
    object->stamp = ++state->stamp;
    object->pending = all & ~(UINT64_C(1) << sim_member(self));
    send_pending(self, key, object, SENDING_FIRST);
}

/* What was sent a whole period ago, or before, and was not acknowledged. */
void leaders_retry(struct sim_node *self)
{
    struct leaders_state *state = sim_state(self);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->pending_count; i++) {
        uint64_t key = state->pending[i];
        struct leaders_object *object = leaders_find(state, key);
        if (object->pending == 0) {
            continue;
        }
        if (object->stamp <= state->stamp_before) {
            sim_count(self, LEADERS_RESENT, 1);
            send_pending(self, key, object, SENDING_AGAIN);
        }
        state->pending[kept++] = key;
    }
    state->pending_count = kept;
    state->stamp_before = state->stamp;
}

/* `is_wanted`: an answer, where they differ. */
static void send_checksum(struct sim_node *self, sim_node_id to, bool is_wanted)
{
    const struct leaders_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {state->checksum, is_wanted ? 1 : 0};
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

static void on_checksum(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_state *state = sim_state(self);
    if (in->words[0] == state->checksum) {
        return;
    }
    sim_count(self, LEADERS_SYNCS, 1);
    for (uint32_t i = 0; i < state->keys.count; i++) {
        send_object(self, member_of(self, in->from), cells_at(&state->keys, i)->key,
                    &state->objects[i], SENDING_ALL);
    }
    if (in->words[1] != 0) {
        send_checksum(self, in->from, false); /* it sends what it has */
    }
}

static void on_object(struct sim_node *self, const struct sim_input *in)
{
    const struct leaders_params *params = sim_params(self);
    struct leaders_state *state = sim_state(self);
    const uint64_t *words = in->words;
    uint64_t body[SIM_BODY_WORDS_MAX];
    memcpy(body, in->body, in->body_count * sizeof *body);
    struct leaders_object other = {
        .seen = (struct leaders_seen *)(void *)body,
        .dots = (struct leaders_dot *)(void *)&body[LEADERS_WORDS * words[3]],
        .seen_count = (uint32_t)words[3],
        .dot_count = (uint32_t)words[4]};
    struct leaders_object *object = leaders_put(state, words[0]);
    uint64_t before =
        object->seen_count + object->dot_count == 0 ? 0 : leaders_hash(words[0], object);
    uint32_t dots_before = object->dot_count;
    enum leaders_kind kind = (enum leaders_kind)params->kind;
    int64_t counted = leaders_counted(kind, object);
    if (leaders_merge(kind, object, &other)) {
        sim_level(self, LEADERS_COUNTED, leaders_counted(kind, object) - counted);
        state->checksum += leaders_hash(words[0], object) - before;
        bool has_siblings = params->kind == LEADERS_SIBLINGS && object->dot_count > dots_before &&
                            object->dot_count > 1;
        sim_count(self, LEADERS_CONFLICTS, has_siblings ? 1 : 0);
    } else if (kind == LEADERS_LAST_WRITE && words[2] == SENDING_FIRST &&
               object->dots[0].actor != other.dots[0].actor) {
        sim_count(self, LEADERS_DROPPED, 1);
    }
    if (words[2] != SENDING_ALL) { /* it is waited for */
        const uint64_t answer[SIM_MESSAGE_WORDS] = {words[0], words[1]};
        sim_send_message(self, in->from, LEADERS_ACK, answer, LEADERS_HEADER_BYTES);
    }
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

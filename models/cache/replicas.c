/* Caches that are replicas of one another: the members of a group tell each other what they do. See
 * visits.h.
 *
 * All of them hold all; or, with `holders`, a key is for the first so many on a ring of the group
 * (Dynamo, SOSP 2007, section 4.3), the one that a balancer with policy = "ring" has too: it asks
 * the first, and, when that one is out, the next, who has been told.
 *
 * writes: when a key is written through one of them the others drop their copies, or replace them
 *         where writes go through (mcrouter's AllSyncRoute for deletes).
 * copies: and every copy that one keeps is sent to the others, so that each of them holds what any
 * of them has fetched, and a read may go to any (Redis replicas; Couchbase). A member that comes
 *         back, or is new, asks a fellow for all that he holds (Redis: full synchronisation), the
 *         next one if nothing has come after a second; of a ring it asks all, and is sent what is
 *         for it.
 *
 * Messages take their way and may cross: that of a write and that of a fetch which began before it.
 * With versions the newer copy stays; without, it may be the older one until its time is over, as
 * it may in any cache without leases. What a message that is lost would have said is found out in
 * the same way.
 *
 * Left out: a leader that all writes go to (a balancer before the group can choose one), the work
 * of sending and taking copies, the order in which a fellow's copies were used.
 */
#include "cache/visits.h"

#define HEAD_BYTES 64  /* of a message about one key */
#define PER_BATCH 128u /* copies in a message of a synchronisation */
#define ASK_AGAIN SIM_SECOND
#define RING_POINTS 160u /* a balancer's, where it is not told otherwise */

/* One copy in the words of a message. */
enum copy_word {
    WORD_KEY,
    WORD_VALUE,
    WORD_VERSION,
    WORD_SOURCE,
    WORD_BYTES,
    WORD_EXPIRES,
    COPY_WORDS
};

#define SOURCE_NEGATIVE (UINT64_C(1) << 32) /* beside the node whose answer it is */

static void write_words(const struct copy_record *record, uint64_t *words)
{
    bool is_negative = record->reply.status == SIM_STATUS_NOT_FOUND;
    words[WORD_KEY] = record->key;
    words[WORD_VALUE] = record->reply.value;
    words[WORD_VERSION] = record->reply.version;
    words[WORD_SOURCE] = record->reply.served_by | (is_negative ? SOURCE_NEGATIVE : 0);
    words[WORD_BYTES] = (uint64_t)record->reply.bytes;
    words[WORD_EXPIRES] = (uint64_t)record->expires;
}

static struct copy_record read_words(const uint64_t *words)
{
    bool is_negative = (words[WORD_SOURCE] & SOURCE_NEGATIVE) != 0;
    return (struct copy_record){
        .key = words[WORD_KEY],
        .reply = {.status = is_negative ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
                  .value = words[WORD_VALUE],
                  .version = words[WORD_VERSION],
                  .served_by = (sim_node_id)words[WORD_SOURCE],
                  .bytes = (int64_t)words[WORD_BYTES]},
        .expires = (sim_time)words[WORD_EXPIRES],
    };
}

/* ---- telling ---- */

/* The indices of those that hold the key. */
static uint32_t holders_of(const struct sim_node *self, const struct cache_state *state,
                           uint64_t key, uint32_t *ret_members)
{
    const struct cache_params *params = sim_params(self);
    return placement_owners(state->ring, sim_hash_pair(0, key), (uint32_t)params->holders,
                            ret_members);
}

static bool holds(const struct sim_node *self, const struct cache_state *state, uint32_t member,
                  uint64_t key)
{
    uint32_t members[HOLDERS_MAX];
    return state->ring == NULL ||
           placement_has(members, holders_of(self, state, key, members), member);
}

/* About the key in the words: all others who hold it. */
static void tell(struct sim_node *self, enum cache_message message, const uint64_t *words,
                 int64_t bytes)
{
    const struct cache_state *state = sim_state(self);
    uint32_t members[HOLDERS_MAX];
    bool is_ring = state->ring != NULL;
    uint32_t count =
        is_ring ? holders_of(self, state, words[WORD_KEY], members) : sim_group_size(self);
    for (uint32_t at = 0; at < count; at++) {
        uint32_t i = is_ring ? members[at] : at;
        if (i != sim_member(self)) {
            sim_count(self, METRIC_TOLD, 1);
            sim_send_message(self, sim_group_member(self, i), (int)message, words, bytes);
        }
    }
}

void replicas_dropped(struct sim_node *self, uint64_t key)
{
    const struct cache_params *params = sim_params(self);
    if (params->replicate != REPLICATE_NOTHING) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {[WORD_KEY] = key};
        tell(self, MESSAGE_DROP, words, HEAD_BYTES);
    }
}

static void send_copy(struct sim_node *self, enum cache_message message, uint64_t key,
                      const struct sim_reply *reply, sim_time expires)
{
    uint64_t words[SIM_MESSAGE_WORDS] = {0};
    struct copy_record record = {.key = key, .reply = *reply, .expires = expires};
    write_words(&record, words);
    tell(self, message, words, HEAD_BYTES + reply->bytes);
}

void replicas_written(struct sim_node *self, uint64_t key, const struct sim_reply *reply,
                      sim_time expires)
{
    const struct cache_params *params = sim_params(self);
    if (params->replicate != REPLICATE_NOTHING) {
        send_copy(self, MESSAGE_WRITTEN, key, reply, expires);
    }
}

void replicas_fetched(struct sim_node *self, uint64_t key, const struct sim_reply *reply,
                      sim_time expires)
{
    const struct cache_params *params = sim_params(self);
    if (params->replicate == REPLICATE_COPIES && expires > 0) {
        send_copy(self, MESSAGE_COPY, key, reply, expires);
    }
}

/* ---- synchronisation ---- */

static void ask(struct sim_node *self, uint32_t fellow)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {0};
    sim_send_message(self, sim_group_member(self, fellow), MESSAGE_SYNCHRONISE, words, HEAD_BYTES);
}

void replicas_ask(struct sim_node *self)
{
    struct cache_state *state = sim_state(self);
    uint32_t count = sim_group_size(self);
    if (state->is_synchronised || ++state->fellows_asked >= count) {
        return;
    }
    ask(self, (sim_member(self) + state->fellows_asked) % count);
    sim_after(self, ASK_AGAIN, TIMER_SYNCHRONISE, 0);
}

/* Of all members that there can be, as a balancer with the policy of that name has it. */
static struct placement *ring_new(struct sim_node *self)
{
    uint32_t count = sim_group_size(self);
    struct placement_member *members = sim_alloc(self, count * sizeof *members);
    uint32_t *present = sim_alloc(self, count * sizeof *present);
    for (uint32_t i = 0; i < count; i++) {
        sim_node_id id = sim_group_member(self, i);
        members[i] = (struct placement_member){
            .id = id, .name = sim_hash_text(sim_name_of(self, id)), .weight = 1};
        present[i] = i;
    }
    struct placement_setup setup = {.algorithm = &placement_ring,
                                    .members = members,
                                    .member_count = count,
                                    .points = RING_POINTS};
    struct placement *ring = placement_init(sim_alloc(self, placement_size(&setup)), &setup);
    placement_build(ring, present, count);
    return ring;
}

void replicas_start(struct sim_node *self)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint32_t count = sim_group_size(self);
    if (params->holders > 0 && params->holders < count) {
        state->ring = ring_new(self);
    }
    if (params->replicate != REPLICATE_COPIES || sim_now(self) == 0) {
        return;
    }
    if (state->ring == NULL) {
        replicas_ask(self);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        ask(self, (sim_member(self) + i) % count);
    }
}

/* All that is here and for that member, in batches; the last one may be empty, so that there is an
 * answer. */
static void send_all(struct sim_node *self, sim_node_id to)
{
    struct cache_state *state = sim_state(self);
    uint32_t member = to - sim_group_member(self, 0);
    uint64_t body[PER_BATCH * COPY_WORDS];
    uint32_t positions = copies_position_count(&state->copies);
    uint32_t position = 0;
    do {
        uint32_t count = 0;
        int64_t bytes = HEAD_BYTES;
        for (; position < positions && count < PER_BATCH; position++) {
            struct copy_record record;
            if (copies_at(&state->copies, position, &record) &&
                holds(self, state, member, record.key)) {
                write_words(&record, &body[(size_t)count++ * COPY_WORDS]);
                bytes += record.reply.bytes;
            }
        }
        const uint64_t words[SIM_MESSAGE_WORDS] = {0};
        sim_send_message_with(self, to, MESSAGE_COPIES, words, body, count * COPY_WORDS, bytes);
    } while (position < positions);
}

static void take(struct sim_node *self, const uint64_t *words)
{
    struct cache_state *state = sim_state(self);
    struct copy_record record = read_words(words);
    if (record.expires > sim_now(self) && copies_take(self, &state->copies, &record)) {
        sim_count(self, METRIC_REPLICATED, 1);
    }
}

void replicas_hear(struct sim_node *self, const struct sim_input *in)
{
    struct cache_state *state = sim_state(self);
    switch ((enum cache_message)in->message) {
    case MESSAGE_DROP:
        visits_note_written(self, in->words[WORD_KEY]);
        copies_invalidate(self, &state->copies, in->words[WORD_KEY]);
        queries_changed(self, in->words[WORD_KEY], 0, false);
        break;
    case MESSAGE_WRITTEN:
        visits_note_written(self, in->words[WORD_KEY]);
        take(self, in->words);
        queries_changed(self, in->words[WORD_KEY], in->words[WORD_VERSION], false);
        break;
    case MESSAGE_COPY:
        take(self, in->words);
        break;
    case MESSAGE_SYNCHRONISE:
        send_all(self, in->from);
        break;
    case MESSAGE_COPIES:
        state->is_synchronised = true;
        for (uint32_t at = 0; at < in->body_count; at += COPY_WORDS) {
            take(self, in->body + at);
        }
        break;
    }
}

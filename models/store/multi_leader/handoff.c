/* Handoff counters: a counter of many members of which few are known to all (Almeida and Baquero,
 * "Scalable eventually consistent counters over unreliable networks", arXiv:1307.3207, 2013, and
 * Distributed Computing 32(1), 2019; the definitions are those of its figure of the data type).
 *
 * Members have tiers. Those of tier 0 keep a vector, as a G-counter does. What another one counts
 * it hands to one of a lower tier, and forgets: the lower one makes a slot for it, with the clocks
 * of both; the higher one answers to that with a token, which takes all that it had counted along;
 * the lower one takes the amount of a token that answers to its slot, and the slot is gone, so that
 * no copy of the token is taken again; seeing that, the higher one drops its token. Every step may
 * be repeated, and messages may be lost or come late. A member says at least what it has heard from
 * below it and what it has counted since (`below`, `value`).
 *
 * Changed: amounts are any number of 0 or more, not 1. Of two members of one tier above 0 the
 * paper's `aggregate` adds what both have counted to what is below them; a message that is so old
 * that the other one has handed that on since would make the sum too high for ever, so here each
 * adds its own only (tests/broken/leaders_peers.twin). Left out: members that leave for good,
 * views (what a receiver of another tier has no use for is sent all the same).
 */
#include "store/multi_leader/multi_leader.h"

#include <stdlib.h>
#include <string.h>

static void *resized(void *block, size_t count, size_t size)
{
    void *memory = realloc(block, count * size);
    sim_assert(memory != NULL); /* out of memory ends the process */
    return memory;
}

struct leaders_handoff *leaders_handoff_new(uint64_t actor, uint64_t tier)
{
    struct leaders_handoff *handoff = resized(NULL, 1, sizeof *handoff);
    *handoff = (struct leaders_handoff){.counts = {.actor = actor, .tier = tier}};
    return handoff;
}

struct leaders_handoff *leaders_handoff_copy(const struct leaders_handoff *other)
{
    struct leaders_handoff *handoff = leaders_handoff_new(0, 0);
    handoff->counts = other->counts;
    if (other->counts.slot_count > 0) {
        handoff->slots = resized(NULL, other->counts.slot_count, sizeof *handoff->slots);
        memcpy(handoff->slots, other->slots, other->counts.slot_count * sizeof *handoff->slots);
    }
    if (other->counts.token_count > 0) {
        handoff->tokens = resized(NULL, other->counts.token_count, sizeof *handoff->tokens);
        memcpy(handoff->tokens, other->tokens, other->counts.token_count * sizeof *handoff->tokens);
    }
    return handoff;
}

void leaders_handoff_free(struct leaders_handoff *handoff)
{
    if (handoff != NULL) {
        free(handoff->slots);
        free(handoff->tokens);
        free(handoff);
    }
}

/* ---- slots and tokens ---- */

static struct leaders_slot *find_slot(const struct leaders_handoff *handoff, uint64_t source)
{
    for (uint32_t i = 0; i < handoff->counts.slot_count; i++) {
        if (handoff->slots[i].source == source) {
            return &handoff->slots[i];
        }
    }
    return NULL;
}

static void drop_slot(struct leaders_handoff *handoff, const struct leaders_slot *slot)
{
    size_t index = (size_t)(slot - handoff->slots);
    handoff->counts.slot_count--;
    memmove(&handoff->slots[index], &handoff->slots[index + 1],
            (handoff->counts.slot_count - index) * sizeof *handoff->slots);
}

static struct leaders_token *find_token(const struct leaders_handoff *handoff, uint64_t source,
                                        uint64_t destination)
{
    for (uint32_t i = 0; i < handoff->counts.token_count; i++) {
        struct leaders_token *token = &handoff->tokens[i];
        if (token->source == source && token->destination == destination) {
            return token;
        }
    }
    return NULL;
}

/* In the place of an older one of the two; false: there are too many. */
static bool put_token(struct leaders_handoff *handoff, const struct leaders_token *token)
{
    struct leaders_token *there = find_token(handoff, token->source, token->destination);
    if (there != NULL) {
        *there = *token;
        return true;
    }
    if (handoff->counts.token_count == LEADERS_ACTORS_MAX) {
        return false;
    }
    uint32_t count = ++handoff->counts.token_count;
    handoff->tokens = resized(handoff->tokens, count, sizeof *handoff->tokens);
    handoff->tokens[count - 1] = *token;
    return true;
}

/* ---- the steps of a merge, in their order ---- */

static void gain(struct leaders_object *object, uint64_t amount)
{
    struct leaders_counts *counts = &object->handoff->counts;
    if (counts->tier == 0) {
        leaders_count(object, counts->actor, (int64_t)amount);
    } else {
        counts->own += amount;
    }
}

static bool fill_slots(struct leaders_object *object, const struct leaders_handoff *other)
{
    struct leaders_handoff *handoff = object->handoff;
    bool is_changed = false;
    for (uint32_t i = 0; i < other->counts.token_count; i++) {
        const struct leaders_token *token = &other->tokens[i];
        const struct leaders_slot *slot = find_slot(handoff, token->source);
        if (token->destination == handoff->counts.actor && slot != NULL &&
            slot->source_clock == token->source_clock &&
            slot->destination_clock == token->destination_clock) {
            gain(object, token->amount);
            drop_slot(handoff, slot);
            is_changed = true;
        }
    }
    return is_changed;
}

/* The other one has made its token for somebody else. */
static bool discard_slot(struct leaders_handoff *handoff, const struct leaders_handoff *other)
{
    const struct leaders_slot *slot = find_slot(handoff, other->counts.actor);
    if (slot == NULL || other->counts.source_clock <= slot->source_clock) {
        return false;
    }
    drop_slot(handoff, slot);
    return true;
}

static bool create_slot(struct leaders_handoff *handoff, const struct leaders_handoff *other)
{
    const struct leaders_counts *source = &other->counts;
    if (handoff->counts.tier >= source->tier || source->own == 0 ||
        find_slot(handoff, source->actor) != NULL ||
        handoff->counts.slot_count == LEADERS_ACTORS_MAX) {
        return false;
    }
    uint32_t count = ++handoff->counts.slot_count;
    handoff->slots = resized(handoff->slots, count, sizeof *handoff->slots);
    handoff->slots[count - 1] =
        (struct leaders_slot){.source = source->actor,
                              .source_clock = source->source_clock,
                              .destination_clock = handoff->counts.destination_clock++};
    return true;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool aggregate(struct leaders_object *object, const struct leaders_object *other)
{
    struct leaders_counts *counts = &object->handoff->counts, before = *counts;
    const struct leaders_counts *its = &other->handoff->counts;
    if (counts->tier >= its->tier) {
        counts->below = larger(counts->below, counts->tier == its->tier ? its->below : its->value);
    }
    if (counts->tier == 0) {
        counts->value = 0;
        for (uint32_t i = 0; i < object->seen_count; i++) {
            counts->value += object->seen[i].plus - object->seen[i].minus;
        }
    } else {
        counts->value = larger(counts->value, counts->below + counts->own);
        counts->value =
            counts->tier == its->tier ? larger(counts->value, its->value) : counts->value;
    }
    return counts->value != before.value || counts->below != before.below;
}

/* Those that the other one has taken, or will never take. */
static bool discard_tokens(struct leaders_handoff *handoff, const struct leaders_handoff *other)
{
    uint32_t kept = 0, count = handoff->counts.token_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct leaders_token *token = &handoff->tokens[i];
        const struct leaders_slot *slot = find_slot(other, token->source);
        uint32_t clock = slot != NULL ? slot->destination_clock : other->counts.destination_clock;
        if (token->destination != other->counts.actor || clock <= token->destination_clock) {
            handoff->tokens[kept++] = *token;
        }
    }
    handoff->counts.token_count = kept;
    return kept < count;
}

static bool create_token(struct leaders_handoff *handoff, const struct leaders_handoff *other)
{
    struct leaders_counts *counts = &handoff->counts;
    const struct leaders_slot *slot = find_slot(other, counts->actor);
    if (slot == NULL || slot->source_clock != counts->source_clock) {
        return false;
    }
    struct leaders_token token = {.source = counts->actor,
                                  .destination = other->counts.actor,
                                  .source_clock = slot->source_clock,
                                  .destination_clock = slot->destination_clock,
                                  .amount = counts->own};
    if (!put_token(handoff, &token)) {
        return false;
    }
    counts->own = 0;
    counts->source_clock++;
    return true;
}

/* Of a higher one, for somebody else: they reach him this way, too. */
static bool cache_tokens(struct leaders_handoff *handoff, const struct leaders_handoff *other)
{
    bool is_changed = false;
    for (uint32_t i = 0; handoff->counts.tier < other->counts.tier && i < other->counts.token_count;
         i++) {
        const struct leaders_token *token = &other->tokens[i];
        if (token->source != other->counts.actor || token->destination == handoff->counts.actor) {
            continue;
        }
        const struct leaders_token *there = find_token(handoff, token->source, token->destination);
        if (there == NULL || there->source_clock < token->source_clock) {
            is_changed |= put_token(handoff, token);
        }
    }
    return is_changed;
}

unsigned leaders_handoff_merge(struct leaders_object *object, const struct leaders_object *other)
{
    struct leaders_handoff *handoff = object->handoff;
    uint64_t value = handoff->counts.value;
    bool is_filled = fill_slots(object, other->handoff);
    bool is_changed = discard_slot(handoff, other->handoff);
    is_changed |= create_slot(handoff, other->handoff);
    if (handoff->counts.tier == 0 && other->handoff->counts.tier == 0) {
        is_changed |= leaders_merge_seen(object, other);
    }
    is_changed |= aggregate(object, other);
    is_changed |= discard_tokens(handoff, other->handoff);
    bool is_token = create_token(handoff, other->handoff);
    is_token |= cache_tokens(handoff, other->handoff);
    unsigned filled = handoff->counts.tier == 0 ? LEADERS_ENTRY : LEADERS_OWN;
    return (is_changed ? LEADERS_CHANGED : 0u) | (is_filled ? filled : 0u) |
           (is_token ? LEADERS_TOKEN : 0u) | (handoff->counts.value != value ? LEADERS_VALUE : 0u);
}

void leaders_handoff_increment(struct leaders_object *object, uint64_t change)
{
    object->handoff->counts.value += change;
    gain(object, change);
}

bool leaders_handoff_is_awaited(const struct leaders_handoff *handoff,
                                const struct leaders_handoff *other)
{
    const struct leaders_slot *slot = find_slot(handoff, other->counts.actor);
    if (slot != NULL && slot->source_clock == other->counts.source_clock) {
        return true; /* it can make its token */
    }
    for (uint32_t i = 0; i < other->counts.token_count; i++) {
        if (other->tokens[i].destination == handoff->counts.actor) {
            return true; /* it can drop it */
        }
    }
    return false;
}

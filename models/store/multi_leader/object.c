/* What a key holds, and how two versions of it become one. Every merge takes a least upper bound,
 * so that members who have seen the same updates hold the same, in whatever order they came and
 * however often (Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of convergent and
 * commutative replicated data types", INRIA RR-7506, 2011; numbers of its specifications below).
 *
 * last_write_wins: the value with the greatest time (8, LWW-register).
 *
 * siblings: what an update has seen it replaces; what neither has seen the other of stays side by
 * side: a version vector (Parker and others, "Detection of mutual inconsistency in distributed
 * systems", IEEE TSE 9(3), 1983), and the updates whose values are there (10, MV-register; dotted:
 * Preguica and others, arXiv:1011.5808).
 *
 * g_counter: what each actor has added; the greater sum of each (6). pn_counter: the same, and what
 * it has taken away (7). handoff_counter: handoff.c.
 *
 * g_set: elements are added (11). or_set: and removed: those additions that were seen; one that
 * runs at the same time wins (15; without tombstones: Bieniusa and others, INRIA RR-8083, 2012).
 *
 * An actor is a member, if nobody is told what a crash could take; otherwise one life of it: after
 * a crash it has forgotten what it had counted, and counts under a new name.
 */
#include "store/multi_leader/multi_leader.h"

#include <stdlib.h>
#include <string.h>

/* What is beyond was written as a value, and not counted. */
#define LEADERS_NUMBER_MAX (INT64_C(1) << 31)

static void *resized(void *block, size_t count, size_t size)
{
    void *memory = realloc(block, count * size);
    sim_assert(memory != NULL); /* out of memory ends the process */
    return memory;
}

void leaders_object_clear(struct leaders_object *object)
{
    free(object->seen);
    free(object->dots);
    leaders_handoff_free(object->handoff);
    *object = (struct leaders_object){0};
}

void leaders_object_copy(struct leaders_object *object, const struct leaders_object *other)
{
    leaders_object_clear(object);
    object->seen_count = other->seen_count;
    object->dot_count = other->dot_count;
    if (other->seen_count > 0) {
        object->seen = resized(NULL, other->seen_count, sizeof *object->seen);
        memcpy(object->seen, other->seen, other->seen_count * sizeof *object->seen);
    }
    if (other->dot_count > 0) {
        object->dots = resized(NULL, other->dot_count, sizeof *object->dots);
        memcpy(object->dots, other->dots, other->dot_count * sizeof *object->dots);
    }
    if (other->handoff != NULL) {
        object->handoff = leaders_handoff_copy(other->handoff);
    }
}

/* ---- as words ---- */

static void put_words(struct leaders_piece *piece, const void *from, size_t size)
{
    if (size > 0) {
        sim_assert(piece->count + size / sizeof *piece->words <= SIM_BODY_WORDS_MAX);
        memcpy(&piece->words[piece->count], from, size);
        piece->count += (uint32_t)(size / sizeof *piece->words);
    }
}

/* The next actors, with their dots, as far as there is room; of one actor there always is. What an
 * actor did is merged by itself, so that an object can travel in pieces. */
static void choose(const struct leaders_object *object, struct leaders_piece *piece)
{
    uint32_t seen = piece->seen_end, dot = piece->dot_end;
    uint32_t seen_end = seen, dot_end = object->seen_count == 0 ? object->dot_count : dot;
    while (seen_end < object->seen_count) {
        uint32_t next = dot_end;
        while (next < object->dot_count &&
               object->dots[next].actor == object->seen[seen_end].actor) {
            next++;
        }
        uint32_t words = LEADERS_WORDS * (seen_end + 1 - seen + next - dot);
        if (words > SIM_BODY_WORDS_MAX && seen_end > seen) {
            break;
        }
        seen_end++;
        dot_end = next;
    }
    piece->seen_count = seen_end - seen;
    piece->dot_count = dot_end - dot;
    piece->seen_end = seen_end;
    piece->dot_end = dot_end;
    piece->is_last = seen_end == object->seen_count;
}

bool leaders_pack(const struct leaders_object *object, struct leaders_piece *piece)
{
    if (piece->is_last) {
        return false;
    }
    choose(object, piece);
    piece->count = 0;
    if (piece->seen_count > 0) { /* else there may be no array at all */
        put_words(piece, &object->seen[piece->seen_end - piece->seen_count],
                  piece->seen_count * sizeof *object->seen);
    }
    if (piece->dot_count > 0) {
        put_words(piece, &object->dots[piece->dot_end - piece->dot_count],
                  piece->dot_count * sizeof *object->dots);
    }
    const struct leaders_handoff *handoff = object->handoff;
    if (handoff != NULL) {
        put_words(piece, &handoff->counts, sizeof handoff->counts);
        put_words(piece, handoff->slots, handoff->counts.slot_count * sizeof *handoff->slots);
        put_words(piece, handoff->tokens, handoff->counts.token_count * sizeof *handoff->tokens);
    }
    return true;
}

void leaders_unpack(enum leaders_kind kind, uint64_t *words, uint64_t seen_count,
                    uint64_t dot_count, struct leaders_object *ret_object,
                    struct leaders_handoff *ret_handoff)
{
    *ret_object = (struct leaders_object){
        .seen = (struct leaders_seen *)(void *)words,
        .dots = (struct leaders_dot *)(void *)&words[LEADERS_WORDS * seen_count],
        .seen_count = (uint32_t)seen_count,
        .dot_count = (uint32_t)dot_count};
    if (kind == LEADERS_HANDOFF_COUNTER) {
        uint64_t *rest = &words[LEADERS_WORDS * (seen_count + dot_count)];
        *ret_handoff = (struct leaders_handoff){0};
        memcpy(&ret_handoff->counts, rest, sizeof ret_handoff->counts);
        rest += sizeof ret_handoff->counts / sizeof *rest;
        ret_handoff->slots = (struct leaders_slot *)(void *)rest;
        rest += ret_handoff->counts.slot_count * (sizeof *ret_handoff->slots / sizeof *rest);
        ret_handoff->tokens = (struct leaders_token *)(void *)rest;
        ret_object->handoff = ret_handoff;
    }
}

/* ---- what was seen ---- */

static const struct leaders_seen *find_seen(const struct leaders_object *object, uint64_t actor)
{
    for (uint32_t i = 0; i < object->seen_count; i++) {
        if (object->seen[i].actor == actor) {
            return &object->seen[i];
        }
    }
    return NULL;
}

/* Made, in the order of actors, so that equal objects are equal arrays. */
static struct leaders_seen *put_seen(struct leaders_object *object, uint64_t actor)
{
    uint32_t at = 0;
    while (at < object->seen_count && object->seen[at].actor < actor) {
        at++;
    }
    if (at < object->seen_count && object->seen[at].actor == actor) {
        return &object->seen[at];
    }
    object->seen = resized(object->seen, object->seen_count + 1, sizeof *object->seen);
    memmove(&object->seen[at + 1], &object->seen[at],
            (object->seen_count - at) * sizeof *object->seen);
    object->seen[at] = (struct leaders_seen){.actor = actor};
    object->seen_count++;
    return &object->seen[at];
}

static bool has_seen(const struct leaders_object *object, const struct leaders_dot *dot)
{
    const struct leaders_seen *seen = find_seen(object, dot->actor);
    return seen != NULL && dot->update <= seen->updates;
}

bool leaders_merge_seen(struct leaders_object *object, const struct leaders_object *other)
{
    bool is_changed = false;
    for (uint32_t i = 0; i < other->seen_count; i++) {
        struct leaders_seen *seen = put_seen(object, other->seen[i].actor);
        if (other->seen[i].updates > seen->updates) {
            *seen = other->seen[i]; /* sums of more updates of the same actor */
            is_changed = true;
        }
    }
    return is_changed;
}

/* ---- values ---- */

static bool is_before(const struct leaders_dot *a, const struct leaders_dot *b)
{
    return a->actor != b->actor ? a->actor < b->actor : a->update < b->update;
}

static void put_dot(struct leaders_object *object, const struct leaders_dot *dot)
{
    object->dots = resized(object->dots, object->dot_count + 1, sizeof *object->dots);
    uint32_t at = object->dot_count++;
    for (; at > 0 && is_before(dot, &object->dots[at - 1]); at--) {
        object->dots[at] = object->dots[at - 1];
    }
    object->dots[at] = *dot;
}

static void drop_dot(struct leaders_object *object, uint32_t index)
{
    object->dot_count--;
    memmove(&object->dots[index], &object->dots[index + 1],
            (object->dot_count - index) * sizeof *object->dots);
}

static bool has_dot(const struct leaders_object *object, const struct leaders_dot *dot)
{
    for (uint32_t i = 0; i < object->dot_count; i++) {
        if (object->dots[i].actor == dot->actor && object->dots[i].update == dot->update) {
            return true;
        }
    }
    return false;
}

/* What one has and the other has seen and no longer has was removed, or replaced. */
static bool merge_dots(struct leaders_object *object, const struct leaders_object *other)
{
    for (uint32_t i = object->dot_count; i > 0; i--) {
        const struct leaders_dot *dot = &object->dots[i - 1];
        if (has_seen(other, dot) && !has_dot(other, dot)) {
            drop_dot(object, i - 1);
        }
    }
    for (uint32_t i = 0; i < other->dot_count; i++) {
        if (!has_seen(object, &other->dots[i])) {
            put_dot(object, &other->dots[i]);
        }
    }
    return leaders_merge_seen(object, other);
}

static bool is_later(const struct leaders_dot *a, const struct leaders_dot *b)
{
    return a->update != b->update ? a->update > b->update : a->actor > b->actor;
}

static bool merge_last(struct leaders_object *object, const struct leaders_object *other)
{
    if (other->dot_count == 0 ||
        (object->dot_count > 0 && !is_later(&other->dots[0], &object->dots[0]))) {
        return false;
    }
    object->dot_count = 0;
    put_dot(object, &other->dots[0]);
    return true;
}

bool leaders_merge(enum leaders_kind kind, struct leaders_object *object,
                   const struct leaders_object *other)
{
    switch (kind) {
    case LEADERS_LAST_WRITE:
        return merge_last(object, other);
    case LEADERS_G_COUNTER:
    case LEADERS_PN_COUNTER:
        return leaders_merge_seen(object, other);
    case LEADERS_HANDOFF_COUNTER:
        return leaders_handoff_merge(object, other) != 0;
    case LEADERS_SIBLINGS:
    case LEADERS_G_SET:
    case LEADERS_OR_SET:
        return merge_dots(object, other);
    }
    return false;
}

/* ---- local updates ---- */

bool leaders_has_room(const struct leaders_object *object, uint64_t actor)
{
    return object == NULL || object->seen_count < LEADERS_ACTORS_MAX ||
           find_seen(object, actor) != NULL;
}

static void replace(struct leaders_object *object, uint64_t actor, uint64_t value, bool is_deleted)
{
    struct leaders_dot dot = {
        .actor = actor, .update = ++put_seen(object, actor)->updates, .value = value};
    object->dot_count = 0;
    if (!is_deleted) {
        put_dot(object, &dot);
    }
}

void leaders_write(enum leaders_kind kind, struct leaders_object *object, uint64_t actor,
                   uint64_t update, uint64_t value, bool is_deleted)
{
    if (kind != LEADERS_LAST_WRITE) {
        replace(object, actor, value, is_deleted);
        return;
    }
    struct leaders_dot dot = {
        .actor = actor, .update = update, .value = value, .is_deleted = is_deleted};
    struct leaders_object other = {.dots = &dot, .dot_count = 1};
    merge_last(object, &other);
}

void leaders_count(struct leaders_object *object, uint64_t actor, int64_t change)
{
    struct leaders_seen *seen = put_seen(object, actor);
    seen->updates++;
    if (change >= 0) {
        seen->plus += (uint64_t)change;
    } else {
        seen->minus += 0 - (uint64_t)change;
    }
}

bool leaders_add(struct leaders_object *object, uint64_t actor, uint64_t element)
{
    for (uint32_t i = object->dot_count; i > 0; i--) {
        if (object->dots[i - 1].value == element) {
            drop_dot(object, i - 1); /* the new addition stands for it */
        }
    }
    if (object->dot_count == LEADERS_ELEMENTS_MAX) {
        return false;
    }
    struct leaders_dot dot = {
        .actor = actor, .update = ++put_seen(object, actor)->updates, .value = element};
    put_dot(object, &dot);
    return true;
}

/* ---- looking ---- */

uint64_t leaders_hash(uint64_t key, const struct leaders_object *object)
{
    uint64_t hash = sim_hash_pair(key, object->seen_count);
    for (uint32_t i = 0; i < object->seen_count; i++) {
        hash = sim_hash_pair(hash, object->seen[i].actor);
        hash = sim_hash_pair(hash, object->seen[i].updates);
    }
    for (uint32_t i = 0; i < object->dot_count; i++) {
        hash = sim_hash_pair(hash, object->dots[i].actor);
        hash = sim_hash_pair(hash, object->dots[i].update);
        hash = sim_hash_pair(hash, object->dots[i].value);
    }
    return hash;
}

uint64_t leaders_version(enum leaders_kind kind, const struct leaders_object *object)
{
    if (kind == LEADERS_LAST_WRITE) {
        return object->dot_count == 0 ? 1 : object->dots[0].update;
    }
    if (kind == LEADERS_HANDOFF_COUNTER) {
        return 1 + (object->handoff == NULL ? 0 : object->handoff->counts.value);
    }
    uint64_t version = 1;
    for (uint32_t i = 0; i < object->seen_count; i++) {
        version += object->seen[i].updates;
    }
    return version;
}

bool leaders_value(enum leaders_kind kind, const struct leaders_object *object, uint64_t *ret_value)
{
    if (kind == LEADERS_HANDOFF_COUNTER) {
        *ret_value = object->handoff == NULL ? 0 : object->handoff->counts.value;
        return object->handoff != NULL;
    }
    uint64_t value = 0;
    for (uint32_t i = 0; i < object->seen_count; i++) {
        value += object->seen[i].plus - object->seen[i].minus;
    }
    if (kind == LEADERS_G_COUNTER || kind == LEADERS_PN_COUNTER) {
        *ret_value = value;
        return object->seen_count > 0;
    }
    if (object->dot_count == 0 || object->dots[0].is_deleted != 0) {
        return false;
    }
    for (uint32_t i = 0; i < object->dot_count; i++) {
        uint64_t own = object->dots[i].value;
        if (kind == LEADERS_G_SET || kind == LEADERS_OR_SET) {
            value += sim_hash_pair(own, 0); /* a set is named by the sum of its elements' hashes */
        } else {
            value = own > value ? own : value; /* any of the siblings, everywhere the same */
        }
    }
    *ret_value = value;
    return true;
}

int64_t leaders_counted(enum leaders_kind kind, const struct leaders_object *object)
{
    uint64_t value = 0;
    bool is_number = kind != LEADERS_SIBLINGS && kind != LEADERS_G_SET && kind != LEADERS_OR_SET;
    bool is_there = is_number && leaders_value(kind, object, &value);
    int64_t number = (int64_t)value;
    return is_there && number > -LEADERS_NUMBER_MAX && number < LEADERS_NUMBER_MAX ? number : 0;
}

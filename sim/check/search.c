/* Search for an order in which the operations of one key could have taken effect.
 *
 * Just in time (Wing and Gong, "Testing and verifying concurrent objects", 1993; Lowe, "Testing for
 * linearizability", Concurrency and Computation 29(4), 2017): events are passed in order, and an
 * operation is placed at its end at the latest. Where one ends that has not been placed, whatever
 * is open may be placed before it, one after another. Where the search stands is
 *
 *     (event, state, which of the open operations are placed)
 *
 * which is remembered, so that no such place is looked at twice: memory grows with how many
 * operations are open at once, and not with the length of the history.
 *
 * Three things keep the choices few. An operation that changes nothing is placed as soon as it is
 * possible, which never rules anything out. Of open operations that do the same, the one that ends
 * first is placed first: the other can take its place later. And one that never returned is left
 * for later where it would change nothing.
 */
#include <string.h>

#include "base/random.h"
#include "base/sort.h"
#include "check/effort.h"
#include "check/operations.h"

/* A place of the search, in the stack and among those remembered. */
struct place {
    uint32_t event; /* index into `ends`: the operation that ends next and has not been placed */
    uint32_t next;  /* stack: the candidate to try next */
    uint64_t state;
    uint64_t placed[]; /* bits of slots of open operations */
};

struct search {
    const struct check_part *part;
    uint32_t words; /* of a mask */
    size_t place_bytes;
    uint32_t *ends; /* operations that return, in order of their ends */
    uint32_t end_count;
    uint32_t *open; /* for each end: operations open then, that which ends first before the others;
                       they begin at open_first[end] */
    uint32_t *open_first;
    unsigned char *stack;
    size_t stack_count, stack_room;
    unsigned char *seen; /* open addressing; a place with event = CHECK_NEVER is free */
    size_t seen_count, seen_room;
    struct check_effort effort;
    uint64_t work;                  /* of the step that is being taken */
    uint32_t text_count;            /* of the input, before the search made states of its own */
    uint64_t text_bytes, text_work; /* likewise; until the last step */
    uint32_t deepest;               /* end that no attempt has passed */
};

static struct place *place_at(const struct search *search, unsigned char *base, size_t index)
{
    return (struct place *)(void *)(base + index * search->place_bytes);
}

static bool is_placed(const struct place *place, uint32_t slot)
{
    return (place->placed[slot / 64] >> (slot % 64) & 1) != 0;
}

static void set_placed(struct place *place, uint32_t slot, bool value)
{
    uint64_t bit = UINT64_C(1) << (slot % 64);
    place->placed[slot / 64] =
        value ? place->placed[slot / 64] | bit : place->placed[slot / 64] & ~bit;
}

/* ---- what is open when ---- */

static int compare_ends(const void *a, const void *b, void *data)
{
    const struct check_operation *operations = data;
    uint32_t x = operations[*(const uint32_t *)a].end, y = operations[*(const uint32_t *)b].end;
    return (x > y) - (x < y);
}

static uint64_t count_open(const struct search *search)
{
    const struct check_part *part = search->part;
    uint64_t sum = 0;
    uint32_t called = 0;
    for (uint32_t e = 0; e < search->end_count; e++) {
        uint32_t end = part->operations[search->ends[e]].end;
        for (; called < part->count && part->operations[called].call < end; called++) {
        }
        sum += called - e;
    }
    return sum;
}

static void list_open(struct search *search)
{
    const struct check_part *part = search->part;
    GArray *open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autofree uint32_t *now = g_new(uint32_t, part->count + 1);
    uint32_t now_count = 0, called = 0;
    for (uint32_t e = 0; e < search->end_count; e++) {
        const struct check_operation *ending = &part->operations[search->ends[e]];
        for (; called < part->count && part->operations[called].call < ending->end; called++) {
            uint32_t at = now_count++;
            for (; at > 0 && part->operations[now[at - 1]].end > part->operations[called].end;
                 at--) {
                now[at] = now[at - 1];
            }
            now[at] = called;
        }
        search->open_first[e] = open->len;
        g_array_append_vals(open, now, now_count);
        now_count--; /* the one that ends is the first */
        memmove(now, now + 1, now_count * sizeof *now);
    }
    search->open_first[search->end_count] = open->len;
    search->open = (uint32_t *)(void *)g_array_free(open, FALSE);
}

/* False where the lists alone would pass the limits: thousands that never returned, say. To be
 * cleared either way. */
static bool search_init(struct search *search, const struct check_part *part, size_t bytes_max,
                        uint64_t *steps)
{
    *search = (struct search){.part = part,
                              .effort = {.steps = steps},
                              .text_count = check_texts_count(part->input),
                              .text_bytes = part->input->text_bytes,
                              .text_work = part->input->text_work};
    search->words = part->slot_count / 64 + 1;
    search->place_bytes = sizeof(struct place) + search->words * sizeof(uint64_t);
    search->ends = g_new(uint32_t, part->count + 1);
    for (uint32_t i = 0; i < part->count; i++) {
        if (part->operations[i].end != CHECK_NEVER) {
            search->ends[search->end_count++] = i;
        }
    }
    sim_sort(search->ends, search->end_count, sizeof *search->ends, compare_ends, part->operations);
    uint64_t open_count = count_open(search);
    bool has_steps = *steps > 0 && check_effort_spend(&search->effort, open_count);
    search->effort.work = 0;
    if (open_count * sizeof(uint32_t) > bytes_max || !has_steps) {
        return false;
    }
    search->open_first = g_new(uint32_t, search->end_count + 1);
    list_open(search);
    return true;
}

static void search_clear(struct search *search)
{
    g_free(search->ends);
    g_free(search->open);
    g_free(search->open_first);
    g_free(search->stack);
    g_free(search->seen);
    check_texts_forget(search->part->input, search->text_count);
}

/* ---- what has been seen ---- */

static uint64_t hash_of(const struct search *search, const struct place *place)
{
    uint64_t hash = sim_hash_pair(place->event, place->state);
    for (uint32_t w = 0; w < search->words; w++) {
        hash = sim_hash_pair(hash, place->placed[w]);
    }
    return hash;
}

static bool is_same(const struct search *search, const struct place *a, const struct place *b)
{
    return a->event == b->event && a->state == b->state &&
           memcmp(a->placed, b->placed, search->words * sizeof(uint64_t)) == 0;
}

/* Where the place is, or would be. */
static struct place *seen_slot(const struct search *search, const struct place *place)
{
    for (uint64_t at = hash_of(search, place);; at++) {
        struct place *slot = place_at(search, search->seen, at & (search->seen_room - 1));
        if (slot->event == CHECK_NEVER || is_same(search, slot, place)) {
            return slot;
        }
    }
}

static void seen_grow(struct search *search)
{
    unsigned char *old = search->seen;
    size_t old_room = search->seen_room;
    search->seen_room = old_room == 0 ? 256 : 2 * old_room;
    search->seen = g_malloc(search->seen_room * search->place_bytes);
    for (size_t i = 0; i < search->seen_room; i++) {
        place_at(search, search->seen, i)->event = CHECK_NEVER;
    }
    for (size_t i = 0; i < old_room; i++) {
        const struct place *place = place_at(search, old, i);
        if (place->event != CHECK_NEVER) {
            memcpy(seen_slot(search, place), place, search->place_bytes);
        }
    }
    g_free(old);
}

/* False when it was there already. */
static bool remember(struct search *search, const struct place *place)
{
    if (2 * (search->seen_count + 1) > search->seen_room) {
        seen_grow(search);
    }
    struct place *slot = seen_slot(search, place);
    if (slot->event != CHECK_NEVER) {
        return false;
    }
    memcpy(slot, place, search->place_bytes);
    search->seen_count++;
    return true;
}

/* ---- moving on ---- */

/* Places what changes nothing and is possible, passes ends of what is placed, until an operation
 * ends that is not. */
static void advance(struct search *search, struct place *place)
{
    const struct check_operation *operations = search->part->operations;
    while (place->event < search->end_count) {
        uint32_t ending = search->ends[place->event];
        search->work += search->open_first[place->event + 1] - search->open_first[place->event];
        for (uint32_t i = search->open_first[place->event];
             i < search->open_first[place->event + 1]; i++) {
            const struct check_operation *candidate = &operations[search->open[i]];
            uint64_t state = place->state;
            if (candidate->is_pure && !is_placed(place, candidate->slot) &&
                check_step(search->part, candidate, &state)) {
                set_placed(place, candidate->slot, true);
            }
        }
        if (!is_placed(place, operations[ending].slot)) {
            break;
        }
        set_placed(place, operations[ending].slot, false);
        place->event++;
    }
    place->next = 0;
}

static bool is_alike(const struct check_operation *a, const struct check_operation *b)
{
    return !a->is_pure && !b->is_pure && a->function == b->function && a->argument == b->argument &&
           a->expected == b->expected && a->knows == b->knows &&
           (!a->knows || a->result == b->result);
}

/* Whether one that does the same and ends earlier waits to be placed. */
static bool is_second(struct search *search, const struct place *place, uint32_t first,
                      uint32_t candidate)
{
    search->work += candidate - first;
    const struct check_operation *operations = search->part->operations;
    const struct check_operation *one = &operations[search->open[candidate]];
    for (uint32_t i = first; i < candidate; i++) {
        const struct check_operation *other = &operations[search->open[i]];
        if (!is_placed(place, other->slot) && is_alike(one, other)) {
            return true;
        }
    }
    return false;
}

/* The place after the candidate has been placed. False where it cannot be, or need not. */
static bool follow(struct search *search, const struct place *from, uint32_t candidate,
                   struct place *to)
{
    const struct check_operation *operation = &search->part->operations[search->open[candidate]];
    if (operation->is_pure || is_placed(from, operation->slot) ||
        is_second(search, from, search->open_first[from->event], candidate)) {
        return false;
    }
    memcpy(to, from, search->place_bytes);
    search->work += search->words;
    if (!check_step(search->part, operation, &to->state) ||
        (operation->end == CHECK_NEVER && to->state == from->state)) {
        return false;
    }
    set_placed(to, operation->slot, true);
    advance(search, to);
    return true;
}

static struct place *push(struct search *search)
{
    if (search->stack_count == search->stack_room) {
        search->stack_room = search->stack_room == 0 ? 64 : 2 * search->stack_room;
        search->stack = g_realloc(search->stack, search->stack_room * search->place_bytes);
    }
    return place_at(search, search->stack, search->stack_count++);
}

static bool has_candidate(const struct search *search, const struct place *place)
{
    return place->next < search->open_first[place->event + 1] - search->open_first[place->event];
}

static bool is_over(const struct search *search, size_t bytes_max)
{
    uint64_t text_bytes = search->part->input->text_bytes - search->text_bytes;
    return *search->effort.steps == 0 ||
           (search->seen_room * 2 + search->stack_room) * search->place_bytes + text_bytes >
               bytes_max;
}

/* Takes the step to the candidate, and from the limits what it has cost. */
static bool take_step(struct search *search, const struct place *from, uint32_t candidate,
                      struct place *to)
{
    search->work = 0;
    bool is_possible = follow(search, from, candidate, to);
    uint64_t texts = search->part->input->text_work - search->text_work;
    search->text_work += texts;
    search->effort.work = 0; /* what is small is a step and no more */
    check_effort_spend(&search->effort, CHECK_WORK_OF_STEP + search->work + texts);
    return is_possible;
}

enum sim_check_verdict check_decide(const struct check_part *part, size_t bytes_max,
                                    uint64_t *steps, uint32_t *ret_stuck)
{
    *ret_stuck = CHECK_NEVER;
    if (check_zones_apply(part)) {
        return check_zones(part);
    }
    if (check_growing_applies(part)) {
        return check_growing(part, ret_stuck, NULL);
    }
    if (check_queue_applies(part)) {
        return check_queue(part, NULL);
    }
    return check_bounds(part, ret_stuck) ? check_search(part, bytes_max, steps, ret_stuck)
                                         : SIM_CHECK_NO;
}

enum sim_check_verdict check_search(const struct check_part *part, size_t bytes_max,
                                    uint64_t *steps, uint32_t *ret_stuck)
{
    struct search search;
    if (!search_init(&search, part, bytes_max, steps)) {
        search_clear(&search);
        return SIM_CHECK_UNKNOWN;
    }
    struct place *begin = push(&search);
    memset(begin, 0, search.place_bytes);
    begin->state = part->initial;
    advance(&search, begin);
    enum sim_check_verdict verdict =
        begin->event == search.end_count ? SIM_CHECK_YES : SIM_CHECK_NO;
    search.deepest = begin->event;
    while (verdict == SIM_CHECK_NO && search.stack_count > 0) {
        struct place *to = push(&search); /* may move what is below */
        struct place *from = place_at(&search, search.stack, search.stack_count - 2);
        if (!has_candidate(&search, from)) {
            search.stack_count -= 2;
            continue;
        }
        if (is_over(&search, bytes_max)) {
            verdict = SIM_CHECK_UNKNOWN;
            break;
        }
        uint32_t candidate = search.open_first[from->event] + from->next++;
        if (!take_step(&search, from, candidate, to)) {
            search.stack_count--;
        } else if (to->event == search.end_count) {
            verdict = SIM_CHECK_YES;
        } else {
            search.deepest = to->event > search.deepest ? to->event : search.deepest;
            search.stack_count -= remember(&search, to) ? 0 : 1;
        }
    }
    if (verdict == SIM_CHECK_NO) {
        *ret_stuck = search.ends[search.deepest];
    }
    search_clear(&search);
    return verdict;
}

/* Sequential consistency, and consistent prefix: a search for one order of all operations.
 *
 * Sequential (Lamport, "How to make a multiprocessor computer that correctly executes multiprocess
 * programs", IEEE TC 28(9), 1979): there is an order of all operations of all keys that keeps each
 * session's own, in which every read gets what was written last. A consistent prefix (Terry,
 * "Replicated data consistency explained through baseball", CACM 56(12), 2013) has such an order
 * when reads are not held to come behind the writes of their own session: each session's reads walk
 * forward along one order of all writes, in which each session's writes are in its own order; so
 * whoever has seen a write has seen all before it. A compare-and-set is a write there.
 *
 * To decide that takes exponential time in general (Gibbons and Korach, "Testing shared memories",
 * SIAM J. Computing 26(4), 1997). A history that is not causal, or whose reads go back, is wrong at
 * once; one that is linearizable is right. Otherwise operations are placed one after another, what
 * ended first before the others. A place of the search is (what is placed, what each key holds);
 * none is looked at twice. What changes nothing is placed as soon as that is possible, which never
 * rules anything out. Where it is known who read whose write, a value that is still to be read is
 * not replaced.
 *
 * Who goes on where nothing gets further will hardly find anything: a search that has not placed
 * more than before for a twentieth of its steps gives up.
 */
#include <string.h>

#include "base/random.h"
#include "base/sort.h"
#include "check/accesses.h"
#include "check/effort.h"

#define PATIENCE 20u /* the part of all steps that may bring nothing */

/* A place is so many words: 1, bits of what is placed, what each key holds, and behind that, which
 * follows from the bits, how many of each session's are placed without a gap, how many are missing
 * that have certainly happened, and the candidate to try next. */
struct walk {
    const struct check_accesses *accesses;
    const struct sim_check_limits *limits;
    struct check_effort effort;
    uint64_t work;                  /* of the step that is being taken */
    uint32_t text_count;            /* of the input, before the search made states of its own */
    uint64_t text_bytes, text_work; /* likewise; until the last step */
    struct check_part part;         /* of all keys, to take steps with */
    struct check_operation *operations;
    uint32_t *of_session, *session_first; /* accesses, in order of invocation */
    uint32_t *readers, *readers_first;    /* of each access, and behind them of each key's start */
    uint32_t *candidates;
    uint64_t must_count;             /* that have certainly happened */
    uint64_t least_missing, best_at; /* of these in any place; steps that were left then */
    size_t holds, fronts, missing, next, words;
    uint64_t *stack, *seen;
    size_t stack_count, stack_room, seen_count, seen_room;
};

/* ---- places ---- */

static bool is_placed(const uint64_t *place, uint32_t access)
{
    return (place[1 + access / 64] >> (access % 64) & 1) != 0;
}

static uint64_t hash_of(const struct walk *walk, const uint64_t *place)
{
    uint64_t hash = 0;
    for (size_t w = 1; w < walk->fronts; w++) {
        hash = sim_hash_pair(hash, place[w]);
    }
    return hash;
}

/* Where the place is, or would be. Of what is remembered only the words that tell. */
static uint64_t *seen_slot(const struct walk *walk, const uint64_t *place)
{
    for (uint64_t at = hash_of(walk, place);; at++) {
        uint64_t *slot = &walk->seen[(at & (walk->seen_room - 1)) * walk->fronts];
        if (slot[0] == 0 || memcmp(slot, place, walk->fronts * sizeof *place) == 0) {
            return slot;
        }
    }
}

static void seen_grow(struct walk *walk)
{
    uint64_t *old = walk->seen;
    size_t old_room = walk->seen_room;
    walk->seen_room = old_room == 0 ? 256 : 2 * old_room;
    walk->seen = g_new0(uint64_t, walk->seen_room * walk->fronts);
    for (size_t i = 0; i < old_room; i++) {
        const uint64_t *place = &old[i * walk->fronts];
        if (place[0] != 0) {
            memcpy(seen_slot(walk, place), place, walk->fronts * sizeof *place);
        }
    }
    g_free(old);
}

/* False when it was there already. */
static bool remember(struct walk *walk, const uint64_t *place)
{
    if (2 * (walk->seen_count + 1) > walk->seen_room) {
        seen_grow(walk);
    }
    uint64_t *slot = seen_slot(walk, place);
    if (slot[0] != 0) {
        return false;
    }
    memcpy(slot, place, walk->fronts * sizeof *place);
    walk->seen_count++;
    return true;
}

static uint64_t *push(struct walk *walk)
{
    if (walk->stack_count == walk->stack_room) {
        walk->stack_room = walk->stack_room == 0 ? 64 : 2 * walk->stack_room;
        walk->stack = g_renew(uint64_t, walk->stack, walk->stack_room * walk->words);
    }
    return &walk->stack[walk->stack_count++ * walk->words];
}

/* ---- what may come next ---- */

/* Appends those of a session for which nothing that must come before them waits. */
static uint32_t add_ready(struct walk *walk, const uint64_t *place, uint32_t session,
                          uint32_t count)
{
    uint32_t blocked = CHECK_UNRETURNED; /* the first that ended, of those that wait */
    uint32_t first = walk->session_first[session];
    for (uint64_t at = first + place[walk->fronts + session]; at < walk->session_first[session + 1];
         at++) {
        uint32_t access = walk->of_session[at];
        walk->work++;
        if (walk->accesses->all[access].before > blocked) {
            break;
        }
        if (!is_placed(place, access)) {
            uint32_t rank = walk->accesses->all[access].rank;
            walk->candidates[count++] = access;
            blocked = rank < blocked ? rank : blocked;
        }
    }
    return count;
}

/* Whether anybody but `access` has still to read what its key holds, where that is known. */
static bool is_awaited(struct walk *walk, const uint64_t *place, uint32_t access)
{
    const struct check_accesses *accesses = walk->accesses;
    uint32_t key = accesses->all[access].key;
    bool is_awaited = false;
    if (accesses->trouble != NULL) {
        return false;
    }
    uint32_t source = (uint32_t)(place[walk->holds + 2 * (size_t)key + 1]);
    walk->work += walk->readers_first[source + 1] - walk->readers_first[source];
    for (uint32_t i = walk->readers_first[source]; i < walk->readers_first[source + 1]; i++) {
        uint32_t reader = walk->readers[i];
        is_awaited = is_awaited || (reader != access && !is_placed(place, reader));
    }
    return is_awaited;
}

static bool has_happened(const struct walk *walk, uint32_t access)
{
    return walk->accesses->trouble == NULL || walk->accesses->all[access].end != SIM_NEVER;
}

/* Places an operation. False when that is not possible, or leads nowhere. */
static bool put(struct walk *walk, uint64_t *place, uint32_t access)
{
    const struct check_access *what = &walk->accesses->all[access];
    uint64_t *holds = &place[walk->holds + 2 * (size_t)what->key];
    uint64_t state = holds[0];
    if (!check_step(&walk->part, &walk->operations[access], &state) ||
        (!what->is_pure && is_awaited(walk, place, access))) {
        return false;
    }
    if (!what->is_pure) {
        holds[0] = state;
        holds[1] = access;
    }
    place[1 + access / 64] |= UINT64_C(1) << (access % 64);
    place[walk->missing] -= has_happened(walk, access);
    uint64_t *front = &place[walk->fronts + what->session];
    uint32_t first = walk->session_first[what->session];
    while (first + *front < walk->session_first[what->session + 1] &&
           is_placed(place, walk->of_session[first + *front])) {
        (*front)++;
    }
    return true;
}

static uint32_t list_ready(struct walk *walk, const uint64_t *place)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < walk->accesses->session_count; s++) {
        count = add_ready(walk, place, s, count);
    }
    return count;
}

/* Whether what the step has cost so far is more than is left. */
static bool is_spent(const struct walk *walk)
{
    return walk->work / CHECK_WORK_OF_STEP > *walk->effort.steps;
}

/* Places all that changes nothing and is possible, or what there are steps for. */
static void put_pure(struct walk *walk, uint64_t *place)
{
    for (uint32_t s = 0; s < walk->accesses->session_count; s++) {
        bool is_changed = true;
        while (is_changed && !is_spent(walk)) {
            uint32_t count = add_ready(walk, place, s, 0);
            is_changed = false;
            for (uint32_t i = 0; i < count; i++) {
                uint32_t access = walk->candidates[i];
                is_changed =
                    (walk->accesses->all[access].is_pure && put(walk, place, access)) || is_changed;
            }
        }
    }
    place[walk->next] = 0;
}

static int compare_ends(const void *a, const void *b, void *data)
{
    const struct check_access *all = data;
    const struct check_access *x = &all[*(const uint32_t *)a], *y = &all[*(const uint32_t *)b];
    return (x->end > y->end) - (x->end < y->end);
}

/* The next operation to try at a place; CHECK_NOBODY when all were tried. */
static uint32_t next_candidate(struct walk *walk, uint64_t *place)
{
    uint32_t count = list_ready(walk, place), kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!walk->accesses->all[walk->candidates[i]].is_pure) {
            walk->candidates[kept++] = walk->candidates[i];
        }
    }
    sim_sort(walk->candidates, kept, sizeof *walk->candidates, compare_ends, walk->accesses->all);
    return place[walk->next] < kept ? walk->candidates[place[walk->next]++] : CHECK_NOBODY;
}

/* Whether all is placed; takes note of how far it is. */
static bool is_done(struct walk *walk, const uint64_t *place)
{
    if (place[walk->missing] < walk->least_missing) {
        walk->least_missing = place[walk->missing];
        walk->best_at = *walk->effort.steps;
    }
    return place[walk->missing] == 0;
}

/* ---- beginning and end ---- */

static void list_sessions(struct walk *walk)
{
    const struct check_accesses *accesses = walk->accesses;
    walk->session_first = g_new0(uint32_t, accesses->session_count + 2);
    walk->of_session = g_new(uint32_t, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        walk->session_first[accesses->all[i].session + 2]++;
    }
    for (uint32_t s = 0; s < accesses->session_count; s++) {
        walk->session_first[s + 1] += walk->session_first[s];
    }
    for (uint32_t i = 0; i < accesses->count; i++) {
        walk->of_session[walk->session_first[accesses->all[i].session + 1]++] = i;
    }
}

/* Whom an access reads, as a number: an access, or the start of its key behind all of them, or the
 * last number for none. */
static uint32_t source_of(const struct check_accesses *accesses, uint32_t index)
{
    const struct check_access *access = &accesses->all[index];
    if (!access->reads) {
        return accesses->count + accesses->key_count;
    }
    return access->source < accesses->count ? access->source : accesses->count + access->key;
}

static void list_readers(struct walk *walk)
{
    const struct check_accesses *accesses = walk->accesses;
    uint32_t sources = accesses->count + accesses->key_count + 1;
    walk->readers_first = g_new0(uint32_t, sources + 2);
    walk->readers = g_new(uint32_t, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        walk->readers_first[source_of(accesses, i) + 2]++;
    }
    for (uint32_t s = 0; s < sources; s++) {
        walk->readers_first[s + 1] += walk->readers_first[s];
    }
    for (uint32_t i = 0; i < accesses->count; i++) {
        walk->readers[walk->readers_first[source_of(accesses, i) + 1]++] = i;
    }
}

static void walk_init(struct walk *walk, const struct check_accesses *accesses,
                      const struct sim_check_limits *limits, uint64_t *steps)
{
    *walk = (struct walk){.accesses = accesses,
                          .limits = limits,
                          .effort = {.steps = steps},
                          .text_count = check_texts_count(accesses->input),
                          .text_bytes = accesses->input->text_bytes,
                          .text_work = accesses->input->text_work};
    check_part_init(&walk->part, accesses->input, NULL, 0);
    walk->operations = g_new(struct check_operation, accesses->count + 1);
    walk->candidates = g_new(uint32_t, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        uint32_t entry = accesses->all[i].entry;
        walk->operations[i] = check_operation_of(&accesses->input->history.entries[entry], entry);
        walk->must_count += has_happened(walk, i);
    }
    list_sessions(walk);
    list_readers(walk);
    walk->holds = 2 + accesses->count / 64;
    walk->fronts = walk->holds + 2 * (size_t)accesses->key_count;
    walk->missing = walk->fronts + accesses->session_count;
    walk->next = walk->missing + 1;
    walk->least_missing = UINT64_MAX;
    walk->words = walk->next + 1;
}

static void walk_clear(struct walk *walk)
{
    check_part_clear(&walk->part);
    g_free(walk->operations);
    g_free(walk->candidates);
    g_free(walk->of_session);
    g_free(walk->session_first);
    g_free(walk->readers);
    g_free(walk->readers_first);
    g_free(walk->stack);
    g_free(walk->seen);
    check_texts_forget(walk->accesses->input, walk->text_count);
}

static void begin(struct walk *walk)
{
    uint64_t *place = push(walk);
    memset(place, 0, walk->words * sizeof *place);
    place[0] = 1;
    place[walk->missing] = walk->must_count;
    for (uint32_t k = 0; k < walk->accesses->key_count; k++) {
        place[walk->holds + 2 * (size_t)k] = walk->part.initial;
        place[walk->holds + 2 * (size_t)k + 1] = walk->accesses->count + k;
    }
    put_pure(walk, place);
}

static bool is_over(const struct walk *walk)
{
    size_t words = walk->seen_room * 2 * walk->fronts + walk->stack_room * 2 * walk->words;
    uint64_t text_bytes = walk->accesses->input->text_bytes - walk->text_bytes;
    uint64_t steps = *walk->effort.steps;
    bool is_hopeless = walk->best_at - steps > walk->limits->steps_max / PATIENCE;
    return steps == 0 || is_hopeless ||
           words * sizeof(uint64_t) + text_bytes > walk->limits->bytes_max;
}

/* What a step has cost: it looks at all sessions. */
static void pay_step(struct walk *walk)
{
    uint64_t texts = walk->accesses->input->text_work - walk->text_work;
    uint64_t sessions = walk->accesses->session_count;
    walk->text_work += texts;
    check_effort_spend(&walk->effort,
                       CHECK_WORK_OF_STEP + 4 * sessions + walk->words + walk->work + texts);
    walk->work = 0;
}

static enum sim_check_verdict search(const struct check_accesses *accesses,
                                     const struct sim_check_limits *limits, uint64_t *steps)
{
    struct walk walk;
    walk_init(&walk, accesses, limits, steps);
    begin(&walk);
    enum sim_check_verdict verdict = is_done(&walk, walk.stack) ? SIM_CHECK_YES : SIM_CHECK_NO;
    while (verdict == SIM_CHECK_NO && walk.stack_count > 0) {
        uint64_t *to = push(&walk); /* may move what is below */
        uint64_t *from = &walk.stack[(walk.stack_count - 2) * walk.words];
        if (is_over(&walk)) {
            verdict = SIM_CHECK_UNKNOWN;
            break;
        }
        uint32_t access = next_candidate(&walk, from);
        pay_step(&walk);
        if (access == CHECK_NOBODY) {
            walk.stack_count -= 2;
            continue;
        }
        memcpy(to, from, walk.words * sizeof *to);
        if (!put(&walk, to, access)) {
            walk.stack_count--;
            continue;
        }
        put_pure(&walk, to);
        if (is_done(&walk, to)) {
            verdict = SIM_CHECK_YES;
        } else if (!remember(&walk, to)) {
            walk.stack_count--;
        }
    }
    if (verdict == SIM_CHECK_NO && (*steps == 0 || is_spent(&walk))) {
        verdict = SIM_CHECK_UNKNOWN;
    }
    walk_clear(&walk);
    return verdict;
}

/* ---- levels ---- */

/* Whether each key's part is linearizable, in an order that keeps the sessions' too: one thing that
 * ends when the next begins may come after it there. */
static bool is_linearizable(const struct check_accesses *accesses,
                            const struct sim_check_limits *limits, uint64_t *steps)
{
    g_autofree uint32_t *first = g_new0(uint32_t, (size_t)accesses->key_count + 2);
    g_autofree uint32_t *entries = g_new(uint32_t, (size_t)accesses->count + 1);
    bool is_right = true;
    for (uint32_t i = 0; i < accesses->count && is_right; i++) {
        const struct check_access *access = &accesses->all[i];
        uint32_t last = accesses->ended_first[access->session] + access->before;
        is_right =
            access->before == 0 || accesses->all[accesses->ended[last - 1]].end < access->call;
    }
    for (uint32_t i = 0; i < accesses->count; i++) {
        first[accesses->all[i].key + 2]++;
    }
    for (uint32_t key = 0; key < accesses->key_count; key++) {
        first[key + 1] += first[key];
    }
    for (uint32_t i = 0; i < accesses->count; i++) {
        entries[first[accesses->all[i].key + 1]++] = accesses->all[i].entry;
    }
    for (uint32_t key = 0; key < accesses->key_count && is_right; key++) {
        struct check_part part;
        uint32_t stuck;
        check_part_init(&part, accesses->input, &entries[first[key]], first[key + 1] - first[key]);
        is_right = check_decide(&part, limits->bytes_max, steps, &stuck) == SIM_CHECK_YES;
        check_part_clear(&part);
    }
    return is_right;
}

enum sim_check_verdict check_sequential(const struct check_accesses *accesses,
                                        const struct sim_check_limits *limits, uint64_t *steps)
{
    return is_linearizable(accesses, limits, steps) ? SIM_CHECK_YES
                                                    : search(accesses, limits, steps);
}

enum sim_check_verdict check_not_sequential(const struct check_accesses *accesses,
                                            const struct sim_check_limits *limits, uint64_t *steps)
{
    return accesses->trouble == NULL ? check_causal(accesses, limits, steps) : SIM_CHECK_UNKNOWN;
}

enum sim_check_verdict check_consistent_prefix(const struct check_accesses *accesses,
                                               const struct sim_check_limits *limits,
                                               uint64_t *steps)
{
    struct check_accesses split;
    check_accesses_split(accesses, &split);
    enum sim_check_verdict verdict =
        is_linearizable(accesses, limits, steps) ? SIM_CHECK_YES : search(&split, limits, steps);
    check_accesses_clear(&split);
    return verdict;
}

enum sim_check_verdict check_no_prefix(const struct check_accesses *accesses,
                                       const struct sim_check_limits *limits, uint64_t *steps)
{
    if (accesses->trouble != NULL) {
        return SIM_CHECK_UNKNOWN;
    }
    struct check_accesses split;
    check_accesses_split(accesses, &split);
    enum sim_check_verdict verdict = check_monotonic_reads(&split, limits, steps);
    if (verdict != SIM_CHECK_NO) {
        verdict = check_monotonic_writes(&split, limits, steps);
    }
    check_accesses_clear(&split);
    return verdict;
}

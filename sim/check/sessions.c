/* Session guarantees and causal consistency.
 *
 * Terry and others, "Session guarantees for weakly consistent replicated data", PDIS 1994, and
 * Bouajjani, Enea, Guerraoui, Hamza, "On verifying causal consistency", POPL 2017. A history has
 * one of these when there is one order of all writes, the same for everybody, in which each
 * session's writes to a key come in its own order, a compare-and-set comes after what it replaced,
 * and whoever reads gets at least, of the key that is read, what was written by
 *
 * - read my writes: writes that its session made before;
 * - monotonic reads: writes that its session has seen before;
 * - monotonic writes: writes that were made before one that its session has seen, by the session
 *   that made that one. The order agrees with each session's over all keys.
 * - writes follow reads: writes that were seen before one that its session has seen was made, by
 *   the session that made it, and so on from that one. The order agrees with that.
 * - causal: all of these, and what follows of them together (causal convergence of Bouajjani and
 *   others; causal+ of Lloyd and others, SOSP 2011).
 *
 * Whether a replica has a write can only be seen through what is read, so the last two are as a
 * session sees them: whoever has seen a write is held to that from then on. Clocks play no part.
 *
 * With sources known, "gets at least that" says that it comes before the source of the read, or is
 * that, in the order. So the writes are nodes of a graph, each of these rules adds edges, and there
 * is such an order when there is no circle. What is known of others is kept as one number for each
 * session: how many of its operations (Fidge 1988, Mattern 1989).
 */
#include <string.h>

#include "check/effort.h"
#include "check/lists.h"

struct sessions {
    const struct check_accesses *accesses;
    const struct sim_check_limits *limits;
    struct check_effort effort;
    struct check_order order;
    struct check_lists made, seen; /* by key */
    struct check_lists replaced;   /* likewise; a compare-and-set has seen what it replaced */
    struct check_lists made_all, seen_all; /* of all keys */
    uint32_t *known; /* by access, by session: of how many of its operations it knows */
    bool is_wrong;
    bool is_over; /* the limits are passed */
};

/* ---- what all have in common ---- */

static bool has_room(struct sessions *sessions, uint64_t work)
{
    uint64_t bytes = sessions->order.edge_count * 5 * sizeof(uint32_t);
    bool has_steps = check_effort_spend(&sessions->effort, work);
    sessions->is_over = sessions->is_over || !has_steps || bytes > sessions->limits->bytes_max;
    return !sessions->is_over && !sessions->is_wrong;
}

/* `target` comes after the first `count` operations of that list's session. */
static void require(struct sessions *sessions, const struct check_lists *lists,
                    const struct check_list *list, uint32_t count, uint32_t target,
                    bool may_be_listed)
{
    uint64_t edges = sessions->order.edge_count;
    bool can_be = check_lists_require(lists, list, count, target, may_be_listed, &sessions->order);
    sessions->is_wrong = sessions->is_wrong || !can_be;
    has_room(sessions, 1 + sessions->order.edge_count - edges);
}

/* Each write after those that its session had made before, of the same key. */
static void order_writes(struct sessions *sessions)
{
    const struct check_accesses *accesses = sessions->accesses;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        sessions->is_wrong =
            sessions->is_wrong || (access->reads && access->source == CHECK_NOBODY);
        if (!access->writes || !has_room(sessions, 1)) {
            continue;
        }
        require(sessions, &sessions->made,
                check_lists_find(&sessions->made, access->key, access->session), access->before, i,
                false);
        if (access->reads && access->source < accesses->count) {
            check_order_add(&sessions->order, access->source, i);
        }
    }
}

/* Each write after all that its session had made, or seen, before. */
static void order_all(struct sessions *sessions, struct check_lists *lists,
                      enum check_list_kind kind)
{
    const struct check_accesses *accesses = sessions->accesses;
    check_lists_init(lists, accesses, kind, false, &sessions->order);
    for (uint32_t i = 0; i < accesses->count && has_room(sessions, 1); i++) {
        const struct check_access *access = &accesses->all[i];
        if (access->writes) {
            require(sessions, lists, check_lists_find(lists, 0, access->session), access->before, i,
                    false);
        }
    }
}

/* Each read gets at least what its own session had made, or seen, before. */
static void order_own(struct sessions *sessions, const struct check_lists *lists)
{
    const struct check_accesses *accesses = sessions->accesses;
    for (uint32_t i = 0; i < accesses->count && has_room(sessions, 1); i++) {
        const struct check_access *access = &accesses->all[i];
        if (access->reads) {
            require(sessions, lists, check_lists_find(lists, access->key, access->session),
                    access->before, access->source, true);
        }
    }
}

/* ---- what is known of others ---- */

/* Calls back with the operations of the session that come directly before this one: none of the
 * others that do come after them. */
static void for_each_last(const struct check_accesses *accesses, uint32_t index,
                          void (*take)(void *data, uint32_t last, uint32_t index), void *data)
{
    const struct check_access *access = &accesses->all[index];
    const uint32_t *ended = &accesses->ended[accesses->ended_first[access->session]];
    uint32_t covered = 0; /* operations that come before one of those found */
    for (uint32_t rank = access->before; rank > covered; rank--) {
        uint32_t last = ended[rank - 1];
        uint32_t before = accesses->all[last].before;
        take(data, last, index);
        covered = before > covered ? before : covered;
    }
}

static uint32_t *known_of(const struct sessions *sessions, uint32_t access)
{
    return &sessions->known[(size_t)access * sessions->accesses->session_count];
}

static void learn(struct sessions *sessions, uint32_t index, uint32_t from)
{
    uint32_t *known = known_of(sessions, index);
    const uint32_t *more = known_of(sessions, from);
    for (uint32_t s = 0; s < sessions->accesses->session_count; s++) {
        known[s] = more[s] > known[s] ? more[s] : known[s];
    }
    has_room(sessions, sessions->accesses->session_count / 8);
}

static void learn_from_last(void *data, uint32_t last, uint32_t index)
{
    learn(data, index, last);
}

static void after_last(void *data, uint32_t last, uint32_t index)
{
    check_order_add(data, last, index);
}

/* Operations in an order in which each comes after those of its session that come before it and,
 * with sources, after the write that it read. NULL when there is none. Caller frees. */
static uint32_t *order_of_causes(const struct check_accesses *accesses, bool has_sources)
{
    struct check_order order;
    uint32_t *places;
    check_order_init(&order, accesses->count);
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        for_each_last(accesses, i, after_last, &order);
        if (has_sources && access->reads && access->source < accesses->count) {
            check_order_add(&order, access->source, i);
        }
    }
    if (check_order_sort(&order, &places) < accesses->count) {
        g_free(places);
        places = NULL;
    }
    check_order_clear(&order);
    return places;
}

/* What each operation knows: what those before it in its session knew and, of a read, what the
 * session of its source had done before that; with is_passed_on also what was known there. */
static void spread(struct sessions *sessions, bool is_passed_on)
{
    const struct check_accesses *accesses = sessions->accesses;
    uint64_t bytes = (uint64_t)accesses->count * accesses->session_count * sizeof(uint32_t);
    if (bytes > sessions->limits->bytes_max || !has_room(sessions, accesses->count)) {
        sessions->is_over = true;
        return;
    }
    g_autofree uint32_t *places = order_of_causes(accesses, is_passed_on);
    if (places == NULL) { /* a cause after its effect */
        sessions->is_wrong = true;
        return;
    }
    sessions->known = g_malloc0(bytes);
    for (uint32_t i = 0; i < accesses->count && has_room(sessions, 1); i++) {
        const struct check_access *access = &accesses->all[places[i]];
        for_each_last(accesses, places[i], learn_from_last, sessions);
        if (!access->reads || access->source >= accesses->count) {
            continue;
        }
        const struct check_access *source = &accesses->all[access->source];
        uint32_t *known = &known_of(sessions, places[i])[source->session];
        *known = source->before > *known ? source->before : *known;
        if (is_passed_on) {
            learn(sessions, places[i], access->source);
        }
    }
}

/* Each read gets at least what it knows to have been made, or seen. */
static void order_known(struct sessions *sessions, const struct check_lists *lists)
{
    const struct check_accesses *accesses = sessions->accesses;
    for (uint32_t i = 0; i < accesses->count && has_room(sessions, 1); i++) {
        const struct check_access *access = &accesses->all[i];
        uint32_t count;
        const struct check_list *list = check_lists_of(lists, access->key, &count);
        for (uint32_t j = 0; access->reads && j < count && has_room(sessions, 1); j++, list++) {
            uint32_t known = known_of(sessions, i)[list->session];
            if (known > 0) {
                require(sessions, lists, list, known, access->source, true);
            }
        }
    }
}

/* ---- levels ---- */

static void sessions_init(struct sessions *sessions, const struct check_accesses *accesses,
                          const struct sim_check_limits *limits, uint64_t *steps)
{
    *sessions =
        (struct sessions){.accesses = accesses, .limits = limits, .effort = {.steps = steps}};
    check_order_init(&sessions->order, accesses->count);
    check_lists_init(&sessions->made, accesses, CHECK_MADE, true, &sessions->order);
    check_lists_init(&sessions->seen, accesses, CHECK_SEEN, true, &sessions->order);
    order_writes(sessions);
}

static enum sim_check_verdict decide(struct sessions *sessions)
{
    enum sim_check_verdict verdict = SIM_CHECK_NO;
    if (!sessions->is_wrong) {
        verdict = sessions->is_over                      ? SIM_CHECK_UNKNOWN
                  : check_order_exists(&sessions->order) ? SIM_CHECK_YES
                                                         : SIM_CHECK_NO;
    }
    check_lists_clear(&sessions->made);
    check_lists_clear(&sessions->seen);
    check_lists_clear(&sessions->replaced);
    check_lists_clear(&sessions->made_all);
    check_lists_clear(&sessions->seen_all);
    check_order_clear(&sessions->order);
    g_free(sessions->known);
    return verdict;
}

enum sim_check_verdict check_read_my_writes(const struct check_accesses *accesses,
                                            const struct sim_check_limits *limits, uint64_t *steps)
{
    struct sessions sessions;
    sessions_init(&sessions, accesses, limits, steps);
    order_own(&sessions, &sessions.made);
    return decide(&sessions);
}

enum sim_check_verdict check_monotonic_reads(const struct check_accesses *accesses,
                                             const struct sim_check_limits *limits, uint64_t *steps)
{
    struct sessions sessions;
    sessions_init(&sessions, accesses, limits, steps);
    order_own(&sessions, &sessions.seen);
    return decide(&sessions);
}

enum sim_check_verdict check_monotonic_writes(const struct check_accesses *accesses,
                                              const struct sim_check_limits *limits,
                                              uint64_t *steps)
{
    struct sessions sessions;
    sessions_init(&sessions, accesses, limits, steps);
    order_all(&sessions, &sessions.made_all, CHECK_MADE);
    spread(&sessions, false);
    order_known(&sessions, &sessions.made);
    return decide(&sessions);
}

enum sim_check_verdict check_writes_follow_reads(const struct check_accesses *accesses,
                                                 const struct sim_check_limits *limits,
                                                 uint64_t *steps)
{
    struct sessions sessions;
    sessions_init(&sessions, accesses, limits, steps);
    check_lists_init(&sessions.replaced, accesses, CHECK_REPLACED, true, &sessions.order);
    order_all(&sessions, &sessions.seen_all, CHECK_SEEN);
    order_own(&sessions, &sessions.replaced);
    spread(&sessions, true);
    order_known(&sessions, &sessions.seen);
    return decide(&sessions);
}

enum sim_check_verdict check_causal(const struct check_accesses *accesses,
                                    const struct sim_check_limits *limits, uint64_t *steps)
{
    struct sessions sessions;
    sessions_init(&sessions, accesses, limits, steps);
    order_own(&sessions, &sessions.made);
    order_own(&sessions, &sessions.seen);
    order_all(&sessions, &sessions.made_all, CHECK_MADE);
    order_all(&sessions, &sessions.seen_all, CHECK_SEEN);
    spread(&sessions, true);
    order_known(&sessions, &sessions.made);
    order_known(&sessions, &sessions.seen);
    return decide(&sessions);
}

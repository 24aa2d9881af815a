/* Anomalies of transactions: circles among dependencies, and the levels that do not allow them.
 *
 * Adya, "Weak consistency", MIT thesis 1999; Kingsbury and Alvaro, "Elle", PVLDB 14(3), 2020:
 *
 *     G0            a circle of ww
 *     G1c           of ww and wr
 *     G-single      with one rw, the rest ww and wr
 *     G-nonadjacent with several rw, no two of them in a row
 *     G2-item       with rw
 *
 * Read uncommitted does not allow G0, read committed nor G1, repeatable read (PL-2.99) nor G2-item,
 * all of which is serializable too, since there are no predicates here; snapshot isolation nor
 * G-single and G-nonadjacent (Cerone and Gotsman, "Analysing snapshot isolation", PODC 2016);
 * strict serializable nor a circle with what had ended before something began.
 *
 * Of lists the order of versions is known, and what has no such circle has an order. Of registers
 * it is known in part: then an order that agrees with all that is known is tried, and yes is said
 * only when it explains every read.
 */
#include <inttypes.h>
#include <string.h>

#include "base/keyed.h"
#include "check/effort.h"
#include "check/order.h"
#include "check/transactions.h"

#define MASK(kind) (1u << (kind))
#define WW MASK(CHECK_WW)
#define WR MASK(CHECK_WR)
#define RW MASK(CHECK_RW)
#define RT MASK(CHECK_RT)
#define TRIES_MAX 5000u /* edges from which the shortest circle is looked for */
#define NOBODY UINT32_MAX

static const struct circle {
    const char *what;
    unsigned first; /* kinds of the edge that it must have */
    unsigned rest;
    bool allows_adjacent; /* rw behind rw */
    unsigned levels;      /* that do not allow it */
} circles[] = {
#define LEVEL(level) (1u << ((level)-SIM_CHECK_READ_UNCOMMITTED))
#define ALL 63u
#define COMMITTED (ALL & ~LEVEL(SIM_CHECK_READ_UNCOMMITTED))
#define SERIAL                                                                                     \
    (LEVEL(SIM_CHECK_REPEATABLE_READ) | LEVEL(SIM_CHECK_SERIALIZABLE) |                            \
     LEVEL(SIM_CHECK_STRICT_SERIALIZABLE))
    {"G0, a write cycle", WW, WW, false, ALL},
    {"G1c, circular information flow", WR, WW | WR, false, COMMITTED},
    {"G-single, read skew", RW, WW | WR, false, SERIAL | LEVEL(SIM_CHECK_SNAPSHOT_ISOLATION)},
    {"G-nonadjacent, reads of two moments", RW, WW | WR | RW, false,
     SERIAL | LEVEL(SIM_CHECK_SNAPSHOT_ISOLATION)},
    {"G2-item, an anti-dependency cycle", RW, WW | WR | RW, true, SERIAL},
    {"an order that time does not allow", WW | WR | RW, WW | WR | RW | RT, true,
     LEVEL(SIM_CHECK_STRICT_SERIALIZABLE)},
};

/* ---- circles ---- */

/* An order of all nodes that agrees with the edges of those kinds; NULL: there is none. */
static uint32_t *order_by(const struct check_dependencies *dependencies, unsigned kinds)
{
    struct check_order order;
    uint32_t *places;
    check_order_init(&order, dependencies->node_count);
    for (uint32_t e = 0; e < dependencies->edges->len; e++) {
        const struct check_dependency *edge = check_dependency_at(dependencies, e);
        if ((MASK(edge->kind) & kinds) != 0) {
            check_order_add(&order, edge->from, edge->to);
        }
    }
    if (check_order_sort(&order, &places) < dependencies->node_count) {
        g_free(places);
        places = NULL;
    }
    check_order_clear(&order);
    return places;
}

/* Edges by the node that they leave. */
struct leaving {
    uint32_t *edges, *first;
};

static struct leaving leaving_of(const struct check_dependencies *dependencies)
{
    struct leaving leaving = {g_new(uint32_t, dependencies->edges->len + 1),
                              g_new0(uint32_t, dependencies->node_count + 2)};
    for (uint32_t e = 0; e < dependencies->edges->len; e++) {
        leaving.first[check_dependency_at(dependencies, e)->from + 2]++;
    }
    for (uint32_t n = 0; n < dependencies->node_count; n++) {
        leaving.first[n + 1] += leaving.first[n];
    }
    for (uint32_t e = 0; e < dependencies->edges->len; e++) {
        leaving.edges[leaving.first[check_dependency_at(dependencies, e)->from + 1]++] = e;
    }
    return leaving;
}

/* A search of the shortest way from one edge back to where it begins, over states (node, whether an
 * rw led there). */
struct way {
    const struct check_dependencies *dependencies;
    struct leaving leaving;
    uint32_t *queue;
    uint32_t *by, *before; /* by state: the edge that led there, and from which state */
    uint32_t *reached;     /* by state: the try that has come there last */
    uint32_t try_count;
};

static uint32_t state_of(uint32_t node, bool is_behind_rw)
{
    return 2 * node + is_behind_rw;
}

/* Edges of the circle that begins with `start`, in order; NULL: there is none, or no steps are
 * left. */
static GArray *circle_from(struct way *way, const struct circle *circle, uint32_t start,
                           struct check_effort *effort)
{
    const struct check_dependencies *dependencies = way->dependencies;
    const struct check_dependency *first = check_dependency_at(dependencies, start);
    bool tells_apart = !circle->allows_adjacent;
    uint32_t head = 0, tail = 0, found = NOBODY;
    uint32_t now = ++way->try_count;
    way->queue[tail] = state_of(first->to, tells_apart && first->kind == CHECK_RW);
    way->by[way->queue[tail]] = start;
    way->reached[way->queue[tail]] = now;
    way->before[way->queue[tail++]] = NOBODY;
    for (; head < tail && found == NOBODY; head++) {
        uint32_t node = way->queue[head] / 2, is_behind_rw = way->queue[head] % 2;
        if (!check_effort_spend(effort,
                                1 + way->leaving.first[node + 1] - way->leaving.first[node])) {
            return NULL;
        }
        for (uint32_t i = way->leaving.first[node]; i < way->leaving.first[node + 1]; i++) {
            uint32_t e = way->leaving.edges[i];
            const struct check_dependency *edge = check_dependency_at(dependencies, e);
            bool is_rw = tells_apart && edge->kind == CHECK_RW;
            bool is_home = edge->to == first->from;
            uint32_t state = state_of(edge->to, is_rw);
            if ((MASK(edge->kind) & circle->rest) == 0 || (is_rw && is_behind_rw) ||
                (is_home && is_rw && first->kind == CHECK_RW) || way->reached[state] == now) {
                continue;
            }
            way->by[state] = e;
            way->reached[state] = now;
            way->before[state] = way->queue[head];
            way->queue[tail++] = state;
            found = is_home ? state : found;
            if (is_home) {
                break;
            }
        }
    }
    if (found == NOBODY) {
        return NULL;
    }
    GArray *edges = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t state = found; state != NOBODY; state = way->before[state]) {
        g_array_append_val(edges, way->by[state]);
    }
    for (guint i = 0; i < edges->len / 2; i++) {
        uint32_t *all = (uint32_t *)(void *)edges->data, edge = all[i];
        all[i] = all[edges->len - 1 - i];
        all[edges->len - 1 - i] = edge;
    }
    return edges;
}

/* The shortest of that kind, as far as was looked; NULL: there is none, or no steps are left. */
static GArray *find_circle(const struct check_dependencies *dependencies,
                           const struct circle *circle, struct check_effort *effort,
                           struct check_effort *shortening)
{
    g_autofree uint32_t *places = order_by(dependencies, circle->first | circle->rest);
    if (places != NULL) {
        return NULL;
    }
    size_t states = 2 * (size_t)dependencies->node_count + 1;
    struct way way = {.dependencies = dependencies,
                      .leaving = leaving_of(dependencies),
                      .queue = g_new(uint32_t, states),
                      .by = g_new(uint32_t, states),
                      .before = g_new(uint32_t, states),
                      .reached = g_new0(uint32_t, states)};
    GArray *best = NULL;
    uint32_t tries = 0;
    for (uint32_t e = 0; e<dependencies->edges->len && * effort->steps> 0; e++) {
        if ((MASK(check_dependency_at(dependencies, e)->kind) & circle->first) == 0 ||
            (best != NULL && (best->len == 2 || tries++ >= TRIES_MAX))) {
            continue;
        }
        GArray *edges = circle_from(&way, circle, e, best == NULL ? effort : shortening);
        if (edges != NULL && (best == NULL || edges->len < best->len)) {
            GArray *worse = best;
            best = edges;
            edges = worse;
        }
        if (edges != NULL) {
            g_array_free(edges, TRUE);
        }
    }
    g_free(way.leaving.edges);
    g_free(way.leaving.first);
    g_free(way.queue);
    g_free(way.by);
    g_free(way.before);
    g_free(way.reached);
    return best;
}

/* ---- an order of registers ---- */

struct held {
    uint64_t key, value;
    uint32_t count; /* of a list */
    bool is_missing;
};

static bool plays_deed(GHashTable *state, const struct sim_check_transactions *transactions,
                       const struct check_deed *deed, bool is_sure)
{
    struct held *held = g_hash_table_lookup(state, &deed->key);
    if (held == NULL) {
        held = g_new0(struct held, 1);
        *held = (struct held){.key = deed->key, .is_missing = true};
        g_hash_table_insert(state, &held->key, held);
    }
    if (deed->kind != CHECK_DEED_READ) {
        *held = (struct held){deed->key, deed->value,
                              deed->kind == CHECK_DEED_APPEND ? held->count + 1 : 0, false};
        return true;
    }
    uint64_t value = deed->count > 0 ? g_array_index(transactions->values, uint64_t,
                                                     deed->first + deed->count - 1)
                                     : deed->value;
    return !is_sure || !deed->is_known ||
           (deed->is_missing == held->is_missing &&
            (deed->is_missing || (held->count == deed->count && held->value == value)));
}

/* Whether the transactions one after another in that order read what they did. */
static bool plays(const struct check_dependencies *dependencies, const uint32_t *places)
{
    const struct sim_check_transactions *transactions = dependencies->input->transactions;
    GHashTable *state = g_hash_table_new_full(sim_keyed_number, g_int64_equal, NULL, g_free);
    bool is_right = places != NULL;
    for (uint32_t i = 0; is_right && i < dependencies->node_count; i++) {
        bool counts = places[i] < dependencies->count && dependencies->has_happened[places[i]];
        if (!counts) {
            continue;
        }
        const struct check_transaction *transaction = check_transaction_at(transactions, places[i]);
        for (uint32_t d = 0; d < transaction->count && is_right; d++) {
            is_right =
                plays_deed(state, transactions, check_deed_at(transactions, transaction->first + d),
                           transaction->outcome == SIM_HISTORY_OK);
        }
    }
    g_hash_table_destroy(state);
    return is_right;
}

/* With time first, which is what most systems come near to. */
static bool has_order(const struct check_dependencies *dependencies, bool needs_time)
{
    g_autofree uint32_t *by_time = order_by(dependencies, WW | WR | RW | RT);
    if (plays(dependencies, by_time)) {
        return true;
    }
    g_autofree uint32_t *by_reads = needs_time ? NULL : order_by(dependencies, WW | WR | RW);
    return plays(dependencies, by_reads);
}

/* ---- verdicts ---- */

static bool find_mistake(const struct check_dependencies *dependencies, unsigned level,
                         struct sim_check_result *result)
{
    for (guint i = 0; i < dependencies->mistakes->len; i++) {
        const struct check_mistake *mistake =
            &g_array_index(dependencies->mistakes, struct check_mistake, i);
        unsigned denied = mistake->level == SIM_CHECK_READ_UNCOMMITTED ? ALL
                          : mistake->level == SIM_CHECK_READ_COMMITTED
                              ? COMMITTED
                              : SERIAL | LEVEL(SIM_CHECK_SNAPSHOT_ISOLATION);
        if ((denied & level) == 0) {
            continue;
        }
        bool is_one = mistake->writer == NOBODY;
        if (!is_one) {
            check_tell_transaction(result->told, dependencies->input, mistake->writer);
        }
        check_tell_transaction(result->told, dependencies->input, mistake->reader);
        g_auto(GStrv) parts = g_strsplit(mistake->what, "%s", 2);
        result->because = g_strdup_printf("%s%s%s", parts[0], is_one ? "this" : "these", parts[1]);
        return true;
    }
    return false;
}

/* Steps are left when none was found because there is none. */
static bool find_circles(const struct check_dependencies *dependencies, unsigned level,
                         const struct sim_check_limits *limits, uint64_t *steps,
                         struct sim_check_result *result)
{
    uint64_t cut_steps = limits->cut_steps_max;
    struct check_effort effort = {.steps = steps}, shortening = {.steps = &cut_steps};
    for (size_t i = 0; i < G_N_ELEMENTS(circles); i++) {
        GArray *edges = (circles[i].levels & level) != 0
                            ? find_circle(dependencies, &circles[i], &effort, &shortening)
                            : NULL;
        if (edges != NULL) {
            check_tell_circle(result->told, dependencies, edges);
            result->because = g_strdup_printf("%s: these wait for one another", circles[i].what);
            g_array_free(edges, TRUE);
            return true;
        }
    }
    return false;
}

/* Those of registers for which there is no order, less what only reads and is not needed. */
static void tell_unordered(const struct check_dependencies *dependencies, bool *counts,
                           bool keeps_time, const struct sim_check_limits *limits,
                           struct sim_check_result *result)
{
    const struct sim_check_transactions *transactions = dependencies->input->transactions;
    uint64_t steps = limits->cut_steps_max;
    for (uint32_t t = 0; t < dependencies->count; t++) {
        const struct check_transaction *of = check_transaction_at(transactions, t);
        bool is_needed = false;
        for (uint32_t d = 0; d < of->count; d++) {
            is_needed =
                is_needed || check_deed_at(transactions, of->first + d)->kind != CHECK_DEED_READ;
        }
        if (counts[t] && !is_needed && steps > 0) {
            counts[t] = false;
            counts[t] = check_transactions_search(transactions, counts, keeps_time, limits,
                                                  &steps) != SIM_CHECK_NO;
        }
        if (counts[t]) {
            check_tell_transaction(result->told, dependencies->input, t);
        }
    }
    result->because = g_strdup("no order explains these");
}

/* What is known of versions does not decide: by trying. Who left a value that was written twice is
 * not known, so that all that did not fail may have. */
static enum sim_check_verdict judge_by_search(const struct check_dependencies *dependencies,
                                              const struct sim_check_claim *claim,
                                              const struct sim_check_limits *limits,
                                              struct sim_check_result *result)
{
    const struct sim_check_transactions *transactions = dependencies->input->transactions;
    bool keeps_time = claim->level == SIM_CHECK_STRICT_SERIALIZABLE;
    bool is_serial = (SERIAL & LEVEL(claim->level)) != 0;
    uint64_t steps = limits->steps_max;
    enum sim_check_verdict verdict = SIM_CHECK_UNKNOWN;
    g_autofree bool *counts = g_new0(bool, dependencies->count + 1);
    for (uint32_t t = 0; t < dependencies->count; t++) {
        bool may_have = check_transaction_at(transactions, t)->outcome != SIM_HISTORY_FAIL;
        counts[t] = dependencies->has_twice ? may_have : dependencies->has_happened[t];
    }
    if (!transactions->has_lists) { /* what is serializable is all that is weaker too */
        verdict = check_transactions_search(transactions, counts, keeps_time, limits, &steps);
    }
    result->steps = limits->steps_max - steps;
    if (verdict == SIM_CHECK_NO && is_serial) {
        tell_unordered(dependencies, counts, keeps_time, limits, result);
    } else if (verdict != SIM_CHECK_YES) {
        verdict = SIM_CHECK_UNKNOWN;
        result->because = g_strdup(dependencies->has_twice
                                       ? "a value was written twice to a key: who read whose "
                                         "write cannot be told"
                                       : "nothing speaks against it, but what is known of the "
                                         "order of versions does not suffice");
    }
    return verdict;
}

/* Whether it matters for snapshot isolation in which order lists got what nobody saw. For the other
 * levels some order of all transactions, or of all but what overwrites, is an order of that, too.
 */
static bool is_torn(const struct check_dependencies *dependencies, unsigned level)
{
    if ((LEVEL(SIM_CHECK_SNAPSHOT_ISOLATION) & level) == 0 || !dependencies->has_unseen) {
        return false;
    }
    g_autofree uint32_t *places = order_by(dependencies, WW | WR | RW);
    return places == NULL;
}

static enum sim_check_verdict judge(const struct check_dependencies *dependencies,
                                    const struct sim_check_claim *claim,
                                    const struct sim_check_limits *limits,
                                    struct sim_check_result *result)
{
    unsigned level = LEVEL(claim->level);
    if (dependencies->has_twice) {
        return judge_by_search(dependencies, claim, limits, result);
    }
    uint64_t steps = limits->steps_max;
    if (find_mistake(dependencies, level, result) ||
        find_circles(dependencies, level, limits, &steps, result)) {
        result->is_minimal = true;
        return SIM_CHECK_NO;
    }
    if (steps == 0 || dependencies->is_short) {
        result->because = g_strdup("the search passed its limits");
        return SIM_CHECK_UNKNOWN;
    }
    bool needs_reads = ((SERIAL | LEVEL(SIM_CHECK_SNAPSHOT_ISOLATION)) & level) != 0;
    if (dependencies->has_registers && needs_reads &&
        !has_order(dependencies, claim->level == SIM_CHECK_STRICT_SERIALIZABLE)) {
        return judge_by_search(dependencies, claim, limits, result);
    }
    if (is_torn(dependencies, level)) {
        result->because = g_strdup("nothing speaks against it, but in which order lists got what "
                                   "nobody saw is not known");
        return SIM_CHECK_UNKNOWN;
    }
    return SIM_CHECK_YES;
}

/* All of a transaction at one instant while it runs is what strict serializable says. */
static struct sim_check_claim claim_of_transactions(const struct sim_check_claim *claim)
{
    return claim->level == SIM_CHECK_LINEARIZABLE
               ? (struct sim_check_claim){.level = SIM_CHECK_STRICT_SERIALIZABLE}
               : *claim;
}

void check_transactions_judge(const struct sim_check_input *input,
                              const struct sim_check_claim *claim,
                              const struct sim_check_limits *limits,
                              struct sim_check_result *result)
{
    struct sim_check_claim asked = claim_of_transactions(claim);
    if (input->transactions == NULL || asked.level < SIM_CHECK_READ_UNCOMMITTED) {
        result->verdict = SIM_CHECK_UNKNOWN;
        result->because =
            g_strdup(input->transactions == NULL ? "this is no history of transactions"
                                                 : "this is a history of transactions");
        return;
    }
    struct check_dependencies dependencies;
    check_dependencies_init(&dependencies, input, limits->bytes_max);
    result->told = g_ptr_array_new_with_free_func(g_free);
    result->operations = dependencies.count;
    result->verdict = judge(&dependencies, &asked, limits, result);
    check_dependencies_clear(&dependencies);
}

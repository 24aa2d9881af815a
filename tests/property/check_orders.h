/* Levels of consistency as their definitions say them: every order of all writes is tried, and
 * every rule is asked of every operation. Twins of the checkers, for histories of a few operations.
 */
#ifndef TESTS_PROPERTY_CHECK_ORDERS_H
#define TESTS_PROPERTY_CHECK_ORDERS_H

#include <string.h>

#include "check/check.h"

#define ORDERS_MAX 9 /* operations */

struct orders {
    const struct sim_history_entry *entries[ORDERS_MAX];
    int count;
    uint64_t initial;
    int source[ORDERS_MAX];                      /* -1: the start; -2: nobody */
    bool is_before[ORDERS_MAX][ORDERS_MAX];      /* in a session */
    bool is_cause[ORDERS_MAX][ORDERS_MAX];       /* sessions, and reading, closed */
    bool is_read_before[ORDERS_MAX][ORDERS_MAX]; /* write a was seen before write b was made */
    int place[ORDERS_MAX];                       /* of a write, in the order that is tried */
};

static inline bool orders_reads(const struct sim_history_entry *entry)
{
    return entry->function == SIM_HISTORY_READ || entry->function == SIM_HISTORY_COMPARE_AND_SET;
}

static inline bool orders_writes(const struct sim_history_entry *entry)
{
    return entry->function == SIM_HISTORY_WRITE ||
           (entry->function == SIM_HISTORY_COMPARE_AND_SET &&
            entry->outcome != SIM_HISTORY_MISMATCH);
}

static inline uint64_t orders_sees(const struct sim_history_entry *entry)
{
    return entry->function == SIM_HISTORY_READ || entry->outcome == SIM_HISTORY_MISMATCH
               ? entry->result
               : entry->expected;
}

static inline bool orders_returned(const struct sim_history_entry *entry)
{
    return entry->outcome != SIM_HISTORY_UNKNOWN;
}

/* A write that nobody who counts has seen, and that may not have happened, did not. */
static inline void orders_take(struct orders *o, const struct sim_history *history)
{
    bool happened[ORDERS_MAX] = {false};
    for (uint64_t round = 0; round <= history->count; round++) {
        for (uint64_t i = 0; i < history->count; i++) {
            const struct sim_history_entry *entry = &history->entries[i];
            happened[i] = happened[i] || orders_returned(entry);
            for (uint64_t j = 0; j < history->count && !happened[i]; j++) {
                const struct sim_history_entry *reader = &history->entries[j];
                happened[i] = happened[j] && orders_reads(reader) && reader->key == entry->key &&
                              orders_sees(reader) == entry->argument;
            }
        }
    }
    o->count = 0;
    for (uint64_t i = 0; i < history->count; i++) {
        if (happened[i]) {
            o->entries[o->count++] = &history->entries[i];
        }
    }
}

static inline void orders_close(bool relation[ORDERS_MAX][ORDERS_MAX], int count)
{
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                relation[i][j] = relation[i][j] || (relation[i][k] && relation[k][j]);
            }
        }
    }
}

static inline void orders_init(struct orders *o, const struct sim_check_input *input)
{
    memset(o, 0, sizeof *o);
    o->initial = input->initial;
    orders_take(o, &input->history);
    for (int i = 0; i < o->count; i++) {
        const struct sim_history_entry *a = o->entries[i];
        o->source[i] = orders_reads(a) && orders_sees(a) != o->initial ? -2 : -1;
        for (int j = 0; j < o->count; j++) {
            const struct sim_history_entry *b = o->entries[j];
            bool is_source = i != j && orders_reads(a) && orders_writes(b) && a->key == b->key &&
                             b->argument == orders_sees(a);
            o->source[i] = is_source ? j : o->source[i];
            o->is_before[i][j] = a->process == b->process && i < j && orders_returned(a) &&
                                 a->completed <= b->invoked;
            o->is_cause[i][j] = o->is_cause[i][j] || o->is_before[i][j];
            o->is_cause[j][i] = o->is_cause[j][i] || is_source;
        }
    }
    for (int r = 0; r < o->count; r++) {
        for (int w = 0; o->source[r] >= 0 && w < o->count; w++) {
            bool is_later = o->is_before[r][w] || r == w;
            o->is_read_before[o->source[r]][w] =
                o->is_read_before[o->source[r]][w] || (is_later && orders_writes(o->entries[w]));
        }
    }
    orders_close(o->is_cause, o->count);
    orders_close(o->is_read_before, o->count);
}

/* Whether read `r` gets write `w`, or a later one, or is of another key. */
static inline bool orders_gets(const struct orders *o, int w, int r)
{
    int source = o->source[r];
    return o->entries[w]->key != o->entries[r]->key || source == w ||
           (source >= 0 && o->place[w] < o->place[source]);
}

/* Whether write `a` must come before write `b`, of any keys. */
static inline bool orders_must(const struct orders *o, enum sim_check_level level, int a, int b)
{
    bool is_same_key = o->entries[a]->key == o->entries[b]->key;
    bool is_of_all = (o->is_before[a][b] && is_same_key) || o->source[b] == a;
    return is_of_all || (level == SIM_CHECK_MONOTONIC_WRITES && o->is_before[a][b]) ||
           (level == SIM_CHECK_WRITES_FOLLOW_READS && o->is_read_before[a][b]) ||
           (level == SIM_CHECK_CAUSAL && o->is_cause[a][b]);
}

/* Whether read `r` must get write `w` if they are of one key. */
static inline bool orders_is_due(const struct orders *o, enum sim_check_level level, int w, int r)
{
    bool is_due = false;
    if (level == SIM_CHECK_READ_MY_WRITES) {
        return o->is_before[w][r];
    }
    if (level == SIM_CHECK_CAUSAL) {
        return o->is_cause[w][r];
    }
    for (int q = 0; q < o->count; q++) {
        int seen = o->source[q];
        if (seen < 0 || (q != r && !o->is_before[q][r])) {
            continue;
        }
        is_due = is_due || (level == SIM_CHECK_MONOTONIC_READS && seen == w && q != r) ||
                 (level == SIM_CHECK_MONOTONIC_WRITES && o->is_before[w][seen]) ||
                 (level == SIM_CHECK_WRITES_FOLLOW_READS && o->is_read_before[w][seen]);
    }
    return is_due;
}

static inline bool orders_fits(const struct orders *o, enum sim_check_level level)
{
    for (int w = 0; w < o->count; w++) {
        for (int i = 0; orders_writes(o->entries[w]) && i < o->count; i++) {
            if (orders_writes(o->entries[i]) && orders_must(o, level, w, i) &&
                o->place[w] >= o->place[i]) {
                return false;
            }
            if (orders_reads(o->entries[i]) && orders_is_due(o, level, w, i) &&
                !orders_gets(o, w, i)) {
                return false;
            }
        }
    }
    return true;
}

static inline bool orders_try(struct orders *o, enum sim_check_level level, int placed)
{
    bool is_done = true;
    for (int i = 0; i < o->count; i++) {
        if (orders_writes(o->entries[i]) && o->place[i] == 0) {
            is_done = false;
            o->place[i] = placed + 1;
            bool fits = orders_try(o, level, placed + 1);
            o->place[i] = 0;
            if (fits) {
                return true;
            }
        }
    }
    return is_done && orders_fits(o, level);
}

/* ---- staleness and losses ---- */

static inline bool orders_has_source(const struct orders *o, int r)
{
    int source = o->source[r];
    return source == -1 || (source >= 0 && o->entries[source]->invoked <= o->entries[r]->completed);
}

/* How many writes of its key come between the source of a read and the read, when that began
 * `earlier` than it did, in the order that is tried. */
static inline uint64_t orders_between(const struct orders *o, int r, sim_time earlier)
{
    const struct sim_history_entry *read = o->entries[r];
    int from = o->source[r] >= 0 ? o->place[o->source[r]] : 0, to = from;
    uint64_t count = 0;
    for (int w = 0; w < o->count; w++) {
        bool must = o->place[w] > 0 && o->entries[w]->completed < read->invoked - earlier;
        to = must && o->place[w] > to ? o->place[w] : to;
    }
    for (int w = 0; w < o->count; w++) {
        count += o->place[w] > from && o->place[w] <= to;
    }
    return count;
}

/* The least of that over all orders of its key's writes in which none comes after one that began
 * after it had ended. */
static inline uint64_t orders_least_between(struct orders *o, int r, sim_time earlier, int placed)
{
    uint64_t least = UINT64_MAX;
    bool is_done = true;
    for (int w = 0; w < o->count; w++) {
        const struct sim_history_entry *write = o->entries[w];
        if (!orders_writes(write) || write->key != o->entries[r]->key || o->place[w] > 0) {
            continue;
        }
        bool waits = false; /* for one that is not placed */
        for (int v = 0; v < o->count; v++) {
            const struct sim_history_entry *other = o->entries[v];
            waits = waits || (orders_writes(other) && other->key == write->key &&
                              o->place[v] == 0 && other->completed < write->invoked);
        }
        is_done = false;
        if (!waits) {
            o->place[w] = placed + 1;
            uint64_t between = orders_least_between(o, r, earlier, placed + 1);
            least = between < least ? between : least;
            o->place[w] = 0;
        }
    }
    return is_done ? orders_between(o, r, earlier) : least;
}

static inline bool orders_is_stale(struct orders *o, uint64_t versions, sim_time earlier)
{
    for (int r = 0; r < o->count; r++) {
        if (orders_reads(o->entries[r]) &&
            (!orders_has_source(o, r) || orders_least_between(o, r, earlier, 0) > versions)) {
            return true;
        }
    }
    return false;
}

static inline bool orders_has_lost_update(const struct orders *o)
{
    for (int i = 0; i < o->count; i++) {
        bool is_swap = orders_reads(o->entries[i]) && orders_writes(o->entries[i]) &&
                       o->entries[i]->expected != o->entries[i]->argument;
        if (is_swap && o->source[i] == -2) {
            return true;
        }
        for (int j = 0; is_swap && j < o->count; j++) {
            if (j != i && orders_writes(o->entries[j]) && orders_reads(o->entries[j]) &&
                o->entries[j]->expected != o->entries[j]->argument &&
                o->source[j] == o->source[i] && o->entries[j]->key == o->entries[i]->key) {
                return true;
            }
        }
    }
    return false;
}

static inline bool orders_is_lost(const struct orders *o, int w, sim_time later)
{
    const struct sim_history_entry *write = o->entries[w];
    bool is_late = false;
    for (int r = 0; r < o->count; r++) {
        const struct sim_history_entry *read = o->entries[r];
        if (!orders_reads(read) || !orders_has_source(o, r) || read->key != write->key ||
            read->invoked <= write->completed) {
            continue;
        }
        const struct sim_history_entry *source =
            o->source[r] >= 0 ? o->entries[o->source[r]] : NULL;
        if (source != NULL && source->completed >= write->invoked) {
            return false;
        }
        is_late = is_late || read->invoked >= write->completed + later;
    }
    return is_late;
}

static inline bool orders_has_lost_write(const struct orders *o, sim_time later)
{
    for (int w = 0; w < o->count; w++) {
        if (orders_writes(o->entries[w]) && orders_returned(o->entries[w]) &&
            orders_is_lost(o, w, later)) {
            return true;
        }
    }
    return false;
}

/* ---- one order of all ---- */

/* Whether all that are not placed can follow, when each key holds what the one of that index left.
 * Behind what its session did before comes everything, or with is_split a write behind writes and a
 * read behind reads. */
static inline bool orders_has_walk(const struct orders *o, bool is_split, unsigned placed,
                                   int left_0, int left_1)
{
    bool is_done = true;
    for (int i = 0; i < o->count; i++) {
        const struct sim_history_entry *entry = o->entries[i];
        int left = entry->key == 0 ? left_0 : left_1;
        bool is_next = (placed >> i & 1) == 0;
        is_done = is_done && !is_next;
        for (int j = 0; j < o->count; j++) {
            bool is_held = o->is_before[j][i] &&
                           (!is_split || orders_writes(o->entries[j]) == orders_writes(entry));
            is_next = is_next && (!is_held || (placed >> j & 1) != 0);
        }
        is_next = is_next && (!orders_reads(entry) || o->source[i] == left);
        left = orders_writes(entry) ? i : left;
        if (is_next &&
            orders_has_walk(o, is_split, placed | 1u << i, entry->key == 0 ? left : left_0,
                            entry->key == 0 ? left_1 : left)) {
            return true;
        }
    }
    return is_done;
}

/* ---- verdicts ---- */

static inline enum sim_check_verdict orders_verdict(const struct sim_check_input *input,
                                                    const struct sim_check_claim *claim)
{
    enum sim_check_level level = claim->level;
    struct orders o;
    bool is_wrong = false;
    orders_init(&o, input);
    if (level >= SIM_CHECK_VERSIONS_STALE) {
        is_wrong = level == SIM_CHECK_VERSIONS_STALE ? orders_is_stale(&o, claim->bound, 0)
                   : level == SIM_CHECK_TIME_STALE ? orders_is_stale(&o, 0, (sim_time)claim->bound)
                   : level == SIM_CHECK_NO_LOST_UPDATES
                       ? orders_has_lost_update(&o)
                       : orders_has_lost_write(&o, (sim_time)claim->bound);
        return is_wrong ? SIM_CHECK_NO : SIM_CHECK_YES;
    }
    if (level == SIM_CHECK_SEQUENTIAL || level == SIM_CHECK_CONSISTENT_PREFIX) {
        is_wrong = !orders_has_walk(&o, level == SIM_CHECK_CONSISTENT_PREFIX, 0, -1, -1);
        return is_wrong ? SIM_CHECK_NO : SIM_CHECK_YES;
    }
    for (int i = 0; i < o.count; i++) {
        bool is_circular = o.is_cause[i][i] && level == SIM_CHECK_CAUSAL;
        if ((orders_reads(o.entries[i]) && o.source[i] == -2) || is_circular) {
            return SIM_CHECK_NO;
        }
    }
    return orders_try(&o, level, 0) ? SIM_CHECK_YES : SIM_CHECK_NO;
}

#endif

/* Accesses: from the history; sources by value; sessions. See accesses.h. */
#include "check/accesses.h"

#include <inttypes.h>
#include <string.h>

#include "base/keyed.h"
#include "base/sort.h"

/* What a write left of a key, to find who left a value. */
struct mark {
    uint64_t value;
    uint32_t key, access;
};

static bool is_of_register(uint8_t function)
{
    return function == SIM_HISTORY_READ || function == SIM_HISTORY_WRITE ||
           function == SIM_HISTORY_DELETE || function == SIM_HISTORY_COMPARE_AND_SET;
}

static void complain(struct check_accesses *accesses, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void complain(struct check_accesses *accesses, const char *format, ...)
{
    if (accesses->trouble == NULL) {
        va_list arguments;
        va_start(arguments, format);
        accesses->trouble = g_strdup_vprintf(format, arguments);
        va_end(arguments);
    }
}

/* ---- sessions ---- */

static int compare_ended(const void *a, const void *b, void *data)
{
    const struct check_access *all = data;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct check_access *x = &all[i], *y = &all[j];
    if (x->session != y->session) {
        return x->session < y->session ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return (i > j) - (i < j);
}

/* How many of the session's ended ones came to their end by `call`; at one instant, which is how an
 * eager client goes on, the order in which they were recorded counts. */
static uint32_t count_before(const struct check_accesses *accesses, uint32_t index)
{
    const struct check_access *access = &accesses->all[index];
    uint32_t first = accesses->ended_first[access->session];
    uint32_t low = first, high = accesses->ended_first[access->session + 1];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        uint32_t other = accesses->ended[middle];
        sim_time end = accesses->all[other].end;
        if (end < access->call || (end == access->call && other < index)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - first;
}

/* Numbers sessions anew, in the order of their first operation, and sorts what they did. */
static void arrange_sessions(struct check_accesses *accesses)
{
    uint32_t ended_count = 0;
    accesses->ended = g_new(uint32_t, accesses->count + 1);
    accesses->ended_first = g_new0(uint32_t, accesses->session_count + 2);
    for (uint32_t i = 0; i < accesses->count; i++) {
        struct check_access *access = &accesses->all[i];
        access->rank = CHECK_UNRETURNED;
        if (access->end != SIM_NEVER) {
            accesses->ended[ended_count++] = i;
            accesses->ended_first[access->session + 1]++;
        }
    }
    for (uint32_t s = 0; s < accesses->session_count; s++) {
        accesses->ended_first[s + 1] += accesses->ended_first[s];
    }
    sim_sort(accesses->ended, ended_count, sizeof *accesses->ended, compare_ended, accesses->all);
    for (uint32_t e = 0; e < ended_count; e++) {
        struct check_access *access = &accesses->all[accesses->ended[e]];
        access->rank = e - accesses->ended_first[access->session];
    }
    for (uint32_t i = 0; i < accesses->count; i++) {
        accesses->all[i].before = count_before(accesses, i);
    }
}

/* The number of a name, which is the next one when it is new. */
static uint32_t number_of(GHashTable *numbers, const void *name, uint32_t *count)
{
    gpointer number;
    if (g_hash_table_lookup_extended(numbers, name, NULL, &number)) {
        return GPOINTER_TO_UINT(number);
    }
    g_hash_table_insert(numbers, (gpointer)name, GUINT_TO_POINTER(*count));
    return (*count)++;
}

/* Keys and sessions by their first operations; sessions from `session`, or from processes. */
static void arrange(struct check_accesses *accesses)
{
    const struct sim_history_entry *entries = accesses->input->history.entries;
    GHashTable *keys = g_hash_table_new(sim_keyed_number, g_int64_equal);
    GHashTable *sessions = g_hash_table_new(sim_keyed_direct, g_direct_equal);
    for (uint32_t i = 0; i < accesses->count; i++) {
        struct check_access *access = &accesses->all[i];
        const struct sim_history_entry *entry = &entries[access->entry];
        access->key = number_of(keys, &entry->key, &accesses->key_count);
        access->session =
            entry->process == SIM_HISTORY_NO_PROCESS
                ? accesses->session_count++
                : number_of(sessions, GUINT_TO_POINTER(entry->process), &accesses->session_count);
    }
    g_hash_table_destroy(keys);
    g_hash_table_destroy(sessions);
    arrange_sessions(accesses);
}

/* ---- sources ---- */

static int compare_marks(const void *a, const void *b, void *data)
{
    (void)data;
    const struct mark *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->value > y->value) - (x->value < y->value);
}

/* The first mark of that value; where none is, the place where it would be. */
static uint32_t find_mark(const struct mark *marks, uint32_t count, const struct mark *wanted)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (compare_marks(&marks[middle], wanted, NULL) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t initial_of(const struct check_accesses *accesses)
{
    return accesses->input->has_initial ? accesses->input->initial : CHECK_NOTHING;
}

static void find_source(struct check_accesses *accesses, struct check_access *access,
                        const struct mark *marks, uint32_t count)
{
    struct mark wanted = {access->sees, access->key, 0};
    uint32_t at = find_mark(marks, count, &wanted);
    uint32_t found = 0;
    for (; at + found < count && compare_marks(&marks[at + found], &wanted, NULL) == 0; found++) {
        access->source = marks[at + found].access;
    }
    if (access->sees == initial_of(accesses)) {
        access->source = CHECK_START;
        found++;
    }
    if (found == 0) {
        access->source = CHECK_NOBODY;
    }
    if (found > 1) {
        const struct sim_history_entry *entry = &accesses->input->history.entries[access->entry];
        complain(accesses,
                 "of key %" PRIu64 " a value was read that may come from several: only where what "
                 "is written differs can be told who read whose write",
                 entry->key);
    }
}

static void find_sources(struct check_accesses *accesses)
{
    struct mark *marks = g_new(struct mark, accesses->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        if (access->writes) {
            marks[count++] = (struct mark){access->leaves, access->key, i};
        }
    }
    sim_sort(marks, count, sizeof *marks, compare_marks, NULL);
    for (uint32_t i = 0; i < accesses->count; i++) {
        struct check_access *access = &accesses->all[i];
        access->source = CHECK_START;
        if (access->reads) {
            find_source(accesses, access, marks, count);
        }
    }
    g_free(marks);
}

/* ---- from the history ---- */

static struct check_access access_of(const struct sim_history_entry *entry, uint32_t index)
{
    struct check_operation operation = check_operation_of(entry, index);
    bool is_swap = entry->function == SIM_HISTORY_COMPARE_AND_SET && !operation.is_pure;
    bool is_unknown = entry->outcome == SIM_HISTORY_UNKNOWN;
    return (struct check_access){
        .entry = index,
        .is_pure = operation.is_pure,
        .reads = is_swap || (operation.is_pure && operation.knows),
        .writes = !operation.is_pure,
        .sees = is_swap ? entry->expected : operation.result,
        .leaves = entry->function == SIM_HISTORY_DELETE ? CHECK_NOTHING : entry->argument,
        .call = entry->invoked,
        .end = is_unknown ? SIM_NEVER : entry->completed,
    };
}

static int compare_calls(const void *a, const void *b, void *data)
{
    (void)data;
    const struct check_access *x = a, *y = b;
    return (x->call > y->call) - (x->call < y->call);
}

/* What may not have happened, and nobody saw. */
static void leave_out_unseen(struct check_accesses *accesses)
{
    struct check_accesses some;
    bool *keeps = g_new(bool, accesses->count + 1);
    memset(keeps, true, accesses->count * sizeof *keeps);
    check_accesses_some(accesses, keeps, &some);
    check_accesses_clear(accesses);
    *accesses = some;
    g_free(keeps);
}

void check_accesses_init(struct check_accesses *accesses, struct sim_check_input *input)
{
    const struct sim_history *history = &input->history;
    *accesses = (struct check_accesses){.input = input, .is_register = true};
    accesses->all = g_new(struct check_access, history->count + 1);
    for (uint32_t i = 0; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        if (!check_is_telling(entry)) {
            continue;
        }
        accesses->all[accesses->count++] = access_of(entry, i);
        if (!is_of_register(entry->function)) {
            accesses->is_register = false;
            complain(accesses, "only of reads, writes and compare-and-sets can be told who read "
                               "whose write");
        }
    }
    sim_sort(accesses->all, accesses->count, sizeof *accesses->all, compare_calls, NULL);
    arrange(accesses);
    if (accesses->trouble == NULL) {
        find_sources(accesses);
    }
    if (accesses->trouble == NULL) {
        leave_out_unseen(accesses);
    }
}

void check_accesses_clear(struct check_accesses *accesses)
{
    g_free(accesses->all);
    g_free(accesses->ended);
    g_free(accesses->ended_first);
    g_free(accesses->trouble);
    *accesses = (struct check_accesses){0};
}

/* ---- some of them ---- */

/* True when something was dropped. */
static bool drop_readers(const struct check_accesses *accesses, bool *keeps)
{
    bool is_changed = false;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        bool loses = access->reads && access->source < accesses->count && !keeps[access->source];
        is_changed = is_changed || (keeps[i] && loses);
        keeps[i] = keeps[i] && !loses;
    }
    return is_changed;
}

/* Drops what may not have happened, and what nobody who is left saw. */
static void drop_unseen(const struct check_accesses *accesses, bool *keeps)
{
    bool *happened = g_new0(bool, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        uint32_t at = keeps[i] && accesses->all[i].end != SIM_NEVER ? i : CHECK_START;
        while (at < accesses->count && !happened[at]) { /* what was seen has happened */
            happened[at] = true;
            at = accesses->all[at].reads ? accesses->all[at].source : CHECK_START;
        }
    }
    memcpy(keeps, happened, accesses->count * sizeof *keeps);
    g_free(happened);
}

void check_accesses_some(const struct check_accesses *accesses, const bool *keeps,
                         struct check_accesses *ret_some)
{
    struct check_accesses some = {.input = accesses->input,
                                  .is_register = accesses->is_register,
                                  .trouble = g_strdup(accesses->trouble)};
    bool *stays = g_memdup2(keeps, accesses->count * sizeof *keeps);
    uint32_t *numbers = g_new(uint32_t, accesses->count + 1);
    while (accesses->trouble == NULL && drop_readers(accesses, stays)) {
    }
    if (accesses->trouble == NULL) {
        drop_unseen(accesses, stays);
    }
    some.all = g_new(struct check_access, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        numbers[i] = some.count;
        if (stays[i]) {
            some.all[some.count++] = accesses->all[i];
        }
    }
    for (uint32_t i = 0; i < some.count; i++) {
        uint32_t source = some.all[i].source;
        some.all[i].source = source < accesses->count ? numbers[source] : source;
    }
    g_free(stays);
    g_free(numbers);
    arrange(&some);
    *ret_some = some;
}

void check_accesses_split(const struct check_accesses *accesses, struct check_accesses *ret_split)
{
    *ret_split = *accesses;
    ret_split->trouble = g_strdup(accesses->trouble);
    ret_split->all = g_memdup2(accesses->all, (accesses->count + 1) * sizeof *accesses->all);
    ret_split->session_count = 2 * accesses->session_count;
    for (uint32_t i = 0; i < ret_split->count; i++) {
        struct check_access *access = &ret_split->all[i];
        access->session = 2 * access->session + access->is_pure;
    }
    arrange_sessions(ret_split);
}

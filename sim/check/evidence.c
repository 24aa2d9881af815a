/* Evidence: the smallest piece of a wrong history that is wrong by itself.
 *
 * What may be done to a history without making a right one wrong: leaving out an operation that
 * changes nothing; forgetting that an operation ever returned, and what it said, so that it may
 * take effect at any time after its invocation or never; and leaving out one that is unknown
 * already and whose value nobody who is left can have seen; of sets and queues looking only at some
 * of the things that are in them. So a piece that is still wrong after
 * these is proof against the whole. They are tried on ever smaller groups of operations, as long as
 * the piece stays wrong (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
 * input", IEEE TSE 28(2), 2002).
 */
#include <string.h>

#include "base/keyed.h"
#include "check/operations.h"

#define GROUP_SMALL 16u /* operations that are tried together at the end */
#define ROUNDS_MAX 64u  /* of swaps that follow one another against the order of invocation */

static struct check_part copy_of(const struct check_part *part)
{
    struct check_part copy = *part;
    copy.operations = g_memdup2(part->operations, part->count * sizeof *part->operations);
    return copy;
}

static bool is_wrong(const struct check_part *part, const struct sim_check_limits *limits,
                     uint64_t *steps)
{
    uint32_t stuck;
    *steps = *steps > part->count ? *steps - part->count : 0; /* what it takes without a search */
    return check_decide(part, limits->bytes_max, steps, &stuck) == SIM_CHECK_NO;
}

/* Values that matter: somebody saw or expected them, or what may have come of them matters. */
struct sights {
    GHashTable *values; /* of uint64_t fields of operations */
    bool is_all;        /* somebody depends on whatever was there before */
};

static bool is_swap(const struct check_operation *operation)
{
    return operation->function == SIM_HISTORY_COMPARE_AND_SET;
}

/* Whether it matters what the operation leaves behind. */
static bool is_seen(const struct sights *sights, const struct check_operation *operation)
{
    uint64_t left = operation->function == SIM_HISTORY_DELETE ? CHECK_NOTHING : operation->argument;
    return sights->is_all || g_hash_table_contains(sights->values, &left);
}

static void add_known(struct sights *sights, const struct check_operation *operation)
{
    bool is_read = operation->function == SIM_HISTORY_READ;
    bool is_blind =
        operation->function == SIM_HISTORY_WRITE || operation->function == SIM_HISTORY_DELETE;
    bool is_mismatch = operation->outcome == SIM_HISTORY_MISMATCH && !operation->knows;
    sights->is_all =
        sights->is_all || is_mismatch || (!is_swap(operation) && !is_read && !is_blind);
    if (is_read || operation->knows) {
        g_hash_table_add(sights->values, (gpointer)&operation->result);
    }
    if (is_swap(operation)) {
        g_hash_table_add(sights->values, (gpointer)&operation->expected);
    }
}

static struct sights sights_of(const struct check_part *part)
{
    struct sights sights = {.values = g_hash_table_new(sim_keyed_number, g_int64_equal)};
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        if (operation->outcome != SIM_HISTORY_UNKNOWN || !is_swap(operation)) {
            add_known(&sights, operation);
        }
    }
    guint before, rounds = 0;
    do { /* what an uncertain swap expects matters when what it leaves does */
        before = g_hash_table_size(sights.values);
        sights.is_all = sights.is_all || rounds++ == ROUNDS_MAX;
        for (uint32_t i = part->count; i-- > 0 && !sights.is_all;) {
            const struct check_operation *operation = &part->operations[i];
            if (is_swap(operation) && is_seen(&sights, operation)) {
                g_hash_table_add(sights.values, (gpointer)&operation->expected);
            }
        }
    } while (g_hash_table_size(sights.values) > before);
    return sights;
}

static void leave_out(struct check_part *part, const bool *goes)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        if (!goes[i]) {
            part->operations[kept++] = part->operations[i];
        }
    }
    part->count = kept;
}

/* Weakens operations [from, to), or only those that change nothing; what nobody can have seen goes
 * at once. True when that changed anything. */
static bool weaken(struct check_part *part, uint32_t from, uint32_t to, bool is_gentle)
{
    g_autofree bool *goes = g_new0(bool, part->count);
    bool is_changed = false;
    for (uint32_t i = from; i < to; i++) {
        struct check_operation *operation = &part->operations[i];
        goes[i] = operation->is_pure;
        bool is_loose = operation->outcome == SIM_HISTORY_UNKNOWN || is_gentle;
        is_changed = is_changed || operation->is_pure || !is_loose;
        if (!operation->is_pure && !is_gentle) {
            operation->outcome = SIM_HISTORY_UNKNOWN;
            operation->knows = false;
        }
    }
    leave_out(part, goes);
    struct sights sights = sights_of(part);
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        goes[i] = operation->outcome == SIM_HISTORY_UNKNOWN && !is_seen(&sights, operation);
        is_changed = is_changed || goes[i];
    }
    g_hash_table_destroy(sights.values);
    leave_out(part, goes);
    check_part_order(part);
    return is_changed;
}

/* Keeps what was invoked before the operation that could not be placed had ended. Mostly that is
 * wrong already; not where what others were told later had said what they did until then. */
static void cut_after(struct check_part *part, uint32_t stuck)
{
    uint32_t end = part->operations[stuck].end;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        struct check_operation *operation = &part->operations[i];
        if (operation->call > end || (operation->end > end && operation->is_pure)) {
            continue;
        }
        if (operation->end > end) {
            operation->outcome = SIM_HISTORY_UNKNOWN;
            operation->knows = false;
        }
        part->operations[kept++] = *operation;
    }
    part->count = kept;
    check_part_order(part);
}

/* One pass over groups of that size, from the end. True when something could be weakened. */
static bool pass(struct check_part *part, const struct sim_check_limits *limits, uint64_t *steps,
                 uint32_t size, bool is_gentle)
{
    bool is_changed = false;
    for (uint32_t to = part->count; to > 0 && *steps > 0;) {
        uint32_t from = to > size ? to - size : 0;
        struct check_part weaker = copy_of(part);
        *steps = *steps > part->count / 4 ? *steps - part->count / 4 : 0;
        uint32_t next = from;
        if (weaken(&weaker, from, to, is_gentle) && is_wrong(&weaker, limits, steps)) {
            check_part_clear(part);
            *part = weaker;
            is_changed = true;
            next = next < part->count ? next : part->count;
        } else {
            check_part_clear(&weaker);
        }
        to = next;
    }
    return is_changed;
}

/* ---- sets and queues ---- */

/* What was read of a set, less all that is not among the numbers. */
static uint64_t state_among(struct sim_check_input *input, uint64_t state, GHashTable *numbers)
{
    g_autoptr(GArray) all = check_numbers_of(input, state);
    guint kept = 0;
    for (guint i = 0; i < all->len; i++) {
        uint64_t number = g_array_index(all, uint64_t, i);
        if (g_hash_table_contains(numbers, &number)) {
            g_array_index(all, uint64_t, kept++) = number;
        }
    }
    g_array_set_size(all, kept);
    return check_set_state(input, all);
}

/* What is done with those numbers only. A queue's other operations that took something, nobody
 * knows what, stay; who found nothing does so too. */
static struct check_part part_among(const struct check_part *part, GHashTable *numbers)
{
    struct check_part some = copy_of(part);
    some.count = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        struct check_operation operation = part->operations[i];
        bool stays = true;
        if (operation.function == SIM_HISTORY_READ) {
            operation.result = state_among(part->input, operation.result, numbers);
        } else if (operation.function != SIM_HISTORY_DEQUEUE) {
            stays = g_hash_table_contains(numbers, &operation.argument);
        } else if (operation.outcome != SIM_HISTORY_UNKNOWN && operation.result != CHECK_NOTHING) {
            stays = g_hash_table_contains(numbers, &operation.result);
        }
        if (stays) {
            some.operations[some.count++] = operation;
        }
    }
    check_part_order(&some);
    return some;
}

/* Looks only at the things that it is about, where these are known. */
static void cut_things(struct check_part *part, const struct sim_check_limits *limits,
                       uint64_t *steps)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    uint32_t stuck;
    if (check_growing_applies(part)) {
        check_growing(part, &stuck, numbers);
    } else if (check_queue_applies(part)) {
        check_queue(part, numbers);
    } else {
        return;
    }
    g_autoptr(GHashTable) among = g_hash_table_new(sim_keyed_number, g_int64_equal);
    for (guint i = 0; i < numbers->len; i++) {
        g_hash_table_add(among, &g_array_index(numbers, uint64_t, i));
    }
    struct check_part some = part_among(part, among);
    bool is_enough = is_wrong(&some, limits, steps);
    check_part_clear(is_enough ? part : &some);
    *part = is_enough ? some : *part;
}

bool check_cut(struct check_part *part, const struct sim_check_limits *limits, uint32_t stuck)
{
    uint64_t steps = limits->cut_steps_max;
    if (stuck != CHECK_NEVER) {
        struct check_part beginning = copy_of(part);
        cut_after(&beginning, stuck);
        bool is_enough = is_wrong(&beginning, limits, &steps);
        check_part_clear(is_enough ? part : &beginning);
        *part = is_enough ? beginning : *part;
    }
    cut_things(part, limits, &steps);
    uint32_t size = part->count / 2;
    for (; size > GROUP_SMALL && steps > 0; size /= 2) {
        pass(part, limits, &steps, size, true);
        pass(part, limits, &steps, size, false);
    }
    for (int gentle = 1; gentle >= 0; gentle--) { /* first what can be left out whole */
        for (uint32_t group = size; group > 1 && steps > 0; group /= 2) {
            pass(part, limits, &steps, group, gentle != 0);
        }
        while (steps > 0 && pass(part, limits, &steps, 1, gentle != 0)) {
        }
    }
    return steps > 0;
}

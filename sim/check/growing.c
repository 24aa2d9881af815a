/* Sets to which things are only added: linearizability in O(n log n) of all that was read.
 *
 * What such a set held at two instants is the one in the other, so that reads fall into classes
 * that hold ever more: class 0 nothing, class k what was new there and all before. Give a read of
 * class k the level 2k, and an add of what class k was the first to hold at least 2k - 1, of what
 * nobody has seen at least one more than any read. There is an order exactly when levels can be
 * given that never fall from an operation to one that began when it had ended, where of each thing
 * that was seen some add has just its least level: by level, and by time within a level, the adds
 * before class k leave what class k holds. The least levels are found by one walk along the events,
 * and no other ones do better.
 */
#include <string.h>

#include "base/keyed.h"
#include "base/sort.h"
#include "check/operations.h"

/* What reads have seen, by number: the first class that holds it. */
struct seen {
    uint64_t number;
    uint32_t class_index;
    bool is_added;   /* some add of it has its least level */
    bool is_blocked; /* no add has, since before the first one there was another thing: */
    uint64_t blocker;
};

struct class
{
    uint64_t state;
    GArray *numbers; /* uint64_t, in order */
    uint64_t first;  /* one that the class before does not hold */
};

struct growing {
    const struct check_part *part;
    GArray *classes;     /* struct class, from few to many */
    GHashTable *indices; /* state -> index of its class + 1 */
    GHashTable *seen;    /* number -> struct seen */
    GArray *culprits;    /* numbers that what is wrong is about; or NULL */
};

bool check_growing_applies(const struct check_part *part)
{
    bool does = part->input->model == SIM_CHECK_SET;
    for (uint32_t i = 0; i < part->count && does; i++) {
        does = part->operations[i].function == SIM_HISTORY_ADD ||
               part->operations[i].function == SIM_HISTORY_READ;
    }
    return does;
}

/* ---- classes ---- */

static void class_clear(gpointer data)
{
    struct class *class = data;
    g_array_free(class->numbers, TRUE);
}

static int by_size(const void *a, const void *b, void *data)
{
    (void)data;
    const struct class *x = a, *y = b;
    return (x->numbers->len > y->numbers->len) - (x->numbers->len < y->numbers->len);
}

static void add_class(struct growing *growing, uint64_t state)
{
    if (g_hash_table_add(growing->indices, g_memdup2(&state, sizeof state))) {
        struct class class = {.state = state,
                              .numbers = check_numbers_of(growing->part->input, state)};
        g_array_append_val(growing->classes, class);
    }
}

static void blame(struct growing *growing, uint64_t number)
{
    if (growing->culprits != NULL) {
        g_array_append_val(growing->culprits, number);
    }
}

/* The first of some numbers, in order, that is not among others; false: all are. */
static bool first_outside(const GArray *numbers, const GArray *others, uint64_t *ret_number)
{
    guint at = 0;
    for (guint i = 0; i < numbers->len; i++) {
        uint64_t number = g_array_index(numbers, uint64_t, i);
        while (at < others->len && (int64_t)g_array_index(others, uint64_t, at) < (int64_t)number) {
            at++;
        }
        if (at == others->len || g_array_index(others, uint64_t, at) != number) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

/* What the class holds and the one before does not is first seen there. */
static void note_seen(struct growing *growing, uint32_t index)
{
    struct class *class = &g_array_index(growing->classes, struct class, index);
    for (guint i = 0; i < class->numbers->len; i++) {
        uint64_t *number = &g_array_index(class->numbers, uint64_t, i);
        if (!g_hash_table_contains(growing->seen, number)) {
            struct seen *seen = g_new0(struct seen, 1);
            *seen = (struct seen){.number = *number, .class_index = index};
            g_hash_table_insert(growing->seen, &seen->number, seen);
            class->first = *number;
        }
    }
}

/* False where two reads hold each what the other does not. */
static bool find_classes(struct growing *growing)
{
    add_class(growing, growing->part->initial);
    for (uint32_t i = 0; i < growing->part->count; i++) {
        if (growing->part->operations[i].function == SIM_HISTORY_READ) {
            add_class(growing, growing->part->operations[i].result);
        }
    }
    sim_sort(growing->classes->data, growing->classes->len, sizeof(struct class), by_size, NULL);
    for (guint i = 0; i < growing->classes->len; i++) {
        const struct class *class = &g_array_index(growing->classes, struct class, i);
        const struct class *before = i > 0 ? class - 1 : NULL;
        uint64_t missing, more;
        if (before != NULL && first_outside(before->numbers, class->numbers, &missing)) {
            blame(growing, missing);
            if (first_outside(class->numbers, before->numbers, &more)) {
                blame(growing, more);
            }
            return false;
        }
        g_hash_table_insert(growing->indices, g_memdup2(&class->state, sizeof class->state),
                            GUINT_TO_POINTER(i + 1));
        note_seen(growing, i);
    }
    return true;
}

/* ---- levels ---- */

/* A level, and a number that shows that nothing below it will do. */
struct level {
    uint32_t level;
    uint64_t number;
};

static struct level least_of(struct growing *growing, const struct check_operation *operation)
{
    uint32_t count = growing->classes->len;
    if (operation->function == SIM_HISTORY_READ) {
        uint32_t index =
            GPOINTER_TO_UINT(g_hash_table_lookup(growing->indices, &operation->result)) - 1;
        return (struct level){2 * index,
                              g_array_index(growing->classes, struct class, index).first};
    }
    const struct seen *seen = g_hash_table_lookup(growing->seen, &operation->argument);
    return (struct level){seen != NULL ? 2 * seen->class_index - 1 : 2 * count - 1,
                          operation->argument};
}

/* Notes the least level that is the operation's own; what ended before may have a higher one. False
 * where that is too high for a read. */
static bool begin(struct growing *growing, const struct check_operation *operation,
                  const struct level *ended, struct level *level)
{
    *level = least_of(growing, operation);
    bool is_free = ended->level <= level->level;
    if (operation->function == SIM_HISTORY_READ) {
        if (!is_free) {
            blame(growing, ended->number);
        }
        return is_free;
    }
    struct seen *seen = g_hash_table_lookup(growing->seen, &operation->argument);
    if (seen != NULL && is_free) {
        seen->is_added = true;
    } else if (seen != NULL && !seen->is_blocked) {
        seen->is_blocked = true;
        seen->blocker = ended->number;
    }
    return true;
}

/* Walks along the events. False where no levels will do: *ret_stuck, a read, or CHECK_NEVER. */
static bool find_levels(struct growing *growing, uint32_t *ret_stuck)
{
    const struct check_part *part = growing->part;
    uint32_t event_count = 2 * part->count;
    g_autofree uint32_t *by_event = g_new(uint32_t, event_count + 1);
    g_autofree struct level *levels = g_new(struct level, part->count + 1);
    memset(by_event, 0xff, event_count * sizeof *by_event);
    for (uint32_t i = 0; i < part->count; i++) {
        by_event[part->operations[i].call] = i;
        if (part->operations[i].end != CHECK_NEVER) {
            by_event[part->operations[i].end] = i;
        }
    }
    struct level last = {0, 0};
    for (uint32_t e = 0; e < event_count && by_event[e] != UINT32_MAX; e++) {
        const struct check_operation *operation = &part->operations[by_event[e]];
        struct level *level = &levels[by_event[e]];
        if (operation->end == e) {
            last = level->level > last.level ? *level : last;
        } else if (!begin(growing, operation, &last, level)) {
            *ret_stuck = by_event[e];
            return false;
        }
    }
    return true;
}

/* False where something was seen and nobody had added it in time. */
static bool all_added(struct growing *growing)
{
    for (guint c = 0; c < growing->classes->len; c++) {
        const struct class *class = &g_array_index(growing->classes, struct class, c);
        for (guint i = 0; i < class->numbers->len; i++) {
            uint64_t number = g_array_index(class->numbers, uint64_t, i);
            const struct seen *seen = g_hash_table_lookup(growing->seen, &number);
            if (!seen->is_added) {
                blame(growing, number);
                if (seen->is_blocked) {
                    blame(growing, seen->blocker);
                }
                return false;
            }
        }
    }
    return true;
}

enum sim_check_verdict check_growing(const struct check_part *part, uint32_t *ret_stuck,
                                     GArray *culprits)
{
    struct growing growing = {
        .part = part,
        .classes = g_array_new(FALSE, TRUE, sizeof(struct class)),
        .indices = g_hash_table_new_full(sim_keyed_number, g_int64_equal, g_free, NULL),
        .seen = g_hash_table_new_full(sim_keyed_number, g_int64_equal, NULL, g_free),
        .culprits = culprits,
    };
    g_array_set_clear_func(growing.classes, class_clear);
    bool is_right =
        find_classes(&growing) && find_levels(&growing, ret_stuck) && all_added(&growing);
    g_hash_table_destroy(growing.seen);
    g_hash_table_destroy(growing.indices);
    g_array_free(growing.classes, TRUE);
    return is_right ? SIM_CHECK_YES : SIM_CHECK_NO;
}

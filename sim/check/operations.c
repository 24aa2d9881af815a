/* Operations of one key: from the history, in order of events, and what each does to a state. */
#include "check/operations.h"

#include <string.h>

#include "base/random.h"
#include "base/sort.h"

const char *const sim_check_model_names[] = {"register",     "counter", "append", "mutex",
                                             "transactions", "set",     "queue",  NULL};

/* ---- from the history ---- */

bool check_is_telling(const struct sim_history_entry *entry)
{
    bool is_read = entry->function == SIM_HISTORY_READ;
    switch ((enum sim_history_outcome)entry->outcome) {
    case SIM_HISTORY_OK:
        return !is_read || entry->is_result_known;
    case SIM_HISTORY_MISMATCH:
        return true;
    case SIM_HISTORY_FAIL:
        return false;
    case SIM_HISTORY_UNKNOWN:
        break;
    }
    return !is_read;
}

struct check_operation check_operation_of(const struct sim_history_entry *entry, uint32_t index)
{
    bool is_read = entry->function == SIM_HISTORY_READ;
    bool is_mismatch = entry->outcome == SIM_HISTORY_MISMATCH;
    return (struct check_operation){
        .function = entry->function,
        .outcome = entry->outcome,
        .is_pure = is_read || is_mismatch,
        .knows = entry->is_result_known,
        .argument = entry->argument,
        .expected = entry->expected,
        .result = entry->is_missing ? CHECK_NOTHING : entry->result,
        .entry = index,
    };
}

static int compare_values(const void *a, const void *b, void *data)
{
    (void)data;
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The values that somebody saw or asked for, in order, or NULL where what nobody saw may matter:
 * what was added up, and where a comparison failed without saying what it found. */
static GArray *values_seen(const struct check_part *part)
{
    GArray *seen = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        bool is_compared = operation->function == SIM_HISTORY_COMPARE_AND_SET;
        bool is_plain = is_compared || operation->function == SIM_HISTORY_READ ||
                        operation->function == SIM_HISTORY_WRITE ||
                        operation->function == SIM_HISTORY_DELETE;
        if (!is_plain || (operation->outcome == SIM_HISTORY_MISMATCH && !operation->knows)) {
            g_array_free(seen, TRUE);
            return NULL;
        }
        if (operation->is_pure) {
            g_array_append_val(seen, operation->result);
        }
        if (is_compared) {
            g_array_append_val(seen, operation->expected);
        }
    }
    sim_sort(seen->data, seen->len, sizeof(uint64_t), compare_values, NULL);
    return seen;
}

static bool is_among(const GArray *values, uint64_t value)
{
    guint low = 0, high = values->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(values, uint64_t, middle) < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < values->len && g_array_index(values, uint64_t, low) == value;
}

/* A write that may have happened and whose value nobody saw may as well not have happened: it makes
 * no order impossible, and without it none becomes so. A search has half the choices. */
static void leave_unseen(struct check_part *part)
{
    GArray *seen = values_seen(part);
    if (seen == NULL) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        bool is_write = operation->function == SIM_HISTORY_WRITE ||
                        operation->function == SIM_HISTORY_COMPARE_AND_SET;
        if (operation->outcome != SIM_HISTORY_UNKNOWN || !is_write ||
            is_among(seen, operation->argument)) {
            part->operations[kept++] = *operation;
        }
    }
    part->count = kept;
    g_array_free(seen, TRUE);
}

void check_part_init(struct check_part *part, struct sim_check_input *input,
                     const uint32_t *entries, uint32_t count)
{
    *part = (struct check_part){.input = input};
    part->initial = input->has_initial ? input->initial : CHECK_NOTHING;
    part->operations = g_new0(struct check_operation, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_history_entry *entry = &input->history.entries[entries[i]];
        if (check_is_telling(entry)) {
            part->operations[part->count++] = check_operation_of(entry, entries[i]);
        }
    }
    leave_unseen(part);
    check_part_order(part);
}

void check_part_clear(struct check_part *part)
{
    g_free(part->operations);
    *part = (struct check_part){0};
}

/* ---- in order ---- */

static int compare_events(const void *a, const void *b, void *data)
{
    (void)data;
    const struct check_event *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return (x->is_end > y->is_end) - (x->is_end < y->is_end);
}

static void take_slots(struct check_part *part, const struct check_event *events, uint32_t count)
{
    uint32_t *free_slots = g_new(uint32_t, part->count + 1);
    uint32_t free_count = 0;
    part->slot_count = 0;
    for (uint32_t e = 0; e < count; e++) {
        struct check_operation *operation = &part->operations[events[e].operation];
        if (events[e].is_end) {
            operation->end = e;
            free_slots[free_count++] = operation->slot;
        } else {
            operation->call = e;
            operation->end = CHECK_NEVER;
            operation->slot = free_count > 0 ? free_slots[--free_count] : part->slot_count++;
        }
    }
    g_free(free_slots);
}

void check_part_order(struct check_part *part)
{
    struct check_event *events = g_new(struct check_event, 2 * part->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        const struct sim_history_entry *entry = &part->input->history.entries[operation->entry];
        events[count++] = (struct check_event){entry->invoked, i, false};
        if (operation->outcome != SIM_HISTORY_UNKNOWN && entry->completed != SIM_NEVER) {
            events[count++] = (struct check_event){entry->completed, i, true};
        }
    }
    sim_sort(events, count, sizeof *events, compare_events, NULL);
    take_slots(part, events, count);
    g_free(events);
}

/* ---- what operations do ---- */

/* The number of the text that is one text behind another; new ones are added. */
static uint64_t joined(const struct check_part *part, uint64_t state, uint64_t argument)
{
    if (!part->input->has_text_values) {
        return sim_hash_pair(state == CHECK_NOTHING ? 0 : state, argument);
    }
    GPtrArray *texts = part->input->texts;
    const char *before = state == CHECK_NOTHING ? "" : g_ptr_array_index(texts, state);
    const char *more = g_ptr_array_index(texts, argument);
    g_autofree char *text = g_strconcat(before, more, NULL);
    part->input->text_work += strlen(text);
    return sim_check_text(part->input, text);
}

bool check_step(const struct check_part *part, const struct check_operation *operation,
                uint64_t *state)
{
    uint64_t now = *state;
    uint64_t number = now == CHECK_NOTHING ? 0 : now;
    switch ((enum sim_history_function)operation->function) {
    case SIM_HISTORY_READ:
        return now == operation->result;
    case SIM_HISTORY_WRITE:
        *state = operation->argument;
        return true;
    case SIM_HISTORY_DELETE:
        *state = CHECK_NOTHING;
        return true;
    case SIM_HISTORY_COMPARE_AND_SET:
        if (operation->outcome == SIM_HISTORY_MISMATCH) {
            return now != operation->expected && (!operation->knows || now == operation->result);
        }
        if (now != operation->expected) {
            return false;
        }
        *state = operation->argument;
        return true;
    case SIM_HISTORY_INCREMENT:
        number += operation->argument;
        break;
    case SIM_HISTORY_APPEND:
        number = joined(part, now, operation->argument);
        break;
    case SIM_HISTORY_ACQUIRE:
        *state = 1;
        return now != 1;
    case SIM_HISTORY_RELEASE:
        *state = 0;
        return now == 1;
    case SIM_HISTORY_ADD:
    case SIM_HISTORY_REMOVE:
    case SIM_HISTORY_ENQUEUE:
    case SIM_HISTORY_DEQUEUE:
        return check_step_collection(part, operation, state);
    case SIM_HISTORY_FUNCTION_COUNT:
        return false;
    }
    if (operation->knows && operation->outcome == SIM_HISTORY_OK && number != operation->result) {
        return false;
    }
    *state = number;
    return true;
}

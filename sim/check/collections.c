/* Sets and queues: what operations do to them.
 *
 * A state is the number of a text that lists what is in it, so that equal ones are one number and a
 * search compares numbers. An enqueue without an answer may have happened, as may a dequeue, which
 * then took whatever was first.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/operations.h"

static int compare_numbers(gconstpointer a, gconstpointer b)
{
    int64_t x = (int64_t) * (const uint64_t *)a, y = (int64_t) * (const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t state_of(struct sim_check_input *input, const GArray *numbers)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < numbers->len; i++) {
        g_string_append_printf(text, "%s%" PRId64, i > 0 ? " " : "",
                               (int64_t)g_array_index(numbers, uint64_t, i));
    }
    uint64_t state = sim_check_text(input, text->str);
    g_string_free(text, TRUE);
    return state;
}

uint64_t check_set_state(struct sim_check_input *input, GArray *numbers)
{
    guint kept = 0;
    g_array_sort(numbers, compare_numbers);
    for (guint i = 0; i < numbers->len; i++) {
        uint64_t number = g_array_index(numbers, uint64_t, i);
        if (kept == 0 || g_array_index(numbers, uint64_t, kept - 1) != number) {
            g_array_index(numbers, uint64_t, kept++) = number;
        }
    }
    g_array_set_size(numbers, kept);
    return state_of(input, numbers);
}

/* What is in a state, in order. */
static GArray *numbers_of(const struct sim_check_input *input, uint64_t state)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    const char *at = state == CHECK_NOTHING ? "" : g_ptr_array_index(input->texts, state);
    while (*at != '\0') {
        char *end;
        uint64_t number = (uint64_t)g_ascii_strtoll(at, &end, 10);
        g_array_append_val(numbers, number);
        at = *end == ' ' ? end + 1 : end;
    }
    return numbers;
}

static guint place_of(const GArray *numbers, uint64_t number)
{
    guint place = 0;
    while (place < numbers->len && g_array_index(numbers, uint64_t, place) != number) {
        place++;
    }
    return place;
}

/* Takes the first one out. False when an answer says that it was another. */
static bool dequeue(GArray *numbers, const struct check_operation *operation)
{
    bool is_empty = numbers->len == 0;
    bool fits =
        !operation->knows || (is_empty ? operation->result == CHECK_NOTHING
                                       : g_array_index(numbers, uint64_t, 0) == operation->result);
    if (fits && !is_empty) {
        g_array_remove_index(numbers, 0);
    }
    return fits;
}

bool check_step_collection(const struct check_part *part, const struct check_operation *operation,
                           uint64_t *state)
{
    GArray *numbers = numbers_of(part->input, *state);
    bool is_possible = true;
    guint place = place_of(numbers, operation->argument);
    if (operation->function == SIM_HISTORY_REMOVE && place < numbers->len) {
        g_array_remove_index(numbers, place);
    } else if (operation->function == SIM_HISTORY_DEQUEUE) {
        is_possible = dequeue(numbers, operation);
    } else if (operation->function == SIM_HISTORY_ENQUEUE ||
               operation->function == SIM_HISTORY_ADD) {
        g_array_append_val(numbers, operation->argument);
    }
    bool is_set =
        operation->function == SIM_HISTORY_ADD || operation->function == SIM_HISTORY_REMOVE;
    if (is_possible) {
        *state = is_set ? check_set_state(part->input, numbers) : state_of(part->input, numbers);
    }
    g_array_free(numbers, TRUE);
    return is_possible;
}

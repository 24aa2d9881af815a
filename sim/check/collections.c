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
    input->text_work += text->len;
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

static const char *text_of(const struct sim_check_input *input, uint64_t state)
{
    return state == CHECK_NOTHING ? "" : g_ptr_array_index(input->texts, state);
}

/* The number at the beginning of a text, and what follows behind it and its blank. */
static const char *take_number(const char *text, uint64_t *ret_number)
{
    char *end;
    *ret_number = (uint64_t)g_ascii_strtoll(text, &end, 10);
    return *end == ' ' ? end + 1 : end;
}

GArray *check_numbers_of(const struct sim_check_input *input, uint64_t state)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (const char *at = text_of(input, state); *at != '\0';) {
        uint64_t number;
        at = take_number(at, &number);
        g_array_append_val(numbers, number);
    }
    return numbers;
}

/* Where in a set a number is or would be: it begins at *ret_at, and what is greater at the end that
 * is returned. */
static const char *place_in_set(const char *text, uint64_t number, const char **ret_at)
{
    const char *at = text;
    while (*at != '\0') {
        uint64_t other;
        const char *next = take_number(at, &other);
        if ((int64_t)other >= (int64_t)number) {
            *ret_at = at;
            return other == number ? next : at;
        }
        at = next;
    }
    *ret_at = at;
    return at;
}

/* The state of which the text is `before` (so many bytes), the number if it is there, `after`. */
static uint64_t state_with(struct sim_check_input *input, const char *before, size_t length,
                           const uint64_t *number, const char *after)
{
    GString *text = g_string_sized_new(length + strlen(after) + 24);
    g_string_append_len(text, before, (gssize)length);
    if (number != NULL) {
        bool is_behind = length > 0 && before[length - 1] != ' ';
        g_string_append_printf(text, "%s%" PRId64 "%s", is_behind ? " " : "", (int64_t)*number,
                               *after != '\0' ? " " : "");
    }
    g_string_append(text, after);
    if (text->len > 0 && text->str[text->len - 1] == ' ') { /* what was last is gone */
        g_string_truncate(text, text->len - 1);
    }
    input->text_work += text->len;
    uint64_t state = sim_check_text(input, text->str);
    g_string_free(text, TRUE);
    return state;
}

static uint64_t step_set(struct sim_check_input *input, const struct check_operation *operation,
                         const char *text)
{
    const char *at;
    const char *after = place_in_set(text, operation->argument, &at);
    bool is_added = operation->function == SIM_HISTORY_ADD;
    return state_with(input, text, (size_t)(at - text), is_added ? &operation->argument : NULL,
                      after);
}

bool check_step_collection(const struct check_part *part, const struct check_operation *operation,
                           uint64_t *state)
{
    const char *text = text_of(part->input, *state);
    size_t length = strlen(text);
    part->input->text_work += length;
    if (operation->function == SIM_HISTORY_ADD || operation->function == SIM_HISTORY_REMOVE) {
        *state = step_set(part->input, operation, text);
        return true;
    }
    if (operation->function == SIM_HISTORY_ENQUEUE) {
        *state = state_with(part->input, text, length, &operation->argument, "");
        return true;
    }
    uint64_t first = CHECK_NOTHING;
    const char *rest = length > 0 ? take_number(text, &first) : text;
    if (operation->knows && operation->result != first) {
        return false;
    }
    *state = state_with(part->input, rest, strlen(rest), NULL, "");
    return true;
}

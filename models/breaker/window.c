/* A sliding window of how calls ended; see window.h. */
#include "breaker/window.h"

void breaker_window_init(struct sim_node *self, struct breaker_window *window, sim_time length,
                         int64_t calls_max)
{
    *window = (struct breaker_window){.length = length, .calls_max = calls_max};
    window->was_failure = sim_alloc(self, (size_t)calls_max * sizeof *window->was_failure);
}

void breaker_window_empty(struct breaker_window *window)
{
    window->next = window->calls = window->failures = 0;
    for (int i = 0; i < BREAKER_WINDOW_PARTS; i++) {
        window->parts[i] = (struct breaker_part){0};
    }
}

/* Which tenth of a window `now` is in, counted from 0, without rounding. */
static int64_t part_index(const struct breaker_window *window, sim_time now)
{
    return (int64_t)((sim_wide)now * BREAKER_WINDOW_PARTS / window->length);
}

void breaker_window_add(struct breaker_window *window, sim_time now, bool is_failure)
{
    if (window->calls_max == 0) {
        int64_t index = part_index(window, now);
        struct breaker_part *part = &window->parts[index % BREAKER_WINDOW_PARTS];
        if (part->index != index) {
            *part = (struct breaker_part){.index = index};
        }
        part->calls++;
        part->failures += is_failure ? 1 : 0;
        return;
    }
    bool *place = &window->was_failure[window->next];
    if (window->calls == window->calls_max) {
        window->failures -= *place ? 1 : 0;
    } else {
        window->calls++;
    }
    *place = is_failure;
    window->failures += is_failure ? 1 : 0;
    window->next = window->next + 1 < window->calls_max ? window->next + 1 : 0;
}

void breaker_window_count(const struct breaker_window *window, sim_time now, int64_t *ret_calls,
                          int64_t *ret_failures)
{
    *ret_calls = window->calls;
    *ret_failures = window->failures;
    int64_t oldest = part_index(window, now) - (BREAKER_WINDOW_PARTS - 1);
    for (int i = 0; window->calls_max == 0 && i < BREAKER_WINDOW_PARTS; i++) {
        if (window->parts[i].index >= oldest) {
            *ret_calls += window->parts[i].calls;
            *ret_failures += window->parts[i].failures;
        }
    }
}

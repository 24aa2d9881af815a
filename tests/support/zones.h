/* Whether a history of registers is linearizable, where every written value is another one: the
 * zones of Gibbons and Korach, "Testing shared memories", SIAM J. Computing 26(4), 1997.
 *
 * A value's zone lies between the first completion and the last invocation of the operations that
 * wrote or read it. A zone that runs forward (the completion is first) is time during which the
 * register must have held the value. The history is linearizable if and only if no two such zones
 * overlap, none holds a zone that runs backward within itself, and nothing was read before it was
 * written. Quadratic: for histories of some thousands.
 */
#ifndef BRINK_TESTS_ZONES_H
#define BRINK_TESTS_ZONES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct zones_operation {
    uint64_t key, value;         /* 0 = nothing was there */
    sim_time invoked, completed; /* SIM_NEVER = unknown whether it happened, or when */
    bool is_write, has_failed;   /* it did not happen */
};

struct zone {
    uint64_t value;
    sim_time written; /* when its write was invoked; SIM_NEVER = there was none */
    sim_time first_end, last_begin;
    uint32_t reads;
};

static inline struct zone *zones_of(GArray *zones, uint64_t value)
{
    for (guint i = 0; i < zones->len; i++) {
        struct zone *zone = &g_array_index(zones, struct zone, i);
        if (zone->value == value) {
            return zone;
        }
    }
    struct zone zone = {value, SIM_NEVER, SIM_NEVER, INT64_MIN, 0};
    if (value == 0) {
        zone.written = zone.first_end = zone.last_begin = INT64_MIN; /* before all */
    }
    g_array_append_val(zones, zone);
    return &g_array_index(zones, struct zone, zones->len - 1);
}

/* Whether the time that is only a's meets b's zone, or holds it. */
static inline bool zones_clash(const struct zone *a, const struct zone *b)
{
    return a->first_end < a->last_begin && a->first_end < b->last_begin &&
           b->first_end < a->last_begin;
}

/* Of one key. */
static inline bool zones_is_linearizable(const struct zones_operation *operations, uint32_t count,
                                         uint64_t key)
{
    g_autoptr(GArray) zones = g_array_new(FALSE, FALSE, sizeof(struct zone));
    for (uint32_t i = 0; i < count; i++) {
        const struct zones_operation *operation = &operations[i];
        if (operation->key != key || operation->has_failed ||
            (!operation->is_write && operation->completed == SIM_NEVER)) {
            continue;
        }
        struct zone *zone = zones_of(zones, operation->value);
        zone->first_end = MIN(zone->first_end, operation->completed);
        zone->last_begin = MAX(zone->last_begin, operation->invoked);
        if (operation->is_write) {
            zone->written = operation->invoked;
        } else {
            zone->reads++;
        }
    }
    for (guint i = 0; i < zones->len; i++) {
        const struct zone *a = &g_array_index(zones, struct zone, i);
        if (a->written == SIM_NEVER || a->first_end < a->written) {
            return false; /* never written, or read before */
        }
        if (a->reads == 0 && a->first_end == SIM_NEVER) {
            continue; /* it need not have happened */
        }
        for (guint j = 0; j < zones->len; j++) {
            if (i != j && zones_clash(a, &g_array_index(zones, struct zone, j))) {
                return false;
            }
        }
    }
    return true;
}

#endif

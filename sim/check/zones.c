/* Zones: linearizability of a register to which no value was written twice.
 *
 * Gibbons and Korach, "Testing shared memories", SIAM J. Computing 26(4), 1997, section 4. A write
 * and all that read its value form a cluster. Its zone stretches between the first end and the last
 * beginning among them: forward where that end comes first, since the value must have been there
 * all of that time; backward otherwise, when one instant in between is enough. The history is
 * linearizable exactly when no read ends before its write begins, no two forward zones overlap, and
 * no backward zone lies within a forward one.
 *
 * What was there at the start is a write that ended before all else. A write that never returned
 * and was never read is left out: nobody can tell whether it happened.
 */
#include "base/sort.h"
#include "check/operations.h"

#define BEFORE_ALL (-1)
#define AFTER_ALL INT64_MAX

struct zone {
    uint64_t value;
    int64_t first_end; /* among the cluster's operations */
    int64_t last_call;
    int64_t write_call; /* AFTER_ALL: nobody has written it */
    bool is_read;
    bool has_returned; /* the write has */
};

/* Of writes and reads, by value: calls and ends. */
struct deed {
    uint64_t value;
    int64_t call, end;
    bool is_write;
};

static bool is_write(const struct check_operation *operation)
{
    return operation->function == SIM_HISTORY_WRITE || operation->function == SIM_HISTORY_DELETE;
}

static uint64_t value_of(const struct check_operation *operation)
{
    if (operation->function == SIM_HISTORY_DELETE) {
        return CHECK_NOTHING;
    }
    return is_write(operation) ? operation->argument : operation->result;
}

static int compare_deeds(const void *a, const void *b, void *data)
{
    (void)data;
    const struct deed *x = a, *y = b;
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return (int)y->is_write - (int)x->is_write;
}

/* The operations and the start, by value. Caller frees. */
static struct deed *deeds_of(const struct check_part *part)
{
    struct deed *deeds = g_new(struct deed, part->count + 1);
    deeds[0] = (struct deed){part->initial, BEFORE_ALL, BEFORE_ALL, true};
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        bool is_open = operation->end == CHECK_NEVER;
        deeds[i + 1] =
            (struct deed){value_of(operation), operation->call,
                          is_open ? AFTER_ALL : (int64_t)operation->end, is_write(operation)};
    }
    sim_sort(deeds, part->count + 1, sizeof *deeds, compare_deeds, NULL);
    return deeds;
}

bool check_zones_apply(const struct check_part *part)
{
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        if (!is_write(operation) && operation->function != SIM_HISTORY_READ) {
            return false;
        }
    }
    struct deed *deeds = deeds_of(part);
    bool is_unique = true;
    for (uint32_t i = 1; i <= part->count && is_unique; i++) {
        is_unique = !deeds[i].is_write || deeds[i].value != deeds[i - 1].value;
    }
    g_free(deeds);
    return is_unique;
}

/* One zone a value, in order of values. */
static uint32_t zones_of(const struct deed *deeds, uint32_t count, struct zone *zones)
{
    uint32_t zone_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct deed *deed = &deeds[i];
        if (i == 0 || deed->value != deeds[i - 1].value) {
            zones[zone_count++] = (struct zone){.value = deed->value,
                                                .first_end = AFTER_ALL,
                                                .last_call = BEFORE_ALL,
                                                .write_call = AFTER_ALL};
        }
        struct zone *zone = &zones[zone_count - 1];
        zone->first_end = deed->end < zone->first_end ? deed->end : zone->first_end;
        zone->last_call = deed->call > zone->last_call ? deed->call : zone->last_call;
        zone->is_read = zone->is_read || !deed->is_write;
        if (deed->is_write) {
            zone->write_call = deed->call;
            zone->has_returned = deed->end != AFTER_ALL;
        }
    }
    return zone_count;
}

static int compare_zones(const void *a, const void *b, void *data)
{
    (void)data;
    const struct zone *x = a, *y = b;
    return (x->first_end > y->first_end) - (x->first_end < y->first_end);
}

/* Whether [from, to] lies within one of the forward zones, which are sorted and do not overlap. */
static bool is_within(const struct zone *forward, uint32_t count, int64_t from, int64_t to)
{
    uint32_t low = 0, high = count; /* the last one that begins before `from` */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (forward[middle].first_end < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && forward[low - 1].last_call > to;
}

enum sim_check_verdict check_zones(const struct check_part *part)
{
    struct deed *deeds = deeds_of(part);
    struct zone *zones = g_new(struct zone, part->count + 1);
    uint32_t count = zones_of(deeds, part->count + 1, zones);
    struct zone *forward = g_new(struct zone, count);
    uint32_t forward_count = 0;
    bool is_right = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct zone *zone = &zones[i];
        is_right = is_right && (!zone->is_read || zone->first_end >= zone->write_call);
        if (zone->first_end < zone->last_call) {
            forward[forward_count++] = *zone;
        }
    }
    sim_sort(forward, forward_count, sizeof *forward, compare_zones, NULL);
    for (uint32_t i = 1; i < forward_count; i++) {
        is_right = is_right && forward[i].first_end > forward[i - 1].last_call;
    }
    for (uint32_t i = 0; i < count && is_right; i++) {
        const struct zone *zone = &zones[i];
        bool is_backward = zone->first_end >= zone->last_call;
        bool counts = zone->is_read || zone->has_returned;
        is_right = !is_backward || !counts ||
                   !is_within(forward, forward_count, zone->last_call, zone->first_end);
    }
    g_free(deeds);
    g_free(zones);
    g_free(forward);
    return is_right ? SIM_CHECK_YES : SIM_CHECK_NO;
}

/* See capacities.h. */
#include "command/capacities.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

#define BYTES_MAX 1e18

struct entry {
    double value;
    bool is_share;
};

static char *complain(const char *text, const char *what)
{
    return g_strdup_printf("--capacity '%s': %s", text, what);
}

static const char *expected(bool is_by_bytes)
{
    return is_by_bytes ? "expected bytes such as 1e9 or 64MiB, or a share such as 10%"
                       : "expected a number of objects such as 1000, or a share such as 10%";
}

/* One number or share. NULL, or what is wrong. */
static char *parse_entry(const char *text, bool is_by_bytes, struct entry *ret)
{
    enum sim_unit unit = SIM_UNIT_NONE;
    double value = 0.0;
    bool is_right =
        sim_text_parse(text, &value, &unit) &&
        (unit == SIM_UNIT_NONE || unit == SIM_UNIT_RATIO || (is_by_bytes && unit == SIM_UNIT_BYTE));
    if (!is_right || !isfinite(value)) {
        return complain(text, expected(is_by_bytes));
    }
    *ret = (struct entry){.value = value, .is_share = unit == SIM_UNIT_RATIO};
    if (ret->is_share && !(value > 0.0 && value <= 1.0)) {
        return complain(text, "expected a share above 0 % and up to 100 %");
    }
    if (!ret->is_share && value < 1.0) {
        return complain(text, "expected at least 1");
    }
    if (!ret->is_share && value > (is_by_bytes ? BYTES_MAX : (double)SIM_REPLAY_OBJECTS_MAX)) {
        return complain(text, is_by_bytes ? "expected at most 10^18 bytes"
                                          : "expected at most 100 million objects");
    }
    if (!ret->is_share && value != floor(value)) {
        return complain(text, "expected a whole number");
    }
    return NULL;
}

static char *add(struct sim_capacities *capacities, struct entry entry)
{
    if (capacities->count == SIM_REPLAY_CAPACITIES_MAX) {
        return g_strdup_printf("--capacity: expected at most %d capacities",
                               SIM_REPLAY_CAPACITIES_MAX);
    }
    capacities->values[capacities->count] = entry.value;
    capacities->is_share[capacities->count] = entry.is_share;
    capacities->has_shares = capacities->has_shares || entry.is_share;
    capacities->count++;
    return NULL;
}

/* FROM..TO/N, where `dots` is between FROM and TO. */
static char *parse_range(const char *text, const char *dots, bool is_by_bytes,
                         struct sim_capacities *capacities)
{
    struct entry from = {0}, to = {0};
    const char *slash = strchr(dots, '/');
    uint64_t count = 0;
    if (slash == NULL ||
        !g_ascii_string_to_unsigned(slash + 1, 10, 2, SIM_REPLAY_CAPACITIES_MAX, &count, NULL)) {
        return complain(text, "expected FROM..TO/N with N from 2 to 100, such as 1e3..1e6/7");
    }
    g_autofree char *first = g_strndup(text, (gsize)(dots - text));
    g_autofree char *last = g_strndup(dots + 2, (gsize)(slash - dots - 2));
    char *trouble = parse_entry(first, is_by_bytes, &from);
    trouble = trouble != NULL ? trouble : parse_entry(last, is_by_bytes, &to);
    if (trouble != NULL) {
        return trouble;
    }
    if (from.is_share != to.is_share || from.value >= to.value) {
        return complain(text, "expected to go from less to more, both numbers or both shares");
    }
    for (uint64_t i = 0; i < count && trouble == NULL; i++) {
        double share = (double)i / (double)(count - 1);
        double value = i + 1 == count ? to.value : from.value * pow(to.value / from.value, share);
        value = from.is_share ? value : floor(value + 0.5);
        trouble = add(capacities, (struct entry){.value = value, .is_share = from.is_share});
    }
    return trouble;
}

char *sim_capacities_parse(const char *text, bool is_by_bytes, struct sim_capacities *ret)
{
    *ret = (struct sim_capacities){0};
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    char *trouble = parts[0] == NULL ? complain(text, expected(is_by_bytes)) : NULL;
    for (size_t i = 0; trouble == NULL && parts[i] != NULL; i++) {
        const char *part = g_strstrip(parts[i]);
        const char *dots = strstr(part, "..");
        struct entry entry = {0};
        if (dots != NULL) {
            trouble = parse_range(part, dots, is_by_bytes, ret);
        } else {
            trouble = parse_entry(part, is_by_bytes, &entry);
            trouble = trouble != NULL ? trouble : add(ret, entry);
        }
    }
    return trouble;
}

uint32_t sim_capacities_resolve(const struct sim_capacities *capacities, uint64_t whole,
                                uint64_t ret_values[SIM_REPLAY_CAPACITIES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < capacities->count; i++) {
        double value = capacities->values[i];
        value = capacities->is_share[i] ? floor(value * (double)whole + 1e-6) : value;
        uint64_t capacity = value < 1.0 ? 1 : (uint64_t)value;
        uint32_t at = count;
        while (at > 0 && ret_values[at - 1] > capacity) {
            at--;
        }
        if (at > 0 && ret_values[at - 1] == capacity) {
            continue;
        }
        memmove(&ret_values[at + 1], &ret_values[at], (count - at) * sizeof(ret_values[0]));
        ret_values[at] = capacity;
        count++;
    }
    return count;
}

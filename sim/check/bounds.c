/* Bounds: a quick proof that a history is wrong, where there is one.
 *
 * Whoever saw a value must have seen it while it may have been there: somebody who leaves it, or
 * the start, may have come before, and nothing else was certainly placed between. Of those who
 * leave the value and began before the sight ended, the one that ends last is the best; what began
 * after that and ended before the sight began has replaced it. This is necessary and not
 * sufficient; what passes goes to the search. It takes O(n log n), where a search may need for ever
 * to find nothing.
 */
#include "base/sort.h"
#include "check/operations.h"

#define BEFORE_ALL (-1)

/* An operation that leaves a value, or sees one. */
struct trace {
    uint64_t value;
    int64_t call, end;
    uint32_t operation;
};

/* The latest beginnings among what has ended: of the latest value, and of the latest other one. */
struct latest {
    int64_t end;
    uint64_t value;
    int64_t call, other_call;
};

static bool is_register(const struct check_part *part)
{
    for (uint32_t i = 0; i < part->count; i++) {
        enum sim_history_function function = part->operations[i].function;
        if (function != SIM_HISTORY_READ && function != SIM_HISTORY_WRITE &&
            function != SIM_HISTORY_DELETE && function != SIM_HISTORY_COMPARE_AND_SET) {
            return false;
        }
    }
    return true;
}

static struct trace trace_of(const struct check_part *part, uint32_t index, uint64_t value)
{
    const struct check_operation *operation = &part->operations[index];
    return (struct trace){value, operation->call,
                          operation->end == CHECK_NEVER ? INT64_MAX : operation->end, index};
}

static bool leaves(const struct check_operation *operation, uint64_t *ret_value)
{
    *ret_value = operation->function == SIM_HISTORY_DELETE ? CHECK_NOTHING : operation->argument;
    return !operation->is_pure;
}

static bool sees(const struct check_operation *operation, uint64_t *ret_value)
{
    bool is_swap =
        operation->function == SIM_HISTORY_COMPARE_AND_SET && operation->outcome == SIM_HISTORY_OK;
    bool is_known = operation->function == SIM_HISTORY_READ ||
                    (operation->outcome == SIM_HISTORY_MISMATCH && operation->knows);
    *ret_value = is_swap ? operation->expected : operation->result;
    return is_swap || is_known;
}

static int by_value_and_call(const void *a, const void *b, void *data)
{
    (void)data;
    const struct trace *x = a, *y = b;
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return (x->call > y->call) - (x->call < y->call);
}

static int by_end(const void *a, const void *b, void *data)
{
    (void)data;
    const struct trace *x = a, *y = b;
    return (x->end > y->end) - (x->end < y->end);
}

/* ---- who leaves what ---- */

/* By value and call; `end` is the latest up to there. Caller frees. */
static struct trace *sources_of(const struct check_part *part, uint32_t *ret_count)
{
    struct trace *sources = g_new(struct trace, part->count + 1);
    uint32_t count = 0;
    uint64_t value;
    sources[count++] = (struct trace){part->initial, BEFORE_ALL, BEFORE_ALL, CHECK_NEVER};
    for (uint32_t i = 0; i < part->count; i++) {
        if (leaves(&part->operations[i], &value)) {
            sources[count++] = trace_of(part, i, value);
        }
    }
    sim_sort(sources, count, sizeof *sources, by_value_and_call, NULL);
    for (uint32_t i = 1; i < count; i++) {
        if (sources[i].value == sources[i - 1].value && sources[i].end < sources[i - 1].end) {
            sources[i].end = sources[i - 1].end;
        }
    }
    *ret_count = count;
    return sources;
}

/* The latest end among those who leave the value and began before `time`; INT64_MIN: nobody. */
static int64_t last_source(const struct trace *sources, uint32_t count, uint64_t value,
                           int64_t time)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct trace *source = &sources[middle];
        if (source->value < value || (source->value == value && source->call < time)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && sources[low - 1].value == value ? sources[low - 1].end : INT64_MIN;
}

/* ---- what has replaced it ---- */

static void add_latest(struct latest *latest, const struct trace *trace)
{
    latest->end = trace->end;
    if (trace->value == latest->value) {
        latest->call = trace->call > latest->call ? trace->call : latest->call;
    } else if (trace->call > latest->call) {
        latest->other_call = latest->call;
        latest->call = trace->call;
        latest->value = trace->value;
    } else if (trace->call > latest->other_call) {
        latest->other_call = trace->call;
    }
}

/* By end: what has certainly happened by then. Caller frees. */
static struct latest *replacements_of(const struct check_part *part, uint32_t *ret_count)
{
    struct trace *traces = g_new(struct trace, part->count + 1);
    uint32_t count = 0;
    uint64_t value;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct check_operation *operation = &part->operations[i];
        if (leaves(operation, &value) && operation->end != CHECK_NEVER) {
            traces[count++] = trace_of(part, i, value);
        }
    }
    sim_sort(traces, count, sizeof *traces, by_end, NULL);
    struct latest *replacements = g_new(struct latest, count + 1);
    struct latest now = {INT64_MIN, 0, INT64_MIN, INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        add_latest(&now, &traces[i]);
        replacements[i] = now;
    }
    g_free(traces);
    *ret_count = count;
    return replacements;
}

/* The latest beginning of what ended before `time` and left another value. */
static int64_t last_replacement(const struct latest *replacements, uint32_t count, uint64_t value,
                                int64_t time)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (replacements[middle].end < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return INT64_MIN;
    }
    const struct latest *latest = &replacements[low - 1];
    return latest->value == value ? latest->other_call : latest->call;
}

bool check_bounds(const struct check_part *part, uint32_t *ret_stuck)
{
    if (!is_register(part)) {
        return true;
    }
    uint32_t source_count, replacement_count;
    struct trace *sources = sources_of(part, &source_count);
    struct latest *replacements = replacements_of(part, &replacement_count);
    bool is_possible = true;
    uint64_t value;
    for (uint32_t i = 0; i < part->count && is_possible; i++) {
        if (!sees(&part->operations[i], &value)) {
            continue;
        }
        struct trace sight = trace_of(part, i, value);
        int64_t source = last_source(sources, source_count, value, sight.end);
        int64_t replaced = last_replacement(replacements, replacement_count, value, sight.call);
        is_possible = source != INT64_MIN && replaced <= source;
        *ret_stuck = i;
    }
    g_free(sources);
    g_free(replacements);
    return is_possible;
}

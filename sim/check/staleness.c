/* Staleness, in versions and in time; lost updates and lost writes.
 *
 * How stale a read is says what it certainly missed: writes of its key that began after the write
 * that it saw had ended, and that had ended before it began. What overlaps may have come in either
 * order. So a read is at most k versions stale when it gets one of the k + 1 latest values, each
 * read by itself (k-regular registers: Aiyer, Alvisi, Bazzi, "On the availability of non-strict
 * quorum systems", DISC 2005; k-staleness of Bailis and others, "Probabilistically bounded
 * staleness", PVLDB 5(8), 2012), and at most t stale when what it gets was the latest at some time
 * not longer than t before it began (Golab, Li, Shah, "Analyzing consistency properties for fun and
 * profit", PODC 2011). Where several writes left the value that was read, the latest of them
 * counts.
 *
 * A lost update is a version that more than one compare-and-set replaced. A lost write had ended,
 * and all reads that began after that, up to the end of the history, saw older values: some of them
 * so long after, that it is not just late.
 */
#include "check/staleness.h"

#include <inttypes.h>

#include "base/sort.h"

#define BEFORE_ALL INT64_MIN

/* A write that left a value, or one that ended. */
struct left {
    uint64_t value;
    sim_time call, end;
    uint32_t key, access;
    uint32_t
        latest; /* by value and call: of those up to here, the index of the one that ends last */
};

struct staleness {
    const struct check_accesses *accesses;
    struct left *by_value; /* by key, value, call */
    uint32_t value_count;
    struct left
        *ended; /* by key, call: those that ended; `latest`: the one behind that ends first */
    uint32_t ended_count;
};

static int compare_values(const void *a, const void *b, void *data)
{
    (void)data;
    const struct left *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return (x->call > y->call) - (x->call < y->call);
}

static int compare_calls(const void *a, const void *b, void *data)
{
    (void)data;
    const struct left *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->call > y->call) - (x->call < y->call);
}

static uint64_t initial_of(const struct check_accesses *accesses)
{
    return accesses->input->has_initial ? accesses->input->initial : CHECK_NOTHING;
}

static void staleness_init(struct staleness *staleness, const struct check_accesses *accesses)
{
    *staleness = (struct staleness){.accesses = accesses};
    struct left *values = g_new(struct left, accesses->count + 1);
    struct left *ended = g_new(struct left, accesses->count + 1);
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        struct left left = {access->leaves, access->call, access->end, access->key, i, 0};
        if (access->writes) {
            values[staleness->value_count++] = left;
        }
        if (access->writes && access->end != SIM_NEVER) {
            ended[staleness->ended_count++] = left;
        }
    }
    sim_sort(values, staleness->value_count, sizeof *values, compare_values, NULL);
    sim_sort(ended, staleness->ended_count, sizeof *ended, compare_calls, NULL);
    for (uint32_t i = 0; i < staleness->value_count; i++) {
        bool is_same =
            i > 0 && values[i].key == values[i - 1].key && values[i].value == values[i - 1].value;
        uint32_t before = is_same ? values[i - 1].latest : i;
        values[i].latest = values[before].end > values[i].end ? before : i;
    }
    for (uint32_t i = staleness->ended_count; i-- > 0;) {
        bool is_same = i + 1 < staleness->ended_count && ended[i].key == ended[i + 1].key;
        uint32_t behind = is_same ? ended[i + 1].latest : i;
        ended[i].latest = ended[behind].end < ended[i].end ? behind : i;
    }
    staleness->by_value = values;
    staleness->ended = ended;
}

static void staleness_clear(struct staleness *staleness)
{
    g_free(staleness->by_value);
    g_free(staleness->ended);
}

/* The first place whose entry comes after `wanted`. */
static uint32_t upper_bound(const struct left *entries, uint32_t count, const struct left *wanted,
                            sim_compare compare)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (compare(&entries[middle], wanted, NULL) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* When the write that a read saw ended, at the latest: BEFORE_ALL: the start. False when nobody had
 * begun to write that. ret_source: the write, CHECK_START or CHECK_NOBODY. */
static bool find_source(const struct staleness *staleness, const struct check_access *read,
                        sim_time *ret_end, uint32_t *ret_source)
{
    struct left wanted = {read->sees, read->end, 0, read->key, 0, 0};
    uint32_t at = upper_bound(staleness->by_value, staleness->value_count, &wanted, compare_values);
    bool is_start = read->sees == initial_of(staleness->accesses);
    *ret_end = BEFORE_ALL;
    *ret_source = is_start ? CHECK_START : CHECK_NOBODY;
    const struct left *left = &staleness->by_value[at];
    while (at > 0 && left[-1].key == read->key && left[-1].value == read->sees) {
        const struct left *latest = &staleness->by_value[left[-1].latest];
        if (&staleness->accesses->all[latest->access] != read) {
            *ret_end = latest->end;
            *ret_source = latest->access;
            break;
        }
        left--; /* it set a value to itself: who left that before? */
        at--;
    }
    return *ret_source != CHECK_NOBODY;
}

/* Whether it certainly read something. */
static bool is_read(const struct check_accesses *accesses, const struct check_access *access)
{
    return access->reads && (access->end != SIM_NEVER || accesses->trouble == NULL);
}

/* The first of the ended writes of a key that began after `time`. */
static uint32_t first_after(const struct staleness *staleness, uint32_t key, sim_time time)
{
    struct left wanted = {0, time, 0, key, 0, 0};
    return upper_bound(staleness->ended, staleness->ended_count, &wanted, compare_calls);
}

static bool is_of_key(const struct staleness *staleness, uint32_t at, uint32_t key)
{
    return at < staleness->ended_count && staleness->ended[at].key == key;
}

/* ---- findings ---- */

static void find(struct check_finding *finding, uint32_t access)
{
    if (access != CHECK_START && access != CHECK_NOBODY) {
        g_array_append_val(finding->accesses, access);
    }
}

static struct check_finding nothing_found(void)
{
    return (struct check_finding){.accesses = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
}

static struct check_finding nobody_wrote(struct check_finding finding, uint32_t read)
{
    find(&finding, read);
    finding.because = g_strdup("nobody had written what %s reads");
    return finding;
}

/* ---- in versions ---- */

/* Sums over places (Fenwick, "A new data structure for cumulative frequency tables", 1994). */
static void tally_add(uint32_t *tally, uint32_t count, uint32_t place)
{
    for (uint32_t at = place + 1; at <= count; at += at & (~at + 1)) {
        tally[at]++;
    }
}

static uint32_t tally_below(const uint32_t *tally, uint32_t place)
{
    uint32_t sum = 0;
    for (uint32_t at = place; at > 0; at -= at & (~at + 1)) {
        sum += tally[at];
    }
    return sum;
}

static int compare_ends(const void *a, const void *b, void *data)
{
    const struct left *ended = data;
    sim_time x = ended[*(const uint32_t *)a].end, y = ended[*(const uint32_t *)b].end;
    return (x > y) - (x < y);
}

static struct check_finding found_missed(const struct staleness *staleness, uint32_t read,
                                         uint32_t source, uint32_t first, uint64_t versions)
{
    const struct check_access *access = &staleness->accesses->all[read];
    struct check_finding finding = nothing_found();
    find(&finding, source);
    for (uint64_t missed = 0; missed <= versions; first++) {
        if (staleness->ended[first].end < access->call) {
            find(&finding, staleness->ended[first].access);
            missed++;
        }
    }
    find(&finding, read);
    finding.because = g_strdup_printf("the last of %%s missed more than %" PRIu64 " version%s",
                                      versions, versions == 1 ? "" : "s");
    return finding;
}

struct check_finding check_versions_stale(const struct check_accesses *accesses, uint64_t bound)
{
    struct staleness staleness;
    staleness_init(&staleness, accesses);
    uint32_t count = staleness.ended_count, added = 0;
    g_autofree uint32_t *tally = g_new0(uint32_t, count + 2); /* of those that have ended */
    g_autofree uint32_t *ends = g_new(uint32_t, count + 1);
    struct check_finding finding = nothing_found();
    for (uint32_t i = 0; i < count; i++) {
        ends[i] = i;
    }
    sim_sort(ends, count, sizeof *ends, compare_ends, staleness.ended);
    for (uint32_t i = 0; i < accesses->count && finding.accesses->len == 0; i++) {
        const struct check_access *read = &accesses->all[i];
        sim_time end;
        uint32_t source;
        for (; added < count && staleness.ended[ends[added]].end < read->call; added++) {
            tally_add(tally, count, ends[added]);
        }
        if (!is_read(accesses, read)) {
            continue;
        }
        if (!find_source(&staleness, read, &end, &source)) {
            finding = nobody_wrote(finding, i);
            break;
        }
        uint32_t first = first_after(&staleness, read->key, end);
        uint32_t last = first_after(&staleness, read->key, SIM_NEVER);
        if (tally_below(tally, last) - tally_below(tally, first) > bound) {
            g_array_free(finding.accesses, TRUE);
            finding = found_missed(&staleness, i, source, first, bound);
        }
    }
    staleness_clear(&staleness);
    return finding;
}

/* ---- in time ---- */

struct check_finding check_time_stale(const struct check_accesses *accesses, uint64_t bound)
{
    struct staleness staleness;
    staleness_init(&staleness, accesses);
    struct check_finding finding = nothing_found();
    for (uint32_t i = 0; i < accesses->count && finding.accesses->len == 0; i++) {
        const struct check_access *read = &accesses->all[i];
        sim_time end;
        uint32_t source;
        if (!is_read(accesses, read)) {
            continue;
        }
        if (!find_source(&staleness, read, &end, &source)) {
            finding = nobody_wrote(finding, i);
            break;
        }
        uint32_t first = first_after(&staleness, read->key, end);
        const struct left *replaced = is_of_key(&staleness, first, read->key)
                                          ? &staleness.ended[staleness.ended[first].latest]
                                          : NULL;
        if (replaced != NULL && replaced->end < read->call - (sim_time)bound) {
            find(&finding, source);
            find(&finding, replaced->access);
            find(&finding, i);
            finding.because = g_strdup_printf(
                "what the last of %%s reads had been replaced for %" PRId64 ".%06" PRId64 " s",
                (read->call - replaced->end) / SIM_SECOND,
                (read->call - replaced->end) % SIM_SECOND / SIM_MICROSECOND);
        }
    }
    staleness_clear(&staleness);
    return finding;
}

/* ---- lost updates ---- */

static int compare_seen(const void *a, const void *b, void *data)
{
    const struct check_access *all = data;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct check_access *x = &all[i], *y = &all[j];
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (x->sees != y->sees) {
        return x->sees < y->sees ? -1 : 1;
    }
    return (i > j) - (i < j);
}

/* Those that certainly replaced a value by another, by key and value. */
static uint32_t *replacers_of(const struct check_accesses *accesses, uint32_t *ret_count)
{
    uint32_t *replacers = g_new(uint32_t, accesses->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        if (is_read(accesses, access) && access->writes && access->sees != access->leaves) {
            replacers[count++] = i;
        }
    }
    sim_sort(replacers, count, sizeof *replacers, compare_seen, accesses->all);
    *ret_count = count;
    return replacers;
}

struct check_finding check_lost_updates(const struct check_accesses *accesses, uint64_t bound)
{
    (void)bound;
    struct staleness staleness;
    struct check_finding finding = nothing_found();
    uint32_t count;
    g_autofree uint32_t *replacers = replacers_of(accesses, &count);
    staleness_init(&staleness, accesses);
    for (uint32_t first = 0, last; first < count && finding.accesses->len == 0; first = last) {
        const struct check_access *access = &accesses->all[replacers[first]];
        for (last = first + 1; last < count; last++) {
            const struct check_access *other = &accesses->all[replacers[last]];
            if (other->key != access->key || other->sees != access->sees) {
                break;
            }
        }
        struct left wanted = {access->sees, SIM_NEVER, 0, access->key, 0, 0};
        struct left before = {access->sees, BEFORE_ALL, 0, access->key, 0, 0};
        uint32_t to =
            upper_bound(staleness.by_value, staleness.value_count, &wanted, compare_values);
        uint32_t from =
            upper_bound(staleness.by_value, staleness.value_count, &before, compare_values);
        uint32_t times = to - from + (access->sees == initial_of(accesses)); /* it was there */
        if (last - first > times) {
            for (uint32_t i = from; i < to; i++) {
                find(&finding, staleness.by_value[i].access);
            }
            for (uint32_t i = first; i <= first + times; i++) {
                find(&finding, replacers[i]);
            }
            finding.because = g_strdup("more of %s replace a value than there were such values");
        }
    }
    staleness_clear(&staleness);
    return finding;
}

/* ---- lost writes ---- */

/* A read, and the latest end among what it and all later ones of its key saw. */
struct sight {
    uint32_t key, access, source;
    sim_time call, seen_end;
};

static int compare_sights(const void *a, const void *b, void *data)
{
    (void)data;
    const struct sight *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->call > y->call) - (x->call < y->call);
}

/* By key and call; one more at the end, of no key. */
static struct sight *sights_of(const struct staleness *staleness, uint32_t *ret_count)
{
    const struct check_accesses *accesses = staleness->accesses;
    struct sight *sights = g_new0(struct sight, accesses->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < accesses->count; i++) {
        struct sight sight = {accesses->all[i].key, i, CHECK_NOBODY, accesses->all[i].call, 0};
        if (is_read(accesses, &accesses->all[i]) &&
            find_source(staleness, &accesses->all[i], &sight.seen_end, &sight.source)) {
            sights[count++] = sight;
        }
    }
    sim_sort(sights, count, sizeof *sights, compare_sights, NULL);
    for (uint32_t i = count; i-- > 1;) {
        if (sights[i - 1].key == sights[i].key && sights[i].seen_end > sights[i - 1].seen_end) {
            sights[i - 1].seen_end = sights[i].seen_end;
        }
    }
    *ret_count = count;
    return sights;
}

/* The first sight of the key that began after `time`. */
static uint32_t first_sight(const struct sight *sights, uint32_t count, uint32_t key, sim_time time)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct sight *sight = &sights[middle];
        if (sight->key < key || (sight->key == key && sight->call <= time)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct check_finding check_lost_writes(const struct check_accesses *accesses, uint64_t bound)
{
    struct staleness staleness;
    struct check_finding finding = nothing_found();
    uint32_t count;
    staleness_init(&staleness, accesses);
    g_autofree struct sight *sights = sights_of(&staleness, &count);
    for (uint32_t i = 0; i < accesses->count && finding.accesses->len == 0; i++) {
        const struct check_access *write = &accesses->all[i];
        if (!write->writes || write->end == SIM_NEVER) {
            continue;
        }
        uint32_t first = first_sight(sights, count, write->key, write->end);
        uint32_t end = first_sight(sights, count, write->key, SIM_NEVER);
        if (first < end && sights[first].seen_end < write->call &&
            sights[end - 1].call >= sim_time_add(write->end, (sim_time)bound)) {
            find(&finding, i);
            find(&finding, sights[end - 1].source);
            find(&finding, sights[end - 1].access);
            finding.because = g_strdup_printf(
                "%u read%s that began later saw nothing of a write: the last of %%s", end - first,
                end - first == 1 ? "" : "s");
        }
    }
    staleness_clear(&staleness);
    return finding;
}

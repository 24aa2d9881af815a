/* The exact miss counts of libCacheSim (cache/reference.csv of the reference folder), and the
 * replay that must give them. A policy is compared from the day on which it enters the table of
 * policies.
 */
#ifndef BRINK_TESTS_CACHE_REFERENCE_H
#define BRINK_TESTS_CACHE_REFERENCE_H

#include "cache/eviction.h"
#include "cache_trace.h"

struct reference_row {
    char *trace;
    char *mode; /* "count" or "bytes:COLUMN" */
    char *policy;
    uint64_t capacity;
    uint64_t requests;
    uint64_t misses;
    uint64_t request_bytes; /* 0 in count mode, which lists none */
    uint64_t miss_bytes;
};

/* Whether the user says that there is no reference data here. */
static inline bool reference_is_waived(void)
{
    return g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0;
}

/* The lines that follow a newline. Not g_strsplit: its strstr measures all that is left of the text
 * at every call under the address sanitizer, which takes minutes for the block trace. */
static inline char **split_lines(const char *newline)
{
    GPtrArray *lines = g_ptr_array_new();
    while (newline != NULL && newline[1] != '\0') {
        const char *start = newline + 1;
        newline = strchr(start, '\n');
        g_ptr_array_add(lines, newline == NULL ? g_strdup(start)
                                               : g_strndup(start, (size_t)(newline - start)));
    }
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}

/* The lines of a file of the reference folder without the first, NULL at the end; NULL when the
 * folder is said to be absent. Absent without being said so, it fails the test. */
static inline char **reference_lines(const char *name)
{
    g_autofree char *path = g_build_filename(BRINK_REFERENCE_DIR, name, NULL);
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        if (reference_is_waived()) {
            g_test_skip("no reference data");
        } else {
            g_test_message("%s is missing; BRINK_REFERENCE=none says that this is meant", path);
            g_test_fail();
        }
        return NULL;
    }
    char **lines = split_lines(strchr(text, '\n'));
    g_free(text);
    return lines;
}

/* The block trace, whose columns are time_us, object, size, op, size_og; `size_column` -1 = count.
 * False when there is no reference data. */
static inline bool reference_cloudphysics(struct cache_trace *trace, int size_column)
{
    g_auto(GStrv) lines = reference_lines("cache/cloudphysics.csv");
    if (lines == NULL) {
        return false;
    }
    size_t count = g_strv_length(lines);
    *trace = (struct cache_trace){.count = count, .keys = g_new(uint64_t, count)};
    if (size_column >= 0) {
        trace->sizes = g_new(uint64_t, count);
    }
    for (size_t i = 0; i < count; i++) {
        const char *field = lines[i];
        for (int column = 0; column <= 4; column++) {
            if (column == 1) {
                trace->keys[i] = g_ascii_strtoull(field, NULL, 10);
            }
            if (column == size_column) {
                trace->sizes[i] = g_ascii_strtoull(field, NULL, 10);
            }
            field += strcspn(field, ",") + 1;
        }
    }
    return true;
}

/* These are other algorithms than ours of the same name: libCacheSim's own defaults. */
static inline bool reference_is_exact(const char *policy)
{
    static const char *const other[] = {"slru", "twoq", "lirs", "wtinylfu", "belady", NULL};
    return !g_strv_contains(other, policy);
}

static inline struct reference_row reference_row_parse(const char *line)
{
    g_auto(GStrv) field = g_strsplit(line, ",", 0);
    g_assert_cmpuint(g_strv_length(field), ==, 11);
    return (struct reference_row){
        .trace = g_strdup(field[0]),
        .mode = g_strdup(field[1]),
        .policy = g_ascii_strdown(field[2], -1),
        .capacity = g_ascii_strtoull(field[3], NULL, 10),
        .requests = g_ascii_strtoull(field[4], NULL, 10),
        .misses = g_ascii_strtoull(field[5], NULL, 10),
        .request_bytes = g_ascii_strtoull(field[7], NULL, 10),
        .miss_bytes = g_ascii_strtoull(field[8], NULL, 10),
    };
}

static inline void reference_row_clear(struct reference_row *row)
{
    g_free(row->trace);
    g_free(row->mode);
    g_free(row->policy);
}

/* The policy of that name, that of the documentation's example included. */
static inline const struct sim_eviction_policy *reference_policy(const char *name)
{
    return strcmp(name, sim_eviction_twoq.name) == 0 ? &sim_eviction_twoq
                                                     : sim_eviction_policy_find(name);
}

static inline void reference_row_check(const struct reference_row *row,
                                       const struct cache_trace *trace)
{
    bool is_by_count = strcmp(row->mode, "count") == 0;
    struct sim_eviction_setup setup = {
        .policy = reference_policy(row->policy),
        .unit = is_by_count ? SIM_EVICTION_OBJECTS : SIM_EVICTION_BYTES,
        .capacity = row->capacity,
        .seed = 1,
    };
    struct sim_eviction *cache = sim_eviction_new(&setup);
    struct sim_eviction_tally tally = {0};
    sim_eviction_replay(cache, trace->keys, trace->sizes, trace->count, &tally);
    sim_eviction_free(cache);
    g_test_message("%s %s %s %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " misses", row->trace,
                   row->mode, row->policy, row->capacity, tally.misses);
    g_assert_cmpuint(tally.requests, ==, row->requests);
    g_assert_cmpuint(tally.misses, ==, row->misses);
    if (!is_by_count) {
        g_assert_cmpuint(tally.request_bytes, ==, row->request_bytes);
        g_assert_cmpuint(tally.miss_bytes, ==, row->miss_bytes);
    }
}

/* Plays every exact row of this trace and mode whose policy we have; how many those were. */
static inline int reference_check(const char *trace_name, const char *mode,
                                  const struct cache_trace *trace)
{
    g_auto(GStrv) lines = reference_lines("cache/reference.csv");
    int checked = 0;
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        struct reference_row row = reference_row_parse(*line);
        if (strcmp(row.trace, trace_name) == 0 && strcmp(row.mode, mode) == 0 &&
            sim_eviction_policy_find(row.policy) != NULL && reference_is_exact(row.policy)) {
            reference_row_check(&row, trace);
            checked++;
        }
        reference_row_clear(&row);
    }
    return checked;
}

#endif

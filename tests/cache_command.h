/* `brink cache` beside libCacheSim's miss counts: what its cache.csv says of a trace, against every
 * exact row of cache/reference.csv.
 */
#ifndef BRINK_TESTS_CACHE_COMMAND_H
#define BRINK_TESTS_CACHE_COMMAND_H

#include <glib/gstdio.h>

#include "cache_reference.h"
#include "command/command.h"
#include "models.h"

static inline void cache_command_catch_nothing(void)
{
}

static inline int cache_command_run(char **argv)
{
    volatile bool stop = false;
    struct sim_program program = {.models = sim_models,
                                  .caches = &sim_replay_policies,
                                  .stop = &stop,
                                  .catch_interrupt = cache_command_catch_nothing};
    return sim_command_main((int)g_strv_length(argv), argv, &program);
}

/* The exact rows of one trace and mode; in `capacities` their sizes, with commas between. */
static inline GArray *cache_command_rows(const char *trace, const char *mode, GString *capacities)
{
    g_auto(GStrv) lines = reference_lines("cache/reference.csv");
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct reference_row));
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        struct reference_row row = reference_row_parse(*line);
        if (strcmp(row.trace, trace) == 0 && strcmp(row.mode, mode) == 0 &&
            reference_is_exact(row.policy)) {
            g_string_append_printf(capacities, "%s%" G_GUINT64_FORMAT,
                                   capacities->len > 0 ? "," : "", row.capacity);
            g_array_append_val(rows, row);
        } else {
            reference_row_clear(&row);
        }
    }
    return rows;
}

/* The line of cache.csv must say what the row says. */
static inline void cache_command_check_row(const struct reference_row *row, char **lines)
{
    bool is_by_count = strcmp(row->mode, "count") == 0;
    g_autofree char *head =
        g_strdup_printf("%s,%" G_GUINT64_FORMAT ",", row->policy, row->capacity);
    int found = 0;
    for (char **line = lines; *line != NULL; line++) {
        if (!g_str_has_prefix(*line, head)) {
            continue;
        }
        g_auto(GStrv) field = g_strsplit(*line, ",", 0);
        g_test_message("%s %s %s", row->trace, row->mode, *line);
        g_assert_cmpuint(g_ascii_strtoull(field[2], NULL, 10), ==, row->requests);
        g_assert_cmpuint(g_ascii_strtoull(field[3], NULL, 10), ==, row->misses);
        if (!is_by_count) {
            g_assert_cmpuint(g_ascii_strtoull(field[5], NULL, 10), ==, row->request_bytes);
            g_assert_cmpuint(g_ascii_strtoull(field[6], NULL, 10), ==, row->miss_bytes);
        }
        found++;
    }
    g_assert_cmpint(found, ==, 1);
}

/* Removes what the command has written. */
static inline void cache_command_clean(const char *folder)
{
    static const char *const names[] = {"cache.csv",
                                        "cache.json",
                                        "plots/miss-ratio.dat",
                                        "plots/miss-ratio.gp",
                                        "plots/miss-ratio.svg",
                                        "plots/miss-ratio.png",
                                        "plots/byte-miss-ratio.dat",
                                        "plots/byte-miss-ratio.gp",
                                        "plots/byte-miss-ratio.svg",
                                        "plots/byte-miss-ratio.png",
                                        "plots",
                                        ""};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_remove(path);
    }
}

/* Runs `brink cache TRACE --capacity ... EXTRA... --quiet` with the capacities of the rows. How
 * many rows were checked. */
static inline int cache_command_check(const char *trace, const char *mode, const char *argument,
                                      const char *extra, const char *extra_value)
{
    g_autoptr(GString) capacities = g_string_new(NULL);
    GArray *rows = cache_command_rows(trace, mode, capacities);
    int checked = (int)rows->len;
    if (checked > 0) {
        g_autofree char *folder = g_dir_make_tmp("brink-cache-XXXXXX", NULL);
        g_autofree char *csv = g_build_filename(folder, "cache.csv", NULL);
        char *argv[] = {"brink",
                        "cache",
                        (char *)argument,
                        "--policy",
                        "fifo,lru,clock,lfu,sieve,s3fifo,arc",
                        "--capacity",
                        capacities->str,
                        "--out",
                        folder,
                        "--quiet",
                        (char *)extra,
                        (char *)extra_value,
                        NULL};
        char *text = NULL;
        g_assert_cmpint(cache_command_run(argv), ==, SIM_EXIT_GOOD);
        g_assert_true(g_file_get_contents(csv, &text, NULL, NULL));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; i < rows->len; i++) {
            cache_command_check_row(&g_array_index(rows, struct reference_row, i), lines);
        }
        g_free(text);
        cache_command_clean(folder);
    }
    for (guint i = 0; i < rows->len; i++) {
        reference_row_clear(&g_array_index(rows, struct reference_row, i));
    }
    g_array_free(rows, TRUE);
    return checked;
}

#endif

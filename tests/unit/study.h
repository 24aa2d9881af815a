/* Studies of scenario texts, for tests of what runs and reports them. */
#ifndef BRINK_TESTS_STUDY_H
#define BRINK_TESTS_STUDY_H

#include <glib.h>
#include <glib/gstdio.h>

#include "models.h"
#include "report/report.h"
#include "run/study.h"

/* A folder of its own, and in it one scenario file. */
struct study_place {
    char *folder, *path;
};

static inline struct study_place study_place_new(const char *text)
{
    struct study_place place;
    place.folder = g_dir_make_tmp("brink-XXXXXX", NULL);
    g_assert_nonnull(place.folder);
    place.path = g_build_filename(place.folder, "test.lua", NULL);
    g_assert_true(g_file_set_contents(place.path, text, -1, NULL));
    return place;
}

/* Removes the folder and all below it. */
static inline void study_remove(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        study_remove(inner);
    }
    if (dir) {
        g_dir_close(dir);
    }
    g_remove(path);
}

static inline void study_place_free(struct study_place *place)
{
    study_remove(place->folder);
    g_free(place->folder);
    g_free(place->path);
}

static inline struct sim_run_options study_options(const struct study_place *place)
{
    return (struct sim_run_options){.models = sim_models, .path = place->path, .jobs = 1};
}

/* The scenario is good: its problems end the test. */
static inline struct sim_study *study_run(const struct sim_run_options *options)
{
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(options, &problems);
    sim_problems_print(&problems, stderr);
    g_assert_nonnull(study);
    sim_problems_clear(&problems);
    return study;
}

static inline struct sim_report *study_report(const struct sim_study *study)
{
    struct sim_report_command command = {0};
    return sim_report_of(study, &command);
}

/* An M/M/2 queue at 60 % load, short enough for a test. */
#define STUDY_QUEUE                                                                                \
    "-- A queue.\n"                                                                                \
    "local load = param(\"load\", rate(120))\n"                                                    \
    "return scenario { name = \"queue\", duration = s(60), warmup = s(5), runs = 4,\n"             \
    "  node \"users\" { model = \"client.open\", arrivals = poisson(load), to = \"web\",\n"        \
    "                 timeout = s(1) },\n"                                                         \
    "  node \"web\" { model = \"service\", servers = 2, service = exponential(ms(10)) },\n"

#endif

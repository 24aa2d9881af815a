/* Wrong scenarios, each with the complete text that a user sees.
 *
 * Every tests/errors/NAME.lua is loaded and what is reported compared with NAME.expected, byte for
 * byte. Lines "--! set NAME=VALUE" and "--! variant NAME" at the head give options. With --update
 * the expectations are written anew, and what changed is shown.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "../errors/fake_models.h"
#include "scenario/scenario.h"

#define FOLDER BRINK_SOURCE_DIR "/tests/errors"

static bool is_update;

/* What the user sees, or "" when the scenario loads. */
static char *report_of(const char *name, const char *text)
{
    struct sim_setting settings[8];
    struct sim_load_options options = {.models = fake_models, .settings = settings};
    struct sim_problems problems;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] && g_str_has_prefix(lines[i], "--! "); i++) {
        char *value = strchr(lines[i], '=');
        if (g_str_has_prefix(lines[i], "--! set ") && value) {
            *value = '\0';
            settings[options.setting_count++] = (struct sim_setting){lines[i] + 8, value + 1};
        } else if (g_str_has_prefix(lines[i], "--! variant ")) {
            options.variant = lines[i] + 12;
        }
    }
    sim_problems_init(&problems);
    struct sim_scenario *scenario = sim_scenario_load(name, &options, &problems);
    g_assert_true((scenario == NULL) == (problems.count > 0));
    FILE *out = tmpfile();
    g_assert_nonnull(out);
    sim_problems_print(&problems, out);
    size_t size = (size_t)ftell(out);
    char *report = g_malloc0(size + 1);
    rewind(out);
    g_assert_cmpuint(fread(report, 1, size, out), ==, size);
    fclose(out);
    sim_problems_clear(&problems);
    sim_scenario_free(scenario);
    return report;
}

static void test_error(gconstpointer data)
{
    const char *name = data;
    g_autofree char *text = NULL;
    g_autofree char *expected = NULL;
    g_autofree char *base = g_strndup(name, strlen(name) - strlen(".lua"));
    g_autofree char *expected_name = g_strconcat(base, ".expected", NULL);
    g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
    g_autofree char *report = report_of(name, text);
    g_assert_cmpstr(report, !=, "");
    bool is_known = g_file_get_contents(expected_name, &expected, NULL, NULL);
    if (is_update && (!is_known || strcmp(expected, report) != 0)) {
        g_printerr("--- %s\n%s+++\n%s", name, is_known ? expected : "", report);
        g_assert_true(g_file_set_contents(expected_name, report, -1, NULL));
        return;
    }
    g_assert_true(is_known);
    g_assert_cmpstr(report, ==, expected);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    is_update = argc > 1 && strcmp(argv[1], "--update") == 0;
    argc = is_update ? 1 : argc;
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(g_chdir(FOLDER), ==, 0);
    g_autoptr(GDir) folder = g_dir_open(".", 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        if (g_str_has_suffix(name, ".lua")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, >=, 60);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat("/errors/", names->pdata[i], NULL);
        g_test_add_data_func(path, names->pdata[i], test_error);
    }
    return g_test_run();
}

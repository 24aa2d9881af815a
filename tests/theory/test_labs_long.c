/* The labs show what their pages say: each has a page, every command on it runs, it draws
 * something, the books balance and all expectations pass. If this failed, a lecturer would stand
 * before a class with another result than the page's.
 */
#include <glib.h>
#include <string.h>

#include "models.h"
#include "run/study.h"

#define FOLDER BRINK_SOURCE_DIR "/scenarios/labs"
#define COMMAND "\n    brink run "

static void check_study(const struct sim_study *study)
{
    uint32_t judged = 0;
    for (uint32_t i = 0; i < study->result_count; i++) {
        const struct sim_result *result = study->results[i];
        g_assert_cmpuint(result->scenario->plot_count, >, 0);
        judged += result->judgement_count;
        for (uint32_t r = 0; r < result->replication_count; r++) {
            g_assert_true(result->replications[r].is_balanced);
        }
        for (uint32_t j = 0; j < result->judgement_count; j++) {
            if (result->judgements[j].verdict != SIM_PASS) {
                g_error("does not hold: %s", result->judgements[j].expectation->text);
            }
        }
    }
    g_assert_cmpuint(judged, >, 0);
}

/* "scenarios/labs/x.lua --set NAME=VALUE --variant NAME": with settings it runs, and what it shows
 * is another thing; as it stands, its expectations hold. */
static void run_command(const char *command)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    g_autofree char *path = g_build_filename(BRINK_SOURCE_DIR, words[0], NULL);
    struct sim_setting setting = {0};
    struct sim_run_options options = {.models = sim_models, .path = path, .jobs = 0};
    for (size_t i = 1; words[i] != NULL; i += 2) {
        g_assert_nonnull(words[i + 1]);
        if (strcmp(words[i], "--variant") == 0) {
            options.variant = words[i + 1];
            continue;
        }
        g_assert_cmpstr(words[i], ==, "--set");
        char *equals = strchr(words[i + 1], '=');
        *equals = '\0';
        setting = (struct sim_setting){.name = words[i + 1], .value = equals + 1};
        options.settings = &setting;
        options.setting_count = 1;
    }
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(&options, &problems);
    if (study == NULL) {
        sim_problems_print(&problems, stderr);
        g_error("%s does not run", command);
    }
    if (words[1] == NULL) {
        check_study(study);
    }
    sim_study_free(study);
    sim_problems_clear(&problems);
}

static void test_lab(gconstpointer data)
{
    const char *name = data;
    g_autofree char *path = g_strdup_printf(FOLDER "/%s.md", name);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    uint32_t commands = 0;
    for (const char *at = strstr(text, COMMAND); at != NULL; at = strstr(at, COMMAND)) {
        at += strlen(COMMAND);
        g_autofree char *command = g_strndup(at, strcspn(at, "\n"));
        run_command(command);
        commands++;
    }
    g_assert_cmpuint(commands, >, 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(FOLDER, 0, NULL);
    g_assert_nonnull(dir);
    const char *file;
    while ((file = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(file, ".lua")) {
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".lua")));
        }
    }
    g_dir_close(dir);
    qsort(names->pdata, names->len, sizeof *names->pdata, by_name);
    g_assert_cmpuint(names->len, >=, 4);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strdup_printf("/labs/%s", (char *)g_ptr_array_index(names, i));
        g_test_add_data_func(path, g_ptr_array_index(names, i), test_lab);
    }
    int result = g_test_run();
    g_ptr_array_free(names, TRUE);
    return result;
}

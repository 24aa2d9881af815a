/* The pages of scenarios/validation are executed: every command on them runs, and every expectation
 * of the scenario, computed there from its formula, passes by its interval. */
#include "stack.h"

#define FOLDER BRINK_SOURCE_DIR "/scenarios/validation"
#define COMMAND "    brink run scenarios/validation/"

/* "mmc.lua --set load=0.9 --set servers=2" */
static void run_command(const char *command)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    g_assert_true(g_str_has_suffix(words[0], ".lua"));
    g_autofree char *name = g_strndup(words[0], strlen(words[0]) - strlen(".lua"));
    g_autoptr(GString) settings = g_string_new(NULL);
    for (size_t i = 1; words[i] != NULL; i += 2) {
        g_assert_cmpstr(words[i], ==, "--set");
        g_assert_nonnull(words[i + 1]);
        g_string_append_printf(settings, "%s%s", settings->len > 0 ? " " : "", words[i + 1]);
    }
    struct sim_study *study = stack_run(name, settings->str);
    const struct sim_result *result = study->results[0];
    g_assert_cmpuint(result->judgement_count, >, 0);
    for (uint32_t i = 0; i < result->judgement_count; i++) {
        const struct sim_judgement *judgement = &result->judgements[i];
        if (judgement->verdict != SIM_PASS) {
            g_printerr("%s: %s: %.6g [%.6g, %.6g]\n", command, judgement->expectation->text,
                       judgement->estimate.value, judgement->estimate.low,
                       judgement->estimate.high);
        }
        g_assert_cmpint(judgement->verdict, ==, SIM_PASS);
    }
    sim_study_free(study);
}

static void test_page(gconstpointer data)
{
    g_autofree char *path = g_build_filename(FOLDER, data, NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    uint32_t commands = 0;
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], COMMAND)) {
            run_command(lines[i] + strlen(COMMAND));
            commands++;
        }
    }
    g_assert_cmpuint(commands, >, 0);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(FOLDER, 0, NULL);
    g_assert_nonnull(folder);
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder)) {
        /* The trace is not beside that one: tests/checks/replay.sh runs it. */
        if (g_str_has_suffix(name, ".md") && strcmp(name, "cloudphysics.md") != 0) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strdup_printf("/stack-pages/%s", (char *)names->pdata[i]);
        g_test_add_data_func(path, names->pdata[i], test_page);
    }
    return g_test_run();
}

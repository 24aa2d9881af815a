/* What the documentation shows is run: every block that is marked "lua scenario" in a page below
 * docs/ must load, its expectations must hold, and its books must balance; the reference is what
 * the program prints; what a page points to exists. If this failed, a reader would get something
 * else than the page says.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "models.h"
#include "run/study.h"

#define OPENING "\n```lua scenario\n"
#define CLOSING "\n```\n"

static void check_study(const struct sim_study *study)
{
    for (uint32_t i = 0; i < study->result_count; i++) {
        const struct sim_result *result = study->results[i];
        for (uint32_t r = 0; r < result->replication_count; r++) {
            g_assert_true(result->replications[r].is_balanced);
        }
        for (uint32_t j = 0; j < result->judgement_count; j++) {
            const struct sim_judgement *judgement = &result->judgements[j];
            if (judgement->verdict != SIM_PASS) {
                g_error("does not hold: %s", judgement->expectation->text);
            }
        }
    }
}

/* `path` names the example; files that it reads lie beside the page. */
static void run_example(const char *path, const char *page_folder)
{
    struct sim_run_options options = {
        .models = sim_models, .path = path, .data_folder = page_folder, .jobs = 1};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(&options, &problems);
    if (study == NULL) {
        sim_problems_print(&problems, stderr);
        g_error("%s is no scenario", path);
    }
    check_study(study);
    sim_study_free(study);
    sim_problems_clear(&problems);
}

static void test_page(gconstpointer data)
{
    const char *page = data;
    g_autofree char *text = NULL;
    g_autofree char *folder = g_path_get_dirname(page);
    g_autofree char *scratch = g_dir_make_tmp("brink-pages-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(scratch, "example.lua", NULL);
    g_assert_true(g_file_get_contents(page, &text, NULL, NULL));
    for (const char *at = strstr(text, OPENING); at != NULL; at = strstr(at, OPENING)) {
        at += strlen(OPENING);
        const char *end = strstr(at, CLOSING);
        g_assert_nonnull(end);
        g_assert_true(g_file_set_contents(path, at, end - at + 1, NULL));
        run_example(path, folder);
    }
    g_remove(path);
    g_rmdir(scratch);
}

/* A file of the sources that a page shows, in a block "```c PATH", is shown as it is compiled. */
static void test_shown_files(void)
{
    static const char opening[] = "\n```c ";
    static const char page[] = BRINK_SOURCE_DIR "/docs/models/eviction.md";
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(page, &text, NULL, NULL));
    const char *at = strstr(text, opening);
    g_assert_nonnull(at);
    for (; at != NULL; at = strstr(at, opening)) {
        at += strlen(opening);
        const char *shown = strchr(at, '\n') + 1;
        g_autofree char *name = g_strndup(at, (gsize)(shown - 1 - at));
        g_autofree char *path = g_build_filename(BRINK_SOURCE_DIR, name, NULL);
        g_autofree char *source = NULL;
        g_assert_true(g_file_get_contents(path, &source, NULL, NULL));
        const char *end = strstr(shown, CLOSING);
        g_assert_nonnull(end);
        g_autofree char *block = g_strndup(shown, (gsize)(end + 1 - shown));
        g_assert_cmpstr(block, ==, source);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds a test for every page below `folder` that has a scenario. */
static void add_pages(const char *folder, GPtrArray *pages)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);
        g_autofree char *text = NULL;
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            add_pages(path, pages);
        } else if (g_str_has_suffix(name, ".md") && g_file_get_contents(path, &text, NULL, NULL) &&
                   strstr(text, OPENING) != NULL) {
            g_ptr_array_add(pages, path);
            path = NULL;
        }
        g_free(path);
    }
    g_dir_close(dir);
}

/* docs/reference.md is what `brink models --reference` prints. */
static void test_reference(void)
{
    g_autofree char *page = NULL;
    g_assert_true(g_file_get_contents(BRINK_SOURCE_DIR "/docs/reference.md", &page, NULL, NULL));
    g_autofree char *printed = sim_scenario_reference(sim_models);
    if (strcmp(page, printed) != 0) {
        g_error("docs/reference.md is old: brink models --reference > docs/reference.md");
    }
}

/* The anchor that a heading gets: letters, digits and '-', blanks as '-', the rest left out. */
static char *anchor_of(const char *heading, size_t length)
{
    GString *anchor = g_string_new("#");
    for (size_t i = 0; i < length; i++) {
        char c = g_ascii_tolower(heading[i]);
        if (c == ' ') {
            g_string_append_c(anchor, '-');
        } else if (g_ascii_isalnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80) {
            g_string_append_c(anchor, c);
        }
    }
    return g_string_free(anchor, FALSE);
}

static bool has_anchor(const char *path, const char *anchor)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return false;
    }
    bool is_found = false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] && !is_found; i++) {
        const char *heading = lines[i] + strspn(lines[i], "#");
        if (heading > lines[i] && heading[0] == ' ') {
            g_autofree char *own = anchor_of(heading + 1, strlen(heading + 1));
            is_found = strcmp(own, anchor) == 0;
        }
    }
    return is_found;
}

/* Every "](target)" that stays below the source folder. */
static void check_links(const char *page)
{
    g_autofree char *text = NULL;
    g_autofree char *folder = g_path_get_dirname(page);
    g_assert_true(g_file_get_contents(page, &text, NULL, NULL));
    for (const char *at = strstr(text, "]("); at != NULL; at = strstr(at, "](")) {
        at += 2;
        g_autofree char *target = g_strndup(at, strcspn(at, ")"));
        if (strstr(target, "://")) {
            continue;
        }
        size_t length = strcspn(target, "#");
        g_autofree char *name = g_strndup(target, length);
        g_autofree char *path = length > 0 ? g_canonicalize_filename(name, folder) : g_strdup(page);
        if (!g_file_test(path, G_FILE_TEST_EXISTS) ||
            (target[length] == '#' && !has_anchor(path, target + length))) {
            g_error("%s points to %s, which does not exist", page, target);
        }
    }
}

static void check_links_below(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            check_links_below(path);
        } else if (g_str_has_suffix(name, ".md")) {
            check_links(path);
        }
    }
}

static void test_links(void)
{
    check_links(BRINK_SOURCE_DIR "/README.md");
    check_links_below(BRINK_SOURCE_DIR "/docs");
    check_links_below(BRINK_SOURCE_DIR "/scenarios");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pages/reference", test_reference);
    g_test_add_func("/pages/links", test_links);
    GPtrArray *pages = g_ptr_array_new_with_free_func(g_free);
    add_pages(BRINK_SOURCE_DIR "/docs", pages);
    qsort(pages->pdata, pages->len, sizeof *pages->pdata, by_name);
    for (guint i = 0; i < pages->len; i++) {
        const char *page = g_ptr_array_index(pages, i);
        g_autofree char *name =
            g_strdup_printf("/pages%s", page + strlen(BRINK_SOURCE_DIR "/docs"));
        g_test_add_data_func(name, page, test_page);
    }
    g_test_add_func("/pages/shown-files", test_shown_files);
    g_assert_cmpuint(pages->len, >=, 6); /* one a model */
    int result = g_test_run();
    g_ptr_array_free(pages, TRUE);
    return result;
}

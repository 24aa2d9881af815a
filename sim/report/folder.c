/* The folder of a result. See folder.h. */
#define _POSIX_C_SOURCE 200809L
#include "report/folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "report/render.h"

#define PLOTS "plots"

bool sim_folder_make(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) == 0) {
        return true;
    }
    int code = errno;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                "cannot make the folder '%s': %s", path, g_strerror(code));
    return false;
}

bool sim_folder_check(const char *folder, GError **error)
{
    g_autofree char *at = g_canonicalize_filename(folder, NULL);
    while (!g_file_test(at, G_FILE_TEST_EXISTS) && strcmp(at, "/") != 0) {
        char *above = g_path_get_dirname(at);
        g_free(at);
        at = above;
    }
    int code = folder[0] == '\0'                      ? ENOENT
               : !g_file_test(at, G_FILE_TEST_IS_DIR) ? ENOTDIR
               : g_access(at, W_OK | X_OK) != 0       ? errno
                                                      : 0;
    if (code == 0) {
        return true;
    }
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                "cannot make the folder '%s': %s", folder, g_strerror(code));
    return false;
}

bool sim_folder_write_file(const char *folder, const char *name, const GString *text,
                           GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) problem = NULL;
    if (g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT,
                                 0666, &problem)) {
        return true;
    }
    const char *reason = strrchr(problem->message, ':'); /* before it: a temporary name */
    g_set_error(error, G_FILE_ERROR, problem->code, "cannot write '%s'%s", path,
                reason ? reason : "");
    return false;
}

/* Writes and frees the text, and notes the name. */
static bool write_and_note(GPtrArray *names, const char *folder, const char *name, GString *text,
                           GError **error)
{
    bool is_written = sim_folder_write_file(folder, name, text, error);
    g_string_free(text, TRUE);
    g_ptr_array_add(names, g_strdup(name));
    return is_written;
}

static bool write_tables(const struct sim_report *report, const char *folder, GPtrArray *names,
                         GError **error)
{
    return write_and_note(names, folder, "summary.json", sim_render_json(report), error) &&
           write_and_note(names, folder, "metrics.csv", sim_render_csv(report), error) &&
           write_and_note(names, folder, "series.csv", sim_render_series(report), error) &&
           write_and_note(names, folder, "latency.csv", sim_render_latency(report), error) &&
           write_and_note(names, folder, "junit.xml", sim_render_junit(report), error);
}

static bool write_visibility(const struct sim_report *report, const char *folder, GPtrArray *names,
                             GError **error)
{
    GString *text = sim_render_visibility(report);
    return text == NULL || write_and_note(names, folder, "visibility.csv", text, error);
}

/* history.edn and history.jsonl, of each result that kept one. */
static bool write_histories(const struct sim_report *report, const char *folder, GPtrArray *names,
                            GError **error)
{
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        const struct sim_kept_history *kept = section->result->history;
        if (kept == NULL || kept->history.count == 0) {
            continue;
        }
        const char *between = section->slug[0] ? "-" : "";
        g_autofree char *edn = g_strdup_printf("history%s%s.edn", between, section->slug);
        g_autofree char *lines = g_strdup_printf("history%s%s.jsonl", between, section->slug);
        if (!write_and_note(names, folder, edn, sim_render_history_edn(report, section), error) ||
            !write_and_note(names, folder, lines, sim_render_history_lines(section), error)) {
            return false;
        }
    }
    return true;
}

static bool write_source(const struct sim_picture *picture, const char *folder, GPtrArray *names,
                         GError **error)
{
    g_autofree char *data = g_strdup_printf(PLOTS "/%s.dat", picture->name);
    g_autofree char *script = g_strdup_printf(PLOTS "/%s.gp", picture->name);
    g_ptr_array_add(names, g_strdup(data));
    g_ptr_array_add(names, g_strdup(script));
    return sim_folder_write_file(folder, data, picture->data, error) &&
           sim_folder_write_file(folder, script, picture->script, error);
}

static bool write_sources(const struct sim_report *report, const char *folder, GPtrArray *names,
                          GError **error)
{
    g_autoptr(GPtrArray) pictures = sim_plots_of(report);
    for (guint i = 0; i < pictures->len; i++) {
        if (!write_source(g_ptr_array_index(pictures, i), folder, names, error)) {
            return false;
        }
    }
    return true;
}

static void remove_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_unlink(path);
}

static void remove_pictures_of(const char *folder, const char *script)
{
    static const char *const suffixes[] = {".svg", ".png"};
    g_autofree char *stem = g_strndup(script, strlen(script) - strlen(".gp"));
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *picture = g_strconcat(stem, suffixes[i], NULL);
        remove_file(folder, picture);
    }
}

/* What kept a picture from being drawn, and how they are drawn later. */
static char *tell_unpictured(const GError *problem)
{
    return sim_plot_is_missing(problem)
               ? g_strdup("no gnuplot found, so the pictures are not drawn (apt install "
                          "gnuplot-nox, then: brink report FOLDER --draw)")
               : g_strdup_printf("pictures are not drawn: %s", problem->message);
}

/* Draws every source that `names` lists, until *stop (which may be NULL). Returns what went wrong
 * first, or NULL. */
static char *draw_pictures(const char *folder, GPtrArray *names, const volatile bool *stop)
{
    g_autofree char *plots = g_build_filename(folder, PLOTS, NULL);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (!g_str_has_suffix(name, ".gp")) {
            continue;
        }
        g_autofree char *base = g_path_get_basename(name);
        base[strlen(base) - strlen(".gp")] = '\0';
        remove_pictures_of(folder, name); /* rather none than those of an earlier run */
        g_autoptr(GError) problem = NULL;
        bool is_drawn = !(stop && *stop) && sim_plot_draw(plots, base, &problem);
        if (!is_drawn && stop && *stop) { /* an interrupt reaches gnuplot, too */
            return g_strdup("interrupted: pictures are missing (brink report FOLDER --draw)");
        }
        if (!is_drawn) {
            return tell_unpictured(problem);
        }
    }
    return NULL;
}

/* Left-overs of an earlier run */

/* Names that brink may have written: one part, or one part below the plots, of plain letters. */
static bool is_own_name(const char *name)
{
    const char *part = g_str_has_prefix(name, PLOTS "/") ? name + strlen(PLOTS "/") : name;
    return part[0] != '\0' && part[0] != '.' &&
           strspn(part, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(part);
}

/* The files that the manifest in the folder names; none when there is no manifest. */
static GPtrArray *recorded_files(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(folder, "manifest.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_file(parser, path, NULL)) {
        return names;
    }
    JsonNode *root = json_parser_get_root(parser);
    JsonNode *files = root && JSON_NODE_HOLDS_OBJECT(root)
                          ? json_object_get_member(json_node_get_object(root), "files")
                          : NULL;
    JsonArray *array = files && JSON_NODE_HOLDS_ARRAY(files) ? json_node_get_array(files) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        bool is_text =
            JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
        if (is_text && is_own_name(json_node_get_string(node))) {
            g_ptr_array_add(names, g_strdup(json_node_get_string(node)));
        }
    }
    return names;
}

static bool contains(GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

static void remove_left_overs(const char *folder, GPtrArray *earlier, GPtrArray *names)
{
    for (guint i = 0; i < earlier->len; i++) {
        const char *name = g_ptr_array_index(earlier, i);
        if (contains(names, name)) {
            continue;
        }
        remove_file(folder, name);
        if (g_str_has_suffix(name, ".gp")) {
            remove_pictures_of(folder, name);
        }
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool write_page(const struct sim_report *report, const char *folder, GError **error)
{
    g_autofree char *plots = g_build_filename(folder, PLOTS, NULL);
    GString *page = sim_render_html(report, plots);
    bool is_written = sim_folder_write_file(folder, "report.html", page, error);
    g_string_free(page, TRUE);
    return is_written;
}

static bool write_manifest(const struct sim_report *report, const char *folder, GPtrArray *names,
                           GError **error)
{
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    GString *text = sim_render_manifest(report, (const char *const *)names->pdata);
    g_ptr_array_remove_index(names, names->len - 1);
    bool is_written = sim_folder_write_file(folder, "manifest.json", text, error);
    g_string_free(text, TRUE);
    return is_written;
}

bool sim_folder_write(const struct sim_report *report, const char *folder,
                      const volatile bool *stop, char **ret_unpictured, GError **error)
{
    *ret_unpictured = NULL;
    g_autofree char *plots = g_build_filename(folder, PLOTS, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!sim_folder_make(folder, error) || !sim_folder_make(plots, error)) {
        return false;
    }
    g_autoptr(GPtrArray) earlier = recorded_files(folder);
    if (!write_tables(report, folder, names, error) ||
        !write_visibility(report, folder, names, error) ||
        !write_histories(report, folder, names, error) ||
        !write_sources(report, folder, names, error)) {
        return false;
    }
    g_ptr_array_add(names, g_strdup("report.html")); /* made last: the pictures are in it */
    remove_left_overs(folder, earlier, names);
    char *unpictured = draw_pictures(folder, names, stop);
    if (!write_page(report, folder, error) || !write_manifest(report, folder, names, error)) {
        g_free(unpictured);
        return false;
    }
    *ret_unpictured = unpictured;
    return true;
}

bool sim_folder_draw(const struct sim_report *report, const char *folder, char **ret_unpictured,
                     GError **error)
{
    g_autoptr(GPtrArray) names = recorded_files(folder);
    *ret_unpictured = draw_pictures(folder, names, NULL);
    return write_page(report, folder, error);
}

bool sim_folder_add(const struct sim_report *report, const char *folder,
                    const struct sim_picture *picture, char **ret_unpictured, GError **error)
{
    g_autofree char *plots = g_build_filename(folder, PLOTS, NULL);
    g_autoptr(GPtrArray) all = recorded_files(folder);
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
    *ret_unpictured = NULL;
    if (!sim_folder_make(plots, error) || !write_source(picture, folder, own, error)) {
        return false;
    }
    for (guint i = 0; i < own->len; i++) {
        if (!contains(all, own->pdata[i])) {
            g_ptr_array_add(all, g_strdup(own->pdata[i]));
        }
    }
    char *unpictured = draw_pictures(folder, own, NULL);
    if (!write_page(report, folder, error) || !write_manifest(report, folder, all, error)) {
        g_free(unpictured);
        return false;
    }
    *ret_unpictured = unpictured;
    return true;
}

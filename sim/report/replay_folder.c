/* The picture of a replay, and the folder that its results go to. See replay.h. */
#include <glib/gstdio.h>
#include <math.h>

#include "base/text.h"
#include "report/chart.h"
#include "report/folder.h"
#include "report/replay.h"

#define LOG_FROM 8.0 /* capacities that span more than this factor stand on a log axis */
#define HEIGHT 560
#define LEFT 0.095

static const char *const picture_names[] = {"miss-ratio", "byte-miss-ratio"};

static double ratio_at(const struct sim_replay_result *result, uint32_t policy, uint32_t capacity,
                       bool is_of_bytes)
{
    const struct sim_replay_tally *tally = &sim_replay_row_at(result, policy, capacity)->tally;
    uint64_t part = is_of_bytes ? tally->miss_bytes : tally->misses;
    uint64_t whole = is_of_bytes ? tally->request_bytes : tally->requests;
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

static const char *policy_at(const struct sim_replay_result *result, uint32_t policy)
{
    return sim_replay_row_at(result, policy, 0)->policy;
}

static double capacity_at(const struct sim_replay_result *result, uint32_t capacity)
{
    return (double)result->rows[capacity].capacity;
}

static GString *data_of(const struct sim_replay_result *result, bool is_of_bytes)
{
    GString *data = g_string_new(result->is_by_bytes ? "# capacity in bytes" : "# capacity");
    for (uint32_t p = 0; p < result->policy_count; p++) {
        g_string_append_printf(data, ", %s", policy_at(result, p));
    }
    g_string_append(data, is_of_bytes ? ": byte miss ratios in %\n" : ": miss ratios in %\n");
    for (uint32_t c = 0; c < result->capacity_count; c++) {
        sim_script_number(data, capacity_at(result, c));
        for (uint32_t p = 0; p < result->policy_count; p++) {
            g_string_append_c(data, ' ');
            sim_script_number(data, 100.0 * ratio_at(result, p, c, is_of_bytes));
        }
        g_string_append_c(data, '\n');
    }
    return data;
}

/* The tens of percent around all ratios: the differences between policies are what is looked for.
 */
static void append_y_axis(GString *script, const struct sim_replay_result *result, bool is_of_bytes)
{
    double least = 1.0, most = 0.0;
    for (uint32_t p = 0; p < result->policy_count; p++) {
        for (uint32_t c = 0; c < result->capacity_count; c++) {
            double ratio = ratio_at(result, p, c, is_of_bytes);
            least = ratio < least ? ratio : least;
            most = ratio > most ? ratio : most;
        }
    }
    int high = most >= 0.9 ? 100 : 10 * (int)(10.0 * most) + 10;
    int low = 10 * (int)(10.0 * least);
    low = low < high ? low : high - 10;
    g_string_append_printf(script,
                           "set yrange [%d:%d]\n"
                           "set label 3 '%s (%%)' at screen 0.02, graph 0.5 center rotate by 90 "
                           "textcolor '#404040'\n",
                           low, high, is_of_bytes ? "byte miss ratio" : "miss ratio");
}

static void append_x_axis(GString *script, const struct sim_replay_result *result)
{
    double first = capacity_at(result, 0);
    double last = capacity_at(result, result->capacity_count - 1);
    bool is_log = last > LOG_FROM * first;
    const char *format = is_log ? "%.0s%c" : last < 1e4 ? "%g" : "%.1s%c";
    double low = is_log ? first / pow(last / first, 0.02) : first - 0.02 * (last - first);
    double high = is_log ? last * pow(last / first, 0.02) : last + 0.02 * (last - first);
    g_string_append_printf(script, "%sset xrange [", is_log ? "set logscale x\n" : "");
    sim_script_number(script, low);
    g_string_append_c(script, ':');
    sim_script_number(script, high);
    g_string_append_printf(script,
                           "]\nset xlabel 'cache size (%s)' offset 0,0.2 textcolor '#404040'\n"
                           "set format x '%s'\n",
                           result->is_by_bytes ? "bytes" : "objects", format);
}

static void append_lines(GString *script, const struct sim_replay_result *result, const char *name)
{
    static const int points[] = {7, 5, 9, 11, 13, 6, 4, 8, 10, 12};
    g_string_append(script, "plot ");
    for (uint32_t p = 0; p < result->policy_count; p++) {
        g_string_append_printf(script,
                               "%s'%s.dat' using 1:%u with linespoints linewidth 1.6 pointtype %d "
                               "pointsize 0.75 %slinecolor rgb '%s' title '%s'",
                               p > 0 ? ", \\\n     " : "", name, p + 2,
                               points[p % G_N_ELEMENTS(points)],
                               p < SIM_CHART_LINES ? "" : "dashtype (6,3) ", sim_script_colour(p),
                               policy_at(result, p));
    }
    g_string_append_c(script, '\n');
}

struct sim_picture *sim_replay_picture(const struct sim_replay_result *result,
                                       const struct sim_replay_source *source, bool is_of_bytes)
{
    if (result->capacity_count < 2 || (is_of_bytes && !result->is_by_bytes)) {
        return NULL;
    }
    char requests[SIM_TEXT_MAX];
    const char *what = is_of_bytes ? "byte miss ratio" : "miss ratio";
    g_autofree char *subtitle =
        g_strdup_printf("%s requests, each a look-up that inserts on a miss; no warm-up",
                        sim_text_count(requests, (double)result->trace.requests));
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    picture->name = g_strdup(picture_names[is_of_bytes]);
    picture->title = g_strdup_printf("%s: %s by cache size", source->name, what);
    picture->data = data_of(result, is_of_bytes);
    picture->script = g_string_new(NULL);
    GString *script = picture->script;
    double right = sim_script_key_edge(8, 8);
    sim_script_begin(script, picture->name, picture->title, subtitle, HEIGHT);
    g_string_append_printf(script,
                           "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                           "set tmargin at screen %.4f\nset bmargin at screen %.4f\n"
                           "set key at screen %.4f,%.4f left top vertical maxrows %u Left reverse "
                           "samplen 2 spacing 1.3 textcolor '#303030'\n",
                           LEFT, right, 1.0 - 78.0 / HEIGHT, 70.0 / HEIGHT, right + 0.012,
                           1.0 - 74.0 / HEIGHT, result->policy_count);
    append_y_axis(script, result, is_of_bytes);
    append_x_axis(script, result);
    append_lines(script, result, picture->name);
    g_string_append(script, "}\n");
    return picture;
}

/* Writes and frees the text. */
static bool write_text(const char *folder, const char *name, GString *text, GError **error)
{
    bool is_written = sim_folder_write_file(folder, name, text, error);
    g_string_free(text, TRUE);
    return is_written;
}

static void remove_picture(const char *plots, const char *name)
{
    static const char *const suffixes[] = {".dat", ".gp", ".svg", ".png"};
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = g_strconcat(name, suffixes[i], NULL);
        g_autofree char *path = g_build_filename(plots, file, NULL);
        g_unlink(path);
    }
}

/* NULL, or what kept it from being drawn. */
static char *draw(const char *plots, const char *name)
{
    g_autoptr(GError) problem = NULL;
    if (sim_plot_draw(plots, name, &problem)) {
        return NULL;
    }
    return sim_plot_is_missing(problem)
               ? g_strdup_printf("no gnuplot found, so the picture is not drawn (apt install "
                                 "gnuplot-nox, then: cd %s && gnuplot %s.gp)",
                                 plots, name)
               : g_strdup_printf("the picture is not drawn: %s", problem->message);
}

/* Writes and frees the picture, which may be NULL. */
static bool write_picture(struct sim_picture *picture, const char *plots, char **ret_unpictured,
                          GError **error)
{
    if (picture == NULL) {
        return true;
    }
    g_autofree char *data = g_strconcat(picture->name, ".dat", NULL);
    g_autofree char *script = g_strconcat(picture->name, ".gp", NULL);
    bool is_written = sim_folder_write_file(plots, data, picture->data, error) &&
                      sim_folder_write_file(plots, script, picture->script, error);
    if (is_written && *ret_unpictured == NULL) {
        *ret_unpictured = draw(plots, picture->name);
    }
    sim_picture_free(picture);
    return is_written;
}

bool sim_replay_write(const struct sim_replay_result *result,
                      const struct sim_replay_source *source, const char *folder,
                      char **ret_unpictured, GError **error)
{
    *ret_unpictured = NULL;
    g_autofree char *plots = g_build_filename(folder, "plots", NULL);
    if (!sim_folder_make(plots, error) ||
        !write_text(folder, "cache.csv", sim_replay_csv(result), error) ||
        !write_text(folder, "cache.json", sim_replay_json(result, source), error)) {
        return false;
    }
    for (int is_of_bytes = 0; is_of_bytes <= 1; is_of_bytes++) {
        remove_picture(plots, picture_names[is_of_bytes]); /* rather none than an earlier run's */
        if (!write_picture(sim_replay_picture(result, source, is_of_bytes != 0), plots,
                           ret_unpictured, error)) {
            g_clear_pointer(ret_unpictured, g_free);
            return false;
        }
    }
    return true;
}

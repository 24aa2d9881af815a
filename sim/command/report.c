/* brink report: another view of a recorded result, without running it again. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"
#include "report/folder.h"
#include "report/messages.h"
#include "report/render.h"

struct report_arguments {
    char *format, *only;
    char *messages, *from, *to; /* the event log, and its window */
    gboolean is_drawn, is_quiet;
};

static const char *const formats[] = {"text", "json", "csv", "junit", "openmetrics", "html", NULL};

static GString *render(const struct sim_report *report, const char *folder,
                       const struct report_arguments *arguments)
{
    const char *format = arguments->format ? arguments->format : "text";
    if (strcmp(format, "json") == 0) {
        return sim_render_json(report);
    }
    if (strcmp(format, "csv") == 0) {
        return sim_render_csv(report);
    }
    if (strcmp(format, "junit") == 0) {
        return sim_render_junit(report);
    }
    if (strcmp(format, "openmetrics") == 0) {
        return sim_render_openmetrics(report);
    }
    if (strcmp(format, "html") == 0) {
        g_autofree char *plots = g_build_filename(folder, "plots", NULL);
        return sim_render_html(report, plots);
    }
    struct sim_text_style style = {
        .is_coloured = sim_command_is_coloured(STDOUT_FILENO),
        .width = sim_command_width(STDOUT_FILENO),
        .is_quiet = arguments->is_quiet,
        .only = arguments->only,
        .folder = folder,
        .full_max = 6,
    };
    return sim_render_text(report, &style);
}

static bool check_format(const char *format)
{
    for (size_t i = 0; formats[i]; i++) {
        if (!format || strcmp(format, formats[i]) == 0) {
            return true;
        }
    }
    const char *nearest = sim_text_nearest(format, formats);
    sim_command_complain(
        "--format '%s': expected text, json, csv, junit, openmetrics or html%s%s%s", format,
        nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    return false;
}

static bool check_only(const struct sim_report *report, const char *only)
{
    g_autoptr(GString) labels = g_string_new(NULL);
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        if (!only || strcmp(only, section->label) == 0 || g_strcmp0(only, section->variant) == 0) {
            return true;
        }
        g_string_append_printf(labels, "%s'%s'", s > 0 ? ", " : "", section->label);
    }
    if (report->section_count == 1 && !report->sections[0].label[0]) {
        sim_command_complain("--only '%s': there is one result, and it has no label", only);
    } else {
        sim_command_complain("--only '%s': the results are %s", only, labels->str);
    }
    return false;
}

static int draw(const struct sim_report *report, const char *folder)
{
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    if (!sim_folder_draw(report, folder, &unpictured, &error)) {
        sim_command_complain("%s", error->message);
        return SIM_EXIT_IO;
    }
    if (unpictured) {
        sim_command_complain("%s", unpictured);
    }
    return SIM_EXIT_GOOD;
}

/* "5s", of an option; `otherwise` where it is not given. */
static bool read_time(const char *option, const char *text, sim_time otherwise, sim_time *ret_time)
{
    double seconds;
    enum sim_unit unit;
    *ret_time = otherwise;
    if (text == NULL) {
        return true;
    }
    if (!sim_text_parse(text, &seconds, &unit) || unit != SIM_UNIT_SECOND || seconds < 0) {
        sim_command_complain("%s '%s': expected a time such as 5s or 250ms", option, text);
        return false;
    }
    *ret_time = sim_time_from_seconds(seconds);
    return true;
}

static int draw_messages(const struct sim_report *report, const char *folder,
                         const struct report_arguments *arguments)
{
    sim_time from, to;
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    if (!read_time("--from", arguments->from, 0, &from) ||
        !read_time("--to", arguments->to, SIM_NEVER, &to)) {
        return SIM_EXIT_USAGE;
    }
    struct sim_messages *messages = sim_messages_read(arguments->messages, from, to, &error);
    if (messages == NULL) {
        sim_command_complain("%s", error->message);
        return SIM_EXIT_IO;
    }
    if (messages->arrows->len == 0) {
        sim_command_complain("'%s' holds no message of that time", arguments->messages);
        sim_messages_free(messages);
        return SIM_EXIT_USAGE;
    }
    struct sim_picture *picture = sim_plot_messages(messages, report->name);
    bool is_added = sim_folder_add(report, folder, picture, &unpictured, &error);
    g_autofree char *line =
        g_strdup_printf("%u messages in %s/plots/messages.svg\n", messages->arrows->len, folder);
    sim_picture_free(picture);
    sim_messages_free(messages);
    if (!is_added) {
        sim_command_complain("%s", error->message);
        return SIM_EXIT_IO;
    }
    if (unpictured) {
        sim_command_complain("%s", unpictured);
        return SIM_EXIT_IO;
    }
    return sim_command_print(line);
}

static void complain_folder(const char *folder, const GError *error)
{
    if (g_file_test(folder, G_FILE_TEST_IS_REGULAR)) {
        bool is_scenario = g_str_has_suffix(folder, ".lua");
        sim_command_complain("'%s' is a file: expected the folder of a result%s%s", folder,
                             is_scenario ? ", which comes from: brink run " : "",
                             is_scenario ? folder : "");
    } else if (!g_file_test(folder, G_FILE_TEST_EXISTS)) {
        sim_command_complain("there is no folder '%s'", folder);
    } else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        sim_command_complain("'%s' holds no result: there is no summary.json in it", folder);
    } else {
        sim_command_complain("%s", error->message);
    }
}

static int report_folder(const char *folder, const struct report_arguments *arguments)
{
    g_autoptr(GError) error = NULL;
    if (!check_format(arguments->format)) {
        return SIM_EXIT_USAGE;
    }
    struct sim_report *report = sim_report_read(folder, &error);
    if (!report) {
        complain_folder(folder, error);
        return SIM_EXIT_IO;
    }
    int code = SIM_EXIT_USAGE;
    if (arguments->messages) {
        code = draw_messages(report, folder, arguments);
    } else if (check_only(report, arguments->only)) {
        code = arguments->is_drawn ? draw(report, folder) : SIM_EXIT_GOOD;
        if (code == SIM_EXIT_GOOD) {
            GString *text = render(report, folder, arguments);
            code = sim_command_print(text->str);
            g_string_free(text, TRUE);
        }
    }
    sim_report_free(report);
    return code;
}

static int command_report(const struct sim_command *command, int argc, char **argv,
                          const struct sim_program *program)
{
    (void)program;
    struct report_arguments arguments = {0};
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format,
         "text, json, csv, junit, openmetrics or html", "FORMAT"},
        {"only", 0, 0, G_OPTION_ARG_STRING, &arguments.only, "Only this variant or label", "LABEL"},
        {"draw", 0, 0, G_OPTION_ARG_NONE, &arguments.is_drawn,
         "Draws the pictures again, from the gnuplot sources in the folder", NULL},
        {"messages", 0, 0, G_OPTION_ARG_FILENAME, &arguments.messages,
         "Draws messages out of an event log of brink run --trace", "LOG"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &arguments.from,
         "With --messages: of what is sent from here on (default: the beginning)", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &arguments.to,
         "With --messages: up to here, at most 60 (default: the first 30)", "TIME"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments.is_quiet, "Prints the verdicts alone",
         NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 1, 1, &code) >= 0) {
        code = report_folder(argv[1], &arguments);
    }
    g_free(arguments.format);
    g_free(arguments.only);
    g_free(arguments.messages);
    g_free(arguments.from);
    g_free(arguments.to);
    return code;
}

const struct sim_command sim_command_report = {
    .name = "report",
    .arguments = "FOLDER",
    .summary = "another view of a recorded result",
    .details = "Examples:\n"
               "  brink report output/shop                       the summary again\n"
               "  brink report output/shop --only \"no cache\"     one variant in full\n"
               "  brink report output/shop --format openmetrics\n"
               "  brink report output/shop --draw                after a change in plots/*.gp\n"
               "  brink report output/shop --messages shop.jsonl --from 10s --to 10.02s\n",
    .run = command_report,
};

/* brink run: plays a scenario, records the result, prints the summary. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "report/folder.h"
#include "report/render.h"
#include "report/trace.h"
#include "run/study.h"

#define PROGRESS_EVERY_US 100000
#define JOBS_MAX 1024
#define RUNS_MAX 100000
#define AS_WRITTEN INT_MIN

struct run_arguments {
    char *seed, *variant, *out, *data, *trace;
    char **settings;
    int runs, jobs;
    gboolean is_json, is_quiet, keeps_histories;
    struct sim_setting *parsed;
    uint32_t parsed_count;
    uint64_t seed_number;
};

/* Progress */

struct progress_line {
    gint64 last_us;
    bool is_shown;
};

static void show_progress(const struct sim_progress *progress, void *data)
{
    struct progress_line *line = data;
    gint64 now_us = g_get_monotonic_time();
    bool is_last = progress->replications_done == progress->replications_total;
    if (now_us - line->last_us < PROGRESS_EVERY_US && !is_last) {
        return;
    }
    line->last_us = now_us;
    line->is_shown = true;
    fprintf(stderr, "\r\x1b[K%u of %u runs, %.0f %%", progress->replications_done,
            progress->replications_total, 100.0 * progress->fraction);
    fflush(stderr);
}

static void erase_progress(const struct progress_line *line)
{
    if (line->is_shown) {
        fputs("\r\x1b[K", stderr);
        fflush(stderr);
    }
}

/* Arguments */

static bool parse_seed(struct run_arguments *arguments)
{
    if (!arguments->seed) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    arguments->seed_number = g_ascii_strtoull(arguments->seed, &end, 0);
    if (errno != 0 || end == arguments->seed || *end != '\0' || arguments->seed[0] == '-') {
        sim_command_complain("--seed '%s': expected a whole number from 0 to 2^64 - 1",
                             arguments->seed);
        return false;
    }
    return true;
}

/* Afterwards 0 stands for what the scenario or the machine says. */
static bool parse_counts(struct run_arguments *arguments)
{
    if (arguments->runs != AS_WRITTEN && (arguments->runs < 1 || arguments->runs > RUNS_MAX)) {
        sim_command_complain("--runs %d: expected 1 to %d", arguments->runs, RUNS_MAX);
        return false;
    }
    if (arguments->jobs != AS_WRITTEN && (arguments->jobs < 1 || arguments->jobs > JOBS_MAX)) {
        sim_command_complain("--jobs %d: expected 1 to %d", arguments->jobs, JOBS_MAX);
        return false;
    }
    arguments->runs = arguments->runs == AS_WRITTEN ? 0 : arguments->runs;
    arguments->jobs = arguments->jobs == AS_WRITTEN ? 0 : arguments->jobs;
    return true;
}

static void arguments_clear(struct run_arguments *arguments)
{
    g_free(arguments->seed);
    g_free(arguments->variant);
    g_free(arguments->out);
    g_free(arguments->data);
    g_free(arguments->trace);
    g_strfreev(arguments->settings);
    sim_command_settings_free(arguments->parsed, arguments->parsed_count);
}

/* output/NAME, with what a path would stumble over taken out of the name. Caller frees. */
static char *default_folder(const char *name)
{
    g_autofree char *part = g_strdup(name);
    g_strcanon(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", '-');
    return g_build_filename("output", part[0] && part[0] != '.' ? part : "scenario", NULL);
}

/* Before hours of runs rather than after them. */
static bool check_folder(const struct run_arguments *arguments)
{
    g_autoptr(GError) error = NULL;
    if (!sim_folder_check(arguments->out ? arguments->out : "output", &error)) {
        sim_command_complain("%s", error->message);
        return false;
    }
    return true;
}

/* Results */

static int exit_of(const struct sim_report *report)
{
    if (!sim_report_is_balanced(report)) {
        return SIM_EXIT_INTERNAL;
    }
    if (report->was_interrupted) {
        return SIM_EXIT_INTERRUPTED;
    }
    switch (sim_report_verdict(report)) {
    case SIM_PASS:
        return SIM_EXIT_GOOD;
    case SIM_FAIL:
        return SIM_EXIT_FAILED;
    case SIM_INCONCLUSIVE:
        break;
    }
    return SIM_EXIT_INCONCLUSIVE;
}

static void complain_of_books(const struct sim_report *report)
{
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t r = 0; r < section->run_count; r++) {
            if (!section->runs[r].is_balanced) {
                sim_command_complain("internal error: the books of run %u do not balance%s%s\n%s"
                                     "To see it again: brink run %s %s",
                                     r + 1, section->label[0] ? " in " : "", section->label,
                                     section->runs[r].complaint ? section->runs[r].complaint : "",
                                     report->path, report->options);
                return;
            }
        }
    }
}

static void complain_of_limits(const struct sim_report *report)
{
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        g_autofree char *cut = sim_section_cut(section);
        if (cut) {
            sim_command_complain("%s%s%s", section->label, section->label[0] ? ": " : "", cut);
        }
    }
}

static int print_report(const struct sim_report *report, const struct run_arguments *arguments,
                        const char *folder)
{
    struct sim_text_style style = {.is_coloured = sim_command_is_coloured(STDOUT_FILENO),
                                   .width = sim_command_width(STDOUT_FILENO),
                                   .is_quiet = arguments->is_quiet,
                                   .folder = folder,
                                   .full_max = 6};
    GString *text = arguments->is_json ? sim_render_json(report) : sim_render_text(report, &style);
    int code = sim_command_print(text->str);
    g_string_free(text, TRUE);
    return code;
}

/* Records and prints. What could not be recorded is printed all the same. After an interrupt of the
 * runs what there is of them is drawn; another one ends the drawing, and leaves the folder whole.
 */
static int deliver(const struct sim_study *study, const struct run_arguments *arguments,
                   const struct sim_program *program)
{
    struct sim_report_command command = {.settings = arguments->parsed,
                                         .setting_count = arguments->parsed_count,
                                         .variant = arguments->variant,
                                         .runs = (uint32_t)arguments->runs};
    struct sim_report *report = sim_report_of(study, &command);
    g_autofree char *folder =
        arguments->out ? g_strdup(arguments->out) : default_folder(report->name);
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    int code = exit_of(report);
    if (*program->stop) {
        program->catch_interrupt();
    }
    bool is_recorded = sim_folder_write(report, folder, program->stop, &unpictured, &error);
    bool is_stopped = *program->stop; /* while pictures were drawn */
    int print_code = print_report(report, arguments, is_recorded ? folder : NULL);
    complain_of_limits(report);
    if (report->was_interrupted) {
        sim_command_complain("interrupted: these are the runs that were finished, and no others");
    }
    if (!is_recorded) {
        sim_command_complain("%s", error->message);
        code = SIM_EXIT_IO;
    } else if (unpictured && (is_stopped || !arguments->is_quiet)) {
        sim_command_complain("%s", unpictured);
        code = is_stopped ? SIM_EXIT_INTERRUPTED : code;
    }
    if (!sim_report_is_balanced(report)) {
        complain_of_books(report);
        code = SIM_EXIT_INTERNAL;
    }
    sim_report_free(report);
    return print_code != SIM_EXIT_GOOD && code != SIM_EXIT_INTERNAL ? print_code : code;
}

static int run_study(const char *path, const struct run_arguments *arguments,
                     const struct sim_program *program, struct sim_trace_file *trace)
{
    struct progress_line line = {0};
    struct sim_problems problems;
    sim_problems_init(&problems);
    bool is_shown =
        isatty(STDERR_FILENO) && g_strcmp0(g_getenv("TERM"), "dumb") != 0 && !arguments->is_quiet;
    struct sim_run_options options = {
        .models = program->models,
        .path = path,
        .settings = arguments->parsed,
        .setting_count = arguments->parsed_count,
        .variant = arguments->variant,
        .has_seed = arguments->seed != NULL,
        .seed = arguments->seed_number,
        .runs = (uint32_t)arguments->runs,
        .jobs = (uint32_t)arguments->jobs,
        .data_folder = arguments->data,
        .stop = program->stop,
        .progress = is_shown ? show_progress : NULL,
        .progress_data = &line,
        .trace_start = trace ? sim_trace_start : NULL,
        .trace = trace ? sim_trace_write : NULL,
        .trace_data = trace,
        .keeps_histories = arguments->keeps_histories,
    };
    struct sim_study *study = sim_study_run(&options, &problems);
    erase_progress(&line);
    bool is_interrupted = !study && problems.count == 0;
    if (!study && !is_interrupted) {
        return sim_command_problems(&problems);
    }
    sim_problems_clear(&problems);
    int code = SIM_EXIT_INTERRUPTED;
    if (study && study->result_count > 0) {
        code = deliver(study, arguments, program);
    } else {
        sim_command_complain("interrupted before any run was finished");
    }
    sim_study_free(study);
    return code;
}

static int run_traced(const char *path, const struct run_arguments *arguments,
                      const struct sim_program *program)
{
    g_autoptr(GError) error = NULL;
    struct sim_trace_file *trace = NULL;
    if (arguments->trace) {
        trace = sim_trace_open(arguments->trace, &error);
        if (!trace) {
            sim_command_complain("%s", error->message);
            return SIM_EXIT_IO;
        }
    }
    int code = run_study(path, arguments, program, trace);
    if (trace && !sim_trace_close(trace, &error)) {
        sim_command_complain("%s", error->message);
        return SIM_EXIT_IO;
    }
    return code;
}

static int command_run(const struct sim_command *command, int argc, char **argv,
                       const struct sim_program *program)
{
    struct run_arguments arguments = {.runs = AS_WRITTEN, .jobs = AS_WRITTEN};
    const GOptionEntry entries[] = {
        {"seed", 0, 0, G_OPTION_ARG_STRING, &arguments.seed, "Seed of all randomness", "N"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.settings,
         "Sets a parameter; may be repeated", "NAME=VALUE"},
        {"variant", 0, 0, G_OPTION_ARG_STRING, &arguments.variant, "Only this variant", "NAME"},
        {"runs", 0, 0, G_OPTION_ARG_INT, &arguments.runs, "Replications of each variant", "N"},
        {"jobs", 0, 0, G_OPTION_ARG_INT, &arguments.jobs,
         "Threads (default: as many as processors); results do not depend on it", "N"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &arguments.out,
         "Folder for the result files (default: output/NAME)", "FOLDER"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &arguments.data,
         "Folder of traces and data files (default: beside the scenario)", "FOLDER"},
        {"trace", 0, 0, G_OPTION_ARG_FILENAME, &arguments.trace,
         "Writes the events of the first run as JSON lines, or for FILE.perfetto.json as a trace "
         "that ui.perfetto.dev opens",
         "FILE"},
        {"history", 0, 0, G_OPTION_ARG_NONE, &arguments.keeps_histories,
         "Records what clients asked and were told, however long: history.edn, history.jsonl",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments.is_json, "Prints summary.json", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments.is_quiet, "Prints the verdicts alone",
         NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 1, 1, &code) >= 0) {
        code = SIM_EXIT_USAGE;
        if (parse_seed(&arguments) && parse_counts(&arguments) &&
            sim_command_settings(arguments.settings, &arguments.parsed, &arguments.parsed_count)) {
            program->catch_interrupt();
            code =
                !check_folder(&arguments) ? SIM_EXIT_IO : run_traced(argv[1], &arguments, program);
        }
    }
    arguments_clear(&arguments);
    return code;
}

const struct sim_command sim_command_run = {
    .name = "run",
    .arguments = "FILE",
    .summary = "play a scenario and say how it behaves",
    .details = "Examples:\n"
               "  brink run shop.lua                             all variants and sweeps\n"
               "  brink run shop.lua --set servers=8 --runs 20   another setting, more runs\n"
               "  brink run shop.lua --variant \"no cache\" --seed 7\n"
               "  brink run shop.lua --quiet && deploy           exit code 0 only when all "
               "expectations hold\n"
               "  brink run shop.lua --trace shop.perfetto.json  to look at in ui.perfetto.dev\n",
    .run = command_run,
};

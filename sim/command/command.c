/* Finds the command and runs it; what commands share. */
#define _DEFAULT_SOURCE /* winsize */
#define _POSIX_C_SOURCE 200809L
#include "command/command.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

#define COMMANDS_MAX 16
#define OPTIONS_MAX 32

const struct sim_command *const sim_commands[] = {&sim_command_run,         &sim_command_check,
                                                  &sim_command_show,        &sim_command_models,
                                                  &sim_command_report,      &sim_command_cache,
                                                  &sim_command_history,     &sim_command_new,
                                                  &sim_command_annotations, NULL};

static const char *const examples =
    "brink simulates a distributed design: latency, availability, throughput, each with its\n"
    "uncertainty. Three ways to begin:\n"
    "\n"
    "  brink new scenario hello      write a small scenario, hello.lua, to start from\n"
    "  brink run hello.lua           run it; results and pictures go to output/hello\n"
    "  brink models service          what a model is for, and what can be set\n"
    "\n"
    "All commands: brink --help\n";

void sim_command_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "brink: %s\n", text);
}

int sim_command_print(const char *text)
{
    errno = 0;
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        sim_command_complain("cannot write the result: %s", g_strerror(errno));
        return SIM_EXIT_IO;
    }
    return SIM_EXIT_GOOD;
}

int sim_command_problems(struct sim_problems *problems)
{
    bool is_io = problems->is_io;
    sim_problems_print(problems, stderr);
    sim_problems_clear(problems);
    return is_io ? SIM_EXIT_IO : SIM_EXIT_USAGE;
}

bool sim_command_is_coloured(int descriptor)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(descriptor) && (!no_colour || !no_colour[0]) && g_strcmp0(terminal, "dumb") != 0;
}

int sim_command_width(int descriptor)
{
    struct winsize size;
    bool is_known = isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0;
    return is_known ? size.ws_col : 0;
}

/* What is wrong with an option, and which one was meant. */
static void complain_option(const GOptionEntry *entries, char **argv, const char *message,
                            const char *program)
{
    const char *names[OPTIONS_MAX] = {NULL};
    for (size_t i = 0; entries[i].long_name && i + 1 < OPTIONS_MAX; i++) {
        names[i] = entries[i].long_name;
    }
    for (int i = 1; argv[i] && strcmp(argv[i], "--") != 0; i++) {
        g_autofree char *option = g_strdup_printf("Unknown option %s", argv[i]);
        if (strcmp(message, option) == 0 && g_str_has_prefix(argv[i], "--")) {
            g_autofree char *name = g_strndup(argv[i] + 2, strcspn(argv[i] + 2, "="));
            const char *nearest = sim_text_nearest(name, names);
            if (nearest) {
                sim_command_complain("no option '--%s' (did you mean '--%s'?)", name, nearest);
                return;
            }
        }
    }
    sim_command_complain("%s (see: %s --help)", message, program);
}

static void complain_count(const struct sim_command *command, char **argv, int count, int count_max,
                           const char *program)
{
    const char *expected = command->arguments[0] ? command->arguments : "no arguments";
    if (count > count_max) {
        sim_command_complain("%s: expected %s and no more, got '%s' as well (see: %s --help)",
                             command->name, expected, argv[count_max + 1], program);
    } else {
        sim_command_complain("%s: expected %s (see: %s --help)", command->name, expected, program);
    }
}

int sim_command_parse(const struct sim_command *command, const GOptionEntry *entries, int *argc,
                      char ***argv, int count_min, int count_max, int *ret_exit)
{
    g_autofree char *title = g_strdup_printf("%s - %s", command->arguments, command->summary);
    g_autoptr(GOptionContext) context = g_option_context_new(title);
    g_autofree char *program = g_strdup_printf("brink %s", command->name);
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_description(context, command->details);
    for (int i = 1; i < *argc && strcmp((*argv)[i], "--") != 0; i++) {
        if (strcmp((*argv)[i], "--help") == 0 || strcmp((*argv)[i], "-h") == 0) {
            g_set_prgname(program);
            g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
            *ret_exit = sim_command_print(help);
            return -1;
        }
    }
    *ret_exit = SIM_EXIT_USAGE;
    g_auto(GStrv) given = g_strdupv(*argv); /* parsing takes out what it knows */
    if (!g_option_context_parse(context, argc, argv, &error)) {
        complain_option(entries, given, error->message, program);
        return -1;
    }
    if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
        memmove(&(*argv)[1], &(*argv)[2], (size_t)(*argc - 1) * sizeof((*argv)[0]));
        --*argc;
    }
    int count = *argc - 1;
    if (count < count_min || count > count_max) {
        complain_count(command, *argv, count, count_max, program);
        return -1;
    }
    return count;
}

bool sim_command_settings(char **texts, struct sim_setting **ret_settings, uint32_t *ret_count)
{
    uint32_t count = texts ? g_strv_length(texts) : 0;
    struct sim_setting *settings = g_new0(struct sim_setting, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const char *equals = strchr(texts[i], '=');
        if (!equals || equals == texts[i]) {
            sim_command_complain("--set '%s': expected NAME=VALUE", texts[i]);
            sim_command_settings_free(settings, i);
            return false;
        }
        settings[i].name = g_strndup(texts[i], (gsize)(equals - texts[i]));
        settings[i].value = g_strdup(equals + 1);
    }
    *ret_settings = settings;
    *ret_count = count;
    return true;
}

void sim_command_settings_free(struct sim_setting *settings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        g_free((char *)settings[i].name);
        g_free((char *)settings[i].value);
    }
    g_free(settings);
}

/* Help */

static int print_help(void)
{
    g_autoptr(GString) text = g_string_new("Usage: brink COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; sim_commands[i]; i++) {
        g_string_append_printf(text, "  %-12s %-22s %s\n", sim_commands[i]->name,
                               sim_commands[i]->arguments, sim_commands[i]->summary);
    }
    g_string_append(
        text, "\nbrink COMMAND --help says more, with examples; brink --version the version.\n"
              "\nExit codes: 0 all expectations hold, 1 one failed, 2 usage or scenario "
              "error,\n3 could not read or write, 4 inconclusive, 130 interrupted (what was "
              "finished is\nkept), 70 an error in brink itself.\n");
    return sim_command_print(text->str);
}

static const struct sim_command *find_command(const char *name)
{
    for (size_t i = 0; sim_commands[i]; i++) {
        if (strcmp(name, sim_commands[i]->name) == 0) {
            return sim_commands[i];
        }
    }
    return NULL;
}

static int complain_unknown(const char *name)
{
    const char *names[COMMANDS_MAX] = {NULL};
    for (size_t i = 0; sim_commands[i] && i + 1 < COMMANDS_MAX; i++) {
        names[i] = sim_commands[i]->name;
    }
    const char *nearest = sim_text_nearest(name, names);
    if (g_str_has_suffix(name, ".lua")) {
        sim_command_complain("no command '%s' (did you mean 'run %s'?)", name, name);
    } else if (nearest) {
        sim_command_complain("no command '%s' (did you mean '%s'?)", name, nearest);
    } else {
        sim_command_complain("no command '%s' (see: brink --help)", name);
    }
    return SIM_EXIT_USAGE;
}

/* A file that outgrows the limit of the process is an error of writing, not the end of it. */
static void ignore_file_limit(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigaction(SIGXFSZ, &action, NULL);
}

int sim_command_main(int argc, char **argv, const struct sim_program *program)
{
    ignore_file_limit();
    if (argc < 2) {
        return sim_command_print(examples);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        return sim_command_print("brink " BRINK_VERSION "\n");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        return print_help();
    }
    const char *name = strcmp(argv[1], "help") == 0 ? argv[2] : argv[1];
    const struct sim_command *command = find_command(name);
    if (!command) {
        return complain_unknown(name);
    }
    if (name == argv[2]) { /* brink help COMMAND */
        char help[] = "--help";
        char *arguments[] = {argv[2], help, NULL};
        return command->run(command, 2, arguments, program);
    }
    return command->run(command, argc - 1, argv + 1, program);
}

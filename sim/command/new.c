/* brink new: starters that run, or compile, at once. An existing file is never overwritten. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"
#include "model_template.h" /* models/template.c, made into text by the build */

static const char *const scenario_starter =
    "-- Clients call a service with four servers over a network.\n"
    "-- Does it answer fast enough, and what happens when the load grows?\n"
    "-- (The comment at the head of the file heads every summary.)\n"
    "\n"
    "-- An input: brink run @NAME@.lua --set load=380/s\n"
    "local load = param(\"load\", rate(250))\n"
    "\n"
    "return scenario {\n"
    "  -- Operations that begin in [warmup, duration) count; the runs differ in their seeds.\n"
    "  name = \"@NAME@\", duration = minutes(2), warmup = s(10), runs = 5,\n"
    "\n"
    "  -- One way between any two machines. Without this block a message takes no time.\n"
    "  network { latency = lognormal { median = ms(0.5), p99 = ms(2) } },\n"
    "\n"
    "  -- Nodes. `brink models` lists what they can be, `brink models service` what can be set.\n"
    "  node \"clients\" { model = \"client.open\", arrivals = poisson(load), to = \"api\",\n"
    "                   timeout = s(1) },\n"
    "  node \"api\"     { model = \"service\", servers = 4, queue_limit = 100,\n"
    "                   service = exponential(ms(10)) },\n"
    "\n"
    "  -- A fault to try: for ten seconds all work takes three times as long.\n"
    "  -- slow { \"api\", from = s(60), to = s(70), factor = 3 },\n"
    "\n"
    "  -- What must hold. Each is judged by its interval: pass, fail or inconclusive.\n"
    "  expect \"clients.latency p99 < 100ms\",\n"
    "  expect \"clients.success ratio >= 99.9%\",\n"
    "  expect \"api.busy mean < 80%\",\n"
    "\n"
    "  -- A picture beside the usual ones.\n"
    "  plot { \"api.queued\", against = \"time\" },\n"
    "}\n";

/* Letters, digits, `_`, `-` and `.`, beginning with a letter: a file, and part of an identifier. */
static bool is_good_name(const char *name)
{
    return g_ascii_isalpha(name[0]) && strlen(name) <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
               strlen(name);
}

static int write_new(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0) {
        sim_command_complain("cannot make '%s': %s", path,
                             errno == EEXIST ? "it exists already" : g_strerror(errno));
        return SIM_EXIT_IO;
    }
    size_t length = strlen(text), written = 0;
    while (written < length) {
        ssize_t count = write(file, text + written, length - written);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        written += (size_t)count;
    }
    int code = errno;
    bool is_whole = close(file) == 0 && written == length;
    if (!is_whole) {
        unlink(path);
        sim_command_complain("cannot write '%s': %s", path, g_strerror(code));
        return SIM_EXIT_IO;
    }
    return SIM_EXIT_GOOD;
}

static int new_scenario(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s.lua", name);
    g_autoptr(GString) text = g_string_new(scenario_starter);
    g_string_replace(text, "@NAME@", name, 0);
    int code = write_new(path, text->str);
    if (code == SIM_EXIT_GOOD) {
        g_autofree char *line = g_strdup_printf("wrote %s; now: brink run %s\n", path, path);
        code = sim_command_print(line);
    }
    return code;
}

static int new_model(const char *name)
{
    g_autofree char *identifier = g_strdup(name);
    g_strdelimit(identifier, "-.", '_');
    g_autofree char *path = g_strdup_printf("%s.c", identifier);
    g_autofree char *quoted = g_strdup_printf(".name = \"%s\"", name);
    g_autoptr(GString) text = g_string_new(model_template);
    g_string_replace(text, ".name = \"template\"", quoted, 0);
    g_string_replace(text, "template", identifier, 0);
    int code = write_new(path, text->str);
    if (code == SIM_EXIT_GOOD) {
        g_autofree char *line =
            g_strdup_printf("wrote %s; move it into models/ and follow its numbers\n", path);
        code = sim_command_print(line);
    }
    return code;
}

static int command_new(const struct sim_command *command, int argc, char **argv,
                       const struct sim_program *program)
{
    (void)program;
    const GOptionEntry entries[] = {{NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 2, 2, &code) < 0) {
        return code;
    }
    bool is_scenario = strcmp(argv[1], "scenario") == 0;
    if (!is_scenario && strcmp(argv[1], "model") != 0) {
        const char *const kinds[] = {"scenario", "model", NULL};
        const char *nearest = sim_text_nearest(argv[1], kinds);
        sim_command_complain("new '%s': expected scenario or model%s%s%s", argv[1],
                             nearest ? " (did you mean '" : "", nearest ? nearest : "",
                             nearest ? "'?)" : "");
        return SIM_EXIT_USAGE;
    }
    const char *suffix = is_scenario ? ".lua" : ".c"; /* given or not */
    if (g_str_has_suffix(argv[2], suffix)) {
        argv[2][strlen(argv[2]) - strlen(suffix)] = '\0';
    }
    if (!is_good_name(argv[2])) {
        sim_command_complain("new %s '%s': a name has letters, digits, '_', '-' and '.', and "
                             "begins with a letter",
                             argv[1], argv[2]);
        return SIM_EXIT_USAGE;
    }
    return is_scenario ? new_scenario(argv[2]) : new_model(argv[2]);
}

const struct sim_command sim_command_new = {
    .name = "new",
    .arguments = "scenario|model NAME",
    .summary = "write a commented starter to begin from",
    .details = "Examples:\n"
               "  brink new scenario shop      writes shop.lua, which runs at once\n"
               "  brink new model breaker      writes breaker.c, which compiles at once\n",
    .run = command_new,
};

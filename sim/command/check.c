/* brink check: is the scenario good? brink show: what does it say in full? */
#include "command/command.h"
#include "run/study.h"

struct arguments {
    char **settings;
    char *variant, *data;
    struct sim_setting *parsed;
    uint32_t parsed_count;
};

static void arguments_clear(struct arguments *arguments)
{
    g_strfreev(arguments->settings);
    g_free(arguments->variant);
    g_free(arguments->data);
    sim_command_settings_free(arguments->parsed, arguments->parsed_count);
}

typedef int (*action)(const char *path, const struct arguments *arguments,
                      const struct sim_model *const *models);

/* Both commands take the same options. */
static int with_arguments(const struct sim_command *command, int argc, char **argv,
                          const struct sim_model *const *models, action act)
{
    struct arguments arguments = {0};
    const GOptionEntry entries[] = {
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.settings,
         "Sets a parameter; may be repeated", "NAME=VALUE"},
        {"variant", 0, 0, G_OPTION_ARG_STRING, &arguments.variant, "With this variant applied",
         "NAME"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &arguments.data,
         "Folder of traces and data files (default: beside the scenario)", "FOLDER"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 1, 1, &code) >= 0) {
        code = SIM_EXIT_USAGE;
        if (sim_command_settings(arguments.settings, &arguments.parsed, &arguments.parsed_count)) {
            code = act(argv[1], &arguments, models);
        }
    }
    arguments_clear(&arguments);
    return code;
}

static int check(const char *path, const struct arguments *arguments,
                 const struct sim_model *const *models)
{
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_run_options options = {.models = models,
                                      .path = path,
                                      .settings = arguments->parsed,
                                      .setting_count = arguments->parsed_count,
                                      .variant = arguments->variant,
                                      .data_folder = arguments->data};
    uint32_t count = sim_study_check(&options, &problems);
    if (count == 0) {
        return sim_command_problems(&problems);
    }
    sim_problems_clear(&problems);
    g_autofree char *line =
        g_strdup_printf("%s: good, %u %s\n", path, count, count == 1 ? "case" : "cases");
    return sim_command_print(line);
}

/* What a file with variants says without any is no case that runs, and may refer to nodes that only
 * they have. */
static int ask_for_variant(const char *path, const struct sim_scenario *scenario)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (uint32_t i = 0; i < scenario->variant_count; i++) {
        g_string_append_printf(names, "%s--variant '%s'", i > 0 ? ", " : "", scenario->variants[i]);
    }
    sim_command_complain("show: which variant of %s? %s", path, names->str);
    return SIM_EXIT_USAGE;
}

static int show(const char *path, const struct arguments *arguments,
                const struct sim_model *const *models)
{
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_load_options options = {.models = models,
                                       .settings = arguments->parsed,
                                       .setting_count = arguments->parsed_count,
                                       .variant = arguments->variant,
                                       .data_folder = arguments->data};
    struct sim_scenario *scenario = sim_scenario_load(path, &options, &problems);
    if (!scenario) {
        return sim_command_problems(&problems);
    }
    sim_problems_clear(&problems);
    g_autofree char *text = sim_scenario_print(scenario);
    bool is_open = scenario->variant_count > 0 && !arguments->variant;
    int code = is_open ? ask_for_variant(path, scenario) : sim_command_print(text);
    sim_scenario_free(scenario);
    return code;
}

static int command_check(const struct sim_command *command, int argc, char **argv,
                         const struct sim_program *program)
{
    return with_arguments(command, argc, argv, program->models, check);
}

static int command_show(const struct sim_command *command, int argc, char **argv,
                        const struct sim_program *program)
{
    return with_arguments(command, argc, argv, program->models, show);
}

const struct sim_command sim_command_check = {
    .name = "check",
    .arguments = "FILE",
    .summary = "look for mistakes in a scenario, and run nothing",
    .details = "Every variant and every point of the sweeps is looked at. All problems are printed "
               "at\nonce, as FILE:LINE: what is wrong.\n\n"
               "Example:\n  brink check shop.lua --set servers=8\n",
    .run = command_check,
};

const struct sim_command sim_command_show = {
    .name = "show",
    .arguments = "FILE",
    .summary = "print a scenario in full, defaults included",
    .details =
        "What is printed is a scenario itself: it runs, and gives the same digest. Of variants\n"
        "and sweeps it is one case: that of --variant and --set.\n\n"
        "Example:\n  brink show shop.lua --variant \"no cache\" > resolved.lua\n",
    .run = command_show,
};

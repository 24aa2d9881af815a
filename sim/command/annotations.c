/* brink annotations: what an editor needs to complete fields and show their help. */
#include "command/command.h"

static int command_annotations(const struct sim_command *command, int argc, char **argv,
                               const struct sim_program *program)
{
    const GOptionEntry entries[] = {{NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 0, 0, &code) < 0) {
        return code;
    }
    g_autofree char *text = sim_scenario_annotations(program->models);
    return sim_command_print(text);
}

const struct sim_command sim_command_annotations = {
    .name = "annotations",
    .arguments = "",
    .summary = "print type annotations for the Lua language server",
    .details = "Put them where your editor looks for Lua libraries, beside the scenarios for "
               "example:\n"
               "  brink annotations > brink.lua\n"
               "It then completes blocks and fields and shows their help; a field that does not\n"
               "exist \"cannot be assigned to brink.NoSuchField\". brink check knows more.\n",
    .run = command_annotations,
};

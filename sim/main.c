/* brink: everything is in the commands (sim/command) and the table of models. */
#include "command/command.h"
#include "models.h"

int main(int argc, char **argv)
{
    return sim_command_main(argc, argv, sim_models);
}

/* brink: everything is in the commands (sim/command) and the table of models. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

#include "command/command.h"
#include "models.h"

static volatile bool stop_asked;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    stop_asked = true;
}

/* The first one asks for an end, the second one ends. */
static void catch_interrupt(void)
{
    stop_asked = false;
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv)
{
    struct sim_program program = {.models = sim_models,
                                  .caches = &sim_replay_policies,
                                  .stop = &stop_asked,
                                  .catch_interrupt = catch_interrupt};
    return sim_command_main(argc, argv, &program);
}

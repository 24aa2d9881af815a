/* The command line: one file a command, one table of them all.
 *
 * stdout carries results, stderr everything else. Exit codes are part of the interface.
 */
#ifndef BRINK_COMMAND_COMMAND_H
#define BRINK_COMMAND_COMMAND_H

#include <glib.h>
#include <stdio.h>

#include "scenario/scenario.h"
#include "world/replay.h"

enum sim_exit {
    SIM_EXIT_GOOD = 0,   /* all expectations hold */
    SIM_EXIT_FAILED = 1, /* one failed */
    SIM_EXIT_USAGE = 2,  /* usage or scenario error */
    SIM_EXIT_IO = 3,     /* could not read or write */
    SIM_EXIT_INCONCLUSIVE = 4,
    SIM_EXIT_INTERNAL = 70,    /* the books of a run do not balance: an error in brink */
    SIM_EXIT_INTERRUPTED = 130 /* what was finished is kept and reported */
};

/* What the program is made of. A signal handler needs a variable that outlives functions, and no
 * library here keeps one: it is main's. */
struct sim_program {
    const struct sim_model *const *models;
    const struct sim_replay_caches *caches;
    const volatile bool *stop;     /* raised by an interrupt once it is caught */
    void (*catch_interrupt)(void); /* lowers `stop`; the next interrupt raises it, one more ends */
};

struct sim_command {
    const char *name;
    const char *arguments; /* "FILE" */
    const char *summary;
    const char *details; /* after the options of its help: examples */
    int (*run)(const struct sim_command *command, int argc, char **argv,
               const struct sim_program *program);
};

extern const struct sim_command sim_command_run, sim_command_check, sim_command_show,
    sim_command_models, sim_command_report, sim_command_cache, sim_command_history, sim_command_new,
    sim_command_annotations;

/* All commands in the order of help; NULL at the end. */
extern const struct sim_command *const sim_commands[];

/* The whole program: returns its exit code. */
int sim_command_main(int argc, char **argv, const struct sim_program *program);

/* For commands */

/* "brink: ..." on stderr. */
void sim_command_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether what goes there may move the cursor and have colours: a terminal that is not told
 * otherwise by NO_COLOR or TERM=dumb. */
bool sim_command_is_coloured(int descriptor);

/* Columns of the terminal that it is; 0 = none, or one that does not say. */
int sim_command_width(int descriptor);

/* Parses options, leaving `count_min` to `count_max` other arguments in argv[1 ..], whose count it
 * gives. -1 when the command has done with *ret_exit: help was printed, or a mistake named. */
int sim_command_parse(const struct sim_command *command, const GOptionEntry *entries, int *argc,
                      char ***argv, int count_min, int count_max, int *ret_exit);

/* Writes to stdout; SIM_EXIT_IO with a complaint when not all of it could be written. */
int sim_command_print(const char *text);

/* Problems on stderr, and the exit code that they mean. */
int sim_command_problems(struct sim_problems *problems);

/* --set NAME=VALUE, as often as it was given. False with a complaint when one is not that. The
 * caller frees the settings with sim_command_settings_free. */
bool sim_command_settings(char **texts, struct sim_setting **ret_settings, uint32_t *ret_count);
void sim_command_settings_free(struct sim_setting *settings, uint32_t count);

#endif

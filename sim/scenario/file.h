/* Files that a scenario names: read whole, within bounds, and from below one folder only. */
#ifndef BRINK_SCENARIO_FILE_H
#define BRINK_SCENARIO_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct sim_file {
    const char *text; /* in the arena, with a zero byte after it */
    size_t size;
};

/* Reads `name`, a relative path without "..", below `folder`. Symbolic links are not followed, and
 * only regular files of at most `size_max` bytes are read. NULL when that went well, else what is
 * wrong, for the user. */
const char *sim_file_read(struct sim_arena *arena, const char *folder, const char *name,
                          size_t size_max, struct sim_file *ret_file);

/* Reads the file that the user named on the command line, wherever it is; links are followed. */
const char *sim_file_read_path(struct sim_arena *arena, const char *path, size_t size_max,
                               struct sim_file *ret_file);

#endif

/* Capacities of caches as the command line names them: "1000,10000", "1e3..1e6/7", "1%,10%". */
#ifndef BRINK_COMMAND_CAPACITIES_H
#define BRINK_COMMAND_CAPACITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "run/replay.h"

struct sim_capacities {
    uint32_t count;
    double values[SIM_REPLAY_CAPACITIES_MAX]; /* objects or bytes; shares where is_share */
    bool is_share[SIM_REPLAY_CAPACITIES_MAX];
    bool has_shares;
};

/* Reads a list. Each entry is a number, or a share such as 10%; with `is_by_bytes` a number may
 * have a unit (64MiB). FROM..TO/N are N capacities from FROM to TO, each the same factor above the
 * one before. NULL, or what is wrong (caller frees). */
char *sim_capacities_parse(const char *text, bool is_by_bytes, struct sim_capacities *ret);

/* The capacities as whole numbers, ascending, each once; shares are of `whole`. How many. */
uint32_t sim_capacities_resolve(const struct sim_capacities *capacities, uint64_t whole,
                                uint64_t ret_values[SIM_REPLAY_CAPACITIES_MAX]);

#endif

/* The latency table that circulates since Dean's talks (2009), in the edition of "The system design
 * primer" (Martin, 2017 and later), and the rows in which Norvig's and Jeff Dean's 2012 edition
 * differs, by their own names. Orders of magnitude to plan with, not measurements of any machine.
 */
#include "scenario/planning.h"

#include <stddef.h>

#define PRIMER "system design primer edition"
#define OLDER "2012 edition"
#define OTHER "edition with 4 / 20 / 80 ms a 4 MB"
#define HUMAN "human perception, rule of thumb"

const struct sim_planning_value sim_planning_latencies[] = {
    {"L1", 0.5, "reference to the first-level cache", PRIMER},
    {"branch_mispredict", 5, "mispredicted branch", PRIMER},
    {"L2", 7, "reference to the second-level cache", PRIMER},
    {"mutex", 25, "lock and unlock of a mutex", PRIMER},
    {"memory", 100, "reference to main memory", PRIMER},
    {"compress_1kB", 10e3, "1 kB compressed with a fast compressor", PRIMER},
    {"compress_1kB_2012", 3e3, "1 kB compressed with a fast compressor", OLDER},
    {"send_1kB_1Gbit", 10e3, "1 kB sent over 1 Gbit/s", PRIMER},
    {"ssd_random_4kB", 150e3, "4 kB read at random from a solid-state disk", PRIMER},
    {"memory_1MB", 250e3, "1 MB read in sequence from memory", PRIMER},
    {"memory_4MB", 1e6, "4 MB read in sequence from memory", OTHER},
    {"datacentre_round_trip", 500e3, "round trip inside a data centre", PRIMER},
    {"ssd_1MB", 1e6, "1 MB read in sequence from a solid-state disk", PRIMER},
    {"ssd_4MB", 20e6, "4 MB read in sequence from a solid-state disk", OTHER},
    {"disk_seek", 10e6, "seek of a disk", PRIMER},
    {"network_1MB_1Gbit", 10e6, "1 MB read in sequence over 1 Gbit/s", PRIMER},
    {"disk_1MB", 30e6, "1 MB read in sequence from a disk", PRIMER},
    {"disk_1MB_2012", 20e6, "1 MB read in sequence from a disk", OLDER},
    {"disk_4MB", 80e6, "4 MB read in sequence from a disk", OTHER},
    {"california_netherlands_round_trip", 150e6, "round trip California - Netherlands", PRIMER},
    {"database_commit", 1e6, "commit of a database transaction", PRIMER},
    {"blink", 100e6, "blink of an eye", HUMAN},
    {"reaction", 250e6, "human reaction time", HUMAN},
    {NULL, 0, NULL, NULL},
};

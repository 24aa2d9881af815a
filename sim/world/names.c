/* Names of the world's enumerations, in their order. */
#include "world/internal.h"

const char *const sim_operation_names[SIM_OP_COUNT + 1] = {
    "call", "read", "write", "compare_and_set", "increment", "append", "delete", "scan", NULL};

const char *const sim_status_names[SIM_STATUS_COUNT + 1] = {
    "ok",      "not found", "conflict", "rejected", "error", "unavailable",
    "refused", "timeout",   "expired",  "redirect", NULL};

const char *const sim_discipline_names[SIM_DISCIPLINE_COUNT + 1] = {
    "fifo",   "lifo", "processor_sharing", "priority", "priority_preemptive", "shortest_remaining",
    "random", NULL};

const char *const sim_cause_names[SIM_CAUSE_COUNT + 1] = {"queue", "service", "network", "retry",
                                                          "lock",  "fsync",   "other",   NULL};

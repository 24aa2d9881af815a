/* How old what was read was, and what of a register was lost. See staleness.c. */
#ifndef BRINK_CHECK_STALENESS_H
#define BRINK_CHECK_STALENESS_H

#include "check/accesses.h"

/* What is wrong (%s: this, these), and the operations that show it: indices of accesses,
 * none when nothing is. The caller frees both. */
struct check_finding {
    GArray *accesses; /* of uint32_t */
    char *because;
};

typedef struct check_finding check_find(const struct check_accesses *accesses, uint64_t bound);

/* Reads that get none of the latest `bound` + 1 values; or one that had not been the latest for
 * more than `bound` ns when they began. */
check_find check_versions_stale, check_time_stale;
/* Values that more compare-and-sets replaced than there were. No bound. */
check_find check_lost_updates;
/* Writes of which later reads see nothing, some of them `bound` ns later. */
check_find check_lost_writes;

#endif

/* What must go wrong, and the same without its mistake, which must not. */
#ifndef TESTS_PROPERTY_SWARM_PAIR_H
#define TESTS_PROPERTY_SWARM_PAIR_H

#include "swarm.h"

/* Plays `broken` until a seed is not as claimed, 300 at most, and `mended` with these very seeds
 * and the same faults. */
static inline void swarm_check_pair(struct swarm_case broken, const char *mended)
{
    struct swarm *swarm = swarm_new(broken, 1, 300, true);
    g_assert_cmpuint(swarm->violations, ==, 1);
    uint64_t seeds = swarm->seed;
    g_free(swarm);
    g_autofree char *what = g_strdup_printf("not: %s", broken.what);
    broken.what = what;
    broken.params = mended;
    swarm = swarm_new(broken, 1, seeds, false);
    swarm_check_right(swarm);
    g_free(swarm);
}

#endif

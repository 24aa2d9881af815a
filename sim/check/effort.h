/* What the limits allow a search still to do: steps, and work that is less than a step each. */
#ifndef BRINK_CHECK_EFFORT_H
#define BRINK_CHECK_EFFORT_H

#include "check/check.h"

#define CHECK_WORK_OF_STEP 16u /* edges, entries of a list, words of a place, bytes of a text */

struct check_effort {
    uint64_t *steps;
    uint64_t work; /* less than a step so far */
};

/* False when no steps are left. */
static inline bool check_effort_spend(struct check_effort *effort, uint64_t work)
{
    effort->work += work;
    uint64_t steps = effort->work / CHECK_WORK_OF_STEP;
    effort->work %= CHECK_WORK_OF_STEP;
    *effort->steps = *effort->steps > steps ? *effort->steps - steps : 0;
    return *effort->steps > 0;
}

/* check.c: texts that are states of a search go with it; those from `count` on are forgotten. */
void check_texts_forget(struct sim_check_input *input, uint32_t count);
uint32_t check_texts_count(const struct sim_check_input *input);

#endif

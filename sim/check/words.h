/* What is wrong with the evidence, in words. */
#ifndef BRINK_CHECK_WORDS_H
#define BRINK_CHECK_WORDS_H

#include "check/check.h"

/* The format with "this" or "these" in place of its %s, and which key that is of where there are
 * others. Caller frees. */
char *check_because(const struct sim_check_input *input, const char *format,
                    const struct sim_check_result *result);

#endif

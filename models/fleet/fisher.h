/* Fisher's exact test of two shares, one-sided (Fisher 1935, "The Design of Experiments", ch. 2).
 */
#ifndef BRINK_MODELS_FLEET_FISHER_H
#define BRINK_MODELS_FLEET_FISHER_H

#include <stdint.h>

/* So many out of so many. */
struct tally {
    uint64_t hits, all;
};

/* If hits fell on both sides alike: how probable it is that at least so many of them, given their
 * sum, are found on the side `one`. */
double fisher_p(struct tally one, struct tally other);

#endif

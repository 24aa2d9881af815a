/* What the sessions of a client last saw of each key: what a compare-and-set expects to find.
 *
 * A table that only grows, looked up and never walked.
 */
#ifndef BRINK_MODELS_CLIENT_SEEN_H
#define BRINK_MODELS_CLIENT_SEEN_H

#include "sim.h"

struct seen_entry {
    uint64_t session, key, value;
    bool is_used;
};

struct seen {
    struct seen_entry *entries; /* open addressing, at most half full; NULL = empty */
    uint64_t mask, count;
};

/* The value, or 0 when the session never saw the key. */
uint64_t seen_value(const struct seen *seen, uint64_t session, uint64_t key);
void seen_put(struct seen *seen, uint64_t session, uint64_t key, uint64_t value);
void seen_clear(struct seen *seen);

#endif

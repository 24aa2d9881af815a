/* A list of open streams, in the order in which they came: who is to be told what changes. */
#ifndef BRINK_MODELS_FOLLOWERS_H
#define BRINK_MODELS_FOLLOWERS_H

#include "sim.h"

/* All zero is an empty list. On the heap: cleared at the end of a life. */
struct followers {
    sim_stream *each;
    uint32_t count, capacity;
};

void followers_add(struct followers *followers, sim_stream stream);
/* Takes it out; the others stay in order. */
void followers_drop(struct followers *followers, sim_stream stream);
/* Takes out all that are closed. */
void followers_drop_closed(struct sim_node *self, struct followers *followers);
/* Sends all of them what a store has committed; counts in `unsent` who has no credit for it. */
void followers_tell(struct sim_node *self, const struct followers *followers,
                    struct sim_item change, int unsent);
void followers_clear(struct followers *followers);

#endif

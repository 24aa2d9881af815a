/* Attempts of one call: the first, and the hedges that were sent while it was awaited. What clients
 * and services share.
 *
 * One is embedded in the frame of whoever calls, and that frame is the tag of all its attempts;
 * which of them an outcome belongs to is told by when it was made, since hedges are never made at
 * the same instant. Without hedging it is one call and nothing else.
 */
#ifndef BRINK_MODELS_ATTEMPTS_H
#define BRINK_MODELS_ATTEMPTS_H

#include "sim.h"

struct attempt {
    sim_call call; /* 0 = over */
    sim_time made;
    sim_span branch; /* where its time goes; 0 without hedging */
};

struct attempts {
    struct attempt each[SIM_HEDGES_MAX + 1];
    uint32_t made, open;
    sim_timer next; /* the next hedge is due */
    bool cancels;   /* who is forgotten is told */
};

/* Makes the first attempt (none is open), or a further one. `timer` is the caller's, fired with
 * `tag` when a hedge is due. request->span is that of the operation. */
void attempts_make(struct sim_node *self, struct attempts *attempts, const struct sim_hedge *hedge,
                   sim_node_id to, const struct sim_request *request, sim_time timeout, int timer,
                   uint64_t tag);

/* What an outcome means for the whole. */
enum attempts_state {
    ATTEMPTS_AWAITED,  /* it failed, and others are open */
    ATTEMPTS_ANSWERED, /* the first answer: what else was open is forgotten */
    ATTEMPTS_FAILED    /* it failed, and it was the last one open */
};
/* `span` is that of the operation. */
enum attempts_state attempts_end(struct sim_node *self, struct attempts *attempts, sim_span span,
                                 const struct sim_outcome *outcome);
/* Forgets all that is open. */
void attempts_forget(struct sim_node *self, struct attempts *attempts);

#endif

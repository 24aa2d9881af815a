/* Homes: the member that each session of a client goes to, until it is lost.
 *
 * The first is taken in turn (or drawn by the target's shares), as a balancer that sets a cookie
 * does. A session whose member has left the view, or is reported lost, takes another one and stays
 * there, also when the first is back: as ZooKeeper's client library does when its connection fails,
 * or a balancer that breaks persistence rather than refuse (HAProxy: option redispatch).
 */
#ifndef BRINK_MODELS_CLIENT_HOMES_H
#define BRINK_MODELS_CLIENT_HOMES_H

#include "members.h"
#include "sim.h"

struct homes {
    uint32_t *places; /* by session: place of its member in the target, from 1; 0 = none yet */
    bool *is_there;   /* by place, from 1: in the view */
    uint64_t version; /* of the view */
};

/* At SIM_IN_START. */
void homes_start(struct sim_node *self, struct homes *homes, const struct members *members,
                 uint64_t session_count);
/* The member of a session, 0 when none is up. `draw` is for shares. */
sim_node_id homes_find(struct sim_node *self, struct homes *homes, struct members *members,
                       uint64_t session, int draw);
/* `member` is lost: if it is the session's it takes another one, where there is one. */
void homes_lose(struct sim_node *self, struct homes *homes, struct members *members,
                uint64_t session, sim_node_id member, int draw);

#endif

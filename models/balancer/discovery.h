/* Discovery: how a balancer with a registry (models/fleet/registry.c) knows who is there.
 *
 * It asks at an interval and believes the last answer [Eureka], or it watches: it keeps a stream
 * open, on which the registry says how it stands with each node when the stream is opened, and
 * whenever that changes [etcd, ZooKeeper, Consul's blocking queries]. While an answer is lost, or
 * the stream is broken, it goes on with what it knows; a stream is opened again a second later.
 */
#ifndef BRINK_MODELS_BALANCER_DISCOVERY_H
#define BRINK_MODELS_BALANCER_DISCOVERY_H

#include "balancer/pool.h"

struct discovery_params {
    struct sim_target registry; /* none: the balancer knows by itself who is there */
    sim_time poll;
    bool watch;
};

struct discovery {
    const struct discovery_params *params;
    struct pool *pool;
    int timer, lookup; /* of the model: a timer, a message */
};

/* At SIM_IN_START, after the pool's. */
void discovery_start(struct sim_node *self, struct discovery *discovery);
/* When the timer fires. */
void discovery_ask(struct sim_node *self, struct discovery *discovery);
/* What came of it: a message (listing.h); an item of the stream; or the stream is broken. */
void discovery_on_listing(struct sim_node *self, struct discovery *discovery,
                          const struct sim_input *in);
void discovery_on_item(struct sim_node *self, struct discovery *discovery,
                       const struct sim_input *in);
void discovery_on_closed(struct sim_node *self, struct discovery *discovery);

#endif

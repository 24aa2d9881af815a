/* Gossip: what the files of store.gossip share. gossip.c is the model and serves requests,
 * spread.c is what members tell each other.
 */
#ifndef BRINK_MODELS_STORE_GOSSIP_H
#define BRINK_MODELS_STORE_GOSSIP_H

#include "sim.h"
#include "store/cells.h"

enum gossip_way { GOSSIP_RUMOR, GOSSIP_PUSH, GOSSIP_PULL, GOSSIP_PUSH_PULL };

struct gossip_params {
    int32_t way; /* enum gossip_way */
    sim_time cycle;
    bool synchronous;
    int64_t fanout;
    bool feedback;
    int64_t k;
    struct sim_operation_laws service;
    int64_t servers;
    int64_t queue_limit;
    int64_t value_bytes;
};

enum gossip_metric {
    GOSSIP_COMMITS,
    GOSSIP_SENT,
    GOSSIP_NEWS,
    GOSSIP_BYTES,
    GOSSIP_DELAY,
    GOSSIP_HOT,
    GOSSIP_BUSY,
    GOSSIP_QUEUED,
    GOSSIP_WAIT
};
enum gossip_message { GOSSIP_UPDATES, GOSSIP_FEEDBACK, GOSSIP_CHECKSUM };
enum gossip_timer { GOSSIP_CYCLE };
enum gossip_draw { GOSSIP_DRAW_SERVICE, GOSSIP_DRAW_PEER, GOSSIP_DRAW_COIN, GOSSIP_DRAW_PHASE };

/* Of each cell, by its index. */
struct gossip_rumor {
    sim_time heard; /* when the present version came */
    uint64_t told;  /* the contact that has told this very version */
    uint32_t known; /* contacts in a row that knew it */
    bool is_hot;
};

struct gossip_state {
    struct sim_station *work;
    struct cells cells;
    struct gossip_rumor *rumors;
    uint32_t rumor_capacity;
    uint64_t checksum; /* of all cells: a sum, whatever their order */
    uint64_t number;   /* of the latest version that it made, without its own part */
    sim_time began;    /* the present cycle */
};

/* Takes what is newer than what is there. */
bool gossip_take(struct sim_node *self, const struct cell *update);
void gossip_cycle(struct sim_node *self);
void gossip_message(struct sim_node *self, const struct sim_input *in);
/* At the end of a life. */
void gossip_forget(struct sim_node *self);

#endif

/* Members of a target as a node sees them: those that are up, kept until the view changes. */
#ifndef BRINK_MODELS_MEMBERS_H
#define BRINK_MODELS_MEMBERS_H

#include "sim.h"

struct members {
    const struct sim_target *target;
    sim_node_id *ids; /* up, in target order */
    double *shares;   /* of each of them, as the target states; NULL where it states none */
    uint32_t count;
    uint64_t version; /* of the view */
    uint64_t turn;
    sim_node_id *near; /* those of them that are nearest; NULL until they are asked for */
    uint32_t near_count;
    uint64_t near_version; /* of the view that they are of */
};

/* At SIM_IN_START. `target` is kept and may be empty. Nodes of one group take turns from different
 * members on. */
void members_start(struct sim_node *self, struct members *members, const struct sim_target *target);
/* Brings ids and count up to date. */
void members_look(struct sim_node *self, struct members *members);
/* The next one in turn, 0 when none is up. */
sim_node_id members_next(struct sim_node *self, struct members *members);
/* The next one in turn of those to whose place the mean latency is least; 0 when none is up. */
sim_node_id members_nearest(struct sim_node *self, struct members *members);
/* One drawn by the target's shares, which those that are up divide among them, without `avoid`
 * (0 = nobody); 0 when none is up or has a share. */
sim_node_id members_draw(struct sim_node *self, struct members *members, sim_node_id avoid,
                         struct sim_random *random);
/* A hash of the name that the members of this node's own group share. */
uint64_t members_group_hash(const struct sim_node *self);

#endif

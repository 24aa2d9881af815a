/* Affinity: which member a session or a connection was given, in a table of bounded size.
 *
 * When the table is full the entry that was used least recently makes room, as in HAProxy's stick
 * tables. An entry that has been silent for too long is found out when it is asked for.
 */
#ifndef BRINK_MODELS_BALANCER_AFFINITY_H
#define BRINK_MODELS_BALANCER_AFFINITY_H

#include "sim.h"

struct affinity_entry {
    uint64_t key;
    uint32_t member; /* index in the pool */
    uint32_t uses;
    sim_time used;               /* last */
    uint32_t newer, older, next; /* entries by number, 0 = none: order of use, and of the bucket */
};

struct affinity {
    struct affinity_entry *entries; /* [0] heads the order of use */
    uint32_t *buckets;
    uint32_t bucket_mask;
    uint32_t count, count_max;
    uint32_t free; /* released entries, by `next` */
    sim_time idle; /* silent for so long, it is forgotten */
};

/* At SIM_IN_START; room for `count_max` entries, at least 1. */
void affinity_start(struct sim_node *self, struct affinity *affinity, uint32_t count_max,
                    sim_time idle);
/* The entry of `key`, which counts as used now; NULL = there is none. */
struct affinity_entry *affinity_find(struct affinity *affinity, uint64_t key, sim_time now);
/* The same, and it does not count as a use. */
const struct affinity_entry *affinity_peek(const struct affinity *affinity, uint64_t key,
                                           sim_time now);
/* Gives `key` a member, whether it had one or not. True when another entry had to make room. */
bool affinity_assign(struct affinity *affinity, uint64_t key, uint32_t member, sim_time now);
void affinity_forget(struct affinity *affinity, uint64_t key);

#endif

/* The members of a balancer: who exists as the balancer sees it, and who of them can be picked.
 *
 * A member is available unless a reason keeps it out: active checks that fail, failures in a row,
 * or a weight of nothing. When fewer than the panic share of those that exist is left, reasons are
 * ignored and all that exist are available [Envoy's panic threshold].
 */
#ifndef BRINK_MODELS_BALANCER_POOL_H
#define BRINK_MODELS_BALANCER_POOL_H

#include "balancer/policy.h"

enum pool_reason { POOL_CHECKS_FAIL = 1, POOL_EJECTED = 2 };

struct pool {
    const struct sim_target *target;
    struct balancer_member *members; /* all that can ever be, by index */
    uint8_t *reasons;                /* by index: enum pool_reason that keep it out */
    bool *exists;                    /* by index */
    bool *listed;                    /* by index, as a registry says; NULL = nobody is asked */
    uint32_t count;                  /* of members */
    uint32_t existing_count;
    uint32_t out_count; /* existing ones with a reason */
    struct balancer_member *available;
    uint32_t available_count;
    struct balancer_member *others; /* room for all but one of them */
    sim_node_id *ids;               /* scratch */
    double panic;                   /* share of the existing ones */
    uint64_t seen;                  /* version of the world's view */
    uint64_t version;               /* of `available`; from 1 */
};

/* At SIM_IN_START; `target` is kept. Who exists is what the world says, or, with `asks`, what
 * listings of a registry say: nobody before the first. */
void pool_start(struct sim_node *self, struct pool *pool, const struct sim_target *target,
                double panic, bool asks);
/* A listing came (listing.h). */
void pool_listed(struct sim_node *self, struct pool *pool, const uint64_t *words);
/* One of them is on the list from now on, or off it. */
void pool_list(struct sim_node *self, struct pool *pool, sim_node_id id, bool is_listed);
/* Brings it up to date with who exists. */
void pool_look(struct sim_node *self, struct pool *pool);
/* Whether the reason keeps the member out from now on. */
void pool_set(struct pool *pool, uint32_t index, enum pool_reason reason, bool is_out);
/* By index; NULL when it is not available. */
const struct balancer_member *pool_available(const struct pool *pool, uint32_t index);
/* What a policy may pick from; `avoid` is a member that failed just now, 0 = none. */
void pool_view(struct pool *pool, sim_node_id avoid, struct balancer_view *ret_view);

#endif

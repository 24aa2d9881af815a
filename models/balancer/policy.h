/* Balancing policies: one file and one row of BALANCER_POLICIES each.
 *
 * A policy picks one of the members that can be picked now. It keeps what it must remember in a
 * state of its own; per member by the member's index, which stays the same through a life of the
 * balancer, whoever comes and goes. It may ask the balancer's node how many of its calls are open
 * to a member (sim_open_calls), and is told how attempts end if it wants to know.
 */
#ifndef BRINK_MODELS_BALANCER_POLICY_H
#define BRINK_MODELS_BALANCER_POLICY_H

#include "hashing/placement.h"
#include "sim.h"

/* The table: a row is the name of a policy that defines balancer_NAME. */
/* clang-format off */
#define BALANCER_POLICIES(row)                                                                     \
    row(round_robin)                                                                               \
    row(random)                                                                                    \
    row(least_connections)                                                                         \
    row(two_choices)                                                                               \
    row(weighted)                                                                                  \
    row(least_response_time)                                                                       \
    row(nearest)                                                                                   \
    row(lowest_latency)                                                                            \
    row(active_passive)                                                                            \
    row(modulo)                                                                                    \
    row(ring)                                                                                      \
    row(jump)                                                                                      \
    row(rendezvous)                                                                                \
    row(maglev)                                                                                    \
    row(bounded)
/* clang-format on */

enum balancer_hash_by { HASH_BY_KEY, HASH_BY_SESSION };
extern const char *const balancer_hash_by_names[];
enum balancer_near { NEAR_BALANCER, NEAR_CALLER };
extern const char *const balancer_near_names[];

/* What the scenario says to policies. */
struct balancer_options {
    int64_t choices;        /* two_choices */
    sim_time decay;         /* least_response_time */
    int32_t near;           /* nearest, lowest_latency: enum balancer_near */
    int32_t hash_by;        /* hashes: enum balancer_hash_by */
    int64_t ring_points;    /* ring, bounded */
    int64_t maglev_entries; /* maglev */
    double load_bound;      /* bounded */
};

struct balancer_member {
    sim_node_id id;
    uint32_t index; /* in the target */
    double weight;  /* by the target's shares, 1 on average */
};

struct balancer_setup {
    const struct balancer_policy *policy;
    const struct balancer_options *options;
    const struct balancer_member *members; /* all that can ever be, by index */
    uint32_t count;
};

/* Who can be picked, in target order. */
struct balancer_view {
    const struct balancer_member *members;   /* without one that this request has just failed at,
                                                where there is another one */
    uint32_t count;                          /* at least 1 */
    const struct balancer_member *available; /* with it */
    uint32_t available_count;
    uint64_t version;  /* another one whenever `available` changes */
    sim_node_id avoid; /* the one that it has just failed at; 0 = first attempt */
    const struct sim_request *request;
    uint64_t connection; /* layer 4: who it is with, all that can be seen; layer 7: 0 */
    struct sim_random *random;
};

/* How an attempt ended at a member. */
struct balancer_answer {
    uint32_t index;
    enum sim_status status;
    sim_time took;
};

struct balancer_policy {
    const char *name;
    const char *help;
    bool takes_weights; /* false: members count alike, and shares in the target are refused */
    const struct placement_algorithm *placement; /* hashes: which one; else NULL */
    size_t state_size;                           /* zeroed at the start of each life */
    /* Makes ready what depends on the members; NULL = nothing. `setup` outlives the state. */
    void (*start)(struct sim_node *self, void *state, const struct balancer_setup *setup);
    /* One of view->members, or of all that were named at the start with the same id. */
    const struct balancer_member *(*pick)(struct sim_node *self, void *state,
                                          const struct balancer_view *view);
    /* NULL = it does not want to know. */
    void (*answered)(struct sim_node *self, void *state, const struct balancer_answer *answer);
};

#define BALANCER_DECLARE(name) extern const struct balancer_policy balancer_##name;
BALANCER_POLICIES(BALANCER_DECLARE)
#undef BALANCER_DECLARE

/* All of them, and their names in the same order; NULL at the end. */
extern const struct balancer_policy *const balancer_policies[];
extern const char *const balancer_policy_names[];

#endif
